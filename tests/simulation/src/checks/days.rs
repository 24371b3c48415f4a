//! What a collector's day must come to, and what the hub has of it.

use domain::Date;
use domain::payment::Cancellation;
use gateway::chart;
use gateway::payment::history::{Body, Position};
use gateway::reconciliation::{HubItem, Posting};
use gateway::service::{BothCounters, Counters, ServiceDay, ServiceState};
use ledger::EntityId;
use ledger::apply::{Ending, Known};

use domain::Yen;
use gateway::payment::Facts;

use crate::store::payment_number;
use crate::world::World;

/// Count and amount of what was cleared in any way, and of what was taken back.
fn sums(counters: &Counters) -> [(i64, i64); 2] {
    let cleared = i64::from(counters.cleared.count) + i64::from(counters.provisional.count);
    let amount = counters.cleared.amount.get() + counters.provisional.amount.get();
    [(cleared, amount), (counters.cancelled.count.into(), counters.cancelled.amount.get())]
}

/// The same as a collector counts it whose books are wrong by so much.
fn booked(sums: [(i64, i64); 2], wrong: [(i64, i64); 2]) -> [(i64, i64); 2] {
    let [cleared, cancelled] = [0, 1].map(|i| (sums[i].0 + wrong[i].0, sums[i].1 + wrong[i].1));
    [cleared, cancelled]
}

impl World {
    /// A day takes a step.
    pub fn check_day(&mut self, collector: usize, next: &ServiceDay) {
        let before = self.store.days.get(&(collector, next.date));
        let forward = before.is_none_or(|before| before.state <= next.state);
        self.expect(forward, "a day goes forward", 0, |_| next.name());
        let closes = next.state == ServiceState::Closed
            && self.store.days.get(&(collector, next.date)).is_some_and(|b| b.state != ServiceState::Closed);
        let Some(BothCounters { hub, collector: theirs, .. }) = next.close_counters.filter(|_| closes) else {
            return;
        };
        let wrong = self.collectors[collector].miscounts(next.date);
        let same = next.carried_forward || booked(sums(&hub), wrong) == sums(&theirs);
        // what was put right while the answer was on its way may be in it or not
        let same = same || self.was_mended_just_now((collector, next.date));
        self.expect(same, "a day closes with the same counters on both sides", 0, |_| {
            format!("{}: {hub:?} here, {theirs:?} there", next.name())
        });
    }

    /// A comparison is committed: these payments were found accepted on both sides, after the close.
    pub fn compared(&mut self, payments: &[u64]) {
        for payment in payments {
            self.cases.entry(*payment).or_default().compared = true;
        }
    }

    /// The hub's payments of a day as its own tables have them, in the order of their serials.
    pub fn hub_items(&self, collector: usize, date: Date) -> Vec<HubItem> {
        let of_day = self.store.of_day.get(&(collector, date)).into_iter().flatten();
        let facts = of_day.filter_map(|payment| self.store.facts.get(payment));
        let mut items: Vec<HubItem> = facts.filter_map(|facts| self.item(facts)).collect();
        items.sort_unstable_by_key(|item| item.serial);
        items
    }

    fn item(&self, facts: &Facts) -> Option<HubItem> {
        let entity = EntityId::from(facts.id);
        let position = self.store.positions.get(&entity)?;
        let events = self.store.memory.events(entity);
        let accepted = events.iter().find(|event| event.kind == "accepted");
        let accepted: Option<Body> = accepted.and_then(|event| serde_json::from_str(&event.body).ok());
        Some(HubItem {
            payment: facts.id,
            serial: facts.message_key.rsplit('/').next()?.parse().ok()?,
            state: position.state,
            amount: facts.amount,
            provisional: accepted.is_some_and(|body| body.provisional.is_some()),
            bill: facts.bill_guard.0.clone(),
            posting: self.posting(facts),
            cancelling: is_cancelling(position),
            moved: false,
        })
    }

    /// Only what went from the payer to this collector counts as posted.
    fn posting(&self, facts: &Facts) -> Posting {
        let Some(Known::Applied { transfer: hold, ending }) = self.store.memory.transfer(facts.hold) else {
            return Posting::default();
        };
        let right = hold.debit == facts.account && hold.credit == chart::clearing(&facts.collector);
        let keys = self.cases.get(&payment_number(facts.id.uuid())).map(|case| &case.cancellations);
        let reversals = keys.into_iter().flatten().filter_map(|key| self.store.cancellations.get(key));
        let refund = self.store.refunds.get(&payment_number(facts.id.uuid()));
        let reversals = reversals.map(|c| c.reversal).chain(refund.map(|refund| refund.reversal));
        let returned = reversals.filter_map(|id| match self.store.memory.transfer(id) {
            Some(Known::Applied { transfer, .. }) => Some(transfer.amount),
            _ => None,
        });
        Posting {
            held: Some(Yen::new(hold.amount)),
            posted: (right && *ending == Some(Ending::Posted)).then(|| Yen::new(hold.amount)),
            voided: *ending == Some(Ending::Voided),
            returned: Yen::new(returned.sum()),
        }
    }
}

pub(crate) fn is_cancelling(position: &Position) -> bool {
    position.cancellation().is_some_and(Cancellation::is_open)
}
