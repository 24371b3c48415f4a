//! What the pages about contracts look up.

use database::{Database, read};
use domain::{ContractId, StaffRequestId, UserId};
use internet_banking::contracts::Role;
use uuid::Uuid;

/// A user of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractUser {
    /// The person.
    pub id: UserId,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: Option<Role>,
    /// 利用停止.
    pub is_disabled: bool,
    /// Whether the passwords are initialised and not acquired anew.
    pub is_reset: bool,
    /// Whether nothing but a temporary password is there, which the person has not replaced.
    pub is_temporary: bool,
    /// Since when the confirmation password is locked, in microseconds.
    pub confirmation_locked_us: Option<i64>,
}

type UserRow = (Uuid, String, String, String, Option<i64>, Option<i64>, i64, Option<i64>);

/// Users of one list at most.
const USERS_MAX: i64 = 200;

/// The users of a contract who are not removed.
pub async fn users(database: &Database, contract: ContractId) -> Result<Vec<ContractUser>, sqlx::Error> {
    let rows: Vec<UserRow> = read!(database, |c| {
        sqlx::query_as(
            "SELECT u.id, u.login_id, u.name, u.role, u.disabled_us, u.reset_us, u.must_change, f.locked_us
             FROM app_user u LEFT JOIN confirmation_failure f ON f.app_user = u.id
             WHERE u.contract = $1 AND u.removed_us IS NULL ORDER BY u.created_us, u.id LIMIT $2",
        )
        .bind(contract.uuid())
        .bind(USERS_MAX)
        .fetch_all(c)
        .await
    })?;
    let user = |(id, login_id, name, role, disabled, reset, must_change, locked): UserRow| ContractUser {
        id: UserId::from_uuid(id),
        login_id,
        name,
        role: Role::from_code(&role),
        is_disabled: disabled.is_some(),
        is_reset: reset.is_some(),
        is_temporary: must_change == 1,
        confirmation_locked_us: locked,
    };
    Ok(rows.into_iter().map(user).collect())
}

/// The newest 初期設定番号 of a contract that two people have granted and nobody has printed.
pub async fn open_notice(
    database: &Database,
    contract: ContractId,
) -> Result<Option<StaffRequestId>, sqlx::Error> {
    let found: Option<Uuid> = read!(database, |c| {
        sqlx::query_scalar(
            "SELECT request FROM contract_notice WHERE contract = $1 AND printed_us IS NULL
             ORDER BY granted_us DESC LIMIT 1",
        )
        .bind(contract.uuid())
        .fetch_optional(c)
        .await
    })?;
    Ok(found.map(StaffRequestId::from_uuid))
}
