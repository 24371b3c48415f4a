//! Controls of a collector's days and books: states, counters, cancellations, advices, booking mistakes.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::routing::{get, patch};
use axum::{Json, Router};
use domain::{Date, Serial};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Refused, collector};
use crate::bookings::{self, BookingError, Change, Invented};
use crate::mocks::Mocks;
use crate::service::{self, Forced, ShownCounters};
use crate::{cancellations, clearings, counters, settlements};

pub(super) fn routes() -> Router<Mocks> {
    Router::new()
        .route("/control/clearings", get(all_clearings))
        .route("/control/settlements", get(all_settlements))
        .route("/control/{number}/clearings", get(clearings_of).post(invent))
        .route("/control/{number}/clearings/{day}/{serial}", patch(change).delete(lose))
        .route("/control/{number}/cancellations", get(cancellations_of))
        .route("/control/{number}/settlements", get(settlements_of))
        .route("/control/{number}/counters", get(counters_of))
        .route("/control/{number}/service", get(show_service).put(force_service))
}

impl From<BookingError> for Refused {
    fn from(error: BookingError) -> Self {
        match error {
            BookingError::Store(error) => Self::Store(error),
            BookingError::NoSuch => Self::NoSuch("clearing"),
            wrong => Self::Invalid { field: wrong.field(), message: wrong.to_string() },
        }
    }
}

#[derive(Serialize)]
struct Clearings {
    clearings: Vec<clearings::Shown>,
}

async fn all_clearings(State(mocks): State<Mocks>) -> Result<Json<Clearings>, Refused> {
    Ok(Json(Clearings { clearings: clearings::list(mocks.store().reader(), None).await? }))
}

async fn clearings_of(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
) -> Result<Json<Clearings>, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    Ok(Json(Clearings { clearings: clearings::list(mocks.store().reader(), Some(number)).await? }))
}

/// What a booking mistake was made about.
#[derive(Serialize)]
struct Booked {
    processing_date: Date,
    serial: u32,
}

async fn invent(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    invented: Result<Json<Invented>, JsonRejection>,
) -> Result<(StatusCode, Json<Booked>), Refused> {
    let institution = &collector(&mocks, &number)?.institution;
    let Json(invented) = invented?;
    let (processing_date, serial) = bookings::invent(&mocks, institution, &invented).await?;
    Ok((StatusCode::CREATED, Json(Booked { processing_date, serial: serial.get() })))
}

/// The key in a path: `2026-11-24/00000001`, the zeros may be left out.
fn key(day: &str, serial: &str) -> Result<(Date, Serial), Refused> {
    let day = day.parse().ok();
    let serial = serial.parse().ok().and_then(|number| Serial::new(number).ok());
    day.zip(serial).ok_or(Refused::NoSuch("clearing"))
}

async fn change(
    State(mocks): State<Mocks>,
    Path((number, day, serial)): Path<(String, String, String)>,
    change: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Booked>, Refused> {
    let institution = &collector(&mocks, &number)?.institution;
    let (processing_date, serial) = key(&day, &serial)?;
    let Json(change) = change?;
    bookings::change(&mocks, institution, processing_date, serial, change).await?;
    Ok(Json(Booked { processing_date, serial: serial.get() }))
}

async fn lose(
    State(mocks): State<Mocks>,
    Path((number, day, serial)): Path<(String, String, String)>,
) -> Result<Json<Booked>, Refused> {
    let institution = &collector(&mocks, &number)?.institution;
    let (processing_date, serial) = key(&day, &serial)?;
    bookings::lose(&mocks, institution, processing_date, serial).await?;
    Ok(Json(Booked { processing_date, serial: serial.get() }))
}

#[derive(Serialize)]
struct Cancellations {
    cancellations: Vec<cancellations::Shown>,
}

async fn cancellations_of(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
) -> Result<Json<Cancellations>, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    let cancellations = cancellations::list(mocks.store().reader(), Some(number)).await?;
    Ok(Json(Cancellations { cancellations }))
}

#[derive(Serialize)]
struct Settlements {
    settlements: Vec<settlements::Shown>,
}

async fn all_settlements(State(mocks): State<Mocks>) -> Result<Json<Settlements>, Refused> {
    Ok(Json(Settlements { settlements: settlements::list(mocks.store().reader(), None).await? }))
}

async fn settlements_of(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
) -> Result<Json<Settlements>, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    let settlements = settlements::list(mocks.store().reader(), Some(number)).await?;
    Ok(Json(Settlements { settlements }))
}

#[derive(Deserialize)]
struct Counted {
    /// Today where absent.
    date: Option<Date>,
}

async fn counters_of(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    Query(counted): Query<Counted>,
) -> Result<Json<ShownCounters>, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    let day = counted.date.unwrap_or_else(|| mocks.today());
    let sender = &mocks.config().hub_centre;
    Ok(Json(counters::count(mocks.store().reader(), number, sender, day).await?.into()))
}

async fn show_service(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
) -> Result<Json<service::Shown>, Refused> {
    let institution = &collector(&mocks, &number)?.institution;
    Ok(Json(service::show(&mocks, institution).await?))
}

/// A state whatever the hub says, or `null` for none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    forced: Option<Forced>,
}

async fn force_service(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    command: Result<Json<Command>, JsonRejection>,
) -> Result<Json<service::Shown>, Refused> {
    let institution = &collector(&mocks, &number)?.institution;
    let Json(command) = command?;
    service::force(&mocks, &institution.number, command.forced).await?;
    Ok(Json(service::show(&mocks, institution).await?))
}
