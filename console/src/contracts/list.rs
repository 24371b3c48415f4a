//! The contracts, by name or account number.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Query, State};
use edge::Frame;
use gateway::StopScope;
use internet_banking::answer::{Answer, failed, shown};
use internet_banking::contracts::{ContractState, Plan, SignInMethod};
use serde::Deserialize;

use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, ContractLink};
use crate::page::note;
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Choice, Tag};

/// Contracts of one list at most.
const CONTRACTS_MAX: usize = 100;
/// Characters of a search at most.
const TEXT_CHARS_MAX: usize = 64;

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    text: String,
    state: String,
}

/// A contract in the list.
pub(crate) struct ContractRow {
    pub link: ContractLink,
    pub name: String,
    pub plan: &'static str,
    pub sign_in: &'static str,
    pub tag: Tag,
}

#[derive(Template)]
#[template(path = "contracts/list.html")]
pub(crate) struct ContractsPage {
    pub frame: Frame,
    pub text: String,
    pub states: Vec<Choice>,
    pub rows: Vec<ContractRow>,
    pub more: bool,
    pub may_propose: bool,
}

/// Whatever else a contract is, nobody of it is let in.
pub(crate) const STOPPED: Tag = Tag::bad("緊急停止中");

/// How far a contract has come: icon, word and colour.
pub(crate) const fn state_tag(state: ContractState) -> Tag {
    match state {
        ContractState::Applied | ContractState::Usable => Tag::wait(state.label()),
        ContractState::Active => Tag::ok(state.label()),
        ContractState::Ended => Tag::info(state.label()),
    }
}

/// What a contract is to whoever looks at it: `waits` says that its first day is still to come.
pub(crate) const fn tag_of(is_stopped: bool, state: ContractState, waits: bool) -> Tag {
    match (is_stopped, state) {
        (true, _) => STOPPED,
        (false, ContractState::Usable) if waits => Tag::wait("利用開始日の前"),
        (false, state) => state_tag(state),
    }
}

/// `GET /contracts`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let text: String = filter.text.trim().chars().take(TEXT_CHARS_MAX).collect();
    let state = ContractState::from_code(&filter.state);
    note(&console, &by, "console.contract_search", String::new(), &text).await?;
    let mut found = console.contracts.search(&text, state).await.map_err(failed)?;
    let more = found.len() > CONTRACTS_MAX;
    found.truncate(CONTRACTS_MAX);
    let stopped: BTreeSet<String> = console
        .gateway
        .open_stops()
        .await
        .map_err(failed)?
        .into_iter()
        .filter(|stop| stop.scope == StopScope::Contract)
        .map(|stop| stop.subject)
        .collect();
    let today = console.clock.now().date();
    let row = |found: internet_banking::contracts::registry::ListedContract| ContractRow {
        link: ContractLink(found.id),
        name: found.name,
        plan: Plan::from_code(&found.plan).map(Plan::label).unwrap_or_default(),
        sign_in: SignInMethod::from_code(&found.sign_in).map(SignInMethod::label).unwrap_or_default(),
        tag: tag_of(
            stopped.contains(&found.id.to_string()),
            found.state,
            found.usable_from.is_some_and(|day| day > today),
        ),
    };
    let each = ContractState::ALL.iter().map(|s| Choice::new(s.code(), s.label(), &filter.state));
    shown(&ContractsPage {
        frame: frame::page(&by, Area::Contracts),
        states: std::iter::once(Choice::new("", "すべて", &filter.state)).chain(each).collect(),
        text,
        rows: found.into_iter().map(row).collect(),
        more,
        may_propose: by.staff.role == StaffRole::Maker,
    })
}
