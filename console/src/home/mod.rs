//! 状況: what is open, what waits, what is wrong.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use domain::Timestamp;
use edge::Frame;
use gateway::service::{CircuitState, CollectorStatus, ServiceState};
use gateway::{AlarmQuery, BreakQuery};
use internet_banking::answer::{Answer, failed, shown};
use internet_banking::frame::day_and_time;

use super::Console;
use super::frame::{self, Area};
use super::links::{ConsoleLink, DayLink};
use super::requests::RequestQuery;
use super::sign_in::Watching;
use super::words::{Tag, span};

/// Between two looks of a page that asks for itself.
const WATCH_S: u32 = 15;

/// The page of this folder.
pub fn routes() -> Router<Console> {
    Router::new().route(ConsoleLink::Home.path(), get(show))
}

/// Requests, alarms and breaks that the page counts at most.
const COUNT_MAX: u32 = 100;
/// An answer that took longer is slow.
const SLOW_MS: u64 = 5_000;

/// A collector as the page shows it.
pub(super) struct StatusRow {
    /// Today's page of the collector.
    pub link: String,
    pub name: String,
    pub number: String,
    pub service: Tag,
    /// What went wrong, or is behind.
    pub notes: Vec<String>,
    pub circuit: Tag,
    pub answer: String,
    pub open_work: u32,
    pub oldest: String,
    pub unknown: u32,
}

#[derive(Template)]
#[template(path = "home/home.html")]
pub(super) struct HomePage {
    pub frame: Frame,
    pub now: String,
    pub watching: bool,
    /// Collectors with something to look at.
    pub rows: Vec<StatusRow>,
    /// Those with nothing to look at.
    pub quiet: Vec<StatusRow>,
    pub unknown: u32,
    pub alarms: String,
    pub breaks: String,
    pub requests: String,
    pub stops: String,
}

async fn show(State(console): State<Console>, Watching { by, on }: Watching) -> Answer {
    let now = console.clock.now();
    let mut frame = frame::page(&by, Area::Home);
    if on {
        frame.refresh = Some(format!("{WATCH_S}; url={}&again=1", ConsoleLink::HomeWatching));
    }
    if by.session.ended_other {
        frame.notice = Some(
            "同じ職員IDでの前のログインを終了しました。心当たりがない場合は、すぐにシステム管理者へ連絡してください。"
                .to_owned(),
        );
        console.sign_ins.sessions().told(by.session.key).await.map_err(failed)?;
    }
    let statuses = console.gateway.collector_statuses().await.map_err(failed)?;
    let query = AlarmQuery { open_only: true, limit: COUNT_MAX, ..AlarmQuery::default() };
    let alarms = console.gateway.alarms(&query).await.map_err(failed)?.len();
    let query = BreakQuery { open_only: true, limit: COUNT_MAX, ..BreakQuery::default() };
    let breaks = console.gateway.breaks(&query).await.map_err(failed)?.len();
    let query = RequestQuery { open_on: Some(now.date()), limit: COUNT_MAX, ..RequestQuery::default() };
    let requests = console.requests.list(&query).await.map_err(failed)?.len();
    let stops = console.gateway.open_stops().await.map_err(failed)?.len();
    let (quiet, rows): (Vec<_>, Vec<_>) = statuses.iter().partition(|status| is_quiet(status));
    let shown_rows = |of: Vec<&CollectorStatus>| of.into_iter().map(|status| row(status, now)).collect();
    shown(&HomePage {
        frame,
        now: day_and_time(now),
        watching: on,
        unknown: statuses.iter().map(|status| status.unknown).sum(),
        rows: shown_rows(rows),
        quiet: shown_rows(quiet),
        alarms: counted(alarms),
        breaks: counted(breaks),
        requests: counted(requests),
        stops: format!("{stops}件"),
    })
}

fn counted(count: usize) -> String {
    let most = usize::try_from(COUNT_MAX).unwrap_or(usize::MAX);
    if count >= most { format!("{count}件以上") } else { format!("{count}件") }
}

/// Whether there is nothing to look at: nothing open, behind, suspended or gone wrong, and open where it should be.
fn is_quiet(status: &CollectorStatus) -> bool {
    let answers = match status.circuit {
        Some(CircuitState::Closed) => status.last_answer.is_none_or(|last| last.ms <= SLOW_MS),
        None => true,
        Some(_) => false,
    };
    let waits = status.hours_open && status.state == ServiceState::Waiting;
    let is_behind = status.closing && status.state != ServiceState::Closed || status.days_behind > 0;
    answers
        && !waits
        && !is_behind
        && status.trouble.is_none()
        && status.suspended.is_none()
        && (status.open_work, status.unknown) == (0, 0)
}

fn row(status: &CollectorStatus, now: Timestamp) -> StatusRow {
    let mut notes = Vec::new();
    if status.closing && status.state != ServiceState::Closed {
        notes.push("閉局の途中".to_owned());
    }
    if status.days_behind > 0 {
        notes.push(format!("閉局していない前日以前が{}日分", status.days_behind));
    }
    if status.trouble.is_some() {
        notes.push("直近の操作が不成立".to_owned());
    }
    if let Some(suspended) = &status.suspended {
        notes.push(format!("取扱休止({})", suspended.until_words()));
    }
    if !status.hours_open {
        let opens = status.opens_at.map(|at| format!("取扱時間外({}から)", day_and_time(at)));
        notes.push(opens.unwrap_or_else(|| "取扱時間外".to_owned()));
    }
    StatusRow {
        link: DayLink { collector: &status.collector, date: now.date() }.to_string(),
        name: status.name.clone(),
        number: status.collector.to_string(),
        service: service_tag(status.state),
        notes,
        circuit: circuit_tag(status),
        answer: status.last_answer.map(|last| format!("{}ミリ秒", last.ms)).unwrap_or_default(),
        open_work: status.open_work,
        oldest: status.oldest_open_work.map(|at| span(now.seconds_since(at))).unwrap_or_default(),
        unknown: status.unknown,
    }
}

/// Where a collector's day is.
pub(super) const fn service_tag(state: ServiceState) -> Tag {
    match state {
        ServiceState::Waiting => Tag::wait("開局待ち"),
        ServiceState::Open => Tag::ok("開局中"),
        ServiceState::PreClosed => Tag::wait("予備閉局"),
        ServiceState::Closed => Tag::info("閉局"),
    }
}

fn circuit_tag(status: &CollectorStatus) -> Tag {
    match status.circuit {
        None => Tag::info("接続なし"),
        Some(CircuitState::Closed) if status.last_answer.is_some_and(|last| last.ms > SLOW_MS) => {
            Tag::wait("応答が遅い")
        }
        Some(CircuitState::Closed) => Tag::ok("正常"),
        Some(_) => Tag::bad("遮断中"),
    }
}
