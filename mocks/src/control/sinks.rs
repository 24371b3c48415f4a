//! The mailbox and the webhooks: what came, and commands to fail.

use axum::body::to_bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::Refused;
use crate::mailbox::store as mails;
use crate::mocks::Mocks;
use crate::sinks::{self, Failing};
use crate::webhooks;

pub(super) fn routes() -> Router<Mocks> {
    Router::new()
        .route("/control/mailbox", get(list_mails).put(fail_mails).delete(clear_mails))
        .route("/control/mailbox/{file}", get(source))
        .route("/control/webhooks", get(list_calls).post(fail_calls).delete(clear_calls))
        .route("/webhooks/{name}", post(receive))
}

#[derive(Serialize)]
struct Mails {
    /// Failures that are still to come.
    fail: u32,
    mails: Vec<mails::Shown>,
}

async fn mails_now(mocks: &Mocks) -> Result<Json<Mails>, Refused> {
    let reader = mocks.store().reader();
    let fail = sinks::get(reader, sinks::MAILBOX).await?.fail;
    Ok(Json(Mails { fail, mails: mails::list(reader, mails::KEPT_MAX).await? }))
}

async fn list_mails(State(mocks): State<Mocks>) -> Result<Json<Mails>, Refused> {
    mails_now(&mocks).await
}

fn checked(failing: Failing) -> Result<Failing, Refused> {
    match failing.wrong() {
        None => Ok(failing),
        Some((field, message)) => Err(Refused::Invalid { field, message: message.to_owned() }),
    }
}

async fn fail_mails(
    State(mocks): State<Mocks>,
    failing: Result<Json<Failing>, JsonRejection>,
) -> Result<Json<Mails>, Refused> {
    let Json(failing) = failing?;
    sinks::set(&mocks, sinks::MAILBOX, checked(failing)?).await?;
    mails_now(&mocks).await
}

async fn clear_mails(State(mocks): State<Mocks>) -> Result<Json<Mails>, Refused> {
    mails::clear(&mocks).await?;
    mails_now(&mocks).await
}

/// The source of a mail. As text, so that a browser shows it and runs nothing in it.
async fn source(State(mocks): State<Mocks>, Path(file): Path<String>) -> Result<Response, Refused> {
    let id = file.strip_suffix(".eml").and_then(|id| id.parse().ok()).ok_or(Refused::NoSuch("mail"))?;
    let found = mails::one(mocks.store().reader(), id).await?;
    let (_, content) = found.ok_or(Refused::NoSuch("mail"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], content).into_response())
}

#[derive(Serialize)]
struct Calls {
    calls: Vec<webhooks::Shown>,
}

async fn list_calls(State(mocks): State<Mocks>) -> Result<Json<Calls>, Refused> {
    Ok(Json(Calls { calls: webhooks::list(mocks.store().reader(), webhooks::KEPT_MAX).await? }))
}

/// Failures of one receiver.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailCalls {
    name: String,
    fail: u32,
    #[serde(default = "sinks::unavailable")]
    status: u16,
}

#[derive(Serialize)]
struct FailingCalls {
    name: String,
    #[serde(flatten)]
    failing: Failing,
}

async fn fail_calls(
    State(mocks): State<Mocks>,
    wanted: Result<Json<FailCalls>, JsonRejection>,
) -> Result<Json<FailingCalls>, Refused> {
    let Json(FailCalls { name, fail, status }) = wanted?;
    if !webhooks::is_name(&name) {
        let message = "name is 1 to 40 lower-case letters, digits and hyphens".to_owned();
        return Err(Refused::Invalid { field: "name", message });
    }
    sinks::set(&mocks, &name, checked(Failing { fail, status })?).await?;
    let failing = sinks::get(mocks.store().reader(), &name).await?;
    Ok(Json(FailingCalls { name, failing }))
}

async fn clear_calls(State(mocks): State<Mocks>) -> Result<Json<Calls>, Refused> {
    webhooks::clear(&mocks).await?;
    Ok(Json(Calls { calls: Vec::new() }))
}

async fn receive(
    State(mocks): State<Mocks>,
    Path(name): Path<String>,
    request: Request,
) -> Result<StatusCode, Refused> {
    if !webhooks::is_name(&name) {
        return Err(Refused::NoSuch("webhook"));
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, webhooks::BODY_BYTES_MAX).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let status = webhooks::receive(&mocks, &name, &parts.headers, &body).await?;
    Ok(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}
