//! The handlers: read, do one thing, show.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::{Date, Yen};
use edge::{CsrfForm, Errors, Failure, PreSession};
use http::StatusCode;
use serde::Deserialize;

use super::fault_form::FaultForm;
use super::views::{BillForm, CollectorPage, IndexPage, IndexRow};
use crate::creation::{self, BillRequest, CreateError};
use crate::faults::{chaos, rules};
use crate::mocks::{Collector, Mocks};
use crate::{bills, journal, service, special};

const BILLS_SHOWN_MAX: i64 = 100;
const MESSAGES_SHOWN_MAX: i64 = 50;

pub async fn index(State(mocks): State<Mocks>, csrf: PreSession) -> Result<Response, Failure> {
    let now = mocks.config().clock.now();
    let mut rows = Vec::new();
    for one in mocks.collectors() {
        let institution = &one.institution;
        let bills = bills::count(mocks.store().reader(), &institution.number).await?;
        let rules = rules::list(mocks.store().reader(), &institution.number).await?;
        let state = service::of_day(mocks.store().reader(), institution, now.date(), now).await?;
        rows.push(IndexRow::of(institution, bills, &rules, state, now));
    }
    let chaos = chaos::get(mocks.store().reader()).await?;
    let page = IndexPage::new(rows, chaos.as_ref(), csrf.token(), now);
    Ok(csrf.attach(Html(page.render()?)))
}

#[derive(Deserialize)]
pub struct Told {
    created: Option<String>,
    fault: Option<String>,
}

pub async fn collector(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    Query(told): Query<Told>,
    csrf: PreSession,
) -> Result<Response, Failure> {
    let collector = mocks.collector(&number).ok_or(Failure::NotFound)?;
    let notice = match (told.created, told.fault) {
        (Some(_), _) => Some("請求を作りました。下の表のいちばん上にあります。".to_owned()),
        (None, Some(_)) => Some("障害の設定を変えました。次の電文から効きます。".to_owned()),
        (None, None) => None,
    };
    let page =
        build(&mocks, collector, &csrf, BillForm::default(), FaultForm::default(), Errors::none(), notice)
            .await?;
    Ok(csrf.attach(Html(page.render()?)))
}

/// The page of a collector, with what was typed into either form.
pub async fn build(
    mocks: &Mocks,
    collector: &Collector,
    csrf: &PreSession,
    form: BillForm,
    fault_form: FaultForm,
    errors: Errors,
    notice: Option<String>,
) -> Result<CollectorPage, Failure> {
    let number = &collector.institution.number;
    let now = mocks.config().clock.now();
    let bills = bills::list(mocks.store().reader(), number, BILLS_SHOWN_MAX, now).await?;
    let messages = journal::list(mocks.store(), number, None, MESSAGES_SHOWN_MAX).await?;
    let rules = rules::list(mocks.store().reader(), number).await?;
    let state = service::of_day(mocks.store().reader(), &collector.institution, now.date(), now).await?;
    let specials = special::next(mocks, &collector.institution, now).await?;
    let mut page = CollectorPage::new(&collector.institution, csrf.token(), state, now);
    page.fill(bills, messages, rules, specials, &collector.institution, now.date());
    page.form = form;
    page.fault_form = fault_form;
    page.frame.has_errors = !errors.is_empty();
    page.errors = errors;
    page.frame.notice = notice;
    Ok(page)
}

pub async fn create_bill(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    csrf: PreSession,
    CsrfForm(form): CsrfForm<BillForm>,
) -> Result<Response, Failure> {
    let collector = mocks.collector(&number).ok_or(Failure::NotFound)?;
    let errors = match requested(&form) {
        Ok(request) => match creation::create(&mocks, collector, &request).await {
            Ok(_) => return Ok(Redirect::to(&format!("/{number}?created=1#bills")).into_response()),
            Err(CreateError::Field(wrong)) => Errors::one(wrong.field, wrong.message),
            Err(CreateError::Store(error)) => return Err(error.into()),
        },
        Err(errors) => errors,
    };
    let page = build(&mocks, collector, &csrf, form, FaultForm::default(), errors, None).await?;
    let shown = (StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?));
    Ok(csrf.attach(shown))
}

/// The typed fields as a request; an empty one counts as left out.
fn requested(form: &BillForm) -> Result<BillRequest, Errors> {
    let mut errors = Errors::none();
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut amount = |field: &'static str, text: &str| match given(text).map(|text| Yen::parse_typed(&text)) {
        Some(Err(_)) => {
            errors.add(field, "金額は数字で入れてください。");
            None
        }
        other => other.and_then(Result::ok).map(Yen::get),
    };
    let (amount, fee) = (amount("amount", &form.amount), amount("fee", &form.fee));
    let due = match given(&form.due).map(|text| text.parse::<Date>()) {
        Some(Err(_)) => {
            errors.add("due", "納期限は 2026-12-25 の形で入れてください。");
            None
        }
        other => other.and_then(Result::ok),
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(BillRequest {
        customer_number: given(&form.customer_number),
        confirmation_number: given(&form.confirmation_number),
        payment_category: given(&form.payment_category),
        payer: given(&form.payer),
        contents: given(&form.contents),
        scenario: given(&form.scenario),
        amount,
        fee,
        due,
        ..BillRequest::default()
    })
}
