//! The bank is asked for a batch, and it is approved, sent back or taken back. Who may do so, passwords and the
//! rules of approvals are the caller's part.

use domain::{BatchId, ContractId, UserId, Yen};
use ledger::{Commit, GuardKey, Refused};

use crate::batch::{Batch, Body, Event, Position, State};
use crate::points::Persist;
use crate::step::{self, Path};
use crate::terms::DayProblem;
use crate::{Bulk, StoreError};

/// What goes along with a step of a batch.
#[derive(Clone, Debug)]
pub struct Act {
    /// Whose.
    pub contract: ContractId,
    /// The batch.
    pub batch: BatchId,
    /// The version that was seen.
    pub version: i64,
    /// Who does it.
    pub user: UserId,
    /// Who it is, for the audit log.
    pub actor: String,
    /// Taken in the same commit: a one-time password's step, an approval.
    pub guards: Vec<GuardKey>,
    /// Bars that nobody may have taken.
    pub barred_by: Vec<GuardKey>,
}

/// The final approval (R119).
#[derive(Clone, Debug)]
pub struct Approval {
    /// Who, and what goes along.
    pub act: Act,
    /// What the approver saw: [`Batch::digest`].
    pub digest: String,
    /// The most that one batch may come to, where the contract or the bank bounds it.
    pub limit: Option<Yen>,
}

/// Why a step was not taken. Nothing was changed, and no money moved.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The contract has no such batch.
    #[error("there is no such batch")]
    NotFound,
    /// Somebody else has changed it since it was seen, or moved it on.
    #[error("it has been changed meanwhile")]
    Stale,
    /// It does not stand where the step begins.
    #[error("it is {0}")]
    NotPossible(State),
    /// It has no rows.
    #[error("it has no rows")]
    Empty,
    /// Something is wrong with so many rows.
    #[error("something is wrong with {0} rows")]
    Faulty(i64),
    /// It has more rows than its business may have by its route.
    #[error("it may have {0} rows")]
    TooMany(usize),
    /// It cannot be of its day.
    #[error(transparent)]
    Day(#[from] DayProblem),
    /// What was seen is not what is stored.
    #[error("it is not what was seen")]
    Digest,
    /// It passes the limit.
    #[error("it passes the limit of {0} yen")]
    Limit(Yen),
    /// A guard that was to be taken along is taken, or one of the bars is.
    #[error("the guard {0} is taken")]
    Guarded(String),
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for ActError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale => Self::Stale,
            Refused::Guarded { key, .. } => Self::Guarded(key),
            other => Self::Store(other.into()),
        }
    }
}

impl Bulk {
    /// Asks the bank for a batch: it is frozen, and what is asked for has a digest from here on.
    pub async fn request(&self, act: Act) -> Result<Batch, ActError> {
        let (batch, position) = self.standing(&act).await?;
        if !batch.state.is_editable() {
            return Err(ActError::NotPossible(batch.state));
        }
        self.check(&batch)?;
        let digest = self.digest(&batch).await?;
        let mut path = Path::from(&batch, position, self.now());
        let body = Body { digest: Some(digest), user: Some(act.user), ..Body::default() };
        path.event(Event::Requested, body)?;
        path.audit(&act.actor, "bulk.request", step::words(&batch));
        path.commit.changes.push(step::freeze(&batch));
        self.take(Persist::Request, &batch, path.commit, act).await
    }

    /// An approver sends it back (差戻し), and says why.
    pub async fn send_back(&self, act: Act, why: &str) -> Result<Batch, ActError> {
        self.reopen(act, Event::Returned, "bulk.send_back", Some(why.to_owned())).await
    }

    /// It is taken back before it is approved (引戻し).
    pub async fn withdraw(&self, act: Act) -> Result<Batch, ActError> {
        self.reopen(act, Event::Withdrawn, "bulk.withdraw", None).await
    }

    async fn reopen(
        &self,
        act: Act,
        event: Event,
        action: &'static str,
        detail: Option<String>,
    ) -> Result<Batch, ActError> {
        let (batch, position) = self.standing(&act).await?;
        if batch.state != State::Requested {
            return Err(ActError::NotPossible(batch.state));
        }
        let now = self.now();
        let mut path = Path::from(&batch, position, now);
        path.event(event, Body { user: Some(act.user), detail, ..Body::default() })?;
        path.audit(&act.actor, action, step::words(&batch));
        path.commit.changes.push(step::thaw(&batch, now));
        self.take(Persist::Reopen, &batch, path.commit, act).await
    }

    /// Approves it finally, before its cut-off (R120): from here on nobody takes it back (R121). What was approved
    /// already with the same digest is answered as it stands.
    pub async fn approve(&self, approval: Approval) -> Result<Batch, ActError> {
        let Approval { act, digest, limit } = approval;
        let (batch, position) = self.standing(&act).await?;
        match batch.state {
            State::Requested => {}
            State::Approved | State::Running | State::Handed | State::Done
                if position.digest.as_ref() == Some(&digest) && position.approver == Some(act.user) =>
            {
                return Ok(batch);
            }
            state => return Err(ActError::NotPossible(state)),
        }
        self.check(&batch)?;
        if position.digest.as_ref() != Some(&digest) || self.digest(&batch).await? != digest {
            return Err(ActError::Digest);
        }
        if let Some(limit) = limit.filter(|limit| batch.amount > *limit) {
            return Err(ActError::Limit(limit));
        }
        let mut path = Path::from(&batch, position, self.now());
        path.event(Event::Approved, Body { user: Some(act.user), digest: Some(digest), ..Body::default() })?;
        path.audit(&act.actor, "bulk.approve", step::words(&batch));
        self.take(Persist::Approve, &batch, path.commit, act).await
    }

    /// Whether a batch could be asked for at this moment: what a page shows before.
    pub fn check(&self, batch: &Batch) -> Result<(), ActError> {
        let terms = self.terms();
        if batch.rows == 0 {
            return Err(ActError::Empty);
        }
        if batch.faulty > 0 {
            return Err(ActError::Faulty(batch.faulty));
        }
        let most = terms.rows_max(batch.heading.kind, batch.heading.route).unwrap_or_default();
        if usize::try_from(batch.rows).unwrap_or(usize::MAX) > most {
            return Err(ActError::TooMany(most));
        }
        terms.check_day(batch.heading.kind, batch.heading.day, batch.is_within(), self.now())?;
        Ok(())
    }

    async fn standing(&self, act: &Act) -> Result<(Batch, Position), ActError> {
        let found = self.load(act.batch).await?.filter(|(batch, _)| batch.contract == act.contract);
        let (batch, position) = found.ok_or(ActError::NotFound)?;
        if batch.version != act.version {
            return Err(ActError::Stale);
        }
        Ok((batch, position))
    }

    async fn take(
        &self,
        point: Persist,
        batch: &Batch,
        mut commit: Commit,
        act: Act,
    ) -> Result<Batch, ActError> {
        commit.guards.extend(act.guards.into_iter().map(|guard| (guard, batch.entity())));
        commit.barred_by = act.barred_by;
        self.persist(point, commit).await?;
        self.find(act.contract, act.batch).await?.ok_or(ActError::NotFound)
    }
}
