//! The downloads.

use axum::extract::{Path, Query, State};

use crate::Bank;
use crate::answer::{Answer, Stop, failed};
use crate::history::note;
use crate::inquiry::files::{About, File};
use crate::inquiry::links::ListLink;
use crate::inquiry::search::{Search, Typed};
use crate::inquiry::{access, stream, written};
use crate::sign_in::SignedIn;

/// `GET /accounts/{account}/files/{file}`
pub async fn download(
    State(bank): State<Bank>,
    by: SignedIn,
    Path((id, file)): Path<(String, String)>,
    Query(typed): Query<Typed>,
) -> Answer {
    let account = access::account(&bank, &by, &id).await?;
    let file = File::from_code(&file).ok_or_else(Stop::not_found)?;
    let now = bank.clock.now();
    let Ok(search) = Search::read(&typed, account.account, file.list(), now.date()) else {
        // the list says what is wrong with it
        return Err(Stop::redirect(&ListLink(account.account, file.list()).to_string()));
    };
    let mut query = if file.is_whole() { search.whole() } else { search.query.clone() };
    let sums = bank.ledger.statement_sums(&query).await.map_err(failed)?;
    // what comes later is not in the sums either
    query.upto = sums.last;
    let opening = bank.ledger.balance_before(query.account, query.from).await.map_err(failed)?;
    let about = About { account: written::account(&bank, &account), now, days: search.days, opening, sums };
    let told = format!("file={} {}", file.code(), search.told());
    note(&bank, &by, "statement.download", account.account.to_string(), told).await?;
    let (from, until) = search.days;
    let plain = format!("{}-{}-{}-{from}-{until}", file.code(), account.branch, account.number);
    let name = [
        file.contents().to_owned(),
        account.branch_name.clone(),
        format!("{}{}", account.kind.label(), account.number),
        format!("{}-{}", from.format("%Y%m%d"), until.format("%Y%m%d")),
    ];
    stream::answer(&bank.ledger, file, query, &about, (&name.join("_"), &plain))
}
