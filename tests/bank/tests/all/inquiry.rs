//! 会計情報: balances, statements, incoming transfers, their files and who may see them.

use database::testing::{TestDatabase, sqlite};
use domain::{AccountId, TransferId};
use formats::zengin::{incoming, statement};
use http::{StatusCode, header};
use internet_banking::contracts::{Business, Plan, Rights, Role, SignInMethod};
use ledger::{Commit, IncomingTransfer, Kind, TrailQuery, Transfer};

use crate::support::{Browser, PASSWORD, Page, World, add_user};

database::on_both!(
    balances_and_what_can_be_paid_are_those_of_the_moment,
    movements_are_listed_searched_and_told_of_when_new,
    every_file_has_the_movements_of_the_days_and_is_noted,
);

const CASH: AccountId = AccountId::new(900);

fn transfer(debit: AccountId, credit: AccountId, amount: i64, memo: &str) -> Transfer {
    let (id, memo) = (TransferId::generate(), memo.to_owned());
    Transfer { id, debit, credit, amount, kind: Kind::Posted, memo }
}

async fn commit(world: &World, transfers: Vec<Transfer>) {
    world.bank.ledger.commit(Commit { transfers, ..Commit::default() }).await.unwrap();
}

/// Transfers from elsewhere into the first account.
async fn receive(world: &World, transfers: &[(i64, &str)]) {
    let credits = transfers
        .iter()
        .map(|(amount, name)| transfer(CASH, world.accounts[0], *amount, &format!("振込 {name}")));
    let credits: Vec<Transfer> = credits.collect();
    let rows = credits.iter().zip(transfers).map(|(credit, (_, name))| {
        let sent = IncomingTransfer {
            code: "1234567890".to_owned(),
            name: (*name).to_owned(),
            bank: ("9998".to_owned(), "ﾚｲｼﾞ".to_owned()),
            branch: ("001".to_owned(), "ｴｷﾏｴ".to_owned()),
            edi: "INV-7".to_owned(),
        };
        sent.row(credit.id)
    });
    let rows = rows.collect();
    world.bank.ledger.commit(Commit { transfers: credits, rows, ..Commit::default() }).await.unwrap();
}

/// Proves R78, R79.
async fn balances_and_what_can_be_paid_are_those_of_the_moment(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let hold = Transfer { kind: Kind::Pending, ..transfer(world.accounts[0], CASH, 10_953, "払込") };
    commit(&world, vec![hold]).await;
    let page = browser.get("/accounts").await;
    assert_eq!(page.fields("balance"), ["48,210,953", "12,004,100"]);
    assert_eq!(page.fields("available"), ["48,200,000", "12,004,100"]);
    assert_eq!(page.fields("total"), ["60,215,053"]);
    assert_eq!(page.fields("read_at"), ["10:00:00"]);
    world.clock.advance_seconds(7);
    commit(&world, vec![transfer(world.accounts[1], CASH, 100, "現金")]).await;
    let page = browser.get("/accounts").await;
    assert_eq!(page.fields("balance"), ["48,210,953", "12,004,000"]);
    assert_eq!(
        (page.fields("total"), page.fields("read_at")),
        (vec!["60,214,953".into()], vec!["10:00:07".into()])
    );
}

/// Proves R78, R80, R80b.
async fn movements_are_listed_searched_and_told_of_when_new(test: TestDatabase) {
    let world = World::new(test).await;
    receive(&world, &[(1_000, "ﾔﾏﾀﾞ ﾀﾛｳ"), (2_000, "<b>ｶ)ﾚｲｼﾞ")]).await;
    commit(&world, vec![transfer(world.accounts[0], CASH, 300, "電気料金")]).await;
    let mut browser = world.signed_in().await;
    let amounts = async |browser: &mut Browser, query: &str| {
        browser.get(&format!("/accounts/1001{query}")).await.fields("amount")
    };
    assert_eq!(amounts(&mut browser, "").await, ["300", "2,000", "1,000", "48,210,953"]);
    assert_eq!(amounts(&mut browser, "?direction=out").await, ["300"]);
    assert_eq!(amounts(&mut browser, "?least=1,000&most=%EF%BC%92000").await, ["2,000", "1,000"]);
    // やまだ
    assert_eq!(amounts(&mut browser, "?text=%E3%82%84%E3%81%BE%E3%81%A0").await, ["1,000"]);
    assert_eq!(amounts(&mut browser, "/incoming").await, ["2,000", "1,000"]);
    let page = browser.get("/accounts/1001").await;
    assert_eq!(page.fields("balance_after")[0], "48,213,653");
    assert!(!page.body.contains("<b>ｶ") && page.body.contains("ﾚｲｼﾞ ｴｷﾏｴ INV-7"), "{}", page.body);
    assert!(page.body.contains("<polyline points=") && page.body.contains("日ごとの最終残高"));

    // 応当日 of 2026-11-24
    assert_eq!(browser.get("/accounts/1001?from=2026-08-24").await.status, StatusCode::OK);
    for path in ["/accounts/1001", "/accounts/1001/incoming"] {
        let refused = browser.get(&format!("{path}?from=2026-08-23")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("2026-08-24 以降の日付"), "{}", refused.body);
    }

    let news =
        page.body.split("data-live=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(browser.get(&news).await.status, StatusCode::NO_CONTENT);
    commit(&world, vec![transfer(CASH, world.accounts[0], 5, "現金")]).await;
    let fresh = browser.get(&news).await;
    assert_eq!((fresh.status, fresh.fields("amount")[0].as_str()), (StatusCode::OK, "5"));
    // asking by itself is no use of the session
    for _ in 0..3 {
        world.clock.advance_seconds(301);
        browser.get(&news).await;
    }
    assert_eq!(browser.get("/accounts").await.location(), "/sign-in?ended=expired");
}

async fn file(browser: &mut Browser, name: &str) -> Page {
    let page = browser.get(&format!("/accounts/1001/files/{name}?direction=in&from=2026-11-01")).await;
    assert_eq!(page.status, StatusCode::OK, "{name}");
    assert!(page.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains(name), "{name}");
    page
}

/// Proves R78, SEC-37, SEC-42.
async fn every_file_has_the_movements_of_the_days_and_is_noted(test: TestDatabase) {
    let world = World::new(test).await;
    receive(&world, &[(1_000, "ﾔﾏﾀﾞ ﾀﾛｳ"), (20_000_000_000, "ｶ)ﾚｲｼﾞ")]).await;
    commit(&world, vec![transfer(world.accounts[0], CASH, 300, "=cmd")]).await;
    let mut browser = world.signed_in().await;
    let today = world.clock.now().date();

    let csv = file(&mut browser, "csv").await.body;
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(csv.contains("\"振込 ﾔﾏﾀﾞ ﾀﾛｳ\",\"1000\",\"\",\"48211953\""), "{csv}");
    let all = browser.get("/accounts/1001/files/csv").await.body;
    assert!(all.contains("\"'=cmd\",\"\",\"300\""), "{all}");
    let sent = file(&mut browser, "incoming-csv").await.body;
    assert!(sent.contains("\"ﾔﾏﾀﾞ ﾀﾛｳ\",\"ﾚｲｼﾞ\",\"ｴｷﾏｴ\",\"1000\",\"INV-7\""), "{sent}");

    let found = statement::read(&file(&mut browser, "zengin03").await.bytes, today).unwrap();
    let amounts: Vec<_> = found.lines.iter().map(|line| line.amount.get()).collect();
    assert_eq!(
        amounts,
        [48_210_953, 1_000, 20_000_000_000, -300],
        "whatever is searched for, balances agree"
    );
    assert_eq!((found.opening.get(), found.closing.get()), (0, 20_048_211_653));
    assert_eq!(found.account.name.as_str(), "ｶ)ﾐﾎﾝｼﾖｳｼﾞ");
    let found = incoming::read(&file(&mut browser, "zengin01").await.bytes, today).unwrap();
    assert_eq!(found.lines.iter().map(|line| line.amount.get()).collect::<Vec<_>>(), [1_000, 20_000_000_000]);
    assert_eq!(found.lines[0].remitter.name.as_str(), "ﾔﾏﾀﾞ ﾀﾛｳ");

    let report = file(&mut browser, "camt052").await.body;
    assert_eq!(report.matches("<Ntry>").count(), 4);
    assert!(report.contains("<Amt Ccy=\"JPY\">20048211653</Amt>"), "{report}");
    let notification = file(&mut browser, "camt054").await.body;
    assert_eq!(notification.matches("<Ntry>").count(), 2);

    let printed = browser.get("/accounts/1001/print").await;
    assert_eq!(printed.fields("amount").len(), 4);
    let trail =
        world.bank.ledger.trail(&TrailQuery { contract: Some(world.contract), limit: 50, ..whole() }).await;
    let actions: Vec<_> = trail.unwrap().into_iter().map(|record| (record.action, record.subject)).collect();
    let count = |action: &str| actions.iter().filter(|(a, s)| a == action && s == "1001").count();
    assert_eq!((count("statement.download"), count("statement.print")), (7, 1), "{actions:?}");
}

fn whole() -> TrailQuery {
    TrailQuery {
        from: domain::Timestamp::from_micros(0),
        until: domain::Timestamp::from_micros(i64::MAX),
        contract: None,
        actor: String::new(),
        action: String::new(),
        among: Vec::new(),
        except: Vec::new(),
        subjects: Vec::new(),
        before: None,
        limit: 1,
    }
}

/// Proves SEC-34, SEC-35.
#[tokio::test]
async fn an_account_without_the_right_answers_as_one_that_is_not_there() {
    let world = World::new(sqlite().await).await;
    let one = Rights::none().with(Business::Inquiry, &world.accounts[1..]);
    add_user(&world.bank, world.contract, "inquirer", Role::General, one).await;
    let pays = Rights::none().with(Business::PayEasy, &world.accounts);
    add_user(&world.bank, world.contract, "payer", Role::General, pays).await;
    let other =
        world.bank.contracts.add_contract("見本物産", Plan::Web, SignInMethod::Password).await.unwrap();
    crate::support::add_account(
        &world.bank,
        other,
        AccountId::new(2_001),
        internet_banking::contracts::AccountKind::Ordinary,
        "7654321",
    )
    .await;
    let mut browser = world.browser();
    browser.sign_in("inquirer", PASSWORD).await;
    assert_eq!(browser.get("/accounts").await.fields("balance"), ["12,004,100"]);
    for path in ["", "/incoming", "/news", "/print", "/files/csv", "/files/zengin03"] {
        for (account, status) in [(1_002, true), (1_001, false), (2_001, false), (7, false)] {
            let found = browser.get(&format!("/accounts/{account}{path}")).await.status;
            assert_eq!(found != StatusCode::NOT_FOUND, status, "{account}{path}: {found}");
        }
    }
    let mut browser = world.browser();
    browser.sign_in("payer", PASSWORD).await;
    assert_eq!(browser.get("/accounts/1001").await.status, StatusCode::FORBIDDEN);
    assert!(!browser.get("/home").await.body.contains("/accounts"));
}

/// The parts in which a file of ten thousand movements comes bound what of it is in memory.
#[tokio::test]
async fn ten_thousand_movements_come_page_by_page_and_part_by_part() {
    let world = World::new(sqlite().await).await;
    for _ in 0..100 {
        receive(&world, &[(7, "ﾔﾏﾀﾞ"); 100]).await;
    }
    let mut browser = world.signed_in().await;
    let page = browser.get("/accounts/1001").await;
    assert_eq!((page.fields("amount").len(), page.fields("credits")), (100, vec!["10001".to_owned()]));
    let older = page.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let older = browser.get(&older.replace("&#38;", "&")).await;
    assert_eq!(older.fields("balance_after")[0], "48,280,253");
    let today = world.clock.now().date();
    let (parts, bytes) = browser.parts("/accounts/1001/files/zengin03").await;
    let read = statement::read(&bytes, today).unwrap();
    assert_eq!(read.lines.len(), 10_001);
    assert!(parts.len() > 20 && parts.iter().all(|part| *part < 120_000), "{parts:?}");
    for (name, mark) in [("csv", "\r\n"), ("camt052", "</Ntry>"), ("camt054", "</Ntry>")] {
        let (parts, bytes) = browser.parts(&format!("/accounts/1001/files/{name}")).await;
        assert!(String::from_utf8(bytes).unwrap().matches(mark).count() >= 10_000, "{name}");
        assert!(parts.iter().all(|part| *part < 800_000), "{name} {parts:?}");
    }
    let (_, bytes) = browser.parts("/accounts/1001/files/zengin01").await;
    assert_eq!(incoming::read(&bytes, today).unwrap().lines.len(), 10_000);
}
