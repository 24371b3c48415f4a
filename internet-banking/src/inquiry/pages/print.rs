//! The lists to print, or to keep as PDF by the browser's own means.

use axum::extract::{Path, Query, State};
use domain::time::year_month_day;
use ledger::StatementPage;

use crate::Bank;
use crate::answer::{Answer, Stop, failed, shown};
use crate::frame::{self, Area, day_and_time};
use crate::history::note;
use crate::inquiry::access;
use crate::inquiry::links::{List, ListLink};
use crate::inquiry::page::{LineRow, PrintPage};
use crate::inquiry::search::{Search, Typed};
use crate::inquiry::stream::known;
use crate::sign_in::SignedIn;

/// Lines that are printed at most: some twenty sheets.
const PRINT_LINES_MAX: usize = 999;

/// `GET /accounts/{account}/print`
pub async fn statement(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> Answer {
    show(&bank, &by, &id, List::Statement, &typed).await
}

/// `GET /accounts/{account}/incoming/print`
pub async fn incoming(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> Answer {
    show(&bank, &by, &id, List::Incoming, &typed).await
}

async fn show(bank: &Bank, by: &SignedIn, id: &str, list: List, typed: &Typed) -> Answer {
    let account = access::account(bank, by, id).await?;
    let now = bank.clock.now();
    let back = ListLink(account.account, list).to_string();
    let Ok(search) = Search::read(typed, account.account, list, now.date()) else {
        return Err(Stop::redirect(&back));
    };
    note(bank, by, "statement.print", account.account.to_string(), search.told()).await?;
    let sums = bank.ledger.statement_sums(&search.query).await.map_err(failed)?;
    let limit = i64::try_from(PRINT_LINES_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let page = StatementPage::Before(i64::MAX);
    let mut lines = known(&bank.ledger, &search.query, page, limit).await.map_err(failed)?;
    let more = lines.len() > PRINT_LINES_MAX;
    lines.truncate(PRINT_LINES_MAX);
    shown(&PrintPage {
        frame: frame::page(by, Area::Inquiry),
        list,
        contract: by.contract.name.clone(),
        account,
        printed_at: day_and_time(now),
        days: (year_month_day(search.days.0), year_month_day(search.days.1)),
        sums,
        rows: lines.iter().map(|line| LineRow::of(list, line)).collect(),
        more,
        is_narrow: search.is_narrow,
        back: format!("{back}?{}", search.address),
    })
}
