//! `/sign-in` and `/sign-out` of the console.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use edge::session::Loaded;
use edge::{CookieKind, CsrfForm, Errors, Failure, Frame, Peer, PreSession, SessionId, render};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use internet_banking::secrets::secret_field;
use internet_banking::sign_in::{RETRY_AFTER_S, Refusal, Touch};
use secrecy::SecretString;
use serde::Deserialize;

use super::start;
use crate::links::ConsoleLink;
use crate::{Console, frame};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Root.path(), get(|| async { Redirect::to(ConsoleLink::Home.path()) }))
        .route(ConsoleLink::SignIn.path(), get(show).post(sign_in))
        .route(ConsoleLink::SignOut.path(), post(sign_out))
        .route(ConsoleLink::Start.path(), get(start::show).post(start::begin))
}

#[derive(Template)]
#[template(path = "sign_in/sign-in.html")]
struct Page<'a> {
    frame: Frame,
    csrf: &'a str,
    login_id: &'a str,
    errors: Errors,
}

#[derive(Deserialize)]
struct Ended {
    #[serde(default)]
    ended: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    login_id: String,
    password: String,
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// A form whose button is all it says.
#[derive(Deserialize)]
struct Nothing {}

async fn show(
    State(console): State<Console>,
    Query(ended): Query<Ended>,
    cookie: CookieKind,
    pre: PreSession,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let had = cookie.session_of(&headers);
    if let Some(id) = had.as_deref().and_then(SessionId::parse) {
        let now = console.clock.now();
        let loaded = console.sign_ins.sessions().look_up(id.key(), Touch::Yes, now).await?;
        if matches!(loaded, Loaded::Live(_)) {
            return Ok(Redirect::to(ConsoleLink::Home.path()).into_response());
        }
    }
    let notice = match ended.ended.as_str() {
        "expired" => {
            Some("しばらく操作がなかったため、安全のためログアウトしました。もう一度ログインしてください。")
        }
        "elsewhere" => Some(
            "同じ職員IDで別の画面からログインがあったため、この画面の利用を終了しました。\
             心当たりがない場合は、すぐにシステム管理者へ連絡してください。",
        ),
        "signed-out" => Some("ログアウトしました。"),
        "begun" => {
            Some("パスワードを決めました。次のワンタイムパスワードが表示されてから、ログインしてください。")
        }
        _ => None,
    };
    let frame = Frame { notice: notice.map(str::to_owned), ..frame::public() };
    let page = Page { frame, csrf: pre.token(), login_id: "", errors: Errors::none() };
    let mut response = pre.attach(render(&page)?);
    if had.is_some() {
        // a dead session's cookie would be taken for the form's
        response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    }
    Ok(response)
}

async fn sign_in(
    State(console): State<Console>,
    cookie: CookieKind,
    peer: Peer,
    pre: PreSession,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<Response, Failure> {
    let errors = missing(&form);
    if !errors.is_empty() {
        return again(&pre, &form, StatusCode::UNPROCESSABLE_ENTITY, errors);
    }
    let entered =
        console.sign_ins.sign_in(&form.login_id, &form.password, &form.one_time_password, peer).await;
    match entered {
        Ok(session) => {
            let mut response = Redirect::to(ConsoleLink::Home.path()).into_response();
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
    State(console): State<Console>,
    cookie: CookieKind,
    headers: HeaderMap,
    _: CsrfForm<Nothing>,
) -> Result<Response, Failure> {
    if let Some(id) = cookie.session_of(&headers).and_then(|value| SessionId::parse(&value)) {
        console.sign_ins.sign_out(&id, console.clock.now()).await?;
    }
    let mut response = Redirect::to(ConsoleLink::SignInSignedOut.path()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    Ok(response)
}

fn missing(form: &Form) -> Errors {
    use secrecy::ExposeSecret as _;
    let mut errors = Errors::none();
    if form.login_id.trim().is_empty() {
        errors.add("login_id", "職員IDを入力してください。");
    }
    if form.password.is_empty() {
        errors.add("password", "パスワードを入力してください。");
    }
    if form.one_time_password.expose_secret().trim().is_empty() {
        errors.add("one_time_password", "ワンタイムパスワードを入力してください。");
    }
    errors
}

/// The form again. The secrets have to be typed anew.
fn again(pre: &PreSession, form: &Form, status: StatusCode, errors: Errors) -> Result<Response, Failure> {
    let frame = Frame { has_errors: true, ..frame::public() };
    let page = Page { frame, csrf: pre.token(), login_id: form.login_id.trim(), errors };
    Ok(pre.attach((status, render(&page)?)))
}

/// The same words whether the ID exists or not, and whichever of the three was wrong.
fn words(refusal: Refusal) -> Result<(StatusCode, &'static str), Failure> {
    Ok(match refusal {
        Refusal::Wrong => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "職員ID、パスワード、ワンタイムパスワードのいずれかが違います。ワンタイムパスワードは一度しか使えません。\
             続けて5回違うと、30分間ログインできません。",
        ),
        Refusal::WrongAndBlocked => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "職員ID、パスワード、ワンタイムパスワードのいずれかが違います。続けて5回違ったため、30分間ログインできません。",
        ),
        Refusal::WrongAndLocked => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "職員ID、パスワード、ワンタイムパスワードのいずれかが違います。失敗が続いたため、この職員IDの利用を停止しました。\
             停止の解除は、システム管理者へ申し出てください。",
        ),
        Refusal::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "ただいまログインが混み合っているため、確かめられませんでした。失敗の回数には数えていません。\
             少し待ってから、もう一度ログインしてください。",
        ),
        Refusal::Blocked => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、ログインを一時停止しています。30分ほどたってから、もう一度お試しください。",
        ),
        Refusal::Locked => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、この職員IDまたはトークンの利用を停止しています。\
             停止の解除は、システム管理者へ申し出てください。",
        ),
        // of customers alone
        Refusal::Certificate(_) | Refusal::TemporaryOver => {
            return Err(Failure::internal("a member of staff was judged as a customer"));
        }
        Refusal::Store(error) => return Err(error.into()),
        Refusal::Database(error) => return Err(error.into()),
        Refusal::Password(error) => return Err(error.into()),
        Refusal::Token(error) => return Err(error.into()),
        Refusal::Sessions(error) => return Err(error.into()),
        Refusal::Audit(error) => return Err(error.into()),
    })
}
