//! One's own token: 利用開始登録, and the report that it is lost.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{TokenShown, page_frame, stopped};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::frame::Area;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::tokens::operation::{self, TypedToken};
use crate::tokens::{Problem, authorise};

/// ワンタイムパスワード利用開始登録.
#[derive(Template)]
#[template(path = "tokens/begin.html")]
pub(in crate::tokens) struct BeginPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    /// The token that is registered now.
    pub own: Option<TokenShown>,
    /// Others who have registered it too.
    pub shared_with: usize,
    /// What was typed.
    pub serial: String,
}

impl BeginPage {
    const fn is_shared(&self) -> bool {
        self.shared_with > 0
    }
}

/// 紛失・盗難の届け.
#[derive(Template)]
#[template(path = "tokens/lost.html")]
pub(in crate::tokens) struct LostPage {
    pub frame: Frame,
    pub csrf: String,
    pub errors: Errors,
    pub token: TokenShown,
}

/// What became of the last form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    serial: String,
    #[serde(deserialize_with = "secret_field")]
    first_code: SecretString,
    #[serde(deserialize_with = "secret_field")]
    second_code: SecretString,
    #[serde(deserialize_with = "secret_field")]
    confirmation_password: SecretString,
}

/// The form of a loss: whether the person has ticked that there is no way back.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Pressed {
    sure: String,
}

/// `GET /security/token`
pub(super) async fn show(State(bank): State<Bank>, by: SignedIn, Query(done): Query<Done>) -> Answer {
    let mut page = page(&bank, &by, None, String::new()).await?;
    page.frame.notice = match &*done.done {
        "registered" => Some("ワンタイムパスワードの利用開始を登録しました。".to_owned()),
        "lost" => Some("紛失・盗難の届けを受け付けました。トークンは使えなくなりました。".to_owned()),
        _ => None,
    };
    shown(&page)
}

/// `POST /security/token`
pub(super) async fn begin(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Typed>) -> Answer {
    let typed = TypedToken {
        serial: &form.serial,
        first: &form.first_code,
        second: &form.second_code,
        confirmation: &form.confirmation_password,
    };
    match operation::begin(&bank, &by, &typed).await {
        Ok(()) => Ok(Redirect::to(Link::SecurityTokenRegistered.path()).into_response()),
        Err(problem) => again(&page(&bank, &by, Some(&problem), form.serial).await?),
    }
}

/// `GET /security/token/lost`
pub(super) async fn ask_lost(State(bank): State<Bank>, by: SignedIn) -> Answer {
    shown(&lost(&bank, &by, Errors::none()).await?)
}

async fn lost(bank: &Bank, by: &SignedIn, errors: Errors) -> Result<LostPage, Stop> {
    let own = operation::own(bank, by).await.map_err(failed)?;
    let Some(token) = own else {
        let problem = Problem::Code(authorise::Problem::NoToken);
        return Err(stopped(by, &problem, Link::SecurityToken));
    };
    let frame = page_frame(by, Area::Security, !errors.is_empty());
    Ok(LostPage { frame, csrf: by.csrf.clone(), errors, token: TokenShown::of(&token, bank.clock.now()) })
}

/// `POST /security/token/lost`
pub(super) async fn lose(
    State(bank): State<Bank>,
    by: SignedIn,
    CsrfForm(form): CsrfForm<Pressed>,
) -> Answer {
    if form.sure != "yes" {
        let words = "元に戻せないことを確かめ、チェックを付けてください。届けはまだ受け付けていません。";
        return again(&lost(&bank, &by, Errors::one("sure", words)).await?);
    }
    match operation::lose(&bank, &by).await {
        Ok(()) => Ok(Redirect::to(Link::SecurityTokenReported.path()).into_response()),
        Err(problem) => Err(stopped(&by, &problem, Link::SecurityToken)),
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    problem: Option<&Problem>,
    serial: String,
) -> Result<BeginPage, Stop> {
    let trouble = problem.map(Trouble::from);
    let own = operation::own(bank, by).await.map_err(failed)?;
    let shared_with = own.as_ref().map_or(0, |token| token.holders.len().saturating_sub(1));
    Ok(BeginPage {
        frame: page_frame(by, Area::Security, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        own: own.map(|token| TokenShown::of(&token, bank.clock.now())),
        shared_with,
        serial,
    })
}
