//! 権限・口座: what the user may do with which accounts, and what an administrator is given.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use domain::AccountId;
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;

use super::{because, drafts, link, open, page_frame, to};
use crate::Bank;
use crate::answer::{Answer, again, failed, shown};
use crate::contracts::{Business, DepositAccount, Duty, Rights, Role, Step};
use crate::payeasy::views::Trouble;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::users::draft::Draft;
use crate::users::links::{UserEntryLink, UserPage};
use crate::users::operation;
use crate::users::problem::Problem;

/// A box to tick.
pub struct Tick {
    /// The control's name, and its id.
    pub name: String,
    /// Its words.
    pub label: String,
    /// Whether it is ticked.
    pub is_on: bool,
}

/// A business with its accounts.
pub struct BusinessTicks {
    /// The business.
    pub label: &'static str,
    /// Its accounts.
    pub accounts: Vec<Tick>,
    /// The box that stands for all of them, where there are several.
    pub all: Option<String>,
    /// The steps at which the user may approve it; none of a business that nobody approves.
    pub steps: Vec<Tick>,
}

/// The page.
#[derive(Template)]
#[template(path = "users/rights.html")]
pub struct RightsPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// Where the form goes.
    pub action: UserEntryLink,
    /// Where the user's basics are.
    pub basics: Option<UserEntryLink>,
    /// Whose rights.
    pub whose: String,
    /// The rights; none where the person may not give any.
    pub businesses: Vec<BusinessTicks>,
    /// What an administrator can be given.
    pub duties: Vec<Tick>,
}

/// The form: boxes by their names.
#[derive(Deserialize)]
pub struct Ticked {
    #[serde(flatten)]
    boxes: BTreeMap<String, String>,
}

/// `GET /admin/users/entry/{draft}/rights`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id).await?;
    if draft.login_id.is_empty() {
        return Ok(to(&draft, UserPage::Basics));
    }
    let accounts = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    shown(&page(&by, &draft, &accounts, None))
}

/// `POST /admin/users/entry/{draft}/rights`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Ticked>,
) -> Answer {
    let mut draft = open(&bank, &by, &id).await?;
    if draft.login_id.is_empty() {
        return Ok(to(&draft, UserPage::Basics));
    }
    let accounts = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    if policy::has(&by.user, Duty::Rights) {
        draft.rights = Some(ticked(&by, &form, &accounts));
    }
    if draft.role == Role::Admin && policy::has(&by.user, Duty::Administrators) {
        draft.duties =
            policy::grantable().filter(|duty| form.boxes.contains_key(&duty_name(*duty))).collect();
    }
    let was = operation::known(&bank, &by.contract, draft.subject).await;
    let was = was.map_err(|problem| because(&by, &problem))?;
    match operation::permit(&by, &draft, was.as_ref()) {
        Ok(()) => {}
        Err(Problem::NotPermitted) => {
            let words = "ご自分にない権限は、ほかの利用者に付けられません。";
            let trouble = Problem::Input(Errors::general(words)).trouble();
            return again(&page(&by, &draft, &accounts, Some(trouble)));
        }
        Err(problem) => return Err(because(&by, &problem)),
    }
    drafts(&bank, &by).put(&draft, bank.clock.now()).await.map_err(failed)?;
    Ok(to(&draft, UserPage::Review))
}

/// What was ticked, of what the page offered.
fn ticked(by: &SignedIn, form: &Ticked, accounts: &[DepositAccount]) -> Rights {
    let is_on = |business, account| {
        let named = |name: String| form.boxes.contains_key(&name);
        named(all_name(business)) || named(right_name(business, account))
    };
    let rights = policy::served(by.contract.plan).fold(Rights::none(), |rights, business| {
        let on: Vec<_> = accounts.iter().map(|a| a.account).filter(|a| is_on(business, *a)).collect();
        rights.with(business, &on)
    });
    steps(by).filter(|(business, step)| form.boxes.contains_key(&step_name(*business, *step))).fold(
        rights,
        |rights, (business, step)| match rights.may(business) {
            true => rights.approving(business, step),
            // who may not use an account of it has nothing to approve
            false => rights,
        },
    )
}

/// Everything that can be approved on the contract's plan.
fn steps(by: &SignedIn) -> impl Iterator<Item = (Business, Step)> {
    policy::approvable(by.contract.plan)
        .flat_map(|business| Step::ALL.iter().map(move |step| (business, *step)))
}

fn step_name(business: Business, step: Step) -> String {
    format!("{}-approves-{}", business.code(), step.code())
}

fn right_name(business: Business, account: AccountId) -> String {
    format!("{}-{}", business.code(), account.get())
}

fn all_name(business: Business) -> String {
    format!("{}-all", business.code())
}

fn duty_name(duty: Duty) -> String {
    format!("duty-{}", duty.code())
}

fn page(by: &SignedIn, draft: &Draft, accounts: &[DepositAccount], trouble: Option<Trouble>) -> RightsPage {
    let rights = draft.rights.clone().unwrap_or_default();
    let tick = |business: Business| BusinessTicks {
        label: business.label(),
        all: (accounts.len() > 1).then(|| all_name(business)),
        accounts: accounts
            .iter()
            .map(|account| Tick {
                name: right_name(business, account.account),
                label: account.to_string(),
                is_on: rights.may_use(business, account.account),
            })
            .collect(),
        steps: steps(by)
            .filter(|(of, _)| *of == business)
            .map(|(business, step)| Tick {
                name: step_name(business, step),
                label: step.label().to_owned(),
                is_on: rights.steps(business).contains(&step),
            })
            .collect(),
    };
    let duty = |duty: Duty| Tick {
        name: duty_name(duty),
        label: duty.label().to_owned(),
        is_on: draft.duties.contains(&duty),
    };
    let gives_duties = draft.role == Role::Admin && policy::has(&by.user, Duty::Administrators);
    RightsPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        trouble,
        action: link(draft, UserPage::Rights),
        basics: (draft.role != Role::Master).then(|| link(draft, UserPage::Basics)),
        whose: format!("{}({})", draft.name, draft.login_id),
        businesses: match policy::has(&by.user, Duty::Rights) {
            true => policy::served(by.contract.plan).map(tick).collect(),
            false => Vec::new(),
        },
        duties: if gives_duties { policy::grantable().map(duty).collect() } else { Vec::new() },
    }
}
