//! What a collector's day must come to, and what the hub has of it.

use domain::Date;
use domain::payment::Cancellation;
use gateway::chart;
use gateway::payment::history::{Body, Position};
use gateway::reconciliation::{BreakClass, Comparison, HubItem, Posting, Summary};
use gateway::service::{BothCounters, Counters, ServiceDay, ServiceState};
use ledger::EntityId;
use ledger::apply::{Ending, Known};

use domain::Yen;
use gateway::payment::Facts;

use crate::store::payment_number;
use crate::world::World;

/// Count and amount of what was cleared in any way, and of what was taken back.
fn sums(counters: &Counters) -> [(u32, i64); 2] {
    let cleared = counters.cleared.count + counters.provisional.count;
    let amount = counters.cleared.amount.get() + counters.provisional.amount.get();
    [(cleared, amount), (counters.cancelled.count, counters.cancelled.amount.get())]
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
        let same = next.carried_forward || sums(&hub) == sums(&theirs);
        self.expect(same, "a day closes with the same counters on both sides", 0, |_| {
            format!("{}: {hub:?} here, {theirs:?} there", next.name())
        });
    }

    /// A day was compared.
    pub fn check_comparison(&mut self, day: &ServiceDay, comparison: &Comparison, summary: &Summary) {
        let broken = comparison.differences.iter().find(|d| d.class != BreakClass::CarriedForward).cloned();
        let payment = broken.as_ref().and_then(|d| d.facts.hub.as_ref()).map(|hub| hub.payment);
        let payment = payment.map_or(0, |id| payment_number(id.uuid()));
        self.expect(broken.is_none(), "a compared day has no break", payment, |_| {
            format!("{}: {broken:?}", day.name())
        });
        let whole = day.state == ServiceState::Closed && summary.carried_forward == 0;
        self.expect(!whole || summary.ties_out(), "a day ties out to the yen", 0, |_| {
            format!("{}: {:?}", day.name(), summary.totals)
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
        let of_day = |facts: &Facts| {
            facts.receipt_date == date && self.places.get(&facts.collector) == Some(&collector)
        };
        let mut items: Vec<HubItem> =
            self.store.facts.values().filter(|facts| of_day(facts)).filter_map(|f| self.item(f)).collect();
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
        let returned = reversals.filter_map(|c| match self.store.memory.transfer(c.reversal) {
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

pub(super) fn is_cancelling(position: &Position) -> bool {
    position.cancellation().is_some_and(Cancellation::is_open)
}
