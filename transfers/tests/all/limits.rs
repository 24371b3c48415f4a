//! Limits in layers, checked in one commit with the funds.

use database::testing::TestDatabase;
use database::{on_both, read};
use domain::Yen;
use ledger::{Commit, EntityId, GuardKey, Ledger};
use transfers::{LimitLayer, Limits, NewOrder, PlaceError, State, Transfers};

use crate::placing::holders;
use crate::support::{OTHER, OWN, bank, day, limits, settings};

on_both!(
    every_layer_holds_to_the_yen,
    a_limit_may_change_during_the_day,
    what_was_judged_by_the_limits_before_brings_none_back_up,
    ten_users_at_once_pass_neither_the_limit_nor_the_funds,
);

/// At each layer the last yen goes and one more does not. The banks' own most is the plan's (R96, R97).
///
/// Proves R96, R97.
async fn every_layer_holds_to_the_yen(test: TestDatabase) {
    let bank = bank(test).await;
    bank.deposit(OWN, 20_000_000_000).await;
    let none = Limits { bank_max: Yen::new(i64::MAX), contract: Yen::new(i64::MAX), ..limits() };
    let mut date = day("2026-11-24");
    for (layer, most, limits) in [
        // Webプラン and ミニ: 1,000,000,000 is included; タイプⅡ: 10,000,000,000 is not
        (LimitLayer::Contract, 1_000_000_000, Limits { bank_max: Yen::new(1_000_000_000), ..none }),
        (LimitLayer::Contract, 9_999_999_999, Limits { bank_max: Yen::new(9_999_999_999), ..none }),
        (LimitLayer::Contract, 500, Limits { contract: Yen::new(500), ..none }),
        (LimitLayer::Account, 400, Limits { account: Some(Yen::new(400)), ..none }),
        (LimitLayer::User, 300, Limits { user: Some(Yen::new(300)), ..none }),
        (LimitLayer::PerItem, 200, Limits { per_item: Some(Yen::new(200)), ..none }),
    ] {
        date = domain::calendar::next_business_day(date);
        bank.go_to(&format!("{date}T10:00:00"));
        let order = |amount: i64| NewOrder { limits, ..bank.within(amount) };
        let over = bank.engine.place(order(most + 1)).await;
        assert!(matches!(over, Err(PlaceError::Limit(l)) if l == layer), "{layer:?} {over:?}");
        assert_eq!(bank.engine.place(order(most)).await.unwrap().state, State::Settled, "{layer:?}");
        let more = bank.engine.place(order(1)).await;
        match layer {
            LimitLayer::PerItem => assert!(more.is_ok(), "of one order, not of the day"),
            _ => assert!(matches!(more, Err(PlaceError::Limit(l)) if l == layer), "{more:?}"),
        }
    }
    bank.assert_clean().await;
}

async fn a_limit_may_change_during_the_day(test: TestDatabase) {
    let bank = bank(test).await;
    let order = |amount: i64, contract: i64| NewOrder {
        limits: Limits { contract: Yen::new(contract), ..limits() },
        ..bank.within(amount)
    };
    bank.engine.place(order(600, 1_000)).await.unwrap();
    // lowered below what is used: nothing goes, and above it what is left
    assert!(matches!(bank.engine.place(order(1, 500)).await, Err(PlaceError::Limit(LimitLayer::Contract))));
    assert!(matches!(bank.engine.place(order(101, 700)).await, Err(PlaceError::Limit(LimitLayer::Contract))));
    bank.engine.place(order(100, 700)).await.unwrap();
    bank.engine.place(order(300, 1_000)).await.unwrap();
    let left = Limits { contract: Yen::new(1_000), ..limits() };
    let left = bank.engine.limit_use(&holders(&bank), &left, day("2026-11-24")).await.unwrap()[0];
    assert_eq!((left.used, left.left()), (Yen::new(1_000), Yen::ZERO));
    // the next day begins anew
    bank.go_to("2026-11-25T10:00:00");
    bank.engine.place(order(1_000, 1_000)).await.unwrap();
    bank.assert_clean().await;
}

/// An order was judged by 1,000 yen; before it is taken the limit is lowered to 100. It is refused, and it does not
/// bring the day's limit back to 1,000 for whoever is being taken at that moment.
///
/// Proves R96, R97.
async fn what_was_judged_by_the_limits_before_brings_none_back_up(test: TestDatabase) {
    let bank = bank(test).await;
    let next = GuardKey(format!("{}x|1", GuardKey::LIMITS));
    let order = |amount: i64, contract: i64| NewOrder {
        limits: Limits { contract: Yen::new(contract), ..limits() },
        ..bank.within(amount)
    };
    let judged_before = NewOrder { barred_by: vec![next.clone()], ..order(500, 1_000) };
    let lowers = (next.clone(), EntityId(uuid::Uuid::from_u128(1)));
    bank.engine.ledger().commit(Commit { guards: vec![lowers], ..Commit::default() }).await.unwrap();
    bank.engine.place(order(1, 100)).await.unwrap();
    let refused = bank.engine.place(judged_before).await;
    assert!(matches!(&refused, Err(PlaceError::Guarded(key)) if *key == next.0), "{refused:?}");
    let level: i64 = read!(&bank.database, |c| {
        sqlx::query_scalar("SELECT level FROM transfer_limit ORDER BY number DESC LIMIT 1").fetch_one(c).await
    })
    .unwrap();
    assert_eq!(level, 100);
    bank.assert_clean().await;
}

/// Ten users order at once at three processes with a group commit of their own each, more than the limit in one case
/// and more than the funds in the other.
///
/// Proves R96, R97.
async fn ten_users_at_once_pass_neither_the_limit_nor_the_funds(test: TestDatabase) {
    let others = [test.reopened().await, test.reopened().await];
    let bank = bank(test).await;
    let mut engines = vec![bank.engine.clone()];
    for database in others {
        let ledger = Ledger::start(database, bank.clock.clone());
        engines.push(Transfers::open(settings(), ledger, None).await.unwrap());
    }
    let at_once = async |contract: i64, amount: i64| {
        let mut running = tokio::task::JoinSet::new();
        for number in 0..10_u128 {
            let engine = engines[usize::try_from(number).unwrap() % engines.len()].clone();
            let new = NewOrder {
                user: domain::UserId::from_uuid(uuid::Uuid::from_u128(100 + number)),
                limits: Limits {
                    contract: Yen::new(contract),
                    account: Some(Yen::new(contract)),
                    ..limits()
                },
                ..bank.within(amount)
            };
            running.spawn(async move { engine.place(new).await });
        }
        let (mut taken, mut limited, mut short) = (0, 0, 0);
        while let Some(placed) = running.join_next().await {
            match placed.unwrap() {
                Ok(order) => taken += i64::from(order.state == State::Settled),
                Err(PlaceError::Limit(_)) => limited += 1,
                Err(PlaceError::Shortage) => short += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        (taken, limited, short)
    };
    assert_eq!(at_once(350, 100).await, (3, 7, 0));
    assert_eq!(bank.money(OTHER).await, (300, 300));
    bank.go_to("2026-11-25T10:00:00");
    // 999,700 yen are left: three orders of 300,000
    assert_eq!(at_once(100_000_000, 300_000).await, (3, 0, 7));
    assert_eq!(bank.money(OWN).await, (99_700, 99_700));
    bank.assert_clean().await;
}
