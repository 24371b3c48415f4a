//! 起票 by a form of any page.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use edge::Errors;
use internet_banking::answer::{Answer, Stop, again};

use super::Proposal;
use crate::Console;
use crate::frame::Area;
use crate::help::ConsoleCode;
use crate::links::RequestLink;
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;

/// Proposes it, and leads to the request. Where the reason cannot be taken, or what was typed does not fit what is
/// there, the form comes again with what was typed; what else is in the way has a page of its own that leads back.
pub(crate) async fn propose<P: Template>(
    console: &Console,
    by: &StaffSignedIn,
    proposal: Proposal,
    reason: &str,
    (area, back): (Area, String),
    form: impl AsyncFnOnce(Trouble) -> Result<P, Stop>,
) -> Answer {
    match console.requests.propose(&by.staff, proposal, reason).await {
        Ok(request) => Ok(Redirect::to(&RequestLink(request).to_string()).into_response()),
        Err(problem) if problem.code == ConsoleCode::Input => {
            let errors = Errors::one("reason", problem.words().to_owned());
            again(&form(Trouble::input(errors)).await?)
        }
        Err(problem) if problem.is_conflict() => match form(Trouble::of(&problem, "")).await {
            Ok(page) => Err(Stop::page(&page, problem.status())),
            // what it is about has no page
            Err(_) => Err(problem.stop(by, area, &back)),
        },
        Err(problem) => Err(problem.stop(by, area, &back)),
    }
}
