//! The steps of a batch: pure functions from where it stands and what happened to one commit.

use database::{Change, Row, Table, Value};
use domain::{AccountId, OrderId, Timestamp, TransferId, Yen};
use ledger::{AuditRecord, Commit, GuardKey, Kind as Move, NewAccount, NewEvent, Transfer};
use transfers::{Charge, ChargeKind};

use crate::StoreError;
use crate::batch::{Batch, Body, Event, Position, Reason};
use crate::store::Outcome;

static OUTCOME: Table = Table {
    name: "bulk_outcome",
    columns: &["batch", "number", "step", "result", "code", "moved", "placed", "at_us"],
};

/// Who acts where no person does.
pub(crate) const SYSTEM: &str = "system";

/// A commit in the making: every event moves the position on, so that an impossible one cannot be written.
pub(crate) struct Path<'b> {
    batch: &'b Batch,
    pub(crate) position: Position,
    now: Timestamp,
    pub(crate) commit: Commit,
}

impl<'b> Path<'b> {
    pub(crate) fn from(batch: &'b Batch, position: Position, now: Timestamp) -> Self {
        Self { batch, position, now, commit: Commit::default() }
    }

    /// Appends an event. Batches that the engine has to look at, from the request on, are a range of guards.
    pub(crate) fn event(&mut self, event: Event, mut body: Body) -> Result<(), StoreError> {
        let is_looked_after = |position: &Position| {
            position.state.is_some_and(|state| !state.is_editable() && !state.is_final())
        };
        let before = is_looked_after(&self.position);
        self.position.advance(event, &body)?;
        let after = is_looked_after(&self.position);
        body.state = self.position.state;
        let guard = open_guard(self.batch);
        match (before, after) {
            (false, true) => self.commit.guards.push((guard, self.batch.entity())),
            (true, false) => self.commit.release.push(guard),
            _ => {}
        }
        self.commit.events.push(NewEvent {
            entity: self.batch.entity(),
            seq: self.position.seq,
            kind: event.as_str(),
            at: self.now,
            body: StoreError::to_json(&body)?,
            message: None,
        });
        Ok(())
    }

    pub(crate) fn audit(&mut self, actor: &str, action: &'static str, detail: String) {
        self.commit.audit.push(AuditRecord {
            contract: Some(self.batch.contract),
            actor: actor.to_owned(),
            action,
            subject: self.batch.id.to_string(),
            detail,
        });
    }
}

impl Path<'_> {
    /// Moves money, and answers the transfer for what tells of it.
    pub(crate) fn transfer(
        &mut self,
        debit: AccountId,
        credit: AccountId,
        amount: Yen,
        memo: String,
    ) -> TransferId {
        let id = TransferId::generate();
        let amount = amount.get();
        self.commit.transfers.push(Transfer { id, debit, credit, amount, kind: Move::Posted, memo });
        id
    }

    /// What became of a row.
    pub(crate) fn outcome(&mut self, number: i64, became: Became) {
        let Became { step, outcome, code, moved, placed } = became;
        self.commit.rows.push(Row {
            table: &OUTCOME,
            values: vec![
                self.batch.id.uuid().into(),
                number.into(),
                step.into(),
                outcome.as_str().into(),
                Value::Text(code),
                Value::Uuid(moved.map(TransferId::uuid)),
                Value::Uuid(placed.map(OrderId::uuid)),
                self.now.micros().into(),
            ],
        });
    }
}

/// What became of a row at a step: 1 when its turn came, 2 where its money came back.
pub(crate) struct Became {
    pub step: i64,
    pub outcome: Outcome,
    pub code: Option<String>,
    pub moved: Option<TransferId>,
    pub placed: Option<OrderId>,
}

/// The account of a batch, which gives no more than it got.
pub(crate) fn fund(batch: &Batch) -> NewAccount {
    NewAccount::deposit(batch.fund, format!("{} {}", batch.heading.kind.label(), batch.id))
}

/// What the payer reads of the debit of the total, or of the credit of what was collected.
fn memo(batch: &Batch) -> String {
    format!("{} {}件", batch.heading.kind.label(), batch.rows)
}

/// The total is debited; of what is collected, the debits begin.
pub(crate) fn begin(
    batch: &Batch,
    position: Position,
    slot: usize,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(batch, position, now);
    let mut body = Body { slot: Some(slot), rows: Some(batch.rows), ..Body::default() };
    if !batch.heading.kind.collects() {
        body.transfer = Some(path.transfer(batch.heading.account, batch.fund, batch.amount, memo(batch)));
        body.amount = Some(batch.amount);
    }
    path.event(Event::Begun, body)?;
    path.audit(SYSTEM, "bulk.begin", words(batch));
    Ok(path.commit)
}

/// Funds were short, or a stop kept it back, and another time follows.
pub(crate) fn tried(
    batch: &Batch,
    position: Position,
    slot: usize,
    reason: Reason,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(batch, position, now);
    let body = Body { slot: Some(slot), reason: Some(reason), ..Body::default() };
    path.event(Event::Tried, body)?;
    path.audit(SYSTEM, "bulk.tried", reason.to_string());
    Ok(path.commit)
}

/// It is given up: nothing was debited.
pub(crate) fn fail(
    batch: &Batch,
    position: Position,
    reason: Reason,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(batch, position, now);
    path.event(Event::Failed, Body { reason: Some(reason), ..Body::default() })?;
    path.audit(SYSTEM, "bulk.failed", reason.to_string());
    Ok(path.commit)
}

/// All rows have had their turn.
pub(crate) fn handed(batch: &Batch, position: Position, now: Timestamp) -> Result<Commit, StoreError> {
    let mut path = Path::from(batch, position, now);
    path.event(Event::Handed, Body::default())?;
    Ok(path.commit)
}

/// Every row is final. What was collected goes to whoever asked for it, and the fees are owed.
pub(crate) fn done(
    batch: &Batch,
    position: Position,
    collected: Option<(Yen, AccountId)>,
    fees: (i64, Yen),
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(batch, position, now);
    let mut body = Body::default();
    if let Some((amount, to)) = collected.filter(|(amount, _)| *amount > Yen::ZERO) {
        body.transfer = Some(path.transfer(batch.fund, to, amount, memo(batch)));
        body.amount = Some(amount);
    }
    path.event(Event::Done, body)?;
    let (rows, amount) = fees;
    let kind = batch.heading.kind.label();
    let charge = Charge {
        id: batch.id.uuid(),
        contract: batch.contract,
        kind: ChargeKind::Bulk,
        amount,
        day: batch.heading.day,
        detail: format!("{kind}手数料 {rows}件"),
        reference: format!("bulk:{}", batch.id),
    };
    path.commit.rows.extend(charge.row(now));
    path.audit(SYSTEM, "bulk.done", words(batch));
    Ok(path.commit)
}

/// The prefix of the guards of batches that are looked after.
pub(crate) const OPEN: &str = "bulk-open|";

/// Taken from the request of a batch until it is final or may be changed again.
pub(crate) fn open_guard(batch: &Batch) -> GuardKey {
    GuardKey(format!("{OPEN}{}", batch.id))
}

/// In words for the audit log.
pub(crate) fn words(batch: &Batch) -> String {
    let Batch { heading, rows, amount, .. } = batch;
    format!("{} of {}, {rows} rows, {} yen", heading.kind, heading.day, amount.get())
}

/// Nothing of it is changed from here on.
pub(crate) fn freeze(batch: &Batch) -> Change {
    Change::one(
        "UPDATE bulk_batch SET frozen = 1 WHERE id = $1 AND version = $2 AND frozen = 0",
        vec![batch.id.uuid().into(), batch.version.into()],
    )
}

/// It may be changed again.
pub(crate) fn thaw(batch: &Batch, now: Timestamp) -> Change {
    Change::one(
        "UPDATE bulk_batch SET frozen = 0, version = version + 1, changed_us = $3
         WHERE id = $1 AND version = $2 AND frozen = 1",
        vec![batch.id.uuid().into(), batch.version.into(), Value::from(now.micros())],
    )
}

/// Nobody approved it before its cut-off.
pub(crate) fn void(batch: &Batch, position: Position, now: Timestamp) -> Result<Commit, StoreError> {
    let mut path = Path::from(batch, position, now);
    path.event(Event::Voided, Body::default())?;
    path.audit(SYSTEM, "bulk.void", words(batch));
    Ok(path.commit)
}
