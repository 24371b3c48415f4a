//! The audit log: who did what, one hash chain a writer. A record vouches for the money and the events of its commit
//! too, so that nothing of them can be changed or taken out without breaking a chain. The heads of all chains are
//! recorded together. And the audit itself, which proves books and log from what is stored.

mod books;
pub mod chain;
pub mod hash;
pub mod heads;
mod log;
mod position;
mod replay;

use crate::Ledger;
use crate::commit::{AuditRecord, Commit, Refused};

pub use chain::{Chain, Content, Record};
pub use heads::{Head, Heads, Seal, SealedHeads, Unsealed};
pub use position::{Entry, Own, Position, Segment};

/// Findings of one check at most: one tells that something is wrong, a thousand where to look.
pub const FINDINGS_MAX: i64 = 1_000;

/// The action of a record that says nothing of its own and vouches for what a commit wrote.
pub const SILENT_ACTION: &str = "commit";

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
    /// Checks the whole ledger in one snapshot while payments go on: the journal replayed against balances and holds,
    /// events, outbox, the audit log with all it vouches for, and the heads records but for their seals. Nothing
    /// found, nothing wrong.
    pub async fn audit(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let mut tx = self.database.snapshot().await?;
        let mut vouched = log::Vouched::default();
        let logged = log::check(&mut tx, &mut vouched).await?;
        let mut findings = replay::check(&mut tx, &vouched).await?;
        findings.extend(books::check(&mut tx, &vouched).await?);
        findings.extend(logged);
        findings.extend(heads::check(&mut tx).await?);
        tx.rollback().await?;
        Ok(findings)
    }

    /// Writes a record of something that changes nothing else here.
    pub async fn record(&self, record: AuditRecord) -> Result<(), Refused> {
        self.commit(Commit { audit: vec![record], ..Commit::default() }).await.map(drop)
    }
}
