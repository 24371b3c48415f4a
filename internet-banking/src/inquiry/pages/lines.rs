//! 取引明細照会 and 振込照会: the movements of an account (R80, R80b), and whether there are new ones.

use axum::extract::{Path, Query, State};
use axum::response::IntoResponse as _;
use domain::Date;
use domain::time::year_month_day;
use edge::{Errors, Failure, Frame};
use http::StatusCode;
use ledger::{StatementPage, StatementSums};

use super::accounts;
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::contracts::DepositAccount;
use crate::frame::{self, Area};
use crate::inquiry::access;
use crate::inquiry::chart::{self, Chart};
use crate::inquiry::links::{List, ListLink, NewsLink};
use crate::inquiry::page::{LineRow, LinesPage};
use crate::inquiry::search::{self, Search, Typed};
use crate::inquiry::stream::known;
use crate::sign_in::{SignedIn, Watching};

/// Lines a page.
const PAGE_LINES: usize = 100;

/// `GET /accounts/{account}`
pub async fn statement(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> Answer {
    show(&bank, &by, &id, List::Statement, typed).await
}

/// `GET /accounts/{account}/incoming`
pub async fn incoming(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> Answer {
    show(&bank, &by, &id, List::Incoming, typed).await
}

/// `GET /accounts/{account}/news`
pub async fn statement_news(
    State(bank): State<Bank>,
    Watching(by): Watching,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> Answer {
    news(&bank, &by, &id, List::Statement, typed).await
}

/// `GET /accounts/{account}/incoming/news`
pub async fn incoming_news(
    State(bank): State<Bank>,
    Watching(by): Watching,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> Answer {
    news(&bank, &by, &id, List::Incoming, typed).await
}

async fn show(bank: &Bank, by: &SignedIn, id: &str, list: List, typed: Typed) -> Answer {
    let account = access::account(bank, by, id).await?;
    let today = bank.clock.now().date();
    match Search::read(&typed, account.account, list, today) {
        Ok(search) => {
            let sums = bank.ledger.statement_sums(&search.query).await.map_err(failed)?;
            shown(&page(bank, by, account, list, typed, &search, sums).await?)
        }
        Err(errors) => again(&wrong(bank, by, account, list, typed, errors, today).await?),
    }
}

/// The page anew where it has a line that the browser has not; nothing else.
async fn news(bank: &Bank, by: &SignedIn, id: &str, list: List, typed: Typed) -> Answer {
    let account = access::account(bank, by, id).await?;
    let nothing = || Ok(StatusCode::NO_CONTENT.into_response());
    let Ok(search) = Search::read(&typed, account.account, list, bank.clock.now().date()) else {
        return nothing();
    };
    let sums = bank.ledger.statement_sums(&search.query).await.map_err(failed)?;
    if typed.seen.parse().is_ok_and(|seen: i64| sums.last <= seen) {
        return nothing();
    }
    shown(&page(bank, by, account, list, typed, &search, sums).await?)
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    account: DepositAccount,
    list: List,
    typed: Typed,
    search: &Search,
    sums: StatementSums,
) -> Result<LinesPage, Stop> {
    let now = bank.clock.now();
    let id = account.account;
    let limit = i64::try_from(PAGE_LINES).unwrap_or(i64::MAX).saturating_add(1);
    let before = StatementPage::Before(search.before.unwrap_or(i64::MAX));
    let mut lines = known(&bank.ledger, &search.query, before, limit).await.map_err(failed)?;
    let more = lines.len() > PAGE_LINES;
    lines.truncate(PAGE_LINES);
    let place = lines.last().filter(|_| more).map(|last| last.line.position);
    let address = search.address.clone();
    let is_newest = search.before.is_none() && search.days.1 == now.date();
    Ok(LinesPage {
        frame: frame::page(by, Area::Inquiry),
        list,
        now: one(bank, account).await?,
        read_at: now.time().format("%H:%M:%S").to_string(),
        earliest: year_month_day(search::earliest(now.date())),
        typed: Typed { from: search.days.0.to_string(), until: search.days.1.to_string(), ..typed },
        errors: Errors::none(),
        rows: lines.iter().map(|line| LineRow::of(list, line)).collect(),
        chart: if list == List::Statement { Some(drawn(bank, search).await?) } else { None },
        older: place.map(|place| format!("{}?{address}&older={place}", ListLink(id, list))),
        news: is_newest.then(|| format!("{}?{address}&seen={}", NewsLink(id, list), sums.last)),
        sums,
        address,
    })
}

/// The account with its balance.
async fn one(bank: &Bank, account: DepositAccount) -> Result<crate::inquiry::page::AccountRow, Stop> {
    let row = accounts::rows(bank, vec![account]).await?.pop();
    row.ok_or_else(|| Failure::internal("an account has no row").into())
}

async fn drawn(bank: &Bank, search: &Search) -> Result<Chart, Stop> {
    let query = &search.query;
    let opening = bank.ledger.balance_before(query.account, query.from).await.map_err(failed)?;
    let moved = bank.ledger.daily_balances(query.account, query.from, query.until).await.map_err(failed)?;
    let moved: Vec<_> = moved.into_iter().map(|(at, balance)| (at.date(), balance)).collect();
    Ok(chart::chart(search.days, opening, &moved))
}

async fn wrong(
    bank: &Bank,
    by: &SignedIn,
    account: DepositAccount,
    list: List,
    typed: Typed,
    errors: Errors,
    today: Date,
) -> Result<LinesPage, Stop> {
    Ok(LinesPage {
        frame: Frame { has_errors: true, ..frame::page(by, Area::Inquiry) },
        list,
        now: one(bank, account).await?,
        read_at: bank.clock.now().time().format("%H:%M:%S").to_string(),
        earliest: year_month_day(search::earliest(today)),
        typed,
        errors,
        sums: StatementSums::default(),
        rows: Vec::new(),
        chart: None,
        address: String::new(),
        older: None,
        news: None,
    })
}
