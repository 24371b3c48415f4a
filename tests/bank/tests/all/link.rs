//! 情報リンク方式 by a browser: from a collector's site to the result and back.

use collectors::link::{LinkKey, jwe};
use console::delivery::DeliverySettings;
use database::testing::TestDatabase;
use database::{execute, on_both, read};
use domain::{AccountId, Yen};
use http::{Method, StatusCode};
use internet_banking::contracts::{AccountKind, NewUser, Plan, Rights, Role, SignInMethod};
use internet_banking::tokens::Seed;
use serde_json::{Value, json};

use crate::certificates::{Desk, KEIRI};
use crate::console::support::{MAKER, Office};
use crate::network::Network;
use crate::payeasy_entry::Entry;
use crate::support::{Browser, LOGIN_ID, PASSWORD, Page, World, add_account, add_user, put};

on_both!(
    a_payer_comes_from_a_shop_signs_in_pays_and_returns,
    a_chosen_amount_is_paid_at_the_collector_by_link_alone,
    several_bills_are_chosen_from,
    two_tabs_with_two_hand_offs_pay_each_its_own,
    an_expired_hand_off_leads_to_the_numbers_or_back_to_the_site,
    a_session_that_ended_leads_back_to_the_hand_off_in_its_own_browser_alone,
    a_certificate_that_expires_in_the_middle_moves_nothing_and_another_goes_on,
    a_plan_without_the_method_is_told_so,
    an_answer_that_differs_stops_before_anything_is_held,
    a_lost_answer_ends_paid_once_and_both_sites_agree,
);

pub const SHOP: &str = "99022";
pub const LOANS: &str = "99015";
pub const NONCE: &str = "AAAAbbbbCCCC-_09";
const SERIAL: &str = "T-0001";
pub const SITE: &str = "https://shop.example/pay/orders/1";

/// The key that a collector shares with the bank in tests.
pub fn key(collector: &str) -> LinkKey {
    LinkKey::from_jwk(&jwk(collector)).unwrap()
}

fn jwk(collector: &str) -> String {
    let k = format!("{collector}{}", "A".repeat(38));
    json!({ "kty": "oct", "kid": format!("{collector}-1"), "k": k }).to_string()
}

/// 12,800 yen at the shop, as its slip says.
pub fn shop_bill(nonce: &str) -> Value {
    json!({
        "v": 1, "skno": SHOP, "cno": "90220000000000012345", "kno": "112233", "amount": 12_800,
        "payer": "株式会社見本商事", "contents": "モバイルオークション 落札代金", "nonce": nonce,
        "issued_at": "2026-11-24T09:59:00+09:00", "return_url": SITE,
    })
}

fn loan(nonce: &str) -> Value {
    json!({
        "v": 1, "skno": LOANS, "cno": "1508000099990001", "kno": "4021", "amount_min": 10_000,
        "amount_max": 50_000, "payer": "佐藤 花子", "contents": "カードローンの返済", "nonce": nonce,
        "issued_at": "2026-11-24T09:59:00+09:00", "return_url": SITE,
    })
}

pub fn sealed(contents: &Value, key: &LinkKey) -> String {
    jwe::seal(key, contents.to_string().as_bytes()).unwrap()
}

/// The form that the site has the browser send, from another site: no cookie of ours comes with it.
pub async fn enter(browser: &mut Browser, skno: &str, pattern: &str, bill: &str) -> Page {
    let cookies = std::mem::take(&mut browser.cookies);
    let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://shop.example")];
    let body = format!("skno={skno}&bptn={pattern}&bill={bill}");
    let page = browser.send(Method::POST, "/payeasy/link/entry", &foreign, &body).await;
    browser.cookies.extend(cookies);
    assert_eq!(page.status, StatusCode::SEE_OTHER, "whatever it is");
    assert!(page.headers.get("set-cookie").is_none());
    page
}

/// Hands a bill over and answers the address of its page.
pub async fn hand_over(browser: &mut Browser, pattern: &str, contents: &Value) -> String {
    let collector = contents["skno"].as_str().unwrap();
    let bill = sealed(contents, &key(collector));
    enter(browser, collector, pattern, &bill).await.location().to_owned()
}

/// Goes from the page of a hand-off through the sign-in and back to it.
pub async fn sign_in_from(browser: &mut Browser, page: &str, login_id: &str) -> Page {
    let id = page.rsplit('/').next().unwrap();
    let form = browser.get(&format!("/sign-in?link={id}")).await;
    let (token, link) = (form.token(), form.value("link"));
    let fields =
        [("csrf", token.as_str()), ("login_id", login_id), ("password", PASSWORD), ("link", link.as_str())];
    browser.post("/sign-in", &fields).await
}

/// Presses the button of a hand-off's page; answers the entry that it began.
pub async fn begin(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> Entry {
    let token = browser.get(page).await.token();
    let mut form = vec![("csrf", token.as_str()), ("action", "begin")];
    form.extend_from_slice(fields);
    let begun = browser.post(page, &form).await;
    let entry = begun.location().strip_suffix("/bills");
    Entry(entry.unwrap_or_else(|| panic!("{} {}", begun.status, begun.body)).to_owned())
}

/// A user with a token, for collectors that ask for a one-time password.
async fn with_token(world: &World, login_id: &str) {
    world.bank.tokens.register(SERIAL, Some(world.contract), &Seed::new([9; 20])).await.unwrap();
    let hash = world.bank.passwords.hash(PASSWORD).await.unwrap();
    let user = NewUser {
        contract: world.contract,
        login_id: login_id.to_owned(),
        name: "佐藤花子".to_owned(),
        role: Role::General,
        email: None,
        token_serial: Some(SERIAL.to_owned()),
        password_hash: hash.clone(),
        confirmation_hash: hash,
        rights: Rights::all(&world.accounts),
    };
    world.bank.contracts.add_user(&user).await.unwrap();
}

/// Chooses the first account, reviews and pays.
pub async fn pay(world: &World, browser: &mut Browser, entry: &Entry) -> Page {
    let bills = browser.get(&entry.page("bills")).await;
    let (_, bill) = bills.body.split_once("id=\"bill\" value=\"").expect("a bill");
    let bill = bill.split('"').next().unwrap().to_owned();
    assert_eq!(entry.choose(browser, &bill, 1_001).await.location(), entry.page("review"));
    let review = entry.review(browser).await;
    let code = world.bank.tokens.current_code(SERIAL, world.clock.now()).await.unwrap();
    let secrets = [("confirmation_password", PASSWORD), ("one_time_password", code.as_str())];
    entry.press(browser, &review, &secrets).await
}

pub async fn world(test: TestDatabase) -> (World, Network) {
    let (world, network) = World::linked(test, vec![(SHOP, key(SHOP)), (LOANS, key(LOANS))]).await;
    with_token(&world, "linker01").await;
    (world, network)
}

async fn balance(world: &World) -> Yen {
    world.bank.ledger.balances(&world.accounts[..1]).await.unwrap()[0].balance
}

/// Proves R105, SEC-39.
async fn a_payer_comes_from_a_shop_signs_in_pays_and_returns(test: TestDatabase) {
    let (world, network) = world(test).await;
    let mut browser = world.browser();
    let page = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    let shown = browser.get(&page).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert_eq!(shown.fields("amount"), ["12,800"], "before anybody is asked to sign in");
    assert!(shown.body.contains("(株)ペイジェント") && shown.body.contains("/sign-in?link="));
    let back = sign_in_from(&mut browser, &page, "linker01").await;
    assert_eq!(back.location(), page);
    let entry = begin(&mut browser, &page, &[]).await;
    assert_eq!(browser.get(&entry.page("numbers")).await.location(), page, "nothing is typed");
    let paid = pay(&world, &mut browser, &entry).await;
    assert_eq!(paid.location(), entry.page("result"), "{}", paid.body);
    let result = browser.get(&entry.page("result")).await;
    assert!(result.body.contains("data-state=\"accepted\""), "{}", result.body);
    let link = format!("<a class=\"button second\" href=\"{SITE}\" rel=\"noreferrer\">");
    assert!(result.body.contains(&link), "as it was registered, with nothing added");
    let clearings = network.clearings(SHOP).await;
    assert_eq!((clearings.len(), &clearings[0]["entry_kind"]), (1, &json!("linked")));
    // the page again begins nothing that is paid twice
    let token = browser.get(&page).await.token();
    let again = browser.post(&page, &[("csrf", &token)]).await;
    assert!(again.status.is_client_error(), "{}", again.status);
    assert_eq!(balance(&world).await, Yen::new(48_210_953 - 12_800));
    // and the bank's staff sees how it came
    let id: uuid::Uuid = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT id FROM payment").fetch_one(c).await.unwrap()
    });
    let office = Office::of(world, DeliverySettings::default()).await;
    let page = office.signed_in(MAKER).await.get(&format!("/payments/{id}")).await;
    assert_eq!(page.fields("entry_kind"), ["情報リンク"]);
}

/// Proves R103, R105.
async fn a_chosen_amount_is_paid_at_the_collector_by_link_alone(test: TestDatabase) {
    let (world, network) = world(test).await;
    let mut browser = world.browser();
    browser.sign_in("linker01", PASSWORD).await;
    let page = hand_over(&mut browser, "03", &loan(NONCE)).await;
    let shown = browser.get(&page).await;
    assert_eq!(
        (shown.fields("amount_min"), shown.fields("amount_max")),
        (vec!["10,000".to_owned()], vec!["50,000".to_owned()])
    );
    let token = shown.token();
    for wrong in ["", "9,999", "50,001", "-1", "0", "一万"] {
        let again = browser.post(&page, &[("csrf", &token), ("amount", wrong)]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let entry = begin(&mut browser, &page, &[("amount", "20,000")]).await;
    let chosen = browser.get(&page).await;
    assert_eq!(chosen.fields("amount"), ["20,000"]);
    assert!(chosen.body.contains("value=\"20,000\""), "{}", chosen.body);
    assert_eq!(chosen.fields("amount_max"), ["50,000"], "and may still be changed");
    assert!(browser.get(&entry.page("bills")).await.body.contains("20,000"));
    world.clock.advance_seconds(1);
    let entry = begin(&mut browser, &page, &[("amount", "25,000")]).await;
    assert_eq!(browser.get(&page).await.fields("amount"), ["25,000"]);
    assert_eq!(pay(&world, &mut browser, &entry).await.location(), entry.page("result"));
    let result = browser.get(&entry.page("result")).await;
    assert!(result.body.contains("data-state=\"accepted\""), "{}", result.body);
    let clearings = network.clearings(LOANS).await;
    assert_eq!((&clearings[0]["amount"], &clearings[0]["entry_kind"]), (&json!(25_000), &json!("linked")));
}

async fn several_bills_are_chosen_from(test: TestDatabase) {
    let (world, network) = world(test).await;
    let mut browser = world.browser();
    let bill = |cno: &str, kno: &str, amount: i64| {
        let contents = "落札代金";
        json!({"cno": cno, "kno": kno, "amount": amount, "contents": contents})
    };
    let several = json!({
        "v": 1, "skno": SHOP, "payer": "株式会社見本商事", "nonce": NONCE, "return_url": SITE,
        "issued_at": "2026-11-24T09:59:00+09:00",
        "bills": [
            bill("90220000000000012345", "112233", 12_800),
            bill("90220000000000067890", "445566", 4_980),
        ],
    });
    let page = hand_over(&mut browser, "02", &several).await;
    assert_eq!(browser.get(&page).await.fields("amount"), ["12,800", "4,980"]);
    sign_in_from(&mut browser, &page, "linker01").await;
    let token = browser.get(&page).await.token();
    let none = browser.post(&page, &[("csrf", &token), ("bill", "2")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let entry = begin(&mut browser, &page, &[("bill", "1")]).await;
    assert_eq!(pay(&world, &mut browser, &entry).await.location(), entry.page("result"));
    assert_eq!(network.clearings(SHOP).await[0]["amount"], 4_980);
}

async fn two_tabs_with_two_hand_offs_pay_each_its_own(test: TestDatabase) {
    let (world, network) = world(test).await;
    let mut browser = world.browser();
    let first = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    browser.get(&first).await;
    let mut second_bill = shop_bill("AAAAbbbbCCCC-_10");
    for (field, value) in
        [("cno", json!("90220000000000067890")), ("kno", json!("445566")), ("amount", json!(4_980))]
    {
        second_bill[field] = value;
    }
    let second = hand_over(&mut browser, "01", &second_bill).await;
    assert_eq!(browser.get(&second).await.fields("amount"), ["4,980"]);
    assert_eq!(browser.get(&first).await.fields("amount"), ["12,800"], "one browser has both");
    sign_in_from(&mut browser, &first, "linker01").await;
    let (of_second, of_first) =
        (begin(&mut browser, &second, &[]).await, begin(&mut browser, &first, &[]).await);
    for (entry, amount) in [(of_first, "12,800"), (of_second, "4,980")] {
        assert_eq!(pay(&world, &mut browser, &entry).await.location(), entry.page("result"));
        assert_eq!(browser.get(&entry.page("result")).await.fields("amount"), [amount]);
        // the next one-time password
        world.clock.advance_seconds(60);
    }
    assert_eq!(network.clearings(SHOP).await.len(), 2);
}

async fn an_expired_hand_off_leads_to_the_numbers_or_back_to_the_site(test: TestDatabase) {
    let (world, _network) = world(test).await;
    let mut browser = world.browser();
    let shop = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    let loans = hand_over(&mut browser, "03", &loan(NONCE)).await;
    for page in [&shop, &loans] {
        assert_eq!(browser.get(page).await.status, StatusCode::OK);
    }
    world.clock.advance_seconds(29 * 60 + 1);
    for page in [&shop, &loans] {
        let expired = browser.get(page).await;
        assert_eq!(
            (expired.status, expired.fields("error_code")),
            (StatusCode::GONE, vec!["P-702".to_owned()])
        );
        assert!(expired.body.contains(&format!("href=\"{SITE}\"")));
        assert_eq!(
            expired.body.contains("/sign-in?link="),
            *page == shop,
            "by its numbers, where it has any"
        );
    }
    assert_eq!(sign_in_from(&mut browser, &shop, "linker01").await.location(), shop);
    let token = browser.get(&shop).await.token();
    assert_eq!(browser.post(&shop, &[("csrf", &token)]).await.status, StatusCode::GONE);
    let typed = browser.post(&shop, &[("csrf", &token), ("action", "typed")]).await;
    let numbers = browser.get(typed.location()).await;
    assert_eq!(numbers.value("customer_number").replace(' ', ""), "90220000000000012345");
    assert_eq!(numbers.value("confirmation_number"), "112233");
    let form = [
        ("csrf", &numbers.token()[..]),
        ("customer_number", "90220000000000012345"),
        ("confirmation_number", "112233"),
    ];
    let entry = Entry(typed.location().strip_suffix("/numbers").unwrap().to_owned());
    assert_eq!(browser.post(typed.location(), &form).await.location(), entry.page("bills"));
    assert_eq!(pay(&world, &mut browser, &entry).await.location(), entry.page("result"));
    let token = browser.get("/home").await.token();
    let refused = browser.post(&loans, &[("csrf", &token), ("action", "typed")]).await;
    assert_eq!(refused.fields("error_code"), ["P-102"]);
}

/// Proves R105, SEC-25.
async fn a_session_that_ended_leads_back_to_the_hand_off_in_its_own_browser_alone(test: TestDatabase) {
    let (world, network) = world(test).await;
    let mut browser = world.browser();
    let page = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    browser.get(&page).await;
    let back = format!("/sign-in?ended=expired&link={}", page.rsplit('/').next().unwrap());
    sign_in_from(&mut browser, &page, "linker01").await;
    let token = browser.get(&page).await.token();
    world.clock.advance_seconds(16 * 60);
    let led = browser.post(&page, &[("csrf", &token), ("action", "begin")]).await;
    assert_eq!(led.location(), back);
    let form = browser.get(&back).await;
    for words in ["最後の操作は受け付けていません。", "(株)ペイジェントへの払込(12,800 円)を続けるには"]
    {
        assert!(form.body.contains(words), "{words}");
    }
    assert_eq!(sign_in_from(&mut browser, &page, "linker01").await.location(), page);
    let entry = begin(&mut browser, &page, &[]).await;
    world.clock.advance_seconds(15 * 60);
    for step in ["bills", "review", "numbers"] {
        assert_eq!(browser.get(&entry.page(step)).await.location(), back, "{step}");
    }
    // whoever has nothing but the addresses is led to nothing
    let mut stranger = world.browser();
    assert_eq!(stranger.get(&entry.page("bills")).await.location(), "/sign-in");
    assert_eq!(stranger.post(&page, &[("action", "begin")]).await.location(), "/sign-in?ended=lost");
    assert_eq!(stranger.get(&back).await.value("link"), "");
    // the page itself shows the bill, and asks for the sign-in again
    assert!(browser.get(&page).await.body.contains("/sign-in?link="));
    assert_eq!(sign_in_from(&mut browser, &page, "linker01").await.location(), page);
    let entry = begin(&mut browser, &page, &[]).await;
    assert_eq!(pay(&world, &mut browser, &entry).await.location(), entry.page("result"));
    assert_eq!(network.clearings(SHOP).await.len(), 1);
    assert_eq!(balance(&world).await, Yen::new(48_210_953 - 12_800));
}

/// Between the review and its button. Whoever presses it is told that it was not taken, and why at the next sign-in;
/// with another certificate the bill is there as before.
///
/// Proves R36, R105.
async fn a_certificate_that_expires_in_the_middle_moves_nothing_and_another_goes_on(test: TestDatabase) {
    let (world, network) = World::linked(test, vec![(SHOP, key(SHOP))]).await;
    let desk = Desk::of(world).await;
    put(&desk.world.bank.ledger, AccountId::new(2_001), 100_000).await;
    let mut browser = desk.at_door(desk.fetched(KEIRI).await);
    let page = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    browser.get(&page).await;
    assert_eq!(sign_in_from(&mut browser, &page, KEIRI).await.location(), page);
    let entry = begin(&mut browser, &page, &[]).await;
    let bills = browser.get(&entry.page("bills")).await;
    let (_, bill) = bills.body.split_once("id=\"bill\" value=\"").expect("a bill");
    let bill = bill.split('"').next().unwrap().to_owned();
    assert_eq!(entry.choose(&mut browser, &bill, 2_001).await.location(), entry.page("review"));
    let review = entry.review(&mut browser).await;
    let (database, code) = (&desk.world.bank.database, desk.code(KEIRI).await);
    let ends = desk.world.clock.now().plus_seconds(1);
    execute!(database, "UPDATE certificate SET expires_us = $1", ends.micros()).unwrap();
    assert_eq!(entry.review(&mut browser).await.status, StatusCode::OK, "to its last moment");
    desk.world.clock.advance_seconds(1);
    let secrets = [("confirmation_password", PASSWORD), ("one_time_password", code.as_str())];
    let pressed = entry.press(&mut browser, &review, &secrets).await;
    let back = format!("/sign-in?link={}", page.rsplit('/').next().unwrap());
    assert_eq!(pressed.location(), back, "{}", pressed.body);
    let form = browser.get(&back).await;
    for words in ["最後の操作は受け付けていません。", "(株)ペイジェントへの払込(12,800 円)を続けるには"]
    {
        assert!(form.body.contains(words), "{words}: {}", form.body);
    }
    assert_eq!(
        sign_in_from(&mut browser, &page, KEIRI).await.fields("error_code"),
        ["S-105"],
        "it has expired"
    );
    let payments: i64 =
        read!(database, |c| sqlx::query_scalar("SELECT count(*) FROM payment").fetch_one(c).await).unwrap();
    assert_eq!((payments, network.clearings(SHOP).await.len()), (0, 0), "nothing is held or sent");
    let permit = "INSERT INTO certificate_permit (id, contract, app_user, permitted_us, permitted_by)
        VALUES ($1, $2, $3, $4, $3)";
    let (id, now) = (domain::StaffRequestId::generate().uuid(), desk.world.clock.now().micros());
    execute!(database, permit, id, desk.contract.uuid(), desk.keiri.uuid(), now).unwrap();
    browser.certificate = desk.fetched(KEIRI).await;
    assert_eq!(sign_in_from(&mut browser, &page, KEIRI).await.location(), page);
    let entry = begin(&mut browser, &page, &[]).await;
    assert!(browser.get(&entry.page("bills")).await.body.contains("12,800"));
}

/// Proves R105.
async fn a_plan_without_the_method_is_told_so(test: TestDatabase) {
    let (world, _network) = world(test).await;
    let mini =
        world.bank.contracts.add_contract("小さな会社", Plan::Mini, SignInMethod::Password).await.unwrap();
    let account = domain::AccountId::new(3_001);
    add_account(&world.bank, mini, account, AccountKind::Ordinary, "7654321").await;
    add_user(&world.bank, mini, "mini01", Role::General, Rights::all(&[account])).await;
    let mut browser = world.browser();
    let page = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    browser.get(&page).await;
    sign_in_from(&mut browser, &page, "mini01").await;
    let refused = browser.get(&page).await;
    assert_eq!(
        (refused.status, refused.fields("error_code")),
        (StatusCode::FORBIDDEN, vec!["P-704".to_owned()])
    );
    assert!(
        refused.body.contains("プラン: ミニ") && refused.body.contains("まだ何も引き落とされていません。")
    );
    let token = refused.token();
    assert_eq!(browser.post(&page, &[("csrf", &token)]).await.fields("error_code"), ["P-704"]);
    let typed = browser.post(&page, &[("csrf", &token), ("action", "typed")]).await;
    assert!(typed.location().ends_with("/numbers"), "by its numbers it may");
    // a user without the right is told that first
    add_user(&world.bank, world.contract, "none01", Role::General, Rights::none()).await;
    let mut browser = world.browser();
    let page = hand_over(&mut browser, "01", &shop_bill("AAAAbbbbCCCC-_10")).await;
    browser.get(&page).await;
    sign_in_from(&mut browser, &page, "none01").await;
    assert_eq!(browser.get(&page).await.fields("error_code"), ["P-501"]);
}

async fn an_answer_that_differs_stops_before_anything_is_held(test: TestDatabase) {
    let (world, network) = world(test).await;
    let mut browser = world.browser();
    browser.sign_in(LOGIN_ID, PASSWORD).await;
    let mut cheaper = shop_bill(NONCE);
    cheaper["amount"] = json!(12_799);
    let page = hand_over(&mut browser, "01", &cheaper).await;
    let token = browser.get(&page).await.token();
    let stopped = browser.post(&page, &[("csrf", &token)]).await;
    assert_eq!(
        (stopped.status, stopped.fields("error_code")),
        (StatusCode::CONFLICT, vec!["P-703".to_owned()])
    );
    assert!(stopped.body.contains("まだ何も引き落とされていません。") && stopped.body.contains(SITE));
    assert!(network.clearings(SHOP).await.is_empty());
}

async fn a_lost_answer_ends_paid_once_and_both_sites_agree(test: TestDatabase) {
    let (world, network) = world(test).await;
    let (trigger, shutdown) = edge::Shutdown::pair();
    let worker = tokio::spawn(world.bank.gateway.clone().run(shutdown));
    network.fault(SHOP, json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let mut browser = world.browser();
    browser.sign_in("linker01", PASSWORD).await;
    let page = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    browser.get(&page).await;
    let entry = begin(&mut browser, &page, &[]).await;
    assert_eq!(pay(&world, &mut browser, &entry).await.location(), entry.page("result"));
    let token = browser.get(&page).await.token();
    let again = browser.post(&page, &[("csrf", &token)]).await;
    assert!(again.status.is_client_error(), "not a second time while the outcome is not known");
    let settled = async {
        while !browser.get(&entry.page("result")).await.body.contains("data-state=\"accepted\"") {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), settled).await.unwrap();
    let clearings = network.clearings(SHOP).await;
    assert_eq!((clearings.len(), &clearings[0]["deliveries"]), (1, &json!(2)));
    assert_eq!(balance(&world).await, Yen::new(48_210_953 - 12_800));
    trigger.ask();
    worker.await.unwrap();
}
