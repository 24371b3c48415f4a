//! トークン: papers about a contract's tokens, decided by two, and the fees that they cost.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{ContractId, Timestamp, Yen};
use http::StatusCode;
use internet_banking::contracts::{Plan, Role, SignInMethod};
use internet_banking::tokens::expiry;
use internet_banking::tokens::{NewToken, Seed, TokenKind, TokenState, Typist, Verdict};

use super::support::{CHECKER, MAKER, Office};
use crate::support::{Browser, Page, World};

database::on_both!(
    the_first_token_is_free_and_others_are_charged_and_go_to_the_registered_address,
    another_in_place_of_one_is_free_where_the_broken_device_came_back,
    a_paper_unlocks_the_only_token_and_only_the_lock_that_was_seen,
    a_paper_revokes_or_reports_lost_what_no_screen_may,
    what_is_in_the_way_is_said_and_nothing_is_done_twice,
    without_an_address_nothing_is_sent_and_the_console_says_so,
);

const REASON: &str = "11/25 本店営業部で書面を受領、代表者様と確認";

async fn deliver(world: &World, serial: &str, contract: Option<ContractId>, state: TokenState) {
    let (kind, seed) = (TokenKind::Hardware, Seed::new([5; 20]));
    let expires_on = Some("2031-11-30".parse().unwrap());
    let new = NewToken { serial, kind, contract, state, expires_on, seed: &seed };
    world.bank.tokens.deliver(&new, world.clock.now()).await.unwrap();
}

async fn propose(browser: &mut Browser, contract: ContractId, act: &str, serial: &str) -> Page {
    let page = format!("/contracts/{contract}/tokens");
    let csrf = browser.get(&page).await.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("act", act),
        ("serial", serial),
        ("document", "2026-本-0012"),
        ("reason", REASON),
    ];
    browser.post(&format!("{page}/propose"), &form).await
}

/// Proposes and approves it; the request's page afterwards.
pub async fn decide(office: &Office, contract: ContractId, act: &str, serial: &str) -> Page {
    let mut maker = office.signed_in(MAKER).await;
    let proposed = propose(&mut maker, contract, act, serial).await;
    let request = proposed.location().to_owned();
    assert!(request.starts_with("/requests/"), "{}", proposed.body);
    let mut checker = office.signed_in(CHECKER).await;
    let csrf = checker.get(&request).await.token();
    checker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    checker.get(&request).await
}

async fn states(office: &Office, contract: ContractId) -> Vec<(String, String)> {
    let sql = "SELECT serial, state FROM token WHERE contract = $1 ORDER BY serial";
    read!(office.console.database, |c| sqlx::query_as(sql).bind(contract.uuid()).fetch_all(c).await).unwrap()
}

fn of(serial: &str, state: &str) -> (String, String) {
    (serial.to_owned(), state.to_owned())
}

async fn charges(office: &Office, contract: ContractId) -> Vec<i64> {
    let sql = "SELECT amount FROM charge WHERE contract = $1 ORDER BY at_us";
    read!(office.console.database, |c| sqlx::query_scalar(sql).bind(contract.uuid()).fetch_all(c).await)
        .unwrap()
}

/// Proves R62, R66, R67, R77.
async fn the_first_token_is_free_and_others_are_charged_and_go_to_the_registered_address(test: TestDatabase) {
    let office = Office::new(test).await;
    let contract = office.world.contract;
    for serial in ["9000000901", "9000000902", "9000000903"] {
        deliver(&office.world, serial, None, TokenState::Stock).await;
    }
    // R62: nothing but a device is sent by post
    let (kind, expires_on) = (TokenKind::Software, Some("2035-11-30".parse().unwrap()));
    let (serial, state, seed) = ("9000000900", TokenState::Stock, &Seed::new([5; 20]));
    let software = NewToken { serial, kind, contract: None, state, expires_on, seed };
    office.world.bank.tokens.deliver(&software, office.world.clock.now()).await.unwrap();
    let mut maker = office.signed_in(MAKER).await;
    let page = maker.get(&format!("/contracts/{contract}/tokens")).await;
    for words in ["1週間から10日ほど", "届出住所だけ", "2,160 円", "最初の1つは無料"] {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    assert!(!page.body.contains("name=\"address\""), "nobody types where it goes");
    let done = decide(&office, contract, "add", "").await;
    assert!(done.body.contains("発送済みにしました"), "{}", done.body);
    assert!(
        done.body.contains("<dd>0 円</dd>"),
        "what it has cost, not what the next one would: {}",
        done.body
    );
    assert_eq!(states(&office, contract).await, [of("9000000901", "shipped")]);
    assert_eq!(charges(&office, contract).await, [0_i64; 0]);
    decide(&office, contract, "add", "").await;
    assert_eq!(states(&office, contract).await, [of("9000000901", "shipped"), of("9000000902", "shipped")]);
    assert_eq!(charges(&office, contract).await, [2_160]);
    let mut maker = office.signed_in(MAKER).await;
    let page = maker.get(&format!("/contracts/{contract}/tokens")).await;
    assert_eq!(page.fields("charge"), ["2,160"]);
    assert_eq!(page.fields("stock"), ["1"]);
    let trail = office.audit().await;
    assert!(trail.iter().any(|(actor, action, subject)| {
        actor.starts_with("staff:") && action == "token.ship" && subject == "9000000901"
    }));
    assert!(execute!(office.console.database, "UPDATE charge SET amount = 1").is_err(), "it is kept");
    // another contract's first is free too
    let other = office
        .world
        .bank
        .contracts
        .add_contract("別の会社", Plan::Web, SignInMethod::Password)
        .await
        .unwrap();
    decide(&office, other, "add", "").await;
    assert_eq!(charges(&office, other).await, [0_i64; 0]);
}

/// By paper it is refused, before and after the approval; in place of one that expires none is sent, and staff have an
/// alarm, once.
///
/// Proves R66, R70.
async fn without_an_address_nothing_is_sent_and_the_console_says_so(test: TestDatabase) {
    let office = Office::new(test).await;
    let (database, contract) = (&office.console.database, office.world.contract);
    for serial in ["9000000901", "9000000902"] {
        deliver(&office.world, serial, None, TokenState::Stock).await;
    }
    let mut maker = office.signed_in(MAKER).await;
    let asked = propose(&mut maker, contract, "add", "").await;
    let page = maker.get(asked.location()).await;
    assert!(page.body.contains("見本県見本市中央1丁目1番1号"), "where it goes: {}", page.body);
    execute!(database, "UPDATE contract SET address = '' WHERE id = $1", contract.uuid()).unwrap();
    let mut checker = office.signed_in(CHECKER).await;
    let csrf = checker.get(asked.location()).await.token();
    let approved = checker.post(&format!("{}/approve", asked.location()), &[("csrf", &csrf)]).await;
    let shown = checker.get(asked.location()).await;
    let no_address = "届出住所がないため、トークンを送れません";
    assert!(shown.body.contains(no_address), "{} {}", approved.body, shown.body);
    let page = maker.get(&format!("/contracts/{contract}/tokens")).await;
    assert_eq!(page.fields("no_address").len(), 1, "{}", page.body);
    assert_eq!(states(&office, contract).await, []);

    deliver(&office.world, "9000000001", Some(contract), TokenState::InUse).await;
    let held = "UPDATE app_user SET token_serial = '9000000001' WHERE id = $1";
    execute!(database, held, office.world.hanako.uuid()).unwrap();
    let to = Timestamp::parse_rfc3339("2031-10-31T10:00:00+09:00").unwrap();
    office.world.clock.advance_seconds(to.seconds() - office.world.clock.now().seconds());
    let looked = expiry::look(&office.world.bank).await.unwrap();
    assert_eq!((looked.told, looked.shipped, looked.unaddressed), (1, 0, 1));
    assert_eq!(expiry::look(&office.world.bank).await.unwrap(), expiry::Looked::default(), "it is told once");
    let mut maker = office.signed_in(MAKER).await;
    let alarms = maker.get("/alarms").await;
    assert_eq!(alarms.body.matches("<b>トークンの送り先がない</b>").count(), 1, "{}", alarms.body);
    assert!(alarms.body.contains("トークン 9000000001"), "{}", alarms.body);
    let filed = "UPDATE contract SET address = '見本市' WHERE id = $1";
    execute!(database, filed, contract.uuid()).unwrap();
    assert_eq!(expiry::look(&office.world.bank).await.unwrap().shipped, 1, "and then it is sent by itself");
}

/// Proves R63, R64, R65.
async fn another_in_place_of_one_is_free_where_the_broken_device_came_back(test: TestDatabase) {
    let office = Office::new(test).await;
    let contract = office.world.contract;
    for serial in ["9000000901", "9000000902"] {
        deliver(&office.world, serial, None, TokenState::Stock).await;
    }
    deliver(&office.world, "9000000001", Some(contract), TokenState::InUse).await;
    deliver(&office.world, "9000000002", Some(contract), TokenState::Lost).await;
    let done = decide(&office, contract, "reissue_returned", "9000000001").await;
    assert!(done.body.contains("故障品の返却"), "{}", done.body);
    assert_eq!(charges(&office, contract).await, [0_i64; 0]);
    decide(&office, contract, "reissue", "9000000002").await;
    assert_eq!(charges(&office, contract).await, [2_160]);
    assert_eq!(
        states(&office, contract).await,
        [
            of("9000000001", "revoked"),
            of("9000000002", "lost"),
            of("9000000901", "shipped"),
            of("9000000902", "shipped")
        ]
    );
    let sql = "SELECT replaces FROM token WHERE serial = '9000000902'";
    let replaces: Option<String> =
        read!(office.console.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    assert_eq!(replaces.as_deref(), Some("9000000002"));
}

/// Proves R60.
async fn a_paper_unlocks_the_only_token_and_only_the_lock_that_was_seen(test: TestDatabase) {
    let office = Office::new(test).await;
    let (world, contract) = (&office.world, office.world.contract);
    deliver(world, "9000000001", Some(contract), TokenState::InUse).await;
    let guess = async || {
        world
            .bank
            .tokens
            .verify("9000000001", Typist::User(contract, world.hanako), "12", world.clock.now())
            .await
            .unwrap()
    };
    let mut maker = office.signed_in(MAKER).await;
    let none = propose(&mut maker, contract, "unlock", "9000000001").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "it is not locked");
    while guess().await != Verdict::JustLocked {}
    let stale = propose(&mut maker, contract, "unlock", "9000000001").await.location().to_owned();
    // it was unlocked and is locked again before anybody approves
    world.bank.tokens.unlock("9000000001").await.unwrap();
    world.clock.advance_seconds(1);
    while guess().await != Verdict::JustLocked {}
    let mut checker = office.signed_in(CHECKER).await;
    let csrf = checker.get(&stale).await.token();
    let refused = checker.post(&format!("{stale}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(refused.fields("error_code"), ["S-308"], "{}", refused.body);
    let csrf = maker.get(&stale).await.token();
    maker.post(&format!("{stale}/withdraw"), &[("csrf", &csrf)]).await;
    let done = decide(&office, contract, "unlock", "9000000001").await;
    assert!(done.body.contains("利用停止を解除しました"), "{}", done.body);
    assert_eq!(guess().await, Verdict::Wrong { left: 4 });
}

/// At the branch.
///
/// Proves R73, R74, R76.
async fn a_paper_revokes_or_reports_lost_what_no_screen_may(test: TestDatabase) {
    let office = Office::new(test).await;
    let contract = office.world.contract;
    deliver(&office.world, "9000000001", Some(contract), TokenState::InUse).await;
    deliver(&office.world, "9000000002", Some(contract), TokenState::InUse).await;
    let user = crate::support::add_user(
        &office.world.bank,
        contract,
        "master01",
        Role::Master,
        internet_banking::contracts::Rights::none(),
    );
    let user = user.await;
    let sql = "UPDATE app_user SET token_serial = '9000000001' WHERE id = $1";
    execute!(office.console.database, sql, user.uuid()).unwrap();
    let done = decide(&office, contract, "revoke", "9000000001").await;
    assert!(done.body.contains("トークンを失効しました"), "{}", done.body);
    assert!(done.body.contains("2026-本-0012"), "the checker sees the paper's number");
    let done = decide(&office, contract, "lost", "9000000002").await;
    assert!(done.body.contains("届けを登録しました"), "{}", done.body);
    assert_eq!(states(&office, contract).await, [of("9000000001", "revoked"), of("9000000002", "lost")]);
    let sql = "SELECT count(*) FROM mail WHERE address = 'master01@example.jp'";
    let mails: i64 = read!(office.console.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    assert_eq!(mails, 2);
    let mut maker = office.signed_in(MAKER).await;
    let again = propose(&mut maker, contract, "revoke", "9000000001").await;
    assert_eq!(again.fields("error_code"), ["S-308"], "{}", again.body);
}

async fn what_is_in_the_way_is_said_and_nothing_is_done_twice(test: TestDatabase) {
    let office = Office::new(test).await;
    let contract = office.world.contract;
    let mut maker = office.signed_in(MAKER).await;
    let none = propose(&mut maker, contract, "add", "").await;
    assert_eq!(none.fields("error_code"), ["S-309"], "{}", none.body);
    deliver(&office.world, "9000000901", None, TokenState::Stock).await;
    let first = propose(&mut maker, contract, "add", "").await;
    let second = propose(&mut maker, contract, "add", "").await;
    assert_eq!(second.status, StatusCode::CONFLICT, "one request about a contract's tokens is open");
    let missing = {
        let page = format!("/contracts/{contract}/tokens");
        let csrf = maker.get(&page).await.token();
        let form = [("csrf", csrf.as_str()), ("act", "add"), ("serial", ""), ("reason", REASON)];
        maker.post(&format!("{page}/propose"), &form).await
    };
    assert!(missing.body.contains("書類番号を入力してください"), "{}", missing.body);
    let other = format!("/contracts/{}/tokens", ContractId::generate());
    assert_eq!(maker.get(&other).await.status, StatusCode::NOT_FOUND);
    // approved by a process that died before it was carried out; two others find it
    office.approved(first.location()).await;
    deliver(&office.world, "9000000902", None, TokenState::Stock).await;
    let wait = std::time::Duration::ZERO;
    office.console.requests.take_over(wait).await.unwrap();
    office.console.requests.take_over(wait).await.unwrap();
    assert_eq!(states(&office, contract).await.len(), 1, "one was sent out");
    let done = maker.get(first.location()).await;
    assert!(done.body.contains("発送済みにしました"), "{}", done.body);
    assert_eq!(Yen::new(charges(&office, contract).await.iter().sum()), Yen::ZERO);
    assert!(office.world.clock.now() > Timestamp::default());
}
