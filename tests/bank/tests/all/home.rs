//! The home page.

use database::execute;
use database::testing::TestDatabase;
use http::StatusCode;
use internet_banking::contracts::{AccountKind, Business, Plan, Rights, Role, SignInMethod};

use crate::consents::asked;
use crate::repeats_and_limits::add;
use crate::support::{Browser, PASSWORD, World, add_account, add_user, put, take};
use crate::transfer_entry::{Transfer, order_of};

database::on_both!(
    what_transfers_ask_for_is_among_what_is_to_be_done,
    a_locked_token_and_a_missing_one_are_among_what_is_to_be_done,
);

/// Whoever may unlock a token learns of the lock at home, and a master who has just set the contract up what comes
/// first.
///
/// Proves R58.
async fn a_locked_token_and_a_missing_one_are_among_what_is_to_be_done(test: TestDatabase) {
    let world = World::new(test).await;
    add_user(&world.bank, world.contract, "master1", Role::Master, Rights::none()).await;
    let mut master = world.browser();
    master.sign_in("master1", PASSWORD).await;
    let home = master.get("/home").await;
    assert_eq!(home.fields("due"), ["はじめに", "はじめに"], "{}", home.body);
    for words in ["トークンを書面で申し込み", "/security/token", "利用者を登録する", "/admin/users"]
    {
        assert!(home.body.contains(words), "{words} in {}", home.body);
    }
    let holder = add(&world, "ichiro01", Role::General, "T-0004", 4).await;
    let locked = "UPDATE token SET locked_us = 1, failures = 5 WHERE serial = 'T-0004'";
    execute!(world.bank.database, locked).unwrap();
    let due = master.get("/home").await;
    assert_eq!(due.fields("due").last().map(String::as_str), Some("トークンの停止"), "{holder} {}", due.body);
    assert!(due.body.contains("/admin/tokens"), "{}", due.body);
    assert!(
        world.signed_in().await.get("/home").await.fields("due").is_empty(),
        "others' tokens are not hers"
    );
}

/// Reservations that fail on their day for want of funds are named until the same is sent again, or for 14 days; a
/// recall of another bank as long as it can be answered. Whoever may not transfer sees neither.
async fn what_transfers_ask_for_is_among_what_is_to_be_done(test: TestDatabase) {
    let world = World::new(test).await;
    let bank = &world.bank;
    let mut hanako = world.signed_in().await;
    let placed = |page| order_of(&page);
    let mut orders = Vec::new();
    for amount in ["4000000", "4000001"] {
        let entry = Transfer::own(&mut hanako, amount, "2026-11-25").await.ok().unwrap();
        orders.push(placed(entry.confirm(&mut hanako).await));
    }
    assert!(hanako.get("/home").await.body.contains("していただくことはありません"));
    take(&bank.ledger, world.accounts[0], 48_000_000).await;
    asked(&world, world.accounts[0], "t-1", 5).await;
    world.clock.advance_seconds(30 * 3_600);
    while bank.transfers.due(&bank.contracts).await.unwrap() > 0 {}
    let mut hanako = world.signed_in().await;
    let home = hanako.get("/home").await;
    assert_eq!(
        (home.fields("recalls"), home.fields("undone")),
        (vec!["1".to_owned()], vec!["不能".to_owned(); 2])
    );
    assert!(orders.iter().all(|order| home.body.contains(order)), "{}", home.body);
    assert!(home.body.contains("11月25日(水)の振替は完了していません"), "{}", home.body);

    let rights = Rights::none().with(Business::Inquiry, &world.accounts);
    add_user(bank, world.contract, "inquirer", Role::General, rights).await;
    let mut other = world.browser();
    other.sign_in("inquirer", PASSWORD).await;
    let home = other.get("/home").await;
    assert!(home.fields("recalls").is_empty() && home.fields("undone").is_empty());

    // the same once more, as it is reserved again, takes the first one's place
    put(&bank.ledger, world.accounts[0], 48_000_000).await;
    again(&mut hanako, "4000000").await;
    let home = hanako.get("/home").await;
    assert!(!home.body.contains(&orders[0]) && home.body.contains(&orders[1]), "{}", home.body);
    // the last try was on the 25th: a second less than 14 days after it, and then
    world.clock.advance_seconds(14 * 86_400 - 1);
    let mut hanako = world.signed_in().await;
    let home = hanako.get("/home").await;
    assert!(home.body.contains(&orders[1]) && home.fields("recalls").is_empty(), "{}", home.body);
    world.clock.advance_seconds(1);
    assert!(!world.signed_in().await.get("/home").await.body.contains(&orders[1]));
}

async fn again(browser: &mut Browser, amount: &str) {
    let entry = Transfer::own(browser, amount, "2026-11-26").await.ok().unwrap();
    order_of(&entry.confirm(browser).await);
}

#[tokio::test]
async fn balances_come_from_the_ledger() {
    let world = World::new(database::testing::sqlite().await).await;
    let mut browser = world.signed_in().await;
    let home = browser.get("/home").await;
    assert_eq!(home.fields("balance"), ["48,210,953", "12,004,100"]);
    assert_eq!(home.fields("available"), ["48,210,953", "12,004,100"]);
    assert!(home.body.contains("10:00:00 現在"));
    assert!(home.body.contains("+48,210,953"), "what moved today");
    put(&world.bank.ledger, world.accounts[0], 47).await;
    assert_eq!(browser.get("/home").await.fields("balance")[0], "48,211,000");
}

#[tokio::test]
async fn only_accounts_and_businesses_that_the_user_has_a_right_to_are_shown() {
    let world = World::new(database::testing::sqlite().await).await;
    let contract = world.contract;
    let some = Rights::none().with(Business::Inquiry, &world.accounts[1..]);
    add_user(&world.bank, contract, "inquirer", Role::General, some).await;
    add_user(&world.bank, contract, "nothing", Role::General, Rights::none()).await;

    let mut browser = world.browser();
    browser.sign_in("inquirer", PASSWORD).await;
    let home = browser.get("/home").await;
    assert_eq!(home.fields("balance"), ["12,004,100"]);
    assert!(!home.body.contains("1234567"));
    assert!(!home.body.contains("/payeasy/"));

    let mut browser = world.browser();
    browser.sign_in("nothing", PASSWORD).await;
    let home = browser.get("/home").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.fields("balance").is_empty());
}

#[tokio::test]
async fn no_right_reaches_into_another_contract() {
    let world = World::new(database::testing::sqlite().await).await;
    let contracts = &world.bank.contracts;
    let other = contracts.add_contract("見本物産", Plan::Web, SignInMethod::Password).await.unwrap();
    let account = domain::AccountId::new(2_001);
    add_account(&world.bank, other, account, AccountKind::Ordinary, "7654321").await;

    let foreign = internet_banking::contracts::NewUser {
        contract: other,
        login_id: "other01".to_owned(),
        name: "他社".to_owned(),
        role: Role::General,
        email: None,
        token_serial: None,
        password_hash: String::new(),
        confirmation_hash: String::new(),
        rights: Rights::none().with(Business::Inquiry, &[account, world.accounts[0]]),
    };
    contracts.add_user(&foreign).await.unwrap_err();
    add_user(&world.bank, other, "other01", Role::General, Rights::all(&[account])).await;
    let mut browser = world.browser();
    browser.sign_in("other01", PASSWORD).await;
    let home = browser.get("/home").await;
    assert_eq!(home.fields("balance"), ["0"]);
    assert!(!home.body.contains("見本商事"));
    assert!(contracts.user(other, world.hanako).await.unwrap().is_none());
}

#[tokio::test]
async fn every_link_of_the_page_leads_somewhere() {
    let world = World::new(database::testing::sqlite().await).await;
    let mut browser = world.signed_in().await;
    let home = browser.get("/home").await.body;
    let links = home.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for link in links.filter(|link| link.starts_with('/')) {
        let page = browser.get(&link.replace("&amp;", "&")).await;
        assert_eq!(page.status, StatusCode::OK, "{link}");
    }
}
