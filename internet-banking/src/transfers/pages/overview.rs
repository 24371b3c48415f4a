//! 振込・振替: what is possible today, what is reserved, what was done last.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use domain::Timestamp;
use edge::CsrfForm;
use serde::Deserialize;
use transfers::{LimitLayer, Method, Occasion, OrderQuery, Relation, State as OrderState};

use super::{Answer, accounts, admit, cut_off, drafts, failed, order_row, page_frame, shown, stopped};
use crate::Bank;
use crate::contracts::Business;
use crate::links::Link;
use crate::sign_in::SignedIn;
use crate::transfers::operation::{self, Who};
use crate::transfers::views::{LimitRow, OverviewPage};
use crate::transfers::{consent, left};

/// Entries that were left, of which the page shows so many.
const LEFT_MAX: usize = 20;
/// Orders that each list shows.
const SHOWN_MAX: u32 = 5;

/// `GET /transfers`
pub async fn show(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    let all = accounts(&bank, &by).await?;
    let mine = by.user.rights.accounts(Business::Transfer);
    let newest = OrderQuery::newest(by.contract.id, mine.clone(), SHOWN_MAX);
    let last = bank.transfers.list(&newest).await.map_err(failed)?;
    let reserved = OrderQuery { states: vec![OrderState::Reserved], ..newest };
    let reserved = bank.transfers.list(&reserved).await.map_err(failed)?;
    let mut limits = Vec::new();
    if let Some(account) = mine.first() {
        let used = operation::limit_use(&bank, Who::of(&by), *account).await;
        let used = used.map_err(|problem| stopped(&by, &problem))?;
        // accounts differ: each is told where it is chosen
        let used: Vec<_> = used.into_iter().filter(|one| one.layer != LimitLayer::Account).collect();
        limits = LimitRow::told(&used);
    }
    let recalls = consent::waiting(&bank, &by, bank.clock.now()).await.map_err(failed)?;
    let occasion = |relation| Occasion { relation, method: Method::Filed, same_day_typed: false };
    shown(&OverviewPage {
        frame: page_frame(&by, false),
        csrf: by.csrf.clone(),
        cut_offs: vec![
            cut_off(&bank, "当行の口座へ", occasion(Relation::OwnBank)),
            cut_off(&bank, "ほかの銀行へ", occasion(Relation::OtherBank)),
        ],
        recalls,
        left: left::since(&bank, &by, Timestamp::from_micros(0), LEFT_MAX).await?,
        reserved: reserved.iter().map(|order| order_row(&all, order)).collect(),
        last: last.iter().map(|order| order_row(&all, order)).collect(),
        limits,
    })
}

/// An entry that is wanted no more.
#[derive(Deserialize)]
pub struct Discarded {
    #[serde(default)]
    entry: String,
}

/// `POST /transfers`
pub async fn discard(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Discarded>) -> Answer {
    admit(&by)?;
    drafts(&bank, &by).discard(&form.entry).await.map_err(failed)?;
    Ok(Redirect::to(Link::Transfers.path()).into_response())
}
