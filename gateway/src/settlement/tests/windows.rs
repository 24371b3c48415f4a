//! Windows close when nothing is in their way, once, and what they owe is paid on its day.

use collectors::Directory;
use database::testing::{TestDatabase, drop_triggers};
use database::{execute, on_both};
use domain::Yen;
use domain::payment::State;

use super::super::{AdviceState, Looks, Obstacle, SettlementState, WindowError};
use super::{DATA, World, day, number, staff};
use crate::alarm::{AlarmKind, AlarmQuery};
use crate::chart;
use crate::payment::step::Report;

on_both!(
    friday_settles_alone_and_the_weekend_with_tuesday,
    a_window_stays_open_while_something_is_in_its_way,
    windows_close_in_order_and_only_once,
    a_payment_accepted_late_settles_in_the_next_open_window,
    what_is_not_accepted_stays_out,
    fees_go_along_unless_the_terms_keep_them,
    each_receiver_is_paid_on_its_day,
    a_window_that_is_late_is_told_once,
    a_window_whose_close_fails_is_told_too_also_where_the_alarm_failed_first,
    tampering_with_settlements_is_found,
);

async fn friday_settles_alone_and_the_weekend_with_tuesday(test: TestDatabase) {
    let world = World::new(test).await;
    // 23 November, a Monday, is a holiday
    for (date, amount) in [("20", 1), ("21", 20), ("22", 300), ("23", 4_000), ("24", 50_000)] {
        world.at(&format!("2026-11-{date}T12:00:00"));
        world.pay("00500", amount, 0).await;
        if date == "21" {
            world.days_are_done("00500", &["2026-11-20"]).await;
            world.settle().await;
            let friday = world.settlement("2026-11-20", "00500").await.unwrap();
            assert_eq!((friday.sums.count, friday.sums.amount), (1, Yen::new(1)));
            assert_eq!(friday.pay_date, Some(day("2026-11-24")));
        }
    }
    world.days_are_done("00500", &["2026-11-21", "2026-11-22", "2026-11-23"]).await;
    world.settle().await;
    assert_eq!(world.settlement("2026-11-24", "00500").await, None, "Tuesday is not closed");
    assert_eq!(world.balance(chart::clearing(&number("00500"))).await, 54_320);
    world.at("2026-11-25T00:10:00");
    world.days_are_done("00500", &["2026-11-24"]).await;
    world.settle().await;
    let tuesday = world.settlement("2026-11-24", "00500").await.unwrap();
    assert_eq!((tuesday.sums.count, tuesday.sums.amount), (4, Yen::new(54_320)));
    assert_eq!(world.balance(chart::clearing(&number("00500"))).await, 0);
    // the day after the window is its pay date
    assert_eq!(tuesday.state, SettlementState::Paid);
    assert_eq!(world.balance(chart::BANK_OF_JAPAN).await, 54_321);
    world.assert_clean().await;
}

async fn a_window_stays_open_while_something_is_in_its_way(test: TestDatabase) {
    let world = World::new(test).await;
    world.at("2026-11-22T12:00:00");
    world.pay("00500", 100, 0).await;
    let obstacles = async |world: &World| match world.close("2026-11-24", "00500").await {
        Err(WindowError::NotReady(obstacles)) => obstacles.iter().map(ToString::to_string).collect(),
        Ok(_) => Vec::new(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(
        obstacles(&world).await,
        ["2026-11-22 is not over", "2026-11-23 is not over", "2026-11-24 is not over"],
        "nothing happened on Saturday, and it is over"
    );
    world.day_is("00500", "2026-11-22", "open", 0).await;
    world.at("2026-11-25T00:10:00");
    assert_eq!(obstacles(&world).await, ["2026-11-22 is not closed"]);
    world.day_is("00500", "2026-11-22", "closed", 0).await;
    assert_eq!(obstacles(&world).await, ["2026-11-22 is not reconciled"]);
    world.day_is("00500", "2026-11-22", "reconciled", 2).await;
    assert_eq!(obstacles(&world).await, ["2026-11-22 has 2 open breaks"]);
    world.settle().await;
    assert_eq!(world.settlement("2026-11-24", "00500").await, None);
    world.days_are_done("00500", &["2026-11-22"]).await;
    assert_eq!(obstacles(&world).await, [] as [&str; 0]);
    world.assert_clean().await;
}

async fn windows_close_in_order_and_only_once(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay("99022", 100, 0).await;
    world.at("2026-11-24T12:00:00");
    world.pay("99022", 200, 0).await;
    world.at("2026-11-25T00:10:00");
    assert!(matches!(world.close("2026-11-23", "99022").await, Err(WindowError::NotAWindow(_))));
    assert!(matches!(world.close("2026-11-24", "12345").await, Err(WindowError::UnknownCollector)));
    world.days_are_done("99022", &["2026-11-24"]).await;
    let early = world.close("2026-11-24", "99022").await;
    assert!(matches!(early, Err(WindowError::EarlierOpen(date)) if date == day("2026-11-20")), "{early:?}");
    world.days_are_done("99022", &["2026-11-20"]).await;
    let friday = world.close("2026-11-20", "99022").await.unwrap();
    assert_eq!((friday.sums.amount, friday.state), (Yen::new(100), SettlementState::Due));
    let all = world.gateway.close_window(day("2026-11-24"), None, &staff()).await.unwrap();
    assert_eq!(all.iter().map(|outcome| outcome.collector.as_str()).collect::<Vec<_>>(), ["99022"]);
    let tuesday = all[0].outcome.as_ref().unwrap();
    assert_eq!(tuesday.sums.amount, Yen::new(200));
    // again, and an earlier one again, change nothing
    assert_eq!(&world.close("2026-11-24", "99022").await.unwrap(), tuesday);
    assert_eq!(world.close("2026-11-20", "99022").await.unwrap(), friday);
    let passed = world.close("2026-11-19", "99022").await;
    assert!(matches!(passed, Err(WindowError::Passed(date)) if date == day("2026-11-24")), "{passed:?}");
    world.settle().await;
    assert_eq!(world.settlement("2026-11-25", "99022").await, None, "nothing is in it");
    world.assert_clean().await;
}

async fn a_payment_accepted_late_settles_in_the_next_open_window(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay("00500", 100, 0).await;
    let late = world.hold("00500", 7, 0).await;
    world.reports(&late.0, late.1, &Report::Unknown { reason: String::new() }).await;
    world.at("2026-11-21T00:10:00");
    world.days_are_done("00500", &["2026-11-20"]).await;
    world.settle().await;
    assert_eq!(world.settlement("2026-11-20", "00500").await.unwrap().sums.count, 1);
    world.at("2026-11-26T12:00:00");
    world.accept(&late).await;
    world.assert_clean().await;
    // the window of the 24th is the earliest that is not closed; nothing else is in it, and it is over
    world.settle().await;
    let next = world.settlement("2026-11-24", "00500").await.unwrap();
    assert_eq!((next.sums.count, next.sums.amount), (1, Yen::new(7)));
    assert_eq!(next.pay_date, Some(day("2026-11-26")), "never before it was closed");
    let settled = world.gateway.settled_payments(next.id(), None, 10).await.unwrap();
    assert_eq!(settled.payments.len(), 1);
    let payment = &settled.payments[0];
    assert_eq!(payment.facts.receipt_date, day("2026-11-20"), "it keeps its receipt date");
    assert_eq!(payment.state, State::Settled);
    assert_eq!(payment.reference.as_deref(), Some("R-1"), "what the collector answered is shown still");
    world.assert_clean().await;
}

async fn what_is_not_accepted_stays_out(test: TestDatabase) {
    let world = World::new(test).await;
    let (unknown, fence) = world.hold("00500", 10, 0).await;
    world.reports(&unknown, fence, &Report::Unknown { reason: String::new() }).await;
    let (rejected, fence) = world.hold("00500", 20, 0).await;
    world.reports(&rejected, fence, &Report::Rejected(domain::ResponseCode::Expired)).await;
    world.hold("00500", 40, 0).await;
    world.at("2026-11-21T00:10:00");
    world.days_are_done("00500", &["2026-11-20"]).await;
    world.settle().await;
    let friday = world.settlement("2026-11-20", "00500").await.unwrap();
    assert_eq!((friday.state, friday.sums.count), (SettlementState::Empty, 0));
    assert_eq!((friday.pay_date, friday.advice), (None, AdviceState::None));
    assert_eq!(friday.closed_at.map(|at| at.date()), Some(day("2026-11-21")));
    world.assert_clean().await;
}

async fn fees_go_along_unless_the_terms_keep_them(test: TestDatabase) {
    let row = "number = \"99022\"\n";
    assert!(DATA.contains(row));
    let kept = DATA.replace(row, &format!("{row}settlement = {{ payer_fees = \"kept\" }}\n"));
    let world = World::with(test, Directory::parse(&kept).unwrap()).await;
    for collector in ["99022", "99025"] {
        world.pay(collector, 58_000, 110).await;
        world.pay(collector, 12_800, 0).await;
        world.days_are_done(collector, &["2026-11-20"]).await;
    }
    world.at("2026-11-27T09:00:00");
    world.settle().await;
    let of = async |collector| world.settlement("2026-11-20", collector).await.unwrap();
    assert_eq!(of("99022").await.payable(), Yen::new(70_800));
    assert_eq!(of("99025").await.payable(), Yen::new(70_910));
    assert_eq!(world.balance(chart::FEE_INCOME).await, 110);
    assert_eq!(world.balance(chart::INTERBANK).await, 70_800 + 70_910);
    world.assert_clean().await;
}

async fn each_receiver_is_paid_on_its_day(test: TestDatabase) {
    let world = World::new(test).await;
    for (collector, amount) in [("00200", 1_000), ("04000", 2_000), ("13800", 3_000), ("99022", 4_000)] {
        world.pay(collector, amount, 0).await;
        world.days_are_done(collector, &["2026-11-20"]).await;
    }
    world.at("2026-11-20T23:59:59");
    world.settle().await;
    let accounts = [chart::BANK_OF_JAPAN, chart::public_money(&number("04000")), chart::INTERBANK];
    let paid = async || {
        let mut balances = [0; 3];
        for (balance, account) in balances.iter_mut().zip(accounts) {
            *balance = world.balance(account).await;
        }
        balances
    };
    for (at, expected, newly) in [
        ("2026-11-20T23:59:59", [0, 0, 0], 0),
        ("2026-11-23T23:59:59", [0, 0, 0], 0),
        ("2026-11-24T00:00:00", [1_000, 0, 0], 1),
        ("2026-11-25T00:00:00", [1_000, 2_000, 3_000], 2),
        ("2026-11-25T23:59:59", [1_000, 2_000, 3_000], 0),
        ("2026-11-26T09:00:00", [1_000, 2_000, 7_000], 1),
    ] {
        world.at(at);
        assert_eq!(world.gateway.pay_due(&staff()).await.unwrap().len(), newly, "{at}");
        assert_eq!(paid().await, expected, "{at}");
        world.assert_clean().await;
    }
    assert!(world.gateway.pay_due(&staff()).await.unwrap().is_empty(), "each once");
}

async fn a_window_that_is_late_is_told_once(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay("99022", 100, 0).await;
    world.day_is("99022", "2026-11-20", "reconciled", 1).await;
    let alarms = async || {
        let query = AlarmQuery { limit: 10, ..AlarmQuery::default() };
        let alarms = world.gateway.alarms(&query).await.unwrap();
        alarms.into_iter().map(|alarm| format!("{} {}", alarm.kind, alarm.subject)).collect::<Vec<_>>()
    };
    world.at("2026-11-25T23:59:59");
    world.settle().await;
    assert_eq!(alarms().await, [] as [&str; 0]);
    world.at("2026-11-26T00:00:00");
    world.settle().await;
    world.settle().await;
    assert_eq!(alarms().await, ["settlement_late 20261120-99022"]);
}

async fn a_window_whose_close_fails_is_told_too_also_where_the_alarm_failed_first(test: TestDatabase) {
    let world = World::new(test).await;
    let payment = world.pay("99022", 100, 0).await.id;
    world.days_are_done("99022", &["2026-11-20"]).await;
    world.at("2026-11-26T00:00:00");
    let run = async |sql: &'static str| execute!(world.test.database, sql).unwrap();
    drop_triggers(&world.test.database).await;
    let unreadable = "UPDATE event SET body = replace(body, '{', '<') WHERE entity = $1";
    execute!(world.test.database, unreadable, payment.uuid()).unwrap();
    let mut looks = Looks::default();
    run("ALTER TABLE alarm RENAME TO alarm_elsewhere").await;
    world.gateway.settle(&mut looks).await;
    run("ALTER TABLE alarm_elsewhere RENAME TO alarm").await;
    for _ in 0..2 {
        world.gateway.settle(&mut looks).await;
    }
    let query = AlarmQuery { limit: 10, ..AlarmQuery::default() };
    let told = world.gateway.alarms(&query).await.unwrap();
    assert_eq!(told.iter().map(|alarm| alarm.subject.as_str()).collect::<Vec<_>>(), ["20261120-99022"]);
    assert_eq!(told[0].kind, AlarmKind::SettlementLate);
    assert!(told[0].detail.starts_with("due on 2026-11-26, and the window cannot be closed: "));
    assert_eq!(world.settlement("2026-11-20", "99022").await.unwrap().state, SettlementState::Closing);
}

async fn tampering_with_settlements_is_found(test: TestDatabase) {
    let world = World::new(test).await;
    for _ in 0..3 {
        world.pay("99022", 1_000, 110).await;
    }
    world.pay("00500", 500, 0).await;
    world.days_are_done("99022", &["2026-11-20"]).await;
    world.days_are_done("00500", &["2026-11-20"]).await;
    world.at("2026-11-24T09:00:00");
    world.settle().await;
    world.pay("00500", 40, 0).await;
    assert_eq!(world.settlement("2026-11-20", "00500").await.unwrap().state, SettlementState::Paid);
    assert_eq!(world.settlement("2026-11-20", "99022").await.unwrap().state, SettlementState::Due);
    world.assert_clean().await;
    let state = |from: &str, to: &str| {
        let body = format!("replace(body, '\"state\":\"{from}\"', '\"state\":\"{to}\"')");
        format!("UPDATE event SET body = {body} WHERE kind LIKE 'settlement_%'")
    };
    let (unpaid, paid) = (state("paid", "due"), state("due", "paid"));
    let one = "(SELECT payment FROM settled_payment ORDER BY payment LIMIT 1)";
    let moved = |to: i64| format!("UPDATE transfer SET credit = {to} WHERE memo LIKE '資金決済%'");
    let elsewhere = moved(chart::INTERBANK.get());
    let unsettled = format!("DELETE FROM settled_payment WHERE payment = {one}");
    let unmoved = "DELETE FROM transfer WHERE memo = '資金決済 20261120-00500'";
    let more_fee = "UPDATE transfer SET amount = amount + 1 WHERE memo LIKE '資金決済%手数料'";
    let more = "UPDATE settlement_part SET amount = amount + 1";
    #[rustfmt::skip]
    let tampers: &[(&str, &str, &str)] = &[
        ("settled_payment", &unsettled, "payment-settled settlement-part"),
        ("settled_payment", "UPDATE settled_payment SET part = part + 1", "settlement-part"),
        ("settlement_part", more, "settlement-part settlement-sums settlement-transfer"),
        ("settlement_part", "DELETE FROM settlement_part", "settlement-part settlement-sums"),
        ("settlement", "DELETE FROM settlement", "settlement-part net-payment settlement-account"),
        ("settlement", "UPDATE settlement SET window_date = '2026-11-24'", "settlement-events"),
        ("net_payment", "UPDATE net_payment SET payable = payable + 1", "net-payment"),
        ("net_payment", "DELETE FROM net_payment", "net-payment"),
        ("event", &unpaid, "net-payment-transfer net-payment-due settlement-account"),
        ("event", &paid, "net-payment-transfer net-payment-due settlement-account"),
        ("event", "DELETE FROM event WHERE kind = 'settlement_closed'", "net-payment"),
        ("guard", "DELETE FROM guard WHERE key LIKE 'due|%'", "net-payment-due"),
        ("guard", "DELETE FROM guard WHERE key LIKE 'advice|%'", "net-payment-advice"),
        ("transfer", unmoved, "net-payment-transfer settlement-transfer clearing-account"),
        ("transfer", &elsewhere, "settlement-transfer settlement-account"),
        ("transfer", more_fee, "settlement-transfer clearing-account"),
    ];
    let run = async |sql: &str| execute!(world.test.database, sqlx::AssertSqlSafe(sql.to_owned()));
    let kept = [
        ("settlement", "id"),
        ("settlement_part", "part"),
        ("settled_payment", "part"),
        ("net_payment", "fee"),
    ];
    for (table, column) in kept {
        for change in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET {column} = {column}")] {
            let error = run(&change).await.unwrap_err().to_string();
            assert!(error.contains("only ever added to"), "{change}: {error}");
        }
    }
    drop_triggers(&world.test.database).await;
    for (table, tamper, expected) in tampers {
        run(&format!("CREATE TABLE kept AS SELECT * FROM {table}")).await.unwrap();
        run(tamper).await.unwrap();
        let found = world.findings().await;
        for check in expected.split(' ') {
            assert!(found.contains(&check), "{tamper}: {check} is not in {found:?}");
        }
        run(&format!("DELETE FROM {table}")).await.unwrap();
        run(&format!("INSERT INTO {table} SELECT * FROM kept")).await.unwrap();
        run("DROP TABLE kept").await.unwrap();
    }
    world.assert_clean().await;
}

#[test]
fn an_obstacle_has_a_word_and_a_date() {
    let date = day("2026-11-24");
    let all = [
        Obstacle::NotOver(date),
        Obstacle::NotClosed(date),
        Obstacle::NotReconciled(date),
        Obstacle::Breaks { date, count: 2 },
    ];
    assert_eq!(all.map(|o| o.code()), ["not_over", "not_closed", "not_reconciled", "breaks"]);
    assert!(all.iter().all(|o| o.date() == date));
}
