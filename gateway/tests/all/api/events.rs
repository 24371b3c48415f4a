//! The feed: each event once, in order, to those whom it concerns, whoever writes meanwhile.

use std::time::Duration;

use database::dialect::{self, Sequence};
use database::testing::TestDatabase;
use database::{Database, execute};
use gateway::View;
use serde_json::json;
use uuid::Uuid;

use super::support::Bench;
use crate::support::{PENSION, TAX};

database::on_both!(
    events_come_once_and_in_order,
    a_reader_beside_many_writers_misses_nothing,
    an_event_that_could_still_be_preceded_waits,
);

async fn events_come_once_and_in_order(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    for (key, slip) in [("a", TAX), ("b", PENSION)] {
        let order = caller.order(slip).await;
        assert_eq!(caller.post("/v1/payments", Some(key), &order).await.status, 201);
    }
    let all = caller.get("/v1/events").await.body;
    let words: Vec<_> = all["events"].as_array().unwrap().iter().map(|e| e["event"].clone()).collect();
    assert_eq!(words, ["held", "claimed", "accepted", "held", "claimed", "accepted"]);
    assert_eq!(all["more"], false);
    // one by one it is the same
    let (mut after, mut one_by_one) = (json!(0), Vec::new());
    loop {
        let part = caller.get(&format!("/v1/events?after={after}&limit=1")).await.body;
        after = part["next"].clone();
        one_by_one.extend(part["events"].as_array().unwrap().clone());
        if part["more"] == false {
            break;
        }
    }
    assert_eq!(json!(one_by_one), all["events"]);
    let nothing = caller.get(&format!("/v1/events?after={after}")).await.body;
    assert_eq!((&nothing["events"], &nothing["next"]), (&json!([]), &after));
    let ahead = caller.get("/v1/events?after=1000000").await.body;
    assert_eq!(ahead["next"], 1_000_000, "a cursor never goes back");
    for query in ["after=-1", "after=x", "limit=0", "limit=501", "before=1", "after=1&after=2"] {
        caller.get(&format!("/v1/events?{query}")).await.refused(400, "query_invalid");
    }
}

/// One payment that events can be about.
async fn payment(bench: &Bench) -> Uuid {
    let paid = bench.world.pay(TAX).await.unwrap();
    paid.facts.id.uuid()
}

async fn append(tx: &mut database::Tx, entity: Uuid, count: usize) -> Vec<i64> {
    let positions = dialect::draw(tx, Sequence::Event, count).await.unwrap();
    for position in &positions {
        execute!(
            tx,
            "INSERT INTO event (entity, seq, position, kind, at_us, body)
             VALUES ($1, $2, $3, 'claimed', 0, '{\"state\":\"unknown\"}')",
            entity,
            1_000 + position,
            *position
        )
        .unwrap();
    }
    positions
}

async fn an_event_that_could_still_be_preceded_waits(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let entity = payment(&bench).await;
    let gateway = &bench.world.hub.gateway;
    let before = gateway.changes(&View::All, 0, 500).await.unwrap();
    let database = bench.world.test.reopened().await;
    let mut early = database.begin().await.unwrap();
    let first = append(&mut early, entity, 1).await;
    let mut expected = first.clone();
    if !database.is_sqlite() {
        let mut late = database.begin().await.unwrap();
        expected.extend(append(&mut late, entity, 1).await);
        late.commit().await.unwrap();
    }
    let meanwhile = gateway.changes(&View::All, before.next, 500).await.unwrap();
    assert_eq!((meanwhile.changes.len(), meanwhile.next), (0, before.next));
    early.commit().await.unwrap();
    let after = gateway.changes(&View::All, meanwhile.next, 500).await.unwrap();
    let shown: Vec<_> = after.changes.iter().map(|change| change.position).collect();
    assert_eq!(shown, expected);
}

async fn a_reader_beside_many_writers_misses_nothing(test: TestDatabase) {
    const WRITERS: usize = 6;
    const BATCHES: usize = 25;
    let bench = Bench::new(test).await;
    let entity = payment(&bench).await;
    let gateway = bench.world.hub.gateway.clone();
    let start = gateway.changes(&View::All, 0, 500).await.unwrap().next;
    let write = |database: Database, writer: usize| async move {
        let mut written = Vec::new();
        for batch in 0..BATCHES {
            let mut tx = database.begin().await.unwrap();
            let positions = append(&mut tx, entity, 1 + (writer + batch) % 3).await;
            // some are slow, some change their mind
            if (writer + batch).is_multiple_of(4) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if (writer + batch).is_multiple_of(7) {
                tx.rollback().await.unwrap();
            } else {
                tx.commit().await.unwrap();
                written.extend(positions);
            }
        }
        written
    };
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(bench.world.test.database.clone(), writer));
    }
    let mut read = Vec::new();
    let mut next = start;
    let mut written = Vec::new();
    loop {
        let done = writers.is_empty();
        let part = gateway.changes(&View::All, next, 7).await.unwrap();
        read.extend(part.changes.iter().map(|change| change.position));
        next = part.next;
        if done && !part.more {
            break;
        }
        while let Some(ended) = writers.try_join_next() {
            written.extend(ended.unwrap());
        }
    }
    written.sort_unstable();
    assert!(read.is_sorted());
    assert_eq!(read, written);
}
