//! What a comparison must find, and what its breaks must hold.

use domain::Date;
use gateway::reconciliation::{BreakClass, Comparison, Difference, HubItem, Subject, Summary};
use gateway::service::{ServiceDay, ServiceState};

use crate::breaks::Wrong;
use crate::store::payment_number;
use crate::world::World;

/// No answer of a collector takes longer than this to be recorded.
const UNDER_WAY_US_MAX: i64 = 10 * 60 * 1_000_000;

/// A comparison with what it compared.
#[derive(Clone, Copy)]
pub(crate) struct Compared<'c> {
    pub items: &'c [HubItem],
    pub comparison: &'c Comparison,
    /// When the collector's word was asked for.
    pub asked_us: i64,
}

fn is_of(difference: &Difference, wrong: &Wrong) -> bool {
    difference.subject == Subject::Serial(wrong.serial) && difference.class == wrong.class()
}

impl World {
    /// A day was compared: what the collector has wrong is found to the yen, and nothing else is.
    pub fn check_comparison(
        &mut self,
        place: (usize, Date),
        day: &ServiceDay,
        compared: Compared<'_>,
        summary: &Summary,
    ) {
        let Compared { items, comparison, asked_us } = compared;
        let wrong = self.wrong.get(&place).cloned().unwrap_or_default();
        for wrong in wrong.iter().filter(|wrong| wrong.since_us < asked_us && wrong.mended_us.is_none()) {
            let item = items.iter().find(|item| item.serial == wrong.serial);
            let Some(item) = item.filter(|i| !i.state.is_open() && !i.cancelling && !i.moved) else {
                continue;
            };
            let found = comparison.differences.iter().find(|difference| is_of(difference, wrong));
            let right = found.is_some_and(|found| found.difference == wrong.difference(item));
            self.expect(right, "what a collector has wrong is found", wrong.payment, |_| {
                format!("{}: {wrong:?}, found {found:?}", day.name())
            });
        }
        let may_be = |difference: &Difference| {
            let in_time = |wrong: &&Wrong| wrong.mended_us.is_none_or(|mended_us| mended_us >= asked_us);
            difference.class == BreakClass::CarriedForward
                || wrong.iter().filter(in_time).any(|wrong| is_of(difference, wrong))
        };
        let other = comparison.differences.iter().find(|difference| !may_be(difference));
        let payment = other.and_then(|other| other.facts.hub.as_ref()).map(|hub| hub.payment);
        let payment = payment.map_or(0, |id| payment_number(id.uuid()));
        self.expect(other.is_none(), "only what is wrong is a break", payment, |_| {
            format!("{}: {other:?}", day.name())
        });
        let whole = day.state == ServiceState::Closed && comparison.differences.is_empty();
        self.expect(!whole || summary.ties_out(), "a day ties out to the yen", 0, |_| {
            format!("{}: {:?}", day.name(), summary.totals)
        });
    }

    /// A step of a day is committed, and what it does to the breaks.
    pub fn check_breaks(&mut self, place: (usize, Date), day: &ServiceDay) {
        let open = self.store.open_breaks(place).count();
        let counted = usize::try_from(day.open_breaks()).ok() == Some(open);
        self.expect(counted, "a day counts its open breaks", 0, |_| {
            format!("{}: {open} are open, {} counted", day.name(), day.open_breaks())
        });
    }

    /// Whether a collector has put something of a day right that an answer under way may not have.
    pub fn was_mended_just_now(&self, place: (usize, Date)) -> bool {
        let wrong = self.wrong.get(&place).into_iter().flatten();
        let mut mended = wrong.filter_map(|wrong| wrong.mended_us);
        mended.any(|mended_us| self.now_us - mended_us < UNDER_WAY_US_MAX)
    }

    /// Every break has ended.
    pub fn check_all_resolved(&mut self) {
        let mut found = self.store.breaks.values().flatten();
        let open = found.find(|found| found.holds()).map(|found| (found.payment, found.known.clone()));
        let payment = open.as_ref().and_then(|(payment, _)| *payment).unwrap_or_default();
        self.expect(open.is_none(), "every break is resolved", payment, |_| format!("{open:?}"));
    }
}
