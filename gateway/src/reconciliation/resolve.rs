//! Two people end a break.

use domain::{BreakId, Timestamp, TransferId};
use ledger::{AuditRecord, Commit, EntityId, Refused, TransferResult};

use super::ending::{Ending, Hindrance, Standing, may_end};
use super::run::TRIES_MAX;
use super::store::resolution_row;
use super::{Break, Resolution};
use crate::payment::manual::{FourEyes, NotNow};
use crate::payment::refund::{self, Refund};
use crate::payment::{sending, store};
use crate::service::day::{Change, ServiceDay};
use crate::service::{ServiceError, ServiceState};
use crate::{Gateway, Guard, StoreError};

/// Why a break was not resolved.
#[derive(Debug, thiserror::Error)]
pub enum BreakError {
    /// There is no such break.
    #[error("there is no such break")]
    NoSuchBreak,
    /// It has ended before.
    #[error("the break has ended before")]
    EndedBefore,
    /// Not by one person, and not without a note of 1 to 200 characters that says what was done.
    #[error(transparent)]
    FourEyes(#[from] NotNow),
    /// Not so, as things stand.
    #[error(transparent)]
    Hindered(#[from] Hindrance),
    /// The collector's books could not be asked. It may be repeated.
    #[error("the day could not be compared again: {0}")]
    NotCompared(ServiceError),
    /// The collector was to have recorded the payment, and its books do not show it. The break goes on.
    #[error("the collector's books do not show the payment")]
    StillLacking,
    /// The payment was to be paid back, and the collector's books show it now. The break ended, and no money moved.
    #[error("the collector's books show the payment now")]
    FoundThere,
    /// The new comparison found something else under the key, which is another break.
    #[error("the break is another now")]
    Changed,
    /// Other steps of the day were taken at the same time. It may be repeated.
    #[error("the day has moved on meanwhile")]
    MovedOn,
    /// Our own database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BreakError {
    /// A stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchBreak => "no_such_break",
            Self::EndedBefore => "ended_before",
            Self::FourEyes(reason) => reason.code(),
            Self::Hindered(hindrance) => hindrance.code(),
            Self::NotCompared(error) => error.code(),
            Self::StillLacking => "still_lacking",
            Self::FoundThere => "found_there",
            Self::Changed => "changed",
            Self::MovedOn => "moved_on",
            Self::Store(_) => "internal",
        }
    }
}

/// Why the commit of an ending was refused.
fn not_written(error: StoreError) -> BreakError {
    match error {
        StoreError::Ledger(Refused::Transfer { result: TransferResult::CreditAccountClosed, .. }) => {
            Hindrance::AccountClosed.into()
        }
        error => error.into(),
    }
}

impl Gateway {
    /// Two people end a break: one asks for it, another has checked it. What concerns the collector's books is decided
    /// by the books, which are compared again first; no word stands in for them.
    pub async fn resolve_break(
        &self,
        id: BreakId,
        ending: Ending,
        eyes: &FourEyes,
    ) -> Result<(), BreakError> {
        self.resolve_break_once(id, ending, eyes, None).await
    }

    /// The same, and the commit takes the guard: whoever has it, and whatever became of this before, it is not done
    /// again.
    #[tracing::instrument(level = "error", skip_all, fields(found = %id, ending = ending.as_str()))]
    pub async fn resolve_break_once(
        &self,
        id: BreakId,
        ending: Ending,
        eyes: &FourEyes,
        once: Option<&Guard>,
    ) -> Result<(), BreakError> {
        eyes.check()?;
        if ending == Ending::Noted {
            return self.end_break(id, ending, eyes, once).await;
        }
        let found = self.break_of(id).await?.ok_or(BreakError::NoSuchBreak)?;
        let vanished = found.resolution.as_ref().is_some_and(|resolution| resolution.vanished);
        if !(vanished && ending == Ending::Recorded) {
            self.check_ending(&found, ending).await?;
            let compared = self.reconcile(&found.collector, found.date, &eyes.maker).await;
            compared.map_err(BreakError::NotCompared)?;
        }
        let goes_on = self.break_of(id).await?.is_some_and(|found| found.resolution.is_none());
        match ending {
            Ending::Noted | Ending::Refunded if goes_on => self.end_break(id, ending, eyes, once).await,
            Ending::Recorded if goes_on => Err(BreakError::StillLacking),
            _ if self.is_broken(&found).await? => Err(BreakError::Changed),
            Ending::Recorded => Ok(()),
            Ending::Noted | Ending::Refunded => Err(BreakError::FoundThere),
        }
    }

    /// Whether two people may end a break so now.
    pub async fn check_ending(&self, found: &Break, ending: Ending) -> Result<(), BreakError> {
        let day = self.service_day(&found.collector, found.date).await?;
        let day = day.ok_or(BreakError::NoSuchBreak)?;
        self.check_on(&day, found, ending).await
    }

    async fn check_on(&self, day: &ServiceDay, found: &Break, ending: Ending) -> Result<(), BreakError> {
        if found.resolution.is_some() {
            return Err(BreakError::EndedBefore);
        }
        let standing = self.standing(found).await?;
        Ok(may_end(found.class, &found.facts, ending, standing, day.state)?)
    }

    /// Where the payment of a break stands.
    async fn standing(&self, found: &Break) -> Result<Option<Standing>, StoreError> {
        let Some(hub) = &found.facts.hub else { return Ok(None) };
        let payment = self.payment_for_operator(hub.payment).await?;
        Ok(payment.map(|payment| Standing {
            state: payment.state,
            cancelling: payment.cancellation.is_some_and(domain::payment::Cancellation::is_open),
        }))
    }

    /// Whether anything is open about what the break was about.
    async fn is_broken(&self, found: &Break) -> Result<bool, StoreError> {
        let known = self.known_breaks(&found.collector, found.date).await?;
        Ok(known.iter().any(|known| !known.resolved && known.subject == found.subject))
    }

    async fn end_break(
        &self,
        id: BreakId,
        ending: Ending,
        eyes: &FourEyes,
        once: Option<&Guard>,
    ) -> Result<(), BreakError> {
        let note = eyes.reason.trim();
        for _ in 0..TRIES_MAX {
            let found = self.break_of(id).await?.ok_or(BreakError::NoSuchBreak)?;
            let day = self.service_day(&found.collector, found.date).await?;
            let day = day.ok_or(BreakError::NoSuchBreak)?;
            // read after the day: whoever ends it meanwhile makes the commit stale
            let found = self.break_of(id).await?.ok_or(BreakError::NoSuchBreak)?;
            self.check_on(&day, &found, ending).await?;
            let refunded = ending == Ending::Refunded;
            let resolution = Resolution {
                at: self.now(),
                by: eyes.maker.clone(),
                checked_by: Some(eyes.checker.clone()),
                note: note.to_owned(),
                vanished: false,
                refunded,
            };
            let (what, class) = (&found.subject, found.class.as_str());
            let mut commit = match refunded {
                true => self.paid_back(&found, eyes, resolution.at).await?,
                false => Commit::default(),
            };
            commit.guards.extend(once.map(|once| (once.key(), EntityId(id.uuid()))));
            commit.rows.push(resolution_row(id, &resolution));
            commit.audit.push(AuditRecord {
                contract: None,
                actor: eyes.maker.name.clone(),
                action: "reconciliation.resolve",
                subject: id.to_string(),
                detail: format!("{} {what} {class}, checked by {}: {note}", day.name(), eyes.checker),
            });
            let taken = self.take_step(&day, &Change::BreakResolved, &eyes.maker, commit).await;
            if taken.map_err(not_written)?.is_some() {
                if refunded {
                    tracing::warn!(maker = %eyes.maker, checker = %eyes.checker, "a payment was paid back");
                }
                return Ok(());
            }
        }
        Err(BreakError::MovedOn)
    }

    /// What pays the payment of a break back, for the commit that ends the break.
    async fn paid_back(&self, found: &Break, eyes: &FourEyes, at: Timestamp) -> Result<Commit, BreakError> {
        let hub = found.facts.hub.as_ref().ok_or(Hindrance::NotLacking)?;
        let loaded = self.load(EntityId::from(hub.payment)).await?;
        let (facts, position) = loaded.ok_or(Hindrance::NotLacking)?;
        let standing = Standing {
            state: position.state,
            cancelling: position.cancellation().is_some_and(domain::payment::Cancellation::is_open),
        };
        // as it stands at the number that the commit names
        may_end(found.class, &found.facts, Ending::Refunded, Some(standing), ServiceState::Closed)?;
        let refund = Refund {
            payment: facts.id,
            found: found.id,
            at,
            maker: eyes.maker.clone(),
            checker: eyes.checker.clone(),
            reversal: TransferId::generate(),
            fee_reversal: facts.fee_hold.map(|_| TransferId::generate()),
        };
        let again = sending::accepted_guard(self.directory().get(&facts.collector), &facts).is_some();
        let mut step = refund::refund(&facts, position, &refund, again)?;
        step.commit.rows.push(store::refund_row(&refund));
        Ok(step.commit)
    }
}
