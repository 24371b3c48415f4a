//! What must hold: after every commit, at every message, at every record of a collector, at every step of a day, and
//! once a day for all of it.

mod books;
mod breaks;
mod commits;
mod days;
mod messages;
mod settlements;

use domain::payment::State;
use gateway::payment::Facts;

use crate::report::Violation;
use crate::world::World;

pub(crate) use breaks::Compared;
pub(crate) use days::is_cancelling;
pub(crate) use settlements::Paid;

impl World {
    /// Ends the run. The first violation is told.
    pub fn fail(&mut self, rule: &'static str, payment: u64, detail: String) {
        if self.violation.is_some() || self.settings.mistake.is_some_and(|m| m.silences().contains(&rule)) {
            return;
        }
        let mut story = self.cases.get(&payment).map(|case| case.notes.lines()).unwrap_or_default();
        if let Some(facts) = self.store.facts.get(&payment) {
            story.insert(0, told(facts));
        }
        let subject = match (payment, self.about) {
            (0, Some((place, date))) => {
                let notes = self.chronicle.get(&(place, date));
                story = notes.map(crate::trace::Notes::lines).unwrap_or_default();
                format!("{date} at {}", self.collectors[place].row.number)
            }
            (0, None) => {
                story = self.recent.lines();
                "what happened last".to_owned()
            }
            (payment, _) => format!("payment {payment}"),
        };
        self.violation = Some(Box::new(Violation {
            rule,
            detail,
            subject,
            story,
            settings: self.settings.clone(),
            held: self.held_payments,
            days: self.days,
        }));
    }

    pub fn expect(
        &mut self,
        holds: bool,
        rule: &'static str,
        payment: u64,
        detail: impl FnOnce(&Self) -> String,
    ) {
        if !holds {
            let detail = detail(self);
            self.fail(rule, payment, detail);
        }
    }
}

fn told(facts: &Facts) -> String {
    format!(
        "{} yen and {} yen fee, bill {} of {} at {}, key {}",
        facts.amount, facts.fee, facts.bill.id, facts.customer_number, facts.collector, facts.message_key
    )
}

pub(crate) const fn state_note(state: State) -> &'static str {
    match state {
        State::Inquired => "is inquired",
        State::Held => "is held",
        State::Sending => "is being sent",
        State::Accepted => "is accepted",
        State::Rejected => "is rejected",
        State::Unknown => "is unknown",
        State::Settled => "is settled",
        State::Expired => "is expired",
        State::Voided => "is voided",
        State::Cancelled => "is cancelled",
        State::Refunded => "is refunded",
    }
}
