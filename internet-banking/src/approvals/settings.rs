//! A contract's policy as it is kept: every change is a new version, and the newest holds.

use database::{Database, Row, Table, read};
use domain::{ContractId, Date, Timestamp, random};
use ledger::{EntityId, GuardKey};
use secrecy::SecretString;

use super::bounds::Bounds;
use super::people;
use super::policy::{Fault, Need, Policy, can_be_met};
use super::problem::Problem;
use crate::Bank;
use crate::contracts::{Business, Duty, StoreError};
use crate::mail::{Notice, To};
use crate::policy::{approvable, require_duty};
use crate::registration::{Registration, register};
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};
use crate::users::approval::{self, AskedChange};

static POLICY: Table =
    Table { name: "approval_policy", columns: &["contract", "version", "at_us", "policy", "actor"] };

/// The policy that holds, for what is judged by it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The policy.
    pub policy: Policy,
    /// Whether a second administrator confirms what one changes.
    pub confirms: bool,
    /// The guard of the version that comes next: what was judged by this one names it as a bar, so that nothing is
    /// committed by a policy that holds no more.
    pub next: GuardKey,
}

/// The guard of a version of a contract's policy.
fn version_guard(contract: ContractId, version: i64) -> GuardKey {
    GuardKey(format!("{}{contract}|{version}", GuardKey::POLICY))
}

/// The policies of one contract.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    database: &'a Database,
    contract: ContractId,
}

impl<'a> Policies<'a> {
    /// The policies of a contract.
    pub const fn of(database: &'a Database, contract: ContractId) -> Self {
        Self { database, contract }
    }

    /// The policy that holds, and its version.
    pub async fn newest(&self) -> Result<(i64, Policy), StoreError> {
        let found: Option<(i64, String)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT version, policy FROM approval_policy WHERE contract = $1 ORDER BY version DESC LIMIT 1",
            )
            .bind(self.contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        match found {
            None => Ok((0, Policy::default())),
            Some((version, text)) => {
                let policy = serde_json::from_str(&text).map_err(|_| StoreError::Word(text))?;
                Ok((version, policy))
            }
        }
    }

    /// The policy that holds, for what is judged by it.
    pub async fn held(&self, now: Timestamp) -> Result<Held, StoreError> {
        let (version, policy) = self.newest().await?;
        let registered = people::registered(self.database, self.contract).await?;
        let confirms = policy.confirms(registered, now.date());
        Ok(Held { policy, confirms, next: version_guard(self.contract, version.saturating_add(1)) })
    }
}

/// Sets the policy, or asks another administrator to confirm it where the policy that holds says so. `seen` is the
/// version that the person has changed.
pub async fn set(
    bank: &Bank,
    by: &SignedIn,
    seen: i64,
    policy: &Policy,
    one_time_password: &SecretString,
) -> Result<Option<domain::ApprovalId>, Problem> {
    require_duty(by, Duty::Approvals).map_err(|_| Problem::NotPermitted)?;
    // what the bank has permitted on paper ends with the next policy of their own
    let policy = &Policy { single_administrator_until: None, ..policy.clone() };
    let held = Policies::of(&bank.database, by.contract.id).held(bank.clock.now()).await?;
    check(bank, by.contract.id, seen, policy).await?;
    let code = authorise::operation(bank, by, Operation::ApprovalSettings, one_time_password).await?;
    if held.confirms {
        let change = AskedChange::Policy { seen, policy: policy.clone() };
        return approval::ask(bank, by, change, code).await.map(Some);
    }
    let what = registration(bank, by, by, seen, policy).await?;
    register(bank, by, code, what).await?;
    tracing::info!(by = %by.user.id, "the approval policy was changed");
    Ok(None)
}

/// Whether a policy can take the place of the one that was seen.
pub async fn check(bank: &Bank, contract: ContractId, seen: i64, policy: &Policy) -> Result<(), Problem> {
    policy.check().map_err(|fault| Problem::Policy(fault_words(fault)))?;
    let (version, _) = Policies::of(&bank.database, contract).newest().await?;
    if version != seen {
        return Err(Problem::Changed);
    }
    for (business, flow) in &policy.flows {
        let people = people::of_business(&bank.database, contract, *business, None).await?;
        let steps = people::steps_of(&people, policy.distinct_tokens, None);
        if flow.most() != Need::NONE && !can_be_met(flow.most(), &steps) {
            return Err(Problem::TooFewApprovers);
        }
    }
    if policy.second_administrator {
        let people = people::administrators(&bank.database, contract).await?;
        if people::steps_of(&people, policy.distinct_tokens, None).len() < 2 {
            return Err(Problem::TooFewAdministrators);
        }
    }
    Ok(())
}

/// The commit that sets it: `author` wished for it, `by` does it.
pub async fn registration(
    bank: &Bank,
    author: &SignedIn,
    by: &SignedIn,
    seen: i64,
    policy: &Policy,
) -> Result<Registration, Problem> {
    let now: Timestamp = bank.clock.now();
    let contract = by.contract.id;
    let text = serde_json::to_string(policy).map_err(|error| Problem::unavailable(&error))?;
    let mut lines: Vec<_> = approvable(by.contract.plan)
        .map(|business| (business.label(), super::pages::words::flow(&policy.flow(business))))
        .collect();
    lines.push(("管理の手続き", super::pages::words::second(policy.second_administrator).to_owned()));
    lines.push(("同じトークンでの承認", super::pages::words::tokens(policy.distinct_tokens).to_owned()));
    lines.extend(approval::hands(author, by));
    let notice = Notice {
        event: format!("approval-policy-{}", random::opaque_id()),
        title: "承認の設定を変更しました".to_owned(),
        lines,
        advice: Notice::NOT_YOURS,
    };
    let to = bank.contracts.recipients(contract, To::Administrators).await?;
    Ok(Registration {
        action: "approval.policy",
        subject: contract.to_string(),
        detail: text.clone(),
        mail: Some((notice, to)),
        ..next(contract, seen, text, &author.user.id.to_string(), now)
    })
}

/// The version after the one that was seen.
fn next(contract: ContractId, seen: i64, text: String, actor: &str, now: Timestamp) -> Registration {
    let version = seen.saturating_add(1);
    let values = vec![contract.uuid().into(), version.into(), now.micros().into(), text.into(), actor.into()];
    Registration {
        guards: vec![(version_guard(contract, version), EntityId(contract.uuid()))],
        rows: vec![Row { table: &POLICY, values }],
        ..Registration::default()
    }
}

/// The last day of what a paper permits that is proposed on this one.
pub fn single_administrator_until(today: Date) -> Date {
    let days = usize::try_from(Bounds::embedded().single_administrator_days).unwrap_or_default();
    today.iter_days().nth(days).unwrap_or(today)
}

/// What a paper permits where the second administrator who must confirm is locked out or gone: one changes things alone
/// to the end of a day, or until the policy is set anew. `seen` is the version that the maker has seen.
pub async fn permit_one(
    database: &Database,
    contract: ContractId,
    (seen, until): (i64, Date),
    actor: &str,
    now: Timestamp,
) -> Result<Option<Registration>, StoreError> {
    let (version, policy) = Policies::of(database, contract).newest().await?;
    if version != seen {
        return Ok(None);
    }
    let policy = Policy { single_administrator_until: Some(until), ..policy };
    let text = serde_json::to_string(&policy).map_err(|error| StoreError::Word(error.to_string()))?;
    Ok(Some(next(contract, seen, text, actor, now)))
}

fn fault_words(fault: Fault) -> String {
    let of = |business: Business, words: &str| format!("{}: {words}", business.label());
    match fault {
        Fault::MustBeApproved(business) => of(business, "承認なしにはできない業務です。"),
        Fault::Bands(business) => of(business, "金額は、小さいほうから順に、1円以上で入力してください。"),
        Fault::TooMany(business) => of(business, "承認する人数は、5名までです。"),
    }
}
