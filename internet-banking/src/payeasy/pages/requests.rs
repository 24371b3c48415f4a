//! The pages of the payments that the contract's own systems asked for.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::PaymentId;
use edge::CsrfForm;
use gateway::PaymentRequest;
use serde::Deserialize;

use super::{Answer, Stop, admit, failed, page_frame, shown};
use crate::Bank;
use crate::contracts::Business;
use crate::links::{Link, PaymentLink, RequestLink};
use crate::payeasy::draft::Step;
use crate::payeasy::request::{self, Standing};
use crate::payeasy::views::{RequestPage, RequestRow, RequestsPage};
use crate::payeasy::words::time_of_day;
use crate::sign_in::SignedIn;

/// Requests that the list shows.
const LISTED_MAX: u32 = 200;

/// What the buttons of a request's page say.
#[derive(Deserialize)]
pub struct Decided {
    #[serde(default)]
    action: String,
}

/// `GET /payeasy/requests`
pub async fn list(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    let waiting = request::waiting(&bank, &by, LISTED_MAX).await;
    let waiting = waiting.map_err(|problem| Stop::because(&by, &problem))?;
    let mut rows = Vec::with_capacity(waiting.len());
    for request in &waiting {
        rows.push(row(&bank, &by, request).await?);
    }
    shown(&RequestsPage { frame: page_frame(&by, false), requests: rows })
}

/// `GET /payeasy/requests/{payment}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    admit(&by)?;
    let (request, standing) = find(&bank, &by, &id).await?;
    if let Standing::Paid(payment) = standing {
        return Err(Stop::redirect(&PaymentLink(payment).to_string()));
    }
    let waits = standing == Standing::Waits;
    let row = row(&bank, &by, &request).await?;
    shown(&RequestPage { frame: page_frame(&by, false), csrf: by.csrf.clone(), request: row, waits })
}

/// `POST /payeasy/requests/{payment}`
pub async fn decide(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Decided>,
) -> Answer {
    admit(&by)?;
    let (request, standing) = find(&bank, &by, &id).await?;
    let to = match (standing, form.action.as_str()) {
        (Standing::Paid(payment), _) => PaymentLink(payment).to_string(),
        (_, "decline") => {
            request::decline(&bank, &by, &request).await.map_err(|p| Stop::because(&by, &p))?;
            RequestLink(request.id).to_string()
        }
        _ => {
            let draft = request::open(&bank, &by, &request).await.map_err(|p| Stop::because(&by, &p))?;
            draft.path(Step::Review)
        }
    };
    Ok(Redirect::to(&to).into_response())
}

async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<(PaymentRequest, Standing), Stop> {
    let id: PaymentId = id.parse().map_err(|_| Stop::not_found())?;
    let found = request::find(bank, by, id).await.map_err(|problem| Stop::because(by, &problem))?;
    found.ok_or_else(Stop::not_found)
}

async fn row(bank: &Bank, by: &SignedIn, request: &PaymentRequest) -> Result<RequestRow, Stop> {
    let accounts = bank.contracts.accounts_for(&by.user, Business::PayEasy).await.map_err(failed)?;
    let account = accounts.iter().find(|account| account.account == request.account);
    let collector = bank.gateway.collectors().get(&request.collector);
    Ok(RequestRow {
        path: RequestLink(request.id),
        list: Link::PayeasyRequests,
        collector: collector.map_or_else(|| request.collector.to_string(), |found| found.shown_name()),
        collector_number: request.collector.clone(),
        contents: request.bill.contents.clone(),
        customer_number: request.customer_number.grouped(),
        amount: request.bill.amount,
        fee: request.bill.fee,
        account: account.ok_or_else(Stop::not_found)?.to_string(),
        asked_by: request.key_name.clone(),
        asked_at: time_of_day(request.created_at),
        until: time_of_day(request.expires_at),
    })
}
