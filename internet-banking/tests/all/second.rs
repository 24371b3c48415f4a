//! What one administrator may not do alone, and the paper that helps where nobody else is left.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::UserId;
use http::StatusCode;
use internet_banking::approvals;
use internet_banking::contracts::Role;

use crate::approvals::{CONFIRMED, SINGLE, policy, signed_in};
use crate::console::support::{CHECKER, MAKER, Office, done, propose};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, World};
use crate::users::{act, code};

database::on_both!(
    whoever_gives_payments_to_approvers_makes_none_alone_and_a_paper_helps_whoever_is_left,
    another_certificate_and_an_unlocked_token_wait_for_the_second_administrator,
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
    let office = Office::of(world, internet_banking::console::delivery::DeliverySettings::default()).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let paper = format!("/contracts/{contract}/procedures/single-administrator");
    done(&mut maker, &mut checker, &paper, &[]).await;
    let again = propose(&mut maker, &paper, &[]).await;
    assert!(again.body.contains("もう一人の管理者の確認は要りません"), "{}", again.body);
    let world = &office.world;
    let policies = approvals::Policies::of(&database, contract);
    let (version, held) = policies.newest().await.unwrap();
    assert!(held.single_administrator && version == 2);
    assert_eq!(held.flows.len(), 1, "payments are approved as before");
    let mut master = signed_in(world, "master1").await;
    let changed = act(world, &mut master, world.hanako, "password", "T-0002").await;
    assert_eq!(changed.fields("temporary_password").len(), 1, "{}", changed.body);
    let page = master.get("/admin/approvals").await;
    let (csrf, seen, now) = (page.token(), page.value("seen"), fresh(world, "T-0002").await);
    let form =
        [("csrf", csrf.as_str()), ("seen", &seen), ("one_time_password", &now), ("payeasy-flow", "none")];
    let set = master.post("/admin/approvals", &form).await;
    assert_eq!(set.location(), "/admin/approvals?done=changed", "{}", set.body);
    assert!(!policies.newest().await.unwrap().1.single_administrator);
}

/// Both are refused to their author, and made with the second one's confirmation; to end them is nobody's to confirm.
///
/// Proves SEC-21.
async fn another_certificate_and_an_unlocked_token_wait_for_the_second_administrator(test: TestDatabase) {
    let (world, mut master, _) = two(test).await;
    let database = &world.bank.database;
    execute!(database, "UPDATE contract SET sign_in = 'certificate'").unwrap();
    add(&world, "jiro0001", Role::General, "T-0004", 4).await;
    execute!(database, "UPDATE token SET locked_us = 5, failures = 5 WHERE serial = 'T-0004'").unwrap();
    let permit = format!("/admin/certificates/{}/permit", world.hanako);
    let (csrf, now) = (master.get("/admin/tokens").await.token(), fresh(&world, "T-0002").await);
    let permitted = master.post(&permit, &[("csrf", &csrf), ("one_time_password", &now)]).await;
    let permitted = permitted.location().to_owned();
    let (csrf, now) = (master.get("/admin/tokens").await.token(), fresh(&world, "T-0002").await);
    let form =
        [("csrf", csrf.as_str()), ("serial", "T-0004"), ("act", "unlock"), ("one_time_password", &now)];
    let unlocked = master.post("/admin/tokens/do", &form).await.location().to_owned();
    assert!(permitted.starts_with("/approvals/") && unlocked.starts_with("/approvals/"));
    let state = async || -> (i64, i64) {
        let sql = "SELECT (SELECT count(*) FROM certificate_permit),
                (SELECT count(*) FROM token WHERE serial = 'T-0004' AND locked_us IS NULL)";
        read!(database, |c| sqlx::query_as(sql).fetch_one(c).await).unwrap()
    };
    assert_eq!(state().await, (0, 0));
    execute!(database, "UPDATE contract SET sign_in = 'password'").unwrap();
    let mut second = signed_in(&world, "admin001").await;
    execute!(database, "UPDATE contract SET sign_in = 'certificate'").unwrap();
    for (path, expected) in [(&permitted, (1, 0)), (&unlocked, (1, 1))] {
        let shown = second.get(path).await;
        assert_eq!(shown.status, StatusCode::OK);
        let (csrf, digest, now) = (shown.token(), shown.value("digest"), fresh(&world, "T-0003").await);
        let form = [
            ("csrf", csrf.as_str()),
            ("digest", &digest),
            ("action", "approve"),
            ("one_time_password", &now),
            CONFIRMED,
        ];
        let confirmed = second.post(path, &form).await;
        assert_eq!(confirmed.location(), path, "{}", confirmed.body);
        assert_eq!(state().await, expected);
    }
    // what only ends something is done at once
    let (csrf, now) = (master.get("/admin/tokens").await.token(), fresh(&world, "T-0002").await);
    let form =
        [("csrf", csrf.as_str()), ("serial", "T-0004"), ("act", "revoke"), ("one_time_password", &now)];
    let revoked = master.post("/admin/tokens/do", &form).await;
    assert_eq!(revoked.location(), "/admin/tokens?done=revoke", "{}", revoked.body);
}
