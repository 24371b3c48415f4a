//! 承認: what waits for the person, and what the person has asked for. Many can be approved at once.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{ApprovalId, UserId, Yen};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{page_frame, words};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::links::ApprovalLink;
use crate::approvals::operation::{self, Outcome, Secrets};
use crate::approvals::policy::Hand;
use crate::approvals::problem::Problem;
use crate::approvals::request::Request;
use crate::approvals::settings::Policies;
use crate::approvals::{bounds, state, store};
use crate::frame::{Area, day_and_time};
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;
use crate::users::Members;

/// A request in a list.
pub struct Row {
    /// Its id.
    pub id: ApprovalId,
    /// Its page.
    pub link: ApprovalLink,
    /// What its approval is bound to.
    pub digest: String,
    /// The business.
    pub business: &'static str,
    /// What is asked for.
    pub title: String,
    /// What leaves the account.
    pub amount: Option<Yen>,
    /// Who asks.
    pub author: String,
    /// Until when it waits, or since when it is as it is.
    pub at: String,
    /// Where it is.
    pub state: words::Shown,
    /// How many have approved, of how many.
    pub given: String,
    /// Whether this person can approve it now.
    pub is_mine: bool,
    /// Whether together with others: what makes a password is approved on its own page.
    pub can_tick: bool,
    /// Whether the approval costs this person a one-time password.
    pub needs_code: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "approvals/list.html")]
pub struct ListPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What waits for approvers.
    pub waiting: Vec<Row>,
    /// Whether one of them can be approved by this person now.
    pub may_approve: bool,
    /// What the person has asked for.
    pub own: Vec<Row>,
    /// Whether either list may have left some out.
    pub is_full: (bool, bool),
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// The form: boxes by their names, which are ids, and digests.
#[derive(Deserialize)]
pub struct Picked {
    #[serde(flatten)]
    boxes: BTreeMap<String, String>,
}

/// `GET /approvals`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    let notice = (asked.done == "approved")
        .then(|| "選んだ依頼を承認しました。結果は、それぞれの依頼でご確認ください。".to_owned());
    let page = page(&bank, &by, None).await?;
    shown(&ListPage { frame: Frame { notice, ..page.frame }, ..page })
}

/// `POST /approvals`: approves what was ticked.
pub async fn submit(State(bank): State<Bank>, by: SignedIn, CsrfForm(mut form): CsrfForm<Picked>) -> Answer {
    let mut typed = |name: &str| SecretString::from(form.boxes.remove(name).unwrap_or_default());
    let secrets = Secrets {
        confirmation_password: typed("confirmation_password"),
        one_time_password: typed("one_time_password"),
    };
    let picked: Vec<(ApprovalId, String)> = form
        .boxes
        .iter()
        .filter_map(|(name, digest)| Some((name.strip_prefix("pick-")?.parse().ok()?, digest.clone())))
        .collect();
    if picked.is_empty() || picked.len() > operation::AT_ONCE_MAX {
        let words = format!("承認する依頼を、{}件までで選んでください。", operation::AT_ONCE_MAX);
        return again(&page(&bank, &by, Some(Trouble::input(Errors::general(words)))).await?);
    }
    let outcomes = match operation::approve_many(&bank, &by, &picked, &secrets).await {
        Ok(outcomes) => outcomes,
        Err(problem) => return again(&page(&bank, &by, Some(problem.trouble())).await?),
    };
    let counted = Counted::of(outcomes.iter().map(|(_, outcome)| outcome));
    let refused = outcomes.iter().find_map(|(_, outcome)| outcome.as_ref().err());
    match refused {
        None if counted.approved == outcomes.len() => {
            Ok(Redirect::to(Link::ApprovalsDone.path()).into_response())
        }
        None => {
            let page = page(&bank, &by, None).await?;
            shown(&ListPage { frame: Frame { notice: Some(counted.words()), ..page.frame }, ..page })
        }
        // of the others nobody says that nothing was debited
        Some(problem) if counted.refused < outcomes.len() => {
            let page = page(&bank, &by, None).await?;
            let notice = format!("{}承認していない理由: {}", counted.words(), problem.words());
            shown(&ListPage { frame: Frame { notice: Some(notice), ..page.frame }, ..page })
        }
        Some(problem) => again(&page(&bank, &by, Some(problem.trouble())).await?),
    }
}

/// How many of the ticked requests came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    approved: usize,
    returned: usize,
    unclear: usize,
    refused: usize,
}

impl Counted {
    fn of<'o>(outcomes: impl Iterator<Item = &'o Result<Outcome, Problem>>) -> Self {
        let mut counted = Self::default();
        for outcome in outcomes {
            let of = match outcome {
                Ok(Outcome::More | Outcome::Done | Outcome::Password(_)) => &mut counted.approved,
                Ok(Outcome::Returned(_)) => &mut counted.returned,
                Ok(Outcome::Unclear) => &mut counted.unclear,
                Err(_) => &mut counted.refused,
            };
            *of = of.saturating_add(1);
        }
        counted
    }

    fn words(self) -> String {
        let parts = [
            (self.approved, "件を承認しました。"),
            (self.returned, "件は実行できず、理由を添えて依頼した方に差し戻しました。"),
            (self.unclear, "件は承認がそろいましたが、結果をまだ確認できていません。"),
            (self.refused, "件は承認していません。"),
        ];
        let told = parts.iter().filter(|(count, _)| *count > 0);
        let told: String = told.map(|(count, words)| format!("{count}{words}")).collect();
        format!("{told}結果は、それぞれの依頼でご確認ください。")
    }
}

async fn page(bank: &Bank, by: &SignedIn, trouble: Option<Trouble>) -> Result<ListPage, Stop> {
    let now = bank.clock.now();
    let contract = by.contract.id;
    let is_meant = |one: &Request| one.matter.is_open_to(by) && !one.is_of(&by.user);
    let waiting = store::waiting(&bank.database, contract, now, is_meant).await.map_err(failed)?;
    let own = store::of_author(&bank.database, contract, by.user.id).await.map_err(failed)?;
    let people = names(bank, by).await?;
    let became = words::become_of(bank, &own.iter().collect::<Vec<_>>()).await?;
    let row = |request: &Request| row(by, request, now, (&people, became.get(&request.id).copied()));
    let held = Policies::of(&bank.database, contract).held(now).await.map_err(failed)?;
    let distinct = held.policy.distinct_tokens;
    let waits = |request: &Request| {
        let row = row(request);
        Row { needs_code: row.is_mine && operation::demands_code(bank, request, distinct), ..row }
    };
    let waiting: Vec<_> = waiting.iter().map(waits).collect();
    Ok(ListPage {
        frame: page_frame(by, Area::Approvals, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        may_approve: waiting.iter().any(|one| one.can_tick),
        is_full: (bounds::is_full(&waiting), bounds::is_full(&own)),
        waiting,
        own: own.iter().map(row).collect(),
    })
}

/// Everybody of the contract by name.
pub async fn names(bank: &Bank, by: &SignedIn) -> Result<BTreeMap<UserId, String>, Stop> {
    let people = Members::of(&bank.database, by.contract.id).everybody().await.map_err(failed)?;
    Ok(people.into_iter().map(|one| (one.id, format!("{}({})", one.name, one.login_id))).collect())
}

/// Whether the person is not one of those who have approved; the operation decides about everything else.
pub fn is_fresh(by: &SignedIn, given: &[Hand]) -> bool {
    given.iter().all(|hand| hand.user != by.user.id)
}

fn row(
    by: &SignedIn,
    request: &Request,
    now: domain::Timestamp,
    (people, became): (&BTreeMap<UserId, String>, Option<words::Shown>),
) -> Row {
    let state = request.state_at(now);
    let hands: Vec<_> = request.given.iter().map(|given| given.hand.clone()).collect();
    let is_mine = state == state::State::Asked && !request.is_of(&by.user) && is_fresh(by, &hands);
    Row {
        id: request.id,
        link: ApprovalLink(request.id),
        digest: request.digest.clone(),
        business: request.matter.label(),
        title: request.matter.title(),
        amount: request.matter.amount(),
        author: people.get(&request.author.user).cloned().unwrap_or_default(),
        at: day_and_time(match (request.state, state) {
            // what nobody approved in time ended then, noted or not
            (state::State::Asked, _) | (_, state::State::Asked) => request.until,
            _ => request.changed_at,
        }),
        state: words::Shown::of(state, became),
        given: format!("{}/{}", hands.len(), request.need.approvals),
        is_mine,
        can_tick: is_mine && !request.matter.makes_password(),
        needs_code: false,
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        problem.trouble()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_back_or_is_unclear_is_not_told_as_approved() {
        let outcomes = [
            Ok(Outcome::More),
            Ok(Outcome::Done),
            Ok(Outcome::Returned("金額".to_owned())),
            Ok(Outcome::Unclear),
            Err(Problem::Changed),
        ];
        let counted = Counted::of(outcomes.iter());
        assert_eq!(counted, Counted { approved: 2, returned: 1, unclear: 1, refused: 1 });
        let none = Counted { approved: 1, ..Counted::default() };
        assert!(!none.words().contains("差し戻し") && counted.words().contains("1件は承認していません。"));
    }
}
