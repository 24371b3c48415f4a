//! The check of the audit log: every record's hash, from each writer's first to its last.

use database::{Tx, on};
use uuid::Uuid;

use super::{Chain, FINDINGS_MAX, Finding, Hashed};

/// Records that are in memory at once.
const PAGE_RECORDS_MAX: i64 = 1_000;

type Record = (Uuid, i64, i64, Option<Uuid>, String, String, String, String, Vec<u8>);

pub(super) async fn check(tx: &mut Tx) -> Result<Vec<Finding>, sqlx::Error> {
    let findings_max = usize::try_from(FINDINGS_MAX).unwrap_or(usize::MAX);
    let mut findings = Vec::new();
    let mut chain = Chain::new(Uuid::nil());
    loop {
        let page: Vec<Record> = on!(tx, |c| {
            sqlx::query_as(
                "SELECT writer, number, at_us, contract, actor, action, subject, detail, hash FROM audit
                 WHERE (writer, number) > ($1, $2) ORDER BY writer, number LIMIT $3",
            )
            .bind(chain.writer)
            .bind(chain.number)
            .bind(PAGE_RECORDS_MAX)
            .fetch_all(c)
            .await
        })?;
        if page.is_empty() || findings.len() >= findings_max {
            return Ok(findings);
        }
        findings.extend(page.iter().filter_map(|record| follow(&mut chain, record)));
    }
}

/// Moves the chain on to a record, and says what is wrong with it. What follows is judged by the stored hash, so
/// that one change is one finding.
fn follow(chain: &mut Chain, record: &Record) -> Option<Finding> {
    let (writer, number, at_us, contract, actor, action, subject, detail, hash) = record;
    if chain.writer != *writer {
        *chain = Chain::new(*writer);
    }
    let hashed =
        Hashed { number: *number, at_us: *at_us, contract: *contract, actor, action, subject, detail };
    let expected = chain.next(&hashed);
    let before = std::mem::replace(&mut chain.number, *number);
    let stored = <[u8; 32]>::try_from(hash.as_slice()).ok();
    chain.head = stored.unwrap_or_default();
    let (check, detail) = if before.checked_add(1) != Some(*number) {
        ("audit-number", format!("record {number} follows record {before}"))
    } else if stored != Some(expected) {
        ("audit-hash", format!("record {number} or the one before it was changed"))
    } else {
        return None;
    };
    Some(Finding { check, subject: writer.to_string(), detail })
}
