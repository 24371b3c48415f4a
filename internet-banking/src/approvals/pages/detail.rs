//! One request: what is asked for, who has approved it, and what the person can do.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{ApprovalId, UserId, Yen};
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;

use super::list::{is_fresh, names};
use super::words::{self, Fact};
use super::{because, find, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::links::ApprovalLink;
use crate::approvals::operation::{self, Outcome, Secrets};
use crate::approvals::people;
use crate::approvals::policy::Hand;
use crate::approvals::problem::Problem;
use crate::approvals::request::{Matter, Request};
use crate::approvals::settings::Policies;
use crate::approvals::state::{self, Event};
use crate::bulk::links::{BatchLink, BatchPage};
use crate::contracts::Business;
use crate::frame::{Area, day_and_time, year_day_and_time};
use crate::links::{Link, PaymentLink};
use crate::payeasy::approval::Again;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;
use crate::transfers::links::{OrderLink, RecallLink};
use crate::users::{Temporary, TemporaryShown};
use crate::{payeasy, policy, transfers};

/// Somebody who has approved.
pub struct GivenRow {
    /// The person.
    pub name: String,
    /// When.
    pub at: String,
}

/// The page.
#[derive(Template)]
#[template(path = "approvals/request.html")]
pub struct RequestPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: ApprovalLink,
    /// The business.
    pub business: &'static str,
    /// What is asked for.
    pub title: String,
    /// What leaves the account.
    pub amount: Option<Yen>,
    /// Everything of it.
    pub facts: Vec<Fact>,
    /// Who asks.
    pub author: String,
    /// When it was last asked for or changed.
    pub at: String,
    /// Until when it may be approved.
    pub until: String,
    /// How many must approve.
    pub need: String,
    /// Who has approved.
    pub given: Vec<GivenRow>,
    /// Where it is.
    pub state: words::Shown,
    /// What its last approval leads to.
    pub consequence: &'static str,
    /// Whether nothing has moved yet, and who can approve it.
    pub waits_for: Option<String>,
    /// Whether it was asked for before, and is kept again to be put right.
    pub was_asked: bool,
    /// What was said at its last step.
    pub note: String,
    /// The page of the payment or order that it became.
    pub made: Option<String>,
    /// What its approval is bound to.
    pub digest: String,
    /// Whether this person may approve it or send it back.
    pub may_decide: bool,
    /// Whether its approval costs a one-time password.
    pub one_time_password: bool,
    /// The reason that was typed to send it back.
    pub reason: String,
    /// Whether this person may take it back.
    pub may_withdraw: bool,
    /// Whether this person may ask for it again.
    pub may_ask: bool,
    /// Whether it is with its author, until when it is kept.
    pub is_kept: bool,
    /// Whether it is put right in an entry of its own.
    pub may_edit: bool,
    /// What asking again does.
    pub again: &'static str,
    /// Whether this person may delete it.
    pub may_delete: bool,
    /// The request, where it is a transfer that this person may keep as a template.
    pub template_of: Option<ApprovalId>,
    /// A temporary password that the approval has made, shown this once.
    pub temporary: Option<TemporaryShown>,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    from: String,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Decided {
    action: String,
    digest: String,
    reason: String,
    #[serde(flatten)]
    secrets: Secrets,
}

/// `GET /approvals/{approval}`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let request = find(&bank, &by, &id).await?;
    let page = page(&bank, &by, &request, None).await?;
    let notice = (asked.from == "entry").then(|| of_entry(&request).to_owned());
    shown(&RequestPage { frame: Frame { notice, ..page.frame }, ..page })
}

/// What whoever goes back to an entry is told: it has become a request meanwhile, and is changed there.
const fn of_entry(request: &Request) -> &'static str {
    match request.state {
        state::State::Draft => {
            "この入力は、依頼の下書きとして保存済みです。続きは、この画面でお手続きください。"
        }
        _ => "この入力は、すでに承認を依頼しています。いまの状態は、この画面のとおりです。",
    }
}

/// `POST /approvals/{approval}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Decided>,
) -> Answer {
    let request = find(&bank, &by, &id).await?;
    if let ("edit", Matter::Transfer(asked)) = (form.action.as_str(), &request.matter) {
        return match transfers::approval::put_right(&bank, &by, &request, asked).await {
            Ok(path) => Ok(Redirect::to(&path).into_response()),
            Err(problem) => again(&page(&bank, &by, &request, Some(problem.trouble())).await?),
        };
    }
    match act(&bank, &by, &request, &form).await {
        Ok(None) => Ok(Redirect::to(&ApprovalLink(request.id).to_string()).into_response()),
        Ok(Some(temporary)) => {
            let request = find(&bank, &by, &id).await?;
            let page = page(&bank, &by, &request, None).await?;
            shown(&RequestPage { temporary: Some(temporary.shown()), ..page })
        }
        Err(problem @ (Problem::NotPermitted | Problem::NotThere)) => Err(because(&by, &problem)),
        Err(problem) => {
            let request = find(&bank, &by, &id).await?;
            let trouble = match request.state {
                state::State::Approved | state::State::Done => problem.trouble().of_made(),
                _ => problem.trouble(),
            };
            let page = page(&bank, &by, &request, Some(trouble)).await?;
            again(&RequestPage { reason: form.reason, ..page })
        }
    }
}

async fn act(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    form: &Decided,
) -> Result<Option<Temporary>, Problem> {
    match form.action.as_str() {
        "approve" => match operation::approve(bank, by, request.id, &form.digest, &form.secrets).await? {
            Outcome::Password(temporary) => return Ok(Some(temporary)),
            Outcome::More | Outcome::Done | Outcome::Returned(_) | Outcome::Unclear => {}
        },
        "return" => operation::send_back(bank, by, request.id, &form.reason).await?,
        "withdraw" => operation::withdraw(bank, by, request.id).await?,
        "delete" => operation::delete(bank, by, request.id).await?,
        "ask" if request.is_of(&by.user) => match &request.matter {
            Matter::Payeasy(asked) => {
                let typed = &form.secrets.confirmation_password;
                match payeasy::approval::ask_again(bank, by, request, asked, typed).await? {
                    Again::Asked => {}
                    Again::Changed => return Err(payeasy::Problem::AmountChanged.into()),
                }
            }
            Matter::Transfer(asked) => {
                let typed = &form.secrets.confirmation_password;
                transfers::approval::ask_again(bank, by, request, asked, typed).await?;
            }
            Matter::Return(asked) => {
                let case = bank.transfers.consent(&[asked.account], asked.case).await;
                let case = case.map_err(|error| Problem::unavailable(&error))?.ok_or(Problem::NotThere)?;
                let typed = &form.secrets.confirmation_password;
                transfers::return_approval::ask(bank, by, &case, typed).await?;
            }
            Matter::Bulk(_) | Matter::Administration(_) => return Err(Problem::Changed),
        },
        _ => return Err(Problem::NotThere),
    }
    Ok(None)
}

/// Who can approve it next, by name.
async fn approvers(
    bank: &Bank,
    request: &Request,
    hands: &[Hand],
    name: impl Fn(UserId) -> String,
) -> Result<String, Stop> {
    let able = people::able(&bank.database, request.contract, &request.matter).await.map_err(failed)?;
    let mut who: Vec<UserId> = Vec::new();
    for one in able {
        let is_out = one.user == request.author.user || hands.iter().any(|hand| hand.user == one.user);
        if !is_out && !who.contains(&one.user) {
            who.push(one.user);
        }
    }
    Ok(who.into_iter().map(name).collect::<Vec<_>>().join("、"))
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    trouble: Option<Trouble>,
) -> Result<RequestPage, Stop> {
    let people = names(bank, by).await?;
    let held = Policies::of(&bank.database, by.contract.id).held(bank.clock.now()).await.map_err(failed)?;
    let name = |user| people.get(&user).cloned().unwrap_or_default();
    let state = request.state_at(bank.clock.now());
    let own = request.is_of(&by.user);
    let can = |event| state.after(event).is_some();
    let hands: Vec<_> = request.given.iter().map(|given| given.hand.clone()).collect();
    let (made, may_ask): (Option<String>, bool) = match &request.matter {
        Matter::Payeasy(of) => {
            let made = bank.gateway.payment(request.contract, of.payment).await.map_err(failed)?;
            (made.map(|made| PaymentLink(made.facts.id).to_string()), own && can(Event::Ask))
        }
        Matter::Transfer(of) => {
            let made = bank.transfers.find(request.contract, of.order).await.map_err(failed)?;
            (made.map(|made| OrderLink(made.facts.id).to_string()), own && can(Event::Ask))
        }
        Matter::Return(of) => (Some(RecallLink(of.case).to_string()), own && can(Event::Ask)),
        // what comes back is put right and asked for on its own page
        Matter::Bulk(of) => (Some(BatchLink(of.batch, BatchPage::Rows).to_string()), false),
        Matter::Administration(_) => (None, false),
    };
    let became = words::become_of(bank, &[request]).await?.get(&request.id).copied();
    let waits_for = match state {
        state::State::Asked => Some(approvers(bank, request, &hands, name).await?),
        _ => None,
    };
    Ok(RequestPage {
        frame: page_frame(by, Area::Approvals, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: ApprovalLink(request.id),
        business: request.matter.label(),
        title: request.matter.title(),
        amount: request.matter.amount(),
        facts: words::facts(bank, by, request).await.map_err(failed)?,
        author: name(request.author.user),
        at: day_and_time(request.changed_at),
        until: match can(Event::Delete) {
            true => year_day_and_time(request.until),
            false => day_and_time(request.until),
        },
        need: words::need(request.need),
        given: request
            .given
            .iter()
            .map(|given| GivenRow { name: name(given.hand.user), at: day_and_time(given.at) })
            .collect(),
        state: words::Shown::of(state, became),
        consequence: words::consequence(&request.matter, bank.clock.now().date()),
        waits_for,
        was_asked: state == state::State::Draft && request.round > 0,
        note: request.note.clone(),
        made,
        digest: request.digest.clone(),
        may_decide: can(Event::Approve) && !own && request.matter.is_open_to(by) && is_fresh(by, &hands),
        one_time_password: operation::demands_code(bank, request, held.policy.distinct_tokens),
        reason: String::new(),
        may_withdraw: own && can(Event::Withdraw),
        may_ask,
        may_delete: own && can(Event::Delete),
        template_of: match &request.matter {
            Matter::Transfer(of) => {
                policy::offers(by.contract.plan, Business::Transfer)
                    && by.user.rights.may_use(Business::Transfer, of.details.account)
            }
            Matter::Payeasy(_) | Matter::Return(_) | Matter::Bulk(_) | Matter::Administration(_) => false,
        }
        .then_some(request.id),
        is_kept: can(Event::Delete),
        may_edit: matches!(request.matter, Matter::Transfer(_)),
        again: match request.matter {
            Matter::Transfer(_) => {
                "表示している内容のまま、もう一度承認を依頼します。指定日や受付時限、残高は、いまの時点で確かめます。"
            }
            Matter::Return(_) => {
                "表示している内容のまま、もう一度承認を依頼します。回答の期限と残高は、いまの時点で確かめます。"
            }
            Matter::Payeasy(_) | Matter::Bulk(_) | Matter::Administration(_) => {
                "収納機関にもう一度照会し、内容が同じであれば承認を依頼します。"
            }
        },
        temporary: None,
    })
}
