//! 利用者: found by login ID or contract, and a stop for wrong numbers lifted by two.

use database::execute;
use database::testing::TestDatabase;
use http::StatusCode;

use super::stops::stop;
use super::support::{CHECKER, DOCUMENT, MAKER, Office};
use crate::repeats_and_limits::add;
use crate::support::{Browser, LOGIN_ID, PASSWORD};
use crate::wrong_numbers::guess;
use internet_banking::contracts::Role;
use internet_banking::payeasy::wrong_numbers::WrongNumbers;
use ledger::Commit;

database::on_both!(
    a_stopped_user_is_found_and_unlocked_by_two_and_never_by_one,
    an_approval_that_the_process_did_not_outlive_lifts_no_later_stop,
    a_removed_user_is_marked_in_the_list,
    nobody_approves_the_own_proposal_in_another_role_and_no_maker_anothers,
    whatever_keeps_a_user_from_something_is_in_one_place,
);

const REASON: &str = "11/25 本店営業部で書面を受領、佐藤様と確認";

pub async fn propose(browser: &mut Browser, page: &str, reason: &str) -> crate::support::Page {
    let shown = browser.get(page).await;
    let (csrf, stopped) = (shown.token(), shown.value("stopped"));
    let form =
        [("csrf", csrf.as_str()), ("stopped", stopped.as_str()), ("document", DOCUMENT), ("reason", reason)];
    browser.post(&format!("{page}/lift"), &form).await
}

/// SEC-40: the branch unlocks, and two people make it the branch.
async fn a_stopped_user_is_found_and_unlocked_by_two_and_never_by_one(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let user = format!("/users/{}", office.world.hanako);
    let mut maker = office.signed_in(MAKER).await;
    assert!(maker.get("/users").await.body.contains("該当する利用者はいません。"));
    let mut customer = office.world.signed_in().await;
    guess(&mut customer, 10).await;
    for search in ["/users", "/users?text=hanako01", "/users?text=%E8%A6%8B%E6%9C%AC%E5%95%86"] {
        let page = maker.get(search).await.body;
        assert!(page.contains(&user) && page.contains("本日停止"), "{search}: {page}");
    }
    assert!(!maker.get("/users?text=hanako").await.body.contains(&user), "a login ID is no part of one");
    assert!(!maker.get("/users?text=%25").await.body.contains(&user), "no text of the search is a pattern");
    let page = maker.get(&user).await;
    assert_eq!((page.fields("stops"), page.fields("wrong")), (vec!["1".to_owned()], vec!["0".to_owned()]));
    assert_eq!(propose(&mut maker, &user, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let proposed = propose(&mut maker, &user, REASON).await;
    let request = proposed.location().to_owned();
    assert!(request.starts_with("/requests/"), "{}", proposed.body);
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");
    assert!(!customer.get("/payeasy/new").await.fields("error_code").is_empty(), "nothing is lifted yet");

    let mut checker = office.signed_in(CHECKER).await;
    let page = checker.get(&request).await;
    assert!(
        page.body.contains(LOGIN_ID) && page.body.contains("停止した日の数を0に戻します"),
        "{}",
        page.body
    );
    checker.post(&format!("{request}/approve"), &[("csrf", &page.token())]).await;
    let done = checker.get(&request).await;
    assert!(done.body.contains("番号の誤りによる停止を解除しました。"), "{}", done.body);
    assert!(customer.get("/payeasy/new").await.fields("error_code").is_empty(), "the user goes on");
    assert_eq!(checker.get(&user).await.fields("stops"), ["0"]);
    let told: i64 = database::read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM mail WHERE id LIKE 'payeasy-stop-lifted-%'")
            .fetch_one(c)
            .await
    })
    .unwrap();
    assert_eq!(told, 1, "the user");
    let trail = office.audit().await;
    for action in
        ["payeasy.stop", "payeasy.stop_lifted", "console.user_search", "request.propose", "request.done"]
    {
        assert!(trail.iter().any(|(_, done, _)| done == action), "{action}");
    }
}

async fn an_approval_that_the_process_did_not_outlive_lifts_no_later_stop(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let user = format!("/users/{}", office.world.hanako);
    let mut maker = office.signed_in(MAKER).await;
    let mut customer = office.world.signed_in().await;
    guess(&mut customer, 10).await;
    let request = propose(&mut maker, &user, REASON).await.location().to_owned();
    let standing = office.console.wrong_numbers.standing(office.world.hanako).await.unwrap().unwrap();
    // the process lifted it, and died before it wrote that down
    office.approved(&request).await;
    let stopped_at = standing.stopped_at.unwrap();
    let changes = vec![WrongNumbers::lift(office.world.hanako, stopped_at)];
    office.world.bank.ledger.commit(Commit { changes, ..Commit::default() }).await.unwrap();
    office.world.clock.advance_seconds(1);
    guess(&mut customer, 10).await;
    office.console.requests.take_over(std::time::Duration::ZERO).await.unwrap();
    let page = maker.get(&request).await;
    assert!(page.body.contains("その後に新しい停止が加わっています。"), "{}", page.body);
    assert_eq!(maker.get(&user).await.fields("stops"), ["1"], "the later stop stays");
}

/// Whoever has the customer on the telephone looks at one page.
async fn whatever_keeps_a_user_from_something_is_in_one_place(test: TestDatabase) {
    let office = Office::new(test).await;
    let (world, user) = (&office.world, office.world.hanako);
    let holder = add(world, "jiro0001", Role::General, "T-0009", 9).await;
    let mut maker = office.signed_in(MAKER).await;
    let fine = maker.get(&format!("/users/{user}")).await;
    assert_eq!(
        fine.fields("standing"),
        ["利用中", "できます", "使えます", "未登録", "使えます", "利用できます"]
    );
    let database = &world.bank.database;
    let confirmation = "INSERT INTO confirmation_failure (app_user, failures, locked_us) VALUES ($1, 5, 1)";
    execute!(database, confirmation, holder.uuid()).unwrap();
    let check = "INSERT INTO name_check (subject, contract, missing, shown, judging, counted_us, locked_us)
        VALUES ($1, $2, 0, 0, 0, 1, 1)";
    execute!(database, check, holder.uuid(), world.contract.uuid()).unwrap();
    let token = "UPDATE token SET locked_us = 1, failures = 5 WHERE contract = $1";
    execute!(database, token, world.contract.uuid()).unwrap();
    stop(&mut world.browser(), "jiro0001", PASSWORD).await;
    let page = maker.get(&format!("/users/{holder}")).await;
    let expected = ["緊急停止中", "できます", "停止", "利用停止", "停止", "利用できます"];
    assert_eq!(page.fields("standing"), expected, "{}", page.body);
    assert!(page.body.contains("使えないものがあります") && page.body.contains("T-0009"), "{}", page.body);
    let other = maker.get(&format!("/users/{user}")).await;
    assert_eq!(
        other.fields("standing")[2..5],
        ["使えます", "未登録", "使えます"],
        "another's locks are no concern"
    );
}

/// Person and role are two questions: whoever has proposed it does not approve it as a checker either, and who is no
/// checker approves nobody's.
///
/// Proves SEC-46.
async fn nobody_approves_the_own_proposal_in_another_role_and_no_maker_anothers(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let user = format!("/users/{}", office.world.hanako);
    let mut maker = office.signed_in(MAKER).await;
    guess(&mut office.world.signed_in().await, 10).await;
    let request = propose(&mut maker, &user, REASON).await.location().to_owned();
    let mut other = office.signed_in(CHECKER).await;
    let approve = format!("{request}/approve");
    for (sql, browser, told) in [
        ("UPDATE staff SET role = 'maker'", &mut other, "S-101"),
        ("UPDATE staff SET role = 'checker'", &mut maker, "S-201"),
    ] {
        execute!(office.console.database, sql).unwrap();
        let csrf = browser.get(&request).await.token();
        let refused = browser.post(&approve, &[("csrf", &csrf)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
        assert_eq!(refused.fields("error_code"), [told]);
    }
    assert_eq!(maker.get(&user).await.fields("stops"), ["1"], "nothing is lifted");
}

async fn a_removed_user_is_marked_in_the_list(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut maker = office.signed_in(MAKER).await;
    let listed = maker.get("/users?text=hanako01").await.body;
    assert!(listed.contains("hanako01</a>") && !listed.contains("削除済み"), "{listed}");
    let sql = "UPDATE app_user SET removed_us = 1, disabled_us = 1 WHERE login_id = $1";
    execute!(office.console.database, sql, "hanako01").unwrap();
    let listed = maker.get("/users?text=hanako01").await.body;
    assert!(listed.contains("削除済み"), "{listed}");
}
