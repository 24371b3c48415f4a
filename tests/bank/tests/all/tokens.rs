//! The life of one-time-password tokens on the screen: 利用開始登録, locks, revocation and unlocking, loss, expiry.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{ContractId, Timestamp, UserId};
use http::StatusCode;
use internet_banking::contracts::{Plan, Rights, Role, SignInMethod};
use internet_banking::tokens::{NewToken, Seed, TokenKind, TokenState, Typist, expiry};

use crate::support::{Browser, LOGIN_ID, PASSWORD, Page, World, add_user};

database::on_both!(
    a_shipped_token_is_registered_by_two_codes_in_a_row_and_shared_by_its_serial,
    another_contracts_serial_answers_as_one_that_does_not_exist,
    a_user_changes_to_another_token_and_wrong_codes_lock_it,
    a_lock_hits_all_who_share_and_is_lifted_by_an_administrator_with_another_token,
    an_administrator_revokes_another_token_and_nobody_their_own,
    whose_own_token_does_not_count_is_told_of_the_paper,
    a_general_user_administers_no_token,
    a_lost_token_stops_at_once_for_all,
    two_who_spend_one_code_at_once_get_one_change,
    sixty_guesses_of_three_sharers_get_five_tries,
    an_expiring_token_is_told_of_once_and_another_is_sent_out_once,
    tokens_that_nobody_registered_are_not_sent_out_again,
    tokens_of_ended_contracts_and_an_empty_stock_keep_nobody_from_being_told,
);

const NOW: &str = "2026-11-24T10:00:00+09:00";

/// A token whose secret follows from its serial.
pub async fn deliver(
    world: &World,
    serial: &str,
    contract: Option<ContractId>,
    state: TokenState,
    expires: &str,
) {
    let seed = seed(serial);
    let (kind, expires_on) = (TokenKind::Hardware, Some(expires.parse().unwrap()));
    let new = NewToken { serial, kind, contract, state, expires_on, seed: &seed };
    world.bank.tokens.deliver(&new, Timestamp::parse_rfc3339(NOW).unwrap()).await.unwrap();
}

fn seed(serial: &str) -> Seed {
    let number: u64 = serial.parse().unwrap();
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Seed::new(bytes)
}

async fn in_use(world: &World, serial: &str) {
    deliver(world, serial, Some(world.contract), TokenState::InUse, "2031-11-30").await;
}

async fn code(world: &World, serial: &str) -> String {
    world.bank.tokens.current_code(serial, world.clock.now()).await.unwrap()
}

/// A code that no step around now has.
fn wrong_code(world: &World, serial: &str) -> String {
    let (seed, now) = (seed(serial), world.clock.now());
    (0..10).map(|d| format!("99990{d}")).find(|c| seed.step_typed(c, now).is_none()).unwrap()
}

/// A user of the contract with a token of the serial.
async fn user(world: &World, login_id: &str, role: Role, serial: Option<&str>) -> UserId {
    let user = add_user(&world.bank, world.contract, login_id, role, Rights::all(&world.accounts)).await;
    if let Some(serial) = serial {
        hold(world, user, serial).await;
    }
    user
}

pub async fn hold(world: &World, user: UserId, serial: &str) {
    let sql = "UPDATE app_user SET token_serial = $1 WHERE id = $2";
    execute!(world.bank.database, sql, serial, user.uuid()).unwrap();
}

async fn browser(world: &World, login_id: &str) -> Browser {
    let mut browser = world.browser();
    assert_eq!(browser.sign_in(login_id, PASSWORD).await.location(), "/home");
    browser
}

fn error(page: &Page) -> String {
    page.fields("error_code").concat()
}

/// Types a serial and two codes at 利用開始登録.
async fn begin(browser: &mut Browser, serial: &str, first: &str, second: &str) -> Page {
    let csrf = browser.get("/security/token").await.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("serial", serial),
        ("first_code", first),
        ("second_code", second),
        ("confirmation_password", PASSWORD),
    ];
    browser.post("/security/token", &form).await
}

/// Reads two codes in a row from the device and types them.
pub async fn register(world: &World, browser: &mut Browser, serial: &str) -> Page {
    let first = code(world, serial).await;
    world.clock.advance_seconds(60);
    let second = code(world, serial).await;
    begin(browser, serial, &first, &second).await
}

pub async fn administer(browser: &mut Browser, act: &str, serial: &str, code: &str) -> Page {
    let csrf = browser.get("/admin/tokens").await.token();
    let form = [("csrf", csrf.as_str()), ("serial", serial), ("act", act), ("one_time_password", code)];
    browser.post("/admin/tokens/do", &form).await
}

/// Subjects and addressees of the mails, in the order of their addressees.
async fn mails(world: &World, words: &str) -> Vec<String> {
    let sql = "SELECT address FROM mail WHERE subject LIKE $1 ORDER BY address";
    let like = format!("%{words}%");
    read!(world.bank.database, |c| sqlx::query_scalar(sql).bind(like).fetch_all(c).await).unwrap()
}

async fn state_of(world: &World, serial: &str) -> String {
    let sql = "SELECT state FROM token WHERE serial = $1";
    read!(world.bank.database, |c| sqlx::query_scalar(sql).bind(serial).fetch_one(c).await).unwrap()
}

async fn audit(world: &World, action: &str) -> i64 {
    let sql = "SELECT count(*) FROM audit WHERE action = $1";
    read!(world.bank.database, |c| sqlx::query_scalar(sql).bind(action).fetch_one(c).await).unwrap()
}

/// Proves R51, R62, R68.
async fn a_shipped_token_is_registered_by_two_codes_in_a_row_and_shared_by_its_serial(test: TestDatabase) {
    let world = World::new(test).await;
    let master = user(&world, "master01", Role::Master, None).await;
    deliver(&world, "9000000001", Some(world.contract), TokenState::Shipped, "2031-11-30").await;
    let mut hanako = browser(&world, LOGIN_ID).await;
    let first = code(&world, "9000000001").await;
    let same = begin(&mut hanako, "9000000001", &first, &first).await;
    assert_eq!((same.status, error(&same)), (StatusCode::UNPROCESSABLE_ENTITY, "T-111".to_owned()));
    assert!(same.body.contains("同じ数字"), "{}", same.body);
    world.clock.advance_seconds(120);
    let late = begin(&mut hanako, "9000000001", &first, &code(&world, "9000000001").await).await;
    assert_eq!(error(&late), "T-111", "not one after the other");
    assert!(late.body.contains("あと4回"), "{}", late.body);
    let done = register(&world, &mut hanako, "9000000001").await;
    assert_eq!(done.location(), "/security/token?done=registered", "{}", done.body);
    let page = hanako.get(done.location()).await;
    assert_eq!(page.fields("serial"), ["9000000001"]);
    assert_eq!(state_of(&world, "9000000001").await, "in_use");
    assert_eq!(mails(&world, "利用開始を登録").await, ["hanako01@example.jp", "master01@example.jp"]);

    // the sharer cannot use a code that the other has spent
    let mut sharer = browser(&world, "master01").await;
    let (earlier, later) = (seed("9000000001"), code(&world, "9000000001").await);
    let before = earlier.code(internet_banking::tokens::Step::at(world.clock.now().plus_seconds(-60)));
    let used = begin(&mut sharer, "9000000001", &before, &later).await;
    assert_eq!(error(&used), "T-103", "{}", used.body);
    let shared = register(&world, &mut sharer, "9000000001").await;
    assert_eq!(error(&shared), "T-103", "of two codes the first is spent: {}", shared.body);
    world.clock.advance_seconds(60);
    let shared = register(&world, &mut sharer, "9000000001").await;
    assert_eq!(shared.location(), "/security/token?done=registered", "{}", shared.body);
    let list = sharer.get("/admin/tokens").await;
    assert!(list.body.contains("共用しているトークンがあります"), "the master is warned: {}", list.body);
    let sql = "SELECT body FROM mail WHERE address = 'master01@example.jp' ORDER BY at_us DESC LIMIT 1";
    let body: String = read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    assert!(body.contains("同じトークンをお使いの方: 経理 佐藤花子"), "{body}");
    assert!(world.bank.contracts.user(world.contract, master).await.unwrap().is_some());
    let again = register(&world, &mut sharer, "9000000001").await;
    assert_eq!(error(&again), "T-112");
    assert_eq!(audit(&world, "token.register").await, 2);
}

/// Proves R69.
async fn another_contracts_serial_answers_as_one_that_does_not_exist(test: TestDatabase) {
    let world = World::new(test).await;
    let other =
        world.bank.contracts.add_contract("別の会社", Plan::Web, SignInMethod::Password).await.unwrap();
    deliver(&world, "9000000002", Some(other), TokenState::InUse, "2031-11-30").await;
    deliver(&world, "9000000003", None, TokenState::Stock, "2031-11-30").await;
    in_use(&world, "9000000004").await;
    let administrator = user(&world, "admin01", Role::Admin, Some("9000000004")).await;
    let mut admin = browser(&world, "admin01").await;
    let mut pages = Vec::new();
    for serial in ["9000000002", "9000000003", "9999999999", "abc", ""] {
        let first = match serial {
            "9000000002" | "9000000003" => code(&world, serial).await,
            _ => "123456".to_owned(),
        };
        world.clock.advance_seconds(60);
        let second = match serial {
            "9000000002" | "9000000003" => code(&world, serial).await,
            _ => "654321".to_owned(),
        };
        let refused = begin(&mut admin, serial, &first, &second).await;
        assert_eq!((refused.status, error(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, "T-110".to_owned()));
        // the forms' tokens and what was typed aside
        let csrf = refused.token();
        pages.push(refused.body.replace(&csrf, "CSRF").replace(&format!("value=\"{serial}\""), ""));
        for act in ["revoke", "unlock"] {
            let own = code(&world, "9000000004").await;
            let refused = administer(&mut admin, act, serial, &own).await;
            assert_eq!((refused.status, error(&refused)), (StatusCode::CONFLICT, "T-121".to_owned()));
        }
    }
    assert!(pages.windows(2).all(|two| two[0] == two[1]), "nobody learns which serials there are");
    assert!(!admin.get("/admin/tokens").await.body.contains("9000000002"));
    assert_eq!(state_of(&world, "9000000002").await, "in_use");
    // even a row that names it gets nothing by it
    hold(&world, administrator, "9000000002").await;
    let own = code(&world, "9000000002").await;
    let refused = administer(&mut admin, "revoke", "9000000004", &own).await;
    assert_eq!(error(&refused), "T-120", "{}", refused.body);
}

async fn a_user_changes_to_another_token_and_wrong_codes_lock_it(test: TestDatabase) {
    let world = World::new(test).await;
    in_use(&world, "9000000001").await;
    deliver(&world, "9000000002", Some(world.contract), TokenState::Shipped, "2031-11-30").await;
    deliver(&world, "9000000003", Some(world.contract), TokenState::InUse, "2026-11-23").await;
    hold(&world, world.hanako, "9000000001").await;
    let mut hanako = browser(&world, LOGIN_ID).await;
    let expired = register(&world, &mut hanako, "9000000003").await;
    assert_eq!(error(&expired), "T-105", "{}", expired.body);
    let done = register(&world, &mut hanako, "9000000002").await;
    assert_eq!(done.location(), "/security/token?done=registered", "{}", done.body);
    assert_eq!(hanako.get("/security/token").await.fields("serial"), ["9000000002"]);
    for left in ["あと4回", "あと3回", "あと2回", "あと1回"] {
        let wrong = begin(&mut hanako, "9000000001", "1", "2").await;
        assert!(wrong.body.contains(left), "{left} in {}", wrong.body);
    }
    assert_eq!(error(&begin(&mut hanako, "9000000001", "1", "2").await), "T-102");
    let locked = register(&world, &mut hanako, "9000000001").await;
    assert_eq!(error(&locked), "T-102", "right codes are not looked at any more");
    // without the second password nothing is asked
    let csrf = hanako.get("/security/token").await.token();
    let form = [("csrf", csrf.as_str()), ("serial", "9000000001"), ("first_code", "1"), ("second_code", "2")];
    let missing = hanako.post("/security/token", &form).await;
    assert!(missing.body.contains("確認用パスワードを入力してください"), "{}", missing.body);
}

/// Proves R58, R59, R61, SEC-12.
async fn a_lock_hits_all_who_share_and_is_lifted_by_an_administrator_with_another_token(test: TestDatabase) {
    let world = World::new(test).await;
    in_use(&world, "9000000001").await;
    in_use(&world, "9000000002").await;
    let others = [("jiro01", Role::General), ("saburo01", Role::General), ("admin02", Role::Admin)];
    hold(&world, world.hanako, "9000000001").await;
    for (login_id, role) in others {
        user(&world, login_id, role, Some("9000000001")).await;
    }
    user(&world, "master01", Role::Master, Some("9000000002")).await;
    let mut sharing_admin = browser(&world, "admin02").await;
    // the sharer's guesses at an act on another token count on the shared serial
    let wrong = wrong_code(&world, "9000000001");
    for left in ["あと4回", "あと3回", "あと2回", "あと1回"] {
        let page = administer(&mut sharing_admin, "revoke", "9000000002", &wrong).await;
        assert_eq!(error(&page), "T-101");
        assert!(page.body.contains(left), "{left} in {}", page.body);
    }
    let page = administer(&mut sharing_admin, "revoke", "9000000002", &wrong).await;
    assert_eq!(error(&page), "T-102");
    for (login_id, _) in [(LOGIN_ID, Role::General)].into_iter().chain(others) {
        let mut sharer = browser(&world, login_id).await;
        let own = sharer.get("/security/token").await;
        assert!(own.body.contains("利用停止"), "{login_id}: {}", own.body);
        let home = sharer.get("/home").await;
        assert_eq!(home.status, StatusCode::OK, "inquiries still work");
        assert_eq!(home.fields("due"), ["利用停止"], "{login_id}");
    }
    let own = code(&world, "9000000001").await;
    let mut sharing_admin = browser(&world, "admin02").await;
    let refused = administer(&mut sharing_admin, "unlock", "9000000001", &own).await;
    assert_eq!(error(&refused), "T-120", "nobody unlocks the serial of their own");
    let mut master = browser(&world, "master01").await;
    assert!(master.get("/admin/tokens").await.body.contains("利用停止解除"));
    let missing = administer(&mut master, "unlock", "9000000001", "").await;
    assert_eq!(error(&missing), "T-100", "an unlock costs a code of one's own");
    let own = code(&world, "9000000002").await;
    let done = administer(&mut master, "unlock", "9000000001", &own).await;
    assert_eq!(done.location(), "/admin/tokens?done=unlock", "{}", done.body);
    let verdict = world
        .bank
        .tokens
        .verify(
            "9000000001",
            Typist::User(world.contract, world.hanako),
            &code(&world, "9000000001").await,
            world.clock.now(),
        )
        .await
        .unwrap();
    assert!(matches!(verdict, internet_banking::tokens::Verdict::Verified { .. }));
    let twice = administer(&mut master, "unlock", "9000000001", &own).await;
    assert_eq!(error(&twice), "T-121");
    assert_eq!(browser(&world, LOGIN_ID).await.get("/home").await.fields("due"), [""; 0]);
    let history = master.get("/admin/history?kind=change").await;
    assert!(history.body.contains("トークン 9000000001"), "which one is told: {}", history.body);
    // the record and the mails of the lock are written beside the answer
    for _ in 0..100 {
        if audit(&world, "token.lock").await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(audit(&world, "token.lock").await, 1);
    let told =
        ["admin02", "hanako01", "jiro01", "master01", "saburo01"].map(|who| format!("{who}@example.jp"));
    assert_eq!(mails(&world, "利用を停止しました").await, told);
    assert_eq!(mails(&world, "利用停止を解除").await, told);
}

/// Proves R54, R72, R75.
async fn an_administrator_revokes_another_token_and_nobody_their_own(test: TestDatabase) {
    let world = World::new(test).await;
    in_use(&world, "9000000001").await;
    in_use(&world, "9000000002").await;
    hold(&world, world.hanako, "9000000001").await;
    user(&world, "admin01", Role::Admin, Some("9000000002")).await;
    let mut admin = browser(&world, "admin01").await;
    let csrf = admin.get("/admin/tokens").await.token();
    let form = [("csrf", csrf.as_str()), ("serial", "9000000001"), ("act", "revoke")];
    let asked = admin.post("/admin/tokens/ask", &form).await;
    assert!(asked.body.contains("失効したトークンは、元に戻せません"), "{}", asked.body);
    assert_eq!(state_of(&world, "9000000001").await, "in_use", "asking changes nothing");
    let own = code(&world, "9000000002").await;
    let refused = administer(&mut admin, "revoke", "9000000002", &own).await;
    assert_eq!((refused.status, error(&refused)), (StatusCode::CONFLICT, "T-120".to_owned()));
    assert!(refused.body.contains("書面"), "{}", refused.body);
    let dropped =
        admin.post("/admin/tokens/do", &[("csrf", &csrf), ("serial", "9000000001"), ("act", "revoke")]).await;
    assert_eq!(error(&dropped), "T-100", "the operation asks, not the form");
    let done = administer(&mut admin, "revoke", "9000000001", &own).await;
    assert_eq!(done.location(), "/admin/tokens?done=revoke", "{}", done.body);
    assert_eq!(state_of(&world, "9000000001").await, "revoked");
    let replayed = administer(&mut admin, "revoke", "9000000001", &own).await;
    assert_eq!(error(&replayed), "T-121", "it is revoked already");
    let mut hanako = browser(&world, LOGIN_ID).await;
    assert!(hanako.get("/security/token").await.body.contains("失効"));
    let again = register(&world, &mut hanako, "9000000001").await;
    assert_eq!(error(&again), "T-112", "it stays the user's, and counts no more: {}", again.body);
    assert_eq!(mails(&world, "失効しました").await, ["admin01@example.jp", "hanako01@example.jp"]);
}

/// On the screen.
///
/// Proves R72, R73, R74, R76.
async fn whose_own_token_does_not_count_is_told_of_the_paper(test: TestDatabase) {
    let world = World::new(test).await;
    in_use(&world, "9000000001").await;
    hold(&world, world.hanako, "9000000001").await;
    deliver(&world, "9000000002", Some(world.contract), TokenState::InUse, "2026-11-23").await;
    deliver(&world, "9000000003", Some(world.contract), TokenState::Lost, "2031-11-30").await;
    deliver(&world, "9000000004", Some(world.contract), TokenState::Revoked, "2031-11-30").await;
    for (login_id, serial, words) in [
        ("admin01", Some("9000000002"), "有効期限切れ"),
        ("admin02", Some("9000000003"), "紛失・盗難の届け"),
        ("admin03", Some("9000000004"), "失効している"),
        ("admin04", None, "登録されていない"),
    ] {
        user(&world, login_id, Role::Admin, serial).await;
        let mut admin = browser(&world, login_id).await;
        let list = admin.get("/admin/tokens").await;
        assert!(list.body.contains(words) && list.body.contains("書面"), "{login_id}: {}", list.body);
        assert!(!list.body.contains("value=\"revoke\""), "{login_id}: no button that refuses");
        let typed = match serial {
            Some(serial) => code(&world, serial).await,
            None => "123456".to_owned(),
        };
        for act in ["revoke", "unlock"] {
            let refused = administer(&mut admin, act, "9000000001", &typed).await;
            assert_eq!((refused.status, error(&refused)), (StatusCode::CONFLICT, "T-120".to_owned()));
            assert!(refused.body.contains(words) && refused.body.contains("書面"), "{}", refused.body);
        }
    }
    assert_eq!(state_of(&world, "9000000001").await, "in_use");
}

async fn a_general_user_administers_no_token(test: TestDatabase) {
    let world = World::new(test).await;
    in_use(&world, "9000000001").await;
    in_use(&world, "9000000002").await;
    hold(&world, world.hanako, "9000000001").await;
    let mut hanako = browser(&world, LOGIN_ID).await;
    assert_eq!(hanako.get("/admin/tokens").await.status, StatusCode::FORBIDDEN);
    let csrf = hanako.get("/security/token").await.token();
    let typed = code(&world, "9000000001").await;
    for act in ["revoke", "unlock"] {
        let form =
            [("csrf", csrf.as_str()), ("serial", "9000000002"), ("act", act), ("one_time_password", &typed)];
        for path in ["/admin/tokens/ask", "/admin/tokens/do"] {
            let refused = hanako.post(path, &form).await;
            assert_eq!((refused.status, error(&refused)), (StatusCode::FORBIDDEN, "P-501".to_owned()));
        }
    }
    assert_eq!(state_of(&world, "9000000002").await, "in_use");
}

/// Proves R63.
async fn a_lost_token_stops_at_once_for_all(test: TestDatabase) {
    let world = World::new(test).await;
    in_use(&world, "9000000001").await;
    in_use(&world, "9000000002").await;
    hold(&world, world.hanako, "9000000001").await;
    user(&world, "admin01", Role::Admin, Some("9000000001")).await;
    let mut hanako = browser(&world, LOGIN_ID).await;
    let asked = hanako.get("/security/token/lost").await;
    assert!(asked.body.contains("元に戻せません") && asked.body.contains("admin01"), "{}", asked.body);
    let csrf = asked.token();
    let unsure = hanako.post("/security/token/lost", &[("csrf", &csrf)]).await;
    assert!(unsure.body.contains("届けはまだ受け付けていません。"), "{}", unsure.body);
    assert_eq!(state_of(&world, "9000000001").await, "in_use", "one click ends nothing");
    let sure = [("csrf", csrf.as_str()), ("sure", "yes")];
    let done = hanako.post("/security/token/lost", &sure).await;
    assert_eq!(done.location(), "/security/token?done=lost", "{}", done.body);
    let mut admin = browser(&world, "admin01").await;
    let own = code(&world, "9000000001").await;
    let refused = administer(&mut admin, "revoke", "9000000002", &own).await;
    assert_eq!(error(&refused), "T-120", "the sharer's is lost too: {}", refused.body);
    let twice = hanako.post("/security/token/lost", &sure).await;
    assert_eq!(error(&twice), "T-121");
    assert_eq!(mails(&world, "紛失・盗難の届け").await, ["admin01@example.jp", "hanako01@example.jp"]);
    assert_eq!(audit(&world, "token.lost").await, 1);
}

/// Of two operations with one code, by whoever shares the token, one is done.
///
/// Proves SEC-11.
async fn two_who_spend_one_code_at_once_get_one_change(test: TestDatabase) {
    let world = World::new(test).await;
    for serial in ["9000000001", "9000000002", "9000000003"] {
        in_use(&world, serial).await;
    }
    user(&world, "admin01", Role::Admin, Some("9000000001")).await;
    user(&world, "admin02", Role::Admin, Some("9000000001")).await;
    let (mut one, mut other) = (browser(&world, "admin01").await, browser(&world, "admin02").await);
    let shown = code(&world, "9000000001").await;
    let (first, second) = tokio::join!(
        administer(&mut one, "revoke", "9000000002", &shown),
        administer(&mut other, "revoke", "9000000003", &shown),
    );
    let (done, refused) = if first.location().is_empty() { (second, first) } else { (first, second) };
    assert_eq!(done.location(), "/admin/tokens?done=revoke", "{}", done.body);
    assert_eq!(error(&refused), "T-103", "{}", refused.body);
    assert!(refused.body.contains("次の数字"), "the sharer is told to wait: {}", refused.body);
    let states = [state_of(&world, "9000000002").await, state_of(&world, "9000000003").await];
    assert_eq!(states.iter().filter(|state| *state == "revoked").count(), 1, "{states:?}");
    // within the step and the next the code is known, and spent
    world.clock.advance_seconds(59);
    let still = if states[0] == "revoked" { "9000000003" } else { "9000000002" };
    let replayed = administer(&mut one, "revoke", still, &shown).await;
    assert_eq!(error(&replayed), "T-103");
}

/// Tries of whoever shares the token are counted together, also side by side.
///
/// Proves R58, R59, SEC-12.
async fn sixty_guesses_of_three_sharers_get_five_tries(test: TestDatabase) {
    let world = World::new(test).await;
    in_use(&world, "9000000001").await;
    in_use(&world, "9000000002").await;
    let sharers = ["admin01", "admin02", "admin03"];
    for login_id in sharers {
        user(&world, login_id, Role::Admin, Some("9000000001")).await;
    }
    let wrong = wrong_code(&world, "9000000001");
    let mut browsers = Vec::new();
    for login_id in sharers {
        let mut signed_in = browser(&world, login_id).await;
        let csrf = signed_in.get("/admin/tokens").await.token();
        browsers.push((signed_in.cookies, csrf));
    }
    let mut guesses = tokio::task::JoinSet::new();
    for n in 0..60 {
        let (cookies, csrf) = browsers[n % 3].clone();
        let (mut browser, wrong) = (world.browser(), wrong.clone());
        browser.cookies = cookies;
        guesses.spawn(async move {
            let form = [
                ("csrf", &*csrf),
                ("serial", "9000000002"),
                ("act", "revoke"),
                ("one_time_password", &wrong),
            ];
            error(&browser.post("/admin/tokens/do", &form).await)
        });
    }
    let codes = guesses.join_all().await;
    assert_eq!(codes.iter().filter(|code| *code == "T-101").count(), 4, "{codes:?}");
    // the one that locked it, and those that were judged or asked for after it
    assert!(codes.iter().all(|code| ["T-101", "T-102", "T-120"].contains(&&**code)), "{codes:?}");
    let right = code(&world, "9000000001").await;
    for login_id in sharers {
        let mut late = browser(&world, login_id).await;
        assert_eq!(
            error(&administer(&mut late, "revoke", "9000000002", &right).await),
            "T-120",
            "{login_id}"
        );
    }
    assert_eq!(state_of(&world, "9000000002").await, "in_use");
}

async fn set_day(world: &World, day: &str) {
    let to = Timestamp::parse_rfc3339(&format!("{day}T10:00:00+09:00")).unwrap();
    world.clock.advance_seconds(to.seconds() - world.clock.now().seconds());
}

/// Proves R70.
async fn an_expiring_token_is_told_of_once_and_another_is_sent_out_once(test: TestDatabase) {
    let world = World::new(test).await;
    user(&world, "master01", Role::Master, None).await;
    deliver(&world, "9000000001", Some(world.contract), TokenState::InUse, "2027-03-31").await;
    deliver(&world, "9000000901", None, TokenState::Stock, "2031-11-30").await;
    hold(&world, world.hanako, "9000000001").await;
    set_day(&world, "2027-02-27").await;
    assert_eq!(expiry::look(&world.bank).await.unwrap(), expiry::Looked::default());
    set_day(&world, "2027-02-28").await;
    // two processes look at the same time, and again and again
    let (one, other) = tokio::join!(expiry::look(&world.bank), expiry::look(&world.bank));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.told + other.told, one.shipped + other.shipped), (1, 1), "{one:?} {other:?}");
    assert_eq!(expiry::look(&world.bank).await.unwrap(), expiry::Looked::default());
    assert_eq!(
        mails(&world, "有効期限が近づいています").await,
        ["hanako01@example.jp", "master01@example.jp"]
    );
    assert_eq!(state_of(&world, "9000000901").await, "shipped");
    let sql = "SELECT replaces FROM token WHERE serial = '9000000901'";
    let replaces: Option<String> =
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    assert_eq!(replaces.as_deref(), Some("9000000001"));
    let charges: i64 =
        read!(world.bank.database, |c| sqlx::query_scalar("SELECT count(*) FROM charge").fetch_one(c).await)
            .unwrap();
    assert_eq!(charges, 0, "it is free");
    // both go on side by side, until the old one is expired
    let mut hanako = browser(&world, LOGIN_ID).await;
    assert!(hanako.get("/security/token").await.body.contains("まもなく切れます"));
    set_day(&world, "2027-04-01").await;
    let mut hanako = browser(&world, LOGIN_ID).await;
    assert!(hanako.get("/security/token").await.body.contains("期限切れ"));
    let done = register(&world, &mut hanako, "9000000901").await;
    assert_eq!(done.location(), "/security/token?done=registered", "{}", done.body);
    assert_eq!(expiry::look(&world.bank).await.unwrap(), expiry::Looked::default());
}

/// However many are before it: those of contracts that have ended, and those in whose place none can be sent.
///
/// Proves R70.
async fn tokens_of_ended_contracts_and_an_empty_stock_keep_nobody_from_being_told(test: TestDatabase) {
    let world = World::new(test).await;
    let database = &world.bank.database;
    let ended = world.bank.contracts.add_contract("解約済", Plan::Web, SignInMethod::Password).await.unwrap();
    let copied = "INSERT INTO token (serial, contract, kind, state, expires_on, seed, key_id, changed_us)
         SELECT $1, $2, kind, state, $3, seed, key_id, changed_us FROM token WHERE serial = '9000000001'";
    deliver(&world, "9000000001", Some(world.contract), TokenState::InUse, "2027-03-31").await;
    hold(&world, world.hanako, "9000000001").await;
    let used = "INSERT INTO app_user (id, contract, login_id, name, role, token_serial, password_hash,
            confirmation_hash, created_us) VALUES ($1, $2, $3, 'x', 'general', $4, '', '', 1)";
    for number in 0..200 {
        let serial = format!("8{number:09}");
        execute!(database, copied, &serial, ended.uuid(), "2027-03-01").unwrap();
        let user = UserId::generate().uuid();
        execute!(database, used, user, ended.uuid(), format!("ended-{number}"), &serial).unwrap();
    }
    execute!(database, "UPDATE contract SET state = 'ended' WHERE id = $1", ended.uuid()).unwrap();
    set_day(&world, "2027-02-28").await;
    let looked = expiry::look(&world.bank).await.unwrap();
    assert_eq!((looked.told, looked.shipped, looked.lacking), (1, 0, 1), "{looked:?}");
    // living ones, all told and none sent out for want of a stock
    execute!(database, "UPDATE contract SET state = 'active' WHERE id = $1", ended.uuid()).unwrap();
    expiry::look(&world.bank).await.unwrap();
    deliver(&world, "9000000002", Some(world.contract), TokenState::InUse, "2027-03-31").await;
    user(&world, "jiro01", Role::General, Some("9000000002")).await;
    assert_eq!(expiry::look(&world.bank).await.unwrap().told, 1);
}

/// Proves R71.
async fn tokens_that_nobody_registered_are_not_sent_out_again(test: TestDatabase) {
    let world = World::new(test).await;
    deliver(&world, "9000000001", Some(world.contract), TokenState::Shipped, "2026-12-01").await;
    deliver(&world, "9000000002", Some(world.contract), TokenState::InUse, "2026-12-01").await;
    deliver(&world, "9000000003", Some(world.contract), TokenState::Lost, "2026-12-01").await;
    deliver(&world, "9000000901", None, TokenState::Stock, "2031-11-30").await;
    assert_eq!(expiry::look(&world.bank).await.unwrap(), expiry::Looked::default());
    // one that is registered is told of at once, and another is sent out as soon as the bank has one in stock
    hold(&world, world.hanako, "9000000002").await;
    execute!(world.bank.database, "UPDATE token SET state = 'revoked' WHERE serial = '9000000901'").unwrap();
    let first = expiry::look(&world.bank).await.unwrap();
    assert_eq!(first, expiry::Looked { told: 1, lacking: 1, ..Default::default() });
    let waiting = expiry::look(&world.bank).await.unwrap();
    assert_eq!(waiting, expiry::Looked { lacking: 1, ..Default::default() });
    deliver(&world, "9000000902", None, TokenState::Stock, "2031-11-30").await;
    let then = expiry::look(&world.bank).await.unwrap();
    assert_eq!(then, expiry::Looked { shipped: 1, ..Default::default() });
}
