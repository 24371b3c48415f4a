//! What a caller submits to the group commit, and what comes back.

use std::collections::{HashSet, VecDeque};

use database::{Change, Row};
use domain::{ContractId, PaymentId, Timestamp};
use uuid::Uuid;

use crate::transfer::{Transfer, TransferResult};

/// Whatever events are appended to: a payment, for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub Uuid);

impl From<PaymentId> for EntityId {
    fn from(id: PaymentId) -> Self {
        Self(id.uuid())
    }
}

/// One unit of work: all of it is committed or nothing.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Events to append. Their sequence numbers say what the caller has seen: one that is taken makes the commit
    /// [`Refused::Stale`].
    pub events: Vec<NewEvent>,
    /// What must still be free, and is taken.
    pub guards: Vec<(GuardKey, EntityId)>,
    /// Guards to give back.
    pub release: Vec<GuardKey>,
    /// Bars ([`GuardKey::is_bar`]) that nobody may have taken when this is committed. They are not taken: any number of
    /// commits may ask for the same ones at the same time.
    pub barred_by: Vec<GuardKey>,
    /// Transfers, linked: all apply or none.
    pub transfers: Vec<Transfer>,
    /// Open work to add, claim or finish.
    pub outbox: Vec<OutboxChange>,
    /// Who did what.
    pub audit: Vec<AuditRecord>,
    /// Changes of rows of other crates' tables, before the new rows go in. One that meets other rows than it must makes
    /// the commit [`Refused::Stale`]. Such a commit moves no money and leaves the outbox alone.
    pub changes: Vec<Change>,
    /// Rows of other crates' tables.
    pub rows: Vec<Row>,
    /// Rows of other crates' tables that go in where their keys are free, and are left out where not.
    pub rows_if_free: Vec<Row>,
}

/// An event to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// What it happened to.
    pub entity: EntityId,
    /// One more than the last event that the caller has seen.
    pub seq: i64,
    /// The kind's word.
    pub kind: &'static str,
    /// When, in business time.
    pub at: Timestamp,
    /// Facts as JSON, an object.
    pub body: String,
    /// The bytes of the message that made it happen, as received.
    pub message: Option<Vec<u8>>,
}

/// What may be taken once. The text begins with the guard's kind: `otp|…`, `bill|…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct GuardKey(pub String);

impl GuardKey {
    /// What the key of an emergency stop begins with, which is a bar: a guard by whose being there others' commits are
    /// refused that name it in [`Commit::barred_by`]. Whatever names it is committed before it is taken, or refused.
    pub const BAR: &'static str = "stop|";
    /// What the key of a version of a contract's approval policy begins with, which is a bar too: what was judged by
    /// the version before names the next one.
    pub const POLICY: &'static str = "approval-policy|";
    /// What the key of a change of a contract's limits begins with, which is a bar too: what was judged by the limits
    /// before names the next change.
    pub const LIMITS: &'static str = "limits|";
    /// What the key of a change of who may do what in a contract begins with, which is a bar too: what was judged by
    /// the users, rights and contract before names the next change.
    pub const ACCESS: &'static str = "access|";

    /// Whether it is a bar.
    pub fn is_bar(&self) -> bool {
        [Self::BAR, Self::POLICY, Self::LIMITS, Self::ACCESS].iter().any(|kind| self.0.starts_with(kind))
    }
}

/// A change of open work. Keys are the callers'; a fence names one claim for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxChange {
    /// New work. Claimed at once when `lease_s` is given: no other commit needs to come before it is sent.
    Put {
        /// The work.
        entry: OutboxEntry,
        /// Seconds of the first lease.
        lease_s: Option<i64>,
    },
    /// Takes work whose lease ran out, for a new delivery. Refused as [`Refused::Fenced`] where the fence is another
    /// or the lease still runs.
    Claim {
        /// The work.
        key: String,
        /// The fence that the caller has seen.
        fence: i64,
        /// Seconds of the lease.
        lease_s: i64,
    },
    /// Takes work for a new delivery although its pause is not over: a person asks for it. The fence decides alone, so
    /// whoever holds a claim under it is fenced out from here on.
    Seize {
        /// The work.
        key: String,
        /// The fence that the caller has seen.
        fence: i64,
        /// Seconds of the lease.
        lease_s: i64,
    },
    /// Gives claimed work back, to be taken again after a pause, by whatever process.
    Release {
        /// The work.
        key: String,
        /// The claim.
        fence: i64,
        /// Seconds during which nobody takes it.
        pause_s: i64,
    },
    /// Ends claimed work.
    Finish {
        /// The work.
        key: String,
        /// The claim.
        fence: i64,
    },
}

/// Open work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Names the work for ever.
    pub key: String,
    /// The queue that it waits in.
    pub destination: String,
    /// What it belongs to.
    pub entity: EntityId,
    /// What is sent.
    pub payload: Vec<u8>,
}

/// Who did what, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The contract that may see it.
    pub contract: Option<ContractId>,
    /// A user's id, `staff:…` or `system`.
    pub actor: String,
    /// What was done: `payeasy.pay`.
    pub action: &'static str,
    /// What it was done to.
    pub subject: String,
    /// Facts, without secrets.
    pub detail: String,
}

/// A durable commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The fence of each put-with-lease, claim and seizure, in order.
    pub fences: Vec<i64>,
}

/// Why nothing was committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another commit has appended to the entity, or changed the rows, since the caller looked.
    #[error("the entity has moved on")]
    Stale,
    /// A guard is taken.
    #[error("the guard {key} is taken by {holder}")]
    Guarded {
        /// The guard.
        key: String,
        /// Who took it.
        holder: Uuid,
    },
    /// The outbox row is gone, has another fence, or its lease still runs.
    #[error("the outbox row {0} is not the caller's")]
    Fenced(String),
    /// A transfer failed; its index in the commit.
    #[error("transfer {index}: {result}")]
    Transfer {
        /// Which one.
        index: usize,
        /// Why.
        result: TransferResult,
    },
    /// It has changes beside transfers or open work.
    #[error("rows are changed apart from money and open work")]
    Mixed,
    /// Too much is waiting; try again later.
    #[error("the ledger has too much waiting")]
    Overloaded,
    /// The process is stopping; the outcome is in the database.
    #[error("the ledger is stopping")]
    Stopped,
    /// A new row has the key of one that is there.
    #[error("a row with this key is there: {0}")]
    Taken(String),
    /// The database refused this commit by itself.
    #[error("the database refused: {0}")]
    Database(String),
}

/// Parts what waits into the next transaction and what is put off: of those whose commits touch the same entity, guard
/// or outbox row, the first goes now and the others later, in their order, so that refusals are exact. So it is with
/// those that take a bar and those that ask for it; several that ask go together.
pub fn part<T>(
    waiting: impl IntoIterator<Item = T>,
    commit: impl Fn(&T) -> &Commit,
) -> (Vec<T>, VecDeque<T>) {
    let (mut now, mut later) = (Vec::new(), VecDeque::new());
    let (mut touched, mut asked) = (HashSet::new(), HashSet::new());
    for one in waiting {
        let (keys, asks) = (touches(commit(&one)), asks(commit(&one)));
        let meets = keys.iter().any(|key| touched.contains(key) || asked.contains(key))
            || asks.iter().any(|key| touched.contains(key));
        touched.extend(keys);
        asked.extend(asks);
        if meets {
            later.push_back(one);
        } else {
            now.push(one);
        }
    }
    (now, later)
}

#[derive(PartialEq, Eq, Hash)]
enum Touched {
    Entity(EntityId),
    Guard(String),
    Outbox(String),
}

/// What a commit only looks at.
fn asks(commit: &Commit) -> Vec<Touched> {
    commit.barred_by.iter().map(|key| Touched::Guard(key.0.clone())).collect()
}

/// What no two commits of one transaction may share.
fn touches(commit: &Commit) -> Vec<Touched> {
    let mut keys: Vec<Touched> = Vec::new();
    let mut entities: Vec<_> = commit.events.iter().map(|e| e.entity).collect();
    entities.dedup();
    keys.extend(entities.into_iter().map(Touched::Entity));
    keys.extend(commit.guards.iter().map(|(key, _)| Touched::Guard(key.0.clone())));
    keys.extend(commit.release.iter().map(|key| Touched::Guard(key.0.clone())));
    keys.extend(commit.outbox.iter().map(|change| {
        Touched::Outbox(match change {
            OutboxChange::Put { entry, .. } => entry.key.clone(),
            OutboxChange::Claim { key, .. }
            | OutboxChange::Seize { key, .. }
            | OutboxChange::Release { key, .. }
            | OutboxChange::Finish { key, .. } => key.clone(),
        })
    }));
    keys
}
