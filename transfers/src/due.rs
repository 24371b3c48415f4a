//! Reservations on their day: tried at fixed times, never in part, and given up after the last.

use domain::time::TimeOfDay;
use domain::{OrderId, Timestamp};
use ledger::{Commit, GuardKey, Refused, TransferResult};

use crate::alarm::Alarm;
use crate::order::{Facts, Position, Reason, State};
use crate::points::Persist;
use crate::step;
use crate::{Contracts, StoreError, Terms, Transfers, opening};

/// Reservations that one look goes through.
const LOOK_MAX: i64 = 500;

/// What is to be done with a reservation at a moment. Pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Its time has not come.
    Wait,
    /// It is tried, for the time of this number; whether another follows.
    Try {
        /// The number of the time, from 0.
        slot: usize,
        /// Whether it is the last.
        last: bool,
    },
    /// Its day is over, and no try has carried it out.
    GiveUp,
}

/// What is to be done with a reservation that was last tried for the time `tried`.
pub fn act(terms: &Terms, facts: &Facts, tried: Option<usize>, now: Timestamp) -> Act {
    let hours = terms.hours(facts.day);
    let own = facts.relation.is_own_bank();
    let at = |time: TimeOfDay| Timestamp::from_jst(facts.day, time);
    if now >= at(hours.until(own)) {
        return Act::GiveUp;
    }
    let tries = hours.tries(own);
    // a process that was not there tries once for all the times that have passed
    match tries.iter().rposition(|time| now >= at(*time)) {
        Some(slot) if tried.is_none_or(|tried| tried < slot) => {
            Act::Try { slot, last: slot + 1 == tries.len() }
        }
        _ => Act::Wait,
    }
}

impl Transfers {
    /// Tries every reservation whose time has come, and answers how many were carried out or given up. Several
    /// processes may do so at once. What a stop keeps back stays reserved until the last time of its day.
    pub async fn due(&self, contracts: &impl Contracts) -> Result<usize, StoreError> {
        let (now, today) = (self.now(), self.now().date());
        // before the opening nothing of today is tried: only what an earlier day has left behind is looked at
        let last = if now < opening(today) { today.pred_opt().unwrap_or(today) } else { today };
        let mut from = "reserved|".to_owned();
        let until = format!("reserved|{last}|\u{10ffff}");
        let mut moved = 0;
        loop {
            let found = self.guarded(&from, &until, LOOK_MAX).await?;
            for id in &found {
                match self.try_reservation(*id, contracts).await {
                    Ok(done) => moved += usize::from(done),
                    // the others go on
                    Err(error @ (StoreError::Corrupt(_) | StoreError::Ledger(Refused::Transfer { .. }))) => {
                        self.raise(Alarm::Stuck, &id.to_string(), &error.to_string()).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
            let Some(last) = found.last() else { return Ok(moved) };
            match self.find_for_operator(*last).await? {
                Some(order) => from = step::reserved_guard(&order.facts).0,
                None => return Ok(moved),
            }
        }
    }

    /// One reservation, if its time has come. Says whether it is none any more.
    async fn try_reservation(&self, id: OrderId, contracts: &impl Contracts) -> Result<bool, StoreError> {
        let Some((facts, position)) = self.load(id).await? else {
            return Err(StoreError::Corrupt("a reservation has no order".to_owned()));
        };
        if position.state != Some(State::Reserved) {
            return Ok(false);
        }
        let now = self.now();
        match act(&self.terms().get(), &facts, position.slot, now) {
            Act::Wait => Ok(false),
            Act::GiveUp => {
                let reason = position.reason.unwrap_or(Reason::DayOver);
                self.move_on(Persist::Fail, step::fail(&facts, position, None, reason, now)?).await
            }
            Act::Try { slot, last } => self.try_now(&facts, position, (slot, last), contracts).await,
        }
    }

    async fn try_now(
        &self,
        facts: &Facts,
        position: Position,
        (slot, last): (usize, bool),
        contracts: &impl Contracts,
    ) -> Result<bool, StoreError> {
        let (now, lease_s) = (self.now(), self.0.settings.lease_s);
        let standing = contracts.standing(facts.contract).await?;
        if standing.is_over {
            let commit = step::fail(facts, position, Some(slot), Reason::ContractEnded, now)?;
            return self.move_on(Persist::Fail, commit).await;
        }
        let payload = self.message(facts);
        let commit = step::execute(facts, position.clone(), slot, payload, lease_s, now)?;
        let commit = Commit { barred_by: standing.barred_by, ..commit };
        let reason = match self.persist(Persist::Execute, commit).await {
            Ok(committed) => {
                if let Some(fence) = committed.fences.first() {
                    self.deliver_soon(facts.clone(), *fence, 1);
                }
                return Ok(true);
            }
            Err(Refused::Guarded { key, .. }) if key.starts_with(GuardKey::BAR) => Reason::Stopped,
            // another process was faster, or the contract has changed: the next look asks anew
            Err(Refused::Stale | Refused::Guarded { .. }) => return Ok(false),
            Err(Refused::Transfer { index, result }) => {
                reason_of(result).ok_or(Refused::Transfer { index, result })?
            }
            Err(refused) => return Err(refused.into()),
        };
        if matches!(reason, Reason::Shortage | Reason::Stopped) && !last {
            self.move_on(Persist::Tried, step::tried(facts, position, slot, reason, now)?).await?;
            return Ok(false);
        }
        self.move_on(Persist::Fail, step::fail(facts, position, Some(slot), reason, now)?).await
    }

    /// Commits, unless the order has moved on.
    async fn move_on(&self, point: Persist, commit: ledger::Commit) -> Result<bool, StoreError> {
        match self.persist(point, commit).await {
            Ok(_) => Ok(true),
            Err(Refused::Stale | Refused::Guarded { .. }) => Ok(false),
            Err(refused) => Err(refused.into()),
        }
    }
}

/// Why money did not move, where it is a reason to give a reservation up or to try it again.
const fn reason_of(result: TransferResult) -> Option<Reason> {
    match result {
        TransferResult::ExceedsAvailable => Some(Reason::Shortage),
        TransferResult::DebitAccountClosed | TransferResult::DebitAccountNotFound => {
            Some(Reason::PayerClosed)
        }
        TransferResult::CreditAccountClosed | TransferResult::CreditAccountNotFound => {
            Some(Reason::PayeeClosed)
        }
        _ => None,
    }
}
