//! `/emergency-stop`, and what a person meets who is stopped.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use edge::{CookieKind, CsrfForm, Errors, Failure, Frame, Peer, PreSession, render};
use gateway::{Stop, StopScope};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::operation::{self, Stoppers};
use crate::help::{Code, Entry, Money};
use crate::lasting::lasting;
use crate::links::Link;
use crate::secrets::secret_field;
use crate::settings::EMERGENCY_PHONE;
use crate::sign_in::{RETRY_AFTER_S, Refusal, SignedIn, unless_signed_in};
use crate::{Bank, frame};

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::EmergencyStop.path(), get(show).post(stop))
        .route(Link::EmergencyStopNow.path(), get(confirm).post(stop_now))
        .route(Link::EmergencyStopped.path(), get(done))
}

#[derive(Template)]
#[template(path = "stops/stop.html")]
struct StopPage<'a> {
    frame: Frame,
    csrf: &'a str,
    errors: Errors,
    login_id: &'a str,
    phone: &'a str,
}

#[derive(Template)]
#[template(path = "stops/confirm.html")]
struct ConfirmPage<'a> {
    frame: Frame,
    csrf: &'a str,
    contract: &'a str,
}

#[derive(Template)]
#[template(path = "stops/done.html")]
struct DonePage<'a> {
    frame: Frame,
    phone: &'a str,
}

#[derive(Template)]
#[template(path = "stops/stopped.html")]
struct StoppedPage<'a> {
    frame: Frame,
    phone: &'a str,
    code: Code,
    entry: Entry<Money>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    login_id: String,
    #[serde(deserialize_with = "secret_field")]
    password: SecretString,
}

/// A form whose button is all it says.
#[derive(Deserialize)]
struct Pressed {}

async fn show(
    State(bank): State<Bank>,
    cookie: CookieKind,
    pre: PreSession,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let phone = phone(&bank).await?;
    let page = || entrance(&pre, ("", &phone), StatusCode::OK, Errors::none());
    unless_signed_in(&bank, cookie, &headers, Link::EmergencyStopNow, page).await
}

async fn stop(
    State(bank): State<Bank>,
    peer: Peer,
    pre: PreSession,
    CsrfForm(form): CsrfForm<Typed>,
) -> Result<Response, Failure> {
    let mut errors = Errors::none();
    if form.login_id.trim().is_empty() {
        errors.add("login_id", "ログインIDを入力してください。");
    }
    if form.password.expose_secret().is_empty() {
        errors.add("password", "ログインパスワードを入力してください。");
    }
    let phone = phone(&bank).await?;
    let shown = (form.login_id.as_str(), phone.as_str());
    if !errors.is_empty() {
        return entrance(&pre, shown, StatusCode::UNPROCESSABLE_ENTITY, errors);
    }
    let (own, login_id, password) = (bank.clone(), form.login_id.clone(), form.password.clone());
    // whoever hangs up meanwhile stops nothing of it
    let stopped = lasting(async move {
        let (gate, password) = (own.sign_ins.gate(), password.expose_secret());
        gate.sign_in(&Stoppers(&own), &login_id, password, &(), peer).await
    });
    match stopped.await {
        Ok(()) => Ok(Redirect::to(Link::EmergencyStopped.path()).into_response()),
        Err(refusal) => {
            let (status, words) = words(refusal)?;
            let mut response = entrance(&pre, shown, status, Errors::one("login_id", words))?;
            if status == StatusCode::TOO_MANY_REQUESTS {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
            }
            Ok(response)
        }
    }
}

async fn confirm(by: SignedIn) -> Result<Response, Failure> {
    let page = ConfirmPage {
        frame: frame::page(&by, frame::Area::Home),
        csrf: &by.csrf,
        contract: &by.contract.name,
    };
    Ok(render(&page)?.into_response())
}

async fn stop_now(
    State(bank): State<Bank>,
    cookie: CookieKind,
    by: SignedIn,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Result<Response, Failure> {
    let stopped = operation::stop(&bank, by.user.id, &by.contract).await;
    stopped.map_err(|error| Failure::internal(error.to_string()))?;
    let mut response = Redirect::to(Link::EmergencyStopped.path()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    Ok(response)
}

async fn done(State(bank): State<Bank>) -> Result<Response, Failure> {
    let phone = phone(&bank).await?;
    Ok(render(&DonePage { frame: frame::public(), phone: &phone })?.into_response())
}

/// Whom to call today.
pub(crate) async fn phone(bank: &Bank) -> Result<String, sqlx::Error> {
    let kept = EMERGENCY_PHONE.on(&bank.database, bank.clock.now().date()).await?;
    Ok(EMERGENCY_PHONE.shown(&kept))
}

fn entrance(
    pre: &PreSession,
    (login_id, phone): (&str, &str),
    status: StatusCode,
    errors: Errors,
) -> Result<Response, Failure> {
    let frame = Frame { has_errors: !errors.is_empty(), ..frame::public() };
    let page = StopPage { frame, csrf: pre.token(), errors, login_id: login_id.trim(), phone };
    Ok(pre.attach((status, render(&page)?)))
}

/// The code that tells a stop, whose page says whom to call.
pub(crate) const fn code(scope: StopScope) -> Code {
    match scope {
        StopScope::Contract => Code::ContractStopped,
        StopScope::Plan | StopScope::Service => Code::ServiceStopped,
    }
}

/// The page in place of every other one of a person who is stopped.
pub(crate) fn stopped(stop: &Stop, phone: &str) -> Response {
    let code = code(stop.scope);
    let frame = Frame { has_errors: true, ..frame::public() };
    match render(&StoppedPage { frame, phone, code, entry: code.entry() }) {
        Ok(html) => (StatusCode::FORBIDDEN, html).into_response(),
        Err(failure) => failure.into_response(),
    }
}

/// The same words whether the login ID exists or not.
fn words(refusal: Refusal) -> Result<(StatusCode, &'static str), Failure> {
    Ok(match refusal {
        Refusal::Wrong | Refusal::WrongAndBlocked | Refusal::WrongAndLocked => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ログインIDまたはログインパスワードが違います。まだ停止していません。お急ぎのときは、すぐにお取引店へお電話ください。",
        ),
        Refusal::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "ただいま混み合っています。まだ停止していません。少し待ってもう一度押すか、すぐにお取引店へお電話ください。",
        ),
        Refusal::Blocked | Refusal::Locked => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、このログインIDでは停止できません。まだ停止していません。すぐにお取引店へお電話ください。",
        ),
        other => return Err(Failure::internal(other.to_string())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_checks;

    #[test]
    fn every_page_keeps_what_every_page_must_keep() {
        for errors in [Errors::none(), Errors::one("login_id", "<b>違います。")] {
            let (frame, phone) = (frame::public(), "0120-123-456");
            let page = StopPage { frame, csrf: "t", errors, login_id: "\"><script>", phone };
            let html = page.render().unwrap();
            page_checks::all(&html);
            assert!(html.contains(phone), "who cannot sign in can call");
        }
        let confirm = ConfirmPage { frame: frame::public(), csrf: "t", contract: "<b>見本商事" };
        page_checks::all(&confirm.render().unwrap());
        page_checks::all(&DonePage { frame: frame::public(), phone: "0120-123-456" }.render().unwrap());
        for code in [Code::ContractStopped, Code::ServiceStopped] {
            let (frame, phone) = (frame::public(), "0120-123-456");
            let html = StoppedPage { frame, phone, code, entry: code.entry() }.render().unwrap();
            page_checks::all(&html);
            for words in [code.entry().happened, code.entry().money.words(), code.entry().remedy] {
                assert!(html.contains(words), "{words}");
            }
        }
    }
}
