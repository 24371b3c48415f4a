//! The month of charges, and the day on which it is debited.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months};
use domain::{Date, calendar};

/// The day of the next month on which charges are debited (R84).
const DEBIT_DAY: u32 = 10;

/// A calendar month in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// That of a day.
    pub fn of(day: Date) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first day.
    pub const fn first(self) -> Date {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// When its charges are debited: the tenth of the next month, or the first business day after it.
    pub fn due(self) -> Date {
        let next = self.next().0;
        calendar::business_day_from(next.with_day(DEBIT_DAY).unwrap_or(next))
    }

    /// `2026年11月`.
    pub fn words(self) -> String {
        format!("{}年{}月", self.0.year(), self.0.month())
    }
}

/// `2026-11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// The text is no month.
#[derive(Debug, thiserror::Error)]
#[error("no month: {0}")]
pub struct NoMonth(String);

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let day = (text.len() == 7).then(|| format!("{text}-01").parse().ok()).flatten();
        day.map(Self).ok_or_else(|| NoMonth(text.chars().take(20).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saturdays, Sundays, holidays on the Monday after, and the year's end.
    ///
    /// Proves R84.
    #[test]
    fn charges_are_due_on_the_tenth_of_the_next_month_or_the_business_day_after() {
        for (month, due) in [
            ("2026-10", "2026-11-10"),
            ("2026-11", "2026-12-10"),
            // a Sunday, and 成人の日 after it
            ("2026-12", "2027-01-12"),
            // a Saturday, and 成人の日 after it
            ("2025-12", "2026-01-13"),
            // a Saturday, and スポーツの日 after it
            ("2026-09", "2026-10-13"),
            ("2027-03", "2027-04-12"),
            ("2026-04", "2026-05-11"),
        ] {
            let found: Month = month.parse().unwrap();
            assert_eq!(found.due().to_string(), due, "{month}");
            assert_eq!(found.to_string(), month);
        }
        for wrong in ["2026-13", "2026-1", "26-11-01", "", "2026-11-01", "2026/11"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
        assert_eq!(Month::of("2026-12-31".parse().unwrap()).next().words(), "2027年1月");
    }
}
