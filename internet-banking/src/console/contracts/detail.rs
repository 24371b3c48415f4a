//! One contract: its plan, and the daily limit that two people change.

use askama::Template;
use axum::extract::{Path, State};
use domain::money::AmountError;
use domain::time::month_day;
use domain::{ContractId, Yen};
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;

use super::proposal::ContractLimit;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::console::Console;
use crate::console::frame::{self, Area};
use crate::console::links::{ConsoleLink, ContractLimitLink, ContractLink};
use crate::console::page::note;
use crate::console::problem::Trouble;
use crate::console::requests::pages::{self, RequestRow};
use crate::console::requests::{Proposal, propose};
use crate::console::sign_in::StaffSignedIn;
use crate::console::staff::StaffRole;
use crate::console::words::Names;

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    /// The limit that the page showed, in yen.
    before: i64,
    limit: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "console/contracts/contract.html")]
pub(in crate::console) struct ContractPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub id: ContractId,
    pub name: String,
    pub plan: &'static str,
    pub sign_in: &'static str,
    /// What may be paid to private collectors in a day.
    pub limit: Yen,
    /// The day that is meant.
    pub today: String,
    /// What is paid of it today or held to be paid.
    pub used: Yen,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
    /// What was typed.
    pub typed: String,
    pub reason: String,
}

/// `GET /contracts/{id}`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let id = parse(&id)?;
    let page = page(&console, &by, id, None, Proposed::default()).await?;
    note(&console, &by, "console.contract_view", id.to_string(), "").await?;
    shown(&page)
}

/// `POST /contracts/{id}/limit`
pub async fn propose_limit(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let id = parse(&id)?;
    let after = match read(&form.limit) {
        Ok(after) if after == Yen::new(form.before) => {
            let trouble =
                Trouble::input(Errors::one("limit", "いまの限度額と同じです。違う金額を入力してください。"));
            return again(&page(&console, &by, id, Some(trouble), form).await?);
        }
        Ok(after) => after,
        Err(message) => {
            let trouble = Trouble::input(Errors::one("limit", message));
            return again(&page(&console, &by, id, Some(trouble), form).await?);
        }
    };
    let proposal =
        Proposal::ContractLimit(ContractLimit { contract: id, before: Yen::new(form.before), after });
    let back = (Area::Users, ContractLink(id).to_string());
    let reason = form.reason.clone();
    propose(&console, &by, proposal, &reason, back, async |trouble| {
        page(&console, &by, id, Some(trouble), form).await
    })
    .await
}

fn read(typed: &str) -> Result<Yen, &'static str> {
    Yen::parse_typed(typed).map_err(|error| match error {
        AmountError::Empty => "変更後の限度額を入力してください。",
        AmountError::NotDigit(_) => "限度額は数字で入力してください。",
        AmountError::TooLarge => "限度額は 11 けたまでです。",
    })
}

fn parse(id: &str) -> Result<ContractId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    id: ContractId,
    trouble: Option<Trouble>,
    typed: Proposed,
) -> Result<ContractPage, Stop> {
    let contract = console.contracts.contract(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let now = console.clock.now();
    let limit = console.limits.of_contract(id).await.map_err(failed)?;
    let used = console.gateway.day_use(id, now.date()).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    Ok(ContractPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Users) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id,
        name: contract.name,
        plan: contract.plan.label(),
        sign_in: contract.sign_in.label(),
        limit,
        today: month_day(now.date()),
        used: used.total().unwrap_or(limit),
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::about(console, &names, ContractLimit::subject_of(id)).await?,
        typed: typed.limit,
        reason: typed.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contracts_limit_is_an_amount() {
        assert_eq!(read("１０,０００,０００円"), Ok(Yen::new(10_000_000)));
        assert_eq!(read("0"), Ok(Yen::ZERO), "nothing may be paid");
        for typed in ["", "-1", "1.5", "100000000000"] {
            assert!(read(typed).is_err(), "{typed}");
        }
    }
}
