//! A limit is set: who may, from when on it holds, and whether a second administrator must confirm it (SEC-21, SEC-23).

use domain::time::month_day;
use domain::{ApprovalId, Yen};
use secrecy::SecretString;

use super::rules::{holds_from, lowers};
use super::setting::{Changed, Held, LimitOf, Settings};
use crate::Bank;
use crate::approvals::Problem;
use crate::contracts::terms::Terms;
use crate::contracts::{Business, Contract, Duty, StoreError};
use crate::mail::{Notice, To};
use crate::policy;
use crate::registration::{Registration, register};
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};
use crate::users::approval::{self, AskedChange};
use crate::users::{Members, UserState};

/// Whether the person may set limits of the contract.
pub fn may_set(by: &SignedIn) -> bool {
    policy::has(&by.user, Duty::Limits) && policy::offers(by.contract.plan, Business::Transfer)
}

/// The limits that the contract has set for itself, and the contract's own, above which none is.
pub async fn held(bank: &Bank, contract: &Contract) -> Result<(Held, Yen), StoreError> {
    // before the contract's: who changes either meanwhile takes the bar
    let held = Settings::of(&bank.database, contract.id).held(bank.clock.now()).await?;
    let terms = Terms::embedded().transfer_limit(contract.plan);
    let papers = bank.contracts.papers(contract.id).await?;
    let own = papers.and_then(|papers| papers.transfer_limit).unwrap_or(terms.standard);
    Ok((held, own.min(terms.max)))
}

/// What a limit is of, as people read it; nothing where the contract has no such account or user.
pub async fn whose(bank: &Bank, by: &SignedIn, of: LimitOf) -> Result<Option<String>, Problem> {
    let contract = by.contract.id;
    match of {
        LimitOf::Item => Ok(Some("1件あたり".to_owned())),
        LimitOf::Account(account) => {
            let accounts = bank.contracts.accounts(contract).await?;
            Ok(accounts.iter().find(|one| one.account == account).map(ToString::to_string))
        }
        LimitOf::User(user) => {
            let found = Members::of(&bank.database, contract).find(user).await?;
            let found = found.filter(|one| one.state != UserState::Removed);
            let Some(found) = found else { return Ok(None) };
            if !policy::has_over(&by.user, Duty::Limits, found.id, found.role) {
                return Err(Problem::NotPermitted);
            }
            Ok(Some(format!("{}({})", found.name, found.login_id)))
        }
    }
}

/// Sets a limit, in one commit with the one-time password that it costs and the record of it. Less is in force at once;
/// more from the next business day on, and where the contract wants one, after a second administrator has confirmed it,
/// whose request is answered.
pub async fn set(
    bank: &Bank,
    by: &SignedIn,
    of: LimitOf,
    limit: Option<Yen>,
    one_time_password: &SecretString,
) -> Result<Option<ApprovalId>, Problem> {
    let policy = approval::held(bank, by).await?;
    let mut what = registration(bank, by, of, limit).await?;
    let code = authorise::operation(bank, by, Operation::PayeasyLimit, one_time_password).await?;
    let (held, most) = held(bank, &by.contract).await?;
    let lowers = lowers(limit, held.of(of), most);
    if policy.confirms && !lowers {
        let whose = whose(bank, by, of).await?.ok_or(Problem::NotPermitted)?;
        let change = AskedChange::TransferLimit { of, whose, limit, seen: held.of(of) };
        return approval::ask(bank, by, change, code).await.map(Some);
    }
    if !lowers {
        what.barred_by.push(policy.next);
    }
    register(bank, by, code, what).await?;
    Ok(None)
}

/// The commit that sets a limit, where the person may.
pub async fn registration(
    bank: &Bank,
    by: &SignedIn,
    of: LimitOf,
    limit: Option<Yen>,
) -> Result<Registration, Problem> {
    if !may_set(by) {
        return Err(Problem::NotPermitted);
    }
    let (held, most) = held(bank, &by.contract).await?;
    let whose = whose(bank, by, of).await?.ok_or(Problem::NotPermitted)?;
    if limit.is_some_and(|limit| limit > most) {
        return Err(Problem::NotPermitted);
    }
    let now = bank.clock.now();
    let from = holds_from(limit, held.of(of), most, now);
    let to = match of {
        LimitOf::User(user) => To::UserAndAdministrators(user),
        LimitOf::Item | LimitOf::Account(_) => To::Administrators,
    };
    let to = bank.contracts.recipients(by.contract.id, to).await?;
    let (detail, words) = match limit {
        Some(limit) => (format!("{limit} yen from {}", from.date()), format!("{limit} 円")),
        None => {
            (format!("the contract's limit from {}", from.date()), format!("ご契約の限度額({most} 円)と同じ"))
        }
    };
    let notice = Notice {
        event: format!("transfer-limit-{}-{}", of.subject(), now.micros()),
        title: "振込・振替の限度額を変更しました".to_owned(),
        lines: vec![
            ("限度額の対象", whose),
            ("変更後の限度額", words),
            ("変更する日", month_day(from.date())),
            ("操作した方", by.user.name.clone()),
        ],
        advice: Notice::NOT_YOURS,
    };
    let (row, guard) = held.change(Changed::Own(of), limit, (now, from), &by.user.id.to_string());
    Ok(Registration {
        action: "transfer.limit",
        subject: of.subject(),
        detail,
        rows: vec![row],
        guards: vec![guard],
        mail: Some((notice, to)),
        ..Registration::default()
    })
}
