//! What wrong secrets lock is recorded and told, whatever becomes of the request or of the process.

use std::time::Duration;

use database::testing::TestDatabase;
use database::{execute, read};
use domain::UserId;
use edge::{ClientCertificate, Peer};
use internet_banking::confirmation;
use internet_banking::contracts::{AccessVersion, Role, SignInMethod};
use internet_banking::sign_in::{Session, SignedIn, look_for_locks};
use internet_banking::tokens::{Typist, authorise};
use secrecy::SecretString;

use crate::repeats_and_limits::add;
use crate::support::{LOGIN_ID, PASSWORD, World};

database::on_both!(
    a_lock_is_recorded_and_told_although_whoever_caused_it_hangs_up,
    a_lock_of_which_a_process_died_before_it_told_is_told_once_afterwards,
    a_right_password_at_the_last_try_leaves_nothing_to_tell,
    a_login_id_that_nobody_has_is_refused_by_the_same_steps_as_one_that_somebody_has,
);

fn peer() -> Peer {
    Peer("192.0.2.9:40000".parse().unwrap())
}

/// Entries of an action in the audit log, and mails whose subject has these words.
async fn told(world: &World, action: &str, subject: &str) -> (i64, i64) {
    read!(world.bank.database, |c| {
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM audit WHERE action = $1),
                    (SELECT count(*) FROM mail WHERE subject LIKE '%' || $2 || '%')",
        )
        .bind(action)
        .bind(subject)
        .fetch_one(c)
        .await
    })
    .unwrap()
}

async fn until_told(world: &World, action: &str, subject: &str) {
    for _ in 0..600 {
        if told(world, action, subject).await == (1, 1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{action}: {:?}", told(world, action, subject).await);
}

/// A browser that is gone: the future of its request is dropped as soon as it has begun to wait.
async fn hung_up<T>(request: impl Future<Output = T>) {
    let mut request = Box::pin(request);
    let mut waits = false;
    std::future::poll_fn(|context| {
        waits = request.as_mut().poll(context).is_pending();
        std::task::Poll::Ready(())
    })
    .await;
    assert!(waits, "it was answered before anybody could hang up");
}

pub async fn person(world: &World, user: UserId) -> SignedIn {
    let user = world.bank.contracts.user(world.contract, user).await.unwrap().unwrap();
    let contract = world.bank.contracts.contract(world.contract).await.unwrap().unwrap();
    let session = Session {
        key: edge::SessionId::generate().key(),
        person: user.id,
        method: SignInMethod::Password,
        signed_in_at: world.clock.now(),
        previous: None,
        ended_other: false,
    };
    let access = AccessVersion::of(&world.bank.database, world.contract).await.unwrap();
    SignedIn { session, user, contract, access, csrf: String::new(), cooling_off: None, last_sign_in: None }
}

/// A code that no token shows at this time.
fn wrong() -> SecretString {
    SecretString::from("00000x".to_owned())
}

const PAUSED: &str = "ログインを一時停止しました";
const LOCKED: &str = "ログインを停止しました";
const CONFIRMATION: &str = "確認用パスワードの誤りが続いたため";
const TOKEN: &str = "ワンタイムパスワードの利用を停止しました";

/// Proves R19, R58, SEC-09, SEC-42.
async fn a_lock_is_recorded_and_told_although_whoever_caused_it_hangs_up(test: TestDatabase) {
    let world = World::new(test).await;
    let bank = &world.bank;
    let none = ClientCertificate::none();
    let try_it = || bank.sign_ins.sign_in(LOGIN_ID, "guess", &none, peer());
    for _ in 0..4 {
        assert!(try_it().await.is_err());
    }
    hung_up(try_it()).await;
    for _ in 0..600 {
        if look_for_locks(bank).await.unwrap() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(told(&world, "session.pause", PAUSED).await, (1, 1));
    // the confirmation password
    let by = person(&world, world.hanako).await;
    let typed = SecretString::from("guess".to_owned());
    for _ in 0..4 {
        confirmation::verify(bank, &by, &typed).await.unwrap();
    }
    hung_up(confirmation::verify(bank, &by, &typed)).await;
    until_told(&world, "user.confirmation_lock", CONFIRMATION).await;
    // the token
    let holder = add(&world, "ichiro01", Role::General, "T-0004", 4).await;
    let sql = "UPDATE app_user SET email = 'ichiro01@example.jp' WHERE id = $1";
    execute!(bank.database, sql, holder.uuid()).unwrap();
    let by = person(&world, holder).await;
    for _ in 0..4 {
        assert!(authorise::one_time_password(bank, &by, &wrong()).await.is_err());
    }
    let typed = wrong();
    hung_up(authorise::one_time_password(bank, &by, &typed)).await;
    until_told(&world, "token.lock", TOKEN).await;
    assert_eq!(look_for_locks(bank).await.unwrap(), 0, "and nobody is told twice");
}

/// The counting statement says itself that nobody was told, so that whoever finds it tells.
///
/// Proves R19, R58, SEC-09, SEC-42.
async fn a_lock_of_which_a_process_died_before_it_told_is_told_once_afterwards(test: TestDatabase) {
    let world = World::new(test).await;
    let bank = &world.bank;
    let throttle = bank.sign_ins.throttle();
    for _ in 0..5 {
        throttle.admit(LOGIN_ID, Some(world.hanako.uuid()), world.clock.now()).await.unwrap();
    }
    assert_eq!(look_for_locks(bank).await.unwrap(), 0, "the last try may be judged yet");
    world.clock.advance_seconds(61);
    assert_eq!(look_for_locks(bank).await.unwrap(), 1);
    assert_eq!(look_for_locks(bank).await.unwrap(), 0);
    assert_eq!(told(&world, "session.pause", PAUSED).await, (1, 1));
    execute!(bank.database, "UPDATE sign_in_throttle SET blocks = 2, failures = 4, blocked_until_us = 0")
        .unwrap();
    throttle.admit(LOGIN_ID, Some(world.hanako.uuid()), world.clock.now()).await.unwrap();
    world.clock.advance_seconds(61);
    assert_eq!(look_for_locks(bank).await.unwrap(), 1);
    assert_eq!(told(&world, "session.lock", LOCKED).await, (1, 1));
    let sql =
        "INSERT INTO confirmation_failure (app_user, failures, locked_us, untold) VALUES ($1, 5, 5, $1)";
    execute!(bank.database, sql, world.hanako.uuid()).unwrap();
    let holder = add(&world, "ichiro01", Role::General, "T-0004", 4).await;
    for _ in 0..5 {
        let whose = Typist::User(world.contract, holder);
        bank.tokens.verify("T-0004", whose, "00000x", world.clock.now()).await.unwrap();
    }
    let looks = tokio::join!(look_for_locks(bank), look_for_locks(bank));
    assert_eq!(looks.0.unwrap() + looks.1.unwrap(), 2, "two processes tell once");
    assert_eq!(told(&world, "user.confirmation_lock", CONFIRMATION).await, (1, 1));
    assert_eq!(told(&world, "token.lock", TOKEN).await.0, 1);
    assert_eq!(look_for_locks(bank).await.unwrap(), 0);
    // whoever is suspended by then is not told, and not looked for again
    let sql = "UPDATE confirmation_failure SET untold = app_user";
    execute!(bank.database, sql).unwrap();
    execute!(bank.database, "UPDATE app_user SET disabled_us = 5 WHERE id = $1", world.hanako.uuid())
        .unwrap();
    look_for_locks(bank).await.unwrap();
    assert_eq!(look_for_locks(bank).await.unwrap(), 0);
    assert_eq!(told(&world, "user.confirmation_lock", CONFIRMATION).await, (1, 1));
}

async fn a_right_password_at_the_last_try_leaves_nothing_to_tell(test: TestDatabase) {
    let world = World::new(test).await;
    for _ in 0..4 {
        let (throttle, whose) = (world.bank.sign_ins.throttle(), Some(world.hanako.uuid()));
        throttle.admit(LOGIN_ID, whose, world.clock.now()).await.unwrap();
    }
    assert_eq!(world.browser().sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    world.clock.advance_seconds(61);
    assert_eq!(look_for_locks(&world.bank).await.unwrap(), 0);
    assert_eq!(told(&world, "session.pause", PAUSED).await, (0, 0));
}

/// The try that stops a login ID writes nothing that another one does not write: what it has stopped is told after the
/// answer, so that the time of the answer says nothing either.
///
/// Proves SEC-09.
async fn a_login_id_that_nobody_has_is_refused_by_the_same_steps_as_one_that_somebody_has(
    test: TestDatabase,
) {
    let world = World::new(test).await;
    let bank = &world.bank;
    let none = ClientCertificate::none();
    let written = async || -> (i64, i64, i64, i64) {
        let sql =
            "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM batch), (SELECT count(*) FROM mail),
                          (SELECT count(*) FROM sign_in_throttle)";
        read!(bank.database, |c| sqlx::query_as(sql).fetch_one(c).await).unwrap()
    };
    // the counter of the address is there already
    assert!(bank.sign_ins.sign_in("somebody", "guess", &none, peer()).await.is_err());
    let mut steps = Vec::new();
    for login_id in [LOGIN_ID, "nobody01"] {
        for _ in 0..5 {
            let before = written().await;
            assert!(bank.sign_ins.sign_in(login_id, "guess", &none, peer()).await.is_err());
            let after = written().await;
            steps.push((after.0 - before.0, after.1 - before.1, after.2 - before.2, after.3 - before.3));
        }
    }
    let known = steps.split_off(5);
    assert_eq!(known, steps);
    assert_eq!(steps[4], (1, 1, 0, 0), "one record in one commit, and no mail");
    assert_eq!(look_for_locks(bank).await.unwrap(), 1, "of one of them somebody is told");
    assert_eq!(told(&world, "session.pause", PAUSED).await, (1, 1));
    assert_eq!(look_for_locks(bank).await.unwrap(), 0);
}
