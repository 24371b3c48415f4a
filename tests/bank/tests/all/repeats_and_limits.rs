//! The last look before the money moves: a bill that looks paid already, and what may be paid in a day.

use database::testing::{TestDatabase, sqlite};
use domain::{ContractId, Timestamp, Yen};
use http::StatusCode;
use internet_banking::contracts::{NewUser, Plan, Rights, Role, SignInMethod};
use internet_banking::tokens::Seed;

use crate::payeasy_entry::{Entry, bill, code, held};
use crate::support::{Browser, PASSWORD, Page, World, add_user};

database::on_both!(
    paying_under_the_same_numbers_again_needs_a_tick_and_is_not_refused,
    the_contracts_limit_is_told_with_what_is_used_and_left,
    a_master_lowers_a_users_limit_with_a_one_time_password_and_it_holds_at_once,
    an_administrator_sets_neither_the_own_limit_nor_the_masters,
);

const TAX: &str = "00200";
const PRIVATE: &str = "99022";
const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);

/// A user of the contract with a token of the own.
pub async fn add(world: &World, login_id: &str, role: Role, serial: &str, seed: u8) -> domain::UserId {
    let hash = world.bank.passwords.hash(PASSWORD).await.unwrap();
    let user = NewUser {
        contract: world.contract,
        login_id: login_id.to_owned(),
        name: format!("経理 {login_id}"),
        role,
        email: None,
        token_serial: Some(serial.to_owned()),
        password_hash: hash.clone(),
        confirmation_hash: hash,
        rights: Rights::all(&world.accounts),
    };
    world.bank.tokens.register(serial, Some(world.contract), &Seed::new([seed; 20])).await.unwrap();
    world.bank.contracts.add_user(&user).await.unwrap()
}

/// A fresh code of a token.
pub async fn fresh(world: &World, serial: &str) -> String {
    world.clock.advance_seconds(60);
    world.bank.tokens.current_code(serial, world.clock.now()).await.unwrap()
}

async fn repeated(browser: &mut Browser, entry: &Entry, review: &Page) -> Page {
    entry.press(browser, review, &[CONFIRMED, ("repeat", "yes")]).await
}

/// A warning with date, time and amount, whoever of the contract paid from whatever account.
async fn paying_under_the_same_numbers_again_needs_a_tick_and_is_not_refused(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let first = Entry::answered(&world, &mut hanako, TAX, &[bill("B1", 1_000)]).await;
    first.choose(&mut hanako, "B1", 1_002).await;
    let review = first.review(&mut hanako).await;
    assert!(!review.body.contains("name=\"repeat\""), "the first needs no tick");
    assert_eq!(first.press(&mut hanako, &review, &[CONFIRMED]).await.location(), first.page("result"));

    // a colleague, who may use the other account only
    add_user(&world.bank, world.contract, "taro01", Role::General, Rights::all(&world.accounts[..1])).await;
    let mut taro = world.browser();
    taro.sign_in("taro01", PASSWORD).await;
    world.clock.advance_seconds(60);
    let again = Entry::answered(&world, &mut taro, TAX, &[bill("B2", 2_000)]).await;
    again.choose(&mut taro, "B2", 1_001).await;
    let review = again.review(&mut taro).await;
    for words in ["すでに1件あります", "2026年11月24日(火) 10:00", "1,000 円", "/payeasy/history"]
    {
        assert!(review.body.contains(words), "{words} in {}", review.body);
    }
    let page = again.press(&mut taro, &review, &[CONFIRMED]).await;
    assert_eq!((page.status, code(&page)), (StatusCode::UNPROCESSABLE_ENTITY, "P-310".to_owned()));
    assert_eq!(held(&world).await, 0, "nothing without the tick");
    let review = again.review(&mut taro).await;
    let paid = repeated(&mut taro, &again, &review).await;
    assert_eq!(paid.location(), again.page("result"), "{}", paid.body);
    assert_eq!(held(&world).await, 2_000);
}

/// The first of the month three months ago counts, and the last of the month before does not.
#[tokio::test]
async fn payments_count_as_earlier_from_the_first_of_the_month_three_months_ago() {
    for (days_later, warned) in [(1, true), (96, true), (97, false)] {
        // the first payment is of 24 November 2026: 28 February 2027 is 96 days later, and 1 March 97
        let world = World::new(sqlite().await).await;
        let mut browser = world.signed_in().await;
        let first = Entry::answered(&world, &mut browser, TAX, &[bill("B1", 1_000)]).await;
        first.pay(&mut browser, "B1", 1_001).await;
        world.clock.advance_seconds(days_later * 24 * 3600);
        let mut browser = world.signed_in().await;
        let later = Entry::answered(&world, &mut browser, TAX, &[bill("B2", 2_000)]).await;
        later.choose(&mut browser, "B2", 1_001).await;
        let review = later.review(&mut browser).await;
        assert_eq!(review.body.contains("name=\"repeat\""), warned, "{days_later} days later");
    }
}

async fn the_contracts_limit_is_told_with_what_is_used_and_left(test: TestDatabase) {
    let world = World::new(test).await;
    add(&world, "taro01", Role::General, "T-0001", 9).await;
    let mut taro = world.browser();
    taro.sign_in("taro01", PASSWORD).await;
    let first = Entry::answered(&world, &mut taro, PRIVATE, &[bill("P1", 9_000_000)]).await;
    first.choose(&mut taro, "P1", 1_001).await;
    let review = first.review(&mut taro).await;
    let code_now = fresh(&world, "T-0001").await;
    let paid = first.press(&mut taro, &review, &[CONFIRMED, ("one_time_password", &code_now)]).await;
    assert_eq!(paid.location(), first.page("result"), "{}", paid.body);

    let second = Entry::answered(&world, &mut taro, PRIVATE, &[bill("P2", 1_000_001)]).await;
    second.choose(&mut taro, "P2", 1_001).await;
    let review = second.review(&mut taro).await;
    let code_now = fresh(&world, "T-0001").await;
    let secrets = [CONFIRMED, ("one_time_password", &*code_now), ("repeat", "yes")];
    let page = second.press(&mut taro, &review, &secrets).await;
    assert_eq!(code(&page), "P-309");
    for words in
        ["ご契約の限度額 10,000,000 円", "9,000,000 円", "残りは 1,000,000 円", "2026年11月25日(水) 0:00"]
    {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    // a tax has no limit
    let tax = Entry::answered(&world, &mut taro, TAX, &[bill("B1", 20_000_000)]).await;
    assert_eq!(tax.pay(&mut taro, "B1", 1_001).await.location(), tax.page("result"));
    let exact = Entry::answered(&world, &mut taro, PRIVATE, &[bill("P3", 1_000_000)]).await;
    exact.choose(&mut taro, "P3", 1_001).await;
    let review = exact.review(&mut taro).await;
    let code_now = fresh(&world, "T-0001").await;
    let secrets = [CONFIRMED, ("one_time_password", &*code_now), ("repeat", "yes")];
    assert_eq!(exact.press(&mut taro, &review, &secrets).await.location(), exact.page("result"));
    let limits = taro.get("/payeasy/limits").await;
    assert_eq!(limits.fields("contract_used"), ["10,000,000"]);
    assert_eq!(limits.fields("contract_left"), ["0"]);
    assert_eq!(limits.fields("user_limit"), ["ご契約と同じ"], "the own one alone");
}

/// Proves SEC-23.
async fn a_master_lowers_a_users_limit_with_a_one_time_password_and_it_holds_at_once(test: TestDatabase) {
    let world = World::new(test).await;
    let taro_id = add(&world, "taro01", Role::General, "T-0001", 9).await;
    add(&world, "master1", Role::Master, "T-0002", 8).await;
    let (mut taro, mut master) = (world.browser(), world.browser());
    taro.sign_in("taro01", PASSWORD).await;
    master.sign_in("master1", PASSWORD).await;
    let address = "UPDATE app_user SET email = 'taro@example.jp' WHERE login_id = 'taro01'";
    database::execute!(world.bank.database, address).unwrap();
    let page = format!("/payeasy/limits/{taro_id}");
    assert_eq!(taro.get(&page).await.status, StatusCode::FORBIDDEN, "nobody sets the own one");
    let form = master.get(&page).await;
    let code_now = fresh(&world, "T-0002").await;
    let set = async |master: &mut Browser, limit: &str, code: &str| {
        let csrf = form.token();
        master.post(&page, &[("csrf", &csrf), ("limit", limit), ("one_time_password", code)]).await
    };
    assert_eq!(code(&set(&mut master, "10,000,001", &code_now).await), "P-100");
    assert_eq!(code(&set(&mut master, "5000", "000000").await), "T-101");
    assert_eq!(code(&set(&mut master, "5000", "").await), "T-100");
    let done = set(&mut master, "5,000", &code_now).await;
    assert_eq!(done.location(), "/payeasy/limits?done=changed", "{}", done.body);
    assert_eq!(code(&set(&mut master, "9000", &code_now).await), "T-103", "a code changes one limit");
    assert!(master.get("/payeasy/limits").await.fields("user_limit").contains(&"5,000".to_owned()));

    let entry = Entry::answered(&world, &mut taro, PRIVATE, &[bill("P1", 5_001)]).await;
    entry.choose(&mut taro, "P1", 1_001).await;
    let review = entry.review(&mut taro).await;
    let code_now = fresh(&world, "T-0001").await;
    let refused = entry.press(&mut taro, &review, &[CONFIRMED, ("one_time_password", &code_now)]).await;
    assert_eq!(code(&refused), "P-309");
    assert!(refused.body.contains("ご利用の方の1日の限度額 5,000 円を1件で超えています"), "{}", refused.body);

    let told: i64 = database::read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM mail WHERE id LIKE 'payeasy-limit-%'").fetch_one(c).await
    })
    .unwrap();
    assert_eq!(told, 1, "the user; the master has no address");
    let code_now = fresh(&world, "T-0002").await;
    assert_eq!(set(&mut master, "", &code_now).await.location(), "/payeasy/limits?done=changed");
    // more comes the next business day, and not at all where less is set before
    let of = async || {
        let limit = world.bank.limits.of(world.contract, taro_id).await.unwrap();
        assert_eq!(limit.contract, Yen::new(10_000_000));
        limit.user.map(Yen::get)
    };
    assert_eq!(of().await, Some(5_000));
    assert_eq!(master.get("/payeasy/limits").await.fields("next_limit"), ["11月25日(水)から ご契約と同じ"]);
    let code_now = fresh(&world, "T-0002").await;
    assert_eq!(set(&mut master, "4000", &code_now).await.location(), "/payeasy/limits?done=changed");
    assert_eq!(of().await, Some(4_000));
    assert!(master.get("/payeasy/limits").await.fields("next_limit").is_empty());
    let midnight = |day: &str| Timestamp::parse_rfc3339(&format!("{day}T00:00:00+09:00")).unwrap();
    let until = |at: Timestamp| (at.micros() - world.clock.now().micros()) / 1_000_000;
    world.clock.advance_seconds(until(midnight("2026-11-25")) + 36_000);
    assert_eq!(of().await, Some(4_000), "the drop of before was given up");
    let mut master = world.browser();
    master.sign_in("master1", PASSWORD).await;
    let (form, code_now) = (master.get(&page).await, fresh(&world, "T-0002").await);
    let sent = [("csrf", &*form.token()), ("limit", ""), ("one_time_password", &code_now)];
    assert_eq!(master.post(&page, &sent).await.location(), "/payeasy/limits?done=changed");
    world.clock.advance_seconds(until(midnight("2026-11-26")) - 1);
    assert_eq!(of().await, Some(4_000), "a second before the day");
    world.clock.advance_seconds(2);
    assert_eq!(of().await, None);
    world.clock.advance_seconds(36_000);
    let mut master = world.browser();
    master.sign_in("master1", PASSWORD).await;

    let foreign: ContractId =
        world.bank.contracts.add_contract("別の会社", Plan::Web, SignInMethod::Password).await.unwrap();
    let stranger = add_user(&world.bank, foreign, "other01", Role::General, Rights::none()).await;
    assert_eq!(master.get(&format!("/payeasy/limits/{stranger}")).await.status, StatusCode::NOT_FOUND);
}

async fn an_administrator_sets_neither_the_own_limit_nor_the_masters(test: TestDatabase) {
    let world = World::new(test).await;
    let master = add(&world, "master1", Role::Master, "T-0001", 1).await;
    let admin = add(&world, "admin01", Role::Admin, "T-0002", 2).await;
    let other = add(&world, "admin02", Role::Admin, "T-0003", 3).await;
    for user in [admin, other] {
        let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, 'limits')";
        database::execute!(world.bank.database, sql, user.uuid()).unwrap();
    }
    let mut browser = world.browser();
    browser.sign_in("admin01", PASSWORD).await;
    let general = format!("/payeasy/limits/{}", world.hanako);
    let token = browser.get(&general).await.token();
    for (user, expected) in [
        (master, StatusCode::FORBIDDEN),
        (admin, StatusCode::FORBIDDEN),
        (other, StatusCode::FORBIDDEN),
        (world.hanako, StatusCode::SEE_OTHER),
    ] {
        let page = format!("/payeasy/limits/{user}");
        let code_now = fresh(&world, "T-0002").await;
        let form = [("csrf", token.as_str()), ("limit", "5000"), ("one_time_password", &code_now)];
        assert_eq!(browser.post(&page, &form).await.status, expected, "{user}");
    }
    let list = browser.get("/payeasy/limits").await.body;
    assert!(list.contains(&general) && !list.contains(&format!("/payeasy/limits/{admin}")), "{list}");
}
