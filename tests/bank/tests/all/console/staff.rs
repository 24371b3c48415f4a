//! 職員: a person has one record, which two others make; the first password is the person's own; who leaves is out.

use database::testing::TestDatabase;
use http::StatusCode;
use internet_banking::tokens::{NewToken, Seed, TokenKind, TokenState};

use super::support::{CHECKER, MAKER, Office, done, propose, sign_in};
use crate::support::{Browser, Page};

database::on_both!(
    a_person_is_recorded_by_two_and_chooses_the_first_password_with_two_codes,
    nobody_gets_two_records_and_whoever_leaves_is_out_at_once,
);

const PASSWORD: &str = "asa-no-mado-wo-akeru";

/// A token of the stock.
async fn stock(office: &Office, serial: &str) {
    let seed = Seed::new([21; 20]);
    let (kind, state) = (TokenKind::Hardware, TokenState::Stock);
    let expires_on = Some("2031-11-30".parse().unwrap());
    let new = NewToken { serial, kind, contract: None, state, expires_on, seed: &seed };
    office.console.tokens.deliver(&new, office.world.clock.now()).await.unwrap();
}

fn person<'a>(number: &'a str, login_id: &'a str, serial: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("person_number", number),
        ("name", "決済業務課 高橋健"),
        ("login_id", login_id),
        ("role", "checker"),
        ("token_serial", serial),
    ]
}

async fn start(office: &Office, browser: &mut Browser, login_id: &str, serial: &str) -> Page {
    let show = async || office.console.tokens.current_code(serial, office.console.clock.now()).await.unwrap();
    let first = show().await;
    office.world.clock.advance_seconds(60);
    let second = show().await;
    let csrf = browser.get("/start").await.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("login_id", login_id),
        ("first_code", &first),
        ("second_code", &second),
        ("new_password", PASSWORD),
        ("new_again", PASSWORD),
    ];
    browser.post("/start", &form).await
}

/// Proves R8, SEC-46.
async fn a_person_is_recorded_by_two_and_chooses_the_first_password_with_two_codes(test: TestDatabase) {
    let office = Office::new(test).await;
    stock(&office, "9100000021").await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let empty = propose(&mut maker, "/staff", &[]).await;
    for field in ["person_number", "name", "login_id", "role", "token_serial"] {
        assert!(empty.body.contains(&format!("href=\"#{field}\"")), "{field}: {}", empty.body);
    }
    let away = propose(&mut maker, "/staff", &person("A0021", "unyo-21", "9100000099")).await;
    assert!(away.body.contains("在庫にありません"), "{}", away.body);
    done(&mut maker, &mut checker, "/staff", &person("a0021", "unyo-21", "9100000021")).await;
    let list = maker.get("/staff").await;
    assert!(list.fields("person_number").contains(&"A0021".to_owned()), "{}", list.body);
    assert!(list.body.contains("パスワード未設定"));
    // nobody signs in under a record without a password, whatever is typed
    let mut new = office.browser();
    for password in ["", PASSWORD] {
        let code =
            office.console.tokens.current_code("9100000021", office.console.clock.now()).await.unwrap();
        let refused = sign_in(&mut new, "unyo-21", password, &code).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let csrf = new.get("/start").await.token();
    let wrong = [
        ("csrf", csrf.as_str()),
        ("login_id", "unyo-21"),
        ("first_code", "000000"),
        ("second_code", "000001"),
        ("new_password", PASSWORD),
        ("new_again", PASSWORD),
    ];
    let refused = new.post("/start", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let mut weak = wrong;
    (weak[4].1, weak[5].1) = ("mijikai", "mijikai");
    assert!(new.post("/start", &weak).await.body.contains("文字以上"));
    let begun = start(&office, &mut new, "unyo-21", "9100000021").await;
    assert_eq!(begun.location(), "/sign-in?ended=begun", "{}", begun.body);
    let twice = start(&office, &mut new, "unyo-21", "9100000021").await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
    office.world.clock.advance_seconds(60);
    let code = office.console.tokens.current_code("9100000021", office.console.clock.now()).await.unwrap();
    assert_eq!(sign_in(&mut new, "unyo-21", PASSWORD, &code).await.location(), "/home");
    let trail = office.audit().await;
    for action in ["staff.register", "console.first_password"] {
        assert_eq!(trail.iter().filter(|(_, a, _)| a == action).count(), 1, "{action}");
    }
}

async fn nobody_gets_two_records_and_whoever_leaves_is_out_at_once(test: TestDatabase) {
    let office = Office::new(test).await;
    for serial in ["9100000021", "9100000022"] {
        stock(&office, serial).await;
    }
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    // the maker of the tests under another login ID and the other role
    let second = propose(&mut maker, "/staff", &person("PS0001", "unyo-99", "9100000021")).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(second.body.contains("1人に2つの登録はできません"), "{}", second.body);
    let taken = propose(&mut maker, "/staff", &person("A0021", "unyo-11", "9100000021")).await;
    assert!(taken.body.contains("すでに使われています"), "{}", taken.body);
    // two requests of one day about one person
    done(&mut maker, &mut checker, "/staff", &person("A0021", "unyo-21", "9100000021")).await;
    let again = propose(&mut maker, "/staff", &person("A0021", "unyo-22", "9100000022")).await;
    assert!(again.body.contains("1人に2つの登録はできません"), "{}", again.body);
    let alone = propose(&mut checker, "/staff", &person("A0022", "unyo-22", "9100000022")).await;
    assert_eq!(alone.status, StatusCode::FORBIDDEN, "a checker proposes nobody");
    // whoever leaves
    let suspend = format!("/staff/{}/suspend", office.checker);
    let csrf = maker.get("/staff").await.token();
    let form = [("csrf", csrf.as_str()), ("document", "2026-人-0003"), ("reason", "異動")];
    let request = maker.post(&suspend, &form).await.location().to_owned();
    assert!(request.starts_with("/requests/"), "{request}");
    let mut third = office.browser();
    assert_eq!(start(&office, &mut third, "unyo-21", "9100000021").await.location(), "/sign-in?ended=begun");
    office.world.clock.advance_seconds(60);
    let code = office.console.tokens.current_code("9100000021", office.console.clock.now()).await.unwrap();
    sign_in(&mut third, "unyo-21", PASSWORD, &code).await;
    let csrf = third.get(&request).await.token();
    third.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(checker.get("/home").await.location(), "/sign-in", "at once");
    assert!(maker.get("/staff").await.body.contains("利用停止"));
}
