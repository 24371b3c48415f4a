//! What a page answers: itself, or what stands in its way.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use edge::{Failure, Frame, render};
use http::StatusCode;

use crate::help::{Code, Entry, Money};
use crate::links::Link;
use crate::payeasy::views::Stake;

/// A page, or the answer in its place.
pub type Answer = Result<Response, Stop>;

/// The answer instead of the page: a redirect, a page that says why not, or a failure.
pub struct Stop(Box<Response>);

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure.into_response()))
    }
}

impl Stop {
    /// Another page.
    pub fn redirect(path: &str) -> Self {
        Self(Box::new(Redirect::to(path).into_response()))
    }

    /// There is no such page, or not for this person.
    pub fn not_found() -> Self {
        Failure::NotFound.into()
    }

    /// A page that says what stands in the way and whether money moved.
    pub fn told(frame: Frame, code: Code, status: StatusCode) -> Self {
        Self::told_of(Stake::Money, frame, code, status)
    }

    /// The same about something else than money that is to move.
    pub(crate) fn told_of(stake: Stake, frame: Frame, code: Code, status: StatusCode) -> Self {
        let (frame, entry) = (Frame { has_errors: true, ..frame }, code.entry());
        let entry = Entry { money: stake.of(entry.money), ..entry };
        Self::page(&ToldPage { frame, entry, code }, status)
    }

    /// A page that stands in the place of what was asked for.
    pub fn page(page: &impl Template, status: StatusCode) -> Self {
        match render(page) {
            Ok(html) => Self(Box::new((status, html).into_response())),
            Err(failure) => failure.into(),
        }
    }
}

/// What stands in the way, where no form can put it right.
#[derive(Template)]
#[template(path = "told.html")]
pub(crate) struct ToldPage {
    pub(crate) frame: Frame,
    pub(crate) entry: Entry<Money>,
    pub(crate) code: Code,
}

/// Turns any error of ours into the answer that says nothing but its number.
pub fn failed<E>(error: E) -> Stop
where
    Failure: From<E>,
{
    Failure::from(error).into()
}

/// A page that is as it should be.
pub fn shown(page: &impl Template) -> Answer {
    Ok(render(page)?.into_response())
}

/// A form again, with what is wrong in it.
pub fn again(page: &impl Template) -> Answer {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(page)?).into_response())
}
