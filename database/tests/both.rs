//! What the crate promises, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use database::dialect::{self, Sequence};
use database::testing::TestDatabase;
use database::{Row, Table, Value, contains, execute, insert, on, read};
use domain::{Clock, Timestamp};

database::on_both!(
    numbers_drawn_rise_and_never_repeat,
    a_taken_key_is_not_inserted,
    a_text_is_found_alike_on_both,
    rows_count,
    each_row_gets_its_own_values_or_none_does,
    the_clock_is_kept,
    a_feed_ends_before_what_may_still_come,
    what_is_only_added_to_is_not_changed,
);

async fn numbers_drawn_rise_and_never_repeat(test: TestDatabase) {
    let mut tx = test.database.begin().await.unwrap();
    let first = dialect::draw(&mut tx, Sequence::Event, 3).await.unwrap();
    tx.rollback().await.unwrap();
    let mut tx = test.database.begin().await.unwrap();
    let second = dialect::draw(&mut tx, Sequence::Event, 2).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((first.len(), second.len()), (3, 2));
    assert!(first.windows(2).all(|w| w[0] < w[1]) && second[0] < second[1]);
    let mut tx = test.database.begin().await.unwrap();
    let third = dialect::draw(&mut tx, Sequence::Event, 1).await.unwrap();
    assert!(third[0] > second[1], "what was committed is never drawn again");
}

/// Letters of ASCII in either case, every other one as it is, and no character stands for others.
async fn a_text_is_found_alike_on_both(test: TestDatabase) {
    let find = concat!(
        "SELECT count(*) FROM (SELECT CAST($2 AS TEXT) AS name) AS one WHERE ",
        contains!("one.name", "$1")
    );
    for (name, text, found) in [
        ("株式会社見本ABC商事", "見本", 1),
        ("株式会社見本ABC商事", "abc商", 1),
        ("株式会社見本abc商事", "ABC", 1),
        ("株式会社見本ABC商事", "", 1),
        ("株式会社見本ABC商事", "abd", 0),
        ("ＡＢＣ商事", "ａｂｃ", 0),
        ("ÄPFEL", "äpfel", 0),
        ("100%の店", "0%", 1),
        ("100の店", "0%", 0),
        ("a_b", "a_", 1),
        ("axb", "a_b", 0),
        ("a\\b", "\\", 1),
    ] {
        let count: i64 =
            read!(test.database, |c| { sqlx::query_scalar(find).bind(text).bind(name).fetch_one(c).await })
                .unwrap();
        assert_eq!(count, found, "{text} in {name}");
    }
}

/// Draws a position and inserts its event.
async fn append(tx: &mut database::Tx) -> i64 {
    let position = dialect::draw(tx, Sequence::Event, 1).await.unwrap()[0];
    let (entity, at) = (uuid::Uuid::from_u128(position.unsigned_abs().into()), 0_i64);
    execute!(
        tx,
        "INSERT INTO event (entity, seq, position, kind, at_us, body) VALUES ($1, 1, $2, 'held', $3, '{}')",
        entity,
        position,
        at
    )
    .unwrap();
    position
}

/// What a reader of the feed may show.
async fn complete(database: &database::Database) -> Vec<i64> {
    let end = dialect::events_complete_until(database).await.unwrap();
    read!(database, |c| {
        sqlx::query_scalar("SELECT position FROM event WHERE position <= $1 ORDER BY position")
            .bind(end)
            .fetch_all(c)
            .await
    })
    .unwrap()
}

async fn a_feed_ends_before_what_may_still_come(test: TestDatabase) {
    let database = &test.database;
    assert_eq!(complete(database).await, [] as [i64; 0], "nothing was ever drawn");
    let mut early = database.begin().await.unwrap();
    let first = append(&mut early).await;
    assert_eq!(complete(database).await, [] as [i64; 0]);
    if !database.is_sqlite() {
        // SQLite lets no second writer begin
        let mut late = database.begin().await.unwrap();
        let second = append(&mut late).await;
        late.commit().await.unwrap();
        assert!(second > first);
        assert_eq!(complete(database).await, [] as [i64; 0], "the earlier one may still come");
    }
    early.commit().await.unwrap();
    let shown = complete(database).await;
    assert_eq!((shown.first(), shown.len()), (Some(&first), if database.is_sqlite() { 1 } else { 2 }));
    // one that is undone holds nobody up
    let mut undone = database.begin().await.unwrap();
    append(&mut undone).await;
    undone.rollback().await.unwrap();
    let mut last = database.begin().await.unwrap();
    let position = append(&mut last).await;
    last.commit().await.unwrap();
    assert_eq!(complete(database).await.last(), Some(&position));
}

static GUARD: Table = Table { name: "guard", columns: &["key", "entity", "at_us"] };

fn guard(key: &str) -> Row {
    Row { table: &GUARD, values: vec![key.into(), uuid::Uuid::nil().into(), 0.into()] }
}

async fn a_taken_key_is_not_inserted(test: TestDatabase) {
    let (first, second) = (vec![guard("a"), guard("b")], vec![guard("b"), guard("c")]);
    let mut tx = test.database.begin().await.unwrap();
    let values = |rows: &[Row]| rows.iter().map(|r| r.values.clone()).collect::<Vec<Vec<Value>>>();
    let (first, second) = (values(&first), values(&second));
    let taken = insert::free(&mut tx, &GUARD, first.iter().map(Vec::as_slice), "key").await.unwrap();
    assert_eq!(taken, ["a", "b"]);
    let taken = insert::free(&mut tx, &GUARD, second.iter().map(Vec::as_slice), "key").await.unwrap();
    assert_eq!(taken, ["c"]);
    tx.commit().await.unwrap();
}

async fn rows_count(test: TestDatabase) {
    let rows: Vec<_> = (0..150).map(|n| guard(&format!("{n}")).values).collect();
    let mut tx = test.database.begin().await.unwrap();
    insert::all(&mut tx, &GUARD, rows.iter().map(Vec::as_slice)).await.unwrap();
    tx.commit().await.unwrap();
    let count: i64 =
        read!(test.database, |c| sqlx::query_scalar("SELECT count(*) FROM guard").fetch_one(c).await)
            .unwrap();
    assert_eq!(count, 150);
    assert_eq!(execute!(test.database, "DELETE FROM guard WHERE key = $1", "7").unwrap(), 1);
    let left: Option<String> = on!(test.database, |c| {
        sqlx::query_scalar("SELECT key FROM guard WHERE key = $1").bind("7").fetch_optional(c).await
    })
    .unwrap();
    assert_eq!(left, None);
}

/// More rows than one statement takes; with one that is not there, nothing is set.
async fn each_row_gets_its_own_values_or_none_does(test: TestDatabase) {
    static TABLE: Table = Table { name: "counted", columns: &["id", "name", "count"] };
    execute!(
        test.database,
        "CREATE TABLE counted (id BIGINT PRIMARY KEY, name TEXT NOT NULL, count BIGINT NOT NULL)"
    )
    .unwrap();
    let named = |id: i64| -> Vec<Value> { vec![id.into(), "before".into(), 0.into()] };
    let mut tx = test.database.begin().await.unwrap();
    insert::many(&mut tx, &TABLE, &(1..=600).map(named).collect::<Vec<_>>()).await.unwrap();
    let values = |ids: std::ops::RangeInclusive<i64>| -> Vec<Vec<Value>> {
        ids.map(|id| vec![id.into(), (id * 10).into(), format!("after {id}").into()]).collect()
    };
    insert::set(&mut tx, &TABLE, "id", &["count", "name"], &values(2..=600)).await.unwrap();
    insert::set(&mut tx, &TABLE, "id", &["count", "name"], &[]).await.unwrap();
    tx.commit().await.unwrap();
    let rows = async || -> Vec<(i64, String, i64)> {
        let sql = "SELECT id, name, count FROM counted ORDER BY id";
        read!(test.database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap()
    };
    let set = rows().await;
    assert_eq!(set[0], (1, "before".to_owned(), 0), "what was not named stays");
    let own = |(id, name, count): &(i64, String, i64)| *name == format!("after {id}") && *count == id * 10;
    assert!(set[1..].iter().all(own), "{set:?}");
    // the 301st of these is not there
    let mut tx = test.database.begin().await.unwrap();
    let refused = insert::set(&mut tx, &TABLE, "id", &["count", "name"], &values(300..=601)).await;
    assert!(refused.is_err(), "a row that is not there is not passed over");
    tx.rollback().await.unwrap();
    assert_eq!(rows().await, set);
}

async fn the_clock_is_kept(test: TestDatabase) {
    assert_eq!(database::clock::load(&test.database).await.unwrap(), None);
    let ten = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
    let clock = Clock::default();
    database::clock::set(&test.database, &clock, ten).await.unwrap();
    let other = Clock::default();
    database::clock::keep_in_step(&test.database, &other).await.unwrap();
    assert!(other.now().seconds_since(ten) < 5, "a second process reads the same business time");
    assert!(database::clock::load(&test.database).await.unwrap().unwrap().latest >= ten);
}

#[tokio::test]
async fn emptying_a_database_leaves_what_is_not_ours() {
    let test = database::testing::postgres().await;
    execute!(test.database, "CREATE TABLE theirs (id BIGINT)").unwrap();
    execute!(test.database, "INSERT INTO guard (key, entity, at_us) VALUES ('a', $1, 0)", uuid::Uuid::nil())
        .unwrap();
    test.database.close().await;
    database::Database::wipe_postgres(&test.url).await.unwrap();
    let again = test.reopened().await;
    let guards: i64 =
        read!(again, |c| sqlx::query_scalar("SELECT count(*) FROM guard").fetch_one(c).await).unwrap();
    let theirs: i64 =
        read!(again, |c| sqlx::query_scalar("SELECT count(*) FROM theirs").fetch_one(c).await).unwrap();
    assert_eq!((guards, theirs), (0, 0), "ours is new and theirs is there");
    again.close().await;
}

#[tokio::test]
async fn a_database_that_is_not_ours_is_left_alone() {
    let test = database::testing::postgres().await;
    execute!(test.database, "UPDATE _sqlx_migrations SET description = 'theirs' WHERE version = 1").unwrap();
    let refused = database::Database::wipe_postgres(&test.url).await.unwrap_err();
    assert!(
        matches!(refused, database::OpenError::InUse(_)),
        "while another process is connected: {refused}"
    );
    test.database.close().await;
    database::Database::wipe_postgres(&test.url).await.unwrap();
    let test = database::Database::existing_postgres(&test.url).await.unwrap();
    let accounts: Result<i64, _> =
        read!(test, |c| sqlx::query_scalar("SELECT count(*) FROM account").fetch_one(c).await);
    assert_eq!(accounts.unwrap(), 0, "the table is still there");
    test.close().await;
}

/// A row of a table that is only ever added to, and a change of it.
struct Kept {
    table: &'static str,
    columns: &'static str,
    /// `$1` is an id.
    values: &'static str,
    change: &'static str,
}

const fn kept(
    table: &'static str,
    columns: &'static str,
    values: &'static str,
    change: &'static str,
) -> Kept {
    Kept { table, columns, values, change }
}

/// What the hub and the console only ever add to, each after what it refers to. The journal and the log have a test of
/// their own, on rows of commits.
#[rustfmt::skip]
const ONLY_ADDED_TO: &[Kept] = &[
    kept("payment",
        "id, contract, user_id, account, channel, collector, customer_number, bill, amount, fee, inquiry, hold, \
         bill_guard, message_key, receipt_number, receipt_date, memo, held_us",
        "$1, $1, $1, 1, 'c', '00200', '1', '{}', 1, 0, $1, $1, 'g', 'k', 'r', '2026-11-24', '', 0", "amount = 2"),
    kept("cancellation", "key, payment, requested_us, requested_by, reversal", "'k', $1, 0, 's', $1",
        "requested_by = 'x'"),
    kept("staff", "id, login_id, name, role, token_serial, password_hash, created_us",
        "$1, 'l', 'n', 'maker', 't', 'p', 0", ""),
    kept("staff_request", "id, kind, subject, payload, reason, maker, made_us, day",
        "$1, 'k', 's', '{}', 'r', $1, 0, '2026-11-24'", "payload = '[]'"),
    kept("staff_decision", "request, verdict, maker, staff, note, decided_us", "$1, 'withdrawn', $1, $1, '', 0",
        "note = 'x'"),
    kept("staff_result", "request, done, detail, at_us", "$1, 1, '', 0", "done = 0"),
    kept("service_day", "id, collector, date", "$1, '00200', '2026-11-24'", "date = '2026-11-25'"),
    kept("reconciliation", "id, collector, date, number, at_us, actor, summary",
        "$1, '00200', '2026-11-24', 1, 0, 's', '{}'", "summary = '[]'"),
    kept("reconciliation_break", "id, found_by, collector, date, class, subject, difference, facts, found_us",
        "$1, $1, '00200', '2026-11-24', 'c', 's', 1, '{}', 0", "difference = 0"),
    kept("break_resolution", "break_id, at_us, actor, checked_by, note, vanished", "$1, 0, 's', 'c', 'n', 0",
        "note = 'x'"),
    kept("refund", "payment, break_id, at_us, actor, checked_by, reversal", "$1, $1, 0, 's', 'c', $1", "actor = 'x'"),
    kept("api_key", "id, hash, prefix, name, holder, may_debit, scopes, created_us",
        "$1, $2, 'p', 'n', 'operator', 0, 'read', 0", "scopes = 'operate'"),
    kept("api_key_account", "api_key, account, branch, kind, number", "$1, 1, '100', 'ordinary', '1234567'",
        "account = 2"),
    kept("api_key_revocation", "api_key, actor, at_us", "$1, 's', 0", "actor = 'x'"),
];

async fn what_is_only_added_to_is_not_changed(test: TestDatabase) {
    let database = &test.database;
    let (id, hash) = (uuid::Uuid::from_u128(7), vec![7_u8; 32]);
    for Kept { table, columns, values, .. } in ONLY_ADDED_TO {
        let sql = sqlx::AssertSqlSafe(format!("INSERT INTO {table} ({columns}) VALUES ({values})"));
        let inserted = match values.contains("$2") {
            true => execute!(database, sql, id, &hash),
            false => execute!(database, sql, id),
        };
        assert_eq!(inserted.unwrap(), 1, "{table}");
    }
    for Kept { table, change, .. } in ONLY_ADDED_TO.iter().filter(|kept| !kept.change.is_empty()) {
        for sql in [format!("UPDATE {table} SET {change}"), format!("DELETE FROM {table}")] {
            let refused = execute!(database, sqlx::AssertSqlSafe(sql.clone()));
            let error = refused.expect_err(&sql).to_string();
            assert!(error.contains(&format!("{table} is only ever added to")), "{sql}: {error}");
        }
    }
    if database.is_sqlite() {
        for Kept { table, columns, values, .. } in ONLY_ADDED_TO.iter().filter(|kept| !kept.change.is_empty())
        {
            let sql = format!("INSERT OR REPLACE INTO {table} ({columns}) VALUES ({values})");
            let sql = sqlx::AssertSqlSafe(sql);
            let replaced = match values.contains("$2") {
                true => execute!(database, sql, id, &hash),
                false => execute!(database, sql, id),
            };
            let error = replaced.expect_err(table).to_string();
            assert!(
                error.contains(&format!("{table} is only ever added to")),
                "replaced in {table}: {error}"
            );
        }
    }
    assert_eq!(execute!(database, "UPDATE api_key SET last_used_us = 5").unwrap(), 1, "but its use is noted");
}
