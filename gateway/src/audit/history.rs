//! The audit of payments one by one: facts, events and messages must tell one story.

use std::collections::HashMap;

use collectors::Directory;
use database::{Tx, Value, insert};
use domain::Timestamp;
use domain::payment::{Event, State};
use ledger::audit::Finding;
use uuid::Uuid;

use crate::StoreError;
use crate::payment::history::{Body, Position};
use crate::payment::{Facts, store};
use crate::proof::agree::Conversation;

/// An event with its message.
#[derive(sqlx::FromRow)]
struct Row {
    entity: Uuid,
    seq: i64,
    kind: String,
    at_us: i64,
    body: String,
    message: Option<Vec<u8>>,
}

/// Replays the events of these payments through the table of states, and compares them with facts and messages.
pub(super) async fn check(
    tx: &mut Tx,
    directory: &Directory,
    payments: &[Uuid],
) -> Result<Vec<Finding>, StoreError> {
    let keys: Vec<Value> = payments.iter().map(|id| (*id).into()).collect();
    let select = "SELECT entity, seq, kind, at_us, body, message FROM event WHERE entity IN";
    let rows: Vec<Row> = insert::select_in(tx, select, &keys, " ORDER BY entity, seq").await?;
    let mut histories: HashMap<Uuid, Vec<Row>> = HashMap::new();
    for row in rows {
        histories.entry(row.entity).or_default().push(row);
    }
    let mut findings = Vec::new();
    for (id, facts) in store::facts_of(tx, &keys).await? {
        let mut story = Story { directory, id, findings: &mut findings };
        match facts {
            Ok(facts) => story.check(&facts, histories.get(&id).map(Vec::as_slice).unwrap_or_default()),
            Err(error) => story.found("payment-facts", format!("its facts cannot be read: {error}")),
        }
    }
    Ok(findings)
}

struct Story<'c> {
    directory: &'c Directory,
    id: Uuid,
    findings: &'c mut Vec<Finding>,
}

impl Story<'_> {
    fn found(&mut self, check: &'static str, detail: String) {
        self.findings.push(Finding { check, subject: self.id.to_string(), detail });
    }

    fn check(&mut self, facts: &Facts, events: &[Row]) {
        let Some(collector) = self.directory.get(&facts.collector) else {
            return self.found("payment-facts", format!("there is no collector {}", facts.collector));
        };
        let mut position = Position::start(Timestamp::default());
        let mut conversation = Conversation::new(facts, collector.kind);
        for row in events {
            let read = row.kind.parse::<Event>().ok().zip(serde_json::from_str::<Body>(&row.body).ok());
            let Some((event, body)) = read else {
                return self.found("payment-events", format!("event {} cannot be read", row.seq));
            };
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
    }

    fn compare_facts(&mut self, facts: &Facts, body: &Body, row: &Row) {
        let same = facts.digest().is_ok_and(|digest| body.facts == Some(digest));
        if !same || row.at_us != facts.held_at.micros() {
            self.found(
                "payment-facts",
                "its facts are not those that its first event vouches for".to_owned(),
            );
        }
    }
}
