//! Cut-offs, days and fees, from `data/bulk.toml`; how many rows there may be is `formats`' data.

use std::sync::LazyLock;

use domain::deduction::FeeBands;
use domain::time::TimeOfDay;
use domain::{Date, Timestamp, Yen, calendar};
use formats::Counts;
use serde::Deserialize;
use transfers::Relation;

use crate::Kind;
use crate::batch::Route;

/// The file that is part of the program; a test reads it.
static TERMS: LazyLock<Terms> = LazyLock::new(|| {
    let text = include_str!("../data/bulk.toml");
    Terms::parse(text).unwrap_or_else(|error| panic!("data/bulk.toml, which a test reads: {error}"))
});

/// The terms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    designated_by: Vec<String>,
    cut_offs: Vec<CutOff>,
    fees: Vec<Fees>,
}

/// When a batch of a business is approved at the latest, debited and tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutOff {
    kind: Kind,
    valid_from: Date,
    days: i16,
    days_within: Option<i16>,
    until: TimeOfDay,
    horizon: i16,
    #[serde(default)]
    fund_days: i16,
    fund_days_within: Option<i16>,
    tries: Vec<TimeOfDay>,
    carried_out_from: Option<TimeOfDay>,
    answered_days: Option<i16>,
    answered_until: Option<TimeOfDay>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fees {
    kind: Kind,
    valid_from: Date,
    boundary: Yen,
    same_branch: [Yen; 2],
    own_bank: [Yen; 2],
    other_banks: [Yen; 2],
}

/// Why a batch cannot be of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayProblem {
    /// Banks do no business on it.
    #[error("banks do no business on the day")]
    NotBusinessDay,
    /// It should have been approved before.
    #[error("it had to be approved before {0}")]
    CutOff(Timestamp),
    /// After the last day that may be asked for.
    #[error("the last day that may be asked for is {0}")]
    TooFar(Date),
}

/// The days that a batch may be of, seen from a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible {
    /// The first business day whose cut-off has not come.
    pub first: Date,
    /// The last one within the horizon.
    pub last: Date,
}

impl Terms {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &TERMS
    }

    /// Reads a file; an error is what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let terms: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for kind in Kind::ALL {
            let cut_offs: Vec<_> = terms.cut_offs.iter().filter(|row| row.kind == *kind).collect();
            let fees: Vec<_> = terms.fees.iter().filter(|row| row.kind == *kind).collect();
            if cut_offs.is_empty() || fees.is_empty() {
                return Err(format!("{kind} has a cut-off and fees"));
            }
            let in_order = cut_offs.is_sorted_by(|one, next| one.valid_from < next.valid_from)
                && fees.is_sorted_by(|one, next| one.valid_from < next.valid_from);
            if !in_order {
                return Err(format!("of {kind} each row begins after the one before"));
            }
            for row in cut_offs {
                row.check()?;
            }
            let amounts = fees.iter().flat_map(|row| [row.same_branch, row.own_bank, row.other_banks]);
            if amounts.flatten().any(|fee| fee < Yen::ZERO) {
                return Err(format!("a fee of {kind} is nothing or more"));
            }
        }
        Ok(terms)
    }

    fn cut_off(&self, kind: Kind, day: Date) -> &CutOff {
        let of_kind = || self.cut_offs.iter().filter(move |row| row.kind == kind);
        let held = of_kind().rev().find(|row| row.valid_from <= day).or_else(|| of_kind().next());
        // a file that was read has a row of every kind
        held.unwrap_or(&self.cut_offs[0])
    }

    /// The moment before which a batch must be approved (R120). `within` says that no row is to another bank.
    pub fn approved_before(&self, kind: Kind, day: Date, within: bool) -> Timestamp {
        let row = self.cut_off(kind, day);
        let days = row.days_within.filter(|_| within).unwrap_or(row.days);
        Timestamp::from_jst(calendar::add_business_days(day, -days), row.until)
    }

    /// The day on which its money is debited.
    pub fn funded_on(&self, kind: Kind, day: Date, within: bool) -> Date {
        let row = self.cut_off(kind, day);
        let days = row.fund_days_within.filter(|_| within).unwrap_or(row.fund_days);
        calendar::add_business_days(day, -days)
    }

    /// When the debit is tried on that day, in order.
    pub fn tries(&self, kind: Kind, day: Date) -> &[TimeOfDay] {
        &self.cut_off(kind, day).tries
    }

    /// From when on its rows have their turn, once it is debited.
    pub fn carried_out_from(&self, kind: Kind, day: Date) -> Timestamp {
        Timestamp::from_jst(day, self.cut_off(kind, day).carried_out_from.unwrap_or_default())
    }

    /// From when on people are told of what other banks have not answered; never where they answer nothing.
    pub fn answered_until(&self, kind: Kind, day: Date) -> Option<Timestamp> {
        let row = self.cut_off(kind, day);
        let (days, until) = row.answered_days.zip(row.answered_until)?;
        Some(Timestamp::from_jst(calendar::add_business_days(day, days), until))
    }

    /// The days that a batch of rows within the bank, or also to others, may be of.
    pub fn possible(&self, kind: Kind, within: bool, now: Timestamp) -> Possible {
        let mut first = calendar::business_day_from(now.date());
        while now >= self.approved_before(kind, first, within) {
            first = calendar::next_business_day(first);
        }
        let last = calendar::add_business_days(now.date(), self.cut_off(kind, first).horizon);
        Possible { first, last: last.max(first) }
    }

    /// Whether a batch may be of a day.
    pub fn check_day(&self, kind: Kind, day: Date, within: bool, now: Timestamp) -> Result<(), DayProblem> {
        let before = self.approved_before(kind, day, within);
        if !calendar::is_business_day(day) {
            return Err(DayProblem::NotBusinessDay);
        }
        if now >= before {
            return Err(DayProblem::CutOff(before));
        }
        let Possible { last, .. } = self.possible(kind, within, now);
        if day > last { Err(DayProblem::TooFar(last)) } else { Ok(()) }
    }

    /// The bank's fees of a row on a day, below and from the boundary; of a tax there is no relation.
    pub fn fees(&self, kind: Kind, relation: Option<Relation>, day: Date) -> FeeBands {
        let held = self.fees.iter().rev().find(|row| row.kind == kind && row.valid_from <= day);
        let Some(row) = held else {
            return FeeBands { boundary: Yen::ZERO, below: Yen::ZERO, from: Yen::ZERO };
        };
        let [below, from] = match relation {
            Some(Relation::SameBranch | Relation::OwnAccount) => row.same_branch,
            Some(Relation::OwnBank) => row.own_bank,
            Some(Relation::OtherBank) | None => row.other_banks,
        };
        FeeBands { boundary: row.boundary, below, from }
    }

    /// Whether this bank is the designated institution (指定金融機関) of a municipality.
    pub fn is_designated_by(&self, municipality: &str) -> bool {
        self.designated_by.iter().any(|code| code == municipality)
    }

    /// How many rows a batch may have; nothing where the business is not done by the route.
    pub fn rows_max(&self, kind: Kind, route: Route) -> Option<usize> {
        Counts::embedded().most(route, kind.counted())
    }
}

impl CutOff {
    fn check(&self) -> Result<(), String> {
        let days = [self.days, self.days_within.unwrap_or_default(), self.fund_days];
        let funds = [(self.days, self.fund_days)];
        let within = (self.days_within.unwrap_or(self.days), self.fund_days_within.unwrap_or(self.fund_days));
        let right = days.iter().all(|days| (0..=30).contains(days))
            && self.horizon >= self.days
            && self.horizon <= 60
            && self.answered_days.is_some() == self.answered_until.is_some()
            && self.answered_days.is_none_or(|days| (0..=30).contains(&days))
            && !self.tries.is_empty()
            && self.tries.is_sorted_by(|one, next| one < next)
            && funds.into_iter().chain([within]).all(|(approved, funded)| {
                // what is debited was approved
                approved > funded || (approved == funded && self.until <= self.tries[0])
            });
        if right { Ok(()) } else { Err(format!("{} from {} makes no sense", self.kind, self.valid_from)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// The last second that counts and the first that does not, of every business; 2026-11-30 is a Monday, and 11-23 a
    /// holiday.
    ///
    /// Proves R120.
    #[test]
    fn a_batch_is_approved_before_its_cut_off() {
        for (kind, within, before) in [
            (Kind::Transfers, false, "2026-11-27T12:00:00"),
            (Kind::Salaries, false, "2026-11-25T12:00:00"),
            (Kind::Salaries, true, "2026-11-27T12:00:00"),
            (Kind::Bonuses, false, "2026-11-25T12:00:00"),
            (Kind::Debits, true, "2026-11-24T12:00:00"),
            (Kind::NetworkDebits, false, "2026-11-16T15:00:00"),
            (Kind::LocalTax, false, "2026-11-20T15:00:00"),
        ] {
            let terms = Terms::embedded();
            let on = day("2026-11-30");
            assert_eq!(terms.approved_before(kind, on, within), at(before), "{kind}");
            let check = |now: Timestamp| terms.check_day(kind, on, within, now);
            assert_eq!(check(at(before).plus_seconds(-1)), Ok(()), "{kind}");
            assert_eq!(check(at(before)), Err(DayProblem::CutOff(at(before))), "{kind}");
            assert_eq!(terms.possible(kind, within, at(before).plus_seconds(-1)).first, on);
            assert_eq!(terms.possible(kind, within, at(before)).first, day("2026-12-01"));
        }
    }

    #[test]
    fn a_day_is_a_business_day_within_the_horizon() {
        let terms = Terms::embedded();
        let now = at("2026-11-24T10:00:00");
        let check = |on| terms.check_day(Kind::Transfers, day(on), false, now);
        assert_eq!(check("2026-11-28"), Err(DayProblem::NotBusinessDay));
        let last = calendar::add_business_days(now.date(), 15);
        assert_eq!(terms.possible(Kind::Transfers, false, now).last, last);
        assert_eq!(terms.check_day(Kind::Transfers, last, false, now), Ok(()));
        let after = calendar::next_business_day(last);
        let found = terms.check_day(Kind::Transfers, after, false, now);
        assert_eq!(found, Err(DayProblem::TooFar(last)));
    }

    /// Payday on a Friday: to other banks on Wednesday, within the bank on Thursday.
    #[test]
    fn salaries_are_debited_ahead_of_payday() {
        let funded = |kind, within| Terms::embedded().funded_on(kind, day("2026-11-27"), within);
        assert_eq!(funded(Kind::Salaries, false), day("2026-11-25"));
        assert_eq!(funded(Kind::Salaries, true), day("2026-11-26"));
        assert_eq!(funded(Kind::Transfers, false), day("2026-11-27"));
    }

    /// Proves R113.
    /// Proves R114.
    /// Proves R116.
    #[test]
    fn every_business_has_its_counts() {
        let most = |kind, route| Terms::embedded().rows_max(kind, route);
        for kind in [Kind::Transfers, Kind::Salaries, Kind::Bonuses] {
            assert_eq!(
                [Route::Web, Route::Type2, Route::File].map(|route| most(kind, route)),
                [Some(200), Some(5_000), Some(50_000)]
            );
        }
        for kind in [Kind::Debits, Kind::NetworkDebits] {
            assert_eq!([Route::Web, Route::Type2].map(|route| most(kind, route)), [None, Some(5_000)]);
        }
        assert_eq!(
            [Route::Web, Route::Type2, Route::File].map(|route| most(Kind::LocalTax, route)),
            [Some(200), Some(500), Some(10_000)]
        );
    }

    #[test]
    fn a_file_that_makes_no_sense_is_refused() {
        let text = include_str!("../data/bulk.toml");
        assert!(Terms::parse(text).is_ok());
        for (right, wrong) in [
            ("fund_days = 2", "fund_days = 4"),
            ("horizon = 15", "horizon = 0"),
            ("tries = [\"15:00:00\"]", "tries = []"),
            ("\"11:00:00\"", "\"08:00:00\""),
            ("other_banks = [330, 495]", "other_banks = [-1, 495]"),
            (
                "kind = \"local_tax\"\nvalid_from = \"2000-01-01\"\ndays",
                "kind = \"debits\"\nvalid_from = \"2000-01-01\"\ndays",
            ),
        ] {
            assert!(text.contains(right), "{right}");
            assert!(Terms::parse(&text.replacen(right, wrong, 1)).is_err(), "{wrong}");
        }
    }
}
