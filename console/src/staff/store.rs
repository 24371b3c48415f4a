//! The staff in the database.

use database::{Change, Database, Row, Table, execute, on, read};
use domain::{Clock, StaffId, Timestamp};
use uuid::Uuid;

use super::{Staff, StaffRole};

/// Members of staff that a page names; a bank's operations have some dozens.
const STAFF_MAX: i64 = 1_000;

static STAFF: Table = Table {
    name: "staff",
    columns: &[
        "id",
        "person_number",
        "login_id",
        "name",
        "role",
        "token_serial",
        "password_hash",
        "created_us",
    ],
};

/// The staff of a database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    clock: Clock,
}

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed, or refused a row.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A word in the database is none of ours.
    #[error("the database holds {0:?} where one of our words must be")]
    Word(String),
}

/// A member of staff to add. The password comes as an Argon2id string of [`internet_banking::sign_in::Passwords`].
#[derive(Clone, Debug)]
pub struct NewStaff {
    /// 職員番号, by which the bank knows the person: a person has one record.
    pub person_number: String,
    /// What the person types to sign in; unique in the bank.
    pub login_id: String,
    /// Department and name.
    pub name: String,
    /// The person's role.
    pub role: StaffRole,
    /// Serial of the person's token, which nobody shares.
    pub token_serial: String,
    /// The password.
    pub password_hash: String,
}

/// A member of staff as the list of them has it.
#[derive(Clone, Debug)]
pub struct Member {
    /// The person.
    pub staff: Staff,
    /// 職員番号; none of those from before there were any.
    pub person_number: Option<String>,
    /// Serial of the person's token.
    pub token_serial: String,
    /// Whether the person has chosen a password.
    pub has_begun: bool,
    /// Since when the person is let in no more.
    pub suspended_at: Option<Timestamp>,
}

type MemberRow = (Uuid, String, String, String, Option<String>, String, i64, Option<i64>);

/// The row of a person whom two have recorded. Without a password nobody signs in under it: the person chooses one,
/// with two codes of the token.
pub(super) fn row(id: StaffId, new: &NewStaff, now: Timestamp) -> Row {
    Row {
        table: &STAFF,
        values: vec![
            id.uuid().into(),
            new.person_number.as_str().into(),
            new.login_id.as_str().into(),
            new.name.as_str().into(),
            new.role.code().into(),
            new.token_serial.as_str().into(),
            new.password_hash.as_str().into(),
            now.micros().into(),
        ],
    }
}

/// A token of the stock becomes one of the bank's own.
pub(super) fn token_of_staff(serial: &str, now: Timestamp) -> Change {
    Change::one(
        "UPDATE token SET state = 'in_use', changed_us = $1
         WHERE serial = $2 AND contract IS NULL AND state = 'stock'",
        vec![now.micros().into(), serial.into()],
    )
}

/// The person is let in no more; the sessions end with it (SEC-27).
pub(super) fn suspension(id: StaffId, now: Timestamp) -> Change {
    Change::one(
        "UPDATE staff SET disabled_us = $1 WHERE id = $2 AND disabled_us IS NULL",
        vec![now.micros().into(), id.uuid().into()],
    )
}

/// The first password of a person, once.
pub(crate) fn first_password(id: StaffId, hash: &str) -> Change {
    Change::one(
        "UPDATE staff SET password_hash = $1 WHERE id = $2 AND password_hash = '' AND disabled_us IS NULL",
        vec![hash.into(), id.uuid().into()],
    )
}

/// What a sign-in is judged by.
pub(crate) struct Credentials {
    pub id: StaffId,
    pub password_hash: String,
}

type StaffRow = (Uuid, String, String, String);

impl Store {
    /// The staff of a database.
    pub const fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// Adds a member of staff.
    pub async fn add(&self, new: &NewStaff) -> Result<StaffId, StoreError> {
        let id = StaffId::generate();
        execute!(
            self.database,
            "INSERT INTO staff (id, person_number, login_id, name, role, token_serial, password_hash, created_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            id.uuid(),
            &new.person_number,
            &new.login_id,
            &new.name,
            new.role.code(),
            &new.token_serial,
            &new.password_hash,
            self.clock.now().micros(),
        )?;
        Ok(id)
    }

    /// Whether there is any staff at all: a new bank has none.
    pub async fn any(&self) -> Result<bool, StoreError> {
        let found: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM staff LIMIT 1").fetch_optional(c).await
        })?;
        Ok(found.is_some())
    }

    /// A member of staff who may still sign in.
    pub async fn find(&self, id: StaffId) -> Result<Option<Staff>, StoreError> {
        let row: Option<StaffRow> = read!(self.database, |c| {
            sqlx::query_as("SELECT id, login_id, name, role FROM staff WHERE id = $1 AND disabled_us IS NULL")
                .bind(id.uuid())
                .fetch_optional(c)
                .await
        })?;
        row.map(staff).transpose()
    }

    /// Everybody, those who left included: their names stand at what they did.
    pub async fn everybody(&self) -> Result<Vec<Staff>, StoreError> {
        let rows: Vec<StaffRow> = read!(self.database, |c| {
            sqlx::query_as("SELECT id, login_id, name, role FROM staff ORDER BY login_id LIMIT $1")
                .bind(STAFF_MAX)
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(staff).collect()
    }

    /// Everybody with what the list of the staff shows, those who left included.
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        let rows: Vec<MemberRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT id, login_id, name, role, person_number, token_serial,
                     CAST(CASE WHEN password_hash = '' THEN 0 ELSE 1 END AS BIGINT), disabled_us
                 FROM staff ORDER BY login_id LIMIT $1",
            )
            .bind(STAFF_MAX)
            .fetch_all(c)
            .await
        })?;
        let member = |(id, login_id, name, role, person_number, token_serial, begun, disabled): MemberRow| {
            Ok(Member {
                staff: staff((id, login_id, name, role))?,
                person_number,
                token_serial,
                has_begun: begun == 1,
                suspended_at: disabled.map(Timestamp::from_micros),
            })
        };
        rows.into_iter().map(member).collect()
    }

    /// Whose first password a login ID waits for, and the serial of the person's token.
    pub(crate) async fn beginner(
        &self,
        login_id: &str,
    ) -> Result<Option<(StaffId, String, String)>, sqlx::Error> {
        let row: Option<(Uuid, String, String)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT id, name, token_serial FROM staff
                 WHERE login_id = $1 AND password_hash = '' AND disabled_us IS NULL",
            )
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        Ok(row.map(|(id, name, serial)| (StaffId::from_uuid(id), name, serial)))
    }

    /// Whether a token is in stock, and so can become one of the bank's own.
    pub(super) async fn is_in_stock(&self, serial: &str) -> Result<bool, sqlx::Error> {
        let found: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT CAST(1 AS BIGINT) FROM token WHERE serial = $1 AND contract IS NULL AND state = 'stock'",
            )
            .bind(serial)
            .fetch_optional(c)
            .await
        })?;
        Ok(found.is_some())
    }

    /// Who types this login ID, whether the person may sign in or not.
    pub(crate) async fn id_of(&self, login_id: &str) -> Result<Option<StaffId>, sqlx::Error> {
        let id: Option<Uuid> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT id FROM staff WHERE login_id = $1")
                .bind(login_id)
                .fetch_optional(c)
                .await
        })?;
        Ok(id.map(StaffId::from_uuid))
    }

    /// What the sign-in of a login ID is judged by.
    pub(crate) async fn credentials(&self, login_id: &str) -> Result<Option<Credentials>, sqlx::Error> {
        let row: Option<(Uuid, String)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT id, password_hash FROM staff
                 WHERE login_id = $1 AND disabled_us IS NULL AND password_hash <> ''",
            )
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        Ok(row.map(|(id, password_hash)| Credentials { id: StaffId::from_uuid(id), password_hash }))
    }

    /// Whether the token of a login ID is locked.
    pub(crate) async fn is_token_locked(&self, login_id: &str) -> Result<bool, sqlx::Error> {
        let locked: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT t.locked_us FROM staff s JOIN token t ON t.serial = s.token_serial
                 WHERE s.login_id = $1 AND t.locked_us IS NOT NULL",
            )
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        Ok(locked.is_some())
    }

    /// A person's login ID, and the serial of the person's token.
    pub(crate) async fn with_token(&self, id: StaffId) -> Result<Option<(String, String)>, sqlx::Error> {
        read!(self.database, |c| {
            sqlx::query_as("SELECT login_id, token_serial FROM staff WHERE id = $1")
                .bind(id.uuid())
                .fetch_optional(c)
                .await
        })
    }

    /// Keeps a new hash of the same password, unless there is another password by now.
    pub(crate) async fn store_hash(&self, id: StaffId, old: &str, new: &str) -> Result<(), sqlx::Error> {
        let sql = "UPDATE staff SET password_hash = $1 WHERE id = $2 AND password_hash = $3";
        execute!(self.database, sql, new, id.uuid(), old).map(drop)
    }

    /// Lets a person in no more; the sessions end with it (SEC-27).
    pub async fn disable(&self, id: StaffId) -> Result<(), StoreError> {
        let now = self.clock.now().micros();
        on!(self.database, |c| {
            sqlx::query("UPDATE staff SET disabled_us = $1 WHERE id = $2 AND disabled_us IS NULL")
                .bind(now)
                .bind(id.uuid())
                .execute(c)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}

fn staff((id, login_id, name, role): StaffRow) -> Result<Staff, StoreError> {
    let role = StaffRole::from_code(&role).ok_or(StoreError::Word(role))?;
    Ok(Staff { id: StaffId::from_uuid(id), login_id, name, role })
}
