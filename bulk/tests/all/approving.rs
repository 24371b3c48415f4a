//! From the draft to what nobody takes back.

use bulk::{ActError, Approval, DayProblem, Event, Kind, State};
use database::on_both;
use database::testing::TestDatabase;
use ledger::GuardKey;

use crate::support::{OWN, at, day};
use crate::world::{ON, World, within, yen};

on_both!(
    what_is_approved_is_what_was_seen_and_nobody_takes_it_back,
    a_batch_is_approved_before_its_cut_off_or_void,
    what_is_sent_back_or_taken_back_is_a_draft_again,
    guards_and_bars_go_with_the_approval,
    rows_that_differ_from_what_was_approved_are_not_carried_out,
);

/// Proves R119.
/// Proves R121.
async fn what_is_approved_is_what_was_seen_and_nobody_takes_it_back(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    assert!(matches!(
        world.bulk.approve(world.approval(&batch)).await,
        Err(ActError::NotPossible(State::Draft))
    ));
    let asked = world.bulk.request(world.act(&batch)).await.unwrap();
    assert_eq!(asked.digest.as_ref().map(String::len), Some(64));
    let other = Approval { digest: "0".repeat(64), ..world.approval(&asked) };
    assert!(matches!(world.bulk.approve(other).await, Err(ActError::Digest)));
    for (limit, is_passed) in [(99, true), (100, false)] {
        let found = world.bulk.approve(Approval { limit: Some(yen(limit)), ..world.approval(&asked) }).await;
        match found {
            Ok(batch) => assert!(!is_passed && batch.state == State::Approved),
            Err(error) => assert!(is_passed && matches!(error, ActError::Limit(most) if most == yen(limit))),
        }
    }
    // the same again is the same approval
    assert_eq!(world.bulk.approve(world.approval(&asked)).await.unwrap().state, State::Approved);
    let approved = world.found(batch.id).await;
    for found in [
        world.bulk.withdraw(world.act(&approved)).await,
        world.bulk.send_back(world.act(&approved), "誤り").await,
        world.bulk.request(world.act(&approved)).await,
    ] {
        assert!(matches!(found, Err(ActError::NotPossible(State::Approved))));
    }
    assert_eq!(world.balance(OWN).await, 1_000_000, "no money moves before its day");
    let happened: Vec<_> = world
        .bulk
        .history(world.bank.contract, batch.id)
        .await
        .unwrap()
        .iter()
        .map(|one| one.event)
        .collect();
    assert_eq!(happened, [Event::Drafted, Event::Requested, Event::Approved]);
    world.assert_clean().await;
}

/// Proves R120.
async fn a_batch_is_approved_before_its_cut_off_or_void(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    let asked = world.bulk.request(world.act(&batch)).await.unwrap();
    let late = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    assert_eq!(asked.approved_before(world.bulk.terms()), at("2026-11-26T12:00:00"));
    world.bank.go_to("2026-11-26T11:59:59");
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Requested);
    world.bank.go_to("2026-11-26T12:00:00");
    let found = world.bulk.approve(world.approval(&asked)).await;
    assert!(matches!(found, Err(ActError::Day(DayProblem::CutOff(_)))));
    let found = world.bulk.request(world.act(&late)).await;
    assert!(matches!(found, Err(ActError::Day(DayProblem::CutOff(_)))));
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Void);
    // a later day, in the last second
    let heading = bulk::Heading { day: day("2026-11-30"), ..world.heading(Kind::Transfers) };
    let late = world.bulk.set_heading(world.bank.contract, late.id, 1, heading).await.unwrap();
    world.bank.go_to("2026-11-27T11:59:59");
    let late = world.bulk.request(world.act(&late)).await.unwrap();
    assert_eq!(world.bulk.approve(world.approval(&late)).await.unwrap().state, State::Approved);
    world.assert_clean().await;
}

async fn what_is_sent_back_or_taken_back_is_a_draft_again(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    let asked = world.bulk.request(world.act(&batch)).await.unwrap();
    let back = world.bulk.send_back(world.act(&asked), "金額の誤り").await.unwrap();
    assert_eq!((back.state, back.detail.as_deref(), back.version), (State::Returned, Some("金額の誤り"), 2));
    assert!(back.digest.is_none());
    // whoever still has the page of the request approves nothing
    assert!(matches!(world.bulk.approve(world.approval(&asked)).await, Err(ActError::Stale)));
    let put = world.bulk.put_row(world.bank.contract, batch.id, 2, 1, within(1, 90)).await.unwrap();
    let again = world.bulk.request(world.act(&put)).await.unwrap();
    assert_ne!(again.digest, asked.digest);
    let back = world.bulk.withdraw(world.act(&again)).await.unwrap();
    assert_eq!(back.state, State::Withdrawn);
    let again = world.bulk.request(world.act(&back)).await.unwrap();
    assert_eq!(world.bulk.approve(world.approval(&again)).await.unwrap().amount, yen(90));
    world.assert_clean().await;
}

async fn guards_and_bars_go_with_the_approval(test: TestDatabase) {
    let world = World::new(test).await;
    let guard = |key: &str| GuardKey(key.to_owned());
    let one = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    let other = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    let one = world.bulk.request(world.act(&one)).await.unwrap();
    let other = world.bulk.request(world.act(&other)).await.unwrap();
    let approve = |batch: &bulk::Batch, guards: &[&str], bars: &[&str]| {
        let mut approval = world.approval(batch);
        approval.act.guards = guards.iter().map(|key| guard(key)).collect();
        approval.act.barred_by = bars.iter().map(|key| guard(key)).collect();
        world.bulk.approve(approval)
    };
    approve(&one, &["otp|1"], &[]).await.unwrap();
    let found = approve(&other, &["otp|1"], &[]).await;
    assert!(matches!(found, Err(ActError::Guarded(key)) if key == "otp|1"));
    let stop = ledger::Commit { guards: vec![(guard("stop|all"), one.entity())], ..Default::default() };
    world.bulk.ledger().commit(stop).await.unwrap();
    let found = approve(&other, &["otp|2"], &["stop|all"]).await;
    assert!(matches!(found, Err(ActError::Guarded(key)) if key == "stop|all"));
    assert_eq!(approve(&other, &["otp|2"], &[]).await.unwrap().state, State::Approved);
}

async fn rows_that_differ_from_what_was_approved_are_not_carried_out(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = world.approved(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    database::testing::drop_triggers(&world.bank.database).await;
    let sql = "UPDATE bulk_row SET amount = 1 WHERE batch = $1";
    database::execute!(world.bank.database, sql, batch.id.uuid()).unwrap();
    let found: Vec<_> = world.bulk.audit().await.unwrap().iter().map(|finding| finding.check).collect();
    assert_eq!(found, ["bulk-digest"]);
    world.bank.go_to(ON);
    world.work().await;
    let found = world.found(batch.id).await;
    assert_eq!((found.state, found.reason), (State::Failed, Some(bulk::Reason::Altered)));
    assert_eq!(world.balance(OWN).await, 1_000_000);
    assert_eq!(world.bank.alarms().await, [("transfer_stuck".to_owned(), batch.id.to_string())]);
}
