//! The rows of a draft as they come, written beside the reading of those that follow.

use database::{Change, Value, insert};
use domain::{BatchId, ContractId, UserId, Yen};
use tokio::task::JoinHandle;

use crate::batch::{Batch, Body, Event, Heading, Position, State};
use crate::draft::{CHUNK_ROWS, EditError, ROW, Sums, fund_account, values};
use crate::points::Persist;
use crate::row::{NewRow, judge};
use crate::step::{self, Path};
use crate::{Bulk, StoreError};

/// A draft whose rows are coming. Until it is finished nobody sees it; what is dropped is taken away after an hour.
pub struct Upload {
    bulk: Bulk,
    id: BatchId,
    heading: Heading,
    most: usize,
    next: i64,
    sums: Sums,
    waiting: Vec<Vec<Value>>,
    writing: Option<JoinHandle<Result<(), StoreError>>>,
}

impl Upload {
    /// One whose draft has begun, of so many rows at most.
    pub(crate) fn begun(bulk: Bulk, id: BatchId, heading: Heading, most: usize) -> Self {
        Self { bulk, id, heading, most, next: 1, sums: Sums::default(), waiting: Vec::new(), writing: None }
    }

    /// What it says of itself.
    pub const fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The id that the batch will have.
    pub const fn id(&self) -> BatchId {
        self.id
    }

    /// Rows so far.
    pub const fn rows(&self) -> i64 {
        self.sums.rows
    }

    /// Takes rows, in their order, and writes what has gathered. More than the business may have are refused, and then
    /// the upload is of no use any more.
    pub async fn add(&mut self, rows: impl IntoIterator<Item = NewRow>) -> Result<(), EditError> {
        for row in rows {
            if usize::try_from(self.sums.rows).unwrap_or(usize::MAX) >= self.most {
                return Err(EditError::TooMany { most: self.most });
            }
            let judged = judge(self.bulk.terms(), self.bulk.directory(), &self.heading, self.next, &row);
            self.sums.add(&judged)?;
            self.waiting.push(values(self.id, self.next, &judged, row.attached)?);
            self.next += 1;
            if self.waiting.len() == CHUNK_ROWS {
                self.write().await?;
            }
        }
        Ok(())
    }

    /// Begins to write what has gathered, as soon as what gathered before is there: the next rows are read meanwhile.
    async fn write(&mut self) -> Result<(), StoreError> {
        self.written().await?;
        let (database, rows) = (self.bulk.database().clone(), std::mem::take(&mut self.waiting));
        self.writing = Some(tokio::spawn(async move {
            let mut tx = database.begin().await?;
            insert::many(&mut tx, &ROW, &rows).await?;
            tx.commit().await?;
            Ok(())
        }));
        Ok(())
    }

    /// Waits for what is being written.
    async fn written(&mut self) -> Result<(), StoreError> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        writing
            .await
            .unwrap_or_else(|error| Err(StoreError::Corrupt(format!("rows were not written: {error}"))))
    }

    /// All rows are there: from here on it is a draft of its contract.
    pub async fn finish(mut self, contract: ContractId, actor: &str) -> Result<Batch, EditError> {
        if !self.waiting.is_empty() {
            self.write().await?;
        }
        self.written().await?;
        let bulk = self.bulk.clone();
        let now = bulk.now();
        let batch = Batch {
            id: self.id,
            contract,
            author: UserId::from_uuid(uuid::Uuid::nil()),
            version: 1,
            rows: self.sums.rows,
            amount: Yen::new(self.sums.amount),
            fees: Yen::new(self.sums.fees),
            faulty: self.sums.faulty,
            abroad: self.sums.abroad,
            state: State::Draft,
            reason: None,
            detail: None,
            digest: None,
            created_at: now,
            changed_at: now,
            fund: fund_account(self.id),
            heading: self.heading,
        };
        let mut path = Path::from(&batch, Position::default(), now);
        path.event(Event::Drafted, Body::default())?;
        path.audit(actor, "bulk.draft", step::words(&batch));
        path.commit.changes.push(Change::one(
            "UPDATE bulk_batch SET version = 1, next_number = $3, items = $4, amount = $5, fees = $6, faulty = $7,
             abroad = $8, changed_us = $9 WHERE id = $1 AND contract = $2 AND version = 0",
            vec![
                self.id.uuid().into(),
                contract.uuid().into(),
                self.next.into(),
                self.sums.rows.into(),
                self.sums.amount.into(),
                self.sums.fees.into(),
                self.sums.faulty.into(),
                self.sums.abroad.into(),
                now.micros().into(),
            ],
        ));
        let commit = path.commit;
        bulk.persist(Persist::Draft, commit).await?;
        bulk.find(contract, self.id).await?.ok_or(EditError::NotFound)
    }

    /// Nothing is taken in.
    pub async fn abandon(mut self) -> Result<(), StoreError> {
        // what is written after the end of the draft would stay
        if let Err(error) = self.written().await {
            tracing::warn!(batch = %self.id, %error, "rows of a draft that is given up were not written");
        }
        self.bulk.forget(self.id).await
    }
}
