//! Who asks for a page: the extractor of every page behind sign-in.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use edge::session::Loaded;
use edge::{ClientCertificate, CookieKind, CsrfKey, Failure, SessionId, SessionStore};
use http::request::Parts;

use super::session::Session;
use crate::Bank;
use crate::contracts::{Contract, ContractState, LastSignIn, User};
use crate::links::Link;

/// A user with a live session. Without one the request is led to the sign-in page.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The user, with rights as they are now.
    pub user: User,
    /// The user's contract.
    pub contract: Contract,
    /// Token for the forms of the page.
    pub csrf: String,
    /// The sign-in before this session's.
    pub last_sign_in: Option<LastSignIn>,
}

impl FromRequestParts<Bank> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Response> {
        let cookie = CookieKind::from_request_parts(parts, bank).await?;
        let csrf = CsrfKey::from_request_parts(parts, bank).await.unwrap_or_else(|never| match never {});
        let sign_in = |link: Link| Redirect::to(link.path()).into_response();
        let id = cookie.session_of(&parts.headers).and_then(|value| SessionId::parse(&value));
        let Some(id) = id else { return Err(sign_in(Link::SignIn)) };
        let loaded = bank.sign_ins.sessions().load(id.key(), bank.clock.now()).await.map_err(failed)?;
        let session = match loaded {
            Loaded::Live(session) => session,
            Loaded::Unknown => return Err(sign_in(Link::SignIn)),
            Loaded::Replaced => return Err(sign_in(Link::SignInReplaced)),
            Loaded::Expired => return Err(sign_in(Link::SignInExpired)),
        };
        let shown =
            ClientCertificate::from_request_parts(parts, bank).await.unwrap_or_else(|never| match never {});
        if !bank.sign_ins.may_use(&session, &shown).await.map_err(failed)? {
            return Err(sign_in(Link::SignIn));
        }
        let user = bank.contracts.signed_in(session.person).await.map_err(failed)?;
        let Some(user) = user else { return Err(sign_in(Link::SignIn)) };
        let contract = bank.contracts.contract(user.contract).await.map_err(failed)?;
        let contract = contract.filter(|contract| contract.state == ContractState::Active);
        let Some(contract) = contract else { return Err(sign_in(Link::SignIn)) };
        Ok(Self { csrf: csrf.session_token(&id), last_sign_in: session.previous, session, user, contract })
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Response {
    Failure::from(error).into_response()
}
