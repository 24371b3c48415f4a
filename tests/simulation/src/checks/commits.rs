//! What a commit changes: claims, money, guards, and a payment against the world outside.

use domain::TransferId;
use domain::payment::State;
use gateway::payment::Facts;
use gateway::payment::history::Position;
use ledger::apply::{Ending, Known};
use ledger::{Commit, Committed, EntityId, OutboxChange, Refused, TransferResult};

use super::days::is_cancelling;
use super::state_note;
use crate::happening::Happening;
use crate::settings::Mistake;
use crate::store::{key_of, payment_number};
use crate::world::World;

impl World {
    /// The claims of a commit against what earlier commits were answered.
    pub fn check_fences(&mut self, commit: &Commit, committed: &Committed) {
        let mut handed = committed.fences.iter().copied();
        for change in &commit.outbox {
            let key = key_of(change).to_owned();
            let payment = self.keys.get(&key).copied().unwrap_or_default();
            let known = self.store.fences.get(&key).copied();
            let named = match change {
                OutboxChange::Put { .. } => None,
                OutboxChange::Claim { fence, .. }
                | OutboxChange::Seize { fence, .. }
                | OutboxChange::Release { fence, .. }
                | OutboxChange::Finish { fence, .. } => Some(*fence),
            };
            let stale = named.is_some() && named != known;
            self.expect(!stale, "only the holder of a claim changes its work", payment, |_| {
                format!("{named:?} was named where {known:?} holds")
            });
            let new = match change {
                OutboxChange::Put { lease_s: Some(_), .. }
                | OutboxChange::Claim { .. }
                | OutboxChange::Seize { .. } => handed.next(),
                OutboxChange::Put { .. } => Some(0),
                OutboxChange::Release { .. } => known,
                OutboxChange::Finish { .. } => None,
            };
            if let (OutboxChange::Claim { .. } | OutboxChange::Seize { .. }, Some(new)) = (change, new) {
                self.expect(known < Some(new), "a fence is larger than every earlier one", payment, |_| {
                    format!("{new} after {known:?}")
                });
            }
            match new {
                Some(new) => self.store.fences.insert(key, new),
                None => self.store.fences.remove(&key),
            };
        }
    }

    /// A refusal says what is so.
    pub fn check_refusal(&mut self, commit: &Commit, refused: &Refused) {
        match refused {
            Refused::Guarded { key, holder } if key.starts_with("bill|") => {
                let holder = payment_number(*holder);
                let state = self.load(holder).map(|(_, position)| position.state);
                let holds = state.is_some_and(|state| match state {
                    // where a bill may be paid again the guard of a cancelled payment stays: an inquiry made
                    // before the acceptance meets it
                    State::Cancelled | State::Refunded => self.may_be_paid_again(holder),
                    state => state.is_open() || state.is_paid(),
                });
                self.expect(holds, "a bill's guard is held by a payment of it", holder, |_| {
                    format!("{state:?}")
                });
            }
            Refused::Transfer { index, result } => {
                let transfer = &commit.transfers[*index];
                if let Some(event) = commit.events.first() {
                    let payment = payment_number(event.entity.0);
                    self.cases.entry(payment).or_default().transfers.push(transfer.id);
                }
                if *result == TransferResult::ExceedsAvailable {
                    let wanted: i64 = commit.transfers.iter().map(|t| t.amount).sum();
                    let available = self.balance(transfer.debit);
                    self.expect(wanted > available, "funds that suffice are not refused", 0, |_| {
                        format!("{wanted} of {available}")
                    });
                }
            }
            _ => {}
        }
    }

    fn may_be_paid_again(&self, payment: u64) -> bool {
        let facts = self.store.facts.get(&payment);
        facts.is_some_and(|f| {
            self.collectors[self.places[&f.collector]].row.payer_types_amount(f.category.as_ref())
        })
    }

    /// Money, guard, open work and the outside agree about a payment.
    pub fn check_payment(&mut self, payment: u64) {
        let Some(facts) = self.store.facts.get(&payment).cloned() else {
            return self.fail("every event belongs to a payment", payment, String::new());
        };
        let entity = EntityId::from(facts.id);
        let events = self.store.memory.events(entity);
        let position = self.store.positions.entry(entity).or_insert_with(|| Position::start(facts.held_at));
        let seen = usize::try_from(position.seq).unwrap_or(usize::MAX);
        let before = position.state;
        if let Err(error) = position.follow(events.get(seen..).unwrap_or_default()) {
            return self.fail("events follow one another", payment, error.to_string());
        }
        let (state, cancelling) = (position.state, is_cancelling(position));
        if state != before {
            self.note(payment, state_note(state), [crate::trace::NOTHING, crate::trace::NOTHING]);
            self.changed(payment, &facts, before, state);
        }
        self.check_work(payment, &facts, state, cancelling);
        self.check_money(payment, &facts, state);
        let holder = self.store.memory.guard(&facts.bill_guard.0);
        let typed = self.may_be_paid_again(payment);
        let freed = match state {
            State::Rejected | State::Voided => true,
            // a later inquiry of a bill that may be paid again takes the next guard
            State::Cancelled | State::Refunded => !typed,
            _ => false,
        };
        self.expect(
            (holder == Some(entity)) != freed,
            "the bill is guarded while it may be paid",
            payment,
            |_| format!("the payment is {state}, the guard is of {holder:?}"),
        );
        self.check_outside(payment, state, cancelling);
    }

    fn check_work(&mut self, payment: u64, facts: &Facts, state: State, cancelling: bool) {
        let memory = &self.store.memory;
        let of_payment = memory.work(&facts.message_key).is_some();
        let keys = self.cases.get(&payment).map(|case| case.cancellations.as_slice()).unwrap_or_default();
        let of_cancellation = keys.iter().filter(|key| memory.work(key).is_some()).count();
        let right = of_payment == state.is_open() && of_cancellation == usize::from(cancelling);
        self.expect(right, "there is open work exactly while something is open", payment, |_| {
            format!("the payment is {state}, a cancellation is open: {cancelling}")
        });
    }

    fn check_money(&mut self, payment: u64, facts: &Facts, state: State) {
        for hold in std::iter::once(facts.hold).chain(facts.fee_hold) {
            let ending = match self.store.memory.transfer(hold) {
                Some(Known::Applied { ending, .. }) => Some(*ending),
                _ => None,
            };
            let right = match state {
                _ if state.is_open() => ending == Some(None),
                State::Accepted | State::Settled | State::Cancelled | State::Refunded => {
                    ending == Some(Some(Ending::Posted))
                }
                _ => ending == Some(Some(Ending::Voided)),
            };
            self.expect(right, "the hold ends as the payment does", payment, |_| {
                format!("the payment is {state}, the hold {ending:?}")
            });
        }
        let keys = self.cases.get(&payment).map(|case| case.cancellations.as_slice()).unwrap_or_default();
        let reversals = keys.iter().filter_map(|key| self.store.cancellations.get(key));
        let reversals = reversals.map(|c| (c.reversal, c.fee_reversal));
        let refund = self.store.refunds.get(&payment).map(|refund| (refund.reversal, refund.fee_reversal));
        let ids = reversals.chain(refund).flat_map(|(amount, fee)| std::iter::once(amount).chain(fee));
        let went_back: Vec<i64> = ids.filter_map(|id| self.went_back(facts, id)).collect();
        let due = match state {
            State::Cancelled | State::Refunded if facts.fee_hold.is_some() => {
                vec![facts.amount.get(), facts.fee.get()]
            }
            State::Cancelled | State::Refunded => vec![facts.amount.get()],
            _ => Vec::new(),
        };
        self.expect(
            went_back == due,
            "money goes back once, with a cancellation or a refund",
            payment,
            |_| format!("the payment is {state}, {went_back:?} yen went back"),
        );
    }

    /// What a transfer gave back to the account that was debited.
    fn went_back(&self, facts: &Facts, id: TransferId) -> Option<i64> {
        match self.store.memory.transfer(id) {
            Some(Known::Applied { transfer, .. }) if transfer.credit == facts.account => {
                Some(transfer.amount)
            }
            Some(Known::Applied { .. }) => Some(0),
            _ => None,
        }
    }

    /// What the hub concluded against what happened.
    fn check_outside(&mut self, payment: u64, state: State, cancelling: bool) {
        let Some(case) = self.cases.get(&payment) else { return };
        let cleared = case.recorded.iter().filter(|(_, cleared)| *cleared).count();
        let refused = case.recorded.len() - cleared;
        let once = (cleared, refused) == (1, 0);
        let (rule, right) = match state {
            State::Accepted | State::Settled => {
                ("what is accepted was cleared once", once && (cancelling || !case.cancelled_there))
            }
            State::Cancelled => ("what is cancelled was taken back", once && case.cancelled_there),
            // and its books have lost it: looked at when it is paid back
            State::Refunded => ("what is paid back was cleared once", once && !case.cancelled_there),
            State::Rejected => {
                ("what is rejected was refused", cleared == 0 && (refused == 1 || case.decided))
            }
            State::Voided => ("what may have been sent is not voided", !case.bytes_left && cleared == 0),
            _ => return,
        };
        self.expect(right, rule, payment, |_| format!("cleared {cleared} times, refused {refused} times"));
    }

    /// Keeps the totals, and when a payment ended.
    fn changed(&mut self, payment: u64, facts: &Facts, before: State, state: State) {
        if !state.is_open() {
            let now_us = self.now_us;
            self.cases.entry(payment).or_default().ended_us = Some(now_us);
        }
        if state == State::Unknown && self.makes(Mistake::DecidesTooEarly) {
            let word = self.word_of_the_collector(facts, &facts.message_key);
            self.plan(5_000_000, Happening::StaffDecides { payment, word, deliveries: 0 });
        }
        let sign = match (before, state) {
            (_, State::Accepted) => 1,
            (State::Accepted, State::Cancelled | State::Refunded) => -1,
            _ => 0,
        };
        let place = self.places.get(&facts.collector).copied().unwrap_or_default();
        self.accepted[place].0 += sign * facts.amount.get();
        self.accepted[place].1 += sign * facts.fee.get();
        if state == State::Refunded {
            self.paid_back(place, payment, facts);
        }
        if state == State::Accepted {
            self.perhaps_cancel(payment, facts);
        }
    }
}
