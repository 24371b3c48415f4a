//! A hub in this process, with the mock collectors over plain HTTP and one payer.

use std::collections::HashMap;
use std::path::Path;

use collectors::client::{Limits as ClientLimits, Peer, Trust};
use collectors::signature::{SigningKey, VerifyingKey};
use collectors::{Client, Directory};
use database::Database;
use domain::{AccountId, Clock, TransferId};
use edge::{Limits, Shutdown};
use gateway::{Gateway, Settings};
use ledger::{Commit, Kind, Ledger, NewAccount, Transfer};
use mocks::{Mocks, MocksConfig};

/// The account that pays.
pub const PAYER: AccountId = AccountId::new(1);
/// The name of its key.
pub const KEY: &str = "hub-1";
/// Whence deposits come.
pub const CASH: AccountId = AccountId::new(2);
/// What it has, in yen.
const OPENING: i64 = 1_000_000_000;

/// What a measurement of payments stands on.
pub struct Hub {
    pub gateway: Gateway,
    pub ledger: Ledger,
    pub mocks: Mocks,
    pub client: Client,
    /// Where the mocks are.
    pub endpoint: http::Uri,
    /// Signs what goes to the mocks.
    pub key: [u8; 32],
}

impl Hub {
    /// Starts it; `elsewhere` names collectors whose endpoint is another than the mocks'.
    pub async fn start(
        database: &Database,
        clock: &Clock,
        folder: &Path,
        shutdown: &Shutdown,
        elsewhere: &[(&str, http::Uri)],
    ) -> anyhow::Result<Self> {
        let seed = domain::random::bytes();
        let key = SigningKey::from_seed(KEY, &seed)?;
        let mocks = Mocks::open(MocksConfig {
            data_dir: folder.to_owned(),
            clock: clock.clone(),
            hub_keys: mocks::HubKeys::fixed(KEY, *key.verifying_key().bytes()),
            bank_code: "9999".to_owned(),
            bank_url: "http://localhost:8080".to_owned(),
            hub_centre: "MPN9999".parse()?,
            link: None,
            tokens: Vec::new(),
            clock_moves: None,
        })
        .await?;
        mocks.seed(&mocks::sample_bills()).await?;
        let listener = edge::bind(([127, 0, 0, 1], 0).into()).await?;
        let endpoint: http::Uri = format!("http://{}", listener.local_addr()?).parse()?;
        let router = mocks::protocol_router(mocks.clone());
        tokio::spawn(edge::serve_http(listener, router, Limits::default(), shutdown.clone()));
        let peers: HashMap<_, _> = mocks
            .public_keys()
            .into_iter()
            .map(|(number, id, key)| {
                let keys = vec![VerifyingKey::new(&id, &key)?];
                let other = elsewhere.iter().find(|(name, _)| *name == number.as_str());
                let endpoint = other.map_or(&endpoint, |(_, uri)| uri).clone();
                anyhow::Ok((number, Peer { endpoint, keys }))
            })
            .collect::<Result<_, _>>()?;
        let client = Client::new(key, peers, &Trust::PlainHttp, &ClientLimits::default())?;
        let ledger = Ledger::start(database.clone(), clock.clone());
        ledger.open_account(&NewAccount::deposit(PAYER, "payer")).await?;
        ledger.open_account(&NewAccount::internal(CASH, "cash")).await?;
        let opening = Transfer {
            id: TransferId::generate(),
            debit: CASH,
            credit: PAYER,
            amount: OPENING,
            kind: Kind::Posted,
            memo: "opening".to_owned(),
        };
        ledger.commit(Commit { transfers: vec![opening], ..Commit::default() }).await?;
        let settings = Settings::new("MPN9999".parse()?, "9999".parse()?);
        let gateway = Gateway::open(settings, ledger.clone(), Directory::embedded(), client.clone()).await?;
        Ok(Self { gateway, ledger, mocks, client, endpoint, key: seed })
    }
}
