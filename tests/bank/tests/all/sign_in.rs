//! Signing in and out, throttling, and the life of a session.

use std::time::Duration;

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use database::testing::TestDatabase;
use database::{execute, read};
use edge::{CookieKind, SessionId, SessionStore as _};
use http::{StatusCode, header};
use internet_banking::contracts::{Plan, Rights, Role, SignInMethod};
use internet_banking::secrets::{Purpose, Secret};
use internet_banking::sign_in::{EndedFor, NewSession, SessionsError, Use, look_for_locks};
use tokio::time::Instant;

use crate::english::assert_english;
use crate::support::{LOGIN_ID, PASSWORD, Page, SECRET, World, add_user};

const WRONG: &str = "ログインIDまたはログインパスワードが違います。";
const BLOCK_S: i64 = 30 * 60;

database::on_both!(
    the_right_password_leads_home_and_the_page_says_who_is_there,
    an_unknown_login_id_gets_the_same_words_and_time,
    the_fifth_failure_blocks_for_thirty_minutes,
    guesses_side_by_side_count_like_guesses_in_a_row,
    three_blocks_lock_until_somebody_unlocks,
    what_wrong_passwords_stop_is_told_to_the_user_and_those_who_administrate,
    an_unknown_login_id_is_blocked_like_a_known_one,
    failures_of_many_ids_block_their_address,
    a_session_ends_after_fifteen_idle_minutes,
    a_session_ends_after_twelve_hours_of_use,
    a_new_sign_in_ends_the_old_session_with_a_notice,
    signing_out_ends_the_session_for_every_copy_of_the_cookie,
    only_a_hash_of_the_session_is_stored,
    a_disabled_user_is_out_at_once,
    what_ends_a_sign_in_ends_sessions_and_those_being_made,
    a_session_that_somebody_else_ended_says_why_at_the_sign_in,
    a_contract_that_signs_in_by_certificate_takes_no_password,
    an_old_hash_is_replaced_when_its_user_signs_in,
);

fn summary(page: &Page) -> &str {
    let (_, rest) = page.body.split_once("id=\"errors\"").expect("an error summary");
    rest.split_once("</div>").unwrap().0
}

/// Proves R13.
async fn the_right_password_leads_home_and_the_page_says_who_is_there(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    assert!(page.body.contains("パスワードや暗証番号をお尋ねすることは、"), "{}", page.body);
    assert_eq!(browser.get("/home").await.location(), "/sign-in");
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    let home = browser.get("/home").await;
    for words in [
        "株式会社見本商事",
        "経理 佐藤花子(一般)",
        "はじめてのログイン",
        "おはようございます",
        "暗証番号をお尋ねすることはありません",
        "ウイルス対策ソフトは最新の状態",
    ] {
        assert!(home.body.contains(words), "{words}");
    }
    assert_eq!(browser.get("/sign-in").await.location(), "/home", "already signed in");
    browser.sign_out().await;
    world.clock.advance_seconds(3_600);
    browser.sign_in(LOGIN_ID, PASSWORD).await;
    assert!(browser.get("/home").await.body.contains("前回 11月24日(火) 10:00 ID・パスワード"));
}

async fn an_unknown_login_id_gets_the_same_words_and_time(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    // the first verification makes the hash that unknown IDs are verified against
    browser.sign_in("warm-up", "x").await;
    let mut known = Duration::ZERO;
    let mut unknown = Duration::ZERO;
    for round in 0..3 {
        let began = Instant::now();
        let of_known = browser.sign_in(LOGIN_ID, "not the password").await;
        known += began.elapsed();
        let began = Instant::now();
        let of_unknown = browser.sign_in(&format!("nobody{round}"), "not the password").await;
        unknown += began.elapsed();
        assert_eq!(of_known.status, of_unknown.status);
        assert_eq!(summary(&of_known), summary(&of_unknown));
        assert!(summary(&of_known).contains(WRONG));
    }
    // generous for a busy machine: without the dummy hash the factor is above ten
    assert!(known < unknown * 4 && unknown < known * 4, "known {known:?}, unknown {unknown:?}");
}

/// Proves SEC-09.
async fn the_fifth_failure_blocks_for_thirty_minutes(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    for _ in 0..4 {
        browser.sign_in(LOGIN_ID, "wrong").await;
    }
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home", "the fifth try may be right");
    browser.sign_out().await;
    for _ in 0..4 {
        assert!(summary(&browser.sign_in(LOGIN_ID, "wrong").await).contains("失敗が続くと"));
    }
    assert!(summary(&browser.sign_in(LOGIN_ID, "wrong").await).contains("30分間、一時停止しました"));
    let sixth = browser.sign_in(LOGIN_ID, PASSWORD).await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(summary(&sixth).contains("ログインを一時停止しています"));
    world.clock.advance_seconds(BLOCK_S - 1);
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    world.clock.advance_seconds(1);
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
}

async fn guesses_side_by_side_count_like_guesses_in_a_row(test: TestDatabase) {
    let world = World::new(test).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let mut browser = world.browser();
        tries.spawn(async move { browser.sign_in(LOGIN_ID, "wrong").await.status });
    }
    let judged = tries.join_all().await;
    let judged = judged.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!(judged, 5, "passwords looked at");
}

async fn three_blocks_lock_until_somebody_unlocks(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    for round in 1..=3 {
        for _ in 0..4 {
            browser.sign_in(LOGIN_ID, "wrong").await;
        }
        let fifth = browser.sign_in(LOGIN_ID, "wrong").await;
        assert_eq!(summary(&fifth).contains("30分間"), round < 3, "{round}");
        assert_eq!(summary(&fifth).contains("お取引店の窓口"), round == 3, "{round}");
        world.clock.advance_seconds(BLOCK_S);
    }
    world.clock.advance_seconds(365 * 86_400);
    let page = browser.sign_in(LOGIN_ID, PASSWORD).await;
    assert!(summary(&page).contains("利用を停止しています"));
    let (database, secret) = (&world.bank.database, Secret::new(SECRET));
    assert!(internet_banking::unlock(database, &secret, LOGIN_ID).await.unwrap());
    assert!(!internet_banking::unlock(database, &secret, "nobody").await.unwrap());
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
}

/// Whatever page they are typed on, each lock is one record and one mail to each.
///
/// Proves R19, SEC-09, SEC-10.
async fn what_wrong_passwords_stop_is_told_to_the_user_and_those_who_administrate(test: TestDatabase) {
    let world = World::new(test).await;
    let database = &world.bank.database;
    add_user(&world.bank, world.contract, "master1", Role::Master, Rights::none()).await;
    add_user(&world.bank, world.contract, "jiro0001", Role::General, Rights::none()).await;
    execute!(database, "UPDATE app_user SET email = login_id || '@example.jp'").unwrap();
    let told = async |action: &'static str, words: &'static str| -> (i64, Vec<String>) {
        let count = "SELECT count(*) FROM audit WHERE action = $1";
        let addresses = "SELECT address FROM mail WHERE subject LIKE $1 ORDER BY address";
        let records = read!(database, |c| sqlx::query_scalar(count).bind(action).fetch_one(c).await).unwrap();
        let like = format!("%{words}");
        let mails =
            read!(database, |c| sqlx::query_scalar(addresses).bind(&like).fetch_all(c).await).unwrap();
        (records, mails)
    };
    let both = ["hanako01@example.jp", "master1@example.jp"].map(str::to_owned);
    let mut browser = world.browser();
    for round in 1..=3 {
        for _ in 0..4 {
            browser.sign_in(LOGIN_ID, "wrong").await;
            browser.sign_in("nobody", "wrong").await;
        }
        let (pauses, _) = told("session.pause", "").await;
        assert_eq!(pauses, round - 1, "not before the fifth");
        browser.sign_in(LOGIN_ID, "wrong").await;
        browser.sign_in("nobody", "wrong").await;
        browser.sign_in(LOGIN_ID, PASSWORD).await;
        assert_eq!(look_for_locks(&world.bank).await.unwrap(), 1);
        world.clock.advance_seconds(BLOCK_S);
    }
    let mut twice = both.iter().flat_map(|one| [one.clone(), one.clone()]).collect::<Vec<_>>();
    twice.sort();
    assert_eq!(told("session.pause", "ログインを一時停止しました").await, (2, twice));
    assert_eq!(told("session.lock", "ログインを停止しました").await, (1, both.to_vec()));
    // the other password, on whatever page asks for it
    let mut master = world.browser();
    master.sign_in("master1", PASSWORD).await;
    for guess in 0..7 {
        let page = master.get("/security/confirmation-password").await;
        let csrf = page.token();
        let form = [("csrf", csrf.as_str()), ("current_password", "wrong"), ("new_password", "x")];
        master.post("/security/confirmation-password", &form).await;
        let (locks, mails) = told("user.confirmation_lock", "利用を停止しました").await;
        let expected: &[&str] = if guess < 4 { &[] } else { &["master1@example.jp"] };
        assert_eq!(
            (locks, mails.iter().map(String::as_str).collect()),
            (i64::from(guess >= 4), expected.to_vec())
        );
    }
}

#[tokio::test]
async fn who_finds_no_place_is_told_to_come_back_and_has_used_up_no_try() {
    let world = World::new(database::testing::sqlite().await).await;
    let mut browser = world.browser();
    for _ in 0..4 {
        browser.sign_in(LOGIN_ID, "wrong").await;
    }
    let mut taken = Vec::new();
    while let Ok(Ok(place)) =
        tokio::time::timeout(Duration::from_millis(50), world.bank.passwords.place(Use::SignIn)).await
    {
        taken.push(place);
    }
    let page = browser.sign_in(LOGIN_ID, "wrong").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.headers[header::RETRY_AFTER], "10");
    assert!(summary(&page).contains("混み合っている"));
    taken.clear();
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home", "the fifth try");
}

async fn an_unknown_login_id_is_blocked_like_a_known_one(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    let mut pages = Vec::new();
    for _ in 0..6 {
        let known = browser.sign_in(LOGIN_ID, "wrong").await;
        let unknown = browser.sign_in("nobody", "wrong").await;
        assert_eq!((known.status, summary(&known)), (unknown.status, summary(&unknown)));
        pages.push(unknown.status);
    }
    assert_eq!(pages[5], StatusCode::TOO_MANY_REQUESTS);
}

/// Proves SEC-09.
async fn failures_of_many_ids_block_their_address(test: TestDatabase) {
    let world = World::new(test).await;
    let mut guesser = world.browser();
    for number in 0..50 {
        assert_eq!(
            guesser.sign_in(&format!("user{number}"), "Password1").await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_eq!(guesser.sign_in(LOGIN_ID, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut elsewhere = world.browser();
    elsewhere.address = "198.51.100.7:1".parse().unwrap();
    assert_eq!(elsewhere.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home", "from another address");
    world.clock.advance_seconds(BLOCK_S);
    assert_eq!(guesser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
}

/// Proves SEC-25.
async fn a_session_ends_after_fifteen_idle_minutes(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    world.clock.advance_seconds(14 * 60 + 59);
    assert_eq!(browser.get("/home").await.status, StatusCode::OK, "14:59");
    world.clock.advance_seconds(14 * 60 + 59);
    assert_eq!(browser.get("/home").await.status, StatusCode::OK, "the last page counted");
    world.clock.advance_seconds(15 * 60);
    assert_eq!(browser.get("/home").await.location(), "/sign-in?ended=expired", "15:00");
    world.clock.advance_seconds(-60);
    assert_eq!(browser.get("/home").await.location(), "/sign-in?ended=expired", "it stays ended");
    let page = browser.get("/sign-in?ended=expired").await;
    assert!(page.body.contains("しばらく操作がなかったため"));
    assert!(!browser.cookies.contains_key("bank"), "the dead cookie is gone");
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
}

/// Proves SEC-25.
async fn a_session_ends_after_twelve_hours_of_use(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let mut left_s = 12 * 3_600;
    while left_s > 600 {
        world.clock.advance_seconds(600);
        left_s -= 600;
        assert_eq!(browser.get("/home").await.status, StatusCode::OK, "{left_s} s before the end");
    }
    world.clock.advance_seconds(599);
    assert_eq!(browser.get("/home").await.status, StatusCode::OK);
    world.clock.advance_seconds(1);
    assert_eq!(browser.get("/home").await.location(), "/sign-in?ended=expired");
}

/// Proves SEC-26.
async fn a_new_sign_in_ends_the_old_session_with_a_notice(test: TestDatabase) {
    let world = World::new(test).await;
    let mut office = world.signed_in().await;
    let mut elsewhere = world.signed_in().await;
    let told = "前のログインを終了しました";
    assert!(elsewhere.get("/home").await.body.contains(told));
    assert!(!elsewhere.get("/home").await.body.contains(told), "told once");
    assert_eq!(office.get("/home").await.location(), "/sign-in?ended=elsewhere");
    assert!(office.get("/sign-in?ended=elsewhere").await.body.contains("別の画面からログインがあったため"));
    assert_eq!(elsewhere.get("/home").await.status, StatusCode::OK);

    world.clock.advance_seconds(15 * 60);
    let mut later = world.signed_in().await;
    assert!(!later.get("/home").await.body.contains(told), "the old one had run out by itself");
}

async fn signing_out_ends_the_session_for_every_copy_of_the_cookie(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let copy = browser.cookies.clone();
    let without_token = browser.post("/sign-out", &[]).await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/home").await.status, StatusCode::OK);
    assert_eq!(browser.sign_out().await.location(), "/sign-in?ended=signed-out");
    assert!(!browser.cookies.contains_key("bank"));
    let mut thief = world.browser();
    thief.cookies = copy;
    assert_eq!(thief.get("/home").await.location(), "/sign-in");
}

/// Proves SEC-24.
async fn only_a_hash_of_the_session_is_stored(test: TestDatabase) {
    let world = World::new(test).await;
    let browser = world.signed_in().await;
    let stored: Vec<u8> =
        read!(world.bank.database, |c| sqlx::query_scalar("SELECT key FROM session").fetch_one(c).await)
            .unwrap();
    let id = edge::SessionId::parse(&browser.cookies["bank"]).unwrap();
    assert_eq!(stored, id.key().0);
    let other = world.browser().sign_in(LOGIN_ID, PASSWORD).await;
    let cookie = other.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(!cookie.contains(&browser.cookies["bank"]), "every sign-in has a new secret");
}

async fn a_disabled_user_is_out_at_once(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    execute!(world.bank.database, "UPDATE app_user SET disabled_us = 1 WHERE id = $1", world.hanako.uuid())
        .unwrap();
    assert_eq!(browser.get("/home").await.location(), "/sign-in");
    assert!(summary(&browser.sign_in(LOGIN_ID, PASSWORD).await).contains(WRONG));
}

/// Proves SEC-27.
async fn what_ends_a_sign_in_ends_sessions_and_those_being_made(test: TestDatabase) {
    let world = World::new(test).await;
    for (change, undo) in [
        ("UPDATE app_user SET reset_us = 1", "UPDATE app_user SET reset_us = NULL"),
        ("UPDATE contract SET state = 'ended'", "UPDATE contract SET state = 'active'"),
        ("UPDATE contract SET sign_in = 'certificate'", "UPDATE contract SET sign_in = 'password'"),
    ] {
        let mut browser = world.signed_in().await;
        execute!(world.bank.database, change).unwrap();
        assert_eq!(browser.get("/home").await.location(), "/sign-in", "{change}");
        assert_eq!(browser.get("/sign-in").await.status, StatusCode::OK, "no way back and forth: {change}");
        // one whose password was found right before the change
        let person = world.hanako;
        let address = "192.0.2.1".parse().unwrap();
        let new = NewSession { person, method: SignInMethod::Password, address };
        let made = world.bank.sign_ins.sessions().create(SessionId::generate().key(), new, world.clock.now());
        assert!(matches!(made.await, Err(SessionsError::NoUser)), "{change}");
        execute!(world.bank.database, undo).unwrap();
    }
}

/// In both languages: why, that the last operation was not accepted, and what to do.
///
/// Proves SEC-27.
async fn a_session_that_somebody_else_ended_says_why_at_the_sign_in(test: TestDatabase) {
    let world = World::new(test).await;
    for why in EndedFor::ALL {
        let mut browser = world.signed_in().await;
        execute!(
            world.bank.database,
            "UPDATE session SET ended_us = 5, ended_why = 'revoked', ended_for = $1 WHERE ended_us IS NULL",
            why.code()
        )
        .unwrap();
        let mut other = world.browser();
        other.get("/sign-in?lang=en").await;
        other.cookies.insert("bank".to_owned(), browser.cookies["bank"].clone());
        assert_eq!(browser.get("/home").await.location(), "/sign-in");
        let page = browser.get("/sign-in").await;
        for sentence in why.label().split_inclusive('。') {
            assert!(page.body.contains(sentence), "{why:?}: {sentence} in {}", page.body);
        }
        assert!(!browser.get("/sign-in").await.body.contains("ログアウトしました"), "it is told once");
        let english = other.get("/sign-in").await;
        assert_english(&english);
        assert!(english.body.contains("Your last operation has not been accepted."), "{}", english.body);
    }
}

/// Proves SEC-04.
async fn a_contract_that_signs_in_by_certificate_takes_no_password(test: TestDatabase) {
    let world = World::new(test).await;
    let contracts = &world.bank.contracts;
    let other = contracts.add_contract("見本物産", Plan::Web, SignInMethod::Certificate).await.unwrap();
    add_user(&world.bank, other, "cert-user", Role::Master, Rights::none()).await;
    let mut browser = world.browser();
    assert!(summary(&browser.sign_in("cert-user", PASSWORD).await).contains("まだ発行されていません"));
    assert_eq!(browser.get("/home").await.location(), "/sign-in");
    assert!(summary(&browser.sign_in("cert-user", "not the password").await).contains(WRONG));
}

/// Proves SEC-08.
async fn an_old_hash_is_replaced_when_its_user_signs_in(test: TestDatabase) {
    let world = World::new(test).await;
    let pepper = Secret::new(SECRET).key(Purpose::Pepper);
    let weak = Params::new(8 * 1_024, 1, 1, None).unwrap();
    let argon2 = Argon2::new_with_secret(&*pepper, Algorithm::Argon2id, Version::V0x13, weak).unwrap();
    let old = argon2.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string();
    execute!(world.bank.database, "UPDATE app_user SET password_hash = $1", &old).unwrap();
    world.signed_in().await;
    let new: String = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT password_hash FROM app_user").fetch_one(c).await
    })
    .unwrap();
    assert_ne!(new, old);
    assert!(new.contains("m=64,t=1,p=1"), "the cost of a build for tests: {new}");
    world.signed_in().await;
}

/// Proves SEC-24.
#[tokio::test]
async fn cookies_have_the_attributes_of_their_listener() {
    let world = World::new(database::testing::sqlite().await).await;
    for (kind, expected) in [
        (CookieKind::http("bank"), ["bank=", "HttpOnly; SameSite=Lax; Path=/"]),
        (CookieKind::tls("bank"), ["__Host-bank=", "HttpOnly; SameSite=Lax; Secure; Path=/"]),
    ] {
        let page = world.browser_with(kind).sign_in(LOGIN_ID, PASSWORD).await;
        let cookie = page.headers[header::SET_COOKIE].to_str().unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with(expected[0]), "{cookie}");
        assert_eq!(attributes, expected[1]);
        assert_eq!(pair.len(), expected[0].len() + 43, "256 bits in base 64");
    }
}
