//! The check of the audit log: every record's hash, from each writer's first to its last, and every row that a record
//! vouches for.

use std::collections::HashMap;

use database::{Tx, Value, insert, on};
use domain::{AccountId, Timestamp, TransferId};
use uuid::Uuid;

use super::chain::{Chain, Content, Covers, Record, SALT_BYTES};
use super::hash::{EventRow, Hash, JournalRow};
use super::heads::known;
use super::{FINDINGS_MAX, Finding};
use crate::transfer::{Kind, Transfer};

/// Records that are in memory at once.
const PAGE_RECORDS_MAX: i64 = 1_000;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) writer: Uuid,
    pub(super) number: i64,
    at_us: i64,
    contract: Option<Uuid>,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    content: Option<Vec<u8>>,
    pub(super) covers: Option<String>,
    salt: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl Row {
    pub(super) fn record(&self) -> Record {
        Record {
            at: Timestamp::from_micros(self.at_us),
            contract: self.contract,
            actor: self.actor.clone(),
            action: self.action.clone(),
            subject: self.subject.clone(),
            detail: self.detail.clone(),
            content: self.content.as_deref().map(known),
            salt: <[u8; SALT_BYTES]>::try_from(self.salt.as_slice()).unwrap_or_default(),
        }
    }

    /// The positions of the events that it vouches for.
    pub(super) fn covered_events(&self) -> Vec<i64> {
        Covers::read(self.covers.as_deref()).events
    }
}

/// The records after this one, in the order of writers and numbers.
pub(super) async fn page(
    tx: &mut Tx,
    after: (Uuid, i64),
    until: (Uuid, i64),
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    on!(tx, |c| {
        sqlx::query_as(
            "SELECT writer, number, at_us, contract, actor, action, subject, detail, content, covers, salt, hash
             FROM audit WHERE (writer, number) > ($1, $2) AND (writer, number) <= ($3, $4)
             ORDER BY writer, number LIMIT $5",
        )
        .bind(after.0)
        .bind(after.1)
        .bind(until.0)
        .bind(until.1)
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// Checks the log. What every record vouches for is noted in `vouched`.
pub(super) async fn check(tx: &mut Tx, vouched: &mut Vouched) -> Result<Vec<Finding>, sqlx::Error> {
    let findings_max = usize::try_from(FINDINGS_MAX).unwrap_or(usize::MAX);
    let mut findings = Vec::new();
    let mut chain = Chain::new(Uuid::nil());
    loop {
        let after = (chain.writer, chain.number);
        let page = page(tx, after, (Uuid::max(), i64::MAX), PAGE_RECORDS_MAX).await?;
        if page.is_empty() {
            return Ok(findings);
        }
        let rows = Covered::load(tx, &page).await?;
        for row in &page {
            let found = follow(&mut chain, row).into_iter().chain(rows.check(row, vouched));
            findings.extend(found.take(findings_max.saturating_sub(findings.len())));
        }
    }
}

/// Moves the chain on to a record, and says what is wrong with it. What follows is judged by the stored hash, so
/// that one change is one finding.
fn follow(chain: &mut Chain, row: &Row) -> Option<Finding> {
    if chain.writer != row.writer {
        *chain = Chain::new(row.writer);
    }
    let before = chain.number;
    chain.number = row.number.saturating_sub(1);
    chain.advance(&row.record().digest());
    let expected = std::mem::replace(&mut chain.head, known(&row.hash));
    let number = row.number;
    let (check, detail) = if before.checked_add(1) != Some(number) {
        ("audit-number", format!("record {number} follows record {before}"))
    } else if chain.head != expected {
        ("audit-hash", format!("record {number} or the one before it was changed"))
    } else {
        return None;
    };
    Some(Finding { check, subject: row.writer.to_string(), detail })
}

/// The positions of journal rows and events that some record vouches for.
#[derive(Default)]
pub(super) struct Vouched {
    pub(super) transfers: Positions,
    pub(super) events: Positions,
}

/// A set of positions, one bit each: they are dense.
#[derive(Default)]
pub(super) struct Positions(HashMap<i64, [u64; 64]>);

impl Positions {
    fn place(position: i64) -> (i64, usize, u64) {
        let within = position.rem_euclid(4_096).unsigned_abs();
        (position.div_euclid(4_096), usize::try_from(within / 64).unwrap_or_default(), 1 << (within % 64))
    }

    /// Whether it was not in yet.
    fn insert(&mut self, position: i64) -> bool {
        let (chunk, word, bit) = Self::place(position);
        let word = &mut self.0.entry(chunk).or_insert([0; 64])[word];
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub(super) fn contains(&self, position: i64) -> bool {
        let (chunk, word, bit) = Self::place(position);
        self.0.get(&chunk).is_some_and(|words| words[word] & bit != 0)
    }
}

/// The rows that a page of records vouches for, by position.
#[derive(Default)]
pub(super) struct Covered {
    pub(super) transfers: HashMap<i64, JournalRow>,
    pub(super) events: HashMap<i64, EventRow>,
}

impl Covered {
    pub(super) async fn load(tx: &mut Tx, page: &[Row]) -> Result<Self, sqlx::Error> {
        let covers: Vec<Covers> = page.iter().map(|row| Covers::read(row.covers.as_deref())).collect();
        let values = |positions: &dyn Fn(&Covers) -> Vec<i64>| -> Vec<Value> {
            covers.iter().flat_map(positions).map(Value::from).collect()
        };
        let transfers = journal(tx, &values(&|covers| covers.transfers.clone())).await?;
        let events = events(tx, &values(&|covers| covers.events.clone())).await?;
        Ok(Self {
            transfers: transfers.into_iter().map(|row| (row.position, row)).collect(),
            events: events.into_iter().map(|row| (row.position, row)).collect(),
        })
    }

    /// What the record's commit wrote, as far as it is still there.
    pub(super) fn content(&self, row: &Row) -> Content {
        let covers = Covers::read(row.covers.as_deref());
        let digests = |positions: &[i64], digest: &dyn Fn(i64) -> Option<Hash>| {
            positions.iter().filter_map(|at| Some((*at, digest(*at)?))).collect()
        };
        Content {
            transfers: digests(&covers.transfers, &|at| self.transfers.get(&at).map(JournalRow::digest)),
            events: digests(&covers.events, &|at| self.events.get(&at).map(EventRow::digest)),
        }
    }

    fn check(&self, row: &Row, vouched: &mut Vouched) -> Vec<Finding> {
        let covers = Covers::read(row.covers.as_deref());
        let content = self.content(row);
        let subject = || format!("{}/{}", row.writer, row.number);
        let mut twice = false;
        for at in &covers.transfers {
            twice |= !vouched.transfers.insert(*at);
        }
        for at in &covers.events {
            twice |= !vouched.events.insert(*at);
        }
        let mut findings = Vec::new();
        if content.hash() != row.content.as_deref().map(known) {
            let detail = format!(
                "the commit wrote the journal rows {:?} and the events {:?}; one of them was changed or is gone",
                covers.transfers, covers.events
            );
            findings.push(Finding { check: "audit-content", subject: subject(), detail });
        }
        if twice {
            let detail = "it vouches for a row that another record vouches for".to_owned();
            findings.push(Finding { check: "audit-content", subject: subject(), detail });
        }
        findings
    }
}

/// Rows of the journal, by position.
pub(super) async fn journal(tx: &mut Tx, positions: &[Value]) -> Result<Vec<JournalRow>, sqlx::Error> {
    type Found = (i64, Uuid, i64, i64, i64, i64, Option<Uuid>, i64, String);
    let select = "SELECT position, id, debit, credit, amount, kind, pending, at_us, memo FROM transfer \
                  WHERE position IN";
    let found: Vec<Found> = insert::select_in(tx, select, positions, "").await?;
    let row = |(position, id, debit, credit, amount, kind, pending, at_us, memo): Found| {
        // a row without a kind is none that any record vouches for
        let kind = Kind::from_columns(kind, pending.map(TransferId::from_uuid))?;
        let (debit, credit) = (AccountId::new(debit), AccountId::new(credit));
        let transfer = Transfer { id: TransferId::from_uuid(id), debit, credit, amount, kind, memo };
        Some(JournalRow { position, transfer, at: Timestamp::from_micros(at_us) })
    };
    Ok(found.into_iter().filter_map(row).collect())
}

/// Events, by position.
pub(super) async fn events(tx: &mut Tx, positions: &[Value]) -> Result<Vec<EventRow>, sqlx::Error> {
    type Found = (i64, Uuid, i64, String, i64, String, Option<Vec<u8>>);
    let select = "SELECT position, entity, seq, kind, at_us, body, message FROM event WHERE position IN";
    let found: Vec<Found> = insert::select_in(tx, select, positions, "").await?;
    let row = |(position, entity, seq, kind, at_us, body, message)| EventRow {
        position,
        entity,
        seq,
        kind,
        at: Timestamp::from_micros(at_us),
        body,
        message,
    };
    Ok(found.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_kept_one_by_one() {
        let mut positions = Positions::default();
        for at in [i64::MIN, -1, 0, 1, 63, 64, 4_095, 4_096, i64::MAX] {
            assert!(!positions.contains(at) && positions.insert(at) && positions.contains(at), "{at}");
            assert!(!positions.insert(at), "{at}");
        }
        assert!(!positions.contains(2) && !positions.contains(-2) && !positions.contains(4_097));
    }
}
