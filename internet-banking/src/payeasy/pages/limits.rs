//! 1日の限度額: what may be paid today, and the own limits of the contract's users.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::time::month_day;
use domain::{Timestamp, UserId, Yen};
use edge::{CsrfForm, Errors, Frame};
use gateway::DayUse;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Answer, Stop, admit, again, failed, page_frame, shown};
use crate::Bank;
use crate::approvals::ApprovalLink;
use crate::help::Code;
use crate::limits::{Asked, rules};
use crate::links::{Link, UserLimitLink};
use crate::payeasy::limits::{self, UserLimit};
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;

/// A limit and what is used of it.
pub struct LimitRow {
    /// Whose.
    pub name: String,
    /// What the person types to sign in; empty for the contract.
    pub login_id: String,
    /// The amount; none is the contract's.
    pub limit: Option<Yen>,
    /// Another one that comes: from which day on, and which.
    pub next: String,
    /// What is paid today or held to be paid.
    pub used: Yen,
    /// What may still be paid, as far as this limit goes.
    pub left: Option<Yen>,
    /// The page that sets it, for those who may.
    pub link: Option<UserLimitLink>,
}

/// The limits of the contract.
#[derive(Template)]
#[template(path = "payeasy/limits.html")]
pub struct LimitsPage {
    /// The frame.
    pub frame: Frame,
    /// The contract's.
    pub contract: LimitRow,
    /// The users', or the own one alone.
    pub users: Vec<LimitRow>,
    /// The day that is meant.
    pub today: String,
    /// Whether a limit was just set.
    pub may_set: bool,
}

/// One user's limit.
#[derive(Template)]
#[template(path = "payeasy/limit.html")]
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
    pub action: UserLimitLink,
    /// The limit as it is.
    pub row: LimitRow,
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

/// `GET /payeasy/limits`
pub async fn list(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let today = bank.clock.now().date();
    let used = bank.gateway.day_use(by.contract.id, today).await.map_err(failed)?;
    let may_set = limits::may_set(&by);
    let users = bank.limits.users(by.contract.id).await.map_err(failed)?;
    let seen = users.into_iter().filter(|one| may_set || one.user == by.user.id);
    let limit = bank.limits.of_contract(by.contract.id).await.map_err(failed)?;
    let all = used.total().unwrap_or(limit);
    shown(&LimitsPage {
        frame: Frame { notice: asked.notice(), ..page_frame(&by, false) },
        contract: LimitRow {
            name: by.contract.name.clone(),
            login_id: String::new(),
            limit: Some(limit),
            next: String::new(),
            used: all,
            left: left(limit, all),
            link: None,
        },
        users: seen.map(|one| row(&by, one, &used)).collect(),
        today: month_day(today),
        may_set,
    })
}

/// `GET /payeasy/limits/{user}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let user = find(&bank, &by, &id).await?;
    let typed = user.limit.map(|limit| limit.to_string()).unwrap_or_default();
    shown(&page(&bank, &by, user, typed, None).await?)
}

/// `POST /payeasy/limits/{user}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    let user = find(&bank, &by, &id).await?;
    let most = bank.limits.of_contract(by.contract.id).await.map_err(failed)?;
    let limit = match rules::read(&form.limit, most) {
        Ok(limit) => limit,
        Err(message) => {
            let trouble = Trouble::input(Errors::one("limit", message)).of_registration();
            return again(&page(&bank, &by, user, form.limit, Some(trouble)).await?);
        }
    };
    match limits::set(&bank, &by, user.user, limit, &form.one_time_password).await {
        Ok(None) => Ok(Redirect::to(Link::PayeasyLimitsChanged.path()).into_response()),
        Ok(Some(asked)) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
        Err(problem) => {
            let trouble = problem.trouble().of_registration();
            again(&page(&bank, &by, user, form.limit, Some(trouble)).await?)
        }
    }
}

/// A user of the own contract; another's is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<UserLimit, Stop> {
    admit(by)?;
    if !limits::may_set(by) {
        return Err(Stop::with_code(by, Code::NotPermitted));
    }
    let id: UserId = id.parse().map_err(|_| Stop::not_found())?;
    let users = bank.limits.users(by.contract.id).await.map_err(failed)?;
    let user = users.into_iter().find(|one| one.user == id).ok_or_else(Stop::not_found)?;
    if limits::may_set_of(by, &user) { Ok(user) } else { Err(Stop::with_code(by, Code::NotPermitted)) }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    user: UserLimit,
    limit: String,
    trouble: Option<Trouble>,
) -> Result<LimitPage, Stop> {
    let used = bank.gateway.day_use(by.contract.id, bank.clock.now().date()).await.map_err(failed)?;
    Ok(LimitPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: UserLimitLink(user.user),
        row: row(by, user, &used),
        contract: bank.limits.of_contract(by.contract.id).await.map_err(failed)?,
        limit,
    })
}

fn row(by: &SignedIn, user: UserLimit, used: &DayUse) -> LimitRow {
    let own = used.of(user.user);
    let may_set = limits::may_set_of(by, &user);
    LimitRow {
        name: user.name,
        login_id: user.login_id,
        limit: user.limit,
        next: user.next.map(next_words).unwrap_or_default(),
        used: own,
        left: user.limit.and_then(|limit| left(limit, own)),
        link: may_set.then_some(UserLimitLink(user.user)),
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
