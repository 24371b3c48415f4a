//! `mpn audit`: every debit of fees against its charges, its transfer and its bar.

use std::collections::BTreeSet;

use database::{Database, on};
use ledger::{Finding, GuardKey, Kind};
use uuid::Uuid;

use super::{FEES, Month};

/// Debits that are in memory at once.
const PAGE: i64 = 1_000;

const ROWS: &str =
    "SELECT d.contract, d.month, d.account, d.amount, d.charges, t.debit, t.credit, t.amount, t.kind,
        (SELECT CAST(coalesce(sum(c.amount), 0) AS BIGINT) FROM charge c
         WHERE c.contract = d.contract AND c.day >= d.month AND substr(c.day, 1, 7) = d.month),
        (SELECT count(*) FROM charge c
         WHERE c.contract = d.contract AND c.day >= d.month AND substr(c.day, 1, 7) = d.month)
    FROM fee_debit d LEFT JOIN transfer t ON t.id = d.transfer
    WHERE (d.contract, d.month) > ($1, $2) ORDER BY d.contract, d.month LIMIT $3";

/// A debit, its transfer, and what its charges come to.
#[derive(sqlx::FromRow)]
struct Debit(Uuid, String, i64, i64, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>, i64, i64);

/// Compares everything that was debited with what was charged, in one snapshot beside live traffic.
pub async fn audit(database: &Database) -> Result<Vec<Finding>, sqlx::Error> {
    let mut tx = database.snapshot().await?;
    let first = format!("{}fees|", GuardKey::BAR);
    let last = format!("{}fees}}", GuardKey::BAR);
    let bars: Vec<String> = on!(tx, |c| {
        sqlx::query_scalar("SELECT key FROM guard WHERE key > $1 AND key < $2")
            .bind(&first)
            .bind(&last)
            .fetch_all(c)
            .await
    })?;
    let mut bars: BTreeSet<_> = bars.into_iter().collect();
    let (mut findings, mut debited) = (Vec::new(), 0_i64);
    let mut found = |subject: String, detail: String| {
        findings.push(Finding { check: "fee-debit", subject, detail });
    };
    let mut after = (Uuid::nil(), String::new());
    loop {
        let page: Vec<Debit> =
            on!(tx, |c| { sqlx::query_as(ROWS).bind(after.0).bind(&after.1).bind(PAGE).fetch_all(c).await })?;
        let Some(end) = page.last() else { break };
        after = (end.0, end.1.clone());
        for Debit(contract, month, account, amount, charges, debit, credit, moved, kind, owed, count) in page
        {
            let subject = format!("{contract} {month}");
            debited = debited.saturating_add(amount);
            if (owed, count) != (amount, charges) {
                let said =
                    format!("{amount} yen of {charges} charges were debited, and {count} come to {owed}");
                found(subject.clone(), said);
            }
            let right = [debit, credit, moved, kind]
                == [Some(account), Some(FEES.get()), Some(amount), Some(Kind::Posted.code())];
            if !right {
                found(subject.clone(), format!("the journal has {moved:?} yen from {debit:?} to {credit:?}"));
            }
            if !bars.remove(&format!("{first}{contract}|{month}")) {
                found(subject.clone(), "it can be debited again".to_owned());
            }
            if month.parse::<Month>().is_err() {
                found(subject, "its month is none".to_owned());
            }
        }
    }
    for bar in bars {
        found(bar, "it belongs to no debit".to_owned());
    }
    let balance: i64 = on!(tx, |c| {
        sqlx::query_scalar(
            "SELECT CAST(coalesce(sum(CASE WHEN credit = $1 THEN amount ELSE -amount END), 0) AS BIGINT)
             FROM transfer WHERE (credit = $1 OR debit = $1) AND kind IN (0, 2)",
        )
        .bind(FEES.get())
        .fetch_one(c)
        .await
    })?;
    if balance != debited {
        found(FEES.to_string(), format!("{balance} yen are in it, and {debited} were debited"));
    }
    tx.rollback().await?;
    Ok(findings)
}
