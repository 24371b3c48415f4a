//! 承認 through the pages: who approves what, in which order, exactly once, and what comes of it.

use database::testing::{TestDatabase, sqlite};
use database::{execute, read};
use domain::UserId;
use http::StatusCode;
use internet_banking::approvals;
use internet_banking::contracts::{Business, Rights, Role, Step};

use crate::approved::left;
use crate::network::Network;
use crate::payeasy_entry::{Entry, bill, held};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, World, add_user};
use crate::users::code;
use crate::wrong_numbers::{PENSION, ask as type_numbers};

database::on_both!(
    a_payment_under_ordered_double_approval_is_paid_by_the_second_of_two_and_once,
    two_at_once_have_exactly_one_outcome,
    a_withdrawal_against_the_last_approval_has_one_outcome,
    what_was_changed_behind_the_page_is_neither_approved_nor_carried_out,
    what_a_process_left_after_the_last_approval_is_paid_once,
    a_master_sets_the_policy_with_a_one_time_password_and_only_one_that_can_be_met,
    what_administrators_change_waits_for_a_second_one_where_the_contract_wants_it,
    a_request_is_sent_back_with_a_reason_reminded_of_and_ended_by_its_time,
);

pub const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);
pub const DOUBLE: &str = r#"{"flows":{"payeasy":{"kind":"double","ordered":false}}}"#;
pub const ORDERED: &str = r#"{"flows":{"payeasy":{"kind":"double","ordered":true}}}"#;
pub const SINGLE: &str = r#"{"flows":{"payeasy":{"kind":"single"}}}"#;

/// Sets the contract's policy.
pub async fn policy(world: &World, text: &str) {
    let (version, _) = approvals::Policies::of(&world.bank.database, world.contract).newest().await.unwrap();
    execute!(
        world.bank.database,
        "INSERT INTO approval_policy (contract, version, at_us, policy, actor) VALUES ($1, $2, 1, $3, 'test')",
        world.contract.uuid(),
        version + 1,
        text,
    )
    .unwrap();
}

/// An approver of payments from all accounts, signed in.
pub async fn approver(world: &World, login_id: &str, steps: &[Step]) -> Browser {
    let all = Rights::all(&world.accounts);
    let rights = steps.iter().fold(all, |rights, step| rights.approving(Business::PayEasy, *step));
    add_user(&world.bank, world.contract, login_id, Role::General, rights).await;
    signed_in(world, login_id).await
}

pub async fn signed_in(world: &World, login_id: &str) -> Browser {
    let mut browser = world.browser();
    assert_eq!(browser.sign_in(login_id, PASSWORD).await.location(), "/home");
    browser
}

/// Types the numbers of a slip and comes to the review.
pub async fn reviewed(browser: &mut Browser) -> (Entry, Page) {
    let (collector, customer, confirmation) = PENSION;
    let entry = Entry::begin(browser, collector).await;
    let bills = type_numbers(browser, &entry, customer, confirmation).await;
    assert_eq!(bills.location(), entry.page("bills"), "{}", bills.body);
    entry.choose(browser, "NEN-0001", 1_001).await;
    let review = entry.review(browser).await;
    (entry, review)
}

pub async fn button(browser: &mut Browser, entry: &Entry, review: &Page, action: &str) -> Page {
    let (csrf, order) = (review.token(), review.value("order"));
    let form = [("csrf", csrf.as_str()), ("order", &order), ("action", action), CONFIRMED];
    browser.post(&entry.page("review"), &form).await
}

/// Asks for the approval of a payment; the address of the request.
pub async fn asked(browser: &mut Browser) -> String {
    let (entry, review) = reviewed(browser).await;
    let page = button(browser, &entry, &review, "ask").await;
    assert!(page.location().starts_with("/approvals/"), "{} {}", page.status, page.body);
    page.location().to_owned()
}

/// Presses a button of a request's page as it was shown.
pub async fn press(browser: &mut Browser, path: &str, shown: &Page, action: &str) -> Page {
    let (csrf, digest) = (shown.token(), shown.value("digest"));
    let form = [
        ("csrf", csrf.as_str()),
        ("digest", &digest),
        ("action", action),
        ("reason", "金額を確かめてください"),
        CONFIRMED,
    ];
    browser.post(path, &form).await
}

pub async fn approve(browser: &mut Browser, path: &str) -> Page {
    let shown = browser.get(path).await;
    press(browser, path, &shown, "approve").await
}

pub async fn state(browser: &mut Browser, path: &str) -> String {
    browser.get(path).await.fields("state").concat()
}

pub async fn payments(world: &World) -> i64 {
    read!(world.bank.database, |c| sqlx::query_scalar("SELECT count(*) FROM payment").fetch_one(c).await)
        .unwrap()
}

pub async fn clearings(network: &Network) -> usize {
    network.clearings(PENSION.0).await.len()
}

/// The review asks in place of paying, the order of the steps is kept, and the collector is cleared once.
///
/// Proves R119, SEC-20.
async fn a_payment_under_ordered_double_approval_is_paid_by_the_second_of_two_and_once(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, ORDERED).await;
    let mut hanako = world.signed_in().await;
    let (entry, review) = reviewed(&mut hanako).await;
    assert!(!review.body.contains("円を払い込む"), "{}", review.body);
    let paid = entry.press(&mut hanako, &review, &[CONFIRMED]).await;
    assert_eq!(code(&paid), "A-101", "the operation refuses what the page does not offer");
    let nobody = button(&mut hanako, &entry, &review, "ask").await;
    assert_eq!(code(&nobody), "A-103", "nobody could approve it");
    let mut first = approver(&world, "ichiro01", &[Step::First]).await;
    let mut last = approver(&world, "jiro01", &[Step::Final]).await;
    let made = button(&mut hanako, &entry, &review, "ask").await;
    let path = made.location().to_owned();
    assert_eq!(button(&mut hanako, &entry, &review, "ask").await.location(), path, "sent twice is one");
    assert_eq!(hanako.get(&entry.page("review")).await.location(), path);
    assert_eq!((payments(&world).await, held(&world).await), (0, 0), "no money is held for a request");
    assert_eq!(code(&approve(&mut hanako, &path).await), "A-105");
    assert_eq!(code(&approve(&mut last, &path).await), "A-108", "the first step comes first");
    assert_eq!(first.get("/home").await.fields("approvals"), ["1"]);
    assert_eq!(approve(&mut first, &path).await.location(), path);
    assert_eq!(first.get("/home").await.fields("approvals"), Vec::<String>::new());
    assert_eq!(payments(&world).await, 0, "one of two");
    assert_eq!(approve(&mut last, &path).await.location(), path);
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
    let late = hanako.get(&path).await;
    assert!(!late.body.contains("value=\"withdraw\""), "after the last approval nobody takes it back");
    assert_eq!(approvals::look(&world.bank).await.unwrap(), 0);
    let mails: i64 = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM mail WHERE subject LIKE '%承認%'").fetch_one(c).await
    })
    .unwrap();
    assert_eq!(mails, 2, "the first approver when it was asked for, then the last");
}

/// Two approvers of one, and one of them twice.
///
/// Proves SEC-16, SEC-20.
async fn two_at_once_have_exactly_one_outcome(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut a = approver(&world, "ichiro01", &[Step::Final]).await;
    let mut b = approver(&world, "jiro01", &[Step::Final]).await;
    let path = asked(&mut hanako).await;
    let (shown_a, shown_b) = (a.get(&path).await, b.get(&path).await);
    let mut tab = world.browser();
    tab.cookies = a.cookies.clone();
    let (one, two, three) = tokio::join!(
        press(&mut a, &path, &shown_a, "approve"),
        press(&mut b, &path, &shown_b, "approve"),
        press(&mut tab, &path, &shown_a, "approve"),
    );
    let went = [&one, &two, &three].iter().filter(|page| page.status == StatusCode::SEE_OTHER).count();
    assert_eq!(went, 1, "{} {} {}", code(&one), code(&two), code(&three));
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
}

/// The later the author takes it back, the more approvals are the faster; each time one of the two is refused.
///
/// Proves R121, SEC-20.
async fn a_withdrawal_against_the_last_approval_has_one_outcome(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut a = approver(&world, "ichiro01", &[Step::Final]).await;
    let path = asked(&mut hanako).await;
    for wait_ms in (0..).step_by(25) {
        let (shown, own) = (a.get(&path).await, hanako.get(&path).await);
        let (approved, withdrawn) = tokio::join!(press(&mut a, &path, &shown, "approve"), async {
            tokio::time::sleep(std::time::Duration::from_millis(wait_ms)).await;
            press(&mut hanako, &path, &own, "withdraw").await
        });
        let went = [&approved, &withdrawn].map(|page| page.status == StatusCode::SEE_OTHER);
        let end = state(&mut hanako, &path).await;
        let made = (payments(&world).await, clearings(&network).await);
        match went {
            [false, true] => assert_eq!((end.as_str(), made), ("引戻し", (0, 0))),
            [true, false] => {
                assert_eq!((end.as_str(), made), ("完了", (1, 1)));
                break;
            }
            both => panic!("{both:?}: {} {}", code(&approved), code(&withdrawn)),
        }
        let shown = hanako.get(&path).await;
        assert_eq!(press(&mut hanako, &path, &shown, "ask").await.location(), path);
    }
}

/// The page's digest, the row's and what is carried out are one.
///
/// Proves SEC-16.
async fn what_was_changed_behind_the_page_is_neither_approved_nor_carried_out(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut a = approver(&world, "ichiro01", &[Step::Final]).await;
    let path = asked(&mut hanako).await;
    let shown = a.get(&path).await;
    let tamper =
        "UPDATE approval_request SET matter = REPLACE(matter, '\"account\":1001', '\"account\":1002')";
    execute!(world.bank.database, tamper).unwrap();
    assert_eq!(code(&press(&mut a, &path, &shown, "approve").await), "A-104");
    // nor where the page is loaded anew, since the digest is that of what was asked for
    assert_eq!(code(&approve(&mut a, &path).await), "A-104");
    // how many must approve it is under the same digest
    let mend = "UPDATE approval_request SET matter = REPLACE(matter, '\"account\":1002', '\"account\":1001')";
    execute!(world.bank.database, mend).unwrap();
    for (from, to) in [("1", "2"), ("2", "1")] {
        let of = |number| format!("\"approvals\":{number}");
        let sql = "UPDATE approval_request SET need = REPLACE(need, $1, $2)";
        execute!(world.bank.database, sql, of(from), of(to)).unwrap();
        let shown = a.get(&path).await;
        assert_eq!(shown.value("digest").len(), 64);
        if to == "2" {
            assert_eq!(code(&press(&mut a, &path, &shown, "approve").await), "A-104");
        }
    }
    execute!(world.bank.database, tamper).unwrap();
    // and what was changed after the last approval is carried out by nobody
    execute!(world.bank.database, "UPDATE approval_request SET state = 'approved'").unwrap();
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "差戻し");
    assert_eq!((payments(&world).await, clearings(&network).await), (0, 0));
}

/// Proves SEC-16.
async fn what_a_process_left_after_the_last_approval_is_paid_once(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    drop(approver(&world, "ichiro01", &[Step::Final]).await);
    let path = asked(&mut hanako).await;
    left(&world, &["ichiro01"]).await;
    let (one, two) = tokio::join!(approvals::look(&world.bank), approvals::look(&world.bank));
    assert!(one.is_ok() && two.is_ok());
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
    let secret: Option<String> = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT secret FROM approval_request").fetch_one(c).await
    })
    .unwrap();
    assert_eq!(secret, None, "the 確認番号 goes when the request ends");
}

/// Whatever the slip said when it was asked for: another amount goes back with words, and nothing is held.
#[tokio::test]
async fn a_changed_amount_returns_the_request_and_its_author_asks_again() {
    let (world, network) = World::connected(sqlite().await).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut a = approver(&world, "ichiro01", &[Step::Final]).await;
    let (entry, _) = reviewed(&mut hanako).await;
    // the collector's answer as it was before the amount became another
    execute!(world.bank.database, "UPDATE inquiry SET bills = REPLACE(bills, '\"amount\":', '\"amount\":1')")
        .unwrap();
    entry.choose(&mut hanako, "NEN-0001", 1_001).await;
    let review = entry.review(&mut hanako).await;
    let path = button(&mut hanako, &entry, &review, "ask").await.location().to_owned();
    let list = a.get("/approvals").await;
    let (csrf, pick) = (list.token(), path.replace("/approvals/", "pick-"));
    let digest = list.value(&pick);
    let ticked = a.post("/approvals", &[("csrf", &csrf), (&pick, &digest), CONFIRMED]).await;
    assert_eq!(ticked.status, StatusCode::OK);
    assert!(ticked.body.contains("1件は実行できず") && !ticked.body.contains("件を承認しました"));
    let back = hanako.get(&path).await;
    assert_eq!(back.fields("state"), ["差戻し"]);
    assert!(back.fields("note").concat().contains("金額"), "{:?}", back.fields("note"));
    assert_eq!((payments(&world).await, clearings(&network).await), (0, 0));
    assert_eq!(hanako.get("/home").await.fields("sent_back"), ["1"]);
    // asking again finds the amount of now, which its author looks at first
    let again = press(&mut hanako, &path, &back, "ask").await;
    assert_eq!(code(&again), "P-302");
    assert_eq!(again.fields("state"), ["下書き"]);
    assert_eq!(press(&mut hanako, &path, &again, "ask").await.location(), path);
    assert_eq!(approve(&mut a, &path).await.location(), path);
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!((payments(&world).await, clearings(&network).await), (1, 1));
}

/// A reason is needed, reminders go out once, and time ends what nobody decides and what nobody touches.
async fn a_request_is_sent_back_with_a_reason_reminded_of_and_ended_by_its_time(test: TestDatabase) {
    let (world, _network) = World::connected(test).await;
    policy(&world, DOUBLE).await;
    let mut hanako = world.signed_in().await;
    let mut a = approver(&world, "ichiro01", &[Step::Final]).await;
    drop(approver(&world, "jiro01", &[Step::Final]).await);
    let path = asked(&mut hanako).await;
    let shown = a.get(&path).await;
    let csrf = shown.token();
    let (most, over) = ("あ".repeat(200), "あ".repeat(201));
    for wrong in [" ", &over] {
        let none = a.post(&path, &[("csrf", &csrf), ("action", "return"), ("reason", wrong)]).await;
        assert_eq!(code(&none), "P-100");
        assert!(none.body.contains(&format!("name=\"reason\" value=\"{wrong}\"")), "what was typed is kept");
    }
    let back = a.post(&path, &[("csrf", &csrf), ("action", "return"), ("reason", &most)]).await;
    assert_eq!(back.location(), path);
    let back = hanako.get(&path).await;
    assert_eq!(back.fields("note"), [format!("{most}(差し戻した方: 経理 佐藤花子)")]);
    assert_eq!(press(&mut hanako, &path, &back, "ask").await.location(), path);
    let shown = hanako.get(&path).await;
    press(&mut hanako, &path, &shown, "withdraw").await;
    let shown = hanako.get(&path).await;
    assert_eq!(shown.fields("state"), ["引戻し"]);
    assert_eq!(press(&mut hanako, &path, &shown, "ask").await.location(), path);
    // both of the double approval in one go, each with the own word: here one of them
    let shown = a.get("/approvals").await;
    let (csrf, pick) = (shown.token(), path.replace("/approvals/", "pick-"));
    let digest = shown.value(&pick);
    assert_eq!(digest.len(), 64);
    let many = a.post("/approvals", &[("csrf", &csrf), (&pick, &digest), CONFIRMED]).await;
    assert_eq!(many.location(), "/approvals?done=approved", "{}", many.body);
    let reminders = async || -> i64 {
        read!(world.bank.database, |c| {
            sqlx::query_scalar("SELECT count(*) FROM mail WHERE subject LIKE '%近づいて%'").fetch_one(c).await
        })
        .unwrap()
    };
    approvals::look(&world.bank).await.unwrap();
    assert_eq!(reminders().await, 0);
    let until: i64 = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT until_us FROM approval_request").fetch_one(c).await
    })
    .unwrap();
    let left = (until - world.clock.now().micros()) / 1_000_000;
    world.clock.advance_seconds(left - 24 * 3600);
    for _ in 0..2 {
        approvals::look(&world.bank).await.unwrap();
        assert_eq!(reminders().await, 1, "the one who has not approved");
    }
    world.clock.advance_seconds(24 * 3600);
    approvals::look(&world.bank).await.unwrap();
    let mut hanako = world.signed_in().await;
    assert_eq!(state(&mut hanako, &path).await, "期限切れ");
    world.clock.advance_seconds(70 * 24 * 3600 - 1);
    assert_eq!(approvals::look(&world.bank).await.unwrap(), 0, "kept for seventy days");
    world.clock.advance_seconds(1);
    assert_eq!(approvals::look(&world.bank).await.unwrap(), 1);
    let mut hanako = world.signed_in().await;
    assert_eq!(state(&mut hanako, &path).await, "削除");
    assert_eq!(payments(&world).await, 0);
}

/// A bill that only the hand-off has cannot wait.
#[tokio::test]
async fn a_bill_that_cannot_be_asked_for_again_is_not_taken_into_a_request() {
    let world = World::new(sqlite().await).await;
    policy(&world, SINGLE).await;
    drop(approver(&world, "ichiro01", &[Step::Final]).await);
    let mut hanako = world.signed_in().await;
    let entry = Entry::answered(&world, &mut hanako, "00200", &[bill("B1", 1_000)]).await;
    execute!(world.bank.database, "UPDATE inquiry SET link = 'B1'").unwrap();
    entry.choose(&mut hanako, "B1", 1_001).await;
    let review = entry.review(&mut hanako).await;
    assert_eq!(code(&button(&mut hanako, &entry, &review, "ask").await), "A-102");
}

const MASTER: &str = "master1";
const SERIAL: &str = "T-0002";

pub async fn set(world: &World, browser: &mut Browser, fields: &[(&str, &str)], with_code: bool) -> Page {
    let page = browser.get("/admin/approvals").await;
    let (csrf, seen) = (page.token(), page.value("seen"));
    let code = if with_code { fresh(world, SERIAL).await } else { String::new() };
    let mut form = vec![("csrf", csrf.as_str()), ("seen", &seen), ("one_time_password", &code)];
    form.extend([("transfer-flow", "none"), ("bulk_transfer-flow", "single"), ("salary-flow", "single")]);
    form.extend([("local_tax-flow", "single"), ("direct_debit-flow", "single")]);
    form.extend_from_slice(fields);
    let reviewed = browser.post("/admin/approvals", &form).await;
    if reviewed.status != StatusCode::OK {
        return reviewed;
    }
    form.push(("action", "set"));
    browser.post("/admin/approvals", &form).await
}

/// Proves SEC-21.
async fn a_master_sets_the_policy_with_a_one_time_password_and_only_one_that_can_be_met(test: TestDatabase) {
    let world = World::new(test).await;
    add(&world, MASTER, Role::Master, SERIAL, 8).await;
    let mut master = signed_in(&world, MASTER).await;
    let double = [("payeasy-flow", "double")];
    assert_eq!(code(&set(&world, &mut master, &double, false).await), "A-103");
    drop(approver(&world, "ichiro01", &[Step::First]).await);
    drop(approver(&world, "jiro01", &[Step::First]).await);
    assert_eq!(code(&set(&world, &mut master, &[("payeasy-flow", "ordered")], true).await), "A-103");
    assert_eq!(code(&set(&world, &mut master, &double, false).await), "T-100");
    assert_eq!(code(&set(&world, &mut master, &[], true).await), "P-100", "a way is chosen");
    let bands = [
        ("payeasy-flow", "bands"),
        ("payeasy-approvals-0", "0"),
        ("payeasy-from-1", "100,000"),
        ("payeasy-approvals-1", "2"),
    ];
    assert_eq!(set(&world, &mut master, &bands, true).await.location(), "/admin/approvals?done=changed");
    let alone = [("payeasy-flow", "double"), ("second_administrator", "on")];
    assert_eq!(code(&set(&world, &mut master, &alone, true).await), "A-110");
    // what another has changed meanwhile is not overwritten
    let page = master.get("/admin/approvals").await;
    let (csrf, now) = (page.token(), fresh(&world, SERIAL).await);
    let stale = [
        ("csrf", csrf.as_str()),
        ("seen", "0"),
        ("payeasy-flow", "none"),
        ("transfer-flow", "none"),
        ("bulk_transfer-flow", "single"),
        ("salary-flow", "single"),
        ("local_tax-flow", "single"),
        ("direct_debit-flow", "single"),
        ("one_time_password", &now),
    ];
    assert_eq!(code(&master.post("/admin/approvals", &stale).await), "A-104");
    let mut hanako = world.signed_in().await;
    assert_eq!(hanako.get("/admin/approvals").await.status, StatusCode::FORBIDDEN);
    // below the amount nobody approves, from it on two do
    for (amount, asks) in [(99_999, false), (100_000, true)] {
        let entry = Entry::answered(&world, &mut hanako, "00200", &[bill("B1", amount)]).await;
        entry.choose(&mut hanako, "B1", 1_001).await;
        assert_eq!(entry.review(&mut hanako).await.body.contains("value=\"ask\""), asks, "{amount}");
    }
}

/// Proves SEC-21.
async fn what_administrators_change_waits_for_a_second_one_where_the_contract_wants_it(test: TestDatabase) {
    let world = World::new(test).await;
    add(&world, MASTER, Role::Master, SERIAL, 8).await;
    let admin: UserId = add(&world, "admin01", Role::Admin, "T-0003", 9).await;
    let duty = "INSERT INTO user_duty (app_user, duty) VALUES ($1, 'approvals')";
    execute!(world.bank.database, duty, admin.uuid()).unwrap();
    let mut master = signed_in(&world, MASTER).await;
    let on = [("payeasy-flow", "none"), ("second_administrator", "on")];
    assert_eq!(set(&world, &mut master, &on, true).await.location(), "/admin/approvals?done=changed");
    let off = set(&world, &mut master, &[("payeasy-flow", "none")], true).await;
    let path = off.location().to_owned();
    assert!(path.starts_with("/approvals/"), "{}", off.body);
    let held = async || approvals::Policies::of(&world.bank.database, world.contract).newest().await.unwrap();
    assert_eq!(held().await.0, 1, "nothing has changed yet");
    let (csrf, digest) = {
        let shown = master.get(&path).await;
        (shown.token(), shown.value("digest"))
    };
    let now = fresh(&world, SERIAL).await;
    let own = [
        ("csrf", csrf.as_str()),
        ("digest", &digest),
        ("action", "approve"),
        ("one_time_password", &now),
        CONFIRMED,
    ];
    assert_eq!(code(&master.post(&path, &own).await), "A-105", "never the own");
    // a limit that lets a user pay less is in force at once, one that lets more waits
    let limit = format!("/payeasy/limits/{}", world.hanako);
    let mut limited = async |yen: &str| {
        let csrf = master.get(&limit).await.token();
        let now = fresh(&world, SERIAL).await;
        let form = [("csrf", csrf.as_str()), ("limit", yen), ("one_time_password", &now)];
        master.post(&limit, &form).await.location().to_owned()
    };
    assert_eq!(limited("5000").await, "/payeasy/limits?done=changed");
    let raise = limited("6000").await;
    assert!(raise.starts_with("/approvals/"), "{raise}");
    let of =
        async || world.bank.limits.of(world.contract, world.hanako).await.unwrap().user.map(|yen| yen.get());
    assert_eq!(of().await, Some(5_000));
    // a user who is to lose nothing but be gone, or to get another password, is there until it is confirmed
    let act = format!("/admin/users/{}/do/password", world.hanako);
    let csrf = master.get(&act).await.token();
    let now = fresh(&world, SERIAL).await;
    let reset =
        master.post(&act, &[("csrf", &csrf), ("one_time_password", &now)]).await.location().to_owned();
    assert!(reset.starts_with("/approvals/"), "{reset}");
    let waits = "SELECT must_change FROM app_user WHERE login_id = 'hanako01'";
    let changed = async || -> i64 {
        read!(world.bank.database, |c| sqlx::query_scalar(waits).fetch_one(c).await).unwrap()
    };
    assert_eq!(changed().await, 0);
    // nobody makes a second administrator of a straw man
    let entry = crate::users::begin(&mut master).await;
    for (page, form) in [
        (
            "basics",
            vec![("login_id", "straw-man1"), ("name", "見本"), ("email", "s@example.jp"), ("role", "admin")],
        ),
        ("rights", vec![("duty-approvals", "on")]),
        ("review", vec![]),
    ] {
        let path = format!("{entry}/{page}");
        let (csrf, now) = (master.get(&path).await.token(), fresh(&world, SERIAL).await);
        let mut form = form;
        form.extend([("csrf", csrf.as_str()), ("one_time_password", &now)]);
        let sent = master.post(&path, &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{page}: {}", sent.body);
        assert_eq!(sent.location().starts_with("/approvals/"), page == "review", "{}", sent.location());
    }
    let straw = "SELECT count(*) FROM app_user WHERE login_id = 'straw-man1'";
    let there: i64 = read!(world.bank.database, |c| sqlx::query_scalar(straw).fetch_one(c).await).unwrap();
    assert_eq!(there, 0);
    let mut second = signed_in(&world, "admin01").await;
    // what makes a password is approved where it is shown: a list would lose it
    let list = second.get("/approvals").await;
    let pick = |path: &str| path.replace("/approvals/", "pick-");
    assert_eq!((list.value(&pick(&reset)).as_str(), list.value(&pick(&raise)).len()), ("", 64));
    let shown = second.get(&reset).await;
    let (csrf, digest, now) = (shown.token(), shown.value("digest"), fresh(&world, "T-0003").await);
    let reset_box = pick(&reset);
    let form =
        [("csrf", csrf.as_str()), (reset_box.as_str(), &digest), ("one_time_password", &now), CONFIRMED];
    assert_eq!(code(&second.post("/approvals", &form).await), "A-111");
    assert_eq!(changed().await, 0);
    let shown = second.get(&reset).await;
    let (csrf, digest, now) = (shown.token(), shown.value("digest"), fresh(&world, "T-0003").await);
    let form = [
        ("csrf", csrf.as_str()),
        ("digest", &digest),
        ("action", "approve"),
        ("one_time_password", &now),
        CONFIRMED,
    ];
    let confirmed = second.post(&reset, &form).await;
    assert_eq!(confirmed.fields("temporary_password").len(), 1, "{}", confirmed.body);
    assert_eq!(changed().await, 1);
    for path in [&raise, &path] {
        let shown = second.get(path).await;
        let (csrf, digest, now) = (shown.token(), shown.value("digest"), fresh(&world, "T-0003").await);
        let form = [
            ("csrf", csrf.as_str()),
            ("digest", &digest),
            ("action", "approve"),
            ("one_time_password", &now),
            CONFIRMED,
        ];
        let confirmed = second.post(path, &form).await;
        assert_eq!(confirmed.location(), path, "{}", confirmed.body);
        assert_eq!(second.get(path).await.fields("state"), ["完了"]);
    }
    assert_eq!(of().await, Some(5_000), "more comes the next business day");
    world.clock.advance_seconds(86_400);
    assert_eq!(of().await, Some(6_000));
    let (version, policy) = held().await;
    assert_eq!((version, policy.second_administrator), (2, false));
}
