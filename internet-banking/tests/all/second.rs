//! What one administrator may not do alone, and the paper that helps where nobody else is left.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::UserId;
use internet_banking::approvals;
use internet_banking::contracts::Role;

use crate::approvals::{SINGLE, policy, signed_in};
use crate::approved::by_code;
use crate::console::support::{CHECKER, MAKER, Office, done, propose};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, World};
use crate::users::{act, code};

database::on_both!(
    whoever_gives_payments_to_approvers_makes_none_alone_and_a_paper_helps_whoever_is_left,
    an_unlocked_token_waits_for_the_second_administrator,
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
    let form = [
        ("csrf", csrf.as_str()),
        ("seen", &seen),
        ("one_time_password", &now),
        ("payeasy-flow", "none"),
        ("transfer-flow", "none"),
    ];
    let set = master.post("/admin/approvals", &form).await;
    assert_eq!(set.location(), "/admin/approvals?done=changed", "{}", set.body);
    assert!(!policies.newest().await.unwrap().1.single_administrator);
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
