//! The home page.

use http::StatusCode;
use internet_banking::contracts::{AccountKind, Business, Plan, Rights, Role, SignInMethod};

use crate::support::{PASSWORD, World, add_account, add_user, put};

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
