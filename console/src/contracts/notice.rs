//! 初期設定番号の通知書: the number is made, shown and printed once; the bank keeps its hash only.

use askama::Template;
use axum::extract::{Path, State};
use database::{Change, Value};
use domain::time::year_month_day;
use domain::{ContractId, Date, Timestamp, random};
use edge::{CsrfForm, Frame};
use internet_banking::answer::{Answer, Stop, failed, shown};
use internet_banking::contracts::DepositAccount;
use internet_banking::contracts::terms::Terms;
use internet_banking::registration::Registration;
use internet_banking::set_up;
use internet_banking::settings::EMERGENCY_PHONE;
use ledger::Refused;

use super::seen::{Seen, day_words};
use crate::Console;
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::ContractLink;
use crate::page::Pressed;
use crate::problem::Problem;
use crate::sign_in::StaffSignedIn;
use crate::staff::{StaffRole, require};

#[derive(Template)]
#[template(path = "contracts/notice.html")]
pub(crate) struct NoticePage {
    pub frame: Frame,
    pub id: ContractId,
    /// With 御中 or 様.
    pub name: String,
    pub address: String,
    /// The account that is typed with the number.
    pub account: String,
    /// In groups of four digits.
    pub number: String,
    /// Whom to call.
    pub phone: String,
    pub usable_from: String,
    /// The last day of the number.
    pub until: String,
    /// Whether it is for passwords that were initialised.
    pub is_reset: bool,
}

/// `POST /contracts/{id}/notice`
pub async fn print(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Answer {
    let id: ContractId = id.parse().map_err(|_| Stop::not_found())?;
    let stop = |problem: Problem| problem.stop(&by, Area::Contracts, &ContractLink(id).to_string());
    require(&by.staff, StaffRole::Maker).map_err(stop)?;
    let seen = Seen::of(&console.contracts, id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let Some(request) = seen.printable() else {
        return Err(stop(ConsoleCode::NoticePrinted.into()));
    };
    let number = number();
    let hash = console.passwords.hash(&number).await.map_err(failed)?;
    let (now, actor) = (console.clock.now(), by.staff.actor());
    let printed = Change::one(
        "UPDATE contract_notice SET printed_us = $1, printed_by = $2
         WHERE request = $3 AND contract = $4 AND printed_us IS NULL",
        vec![now.micros().into(), actor.as_str().into(), request.uuid().into(), id.uuid().into()],
    );
    // of two that were approved at the same time the other is over as well: one number is out at a time
    let older = Change::any(
        "UPDATE contract_notice SET printed_us = $1, printed_by = $2 WHERE contract = $3 AND printed_us IS NULL",
        vec![now.micros().into(), actor.as_str().into(), id.uuid().into()],
    );
    let last = Terms::embedded().set_up_until(now.date(), seen.papers.usable_from);
    let until_us = end_of(last).micros();
    let kept = match &seen.master {
        None => Change::one(
            "UPDATE contract SET set_up_hash = $1, set_up_until_us = $3 WHERE id = $2 AND state = 'usable'",
            vec![hash.into(), id.uuid().into(), until_us.into()],
        ),
        // no number is out for passwords that were acquired anew, or initialised once more, meanwhile
        Some(master) => Change::one(
            "UPDATE contract SET set_up_hash = $1, set_up_until_us = $5 WHERE id = $2 AND state = 'active'
             AND EXISTS (SELECT 1 FROM app_user u WHERE u.id = $3 AND u.contract = contract.id
                 AND u.reset_us = $4 AND u.removed_us IS NULL)",
            vec![
                hash.into(),
                id.uuid().into(),
                master.id.uuid().into(),
                Value::Int(master.reset_at.map(Timestamp::micros)),
                until_us.into(),
            ],
        ),
    };
    let what = Registration {
        action: "contract.print_notice",
        subject: id.to_string(),
        detail: format!("request {request}"),
        changes: vec![printed, older, kept],
        ..Registration::default()
    };
    match console.gateway.ledger().commit(what.commit(&actor, &seen.contract, now)).await {
        Ok(_) => {}
        Err(Refused::Stale) => return Err(stop(ConsoleCode::NoticePrinted.into())),
        Err(refused) => return Err(stop(Problem::unclear(&refused))),
    }
    // whoever typed wrong ones before begins anew with the new number
    let accounts = console.contracts.accounts(id).await.map_err(failed)?;
    let main: Vec<_> = accounts.iter().filter(|account| account.main).collect();
    for account in &main {
        console.set_ups.clear(&set_up::throttled(&(*account).into())).await.map_err(failed)?;
    }
    let kept = EMERGENCY_PHONE.on(&console.database, now.date()).await.map_err(failed)?;
    let groups: Vec<&str> = [0..4, 4..8, 8..12].into_iter().filter_map(|range| number.get(range)).collect();
    shown(&NoticePage {
        frame: frame::page(&by, Area::Contracts),
        id,
        name: format!("{} {}", seen.contract.name, seen.contract.kind.honorific()),
        address: seen.papers.address,
        account: main.first().copied().map(named).unwrap_or_default(),
        phone: EMERGENCY_PHONE.shown(&kept),
        number: groups.join("-"),
        usable_from: day_words(seen.papers.usable_from),
        until: year_month_day(last),
        is_reset: seen.master.is_some(),
    })
}

/// The end of a number's last day.
pub(super) fn end_of(last: Date) -> Timestamp {
    Timestamp::from_jst(last, chrono::NaiveTime::MIN).plus_seconds(86_400)
}

/// An account with its branch's number, as the page of the first set-up asks for it.
fn named(account: &DepositAccount) -> String {
    let DepositAccount { branch, branch_name, kind, number, .. } = account;
    format!("{branch_name}(店番{branch}) {} {number}", kind.label())
}

/// Twelve random digits.
fn number() -> String {
    // 64 bits over 10^12: no digit is likelier than another by more than one in ten million
    let drawn = u64::from_le_bytes(random::bytes::<8>()) % 1_000_000_000_000;
    format!("{drawn:012}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_number_has_twelve_digits_and_is_another_each_time() {
        let (one, other) = (super::number(), super::number());
        assert!(one.len() == 12 && one.bytes().all(|b| b.is_ascii_digit()) && one != other);
    }
}
