//! Pay-easy from the collector's number to the history, against a hub that reaches no collector.

use database::testing::{TestDatabase, sqlite};
use domain::{AccountId, UserId};
use http::StatusCode;
use internet_banking::contracts::{AccountKind, Business, NewUser, Plan, Rights, Role, SignInMethod};
use internet_banking::tokens::Seed;

use crate::payeasy_entry::{Entry, bill, code, held, order};
use crate::support::{Browser, PASSWORD, World, add_account, add_user};

const TAX: &str = "00200";
const PRIVATE: &str = "99022";
const SERIAL: &str = "T-0001";
const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);

database::on_both!(
    a_payment_is_made_once_however_often_it_is_sent,
    a_double_click_pays_once,
    a_one_time_password_is_spent_once_by_all_who_share_the_token,
    the_confirmation_password_is_asked_and_locks_after_five_wrong_ones,
    a_review_that_was_overtaken_authorises_nothing,
    no_step_can_be_skipped,
    the_history_is_cut_into_pages_and_ends_after_100_days,
);

/// The review says before the button that nothing can be taken back and whom to ask.
///
/// Proves R104, R107, R108.
async fn a_payment_is_made_once_however_often_it_is_sent(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 123_000)]).await;
    assert_eq!(entry.choose(&mut browser, "B1", 1_001).await.location(), entry.page("review"));
    let review = entry.review(&mut browser).await;
    assert!(review.body.contains("123,000 円を払い込む"));
    assert!(review.body.contains("令和8年11月30日(月)"));
    assert_eq!(review.fields("fee"), ["0"]);
    assert_eq!(review.fields("balance"), ["48,087,953"]);
    for consent in ["取り消しはできません", "領収書は発行されません", "収納機関へお願いします"]
    {
        assert!(review.body.contains(consent), "{consent}");
    }
    for _ in 0..3 {
        let page = entry.press(&mut browser, &review, &[CONFIRMED]).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, entry.page("result").as_str()));
    }
    for step in ["numbers", "bills", "review"] {
        assert_eq!(browser.get(&entry.page(step)).await.location(), entry.page("result"), "back to {step}");
    }
    let result = browser.get(&entry.page("result")).await;
    assert!(result.body.contains("data-state=\"held\""));
    assert!(result.body.contains("払込結果を確認中"), "money is held and nobody has answered");
    assert!(result.body.contains("もう一度払い込まないでください"));
    assert_eq!(result.fields("receipt_number").len(), 1);
    assert_eq!(held(&world).await, 123_000);
}

/// Proves SEC-17.
async fn a_double_click_pays_once(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 500)]).await;
    entry.choose(&mut browser, "B1", 1_001).await;
    let review = entry.review(&mut browser).await;
    let mut clicks = Vec::new();
    for _ in 0..6 {
        let mut tab = world.browser();
        tab.cookies = browser.cookies.clone();
        clicks.push(tab);
    }
    let entry = &entry;
    let review = &review;
    let pages =
        futures(clicks, async |mut tab: Browser| entry.press(&mut tab, review, &[CONFIRMED]).await).await;
    for page in pages {
        assert_eq!(page.location(), entry.page("result"), "{}", page.body);
    }
    assert_eq!(held(&world).await, 500);
}

/// Runs the same work on every tab at the same time, on one task.
async fn futures<T, O>(tabs: Vec<T>, work: impl AsyncFn(T) -> O) -> Vec<O> {
    let mut running: Vec<_> = tabs.into_iter().map(|tab| Box::pin(work(tab))).collect();
    let mut done: Vec<Option<O>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (slot, future) in done.iter_mut().zip(&mut running) {
            if slot.is_none()
                && let std::task::Poll::Ready(answer) = future.as_mut().poll(context)
            {
                *slot = Some(answer);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

async fn with_token(world: &World, login_id: &str) -> UserId {
    let hash = world.bank.passwords.hash(PASSWORD).await.unwrap();
    let user = NewUser {
        contract: world.contract,
        login_id: login_id.to_owned(),
        name: "経理".to_owned(),
        role: Role::General,
        email: None,
        token_serial: Some(SERIAL.to_owned()),
        password_hash: hash.clone(),
        confirmation_hash: hash,
        rights: Rights::all(&world.accounts),
    };
    world.bank.tokens.register(SERIAL, Some(world.contract), &Seed::new([9; 20])).await.unwrap();
    world.bank.contracts.add_user(&user).await.unwrap()
}

/// Proves R51, R53, SEC-11.
async fn a_one_time_password_is_spent_once_by_all_who_share_the_token(test: TestDatabase) {
    let world = World::new(test).await;
    let (mut taro, mut jiro) = (world.browser(), world.browser());
    for (browser, login_id) in [(&mut taro, "taro01"), (&mut jiro, "jiro01")] {
        with_token(&world, login_id).await;
        browser.sign_in(login_id, PASSWORD).await;
    }
    let current = async || world.bank.tokens.current_code(SERIAL, world.clock.now()).await.unwrap();
    let entry = Entry::answered(&world, &mut taro, PRIVATE, &[bill("P1", 700)]).await;
    entry.choose(&mut taro, "P1", 1_001).await;
    let review = entry.review(&mut taro).await;
    assert!(review.body.contains("autocomplete=\"one-time-code\""));
    let left_out = entry.press(&mut taro, &review, &[CONFIRMED]).await;
    assert!(left_out.body.contains("ワンタイムパスワードを入力してください。"), "the form without the field");
    assert_eq!(held(&world).await, 0);
    let now = current().await;
    let paid = entry.press(&mut taro, &review, &[CONFIRMED, ("one_time_password", &now)]).await;
    assert_eq!(paid.location(), entry.page("result"), "{}", paid.body);

    let second = Entry::answered(&world, &mut jiro, PRIVATE, &[bill("P2", 800)]).await;
    second.choose(&mut jiro, "P2", 1_001).await;
    let review = second.review(&mut jiro).await;
    let again = ("repeat", "yes");
    let used = second.press(&mut jiro, &review, &[CONFIRMED, again, ("one_time_password", &now)]).await;
    assert_eq!(code(&used), "T-103", "used by the other who shares the token");
    assert_eq!(held(&world).await, 700);
    world.clock.advance_seconds(60);
    let next = current().await;
    let review = second.review(&mut jiro).await;
    let paid = second.press(&mut jiro, &review, &[CONFIRMED, again, ("one_time_password", &next)]).await;
    assert_eq!(paid.location(), second.page("result"), "{}", paid.body);
    assert_eq!(held(&world).await, 1_500);
}

async fn the_history_is_cut_into_pages_and_ends_after_100_days(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    for number in 0..22 {
        let id = format!("B{number}");
        let entry = Entry::answered(&world, &mut browser, TAX, &[bill(&id, 100 + number)]).await;
        assert_eq!(entry.pay(&mut browser, &id, 1_001).await.location(), entry.page("result"));
        world.clock.advance_seconds(1);
    }
    let first = browser.get("/payeasy/history").await;
    assert_eq!(first.body.matches("<td data-h=\"受付日時\">").count(), 20);
    assert!(first.body.find(">121<").unwrap() < first.body.find(">120<").unwrap(), "newest first");
    let next = first.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = browser.get(&next.replace("&#38;", "&").replace("&amp;", "&")).await;
    assert_eq!(second.body.matches("<td data-h=\"受付日時\">").count(), 2);
    assert!(!second.body.contains("rel=\"next\""));
    assert!(browser.get("/payeasy/history?state=paid").await.body.contains("該当する払込はありません"));
    let detail = first.body.split("<a href=\"/payeasy/payments/").nth(1).unwrap().split('"').next().unwrap();
    let print = browser.get(&format!("/payeasy/payments/{detail}/print")).await;
    assert!(print.body.contains("領収書ではありません") && print.body.contains(detail));
    world.clock.advance_seconds(100 * 24 * 3600);
    let mut browser = world.signed_in().await;
    assert!(browser.get("/payeasy/history").await.body.contains("該当する払込はありません"));
    let home = browser.get("/home").await.body;
    assert_eq!(home.matches("/payeasy/payments/").count(), 10, "open payments stay, however old");
    assert!(home.contains("/payeasy/history?state=checking"), "and there are more");
}

#[tokio::test]
async fn home_names_open_payments_of_the_users_accounts_alone() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let first = Rights::none().with(Business::PayEasy, &world.accounts[..1]);
    add_user(&world.bank, world.contract, "jiro01", Role::General, first).await;
    for (id, account) in [("B1", 1_001), ("B2", 1_002)] {
        let entry = Entry::answered(&world, &mut browser, TAX, &[bill(id, 100)]).await;
        assert_eq!(entry.pay(&mut browser, id, account).await.location(), entry.page("result"));
    }
    assert_eq!(browser.get("/home").await.body.matches("/payeasy/payments/").count(), 2);
    let mut jiro = world.browser();
    jiro.sign_in("jiro01", PASSWORD).await;
    let home = jiro.get("/home").await.body;
    assert_eq!(home.matches("/payeasy/payments/").count(), 1);
    assert!(!home.contains("state=checking"));
}

#[tokio::test]
async fn a_bill_that_anybody_paid_before_is_paid_again_with_a_warning_only() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 100), bill("B2", 100)]).await;
    database::execute!(world.bank.database, "UPDATE inquiry SET generations = '{\"B1\":1}'").unwrap();
    for (id, warned) in [("B1", true), ("B2", false)] {
        entry.choose(&mut browser, id, 1_001).await;
        let review = entry.review(&mut browser).await;
        assert_eq!(review.body.contains("重ねて払い込む場合だけ"), warned, "{id}");
    }
}

/// Proves R103.
#[tokio::test]
async fn every_wrong_collector_has_its_own_words() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let csrf = browser.get("/payeasy/new").await.token();
    for (typed, expected, words) in [
        ("", "P-100", "収納機関番号を入力してください。"),
        ("0020", "P-100", "収納機関番号は 5 けたです。いま 4 けた入力されています。"),
        ("12345", "P-101", "見つかりませんでした"),
        ("99015", "P-102", "オリックス・クレジット"),
        ("99091", "P-103", "テスト収納機関"),
    ] {
        let page = browser.post("/payeasy/new", &[("csrf", &csrf), ("collector", typed)]).await;
        assert_eq!(code(&page), expected, "{typed}");
        assert!(page.body.contains(words), "{typed}");
        assert!(browser.get(&format!("/help/{expected}")).await.body.contains("次にすること"));
    }
    let typed = [("csrf", csrf.as_str()), ("collector", "００－２００")];
    assert!(browser.post("/payeasy/new", &typed).await.location().ends_with("/numbers"));
}

#[tokio::test]
async fn wrong_numbers_are_told_at_the_field_and_the_secret_one_is_not_shown_again() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, TAX).await;
    let page = browser.get(&entry.page("numbers")).await;
    assert!(page.body.contains("納付番号(利用者識別番号)") && page.body.contains("e-Tax"));
    let csrf = page.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("customer_number", "2013 0001 2345 678"),
        ("confirmation_number", "987654"),
        ("payment_category", "7000001234"),
    ];
    let page = browser.post(&entry.page("numbers"), &form).await;
    assert_eq!(code(&page), "P-100");
    assert!(page.body.contains("納付番号は 16 けたです。いま 15 けた入力されています。"));
    assert!(page.body.contains("href=\"#customer_number\"") && page.body.contains("2013 0001 2345 678"));
    assert!(!page.body.contains("987654"));
    let mut form = form;
    form[1].1 = "2013-0001-2345-6789";
    let page = browser.post(&entry.page("numbers"), &form).await;
    assert_eq!(code(&page), "P-207", "the hub reaches no collector");
    assert!(!page.body.contains("987654"));
}

#[tokio::test]
async fn a_closed_collector_says_its_hours() {
    let (world, _network) = World::connected(sqlite().await).await;
    world.clock.advance_seconds(4 * 24 * 3600);
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, TAX).await;
    let csrf = browser.get(&entry.page("numbers")).await.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("customer_number", "2013000123456789"),
        ("confirmation_number", "123456"),
        ("payment_category", "7000001234"),
    ];
    let page = browser.post(&entry.page("numbers"), &form).await;
    assert_eq!(code(&page), "P-104", "a Saturday");
    assert!(page.body.contains("8:30"));
}

/// Proves SEC-19.
async fn no_step_can_be_skipped(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, TAX).await;
    let csrf = browser.get(&entry.page("numbers")).await.token();
    for step in ["bills", "review", "result"] {
        assert_eq!(browser.get(&entry.page(step)).await.location(), entry.page("numbers"), "{step}");
    }
    let form = [("csrf", csrf.as_str()), ("order", "x"), CONFIRMED];
    assert_eq!(browser.post(&entry.page("review"), &form).await.location(), entry.page("numbers"));
    entry.answer(&world, TAX, &[bill("B1", 100)]).await;
    assert_eq!(browser.get(&entry.page("review")).await.location(), entry.page("bills"));
    let page =
        browser.post(&entry.page("bills"), &[("csrf", &csrf), ("bill", "B2"), ("account", "1001")]).await;
    assert_eq!(code(&page), "P-100", "a bill that was not found");
}

#[tokio::test]
async fn what_is_anothers_is_not_there() {
    let world = World::new(sqlite().await).await;
    let mut hanako = world.signed_in().await;
    let entry = Entry::answered(&world, &mut hanako, TAX, &[bill("B1", 900)]).await;
    entry.choose(&mut hanako, "B1", 1_001).await;
    let review = entry.review(&mut hanako).await;
    let payment = format!("/payeasy/payments/{}", order(&review));

    let contracts = &world.bank.contracts;
    let other = contracts.add_contract("見本物産", Plan::Web, SignInMethod::Password).await.unwrap();
    let foreign = AccountId::new(2_001);
    add_account(&world.bank, other, foreign, AccountKind::Ordinary, "7654321").await;
    add_user(&world.bank, other, "other01", Role::Master, Rights::all(&[foreign])).await;
    let second_account = Rights::none().with(Business::PayEasy, &world.accounts[1..]);
    add_user(&world.bank, world.contract, "jiro01", Role::General, second_account).await;
    for login_id in ["other01", "jiro01"] {
        let mut browser = world.browser();
        browser.sign_in(login_id, PASSWORD).await;
        let csrf = browser.get("/payeasy/new").await.token();
        for step in ["numbers", "bills", "review", "result"] {
            assert_eq!(
                browser.get(&entry.page(step)).await.status,
                StatusCode::NOT_FOUND,
                "{login_id} {step}"
            );
        }
        let form = [("csrf", csrf.as_str()), ("order", &order(&review)), CONFIRMED];
        assert_eq!(browser.post(&entry.page("review"), &form).await.status, StatusCode::NOT_FOUND);
        // an account that is not the user's cannot be chosen in the user's own entry
        let own = Entry::answered(&world, &mut browser, TAX, &[bill("B9", 10)]).await;
        assert_eq!(code(&own.choose(&mut browser, "B9", 1_001).await), "P-100", "{login_id}");
    }
    assert_eq!(held(&world).await, 0);
    entry.press(&mut hanako, &review, &[CONFIRMED]).await;
    assert_eq!(hanako.get(&payment).await.status, StatusCode::OK);
    for (login_id, linked) in [("other01", false), ("jiro01", false)] {
        let mut browser = world.browser();
        browser.sign_in(login_id, PASSWORD).await;
        for page in [payment.clone(), format!("{payment}/print")] {
            assert_eq!(browser.get(&page).await.status, StatusCode::NOT_FOUND, "{login_id}");
        }
        let same = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 10)]).await;
        let account = if login_id == "other01" { 2_001 } else { 1_002 };
        if login_id == "other01" {
            crate::support::put(&world.bank.ledger, foreign, 1_000).await;
        }
        let page = same.pay(&mut browser, "B1", account).await;
        assert_eq!(code(&page), "P-306", "the bill is being paid by somebody else");
        assert_eq!(page.body.contains(&payment), linked, "{login_id}");
    }
    let same = Entry::answered(&world, &mut hanako, TAX, &[bill("B1", 900)]).await;
    let page = same.pay(&mut hanako, "B1", 1_001).await;
    assert_eq!(code(&page), "P-306");
    assert!(page.body.contains(&payment), "one's own payment is shown");
    assert_eq!(held(&world).await, 900);
}

/// Whoever has the login password alone moves nothing.
///
/// Proves R10.
async fn the_confirmation_password_is_asked_and_locks_after_five_wrong_ones(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 900)]).await;
    entry.choose(&mut browser, "B1", 1_001).await;
    let review = entry.review(&mut browser).await;
    let left_out = entry.press(&mut browser, &review, &[]).await;
    assert!(left_out.body.contains("確認用パスワードを入力してください。"));
    for left in [4, 3, 2, 1] {
        let page = entry.press(&mut browser, &review, &[("confirmation_password", "wrong")]).await;
        assert_eq!(code(&page), "P-401");
        assert!(page.body.contains(&format!("あと{left}回")));
        assert!(!page.body.contains("\"wrong\""));
    }
    assert_eq!(
        code(&entry.press(&mut browser, &review, &[("confirmation_password", "wrong")]).await),
        "P-402"
    );
    assert_eq!(code(&entry.press(&mut browser, &review, &[CONFIRMED]).await), "P-402");
    assert_eq!(held(&world).await, 0);
}

/// Proves R104.
#[tokio::test]
async fn too_little_money_is_said_with_what_is_available_and_another_account_pays() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 13_000_000)]).await;
    let page = entry.choose(&mut browser, "B1", 1_002).await;
    assert_eq!(code(&page), "P-304");
    assert!(page.body.contains("支払可能額は 12,004,100 円です。"));

    // the money goes between the review and the button
    let second = Entry::answered(&world, &mut browser, TAX, &[bill("B2", 12_004_100)]).await;
    second.choose(&mut browser, "B2", 1_002).await;
    let review = second.review(&mut browser).await;
    let third = Entry::answered(&world, &mut browser, TAX, &[bill("B3", 100)]).await;
    assert_eq!(third.pay(&mut browser, "B3", 1_002).await.location(), third.page("result"));
    let page = second.press(&mut browser, &review, &[CONFIRMED, ("repeat", "yes")]).await;
    assert_eq!(code(&page), "P-304");
    assert!(page.body.contains("支払可能額は 12,004,000 円です。"));
    assert_eq!(second.pay(&mut browser, "B2", 1_001).await.location(), second.page("result"));
    assert_eq!(held(&world).await, 12_004_100);
}

/// Another bill behind the page, then another account, with the same confirmation.
///
/// Proves SEC-15.
async fn a_review_that_was_overtaken_authorises_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    let bills = [bill("B1", 900), bill("B2", 90_000)];
    let entry = Entry::answered(&world, &mut browser, TAX, &bills).await;
    entry.choose(&mut browser, "B1", 1_001).await;
    let first_tab = entry.review(&mut browser).await;
    entry.choose(&mut browser, "B2", 1_001).await;
    let page = entry.press(&mut browser, &first_tab, &[CONFIRMED]).await;
    assert_eq!(code(&page), "P-503");
    assert!(page.body.contains("90,000 円を払い込む"), "what would be paid now is shown");
    entry.choose(&mut browser, "B2", 1_002).await;
    assert_eq!(code(&entry.press(&mut browser, &page, &[CONFIRMED]).await), "P-503");
    assert_eq!(held(&world).await, 0);
    entry.choose(&mut browser, "B2", 1_001).await;
    let page = entry.review(&mut browser).await;
    assert_eq!(entry.press(&mut browser, &page, &[CONFIRMED]).await.location(), entry.page("result"));
    assert_eq!(held(&world).await, 90_000);
}

#[tokio::test]
async fn an_inquiry_lasts_fifteen_minutes_and_an_entry_thirty() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 900)]).await;
    entry.choose(&mut browser, "B1", 1_001).await;
    let review = entry.review(&mut browser).await;
    world.clock.advance_seconds(10 * 60);
    entry.review(&mut browser).await;
    world.clock.advance_seconds(5 * 60);
    assert_eq!(code(&entry.press(&mut browser, &review, &[CONFIRMED]).await), "P-301");
    assert_eq!(code(&browser.get(&entry.page("bills")).await), "P-301");
    assert_eq!(browser.get(&entry.page("numbers")).await.status, StatusCode::OK, "asking again is possible");
    world.clock.advance_seconds(14 * 60);
    browser.get("/home").await;
    world.clock.advance_seconds(60);
    assert_eq!(code(&browser.get(&entry.page("numbers")).await), "P-502");
    assert_eq!(held(&world).await, 0);
}

#[tokio::test]
async fn without_the_right_every_page_is_forbidden() {
    let world = World::new(sqlite().await).await;
    let inquiry = Rights::none().with(Business::Inquiry, &world.accounts);
    add_user(&world.bank, world.contract, "nopay01", Role::Admin, inquiry).await;
    let mut hanako = world.signed_in().await;
    let entry = Entry::begin(&mut hanako, TAX).await;
    let mut browser = world.browser();
    browser.sign_in("nopay01", PASSWORD).await;
    let csrf = browser.get("/home").await.token();
    for path in [
        "/payeasy/new",
        "/payeasy/history",
        "/payeasy/collectors",
        "/payeasy/collectors/00200",
        &entry.page("numbers"),
    ] {
        let page = browser.get(path).await;
        assert_eq!((page.status, code(&page).as_str()), (StatusCode::FORBIDDEN, "P-501"), "{path}");
    }
    for path in ["/payeasy/new".to_owned(), entry.page("numbers"), entry.page("bills"), entry.page("review")]
    {
        let page = browser.post(&path, &[("csrf", &csrf), ("collector", TAX)]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
}
