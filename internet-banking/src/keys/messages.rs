//! The keys that the hub signs its messages, seals and proofs with. Their counterparties are told of a key when it is
//! made, so that it counts before anything is signed with it, and nothing is signed with one that they do not know.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::Database;
use domain::{CollectorNumber, Timestamp};
use gateway::Gateway;
use gateway::signing::{CREATED_WINDOW_S, KeyError, SigningKey, SigningKeys, VerifyingKey};
use zeroize::Zeroizing;

use super::store::adopt_public;
use super::vault::{Vault, VaultError};
use super::{Adopted, BankKey, KeyKind, KeyStanding, adopt, all};

/// How long a key is told before anything is signed with it: some looks of every process.
const TOLD_BEFORE_S: i64 = 5;

/// Why the hub has no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The rows cannot be read or written.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A key cannot be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There is none.
    #[error("the bank has no key to sign with")]
    None,
}

/// What messages call a key of this number.
pub fn key_id(number: i64) -> String {
    format!("hub-{number}")
}

/// A new one: its public half as messages' receivers are told it, and the secret one.
pub(super) fn generate(number: i64) -> Result<(String, Zeroizing<Vec<u8>>), KeyError> {
    let der = SigningKey::generate_pkcs8_der()?;
    Ok((public_of(number, &der)?, der))
}

fn public_of(number: i64, der: &[u8]) -> Result<String, KeyError> {
    let key = SigningKey::from_pkcs8_der(&key_id(number), der)?;
    Ok(URL_SAFE_NO_PAD.encode(key.verifying_key().bytes()))
}

/// The first key where the bank has none: the one that was kept elsewhere before, or a new one.
pub async fn provide_signing_key(
    database: &Database,
    vault: &Vault,
    earlier: Option<&[u8]>,
    now: Timestamp,
) -> Result<(), SigningError> {
    let made = match earlier {
        Some(der) => Zeroizing::new(der.to_vec()),
        None if all(database).await?.iter().any(|key| key.kind == KeyKind::Message) => return Ok(()),
        None => SigningKey::generate_pkcs8_der()?,
    };
    let public = public_of(1, &made)?;
    let first = Adopted::new((KeyKind::Message, "", 1), &public, made.as_slice());
    Ok(adopt(database, vault, &[first], now).await?)
}

/// The keys as they stand, for a process that begins.
pub async fn signing_keys(
    database: &Database,
    vault: &Vault,
    now: Timestamp,
) -> Result<SigningKeys, SigningError> {
    let rows = all(database).await?;
    let current = current(&rows, now).ok_or(SigningError::None)?;
    let keys = SigningKeys::from(open(vault, current)?);
    keys.know(verifying_keys(rows.iter()));
    Ok(keys)
}

/// The public halves of those of them that sign messages.
pub(super) fn verifying_keys<'k>(keys: impl Iterator<Item = &'k BankKey>) -> Vec<VerifyingKey> {
    let own = keys.filter(|key| key.is_beside(KeyKind::Message, ""));
    let read = |key: &BankKey| {
        let bytes = URL_SAFE_NO_PAD.decode(&key.public).ok()?;
        VerifyingKey::new(&key_id(key.number), &bytes).ok()
    };
    own.filter_map(read).collect()
}

/// The one that signs.
pub(super) fn current(keys: &[BankKey], now: Timestamp) -> Option<&BankKey> {
    let today = now.date();
    let told = |key: &&BankKey| key.made_at.plus_seconds(TOLD_BEFORE_S) <= now;
    let own = || keys.iter().filter(|key| key.is_beside(KeyKind::Message, ""));
    let current = own().find(|key| key.standing(keys, today) == KeyStanding::Current);
    // whoever begins with nothing told signs with what there is
    let before = || {
        own()
            .filter(|key| key.standing(keys, today) == KeyStanding::Accepted)
            .max_by_key(|key| (key.from, key.number))
    };
    current.filter(told).or_else(before).or(current)
}

/// What a collector calls a key of its own, and the key, as its row keeps them: `00200-2 x`.
pub fn public_of_collector(kid: &str, x: &str) -> String {
    format!("{kid} {x}")
}

/// A collector's key out of its row, or out of what was typed.
pub fn collectors_key(public: &str) -> Option<VerifyingKey> {
    let (kid, x) = public.split_once(' ')?;
    VerifyingKey::new(kid, &URL_SAFE_NO_PAD.decode(x).ok()?).ok()
}

/// Of a collector that has rows: the keys that its answers may be signed with, and every one that they ever were.
pub(super) fn of_collector(
    keys: &[BankKey],
    collector: &CollectorNumber,
) -> Option<(Vec<VerifyingKey>, Vec<VerifyingKey>)> {
    let own = || keys.iter().filter(|key| key.is_beside(KeyKind::Message, collector.as_str()));
    let read = |key: &BankKey| collectors_key(&key.public);
    let accepted: Vec<_> = own().filter(|key| key.retired_at.is_none()).filter_map(read).collect();
    // a collector without a key could never answer
    (!accepted.is_empty()).then(|| (accepted, own().filter_map(read).collect()))
}

/// Takes over the keys that the collectors began with, where none of theirs is there yet.
pub async fn adopt_collectors(
    database: &Database,
    gateway: &Gateway,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for (collector, keys) in gateway.collectors_keys() {
        for (number, key) in (1..).zip(keys.all()) {
            let public = public_of_collector(key.id(), &URL_SAFE_NO_PAD.encode(key.bytes()));
            adopt_public(database, (KeyKind::Message, collector.as_str(), number), &public, now).await?;
        }
    }
    Ok(())
}

/// Takes in a further key of a collector at once and by nobody's decision: for a test bench. A bank's two people do it
/// on the console. Of a key that is there already nothing changes; another one under its id is refused.
pub async fn accept_collectors_key(
    database: &Database,
    collector: &CollectorNumber,
    key: &VerifyingKey,
    now: Timestamp,
) -> Result<Accepted, sqlx::Error> {
    let rows = all(database).await?;
    let own = || rows.iter().filter(|row| row.is_beside(KeyKind::Message, collector.as_str()));
    let known = own().filter_map(|row| collectors_key(&row.public)).find(|known| known.id() == key.id());
    match known {
        Some(known) if known == *key => return Ok(Accepted::Known),
        Some(_) => return Ok(Accepted::IdTaken),
        None => {}
    }
    let number = own().map(|row| row.number).max().unwrap_or(0) + 1;
    let public = public_of_collector(key.id(), &URL_SAFE_NO_PAD.encode(key.bytes()));
    adopt_public(database, (KeyKind::Message, collector.as_str(), number), &public, now).await?;
    Ok(Accepted::New)
}

/// What became of a key that a test bench takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It counts within a second.
    New,
    /// It was there.
    Known,
    /// Its id is another key's.
    IdTaken,
}

/// Opens a key.
pub(super) fn open(vault: &Vault, key: &BankKey) -> Result<SigningKey, SigningError> {
    let der = vault.open((key.kind, &key.owner, key.number), key.sealed.as_deref().unwrap_or_default())?;
    Ok(SigningKey::from_pkcs8_der(&key_id(key.number), &der)?)
}

/// Until when messages may be under way that a key's predecessors have signed: as long as a signature counts, from the
/// moment on when the key was in use.
pub fn predecessors_count_until(key: &BankKey) -> Option<Timestamp> {
    let from = Timestamp::from_jst(key.from?, domain::time::TimeOfDay::MIN);
    let begun = key.noted_at.map_or(from, |noted| from.max(noted));
    Some(begun.plus_seconds(CREATED_WINDOW_S))
}
