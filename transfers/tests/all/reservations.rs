//! Reservations: taken, tried at fixed times, taken back, given up.

use database::testing::TestDatabase;
use database::{execute, on_both};
use domain::Yen;
use ledger::{Commit, EntityId, GuardKey};
use transfers::{CancelError, DateProblem, NewOrder, Order, PlaceError, Reason, Standing, State};

use crate::support::{Bank, OTHER, OWN, Told, Unstopped, account, bank, by, day, limits};

on_both!(
    a_reservation_is_tried_at_opening,
    one_over_closed_days_is_tried_on_its_day_and_on_none_before,
    a_short_one_is_tried_again_and_fails_after_the_last_time,
    one_is_carried_out_as_soon_as_funds_suffice,
    one_is_taken_back_until_the_day_before_and_gives_back_the_limit_of_its_day,
    a_bank_that_was_not_there_gives_up_what_its_day_is_over_for,
    two_processes_carry_out_a_reservation_once,
    one_that_cannot_be_carried_out_holds_no_other_up,
    a_stopped_one_waits_for_the_next_time_and_fails_after_the_last,
    one_of_an_ended_contract_is_given_up,
);

async fn reserve(bank: &Bank, new: NewOrder) -> Order {
    let order = bank.engine.place(NewOrder { day: day("2026-11-25"), ..new }).await.unwrap();
    assert_eq!(order.state, State::Reserved);
    order
}

async fn state(bank: &Bank, order: &Order) -> (State, Option<Reason>) {
    let found = bank.engine.find(bank.contract, order.facts.id).await.unwrap().unwrap();
    (found.state, found.reason)
}

/// Nothing is held until the day; the first try is at 08:30.
async fn a_reservation_is_tried_at_opening(test: TestDatabase) {
    let bank = bank(test).await;
    let order = reserve(&bank, bank.within(400_000)).await;
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000), "nothing is held");
    for before in ["2026-11-24T16:00:00", "2026-11-25T00:00:00", "2026-11-25T08:29:59"] {
        bank.go_to(before);
        assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 0, "{before}");
    }
    bank.go_to("2026-11-25T08:30:00");
    assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 1);
    assert_eq!(state(&bank, &order).await, (State::Settled, None));
    assert_eq!(bank.money(OTHER).await, (400_000, 400_000));
    assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 0);
    bank.assert_clean().await;
}

/// Over the year's end, in May, and over both equinoxes: no closed day can be chosen, and none is a try.
///
/// Proves R88.
async fn one_over_closed_days_is_tried_on_its_day_and_on_none_before(test: TestDatabase) {
    let bank = bank(test).await;
    for (now, on, closed) in [
        ("2026-12-30", "2027-01-04", &["2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"][..]),
        ("2027-03-19", "2027-03-23", &["2027-03-20", "2027-03-21", "2027-03-22"]),
        ("2027-04-30", "2027-05-06", &["2027-05-01", "2027-05-03", "2027-05-04", "2027-05-05"]),
        ("2027-09-22", "2027-09-24", &["2027-09-23"]),
    ] {
        bank.go_to(&format!("{now}T17:00:00"));
        let order = bank.engine.place(NewOrder { day: day(on), ..bank.within(1_000) }).await.unwrap();
        for closed in closed {
            let refused = bank.engine.place(NewOrder { day: day(closed), ..bank.within(1_000) }).await;
            let problem = DateProblem::NotBusinessDay;
            assert!(
                matches!(&refused, Err(PlaceError::Day(found)) if *found == problem),
                "{closed} {refused:?}"
            );
            bank.go_to(&format!("{closed}T10:00:00"));
            assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 0, "{closed}");
            let today = bank.engine.place(NewOrder { day: day(closed), ..bank.within(1_000) }).await;
            assert!(matches!(&today, Err(PlaceError::Day(found)) if *found == problem), "{closed} {today:?}");
        }
        bank.go_to(&format!("{on}T08:29:59"));
        assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 0, "{on}");
        bank.go_to(&format!("{on}T08:30:00"));
        assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 1, "{on}");
        assert_eq!(state(&bank, &order).await, (State::Settled, None));
    }
    assert_eq!(bank.money(OTHER).await, (4_000, 4_000));
    bank.assert_clean().await;
}

/// Every time of the day is a try, and there is never a part.
async fn a_short_one_is_tried_again_and_fails_after_the_last_time(test: TestDatabase) {
    let bank = bank(test).await;
    let own = reserve(&bank, bank.within(1_000_001)).await;
    let other = reserve(&bank, bank.abroad(1_000_001)).await;
    for (time, own_fails, other_fails) in [
        ("08:30:00", false, false),
        ("10:59:59", false, false),
        ("11:00:00", false, false),
        ("13:00:00", false, false),
        ("14:29:59", false, false),
        ("14:30:00", false, true),
        ("15:29:59", false, true),
        ("15:30:00", true, true),
    ] {
        bank.go_to(&format!("2026-11-25T{time}"));
        bank.engine.due(&Unstopped).await.unwrap();
        let expected = |fails| if fails { State::Failed } else { State::Reserved };
        assert_eq!(state(&bank, &own).await, (expected(own_fails), Some(Reason::Shortage)), "{time}");
        assert_eq!(state(&bank, &other).await.0, expected(other_fails), "{time}");
    }
    let tries = bank.engine.ledger().events(own.facts.entity()).await.unwrap();
    let kinds: Vec<_> = tries.iter().map(|event| event.kind.as_str()).collect();
    let tried = "transfer-tried";
    assert_eq!(kinds, ["transfer-reserved", tried, tried, tried, tried, "transfer-failed"]);
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    assert!(bank.charges().await.is_empty(), "what was not carried out costs nothing");
    bank.assert_clean().await;
}

/// The stop is committed after the contract was looked at, just before the money would move: the commit is refused all
/// the same. Lifted in time, the reservation is carried out at the next time; else it fails after the last one.
async fn a_stopped_one_waits_for_the_next_time_and_fails_after_the_last(test: TestDatabase) {
    let bank = bank(test).await;
    let order = reserve(&bank, bank.within(400_000)).await;
    let abroad = reserve(&bank, bank.abroad(1)).await;
    let bar = GuardKey(format!("{}contract|x", GuardKey::BAR));
    let contracts = Told(Standing { barred_by: vec![bar.clone()], ..Standing::default() });
    let stop = (bar.clone(), EntityId(uuid::Uuid::from_u128(1)));
    bank.engine.ledger().commit(Commit { guards: vec![stop], ..Commit::default() }).await.unwrap();
    let stopped = (State::Reserved, Some(Reason::Stopped));
    for time in ["08:30:00", "10:59:59", "11:00:00", "13:00:00"] {
        bank.go_to(&format!("2026-11-25T{time}"));
        bank.engine.due(&contracts).await.unwrap();
        assert_eq!([state(&bank, &order).await, state(&bank, &abroad).await], [stopped, stopped], "{time}");
    }
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000), "nothing is held either");
    bank.go_to("2026-11-25T14:30:00");
    bank.engine.due(&contracts).await.unwrap();
    assert_eq!(state(&bank, &abroad).await, (State::Failed, Some(Reason::Stopped)), "its last time");
    bank.engine.ledger().commit(Commit { release: vec![bar], ..Commit::default() }).await.unwrap();
    bank.go_to("2026-11-25T15:29:59");
    bank.engine.due(&contracts).await.unwrap();
    assert_eq!(state(&bank, &order).await.0, State::Reserved, "between the times nothing is tried");
    bank.go_to("2026-11-25T15:30:00");
    bank.engine.due(&contracts).await.unwrap();
    assert_eq!(state(&bank, &order).await, (State::Settled, None));
    let tried = bank.engine.ledger().events(order.facts.entity()).await.unwrap();
    assert_eq!(tried.iter().filter(|event| event.kind == "transfer-tried").count(), 4, "once a time");
    bank.assert_clean().await;
}

/// What another change of the contract refuses is no stop: the next look asks anew, at the same time of the day.
async fn one_of_an_ended_contract_is_given_up(test: TestDatabase) {
    let bank = bank(test).await;
    let order = reserve(&bank, bank.within(1)).await;
    bank.go_to("2026-11-25T08:30:00");
    let next = GuardKey(format!("{}x|1", GuardKey::LIMITS));
    let ends = (next.clone(), EntityId(uuid::Uuid::from_u128(1)));
    bank.engine.ledger().commit(Commit { guards: vec![ends], ..Commit::default() }).await.unwrap();
    let read_before = Told(Standing { barred_by: vec![next], is_over: false });
    assert_eq!(bank.engine.due(&read_before).await.unwrap(), 0);
    assert_eq!(state(&bank, &order).await, (State::Reserved, None), "no time of the day is lost");
    let over = Told(Standing { is_over: true, ..Standing::default() });
    assert_eq!(bank.engine.due(&over).await.unwrap(), 1);
    assert_eq!(state(&bank, &order).await, (State::Failed, Some(Reason::ContractEnded)));
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    bank.assert_clean().await;
}

async fn one_is_carried_out_as_soon_as_funds_suffice(test: TestDatabase) {
    let bank = bank(test).await;
    let order = reserve(&bank, bank.within(1_200_000)).await;
    bank.go_to("2026-11-25T08:30:00");
    bank.engine.due(&Unstopped).await.unwrap();
    bank.deposit(OWN, 200_000).await;
    bank.go_to("2026-11-25T10:00:00");
    bank.engine.due(&Unstopped).await.unwrap();
    assert_eq!(state(&bank, &order).await.0, State::Reserved, "between the times nothing is tried");
    bank.go_to("2026-11-25T11:00:00");
    bank.engine.due(&Unstopped).await.unwrap();
    assert_eq!(state(&bank, &order).await.0, State::Settled, "a new id each time");
    assert_eq!((bank.money(OWN).await, bank.money(OTHER).await), ((0, 0), (1_200_000, 1_200_000)));
    bank.assert_clean().await;
}

async fn one_is_taken_back_until_the_day_before_and_gives_back_the_limit_of_its_day(test: TestDatabase) {
    let bank = bank(test).await;
    let used = async |on: &str| {
        let holders = crate::placing::holders(&bank);
        bank.engine.limit_use(&holders, &limits(), day(on)).await.unwrap()[0].used
    };
    let (first, second) = (reserve(&bank, bank.within(300)).await, reserve(&bank, bank.within(500)).await);
    assert_eq!(used("2026-11-24").await, Yen::new(800), "counted on the day of the operation");
    let cancelled = bank.engine.cancel(bank.contract, first.facts.id, &by()).await.unwrap();
    assert_eq!((cancelled.state, used("2026-11-24").await), (State::Cancelled, Yen::new(500)));
    let again = bank.engine.cancel(bank.contract, first.facts.id, &by()).await.unwrap();
    assert_eq!((again.state, used("2026-11-24").await), (State::Cancelled, Yen::new(500)), "once");
    let stranger = bank.engine.cancel(domain::ContractId::generate(), second.facts.id, &by()).await;
    assert!(matches!(stranger, Err(CancelError::NoSuchOrder)));
    bank.go_to("2026-11-25T00:00:00");
    let late = bank.engine.cancel(bank.contract, second.facts.id, &by()).await;
    assert!(matches!(late, Err(CancelError::TooLate(State::Reserved))), "{late:?}");
    // one for a later day, taken back on another day than it was ordered
    let third = bank.engine.place(NewOrder { day: day("2026-11-27"), ..bank.within(700) }).await.unwrap();
    bank.go_to("2026-11-26T23:59:59");
    bank.engine.cancel(bank.contract, third.facts.id, &by()).await.unwrap();
    assert_eq!((used("2026-11-25").await, used("2026-11-26").await), (Yen::new(700), Yen::ZERO));
    bank.assert_clean().await;
}

async fn a_bank_that_was_not_there_gives_up_what_its_day_is_over_for(test: TestDatabase) {
    let bank = bank(test).await;
    let order = reserve(&bank, bank.within(1)).await;
    bank.go_to("2026-11-25T16:00:00");
    assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 1);
    assert_eq!(state(&bank, &order).await, (State::Failed, Some(Reason::DayOver)));
    // but a second before it is tried, though its times have passed
    bank.go_to("2026-11-26T10:00:00");
    let order = bank.engine.place(NewOrder { day: day("2026-11-27"), ..bank.within(1) }).await.unwrap();
    bank.go_to("2026-11-27T15:59:59");
    bank.engine.due(&Unstopped).await.unwrap();
    assert_eq!(state(&bank, &order).await.0, State::Settled);
    bank.assert_clean().await;
}

async fn two_processes_carry_out_a_reservation_once(test: TestDatabase) {
    let bank = bank(test).await;
    for amount in 1..=20 {
        reserve(&bank, bank.within(amount)).await;
    }
    bank.go_to("2026-11-25T08:30:00");
    let (one, other) = tokio::join!(bank.engine.due(&Unstopped), bank.engine.due(&Unstopped));
    assert_eq!(one.unwrap() + other.unwrap(), 20);
    assert_eq!(bank.money(OTHER).await, (210, 210));
    bank.assert_clean().await;
}

/// The account of a payee is none that money can go to: people are told, and the others go on.
async fn one_that_cannot_be_carried_out_holds_no_other_up(test: TestDatabase) {
    let bank = bank(test).await;
    let sql = "INSERT INTO core_account (account, branch, branch_name, kind, number, name)
               VALUES ($1, '100', 'x', 'ordinary', '5555555', 'x')";
    execute!(bank.database, sql, transfers::chart::LIMIT_USED.get()).unwrap();
    let wrong = reserve(&bank, bank.order(account("9999", "100", "5555555"), 1)).await;
    let right = reserve(&bank, bank.within(2)).await;
    assert!(wrong.facts.id < right.facts.id, "it is tried first");
    bank.go_to("2026-11-25T08:30:00");
    assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 1);
    assert_eq!(state(&bank, &right).await, (State::Settled, None));
    assert_eq!(state(&bank, &wrong).await, (State::Reserved, None));
    assert_eq!(bank.alarms().await, [("transfer_stuck".to_owned(), wrong.facts.id.to_string())]);
    assert_eq!((bank.money(OWN).await, bank.money(OTHER).await), ((999_998, 999_998), (2, 2)));
    bank.assert_clean().await;
}
