//! When a collector answers, by business time.

use chrono::{Datelike, Timelike, Weekday};
use domain::{Date, Timestamp};
use serde::Deserialize;

/// One stretch of a day, in minutes from midnight; the end is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    open_min: u32,
    close_min: u32,
}

/// A collector's hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    always: bool,
    weekdays: Option<Stretch>,
    saturdays: Option<Stretch>,
    sundays: Option<Stretch>,
    holidays: Option<Stretch>,
    /// Month and day of the days on which it is closed every year.
    closed: Vec<(u32, u32)>,
}

/// Hours as the institutions' data writes them.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HoursRow {
    daily: Option<StretchRow>,
    weekdays: Option<StretchRow>,
    saturdays: Option<StretchRow>,
    sundays: Option<StretchRow>,
    holidays: Option<StretchRow>,
    #[serde(default)]
    closed: Vec<String>,
}

/// `{ open = "08:30", close = "24:00" }`.
#[derive(Clone, Debug, Deserialize)]
pub struct StretchRow {
    open: String,
    close: String,
}

/// Why hours cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Not `HH:MM` from 00:00 to 24:00, or a close that is not after its open.
    #[error("{0:?} is no time of day here")]
    Time(String),
    /// Not `MM-DD`.
    #[error("{0:?} is no day of a year")]
    Day(String),
}

impl Hours {
    /// Day and night.
    pub fn always() -> Self {
        Self { always: true, ..Self::default() }
    }

    /// Reads the data's form. A kind of day that is not named is closed.
    pub fn read(row: &HoursRow) -> Result<Self, HoursError> {
        let stretch = |named: &Option<StretchRow>| named.as_ref().or(row.daily.as_ref()).map(read_stretch);
        Ok(Self {
            always: false,
            weekdays: stretch(&row.weekdays).transpose()?,
            saturdays: stretch(&row.saturdays).transpose()?,
            sundays: stretch(&row.sundays).transpose()?,
            holidays: stretch(&row.holidays).transpose()?,
            closed: row.closed.iter().map(|day| read_day(day)).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the collector answers at that instant.
    pub fn is_open(&self, at: Timestamp) -> bool {
        if self.always {
            return true;
        }
        let (day, time) = (at.date(), at.time());
        let minute = time.hour() * 60 + time.minute();
        let inside = |stretch: Stretch| (stretch.open_min..stretch.close_min).contains(&minute);
        self.on(day).is_some_and(inside)
    }

    fn on(&self, day: Date) -> Option<Stretch> {
        if self.closed.contains(&(day.month(), day.day())) {
            return None;
        }
        match day.weekday() {
            _ if is_holiday(day) => self.holidays,
            Weekday::Sat => self.saturdays,
            Weekday::Sun => self.sundays,
            _ => self.weekdays,
        }
    }

    /// The hours of that day as the pages show them: `24時間`, `8:30〜24:00`, `休業`.
    pub fn shown(&self, day: Date) -> String {
        if self.always {
            return "24時間".to_owned();
        }
        let clock = |minutes: u32| format!("{}:{:02}", minutes / 60, minutes % 60);
        match self.on(day) {
            Some(stretch) => format!("{}〜{}", clock(stretch.open_min), clock(stretch.close_min)),
            None => "休業".to_owned(),
        }
    }
}

fn is_holiday(_day: Date) -> bool {
    false
}

fn read_stretch(row: &StretchRow) -> Result<Stretch, HoursError> {
    let stretch = Stretch { open_min: read_minutes(&row.open)?, close_min: read_minutes(&row.close)? };
    if stretch.open_min < stretch.close_min { Ok(stretch) } else { Err(HoursError::Time(row.close.clone())) }
}

fn two_numbers(text: &str, separator: char) -> Option<(u32, u32)> {
    let (first, second) = text.split_once(separator)?;
    let shape = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if shape(first) && shape(second) { Some((first.parse().ok()?, second.parse().ok()?)) } else { None }
}

fn read_minutes(text: &str) -> Result<u32, HoursError> {
    two_numbers(text, ':')
        .filter(|(hours, minutes)| (*hours < 24 && *minutes < 60) || (*hours, *minutes) == (24, 0))
        .map(|(hours, minutes)| hours * 60 + minutes)
        .ok_or_else(|| HoursError::Time(text.to_owned()))
}

fn read_day(text: &str) -> Result<(u32, u32), HoursError> {
    two_numbers(text, '-')
        // 2024 is a leap year, so that 02-29 is a day
        .filter(|(month, day)| Date::from_ymd_opt(2024, *month, *day).is_some())
        .ok_or_else(|| HoursError::Day(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekdays_only(open: &str, close: &str) -> Result<Hours, HoursError> {
        let weekdays = Some(StretchRow { open: open.to_owned(), close: close.to_owned() });
        Hours::read(&HoursRow { weekdays, closed: vec!["12-31".to_owned()], ..HoursRow::default() })
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn hours_hold_to_the_second() {
        let hours = weekdays_only("08:30", "24:00").unwrap();
        for (instant, open) in [
            ("2026-11-24T08:29:59+09:00", false),
            ("2026-11-24T08:30:00+09:00", true),
            ("2026-11-24T23:59:59+09:00", true),
            ("2026-11-25T00:00:00+09:00", false),
            ("2026-11-28T12:00:00+09:00", false),
            ("2026-11-29T12:00:00+09:00", false),
            ("2026-12-31T12:00:00+09:00", false),
        ] {
            assert_eq!(hours.is_open(at(instant)), open, "{instant}");
        }
        assert!(Hours::always().is_open(at("2026-11-29T03:00:00+09:00")));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (open, close) in [("8:30", "24:00"), ("08:60", "24:00"), ("08:30", "24:01"), ("09:00", "09:00")] {
            assert!(weekdays_only(open, close).is_err(), "{open} {close}");
        }
    }
}
