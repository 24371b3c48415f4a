//! What a process does for a payer: ask for the bills, hold the money.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use collectors::Outcome as Exchanged;
use gateway::payment::step::{Effect, Step};
use gateway::payment::{Facts, order as orders};
use gateway::{Inquiry, Operator, PayError, PaymentOrder, decisions};
use ledger::Refused;

use super::committing::{Kept, Outcome};
use super::{Delivery, Purpose, Submitted, Then, count};
use crate::network::Request;
use crate::settings::Mistake;
use crate::store::{inquiry_id, payment_number};
use crate::trace::NOTHING;
use crate::world::World;

/// A hold on its way to the database.
pub(crate) struct Held {
    order: Rc<PaymentOrder>,
    facts: Rc<Facts>,
    effect: Effect,
}

/// What a payer sees of a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The payment, in whatever state.
    Payment,
    /// Nothing was held, and to try again is no use.
    Refused,
    /// Nothing is known: to try again with the same order is safe.
    TryAgain,
}

impl World {
    /// A payer asks through this process.
    pub fn inquire(&mut self, node: usize, intent: u64) {
        let Some(asked) = self.intents.get(&intent) else { return };
        let (collector, request, channel) = (asked.collector, asked.request.clone(), asked.payer.channel());
        let row = &self.collectors[collector].row;
        if decisions::check(row, &request, self.takes_inquiries(node, collector)).is_err() {
            self.stats.count("inquiry while the collector is closed");
            return self.inquiry_failed(intent);
        }
        let prefix = decisions::accepted_prefix(&request);
        let generations = if row.payer_types_amount(request.category.as_ref()) {
            let keys = self.store.memory.guards(&prefix).map(|(key, _)| key);
            decisions::generations(&prefix, keys)
        } else {
            BTreeMap::new()
        };
        let key = self.next_key(node);
        let message = decisions::message(&self.hub, channel, &request, &key, self.node_now(node));
        let request = Request::write(message);
        self.exchange(node, collector, request, Purpose::Inquiry(intent, generations));
    }

    /// The exchange of an inquiry came to something.
    pub fn inquired(
        &mut self,
        node: usize,
        intent: u64,
        generations: BTreeMap<String, i64>,
        outcome: Exchanged,
    ) {
        let Some(asked) = self.intents.get(&intent) else { return };
        let bills = match decisions::read(&asked.request, outcome) {
            Ok(bills) => bills,
            Err(_) => return self.inquiry_failed(intent),
        };
        if !self.survives(node, "crash before an inquiry is kept") {
            return;
        }
        self.made_inquiries += 1;
        let inquiry = Inquiry {
            id: inquiry_id(self.made_inquiries),
            payer: asked_payer(self, intent),
            request: self.intents[&intent].request.clone(),
            bills,
            answered_at: self.node_now(node),
            generations,
            link: None,
        };
        let inquiry = Rc::new(inquiry);
        self.store.inquiries.insert(self.made_inquiries, Rc::clone(&inquiry));
        if self.survives(node, "crash after an inquiry is kept") {
            self.inquiry_answered(intent, &inquiry);
        }
    }

    /// The payer confirms through this process.
    pub fn confirm(&mut self, node: usize, order: &Rc<PaymentOrder>) {
        if let Some(shown) = self.made_before(order) {
            return self.confirmed(order, shown);
        }
        match self.make(node, order) {
            Ok((facts, step)) => {
                let number = payment_number(order.payment.uuid());
                self.note(number, "is confirmed, process", [count(node), facts.amount.get()]);
                let held = Held { order: Rc::clone(order), facts: Rc::clone(&facts), effect: step.effect };
                if self.makes(Mistake::SendsBeforeTheCommit) {
                    self.send_too_early(node, &facts, &step);
                }
                self.submit(
                    node,
                    Submitted { commit: step.commit, kept: Kept::Payment(facts), then: Then::Held(held) },
                );
            }
            Err(refused) => self.not_held(node, order, &refused),
        }
    }

    fn send_too_early(&mut self, node: usize, facts: &Rc<Facts>, step: &Step) {
        let bytes = step.commit.outbox.iter().find_map(|change| match change {
            ledger::OutboxChange::Put { entry, .. } => Some(Bytes::from(entry.payload.clone())),
            _ => None,
        });
        let facts = Rc::clone(facts);
        let place = self.place_of(&facts);
        let delivery =
            Delivery { facts, fence: 0, delivery: 1, repeat: false, lane: false, cancellation: None };
        self.exchange_bytes(node, place, bytes.unwrap_or_default(), Purpose::Delivery(Rc::new(delivery)));
    }

    fn make(&mut self, node: usize, order: &PaymentOrder) -> Result<(Rc<Facts>, Step), PayError> {
        let now = self.node_now(node);
        let inquiry = self.store.inquiry(order.inquiry).cloned().ok_or(PayError::InquiryExpired)?;
        let place = self.places.get(&inquiry.request.collector).copied().ok_or(PayError::Closed)?;
        let open = self.takes_payments(node, place, now.date());
        let bill = orders::check(order, &inquiry, open, now)?;
        let key = self.next_key(node);
        let facts = orders::facts(order, &inquiry, bill, &self.collectors[place].row, &key, now);
        let waiting = self.store.facts.len();
        let open_max = usize::try_from(self.hub.open_payments_max).unwrap_or(usize::MAX);
        if waiting >= open_max && self.open_at(place) >= open_max {
            return Err(PayError::CollectorBusy);
        }
        let counter = order.payer == gateway::Payer::at_counter();
        let actor =
            if counter { Operator::staff(7) } else { Operator { name: order.payer.user.to_string() } };
        let step = orders::confirmation(&self.hub, &facts, &inquiry, &order.guards, actor)?;
        Ok((Rc::new(facts), step))
    }

    fn open_at(&self, place: usize) -> usize {
        let number = self.collectors[place].row.number.as_str();
        self.store.memory.open_work().filter(|(_, work)| work.destination == number).count()
    }

    /// The payment that this id made before.
    fn made_before(&mut self, order: &PaymentOrder) -> Option<Shown> {
        let number = payment_number(order.payment.uuid());
        let made = self.store.facts.get(&number)?;
        if orders::made(made, order) {
            self.stats.count("second click shown the first payment");
            Some(Shown::Payment)
        } else {
            self.fail("different order under one id", number, String::new());
            Some(Shown::Refused)
        }
    }

    /// The hold was answered.
    pub fn hold_answered(&mut self, node: usize, held: Held, outcome: Outcome) {
        let Held { order, facts, effect } = held;
        match outcome {
            Ok(committed) => {
                if !self.survives(node, "crash between the hold and its delivery") {
                    return self.confirmed(&order, Shown::TryAgain);
                }
                if let (Effect::Deliver { delivery, repeat }, Some(fence)) =
                    (effect, committed.fences.first())
                    && !self.makes(Mistake::SendsBeforeTheCommit)
                {
                    self.begin(
                        node,
                        Delivery { facts, fence: *fence, delivery, repeat, lane: false, cancellation: None },
                    );
                }
                self.confirmed(&order, Shown::Payment);
            }
            Err(refused) => self.hold_refused(node, &order, &refused),
        }
    }

    fn hold_refused(&mut self, node: usize, order: &Rc<PaymentOrder>, refused: &Refused) {
        let shown = match refused {
            Refused::Stale => match self.made_before(order) {
                Some(shown) => shown,
                None => Shown::TryAgain,
            },
            Refused::Guarded { holder, .. } if *holder == order.payment.uuid() => Shown::Payment,
            Refused::Guarded { .. } => {
                self.stats.count("bill found busy");
                Shown::Refused
            }
            Refused::Transfer { .. } => {
                self.stats.count("insufficient funds");
                Shown::Refused
            }
            _ => Shown::TryAgain,
        };
        let _ = node;
        self.confirmed(order, shown);
    }

    fn not_held(&mut self, node: usize, order: &Rc<PaymentOrder>, error: &PayError) {
        let what = match error {
            PayError::InquiryExpired => "order after the inquiry expired",
            PayError::ClearByPassed => "order after the last day for clearing",
            PayError::Closed => "order after the collector closed",
            _ => "order refused for another reason",
        };
        self.stats.count(what);
        self.happened(what, [count(node), NOTHING]);
        self.confirmed(order, Shown::Refused);
    }
}

fn asked_payer(world: &World, intent: u64) -> gateway::Payer {
    world.intents[&intent].payer
}
