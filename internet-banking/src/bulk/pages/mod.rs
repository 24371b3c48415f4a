//! The pages under `/bulk`: extract, authorise, call one operation, render.

pub(super) mod batch;
pub(super) mod file;
pub(super) mod heading;
pub(super) mod new;
pub(super) mod overview;
pub(super) mod payees;
pub(super) mod review;
pub(super) mod row;

use axum::Router;
use axum::routing::get;
use bulk::Batch;
use domain::{BatchId, Yen};
use edge::Frame;
use http::StatusCode;

use super::links::{BatchLink, BatchPage, RowLink};
use super::problem::Problem;
use super::{operation, words};
use crate::Bank;
use crate::answer::Stop;
use crate::frame::{self, Area, day_and_time};
use crate::help::Code;
use crate::links::Link;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Bulk.path(), get(overview::show))
        .route(Link::BulkNew.path(), get(new::show).post(new::submit))
        .route(Link::BulkFile.path(), get(file::show).post(file::submit))
        .route(BatchPage::Rows.route(), get(batch::show).post(batch::submit))
        .route(BatchPage::Heading.route(), get(heading::show).post(heading::submit))
        .route(BatchPage::Payees.route(), get(payees::show).post(payees::submit))
        .route(BatchPage::Review.route(), get(review::show).post(review::submit))
        .route(BatchPage::Csv.route(), get(batch::download))
        .route(BatchPage::Result.route(), get(batch::result))
        .route(RowLink::ROUTE, get(row::show).post(row::submit))
}

fn page_frame(by: &SignedIn, has_errors: bool) -> Frame {
    Frame { has_errors, ..frame::page(by, Area::Bulk) }
}

/// A page of its own for what cannot be put right in a form.
fn because(by: &SignedIn, problem: &Problem) -> Stop {
    let status = match problem.code() {
        _ if *problem == Problem::NotThere => return Stop::not_found(),
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    Stop::told(page_frame(by, true), problem.code(), status)
}

/// Whoever may do none of these businesses gets no page of this folder.
fn admit(by: &SignedIn) -> Result<(), Stop> {
    match super::rules::mine(by).next() {
        Some(_) => Ok(()),
        None => Err(because(by, &Problem::NotPermitted)),
    }
}

/// A batch that the user may see; another's is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Batch, Stop> {
    admit(by)?;
    let id: BatchId = id.parse().map_err(|_| Stop::not_found())?;
    let found = bank.bulk.find(by.contract.id, id).await.map_err(|error| because(by, &error.into()))?;
    found.filter(|batch| operation::may_see(by, batch)).ok_or_else(Stop::not_found)
}

/// The batch, where it is still the one that the page showed.
fn as_seen(batch: Batch, seen: &str) -> Result<Batch, Problem> {
    if batch.version.to_string() == seen { Ok(batch) } else { Err(Problem::Changed) }
}

/// A number of items, as it is shown: `5,000`.
fn count(items: usize) -> Yen {
    Yen::new(i64::try_from(items).unwrap_or(i64::MAX))
}

/// What every page of a batch shows above everything else: where it stands and what it comes to.
pub struct Totals {
    /// Its page.
    pub link: BatchLink,
    /// What it is called.
    pub title: String,
    /// The state's word, icon and class.
    pub state: (&'static str, &'static str, &'static str),
    /// What its day is called, and the day.
    pub day: (&'static str, String),
    /// The moment before which it must be approved.
    pub until: String,
    /// Rows.
    pub rows: Yen,
    /// What they sum up to.
    pub amount: Yen,
    /// The bank's fees for them.
    pub fees: Yen,
    /// Rows that are to be mended.
    pub faulty: i64,
    /// Which version of it is shown.
    pub seen: String,
}

impl Totals {
    /// Of a batch.
    pub fn of(bank: &Bank, batch: &Batch) -> Self {
        let (icon, class) = words::look(batch.state);
        Self {
            link: BatchLink(batch.id, BatchPage::Rows),
            title: words::title(batch),
            state: (batch.state.label(), icon, class),
            day: (batch.heading.kind.day_name(), words::day(batch.heading.day)),
            until: day_and_time(batch.approved_before(bank.bulk.terms())),
            rows: Yen::new(batch.rows),
            amount: batch.amount,
            fees: batch.fees,
            faulty: batch.faulty,
            seen: batch.version.to_string(),
        }
    }
}
