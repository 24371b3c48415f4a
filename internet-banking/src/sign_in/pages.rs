//! `/sign-in` and `/sign-out`.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use edge::session::Loaded;
use edge::{CookieKind, CsrfForm, Errors, Failure, Frame, Peer, PreSession, SessionId, SessionStore, render};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use gateway::link::Arrival;

use super::gate::Refusal;
use crate::links::{HandOffLink, Link};
use crate::payeasy::linked::{self, BrowserId};
use crate::{Bank, frame};

/// When to come back, where too many sign in at the same time.
pub(crate) const RETRY_AFTER_S: u32 = 10;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Root.path(), get(|| async { Redirect::to(Link::Home.path()) }))
        .route(Link::SignIn.path(), get(show).post(sign_in))
        .route(Link::SignOut.path(), post(sign_out))
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
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let carried = linked::carried(&bank, &asked.link, &browser).await?;
    let had = cookie.session_of(&headers);
    if let Some(id) = had.as_deref().and_then(SessionId::parse) {
        let loaded = bank.sign_ins.sessions().load(id.key(), bank.clock.now()).await?;
        if matches!(loaded, Loaded::Live(_)) {
            return Ok(Redirect::to(&next(carried.as_ref())).into_response());
        }
    }
    let notice = match asked.ended.as_str() {
        "expired" => Some(
            "しばらく操作がなかったため、安全のためログアウトしました。最後の操作は受け付けていません。\
                 もう一度ログインし、払込の途中だった場合は払込履歴をお確かめください。",
        ),
        "elsewhere" => Some(
            "同じログインIDで別の画面からログインがあったため、この画面の利用を終了しました。\
             お心当たりがない場合は、すぐにお取引店へご連絡ください。",
        ),
        "signed-out" => Some("ログアウトしました。"),
        _ => None,
    };
    let notice = notice.map(str::to_owned).or_else(|| carried.as_ref().map(|one| linked::notice(&bank, one)));
    let frame = Frame { notice, ..entrance() };
    let link = carried.as_ref().map_or("", |one| one.id.as_str());
    let page = Page { frame, csrf: pre.token(), login_id: "", errors: Errors::none(), link };
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
    CsrfForm(form): CsrfForm<Form>,
) -> Result<Response, Failure> {
    let errors = missing(&form);
    if !errors.is_empty() {
        return again(&pre, &form, StatusCode::UNPROCESSABLE_ENTITY, errors);
    }
    match bank.sign_ins.by_password(&form.login_id, &form.password, peer).await {
        Ok(session) => {
            let carried = linked::carried(&bank, &form.link, &browser).await?;
            let mut response = Redirect::to(&next(carried.as_ref())).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie.set_session(&session.cookie_value()));
            Ok(response)
        }
        Err(refusal) => {
            let busy = matches!(refusal, Refusal::Busy);
            let (status, words) = words(refusal)?;
            let mut response = again(&pre, &form, status, Errors::one("login_id", words))?;
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
        bank.sign_ins.sessions().end(id.key(), bank.clock.now()).await?;
    }
    let mut response = Redirect::to(Link::SignInSignedOut.path()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    // whoever sits here next has not brought what this person left
    response.headers_mut().append(header::SET_COOKIE, BrowserId::forget(cookie));
    Ok(response)
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

/// The form again. The password has to be typed anew.
fn again(pre: &PreSession, form: &Form, status: StatusCode, errors: Errors) -> Result<Response, Failure> {
    let frame = Frame { has_errors: true, ..entrance() };
    let page = Page { frame, csrf: pre.token(), login_id: form.login_id.trim(), errors, link: &form.link };
    Ok(pre.attach((status, render(&page)?)))
}

/// The page itself says what the footer says elsewhere.
fn entrance() -> Frame {
    Frame { footer_text: "", ..frame::public() }
}

/// The same words whether the login ID exists or not.
fn words(refusal: Refusal) -> Result<(StatusCode, &'static str), Failure> {
    Ok(match refusal {
        Refusal::Wrong => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ログインIDまたはログインパスワードが違います。続けて5回違うと、ログインできなくなります。",
        ),
        Refusal::WrongAndBlocked => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ログインIDまたはログインパスワードが違います。続けて5回違ったため、30分間ログインできません。",
        ),
        Refusal::WrongAndLocked => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ログインIDまたはログインパスワードが違います。失敗が続いたため、このログインIDのご利用を停止しました。\
             停止の解除は、お取引店の窓口へお申し出ください。",
        ),
        Refusal::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "ただいまログインが混み合っているため、パスワードを確かめられませんでした。\
             失敗の回数には数えていません。少し待ってから、もう一度ログインしてください。",
        ),
        Refusal::Blocked => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、ログインを一時停止しています。30分ほどたってから、もう一度お試しください。",
        ),
        Refusal::Locked => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、このログインIDのご利用を停止しています。\
             停止の解除は、お取引店の窓口へお申し出ください。",
        ),
        Refusal::Database(error) => return Err(error.into()),
        Refusal::Password(error) => return Err(error.into()),
        Refusal::Token(error) => return Err(error.into()),
        Refusal::Audit(error) => return Err(error.into()),
        Refusal::Sessions(error) => return Err(error.into()),
    })
}
