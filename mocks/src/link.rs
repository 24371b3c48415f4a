//! 情報リンク方式, the collector's side: what a site hands over with the visitor's browser, sealed under the key that it
//! shares with the bank, and which bill it was when a clearing names it. JWE of RFC 7516, written here by hand.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::{BillId, CollectorNumber, Date, Timestamp, Yen, random};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::bills::StoredBill;
use crate::mistakes::Mistake;
use crate::mocks::{Collector, Mocks};
use crate::store::StoreError;

/// Where the bank takes hand-offs.
const BANK_ENTRY: &str = "/payeasy/link/entry";

/// The word that a clearing has of a bill that came this way.
const LINKED: &str = "linked";

/// Bytes of a hand-off's name; in base64url they are 16 characters.
const NONCE_BYTES: usize = 12;

/// Bytes of a key's file at most.
const KEY_FILE_BYTES_MAX: usize = 4 * 1024;

/// Keys of one collector at most.
const KEYS_MAX: usize = 99;

/// Days after which a hand-off is forgotten. It can be paid for an hour, and its clearing be late by a few days.
const KEPT_DAYS: i64 = 62;

/// What the sites need for the method.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// Where the sites are: payers return to below it.
    pub site_url: String,
    /// The folder of the keys that collectors and bank share: `99022-1.jwk`, its successor `99022-2.jwk` and so on.
    /// Read whenever one is needed, so that a successor can come while the sites run.
    pub keys_dir: PathBuf,
}

/// Why nothing is handed over.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The key's file.
    #[error("{file}: {reason}")]
    Key {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It could not be sealed.
    #[error("the hand-off could not be sealed")]
    Seal,
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The form that the visitor's browser sends to the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where to.
    pub action: String,
    /// 収納機関番号.
    pub skno: String,
    /// 支払パターン.
    pub bptn: &'static str,
    /// The sealed hand-off.
    pub bill: String,
}

/// What is handed over.
#[derive(Clone, Copy, Debug)]
pub enum Handing<'a> {
    /// `01`: a bill.
    One(&'a StoredBill),
    /// `02`: bills of which the payer pays one a visit.
    Several(&'a [StoredBill]),
    /// `03`: a bill of which the payer pays so much at most, and its amount at least.
    Chosen(&'a StoredBill, Yen),
}

impl<'a> Handing<'a> {
    const fn pattern(self) -> &'static str {
        match self {
            Self::One(_) => "01",
            Self::Several(_) => "02",
            Self::Chosen(..) => "03",
        }
    }

    const fn bills(self) -> &'a [StoredBill] {
        match self {
            Self::One(bill) | Self::Chosen(bill, _) => std::slice::from_ref(bill),
            Self::Several(bills) => bills,
        }
    }

    /// What may be paid of a bill, both included.
    fn bounds(self, bill: &StoredBill) -> (Yen, Yen) {
        match self {
            Self::One(_) | Self::Several(_) => (bill.bill.amount, bill.bill.amount),
            Self::Chosen(_, most) => (bill.bill.amount, most.max(bill.bill.amount)),
        }
    }

    /// The name by which a clearing calls the bill at that place, counted from 1.
    fn bill_id(self, nonce: &str, place: usize) -> String {
        match self {
            Self::One(_) | Self::Chosen(..) => nonce.to_owned(),
            Self::Several(_) => format!("{nonce}-{place:02}"),
        }
    }
}

/// Makes a new hand-off and remembers which bills it names; `page` is the page at the site that the payer returns to.
/// Nothing where collector and bank share no key.
pub async fn hand_over(
    mocks: &Mocks,
    collector: &Collector,
    handing: Handing<'_>,
    page: &str,
) -> Result<Option<Form>, LinkError> {
    let row = &collector.institution;
    let Some(config) = mocks.config().link.as_ref().filter(|_| row.offers_link) else { return Ok(None) };
    let now = mocks.config().clock.now();
    let Some(key) = SharedKey::load(config, &row.number, now).await? else { return Ok(None) };
    let nonce = BASE64.encode(random::bytes::<NONCE_BYTES>());
    let return_url = format!("{}/sites/{}/bills/{page}", config.site_url.trim_end_matches('/'), row.number);
    let contents = Contents::of(&row.number, handing, &nonce, return_url, now);
    let json = serde_json::to_vec(&contents).map_err(|_| LinkError::Seal)?;
    let json = mocks.mistake().map_or_else(|| json.clone(), |mistake| mistake.contents(json.clone()));
    let bill = key.seal(&json, mocks.mistake()).ok_or(LinkError::Seal)?;
    if !mocks.make(Mistake::ForgetsHandOffs) {
        remember(mocks, &row.number, handing, &nonce, now).await?;
    }
    Ok(Some(Form {
        action: format!("{}{BANK_ENTRY}", mocks.config().bank_url.trim_end_matches('/')),
        skno: row.number.to_string(),
        bptn: handing.pattern(),
        bill,
    }))
}

/// What is sealed, in JSON.
#[derive(Serialize)]
struct Contents<'a> {
    v: u32,
    skno: &'a str,
    payer: &'a str,
    issued_at: String,
    nonce: &'a str,
    return_url: String,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What<'a> {
    One(Entry<'a>),
    Several { bills: Vec<Entry<'a>> },
}

#[derive(Serialize)]
struct Entry<'a> {
    cno: &'a str,
    kno: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kubun: Option<&'a str>,
    #[serde(flatten)]
    amount: Amount,
    fee: i64,
    contents: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clear_until: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Amount {
    Billed { amount: i64 },
    Chosen { amount_min: i64, amount_max: i64 },
}

impl<'a> Contents<'a> {
    fn of(
        number: &'a CollectorNumber,
        handing: Handing<'a>,
        nonce: &'a str,
        return_url: String,
        now: Timestamp,
    ) -> Self {
        let mut entries: Vec<_> = handing.bills().iter().map(|bill| Entry::of(handing, bill)).collect();
        let what = match (handing, entries.pop()) {
            (Handing::One(_) | Handing::Chosen(..), Some(only)) => What::One(only),
            (_, last) => {
                entries.extend(last);
                What::Several { bills: entries }
            }
        };
        Self {
            v: 1,
            skno: number.as_str(),
            payer: handing.bills().first().map_or("", |bill| bill.bill.payer.as_str()),
            issued_at: now.rfc3339(),
            nonce,
            return_url,
            what,
        }
    }
}

impl<'a> Entry<'a> {
    fn of(handing: Handing<'_>, stored: &'a StoredBill) -> Self {
        let digits = |day: Date| day.format("%Y%m%d").to_string();
        let (least, most) = handing.bounds(stored);
        Self {
            cno: stored.customer_number.as_str(),
            kno: stored.confirmation_number.as_str(),
            kubun: stored.payment_category.as_ref().map(domain::PaymentCategory::as_str),
            amount: match handing {
                Handing::One(_) | Handing::Several(_) => Amount::Billed { amount: least.get() },
                Handing::Chosen(..) => Amount::Chosen { amount_min: least.get(), amount_max: most.get() },
            },
            fee: stored.bill.fee.get(),
            contents: &stored.bill.contents,
            due: stored.bill.due.map(digits),
            clear_until: stored.bill.clear_by.map(digits),
        }
    }
}

/// A key that a collector and the bank share. Never printed.
struct SharedKey {
    id: String,
    key: LessSafeKey,
    not_before_s: Option<i64>,
    expires_s: Option<i64>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    k: String,
    nbf: Option<i64>,
    exp: Option<i64>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    enc: &'static str,
    kid: &'a str,
}

impl SharedKey {
    /// The newest of the collector's that may be used now, where there is one.
    async fn load(
        config: &LinkConfig,
        number: &CollectorNumber,
        now: Timestamp,
    ) -> Result<Option<Self>, LinkError> {
        let mut newest = None;
        for place in 1..=KEYS_MAX {
            let file = config.keys_dir.join(format!("{number}-{place}.jwk"));
            let key = match tokio::fs::read(&file).await {
                Ok(json) => Self::read(&json).map_err(|reason| LinkError::Key { file, reason })?,
                // one that was given up before its day was never handed over
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(_) => return Err(LinkError::Key { file, reason: "it cannot be read" }),
            };
            newest = Some(key).filter(|key| key.is_valid(now)).or(newest);
        }
        Ok(newest)
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        let second = now.seconds();
        self.not_before_s.is_none_or(|first| first <= second) && self.expires_s.is_none_or(|end| second < end)
    }

    fn read(json: &[u8]) -> Result<Self, &'static str> {
        let wrong = "it is no JSON Web Key of kty oct with kid and 32 bytes k";
        if json.len() > KEY_FILE_BYTES_MAX {
            return Err(wrong);
        }
        let jwk: Jwk = serde_json::from_slice(json).map_err(|_| wrong)?;
        let bytes = BASE64.decode(&jwk.k).map_err(|_| wrong)?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| wrong)?;
        if jwk.kty != "oct" {
            return Err(wrong);
        }
        let key = LessSafeKey::new(key);
        Ok(Self { id: jwk.kid, key, not_before_s: jwk.nbf, expires_s: jwk.exp })
    }

    /// JWE in compact serialization, encrypted directly under the key.
    fn seal(&self, contents: &[u8], mistake: Option<Mistake>) -> Option<String> {
        let header = serde_json::to_vec(&Header { alg: "dir", enc: "A256GCM", kid: &self.id }).ok()?;
        let header = mistake.map_or_else(|| header.clone(), |mistake| mistake.header(header.clone()));
        let header = BASE64.encode(header);
        let iv: [u8; NONCE_LEN] = mistake.and_then(Mistake::iv).unwrap_or_else(random::bytes);
        let other = mistake.and_then(Mistake::other_key);
        let other = other.and_then(|bytes| UnboundKey::new(&AES_256_GCM, &bytes).ok()).map(LessSafeKey::new);
        let mut hidden = contents.to_vec();
        let aad = Aad::from(header.as_bytes());
        let nonce = Nonce::assume_unique_for_key(iv);
        let key = other.as_ref().unwrap_or(&self.key);
        let tag = key.seal_in_place_separate_tag(nonce, aad, &mut hidden).ok()?;
        let parts = [iv.as_slice(), &hidden, tag.as_ref()].map(|part| BASE64.encode(part));
        // with direct encryption the part of the encrypted key is empty
        Some(format!("{header}..{}", parts.join(".")))
    }
}

async fn remember(
    mocks: &Mocks,
    collector: &CollectorNumber,
    handing: Handing<'_>,
    nonce: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut write = mocks.store().write().await?;
    sqlx::query("DELETE FROM hand_offs WHERE made_at < $1")
        .bind(now.plus_seconds(-KEPT_DAYS * 24 * 60 * 60).micros())
        .execute(&mut *write)
        .await?;
    for (bill, place) in handing.bills().iter().zip(1..) {
        let (least, most) = handing.bounds(bill);
        sqlx::query(
            "INSERT INTO hand_offs (collector, bill_id, bill, amount_min, amount_max, made_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(collector.as_str())
        .bind(handing.bill_id(nonce, place))
        .bind(bill.row)
        .bind(least.get())
        .bind(most.get())
        .bind(now.micros())
        .execute(&mut *write)
        .await?;
    }
    write.commit().await?;
    Ok(())
}

/// A bill of a hand-off.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Handed {
    /// Its row.
    pub bill: i64,
    amount_min: i64,
    amount_max: i64,
}

impl Handed {
    /// Whether it was handed over to be paid with this amount.
    pub fn covers(&self, amount: Yen) -> bool {
        (self.amount_min..=self.amount_max).contains(&amount.get())
    }
}

/// The bill that a clearing of this entry kind means by the name of a hand-off.
pub async fn handed(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    entry_kind: &str,
    bill_id: &BillId,
) -> Result<Option<Handed>, StoreError> {
    if entry_kind != LINKED {
        return Ok(None);
    }
    let found = sqlx::query_as(
        "SELECT bill, amount_min, amount_max FROM hand_offs WHERE collector = $1 AND bill_id = $2",
    )
    .bind(collector.as_str())
    .bind(bill_id.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// The collector's own id of the bill that a clearing on record is of.
pub async fn own_id(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    bill_id: String,
) -> Result<String, StoreError> {
    let found: Option<(String,)> = sqlx::query_as(
        "SELECT b.bill_id FROM hand_offs AS h JOIN bills AS b ON b.id = h.bill \
         WHERE h.collector = $1 AND h.bill_id = $2",
    )
    .bind(collector.as_str())
    .bind(&bill_id)
    .fetch_optional(connection)
    .await?;
    Ok(found.map_or(bill_id, |(own,)| own))
}
