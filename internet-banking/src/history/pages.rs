//! The search in a contract's history, and the file of what it finds.

use std::fmt::Write as _;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use chrono::Months;
use domain::{Date, UserId, Yen};
use edge::{Errors, Frame};
use formats::banks::folded;
use http::StatusCode;
use ledger::{TrailPlace, TrailQuery};
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
use crate::links::{Link, escaped};
use crate::payeasy::views::Stake;
use crate::period;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::users::Members;

/// Records a page.
const PAGE_RECORDS: usize = 50;
/// Records of one read where many are looked at.
const READ_RECORDS: u32 = 200;
/// Records that are looked at for a file, or for a page of what some of them are about.
const LOOKED_MAX: usize = 3_000;
/// Characters of a text that is searched.
const TEXT_CHARS_MAX: usize = 40;
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
    amount: String,
    text: String,
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
    /// The amount, as it was typed.
    pub amount: String,
    /// The text, as it was typed.
    pub text: String,
    /// What was found.
    pub rows: Vec<HistoryRow>,
    /// Whether as many records were looked at as are for a page, and what is before them was not.
    pub is_cut: bool,
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
    /// What the record is about is of this amount.
    amount: Option<Yen>,
    /// What the record is about has this text, folded; empty asks for all.
    text: String,
}

impl Search {
    /// Whether records are chosen by what they are about, which is looked up one by one.
    fn is_of_matters(&self) -> bool {
        self.amount.is_some() || !self.text.is_empty() || self.kind.is_some_and(Kind::is_approved)
    }

    fn wants(&self, row: &HistoryRow) -> bool {
        let is_of = |kind| row.kind == kind || row.of == Some(kind);
        self.kind.is_none_or(is_of)
            && self.amount.is_none_or(|amount| row.amount == Some(amount))
            && (self.text.is_empty() || folded(&row.subject).contains(&self.text))
    }
}

/// What one page shows of a search.
struct Found {
    rows: Vec<HistoryRow>,
    /// The last record that was looked at, where there may be more.
    behind: Option<TrailPlace>,
    /// Whether the page ends because too many records were looked at.
    is_cut: bool,
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
    let mut query = TrailQuery { limit: READ_RECORDS, before: None, ..search.query.clone() };
    let mut looked = 0;
    while looked < LOOKED_MAX {
        let records = bank.ledger.trail(&query).await.map_err(failed)?;
        let Some(last) = records.last() else { break };
        query.before = Some(last.place);
        let is_last = records.len() < usize::try_from(READ_RECORDS).unwrap_or(usize::MAX);
        looked += records.len();
        for record in &records {
            let row = words.row(record).await?;
            if search.wants(&row) {
                csv.row(&[&row.instant, &row.actor, row.kind.label(), &row.action, &row.subject]);
            }
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
    let asked_for = search(bank, by, filter, of_all);
    let chosen = asked_for.as_ref().ok().and_then(|search| search.kind);
    let mut page = HistoryPage {
        frame: Frame { has_errors: asked_for.is_err(), ..frame::page(by, area) },
        of_all,
        action,
        errors: Errors::none(),
        from: filter.from.clone(),
        until: filter.until.clone(),
        users: if of_all { users(bank, by, &filter.user).await? } else { Vec::new() },
        kinds: kinds(chosen),
        amount: filter.amount.clone(),
        text: filter.text.clone(),
        rows: Vec::new(),
        is_cut: false,
        older: None,
        file: None,
    };
    let search = match asked_for {
        Ok(search) => search,
        Err(errors) => {
            page.errors = errors;
            return Ok(page);
        }
    };
    (page.from, page.until) = (search.days.0.to_string(), search.days.1.to_string());
    let found = found(bank, by, &search).await?;
    let asked = asked(&search, filter);
    page.older = found.behind.map(|place| format!("{action}?{asked}&older={place}"));
    page.file = of_all.then(|| format!("{}?{asked}", Link::AdminHistoryCsv));
    (page.rows, page.is_cut) = (found.rows, found.is_cut);
    Ok(page)
}

/// One page of what is asked for. What records are about stands in other tables, each with its own words, so that who
/// asks for an amount or a payee has them looked at one after the other, and no more of them than for a file.
async fn found(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Found, Stop> {
    let one_more = u32::try_from(PAGE_RECORDS + 1).unwrap_or(READ_RECORDS);
    let limit = if search.is_of_matters() { READ_RECORDS } else { one_more };
    let mut query = TrailQuery { limit, ..search.query.clone() };
    let mut words = Words::new(bank, by);
    let (mut rows, mut looked) = (Vec::new(), 0);
    loop {
        let records = bank.ledger.trail(&query).await.map_err(failed)?;
        for record in &records {
            if rows.len() == PAGE_RECORDS {
                return Ok(Found { rows, behind: query.before, is_cut: false });
            }
            let row = words.row(record).await?;
            if search.wants(&row) {
                rows.push(row);
            }
            query.before = Some(record.place);
        }
        looked += records.len();
        if records.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
            return Ok(Found { rows, behind: None, is_cut: false });
        }
        if looked >= LOOKED_MAX {
            return Ok(Found { rows, behind: query.before, is_cut: true });
        }
    }
}

/// The search as the address of a page says it.
fn asked(search: &Search, filter: &Filter) -> String {
    let mut asked = format!("from={}&until={}", search.days.0, search.days.1);
    if let Ok(user) = filter.user.parse::<UserId>() {
        let _ = write!(asked, "&user={user}");
    }
    if let Some(kind) = search.kind {
        let _ = write!(asked, "&kind={}", kind.code());
    }
    if let Some(amount) = search.amount {
        let _ = write!(asked, "&amount={}", amount.get());
    }
    if !search.text.is_empty() {
        let _ = write!(asked, "&text={}", escaped(&filter.text));
    }
    asked
}

/// The facts of a search, for the record of it.
fn told(filter: &Filter) -> String {
    let Filter { from, until, user, kind, amount, text, .. } = filter;
    let told = format!("from={from} until={until} user={user} kind={kind} amount={amount} text={text}");
    told.chars().take(200).collect()
}

fn search(bank: &Bank, by: &SignedIn, filter: &Filter, of_all: bool) -> Result<Search, Errors> {
    let today = bank.clock.now().date();
    let days = days(&filter.from, &filter.until, today);
    let mut errors = days.as_ref().err().cloned().unwrap_or_else(Errors::none);
    let amount = match filter.amount.trim() {
        "" => None,
        typed => Yen::parse_typed(typed).map(Some).unwrap_or_else(|_| {
            errors.add("amount", "金額は数字で入力してください。例: 10000");
            None
        }),
    };
    if filter.text.chars().count() > TEXT_CHARS_MAX {
        errors.add("text", format!("振込先などは{TEXT_CHARS_MAX}文字以内で入力してください。"));
    }
    let days = match days {
        Ok(days) if errors.is_empty() => days,
        _ => return Err(errors),
    };
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
        limit: READ_RECORDS,
    };
    Ok(Search { query, days, kind, amount, text: folded(&filter.text) })
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
