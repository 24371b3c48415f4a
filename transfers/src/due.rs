//! Reservations on their day: tried at fixed times, never in part, and given up after the last.

use domain::time::TimeOfDay;
use domain::{OrderId, Timestamp};
use ledger::{Refused, TransferResult};

use crate::alarm::Alarm;
use crate::order::{Facts, Position, Reason, State};
use crate::points::Persist;
use crate::step;
use crate::{StoreError, Terms, Transfers, opening};

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
    /// processes may do so at once.
    pub async fn due(&self) -> Result<usize, StoreError> {
        let (now, today) = (self.now(), self.now().date());
        // before the opening nothing of today is tried: only what an earlier day has left behind is looked at
        let last = if now < opening(today) { today.pred_opt().unwrap_or(today) } else { today };
        let mut from = "reserved|".to_owned();
        let until = format!("reserved|{last}|\u{10ffff}");
        let mut moved = 0;
        loop {
            let found = self.guarded(&from, &until, LOOK_MAX).await?;
            for id in &found {
                match self.try_reservation(*id).await {
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
    async fn try_reservation(&self, id: OrderId) -> Result<bool, StoreError> {
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
                let reason = if position.slot.is_some() { Reason::Shortage } else { Reason::DayOver };
                self.move_on(Persist::Fail, step::fail(&facts, position, None, reason, now)?).await
            }
            Act::Try { slot, last } => self.try_now(&facts, position, slot, last).await,
        }
    }

    async fn try_now(
        &self,
        facts: &Facts,
        position: Position,
        slot: usize,
        last: bool,
    ) -> Result<bool, StoreError> {
        let (now, lease_s) = (self.now(), self.0.settings.lease_s);
        let payload = self.message(facts);
        let commit = step::execute(facts, position.clone(), slot, payload, lease_s, now)?;
        let result = match self.persist(Persist::Execute, commit).await {
            Ok(committed) => {
                if let Some(fence) = committed.fences.first() {
                    self.deliver_soon(facts.clone(), *fence, 1);
                }
                return Ok(true);
            }
            // another process was faster
            Err(Refused::Stale | Refused::Guarded { .. }) => return Ok(false),
            Err(Refused::Transfer { result, .. }) => result,
            Err(refused) => return Err(refused.into()),
        };
        let reason = match result {
            TransferResult::ExceedsAvailable => Reason::Shortage,
            TransferResult::DebitAccountClosed | TransferResult::DebitAccountNotFound => Reason::PayerClosed,
            TransferResult::CreditAccountClosed | TransferResult::CreditAccountNotFound => {
                Reason::PayeeClosed
            }
            result => return Err(Refused::Transfer { index: 0, result }.into()),
        };
        if reason == Reason::Shortage && !last {
            self.move_on(Persist::Tried, step::tried(facts, position, slot, now)?).await?;
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
