//! 振込先口座の確認機能 on the way to a transfer: whoever types an account sees who holds it, and what locks that locks
//! nothing else.

use database::testing::TestDatabase;
use domain::AccountId;
use internet_banking::contracts::{AccountKind, Business, Plan, Rights, Role, SignInMethod, Step};
use internet_banking::payees::bounds::Bounds;
use internet_banking::payees::counters::{NameChecks, Standing};
use uuid::Uuid;

use crate::approvals::{CONFIRMED, policy};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, World, add_account, add_user};
use crate::transfer_entry::{MIZUHO, Transfer, order_of, send};

database::on_both!(
    another_name_is_masked_on_every_step_and_asked_once,
    the_tenth_name_without_a_transfer_locks_the_check_and_no_transfer,
    what_approvers_are_asked_for_ends_the_row_until_it_is_taken_back,
    a_name_that_is_not_the_holders_is_confirmed_or_nothing_is_ordered,
);

const TOMORROW: &str = "2026-11-25";
/// The box for a name that is not the holder's.
const DIFFERS: (&str, &str) = ("name_differs", "yes");
const TOKEN: &str = "9000000077";
/// Another company's account at this bank.
const OWN_BANK: &[(&str, &str)] = &[
    ("action", "typed"),
    ("bank", "9999"),
    ("branch", "100"),
    ("kind", "current"),
    ("number", "7654321"),
    ("holder", "カ)アオバ"),
];

async fn open_other(world: &World) {
    let bank = &world.bank;
    let other = bank.contracts.add_contract("青葉", Plan::Web, SignInMethod::Password).await.unwrap();
    add_account(bank, other, AccountId::new(2_001), AccountKind::Current, "7654321").await;
}

async fn standing(world: &World, subject: Uuid) -> Standing {
    let checks = NameChecks::new(&world.bank.database, Bounds::embedded().name_check);
    checks.standing(subject).await.unwrap().unwrap()
}

async fn checked(browser: &mut Browser, entry: &Transfer) -> Vec<String> {
    browser.get(&entry.page("details")).await.fields("checked")
}

/// Proves R89, R92, R93, SEC-41.
async fn another_name_is_masked_on_every_step_and_asked_once(test: TestDatabase) {
    let world = World::new(test).await;
    open_other(&world).await;
    let mut hanako = world.signed_in().await;
    let entry = Transfer::to(&mut hanako, OWN_BANK).await.ok().unwrap();
    let details = hanako.get(&entry.page("details")).await;
    assert_eq!(
        (details.fields("checked"), details.fields("found")),
        (vec!["名義が違います".to_owned()], vec!["ｶ*********".to_owned()])
    );
    assert_eq!(entry.details(&mut hanako, "5000", TOMORROW).await.location(), entry.page("review"));
    for _ in 0..12 {
        assert_eq!(entry.review(&mut hanako).await.fields("found"), ["ｶ*********"]);
    }
    assert_eq!(standing(&world, world.hanako.uuid()).await.shown, 1, "a look at a page asks nobody");
    // the payee is changed: it is asked anew
    let mine: Vec<_> = OWN_BANK
        .iter()
        .map(|(name, kept)| (*name, if *name == "holder" { "カ)ミホンショウジ" } else { *kept }))
        .collect();
    send(&mut hanako, &entry.page("payee"), &mine).await;
    assert_eq!(checked(&mut hanako, &entry).await, ["名義が一致"]);
    let away = Transfer::to(&mut hanako, MIZUHO).await.ok().unwrap();
    assert_eq!(checked(&mut hanako, &away).await, ["確認できません"]);
    assert_eq!(away.details(&mut hanako, "5000", TOMORROW).await.location(), away.page("review"));
    // what is not there is told at its field, and counted
    let nobody: Vec<_> = OWN_BANK
        .iter()
        .map(|(name, kept)| (*name, if *name == "number" { "1111111" } else { *kept }))
        .collect();
    for left in (1..=4).rev() {
        let page = Transfer::to(&mut hanako, &nobody).await.err().unwrap();
        assert_eq!(
            (page.fields("error_code"), page.fields("checked")),
            (vec!["F-106".to_owned()], vec!["口座なし".to_owned()])
        );
        assert!(page.body.contains(&format!("あと{left}回")), "{}", page.body);
    }
}

/// An order that was taken ends the row, reserved or of the day; a move between own accounts does not.
///
/// Proves R91, R93, R94.
async fn the_tenth_name_without_a_transfer_locks_the_check_and_no_transfer(test: TestDatabase) {
    let world = World::new(test).await;
    open_other(&world).await;
    let taro = add(&world, "taro01", Role::General, TOKEN, 7).await;
    let mut browser = world.browser();
    browser.sign_in("taro01", crate::support::PASSWORD).await;
    let mut last = None;
    for _ in 0..9 {
        last = Transfer::to(&mut browser, OWN_BANK).await.ok();
    }
    place(&world, &mut browser, &last.unwrap()).await;
    for _ in 0..9 {
        let entry = Transfer::to(&mut browser, OWN_BANK).await.ok().unwrap();
        assert_eq!(checked(&mut browser, &entry).await, ["名義が違います"]);
    }
    let own = Transfer::own(&mut browser, "1", "2026-11-24").await.ok().unwrap();
    order_of(&own.confirm(&mut browser).await);
    assert_eq!(standing(&world, taro.uuid()).await, Standing { missing: 0, shown: 9, locked_at: None });
    let tenth = Transfer::to(&mut browser, OWN_BANK).await.ok().unwrap();
    assert_eq!(checked(&mut browser, &tenth).await, ["名義が違います"]);
    let entry = Transfer::to(&mut browser, OWN_BANK).await.ok().unwrap();
    assert_eq!(checked(&mut browser, &entry).await, ["確認機能の停止中"]);
    place(&world, &mut browser, &entry).await;
    assert!(standing(&world, taro.uuid()).await.locked_at.is_some(), "a transfer lifts no lock");
    // a colleague's check goes on
    let mut hanako = world.signed_in().await;
    let entry = Transfer::to(&mut hanako, OWN_BANK).await.ok().unwrap();
    assert_eq!(checked(&mut hanako, &entry).await, ["名義が違います"]);
}

async fn place(world: &World, browser: &mut Browser, entry: &Transfer) {
    world.clock.advance_seconds(1);
    entry.details(browser, "5000", TOMORROW).await;
    let review = entry.review(browser).await;
    let code = fresh(world, TOKEN).await;
    let secrets = [CONFIRMED, DIFFERS, ("one_time_password", code.as_str())];
    order_of(&entry.press(browser, &review, &secrets).await);
    world.clock.advance_seconds(1);
}

/// Proves R91.
async fn what_approvers_are_asked_for_ends_the_row_until_it_is_taken_back(test: TestDatabase) {
    let world = World::new(test).await;
    open_other(&world).await;
    policy(&world, r#"{"flows":{"transfer":{"kind":"single"}}}"#).await;
    let rights = Rights::all(&world.accounts).approving(Business::Transfer, Step::Final);
    add_user(&world.bank, world.contract, "jiro01", Role::General, rights).await;
    let mut hanako = world.signed_in().await;
    for (withdrawn, shown) in [(true, 3), (false, 1)] {
        let entry = Transfer::to(&mut hanako, OWN_BANK).await.ok().unwrap();
        world.clock.advance_seconds(1);
        entry.details(&mut hanako, "5000", TOMORROW).await;
        let review = entry.review(&mut hanako).await;
        let (csrf, order) = (review.token(), review.value("order"));
        let form = [("csrf", csrf.as_str()), ("order", &order), ("action", "ask"), CONFIRMED, DIFFERS];
        let request = hanako.post(&entry.page("review"), &form).await.location().to_owned();
        if withdrawn {
            assert_eq!(send(&mut hanako, &request, &[("action", "withdraw")]).await.location(), request);
            Transfer::to(&mut hanako, OWN_BANK).await.ok().unwrap();
        }
        world.clock.advance_seconds(1);
        Transfer::to(&mut hanako, OWN_BANK).await.ok().unwrap();
        assert_eq!(standing(&world, world.hanako.uuid()).await.shown, shown, "{withdrawn}");
    }
}

/// Within the bank a wrong name is credited all the same: the person says that it is meant, also where the check that
/// shows names is locked. A name that fits, and a bank that answers nothing, ask for nothing more.
///
/// Proves R93.
async fn a_name_that_is_not_the_holders_is_confirmed_or_nothing_is_ordered(test: TestDatabase) {
    let world = World::new(test).await;
    open_other(&world).await;
    add(&world, "taro01", Role::General, TOKEN, 7).await;
    let mut browser = world.browser();
    browser.sign_in("taro01", crate::support::PASSWORD).await;
    for locked in [false, true] {
        if locked {
            loop {
                let entry = Transfer::to(&mut browser, OWN_BANK).await.ok().unwrap();
                if checked(&mut browser, &entry).await == ["確認機能の停止中"] {
                    break;
                }
            }
        }
        let entry = Transfer::to(&mut browser, OWN_BANK).await.ok().unwrap();
        world.clock.advance_seconds(1);
        entry.details(&mut browser, "5000", TOMORROW).await;
        let review = entry.review(&mut browser).await;
        assert!(review.body.contains("name=\"name_differs\""), "{}", review.body);
        let code = fresh(&world, TOKEN).await;
        let secrets = [CONFIRMED, ("one_time_password", code.as_str())];
        let refused = entry.press(&mut browser, &review, &secrets).await;
        assert_eq!(refused.fields("error_code"), ["F-116"], "{locked}: {}", refused.body);
        // the tick stays where something else is wrong
        assert!(!refused.body.contains("value=\"yes\" checked"), "{}", refused.body);
        let wrong = [("confirmation_password", "wrong"), DIFFERS, ("one_time_password", code.as_str())];
        let refused = entry.press(&mut browser, &refused, &wrong).await;
        assert_eq!(refused.fields("error_code"), ["P-401"], "{}", refused.body);
        assert!(refused.body.contains("value=\"yes\" checked"), "{}", refused.body);
        let confirmed = [CONFIRMED, DIFFERS, ("one_time_password", code.as_str())];
        order_of(&entry.press(&mut browser, &refused, &confirmed).await);
        world.clock.advance_seconds(60);
    }
    let mine: Vec<_> = OWN_BANK
        .iter()
        .map(|(name, kept)| (*name, if *name == "holder" { "カ)ミホンショウジ" } else { *kept }))
        .collect();
    for payee in [mine.as_slice(), MIZUHO] {
        let entry = Transfer::to(&mut browser, payee).await.ok().unwrap();
        entry.details(&mut browser, "5000", TOMORROW).await;
        assert!(!entry.review(&mut browser).await.body.contains("name_differs"), "{payee:?}");
    }
}
