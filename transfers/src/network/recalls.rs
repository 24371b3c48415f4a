//! Recalls of a contract as a list, each with the order that is to come back.

use database::read;
use domain::{AccountId, ContractId, OrderId, RecallId, Timestamp, UserId};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::recall::{Body, RecallState};
use crate::order::{Body as OrderBody, Facts, State};
use crate::{StoreError, Transfers};

/// Recalls that one list answers at most.
const LIST_MAX: u32 = 500;

/// Which recalls of a contract to list, the newest first.
#[derive(Clone, Debug)]
pub struct RecallQuery {
    /// Whose.
    pub contract: ContractId,
    /// Of orders that were debited from one of these accounts.
    pub accounts: Vec<AccountId>,
    /// Only those in one of these states; all where it is empty.
    pub states: Vec<RecallState>,
    /// Only those that were asked for from this instant on, and before that one.
    pub asked: (Timestamp, Timestamp),
    /// Only those that this user asked for.
    pub user: Option<UserId>,
    /// Older than this one, the last of the page before.
    pub before: Option<(Timestamp, RecallId)>,
    /// At most this many, and never more than 500.
    pub limit: u32,
}

/// A recall in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// The case.
    pub id: RecallId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Who asked, as the audit log names people.
    pub actor: String,
    /// Where it stands.
    pub state: RecallState,
    /// Whether the money has come back.
    pub is_back: bool,
    /// The order that is to come back.
    pub order: OrderId,
    /// What that order is about.
    pub facts: Facts,
}

#[derive(FromRow)]
struct RecalledRow {
    id: Uuid,
    asked_us: i64,
    actor: String,
    body: String,
    facts: String,
    order_body: String,
}

impl TryFrom<RecalledRow> for Recalled {
    type Error = StoreError;
    fn try_from(row: RecalledRow) -> Result<Self, StoreError> {
        let (body, facts): (Body, Facts) = (StoreError::json(&row.body)?, StoreError::json(&row.facts)?);
        let of_order: OrderBody = StoreError::json(&row.order_body)?;
        Ok(Self {
            id: RecallId::from_uuid(row.id),
            asked_at: Timestamp::from_micros(row.asked_us),
            actor: row.actor,
            state: body.state,
            is_back: of_order.state == Some(State::Returned),
            order: facts.id,
            facts,
        })
    }
}

impl Transfers {
    /// Recalls of a contract, the newest first.
    pub async fn recalls(&self, query: &RecallQuery) -> Result<Vec<Recalled>, StoreError> {
        if query.accounts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<RecalledRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(
                "SELECT r.id, r.at_us AS asked_us, r.actor, e.body, o.facts, l.body AS order_body FROM transfer_recall r
                 JOIN transfer_order o ON o.id = r.transfer_order
                 JOIN event l ON l.entity = o.id AND l.seq = (SELECT max(seq) FROM event WHERE entity = o.id)
                 JOIN event e ON e.entity = r.id AND e.seq = (SELECT max(seq) FROM event WHERE entity = r.id)
                 WHERE r.contract = ",
            );
            sql.push_bind(query.contract.uuid());
            sql.push(" AND r.at_us >= ").push_bind(query.asked.0.micros());
            sql.push(" AND r.at_us < ").push_bind(query.asked.1.micros());
            sql.push(" AND o.account IN (");
            let mut list = sql.separated(", ");
            for account in &query.accounts {
                list.push_bind(account.get());
            }
            list.push_unseparated(")");
            if let Some(user) = query.user {
                sql.push(" AND r.actor = ").push_bind(user.to_string());
            }
            if let Some((at, id)) = query.before {
                sql.push(" AND (r.at_us < ").push_bind(at.micros());
                sql.push(" OR (r.at_us = ").push_bind(at.micros());
                sql.push(" AND r.id < ").push_bind(id.uuid()).push("))");
            }
            if !query.states.is_empty() {
                sql.push(" AND (");
                let mut any = sql.separated(" OR ");
                for state in &query.states {
                    any.push("e.body LIKE ");
                    any.push_bind_unseparated(format!("{{\"state\":\"{state}\"%"));
                }
                any.push_unseparated(")");
            }
            let limit = i64::from(query.limit.clamp(1, LIST_MAX));
            sql.push(" ORDER BY r.at_us DESC, r.id DESC LIMIT ").push_bind(limit);
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Recalled::try_from).collect()
    }
}
