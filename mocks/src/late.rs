//! 延滞金: what a bill grows by after its due date, computed on the day it is asked about. Integers only.

use domain::{Date, Yen};
use serde::{Deserialize, Serialize};

/// Days to which a yearly rate belongs, also in leap years (国税通則法 and 地方税法 say so).
const YEAR_DAYS: i128 = 365;

/// Most steps of a rule.
const RATES_MAX: usize = 4;

/// The rule of one kind of charge. Rates and units that no public page confirms are marked `assumed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateRule {
    /// 延滞金, 延滞税 or 遅延損害金.
    pub name: String,
    /// The yearly rates, one after another from the day after the due date.
    pub rates: Vec<LateRate>,
    /// The principal counts in whole units of so many yen.
    #[serde(default = "one")]
    pub principal_unit: i64,
    /// The charge is cut to whole units of so many yen.
    #[serde(default = "one")]
    pub unit: i64,
    /// A smaller charge is not collected, in yen.
    #[serde(default)]
    pub least: i64,
    /// Whether rates and units are ours and not from a public page.
    #[serde(default)]
    pub assumed: bool,
}

/// A yearly rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateRate {
    /// Of a thousand.
    pub per_mille: i64,
    /// It ends so many months after the due date; the last one goes on.
    pub months: Option<u32>,
}

const fn one() -> i64 {
    1
}

impl LateRule {
    /// What is wrong with the rule, if anything is.
    pub fn broken(&self) -> Option<&'static str> {
        let ends = self.rates.iter().rev().skip(1).all(|rate| rate.months.is_some());
        let goes_on = self.rates.last().is_some_and(|rate| rate.months.is_none());
        if self.rates.len() > RATES_MAX || !ends || !goes_on {
            Some("the last rate, and no other, goes on; there are 1 to 4")
        } else if self.rates.iter().any(|rate| !(1..=300).contains(&rate.per_mille)) {
            Some("a rate is 1 to 300 of a thousand")
        } else if self.principal_unit < 1 || self.unit < 1 || self.least < 0 {
            Some("units are 1 yen or more")
        } else {
            None
        }
    }

    /// The charge on `principal`, due on `due`, paid on `on`.
    pub fn charge(&self, principal: Yen, due: Date, on: Date) -> Yen {
        let base = principal.get() - principal.get() % self.principal_unit.max(1);
        let mut from = due;
        let mut weighed: i128 = 0;
        for rate in &self.rates {
            let end = rate.months.and_then(|months| due.checked_add_months(chrono::Months::new(months)));
            let until = end.map_or(on, |end| end.min(on));
            let days = (until - from).num_days().max(0);
            weighed += i128::from(base) * i128::from(rate.per_mille) * i128::from(days);
            from = from.max(until);
        }
        let charge = i64::try_from(weighed / (1_000 * YEAR_DAYS)).unwrap_or(i64::MAX);
        let charge = charge - charge % self.unit.max(1);
        if charge < self.least { Yen::ZERO } else { Yen::new(charge) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn two_steps() -> LateRule {
        LateRule {
            name: "延滞税".to_owned(),
            rates: vec![
                LateRate { per_mille: 28, months: Some(2) },
                LateRate { per_mille: 91, months: None },
            ],
            principal_unit: 10_000,
            unit: 100,
            least: 1_000,
            assumed: true,
        }
    }

    #[test]
    fn it_grows_by_the_days_after_the_due_date() {
        let rule = two_steps();
        let charge = |on: &str| rule.charge(Yen::new(1_234_567), day("2026-09-30"), day(on)).get();
        // 1,230,000 × 2.8 % × days / 365
        assert_eq!(charge("2026-09-29"), 0);
        assert_eq!(charge("2026-09-30"), 0);
        assert_eq!(charge("2026-10-10"), 0, "943 yen are not collected");
        assert_eq!(charge("2026-10-11"), 1_000, "1,037 yen, cut to hundreds");
        assert_eq!(charge("2026-11-30"), 5_700, "61 days: 5,755");
        // and 9.1 % from the day after two months: 5,755 and 306
        assert_eq!(charge("2026-12-01"), 6_000);
        assert_eq!(charge("2027-09-30"), 98_900, "61 days at the first rate, 304 at the second: 98,979");
    }

    #[test]
    fn the_largest_bill_does_not_overflow() {
        let charge = two_steps().charge(domain::money::AMOUNT_MAX, day("1990-01-01"), day("2090-01-01"));
        assert!(charge > domain::money::AMOUNT_MAX);
    }

    #[test]
    fn rules_that_do_not_end_or_do_not_go_on_are_refused() {
        assert_eq!(two_steps().broken(), None);
        let mut rule = two_steps();
        rule.rates.reverse();
        assert!(rule.broken().is_some());
        rule.rates.clear();
        assert!(rule.broken().is_some());
    }
}
