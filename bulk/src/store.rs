//! Batches and rows in the database. Every query that a customer's page asks is scoped by the contract.

use std::collections::BTreeMap;

use database::{Database, Tx, Value, insert, on, read};
use domain::{AccountId, BatchId, ContractId, OrderId, Timestamp, TransferId, UserId, Yen};
use formats::zengin::{BULK_RECORD_BYTES, DebitResult, Record};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::batch::{Batch, Body, Event, Position, State};
use crate::row::{Fault, Row, RowResult, RowState};
use crate::words::words;
use crate::{Bulk, Kind, StoreError};

/// Batches that one list answers at most.
const LIST_MAX: u32 = 500;
/// Rows that one page answers at most.
pub const ROWS_MAX: u32 = 1_000;

/// A batch with its last event; one whose rows are still coming has none.
const SHOWN: &str = "SELECT b.id, b.contract, b.author, b.heading, b.fund, b.version, b.items, b.amount, b.fees,
    b.faulty, b.abroad, b.created_us, b.changed_us, e.at_us, e.body,
    (SELECT d.body FROM event d WHERE d.entity = b.id AND d.kind = 'bulk-requested' ORDER BY d.seq DESC LIMIT 1)
        AS requested
    FROM bulk_batch b
    JOIN event e ON e.entity = b.id AND e.seq = (SELECT max(seq) FROM event WHERE entity = b.id) WHERE ";

#[derive(FromRow)]
struct ShownRow {
    id: Uuid,
    contract: Uuid,
    author: Uuid,
    heading: String,
    fund: i64,
    version: i64,
    items: i64,
    amount: i64,
    fees: i64,
    faulty: i64,
    abroad: i64,
    created_us: i64,
    changed_us: i64,
    at_us: i64,
    body: String,
    requested: Option<String>,
}

impl TryFrom<ShownRow> for Batch {
    type Error = StoreError;
    fn try_from(row: ShownRow) -> Result<Self, StoreError> {
        let last: Body = StoreError::json(&row.body)?;
        let state = last.state.ok_or_else(|| StoreError::Corrupt(format!("{} has no state", row.id)))?;
        let requested = row.requested.as_deref().map(StoreError::json::<Body>).transpose()?;
        Ok(Self {
            id: BatchId::from_uuid(row.id),
            contract: ContractId::from_uuid(row.contract),
            author: UserId::from_uuid(row.author),
            heading: StoreError::json(&row.heading)?,
            version: row.version,
            rows: row.items,
            amount: Yen::new(row.amount),
            fees: Yen::new(row.fees),
            faulty: row.faulty,
            abroad: row.abroad,
            state,
            reason: last.reason,
            detail: last.detail,
            digest: requested.filter(|_| !state.is_editable()).and_then(|body| body.digest),
            created_at: Timestamp::from_micros(row.created_us),
            changed_at: Timestamp::from_micros(row.changed_us.max(row.at_us)),
            fund: AccountId::new(row.fund),
        })
    }
}

/// A row as it is stored.
#[derive(FromRow)]
pub(crate) struct StoredRow {
    pub number: i64,
    pub record: Vec<u8>,
    pub amount: i64,
    pub owed: Option<i64>,
    pub fee: i64,
    pub attached: Option<Vec<u8>>,
    pub faults: Option<String>,
}

impl StoredRow {
    pub fn record(&self) -> Result<Record, StoreError> {
        let record: Result<[u8; BULK_RECORD_BYTES], _> = self.record.as_slice().try_into();
        record.map_err(|_| StoreError::Corrupt(format!("row {} has no record", self.number)))
    }

    fn with(self, result: RowResult) -> Result<Row, StoreError> {
        Ok(Row {
            number: self.number,
            record: self.record()?,
            amount: Yen::new(self.amount),
            owed: self.owed.map(Yen::new),
            fee: Yen::new(self.fee),
            faults: self.faults.as_deref().map_or_else(|| Ok(Vec::new()), StoreError::json::<Vec<Fault>>)?,
            attached: self.attached,
            result,
        })
    }
}

/// Which batches of a contract to list, the newest first.
#[derive(Clone, Debug)]
pub struct BatchQuery {
    /// Whose.
    pub contract: ContractId,
    /// Of these businesses; of all where it is empty.
    pub kinds: Vec<Kind>,
    /// Only those in one of these states; all where it is empty.
    pub states: Vec<State>,
    /// Only those that this user made.
    pub author: Option<UserId>,
    /// Older than this one, the last of the page before.
    pub before: Option<(Timestamp, BatchId)>,
    /// At most this many, and never more than 500.
    pub limit: u32,
}

impl BatchQuery {
    /// The newest of a contract.
    pub fn newest(contract: ContractId, limit: u32) -> Self {
        let (kinds, states) = (Vec::new(), Vec::new());
        Self { contract, kinds, states, author: None, before: None, limit }
    }
}

/// Which rows of a batch to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// All.
    All,
    /// Those of which something is wrong.
    Faulty,
    /// Those that failed, or whose money came back.
    Failed,
}

/// A number of rows and what they sum up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summed {
    /// How many.
    pub rows: i64,
    /// How much.
    pub amount: Yen,
}

/// What became of a batch's rows so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Their turn has not come.
    pub waiting: Summed,
    /// Credited at this bank, collected or paid.
    pub done: Summed,
    /// Handed to the interbank network, and not known to have failed.
    pub handed: Summed,
    /// Not carried out, or come back.
    pub failed: Summed,
}

/// Something that happened to a batch, for its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// What.
    pub event: Event,
    /// When.
    pub at: Timestamp,
    /// Who did it, where a person did.
    pub user: Option<UserId>,
    /// What was said with it.
    pub detail: Option<String>,
}

type OutcomeRow = (i64, i64, String, Option<String>, Option<Uuid>, Option<Uuid>, i64);

/// Batches of a contract, the newest first, for whoever has no engine.
pub async fn batches_of(database: &Database, query: &BatchQuery) -> Result<Vec<Batch>, StoreError> {
    let rows: Vec<ShownRow> = read!(database, |c| {
        let mut sql = QueryBuilder::new(SHOWN);
        sql.push("b.contract = ").push_bind(query.contract.uuid());
        if let Some(author) = query.author {
            sql.push(" AND b.author = ").push_bind(author.uuid());
        }
        if !query.kinds.is_empty() {
            sql.push(" AND b.kind IN (");
            let mut list = sql.separated(", ");
            for kind in &query.kinds {
                list.push_bind(kind.as_str());
            }
            list.push_unseparated(")");
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
        if let Some((at, id)) = query.before {
            sql.push(" AND (b.created_us < ").push_bind(at.micros());
            sql.push(" OR (b.created_us = ").push_bind(at.micros());
            sql.push(" AND b.id < ").push_bind(id.uuid()).push("))");
        }
        let limit = i64::from(query.limit.clamp(1, LIST_MAX));
        sql.push(" ORDER BY b.created_us DESC, b.id DESC LIMIT ").push_bind(limit);
        sql.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Batch::try_from).collect()
}

impl Bulk {
    /// A batch of this contract.
    pub async fn find(&self, contract: ContractId, id: BatchId) -> Result<Option<Batch>, StoreError> {
        Ok(self.find_for_operator(id).await?.filter(|batch| batch.contract == contract))
    }

    /// A batch, whoever's it is: for the bank's staff, feeds and the engine itself.
    pub async fn find_for_operator(&self, id: BatchId) -> Result<Option<Batch>, StoreError> {
        let row: Option<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("b.id = ").push_bind(id.uuid());
            sql.build_query_as().fetch_optional(c).await
        })?;
        row.map(Batch::try_from).transpose()
    }

    /// How a contract's batches stand, as far as there are such.
    pub async fn states_of(
        &self,
        contract: ContractId,
        ids: &[BatchId],
    ) -> Result<BTreeMap<BatchId, State>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("b.contract = ").push_bind(contract.uuid()).push(" AND b.id IN (");
            let mut list = sql.separated(", ");
            for id in ids {
                list.push_bind(id.uuid());
            }
            list.push_unseparated(")");
            sql.build_query_as().fetch_all(c).await
        })?;
        let batches = rows.into_iter().map(Batch::try_from);
        batches.map(|batch| batch.map(|batch| (batch.id, batch.state))).collect()
    }

    /// Batches of a contract, the newest first.
    pub async fn list(&self, query: &BatchQuery) -> Result<Vec<Batch>, StoreError> {
        batches_of(self.database(), query).await
    }

    /// Batches of a contract that came from a file of this SHA-256 and were not thrown away, the newest first: whoever
    /// sends the same file again is told.
    pub async fn of_file(&self, contract: ContractId, digest: &[u8; 32]) -> Result<Vec<Batch>, StoreError> {
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("b.contract = ").push_bind(contract.uuid());
            sql.push(" AND b.file = ").push_bind(digest.to_vec());
            sql.push(" AND e.kind <> ").push_bind(Event::Discarded.as_str());
            sql.push(" ORDER BY b.created_us DESC LIMIT ").push_bind(i64::from(LIST_MAX));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Batch::try_from).collect()
    }

    /// What happened to a batch of this contract, without what happened to single rows.
    pub async fn history(&self, contract: ContractId, id: BatchId) -> Result<Vec<Happened>, StoreError> {
        let Some(batch) = self.find(contract, id).await? else { return Ok(Vec::new()) };
        let mut happened = Vec::new();
        for stored in self.ledger().events(batch.entity()).await? {
            let event: Event = stored.kind.parse()?;
            if event == Event::Posted {
                continue;
            }
            let body: Body = StoreError::json(&stored.body)?;
            let detail = body.detail.or_else(|| body.reason.map(|reason| reason.label().to_owned()));
            happened.push(Happened { event, at: stored.at, user: body.user, detail });
        }
        Ok(happened)
    }

    /// Rows of a batch of this contract after one of them, at most 1,000, with what became of each.
    pub async fn rows(
        &self,
        contract: ContractId,
        id: BatchId,
        only: Only,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let Some(batch) = self.find(contract, id).await? else { return Ok(Vec::new()) };
        let limit = i64::from(limit.clamp(1, ROWS_MAX));
        let stored: Vec<StoredRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(ROW);
            sql.push("r.batch = ").push_bind(id.uuid());
            sql.push(" AND r.number > ").push_bind(after);
            match only {
                Only::All => {}
                Only::Faulty => {
                    sql.push(" AND r.faults IS NOT NULL");
                }
                Only::Failed => {
                    sql.push(
                    " AND (SELECT o.result FROM bulk_outcome o WHERE o.batch = r.batch AND o.number = r.number
                      AND o.result IN ('failed', 'returned') LIMIT 1) IS NOT NULL",
                    );
                }
            }
            sql.push(" ORDER BY r.number LIMIT ").push_bind(limit);
            sql.build_query_as().fetch_all(c).await
        })?;
        self.with_results(&batch, stored).await
    }

    /// One row of a batch of this contract.
    pub async fn row(
        &self,
        contract: ContractId,
        id: BatchId,
        number: i64,
    ) -> Result<Option<Row>, StoreError> {
        let found = self.rows(contract, id, Only::All, number.saturating_sub(1), 1).await?;
        Ok(found.into_iter().find(|row| row.number == number))
    }

    /// What became of the rows of a batch of this contract so far.
    pub async fn results(&self, contract: ContractId, id: BatchId) -> Result<Results, StoreError> {
        let Some(batch) = self.find(contract, id).await? else { return Ok(Results::default()) };
        let sql = "SELECT o.result, CAST(count(*) AS BIGINT),
                 CAST(sum((SELECT r.amount FROM bulk_row r
                           WHERE r.batch = o.batch AND r.number = o.number)) AS BIGINT)
             FROM bulk_outcome o WHERE o.batch = $1 AND o.step = (SELECT max(l.step) FROM bulk_outcome l
                                              WHERE l.batch = o.batch AND l.number = o.number)
             GROUP BY o.result";
        let found: Vec<(String, i64, i64)> =
            read!(self.database(), |c| sqlx::query_as(sql).bind(id.uuid()).fetch_all(c).await)?;
        let mut results = Results::default();
        let mut left = Summed { rows: batch.rows, amount: batch.amount };
        for (result, rows, amount) in found {
            let sum = match result.parse::<Outcome>()? {
                Outcome::Done => &mut results.done,
                Outcome::Handed => &mut results.handed,
                Outcome::Failed | Outcome::Returned => &mut results.failed,
            };
            sum.rows += rows;
            sum.amount = Yen::new(sum.amount.get() + amount);
            left.rows -= rows;
            left.amount = Yen::new(left.amount.get() - amount);
        }
        results.waiting = left;
        Ok(results)
    }

    /// Rows of a batch after one of them, in their order.
    pub(crate) async fn stored_rows(
        &self,
        id: BatchId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredRow>, StoreError> {
        Ok(read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(ROW);
            sql.push("r.batch = ").push_bind(id.uuid());
            sql.push(" AND r.number > ").push_bind(after);
            sql.push(" ORDER BY r.number LIMIT ").push_bind(limit);
            sql.build_query_as().fetch_all(c).await
        })?)
    }

    /// A batch and where it stands.
    pub(crate) async fn load(&self, id: BatchId) -> Result<Option<(Batch, Position)>, StoreError> {
        let Some(batch) = self.find_for_operator(id).await? else { return Ok(None) };
        let events = self.ledger().events(batch.entity()).await?;
        Ok(Some((batch, Position::of(&events)?)))
    }

    async fn with_results(&self, batch: &Batch, stored: Vec<StoredRow>) -> Result<Vec<Row>, StoreError> {
        let (Some(first), Some(last)) = (stored.first(), stored.last()) else { return Ok(Vec::new()) };
        let outcomes: Vec<OutcomeRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT number, step, result, code, moved, placed, at_us FROM bulk_outcome
                 WHERE batch = $1 AND number >= $2 AND number <= $3 ORDER BY number, step",
            )
            .bind(batch.id.uuid())
            .bind(first.number)
            .bind(last.number)
            .fetch_all(c)
            .await
        })?;
        let placed: Vec<Value> =
            outcomes.iter().filter_map(|(.., placed, _)| *placed).map(Value::from).collect();
        let mut tx = self.database().snapshot().await?;
        let select = "SELECT e.entity, e.at_us, e.body FROM event e
             WHERE e.seq = (SELECT max(seq) FROM event WHERE entity = e.entity) AND e.entity IN";
        let orders: Vec<(Uuid, i64, String)> = insert::select_in(&mut tx, select, &placed, "").await?;
        tx.rollback().await?;
        let orders: BTreeMap<_, _> = orders.into_iter().map(|(id, at, body)| (id, (at, body))).collect();
        let mut results: BTreeMap<i64, RowResult> = BTreeMap::new();
        for (number, _, result, code, moved, placed, at_us) in outcomes {
            // the later step holds, and the order of the first stays known
            let before = results.get(&number).and_then(|before| before.order);
            let mut found = outcome(result.parse()?, code);
            found.at = Some(Timestamp::from_micros(at_us));
            found.order = placed.map(OrderId::from_uuid).or(before);
            found.moved = moved.map(TransferId::from_uuid);
            // of an order its own events tell more
            if let Some((at_us, body)) = found.order.and_then(|order| orders.get(&order.uuid())) {
                if batch.heading.kind.collects() {
                    // what its batch has taken note of is told by the code of its second step
                    let body: transfers::DebitBody = StoreError::json(body)?;
                    if found.state == RowState::Sending && body.state != transfers::DebitState::Requested {
                        found.state = RowState::Sent;
                    }
                    results.insert(number, found);
                    continue;
                }
                let body: transfers::order::Body = StoreError::json(body)?;
                found.state = sending(body.state);
                found.reason = body.reason.map(|reason| reason.label().to_owned());
                found.code = body.code;
                found.at = Some(Timestamp::from_micros(*at_us));
            }
            results.insert(number, found);
        }
        let waiting = || RowResult::WAITING;
        stored
            .into_iter()
            .map(|row| {
                let result = results.remove(&row.number).unwrap_or_else(waiting);
                row.with(result)
            })
            .collect()
    }
}

const ROW: &str =
    "SELECT r.number, r.record, r.amount, r.owed, r.fee, r.attached, r.faults FROM bulk_row r WHERE ";

words! {
    /// What is stored of what became of a row.
    Outcome:
    /// Credited, collected or paid.
    Done = "done" "完了",
    /// An order to another bank was placed.
    Handed = "handed" "送信",
    /// It could not be carried out.
    Failed = "failed" "不能",
    /// Its money came back.
    Returned = "returned" "返却",
}

fn outcome(outcome: Outcome, code: Option<String>) -> RowResult {
    let state = match outcome {
        Outcome::Done => RowState::Done,
        Outcome::Handed => RowState::Sending,
        Outcome::Failed => RowState::Failed,
        Outcome::Returned => RowState::Returned,
    };
    let reason = code.as_deref().and_then(reason_of);
    RowResult { state, reason, code, ..RowResult::WAITING }
}

/// The words of a code: 振替結果コード has one byte, the network's codes and ours more.
fn reason_of(code: &str) -> Option<String> {
    if let [byte] = code.as_bytes() {
        return DebitResult::from_code(formats::zengin::Code(*byte)).map(|result| result.label().to_owned());
    }
    code.parse::<transfers::Reason>().ok().map(|reason| reason.label().to_owned())
}

/// Where a row stands whose order to another bank does.
fn sending(state: Option<transfers::State>) -> RowState {
    use transfers::State as Order;
    match state {
        Some(Order::Sent) => RowState::Sent,
        Some(Order::Settled) => RowState::Done,
        Some(Order::Returned) => RowState::Returned,
        Some(Order::Rejected | Order::Failed | Order::Cancelled) => RowState::Failed,
        Some(Order::Reserved | Order::Held | Order::Sending | Order::Unknown) | None => RowState::Sending,
    }
}

/// What goes with a row.
pub(crate) async fn attached(
    tx: &mut Tx,
    batch: BatchId,
    number: i64,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let sql = "SELECT attached FROM bulk_row WHERE batch = $1 AND number = $2";
    let found: Option<Option<Vec<u8>>> =
        on!(tx, |c| sqlx::query_scalar(sql).bind(batch.uuid()).bind(number).fetch_optional(c).await)?;
    Ok(found.flatten())
}
