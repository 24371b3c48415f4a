//! Getting a certificate.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use database::execute;
use database::testing::TestDatabase;
use domain::CertificateId;
use edge::ClientCertificate;
use http::StatusCode;
use rcgen::{CertificateParams, KeyPair};
use uuid::Uuid;

use super::{Desk, KEIRI, MASTER, NEW, certificate, code};
use crate::support::PASSWORD;

database::on_both!(
    a_certificate_costs_id_password_and_a_second_proof,
    whoever_has_no_token_proves_by_the_confirmation_password,
    before_the_first_sign_in_it_may_be_fetched_again,
    one_id_has_one_certificate,
    the_ninety_ninth_is_issued_and_the_hundredth_refused,
    a_key_of_the_users_own_is_certified_once,
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

async fn whoever_has_no_token_proves_by_the_confirmation_password(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let page = desk.ask(NEW, &[("confirmation_password", "wrong")]).await;
    assert_eq!(code(&page), "S-116");
    let page = desk.ask(NEW, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
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
