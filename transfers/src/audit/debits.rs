//! Every debit at another bank against its events, its money and its open work.

use database::{Tx, on};
use domain::OrderId;
use ledger::{Event as Stored, Kind};
use uuid::Uuid;

use super::{Journal, Look, PAGE, events_of, journal};
use crate::network::debit::{DebitBody, DebitState};
use crate::{StoreError, chart};

const ROWS: &str = "SELECT id, fund, amount FROM interbank_debit WHERE id > $1 ORDER BY id LIMIT $2";

impl Look {
    pub(super) async fn debits(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let mut after = Uuid::nil();
        loop {
            let page: Vec<(Uuid, i64, i64)> =
                on!(tx, |c| sqlx::query_as(ROWS).bind(after).bind(PAGE).fetch_all(c).await)?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after = *last;
            let ids: Vec<_> = page.iter().map(|(id, ..)| (*id).into()).collect();
            let mut events = events_of(tx, &ids).await?;
            let bodies =
                events.values().flatten().filter_map(|event| StoreError::json::<DebitBody>(&event.body).ok());
            let moved: Vec<_> = bodies.filter_map(|body| body.transfer).map(|id| id.uuid().into()).collect();
            let journal = journal(tx, &moved).await?;
            for (id, fund, amount) in page {
                let body = match walked(&events.remove(&id).unwrap_or_default()) {
                    Ok(body) => body,
                    Err(error) => {
                        self.found("debit-events", &OrderId::from_uuid(id), error.to_string());
                        continue;
                    }
                };
                self.debit(OrderId::from_uuid(id), (fund, amount), &body, &journal);
            }
        }
    }

    fn debit(
        &mut self,
        id: OrderId,
        (fund, amount): (i64, i64),
        body: &DebitBody,
        journal: &std::collections::BTreeMap<Uuid, Journal>,
    ) {
        let state = body.state;
        if self.open.remove(&id.uuid()).is_some() != (state == DebitState::Requested) {
            self.found("debit-outbox", &id, format!("it is {state}, and its open work does not fit"));
        }
        let moved = body.transfer.map(|transfer| transfer.uuid());
        let found = moved.and_then(|transfer| journal.get(&transfer));
        let right = match (state, found) {
            (DebitState::Collected, Some((debit, credit, moved, kind, _))) => {
                (*debit, *credit, *moved, *kind) == (chart::INCOMING.get(), fund, amount, Kind::Posted.code())
            }
            (DebitState::Collected, None) => false,
            _ => moved.is_none(),
        };
        if !right {
            self.found("debit-money", &id, format!("it is {state}, and the journal has {found:?}"));
        }
        self.collected.extend(moved);
    }
}

/// What a debit came to, by its events.
fn walked(events: &[Stored]) -> Result<DebitBody, StoreError> {
    let mut last: Option<DebitBody> = None;
    for (stored, seq) in events.iter().zip(1..) {
        let next: DebitBody = StoreError::json(&stored.body)?;
        let may = last
            .as_ref()
            .map_or(next.state == DebitState::Requested, |last| last.state.may_become(next.state));
        if !may || stored.seq != seq || stored.kind != next.state.event() {
            return Err(StoreError::Corrupt(format!("event {} of the debit", stored.seq)));
        }
        last = Some(next);
    }
    last.ok_or_else(|| StoreError::Corrupt("it has no event".to_owned()))
}
