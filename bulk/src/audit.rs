//! `mpn audit`: every batch that was begun against its rows, their outcomes, the journal and its own account.

use std::collections::{BTreeMap, BTreeSet};

use database::{Tx, Value, insert, on};
use domain::BatchId;
use ledger::{EntityId, Event as Stored, Finding};
use uuid::Uuid;

use crate::batch::{Batch, Body, Event, Position, State};
use crate::step;
use crate::store::{Outcome, StoredRow};
use crate::{Bulk, StoreError};

/// Batches that are in memory at once, and rows.
const PAGE: i64 = 1_000;

/// A transfer of the journal: debit, credit, amount and kind.
type Journal = (i64, i64, i64, i64);

/// An outcome: step, result, transfer and order.
type Became = (i64, String, Option<Uuid>, Option<Uuid>);

/// An outcome with its row before it.
type OutcomeRow = (i64, i64, String, Option<Uuid>, Option<Uuid>);

/// What a look at one batch sums up.
#[derive(Default)]
struct Sums {
    rows: i64,
    amount: i64,
    /// What must be left in its account.
    left: i64,
}

/// What stands where of what went to other banks.
#[derive(Default)]
struct Placed {
    orders: BTreeMap<Uuid, transfers::State>,
    /// Debits whose money is here.
    collected: BTreeSet<Uuid>,
}

impl Bulk {
    /// Compares everything that is stored of batches, beside live traffic.
    pub async fn audit(&self) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        let mut after = Uuid::nil();
        loop {
            let page: Vec<Uuid> = on!(self.database(), |c| {
                sqlx::query_scalar("SELECT id FROM bulk_batch WHERE id > $1 ORDER BY id LIMIT $2")
                    .bind(after)
                    .bind(PAGE)
                    .fetch_all(c)
                    .await
            })?;
            let Some(last) = page.last() else { break };
            after = *last;
            for id in page {
                if let Some(batch) = self.find_for_operator(BatchId::from_uuid(id)).await?
                    && let Err(error) = self.audit_batch(&batch, &mut findings).await
                {
                    findings.push(found("bulk-events", &batch, error.to_string()));
                }
            }
        }
        self.audit_taxes(&mut findings).await?;
        self.strays(&mut findings).await?;
        Ok(findings)
    }

    async fn audit_batch(&self, batch: &Batch, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        let mut tx = self.database().snapshot().await?;
        let events = events(&mut tx, batch).await?;
        let position = Position::of(&events)?;
        let guard: Option<Uuid> = on!(tx, |c| {
            sqlx::query_scalar("SELECT entity FROM guard WHERE key = $1")
                .bind(step::open_guard(batch).0)
                .fetch_optional(c)
                .await
        })?;
        let state = position.state.ok_or_else(|| StoreError::Corrupt("it has no event".to_owned()))?;
        if guard.is_some() != (!state.is_editable() && !state.is_final()) {
            findings.push(found("bulk-guard", batch, format!("it is {state}, and its guard does not fit")));
        }
        let was = |event: Event| events.iter().any(|stored| stored.kind == event.as_str());
        if was(Event::Begun) {
            self.audit_money(&mut tx, batch, &position, &events, findings).await?;
        }
        tx.rollback().await?;
        // a draft's rows may be of another version by now
        if position.digest.is_some() && position.digest != Some(self.digest(batch).await?) {
            findings.push(found("bulk-digest", batch, "its rows are not what was asked for".to_owned()));
        }
        Ok(())
    }

    async fn audit_money(
        &self,
        tx: &mut Tx,
        batch: &Batch,
        position: &Position,
        events: &[Stored],
        findings: &mut Vec<Finding>,
    ) -> Result<(), StoreError> {
        let collects = batch.heading.kind.collects();
        let mut sums = Sums::default();
        if !collects {
            let debit = position.debit.map(|id| id.uuid().into());
            let moved = journal(tx, &debit.into_iter().collect::<Vec<Value>>()).await?;
            let expected = (batch.heading.account.get(), batch.fund.get(), batch.amount.get(), 0);
            if !moved.values().eq([&expected]) {
                findings.push(found("bulk-debit", batch, format!("the journal has {moved:?}")));
            }
            sums.left = batch.amount.get();
        }
        let mut after = 0;
        loop {
            let rows: Vec<StoredRow> = on!(tx, |c| {
                sqlx::query_as(
                    "SELECT number, record, amount, owed, fee, attached, faults FROM bulk_row
                     WHERE batch = $1 AND number > $2 ORDER BY number LIMIT $3",
                )
                .bind(batch.id.uuid())
                .bind(after)
                .bind(PAGE)
                .fetch_all(c)
                .await
            })?;
            let Some(last) = rows.last().map(|row| row.number) else { break };
            self.audit_rows(tx, batch, position, (after, last), &rows, &mut sums, findings).await?;
            after = last;
        }
        if (sums.rows, sums.amount) != (batch.rows, batch.amount.get()) {
            let detail = format!("its rows are {} and {} yen", sums.rows, sums.amount);
            findings.push(found("bulk-sum", batch, detail));
        }
        for stored in events.iter().filter(|stored| collects && stored.kind == Event::Done.as_str()) {
            let body: Body = StoreError::json(&stored.body)?;
            sums.left -= body.amount.map_or(0, |amount| amount.get());
        }
        let sql = "SELECT balance, held FROM account WHERE id = $1";
        let fund: Option<(i64, i64)> =
            on!(tx, |c| sqlx::query_as(sql).bind(batch.fund.get()).fetch_optional(c).await)?;
        if fund.is_none_or(|(balance, _)| balance != sums.left) {
            let detail = format!("{fund:?} is in its account, and {} yen must be", sums.left);
            findings.push(found("bulk-fund", batch, detail));
        }
        let waits = sums.left != 0 && position.state == Some(State::Done);
        if waits && !self.has_backs(tx, batch).await? {
            let detail = format!("it is done, and {} yen are in its account", sums.left);
            findings.push(found("bulk-left", batch, detail));
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "what one look at a batch has at hand")]
    async fn audit_rows(
        &self,
        tx: &mut Tx,
        batch: &Batch,
        position: &Position,
        (after, last): (i64, i64),
        rows: &[StoredRow],
        sums: &mut Sums,
        findings: &mut Vec<Finding>,
    ) -> Result<(), StoreError> {
        let outcomes: Vec<OutcomeRow> = on!(tx, |c| {
            sqlx::query_as(
                "SELECT number, step, result, moved, placed FROM bulk_outcome
                 WHERE batch = $1 AND number > $2 AND number <= $3 ORDER BY number, step",
            )
            .bind(batch.id.uuid())
            .bind(after)
            .bind(last)
            .fetch_all(c)
            .await
        })?;
        let moved: Vec<Value> =
            outcomes.iter().filter_map(|(.., moved, _)| *moved).map(Value::from).collect();
        let placed: Vec<Value> =
            outcomes.iter().filter_map(|(.., placed)| *placed).map(Value::from).collect();
        let journal = journal(tx, &moved).await?;
        let placed = match batch.heading.kind.collects() {
            true => Placed { collected: collected(tx, &placed).await?, ..Placed::default() },
            false => Placed { orders: orders(tx, &placed).await?, ..Placed::default() },
        };
        let mut by_row: BTreeMap<i64, Vec<Became>> = BTreeMap::new();
        for (number, step, result, moved, placed) in outcomes {
            by_row.entry(number).or_default().push((step, result, moved, placed));
        }
        for row in rows {
            sums.rows += 1;
            sums.amount += row.amount;
            let became = by_row.remove(&row.number).unwrap_or_default();
            if let Some(detail) = wrong(batch, position, row, &became, &journal, &placed, sums)? {
                findings.push(found("bulk-row", batch, format!("row {}: {detail}", row.number)));
            }
        }
        for number in by_row.keys() {
            findings.push(found("bulk-row", batch, format!("row {number} has an outcome and is none")));
        }
        Ok(())
    }

    async fn has_backs(&self, tx: &mut Tx, batch: &Batch) -> Result<bool, StoreError> {
        let (from, until) = (format!("bulk-back|{}|", batch.id), format!("bulk-back|{}}}", batch.id));
        let sql = "SELECT key FROM guard WHERE key > $1 AND key < $2 ORDER BY key LIMIT 1";
        let found: Option<String> =
            on!(tx, |c| sqlx::query_scalar(sql).bind(from).bind(until).fetch_optional(c).await)?;
        Ok(found.is_some())
    }

    /// Charges and outcomes that belong to no batch.
    async fn strays(&self, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        let sql = "SELECT c.reference FROM charge c LEFT JOIN bulk_batch b ON b.id = c.id
             WHERE c.kind = 'bulk' AND b.id IS NULL
             UNION SELECT CAST(o.number AS TEXT) FROM bulk_outcome o LEFT JOIN bulk_batch b ON b.id = o.batch
             WHERE b.id IS NULL ORDER BY 1 LIMIT $1";
        let found: Vec<String> =
            on!(self.database(), |c| sqlx::query_scalar(sql).bind(PAGE).fetch_all(c).await)?;
        findings.extend(found.into_iter().map(|subject| Finding {
            check: "bulk-stray",
            subject,
            detail: "it belongs to no batch".to_owned(),
        }));
        Ok(())
    }
}

/// What is wrong with a row's outcomes; what must be left in the batch's account follows from them.
fn wrong(
    batch: &Batch,
    position: &Position,
    row: &StoredRow,
    became: &[Became],
    journal: &BTreeMap<Uuid, Journal>,
    at_others: &Placed,
    sums: &mut Sums,
) -> Result<Option<String>, StoreError> {
    use transfers::State as Order;
    let collects = batch.heading.kind.collects();
    if became.is_empty() != (row.number > position.until) {
        return Ok(Some("its turn and its outcome do not fit".to_owned()));
    }
    let mut order = None;
    for (step, result, moved, placed) in became {
        let result: Outcome = result.parse()?;
        order = placed.and_then(|id| at_others.orders.get(&id)).copied().or(order);
        let taken = moved.and_then(|id| journal.get(&id));
        let leaves = |found: &Journal| *found == (batch.fund.get(), found.1, row.amount, 0);
        let comes = |found: &Journal| *found == (found.0, batch.fund.get(), row.amount, 0);
        let is_right = match (collects, *step, result) {
            (false, 1, Outcome::Done | Outcome::Failed) | (false, 2, Outcome::Failed | Outcome::Returned) => {
                sums.left -= row.amount;
                taken.is_some_and(leaves)
            }
            (false, 1, Outcome::Handed) => {
                let is_out = matches!(order, Some(Order::Sent | Order::Settled));
                sums.left -= if is_out { row.amount } else { 0 };
                order.is_some() && moved.is_none()
            }
            (true, 1, Outcome::Done) => {
                sums.left += row.amount;
                taken.is_some_and(comes)
            }
            (true, 1, Outcome::Failed) => moved.is_none(),
            (true, 1, Outcome::Handed) => {
                // the money of a debit comes before its batch takes note
                let is_here = placed.is_some_and(|id| at_others.collected.contains(&id));
                sums.left += if is_here && became.len() == 1 { row.amount } else { 0 };
                moved.is_none() && placed.is_some()
            }
            (true, 2, Outcome::Done) => {
                sums.left += row.amount;
                taken.is_some_and(comes)
            }
            (true, 2, Outcome::Failed) => moved.is_none(),
            _ => false,
        };
        if !is_right {
            return Ok(Some(format!(
                "{result} at step {step}, and the journal has {taken:?}, the order {order:?}"
            )));
        }
    }
    Ok(None)
}

fn found(check: &'static str, batch: &Batch, detail: String) -> Finding {
    Finding { check, subject: batch.id.to_string(), detail }
}

async fn events(tx: &mut Tx, batch: &Batch) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT seq, kind, at_us, body FROM event WHERE entity = $1 ORDER BY seq";
    let rows: Vec<(i64, String, i64, String)> =
        on!(tx, |c| sqlx::query_as(sql).bind(batch.id.uuid()).fetch_all(c).await)?;
    let entity = EntityId(batch.id.uuid());
    let at = domain::Timestamp::from_micros;
    Ok(rows.into_iter().map(|(seq, kind, us, body)| Stored { entity, seq, kind, at: at(us), body }).collect())
}

async fn journal(tx: &mut Tx, ids: &[Value]) -> Result<BTreeMap<Uuid, Journal>, StoreError> {
    let select = "SELECT id, debit, credit, amount, kind FROM transfer WHERE id IN";
    let rows: Vec<(Uuid, i64, i64, i64, i64)> = insert::select_in(tx, select, ids, "").await?;
    Ok(rows
        .into_iter()
        .map(|(id, debit, credit, amount, kind)| (id, (debit, credit, amount, kind)))
        .collect())
}

/// Where orders stand.
async fn orders(tx: &mut Tx, ids: &[Value]) -> Result<BTreeMap<Uuid, transfers::State>, StoreError> {
    let select = "SELECT e.entity, e.body FROM event e
         WHERE e.seq = (SELECT max(seq) FROM event WHERE entity = e.entity) AND e.entity IN";
    let rows: Vec<(Uuid, String)> = insert::select_in(tx, select, ids, "").await?;
    let mut states = BTreeMap::new();
    for (id, body) in rows {
        let body: transfers::order::Body = StoreError::json(&body)?;
        if let Some(state) = body.state {
            states.insert(id, state);
        }
    }
    Ok(states)
}

/// Debits whose money is here.
async fn collected(tx: &mut Tx, ids: &[Value]) -> Result<BTreeSet<Uuid>, StoreError> {
    let select = "SELECT entity FROM event WHERE kind = 'debit-collected' AND entity IN";
    let rows: Vec<(Uuid,)> = insert::select_in(tx, select, ids, "").await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
