//! What an order costs whoever gives it, takes it back or asks for it back: the confirmation password, and the right to
//! the debited account at that moment.

use database::execute;
use database::testing::TestDatabase;
use http::StatusCode;
use internet_banking::approvals::look;
use internet_banking::contracts::Step;

use crate::approvals::{policy, press, state};
use crate::approved::left_at;
use crate::support::{PASSWORD, Page, World};
use crate::transfer_entry::{Transfer, order_of, send};
use crate::transfers::file_payee;
use crate::transfers_approved::{SINGLE, approver, ask};

database::on_both!(
    nothing_is_taken_back_or_asked_back_without_the_confirmation_password,
    an_account_that_is_taken_from_its_user_is_debited_by_no_page_that_is_open,
    nobody_takes_back_or_deletes_what_another_has_asked_for,
    what_is_changed_after_its_last_approval_is_carried_out_by_nobody,
);

const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);

fn told(page: &Page) -> String {
    assert!(page.status.is_client_error(), "{} {}", page.status, page.location());
    page.fields("error_code").concat()
}

/// Proves R57, SEC-35.
async fn nothing_is_taken_back_or_asked_back_without_the_confirmation_password(test: TestDatabase) {
    let world = World::new(test).await;
    file_payee(&world).await;
    let mut hanako = world.signed_in().await;
    let own = Transfer::own(&mut hanako, "500", "2026-11-25").await.ok().unwrap();
    let reserved = order_of(&own.confirm(&mut hanako).await);
    let filed = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0001")]).await.ok().unwrap();
    filed.details(&mut hanako, "700", "2026-11-24").await;
    let executed = order_of(&filed.confirm(&mut hanako).await);
    let acts = [(&reserved, "cancel", "予約中", "取消済み"), (&executed, "recall", "完了", "完了")];
    for (order, act, before, after) in acts {
        let page = format!("{order}/{act}");
        let tried = send(&mut hanako, &page, &[("confirmation_password", "wrong")]).await;
        assert_eq!(told(&tried), "P-401", "{act}: {}", tried.body);
        let shown = hanako.get(order).await;
        assert_eq!((shown.fields("state"), shown.fields("recall")), (vec![before.to_owned()], vec![]));
        assert_eq!(send(&mut hanako, &page, &[CONFIRMED]).await.location(), order.as_str());
        assert_eq!(hanako.get(order).await.fields("state"), [after], "{act}");
    }
    assert_eq!(hanako.get(&executed).await.fields("recall"), ["照会中"]);
}

/// Proves SEC-35.
async fn an_account_that_is_taken_from_its_user_is_debited_by_no_page_that_is_open(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "100", "2026-11-24").await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    let taken = "DELETE FROM user_right WHERE app_user = $1 AND account = $2";
    execute!(world.bank.database, taken, world.hanako.uuid(), world.accounts[0].get()).unwrap();
    assert_eq!(told(&entry.press(&mut hanako, &review, &[CONFIRMED]).await), "P-501");
    let balances = world.bank.ledger.balances(&world.accounts).await.unwrap();
    assert_eq!(balances.iter().map(|one| one.balance.get()).collect::<Vec<_>>(), [48_210_953, 12_004_100]);
}

/// Whoever may approve it and sees it; what the page does not offer is not there either.
///
/// Proves R121, SEC-35.
async fn nobody_takes_back_or_deletes_what_another_has_asked_for(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut jiro = approver(&world, "jiro01", Step::Final).await;
    let entry = Transfer::own(&mut hanako, "100", "2026-11-24").await.ok().unwrap();
    let path = ask(&mut hanako, &entry, "ask").await;
    for (action, stands) in [("withdraw", "承認待ち"), ("delete", "差戻し")] {
        let shown = jiro.get(&path).await;
        assert!(!shown.body.contains(&format!("value=\"{action}\"")), "{}", shown.body);
        if action == "delete" {
            press(&mut jiro, &path, &shown, "return").await;
        }
        assert_eq!(press(&mut jiro, &path, &shown, action).await.status, StatusCode::CONFLICT, "{action}");
        assert_eq!(state(&mut hanako, &path).await, stands, "{action}");
    }
}

/// Only what is in the database has changed: the approvals are there, the digest is theirs, and the order is possible.
///
/// Proves SEC-16.
async fn what_is_changed_after_its_last_approval_is_carried_out_by_nobody(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    drop(approver(&world, "jiro01", Step::Final).await);
    for (amount, ends, left) in [("200", "完了", 48_210_753), ("100", "差戻し", 48_210_753)] {
        let entry = Transfer::own(&mut hanako, amount, "2026-11-24").await.ok().unwrap();
        let path = ask(&mut hanako, &entry, "ask").await;
        let changed =
            "UPDATE approval_request SET matter = REPLACE(matter, '\"amount\":100,', '\"amount\":900,')";
        execute!(world.bank.database, changed).unwrap();
        left_at(&world, &["jiro01"], world.clock.now().micros()).await;
        look(&world.bank).await.unwrap();
        assert_eq!(state(&mut hanako, &path).await, ends, "{amount}");
        let balances = world.bank.ledger.balances(&world.accounts).await.unwrap();
        assert_eq!(balances[0].balance.get(), left, "{amount}");
    }
    // an approval of something else is none of this
    let entry = Transfer::own(&mut hanako, "300", "2026-11-24").await.ok().unwrap();
    let path = ask(&mut hanako, &entry, "ask").await;
    let given = "INSERT INTO approval_step (request, round, place, app_user, serial, digest, at_us)
         SELECT r.id, r.round, 1, u.id, u.token_serial, 'another', 1 FROM approval_request r, app_user u
         WHERE r.state = 'asked' AND u.login_id = 'jiro01'";
    execute!(world.bank.database, given).unwrap();
    left_at(&world, &[], world.clock.now().micros()).await;
    look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "差戻し");
    let balances = world.bank.ledger.balances(&world.accounts).await.unwrap();
    assert_eq!(balances[0].balance.get(), 48_210_753);
}
