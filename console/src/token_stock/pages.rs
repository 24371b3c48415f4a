//! The stock, what was delivered, and the form that proposes to take a delivery in.

use askama::Template;
use axum::extract::State;
use domain::time::year_month_day;
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::tokens::delivery::{self, Received};
use internet_banking::tokens::list;
use serde::Deserialize;

use super::proposal::TokenDelivery;
use crate::Console;
use crate::contracts::procedure::document;
use crate::frame::{self, Area};
use crate::links::ConsoleLink;
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{Proposal, add_reason, propose as propose_request};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Choice, Names, Tag, full_stamp};

/// Digits of the digest that are typed from the delivery note.
const TYPED_DIGITS: usize = 16;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    delivery: String,
    digest: String,
    document: String,
    reason: String,
}

/// A delivery in the list.
pub(crate) struct DeliveryRow {
    pub number: String,
    pub maker: String,
    pub tokens: i64,
    pub first: String,
    pub last: String,
    pub received: String,
    pub tag: Tag,
    pub taken: String,
}

#[derive(Template)]
#[template(path = "token_stock/stock.html")]
pub(crate) struct StockPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    /// Day of expiry, and how many are in stock that have it.
    pub stock: Vec<(String, i64)>,
    pub rows: Vec<DeliveryRow>,
    /// Those that wait.
    pub choices: Vec<Choice>,
    pub digest: String,
    pub document: String,
    pub reason: String,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
}

/// `GET /token-stock`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    shown(&page(&console, &by, None, Typed::default()).await?)
}

/// `POST /token-stock`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let all = delivery::all(&console.database).await.map_err(failed)?;
    let proposal = match read(&typed, &all) {
        Ok(proposal) => proposal,
        Err(errors) => return again(&page(&console, &by, Some(Trouble::input(errors)), typed).await?),
    };
    let back = (Area::Contracts, ConsoleLink::TokenStock.to_string());
    let reason = typed.reason.clone();
    propose_request(&console, &by, Proposal::Delivery(proposal), &reason, back, async |trouble| {
        page(&console, &by, Some(trouble), typed).await
    })
    .await
}

/// What the form asks for: a delivery that waits, whose digest the delivery note has too.
fn read(typed: &Typed, all: &[Received]) -> Result<TokenDelivery, Errors> {
    let mut errors = Errors::none();
    let mut waiting = all.iter().filter(|one| one.taken_at.is_none());
    let chosen = waiting.find(|one| one.id.to_string() == typed.delivery);
    if chosen.is_none() {
        errors.add("delivery", "納品を選んでください。");
    }
    let digest: String = typed.digest.chars().filter(|c| !c.is_whitespace()).collect();
    let fits =
        |one: &Received| digest.len() >= TYPED_DIGITS && one.digest.starts_with(&digest.to_lowercase());
    if !chosen.is_some_and(fits) {
        errors.add(
            "digest",
            "納品書のダイジェストと違います。はじめの16けたを確かめ、違うときは在庫に入れずに製造元に確かめてください。",
        );
    }
    let document = document(&typed.document).unwrap_or_else(|message| {
        errors.add("document", message);
        String::new()
    });
    add_reason(&mut errors, &typed.reason);
    match chosen {
        Some(one) if errors.is_empty() => Ok(TokenDelivery {
            delivery: one.id,
            number: one.number.clone(),
            tokens: one.tokens,
            digest: one.digest.clone(),
            document,
        }),
        _ => Err(errors),
    }
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    trouble: Option<Trouble>,
    typed: Typed,
) -> Result<StockPage, Stop> {
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let all = delivery::all(&console.database).await.map_err(failed)?;
    let stock = list::stock_by_day(&console.database).await.map_err(failed)?;
    let words = |one: &Received| format!("{} {}({} 個)", one.number, one.maker, one.tokens);
    let waiting = all.iter().filter(|one| one.taken_at.is_none());
    Ok(StockPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Contracts) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        stock: stock
            .into_iter()
            .map(|(day, count)| (day.map_or_else(|| "印字なし".to_owned(), year_month_day), count))
            .collect(),
        choices: waiting.map(|one| Choice::new(one.id.to_string(), words(one), &typed.delivery)).collect(),
        rows: all.iter().map(row).collect(),
        digest: typed.digest,
        document: typed.document,
        reason: typed.reason,
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::about(console, &names, TokenDelivery::subject()).await?,
    })
}

fn row(one: &Received) -> DeliveryRow {
    DeliveryRow {
        number: one.number.clone(),
        maker: one.maker.clone(),
        tokens: one.tokens,
        first: one.serials.0.clone(),
        last: one.serials.1.clone(),
        received: full_stamp(one.received_at),
        tag: if one.taken_at.is_some() {
            Tag::ok("在庫に入れた")
        } else {
            Tag::wait("受入れ待ち")
        },
        taken: one.taken_at.map(full_stamp).unwrap_or_default(),
    }
}
