//! Where an entity stands in the audit log: the records that vouch for its events, each writer's chain from there to
//! the heads record that names its end, and nothing of what other records say.

use std::collections::BTreeMap;

use database::{Tx, on};
use domain::TransferId;
use uuid::Uuid;

use super::chain::{Content, Record};
use super::hash::{EventRow, Hash, JournalRow};
use super::heads::{self, SealedHeads, known};
use super::log::{self, Covered};
use crate::Ledger;
use crate::commit::EntityId;

/// Batches that may have been under way at the same time as one event's.
const BATCHES_MAX: i64 = 256;
/// Records of a stretch of a chain at most.
const RECORDS_MAX: i64 = 1_000_000;

/// A stretch of one writer's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The writer.
    pub writer: Uuid,
    /// The number of the record before the first; zero where there is none.
    pub before: i64,
    /// Its hash; zeros where there is none.
    pub head: Hash,
    /// The records, to the one that the heads record names, or to the last where none does yet.
    pub entries: Vec<Entry>,
    /// The heads record that names the end.
    pub heads: Option<SealedHeads>,
}

/// A record of a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its digest.
    pub digest: Hash,
    /// What it says, where it is the entity's.
    pub own: Option<Own>,
}

/// A record that vouches for the entity's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The record.
    pub record: Record,
    /// Everything that its commit wrote; what is another entity's as a digest only.
    pub content: Content,
}

/// An entity in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Its events, oldest first.
    pub events: Vec<EventRow>,
    /// The journal rows of the commits that are its alone.
    pub transfers: Vec<JournalRow>,
    /// Where the records are that vouch for them.
    pub segments: Vec<Segment>,
}

impl Ledger {
    /// Everything that proves an entity's events and money, in one snapshot. `shared` are transfers of its own in
    /// commits that it shares with other entities.
    pub async fn position(&self, entity: EntityId, shared: &[TransferId]) -> Result<Position, sqlx::Error> {
        let mut tx = self.database.snapshot().await?;
        let positions: Vec<(i64,)> = on!(tx, |c| {
            sqlx::query_as("SELECT position FROM event WHERE entity = $1 ORDER BY seq")
                .bind(entity.0)
                .fetch_all(c)
                .await
        })?;
        let mut found: BTreeMap<(Uuid, i64), ()> = BTreeMap::new();
        let mut position = Position::default();
        for (at,) in &positions {
            if let Some(key) = voucher(&mut tx, *at).await? {
                found.insert(key, ());
            }
        }
        let keys: Vec<_> = positions.iter().map(|(at,)| (*at).into()).collect();
        position.events = log::events(&mut tx, &keys).await?;
        position.events.sort_by_key(|event| event.seq);
        let mut vouchers = found.into_keys().peekable();
        while let Some((writer, first)) = vouchers.next() {
            let heads = covering(&mut tx, writer, first).await?;
            let end = heads.as_ref().and_then(|sealed| {
                sealed.heads.heads.iter().find(|head| head.writer == writer).map(|head| head.number)
            });
            let mut own = vec![first];
            while let Some((_, number)) =
                vouchers.next_if(|(of, number)| *of == writer && end.is_none_or(|end| *number <= end))
            {
                own.push(number);
            }
            let segment =
                Stretch { writer, own, end, entity, shared }.load(&mut tx, heads, &mut position.transfers);
            position.segments.push(segment.await?);
        }
        position.transfers.sort_by_key(|row| row.position);
        tx.rollback().await?;
        Ok(position)
    }
}

/// The record that vouches for the event at a position: one of the batch that wrote it.
async fn voucher(tx: &mut Tx, event: i64) -> Result<Option<(Uuid, i64)>, sqlx::Error> {
    let batches: Vec<(Uuid, i64, i64)> = on!(tx, |c| {
        sqlx::query_as(
            "SELECT b.writer, coalesce((SELECT p.audit_number FROM batch AS p
                 WHERE p.writer = b.writer AND p.number < b.number ORDER BY p.number DESC LIMIT 1), 0), b.audit_number
             FROM (SELECT writer, number, audit_number, event_from FROM batch WHERE event_until >= $1
                   ORDER BY event_until LIMIT $2) AS b
             WHERE b.event_from <= $1",
        )
        .bind(event)
        .bind(BATCHES_MAX)
        .fetch_all(c)
        .await
    })?;
    for (writer, before, last) in batches {
        for row in log::page(tx, (writer, before), (writer, last), RECORDS_MAX).await? {
            if row.covered_events().contains(&event) {
                return Ok(Some((row.writer, row.number)));
            }
        }
    }
    Ok(None)
}

/// The first heads record that names the record or a later one of its writer.
async fn covering(tx: &mut Tx, writer: Uuid, number: i64) -> Result<Option<SealedHeads>, sqlx::Error> {
    let named: Option<(i64,)> = on!(tx, |c| {
        sqlx::query_as(
            "SELECT heads FROM audit_head WHERE writer = $1 AND number >= $2 ORDER BY number LIMIT 1",
        )
        .bind(writer)
        .bind(number)
        .fetch_optional(c)
        .await
    })?;
    let Some((heads,)) = named else { return Ok(None) };
    Ok(heads::page(tx, heads - 1, 1).await?.into_iter().next().filter(|found| found.heads.number == heads))
}

/// A stretch to read.
struct Stretch<'s> {
    writer: Uuid,
    own: Vec<i64>,
    end: Option<i64>,
    entity: EntityId,
    shared: &'s [TransferId],
}

impl Stretch<'_> {
    async fn load(
        self,
        tx: &mut Tx,
        heads: Option<SealedHeads>,
        transfers: &mut Vec<JournalRow>,
    ) -> Result<Segment, sqlx::Error> {
        let writer = self.writer;
        let before = self.own.first().map_or(0, |first| first - 1);
        let head: Option<(Vec<u8>,)> = on!(tx, |c| {
            sqlx::query_as("SELECT hash FROM audit WHERE writer = $1 AND number = $2")
                .bind(writer)
                .bind(before)
                .fetch_optional(c)
                .await
        })?;
        // without a heads record yet the stretch ends with the entity's last record
        let end = self.end.or(self.own.last().copied()).unwrap_or(before);
        let mut entries = Vec::new();
        for row in log::page(tx, (writer, before), (writer, end), RECORDS_MAX).await? {
            let record = row.record();
            let digest = record.digest();
            let own = if self.own.contains(&row.number) {
                let covered = Covered::load(tx, std::slice::from_ref(&row)).await?;
                let content = covered.content(&row);
                transfers.extend(self.own_transfers(covered));
                Some(Own { record, content })
            } else {
                None
            };
            entries.push(Entry { digest, own });
        }
        Ok(Segment { writer, before, head: head.map_or([0; 32], |(hash,)| known(&hash)), entries, heads })
    }

    /// All of a commit that is this entity's alone; of one that many entities share, those that are named: its sums are
    /// nobody's.
    fn own_transfers(&self, covered: Covered) -> Vec<JournalRow> {
        let alone = covered.events.values().all(|event| event.entity == self.entity.0);
        let is_own = |row: &JournalRow| alone || self.shared.contains(&row.transfer.id);
        covered.transfers.into_values().filter(is_own).collect()
    }
}
