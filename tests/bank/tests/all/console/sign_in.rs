//! Signing in at the console: three secrets, one use of each code, a session that shares nothing with the bank's.

use console::Console;
use console::delivery::DeliverySettings;
use console::sign_in::look_for_locks;
use database::testing::{TestDatabase, sqlite};
use gateway::{AlarmKind, AlarmQuery};
use http::StatusCode;
use internet_banking::secrets::Secret;
use internet_banking::sign_in::look_for_locks as look_for_customers_locks;
use internet_banking::tokens::Typist;

use super::support::{CHECKER, MAKER, Office, STAFF_PASSWORD, sign_in};
use crate::support::SECRET;

const WRONG: &str = "職員ID、パスワード、ワンタイムパスワードのいずれかが違います。";

database::on_both!(
    all_three_secrets_lead_in_and_the_page_says_who_is_there,
    whatever_is_wrong_the_words_are_the_same_and_it_is_written_down,
    a_code_opens_one_session_only,
    five_failures_block_and_the_unlock_command_lifts_it,
    a_lock_of_which_a_process_died_before_it_raised_the_alarm_is_an_alarm_once_afterwards,
    a_new_sign_in_ends_the_old_session,
    a_screen_that_refreshes_itself_is_signed_out_all_the_same,
    who_left_the_bank_is_out_at_once,
);

/// Proves SEC-46.
async fn all_three_secrets_lead_in_and_the_page_says_who_is_there(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut browser = office.browser();
    assert_eq!(browser.get("/home").await.location(), "/sign-in");
    let entrance = browser.get("/sign-in").await;
    assert!(entrance.body.contains("<body class=\"console\">") && entrance.body.contains("職員用"));
    let code = office.code(MAKER).await;
    assert_eq!(sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, &code).await.location(), "/home");
    let home = browser.get("/home").await;
    for words in ["見本銀行 収納運用", "決済業務課 unyo-01(起票者)", "はじめてのログイン", "状況"]
    {
        assert!(home.body.contains(words), "{words}");
    }
    assert_eq!(browser.get("/sign-in").await.location(), "/home", "already signed in");
    let token = home.token();
    let out = browser.post("/sign-out", &[("csrf", &token)]).await;
    assert_eq!(out.location(), "/sign-in?ended=signed-out");
    assert_eq!(browser.get("/home").await.location(), "/sign-in");
    let maker = format!("staff:{}", office.maker);
    let expected = [("console.sign_in", ""), ("console.sign_out", "")];
    let expected = expected.map(|(action, subject)| (maker.clone(), action.to_owned(), subject.to_owned()));
    assert_eq!(office.audit().await, expected);
}

async fn whatever_is_wrong_the_words_are_the_same_and_it_is_written_down(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut browser = office.browser();
    let (right, others) = (office.code(MAKER).await, office.code(CHECKER).await);
    for (login_id, password, code) in [
        ("unyo-01", "not the password", right.as_str()),
        ("unyo-01", STAFF_PASSWORD, "000000"),
        ("unyo-01", STAFF_PASSWORD, others.as_str()),
        ("nobody", STAFF_PASSWORD, right.as_str()),
    ] {
        let page = sign_in(&mut browser, login_id, password, code).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains(WRONG), "{login_id} {code}");
        assert!(!page.body.contains(&format!("value=\"{code}\"")), "the code is not shown again");
    }
    let maker = format!("staff:{}", office.maker);
    let actors: Vec<_> = office.audit().await.into_iter().map(|(actor, action, _)| (actor, action)).collect();
    let refused = |actor: &str| (actor.to_owned(), "console.sign_in_refused".to_owned());
    assert_eq!(actors, [refused(&maker), refused(&maker), refused(&maker), refused("staff:unknown")]);
    let page = sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, "").await;
    assert!(page.body.contains("ワンタイムパスワードを入力してください。"), "the form without the field");
}

async fn a_code_opens_one_session_only(test: TestDatabase) {
    let office = Office::new(test).await;
    let code = office.code(MAKER).await;
    let (mut first, mut second) = (office.browser(), office.browser());
    assert_eq!(sign_in(&mut first, "unyo-01", STAFF_PASSWORD, &code).await.location(), "/home");
    let again = sign_in(&mut second, "unyo-01", STAFF_PASSWORD, &code).await;
    assert!(again.body.contains(WRONG) && again.body.contains("一度しか使えません"));
    office.world.clock.advance_seconds(60);
    let next = office.code(MAKER).await;
    assert_eq!(sign_in(&mut second, "unyo-01", STAFF_PASSWORD, &next).await.location(), "/home");
}

/// Proves R58, SEC-09.
async fn five_failures_block_and_the_unlock_command_lifts_it(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut browser = office.browser();
    for _ in 0..4 {
        sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, "000000").await;
    }
    let fifth = sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, "000000").await;
    assert!(fifth.body.contains("30分間ログインできません"));
    let (database, secret) = (&office.console.database, Secret::new(SECRET));
    assert_eq!(
        look_for_locks(&office.console).await.unwrap(),
        2,
        "the token, and the pause that ends by itself"
    );
    let locks = office.audit().await.into_iter().filter(|(_, action, _)| action == "token.lock");
    let maker = format!("staff:{}", office.maker);
    let expected = (maker, "token.lock".to_owned(), MAKER.token_serial.to_owned());
    assert_eq!(locks.collect::<Vec<_>>(), [expected], "it is written down once");
    let alarms =
        office.console.gateway.alarms(&AlarmQuery { limit: 9, ..AlarmQuery::default() }).await.unwrap();
    let alarms: Vec<_> = alarms.iter().map(|alarm| (alarm.kind, alarm.subject.as_str())).collect();
    assert_eq!(alarms, [(AlarmKind::StaffLocked, "unyo-01")]);
    let code = office.code(MAKER).await;
    let sixth = sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, &code).await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(internet_banking::unlock(database, &secret, "unyo-01").await.unwrap());
    let locked = sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, &code).await;
    assert!(locked.body.contains("トークンの利用を停止しています"), "five wrong codes lock the token too");
    office.console.tokens.unlock(MAKER.token_serial).await.unwrap();
    assert_eq!(sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, &code).await.location(), "/home");
}

/// Proves SEC-09, SEC-42.
async fn a_lock_of_which_a_process_died_before_it_raised_the_alarm_is_an_alarm_once_afterwards(
    test: TestDatabase,
) {
    let office = Office::new(test).await;
    let mut browser = office.browser();
    let alarms = async || {
        let query = AlarmQuery { limit: 9, ..AlarmQuery::default() };
        let alarms = office.console.gateway.alarms(&query).await.unwrap();
        alarms.into_iter().map(|alarm| (alarm.kind, alarm.subject, alarm.detail)).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        for _ in 0..5 {
            sign_in(&mut browser, "unyo-01", "not the password", "000000").await;
        }
        office.world.clock.advance_seconds(30 * 60);
    }
    // the process that has judged them is gone, and customers' locks are not those of staff
    let (ledger, gateway) = (&office.world.bank.ledger, office.console.gateway.clone());
    let other = Console::new(ledger, gateway, &Secret::new(SECRET), DeliverySettings::default()).unwrap();
    assert_eq!(look_for_customers_locks(&office.world.bank).await.unwrap(), 0);
    assert_eq!(alarms().await, []);
    let looks = tokio::join!(look_for_locks(&other), look_for_locks(&other));
    assert_eq!(looks.0.unwrap() + looks.1.unwrap(), 1, "two processes tell once");
    let of = |what: &str| {
        let detail = format!("{what} of unyo-01 is locked after wrong tries");
        (AlarmKind::StaffLocked, "unyo-01".to_owned(), detail)
    };
    assert_eq!(alarms().await, [of("the sign-in")]);
    assert_eq!(look_for_locks(&other).await.unwrap(), 0);
    // the token's lock is told by whoever finds it first, and its record with it
    let now = office.world.clock.now();
    for _ in 0..5 {
        let typist = Typist::Staff(office.checker);
        office.console.tokens.verify(CHECKER.token_serial, typist, "00000x", now).await.unwrap();
    }
    assert_eq!(look_for_locks(&other).await.unwrap(), 1);
    assert_eq!(alarms().await.len(), 2);
    let locks = office.audit().await.into_iter().filter(|(_, action, _)| action == "token.lock").count();
    assert_eq!(locks, 1);
}

async fn a_new_sign_in_ends_the_old_session(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut old = office.signed_in(MAKER).await;
    let mut other = office.signed_in(CHECKER).await;
    let mut new = office.signed_in(MAKER).await;
    assert_eq!(old.get("/home").await.location(), "/sign-in?ended=elsewhere");
    assert!(new.get("/home").await.body.contains("前のログインを終了しました"));
    assert!(!new.get("/home").await.body.contains("前のログインを終了しました"), "told once");
    assert_eq!(other.get("/home").await.status, StatusCode::OK);
    let actors: Vec<_> = office.audit().await.into_iter().map(|(actor, ..)| actor).collect();
    let by = |id: domain::StaffId| format!("staff:{id}");
    assert_eq!(actors, [by(office.maker), by(office.checker), by(office.maker)]);
}

async fn a_screen_that_refreshes_itself_is_signed_out_all_the_same(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut browser = office.signed_in(MAKER).await;
    assert!(!browser.get("/home").await.body.contains("http-equiv"));
    let watching = browser.get("/home?watch=on").await.body;
    let asked = watching.split("http-equiv=\"refresh\" content=\"15; url=").nth(1).unwrap();
    let again = asked.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    assert_eq!(again, "/home?watch=on&again=1");
    for _ in 0..14 {
        office.world.clock.advance_seconds(60);
        assert_eq!(browser.get(&again).await.status, StatusCode::OK);
    }
    office.world.clock.advance_seconds(60);
    assert_eq!(browser.get(&again).await.location(), "/sign-in?ended=expired");

    let mut browser = office.signed_in(MAKER).await;
    for _ in 0..3 {
        office.world.clock.advance_seconds(600);
        assert_eq!(browser.get("/home").await.status, StatusCode::OK, "somebody is there");
    }
}

async fn who_left_the_bank_is_out_at_once(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut browser = office.signed_in(MAKER).await;
    office.console.staff.disable(office.maker).await.unwrap();
    assert_eq!(browser.get("/home").await.location(), "/sign-in");
    office.world.clock.advance_seconds(60);
    let code = office.code(MAKER).await;
    assert!(sign_in(&mut browser, "unyo-01", STAFF_PASSWORD, &code).await.body.contains(WRONG));
}

/// Proves SEC-46.
#[tokio::test]
async fn the_banks_cookies_tokens_and_passwords_open_no_console_and_the_other_way_round() {
    let office = Office::new(sqlite().await).await;
    let customer = office.world.signed_in().await;
    let mut browser = office.browser();
    browser.cookies = customer.cookies.clone();
    assert_eq!(browser.get("/home").await.location(), "/sign-in");
    let value = customer.cookies["bank"].clone();
    browser.cookies.insert("console".to_owned(), value);
    assert_eq!(browser.get("/home").await.location(), "/sign-in", "the secret of another table");
    let code = office.code(MAKER).await;
    let page = sign_in(&mut browser, crate::support::LOGIN_ID, crate::support::PASSWORD, &code).await;
    assert!(page.body.contains(WRONG));

    let staff = office.signed_in(MAKER).await;
    let mut bank = office.world.browser();
    bank.cookies.insert("bank".to_owned(), staff.cookies["console"].clone());
    assert_eq!(bank.get("/home").await.location(), "/sign-in");
    assert!(bank.sign_in("unyo-01", STAFF_PASSWORD).await.body.contains("違います"));
}

#[tokio::test]
async fn the_consoles_own_error_pages_speak_to_staff() {
    let office = Office::new(sqlite().await).await;
    let mut browser = office.signed_in(MAKER).await;
    let page = browser.get("/no/such/page").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("class=\"console\"") && page.body.contains("職員用"));
    assert!(!page.body.contains("貴社"));
    for (name, value) in edge::headers::ALWAYS {
        assert_eq!(page.headers[&name], value, "{name}");
    }
    let form = browser.post("/sign-out", &[("csrf", "wrong")]).await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/home").await.status, StatusCode::OK, "still signed in");
}
