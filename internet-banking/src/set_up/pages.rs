//! `/set-up`: 代表口座 and 初期設定番号, then who the master is and the passwords.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use edge::{CookieKind, CsrfForm, Errors, Failure, Frame, Peer, PreSession, render};
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::operation::{self, Chosen, SetUpError, SettingUp};
use crate::contracts::registry::AccountName;
use crate::contracts::{AccountKind, SignInMethod};
use crate::links::Link;
use crate::passwords::{self, Weak};
use crate::secrets::secret_field;
use crate::sign_in::{InHours, unless_signed_in};
use crate::users::rules;
use crate::{Bank, frame};

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::SetUp.path(), get(show).post(begin))
        .route(Link::SetUpDetails.path(), post(finish))
        .route(Link::SetUpDone.path(), get(done))
}

#[derive(Template)]
#[template(path = "set_up/start.html")]
struct StartPage<'a> {
    frame: Frame,
    csrf: &'a str,
    errors: Errors,
    branch: &'a str,
    /// 当座.
    is_current: bool,
    number: &'a str,
}

#[derive(Template)]
#[template(path = "set_up/details.html")]
struct DetailsPage<'a> {
    frame: Frame,
    csrf: &'a str,
    errors: Errors,
    ticket: &'a str,
    contract: &'a str,
    plan: &'static str,
    /// Whether the master begins anew.
    is_again: bool,
    chars_min: usize,
    person: &'a str,
    email: &'a str,
    login_id: &'a str,
}

#[derive(Template)]
#[template(path = "set_up/done.html")]
struct DonePage {
    frame: Frame,
    by_certificate: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Started {
    branch: String,
    kind: String,
    number: String,
    #[serde(deserialize_with = "secret_field")]
    set_up_number: SecretString,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    ticket: String,
    name: String,
    email: String,
    login_id: String,
    #[serde(deserialize_with = "secret_field")]
    password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    password_again: SecretString,
    #[serde(deserialize_with = "secret_field")]
    confirmation: SecretString,
    #[serde(deserialize_with = "secret_field")]
    confirmation_again: SecretString,
}

#[derive(Deserialize)]
struct Ended {
    #[serde(default)]
    by: String,
}

async fn show(
    State(bank): State<Bank>,
    _: InHours,
    cookie: CookieKind,
    pre: PreSession,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let page = || start(&pre, &Started::default(), StatusCode::OK, Errors::none());
    unless_signed_in(&bank, cookie, &headers, Link::Home, page).await
}

async fn begin(
    State(bank): State<Bank>,
    _: InHours,
    peer: Peer,
    pre: PreSession,
    CsrfForm(form): CsrfForm<Started>,
) -> Result<Response, Failure> {
    let kind = AccountKind::from_code(&form.kind);
    let account = kind.and_then(|kind| AccountName::parse(&form.branch, kind, &form.number));
    let number = form.set_up_number.expose_secret();
    let mut errors = Errors::none();
    if account.is_none() {
        errors.add("branch", "代表口座の店番(3けた)、科目、口座番号(7けたまで)を入力してください。");
    }
    if number.trim().is_empty() {
        errors.add("set_up_number", "通知書の初期設定番号を入力してください。");
    }
    let Some(account) = account.filter(|_| errors.is_empty()) else {
        return start(&pre, &form, StatusCode::UNPROCESSABLE_ENTITY, errors);
    };
    match operation::begin(&bank, &account, number, peer).await {
        Ok((ticket, of)) => {
            let typed = Details { ticket, ..Details::default() };
            details(&pre, &of, &typed, StatusCode::OK, Errors::none())
        }
        Err(error) => {
            let (status, words) = refusal(error)?;
            start(&pre, &form, status, Errors::one("branch", words))
        }
    }
}

async fn finish(
    State(bank): State<Bank>,
    _: InHours,
    pre: PreSession,
    CsrfForm(form): CsrfForm<Details>,
) -> Result<Response, Failure> {
    let of = match operation::resume(&bank, &form.ticket).await {
        Ok(of) => of,
        Err(error) => {
            let (status, words) = refusal(error)?;
            return start(&pre, &Started::default(), status, Errors::general(words));
        }
    };
    let typed = match read(&of, &form) {
        Ok(typed) => typed,
        Err(errors) => return details(&pre, &of, &form, StatusCode::UNPROCESSABLE_ENTITY, errors),
    };
    let (name, email, login_id) = typed;
    let chosen = Chosen {
        name: &name,
        email: &email,
        login_id: &login_id,
        password: form.password.expose_secret(),
        confirmation: form.confirmation.expose_secret(),
    };
    match operation::finish(&bank, &of, &chosen).await {
        Ok(()) => {
            let by = of.contract.sign_in.code();
            Ok(Redirect::to(&format!("{}?by={by}", Link::SetUpDone)).into_response())
        }
        Err(SetUpError::LoginIdTaken) => {
            let words = "このログインIDは、すでに使われています。別のログインIDにしてください。";
            let errors = Errors::one("login_id", words);
            details(&pre, &of, &form, StatusCode::UNPROCESSABLE_ENTITY, errors)
        }
        Err(error) => {
            let (status, words) = refusal(error)?;
            details(&pre, &of, &form, status, Errors::general(words))
        }
    }
}

async fn done(Query(ended): Query<Ended>) -> Result<Response, Failure> {
    let by_certificate = ended.by == SignInMethod::Certificate.code();
    Ok(render(&DonePage { frame: frame::public(), by_certificate })?.into_response())
}

/// Name, mail address and login ID as they are kept, or everything that is wrong.
fn read(of: &SettingUp, form: &Details) -> Result<(String, String, String), Errors> {
    let mut errors = Errors::none();
    let mut or = |field, read: Result<String, &'static str>| {
        read.unwrap_or_else(|message| {
            errors.add(field, message);
            String::new()
        })
    };
    let name = or("name", rules::name(&form.name));
    let email = or("email", rules::email(&form.email));
    let login_id = or("login_id", rules::login_id(&form.login_id));
    let (password, confirmation) = (form.password.expose_secret(), form.confirmation.expose_secret());
    let about = [of.contract.name.as_str(), form.login_id.trim(), form.name.trim()];
    for (field, secret, again, again_field) in [
        ("password", password, form.password_again.expose_secret(), "password_again"),
        ("confirmation", confirmation, form.confirmation_again.expose_secret(), "confirmation_again"),
    ] {
        if let Err(weak) = passwords::check(secret, of.contract.sign_in, &about) {
            errors.add(field, weak.words());
        } else if secret != again {
            errors.add(again_field, Weak::Differs.words());
        }
    }
    if !password.is_empty() && passwords::normalised(password) == passwords::normalised(confirmation) {
        errors.add("confirmation", Weak::Same.words());
    }
    if errors.is_empty() { Ok((name, email, login_id)) } else { Err(errors) }
}

fn start(pre: &PreSession, form: &Started, status: StatusCode, errors: Errors) -> Result<Response, Failure> {
    let page = StartPage {
        frame: Frame { has_errors: !errors.is_empty(), ..frame::public() },
        csrf: pre.token(),
        errors,
        branch: form.branch.trim(),
        is_current: form.kind == AccountKind::Current.code(),
        number: form.number.trim(),
    };
    Ok(pre.attach((status, render(&page)?)))
}

/// The page of the details. Passwords have to be typed anew.
fn details(
    pre: &PreSession,
    of: &SettingUp,
    form: &Details,
    status: StatusCode,
    errors: Errors,
) -> Result<Response, Failure> {
    let master = of.master.as_ref();
    let or = |typed: &str, known: Option<&str>| {
        (if typed.is_empty() { known.unwrap_or_default() } else { typed }).to_owned()
    };
    let name = or(&form.name, master.map(|master| master.name.as_str()));
    let email = or(&form.email, master.and_then(|master| master.email.as_deref()));
    let page = DetailsPage {
        frame: Frame { has_errors: !errors.is_empty(), ..frame::public() },
        csrf: pre.token(),
        errors,
        ticket: &form.ticket,
        contract: &of.contract.name,
        plan: of.contract.plan.label(),
        is_again: master.is_some(),
        chars_min: passwords::chars_min(of.contract.sign_in),
        person: &name,
        email: &email,
        login_id: &form.login_id,
    };
    Ok(pre.attach((status, render(&page)?)))
}

/// The same words whatever of account and number was wrong.
fn refusal(error: SetUpError) -> Result<(StatusCode, String), Failure> {
    Ok(match error {
        SetUpError::Wrong => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "代表口座または初期設定番号が違うか、設定が済んでいます。通知書を見て、もう一度入力してください。\
             失敗が続くと、初期設定を30分間、一時停止します。"
                .to_owned(),
        ),
        SetUpError::Blocked => (
            StatusCode::TOO_MANY_REQUESTS,
            "誤りが続いたため、初期設定を一時停止しています。30分ほどたつと自動で再開します。それから、もう一度お試しください。".to_owned(),
        ),
        SetUpError::Locked => (
            StatusCode::TOO_MANY_REQUESTS,
            "誤りが続いたため、この初期設定番号を使えなくしています。時間がたっても再開しません。お取引店の窓口で、番号の再発行をお申し出ください。"
                .to_owned(),
        ),
        SetUpError::NumberExpired => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "この初期設定番号は、有効期限が切れています。お取引店の窓口で、番号の再発行をお申し出ください。".to_owned(),
        ),
        SetUpError::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "ただいま混み合っています。誤りの回数には数えていません。少し待ってから、もう一度お試しください。".to_owned(),
        ),
        SetUpError::TooEarly(from) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("ご利用開始日は{}です。その日から設定できます。", domain::time::year_month_day(from)),
        ),
        SetUpError::Stopped => (
            StatusCode::FORBIDDEN,
            "このご契約は緊急停止中のため、設定できません。何も変更していません。お取引店へお電話ください。".to_owned(),
        ),
        SetUpError::Over | SetUpError::LoginIdTaken => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "設定が済んでいるか、30分を過ぎました。何も変更していません。はじめから入力してください。".to_owned(),
        ),
        SetUpError::Failed(error) => return Err(Failure::internal(error.to_string())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_checks;

    #[test]
    fn every_page_keeps_what_every_page_must_keep() {
        for errors in [Errors::none(), Errors::one("branch", "<b>違います。")] {
            let page = StartPage {
                frame: frame::public(),
                csrf: "t",
                errors,
                branch: "\"><script>",
                is_current: true,
                number: "1",
            };
            page_checks::all(&page.render().unwrap());
        }
        for (field, is_again) in [("login_id", false), ("confirmation_again", true)] {
            let page = DetailsPage {
                frame: frame::public(),
                csrf: "t",
                errors: Errors::one(field, "<b>違います。"),
                ticket: "t",
                contract: "<b>見本商事",
                plan: "Webプラン",
                is_again,
                chars_min: 12,
                person: "\"><script>",
                email: "a@example.jp",
                login_id: "hanako01",
            };
            page_checks::all(&page.render().unwrap());
        }
        for by_certificate in [false, true] {
            page_checks::all(&DonePage { frame: frame::public(), by_certificate }.render().unwrap());
        }
    }
}
