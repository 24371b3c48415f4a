//! Controls of the faults: the rules of a collector, one of them alone, and chaos over all.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Refused, collector};
use crate::faults::chaos::{self, Chaos};
use crate::faults::rules::{self, RULES_MAX, Rule};
use crate::faults::{Fault, FaultError};
use crate::mocks::Mocks;

pub(super) fn routes() -> Router<Mocks> {
    Router::new()
        .route("/control/chaos", get(show_chaos).put(set_chaos).delete(end_chaos))
        .route("/control/{number}/fault", get(show_fault).put(set_fault))
        .route("/control/{number}/faults", get(list).post(add).put(replace).delete(clear))
        .route("/control/{number}/faults/{id}", delete(remove))
}

impl From<FaultError> for Refused {
    fn from(error: FaultError) -> Self {
        Self::Invalid { field: error.field(), message: error.to_string() }
    }
}

/// The first rule alone, for whoever sets no more than one.
async fn show_fault(State(mocks): State<Mocks>, Path(number): Path<String>) -> Result<Json<Fault>, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    let first = rules::list(mocks.store().reader(), number).await?.into_iter().next();
    Ok(Json(first.map(|rule| rule.fault).unwrap_or_default()))
}

/// Puts one rule in the place of all; one that does nothing switches them off.
async fn set_fault(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Result<Json<Fault>, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    let Json(fault) = fault?;
    fault.check()?;
    rules::replace(mocks.store(), number, std::slice::from_ref(&fault)).await?;
    Ok(Json(if fault.is_none() { Fault::default() } else { fault }))
}

#[derive(Serialize)]
struct Rules {
    faults: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    faults: Vec<Fault>,
}

async fn rules_of(mocks: &Mocks, number: &str) -> Result<Json<Rules>, Refused> {
    let number = &collector(mocks, number)?.institution.number;
    Ok(Json(Rules { faults: rules::list(mocks.store().reader(), number).await? }))
}

async fn list(State(mocks): State<Mocks>, Path(number): Path<String>) -> Result<Json<Rules>, Refused> {
    rules_of(&mocks, &number).await
}

async fn add(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Result<(StatusCode, Json<Rules>), Refused> {
    let collector = &collector(&mocks, &number)?.institution.number;
    let Json(fault) = fault?;
    fault.check()?;
    if fault.is_none() {
        let message = "mode or a delay has to be given".to_owned();
        return Err(Refused::Invalid { field: "mode", message });
    }
    rules::add(mocks.store(), collector, &fault).await??;
    Ok((StatusCode::CREATED, rules_of(&mocks, &number).await?))
}

async fn replace(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Rules>, Refused> {
    let collector = &collector(&mocks, &number)?.institution.number;
    let Json(Wanted { faults }) = wanted?;
    if faults.len() > RULES_MAX {
        return Err(FaultError::TooMany.into());
    }
    for fault in &faults {
        fault.check()?;
    }
    rules::replace(mocks.store(), collector, &faults).await?;
    rules_of(&mocks, &number).await
}

async fn clear(State(mocks): State<Mocks>, Path(number): Path<String>) -> Result<Json<Rules>, Refused> {
    let collector = &collector(&mocks, &number)?.institution.number;
    rules::replace(mocks.store(), collector, &[]).await?;
    rules_of(&mocks, &number).await
}

async fn remove(
    State(mocks): State<Mocks>,
    Path((number, id)): Path<(String, i64)>,
) -> Result<Json<Rules>, Refused> {
    let collector = &collector(&mocks, &number)?.institution.number;
    if !rules::remove(mocks.store(), collector, id).await? {
        return Err(Refused::NoSuch("fault"));
    }
    rules_of(&mocks, &number).await
}

async fn show_chaos(State(mocks): State<Mocks>) -> Result<Json<Chaos>, Refused> {
    Ok(Json(chaos::get(mocks.store().reader()).await?.unwrap_or_default()))
}

async fn set_chaos(
    State(mocks): State<Mocks>,
    wanted: Result<Json<Chaos>, JsonRejection>,
) -> Result<Json<Chaos>, Refused> {
    let Json(wanted) = wanted?;
    wanted.check()?;
    chaos::set(mocks.store(), &wanted).await?;
    Ok(Json(wanted))
}

async fn end_chaos(State(mocks): State<Mocks>) -> Result<Json<Chaos>, Refused> {
    chaos::set(mocks.store(), &Chaos::default()).await?;
    Ok(Json(Chaos::default()))
}
