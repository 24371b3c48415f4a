//! 精査: a processing day of a collector compared three ways, to the yen.
//!
//! The hub's payments, what the ledger has of them, and the collector's lines and counters are put side by side by
//! [`compare`], a pure function. What does not match is a [`Break`]; it stays open until two people end it or a later
//! comparison does not find it any more. How they may is decided by [`may_end`]: where the collector's books lack an
//! accepted payment, no word of theirs lets it be settled. Every comparison is kept, and the latest counts.
//!
//! The schedule compares each day once after its close, and again while items that were carried forward are settled, at
//! once after a payment was paid back, and once more on the pay date then.
//! [`Gateway::reconcile`] does it by hand, as often as wanted, also while the day is open: what is on its way at that
//! moment is carried forward then, never called missing.
//!
//! For pages and the API: [`Gateway::reconciliations`], [`Gateway::latest_reconciliations`], [`Gateway::breaks`],
//! [`Gateway::break_of`] and [`Gateway::resolve_break_once`]. [`Advice`] names what to do about a break, for the page
//! to say in words.

pub mod breaks;
mod compare;
mod ending;
mod hub;
mod resolve;
mod run;
mod store;

use domain::{BreakId, CollectorNumber, Date, ReconciliationId, Timestamp, Yen};
use serde::{Deserialize, Serialize};

pub use compare::{
    Advice, BreakClass, BreakFacts, CollectorFacts, Comparison, Difference, HubFacts, HubItem, LineTotals,
    Posting, Subject, SumFacts, Totals, compare,
};
pub use compare::{hub_counters, net};
pub use ending::{DayStanding, Ending, Hindrance, Standing, may_end};
pub(crate) use hub::items;
pub use resolve::BreakError;
pub use run::moved;
pub use store::BreakQuery;

use crate::Operator;

/// What one comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Counted from 1, for each day of a collector.
    pub number: u32,
    /// Whether the day was closed when it was compared.
    pub after_close: bool,
    /// Serials on which both sides and the ledger agree.
    pub matched: u32,
    /// [`BreakClass::MissingHere`].
    pub missing_here: u32,
    /// [`BreakClass::MissingThere`].
    pub missing_there: u32,
    /// [`BreakClass::AmountDiffers`].
    pub amount_differs: u32,
    /// [`BreakClass::Duplicate`].
    pub duplicate: u32,
    /// [`BreakClass::Conflicting`].
    pub conflicting: u32,
    /// [`BreakClass::CarriedForward`].
    pub carried_forward: u32,
    /// Payments without a known outcome, whatever their class: while there are any, the day is not finished.
    pub unsettled: u32,
    /// Breaks of the day that nobody has resolved yet.
    pub open_breaks: u32,
    /// Breaks that were counted and not kept, because there were too many new ones.
    pub not_kept: u32,
    /// Whether a payment of the day was paid back since: it has to be compared again.
    pub paid_back_since: bool,
    /// The four sums.
    pub totals: Totals,
}

impl Summary {
    /// Whether the four sums are the same.
    pub fn ties_out(&self) -> bool {
        let Totals { hub, ledger, collector, lines } = &self.totals;
        let here = net(hub);
        here == *ledger && here == lines.net() && collector.is_some_and(|counters| net(&counters) == here)
    }

    /// Whether the day is to be compared again: payments that had no known outcome have one since, when so many of the
    /// day have none now, or one was paid back.
    pub const fn is_outdated(&self, open_items: u32) -> bool {
        self.paid_back_since || (self.unsettled > 0 && self.unsettled != open_items)
    }

    /// What does not match, by class; [`BreakClass::CarriedForward`] too.
    pub fn count_of(&self, class: BreakClass) -> u32 {
        match class {
            BreakClass::MissingHere => self.missing_here,
            BreakClass::MissingThere => self.missing_there,
            BreakClass::AmountDiffers => self.amount_differs,
            BreakClass::Duplicate => self.duplicate,
            BreakClass::Conflicting => self.conflicting,
            BreakClass::CarriedForward => self.carried_forward,
        }
    }

    /// Of a comparison that was made now. The open breaks are for the caller to count.
    pub fn of(number: u32, after_close: bool, comparison: &Comparison) -> Self {
        let count = |class| {
            let found = comparison.differences.iter().filter(|d| d.class == class).count();
            u32::try_from(found).unwrap_or(u32::MAX)
        };
        Self {
            number,
            after_close,
            matched: comparison.matched,
            missing_here: count(BreakClass::MissingHere),
            missing_there: count(BreakClass::MissingThere),
            amount_differs: count(BreakClass::AmountDiffers),
            duplicate: count(BreakClass::Duplicate),
            conflicting: count(BreakClass::Conflicting),
            carried_forward: count(BreakClass::CarriedForward),
            unsettled: comparison.unsettled,
            open_breaks: 0,
            not_kept: 0,
            paid_back_since: false,
            totals: comparison.totals,
        }
    }

    /// One line for the audit log.
    pub(crate) fn text(&self) -> String {
        let breaks: Vec<String> = BreakClass::ALL
            .into_iter()
            .map(|class| (class, self.count_of(class)))
            .filter(|(_, count)| *count > 0)
            .map(|(class, count)| format!("{count} {}", class.as_str()))
            .collect();
        let breaks = if breaks.is_empty() { "no break".to_owned() } else { breaks.join(", ") };
        format!("comparison {}: {} matched, {breaks}", self.number, self.matched)
    }
}

/// A comparison that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Its id.
    pub id: ReconciliationId,
    /// The collector.
    pub collector: CollectorNumber,
    /// The day.
    pub date: Date,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: Operator,
    /// What it came to. `open_breaks` are those at that moment.
    pub summary: Summary,
}

/// Something that did not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Its id.
    pub id: BreakId,
    /// The comparison that found it first.
    pub found_by: ReconciliationId,
    /// The collector.
    pub collector: CollectorNumber,
    /// The day.
    pub date: Date,
    /// Its class.
    pub class: BreakClass,
    /// The serial, or `counters`.
    pub subject: String,
    /// Yen at the collector less yen here.
    pub difference: Yen,
    /// Both sides, and what to do.
    pub facts: BreakFacts,
    /// When it was found.
    pub found_at: Timestamp,
    /// How it ended.
    pub resolution: Option<Resolution>,
}

/// How a break ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// When.
    pub at: Timestamp,
    /// Who resolved it, or made the comparison that did not find it any more.
    pub by: Operator,
    /// Who checked that; none where a comparison ended it.
    pub checked_by: Option<Operator>,
    /// What was done about it.
    pub note: String,
    /// Whether a later comparison did not find it any more.
    pub vanished: bool,
    /// Whether its payment was paid back.
    pub refunded: bool,
}
