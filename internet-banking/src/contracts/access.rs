//! Who may do what in a contract, in versions: every change of its users, of what these may do, of what they sign in by
//! and of the contract itself is a row that is written once, and takes the contract's next number as a bar.
//! Whatever was
//! judged before names that bar, so that nothing is committed for somebody who may not do it any more.

use database::{Database, Row, Table, read};
use domain::{ContractId, Timestamp, UserId};
use ledger::{EntityId, GuardKey};
use uuid::Uuid;

static CHANGE: Table =
    Table { name: "access_change", columns: &["contract", "number", "action", "actor", "at_us"] };

/// The version of who may do what in a contract. It is read before anything else that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessVersion {
    contract: ContractId,
    /// Changes so far.
    number: i64,
}

impl AccessVersion {
    /// Of a contract.
    pub async fn of(database: &Database, contract: ContractId) -> Result<Self, sqlx::Error> {
        let number: Option<i64> = read!(database, |c| {
            sqlx::query_scalar("SELECT max(number) FROM access_change WHERE contract = $1")
                .bind(contract.uuid())
                .fetch_one(c)
                .await
        })?;
        Ok(Self { contract, number: number.unwrap_or_default() })
    }

    /// Of the contract of a user; none where there is no such user.
    pub async fn of_user(database: &Database, user: UserId) -> Result<Option<Self>, sqlx::Error> {
        let found: Option<(Uuid, Option<i64>)> = read!(database, |c| {
            sqlx::query_as(
                "SELECT u.contract, (SELECT max(number) FROM access_change WHERE contract = u.contract)
                 FROM app_user u WHERE u.id = $1",
            )
            .bind(user.uuid())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map(|(contract, number)| Self {
            contract: ContractId::from_uuid(contract),
            number: number.unwrap_or_default(),
        }))
    }

    /// What whatever was judged under it names as a bar: the next change takes it.
    pub fn bar(&self) -> GuardKey {
        GuardKey(format!("{}{}|{}", GuardKey::ACCESS, self.contract, self.number.saturating_add(1)))
    }

    /// The row of the next change, for its commit, and what that takes: of two changes under one version one is
    /// refused.
    pub fn next(&self, action: &str, actor: &str, now: Timestamp) -> (Row, (GuardKey, EntityId)) {
        let row = Row {
            table: &CHANGE,
            values: vec![
                self.contract.uuid().into(),
                self.number.saturating_add(1).into(),
                action.into(),
                actor.into(),
                now.micros().into(),
            ],
        };
        (row, (self.bar(), EntityId(self.contract.uuid())))
    }
}
