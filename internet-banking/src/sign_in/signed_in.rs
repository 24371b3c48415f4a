//! Who asks for a page: the extractor of every page behind sign-in.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Timestamp;
use edge::session::Loaded;
use edge::{ClientCertificate, CookieKind, CsrfKey, Failure, SessionId, SessionStore};
use http::Method;
use http::request::Parts;
use ledger::GuardKey;

use super::session::{Session, SessionsError, Touch};
use crate::Bank;
use crate::contracts::{AccessVersion, Contract, ContractState, LastSignIn, StoreError, User};
use crate::hours;
use crate::links::{HandOffSignIn, Link};
use crate::payeasy::linked::{self, BrowserId};
use crate::stops;

/// A user with a live session. Without one the request is led to the sign-in page.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The user, with rights as they are now.
    pub user: User,
    /// The user's contract.
    pub contract: Contract,
    /// The version of who may do what in the contract, read before all of it.
    pub access: AccessVersion,
    /// Token for the forms of the page.
    pub csrf: String,
    /// Until when the person moves no money: a master whose certificate has taken the place of a lost one (SEC-05).
    pub cooling_off: Option<Timestamp>,
    /// The sign-in before this session's.
    pub last_sign_in: Option<LastSignIn>,
}

impl FromRequestParts<Bank> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Response> {
        Self::load(parts, bank, Touch::Yes).await
    }
}

/// A user whose page asks by itself whether there is something new: that does not keep the session alive.
#[derive(Clone, Debug)]
pub struct Watching(pub SignedIn);

impl FromRequestParts<Bank> for Watching {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Response> {
        SignedIn::load(parts, bank, Touch::No).await.map(Self)
    }
}

impl SignedIn {
    /// The bars that nobody may have taken when something is committed that this person does: the stops of the sign-in,
    /// and the next change of who may do what in the contract.
    pub fn barred_by(&self) -> Vec<GuardKey> {
        let mut bars = stops::against_sign_in(&self.contract);
        bars.push(self.access.bar());
        bars
    }

    /// The same person as everything is by now; nothing where the session has ended, or the person may not go on.
    pub async fn anew(&self, bank: &Bank) -> Result<Option<Self>, StoreError> {
        let access = AccessVersion::of(&bank.database, self.contract.id).await?;
        let now = bank.clock.now();
        match bank.sign_ins.sessions().look_up(self.session.key, Touch::No, now).await {
            Ok(Loaded::Live(_)) => {}
            Ok(_) | Err(SessionsError::NoUser) => return Ok(None),
            Err(SessionsError::Database(error)) => return Err(error.into()),
        }
        let user = bank.contracts.user(self.contract.id, self.user.id).await?;
        let contract = bank.contracts.contract(self.contract.id).await?;
        let contract = contract.filter(|contract| contract.state == ContractState::Active);
        let (Some(user), Some(contract)) = (user, contract) else { return Ok(None) };
        let cooling_off = bank.certificates.cooling_off(&user, &contract).await?;
        Ok(Some(Self { access, user, contract, cooling_off, ..self.clone() }))
    }

    async fn load(parts: &mut Parts, bank: &Bank, touch: Touch) -> Result<Self, Response> {
        let cookie = CookieKind::from_request_parts(parts, bank).await?;
        let csrf = CsrfKey::from_request_parts(parts, bank).await.unwrap_or_else(|never| match never {});
        let id = cookie.session_of(&parts.headers).and_then(|value| SessionId::parse(&value));
        let Some(id) = id else {
            // whoever sends a form was signed in: the page says that it was not taken
            let lost = parts.method == Method::POST;
            let sign_in = if lost { Link::SignInLost } else { Link::SignIn };
            return Err(led_to(sign_in, parts, bank).await);
        };
        let now = bank.clock.now();
        let loaded = bank.sign_ins.sessions().look_up(id.key(), touch, now).await.map_err(failed)?;
        let hours = hours::now_of(bank).await.map_err(failed)?;
        let session = match loaded {
            // whatever it signed in by: with the hours every session ends
            Loaded::Live(session)
                if hours.session_end(session.signed_in_at).is_some_and(|end| end <= bank.clock.now()) =>
            {
                bank.sign_ins.sessions().end(id.key(), bank.clock.now()).await.map_err(failed)?;
                return Err(led_to(Link::SignInClosed, parts, bank).await);
            }
            Loaded::Live(session) => session,
            // the sign-in page says why it was ended
            Loaded::Unknown | Loaded::Revoked(_) => return Err(led_to(Link::SignIn, parts, bank).await),
            Loaded::Replaced => return Err(led_to(Link::SignInReplaced, parts, bank).await),
            Loaded::Expired => return Err(led_to(Link::SignInExpired, parts, bank).await),
        };
        // before all that decides: who changes it meanwhile comes first
        let access = AccessVersion::of_user(&bank.database, session.person).await.map_err(failed)?;
        let shown =
            ClientCertificate::from_request_parts(parts, bank).await.unwrap_or_else(|never| match never {});
        if !bank.sign_ins.may_use(&session, &shown).await.map_err(failed)? {
            return Err(led_to(Link::SignIn, parts, bank).await);
        }
        let user = bank.contracts.signed_in(session.person).await.map_err(failed)?;
        let (Some(user), Some(access)) = (user, access) else {
            return Err(led_to(Link::SignIn, parts, bank).await);
        };
        let contract = bank.contracts.contract(user.contract).await.map_err(failed)?;
        let contract = contract.filter(|contract| contract.state == ContractState::Active);
        let Some(contract) = contract else { return Err(led_to(Link::SignIn, parts, bank).await) };
        let stop = bank.gateway.stop_of(contract.id, gateway::Service::SignIn).await.map_err(failed)?;
        if let Some(stop) = stop {
            let phone = stops::phone(bank).await.map_err(failed)?;
            let sent = parts.method == http::Method::POST;
            return Err(stops::stopped(&stop, &phone, sent, &csrf.session_token(&id)));
        }
        // a password that somebody else has set opens the page that replaces it, and no other
        if user.must_change && parts.uri.path() != Link::SecurityFirst.path() {
            return Err(Redirect::to(Link::SecurityFirst.path()).into_response());
        }
        let cooling_off = bank.certificates.cooling_off(&user, &contract).await.map_err(failed)?;
        Ok(Self {
            csrf: csrf.session_token(&id),
            access,
            cooling_off,
            last_sign_in: session.previous,
            session,
            user,
            contract,
        })
    }
}

/// Leads to the sign-in, and back from there to the hand-off that the page belongs to. What the browser did not bring
/// is not taken along.
async fn led_to(sign_in: Link, parts: &mut Parts, bank: &Bank) -> Response {
    let browser = match BrowserId::from_request_parts(parts, bank).await {
        Ok(browser) => browser,
        Err(response) => return response,
    };
    match linked::of_page(bank, parts.uri.path(), &browser).await {
        Ok(Some(arrival)) => {
            Redirect::to(&HandOffSignIn { sign_in, hand_off: arrival.id }.to_string()).into_response()
        }
        Ok(None) => Redirect::to(sign_in.path()).into_response(),
        Err(error) => failed(error),
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Response {
    Failure::from(error).into_response()
}
