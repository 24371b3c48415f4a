//! A payment that was accepted here and that the collector's books lack: the books show it at last, or the payer is
//! paid back. Nothing else lets its window close.

use std::time::Duration;

use database::testing::TestDatabase;
use database::{execute, on_both};
use domain::payment::{Event, State};
use domain::{BreakId, TransferId, Yen};
use gateway::proof::{Mark, ProofBundle, verify};
use gateway::reconciliation::{BreakClass, Ending, Hindrance};
use gateway::service::{CloseOptions, ServiceDay};
use gateway::settlement::{Settlement, SettlementState, WindowError};
use gateway::{AlarmKind, AlarmQuery, BreakError, FourEyes, Operator, Payment, View, chart};
use serde_json::json;

use crate::counter;
use crate::reconciliation::{accepted, compared, eyes, open_breaks, path_of, serial_of};
use crate::service::{keeping, move_to, number, staff, today, until};
use crate::support::{SHOP, WITH_FEE, World, limits};

on_both!(
    what_the_books_lack_is_paid_back_and_the_window_pays_without_it,
    a_counter_payment_is_paid_back_out_of_the_cash,
    only_the_books_let_a_payment_stay,
    what_the_books_show_in_part_is_not_paid_back,
    nothing_is_paid_back_before_the_close_or_after_the_settlement,
    a_closed_account_gets_nothing_and_nothing_is_settled,
    of_many_at_the_same_time_one_pays_back,
    what_only_the_lines_lack_is_not_paid_back,
    what_is_recorded_after_a_refund_is_found,
    a_refund_is_proved_and_audited,
);

const NOTE: &str = "収納機関 田中様が、記録はなく今後も記録しないと回答";

/// Two payments to the shop, of which its books have lost the first; its Tuesday is closed and compared.
async fn lost(world: &World) -> (Payment, Payment, BreakId) {
    let (lost, kept) = (accepted(world, WITH_FEE).await, accepted(world, SHOP).await);
    lose(world, &lost).await;
    close(world).await;
    nothing_is_under_way(world);
    let summary = compared(world, SHOP).await.summary;
    assert_eq!((summary.matched, summary.missing_there, summary.open_breaks), (1, 1, 1));
    (lost, kept, only_break(world).await)
}

async fn lose(world: &World, payment: &Payment) {
    world.network.control("DELETE", &path_of(payment), String::new()).await;
}

/// The collector books a payment that it had lost.
async fn book(world: &World, payment: &Payment, amount: i64) {
    let serial: u32 = serial_of(payment).parse().unwrap();
    let booked = json!({"amount": amount, "serial": serial, "processing_date": "2026-11-24"}).to_string();
    world.network.control("POST", "/control/99022/clearings", booked).await;
}

async fn close(world: &World) {
    let gateway = &world.hub.gateway;
    gateway.close_service(&number(SHOP), today(), CloseOptions::default(), &staff()).await.unwrap();
}

/// Whatever was sent has arrived by now, or never will.
fn nothing_is_under_way(world: &World) {
    move_to(world, "2026-11-24T10:06:35");
}

async fn only_break(world: &World) -> BreakId {
    let [only] = open_breaks(world).await.try_into().unwrap();
    only.id
}

async fn window(world: &World) -> Result<Settlement, WindowError> {
    let outcomes = world.hub.gateway.close_window(today(), Some(&number(SHOP)), &staff()).await.unwrap();
    outcomes.into_iter().next().unwrap().outcome
}

async fn state(world: &World, payment: &Payment) -> State {
    world.hub.gateway.payment_for_operator(payment.facts.id).await.unwrap().unwrap().state
}

fn hindrance(outcome: Result<(), BreakError>) -> Hindrance {
    match outcome {
        Err(BreakError::Hindered(hindrance)) => hindrance,
        other => panic!("{other:?}"),
    }
}

async fn internal(world: &World, account: domain::AccountId) -> Yen {
    world.hub.ledger.internal_balance(account).await.unwrap()
}

async fn what_the_books_lack_is_paid_back_and_the_window_pays_without_it(test: TestDatabase) {
    let world = World::new(test).await;
    let (gateway, shop) = (&world.hub.gateway, number(SHOP));
    let (payment, kept, found) = lost(&world).await;
    move_to(&world, "2026-11-25T09:30:00");
    assert!(matches!(window(&world).await, Err(WindowError::NotReady(_))), "an open break holds the window");
    let noted = gateway.resolve_break(found, Ending::Noted, &eyes(NOTE)).await;
    assert_eq!(hindrance(noted), Hindrance::Lacking);
    let alone = FourEyes { checker: staff(), ..eyes(NOTE) };
    let refused = gateway.resolve_break(found, Ending::Refunded, &alone).await;
    assert!(matches!(refused, Err(BreakError::FourEyes(_))), "{refused:?}");
    assert!(matches!(window(&world).await, Err(WindowError::NotReady(_))));
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 58_110 - 12_800));

    gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await.unwrap();
    let paid_back = world.payment(payment.facts.id).await;
    assert_eq!((paid_back.state, paid_back.returned_at), (State::Refunded, Some(world.clock.now())));
    assert_eq!(paid_back.reference, payment.reference, "the receipt stays as it was");
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 12_800), "amount and fee are back");
    let resolution = gateway.break_of(found).await.unwrap().unwrap().resolution.unwrap();
    assert_eq!((resolution.refunded, resolution.vanished, resolution.note.as_str()), (true, false, NOTE));
    assert_eq!((resolution.by, resolution.checked_by), (staff(), Some(Operator::staff(8))));
    let again = gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await;
    assert!(matches!(again, Err(BreakError::EndedBefore)), "{again:?}");
    world.assert_clean().await;
    let told = gateway.changes(&View::All, 0, 500).await.unwrap().changes;
    let told: Vec<_> =
        told.iter().filter(|one| one.payment == payment.facts.id).map(|one| one.event).collect();
    assert_eq!(told, [Event::Held, Event::Claimed, Event::Accepted, Event::Refunded]);

    assert!(matches!(window(&world).await, Err(WindowError::NotReady(_))), "the day is compared again first");
    compared(&world, SHOP).await;
    let closed = window(&world).await.unwrap();
    assert_eq!((closed.sums.count, closed.sums.amount, closed.sums.fee.get()), (1, Yen::new(12_800), 0));
    assert_eq!(state(&world, &kept).await, State::Settled);
    assert_eq!(state(&world, &payment).await, State::Refunded);
    move_to(&world, "2026-11-27T00:00:00");
    let paid = gateway.pay_due(&staff()).await.unwrap();
    assert_eq!((paid.len(), paid[0].payable(), paid[0].state), (1, Yen::new(12_800), SettlementState::Paid));
    let accounts = gateway.clearing_accounts().await.unwrap();
    let of_shop = accounts.iter().find(|accounts| accounts.collector == shop).unwrap();
    assert!(of_shop.are_empty() && of_shop.are_explained(), "{of_shop:?}");
    assert_eq!(internal(&world, chart::INTERBANK).await, Yen::new(12_800));
    // both sides and the ledger agree, and no break is found any more
    let summary = compared(&world, SHOP).await.summary;
    assert!(summary.ties_out() && summary.open_breaks == 0 && summary.matched == 2, "{summary:?}");
    world.assert_clean().await;
}

async fn a_counter_payment_is_paid_back_out_of_the_cash(test: TestDatabase) {
    let world = World::new(test).await;
    let payment = counter::pay(&world, WITH_FEE).await;
    assert_eq!(internal(&world, chart::COUNTER_CASH).await, Yen::new(-58_110));
    lose(&world, &payment).await;
    close(&world).await;
    compared(&world, SHOP).await;
    let found = only_break(&world).await;
    let early = world.hub.gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await;
    assert_eq!(hindrance(early), Hindrance::UnderWay { wait_s: 395 });
    nothing_is_under_way(&world);
    world.hub.gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await.unwrap();
    assert_eq!(state(&world, &payment).await, State::Refunded);
    assert_eq!(internal(&world, chart::COUNTER_CASH).await, Yen::ZERO);
    world.assert_clean().await;
}

async fn only_the_books_let_a_payment_stay(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let (payment, _, found) = lost(&world).await;
    let word = gateway.resolve_break(found, Ending::Recorded, &eyes("記録したとの電話")).await;
    assert!(matches!(word, Err(BreakError::StillLacking)), "{word:?}");
    assert_eq!(only_break(&world).await, found, "the break goes on");
    world.network.fault("99022", json!({"mode": "lose", "on": "lines", "times": 1})).await;
    let silent = gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await;
    assert!(matches!(silent, Err(BreakError::NotCompared(_))), "{silent:?}");
    assert_eq!(state(&world, &payment).await, State::Accepted);

    book(&world, &payment, 58_000).await;
    // whoever asks for the money back is told that the books show the payment
    let there = gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await;
    assert!(matches!(there, Err(BreakError::FoundThere)), "{there:?}");
    assert_eq!(state(&world, &payment).await, State::Accepted);
    for _ in 0..2 {
        gateway.resolve_break(found, Ending::Recorded, &eyes("記録済み")).await.unwrap();
    }
    let resolution = gateway.break_of(found).await.unwrap().unwrap().resolution.unwrap();
    assert!(resolution.vanished && !resolution.refunded, "{resolution:?}");
    move_to(&world, "2026-11-25T00:00:00");
    assert_eq!(window(&world).await.unwrap().sums.amount, Yen::new(70_800));
    world.assert_clean().await;
}

async fn what_the_books_show_in_part_is_not_paid_back(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let (payment, _, found) = lost(&world).await;
    book(&world, &payment, 57_999).await;
    let changed = gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await;
    assert!(matches!(changed, Err(BreakError::Changed)), "{changed:?}");
    let less = only_break(&world).await;
    let of = async |ending| hindrance(gateway.resolve_break(less, ending, &eyes(NOTE)).await);
    assert_eq!(gateway.break_of(less).await.unwrap().unwrap().class, BreakClass::AmountDiffers);
    assert_eq!(of(Ending::Noted).await, Hindrance::Lacking, "a yen that the books lack is not settled");
    assert_eq!(of(Ending::Refunded).await, Hindrance::AmountThere);
    let word = gateway.resolve_break(found, Ending::Recorded, &eyes(NOTE)).await;
    assert!(matches!(word, Err(BreakError::Changed)), "{word:?}");
    // what the collector has too much of is its own to explain
    let path = path_of(&payment);
    world.network.control("PATCH", &path, json!({"amount": 58_001}).to_string()).await;
    compared(&world, SHOP).await;
    let more = only_break(&world).await;
    let refused = gateway.resolve_break(more, Ending::Refunded, &eyes(NOTE)).await;
    assert_eq!(hindrance(refused), Hindrance::NotLacking);
    gateway.resolve_break(more, Ending::Noted, &eyes("当行の金額で合意")).await.unwrap();
    assert_eq!(state(&world, &payment).await, State::Accepted);
}

async fn nothing_is_paid_back_before_the_close_or_after_the_settlement(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let payment = accepted(&world, SHOP).await;
    lose(&world, &payment).await;
    compared(&world, SHOP).await;
    let early = only_break(&world).await;
    let refused = gateway.resolve_break(early, Ending::Refunded, &eyes(NOTE)).await;
    assert_eq!(hindrance(refused), Hindrance::DayOpen);
    book(&world, &payment, 12_800).await;
    close_with(&world, 1).await;
    gateway.resolve_break(early, Ending::Recorded, &eyes("記録済み")).await.unwrap();
    move_to(&world, "2026-11-25T00:00:00");
    assert_eq!(window(&world).await.unwrap().sums.count, 1);

    // lost after the money went over: the collector has it, and returns it
    lose(&world, &payment).await;
    compared(&world, SHOP).await;
    let late = only_break(&world).await;
    let refused = gateway.resolve_break(late, Ending::Refunded, &eyes(NOTE)).await;
    assert_eq!(hindrance(refused), Hindrance::Settled);
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 12_800));
    gateway.resolve_break(late, Ending::Noted, &eyes("収納機関から返戻を受ける")).await.unwrap();
    assert_eq!(state(&world, &payment).await, State::Settled);
}

async fn close_with(world: &World, open_breaks: u32) {
    let options = CloseOptions { open_breaks, ..CloseOptions::default() };
    world.hub.gateway.close_service(&number(SHOP), today(), options, &staff()).await.unwrap();
}

async fn a_closed_account_gets_nothing_and_nothing_is_settled(test: TestDatabase) {
    let world = World::new(test).await;
    let (payment, _, found) = lost(&world).await;
    assert!(world.hub.ledger.close_account(world.account).await.unwrap());
    let refused = world.hub.gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await;
    assert_eq!(hindrance(refused), Hindrance::AccountClosed);
    assert_eq!((state(&world, &payment).await, only_break(&world).await), (State::Accepted, found));
    move_to(&world, "2026-11-25T00:00:00");
    assert!(matches!(window(&world).await, Err(WindowError::NotReady(_))));
    assert_eq!(world.findings().await, ["collector-missing"]);
}

async fn of_many_at_the_same_time_one_pays_back(test: TestDatabase) {
    let world = World::new(test).await;
    let (_, _, found) = lost(&world).await;
    let mut calls = tokio::task::JoinSet::new();
    for maker in 1..=4_u32 {
        let gateway = world.hub.gateway.clone();
        let eyes = FourEyes { maker: Operator::staff(maker), ..eyes(NOTE) };
        calls.spawn(async move { gateway.resolve_break(found, Ending::Refunded, &eyes).await });
    }
    let outcomes = calls.join_all().await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(done, 1, "{outcomes:?}");
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 12_800));
    world.assert_clean().await;
}

/// A page of the collector's lines lacks its last one, and its counters count it.
async fn what_only_the_lines_lack_is_not_paid_back(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let (_, payment) = (accepted(&world, SHOP).await, accepted(&world, WITH_FEE).await);
    close(&world).await;
    nothing_is_under_way(&world);
    world.network.fault("99022", json!({"mode": "short_lines", "on": "lines"})).await;
    let summary = compared(&world, SHOP).await.summary;
    assert_eq!((summary.matched, summary.missing_there, summary.open_breaks), (1, 1, 2));
    let of =
        async |class| open_breaks(&world).await.into_iter().find(|found| found.class == class).unwrap().id;
    let (lines, counters) = (of(BreakClass::MissingThere).await, of(BreakClass::AmountDiffers).await);
    let refused = gateway.resolve_break(lines, Ending::Refunded, &eyes(NOTE)).await;
    assert_eq!(hindrance(refused), Hindrance::CountersDiffer);
    gateway.resolve_break(counters, Ending::Noted, &eyes("カウンタの誤りとの回答")).await.unwrap();
    compared(&world, SHOP).await;
    assert_eq!(only_break(&world).await, lines, "the same sums stay resolved");
    let refused = gateway.resolve_break(lines, Ending::Refunded, &eyes(NOTE)).await;
    assert_eq!(hindrance(refused), Hindrance::CountersDiffer, "no note lifts it");
    assert_eq!(state(&world, &payment).await, State::Accepted);

    // other sums are another break, and the line was there all the time
    let invented = json!({"amount": 1, "serial": 99_999_999, "processing_date": "2026-11-24"}).to_string();
    world.network.control("POST", "/control/99022/clearings", invented).await;
    compared(&world, SHOP).await;
    let [other] = open_breaks(&world).await.try_into().unwrap();
    assert_eq!((other.subject.as_str(), other.difference), ("counters", Yen::new(1)));
    world.network.fault("99022", json!({})).await;
    let gone = gateway.resolve_break(lines, Ending::Refunded, &eyes(NOTE)).await;
    assert!(matches!(gone, Err(BreakError::EndedBefore)), "{gone:?}");
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 58_110 - 12_800));
    assert_eq!(world.findings().await, ["hub-missing"], "what the collector alone has");
}

async fn what_is_recorded_after_a_refund_is_found(test: TestDatabase) {
    let world = World::with(test, keeping(), &limits()).await;
    let gateway = &world.hub.gateway;
    let (payment, _, found) = lost(&world).await;
    gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await.unwrap();
    let compared = |day: &ServiceDay| day.reconciliation.as_ref().is_some_and(|last| !last.paid_back_since);
    let day = until(&world, SHOP, "2026-11-24", compared).await;
    let again = day.compared_again_on.unwrap();
    assert_eq!((day.open_breaks(), again.to_string().as_str()), (0, "2026-11-27"), "the pay date");
    let alarmed = async || {
        let query = AlarmQuery { open_only: true, limit: 100, ..AlarmQuery::default() };
        let alarms = gateway.alarms(&query).await.unwrap();
        alarms.iter().filter(|alarm| alarm.kind == AlarmKind::ReconciliationBreaks).count()
    };
    while alarmed().await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    book(&world, &payment, 58_000).await;
    move_to(&world, "2026-11-27T00:00:00");
    let day = until(&world, SHOP, "2026-11-24", |day| day.open_breaks() == 1).await;
    assert!(!day.unfinished && day.compared_again_on.is_none(), "{day:?}");
    let late = open_breaks(&world).await.into_iter().find(|found| found.date == today()).unwrap();
    assert_eq!((late.class, late.subject.as_str()), (BreakClass::Conflicting, serial_of(&payment)));
    assert_eq!((late.difference, alarmed().await), (Yen::new(58_000), 1));
    assert_eq!(state(&world, &payment).await, State::Refunded);
    assert_eq!(world.findings().await, ["hub-missing"], "what the collector alone has");
}

async fn a_refund_is_proved_and_audited(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let (payment, kept, found) = lost(&world).await;
    gateway.resolve_break(found, Ending::Refunded, &eyes(NOTE)).await.unwrap();
    compared(&world, SHOP).await;
    let text = gateway.proof(payment.facts.id).await.unwrap().unwrap().write().unwrap();
    let bundle = ProofBundle::read(&text).unwrap();
    let report = verify(&bundle, Some(&gateway.public_keys()));
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!((bundle.proof.state, bundle.proof.transfers.len()), (State::Refunded, 6));
    assert!(bundle.proof.open.is_empty(), "{:?}", bundle.proof.open);
    let lines =
        |mark| report.lines.iter().filter(move |line| line.mark == mark).map(|line| line.text.as_str());
    assert!(lines(Mark::Noted).any(|line| line.contains("paid back by staff:7 and staff:8")), "{report:#?}");
    assert!(
        lines(Mark::Verified).any(|line| line.contains("posted once and given back once")),
        "{report:#?}"
    );
    assert!(!text.contains("田中様"), "what staff note is for the bank alone");

    // what the code would never write is found: one person alone cannot even be written
    let row = "INSERT INTO refund (payment, break_id, at_us, actor, checked_by, reversal)
               VALUES ($1, $2, 0, 'staff:7', 'staff:7', $3)";
    let (id, reversal) = (kept.facts.id.uuid(), TransferId::generate().uuid());
    assert!(execute!(world.test.database, row, id, found.uuid(), reversal).is_err());
    world.assert_clean().await;
    database::testing::drop_triggers(&world.test.database).await;
    execute!(world.test.database, "UPDATE refund SET checked_by = 'staff:9'").unwrap();
    assert_eq!(world.findings().await, ["payment-refund"]);
    execute!(world.test.database, "UPDATE refund SET checked_by = 'staff:8'").unwrap();
    let (own, other) = (payment.facts.id.to_string(), kept.facts.id.to_string());
    let (named, stranger) = (found.to_string(), BreakId::generate().to_string());
    let nothing_there = ("\"collector\":[]", "\"collector\":[{\"status\":\"cleared\",\"amount\":1}]");
    let facts = "UPDATE reconciliation_break SET facts = replace(facts, $1, $2)";
    let refunds = "UPDATE event SET body = replace(body, $1, $2) WHERE kind = 'refunded'";
    let days = "UPDATE event SET body = replace(body, $1, $2) WHERE kind LIKE 'service_%'";
    for (sql, right, wrong) in [
        (facts, own.as_str(), other.as_str()),
        (facts, nothing_there.0, nothing_there.1),
        (facts, "\"state\":\"accepted\"", "\"state\":\"rejected\""),
        (refunds, &named, &stranger),
        (days, "\"state\":\"closed\"", "\"state\":\"pre_closed\""),
    ] {
        let finds = async || world.findings().await.contains(&"payment-refund");
        execute!(world.test.database, sql, right, wrong).unwrap();
        assert!(finds().await, "{sql}: {right} is {wrong}");
        execute!(world.test.database, sql, wrong, right).unwrap();
        assert!(!finds().await, "{sql}: {right} again");
    }
    let swapped = "UPDATE refund SET reversal = fee_reversal, fee_reversal = NULL";
    execute!(world.test.database, swapped).unwrap();
    assert!(world.findings().await.contains(&"payment-refund"));
    execute!(world.test.database, "DELETE FROM refund").unwrap();
    assert!(world.findings().await.contains(&"payment-refund"));
}
