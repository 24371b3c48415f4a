//! The customers' users as the bank's staff looks them up.

use database::{Database, contains, read};
use domain::{ContractId, UserId};
use internet_banking::contracts::Role;
use uuid::Uuid;

/// A user with the contract's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUser {
    /// The person.
    pub id: UserId,
    /// The contract.
    pub contract: ContractId,
    /// What the company is called.
    pub contract_name: String,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: Option<Role>,
    /// 削除済み.
    pub is_removed: bool,
}

type Row = (Uuid, Uuid, String, String, String, String, Option<i64>);

macro_rules! users {
    ($($rest:tt)+) => {
        concat!(
            "SELECT u.id, u.contract, c.name AS contract_name, u.login_id, u.name, u.role, u.removed_us \
             FROM app_user u \
             JOIN contract c ON c.id = u.contract ",
            $($rest)+
        )
    };
}

/// One user, who may have left.
pub async fn find(database: &Database, id: UserId) -> Result<Option<FoundUser>, sqlx::Error> {
    let row: Option<Row> = read!(database, |c| {
        sqlx::query_as(users!("WHERE u.id = $1")).bind(id.uuid()).fetch_optional(c).await
    })?;
    Ok(row.map(user))
}

/// Users of this login ID, or of contracts whose name has the text.
pub async fn search(database: &Database, text: &str, limit: i64) -> Result<Vec<FoundUser>, sqlx::Error> {
    let rows: Vec<Row> = read!(database, |c| {
        sqlx::query_as(users!(
            "WHERE u.login_id = $1 OR ",
            contains!("c.name", "$1"),
            " ORDER BY c.name, u.login_id,
             CASE WHEN u.removed_us IS NULL THEN 0 ELSE 1 END, u.id LIMIT $2"
        ))
        .bind(text)
        .bind(limit)
        .fetch_all(c)
        .await
    })?;
    Ok(rows.into_iter().map(user).collect())
}

/// Users whom wrong numbers have stopped since the branch last lifted it, the newest first.
pub async fn stopped(database: &Database, limit: i64) -> Result<Vec<FoundUser>, sqlx::Error> {
    let rows: Vec<Row> = read!(database, |c| {
        sqlx::query_as(users!(
            "JOIN payeasy_wrong_numbers w ON w.app_user = u.id
             WHERE w.stops > 0 ORDER BY w.stopped_us DESC, u.login_id LIMIT $1"
        ))
        .bind(limit)
        .fetch_all(c)
        .await
    })?;
    Ok(rows.into_iter().map(user).collect())
}

fn user((id, contract, contract_name, login_id, name, role, removed_us): Row) -> FoundUser {
    FoundUser {
        id: UserId::from_uuid(id),
        contract: ContractId::from_uuid(contract),
        contract_name,
        login_id,
        name,
        role: Role::from_code(&role),
        is_removed: removed_us.is_some(),
    }
}
