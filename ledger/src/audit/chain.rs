//! One writer's chain: a record's digest goes into the head after it, together with the head before.

use database::{Table, Value};
use domain::{Timestamp, random};
use uuid::Uuid;

use super::hash::{self, EventRow, Hash, Hasher, JournalRow};
use crate::commit::{AuditRecord, Commit};

/// Random bytes of a record.
pub const SALT_BYTES: usize = 16;

pub(crate) static TABLE: Table = Table {
    name: "audit",
    columns: &[
        "writer", "number", "at_us", "contract", "actor", "action", "subject", "detail", "content", "covers",
        "salt", "hash",
    ],
};

/// The head of one writer's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The writer: a process from its start on.
    pub writer: Uuid,
    /// The number of the last record; zero before the first.
    pub number: i64,
    /// The hash of the last record; zeros before the first.
    pub head: Hash,
}

/// A record as it is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// The contract that may see it.
    pub contract: Option<Uuid>,
    /// Who.
    pub actor: String,
    /// Did what.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Facts, without secrets.
    pub detail: String,
    /// The hash over what the same commit wrote of money and events ([`hash::content`]).
    pub content: Option<Hash>,
    /// Random: a record's digest may be shown to those who must not learn what it says.
    pub salt: [u8; SALT_BYTES],
}

impl Record {
    /// The record's digest.
    pub fn digest(&self) -> Hash {
        Hasher::of("mpn-record-1")
            .fixed(&self.salt)
            .number(self.at.micros())
            .optional(self.contract, |hash, contract| hash.fixed(contract.as_bytes()))
            .text(&self.actor)
            .text(&self.action)
            .text(&self.subject)
            .text(&self.detail)
            .optional(self.content, |hash, content| hash.fixed(&content))
            .finish()
    }
}

/// What one commit wrote of money and events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The journal's rows, each with its position and digest.
    pub transfers: Vec<(i64, Hash)>,
    /// The events.
    pub events: Vec<(i64, Hash)>,
}

impl Content {
    pub(crate) fn of(transfers: &[JournalRow], events: &[EventRow]) -> Self {
        Self {
            transfers: transfers.iter().map(|row| (row.position, row.digest())).collect(),
            events: events.iter().map(|row| (row.position, row.digest())).collect(),
        }
    }

    /// The hash that goes into the commit's record; `None` where it wrote neither.
    pub fn hash(&self) -> Option<Hash> {
        let digests = |rows: &[(i64, Hash)]| rows.iter().map(|(_, digest)| *digest).collect::<Vec<_>>();
        let wrote = !self.transfers.is_empty() || !self.events.is_empty();
        wrote.then(|| hash::content(&digests(&self.transfers), &digests(&self.events)))
    }

    /// Where the rows are, for the audit to find them again.
    fn covers(&self) -> Covers {
        let positions = |rows: &[(i64, Hash)]| rows.iter().map(|(position, _)| *position).collect();
        Covers { transfers: positions(&self.transfers), events: positions(&self.events) }
    }
}

/// The positions of the rows that a record vouches for: the column `covers`. It only helps to find them; the
/// positions are hashed with the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Covers {
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) transfers: Vec<i64>,
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<i64>,
}

impl Covers {
    /// From the column; what cannot be read covers nothing, and the content's hash then differs.
    pub(super) fn read(column: Option<&str>) -> Self {
        column.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

impl Chain {
    /// A chain without records.
    pub fn new(writer: Uuid) -> Self {
        Self { writer, number: 0, head: [0; 32] }
    }

    /// Moves on by a record.
    pub fn advance(&mut self, digest: &Hash) {
        self.number += 1;
        self.head = Hasher::of("mpn-head-1")
            .fixed(&self.head)
            .fixed(self.writer.as_bytes())
            .number(self.number)
            .fixed(digest)
            .finish();
    }

    /// Appends what a commit has to say and answers the rows. The first record vouches for what the commit wrote; a
    /// commit that says nothing of itself and wrote something gets a record all the same.
    pub(crate) fn append(
        &mut self,
        said: &[AuditRecord],
        wrote: &Content,
        subject: impl FnOnce() -> String,
        now: Timestamp,
    ) -> Vec<Vec<Value>> {
        let mut content = wrote.hash();
        let mut covers = content.and_then(|_| serde_json::to_string(&wrote.covers()).ok());
        let silent = (said.is_empty() && content.is_some()).then(|| AuditRecord {
            contract: None,
            actor: "system".to_owned(),
            action: super::SILENT_ACTION,
            subject: subject(),
            detail: String::new(),
        });
        let records = said.iter().chain(silent.as_ref());
        records.map(|record| self.row(record, content.take(), covers.take(), now)).collect()
    }

    /// How many records a commit appends.
    pub(crate) fn records_of(commit: &Commit) -> i64 {
        let wrote = !commit.transfers.is_empty() || !commit.events.is_empty();
        i64::try_from(commit.audit.len().max(usize::from(wrote))).unwrap_or(i64::MAX)
    }

    fn row(
        &mut self,
        said: &AuditRecord,
        content: Option<Hash>,
        covers: Option<String>,
        now: Timestamp,
    ) -> Vec<Value> {
        let contract = said.contract.map(domain::ContractId::uuid);
        let record = Record {
            at: now,
            contract,
            actor: said.actor.clone(),
            action: said.action.to_owned(),
            subject: said.subject.clone(),
            detail: said.detail.clone(),
            content,
            salt: random::bytes(),
        };
        self.advance(&record.digest());
        vec![
            self.writer.into(),
            self.number.into(),
            now.micros().into(),
            Value::Uuid(contract),
            record.actor.into(),
            record.action.into(),
            record.subject.into(),
            record.detail.into(),
            Value::Bytes(content.map(|hash| hash.to_vec())),
            Value::Text(covers),
            record.salt.to_vec().into(),
            self.head.to_vec().into(),
        ]
    }
}
