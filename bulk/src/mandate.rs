//! 預金口座振替依頼書: whose account a contract may debit. A register of the bank, which people keep on paper's word.

use std::collections::BTreeMap;

use database::{Database, Row, Table, Value, insert, read};
use domain::{AccountId, AccountRef, ContractId, Date, MandateId, Timestamp};
use formats::zengin::DebitResult;
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Refused};
use uuid::Uuid;

use crate::points::Persist;
use crate::words::words;
use crate::{Bulk, StoreError};

static MANDATE: Table = Table {
    name: "bulk_mandate",
    columns: &["id", "contract", "account", "customer", "from_day", "actor", "at_us"],
};
static STOP: Table =
    Table { name: "bulk_mandate_stop", columns: &["mandate", "stopped_by", "actor", "at_us"] };

/// Mandates that one list answers at most.
const LIST_MAX: u32 = 500;

words! {
    /// At whose wish a mandate was stopped.
    StoppedBy:
    /// 預金者の都合.
    Holder = "holder" "預金者の都合による停止",
    /// 委託者の都合.
    Originator = "originator" "委託者の都合による停止",
}

/// A mandate to register.
#[derive(Clone, Debug)]
pub struct NewMandate {
    /// Its id, made by the caller before: the same again is refused.
    pub id: MandateId,
    /// Who may debit.
    pub contract: ContractId,
    /// The account, which is at this bank.
    pub account: AccountRef,
    /// 顧客番号; empty where the contract has none.
    pub customer: String,
    /// From which day on.
    pub from: Date,
    /// 書類番号 of the paper; empty where there is none.
    pub document: String,
    /// Who registers it, for the audit log.
    pub actor: String,
    /// Taken in the same commit.
    pub guards: Vec<GuardKey>,
}

/// A mandate as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// The mandate.
    pub id: MandateId,
    /// Who may debit.
    pub contract: ContractId,
    /// The account in the ledger.
    pub account: AccountId,
    /// 顧客番号.
    pub customer: String,
    /// From which day on.
    pub from: Date,
    /// At whose wish it was stopped.
    pub stopped: Option<StoppedBy>,
    /// When it was registered.
    pub at: Timestamp,
}

impl NewMandate {
    /// The commit that registers it, of the account that its number names.
    pub fn commit(self, account: AccountId, now: Timestamp) -> Commit {
        let detail = format!("{} from {}{}", self.account, self.from, paper(&self.document));
        let row = Row {
            table: &MANDATE,
            values: vec![
                self.id.uuid().into(),
                self.contract.uuid().into(),
                account.get().into(),
                self.customer.into(),
                self.from.to_string().into(),
                self.actor.as_str().into(),
                now.micros().into(),
            ],
        };
        let guards = self.guards.into_iter().map(|guard| (guard, EntityId(self.id.uuid()))).collect();
        Commit { guards, ..written((self.id, self.contract), row, &self.actor, detail) }
    }
}

fn paper(document: &str) -> String {
    if document.is_empty() { String::new() } else { format!("; paper {document}") }
}

fn written((id, contract): (MandateId, ContractId), row: Row, actor: &str, detail: String) -> Commit {
    let audit = AuditRecord {
        contract: Some(contract),
        actor: actor.to_owned(),
        action: "bulk.mandate",
        subject: id.to_string(),
        detail,
    };
    Commit { rows: vec![row], audit: vec![audit], ..Commit::default() }
}

impl Mandate {
    /// The commit that stops it, for good.
    pub fn stop(&self, by: StoppedBy, actor: &str, document: &str, now: Timestamp) -> Commit {
        let values = vec![self.id.uuid().into(), by.as_str().into(), actor.into(), now.micros().into()];
        let row = Row { table: &STOP, values };
        written((self.id, self.contract), row, actor, format!("stopped by the {by}{}", paper(document)))
    }

    /// Whether it lets an account be debited on a day; of none 依頼書なし is the answer.
    pub(crate) fn permits(found: Option<&Self>, day: Date) -> Result<(), DebitResult> {
        match found {
            None => Err(DebitResult::NoMandate),
            Some(mandate) => match mandate.stopped {
                Some(StoppedBy::Holder) => Err(DebitResult::StoppedByHolder),
                Some(StoppedBy::Originator) => Err(DebitResult::StoppedByOriginator),
                None if mandate.from > day => Err(DebitResult::NoMandate),
                None => Ok(()),
            },
        }
    }
}

/// Why a mandate was not registered or stopped.
#[derive(Debug, thiserror::Error)]
pub enum MandateError {
    /// There is no such account at this bank.
    #[error("there is no such account at this bank")]
    NoSuchAccount,
    /// The contract has no such mandate.
    #[error("there is no such mandate")]
    NotFound,
    /// It is stopped already, or its id is another's.
    #[error("it is there already")]
    Taken,
    /// A guard that was to be taken along is taken.
    #[error("the guard {0} is taken")]
    Guarded(String),
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for MandateError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Guarded { key, .. } => Self::Guarded(key),
            Refused::Taken(_) => Self::Taken,
            other => Self::Store(other.into()),
        }
    }
}

type Found = (Uuid, Uuid, i64, String, String, Option<String>, i64);

const SELECT: &str = "SELECT m.id, m.contract, m.account, m.customer, m.from_day, s.stopped_by, m.at_us
     FROM bulk_mandate m LEFT JOIN bulk_mandate_stop s ON s.mandate = m.id WHERE ";

fn mandate(found: Found) -> Result<Mandate, StoreError> {
    let (id, contract, account, customer, from, stopped, at_us) = found;
    Ok(Mandate {
        id: MandateId::from_uuid(id),
        contract: ContractId::from_uuid(contract),
        account: AccountId::new(account),
        customer,
        from: from.parse().map_err(|_| StoreError::Corrupt(format!("{from} is no day")))?,
        stopped: stopped.as_deref().map(str::parse).transpose()?,
        at: Timestamp::from_micros(at_us),
    })
}

/// Mandates of a contract, the newest first and before one of them: for the bank's staff.
pub async fn mandates_of(
    database: &Database,
    contract: ContractId,
    before: Option<MandateId>,
    limit: u32,
) -> Result<Vec<Mandate>, StoreError> {
    let sql = format!("{SELECT} m.contract = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3");
    let found: Vec<Found> = read!(database, |c| {
        sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()))
            .bind(contract.uuid())
            .bind(before.map_or(Uuid::max(), MandateId::uuid))
            .bind(i64::from(limit.clamp(1, LIST_MAX)))
            .fetch_all(c)
            .await
    })?;
    found.into_iter().map(mandate).collect()
}

/// The mandate that counts for a contract and an account: the newest.
pub async fn mandate_on(
    database: &Database,
    contract: ContractId,
    account: AccountId,
) -> Result<Option<Mandate>, StoreError> {
    let sql = format!("{SELECT} m.contract = $1 AND m.account = $2 ORDER BY m.id DESC LIMIT 1");
    let found: Option<Found> = read!(database, |c| {
        sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()))
            .bind(contract.uuid())
            .bind(account.get())
            .fetch_optional(c)
            .await
    })?;
    found.map(mandate).transpose()
}

impl Bulk {
    /// Registers a mandate. Who may do so is the caller's part.
    pub async fn register_mandate(&self, new: NewMandate) -> Result<Mandate, MandateError> {
        let ours = new.account.bank == *self.transfers().own_bank();
        let account = match ours {
            true => self.transfers().account_of(&new.account).await.map_err(StoreError::from)?,
            false => None,
        };
        let account = account.ok_or(MandateError::NoSuchAccount)?;
        let (contract, id) = (new.contract, new.id);
        self.persist(Persist::Mandate, new.commit(account, self.now())).await?;
        self.mandate(contract, id).await
    }

    /// Stops one. It counts for every debit that is made after it.
    pub async fn stop_mandate(
        &self,
        contract: ContractId,
        id: MandateId,
        by: StoppedBy,
        actor: &str,
        guards: Vec<GuardKey>,
    ) -> Result<Mandate, MandateError> {
        let mandate = self.mandate(contract, id).await?;
        let mut commit = mandate.stop(by, actor, "", self.now());
        commit.guards = guards.into_iter().map(|guard| (guard, EntityId(id.uuid()))).collect();
        self.persist(Persist::Mandate, commit).await?;
        self.mandate(contract, id).await
    }

    /// A mandate of this contract.
    pub async fn mandate(&self, contract: ContractId, id: MandateId) -> Result<Mandate, MandateError> {
        let sql = format!("{SELECT} m.id = $1 AND m.contract = $2");
        let found: Option<Found> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()))
                .bind(id.uuid())
                .bind(contract.uuid())
                .fetch_optional(c)
                .await
        })
        .map_err(StoreError::from)?;
        mandate(found.ok_or(MandateError::NotFound)?).map_err(MandateError::from)
    }

    /// Mandates of a contract after one of them, in the order in which they were registered.
    pub async fn mandates(
        &self,
        contract: ContractId,
        after: Option<MandateId>,
        limit: u32,
    ) -> Result<Vec<Mandate>, StoreError> {
        let sql = format!("{SELECT} m.contract = $1 AND m.id > $2 ORDER BY m.id LIMIT $3");
        let found: Vec<Found> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()))
                .bind(contract.uuid())
                .bind(after.map_or(Uuid::nil(), MandateId::uuid))
                .bind(i64::from(limit.clamp(1, LIST_MAX)))
                .fetch_all(c)
                .await
        })?;
        found.into_iter().map(mandate).collect()
    }

    /// The mandate that counts for each of these accounts, where there is one: the newest.
    pub(crate) async fn standing_mandates(
        &self,
        contract: ContractId,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, Mandate>, StoreError> {
        let keys: Vec<Value> = accounts.iter().map(|account| account.get().into()).collect();
        let select = format!("{SELECT} m.account IN");
        let mut tx = self.database().snapshot().await?;
        let found: Vec<Found> = insert::select_in(&mut tx, &select, &keys, " ORDER BY m.id").await?;
        tx.rollback().await?;
        let mut standing = BTreeMap::new();
        for one in found {
            let one = mandate(one)?;
            if one.contract == contract {
                standing.insert(one.account, one);
            }
        }
        Ok(standing)
    }
}
