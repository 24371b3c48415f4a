//! The audit: nothing to find in a ledger of commits, and each kind of tampering found.

use std::collections::BTreeSet;

use database::testing::{TestDatabase, drop_triggers};
use database::{Database, execute, on, read};
use domain::{AccountId, TransferId};
use ledger::audit::{Heads, Seal};
use ledger::{Kind, Ledger, NewAccount};

use crate::support::*;

database::on_both!(
    a_ledger_of_commits_is_clean,
    a_changed_account_is_found,
    a_changed_journal_is_found,
    a_changed_hold_is_found,
    changed_events_and_work_are_found,
    a_changed_log_is_found,
    a_log_cut_off_at_its_end_is_found,
    changed_heads_are_found,
    heads_of_two_processes_make_one_chain,
    each_writer_has_its_own_chain,
    rows_are_only_ever_added,
);

/// A deposit, a posted hold, a voided hold, an open hold, a failure, work and two writers. Nothing keeps the rows any
/// more from being changed.
async fn lived_in(test: &TestDatabase) -> (Ledger, [TransferId; 3]) {
    let ledger = ledger(test).await;
    deposit(&ledger, TARO, 1_000).await;
    let held = [hold(TARO, 100), hold(TARO, 200), hold(TARO, 300)];
    for hold in &held {
        ledger.commit(payment(entity(), [hold.clone()])).await.unwrap();
    }
    ledger.commit(moving([end(&held[0], Kind::PostPending)])).await.unwrap();
    ledger.commit(moving([end(&held[1], Kind::VoidPending)])).await.unwrap();
    ledger.commit(moving([posted(TARO, HANAKO, 50)])).await.unwrap();
    assert!(ledger.commit(payment(entity(), [posted(TARO, HANAKO, 5_000)])).await.is_err());
    let second = start(&test.database).await;
    second.commit(payment(entity(), [posted(TARO, CLEARING, 1)])).await.unwrap();
    assert_clean(&ledger).await;
    drop_triggers(&test.database).await;
    (ledger, held.map(|h| h.id))
}

/// The checks that find something, but for the log's own, which find every change to what a record vouches for. In the
/// order of their names.
async fn checks(ledger: &Ledger) -> Vec<&'static str> {
    let found = all_checks(ledger).await;
    let logs = ["audit-content", "event-unvouched", "journal-unvouched"];
    found.into_iter().filter(|check| !logs.contains(check)).collect()
}

async fn all_checks(ledger: &Ledger) -> Vec<&'static str> {
    let found = ledger.audit().await.unwrap();
    found.iter().map(|finding| finding.check).collect::<BTreeSet<_>>().into_iter().collect()
}

fn sealed(heads: &Heads) -> Seal {
    Seal { key_id: "hub-1".to_owned(), signature: heads.text().into_bytes() }
}

async fn tamper(database: &Database, statement: &'static str) {
    assert!(execute!(database, statement).unwrap() > 0, "{statement}");
}

async fn tamper_with(database: &Database, statement: &'static str, id: TransferId) {
    assert!(execute!(database, statement, id.uuid()).unwrap() > 0, "{statement}");
}

async fn a_ledger_of_commits_is_clean(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    // also one whose log is longer than a page
    for _ in 0..3 {
        let mut commit = moving([posted(CASH, TARO, 1)]);
        commit.audit = (0..500).map(|n| record(n.to_string())).collect();
        ledger.commit(commit).await.unwrap();
    }
    assert_clean(&ledger).await;
}

async fn a_changed_account_is_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    tamper(database, "UPDATE account SET balance = balance + 1 WHERE id = 1").await;
    let found = ledger.audit().await.unwrap();
    assert_eq!((found[0].check, found[0].subject.as_str()), ("balance", "1"));
    assert_eq!(found[0].detail, "the balance is 850, the journal makes it 849");
    tamper(database, "UPDATE account SET balance = balance - 1 WHERE id = 1").await;
    tamper(database, "UPDATE account SET held = held - 1 WHERE id = 1").await;
    assert_eq!(checks(&ledger).await, ["held"]);
    tamper(database, "UPDATE account SET held = 850 WHERE id = 1").await;
    assert_eq!(checks(&ledger).await, ["available", "held"]);
    tamper(database, "UPDATE account SET held = 300 WHERE id = 1").await;
    // a deposit that nobody has moved
    ledger.open_account(&NewAccount::deposit(AccountId::new(3), "新規")).await.unwrap();
    assert_clean(&ledger).await;
    tamper(database, "UPDATE account SET balance = 1 WHERE id = 3").await;
    assert_eq!(checks(&ledger).await, ["balance"]);
    tamper(database, "DELETE FROM account WHERE id = 3").await;
    tamper(database, "UPDATE account SET currency = 'USD' WHERE id = 2").await;
    assert_eq!(checks(&ledger).await, ["accounts", "balance", "balance-after"], "as if nothing had moved");
    tamper(database, "UPDATE account SET currency = 'JPY' WHERE id = 2").await;
    tamper(database, "DELETE FROM account WHERE id = 100").await;
    let found = ledger.audit().await.unwrap();
    assert_eq!(found.iter().filter(|f| f.check == "accounts").count(), 6, "every row that names it");
}

async fn a_changed_journal_is_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    tamper(database, "UPDATE transfer SET amount = 51 WHERE amount = 50").await;
    assert_eq!(all_checks(&ledger).await, ["audit-content", "balance", "balance-after"]);
    let found = ledger.audit().await.unwrap();
    assert_eq!(found[0].detail, "at position 7 850 is recorded, 849 follows from the line before");
    tamper(database, "UPDATE transfer SET amount = 50 WHERE amount = 51").await;
    tamper(database, "UPDATE transfer SET credit_after = 49 WHERE amount = 50").await;
    assert_eq!(all_checks(&ledger).await, ["balance-after"], "no record vouches for balances: they follow");
    tamper(database, "UPDATE transfer SET credit_after = NULL WHERE amount = 50").await;
    assert_eq!(checks(&ledger).await, ["balance-recorded"]);
    tamper(database, "UPDATE transfer SET credit_after = 50 WHERE amount = 50").await;
    tamper(database, "UPDATE transfer SET credit = 101 WHERE amount = 50").await;
    assert_eq!(checks(&ledger).await, ["balance", "balance-recorded"]);
    tamper(database, "UPDATE transfer SET credit = 2 WHERE amount = 50").await;
    // what no rule about money minds
    for (change, back) in [("memo = 'X'", "memo = '試験'"), ("at_us = at_us + 1", "at_us = at_us - 1")] {
        run(database, format!("UPDATE transfer SET {change} WHERE amount = 50")).await;
        assert_eq!(all_checks(&ledger).await, ["audit-content"], "{change}");
        run(database, format!("UPDATE transfer SET {back} WHERE amount = 50")).await;
    }
    assert_clean(&ledger).await;
    // a whole transfer that sums up in every account, but that nobody committed
    run(
        database,
        "INSERT INTO transfer (position, id, debit, credit, amount, kind, at_us, memo)
         SELECT 1000, o.id, 100, 101, 7, 0, 0, '' FROM (SELECT entity AS id FROM outbox ORDER BY key LIMIT 1) AS o"
            .to_owned(),
    )
    .await;
    assert_eq!(all_checks(&ledger).await, ["journal-unvouched"]);
    tamper(database, "DELETE FROM transfer WHERE position = 1000").await;
    tamper(
        database,
        "INSERT INTO failed_transfer (id, result, at_us) SELECT id, 'X', 0 FROM transfer WHERE amount = 50",
    )
    .await;
    assert_eq!(checks(&ledger).await, ["failed-id"]);
    tamper(database, "DELETE FROM failed_transfer WHERE result = 'X'").await;
    tamper(database, "DELETE FROM transfer WHERE amount = 50").await;
    assert_eq!(all_checks(&ledger).await, ["audit-content", "balance", "balance-after"]);
}

async fn a_changed_hold_is_found(test: TestDatabase) {
    let (ledger, [posted, voided, open]) = lived_in(&test).await;
    let database = &test.database;
    tamper_with(database, "UPDATE transfer SET amount = 301 WHERE id = $1", open).await;
    assert_eq!(all_checks(&ledger).await, ["audit-content", "held"]);
    tamper_with(database, "UPDATE transfer SET amount = 300 WHERE id = $1", open).await;
    tamper_with(database, "UPDATE transfer SET amount = 99 WHERE id = $1", posted).await;
    let found = ledger.audit().await.unwrap();
    assert_eq!(found[0].check, "hold-end");
    assert_eq!(found[0].detail, "position 5: the rules refuse it: PendingDiffers(Amount)");
    assert_eq!(checks(&ledger).await, ["balance", "balance-after", "held", "hold-end"]);
    tamper_with(database, "UPDATE transfer SET amount = 100 WHERE id = $1", posted).await;
    tamper_with(database, "UPDATE transfer SET kind = 0 WHERE id = $1", voided).await;
    let expected = ["balance", "balance-after", "balance-recorded", "hold-end"];
    assert_eq!(checks(&ledger).await, expected);
    tamper_with(database, "UPDATE transfer SET kind = 1 WHERE id = $1", voided).await;
    assert_clean(&ledger).await;
    run(database, "DROP INDEX transfer_pending".to_owned()).await;
    tamper_with(database, "UPDATE transfer SET pending = $1 WHERE kind = 3", posted).await;
    assert_eq!(checks(&ledger).await, ["held", "hold-end"], "ended twice");
    tamper_with(database, "DELETE FROM transfer WHERE id = $1", posted).await;
    assert!(checks(&ledger).await.contains(&"hold-end"));
}

async fn changed_events_and_work_are_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    for (change, back) in [
        ("seq = 3", "seq = 2"),
        ("kind = 'voided'", "kind = 'held'"),
        ("body = '[]'", "body = '{}'"),
        ("at_us = at_us + 1", "at_us = at_us - 1"),
        ("message = NULL", ""),
    ] {
        run(database, format!("UPDATE event SET {change} WHERE position = 2")).await;
        let found = all_checks(&ledger).await;
        assert!(found.contains(&"audit-content"), "{change}: {found:?}");
        assert_eq!(found.contains(&"event-sequence"), change == "seq = 3");
        if !back.is_empty() {
            run(database, format!("UPDATE event SET {back} WHERE position = 2")).await;
            assert_clean(&ledger).await;
        }
    }
    tamper(database, "DELETE FROM event WHERE position = (SELECT min(position) FROM event)").await;
    assert!(checks(&ledger).await.contains(&"event-sequence"));
    tamper(database, "DELETE FROM event").await;
    let found = ledger.audit().await.unwrap();
    let count = |check| found.iter().filter(|f| f.check == check).count();
    assert_eq!((count("outbox-entity"), count("audit-content")), (4, 4));
    // an event that nobody committed
    run(
        database,
        "INSERT INTO event (entity, seq, position, kind, at_us, body)
         SELECT entity, 1, 1000, 'held', 0, '{}' FROM outbox"
            .to_owned()
            + if database.is_sqlite() { " LIMIT 1" } else { " FETCH FIRST 1 ROW ONLY" },
    )
    .await;
    assert!(all_checks(&ledger).await.contains(&"event-unvouched"));
}

/// Runs a statement on the log, and puts everything back.
async fn log_checks(ledger: &Ledger, database: &Database, statement: &str) -> Vec<&'static str> {
    for table in ["audit", "batch", "audit_heads", "audit_head"] {
        run(database, format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
    }
    run(database, statement.to_owned()).await;
    let found = all_checks(ledger).await;
    for table in ["audit", "batch", "audit_heads", "audit_head"] {
        run(database, format!("DELETE FROM {table}")).await;
        run(database, format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
        run(database, format!("DROP TABLE kept_{table}")).await;
    }
    assert_clean(ledger).await;
    found
}

async fn a_changed_log_is_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    let tampered = async |statement: &str| log_checks(&ledger, database, statement).await;
    for change in ["at_us = 0", "actor = 'X'", "action = 'X'", "subject = 'X'", "detail = 'X'", "salt = hash"]
    {
        let found = tampered(&format!("UPDATE audit SET {change} WHERE number = 2")).await;
        assert_eq!(found, ["audit-hash"], "{change}");
    }
    // two fields that read the same one after the other
    let found = tampered("UPDATE audit SET actor = 'systemt', action = 'est' WHERE number = 2").await;
    assert_eq!(found, ["audit-hash"]);
    // what it vouches for
    let found = tampered("UPDATE audit SET content = salt WHERE number = 2").await;
    assert_eq!(found, ["audit-content", "audit-hash"]);
    let found = tampered("UPDATE audit SET content = NULL, covers = NULL WHERE number = 2").await;
    assert_eq!(found, ["audit-hash", "event-unvouched", "journal-unvouched"]);
    let found = tampered("UPDATE audit SET covers = '{}' WHERE number = 2").await;
    assert_eq!(found, ["audit-content", "event-unvouched", "journal-unvouched"]);
    let twice =
        "UPDATE audit SET covers = (SELECT a.covers FROM audit AS a WHERE a.number = 3) WHERE number = 2";
    let found = tampered(twice).await;
    assert_eq!(found, ["audit-content", "event-unvouched", "journal-unvouched"]);
    // another hash breaks the record and the next
    let hash = "UPDATE audit SET hash = (SELECT a.salt FROM audit AS a WHERE a.number = 3) WHERE number = 2";
    assert_eq!(tampered(hash).await, ["audit-hash", "batch-head"]);
    let found = tampered("DELETE FROM audit WHERE number = 2").await;
    assert_eq!(found, ["audit-number", "batch-head", "event-unvouched", "journal-unvouched"]);
}

async fn a_log_cut_off_at_its_end_is_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    let tampered = async |statement: &str| log_checks(&ledger, database, statement).await;
    let last = "(SELECT max(a.number) FROM audit AS a)";
    let found = tampered(&format!("DELETE FROM audit WHERE number = {last}")).await;
    assert_eq!(found, ["batch-head", "journal-unvouched"]);
    // with the batch that tells of it too
    let batch = "DELETE FROM batch WHERE audit_number = (SELECT max(b.audit_number) FROM batch AS b)";
    assert_eq!(tampered(batch).await, ["batch-missing"]);
    tamper(database, batch).await;
    tamper(database, "DELETE FROM audit WHERE number = (SELECT max(a.number) FROM audit AS a)").await;
    assert_eq!(all_checks(&ledger).await, ["journal-unvouched"], "the money tells that something is missing");
}

async fn changed_heads_are_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    let unsealed = ledger.unsealed().await.unwrap();
    let first: Vec<(i64,)> = read!(database, |c| {
        sqlx::query_as("SELECT at_us FROM audit WHERE number = 1 ORDER BY writer").fetch_all(c).await
    })
    .unwrap();
    let since: Vec<_> = unsealed.iter().map(|chain| (chain.since.micros(),)).collect();
    assert_eq!(since, first, "of both writers, from the first record on");
    assert_eq!(ledger.record_heads(sealed).await.unwrap(), Some(1));
    assert_eq!(ledger.record_heads(sealed).await.unwrap(), None, "nothing has moved");
    assert_eq!(ledger.unsealed().await.unwrap(), []);
    for number in 2..=3 {
        ledger.record(record("x")).await.unwrap();
        assert_eq!(ledger.record_heads(sealed).await.unwrap(), Some(number));
    }
    let mut named = Vec::new();
    ledger.each_heads(|heads| named.push(heads.heads.heads.len())).await.unwrap();
    assert_eq!(named, [2, 1, 1], "both writers, then the one that moved");
    assert_clean(&ledger).await;
    let tampered = async |statement: &str| log_checks(&ledger, database, statement).await;
    for statement in [
        "UPDATE audit_heads SET at_us = at_us + 1 WHERE number = 2",
        "DELETE FROM audit_heads WHERE number = 1",
        "DELETE FROM audit_heads WHERE number = 2",
        "UPDATE audit_heads SET number = 7 WHERE number = 3",
        "UPDATE audit_head SET heads = 1 WHERE heads = 2",
        "DELETE FROM audit_head WHERE heads = 2",
    ] {
        assert_eq!(tampered(statement).await, ["heads-chain"], "{statement}");
    }
    let another =
        "UPDATE audit_head SET head = (SELECT a.salt FROM audit AS a WHERE a.number = 3) WHERE heads = 2";
    assert_eq!(tampered(another).await, ["heads-chain", "heads-record"]);
    // records of nothing but acts, cut off with the batches that tell of them: the heads still name them
    for table in ["audit", "batch"] {
        let number = if table == "audit" { "number" } else { "audit_number" };
        let most = format!("(SELECT max(t.{number}) FROM {table} AS t)");
        run(database, format!("DELETE FROM {table} WHERE {number} = {most}")).await;
    }
    assert_eq!(all_checks(&ledger).await, ["heads-record"]);
}

/// Two processes that record the heads at the same time make one chain of them.
async fn heads_of_two_processes_make_one_chain(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let other = start(&test.database).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        let ledger = if n % 2 == 0 { ledger.clone() } else { other.clone() };
        tasks.spawn(async move {
            // every other one is refused after its events went in
            drop(ledger.commit(payment(entity(), [posted(TARO, CLEARING, 1 + n % 4 * 500)])).await);
            ledger.record_heads(sealed).await.unwrap()
        });
    }
    let numbers = tasks.join_all().await;
    assert!(numbers.iter().flatten().count() > 0);
    ledger.record_heads(sealed).await.unwrap();
    assert_eq!(ledger.record_heads(sealed).await.unwrap(), None);
    assert_clean(&ledger).await;
}

async fn rows_are_only_ever_added(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    ledger.commit(payment(entity(), [hold(TARO, 100)])).await.unwrap();
    assert!(ledger.commit(payment(entity(), [posted(TARO, HANAKO, 5_000)])).await.is_err());
    ledger.record_heads(sealed).await.unwrap();
    let column = |table: &str| match table {
        "event" => "body = '[]'",
        "transfer" => "amount = 1",
        "failed_transfer" => "result = 'X'",
        "audit" => "detail = 'X'",
        "batch" => "commits = 0",
        "audit_heads" => "key_id = 'X'",
        _ => "heads = 7",
    };
    for table in ["event", "transfer", "failed_transfer", "audit", "batch", "audit_heads", "audit_head"] {
        assert!(count(&test.database, table).await > 0, "{table}");
        for statement in [format!("UPDATE {table} SET {}", column(table)), format!("DELETE FROM {table}")] {
            let sql = sqlx::AssertSqlSafe(statement.clone());
            let refused = on!(test.database, |c| sqlx::query(sql).execute(c).await.map(drop));
            let error = refused.expect_err(&statement).to_string();
            assert!(error.contains("only ever added to"), "{error}");
        }
    }
    assert_clean(&ledger).await;
}

async fn each_writer_has_its_own_chain(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let writers: i64 = read!(test.database, |c| {
        sqlx::query_scalar("SELECT count(DISTINCT writer) FROM audit").fetch_one(c).await
    })
    .unwrap();
    assert_eq!(writers, 2);
    // the records of one writer are put behind the other's
    let statement =
        "UPDATE audit SET number = number + 100, writer = (SELECT writer FROM audit WHERE number = 2)
                     WHERE writer <> (SELECT writer FROM audit WHERE number = 2)";
    tamper(&test.database, statement).await;
    let found = checks(&ledger).await;
    assert!(found.contains(&"audit-number") && found.contains(&"batch-head"), "{found:?}");
}

async fn run(database: &Database, statement: String) {
    let statement = sqlx::AssertSqlSafe(statement);
    on!(database, |c| sqlx::query(statement).execute(c).await.map(drop)).unwrap();
}
