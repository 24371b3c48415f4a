//! What is stopped, stopping, and the proposal to lift.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{ContractId, StaffRequestId};
use edge::{CsrfForm, Errors, Frame};
use gateway::{Service, Stop, StopScope};
use internet_banking::answer::{Answer, Stop as Answered, again, failed, shown};
use internet_banking::contracts::Plan;
use internet_banking::mail::To;
use internet_banking::stops::under_way::under_way;
use internet_banking::stops::{contract_stop, end_all_sessions, put_in_place};
use ledger::{AuditRecord, Commit, EntityId};
use serde::Deserialize;
use uuid::Uuid;

use super::proposal::{LiftEmergency, contract_of, service_label, what};
use super::store;
use crate::Console;
use crate::contracts::procedure::{document, line, text};
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::{ConsoleLink, ContractLink, LiftEmergencyLink};
use crate::problem::{Problem, Trouble};
use crate::requests::{Proposal, WORDS_CHARS_MAX, add_reason, propose as propose_request};
use crate::sign_in::StaffSignedIn;
use crate::staff::{Staff, StaffRole};
use crate::users::store as users;
use crate::words::{Choice, Names, full_stamp};

/// Stopped contracts whose transactions are counted on the list; of the others their own page tells.
const LOOKED_INTO_MAX: usize = 50;

/// What is stopped, and why.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    what: String,
    reason: String,
    document: String,
    sure: String,
}

/// A stop in the list.
pub(crate) struct StopRow {
    pub what: String,
    /// 停止の受付番号, which the customer reads out.
    pub number: String,
    pub link: Option<ContractLink>,
    pub reason: String,
    pub at: String,
    pub by: String,
    pub lift: LiftEmergencyLink,
    /// What of the contract is reserved, and what is under way; nothing where that is not looked up here.
    pub taken: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "stops/stops.html")]
pub(crate) struct StopsPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub rows: Vec<StopRow>,
    pub choices: Vec<Choice>,
    pub reason: String,
    /// The stop that is to be lifted, where the form of it comes again.
    pub lifting: Option<Uuid>,
    pub document: String,
    pub may_propose: bool,
}

impl StopsPage {
    /// What the stop is of that is to be lifted.
    fn lifted(&self) -> &str {
        self.rows.iter().find(|row| Some(row.lift.0) == self.lifting).map_or("", |row| &row.what)
    }
}

/// The last look before all of a plan or of the bank is stopped.
#[derive(Template)]
#[template(path = "stops/confirm.html")]
pub(crate) struct ConfirmPage {
    pub frame: Frame,
    pub csrf: String,
    /// What would be stopped, as the form says it and in words.
    pub chosen: (String, String),
    pub reason: String,
    /// Contracts that it stops, and people who could sign in.
    pub reaches: (i64, i64),
    /// Whether nobody could sign in any more.
    pub signs_out: bool,
}

/// `GET /stops`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    shown(&page(&console, &by, None, Typed::default(), None).await?)
}

/// `POST /stops`: a plan or a service, by one person.
pub async fn stop(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let chosen = chosen(&typed.what);
    let reason = text(&line(&typed.reason), WORDS_CHARS_MAX, "理由");
    let (Some((scope, subject)), Ok(reason)) = (chosen, &reason) else {
        let mut errors = Errors::none();
        if chosen.is_none() {
            errors.add("what", "停止の対象を選んでください。");
        }
        reason.err().into_iter().for_each(|message| errors.add("reason", message));
        return again(&page(&console, &by, Some(Trouble::input(errors)), typed, None).await?);
    };
    if typed.sure != "yes" {
        return shown(&confirmation(&console, &by, (scope, subject), &typed.what, reason).await?);
    }
    let now = console.clock.now();
    let (id, actor) = (StaffRequestId::generate().uuid(), by.staff.actor());
    let stop = Stop { id, scope, subject: subject.to_owned(), reason: reason.clone(), actor, at: now };
    let sessions = match scope {
        StopScope::Plan => vec![end_all_sessions(Some(subject), now)],
        StopScope::Service if subject == Service::SignIn.code() => vec![end_all_sessions(None, now)],
        StopScope::Service | StopScope::Contract => Vec::new(),
    };
    let audit = AuditRecord {
        contract: None,
        actor: stop.actor.clone(),
        action: "service.stop",
        subject: subject.to_owned(),
        detail: format!("{}: {reason}", scope.code()),
    };
    let commit = Commit {
        changes: sessions,
        rows: vec![stop.row()],
        guards: vec![(stop.guard(), EntityId(id))],
        audit: vec![audit],
        ..Commit::default()
    };
    stopped(&console, &by, stop, commit, ConsoleLink::Stops.to_string()).await
}

/// `POST /contracts/{id}/stop`: a contract, by one person.
pub async fn stop_contract(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let id: ContractId = id.parse().map_err(|_| Answered::not_found())?;
    let contract = console.contracts.contract(id).await.map_err(failed)?.ok_or_else(Answered::not_found)?;
    let back = ContractLink(id).to_string();
    let reason = match text(&line(&typed.reason), WORDS_CHARS_MAX, "理由") {
        Ok(reason) => reason,
        Err(message) => {
            return Err(Problem::new(ConsoleCode::Input, message).stop(&by, Area::Contracts, &back));
        }
    };
    let (now, actor) = (console.clock.now(), by.staff.actor());
    let to = console.contracts.recipients(id, To::Administrators).await.map_err(failed)?;
    let (stop, mut what) = contract_stop(&contract, &reason, &actor, to, now);
    what.detail = reason;
    let commit = what.commit(&actor, &contract, now);
    stopped(&console, &by, stop, commit, back).await
}

/// What a stop of all would do, and to how many.
async fn confirmation(
    console: &Console,
    by: &StaffSignedIn,
    (scope, subject): (StopScope, &str),
    typed: &str,
    reason: &str,
) -> Result<ConfirmPage, Answered> {
    let plan = if scope == StopScope::Plan { subject } else { "" };
    let choice = choices(typed).into_iter().find(|choice| choice.value == typed);
    Ok(ConfirmPage {
        frame: frame::page(by, Area::Stops),
        csrf: by.csrf.clone(),
        chosen: (typed.to_owned(), choice.map(|choice| choice.label).unwrap_or_default()),
        reason: reason.to_owned(),
        reaches: store::reaches(&console.database, plan).await.map_err(failed)?,
        signs_out: scope == StopScope::Plan || subject == Service::SignIn.code(),
    })
}

async fn stopped(console: &Console, by: &StaffSignedIn, stop: Stop, commit: Commit, back: String) -> Answer {
    match put_in_place(&console.gateway, stop, commit).await {
        Ok(_) => Ok(Redirect::to(&back).into_response()),
        Err(refused) => Err(Problem::unclear(&refused).stop(by, Area::Stops, &back)),
    }
}

/// `POST /stops/{id}/lift`: proposes it.
pub async fn lift(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<Uuid>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let mut errors = Errors::none();
    let document = document(&typed.document).map_err(|message| errors.add("document", message)).ok();
    add_reason(&mut errors, &typed.reason);
    let (Some(document), true) = (document, errors.is_empty()) else {
        return again(&page(&console, &by, Some(Trouble::input(errors)), typed, Some(id)).await?);
    };
    let proposal = Proposal::LiftEmergency(LiftEmergency { stop: id, document });
    let (back, reason) = ((Area::Stops, ConsoleLink::Stops.to_string()), typed.reason.clone());
    propose_request(&console, &by, proposal, &reason, back, async |trouble| {
        page(&console, &by, Some(trouble), typed, Some(id)).await
    })
    .await
}

/// A plan or a service from the form.
fn chosen(typed: &str) -> Option<(StopScope, &'static str)> {
    let (scope, word) = typed.split_once('/')?;
    match StopScope::from_code(scope)? {
        StopScope::Plan => Some((StopScope::Plan, Plan::from_code(word)?.code())),
        StopScope::Service => Some((StopScope::Service, Service::from_code(word)?.code())),
        StopScope::Contract => None,
    }
}

fn choices(asked: &str) -> Vec<Choice> {
    let of = |scope: StopScope, word: &str| format!("{}/{word}", scope.code());
    let services = Service::ALL
        .iter()
        .map(|service| Choice::new(of(StopScope::Service, service.code()), service_label(*service), asked));
    let plans = Plan::ALL.iter().map(|plan| {
        Choice::new(of(StopScope::Plan, plan.code()), format!("{}のすべての契約", plan.label()), asked)
    });
    services.chain(plans).collect()
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    trouble: Option<Trouble>,
    typed: Typed,
    lifting: Option<Uuid>,
) -> Result<StopsPage, Answered> {
    let staff: Vec<Staff> = console.staff.everybody().await.map_err(failed)?;
    let names = Names::of(&staff);
    let mut rows = Vec::new();
    for stop in console.gateway.open_stops().await.map_err(failed)? {
        let contract = contract_of(&console.contracts, &stop).await.map_err(failed)?;
        let customer = match stop.actor.parse() {
            Ok(user) => users::find(&console.database, user).await.map_err(failed)?,
            Err(_) => None,
        };
        let taken = match &contract {
            Some(contract) if rows.len() < LOOKED_INTO_MAX => {
                let taken = under_way(&console.gateway, &console.contracts, contract.id).await;
                // stops are made and lifted here, whatever of a contract cannot be read
                if let Err(error) = &taken {
                    tracing::error!(contract = %contract.id, %error, "what is under way cannot be told");
                }
                taken.ok().map(|taken| (taken.reserved.count(), taken.open.count()))
            }
            _ => None,
        };
        rows.push(StopRow {
            what: what(&console.contracts, &stop).await.map_err(failed)?,
            number: stop.number(),
            taken,
            link: contract.map(|contract| ContractLink(contract.id)),
            by: match customer {
                Some(user) => format!("お客さま {}({})", user.name, user.login_id),
                None => names.name(&stop.actor),
            },
            reason: stop.reason,
            at: full_stamp(stop.at),
            lift: LiftEmergencyLink(stop.id),
        });
    }
    Ok(StopsPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Stops) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        rows,
        choices: choices(&typed.what),
        reason: typed.reason,
        lifting,
        document: typed.document,
        may_propose: by.staff.role == StaffRole::Maker,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plans_and_services_are_stopped_for_all() {
        assert_eq!(chosen("service/payeasy"), Some((StopScope::Service, "payeasy")));
        assert_eq!(chosen("plan/mini"), Some((StopScope::Plan, "mini")));
        for typed in ["", "payeasy", "plan/none", "service/", "contract/0190"] {
            assert_eq!(chosen(typed), None, "{typed}");
        }
        assert!(choices("").iter().all(|choice| chosen(&choice.value).is_some()));
    }
}
