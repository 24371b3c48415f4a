//! The heads of all writers' chains recorded together, so that the end of a chain cannot be cut off unseen either.
//! Each heads record is chained to the one before and sealed by whoever holds the hub's key; the ledger has none.

use database::{Table, Tx, Value, insert, on};
use domain::Timestamp;
use uuid::Uuid;

use super::hash::{Hash, Hasher};
use super::{FINDINGS_MAX, Finding};
use crate::Ledger;

/// Heads records in memory at once.
const PAGE_HEADS_MAX: i64 = 500;

static HEADS: Table = Table { name: "audit_heads", columns: &["number", "at_us", "hash", "key_id", "seal"] };
static HEAD: Table = Table { name: "audit_head", columns: &["writer", "number", "heads", "head"] };

/// Each writer whose chain has grown since its head was recorded, from writer to writer by the key's order: a scan of
/// the log would take as long as the log is.
const MOVED: &str = "
    WITH RECURSIVE known (writer) AS (
        SELECT writer FROM (SELECT writer FROM audit ORDER BY writer LIMIT 1) AS first
        UNION ALL
        SELECT (SELECT a.writer FROM audit AS a WHERE a.writer > known.writer ORDER BY a.writer LIMIT 1)
        FROM known WHERE known.writer IS NOT NULL
    )
    SELECT a.writer, a.number, a.hash,
        (SELECT u.at_us FROM audit AS u WHERE u.writer = a.writer AND u.number > coalesce(
            (SELECT max(h.number) FROM audit_head AS h WHERE h.writer = a.writer), 0)
         ORDER BY u.number LIMIT 1)
    FROM known JOIN audit AS a
        ON a.writer = known.writer AND a.number = (SELECT max(l.number) FROM audit AS l WHERE l.writer = known.writer)
    WHERE a.number > coalesce((SELECT max(h.number) FROM audit_head AS h WHERE h.writer = known.writer), 0)
    ORDER BY a.writer";

/// The head of one writer's chain at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The writer.
    pub writer: Uuid,
    /// The number of the chain's last record.
    pub number: i64,
    /// The hash of that record.
    pub head: Hash,
}

/// The heads that moved since the record before; the others stand as the records before name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// From 1, without a gap.
    pub number: i64,
    /// When, in business time.
    pub at: Timestamp,
    /// The hash of the heads record before; zeros before the first.
    pub before: Hash,
    /// In the order of the writers' ids.
    pub heads: Vec<Head>,
}

/// A signature of [`Heads::text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Whose.
    pub key_id: String,
    /// Ed25519.
    pub signature: Vec<u8>,
}

/// A heads record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedHeads {
    /// What it names.
    pub heads: Heads,
    /// Its hash as stored.
    pub hash: Hash,
    /// Who vouches for it.
    pub seal: Seal,
}

/// A chain that has grown since its head was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// The writer.
    pub writer: Uuid,
    /// The number of the chain's last record.
    pub number: i64,
    /// When the first record that no heads record covers was made.
    pub since: Timestamp,
    head: Hash,
}

/// What a seal of a heads record signs.
pub fn text(number: i64, at: Timestamp, hash: &Hash) -> String {
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("mpn-audit-heads-v1\n{number}\n{}\n{hex}\n", at.micros())
}

impl Heads {
    /// The record's hash, which the next one carries.
    pub fn hash(&self) -> Hash {
        let hash = Hasher::of("mpn-heads-1")
            .fixed(&self.before)
            .number(self.number)
            .number(self.at.micros())
            .count(self.heads.len());
        let write = |hash: Hasher, head: &Head| {
            hash.fixed(head.writer.as_bytes()).number(head.number).fixed(&head.head)
        };
        self.heads.iter().fold(hash, write).finish()
    }

    /// What a seal signs.
    pub fn text(&self) -> String {
        text(self.number, self.at, &self.hash())
    }
}

impl Ledger {
    /// Records together the heads of all chains that moved since the last time, and answers the record's number:
    /// `None` where none moved or another process was faster. Only what is durable is named, because only that is
    /// seen; `seal` signs it in the same transaction.
    pub async fn record_heads(&self, seal: impl FnOnce(&Heads) -> Seal) -> Result<Option<i64>, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let last: Option<(i64, Vec<u8>)> = on!(tx, |c| {
            sqlx::query_as("SELECT number, hash FROM audit_heads ORDER BY number DESC LIMIT 1")
                .fetch_optional(c)
                .await
        })?;
        // read after the last record: another process that records in between takes the number, and this one yields
        let moved = moved(&mut tx).await?;
        if moved.is_empty() {
            tx.rollback().await?;
            return Ok(None);
        }
        let (number, before) = last.map_or((0, [0; 32]), |(number, hash)| (number, known(&hash)));
        let heads = Heads {
            number: number + 1,
            at: self.clock.now(),
            before,
            heads: moved
                .into_iter()
                .map(|Unsealed { writer, number, head, .. }| Head { writer, number, head })
                .collect(),
        };
        let recorded = write(&mut tx, &heads, seal(&heads)).await?;
        if recorded {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(recorded.then_some(heads.number))
    }

    /// The chains whose end no heads record names yet.
    pub async fn unsealed(&self) -> Result<Vec<Unsealed>, sqlx::Error> {
        let mut tx = self.database.snapshot().await?;
        let found = moved(&mut tx).await?;
        tx.rollback().await?;
        Ok(found)
    }

    /// Hands every heads record to `look`, from the first on.
    pub async fn each_heads(&self, mut look: impl FnMut(&SealedHeads)) -> Result<(), sqlx::Error> {
        let mut tx = self.database.snapshot().await?;
        let mut after = 0;
        loop {
            let page = page(&mut tx, after, PAGE_HEADS_MAX).await?;
            let Some(last) = page.last() else { break };
            after = last.heads.number;
            page.iter().for_each(&mut look);
        }
        tx.rollback().await
    }
}

async fn moved(tx: &mut Tx) -> Result<Vec<Unsealed>, sqlx::Error> {
    let rows: Vec<(Uuid, i64, Vec<u8>, i64)> = on!(tx, |c| sqlx::query_as(MOVED).fetch_all(c).await)?;
    let unsealed = |(writer, number, head, since): (Uuid, i64, Vec<u8>, i64)| Unsealed {
        writer,
        number,
        since: Timestamp::from_micros(since),
        head: known(&head),
    };
    Ok(rows.into_iter().map(unsealed).collect())
}

async fn write(tx: &mut Tx, heads: &Heads, seal: Seal) -> Result<bool, sqlx::Error> {
    let row: Vec<Value> = vec![
        heads.number.into(),
        heads.at.micros().into(),
        heads.hash().to_vec().into(),
        seal.key_id.into(),
        seal.signature.into(),
    ];
    let free = insert::free(tx, &HEADS, std::iter::once(row.as_slice()), "CAST(number AS TEXT)").await?;
    if free.is_empty() {
        return Ok(false);
    }
    let rows: Vec<Vec<Value>> = heads
        .heads
        .iter()
        .map(|h| vec![h.writer.into(), h.number.into(), heads.number.into(), h.head.to_vec().into()])
        .collect();
    insert::all(tx, &HEAD, rows.iter().map(Vec::as_slice)).await?;
    Ok(true)
}

/// Heads records after this one.
pub(super) async fn page(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<SealedHeads>, sqlx::Error> {
    type Found = (i64, i64, Vec<u8>, String, Vec<u8>, Option<Vec<u8>>);
    let rows: Vec<Found> = on!(tx, |c| {
        sqlx::query_as(
            "SELECT h.number, h.at_us, h.hash, h.key_id, h.seal,
                    (SELECT b.hash FROM audit_heads AS b WHERE b.number = h.number - 1)
             FROM audit_heads AS h WHERE h.number > $1 ORDER BY h.number LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(c)
        .await
    })?;
    let until = rows.last().map_or(after, |row| row.0);
    let named: Vec<(i64, Uuid, i64, Vec<u8>)> = on!(tx, |c| {
        sqlx::query_as(
            "SELECT heads, writer, number, head FROM audit_head WHERE heads > $1 AND heads <= $2
             ORDER BY heads, writer",
        )
        .bind(after)
        .bind(until)
        .fetch_all(c)
        .await
    })?;
    let mut named = named.into_iter().peekable();
    let mut page = Vec::with_capacity(rows.len());
    for (number, at_us, hash, key_id, signature, before) in rows {
        let mut heads = Vec::new();
        // a head of a record that is gone belongs to none
        while named.next_if(|(of, ..)| *of < number).is_some() {}
        while let Some((_, writer, number, head)) = named.next_if(|(of, ..)| *of == number) {
            heads.push(Head { writer, number, head: known(&head) });
        }
        let before = before.map_or([0; 32], |hash| known(&hash));
        page.push(SealedHeads {
            heads: Heads { number, at: Timestamp::from_micros(at_us), before, heads },
            hash: known(&hash),
            seal: Seal { key_id, signature },
        });
    }
    Ok(page)
}

/// The check of the heads records: numbers, hashes, and that every head they name is still there.
pub(super) async fn check(tx: &mut Tx) -> Result<Vec<Finding>, sqlx::Error> {
    let findings_max = usize::try_from(FINDINGS_MAX).unwrap_or(usize::MAX);
    let mut findings = Vec::new();
    let mut last = 0;
    loop {
        let page = page(tx, last, PAGE_HEADS_MAX).await?;
        if page.is_empty() || findings.len() >= findings_max {
            break;
        }
        for record in page {
            let number = record.heads.number;
            let detail = if number != last + 1 {
                format!("heads record {number} follows heads record {last}")
            } else if record.hash != record.heads.hash() {
                "it, a head that it names, or the heads record before it was changed".to_owned()
            } else {
                last = number;
                continue;
            };
            last = number;
            findings.push(Finding { check: "heads-chain", subject: number.to_string(), detail });
        }
    }
    let lost: Vec<(Uuid, i64, i64, i64)> = on!(tx, |c| {
        sqlx::query_as(
            "SELECT h.writer, h.number, h.heads, CAST(CASE WHEN a.hash IS NULL THEN 0 ELSE 1 END AS BIGINT)
             FROM audit_head AS h LEFT JOIN audit AS a ON a.writer = h.writer AND a.number = h.number
             WHERE a.hash IS NULL OR a.hash <> h.head ORDER BY h.heads, h.writer LIMIT $1",
        )
        .bind(FINDINGS_MAX)
        .fetch_all(c)
        .await
    })?;
    findings.extend(lost.into_iter().map(|(writer, number, heads, there)| {
        let what = if there == 1 { "has another hash" } else { "is missing" };
        let detail = format!("heads record {heads} names record {number}, which {what}");
        Finding { check: "heads-record", subject: writer.to_string(), detail }
    }));
    Ok(findings)
}

/// A stored hash; one of another length is none that anything hashes to.
pub(super) fn known(bytes: &[u8]) -> Hash {
    bytes.try_into().unwrap_or([0xff; 32])
}
