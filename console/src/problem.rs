//! What stops an operation of the console: a code, with the particulars of the case.

use askama::Template;
use edge::{Errors, Frame};
use http::StatusCode;
use internet_banking::answer::Stop;

use super::frame::{self, Area};
use super::help::ConsoleCode;
use super::links::ConsoleLink;
use super::sign_in::StaffSignedIn;

/// Why a member of staff cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The stable code, which has a help page.
    pub code: ConsoleCode,
    /// What happened in this case; empty where the code says all.
    pub detail: String,
}

impl From<ConsoleCode> for Problem {
    fn from(code: ConsoleCode) -> Self {
        Self { code, detail: String::new() }
    }
}

impl Problem {
    /// With the particulars of the case.
    pub fn new(code: ConsoleCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// Our own failure before anything was done.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation of the console failed");
        ConsoleCode::Unavailable.into()
    }

    /// Our own failure where something may have been done.
    pub fn unclear(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "whether an operation of the console took place is not known");
        ConsoleCode::Unclear.into()
    }

    /// What happened.
    pub fn words(&self) -> &str {
        if self.detail.is_empty() { self.code.entry().happened } else { &self.detail }
    }

    /// Whether what was asked for does not fit what is there: nothing failed, and nobody lacks a right.
    pub fn is_conflict(&self) -> bool {
        self.status() == StatusCode::CONFLICT
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self.code {
            ConsoleCode::NotPermitted | ConsoleCode::OwnRequest | ConsoleCode::NotYourRequest => {
                StatusCode::FORBIDDEN
            }
            ConsoleCode::Unavailable
            | ConsoleCode::Unclear
            | ConsoleCode::CounterUnavailable
            | ConsoleCode::CashUnclear => StatusCode::SERVICE_UNAVAILABLE,
            ConsoleCode::EntryExpired => StatusCode::GONE,
            _ => StatusCode::CONFLICT,
        }
    }

    /// A page of its own, with the way back.
    pub(super) fn stop(&self, by: &StaffSignedIn, area: Area, back: &str) -> Stop {
        let frame = Frame { has_errors: true, ..frame::page(by, area) };
        Stop::page(&StoppedPage { frame, problem: self, back }, self.status())
    }
}

/// The page in place of another.
#[derive(Template)]
#[template(path = "stopped.html")]
pub(super) struct StoppedPage<'a> {
    pub(super) frame: Frame,
    pub(super) problem: &'a Problem,
    pub(super) back: &'a str,
}

/// The error summary at the top of a form.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// What is wrong, each with the control that it leads to.
    pub errors: Errors,
    code: ConsoleCode,
}

impl Trouble {
    /// Fields that cannot be read.
    pub const fn input(errors: Errors) -> Self {
        Self { errors, code: ConsoleCode::Input }
    }

    /// The same at the counter.
    pub const fn slip(errors: Errors) -> Self {
        Self { errors, code: ConsoleCode::CounterInput }
    }

    /// What stopped the operation, with the control that it leads to; empty where none is to blame.
    pub fn of(problem: &Problem, field: &'static str) -> Self {
        Self { errors: Errors::one(field, problem.words().to_owned()), code: problem.code }
    }

    /// The code.
    pub const fn code(&self) -> ConsoleCode {
        self.code
    }

    /// What stands over the list of what is wrong.
    pub const fn heading(&self) -> &'static str {
        match self.code {
            ConsoleCode::Input | ConsoleCode::CounterInput => "入力を確かめてください",
            code => code.entry().title,
        }
    }
}
