//! What the comparisons of a date came to, collector by collector, and the button that compares again.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{CollectorNumber, Date, Yen};
use edge::{CsrfForm, Errors, Frame};
use gateway::directory::Collector;
use gateway::reconciliation::{BreakClass, Reconciliation, Summary, net};
use gateway::service::ServiceDay;
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use serde::Deserialize;

use super::words::{class_label, summary_tag};
use crate::Console;
use crate::days::list::asked_day;
use crate::days::proposal::problem;
use crate::frame::{self, Area};
use crate::links::{BreaksLink, ConsoleLink, DayLink, ReconciliationLink};
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;
use crate::staff;
use crate::words::{Names, Tag, collector_name, day, stamp};

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    date: String,
    /// The collector that was compared again.
    compared: String,
}

/// Which day to compare again.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    collector: String,
    date: String,
}

/// A comparison as the list shows it.
pub(crate) struct RunRow {
    pub name: String,
    pub number: String,
    /// Where the day is to be seen.
    pub day: String,
    pub result: Tag,
    /// When, by whom, and whether the day was closed; empty where it was never compared.
    pub made: Vec<String>,
    /// How many of each kind there are; only the matched where nothing differs.
    pub counts: Vec<String>,
    /// Who says how much, with a mark at what differs from the bank's own.
    pub sums: Vec<SumRow>,
    pub open_breaks: u32,
    /// The breaks of the day.
    pub breaks: String,
    /// Whether the day has begun, so that it can be compared.
    pub comparable: bool,
}

/// What one side says of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SumRow {
    pub who: &'static str,
    /// Count and amount.
    pub says: String,
    /// Whether it is another amount than the bank's own.
    pub differs: bool,
}

#[derive(Template)]
#[template(path = "reconciliation/list.html")]
pub(crate) struct ListPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub date: String,
    pub rows: Vec<RunRow>,
}

/// `GET /reconciliation`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let (date, errors) = asked_day(&console, &filter.date);
    let is_wrong = !errors.is_empty();
    let mut page = ListPage {
        frame: Frame { has_errors: is_wrong, ..frame::page(&by, Area::Reconciliation) },
        csrf: by.csrf.clone(),
        trouble: is_wrong.then(|| Trouble::input(errors.clone())),
        errors,
        date: if is_wrong { filter.date } else { date.to_string() },
        rows: Vec::new(),
    };
    if is_wrong {
        return again(&page);
    }
    if let Ok(compared) = filter.compared.parse::<CollectorNumber>() {
        let name = collector_name(&console.gateway, &compared);
        page.frame.notice = Some(format!("{name}を照合し直しました。結果は下のとおりです。"));
    }
    let hub = &console.gateway;
    let days = hub.service_days(date).await.map_err(failed)?;
    let days: HashMap<_, _> = days.iter().map(|day| (&day.collector, day)).collect();
    let made = hub.latest_reconciliations(date).await.map_err(failed)?;
    let made: HashMap<_, _> = made.iter().map(|made| (&made.collector, made)).collect();
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let today = console.clock.now().date();
    page.rows = hub
        .collectors()
        .all()
        .filter(|collector| collector.available)
        .map(|collector| {
            let day = days.get(&collector.number).copied();
            let run = made.get(&collector.number).copied();
            let mut row = row(collector, day, run, &names, date);
            row.comparable = day.is_some() || date == today;
            row
        })
        .collect();
    shown(&page)
}

/// `POST /reconciliation/compare`
pub async fn compare(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(form): CsrfForm<Asked>,
) -> Answer {
    let collector: CollectorNumber = form.collector.parse().map_err(|_| Stop::not_found())?;
    let date = day(&form.date).ok_or_else(Stop::not_found)?;
    let back = ReconciliationLink(date).to_string();
    let made = console.gateway.reconcile(&collector, date, &staff::operator(&by.staff)).await;
    made.map_err(|error| problem(&error, None).stop(&by, Area::Reconciliation, &back))?;
    Ok(Redirect::to(&format!("{back}&compared={collector}")).into_response())
}

fn row(
    collector: &Collector,
    day: Option<&ServiceDay>,
    run: Option<&Reconciliation>,
    names: &Names,
    date: Date,
) -> RunRow {
    let number = &collector.number;
    // the day's has the breaks that are open now, the run's those of its moment
    let summary = day.and_then(|day| day.reconciliation.as_ref());
    let made = |run: &Reconciliation| {
        let when = if run.summary.after_close { "閉局後" } else { "閉局前" };
        vec![format!("{} {}回目 {when}", stamp(run.at), run.summary.number), names.name(&run.by.name)]
    };
    RunRow {
        name: collector.shown_name(),
        number: number.to_string(),
        day: DayLink { collector: number, date }.to_string(),
        result: summary_tag(summary),
        made: run.map(made).unwrap_or_default(),
        counts: summary.map(counts).unwrap_or_default(),
        sums: summary.map(sums).unwrap_or_default(),
        open_breaks: summary.map_or(0, |summary| summary.open_breaks),
        breaks: BreaksLink { collector: Some(number), date: Some(date), ..BreaksLink::default() }.to_string(),
        comparable: false,
    }
}

fn counts(summary: &Summary) -> Vec<String> {
    let mut counts = vec![format!("一致 {}件", summary.matched)];
    let differing = BreakClass::ALL.into_iter().map(|class| (class, summary.count_of(class)));
    counts.extend(
        differing
            .filter(|(_, count)| *count > 0)
            .map(|(class, count)| format!("{} {count}件", class_label(class))),
    );
    if summary.not_kept > 0 {
        counts.push(format!("ほかに一覧にないもの {}件", summary.not_kept));
    }
    counts
}

fn sums(summary: &Summary) -> Vec<SumRow> {
    let totals = &summary.totals;
    let ours = net(&totals.hub);
    let count = |counters: &gateway::service::Counters| {
        let cleared = i64::from(counters.cleared.count) + i64::from(counters.provisional.count);
        format!("{}件 {}円", cleared - i64::from(counters.cancelled.count), net(counters))
    };
    let sum = |who, says: String, amount: Option<Yen>| SumRow { who, says, differs: amount != Some(ours) };
    let lines = &totals.lines;
    let listed = i64::from(lines.cleared.count) + i64::from(lines.provisional.count);
    vec![
        sum("当行の払込", count(&totals.hub), Some(ours)),
        sum("当行の元帳", format!("{}円", totals.ledger), Some(totals.ledger)),
        sum(
            "収納機関のカウンタ",
            totals.collector.as_ref().map_or_else(|| "照合中に動いた".to_owned(), count),
            totals.collector.as_ref().map(net),
        ),
        sum("収納機関の明細", format!("{listed}件 {}円", lines.net()), Some(lines.net())),
    ]
}
