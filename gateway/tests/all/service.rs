//! The days of the collectors: opened, pre-closed and closed on a schedule and by hand, against the mocks.

use std::time::Duration;

use database::on_both;
use database::read;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{CollectorNumber, Date, Timestamp, Yen};
use gateway::service::{Carry, CloseOptions, ServiceDay, ServiceError, ServiceState};
use gateway::{InquiryError, Operator, PayError, Settings};
use serde_json::json;

use crate::support::{Hub, PENSION, SHOP, Slip, TAX, WITH_FEE, World, limits, settings};

on_both!(
    a_day_is_opened_pre_closed_and_closed_by_hand,
    a_payment_without_an_outcome_blocks_the_close_unless_it_is_carried,
    nothing_new_is_sent_once_a_close_has_begun,
    a_close_that_was_not_answered_is_closed_to_payers_and_goes_on,
    the_schedule_keeps_the_day_of_every_collector,
    days_without_a_process_are_closed_and_compared_later,
    a_collector_that_does_not_answer_is_told_again,
    the_status_shows_what_is_open_and_what_is_unknown,
    a_close_amid_payments_counts_every_one_of_them,
);

/// A day of every collector has several exchanges, on a machine that may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);
const CARRY: CloseOptions = CloseOptions { carry_forward: Some(Carry::ANY), open_breaks: 0 };

pub fn staff() -> Operator {
    Operator::staff(7)
}

pub fn number(slip: Slip) -> CollectorNumber {
    slip.collector.parse().unwrap()
}

pub fn today() -> Date {
    "2026-11-24".parse().unwrap()
}

pub fn keeping() -> Settings {
    Settings { keeps_days: true, ..settings() }
}

/// Moves the frozen clock of a world on to an instant in Japan.
pub fn move_to(world: &World, time: &str) {
    let then = Timestamp::parse_rfc3339(&format!("{time}+09:00")).unwrap();
    world.clock.advance_seconds(then.seconds_since(world.clock.now()));
}

async fn day(world: &World, slip: Slip, date: &str) -> ServiceDay {
    let date = date.parse().unwrap();
    world.hub.gateway.service_day(&number(slip), date).await.unwrap().unwrap()
}

/// Waits until a day is as wanted.
pub async fn until(
    world: &World,
    slip: Slip,
    date: &str,
    wanted: impl Fn(&ServiceDay) -> bool,
) -> ServiceDay {
    let date = date.parse().unwrap();
    let waiting = async {
        loop {
            match world.hub.gateway.service_day(&number(slip), date).await.unwrap() {
                Some(day) if wanted(&day) => return day,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(day) => day,
        Err(_) => panic!("{:?}", world.hub.gateway.service_day(&number(slip), date).await),
    }
}

fn is(state: ServiceState) -> impl Fn(&ServiceDay) -> bool {
    move |day| day.state == state
}

fn compared(day: &ServiceDay) -> bool {
    day.state == ServiceState::Closed && day.reconciliation.as_ref().is_some_and(|r| r.after_close)
}

/// Who did what, in order.
async fn audited(world: &World, action: &str) -> Vec<(String, String)> {
    read!(world.test.database, |c| {
        sqlx::query_as("SELECT actor, subject FROM audit WHERE action = $1 ORDER BY at_us, number")
            .bind(action)
            .fetch_all(c)
            .await
    })
    .unwrap()
}

async fn a_day_is_opened_pre_closed_and_closed_by_hand(test: TestDatabase) {
    let world = World::new(test).await;
    let (gateway, tax, staff) = (&world.hub.gateway, number(TAX), staff());
    let opened = gateway.open_service(&tax, today(), &staff).await.unwrap();
    assert_eq!((opened.state, opened.opened_at), (ServiceState::Open, Some(world.clock.now())));
    assert_eq!(gateway.open_service(&tax, today(), &staff).await.unwrap().state, ServiceState::Open);
    let inquired = world.inquire(TAX).await;

    let pre_closed = gateway.pre_close_service(&tax, today(), &staff).await.unwrap();
    assert_eq!(pre_closed.state, ServiceState::PreClosed);
    let refused = world.ask(world.payer, TAX).await;
    assert!(matches!(refused, Err(InquiryError::Closed)), "{refused:?}");
    let paid = gateway.pay(world.order(&inquired)).await.unwrap();
    assert_eq!(paid.state, State::Accepted, "what was inquired about may still be paid");
    let again = gateway.open_service(&tax, today(), &staff).await;
    assert!(matches!(again, Err(ServiceError::NotNow(ServiceState::PreClosed))), "{again:?}");

    let closed = gateway.close_service(&tax, today(), CloseOptions::default(), &staff).await.unwrap();
    let counters = closed.close_counters.unwrap();
    assert_eq!(counters.hub, counters.collector);
    assert_eq!((counters.hub.cleared.count, counters.hub.cleared.amount), (1, Yen::new(215_000)));
    let refused = gateway.pay(world.order(&inquired)).await;
    assert!(matches!(refused, Err(PayError::Closed)), "{refused:?}");
    assert!(matches!(world.ask(world.payer, TAX).await, Err(InquiryError::Closed)));
    assert!(world.ask(world.payer, PENSION).await.is_ok(), "another collector's day is another day");
    let again = gateway.close_service(&tax, today(), CloseOptions::default(), &staff).await.unwrap();
    assert_eq!(again, closed);
    let by = Some("staff:7");
    for who in [&closed.opened_by, &closed.pre_closed_by, &closed.closed_by] {
        assert_eq!(who.as_deref(), by);
    }

    let asked = gateway.ask_counters(&tax, today(), &staff).await.unwrap();
    assert_eq!(asked.collector, counters.collector);
    for action in
        ["service.open", "service.pre-close", "service.closing", "service.close", "service.counters"]
    {
        // what was done already is asked for on record too
        let times = if matches!(action, "service.open" | "service.close") { 2 } else { 1 };
        let expected = vec![("staff:7".to_owned(), "00200/2026-11-24".to_owned()); times];
        assert_eq!(audited(&world, action).await, expected, "{action}");
    }
    assert!(matches!(
        gateway.close_service(&tax, "2026-11-23".parse().unwrap(), CARRY, &staff).await,
        Err(ServiceError::NoSuchDay)
    ));
    for other in ["2026-11-23", "2026-11-25"] {
        let other = other.parse().unwrap();
        for refused in [
            gateway.open_service(&number(SHOP), other, &staff).await,
            gateway.pre_close_service(&number(SHOP), other, &staff).await,
        ] {
            assert!(matches!(refused, Err(ServiceError::NotToday(date)) if date == other), "{refused:?}");
        }
    }
    let link_only = "99028".parse().unwrap();
    assert!(matches!(
        gateway.open_service(&link_only, today(), &staff).await,
        Err(ServiceError::NotConnected | ServiceError::UnknownCollector)
    ));
    world.assert_clean().await;
}

async fn a_payment_without_an_outcome_blocks_the_close_unless_it_is_carried(test: TestDatabase) {
    let world = World::new(test).await;
    let (gateway, shop, staff) = (&world.hub.gateway, number(SHOP), staff());
    gateway.open_service(&shop, today(), &staff).await.unwrap();
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let unknown = world.pay(SHOP).await.unwrap();
    world.reaches(unknown.facts.id, State::Unknown).await;

    let blocked = gateway.close_service(&shop, today(), CloseOptions::default(), &staff).await;
    let Err(ServiceError::Blocked { items, count: 1 }) = blocked else { panic!("{blocked:?}") };
    assert_eq!(items[0].payment, unknown.facts.id);
    assert_eq!((items[0].state, items[0].amount), (State::Unknown, Yen::new(12_800)));
    let shown = day(&world, SHOP, "2026-11-24").await;
    assert!(!shown.closing && shown.state == ServiceState::Open, "nothing has changed: {shown:?}");
    assert_eq!(shown.trouble.unwrap().reason, "payments of the day without a known outcome: 1");

    // one item of 12,800 yen is more than named, by number or by amount
    for (items, amount) in [(0, 12_800), (1, 12_799)] {
        let carry_forward = Some(Carry { items, amount: Yen::new(amount) });
        let options = CloseOptions { carry_forward, open_breaks: 0 };
        let refused = gateway.close_service(&shop, today(), options, &staff).await;
        let Err(ServiceError::MoreOpen { count: 1, amount }) = refused else { panic!("{refused:?}") };
        assert_eq!(amount, Yen::new(12_800));
        let shown = day(&world, SHOP, "2026-11-24").await;
        assert!(!shown.closing && !shown.carried_forward, "nothing has changed: {shown:?}");
    }
    let carry_forward = Some(Carry { items: 1, amount: Yen::new(12_800) });
    let named = CloseOptions { carry_forward, open_breaks: 0 };
    let closed = gateway.close_service(&shop, today(), named, &staff).await.unwrap();
    assert!(closed.carried_forward);
    let counters = closed.close_counters.unwrap();
    assert_eq!((counters.hub.cleared.count, counters.collector.cleared.count), (0, 1));
    let made = gateway.reconcile(&shop, today(), &staff).await.unwrap();
    assert_eq!((made.summary.carried_forward, made.summary.missing_here), (1, 0));
    assert!(day(&world, SHOP, "2026-11-24").await.unfinished);

    world.network.fault("99022", json!({})).await;
    world.reaches(unknown.facts.id, State::Accepted).await;
    let made = gateway.reconcile(&shop, today(), &staff).await.unwrap();
    assert_eq!((made.summary.matched, made.summary.carried_forward), (1, 0));
    assert!(made.summary.ties_out());
    assert!(!day(&world, SHOP, "2026-11-24").await.unfinished);
    world.assert_clean().await;
}

async fn nothing_new_is_sent_once_a_close_has_begun(test: TestDatabase) {
    let mut world = World::new(test).await;
    let (shop, staff) = (number(SHOP), staff());
    let inquired = world.inquire(SHOP).await;
    world.network.go_down().await;
    let held = world.hub.gateway.pay(world.order(&inquired)).await.unwrap();
    assert_eq!(held.state, State::Held, "no byte has left");
    let blocked = world.hub.gateway.close_service(&shop, today(), CloseOptions::default(), &staff).await;
    assert!(matches!(blocked, Err(ServiceError::Blocked { count: 1, .. })), "{blocked:?}");
    // the collector does not hear of the close, but from here on nothing is sent
    let unanswered = world.hub.gateway.close_service(&shop, today(), CARRY, &staff).await;
    assert!(matches!(unanswered, Err(ServiceError::NoAnswer(_))), "{unanswered:?}");
    world.network.come_up().await;
    world.reaches(held.facts.id, State::Voided).await;
    assert_eq!(world.network.record(&held).await, None);
    let closed = world.hub.gateway.close_service(&shop, today(), CARRY, &staff).await.unwrap();
    assert_eq!(closed.state, ServiceState::Closed);
    world.assert_clean().await;
}

async fn a_close_that_was_not_answered_is_closed_to_payers_and_goes_on(test: TestDatabase) {
    let world = World::with(test, keeping(), &limits()).await;
    let (shop, staff) = (number(SHOP), staff());
    until(&world, SHOP, "2026-11-24", is(ServiceState::Open)).await;
    world.network.fault("99022", json!({"mode": "error500", "times": 1})).await;
    let options = CloseOptions::default();
    let unanswered = world.hub.gateway.close_service(&shop, today(), options, &staff).await;
    assert!(matches!(unanswered, Err(ServiceError::NoAnswer(_))), "{unanswered:?}");
    assert!(matches!(world.ask(world.payer, SHOP).await, Err(InquiryError::Closed)));
    let closed = until(&world, SHOP, "2026-11-24", compared).await;
    assert_eq!(closed.trouble, None);
    assert_eq!(audited(&world, "service.failed").await.len(), 1, "what a person does is in the log");
    assert_eq!(audited(&world, "service.close").await[0].0, "system");
}

async fn the_schedule_keeps_the_day_of_every_collector(test: TestDatabase) {
    let world = World::with(test, keeping(), &limits()).await;
    for slip in [TAX, PENSION, SHOP] {
        until(&world, slip, "2026-11-24", is(ServiceState::Open)).await;
    }
    let accepted = world.pay(WITH_FEE).await.unwrap();
    assert_eq!(accepted.state, State::Accepted);
    move_to(&world, "2026-11-24T23:55:00");
    until(&world, TAX, "2026-11-24", is(ServiceState::PreClosed)).await;
    assert!(matches!(world.ask(world.payer, TAX).await, Err(InquiryError::Closed)));
    assert_eq!(day(&world, SHOP, "2026-11-24").await.state, ServiceState::Open, "open day and night");

    move_to(&world, "2026-11-25T00:00:00");
    for slip in [TAX, PENSION, SHOP] {
        let closed = until(&world, slip, "2026-11-24", compared).await;
        let counters = closed.close_counters.unwrap();
        assert_eq!(counters.hub, counters.collector);
        let made = closed.reconciliation.unwrap();
        assert!(made.ties_out() && made.open_breaks == 0 && !closed.unfinished, "{made:?}");
    }
    let count = day(&world, SHOP, "2026-11-24").await.close_counters.unwrap().hub.cleared;
    assert_eq!((count.count, count.amount), (1, Yen::new(58_000)), "the fee is not counted");
    until(&world, SHOP, "2026-11-25", is(ServiceState::Open)).await;
    assert_eq!(until(&world, TAX, "2026-11-25", |_| true).await.state, ServiceState::Waiting);
    assert!(world.ask(world.payer, SHOP).await.is_ok(), "the new day is open");
    move_to(&world, "2026-11-25T08:30:00");
    until(&world, TAX, "2026-11-25", is(ServiceState::Open)).await;
    let days = world.hub.gateway.service_days("2026-11-25".parse().unwrap()).await.unwrap();
    let connected = world.hub.gateway.directory().all().iter().filter(|c| c.available).count();
    assert_eq!(days.len(), connected);
    world.assert_clean().await;
}

async fn days_without_a_process_are_closed_and_compared_later(test: TestDatabase) {
    let mut world = World::with(test, keeping(), &limits()).await;
    let paid = world.pay(SHOP).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    until(&world, SHOP, "2026-11-24", is(ServiceState::Open)).await;
    // no process from Tuesday to Sunday
    let database = world.test.reopened().await;
    world.hub.stop().await;
    move_to(&world, "2026-11-29T12:00:00");
    world.hub = Hub::open(database, &world.clock, &world.network, keeping(), &limits()).await;
    for slip in [TAX, SHOP] {
        for date in ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"] {
            let closed = until(&world, slip, date, compared).await;
            assert!(closed.reconciliation.is_some_and(|r| r.ties_out()), "{date}");
        }
    }
    assert_eq!(day(&world, SHOP, "2026-11-26").await.opened_at, None, "it was never opened");
    until(&world, SHOP, "2026-11-29", is(ServiceState::Open)).await;
    assert_eq!(day(&world, TAX, "2026-11-29").await.state, ServiceState::Waiting, "a Sunday");
    world.assert_clean().await;
}

async fn a_collector_that_does_not_answer_is_told_again(test: TestDatabase) {
    let world = World::with(test, keeping(), &limits()).await;
    until(&world, SHOP, "2026-11-24", is(ServiceState::Open)).await;
    move_to(&world, "2026-11-24T23:59:00");
    world.network.control("PUT", "/control/99022/service", json!({"forced": "closed"}).to_string()).await;
    move_to(&world, "2026-11-25T00:00:01");
    let waiting = until(&world, SHOP, "2026-11-25", |day| day.trouble.is_some()).await;
    assert_eq!(waiting.state, ServiceState::Waiting);
    let trouble = waiting.trouble.unwrap();
    assert_eq!((trouble.tried.as_str(), trouble.reason.as_str()), ("open", "the collector answered A001"));
    // the same trouble again is no news
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(day(&world, SHOP, "2026-11-25").await.trouble.unwrap().at, trouble.at);
    world.network.control("PUT", "/control/99022/service", json!({"forced": null}).to_string()).await;
    let open = until(&world, SHOP, "2026-11-25", is(ServiceState::Open)).await;
    assert_eq!(open.trouble, None);
}

async fn the_status_shows_what_is_open_and_what_is_unknown(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    gateway.open_service(&number(SHOP), today(), &staff()).await.unwrap();
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let unknown = world.pay(SHOP).await.unwrap();
    world.reaches(unknown.facts.id, State::Unknown).await;
    let statuses = gateway.collector_statuses().await.unwrap();
    let of = |slip: Slip| statuses.iter().find(|s| s.collector == number(slip)).unwrap();
    let shop = of(SHOP);
    assert_eq!((shop.state, shop.hours_open, shop.closing), (ServiceState::Open, true, false));
    assert_eq!((shop.open_work, shop.unknown), (1, 1));
    assert!(shop.oldest_open_work.is_some() && shop.last_answer.is_some());
    let tax = of(TAX);
    assert_eq!((tax.state, tax.open_work, tax.unknown), (ServiceState::Waiting, 0, 0));
    assert_eq!((tax.last_answer, tax.oldest_open_work), (None, None));
    move_to(&world, "2026-11-29T12:00:00");
    let statuses = gateway.collector_statuses().await.unwrap();
    let tax = statuses.iter().find(|s| s.collector == number(TAX)).unwrap();
    assert!(!tax.hours_open);
    assert_eq!(tax.opens_at, Timestamp::parse_rfc3339("2026-11-30T08:30:00+09:00"));
}

/// Payments are confirmed one after the other while the day is closed: what was counted is all that was ever cleared,
/// and the others are given back.
async fn a_close_amid_payments_counts_every_one_of_them(test: TestDatabase) {
    let world = World::new(test).await;
    // another process, as far as the database lets there be one
    let database = world.test.reopened().await;
    let other = Hub::open(database, &world.clock, &world.network, settings(), &limits()).await;
    let hubs = if world.test.database.is_sqlite() { [&world.hub; 2] } else { [&world.hub, &other] };
    let numbers: Vec<String> = (0..40).map(|n| format!("20000000000000{n:02}")).collect();
    world.network.add_pensions(&numbers).await;
    let mut orders = Vec::new();
    for number in &numbers {
        orders.push(world.order(&world.inquire_pension(number).await));
    }
    let paying = async {
        let mut paid = Vec::new();
        for (order, hub) in orders.into_iter().zip(hubs.into_iter().cycle()) {
            let id = order.payment;
            match hub.gateway.pay(order).await {
                Ok(_) => paid.push(id),
                Err(PayError::Closed) => {}
                Err(error) => panic!("{error}"),
            }
        }
        paid
    };
    let pension = number(PENSION);
    let closing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        loop {
            let options = CloseOptions::default();
            match world.hub.gateway.close_service(&pension, today(), options, &staff()).await {
                Ok(day) => return day,
                Err(ServiceError::Blocked { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let (paid, closed) = tokio::join!(paying, closing);
    let mut accepted = 0;
    for id in paid {
        let payment = world.payment(id).await;
        if payment.state != State::Accepted {
            world.reaches(id, State::Voided).await;
            assert_eq!(world.network.record(&payment).await, None);
        } else {
            accepted += 1;
        }
    }
    let counters = closed.close_counters.unwrap();
    assert_eq!(counters.hub, counters.collector);
    assert_eq!(counters.hub.cleared.count, accepted, "nothing came in behind the close");
    let made = world.hub.gateway.reconcile(&pension, today(), &staff()).await.unwrap().summary;
    assert!(made.ties_out() && made.open_breaks == 0, "{made:?}");
    world.assert_clean().await;
}

/// Two processes look after the same days: each step is taken once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_take_each_step_once() {
    let world = World::with(database::testing::postgres().await, keeping(), &limits()).await;
    let other =
        Hub::open(world.test.reopened().await, &world.clock, &world.network, keeping(), &limits()).await;
    until(&world, SHOP, "2026-11-24", is(ServiceState::Open)).await;
    // both by hand at the same moment, beside the schedule
    let (options, staff) = (CloseOptions::default(), staff());
    let shop = number(SHOP);
    let (one, two) = tokio::join!(
        world.hub.gateway.close_service(&shop, today(), options, &staff),
        other.gateway.close_service(&shop, today(), options, &staff),
    );
    assert_eq!(one.unwrap().state, ServiceState::Closed);
    assert_eq!(two.unwrap().state, ServiceState::Closed);
    let (one, two) = tokio::join!(
        world.hub.gateway.reconcile(&shop, today(), &staff),
        other.gateway.reconcile(&shop, today(), &staff),
    );
    assert_ne!(one.unwrap().summary.number, two.unwrap().summary.number);
    for action in ["service.open", "service.close"] {
        let taken: i64 = read!(world.test.database, |c| {
            sqlx::query_scalar(
                "SELECT count(*) FROM audit WHERE action = $1 AND subject = '99022/2026-11-24'
                 AND detail NOT LIKE 'nothing changed%'",
            )
            .bind(action)
            .fetch_one(c)
            .await
        })
        .unwrap();
        assert_eq!(taken, 1, "{action}");
    }
    world.assert_clean().await;
}
