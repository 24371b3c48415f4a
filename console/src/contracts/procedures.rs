//! One page for every procedure of a contract: as it is, what is to be, the paper and the reason.

use askama::Template;
use axum::extract::{Path, State};
use domain::ContractId;
use domain::time::year_month_day;
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::approvals;
use internet_banking::certificates::Certificate;
use internet_banking::contracts::registry::FiledPayee;
use internet_banking::payees::counters::{Lock, NameChecks};

use super::act::{ContractChange, Procedure};
use super::procedure::{self, Control, Field, Locks, Typed};
use super::seen::Seen;
use super::{reservation, store};
use crate::Console;
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::{ContractLink, ProcedureLink};
use crate::page::note;
use crate::problem::{Problem, Trouble};
use crate::requests::{Proposal, add_reason, propose as propose_request};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;

#[derive(Template)]
#[template(path = "contracts/procedure.html")]
pub(crate) struct ProcedurePage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub procedure: Procedure,
    pub guidance: &'static str,
    pub id: ContractId,
    pub name: String,
    /// As it is now; empty where there is nothing to compare.
    pub current: String,
    /// That there is nothing that the procedure could be about.
    pub nothing: Option<&'static str>,
    pub fields: Vec<Field>,
    pub document: String,
    pub reason: String,
    pub may_propose: bool,
}

/// `GET /contracts/{id}/procedures/{procedure}`
pub async fn show(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path((id, word)): Path<(String, String)>,
) -> Answer {
    let (id, procedure) = parse(&id, &word)?;
    let (seen, locks) = taken(&console, &by, id, procedure).await?;
    note(&console, &by, "console.contract_view", id.to_string(), procedure.code()).await?;
    shown(&page(&by, procedure, &seen, &locks, None, &Typed::default()))
}

/// `POST /contracts/{id}/procedures/{procedure}`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path((id, word)): Path<(String, String)>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let (id, procedure) = parse(&id, &word)?;
    let (seen, locks) = taken(&console, &by, id, procedure).await?;
    if typed.before != procedure::current(procedure, &seen, &locks) {
        return Err(stop(&ConsoleCode::ContractChanged.into(), &by, id));
    }
    let today = console.clock.now().date();
    let read = match (
        procedure::read(procedure, &seen, &locks, &typed, today),
        procedure::document(&typed.document),
    ) {
        (Ok(act), Ok(document)) => Ok(ContractChange { contract: id, document, act }),
        (Err(mut errors), document) => {
            document.err().into_iter().for_each(|message| errors.add("document", message));
            Err(errors)
        }
        (Ok(_), Err(message)) => Err(Errors::one("document", message)),
    };
    let change = match read {
        Ok(change) => change,
        Err(mut errors) => {
            add_reason(&mut errors, &typed.reason);
            return again(&page(&by, procedure, &seen, &locks, Some(Trouble::input(errors)), &typed));
        }
    };
    let back = (Area::Contracts, ContractLink(id).to_string());
    propose_request(&console, &by, Proposal::Contract(change), &typed.reason, back, async |trouble| {
        Ok(page(&by, procedure, &seen, &locks, Some(trouble), &typed))
    })
    .await
}

fn parse(id: &str, word: &str) -> Result<(ContractId, Procedure), Stop> {
    let id = id.parse().map_err(|_| Stop::not_found())?;
    Ok((id, Procedure::from_code(word).ok_or_else(Stop::not_found)?))
}

/// The contract, where the procedure is one of its state.
async fn taken(
    console: &Console,
    by: &StaffSignedIn,
    id: ContractId,
    procedure: Procedure,
) -> Result<(Seen, Locks), Stop> {
    let seen = Seen::of(&console.contracts, id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    if !seen.takes(procedure) {
        return Err(stop(&ConsoleCode::ContractState.into(), by, id));
    }
    let locks = locks(console, &seen).await?;
    Ok((seen, locks))
}

/// What is locked, and the limit.
pub(super) async fn locks(console: &Console, seen: &Seen) -> Result<Locks, Stop> {
    let id = seen.contract.id;
    let users = store::users(&console.database, id).await.map_err(failed)?;
    let certificates = console.certificates.of_contract(id).await.map_err(failed)?;
    let words = |one: &Certificate| {
        let user = users.iter().find(|user| user.id == one.user);
        let who = user.map(|user| format!("{} {}", user.login_id, user.name)).unwrap_or_default();
        format!("{who} シリアル番号 {} 有効期限 {}", one.serial, year_month_day(one.expires_at.date()))
    };
    let payees = console.contracts.filed_payees(id).await.map_err(failed)?;
    let words_of: Vec<_> =
        users.iter().map(|user| (user.id, format!("{} {}", user.login_id, user.name))).collect();
    let live = certificates.into_iter().filter(|one| one.ended.is_none());
    let certificates = live.map(|one| (one.clone(), words(&one))).collect();
    let locked = users.into_iter().filter_map(|user| {
        user.confirmation_locked_us.map(|at| (user.id, format!("{} {}", user.login_id, user.name), at))
    });
    let name_checks = NameChecks::locks(&console.database, id).await.map_err(failed)?;
    let whom = |lock: Lock| {
        let user = words_of.iter().find(|(user, _)| user.uuid() == lock.subject);
        let whom = user.map_or_else(|| "契約全体".to_owned(), |(_, words)| words.clone());
        (lock, whom)
    };
    let sign_in = match &seen.master {
        Some(master) => console.customers.lock_of(&master.login_id).await.map_err(failed)?,
        None => None,
    };
    let policies = approvals::Policies::of(&console.database, id);
    let (version, _) = policies.newest().await.map_err(failed)?;
    let now = console.clock.now();
    let confirms = policies.held(now).await.map_err(failed)?.confirms;
    Ok(Locks {
        confirmed_by: confirms.then(|| (version, approvals::single_administrator_until(now.date()))),
        limit: console.limits.of_contract(id).await.map_err(failed)?,
        sign_in,
        confirmations: locked.collect(),
        name_checks: name_checks.into_iter().map(whom).collect(),
        certificates,
        reservations: reservation::list(&console.gateway, id).await.map_err(failed)?,
        payees: payees.into_iter().map(|payee| (payee.number.clone(), payee_words(&payee))).collect(),
    })
}

/// A payee among others: number, name and account.
fn payee_words(payee: &FiledPayee) -> String {
    let FiledPayee { number, name, bank, branch, kind, account_number } = payee;
    format!("{number} {name} {bank}-{branch} {} {account_number}", kind.label())
}

fn stop(problem: &Problem, by: &StaffSignedIn, id: ContractId) -> Stop {
    problem.stop(by, Area::Contracts, &ContractLink(id).to_string())
}

fn page(
    by: &StaffSignedIn,
    procedure: Procedure,
    seen: &Seen,
    locks: &Locks,
    trouble: Option<Trouble>,
    typed: &Typed,
) -> ProcedurePage {
    ProcedurePage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Contracts) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        procedure,
        guidance: procedure::guidance(procedure),
        id: seen.contract.id,
        name: seen.contract.name.clone(),
        current: procedure::current(procedure, seen, locks),
        nothing: procedure::nothing(procedure, locks),
        fields: procedure::fields(procedure, seen, locks, typed),
        document: typed.document.clone(),
        reason: typed.reason.clone(),
        may_propose: by.staff.role == StaffRole::Maker,
    }
}
