//! What the payer is handed: a receipt, or what stands in its place while, or because, nothing was collected.

use askama::Template;
use axum::extract::{Path, Query, State};
use domain::payment::{Cancellation, State as PaymentState};
use domain::{CollectorNumber, PaymentId, Yen};
use edge::Frame;
use internet_banking::answer::{Answer, Stop, failed, shown};
use internet_banking::payeasy::slip_words::NumberRow;
use internet_banking::payeasy::words::time_of_day;
use serde::Deserialize;

use super::operation;
use super::words::{Paper, paper};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, ReceiptLink, StaffPaymentLink};
use crate::page::note;
use crate::payments::words::{cancellation_cash, cancellation_tag, state_tag};
use crate::requests::carry_out;
use crate::sign_in::StaffSignedIn;
use crate::words::{Names, Tag};

/// Said where a bill was to be collected of which this payment is already the one.
const PAID_BEFORE: &str = "同じ請求は、この受付ですでに窓口で手続きしています。今回の操作では収納していません。\
    この受付のほかに現金を受け取っているときは、その現金を払込人に返してください。";

/// What led here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Led {
    /// Another entry of the same bill.
    before: bool,
}

#[derive(Template)]
#[template(path = "counter/receipt.html")]
pub(crate) struct ReceiptPage {
    pub frame: Frame,
    pub paper: Paper,
    pub tag: Tag,
    pub state: PaymentState,
    /// This page's address, to ask again.
    pub here: ReceiptLink,
    /// Everything that happened.
    pub detail: StaffPaymentLink,
    pub receipt_number: String,
    pub at: String,
    pub collector: String,
    pub collector_number: CollectorNumber,
    /// Whom the payer asks.
    pub contact: String,
    pub contents: String,
    pub payer: String,
    pub numbers: Vec<NumberRow>,
    pub amount: Yen,
    pub fee: Yen,
    /// Amount and fee.
    pub cash: Yen,
    /// Who took it.
    pub teller: String,
    /// Where the newest cancellation is, and what that means for the cash.
    pub cancellation: Option<(Tag, &'static str)>,
    /// Whether the page may be another in a moment.
    pub is_open: bool,
    /// Whether there is a paper to hand over: none while a cancellation is open.
    pub is_printed: bool,
    /// Whether it can be taken back.
    pub is_cancellable: bool,
    /// When the state was read.
    pub printed_at: String,
}

/// `GET /counter/receipts/{id}`
pub async fn show(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    Query(told): Query<Led>,
) -> Answer {
    let id: PaymentId = id.parse().map_err(|_| Stop::not_found())?;
    let stop =
        |problem: crate::problem::Problem| problem.stop(&by, Area::Counter, ConsoleLink::Counter.path());
    let found = operation::existing(&console, id).await.map_err(stop)?.ok_or_else(Stop::not_found)?;
    // of two clicks the second sees what the first came to
    let payment = console.gateway.answered(found).await;
    let payment = payment.map_err(|error| stop(operation::unclear(id, &error)))?;
    let events = console.gateway.payment_events(id).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let teller = events.first().and_then(|event| event.body.by.as_deref());
    note(&console, &by, "console.payment_view", id.to_string(), "receipt").await?;
    let facts = &payment.facts;
    let collector = console.gateway.collectors().get(&facts.collector);
    let now = console.clock.now();
    let is_cancelling = payment.cancellation.is_some_and(Cancellation::is_open);
    let mut frame = frame::page(&by, Area::Counter);
    if told.before {
        frame.notice = Some(PAID_BEFORE.to_owned());
    }
    shown(&ReceiptPage {
        frame,
        paper: paper(payment.state, payment.cancellation),
        tag: state_tag(payment.state),
        state: payment.state,
        here: ReceiptLink(id),
        detail: StaffPaymentLink(id),
        receipt_number: facts.receipt_number.clone(),
        at: time_of_day(facts.held_at),
        collector: collector.map_or_else(|| facts.collector.to_string(), |c| c.shown_name()),
        collector_number: facts.collector.clone(),
        contact: collector.map(|c| c.contact.clone()).unwrap_or_default(),
        contents: facts.bill.contents.clone(),
        payer: facts.bill.payer.clone(),
        numbers: NumberRow::of(collector, &facts.customer_number, facts.category.as_ref()),
        amount: facts.amount,
        fee: facts.fee,
        cash: facts.amount.checked_add(facts.fee).unwrap_or(facts.amount),
        teller: teller.map(|teller| names.name(teller)).unwrap_or_default(),
        cancellation: payment.cancellation.map(|c| (cancellation_tag(c), cancellation_cash(c))),
        is_open: payment.state.is_open() || is_cancelling,
        is_printed: !is_cancelling,
        is_cancellable: carry_out::cancellable(&payment, now.date()).is_ok(),
        printed_at: time_of_day(now),
    })
}
