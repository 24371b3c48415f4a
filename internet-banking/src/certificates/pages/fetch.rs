//! `/certificate/fetch`: getting a certificate without being signed in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use edge::{CsrfForm, Errors, Failure, Frame, Peer, PreSession, render};
use http::{HeaderValue, StatusCode, header};
use secrecy::SecretString;
use serde::Deserialize;

use super::{Way, deliver};
use crate::answer::{Answer, Stop};
use crate::certificates::ask::{self, AskError, SecondProof};
use crate::certificates::words::Wrong;
use crate::help::Code;
use crate::links::Link;
use crate::secrets::secret_field;
use crate::sign_in::{InHours, PasswordError, RETRY_AFTER_S, Refusal};
use crate::{Bank, frame};
use axum::response::IntoResponse as _;

/// The page.
#[derive(Template)]
#[template(path = "certificates/fetch.html")]
pub(super) struct FetchPage<'a> {
    pub frame: Frame,
    pub csrf: &'a str,
    pub login_id: &'a str,
    pub request: bool,
    pub wrong: Option<Wrong>,
    pub errors: Errors,
}

/// What is typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    login_id: String,
    password: String,
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    confirmation_password: SecretString,
    way: Way,
    #[serde(deserialize_with = "secret_field")]
    request: SecretString,
}

/// `GET /certificate/fetch`
pub(super) async fn show(_: InHours, pre: PreSession) -> Result<Response, Failure> {
    let page = FetchPage {
        frame: frame::public(),
        csrf: pre.token(),
        login_id: "",
        request: false,
        wrong: None,
        errors: Errors::none(),
    };
    Ok(pre.attach(render(&page)?))
}

/// `POST /certificate/fetch`
pub(super) async fn submit(
    State(bank): State<Bank>,
    _: InHours,
    peer: Peer,
    pre: PreSession,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    let mut missing = Errors::none();
    if form.login_id.trim().is_empty() {
        missing.add("login_id", "ログインIDを入力してください。");
    }
    if form.password.is_empty() {
        missing.add("password", "ログインパスワードを入力してください。");
    }
    if !missing.is_empty() {
        let wrong = Wrong { code: Code::CertificateProofWrong, errors: missing };
        return again(&pre, &form, StatusCode::UNPROCESSABLE_ENTITY, wrong);
    }
    let proof = SecondProof {
        one_time_password: form.one_time_password.clone(),
        confirmation_password: form.confirmation_password.clone(),
    };
    let source = form.way.source(form.request.clone());
    match ask::ask(&bank, &form.login_id, &form.password, &proof, &source, peer).await {
        Ok((user, issued)) => {
            let door = bank.doors.first().map(|door| format!("{door}{}", Link::SignIn)).unwrap_or_default();
            deliver::deliver(frame::public(), &user, &issued, false, door)
        }
        Err(AskError::Issue(error)) => {
            again(&pre, &form, StatusCode::UNPROCESSABLE_ENTITY, Wrong::from(&error))
        }
        Err(AskError::Refusal(Refusal::TemporaryOver)) => {
            let wrong = Wrong::of(Code::TemporaryPasswordOver);
            again(&pre, &form, StatusCode::UNPROCESSABLE_ENTITY, wrong)
        }
        Err(AskError::Refusal(refusal)) => {
            let busy = matches!(refusal, Refusal::Busy | Refusal::Password(PasswordError::Busy));
            let (status, words) = words(refusal)?;
            let wrong = Wrong::at(Code::CertificateProofWrong, "login_id", words);
            let mut response = again(&pre, &form, status, wrong)?;
            if busy {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
            }
            Ok(response)
        }
    }
}

/// The form again. Secrets have to be typed anew.
fn again(pre: &PreSession, form: &Typed, status: StatusCode, wrong: Wrong) -> Answer {
    let page = FetchPage {
        frame: Frame { has_errors: true, ..frame::public() },
        csrf: pre.token(),
        login_id: form.login_id.trim(),
        request: form.way.is_request(),
        errors: wrong.errors.clone(),
        wrong: Some(wrong),
    };
    Ok(pre.attach((status, render(&page)?)).into_response())
}

/// The same words whether the login ID exists or not, and whichever proof was wrong.
fn words(refusal: Refusal) -> Result<(StatusCode, &'static str), Stop> {
    let fails = |error: Failure| Err(Stop::from(error));
    match refusal {
        Refusal::Wrong | Refusal::TemporaryOver | Refusal::Certificate(_) => Ok((
            StatusCode::UNPROCESSABLE_ENTITY,
            "入力された内容のいずれかが違います。失敗が続くと、お手続きを30分間、一時停止します。",
        )),
        Refusal::WrongAndBlocked => Ok((
            StatusCode::UNPROCESSABLE_ENTITY,
            "入力された内容のいずれかが違います。失敗が続いたため、お手続きを30分間、一時停止しました。30分たつと自動で再開します。",
        )),
        Refusal::WrongAndLocked => Ok((
            StatusCode::UNPROCESSABLE_ENTITY,
            "入力された内容のいずれかが違います。失敗が続いたため、このログインIDのご利用を停止しました。\
             時間がたっても再開しません。停止の解除は、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。",
        )),
        Refusal::Busy | Refusal::Password(PasswordError::Busy) => Ok((
            StatusCode::TOO_MANY_REQUESTS,
            "ただいま混み合っているため、お手続きできませんでした。少し待ってから、もう一度お試しください。",
        )),
        Refusal::Blocked => Ok((
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、お手続きを一時停止しています。30分ほどたつと自動で再開します。それから、もう一度お試しください。",
        )),
        Refusal::Locked => Ok((
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、このログインIDのご利用を停止しています。時間がたっても再開しません。\
             停止の解除は、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。",
        )),
        Refusal::Database(error) => fails(error.into()),
        Refusal::Store(error) => fails(error.into()),
        Refusal::Password(error) => fails(error.into()),
        Refusal::Token(error) => fails(error.into()),
        Refusal::Audit(error) => fails(error.into()),
        Refusal::Sessions(error) => fails(error.into()),
    }
}
