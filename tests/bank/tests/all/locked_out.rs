//! Whoever is locked out is asked for nothing: no field and no button that helps nobody, and what still can be done can
//! be done.

use database::testing::TestDatabase;
use internet_banking::contracts::Step;

use crate::approvals::{button, policy, press, reviewed, signed_in, state};
use crate::payees::{self, FORM, with};
use crate::support::{Browser, PASSWORD, Page, World};
use crate::transfer_entry::{Transfer, order_of, send};
use crate::transfers::file_payee;
use crate::transfers_approved::{SINGLE, approver, ask};
use crate::users::submit;

database::on_both!(
    a_locked_confirmation_password_is_asked_for_on_no_page,
    an_approver_who_is_locked_out_sends_back_and_approves_nothing,
    a_locked_token_is_asked_for_on_no_page_about_payees,
);

const TODAY: &str = "2026-11-24";
const TOMORROW: &str = "2026-11-25";

/// A page that tells of the lock and what is done once it is lifted, and asks for neither secret.
fn assert_locked_out(page: &Page, code: &str) {
    assert_eq!(page.fields("locked_out").len(), 1, "{}", page.body);
    assert_asks_nothing(page, code);
}

/// The same of a page of its own, which leads back to nothing.
fn assert_asks_nothing(page: &Page, code: &str) {
    assert_eq!(page.fields("error_code"), [code], "{}", page.body);
    for field in ["id=\"confirmation_password\"", "id=\"one_time_password\""] {
        assert!(!page.body.contains(field), "{field} in {}", page.body);
    }
}

/// Types the confirmation password wrong until it is locked; what the last page says.
async fn lock(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let wrong = with(fields, &[("confirmation_password", "wrong")]);
    for _ in 0..4 {
        let tried = send(browser, path, &wrong).await;
        assert_eq!(tried.fields("error_code"), ["P-401"], "{}", tried.body);
        assert!(tried.body.contains("id=\"confirmation_password\""), "it can be typed again: {}", tried.body);
    }
    send(browser, path, &wrong).await
}

async fn a_locked_confirmation_password_is_asked_for_on_no_page(test: TestDatabase) {
    let (world, _network) = World::connected(test).await;
    file_payee(&world).await;
    let mut hanako = world.signed_in().await;
    let reserved = Transfer::own(&mut hanako, "500", TOMORROW).await.ok().unwrap();
    let reserved = order_of(&reserved.confirm(&mut hanako).await);
    let filed = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0001")]).await.ok().unwrap();
    filed.details(&mut hanako, "700", TODAY).await;
    let executed = order_of(&filed.confirm(&mut hanako).await);
    let entry = Transfer::own(&mut hanako, "900", TODAY).await.ok().unwrap();
    let (slip, bill) = reviewed(&mut hanako).await;

    let cancel = format!("{reserved}/cancel");
    assert_asks_nothing(&lock(&mut hanako, &cancel, &[("action", "do")]).await, "P-402");
    let right = [("action", "do"), ("confirmation_password", PASSWORD)];
    assert_asks_nothing(&send(&mut hanako, &format!("{executed}/recall"), &right).await, "P-402");
    assert_locked_out(&entry.confirm(&mut hanako).await, "P-402");
    let paid = button(&mut hanako, &slip, &bill, "pay").await;
    assert_locked_out(&paid, "P-402");
    assert!(
        !paid.body.contains("value=\"pay\"") && paid.body.contains("停止が解除されたら"),
        "{}",
        paid.body
    );
    assert_eq!(hanako.get(&reserved).await.fields("state"), ["予約中"], "nothing of it was done");
}

async fn an_approver_who_is_locked_out_sends_back_and_approves_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut jiro = approver(&world, "jiro01", Step::Final).await;
    let mut paths = Vec::new();
    for amount in ["100", "200"] {
        let entry = Transfer::own(&mut hanako, amount, TODAY).await.ok().unwrap();
        paths.push(ask(&mut hanako, &entry, "ask").await);
    }
    let (first, second) = (&paths[0], &paths[1]);
    let digest = jiro.get(first).await.value("digest");
    let locked = lock(&mut jiro, first, &[("action", "approve"), ("digest", &digest)]).await;
    assert_locked_out(&locked, "P-402");
    assert!(!locked.body.contains("value=\"approve\""), "{}", locked.body);
    // many at once neither
    let list = jiro.get("/approvals").await;
    let pick = format!("pick-{}", second.rsplit('/').next().unwrap());
    let digest = jiro.get(second).await.value("digest");
    let form =
        [("csrf", list.token()), (pick.as_str(), digest), ("confirmation_password", PASSWORD.to_owned())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let many = jiro.post("/approvals", &form).await;
    assert_locked_out(&many, "P-402");
    assert!(!many.body.contains("value=\"approve\""), "{}", many.body);
    // what needs no password goes on
    assert!(locked.body.contains("value=\"return\""), "{}", locked.body);
    press(&mut jiro, first, &locked, "return").await;
    assert_eq!(state(&mut hanako, first).await, "差戻し");
    assert_eq!(state(&mut hanako, second).await, "承認待ち");
    // the author, whose own password is not locked, asks again; and cannot once it is
    let asked = lock(&mut hanako, first, &[("action", "ask")]).await;
    assert_locked_out(&asked, "P-402");
    assert!(asked.body.contains("value=\"edit\"") && !asked.body.contains("value=\"ask\""), "{}", asked.body);
    let mut others = signed_in(&world, "jiro01").await;
    assert!(
        others.get(second).await.body.contains("id=\"confirmation_password\""),
        "only who has tried is told"
    );
}

async fn a_locked_token_is_asked_for_on_no_page_about_payees(test: TestDatabase) {
    let (world, mut master) = payees::master(test).await;
    assert_eq!(payees::add(&world, &mut master, &[]).await.location(), "/payees?done=added");
    let wrong = with(FORM, &[("number", "77"), ("action", "register"), ("one_time_password", "00000x")]);
    for _ in 0..4 {
        let tried = submit(&mut master, "/payees/new", &wrong).await;
        assert!(tried.body.contains("id=\"one_time_password\""), "{}", tried.body);
    }
    let locked = submit(&mut master, "/payees/new", &wrong).await;
    assert_locked_out(&locked, "T-102");
    assert!(
        !locked.body.contains("value=\"register\"") && locked.body.contains("value=\"back\""),
        "{}",
        locked.body
    );
    let delete = format!("{}/delete", payees::first_link(&mut master).await);
    let seen = master.get(&delete).await.value("seen");
    let deleted = submit(&mut master, &delete, &[("seen", &seen), ("one_time_password", "000000")]).await;
    assert_locked_out(&deleted, "T-102");
    assert!(!deleted.body.contains("value=\"delete\""), "{}", deleted.body);
}
