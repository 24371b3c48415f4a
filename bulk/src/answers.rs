//! 口座振替(全国ネット型): what other banks told of debits becomes the results of their rows, with 振替結果コード.

use std::collections::BTreeMap;

use database::{Value, insert, read};
use domain::{BatchId, OrderId, Yen};
use formats::zengin::DebitResult;
use ledger::Refused;
use transfers::{DebitAnswered, DebitState};
use uuid::Uuid;

use crate::batch::{Batch, Body, Event};
use crate::carry_out::code_of;
use crate::points::Persist;
use crate::step::{Became, Path, SYSTEM};
use crate::store::Outcome;
use crate::{Bulk, StoreError};

/// Debits of one look.
const LOOK_MAX: i64 = 256;

/// 振替結果コード of a code of the network: what is not listed is その他.
const CODES: &[(&str, DebitResult)] = &[
    ("AM04", DebitResult::Funds),
    ("AC01", DebitResult::NoAccount),
    ("AC04", DebitResult::NoAccount),
    ("MS02", DebitResult::StoppedByHolder),
    ("MD01", DebitResult::NoMandate),
    ("CUST", DebitResult::StoppedByOriginator),
];

fn result_of(code: Option<&str>) -> DebitResult {
    let listed = CODES.iter().find(|(known, _)| Some(*known) == code);
    listed.map_or(DebitResult::Other, |(_, result)| *result)
}

impl Bulk {
    /// Writes down what was told, batch by batch, and answers how many commits were made.
    pub(crate) async fn take_answers(&self) -> Result<usize, StoreError> {
        let mut batches: BTreeMap<BatchId, Vec<DebitAnswered>> = BTreeMap::new();
        for answered in self.transfers().debits_answered(LOOK_MAX).await? {
            batches.entry(answered.debit.batch).or_default().push(answered);
        }
        let mut steps = 0;
        for (batch, answers) in batches {
            steps += self.take_answers_of(batch, &answers).await?;
        }
        Ok(steps)
    }

    async fn take_answers_of(&self, id: BatchId, answers: &[DebitAnswered]) -> Result<usize, StoreError> {
        let Some((batch, position)) = self.load(id).await? else {
            return Err(StoreError::Corrupt(format!("{id} has debits and is no batch")));
        };
        let ids: Vec<OrderId> = answers.iter().map(|answered| answered.debit.id).collect();
        let numbers = self.numbers(&ids).await?;
        let mut path = Path::from(&batch, position, self.now());
        let mut amount = 0_i64;
        for DebitAnswered { debit, guard } in answers {
            let number = numbers.get(&debit.id).copied();
            let number = number.ok_or_else(|| {
                StoreError::Corrupt(format!("debit {} is of no row of its batch", debit.id))
            })?;
            let (outcome, code) = match debit.body.state {
                DebitState::Collected => {
                    amount = amount.saturating_add(debit.amount.get());
                    (Outcome::Done, None)
                }
                _ => (Outcome::Failed, Some(code_of(result_of(debit.body.code.as_deref())))),
            };
            path.outcome(number, Became { step: 2, outcome, code, moved: debit.body.transfer, placed: None });
            path.commit.release.push(guard.clone());
        }
        let rows = Some(i64::try_from(answers.len()).unwrap_or(i64::MAX));
        let amount = Some(Yen::new(amount));
        path.event(Event::Answered, Body { rows, amount, ..Body::default() })?;
        path.audit(SYSTEM, "bulk.answers", format!("{} rows", answers.len()));
        match self.persist(Persist::Answers, path.commit).await {
            Ok(_) => Ok(1),
            // another process was faster
            Err(Refused::Stale | Refused::Guarded { .. } | Refused::Taken(_)) => Ok(0),
            Err(refused) => Err(refused.into()),
        }
    }

    /// Debits of a batch of which nothing is known yet.
    pub(crate) async fn unanswered(&self, batch: &Batch) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(count(*) AS BIGINT) FROM bulk_outcome o
             WHERE o.batch = $1 AND o.step = 1 AND o.result = 'handed'
             AND (SELECT a.result FROM bulk_outcome a
                  WHERE a.batch = o.batch AND a.number = o.number AND a.step = 2) IS NULL";
        Ok(read!(self.database(), |c| sqlx::query_scalar(sql).bind(batch.id.uuid()).fetch_one(c).await)?)
    }

    /// The rows that orders and debits are of.
    pub(crate) async fn numbers(&self, ids: &[OrderId]) -> Result<BTreeMap<OrderId, i64>, StoreError> {
        let ids: Vec<Value> = ids.iter().map(|id| id.uuid().into()).collect();
        let mut tx = self.database().snapshot().await?;
        let select = "SELECT placed, number FROM bulk_outcome WHERE placed IN";
        let found: Vec<(Uuid, i64)> = insert::select_in(&mut tx, select, &ids, "").await?;
        tx.rollback().await?;
        Ok(found.into_iter().map(|(order, number)| (OrderId::from_uuid(order), number)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_another_reason() {
        assert_eq!(result_of(Some("AM04")), DebitResult::Funds);
        assert_eq!(result_of(Some("DT01")), DebitResult::Other);
        assert_eq!(result_of(None), DebitResult::Other);
    }
}
