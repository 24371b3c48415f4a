//! Days on which banks abroad are closed, and the day on which a payment can be settled at every place that it passes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::{Datelike, Weekday};

use crate::calendar;
use crate::country::Country;
use crate::currency::Currency;
use crate::table;
use crate::time::Date;

/// The list that is part of the program; a test reads it.
static EMBEDDED: LazyLock<BankHolidays> =
    LazyLock::new(|| BankHolidays::parse(include_str!("../data/bank-holidays.csv")));

/// Days that the search for a value date passes over at most: no place is closed for so long.
const SEARCH_DAYS_MAX: usize = 60;

/// Where a payment is settled: a country, or the euro's TARGET.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A country's banks.
    Country(Country),
    /// TARGET, the settlement of the euro.
    Target,
}

/// Where each currency is settled, of those that have a list of holidays.
const SETTLED_IN: &[(&str, &str)] = &[
    ("AUD", "AU"),
    ("CAD", "CA"),
    ("CHF", "CH"),
    ("CNY", "CN"),
    ("EUR", TARGET),
    ("GBP", "GB"),
    ("HKD", "HK"),
    ("IDR", "ID"),
    ("INR", "IN"),
    ("JPY", "JP"),
    ("KRW", "KR"),
    ("MYR", "MY"),
    ("NZD", "NZ"),
    ("PHP", "PH"),
    ("SGD", "SG"),
    ("THB", "TH"),
    ("TWD", "TW"),
    ("USD", "US"),
    ("VND", "VN"),
];

/// TARGET in the list: no country has this code.
const TARGET: &str = "EU";

impl Place {
    /// Where a currency is settled; nothing where no list is kept of it.
    pub fn of_currency(currency: Currency) -> Option<Self> {
        let (_, place) = SETTLED_IN.iter().find(|(code, _)| *code == currency.as_str())?;
        Self::read(place)
    }

    fn read(code: &str) -> Option<Self> {
        if code == TARGET { Some(Self::Target) } else { code.parse().ok().map(Self::Country) }
    }

    /// What it is to a person.
    pub fn label(self) -> &'static str {
        match self {
            Self::Country(country) => country.label(),
            Self::Target => "ユーロの決済(TARGET)",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A place that is closed on a day, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The day.
    pub day: Date,
    /// Where.
    pub place: Place,
    /// The holiday's name, or what day of the week it is.
    pub reason: &'static str,
}

/// The day on which a payment can be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueDate {
    /// The day.
    pub day: Date,
    /// Why it is no earlier one, day by day; weekends alone are not among them.
    pub closed: Vec<Closed>,
    /// Places whose days of that year are not known: weekends were all that could be kept.
    pub unknown: Vec<Place>,
}

/// Days on which banks are closed, by place. Of a place without a list only Saturdays and Sundays are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankHolidays {
    days: BTreeMap<Place, BTreeMap<Date, &'static str>>,
}

impl BankHolidays {
    /// The list that is part of the program.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse(text: &'static str) -> Self {
        let mut days: BTreeMap<Place, BTreeMap<Date, &str>> = BTreeMap::new();
        for [place, day, name] in table::rows(text) {
            let place = Place::read(place).unwrap_or_else(|| panic!("no place: {place}"));
            let day = day.parse().unwrap_or_else(|_| panic!("no day: {day}"));
            days.entry(place).or_default().insert(day, name);
        }
        Self { days }
    }

    /// Whether the days of a place are known for the year of a day. Japan's own calendar always is.
    pub fn knows(&self, place: Place, day: Date) -> bool {
        let listed = || self.days.get(&place)?.last_key_value().map(|(last, _)| day.year() <= last.year());
        place == Place::Country(Country::JAPAN) || listed().unwrap_or(false)
    }

    /// Why banks of a place are closed on a day; nothing where they are not, as far as is known.
    pub fn closed(&self, place: Place, day: Date) -> Option<Closed> {
        let reason = match (place, day.weekday()) {
            (_, Weekday::Sat) => Some("土曜日"),
            (_, Weekday::Sun) => Some("日曜日"),
            (Place::Country(Country::JAPAN), _) if !calendar::is_business_day(day) => {
                Some(calendar::holiday(day).map_or("年末年始", |holiday| holiday.name))
            }
            _ => self.days.get(&place).and_then(|days| days.get(&day)).copied(),
        };
        reason.map(|reason| Closed { day, place, reason })
    }

    /// The first day from one on, itself included, on which Japan's banks and those of every place do business.
    pub fn value_date(&self, from: Date, places: &[Place]) -> ValueDate {
        let mut all = vec![Place::Country(Country::JAPAN)];
        for place in places {
            if !all.contains(place) {
                all.push(*place);
            }
        }
        let mut closed = Vec::new();
        let mut value_date = from;
        for day in from.iter_days().take(SEARCH_DAYS_MAX) {
            value_date = day;
            let found: Vec<Closed> = all.iter().filter_map(|place| self.closed(*place, day)).collect();
            if found.is_empty() {
                break;
            }
            if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
                closed.extend(found);
            }
        }
        let unknown = all.into_iter().filter(|place| !self.knows(*place, value_date)).collect();
        ValueDate { day: value_date, closed, unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn country(code: &str) -> Place {
        Place::Country(code.parse().unwrap())
    }

    #[test]
    fn every_currency_with_a_place_has_its_list() {
        let list = BankHolidays::embedded();
        for (code, _) in SETTLED_IN {
            let currency: Currency = code.parse().unwrap();
            let place = Place::of_currency(currency).unwrap();
            assert!(list.knows(place, day("2028-12-31")), "{code}");
        }
        assert_eq!(Place::of_currency("KWD".parse().unwrap()), None);
        assert_eq!(Place::of_currency(Currency::EUR), Some(Place::Target));
    }

    #[test]
    fn the_list_has_weekdays_of_its_years_alone() {
        for (place, days) in &BankHolidays::embedded().days {
            for (date, name) in days {
                assert!(!matches!(date.weekday(), Weekday::Sat | Weekday::Sun), "{place} {date}");
                assert!((2026..=2028).contains(&date.year()) && !name.is_empty(), "{place} {date}");
            }
        }
    }

    /// From a day on, over both calendars: what is passed over, and why.
    #[test]
    fn a_value_date_is_a_business_day_everywhere() {
        let list = BankHolidays::embedded();
        let us = country("US");
        let found = |from: &str, places: &[Place]| {
            let found = list.value_date(day(from), places);
            let why: Vec<_> =
                found.closed.iter().map(|one| format!("{} {} {}", one.day, one.place, one.reason)).collect();
            (found.day.to_string(), why)
        };
        let told =
            |day: &str, why: &[&str]| (day.to_owned(), why.iter().map(|why| (*why).to_owned()).collect());
        assert_eq!(found("2026-11-27", &[us]), told("2026-11-27", &[]));
        assert_eq!(
            found("2026-11-26", &[us]),
            told("2026-11-27", &["2026-11-26 アメリカ合衆国 Thanksgiving Day"])
        );
        assert_eq!(found("2026-11-28", &[us]), told("2026-11-30", &[]));
        // japan's holiday, and then new year on both sides
        assert_eq!(found("2026-11-23", &[us]), told("2026-11-24", &["2026-11-23 日本 勤労感謝の日"]));
        assert_eq!(
            found("2026-12-31", &[us]),
            told(
                "2027-01-04",
                &[
                    "2026-12-31 日本 年末年始",
                    "2027-01-01 日本 元日",
                    "2027-01-01 アメリカ合衆国 New Year's Day"
                ]
            )
        );
        // good friday and easter monday, which japan and the united states do not keep
        assert_eq!(found("2027-03-26", &[us]), told("2027-03-26", &[]));
        assert_eq!(found("2027-03-26", &[Place::Target, country("DE")]).0, "2027-03-30".to_owned());
        assert_eq!(found("2026-10-12", &[]), told("2026-10-13", &["2026-10-12 日本 スポーツの日"]));
    }

    #[test]
    fn places_whose_days_are_not_known_are_told() {
        let list = BankHolidays::embedded();
        let brazil = country("BR");
        assert_eq!(list.value_date(day("2026-11-27"), &[brazil]).unknown, [brazil]);
        assert_eq!(list.value_date(day("2029-01-05"), &[country("US")]).unknown, [country("US")]);
        assert_eq!(list.value_date(day("2026-11-27"), &[country("US"), country("US")]).unknown, []);
        assert_eq!(list.closed(brazil, day("2026-11-28")).unwrap().reason, "土曜日");
    }
}
