//! What one administrator may not do alone, and the paper that helps where nobody else is left.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{Timestamp, UserId};
use http::StatusCode;
use internet_banking::approvals;
use internet_banking::contracts::{Role, Step};

use crate::approvals::{SINGLE, approve, approver, asked, button, policy, reviewed, signed_in, state};
use crate::approved::by_code;
use crate::console::support::{CHECKER, MAKER, Office, done, propose};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, World};
use crate::transfer_entry::Transfer;
use crate::users::{act, code};

database::on_both!(
    a_change_of_the_policy_is_reviewed_with_what_becomes_of_what_is_under_way,
    whoever_gives_payments_to_approvers_makes_none_alone_and_a_paper_helps_whoever_is_left,
    an_unlocked_token_waits_for_the_second_administrator,
    whoever_gave_somebody_access_confirms_nothing_with_that_person_for_a_day,
    an_approver_whose_access_came_from_the_author_approves_the_authors_payments_a_day_later,
);

/// A master and an administrator who could confirm what the other one changes.
async fn two(test: TestDatabase) -> (World, Browser, UserId) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    add(&world, "master1", Role::Master, "T-0002", 8).await;
    let admin = add(&world, "admin001", Role::Admin, "T-0003", 9).await;
    for duty in ["approvals", "passwords"] {
        let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)";
        execute!(world.bank.database, sql, admin.uuid(), duty).unwrap();
    }
    let master = signed_in(&world, "master1").await;
    (world, master, admin)
}

/// What becomes different is shown beside what it is now, with the requests that wait and the reservations; nothing
/// is set before that page's button.
///
/// Proves SEC-20, SEC-21.
async fn a_change_of_the_policy_is_reviewed_with_what_becomes_of_what_is_under_way(test: TestDatabase) {
    let (world, _network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    add(&world, "master1", Role::Master, "T-0002", 8).await;
    for login_id in ["ichiro01", "jiro0001"] {
        drop(approver(&world, login_id, &[Step::Final]).await);
    }
    let mut hanako = world.signed_in().await;
    asked(&mut hanako).await;
    Transfer::own(&mut hanako, "1000", "2026-11-26").await.ok().unwrap().confirm(&mut hanako).await;
    let mut master = signed_in(&world, "master1").await;
    let page = master.get("/admin/approvals").await;
    let (csrf, seen) = (page.token(), page.value("seen"));
    let mut send = async |flow: &str, more: &[(&str, &str)]| {
        let mut form = vec![("csrf", csrf.as_str()), ("seen", &seen), ("payeasy-flow", flow)];
        form.extend([("transfer-flow", "none"), ("bulk_transfer-flow", "single"), ("salary-flow", "single")]);
        form.extend([("local_tax-flow", "single"), ("direct_debit-flow", "single")]);
        form.extend_from_slice(more);
        master.post("/admin/approvals", &form).await
    };
    let same = send("single", &[]).await;
    assert_eq!(code(&same), "P-100");
    let not_yet = "設定はまだ変わっていません。";
    assert!(
        same.body.contains("変更したところがありません。") && same.body.contains(not_yet),
        "{}",
        same.body
    );
    let review = send("double", &[]).await;
    assert_eq!(review.status, StatusCode::OK, "{}", review.body);
    for (field, words) in [
        ("label", "税金・各種料金"),
        ("old", "シングル承認(1名)"),
        ("new", "ダブル承認(2名、順序なし)"),
        ("waiting", "1件"),
        ("more", "1件"),
        ("reserved", "1件"),
    ] {
        assert_eq!(review.fields(field), [words], "{field}: {}", review.body);
    }
    let sent_again = "name=\"payeasy-flow\" value=\"double\"";
    assert!(review.body.contains(sent_again) && review.body.contains(not_yet), "{}", review.body);
    let back = send("double", &[("action", "back")]).await;
    assert!(back.body.contains("value=\"double\" checked"), "what was chosen is still there: {}", back.body);
    let wrong = send("double", &[("action", "set"), ("one_time_password", "")]).await;
    assert_eq!((code(&wrong), wrong.fields("new").len()), ("T-100".to_owned(), 1), "on the same page");
    assert!(wrong.body.contains(not_yet), "{}", wrong.body);
    let held =
        async || approvals::Policies::of(&world.bank.database, world.contract).newest().await.unwrap().0;
    assert_eq!(held().await, 1);
    let now = fresh(&world, "T-0002").await;
    let set = send("double", &[("action", "set"), ("one_time_password", &now)]).await;
    assert_eq!((set.location(), held().await), ("/admin/approvals?done=changed", 2), "{}", set.body);
}

/// Suspending the other one makes nobody alone, and what the paper permits ends with the next policy of their own.
///
/// Proves R8, SEC-20, SEC-21.
async fn whoever_gives_payments_to_approvers_makes_none_alone_and_a_paper_helps_whoever_is_left(
    test: TestDatabase,
) {
    let (world, mut master, admin) = two(test).await;
    let (database, contract) = (world.bank.database.clone(), world.contract);
    let asked = act(&world, &mut master, world.hanako, "password", "T-0002").await;
    assert!(asked.location().starts_with("/approvals/"), "nobody ticked that: {}", asked.body);
    let suspended = act(&world, &mut master, admin, "suspend", "T-0002").await;
    assert!(suspended.location().starts_with("/admin/users/"), "at once: {}", suspended.body);
    let refused = act(&world, &mut master, world.hanako, "password", "T-0002").await;
    assert_eq!(code(&refused), "A-110");
    assert!(refused.body.contains("お取引店に書面で"), "{}", refused.body);
    let sql = "SELECT must_change FROM app_user WHERE login_id = 'hanako01'";
    let must: i64 = read!(database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    assert_eq!(must, 0);
    let office = Office::of(world, console::delivery::DeliverySettings::default()).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let paper = format!("/contracts/{contract}/procedures/single-administrator");
    done(&mut maker, &mut checker, &paper, &[]).await;
    let again = propose(&mut maker, &paper, &[]).await;
    assert!(again.body.contains("もう一人の管理者の確認は要りません"), "{}", again.body);
    let world = &office.world;
    let policies = approvals::Policies::of(&database, contract);
    let (version, held) = policies.newest().await.unwrap();
    assert_eq!(
        (held.single_administrator_until.map(|day| day.to_string()), version),
        (Some("2026-12-24".to_owned()), 2)
    );
    assert_eq!(held.flows.len(), 1, "payments are approved as before");
    let mut master = signed_in(world, "master1").await;
    let changed = act(world, &mut master, world.hanako, "password", "T-0002").await;
    assert_eq!(changed.fields("temporary_password").len(), 1, "{}", changed.body);
    let page = master.get("/admin/approvals").await;
    assert!(
        page.body.contains("<strong>2026年12月24日(木)</strong>まで、もう一人の管理者の確認なしに"),
        "{}",
        page.body
    );
    let last = Timestamp::parse_rfc3339("2026-12-24T10:00:00+09:00").unwrap();
    assert!(!policies.held(last).await.unwrap().confirms, "to the end of its last day");
    assert!(policies.held(last.plus_seconds(14 * 3600)).await.unwrap().confirms, "and it ends by itself");
    let (csrf, seen, now) = (page.token(), page.value("seen"), fresh(world, "T-0002").await);
    let form = [
        ("csrf", csrf.as_str()),
        ("seen", &seen),
        ("one_time_password", &now),
        ("payeasy-flow", "none"),
        ("transfer-flow", "none"),
        ("bulk_transfer-flow", "single"),
        ("salary-flow", "single"),
        ("local_tax-flow", "single"),
        ("direct_debit-flow", "single"),
        ("action", "set"),
    ];
    let set = master.post("/admin/approvals", &form).await;
    assert_eq!(set.location(), "/admin/approvals?done=changed", "{}", set.body);
    assert_eq!(policies.newest().await.unwrap().1.single_administrator_until, None);
}

/// To end a token is nobody's to confirm.
///
/// Proves SEC-21.
async fn an_unlocked_token_waits_for_the_second_administrator(test: TestDatabase) {
    let (world, mut master, _) = two(test).await;
    let database = &world.bank.database;
    add(&world, "jiro0001", Role::General, "T-0004", 4).await;
    execute!(database, "UPDATE token SET locked_us = 5, failures = 5 WHERE serial = 'T-0004'").unwrap();
    let administer = async |master: &mut Browser, act: &str| {
        let (csrf, now) = (master.get("/admin/tokens").await.token(), fresh(&world, "T-0002").await);
        let form = [("csrf", csrf.as_str()), ("serial", "T-0004"), ("act", act), ("one_time_password", &now)];
        master.post("/admin/tokens/do", &form).await
    };
    let asked = administer(&mut master, "unlock").await;
    let path = asked.location().to_owned();
    assert!(path.starts_with("/approvals/"), "{}", asked.body);
    let locked = async || -> i64 {
        let sql = "SELECT count(*) FROM token WHERE serial = 'T-0004' AND locked_us IS NOT NULL";
        read!(database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    };
    assert_eq!(locked().await, 1);
    let mut second = signed_in(&world, "admin001").await;
    // another lock than the one that was seen is not lifted by it
    execute!(database, "UPDATE token SET locked_us = 6 WHERE serial = 'T-0004'").unwrap();
    assert_eq!(code(&by_code(&world, &mut second, &path, "T-0003").await), "A-104");
    execute!(database, "UPDATE token SET locked_us = 5 WHERE serial = 'T-0004'").unwrap();
    assert_eq!(by_code(&world, &mut second, &path, "T-0003").await.location(), path);
    assert_eq!(locked().await, 0);
    let revoked = administer(&mut master, "revoke").await;
    assert_eq!(revoked.location(), "/admin/tokens?done=revoke", "{}", revoked.body);
}

/// What was given so long ago.
async fn given_ago(world: &World, seconds: i64) {
    let at = world.bank.clock.now().plus_seconds(-seconds).micros();
    execute!(world.bank.database, "UPDATE access_given SET at_us = $1", at).unwrap();
}

/// Whoever re-issues another administrator's password reads it, and could confirm the own acts as that person: neither
/// of the two who did it counts as another one than the person, in either direction.
///
/// Proves SEC-05, SEC-20, SEC-21.
async fn whoever_gave_somebody_access_confirms_nothing_with_that_person_for_a_day(test: TestDatabase) {
    let (world, mut master, second_id) = two(test).await;
    let database = &world.bank.database;
    let third = add(&world, "admin002", Role::Admin, "T-0004", 4).await;
    for duty in ["approvals", "users", "passwords"] {
        let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)";
        execute!(database, sql, third.uuid(), duty).unwrap();
    }
    let mut second = signed_in(&world, "admin001").await;
    let asked = act(&world, &mut master, third, "password", "T-0002").await.location().to_owned();
    let made = by_code(&world, &mut second, &asked, "T-0003").await;
    assert_eq!(made.fields("temporary_password").len(), 1, "{}", made.body);
    // the one who has read the password signs in by it
    execute!(
        database,
        "UPDATE app_user SET must_change = 0, password_hash =
             (SELECT password_hash FROM app_user WHERE login_id = 'hanako01') WHERE id = $1",
        third.uuid()
    )
    .unwrap();
    let mut third = signed_in(&world, "admin002").await;
    let hanako = world.hanako;
    let of_master = act(&world, &mut master, hanako, "password", "T-0002").await.location().to_owned();
    assert_eq!(code(&by_code(&world, &mut third, &of_master, "T-0004").await), "A-113");
    execute!(database, "UPDATE app_user SET disabled_us = 5 WHERE login_id = 'admin001'").unwrap();
    let alone = act(&world, &mut master, hanako, "passwords", "T-0002").await;
    assert_eq!(code(&alone), "A-110", "nobody else is left: {}", alone.body);
    assert!(alone.body.contains("24時間"), "{}", alone.body);
    execute!(database, "UPDATE app_user SET disabled_us = NULL WHERE login_id = 'admin001'").unwrap();
    // and what is asked for as that person the two do not confirm
    let suspended = act(&world, &mut third, hanako, "suspend", "T-0004").await;
    assert!(suspended.location().starts_with("/admin/users/"), "{}", suspended.body);
    let of_third = act(&world, &mut third, hanako, "resume", "T-0004").await;
    assert_eq!(code(&of_third), "A-110", "{}", of_third.body);
    // nobody confirms for themselves that they are let in
    let unlock = act(&world, &mut master, second_id, "unlock", "T-0002").await;
    assert_eq!(code(&unlock), "A-110", "{}", unlock.body);
    // a second short of a day when the code is typed, and a day later
    given_ago(&world, 86_399 - 60).await;
    assert_eq!(code(&by_code(&world, &mut third, &of_master, "T-0004").await), "A-113");
    given_ago(&world, 86_400).await;
    let of_third = act(&world, &mut third, hanako, "resume", "T-0004").await.location().to_owned();
    let mut second = signed_in(&world, "admin001").await;
    assert_eq!(by_code(&world, &mut second, &of_third, "T-0003").await.location(), of_third);
    assert_eq!(state(&mut second, &of_third).await, "完了");
}

/// The same decision for payments: before they are asked for, and where the access is given while they wait.
///
/// Proves SEC-20.
async fn an_approver_whose_access_came_from_the_author_approves_the_authors_payments_a_day_later(
    test: TestDatabase,
) {
    let (world, _network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut ichiro = approver(&world, "ichiro01", &[Step::Final]).await;
    let mut hanako = world.signed_in().await;
    execute!(
        world.bank.database,
        "INSERT INTO access_given (app_user, given_by, contract, at_us)
         SELECT id, $1, contract, $2 FROM app_user WHERE login_id = 'ichiro01'",
        world.hanako.uuid(),
        world.bank.clock.now().micros(),
    )
    .unwrap();
    let (entry, review) = reviewed(&mut hanako).await;
    assert_eq!(code(&button(&mut hanako, &entry, &review, "ask").await), "A-103");
    given_ago(&world, 86_400).await;
    let asked = button(&mut hanako, &entry, &review, "ask").await;
    let path = asked.location().to_owned();
    assert!(path.starts_with("/approvals/"), "{}", asked.body);
    given_ago(&world, 86_399).await;
    assert_eq!(code(&approve(&mut ichiro, &path).await), "A-113");
    given_ago(&world, 86_400).await;
    assert_eq!(approve(&mut ichiro, &path).await.location(), path);
    assert_eq!(state(&mut ichiro, &path).await, "完了");
}
