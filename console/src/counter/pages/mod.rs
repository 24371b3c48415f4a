//! The pages of the counter: extract, call one operation, render.

pub(super) mod bills;
pub(super) mod numbers;
pub(super) mod review;
pub(super) mod start;

use axum::Router;
use axum::routing::get;
use domain::UserId;
use gateway::directory::Collector;
use gateway::{Inquiry, Payer};
use internet_banking::answer::{Stop, failed};
use internet_banking::payeasy::draft::{Draft, Step};
use internet_banking::payeasy::store::Drafts;

use super::{operation, receipt};
use crate::Console;
use crate::frame::Area;
use crate::help::ConsoleCode;
use crate::links::{ConsoleLink, CounterLink, ReceiptLink};
use crate::problem::Problem;
use crate::sign_in::StaffSignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Counter.path(), get(start::show).post(start::begin))
        .route(CounterLink::route(Step::Numbers), get(numbers::show).post(numbers::submit))
        .route(CounterLink::route(Step::Bills), get(bills::show).post(bills::submit))
        .route(CounterLink::route(Step::Review), get(review::show).post(review::submit))
        .route(ReceiptLink::ROUTE, get(receipt::show))
}

/// The entries of one teller.
fn drafts<'a>(console: &'a Console, by: &StaffSignedIn) -> Drafts<'a> {
    let teller = UserId::from_uuid(by.staff.id.uuid());
    Drafts::of(&console.database, Payer::at_counter().contract, teller)
}

fn path(draft: &Draft, step: Step) -> String {
    CounterLink { draft: &draft.id, step }.to_string()
}

fn stop(by: &StaffSignedIn, problem: &Problem) -> Stop {
    problem.stop(by, Area::Counter, ConsoleLink::Counter.path())
}

/// The teller's draft, if it may be at this step. Another's does not exist; a finished one leads to its receipt, a page
/// too early to the step that is due.
async fn open(console: &Console, by: &StaffSignedIn, id: &str, step: Step) -> Result<Draft, Stop> {
    operation::admit(&by.staff).map_err(|problem| stop(by, &problem))?;
    let draft = drafts(console, by).find(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    if let Some(choice) = &draft.choice {
        let paid = operation::existing(console, choice.payment).await;
        if paid.map_err(|problem| stop(by, &problem))?.is_some() {
            return Err(Stop::redirect(&ReceiptLink(choice.payment).to_string()));
        }
    }
    if console.clock.now() >= draft.expires_at {
        return Err(stop(by, &ConsoleCode::EntryExpired.into()));
    }
    if step > draft.reached() {
        return Err(Stop::redirect(&path(&draft, draft.reached())));
    }
    Ok(draft)
}

/// The draft's inquiry, while it may be paid.
async fn valid_inquiry(console: &Console, by: &StaffSignedIn, draft: &Draft) -> Result<Inquiry, Stop> {
    let Some(id) = draft.inquiry else { return Err(Stop::redirect(&path(draft, Step::Numbers))) };
    let inquiry = console.gateway.counter_inquiry_by_id(id).await.map_err(failed)?;
    let valid = inquiry.filter(|inquiry| inquiry.is_valid_at(console.clock.now()));
    valid.ok_or_else(|| stop(by, &ConsoleCode::EntryExpired.into()))
}

/// The row of a draft's collector.
fn row<'a>(console: &'a Console, by: &StaffSignedIn, draft: &Draft) -> Result<&'a Collector, Stop> {
    let found = console.gateway.collectors().get(&draft.collector);
    found.ok_or_else(|| stop(by, &ConsoleCode::UnknownCollector.into()))
}
