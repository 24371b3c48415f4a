//! The days of all collectors on a date.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use chrono::Timelike as _;
use domain::{CollectorNumber, Date, Timestamp};
use edge::{Errors, Frame};
use gateway::directory::Collector;
use gateway::service::{OpenSum, Plan, ServiceDay};
use internet_banking::answer::{Answer, again, failed, shown};
use serde::Deserialize;

use super::words::{day_tag, done, latest, same, trouble_words};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, DayLink};
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;
use crate::words::{Names, Tag, day};

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    date: String,
}

/// A day as the list shows it.
pub(crate) struct DayRow {
    /// Its page; empty where the day is not there.
    pub link: String,
    pub name: String,
    pub number: String,
    pub state: Tag,
    /// What went wrong last; empty where nothing did.
    pub trouble: String,
    /// When each step is due and was done.
    pub steps: Vec<StepRow>,
    /// Both sides' counters, where they were exchanged.
    pub counters: Option<CountersShown>,
    /// What has no known outcome; empty where nothing is open.
    pub open: String,
    pub open_breaks: u32,
}

/// A step of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StepRow {
    pub what: &'static str,
    /// When it is due, or that it is not.
    pub planned: String,
    /// When it was done, and by whom; a dash where it was not.
    pub done: String,
}

/// Both sides' counters in short.
pub(crate) struct CountersShown {
    pub occasion: &'static str,
    pub ours: String,
    pub theirs: String,
    pub same: Tag,
}

#[derive(Template)]
#[template(path = "days/list.html")]
pub(crate) struct ListPage {
    pub frame: Frame,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub date: String,
    pub rows: Vec<DayRow>,
}

/// `GET /days`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let (date, errors) = asked_day(&console, &filter.date);
    let is_wrong = !errors.is_empty();
    let mut page = ListPage {
        frame: Frame { has_errors: is_wrong, ..frame::page(&by, Area::Days) },
        trouble: is_wrong.then(|| Trouble::input(errors.clone())),
        errors,
        date: if is_wrong { filter.date } else { date.to_string() },
        rows: Vec::new(),
    };
    if is_wrong {
        return again(&page);
    }
    let hub = &console.gateway;
    let days = hub.service_days(date).await.map_err(failed)?;
    let days: HashMap<_, _> = days.iter().map(|day| (&day.collector, day)).collect();
    let open = hub.open_sums(date).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let today = console.clock.now().date();
    let row = |collector: &Collector| {
        let plan = hub.service_plan(&collector.number, date)?;
        let open = open.iter().find(|sum| sum.collector == collector.number);
        let day = days.get(&collector.number).copied();
        let link = day_link(&collector.number, day, date, today);
        Some(DayRow { link, ..row(collector, day, &plan, open, &names, date) })
    };
    page.rows = hub.collectors().all().filter_map(row).collect();
    shown(&page)
}

/// The day that an address asks for: today without one. What is none has a message.
pub(crate) fn asked_day(console: &Console, text: &str) -> (Date, Errors) {
    let today = console.clock.now().date();
    match (text.trim().is_empty(), day(text)) {
        (true, _) => (today, Errors::default()),
        (false, Some(date)) => (date, Errors::default()),
        (false, None) => (today, Errors::one("date", "処理日を 2026-11-24 のように入力してください。")),
    }
}

/// Where a day is to be seen: today, or one that has begun; empty otherwise.
pub(crate) fn day_link(
    collector: &CollectorNumber,
    day: Option<&ServiceDay>,
    date: Date,
    today: Date,
) -> String {
    let is_there = day.is_some() || date == today;
    if is_there { DayLink { collector, date }.to_string() } else { String::new() }
}

fn row(
    collector: &Collector,
    day: Option<&ServiceDay>,
    plan: &Plan,
    open: Option<&OpenSum>,
    names: &Names,
    date: Date,
) -> DayRow {
    DayRow {
        link: String::new(),
        name: collector.shown_name(),
        number: collector.number.to_string(),
        state: day_tag(day),
        trouble: day.and_then(|day| day.trouble.as_ref()).map(trouble_words).unwrap_or_default(),
        steps: steps(day, plan, names, date),
        counters: day.and_then(latest).map(|(occasion, counters)| CountersShown {
            occasion,
            ours: in_short(&counters.hub),
            theirs: in_short(&counters.collector),
            same: same(counters.hub == counters.collector),
        }),
        open: open.map(|sum| format!("{}件 {}円", sum.count, sum.amount)).unwrap_or_default(),
        open_breaks: day.map_or(0, ServiceDay::open_breaks),
    }
}

/// When each step is due and was done.
pub(crate) fn steps(day: Option<&ServiceDay>, plan: &Plan, names: &Names, date: Date) -> Vec<StepRow> {
    let step = |what, planned: Option<Timestamp>, at: Option<Timestamp>, by: Option<&String>| StepRow {
        what,
        planned: planned.map_or_else(|| "予定なし".to_owned(), |planned| hour(planned, date)),
        done: done(at, by.map(|by| names.name(by))),
    };
    let of = |part: fn(&ServiceDay) -> (Option<Timestamp>, Option<&String>)| day.map_or((None, None), part);
    let (opened_at, opened_by) = of(|day| (day.opened_at, day.opened_by.as_ref()));
    let (pre_closed_at, pre_closed_by) = of(|day| (day.pre_closed_at, day.pre_closed_by.as_ref()));
    let (closed_at, closed_by) = of(|day| (day.closed_at, day.closed_by.as_ref()));
    vec![
        step("開局", plan.opens_at, opened_at, opened_by),
        step("予備閉局", plan.pre_closes_at, pre_closed_at, pre_closed_by),
        step("閉局", Some(plan.closes_at), closed_at, closed_by),
    ]
}

/// `23:55`; the end of a day is `24:00`.
fn hour(at: Timestamp, date: Date) -> String {
    let time = at.time();
    let hours = if at.date() > date { 24 + time.hour() } else { time.hour() };
    format!("{hours:02}:{:02}", time.minute())
}

fn in_short(counters: &gateway::service::Counters) -> String {
    let count = u64::from(counters.cleared.count) + u64::from(counters.provisional.count);
    let cancelled = match counters.cancelled.count {
        0 => String::new(),
        count => format!("、取消し{count}件"),
    };
    format!("{count}件{cancelled} 差引 {}円", gateway::reconciliation::net(counters))
}

/// The collector in a path, if it has days.
pub(crate) fn connected<'c>(console: &'c Console, number: &CollectorNumber) -> Option<&'c Collector> {
    console.gateway.collectors().get(number).filter(|collector| collector.available)
}
