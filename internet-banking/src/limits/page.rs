//! `/admin/limits`: the layers of the day with what is left of each, and the pages that set one.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;
use domain::time::month_day;
use domain::{AccountId, Timestamp, UserId, Yen};
use edge::{CsrfForm, Errors, Frame};
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use transfers::{Holders, LimitLayer, LimitUse, Limits};

use super::links::LimitLink;
use super::operation::{held, may_set, set, whose};
use super::rules;
use super::setting::{Held, LimitOf};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::{ApprovalLink, Problem};
use crate::contracts::Duty;
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::payeasy::views::{Stake, Trouble};
use crate::policy;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::users::{Members, UserState};

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::AdminLimits.path(), get(list))
        .route(LimitLink::ITEM, get(show_item).post(set_item))
        .route(LimitLink::ACCOUNT, get(show_account).post(set_account))
        .route(LimitLink::USER, get(show_user).post(set_user))
}

/// A limit, and what is used of it today.
pub struct Row {
    /// Whose.
    pub name: String,
    /// The limit; none is the contract's.
    pub limit: Option<Yen>,
    /// Another one that comes: from which day on, and which.
    pub next: String,
    /// What was ordered today.
    pub used: Yen,
    /// What is left of it.
    pub left: Option<Yen>,
    /// The page that sets it, for whoever may.
    pub link: Option<LimitLink>,
}

/// All of them.
#[derive(Template)]
#[template(path = "limits/list.html")]
pub struct ListPage {
    /// The frame.
    pub frame: Frame,
    /// The day that is meant.
    pub today: String,
    /// The contract's.
    pub contract: Row,
    /// Of one order.
    pub item: Row,
    /// Of accounts.
    pub accounts: Vec<Row>,
    /// Of users.
    pub users: Vec<Row>,
}

/// One of them.
#[derive(Template)]
#[template(path = "limits/limit.html")]
pub struct LimitPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: LimitLink,
    /// Whether it is one of a day, and not of one order.
    pub daily: bool,
    /// The limit as it is.
    pub row: Row,
    /// The contract's.
    pub contract: Yen,
    /// What was typed.
    pub limit: String,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    limit: String,
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// What the address of a list of limits asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

impl Asked {
    /// What is told at the top of the page.
    pub fn notice(&self) -> Option<String> {
        let changed = "限度額を変更しました。引き下げはすぐに、引き上げは翌営業日から有効です。";
        (self.done == "changed").then(|| changed.to_owned())
    }
}

/// `GET /admin/limits`
async fn list(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let (held, most) = held(&bank, &by.contract).await.map_err(failed)?;
    let day = Day { bank: &bank, by: &by, held: &held, most };
    let accounts = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    let mut of_accounts = Vec::with_capacity(accounts.len());
    for one in &accounts {
        of_accounts.push(day.row(LimitOf::Account(one.account), one.to_string()).await?);
    }
    let people = Members::of(&bank.database, by.contract.id).everybody().await.map_err(failed)?;
    let mut of_users = Vec::with_capacity(people.len());
    for one in people.iter().filter(|one| one.state != UserState::Removed) {
        let row = day.row(LimitOf::User(one.id), format!("{}({})", one.name, one.login_id)).await?;
        let may = policy::has_over(&by.user, Duty::Limits, one.id, one.role);
        of_users.push(Row { link: row.link.filter(|_| may), ..row });
    }
    let used = match accounts.first() {
        Some(one) => day.used(LimitLayer::Contract, one.account, by.user.id).await?,
        None => Yen::ZERO,
    };
    shown(&ListPage {
        frame: Frame { notice: asked.notice(), ..frame::page(&by, Area::Admin) },
        today: month_day(bank.clock.now().date()),
        contract: Row {
            name: by.contract.name.clone(),
            limit: Some(most),
            next: String::new(),
            used,
            left: left(most, used),
            link: None,
        },
        item: day.row(LimitOf::Item, "1件あたり".to_owned()).await?,
        accounts: of_accounts,
        users: of_users,
    })
}

/// `GET /admin/limits/item`
async fn show_item(State(bank): State<Bank>, by: SignedIn) -> Answer {
    show(&bank, &by, Some(LimitOf::Item)).await
}

/// `POST /admin/limits/item`
async fn set_item(State(bank): State<Bank>, by: SignedIn, CsrfForm(typed): CsrfForm<Typed>) -> Answer {
    submit(&bank, &by, Some(LimitOf::Item), typed).await
}

/// `GET /admin/limits/accounts/{account}`
async fn show_account(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    show(&bank, &by, account(&id)).await
}

/// `POST /admin/limits/accounts/{account}`
async fn set_account(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    submit(&bank, &by, account(&id), typed).await
}

/// `GET /admin/limits/users/{user}`
async fn show_user(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    show(&bank, &by, id.parse().ok().map(LimitOf::User)).await
}

/// `POST /admin/limits/users/{user}`
async fn set_user(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    submit(&bank, &by, id.parse().ok().map(LimitOf::User), typed).await
}

async fn show(bank: &Bank, by: &SignedIn, of: Option<LimitOf>) -> Answer {
    let (of, name) = find(bank, by, of).await?;
    shown(&page(bank, by, of, name, None, None).await?)
}

async fn submit(bank: &Bank, by: &SignedIn, of: Option<LimitOf>, typed: Typed) -> Answer {
    let (of, name) = find(bank, by, of).await?;
    let (_, most) = held(bank, &by.contract).await.map_err(failed)?;
    let limit = match rules::read(&typed.limit, most) {
        Ok(limit) => limit,
        Err(message) => {
            let trouble = Trouble::input(Errors::one("limit", message)).of_registration();
            return again(&page(bank, by, of, name, Some(typed.limit), Some(trouble)).await?);
        }
    };
    match set(bank, by, of, limit, &typed.one_time_password).await {
        Ok(None) => Ok(Redirect::to(Link::AdminLimitsChanged.path()).into_response()),
        Ok(Some(asked)) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
        Err(problem) => {
            let trouble = problem.trouble().of_registration();
            again(&page(bank, by, of, name, Some(typed.limit), Some(trouble)).await?)
        }
    }
}

/// The account that an address names.
fn account(id: &str) -> Option<LimitOf> {
    id.parse().ok().map(|id: i64| LimitOf::Account(AccountId::new(id)))
}

fn admit(by: &SignedIn) -> Result<(), Stop> {
    if may_set(by) { Ok(()) } else { Err(stopped(by, &Problem::NotPermitted)) }
}

fn stopped(by: &SignedIn, problem: &Problem) -> Stop {
    let status = match problem.code() {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    Stop::told_of(Stake::Registration, frame::page(by, Area::Admin), problem.code(), status)
}

/// What the address names, if the contract has it; another's is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, of: Option<LimitOf>) -> Result<(LimitOf, String), Stop> {
    admit(by)?;
    let of = of.ok_or_else(Stop::not_found)?;
    let name = whose(bank, by, of).await.map_err(|problem| stopped(by, &problem))?;
    Ok((of, name.ok_or_else(Stop::not_found)?))
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    of: LimitOf,
    name: String,
    typed: Option<String>,
    trouble: Option<Trouble>,
) -> Result<LimitPage, Stop> {
    let (held, most) = held(bank, &by.contract).await.map_err(failed)?;
    let row = Day { bank, by, held: &held, most }.row(of, name).await?;
    Ok(LimitPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Admin) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: LimitLink(of),
        daily: of != LimitOf::Item,
        limit: typed.unwrap_or_else(|| row.limit.map(|limit| limit.to_string()).unwrap_or_default()),
        row,
        contract: most,
    })
}

/// The limits of today.
struct Day<'a> {
    bank: &'a Bank,
    by: &'a SignedIn,
    held: &'a Held,
    most: Yen,
}

impl Day<'_> {
    async fn row(&self, of: LimitOf, name: String) -> Result<Row, Stop> {
        // of the other layer it does not matter which is looked at
        let (account, user) = (AccountId::new(0), self.by.user.id);
        let used = match of {
            LimitOf::Item => Yen::ZERO,
            LimitOf::Account(account) => self.used(LimitLayer::Account, account, user).await?,
            LimitOf::User(user) => self.used(LimitLayer::User, account, user).await?,
        };
        let limit = self.held.of(of);
        Ok(Row {
            name,
            limit,
            next: self.held.next(of).map(next_words).unwrap_or_default(),
            used,
            left: limit.and_then(|limit| left(limit, used)),
            link: Some(LimitLink(of)),
        })
    }

    /// What orders of today have taken of a layer.
    async fn used(&self, layer: LimitLayer, account: AccountId, user: UserId) -> Result<Yen, Stop> {
        let (most, today) = (self.most, self.bank.clock.now().date());
        let limits =
            Limits { bank_max: most, contract: most, account: Some(most), user: Some(most), per_item: None };
        let holders = Holders { contract: self.by.contract.id, account, user };
        let used = self.bank.transfers.limit_use(&holders, &limits, today).await.map_err(failed)?;
        Ok(used.into_iter().find(|one: &LimitUse| one.layer == layer).map_or(Yen::ZERO, |one| one.used))
    }
}

fn next_words((from, limit): (Timestamp, Option<Yen>)) -> String {
    let limit = limit.map_or_else(|| "ご契約と同じ".to_owned(), |limit| format!("{limit} 円"));
    format!("{}から {limit}", month_day(from.date()))
}

/// What is left; nothing where the limit was lowered below what is used.
fn left(limit: Yen, used: Yen) -> Option<Yen> {
    limit.checked_sub(used).map(|left| left.max(Yen::ZERO))
}
