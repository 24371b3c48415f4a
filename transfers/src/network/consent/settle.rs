//! Returns of a day against the network's books.

use std::collections::BTreeMap;

use database::read;
use domain::{Date, RecallId};
use ledger::Refused;
use uuid::Uuid;

use super::deliver::of_case;
use super::{Body, ConsentState, moved};
use crate::network::Line;
use crate::points::Persist;
use crate::{StoreError, Transfers, chart};

/// Returns that are told as missing at most.
const MISSING_MAX: i64 = 500;

/// What became of the returns of a day.
#[derive(Default)]
pub(in crate::network) struct Returns {
    /// Settled now.
    pub settled: usize,
    /// Whether one is on its way that the network has.
    pub open: bool,
    /// Those that are not in its books, or there with another amount.
    pub missing: Vec<RecallId>,
}

impl Transfers {
    /// Settles what both sides have of the returns of a day, and takes it out of the lines.
    pub(in crate::network) async fn settle_returns(
        &self,
        day: Date,
        lines: &mut BTreeMap<String, Line>,
    ) -> Result<Returns, StoreError> {
        let mut found = Returns::default();
        let numbers: Vec<String> = lines.keys().cloned().collect();
        for number in numbers {
            let Some(id) = Uuid::try_parse(&number).ok().map(RecallId::from_uuid) else { continue };
            let Some(case) = self.consent_for_operator(id).await? else { continue };
            let right = lines.get(&number).is_some_and(|line| line.amount == case.amount);
            match case.state {
                // its outcome is asked for again
                ConsentState::Given => {
                    lines.remove(&number);
                    found.open = true;
                }
                ConsentState::Returned if right && case.day == Some(day) => {
                    lines.remove(&number);
                    let transfer = of_case(&case, chart::OUTGOING, chart::BANK_OF_JAPAN, "為替決済");
                    let step = Body { transfer: Some(transfer.id), ..Body::of(ConsentState::Settled) };
                    let mut commit = moved(&case, &[step], self.now())?;
                    commit.transfers.push(transfer);
                    match self.persist(Persist::Settle, commit).await {
                        Ok(_) => found.settled += 1,
                        Err(Refused::Stale) => {}
                        Err(refused) => return Err(refused.into()),
                    }
                }
                ConsentState::Settled if right && case.day == Some(day) => drop(lines.remove(&number)),
                _ => {}
            }
        }
        let (from, until) = (format!("interbank-due|{day}|"), format!("interbank-due|{day}}}"));
        let missing: Vec<Uuid> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT c.id FROM guard g JOIN recall_consent c ON c.id = g.entity
                 WHERE g.key > $1 AND g.key < $2 ORDER BY g.key LIMIT $3",
            )
            .bind(from)
            .bind(until)
            .bind(MISSING_MAX)
            .fetch_all(c)
            .await
        })?;
        found.missing = missing.into_iter().map(RecallId::from_uuid).collect();
        Ok(found)
    }
}
