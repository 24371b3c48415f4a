//! 初期設定: from the notice to the first sign-in, and the passwords acquired anew.

use console::delivery::DeliverySettings;
use database::read;
use database::testing::TestDatabase;
use edge::ClientCertificate;
use http::StatusCode;
use internet_banking::contracts::{AccountKind, Rights, Role};

use crate::certificates::{Desk, MASTER};
use crate::console::contracts::{application, found, register};
use crate::console::support::{CHECKER, MAKER, Office, done};
use crate::support::{Browser, PASSWORD, Page, World, add_user};

database::on_both!(
    a_customer_sets_a_contract_up_and_signs_in,
    wrong_numbers_are_slowed_down_and_tell_nothing,
    a_master_whose_passwords_were_initialised_acquires_all_three_anew,
    a_master_with_a_certificate_acquires_all_three_anew_and_keeps_the_certificate,
    a_stopped_contract_is_not_set_up,
    a_set_up_number_ends_on_the_day_that_its_notice_says,
);

const NEW_PASSWORD: &str = "haru-wa-akebono-yoyo";
const CONFIRMATION: &str = "natsu-wa-yoru-tsuki";

/// The first page, with this account and number.
pub async fn begin(browser: &mut Browser, number: &str, set_up_number: &str) -> Page {
    let csrf = browser.get("/set-up").await.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("branch", "100"),
        ("kind", "ordinary"),
        ("number", number),
        ("set_up_number", set_up_number),
    ];
    browser.post("/set-up", &form).await
}

/// The second page, sent with this login ID and these changes.
pub async fn finish(browser: &mut Browser, page: &Page, login_id: &str, typed: &[(&str, &str)]) -> Page {
    let (csrf, ticket) = (page.token(), page.value("ticket"));
    let mut form = vec![("csrf", csrf.as_str()), ("ticket", &ticket), ("login_id", login_id)];
    for (name, value) in [
        ("name", "代表 田中美咲"),
        ("email", "tanaka@example.jp"),
        ("password", NEW_PASSWORD),
        ("password_again", NEW_PASSWORD),
        ("confirmation", CONFIRMATION),
        ("confirmation_again", CONFIRMATION),
    ] {
        if !typed.iter().any(|(typed, _)| *typed == name) {
            form.push((name, value));
        }
    }
    form.extend(typed);
    browser.post("/set-up/details", &form).await
}

/// The number of the notice that may be printed for this contract.
pub async fn printed(maker: &mut Browser, contract: &str) -> String {
    let csrf = maker.get(contract).await.token();
    let page = maker.post(&format!("{contract}/notice"), &[("csrf", &csrf)]).await;
    page.fields("set_up_number").remove(0)
}

/// A contract that can be set up from now on, and its number. It signs in by password, for a reason.
pub async fn usable(
    office: &Office,
    maker: &mut Browser,
    checker: &mut Browser,
    from: &str,
) -> (String, String) {
    register(office, 2_001, "100", AccountKind::Ordinary, "7654321").await;
    let typed: Vec<_> = application("株式会社新規", "7654321", "")
        .into_iter()
        .map(|(name, value)| (name, if name == "sign_in" { "password" } else { value }))
        .chain([("sign_in_reason", "端末が電子証明書に対応していないため")])
        .collect();
    done(maker, checker, "/contracts/new", &typed).await;
    let contract = found(maker, "7654321").await;
    done(maker, checker, &format!("{contract}/procedures/usable"), &[("value", from)]).await;
    let number = printed(maker, &contract).await;
    (contract, number)
}

/// Proves R7.
async fn a_customer_sets_a_contract_up_and_signs_in(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let (contract, number) = usable(&office, &mut maker, &mut checker, "2026-11-25").await;
    // until it is set up the day may be another one, for which no second number is printed
    let shown = maker.get(&contract).await;
    assert_eq!(shown.fields("first_day"), ["11月25日(水)から利用可能"], "{}", shown.body);
    done(&mut maker, &mut checker, &format!("{contract}/procedures/usable"), &[("value", "2026-11-26")])
        .await;
    let shown = maker.get(&contract).await;
    assert_eq!(shown.fields("first_day"), ["11月26日(木)から利用可能"], "{}", shown.body);
    assert!(!shown.body.contains("番号を作って"), "{}", shown.body);
    assert!(maker.get("/contracts").await.body.contains("利用開始日の前"));
    done(&mut maker, &mut checker, &format!("{contract}/procedures/usable"), &[("value", "2026-11-25")])
        .await;
    let mut customer = office.world.browser();
    let early = begin(&mut customer, "7654321", &number).await;
    assert!(early.body.contains("2026年11月25日"), "not before its day: {}", early.body);
    office.world.clock.advance_seconds(86_400);
    let details = begin(&mut customer, "7654321", &number.replace('-', "")).await;
    assert_eq!(details.status, StatusCode::OK, "{}", details.body);
    assert!(details.body.contains("株式会社新規"), "{}", details.body);
    for (field, typed) in [
        ("password", ("password", "mijikai")),
        ("password_again", ("password_again", "betsu-no-kotoba-desu")),
        ("confirmation", ("confirmation", NEW_PASSWORD)),
        ("email", ("email", "tanaka")),
    ] {
        let mut typed = vec![typed];
        if field == "confirmation" {
            typed.push(("confirmation_again", NEW_PASSWORD));
        }
        let again = finish(&mut customer, &details, "tanaka-01", &typed).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(again.body.contains(&format!("id=\"{field}-error\"")), "{field}: {}", again.body);
        assert!(!again.body.contains(NEW_PASSWORD), "no password comes back");
    }
    let taken = finish(&mut customer, &details, "hanako01", &[]).await;
    assert!(taken.body.contains("すでに使われています"), "{}", taken.body);
    let set_up = finish(&mut customer, &details, "tanaka-01", &[]).await;
    assert_eq!(set_up.location(), "/set-up/done?by=password", "{}", set_up.body);
    let twice = finish(&mut customer, &details, "tanaka-02", &[]).await;
    assert!(twice.body.contains("設定が済んでいるか"), "the number is used once: {}", twice.body);
    assert_eq!(customer.sign_in("tanaka-01", NEW_PASSWORD).await.location(), "/home");
    assert!(customer.get("/home").await.body.contains("本店営業部 普通 7654321"));
    let shown = office.signed_in(MAKER).await.get(&contract).await.body;
    for words in ["利用中", "tanaka-01", "代表 田中美咲", "マスター"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let mails: Vec<String> = read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT address FROM mail ORDER BY id").fetch_all(c).await.unwrap()
    });
    assert_eq!(mails, ["tanaka@example.jp"]);
    let trail = office.audit().await;
    assert!(trail.iter().any(|(_, action, _)| action == "contract.set_up"), "{trail:?}");
}

/// Sixty days from the day from which on the contract may be used; whoever has the number reads why it opens nothing.
///
/// Proves R7.
async fn a_set_up_number_ends_on_the_day_that_its_notice_says(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let (contract, _) = usable(&office, &mut maker, &mut checker, "2026-11-25").await;
    let shown = maker.get(&contract).await;
    assert!(shown.body.contains("2027年1月24日(日)まで有効"), "{}", shown.body);
    done(&mut maker, &mut checker, &format!("{contract}/procedures/notice"), &[]).await;
    let csrf = maker.get(&contract).await.token();
    let notice = maker.post(&format!("{contract}/notice"), &[("csrf", &csrf)]).await;
    assert_eq!(notice.fields("until"), ["2027年1月24日(日)"], "{}", notice.body);
    let number = notice.fields("set_up_number").remove(0);
    // another day of use takes the end along
    done(&mut maker, &mut checker, &format!("{contract}/procedures/usable"), &[("value", "2026-11-26")])
        .await;
    let to = |at: &str| {
        let (at, clock) = (domain::Timestamp::parse_rfc3339(at).unwrap(), &office.world.clock);
        clock.advance_seconds(at.seconds() - clock.now().seconds());
    };
    to("2027-01-25T20:59:00+09:00");
    let mut customer = office.world.browser();
    let last = begin(&mut customer, "7654321", &number).await;
    assert!(!last.value("ticket").is_empty(), "to its last day: {}", last.body);
    to("2027-01-26T08:00:00+09:00");
    let over = begin(&mut customer, "7654321", &number).await;
    assert!(over.body.contains("この初期設定番号は、有効期限が切れています。"), "{}", over.body);
    let wrong = begin(&mut customer, "7654321", "000000000000").await;
    assert!(!wrong.body.contains("有効期限"), "who has it not learns nothing: {}", wrong.body);
    let shown = office.signed_in(MAKER).await.get(&contract).await;
    assert!(shown.body.contains("「初期設定番号の再発行」を起票してください"), "{}", shown.body);
    // what is approved is printed, and not asked for again
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    done(&mut maker, &mut checker, &format!("{contract}/procedures/notice"), &[]).await;
    let shown = maker.get(&contract).await;
    assert!(shown.body.contains("再発行は承認済みです。下の通知書を印刷してください"), "{}", shown.body);
    assert!(!shown.body.contains("「初期設定番号の再発行」を起票してください"), "{}", shown.body);
    // nor does another day of use bring it back
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    done(&mut maker, &mut checker, &format!("{contract}/procedures/usable"), &[("value", "2027-01-26")])
        .await;
    let over = begin(&mut customer, "7654321", &number).await;
    assert!(over.body.contains("この初期設定番号は、有効期限が切れています。"), "{}", over.body);
}

async fn wrong_numbers_are_slowed_down_and_tell_nothing(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let (_, number) = usable(&office, &mut maker, &mut checker, "2026-11-24").await;
    let mut customer = office.world.browser();
    let wrong = begin(&mut customer, "7654321", "000000000000").await;
    let unknown = begin(&mut customer, "1111111", &number).await;
    let active = begin(&mut customer, "1234567", &number).await;
    let alert = |page: &Page| {
        let (_, rest) = page.body.split_once("role=\"alert\"").expect("an alert");
        rest.split("</div>").next().unwrap().to_owned()
    };
    assert_eq!(alert(&wrong), alert(&unknown), "which of the two was wrong is not said");
    assert_eq!(alert(&wrong), alert(&active), "nor that nothing waits for it");
    for _ in 0..4 {
        begin(&mut customer, "7654321", "000000000000").await;
    }
    let blocked = begin(&mut customer, "7654321", &number).await;
    assert_eq!(blocked.status, StatusCode::TOO_MANY_REQUESTS, "{}", blocked.body);
    office.world.clock.advance_seconds(31 * 60);
    let details = begin(&mut customer, "7654321", &number).await;
    assert_eq!(details.status, StatusCode::OK, "{}", details.body);
    office.world.clock.advance_seconds(31 * 60);
    let late = finish(&mut customer, &details, "tanaka-01", &[]).await;
    assert!(late.body.contains("30分を過ぎました"), "{}", late.body);
    let forged =
        Page { body: details.body.replace(&details.value("ticket"), "0123456789abcdef0123456789"), ..late };
    let refused = finish(&mut customer, &forged, "tanaka-01", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Proves R49.
async fn a_master_whose_passwords_were_initialised_acquires_all_three_anew(test: TestDatabase) {
    let office = Office::new(test).await;
    let rights = Rights::all(&office.world.accounts);
    let master = add_user(&office.world.bank, office.world.contract, "master01", Role::Master, rights).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let contract = format!("/contracts/{}", office.world.contract);
    done(&mut maker, &mut checker, &format!("{contract}/procedures/reset-master"), &[]).await;
    let number = printed(&mut maker, &contract).await;
    let mut customer = office.world.browser();
    let details = begin(&mut customer, "1234567", &number).await;
    assert!(details.body.contains("取り直し"), "{}", details.body);
    let done = finish(&mut customer, &details, "master-02", &[]).await;
    assert_eq!(done.location(), "/set-up/done?by=password", "{}", done.body);
    let refused = office.world.browser().sign_in("master01", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(customer.sign_in("master-02", NEW_PASSWORD).await.location(), "/home");
    let found = office.world.bank.contracts.master(office.world.contract).await.unwrap().unwrap();
    assert_eq!((found.id, found.login_id.as_str()), (master, "master-02"), "the same person");
    assert_eq!(found.reset_at, None);
    assert_eq!(customer.get("/set-up").await.location(), "/home", "who is signed in is set up");
    let again = begin(&mut office.world.browser(), "1234567", &number).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the number is used");
    let told: Vec<String> = read!(office.console.database, |c| {
        let sql = "SELECT address FROM mail WHERE subject LIKE '%取り直しました%' ORDER BY address";
        sqlx::query_scalar(sql).fetch_all(c).await.unwrap()
    });
    assert_eq!(told, ["master01@example.jp", "tanaka@example.jp"], "the old address learns of it too");
}

/// Where a certificate is asked for too: it stays the same person's, and is good with the new login ID and password and
/// with nothing less.
///
/// Proves R49.
async fn a_master_with_a_certificate_acquires_all_three_anew_and_keeps_the_certificate(test: TestDatabase) {
    let desk = Desk::of(World::new(test).await).await;
    let office = Office::of(desk.world.clone(), DeliverySettings::default()).await;
    let (shown, mut at_work) = desk.signed_in(MASTER).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let contract = format!("/contracts/{}", desk.contract);
    done(&mut maker, &mut checker, &format!("{contract}/procedures/reset-master"), &[]).await;
    assert!(at_work.get("/home").await.location().starts_with("/sign-in"), "the session is over");
    let number = printed(&mut maker, &contract).await;
    let mut customer = office.world.browser();
    let details = begin(&mut customer, "7654321", &number).await;
    let renewed = finish(&mut customer, &details, "master-02", &[]).await;
    assert_eq!(renewed.location(), "/set-up/done?by=certificate", "{}", renewed.body);
    for (certificate, login_id, password) in [
        (&shown, MASTER, PASSWORD),
        (&shown, "master-02", PASSWORD),
        (&ClientCertificate::none(), "master-02", NEW_PASSWORD),
    ] {
        let refused = desk.at_door(certificate.clone()).sign_in(login_id, password).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{login_id}: {}", refused.body);
    }
    assert_eq!(desk.at_door(shown).sign_in("master-02", NEW_PASSWORD).await.location(), "/home");
}

/// Proves SEC-43.
async fn a_stopped_contract_is_not_set_up(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let (contract, number) = usable(&office, &mut maker, &mut checker, "2026-11-24").await;
    let mut customer = office.world.browser();
    let details = begin(&mut customer, "7654321", &number).await;
    assert_eq!(details.status, StatusCode::OK, "{}", details.body);
    let csrf = maker.get(&contract).await.token();
    maker.post(&format!("{contract}/stop"), &[("csrf", &csrf), ("reason", "不審な連絡")]).await;
    let late = finish(&mut customer, &details, "tanaka-01", &[]).await;
    let anew = begin(&mut customer, "7654321", &number).await;
    // a right number is no guess, however often it is typed meanwhile
    for _ in 0..5 {
        assert_eq!(begin(&mut customer, "7654321", &number).await.status, StatusCode::FORBIDDEN);
    }
    for met in [late, anew] {
        assert_eq!(met.status, StatusCode::FORBIDDEN, "{}", met.body);
        assert!(met.body.contains("緊急停止中"), "{}", met.body);
    }
    assert!(!office.world.bank.contracts.login_id_taken("tanaka-01").await.unwrap());
}
