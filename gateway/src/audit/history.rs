//! The audit of payments one by one: facts, events and messages must tell one story, and both sides have signed it.

use std::collections::HashMap;

use collectors::Directory;
use database::{Tx, Value, insert};
use domain::payment::{Event, State};
use domain::{CentreCode, Timestamp};
use ledger::audit::Finding;
use ledger::audit::hash::EventRow;
use uuid::Uuid;

use crate::StoreError;
use crate::inquiry::centre;
use crate::payment::history::{Body, Position};
use crate::payment::{Facts, store};
use crate::proof::agree::Conversation;
use crate::proof::signed::{Sides, unsigned};
use crate::proof::{KeySet, exchanges};

/// What every payment is held against.
#[derive(Clone, Copy)]
pub(super) struct Against<'c> {
    pub(super) directory: &'c Directory,
    /// The hub's centre.
    pub(super) hub: &'c CentreCode,
    /// Both sides' public keys; without them no signature is verified.
    pub(super) keys: Option<&'c KeySet>,
}

/// Replays the events of these payments through the table of states, and compares them with facts and messages.
pub(super) async fn check(
    tx: &mut Tx,
    against: Against<'_>,
    payments: &[Uuid],
) -> Result<Vec<Finding>, StoreError> {
    type Found = (i64, Uuid, i64, String, i64, String, Option<Vec<u8>>);
    let keys: Vec<Value> = payments.iter().map(|id| (*id).into()).collect();
    let select = "SELECT position, entity, seq, kind, at_us, body, message FROM event WHERE entity IN";
    let rows: Vec<Found> = insert::select_in(tx, select, &keys, " ORDER BY entity, seq").await?;
    let mut histories: HashMap<Uuid, Vec<EventRow>> = HashMap::new();
    for (position, entity, seq, kind, at_us, body, message) in rows {
        let at = Timestamp::from_micros(at_us);
        let row = EventRow { position, entity, seq, kind, at, body, message };
        histories.entry(entity).or_default().push(row);
    }
    let mut findings = Vec::new();
    for (id, facts) in store::facts_of(tx, &keys).await? {
        let mut story = Story { against, id, findings: &mut findings };
        match facts {
            Ok(facts) => story.check(&facts, histories.get(&id).map(Vec::as_slice).unwrap_or_default()),
            Err(error) => story.found("payment-facts", format!("its facts cannot be read: {error}")),
        }
    }
    Ok(findings)
}

struct Story<'c> {
    against: Against<'c>,
    id: Uuid,
    findings: &'c mut Vec<Finding>,
}

impl Story<'_> {
    fn found(&mut self, check: &'static str, detail: String) {
        self.findings.push(Finding { check, subject: self.id.to_string(), detail });
    }

    fn check(&mut self, facts: &Facts, events: &[EventRow]) {
        let Some(collector) = self.against.directory.get(&facts.collector) else {
            return self.found("payment-facts", format!("there is no collector {}", facts.collector));
        };
        let mut position = Position::start(Timestamp::default());
        let mut conversation = Conversation::new(facts, collector.kind);
        for row in events {
            let read = row.kind.parse::<Event>().ok().zip(serde_json::from_str::<Body>(&row.body).ok());
            let Some((event, body)) = read else {
                return self.found("payment-events", format!("event {} cannot be read", row.seq));
            };
            if let Some(wrong) = position.denies(event) {
                self.found("payment-release", format!("event {}: {wrong}", row.seq));
            }
            if let Err(error) = position.advance(event, &body) {
                return self.found("payment-events", format!("event {}: {error}", row.seq));
            }
            if body.state != Some(position.state) {
                let detail =
                    format!("event {} makes it {} and says {:?}", row.seq, position.state, body.state);
                self.found("payment-state", detail);
            }
            if event == Event::Held {
                self.compare_facts(facts, &body, row);
            }
            let agrees = conversation.event(event, &body, row.message.as_deref());
            if let Err(detail) = agrees {
                self.found("payment-message", format!("event {}: {detail}", row.seq));
            }
        }
        if position.state != State::Inquired && conversation.clearing().is_none() {
            self.found("payment-message", "its clearing is not kept".to_owned());
        }
        self.signatures(facts, events);
    }

    /// Every message as it went and came is signed by its side.
    fn signatures(&mut self, facts: &Facts, events: &[EventRow]) {
        let Some(keys) = self.against.keys else { return };
        let made = match exchanges::of(facts, events) {
            Ok(made) => made,
            Err(wrong) => return self.found("payment-signature", wrong),
        };
        let sides = Sides { hub: keys.of(self.against.hub), collector: keys.of(&centre(&facts.collector)) };
        for exchange in &made {
            if let Err(wrong) = sides.verify(exchange) {
                self.found("payment-signature", format!("event {}: {wrong}", exchange.event));
            }
        }
        for seq in unsigned(events, &made) {
            self.found("payment-signature", format!("event {seq}: the answer that it keeps is not signed"));
        }
    }

    fn compare_facts(&mut self, facts: &Facts, body: &Body, row: &EventRow) {
        let same = facts.digest().is_ok_and(|digest| body.facts == Some(digest));
        if !same || row.at != facts.held_at {
            self.found(
                "payment-facts",
                "its facts are not those that its first event vouches for".to_owned(),
            );
        }
    }
}
