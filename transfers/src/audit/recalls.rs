//! Every recall against its events, its order, its guard, its open work and its fee.

use database::{Tx, on};
use domain::{OrderId, RecallId, Timestamp, Yen};
use ledger::Event as Stored;
use uuid::Uuid;

use super::{Look, PAGE, charges_of, events_of};
use crate::network::recall::{self, RecallState};
use crate::{StoreError, Terms};

const ROWS: &str = "SELECT r.id, r.transfer_order, r.contract, r.at_us,
        CASE WHEN o.contract = r.contract THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
    FROM transfer_recall r LEFT JOIN transfer_order o ON o.id = r.transfer_order
    WHERE r.id > $1 ORDER BY r.id LIMIT $2";

impl Look {
    pub(super) async fn recalls(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let mut after = Uuid::nil();
        loop {
            let page: Vec<(Uuid, Uuid, Uuid, i64, i64)> =
                on!(tx, |c| sqlx::query_as(ROWS).bind(after).bind(PAGE).fetch_all(c).await)?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after = *last;
            let ids: Vec<_> = page.iter().map(|(id, ..)| (*id).into()).collect();
            let mut events = events_of(tx, &ids).await?;
            self.charges = charges_of(tx, &ids).await?;
            for (id, order, contract, at_us, is_its_contracts) in page {
                let of = (RecallId::from_uuid(id), OrderId::from_uuid(order));
                let at = Timestamp::from_micros(at_us);
                if is_its_contracts == 0 {
                    self.found("recall-order", &of.0, format!("{order} is no order of its contract"));
                }
                self.recall(of, contract, at, &events.remove(&id).unwrap_or_default());
            }
        }
    }

    fn recall(&mut self, (id, order): (RecallId, OrderId), contract: Uuid, at: Timestamp, events: &[Stored]) {
        let state = match walked(events) {
            Ok(state) => state,
            Err(error) => return self.found("recall-events", &id, error.to_string()),
        };
        let is_open = state == RecallState::Requested;
        if self.open.remove(&id.uuid()).is_some() != is_open {
            self.found("recall-outbox", &id, format!("it is {state}, and its open work does not fit"));
        }
        if !self.guards.remove(&recall::one_recall(order).0) {
            self.found("recall-guard", &id, "its order can be recalled again".to_owned());
        }
        // what was charged is what was said when it was asked for
        let said = events.first().and_then(|first| StoreError::json::<recall::Body>(&first.body).ok()?.fee);
        let fee = said.map_or_else(|| Terms::embedded().recall_fee(at.date()), Yen::new);
        let owed =
            (fee > Yen::ZERO).then(|| (contract, "recall".to_owned(), format!("recall:{id}"), fee.get()));
        self.charge("recall-fee", &id, id.uuid(), owed.as_ref(), at.date());
    }
}

/// Where a recall stands, by its events.
fn walked(events: &[Stored]) -> Result<RecallState, StoreError> {
    let mut state: Option<RecallState> = None;
    for (stored, seq) in events.iter().zip(1..) {
        let next = StoreError::json::<recall::Body>(&stored.body)?.state;
        let may = state.map_or(next == RecallState::Requested, |state| state.may_become(next));
        if !may || stored.seq != seq || stored.kind != next.event() {
            return Err(StoreError::Corrupt(format!("event {} of the recall", stored.seq)));
        }
        state = Some(next);
    }
    state.ok_or_else(|| StoreError::Corrupt("it has no event".to_owned()))
}
