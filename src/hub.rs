//! A hub for a command that looks at its data beside a serving process.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use collectors::client::{Limits, Peer, Trust};
use collectors::signature::{SigningKey, SigningKeys};
use collectors::{Client, Directory};
use database::Database;
use domain::{Clock, CollectorNumber};
use gateway::proof::KeySet;
use gateway::{Gateway, Settings};
use internet_banking::keys::{Vault, signing_keys};
use ledger::Ledger;

use crate::data::{DataArgs, read_keys};

/// Reaches nobody.
const NOWHERE: &str = "http://127.0.0.1:1";

/// A hub that only reads: its key is nobody's.
pub async fn reader(data: &DataArgs) -> anyhow::Result<Gateway> {
    let key = SigningKey::from_seed("reader", &domain::random::bytes())?;
    over(data.open_existing().await?, key, &KeySet::default(), None).await
}

/// A hub that signs with the deployment's key, and knows the public keys of its collectors.
pub async fn with_its_key(data: &DataArgs) -> anyhow::Result<Gateway> {
    let database = data.open_existing().await?;
    let vault = Vault::new(&data.secret()?);
    let now = clock_of(&database).await?.now();
    let keys = signing_keys(&database, &vault, now).await.context(
        "the hub's signing key cannot be used; start `mpn demo` there first, or name the folder with --data",
    )?;
    over(database, keys, &read_keys(&data.public_keys_file())?, Some(data.seals_file())).await
}

async fn over(
    database: Database,
    keys: impl Into<SigningKeys>,
    known: &KeySet,
    seals_file: Option<PathBuf>,
) -> anyhow::Result<Gateway> {
    let clock = clock_of(&database).await?;
    let client = Client::new(keys, peers(known)?, &Trust::PlainHttp, &Limits::default())?;
    let (centre, bank) = (crate::demo::HUB_CENTRE.parse()?, crate::demo::OWN_BANK_CODE.parse()?);
    let settings = Settings { seals_file, ..Settings::new(centre, bank) };
    Ok(Gateway::reader(settings, Ledger::start(database, clock), Directory::embedded(), client))
}

async fn clock_of(database: &Database) -> anyhow::Result<Clock> {
    let stored = database::clock::load(database).await.context("business time cannot be read")?;
    Ok(Clock::with_offset_us(stored.map_or(0, |stored| stored.offset_us)))
}

fn peers(known: &KeySet) -> anyhow::Result<HashMap<CollectorNumber, Peer>> {
    let mut peers = HashMap::new();
    for key in &known.keys {
        let number = key.owner.as_str().strip_prefix('C').map(str::parse::<CollectorNumber>);
        if let Some(Ok(number)) = number {
            peers.insert(number, Peer { endpoint: NOWHERE.parse()?, keys: known.of(&key.owner) });
        }
    }
    Ok(peers)
}
