//! `/emergency-stop`, and what a person meets who is stopped.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use domain::Yen;
use edge::{CookieKind, CsrfForm, Errors, Failure, Frame, Peer, PreSession, render};
use gateway::{Stop, StopScope};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use super::operation::{self, Stoppers};
use crate::activity::{self, Group, Item};
use crate::help::{Code, Entry, Money};
use crate::lasting::lasting;
use crate::links::{EmergencyStoppedLink, Link};
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
    errors: Errors,
    contract: &'a str,
    /// What is reserved, and what is under way, as far as the person may see it.
    taken: [Vec<Taken>; 2],
    /// Whether there is more of it than is shown.
    more: bool,
}

/// Something that the bank has taken and not finished.
struct Taken {
    link: String,
    words: String,
    amount: Yen,
}

#[derive(Template)]
#[template(path = "stops/done.html")]
struct DonePage<'a> {
    frame: Frame,
    phone: &'a str,
    /// When it was stopped, and the number of it for the telephone; nothing where the address names no open stop.
    stop: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "stops/stopped.html")]
struct StoppedPage<'a> {
    frame: Frame,
    phone: &'a str,
    code: Code,
    entry: Entry<Money>,
    /// When it was stopped.
    since: String,
    /// By which side, and under which number; empty where it is not about the contract alone.
    by: &'static str,
    number: String,
    /// Whether something was sent that was not taken; else a page was only looked at.
    sent: bool,
    csrf: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    login_id: String,
    #[serde(deserialize_with = "secret_field")]
    password: SecretString,
}

/// The form of whoever is signed in.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Pressed {
    sure: String,
}

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
        Ok(stop) => Ok(Redirect::to(&EmergencyStoppedLink(stop.id).to_string()).into_response()),
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

async fn confirm(State(bank): State<Bank>, by: SignedIn) -> Result<Response, Failure> {
    Ok(render(&confirmation(&bank, &by, Errors::none()).await?)?.into_response())
}

async fn confirmation<'a>(bank: &Bank, by: &'a SignedIn, errors: Errors) -> Result<ConfirmPage<'a>, Failure> {
    let taken = |item: Item| Taken {
        words: format!("{} {} {}", item.kind, item.title, item.note).trim_end().to_owned(),
        link: item.link,
        amount: item.amount,
    };
    let (reserved, more_reserved) = activity::standing(bank, by, Group::Reserved).await?;
    let (open, more_open) = activity::standing(bank, by, Group::Open).await?;
    Ok(ConfirmPage {
        frame: Frame { has_errors: !errors.is_empty(), ..frame::page(by, frame::Area::Home) },
        csrf: &by.csrf,
        errors,
        contract: &by.contract.name,
        taken: [reserved, open].map(|items| items.into_iter().map(taken).collect()),
        more: more_reserved || more_open,
    })
}

async fn stop_now(
    State(bank): State<Bank>,
    cookie: CookieKind,
    by: SignedIn,
    CsrfForm(form): CsrfForm<Pressed>,
) -> Result<Response, Failure> {
    if form.sure != "yes" {
        let errors =
            Errors::one("sure", "すべての利用者が使えなくなることを確かめ、チェックを付けてください。");
        let page = confirmation(&bank, &by, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response());
    }
    let stopped = operation::stop(&bank, by.user.id, &by.contract).await;
    let stop = stopped.map_err(|error| Failure::internal(error.to_string()))?;
    let mut response = Redirect::to(&EmergencyStoppedLink(stop.id).to_string()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie.clear_session());
    Ok(response)
}

/// Which stop the last page is of: an id that nobody guesses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Done {
    stop: String,
}

/// Nobody is signed in by now, so the page tells of the stop no more than its moment and its number.
async fn done(State(bank): State<Bank>, Query(of): Query<Done>) -> Result<Response, Failure> {
    let phone = phone(&bank).await?;
    let stop = match of.stop.parse::<Uuid>() {
        Ok(id) => bank.gateway.open_stop(id).await?.filter(|stop| stop.scope == StopScope::Contract),
        Err(_) => None,
    };
    let stop = stop.map(|stop| (frame::year_day_and_time(stop.at), stop.number()));
    Ok(render(&DonePage { frame: frame::public(), phone: &phone, stop })?.into_response())
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

/// The page in place of every other one of a person who is stopped; `sent` says whether a form was, and `csrf` signs
/// out.
pub(crate) fn stopped(stop: &Stop, phone: &str, sent: bool, csrf: &str) -> Response {
    let code = code(stop.scope);
    let by = match (stop.scope, stop.actor.starts_with("staff:")) {
        (StopScope::Contract, true) => "当行",
        (StopScope::Contract, false) => "お客さま",
        (StopScope::Plan | StopScope::Service, _) => "",
    };
    let page = StoppedPage {
        frame: Frame { has_errors: true, ..frame::public() },
        phone,
        code,
        entry: code.entry(),
        since: frame::year_day_and_time(stop.at),
        by,
        number: if by.is_empty() { String::new() } else { stop.number() },
        sent,
        csrf,
    };
    match render(&page) {
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
        let taken = || Taken { link: "/x".to_owned(), words: "<b>振替".to_owned(), amount: Yen::new(5) };
        for (errors, taken) in [
            (Errors::none(), [vec![taken()], vec![taken(), taken()]]),
            (Errors::one("sure", "<b>チェック"), [Vec::new(), Vec::new()]),
        ] {
            let frame = Frame { has_errors: !errors.is_empty(), ..frame::public() };
            let (more, contract) = (taken[1].len() > 1, "<b>見本商事");
            let confirm = ConfirmPage { frame, csrf: "t", errors, contract, taken, more };
            page_checks::all(&confirm.render().unwrap());
        }
        for stop in [None, Some(("2026年11月24日(火) 10:00".to_owned(), "261124-<b>".to_owned()))] {
            let page = DonePage { frame: frame::public(), phone: "0120-123-456", stop };
            page_checks::all(&page.render().unwrap());
        }
        for (code, by, sent) in [
            (Code::ContractStopped, "お客さま", true),
            (Code::ContractStopped, "当行", false),
            (Code::ServiceStopped, "", true),
        ] {
            let page = StoppedPage {
                frame: frame::public(),
                phone: "0120-123-456",
                code,
                entry: code.entry(),
                since: "2026年11月24日(火) 10:00".to_owned(),
                by,
                number: if by.is_empty() { String::new() } else { "261124-0A1B2C3D".to_owned() },
                sent,
                csrf: "t",
            };
            let html = page.render().unwrap();
            page_checks::all(&html);
            for words in
                [code.entry().happened, code.entry().remedy, by, "2026年11月24日(火) 10:00", "/sign-out"]
            {
                assert!(html.contains(words), "{words}");
            }
            assert_eq!(html.contains(code.entry().money.words()), sent, "nothing was going on");
        }
    }
}
