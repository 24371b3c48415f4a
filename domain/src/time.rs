//! Instants and days. Japan is one fixed offset, +09:00, without summer time.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, NaiveTime, TimeDelta};

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
        DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_micros()))
    }

    /// RFC 3339 on Japan's clock, to the second.
    pub fn rfc3339(self) -> String {
        self.jst().format("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

/// RFC 3339 on Japan's clock, to the second.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.rfc3339())
    }
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

    #[test]
    fn days_read_as_people_say_them() {
        let day = Date::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!(year_month_day(day), "2026年11月24日(火)");
    }
}
