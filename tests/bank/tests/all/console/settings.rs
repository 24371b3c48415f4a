//! 設定: a value for all contracts, from a day on, by two people.

use console::delivery::DeliverySettings;
use database::testing::TestDatabase;
use domain::{Timestamp, Yen};
use http::StatusCode;
use internet_banking::hours::{self, Service, ServiceHours, Standing};
use internet_banking::payeasy::wrong_numbers::{Admission, Judgement, Tally};
use internet_banking::settings::transfer_terms;
use internet_banking::tokens::{Seed, Typist, Verdict};
use transfers::{Method, Occasion, Relation};

use super::support::{CHECKER, MAKER, Office, approve, done, propose, proposed};
use crate::approvals::signed_in;
use crate::payeasy_entry::{self, Entry};
use crate::payees;
use crate::support::{LOGIN_ID, PASSWORD, World};
use crate::users::MASTER;

database::on_both!(
    a_setting_has_another_value_from_its_day_on,
    a_contracts_own_limit_stays,
    a_token_locks_after_as_many_wrong_codes_as_the_day_says,
    a_login_id_is_blocked_after_as_many_failures_as_the_day_says,
    hours_closed_days_and_special_days_hold_from_their_day_on,
    wrong_numbers_and_names_that_are_not_there_stop_after_as_many_as_the_day_says,
    the_hours_of_payeasy_end_inquiries_and_payments_from_their_day_on,
    cut_offs_and_fees_of_transfers_and_hours_of_foreign_remittance_hold_from_their_day_on,
);

const LIMIT: &str = "/settings/payeasy-daily-limit";

async fn a_setting_has_another_value_from_its_day_on(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    assert!(maker.get("/settings").await.body.contains("10,000,000 円"));
    for (value, from) in [
        ("たくさん", "2026-11-26"),
        ("5000000", "2026-11-23"),
        ("5000000", "明日"),
        ("10,000,000", "2026-11-26"),
    ] {
        let wrong = propose(&mut maker, LIMIT, &[("value", value), ("from", from)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{value} {from}");
    }
    let by_checker = propose(&mut checker, "/settings", &[]).await;
    assert_ne!(by_checker.status, StatusCode::SEE_OTHER);
    let request =
        proposed(&mut maker, LIMIT, &[("value", "５，０００，０００"), ("from", "２０２６－１１－２６")])
            .await;
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");
    approve(&mut checker, &request).await;
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["10,000,000"]);
    assert_eq!(maker.get(LIMIT).await.fields("value"), ["10,000,000 円"]);
    let listed = maker.get(LIMIT).await.body;
    assert!(listed.contains("2026年11月26日") && listed.contains("5,000,000 円"), "the history: {listed}");
    office.world.clock.advance_seconds(2 * 86_400);
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["5,000,000"]);
    let trail = office.audit().await;
    assert!(trail.iter().any(|(_, action, _)| action == "setting.change"), "{trail:?}");
    let mut maker = office.signed_in(MAKER).await;
    assert_eq!(maker.get("/settings/none").await.status, StatusCode::NOT_FOUND);
}

async fn a_contracts_own_limit_stays(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let own = format!("/contracts/{}/procedures/limit", office.world.contract);
    done(&mut maker, &mut checker, &own, &[("value", "20000000")]).await;
    done(&mut maker, &mut checker, LIMIT, &[("value", "1"), ("from", "2026-11-24")]).await;
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["20,000,000"]);
}

/// Sets a value from a day on, by two people.
pub async fn set(office: &Office, name: &str, value: &str, from: &str) {
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let page = format!("/settings/{name}");
    done(&mut maker, &mut checker, &page, &[("value", value), ("from", from)]).await;
}

/// A wrong code, and how many tries are left.
async fn wrong_code(office: &Office, serial: &str) -> Verdict {
    let (tokens, now) = (&office.world.bank.tokens, office.world.clock.now());
    let right = tokens.current_code(serial, now).await.unwrap();
    let before = tokens.current_code(serial, now.plus_seconds(-60)).await.unwrap();
    let wrong = (0..10).map(|d| format!("00000{d}")).find(|code| *code != right && *code != before).unwrap();
    let whose = Typist::User(office.world.contract, office.world.hanako);
    tokens.verify(serial, whose, &wrong, now).await.unwrap()
}

/// Proves R58.
async fn a_token_locks_after_as_many_wrong_codes_as_the_day_says(test: TestDatabase) {
    let office = Office::new(test).await;
    let contract = Some(office.world.contract);
    for serial in ["L-1", "L-2"] {
        office.world.bank.tokens.register(serial, contract, &Seed::new([8; 20])).await.unwrap();
    }
    set(&office, "token-failures-max", "2", "2026-11-25").await;
    assert_eq!(wrong_code(&office, "L-1").await, Verdict::Wrong { left: 4 }, "the day before");
    office.world.clock.advance_seconds(86_400);
    assert_eq!(wrong_code(&office, "L-2").await, Verdict::Wrong { left: 1 });
    assert_eq!(wrong_code(&office, "L-2").await, Verdict::JustLocked);
}

/// Proves SEC-09.
async fn a_login_id_is_blocked_after_as_many_failures_as_the_day_says(test: TestDatabase) {
    let office = Office::new(test).await;
    set(&office, "sign-in-failures-max", "2", "2026-11-25").await;
    for _ in 0..2 {
        office.world.browser().sign_in(LOGIN_ID, "wrong").await;
    }
    assert_eq!(office.world.browser().sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    office.world.clock.advance_seconds(86_400);
    for _ in 0..2 {
        office.world.browser().sign_in(LOGIN_ID, "wrong").await;
    }
    assert_ne!(office.world.browser().sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
}

/// Proves R110, R112.
async fn hours_closed_days_and_special_days_hold_from_their_day_on(test: TestDatabase) {
    let mut world = World::new(test).await;
    world.bank.hours = ServiceHours::embedded().into();
    let office = Office::of(world, DeliverySettings::default()).await;
    set(&office, "service-hours", "09:00-19:00", "2026-11-25").await;
    set(&office, "special-day", "closed", "2026-11-26").await;
    set(&office, "closed-days", "11-28..11-28", "2026-11-27").await;
    let calendar = office.signed_in(MAKER).await.get("/calendar").await.body;
    assert!(calendar.contains("臨時の休止日") && calendar.contains("毎年の休止日"), "{calendar}");
    let at = |text: &str| {
        let now = office.world.clock.now();
        let then = Timestamp::parse_rfc3339(&format!("2026-{text}:00+09:00")).unwrap();
        office.world.clock.advance_seconds(then.seconds_since(now));
    };
    for (when, opens) in [
        ("11-24T20:59", ""),
        ("11-25T08:59", "11月25日(水) 09:00"),
        ("11-25T09:00", ""),
        ("11-25T18:59", ""),
        ("11-25T19:00", "11月27日(金) 09:00"),
        ("11-26T12:00", "11月27日(金) 09:00"),
        ("11-27T12:00", ""),
        ("11-28T12:00", "11月29日(日) 09:00"),
        ("12-31T12:00", ""),
    ] {
        at(when);
        for page in ["/sign-in", "/set-up", "/certificate/fetch"] {
            let shown = office.world.browser().get(page).await;
            if opens.is_empty() {
                assert_eq!(shown.status, StatusCode::OK, "{page} {when}");
            } else {
                assert_eq!(shown.status, StatusCode::SERVICE_UNAVAILABLE, "{page} {when}");
                assert_eq!(shown.fields("opens"), [opens], "{page} {when}");
            }
        }
    }
}

/// Proves SEC-40, R90.
async fn wrong_numbers_and_names_that_are_not_there_stop_after_as_many_as_the_day_says(test: TestDatabase) {
    let office = Office::of(payees::master(test).await.0, DeliverySettings::default()).await;
    set(&office, "payeasy-wrong-numbers-max", "2", "2026-11-25").await;
    set(&office, "name-check-missing-max", "2", "2026-11-25").await;
    let world = &office.world;
    let wrong = async || {
        let (counters, now) = (&world.bank.wrong_numbers, world.clock.now());
        let admitted = counters.admit(world.contract, world.hanako, now).await.unwrap();
        assert_eq!(admitted, Admission::Counted);
        counters.judge(world.hanako, Judgement::Wrong, now).await.unwrap().unwrap()
    };
    let missing = async || payees::look(&mut signed_in(world, MASTER).await, &[]).await;
    assert_eq!(wrong().await, Tally::Left(9), "the day before");
    assert!(missing().await.body.contains("あと4回"));
    world.clock.advance_seconds(86_400);
    assert!(matches!(wrong().await, Tally::Stopped(_)), "the second in a row");
    assert_eq!(missing().await.fields("checked"), ["口座なし"], "the second in a row");
    assert_eq!(missing().await.fields("checked"), ["確認機能の停止中"]);
}

/// Proves R111.
async fn the_hours_of_payeasy_end_inquiries_and_payments_from_their_day_on(test: TestDatabase) {
    let mut world = World::new(test).await;
    world.bank.hours = ServiceHours::embedded().into();
    let office = Office::of(world, DeliverySettings::default()).await;
    set(&office, "payeasy-hours", "09:00-15:00", "2026-11-25").await;
    assert!(office.signed_in(MAKER).await.get("/calendar").await.body.contains("税金・各種料金の取扱時間"));
    let world = &office.world;
    let at = |text: &str| {
        let then = Timestamp::parse_rfc3339(&format!("2026-{text}+09:00")).unwrap();
        world.clock.advance_seconds(then.seconds_since(world.clock.now()));
    };
    for (when, open) in [
        ("11-24T20:00:00", true),
        ("11-25T08:59:59", false),
        ("11-25T09:00:00", true),
        ("11-25T14:59:59", true),
        ("11-25T15:00:00", false),
    ] {
        at(when);
        let mut customer = world.signed_in().await;
        let page = customer.get("/payeasy/new").await;
        assert_eq!(page.body.contains("P-109"), !open, "{when} {}", page.body);
        if when == "11-25T14:59:59" {
            let bills = [payeasy_entry::bill("B1", 3_000)];
            let entry = Entry::answered(world, &mut customer, "00200", &bills).await;
            assert_eq!(entry.choose(&mut customer, "B1", 1001).await.location(), entry.page("review"));
            let review = entry.review(&mut customer).await;
            at("11-25T15:00:00");
            let paid = entry.press(&mut customer, &review, &[("confirmation_password", PASSWORD)]).await;
            assert_eq!(payeasy_entry::code(&paid), "P-109");
            assert_eq!(payeasy_entry::held(world).await, 0);
        }
    }
}

/// Of each business of データ伝送 too.
///
/// Proves R110.
async fn cut_offs_and_fees_of_transfers_and_hours_of_foreign_remittance_hold_from_their_day_on(
    test: TestDatabase,
) {
    let mut world = World::new(test).await;
    world.bank.hours = ServiceHours::embedded().into();
    let office = Office::of(world, DeliverySettings::default()).await;
    let mut maker = office.signed_in(MAKER).await;
    for (name, value) in [
        ("transfer-other-banks-until", "16:00"),
        ("transfer-own-bank-until", "15:00"),
        ("transfer-fee-other-banks", "400"),
        ("foreign-hours", "9-15"),
    ] {
        let typed = [("value", value), ("from", "2026-11-25")];
        let wrong = propose(&mut maker, &format!("/settings/{name}"), &typed).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {value}");
    }
    set(&office, "transfer-other-banks-until", "14:40", "2026-11-25").await;
    set(&office, "transfer-own-bank-until", "17:00", "2026-11-26").await;
    set(&office, "transfer-fee-other-banks", "400 600", "2026-11-25").await;
    set(&office, "recall-fee", "880", "2026-11-25").await;
    set(&office, "foreign-hours", "10:30-15:00", "2026-11-25").await;
    set(&office, "salary-hours", "10:30-19:00", "2026-11-25").await;
    let calendar = office.signed_in(MAKER).await.get("/calendar").await.body;
    assert!(calendar.contains("15:00") && calendar.contains("当日の振込の受付終了"), "{calendar}");
    let bank = &office.world.bank;
    bank.transfers.terms().replace(transfer_terms(&bank.database).await.unwrap());
    let until = |relation| {
        let occasion = Occasion { relation, method: Method::Filed, same_day_typed: false };
        bank.transfers.possible(occasion).today_until.map(|at| at.time().format("%H:%M").to_string())
    };
    let both = || (until(Relation::OwnBank), until(Relation::OtherBank));
    let is = |own: &str, other: &str| (Some(own.to_owned()), Some(other.to_owned()));
    let fee = |day: &str| bank.transfers.fee(Relation::OtherBank, Yen::new(30_000), day.parse().unwrap());
    assert_eq!([fee("2026-11-24"), fee("2026-11-25")], [550, 600].map(Yen::new));
    let foreign = async || {
        let hours = hours::now_of(bank).await.unwrap();
        matches!(hours.standing(Service::Foreign, office.world.clock.now()), Standing::Open { .. })
    };
    let wages = async || {
        let (all, at) = (formats::Business::ALL.iter(), office.world.clock.now());
        let mut open = Vec::new();
        for business in all {
            let hours = hours::bulk_now_of(bank, *business).await.unwrap();
            open.push(matches!(hours.standing(Service::Bulk(*business), at), Standing::Open { .. }));
        }
        open
    };
    assert_eq!(wages().await, [true; 4]);
    assert_eq!((both(), foreign().await), (is("16:00", "15:00"), true));
    assert_eq!(bank.transfers.recall_fee(), Yen::new(1_100));
    office.world.clock.advance_seconds(86_400);
    assert_eq!((both(), foreign().await), (is("16:00", "14:40"), false), "it is a quarter past ten");
    assert_eq!(wages().await, [true, false, true, true], "wages alone");
    assert_eq!(bank.transfers.recall_fee(), Yen::new(880));
    office.world.clock.advance_seconds(86_400 + 3_600);
    assert_eq!((both(), foreign().await), (is("17:00", "14:40"), true));
}
