//! What the tests on databases share.

use database::testing::TestDatabase;
use database::{Database, read};
use domain::{AccountId, Clock, Timestamp, TransferId};
use ledger::{
    AuditRecord, Commit, EntityId, GuardKey, Kind, Ledger, NewAccount, NewEvent, OutboxChange, OutboxEntry,
    Transfer,
};
use uuid::Uuid;

/// Customers' deposits.
pub const TARO: AccountId = AccountId::new(1);
pub const HANAKO: AccountId = AccountId::new(2);
/// The bank's own.
pub const CLEARING: AccountId = AccountId::new(100);
pub const CASH: AccountId = AccountId::new(101);

/// A ledger with two deposits and two accounts of the bank, and its clock at 10:00.
pub async fn ledger(test: &TestDatabase) -> Ledger {
    start(&test.database).await
}

pub async fn start(database: &Database) -> Ledger {
    let ten = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
    let ledger = Ledger::start(database.clone(), Clock::frozen(ten));
    ledger.open_account(&NewAccount::deposit(TARO, "太郎")).await.unwrap();
    ledger.open_account(&NewAccount::deposit(HANAKO, "花子")).await.unwrap();
    ledger.open_account(&NewAccount::internal(CLEARING, "収納仮受金")).await.unwrap();
    ledger.open_account(&NewAccount::internal(CASH, "現金")).await.unwrap();
    ledger
}

pub fn transfer(debit: AccountId, credit: AccountId, amount: i64, kind: Kind) -> Transfer {
    Transfer { id: TransferId::generate(), debit, credit, amount, kind, memo: "試験".to_owned() }
}

pub fn posted(debit: AccountId, credit: AccountId, amount: i64) -> Transfer {
    transfer(debit, credit, amount, Kind::Posted)
}

pub fn hold(debit: AccountId, amount: i64) -> Transfer {
    transfer(debit, CLEARING, amount, Kind::Pending)
}

/// The end of a hold: `Kind::PostPending` or `Kind::VoidPending`.
pub fn end(hold: &Transfer, kind: fn(TransferId) -> Kind) -> Transfer {
    Transfer { id: TransferId::generate(), kind: kind(hold.id), ..hold.clone() }
}

pub fn moving(transfers: impl Into<Vec<Transfer>>) -> Commit {
    Commit { transfers: transfers.into(), ..Commit::default() }
}

/// Puts cash into a deposit.
pub async fn deposit(ledger: &Ledger, account: AccountId, amount: i64) {
    ledger.commit(moving([posted(CASH, account, amount)])).await.unwrap();
}

pub fn entity() -> EntityId {
    EntityId(TransferId::generate().uuid())
}

pub fn event(entity: EntityId, seq: i64) -> NewEvent {
    let at = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
    NewEvent {
        entity,
        seq,
        kind: "held",
        at,
        body: "{}".to_owned(),
        message: Some(vec![seq.to_le_bytes()[0]]),
    }
}

pub fn guard(key: impl Into<String>) -> GuardKey {
    GuardKey(key.into())
}

pub fn record(subject: impl Into<String>) -> AuditRecord {
    AuditRecord {
        contract: None,
        actor: "system".to_owned(),
        action: "test",
        subject: subject.into(),
        detail: String::new(),
    }
}

pub fn put(key: &str, entity: EntityId, lease_s: Option<i64>) -> OutboxChange {
    let entry = OutboxEntry {
        key: key.to_owned(),
        destination: "00200".to_owned(),
        entity,
        payload: b"bytes".to_vec(),
    };
    OutboxChange::Put { entry, lease_s }
}

/// Everything a payment's commit has, so that a test sees whether all of it or nothing was written.
pub fn payment(entity: EntityId, transfers: impl Into<Vec<Transfer>>) -> Commit {
    Commit {
        events: vec![event(entity, 1), event(entity, 2)],
        guards: vec![
            (guard(format!("bill|{}", entity.0)), entity),
            (guard(format!("otp|{}", entity.0)), entity),
        ],
        release: Vec::new(),
        barred_by: Vec::new(),
        transfers: transfers.into(),
        outbox: vec![put(&entity.0.to_string(), entity, Some(60))],
        audit: vec![record(entity.0.to_string())],
        changes: Vec::new(),
        rows: Vec::new(),
        rows_if_free: Vec::new(),
    }
}

pub async fn count(database: &Database, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    read!(database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
}

/// The counts of rows in everything that a commit writes.
pub async fn rows(database: &Database) -> [i64; 6] {
    let mut counts = [0; 6];
    for (count_of, table) in
        counts.iter_mut().zip(["event", "guard", "transfer", "outbox", "audit", "failed_transfer"])
    {
        *count_of = count(database, table).await;
    }
    counts
}

/// Balance, available and held of a deposit.
pub async fn balance(ledger: &Ledger, account: AccountId) -> (i64, i64, i64) {
    let found = ledger.balances(&[account]).await.unwrap();
    (found[0].balance.get(), found[0].available.get(), found[0].held.get())
}

/// The books must be without a finding at the end of every test.
pub async fn assert_clean(ledger: &Ledger) {
    assert_eq!(ledger.audit().await.unwrap(), []);
}

pub fn nobody() -> Uuid {
    Uuid::nil()
}
