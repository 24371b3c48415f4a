//! The handlers: read, do one thing, show.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::{Date, Yen};
use edge::{CsrfForm, Errors, Failure, PreSession};
use http::StatusCode;
use serde::Deserialize;

use super::views::{BillForm, CollectorPage, IndexPage, IndexRow};
use crate::creation::{self, BillRequest, CreateError};
use crate::faults::{self, AppliesTo, Fault, Mode};
use crate::mocks::{Collector, Mocks};
use crate::{bills, journal, service};

const BILLS_SHOWN_MAX: i64 = 100;
const MESSAGES_SHOWN_MAX: i64 = 50;

pub async fn index(State(mocks): State<Mocks>) -> Result<Response, Failure> {
    let now = mocks.config().clock.now();
    let mut rows = Vec::new();
    for one in mocks.collectors() {
        let institution = &one.institution;
        let bills = bills::count(mocks.store().reader(), &institution.number).await?;
        let fault = faults::get(mocks.store(), &institution.number).await?;
        let state = service::of_day(mocks.store().reader(), institution, now.date(), now).await?;
        rows.push(IndexRow::of(institution, bills, &fault, state, now));
    }
    Ok(Html(IndexPage::new(rows, now).render()?).into_response())
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
    let page = build(&mocks, collector, &csrf, BillForm::default(), Errors::none(), notice).await?;
    Ok(csrf.attach(Html(page.render()?)))
}

async fn build(
    mocks: &Mocks,
    collector: &Collector,
    csrf: &PreSession,
    form: BillForm,
    errors: Errors,
    notice: Option<String>,
) -> Result<CollectorPage, Failure> {
    let number = &collector.institution.number;
    let bills = bills::list(mocks.store().reader(), number, BILLS_SHOWN_MAX).await?;
    let messages = journal::list(mocks.store(), number, None, MESSAGES_SHOWN_MAX).await?;
    let fault = faults::get(mocks.store(), number).await?;
    let now = mocks.config().clock.now();
    let state = service::of_day(mocks.store().reader(), &collector.institution, now.date(), now).await?;
    let mut page = CollectorPage::new(&collector.institution, csrf.token(), state, now);
    page.fill(bills, messages, fault, &collector.institution, now.date());
    page.form = form;
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
    let page = build(&mocks, collector, &csrf, form, errors, None).await?;
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

#[derive(Deserialize)]
pub struct FaultForm {
    delay_ms: String,
    mode: Mode,
    on: AppliesTo,
    times: String,
}

pub async fn set_fault(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    csrf: PreSession,
    CsrfForm(form): CsrfForm<FaultForm>,
) -> Result<Response, Failure> {
    let collector = mocks.collector(&number).ok_or(Failure::NotFound)?;
    let mut errors = Errors::none();
    let delay_ms = typed_count(&form.delay_ms, 0).unwrap_or_else(|| {
        errors.add("delay_ms", "遅延は 0 から 600,000 ミリ秒までの数字です。");
        0
    });
    let times = Some(form.times.trim()).filter(|text| !text.is_empty()).map(|text| typed_count(text, 1));
    if times == Some(None) {
        errors.add("times", "回数は 1 以上の数字です。空欄なら止めるまで続きます。");
    }
    let fault = Fault { delay_ms, mode: form.mode, on: Some(form.on), code: None, times: times.flatten() };
    if errors.is_empty() && fault.check().is_err() {
        errors.add("delay_ms", "遅延は 0 から 600,000 ミリ秒までの数字です。");
    }
    if errors.is_empty() {
        faults::set(mocks.store(), &collector.institution.number, &fault).await?;
        return Ok(Redirect::to(&format!("/{number}?fault=1#fault")).into_response());
    }
    let page = build(&mocks, collector, &csrf, BillForm::default(), errors, None).await?;
    Ok(csrf.attach((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?))))
}

fn typed_count(text: &str, least: u32) -> Option<u32> {
    let digits = domain::numbers::digits_typed(text, 1, 9).ok()?;
    digits.parse().ok().filter(|count| *count >= least)
}
