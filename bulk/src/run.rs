//! The engine at work: every batch that is asked for is looked after until it is final.

use std::time::Duration;

use database::read;
use domain::{BatchId, Yen};
use edge::Shutdown;
use ledger::{Commit, GuardKey, Refused, TransferResult};
use transfers::alarm::Alarm;
use transfers::{Contracts, chart};
use uuid::Uuid;

use crate::batch::{Batch, Heading, Position, Reason};
use crate::due::{Todo, todo};
use crate::points::Persist;
use crate::step;
use crate::{Bulk, Kind, StoreError};

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(1_000);
/// Batches that one look goes through.
const LOOK_MAX: i64 = 1_000;
/// Looks between two looks for what processes left of drafts, and for taxes of days that are over.
const SWEEP_EVERY: u32 = 60;

impl Bulk {
    /// Looks after the batches of these contracts until the stop is asked for.
    pub async fn run(self, contracts: impl Contracts, mut stop: Shutdown) {
        let mut looks: u32 = 0;
        while !stop.is_requested() {
            if looks.is_multiple_of(SWEEP_EVERY) {
                if let Err(error) = self.sweep_drafts().await {
                    tracing::warn!(%error, "what is left of drafts cannot be taken away");
                }
                if let Err(error) = self.settle_taxes().await {
                    tracing::error!(%error, "taxes of a day that is over cannot be settled");
                }
            }
            looks = looks.wrapping_add(1);
            if let Err(error) = self.look(&contracts).await {
                tracing::error!(%error, "batches cannot be looked after");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = stop.requested() => {}
            }
        }
    }

    /// One look at every batch that is asked for and not final, and at what came back. Answers how many steps were
    /// taken: with none there is nothing to do at this moment. Several processes may do so at once. What a stop keeps
    /// back stays approved until the last time of its day.
    pub async fn look(&self, contracts: &impl Contracts) -> Result<usize, StoreError> {
        let mut steps = 0;
        for id in self.open().await? {
            match self.look_at(id, contracts).await {
                Ok(taken) => steps += taken,
                // the others go on
                Err(error @ (StoreError::Corrupt(_) | StoreError::Ledger(Refused::Transfer { .. }))) => {
                    self.raise(Alarm::Stuck, &id.to_string(), &error.to_string()).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(steps + self.give_back().await? + self.take_answers().await?)
    }

    /// Batches that are asked for and not final, in words, for whoever asks what is open.
    pub async fn open_work(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut named = Vec::new();
        for id in self.open().await? {
            if let Some(batch) = self.find_for_operator(id).await? {
                named.push((id.to_string(), format!("{}, {}", step::words(&batch), batch.state)));
            }
        }
        Ok(named)
    }

    async fn open(&self) -> Result<Vec<BatchId>, StoreError> {
        let sql = "SELECT key, entity FROM guard WHERE key > $1 AND key < $2 ORDER BY key LIMIT $3";
        let found: Vec<(String, Uuid)> = read!(self.database(), |c| {
            sqlx::query_as(sql).bind(step::OPEN).bind("bulk-open}").bind(LOOK_MAX).fetch_all(c).await
        })?;
        Ok(found.into_iter().map(|(_, entity)| BatchId::from_uuid(entity)).collect())
    }

    async fn look_at(&self, id: BatchId, contracts: &impl Contracts) -> Result<usize, StoreError> {
        let Some((batch, position)) = self.load(id).await? else {
            return Err(StoreError::Corrupt("a batch that is open is none".to_owned()));
        };
        let now = self.now();
        match todo(self.terms(), &batch, &position, now) {
            Todo::Wait => Ok(0),
            Todo::Void => self.move_on(Persist::Void, step::void(&batch, position, now)?).await,
            Todo::Try { slot, last } => self.begin_now(&batch, position, (slot, last), contracts).await,
            Todo::GiveUp => {
                let reason = position.reason.unwrap_or(Reason::DayOver);
                self.move_on(Persist::Fail, step::fail(&batch, position, reason, now)?).await
            }
            Todo::Post => self.carry_out(&batch, position).await,
            Todo::Close => self.close(&batch, position).await,
        }
    }

    /// The total is debited in whole, or nothing is carried out. The commit names what may keep the contract's business
    /// back, so that nothing is debited after a stop.
    async fn begin_now(
        &self,
        batch: &Batch,
        position: Position,
        (slot, last): (usize, bool),
        contracts: &impl Contracts,
    ) -> Result<usize, StoreError> {
        let now = self.now();
        if position.digest != Some(self.digest(batch).await?) {
            self.raise(Alarm::Stuck, &batch.id.to_string(), "it is not what was approved").await?;
            return self.move_on(Persist::Fail, step::fail(batch, position, Reason::Altered, now)?).await;
        }
        let standing = contracts.standing(batch.contract).await?;
        if standing.is_over {
            let commit = step::fail(batch, position, Reason::ContractEnded, now)?;
            return self.move_on(Persist::Fail, commit).await;
        }
        self.ledger().open_account(&step::fund(batch)).await?;
        let commit = step::begin(batch, position.clone(), slot, now)?;
        let commit = Commit { barred_by: standing.barred_by, ..commit };
        let reason = match self.persist(Persist::Begin, commit).await {
            Ok(_) => return Ok(1),
            Err(Refused::Guarded { key, .. }) if key.starts_with(GuardKey::BAR) => Reason::Stopped,
            // another process was faster, or the contract has changed: the next look asks anew
            Err(Refused::Stale | Refused::Guarded { .. }) => return Ok(0),
            Err(Refused::Transfer { result, index }) => match result {
                TransferResult::ExceedsAvailable => Reason::Shortage,
                TransferResult::DebitAccountClosed | TransferResult::DebitAccountNotFound => {
                    Reason::AccountClosed
                }
                result => return Err(Refused::Transfer { index, result }.into()),
            },
            Err(refused) => return Err(refused.into()),
        };
        if matches!(reason, Reason::Shortage | Reason::Stopped) && !last {
            return self.move_on(Persist::Tried, step::tried(batch, position, slot, reason, now)?).await;
        }
        self.move_on(Persist::Fail, step::fail(batch, position, reason, now)?).await
    }

    /// It is done as soon as nothing is left in its account; what was collected is credited before that.
    async fn close(&self, batch: &Batch, position: Position) -> Result<usize, StoreError> {
        let found = self.ledger().balances(&[batch.fund]).await?;
        let balance = found.first().map_or(Yen::ZERO, |found| found.balance);
        if !batch.heading.kind.collects() {
            if balance != Yen::ZERO {
                return Ok(0);
            }
            let fees = self.fees(batch).await?;
            let commit = step::done(batch, position, None, fees, self.now())?;
            return self.move_on(Persist::Finish, commit).await;
        }
        if batch.heading.kind == Kind::NetworkDebits {
            let unanswered = self.unanswered(batch).await?;
            if unanswered > 0 {
                self.tell_of_silence(batch, unanswered).await?;
                return Ok(0);
            }
        }
        let fees = self.fees(batch).await?;
        for to in [batch.heading.account, chart::SUSPENSE] {
            let mut commit = step::done(batch, position.clone(), Some((balance, to)), fees, self.now())?;
            if to == chart::SUSPENSE {
                let detail = format!("{balance} yen were collected, and the account to credit is closed");
                commit.rows_if_free.push(Alarm::ReturnHeld.row(&batch.id.to_string(), &detail, self.now()));
            }
            match self.move_on(Persist::Finish, commit).await {
                Err(StoreError::Ledger(Refused::Transfer { .. })) if to != chart::SUSPENSE => {}
                other => return other,
            }
        }
        Ok(0)
    }

    /// People are told of debits that other banks have not answered in time. The batch stays open.
    async fn tell_of_silence(&self, batch: &Batch, unanswered: i64) -> Result<(), StoreError> {
        let Heading { kind, day, .. } = batch.heading;
        let is_late = self.terms().answered_until(kind, day).is_some_and(|until| self.now() >= until);
        let subject = batch.id.to_string();
        if is_late && !self.transfers().has_raised(Alarm::DebitUnanswered, &subject).await? {
            let detail = format!("{unanswered} of {} rows of {day} are not answered", batch.rows);
            self.raise(Alarm::DebitUnanswered, &subject, &detail).await?;
        }
        Ok(())
    }

    /// The rows that are charged for, and the sum of their fees: those that were credited or that the network took;
    /// of what is collected, and of taxes, all.
    async fn fees(&self, batch: &Batch) -> Result<(i64, Yen), StoreError> {
        if batch.heading.kind.collects() || batch.heading.kind == Kind::LocalTax {
            return Ok((batch.rows, batch.fees));
        }
        // each outcome is looked up by its key: a join, planned while the tables' statistics are those of small ones,
        // compares every row with every other
        let sql = "SELECT CAST(count(*) AS BIGINT), CAST(coalesce(sum(r.fee), 0) AS BIGINT) FROM bulk_row r
             WHERE r.batch = $1
             AND (SELECT o.result FROM bulk_outcome o
                  WHERE o.batch = r.batch AND o.number = r.number AND o.step = 1) IN ('done', 'handed')
             AND coalesce((SELECT b.result FROM bulk_outcome b
                           WHERE b.batch = r.batch AND b.number = r.number AND b.step = 2), '') <> 'failed'";
        let (rows, fees): (i64, i64) =
            read!(self.database(), |c| sqlx::query_as(sql).bind(batch.id.uuid()).fetch_one(c).await)?;
        Ok((rows, Yen::new(fees)))
    }

    /// Commits, unless the batch has moved on. Says how many steps were taken.
    pub(crate) async fn move_on(&self, point: Persist, commit: Commit) -> Result<usize, StoreError> {
        match self.persist(point, commit).await {
            Ok(_) => Ok(1),
            Err(Refused::Stale | Refused::Guarded { .. }) => Ok(0),
            Err(refused) => Err(refused.into()),
        }
    }

    pub(crate) async fn raise(&self, alarm: Alarm, subject: &str, detail: &str) -> Result<(), StoreError> {
        tracing::error!(kind = alarm.as_str(), subject, detail, "ALARM");
        let rows_if_free = vec![alarm.row(subject, detail, self.now())];
        self.persist(Persist::Alarm, Commit { rows_if_free, ..Commit::default() }).await?;
        Ok(())
    }
}
