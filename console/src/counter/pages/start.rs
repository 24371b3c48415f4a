//! Today's payments at the counter, and the collector of a new one.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use domain::Yen;
use domain::payment::State as PaymentState;
use edge::{CsrfForm, Errors, Frame};
use gateway::Payment;
use gateway::operations::PaymentQuery;
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::payeasy;
use internet_banking::payeasy::draft::Step;
use internet_banking::payeasy::rules::read_collector;
use serde::Deserialize;

use super::{drafts, path, stop};
use crate::Console;
use crate::counter::{operation, problem};
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, ReceiptLink};
use crate::page::note;
use crate::payments::words::{cancellation_tag, state_tag};
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;
use crate::words::{Tag, collector_name, stamp};

/// Payments of the day that the page shows.
const PAYMENTS_MAX: u32 = 200;

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Begin {
    collector: String,
}

/// A payment of the day.
pub(crate) struct CollectedRow {
    pub link: ReceiptLink,
    pub receipt_number: String,
    pub at: String,
    pub collector: String,
    pub contents: String,
    /// Amount and fee.
    pub cash: Yen,
    pub tag: Tag,
    pub state: PaymentState,
    /// Where its cancellation is.
    pub cancellation: Option<Tag>,
}

#[derive(Template)]
#[template(path = "counter/start.html")]
pub(crate) struct StartPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    /// What was typed.
    pub collector: String,
    /// Whether the person collects.
    pub may_collect: bool,
    pub rows: Vec<CollectedRow>,
    /// Whether there are more than these.
    pub more: bool,
}

/// `GET /counter`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    note(&console, &by, "console.counter_view", console.clock.now().date().to_string(), "").await?;
    shown(&page(&console, &by, String::new(), None).await?)
}

/// `POST /counter`
pub async fn begin(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(form): CsrfForm<Begin>,
) -> Answer {
    operation::admit(&by.staff).map_err(|problem| stop(&by, &problem))?;
    let number = match read_collector(&form.collector) {
        Ok(number) => number,
        Err(errors) => {
            return again(&page(&console, &by, form.collector, Some(Trouble::slip(errors))).await?);
        }
    };
    if let Err(found) = payeasy::operation::collector(&console.gateway, &number) {
        let trouble = Trouble::from(&problem::refusal(&found));
        return again(&page(&console, &by, form.collector, Some(trouble)).await?);
    }
    let draft = drafts(&console, &by).begin(&number, console.clock.now()).await.map_err(failed)?;
    Ok(Redirect::to(&path(&draft, Step::Numbers)).into_response())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    collector: String,
    trouble: Option<Trouble>,
) -> Result<StartPage, Stop> {
    let today = console.clock.now().date();
    let query = PaymentQuery {
        from: today,
        to: today,
        collector: None,
        state: None,
        provisional_only: false,
        counter_only: true,
        before: None,
        limit: PAYMENTS_MAX + 1,
    };
    let mut payments = console.gateway.payments_for_operator(&query).await.map_err(failed)?;
    let most = usize::try_from(PAYMENTS_MAX).unwrap_or(usize::MAX);
    let more = payments.len() > most;
    payments.truncate(most);
    Ok(StartPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Counter) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        collector,
        may_collect: operation::admit(&by.staff).is_ok(),
        rows: payments.iter().map(|payment| row(console, payment)).collect(),
        more,
    })
}

fn row(console: &Console, payment: &Payment) -> CollectedRow {
    let facts = &payment.facts;
    CollectedRow {
        link: ReceiptLink(facts.id),
        receipt_number: facts.receipt_number.clone(),
        at: stamp(facts.held_at),
        collector: collector_name(&console.gateway, &facts.collector),
        contents: facts.bill.contents.clone(),
        cash: facts.amount.checked_add(facts.fee).unwrap_or(facts.amount),
        tag: state_tag(payment.state),
        state: payment.state,
        cancellation: payment.cancellation.map(cancellation_tag),
    }
}
