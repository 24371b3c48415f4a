//! What must hold when something approved is carried out, whatever held when it was approved.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{ApprovalId, ContractId, StaffRequestId};
use gateway::{Service, Stop, StopScope};
use internet_banking::approvals;
use internet_banking::contracts::{Role, Step};
use ledger::{Commit, EntityId, GuardKey};

use crate::approvals::{
    CONFIRMED, DOUBLE, SINGLE, approve, approver, asked, button, clearings, payments, policy, press,
    reviewed, signed_in, state,
};
use crate::payeasy_entry::held;
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, Page, World};
use crate::users::code;

database::on_both!(
    what_a_stop_has_met_is_not_paid_when_it_is_lifted,
    what_was_approved_is_held_against_what_is_so_when_it_is_carried_out,
    nothing_is_committed_by_a_policy_that_holds_no_more,
    where_tokens_must_differ_everybody_has_one_and_shows_it,
    an_approval_of_somebody_who_is_suspended_by_then_does_not_count,
    a_request_that_cannot_be_moved_on_keeps_no_other_waiting,
    what_nobody_else_has_approved_is_not_carried_out,
    a_limit_is_neither_dropped_nor_overtaken_without_a_second_administrator,
);

/// Leaves every request that waits as a process does that ends after the last approval, by these people.
pub async fn left(world: &World, approvers: &[&str]) {
    left_at(world, approvers, 1).await;
}

/// The same, approved at an instant.
pub async fn left_at(world: &World, approvers: &[&str], at_us: i64) {
    for (place, login_id) in (1_i64..).zip(approvers) {
        execute!(
            world.bank.database,
            "INSERT INTO approval_step (request, round, place, app_user, serial, digest, at_us)
             SELECT r.id, r.round, $1, u.id, u.token_serial, r.digest, $3 FROM approval_request r, app_user u
             WHERE r.state = 'asked' AND u.login_id = $2",
            place,
            *login_id,
            at_us,
        )
        .unwrap();
    }
    let sql = "UPDATE approval_request SET state = 'approved', version = version + 1 WHERE state = 'asked'";
    execute!(world.bank.database, sql).unwrap();
}

/// Stops a service for everybody, or the contract.
pub async fn stop(world: &World, scope: StopScope, subject: &str) -> Stop {
    let stop = Stop {
        id: StaffRequestId::generate().uuid(),
        scope,
        subject: subject.to_owned(),
        reason: "試験".to_owned(),
        actor: "staff:test".to_owned(),
        at: world.clock.now(),
    };
    let guards = vec![(stop.guard(), EntityId(stop.id))];
    world.bank.ledger.commit(Commit { rows: vec![stop.row()], guards, ..Commit::default() }).await.unwrap();
    stop
}

/// Lifts it.
pub async fn lift(world: &World, stop: &Stop) {
    let sql = "UPDATE emergency_stop SET lifted_us = 1, lifted_by = 'staff:test' WHERE id = $1";
    execute!(world.bank.database, sql, stop.id).unwrap();
    world.bank.ledger.commit(Commit { release: vec![stop.guard()], ..Commit::default() }).await.unwrap();
}

/// Asks again for what came back.
async fn ask_again(browser: &mut Browser, path: &str) {
    let shown = browser.get(path).await;
    let again = press(browser, path, &shown, "ask").await;
    assert_eq!(again.location(), path, "{}", again.body);
}

/// Whatever is stopped when it is to be paid goes back to its author, and only people ask for it again.
///
/// Proves SEC-43.
async fn what_a_stop_has_met_is_not_paid_when_it_is_lifted(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut ichiro = approver(&world, "ichiro01", &[Step::Final]).await;
    let path = asked(&mut hanako).await;
    let contract = world.contract.to_string();
    let stops = [(StopScope::Service, Service::PayEasy.code()), (StopScope::Contract, contract.as_str())];
    for (scope, subject) in stops {
        left(&world, &["ichiro01"]).await;
        let stopped = stop(&world, scope, subject).await;
        approvals::look(&world.bank).await.unwrap();
        lift(&world, &stopped).await;
        let back = hanako.get(&path).await;
        assert_eq!(back.fields("state"), ["差戻し"], "{subject}");
        assert!(back.fields("note").concat().contains("停止"), "{:?}", back.fields("note"));
        approvals::look(&world.bank).await.unwrap();
        assert_eq!((payments(&world).await, clearings(&network).await), (0, 0), "{subject}");
        ask_again(&mut hanako, &path).await;
    }
    // and nobody approves while it is stopped: the request goes on waiting
    let stopped = stop(&world, StopScope::Service, Service::PayEasy.code()).await;
    assert_eq!(approve(&mut ichiro, &path).await.fields("error_code"), ["C-102"]);
    lift(&world, &stopped).await;
    assert_eq!(state(&mut hanako, &path).await, "承認待ち");
    assert_eq!(approve(&mut ichiro, &path).await.location(), path);
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
}

/// One thing after another has changed since the last approval, and is as it was again.
///
/// Proves SEC-20.
async fn what_was_approved_is_held_against_what_is_so_when_it_is_carried_out(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    drop(approver(&world, "ichiro01", &[Step::Final]).await);
    drop(approver(&world, "jiro01", &[Step::Final]).await);
    let path = asked(&mut hanako).await;
    let changes = [
        ("UPDATE contract SET state = 'ended'", "UPDATE contract SET state = 'active'"),
        (
            "UPDATE app_user SET disabled_us = 1 WHERE login_id = 'hanako01'",
            "UPDATE app_user SET disabled_us = NULL WHERE login_id = 'hanako01'",
        ),
        (
            "DELETE FROM user_right WHERE business = 'payeasy' AND account = 1001
                 AND app_user = (SELECT id FROM app_user WHERE login_id = 'hanako01')",
            "INSERT INTO user_right (app_user, business, account)
                 SELECT id, 'payeasy', 1001 FROM app_user WHERE login_id = 'hanako01'",
        ),
        ("UPDATE payeasy_wrong_numbers SET stops = 6", "UPDATE payeasy_wrong_numbers SET stops = 0"),
    ];
    for (change, undo) in changes {
        left(&world, &["ichiro01"]).await;
        execute!(world.bank.database, change).unwrap();
        approvals::look(&world.bank).await.unwrap();
        execute!(world.bank.database, undo).unwrap();
        assert_eq!(state(&mut hanako, &path).await, "差戻し", "{change}");
        assert_eq!((payments(&world).await, clearings(&network).await), (0, 0), "{change}");
        ask_again(&mut hanako, &path).await;
    }
    // a policy of two came after the one approval of what needed one
    left(&world, &["ichiro01"]).await;
    policy(&world, DOUBLE).await;
    approvals::look(&world.bank).await.unwrap();
    assert_eq!((state(&mut hanako, &path).await.as_str(), payments(&world).await), ("差戻し", 0));
    ask_again(&mut hanako, &path).await;
    left(&world, &["ichiro01", "jiro01"]).await;
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
    let secrets: Vec<Option<String>> = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT secret FROM approval_request").fetch_all(c).await
    })
    .unwrap();
    assert_eq!(secrets, [None]);
}

/// Takes the next version of the policy, as another process does between the look at the policy and the commit of what
/// was judged by it.
async fn overtake(world: &World) -> GuardKey {
    let (version, _) = approvals::Policies::of(&world.bank.database, world.contract).newest().await.unwrap();
    let key = GuardKey(format!("approval-policy|{}|{}", world.contract, version + 1));
    let guards = vec![(key.clone(), EntityId(world.contract.uuid()))];
    world.bank.ledger.commit(Commit { guards, ..Commit::default() }).await.unwrap();
    key
}

async fn give_back(world: &World, key: GuardKey) {
    world.bank.ledger.commit(Commit { release: vec![key], ..Commit::default() }).await.unwrap();
}

/// Proves SEC-20, SEC-21.
async fn nothing_is_committed_by_a_policy_that_holds_no_more(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    let mut hanako = world.signed_in().await;
    // a payment without approval
    let (entry, review) = reviewed(&mut hanako).await;
    let next = overtake(&world).await;
    assert_eq!(code(&entry.press(&mut hanako, &review, &[CONFIRMED]).await), "P-503");
    assert_eq!((payments(&world).await, held(&world).await), (0, 0));
    // a change that no second administrator confirms
    add(&world, "master1", Role::Master, "T-0002", 8).await;
    let mut master = signed_in(&world, "master1").await;
    let limit = format!("/payeasy/limits/{}", world.hanako);
    let act = format!("/admin/users/{}/do/password", world.hanako);
    for (path, more) in [(&limit, Some(("limit", "5000"))), (&limit, Some(("limit", ""))), (&act, None)] {
        let (csrf, now) = (master.get(path).await.token(), fresh(&world, "T-0002").await);
        let mut form = vec![("csrf", csrf.as_str()), ("one_time_password", now.as_str())];
        form.extend(more);
        let done = master.post(path, &form).await;
        let lowers = more == Some(("limit", "5000"));
        assert_eq!(
            done.location() == "/payeasy/limits?done=changed",
            lowers,
            "{path} {more:?}: {}",
            done.body
        );
        assert_eq!(done.fields("error_code").is_empty(), lowers, "{path} {more:?}: {}", done.body);
    }
    let of = world.bank.limits.of(world.contract, world.hanako).await.unwrap().user;
    assert_eq!(of.map(|yen| yen.get()), Some(5_000));
    let sql = "SELECT must_change FROM app_user WHERE login_id = 'hanako01'";
    let must: i64 = read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    assert_eq!(must, 0);
    give_back(&world, next).await;
    // an approval, and what was approved
    policy(&world, SINGLE).await;
    let mut ichiro = approver(&world, "ichiro01", &[Step::Final]).await;
    let path = asked(&mut hanako).await;
    let next = overtake(&world).await;
    assert_eq!(code(&approve(&mut ichiro, &path).await), "A-104");
    assert_eq!(state(&mut hanako, &path).await, "承認待ち");
    left(&world, &["ichiro01"]).await;
    approvals::look(&world.bank).await.unwrap();
    assert_eq!((state(&mut hanako, &path).await.as_str(), payments(&world).await), ("実行中", 0));
    give_back(&world, next).await;
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "実行中", "after a pause");
    execute!(world.bank.database, "UPDATE approval_request SET next_us = 0").unwrap();
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
}

/// An approver with a token in use, signed in.
async fn token_holder(world: &World, login_id: &str, serial: &str, seed: u8) -> Browser {
    let user = add(world, login_id, Role::General, serial, seed).await;
    let sql = "INSERT INTO user_approver (app_user, business, step) VALUES ($1, 'payeasy', 'final')";
    execute!(world.bank.database, sql, user.uuid()).unwrap();
    signed_in(world, login_id).await
}

/// Proves SEC-20.
async fn where_tokens_must_differ_everybody_has_one_and_shows_it(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, r#"{"flows":{"payeasy":{"kind":"single"}},"distinct_tokens":true}"#).await;
    let mut ichiro = approver(&world, "ichiro01", &[Step::Final]).await;
    let mut hanako = world.signed_in().await;
    let (entry, review) = reviewed(&mut hanako).await;
    assert_eq!(
        code(&button(&mut hanako, &entry, &review, "ask").await),
        "A-112",
        "an author without a token"
    );
    add(&world, "author01", Role::General, "T-0001", 5).await;
    let mut author = signed_in(&world, "author01").await;
    let (entry, review) = reviewed(&mut author).await;
    assert_eq!(code(&button(&mut author, &entry, &review, "ask").await), "A-103", "approvers without tokens");
    let mut jiro = token_holder(&world, "jiro0001", "T-0002", 6).await;
    let (on_its_way, in_use) = (
        "UPDATE token SET state = 'shipped' WHERE serial = 'T-0002'",
        "UPDATE token SET state = 'in_use' WHERE serial = 'T-0002'",
    );
    execute!(world.bank.database, on_its_way).unwrap();
    assert_eq!(code(&button(&mut author, &entry, &review, "ask").await), "A-103", "none in use");
    execute!(world.bank.database, in_use).unwrap();
    let made = button(&mut author, &entry, &review, "ask").await;
    let path = made.location().to_owned();
    assert!(path.starts_with("/approvals/"), "{}", made.body);
    assert_eq!(code(&approve(&mut ichiro, &path).await), "A-112");
    assert_eq!(code(&approve(&mut jiro, &path).await), "T-100", "whoever has a token shows it");
    assert_eq!(payments(&world).await, 0);
    assert_eq!(by_code(&world, &mut jiro, &path, "T-0002").await.location(), path);
    assert_eq!(state(&mut author, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
}

/// Approves with a one-time password.
pub async fn by_code(world: &World, browser: &mut Browser, path: &str, serial: &str) -> Page {
    let shown = browser.get(path).await;
    let (csrf, digest, now) = (shown.token(), shown.value("digest"), fresh(world, serial).await);
    let form = [
        ("csrf", csrf.as_str()),
        ("digest", &digest),
        ("action", "approve"),
        ("one_time_password", &now),
        CONFIRMED,
    ];
    browser.post(path, &form).await
}

/// Proves SEC-20.
async fn an_approval_of_somebody_who_is_suspended_by_then_does_not_count(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, DOUBLE).await;
    let mut hanako = world.signed_in().await;
    let mut ichiro = approver(&world, "ichiro01", &[Step::Final]).await;
    let mut jiro = approver(&world, "jiro01", &[Step::Final]).await;
    let mut saburo = approver(&world, "saburo01", &[Step::Final]).await;
    let path = asked(&mut hanako).await;
    assert_eq!(approve(&mut ichiro, &path).await.location(), path);
    let sql = "UPDATE app_user SET disabled_us = 1 WHERE login_id = 'ichiro01'";
    execute!(world.bank.database, sql).unwrap();
    assert_eq!(approve(&mut jiro, &path).await.location(), path);
    assert_eq!((state(&mut hanako, &path).await.as_str(), payments(&world).await), ("承認待ち", 0));
    assert_eq!(approve(&mut saburo, &path).await.location(), path);
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
}

/// One whose text cannot be read and one whose contract is gone come first, and are tried less and less often.
async fn a_request_that_cannot_be_moved_on_keeps_no_other_waiting(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    drop(approver(&world, "ichiro01", &[Step::Final]).await);
    let path = asked(&mut hanako).await;
    left(&world, &["ichiro01"]).await;
    let copies = [("approved", "{}", world.contract), ("asked", "as it is", ContractId::generate())];
    for (state, matter, contract) in copies {
        execute!(
            world.bank.database,
            "INSERT INTO approval_request (id, contract, business, about, author, state, version, round, matter,
                 digest, secret, need, note, made_us, changed_us, until_us)
             SELECT $1, $2, business, 'copy', author, $3, 1, round,
                 CASE WHEN $4 = '{}' THEN '{}' ELSE matter END, digest, secret, need, note, 0, 0, 0
             FROM approval_request WHERE about <> 'copy'",
            ApprovalId::generate().uuid(),
            contract.uuid(),
            state,
            matter,
        )
        .unwrap();
    }
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
    let tries = async || -> (i64, i64) {
        let sql = "SELECT tries, next_us FROM approval_request WHERE about = 'copy' ORDER BY id";
        let found: Vec<(i64, i64)> =
            read!(world.bank.database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        assert_eq!(found.iter().map(|(tries, _)| *tries).max(), found.iter().map(|(tries, _)| *tries).min());
        found[0]
    };
    let (first, next) = tries().await;
    assert!(first == 1 && next > 0);
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(tries().await, (first, next), "not before its time");
    execute!(world.bank.database, "UPDATE approval_request SET next_us = 0").unwrap();
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(tries().await.0, 2);
}

/// Whatever the state of the row says: nobody's approval, the author's own, and one of two are not enough.
///
/// Proves SEC-16, SEC-20.
async fn what_nobody_else_has_approved_is_not_carried_out(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    drop(approver(&world, "ichiro01", &[Step::Final]).await);
    drop(approver(&world, "jiro01", &[Step::Final]).await);
    let own = "INSERT INTO user_approver (app_user, business, step) VALUES ($1, 'payeasy', 'final')";
    execute!(world.bank.database, own, world.hanako.uuid()).unwrap();
    let path = asked(&mut hanako).await;
    for approvers in [&[] as &[&str], &["hanako01"]] {
        left(&world, approvers).await;
        approvals::look(&world.bank).await.unwrap();
        assert_eq!(state(&mut hanako, &path).await, "差戻し", "{approvers:?}");
        ask_again(&mut hanako, &path).await;
    }
    // asked for while two had to approve, who are still two
    let shown = hanako.get(&path).await;
    press(&mut hanako, &path, &shown, "withdraw").await;
    policy(&world, DOUBLE).await;
    ask_again(&mut hanako, &path).await;
    policy(&world, SINGLE).await;
    left(&world, &["hanako01", "ichiro01"]).await;
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "差戻し");
    assert_eq!((payments(&world).await, clearings(&network).await), (0, 0));
}

/// Proves SEC-21.
async fn a_limit_is_neither_dropped_nor_overtaken_without_a_second_administrator(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, r#"{"second_administrator":true}"#).await;
    add(&world, "master1", Role::Master, "T-0002", 8).await;
    let admin = add(&world, "admin001", Role::Admin, "T-0003", 9).await;
    let duty = "INSERT INTO user_duty (app_user, duty) VALUES ($1, 'approvals')";
    execute!(world.bank.database, duty, admin.uuid()).unwrap();
    let mut master = signed_in(&world, "master1").await;
    let path = format!("/payeasy/limits/{}", world.hanako);
    let mut limited = async |yen: &str| {
        let (csrf, now) = (master.get(&path).await.token(), fresh(&world, "T-0002").await);
        let form = [("csrf", csrf.as_str()), ("limit", yen), ("one_time_password", &now)];
        master.post(&path, &form).await.location().to_owned()
    };
    // as much as the contract's, and then none of the own: nothing but the contract's bounds it any more
    assert_eq!(limited("10000000").await, "/payeasy/limits?done=changed");
    let dropped = limited("").await;
    assert!(dropped.starts_with("/approvals/"), "{dropped}");
    // what the second administrator confirms is what was seen, and by now another limit holds
    assert_eq!(limited("5000").await, "/payeasy/limits?done=changed");
    let mut second = signed_in(&world, "admin001").await;
    assert_eq!(code(&by_code(&world, &mut second, &dropped, "T-0003").await), "A-104");
    let of = async || world.bank.limits.of(world.contract, world.hanako).await.unwrap().user;
    assert_eq!(of().await.map(|yen| yen.get()), Some(5_000));
    let raise = limited("6000").await;
    assert_eq!(by_code(&world, &mut second, &raise, "T-0003").await.location(), raise);
    assert_eq!(of().await.map(|yen| yen.get()), Some(5_000));
    world.clock.advance_seconds(86_400);
    assert_eq!(of().await.map(|yen| yen.get()), Some(6_000));
}
