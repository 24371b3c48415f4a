//! The business calendar: national holidays (国民の祝日に関する法律, from its first day in 1948) and the days on
//! which banks do business (銀行法 article 15: not on Saturdays, Sundays, holidays and from 31 December to
//! 3 January).

use chrono::{Datelike, Weekday};

use crate::time::Date;

/// The last year whose days of the equinoxes are published; later years are computed and may still change.
/// The dates of a year are fixed by the gazette of the February before it.
pub const PUBLISHED_TO_YEAR: i32 = 2027;

/// The longest run of days without business that the search for a business day passes over.
const CLOSED_RUN_DAYS_MAX: usize = 31;

/// Why a day is a holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 国民の祝日, or a day that a law of its own made one.
    National,
    /// 振替休日: in place of a holiday that fell on a Sunday.
    Substitute,
    /// 国民の休日: a day between two holidays.
    Between,
}

/// A holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Its Japanese name.
    pub name: &'static str,
    /// What makes it one.
    pub kind: Kind,
}

/// How a holiday finds its day in a year.
enum Day {
    /// Month and day.
    On(u32, u32),
    /// The n-th Monday of a month.
    Monday(u32, u32),
    /// 春分: in March.
    SpringEquinox,
    /// 秋分: in September.
    AutumnEquinox,
}

use Day::{AutumnEquinox, Monday, On, SpringEquinox};

const FOR_EVER: i32 = i32::MAX;

/// Every holiday with the first and last year of its rule. The law took effect on 20 July 1948. The moves of 2020
/// and 2021 are those of the Olympic games; the days of one year are laws of their own.
const RULES: &[(&str, i32, i32, Day)] = &[
    ("元日", 1949, FOR_EVER, On(1, 1)),
    ("成人の日", 1949, 1999, On(1, 15)),
    ("成人の日", 2000, FOR_EVER, Monday(1, 2)),
    ("建国記念の日", 1967, FOR_EVER, On(2, 11)),
    ("天皇誕生日", 1949, 1988, On(4, 29)),
    ("天皇誕生日", 1989, 2018, On(12, 23)),
    ("天皇誕生日", 2020, FOR_EVER, On(2, 23)),
    ("春分の日", 1949, FOR_EVER, SpringEquinox),
    ("みどりの日", 1989, 2006, On(4, 29)),
    ("昭和の日", 2007, FOR_EVER, On(4, 29)),
    ("憲法記念日", 1949, FOR_EVER, On(5, 3)),
    ("みどりの日", 2007, FOR_EVER, On(5, 4)),
    ("こどもの日", 1949, FOR_EVER, On(5, 5)),
    ("海の日", 1996, 2002, On(7, 20)),
    ("海の日", 2003, 2019, Monday(7, 3)),
    ("海の日", 2020, 2020, On(7, 23)),
    ("海の日", 2021, 2021, On(7, 22)),
    ("海の日", 2022, FOR_EVER, Monday(7, 3)),
    ("山の日", 2016, 2019, On(8, 11)),
    ("山の日", 2020, 2020, On(8, 10)),
    ("山の日", 2021, 2021, On(8, 8)),
    ("山の日", 2022, FOR_EVER, On(8, 11)),
    ("敬老の日", 1966, 2002, On(9, 15)),
    ("敬老の日", 2003, FOR_EVER, Monday(9, 3)),
    ("秋分の日", 1948, FOR_EVER, AutumnEquinox),
    ("体育の日", 1966, 1999, On(10, 10)),
    ("体育の日", 2000, 2019, Monday(10, 2)),
    ("スポーツの日", 2020, 2020, On(7, 24)),
    ("スポーツの日", 2021, 2021, On(7, 23)),
    ("スポーツの日", 2022, FOR_EVER, Monday(10, 2)),
    ("文化の日", 1948, FOR_EVER, On(11, 3)),
    ("勤労感謝の日", 1948, FOR_EVER, On(11, 23)),
    ("結婚の儀", 1959, 1959, On(4, 10)),
    ("大喪の礼", 1989, 1989, On(2, 24)),
    ("即位礼正殿の儀", 1990, 1990, On(11, 12)),
    ("結婚の儀", 1993, 1993, On(6, 9)),
    ("天皇の即位の日", 2019, 2019, On(5, 1)),
    ("即位礼正殿の儀が行われる日", 2019, 2019, On(10, 22)),
];

impl Day {
    fn is(&self, date: Date) -> bool {
        match *self {
            On(month, day) => (date.month(), date.day()) == (month, day),
            Monday(month, nth) => {
                date.month() == month && date.weekday() == Weekday::Mon && date.day().div_ceil(7) == nth
            }
            SpringEquinox => date.month() == 3 && i64::from(date.day()) == equinox_day(date.year(), 0),
            AutumnEquinox => date.month() == 9 && i64::from(date.day()) == equinox_day(date.year(), 1),
        }
    }
}

/// The day of the month of the equinox in Japan: the mean equinox of 1980 moved on by the tropical year's excess
/// over 365 days, less the leap days since; in millionths of a day. `which`: 0 spring, 1 autumn.
fn equinox_day(year: i32, which: usize) -> i64 {
    let base = match year {
        ..1980 => [20_835_700, 23_258_800],
        1980..2100 => [20_843_100, 23_248_800],
        2100.. => [21_851_000, 24_248_800],
    };
    let years = i64::from(year) - 1980;
    (base[which] + 242_194 * years).div_euclid(1_000_000) - years.div_euclid(4)
}

fn national(date: Date) -> Option<&'static str> {
    let year = date.year();
    let found = RULES.iter().find(|(_, first, last, day)| (*first..=*last).contains(&year) && day.is(date));
    found.map(|(name, ..)| *name)
}

/// Whether `date` stands in for a holiday on a Sunday: the next day (since 12 April 1973), or since 2007 the first
/// day after it that is no holiday itself.
fn is_substitute(date: Date) -> bool {
    let since = Date::from_ymd_opt(1973, 4, 12);
    if Some(date) < since {
        return false;
    }
    let days_back_max = if date.year() < 2007 { 1 } else { 7 };
    let mut before = date.pred_opt();
    for _ in 0..days_back_max {
        match before.filter(|day| national(*day).is_some()) {
            Some(day) if day.weekday() == Weekday::Sun => return Some(day) >= since,
            Some(day) => before = day.pred_opt(),
            None => return false,
        }
    }
    false
}

/// Whether `date` lies between two holidays (since 27 December 1985).
fn is_between(date: Date) -> bool {
    let is_national = |day: Option<Date>| day.is_some_and(|d| national(d).is_some());
    Some(date) >= Date::from_ymd_opt(1985, 12, 27)
        && date.weekday() != Weekday::Sun
        && is_national(date.pred_opt())
        && is_national(date.succ_opt())
}

/// The holiday on `date`, if it is one.
pub fn holiday(date: Date) -> Option<Holiday> {
    if let Some(name) = national(date) {
        Some(Holiday { name, kind: Kind::National })
    } else if is_substitute(date) {
        Some(Holiday { name: "振替休日", kind: Kind::Substitute })
    } else if is_between(date) {
        Some(Holiday { name: "国民の休日", kind: Kind::Between })
    } else {
        None
    }
}

/// Whether the calendar of `date`'s year is computed and not yet published.
pub fn is_provisional(date: Date) -> bool {
    date.year() > PUBLISHED_TO_YEAR
}

/// Whether banks do business on `date`.
pub fn is_business_day(date: Date) -> bool {
    let year_end = matches!((date.month(), date.day()), (12, 31) | (1, 1..=3));
    let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    !year_end && !weekend && holiday(date).is_none()
}

/// The first business day that `step` reaches from `date`, `date` included.
fn search(date: Date, step: fn(&Date) -> Option<Date>) -> Date {
    let days = std::iter::successors(Some(date), step).take(CLOSED_RUN_DAYS_MAX);
    days.into_iter().find(|day| is_business_day(*day)).unwrap_or(date)
}

/// `date` itself if it is a business day, else the next one.
pub fn business_day_from(date: Date) -> Date {
    search(date, Date::succ_opt)
}

/// `date` itself if it is a business day, else the last one before it.
pub fn business_day_until(date: Date) -> Date {
    search(date, Date::pred_opt)
}

/// The first business day after `date` (翌営業日).
pub fn next_business_day(date: Date) -> Date {
    date.succ_opt().map_or(date, business_day_from)
}

/// The last business day before `date` (前営業日).
pub fn previous_business_day(date: Date) -> Date {
    date.pred_opt().map_or(date, business_day_until)
}

/// The `days`-th business day after `date` (before it when negative), the next business day being the first.
/// With 0, [`business_day_from`].
pub fn add_business_days(date: Date, days: i16) -> Date {
    if days == 0 {
        return business_day_from(date);
    }
    let step = if days > 0 { next_business_day } else { previous_business_day };
    (0..days.unsigned_abs()).fold(date, |day, _| step(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn name(text: &str) -> Option<&'static str> {
        holiday(day(text)).map(|h| h.name)
    }

    /// The list of the Cabinet Office, whole: no day too many, none missing, each with its name.
    #[test]
    fn the_published_list_is_met_day_by_day() {
        let list = include_str!("../tests/data/holidays-jp.csv");
        let published: Vec<(Date, &str)> = list
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_once(',').unwrap())
            .map(|(date, name)| (day(date), name))
            .collect();
        let computed: Vec<(Date, &str)> = day("1955-01-01")
            .iter_days()
            .take_while(|d| d.year() <= PUBLISHED_TO_YEAR)
            .filter_map(|d| holiday(d).map(|h| (d, h.name)))
            .collect();
        assert_eq!(published.len(), 1_067);
        for (ours, theirs) in computed.iter().zip(&published) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(computed.len(), published.len());
    }

    #[test]
    fn the_law_began_on_20_july_1948() {
        assert_eq!(name("1948-05-03"), None);
        assert_eq!(name("1948-09-23"), Some("秋分の日"));
        assert_eq!(name("1949-01-01"), Some("元日"));
    }

    #[test]
    fn substitutes_began_in_1973_and_cascade_since_2007() {
        assert_eq!(name("1973-02-12"), None);
        assert_eq!(name("1973-04-30"), Some("振替休日"));
        // 3 May 1998 was a Sunday, and 4 May no holiday of its own
        assert_eq!(name("1998-05-04"), Some("振替休日"));
        assert_eq!(name("1998-05-06"), None);
        // 3 May 2009 was a Sunday followed by two holidays
        assert_eq!(name("2009-05-06"), Some("振替休日"));
        assert_eq!(name("2009-05-07"), None);
        assert_eq!(name("2027-03-22"), Some("振替休日"));
    }

    #[test]
    fn a_day_between_two_holidays_is_one() {
        assert_eq!(name("1985-05-04"), None);
        assert_eq!(name("1988-05-04"), Some("国民の休日"));
        assert_eq!(name("2026-09-22"), Some("国民の休日"));
        assert_eq!(name("2025-09-22"), None);
        for far in ["2032-09-21", "2037-09-22"] {
            assert_eq!(name(far), Some("国民の休日"), "{far}");
        }
    }

    #[test]
    fn the_enthronement_closed_ten_days() {
        let closed = day("2019-04-27").iter_days().take_while(|d| !is_business_day(*d)).count();
        assert_eq!(closed, 10);
        assert_eq!(next_business_day(day("2019-04-26")), day("2019-05-07"));
        assert_eq!(previous_business_day(day("2019-05-07")), day("2019-04-26"));
    }

    #[test]
    fn banks_are_closed_over_new_year() {
        assert!(is_business_day(day("2026-12-30")));
        for closed in ["2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"] {
            assert!(!is_business_day(day(closed)), "{closed}");
        }
        assert!(is_business_day(day("2027-01-04")));
        assert!(is_business_day(day("2026-12-29")));
    }

    #[test]
    fn business_days_are_counted_from_the_next_one() {
        let friday = day("2026-11-20");
        // 23 November is a holiday
        assert_eq!(add_business_days(friday, 1), day("2026-11-24"));
        assert_eq!(add_business_days(friday, 2), day("2026-11-25"));
        assert_eq!(add_business_days(friday, 0), friday);
        assert_eq!(add_business_days(day("2026-11-21"), 0), day("2026-11-24"));
        assert_eq!(add_business_days(day("2026-11-24"), -1), friday);
        assert_eq!(business_day_until(day("2026-11-23")), friday);
        assert_eq!(business_day_from(day("2026-11-22")), day("2026-11-24"));
    }

    #[test]
    fn years_that_are_not_published_are_provisional() {
        assert!(!is_provisional(day("2027-12-31")));
        assert!(is_provisional(day("2028-01-01")));
    }

    #[test]
    fn the_ends_of_time_do_not_loop() {
        assert!(next_business_day(Date::MAX) <= Date::MAX);
        assert!(previous_business_day(Date::MIN) >= Date::MIN);
    }
}
