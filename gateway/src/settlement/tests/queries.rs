//! What people see of windows and net payments.

use database::on_both;
use database::testing::TestDatabase;
use domain::{TransferId, Yen};
use ledger::{Commit, Kind, Transfer};

use super::super::{ClearingAccounts, NetPaymentQuery, SettlementState, WindowQuery, WindowState};
use super::{World, day, number, staff};
use crate::chart;

on_both!(
    open_windows_show_what_is_in_them_and_in_their_way,
    net_payments_are_found_and_paged,
    what_is_left_on_the_accounts_is_explained_to_the_yen,
    one_net_payment_is_paid_on_its_day_and_its_transfers_are_shown,
);

async fn shown(world: &World, from: &str, until: &str) -> Vec<String> {
    let query = WindowQuery { from: day(from), until: day(until), collector: None };
    let windows = world.gateway.settlement_windows(&query).await.unwrap();
    windows
        .into_iter()
        .map(|window| {
            assert_eq!(window.settlement.is_some(), window.state != WindowState::Open);
            let state = window.state.as_str();
            let obstacles: Vec<_> =
                window.obstacles.iter().map(|o| format!("{} {}", o.date().format("%d"), o.code())).collect();
            let earlier = window.earlier_open.map(|date| format!(" after {}", date.format("%d")));
            format!(
                "{} {} {state} {}/{}{} [{}]",
                window.date.format("%d"),
                window.collector,
                window.sums.count,
                window.sums.amount,
                earlier.unwrap_or_default(),
                obstacles.join(", ")
            )
        })
        .collect()
}

async fn open_windows_show_what_is_in_them_and_in_their_way(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay("00500", 1_000, 0).await;
    world.pay("99022", 200, 0).await;
    let late = world.hold("00500", 7, 0).await;
    world.days_are_done("99022", &["2026-11-20"]).await;
    world.day_is("00500", "2026-11-20", "open", 0).await;
    world.at("2026-11-22T12:00:00");
    world.pay("00500", 30, 0).await;
    world.settle().await;
    assert_eq!(
        shown(&world, "2026-11-01", "2026-11-30").await,
        [
            "20 00500 open 1/1,000 [20 not_closed]",
            "20 99022 closed 1/200 []",
            "24 00500 open 1/30 after 20 [22 not_over, 23 not_over, 24 not_over]",
        ]
    );
    assert_eq!(shown(&world, "2026-11-21", "2026-11-23").await, [] as [&str; 0]);
    world.days_are_done("00500", &["2026-11-20"]).await;
    world.settle().await;
    world.accept(&late).await;
    // what comes late is shown where it will settle
    assert_eq!(
        shown(&world, "2026-11-20", "2026-11-24").await,
        [
            "20 00500 closed 1/1,000 []",
            "20 99022 closed 1/200 []",
            "24 00500 open 2/37 [22 not_over, 23 not_over, 24 not_over]",
        ]
    );
}

async fn net_payments_are_found_and_paged(test: TestDatabase) {
    let world = World::new(test).await;
    for collector in ["00200", "00500", "99022"] {
        for n in 1..=3 {
            world.pay(collector, n, 0).await;
        }
        world.days_are_done(collector, &["2026-11-20"]).await;
    }
    world.at("2026-11-24T09:00:00");
    world.settle().await;
    let numbers = async |query: NetPaymentQuery| {
        let found = world.gateway.net_payments(&NetPaymentQuery { limit: query.limit.max(2), ..query }).await;
        found.unwrap().into_iter().map(|settlement| settlement.number()).collect::<Vec<_>>()
    };
    let all = NetPaymentQuery::default;
    assert_eq!(numbers(all()).await, ["20261120-99022", "20261120-00500"], "the newest pay dates first");
    let before = Some((day("2026-11-24"), "20261120-00500".to_owned()));
    assert_eq!(numbers(NetPaymentQuery { before, ..all() }).await, ["20261120-00200"]);
    assert_eq!(numbers(NetPaymentQuery { paid: Some(false), ..all() }).await, ["20261120-99022"]);
    let paid = NetPaymentQuery { paid: Some(true), ..all() };
    assert_eq!(numbers(paid).await, ["20261120-00500", "20261120-00200"]);
    let of_one = NetPaymentQuery { collector: Some(number("00200")), ..all() };
    assert_eq!(numbers(of_one).await, ["20261120-00200"]);
    let later = NetPaymentQuery { due_from: Some(day("2026-11-25")), ..all() };
    assert_eq!(numbers(later).await, ["20261120-99022"]);
    let sooner = NetPaymentQuery { due_until: Some(day("2026-11-24")), limit: 5, ..all() };
    assert_eq!(numbers(sooner).await.len(), 2);
    let open = Some(super::super::AdviceState::Open);
    assert_eq!(numbers(NetPaymentQuery { advice: open, limit: 5, ..all() }).await.len(), 3);
    let answered = Some(super::super::AdviceState::Answered);
    assert!(numbers(NetPaymentQuery { advice: answered, ..all() }).await.is_empty());

    let id = super::super::state::id(&number("00500"), day("2026-11-20"));
    let first = world.gateway.settled_payments(id, None, 2).await.unwrap();
    assert!(first.more && first.payments.len() == 2);
    let last = first.payments.last().unwrap().facts.id;
    let second = world.gateway.settled_payments(id, Some(last), 2).await.unwrap();
    assert!(!second.more && second.payments.len() == 1);
    let amounts: Yen = first.payments.iter().chain(&second.payments).map(|p| p.facts.amount).sum();
    assert_eq!(amounts, Yen::new(6));
}

async fn what_is_left_on_the_accounts_is_explained_to_the_yen(test: TestDatabase) {
    let world = World::new(test).await;
    let of = async |collector: &str| {
        let all = world.gateway.clearing_accounts().await.unwrap();
        assert_eq!(all.len(), world.gateway.directory().all().len());
        assert!(all.iter().all(ClearingAccounts::are_explained), "{all:?}");
        all.into_iter().find(|accounts| accounts.collector == number(collector)).unwrap()
    };
    assert!(of("99022").await.are_empty());
    world.pay("99022", 58_000, 110).await;
    world.pay("99022", 12_800, 0).await;
    world.pay("00500", 9, 0).await;
    world.hold("99022", 5, 0).await;
    let open = of("99022").await;
    assert_eq!((open.clearing, open.fee, open.settlement), (Yen::new(70_800), Yen::new(110), Yen::ZERO));
    assert_eq!((open.owed.count, open.due, open.closing), (2, Yen::ZERO, false));
    world.days_are_done("99022", &["2026-11-20"]).await;
    world.at("2026-11-24T09:00:00");
    world.settle().await;
    let due = of("99022").await;
    assert_eq!((due.clearing, due.fee, due.settlement), (Yen::ZERO, Yen::ZERO, Yen::new(70_910)));
    assert_eq!((due.owed.count, due.due), (0, Yen::new(70_910)));
    assert_eq!(of("00500").await.clearing, Yen::new(9), "each collector by itself");
    world.at("2026-11-26T09:00:00");
    world.settle().await;
    assert!(of("99022").await.are_empty());
    // a yen that no payment explains is seen
    let stray = Transfer {
        id: TransferId::generate(),
        debit: super::CASH,
        credit: chart::clearing(&number("99022")),
        amount: 1,
        kind: Kind::Posted,
        memo: "誤記".to_owned(),
    };
    world.gateway.ledger().commit(Commit { transfers: vec![stray], ..Commit::default() }).await.unwrap();
    let all = world.gateway.clearing_accounts().await.unwrap();
    let wrong: Vec<_> = all.iter().filter(|accounts| !accounts.are_explained()).collect();
    assert_eq!(wrong.len(), 1);
    assert_eq!((wrong[0].collector.as_str(), wrong[0].clearing), ("99022", Yen::new(1)));
}

async fn one_net_payment_is_paid_on_its_day_and_its_transfers_are_shown(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay("99022", 58_000, 110).await;
    let id = super::super::id(&number("99022"), day("2026-11-20"));
    let gateway = &world.gateway;
    assert_eq!(gateway.pay_settlement(id, &staff()).await.unwrap(), None, "it is not closed");
    let open = gateway.settlement_window(id).await.unwrap().unwrap();
    assert_eq!((open.state, open.id(), open.terms.payable()), (WindowState::Open, id, Yen::new(58_110)));
    assert_eq!(open.pay_date, day("2026-11-26"), "three business days later");
    assert_eq!(gateway.settlement_postings(id).await.unwrap(), []);
    world.days_are_done("99022", &["2026-11-20"]).await;
    world.at("2026-11-25T23:59:59");
    world.close("2026-11-20", "99022").await.unwrap();
    let early = gateway.pay_settlement(id, &staff()).await.unwrap().unwrap();
    assert_eq!(early.state, SettlementState::Due, "nothing is paid before its day");
    world.at("2026-11-26T00:00:00");
    for _ in 0..2 {
        let paid = gateway.pay_settlement(id, &staff()).await.unwrap().unwrap();
        assert_eq!(paid.state, SettlementState::Paid);
        assert_eq!(world.balance(chart::INTERBANK).await, 58_110, "once");
    }
    let name = &gateway.directory().get(&number("99022")).unwrap().name;
    let shown: Vec<_> = gateway.settlement_postings(id).await.unwrap();
    let shown: Vec<_> = shown.iter().map(|p| (p.debit.clone(), p.credit.clone(), p.amount.get())).collect();
    let settlement = format!("{name} 資金決済");
    assert_eq!(
        shown,
        [
            (format!("{name} 収納金"), settlement.clone(), 58_000),
            (format!("{name} 払込手数料"), settlement.clone(), 110),
            (settlement, "他行為替 未決済".to_owned(), 58_110),
        ]
    );
    let other = domain::SettlementId::generate();
    assert_eq!(gateway.settlement_window(other).await.unwrap(), None);
    assert_eq!(gateway.pay_settlement(other, &staff()).await.unwrap(), None);
    world.assert_clean().await;
}
