//! What the ledger shows: balances, statement lines, events.

use std::collections::BTreeMap;

use database::{insert, read};
use domain::{AccountId, Timestamp, TransferId, Yen};
use uuid::Uuid;

use crate::Ledger;
use crate::commit::EntityId;
use crate::transfer::Kind;

/// Statement lines a page at most.
pub const STATEMENT_LINES_MAX: i64 = 1_000;

/// An account at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub account: AccountId,
    /// 残高.
    pub balance: Yen,
    /// 支払可能額: the balance less what is held, plus the overdraft.
    pub available: Yen,
    /// The sum of open holds.
    pub held: Yen,
}

/// 入出金明細: one movement of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Its place in the journal; a larger one is later.
    pub position: i64,
    /// The transfer.
    pub transfer: TransferId,
    /// When.
    pub at: Timestamp,
    /// Positive in, negative out.
    pub amount: Yen,
    /// 差引残高.
    pub balance_after: Yen,
    /// 摘要.
    pub memo: String,
}

impl From<(i64, Uuid, i64, i64, i64, String)> for StatementLine {
    fn from((position, id, at, amount, after, memo): (i64, Uuid, i64, i64, i64, String)) -> Self {
        Self {
            position,
            transfer: TransferId::from_uuid(id),
            at: Timestamp::from_micros(at),
            amount: Yen::new(amount),
            balance_after: Yen::new(after),
            memo,
        }
    }
}

/// What happened to an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The entity.
    pub entity: EntityId,
    /// Its place in the entity's history, from 1.
    pub seq: i64,
    /// The kind's word.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Facts as JSON.
    pub body: String,
}

type EventRow = (Uuid, i64, String, i64, String);

impl From<EventRow> for Event {
    fn from((entity, seq, kind, at, body): EventRow) -> Self {
        Self { entity: EntityId(entity), seq, kind, at: Timestamp::from_micros(at), body }
    }
}

impl Ledger {
    /// The balances of bounded accounts, in the order asked; an account that does not exist is left out.
    pub async fn balances(&self, accounts: &[AccountId]) -> Result<Vec<Balance>, sqlx::Error> {
        let keys: Vec<_> = accounts.iter().map(|a| a.get().into()).collect();
        let mut tx = self.database.snapshot().await?;
        let select = "SELECT id, balance, held, overdraft FROM account WHERE bounded = 1 AND id IN";
        let found: Vec<(i64, i64, i64, i64)> = insert::select_in(&mut tx, select, &keys, "").await?;
        tx.rollback().await?;
        let of = |id: &AccountId| found.iter().find(|(found, ..)| *found == id.get());
        Ok(accounts
            .iter()
            .filter_map(of)
            .map(|(id, balance, held, overdraft)| Balance {
                account: AccountId::new(*id),
                balance: Yen::new(*balance),
                available: Yen::new(balance.saturating_sub(*held).saturating_add(*overdraft)),
                held: Yen::new(*held),
            })
            .collect())
    }

    /// The movements of a bounded account from one instant until before another, newest first.
    pub async fn statement(
        &self,
        account: AccountId,
        from: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<StatementLine>, sqlx::Error> {
        let limit = limit.clamp(0, STATEMENT_LINES_MAX);
        let rows: Vec<(i64, Uuid, i64, i64, i64, String)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT position, id, at_us, amount, after_balance, memo FROM (
                     SELECT position, id, at_us, -amount AS amount, debit_after AS after_balance, memo
                     FROM transfer WHERE debit = $1 AND debit_after IS NOT NULL AND at_us >= $2 AND at_us < $3
                     UNION ALL
                     SELECT position, id, at_us, amount, credit_after, memo
                     FROM transfer WHERE credit = $1 AND credit_after IS NOT NULL AND at_us >= $2 AND at_us < $3
                 ) AS line ORDER BY position DESC LIMIT $4",
            )
            .bind(account.get())
            .bind(from.micros())
            .bind(until.micros())
            .bind(limit)
            .fetch_all(c)
            .await
        })?;
        Ok(rows.into_iter().map(StatementLine::from).collect())
    }

    /// The net movement of a bounded account since an instant: きょうの動き from midnight on.
    pub async fn moved_since(&self, account: AccountId, since: Timestamp) -> Result<Yen, sqlx::Error> {
        let moved: i64 = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM (
                     SELECT -amount AS amount FROM transfer
                     WHERE debit = $1 AND debit_after IS NOT NULL AND at_us >= $2
                     UNION ALL
                     SELECT amount FROM transfer WHERE credit = $1 AND credit_after IS NOT NULL AND at_us >= $2
                 ) AS line",
            )
            .bind(account.get())
            .bind(since.micros())
            .fetch_one(c)
            .await
        })?;
        Ok(Yen::new(moved))
    }

    /// The balance of an internal account, credits less debits: a sum over the journal.
    pub async fn internal_balance(&self, account: AccountId) -> Result<Yen, sqlx::Error> {
        let moves = [Kind::Posted.code(), 2];
        let sum: i64 = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT CAST(coalesce(sum(CASE WHEN credit = $1 THEN amount ELSE -amount END), 0) AS BIGINT)
                 FROM transfer WHERE (credit = $1 OR debit = $1) AND kind IN ($2, $3)",
            )
            .bind(account.get())
            .bind(moves[0])
            .bind(moves[1])
            .fetch_one(c)
            .await
        })?;
        Ok(Yen::new(sum))
    }

    /// Everything that happened to an entity, oldest first.
    pub async fn events(&self, entity: EntityId) -> Result<Vec<Event>, sqlx::Error> {
        let rows: Vec<EventRow> = read!(self.database, |c| {
            sqlx::query_as("SELECT entity, seq, kind, at_us, body FROM event WHERE entity = $1 ORDER BY seq")
                .bind(entity.0)
                .fetch_all(c)
                .await
        })?;
        Ok(rows.into_iter().map(Event::from).collect())
    }

    /// Everything that happened to each of these, oldest first.
    pub async fn events_of(
        &self,
        entities: &[EntityId],
    ) -> Result<BTreeMap<EntityId, Vec<Event>>, sqlx::Error> {
        let keys: Vec<_> = entities.iter().map(|entity| entity.0.into()).collect();
        let mut tx = self.database.snapshot().await?;
        let select = "SELECT entity, seq, kind, at_us, body FROM event WHERE entity IN";
        let rows: Vec<EventRow> = insert::select_in(&mut tx, select, &keys, " ORDER BY entity, seq").await?;
        tx.rollback().await?;
        let mut events: BTreeMap<EntityId, Vec<Event>> = BTreeMap::new();
        for event in rows.into_iter().map(Event::from) {
            events.entry(event.entity).or_default().push(event);
        }
        Ok(events)
    }
}
