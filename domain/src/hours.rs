//! Service hours: when a collector or a service of the bank takes requests. They are dated data: a version applies
//! from its first day until the next version's.
//!
//! ```toml
//! [[hours]]
//! from = "2000-01-01"
//! weekdays = ["08:00-21:00"]
//! saturdays = ["08:00-21:00"]
//! holidays = ["08:00-21:00"]            # Sundays too
//! closed = ["12-31..01-03", "05-03..05-05"]
//! ```

mod span;

use chrono::{Datelike, NaiveTime, Weekday};

use crate::calendar;
use crate::time::{Date, Timestamp};

pub use span::{ClosedSpan, SpanError, Window};

/// How far ahead an opening or a closing is looked for.
const SEARCH_DAYS_MAX: usize = 400;

/// The hours from one day on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatedHours {
    /// The first day on which they apply.
    pub from: Date,
    /// Windows on Mondays to Fridays that are no holidays, in order.
    pub weekdays: Vec<Window>,
    /// Windows on Saturdays that are no holidays, in order.
    pub saturdays: Vec<Window>,
    /// Windows on Sundays and holidays, in order.
    pub holidays: Vec<Window>,
    /// Spans of days, every year, without any service.
    #[serde(default)]
    pub closed: Vec<ClosedSpan>,
}

/// Why versions are no hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// There is no version.
    #[error("there are no hours")]
    Empty,
    /// A version does not begin after the one before it.
    #[error("the versions are not in the order of their first days")]
    VersionOrder,
    /// A window does not begin after the end of the one before it.
    #[error("the windows of a day overlap or are not in order")]
    WindowOrder,
}

/// The hours of a service over time. Before the first version it is closed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Vec<DatedHours>", into = "Vec<DatedHours>")]
pub struct Hours(Vec<DatedHours>);

impl TryFrom<Vec<DatedHours>> for Hours {
    type Error = HoursError;
    fn try_from(versions: Vec<DatedHours>) -> Result<Self, HoursError> {
        if versions.is_empty() {
            return Err(HoursError::Empty);
        }
        if !versions.is_sorted_by(|a, b| a.from < b.from) {
            return Err(HoursError::VersionOrder);
        }
        let days = versions.iter().flat_map(|v| [&v.weekdays, &v.saturdays, &v.holidays]);
        if days.into_iter().any(|windows| !windows.is_sorted_by(|a, b| a.end_s() <= b.start_s())) {
            return Err(HoursError::WindowOrder);
        }
        Ok(Self(versions))
    }
}

impl From<Hours> for Vec<DatedHours> {
    fn from(hours: Hours) -> Self {
        hours.0
    }
}

impl Hours {
    /// Open at any time.
    pub fn always() -> Self {
        let day = vec![Window::WHOLE_DAY];
        let version = DatedHours {
            from: Date::MIN,
            weekdays: day.clone(),
            saturdays: day.clone(),
            holidays: day,
            closed: Vec::new(),
        };
        Self(vec![version])
    }

    /// The version that applies on `date`.
    pub fn version(&self, date: Date) -> Option<&DatedHours> {
        self.0.iter().rev().find(|version| version.from <= date)
    }

    /// The windows of `date`; none on a closed day.
    pub fn windows(&self, date: Date) -> &[Window] {
        match self.version(date) {
            Some(version) if !version.closed.iter().any(|span| span.contains(date)) => version.of_kind(date),
            _ => &[],
        }
    }

    /// Whether the service takes requests at `at`. The second of opening is open, the second of closing is not.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.spans(at.date()).take(1).flatten().any(|(start, end)| start <= at && at < end)
    }

    /// The first instant from `at` on at which the service is open: `at` itself when it is open now, `None` when
    /// it does not open within 400 days.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        let mut spans = self.spans(at.date()).flatten();
        spans.find(|(_, end)| at < *end).map(|(start, _)| start.max(at))
    }

    /// The first instant after `at` at which the service is closed again: `None` when it is closed now or stays
    /// open for 400 days.
    pub fn next_closing(&self, at: Timestamp) -> Option<Timestamp> {
        let mut closing = None;
        for (start, end) in self.spans(at.date()).flatten() {
            match closing {
                None if start <= at && at < end => closing = Some(end),
                None if at < start => return None,
                // one window that goes on in the next, as over midnight
                Some(reached) if start == reached => closing = Some(end),
                Some(reached) => return Some(reached),
                None => {}
            }
        }
        // at the end of the search: a service that never closed reaches the last day searched
        let last_day = at.date().iter_days().nth(SEARCH_DAYS_MAX)?;
        closing.filter(|reached| *reached < midnight(last_day))
    }

    /// The hours that apply on `date`, for people: `毎日 8:00〜21:00(12月31日〜1月3日は休止)`.
    pub fn text(&self, date: Date) -> String {
        self.version(date).map_or_else(|| "取扱なし".to_owned(), DatedHours::text)
    }

    /// Day by day from `first`, the windows as instants.
    fn spans(&self, first: Date) -> impl Iterator<Item = impl Iterator<Item = (Timestamp, Timestamp)>> {
        first.iter_days().take(SEARCH_DAYS_MAX).map(|date| {
            let day = midnight(date);
            self.windows(date)
                .iter()
                .map(move |w| (day.plus_seconds(w.start_s().into()), day.plus_seconds(w.end_s().into())))
        })
    }
}

fn midnight(date: Date) -> Timestamp {
    Timestamp::from_jst(date, NaiveTime::MIN)
}

impl DatedHours {
    fn of_kind(&self, date: Date) -> &[Window] {
        match date.weekday() {
            Weekday::Sun => &self.holidays,
            _ if calendar::holiday(date).is_some() => &self.holidays,
            Weekday::Sat => &self.saturdays,
            _ => &self.weekdays,
        }
    }

    fn text(&self) -> String {
        let kinds: Vec<(&str, &[Window])> =
            if self.weekdays == self.saturdays && self.saturdays == self.holidays {
                vec![("毎日", &self.weekdays)]
            } else if self.saturdays == self.holidays {
                vec![("平日", &self.weekdays), ("土日祝", &self.holidays)]
            } else {
                vec![("平日", &self.weekdays), ("土曜", &self.saturdays), ("日祝", &self.holidays)]
            };
        let open = kinds.iter().filter(|(_, windows)| !windows.is_empty());
        let open: Vec<String> =
            open.map(|(kind, windows)| format!("{kind} {}", windows_text(windows))).collect();
        let closed =
            kinds.iter().filter(|(_, windows)| windows.is_empty()).map(|(kind, _)| (*kind).to_owned());
        let closed: Vec<String> = closed.chain(self.closed.iter().map(ClosedSpan::text)).collect();
        match (open.is_empty(), closed.is_empty()) {
            (true, _) => "休止".to_owned(),
            (false, true) => open.join("、"),
            (false, false) => format!("{}({}は休止)", open.join("、"), closed.join("・")),
        }
    }
}

fn windows_text(windows: &[Window]) -> String {
    windows.iter().map(Window::text).collect::<Vec<_>>().join("・")
}

#[cfg(test)]
mod tests;
