//! What each day brings: payers, weather, breaks, and the round at its beginning that checks the day before.

use domain::Date;

use crate::happening::Happening;
use crate::network::{Break, Weather};
use crate::settings::PER_DAY;
use crate::trace::NOTHING;
use crate::world::World;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
/// How long before the end of a day the planners look at the next.
const BUSY_FROM_US: i64 = 7 * HOUR_US;

impl World {
    /// The first instant of a day, for whoever keeps business time.
    pub fn new_day(&mut self) {
        let business = self.store.business(self.now_us);
        let midnight = domain::Timestamp::from_jst(business.date(), domain::time::TimeOfDay::MIN);
        let to_midnight_us = DAY_US - (business.micros() - midnight.micros());
        self.plan(to_midnight_us, Happening::Day);
        // the clock was set back over midnight: the day is planned already
        if business.date() <= self.day {
            return;
        }
        self.day = business.date();
        self.days += 1;
        self.happened("a day begins", [self.now_us, NOTHING]);
        self.check_books();
        self.forget_the_past();
        self.fund();
        if self.held_payments >= self.settings.payments || self.days > self.settings.days {
            self.be_quiet();
        }
        let opens_us = 9 * HOUR_US;
        self.plan(opens_us, Happening::StaffLooks);
        self.plan_hands();
        self.plan_looks();
        self.plan_settling();
        if !self.quiet {
            self.plan_payers();
            self.plan_breaks();
        }
    }

    /// What the staff does of its own accord: closes what has waited since midnight, compares.
    fn plan_hands(&mut self) {
        let pause_us = self.random.between(SECOND_US, 5 * MINUTE_US);
        self.plan(pause_us, Happening::StaffCloses);
        if self.random.one_in(2) {
            let collector = self.random.index(self.collectors.len());
            let pause_us = self.random.between(9 * HOUR_US, 19 * HOUR_US);
            self.plan(pause_us, Happening::StaffCompares { collector });
        }
    }

    fn forget_the_past(&mut self) {
        let business = self.store.business(self.now_us);
        self.store.forget_before(business.date(), business.plus_seconds(-24 * 3_600));
        let long_past = business.plus_seconds(-60 * 24 * 3_600).date();
        for collector in 0..self.collectors.len() {
            self.collectors[collector].forget_the_past(self.now_us, long_past);
        }
        self.retire();
        self.forget_days(long_past);
        self.forget_settlements(long_past);
    }

    /// Days that are over and compared; the latest of each collector stays.
    fn forget_days(&mut self, before: Date) {
        let old = self.store.days.iter().filter(|((_, date), day)| *date < before && !day.unfinished);
        let old: Vec<_> = old.map(|(place, day)| (*place, day.entity())).collect();
        for (place, entity) in old {
            self.store.days.remove(&place);
            self.store.memory.forget(entity, &[], &[]);
        }
    }

    /// The payers have what they wanted; now everything must come to its end.
    fn be_quiet(&mut self) {
        self.quiet = true;
        self.quiet_days += 1;
        self.weather = Weather::CALM;
        self.intents.clear();
        for way in &mut self.ways {
            way.broken = None;
        }
        self.store.down_until_us = 0;
    }

    /// Slips that somebody pays, of a number that fits a usual day.
    fn some_slips(&mut self, fewest: i64, most: i64) -> i64 {
        let part = |of: i64| {
            let slips = i128::from(of) * i128::from(self.settings.per_day) / i128::from(PER_DAY);
            i64::try_from(slips).unwrap_or(i64::MAX)
        };
        let (fewest, most) = (part(fewest), part(most).max(1));
        self.random.between(fewest, most)
    }

    fn plan_payers(&mut self) {
        for _ in 0..self.some_slips(40, 220) {
            let collector = self.random.index(self.collectors.len());
            let (request, _) = self.new_slip(collector);
            let pause_us = match self.random.below(20) {
                // around midnight
                0 | 1 => self.random.between(DAY_US - 15 * MINUTE_US, DAY_US + 5 * MINUTE_US),
                2 => self.random.between(0, DAY_US),
                _ => self.random.between(BUSY_FROM_US, DAY_US),
            };
            self.new_intent(collector, &request, pause_us);
            if request.amount.is_some() {
                self.pays_again(collector, &request, pause_us);
            }
        }
        if self.random.one_in(6) {
            self.plan_burst();
        }
    }

    /// Where the payer types the amount, the same slip is paid again and again.
    fn pays_again(&mut self, collector: usize, request: &gateway::InquiryRequest, first_us: i64) {
        for _ in 0..self.random.below(4) {
            let pause_us = self.random.between(MINUTE_US, 10 * DAY_US);
            self.new_intent(collector, request, first_us + pause_us);
        }
    }

    fn plan_burst(&mut self) {
        let collector = self.random.index(self.collectors.len());
        let at_us = self.random.between(BUSY_FROM_US, DAY_US);
        if self.random.one_in(2) {
            let how = *self.random.pick(&[Break::Refuses, Break::Swallows, Break::Mutes]);
            let for_us = self.random.between(MINUTE_US, 20 * MINUTE_US);
            self.plan(at_us + 40 * SECOND_US, Happening::Breaks { collector, how, for_us });
        }
        for _ in 0..self.some_slips(30, 90) {
            let (request, _) = self.new_slip(collector);
            let pause_us = at_us + self.random.between(0, 90 * SECOND_US);
            self.new_intent(collector, &request, pause_us);
        }
    }

    fn plan_breaks(&mut self) {
        self.weather = if self.random.one_in(4) { Weather::FAIR } else { Weather::STORM };
        for _ in 0..self.random.below(4) {
            self.plan_break(SECOND_US, 10 * MINUTE_US);
        }
        if self.random.one_in(10) {
            self.plan_break(10 * MINUTE_US, 6 * HOUR_US);
        }
        if self.random.one_in(4) {
            self.plan_bad_midnight();
        }
        for _ in 0..self.random.below(4) {
            let (collector, pause_us) = self.somewhere();
            self.plan(pause_us, Happening::CollectorEnds { collector });
        }
        if self.random.one_in(2) {
            let (collector, pause_us) = self.somewhere();
            let for_us = self.random.between(SECOND_US, 20 * MINUTE_US);
            self.plan(pause_us, Happening::Stalls { collector, for_us });
        }
        if self.random.one_in(4) {
            let for_us = self.random.between(SECOND_US, 3 * MINUTE_US);
            let pause_us = self.random.between(0, DAY_US);
            self.plan(pause_us, Happening::DatabaseGone { for_us });
        }
        if self.random.one_in(3) {
            let pause_us = self.random.between(0, DAY_US);
            let step_us = self.random.between(-10 * MINUTE_US, 10 * MINUTE_US);
            self.plan(pause_us, Happening::SetsTheClock { step_us });
        }
        for _ in 0..self.random.below(3) {
            let node = self.random.index(self.nodes.len());
            let pause_us = self.random.between(0, DAY_US);
            self.plan(pause_us, Happening::Ends { node });
        }
        if self.random.one_in(8) {
            self.redeploy();
        }
    }

    /// A collector is away when the day ends, perhaps until the morning.
    fn plan_bad_midnight(&mut self) {
        let (collector, _) = self.somewhere();
        let how = *self.random.pick(&[Break::Refuses, Break::Swallows, Break::Mutes]);
        let early_us = self.random.between(-MINUTE_US, 20 * MINUTE_US);
        let hours = if self.random.one_in(3) { 8 * HOUR_US } else { HOUR_US };
        let for_us = self.random.between(10 * MINUTE_US, hours);
        self.plan(DAY_US - early_us, Happening::Breaks { collector, how, for_us });
        for _ in 0..self.random.below(12) {
            let (request, _) = self.new_slip(collector);
            let before_us = self.random.between(0, 2 * MINUTE_US);
            self.new_intent(collector, &request, DAY_US - early_us - before_us);
        }
    }

    fn somewhere(&mut self) -> (usize, i64) {
        (self.random.index(self.collectors.len()), self.random.between(0, DAY_US))
    }

    fn plan_break(&mut self, shortest_us: i64, longest_us: i64) {
        let (collector, pause_us) = self.somewhere();
        let how = *self.random.pick(&[Break::Refuses, Break::Swallows, Break::Mutes]);
        let for_us = self.random.between(shortest_us, longest_us);
        self.plan(pause_us, Happening::Breaks { collector, how, for_us });
    }

    /// From several processes on a server to one on an embedded database, or back: all are stopped first.
    fn redeploy(&mut self) {
        self.embedded = !self.embedded;
        self.stats.count("change between one process and two");
        for node in 0..self.nodes.len() {
            if self.nodes[node].up {
                self.crash_node(node, "crash of all processes");
            } else {
                self.plan(MINUTE_US, Happening::Starts { node });
            }
        }
    }
}
