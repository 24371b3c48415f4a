//! The checks that the database can make by itself. Each is a query for what must not be there, so that history is
//! never brought into memory.

use database::{Tx, on};
use uuid::Uuid;

use super::{FINDINGS_MAX, Finding};

/// A query that answers a subject and a detail for each finding.
struct Check {
    name: &'static str,
    subject: Subject,
    sql: &'static str,
}

/// The type of the first column.
#[derive(Clone, Copy)]
enum Subject {
    Account,
    Id,
    Text,
}

const CHECKS: &[Check] = &[
    Check {
        name: "balance",
        subject: Subject::Account,
        sql: "SELECT a.id, 'the balance is ' || CAST(a.balance AS TEXT) || ', the journal makes it '
                  || CAST(coalesce(j.moved, 0) AS TEXT)
              FROM account AS a LEFT JOIN (
                  SELECT account, sum(amount) AS moved FROM (
                      SELECT debit AS account, -amount AS amount FROM transfer WHERE kind IN (0, 2)
                      UNION ALL
                      SELECT credit, amount FROM transfer WHERE kind IN (0, 2)
                  ) AS side GROUP BY account
              ) AS j ON j.account = a.id
              WHERE a.bounded = 1 AND a.balance <> coalesce(j.moved, 0) ORDER BY a.id",
    },
    Check {
        name: "held",
        subject: Subject::Account,
        sql: "SELECT a.id, 'held is ' || CAST(a.held AS TEXT) || ', the open holds make it '
                  || CAST(coalesce(o.amount, 0) AS TEXT)
              FROM account AS a LEFT JOIN (
                  SELECT h.debit, sum(h.amount) AS amount FROM transfer AS h
                  WHERE h.kind = 1 AND NOT EXISTS (SELECT 1 FROM transfer AS e WHERE e.pending = h.id)
                  GROUP BY h.debit
              ) AS o ON o.debit = a.id
              WHERE a.bounded = 1 AND a.held <> coalesce(o.amount, 0) ORDER BY a.id",
    },
    Check {
        name: "available",
        subject: Subject::Account,
        sql: "SELECT id, 'balance ' || CAST(balance AS TEXT) || ', held ' || CAST(held AS TEXT) || ', overdraft '
                  || CAST(overdraft AS TEXT)
              FROM account WHERE bounded = 1 AND balance - held < -overdraft ORDER BY id",
    },
    // every row moves its amount from one account to another, so each currency sums to zero when both share it
    Check {
        name: "accounts",
        subject: Subject::Id,
        sql: "SELECT t.id, 'from ' || CAST(t.debit AS TEXT) || ' ' || coalesce(d.currency, '(no account)')
                  || ' to ' || CAST(t.credit AS TEXT) || ' ' || coalesce(c.currency, '(no account)')
              FROM transfer AS t LEFT JOIN account AS d ON d.id = t.debit LEFT JOIN account AS c ON c.id = t.credit
              WHERE d.id IS NULL OR c.id IS NULL OR d.currency <> c.currency ORDER BY t.position",
    },
    Check {
        name: "balance-after",
        subject: Subject::Account,
        sql: "SELECT account, 'at position ' || CAST(position AS TEXT) || ' ' || CAST(balance_after AS TEXT)
                  || ' is recorded, ' || CAST(before + amount AS TEXT) || ' follows from the line before'
              FROM (
                  SELECT account, position, amount, balance_after,
                      coalesce(lag(balance_after) OVER (PARTITION BY account ORDER BY position), 0) AS before
                  FROM (
                      SELECT debit AS account, position, -amount AS amount, debit_after AS balance_after
                      FROM transfer WHERE debit_after IS NOT NULL
                      UNION ALL
                      SELECT credit, position, amount, credit_after FROM transfer WHERE credit_after IS NOT NULL
                  ) AS line
              ) AS chained WHERE before + amount <> balance_after ORDER BY account, position",
    },
    Check {
        name: "balance-recorded",
        subject: Subject::Id,
        sql: "SELECT t.id, 'a balance after is missing, or recorded where none is kept'
              FROM transfer AS t JOIN account AS d ON d.id = t.debit JOIN account AS c ON c.id = t.credit
              WHERE (t.debit_after IS NOT NULL) <> (d.bounded = 1 AND t.kind IN (0, 2))
                 OR (t.credit_after IS NOT NULL) <> (c.bounded = 1 AND t.kind IN (0, 2)) ORDER BY t.position",
    },
    Check {
        name: "hold-end",
        subject: Subject::Id,
        sql: "SELECT e.id, CASE WHEN h.id IS NULL THEN 'the hold is missing' WHEN h.kind <> 1 THEN 'no hold is named'
                  WHEN h.position > e.position THEN 'the hold comes later'
                  ELSE 'the hold has other accounts or another amount' END
              FROM transfer AS e LEFT JOIN transfer AS h ON h.id = e.pending
              WHERE e.kind IN (2, 3) AND (h.id IS NULL OR h.kind <> 1 OR h.position > e.position
                  OR h.debit <> e.debit OR h.credit <> e.credit OR h.amount <> e.amount) ORDER BY e.position",
    },
    Check {
        name: "hold-ended-twice",
        subject: Subject::Id,
        sql: "SELECT pending, CAST(count(*) AS TEXT) || ' transfers end it' FROM transfer
              WHERE pending IS NOT NULL GROUP BY pending HAVING count(*) > 1 ORDER BY pending",
    },
    Check {
        name: "failed-id",
        subject: Subject::Id,
        sql: "SELECT t.id, 'it failed as ' || f.result || ' and is in the journal'
              FROM failed_transfer AS f JOIN transfer AS t ON t.id = f.id ORDER BY t.position",
    },
    Check {
        name: "event-sequence",
        subject: Subject::Id,
        sql: "SELECT entity, CAST(count(*) AS TEXT) || ' events from ' || CAST(min(seq) AS TEXT) || ' to '
                  || CAST(max(seq) AS TEXT)
              FROM event GROUP BY entity HAVING min(seq) <> 1 OR max(seq) <> count(*) ORDER BY entity",
    },
    Check {
        name: "outbox-entity",
        subject: Subject::Text,
        sql: "SELECT key, 'nothing is recorded of what it belongs to' FROM outbox AS o
              WHERE NOT EXISTS (SELECT 1 FROM event AS e WHERE e.entity = o.entity) ORDER BY key",
    },
    Check {
        name: "batch-head",
        subject: Subject::Id,
        sql: "SELECT b.writer, 'batch ' || CAST(b.number AS TEXT) || ' ends at record '
                  || CAST(b.audit_number AS TEXT) || CASE WHEN a.hash IS NULL THEN ', which is missing'
                  ELSE ', which has another hash' END
              FROM batch AS b LEFT JOIN audit AS a ON a.writer = b.writer AND a.number = b.audit_number
              WHERE b.audit_number > 0 AND (a.hash IS NULL OR a.hash <> b.audit_head)
              ORDER BY b.writer, b.number",
    },
    Check {
        name: "batch-order",
        subject: Subject::Id,
        sql: "SELECT writer, 'batch ' || CAST(number AS TEXT) || ' ends at record ' || CAST(audit_number AS TEXT)
                  || ', the one before at ' || CAST(before AS TEXT)
              FROM (SELECT writer, number, audit_number,
                        lag(audit_number) OVER (PARTITION BY writer ORDER BY number) AS before FROM batch) AS b
              WHERE audit_number < before ORDER BY writer, number",
    },
    Check {
        name: "batch-missing",
        subject: Subject::Id,
        sql: "SELECT a.writer, 'records up to ' || CAST(max(a.number) AS TEXT) || ', batches up to '
                  || CAST(coalesce(max(b.audit_number), 0) AS TEXT)
              FROM audit AS a LEFT JOIN (
                  SELECT writer, max(audit_number) AS audit_number FROM batch GROUP BY writer
              ) AS b ON b.writer = a.writer
              GROUP BY a.writer HAVING max(a.number) > coalesce(max(b.audit_number), 0) ORDER BY a.writer",
    },
];

pub(super) async fn check(tx: &mut Tx) -> Result<Vec<Finding>, sqlx::Error> {
    let mut findings = Vec::new();
    for check in CHECKS {
        findings.extend(check.run(tx).await?);
    }
    Ok(findings)
}

impl Check {
    async fn run(&self, tx: &mut Tx) -> Result<Vec<Finding>, sqlx::Error> {
        /// Runs the query with the first column as this type.
        macro_rules! rows {
            ($subject:ty) => {{
                let sql = sqlx::AssertSqlSafe(format!("{} LIMIT $1", self.sql));
                let rows: Vec<($subject, String)> =
                    on!(tx, |c| sqlx::query_as(sql).bind(FINDINGS_MAX).fetch_all(c).await)?;
                rows.into_iter().map(|(subject, detail)| (subject.to_string(), detail)).collect()
            }};
        }
        let rows: Vec<(String, String)> = match self.subject {
            Subject::Account => rows!(i64),
            Subject::Id => rows!(Uuid),
            Subject::Text => rows!(String),
        };
        let finding = |(subject, detail)| Finding { check: self.name, subject, detail };
        Ok(rows.into_iter().map(finding).collect())
    }
}
