//! All mock collectors of one process: their rows, keys and records.

use std::path::PathBuf;
use std::sync::Arc;

use domain::{CentreCode, Clock, CollectorNumber, Date, Timestamp};
use tokio::sync::{mpsc, oneshot, watch};

use crate::data::{Data, DataError};
use crate::hub_keys::HubKeys;
use crate::institutions::Institution;
use crate::interbank::{self, Interbank, OpenInterbankError};
use crate::keys::{self, CollectorKeys, KeyError};
use crate::link::LinkConfig;
use crate::mistakes::Mistake;
use crate::samples::{self, SeedBill, SeedError};
use crate::sites::Site;
use crate::special::Special;
use crate::store::{Store, StoreError};
use crate::tokens::Device;

/// The records' file in the data folder.
const FILE: &str = "mocks.sqlite";

/// What the mocks are told at the start.
#[derive(Clone, Debug)]
pub struct MocksConfig {
    /// The folder of the records and keys; it must exist.
    pub data_dir: PathBuf,
    /// Business time; the caller keeps it in step.
    pub clock: Clock,
    /// The hub's keys that count.
    pub hub_keys: HubKeys,
    /// The one bank that is contracted.
    pub bank_code: String,
    /// Where that bank's site is: the collectors' sites lead there.
    pub bank_url: String,
    /// The centre whose messages are answered.
    pub hub_centre: CentreCode,
    /// What the sites need to hand bills over to the bank; without it payers type numbers.
    pub link: Option<LinkConfig>,
    /// The token devices that a page stands in for.
    pub tokens: Vec<Device>,
    /// Who moves business time when the page asks for it.
    pub clock_moves: Option<mpsc::Sender<ClockMove>>,
}

/// A move of business time that somebody asked for.
#[derive(Debug)]
pub struct ClockMove {
    /// What it shall read.
    pub to: Timestamp,
    /// Takes whether it was done.
    pub done: oneshot::Sender<bool>,
}

/// The mock collectors. Cheap to clone.
#[derive(Clone)]
pub struct Mocks(Arc<Inner>);

struct Inner {
    config: MocksConfig,
    store: Store,
    collectors: Vec<Collector>,
    specials: Vec<Special>,
    interbank: Interbank,
    mistake: Option<Mistake>,
}

/// One mock collector.
pub struct Collector {
    /// Its row.
    pub institution: Institution,
    /// Its web site.
    pub(crate) site: Site,
    pub(crate) keys: CollectorKeys,
    /// Counts its answers, for those that wait to be overtaken.
    pub(crate) answers: watch::Sender<u64>,
}

/// Why the mocks cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The institutions' data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The interbank network.
    #[error(transparent)]
    Interbank(#[from] OpenInterbankError),
    /// The records.
    #[error("{file}: {source}")]
    Store {
        /// Which file.
        file: PathBuf,
        /// What went wrong.
        source: StoreError,
    },
}

impl Mocks {
    /// Opens the records and keys in the data folder, making them on the first start.
    pub async fn open(config: MocksConfig) -> Result<Self, OpenError> {
        Self::open_as(config, &Data::embedded(), None).await
    }

    /// The same with institutions of the caller's own. Their rows are those of the business day of the opening.
    pub async fn open_with(config: MocksConfig, data: &Data) -> Result<Self, OpenError> {
        Self::open_as(config, data, None).await
    }

    /// Collectors that are wrong in one way, for tests of what finds it.
    pub async fn open_mistaken(config: MocksConfig, mistake: Mistake) -> Result<Self, OpenError> {
        Self::open_as(config, &Data::embedded(), Some(mistake)).await
    }

    async fn open_as(config: MocksConfig, data: &Data, mistake: Option<Mistake>) -> Result<Self, OpenError> {
        let rows = data.institutions(config.clock.now().date())?;
        let specials = data.specials()?;
        // all at once, because each new key waits for the disk
        let loading = rows.into_iter().map(|institution| {
            let site = data.site(&institution)?;
            let (folder, number) = (config.data_dir.clone(), institution.number.to_string());
            let opening = move || CollectorKeys::open(&folder, &number);
            Ok((institution, site, tokio::task::spawn_blocking(opening)))
        });
        let loading = loading.collect::<Result<Vec<_>, DataError>>()?;
        let file = config.data_dir.join(FILE);
        let store = Store::open(&file).await;
        let store = match (store, mistake) {
            (Ok(store), Some(mistake)) => mistake.open_books(&store).await.map(|()| store),
            (store, _) => store,
        };
        let store = store.map_err(|source| OpenError::Store { file, source })?;
        let mut collectors = Vec::with_capacity(loading.len());
        for (institution, site, keys) in loading {
            let keys = keys.await.map_err(|_| KeyError::Interrupted)??;
            collectors.push(Collector { institution, site, keys, answers: watch::Sender::new(0) });
        }
        let interbank = Interbank::open(&config.data_dir).await?;
        Ok(Self(Arc::new(Inner { config, store, collectors, specials, interbank, mistake })))
    }

    /// Each collector's number, key id and Ed25519 public key.
    pub fn public_keys(&self) -> Vec<(CollectorNumber, String, [u8; 32])> {
        let shown = |one: &Collector| {
            let in_use = one.keys.in_use();
            (one.institution.number.clone(), in_use.id.clone(), keys::public(&in_use.pair))
        };
        self.0.collectors.iter().map(shown).collect()
    }

    /// Records these bills where their collectors do not have them yet; days count from the business day.
    pub async fn seed(&self, bills: &[SeedBill]) -> Result<(), SeedError> {
        samples::seed(self, bills).await
    }

    /// Waits for running statements and closes the records.
    pub async fn close(&self) {
        self.0.store.close().await;
        self.0.interbank.close().await;
    }

    /// The interbank network's key id and Ed25519 public key.
    pub fn interbank_key(&self) -> (&'static str, [u8; 32]) {
        (interbank::KEY_ID, self.0.interbank.public_key())
    }

    pub(crate) fn interbank(&self) -> &Interbank {
        &self.0.interbank
    }

    /// Whether the collectors make this mistake.
    pub(crate) fn make(&self, mistake: Mistake) -> bool {
        self.0.mistake == Some(mistake)
    }

    /// The mistake that they make, if they make one.
    pub(crate) fn mistake(&self) -> Option<Mistake> {
        self.0.mistake
    }

    pub(crate) fn collectors(&self) -> &[Collector] {
        &self.0.collectors
    }

    pub(crate) fn collector(&self, number: &str) -> Option<&Collector> {
        self.0.collectors.iter().find(|one| one.institution.number.as_str() == number)
    }

    pub(crate) fn specials(&self) -> &[Special] {
        &self.0.specials
    }

    pub(crate) fn config(&self) -> &MocksConfig {
        &self.0.config
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn today(&self) -> Date {
        self.0.config.clock.now().date()
    }
}
