//! The search in a contract's history, and the file of what it finds.

use std::fmt::Write as _;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use chrono::Months;
use domain::{Date, UserId};
use edge::{Errors, Frame};
use http::StatusCode;
use ledger::TrailQuery;
use serde::Deserialize;

use super::note;
use super::shown::{HistoryRow, Words};
use super::words::Kind;
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::contracts::Duty;
use crate::csv::Csv;
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::payeasy::views::Stake;
use crate::period;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::users::Members;

/// Records a page.
const PAGE_RECORDS: u32 = 50;
/// Records of one read of a file.
const READ_RECORDS: u32 = 200;
/// Records of a file at most.
const FILE_RECORDS_MAX: usize = 3_000;
/// Months that can be looked back at.
const MONTHS_MAX: u32 = 13;
/// Days that a search begins with, today among them.
const DAYS_SHOWN: i64 = 7;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::AdminHistory.path(), get(show_all))
        .route(Link::AdminHistoryCsv.path(), get(download))
        .route(Link::OwnHistory.path(), get(show_own))
}

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    from: String,
    until: String,
    user: String,
    kind: String,
    older: String,
}

/// A choice of a list.
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "history/history.html")]
pub struct HistoryPage {
    /// The frame.
    pub frame: Frame,
    /// Whether everybody's operations are shown.
    pub of_all: bool,
    /// Where the form goes.
    pub action: Link,
    /// What is wrong.
    pub errors: Errors,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// The users.
    pub users: Vec<Choice>,
    /// The kinds.
    pub kinds: Vec<Choice>,
    /// What was found.
    pub rows: Vec<HistoryRow>,
    /// The next page.
    pub older: Option<String>,
    /// The same as a file.
    pub file: Option<String>,
}

/// What a search comes to.
struct Search {
    query: TrailQuery,
    days: (Date, Date),
    kind: Option<Kind>,
}

/// `GET /admin/history`
async fn show_all(State(bank): State<Bank>, by: SignedIn, Query(filter): Query<Filter>) -> Answer {
    admit(&by)?;
    let page = page(&bank, &by, &filter, true).await?;
    if !page.errors.is_empty() {
        return again(&page);
    }
    note(&bank, &by, "history.view", String::new(), told(&filter)).await?;
    shown(&page)
}

/// `GET /security/history`
async fn show_own(State(bank): State<Bank>, by: SignedIn, Query(filter): Query<Filter>) -> Answer {
    let page = page(&bank, &by, &filter, false).await?;
    if page.errors.is_empty() { shown(&page) } else { again(&page) }
}

/// `GET /admin/history/csv`
async fn download(State(bank): State<Bank>, by: SignedIn, Query(filter): Query<Filter>) -> Answer {
    admit(&by)?;
    let search = match search(&bank, &by, &filter, true) {
        Ok(search) => search,
        Err(errors) => {
            let mut page = page(&bank, &by, &Filter::default(), true).await?;
            page.errors = errors;
            return again(&page);
        }
    };
    note(&bank, &by, "history.download", String::new(), told(&filter)).await?;
    let mut csv = Csv::new(&["日時", "操作した方", "種類", "操作", "対象・内容"]);
    let mut words = Words::new(&bank, &by);
    let mut query = TrailQuery { limit: READ_RECORDS, before: None, ..search.query };
    let mut written = 0;
    while written < FILE_RECORDS_MAX {
        let records = bank.ledger.trail(&query).await.map_err(failed)?;
        let Some(last) = records.last() else { break };
        query.before = Some(last.place);
        let is_last = records.len() < usize::try_from(READ_RECORDS).unwrap_or(usize::MAX);
        written += records.len();
        for row in words.rows(records).await? {
            csv.row(&[&row.instant, &row.actor, row.kind, &row.action, &row.subject]);
        }
        if is_last {
            break;
        }
    }
    Ok(csv.download(&format!("history-{}-{}.csv", search.days.0, search.days.1)))
}

/// Only who supervises sees what others did.
fn admit(by: &SignedIn) -> Result<(), Stop> {
    policy::require_duty(by, Duty::History).map_err(|_| {
        let frame = frame::page(by, Area::Admin);
        Stop::told_of(Stake::Registration, frame, Code::NotPermitted, StatusCode::FORBIDDEN)
    })
}

async fn page(bank: &Bank, by: &SignedIn, filter: &Filter, of_all: bool) -> Result<HistoryPage, Stop> {
    let area = if of_all { Area::Admin } else { Area::Security };
    let action = if of_all { Link::AdminHistory } else { Link::OwnHistory };
    let found = search(bank, by, filter, of_all);
    let chosen = found.as_ref().ok().and_then(|search| search.kind);
    let mut page = HistoryPage {
        frame: Frame { has_errors: found.is_err(), ..frame::page(by, area) },
        of_all,
        action,
        errors: Errors::none(),
        from: filter.from.clone(),
        until: filter.until.clone(),
        users: if of_all { users(bank, by, &filter.user).await? } else { Vec::new() },
        kinds: kinds(chosen),
        rows: Vec::new(),
        older: None,
        file: None,
    };
    let search = match found {
        Ok(search) => search,
        Err(errors) => {
            page.errors = errors;
            return Ok(page);
        }
    };
    (page.from, page.until) = (search.days.0.to_string(), search.days.1.to_string());
    let mut records = bank.ledger.trail(&search.query).await.map_err(failed)?;
    let page_len = usize::try_from(PAGE_RECORDS).unwrap_or(usize::MAX);
    let more = records.len() > page_len;
    records.truncate(page_len);
    let asked = asked(&search, &filter.user);
    page.older = records.last().filter(|_| more).map(|last| format!("{action}?{asked}&older={}", last.place));
    page.file = of_all.then(|| format!("{}?{asked}", Link::AdminHistoryCsv));
    page.rows = Words::new(bank, by).rows(records).await?;
    Ok(page)
}

/// The search as the address of a page says it.
fn asked(search: &Search, user: &str) -> String {
    let mut asked = format!("from={}&until={}", search.days.0, search.days.1);
    if let Ok(user) = user.parse::<UserId>() {
        let _ = write!(asked, "&user={user}");
    }
    if let Some(kind) = search.kind {
        let _ = write!(asked, "&kind={}", kind.code());
    }
    asked
}

/// The facts of a search, for the record of it.
fn told(filter: &Filter) -> String {
    let Filter { from, until, user, kind, .. } = filter;
    let told = format!("from={from} until={until} user={user} kind={kind}");
    told.chars().take(200).collect()
}

fn search(bank: &Bank, by: &SignedIn, filter: &Filter, of_all: bool) -> Result<Search, Errors> {
    let today = bank.clock.now().date();
    let days = days(&filter.from, &filter.until, today)?;
    let kind = Kind::from_code(&filter.kind);
    let (among, except) = kind.map(Kind::actions).unwrap_or_default();
    let actor = match (of_all, filter.user.parse::<UserId>()) {
        (false, _) => by.user.id.to_string(),
        (true, Ok(user)) => user.to_string(),
        (true, Err(_)) => String::new(),
    };
    let (from, until) = period::instants(days);
    let query = TrailQuery {
        from,
        until,
        contract: Some(by.contract.id),
        actor,
        action: String::new(),
        among,
        except,
        subjects: Vec::new(),
        before: filter.older.parse().ok(),
        limit: PAGE_RECORDS + 1,
    };
    Ok(Search { query, days, kind })
}

/// The days of a search: the last seven where none are typed, and none before what is kept on the page.
fn days(from: &str, until: &str, today: Date) -> Result<(Date, Date), Errors> {
    let earliest = today.checked_sub_months(Months::new(MONTHS_MAX)).unwrap_or(today);
    let first = |until: Date| {
        until.checked_sub_days(chrono::Days::new(DAYS_SHOWN.unsigned_abs() - 1)).unwrap_or(until)
    };
    period::days((from, until), today, first, earliest)
}

async fn users(bank: &Bank, by: &SignedIn, asked: &str) -> Result<Vec<Choice>, Stop> {
    let members = Members::of(&bank.database, by.contract.id).everybody().await.map_err(failed)?;
    let mut choices =
        vec![Choice { value: String::new(), label: "すべて".to_owned(), chosen: asked.is_empty() }];
    choices.extend(members.into_iter().map(|member| {
        let value = member.id.to_string();
        Choice { chosen: value == asked, label: format!("{}({})", member.name, member.login_id), value }
    }));
    Ok(choices)
}

fn kinds(chosen: Option<Kind>) -> Vec<Choice> {
    let all = Choice { value: String::new(), label: "すべて".to_owned(), chosen: chosen.is_none() };
    let kind = |kind: &Kind| Choice {
        value: kind.code().to_owned(),
        label: kind.label().to_owned(),
        chosen: chosen == Some(*kind),
    };
    std::iter::once(all).chain(Kind::ALL.iter().map(kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_begins_with_seven_days_and_looks_back_thirteen_months() {
        let today: Date = "2026-11-24".parse().unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(days("", "", today), Ok((day("2026-11-18"), today)));
        assert_eq!(days("2025-10-24", "", today), Ok((day("2025-10-24"), today)));
        assert!(days("2025-10-23", "", today).is_err());
    }
}
