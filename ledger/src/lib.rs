//! Double-entry ledger with holds, and the group commit that is the only writer of money, events, outbox and audit.
//!
//! Read in this order: [`transfer`] (the vocabulary), [`apply`] (the only code that decides about money), [`commit`]
//! (what a caller submits), `committer` (how many commits become one transaction), [`read`], [`audit`].

pub mod account;
pub mod apply;
pub mod audit;
pub mod commit;
mod committer;
pub mod read;
pub mod transfer;
mod write;

use std::sync::Arc;

use database::Database;
use domain::Clock;
use tokio::sync::{mpsc, oneshot};

pub use account::{Account, NewAccount};
pub use commit::{
    AuditRecord, Commit, Committed, EntityId, GuardKey, NewEvent, OutboxChange, OutboxEntry, Refused,
};
pub use read::{Balance, Event, StatementLine};
pub use transfer::{Kind, Transfer, TransferResult};

/// Commits that may wait for the committer; more are refused at once.
const QUEUE_COMMITS_MAX: usize = 4_096;

/// The ledger of one database. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    database: Database,
    clock: Clock,
    queue: mpsc::Sender<committer::Submitted>,
    _task: Arc<TaskGuard>,
}

/// Ends the committer's task when the last handle goes.
struct TaskGuard(tokio::task::AbortHandle);

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Ledger {
    /// Starts the group commit on a database.
    pub fn start(database: Database, clock: Clock) -> Self {
        let (queue, submitted) = mpsc::channel(QUEUE_COMMITS_MAX);
        let committer = committer::Committer::new(database.clone(), clock.clone(), submitted);
        let task = tokio::spawn(committer.run());
        Self { database, clock, queue, _task: Arc::new(TaskGuard(task.abort_handle())) }
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

    /// The database underneath, for what is not money.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Business time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}
