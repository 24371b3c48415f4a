//! To the yen: the whole of the books against the journal, the open payments and the collectors.

use std::collections::BTreeMap;

use domain::AccountId;
use domain::payment::State;
use gateway::chart;
use gateway::payment::history::Position;
use ledger::EntityId;

use super::days::is_cancelling;
use super::state_note;
use crate::collector::Entry;
use crate::store::{payment_id, payment_number};
use crate::world::World;

/// Elapsed time in which every payment comes to its end, with people's help.
const OPEN_S_MAX: i64 = 5 * 24 * 3_600;

impl World {
    /// To the yen: every account, every open payment, every collector.
    pub fn check_books(&mut self) {
        let total: i64 = self.store.memory.sums().map(|(_, sum)| sum).sum();
        self.expect(total == 0, "no yen is created or lost", 0, |_| format!("{total} yen"));
        let mut held: BTreeMap<AccountId, i64> = BTreeMap::new();
        let mut open = vec![0; self.collectors.len()];
        let mut cancelling = vec![0; self.collectors.len()];
        for (_, work) in self.store.memory.open_work() {
            let number = payment_number(work.entity.0);
            let Some(facts) = self.store.facts.get(&number) else { continue };
            let place = self.places[&facts.collector];
            let state = self.store.positions.get(&work.entity).map(|position| position.state);
            if state.is_some_and(State::is_open) {
                *held.entry(facts.account).or_default() += facts.amount.get() + facts.fee.get();
                open[place] += facts.amount.get();
            } else {
                cancelling[place] += facts.amount.get();
            }
        }
        self.check_age();
        let mut findings = Vec::new();
        for (id, sum) in self.store.memory.sums() {
            let Some(account) = self.store.memory.account(id).filter(|a| a.bounded) else { continue };
            let open = held.get(&id).copied().unwrap_or_default();
            if account.balance != sum || account.held != open || account.available() < 0 {
                findings.push(format!("{account:?}: the journal makes {sum}, open payments hold {open}"));
            }
        }
        if let Some(finding) = findings.into_iter().next() {
            self.fail("balances and holds are those of the journal", 0, finding);
        }
        for (place, (open, cancelling)) in open.into_iter().zip(cancelling).enumerate() {
            let number = self.collectors[place].row.number.clone();
            let owed =
                |account| self.store.memory.sums().find(|(id, _)| *id == account).map_or(0, |(_, s)| s);
            let (clearing, fee) = (owed(chart::clearing(&number)), owed(chart::fee(&number)));
            let (accepted, cleared) = (self.accepted[place], self.cleared[place]);
            let settled = self.paid[place].settled;
            let left = (accepted.0 - settled.0, accepted.1 - settled.1);
            self.expect(
                (clearing, fee) == left,
                "clearing accounts have what is accepted and not settled",
                0,
                |_| {
                    format!("{number}: {clearing} and {fee} owed, {accepted:?} accepted, {settled:?} settled")
                },
            );
            let within = accepted.0 - cancelling <= cleared && cleared <= accepted.0 + open;
            self.expect(within, "accepted is cleared, and cleared is accepted or open", 0, |_| {
                format!("{number}: {} accepted, {cleared} cleared, {open} open", accepted.0)
            });
        }
        self.check_settlements();
    }

    /// Nothing stays open for days: there is a person for it.
    fn check_age(&mut self) {
        let before = self.store.business(self.now_us).plus_seconds(-OPEN_S_MAX);
        let facts = self
            .store
            .memory
            .open_work()
            .filter_map(|(_, w)| self.store.facts.get(&payment_number(w.entity.0)));
        let old = facts.min_by_key(|facts| facts.held_at).filter(|facts| facts.held_at < before);
        if let Some(payment) = old.map(|facts| payment_number(facts.id.uuid())) {
            self.fail("everything comes to an end", payment, "it is open for days".to_owned());
        }
    }

    /// Lets go of what is over and whose bill nobody can pay any more.
    pub fn retire(&mut self) {
        let over = |world: &Self, payment: &u64| {
            let Some(facts) = world.store.facts.get(payment) else { return true };
            let slips = &world.collectors[world.places[&facts.collector]].slips;
            let place = (world.places[&facts.collector], facts.receipt_date);
            let day = world.store.days.get(&place);
            let position = world.store.positions.get(&facts.id.into());
            // what is accepted still settles
            let open = position.is_some_and(|p| p.state == State::Accepted || is_cancelling(p));
            world.cases[payment].ended_us.is_some_and(|at| world.now_us - at > 2 * 3_600_000_000)
                && !slips.contains_key(facts.customer_number.as_str())
                && day.is_none_or(|day| !day.unfinished)
                && !open
                && !world.is_booked_wrongly(place, *payment)
                && !world.store.is_broken(place, *payment)
        };
        let quiet_us = self.now_us - 24 * 3_600_000_000;
        let old =
            self.cases.iter().filter(|(_, case)| case.touched_us < quiet_us).map(|(payment, _)| *payment);
        let old: Vec<u64> = old.filter(|payment| over(self, payment)).collect();
        for payment in old {
            self.check_ended(payment);
            self.forget(payment);
        }
    }

    /// The whole history once more, before it is let go.
    fn check_ended(&mut self, payment: u64) {
        let Some(facts) = self.store.facts.get(&payment) else { return };
        let entity = EntityId::from(facts.id);
        if let Some(position) = self.store.positions.get(&entity) {
            self.stats.count(state_note(position.state));
        }
        let anew = Position::of(self.store.memory.events(entity));
        let kept = self.store.positions.get(&entity);
        let same = anew.is_ok_and(|mut anew| {
            anew.held_at = facts.held_at;
            kept == Some(&anew)
        });
        self.expect(same, "a history reads the same again", payment, |_| String::new());
        self.check_payment(payment);
        let Some(facts) = self.store.facts.get(&payment) else { return };
        let collector = &self.collectors[self.places[&facts.collector]];
        let record = collector.records.get(&facts.message_key);
        let refunded = self.store.refunds.contains_key(&payment);
        let right = if refunded { Entry::Missing } else { Entry::Right };
        let wrong = record.is_some_and(|record| record.entry != right);
        let kept = record.map(|record| (record.amount, record.cleared));
        let told = self.cases[&payment].recorded.first().copied();
        self.expect(kept == told, "a collector keeps its record", payment, |_| {
            format!("{told:?}, now {kept:?}")
        });
        self.expect(!wrong, "a collector puts its books right", payment, |_| String::new());
    }

    fn forget(&mut self, payment: u64) {
        let Some(case) = self.cases.remove(&payment) else { return };
        let entity = EntityId::from(payment_id(payment));
        self.store.positions.remove(&entity);
        self.store.refunds.remove(&payment);
        let Some(facts) = self.store.facts.remove(&payment) else {
            return self.store.memory.forget(entity, &case.transfers, &[]);
        };
        let place = self.places[&facts.collector];
        if let Some(of_day) = self.store.of_day.get_mut(&(place, facts.receipt_date)) {
            of_day.remove(&payment);
        }
        if let Some(wrong) = self.wrong.get_mut(&(place, facts.receipt_date)) {
            wrong.retain(|wrong| wrong.payment != payment);
        }
        self.keys.remove(&facts.message_key);
        for key in &case.cancellations {
            self.keys.remove(key);
            self.store.cancellations.remove(key);
        }
        self.collectors[place].forget(&facts.message_key, &case.cancellations);
        let slip = facts.customer_number.as_str().to_owned();
        self.cleared_bills.remove(&(place, slip, facts.bill.id.as_str().to_owned()));
        let guards: Vec<&str> = case.guards.iter().map(String::as_str).collect();
        self.store.memory.forget(entity, &case.transfers, &guards);
    }

    /// Nothing is left over.
    pub fn check_at_the_end(&mut self) {
        self.check_books();
        let unfinished = self.store.days.values().find(|day| day.unfinished && day.date < self.day).cloned();
        self.expect(unfinished.is_none(), "every day is closed and compared", 0, |_| {
            format!("{unfinished:?}")
        });
        let open: Vec<u64> =
            self.store.memory.open_work().map(|(_, work)| payment_number(work.entity.0)).collect();
        if let Some(payment) = open.first() {
            self.fail("everything comes to an end", *payment, format!("{} payments are open", open.len()));
        }
        let kept: Vec<u64> = self.store.facts.keys().copied().collect();
        for payment in kept {
            self.check_ended(payment);
        }
        for place in 0..self.collectors.len() {
            let (accepted, cleared) = (self.accepted[place].0, self.cleared[place]);
            self.expect(accepted == cleared, "collectors have what payers paid", 0, |world| {
                format!("{}: {accepted} accepted, {cleared} cleared", world.collectors[place].row.number)
            });
        }
        self.check_all_resolved();
        self.check_all_paid();
    }
}
