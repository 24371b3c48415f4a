//! The engine ends at every named place of [`bulk::points`], as its process would by a power cut, and another one on
//! the same database finishes the work: every row exactly once.

use std::sync::Mutex;

use bulk::{
    ActError, Batch, BatchQuery, Bulk, EditError, Kind, MandateError, NewMandate, NewRow, Route, State,
    points,
};
use database::on_both;
use database::testing::TestDatabase;
use domain::MandateId;
use ledger::Refused;

use crate::support::{OWN, Unstopped, account, at, day};
use crate::world::{BEFORE, ON, World, abroad, own, within};
use crate::{debits, local_tax};

on_both!(an_end_at_any_place_loses_and_doubles_nothing);

/// Answers what a step came to, or nothing where the engine ended in it.
fn lived<T, E: std::fmt::Debug>(found: Result<T, E>, ended: impl Fn(&E) -> bool) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(error) if ended(&error) => None,
        Err(error) => panic!("{error:?}"),
    }
}

fn edit_ended(error: &EditError) -> bool {
    matches!(error, EditError::Store(bulk::StoreError::Ledger(Refused::Stopped)))
}

fn act_ended(error: &ActError) -> bool {
    matches!(error, ActError::Store(bulk::StoreError::Ledger(Refused::Stopped)))
}

fn rows() -> Vec<NewRow> {
    vec![
        within(1, 1),
        within(9, 10),
        abroad("9999999", 100),
        abroad("0000000", 1_000),
        abroad("0000001", 10_000),
    ]
}

/// The one batch of the script with a title.
async fn titled(world: &World, title: &str) -> Option<Batch> {
    let listed = world.bulk.list(&BatchQuery::newest(world.bank.contract, 100)).await.unwrap();
    listed.into_iter().find(|batch| batch.heading.title == title)
}

/// The people's part of the script: each step is taken where its batch does not stand behind it already.
async fn people(world: &World, bulk: &Bulk) -> Option<()> {
    let contract = world.bank.contract;
    if bulk.mandates(contract, None, 1).await.unwrap().is_empty() {
        let new = NewMandate {
            id: MandateId::generate(),
            contract,
            account: account("9999", "201", "0100001"),
            customer: String::new(),
            from: day("2026-11-26"),
            document: String::new(),
            actor: "staff:1".to_owned(),
            guards: Vec::new(),
        };
        let ended = |error: &MandateError| {
            matches!(error, MandateError::Store(bulk::StoreError::Ledger(Refused::Stopped)))
        };
        lived(bulk.register_mandate(new).await, ended)?;
    }
    // of each place another one, for a day is settled once
    let tax = tax_code(contract);
    for (title, rows) in [
        ("paid", rows()),
        ("short", vec![within(1, 2_000_000)]),
        ("late", rows()),
        ("gone", rows()),
        ("tax", vec![local_tax::row(&tax, "1", 100)]),
        ("debits", vec![debits::row("0125", "1000000", 7), debits::row("0125", "0000001", 9)]),
    ] {
        let mut heading = world.heading(Kind::Transfers);
        if title == "tax" {
            (heading.kind, heading.day) = (Kind::LocalTax, day("2026-12-10"));
        }
        if title == "debits" {
            (heading.kind, heading.day) = (Kind::NetworkDebits, day("2026-12-10"));
            heading.route = Route::Type2;
        }
        heading.title = title.to_owned();
        if titled(world, title).await.is_none() {
            let mut upload = lived(bulk.begin(contract, world.bank.user, heading).await, edit_ended)?;
            lived(upload.add(rows).await, edit_ended)?;
            lived(upload.finish(contract, "user").await, edit_ended)?;
        }
        let batch = titled(world, title).await.unwrap();
        match (title, batch.state) {
            ("gone", State::Draft) => {
                drop(lived(bulk.discard(contract, batch.id, batch.version, "user").await, edit_ended)?);
            }
            ("late", State::Draft) => {
                let asked = lived(bulk.request(world.act(&batch)).await, act_ended)?;
                lived(bulk.withdraw(world.act(&asked)).await, act_ended)?;
            }
            _ => {}
        }
        let batch = titled(world, title).await.unwrap();
        if title != "gone" && batch.state.is_editable() {
            lived(bulk.request(world.act(&batch)).await, act_ended)?;
        }
        let batch = titled(world, title).await.unwrap();
        if matches!(title, "paid" | "short" | "tax" | "debits") && batch.state == State::Requested {
            lived(bulk.approve(world.approval(&batch)).await, act_ended)?;
        }
    }
    Some(())
}

/// A municipality for a contract of the test, which begins at 0x1000.
fn tax_code(contract: domain::ContractId) -> String {
    let number = 10_000 + contract.uuid().as_u128() - 0x1000;
    let digits: [u8; 5] = number.to_string().into_bytes().try_into().unwrap();
    format!("{number}{}", formats::zengin::local_tax::check_digit(digits))
}

/// Runs the script until it is through or the engine ends.
async fn script(world: &World, bulk: &Bulk) -> Option<()> {
    if world.bank.clock.now() < at("2026-11-26T12:00:00") {
        people(world, bulk).await?;
    }
    for time in [
        "2026-11-26T12:00:00",
        ON,
        "2026-11-27T11:00:00",
        "2026-11-27T14:00:00",
        "2026-12-10T08:30:00",
        "2026-12-10T09:00:00",
        "2026-12-11T00:00:00",
    ] {
        if world.bank.clock.now() < at(time) {
            world.bank.go_to(time);
        }
        loop {
            let ended =
                |error: &bulk::StoreError| matches!(error, bulk::StoreError::Ledger(Refused::Stopped));
            let steps = lived(bulk.look(&Unstopped).await, ended)? + lived(bulk.settle_taxes().await, ended)?;
            world.bank.engine.send_open_work().await.unwrap();
            if steps + world.bank.engine.collect().await.unwrap() == 0 {
                break;
            }
        }
    }
    Some(())
}

async fn an_end_at_any_place_loses_and_doubles_nothing(test: TestDatabase) {
    // one network and database; each place has batches of its own in one contract of its own
    let (mut world, _network) = World::networked(test).await;
    let never = Mutex::new(Vec::new());
    for (index, place) in points::names().into_iter().enumerate() {
        world.bank.go_to(BEFORE);
        let id = uuid::Uuid::from_u128(0x1000 + u128::try_from(index).unwrap());
        world.bank.contract = domain::ContractId::from_uuid(id);
        let before = world.balance(OWN).await;
        let first = Bulk::new(world.bank.engine.clone(), own());
        first.end_at(place);
        if script(&world, &first).await.is_some() {
            never.lock().unwrap().push(place);
        }
        assert_eq!(first.has_ended(), !never.lock().unwrap().contains(&place), "{place}");
        let next = Bulk::new(world.bank.engine.clone(), own());
        script(&world, &next).await.unwrap_or_else(|| panic!("{place}: nothing ends it"));
        for (title, state) in [
            ("paid", State::Done),
            ("short", State::Failed),
            ("late", State::Void),
            ("gone", State::Discarded),
            ("debits", State::Done),
        ] {
            assert_eq!(titled(&world, title).await.map(|batch| batch.state), Some(state), "{place}: {title}");
        }
        assert_eq!(world.balance(OWN).await, before - 10_101 + 7, "{place}");
        assert_eq!(
            world.bank.charges().await,
            [("bulk".to_owned(), 110 + 330 + 330), ("bulk".to_owned(), 330), ("bulk".to_owned(), 2 * 165)],
            "{place}"
        );
    }
    assert_eq!(
        *never.lock().unwrap(),
        ["before_persist_bulk_alarm", "after_persist_bulk_alarm"],
        "the script comes by"
    );
    world.assert_clean().await;
}
