//! The pages of Pay-easy: extract, authorise, call one operation, render.

mod choice;
mod directory;
mod el;
pub(super) mod favourites;
mod history;
pub(super) mod limits;
pub(super) mod linked;
mod numbers;
mod payments;
pub(super) mod purpose;
mod requests;
mod review;

use axum::Router;
use axum::routing::{get, post};
use domain::{AccountId, Yen};
use edge::{Failure, Frame};
use gateway::InquiryRequest;
use gateway::directory::Collector;
use http::StatusCode;

use super::draft::{Draft, Step};
use super::operation;
use super::problem::Problem;
use super::store::Drafts;
use super::views::StoppedPage;
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::{self, ApprovalLink};
use crate::contracts::{Business, DepositAccount};
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::{
    AgainLink, CollectorLink, EntryLink, EntryPage, FavouriteLink, HandOffLink, Link, PaymentLink, PrintLink,
    RequestLink, UserLimitLink,
};
use crate::policy;
use crate::sign_in::SignedIn;

/// The pages under `/payeasy`.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::PayeasyNew.path(), get(numbers::start).post(numbers::begin))
        .route(Link::PayeasyEl.path(), get(el::show).post(el::submit))
        .route(Link::PayeasyElPicture.path(), get(el::show).post(el::fill))
        .route(Link::PayeasyCollectors.path(), get(directory::search))
        .route(CollectorLink::ROUTE, get(directory::show))
        .route(EntryPage::Numbers.route(), get(numbers::show).post(numbers::submit))
        .route(EntryPage::Purpose.route(), get(purpose::show).post(purpose::submit))
        .route(EntryPage::Period.route(), get(purpose::show_period).post(purpose::submit_period))
        .route(EntryPage::Amount.route(), get(purpose::show_amount).post(purpose::submit_amount))
        .route(EntryPage::Bills.route(), get(choice::show).post(choice::submit))
        .route(EntryPage::Review.route(), get(review::show).post(review::submit))
        .route(EntryPage::Result.route(), get(payments::result))
        .route(Link::LinkEntry.path(), post(linked::enter))
        .route(HandOffLink::ROUTE, get(linked::show).post(linked::submit))
        .route(Link::PayeasyHistory.path(), get(history::show))
        .route(Link::PayeasyRequests.path(), get(requests::list))
        .route(Link::PayeasyFavourites.path(), get(favourites::list))
        .route(FavouriteLink::ROUTE, get(favourites::show).post(favourites::submit))
        .route(AgainLink::ROUTE, get(favourites::show_again).post(favourites::submit_again))
        .route(Link::PayeasyLimits.path(), get(limits::list))
        .route(UserLimitLink::ROUTE, get(limits::show).post(limits::submit))
        .route(RequestLink::ROUTE, get(requests::show).post(requests::decide))
        .route(PaymentLink::ROUTE, get(payments::show))
        .route(PrintLink::ROUTE, get(payments::print))
}

impl Stop {
    /// A page of its own for what cannot be put right in the form.
    fn because(by: &SignedIn, problem: &Problem) -> Self {
        let other = match problem {
            Problem::BillBusy { seen } => seen.map(|id| PaymentLink(id).to_string()),
            _ => None,
        };
        let page = StoppedPage::new(page_frame(by, true), problem.code(), Some(problem.words()), other);
        Self::page(&page, status(problem.code()))
    }

    fn with_code(by: &SignedIn, code: Code) -> Self {
        Self::page(&StoppedPage::new(page_frame(by, true), code, None, None), status(code))
    }
}

const fn status(code: Code) -> StatusCode {
    match code {
        Code::NotPermitted | Code::LinkRefused | Code::LinkNotInPlan => StatusCode::FORBIDDEN,
        Code::DraftExpired | Code::InquiryExpired | Code::LinkExpired => StatusCode::GONE,
        Code::Unavailable | Code::PaymentUnclear => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    }
}

fn page_frame(by: &SignedIn, has_errors: bool) -> Frame {
    Frame { has_errors, ..frame::page(by, Area::PayEasy) }
}

/// Whoever may not pay gets no page of this folder.
fn admit(by: &SignedIn) -> Result<(), Stop> {
    policy::require(by, Business::PayEasy).map_err(|_| Stop::with_code(by, Code::NotPermitted))
}

/// The user's draft, if it may be at this step. Another's draft does not exist (SEC-34); a finished one
/// leads to its payment, a page too early to the step that is due (SEC-19).
async fn open(bank: &Bank, by: &SignedIn, id: &str, step: Step) -> Result<Draft, Stop> {
    admit(by)?;
    let draft = find(bank, by, id).await?;
    if let Some(choice) = &draft.choice {
        let paid = operation::existing(bank, by, choice.payment).await;
        if paid.map_err(|problem| Stop::because(by, &problem))?.is_some() {
            return Err(Stop::redirect(&result_path(&draft.id)));
        }
    }
    if let Some(choice) = &draft.choice {
        let about = choice.payment.to_string();
        let asked = approvals::about(&bank.database, by.contract.id, by.user.id, &about).await;
        if let Some(id) = asked.map_err(failed)? {
            return Err(Stop::redirect(&ApprovalLink(id).to_string()));
        }
    }
    if bank.clock.now() >= draft.expires_at {
        if let Some(request) = draft.request {
            return Err(Stop::redirect(&RequestLink(request).to_string()));
        }
        if let Some(link) = draft.linked() {
            return Err(Stop::redirect(&HandOffLink(link.to_owned()).to_string()));
        }
        return Err(Stop::with_code(by, Code::DraftExpired));
    }
    if let Some(link) = draft.linked().filter(|_| step < Step::Bills) {
        return Err(Stop::redirect(&HandOffLink(link.to_owned()).to_string()));
    }
    if draft.request.is_some() && step < Step::Review {
        return Err(Stop::redirect(&draft.path(Step::Review)));
    }
    if step > draft.reached() {
        return Err(Stop::redirect(&draft.path(draft.reached())));
    }
    Ok(draft)
}

async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Draft, Stop> {
    let found = drafts(bank, by).find(id).await.map_err(failed)?;
    found.ok_or_else(Stop::not_found)
}

fn drafts<'a>(bank: &'a Bank, by: &SignedIn) -> Drafts<'a> {
    Drafts::of(&bank.database, by.contract.id, by.user.id)
}

fn result_path(draft: &str) -> String {
    EntryLink { draft, page: EntryPage::Result }.to_string()
}

/// The page on which the numbers of an inquiry can be typed again, or that brought them.
fn numbers_path(draft: &Draft, collector: &Collector, request: &InquiryRequest) -> String {
    if let Some(link) = draft.linked() {
        return HandOffLink(link.to_owned()).to_string();
    }
    let is_purpose = request.category.as_ref().is_some_and(|code| collector.numbers.is_purpose(code));
    if is_purpose { purpose::path(draft, EntryPage::Amount) } else { draft.path(Step::Numbers) }
}

/// The draft's inquiry, while a payment may be made of it.
async fn valid_inquiry(bank: &Bank, by: &SignedIn, draft: &Draft) -> Result<gateway::Inquiry, Stop> {
    let Some(id) = draft.inquiry else { return Err(Stop::redirect(&draft.path(Step::Numbers))) };
    let inquiry = bank.gateway.inquiry(by.contract.id, id).await.map_err(failed)?;
    let valid = inquiry.filter(|inquiry| inquiry.is_valid_at(bank.clock.now()));
    valid.ok_or_else(|| match (draft.request, draft.linked()) {
        // from its own page the collector is asked anew
        (Some(request), _) => Stop::redirect(&RequestLink(request).to_string()),
        (None, Some(link)) => Stop::redirect(&HandOffLink(link.to_owned()).to_string()),
        (None, None) => Stop::because(by, &Problem::InquiryExpired),
    })
}

/// An account that the user may pay from.
struct Payable {
    account: AccountId,
    details: DepositAccount,
    balance: Yen,
    available: Yen,
}

/// The accounts that the user may pay from, the main one first.
async fn payable(bank: &Bank, by: &SignedIn) -> Result<Vec<Payable>, Stop> {
    let accounts = bank.contracts.accounts_for(&by.user, Business::PayEasy).await.map_err(failed)?;
    let ids: Vec<_> = accounts.iter().map(|a| a.account).collect();
    let balances = bank.ledger.balances(&ids).await.map_err(failed)?;
    let mut payable = Vec::with_capacity(accounts.len());
    for account in accounts {
        let found = balances.iter().find(|b| b.account == account.account);
        let found = found.ok_or_else(|| {
            Stop::from(Failure::internal(format!("account {} is not in the ledger", account.account)))
        })?;
        payable.push(Payable {
            account: account.account,
            balance: found.balance,
            available: found.available,
            details: account,
        });
    }
    Ok(payable)
}

/// The row of a draft's collector. A row that has gone since is a fault of ours.
fn row<'a>(bank: &'a Bank, draft: &Draft) -> Result<&'a Collector, Stop> {
    bank.gateway
        .collectors()
        .get(&draft.collector)
        .ok_or_else(|| Failure::internal(format!("collector {} left the directory", draft.collector)).into())
}
