//! The table of hand-offs. Their contents have the 確認番号 in them and are kept for a day, as inquiries are.

use collectors::link::{HandOff, NONCE_CHARS, Pattern, bill_ids, is_nonce};
use database::{Row, Table, execute, read};
use domain::{BillId, CollectorNumber, ContractId, Timestamp, UserId};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{Arrival, arrival};
use crate::guard::Guard;
use crate::payment::store::{ShownRow, shown};
use crate::{Gateway, Payer, Payment, StoreError};

/// How long a hand-off is kept after its arrival, in business time.
const KEPT_S: i64 = 24 * 60 * 60;
/// Rows that one statement deletes.
const CHUNK_ROWS_MAX: i64 = 500;

static HAND_OFF: Table = Table {
    name: "link_handoff",
    columns: &["id", "collector", "nonce", "pattern", "contents", "arrived_us"],
};

/// What the table says of one.
#[derive(FromRow)]
struct ArrivalRow {
    id: String,
    pattern: String,
    contents: String,
    arrived_us: i64,
    browser: Option<Vec<u8>>,
    contract: Option<Uuid>,
    user_id: Option<Uuid>,
    claimed_us: Option<i64>,
}

const SELECT: &str = "SELECT id, pattern, contents, arrived_us, browser, contract, user_id, claimed_us \
    FROM link_handoff WHERE ";

impl TryFrom<ArrivalRow> for Arrival {
    type Error = StoreError;
    fn try_from(row: ArrivalRow) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("hand-off {}", row.id));
        let pattern = Pattern::of_word(&row.pattern).ok_or_else(corrupt)?;
        let hand_off = HandOff::read(pattern, row.contents.as_bytes()).map_err(|_| corrupt())?;
        let claim = match (row.contract, row.user_id, row.claimed_us) {
            (Some(contract), Some(user), Some(at)) => {
                let payer =
                    Payer { contract: ContractId::from_uuid(contract), user: UserId::from_uuid(user) };
                Some((payer, Timestamp::from_micros(at)))
            }
            _ => None,
        };
        let arrived_at = Timestamp::from_micros(row.arrived_us);
        Ok(Self { id: row.id, hand_off, arrived_at, browser: row.browser, claim })
    }
}

/// The row that the arrival's commit inserts.
pub(super) fn row(arrival: &Arrival, contents: String) -> Row {
    Row {
        table: &HAND_OFF,
        values: vec![
            arrival.id.clone().into(),
            arrival.collector().as_str().into(),
            arrival.hand_off.nonce.clone().into(),
            arrival.hand_off.pattern.as_str().into(),
            contents.into(),
            arrival.arrived_at.micros().into(),
        ],
    }
}

impl Gateway {
    /// A hand-off by the id of its page, whoever's it is.
    pub async fn hand_off(&self, id: &str) -> Result<Option<Arrival>, StoreError> {
        let found: Option<ArrivalRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} id = $1"))).bind(id).fetch_optional(c).await
        })?;
        found.map(Arrival::try_from).transpose()
    }

    /// A hand-off by its nonce, which is its collector's own.
    pub async fn hand_off_of(
        &self,
        collector: &CollectorNumber,
        nonce: &str,
    ) -> Result<Option<Arrival>, StoreError> {
        let found: Option<ArrivalRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} collector = $1 AND nonce = $2")))
                .bind(collector.as_str())
                .bind(nonce)
                .fetch_optional(c)
                .await
        })?;
        found.map(Arrival::try_from).transpose()
    }

    /// The hand-off that a bill came with.
    pub async fn hand_off_of_bill(
        &self,
        collector: &CollectorNumber,
        bill: &BillId,
    ) -> Result<Option<Arrival>, StoreError> {
        match bill.as_str().get(..NONCE_CHARS) {
            Some(nonce) => self.hand_off_of(collector, nonce).await,
            None => Ok(None),
        }
    }

    /// Whether a nonce was ever used.
    pub async fn has_arrived(&self, collector: &CollectorNumber, nonce: &str) -> Result<bool, StoreError> {
        self.is_taken(&Guard(arrival::nonce_guard(collector, nonce))).await
    }

    /// Gives a hand-off that is nobody's yet to a browser, and answers it as it is then.
    pub async fn bind_hand_off(&self, id: &str, browser: &[u8]) -> Result<Option<Arrival>, StoreError> {
        execute!(
            self.database(),
            "UPDATE link_handoff SET browser = $2 WHERE id = $1 AND browser IS NULL",
            id,
            browser
        )?;
        self.hand_off(id).await
    }

    /// Gives a hand-off that no person has taken yet to a payer, and answers it as it is then. The caller has checked
    /// the browser and the time.
    pub async fn claim_hand_off(&self, id: &str, payer: Payer) -> Result<Option<Arrival>, StoreError> {
        execute!(
            self.database(),
            "UPDATE link_handoff SET contract = $2, user_id = $3, claimed_us = $4
             WHERE id = $1 AND user_id IS NULL",
            id,
            payer.contract.uuid(),
            payer.user.uuid(),
            self.now().micros()
        )?;
        self.hand_off(id).await
    }

    /// The payments of a hand-off's bills, the newest first.
    pub async fn payments_of_hand_off(
        &self,
        collector: &CollectorNumber,
        nonce: &str,
    ) -> Result<Vec<Payment>, StoreError> {
        if !is_nonce(nonce) {
            return Ok(Vec::new());
        }
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(shown("p.collector = "));
            sql.push_bind(collector.as_str()).push(" AND p.link IN (");
            let mut list = sql.separated(", ");
            for id in bill_ids(nonce) {
                list.push_bind(id);
            }
            list.push_unseparated(") ORDER BY p.held_us DESC, p.id DESC");
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Payment::try_from).collect()
    }

    /// Deletes the hand-offs that arrived more than a day ago, with their 確認番号, and says how many. That their nonces
    /// were used stays. [`run`](Self::run) does it by itself.
    pub async fn delete_old_hand_offs(&self) -> Result<u64, StoreError> {
        let before = self.now().plus_seconds(-KEPT_S).micros();
        Ok(execute!(
            self.database(),
            "DELETE FROM link_handoff WHERE id IN (
                SELECT id FROM link_handoff WHERE arrived_us < $1 ORDER BY arrived_us LIMIT $2)",
            before,
            CHUNK_ROWS_MAX
        )?)
    }
}
