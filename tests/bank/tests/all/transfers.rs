//! 振込 and 振替 at the browser: what is possible on which day, within which limits, and what each mistake is told as.

use database::testing::{TestDatabase, sqlite};
use database::{execute, read};
use domain::{Timestamp, Yen};
use http::StatusCode;
use internet_banking::contracts::{AccountKind, Plan, Rights, Role, SignInMethod};

use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, World, add_account, add_user, take};
use crate::transfer_entry::{MIZUHO, Transfer, order_of, send};
use internet_banking::transfers::TransferFeed;
use transfers::{Relation, SetTerm, Terms};

database::on_both!(
    an_own_transfer_moves_money_once_with_the_confirmation_password_alone,
    a_typed_payee_costs_a_one_time_password_and_waits_for_another_day,
    a_filed_payee_is_paid_by_its_number_on_the_same_day,
    another_fee_than_the_one_that_was_shown_takes_no_order_and_keeps_the_entry,
    users_who_transfer_at_once_never_pass_the_limit_or_the_funds,
    the_pages_offer_and_take_the_days_that_are_possible_to_the_second,
    reservations_reach_over_closed_days_at_the_browser,
    what_is_confirmed_after_the_cut_off_is_told_at_the_day_with_the_form_kept,
    a_paper_application_alone_lets_no_typed_payee_go_on_the_same_day,
    the_limit_of_the_day_is_reached_to_the_yen,
    the_funds_are_spent_to_the_yen,
    funds_that_tomorrows_reservations_lack_are_told_at_the_review_and_on_the_eve,
    an_entry_that_was_left_is_kept_and_gone_on_with,
);

const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);
const TODAY: &str = "2026-11-24";
const TOMORROW: &str = "2026-11-25";

async fn balances(world: &World) -> [i64; 2] {
    let all = world.bank.ledger.balances(&world.accounts).await.unwrap();
    [all[0].balance.get(), all[1].balance.get()]
}

/// The code of an error that left everything as it was.
fn code(page: &Page) -> String {
    assert!(page.status.is_client_error(), "{} {}", page.status, page.location());
    assert!(page.body.contains("引き落とされていません。"), "{}", page.body);
    page.fields("error_code").first().cloned().unwrap_or_default()
}

fn set_clock(world: &World, at: &str) {
    let at = Timestamp::parse_rfc3339(&format!("{at}+09:00")).unwrap();
    world.clock.advance_seconds(at.seconds_since(world.clock.now()));
}

async fn limit(world: &World, yen: i64) {
    let sql = "UPDATE contract SET transfer_limit = $1 WHERE id = $2";
    execute!(world.bank.database, sql, yen, world.contract.uuid()).unwrap();
}

/// Another company's account at this bank, which the contract has filed under 0001.
pub async fn file_payee(world: &World) {
    let bank = &world.bank;
    let other = bank.contracts.add_contract("青葉", Plan::Web, SignInMethod::Password).await.unwrap();
    add_account(bank, other, domain::AccountId::new(2_001), AccountKind::Current, "7654321").await;
    execute!(
        bank.database,
        "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name, registered_us)
         VALUES ($2, $1, '0001', '9999', '100', 'current', '7654321', 'カ)アオバ', 1)",
        world.contract.uuid(),
        uuid::Uuid::from_u128(1),
    )
    .unwrap();
}

/// Proves R10, R57.
async fn an_own_transfer_moves_money_once_with_the_confirmation_password_alone(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let start = hanako.get("/transfers/own").await;
    assert!(start.body.contains("本日扱いの受付は 16:00 まで、あと"), "{}", start.body);
    let entry = Transfer::own(&mut hanako, "1,000,000", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    assert_eq!(
        (review.fields("amount"), review.fields("fee")),
        (vec!["1,000,000".to_owned()], vec!["0".to_owned()])
    );
    assert!(!review.body.contains("one_time_password"));
    let without = entry.press(&mut hanako, &review, &[]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(balances(&world).await, [48_210_953, 12_004_100]);

    let placed = entry.press(&mut hanako, &review, &[CONFIRMED]).await;
    let order = order_of(&placed);
    assert_eq!(balances(&world).await, [47_210_953, 13_004_100]);
    // sent again, and opened again: the same order
    let twice = entry.press(&mut hanako, &review, &[CONFIRMED]).await;
    assert_eq!(order_of(&twice), order);
    assert_eq!(order_of(&hanako.get(&entry.page("review")).await), order);
    assert_eq!(balances(&world).await, [47_210_953, 13_004_100]);
    let page = hanako.get(&order).await;
    assert_eq!(page.fields("state"), ["完了"]);
    // within the bank nothing is recalled, and what is done is not taken back
    for act in ["cancel", "recall"] {
        assert_eq!(hanako.get(&format!("{order}/{act}")).await.status, StatusCode::CONFLICT, "{act}");
    }
}

/// Proves R52, R82, R86, R88, SEC-22.
async fn a_typed_payee_costs_a_one_time_password_and_waits_for_another_day(test: TestDatabase) {
    let world = World::new(test).await;
    add(&world, "taro01", Role::General, "9000000077", 7).await;
    execute!(world.bank.database, "UPDATE app_user SET email = 'taro@example.jp' WHERE login_id = 'taro01'")
        .unwrap();
    let mut taro = world.browser();
    taro.sign_in("taro01", PASSWORD).await;
    let entry = Transfer::to(&mut taro, MIZUHO).await.ok().unwrap();
    let page = taro.get(&entry.page("details")).await;
    assert!(page.body.contains("ｶ)ｱｵﾊﾞ") && !page.body.contains("value=\"2026-11-24\""), "{}", page.body);
    let today = entry.details(&mut taro, "5000", TODAY).await;
    assert_eq!(code(&today), "F-103");
    assert!(today.body.contains("value=\"5000\""), "the rest of the form is kept");

    assert_eq!(entry.details(&mut taro, "5000", TOMORROW).await.location(), entry.page("review"));
    let review = entry.review(&mut taro).await;
    for words in ["みずほ銀行(0001) 東京営業部(001)", "普通 7654321", "ｶ)ｱｵﾊﾞ", "ｶ)ﾐﾎﾝｼﾖｳｼﾞ", "380"]
    {
        assert!(review.body.contains(words), "{words} in {}", review.body);
    }
    assert_eq!(code(&entry.press(&mut taro, &review, &[CONFIRMED]).await), "T-100");
    let one = fresh(&world, "9000000077").await;
    let secrets = [CONFIRMED, ("one_time_password", one.as_str())];
    let order = order_of(&entry.press(&mut taro, &review, &secrets).await);
    let page = taro.get(&order).await;
    assert_eq!(page.fields("state"), ["予約中"]);
    assert_eq!(page.fields("fee"), ["380"]);
    assert_eq!(balances(&world).await, [48_210_953, 12_004_100], "nothing is held");

    // the same code authorises nothing else
    let next = Transfer::to(&mut taro, MIZUHO).await.ok().unwrap();
    next.details(&mut taro, "6000", TOMORROW).await;
    let review = next.review(&mut taro).await;
    assert_eq!(code(&next.press(&mut taro, &review, &secrets).await), "T-103");

    // a token that is locked leaves no field and no button: nothing that is typed helps
    let wrong = [CONFIRMED, ("one_time_password", "00000x")];
    let review = next.review(&mut taro).await;
    let mut tried = next.press(&mut taro, &review, &wrong).await;
    for _ in 0..4 {
        assert!(code(&tried) == "T-101" && tried.body.contains("value=\"place\""), "{}", tried.body);
        tried = next.press(&mut taro, &review, &wrong).await;
    }
    assert_eq!((code(&tried).as_str(), tried.fields("locked_out").len()), ("T-102", 1));
    assert!(!tried.body.contains("value=\"place\"") && !tried.body.contains("id=\"one_time_password\""));

    // until the day before it is taken back, and may be made again
    assert_eq!(send(&mut taro, &format!("{order}/cancel"), &[CONFIRMED]).await.location(), order);
    let page = taro.get(&order).await;
    assert_eq!(page.fields("state"), ["取消済み"]);
    assert_eq!(page.fields("fee"), ["0"], "what was never carried out costs nothing");
    assert_eq!(page.fields("cancelled"), ["2026年11月24日(火) 10:01 経理 taro01(taro01)"]);
    let again = send_from(&mut taro, &order, &format!("{order}/again")).await;
    let details = taro.get(again.location()).await;
    assert!(details.body.contains("value=\"5000\"") && details.body.contains("ｶ)ｱｵﾊﾞ"), "{}", details.body);
    mails_tell_of_it_once(&world).await;
}

/// No whole account number, and no address to sign in at (SEC-38).
async fn mails_tell_of_it_once(world: &World) {
    for _ in 0..2 {
        let feed = TransferFeed::new(world.bank.transfers.clone(), world.bank.contracts.clone());
        assert!(!feed.step().await.unwrap());
    }
    let mails: Vec<(String, String)> = read!(world.bank.database, |c| {
        sqlx::query_as(
            "SELECT subject, body FROM mail WHERE subject LIKE '%振込%' ORDER BY at_us, subject DESC",
        )
        .fetch_all(c)
        .await
    })
    .unwrap();
    let subjects: Vec<_> = mails.iter().map(|(subject, _)| subject.split('】').nth(1).unwrap()).collect();
    assert_eq!(subjects, ["振込を予約しました", "振込の予約を取り消しました"]);
    let body = &mails[0].1;
    for words in ["みずほ銀行 東京営業部 普通 ****321", "本店営業部 普通 ****567", "5,000 円", "380 円"]
    {
        assert!(body.contains(words), "{words} in {body}");
    }
    assert!(!body.contains("7654321") && !body.contains("1234567") && !body.contains("http"), "{body}");
}

async fn send_from(browser: &mut Browser, page: &str, path: &str) -> Page {
    let csrf = browser.get(page).await.token();
    browser.post(path, &[("csrf", &csrf)]).await
}

/// Proves R57, R81, R83, R87.
async fn a_filed_payee_is_paid_by_its_number_on_the_same_day(test: TestDatabase) {
    let world = World::new(test).await;
    file_payee(&world).await;
    let mut hanako = world.signed_in().await;
    let none = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0002")]).await.err().unwrap();
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let entry = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0001")]).await.ok().unwrap();
    assert_eq!(entry.details(&mut hanako, "30000", TODAY).await.location(), entry.page("review"));
    let review = entry.review(&mut hanako).await;
    assert!(!review.body.contains("one_time_password"));
    // another company has the number by now: what was looked at is not paid
    let sql = "UPDATE contract_payee SET account_number = '1111111' WHERE contract = $1";
    execute!(world.bank.database, sql, world.contract.uuid()).unwrap();
    assert_eq!(code(&entry.press(&mut hanako, &review, &[CONFIRMED]).await), "F-109");
    let sql = "UPDATE contract_payee SET account_number = '7654321' WHERE contract = $1";
    execute!(world.bank.database, sql, world.contract.uuid()).unwrap();
    let order = order_of(&entry.press(&mut hanako, &review, &[CONFIRMED]).await);
    assert_eq!(hanako.get(&order).await.fields("state"), ["完了"]);
    assert_eq!(balances(&world).await[0], 48_210_953 - 30_000, "its fee is debited later");
    // the last payees offer it again
    let page = hanako.get("/transfers/new").await;
    assert_eq!(page.body.matches("へもう一度振り込む").count(), 1);
    // who may not use the account sees nothing of it
    add_user(&world.bank, world.contract, "jiro01", Role::General, Rights::all(&world.accounts[1..])).await;
    let mut jiro = world.browser();
    jiro.sign_in("jiro01", PASSWORD).await;
    assert_eq!(jiro.get(&order).await.status, StatusCode::NOT_FOUND);
}

/// The table changes while the page is open: nothing is taken and no one-time password spent, the page shows the new
/// fee at once, and what it showed before authorises nothing.
///
/// Proves R84.
async fn another_fee_than_the_one_that_was_shown_takes_no_order_and_keeps_the_entry(test: TestDatabase) {
    let world = World::new(test).await;
    add(&world, "taro01", Role::General, "9000000077", 7).await;
    let mut taro = world.browser();
    taro.sign_in("taro01", PASSWORD).await;
    let entry = Transfer::to(&mut taro, MIZUHO).await.ok().unwrap();
    entry.details(&mut taro, "29999", TOMORROW).await;
    let review = entry.review(&mut taro).await;
    assert_eq!(review.fields("fee"), ["380"]);
    let dearer = SetTerm::Fee(Relation::OtherBank, [Yen::new(400), Yen::new(600)]);
    let terms = Terms::embedded().with(&[(TOMORROW.parse().unwrap(), dearer)]);
    world.bank.transfers.terms().replace(terms);
    let one = fresh(&world, "9000000077").await;
    let secrets = [CONFIRMED, ("one_time_password", one.as_str())];
    let page = entry.press(&mut taro, &review, &secrets).await;
    assert_eq!(code(&page), "F-114");
    assert_eq!(page.fields("fee"), ["400"]);
    assert!(page.body.contains("いまの手数料は 400 円です。"), "{}", page.body);
    assert_eq!(code(&entry.press(&mut taro, &review, &secrets).await), "F-110", "the former page");
    // the same password is still good, and the amount may be changed as well
    entry.details(&mut taro, "30000", TOMORROW).await;
    let review = entry.review(&mut taro).await;
    assert_eq!(review.fields("fee"), ["600"]);
    let order = order_of(&entry.press(&mut taro, &review, &secrets).await);
    assert_eq!(taro.get(&order).await.fields("fee"), ["600"]);
    let help = taro.get("/help/F-114").await;
    assert!(help.body.contains("振込手数料の変更"), "{}", help.body);
}

/// The second before each cut-off and the cut-off itself; the fourteenth business day and the day after.
///
/// Proves R85, R88.
async fn the_pages_offer_and_take_the_days_that_are_possible_to_the_second(test: TestDatabase) {
    let world = World::new(test).await;
    let sql = "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name,
         registered_us) VALUES ($2, $1, '0002', '0001', '001', 'ordinary', '7654321', 'カ)アオバ', 1)";
    execute!(world.bank.database, sql, world.contract.uuid(), uuid::Uuid::from_u128(2)).unwrap();
    for (at, own, filed) in [
        ("2026-11-24T14:59:59", true, true),
        ("2026-11-24T15:00:00", true, false),
        ("2026-11-24T15:59:59", true, false),
        ("2026-11-24T16:00:00", false, false),
    ] {
        set_clock(&world, at);
        let mut hanako = world.signed_in().await;
        let page = hanako.get("/transfers/own").await;
        assert_eq!(page.body.contains("value=\"2026-11-24\""), own, "{at}");
        match Transfer::own(&mut hanako, "1", TODAY).await {
            Ok(_) => assert!(own, "{at}"),
            Err(page) => assert_eq!((code(&page).as_str(), own), ("F-102", false), "{at}"),
        }
        let entry = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0002")]).await.ok().unwrap();
        let page = entry.details(&mut hanako, "1", TODAY).await;
        assert_eq!(page.location() == entry.page("review"), filed, "{at}");
        if !filed {
            assert_eq!(code(&page), "F-102");
        }
        // 14 business days after 24 November 2026 is 14 December
        for (day, taken) in
            [("2026-12-14", true), ("2026-12-15", false), ("2026-11-28", false), ("2026-11-23", false)]
        {
            let page = entry.details(&mut hanako, "1", day).await;
            assert_eq!(page.location() == entry.page("review"), taken, "{day}");
            assert!(taken || code(&page) == "F-101", "{day}");
        }
    }
}

/// Over the year's end, in May, and at both equinoxes: the form offers from the next business day to the fourteenth,
/// takes both, and neither a closed day between them nor the day after.
///
/// Proves R88.
async fn reservations_reach_over_closed_days_at_the_browser(test: TestDatabase) {
    let world = World::new(test).await;
    for (now, first, closed, last, too_far) in [
        ("2026-12-28", "2026-12-29", "2026-12-31", "2027-01-20", "2027-01-21"),
        ("2026-12-31", "2027-01-04", "2027-01-03", "2027-01-22", "2027-01-25"),
        ("2027-03-19", "2027-03-23", "2027-03-22", "2027-04-09", "2027-04-12"),
        ("2027-04-28", "2027-04-30", "2027-05-05", "2027-05-24", "2027-05-25"),
        ("2027-09-17", "2027-09-21", "2027-09-23", "2027-10-12", "2027-10-13"),
        // asked for on the closed day itself, it says why nothing is of the day
        ("2027-09-23", "2027-09-24", "2027-09-23", "2027-10-14", "2027-10-15"),
    ] {
        set_clock(&world, &format!("{now}T17:00:00"));
        let mut hanako = world.signed_in().await;
        let page = hanako.get("/transfers/own").await.body;
        let offered = |day: &str| page.contains(&format!("value=\"{day}\""));
        assert_eq!([first, last, closed, too_far].map(offered), [true, true, false, false], "{now}");
        let is_open = domain::calendar::is_business_day(now.parse().unwrap());
        let why = if is_open {
            "本日扱いの受付は終わりました。"
        } else {
            "本日は銀行の休業日です。"
        };
        assert!(page.contains(why), "{now} {page}");
        for (day, taken) in [(first, true), (last, true), (closed, false), (too_far, false)] {
            match Transfer::own(&mut hanako, "1", day).await {
                Ok(_) => assert!(taken, "{now} {day}"),
                Err(page) => assert_eq!((code(&page).as_str(), taken), ("F-101", false), "{now} {day}"),
            }
        }
    }
}

/// A page that was reviewed before the cut-off takes no order after it.
///
/// Proves R85.
async fn what_is_confirmed_after_the_cut_off_is_told_at_the_day_with_the_form_kept(test: TestDatabase) {
    let world = World::new(test).await;
    set_clock(&world, "2026-11-24T15:50:00");
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "777", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    set_clock(&world, "2026-11-24T16:00:00");
    let page = entry.press(&mut hanako, &review, &[CONFIRMED]).await;
    assert_eq!(code(&page), "F-102");
    assert!(page.body.contains("id=\"day-error\"") && page.body.contains("value=\"777\""), "{}", page.body);
    assert_eq!(balances(&world).await, [48_210_953, 12_004_100]);
    // the next day is chosen already: one press leads on
    assert!(page.body.contains("予約に変えてあります"), "{}", page.body);
    assert!(page.body.contains("value=\"2026-11-25\" selected"), "{}", page.body);
    assert_eq!(page.body.matches(" selected").count(), 1);
}

/// The paper application alone is not enough: the contract signs in by password.
///
/// Proves R86, SEC-22.
async fn a_paper_application_alone_lets_no_typed_payee_go_on_the_same_day(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let sql = "UPDATE contract SET same_day = 1 WHERE id = $1";
    execute!(world.bank.database, sql, world.contract.uuid()).unwrap();
    let entry = Transfer::to(&mut hanako, MIZUHO).await.ok().unwrap();
    assert_eq!(code(&entry.details(&mut hanako, "1", TODAY).await), "F-103");
}

/// To the yen, over orders of any day, and given back by a cancellation of the day.
///
/// Proves R96, R97.
async fn the_limit_of_the_day_is_reached_to_the_yen(test: TestDatabase) {
    let world = World::new(test).await;
    limit(&world, 1_000).await;
    let mut hanako = world.signed_in().await;
    let reserved = Transfer::own(&mut hanako, "400", TOMORROW).await.ok().unwrap();
    let order = order_of(&reserved.confirm(&mut hanako).await);
    let over = Transfer::own(&mut hanako, "601", TODAY).await.err().unwrap();
    assert_eq!(code(&over), "F-104");
    for words in
        ["限度額は 1,000 円、本日すでに 400 円", "あと 600 円まで", "id=\"amount-error\"", "value=\"601\""]
    {
        assert!(over.body.contains(words), "{words} in {}", over.body);
    }
    let last = Transfer::own(&mut hanako, "600", TODAY).await.ok().unwrap();
    order_of(&last.confirm(&mut hanako).await);
    assert!(Transfer::own(&mut hanako, "1", TODAY).await.is_err());
    send(&mut hanako, &format!("{order}/cancel"), &[CONFIRMED]).await;
    assert!(Transfer::own(&mut hanako, "400", TODAY).await.is_ok(), "the cancellation gave it back");
    assert!(Transfer::own(&mut hanako, "401", TODAY).await.is_err());
    // another day has its own
    set_clock(&world, "2026-11-25T10:00:00");
    let mut hanako = world.signed_in().await;
    assert!(Transfer::own(&mut hanako, "1000", "2026-11-25").await.is_ok());
}

/// All that can be paid is paid, and not a yen more.
async fn the_funds_are_spent_to_the_yen(test: TestDatabase) {
    let world = World::new(test).await;
    limit(&world, 100_000_000).await;
    let mut hanako = world.signed_in().await;
    for (amount, lacking) in [("48210954", "1 円足りません"), ("48210955", "2 円足りません")] {
        let over = Transfer::own(&mut hanako, amount, TODAY).await.err().unwrap();
        assert_eq!(code(&over), "F-105");
        assert!(over.body.contains(lacking) && over.body.contains("id=\"account-error\""), "{}", over.body);
    }
    let all = Transfer::own(&mut hanako, "48210953", TODAY).await.ok().unwrap();
    order_of(&all.confirm(&mut hanako).await);
    assert_eq!(balances(&world).await, [0, 12_004_100 + 48_210_953]);
    assert_eq!(code(&Transfer::own(&mut hanako, "1", TODAY).await.err().unwrap()), "F-105");
}

/// All of a day's reservations from the account count, and nobody is told twice.
async fn funds_that_tomorrows_reservations_lack_are_told_at_the_review_and_on_the_eve(test: TestDatabase) {
    let world = World::new(test).await;
    limit(&world, 100_000_000).await;
    add_user(&world.bank, world.contract, "master01", Role::Master, Rights::none()).await;
    let mut hanako = world.signed_in().await;
    let short = async |hanako: &mut Browser, amount: &str, day: &str| {
        let entry = Transfer::own(hanako, amount, day).await.ok().unwrap();
        let short = entry.review(hanako).await.fields("short");
        order_of(&entry.confirm(hanako).await);
        short
    };
    assert_eq!(short(&mut hanako, "30000000", TOMORROW).await, Vec::<String>::new());
    assert_eq!(short(&mut hanako, "18210953", TOMORROW).await, Vec::<String>::new(), "to the yen");
    let feed = || TransferFeed::new(world.bank.transfers.clone(), world.bank.contracts.clone());
    assert_eq!(feed().look_ahead().await.unwrap(), 0);
    assert!(short(&mut hanako, "1", TOMORROW).await.concat().contains("では、1 円足りません"));
    assert_eq!(short(&mut hanako, "1", "2026-11-26").await, Vec::<String>::new(), "another day's are others");
    let one = feed();
    assert_eq!((one.look_ahead().await.unwrap(), one.look_ahead().await.unwrap()), (1, 0), "once a day");
    feed().look_ahead().await.unwrap();
    let mails: Vec<String> = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT body FROM mail WHERE id LIKE 'transfer-eve-%'").fetch_all(c).await
    })
    .unwrap();
    assert_eq!(mails.len(), 1, "whatever process looks");
    for words in ["2026年11月25日(水)", "3件 48,210,954 円", "48,210,953 円", "足りない金額", "1 円"]
    {
        assert!(mails[0].contains(words), "{words} in {}", mails[0]);
    }
    assert!(!mails[0].contains("1234567"));
    take(&world.bank.ledger, world.accounts[0], 48_210_953).await;
    for (at, count) in [("2026-11-25T09:59:59", 0), ("2026-11-25T10:00:00", 1)] {
        set_clock(&world, at);
        assert_eq!(feed().look_ahead().await.unwrap(), count, "{at}");
    }
}

/// Without any policy of approval, too: for seventy days from the last step on, until it is an order or is deleted.
async fn an_entry_that_was_left_is_kept_and_gone_on_with(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "1,000", TOMORROW).await.ok().unwrap();
    let unwanted = Transfer::to(&mut hanako, MIZUHO).await.ok().unwrap();
    let page = hanako.get("/home").await;
    assert_eq!(page.fields("left"), ["入力の途中", "入力の途中"]);
    assert!(page.body.contains(&entry.page("review")) && page.body.contains(&unwanted.page("details")));
    let overview = hanako.get("/transfers").await;
    assert_eq!(overview.fields("entry").len(), 2);
    let id = unwanted.0.rsplit('/').next().unwrap().to_owned();
    let csrf = overview.token();
    let deleted = hanako.post("/transfers", &[("csrf", &csrf), ("entry", &id)]).await;
    assert_eq!(deleted.location(), "/transfers");
    assert_eq!(hanako.get(&unwanted.page("details")).await.status, StatusCode::NOT_FOUND);
    // three days at home, and seventy in the overview; a step counts anew
    world.clock.advance_seconds(3 * 86_400 + 1);
    let mut hanako = world.signed_in().await;
    assert!(hanako.get("/home").await.fields("left").is_empty());
    assert_eq!(hanako.get("/transfers").await.fields("entry").len(), 1);
    let fields = [("account", "1001"), ("to", "1002"), ("amount", "1000"), ("day", "2026-12-01")];
    assert_eq!(send(&mut hanako, &entry.page("details"), &fields).await.location(), entry.page("review"));
    assert_eq!(hanako.get("/home").await.fields("left"), ["入力の途中"]);
    world.clock.advance_seconds(70 * 86_400 - 1);
    let mut hanako = world.signed_in().await;
    let last = hanako.get("/transfers").await;
    assert_eq!(last.fields("entry").len(), 1, "the seventieth day");
    assert!(last.body.contains("2027年2月5日(金)"), "until when, and of which year: {}", last.body);
    world.clock.advance_seconds(1);
    let mut hanako = world.signed_in().await;
    assert!(hanako.get("/transfers").await.fields("entry").is_empty());
    assert_eq!(code(&hanako.get(&entry.page("details")).await), "F-111");
    // what became an order is left by nobody
    let own = Transfer::own(&mut hanako, "5", "2027-02-10").await.ok().unwrap();
    order_of(&own.confirm(&mut hanako).await);
    assert!(hanako.get("/transfers").await.fields("entry").is_empty());
}

/// What it is about may not be more than there is; and each mistake stands at its field.
#[tokio::test]
async fn mistakes_stand_at_their_fields_with_the_rest_of_the_form() {
    let world = World::new(sqlite().await).await;
    let mut hanako = world.signed_in().await;
    let page = Transfer::own(&mut hanako, "48210954", TODAY).await.err().unwrap();
    assert_eq!(code(&page), "F-105");
    assert!(
        page.body.contains("支払可能額は 48,210,953 円で、1 円足りません")
            && page.body.contains("id=\"account-error\"")
    );
    assert!(Transfer::own(&mut hanako, "48210953", TODAY).await.is_ok());
    // eleven digits are an amount, and twelve are none
    assert_eq!(code(&Transfer::own(&mut hanako, "99999999999", TODAY).await.err().unwrap()), "F-104");
    let page = Transfer::own(&mut hanako, "100000000000", TODAY).await.err().unwrap();
    assert_eq!(code(&page), "P-100");
    assert!(page.body.contains("金額は 99,999,999,999 円までです"), "{}", page.body);
    let same = [("account", "1001"), ("to", "1001"), ("amount", "1"), ("day", TODAY)];
    assert_eq!(code(&send(&mut hanako, "/transfers/own", &same).await), "F-107");
    // beside another mistake it is told at once
    let both = [("account", "1001"), ("to", "1001"), ("amount", "x"), ("day", TODAY)];
    let page = send(&mut hanako, "/transfers/own", &both).await;
    assert!(
        page.body.contains("id=\"to-error\"") && page.body.contains("id=\"amount-error\""),
        "{}",
        page.body
    );
    for (field, value, words) in [
        ("bank", "9998", "銀行番号「9998」の金融機関はありません"),
        ("branch", "999", "みずほ銀行に「999」の支店は見つかりません"),
        ("number", "12345678", "口座番号"),
        ("holder", "青葉・カ", "「・」は使えません。代わりに「.」"),
    ] {
        let fields: Vec<_> =
            MIZUHO.iter().map(|(name, kept)| (*name, if *name == field { value } else { *kept })).collect();
        let page = Transfer::to(&mut hanako, &fields).await.err().unwrap();
        assert_eq!(code(&page), "P-100");
        assert!(
            page.body.contains(&format!("id=\"{field}-error\"")) && page.body.contains(words),
            "{}",
            page.body
        );
        let kept = if field == "holder" { "value=\"7654321\"" } else { "value=\"カ)アオバ\"" };
        assert!(page.body.contains(kept), "{}", page.body);
    }
    let nobody = [
        ("action", "typed"),
        ("bank", "9999"),
        ("branch", "100"),
        ("kind", "ordinary"),
        ("number", "1111111"),
        ("holder", "ア"),
    ];
    assert_eq!(code(&Transfer::to(&mut hanako, &nobody).await.err().unwrap()), "F-106");
}

/// A stop that is there comes first, whatever page is open (SEC-43).
#[tokio::test]
async fn a_stopped_service_takes_no_order() {
    let world = World::new(sqlite().await).await;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "1", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    let sql = "INSERT INTO emergency_stop (id, scope, subject, reason, actor, at_us)
        VALUES ($1, 'service', 'transfer', 'x', 'staff:x', 1)";
    execute!(world.bank.database, sql, uuid::Uuid::from_u128(1)).unwrap();
    assert_eq!(code(&entry.press(&mut hanako, &review, &[CONFIRMED]).await), "C-102");
    assert_eq!(balances(&world).await, [48_210_953, 12_004_100]);
}

/// Ten users press at once: what is taken is at most the limit, and where funds are the smaller, at most these.
async fn users_who_transfer_at_once_never_pass_the_limit_or_the_funds(test: TestDatabase) {
    let world = World::new(test).await;
    limit(&world, 5_500).await;
    let mut people = Vec::new();
    for number in 0..10 {
        let login_id = format!("user-{number:02}");
        add_user(&world.bank, world.contract, &login_id, Role::General, Rights::all(&world.accounts)).await;
        let mut browser = world.browser();
        browser.sign_in(&login_id, PASSWORD).await;
        people.push(browser);
    }
    press_at_once(&mut people, "1000").await;
    assert_eq!(balances(&world).await[0], 48_210_953 - 5_000, "five fit below the limit");
    limit(&world, 100_000_000).await;
    press_at_once(&mut people, "20000000").await;
    assert_eq!(balances(&world).await[0], 48_205_953 - 40_000_000, "two fit into the funds");
}

async fn press_at_once(people: &mut [Browser], amount: &str) {
    let mut ready = Vec::new();
    for browser in people {
        let mut browser = browser.clone();
        let entry = Transfer::own(&mut browser, amount, TODAY).await.ok().unwrap();
        let review = entry.review(&mut browser).await;
        ready.push((browser, entry, review));
    }
    let mut pressed = tokio::task::JoinSet::new();
    for (mut browser, entry, review) in ready {
        pressed.spawn(async move { entry.press(&mut browser, &review, &[CONFIRMED]).await.status });
    }
    for status in pressed.join_all().await {
        assert!(status.is_redirection() || status == StatusCode::UNPROCESSABLE_ENTITY, "{status}");
    }
}
