//! 納品: the maker's file of serials and secrets. It comes sealed under a key that maker and bank share, is kept sealed
//! under the deployment's secret, and two people take it into stock.

use std::collections::HashSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::{Change, Database, Row, Table, Value, read};
use domain::id::TokenDeliveryId;
use domain::{Date, Timestamp};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Ledger, Refused};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::code::{SEED_BYTES, Seed};
use super::seal::{KeyId, SealError, SealingKey};
use super::token::{TokenKind, TokenState};
use crate::keys::{Vault, VaultError};

/// Tokens of one delivery at most.
pub const TOKENS_MAX: usize = 1_000;
/// Bytes of a sealed file at most.
pub const FILE_BYTES_MAX: usize = 512 * 1024;
/// Characters of a serial at most.
const SERIAL_CHARS_MAX: usize = 20;
/// Characters of a delivery's number and of the maker's name at most.
const NAME_CHARS_MAX: usize = 40;
/// Deliveries that the page lists.
const LISTED_MAX: i64 = 50;
/// Serials that an error names.
const NAMED_MAX: usize = 5;

static DELIVERY: Table = Table {
    name: "token_delivery",
    columns: &["id", "number", "maker", "digest", "tokens", "first", "last", "received_us", "sealed"],
};
static TOKEN: Table = Table {
    name: "token",
    columns: &["serial", "kind", "state", "expires_on", "seed", "key_id", "changed_us"],
};

/// What a maker's file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// 納品番号, as on the delivery note.
    pub number: String,
    /// Who made them.
    pub maker: String,
    /// The devices.
    pub tokens: Vec<Delivered>,
}

/// A device in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// The number on its back.
    pub serial: String,
    /// `hardware` or `software`.
    pub kind: String,
    /// The last day on which its codes count, as printed on its back.
    pub expires_on: Date,
    /// Its secret, 20 bytes in base64url.
    pub seed: Zeroizing<String>,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No JSON with what a delivery has.
    #[error("it is no delivery of tokens: {0}")]
    Form(String),
    /// A number or name that cannot be shown, or too many tokens.
    #[error("{0}")]
    Bounds(&'static str),
    /// A device that cannot be one.
    #[error("the token {0:?} {1}")]
    Token(String, &'static str),
    /// The bank has these.
    #[error("the bank has tokens with these serials: {0}")]
    Known(String),
    /// The same file, or another under the same number.
    #[error("this delivery, or another with its number, was received before")]
    Again,
    /// It cannot be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A secret cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The ledger could not take it.
    #[error("it could not be committed: {0}")]
    Refused(Refused),
}

/// A file that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its id.
    pub id: Uuid,
    /// 納品番号.
    pub number: String,
    /// Who made them.
    pub maker: String,
    /// SHA-256 of the sealed file, in hexadecimal: what the delivery note has too.
    pub digest: String,
    /// How many.
    pub tokens: i64,
    /// The lowest serial and the highest.
    pub serials: (String, String),
    /// When it was received.
    pub received_at: Timestamp,
    /// When it went into stock.
    pub taken_at: Option<Timestamp>,
}

impl Delivery {
    /// Reads what was in a file. Every device is looked at, so that a wrong file changes nothing.
    pub fn read(json: &[u8], today: Date) -> Result<Self, DeliveryError> {
        let read: Self =
            serde_json::from_slice(json).map_err(|error| DeliveryError::Form(error.to_string()))?;
        let is_name = |text: &str| {
            (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        if !is_name(&read.number) || !is_name(&read.maker) {
            return Err(DeliveryError::Bounds("number and maker have 1 to 40 characters"));
        }
        if !(1..=TOKENS_MAX).contains(&read.tokens.len()) {
            return Err(DeliveryError::Bounds("a delivery has 1 to 1,000 tokens"));
        }
        let (mut serials, mut seeds) = (HashSet::new(), HashSet::new());
        for token in &read.tokens {
            let wrong = |why| DeliveryError::Token(token.serial.clone(), why);
            if !is_serial(&token.serial) {
                return Err(wrong("has a serial that is not of 1 to 20 letters, digits and hyphens"));
            }
            if TokenKind::from_code(&token.kind).is_none() {
                return Err(wrong("is neither hardware nor software"));
            }
            if token.expires_on <= today {
                return Err(wrong("has expired"));
            }
            let seed = token.seed().ok_or_else(|| wrong("has a secret that is not of 20 bytes"))?;
            if !serials.insert(&token.serial) {
                return Err(wrong("is there twice"));
            }
            if !seeds.insert(digest_of(seed.bytes())) {
                return Err(wrong("has the secret of another"));
            }
        }
        Ok(read)
    }

    /// As it is sealed.
    pub fn write(&self) -> Result<Zeroizing<Vec<u8>>, DeliveryError> {
        let written = serde_json::to_vec(self).map_err(|error| DeliveryError::Form(error.to_string()))?;
        Ok(Zeroizing::new(written))
    }

    fn serials(&self) -> (String, String) {
        let serial = |token: Option<&Delivered>| token.map(|t| t.serial.clone()).unwrap_or_default();
        let first = self.tokens.iter().min_by(|one, other| one.serial.cmp(&other.serial));
        let last = self.tokens.iter().max_by(|one, other| one.serial.cmp(&other.serial));
        (serial(first), serial(last))
    }

    /// The devices as rows of the stock.
    pub fn rows(&self, key: &SealingKey, in_force: KeyId, now: Timestamp) -> Result<Vec<Row>, DeliveryError> {
        let row = |token: &Delivered| {
            let wrong = || DeliveryError::Token(token.serial.clone(), "has no secret");
            let sealed = key.seal(in_force, &token.serial, &token.seed().ok_or_else(wrong)?)?;
            let values = vec![
                token.serial.as_str().into(),
                token.kind.as_str().into(),
                TokenState::Stock.code().into(),
                token.expires_on.to_string().into(),
                Value::Bytes(Some(sealed)),
                in_force.get().into(),
                now.micros().into(),
            ];
            Ok(Row { table: &TOKEN, values })
        };
        self.tokens.iter().map(row).collect()
    }
}

impl Delivered {
    /// A device and its secret.
    pub fn new(serial: &str, kind: TokenKind, expires_on: Date, seed: &Seed) -> Self {
        let seed = Zeroizing::new(URL_SAFE_NO_PAD.encode(seed.bytes()));
        Self { serial: serial.to_owned(), kind: kind.code().to_owned(), expires_on, seed }
    }

    fn seed(&self) -> Option<Seed> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(self.seed.as_bytes()).ok()?);
        <[u8; SEED_BYTES]>::try_from(bytes.as_slice()).ok().map(Seed::new)
    }
}

fn is_serial(text: &str) -> bool {
    (1..=SERIAL_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// SHA-256 of a sealed file, in hexadecimal.
pub fn digest_of(file: &[u8]) -> String {
    digest(&SHA256, file).as_ref().iter().fold(String::new(), |mut text, byte| {
        // a text takes whatever is written
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn place(id: Uuid) -> String {
    format!("token-delivery|{id}")
}

/// Keeps a file that was opened: sealed, once, until two people take it into stock.
pub async fn receive(
    ledger: &Ledger,
    vault: &Vault,
    file: &[u8],
    delivery: &Delivery,
    actor: &str,
) -> Result<Received, DeliveryError> {
    let known = known(ledger.database(), delivery).await?;
    if !known.is_empty() {
        return Err(DeliveryError::Known(named(&known)));
    }
    let (id, now) = (TokenDeliveryId::generate().uuid(), ledger.clock().now());
    let received = Received {
        id,
        number: delivery.number.clone(),
        maker: delivery.maker.clone(),
        digest: digest_of(file),
        tokens: i64::try_from(delivery.tokens.len()).unwrap_or(i64::MAX),
        serials: delivery.serials(),
        received_at: now,
        taken_at: None,
    };
    let sealed = vault.seal_as(&place(id), &delivery.write()?)?;
    let values = vec![
        id.into(),
        received.number.as_str().into(),
        received.maker.as_str().into(),
        received.digest.as_str().into(),
        received.tokens.into(),
        received.serials.0.as_str().into(),
        received.serials.1.as_str().into(),
        now.micros().into(),
        Value::Bytes(Some(sealed)),
    ];
    let once = |what: &str| (GuardKey(format!("token-delivery|{what}")), EntityId(id));
    let commit = Commit {
        guards: vec![once(&received.digest), once(&received.number)],
        rows: vec![Row { table: &DELIVERY, values }],
        audit: vec![AuditRecord {
            contract: None,
            actor: actor.to_owned(),
            action: "token.delivery",
            subject: received.number.clone(),
            detail: format!("{} tokens, digest {}", received.tokens, received.digest),
        }],
        ..Commit::default()
    };
    match ledger.commit(commit).await {
        Ok(_) => Ok(received),
        Err(Refused::Guarded { .. }) => Err(DeliveryError::Again),
        Err(refused) => Err(DeliveryError::Refused(refused)),
    }
}

type DeliveryRow = (Uuid, String, String, String, i64, String, String, i64, Option<i64>);

/// What was received, the newest first.
pub async fn all(database: &Database) -> Result<Vec<Received>, sqlx::Error> {
    let rows: Vec<DeliveryRow> = read!(database, |c| {
        sqlx::query_as(
            "SELECT id, number, maker, digest, tokens, first, last, received_us, taken_us FROM token_delivery
             ORDER BY received_us DESC, id LIMIT $1",
        )
        .bind(LISTED_MAX)
        .fetch_all(c)
        .await
    })?;
    let received =
        |(id, number, maker, digest, tokens, first, last, at_us, taken_us): DeliveryRow| Received {
            id,
            number,
            maker,
            digest,
            tokens,
            serials: (first, last),
            received_at: Timestamp::from_micros(at_us),
            taken_at: taken_us.map(Timestamp::from_micros),
        };
    Ok(rows.into_iter().map(received).collect())
}

/// What is in one that waits; nothing of one that was taken.
pub async fn opened(
    database: &Database,
    vault: &Vault,
    id: Uuid,
    today: Date,
) -> Result<Option<Delivery>, DeliveryError> {
    let sealed: Option<Vec<u8>> = read!(database, |c| {
        sqlx::query_scalar("SELECT sealed FROM token_delivery WHERE id = $1 AND sealed IS NOT NULL")
            .bind(id)
            .fetch_optional(c)
            .await
    })?;
    match sealed {
        Some(sealed) => Ok(Some(Delivery::read(&vault.open_as(&place(id), &sealed)?, today)?)),
        None => Ok(None),
    }
}

/// It goes into stock: what was sealed of it is not needed any more.
pub fn taken(id: Uuid, now: Timestamp) -> Change {
    Change::one(
        "UPDATE token_delivery SET taken_us = $1, sealed = NULL WHERE id = $2 AND taken_us IS NULL",
        vec![now.micros().into(), id.into()],
    )
}

/// The serials of a delivery that the bank has already.
pub async fn known(database: &Database, delivery: &Delivery) -> Result<Vec<String>, sqlx::Error> {
    let (first, last) = delivery.serials();
    let there: Vec<String> = read!(database, |c| {
        sqlx::query_scalar("SELECT serial FROM token WHERE serial >= $1 AND serial <= $2 ORDER BY serial")
            .bind(&first)
            .bind(&last)
            .fetch_all(c)
            .await
    })?;
    let own: HashSet<&str> = delivery.tokens.iter().map(|token| token.serial.as_str()).collect();
    Ok(there.into_iter().filter(|serial| own.contains(serial.as_str())).collect())
}

/// Some of them, and how many more.
pub fn named(serials: &[String]) -> String {
    let shown = serials.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match serials.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} + {more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(change: impl FnOnce(&mut Delivery)) -> Vec<u8> {
        let token = |n: u8| {
            let last: Date = "2031-11-30".parse().unwrap();
            Delivered::new(&format!("95000000{n:02}"), TokenKind::Hardware, last, &Seed::new([n; SEED_BYTES]))
        };
        let (number, maker) = ("2026-0042".to_owned(), "見本トークン製作所".to_owned());
        let mut delivery = Delivery { number, maker, tokens: vec![token(2), token(1)] };
        change(&mut delivery);
        delivery.write().unwrap().to_vec()
    }

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let today: Date = "2026-11-24".parse().unwrap();
        let read = Delivery::read(&file(|_| {}), today).unwrap();
        assert_eq!(read.serials(), ("9500000001".to_owned(), "9500000002".to_owned()));
        for (wrong, said) in [
            (file(|d| d.tokens.clear()), "1 to 1,000"),
            (file(|d| d.number.clear()), "1 to 40"),
            (file(|d| d.tokens[0].serial = "9500000001".to_owned()), "is there twice"),
            (file(|d| d.tokens[0].serial = "<b>".to_owned()), "serial"),
            (file(|d| d.tokens[0].kind = "wood".to_owned()), "neither"),
            (file(|d| d.tokens[0].expires_on = "2026-11-24".parse().unwrap()), "expired"),
            (file(|d| d.tokens[0].seed = Zeroizing::new("AAAA".to_owned())), "20 bytes"),
            (file(|d| d.tokens[0].seed = d.tokens[1].seed.clone()), "the secret of another"),
            (b"{}".to_vec(), "no delivery"),
        ] {
            let refused = Delivery::read(&wrong, today).err().map(|error| error.to_string());
            assert!(refused.as_deref().is_some_and(|text| text.contains(said)), "{said}: {refused:?}");
        }
    }

    #[test]
    fn an_error_names_some_serials() {
        let serials = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(named(&serials(2)), "0, 1");
        assert_eq!(named(&serials(7)), "0, 1, 2, 3, 4 + 2");
    }
}
