//! What leaves the hub, and what a collector records because of it.

use bytes::Bytes;
use collectors::protocol::{Body, Message};

use crate::collector::Recorded;
use crate::hub::Delivery;
use crate::store::payment_number;
use crate::trace::{Digest, NOTHING};
use crate::world::World;

fn digest(bytes: &[u8]) -> u64 {
    let mut digest = Digest::default();
    for chunk in bytes.chunks(8) {
        let mut number = [0; 8];
        number[..chunk.len()].copy_from_slice(chunk);
        digest.event(0, "", [i64::from_le_bytes(number), 0]);
    }
    digest.value()
}

impl World {
    /// A message of a delivery leaves.
    pub fn check_sent(&mut self, node: usize, delivery: &Delivery, request: &Message, bytes: &Bytes) {
        let facts = &delivery.facts;
        let payment = payment_number(facts.id.uuid());
        let what = match (&delivery.cancellation, delivery.repeat) {
            (None, false) => "is sent, delivery",
            (None, true) => "is sent again, delivery",
            (Some(_), false) => "its cancellation is sent, delivery",
            (Some(_), true) => "its cancellation is sent again, delivery",
        };
        self.note(payment, what, [delivery.delivery, delivery.fence]);
        let repeats = matches!(request.body, Body::ResendConfirmation(_));
        let digest = digest(bytes);
        let now_us = self.now_us;
        let key = delivery.key();
        let case = self.cases.entry(payment).or_default();
        case.last_sent_us = now_us;
        case.bytes_left |= delivery.cancellation.is_none();
        let seen = case.sent.iter().find(|(k, r, _)| k == key && *r == repeats).map(|(_, _, digest)| *digest);
        if seen.is_none() {
            case.sent.push((key.to_owned(), repeats, digest));
        }
        self.expect(repeats || seen.is_none(), "a clearing is sent once", payment, |_| String::new());
        let same = seen.is_none_or(|seen| seen == digest);
        self.expect(same, "every repeat is the same bytes", payment, |_| String::new());
        let named = request.header.key().to_string();
        self.expect(named == key, "a repeat keeps its key", payment, |_| named.clone());
        let durable = self.store.facts.contains_key(&payment);
        self.expect(durable, "nothing is sent before it is durable", payment, |_| String::new());
        if !repeats {
            self.check_in_time(node, delivery, payment);
        }
    }

    /// A first message is of its day, and not late.
    fn check_in_time(&mut self, node: usize, delivery: &Delivery, payment: u64) {
        let (facts, now) = (&delivery.facts, self.node_now(node));
        let since = delivery.cancellation.as_ref().map_or(facts.held_at, |c| c.requested_at);
        let late = now.date() > facts.receipt_date
            || facts.bill.clear_by.is_some_and(|last| now.date() > last)
            || now.seconds_since(since) >= self.hub.held_wait_s;
        self.expect(!late, "a first clearing leaves in time or never", payment, |_| now.rfc3339());
    }

    /// A collector decided something.
    pub fn recorded_by(&mut self, collector: usize, recorded: &Recorded) {
        match recorded {
            Recorded::Clearing { key, .. } => self.clearing_recorded(collector, key, recorded),
            Recorded::Cancellation { key, clearing, done } => {
                self.cancellation_recorded(collector, key, clearing, *done);
            }
            Recorded::Advice(advice) => self.advice_recorded(collector, advice),
        }
    }

    fn clearing_recorded(&mut self, collector: usize, key: &str, recorded: &Recorded) {
        let Recorded::Clearing { slip, bill, amount, cleared, .. } = recorded else { return };
        let Some(payment) = self.keys.get(key).copied() else {
            return self.fail("every record belongs to a payment", 0, key.to_owned());
        };
        let what = if *cleared { "the collector clears" } else { "the collector refuses" };
        self.note(payment, what, [*amount, NOTHING]);
        let Some((facts, position)) = self.load(payment) else {
            return self.fail("every record belongs to a payment", payment, key.to_owned());
        };
        let right = facts.amount.get() == *amount
            && facts.bill.id.as_str() == *bill
            && facts.collector == self.collectors[collector].row.number;
        self.expect(right, "a record has the payment's amount and bill", payment, |_| {
            format!("{recorded:?}")
        });
        let earlier = self.cases[&payment].recorded.first().copied();
        self.expect(earlier.is_none(), "a collector decides once under a key", payment, |_| {
            format!("{earlier:?}, then {recorded:?}")
        });
        self.expect(position.state.is_open(), "nothing is recorded of what is over", payment, |_| {
            format!("the payment is {}", position.state)
        });
        self.cases.entry(payment).or_default().recorded.push((*amount, *cleared));
        if !cleared {
            self.stats.count("clearing refused by a national collector");
            return;
        }
        self.cleared[collector] += amount;
        if !self.collectors[collector].row.payer_types_amount(facts.category.as_ref()) {
            let bill = (collector, slip.clone(), bill.clone());
            if let Some(other) = self.cleared_bills.insert(bill, payment) {
                self.fail("no bill is paid twice", payment, format!("payment {other} has paid it"));
            }
        }
    }

    fn cancellation_recorded(&mut self, collector: usize, key: &str, clearing: &str, done: bool) {
        let payment = self.keys.get(key).copied().unwrap_or_default();
        let of = self.keys.get(clearing).copied().unwrap_or_default();
        let belongs = payment > 0 && payment == of;
        self.expect(belongs, "every cancellation belongs to a payment", payment, |_| key.to_owned());
        let what = if done { "the collector takes it back" } else { "the collector does not take it back" };
        self.note(payment, what, [NOTHING, NOTHING]);
        if !done {
            self.stats.count("cancellation refused by the collector");
            return;
        }
        let Some((facts, position)) = self.load(payment) else { return };
        let open = position.cancellation().is_some_and(domain::payment::Cancellation::is_open);
        self.expect(open, "nothing is taken back that nobody asked for", payment, |_| key.to_owned());
        self.cases.entry(payment).or_default().cancelled_there = true;
        self.cleared[collector] -= facts.amount.get();
        let slip = facts.customer_number.as_str().to_owned();
        self.cleared_bills.remove(&(collector, slip, facts.bill.id.as_str().to_owned()));
    }
}
