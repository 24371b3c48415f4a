//! One window of one collector: what it pays, of which payments, by which transfers, and what staff may propose.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{Date, PaymentId, SettlementId, Yen, time};
use edge::{CsrfForm, Errors, Frame};
use gateway::settlement::{SettlementPosting, SettlementState, SettlementWindow, WindowState};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use serde::Deserialize;

use super::proposal;
use super::words::{advice_tag, fee_words, hindrances, receipt_dates, receiver_words, window_tag};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{CloseWindowLink, ConsoleLink, PayNetLink, RequestLink, SettledPaymentsLink};
use crate::page::{note, refused};
use crate::payments::views::PaymentRow;
use crate::problem::Trouble;
use crate::requests::Proposal;
use crate::requests::pages::{self, RequestRow};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Names, Tag, collector_name, stamp};

/// Payments a page.
const PAGE_PAYMENTS: u32 = 50;
/// Where the list of payments goes on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Place {
    after: String,
}

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    reason: String,
}

/// A window with its particulars.
#[derive(Clone, Debug)]
pub(crate) struct WindowShown {
    /// The number that the collector is told.
    pub number: String,
    pub collector: String,
    /// The business day.
    pub date: String,
    pub receipt_dates: String,
    pub receiver: &'static str,
    pub count: u32,
    pub amount: Yen,
    pub fee: Yen,
    pub fees: &'static str,
    pub payable: Yen,
    pub pay_date: String,
    pub tag: Tag,
    pub advice: Option<Tag>,
    pub closed_at: Option<String>,
    pub paid_at: Option<String>,
}

impl WindowShown {
    /// In words.
    pub fn of(console: &Console, found: &SettlementWindow, today: Date) -> Self {
        let terms = &found.terms;
        Self {
            number: terms.number(),
            collector: collector_name(&console.gateway, &found.collector),
            date: time::year_month_day(found.date),
            receipt_dates: receipt_dates(found.date),
            receiver: receiver_words(terms),
            count: found.sums.count,
            amount: found.sums.amount,
            fee: found.sums.fee,
            fees: fee_words(terms.payer_fees),
            payable: terms.payable(),
            pay_date: time::year_month_day(found.pay_date),
            tag: window_tag(found, today),
            advice: advice_tag(terms.advice),
            closed_at: terms.closed_at.map(stamp),
            paid_at: terms.paid_at.map(stamp),
        }
    }
}

/// What the page proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// 締める.
    Close,
    /// 支払う.
    Pay,
}

/// A transfer as the page shows it.
pub(crate) struct PostingRow {
    pub at: String,
    pub debit: String,
    pub credit: String,
    pub amount: Yen,
}

impl From<SettlementPosting> for PostingRow {
    fn from(of: SettlementPosting) -> Self {
        Self { at: stamp(of.at), debit: of.debit, credit: of.credit, amount: of.amount }
    }
}

#[derive(Template)]
#[template(path = "settlement/detail.html")]
pub(crate) struct DetailPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub id: SettlementId,
    pub window: WindowShown,
    /// What keeps it open.
    pub hindrances: Vec<String>,
    pub act: Option<Act>,
    pub may_propose: bool,
    /// What was typed.
    pub reason: String,
    pub requests: Vec<RequestRow>,
    pub postings: Vec<PostingRow>,
    pub payments: Vec<PaymentRow>,
    pub more: Option<String>,
}

/// `GET /settlement/{id}`
pub async fn show(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Answer {
    let id = parse(&id)?;
    let page = page(&console, &by, id, None, &place, Proposed::default()).await?;
    note(&console, &by, "console.settlement_view", page.window.number.clone(), "").await?;
    shown(&page)
}

/// `POST /settlement/{id}/close`
pub async fn close(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    propose(&console, &by, parse(&id)?, Act::Close, form).await
}

/// `POST /settlement/{id}/pay`
pub async fn pay(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    propose(&console, &by, parse(&id)?, Act::Pay, form).await
}

async fn propose(
    console: &Console,
    by: &StaffSignedIn,
    id: SettlementId,
    act: Act,
    form: Proposed,
) -> Answer {
    let (collector, window) = gateway::settlement::named(id).ok_or_else(Stop::not_found)?;
    let proposal = match act {
        Act::Close => Proposal::CloseWindow { collector, window },
        Act::Pay => Proposal::PayNet { collector, window },
    };
    match console.requests.propose(&by.staff, proposal, &form.reason).await {
        Ok(request) => Ok(Redirect::to(&RequestLink(request).to_string()).into_response()),
        Err(problem) => {
            again(&page(console, by, id, Some(refused(&problem)), &Place::default(), form).await?)
        }
    }
}

fn parse(id: &str) -> Result<SettlementId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    id: SettlementId,
    trouble: Option<Trouble>,
    place: &Place,
    typed: Proposed,
) -> Result<DetailPage, Stop> {
    let hub = &console.gateway;
    let found = hub.settlement_window(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let now = console.clock.now();
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let after: Option<PaymentId> = place.after.parse().ok();
    let settled = hub.settled_payments(id, after, PAGE_PAYMENTS).await.map_err(failed)?;
    let more = settled.payments.last().filter(|_| settled.more);
    let postings = hub.settlement_postings(id).await.map_err(failed)?;
    Ok(DetailPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Settlement) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id,
        window: WindowShown::of(console, &found, now.date()),
        hindrances: hindrances(&found),
        act: act(&found, now.date()),
        may_propose: by.staff.role == StaffRole::Maker,
        reason: typed.reason,
        requests: pages::about(console, &names, found.terms.number()).await?,
        postings: postings.into_iter().map(PostingRow::from).collect(),
        more: more.map(|last| SettledPaymentsLink { settlement: id, after: last.facts.id }.to_string()),
        payments: settled.payments.iter().map(|payment| PaymentRow::of(console, payment)).collect(),
    })
}

/// What may be proposed now.
fn act(found: &SettlementWindow, today: Date) -> Option<Act> {
    match (found.state, found.terms.state) {
        (WindowState::Open | WindowState::Closing, _) => {
            proposal::closable(found).is_ok().then_some(Act::Close)
        }
        (WindowState::Closed, SettlementState::Due) if found.terms.is_payable_on(today) => Some(Act::Pay),
        (WindowState::Closed, _) => None,
    }
}
