//! When a collector answers.

use std::fmt;

use domain::Timestamp;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// From opening to closing within one day, to the minute; the closing minute is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "SpanText")]
pub struct Span {
    open_minute: u16,
    close_minute: u16,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SpanText {
    open: String,
    close: String,
}

/// Two texts are no opening hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hours run from HH:MM to a later HH:MM, at most 24:00")]
pub struct HoursError;

impl Span {
    /// The whole day.
    pub const DAY: Self = Self { open_minute: 0, close_minute: DAY_MINUTES };

    /// From `open` to `close`, both `HH:MM`.
    pub fn new(open: &str, close: &str) -> Result<Self, HoursError> {
        let (open_minute, close_minute) = (minute(open)?, minute(close)?);
        if open_minute < close_minute { Ok(Self { open_minute, close_minute }) } else { Err(HoursError) }
    }

    fn contains(self, minute: u16) -> bool {
        (self.open_minute..self.close_minute).contains(&minute)
    }
}

impl TryFrom<SpanText> for Span {
    type Error = HoursError;
    fn try_from(text: SpanText) -> Result<Self, HoursError> {
        Self::new(&text.open, &text.close)
    }
}

/// `8:30〜24:00`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = (self.open_minute, self.close_minute);
        write!(f, "{}:{:02}〜{}:{:02}", open / 60, open % 60, close / 60, close % 60)
    }
}

fn minute(text: &str) -> Result<u16, HoursError> {
    let (hour, minute) = text.split_once(':').ok_or(HoursError)?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return Err(HoursError);
    }
    let (hour, minute): (u16, u16) =
        (hour.parse().map_err(|_| HoursError)?, minute.parse().map_err(|_| HoursError)?);
    let minutes = hour * 60 + minute;
    if minute < 60 && minutes <= DAY_MINUTES { Ok(minutes) } else { Err(HoursError) }
}

/// Hours on business days and on the others. A collector without any answers round the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Business days; closed without.
    pub business_days: Option<Span>,
    /// Saturdays, Sundays, holidays and the turn of the year; closed without.
    pub other_days: Option<Span>,
}

impl Hours {
    /// Round the clock, every day.
    pub const ALWAYS: Self = Self { business_days: Some(Span::DAY), other_days: Some(Span::DAY) };

    /// Whether it answers at this moment; `business_day` is the calendar's word on the day of `at`.
    pub fn is_open(&self, at: Timestamp, business_day: bool) -> bool {
        let span = if business_day { self.business_days } else { self.other_days };
        let seconds = at.plus_seconds(9 * 3600).seconds().rem_euclid(24 * 3600);
        span.is_some_and(|span| u16::try_from(seconds / 60).is_ok_and(|minute| span.contains(minute)))
    }
}

/// As a page says it: `24時間`, `平日 8:30〜24:00(土・日・祝日は休止)`.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.business_days, self.other_days) {
            (Some(Span::DAY), Some(Span::DAY)) => f.write_str("24時間"),
            (Some(all), Some(other)) if all == other => write!(f, "毎日 {all}"),
            (Some(business), Some(other)) => write!(f, "平日 {business}、土・日・祝日 {other}"),
            (Some(business), None) => write!(f, "平日 {business}(土・日・祝日は休止)"),
            (None, Some(other)) => write!(f, "土・日・祝日 {other}(平日は休止)"),
            (None, None) => f.write_str("休止中"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn opening_is_inside_and_closing_outside() {
        let hours = Hours { business_days: Some(Span::new("08:30", "21:00").unwrap()), other_days: None };
        assert!(!hours.is_open(at("2026-11-24T08:29:59+09:00"), true));
        assert!(hours.is_open(at("2026-11-24T08:30:00+09:00"), true));
        assert!(hours.is_open(at("2026-11-24T20:59:59+09:00"), true));
        assert!(!hours.is_open(at("2026-11-24T21:00:00+09:00"), true));
        assert!(!hours.is_open(at("2026-11-24T10:00:00+09:00"), false));
    }

    #[test]
    fn twenty_four_o_clock_is_the_end_of_the_day() {
        let hours = Hours { business_days: Some(Span::new("08:30", "24:00").unwrap()), other_days: None };
        assert!(hours.is_open(at("2026-11-24T23:59:59+09:00"), true));
        assert!(!hours.is_open(at("2026-11-25T00:00:00+09:00"), true));
        assert!(Hours::ALWAYS.is_open(at("2026-11-25T00:00:00+09:00"), false));
    }

    #[test]
    fn hours_that_cannot_be_are_refused() {
        for (open, close) in
            [("08:30", "08:30"), ("09:00", "08:00"), ("8:30", "21:00"), ("08:60", "21:00"), ("08:00", "24:01")]
        {
            assert_eq!(Span::new(open, close), Err(HoursError), "{open} {close}");
        }
    }

    #[test]
    fn hours_read_as_a_page_says_them() {
        let span = Span::new("08:30", "24:00").unwrap();
        let weekdays = Hours { business_days: Some(span), other_days: None };
        assert_eq!(weekdays.to_string(), "平日 8:30〜24:00(土・日・祝日は休止)");
        assert_eq!(Hours::ALWAYS.to_string(), "24時間");
    }
}
