//! One payment: where it is, where the money is, everything that happened, and what staff may do about it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::PaymentId;
use edge::{CsrfForm, Errors, Frame};
use gateway::operations::UnknownPayment;
use gateway::{AlarmQuery, Word};
use serde::Deserialize;

use super::views::{EventRow, PaymentShown};
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::console::Console;
use crate::console::alarms::pages::{AlarmRow, rows as alarm_rows};
use crate::console::frame::{self, Area};
use crate::console::help::ConsoleCode;
use crate::console::links::{ConsoleLink, ProposeLink, RequestLink, ResendLink, StaffPaymentLink};
use crate::console::page::{Pressed, note};
use crate::console::problem::Trouble;
use crate::console::requests::pages::RequestRow;
use crate::console::requests::{Proposal, RequestQuery, carry_out};
use crate::console::sign_in::StaffSignedIn;
use crate::console::staff::{self, StaffRole};
use crate::console::words::{Names, Tag, span, stamp};

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
}

/// What may be done about an unknown payment.
pub(in crate::console) struct Actions {
    /// What the hub does by itself.
    pub automatic: String,
    /// How long until it may be asked for again; empty where it may now.
    pub resend_wait: String,
    /// How long until it may be decided as not cleared; empty where it may now.
    pub not_cleared_wait: String,
    /// Whether the person may propose.
    pub may_propose: bool,
}

#[derive(Template)]
#[template(path = "console/payments/detail.html")]
pub(in crate::console) struct DetailPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub payment: PaymentShown,
    pub events: Vec<EventRow>,
    pub alarms: Vec<AlarmRow>,
    pub requests: Vec<RequestRow>,
    pub actions: Option<Actions>,
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
        _ => {
            let errors = Errors::one("word", "収納機関の回答を選んでください。");
            return again(&page(&console, &by, id, Some(Trouble::input(errors)), form).await?);
        }
    };
    let proposal = Proposal::Decide { payment: id, word };
    match console.requests.propose(&by.staff, proposal, &form.reason).await {
        Ok(request) => Ok(Redirect::to(&RequestLink(request).to_string()).into_response()),
        Err(problem) if problem.code == ConsoleCode::Input => {
            let errors = Errors::one("reason", problem.words().to_owned());
            again(&page(&console, &by, id, Some(Trouble::input(errors)), form).await?)
        }
        Err(problem) => Err(problem.stop(&by, Area::Unknown, &StaffPaymentLink(id).to_string())),
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
    let open = hub.unknown_payment(id).await.map_err(failed)?;
    let now = console.clock.now();
    let area = if open.is_some() { Area::Unknown } else { Area::Payments };
    Ok(DetailPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, area) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        payment: PaymentShown::of(console, &payment).await?,
        events: events.iter().map(|event| EventRow::of(event, &names)).collect(),
        alarms: alarm_rows(console, alarms).await?,
        requests: requests.iter().map(|request| RequestRow::of(request, &names, now)).collect(),
        actions: open.map(|open| actions(&open, by, now)),
        word: typed.word,
        reason: typed.reason,
    })
}

fn actions(open: &UnknownPayment, by: &StaffSignedIn, now: domain::Timestamp) -> Actions {
    let wait = |seconds: i64| if seconds > 0 { span(seconds) } else { String::new() };
    let until = stamp(open.automatic_until);
    Actions {
        automatic: if now < open.automatic_until {
            format!("{until}まで自動で再送します。")
        } else {
            format!("自動再送は{until}に終わりました。再送するか、収納機関に照会して起票してください。")
        },
        resend_wait: wait(open.resend_wait_s),
        not_cleared_wait: wait(open.not_cleared_wait_s),
        may_propose: by.staff.role == StaffRole::Maker,
    }
}
