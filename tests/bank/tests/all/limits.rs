//! 限度額 of transfers that a contract sets for itself: each layer to the yen, at once where it lowers, from the next
//! business day on where it raises.

use database::execute;
use database::testing::TestDatabase;
use domain::Timestamp;
use http::StatusCode;
use internet_banking::contracts::{Business, Rights, Role, Step};

use crate::approvals::{CONFIRMED, policy, signed_in};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, World, add_user};
use crate::transfer_entry::{Transfer, order_of};
use crate::users::{code, submit};

database::on_both!(
    every_layer_takes_exactly_its_amount_with_what_was_ordered_before_it_was_set,
    less_holds_at_once_and_more_from_the_next_business_day_on,
    more_waits_for_a_second_administrator_and_less_for_nobody,
    what_was_lowered_binds_whoever_is_just_confirming,
);

const TODAY: &str = "2026-11-24";
const TOKEN: &str = "T-0002";
const LIMITS: &str = "/admin/limits";

async fn with_master(test: TestDatabase) -> (World, Browser) {
    let world = World::new(test).await;
    add(&world, "master1", Role::Master, TOKEN, 8).await;
    let master = signed_in(&world, "master1").await;
    (world, master)
}

pub async fn set(world: &World, master: &mut Browser, path: &str, limit: &str) -> Page {
    let code = fresh(world, TOKEN).await;
    submit(master, path, &[("limit", limit), ("one_time_password", &code)]).await
}

/// Sets it, where nobody else must confirm it.
async fn set_at_once(world: &World, master: &mut Browser, path: &str, limit: &str) {
    let page = set(world, master, path, limit).await;
    assert_eq!(page.location(), "/admin/limits?done=changed", "{path} {}", page.body);
    let list = master.get(page.location()).await;
    assert!(list.body.contains("限度額を変更しました。"), "{}", list.body);
}

/// What became of an own transfer of today.
async fn transfer(browser: &mut Browser, yen: &str) -> Result<String, Box<Page>> {
    let entry = Transfer::own(browser, yen, TODAY).await?;
    Ok(order_of(&entry.confirm(browser).await))
}

/// The refusal of one yen more, as it is told.
async fn refused(browser: &mut Browser, yen: &str, words: &[&str]) {
    let page = transfer(browser, yen).await.expect_err("it is more than the limit");
    assert_eq!(code(&page), "F-104", "{}", page.body);
    for words in words {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
}

/// Proves R96.
async fn every_layer_takes_exactly_its_amount_with_what_was_ordered_before_it_was_set(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    add_user(&world.bank, world.contract, "jiro01", Role::General, Rights::all(&world.accounts)).await;
    let (mut hanako, mut jiro) = (world.signed_in().await, signed_in(&world, "jiro01").await);
    let item = "/admin/limits/item".to_owned();
    let user = format!("/admin/limits/users/{}", world.hanako);
    let account = format!("/admin/limits/accounts/{}", world.accounts[0]);
    assert_eq!(hanako.get(LIMITS).await.status, StatusCode::FORBIDDEN);
    assert_eq!(hanako.get(&user).await.status, StatusCode::FORBIDDEN);

    set_at_once(&world, &mut master, &item, "2,000").await;
    refused(&mut hanako, "2001", &["1件の限度額 2,000 円", "マスターユーザ"]).await;
    transfer(&mut hanako, "2000").await.ok().unwrap();

    // what was ordered before the limit counts
    set_at_once(&world, &mut master, &user, "3000").await;
    refused(&mut hanako, "1001", &["利用者の1日の限度額", "あと 1,000 円", "マスターユーザ"]).await;
    transfer(&mut hanako, "1000").await.ok().unwrap();
    refused(&mut hanako, "1", &["利用者の1日の限度額", "あと 0 円"]).await;

    set_at_once(&world, &mut master, &account, "4000").await;
    refused(&mut jiro, "1001", &["口座の1日の限度額", "あと 1,000 円"]).await;
    transfer(&mut jiro, "1000").await.ok().unwrap();
    refused(&mut jiro, "1", &["口座の1日の限度額"]).await;

    let list = master.get(LIMITS).await;
    assert_eq!(list.fields("item_limit"), ["2,000"]);
    assert_eq!(list.fields("account_limit"), ["4,000", "ご契約と同じ"]);
    assert_eq!(list.fields("account_used"), ["4,000", "0"]);
    assert_eq!(list.fields("contract_used"), ["4,000"]);
    assert!(list.fields("user_used").contains(&"3,000".to_owned()), "{:?}", list.fields("user_used"));

    // the contract's comes first, and the bank is asked
    execute!(
        world.bank.database,
        "UPDATE contract SET transfer_limit = 4000 WHERE id = $1",
        world.contract.uuid()
    )
    .unwrap();
    refused(&mut jiro, "1", &["ご契約の1日の限度額", "書面でお取引店"]).await;
    let findings = world.bank.transfers.audit().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

/// Proves SEC-23.
async fn less_holds_at_once_and_more_from_the_next_business_day_on(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let user = format!("/admin/limits/users/{}", world.hanako);
    for (limit, at) in [("100,000,001", "limit"), ("x", "limit")] {
        let page = set(&world, &mut master, &user, limit).await;
        assert!(page.body.contains(&format!("href=\"#{at}\"")), "{limit} {}", page.body);
    }
    let without = submit(&mut master, &user, &[("limit", "5")]).await;
    assert_eq!(code(&without), "T-100");
    set_at_once(&world, &mut master, &user, "5").await;
    set_at_once(&world, &mut master, &user, "7").await;
    assert_eq!(master.get(LIMITS).await.fields("next_limit"), ["11月25日(水)から 7 円"]);
    let mut hanako = world.signed_in().await;
    refused(&mut hanako, "6", &["あと 5 円"]).await;
    let tomorrow = Timestamp::parse_rfc3339("2026-11-25T00:00:00+09:00").unwrap();
    world.clock.advance_seconds(tomorrow.seconds_since(world.clock.now()) - 1);
    let mut hanako = world.signed_in().await;
    let refused = Transfer::own(&mut hanako, "6", "2026-11-25").await.err().unwrap();
    assert_eq!(code(&refused), "F-104", "a second before the day");
    world.clock.advance_seconds(1);
    let mut hanako = world.signed_in().await;
    let entry = Transfer::own(&mut hanako, "7", "2026-11-25").await.ok().unwrap();
    order_of(&entry.confirm(&mut hanako).await);
}

/// Proves SEC-21.
async fn more_waits_for_a_second_administrator_and_less_for_nobody(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let admin = add(&world, "admin01", Role::Admin, "T-0003", 9).await;
    for duty in ["limits", "approvals"] {
        let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)";
        execute!(world.bank.database, sql, admin.uuid(), duty).unwrap();
    }
    policy(&world, r#"{"second_administrator":true}"#).await;
    let item = "/admin/limits/item";
    set_at_once(&world, &mut master, item, "5").await;
    let asked = set(&world, &mut master, item, "9").await;
    let path = asked.location().to_owned();
    assert!(path.starts_with("/approvals/"), "{}", asked.body);
    assert!(master.get(LIMITS).await.fields("next_limit").is_empty());
    let mut admin = signed_in(&world, "admin01").await;
    let shown = admin.get(&path).await;
    assert!(shown.body.contains("1件あたり") && shown.body.contains("9 円"), "{}", shown.body);
    let code_now = fresh(&world, "T-0003").await;
    let (csrf, digest) = (shown.token(), shown.value("digest"));
    let token = shown.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(!csrf.is_empty());
    let form = [
        ("csrf", token),
        ("digest", digest.as_str()),
        ("action", "approve"),
        CONFIRMED,
        ("one_time_password", &*code_now),
    ];
    let done = admin.post(&path, &form).await;
    assert_eq!(done.location(), path, "{}", done.body);
    assert_eq!(master.get(LIMITS).await.fields("next_limit"), ["11月25日(水)から 9 円"]);
}

/// Orders and lowered limits at the same moment: whatever comes into the ledger after the limit keeps to it.
///
/// Proves SEC-23.
async fn what_was_lowered_binds_whoever_is_just_confirming(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let rights = || Rights::all(&world.accounts).approving(Business::Transfer, Step::Final);
    for number in 0..6 {
        let login_id = format!("racer{number}1");
        let user = add_user(&world.bank, world.contract, &login_id, Role::General, rights()).await;
        let mut racer = signed_in(&world, &login_id).await;
        let entry = Transfer::own(&mut racer, "100", TODAY).await.ok().unwrap();
        let review = entry.review(&mut racer).await;
        let path = format!("/admin/limits/users/{user}");
        let code_now = fresh(&world, TOKEN).await;
        let csrf = master.get(&path).await.token();
        let form = [("csrf", csrf.as_str()), ("limit", "0"), ("one_time_password", &*code_now)];
        let secrets = [("confirmation_password", PASSWORD)];
        let (placed, lowered) =
            tokio::join!(entry.press(&mut racer, &review, &secrets), master.post(&path, &form));
        assert_eq!(lowered.location(), "/admin/limits?done=changed", "{}", lowered.body);
        // in the log stands which of the two was committed first
        let query = ledger::TrailQuery {
            from: Timestamp::from_micros(0),
            until: world.clock.now().plus_seconds(1),
            contract: Some(world.contract),
            actor: String::new(),
            action: String::new(),
            among: vec!["transfer.place", "transfer.limit"],
            except: Vec::new(),
            subjects: Vec::new(),
            before: None,
            limit: 2,
        };
        let log = world.bank.ledger.trail(&query).await.unwrap();
        let newest = log.first().map(|record| record.action.clone()).unwrap_or_default();
        if placed.status.is_redirection() {
            assert_eq!(newest, "transfer.limit", "an order after the limit was lowered");
        } else {
            assert_eq!(code(&placed), "F-104", "{}", placed.body);
        }
        let again = Transfer::own(&mut racer, "100", TODAY).await.err().unwrap();
        assert_eq!(code(&again), "F-104", "nothing is left");
    }
    let findings = world.bank.transfers.audit().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}
