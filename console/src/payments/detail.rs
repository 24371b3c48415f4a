//! One payment: where it is, where the money is, everything that happened, and what staff may do about it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::payment::Cancellation;
use domain::{PaymentId, Timestamp};
use edge::{CsrfForm, Errors, Frame};
use gateway::operations::{OpenCancellation, UnknownPayment};
use gateway::{AlarmQuery, Word};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use serde::Deserialize;

use super::views::{EventRow, PaymentShown};
use crate::Console;
use crate::alarms::pages::{AlarmRow, rows as alarm_rows};
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::{
    CancelLink, ConsoleLink, ProposeLink, ReceiptLink, RequestLink, ResendLink, StaffPaymentLink,
};
use crate::page::{Pressed, note, refused};
use crate::problem::Trouble;
use crate::requests::pages::RequestRow;
use crate::requests::{Proposal, RequestQuery, RequestState, carry_out};
use crate::sign_in::StaffSignedIn;
use crate::staff::{self, StaffRole};
use crate::words::{Names, Tag, span, stamp};

/// Alarms and requests about one payment that its page shows.
const ABOUT_MAX: u32 = 20;

/// What the last button came to.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Told {
    done: String,
}

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    word: String,
    reason: String,
    /// The deliveries that the page showed, before the collector was asked.
    deliveries: String,
}

/// What may be done about an unknown payment, or an unknown cancellation.
pub(crate) struct Actions {
    /// 元の消込 or 取消し.
    pub what: &'static str,
    /// What the hub does by itself.
    pub automatic: String,
    /// How often it was delivered.
    pub deliveries: i64,
    /// How long until it may be asked for again; empty where it may now.
    pub resend_wait: String,
    /// What the collector may have said.
    pub words: [WordChoice; 2],
}

/// Something that the collector may have said.
pub(crate) struct WordChoice {
    /// The control.
    pub id: &'static str,
    pub value: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    /// How long until it may be proposed; empty where it may now.
    pub wait: String,
}

#[derive(Template)]
#[template(path = "payments/detail.html")]
pub(crate) struct DetailPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub payment: PaymentShown,
    pub events: Vec<EventRow>,
    pub alarms: Vec<AlarmRow>,
    pub requests: Vec<RequestRow>,
    pub actions: Option<Actions>,
    /// The request about it that waits for a checker.
    pub waiting: Option<RequestLink>,
    /// The paper of a payment at the counter.
    pub receipt: Option<ReceiptLink>,
    /// Whether it can be taken back.
    pub is_cancellable: bool,
    /// Whether the person may propose.
    pub may_propose: bool,
    /// The deliveries that the form was first shown with; empty where it is shown first now.
    pub deliveries: String,
    /// What was typed.
    pub word: String,
    pub reason: String,
}

/// `GET /payments/{id}`
pub async fn show(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Answer {
    let id = parse(&id)?;
    let mut page = page(&console, &by, id, None, Proposed::default()).await?;
    page.frame.notice = match told.done.as_str() {
        "resent" => Some("再送しました。いまの状態は下のとおりです。".to_owned()),
        _ => None,
    };
    note(&console, &by, "console.payment_view", id.to_string(), "").await?;
    shown(&page)
}

/// `POST /payments/{id}/resend`
pub async fn resend(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Answer {
    let id = parse(&id)?;
    let back = StaffPaymentLink(id).to_string();
    let resent = console.gateway.resend(id, &staff::operator(&by.staff)).await;
    resent.map_err(|error| carry_out::problem(&error).stop(&by, Area::Unknown, &back))?;
    Ok(Redirect::to(&format!("{back}?done=resent")).into_response())
}

/// `POST /payments/{id}/propose`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let id = parse(&id)?;
    let word = match form.word.as_str() {
        "cleared" => Word::Cleared,
        "not_cleared" => Word::NotCleared,
        "cancelled" => Word::Cancelled,
        "not_cancelled" => Word::NotCancelled,
        _ => {
            let errors = Errors::one("word", "収納機関の回答を選んでください。");
            return again(&page(&console, &by, id, Some(Trouble::input(errors)), form).await?);
        }
    };
    // a form without the number was none of ours: there is no delivery 0
    let deliveries = form.deliveries.parse().unwrap_or_default();
    let proposal = Proposal::Decide { payment: id, word, deliveries };
    match console.requests.propose(&by.staff, proposal, &form.reason).await {
        Ok(request) => Ok(Redirect::to(&RequestLink(request).to_string()).into_response()),
        Err(problem) if problem.code == ConsoleCode::AskedAgain => {
            // the next answer counts from now on
            again(&page(&console, &by, id, Some(refused(&problem)), Proposed::default()).await?)
        }
        Err(problem) => again(&page(&console, &by, id, Some(refused(&problem)), form).await?),
    }
}

/// `POST /payments/{id}/cancel`
pub async fn cancel(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let id = parse(&id)?;
    match console.requests.propose(&by.staff, Proposal::Cancel { payment: id }, &form.reason).await {
        Ok(request) => Ok(Redirect::to(&RequestLink(request).to_string()).into_response()),
        Err(problem) => again(&page(&console, &by, id, Some(refused(&problem)), form).await?),
    }
}

fn parse(id: &str) -> Result<PaymentId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    id: PaymentId,
    trouble: Option<Trouble>,
    typed: Proposed,
) -> Result<DetailPage, Stop> {
    let hub = &console.gateway;
    let payment = hub.payment_for_operator(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let events = hub.payment_events(id).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let subject = Some(id.to_string());
    let about = AlarmQuery { subject: subject.clone(), limit: ABOUT_MAX, ..AlarmQuery::default() };
    let alarms = hub.alarms(&about).await.map_err(failed)?;
    let query = RequestQuery { subject, limit: ABOUT_MAX, ..RequestQuery::default() };
    let requests = console.requests.list(&query).await.map_err(failed)?;
    let now = console.clock.now();
    let at_counter = payment.facts.is_at_counter();
    let actions = match hub.unknown_payment(id).await.map_err(failed)? {
        Some(open) => Some(of_payment(&open, at_counter, now)),
        None if payment.cancellation.is_some_and(Cancellation::is_open) => {
            let open = hub.unknown_cancellation(id).await.map_err(failed)?;
            open.map(|open| of_cancellation(&open, now))
        }
        None => None,
    };
    let area = if actions.is_some() { Area::Unknown } else { Area::Payments };
    Ok(DetailPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, area) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        payment: PaymentShown::of(console, &payment).await?,
        events: events.iter().map(|event| EventRow::of(event, at_counter, &names)).collect(),
        alarms: alarm_rows(console, alarms).await?,
        waiting: requests
            .iter()
            .find(|request| request.state(now) == RequestState::Open)
            .map(|request| RequestLink(request.id)),
        requests: requests.iter().map(|request| RequestRow::of(request, &names, now)).collect(),
        actions,
        receipt: at_counter.then_some(ReceiptLink(id)),
        is_cancellable: carry_out::cancellable(&payment, now.date()).is_ok(),
        may_propose: by.staff.role == StaffRole::Maker,
        deliveries: typed.deliveries,
        word: typed.word,
        reason: typed.reason,
    })
}

fn of_payment(open: &UnknownPayment, at_counter: bool, now: Timestamp) -> Actions {
    let (cleared, not_cleared) = match at_counter {
        true => (
            "預かっている現金を収納に充て、収納済みにします。",
            "収納せず、預かっている現金を払込人に返します。",
        ),
        false => ("引き落として収納済みにします。", "確保した金額をお客さまの口座に戻します。"),
    };
    Actions {
        what: "消込",
        automatic: automatic(open.automatic_until, now),
        deliveries: open.deliveries,
        resend_wait: wait(open.resend_wait_s),
        words: [
            WordChoice {
                id: "word",
                value: "cleared",
                label: "消込あり",
                hint: cleared,
                wait: String::new(),
            },
            WordChoice {
                id: "word-2",
                value: "not_cleared",
                label: "消込なし",
                hint: not_cleared,
                wait: wait(open.not_cleared_wait_s),
            },
        ],
    }
}

fn of_cancellation(open: &OpenCancellation, now: Timestamp) -> Actions {
    Actions {
        what: "取消し",
        automatic: automatic(open.automatic_until, now),
        deliveries: open.deliveries,
        resend_wait: wait(open.resend_wait_s),
        words: [
            WordChoice {
                id: "word",
                value: "cancelled",
                label: "取消しあり",
                hint: "収納を取り消し、現金を払込人に返します。",
                wait: String::new(),
            },
            WordChoice {
                id: "word-2",
                value: "not_cancelled",
                label: "取消しなし",
                hint: "払込は収納済みのままです。現金は返しません。",
                wait: wait(open.not_cancelled_wait_s),
            },
        ],
    }
}

fn wait(seconds: i64) -> String {
    if seconds > 0 { span(seconds) } else { String::new() }
}

fn automatic(until: Timestamp, now: Timestamp) -> String {
    let end = stamp(until);
    if now < until {
        format!("{end}まで自動で再送します。")
    } else {
        format!("自動再送は{end}に終わりました。再送するか、収納機関に照会して起票してください。")
    }
}
