//! The payer confirms: what is held, and what is refused without a debit.

use std::time::Duration;

use database::testing::TestDatabase;
use database::{Tx, execute, on_both};
use domain::payment::State;
use domain::{AccountId, ContractId, PaymentId, Timestamp, UserId, Yen};
use gateway::{Guard, GuardKind, HistoryQuery, InquiryError, PayError, Payer, Payment, PaymentOrder, chart};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{Hub, PENSION, SHOP, TAX, TYPED, WITH_FEE, World, decoded, limits, settings};

on_both!(
    a_payment_goes_all_the_way,
    the_account_must_cover_amount_and_fee,
    one_order_confirmed_ten_times_is_one_payment,
    an_id_belongs_to_one_order,
    an_order_must_be_what_the_inquiry_found,
    an_inquiry_can_be_paid_for_fifteen_minutes,
    nothing_is_asked_or_paid_while_the_collector_is_closed,
    payments_to_a_collector_rest_from_midnight_to_midnight_in_every_process,
    what_was_sent_goes_on_while_payments_rest_and_what_was_not_comes_back,
    a_closed_account_cannot_pay,
    a_one_time_password_pays_once,
    a_payer_who_goes_away_stops_nothing,
    history_shows_the_contracts_own_newest_first,
);

async fn a_payment_goes_all_the_way(test: TestDatabase) {
    let world = World::new(test).await;
    let inquiry = world.inquire(TAX).await;
    let order = world.order(&inquiry);
    let payment = world.hub.gateway.pay(order.clone()).await.unwrap();

    assert_eq!(payment.state, State::Accepted);
    assert_eq!(payment.facts.amount, Yen::new(215_000));
    assert_eq!(payment.facts.receipt_date.to_string(), "2026-11-24");
    assert!(payment.facts.receipt_number.starts_with("20261124-"));
    assert!(payment.reference.is_some());
    assert_eq!(payment.provisional, None);
    let balance = world.balance().await;
    assert_eq!((balance.balance.get(), balance.held.get()), (785_000, 0));
    let clearing = chart::clearing(&payment.facts.collector);
    assert_eq!(world.hub.ledger.internal_balance(clearing).await.unwrap(), Yen::new(215_000));
    assert_eq!(world.events(order.payment).await, ["held", "claimed", "accepted"]);
    let (deliveries, first_by, code) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str(), code.as_str()), (1, "Clearing", "0000"));
    // what was sent is kept as it went out, and the answer as it came
    let kept: Vec<Option<Vec<u8>>> = database::on!(world.test.database, |c| {
        sqlx::query_scalar("SELECT message FROM event ORDER BY seq").fetch_all(c).await.unwrap()
    });
    let received = world.network.last_request("00200").await;
    assert_eq!(decoded(&received).body.name(), "Clearing");
    assert_eq!(kept[..2], [None, Some(received)]);
    assert_eq!(decoded(kept[2].as_ref().unwrap()).body.name(), "ClearingAnswer");
    // the same again is the same payment
    assert_eq!(world.hub.gateway.pay(order).await.unwrap(), payment);
    assert_eq!(world.balance().await, balance);
    world.assert_clean().await;
}

async fn the_account_must_cover_amount_and_fee(test: TestDatabase) {
    let mut world = World::new(test).await;
    world.account = AccountId::new(2_000);
    world.open_account(world.account, 58_109).await;
    let order = world.order(&world.inquire(WITH_FEE).await);

    let refused = world.hub.gateway.pay(order.clone()).await.unwrap_err();
    assert!(
        matches!(refused, PayError::InsufficientFunds { available } if available == Yen::new(58_109)),
        "{refused}"
    );
    let left = world.balance().await;
    assert_eq!((left.balance.get(), left.held.get()), (58_109, 0));
    assert!(world.network.clearings().await.is_empty());
    assert_eq!(world.hub.gateway.payment(world.payer.contract, order.payment).await.unwrap(), None);

    // one yen more, and the same review goes through
    world.put(world.account, 1).await;
    let payment = world.hub.gateway.pay(order).await.unwrap();
    assert_eq!(payment.state, State::Accepted);
    assert_eq!(world.balance().await.balance, Yen::ZERO);
    let fees = chart::fee(&payment.facts.collector);
    assert_eq!(world.hub.ledger.internal_balance(fees).await.unwrap(), Yen::new(110));
    world.assert_clean().await;
}

async fn one_order_confirmed_ten_times_is_one_payment(test: TestDatabase) {
    let world = World::new(test).await;
    let order = world.order(&world.inquire(TAX).await);
    let clicks: Vec<_> = (0..10)
        .map(|_| {
            let (gateway, order) = (world.hub.gateway.clone(), order.clone());
            tokio::spawn(async move { gateway.pay(order).await })
        })
        .collect();
    let mut receipts = Vec::new();
    for click in clicks {
        receipts.push(click.await.unwrap().unwrap().facts.receipt_number);
    }
    receipts.dedup();
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    let payment = world.reaches(order.payment, State::Accepted).await;
    assert_eq!(world.balance().await.balance, Yen::new(785_000));
    assert_eq!(world.network.record(&payment).await.unwrap().0, 1);
    assert_eq!(world.network.clearings().await.len(), 1);
    world.assert_clean().await;
}

async fn an_id_belongs_to_one_order(test: TestDatabase) {
    let world = World::new(test).await;
    let order = world.order(&world.inquire(TAX).await);
    world.hub.gateway.pay(order.clone()).await.unwrap();

    let other_bill = world.order(&world.inquire(SHOP).await);
    let stranger = Payer { contract: ContractId::generate(), user: UserId::generate() };
    let strangers = world.order(&world.ask(stranger, SHOP).await.unwrap());
    let colleague = Payer { user: UserId::generate(), ..world.payer };
    let others = [
        ("another bill", PaymentOrder { payment: order.payment, ..other_bill }),
        ("another account", PaymentOrder { account: AccountId::new(5), ..order.clone() }),
        ("another amount", PaymentOrder { amount: Yen::new(1), ..order.clone() }),
        ("another person", PaymentOrder { payer: colleague, ..order.clone() }),
        ("another contract", PaymentOrder { payment: order.payment, ..strangers }),
    ];
    for (what, other) in others {
        let contract = other.payer.contract;
        let refused = world.hub.gateway.pay(other).await.unwrap_err();
        assert!(matches!(refused, PayError::DifferentOrder), "{what}: {refused}");
        let shown = world.hub.gateway.payment(contract, order.payment).await.unwrap();
        assert_eq!(shown.is_some(), contract == world.payer.contract, "{what}");
    }
    assert_eq!(world.balance().await.balance, Yen::new(785_000));
    assert_eq!(world.network.clearings().await.len(), 1);
    world.assert_clean().await;
}

async fn an_order_must_be_what_the_inquiry_found(test: TestDatabase) {
    let world = World::new(test).await;
    let order = world.order(&world.inquire(TAX).await);
    let other = world.inquire(SHOP).await;
    let stranger = Payer { contract: ContractId::generate(), user: UserId::generate() };
    let colleague = Payer { user: UserId::generate(), ..world.payer };
    let pay = |order| world.hub.gateway.pay(order);

    let wrong = PaymentOrder { bill: other.bills[0].id.clone(), ..order.clone() };
    assert!(matches!(pay(wrong).await, Err(PayError::BillNotInInquiry)));
    let wrong = PaymentOrder { amount: Yen::new(214_999), ..order.clone() };
    assert!(matches!(pay(wrong).await, Err(PayError::AmountChanged)));
    for payer in [stranger, colleague] {
        let wrong = PaymentOrder { payer, ..order.clone() };
        assert!(matches!(pay(wrong).await, Err(PayError::InquiryExpired)));
    }
    let wrong = PaymentOrder { account: AccountId::new(77), ..order.clone() };
    assert!(matches!(pay(wrong).await, Err(PayError::AccountClosed)));
    // none of it took the bill, or the id
    assert_eq!(pay(order).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

async fn an_inquiry_can_be_paid_for_fifteen_minutes(test: TestDatabase) {
    let world = World::new(test).await;
    let (early, late) = (world.order(&world.inquire(TAX).await), world.order(&world.inquire(SHOP).await));
    world.clock.advance_seconds(15 * 60 - 1);
    assert_eq!(world.hub.gateway.pay(early.clone()).await.unwrap().state, State::Accepted);
    world.clock.advance_seconds(1);
    assert!(matches!(world.hub.gateway.pay(late).await, Err(PayError::InquiryExpired)));
    // what was made is shown however old its inquiry is
    assert_eq!(world.hub.gateway.pay(early).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

async fn nothing_is_asked_or_paid_while_the_collector_is_closed(test: TestDatabase) {
    let world = World::new(test).await;
    let until = |text| Timestamp::parse_rfc3339(text).unwrap().seconds_since(world.clock.now());
    world.clock.advance_seconds(until("2026-11-24T23:59:00+09:00"));
    let order = world.order(&world.inquire(TAX).await);
    world.clock.advance_seconds(60);
    assert!(matches!(world.hub.gateway.pay(order).await, Err(PayError::Closed)));
    let asked = world.ask(world.payer, TAX).await.unwrap_err();
    assert!(matches!(asked, InquiryError::Closed), "{asked}");
    assert_eq!(world.balance().await.held, Yen::ZERO);
    world.clock.advance_seconds(until("2026-11-25T08:29:59+09:00"));
    assert!(matches!(world.ask(world.payer, TAX).await, Err(InquiryError::Closed)));
    world.clock.advance_seconds(1);
    assert_eq!(world.pay(TAX).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

/// What two people of the bank have set of a collector.
async fn set(world: &World, name: &str, from: &str, value: &str) {
    let sql = "INSERT INTO dated_setting (name, from_day, at_us, value, actor) VALUES ($1, $2, 1, $3, 'a')";
    execute!(world.test.database, sql, name, from, value).unwrap();
}

async fn payments_to_a_collector_rest_from_midnight_to_midnight_in_every_process(test: TestDatabase) {
    let world = World::new(test).await;
    let until = |text: &str| Timestamp::parse_rfc3339(text).unwrap().seconds_since(world.clock.now());
    let other = world.another_hub(&limits(), collectors::Directory::embedded()).await;
    set(&world, "collector/00500/suspension", "2026-11-25", "2026-11-25 システム更改のため").await;
    world.clock.advance_seconds(until("2026-11-24T23:59:59+09:00"));
    let order = world.order(&world.inquire(PENSION).await);
    world.clock.advance_seconds(1);
    for gateway in [&world.hub.gateway, &other.gateway] {
        let refused = gateway.pay(order.clone()).await.unwrap_err();
        let PayError::Suspended(of) = refused else { panic!("{refused}") };
        assert_eq!(
            (of.cause.as_str(), of.until.map(|day| day.to_string())),
            ("システム更改のため", Some("2026-11-25".to_owned()))
        );
    }
    let asked = world.ask(world.payer, PENSION).await.unwrap_err();
    assert!(matches!(asked, InquiryError::Suspended(_)), "{asked}");
    assert_eq!((world.balance().await.held, world.network.clearings().await.len()), (Yen::ZERO, 0));
    let why = world.hub.gateway.unavailable().await.unwrap();
    let pension = PENSION.collector.parse().unwrap();
    assert_eq!(why.get(&pension), Some(&gateway::service::Unavailable::Suspended));
    world.clock.advance_seconds(until("2026-11-25T23:59:59+09:00"));
    assert!(matches!(world.ask(world.payer, PENSION).await, Err(InquiryError::Suspended(_))));
    world.clock.advance_seconds(1);
    assert_eq!(world.pay(PENSION).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

async fn what_was_sent_goes_on_while_payments_rest_and_what_was_not_comes_back(test: TestDatabase) {
    let mut world = World::new(test).await;
    world.network.fault("00500", json!({"mode": "drop", "on": "clearing", "times": 2})).await;
    let sent = world.order(&world.inquire(PENSION).await);
    let never = world.order(&world.inquire(SHOP).await);
    world.hub.gateway.pay(sent.clone()).await.unwrap();
    set(&world, "collector/00500/suspension", "2026-11-24", "none 障害のため").await;
    assert!(matches!(world.ask(world.payer, PENSION).await, Err(InquiryError::Suspended(_))));
    world.reaches(sent.payment, State::Accepted).await;
    world.network.go_down().await;
    world.hub.gateway.pay(never.clone()).await.unwrap();
    set(&world, "collector/99022/suspension", "2026-11-24", "none 障害のため").await;
    world.reaches(never.payment, State::Voided).await;
    assert_eq!(world.balance().await.held, Yen::ZERO);
    world.network.come_up().await;
    world.assert_clean().await;
}

async fn a_closed_account_cannot_pay(test: TestDatabase) {
    let world = World::new(test).await;
    let order = world.order(&world.inquire(TAX).await);
    assert!(world.hub.ledger.close_account(world.account).await.unwrap());
    assert!(matches!(world.hub.gateway.pay(order).await, Err(PayError::AccountClosed)));
    assert!(world.network.clearings().await.is_empty());
    world.assert_clean().await;
}

async fn a_one_time_password_pays_once(test: TestDatabase) {
    let world = World::new(test).await;
    let code = || Guard::one_time_password("70010001", 29_000_000);
    assert_eq!(world.pay_with(TYPED, code()).await.unwrap().state, State::Accepted);
    let again = world.pay_with(TAX, code()).await.unwrap_err();
    assert!(matches!(again, PayError::GuardTaken(GuardKind::OneTimePassword)), "{again}");
    assert_eq!(world.balance().await.balance, Yen::new(997_000));
    // nothing of the refused order is left behind: the next code pays the bill
    let next = Guard::one_time_password("70010001", 29_000_001);
    assert_eq!(world.pay_with(TAX, next).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

async fn a_payer_who_goes_away_stops_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    for wait_ms in [0, 1, 2, 4, 8, 16] {
        let order = world.order(&world.inquire(TYPED).await);
        let (id, pay) = (order.payment, world.hub.gateway.pay(order));
        drop(tokio::time::timeout(Duration::from_millis(wait_ms), pay).await);
        // what was submitted is committed by now, or after the one before it
        tokio::time::sleep(Duration::from_millis(100)).await;
        if world.hub.gateway.payment(world.payer.contract, id).await.unwrap().is_some() {
            let payment = world.reaches(id, State::Accepted).await;
            assert_eq!(world.events(id).await, ["held", "claimed", "accepted"], "after {wait_ms} ms");
            assert_eq!(world.network.record(&payment).await.unwrap().0, 1);
        }
    }
    world.assert_clean().await;
}

async fn history_shows_the_contracts_own_newest_first(test: TestDatabase) {
    let world = World::new(test).await;
    let mut paid: Vec<PaymentId> = Vec::new();
    for slip in [TAX, PENSION, SHOP] {
        world.clock.advance_seconds(1);
        paid.push(world.pay(slip).await.unwrap().facts.id);
    }
    paid.reverse();
    let query = HistoryQuery::all(world.payer.contract, vec![world.account], Timestamp::default(), 2);
    let ids = |page: &gateway::HistoryPage| page.payments.iter().map(|p| p.facts.id).collect::<Vec<_>>();
    let first = world.hub.gateway.history(&query).await.unwrap();
    assert_eq!((ids(&first), first.more), (paid[..2].to_vec(), true));
    let last = &first.payments[1].facts;
    let next = HistoryQuery { before: Some((last.held_at, last.id)), ..query.clone() };
    let second = world.hub.gateway.history(&next).await.unwrap();
    assert_eq!((ids(&second), second.more), (paid[2..].to_vec(), false));
    let of_shop = HistoryQuery { collector: Some("99022".parse().unwrap()), ..query.clone() };
    assert_eq!(ids(&world.hub.gateway.history(&of_shop).await.unwrap()), paid[..1]);
    let since = first.payments[0].facts.held_at;
    let until = Some(since);
    let state = first.payments[0].state;
    let elsewhere: Vec<_> = State::ALL.iter().copied().filter(|one| *one != state).collect();
    let user = Some(world.payer.user);
    for (narrow, count) in [
        (HistoryQuery { since, ..query.clone() }, 1),
        (HistoryQuery { until, limit: 9, ..query.clone() }, 2),
        (HistoryQuery { user, limit: 9, ..query.clone() }, 3),
        (HistoryQuery { user: Some(UserId::generate()), ..query.clone() }, 0),
        (HistoryQuery { states: vec![state], limit: 9, ..query.clone() }, 3),
        (HistoryQuery { states: elsewhere, ..query.clone() }, 0),
    ] {
        assert_eq!(world.hub.gateway.history(&narrow).await.unwrap().payments.len(), count, "{narrow:?}");
    }
    for other in [
        HistoryQuery { contract: ContractId::generate(), ..query.clone() },
        HistoryQuery { accounts: vec![AccountId::new(5)], ..query.clone() },
        HistoryQuery { accounts: Vec::new(), ..query.clone() },
    ] {
        assert!(world.hub.gateway.history(&other).await.unwrap().payments.is_empty());
    }
}

/// Only PostgreSQL lets a test hold up one statement and not another.
async fn locked(world: &World, table: &str) -> Tx {
    let mut tx = world.test.database.begin().await.unwrap();
    execute!(tx, sqlx::AssertSqlSafe(format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))).unwrap();
    tx
}

fn click(hub: &Hub, order: &PaymentOrder) -> JoinHandle<Result<Payment, PayError>> {
    let (gateway, order) = (hub.gateway.clone(), order.clone());
    tokio::spawn(async move { gateway.pay(order).await })
}

async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_click_is_not_refused_while_the_first_waits_for_its_commit() {
    let world = World::new(database::testing::postgres().await).await;
    let order = world.order(&world.inquire(TAX).await);
    let outbox = locked(&world, "outbox").await;
    let first = click(&world.hub, &order);
    a_moment().await;
    // the inquiry is too old for a new payment
    world.clock.advance_seconds(15 * 60);
    let second = click(&world.hub, &order);
    a_moment().await;
    assert!(!second.is_finished());
    outbox.rollback().await.unwrap();
    let first = first.await.unwrap().unwrap();
    assert_eq!(second.await.unwrap().unwrap().facts, first.facts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_held_meanwhile_is_not_said_to_be_refused() {
    let world = World::new(database::testing::postgres().await).await;
    let database = world.test.database.clone();
    let other = Hub::open(database, &world.clock, &world.network, settings(), &limits()).await;
    let order = world.order(&world.inquire(TAX).await);
    // the first click waits in the middle of its commit
    let outbox = locked(&world, "outbox").await;
    let first = click(&world.hub, &order);
    a_moment().await;
    // the second one, in another process, has looked for a payment of this id and found none; it waits for the inquiry
    let inquiry = locked(&world, "inquiry").await;
    let second = click(&other, &order);
    a_moment().await;
    outbox.rollback().await.unwrap();
    let first = first.await.unwrap().unwrap();
    assert_eq!(first.state, State::Accepted);
    // midnight: the collector is closed
    world.clock.advance_seconds(14 * 60 * 60);
    inquiry.rollback().await.unwrap();
    assert_eq!(second.await.unwrap().unwrap(), first, "and not that nothing was debited");
    world.assert_clean().await;
}
