//! Forms that cannot be read before their token is verified (SEC-30).
//!
//! The token is an HMAC over the session (its stored key, not the cookie) or, before sign-in, over a random
//! cookie, under a key of the deployment. So nothing is stored for it, it ends with the session, and a cookie
//! planted by a neighbouring host does not help to forge one.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::random;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use ring::hmac;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::cookie::CookieKind;
use crate::failure::Failure;
use crate::session::SessionId;
use crate::site::FORM_BYTES_MAX;

/// Name of the hidden field.
pub const FIELD: &str = "csrf";

/// Time for a form's body to arrive whole.
const BODY_READ_S: u64 = 15;

/// The deployment's key for form tokens. Every process of a deployment has the same.
#[derive(Clone)]
pub struct CsrfKey(hmac::Key);

impl CsrfKey {
    /// From a secret of the deployment, 32 random bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The token of forms in a session.
    pub fn session_token(&self, session: &SessionId) -> String {
        self.token(b"session", &session.key().0)
    }

    fn pre_session_token(&self, cookie: &str) -> String {
        self.token(b"pre-session", cookie.as_bytes())
    }

    fn token(&self, purpose: &[u8], secret: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose);
        context.update(&[0]);
        context.update(secret);
        BASE64_URL_SAFE_NO_PAD.encode(context.sign())
    }
}

impl std::fmt::Debug for CsrfKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CsrfKey(redacted)")
    }
}

/// What the extractors of a site need; [`crate::site()`] puts it on every request.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) key: CsrfKey,
    pub(crate) cookie: CookieKind,
}

impl Guard {
    /// Without a session cookie that could be one, the cookie before sign-in counts.
    pub(crate) fn expected(&self, headers: &HeaderMap) -> Option<String> {
        let session = self.cookie.session_of(headers).and_then(|value| SessionId::parse(&value));
        match session {
            Some(session) => Some(self.key.session_token(&session)),
            None => self.cookie.pre_session_of(headers).map(|value| self.key.pre_session_token(&value)),
        }
    }
}

/// A form, read after its token was found right. Whether the session itself is alive is the session
/// extractor's question.
#[derive(Clone, Copy, Debug)]
pub struct CsrfForm<T>(pub T);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

/// Whether a form's token is the one that its page was given.
pub(crate) fn is_right(expected: Option<&str>, token: &str) -> bool {
    let right = expected.is_some_and(|expected| expected.as_bytes().ct_eq(token.as_bytes()).into());
    if !right {
        tracing::warn!("refused a form with a missing or wrong token");
    }
    right
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for CsrfForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let refuse = |failure: Failure| failure.into_response();
        let guard = request.extensions().get::<Guard>().cloned();
        let guard = guard.ok_or_else(|| refuse(Failure::internal("a form is read outside of a site")))?;
        let expected = guard.expected(request.headers());
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        if !is_form {
            return Err(refuse(Failure::BadForm));
        }
        // a site that takes files takes no larger forms for that
        let body = request.into_body();
        let body = tokio::time::timeout(Duration::from_secs(BODY_READ_S), to_bytes(body, FORM_BYTES_MAX));
        let body = match body.await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => return Err(unread(&error).into_response()),
            Err(_) => return Err(StatusCode::REQUEST_TIMEOUT.into_response()),
        };
        // a field given twice is refused here, so nobody can hide a second token behind the first
        let token: Token = serde_urlencoded::from_bytes(&body).map_err(|_| refuse(Failure::BadForm))?;
        if !is_right(expected.as_deref(), &token.csrf) {
            return Err(refuse(Failure::StaleForm));
        }
        serde_urlencoded::from_bytes(&body).map(Self).map_err(|error| {
            tracing::warn!(%error, "refused a form that does not fit its page");
            refuse(Failure::BadForm)
        })
    }
}

/// What a body that did not come whole is answered: too large, or cut.
fn unread(error: &axum::Error) -> StatusCode {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        cause = error.source();
    }
    StatusCode::BAD_REQUEST
}

/// The token for forms that are shown before sign-in, or where no session exists at all. The page is answered
/// through [`PreSession::attach`], which sets the cookie when the browser has none.
#[derive(Clone, Debug)]
pub struct PreSession {
    token: String,
    fresh: Option<(CookieKind, String)>,
}

impl PreSession {
    /// The value of the hidden field.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The page, with the cookie that belongs to its token.
    pub fn attach(&self, page: impl IntoResponse) -> Response {
        let mut response = page.into_response();
        if let Some((kind, value)) = &self.fresh {
            response.headers_mut().append(header::SET_COOKIE, kind.set_pre_session(value));
        }
        response
    }
}

impl<S: Sync> FromRequestParts<S> for PreSession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let Some(guard) = parts.extensions.get::<Guard>() else {
            return Err(Failure::internal("a form is shown outside of a site").into_response());
        };
        if let Some(value) = guard.cookie.pre_session_of(&parts.headers).filter(|value| !value.is_empty()) {
            return Ok(Self { token: guard.key.pre_session_token(&value), fresh: None });
        }
        let value = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        let token = guard.key.pre_session_token(&value);
        Ok(Self { token, fresh: Some((guard.cookie, value)) })
    }
}

/// The kind of cookies of the site that a request reached.
impl<S: Sync> FromRequestParts<S> for CookieKind {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let guard = parts.extensions.get::<Guard>();
        guard
            .map(|guard| guard.cookie)
            .ok_or_else(|| Failure::internal("a cookie is asked for outside of a site").into_response())
    }
}

/// The key of the site that a request reached, to make the token of a session.
impl<S: Sync> FromRequestParts<S> for CsrfKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // without a site the key is drawn anew, so no token made with it is ever accepted
        let drawn = || Self::new(&random::bytes::<32>());
        Ok(parts.extensions.get::<Guard>().map_or_else(drawn, |guard| guard.key.clone()))
    }
}
