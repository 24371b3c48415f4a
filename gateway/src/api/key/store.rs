//! Keys in the database. Making and revoking one is on the audit log.

use std::collections::BTreeMap;

use database::{Change, Row, Table, Value, execute, read};
use domain::{AccountId, ApiKeyId, ContractId, Timestamp};
use ledger::{AuditRecord, Commit};
use sqlx::FromRow;
use uuid::Uuid;

use super::{AccountName, AccountType, ApiKey, Holder, KeyAccount, NewKey, Scope, Token};
use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

/// Characters of a key's name at most.
const NAME_CHARS_MAX: usize = 80;
/// Accounts of one key at most.
const ACCOUNTS_MAX: usize = 50;
/// Keys that one list answers at most.
const LISTED_MAX: i64 = 500;

static API_KEY: Table = Table {
    name: "api_key",
    columns: &[
        "id",
        "hash",
        "prefix",
        "name",
        "holder",
        "contract",
        "may_debit",
        "collector",
        "scopes",
        "created_us",
    ],
};
static ACCOUNT: Table =
    Table { name: "api_key_account", columns: &["api_key", "account", "branch", "kind", "number"] };
static REVOCATION: Table = Table { name: "api_key_revocation", columns: &["api_key", "actor", "at_us"] };

/// Why a key was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or too long, a scope is none of the holder's, or there are no accounts or too many.
    #[error("a key with this name, these scopes or these accounts cannot be")]
    Unfit,
    /// No key has the id, or it is revoked already.
    #[error("no such key")]
    Unknown,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for KeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

#[derive(FromRow)]
struct KeyRow {
    id: Uuid,
    prefix: String,
    name: String,
    holder: String,
    contract: Option<Uuid>,
    may_debit: i64,
    collector: Option<String>,
    scopes: String,
    created_us: i64,
    last_used_us: Option<i64>,
    revoked_us: Option<i64>,
}

const SELECT: &str = "SELECT k.id, k.prefix, k.name, k.holder, k.contract, k.may_debit, k.collector, k.scopes, \
    k.created_us, k.last_used_us, r.at_us AS revoked_us \
    FROM api_key k LEFT JOIN api_key_revocation r ON r.api_key = k.id WHERE ";

type AccountRow = (Uuid, i64, String, String, String);

/// Every key of a contract ends, for the commit that ends the contract.
pub fn end_of_contract(contract: ContractId, by: &str, now: Timestamp) -> Change {
    Change::any(
        "INSERT INTO api_key_revocation (api_key, actor, at_us)
         SELECT id, $1, $2 FROM api_key WHERE contract = $3 ON CONFLICT DO NOTHING",
        vec![by.into(), now.micros().into(), contract.uuid().into()],
    )
}

impl Gateway {
    /// Makes a key and its token, which is shown this once.
    pub async fn issue_api_key(&self, new: &NewKey, by: &Operator) -> Result<(ApiKeyId, Token), KeyError> {
        let token = Token::generate(new.holder.token_kind());
        let id = self.register_api_key(&token, new, by).await?;
        Ok((id, token))
    }

    /// Makes a key of a token that exists, once: a demonstration shows the same one at every start.
    pub async fn register_api_key(
        &self,
        token: &Token,
        new: &NewKey,
        by: &Operator,
    ) -> Result<ApiKeyId, KeyError> {
        if !is_fit(new) {
            return Err(KeyError::Unfit);
        }
        if let Some(made) = self.key_row("k.hash = $1", token.hash()).await? {
            return Ok(ApiKeyId::from_uuid(made.id));
        }
        let id = ApiKeyId::generate();
        let contract = match &new.holder {
            Holder::Contract { contract, .. } => Some(*contract),
            Holder::Collector(_) | Holder::Operator => None,
        };
        let commit = Commit {
            rows: rows(id, token, new, self.now()),
            audit: vec![record(contract, by, "api-key.made", id, format!("{} {}", token.prefix(), new.name))],
            ..Commit::default()
        };
        self.persist(Persist::ApiKey, commit).await.map_err(StoreError::from)?;
        tracing::info!(key = %id, holder = new.holder.as_str(), "an API key was made");
        Ok(id)
    }

    /// Ends a key at once.
    pub async fn revoke_api_key(&self, id: ApiKeyId, by: &Operator) -> Result<(), KeyError> {
        let found = self.key_row("k.id = $1", id.uuid()).await?;
        let key = found.filter(|key| key.revoked_us.is_none()).ok_or(KeyError::Unknown)?;
        let values = vec![id.uuid().into(), by.name.clone().into(), self.now().micros().into()];
        let contract = key.contract.map(ContractId::from_uuid);
        let commit = Commit {
            rows_if_free: vec![Row { table: &REVOCATION, values }],
            audit: vec![record(contract, by, "api-key.revoked", id, key.prefix)],
            ..Commit::default()
        };
        self.persist(Persist::ApiKey, commit).await.map_err(StoreError::from)?;
        tracing::info!(key = %id, "an API key was revoked");
        Ok(())
    }

    /// All keys, the newest first, revoked ones too.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, KeyError> {
        let rows: Vec<KeyRow> = read!(self.database(), |c| {
            let sql = format!("{SELECT} 1 = 1 ORDER BY k.id DESC LIMIT $1");
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(LISTED_MAX).fetch_all(c).await
        })?;
        let accounts: Vec<AccountRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT api_key, account, branch, kind, number FROM api_key_account
                 WHERE api_key IN (SELECT id FROM api_key ORDER BY id DESC LIMIT $1) ORDER BY account",
            )
            .bind(LISTED_MAX)
            .fetch_all(c)
            .await
        })?;
        let mut by_key: BTreeMap<Uuid, Vec<KeyAccount>> = BTreeMap::new();
        for row in accounts {
            by_key.entry(row.0).or_default().push(account(row)?);
        }
        rows.into_iter()
            .map(|row| {
                let accounts = by_key.remove(&row.id).unwrap_or_default();
                Ok(key(row, accounts)?)
            })
            .collect()
    }

    /// The key of a token, unless it is revoked.
    pub(super) async fn key_of(&self, token: &Token) -> Result<Option<ApiKey>, StoreError> {
        let Some(row) = self.key_row("k.hash = $1", token.hash()).await? else { return Ok(None) };
        if row.revoked_us.is_some() {
            return Ok(None);
        }
        let accounts: Vec<AccountRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT api_key, account, branch, kind, number FROM api_key_account WHERE api_key = $1
                 ORDER BY account",
            )
            .bind(row.id)
            .fetch_all(c)
            .await
        })?;
        let accounts = accounts.into_iter().map(account).collect::<Result<_, _>>()?;
        key(row, accounts).map(Some)
    }

    /// Notes that a key was used.
    pub(super) async fn key_was_used(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE api_key SET last_used_us = $1 WHERE id = $2";
        execute!(self.database(), sql, at.micros(), id.uuid())?;
        Ok(())
    }

    async fn key_row<'q, V>(&self, condition: &str, value: V) -> Result<Option<KeyRow>, StoreError>
    where
        V: Clone
            + sqlx::Type<sqlx::Sqlite>
            + sqlx::Type<sqlx::Postgres>
            + sqlx::Encode<'q, sqlx::Sqlite>
            + sqlx::Encode<'q, sqlx::Postgres>
            + Send
            + 'q,
    {
        let sql = format!("{SELECT} {condition}");
        Ok(read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(value).fetch_optional(c).await
        })?)
    }
}

fn is_fit(new: &NewKey) -> bool {
    let allowed = new.holder.scopes();
    let accounts_fit = match &new.holder {
        Holder::Contract { accounts, .. } => {
            (1..=ACCOUNTS_MAX).contains(&accounts.len()) && accounts.iter().all(|a| a.name.is_well_formed())
        }
        Holder::Collector(_) | Holder::Operator => true,
    };
    (1..=NAME_CHARS_MAX).contains(&new.name.chars().count())
        && !new.scopes.is_empty()
        && new.scopes.iter().all(|scope| allowed.contains(scope))
        && accounts_fit
}

fn rows(id: ApiKeyId, token: &Token, new: &NewKey, now: Timestamp) -> Vec<Row> {
    let (contract, accounts, may_debit, collector) = match &new.holder {
        Holder::Contract { contract, accounts, may_debit } => {
            (Some(contract.uuid()), accounts.as_slice(), *may_debit, None)
        }
        Holder::Collector(number) => (None, &[][..], false, Some(number.as_str().to_owned())),
        Holder::Operator => (None, &[][..], false, None),
    };
    let scopes: Vec<_> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    let values = vec![
        id.uuid().into(),
        token.hash().into(),
        token.prefix().into(),
        new.name.clone().into(),
        new.holder.as_str().into(),
        Value::Uuid(contract),
        i64::from(may_debit).into(),
        Value::Text(collector),
        scopes.join(" ").into(),
        now.micros().into(),
    ];
    let account = |account: &KeyAccount| Row {
        table: &ACCOUNT,
        values: vec![
            id.uuid().into(),
            account.account.get().into(),
            account.name.branch.clone().into(),
            account.name.kind.as_str().into(),
            account.name.number.clone().into(),
        ],
    };
    let mut rows = vec![Row { table: &API_KEY, values }];
    rows.extend(accounts.iter().map(account));
    rows
}

fn record(
    contract: Option<ContractId>,
    by: &Operator,
    action: &'static str,
    id: ApiKeyId,
    detail: String,
) -> AuditRecord {
    AuditRecord { contract, actor: by.name.clone(), action, subject: id.to_string(), detail }
}

fn account((_, account, branch, kind, number): AccountRow) -> Result<KeyAccount, StoreError> {
    let kind = match kind.as_str() {
        "ordinary" => AccountType::Ordinary,
        "current" => AccountType::Current,
        _ => return Err(StoreError::Corrupt(kind)),
    };
    Ok(KeyAccount { name: AccountName { branch, kind, number }, account: AccountId::new(account) })
}

fn key(row: KeyRow, accounts: Vec<KeyAccount>) -> Result<ApiKey, StoreError> {
    let holder = match (row.holder.as_str(), row.contract, row.collector) {
        ("contract", Some(contract), None) => {
            let contract = ContractId::from_uuid(contract);
            Holder::Contract { contract, accounts, may_debit: row.may_debit == 1 }
        }
        ("collector", None, Some(number)) => Holder::Collector(StoreError::parse(&number)?),
        ("operator", None, None) => Holder::Operator,
        _ => return Err(StoreError::Corrupt(format!("the holder of key {}", row.id))),
    };
    let scopes = row.scopes.split(' ').map(StoreError::parse::<Scope>).collect::<Result<_, _>>()?;
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(row.id),
        prefix: row.prefix,
        name: row.name,
        holder,
        scopes,
        created_at: Timestamp::from_micros(row.created_us),
        last_used_at: row.last_used_us.map(Timestamp::from_micros),
        revoked_at: row.revoked_us.map(Timestamp::from_micros),
    })
}
