//! What failed or came back at the network goes on from the batch's account to the payer.

use std::collections::BTreeMap;

use domain::{BatchId, OrderId, Yen};
use ledger::Refused;
use transfers::alarm::Alarm;
use transfers::{HandedBack, State as Order, chart};

use crate::batch::{Body, Event};
use crate::points::Persist;
use crate::step::{Became, Path, SYSTEM};
use crate::store::Outcome;
use crate::{Bulk, StoreError};

/// Orders of one look.
const LOOK_MAX: i64 = 256;

impl Bulk {
    /// Gives on what came back, batch by batch, and answers how many commits were made.
    pub(crate) async fn give_back(&self) -> Result<usize, StoreError> {
        let mut batches: BTreeMap<BatchId, Vec<HandedBack>> = BTreeMap::new();
        for back in self.transfers().handed_back(LOOK_MAX).await? {
            if let Some(batch) = back.order.facts.batch {
                batches.entry(batch).or_default().push(back);
            }
        }
        let mut steps = 0;
        for (batch, backs) in batches {
            steps += self.give_back_of(batch, &backs).await?;
        }
        Ok(steps)
    }

    async fn give_back_of(&self, id: BatchId, backs: &[HandedBack]) -> Result<usize, StoreError> {
        let Some((batch, position)) = self.load(id).await? else {
            return Err(StoreError::Corrupt(format!("{id} has orders and is no batch")));
        };
        let ids: Vec<OrderId> = backs.iter().map(|back| back.order.facts.id).collect();
        let numbers = self.numbers(&ids).await?;
        for to in [batch.heading.account, chart::SUSPENSE] {
            let now = self.now();
            let mut path = Path::from(&batch, position.clone(), now);
            let mut amount = 0_i64;
            for HandedBack { order, guard } in backs {
                let number = numbers.get(&order.facts.id).copied();
                let number = number.ok_or_else(|| {
                    StoreError::Corrupt(format!("order {} is of no row of its batch", order.facts.id))
                })?;
                let (outcome, word) = match order.state {
                    Order::Returned => (Outcome::Returned, "振込返却"),
                    _ => (Outcome::Failed, "振込不能"),
                };
                let memo = format!("{word} {}", order.facts.payee_name);
                let moved = path.transfer(batch.fund, to, order.facts.amount, memo);
                amount = amount.saturating_add(order.facts.amount.get());
                let code = order.code.clone().or_else(|| order.reason.map(|reason| reason.to_string()));
                path.outcome(number, Became { step: 2, outcome, code, moved: Some(moved), placed: None });
                path.commit.release.push(guard.clone());
            }
            let rows = i64::try_from(backs.len()).unwrap_or(i64::MAX);
            let (rows, amount) = (Some(rows), Some(Yen::new(amount)));
            path.event(Event::Back, Body { rows, amount, ..Body::default() })?;
            path.audit(SYSTEM, "bulk.back", format!("{} rows", backs.len()));
            if to == chart::SUSPENSE {
                let detail = format!("{} rows came back, and the payer's account is closed", backs.len());
                path.commit.rows_if_free.push(Alarm::ReturnHeld.row(&id.to_string(), &detail, now));
            }
            match self.persist(Persist::Back, path.commit).await {
                Ok(_) => return Ok(1),
                // another process was faster
                Err(Refused::Stale | Refused::Guarded { .. } | Refused::Taken(_)) => return Ok(0),
                Err(Refused::Transfer { .. }) if to != chart::SUSPENSE => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(0)
    }
}
