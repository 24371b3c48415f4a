//! Instants and days. Japan is one fixed offset, +09:00, without summer time.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, Months, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

/// A calendar day in Japan.
pub type Date = chrono::NaiveDate;

/// A time of day in Japan.
pub type TimeOfDay = NaiveTime;

/// Japan Standard Time.
pub fn jst() -> FixedOffset {
    FixedOffset::east_opt(9 * 3600).unwrap_or_else(|| unreachable!("nine hours are a valid offset"))
}

/// An instant in microseconds since 1970-01-01T00:00:00Z: the precision both databases keep.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// A day and a time of day in Japan.
    pub fn from_jst(date: Date, time: NaiveTime) -> Self {
        let utc = NaiveDateTime::new(date, time) - TimeDelta::hours(9);
        Self(utc.and_utc().timestamp_micros())
    }

    /// The same instant on Japan's clock.
    pub fn jst(self) -> DateTime<FixedOffset> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default().with_timezone(&jst())
    }

    /// The calendar day in Japan.
    pub fn date(self) -> Date {
        self.jst().date_naive()
    }

    /// The time of day in Japan.
    pub fn time(self) -> NaiveTime {
        self.jst().time()
    }

    /// Later by `seconds` (earlier when negative).
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Seconds from `earlier` to here, rounded down.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1_000_000)
    }

    /// Reads RFC 3339 with an offset: `2026-11-24T10:00:00+09:00`. Finer than a microsecond is cut off.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        Self::parse_seconds_in_japan(text)
            .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_micros())))
    }

    /// The form in which [`rfc3339`](Self::rfc3339) writes: nearly every instant that is read has it.
    fn parse_seconds_in_japan(text: &str) -> Option<Self> {
        let text = text.strip_suffix("+09:00").filter(|text| text.len() == 19 && text.is_ascii())?;
        let separated = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        let fits = separated.iter().all(|(at, byte)| text.as_bytes()[*at] == *byte);
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
        };
        let year = i32::try_from(number(0..4)?).ok()?;
        let date = Date::from_ymd_opt(year, number(5..7)?, number(8..10)?)?;
        let time = NaiveTime::from_hms_opt(number(11..13)?, number(14..16)?, number(17..19)?)?;
        fits.then(|| Self::from_jst(date, time))
    }

    /// RFC 3339 on Japan's clock, to the second.
    pub fn rfc3339(self) -> String {
        let (date, time) = (self.date(), self.time());
        format!("{date}T{:02}:{:02}:{:02}+09:00", time.hour(), time.minute(), time.second())
    }
}

/// RFC 3339 on Japan's clock, to the second.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.rfc3339())
    }
}

/// 応当日: the same day of an earlier month, the month's last where it has none.
pub fn months_before(day: Date, months: u32) -> Date {
    day.checked_sub_months(Months::new(months)).unwrap_or(Date::MIN)
}

/// `11月24日(火)`.
pub fn month_day(date: Date) -> String {
    format!("{}月{}日({})", date.month(), date.day(), weekday(date))
}

/// `2026年11月24日(火)`.
pub fn year_month_day(date: Date) -> String {
    format!("{}年{}", date.year(), month_day(date))
}

fn weekday(date: Date) -> char {
    match date.weekday() {
        chrono::Weekday::Mon => '月',
        chrono::Weekday::Tue => '火',
        chrono::Weekday::Wed => '水',
        chrono::Weekday::Thu => '木',
        chrono::Weekday::Fri => '金',
        chrono::Weekday::Sat => '土',
        chrono::Weekday::Sun => '日',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_at_midnight_in_japan() {
        let before = Timestamp::parse_rfc3339("2026-11-24T23:59:59+09:00").unwrap();
        assert_eq!(before.date().to_string(), "2026-11-24");
        assert_eq!(before.plus_seconds(1).date().to_string(), "2026-11-25");
    }

    #[test]
    fn instants_round_trip_and_lose_what_is_finer_than_a_microsecond() {
        let t = Timestamp::parse_rfc3339("2026-11-24T10:00:00.123456789+09:00").unwrap();
        assert_eq!(t.micros() % 1_000_000, 123_456);
        assert_eq!(Timestamp::from_jst(t.date(), t.time()), t);
        assert_eq!(t.rfc3339(), "2026-11-24T10:00:00+09:00");
    }

    /// The form that the hub itself writes is read without the general parser, and comes to the same.
    #[test]
    fn every_form_of_an_instant_is_read_alike() {
        let ten = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        for same in ["2026-11-24T01:00:00Z", "2026-11-24T10:00:00.0+09:00", "2026-11-24t10:00:00+09:00"] {
            assert_eq!(Timestamp::parse_rfc3339(same), Some(ten), "{same}");
        }
        for text in ["2026-11-24T10:00:00+09:00", "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59+09:00"] {
            assert_eq!(Timestamp::parse_rfc3339(text).unwrap().rfc3339(), text);
        }
        for wrong in [
            "2026-02-29T10:00:00+09:00",
            "2026-11-24T24:00:00+09:00",
            "2026-11-24T10:60:00+09:00",
            "+026-11-24T10:00:00+09:00",
            "2026-11-24T10:00-00+09:00",
            "2026-11-24T10:00:00",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(wrong), None, "{wrong}");
        }
        let leap = Timestamp::parse_rfc3339("2016-12-31T23:59:60Z").unwrap();
        assert_eq!(Timestamp::parse_rfc3339("2017-01-01T08:59:60+09:00"), Some(leap), "a leap second");
    }

    /// Proves R80, R80b.
    #[test]
    fn the_same_day_three_months_before_is_the_last_of_a_shorter_month() {
        for (day, before) in [
            ("2026-11-24", "2026-08-24"),
            ("2026-11-30", "2026-08-30"),
            ("2026-12-31", "2026-09-30"),
            ("2026-12-30", "2026-09-30"),
            ("2026-05-31", "2026-02-28"),
            ("2026-05-29", "2026-02-28"),
            ("2026-05-28", "2026-02-28"),
            ("2028-05-31", "2028-02-29"),
            ("2028-05-29", "2028-02-29"),
            ("2026-01-31", "2025-10-31"),
            ("2026-03-31", "2025-12-31"),
            ("2026-07-31", "2026-04-30"),
        ] {
            assert_eq!(months_before(day.parse().unwrap(), 3).to_string(), before, "{day}");
        }
    }

    #[test]
    fn days_read_as_people_say_them() {
        let day = Date::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!(year_month_day(day), "2026年11月24日(火)");
    }
}
