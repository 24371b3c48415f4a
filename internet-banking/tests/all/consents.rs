//! Recalls of other banks at the browser: who is asked, what an answer costs and moves, and what staff see of it.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{AccountId, RecallId, Timestamp};
use http::StatusCode;
use internet_banking::contracts::{Business, Rights, Role};
use internet_banking::transfers::TransferFeed;
use ledger::{Commit, EntityId, GuardKey, NewEvent};

use crate::approvals::policy;
use crate::support::{Browser, PASSWORD, Page, World, add_user};
use crate::transfer_entry::send;

database::on_both!(
    a_payee_gives_back_with_the_confirmation_password_and_is_told,
    a_payee_who_refuses_keeps_the_money,
    what_keeps_a_transfer_back_keeps_a_return_back,
);

const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);

/// 0001 asks for a transfer back that was credited to an account, until 15:00 of 1 December 2026.
pub async fn asked(world: &World, account: AccountId, original: &str, amount: i64) -> RecallId {
    let (id, now) = (RecallId::generate(), world.clock.now());
    let until = Timestamp::parse_rfc3339("2026-12-01T15:00:00+09:00").unwrap().micros();
    execute!(
        world.bank.database,
        "INSERT INTO recall_consent (id, from_bank, original, request, account, amount, payer, credited_us, until_us,
         at_us) VALUES ($1, '0001', $2, $3, $4, $5, 'ｻﾄｳ <b>ｼﾞﾛｳ', $6, $7, $6)",
        id.uuid(),
        original,
        format!("r-{original}"),
        account.get(),
        amount,
        now.micros(),
        until,
    )
    .unwrap();
    let entity = EntityId(id.uuid());
    let event = NewEvent {
        entity,
        seq: 1,
        kind: "consent-asked",
        at: now,
        body: r#"{"state":"asked"}"#.to_owned(),
        message: None,
    };
    let guards = vec![
        (GuardKey(format!("consent-of|0001|{original}")), entity),
        (GuardKey(format!("consent-asked|{until:020}|{id}")), entity),
    ];
    let commit = Commit { events: vec![event], guards, ..Commit::default() };
    world.bank.ledger.commit(commit).await.unwrap();
    id
}

async fn answer(browser: &mut Browser, id: RecallId, action: &str, password: &str) -> Page {
    let path = format!("/transfers/recalls/{id}");
    send(browser, &path, &[("action", action), ("confirmation_password", password)]).await
}

fn code(page: &Page) -> String {
    page.fields("error_code").first().cloned().unwrap_or_default()
}

async fn money(world: &World) -> i64 {
    world.bank.ledger.balances(&world.accounts[..1]).await.unwrap()[0].balance.get()
}

async fn mails(world: &World) -> Vec<String> {
    let feed = TransferFeed::new(world.bank.transfers.clone(), world.bank.contracts.clone());
    while feed.step().await.unwrap() {}
    let sql = "SELECT subject FROM mail WHERE id LIKE 'recall-%' ORDER BY at_us, id";
    let found: Vec<String> =
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_all(c).await).unwrap();
    found.iter().map(|subject| subject.split('】').nth(1).unwrap().to_owned()).collect()
}

/// A wrong password moves nothing; the right one moves it once, whoever presses again. The second account's user sees
/// nothing of it.
async fn a_payee_gives_back_with_the_confirmation_password_and_is_told(test: TestDatabase) {
    let world = World::new(test).await;
    add_user(&world.bank, world.contract, "master01", Role::Master, Rights::none()).await;
    let mut hanako = world.signed_in().await;
    assert!(hanako.get("/transfers/recalls").await.body.contains("組戻しの依頼はありません。"));
    let id = asked(&world, world.accounts[0], "t-1", 50_000).await;
    assert_eq!(hanako.get("/transfers").await.fields("recalls"), ["1"]);
    let list = hanako.get("/transfers/recalls").await;
    assert!(list.body.contains(&format!("/transfers/recalls/{id}")), "{}", list.body);
    let page = hanako.get(&format!("/transfers/recalls/{id}")).await;
    assert_eq!(page.fields("state"), ["回答待ち"]);
    for words in ["みずほ銀行(0001)", "50,000", "12月1日(火) 15:00", "&#60;b&#62;"] {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    let wrong = answer(&mut hanako, id, "consent", "Wrong-1").await;
    assert_eq!((wrong.status, money(&world).await), (StatusCode::UNPROCESSABLE_ENTITY, 48_210_953));
    let given = answer(&mut hanako, id, "consent", PASSWORD).await;
    assert_eq!(given.location(), format!("/transfers/recalls/{id}"));
    assert_eq!(money(&world).await, 48_160_953);
    let csrf = hanako.get("/transfers").await.token();
    let path = format!("/transfers/recalls/{id}");
    let again = hanako.post(&path, &[("csrf", &csrf), ("action", "consent"), CONFIRMED]).await;
    assert_eq!((again.location(), money(&world).await), (path.as_str(), 48_160_953));
    let other = hanako.post(&path, &[("csrf", &csrf), ("action", "refuse"), CONFIRMED]).await;
    assert_eq!((code(&other).as_str(), money(&world).await), ("F-115", 48_160_953));
    assert_eq!(hanako.get(&path).await.fields("state"), ["返金の手続き中"]);
    assert_eq!(hanako.get("/transfers").await.fields("recalls"), Vec::<String>::new());
    let told = ["入金された振込の組戻しの依頼が届きました", "組戻しの承諾を受け付け、引き落としました"];
    let mut found = mails(&world).await;
    found.sort();
    let mut told = told.map(str::to_owned).to_vec();
    told.sort();
    assert_eq!(found, told);
    let rights = Rights::none().with(Business::Transfer, &[world.accounts[1]]);
    add_user(&world.bank, world.contract, "second01", Role::General, rights).await;
    let mut second = world.browser();
    second.sign_in("second01", PASSWORD).await;
    assert_eq!(second.get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(second.get("/transfers/recalls").await.body.contains("組戻しの依頼はありません。"));
}

/// Also on both sides of the deadline.
async fn a_payee_who_refuses_keeps_the_money(test: TestDatabase) {
    let world = World::new(test).await;
    let id = asked(&world, world.accounts[0], "t-1", 50_000).await;
    let [early, late] =
        [asked(&world, world.accounts[0], "t-2", 1).await, asked(&world, world.accounts[0], "t-3", 1).await];
    let mut hanako = world.signed_in().await;
    let none = answer(&mut hanako, id, "x", PASSWORD).await;
    assert_eq!(code(&none), "F-110");
    assert!(answer(&mut hanako, id, "refuse", PASSWORD).await.status.is_redirection());
    let path = format!("/transfers/recalls/{id}");
    let page = hanako.get(&path).await;
    assert_eq!((page.fields("state"), money(&world).await), (vec!["お返ししない".to_owned()], 48_210_953));
    assert!(!page.body.contains("confirmation_password"));
    for (at, case, taken) in [("2026-12-01T14:59:59", early, true), ("2026-12-01T15:00:00", late, false)] {
        let at = Timestamp::parse_rfc3339(&format!("{at}+09:00")).unwrap();
        world.clock.advance_seconds(at.seconds_since(world.clock.now()));
        let mut hanako = world.signed_in().await;
        let csrf = hanako.get("/transfers").await.token();
        let path = format!("/transfers/recalls/{case}");
        let page = hanako.post(&path, &[("csrf", &csrf), ("action", "consent"), CONFIRMED]).await;
        assert_eq!(page.status.is_redirection(), taken, "{at}");
        assert!(taken || code(&page) == "F-115", "{at}");
    }
    assert_eq!(money(&world).await, 48_210_952);
}

/// Funds to the yen, a stop, and a policy that gives transfers to approvers; a refusal is always possible.
async fn what_keeps_a_transfer_back_keeps_a_return_back(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let much = asked(&world, world.accounts[0], "t-1", 48_210_954).await;
    let page = hanako.get(&format!("/transfers/recalls/{much}")).await;
    assert!(page.body.contains("1 円足りません"), "{}", page.body);
    let short = answer(&mut hanako, much, "consent", PASSWORD).await;
    assert_eq!((code(&short).as_str(), money(&world).await), ("F-105", 48_210_953));
    let id = asked(&world, world.accounts[0], "t-2", 50_000).await;
    let sql = "INSERT INTO emergency_stop (id, scope, subject, reason, actor, at_us)
        VALUES ($1, 'service', 'transfer', 'x', 'staff:x', 1)";
    execute!(world.bank.database, sql, uuid::Uuid::from_u128(1)).unwrap();
    assert_eq!(code(&answer(&mut hanako, id, "consent", PASSWORD).await), "C-102");
    assert!(answer(&mut hanako, much, "refuse", PASSWORD).await.status.is_redirection());
    policy(&world, r#"{"flows":{"transfer":{"kind":"single"}}}"#).await;
    let page = hanako.get(&format!("/transfers/recalls/{id}")).await;
    assert!(
        !page.body.contains("value=\"consent\"") && page.body.contains("お取引店へ書面で"),
        "{}",
        page.body
    );
    assert!(answer(&mut hanako, id, "refuse", PASSWORD).await.status.is_redirection());
    assert_eq!(money(&world).await, 48_210_953);
}
