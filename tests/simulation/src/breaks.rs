//! What does not match: collectors that book a clearing wrongly now and then, and the people who look after the breaks
//! that comparisons find. A break is looked at some hours later, compared again, put right at the collector, ended by
//! a note; or the payment is paid back.

use domain::time::TimeOfDay;
use domain::{BreakId, Date, Serial, Timestamp, TransferId, Yen};
use gateway::decisions::{self, Act, Change};
use gateway::payment::Facts;
use gateway::payment::refund::{self, Refund};
use gateway::reconciliation::{BreakClass, Ending, HubItem, Standing, may_end};
use gateway::{Operator, StoreError};
use ledger::Commit;

use crate::checks::is_cancelling;
use crate::collector::{Entry, Recorded};
use crate::happening::Happening;
use crate::hub::{Kept, Submitted, Then};
use crate::settings::Mistake;
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
                let by = self.random.between(1, 999);
                let less = *amount > by && self.random.one_in(2);
                let other = if less { amount - by } else { amount + by };
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
    pub fn mend(&mut self, place: (usize, Date), payment: u64) {
        if !self.is_booked_wrongly(place, payment) {
            return;
        }
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

impl World {
    /// Whether a collector's books have less of a payment than its amount.
    pub fn is_lacking(&self, place: (usize, Date), payment: u64, amount: i64) -> bool {
        let wrong = self.wrong.get(&place).into_iter().flatten();
        let mut wrong = wrong.filter(|wrong| wrong.payment == payment && wrong.mended_us.is_none());
        wrong.any(|wrong| wrong.entry.amounts(amount).sum::<i64>() < amount)
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
        let payment = found.payment.unwrap_or_default();
        let lacks = found.known.facts.lacks();
        match self.random.below(5) {
            // nobody has done anything about it yet
            0 => self.compare_by_hand(node, place),
            1 => {
                self.mend(place, payment);
                self.compare_by_hand(node, place);
            }
            // nothing of it goes to the collector, and it may put it right later
            2 | 3 if !lacks => {
                if self.random.one_in(2) {
                    self.mend(place, payment);
                } else {
                    let pause_us = self.random.between(HOUR_US, 24 * HOUR_US);
                    self.plan(pause_us, Happening::Mends { collector, date, payment });
                }
                self.end_break(node, place, &found, Ending::Noted);
            }
            2 if self.makes(Mistake::NotesWhatIsLacking) => {
                self.end_break(node, place, &found, Ending::Noted);
            }
            _ => self.begin_refund(node, place, &found),
        }
    }

    /// The collector says that it never had it. Its books decide, and now and then they show it after all.
    fn begin_refund(&mut self, node: usize, place: (usize, Date), found: &FoundBreak) {
        if !self.may_end(place, found, Ending::Refunded) {
            self.stats.count("break that is not to be paid back as things stand");
            return;
        }
        if self.random.one_in(4) {
            self.mend(place, found.payment.unwrap_or_default());
        }
        if self.makes(Mistake::RefundsUncompared) {
            return self.end_break(node, place, found, Ending::Refunded);
        }
        self.compare_by_hand(node, place);
        let pause_us = self.random.between(MINUTE_US, 10 * MINUTE_US);
        let ((collector, date), asked_us) = (place, self.now_us);
        self.plan(pause_us, Happening::StaffRefunds { collector, date, found: found.known.id, asked_us });
    }

    /// The payment goes back where the comparison that was asked for has found the same.
    pub fn staff_refunds(&mut self, collector: usize, date: Date, id: BreakId, asked_us: i64) {
        let place = (collector, date);
        let compared = self.store.asked_us.get(&place).is_some_and(|last_us| *last_us >= asked_us);
        let Some(node) = self.some_node().filter(|_| compared) else { return };
        let found = self.store.open_breaks(place).find(|found| found.known.id == id).cloned();
        match found {
            Some(found) => self.end_break(node, place, &found, Ending::Refunded),
            None => self.stats.count("payment that was to go back, and is in the collector's books"),
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

    fn may_end(&self, place: (usize, Date), found: &FoundBreak, ending: Ending) -> bool {
        let Some(day) = self.store.days.get(&place) else { return false };
        let standing = found.payment.and_then(|payment| self.load(payment)).map(|(_, position)| Standing {
            state: position.state,
            cancelling: is_cancelling(&position),
            since_claim_s: position
                .claimed_at
                .map_or(i64::MAX, |at| self.store.business(self.now_us).seconds_since(at)),
        });
        let careless = self.makes(Mistake::NotesWhatIsLacking) && ending == Ending::Noted;
        let FoundBreak { known, .. } = found;
        careless || may_end(known.class, &known.facts, ending, standing, day.into()).is_ok()
    }

    /// One person says what was done, another has checked it.
    fn end_break(&mut self, node: usize, place: (usize, Date), found: &FoundBreak, ending: Ending) {
        if !self.may_end(place, found, ending) {
            self.stats.count("break that does not end so as things stand");
            return;
        }
        match self.ending(node, place, found, ending) {
            Ok(Some(submitted)) => self.submit(node, submitted),
            Ok(None) => {}
            Err(error) => {
                self.fail("a break can be ended", found.payment.unwrap_or_default(), error.to_string());
            }
        }
    }

    fn ending(
        &self,
        node: usize,
        place: (usize, Date),
        found: &FoundBreak,
        ending: Ending,
    ) -> Result<Option<Submitted>, StoreError> {
        let now = self.node_now(node);
        let change = match ending {
            Ending::Refunded => Change::PaidBack { again_on: now.date().succ_opt().unwrap_or(Date::MAX) },
            Ending::Noted | Ending::Recorded => Change::BreakResolved,
        };
        let Some(day) = self.store.days.get(&place) else { return Ok(None) };
        let Some(next) = day.after(&change, now) else { return Ok(None) };
        let mut breaks = BreakRows { resolved: Some(found.known.id), ..BreakRows::default() };
        let mut commit = Commit::default();
        if ending == Ending::Refunded {
            let Some((facts, position)) = found.payment.and_then(|payment| self.load(payment)) else {
                return Ok(None);
            };
            let refund = Refund {
                payment: facts.id,
                found: found.known.id,
                at: now,
                maker: Operator::staff(1),
                checker: Operator::staff(2),
                reversal: TransferId::generate(),
                fee_reversal: facts.fee_hold.map(|_| TransferId::generate()),
            };
            let again = self.collectors[place.0].row.payer_types_amount(facts.category.as_ref());
            commit = refund::refund(&facts, position, &refund, again)?.commit;
            breaks.refund = Some(refund);
        }
        let commit = decisions::day_commit(day, &next, &change, &Operator::staff(1), now, commit)?;
        let (collector, compared, breaks) = (place.0, Vec::new(), Box::new(breaks));
        let kept = Kept::Day { collector, day: Box::new(next), compared, breaks };
        Ok(Some(Submitted { commit, kept, then: Then::Nothing }))
    }

    /// A break is ended by people.
    pub fn resolved(&mut self, place: (usize, Date), id: BreakId, refund: Option<&Refund>) {
        let found = self.store.breaks.get(&place).into_iter().flatten().find(|found| found.known.id == id);
        let Some(found) = found.cloned() else { return };
        let open = !found.known.resolved;
        let payment = found.payment.unwrap_or_default();
        self.expect(open, "a break is resolved once", payment, |_| found.known.subject.clone());
        let Some(refund) = refund else {
            self.stats.count("break ended by a note of two people");
            self.note(payment, "two people end its break by a note", [NOTHING, NOTHING]);
            let paid = found.known.facts.hub.as_ref().is_some_and(|hub| hub.state.is_paid());
            self.cases.entry(payment).or_default().compared |= paid;
            return;
        };
        self.stats.count("payment paid back");
        self.note(payment, "two people pay it back", [NOTHING, NOTHING]);
        let other = self.store.refunds.insert(payment, refund.clone());
        self.expect(other.is_none(), "a payment is paid back once", payment, |_| format!("{other:?}"));
    }

    /// A payment is paid back: its collector never had it, and the bill may be paid anew.
    pub fn paid_back(&mut self, collector: usize, payment: u64, facts: &Facts) {
        let place = (collector, facts.receipt_date);
        let mut wrong = self.wrong.get(&place).into_iter().flatten();
        let missing = wrong.any(|wrong| {
            wrong.payment == payment && wrong.mended_us.is_none() && wrong.entry == Entry::Missing
        });
        self.expect(missing, "what is paid back is not in the collector's books", payment, |_| String::new());
        let now_us = self.now_us;
        let wrong = self.wrong.get_mut(&place).into_iter().flatten();
        wrong.filter(|wrong| wrong.payment == payment).for_each(|wrong| wrong.mended_us = Some(now_us));
        self.cleared[collector] -= facts.amount.get();
        self.collectors[collector].give_up(&facts.message_key);
        let slip = facts.customer_number.as_str().to_owned();
        self.cleared_bills.remove(&(collector, slip, facts.bill.id.as_str().to_owned()));
    }
}
