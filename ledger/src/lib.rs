//! Double-entry ledger with holds, and the group commit that is the only writer of money, events, outbox and audit.
//!
//! Read in this order: [`transfer`] (the vocabulary), [`apply`] (the only code that decides about money), [`commit`]
//! (what a caller submits), `committer` (how many commits become one transaction), [`read`], [`audit`]. [`memory`] is
//! the same group commit over a model of the database.

pub mod account;
pub mod apply;
pub mod audit;
pub mod commit;
mod committer;
mod incoming;
pub mod memory;
pub mod read;
mod statement;
pub mod trail;
pub mod transfer;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use database::Database;
use domain::Clock;
use tokio::sync::{mpsc, oneshot};

pub use account::{Account, NewAccount};
pub use audit::Finding;
pub use commit::{
    AuditRecord, Commit, Committed, EntityId, GuardKey, NewEvent, OutboxChange, OutboxEntry, Refused,
};
pub use incoming::IncomingTransfer;
pub use read::{Balance, Event, StatementLine};
pub use statement::{Direction, Page as StatementPage, STATEMENT_TEXTS_MAX, StatementQuery, StatementSums};
pub use trail::{NoPlace, TrailPlace, TrailQuery, TrailRecord};
pub use transfer::{Kind, Transfer, TransferResult};

/// Commits that may wait for the committer; more are refused at once.
const QUEUE_COMMITS_MAX: usize = 4_096;

/// The ledger of one database. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    database: Database,
    clock: Clock,
    queue: mpsc::Sender<committer::Submitted>,
    logged: Arc<AtomicI64>,
}

impl Ledger {
    /// Starts the group commit on a database. It ends after the last handle is gone and what waited is committed.
    pub fn start(database: Database, clock: Clock) -> Self {
        let (queue, submitted) = mpsc::channel(QUEUE_COMMITS_MAX);
        let logged = Arc::new(AtomicI64::new(0));
        let committer =
            committer::Committer::new(database.clone(), clock.clone(), submitted, Arc::clone(&logged));
        tokio::spawn(committer.run());
        Self { database, clock, queue, logged }
    }

    /// Commits all of `commit` or nothing. When this answers, the outcome is durable; dropping the future does
    /// not take the commit back.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, Refused> {
        let (answer, outcome) = oneshot::channel();
        match self.queue.try_send(committer::Submitted { commit, answer }) {
            Ok(()) => outcome.await.unwrap_or(Err(Refused::Stopped)),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refused::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refused::Stopped),
        }
    }

    /// Whether the group commit is at work. It ends early only by a bug of ours; then nothing can be paid here.
    pub fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Records of the audit log that this process has written since its start.
    pub fn records_logged(&self) -> i64 {
        self.logged.load(Ordering::Relaxed)
    }

    /// The database underneath, for what is not money.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Business time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}
