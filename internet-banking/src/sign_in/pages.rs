//! `/sign-in` and `/sign-out`.

use std::convert::Infallible;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use edge::session::Loaded;
use edge::{
    ClientCertificate, CookieKind, CsrfForm, Errors, Failure, Frame, ListenerPort, Peer, PreSession,
    SessionId, SessionStore, render,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use gateway::link::Arrival;

use super::closed::{self, closed};
use super::ended::EndedFor;
use super::gate::Refusal;
use super::signed_in::SignedIn;
use crate::certificates::SignInBox;
use crate::help::Code;
use crate::links::{HandOffLink, Link};
use crate::payeasy::linked::{self, BrowserId};
use crate::{Bank, frame};

/// When to come back, where too many sign in at the same time.
pub const RETRY_AFTER_S: u32 = 10;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Root.path(), get(|| async { Redirect::to(Link::Home.path()) }))
        .route(Link::SignIn.path(), get(show).post(sign_in))
        .route(Link::SignOut.path(), post(sign_out))
        .route(Link::SessionExtend.path(), post(extend))
}

#[derive(Template)]
#[template(path = "sign_in/sign-in.html")]
struct Page<'a> {
    frame: Frame,
    csrf: &'a str,
    login_id: &'a str,
    errors: Errors,
    /// The hand-off that the payer came with; empty where there is none.
    link: &'a str,
    /// What is said of certificates, at a door that asks for them.
    certificate: Option<SignInBox>,
    /// Where such a door is, elsewhere; empty where there is none.
    door: String,
    /// Why login ID and password, which belong together, open nothing.
    trouble: Option<Trouble>,
}

/// What a sign-in page knows of the connection.
#[derive(Debug)]
struct Entrance {
    port: ListenerPort,
    certificate: ClientCertificate,
}

impl<S: Sync> FromRequestParts<S> for Entrance {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let port = ListenerPort::from_request_parts(parts, state).await?;
        let certificate = ClientCertificate::from_request_parts(parts, state).await?;
        Ok(Self { port, certificate })
    }
}

/// The part of an address that takes a hand-off along.
fn query(link: &str) -> String {
    if link.is_empty() { String::new() } else { format!("?link={link}") }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    ended: String,
    #[serde(default)]
    link: String,
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    login_id: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    link: String,
}

/// A form whose button is all it says.
#[derive(Deserialize)]
struct Nothing {}

async fn show(
    State(bank): State<Bank>,
    Query(asked): Query<Asked>,
    cookie: CookieKind,
    pre: PreSession,
    browser: BrowserId,
    entrance: Entrance,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let carried = linked::carried(&bank, &asked.link, &browser).await?;
    let had = cookie.session_of(&headers);
    let notice = match asked.ended.as_str() {
        "expired" if carried.is_some() => {
            Some("しばらく操作がなかったため、安全のためログアウトしました。最後の操作は受け付けていません。")
        }
        "expired" => Some(
            "しばらく操作がなかったため、安全のためログアウトしました。最後の操作は受け付けていません。\
                 もう一度ログインし、払込や振込の途中だった場合は取引状況をお確かめください。",
        ),
        "lost" => Some(
            "ログインの状態を確認できないため、最後の操作は受け付けていません。もう一度ログインしてください。\
             入力の途中の振込・振替は、「振込・振替」の画面から続けられます。",
        ),
        "closed" => Some("ご利用時間が終わったため、ログアウトしました。最後の操作は受け付けていません。"),
        "elsewhere" => Some(
            "同じログインIDで別の画面からログインがあったため、この画面の利用を終了しました。\
             お心当たりがない場合は、すぐにお取引店へご連絡ください。",
        ),
        "signed-out" => Some("ログアウトしました。"),
        _ => None,
    };
    let loaded = match had.as_deref().and_then(SessionId::parse) {
        Some(id) => bank.sign_ins.sessions().load(id.key(), bank.clock.now()).await?,
        None => Loaded::Unknown,
    };
    let may_go_on = match &loaded {
        Loaded::Live(session) => bank.sign_ins.may_use(session, &entrance.certificate).await?,
        _ => false,
    };
    let ended = match &loaded {
        Loaded::Revoked(why) => Some(EndedFor::of(why)),
        Loaded::Live(_) if !may_go_on => Some(EndedFor::NotShown),
        _ => None,
    };
    let notice = notice.or(ended.map(EndedFor::label));
    if let Some(opens) = closed(&bank, bank.clock.now()).await? {
        return closed::page(&bank, opens, notice.map(str::to_owned), carried.as_ref()).await;
    }
    if may_go_on {
        return Ok(Redirect::to(&next(carried.as_ref())).into_response());
    }
    let parts = [notice.map(str::to_owned), carried.as_ref().map(|one| linked::notice(&bank, one))];
    let notice: String = parts.into_iter().flatten().collect();
    let frame = Frame { notice: Some(notice).filter(|words| !words.is_empty()), ..outside() };
    let link = carried.as_ref().map_or("", |one| one.id.as_str());
    let certificate = SignInBox::of(&bank, entrance.port, &entrance.certificate, &query(link)).await?;
    let door = door(&bank, certificate.as_ref(), link);
    let (errors, trouble) = (Errors::none(), None);
    let page = Page { frame, csrf: pre.token(), login_id: "", errors, link, certificate, door, trouble };
    let mut response = pre.attach(render(&page)?);
    if had.is_some() {
        // a dead session's cookie would be taken for the form's
        response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    }
    Ok(response)
}

async fn sign_in(
    State(bank): State<Bank>,
    cookie: CookieKind,
    peer: Peer,
    pre: PreSession,
    browser: BrowserId,
    entrance: Entrance,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<Response, Failure> {
    if let Some(opens) = closed(&bank, bank.clock.now()).await? {
        let carried = linked::carried(&bank, &form.link, &browser).await?;
        return closed::page(&bank, opens, None, carried.as_ref()).await;
    }
    let errors = missing(&form);
    if !errors.is_empty() {
        let said = Said { status: StatusCode::UNPROCESSABLE_ENTITY, errors, trouble: None };
        return again(&bank, &pre, &form, &entrance, said).await;
    }
    match bank.sign_ins.sign_in(&form.login_id, &form.password, &entrance.certificate, peer).await {
        Ok(session) => {
            let carried = linked::carried(&bank, &form.link, &browser).await?;
            let mut response = Redirect::to(&next(carried.as_ref())).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie.set_session(&session.cookie_value()));
            Ok(response)
        }
        Err(refusal) => {
            if let Some(trouble) = Trouble::of(&refusal) {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let said = Said { status, errors: Errors::none(), trouble: Some(trouble) };
                return again(&bank, &pre, &form, &entrance, said).await;
            }
            let busy = matches!(refusal, Refusal::Busy);
            let (status, words) = words(refusal)?;
            let said = Said { status, errors: Errors::one("login_id", words), trouble: None };
            let mut response = again(&bank, &pre, &form, &entrance, said).await?;
            if busy {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
            }
            Ok(response)
        }
    }
}

async fn sign_out(
    State(bank): State<Bank>,
    cookie: CookieKind,
    headers: HeaderMap,
    _: CsrfForm<Nothing>,
) -> Result<Response, Failure> {
    if let Some(id) = cookie.session_of(&headers).and_then(|value| SessionId::parse(&value)) {
        bank.sign_ins.sign_out(&id, bank.clock.now()).await?;
    }
    let mut response = Redirect::to(Link::SignInSignedOut.path()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    // whoever sits here next has not brought what this person left
    response.headers_mut().append(header::SET_COOKIE, BrowserId::forget(cookie));
    Ok(response)
}

/// The person goes on: that the session was asked for has recorded its use.
async fn extend(_: SignedIn, _: CsrfForm<Nothing>) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Where a sign-in leads: to the hand-off that this browser brought, or home. Never to an address that came along.
fn next(carried: Option<&Arrival>) -> String {
    carried.map_or_else(|| Link::Home.path().to_owned(), |one| HandOffLink(one.id.clone()).to_string())
}

fn missing(form: &Form) -> Errors {
    let mut errors = Errors::none();
    if form.login_id.trim().is_empty() {
        errors.add("login_id", "ログインIDを入力してください。");
    }
    if form.password.is_empty() {
        errors.add("password", "ログインパスワードを入力してください。");
    }
    errors
}

/// What is told to whoever has the password, with its code.
struct Trouble {
    code: Code,
    /// The word for it in the page.
    state: &'static str,
}

impl Trouble {
    const fn of(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::Certificate(trouble) => Some(Self { code: trouble.code(), state: trouble.word() }),
            Refusal::TemporaryOver => {
                Some(Self { code: Code::TemporaryPasswordOver, state: "temporary-over" })
            }
            _ => None,
        }
    }
}

/// What is wrong with a form.
struct Said {
    status: StatusCode,
    errors: Errors,
    trouble: Option<Trouble>,
}

/// The form again. The password has to be typed anew.
async fn again(
    bank: &Bank,
    pre: &PreSession,
    form: &Form,
    entrance: &Entrance,
    said: Said,
) -> Result<Response, Failure> {
    let frame = Frame { has_errors: true, ..outside() };
    let certificate = SignInBox::of(bank, entrance.port, &entrance.certificate, &query(&form.link)).await?;
    let page = Page {
        frame,
        csrf: pre.token(),
        login_id: form.login_id.trim(),
        errors: said.errors,
        link: &form.link,
        door: door(bank, certificate.as_ref(), &form.link),
        certificate,
        trouble: said.trouble,
    };
    Ok(pre.attach((said.status, render(&page)?)))
}

/// Where certificates are asked for, where it is not here.
fn door(bank: &Bank, certificate: Option<&SignInBox>, link: &str) -> String {
    match (certificate, bank.doors.first()) {
        (None, Some(door)) => format!("{door}{}{}", Link::SignIn, query(link)),
        _ => String::new(),
    }
}

/// The page itself says what the footer says elsewhere.
fn outside() -> Frame {
    Frame { footer_text: "", ..frame::public() }
}

/// The same words whether the login ID exists or not.
fn words(refusal: Refusal) -> Result<(StatusCode, &'static str), Failure> {
    Ok(match refusal {
        Refusal::Wrong => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ログインIDまたはログインパスワードが違います。大文字と小文字は区別します。\
             失敗が続くと、ログインを30分間、一時停止します。\
             パスワードをお忘れのときは、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。",
        ),
        Refusal::WrongAndBlocked => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ログインIDまたはログインパスワードが違います。失敗が続いたため、ログインを30分間、一時停止しました。\
             30分たつと自動で再開します。停止の解除のお手続きは要りません。",
        ),
        Refusal::WrongAndLocked => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ログインIDまたはログインパスワードが違います。失敗が続いたため、このログインIDのご利用を停止しました。\
             時間がたっても再開しません。停止の解除は、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。",
        ),
        Refusal::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "ただいまログインが混み合っているため、パスワードを確かめられませんでした。\
             失敗の回数には数えていません。少し待ってから、もう一度ログインしてください。",
        ),
        Refusal::Blocked => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、ログインを一時停止しています。30分ほどたつと自動で再開します。それから、もう一度お試しください。\
             パスワードをお忘れのときは、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。",
        ),
        Refusal::Locked => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、このログインIDのご利用を停止しています。時間がたっても再開しません。\
             停止の解除は、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。",
        ),
        // told before
        Refusal::Certificate(trouble) => (StatusCode::UNPROCESSABLE_ENTITY, trouble.code().entry().happened),
        Refusal::TemporaryOver => {
            (StatusCode::UNPROCESSABLE_ENTITY, Code::TemporaryPasswordOver.entry().happened)
        }
        Refusal::Database(error) => return Err(error.into()),
        Refusal::Store(error) => return Err(error.into()),
        Refusal::Password(error) => return Err(error.into()),
        Refusal::Token(error) => return Err(error.into()),
        Refusal::Audit(error) => return Err(error.into()),
        Refusal::Sessions(error) => return Err(error.into()),
    })
}
