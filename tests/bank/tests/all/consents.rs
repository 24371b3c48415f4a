//! Recalls of other banks at the browser: who is asked, what an answer costs and moves, and what staff see of it.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{AccountId, RecallId, Timestamp};
use http::StatusCode;
use internet_banking::contracts::{AccountKind, Business, Plan, Rights, Role, SignInMethod, Step};
use internet_banking::transfers::TransferFeed;
use ledger::{Commit, EntityId, GuardKey, NewEvent};

use crate::approvals::{approve, policy, press, state};
use crate::support::{Browser, PASSWORD, Page, World, add_account, add_user, put, take};
use crate::transfer_entry::{Transfer, order_of, send};
use crate::transfers_approved::approver;

database::on_both!(
    a_payee_gives_back_with_the_confirmation_password_and_is_told,
    a_payee_who_refuses_keeps_the_money,
    what_keeps_a_transfer_back_keeps_a_return_back,
    what_the_policy_gives_to_others_is_given_back_by_their_approval_and_once,
    within_the_bank_another_customer_gives_back_what_was_sent_by_mistake,
);

const DOUBLE: &str = r#"{"flows":{"transfer":{"kind":"double","ordered":false}}}"#;
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
    let line = hanako.get("/activity?state=open").await;
    assert_eq!(
        (line.fields("kind"), line.fields("state")),
        (vec!["組戻しへの回答".into()], vec!["返金の手続き中".into()])
    );
    assert!(line.body.contains(&path) && hanako.get("/activity?state=done").await.fields("kind").is_empty());
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
    assert!(second.get("/activity").await.fields("kind").is_empty());
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
    policy(&world, DOUBLE).await;
    let page = hanako.get(&format!("/transfers/recalls/{id}")).await;
    assert_eq!(page.fields("need"), ["2名の承認"]);
    assert!(!page.body.contains("value=\"consent\""), "{}", page.body);
    let path = format!("/transfers/recalls/{id}");
    let form = [("csrf", page.token()), ("action", "consent".to_owned())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).chain([CONFIRMED]).collect();
    assert_eq!(code(&hanako.post(&path, &form).await), "C-102", "a stop comes first");
    assert!(answer(&mut hanako, id, "refuse", PASSWORD).await.status.is_redirection());
    assert_eq!(money(&world).await, 48_210_953);
}

/// Under the contract's policy a return is asked for and given by two others, once; what the account affords no more,
/// and what is answered meanwhile, comes back to its author.
///
/// Proves SEC-16, SEC-20.
async fn what_the_policy_gives_to_others_is_given_back_by_their_approval_and_once(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, DOUBLE).await;
    let mut hanako = world.signed_in().await;
    let id = asked(&world, world.accounts[0], "t-1", 50_000).await;
    assert_eq!(code(&answer(&mut hanako, id, "consent", PASSWORD).await), "A-101");
    assert_eq!(code(&answer(&mut hanako, id, "ask", PASSWORD).await), "A-103", "nobody could approve it");
    let mut one = approver(&world, "ichiro01", Step::Final).await;
    let mut two = approver(&world, "jiro01", Step::Final).await;
    assert_eq!(answer(&mut hanako, id, "ask", "Wrong-1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let request = answer(&mut hanako, id, "ask", PASSWORD).await.location().to_owned();
    assert!(request.starts_with("/approvals/"), "{request}");
    assert_eq!(answer(&mut hanako, id, "ask", PASSWORD).await.location(), request, "sent twice is one");
    let page = hanako.get(&format!("/transfers/recalls/{id}")).await;
    assert!(page.body.contains(&request) && !page.body.contains("value=\"ask\""), "{}", page.body);
    // approvers see the case as it is
    let shown = one.get(&request).await;
    for words in ["組戻しの承諾", "みずほ銀行(0001)", "50,000 円", "普通", "12月1日(火) 15:00", "&#60;b&#62;"]
    {
        assert!(shown.body.contains(words), "{words} in {}", shown.body);
    }
    assert!(!shown.body.contains("one_time_password"));
    assert_eq!(one.get("/home").await.fields("approvals"), ["1"]);
    assert_eq!(approve(&mut one, &request).await.location(), request);
    assert_eq!(
        (money(&world).await, code(&approve(&mut one, &request).await)),
        (48_210_953, "A-104".to_owned())
    );
    assert_eq!(approve(&mut two, &request).await.location(), request);
    assert_eq!((state(&mut hanako, &request).await.as_str(), money(&world).await), ("完了", 48_160_953));
    assert_eq!(hanako.get(&format!("/transfers/recalls/{id}")).await.fields("state"), ["返金の手続き中"]);
    assert_eq!(code(&approve(&mut two, &request).await), "A-104");
    assert_eq!(money(&world).await, 48_160_953, "once");

    // a colleague refuses while approvers are asked: the refusal stands
    let late = asked(&world, world.accounts[0], "t-2", 7).await;
    let request = answer(&mut hanako, late, "ask", PASSWORD).await.location().to_owned();
    approve(&mut one, &request).await;
    assert!(answer(&mut hanako, late, "refuse", PASSWORD).await.status.is_redirection());
    approve(&mut two, &request).await;
    assert_eq!((state(&mut hanako, &request).await.as_str(), money(&world).await), ("差戻し", 48_160_953));

    // what came back for want of funds is asked for again as the same request
    let much = asked(&world, world.accounts[0], "t-3", 48_160_953).await;
    let request = answer(&mut hanako, much, "ask", PASSWORD).await.location().to_owned();
    take(&world.bank.ledger, world.accounts[0], 1).await;
    approve(&mut one, &request).await;
    approve(&mut two, &request).await;
    let page = hanako.get(&request).await;
    assert_eq!(page.fields("state"), ["差戻し"]);
    assert!(page.body.contains("1 円足りません"), "{}", page.body);
    put(&world.bank.ledger, world.accounts[0], 1).await;
    assert_eq!(press(&mut hanako, &request, &page, "ask").await.location(), request);
    approve(&mut one, &request).await;
    approve(&mut two, &request).await;
    assert_eq!((state(&mut hanako, &request).await.as_str(), money(&world).await), ("完了", 0));
}

/// A digit was wrong: the payer asks, the other customer of this bank consents at the browser, and the money is back.
async fn within_the_bank_another_customer_gives_back_what_was_sent_by_mistake(test: TestDatabase) {
    let world = World::new(test).await;
    let bank = &world.bank;
    let other = bank.contracts.add_contract("青葉", Plan::Web, SignInMethod::Password).await.unwrap();
    let theirs = AccountId::new(2_001);
    add_account(bank, other, theirs, AccountKind::Current, "7654321").await;
    let rights = Rights::none().with(Business::Transfer, &[theirs]);
    add_user(bank, other, "aoba01", Role::General, rights).await;
    let sql = "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name,
         registered_us) VALUES ($2, $1, '0001', '9999', '100', 'current', '7654321', 'カ)アオバ', 1)";
    execute!(bank.database, sql, world.contract.uuid(), uuid::Uuid::from_u128(1)).unwrap();
    let mut hanako = world.signed_in().await;
    let mut orders = Vec::new();
    for _ in 0..3 {
        let payee = [("action", "number"), ("payee", "0001")];
        let entry = Transfer::to(&mut hanako, &payee).await.ok().unwrap();
        entry.details(&mut hanako, "50000", "2026-11-24").await;
        orders.push(order_of(&entry.confirm(&mut hanako).await));
    }
    assert_eq!(money(&world).await, 48_060_953);
    let mut aoba = world.browser();
    aoba.sign_in("aoba01", PASSWORD).await;
    for (order, action, word, left) in
        [(&orders[0], "refuse", "不成立", 48_060_953), (&orders[1], "consent", "組戻し済み", 48_110_953)]
    {
        world.clock.advance_seconds(1);
        assert!(hanako.get(order).await.body.contains("組戻しを依頼する"));
        let asked = send(&mut hanako, &format!("{order}/recall"), &[CONFIRMED]).await;
        assert_eq!(asked.location(), order.as_str(), "{}", asked.body);
        assert_eq!(hanako.get(order).await.fields("recall"), ["照会中"]);
        let case = bank.transfers.consents(Some(&[theirs]), 1).await.unwrap().remove(0);
        let answered = answer(&mut aoba, case.id, action, PASSWORD).await;
        assert!(answered.status.is_redirection(), "{}", answered.body);
        let page = hanako.get(order).await;
        assert_eq!((page.fields("recall"), money(&world).await), (vec![word.to_owned()], left), "{action}");
    }
    let back = hanako.get(&orders[1]).await;
    assert_eq!(back.fields("came_back_to"), ["本店営業部 普通 1234567"]);
    // what its payer has asked for is done: nobody is told to put the account right, and nothing waits at home
    assert!(back.body.contains("組戻しの手続きは終わりました。"), "{}", back.body);
    assert!(back.fields("error_code").is_empty() && !back.body.contains("tag bad"), "{}", back.body);
    assert!(hanako.get("/home").await.fields("undone").is_empty());
    // an account that is closed by then gets nothing, and nobody says that it did
    send(&mut hanako, &format!("{}/recall", orders[2]), &[CONFIRMED]).await;
    let case = bank.transfers.consents(Some(&[theirs]), 1).await.unwrap().remove(0);
    assert!(bank.ledger.close_account(world.accounts[0]).await.unwrap());
    answer(&mut aoba, case.id, "consent", PASSWORD).await;
    let kept = hanako.get(&orders[2]).await;
    assert_eq!((kept.fields("state"), kept.fields("came_back_to")), (vec!["返却".to_owned()], Vec::new()));
    assert!(kept.body.contains("解約されているため、当行でお預かりしています。"), "{}", kept.body);
    assert!(!kept.body.contains("引落口座に戻りました"), "{}", kept.body);
    let feed = TransferFeed::new(bank.transfers.clone(), bank.contracts.clone());
    while feed.step().await.unwrap() {}
    for (advice, mails) in [("金額は引落口座に戻しました。", 1), ("金額は当行でお預かりしています。", 1)]
    {
        let told: i64 = read!(bank.database, |c| {
            sqlx::query_scalar(
                "SELECT CAST(count(*) AS BIGINT) FROM mail
                 WHERE address = 'hanako01@example.jp' AND body LIKE $1",
            )
            .bind(format!("%{advice}%"))
            .fetch_one(c)
            .await
        })
        .unwrap();
        assert_eq!(told, mails, "{advice}");
    }
    let findings = bank.transfers.audit().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}
