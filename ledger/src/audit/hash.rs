//! How the audit log hashes. Every field is hashed behind its length or in a fixed width, and every kind of thing
//! behind a word of its own, so that no two things share a hash. docs/guides/proof.md says the same for a verifier
//! that is written anew.

use domain::Timestamp;
use ring::digest::{Context, SHA256};
use uuid::Uuid;

use crate::transfer::Transfer;

/// SHA-256.
pub type Hash = [u8; 32];

/// A hash in the making.
pub(super) struct Hasher(Context);

impl Hasher {
    /// Of this kind of thing.
    pub(super) fn of(kind: &str) -> Self {
        Self(Context::new(&SHA256)).text(kind)
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Behind their count.
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        self.count(bytes.len()).fixed(bytes)
    }

    /// Bytes whose count never varies.
    pub(super) fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    pub(super) fn number(self, number: i64) -> Self {
        self.fixed(&number.to_be_bytes())
    }

    pub(super) fn count(self, count: usize) -> Self {
        self.number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// 0, or 1 and the value.
    pub(super) fn optional<T>(self, value: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            None => self.number(0),
            Some(value) => write(self.number(1), value),
        }
    }

    pub(super) fn finish(self) -> Hash {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.0.finish().as_ref());
        hash
    }
}

/// A row of the journal as it is hashed. The balances after it follow from the rows before, and stay out: whoever is
/// shown a transfer need not see what its payer owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Its place in the journal.
    pub position: i64,
    /// What moved.
    pub transfer: Transfer,
    /// When.
    pub at: Timestamp,
}

impl JournalRow {
    /// The row's digest.
    pub fn digest(&self) -> Hash {
        let Transfer { id, debit, credit, amount, kind, memo } = &self.transfer;
        Hasher::of("mpn-transfer-1")
            .number(self.position)
            .fixed(id.uuid().as_bytes())
            .number(debit.get())
            .number(credit.get())
            .number(*amount)
            .number(kind.code())
            .optional(kind.pending(), |hash, hold| hash.fixed(hold.uuid().as_bytes()))
            .number(self.at.micros())
            .text(memo)
            .finish()
    }
}

/// An event as it is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its place among all events.
    pub position: i64,
    /// What it happened to.
    pub entity: Uuid,
    /// Its place in the entity's history, from 1.
    pub seq: i64,
    /// The kind's word.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Facts as JSON.
    pub body: String,
    /// The bytes of the message that made it happen.
    pub message: Option<Vec<u8>>,
}

impl EventRow {
    /// The event's digest.
    pub fn digest(&self) -> Hash {
        Hasher::of("mpn-event-1")
            .number(self.position)
            .fixed(self.entity.as_bytes())
            .number(self.seq)
            .text(&self.kind)
            .number(self.at.micros())
            .text(&self.body)
            .optional(self.message.as_deref(), Hasher::bytes)
            .finish()
    }
}

/// The hash over the digests of all journal rows and events that one commit wrote, each in order.
pub fn content(transfers: &[Hash], events: &[Hash]) -> Hash {
    let list = |hash: Hasher, digests: &[Hash]| {
        digests.iter().fold(hash.count(digests.len()), |hash, digest| hash.fixed(digest))
    };
    list(list(Hasher::of("mpn-content-1"), transfers), events).finish()
}
