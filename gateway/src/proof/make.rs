//! Makes the proof of one payment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use database::read;
use domain::payment::State;
use domain::{CollectorNumber, Date, PaymentId};
use ledger::EntityId;
use ledger::audit::{Content, Entry, Own, Position, Seal, SealedHeads, Segment};
use uuid::Uuid;

use super::bundle::{
    FORMAT, LogEntry, LogHead, LogHeads, LogRecord, LogRow, LogSegment, Open, Proof, ProofBundle,
    ReconciliationLine, Signature,
};
use super::exchanges;
use super::keys::KeySet;
use crate::inquiry::centre;
use crate::payment::{Facts, history, store};
use crate::reconciliation::{Break, BreakQuery};
use crate::{Gateway, StoreError};

/// Breaks read at once.
const BREAKS_MAX: u32 = 500;

impl Gateway {
    /// The payment that a text names: its id, its receipt number or its resend key.
    pub async fn find_payment(&self, text: &str) -> Result<Option<PaymentId>, StoreError> {
        let id = text.parse::<Uuid>().unwrap_or_default();
        let found: Option<Uuid> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT id FROM payment WHERE id = $1 OR receipt_number = $2 OR message_key = $2",
            )
            .bind(id)
            .bind(text)
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map(PaymentId::from_uuid))
    }

    /// Everything that proves a payment, whoever's it is: the caller has checked that it may be shown. Signed with the
    /// hub's key, and the audit log is sealed first where it is not sealed up to the payment's last record.
    ///
    /// The clearing in it holds the payer's 確認番号, which its signature covers: a proof is for the bank, the payer
    /// and the collector, who know that number.
    pub async fn proof(&self, payment: PaymentId) -> Result<Option<ProofBundle>, StoreError> {
        let entity = EntityId::from(payment);
        let Some(facts) = self.facts_of(entity).await? else { return Ok(None) };
        // the commit that pays it back is one with its collector's day
        let shared = self.refund_transfers(entity).await?;
        let mut position = self.0.ledger.position(entity, &shared).await?;
        if position.segments.iter().any(|segment| segment.heads.is_none()) {
            self.seal_if_possible().await;
            position = self.0.ledger.position(entity, &shared).await?;
        }
        let proof = self.assemble(facts, &position).await?;
        ProofBundle::sign(proof, &self.0.client.keys().in_use()).map(Some)
    }

    async fn facts_of(&self, entity: EntityId) -> Result<Option<Facts>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let found = store::facts_of(&mut tx, &[entity.0.into()]).await?;
        tx.rollback().await?;
        found.into_iter().next().map(|(_, facts)| facts).transpose()
    }

    async fn assemble(&self, facts: Facts, position: &Position) -> Result<Proof, StoreError> {
        let exchanges = exchanges::of(&facts, &position.events).map_err(StoreError::Corrupt)?;
        let story = history::Position::of_rows(&position.events)?;
        let reconciliation = self.reconciliation_line(&facts).await?;
        let mut proof = Proof {
            format: FORMAT.to_owned(),
            made_at: self.now(),
            state: story.state,
            open: Vec::new(),
            transfers: position.transfers.iter().map(Into::into).collect(),
            events: position.events.iter().map(Into::into).collect(),
            exchanges,
            reconciliation,
            log: position.segments.iter().map(|segment| segment_of(segment, position)).collect(),
            keys: self.keys_for(&facts.collector),
            facts,
        };
        proof.open = open(&proof, &story);
        Ok(proof)
    }

    /// The hub's keys and the collector's.
    fn keys_for(&self, collector: &CollectorNumber) -> KeySet {
        let mut keys = self.public_keys();
        let theirs = centre(collector);
        keys.keys.retain(|key| key.owner == self.0.settings.centre || key.owner == theirs);
        keys
    }

    /// What the last comparison of the payment's day said of it.
    async fn reconciliation_line(&self, facts: &Facts) -> Result<Option<ReconciliationLine>, StoreError> {
        let date = facts.receipt_date;
        let made = self.reconciliations(date).await?;
        let last = made
            .into_iter()
            .filter(|made| made.collector == facts.collector)
            .max_by_key(|made| made.summary.number);
        let Some(last) = last else { return Ok(None) };
        let serial = facts.message_key.rsplit('/').next().unwrap_or_default();
        let found = self.newest_break(&facts.collector, date, serial).await?;
        let is_gone = |found: &Break| found.resolution.as_ref().is_some_and(|ended| ended.vanished);
        let found = found.filter(|found| !is_gone(found));
        // not how it ended: what staff note is for the bank alone
        let result = found.map_or("matched", |found| found.class.as_str()).to_owned();
        Ok(Some(ReconciliationLine {
            date,
            number: last.summary.number,
            at: last.at,
            after_close: last.summary.after_close,
            sums_agree: last.summary.ties_out(),
            result,
        }))
    }

    /// The newest break of a day that names the serial, however it ended.
    pub(crate) async fn newest_break(
        &self,
        collector: &CollectorNumber,
        date: Date,
        serial: &str,
    ) -> Result<Option<Break>, StoreError> {
        let mut before = None;
        loop {
            let page = self
                .breaks(&BreakQuery {
                    collector: Some(collector.clone()),
                    date: Some(date),
                    before,
                    limit: BREAKS_MAX,
                    ..BreakQuery::default()
                })
                .await?;
            let Some(last) = page.last().map(|found| (found.found_at, found.id)) else { return Ok(None) };
            before = Some(last);
            if let Some(found) = page.into_iter().find(|found| found.subject == serial) {
                return Ok(Some(found));
            }
        }
    }
}

/// What is not known yet of a payment that stands there.
pub(super) fn open(proof: &Proof, story: &history::Position) -> Vec<Open> {
    let last_us = proof.events.last().map(|event| event.at_us);
    let compared = proof.reconciliation.as_ref().is_some_and(|line| Some(line.at) >= last_us_of_money(proof));
    let cancelling = story.cancellation().is_some_and(domain::payment::Cancellation::is_open);
    let all = [
        (Open::Outcome, story.state.is_open()),
        (Open::Cancellation, cancelling),
        (Open::Settlement, story.state == State::Accepted),
        (Open::Reconciliation, last_us.is_some() && !compared),
        (Open::Seal, proof.log.iter().any(|segment| segment.heads.is_none())),
    ];
    all.into_iter().filter(|(_, is_open)| *is_open).map(|(what, _)| what).collect()
}

/// When money moved last, but for the settlement, which changes nothing between the two sides' books of the day.
fn last_us_of_money(proof: &Proof) -> Option<domain::Timestamp> {
    proof.transfers.iter().map(|row| row.at_us).max()
}

fn segment_of(segment: &Segment, position: &Position) -> LogSegment {
    LogSegment {
        writer: segment.writer,
        before: segment.before,
        head: segment.head.into(),
        entries: segment.entries.iter().map(|entry| entry_of(entry, position)).collect(),
        heads: segment.heads.as_ref().map(heads_of),
    }
}

fn entry_of(entry: &Entry, position: &Position) -> LogEntry {
    let Some(Own { record, content }) = &entry.own else { return LogEntry::Other(entry.digest.into()) };
    let Content { transfers, events } = content;
    let own_transfers = |at: i64| position.transfers.iter().any(|row| row.position == at);
    let own_events = |at: i64| position.events.iter().any(|row| row.position == at);
    let rows = |rows: &[(i64, ledger::audit::hash::Hash)], own: &dyn Fn(i64) -> bool| {
        let row = |(at, digest): &(i64, ledger::audit::hash::Hash)| match own(*at) {
            true => LogRow::Position(*at),
            false => LogRow::Digest((*digest).into()),
        };
        rows.iter().map(row).collect()
    };
    LogEntry::Own(Box::new(LogRecord {
        at_us: record.at,
        contract: record.contract,
        actor: record.actor.clone(),
        action: record.action.clone(),
        subject: record.subject.clone(),
        detail: record.detail.clone(),
        salt: super::bundle::Hex(record.salt),
        transfers: rows(transfers, &own_transfers),
        events: rows(events, &own_events),
    }))
}

fn heads_of(sealed: &SealedHeads) -> LogHeads {
    let SealedHeads { heads, seal: Seal { key_id, signature }, .. } = sealed;
    LogHeads {
        number: heads.number,
        at_us: heads.at,
        before: heads.before.into(),
        heads: heads
            .heads
            .iter()
            .map(|head| LogHead { writer: head.writer, number: head.number, head: head.head.into() })
            .collect(),
        seal: Signature { key_id: key_id.clone(), value: STANDARD.encode(signature) },
    }
}
