//! 取消: a teller has a counter payment taken back.

use std::rc::Rc;

use gateway::payment::cancellation::{self, Cancellation};
use gateway::{Operator, decisions};
use ledger::EntityId;

use super::committing::Kept;
use super::{Submitted, Taken, Then, count};
use crate::world::World;

impl World {
    /// The teller asks for it, wherever the payment stands.
    pub fn cancel(&mut self, payment: u64) {
        let Some(node) = self.some_node() else { return };
        let Some((facts, position)) = self.load(payment) else { return };
        let now = self.node_now(node);
        let open = self.takes_payments(node, self.place_of(&facts), facts.receipt_date);
        if cancellation::may_request(&facts, &position, open, now).is_err() {
            self.stats.count("cancellation not allowed as things stand");
            return;
        }
        let key = self.next_key(node);
        let cancellation = Rc::new(Cancellation::new(&facts, &key, &Operator::staff(7), now));
        let messages = self.store.memory.messages(EntityId::from(facts.id));
        let Some(clearing) = messages.iter().flatten().next().cloned() else {
            return self.fail("a payment keeps what was sent", payment, String::new());
        };
        let payload = cancellation::message(&facts, &clearing, &key, now);
        let row = decisions::cancellation_row(&cancellation);
        let step = payload.and_then(|payload| {
            cancellation::request(&facts, position, &cancellation, payload, row, self.hub.lease_s)
        });
        match step {
            Ok(step) => {
                self.stats.count("cancellation requested");
                self.note(payment, "is to be cancelled, process", [count(node), facts.amount.get()]);
                let kept = Kept::Cancellation(Rc::clone(&cancellation));
                let cancellation = Some(cancellation);
                let taken = Taken { facts, effect: step.effect, lane: false, cancellation };
                self.submit(node, Submitted { commit: step.commit, kept, then: Then::Taken(taken) });
            }
            Err(error) => self.fail("a counter payment can be cancelled", payment, error.to_string()),
        }
    }
}
