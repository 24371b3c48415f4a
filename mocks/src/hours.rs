//! When a collector answers, by business time.

use chrono::Timelike;
use domain::{Date, Timestamp, calendar};
use serde::Deserialize;

/// One stretch of a day, in minutes from midnight; the end is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    open_min: u32,
    close_min: u32,
}

/// A collector's hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    business_days: Option<Stretch>,
    other_days: Option<Stretch>,
}

/// Hours as the institutions' data writes them; a kind of day that is not named is closed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursRow {
    business_days: Option<StretchRow>,
    other_days: Option<StretchRow>,
}

/// `{ open = "08:30", close = "24:00" }`.
#[derive(Clone, Debug, Deserialize)]
struct StretchRow {
    open: String,
    close: String,
}

/// Not `HH:MM` from 00:00 to 24:00, or a close that is not after its open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time of day here")]
pub struct HoursError(String);

const WHOLE_DAY: Stretch = Stretch { open_min: 0, close_min: 24 * 60 };

impl Hours {
    /// Day and night.
    pub const ALWAYS: Self = Self { business_days: Some(WHOLE_DAY), other_days: Some(WHOLE_DAY) };

    /// Reads the data's form.
    pub fn read(row: &HoursRow) -> Result<Self, HoursError> {
        Ok(Self {
            business_days: row.business_days.as_ref().map(read_stretch).transpose()?,
            other_days: row.other_days.as_ref().map(read_stretch).transpose()?,
        })
    }

    /// Whether the collector answers at that instant.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let time = at.time();
        let minute = time.hour() * 60 + time.minute();
        let inside = |stretch: Stretch| (stretch.open_min..stretch.close_min).contains(&minute);
        self.on(at.date()).is_some_and(inside)
    }

    fn on(&self, day: Date) -> Option<Stretch> {
        if calendar::is_business_day(day) { self.business_days } else { self.other_days }
    }

    /// The hours of that day as the pages show them: `24時間`, `8:30〜24:00`, `休業`.
    pub fn shown(&self, day: Date) -> String {
        let clock = |minutes: u32| format!("{}:{:02}", minutes / 60, minutes % 60);
        match self.on(day) {
            Some(WHOLE_DAY) => "24時間".to_owned(),
            Some(stretch) => format!("{}〜{}", clock(stretch.open_min), clock(stretch.close_min)),
            None => "休業".to_owned(),
        }
    }
}

fn read_stretch(row: &StretchRow) -> Result<Stretch, HoursError> {
    let stretch = Stretch { open_min: read_minutes(&row.open)?, close_min: read_minutes(&row.close)? };
    if stretch.open_min < stretch.close_min { Ok(stretch) } else { Err(HoursError(row.close.clone())) }
}

fn read_minutes(text: &str) -> Result<u32, HoursError> {
    let two_digits = |part: &str| -> Option<u32> {
        let shape = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if shape { part.parse().ok() } else { None }
    };
    text.split_once(':')
        .and_then(|(hours, minutes)| Some((two_digits(hours)?, two_digits(minutes)?)))
        .filter(|(hours, minutes)| (*hours < 24 && *minutes < 60) || (*hours, *minutes) == (24, 0))
        .map(|(hours, minutes)| hours * 60 + minutes)
        .ok_or_else(|| HoursError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn business_days(open: &str, close: &str) -> Result<Hours, HoursError> {
        let business_days = Some(StretchRow { open: open.to_owned(), close: close.to_owned() });
        Hours::read(&HoursRow { business_days, other_days: None })
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn hours_hold_to_the_second() {
        let hours = business_days("08:30", "24:00").unwrap();
        for (instant, open) in [
            ("2026-11-24T08:29:59+09:00", false),
            ("2026-11-24T08:30:00+09:00", true),
            ("2026-11-24T23:59:59+09:00", true),
            ("2026-11-25T00:00:00+09:00", false),
            // Labour Thanksgiving Day, a Saturday, a bank holiday
            ("2026-11-23T12:00:00+09:00", false),
            ("2026-11-28T12:00:00+09:00", false),
            ("2026-12-31T12:00:00+09:00", false),
        ] {
            assert_eq!(hours.is_open(at(instant)), open, "{instant}");
        }
        assert!(Hours::ALWAYS.is_open(at("2026-11-29T03:00:00+09:00")));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (open, close) in [("8:30", "24:00"), ("08:60", "24:00"), ("08:30", "24:01"), ("09:00", "09:00")] {
            assert!(business_days(open, close).is_err(), "{open} {close}");
        }
    }

    #[test]
    fn a_page_shows_the_hours_of_its_day() {
        let hours = business_days("08:30", "21:00").unwrap();
        assert_eq!(hours.shown(Date::from_ymd_opt(2026, 11, 24).unwrap()), "8:30〜21:00");
        assert_eq!(hours.shown(Date::from_ymd_opt(2026, 11, 28).unwrap()), "休業");
        assert_eq!(Hours::ALWAYS.shown(Date::from_ymd_opt(2026, 11, 28).unwrap()), "24時間");
    }
}
