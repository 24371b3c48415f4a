//! The bank's staff: tellers take payments back, and in the morning what is still unknown is asked for again, or
//! decided by the collector's word, and days are closed that wait for it.

use collectors::protocol::Channel;
use domain::payment::{Cancellation, State};
use gateway::Operator;
use gateway::decisions::Act;
use gateway::operations::{FourEyes, Word};
use gateway::payment::history::Position;
use gateway::payment::manual::{self, Decision, Work};
use gateway::payment::{Facts, sending, step};
use gateway::service::{ServiceDay, ServiceState};

use crate::happening::Happening;
use crate::hub::{Kept, Submitted, Taken, Then};
use crate::settings::Mistake;
use crate::store::payment_number;
use crate::trace::NOTHING;
use crate::world::World;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
/// Repeats by hand before somebody asks the collector.
const RESENDS_MAX: u32 = 3;

/// Whether nobody knows what became of the payment, or of its cancellation.
fn is_unknown(position: &Position) -> bool {
    position.state == State::Unknown || position.cancellation() == Some(Cancellation::Unknown)
}

impl World {
    /// The list of unknown payments is opened.
    pub fn staff_looks(&mut self) {
        if self.makes(Mistake::ForgetsOpenWork) {
            return;
        }
        let open: Vec<u64> =
            self.store.memory.open_work().map(|(_, work)| payment_number(work.entity.0)).collect();
        for payment in open {
            let Some((facts, position)) = self.load(payment) else { continue };
            let over = step::automatic_resend_ends(facts.receipt_date) <= self.store.business(self.now_us);
            if !is_unknown(&position) || !over {
                continue;
            }
            self.stats.count(if position.state == State::Unknown {
                "unknown payment left to the staff"
            } else {
                "unknown cancellation left to the staff"
            });
            let pause_us = self.random.between(0, 60 * MINUTE_US);
            let tries = if self.random.one_in(5) { RESENDS_MAX } else { 0 };
            self.plan(pause_us, Happening::StaffActs { payment, tries });
        }
        self.plan(30 * MINUTE_US, Happening::StaffCloses);
    }

    /// Days that wait for an outcome are closed all the same, or wait on.
    pub fn staff_closes(&mut self) {
        let Some(node) = self.some_node() else { return };
        let today = self.node_now(node).date();
        let waiting = |day: &ServiceDay| day.date < today && day.state != ServiceState::Closed;
        let days = self.store.days.iter().filter(|(_, day)| waiting(day));
        let days: Vec<_> = days.map(|((collector, _), day)| (*collector, day.clone())).collect();
        for (collector, day) in days {
            if self.nodes[node].up && self.random.one_in(2) {
                self.stats.count("day closed by hand, its open payments carried forward");
                // not everybody has looked at what a comparison found
                let known = if self.random.one_in(2) { day.open_breaks() } else { 0 };
                self.begin_errand(node, collector, day, Act::Close, Some(known));
            }
        }
    }

    /// Somebody looks after one of the unknown.
    pub fn staff_acts(&mut self, payment: u64, tries: u32) {
        let Some(node) = self.some_node() else {
            return self.plan(MINUTE_US, Happening::StaffActs { payment, tries });
        };
        let Some((facts, position)) = self.load(payment) else { return };
        if !is_unknown(&position) {
            return;
        }
        let Some(work) = self.work(&facts, &position) else {
            return self.fail("an unknown payment has open work", payment, String::new());
        };
        if tries >= RESENDS_MAX {
            return self.ask_the_collector(payment);
        }
        let again_us = self.random.between(40 * SECOND_US, 5 * MINUTE_US);
        self.plan(again_us, Happening::StaffActs { payment, tries: tries + 1 });
        if manual::may_resend(&self.hub, &facts, &position, &work).is_err() {
            return;
        }
        let operator = Operator::staff(1);
        let now = self.node_now(node);
        match manual::resend(&facts, position, &work, self.hub.lease_s, &operator, now) {
            Ok(step) => {
                self.stats.count("repeat by hand");
                self.note(payment, "the staff has it sent again, after", [work.delivery, NOTHING]);
                let cancellation = self.store.cancellations.get(&work.key).cloned();
                let taken = Taken { facts, effect: step.effect, lane: false, cancellation };
                let then = Then::Taken(taken);
                self.submit(node, Submitted { commit: step.commit, kept: Kept::Nothing, then });
            }
            Err(error) => {
                self.fail("what is unknown can be sent again by hand", payment, error.to_string());
            }
        }
    }

    /// The collector's record is the truth; two people bring it in a little later.
    fn ask_the_collector(&mut self, payment: u64) {
        let Some((facts, position)) = self.load(payment) else { return };
        let Some(work) = self.work(&facts, &position) else { return };
        let word = self.word_of_the_collector(&facts, &work.key);
        let deliveries = work.delivery;
        if manual::may_decide(&facts, &position, &work, word, deliveries).is_err() {
            return self.plan(MINUTE_US, Happening::StaffActs { payment, tries: RESENDS_MAX });
        }
        let pause_us = self.random.between(5 * SECOND_US, MINUTE_US);
        self.plan(pause_us, Happening::StaffDecides { payment, word, deliveries });
    }

    pub fn word_of_the_collector(&self, facts: &Facts, key: &str) -> Word {
        let collector = &self.collectors[self.places[&facts.collector]];
        let record = collector.records.get(&facts.message_key);
        if key == facts.message_key {
            let cleared = record.is_some_and(|record| record.cleared);
            return if cleared { Word::Cleared } else { Word::NotCleared };
        }
        let taken_back = record.is_some_and(|record| record.cancelled_by.as_deref() == Some(key));
        if taken_back { Word::Cancelled } else { Word::NotCancelled }
    }

    pub fn staff_decides(&mut self, payment: u64, word: Word, deliveries: i64) {
        let again = Happening::StaffActs { payment, tries: RESENDS_MAX };
        let Some(node) = self.some_node() else { return self.plan(MINUTE_US, again) };
        let Some((facts, position)) = self.load(payment) else { return };
        let Some(work) = self.work(&facts, &position) else { return };
        let careless = self.makes(Mistake::DecidesTooEarly) && position.state == State::Unknown;
        if !careless && manual::may_decide(&facts, &position, &work, word, deliveries).is_err() {
            return self.plan(MINUTE_US, again);
        }
        let eyes = FourEyes {
            maker: Operator::staff(1),
            checker: Operator::staff(2),
            reason: "照会済み".to_owned(),
        };
        let row = &self.collectors[self.places[&facts.collector]].row;
        let accepted_guard = sending::accepted_guard(Some(row), &facts);
        let cancellation = self.store.cancellations.get(&work.key).cloned();
        let cancellation = cancellation.as_deref();
        let decision = Decision { word, eyes: &eyes, cancellation, accepted_guard };
        match manual::decide(&facts, position, &work, decision, self.node_now(node)) {
            Ok(step) => {
                self.stats.count(match word {
                    Word::Cleared => "decided by the collector's word: cleared",
                    Word::NotCleared => "decided by the collector's word: not cleared",
                    Word::Cancelled => "decided by the collector's word: cancelled",
                    Word::NotCancelled => "decided by the collector's word: not cancelled",
                });
                self.note(payment, "the collector's word is brought in", [NOTHING, NOTHING]);
                self.cases.entry(payment).or_default().decided = true;
                let then = Then::Decided { payment };
                self.submit(node, Submitted { commit: step.commit, kept: Kept::Nothing, then });
            }
            Err(error) => self.fail("what is unknown can be decided", payment, error.to_string()),
        }
    }

    /// The open work of a payment or of its newest cancellation, by the server's clock.
    fn work(&self, facts: &Facts, position: &Position) -> Option<Work> {
        let newest = position.cancelling.as_ref().map(|newest| &newest.key);
        let keys = std::iter::once(&facts.message_key).chain(newest);
        let (key, work) = keys.filter_map(|key| Some((key, self.store.memory.work(key)?))).next()?;
        let left_us = work.lease_until_us - self.now_us;
        Some(Work {
            key: key.clone(),
            fence: work.fence,
            delivery: work.delivery,
            left_s: left_us.max(0).saturating_add(SECOND_US - 1) / SECOND_US,
            since_claim_s: (self.now_us - work.claimed_us) / SECOND_US,
        })
    }

    /// A payer at the counter wants the money back, sometimes.
    pub fn perhaps_cancel(&mut self, payment: u64, facts: &Facts) {
        if facts.channel != Channel::Counter {
            return;
        }
        for _ in 0..self.random.below(3) {
            let minutes = if self.random.one_in(4) { 600 } else { 20 };
            let pause_us = self.random.between(SECOND_US, minutes * MINUTE_US);
            self.plan(pause_us, Happening::Cancels { payment });
        }
    }
}
