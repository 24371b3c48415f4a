//! The pages under `/transfers`.

mod acts;
mod consents;
mod details;
mod orders;
mod overview;
mod payee;
mod review;
pub(super) mod templates;

use axum::Router;
use axum::routing::{get, post};
use domain::{AccountRef, Date, OrderId, Timestamp, Yen, calendar, time};
use edge::Frame;
use http::StatusCode;
use transfers::{Handling, Month, Occasion, Order};

use super::approval;
use super::draft::Draft;
use super::links::{EntryPage, OrderAct, OrderLink, RecallLink, TemplateLink};
use super::operation::{self, Wanted};
use super::problem::Problem;
use super::store::Drafts;
use super::views::{CutOff, FactRows, OrderRow, PayeeRow};
use super::words;
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::ApprovalLink;
use crate::contracts::{Business, DepositAccount};
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::payeasy::views::Stake;
use crate::payeasy::words::clock_time;
use crate::payees::Entered;
use crate::policy;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Transfers.path(), get(overview::show).post(overview::discard))
        .route(Link::TransfersNew.path(), get(payee::start).post(payee::begin))
        .route(Link::TransfersOwn.path(), get(details::start).post(details::begin))
        .route(EntryPage::Payee.route(), get(payee::show).post(payee::submit))
        .route(EntryPage::Details.route(), get(details::show).post(details::submit))
        .route(EntryPage::Review.route(), get(review::show).post(review::submit))
        .route(Link::TransfersOrders.path(), get(orders::list))
        .route(OrderLink::ROUTE, get(orders::show))
        .route(OrderAct::CANCEL, get(acts::show_cancel).post(acts::cancel))
        .route(OrderAct::RECALL, get(acts::show_recall).post(acts::recall))
        .route(OrderAct::AGAIN, post(acts::again_with))
        .route(Link::TransfersTemplates.path(), get(templates::list).post(templates::add))
        .route(TemplateLink::ROUTE, get(templates::show).post(templates::submit))
        .route(Link::TransfersRecalls.path(), get(consents::list))
        .route(RecallLink::ROUTE, get(consents::show).post(consents::answer))
}

/// A page of its own for what cannot be put right in the form.
fn stopped(by: &SignedIn, problem: &Problem) -> Stop {
    let code = problem.code();
    Stop::told(page_frame(by, true), code, status(code))
}

/// The same about an order, which may have been debited.
fn stopped_of(by: &SignedIn, problem: &Problem) -> Stop {
    let code = problem.code();
    Stop::told_of(Stake::Made, page_frame(by, true), code, status(code))
}

const fn status(code: Code) -> StatusCode {
    match code {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::TransferExpired => StatusCode::GONE,
        Code::Unavailable | Code::TransferUnclear => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    }
}

fn page_frame(by: &SignedIn, has_errors: bool) -> Frame {
    Frame { has_errors, ..frame::page(by, Area::Transfers) }
}

/// Whoever may not transfer gets no page of this folder.
fn admit(by: &SignedIn) -> Result<(), Stop> {
    policy::require(by, Business::Transfer).map_err(|_| stopped(by, &Problem::NotPermitted))
}

fn drafts<'a>(bank: &'a Bank, by: &SignedIn) -> Drafts<'a> {
    Drafts::of(&bank.database, by.contract.id, by.user.id)
}

/// The user's entry, if it may be at this page. Another's does not exist (SEC-34); one that became an order leads
/// there, a page too early to the step that is due (SEC-19).
async fn open(bank: &Bank, by: &SignedIn, id: &str, page: EntryPage) -> Result<Draft, Stop> {
    admit(by)?;
    let draft = drafts(bank, by).find(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let order = operation::existing(bank, by, draft.order).await;
    if order.map_err(|problem| stopped(by, &problem))?.is_some() {
        return Err(Stop::redirect(&format!("{}{}", OrderLink(draft.order), OrderLink::PLACED)));
    }
    if let Some(asked) = approval::asked(bank, by, &draft).await.map_err(failed)? {
        return Err(Stop::redirect(&format!("{}{}", ApprovalLink(asked), ApprovalLink::OF_ENTRY)));
    }
    if bank.clock.now() >= draft.expires_at {
        return Err(Stop::told(page_frame(by, true), Code::TransferExpired, StatusCode::GONE));
    }
    if page > draft.reached() {
        return Err(Stop::redirect(&draft.path(draft.reached())));
    }
    if page == EntryPage::Payee && draft.body.own {
        return Err(Stop::redirect(&draft.path(EntryPage::Details)));
    }
    Ok(draft)
}

/// Until when such orders are taken today, and the next possible day.
fn cut_off(bank: &Bank, label: &'static str, occasion: Occasion) -> CutOff {
    let now = bank.clock.now();
    let possible = bank.transfers.possible(occasion);
    let left_s = possible.today_until.map_or(0, |until| operation::left_s(until, now));
    CutOff {
        label,
        closed: !calendar::is_business_day(now.date()),
        until: possible.today_until.map(clock_time),
        left: words::left(left_s),
        left_s,
        next: possible.next(now).map(time::month_day).unwrap_or_default(),
    }
}

/// A payee as pages show it; `value` is what a form sends.
fn payee_row(payee: &Entered, value: String) -> PayeeRow {
    PayeeRow { value, name: payee.holder.clone(), place: place(payee), account: number(&payee.account) }
}

/// Bank and branch, with their numbers.
fn place(of: &Entered) -> String {
    format!("{}({}) {}({})", of.bank, of.account.bank, of.branch, of.account.branch)
}

/// Kind and number.
fn number(account: &AccountRef) -> String {
    format!("{} {}", account.kind.label(), account.number)
}

/// What an entry asks for, as pages show it.
fn wanted_facts(wanted: &Wanted, fee: Yen, now: Timestamp) -> FactRows {
    let (details, payee) = (&wanted.details, &wanted.payee);
    let handling = if details.day == now.date() { "本日" } else { "予約" };
    FactRows {
        payee: payee.name.clone(),
        place: place(&payee.entered()),
        account: number(&payee.account),
        way: words::way(&payee.way),
        from: wanted.from.to_string(),
        payer: details.payer_name.clone(),
        amount: details.amount,
        fee,
        fee_day: fee_day(fee, details.day),
        day: format!("{} {handling}", time::month_day(details.day)),
    }
}

/// When the fee of a transfer of a day is debited; never where there is none.
fn fee_day(fee: Yen, day: Date) -> Option<String> {
    (fee > Yen::ZERO).then(|| time::month_day(Month::of(day).due()))
}

/// What an order is about, as pages show it.
fn order_facts(accounts: &[DepositAccount], order: &Order) -> FactRows {
    let facts = &order.facts;
    let own = accounts.iter().find(|one| one.account == facts.account);
    let handling = match facts.handling {
        Handling::SameDay => "当日扱い",
        Handling::Reserved => "予約",
    };
    // a fee is owed from when the transfer is taken; what was never carried out costs none
    let costs = match order.state {
        transfers::State::Cancelled | transfers::State::Failed | transfers::State::Rejected => Yen::ZERO,
        _ => facts.fee,
    };
    FactRows {
        payee: facts.payee_name.clone(),
        place: place(&Entered::of(facts.to.clone(), facts.payee_name.clone())),
        account: number(&facts.to),
        way: match facts.method {
            transfers::Method::OwnAccount => "ご契約の口座(振替)".to_owned(),
            transfers::Method::Filed => "書面で届け出た振込先".to_owned(),
            transfers::Method::Typed => "口座を入力した振込先(都度指定)".to_owned(),
        },
        from: own.map_or_else(|| facts.from.to_string(), ToString::to_string),
        payer: facts.payer_name.clone(),
        amount: facts.amount,
        fee: costs,
        fee_day: fee_day(costs, facts.day),
        day: format!("{} {handling}", time::month_day(facts.day)),
    }
}

/// An order in a list.
fn order_row(accounts: &[DepositAccount], order: &Order) -> OrderRow {
    let facts = order_facts(accounts, order);
    OrderRow {
        link: OrderLink(order.facts.id),
        day: time::month_day(order.facts.day),
        payee: words::title(&order.facts),
        number: words::number(&order.facts),
        place: format!("{} {}", facts.place, facts.account),
        from: facts.from,
        amount: facts.amount,
        shown: words::shown_order(order),
    }
}

/// An order of an address, that the user may see.
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Order, Stop> {
    admit(by)?;
    let id: OrderId = id.parse().map_err(|_| Stop::not_found())?;
    let found = operation::find(bank, by, id).await.map_err(|problem| stopped_of(by, &problem))?;
    found.ok_or_else(Stop::not_found)
}

/// The contract's accounts, by which orders name theirs.
async fn accounts(bank: &Bank, by: &SignedIn) -> Result<Vec<DepositAccount>, Stop> {
    bank.contracts.accounts(by.contract.id).await.map_err(failed)
}
