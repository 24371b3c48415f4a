//! Who asks for a page of the console.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use edge::session::Loaded;
use edge::{CookieKind, CsrfKey, Failure, SessionId};
use http::request::Parts;
use internet_banking::sign_in::{Session, Touch};

use super::StaffMembers;
use crate::Console;
use crate::links::ConsoleLink;
use crate::staff::Staff;

/// A member of staff with a live session. Without one the request is led to the console's sign-in page.
#[derive(Clone, Debug)]
pub struct StaffSignedIn {
    /// The session.
    pub session: Session<StaffMembers>,
    /// The person, with the role as it is now.
    pub staff: Staff,
    /// Token for the forms of the page.
    pub csrf: String,
}

/// The same for a page that may ask for itself: such a request does not count as use, so that a screen which nobody
/// looks at signs its user out all the same (SEC-25).
#[derive(Clone, Debug)]
pub struct Watching {
    /// Who is signed in.
    pub by: StaffSignedIn,
    /// Whether the page is to ask for itself again.
    pub on: bool,
}

impl FromRequestParts<Console> for StaffSignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        load(parts, console, Touch::Yes).await
    }
}

impl FromRequestParts<Console> for Watching {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').any(|pair| pair == "watch=on");
        let by_itself = query.split('&').any(|pair| pair == "again=1");
        let touch = if asked && by_itself { Touch::No } else { Touch::Yes };
        Ok(Self { by: load(parts, console, touch).await?, on: asked })
    }
}

async fn load(parts: &mut Parts, console: &Console, touch: Touch) -> Result<StaffSignedIn, Response> {
    let cookie = CookieKind::from_request_parts(parts, console).await?;
    let csrf = CsrfKey::from_request_parts(parts, console).await.unwrap_or_else(|never| match never {});
    let sign_in = |link: ConsoleLink| Redirect::to(link.path()).into_response();
    let id = cookie.session_of(&parts.headers).and_then(|value| SessionId::parse(&value));
    let Some(id) = id else { return Err(sign_in(ConsoleLink::SignIn)) };
    let now = console.clock.now();
    let loaded = console.sign_ins.sessions().look_up(id.key(), touch, now).await.map_err(failed)?;
    let session = match loaded {
        Loaded::Live(session) => session,
        Loaded::Unknown | Loaded::Revoked(_) => return Err(sign_in(ConsoleLink::SignIn)),
        Loaded::Replaced => return Err(sign_in(ConsoleLink::SignInReplaced)),
        Loaded::Expired => return Err(sign_in(ConsoleLink::SignInExpired)),
    };
    let staff = console.staff.find(session.person).await.map_err(failed)?;
    let Some(staff) = staff else { return Err(sign_in(ConsoleLink::SignIn)) };
    Ok(StaffSignedIn { csrf: csrf.session_token(&id), session, staff })
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Response {
    Failure::from(error).into_response()
}
