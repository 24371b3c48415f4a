//! The group commit: takes what has gathered while the last transaction was committing and makes it the next one.
//! There is no timer, so a lone commit does not wait.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use database::{Database, Table, Value, insert};
use domain::Clock;
use domain::random;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::audit::Chain;
use crate::commit::{Commit, Committed, Refused, part};
use crate::write::{self, EventSpan, Outcomes};

/// Commits a transaction at most.
const BATCH_COMMITS_MAX: usize = 512;
/// Tries of a batch that the database broke off for a deadlock or a serialisation failure.
const CONFLICT_TRIES_MAX: usize = 8;
/// Pause before the database is asked again whether a lost COMMIT took place.
const RECOVERY_PAUSE: Duration = Duration::from_millis(200);

/// SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC.
const SQLITE_FLUSH_FAILURES: [&str; 2] = ["1034", "1290"];

static BATCH: Table = Table {
    name: "batch",
    columns: &[
        "writer",
        "number",
        "commits",
        "audit_number",
        "audit_head",
        "event_from",
        "event_until",
        "at_us",
    ],
};

pub(crate) struct Submitted {
    pub commit: Commit,
    pub answer: oneshot::Sender<Result<Committed, Refused>>,
}

pub(crate) struct Committer {
    database: Database,
    clock: Clock,
    submitted: mpsc::Receiver<Submitted>,
    /// Put off because they touch what an earlier commit of the last batch touched.
    deferred: VecDeque<Submitted>,
    chain: Chain,
    /// The number of the chain's last durable record, for others to see.
    logged: Arc<AtomicI64>,
    number: i64,
}

/// How one attempt at a transaction ended.
enum Attempt {
    Done(Outcomes),
    /// Nothing is written; the error says why.
    Failed(sqlx::Error),
    /// COMMIT was sent and its answer was lost.
    AnswerLost {
        outcomes: Outcomes,
        chain: Chain,
        error: sqlx::Error,
    },
}

impl Committer {
    pub fn new(
        database: Database,
        clock: Clock,
        submitted: mpsc::Receiver<Submitted>,
        logged: Arc<AtomicI64>,
    ) -> Self {
        let chain = Chain::new(Uuid::from_bytes(random::bytes()));
        Self { database, clock, submitted, deferred: VecDeque::new(), chain, logged, number: 0 }
    }

    pub async fn run(mut self) {
        while let Some(batch) = self.gather().await {
            let (commits, answers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|s| (s.commit, s.answer)).unzip();
            let outcomes = self.commit(&commits).await;
            self.logged.store(self.chain.number, Ordering::Relaxed);
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // a caller that went away does not take its commit back
                drop(answer.send(outcome));
            }
        }
    }

    /// The next batch: what was put off, then what is queued, as far as it goes together.
    async fn gather(&mut self) -> Option<Vec<Submitted>> {
        let mut candidates = std::mem::take(&mut self.deferred);
        if candidates.is_empty() {
            candidates.push_back(self.submitted.recv().await?);
        }
        while candidates.len() < BATCH_COMMITS_MAX {
            match self.submitted.try_recv() {
                Ok(submitted) => candidates.push_back(submitted),
                Err(_) => break,
            }
        }
        let (batch, deferred) = part(candidates, |submitted| &submitted.commit);
        self.deferred = deferred;
        Some(batch)
    }

    /// Commits a batch. One that the database refuses as a whole is tried once more, one by one: a refusal then
    /// meets its own commit only, and a race for a key that another process won meanwhile gets its exact answer.
    async fn commit(&mut self, commits: &[Commit]) -> Outcomes {
        let error = match self.transaction(commits).await {
            Ok(outcomes) => return outcomes,
            Err(error) => error,
        };
        tracing::warn!(%error, commits = commits.len(), "a batch failed; its commits run one by one");
        let mut outcomes = Vec::with_capacity(commits.len());
        for commit in commits {
            match self.transaction(std::slice::from_ref(commit)).await {
                Ok(outcome) => outcomes.extend(outcome),
                Err(error) => {
                    let unreachable = is_unreachable(&error);
                    outcomes.push(Err(refusal(commit, &error)));
                    if unreachable {
                        // every other commit would wait just as long in vain
                        let refused = Err(Refused::Database(error.to_string()));
                        outcomes.resize(commits.len(), refused);
                        break;
                    }
                }
            }
        }
        outcomes
    }

    async fn transaction(&mut self, commits: &[Commit]) -> Result<Outcomes, sqlx::Error> {
        self.number += 1;
        let mut tries = 0;
        loop {
            match self.attempt(commits).await {
                Attempt::Done(outcomes) => return Ok(outcomes),
                Attempt::Failed(error) if is_conflict(&error) && tries < CONFLICT_TRIES_MAX => tries += 1,
                Attempt::Failed(error) => return Err(error),
                Attempt::AnswerLost { outcomes, chain, error } => {
                    tracing::warn!(%error, batch = self.number, "the answer to COMMIT was lost");
                    if self.was_committed(&chain, commits.len()).await {
                        self.chain = chain;
                        return Ok(outcomes);
                    }
                }
            }
        }
    }

    async fn attempt(&mut self, commits: &[Commit]) -> Attempt {
        let mut tx = match self.database.begin().await {
            Ok(tx) => tx,
            Err(error) => return Attempt::Failed(error),
        };
        let mut chain = self.chain.clone();
        let now = self.clock.now();
        let written = async {
            let (outcomes, events) = write::batch(&mut tx, commits, now, &mut chain).await?;
            let row = self.batch_row(&chain, commits.len(), events);
            insert::all(&mut tx, &BATCH, std::iter::once(row.as_slice())).await?;
            Ok(outcomes)
        }
        .await;
        let outcomes = match written {
            Ok(outcomes) => outcomes,
            Err(error) => {
                drop(tx.rollback().await);
                return Attempt::Failed(error);
            }
        };
        match tx.commit().await {
            Ok(()) => {
                self.chain = chain;
                Attempt::Done(outcomes)
            }
            Err(error) if is_refusal(&error) => Attempt::Failed(error),
            Err(error) => Attempt::AnswerLost { outcomes, chain, error },
        }
    }

    /// Finds out whether a COMMIT without an answer took place: its batch row, inserted again, waits for the old
    /// transaction and then conflicts exactly when that one committed. Asks until the database answers.
    async fn was_committed(&self, chain: &Chain, commits: usize) -> bool {
        loop {
            let asked = async {
                let mut tx = self.database.begin().await?;
                // its key alone decides
                let row = self.batch_row(chain, commits, None);
                let tag = "CAST(number AS TEXT)";
                let free = insert::free(&mut tx, &BATCH, std::iter::once(row.as_slice()), tag).await?;
                tx.rollback().await?;
                Ok::<_, sqlx::Error>(free.is_empty())
            };
            match asked.await {
                Ok(committed) => return committed,
                Err(error) => {
                    tracing::warn!(%error, batch = self.number, "cannot ask whether a batch was committed");
                    tokio::time::sleep(RECOVERY_PAUSE).await;
                }
            }
        }
    }

    fn batch_row(&self, chain: &Chain, commits: usize, events: EventSpan) -> Vec<Value> {
        vec![
            chain.writer.into(),
            self.number.into(),
            i64::try_from(commits).unwrap_or(i64::MAX).into(),
            chain.number.into(),
            chain.head.to_vec().into(),
            Value::Int(events.map(|(from, _)| from)),
            Value::Int(events.map(|(_, until)| until)),
            self.clock.now().micros().into(),
        ]
    }
}

/// What the database's refusal of one commit means: where it brings rows of its own, a key of them may be taken.
fn refusal(commit: &Commit, error: &sqlx::Error) -> Refused {
    let taken = error.as_database_error().is_some_and(|e| e.is_unique_violation());
    if taken && !(commit.rows.is_empty() && commit.changes.is_empty()) {
        tracing::info!(%error, "a key of a commit's rows is taken");
        return Refused::Taken(error.to_string());
    }
    tracing::error!(%error, "the database refused a commit");
    Refused::Database(error.to_string())
}

/// A serialisation failure, a deadlock, or a lock that another process did not let go in time: the transaction is
/// undone and may simply run again.
fn is_conflict(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    code.is_some_and(|code| ["40001", "40P01", "55P03"].contains(&code.as_ref()))
}

/// The database itself said no, so nothing was committed. Anything else may hide a COMMIT that took place; so may
/// the end of a session (FATAL), which a server that is told to stop also sends after the transaction committed, and
/// a failed flush of SQLite, whose log then holds the whole transaction and a crash would bring it back.
fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    let flush_failed = code.is_some_and(|code| SQLITE_FLUSH_FAILURES.contains(&code.as_ref()));
    matches!(error, sqlx::Error::Database(_)) && !ends_session(error) && !flush_failed
}

/// No connection could be had, or it broke.
fn is_unreachable(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
    matches!(error, Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed) || ends_session(error)
}

fn ends_session(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|e| e.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(|e| matches!(e.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}
