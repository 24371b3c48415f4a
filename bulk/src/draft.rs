//! Drafts: rows as they come, and changes under the version that was seen. No money is near, so they have
//! transactions of their own, of so many rows at most, and payments come between.

use database::{Change, Table, Tx, Value, execute, insert, on};
use domain::{AccountId, BatchId, ContractId, Timestamp, UserId, Yen};
use ledger::Refused;
use ring::digest::{SHA256, digest};

use crate::batch::{Batch, Body, Event, Heading, State};
use crate::points::Persist;
use crate::row::{Judged, NewRow, judge};
use crate::step::{self, Path};
use crate::store::{StoredRow, attached};
use crate::upload::Upload;
use crate::{Bulk, Kind, StoreError};

/// Rows of one transaction.
pub(crate) const CHUNK_ROWS: usize = 5_000;
/// Seconds after which an upload that was never finished is taken away.
const COMING_S: i64 = 3_600;

static BATCH: Table = Table {
    name: "bulk_batch",
    columns: &[
        "id",
        "contract",
        "author",
        "kind",
        "day",
        "fund",
        "file",
        "heading",
        "version",
        "frozen",
        "next_number",
        "items",
        "amount",
        "fees",
        "faulty",
        "abroad",
        "created_us",
        "changed_us",
    ],
};

pub(crate) static ROW: Table = Table {
    name: "bulk_row",
    columns: &["batch", "number", "record", "amount", "owed", "fee", "attached", "faults"],
};

/// Why a draft was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The contract has no such batch, or it has no such row.
    #[error("there is no such batch or row")]
    NotFound,
    /// Somebody else has changed it since it was seen.
    #[error("it has been changed meanwhile")]
    Stale,
    /// It is not a draft any more.
    #[error("it is {0} and cannot be changed")]
    NotEditable(State),
    /// It would have more rows than its business may have by its route.
    #[error("it may have {most} rows")]
    TooMany {
        /// How many it may have; none where the business is not done by the route.
        most: usize,
    },
    /// The business of a batch stays.
    #[error("the business of a batch cannot be changed")]
    OtherBusiness,
    /// Its rows sum up to more than an amount can be.
    #[error("the sum is too large")]
    TooLarge,
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<Refused> for EditError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale => Self::Stale,
            other => Self::Store(other.into()),
        }
    }
}

/// What a batch's rows come to, or what a change adds to that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub rows: i64,
    pub amount: i64,
    pub fees: i64,
    pub faulty: i64,
    pub abroad: i64,
}

impl Sums {
    pub(crate) fn add(&mut self, row: &Judged) -> Result<(), EditError> {
        let added = Sums {
            rows: 1,
            amount: row.amount.get(),
            fees: row.fee.get(),
            faulty: i64::from(!row.faults.is_empty()),
            abroad: i64::from(row.is_abroad),
        };
        self.plus(added)
    }

    fn plus(&mut self, other: Self) -> Result<(), EditError> {
        let sum = |one: i64, other: i64| one.checked_add(other).ok_or(EditError::TooLarge);
        *self = Self {
            rows: sum(self.rows, other.rows)?,
            amount: sum(self.amount, other.amount)?,
            fees: sum(self.fees, other.fees)?,
            faulty: sum(self.faulty, other.faulty)?,
            abroad: sum(self.abroad, other.abroad)?,
        };
        Ok(())
    }

    const fn negative(self) -> Self {
        Self {
            rows: -self.rows,
            amount: -self.amount,
            fees: -self.fees,
            faulty: -self.faulty,
            abroad: -self.abroad,
        }
    }
}

pub(crate) fn values(
    batch: BatchId,
    number: i64,
    row: &Judged,
    attached: Option<Vec<u8>>,
) -> Result<Vec<Value>, StoreError> {
    let faults = match row.faults.is_empty() {
        true => None,
        false => Some(StoreError::to_json(&row.faults)?),
    };
    Ok(vec![
        batch.uuid().into(),
        number.into(),
        row.record.to_vec().into(),
        row.amount.get().into(),
        Value::Int(row.owed.map(Yen::get)),
        row.fee.get().into(),
        Value::Bytes(attached),
        Value::Text(faults),
    ])
}

/// The account of the ledger through which the money of a batch goes. Its number follows from the batch, so that
/// nobody has to hand numbers out; from 2^62 on no other accounts are, and the table takes none twice.
pub(crate) fn fund_account(batch: BatchId) -> AccountId {
    let digest = digest(&SHA256, format!("bulk|{batch}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    AccountId::new((i64::from_be_bytes(first) & (i64::MAX >> 2)) | 1 << 62)
}

impl Bulk {
    /// Begins a draft. Its rows follow, then [`Upload::finish`]. A business that is not done by the route is refused.
    pub async fn begin(
        &self,
        contract: ContractId,
        author: UserId,
        heading: Heading,
    ) -> Result<Upload, EditError> {
        let most = self.terms().rows_max(heading.kind, heading.route);
        let most = most.ok_or(EditError::TooMany { most: 0 })?;
        let id = BatchId::generate();
        let now = self.now().micros();
        let mut tx = self.database().begin().await?;
        let row = vec![
            id.uuid().into(),
            contract.uuid().into(),
            author.uuid().into(),
            heading.kind.as_str().into(),
            heading.day.to_string().into(),
            fund_account(id).get().into(),
            Value::Bytes(heading.file.as_ref().map(|file| file.digest.to_vec())),
            StoreError::to_json(&heading)?.into(),
            0.into(),
            0.into(),
            1.into(),
            0.into(),
            0.into(),
            0.into(),
            0.into(),
            0.into(),
            now.into(),
            now.into(),
        ];
        insert::all(&mut tx, &BATCH, [row.as_slice()].into_iter()).await?;
        tx.commit().await?;
        Ok(Upload::begun(self.clone(), id, heading, most))
    }

    /// Puts other content in the place of a row.
    pub async fn put_row(
        &self,
        contract: ContractId,
        id: BatchId,
        version: i64,
        number: i64,
        row: NewRow,
    ) -> Result<Batch, EditError> {
        let (mut tx, batch) = self.edit(contract, id, version).await?;
        let attached = match row.attached {
            // what came with a message stays with its payment, whatever of it is mended
            None if batch.heading.is_message() => attached(&mut tx, id, number).await?,
            ref attached => attached.clone(),
        };
        let mut sums = taken_out(&mut tx, id, &batch.heading, &[number]).await?.negative();
        let judged = judge(self.terms(), self.directory(), &batch.heading, number, &row);
        sums.add(&judged)?;
        let row = values(id, number, &judged, attached)?;
        insert::all(&mut tx, &ROW, [row.as_slice()].into_iter()).await?;
        self.edited(tx, batch, sums, 0).await
    }

    /// Adds rows behind those that are there.
    pub async fn add_rows(
        &self,
        contract: ContractId,
        id: BatchId,
        version: i64,
        rows: Vec<NewRow>,
    ) -> Result<Batch, EditError> {
        let (mut tx, batch) = self.edit(contract, id, version).await?;
        let most = self.terms().rows_max(batch.heading.kind, batch.heading.route).unwrap_or_default();
        if usize::try_from(batch.rows).unwrap_or(usize::MAX).saturating_add(rows.len()) > most {
            return Err(EditError::TooMany { most });
        }
        let next: i64 = on!(tx, |c| {
            sqlx::query_scalar("SELECT next_number FROM bulk_batch WHERE id = $1")
                .bind(id.uuid())
                .fetch_one(c)
                .await
        })?;
        let mut sums = Sums::default();
        let mut written = Vec::with_capacity(rows.len());
        for (number, row) in (next..).zip(rows) {
            let judged = judge(self.terms(), self.directory(), &batch.heading, number, &row);
            sums.add(&judged)?;
            written.push(values(id, number, &judged, row.attached)?);
        }
        insert::many(&mut tx, &ROW, &written).await?;
        let numbers = i64::try_from(written.len()).unwrap_or(i64::MAX);
        self.edited(tx, batch, sums, numbers).await
    }

    /// Takes rows out; each must be there.
    pub async fn remove_rows(
        &self,
        contract: ContractId,
        id: BatchId,
        version: i64,
        numbers: &[i64],
    ) -> Result<Batch, EditError> {
        let (mut tx, batch) = self.edit(contract, id, version).await?;
        let sums = taken_out(&mut tx, id, &batch.heading, numbers).await?.negative();
        self.edited(tx, batch, sums, 0).await
    }

    /// Changes what a draft says of itself: its day, account, name, title, deduction. Rows are judged anew where that
    /// changes fees or what is sent; those of which something is wrong stay as they are.
    pub async fn set_heading(
        &self,
        contract: ContractId,
        id: BatchId,
        version: i64,
        heading: Heading,
    ) -> Result<Batch, EditError> {
        let (mut tx, batch) = self.edit(contract, id, version).await?;
        if heading.kind != batch.heading.kind || heading.route != batch.heading.route {
            return Err(EditError::OtherBusiness);
        }
        let mut sums = Sums::default();
        if self.judges_otherwise(&batch.heading, &heading) {
            let mut after = 0;
            loop {
                let page = stored(&mut tx, id, after).await?;
                let Some(last) = page.last() else { break };
                after = last.number;
                self.judge_anew(&mut tx, &batch, &heading, page, &mut sums).await?;
            }
        }
        let text = StoreError::to_json(&heading)?;
        let sql = "UPDATE bulk_batch SET heading = $2, day = $3 WHERE id = $1";
        execute!(&mut tx, sql, id.uuid(), text, heading.day.to_string())?;
        self.edited(tx, batch, sums, 0).await
    }

    fn judges_otherwise(&self, before: &Heading, after: &Heading) -> bool {
        use transfers::Relation::{OtherBank, OwnBank, SameBranch};
        let fees = |heading: &Heading| {
            [None, Some(SameBranch), Some(OwnBank), Some(OtherBank)]
                .map(|relation| self.terms().fees(heading.kind, relation, heading.day))
        };
        before.from != after.from || before.deduction != after.deduction || fees(before) != fees(after)
    }

    async fn judge_anew(
        &self,
        tx: &mut Tx,
        batch: &Batch,
        heading: &Heading,
        page: Vec<StoredRow>,
        sums: &mut Sums,
    ) -> Result<(), EditError> {
        for row in page.into_iter().filter(|row| row.faults.is_none()) {
            let record = match row.owed {
                Some(owed) => crate::kind::with_amount(&row.record()?, Yen::new(owed)),
                None => row.record()?,
            };
            let is_deducted = row.owed.is_some();
            let new = NewRow { record, is_deducted, attached: None, faults: Vec::new() };
            let judged = judge(self.terms(), self.directory(), heading, row.number, &new);
            sums.plus(sums_of(&batch.heading, &row)?.negative())?;
            sums.add(&judged)?;
            let faults = match judged.faults.is_empty() {
                true => None,
                false => Some(StoreError::to_json(&judged.faults)?),
            };
            execute!(
                &mut *tx,
                "UPDATE bulk_row SET record = $3, amount = $4, owed = $5, fee = $6, faults = $7
                 WHERE batch = $1 AND number = $2",
                batch.id.uuid(),
                row.number,
                judged.record.to_vec(),
                judged.amount.get(),
                judged.owed.map(Yen::get),
                judged.fee.get(),
                faults,
            )?;
        }
        Ok(())
    }

    /// Throws a draft away with its rows.
    pub async fn discard(
        &self,
        contract: ContractId,
        id: BatchId,
        version: i64,
        actor: &str,
    ) -> Result<Batch, EditError> {
        let (batch, position) = self.load(id).await?.ok_or(EditError::NotFound)?;
        if batch.contract != contract {
            return Err(EditError::NotFound);
        }
        if !batch.state.is_editable() {
            return Err(EditError::NotEditable(batch.state));
        }
        let mut path = Path::from(&batch, position, self.now());
        path.event(Event::Discarded, Body::default())?;
        path.audit(actor, "bulk.discard", step::words(&batch));
        path.commit.changes.push(Change::one(
            "UPDATE bulk_batch SET version = version + 1 WHERE id = $1 AND version = $2 AND frozen = 0",
            vec![id.uuid().into(), version.into()],
        ));
        let commit = path.commit;
        self.persist(Persist::Discard, commit).await?;
        self.drop_rows(id).await?;
        self.find(contract, id).await?.ok_or(EditError::NotFound)
    }

    /// Takes the rows of a batch away that was thrown away or never finished, in parts.
    async fn drop_rows(&self, id: BatchId) -> Result<(), StoreError> {
        let chunk = i64::try_from(CHUNK_ROWS).unwrap_or(i64::MAX);
        let rows = "DELETE FROM bulk_row WHERE batch = $1 AND number IN
             (SELECT number FROM bulk_row WHERE batch = $1 ORDER BY number LIMIT $2)";
        while execute!(self.database(), rows, id.uuid(), chunk)? > 0 {}
        execute!(self.database(), "UPDATE bulk_batch SET frozen = 1 WHERE id = $1", id.uuid())?;
        Ok(())
    }

    /// Begins a change under the version that was seen: nobody else's can come before it is committed.
    async fn edit(&self, contract: ContractId, id: BatchId, version: i64) -> Result<(Tx, Batch), EditError> {
        let batch = self.find(contract, id).await?.ok_or(EditError::NotFound)?;
        if !batch.state.is_editable() {
            return Err(EditError::NotEditable(batch.state));
        }
        let mut tx = self.database().begin().await?;
        let sql = "UPDATE bulk_batch SET version = version + 1, changed_us = $4
             WHERE id = $1 AND contract = $2 AND version = $3 AND frozen = 0";
        let now = self.now().micros();
        let found = execute!(&mut tx, sql, id.uuid(), contract.uuid(), version, now)?;
        // what was read before may be another version's, and this one is that of the change
        if found != 1 || batch.version != version {
            tx.rollback().await?;
            return Err(EditError::Stale);
        }
        Ok((tx, batch))
    }

    async fn edited(&self, mut tx: Tx, batch: Batch, sums: Sums, numbers: i64) -> Result<Batch, EditError> {
        batch.amount.get().checked_add(sums.amount).ok_or(EditError::TooLarge)?;
        let sql = "UPDATE bulk_batch SET items = items + $2, amount = amount + $3, fees = fees + $4,
             faulty = faulty + $5, abroad = abroad + $6, next_number = next_number + $7 WHERE id = $1";
        let Sums { rows, amount, fees, faulty, abroad } = sums;
        execute!(&mut tx, sql, batch.id.uuid(), rows, amount, fees, faulty, abroad, numbers)?;
        tx.commit().await?;
        self.find(batch.contract, batch.id).await?.ok_or(EditError::NotFound)
    }

    /// Takes away uploads that were never finished, and what a process left of drafts that were thrown away.
    pub(crate) async fn sweep_drafts(&self) -> Result<(), StoreError> {
        let before = Timestamp::plus_seconds(self.now(), -COMING_S).micros();
        let sql = "SELECT id, CAST(1 AS BIGINT) FROM bulk_batch WHERE version = 0 AND created_us < $1
             UNION ALL SELECT b.id, CAST(0 AS BIGINT) FROM bulk_batch b
             JOIN event e ON e.entity = b.id AND e.kind = 'bulk-discarded' WHERE b.frozen = 0";
        let found: Vec<(uuid::Uuid, i64)> =
            on!(self.database(), |c| sqlx::query_as(sql).bind(before).fetch_all(c).await)?;
        for (id, was_coming) in found {
            let id = BatchId::from_uuid(id);
            match was_coming {
                1 => self.forget(id).await?,
                _ => self.drop_rows(id).await?,
            }
        }
        Ok(())
    }

    /// Takes an upload away that is nobody's draft yet.
    pub(crate) async fn forget(&self, id: BatchId) -> Result<(), StoreError> {
        // whoever is still sending rows finds that it cannot be finished
        let sql = "UPDATE bulk_batch SET version = -1 WHERE id = $1 AND version = 0";
        execute!(self.database(), sql, id.uuid())?;
        self.drop_rows(id).await?;
        execute!(self.database(), "DELETE FROM bulk_batch WHERE id = $1 AND version = -1", id.uuid())?;
        Ok(())
    }
}

const STORED: &str =
    "SELECT number, record, amount, owed, fee, attached, faults FROM bulk_row WHERE batch = $1";

async fn stored(tx: &mut Tx, id: BatchId, after: i64) -> Result<Vec<StoredRow>, sqlx::Error> {
    let sql = "SELECT number, record, amount, owed, fee, attached, faults FROM bulk_row
         WHERE batch = $1 AND number > $2 ORDER BY number LIMIT 5000";
    on!(tx, |c| sqlx::query_as(sql).bind(id.uuid()).bind(after).fetch_all(c).await)
}

/// Deletes rows, which must be there, and answers what they came to.
async fn taken_out(tx: &mut Tx, id: BatchId, heading: &Heading, numbers: &[i64]) -> Result<Sums, EditError> {
    let mut sums = Sums::default();
    for number in numbers {
        let found: Option<StoredRow> = on!(tx, |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{STORED} AND number = $2")))
                .bind(id.uuid())
                .bind(number)
                .fetch_optional(c)
                .await
        })?;
        let row = found.ok_or(EditError::NotFound)?;
        sums.plus(sums_of(heading, &row)?)?;
        execute!(&mut *tx, "DELETE FROM bulk_row WHERE batch = $1 AND number = $2", id.uuid(), number)?;
    }
    Ok(sums)
}

/// What a stored row came to.
fn sums_of(heading: &Heading, row: &StoredRow) -> Result<Sums, StoreError> {
    let is_faulty = row.faults.is_some();
    let bank = row.record.get(1..5).unwrap_or_default();
    let is_abroad =
        !is_faulty && heading.kind != Kind::LocalTax && bank != heading.from.bank.as_str().as_bytes();
    Ok(Sums {
        rows: 1,
        amount: row.amount,
        fees: row.fee,
        faulty: i64::from(is_faulty),
        abroad: i64::from(is_abroad),
    })
}
