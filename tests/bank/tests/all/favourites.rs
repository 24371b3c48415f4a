//! もう一度払う and 登録払込先: what stays the same is filled in, and the 確認番号 never is.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::AccountId;
use http::StatusCode;
use internet_banking::contracts::{AccountKind, Plan, Rights, Role, SignInMethod};

use crate::payeasy_entry::{Entry, bill};
use crate::support::{Browser, PASSWORD, Page, World, add_account, add_user};

database::on_both!(
    an_earlier_payments_numbers_are_filled_in_and_the_confirmation_number_is_not,
    a_favourite_is_kept_renamed_used_and_deleted_by_its_contract_alone,
);

const TAX: &str = "00200";
/// What the answered inquiry of an entry was asked with.
const SECRET: &str = "123456";

pub async fn paid(world: &World, browser: &mut Browser) -> String {
    let entry = Entry::answered(world, browser, TAX, &[bill("B1", 1_000)]).await;
    assert_eq!(entry.pay(browser, "B1", 1_001).await.location(), entry.page("result"));
    let history = browser.get("/payeasy/history").await.body;
    let (_, rest) = history.split_once("href=\"/payeasy/payments/").expect("a payment");
    format!("/payeasy/payments/{}", rest.split('"').next().unwrap())
}

pub async fn press(browser: &mut Browser, page: &str, action: &str, name: &str) -> Page {
    let csrf = browser.get(page).await.token();
    browser.post(page, &[("csrf", &csrf), ("action", action), ("name", name)]).await
}

async fn an_earlier_payments_numbers_are_filled_in_and_the_confirmation_number_is_not(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let payment = paid(&world, &mut browser).await;
    let again = format!("{payment}/again");
    let open = browser.get(&payment).await.body;
    assert!(open.contains("もう一度払い込まないでください") && !open.contains(&again), "{open}");
    let page = browser.get(&again).await;
    assert!(page.body.contains("確認番号、納付区分"), "{}", page.body);
    let begun = press(&mut browser, &again, "pay", "").await;
    let numbers = browser.get(begun.location()).await;
    assert_eq!(numbers.value("customer_number"), "2013 0001 2345 6789");
    assert_eq!(numbers.value("confirmation_number"), "");
    assert_eq!(numbers.value("payment_category"), "", "the tax office's names one filing");
    assert!(numbers.body.contains("確認番号、納付区分を入力してください。"), "{}", numbers.body);
    assert!(!numbers.body.contains(SECRET));

    // from an account that a colleague may not use
    add_user(&world.bank, world.contract, "taro01", Role::General, Rights::all(&world.accounts[1..])).await;
    let mut taro = world.browser();
    taro.sign_in("taro01", PASSWORD).await;
    assert_eq!(taro.get(&again).await.status, StatusCode::NOT_FOUND);
}

async fn a_favourite_is_kept_renamed_used_and_deleted_by_its_contract_alone(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let again = format!("{}/again", paid(&world, &mut browser).await);
    let unnamed = press(&mut browser, &again, "keep", " ").await;
    assert!(unnamed.body.contains("名前は1文字から30文字で入力してください。"), "{}", unnamed.body);
    assert_eq!(
        press(&mut browser, &again, "keep", "本社の源泉所得税").await.location(),
        "/payeasy/favourites"
    );
    let twice = press(&mut browser, &again, "keep", "もう一つ").await;
    assert!(twice.body.contains("同じ番号の登録払込先が、すでにあります。"), "{}", twice.body);

    let list = browser.get("/payeasy/favourites").await.body;
    assert!(
        list.contains("本社の源泉所得税") && list.contains("2013 0001 2345 6789") && !list.contains(SECRET)
    );
    let (_, rest) = list.split_once("href=\"/payeasy/favourites/").expect("a favourite");
    let page = format!("/payeasy/favourites/{}", rest.split('"').next().unwrap());
    press(&mut browser, &page, "rename", "源泉所得税").await;
    let begun = press(&mut browser, &page, "pay", "").await;
    assert_eq!(browser.get(begun.location()).await.value("customer_number"), "2013 0001 2345 6789");

    let foreign =
        world.bank.contracts.add_contract("別の会社", Plan::Web, SignInMethod::Password).await.unwrap();
    let account = AccountId::new(2_001);
    add_account(&world.bank, foreign, account, AccountKind::Ordinary, "7654321").await;
    add_user(&world.bank, foreign, "other01", Role::General, Rights::all(&[account])).await;
    let mut stranger = world.browser();
    stranger.sign_in("other01", PASSWORD).await;
    assert_eq!(stranger.get(&page).await.status, StatusCode::NOT_FOUND);
    assert!(stranger.get("/payeasy/favourites").await.body.contains("登録払込先はありません。"));

    press(&mut browser, &page, "delete", "").await;
    assert_eq!(browser.get(&page).await.status, StatusCode::NOT_FOUND);
    let left = browser.get("/payeasy/favourites").await.body;
    assert!(left.contains("登録払込先はありません。"));

    let count = async |sql: &'static str| -> i64 {
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    };
    let mails = "SELECT count(*) FROM mail WHERE id LIKE 'payeasy-favourite_%'";
    assert_eq!(count(mails).await, 3, "kept, renamed and deleted");
    let records = "SELECT count(*) FROM audit WHERE action LIKE 'payeasy.favourite_%'";
    assert_eq!(count(records).await, 3);

    for number in 0..100 {
        execute!(
            world.bank.database,
            "INSERT INTO payeasy_favourite
                 (id, contract, name, collector, customer_number, category, created_by, created_us)
             VALUES ($1, $2, '税', '04100', $3, '', $4, 1)",
            uuid::Uuid::from_u128(number),
            world.contract.uuid(),
            format!("{number:016}"),
            world.hanako.uuid(),
        )
        .unwrap();
    }
    let full = press(&mut browser, &again, "keep", "百一つ目").await;
    assert!(full.body.contains("登録払込先は、ご契約で100件までです。"), "{}", full.body);
}
