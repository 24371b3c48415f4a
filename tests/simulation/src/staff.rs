//! The bank's staff: in the morning they have what is still unknown asked for again, and decide what stays unknown by
//! the collector's word.

use domain::payment::State;
use gateway::Operator;
use gateway::operations::{FourEyes, Word};
use gateway::payment::manual::{self, Decision, Work};
use gateway::payment::{sending, step};

use crate::hub::{Submitted, Taken, Then};
use crate::settings::Mistake;
use crate::store::payment_number;
use crate::trace::NOTHING;
use crate::world::{Happening, World};

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
/// Repeats by hand before somebody asks the collector.
const RESENDS_MAX: u32 = 3;

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
            if position.state != State::Unknown || !over {
                continue;
            }
            self.stats.count("unknown payment left to the staff");
            let pause_us = self.random.between(0, 60 * MINUTE_US);
            let tries = if self.random.one_in(5) { RESENDS_MAX } else { 0 };
            self.plan(pause_us, Happening::StaffActs { payment, tries });
        }
    }

    /// Somebody looks after one of them.
    pub fn staff_acts(&mut self, payment: u64, tries: u32) {
        let Some(node) = self.some_node() else {
            return self.plan(MINUTE_US, Happening::StaffActs { payment, tries });
        };
        let Some((facts, position)) = self.load(payment) else { return };
        if position.state != State::Unknown {
            return;
        }
        let Some(work) = self.work(payment) else {
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
                let then = Then::Taken(Taken { facts, effect: step.effect, lane: false });
                self.submit(node, Submitted { commit: step.commit, facts: None, then });
            }
            Err(error) => {
                self.fail("an unknown payment can be sent again by hand", payment, error.to_string());
            }
        }
    }

    /// The collector's record is the truth; two people bring it in a little later.
    fn ask_the_collector(&mut self, payment: u64) {
        let Some((facts, position)) = self.load(payment) else { return };
        let Some(work) = self.work(payment) else { return };
        let word = self.word_of_the_collector(payment);
        if manual::may_decide(&facts, &position, &work, word).is_err() {
            return self.plan(MINUTE_US, Happening::StaffActs { payment, tries: RESENDS_MAX });
        }
        let pause_us = self.random.between(5 * SECOND_US, MINUTE_US);
        self.plan(pause_us, Happening::StaffDecides { payment, word });
    }

    pub fn word_of_the_collector(&self, payment: u64) -> Word {
        let record = self.store.facts.get(&payment).and_then(|facts| {
            let place = self.places.get(&facts.collector)?;
            self.collectors[*place].records.get(&facts.message_key)
        });
        if record.is_some_and(|record| record.cleared) { Word::Cleared } else { Word::NotCleared }
    }

    pub fn staff_decides(&mut self, payment: u64, word: Word) {
        let Some(node) = self.some_node() else {
            return self.plan(MINUTE_US, Happening::StaffActs { payment, tries: RESENDS_MAX });
        };
        let Some((facts, position)) = self.load(payment) else { return };
        let Some(work) = self.work(payment) else { return };
        let allowed = manual::may_decide(&facts, &position, &work, word).is_ok()
            || self.makes(Mistake::DecidesTooEarly);
        if !allowed {
            return self.plan(MINUTE_US, Happening::StaffActs { payment, tries: RESENDS_MAX });
        }
        let eyes = FourEyes {
            maker: Operator::staff(1),
            checker: Operator::staff(2),
            reason: "照会済み".to_owned(),
        };
        let row = &self.collectors[self.places[&facts.collector]].row;
        let accepted_guard = sending::accepted_guard(Some(row), &facts);
        let decision = Decision { word, eyes: &eyes, cancellation: None, accepted_guard };
        match manual::decide(&facts, position, &work, decision, self.node_now(node)) {
            Ok(step) => {
                self.stats.count(match word {
                    Word::Cleared => "decided by the collector's word: cleared",
                    _ => "decided by the collector's word: not cleared",
                });
                self.note(payment, "the collector's word is brought in", [NOTHING, NOTHING]);
                self.cases.entry(payment).or_default().decided = true;
                let submitted =
                    Submitted { commit: step.commit, facts: None, then: Then::Decided { payment } };
                self.submit(node, submitted);
            }
            Err(error) => self.fail("an unknown payment can be decided", payment, error.to_string()),
        }
    }

    /// The open work of a payment, by the server's clock.
    fn work(&self, payment: u64) -> Option<Work> {
        let key = &self.store.facts.get(&payment)?.message_key;
        let work = self.store.memory.work(key)?;
        let left_us = work.lease_until_us - self.now_us;
        Some(Work {
            key: key.clone(),
            fence: work.fence,
            delivery: work.delivery,
            left_s: left_us.max(0).saturating_add(SECOND_US - 1) / SECOND_US,
            since_claim_s: (self.now_us - work.claimed_us) / SECOND_US,
        })
    }
}
