//! The JSON controls of the network under `/control/interbank`: its books, its faults, and what other banks do.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Date;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::books::{goes_back, wait};
use super::faults::{self, Fault};
use super::message::{self, Incoming};
use crate::control::Refused;
use crate::mocks::Mocks;
use crate::store::StoreError;

/// The routes.
pub(crate) fn routes() -> Router<Mocks> {
    Router::new()
        .route("/control/interbank/transfers", get(transfers))
        .route("/control/interbank/transfers/spoil", post(spoil))
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoil {
    id: String,
    /// Another amount in its books; without one they lose the transfer, or what the bank has taken.
    amount: Option<i64>,
}

async fn spoil(
    State(mocks): State<Mocks>,
    request: Result<Json<Spoil>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    let Json(spoil) = request?;
    let statements = match spoil.amount {
        Some(_) => [
            "UPDATE transfers SET amount = $2 WHERE id = $1",
            "UPDATE given_back SET amount = $2 WHERE id = $1",
            "UPDATE handed SET amount = $2 WHERE id = $1",
        ],
        None => [
            "DELETE FROM transfers WHERE id = $1 AND $2 IS NULL",
            "DELETE FROM given_back WHERE id = $1 AND $2 IS NULL",
            "DELETE FROM handed WHERE id = $1 AND $2 IS NULL",
        ],
    };
    let mut spoiled = 0;
    for sql in statements {
        let query = sqlx::query(sql).bind(&spoil.id).bind(spoil.amount);
        let done = query.execute(&mocks.interbank().pool).await.map_err(StoreError::from)?;
        spoiled += done.rows_affected();
    }
    if spoiled == 1 { Ok(StatusCode::NO_CONTENT) } else { Err(Refused::NoSuch("transfer")) }
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
struct NewIncoming {
    amount: i64,
    from_bank: String,
    payer: String,
    branch: String,
    kind: String,
    number: String,
    day: Option<Date>,
    /// Its number; a new one where it is left out. It waits under a place of its own.
    id: Option<String>,
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
    put_up(&mocks, &id, text.as_bytes()).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

async fn put_up(mocks: &Mocks, id: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let mut write = mocks.interbank().pool.begin().await?;
    wait(&mut write, id, bytes).await?;
    write.commit().await?;
    Ok(())
}

#[derive(Serialize)]
struct Made {
    id: String,
}

async fn incoming(
    State(mocks): State<Mocks>,
    request: Result<Json<NewIncoming>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let Json(new) = request?;
    let (id, now) = (message::fresh_id(), mocks.config().clock.now());
    let of = Incoming {
        amount: new.amount,
        from_bank: &new.from_bank,
        payer: &new.payer,
        to: [&new.branch, &new.kind, &new.number],
        day: new.day.unwrap_or(now.date()),
    };
    let number = new.id.as_deref().unwrap_or(&id);
    let bytes = message::incoming(number, &mocks.config().bank_code, &of, now);
    put_up(&mocks, &id, &bytes).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReturn {
    original: String,
    amount: i64,
    code: String,
}

/// A return that nobody has asked for, of a transfer that there need not be.
async fn give_back(
    State(mocks): State<Mocks>,
    request: Result<Json<NewReturn>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let Json(new) = request?;
    let (id, now, bank) = (message::fresh_id(), mocks.config().clock.now(), &mocks.config().bank_code);
    let bytes = message::returned(&id, bank, &new.original, new.amount, &new.code, now);
    let mut write = mocks.interbank().pool.begin().await.map_err(StoreError::from)?;
    goes_back(&mut write, &new.original).await?;
    wait(&mut write, &id, &bytes).await?;
    write.commit().await.map_err(StoreError::from)?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRecall {
    original: String,
    amount: i64,
    from_bank: String,
    /// Its number; a new one where it is left out.
    id: Option<String>,
}

/// Another bank asks for what its customer has sent, or says so.
async fn ask_back(
    State(mocks): State<Mocks>,
    request: Result<Json<NewRecall>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let Json(new) = request?;
    let (place, config) = (message::fresh_id(), mocks.config());
    let id = new.id.unwrap_or_else(|| place.clone());
    let what = (new.original.as_str(), new.amount);
    let bytes = message::recall(&id, &new.from_bank, &config.bank_code, what, config.clock.now());
    let mut write = mocks.interbank().pool.begin().await.map_err(StoreError::from)?;
    sqlx::query("INSERT OR IGNORE INTO asked_back VALUES ($1, $2, $3, NULL)")
        .bind(&id)
        .bind(&new.original)
        .bind(new.amount)
        .execute(&mut *write)
        .await
        .map_err(StoreError::from)?;
    wait(&mut write, &place, &bytes).await?;
    write.commit().await.map_err(StoreError::from)?;
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
