//! The list of unknown payments, one collector's or all, and the button that has all of them asked for again.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use domain::{CollectorNumber, Timestamp, Yen};
use edge::{CsrfForm, Frame};
use gateway::operations::{OpenCancellation, UnknownPayment};
use internet_banking::answer::{Answer, failed, shown};
use serde::Deserialize;

use crate::Console;
use crate::frame::{self, Area};
use crate::links::ConsoleLink;
use crate::payments::views::PaymentRow;
use crate::payments::words::reason_words;
use crate::requests::carry_out;
use crate::sign_in::StaffSignedIn;
use crate::staff;
use crate::words::{Choice, collectors, span, stamp};

/// Payments that the page shows; the oldest first, so that none of the rest is more urgent.
const PAYMENTS_MAX: u32 = 200;

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Unknown.path(), get(show))
        .route(ConsoleLink::ResendAll.path(), post(resend_all))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    collector: String,
    /// What the button came to: how many begun, how many too soon.
    begun: Option<usize>,
    soon: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct All {
    collector: String,
}

/// An unknown payment as the list shows it.
pub(crate) struct UnknownRow {
    pub payment: PaymentRow,
    pub since: String,
    pub open_for: String,
    pub deliveries: i64,
    pub reason: String,
    /// What the hub does by itself.
    pub automatic: String,
}

#[derive(Template)]
#[template(path = "unknown/unknown.html")]
pub(crate) struct UnknownPage {
    pub frame: Frame,
    pub csrf: String,
    pub collectors: Vec<Choice>,
    /// The chosen collector, for the button.
    pub collector: String,
    pub rows: Vec<UnknownRow>,
    /// Cancellations whose outcome nobody knows.
    pub cancellations: Vec<UnknownRow>,
    pub total: Yen,
    /// How many of those that are shown can be asked for again now.
    pub resendable: usize,
    /// Whether there are more payments than these.
    pub more: bool,
    /// Whether there are more cancellations than these.
    pub more_cancellations: bool,
}

async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let collector: Option<CollectorNumber> = filter.collector.parse().ok();
    let hub = &console.gateway;
    let mut open = hub.unknown_payments(collector.as_ref(), PAYMENTS_MAX + 1).await.map_err(failed)?;
    let mut cancelling =
        hub.unknown_cancellations(collector.as_ref(), PAYMENTS_MAX + 1).await.map_err(failed)?;
    let most = usize::try_from(PAYMENTS_MAX).unwrap_or(usize::MAX);
    let (more, more_cancellations) = (open.len() > most, cancelling.len() > most);
    open.truncate(most);
    cancelling.truncate(most);
    let resendable = open.iter().filter(|open| open.resend_wait_s == 0).count()
        + cancelling.iter().filter(|open| open.resend_wait_s == 0).count();
    let mut frame = frame::page(&by, Area::Unknown);
    if let (Some(begun), Some(soon)) = (filter.begun, filter.soon) {
        frame.notice = Some(format!(
            "{begun}件の再送を始めました。{}結果はこの画面で確かめてください。",
            if soon > 0 {
                format!("送信中、または前の送信から間がない{soon}件は除きました。")
            } else {
                String::new()
            }
        ));
    }
    shown(&UnknownPage {
        frame,
        csrf: by.csrf.clone(),
        collectors: collectors(&console.gateway, &filter.collector),
        collector: collector.map(|c| c.to_string()).unwrap_or_default(),
        total: open
            .iter()
            .filter_map(|o| o.payment.facts.amount.checked_add(o.payment.facts.fee))
            .fold(Yen::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum)),
        resendable,
        cancellations: cancelling.iter().map(|open| cancellation_row(&console, open)).collect(),
        rows: open.iter().map(|open| row(&console, open)).collect(),
        more,
        more_cancellations,
    })
}

async fn resend_all(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(form): CsrfForm<All>,
) -> Answer {
    let collector: Option<CollectorNumber> = form.collector.parse().ok();
    let back = ConsoleLink::Unknown.path();
    let resent = console.gateway.resend_all(collector.as_ref(), &staff::operator(&by.staff)).await;
    let resent = resent.map_err(|error| carry_out::problem(&error).stop(&by, Area::Unknown, back))?;
    let collector = collector.map(|c| c.to_string()).unwrap_or_default();
    let to = format!("{back}?collector={collector}&begun={}&soon={}", resent.begun, resent.too_soon);
    Ok(Redirect::to(&to).into_response())
}

fn row(console: &Console, open: &UnknownPayment) -> UnknownRow {
    let now = console.clock.now();
    let automatic = match open.is_delivering {
        true => "いま送信中".to_owned(),
        false => automatic(open.automatic_until, now),
    };
    UnknownRow {
        payment: PaymentRow::of(console, &open.payment),
        since: stamp(open.unknown_since),
        open_for: span(now.seconds_since(open.unknown_since)),
        deliveries: open.deliveries,
        reason: open.reason.as_deref().map(reason_words).unwrap_or_default(),
        automatic,
    }
}

fn cancellation_row(console: &Console, open: &OpenCancellation) -> UnknownRow {
    let now = console.clock.now();
    let (requested_at, _) = open.requested;
    UnknownRow {
        payment: PaymentRow::of(console, &open.payment),
        since: stamp(requested_at),
        open_for: span(now.seconds_since(requested_at)),
        deliveries: open.deliveries,
        reason: String::new(),
        automatic: automatic(open.automatic_until, now),
    }
}

fn automatic(until: Timestamp, now: Timestamp) -> String {
    if now < until {
        format!("自動再送中({}まで)", stamp(until))
    } else {
        "自動再送は終了。再送または起票が必要".to_owned()
    }
}
