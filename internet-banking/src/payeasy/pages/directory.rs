//! The directory of the collectors: a search, and a page of each.

use axum::extract::{Path, Query, State};
use domain::CollectorNumber;

use super::{Answer, admit, page_frame, shown};
use crate::Bank;
use crate::answer::Stop;
use crate::payeasy::collectors::{CollectorGroup, CollectorPage, CollectorsPage, Search};
use crate::sign_in::SignedIn;

/// Characters of a search that are shown again.
const QUERY_CHARS_MAX: usize = 100;

/// `GET /payeasy/collectors`
pub async fn search(State(bank): State<Bank>, by: SignedIn, Query(search): Query<Search>) -> Answer {
    admit(&by)?;
    let query: String = search.q.chars().take(QUERY_CHARS_MAX).collect();
    let found = bank.gateway.collectors().search(&query);
    let groups = CollectorGroup::of(&found, bank.clock.now().date());
    shown(&CollectorsPage { frame: page_frame(&by, false), query, groups })
}

/// `GET /payeasy/collectors/{collector}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(number): Path<String>) -> Answer {
    admit(&by)?;
    let number: CollectorNumber = number.parse().map_err(|_| Stop::not_found())?;
    let collector = bank.gateway.collectors().get(&number).ok_or_else(Stop::not_found)?;
    let today = bank.clock.now().date();
    shown(&CollectorPage::of(page_frame(&by, false), by.csrf.clone(), collector, today))
}
