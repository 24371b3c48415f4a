//! The JSON controls of the network under `/control/interbank`: its books, its faults, and what other banks do.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::acts::{self, NewIncoming, NewRecall, NewReturn, Spoil};
use super::faults::{self, Fault};
use super::message;
use crate::control::Refused;
use crate::mocks::Mocks;
use crate::store::StoreError;

/// The routes.
pub(crate) fn routes() -> Router<Mocks> {
    Router::new()
        .route("/control/interbank/transfers", get(transfers))
        .route("/control/interbank/transfers/spoil", post(spoil))
        .route("/control/interbank/debits", get(debits))
        .route("/control/interbank/waiting", get(waiting))
        .route("/control/interbank/incoming", post(incoming))
        .route("/control/interbank/garbled", post(garbled))
        .route("/control/interbank/returns", post(give_back).get(given_back))
        .route("/control/interbank/recalls", post(ask_back).get(asked_back))
        .route("/control/interbank/faults", post(add_fault).delete(clear_faults))
}

#[derive(Serialize, sqlx::FromRow)]
struct Transfer {
    id: String,
    amount: i64,
    day: String,
    creditor: String,
    status: String,
    code: Option<String>,
    deliveries: i64,
}

async fn transfers(State(mocks): State<Mocks>) -> Result<Json<Vec<Transfer>>, Refused> {
    let sql = "SELECT id, amount, day, creditor, status, code, deliveries FROM transfers ORDER BY rowid";
    let rows = sqlx::query_as(sql).fetch_all(&mocks.interbank().pool).await.map_err(StoreError::from)?;
    Ok(Json(rows))
}

async fn spoil(
    State(mocks): State<Mocks>,
    request: Result<Json<Spoil>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    let Json(spoil) = request?;
    match acts::spoil(&mocks.interbank().pool, &spoil).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::NoSuch("transfer")),
    }
}

#[derive(Serialize, sqlx::FromRow)]
struct Debit {
    id: String,
    amount: i64,
    day: String,
    debtor: String,
    status: String,
    code: Option<String>,
    deliveries: i64,
}

async fn debits(State(mocks): State<Mocks>) -> Result<Json<Vec<Debit>>, Refused> {
    let sql = "SELECT id, amount, day, debtor, status, code, deliveries FROM debits ORDER BY rowid";
    let rows = sqlx::query_as(sql).fetch_all(&mocks.interbank().pool).await.map_err(StoreError::from)?;
    Ok(Json(rows))
}

#[derive(Serialize, sqlx::FromRow)]
struct Waiting {
    id: String,
    acknowledged: Option<String>,
}

async fn waiting(State(mocks): State<Mocks>) -> Result<Json<Vec<Waiting>>, Refused> {
    let sql = "SELECT id, acknowledged FROM waiting ORDER BY rowid";
    let rows = sqlx::query_as(sql).fetch_all(&mocks.interbank().pool).await.map_err(StoreError::from)?;
    Ok(Json(rows))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Garbled {
    text: String,
}

/// What is no message.
async fn garbled(
    State(mocks): State<Mocks>,
    request: Result<Json<Garbled>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let Json(Garbled { text }) = request?;
    let id = message::fresh_id();
    acts::put_up(&mocks, &id, text.as_bytes()).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

#[derive(Serialize)]
struct Made {
    id: String,
}

async fn incoming(
    State(mocks): State<Mocks>,
    request: Result<Json<NewIncoming>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let id = acts::pay(&mocks, &request?.0).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

async fn give_back(
    State(mocks): State<Mocks>,
    request: Result<Json<NewReturn>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let id = acts::give_back(&mocks, &request?.0).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

async fn ask_back(
    State(mocks): State<Mocks>,
    request: Result<Json<NewRecall>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let id = acts::ask_back(&mocks, &request?.0).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

#[derive(Serialize, sqlx::FromRow)]
struct AskedBack {
    id: String,
    original: String,
    amount: i64,
    answer: Option<String>,
}

async fn asked_back(State(mocks): State<Mocks>) -> Result<Json<Vec<AskedBack>>, Refused> {
    let sql = "SELECT id, original, amount, answer FROM asked_back ORDER BY rowid";
    let rows = sqlx::query_as(sql).fetch_all(&mocks.interbank().pool).await.map_err(StoreError::from)?;
    Ok(Json(rows))
}

#[derive(Serialize, sqlx::FromRow)]
struct GivenBack {
    id: String,
    original: String,
    amount: i64,
    status: String,
    code: Option<String>,
    day: Option<String>,
    deliveries: i64,
}

async fn given_back(State(mocks): State<Mocks>) -> Result<Json<Vec<GivenBack>>, Refused> {
    let sql = "SELECT id, original, amount, status, code, day, deliveries FROM given_back ORDER BY rowid";
    let rows = sqlx::query_as(sql).fetch_all(&mocks.interbank().pool).await.map_err(StoreError::from)?;
    Ok(Json(rows))
}

async fn add_fault(
    State(mocks): State<Mocks>,
    request: Result<Json<Fault>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    let Json(fault) = request?;
    faults::add(&mocks.interbank().pool, &fault).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(mocks): State<Mocks>) -> Result<StatusCode, Refused> {
    faults::clear(&mocks.interbank().pool).await?;
    Ok(StatusCode::NO_CONTENT)
}
