//! Two processes that act on one message: the one that comes second says what the first has stored.

use database::execute;
use database::on_both;
use database::testing::TestDatabase;
use domain::{AccountKind, Clock, Timestamp};
use ledger::{Ledger, NewAccount, NewEvent};

use super::*;
use crate::Settings;

on_both!(
    a_refusal_that_comes_second_says_what_was_done_first,
    what_has_moved_on_and_is_not_booked_is_not_acknowledged,
);

const PAYEE: AccountId = AccountId::new(10_001);

async fn engine(test: &TestDatabase) -> Transfers {
    let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
    let ledger = Ledger::start(test.database.clone(), Clock::frozen(now));
    ledger.open_account(&NewAccount::deposit(PAYEE, "x")).await.unwrap();
    Transfers::open(Settings::new("9999".parse().unwrap()), ledger, None).await.unwrap()
}

async fn register(test: &TestDatabase) {
    let sql = "INSERT INTO core_account (account, branch, branch_name, kind, number, name)
               VALUES ($1, '100', 'x', 'ordinary', '1234567', 'x')";
    execute!(&test.database, sql, PAYEE.get()).unwrap();
}

fn transfer(engine: &Transfers, id: &str) -> (Message, Waits) {
    let party = |bank: &str| super::super::Party {
        name: "ﾔﾏﾀﾞ".to_owned(),
        account: AccountRef {
            bank: bank.parse().unwrap(),
            branch: "100".parse().unwrap(),
            kind: AccountKind::Ordinary,
            number: "1234567".parse().unwrap(),
        },
    };
    let (amount, day) = (Yen::new(5_000), engine.now().date());
    let body = Body::Transfer(CreditTransfer {
        amount,
        day,
        debtor: party("0125"),
        creditor: party("9999"),
        original: None,
    });
    let (from, to) = ("0125".parse().unwrap(), "9999".parse().unwrap());
    let message = Message { id: id.to_owned(), from, to, at: engine.now(), body };
    let waits = Waits { number: format!("w-{id}"), bytes: encode(&message) };
    (message, waits)
}

/// Each process has looked before either has written: one found the payee's account, and the other none.
async fn a_refusal_that_comes_second_says_what_was_done_first(test: TestDatabase) {
    let engine = engine(&test).await;
    let day = Some(engine.now().date());
    let credited = Some(Acknowledged { code: None, day });
    let refused = Some(Acknowledged { code: Some(NO_ACCOUNT.to_owned()), day: None });
    for (id, first_finds, expected) in [("a", true, credited), ("b", false, refused)] {
        let (message, waits) = transfer(&engine, id);
        let arrived = Arrived { from: "0125".to_owned(), id: id.to_owned(), waits: &waits };
        for finds in [first_finds, !first_finds] {
            match finds {
                true => register(&test).await,
                false => drop(execute!(&test.database, "DELETE FROM core_account").unwrap()),
            }
            assert_eq!(engine.act_on(&message, &arrived).await.unwrap(), expected, "{id} {finds}");
        }
        execute!(&test.database, "DELETE FROM core_account").unwrap();
    }
    let balance = engine.ledger().balances(&[PAYEE]).await.unwrap()[0].balance;
    assert_eq!(balance, Yen::new(5_000));
}

/// What a commit is about has another event by now: nothing is booked, so the message has to come again.
async fn what_has_moved_on_and_is_not_booked_is_not_acknowledged(test: TestDatabase) {
    let engine = engine(&test).await;
    let (_, waits) = transfer(&engine, "a");
    let arrived = Arrived { from: "0125".to_owned(), id: "a".to_owned(), waits: &waits };
    let event = NewEvent {
        entity: EntityId(Uuid::from_u128(7)),
        seq: 1,
        kind: "transfer-sent",
        at: engine.now(),
        body: "{}".to_owned(),
        message: None,
    };
    let commit = Commit { events: vec![event], ..Commit::default() };
    engine.ledger().commit(commit.clone()).await.unwrap();
    let kept = Kept { outcome: "noted", ..Kept::default() };
    assert_eq!(engine.keep(&arrived, kept.clone(), commit).await.unwrap(), None);
    assert_eq!(engine.taken_in(&arrived).await.unwrap(), None);
    // the next time it is acted on
    let done = Some(Acknowledged { code: None, day: None });
    assert_eq!(engine.keep(&arrived, kept, Commit::default()).await.unwrap(), done);
    assert!(engine.taken_in(&arrived).await.unwrap().is_some());
}
