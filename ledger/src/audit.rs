//! The audit log: who did what, one hash chain a writer. A record cannot be changed or taken out without breaking
//! the chain. And the audit itself, which proves books and log from what is stored.

mod books;
mod log;

use database::{Table, Value};
use domain::Timestamp;
use ring::digest::{Context, SHA256};
use uuid::Uuid;

use crate::Ledger;
use crate::commit::AuditRecord;

/// Findings of one check at most: one tells that something is wrong, a thousand where to look.
pub const FINDINGS_MAX: i64 = 1_000;

/// Something in the database that cannot have come about by commits alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check failed: `balance`, `hold-end`, …
    pub check: &'static str,
    /// What it failed for: an account, a transfer, an entity, an outbox key, a writer.
    pub subject: String,
    /// What was found.
    pub detail: String,
}

impl Ledger {
    /// Checks the whole ledger in one snapshot while payments go on: balances and holds against the journal, the
    /// journal in itself, events, outbox and the audit log. Nothing found, nothing wrong.
    pub async fn audit(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let mut tx = self.database.snapshot().await?;
        let mut findings = books::check(&mut tx).await?;
        findings.extend(log::check(&mut tx).await?);
        tx.rollback().await?;
        Ok(findings)
    }
}

pub(crate) static TABLE: Table = Table {
    name: "audit",
    columns: &["writer", "number", "at_us", "contract", "actor", "action", "subject", "detail", "hash"],
};

/// The head of one writer's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The writer: a process from its start on.
    pub writer: Uuid,
    /// The number of the last record; zero before the first.
    pub number: i64,
    /// The hash of the last record; zeros before the first.
    pub head: [u8; 32],
}

/// What a record's hash covers, beside the hash before it.
pub(crate) struct Hashed<'a> {
    pub number: i64,
    pub at_us: i64,
    pub contract: Option<Uuid>,
    pub actor: &'a str,
    pub action: &'a str,
    pub subject: &'a str,
    pub detail: &'a str,
}

impl Chain {
    /// A chain without records.
    pub fn new(writer: Uuid) -> Self {
        Self { writer, number: 0, head: [0; 32] }
    }

    /// Appends a record and answers its row.
    pub(crate) fn append(&mut self, record: &AuditRecord, now: Timestamp) -> Vec<Value> {
        self.number += 1;
        let contract = record.contract.map(domain::ContractId::uuid);
        self.head = self.next(&Hashed {
            number: self.number,
            at_us: now.micros(),
            contract,
            actor: &record.actor,
            action: record.action,
            subject: &record.subject,
            detail: &record.detail,
        });
        vec![
            self.writer.into(),
            self.number.into(),
            now.micros().into(),
            Value::Uuid(contract),
            record.actor.clone().into(),
            record.action.into(),
            record.subject.clone().into(),
            record.detail.clone().into(),
            self.head.to_vec().into(),
        ]
    }

    /// The hash that follows the head when `record` is appended. Each field is hashed behind its length, so that no
    /// two records share a hash.
    pub(crate) fn next(&self, record: &Hashed<'_>) -> [u8; 32] {
        let mut hash = Context::new(&SHA256);
        hash.update(&self.head);
        hash.update(self.writer.as_bytes());
        hash.update(&record.number.to_be_bytes());
        hash.update(&record.at_us.to_be_bytes());
        hash.update(record.contract.unwrap_or_default().as_bytes());
        for text in [record.actor, record.action, record.subject, record.detail] {
            hash.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        let mut head = [0; 32];
        head.copy_from_slice(hash.finish().as_ref());
        head
    }
}
