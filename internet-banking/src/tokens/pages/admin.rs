//! トークン管理: the tokens of the contract, and what a master or administrator does to another's.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{TokenShown, page_frame, stopped};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::ApprovalLink;
use crate::contracts::Duty;
use crate::frame::Area;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::policy;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::tokens::rules::{Act, Refusal};
use crate::tokens::{Problem, Token, list, operation};

/// A token, and what may be done to it here.
pub(in crate::tokens) struct Row {
    pub token: TokenShown,
    /// Whether it is the token of whoever looks.
    pub own: bool,
    pub acts: Vec<Act>,
}

/// The tokens of the contract.
#[derive(Template)]
#[template(path = "tokens/list.html")]
pub(in crate::tokens) struct ListPage {
    pub frame: Frame,
    pub csrf: String,
    pub rows: Vec<Row>,
    /// Why nothing can be done on the screen, where it is the person's own token that stands in the way.
    pub paper: Option<String>,
    /// Whether a token has several users.
    pub shared: bool,
}

/// The last look before it is done.
#[derive(Template)]
#[template(path = "tokens/ask.html")]
pub(in crate::tokens) struct AskPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub act: Act,
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
    act: String,
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// `GET /admin/tokens`
pub(super) async fn list(State(bank): State<Bank>, by: SignedIn, Query(done): Query<Done>) -> Answer {
    admit(&by)?;
    let tokens = list::of_contract(&bank.database, by.contract.id).await.map_err(failed)?;
    let now = bank.clock.now();
    let (mut rows, mut paper) = (Vec::new(), None);
    for token in &tokens {
        let mut acts = Vec::new();
        for act in [Act::Unlock, Act::Revoke] {
            match operation::permitted_among(&by.user, act, &tokens, &token.serial, now.date()) {
                Ok(_) => acts.push(act),
                Err(refusal @ Refusal::OwnToken(_)) => paper = Some(Problem::Refused(refusal).words()),
                Err(_) => {}
            }
        }
        let own = by.user.token_serial.as_deref() == Some(&*token.serial);
        rows.push(Row { token: TokenShown::of(token, now), own, acts });
    }
    let mut frame = page_frame(&by, Area::Admin, false);
    frame.notice = match &*done.done {
        "revoke" => Some("トークンを失効しました。".to_owned()),
        "unlock" => Some("ワンタイムパスワードの利用停止を解除しました。".to_owned()),
        _ => None,
    };
    let shared = tokens.iter().any(|token| token.holders.len() > 1);
    shown(&ListPage { frame, csrf: by.csrf.clone(), rows, paper, shared })
}

/// `POST /admin/tokens/ask`
pub(super) async fn ask(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Typed>) -> Answer {
    admit(&by)?;
    let act = read(&form)?;
    let token = find(&bank, &by, act, &form.serial).await?;
    shown(&page(&bank, &by, act, &token, None))
}

/// `POST /admin/tokens/do`
pub(super) async fn administer(
    State(bank): State<Bank>,
    by: SignedIn,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    admit(&by)?;
    let act = read(&form)?;
    let token = find(&bank, &by, act, &form.serial).await?;
    match operation::administer(&bank, &by, act, &form.serial, &form.one_time_password).await {
        Ok(Some(asked)) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
        Ok(None) => {
            let link = match act {
                Act::Revoke => Link::AdminTokensRevoked,
                Act::Unlock => Link::AdminTokensUnlocked,
            };
            Ok(Redirect::to(link.path()).into_response())
        }
        Err(problem) if problem.field().is_some() => again(&page(&bank, &by, act, &token, Some(&problem))),
        Err(problem) => Err(stopped(&by, &problem, Link::AdminTokens)),
    }
}

fn read(form: &Typed) -> Result<Act, Stop> {
    Act::from_code(&form.act).ok_or_else(Stop::not_found)
}

/// Whoever administers no tokens gets no page of this folder.
fn admit(by: &SignedIn) -> Result<(), Stop> {
    if policy::has(&by.user, Duty::TokenRevoke) || policy::has(&by.user, Duty::TokenUnlock) {
        return Ok(());
    }
    Err(stopped(by, &Problem::Refused(Refusal::NotAdministrator), Link::Home))
}

async fn find(bank: &Bank, by: &SignedIn, act: Act, serial: &str) -> Result<Token, Stop> {
    let token = operation::permitted(bank, by, act, serial).await;
    token.map_err(|problem| stopped(by, &problem, Link::AdminTokens))
}

fn page(bank: &Bank, by: &SignedIn, act: Act, token: &Token, problem: Option<&Problem>) -> AskPage {
    let trouble = problem.map(Trouble::from);
    AskPage {
        frame: page_frame(by, Area::Admin, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        act,
        token: TokenShown::of(token, bank.clock.now()),
    }
}
