//! Two people end a break.

use std::time::Duration;

use domain::payment::Cancellation;
use domain::{BreakId, Date, Timestamp, TransferId};
use ledger::{AuditRecord, Commit, EntityId, Refused, TransferResult};
use tokio::time::Instant;

use super::ending::{Ending, Hindrance, Standing, may_end};
use super::run::TRIES_MAX;
use super::store::resolution_row;
use super::{Break, Resolution};
use crate::payment::history::Position;
use crate::payment::manual::{FourEyes, NotNow};
use crate::payment::refund::{self, Refund};
use crate::payment::{Facts, sending, store};
use crate::service::ServiceError;
use crate::service::day::{Change, ServiceDay};
use crate::settlement::window;
use crate::{Gateway, Guard, StoreError};

/// How long what the collector said counts for a commit: a process that stood still since asks again.
const HEARD_FOR: Duration = Duration::from_secs(30);

/// What two people ask for.
struct Asked<'a> {
    id: BreakId,
    ending: Ending,
    eyes: &'a FourEyes,
    once: Option<&'a Guard>,
}

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
    /// Other steps of the day were taken at the same time, or another has the guard. It may be repeated.
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
        StoreError::Ledger(Refused::Guarded { .. }) => BreakError::MovedOn,
        error => error.into(),
    }
}

impl Gateway {
    /// Two people end a break, without a guard.
    pub async fn resolve_break(
        &self,
        id: BreakId,
        ending: Ending,
        eyes: &FourEyes,
    ) -> Result<(), BreakError> {
        self.resolve_break_once(id, ending, eyes, None).await
    }

    /// Two people end a break: one asks for it, another has checked it. What concerns the collector's books is decided
    /// by the books, which are compared again first; no word stands in for them. The commit follows that comparison and
    /// no other, or a new one is made. It takes the guard: whoever has it, the break is not ended under it again.
    #[tracing::instrument(level = "error", skip_all, fields(found = %id, ending = ending.as_str()))]
    pub async fn resolve_break_once(
        &self,
        id: BreakId,
        ending: Ending,
        eyes: &FourEyes,
        once: Option<&Guard>,
    ) -> Result<(), BreakError> {
        eyes.check()?;
        for _ in 0..TRIES_MAX {
            let found = self.break_of(id).await?.ok_or(BreakError::NoSuchBreak)?;
            if ending == Ending::Recorded && has_vanished(&found) {
                return self.gone(&found, ending).await;
            }
            let day = self.service_day(&found.collector, found.date).await?;
            let day = day.ok_or(BreakError::NoSuchBreak)?;
            let found = self.break_of(id).await?.ok_or(BreakError::NoSuchBreak)?;
            self.check_on(&day, &found, ending).await?;
            let (day, heard_at) = match ending {
                Ending::Noted => (day, Instant::now()),
                Ending::Recorded | Ending::Refunded => {
                    let compared = self.compare_day(&found.collector, found.date, &eyes.maker).await;
                    let compared = compared.map_err(BreakError::NotCompared)?;
                    (compared.day, compared.heard_at)
                }
            };
            if self.end_break(&Asked { id, ending, eyes, once }, &day, heard_at).await? {
                return Ok(());
            }
        }
        Err(BreakError::MovedOn)
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
        let payment = self.payment_of(found).await?;
        let standing = payment.map(|(_, position)| self.standing(&position));
        Ok(may_end(found.class, &found.facts, ending, standing, day.into())?)
    }

    /// The payment of a break, where there is one.
    async fn payment_of(&self, found: &Break) -> Result<Option<(Facts, Position)>, StoreError> {
        match &found.facts.hub {
            Some(hub) => self.load(EntityId::from(hub.payment)).await,
            None => Ok(None),
        }
    }

    fn standing(&self, position: &Position) -> Standing {
        Standing {
            state: position.state,
            cancelling: position.cancellation().is_some_and(Cancellation::is_open),
            since_claim_s: position.claimed_at.map_or(i64::MAX, |at| self.now().seconds_since(at)),
        }
    }

    /// A comparison has not found the break any more, or found something else about the same.
    async fn gone(&self, found: &Break, ending: Ending) -> Result<(), BreakError> {
        let known = self.known_breaks(&found.collector, found.date).await?;
        if known.iter().any(|known| !known.resolved && known.subject == found.subject) {
            return Err(BreakError::Changed);
        }
        if ending == Ending::Recorded { Ok(()) } else { Err(BreakError::FoundThere) }
    }

    /// Ends a break on the day as it was read or compared, and on no later one. Says whether that came to an end: where
    /// it did not, the day has moved on, or what the collector said is too old.
    async fn end_break(
        &self,
        asked: &Asked<'_>,
        day: &ServiceDay,
        heard_at: Instant,
    ) -> Result<bool, BreakError> {
        let Asked { id, ending, eyes, once } = *asked;
        // read after the day: whoever ends it meanwhile makes the commit stale
        let found = self.break_of(id).await?.ok_or(BreakError::NoSuchBreak)?;
        match ending {
            Ending::Recorded | Ending::Refunded if has_vanished(&found) => {
                return self.gone(&found, ending).await.map(|()| true);
            }
            Ending::Recorded if found.resolution.is_none() => return Err(BreakError::StillLacking),
            _ => self.check_on(day, &found, ending).await?,
        }
        let refunded = ending == Ending::Refunded;
        let resolution = Resolution {
            at: self.now(),
            by: eyes.maker.clone(),
            checked_by: Some(eyes.checker.clone()),
            note: eyes.reason.trim().to_owned(),
            vanished: false,
            refunded,
        };
        let (mut commit, change) = match refunded {
            true => (
                self.paid_back(day, &found, eyes, resolution.at).await?,
                Change::PaidBack { again_on: self.again_on(day, resolution.at.date())? },
            ),
            false => (Commit::default(), Change::BreakResolved),
        };
        commit.guards.extend(once.map(|once| (once.key(), EntityId(id.uuid()))));
        commit.rows.push(resolution_row(id, &resolution));
        let (what, class, checker, note) =
            (&found.subject, found.class.as_str(), &eyes.checker, &resolution.note);
        commit.audit.push(AuditRecord {
            contract: None,
            actor: eyes.maker.name.clone(),
            action: "reconciliation.resolve",
            subject: id.to_string(),
            detail: format!("{} {what} {class}, checked by {checker}: {note}", day.name()),
        });
        if heard_at.elapsed() > HEARD_FOR {
            return Ok(false);
        }
        match self.take_step(day, &change, &eyes.maker, commit).await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(false),
            Err(error) => return Err(not_written(error)),
        }
        if refunded {
            tracing::warn!(maker = %eyes.maker, checker = %eyes.checker, "a payment was paid back");
        }
        Ok(true)
    }

    /// When a day of which a payment is paid back `today` is compared once more: on the pay date of its window, and not
    /// before tomorrow.
    fn again_on(&self, day: &ServiceDay, today: Date) -> Result<Date, BreakError> {
        let row = self.connected(&day.collector).map_err(BreakError::NotCompared)?;
        let tomorrow = today.succ_opt().unwrap_or(today);
        let lag = row.settlement.lag_business_days;
        Ok(window::pay_date(window::of(day.date), lag, tomorrow))
    }

    /// What pays the payment of a break back, for the commit that ends the break.
    async fn paid_back(
        &self,
        day: &ServiceDay,
        found: &Break,
        eyes: &FourEyes,
        at: Timestamp,
    ) -> Result<Commit, BreakError> {
        let (facts, position) = self.payment_of(found).await?.ok_or(Hindrance::NotLacking)?;
        let standing = self.standing(&position);
        // as it stands at the number that the commit names
        may_end(found.class, &found.facts, Ending::Refunded, Some(standing), day.into())?;
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

fn has_vanished(found: &Break) -> bool {
    found.resolution.as_ref().is_some_and(|resolution| resolution.vanished)
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
