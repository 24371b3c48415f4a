//! What does not match: collectors that book a clearing wrongly now and then, and the people who look after the breaks
//! that comparisons find. A break is looked at some hours later, compared again, put right at the collector, resolved.

use domain::time::TimeOfDay;
use domain::{BreakId, Date, Serial, Timestamp, Yen};
use gateway::decisions::{Act, Change};
use gateway::reconciliation::{BreakClass, HubItem};

use crate::collector::{Entry, Recorded};
use crate::happening::Happening;
use crate::store::{BreakRows, FoundBreak};
use crate::trace::NOTHING;
use crate::world::World;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
/// Of a thousand clearings so many are booked wrongly.
const WRONG_PER_MILLE: u64 = 3;
/// Hours of the day in which people look after breaks.
const OFFICE_HOURS: std::ops::Range<i64> = 8..20;

/// A clearing that a collector has booked wrongly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong {
    pub payment: u64,
    pub serial: Serial,
    pub entry: Entry,
    pub since_us: i64,
    /// When the collector put it right.
    pub mended_us: Option<i64>,
}

impl Wrong {
    /// What a comparison has to call it.
    pub fn class(&self) -> BreakClass {
        match self.entry {
            Entry::Missing => BreakClass::MissingThere,
            Entry::Double => BreakClass::Duplicate,
            Entry::Right | Entry::Amount(_) => BreakClass::AmountDiffers,
        }
    }

    /// By how much the collector has more than the payment. What was taken back has no money on either side.
    pub fn difference(&self, item: &HubItem) -> Yen {
        let there: i64 = self.entry.amounts(item.amount.get()).sum();
        Yen::new(if item.state.is_paid() { there - item.amount.get() } else { 0 })
    }
}

/// The collectors.
impl World {
    /// Now and then a collector loses what it has just recorded, books it twice or with another amount.
    pub fn perhaps_books_wrongly(&mut self, collector: usize, recorded: &Recorded) {
        let Recorded::Clearing { key, amount, cleared: true, .. } = recorded else { return };
        if !self.faults(WRONG_PER_MILLE) {
            return;
        }
        let (entry, what) = match self.random.below(3) {
            0 => (Entry::Missing, "clearing that its collector lost"),
            1 => (Entry::Double, "clearing that its collector booked twice"),
            _ => {
                let other = amount + self.random.between(1, 999);
                (Entry::Amount(other), "clearing that its collector booked with another amount")
            }
        };
        let Some(payment) = self.keys.get(key).copied() else { return };
        let Some((date, serial)) = self.collectors[collector].book(key, entry) else { return };
        self.stats.count(what);
        self.note(payment, what, [NOTHING, NOTHING]);
        let wrong = Wrong { payment, serial, entry, since_us: self.now_us, mended_us: None };
        self.wrong.entry((collector, date)).or_default().push(wrong);
    }

    /// The collector puts right what it has of a payment.
    fn mend(&mut self, place: (usize, Date), payment: u64) {
        let now_us = self.now_us;
        let wrong = self.wrong.get_mut(&place).into_iter().flatten();
        for wrong in wrong.filter(|wrong| wrong.payment == payment && wrong.mended_us.is_none()) {
            wrong.mended_us = Some(now_us);
        }
        if let Some(key) = self.store.facts.get(&payment).map(|facts| facts.message_key.clone()) {
            self.collectors[place.0].book(&key, Entry::Right);
            self.note(payment, "the collector puts its books right", [NOTHING, NOTHING]);
        }
    }

    /// Whether a collector still has a payment wrong.
    pub fn is_booked_wrongly(&self, place: (usize, Date), payment: u64) -> bool {
        let mut wrong = self.wrong.get(&place).into_iter().flatten();
        wrong.any(|wrong| wrong.payment == payment && wrong.mended_us.is_none())
    }
}

/// The people.
impl World {
    /// A comparison is committed: somebody will look after what it found.
    pub fn broken(&mut self, place: (usize, Date), rows: &BreakRows) {
        for found in rows.new.iter().filter(|found| found.holds()) {
            self.stats.count(match found.known.class {
                BreakClass::MissingThere => "break found: missing there",
                BreakClass::Duplicate => "break found: duplicate",
                BreakClass::AmountDiffers => "break found: amount differs",
                _ => "break found: another",
            });
            self.note(found.payment.unwrap_or_default(), "a comparison finds a break", [NOTHING, NOTHING]);
            let pause_us = self.random.between(HOUR_US, 30 * HOUR_US);
            let (collector, date) = place;
            self.plan(pause_us, Happening::StaffResolves { collector, date, found: found.known.id });
        }
    }

    /// Somebody looks after a break, in office hours, until it has ended.
    pub fn staff_resolves(&mut self, collector: usize, date: Date, id: BreakId) {
        let place = (collector, date);
        let found = self.store.open_breaks(place).find(|found| found.known.id == id).cloned();
        let Some(found) = found else { return };
        let pause_us = self.random.between(HOUR_US, 4 * HOUR_US);
        self.plan(pause_us, Happening::StaffResolves { collector, date, found: id });
        let now = self.store.business(self.now_us);
        let hour = now.seconds_since(Timestamp::from_jst(now.date(), TimeOfDay::MIN)) / 3_600;
        let Some(node) = self.some_node().filter(|_| OFFICE_HOURS.contains(&hour)) else { return };
        let way = self.random.below(4);
        if way > 0 {
            self.mend(place, found.payment.unwrap_or_default());
        }
        if way < 2 {
            self.compare_by_hand(node, place);
        } else {
            self.resolve_break(node, place, &found);
        }
    }

    /// Somebody compares a day of a collector, whether it is closed or goes on.
    pub fn staff_compares(&mut self, collector: usize) {
        let Some(node) = self.some_node() else { return };
        let today = self.node_now(node).date();
        let date = if self.random.one_in(2) { Some(today) } else { today.pred_opt() };
        self.compare_by_hand(node, (collector, date.unwrap_or(today)));
    }

    fn compare_by_hand(&mut self, node: usize, place: (usize, Date)) {
        let Some(day) = self.store.days.get(&place).cloned() else { return };
        self.stats.count("day compared by hand");
        self.begin_errand(node, place.0, day, Act::Reconcile, Some(u32::MAX));
    }

    /// One person says what was done, another has checked it.
    fn resolve_break(&mut self, node: usize, place: (usize, Date), found: &FoundBreak) {
        let Some(day) = self.store.days.get(&place).cloned() else { return };
        self.stats.count("break resolved by two people");
        let rows = BreakRows { resolved: Some(found.known.id), ..BreakRows::default() };
        self.write_step(node, place.0, &day, &Change::BreakResolved, rows, None);
    }

    /// A break is resolved: what it held may settle.
    pub fn resolved(&mut self, place: (usize, Date), id: BreakId) {
        let found = self.store.breaks.get(&place).into_iter().flatten().find(|found| found.known.id == id);
        let Some(found) = found.cloned() else { return };
        let open = !found.known.resolved;
        let payment = found.payment.unwrap_or_default();
        self.expect(open, "a break is resolved once", payment, |_| found.known.subject.clone());
        self.note(payment, "two people resolve its break", [NOTHING, NOTHING]);
        let paid = found.known.facts.hub.as_ref().is_some_and(|hub| hub.state.is_paid());
        self.cases.entry(payment).or_default().compared |= paid;
    }
}
