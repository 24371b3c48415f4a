//! Orders in the database.

use std::collections::BTreeMap;

use database::{Row, Table, Value, insert, read};
use domain::{AccountId, AccountRef, ContractId, Date, OrderId, Timestamp, UserId, Yen};
use ledger::EntityId;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

#[cfg(doc)]
use crate::chart;
use crate::network::SETTLED_AT_ONCE;
use crate::order::{Body, Event, Facts, Order, Position, State};
use crate::{StoreError, Transfers};

static ORDER: Table = Table {
    name: "transfer_order",
    columns: &["id", "contract", "app_user", "account", "payee_bank", "amount", "day", "placed_us", "facts"],
};

/// Orders that one list answers at most.
pub const LIST_MAX: u32 = 500;

/// An order with its last event.
const SHOWN: &str = "SELECT o.facts, e.at_us, e.body FROM transfer_order o
    JOIN event e ON e.entity = o.id AND e.seq = (SELECT max(seq) FROM event WHERE entity = o.id) WHERE ";

#[derive(FromRow)]
struct ShownRow {
    facts: String,
    at_us: i64,
    body: String,
}

impl TryFrom<ShownRow> for Order {
    type Error = StoreError;
    fn try_from(row: ShownRow) -> Result<Self, StoreError> {
        let facts: Facts = StoreError::json(&row.facts)?;
        let last: Body = StoreError::json(&row.body)?;
        let state = last.state.ok_or_else(|| StoreError::Corrupt(format!("{} has no state", facts.id)))?;
        let changed_at = Timestamp::from_micros(row.at_us);
        Ok(Self { facts, state, changed_at, reason: last.reason, code: last.code })
    }
}

/// The row that the commit of a new order inserts.
pub(crate) fn row(facts: &Facts) -> Result<Row, StoreError> {
    Ok(Row {
        table: &ORDER,
        values: vec![
            facts.id.uuid().into(),
            facts.contract.uuid().into(),
            facts.user.uuid().into(),
            facts.account.get().into(),
            facts.to.bank.as_str().into(),
            facts.amount.get().into(),
            facts.day.to_string().into(),
            facts.placed_at.micros().into(),
            StoreError::to_json(facts)?.into(),
        ],
    })
}

/// Which orders of a contract to list, the newest first.
#[derive(Clone, Debug)]
pub struct OrderQuery {
    /// Whose.
    pub contract: ContractId,
    /// Debited from one of these accounts.
    pub accounts: Vec<AccountId>,
    /// Only those in one of these states; all where it is empty.
    pub states: Vec<State>,
    /// Only those of this day and later.
    pub day_from: Option<Date>,
    /// Only those of this day and before.
    pub day_until: Option<Date>,
    /// Only those whose 受取人名, as it is sent, has this part.
    pub payee: Option<String>,
    /// Only those that were taken from this instant on, and before that one.
    pub placed: Option<(Timestamp, Timestamp)>,
    /// Only those that this user authorised.
    pub user: Option<UserId>,
    /// Older than this one, the last of the page before.
    pub before: Option<(Timestamp, OrderId)>,
    /// At most this many, and never more than 500.
    pub limit: u32,
}

impl OrderQuery {
    /// The newest of these accounts.
    pub const fn newest(contract: ContractId, accounts: Vec<AccountId>, limit: u32) -> Self {
        let (day_from, day_until, placed, user, before) = (None, None, None, None, None);
        let states = Vec::new();
        Self { contract, accounts, states, day_from, day_until, payee: None, placed, user, before, limit }
    }
}

/// The pattern of facts whose 受取人名 has a part, which is no pattern itself.
fn names_payee(part: &str) -> String {
    let part: String = part
        .chars()
        .flat_map(|c| match c {
            '%' | '_' | '!' => vec!['!', c],
            // as JSON has them
            '"' | '\\' => vec!['\\', c],
            c => vec![c],
        })
        .collect();
    format!("%\"payee_name\":\"%{part}%\",\"payee_account\":%")
}

/// What the reservations of a day need of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedOf {
    /// Whose.
    pub contract: ContractId,
    /// The account.
    pub account: AccountId,
    /// The sum.
    pub amount: Yen,
    /// How many there are.
    pub count: i64,
}

impl Transfers {
    /// An order of this contract.
    pub async fn find(&self, contract: ContractId, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.find_for_operator(id).await?.filter(|order| order.facts.contract == contract))
    }

    /// An order, whoever's it is: for the bank's staff, feeds and the engine itself.
    pub async fn find_for_operator(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row: Option<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("o.id = ").push_bind(id.uuid());
            sql.build_query_as().fetch_optional(c).await
        })?;
        row.map(Order::try_from).transpose()
    }

    /// The account to which the money of a returned order came back: the debited one, or [`chart::SUSPENSE`] where
    /// that was closed by then. None of an order that did not come back.
    pub async fn came_back_to(&self, id: OrderId) -> Result<Option<AccountId>, StoreError> {
        let events = self.ledger().events(EntityId(id.uuid())).await?;
        let Some(event) = events.iter().rev().find(|event| event.kind == Event::Returned.as_str()) else {
            return Ok(None);
        };
        let body: Body = StoreError::json(&event.body)?;
        let Some(transfer) = body.transfer else { return Ok(None) };
        let credited: Option<i64> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT credit FROM transfer WHERE id = $1")
                .bind(transfer.uuid())
                .fetch_optional(c)
                .await
        })?;
        Ok(credited.map(AccountId::new))
    }

    /// Orders of a contract, the newest first: reservations (予約一覧), history, what is open.
    pub async fn list(&self, query: &OrderQuery) -> Result<Vec<Order>, StoreError> {
        if query.accounts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("o.contract = ").push_bind(query.contract.uuid()).push(" AND o.account IN (");
            let mut list = sql.separated(", ");
            for account in &query.accounts {
                list.push_bind(account.get());
            }
            list.push_unseparated(")");
            if let Some(day) = query.day_from {
                sql.push(" AND o.day >= ").push_bind(day.to_string());
            }
            if let Some(day) = query.day_until {
                sql.push(" AND o.day <= ").push_bind(day.to_string());
            }
            if let Some(part) = &query.payee {
                sql.push(" AND o.facts LIKE ").push_bind(names_payee(part)).push(" ESCAPE '!'");
            }
            if let Some((from, until)) = query.placed {
                sql.push(" AND o.placed_us >= ").push_bind(from.micros());
                sql.push(" AND o.placed_us < ").push_bind(until.micros());
            }
            if let Some(user) = query.user {
                sql.push(" AND o.app_user = ").push_bind(user.uuid());
            }
            if let Some((at, id)) = query.before {
                sql.push(" AND (o.placed_us < ").push_bind(at.micros());
                sql.push(" OR (o.placed_us = ").push_bind(at.micros());
                sql.push(" AND o.id < ").push_bind(id.uuid()).push("))");
            }
            if !query.states.is_empty() {
                // the state is a member of the last event's body, which every event writes first
                sql.push(" AND (");
                let mut any = sql.separated(" OR ");
                for state in &query.states {
                    any.push("e.body LIKE ");
                    any.push_bind_unseparated(format!("{{\"state\":\"{state}\"%"));
                }
                any.push_unseparated(")");
            }
            let limit = i64::from(query.limit.clamp(1, LIST_MAX));
            sql.push(" ORDER BY o.placed_us DESC, o.id DESC LIMIT ").push_bind(limit);
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Order::try_from).collect()
    }

    /// The sum of a contract's reservations of a day from an account.
    pub async fn reserved_sum(
        &self,
        contract: ContractId,
        account: AccountId,
        day: Date,
    ) -> Result<Yen, StoreError> {
        let sum: i64 = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT CAST(coalesce(sum(o.amount), 0) AS BIGINT) FROM guard g
                 JOIN transfer_order o ON o.id = g.entity
                 WHERE g.key > $1 AND g.key < $2 AND o.contract = $3 AND o.account = $4",
            )
            .bind(format!("reserved|{day}|"))
            .bind(format!("reserved|{day}}}"))
            .bind(contract.uuid())
            .bind(account.get())
            .fetch_one(c)
            .await
        })?;
        Ok(Yen::new(sum))
    }

    /// What reservations of a day need, account by account in the order of accounts, after one of them.
    pub async fn reserved_of_day(
        &self,
        day: Date,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<ReservedOf>, StoreError> {
        let rows: Vec<(Uuid, i64, i64, i64)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT o.contract, o.account, CAST(sum(o.amount) AS BIGINT), count(*) FROM guard g
                 JOIN transfer_order o ON o.id = g.entity
                 WHERE g.key > $1 AND g.key < $2 AND o.account > $3
                 GROUP BY o.contract, o.account ORDER BY o.account, o.contract LIMIT $4",
            )
            .bind(format!("reserved|{day}|"))
            .bind(format!("reserved|{day}}}"))
            .bind(after.map_or(i64::MIN, AccountId::get))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await
        })?;
        let of = |(contract, account, amount, count): (Uuid, i64, i64, i64)| ReservedOf {
            contract: ContractId::from_uuid(contract),
            account: AccountId::new(account),
            amount: Yen::new(amount),
            count,
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// The accounts that orders debit, and those of recalls' orders, by the ids of either, as far as there are such.
    pub async fn accounts_of(&self, ids: &[Uuid]) -> Result<BTreeMap<Uuid, AccountId>, StoreError> {
        let mut accounts = BTreeMap::new();
        if ids.is_empty() {
            return Ok(accounts);
        }
        for select in [
            "SELECT o.id, o.account FROM transfer_order o WHERE o.id IN (",
            "SELECT r.id, o.account FROM transfer_recall r
             JOIN transfer_order o ON o.id = r.transfer_order WHERE r.id IN (",
        ] {
            let rows: Vec<(Uuid, i64)> = read!(self.database(), |c| {
                let mut sql = QueryBuilder::new(select);
                let mut list = sql.separated(", ");
                for id in ids {
                    list.push_bind(*id);
                }
                list.push_unseparated(")");
                sql.build_query_as().fetch_all(c).await
            })?;
            accounts.extend(rows.into_iter().map(|(id, account)| (id, AccountId::new(account))));
        }
        Ok(accounts)
    }

    /// How a contract's orders stand, as far as there are such.
    pub async fn states_of(
        &self,
        contract: ContractId,
        ids: &[OrderId],
    ) -> Result<BTreeMap<OrderId, State>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("o.contract = ").push_bind(contract.uuid()).push(" AND o.id IN (");
            let mut list = sql.separated(", ");
            for id in ids {
                list.push_bind(id.uuid());
            }
            list.push_unseparated(")");
            sql.build_query_as().fetch_all(c).await
        })?;
        let orders = rows.into_iter().map(Order::try_from);
        orders.map(|order| order.map(|order| (order.facts.id, order.state))).collect()
    }

    /// The account of our own register that a number names.
    pub(crate) async fn own_account(&self, named: &AccountRef) -> Result<Option<AccountId>, StoreError> {
        let found: Option<i64> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT account FROM core_account WHERE branch = $1 AND kind = $2 AND number = $3",
            )
            .bind(named.branch.as_str())
            .bind(named.kind.as_str())
            .bind(named.number.as_str())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map(AccountId::new))
    }

    /// Orders to other banks for a day, a page after one of them, in the order of their ids.
    pub(crate) async fn orders_of_day(
        &self,
        day: Date,
        after: Option<OrderId>,
    ) -> Result<Vec<Order>, StoreError> {
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("o.day = ").push_bind(day.to_string());
            sql.push(" AND o.payee_bank <> ").push_bind(self.own_bank().as_str());
            if let Some(after) = after {
                sql.push(" AND o.id > ").push_bind(after.uuid());
            }
            sql.push(" ORDER BY o.id LIMIT ").push_bind(i64::from(LIST_MAX));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Order::try_from).collect()
    }

    /// Orders of a day that settle one by one, and of which the network has not said so.
    pub(crate) async fn pending_of(&self, day: Date, limit: i64) -> Result<Vec<OrderId>, StoreError> {
        let (from, until) = (format!("interbank-due|{day}|"), format!("interbank-due|{day}}}"));
        let found: Vec<Uuid> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT o.id FROM guard g JOIN transfer_order o ON o.id = g.entity
                 WHERE g.key > $1 AND g.key < $2 AND o.amount >= $3 ORDER BY g.key LIMIT $4",
            )
            .bind(from)
            .bind(until)
            .bind(SETTLED_AT_ONCE.get())
            .bind(limit)
            .fetch_all(c)
            .await
        })?;
        Ok(found.into_iter().map(OrderId::from_uuid).collect())
    }

    /// The message of an order as it was first sent, which its events keep.
    pub(crate) async fn first_message(&self, facts: &Facts) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT message FROM event WHERE entity = $1 AND kind IN ($2, $3) AND message IS NOT NULL
                 ORDER BY seq LIMIT 1",
            )
            .bind(facts.entity().0)
            .bind(Event::Held.as_str())
            .bind(Event::Claimed.as_str())
            .fetch_optional(c)
            .await
        })?)
    }

    /// The facts of an order and where it stands.
    pub(crate) async fn load(&self, id: OrderId) -> Result<Option<(Facts, Position)>, StoreError> {
        let Some(order) = self.find_for_operator(id).await? else { return Ok(None) };
        let events = self.ledger().events(order.facts.entity()).await?;
        Ok(Some((order.facts, Position::of(&events)?)))
    }

    /// The same of many at once; what is no order is left out. One that cannot be read is its own failure alone.
    pub(crate) async fn load_all(
        &self,
        ids: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Result<(Facts, Position), StoreError>>, StoreError> {
        let keys: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
        let mut tx = self.database().snapshot().await?;
        let select = "SELECT id, facts FROM transfer_order WHERE id IN";
        let found: Vec<(Uuid, String)> = insert::select_in(&mut tx, select, &keys, "").await?;
        tx.rollback().await?;
        let entities: Vec<EntityId> = found.iter().map(|(id, _)| EntityId(*id)).collect();
        let mut events = self.ledger().events_of(&entities).await?;
        let mut loaded = BTreeMap::new();
        for (id, facts) in found {
            let events = events.remove(&EntityId(id)).unwrap_or_default();
            let read = || Ok((StoreError::json(&facts)?, Position::of(&events)?));
            loaded.insert(id, read());
        }
        Ok(loaded)
    }

    /// The orders that guards of a prefix belong to, in the order of their keys.
    pub(crate) async fn guarded(
        &self,
        from: &str,
        until: &str,
        limit: i64,
    ) -> Result<Vec<OrderId>, StoreError> {
        let found: Vec<(String, Uuid)> = read!(self.database(), |c| {
            sqlx::query_as("SELECT key, entity FROM guard WHERE key > $1 AND key < $2 ORDER BY key LIMIT $3")
                .bind(from)
                .bind(until)
                .bind(limit)
                .fetch_all(c)
                .await
        })?;
        Ok(found.into_iter().map(|(_, entity)| OrderId::from_uuid(entity)).collect())
    }
}
