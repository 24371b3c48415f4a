//! 資金決済: windows close part by part, net payments are posted on their day, collectors are told. Every process does
//! it beside every other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use bytes::Bytes;
use collectors::Outcome as Exchanged;
use domain::{Date, Yen};
use gateway::decisions::settling::{self, Change, Owed, Step};
use gateway::settlement::{AdviceState, Obstacle, Settlement, SettlementState, Sums, window};
use gateway::{Operator, StoreError};
use ledger::{EntityId, GuardKey, Refused};

use super::committing::{Kept, Outcome};
use super::days::is_compared;
use super::{Purpose, Submitted, Then, count};
use crate::happening::Happening;
use crate::settings::Mistake;
use crate::store::payment_number;
use crate::world::World;

const SECOND_US: i64 = 1_000_000;
/// Payments of one part: fewer than the hub takes, so that windows of this world have several.
const PART_PAYMENTS_MAX: usize = 16;
/// How often a part is read again because one of its payments moved on, and an answer recorded anew.
const TRIES_MAX: u32 = 8;
/// The longest pause between two advices, in resend intervals.
const PAUSE_INTERVALS_MAX: u32 = 10;

/// How long a process may stand still between two parts.
const STOPPED_US_MAX: i64 = 20 * 60 * SECOND_US;

/// A commit of a settlement on its way to the database.
pub(crate) enum Settling {
    /// The window closes.
    Closing(Closing),
    /// The net payment is posted.
    Paying(usize, Date),
    /// The answer to an advice is recorded.
    Advised { collector: usize, window: Date, change: Change, answer: Vec<u8>, tries: u32 },
}

/// A close under way in one process.
pub(crate) struct Closing {
    collector: usize,
    settlement: Settlement,
    /// What is owed is read from behind this key, and after the commit from behind the other.
    after: String,
    last: String,
    tries: u32,
}

/// The looks.
impl World {
    /// Some process looks at what a collector is owed; now and then two do at once.
    pub fn settle(&mut self, collector: usize) {
        let looks = if self.faults(100) { 2 } else { 1 };
        for _ in 0..looks {
            let Some(node) = self.some_node() else { return };
            if self.now_us >= self.store.down_until_us {
                self.close_next(node, collector);
                self.pay_due(node, collector);
                self.advise_open(node, collector);
            }
        }
    }

    /// Plans the looks of a day that begins.
    pub fn plan_settling(&mut self) {
        for collector in 0..self.collectors.len() {
            for hour in [0, 1, 6, 9, 10, 12, 18] {
                let pause_us = self.random.between(hour * 3_600, hour * 3_600 + 1_800) * SECOND_US;
                self.plan(pause_us, Happening::Settles { collector });
            }
        }
    }

    pub fn settle_soon(&mut self, collector: usize) {
        let pause_us = self.random.between(0, 5 * SECOND_US);
        self.plan(pause_us, Happening::Settles { collector });
    }
}

/// The close of a window.
impl World {
    fn close_next(&mut self, node: usize, collector: usize) {
        let latest = self.settlements(collector).next_back().cloned();
        let closed_through = latest.as_ref().map(|settlement| settlement.window);
        if let Some(closing) = latest.filter(|s| s.state == SettlementState::Closing) {
            self.stats.count("close of a window taken up again");
            let mut closing = self.closing(collector, closing);
            if self.makes(Mistake::ForgetsParts) {
                closing.settlement.sums = Sums::default();
            }
            return self.go_on(node, closing);
        }
        let Some(next) = self.next_window(collector, closed_through) else { return };
        let obstacles = self.obstacles(node, collector, next, closed_through);
        if !obstacles.is_empty() {
            return self.count_obstacles(&obstacles);
        }
        let new = Settlement::new(&self.collectors[collector].row, next, &self.hub.bank);
        let step = settling::begin(&new, &Operator::system(), self.node_now(node));
        let closing = self.closing(collector, new);
        self.close_step(node, closing, step, None);
    }

    fn count_obstacles(&mut self, obstacles: &[Obstacle]) {
        if obstacles.iter().any(|obstacle| matches!(obstacle, Obstacle::Breaks { .. })) {
            self.stats.count("look at a window that open breaks hold");
        }
    }

    fn closing(&self, collector: usize, settlement: Settlement) -> Closing {
        let after = settling::owed_prefix(&self.collectors[collector].row.number);
        Closing { collector, settlement, last: after.clone(), after, tries: 0 }
    }

    /// Every settlement of a collector, by window.
    fn settlements(&self, collector: usize) -> impl DoubleEndedIterator<Item = &Settlement> {
        self.store.settlements.range((collector, Date::MIN)..=(collector, Date::MAX)).map(|(_, s)| s)
    }

    fn next_window(&self, collector: usize, closed_through: Option<Date>) -> Option<Date> {
        let from = closed_through
            .map_or(Bound::Included((collector, Date::MIN)), |closed| Bound::Excluded((collector, closed)));
        let range = (from, Bound::Included((collector, Date::MAX)));
        let day = self.store.days.range(range).next().map(|((_, date), _)| *date);
        let receipt = self.store.receipts.range(range).next().map(|(_, date)| *date);
        let first = day.into_iter().chain(receipt).min();
        let late = closed_through.is_some_and(|closed| !self.owed(collector, closed, "", 1).is_empty());
        settling::next(closed_through, first, late)
    }

    fn obstacles(
        &self,
        node: usize,
        collector: usize,
        window: Date,
        closed_through: Option<Date>,
    ) -> Vec<Obstacle> {
        let late = closed_through.map(|closed| self.owed(collector, closed, "", usize::MAX));
        let mut dates: Vec<Date> = late.iter().flatten().map(|owed| owed.receipt_date).collect();
        dates.dedup();
        dates.extend(window::receipt_dates(window));
        self.obstacles_of(node, collector, dates)
    }

    fn obstacles_of(
        &self,
        node: usize,
        collector: usize,
        dates: impl IntoIterator<Item = Date>,
    ) -> Vec<Obstacle> {
        let today = self.node_now(node).date();
        let obstacle = |date: Date| {
            let day = self.store.days.get(&(collector, date));
            let has_payments = self.store.receipts.contains(&(collector, date));
            settling::obstacle(date, day, has_payments, self.open_items(collector, date), today)
        };
        let seen = |obstacle: &Obstacle| !self.overlooks(collector, obstacle);
        dates.into_iter().filter_map(obstacle).filter(seen).collect()
    }

    /// What a hub with a mistake would not see.
    fn overlooks(&self, collector: usize, obstacle: &Obstacle) -> bool {
        let compared = self.store.days.get(&(collector, obstacle.date())).is_some_and(is_compared);
        match (self.settings.mistake, obstacle) {
            (Some(Mistake::SettlesUnclosed), Obstacle::NotClosed(_))
            | (Some(Mistake::SettlesOverBreaks), Obstacle::Breaks { .. }) => true,
            (Some(Mistake::SettlesUncompared), Obstacle::NotReconciled(_)) => !compared,
            (Some(Mistake::SettlesOutdated), Obstacle::NotReconciled(_)) => compared,
            _ => false,
        }
    }

    /// What is owed for receipt dates up to `last`, behind a key.
    fn owed(&self, collector: usize, last: Date, after: &str, limit: usize) -> Vec<Owed> {
        let number = &self.collectors[collector].row.number;
        let (prefix, end) = (settling::owed_prefix(number), settling::owed_end(number, last));
        let guards = self.store.memory.guards(&prefix).filter(|(key, _)| *key > after);
        let guards = guards.take_while(|(key, _)| *key < end.as_str()).take(limit);
        guards.filter_map(|(key, entity)| self.owed_payment(key, entity)).collect()
    }

    fn owed_payment(&self, key: &str, entity: EntityId) -> Option<Owed> {
        let facts = self.store.facts.get(&payment_number(entity.0))?;
        let last = self.store.memory.events(entity).last()?;
        Some(Owed {
            key: GuardKey(key.to_owned()),
            payment: facts.id,
            receipt_date: facts.receipt_date,
            amount: facts.amount,
            fee: if facts.fee_hold.is_some() { facts.fee } else { Yen::ZERO },
            seq: last.seq,
            body: serde_json::from_str(&last.body).ok()?,
        })
    }

    /// The next part, or the end.
    pub fn go_on(&mut self, node: usize, mut closing: Closing) {
        let now = self.node_now(node);
        loop {
            let window = closing.settlement.window;
            let owed = self.owed(closing.collector, window, &closing.after, PART_PAYMENTS_MAX);
            let Some(last) = owed.last().map(|owed| owed.key.0.clone()) else {
                return self.close_window(node, closing);
            };
            let part: Vec<Owed> = owed.into_iter().filter(Owed::may_settle).collect();
            if part.is_empty() {
                closing.after = last;
                continue;
            }
            // what came late waits for the comparison of its day, and the close with it: a later look goes on
            let dates: BTreeSet<Date> = part.iter().map(|owed| owed.receipt_date).collect();
            let obstacles = self.obstacles_of(node, closing.collector, dates);
            if !obstacles.is_empty() {
                return self.count_obstacles(&obstacles);
            }
            closing.last = last;
            let step = settling::part(&closing.settlement, &part, now);
            return self.close_step(node, closing, step, None);
        }
    }

    fn close_window(&mut self, node: usize, closing: Closing) {
        let now = self.node_now(node);
        let key = self.next_key(node);
        let careless = self.makes(Mistake::TellsAnotherSum);
        let mut advice = None;
        let step = settling::close(&closing.settlement, &Operator::system(), now, |due| {
            let mut told = due.clone();
            if careless {
                told.sums = Sums { amount: due.payable(), ..due.sums };
            }
            let message = settling::message(&self.hub.bank, &told, &key, now)?;
            advice = Some(Bytes::from(message.clone()));
            Ok(message)
        });
        self.close_step(node, closing, step, advice);
    }

    fn close_step(
        &mut self,
        node: usize,
        mut closing: Closing,
        step: Result<Step, StoreError>,
        advice: Option<Bytes>,
    ) {
        match step {
            Ok(Step { settlement, commit }) => {
                let collector = closing.collector;
                // where it stands if the commit is refused is read again
                closing.settlement = settlement.clone();
                let kept = Kept::Settlement { collector, settlement: Box::new(settlement), advice };
                let then = Then::Settles(Box::new(Settling::Closing(closing)));
                self.submit(node, Submitted { commit, kept, then });
            }
            Err(error) => self.fail("a window's close can be written", 0, error.to_string()),
        }
    }

    fn close_answered(&mut self, node: usize, mut closing: Closing, outcome: &Outcome) {
        let collector = closing.collector;
        match outcome {
            Ok(_) if closing.settlement.state == SettlementState::Closing => {
                (closing.after, closing.tries) = (closing.last.clone(), 0);
                if !self.faults(100) {
                    return self.go_on(node, closing);
                }
                self.stats.count("process stopped in the middle of a close");
                let pause_us = self.random.between(0, STOPPED_US_MAX);
                let (life, closing) = (self.nodes[node].life, Box::new(closing));
                self.plan(pause_us, Happening::ClosesOn { node, life, closing });
            }
            Ok(_) => {
                let paid = closing.settlement.state == SettlementState::Due;
                self.stats.count(if paid { "window closed" } else { "window closed without a payment" });
                let places = [count(collector), i64::from(closing.settlement.window.to_epoch_days())];
                self.happened("a window closes", places);
                self.settle_soon(collector);
            }
            // a payment has moved on, and the part is read again; or the settlement, and another process is at it
            Err(Refused::Stale) => {
                let now = self.store.settlements.get(&(collector, closing.settlement.window)).cloned();
                closing.tries += 1;
                let before = now.filter(|now| {
                    now.state == SettlementState::Closing && now.parts < closing.settlement.parts
                });
                match before.filter(|_| closing.tries < TRIES_MAX) {
                    Some(before) => {
                        self.stats.count("part of a window read again");
                        closing.settlement = before;
                        self.go_on(node, closing);
                    }
                    None => self.stats.count("window that another process closes"),
                }
            }
            Err(_) => self.settle_soon(collector),
        }
    }
}

/// The pay date.
impl World {
    fn pay_due(&mut self, node: usize, collector: usize) {
        let now = self.node_now(node);
        let is_due = |s: &&Settlement| {
            s.paid_at.is_none()
                && s.pay_date.is_some_and(|date| {
                    date <= now.date() && self.store.memory.guard(&settling::due(s, date).0).is_some()
                })
        };
        let due: Vec<Settlement> = self.settlements(collector).filter(is_due).cloned().collect();
        for settlement in due {
            self.pay(node, collector, &settlement);
        }
    }

    fn pay(&mut self, node: usize, collector: usize, settlement: &Settlement) {
        match settling::pay(settlement, &Operator::system(), self.node_now(node)) {
            Ok(Step { settlement, commit }) => {
                let then = Then::Settles(Box::new(Settling::Paying(collector, settlement.window)));
                let kept = Kept::Settlement { collector, settlement: Box::new(settlement), advice: None };
                self.submit(node, Submitted { commit, kept, then });
            }
            Err(error) => self.fail("what is due can be paid", 0, error.to_string()),
        }
    }

    fn pay_answered(&mut self, node: usize, collector: usize, window: Date, outcome: &Outcome) {
        match outcome {
            Ok(_) => self.stats.count("net payment posted"),
            // its advice may have been answered meanwhile, or another process has posted it
            Err(Refused::Stale) => {
                let now = self.store.settlements.get(&(collector, window)).cloned();
                if let Some(settlement) = now.filter(|settlement| settlement.paid_at.is_none()) {
                    self.pay(node, collector, &settlement);
                }
            }
            Err(_) => self.settle_soon(collector),
        }
    }
}

/// The advices.
impl World {
    /// Sends what this process has not under way.
    fn advise_open(&mut self, node: usize, collector: usize) {
        let open = self.settlements(collector).filter(|s| self.is_unadvised(s)).map(|s| s.window);
        let open: Vec<Date> = open.collect();
        for window in open {
            if self.nodes[node].advices.insert((collector, window), 1).is_none() {
                self.advise(node, self.nodes[node].life, collector, window);
            }
        }
    }

    fn is_unadvised(&self, settlement: &Settlement) -> bool {
        settlement.advice == AdviceState::Open
            && self.store.memory.guard(&settling::unadvised(settlement).0).is_some()
    }

    pub fn advise(&mut self, node: usize, life: u32, collector: usize, window: Date) {
        if !self.lives(node, life) {
            return;
        }
        let place = (collector, window);
        let open = self.store.settlements.get(&place).is_some_and(|s| self.is_unadvised(s));
        match self.store.advices.get(&place).cloned().filter(|_| open) {
            Some(message) => {
                self.exchange_bytes(node, collector, message, Purpose::Advice(collector, window));
            }
            None => drop(self.nodes[node].advices.remove(&place)),
        }
    }

    /// The exchange of an advice came to something.
    pub fn advice_exchanged(&mut self, node: usize, collector: usize, window: Date, outcome: Exchanged) {
        if !self.survives(node, "crash between an answer to an advice and its record") {
            return;
        }
        match settling::conclude(outcome) {
            Ok((change, answer)) => {
                self.record_advice(node, Settling::Advised { collector, window, change, answer, tries: 1 });
            }
            Err(_) => self.advise_again(node, collector, window),
        }
    }

    fn advise_again(&mut self, node: usize, collector: usize, window: Date) {
        self.stats.count("advice sent again");
        let tries = self.nodes[node].advices.entry((collector, window)).or_default();
        *tries += 1;
        let intervals = (*tries).min(PAUSE_INTERVALS_MAX);
        let interval_s = i64::try_from(self.hub.resend_interval_s).unwrap_or(i64::MAX);
        let life = self.nodes[node].life;
        let pause_us = i64::from(intervals) * interval_s * SECOND_US;
        self.plan(pause_us, Happening::Advises { node, life, collector, window });
    }

    fn record_advice(&mut self, node: usize, advised: Settling) {
        let Settling::Advised { collector, window, ref change, ref answer, .. } = advised else { return };
        let now = self.store.settlements.get(&(collector, window)).cloned();
        let Some(settlement) = now.filter(|s| s.advice == AdviceState::Open) else {
            self.nodes[node].advices.remove(&(collector, window));
            return;
        };
        match settling::advised(&settlement, change, answer.clone(), self.node_now(node)) {
            Ok(Step { settlement, commit }) => {
                let kept = Kept::Settlement { collector, settlement: Box::new(settlement), advice: None };
                self.submit(node, Submitted { commit, kept, then: Then::Settles(Box::new(advised)) });
            }
            Err(error) => self.fail("an answer to an advice can be recorded", 0, error.to_string()),
        }
    }

    /// A commit of a settlement was answered.
    pub fn settling_answered(&mut self, node: usize, settling: Settling, outcome: &Outcome) {
        match settling {
            Settling::Closing(closing) => self.close_answered(node, closing, outcome),
            Settling::Paying(collector, window) => self.pay_answered(node, collector, window, outcome),
            Settling::Advised { collector, window, change, answer, tries } => match outcome {
                Ok(_) => {
                    self.stats.count("advice answered");
                    self.nodes[node].advices.remove(&(collector, window));
                }
                // it may have been paid meanwhile, or another process has the same answer
                Err(Refused::Stale) if tries < TRIES_MAX => {
                    let tries = tries + 1;
                    self.record_advice(node, Settling::Advised { collector, window, change, answer, tries });
                }
                Err(_) => self.advise_again(node, collector, window),
            },
        }
    }
}

/// The advices that a process has under way, and how often it has tried each. It starts anew with the process.
pub(crate) type Advices = BTreeMap<(usize, Date), u32>;
