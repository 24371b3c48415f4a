//! The audit: nothing to find in a ledger of commits, and each kind of tampering found.

use database::testing::TestDatabase;
use database::{Database, execute, on, read};
use domain::{AccountId, TransferId};
use ledger::{Kind, Ledger, NewAccount};

use crate::support::*;

database::on_both!(
    a_ledger_of_commits_is_clean,
    a_changed_account_is_found,
    a_changed_journal_is_found,
    a_changed_hold_is_found,
    changed_events_and_work_are_found,
    a_changed_log_is_found,
    each_writer_has_its_own_chain
);

/// A deposit, a posted hold, a voided hold, an open hold, a failure, work and two writers.
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
    (ledger, held.map(|h| h.id))
}

/// Runs tampering statements (`$1` an id, where one is named) and answers the checks that find something.
async fn checks(ledger: &Ledger) -> Vec<&'static str> {
    let mut checks: Vec<_> = ledger.audit().await.unwrap().iter().map(|f| f.check).collect();
    checks.dedup();
    checks
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
    assert_eq!(checks(&ledger).await, ["held", "available"]);
    tamper(database, "UPDATE account SET held = 300 WHERE id = 1").await;
    // a deposit that nobody has moved
    ledger.open_account(&NewAccount::deposit(AccountId::new(3), "新規")).await.unwrap();
    assert_clean(&ledger).await;
    tamper(database, "UPDATE account SET balance = 1 WHERE id = 3").await;
    assert_eq!(checks(&ledger).await, ["balance"]);
    tamper(database, "DELETE FROM account WHERE id = 3").await;
    tamper(database, "UPDATE account SET currency = 'USD' WHERE id = 2").await;
    assert_eq!(checks(&ledger).await, ["accounts"]);
    tamper(database, "UPDATE account SET currency = 'JPY' WHERE id = 2").await;
    tamper(database, "DELETE FROM account WHERE id = 100").await;
    assert_eq!(checks(&ledger).await, ["accounts"]);
}

async fn a_changed_journal_is_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    tamper(database, "UPDATE transfer SET amount = 51 WHERE amount = 50").await;
    assert_eq!(checks(&ledger).await, ["balance", "balance-after"]);
    tamper(database, "UPDATE transfer SET amount = 50 WHERE amount = 51").await;
    tamper(database, "UPDATE transfer SET credit_after = 49 WHERE amount = 50").await;
    assert_eq!(checks(&ledger).await, ["balance-after"]);
    tamper(database, "UPDATE transfer SET credit_after = NULL WHERE amount = 50").await;
    assert_eq!(checks(&ledger).await, ["balance-recorded"]);
    tamper(database, "UPDATE transfer SET credit_after = 50 WHERE amount = 50").await;
    tamper(database, "UPDATE transfer SET credit = 101 WHERE amount = 50").await;
    assert_eq!(checks(&ledger).await, ["balance", "balance-recorded"]);
    tamper(database, "UPDATE transfer SET credit = 2 WHERE amount = 50").await;
    assert_clean(&ledger).await;
    tamper(
        database,
        "INSERT INTO failed_transfer (id, result, at_us) SELECT id, 'X', 0 FROM transfer WHERE amount = 50",
    )
    .await;
    assert_eq!(checks(&ledger).await, ["failed-id"]);
    tamper(database, "DELETE FROM failed_transfer WHERE result = 'X'").await;
    tamper(database, "DELETE FROM transfer WHERE amount = 50").await;
    assert_eq!(checks(&ledger).await, ["balance", "balance-after"]);
}

async fn a_changed_hold_is_found(test: TestDatabase) {
    let (ledger, [posted, voided, open]) = lived_in(&test).await;
    let database = &test.database;
    tamper_with(database, "UPDATE transfer SET amount = 301 WHERE id = $1", open).await;
    assert_eq!(checks(&ledger).await, ["held"]);
    tamper_with(database, "UPDATE transfer SET amount = 300 WHERE id = $1", open).await;
    tamper_with(database, "UPDATE transfer SET amount = 99 WHERE id = $1", posted).await;
    let found = ledger.audit().await.unwrap();
    assert_eq!((found.len(), found[0].check), (1, "hold-end"));
    assert_eq!(found[0].detail, "the hold has other accounts or another amount");
    tamper_with(database, "UPDATE transfer SET amount = 100 WHERE id = $1", posted).await;
    tamper_with(database, "UPDATE transfer SET kind = 0 WHERE id = $1", voided).await;
    assert_eq!(checks(&ledger).await, ["balance", "balance-recorded", "hold-end"]);
    tamper_with(database, "UPDATE transfer SET kind = 1 WHERE id = $1", voided).await;
    assert_clean(&ledger).await;
    run(database, "DROP INDEX transfer_pending".to_owned()).await;
    tamper_with(database, "UPDATE transfer SET pending = $1 WHERE kind = 3", posted).await;
    assert_eq!(checks(&ledger).await, ["held", "hold-end", "hold-ended-twice"]);
    tamper_with(database, "DELETE FROM transfer WHERE id = $1", posted).await;
    let found = ledger.audit().await.unwrap();
    assert!(found.iter().any(|f| f.check == "hold-end" && f.detail == "the hold is missing"), "{found:?}");
}

async fn changed_events_and_work_are_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    tamper(database, "UPDATE event SET seq = 3 WHERE seq = 2").await;
    assert_eq!(checks(&ledger).await, ["event-sequence"]);
    tamper(database, "DELETE FROM event WHERE seq = 3").await;
    assert_clean(&ledger).await;
    tamper(database, "DELETE FROM event WHERE position = (SELECT min(position) FROM event)").await;
    assert_eq!(checks(&ledger).await, ["outbox-entity"]);
    tamper(database, "DELETE FROM event").await;
    assert_eq!(ledger.audit().await.unwrap().len(), 4);
}

async fn a_changed_log_is_found(test: TestDatabase) {
    let (ledger, _) = lived_in(&test).await;
    let database = &test.database;
    for column in ["at_us = 0", "actor = 'X'", "action = 'X'", "subject = 'X'", "detail = 'X'"] {
        // each on a record of its own, kept aside and put back
        let keep = "CREATE TABLE kept AS SELECT * FROM audit WHERE number = 2";
        run(database, keep.to_owned()).await;
        run(database, format!("UPDATE audit SET {column} WHERE number = 2")).await;
        assert_eq!(checks(&ledger).await, ["audit-hash"], "{column}");
        run(database, "DELETE FROM audit WHERE number = 2".to_owned()).await;
        assert_eq!(checks(&ledger).await, ["batch-head", "audit-number"]);
        run(database, "INSERT INTO audit SELECT * FROM kept".to_owned()).await;
        run(database, "DROP TABLE kept".to_owned()).await;
        assert_clean(&ledger).await;
    }
    // two fields that read the same one after the other
    tamper(database, "UPDATE audit SET actor = 'systemt', action = 'est' WHERE number = 2").await;
    assert_eq!(checks(&ledger).await, ["audit-hash"]);
    tamper(database, "UPDATE audit SET actor = 'system', action = 'test' WHERE number = 2").await;
    // another hash breaks the record and the next
    tamper(
        database,
        "UPDATE audit SET hash = (SELECT audit_head FROM batch WHERE audit_number = 0 LIMIT 1) WHERE number = 2",
    )
    .await;
    assert_eq!(checks(&ledger).await, ["batch-head", "audit-hash"]);
    assert_eq!(ledger.audit().await.unwrap().iter().filter(|f| f.check == "audit-hash").count(), 2);
    // the newest records of a writer and all that tells of them
    tamper(database, "DELETE FROM audit WHERE number = 3").await;
    tamper(database, "DELETE FROM audit WHERE number = 2").await;
    assert_eq!(checks(&ledger).await, ["batch-head"]);
    tamper(database, "DELETE FROM batch WHERE audit_number >= 1").await;
    assert_eq!(checks(&ledger).await, ["batch-missing"]);
    tamper(database, "UPDATE batch SET audit_number = 1 WHERE number = 1").await;
    let found = checks(&ledger).await;
    assert!(found.contains(&"batch-head"), "{found:?}");
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
