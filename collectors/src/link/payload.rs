//! What a hand-off says.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::money::AMOUNT_MAX;
use domain::{
    Bill, BillId, CollectorNumber, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, Timestamp, Yen,
};
use serde::Deserialize;

/// Characters of a nonce: 96 bits in base64url.
pub const NONCE_CHARS: usize = 16;
/// Bills of one hand-off at most.
pub const BILLS_MAX: usize = 20;
/// Bytes of a return address at most.
const RETURN_URL_BYTES_MAX: usize = 1_024;

/// 支払パターン.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// `01`: one bill.
    One,
    /// `02`: several bills, of which the payer pays one a visit.
    Several,
    /// `03`: the payer chooses the amount between two bounds.
    Chosen,
}

/// The least and the most that a payer may choose, where the payer does.
pub type Bounds = Option<(Yen, Yen)>;

/// What the payer's browser brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOff {
    /// 収納機関番号.
    pub collector: CollectorNumber,
    /// How many bills, and who says the amount.
    pub pattern: Pattern,
    /// The bills: one, but for [`Pattern::Several`].
    pub bills: Vec<Handed>,
    /// The amounts that the payer may choose, both included, for [`Pattern::Chosen`].
    pub bounds: Bounds,
    /// When the collector's site made it.
    pub issued_at: Timestamp,
    /// Which it is: used once.
    pub nonce: String,
    /// Where the payer goes back to, for the bank to check against what the collector registered.
    pub return_url: String,
}

/// One of its bills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 確認番号.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分, where the collector has one.
    pub category: Option<PaymentCategory>,
    /// The bill. Its id is the nonce, for [`Pattern::Several`] with the place in the list behind it; its amount the
    /// least where the payer chooses it.
    pub bill: Bill,
}

/// Why it is not taken. For the log: whoever sent it is told nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not JSON in UTF-8 of these names and types.
    #[error("the contents are not those of a hand-off: {0}")]
    Json(String),
    /// A field's value.
    #[error("{0} is not valid")]
    Field(&'static str),
}

impl Pattern {
    /// The word of the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::One => "01",
            Self::Several => "02",
            Self::Chosen => "03",
        }
    }

    /// Reads `bptn`.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::One, Self::Several, Self::Chosen].into_iter().find(|pattern| pattern.as_str() == word)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    v: u32,
    skno: String,
    payer: String,
    #[serde(default)]
    #[allow(dead_code, reason = "named by the interface, and shown nowhere")]
    payer_kana: Option<String>,
    issued_at: String,
    nonce: String,
    return_url: String,
    cno: Option<String>,
    kno: Option<String>,
    kubun: Option<String>,
    amount: Option<i64>,
    amount_min: Option<i64>,
    amount_max: Option<i64>,
    fee: Option<i64>,
    contents: Option<String>,
    #[allow(dead_code, reason = "named by the interface, and shown nowhere")]
    contents_kana: Option<String>,
    due: Option<String>,
    clear_until: Option<String>,
    bills: Option<Vec<Entry>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    cno: String,
    kno: String,
    kubun: Option<String>,
    amount: i64,
    fee: Option<i64>,
    contents: String,
    #[serde(default)]
    #[allow(dead_code, reason = "named by the interface, and shown nowhere")]
    contents_kana: Option<String>,
    due: Option<String>,
    clear_until: Option<String>,
}

impl HandOff {
    /// What is wrong with the JSON of contents, for whoever wrote them. It may repeat a number or a name, so no log has
    /// it.
    pub fn wrong_json(contents: &[u8]) -> Option<String> {
        serde_json::from_slice::<Contents>(contents).err().map(|error| error.to_string())
    }

    /// Reads the contents of a `bill` that came with this pattern.
    pub fn read(pattern: Pattern, contents: &[u8]) -> Result<Self, PayloadError> {
        let read: Contents = serde_json::from_slice(contents).map_err(|error| {
            // the message of the error itself may repeat a number or a name
            PayloadError::Json(format!("{:?} at {}:{}", error.classify(), error.line(), error.column()))
        })?;
        if read.v != 1 {
            return Err(PayloadError::Field("v"));
        }
        let nonce = nonce(&read.nonce)?;
        let (entries, bounds) = read.entries(pattern)?;
        let id = |place: usize| match pattern {
            Pattern::Several => listed_id(&nonce, place),
            Pattern::One | Pattern::Chosen => nonce.clone(),
        };
        let handed: Vec<_> = entries
            .into_iter()
            .zip(1..)
            .map(|(entry, place)| entry.handed(&id(place), &read.payer))
            .collect::<Result<_, _>>()?;
        let fits = |handed: &Handed| {
            let most = bounds.map_or(handed.bill.amount, |(_, most)| most);
            most.checked_add(handed.bill.fee).is_some_and(|total| total <= AMOUNT_MAX)
        };
        if !handed.iter().all(fits) {
            return Err(PayloadError::Field("fee"));
        }
        Ok(Self {
            collector: read.skno.parse().map_err(|_| PayloadError::Field("skno"))?,
            pattern,
            bills: handed,
            bounds,
            issued_at: Timestamp::parse_rfc3339(&read.issued_at).ok_or(PayloadError::Field("issued_at"))?,
            nonce,
            return_url: address(&read.return_url)?,
        })
    }
}

impl Contents {
    /// The bills that the pattern asks for, and nothing that it does not.
    fn entries(&self, pattern: Pattern) -> Result<(Vec<Entry>, Bounds), PayloadError> {
        let bounds = match (pattern, self.amount, self.amount_min, self.amount_max) {
            (Pattern::Chosen, None, Some(least), Some(most)) => {
                let (least, most) = (amount(least, 1, "amount_min")?, amount(most, 1, "amount_max")?);
                if least > most {
                    return Err(PayloadError::Field("amount_max"));
                }
                Some((least, most))
            }
            (Pattern::One, Some(_), None, None) | (Pattern::Several, None, None, None) => None,
            _ => return Err(PayloadError::Field("amount")),
        };
        if pattern == Pattern::Several {
            let of_one = [&self.cno, &self.kno, &self.kubun, &self.contents, &self.due, &self.clear_until];
            if of_one.iter().any(|field| field.is_some()) || self.fee.is_some() {
                return Err(PayloadError::Field("bills"));
            }
            let bills = self.bills.as_deref().unwrap_or_default();
            let numbers: BTreeSet<_> = bills.iter().map(|bill| &bill.cno).collect();
            if !(1..=BILLS_MAX).contains(&bills.len()) || numbers.len() != bills.len() {
                return Err(PayloadError::Field("bills"));
            }
            return Ok((bills.to_vec(), None));
        }
        if self.bills.is_some() {
            return Err(PayloadError::Field("bills"));
        }
        let entry = Entry {
            cno: self.cno.clone().ok_or(PayloadError::Field("cno"))?,
            kno: self.kno.clone().ok_or(PayloadError::Field("kno"))?,
            kubun: self.kubun.clone(),
            amount: bounds.map_or(self.amount.unwrap_or_default(), |(least, _)| least.get()),
            fee: self.fee,
            contents: self.contents.clone().ok_or(PayloadError::Field("contents"))?,
            contents_kana: None,
            due: self.due.clone(),
            clear_until: self.clear_until.clone(),
        };
        Ok((vec![entry], bounds))
    }
}

impl Entry {
    fn handed(self, id: &str, payer: &str) -> Result<Handed, PayloadError> {
        let bill = Bill {
            id: id.parse::<BillId>().map_err(|_| PayloadError::Field("nonce"))?,
            payer: text(payer, 40, "payer")?,
            contents: text(&self.contents, 60, "contents")?,
            amount: amount(self.amount, 1, "amount")?,
            fee: amount(self.fee.unwrap_or_default(), 0, "fee")?,
            late_charge: Yen::ZERO,
            due: self.due.as_deref().map(|text| day(text, "due")).transpose()?,
            clear_by: self.clear_until.as_deref().map(|text| day(text, "clear_until")).transpose()?,
        };
        Ok(Handed {
            customer_number: self.cno.parse().map_err(|_| PayloadError::Field("cno"))?,
            confirmation_number: self.kno.parse().map_err(|_| PayloadError::Field("kno"))?,
            category: self
                .kubun
                .map(|digits| digits.parse())
                .transpose()
                .map_err(|_| PayloadError::Field("kubun"))?,
            bill,
        })
    }
}

/// Whether a text has the form of a nonce.
pub fn is_nonce(text: &str) -> bool {
    text.len() == NONCE_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The ids that bills of a hand-off can have: the nonce, or the nonce and a place from 1 on.
pub fn bill_ids(nonce: &str) -> Vec<String> {
    let places = (1..=BILLS_MAX).map(|place| listed_id(nonce, place));
    std::iter::once(nonce.to_owned()).chain(places).collect()
}

fn listed_id(nonce: &str, place: usize) -> String {
    format!("{nonce}-{place:02}")
}

fn nonce(text: &str) -> Result<String, PayloadError> {
    if is_nonce(text) { Ok(text.to_owned()) } else { Err(PayloadError::Field("nonce")) }
}

fn address(text: &str) -> Result<String, PayloadError> {
    let fits = (1..=RETURN_URL_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err(PayloadError::Field("return_url")) }
}

fn amount(yen: i64, least: i64, field: &'static str) -> Result<Yen, PayloadError> {
    let fits = (least..=AMOUNT_MAX.get()).contains(&yen);
    if fits { Ok(Yen::new(yen)) } else { Err(PayloadError::Field(field)) }
}

/// `YYYYMMDD`.
fn day(text: &str, field: &'static str) -> Result<Date, PayloadError> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let day = digits.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten();
    day.ok_or(PayloadError::Field(field))
}

/// Text to be shown: as in the messages, and no mojibake.
fn text(text: &str, chars_max: usize, field: &'static str) -> Result<String, PayloadError> {
    let strange = |c: char| matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}');
    let shown = crate::protocol::shown_text(text, chars_max).filter(|text| !text.contains(strange));
    shown.filter(|text| !text.trim().is_empty()).ok_or(PayloadError::Field(field))
}
