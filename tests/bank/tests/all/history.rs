//! 操作履歴 through the pages, and what sign-ins leave in it.

use database::read;
use database::testing::TestDatabase;
use domain::ContractId;
use http::{StatusCode, header};
use internet_banking::contracts::{Plan, Rights, Role, SignInMethod, Step};

use crate::approvals::{approve, policy};
use crate::payeasy_entry::{Entry, bill};
use crate::repeats_and_limits::add;
use crate::support::{LOGIN_ID, PASSWORD, World, add_user};
use crate::transfer_entry::{Transfer, order_of};
use crate::transfers::file_payee;
use crate::transfers_approved::{SINGLE, approver, ask};
use crate::users::{MASTER_TOKEN, act, code, mails, submit, with_master};

database::on_both!(
    every_sign_in_failure_and_sign_out_is_written_once,
    the_master_searches_what_everybody_did_and_the_search_is_written_too,
    the_file_has_what_the_search_finds_and_no_formula,
    others_see_their_own_operations_alone,
    it_says_what_money_moved_who_approved_it_and_what_was_typed_wrongly,
    what_moved_money_is_found_by_its_amount_and_by_whom_it_went_to,
    a_sign_in_from_a_new_address_is_mailed,
    a_session_goes_on_when_its_user_says_so,
);

async fn count(world: &World, action: &str) -> i64 {
    read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = $1").bind(action).fetch_one(c).await
    })
    .unwrap()
}

/// Proves SEC-42.
async fn every_sign_in_failure_and_sign_out_is_written_once(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    browser.sign_in(LOGIN_ID, PASSWORD).await;
    browser.get("/home").await;
    browser.sign_out().await;
    browser.sign_in(LOGIN_ID, "wrong").await;
    browser.sign_in("secret-password-typed-here", "wrong").await;
    for (action, expected) in [("session.sign_in", 1), ("session.sign_out", 1), ("session.refused", 2)] {
        assert_eq!(count(&world, action).await, expected, "{action}");
    }
    let refused: Vec<(String, String)> = read!(world.bank.database, |c| {
        sqlx::query_as("SELECT actor, detail FROM audit WHERE action = 'session.refused' ORDER BY number")
            .fetch_all(c)
            .await
    })
    .unwrap();
    let (own, wrong) = (world.hanako.to_string(), "wrong, 192.0.2.1".to_owned());
    assert_eq!(refused, [(own, wrong.clone()), ("user:unknown".to_owned(), wrong)]);
}

/// Proves R17.
async fn the_master_searches_what_everybody_did_and_the_search_is_written_too(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let mut hanako = world.signed_in().await;
    hanako.sign_out().await;
    world.browser().sign_in(LOGIN_ID, "wrong").await;
    act(&world, &mut master, world.hanako, "suspend", MASTER_TOKEN).await;
    let stranger: ContractId =
        world.bank.contracts.add_contract("別の会社", Plan::Web, SignInMethod::Password).await.unwrap();
    add_user(&world.bank, stranger, "other001", Role::Master, Rights::none()).await;
    world.browser().sign_in("other001", PASSWORD).await;

    let page = master.get("/admin/history").await;
    let actions = page.fields("action");
    for words in ["ログイン", "ログイン失敗", "ログアウト", "利用者の利用停止"] {
        assert!(actions.iter().any(|found| found == words), "{words} in {actions:?}");
    }
    let actors = page.fields("actor");
    assert!(
        actors.iter().all(|actor| actor.contains("(hanako01)") || actor.contains("(master1)")),
        "{actors:?}"
    );
    assert!(page.body.contains("パスワードの誤り 接続元 192.0.2.1"), "{}", page.body);

    let of = format!("/admin/history?user={}&kind=sign_in", world.hanako);
    let page = master.get(&of).await;
    assert_eq!(page.fields("action"), ["ログイン失敗", "ログアウト", "ログイン"], "the newest first");
    let changes = master.get("/admin/history?kind=change").await;
    assert_eq!(changes.fields("action"), ["利用者の利用停止"]);
    let none = master.get("/admin/history?from=2026-11-01&until=2026-11-02").await;
    assert!(none.body.contains("該当する記録はありません"));
    let wrong = master.get("/admin/history?from=2026-11-25&until=2026-11-24").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(count(&world, "history.view").await, 4, "searches that were shown");
    let views = master.get("/admin/history?kind=view").await;
    assert!(views.fields("action").contains(&"操作履歴の表示".to_owned()));
}

/// Proves SEC-37, SEC-42.
async fn the_file_has_what_the_search_finds_and_no_formula(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    database::execute!(
        world.bank.database,
        "UPDATE app_user SET name = '=HYPERLINK(1)' WHERE login_id = 'hanako01'"
    )
    .unwrap();
    for _ in 0..60 {
        let mut hanako = world.signed_in().await;
        hanako.sign_out().await;
        for _ in 0..2 {
            world.bank.ledger.commit(view(&world)).await.unwrap();
        }
    }
    let page = master.get("/admin/history").await;
    assert_eq!(page.fields("action").len(), 50);
    assert!(page.body.contains("次の50件"));
    let next = page.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let second = master.get(&next.replace("&#38;", "&")).await;
    assert_eq!(second.fields("action").len(), 50, "{next}");
    let file = master.get("/admin/history/csv").await;
    assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let name = file.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"history-2026-11-18-2026-11-24.csv\"");
    assert!(file.body.starts_with('\u{feff}'));
    let lines: Vec<_> = file.body.trim_end().lines().collect();
    // headings, 240 of hanako, the master's sign-in, two searches, this download
    assert_eq!(lines.len(), 1 + 240 + 1 + 2 + 1);
    assert!(lines.iter().any(|line| line.contains("\"'=HYPERLINK(1)(hanako01)\"")));
    assert!(lines[1].contains("操作履歴のダウンロード"), "{}", lines[1]);
    assert!(lines[1].starts_with("\"2026-11-24 10:00:00\","), "a moment that can be sorted: {}", lines[1]);
    assert_eq!(count(&world, "history.download").await, 1);
}

fn view(world: &World) -> ledger::Commit {
    let record = ledger::AuditRecord {
        contract: Some(world.contract),
        actor: world.hanako.to_string(),
        action: "payment.proof",
        subject: String::new(),
        detail: String::new(),
    };
    ledger::Commit { audit: vec![record], ..ledger::Commit::default() }
}

/// Whoever supervises reads amount, payee and account; the page of a transfer opens for those who may see it alone.
///
/// Proves R17, SEC-42.
async fn it_says_what_money_moved_who_approved_it_and_what_was_typed_wrongly(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let entry = Transfer::own(&mut hanako, "1234", "2026-11-24").await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    let (csrf, order) = (review.token(), review.value("order"));
    let wrong = ("confirmation_password", "wrong");
    let form = [("csrf", csrf.as_str()), ("order", &order), ("action", "ask"), wrong];
    assert_eq!(code(&hanako.post(&entry.page("review"), &form).await), "P-401");
    let path = ask(&mut hanako, &entry, "ask").await;
    approve(&mut last, &path).await;
    hanako.get(&format!("/accounts/{}/files/statement-csv", world.accounts[0])).await;

    let about = |page: &crate::support::Page| page.fields("about").join(" / ");
    let approved = master.get("/admin/history?kind=approval").await;
    assert_eq!(approved.fields("action"), ["承認された取引の実行", "依頼の承認", "承認の依頼"]);
    let moved = "振替 本店営業部 当座 0098765 1,234 円 本店営業部 普通 1234567";
    assert_eq!(approved.fields("actor")[1], "経理 佐藤花子(jiro01)");
    for row in approved.fields("about") {
        assert_eq!(row, moved, "{}", approved.body);
    }
    // what was asked for and approved stands beside what came of it, and is of no other business
    let done = hanako.get(&path).await.body;
    let order = done.split("/transfers/orders/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let number = hanako.get(&format!("/transfers/orders/{order}")).await.fields("number").remove(0);
    let placed = master.get("/admin/history?kind=transfer").await;
    assert_eq!(
        placed.fields("action"),
        ["承認された取引の実行", "振込・振替の受付", "依頼の承認", "承認の依頼"]
    );
    assert_eq!(placed.fields("about")[1], format!("{moved} 受付番号 {number}"));
    assert_eq!(placed.fields("about")[2], moved);
    for other in ["payment", "bulk"] {
        let page = master.get(&format!("/admin/history?kind={other}")).await;
        assert_eq!(page.fields("action"), [""; 0], "{other}");
    }
    assert_eq!(master.get(&format!("/admin/history?text={number}")).await.fields("action").len(), 1);
    assert!(placed.body.contains("href=\"/transfers/orders/"), "{}", placed.body);
    let none = "DELETE FROM user_right WHERE app_user IN (SELECT id FROM app_user WHERE login_id = $1)";
    database::execute!(world.bank.database, none, "master1").unwrap();
    let placed = master.get(&format!("/admin/history?text={number}")).await;
    assert_eq!(about(&placed), format!("{moved} 受付番号 {number}"), "whoever supervises reads it");
    assert!(!placed.body.contains("/transfers/orders/"), "and opens nothing: {}", placed.body);
    let wrong = master.get(&format!("/admin/history?kind=sign_in&user={}", world.hanako)).await;
    assert_eq!(wrong.fields("action"), ["確認用パスワードの誤り", "ログイン"]);
    assert_eq!(wrong.fields("about")[0], "あと4回で停止");

    // nothing was to be debited, and nobody says so
    let form = [("limit", "5000"), ("one_time_password", "00000x")];
    let refused = submit(&mut master, "/admin/limits/item", &form).await;
    assert_eq!(code(&refused), "T-101");
    assert!(refused.body.contains("この手続きでは、まだ何も登録・変更していません。"), "{}", refused.body);
    assert!(!refused.body.contains("引き落とされていません"), "{}", refused.body);
    let wrong = master.get("/admin/history?kind=sign_in").await;
    assert_eq!(wrong.fields("action")[0], "ワンタイムパスワードの誤り");
    assert_eq!(wrong.fields("about")[0], format!("トークン {MASTER_TOKEN} あと4回で停止"));
}

async fn others_see_their_own_operations_alone(test: TestDatabase) {
    let (world, _) = with_master(test).await;
    add(&world, "admin001", Role::Admin, "T-0003", 7).await;
    for login_id in [LOGIN_ID, "admin001"] {
        let mut browser = world.browser();
        browser.sign_in(login_id, PASSWORD).await;
        for path in ["/admin/history", "/admin/history/csv"] {
            let page = browser.get(path).await;
            assert_eq!((page.status, code(&page).as_str()), (StatusCode::FORBIDDEN, "P-501"), "{path}");
        }
        let own = browser.get(&format!("/security/history?user={}", world.contract)).await;
        assert_eq!(own.fields("action"), ["ログイン"]);
        assert!(browser.get("/security").await.body.contains("/security/history"));
    }
}

/// Amounts to the yen, and what it is about in whatever script somebody types; the file has the same.
///
/// Proves R17.
async fn what_moved_money_is_found_by_its_amount_and_by_whom_it_went_to(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let mut hanako = world.signed_in().await;
    for amount in ["1234", "11234"] {
        let entry = Transfer::own(&mut hanako, amount, "2026-11-24").await.ok().unwrap();
        order_of(&entry.confirm(&mut hanako).await);
    }
    file_payee(&world).await;
    let filed = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0001")]).await.ok().unwrap();
    assert_eq!(filed.details(&mut hanako, "30000", "2026-11-24").await.location(), filed.page("review"));
    order_of(&filed.confirm(&mut hanako).await);
    let paid = Entry::answered(&world, &mut hanako, "00200", &[bill("B1", 1_234)]).await;
    assert_eq!(paid.pay(&mut hanako, "B1", 1_002).await.location(), paid.page("result"));
    let mut found = async |asked: &str| {
        let page = master.get(&format!("/admin/history?{asked}")).await;
        assert_eq!(page.status, StatusCode::OK, "{asked} {}", page.body);
        page.fields("action")
    };
    // １，２３４円
    let typed = "amount=%EF%BC%91%EF%BC%8C%EF%BC%92%EF%BC%93%EF%BC%94%E5%86%86";
    assert_eq!(found(typed).await, ["払込の申込み", "振込・振替の受付"]);
    assert_eq!(found("amount=1235").await, [""; 0]);
    assert_eq!(found("amount=1234&kind=transfer").await.len(), 1);
    // あおば, 国税, the account that an own transfer goes to
    assert_eq!(found("text=%E3%81%82%E3%81%8A%E3%81%B0").await, ["振込・振替の受付"]);
    assert_eq!(found("text=%E5%9B%BD%E7%A8%8E").await, ["払込の申込み"]);
    assert_eq!(found("text=0098765&amount=11234").await, ["振込・振替の受付"]);
    let wrong = master.get("/admin/history?amount=x&from=y").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["amount", "from"] {
        assert!(wrong.body.contains(&format!("href=\"#{field}\"")), "{field} {}", wrong.body);
    }
    let page = master.get("/admin/history?text=0098765&amount=11234").await;
    let file = page.body.split("href=\"/admin/history/csv").nth(1).unwrap().split('"').next().unwrap();
    let file = master.get(&format!("/admin/history/csv{}", file.replace("&#38;", "&"))).await;
    assert_eq!(file.body.trim_end().lines().count(), 2, "{}", file.body);
    assert!(file.body.contains("11,234 円"), "{}", file.body);
}

/// Proves SEC-29.
async fn a_sign_in_from_a_new_address_is_mailed(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    for (address, expected) in
        [("192.0.2.1:1", 0), ("192.0.2.1:2", 0), ("198.51.100.7:1", 1), ("192.0.2.1:3", 1)]
    {
        browser.address = address.parse().unwrap();
        browser.sign_in(LOGIN_ID, PASSWORD).await;
        browser.sign_out().await;
        let told = mails(&world).await;
        assert_eq!(told.len(), expected, "{address}");
        assert!(
            told.iter()
                .all(|(to, subject)| to == "hanako01@example.jp" && subject.contains("いつもと違う接続元"))
        );
    }
}

/// Proves SEC-25.
async fn a_session_goes_on_when_its_user_says_so(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let home = browser.get("/home").await;
    for words in ["data-warn=\"780\"", "data-end=\"900\"", "操作がないまま15分たつと", "続けて利用する"]
    {
        assert!(home.body.contains(words), "{words}");
    }
    let token = home.token();
    world.clock.advance_seconds(14 * 60);
    let extended = browser.post("/session/extend", &[("csrf", &token)]).await;
    assert_eq!((extended.status, extended.body.as_str()), (StatusCode::NO_CONTENT, ""));
    world.clock.advance_seconds(14 * 60);
    assert_eq!(browser.get("/home").await.status, StatusCode::OK);
    assert_eq!(browser.post("/session/extend", &[("csrf", "x")]).await.status, StatusCode::FORBIDDEN);
    world.clock.advance_seconds(15 * 60);
    let late = browser.post("/session/extend", &[("csrf", &token)]).await;
    assert_eq!(late.location(), "/sign-in?ended=expired");
}
