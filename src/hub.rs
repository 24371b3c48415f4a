//! A hub for a command that looks at its data beside a serving process.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use collectors::client::{Limits, Peer, Trust};
use collectors::signature::SigningKey;
use collectors::{Client, Directory};
use database::Database;
use domain::{Clock, CollectorNumber};
use gateway::proof::KeySet;
use gateway::{Gateway, Settings};
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
    let file = data.key_file("hub.pk8");
    let der = std::fs::read(&file).with_context(|| {
        format!("cannot read {}, the hub's key; name the data folder with --data", file.display())
    })?;
    let key = SigningKey::from_pkcs8_der("hub-1", &der)
        .map_err(|_| anyhow::anyhow!("{} is no signing key; restore it from a backup", file.display()))?;
    over(database, key, &read_keys(&data.public_keys_file())?, Some(data.seals_file())).await
}

async fn over(
    database: Database,
    key: SigningKey,
    known: &KeySet,
    seals_file: Option<PathBuf>,
) -> anyhow::Result<Gateway> {
    let stored = database::clock::load(&database).await.context("business time cannot be read")?;
    let clock = Clock::with_offset_us(stored.map_or(0, |stored| stored.offset_us));
    let client = Client::new(key, peers(known)?, &Trust::PlainHttp, &Limits::default())?;
    let (centre, bank) = (crate::demo::HUB_CENTRE.parse()?, crate::demo::OWN_BANK_CODE.parse()?);
    let settings = Settings { seals_file, ..Settings::new(centre, bank) };
    Ok(Gateway::reader(settings, Ledger::start(database, clock), Directory::embedded(), client))
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
