//! Payments at the counter, and their cancellation on the same day.

use collectors::protocol::{Body as Message, Channel};
use database::testing::{TestDatabase, drop_triggers};
use database::{execute, on_both, read};
use domain::payment::{Cancellation, Event, State};
use domain::{PaymentId, ResponseCode, Timestamp, Yen};
use gateway::operations::{CounterOrder, NotNow};
use gateway::service::{CloseOptions, ServiceDay, ServiceError, ServiceState};
use gateway::{
    AlarmKind, AlarmQuery, FourEyes, Inquiry, InquiryRequest, OperationError, Operator, PayError, Payer,
    Payment, PaymentOrder, Settings, Word, chart,
};
use serde_json::json;

use crate::support::{Hub, PENSION, PURPOSE, SHOP, Slip, TYPED, WITH_FEE, World, decoded, limits, settings};

on_both!(
    cash_pays_a_bill_at_the_counter,
    cash_pays_at_the_counter_only,
    a_cancelled_payment_gives_the_cash_back_and_the_bill_is_free,
    a_bill_that_may_be_paid_again_keeps_its_guard,
    a_payment_in_internet_banking_is_never_cancelled,
    only_today_and_while_the_day_is_open,
    a_day_with_cancellations_closes_and_ties_out,
    an_answer_to_a_cancellation_that_is_lost_is_asked_for_again,
    a_refused_cancellation_leaves_the_payment_and_tells_people,
    a_cancellation_that_cannot_be_sent_is_given_up,
    what_is_not_resent_any_more_is_resent_or_decided_by_people,
    a_confirmation_after_the_word_is_an_incident,
    tampering_with_cancellations_is_found,
);

fn teller() -> Operator {
    Operator::staff("teller")
}

fn eyes() -> FourEyes {
    let (maker, checker) = (Operator::staff("1"), Operator::staff("2"));
    FourEyes { maker, checker, reason: "収納機関に電話で確認".to_owned() }
}

/// The amount at the counter, credits less debits: what was paid out of the cash is negative.
async fn cash(world: &World) -> Yen {
    world.hub.ledger.internal_balance(chart::COUNTER_CASH).await.unwrap()
}

pub async fn inquire(world: &World, slip: Slip) -> Inquiry {
    let request = InquiryRequest {
        collector: slip.collector.parse().unwrap(),
        customer_number: slip.customer.parse().unwrap(),
        confirmation_number: slip.confirmation.parse().unwrap(),
        category: slip.category.map(|c| c.parse().unwrap()),
        amount: slip.amount.map(Yen::new),
    };
    world.hub.gateway.counter_inquiry(request, &teller()).await.unwrap()
}

pub fn order(inquiry: &Inquiry) -> CounterOrder {
    let bill = &inquiry.bills[0];
    CounterOrder {
        payment: PaymentId::generate(),
        inquiry: inquiry.id,
        bill: bill.id.clone(),
        amount: bill.amount,
    }
}

pub async fn pay(world: &World, slip: Slip) -> Payment {
    let order = order(&inquire(world, slip).await);
    world.hub.gateway.counter_payment(order, &teller()).await.unwrap()
}

async fn look(world: &World, id: PaymentId) -> Payment {
    world.hub.gateway.payment_for_operator(id).await.unwrap().unwrap()
}

pub async fn cancel(world: &World, id: PaymentId) -> Result<Payment, NotNow> {
    match world.hub.gateway.cancel(id, &teller()).await {
        Ok(payment) => Ok(payment),
        Err(OperationError::NotNow(reason)) => Err(reason),
        Err(other) => panic!("{other}"),
    }
}

/// Waits until the newest cancellation is in a state.
pub async fn reaches(world: &World, id: PaymentId, state: Cancellation) -> Payment {
    for _ in 0..1_500 {
        let payment = look(world, id).await;
        if payment.cancellation == Some(state) {
            return payment;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{:?} instead of {state}", look(world, id).await.cancellation);
}

async fn alarms(world: &World) -> Vec<(AlarmKind, String)> {
    let query = AlarmQuery { open_only: true, limit: 50, ..AlarmQuery::default() };
    let found = world.hub.gateway.alarms(&query).await.unwrap();
    found.into_iter().map(|a| (a.kind, a.subject)).collect()
}

async fn open_key(world: &World) -> String {
    world.hub.gateway.open_cancellations(None, None).await.unwrap().remove(0).key
}

/// Nothing is taken up but by an operator.
fn watched() -> Settings {
    Settings { poll_interval_ms: 3_600_000, resend_interval_s: 600, ..settings() }
}

async fn end_pauses(world: &World) {
    execute!(world.test.database, "UPDATE outbox SET lease_until_us = 0").unwrap();
}

async fn cash_pays_a_bill_at_the_counter(test: TestDatabase) {
    let world = World::new(test).await;
    let order = order(&inquire(&world, WITH_FEE).await);
    let payment = world.hub.gateway.counter_payment(order.clone(), &teller()).await.unwrap();
    assert_eq!(payment.state, State::Accepted);
    assert_eq!((payment.facts.channel, payment.facts.account), (Channel::Counter, chart::COUNTER_CASH));
    assert_eq!(cash(&world).await, Yen::new(-58_110), "amount and fee");
    let again = world.hub.gateway.counter_payment(order, &teller()).await.unwrap();
    assert_eq!(again, payment, "once for an id");
    let Message::Clearing(clearing) = decoded(&world.network.last_request("99022").await).body else {
        panic!("no clearing")
    };
    assert_eq!(clearing.channel, Channel::Counter);
    let log: Vec<(String, String)> = read!(world.test.database, |c| {
        let sql = "SELECT action, actor FROM audit WHERE actor = 'staff:teller' ORDER BY number";
        sqlx::query_as(sql).fetch_all(c).await.unwrap()
    });
    let actions: Vec<_> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["counter.inquire", "payeasy.pay"]);
    let events = world.hub.gateway.payment_events(payment.facts.id).await.unwrap();
    assert_eq!(events[0].body.by.as_deref(), Some("staff:teller"));
    // it belongs to no contract
    assert_eq!(world.hub.gateway.payment(world.payer.contract, payment.facts.id).await.unwrap(), None);
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000));
    world.assert_clean().await;
}

async fn cash_pays_at_the_counter_only(test: TestDatabase) {
    let world = World::new(test).await;
    // a payer in internet banking cannot reach the cash, and a teller no deposit
    let own = world.inquire(SHOP).await;
    let from_cash = PaymentOrder { account: chart::COUNTER_CASH, ..world.order(&own) };
    let at_counter = inquire(&world, SHOP).await;
    let from_deposit = PaymentOrder { payer: Payer::at_counter(), ..world.order(&at_counter) };
    for wrong in [from_cash, from_deposit] {
        let refused = world.hub.gateway.pay(wrong).await;
        assert!(matches!(refused, Err(PayError::AccountClosed)), "{refused:?}");
    }
    // nor is an inquiry of one good for the other
    let borrowed = CounterOrder { inquiry: own.id, ..order(&at_counter) };
    let refused = world.hub.gateway.counter_payment(borrowed, &teller()).await;
    assert!(matches!(refused, Err(PayError::InquiryExpired)), "{refused:?}");
    // the bill is one for both
    world.hub.gateway.counter_payment(order(&at_counter), &teller()).await.unwrap();
    let busy = world.hub.gateway.pay(world.order(&own)).await;
    assert!(matches!(busy, Err(PayError::BillBusy { .. })), "{busy:?}");
    world.assert_clean().await;
}

async fn a_cancelled_payment_gives_the_cash_back_and_the_bill_is_free(test: TestDatabase) {
    let world = World::new(test).await;
    let id = pay(&world, WITH_FEE).await.facts.id;
    let payment = cancel(&world, id).await.unwrap();
    assert_eq!((payment.state, payment.cancellation), (State::Cancelled, Some(Cancellation::Confirmed)));
    assert_eq!(cash(&world).await, Yen::ZERO);
    let kinds: Vec<_> =
        world.hub.gateway.payment_events(id).await.unwrap().into_iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds[2..],
        [Event::Accepted, Event::CancellationRequested, Event::CancellationClaimed, Event::Cancelled]
    );
    let Message::Cancellation(sent) = decoded(&world.network.last_request("99022").await).body else {
        panic!("no cancellation")
    };
    let named = format!("MPN9999/{}/{}", sent.clearing_date, sent.clearing_serial);
    assert_eq!((named, sent.channel), (payment.facts.message_key.clone(), Channel::Counter));
    let recorded = world.network.cancellations("99022").await;
    assert_eq!(
        (recorded.len(), recorded[0]["clearing"].as_str()),
        (1, Some(payment.facts.message_key.as_str()))
    );
    assert_eq!(world.hub.gateway.open_cancellations(None, None).await.unwrap(), []);
    assert_eq!(cancel(&world, id).await, Err(NotNow::NotAccepted(State::Cancelled)));
    world.assert_clean().await;
    let paid_again = pay(&world, WITH_FEE).await;
    assert_eq!(paid_again.state, State::Accepted);
    assert_eq!(cash(&world).await, Yen::new(-58_110));
    world.assert_clean().await;
}

async fn a_bill_that_may_be_paid_again_keeps_its_guard(test: TestDatabase) {
    let world = World::new(test).await;
    for (slip, paid) in [(TYPED, -3_000), (PURPOSE, -6_000)] {
        let early = inquire(&world, slip).await;
        let id = pay(&world, slip).await.facts.id;
        assert_eq!(cancel(&world, id).await.unwrap().state, State::Cancelled);
        world.assert_clean().await;
        // what was inquired before the acceptance rests on an old count
        let old = world.hub.gateway.counter_payment(order(&early), &teller()).await;
        assert!(matches!(old, Err(PayError::BillBusy { other }) if other == id), "{old:?}");
        assert_eq!(pay(&world, slip).await.state, State::Accepted);
        assert_eq!(cash(&world).await, Yen::new(paid));
        world.assert_clean().await;
    }
}

/// Proves R107.
async fn a_payment_in_internet_banking_is_never_cancelled(test: TestDatabase) {
    let world = World::new(test).await;
    let paid = world.pay(SHOP).await.unwrap();
    assert_eq!((paid.state, paid.facts.channel), (State::Accepted, Channel::InternetBanking));
    assert_eq!(cancel(&world, paid.facts.id).await, Err(NotNow::NotFromCounter));
    for word in [Word::Cancelled, Word::NotCancelled] {
        let refused = world.hub.gateway.decide(paid.facts.id, word, 1, &eyes()).await.unwrap_err();
        assert_eq!(refused.code(), "not_unknown");
    }
    assert_eq!(world.events(paid.facts.id).await, ["held", "claimed", "accepted"]);
    assert!(world.network.cancellations("99022").await.is_empty());
    let nobody = world.hub.gateway.cancel(PaymentId::generate(), &teller()).await;
    assert!(matches!(nobody, Err(OperationError::NotFound)), "{nobody:?}");
    world.assert_clean().await;
}

async fn only_today_and_while_the_day_is_open(test: TestDatabase) {
    let world = World::new(test).await;
    let last_second = Timestamp::parse_rfc3339("2026-11-24T23:59:59+09:00").unwrap();
    let (first, second) = (pay(&world, SHOP).await.facts.id, pay(&world, PENSION).await.facts.id);
    world.clock.advance_seconds(last_second.seconds_since(world.clock.now()));
    assert_eq!(cancel(&world, first).await.unwrap().state, State::Cancelled, "at 23:59:59");
    world.clock.advance_seconds(1);
    assert_eq!(cancel(&world, second).await, Err(NotNow::DayOver), "at 00:00:00");
    assert_eq!(world.network.cancellations("00500").await.len(), 0);
    world.assert_clean().await;

    // before the end of the day, but after the collector's close of it
    world.clock.advance_seconds(10 * 3_600);
    let third = pay(&world, WITH_FEE).await;
    close(&world, &third).await.unwrap();
    assert_eq!(cancel(&world, third.facts.id).await, Err(NotNow::CollectorClosed));
    world.assert_clean().await;
}

async fn close(world: &World, payment: &Payment) -> Result<ServiceDay, ServiceError> {
    let facts = &payment.facts;
    let (options, system) = (CloseOptions::default(), Operator::system());
    world.hub.gateway.close_service(&facts.collector, facts.receipt_date, options, &system).await
}

async fn a_day_with_cancellations_closes_and_ties_out(test: TestDatabase) {
    let world = World::new(test).await;
    let (first, second) = (pay(&world, WITH_FEE).await, pay(&world, SHOP).await);
    assert_eq!(cancel(&world, first.facts.id).await.unwrap().state, State::Cancelled);
    world.network.fault("99022", json!({"mode": "lose", "on": "any"})).await;
    let open = cancel(&world, second.facts.id).await.unwrap();
    assert!(open.cancellation.is_some_and(Cancellation::is_open));
    let blocked = close(&world, &second).await;
    assert!(matches!(blocked, Err(ServiceError::Blocked { count: 1, .. })), "{blocked:?}");
    world.network.fault("99022", json!({"mode": "refuse", "code": "B202", "on": "any", "times": 1})).await;
    assert_eq!(reaches(&world, second.facts.id, Cancellation::Refused).await.state, State::Accepted);
    let day = close(&world, &second).await.unwrap();
    assert_eq!(day.state, ServiceState::Closed);
    let facts = &second.facts;
    let operator = Operator::system();
    let run = world.hub.gateway.reconcile(&facts.collector, facts.receipt_date, &operator).await.unwrap();
    assert!(run.summary.ties_out(), "{:?}", run.summary);
    assert_eq!((run.summary.matched, run.summary.open_breaks), (2, 0));
    let counters = run.summary.totals.hub;
    assert_eq!((counters.cleared.count, counters.cancelled.count), (2, 1));
    assert_eq!(counters.cancelled.amount, Yen::new(58_000));
    world.assert_clean().await;
}

async fn an_answer_to_a_cancellation_that_is_lost_is_asked_for_again(test: TestDatabase) {
    let world = World::with(test, watched(), &limits()).await;
    let id = pay(&world, WITH_FEE).await.facts.id;
    world.network.fault("99022", json!({"mode": "drop", "on": "any", "times": 1})).await;
    let unknown = cancel(&world, id).await.unwrap();
    assert_eq!((unknown.state, unknown.cancellation), (State::Accepted, Some(Cancellation::Unknown)));
    assert_eq!(cash(&world).await, Yen::new(-58_110), "nothing goes back before it is known");
    assert_eq!(cancel(&world, id).await, Err(NotNow::CancellationOpen));
    let open = world.hub.gateway.open_cancellations(None, None).await.unwrap();
    assert_eq!((open.len(), open[0].state, open[0].deliveries), (1, Cancellation::Unknown, 1));
    assert_eq!(open[0].requested.1, teller());
    assert!((590..=600).contains(&open[0].resend_wait_s) && open[0].not_cancelled_wait_s > 300);
    let found = async |collector: &str, date| {
        let collector = collector.parse().unwrap();
        world.hub.gateway.open_cancellations(Some(&collector), Some(date)).await.unwrap().len()
    };
    let today = world.clock.now().date();
    assert_eq!(found("99022", today).await, 1);
    assert_eq!((found("00200", today).await, found("99022", today.succ_opt().unwrap()).await), (0, 0));
    // the bill is neither free nor paid a second time
    let busy = world.hub.gateway.counter_payment(order(&inquire(&world, WITH_FEE).await), &teller()).await;
    assert!(matches!(busy, Err(PayError::BillBusy { other }) if other == id), "{busy:?}");
    world.assert_clean().await;

    end_pauses(&world).await;
    // another process takes the open work up
    let hub =
        Hub::open(world.test.reopened().await, &world.clock, &world.network, settings(), &limits()).await;
    let payment = reaches(&world, id, Cancellation::Confirmed).await;
    drop(hub);
    assert_eq!((payment.state, cash(&world).await), (State::Cancelled, Yen::ZERO));
    let recorded = world.network.cancellations("99022").await;
    assert_eq!(recorded.len(), 1);
    let how = (recorded[0]["deliveries"].as_i64(), recorded[0]["first_by"].as_str());
    assert_eq!(how, (Some(2), Some("Cancellation")));
    let Message::ResendConfirmation(repeat) = decoded(&world.network.last_request("99022").await).body else {
        panic!("no resend confirmation")
    };
    let stored: Vec<u8> = read!(world.test.database, |c| {
        let sql = "SELECT message FROM event WHERE kind = 'cancellation_claimed' AND message IS NOT NULL";
        sqlx::query_scalar(sql).fetch_one(c).await.unwrap()
    });
    assert_eq!(repeat.original, stored, "the bytes of the request");
    world.assert_clean().await;
}

async fn a_refused_cancellation_leaves_the_payment_and_tells_people(test: TestDatabase) {
    let world = World::new(test).await;
    let id = pay(&world, SHOP).await.facts.id;
    world.network.fault("99022", json!({"mode": "refuse", "code": "B202", "on": "any", "times": 1})).await;
    let payment = cancel(&world, id).await.unwrap();
    assert_eq!((payment.state, payment.cancellation), (State::Accepted, Some(Cancellation::Refused)));
    assert_eq!(payment.code, Some(ResponseCode::Normal), "of the clearing");
    let events = world.hub.gateway.payment_events(id).await.unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.kind, last.body.code.as_deref()), (Event::CancellationRefused, Some("B202")));
    let key = last.body.key.clone().unwrap();
    assert_eq!(alarms(&world).await, [(AlarmKind::CancellationRefused, key.clone())]);
    assert_eq!(world.hub.gateway.search_payments(&key).await.unwrap(), [payment]);
    assert_eq!(cash(&world).await, Yen::new(-12_800));
    world.assert_clean().await;
    // a new one has a key of its own
    assert_eq!(cancel(&world, id).await.unwrap().state, State::Cancelled);
    assert_eq!(world.network.cancellations("99022").await.len(), 2);
    assert_eq!(cash(&world).await, Yen::ZERO);
    world.assert_clean().await;
}

async fn a_cancellation_that_cannot_be_sent_is_given_up(test: TestDatabase) {
    let mut world = World::with(test, settings(), &limits()).await;
    let id = pay(&world, SHOP).await.facts.id;
    world.network.go_down().await;
    let waits = cancel(&world, id).await.unwrap();
    assert!(waits.cancellation.is_some_and(Cancellation::is_open));
    let key = open_key(&world).await;
    world.clock.advance_seconds(120);
    let payment = reaches(&world, id, Cancellation::Withdrawn).await;
    assert_eq!((payment.state, cash(&world).await), (State::Accepted, Yen::new(-12_800)));
    assert_eq!(alarms(&world).await, [(AlarmKind::CancellationWithdrawn, key)]);
    world.network.come_up().await;
    world.assert_clean().await;
    assert_eq!(cancel(&world, id).await.unwrap().state, State::Cancelled);
    world.assert_clean().await;
}

async fn what_is_not_resent_any_more_is_resent_or_decided_by_people(test: TestDatabase) {
    let world = World::new(test).await;
    let (first, second) = (pay(&world, SHOP).await.facts.id, pay(&world, WITH_FEE).await.facts.id);
    world.network.fault("99022", json!({"mode": "lose", "on": "any"})).await;
    for id in [first, second] {
        assert!(cancel(&world, id).await.unwrap().cancellation.is_some_and(Cancellation::is_open));
    }
    let end = Timestamp::parse_rfc3339("2026-11-25T00:30:01+09:00").unwrap();
    world.clock.advance_seconds(end.seconds_since(world.clock.now()));
    for _ in 0..1_500 {
        if alarms(&world).await.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let kinds: Vec<_> = alarms(&world).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [AlarmKind::CancellationResendingOver; 2]);
    world.network.fault("99022", json!({})).await;
    // the collector knows nothing of it, and its day is over
    let refused = world.hub.gateway.resend(first, &teller()).await.unwrap();
    assert_eq!((refused.state, refused.cancellation), (State::Accepted, Some(Cancellation::Refused)));
    let deliveries = world.hub.gateway.unknown_cancellation(second).await.unwrap().unwrap().deliveries;
    let early = world.hub.gateway.decide(second, Word::NotCancelled, deliveries, &eyes()).await.unwrap_err();
    assert_eq!(early.code(), "too_soon");
    let other = world.hub.gateway.decide(second, Word::Cleared, 1, &eyes()).await.unwrap_err();
    assert_eq!(other.code(), "not_unknown", "the payment itself is known");
    execute!(world.test.database, "UPDATE outbox SET claimed_us = claimed_us - 396000000").unwrap();
    let decided = world.hub.gateway.decide(second, Word::NotCancelled, deliveries, &eyes()).await.unwrap();
    assert_eq!((decided.state, decided.cancellation), (State::Accepted, Some(Cancellation::Refused)));
    assert_eq!(cash(&world).await, Yen::new(-12_800 - 58_110));
    world.assert_clean().await;
}

async fn a_confirmation_after_the_word_is_an_incident(test: TestDatabase) {
    let world = World::with(test, watched(), &limits()).await;
    let id = pay(&world, SHOP).await.facts.id;
    world.network.fault("99022", json!({"mode": "lose", "on": "any", "times": 1})).await;
    assert_eq!(cancel(&world, id).await.unwrap().cancellation, Some(Cancellation::Unknown));
    end_pauses(&world).await;
    world.network.fault("99022", json!({"delay_ms": 3_000, "on": "any", "times": 1})).await;
    let gateway = world.hub.gateway.clone();
    tokio::spawn(async move { gateway.resend(id, &teller()).await });
    world.reaches_events(id, 7).await;
    end_pauses(&world).await;
    execute!(world.test.database, "UPDATE outbox SET claimed_us = claimed_us - 396000000").unwrap();
    // the collector was asked before the repeat
    let before = world.hub.gateway.decide(id, Word::NotCancelled, 1, &eyes()).await.unwrap_err();
    assert_eq!(before.code(), "asked_again");
    let decided = world.hub.gateway.decide(id, Word::NotCancelled, 2, &eyes()).await.unwrap();
    assert_eq!(decided.cancellation, Some(Cancellation::Refused));
    world.reaches_events(id, 9).await;
    assert_eq!(world.events(id).await.last().unwrap(), "late_cancellation", "{:?}", world.events(id).await);
    assert_eq!(alarms(&world).await, [(AlarmKind::LateCancellation, id.to_string())]);
    assert_eq!(cash(&world).await, Yen::new(-12_800), "nothing is posted");
    assert_eq!(world.findings().await, ["collector-missing"], "for people to settle");
}

async fn tampering_with_cancellations_is_found(test: TestDatabase) {
    let world = World::with(test, watched(), &limits()).await;
    let (first, second) = (pay(&world, WITH_FEE).await.facts.id, pay(&world, SHOP).await.facts.id);
    assert_eq!(cancel(&world, first).await.unwrap().state, State::Cancelled);
    world.network.fault("99022", json!({"mode": "drop", "on": "any", "times": 1})).await;
    assert_eq!(cancel(&world, second).await.unwrap().cancellation, Some(Cancellation::Unknown));
    world.assert_clean().await;
    drop_triggers(&world.test.database).await;
    #[rustfmt::skip]
    let tampers: &[(&str, &str, &str)] = &[
        ("cancellation", "DELETE FROM cancellation", "payment-cancellation outbox-payment"),
        ("payment", "UPDATE payment SET channel = 'internet_banking'", "payment-channel cancellation-payment"),
        ("payment", "UPDATE payment SET account = 1001", "payment-channel cancellation-reversal"),
        ("transfer", "DELETE FROM transfer WHERE kind = 0 AND memo LIKE '%手数料 取消'", "cancellation-reversal"),
        ("transfer", "DELETE FROM transfer WHERE kind = 0 AND memo LIKE '%取消'", "payment-cancellation"),
        ("transfer", "UPDATE transfer SET amount = amount + 1 WHERE kind = 0", "cancellation-reversal"),
        ("outbox", "DELETE FROM outbox", "payment-cancellation"),
        ("guard", "UPDATE guard SET key = key || 'x' WHERE key LIKE 'bill|%'", "payment-guard"),
    ];
    for (table, tamper, expected) in tampers {
        let run = async |sql: String| {
            execute!(world.test.database, sqlx::AssertSqlSafe(sql)).unwrap();
        };
        run(format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
        run((*tamper).to_owned()).await;
        let found = world.findings().await;
        for check in expected.split(' ') {
            assert!(found.contains(&check), "{tamper}: {check} is not in {found:?}");
        }
        run(format!("DELETE FROM {table}")).await;
        run(format!("INSERT INTO {table} SELECT * FROM kept")).await;
        run("DROP TABLE kept".to_owned()).await;
    }
    world.assert_clean().await;
}
