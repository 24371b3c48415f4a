//! ご利用時間 (R110 to R112): outside of them nobody signs in and nobody stays signed in.

use database::testing::TestDatabase;
use database::{on_both, read};
use http::StatusCode;
use internet_banking::approvals::look;
use internet_banking::contracts::Step;
use internet_banking::hours::ServiceHours;

use crate::approvals::{CONFIRMED, policy};
use crate::link;
use crate::payeasy_entry::Entry;
use crate::support::{LOGIN_ID, PASSWORD, Page, World};
use crate::transfer_entry::{MIZUHO, Transfer};
use crate::transfers_approved::approver;

on_both!(
    nobody_signs_in_outside_the_hours_and_a_session_ends_with_them,
    the_last_second_is_open_and_new_year_is_closed,
    a_hand_off_waits_for_the_hours_and_is_paid_by_its_numbers,
    a_request_for_the_next_day_ends_and_reminds_while_somebody_can_be_signed_in,
);

fn keeping(world: World) -> World {
    let mut world = world;
    world.bank.hours = ServiceHours::embedded().into();
    world
}

fn is_closed(page: &Page, opens: &str) {
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.body);
    assert_eq!(page.fields("opens"), [opens]);
    assert!(page.body.contains("ただいまご利用時間外です") && !page.body.contains("name=\"password\""));
    assert!(page.headers.contains_key("retry-after"));
}

/// Proves R110, R111, SEC-25.
async fn nobody_signs_in_outside_the_hours_and_a_session_ends_with_them(test: TestDatabase) {
    let world = keeping(World::new(test).await);
    // from ten to ten minutes before the end
    world.clock.advance_seconds(10 * 3_600 + 50 * 60);
    let mut browser = world.signed_in().await;
    let home = browser.get("/home").await;
    assert_eq!(home.fields("open_until"), ["21:00"]);
    let token = home.token();
    let mut stranger = world.browser();
    let form = stranger.get("/sign-in").await.token();
    world.clock.advance_seconds(599);
    assert_eq!(browser.get("/home").await.status, StatusCode::OK, "20:59:59");
    world.clock.advance_seconds(1);
    assert_eq!(browser.post("/payeasy/new", &[("csrf", &token)]).await.location(), "/sign-in?ended=closed");
    let closed = browser.get("/sign-in?ended=closed").await;
    is_closed(&closed, "11月25日(水) 08:00");
    assert!(closed.body.contains("最後の操作は受け付けていません"), "{}", closed.body);
    // nor with the right password and a form of before
    let fields = [("csrf", form.as_str()), ("login_id", LOGIN_ID), ("password", PASSWORD)];
    is_closed(&stranger.post("/sign-in", &fields).await, "11月25日(水) 08:00");
    assert!(!stranger.cookies.contains_key("bank"));
    // what needs no sign-in is there
    assert_eq!(stranger.get("/help").await.status, StatusCode::OK);
    world.clock.advance_seconds(11 * 3_600 - 1);
    is_closed(&stranger.get("/sign-in").await, "11月25日(水) 08:00");
    world.clock.advance_seconds(1);
    assert_eq!(browser.get("/home").await.location(), "/sign-in", "yesterday's session is over");
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
}

/// Proves R110, R112.
async fn the_last_second_is_open_and_new_year_is_closed(test: TestDatabase) {
    let world = keeping(World::new(test).await);
    // Wednesday, 30 December, at 20:59:59
    world.clock.advance_seconds(36 * 86_400 + 11 * 3_600 - 1);
    let mut browser = world.browser();
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    for advance_s in [1, 13 * 3_600, 3 * 86_400] {
        world.clock.advance_seconds(advance_s);
        is_closed(&world.browser().get("/sign-in").await, "1月4日(月) 08:00");
    }
    // from Sunday, 3 January, at ten, to Monday at eight
    world.clock.advance_seconds(22 * 3_600);
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
}

/// Proves R105, R111.
async fn a_hand_off_waits_for_the_hours_and_is_paid_by_its_numbers(test: TestDatabase) {
    let (world, _network) = link::world(test).await;
    let world = keeping(world);
    world.clock.advance_seconds(10 * 3_600 + 50 * 60);
    let mut browser = world.browser();
    let mut bill = link::shop_bill(link::NONCE);
    bill["issued_at"] = "2026-11-24T20:50:00+09:00".into();
    let page = link::hand_over(&mut browser, "01", &bill).await;
    assert_eq!(browser.get(&page).await.fields("amount"), ["12,800"]);
    world.clock.advance_seconds(600);
    let sign_in = format!("/sign-in?link={}", page.rsplit('/').next().unwrap());
    let closed = browser.get(&sign_in).await;
    is_closed(&closed, "11月25日(水) 08:00");
    for words in ["(株)ペイジェントへの払込(12,800 円)", "何も引き落とされていません。", link::SITE, &sign_in]
    {
        assert!(closed.body.contains(words), "{words} in {}", closed.body);
    }
    // another browser sees nothing of it
    assert!(!world.browser().get(&sign_in).await.body.contains("12,800"));
    world.clock.advance_seconds(11 * 3_600);
    assert_eq!(link::sign_in_from(&mut browser, &page, "linker01").await.location(), page);
    let expired = browser.get(&page).await;
    assert_eq!(expired.fields("error_code"), ["P-702"]);
    let typed = browser.post(&page, &[("csrf", &expired.token()), ("action", "typed")]).await;
    let numbers = browser.get(typed.location()).await;
    assert_eq!(numbers.value("confirmation_number"), "112233");
    let form = [
        ("csrf", &numbers.token()[..]),
        ("customer_number", "90220000000000012345"),
        ("confirmation_number", "112233"),
    ];
    let entry = Entry(typed.location().strip_suffix("/numbers").unwrap().to_owned());
    assert_eq!(browser.post(typed.location(), &form).await.location(), entry.page("bills"));
    assert_eq!(link::pay(&world, &mut browser, &entry).await.location(), entry.page("result"));
}

/// A typed payee is not paid on the same day: what is not approved before the bank closes on the eve is over, and the
/// approvers are told an hour before that.
async fn a_request_for_the_next_day_ends_and_reminds_while_somebody_can_be_signed_in(test: TestDatabase) {
    let world = keeping(World::new(test).await);
    policy(&world, r#"{"flows":{"transfer":{"kind":"single"}}}"#).await;
    let mut hanako = world.signed_in().await;
    drop(approver(&world, "jiro01", Step::Final).await);
    let entry = Transfer::to(&mut hanako, MIZUHO).await.ok().unwrap();
    entry.details(&mut hanako, "3", "2026-11-25").await;
    let review = entry.review(&mut hanako).await;
    let (csrf, order) = (review.token(), review.value("order"));
    let form = [("csrf", csrf.as_str()), ("order", &order), ("action", "ask"), CONFIRMED];
    let request = hanako.post(&entry.page("review"), &form).await.location().to_owned();
    assert_eq!(hanako.get(&request).await.fields("until"), ["11月24日(火) 21:00"]);
    let reminders = async || -> i64 {
        look(&world.bank).await.unwrap();
        let sql = "SELECT count(*) FROM mail WHERE id LIKE 'approval-remind-%'";
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    };
    // from ten to a second before eight in the evening, and to eight
    for (advance_s, told) in [(10 * 3_600 - 1, 0), (1, 1)] {
        world.clock.advance_seconds(advance_s);
        assert_eq!(reminders().await, told);
    }
}
