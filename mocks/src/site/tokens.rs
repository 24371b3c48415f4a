//! The page that stands in for the token devices.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use edge::{Failure, Frame};
use serde::Deserialize;

use super::views::{Page, frame};
use crate::mocks::Mocks;
use crate::tokens::{Device, STEP_S};

/// Where the page is, and what its address says so that it asks for itself.
const WATCHING: &str = "5; url=/tokens?watch=on";

/// A device as the page shows it.
struct DeviceRow {
    serial: String,
    label: String,
    /// What it shows.
    code: String,
    /// What it will show after that.
    next: String,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    now: String,
    /// Seconds until the codes change.
    left: i64,
    watching: bool,
    rows: Vec<DeviceRow>,
}

/// Whether the page asks for itself again and again.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Watch {
    watch: String,
}

/// `GET /tokens`
pub async fn show(State(mocks): State<Mocks>, Query(asked): Query<Watch>) -> Result<Response, Failure> {
    let now = mocks.config().clock.now();
    let (seconds, watching) = (now.seconds(), asked.watch == "on");
    let row = |device: &Device| DeviceRow {
        serial: device.serial.clone(),
        label: device.label.clone(),
        code: device.code_at(seconds),
        next: device.code_at(seconds.saturating_add(STEP_S)),
    };
    let page = TokensPage {
        frame: Frame { refresh: watching.then(|| WATCHING.to_owned()), ..frame(Page::Tokens) },
        now: now.jst().format("%Y-%m-%d %H:%M:%S").to_string(),
        left: STEP_S - seconds.rem_euclid(STEP_S),
        watching,
        rows: mocks.config().tokens.iter().map(row).collect(),
    };
    Ok(Html(page.render()?).into_response())
}
