//! Who of a contract can approve what.

use std::collections::{BTreeMap, BTreeSet};

use database::{Database, read};
use domain::{AccountId, ContractId, UserId};
use uuid::Uuid;

use super::request::Matter;
use crate::contracts::{Business, Duty, Step, StoreError};
use crate::mail::Recipient;

/// Somebody who can approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// Where mails go.
    pub email: Option<String>,
    /// At which steps.
    pub steps: BTreeSet<Step>,
    /// Serial of the person's token, where one is in use.
    pub serial: Option<String>,
}

impl Approver {
    /// Where the person gets mail.
    pub fn recipient(&self) -> Option<Recipient> {
        let address = self.email.clone()?;
        Some(Recipient { user: self.user, name: self.name.clone(), address })
    }
}

type Row = (Uuid, String, Option<String>, Option<String>, String);

/// Those of a contract who approve a business and are not stopped; with an account, only those who may use it.
pub async fn of_business(
    database: &Database,
    contract: ContractId,
    business: Business,
    account: Option<AccountId>,
) -> Result<Vec<Approver>, StoreError> {
    let rows: Vec<Row> = read!(database, |c| {
        sqlx::query_as(
            "SELECT u.id, u.name, u.email, t.serial, a.step FROM user_approver a JOIN app_user u ON u.id = a.app_user
             LEFT JOIN token t ON t.serial = u.token_serial AND t.contract = u.contract AND t.state = 'in_use'
             WHERE u.contract = $1 AND a.business = $2 AND u.disabled_us IS NULL AND u.reset_us IS NULL
               AND u.removed_us IS NULL
               AND EXISTS (SELECT 1 FROM user_right r WHERE r.app_user = u.id AND r.business = $2
                   AND (CAST($3 AS BIGINT) IS NULL OR r.account = CAST($3 AS BIGINT)))
             ORDER BY u.login_id, a.step",
        )
        .bind(contract.uuid())
        .bind(business.code())
        .bind(account.map(AccountId::get))
        .fetch_all(c)
        .await
    })?;
    gathered(rows)
}

/// Those who confirm what other administrators change.
pub async fn administrators(database: &Database, contract: ContractId) -> Result<Vec<Approver>, StoreError> {
    let rows: Vec<Row> = read!(database, |c| {
        sqlx::query_as(
            "SELECT u.id, u.name, u.email, t.serial, 'final' AS step FROM app_user u
             LEFT JOIN token t ON t.serial = u.token_serial AND t.contract = u.contract AND t.state = 'in_use'
             WHERE u.contract = $1 AND u.disabled_us IS NULL AND u.reset_us IS NULL AND u.removed_us IS NULL
               AND (u.role = 'master' OR (u.role = 'admin'
                   AND EXISTS (SELECT 1 FROM user_duty d WHERE d.app_user = u.id AND d.duty = $2)))
             ORDER BY u.login_id",
        )
        .bind(contract.uuid())
        .bind(Duty::Approvals.code())
        .fetch_all(c)
        .await
    })?;
    gathered(rows)
}

/// How many administrators a contract has who could confirm what another one changes, those among them who are
/// suspended or cannot sign in: whoever could suspend the others would else be alone, and need nobody.
pub async fn registered(database: &Database, contract: ContractId) -> Result<usize, StoreError> {
    let count: i64 = read!(database, |c| {
        sqlx::query_scalar(
            "SELECT count(*) FROM app_user u WHERE u.contract = $1 AND u.removed_us IS NULL
               AND (u.role = 'master' OR (u.role = 'admin'
                   AND EXISTS (SELECT 1 FROM user_duty d WHERE d.app_user = u.id AND d.duty = $2)))",
        )
        .bind(contract.uuid())
        .bind(Duty::Approvals.code())
        .fetch_one(c)
        .await
    })?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Whether somebody's token is in use.
pub async fn has_token(database: &Database, contract: ContractId, user: UserId) -> Result<bool, StoreError> {
    let count: i64 = read!(database, |c| {
        sqlx::query_scalar(
            "SELECT count(*) FROM app_user u JOIN token t ON t.serial = u.token_serial
                 AND t.contract = u.contract AND t.state = 'in_use' WHERE u.id = $1 AND u.contract = $2",
        )
        .bind(user.uuid())
        .bind(contract.uuid())
        .fetch_one(c)
        .await
    })?;
    Ok(count > 0)
}

/// The steps of each who could approve: of each person, or, where one token serves one person of a request, of each
/// token but the author's.
pub fn steps_of(able: &[Approver], distinct_tokens: bool, author: Option<&str>) -> Vec<BTreeSet<Step>> {
    if !distinct_tokens {
        return able.iter().map(|one| one.steps.clone()).collect();
    }
    let mut tokens: BTreeMap<&str, BTreeSet<Step>> = BTreeMap::new();
    for one in able {
        if let Some(serial) = one.serial.as_deref().filter(|serial| Some(*serial) != author) {
            tokens.entry(serial).or_default().extend(&one.steps);
        }
    }
    tokens.into_values().collect()
}

/// Those who can approve a matter.
pub async fn able(
    database: &Database,
    contract: ContractId,
    matter: &Matter,
) -> Result<Vec<Approver>, StoreError> {
    match matter.place() {
        Some((business, account)) => of_business(database, contract, business, Some(account)).await,
        None => administrators(database, contract).await,
    }
}

/// The steps at which each of them can approve.
pub fn by_person(able: Vec<Approver>) -> BTreeMap<UserId, BTreeSet<Step>> {
    able.into_iter().map(|one| (one.user, one.steps)).collect()
}

fn gathered(rows: Vec<Row>) -> Result<Vec<Approver>, StoreError> {
    let mut people: BTreeMap<Uuid, Approver> = BTreeMap::new();
    for (id, name, email, serial, step) in rows {
        let step = Step::from_code(&step).ok_or(StoreError::Word(step))?;
        let new = || Approver { user: UserId::from_uuid(id), name, email, steps: BTreeSet::new(), serial };
        people.entry(id).or_insert_with(new).steps.insert(step);
    }
    Ok(people.into_values().collect())
}
