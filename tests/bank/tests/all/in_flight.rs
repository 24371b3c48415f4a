//! What is on its way while somebody takes something from whoever sent it: a request that has looked at everything,
//! and waits for its password's turn, commits nothing afterwards.

use std::future::Future;

use database::testing::TestDatabase;
use domain::{Timestamp, UserId};
use gateway::StopScope;
use internet_banking::approvals::look;
use internet_banking::contracts::{Business, Rights, Role, Step};
use internet_banking::sign_in::Use;
use transfers::{Reason, State};

use crate::approvals::{CONFIRMED, approve, policy, press, signed_in, state};
use crate::approved::{left_at, lift, stop};
use crate::consents;
use crate::console::support::{CHECKER, MAKER, Office, done};
use crate::support::{Browser, Page, World, add_user};
use crate::transfer_entry::{Transfer, order_of, send};
use crate::transfers::file_payee;
use crate::users::{MASTER_TOKEN, act, code, with_master};

database::on_both!(
    whoever_loses_something_meanwhile_orders_nothing,
    an_approver_who_is_suspended_meanwhile_approves_nothing,
    a_contract_that_ends_meanwhile_orders_nothing_and_its_reservations_fail,
    a_stop_of_all_sign_ins_keeps_everything_back_that_is_under_way,
    a_stop_of_transfers_keeps_an_order_back_that_is_under_way,
    a_stopped_contracts_reservation_waits_and_is_taken_back_by_two_of_the_bank,
    what_was_approved_before_the_cut_off_is_taken_after_it,
);

const TODAY: &str = "2026-11-24";
const TOMORROW: &str = "2026-11-25";

/// Sends a request whose password gets no turn until something else is done.
async fn held_up<T>(
    world: &World,
    request: impl Future<Output = Page>,
    meanwhile: impl Future<Output = T>,
) -> (Page, T) {
    let mut places = Vec::new();
    for _ in 0..2 {
        places.push(world.bank.passwords.place(Use::Confirmation).await.unwrap());
    }
    let meanwhile = async move {
        let done = meanwhile.await;
        drop(places);
        done
    };
    tokio::join!(request, meanwhile)
}

async fn money(world: &World) -> i64 {
    world.bank.ledger.balances(&world.accounts[..1]).await.unwrap()[0].available.get()
}

async fn user(world: &World, login_id: &str) -> (UserId, Browser) {
    let rights = Rights::all(&world.accounts).approving(Business::Transfer, Step::Final);
    let user = add_user(&world.bank, world.contract, login_id, Role::General, rights).await;
    (user, signed_in(world, login_id).await)
}

/// Suspended, given another password, removed: the order that waits is not taken, as the sign-in page says afterwards.
///
/// Proves SEC-27, SEC-35.
async fn whoever_loses_something_meanwhile_orders_nothing(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    for (number, deed) in ["suspend", "password", "remove"].into_iter().enumerate() {
        let (id, mut racer) = user(&world, &format!("racer{number}1")).await;
        let entry = Transfer::own(&mut racer, "100", TODAY).await.ok().unwrap();
        let review = entry.review(&mut racer).await;
        let request = entry.press(&mut racer, &review, &[CONFIRMED]);
        let (placed, acted) =
            held_up(&world, request, act(&world, &mut master, id, deed, MASTER_TOKEN)).await;
        assert!(acted.status.is_redirection() || acted.status.is_success(), "{deed}: {}", acted.body);
        assert_eq!(code(&placed), "F-110", "{deed}: {}", placed.body);
        assert_eq!(money(&world).await, 48_210_953, "{deed}");
        let out = racer.get("/home").await;
        assert!(out.location().starts_with("/sign-in"), "{deed}");
        let told = racer.get(out.location()).await.body;
        assert!(told.contains("最後の操作は受け付けていません。"), "{deed}: {told}");
    }
}

/// The last approval of a transfer and of a change of the contract: neither is given, and nothing is done.
///
/// Proves SEC-21, SEC-27.
async fn an_approver_who_is_suspended_meanwhile_approves_nothing(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    policy(&world, r#"{"flows":{"transfer":{"kind":"single"}},"second_administrator":true}"#).await;
    let (id, mut last) = user(&world, "jiro01").await;
    let (_, mut other) = user(&world, "saburo1").await;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "100", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    let (csrf, order) = (review.token(), review.value("order"));
    let form = [("csrf", csrf.as_str()), ("order", &order), ("action", "ask"), CONFIRMED];
    let path = hanako.post(&entry.page("review"), &form).await.location().to_owned();
    let shown = last.get(&path).await;
    let request = press(&mut last, &path, &shown, "approve");
    let (given, acted) =
        held_up(&world, request, act(&world, &mut master, id, "suspend", MASTER_TOKEN)).await;
    assert!(acted.status.is_redirection(), "{}", acted.body);
    assert!(given.status.is_client_error(), "{} {}", given.status, given.body);
    look(&world.bank).await.unwrap();
    assert_eq!((state(&mut hanako, &path).await, money(&world).await), ("承認待ち".to_owned(), 48_210_953));
    // another one approves it
    approve(&mut other, &path).await;
    assert_eq!(money(&world).await, 48_210_853);
}

/// 解約: neither what waits for its password nor what was reserved leaves an account that is in no contract any more.
///
/// Proves SEC-27, SEC-43.
async fn a_contract_that_ends_meanwhile_orders_nothing_and_its_reservations_fail(test: TestDatabase) {
    let office = Office::new(test).await;
    let world = &office.world;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "500", TOMORROW).await.ok().unwrap();
    let reserved = order_of(&entry.confirm(&mut hanako).await);
    let entry = Transfer::own(&mut hanako, "100", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let end = format!("/contracts/{}/procedures/end", world.contract);
    let request = entry.press(&mut hanako, &review, &[CONFIRMED]);
    let (placed, _) = held_up(world, request, done(&mut maker, &mut checker, &end, &[])).await;
    assert_eq!(code(&placed), "F-110", "{}", placed.body);
    go_to(world, "2026-11-25T08:30:00");
    world.bank.transfers.due(&world.bank.contracts).await.unwrap();
    assert_eq!(standing(world, &reserved).await, (State::Failed, Some(Reason::ContractEnded)));
    assert_eq!(money(world).await, 48_210_953);
}

/// ログイン(全契約) keeps an order, a cancellation and an answer back that were sent before it.
///
/// Proves SEC-43.
async fn a_stop_of_all_sign_ins_keeps_everything_back_that_is_under_way(test: TestDatabase) {
    let world = World::new(test).await;
    let sign_in = gateway::Service::SignIn.code();
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "500", TOMORROW).await.ok().unwrap();
    let reserved = order_of(&entry.confirm(&mut hanako).await);
    let case = consents::asked(&world, world.accounts[0], "t-1", 50_000).await;
    let case = format!("/transfers/recalls/{case}");
    let entry = Transfer::own(&mut hanako, "100", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    let csrf = hanako.get("/transfers").await.token();
    let cancel = format!("{reserved}/cancel");
    let answers = [("csrf", csrf.as_str()), ("action", "consent"), CONFIRMED];
    let refuses = [("csrf", csrf.as_str()), ("action", "refuse"), CONFIRMED];
    for (path, form) in [
        (cancel.as_str(), &[("csrf", csrf.as_str()), CONFIRMED][..]),
        (&case, &answers[..]),
        (&case, &refuses[..]),
    ] {
        let (met, stopped) =
            held_up(&world, hanako.post(path, form), stop(&world, StopScope::Service, sign_in)).await;
        assert_eq!(code(&met), "C-102", "{path}: {}", met.body);
        lift(&world, &stopped).await;
    }
    let request = entry.press(&mut hanako, &review, &[CONFIRMED]);
    let (met, _) = held_up(&world, request, stop(&world, StopScope::Service, sign_in)).await;
    assert_eq!(code(&met), "C-102", "{}", met.body);
    assert_eq!(money(&world).await, 48_210_953);
    assert_eq!(standing(&world, &reserved).await, (State::Reserved, None));
}

/// 振込・振替(全契約), and the same of one contract: what looked at the stops before commits nothing after.
///
/// Proves SEC-43.
async fn a_stop_of_transfers_keeps_an_order_back_that_is_under_way(test: TestDatabase) {
    let world = World::new(test).await;
    let (transfers, contract) = (gateway::Service::Transfer.code(), world.contract.to_string());
    let mut hanako = world.signed_in().await;
    for (scope, subject) in [(StopScope::Service, transfers), (StopScope::Contract, contract.as_str())] {
        let entry = Transfer::own(&mut hanako, "100", TODAY).await.ok().unwrap();
        let review = entry.review(&mut hanako).await;
        let request = entry.press(&mut hanako, &review, &[CONFIRMED]);
        let (met, stopped) = held_up(&world, request, stop(&world, scope, subject)).await;
        assert!(met.status.is_client_error(), "{subject}: {}", met.location());
        assert!(met.fields("error_code").concat().starts_with("C-10"), "{subject}: {}", met.body);
        assert_eq!(money(&world).await, 48_210_953, "{subject}");
        lift(&world, &stopped).await;
    }
    // what is asked back is kept back like what is sent, and is asked for once the stop is lifted
    file_payee(&world).await;
    let filed = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0001")]).await.ok().unwrap();
    filed.details(&mut hanako, "700", TODAY).await;
    let executed = order_of(&filed.confirm(&mut hanako).await);
    let (recall, csrf) = (format!("{executed}/recall"), hanako.get("/transfers").await.token());
    let form = [("csrf", csrf.as_str()), CONFIRMED];
    let barred = stop(&world, StopScope::Service, transfers);
    let (met, stopped) = held_up(&world, hanako.post(&recall, &form), barred).await;
    assert!(met.fields("error_code").concat().starts_with("C-10"), "{} {}", met.location(), met.body);
    assert!(hanako.get(&executed).await.fields("recall").is_empty());
    lift(&world, &stopped).await;
    assert_eq!(send(&mut hanako, &recall, &[CONFIRMED]).await.location(), executed);
    assert_eq!(hanako.get(&executed).await.fields("recall"), ["照会中"]);
}

/// A stop holds what was reserved before it, and two people of the bank take it back, on its day too; what nobody takes
/// back is carried out at the next time after the stop is lifted.
///
/// Proves SEC-43.
async fn a_stopped_contracts_reservation_waits_and_is_taken_back_by_two_of_the_bank(test: TestDatabase) {
    let office = Office::new(test).await;
    let world = &office.world;
    let mut hanako = world.signed_in().await;
    let mut orders = Vec::new();
    for amount in ["500", "700"] {
        let entry = Transfer::own(&mut hanako, amount, TOMORROW).await.ok().unwrap();
        orders.push(order_of(&entry.confirm(&mut hanako).await));
    }
    let stopped = send(&mut hanako, "/emergency-stop/now", &[("sure", "yes")]).await;
    let told = hanako.get(stopped.location()).await.body;
    assert!(told.contains("停止している間は実行しません"), "{told}");
    go_to(world, "2026-11-25T08:30:00");
    world.bank.transfers.due(&world.bank.contracts).await.unwrap();
    for order in &orders {
        assert_eq!(standing(world, order).await, (State::Reserved, Some(Reason::Stopped)));
    }
    assert_eq!(money(world).await, 48_210_953);
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let page = format!("/contracts/{}/procedures/cancel-transfer", world.contract);
    let shown = maker.get(&page).await;
    assert!(shown.body.contains("500 円") && shown.body.contains("700 円"), "{}", shown.body);
    let id = orders[0].rsplit('/').next().unwrap();
    let taken = done(&mut maker, &mut checker, &page, &[("value", id)]).await;
    assert!(taken.body.contains("予約を取り消しました。"), "{}", taken.body);
    assert_eq!(standing(world, &orders[0]).await, (State::Cancelled, None));
    let left = maker.get(&page).await;
    assert!(!left.body.contains("500 円") && left.body.contains("700 円"), "{}", left.body);
    // lifted in time
    let open = world.bank.gateway.open_stop_of(world.contract).await.unwrap().unwrap();
    lift(world, &open).await;
    let told = world.signed_in().await.get(&orders[0]).await.fields("cancelled");
    assert_eq!(told, ["2026年11月25日(水) 8:32 当行"], "not the customer");
    go_to(world, "2026-11-25T11:00:00");
    world.bank.transfers.due(&world.bank.contracts).await.unwrap();
    assert_eq!(standing(world, &orders[1]).await.0, State::Settled);
    assert_eq!(money(world).await, 48_210_253);
}

/// F-8: the process ended after the last approval and before the order; the next one comes after the cut-off.
///
/// Proves R85.
async fn what_was_approved_before_the_cut_off_is_taken_after_it(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, r#"{"flows":{"transfer":{"kind":"single"}}}"#).await;
    let mut hanako = world.signed_in().await;
    drop(user(&world, "jiro01").await);
    let until = at("2026-11-24T16:00:00");
    for (approved_at, taken) in [(until.micros() - 1, "完了"), (until.micros(), "差戻し")] {
        go_to(&world, "2026-11-24T10:00:00");
        let entry = Transfer::own(&mut hanako, "100", TODAY).await.ok().unwrap();
        let review = entry.review(&mut hanako).await;
        let (csrf, order) = (review.token(), review.value("order"));
        let form = [("csrf", csrf.as_str()), ("order", &order), ("action", "ask"), CONFIRMED];
        let path = hanako.post(&entry.page("review"), &form).await.location().to_owned();
        left_at(&world, &["jiro01"], approved_at).await;
        go_to(&world, "2026-11-24T16:00:20");
        look(&world.bank).await.unwrap();
        go_to(&world, "2026-11-24T10:00:00");
        assert_eq!(state(&mut hanako, &path).await, taken);
    }
    assert_eq!(money(&world).await, 48_210_853);
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
}

fn go_to(world: &World, time: &str) {
    world.clock.advance_seconds(at(time).seconds_since(world.clock.now()));
}

async fn standing(world: &World, path: &str) -> (State, Option<Reason>) {
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let order = world.bank.transfers.find(world.contract, id).await.unwrap().unwrap();
    (order.state, order.reason)
}
