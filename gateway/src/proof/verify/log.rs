//! The audit log: the chain from the payment's records to a head, the record of that head, and the hub's seal on it.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::audit::hash::{self, EventRow, Hash, JournalRow};
use ledger::audit::{Chain, Head, Heads, Record};

use super::Case;
use crate::proof::bundle::{LogEntry, LogHeads, LogRecord, LogRow, LogSegment};

/// The digests of the payment's rows by position, each to be vouched for once.
struct Rows {
    transfers: HashMap<i64, Hash>,
    events: HashMap<i64, Hash>,
}

impl Case<'_> {
    pub(super) fn log(&mut self) {
        let mut rows = Rows {
            transfers: self.transfers.iter().map(|row| (row.position, JournalRow::digest(row))).collect(),
            events: self.events.iter().map(|row| (row.position, EventRow::digest(row))).collect(),
        };
        if (rows.transfers.len(), rows.events.len()) != (self.transfers.len(), self.events.len()) {
            return self.report.wrong("two events or two transfers have one position");
        }
        for segment in &self.proof.log {
            let outcome = self.segment(segment, &mut rows);
            self.report.check(outcome);
        }
        if !rows.transfers.is_empty() || !rows.events.is_empty() {
            self.report.wrong("no record of the audit log vouches for some of the events or transfers");
        }
    }

    fn segment(&self, segment: &LogSegment, rows: &mut Rows) -> Result<String, String> {
        let LogSegment { writer, before, head, entries, heads } = segment;
        let mut chain = Chain { writer: *writer, number: *before, head: head.0 };
        let mut own = 0;
        for entry in entries {
            let digest = match entry {
                LogEntry::Other(digest) => digest.0,
                LogEntry::Own(record) => {
                    own += 1;
                    rows.record(record)?.digest()
                }
            };
            chain.advance(&digest);
        }
        let records = format!("{own} records of the audit log");
        let Some(heads) = heads else { return Ok(format!("{records} vouch for it, not sealed yet")) };
        self.seal(heads)?;
        let named = heads.heads.iter().find(|head| head.writer == *writer);
        let reached = named.is_some_and(|head| (head.number, head.head.0) == (chain.number, chain.head));
        if !reached {
            return Err(format!("the audit log does not lead to heads record {}", heads.number));
        }
        Ok(format!(
            "{records} vouch for it, and lead to heads record {}, sealed by {}",
            heads.number, heads.seal.key_id
        ))
    }

    fn seal(&self, record: &LogHeads) -> Result<(), String> {
        let LogHeads { number, at_us, before, heads, seal } = record;
        let heads = Heads {
            number: *number,
            at: *at_us,
            before: before.0,
            heads: heads
                .iter()
                .map(|head| Head { writer: head.writer, number: head.number, head: head.head.0 })
                .collect(),
        };
        let signature = STANDARD.decode(&seal.value).unwrap_or_default();
        if self.hub_signed(&seal.key_id, heads.text().as_bytes(), &signature) {
            Ok(())
        } else {
            Err(format!("heads record {number} is not sealed by the hub's key {:?}", seal.key_id))
        }
    }
}

impl Rows {
    /// The record as it was hashed, with what it vouches for.
    fn record(&mut self, shown: &LogRecord) -> Result<Record, String> {
        let transfers = digests(&shown.transfers, &mut self.transfers)?;
        let events = digests(&shown.events, &mut self.events)?;
        let content =
            (!transfers.is_empty() || !events.is_empty()).then(|| hash::content(&transfers, &events));
        Ok(Record {
            at: shown.at_us,
            contract: shown.contract,
            actor: shown.actor.clone(),
            action: shown.action.clone(),
            subject: shown.subject.clone(),
            detail: shown.detail.clone(),
            content,
            salt: shown.salt.0,
        })
    }
}

fn digests(shown: &[LogRow], own: &mut HashMap<i64, Hash>) -> Result<Vec<Hash>, String> {
    let digest = |row: &LogRow| match row {
        LogRow::Digest(digest) => Ok(digest.0),
        LogRow::Position(at) => own.remove(at).ok_or_else(|| {
            format!("a record vouches for position {at}, which is not there or vouched for twice")
        }),
    };
    shown.iter().map(digest).collect()
}
