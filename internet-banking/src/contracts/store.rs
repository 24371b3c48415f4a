//! Contracts, users and accounts in the database. Every question about accounts names the contract (SEC-34).

use std::collections::BTreeSet;

use database::{Database, Tx, execute, on, read};
use domain::{AccountId, Clock, ContractId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    AccountKind, Business, Contract, ContractKind, ContractState, DepositAccount, Duty, Plan, Rights, Role,
    SignInMethod, Step, User,
};

/// The contracts of a database. Cheap to clone.
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
    /// A right names an account that is not the contract's.
    #[error("the account {0} does not belong to the user's contract")]
    ForeignAccount(AccountId),
}

/// A user to add. Passwords come as Argon2id strings of [`crate::sign_in::Passwords`].
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The contract.
    pub contract: ContractId,
    /// What the person types to sign in; unique in the bank.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// Where mails go, where the person has an address.
    pub email: Option<String>,
    /// Serial of the person's token.
    pub token_serial: Option<String>,
    /// The login password.
    pub password_hash: String,
    /// 確認用パスワード.
    pub confirmation_hash: String,
    /// What the person may do.
    pub rights: Rights,
}

/// A deposit account to add; the ledger's account is opened apart.
pub type NewAccount = DepositAccount;

type UserRow = (Uuid, Uuid, String, String, String, Option<String>, i64);
type ContractRow = (String, String, String, String, String, String, i64);
type AccountRow = (i64, String, String, String, String, String, i64);

/// The address of companies that are made up.
const SAMPLE_ADDRESS: &str = "見本県見本市中央1丁目1番1号";

impl Store {
    /// The contracts of a database.
    pub const fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// Where they are kept.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Adds a contract that is set up, of a company that is made up.
    pub async fn add_contract(
        &self,
        name: &str,
        plan: Plan,
        sign_in: SignInMethod,
    ) -> Result<ContractId, StoreError> {
        let id = ContractId::generate();
        let created_us = self.clock.now().micros();
        on!(self.database, |c| {
            sqlx::query(
            "INSERT INTO contract (id, name, plan, sign_in, created_us, address) VALUES ($1, $2, $3, $4, $5, $6)"
        )
        .bind(id.uuid())
        .bind(name)
        .bind(plan.code())
        .bind(sign_in.code())
        .bind(created_us)
        .bind(SAMPLE_ADDRESS)
        .execute(c)
        .await
        .map(drop)
        })?;
        Ok(id)
    }

    /// Marks a contract as one for tests.
    pub async fn mark_sandbox(&self, id: ContractId) -> Result<(), StoreError> {
        execute!(self.database, "UPDATE contract SET sandbox = 1 WHERE id = $1", id.uuid())?;
        Ok(())
    }

    /// The contract that an account belongs to.
    pub async fn contract_of(&self, account: AccountId) -> Result<Option<ContractId>, StoreError> {
        let found: Option<Uuid> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT contract FROM deposit_account WHERE account = $1")
                .bind(account.get())
                .fetch_optional(c)
                .await
        })?;
        Ok(found.map(ContractId::from_uuid))
    }

    /// Whether there is any contract at all: a new bank has none.
    pub async fn any_contract(&self) -> Result<bool, StoreError> {
        let found: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM contract LIMIT 1").fetch_optional(c).await
        })?;
        Ok(found.is_some())
    }

    /// Adds a deposit account to a contract, and to the bank's register where it is not there.
    pub async fn add_account(&self, contract: ContractId, account: &NewAccount) -> Result<(), StoreError> {
        on!(self.database, |c| sqlx::query(
            "INSERT INTO deposit_account (account, contract, branch, branch_name, kind, number, name, main)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        )
        .bind(account.account.get())
        .bind(contract.uuid())
        .bind(&account.branch)
        .bind(&account.branch_name)
        .bind(account.kind.code())
        .bind(&account.number)
        .bind(&account.name)
        .bind(i64::from(account.main))
        .execute(c)
        .await
        .map(drop))?;
        self.register_account(account).await?;
        Ok(())
    }

    /// Adds a user with all rights, or nothing.
    pub async fn add_user(&self, user: &NewUser) -> Result<UserId, StoreError> {
        let id = UserId::generate();
        let mut tx = self.database.begin().await?;
        let created_us = self.clock.now().micros();
        on!(&mut tx, |c| {
            sqlx::query(
            "INSERT INTO app_user
             (id, contract, login_id, name, role, email, token_serial, password_hash, confirmation_hash, created_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        )
        .bind(id.uuid())
        .bind(user.contract.uuid())
        .bind(&user.login_id)
        .bind(&user.name)
        .bind(user.role.code())
        .bind(&user.email)
        .bind(&user.token_serial)
        .bind(&user.password_hash)
        .bind(&user.confirmation_hash)
        .bind(created_us)
        .execute(c)
        .await
        .map(drop)
        })?;
        for (business, account) in user.rights.iter() {
            add_right(&mut tx, id, user.contract, business, account).await?;
        }
        for (business, step) in user.rights.approvals() {
            let sql = "INSERT INTO user_approver (app_user, business, step) VALUES ($1, $2, $3)";
            execute!(&mut tx, sql, id.uuid(), business.code(), step.code())?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// The accounts of a contract, the main one first.
    pub async fn accounts(&self, contract: ContractId) -> Result<Vec<DepositAccount>, StoreError> {
        let rows: Vec<AccountRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT account, branch, branch_name, kind, number, name, main FROM deposit_account
                 WHERE contract = $1 ORDER BY main DESC, branch, kind, number",
            )
            .bind(contract.uuid())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter().map(account).collect()
    }

    /// The accounts that a user may do a business with, the main one first.
    pub async fn accounts_for(
        &self,
        user: &User,
        business: Business,
    ) -> Result<Vec<DepositAccount>, StoreError> {
        let mut accounts = self.accounts(user.contract).await?;
        accounts.retain(|account| user.rights.may_use(business, account.account));
        Ok(accounts)
    }

    /// A user of a contract who may still sign in.
    pub async fn user(&self, contract: ContractId, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.signed_in(id).await?.filter(|user| user.contract == contract))
    }

    /// Who has a login ID, suspended or not.
    pub async fn user_of(&self, login_id: &str) -> Result<Option<UserId>, StoreError> {
        let found: Option<Uuid> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT id FROM app_user WHERE login_id = $1 AND removed_us IS NULL")
                .bind(login_id)
                .fetch_optional(c)
                .await
        })?;
        Ok(found.map(UserId::from_uuid))
    }

    /// The user of a session, who tells the contract.
    pub async fn signed_in(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT id, contract, login_id, name, role, token_serial, must_change FROM app_user
                 WHERE id = $1 AND disabled_us IS NULL AND reset_us IS NULL",
            )
            .bind(id.uuid())
            .fetch_optional(c)
            .await
        })?;
        let Some((id, contract, login_id, name, role, token_serial, must_change)) = row else {
            return Ok(None);
        };
        let id = UserId::from_uuid(id);
        Ok(Some(User {
            id,
            contract: ContractId::from_uuid(contract),
            login_id,
            name,
            role: Role::from_code(&role).ok_or(StoreError::Word(role))?,
            token_serial,
            rights: self.rights(id).await?,
            duties: self.duties(id).await?,
            must_change: must_change == 1,
        }))
    }

    /// Whether the time of a user's temporary password is over (R14).
    pub(crate) async fn is_temporary_over(&self, user: UserId, now: Timestamp) -> Result<bool, StoreError> {
        let until: Option<Option<i64>> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT temporary_until_us FROM app_user WHERE id = $1 AND must_change = 1")
                .bind(user.uuid())
                .fetch_optional(c)
                .await
        })?;
        // one without an end is the person's own, which has become too short
        Ok(until.flatten().is_some_and(|until| until <= now.micros()))
    }

    /// A contract.
    pub async fn contract(&self, id: ContractId) -> Result<Option<Contract>, StoreError> {
        let row: Option<ContractRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT name, kind, plan, sign_in, state, mail_phrase, sandbox FROM contract WHERE id = $1",
            )
            .bind(id.uuid())
            .fetch_optional(c)
            .await
        })?;
        let Some((name, kind, plan, sign_in, state, mail_phrase, sandbox)) = row else { return Ok(None) };
        Ok(Some(Contract {
            id,
            name,
            kind: ContractKind::from_code(&kind).ok_or(StoreError::Word(kind))?,
            plan: Plan::from_code(&plan).ok_or(StoreError::Word(plan))?,
            sign_in: SignInMethod::from_code(&sign_in).ok_or(StoreError::Word(sign_in))?,
            state: ContractState::from_code(&state).ok_or(StoreError::Word(state))?,
            mail_phrase,
            sandbox: sandbox == 1,
        }))
    }

    /// The Argon2id string of a user's 確認用パスワード.
    pub async fn confirmation_hash(&self, user: &User) -> Result<Option<String>, StoreError> {
        Ok(read!(self.database, |c| {
            sqlx::query_scalar("SELECT confirmation_hash FROM app_user WHERE id = $1 AND contract = $2")
                .bind(user.id.uuid())
                .bind(user.contract.uuid())
                .fetch_optional(c)
                .await
        })?)
    }

    /// The Argon2id string of a user's ログインパスワード.
    pub async fn password_hash(&self, user: &User) -> Result<Option<String>, StoreError> {
        Ok(read!(self.database, |c| {
            sqlx::query_scalar("SELECT password_hash FROM app_user WHERE id = $1 AND contract = $2")
                .bind(user.id.uuid())
                .bind(user.contract.uuid())
                .fetch_optional(c)
                .await
        })?)
    }

    /// What was given to an administrator.
    pub async fn duties(&self, user: UserId) -> Result<BTreeSet<Duty>, StoreError> {
        let rows: Vec<String> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT duty FROM user_duty WHERE app_user = $1")
                .bind(user.uuid())
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(|duty| Duty::from_code(&duty).ok_or(StoreError::Word(duty))).collect()
    }

    /// What a user may do, and with which accounts.
    pub async fn rights(&self, user: UserId) -> Result<Rights, StoreError> {
        let rows: Vec<(String, i64)> = read!(self.database, |c| {
            sqlx::query_as("SELECT business, account FROM user_right WHERE app_user = $1")
                .bind(user.uuid())
                .fetch_all(c)
                .await
        })?;
        let mut rights = Rights::none();
        for (business, account) in rows {
            let business = Business::from_code(&business).ok_or(StoreError::Word(business))?;
            rights = rights.with(business, &[AccountId::new(account)]);
        }
        let rows: Vec<(String, String)> = read!(self.database, |c| {
            sqlx::query_as("SELECT business, step FROM user_approver WHERE app_user = $1")
                .bind(user.uuid())
                .fetch_all(c)
                .await
        })?;
        for (business, step) in rows {
            let business = Business::from_code(&business).ok_or(StoreError::Word(business))?;
            rights = rights.approving(business, Step::from_code(&step).ok_or(StoreError::Word(step))?);
        }
        Ok(rights)
    }
}

/// The account is looked up under the user's own contract, so a right never reaches into another one.
async fn add_right(
    tx: &mut Tx,
    user: UserId,
    contract: ContractId,
    business: Business,
    account: AccountId,
) -> Result<(), StoreError> {
    let added = on!(tx, |c| sqlx::query(
        "INSERT INTO user_right (app_user, business, account)
         SELECT $1, $2, account FROM deposit_account WHERE account = $3 AND contract = $4"
    )
    .bind(user.uuid())
    .bind(business.code())
    .bind(account.get())
    .bind(contract.uuid())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if added == 1 { Ok(()) } else { Err(StoreError::ForeignAccount(account)) }
}

fn account(row: AccountRow) -> Result<DepositAccount, StoreError> {
    let (account, branch, branch_name, kind, number, name, main) = row;
    let kind = AccountKind::from_code(&kind).ok_or(StoreError::Word(kind))?;
    Ok(DepositAccount {
        account: AccountId::new(account),
        branch,
        branch_name,
        kind,
        number,
        name,
        main: main == 1,
    })
}
