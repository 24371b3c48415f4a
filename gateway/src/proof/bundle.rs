//! The file that proves one payment: everything the hub has of it, what vouches for it, and the hub's signature over
//! the whole. docs/guides/proof.md describes it for a reader of another make.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::signature::SigningKey;
use domain::payment::State;
use domain::{AccountId, Date, Timestamp, TransferId};
use ledger::audit::hash::{EventRow, Hash, JournalRow};
use ledger::{Kind, Transfer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::KeySet;
use crate::StoreError;
use crate::payment::Facts;

/// The form that this program writes and reads.
pub const FORMAT: &str = "mpn-proof-1";
/// Bytes of a file at most.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A proof with the hub's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofBundle {
    /// What is said.
    pub proof: Proof,
    /// By whom.
    pub signature: Signature,
}

/// An Ed25519 signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Whose.
    pub key_id: String,
    /// In base 64.
    pub value: String,
}

/// Everything about one payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// [`FORMAT`].
    pub format: String,
    /// When it was made, in business time.
    pub made_at: Timestamp,
    /// Where the payment is.
    pub state: State,
    /// What is not known yet.
    pub open: Vec<Open>,
    /// What was fixed when the money was held.
    pub facts: Facts,
    /// The journal's rows: holds, their ends, what went back.
    pub transfers: Vec<TransferEntry>,
    /// Everything that happened to it, oldest first.
    pub events: Vec<EventEntry>,
    /// Every message that may have left, as it was signed, and every signed answer.
    pub exchanges: Vec<Exchange>,
    /// What the last comparison with the collector's books said, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation: Option<ReconciliationLine>,
    /// The stretches of the audit log that vouch for events and transfers.
    pub log: Vec<LogSegment>,
    /// The public keys, for convenience: who verifies should have them from elsewhere.
    pub keys: KeySet,
}

/// Something that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// Whether the collector has cleared the bill. The money is held.
    Outcome,
    /// Whether the collector has taken the clearing back.
    Cancellation,
    /// When the money goes over to the collector.
    Settlement,
    /// What the collector's books say: they were not compared since.
    Reconciliation,
    /// The newest records of the audit log are not sealed.
    Seal,
}

/// A row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferEntry {
    /// Its place in the journal.
    pub position: i64,
    /// The transfer.
    pub id: TransferId,
    /// The account that gives.
    pub debit: AccountId,
    /// The account that gets.
    pub credit: AccountId,
    /// Yen.
    pub amount: i64,
    /// What it does.
    pub kind: EntryKind,
    /// The hold that it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<TransferId>,
    /// When, in microseconds since 1970.
    pub at_us: Timestamp,
    /// 摘要.
    pub memo: String,
}

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Moves the amount.
    Posted,
    /// Holds it.
    Hold,
    /// Moves what a hold holds.
    PostHold,
    /// Releases what a hold holds.
    VoidHold,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventEntry {
    /// Its place in the payment's history, from 1.
    pub seq: i64,
    /// Its place among all events.
    pub position: i64,
    /// The kind's word.
    pub kind: String,
    /// When, in microseconds since 1970.
    pub at_us: Timestamp,
    /// Facts as JSON, verbatim: the text is what was hashed.
    pub body: String,
    /// The message that it keeps, in base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A request that may have left, and its signed answer where one came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The event that says what it came to.
    pub event: i64,
    /// The delivery's number.
    pub delivery: i64,
    /// The kind of the request: `Clearing`, `Cancellation` or `ResendConfirmation`.
    pub message: String,
    /// As it was sent.
    pub request: Request,
    /// As it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
}

/// A signed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// Its signed headers.
    pub headers: Headers,
    /// The content in base 64.
    pub body: String,
}

/// A signed response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// 200.
    pub status: u16,
    /// Its signed headers.
    pub headers: Headers,
    /// The content in base 64.
    pub body: String,
}

/// The headers that a signature covers or is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// Of a request, whose signature covers it.
    #[serde(rename = "content-type", default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// RFC 9530.
    #[serde(rename = "content-digest")]
    pub content_digest: String,
    /// RFC 9421.
    #[serde(rename = "signature-input")]
    pub signature_input: String,
    /// RFC 9421.
    pub signature: String,
}

/// What the last comparison of the payment's day came to for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconciliationLine {
    /// The collector's day.
    pub date: Date,
    /// The comparison's number on that day.
    pub number: u32,
    /// When it was made, in business time.
    pub at: Timestamp,
    /// Whether the day was closed.
    pub after_close: bool,
    /// Whether both sides' sums of the whole day were the same.
    pub sums_agree: bool,
    /// `matched`, or the class of the break that names this payment.
    pub result: String,
}

/// A stretch of one writer's chain, up to the heads record that names its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSegment {
    /// The writer.
    pub writer: Uuid,
    /// The number of the record before the first.
    pub before: i64,
    /// The head there.
    pub head: Hex<32>,
    /// The records that follow.
    pub entries: Vec<LogEntry>,
    /// The heads record, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heads: Option<LogHeads>,
}

/// A record: this payment's in full, any other's digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LogEntry {
    /// Somebody else's.
    Other(Hex<32>),
    /// This payment's.
    Own(Box<LogRecord>),
}

/// A record of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRecord {
    /// When, in microseconds since 1970.
    pub at_us: Timestamp,
    /// The contract that may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Uuid>,
    /// Who.
    pub actor: String,
    /// Did what.
    pub action: String,
    /// To what.
    pub subject: String,
    /// In words.
    pub detail: String,
    /// Hashed with it.
    pub salt: Hex<16>,
    /// The journal's rows of the same commit.
    pub transfers: Vec<LogRow>,
    /// The events of the same commit.
    pub events: Vec<LogRow>,
}

/// A row that a record vouches for: of this payment by its position, of another by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LogRow {
    /// Among this payment's.
    Position(i64),
    /// Somebody else's.
    Digest(Hex<32>),
}

/// A heads record and its seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHeads {
    /// Its number.
    pub number: i64,
    /// When, in microseconds since 1970.
    pub at_us: Timestamp,
    /// The hash of the heads record before.
    pub before: Hex<32>,
    /// The heads that it names, in the order of the writers' ids.
    pub heads: Vec<LogHead>,
    /// The hub's signature.
    pub seal: Signature,
}

/// One head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHead {
    /// The writer.
    pub writer: Uuid,
    /// The number of its last record.
    pub number: i64,
    /// The hash.
    pub head: Hex<32>,
}

/// Bytes in lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> From<Hex<N>> for String {
    fn from(hex: Hex<N>) -> Self {
        hex.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<const N: usize> TryFrom<String> for Hex<N> {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let error = "not so many bytes in lower-case hexadecimal";
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(error),
        };
        let mut bytes = [0; N];
        if text.len() != 2 * N {
            return Err(error);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? * 16 + digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// Why a file is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is larger than any proof.
    #[error("it is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// It is something else.
    #[error("it is no proof of a payment: {0}")]
    Form(String),
    /// It means the same as a proof, but is not how one is written.
    #[error("it is not written as a proof is")]
    OtherWriting,
}

impl ProofBundle {
    /// Signs a proof with the hub's key.
    pub(super) fn sign(proof: Proof, key: &SigningKey) -> Result<Self, StoreError> {
        let text = signed_text(&proof).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let value = STANDARD.encode(key.sign(&text));
        Ok(Self { proof, signature: Signature { key_id: key.id().to_owned(), value } })
    }

    /// The file, for people to read.
    pub fn write(&self) -> Result<String, StoreError> {
        let text = serde_json::to_string_pretty(self);
        Ok(text.map_err(|error| StoreError::Corrupt(error.to_string()))? + "\n")
    }

    /// Reads a file. White space between its parts does not matter; anything else is as it was written, or refused.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        if text.len() > FILE_BYTES_MAX {
            return Err(ReadError::TooLarge);
        }
        let form = |error: serde_json::Error| ReadError::Form(error.to_string());
        let bundle: Self = serde_json::from_str(text).map_err(form)?;
        if serde_json::to_string(&bundle).map_err(form)? != without_space(text) {
            return Err(ReadError::OtherWriting);
        }
        Ok(bundle)
    }
}

/// What the hub signs: the format's word, a line feed, and the proof as compact JSON in the order of its members.
pub(super) fn signed_text(proof: &Proof) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = format!("{FORMAT}\n").into_bytes();
    text.extend(serde_json::to_vec(proof)?);
    Ok(text)
}

/// JSON without the space between its parts.
fn without_space(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    json.chars()
        .filter(|c| {
            let kept = inside || !matches!(c, ' ' | '\n' | '\r' | '\t');
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = inside,
                '"' => inside = !inside,
                _ => {}
            }
            kept
        })
        .collect()
}

impl From<&JournalRow> for TransferEntry {
    fn from(row: &JournalRow) -> Self {
        let Transfer { id, debit, credit, amount, kind, memo } = &row.transfer;
        let (entry, hold) = match kind {
            Kind::Posted => (EntryKind::Posted, None),
            Kind::Pending => (EntryKind::Hold, None),
            Kind::PostPending(hold) => (EntryKind::PostHold, Some(*hold)),
            Kind::VoidPending(hold) => (EntryKind::VoidHold, Some(*hold)),
        };
        Self {
            position: row.position,
            id: *id,
            debit: *debit,
            credit: *credit,
            amount: *amount,
            kind: entry,
            hold,
            at_us: row.at,
            memo: memo.clone(),
        }
    }
}

impl TransferEntry {
    /// The row that it shows; `None` where kind and hold do not go together.
    pub(super) fn row(&self) -> Option<JournalRow> {
        let kind = match (self.kind, self.hold) {
            (EntryKind::Posted, None) => Kind::Posted,
            (EntryKind::Hold, None) => Kind::Pending,
            (EntryKind::PostHold, Some(hold)) => Kind::PostPending(hold),
            (EntryKind::VoidHold, Some(hold)) => Kind::VoidPending(hold),
            _ => return None,
        };
        let &Self { position, id, debit, credit, amount, at_us: at, .. } = self;
        let transfer = Transfer { id, debit, credit, amount, kind, memo: self.memo.clone() };
        Some(JournalRow { position, transfer, at })
    }
}

impl From<&EventRow> for EventEntry {
    fn from(row: &EventRow) -> Self {
        Self {
            seq: row.seq,
            position: row.position,
            kind: row.kind.clone(),
            at_us: row.at,
            body: row.body.clone(),
            message: row.message.as_ref().map(|bytes| STANDARD.encode(bytes)),
        }
    }
}

impl EventEntry {
    /// The event that it shows; `None` where the message is not base 64.
    pub(super) fn row(&self, entity: Uuid) -> Option<EventRow> {
        let message = self.message.as_ref().map(|text| STANDARD.decode(text)).transpose().ok()?;
        Some(EventRow {
            position: self.position,
            entity,
            seq: self.seq,
            kind: self.kind.clone(),
            at: self.at_us,
            body: self.body.clone(),
            message,
        })
    }
}

impl From<Hash> for Hex<32> {
    fn from(hash: Hash) -> Self {
        Self(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_written_one_way() {
        let text = "00ff0a1b2c3d4e5f60718293a4b5c6d7".to_owned();
        let hex = Hex::<16>::try_from(text.clone()).unwrap();
        assert_eq!(String::from(hex), text);
        for bad in [text.to_uppercase(), text[..31].to_owned(), text.clone() + "0", text.replace('a', "g")] {
            assert!(Hex::<16>::try_from(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn space_goes_only_from_between_the_parts() {
        let json = "{ \"a b\" :\n[ 1,\t\"c \\\" d\\\\\" , \" \" ] }\r\n";
        assert_eq!(without_space(json), "{\"a b\":[1,\"c \\\" d\\\\\",\" \"]}");
    }
}
