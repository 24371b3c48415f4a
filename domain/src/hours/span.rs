//! Windows of a day and spans of days of the year, as they stand in data files.

use std::fmt;
use std::str::FromStr;

use chrono::Datelike;

use crate::time::Date;

/// Why a text is no window or span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Not `HH:MM-HH:MM` with a beginning before the end, the end at most 24:00.
    #[error("a window is HH:MM-HH:MM, the end after the beginning and at most 24:00")]
    Window,
    /// Not `MM-DD..MM-DD`.
    #[error("closed days are MM-DD..MM-DD, both days of a year")]
    Closed,
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// A part of a day, half open: the second of its beginning belongs to it, the second of its end does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    start_min: u32,
    end_min: u32,
}

impl Window {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { start_min: 0, end_min: 24 * 60 };

    /// Seconds from midnight to its beginning.
    pub const fn start_s(self) -> u32 {
        self.start_min * 60
    }

    /// Seconds from midnight to its end.
    pub const fn end_s(self) -> u32 {
        self.end_min * 60
    }

    /// `8:00〜21:00`, or `24時間`.
    pub fn text(&self) -> String {
        if *self == Self::WHOLE_DAY {
            return "24時間".to_owned();
        }
        let shown = |minutes: u32| format!("{}:{:02}", minutes / 60, minutes % 60);
        format!("{}〜{}", shown(self.start_min), shown(self.end_min))
    }
}

fn minutes(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= Window::WHOLE_DAY.end_min).then_some(total)
}

impl FromStr for Window {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let (start, end) = text.split_once('-').ok_or(SpanError::Window)?;
        match (minutes(start), minutes(end)) {
            (Some(start_min), Some(end_min)) if start_min < end_min => Ok(Self { start_min, end_min }),
            _ => Err(SpanError::Window),
        }
    }
}

/// `08:00-21:00`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.start_min, self.end_min);
        write!(f, "{:02}:{:02}-{:02}:{:02}", start / 60, start % 60, end / 60, end % 60)
    }
}

/// Days of every year without service, both ends included; it may pass over the end of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClosedSpan {
    first: (u32, u32),
    last: (u32, u32),
}

impl ClosedSpan {
    /// Whether `date` is one of them.
    pub fn contains(self, date: Date) -> bool {
        let day = (date.month(), date.day());
        if self.first <= self.last {
            self.first <= day && day <= self.last
        } else {
            self.first <= day || day <= self.last
        }
    }

    /// `12月31日〜1月3日`.
    pub fn text(&self) -> String {
        let shown = |(month, day): (u32, u32)| format!("{month}月{day}日");
        if self.first == self.last {
            shown(self.first)
        } else {
            format!("{}〜{}", shown(self.first), shown(self.last))
        }
    }
}

fn month_day(text: &str) -> Option<(u32, u32)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (two_digits(month)?, two_digits(day)?);
    // a leap year, so that 29 February is a day
    Date::from_ymd_opt(2000, month, day).map(|_| (month, day))
}

impl FromStr for ClosedSpan {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let (first, last) = text.split_once("..").ok_or(SpanError::Closed)?;
        match (month_day(first), month_day(last)) {
            (Some(first), Some(last)) => Ok(Self { first, last }),
            _ => Err(SpanError::Closed),
        }
    }
}

/// `12-31..01-03`.
impl fmt::Display for ClosedSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}..{:02}-{:02}", self.first.0, self.first.1, self.last.0, self.last.1)
    }
}

macro_rules! in_data_as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = SpanError;
            fn try_from(text: String) -> Result<Self, SpanError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    };
}

in_data_as_text!(Window);
in_data_as_text!(ClosedSpan);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_strictly() {
        for good in ["08:00-21:00", "00:00-24:00", "23:59-24:00"] {
            assert_eq!(good.parse::<Window>().unwrap().to_string(), good);
        }
        for bad in [
            "8:00-21:00",
            "21:00-08:00",
            "08:00-08:00",
            "08:60-09:00",
            "08:00-24:01",
            "08:00",
            "",
            "+8:00-09:00",
        ] {
            assert_eq!(bad.parse::<Window>(), Err(SpanError::Window), "{bad}");
        }
    }

    #[test]
    fn closed_days_may_pass_over_new_year() {
        let span: ClosedSpan = "12-31..01-03".parse().unwrap();
        let on = |text: &str| span.contains(text.parse().unwrap());
        assert!(!on("2026-12-30") && on("2026-12-31") && on("2027-01-01") && on("2027-01-03"));
        assert!(!on("2027-01-04"));
        assert_eq!(span.text(), "12月31日〜1月3日");
        assert_eq!(span.to_string(), "12-31..01-03");
        for bad in ["12-32..01-03", "02-30..03-01", "1-1..1-2", "01-01", "01-01..", "01-01..13-01"] {
            assert_eq!(bad.parse::<ClosedSpan>(), Err(SpanError::Closed), "{bad}");
        }
    }
}
