//! Getting a certificate.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use database::execute;
use database::testing::TestDatabase;
use domain::CertificateId;
use edge::ClientCertificate;
use gateway::{Stop, StopScope};
use http::StatusCode;
use internet_banking::sign_in::look_for_locks;
use ledger::{Commit, EntityId};
use rcgen::{CertificateParams, KeyPair};
use uuid::Uuid;

use super::{Desk, KEIRI, MASTER, NEW, certificate, code};
use crate::support::PASSWORD;

database::on_both!(
    a_certificate_costs_id_password_and_a_second_proof,
    whoever_has_no_token_proves_by_the_confirmation_password,
    whose_token_was_lost_too_proves_by_the_confirmation_password,
    wrong_codes_lock_the_token_here_too_and_a_temporary_password_that_is_over_fetches_nothing,
    before_the_first_sign_in_it_may_be_fetched_again,
    one_id_has_one_certificate,
    the_ninety_ninth_is_issued_and_the_hundredth_refused,
    a_key_of_the_users_own_is_certified_once,
    a_stopped_contract_gets_no_certificate_and_nobody_in,
    a_master_with_a_reissued_certificate_is_told_when_payments_go_on,
);

/// Proves SEC-05.
async fn a_certificate_costs_id_password_and_a_second_proof(test: TestDatabase) {
    let desk = Desk::new(test).await;
    for wrong in
        [[("one_time_password", "")], [("one_time_password", "000000")], [("password", "not the password")]]
    {
        let page = desk.ask(KEIRI, &wrong).await;
        assert_eq!(
            (page.status, code(&page).as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "S-116"),
            "{wrong:?}"
        );
        assert!(page.body.contains("入力された内容のいずれかが違います。"), "{}", page.body);
    }
    // the confirmation password is none's proof who has a token
    let page = desk.ask(KEIRI, &[("one_time_password", ""), ("confirmation_password", PASSWORD)]).await;
    assert_eq!(code(&page), "S-116");
    let guessed = "SELECT failures FROM token WHERE serial = 'T-shomei-keiri'";
    assert_eq!(desk.count(guessed).await, 1, "what was left out is no guess of the token");
    assert_eq!(desk.count("SELECT count(*) FROM certificate").await, 0);

    desk.world.clock.advance_seconds(3_600);
    let page = desk.ask(MASTER, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(
        desk.count("SELECT count(*) FROM mail WHERE id LIKE 'certificate-issue%'").await,
        1,
        "the master"
    );
    desk.fetched(KEIRI).await;
    let sql = "SELECT count(*) FROM mail WHERE id LIKE 'certificate-issue%' AND address LIKE 'shomei-%'";
    assert_eq!(desk.count(sql).await, 3, "the user and the master");
    assert_eq!(desk.count("SELECT count(*) FROM audit WHERE action = 'certificate.issue'").await, 2);
}

/// Proves R14, R58, SEC-09.
async fn wrong_codes_lock_the_token_here_too_and_a_temporary_password_that_is_over_fetches_nothing(
    test: TestDatabase,
) {
    let desk = Desk::new(test).await;
    let locks = "SELECT count(*) FROM audit WHERE action = 'token.lock'";
    let mails = "SELECT count(*) FROM mail WHERE id LIKE 'token-lock-T-shomei-keiri-%'";
    for _ in 0..4 {
        assert_eq!(code(&desk.ask(KEIRI, &[("one_time_password", "000000")]).await), "S-116");
    }
    assert_eq!((desk.count(locks).await, desk.count(mails).await), (0, 0));
    assert_eq!(code(&desk.ask(KEIRI, &[("one_time_password", "000000")]).await), "S-116");
    assert_eq!((desk.count(locks).await, desk.count(mails).await), (1, 2), "the user and the master");
    look_for_locks(&desk.world.bank).await.unwrap();
    let paused = "SELECT count(*) FROM audit WHERE action = 'session.pause'";
    assert_eq!(desk.count(paused).await, 1, "five wrong ones stop the login ID too");
    let now = desk.world.clock.now().micros();
    let sql = "UPDATE app_user SET must_change = 1, temporary_until_us = $1 WHERE login_id = $2";
    execute!(desk.world.bank.database, sql, now, NEW).unwrap();
    assert_eq!(code(&desk.ask(NEW, &[]).await), "S-117");
    execute!(desk.world.bank.database, sql, now + 1, NEW).unwrap();
    assert_eq!(desk.ask(NEW, &[]).await.status, StatusCode::OK);
}

async fn whoever_has_no_token_proves_by_the_confirmation_password(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let page = desk.ask(NEW, &[("confirmation_password", "wrong")]).await;
    assert_eq!(code(&page), "S-116");
    let page = desk.ask(NEW, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
}

/// A bag with computer and token was stolen.
///
/// Proves R37, R63, SEC-05.
async fn whose_token_was_lost_too_proves_by_the_confirmation_password(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let by_confirmation = [("one_time_password", ""), ("confirmation_password", PASSWORD)];
    for (state, expires_on, is_proof) in [
        ("in_use", "2031-11-30", false),
        ("lost", "2031-11-30", true),
        ("revoked", "2031-11-30", true),
        ("in_use", "2026-11-23", true),
    ] {
        let sql = "UPDATE token SET state = $1, expires_on = $2";
        execute!(desk.world.bank.database, sql, state, expires_on).unwrap();
        let page = desk.ask(KEIRI, &by_confirmation).await;
        assert_eq!(page.status == StatusCode::OK, is_proof, "{state} until {expires_on}: {}", page.body);
        if is_proof {
            assert_eq!(code(&desk.ask(KEIRI, &[]).await), "S-116", "the code of a token that {state}");
        }
    }
}

/// Proves R32, R33.
async fn before_the_first_sign_in_it_may_be_fetched_again(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let first = desk.fetched(KEIRI).await;
    let second = desk.fetched(KEIRI).await;
    assert_ne!(first, second, "another key");
    assert_eq!(code(&desk.at_door(first).sign_in(KEIRI, PASSWORD).await), "S-107");
    assert_eq!(desk.at_door(second).sign_in(KEIRI, PASSWORD).await.location(), "/home");
}

/// Proves R42.
async fn one_id_has_one_certificate(test: TestDatabase) {
    let desk = Desk::new(test).await;
    desk.signed_in(KEIRI).await;
    let page = desk.ask(KEIRI, &[]).await;
    assert_eq!((page.status, code(&page).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "S-110"));
    assert_eq!(desk.count("SELECT count(*) FROM certificate WHERE ended_us IS NULL").await, 1);
}

/// Proves SEC-05.
async fn a_master_with_a_reissued_certificate_is_told_when_payments_go_on(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let waits = "このログインIDでは払込・振込・振替ができません。";
    let (_, mut first) = desk.signed_in(MASTER).await;
    assert!(!first.get("/home").await.body.contains(waits), "the first one");
    desk.world.clock.advance_seconds(3_600);
    let revoked = "UPDATE certificate SET ended_us = $1, ended_why = 'bank', ended_by = 'staff:1'
         WHERE ended_us IS NULL";
    execute!(desk.world.bank.database, revoked, desk.world.clock.now().micros()).unwrap();
    let (_, mut again) = desk.signed_in(MASTER).await;
    for page in ["/home", "/payeasy/new"] {
        let shown = again.get(page).await;
        assert!(shown.body.contains(waits) && shown.body.contains("11月25日"), "{page}: {}", shown.body);
    }
    let told = "SELECT count(*) FROM mail WHERE id LIKE 'certificate-issue%' AND body LIKE '%払込の停止%'";
    assert_eq!(desk.count(told).await, 1, "the administrators are told");
    // to the minute of the issue a day later, in a session of its own
    desk.world.clock.advance_seconds(86_400);
    let mut later = desk.at_door(again.certificate.clone());
    assert_eq!(later.sign_in(MASTER, PASSWORD).await.location(), "/home");
    assert!(!later.get("/home").await.body.contains(waits), "it is over");
}

/// Proves SEC-43.
async fn a_stopped_contract_gets_no_certificate_and_nobody_in(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (shown, mut at_work) = desk.signed_in(KEIRI).await;
    for (scope, subject, met) in [
        (StopScope::Contract, desk.contract.to_string(), "C-101"),
        (StopScope::Plan, "web".to_owned(), "C-102"),
        (StopScope::Service, "sign-in".to_owned(), "C-102"),
    ] {
        let (id, at) = (domain::StaffRequestId::generate().uuid(), desk.world.clock.now());
        let stop = Stop { id, scope, subject, reason: "x".to_owned(), actor: "staff:1".to_owned(), at };
        let guards = vec![(stop.guard(), EntityId(id))];
        let commit = Commit { rows: vec![stop.row()], guards, ..Commit::default() };
        desk.world.bank.ledger.commit(commit).await.unwrap();
        assert_eq!(code(&at_work.get("/home").await), met, "a page that was open");
        assert_eq!(code(&at_work.get("/security/certificate").await), met, "a renewal");
        let page = desk.ask(MASTER, &[]).await;
        assert_eq!((page.status, code(&page).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, met), "a fetch");
        let mut anew = desk.at_door(shown.clone());
        anew.sign_in(KEIRI, PASSWORD).await;
        assert_eq!(code(&anew.get("/home").await), met, "a new sign-in");
        at_work = anew;
        let release = Commit { release: vec![stop.guard()], ..Commit::default() };
        desk.world.bank.ledger.commit(release).await.unwrap();
        let sql = "UPDATE emergency_stop SET lifted_us = 1, lifted_by = 'staff:2' WHERE id = $1";
        execute!(desk.world.bank.database, sql, id).unwrap();
    }
    assert_eq!(at_work.get("/home").await.status, StatusCode::OK);
    assert_eq!(desk.count("SELECT count(*) FROM certificate").await, 1, "none was issued under a stop");
    assert_eq!(desk.ask(MASTER, &[]).await.status, StatusCode::OK);
}

/// Proves R44.
async fn the_ninety_ninth_is_issued_and_the_hundredth_refused(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let database = &desk.world.bank.database;
    // 98 others, of whom one has two
    for number in 0..98_u8 {
        let user = Uuid::from_u128(u128::from(number) + 1);
        execute!(
            database,
            "INSERT INTO app_user (id, contract, login_id, name, role, password_hash, confirmation_hash, created_us)
             VALUES ($1, $2, $3, 'x', 'general', 'x', 'x', 1)",
            user,
            desk.contract.uuid(),
            format!("other-{number}"),
        )
        .unwrap();
        for place in 0..if number == 0 { 2_u8 } else { 1 } {
            let unlike = vec![number, place];
            execute!(
                database,
                "INSERT INTO certificate (id, contract, app_user, authority, serial, fingerprint, key, made, issued_us,
                   expires_us, confirmed_us, used_us) VALUES ($1, $2, $3, '1', $4, $4, $4, 'bank', 1, $5, $6, $6)",
                CertificateId::generate().uuid(),
                desk.contract.uuid(),
                user,
                unlike,
                i64::MAX,
                (place == 0).then_some(2_i64),
            )
            .unwrap();
        }
    }
    desk.fetched(KEIRI).await;
    desk.fetched(KEIRI).await;
    let page = desk.ask(MASTER, &[]).await;
    assert_eq!((page.status, code(&page).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "S-112"));
    assert!(page.body.contains("上限の99枚"), "{}", page.body);
    execute!(
        database,
        "UPDATE certificate SET ended_us = 3, ended_why = 'bank', ended_by = 'x' WHERE app_user = $1",
        Uuid::from_u128(98)
    )
    .unwrap();
    desk.fetched(MASTER).await;
}

fn request(key: &KeyPair) -> String {
    CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
}

async fn a_key_of_the_users_own_is_certified_once(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let key = KeyPair::generate().unwrap();
    let page = desk.ask(KEIRI, &[("way", "request"), ("request", "no request")]).await;
    assert_eq!((page.status, code(&page).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "S-114"));
    let page = desk.ask(KEIRI, &[("way", "request"), ("request", &request(&key))]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(!page.body.contains("x-pkcs12") && page.fields("p12_password").is_empty());
    let pem = page.fields("certificate_pem").remove(0);
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let base64 = base64.replace("&#43;", "+").replace("&#x2B;", "+");
    let own = ClientCertificate::of(&BASE64_STANDARD.decode(base64).unwrap());
    assert_eq!(desk.at_door(own).sign_in(KEIRI, PASSWORD).await.location(), "/home");
    let page = desk.ask(MASTER, &[("way", "request"), ("request", &request(&key))]).await;
    assert_eq!(code(&page), "S-114", "the same key");
    assert!(page.body.contains("ほかの電子証明書に使われています"));
    certificate(&desk.ask(MASTER, &[]).await);
}
