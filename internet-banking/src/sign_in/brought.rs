//! What a browser brings to a page that needs no sign-in: the form of such a page cannot be sent beside a session.

use axum::response::{IntoResponse as _, Redirect, Response};
use edge::session::Loaded;
use edge::{CookieKind, Failure, SessionId, SessionStore};
use http::{HeaderMap, header};

use crate::Bank;
use crate::links::Link;

/// The page, where the browser has no live session; else where it is led. A dead session's cookie, which would be taken
/// for the form's, is cleared.
pub(crate) async fn unless_signed_in(
    bank: &Bank,
    cookie: CookieKind,
    headers: &HeaderMap,
    led_to: Link,
    page: impl FnOnce() -> Result<Response, Failure>,
) -> Result<Response, Failure> {
    let had = cookie.session_of(headers);
    if let Some(id) = had.as_deref().and_then(SessionId::parse) {
        let loaded = bank.sign_ins.sessions().load(id.key(), bank.clock.now()).await?;
        if matches!(loaded, Loaded::Live(_)) {
            return Ok(Redirect::to(led_to.path()).into_response());
        }
    }
    let mut response = page()?;
    if had.is_some() {
        response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    }
    Ok(response)
}
