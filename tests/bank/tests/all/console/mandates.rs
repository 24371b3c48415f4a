//! 預金口座振替依頼書: papers about accounts that a contract debits, decided by two.

use bulk::{StoppedBy, mandate_on, mandates_of};
use database::testing::TestDatabase;
use database::{execute, read};
use domain::{AccountId, ContractId, MandateId};

use super::support::{CHECKER, MAKER, Office, approve};
use crate::support::{Browser, Page};

database::on_both!(
    a_mandate_is_registered_and_stopped_by_two_people_and_a_paper,
    what_a_paper_may_not_say_is_told_and_nothing_is_registered,
    what_was_otherwise_by_the_time_of_its_approval_is_not_done,
);

fn form<'f>(csrf: &'f str, act: &'f str, number: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("csrf", csrf),
        ("act", act),
        ("branch", "100"),
        ("kind", "ordinary"),
        ("number", number),
        ("customer", "A-0001"),
        ("from", "2026-12-01"),
        ("document", "2026-振-0007"),
        ("reason", "11/25 本店営業部で依頼書を受領、届出印を照合"),
    ]
}

async fn propose(browser: &mut Browser, contract: ContractId, act: &str, number: &str) -> Page {
    let page = format!("/contracts/{contract}/mandates");
    let csrf = browser.get(&page).await.token();
    browser.post(&format!("{page}/propose"), &form(&csrf, act, number)).await
}

/// Proposes and approves it; the request's page afterwards.
async fn decide(office: &Office, contract: ContractId, act: &str, number: &str) -> Page {
    let mut maker = office.signed_in(MAKER).await;
    let proposed = propose(&mut maker, contract, act, number).await;
    let request = proposed.location().to_owned();
    assert!(request.starts_with("/requests/"), "{}", proposed.body);
    // whoever has proposed it does not approve it
    let csrf = maker.get(&format!("/contracts/{contract}/mandates")).await.token();
    let refused = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, http::StatusCode::FORBIDDEN);
    let waiting = maker.get(&request).await;
    assert!(waiting.body.contains("承認待ち"), "{}", waiting.body);
    approve(&mut office.signed_in(CHECKER).await, &request).await
}

/// What comes of a proposal after something else has happened.
async fn overtaken(office: &Office, act: &str, number: &str, by: impl AsyncFnOnce()) -> Page {
    let mut maker = office.signed_in(MAKER).await;
    let request = propose(&mut maker, office.world.contract, act, number).await.location().to_owned();
    by().await;
    let mut checker = office.signed_in(CHECKER).await;
    let csrf = checker.get(&request).await.token();
    let told = checker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert!(checker.get(&request).await.body.contains("承認待ち"), "it waits to be sent back");
    let note = [("csrf", csrf.as_str()), ("note", "別の書類が先に処理されています")];
    assert_eq!(checker.post(&format!("{request}/send-back"), &note).await.location(), request);
    told
}

/// An account of the register: its id and number.
async fn account(office: &Office) -> (AccountId, String) {
    let sql = "SELECT account, number FROM core_account WHERE branch = '100' AND kind = 'ordinary'
         ORDER BY account LIMIT 1";
    let (id, number): (i64, String) =
        read!(office.console.database, |c| sqlx::query_as(sql).fetch_one(c).await).unwrap();
    (AccountId::new(id), number)
}

/// Proves R109.
async fn a_mandate_is_registered_and_stopped_by_two_people_and_a_paper(test: TestDatabase) {
    let office = Office::new(test).await;
    let contract = office.world.contract;
    let (id, number) = account(&office).await;
    let done = decide(&office, contract, "register", &number).await;
    assert!(
        done.body.contains("口座振替依頼書を登録しました") && done.body.contains("2026-振-0007"),
        "{}",
        done.body
    );
    let database = &office.console.database;
    let mandate = mandate_on(database, contract, id).await.unwrap().unwrap();
    assert_eq!((mandate.customer.as_str(), mandate.stopped), ("A-0001", None));
    assert_eq!(mandate.from, "2026-12-01".parse().unwrap());
    let mut maker = office.signed_in(MAKER).await;
    let page = maker.get(&format!("/contracts/{contract}/mandates")).await;
    assert!(page.fields("account")[0].ends_with(&number), "{}", page.body);
    let twice = propose(&mut maker, contract, "register", &number).await;
    assert!(twice.body.contains("すでに登録されています"), "{}", twice.body);
    // stopped, it is over; another one may follow
    let stopped = decide(&office, contract, "holder", &number).await;
    assert!(stopped.body.contains("口座振替を停止しました"), "{}", stopped.body);
    let mandate = mandate_on(database, contract, id).await.unwrap().unwrap();
    assert_eq!(mandate.stopped, Some(StoppedBy::Holder));
    let mut maker = office.signed_in(MAKER).await;
    let again = propose(&mut maker, contract, "originator", &number).await;
    assert!(again.body.contains("すでに停止しています"), "{}", again.body);
    decide(&office, contract, "register", &number).await;
    assert_eq!(mandates_of(database, contract, None, 10).await.unwrap().len(), 2);
    let trail = office.audit().await;
    let written =
        trail.iter().filter(|(actor, action, _)| actor.starts_with("staff:") && action == "bulk.mandate");
    assert_eq!(written.count(), 3, "{trail:?}");
}

async fn what_a_paper_may_not_say_is_told_and_nothing_is_registered(test: TestDatabase) {
    let office = Office::new(test).await;
    let contract = office.world.contract;
    let (id, number) = account(&office).await;
    let mut maker = office.signed_in(MAKER).await;
    let page = format!("/contracts/{contract}/mandates");
    let csrf = maker.get(&page).await.token();
    for (field, value, words) in [
        ("act", "burn", "手続きを選んでください"),
        ("number", "9999999", "口座はありません"),
        ("branch", "10", "店番は3桁の数字"),
        ("customer", "123456789012345678901", "顧客番号は20文字まで"),
        ("from", "2028-01-01", "引き落とせる最初の日"),
        ("document", "", "書類番号を入力してください"),
        ("reason", "", "理由"),
    ] {
        let mut form = form(&csrf, "register", &number);
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        let told = maker.post(&format!("{page}/propose"), &form).await;
        assert!(told.body.contains(words), "{field}: {}", told.body);
        assert_eq!(told.location(), "", "{field}");
    }
    assert!(mandates_of(&office.console.database, contract, None, 10).await.unwrap().is_empty());
    // nor is anything debited from an account that is closed
    let sql = "UPDATE account SET closed_us = 1 WHERE id = $1";
    execute!(office.console.database, sql, id.get()).unwrap();
    let told = propose(&mut maker, contract, "register", &number).await;
    assert!(told.body.contains("解約されているため"), "{}", told.body);
    // a checker proposes nothing
    let mut checker = office.signed_in(CHECKER).await;
    let refused = propose(&mut checker, contract, "register", &number).await;
    assert_eq!(refused.status, http::StatusCode::FORBIDDEN);
}

async fn what_was_otherwise_by_the_time_of_its_approval_is_not_done(test: TestDatabase) {
    let office = Office::new(test).await;
    let (contract, database) = (office.world.contract, &office.console.database);
    let (id, number) = account(&office).await;
    // another paper about the same account was faster
    let faster = "INSERT INTO bulk_mandate (id, contract, account, customer, from_day, actor, at_us)
         VALUES ($1, $2, $3, '', '2026-11-24', 'test', 1)";
    let first = MandateId::generate();
    let page = overtaken(&office, "register", &number, async || {
        execute!(database, faster, first.uuid(), contract.uuid(), id.get()).unwrap();
    })
    .await;
    assert!(page.body.contains("すでに登録されています"), "{}", page.body);
    let mandates = mandates_of(database, contract, None, 10).await.unwrap();
    assert_eq!(mandates.len(), 1, "one stands, not two");
    let stop =
        "INSERT INTO bulk_mandate_stop (mandate, stopped_by, actor, at_us) VALUES ($1, 'holder', 'test', 1)";
    let page = overtaken(&office, "originator", &number, async || {
        execute!(database, stop, first.uuid()).unwrap();
    })
    .await;
    assert!(page.body.contains("停止されたか、新しいものに替わっています"), "{}", page.body);
    let now = mandate_on(database, contract, id).await.unwrap().unwrap();
    assert_eq!(now.stopped, Some(StoppedBy::Holder), "the first stop stays");
}
