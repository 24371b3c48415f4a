//! The pages of tokens: one's own under `/security`, and all of the contract under `/admin`.

pub(super) mod admin;
pub(super) mod own;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use domain::time::year_month_day;
use domain::{Date, Timestamp};
use edge::{Errors, Frame};
use http::StatusCode;

use super::problem::Problem;
use super::{Standing, Token};
use crate::Bank;
use crate::answer::Stop;
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub(crate) fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::SecurityToken.path(), get(own::show).post(own::begin))
        .route(Link::SecurityTokenLost.path(), get(own::ask_lost).post(own::lose))
        .route(Link::AdminTokens.path(), get(admin::list))
        .route(Link::AdminTokensAsk.path(), post(admin::ask))
        .route(Link::AdminTokensDo.path(), post(admin::administer))
}

impl From<&Problem> for Trouble {
    fn from(problem: &Problem) -> Self {
        let errors = Errors::one(problem.field().unwrap_or_default(), problem.words());
        Self::of(problem.code(), errors).of_registration()
    }
}

/// A token as a page shows it.
#[derive(Clone, Debug)]
pub(super) struct TokenShown {
    pub serial: String,
    pub kind: &'static str,
    pub word: &'static str,
    pub icon: &'static str,
    pub class: &'static str,
    /// As printed on the back.
    pub expires_on: String,
    /// Whether that is less than a month away.
    pub expires_soon: bool,
    pub locked_at: Option<String>,
    /// Name and login ID of whoever has registered it.
    pub holders: Vec<(String, String)>,
}

impl TokenShown {
    pub fn of(token: &Token, now: Timestamp) -> Self {
        let standing = token.standing(now.date());
        let (icon, class) = standing.look();
        let locked = token.locked_at.filter(|_| standing == Standing::Locked);
        Self {
            serial: token.serial.clone(),
            kind: token.kind.label(),
            word: standing.label(),
            icon,
            class,
            expires_on: token.expires_on.map(year_month_day).unwrap_or_default(),
            expires_soon: token.expires_on.is_some_and(|day| expires_soon(day, now.date())),
            locked_at: locked.map(frame::day_and_time),
            holders: token.holders.iter().map(|h| (h.name.clone(), h.login_id.clone())).collect(),
        }
    }
}

fn expires_soon(expires_on: Date, today: Date) -> bool {
    super::rules::expiry_told_from(expires_on) <= today && today <= expires_on
}

/// The page in place of another.
#[derive(Template)]
#[template(path = "tokens/stopped.html")]
pub(super) struct StoppedPage {
    pub frame: Frame,
    pub code: Code,
    pub happened: String,
    pub back: Link,
}

/// A page of its own for what cannot be put right in the form.
fn stopped(by: &SignedIn, problem: &Problem, back: Link) -> Stop {
    let area = if back == Link::SecurityToken { Area::Security } else { Area::Admin };
    let page = StoppedPage {
        frame: page_frame(by, area, true),
        code: problem.code(),
        happened: problem.words(),
        back,
    };
    let status = match problem.code() {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    Stop::page(&page, status)
}

fn page_frame(by: &SignedIn, area: Area, has_errors: bool) -> Frame {
    Frame { has_errors, ..frame::page(by, area) }
}
