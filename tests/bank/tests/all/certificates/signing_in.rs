//! Signing in by certificate, and every case in which nobody is signed in.

use database::execute;
use database::testing::TestDatabase;
use edge::{ClientCertificate, CookieKind};
use http::StatusCode;

use super::{DOOR, Desk, KEIRI, MASTER, NEW, NEXT_DOOR, YEAR_S, code, mark};
use crate::support::{LOGIN_ID, PASSWORD};

database::on_both!(
    a_certificate_and_the_password_sign_in_together_and_neither_alone,
    another_persons_certificate_signs_nobody_in,
    each_bad_certificate_has_its_code_and_mark,
    who_shows_none_is_told_why_and_led_to_the_next_door,
    what_is_wrong_with_a_certificate_is_told_only_to_whoever_has_the_password,
    a_session_needs_its_certificate_on_every_page,
    contracts_that_sign_in_by_password_need_no_certificate_at_a_door,
    one_page_checks_the_environment_and_names_every_trouble,
);

/// Proves R22, R23, SEC-04.
async fn a_certificate_and_the_password_sign_in_together_and_neither_alone(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let certificate = desk.fetched(KEIRI).await;
    let mut browser = desk.at_door(certificate);
    let page = browser.get("/sign-in").await;
    assert_eq!(mark(&page, "certificate"), "good", "{}", page.body);
    let wrong = browser.sign_in(KEIRI, "not the password").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(mark(&wrong, "trouble"), "", "the password alone is at fault");
    assert_eq!(browser.get("/home").await.location(), "/sign-in", "the certificate alone");

    let without = desk.at_door(ClientCertificate::none()).sign_in(KEIRI, PASSWORD).await;
    assert_eq!((without.status, code(&without).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "S-102"));

    assert_eq!(browser.sign_in(KEIRI, PASSWORD).await.location(), "/home");
    assert_eq!(browser.get("/home").await.status, StatusCode::OK);
    browser.sign_out().await;
    desk.world.clock.advance_seconds(3_600);
    browser.sign_in(KEIRI, PASSWORD).await;
    assert!(browser.get("/home").await.body.contains("電子証明書"), "how the last sign-in was");
    assert_eq!(desk.count("SELECT count(*) FROM mail WHERE id LIKE 'certificate-confirm%'").await, 2);
}

/// Proves R43.
async fn another_persons_certificate_signs_nobody_in(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (certificate, _) = desk.signed_in(MASTER).await;
    desk.signed_in(KEIRI).await;
    let page = desk.at_door(certificate).sign_in(KEIRI, PASSWORD).await;
    assert_eq!((code(&page).as_str(), mark(&page, "trouble").as_str()), ("S-109", "somebody-elses"));
    let sql = "SELECT count(*) FROM audit WHERE action = 'certificate.refused'
        AND detail = 'certificate somebody-elses'";
    assert_eq!(desk.count(sql).await, 1);
}

/// Proves SEC-02, R36.
async fn each_bad_certificate_has_its_code_and_mark(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let foreign = rcgen::generate_simple_self_signed(vec!["a".to_owned()]).unwrap();
    let foreign = ClientCertificate::of(foreign.cert.der());
    let no_certificate = ClientCertificate::of(b"no certificate at all");
    let redone = desk.fetched(KEIRI).await;
    let (good, _) = desk.signed_in(KEIRI).await;
    for (shown, state, expected) in
        [(&foreign, "foreign", "S-104"), (&no_certificate, "foreign", "S-104"), (&redone, "redone", "S-107")]
    {
        let mut browser = desk.at_door(shown.clone());
        let page = browser.get("/sign-in").await;
        assert_eq!((mark(&page, "certificate").as_str(), page.body.contains(expected)), (state, true));
        let page = browser.sign_in(KEIRI, PASSWORD).await;
        assert_eq!((code(&page).as_str(), mark(&page, "trouble").as_str()), (expected, state));
        assert_eq!(browser.get("/home").await.location(), "/sign-in");
    }
    for (ended_why, state, expected) in [
        ("replaced", "replaced", "S-108"),
        ("bank", "revoked", "S-106"),
        ("master", "revoked", "S-106"),
        ("removed", "revoked", "S-106"),
        ("method", "revoked", "S-106"),
    ] {
        execute!(
            desk.world.bank.database,
            "UPDATE certificate SET ended_us = 1, ended_why = $1, ended_by = 'test' WHERE confirmed_us IS NOT NULL",
            ended_why
        )
        .unwrap();
        let page = desk.at_door(good.clone()).sign_in(KEIRI, PASSWORD).await;
        assert_eq!((code(&page).as_str(), mark(&page, "trouble").as_str()), (expected, state), "{ended_why}");
    }
    let (good, _) = {
        execute!(desk.world.bank.database, "UPDATE certificate SET ended_why = 'bank'").unwrap();
        desk.signed_in(KEIRI).await
    };
    desk.world.clock.advance_seconds(YEAR_S - 1);
    assert_eq!(desk.at_door(good.clone()).sign_in(KEIRI, PASSWORD).await.location(), "/home");
    desk.world.clock.advance_seconds(1);
    let page = desk.at_door(good).sign_in(KEIRI, PASSWORD).await;
    assert_eq!((code(&page).as_str(), mark(&page, "trouble").as_str()), ("S-105", "expired"));
}

/// Proves R34.
async fn who_shows_none_is_told_why_and_led_to_the_next_door(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let mut browser = desk.at_door(ClientCertificate::none());
    let page = browser.get("/sign-in").await;
    assert_eq!(mark(&page, "certificate"), "missing");
    assert!(page.body.contains(&format!("href=\"https://localhost:{NEXT_DOOR}/sign-in\"")), "{}", page.body);
    let page = browser.sign_in(NEW, PASSWORD).await;
    assert_eq!((code(&page).as_str(), mark(&page, "trouble").as_str()), ("S-103", "none-yet"));
    desk.fetched(NEW).await;
    let page = browser.sign_in(NEW, PASSWORD).await;
    assert_eq!((code(&page).as_str(), mark(&page, "trouble").as_str()), ("S-102", "not-imported"));
    let (certificate, _) = desk.signed_in(NEW).await;
    let page = browser.sign_in(NEW, PASSWORD).await;
    assert_eq!((code(&page).as_str(), mark(&page, "trouble").as_str()), ("S-101", "missing"));

    // the choice of this port is remembered by the browser; the next port asks anew
    browser.port = NEXT_DOOR;
    browser.certificate = certificate;
    assert_eq!(browser.sign_in(NEW, PASSWORD).await.location(), "/home");
    for code in ["S-101", "S-102", "S-103", "S-104", "S-105", "S-106", "S-107", "S-108", "S-109"] {
        assert_eq!(browser.get(&format!("/help/{code}")).await.status, StatusCode::OK);
    }
}

async fn what_is_wrong_with_a_certificate_is_told_only_to_whoever_has_the_password(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let mut plain = desk.world.browser();
    let page = plain.get("/sign-in").await;
    let door = format!("href=\"https://localhost:{DOOR}/sign-in\"");
    assert!(page.body.contains(&door), "the same words for everybody");
    let unknown = plain.sign_in("nobody", PASSWORD).await;
    let wrong = plain.sign_in(KEIRI, "not the password").await;
    let by_password = plain.sign_in(LOGIN_ID, "not the password").await;
    for page in [&unknown, &wrong, &by_password] {
        assert_eq!((code(page).as_str(), mark(page, "trouble").as_str()), ("", ""));
        assert!(
            page.body.contains("ログインIDまたはログインパスワードが違います。") && page.body.contains(&door)
        );
    }
    let right = plain.sign_in(KEIRI, PASSWORD).await;
    assert_eq!(code(&right), "S-103");
    assert!(right.body.contains(&door));
    for _ in 0..6 {
        assert_eq!(code(&plain.sign_in(KEIRI, PASSWORD).await), "S-103", "a right password is no guess");
    }
}

/// Proves SEC-27.
async fn a_session_needs_its_certificate_on_every_page(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (certificate, mut browser) = desk.signed_in(KEIRI).await;
    let (other, _) = desk.signed_in(MASTER).await;
    let mut thief = desk.at_door(ClientCertificate::none());
    thief.cookies = browser.cookies.clone();
    assert_eq!(thief.get("/home").await.location(), "/sign-in");
    assert_eq!(thief.get("/sign-in").await.status, StatusCode::OK, "not led in a circle");
    thief.certificate = other;
    thief.cookies = browser.cookies.clone();
    assert_eq!(thief.get("/home").await.location(), "/sign-in");
    assert_eq!(browser.get("/home").await.status, StatusCode::OK, "the owner's goes on");
    browser.certificate = certificate;
    browser.port = NEXT_DOOR;
    assert_eq!(browser.get("/home").await.status, StatusCode::OK, "at another door too");
}

/// Proves R29, R30, R31, R35, R37, R38, R45, R50.
async fn one_page_checks_the_environment_and_names_every_trouble(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let agent = [("user-agent", "Browser/1 (any system)")];
    let mut plain = desk.world.browser();
    let page = plain.send(http::Method::GET, "/certificate/check", &agent, "").await;
    assert_eq!(
        (page.status, page.fields("browser").remove(0).as_str()),
        (StatusCode::OK, "Browser/1 (any system)")
    );
    assert!(
        page.body.contains("OSの種類を問わず")
            && page.body.contains(&format!("https://localhost:{DOOR}/certificate"))
    );
    assert_eq!(mark(&page, "certificate"), "", "this listener asks for none");
    let mut door = desk.at_door(ClientCertificate::none());
    assert_eq!(mark(&door.get("/certificate/check").await, "certificate"), "missing");
    door.certificate = desk.fetched(KEIRI).await;
    let page = door.get("/certificate/check").await;
    assert_eq!(mark(&page, "certificate"), "good");
    for code in ["S-101", "S-102", "S-104", "S-105", "S-106"] {
        assert!(page.body.contains(&format!("href=\"/help/{code}\"")), "{code}");
    }
    for (seen, remedy) in [
        ("選択の一覧が空、または当行のものがない", "アドレスが当行のものかを確かめます"),
        ("OSを再インストールした、パソコンを修理・交換した", "失効の手続きの後に、新しいものを取得します"),
    ] {
        assert!(page.body.contains(seen) && page.body.contains(remedy), "{seen}: {}", page.body);
    }
    for way in ["/certificate/fetch", "/sign-in"] {
        assert!(door.get("/certificate/check").await.body.contains(&format!("href=\"{way}\"")), "{way}");
    }
    for asks in ["/certificate/fetch", "/sign-in"] {
        assert!(
            door.get(asks).await.body.contains("href=\"/certificate/check\""),
            "{asks} leads to the guide"
        );
    }
}

/// Proves R24.
async fn contracts_that_sign_in_by_password_need_no_certificate_at_a_door(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let mut browser = desk.at_door(ClientCertificate::none());
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    assert_eq!(browser.get("/home").await.status, StatusCode::OK);
    let (certificate, _) = desk.signed_in(KEIRI).await;
    for (login_id, password) in [(LOGIN_ID, "not the password"), ("hanako02", PASSWORD)] {
        let refused = desk.at_door(certificate.clone()).sign_in(login_id, password).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{login_id}: {}", refused.body);
    }
    let mut browser = desk.at_door(certificate);
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home", "whatever it shows");
    let page = desk.world.browser_with(CookieKind::http("bank")).sign_in(LOGIN_ID, PASSWORD).await;
    assert_eq!(page.location(), "/home");
    let refused = desk.ask(LOGIN_ID, &[("one_time_password", ""), ("confirmation_password", PASSWORD)]).await;
    assert_eq!(code(&refused), "S-113");
}
