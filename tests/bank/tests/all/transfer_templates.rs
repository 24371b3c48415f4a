//! ひな形: a transfer that comes again is kept by one click, used with its payee looked up anew, renamed and deleted, and
//! gives nobody a right.

use database::testing::TestDatabase;
use database::{execute, read};
use http::StatusCode;
use internet_banking::contracts::{Business, Rights, Role, Step};

use crate::approvals::policy;
use crate::support::{Browser, PASSWORD, Page, World, add_user};
use crate::transfer_entry::{MIZUHO, Transfer, order_of, send};

database::on_both!(
    an_order_becomes_a_template_by_one_click_that_colleagues_with_the_right_use,
    a_templates_payee_is_looked_up_anew_whenever_it_is_used,
    a_contract_keeps_a_hundred_and_what_a_draft_asks_for_too,
);

const LIST: &str = "/transfers/templates";
const TODAY: &str = "2026-11-24";

/// Presses a button of a page that keeps what the page shows.
pub async fn keep(browser: &mut Browser, page: &str, field: &str, value: &str) -> Page {
    let csrf = browser.get(page).await.token();
    browser.post(LIST, &[("csrf", &csrf), (field, value)]).await
}

/// The address of the template that was just made.
pub fn made(page: &Page) -> String {
    let path = page.location().strip_suffix("?done=added");
    path.unwrap_or_else(|| panic!("{} {}", page.status, page.body)).to_owned()
}

pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

async fn an_order_becomes_a_template_by_one_click_that_colleagues_with_the_right_use(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "12345", TODAY).await.ok().unwrap();
    let order = order_of(&entry.confirm(&mut hanako).await);
    let template = made(&keep(&mut hanako, &order, "order", last(&order)).await);
    let again = keep(&mut hanako, &order, "order", last(&order)).await.location().to_owned();
    assert_eq!(again, format!("{template}?done=there"), "one, however often");
    assert!(hanako.get(&again).await.body.contains("同じ内容のひな形が、この名前ですでに登録されています。"));
    // the name that somebody types for it now is its name
    for done in ["renamed", "there"] {
        let csrf = hanako.get(&order).await.token();
        let form = [("csrf", csrf.as_str()), ("order", last(&order)), ("name", "毎月の補充")];
        let kept = hanako.post(LIST, &form).await.location().to_owned();
        assert_eq!(kept, format!("{template}?done={done}"));
        let page = hanako.get(&kept).await;
        assert!(page.body.contains("ひな形「毎月の補充」"), "{}", page.body);
    }
    world.clock.advance_seconds(1);
    let page = hanako.get(&template).await;
    assert_eq!(page.fields("amount"), ["12,345"]);
    let unnamed = send(&mut hanako, &template, &[("action", "rename"), ("name", " ")]).await;
    assert!(unnamed.body.contains("名前は1文字から30文字で入力してください。"), "{}", unnamed.body);
    let renamed = send(&mut hanako, &template, &[("action", "rename"), ("name", "当座への補充")]).await;
    assert_eq!(renamed.location(), LIST);

    // who may use the account uses it, and every check of a transfer is still to come
    add_user(&world.bank, world.contract, "taro01", Role::General, Rights::all(&world.accounts)).await;
    let mut taro = world.browser();
    taro.sign_in("taro01", PASSWORD).await;
    assert!(taro.get(LIST).await.body.contains("当座への補充"));
    let begun = send(&mut taro, &template, &[("action", "use")]).await;
    let details = taro.get(begun.location()).await;
    assert!(details.body.contains("value=\"12345\""), "{}", details.body);
    for chosen in ["value=\"1001\" checked", "value=\"1002\" checked"] {
        assert!(details.body.contains(chosen), "{chosen} in {}", details.body);
    }
    assert_eq!(world.bank.ledger.balances(&world.accounts[..1]).await.unwrap()[0].balance.get(), 48_198_608);

    // who may not, sees nothing of it
    add_user(&world.bank, world.contract, "jiro01", Role::General, Rights::all(&world.accounts[1..])).await;
    let mut jiro = world.browser();
    jiro.sign_in("jiro01", PASSWORD).await;
    assert!(jiro.get(LIST).await.body.contains("使えるひな形はありません。"));
    assert_eq!(jiro.get(&template).await.status, StatusCode::NOT_FOUND);
    let csrf = jiro.get("/home").await.token();
    let sent = jiro.post(&template, &[("csrf", &csrf), ("action", "use")]).await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
    assert_eq!(keep(&mut jiro, "/home", "order", last(&order)).await.status, StatusCode::NOT_FOUND);

    let deleted = send(&mut hanako, &template, &[("action", "delete")]).await;
    assert_eq!(deleted.location(), format!("{LIST}?done=deleted"));
    assert!(hanako.get(deleted.location()).await.body.contains("ひな形を削除しました。"));
    assert_eq!(hanako.get(&template).await.status, StatusCode::NOT_FOUND);
    let count = async |sql: &'static str| -> i64 {
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM mail WHERE id LIKE 'transfer-template_%'").await, 4, "R19");
    assert_eq!(count("SELECT count(*) FROM audit WHERE action LIKE 'transfer.template_%'").await, 4);
}

/// What was typed is typed again, with a one-time password; what is registered is as it is registered today.
///
/// Proves R52.
async fn a_templates_payee_is_looked_up_anew_whenever_it_is_used(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let typed = Transfer::to(&mut hanako, MIZUHO).await.ok().unwrap();
    typed.details(&mut hanako, "5000", "2026-11-25").await;
    let id = typed.0.rsplit('/').next().unwrap().to_owned();
    let template = made(&keep(&mut hanako, &typed.page("review"), "entry", &id).await);
    let begun = send(&mut hanako, &template, &[("action", "use")]).await;
    let (entry, _) = begun.location().rsplit_once('/').unwrap();
    let entry = Transfer(entry.to_owned());
    assert_eq!(entry.details(&mut hanako, "6000", "2026-11-25").await.location(), entry.page("review"));
    assert!(entry.review(&mut hanako).await.body.contains("one_time_password"));

    let number = [("action", "number"), ("payee", "0003")];
    execute!(
        world.bank.database,
        "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name, registered_us)
         VALUES ($2, $1, '0003', '0001', '001', 'ordinary', '1111111', 'カ)ミドリ', 1)",
        world.contract.uuid(),
        uuid::Uuid::from_u128(3),
    )
    .unwrap();
    let filed = Transfer::to(&mut hanako, &number).await.ok().unwrap();
    filed.details(&mut hanako, "7000", TODAY).await;
    let id = filed.0.rsplit('/').next().unwrap().to_owned();
    let template = made(&keep(&mut hanako, &filed.page("review"), "entry", &id).await);
    let sql = "UPDATE contract_payee SET account_number = '2222222' WHERE contract = $1";
    execute!(world.bank.database, sql, world.contract.uuid()).unwrap();
    assert!(hanako.get(&template).await.body.contains("普通 2222222"));
    let begun = send(&mut hanako, &template, &[("action", "use")]).await;
    assert!(hanako.get(begun.location()).await.body.contains("普通 2222222"));

    // the number is another company's by now
    let sql = "UPDATE contract_payee SET account_number = '3333333', name = 'カ)ベツ' WHERE contract = $1";
    execute!(world.bank.database, sql, world.contract.uuid()).unwrap();
    let other = send(&mut hanako, &template, &[("action", "use")]).await;
    assert_eq!(other.fields("error_code"), ["F-109"], "{}", other.body);
    let sql = "UPDATE contract_payee SET account_number = '2222222', name = 'カ)ミドリ' WHERE contract = $1";
    execute!(world.bank.database, sql, world.contract.uuid()).unwrap();
    assert!(hanako.get(LIST).await.body.contains("普通 2222222"));
    let sql = "UPDATE contract_payee SET ended_us = 1 WHERE contract = $1";
    execute!(world.bank.database, sql, world.contract.uuid()).unwrap();
    let gone = send(&mut hanako, &template, &[("action", "use")]).await;
    assert_eq!(
        (gone.status, gone.fields("error_code")),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["F-109".to_owned()])
    );
    assert!(hanako.get(LIST).await.body.contains("振込先の登録なし"));
}

async fn a_contract_keeps_a_hundred_and_what_a_draft_asks_for_too(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, r#"{"flows":{"transfer":{"kind":"single"}}}"#).await;
    let rights = Rights::all(&world.accounts).approving(Business::Transfer, Step::Final);
    add_user(&world.bank, world.contract, "jiro01", Role::General, rights).await;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "7", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    let (csrf, order) = (review.token(), review.value("order"));
    let form = [("csrf", csrf.as_str()), ("order", &order), ("action", "keep")];
    let draft = hanako.post(&entry.page("review"), &form).await.location().to_owned();
    let template = made(&keep(&mut hanako, &draft, "request", last(&draft)).await);
    assert_eq!(hanako.get(&template).await.fields("amount"), ["7"]);

    for number in 1..100_u128 {
        let sql = "INSERT INTO transfer_template (id, contract, name, content, created_by, created_us)
            SELECT $1, contract, name, replace(content, '\"amount\":7,', $2), created_by, 1
            FROM transfer_template WHERE content LIKE '%\"amount\":7,%'";
        let amount = format!("\"amount\":{},", 1_000 + number);
        execute!(world.bank.database, sql, uuid::Uuid::from_u128(number), amount).unwrap();
    }
    let there = keep(&mut hanako, &draft, "request", last(&draft)).await;
    assert_eq!(there.location(), format!("{template}?done=there"));
    let entry = Transfer::own(&mut hanako, "8", TODAY).await.ok().unwrap();
    let id = entry.0.rsplit('/').next().unwrap().to_owned();
    let full = keep(&mut hanako, &entry.page("review"), "entry", &id).await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(full.body.contains("ひな形は、ご契約で100件までです。"), "{}", full.body);
}
