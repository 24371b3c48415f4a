//! The sandbox: a collector of somebody's own in the place of a mock. The bank's screens, the information link and the
//! API pay against it; what goes over the wire is kept, explained and spoiled where that is asked for.
//!
//! It stands in front of the mocks' protocol endpoint and knows nothing of the hub but its public keys: the hub's
//! messages pass as they are, signature and all.

mod api;
pub mod explain;
pub mod fault;
mod page;
mod registration;
mod relay;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use bytes::Bytes;
use collectors::Directory;
use collectors::directory::Collector;
use collectors::link::ReturnUrl;
use collectors::signature::VerifyingKey;
use domain::{Clock, CollectorNumber, Timestamp};
use gateway::link::LinkPeers;
use http::HeaderMap;
use tokio::sync::Notify;

use self::fault::{Mode, Rule};
use self::registration::{Kept, Registration, Wanted, Wrong};
use self::wire::{Reply, Way};

pub use registration::Allowed;

/// Exchanges that are kept of each collector; older ones go.
const KEPT_MAX: usize = 500;
/// Collectors that may be registered at the same time: the block has no more.
const REGISTERED_MAX: usize = 99;

/// What became of a key that the hub was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyTaken {
    /// The hub believes it from now on.
    Yes,
    /// Another key of the collector has the id.
    IdTaken,
}

/// What the hub answers about a key, some time later.
pub type Telling = Pin<Box<dyn Future<Output = Result<KeyTaken, String>> + Send>>;

/// Tells the hub of a collector's key.
pub type TellKey = Arc<dyn Fn(CollectorNumber, VerifyingKey) -> Telling + Send + Sync>;

/// Tells the bank where a collector's site takes payers back, besides what was agreed on before; nowhere else with
/// `None`.
pub type TellReturn = Arc<dyn Fn(&CollectorNumber, Option<ReturnUrl>) + Send + Sync>;

/// Tells a bank that has these agreements with collectors: a site of the sandbox is added to what each has now.
pub fn returning(peers: LinkPeers) -> TellReturn {
    let agreed = peers.collectors().into_iter().filter_map(|number| {
        let return_urls = peers.get(&number)?.return_urls.clone();
        Some((number, return_urls))
    });
    let agreed: BTreeMap<CollectorNumber, Vec<ReturnUrl>> = agreed.collect();
    Arc::new(move |number, own| {
        let agreed = agreed.get(number).into_iter().flatten().cloned();
        peers.replace_return_urls(number, agreed.chain(own).collect());
    })
}

/// What the sandbox is told at the start.
#[derive(Clone)]
pub struct Settings {
    /// The rows; those with an endpoint of the demo can be taken over.
    pub directory: Arc<Directory>,
    /// The hub's public keys as they are now.
    pub hub_keys: Arc<dyn Fn() -> Vec<VerifyingKey> + Send + Sync>,
    /// Tells the hub of a collector's key.
    pub tell_key: TellKey,
    /// Tells the bank of a collector's return address.
    pub tell_return: TellReturn,
    /// Business time.
    pub clock: Clock,
    /// Where registrations outlive a restart.
    pub file: PathBuf,
    /// Which endpoints may be registered.
    pub allowed: Allowed,
}

/// The sandbox. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    settings: Settings,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    registered: BTreeMap<CollectorNumber, Registered>,
    last_id: u64,
}

struct Registered {
    registration: Registration,
    way: Way,
    rules: Vec<Rule>,
    exchanges: VecDeque<Exchange>,
    /// Wakes the messages to it that wait to be overtaken.
    passed: Arc<Notify>,
}

/// A message of the hub and what came back, as they went over the wire.
#[derive(Clone)]
pub struct Exchange {
    /// Its number, which grows.
    pub id: u64,
    /// When it came, in business time.
    pub at: Timestamp,
    /// The same by the machine's clock: what its signature is held against.
    pub came: Timestamp,
    /// The hub's bytes.
    pub request: Bytes,
    /// The headers of their signature.
    pub request_headers: HeaderMap,
    /// What was done to it.
    pub fault: Option<Mode>,
    /// What came back to each copy, or why nothing did; none of a message that never left.
    pub replies: Vec<Result<Reply, String>>,
    /// Whether it is still under way.
    pub is_open: bool,
}

/// Why a collector is not registered.
#[derive(Debug)]
enum RegisterError {
    /// These fields are to be corrected.
    Wrong(Vec<Wrong>),
    /// The hub or the disk failed.
    Failed(String),
}

impl Sandbox {
    /// Reads what was registered before. What cannot be read any more is left out, and the log says so.
    pub async fn open(settings: Settings) -> Self {
        let sandbox = Self(Arc::new(Inner { settings, state: Mutex::default() }));
        let text = tokio::fs::read_to_string(&sandbox.0.settings.file).await.unwrap_or_default();
        let kept: Vec<Kept> =
            if text.is_empty() { Vec::new() } else { serde_json::from_str(&text).unwrap_or_default() };
        for one in kept {
            let number = one.collector.parse::<CollectorNumber>().ok();
            let number = number.filter(|number| sandbox.row(number).is_some());
            let outcome = match number {
                Some(number) => sandbox.register(&number, &one.wanted()).await,
                None => Err(RegisterError::Failed("there is no such row".to_owned())),
            };
            if let Err(error) = outcome {
                tracing::warn!(
                    collector = one.collector,
                    ?error,
                    "a registration of the sandbox is left out"
                );
            }
        }
        sandbox
    }

    /// The router behind the sandbox: messages to a registered collector go there, all others go on.
    pub fn before(&self, router: Router) -> Router {
        relay::before(self.clone(), router)
    }

    /// The rows that can be taken over.
    fn rows(&self) -> impl Iterator<Item = &Collector> {
        let rows = self.0.settings.directory.all().iter();
        rows.filter(|row| row.available && row.number.as_str().starts_with("99"))
    }

    fn row(&self, number: &CollectorNumber) -> Option<&Collector> {
        self.rows().find(|row| row.number == *number)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn registration(&self, number: &CollectorNumber) -> Option<Registration> {
        self.state().registered.get(number).map(|one| one.registration.clone())
    }

    fn all(&self) -> Vec<Kept> {
        self.state().registered.values().map(|one| one.registration.kept()).collect()
    }

    /// Registers a collector, or changes its registration: the hub is told of the key first.
    async fn register(&self, number: &CollectorNumber, wanted: &Wanted) -> Result<(), RegisterError> {
        let settings = &self.0.settings;
        let read = Registration::read(number, wanted, &settings.allowed).map_err(RegisterError::Wrong)?;
        if read.return_url.is_some() && !self.row(number).is_some_and(|row| row.methods.link) {
            let message = format!("{number} hands no bills over; leave the address out, or take another row");
            return Err(RegisterError::Wrong(vec![Wrong { field: "return_url", message }]));
        }
        if self.state().registered.len() >= REGISTERED_MAX && self.registration(number).is_none() {
            return Err(RegisterError::Failed("too many collectors are registered; withdraw one".to_owned()));
        }
        match (settings.tell_key)(number.clone(), read.key.clone()).await {
            Ok(KeyTaken::Yes) => {}
            Ok(KeyTaken::IdTaken) => {
                let message = format!(
                    "another key of {number} has the id {}, such as the mock's; give yours another id",
                    read.key.id()
                );
                return Err(RegisterError::Wrong(vec![Wrong { field: "key_id", message }]));
            }
            Err(error) => return Err(RegisterError::Failed(error)),
        }
        let way = Way::to(&read);
        {
            let mut state = self.state();
            // under the lock: of two who register at once the bank keeps the address that the page shows
            (settings.tell_return)(number, read.return_url.clone());
            match state.registered.get_mut(number) {
                Some(known) => {
                    known.registration = read;
                    known.way = way;
                }
                None => {
                    let new = Registered {
                        registration: read,
                        way,
                        rules: Vec::new(),
                        exchanges: VecDeque::new(),
                        passed: Arc::default(),
                    };
                    state.registered.insert(number.clone(), new);
                }
            }
        }
        self.keep().await.map_err(RegisterError::Failed)
    }

    /// The mock answers again. What was exchanged is forgotten.
    async fn withdraw(&self, number: &CollectorNumber) -> Result<bool, String> {
        let was_there = {
            let mut state = self.state();
            (self.0.settings.tell_return)(number, None);
            state.registered.remove(number).is_some()
        };
        self.keep().await?;
        Ok(was_there)
    }

    async fn keep(&self) -> Result<(), String> {
        let file = &self.0.settings.file;
        let text = serde_json::to_string_pretty(&self.all()).map_err(|error| error.to_string())?;
        let beside = file.with_extension("new");
        let written = async {
            tokio::fs::write(&beside, text).await?;
            tokio::fs::rename(&beside, file).await
        };
        written
            .await
            .map_err(|error| format!("the registration cannot be kept in {}: {error}", file.display()))
    }

    fn rules(&self, number: &CollectorNumber) -> Vec<Rule> {
        self.state().registered.get(number).map(|one| one.rules.clone()).unwrap_or_default()
    }

    /// These rules in the place of all; whether the collector is registered.
    fn set_rules(&self, number: &CollectorNumber, rules: Vec<Rule>) -> bool {
        let mut state = self.state();
        let Some(one) = state.registered.get_mut(number) else { return false };
        one.rules = rules;
        true
    }

    /// The exchanges after `after`, the newest first, `limit` at most.
    fn exchanges(&self, number: &CollectorNumber, after: u64, limit: usize) -> Vec<Exchange> {
        let state = self.state();
        let Some(one) = state.registered.get(number) else { return Vec::new() };
        one.exchanges.iter().rev().filter(|exchange| exchange.id > after).take(limit).cloned().collect()
    }

    fn exchange(&self, number: &CollectorNumber, id: u64) -> Option<Exchange> {
        let state = self.state();
        state.registered.get(number)?.exchanges.iter().find(|exchange| exchange.id == id).cloned()
    }
}

pub(crate) use api::routes as api_routes;
pub(crate) use page::routes as page_routes;
