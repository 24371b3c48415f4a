//! Who of a contract is told.

use database::read;
use domain::{ContractId, UserId};
use uuid::Uuid;

use crate::contracts::{Store, StoreError};

/// Somebody with a mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// Where mails go.
    pub address: String,
}

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// One person.
    User(UserId),
    /// Master and administrators.
    Administrators,
    /// The person, and master and administrators.
    UserAndAdministrators(UserId),
}

impl Store {
    /// Those of a contract who have a mail address, suspended ones too; removed ones no more.
    pub async fn recipients(&self, contract: ContractId, to: To) -> Result<Vec<Recipient>, StoreError> {
        let (user, administrators) = match to {
            To::User(user) => (Some(user), 0_i64),
            To::Administrators => (None, 1),
            To::UserAndAdministrators(user) => (Some(user), 1),
        };
        let rows: Vec<(Uuid, String, String)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT id, name, email FROM app_user
                 WHERE contract = $1 AND email IS NOT NULL AND removed_us IS NULL
                   AND (id = $2 OR ($3 = 1 AND role IN ('master', 'admin')))
                 ORDER BY created_us, id",
            )
            .bind(contract.uuid())
            .bind(user.map(UserId::uuid))
            .bind(administrators)
            .fetch_all(c)
            .await
        })?;
        let recipient = |(user, name, address)| Recipient { user: UserId::from_uuid(user), name, address };
        Ok(rows.into_iter().map(recipient).collect())
    }
}
