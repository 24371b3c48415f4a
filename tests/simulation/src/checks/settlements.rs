//! 資金決済 to the yen: each accepted payment in one settlement, each settlement paid once, each collector told what it
//! gets.

use std::collections::BTreeMap;

use collectors::protocol::SettlementAdvice;
use domain::payment::State;
use domain::{AccountId, Date};
use gateway::chart;
use gateway::directory::PayerFees;
use gateway::service::ServiceState;
use gateway::settlement::{AdviceState, Settlement, SettlementState, window};
use ledger::{Commit, EntityId, Transfer};

use super::days::is_cancelling;
use crate::hub::count;
use crate::store::{FoundBreak, is_payment, payment_number};
use crate::world::World;

/// Days after its receipt date in which every payment that is accepted settles, late outcomes and holidays included.
const OWED_DAYS_MAX: i64 = 21;
/// Days after its pay date in which a net payment is posted.
const DUE_DAYS_MAX: i64 = 1;

/// What is kept of one collector's settlements, beside what the hub has recorded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paid {
    /// Amounts and fees of the payments that went over.
    pub settled: (i64, i64),
    /// What is due and not paid.
    due: i64,
    /// What was paid.
    paid: i64,
}

impl World {
    /// A settlement takes a step.
    pub fn check_settlement(&mut self, collector: usize, next: &Settlement, commit: &Commit) {
        let before = self.store.settlements.get(&(collector, next.window)).cloned();
        let state = before.as_ref().map_or(SettlementState::Closing, |before| before.state);
        self.expect(state <= next.state, "a settlement goes forward", 0, |_| next.number());
        if before.is_none() {
            self.check_begun(collector, next);
        }
        let payments: Vec<u64> = commit
            .events
            .iter()
            .map(|event| event.entity)
            .filter(|e| is_payment(*e))
            .map(|e| payment_number(e.0))
            .collect();
        let mut sums = (0, 0, 0);
        for payment in &payments {
            if let Some((amount, fee)) = self.check_settled(*payment, next) {
                sums = (sums.0 + 1, sums.1 + amount, sums.2 + fee);
            }
        }
        let was = before.as_ref().map(|before| before.sums).unwrap_or_default();
        let grown = (
            i64::from(next.sums.count) - i64::from(was.count),
            next.sums.amount.get() - was.amount.get(),
            next.sums.fee.get() - was.fee.get(),
        );
        self.expect(
            sums == grown,
            "a part is the sum of its payments",
            payments.first().copied().unwrap_or_default(),
            |_| format!("{}: {sums:?} of payments, {grown:?} of the settlement", next.number()),
        );
        let paid = next.state == SettlementState::Paid && state != SettlementState::Paid;
        if paid {
            let today = self.store.business(self.now_us).date();
            let early = next.pay_date.is_none_or(|date| date > today);
            self.expect(!early, "nothing is paid before its day", 0, |_| {
                format!("{} on {today}", next.number())
            });
        }
        self.keep_sums(collector, next, (sums.1, sums.2), paid);
        let kept = self.store.settlement_transfers.entry((collector, next.window)).or_default();
        kept.extend(commit.transfers.iter().map(|transfer| transfer.id));
    }

    /// The close of a window begins: its days are over, closed and compared.
    fn check_begun(&mut self, collector: usize, settlement: &Settlement) {
        let compared = |date: &Date| match self.store.days.get(&(collector, *date)) {
            Some(day) => {
                let after_close = day.reconciliation.as_ref().is_some_and(|summary| summary.after_close);
                day.state == ServiceState::Closed && after_close
            }
            None => !self.store.receipts.contains(&(collector, *date)),
        };
        let open = window::receipt_dates(settlement.window).find(|date| !compared(date));
        self.expect(open.is_none(), "a window begins to close when its days are compared", 0, |_| {
            format!("{}: {open:?}", settlement.number())
        });
    }

    /// A payment goes over; its amount and fee.
    fn check_settled(&mut self, payment: u64, settlement: &Settlement) -> Option<(i64, i64)> {
        let facts = self.store.facts.get(&payment).cloned()?;
        self.note(
            payment,
            "goes over, window",
            [i64::from(settlement.window.to_epoch_days()), crate::trace::NOTHING],
        );
        let case = self.cases.entry(payment).or_default();
        let earlier = case.settled_in.replace(settlement.window);
        let compared = case.compared;
        self.expect(earlier.is_none(), "no payment is in two settlements", payment, |_| {
            format!("{earlier:?}, then {}", settlement.window)
        });
        let place = (self.places[&facts.collector], facts.receipt_date);
        let broken = self.store.is_broken(place, payment);
        self.expect(!broken, "nothing is settled over an open break", payment, |world| {
            format!("{} closes over {:?}", settlement.number(), world.store.breaks.get(&place))
        });
        let lacks = self.is_lacking(place, payment, facts.amount.get());
        self.expect(!lacks, "nothing is settled that the collector's books lack", payment, |_| {
            settlement.number()
        });
        self.expect(compared, "nothing is settled that was not compared", payment, |world| {
            let day = world.store.days.get(&place);
            format!("{} closes, the day is {day:?}", settlement.number())
        });
        let own = window::of(facts.receipt_date) <= settlement.window;
        self.expect(
            own && facts.collector == settlement.collector,
            "a payment settles in its window or a later one",
            payment,
            |_| settlement.number(),
        );
        Some((facts.amount.get(), facts.fee.get()))
    }

    fn keep_sums(&mut self, collector: usize, next: &Settlement, (amount, fee): (i64, i64), paid: bool) {
        let with_amount = next.payer_fees == PayerFees::WithAmount;
        let one = &mut self.paid[collector];
        one.settled.0 += amount;
        one.settled.1 += fee;
        one.due += amount + if with_amount { fee } else { 0 };
        if !with_amount {
            *self.paid_to.entry(chart::FEE_INCOME).or_default() += fee;
        }
        if paid {
            let payable = next.payable().get();
            one.due -= payable;
            one.paid += payable;
            *self.paid_to.entry(next.account).or_default() += payable;
        }
    }

    /// A collector keeps an advice.
    pub fn advice_recorded(&mut self, collector: usize, advice: &SettlementAdvice) {
        let settlement = self.store.settlements.get(&(collector, advice.window_date));
        let same = settlement.is_some_and(|settlement| {
            settlement.number() == advice.settlement.as_str()
                && settlement.pay_date == Some(advice.pay_date)
                && (settlement.sums.count, settlement.sums.amount) == (advice.count, advice.amount)
        });
        let found = format!("{advice:?}, and the hub has {settlement:?}");
        self.happened("a collector is advised", [count(collector), advice.amount.get()]);
        self.about = Some((collector, advice.window_date));
        self.expect(same, "a collector is told what it is paid", 0, |_| found);
        self.about = None;
    }

    /// What is owed, due and paid, once a day.
    pub fn check_settlements(&mut self) {
        let today = self.store.business(self.now_us).date();
        self.check_owed(today);
        let sums: BTreeMap<AccountId, i64> = self.store.memory.sums().collect();
        let of = |account: AccountId| sums.get(&account).copied().unwrap_or_default();
        for place in 0..self.collectors.len() {
            let number = self.collectors[place].row.number.clone();
            let (has, due) = (of(chart::settlement(&number)), self.paid[place].due);
            self.expect(has == due, "settlement accounts have what is due", 0, |_| {
                format!("{number}: {has} yen, {due} are due")
            });
        }
        let wrong = self.paid_to.iter().find(|(account, paid)| of(**account) != **paid);
        let wrong =
            wrong.map(|(account, paid)| format!("account {account} has {}, {paid} were paid", of(*account)));
        self.expect(wrong.is_none(), "everybody is paid once", 0, |_| wrong.unwrap_or_default());
        let late = |s: &&Settlement| {
            let waits = s.paid_at.is_none() || s.advice == AdviceState::Open;
            waits && s.pay_date.is_some_and(|date| (today - date).num_days() > DUE_DAYS_MAX)
        };
        let late = self.store.settlements.values().find(late).cloned();
        self.expect(late.is_none(), "net payments are posted and told on their day", 0, |_| {
            format!("{late:?}")
        });
    }

    /// The guards of what is owed are those of the payments that are accepted and not being cancelled.
    fn check_owed(&mut self, today: Date) {
        let owes = |entity: &EntityId| {
            let position = self.store.positions.get(entity);
            position.is_some_and(|p| p.state == State::Accepted && !is_cancelling(p))
        };
        let owed: Vec<EntityId> = self.store.memory.guards("owed|").map(|(_, entity)| entity).collect();
        let stray = owed.iter().find(|entity| !owes(entity)).map(|entity| payment_number(entity.0));
        let accepted = self.store.positions.keys().filter(|entity| owes(entity)).count();
        let facts = owed.iter().filter_map(|entity| self.store.facts.get(&payment_number(entity.0)));
        let oldest = facts.min_by_key(|facts| facts.receipt_date).cloned();
        let right = stray.is_none() && accepted == owed.len();
        self.expect(right, "what is owed is what is accepted", stray.unwrap_or_default(), |_| {
            format!("{} are owed, {accepted} are accepted", owed.len())
        });
        if let Some(facts) = oldest.filter(|facts| (today - facts.receipt_date).num_days() > OWED_DAYS_MAX) {
            let payment = payment_number(facts.id.uuid());
            self.fail(
                "what is accepted is settled",
                payment,
                format!("it is owed since {}", facts.receipt_date),
            );
        }
    }

    /// Whether anything is on its way to a collector.
    pub fn is_settling(&self) -> bool {
        ["owed|", "due|", "advice|"].iter().any(|kind| self.store.memory.guards(kind).next().is_some())
    }

    /// Everything that payers paid has arrived.
    pub fn check_all_paid(&mut self) {
        let open = ["owed|", "due|", "advice|"].iter().find_map(|kind| self.store.memory.guards(kind).next());
        let open = open.map(|(key, _)| key.to_owned());
        self.expect(open.is_none(), "everything that is accepted is paid out", 0, |_| {
            open.unwrap_or_default()
        });
        for place in 0..self.collectors.len() {
            let (accepted, paid) = (self.accepted[place], self.paid[place]);
            let right = paid.settled == accepted && paid.due == 0 && paid.paid <= accepted.0 + accepted.1;
            self.expect(right, "clearing accounts are empty when all is settled", 0, |world| {
                format!("{}: {accepted:?} accepted, {paid:?}", world.collectors[place].row.number)
            });
        }
        let (accepted, paid): (i64, i64) =
            (self.accepted.iter().map(|(amount, fee)| amount + fee).sum(), self.paid_to.values().sum());
        self.expect(accepted == paid, "what payers paid is what was paid out", 0, |_| {
            format!("{accepted} accepted, {paid} paid out")
        });
    }

    /// Settlements that are paid and told, and long past; the latest of each collector stays.
    pub fn forget_settlements(&mut self, before: Date) {
        let over = |settlement: &Settlement| {
            let paid = matches!(settlement.state, SettlementState::Paid | SettlementState::Empty);
            settlement.window < before && paid && settlement.advice != AdviceState::Open
        };
        let old = self.store.settlements.iter().filter(|(_, settlement)| over(settlement));
        let old: Vec<_> = old.map(|(place, settlement)| (*place, settlement.entity())).collect();
        for (place, entity) in old {
            self.store.settlements.remove(&place);
            self.store.advices.remove(&place);
            let transfers = self.store.settlement_transfers.remove(&place).unwrap_or_default();
            self.store.memory.forget(entity, &transfers, &[]);
        }
        self.chronicle.retain(|(_, date), _| *date >= before);
        self.store.receipts.retain(|(_, date)| *date >= before);
        self.store.breaks.retain(|(_, date), found| *date >= before || found.iter().any(FoundBreak::holds));
        self.wrong.retain(|_, wrong| !wrong.is_empty());
        self.store.asked_us.retain(|(_, date), _| *date >= before);
        self.store.of_day.retain(|_, payments| !payments.is_empty());
    }

    /// A hub that posts beside its record.
    pub fn move_twice(commit: &mut Commit, kind: &str) {
        if commit.events.iter().any(|event| event.kind == kind) {
            let again = commit
                .transfers
                .iter()
                .map(|transfer| Transfer { id: domain::TransferId::generate(), ..transfer.clone() });
            let again: Vec<Transfer> = again.collect();
            commit.transfers.extend(again);
        }
    }
}
