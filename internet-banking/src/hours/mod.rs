//! ご利用時間: when customers can sign in, when a service works, when it ends and begins again (R110 to R112). Pure: an
//! instant of business time in, an answer out. The hours themselves are `data/hours.toml`.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use domain::hours::{ClosedSpan, DatedHours, Hours, Window};
use domain::{Date, Timestamp};
use serde::Deserialize;

use crate::Bank;
use crate::settings::{
    CLOSED_DAYS, Dated, FOREIGN_HOURS, PAYEASY_HOURS, SERVICE_HOURS, SPECIAL_DAY, bulk_hours,
};

/// Days in a row without any hours at most.
const CLOSED_DAYS_MAX: i64 = 31;
/// How often opening times are compared until both are open at the same time.
const TRIES_MAX: usize = 400;

/// The file that is part of the program; a test reads it.
static HOURS: LazyLock<ServiceHours> = LazyLock::new(|| {
    let text = include_str!("../../data/hours.toml");
    ServiceHours::parse(text).unwrap_or_else(|error| panic!("data/hours.toml, which a test reads: {error}"))
});

/// What has hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Signing in, and with it every page behind it.
    SignIn,
    /// 税金・各種料金: inquiries and payments, those that others approve among them.
    PayEasy,
    /// データ伝送 of a business: entry, files and approval.
    Bulk(formats::Business),
    /// 外国送金 and 輸入信用状.
    Foreign,
}

/// Whether a service works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does, until this instant; without an end where it never closes.
    Open {
        /// The first instant at which it does not.
        until: Option<Timestamp>,
    },
    /// It does not, before this instant; without one where it never opens again.
    Closed {
        /// The first instant at which it does.
        opens: Option<Timestamp>,
    },
}

/// The hours of all services.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceHours {
    sign_in: Hours,
    #[serde(default = "Hours::always")]
    payeasy: Hours,
    foreign: Hours,
    /// A business without hours of its own keeps those of signing in.
    #[serde(default)]
    bulk: BTreeMap<formats::Business, Hours>,
}

/// 終日休止, as a special day is kept.
pub const CLOSED: &str = "closed";
/// 通常どおり.
pub const ORDINARY: &str = "ordinary";
/// Spans of closed days of a year at most.
const SPANS_MAX: usize = 10;

/// Spans of closed days: `12-31..01-03 05-03..05-05`, or `none`.
pub fn read_spans(typed: &str) -> Option<Vec<ClosedSpan>> {
    match typed.trim() {
        "none" => Some(Vec::new()),
        "" => None,
        text => {
            let spans = text.split_whitespace().map(|span| span.parse().ok()).collect::<Option<Vec<_>>>();
            spans.filter(|spans| spans.len() <= SPANS_MAX)
        }
    }
}

/// The same as it is kept.
pub fn written_spans(spans: &[ClosedSpan]) -> String {
    let each: Vec<_> = spans.iter().map(ClosedSpan::to_string).collect();
    if each.is_empty() { "none".to_owned() } else { each.join(" ") }
}

/// The hours of a bank with what two people have set, as they are now.
pub async fn now_of(bank: &Bank) -> Result<ServiceHours, sqlx::Error> {
    // a bank that never closes keeps no hours
    if *bank.hours == ServiceHours::always() {
        return Ok(ServiceHours::always());
    }
    let daily = SERVICE_HOURS.history(&bank.database).await?;
    let closed = CLOSED_DAYS.history(&bank.database).await?;
    let special = SPECIAL_DAY.history(&bank.database).await?;
    let foreign = FOREIGN_HOURS.history(&bank.database).await?;
    let payeasy = PAYEASY_HOURS.history(&bank.database).await?;
    Ok(bank.hours.with(&daily, &closed, &special).with_payeasy(&payeasy).with_foreign(&foreign))
}

/// The same with those of one business of データ伝送.
pub async fn bulk_now_of(bank: &Bank, business: formats::Business) -> Result<ServiceHours, sqlx::Error> {
    let hours = now_of(bank).await?;
    let set = bulk_hours(business).history(&bank.database).await?;
    Ok(hours.with_bulk(business, &set))
}

/// What a setting has on a day, where it was set: the history begins with the latest.
fn set_on(history: &[Dated], day: Date) -> Option<&str> {
    history.iter().find(|dated| dated.from <= day).map(|dated| dated.value.as_str())
}

impl ServiceHours {
    /// The embedded hours of every day, as a setting keeps them.
    pub(crate) fn daily(&self) -> String {
        let windows = self.newest().map(|version| version.weekdays.as_slice()).unwrap_or_default();
        windows.first().map(Window::to_string).unwrap_or_default()
    }

    /// The embedded closed days of every year, as a setting keeps them.
    pub(crate) fn closed(&self) -> String {
        written_spans(self.newest().map(|version| version.closed.as_slice()).unwrap_or_default())
    }

    fn newest(&self) -> Option<&DatedHours> {
        self.sign_in.version(Date::MAX)
    }

    /// These with values from days on, and days on which nothing is open: a further version from each day on which
    /// anything changes.
    fn with(&self, daily: &[Dated], closed: &[Dated], special: &[Dated]) -> Self {
        let is_special = |day: Date| {
            special.iter().find(|dated| dated.from == day).is_some_and(|dated| dated.value == CLOSED)
        };
        let mut days: BTreeSet<Date> = daily.iter().chain(closed).map(|dated| dated.from).collect();
        for dated in special {
            days.extend([Some(dated.from), dated.from.succ_opt()].into_iter().flatten());
        }
        let own: Vec<DatedHours> = self.sign_in.clone().into();
        days.extend(own.iter().map(|version| version.from));
        let version = |day: Date| {
            let mut version = self.sign_in.version(day)?.clone();
            version.from = day;
            let windows =
                set_on(daily, day).and_then(|kept| kept.parse().ok()).map(|window: Window| vec![window]);
            if is_special(day) {
                (version.weekdays, version.saturdays, version.holidays) = Default::default();
            } else if let Some(windows) = windows {
                (version.weekdays, version.saturdays) = (windows.clone(), windows.clone());
                version.holidays = windows;
            }
            if let Some(spans) = set_on(closed, day).and_then(read_spans) {
                version.closed = spans;
            }
            Some(version)
        };
        let versions: Vec<_> = days.into_iter().filter_map(version).collect();
        // days are in order, and one window does not overlap
        let sign_in = Hours::try_from(versions).unwrap_or_else(|_| self.sign_in.clone());
        Self { sign_in, ..self.clone() }
    }

    /// These with other hours of 税金・各種料金 from days on: on every day.
    fn with_payeasy(&self, set: &[Dated]) -> Self {
        let payeasy = changed(&self.payeasy, set, |version, window| {
            version.weekdays = vec![window];
            (version.saturdays, version.holidays) = (vec![window], vec![window]);
        });
        Self { payeasy, ..self.clone() }
    }

    /// These with other hours of 外国送金 and 輸入信用状 from days on: on the days on which banks do business.
    fn with_foreign(&self, set: &[Dated]) -> Self {
        let foreign = changed(&self.foreign, set, |version, window| version.weekdays = vec![window]);
        Self { foreign, ..self.clone() }
    }

    /// These with other hours of a business of データ伝送 from days on: on every day.
    fn with_bulk(&self, business: formats::Business, set: &[Dated]) -> Self {
        let hours = changed(self.bulk_of(business), set, |version, window| {
            version.weekdays = vec![window];
            (version.saturdays, version.holidays) = (vec![window], vec![window]);
        });
        let mut bulk = self.bulk.clone();
        bulk.insert(business, hours);
        Self { bulk, ..self.clone() }
    }

    fn bulk_of(&self, business: formats::Business) -> &Hours {
        self.bulk.get(&business).unwrap_or(&self.sign_in)
    }

    /// The embedded hours of a business of データ伝送, as a setting keeps them.
    pub(crate) fn bulk(&self, business: formats::Business) -> String {
        first_window(self.bulk_of(business))
    }

    /// The embedded hours of 外国送金, as a setting keeps them.
    pub(crate) fn foreign(&self) -> String {
        first_window(&self.foreign)
    }

    /// The same of 税金・各種料金.
    pub(crate) fn payeasy(&self) -> String {
        first_window(&self.payeasy)
    }

    /// The bank's.
    pub fn embedded() -> Self {
        HOURS.clone()
    }

    /// Of a bank that never closes.
    pub fn always() -> Self {
        let always = Hours::always;
        Self { sign_in: always(), payeasy: always(), foreign: always(), bulk: BTreeMap::new() }
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// What has to be open at the same time.
    fn all_of(&self, service: Service) -> [&Hours; 2] {
        match service {
            Service::SignIn => [&self.sign_in, &self.sign_in],
            // what others have approved is carried out after the last of them has signed out, too
            Service::PayEasy => [&self.payeasy, &self.payeasy],
            Service::Bulk(business) => [&self.sign_in, self.bulk_of(business)],
            Service::Foreign => [&self.sign_in, &self.foreign],
        }
    }

    /// Whether a service works at an instant, and until or from when.
    pub fn standing(&self, service: Service, at: Timestamp) -> Standing {
        let all = self.all_of(service);
        if all.iter().all(|hours| hours.is_open(at)) {
            Standing::Open { until: all.iter().filter_map(|hours| hours.next_closing(at)).min() }
        } else {
            Standing::Closed { opens: opening(all, at) }
        }
    }

    /// When a session that began at this instant ends at the latest: with the hours; nothing where they have no end.
    pub fn session_end(&self, signed_in_at: Timestamp) -> Option<Timestamp> {
        match self.standing(Service::SignIn, signed_in_at) {
            Standing::Open { until } => until,
            Standing::Closed { .. } => Some(signed_in_at),
        }
    }

    /// The last instant before `until` until which anybody is signed in: `until` itself where that is within the hours,
    /// else the closing before it. What waits for people waits no longer.
    pub fn last_sign_in(&self, until: Timestamp) -> Timestamp {
        for days in 1..=CLOSED_DAYS_MAX {
            let (mut at, mut closing) = (until.plus_seconds(-days * 86_400), None);
            while at < until {
                at = match self.standing(Service::SignIn, at) {
                    Standing::Open { until: None } => return until,
                    Standing::Open { until: Some(end) } if end >= until => return until,
                    Standing::Open { until: Some(end) } => {
                        closing = Some(end);
                        end
                    }
                    Standing::Closed { opens: Some(opens) } => opens,
                    Standing::Closed { opens: None } => break,
                };
            }
            if let Some(closing) = closing {
                return closing;
            }
        }
        until
    }

    /// The hours of signing in for people: `毎日 8:00〜21:00(12月31日〜1月3日・5月3日〜5月5日は休止)`.
    pub fn words(&self, at: Timestamp) -> String {
        self.sign_in.text(at.date())
    }
}

/// Hours with a window from days on: a further version from each day on which anything changes.
fn changed(hours: &Hours, set: &[Dated], put: impl Fn(&mut DatedHours, Window)) -> Hours {
    let own: Vec<DatedHours> = hours.clone().into();
    let days: BTreeSet<Date> = set.iter().map(|dated| dated.from).chain(own.iter().map(|v| v.from)).collect();
    let version = |day: Date| {
        let mut version = hours.version(day)?.clone();
        version.from = day;
        if let Some(window) = set_on(set, day).and_then(|kept| kept.parse().ok()) {
            put(&mut version, window);
        }
        Some(version)
    };
    let versions: Vec<_> = days.into_iter().filter_map(version).collect();
    Hours::try_from(versions).unwrap_or_else(|_| hours.clone())
}

fn first_window(hours: &Hours) -> String {
    let windows = hours.version(Date::MAX).map(|version| version.weekdays.as_slice());
    windows.unwrap_or_default().first().map(Window::to_string).unwrap_or_default()
}

/// The first instant from `at` on at which all are open.
fn opening(all: [&Hours; 2], at: Timestamp) -> Option<Timestamp> {
    let mut at = at;
    for _ in 0..TRIES_MAX {
        let openings: Option<Vec<_>> = all.iter().map(|hours| hours.next_opening(at)).collect();
        let last = openings?.into_iter().max()?;
        if all.iter().all(|hours| hours.is_open(last)) {
            return Some(last);
        }
        at = last;
    }
    None
}
