//! The users of one contract as their master sees them, those that were removed too.

use database::{Database, read};
use domain::{ContractId, Timestamp, UserId};
use uuid::Uuid;

use crate::contracts::{LastSignIn, Role, SignInMethod, StoreError};

/// Whether a user can sign in, and what stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserState {
    /// 利用中.
    Active,
    /// 仮パスワード: somebody else has set the password; it is changed at the next sign-in.
    Temporary,
    /// 初期化済: the branch has initialised the passwords.
    Reset,
    /// 利用停止.
    Suspended,
    /// 削除済.
    Removed,
}

impl UserState {
    /// The word on the page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "利用中",
            Self::Temporary => "仮パスワード",
            Self::Reset => "初期化済",
            Self::Suspended => "利用停止",
            Self::Removed => "削除済",
        }
    }

    /// The colour of the word.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Active => "ok",
            Self::Temporary | Self::Reset => "wait",
            Self::Suspended => "bad",
            Self::Removed => "info",
        }
    }

    /// The sign beside it.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Active => "✓",
            Self::Temporary | Self::Reset => "●",
            Self::Suspended => "!",
            Self::Removed => "–",
        }
    }
}

/// A user of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub id: UserId,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// Where mails go.
    pub email: Option<String>,
    /// The token in use.
    pub token_serial: Option<String>,
    /// Whether the person can sign in.
    pub state: UserState,
    /// The last sign-in.
    pub last_sign_in: Option<LastSignIn>,
    /// When the login password was last chosen.
    pub password_changed_at: Option<Timestamp>,
    /// When the confirmation password was.
    pub confirmation_changed_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    id: Uuid,
    login_id: String,
    name: String,
    role: String,
    email: Option<String>,
    token_serial: Option<String>,
    must_change: i64,
    temporary_until_us: Option<i64>,
    reset_us: Option<i64>,
    disabled_us: Option<i64>,
    removed_us: Option<i64>,
    last_sign_in_us: Option<i64>,
    last_sign_in_method: Option<String>,
    password_changed_us: Option<i64>,
    confirmation_changed_us: Option<i64>,
}

macro_rules! members {
    ($rest:literal) => {
        concat!(
            "SELECT id, login_id, name, role, email, token_serial, must_change, temporary_until_us, \
             reset_us, disabled_us, removed_us, \
             last_sign_in_us, last_sign_in_method, password_changed_us, confirmation_changed_us \
             FROM app_user WHERE contract = $1 ",
            $rest
        )
    };
}

/// The users of one contract.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    database: &'a Database,
    contract: ContractId,
}

impl<'a> Members<'a> {
    /// The users of a contract.
    pub const fn of(database: &'a Database, contract: ContractId) -> Self {
        Self { database, contract }
    }

    /// Those who are not removed: the master first, then administrators, then by login ID.
    pub async fn list(&self) -> Result<Vec<Member>, StoreError> {
        let rows: Vec<MemberRow> = read!(self.database, |c| {
            sqlx::query_as(members!(
                "AND removed_us IS NULL ORDER BY CASE role WHEN 'master' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END, \
                 login_id"
            ))
            .bind(self.contract.uuid())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter().map(member).collect()
    }

    /// Everybody of the contract, those who were removed last.
    pub async fn everybody(&self) -> Result<Vec<Member>, StoreError> {
        let rows: Vec<MemberRow> = read!(self.database, |c| {
            sqlx::query_as(members!(
                "ORDER BY CASE WHEN removed_us IS NULL THEN 0 ELSE 1 END, login_id, created_us"
            ))
            .bind(self.contract.uuid())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter().map(member).collect()
    }

    /// One of them, removed or not; another contract's is not there (SEC-34).
    pub async fn find(&self, id: UserId) -> Result<Option<Member>, StoreError> {
        let row: Option<MemberRow> = read!(self.database, |c| {
            sqlx::query_as(members!("AND id = $2"))
                .bind(self.contract.uuid())
                .bind(id.uuid())
                .fetch_optional(c)
                .await
        })?;
        row.map(member).transpose()
    }

    /// The last one who had the login ID and was removed.
    pub async fn removed(&self, login_id: &str) -> Result<Option<Member>, StoreError> {
        let row: Option<MemberRow> = read!(self.database, |c| {
            sqlx::query_as(members!(
                "AND login_id = $2 AND removed_us IS NOT NULL AND role <> 'master' ORDER BY removed_us DESC LIMIT 1"
            ))
            .bind(self.contract.uuid())
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        row.map(member).transpose()
    }

    /// How many there are who are not removed.
    pub async fn count(&self) -> Result<i64, StoreError> {
        Ok(read!(self.database, |c| {
            sqlx::query_scalar("SELECT count(*) FROM app_user WHERE contract = $1 AND removed_us IS NULL")
                .bind(self.contract.uuid())
                .fetch_one(c)
                .await
        })?)
    }

    /// Whether anybody of the whole bank has the login ID: it says who signs in, before the contract is known.
    pub async fn is_taken(&self, login_id: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT CAST(1 AS BIGINT) FROM app_user WHERE login_id = $1 AND removed_us IS NULL LIMIT 1",
            )
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        Ok(found.is_some())
    }
}

fn member(row: MemberRow) -> Result<Member, StoreError> {
    let state = if row.removed_us.is_some() {
        UserState::Removed
    } else if row.disabled_us.is_some() {
        UserState::Suspended
    } else if row.reset_us.is_some() {
        UserState::Reset
    } else if row.must_change == 1 && row.temporary_until_us.is_some() {
        UserState::Temporary
    } else {
        UserState::Active
    };
    let method = row.last_sign_in_method.as_deref().and_then(SignInMethod::from_code);
    let last = row.last_sign_in_us.zip(method);
    Ok(Member {
        id: UserId::from_uuid(row.id),
        login_id: row.login_id,
        name: row.name,
        role: Role::from_code(&row.role).ok_or(StoreError::Word(row.role))?,
        email: row.email,
        token_serial: row.token_serial,
        state,
        last_sign_in: last.map(|(at, method)| LastSignIn { at: Timestamp::from_micros(at), method }),
        password_changed_at: row.password_changed_us.map(Timestamp::from_micros),
        confirmation_changed_at: row.confirmation_changed_us.map(Timestamp::from_micros),
    })
}
