//! 開局, 予備閉局, 閉局 and 精査: the steps of every collector's days, each an errand of several exchanges and commits.

use std::collections::HashSet;
use std::rc::Rc;

use collectors::Outcome as Exchanged;
use collectors::protocol::{
    Body, Close, Counter, CounterAnswer, Counters, Header, Line, Lines, LinesAnswer, Message, Service,
    ServiceAnswer,
};
use domain::{BreakId, CentreCode, Date, ResponseCode, Serial, Timestamp};
use gateway::decisions::breaks::{self, Known};
use gateway::decisions::{self, Act, Change, Plan};
use gateway::reconciliation::{BreakClass, Comparison, HubItem, Summary, compare};
use gateway::service::{BothCounters, ServiceDay, ServiceState};
use gateway::{Operator, StoreError};
use ledger::{Commit, Refused};

use super::committing::{Kept, Outcome};
use super::{Purpose, Submitted, Then, count};
use crate::checks::Compared;
use crate::happening::Happening;
use crate::network::Request;
use crate::settings::Mistake;
use crate::store::{BreakRows, FoundBreak, payment_number};
use crate::world::World;

const SECOND_US: i64 = 1_000_000;
/// How often a step is taken anew because another process took one.
const TRIES_MAX: u32 = 5;
/// The longest pause between two tries, in resend intervals.
const PAUSE_INTERVALS_MAX: i64 = 8;
/// Days that are begun for one collector in one look.
const DAYS_BEGUN_MAX: usize = 31;

/// Where an errand is.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// Open, PreClose or Close is being told.
    Telling(Counters),
    /// The close is being written down.
    Closing,
    /// The step itself is being written down.
    Taking,
    /// The collector's counters are asked for, before the lines.
    CountingBefore,
    /// A page of lines is asked for.
    Reading(Counters, Vec<Line>),
    /// The counters once more.
    CountingAfter(Counters, Vec<Line>),
}

/// One step of a day under way in one process.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub collector: usize,
    pub date: Date,
    pub act: Act,
    /// By a person, who carries open payments forward and knows of so many open breaks.
    by_hand: Option<u32>,
    stage: Stage,
    /// The day as it was read first, and the hub's own payments of it.
    day: ServiceDay,
    items: Vec<HubItem>,
    /// The payments that its comparison found accepted on both sides.
    compared: Vec<u64>,
    /// When the collector's word was asked for.
    asked_us: i64,
    tries: u32,
}

/// A change of a day on its way to the database.
pub(crate) struct Taking {
    errand: Errand,
    change: Change,
}

/// When the schedule may try a collector's days again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keeping {
    /// The process that takes a step now.
    busy: Option<(usize, u32)>,
    failures: i64,
    not_before_us: i64,
}

/// The schedule.
impl World {
    /// Begins what is due at one collector.
    pub fn keep_days(&mut self, collector: usize) {
        let Some(node) = self.some_node() else { return };
        self.begin_days(node, collector);
        let busy = self.keeping[collector].busy.is_some_and(|(node, life)| self.lives(node, life));
        // two processes may look after the days for a moment
        if busy && !self.faults(30) {
            return;
        }
        let not_before_us = self.keeping[collector].not_before_us;
        if self.now_us < not_before_us {
            return self.plan(not_before_us - self.now_us, Happening::KeepsDays { collector });
        }
        let now = self.node_now(node);
        let days: Vec<ServiceDay> = self
            .store
            .days
            .range((collector, Date::MIN)..=(collector, Date::MAX))
            .filter(|(_, day)| day.unfinished)
            .map(|(_, day)| day.clone())
            .collect();
        for day in days {
            let plan = Plan::of(&self.collectors[collector].row.hours, day.date, self.hub.pre_close_s);
            let open = self.open_items(collector, day.date);
            let over = self.makes(Mistake::SettlesOutdated) && is_compared(&day);
            if let Some(act) = decisions::due(&day, &plan, open, now).filter(|_| !over) {
                self.begin_errand(node, collector, day, act, None);
                return;
            }
        }
    }

    /// Plans the looks of a day that begins.
    pub fn plan_looks(&mut self) {
        let business = self.store.business(self.now_us);
        for collector in 0..self.collectors.len() {
            let hours = &self.collectors[collector].row.hours;
            let plan = Plan::of(hours, business.date(), self.hub.pre_close_s);
            let times = [plan.opens_at, plan.pre_closes_at, Some(plan.closes_at), Some(business)];
            for at in times.into_iter().flatten().filter(|at| *at >= business) {
                let late_us = self.random.between(0, 500_000);
                self.plan(at.micros() - business.micros() + late_us, Happening::KeepsDays { collector });
            }
            for hour in 1..24 {
                self.plan(hour * 3_600 * SECOND_US, Happening::KeepsDays { collector });
            }
        }
    }

    fn begin_days(&mut self, node: usize, collector: usize) {
        let today = self.node_now(node).date();
        let latest = self.store.days.range((collector, Date::MIN)..=(collector, Date::MAX)).next_back();
        let first = latest.map_or(Some(today), |((_, latest), _)| latest.succ_opt());
        let missing = first.into_iter().flat_map(|first| first.iter_days());
        let missing: Vec<Date> = missing.take_while(|date| *date <= today).take(DAYS_BEGUN_MAX).collect();
        for date in missing {
            let number = self.collectors[collector].row.number.clone();
            let day = ServiceDay::new(number, date);
            self.write_step(node, collector, &day, &Change::Began, BreakRows::default(), None);
        }
    }

    /// The payments and cancellations of a day without a known outcome.
    pub(super) fn open_items(&self, collector: usize, date: Date) -> u32 {
        let of_day = |entity: ledger::EntityId| {
            let facts = self.store.facts.get(&crate::store::payment_number(entity.0));
            facts.is_some_and(|f| f.receipt_date == date && self.place_of(f) == collector)
        };
        let open = self.store.memory.open_work().filter(|(_, work)| of_day(work.entity));
        u32::try_from(open.count()).unwrap_or(u32::MAX)
    }

    /// A step by the schedule, or by the staff, who carries open payments forward and names open breaks.
    pub fn begin_errand(
        &mut self,
        node: usize,
        collector: usize,
        day: ServiceDay,
        act: Act,
        by_hand: Option<u32>,
    ) {
        self.keeping[collector].busy = Some((node, self.nodes[node].life));
        let date = day.date;
        let stage = Stage::Taking;
        let (items, compared) = (Vec::new(), Vec::new());
        let (asked_us, tries) = (self.now_us, 0);
        let errand = Errand { collector, date, act, by_hand, stage, day, items, compared, asked_us, tries };
        match act {
            Act::Open => self.tell(node, errand, Counters::default()),
            Act::PreClose => self.tell(node, errand, Counters::default()),
            Act::Close => self.begin_close(node, errand),
            Act::Reconcile => self.begin_comparison(node, errand),
        }
    }

    fn begin_close(&mut self, node: usize, mut errand: Errand) {
        if errand.by_hand.is_some_and(|known| errand.day.open_breaks() > known) {
            self.stats.count("close by hand that open breaks hold");
            return self.errand_ends(errand.collector, false);
        }
        let carry_forward = errand.by_hand.is_some() || errand.day.carried_forward;
        if !carry_forward && self.open_items(errand.collector, errand.date) > 0 {
            self.stats.count("close of a day that waits for an outcome");
            return self.errand_ends(errand.collector, false);
        }
        // written down before anything is counted: from here on nothing new is held or sent
        errand.stage = Stage::Closing;
        let change = Change::Closing { carry_forward: errand.by_hand.is_some() };
        self.take(node, errand, change);
    }

    fn begin_comparison(&mut self, node: usize, mut errand: Errand) {
        let Some(day) = self.store.days.get(&(errand.collector, errand.date)).cloned() else { return };
        errand.day = day;
        errand.items = self.hub_items(errand.collector, errand.date);
        errand.asked_us = self.now_us;
        errand.stage = Stage::CountingBefore;
        self.ask_counters(node, errand);
    }

    fn errand_ends(&mut self, collector: usize, succeeded: bool) {
        let keeping = &mut self.keeping[collector];
        keeping.busy = None;
        keeping.failures = if succeeded { 0 } else { keeping.failures + 1 };
        let interval_s = i64::try_from(self.hub.resend_interval_s).unwrap_or(i64::MAX);
        let pause_us = keeping.failures.min(PAUSE_INTERVALS_MAX) * interval_s * SECOND_US;
        keeping.not_before_us = self.now_us + pause_us;
        // a day that waits for people is looked at every hour
        if keeping.failures < 2 * PAUSE_INTERVALS_MAX {
            self.plan(pause_us + SECOND_US / 2, Happening::KeepsDays { collector });
        }
    }
}

/// The exchanges.
impl World {
    fn request(&mut self, node: usize, errand: Errand, body: Body) {
        let key = self.next_key(node);
        let collector = errand.collector;
        let number = &self.collectors[collector].row.number;
        let centre: CentreCode =
            format!("C{number}").parse().unwrap_or_else(|_| unreachable!("a collector's centre code"));
        let header = Header::request(&key, centre, self.node_now(node));
        let request = Request::write(Message { header, body });
        self.exchange(node, collector, request, Purpose::Day(Rc::new(errand)));
    }

    fn service(&self, collector: usize) -> Service {
        Service { bank: self.hub.bank.clone(), kind: self.collectors[collector].row.kind }
    }

    fn tell(&mut self, node: usize, mut errand: Errand, counters: Counters) {
        let service = self.service(errand.collector);
        let Service { bank, kind } = service.clone();
        let body = match errand.act {
            Act::Open => Body::Open(service),
            Act::PreClose => Body::PreClose(service),
            _ => Body::Close(Close { bank, kind, counted_date: errand.date, counters }),
        };
        errand.stage = Stage::Telling(counters);
        self.request(node, errand, body);
    }

    fn ask_counters(&mut self, node: usize, errand: Errand) {
        let Service { bank, kind } = self.service(errand.collector);
        let body = Body::Counter(Counter { bank, kind, counted_date: errand.date });
        self.request(node, errand, body);
    }

    fn ask_lines(&mut self, node: usize, errand: Errand, after: Option<Serial>) {
        let Service { bank, kind } = self.service(errand.collector);
        let body = Body::Lines(Lines { bank, kind, counted_date: errand.date, after });
        self.request(node, errand, body);
    }

    /// An exchange of an errand came to something.
    pub fn errand_exchanged(&mut self, node: usize, errand: &Errand, outcome: Exchanged) {
        let mut errand = errand.clone();
        let collector = errand.collector;
        if !self.survives(node, "crash between an answer about a day and its record") {
            return;
        }
        let Exchanged::Answered(answer) = outcome else {
            self.stats.count("step of a day without an answer");
            return self.errand_ends(collector, false);
        };
        match (errand.stage.clone(), answer.message.body) {
            (Stage::Telling(_), Body::ServiceAnswer(ServiceAnswer { code: ResponseCode::Normal })) => {
                let change = if errand.act == Act::Open { Change::Opened } else { Change::PreClosed };
                errand.stage = Stage::Taking;
                self.take(node, errand, change);
            }
            (Stage::Telling(hub), Body::CounterAnswer(CounterAnswer::Counted(theirs))) => {
                let counters = BothCounters { at: self.node_now(node), hub, collector: theirs };
                errand.stage = Stage::Taking;
                self.take(node, errand, Change::Closed(counters));
            }
            (Stage::CountingBefore, Body::CounterAnswer(CounterAnswer::Counted(counters))) => {
                errand.stage = Stage::Reading(counters, Vec::new());
                self.ask_lines(node, errand, None);
            }
            (
                Stage::Reading(counters, mut lines),
                Body::LinesAnswer(LinesAnswer::Page { lines: page, more }),
            ) => {
                lines.extend(page);
                let last = lines.last().map(|line| line.serial);
                if more {
                    errand.stage = Stage::Reading(counters, lines);
                    self.ask_lines(node, errand, last);
                } else {
                    errand.stage = Stage::CountingAfter(counters, lines);
                    self.ask_counters(node, errand);
                }
            }
            (Stage::CountingAfter(before, lines), Body::CounterAnswer(CounterAnswer::Counted(after))) => {
                self.keep_comparison(node, errand, &lines, (before == after).then_some(after));
            }
            _ => {
                self.stats.count("step of a day that the collector did not take");
                self.errand_ends(collector, false);
            }
        }
    }

    fn keep_comparison(
        &mut self,
        node: usize,
        mut errand: Errand,
        lines: &[Line],
        counters: Option<Counters>,
    ) {
        let closed = errand.day.state == ServiceState::Closed;
        if counters.is_none() && closed {
            return self.errand_ends(errand.collector, false);
        }
        let items = decisions::moved(&errand.items, self.hub_items(errand.collector, errand.date));
        let mut comparison = compare(&items, lines, counters);
        if self.makes(Mistake::OverlooksBreaks) {
            comparison.differences.retain(|found| found.class != BreakClass::MissingThere);
        }
        let number = errand.day.reconciliation.as_ref().map_or(0, |r| r.number) + 1;
        let mut summary = Summary::of(number, closed, &comparison);
        let place = (errand.collector, errand.date);
        let mut rows = self.turn_breaks(place, &comparison, &mut summary);
        rows.asked_us = Some(errand.asked_us);
        self.about = Some(place);
        let compared = Compared { items: &items, comparison: &comparison, asked_us: errand.asked_us };
        self.check_comparison(place, &errand.day, compared, &summary);
        self.about = None;
        if closed {
            errand.compared = found_accepted(&items, &comparison);
        }
        errand.stage = Stage::Taking;
        let (collector, day) = (errand.collector, errand.day.clone());
        let change = Change::Reconciled(summary);
        self.write_step(node, collector, &day, &change.clone(), rows, Some(Taking { errand, change }));
    }

    /// What the comparison does to the breaks of its day, and how many are open then.
    fn turn_breaks(&self, place: (usize, Date), comparison: &Comparison, summary: &mut Summary) -> BreakRows {
        let known = self.store.breaks.get(&place).into_iter().flatten();
        let known: Vec<Known> = known.map(|found| found.known.clone()).collect();
        let turn = breaks::turn(&known, &comparison.differences, usize::MAX);
        let open = if self.makes(Mistake::ForgetsOpenBreaks) { turn.new.len() } else { turn.open };
        summary.open_breaks = u32::try_from(open).unwrap_or(u32::MAX);
        let new = turn.new.iter().map(|found| FoundBreak {
            known: Known {
                id: BreakId::generate(),
                class: found.class,
                subject: found.subject.to_string(),
                facts: found.facts.clone(),
                resolved: false,
            },
            payment: found.facts.hub.as_ref().map(|hub| payment_number(hub.payment.uuid())),
        });
        BreakRows { new: new.collect(), vanished: turn.vanished, ..BreakRows::default() }
    }
}

/// The commits.
impl World {
    /// Takes a step from wherever the day stands meanwhile.
    fn take(&mut self, node: usize, errand: Errand, change: Change) {
        let collector = errand.collector;
        let Some(day) = self.store.days.get(&(collector, errand.date)).cloned() else {
            return self.errand_ends(collector, false);
        };
        if day.says_already(&change) {
            return self.taken(node, errand, &change);
        }
        if day.after(&change, self.node_now(node)).is_none() {
            return self.errand_ends(collector, false);
        }
        let given = change.clone();
        let taking = Some(Taking { errand, change });
        self.write_step(node, collector, &day, &given, BreakRows::default(), taking);
    }

    /// Writes a step on the day as it was read: what changed since makes it stale.
    fn write_step(
        &mut self,
        node: usize,
        collector: usize,
        day: &ServiceDay,
        change: &Change,
        breaks: BreakRows,
        taking: Option<Taking>,
    ) {
        let now = self.node_now(node);
        match step(day, change, now) {
            Ok((next, commit)) => {
                let compared = taking.as_ref().map(|t| t.errand.compared.clone()).unwrap_or_default();
                let kept = Kept::Day { collector, day: Box::new(next), compared, breaks: Box::new(breaks) };
                let then = taking.map_or(Then::Nothing, |taking| Then::Day(Box::new(taking)));
                self.submit(node, Submitted { commit, kept, then });
            }
            Err(error) => self.fail("a day's step can be written", 0, error.to_string()),
        }
    }

    /// The commit of a step was answered.
    pub fn step_answered(&mut self, node: usize, taking: Taking, outcome: &Outcome) {
        let Taking { mut errand, change } = taking;
        match outcome {
            Ok(_) => self.taken(node, errand, &change),
            Err(Refused::Stale | Refused::Guarded { .. }) if errand.tries < TRIES_MAX => {
                errand.tries += 1;
                match change {
                    Change::Reconciled(_) => self.begin_comparison(node, errand),
                    change => self.take(node, errand, change),
                }
            }
            Err(_) => self.errand_ends(errand.collector, false),
        }
    }

    fn taken(&mut self, node: usize, errand: Errand, change: &Change) {
        let place = errand.collector;
        if let Stage::Closing = errand.stage {
            let Some(day) = self.store.days.get(&(place, errand.date)) else { return };
            if !day.carried_forward && self.open_items(place, errand.date) > 0 {
                self.stats.count("close of a day that waits for an outcome");
                return self.errand_ends(place, false);
            }
            let hub = decisions::hub_counters(&self.hub_items(place, errand.date));
            return self.tell(node, errand, hub);
        }
        self.stats.count(match change {
            Change::Opened => "day opened",
            Change::PreClosed => "day pre-closed",
            Change::Closed(_) => "day closed",
            _ => "day compared",
        });
        if let Change::Reconciled(_) = change {
            self.settle_soon(place);
        }
        self.happened("a day moves on", [count(place), i64::from(errand.date.to_epoch_days())]);
        self.errand_ends(place, true);
    }
}

/// Whether a day was compared since its close.
pub(super) fn is_compared(day: &ServiceDay) -> bool {
    day.reconciliation.as_ref().is_some_and(|summary| summary.after_close)
}

/// The payments that both sides have as accepted.
fn found_accepted(items: &[HubItem], comparison: &Comparison) -> Vec<u64> {
    let differs: HashSet<_> =
        comparison.differences.iter().filter_map(|d| d.facts.hub.as_ref()).map(|hub| hub.payment).collect();
    let found =
        |item: &&HubItem| item.state.is_paid() && !item.cancelling && !differs.contains(&item.payment);
    items.iter().filter(found).map(|item| payment_number(item.payment.uuid())).collect()
}

fn step(day: &ServiceDay, change: &Change, now: Timestamp) -> Result<(ServiceDay, Commit), StoreError> {
    let impossible = || StoreError::Corrupt(format!("{} after {}", change.kind(), day.state));
    let next = day.after(change, now).ok_or_else(impossible)?;
    let commit = decisions::day_commit(day, &next, change, &Operator::system(), now, Commit::default())?;
    Ok((next, commit))
}
