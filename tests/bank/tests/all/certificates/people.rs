//! Certificates of people whom the master adds, and deletes and adds anew.

use database::execute;
use database::testing::TestDatabase;
use domain::AccountId;
use http::StatusCode;
use internet_banking::contracts::AccountKind;

use super::{Desk, KEIRI, MASTER, certificate, code};
use crate::approvals::{CONFIRMED, approve};
use crate::payeasy_entry::{Entry, bill};
use crate::support::{Browser, PASSWORD, Page, add_account, put};
use crate::transfer_entry::Transfer;
use crate::transfers_approved::ask;
use crate::users::{act, begin, submit};

database::on_both!(
    whom_the_master_adds_fetches_a_certificate_by_both_temporary_passwords,
    who_is_deleted_and_registered_anew_gets_another_certificate,
    whom_a_master_adds_while_the_own_certificate_cools_off_moves_no_money_either,
    who_is_registered_anew_after_a_revocation_gets_another_certificate,
    whoever_cools_off_pays_transfers_and_approves_nothing,
);

/// Passwords that somebody chooses.
const OWN: &str = "yama-no-ue-no-kumo-9";
const OWN_CONFIRMATION: &str = "kawa-no-soko-no-ishi-7";

/// Adds somebody by the pages; answers the temporary passwords.
async fn add(desk: &Desk, master: &mut Browser, login_id: &str, person: &str) -> (String, String) {
    let entry = begin(master).await;
    let basics = [
        ("login_id", login_id),
        ("name", "経理 新田"),
        ("email", "nitta@example.jp"),
        ("role", "general"),
        ("person", person),
    ];
    let next = submit(master, &format!("{entry}/basics"), &basics).await;
    assert_eq!(next.location(), format!("{entry}/rights"), "{}", next.body);
    submit(master, &format!("{entry}/rights"), &[("payeasy-2001", "on")]).await;
    let otp = desk.code(MASTER).await;
    let added = submit(master, &format!("{entry}/review"), &[("one_time_password", &otp)]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    (added.fields("temporary_password").remove(0), added.fields("temporary_confirmation").remove(0))
}

async fn fetch(desk: &Desk, login_id: &str, password: &str, confirmation: &str) -> Page {
    let proof = [("password", password), ("confirmation_password", confirmation), ("one_time_password", "")];
    desk.ask(login_id, &proof).await
}

async fn choose(browser: &mut Browser) -> Page {
    let form = [
        ("new_password", OWN),
        ("new_again", OWN),
        ("new_confirmation", OWN_CONFIRMATION),
        ("confirmation_again", OWN_CONFIRMATION),
    ];
    submit(browser, "/security/first-password", &form).await
}

/// Nobody has a token before the first sign-in, and no sign-in without a certificate.
///
/// Proves R16, SEC-05.
async fn whom_the_master_adds_fetches_a_certificate_by_both_temporary_passwords(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut master) = desk.signed_in(MASTER).await;
    let (password, confirmation) = add(&desk, &mut master, "nitta-keiri", "").await;
    assert_ne!(password, confirmation);
    for (login, second) in [(&password, ""), (&password, &*password), (&confirmation, &*confirmation)] {
        assert_eq!(code(&fetch(&desk, "nitta-keiri", login, second).await), "S-116");
    }
    let fetched = fetch(&desk, "nitta-keiri", &password, &confirmation).await;
    assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.body);
    let mut nitta = desk.at_door(certificate(&fetched));
    assert_eq!(nitta.sign_in("nitta-keiri", &password).await.location(), "/home");
    assert_eq!(nitta.get("/security/token").await.location(), "/security/first-password");
    assert_eq!(choose(&mut nitta).await.location(), "/security?done=first");
    assert_eq!(nitta.get("/home").await.status, StatusCode::OK);
    // neither of the temporary ones is good for anything any more
    assert_eq!(code(&fetch(&desk, "nitta-keiri", &password, &confirmation).await), "S-116");
    assert_eq!(code(&fetch(&desk, "nitta-keiri", OWN, &confirmation).await), "S-116");
}

/// Whoever has talked somebody out of the master's certificate adds a user and pays as that one: not within the day, as
/// that one reads.
async fn whom_a_master_adds_while_the_own_certificate_cools_off_moves_no_money_either(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let waits = "このログインIDでは払込・振込・振替ができません。";
    desk.signed_in(MASTER).await;
    desk.world.clock.advance_seconds(3_600);
    let revoked = "UPDATE certificate SET ended_us = $1, ended_why = 'bank', ended_by = 'staff:1'";
    execute!(desk.world.bank.database, revoked, desk.world.clock.now().micros()).unwrap();
    let (_, mut master) = desk.signed_in(MASTER).await;
    let (password, confirmation) = add(&desk, &mut master, "nitta-keiri", "").await;
    let fetched = fetch(&desk, "nitta-keiri", &password, &confirmation).await;
    let mut nitta = desk.at_door(certificate(&fetched));
    assert_eq!(nitta.sign_in("nitta-keiri", &password).await.location(), "/home");
    choose(&mut nitta).await;
    for page in ["/home", "/payeasy/new"] {
        let shown = nitta.get(page).await;
        assert!(shown.body.contains(waits), "{page}: {}", shown.body);
    }
    // a colleague from before goes on
    let (_, mut keiri) = desk.signed_in(KEIRI).await;
    assert!(!keiri.get("/home").await.body.contains(waits));
    desk.world.clock.advance_seconds(86_400);
    let mut later = desk.at_door(nitta.certificate.clone());
    assert_eq!(later.sign_in("nitta-keiri", OWN).await.location(), "/home");
    assert!(!later.get("/home").await.body.contains(waits), "it is over");
}

/// After a loss the master revokes first, and then registers the person anew.
///
/// Proves R46, R48.
async fn who_is_registered_anew_after_a_revocation_gets_another_certificate(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut master) = desk.signed_in(MASTER).await;
    desk.signed_in(KEIRI).await;
    let one_time = desk.code(MASTER).await;
    desk.act(&mut master, "revoke", &one_time).await;
    assert_eq!(code(&desk.ask(KEIRI, &[]).await), "S-111", "not without a permit");
    let removed = act(&desk.world, &mut master, desk.keiri, "remove", &format!("T-{MASTER}")).await;
    assert_eq!(removed.location(), "/admin/users?done=remove", "{}", removed.body);
    let (password, confirmation) = add(&desk, &mut master, KEIRI, "same").await;
    let fetched = fetch(&desk, KEIRI, &password, &confirmation).await;
    assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.body);
}

/// By the master, on the screen, as the same person or as another one.
///
/// Proves R48.
async fn who_is_deleted_and_registered_anew_gets_another_certificate(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (old, mut keiri) = desk.signed_in(KEIRI).await;
    let (_, mut master) = desk.signed_in(MASTER).await;
    let mut user = desk.keiri;
    for (person, is_same) in [("same", true), ("other", false)] {
        let otp = desk.code(MASTER).await;
        let removed =
            submit(&mut master, &format!("/admin/users/{user}/do/remove"), &[("one_time_password", &otp)])
                .await;
        assert_eq!(removed.location(), "/admin/users?done=remove", "{}", removed.body);
        assert_eq!(keiri.get("/home").await.location(), "/sign-in");
        let (password, confirmation) = add(&desk, &mut master, KEIRI, person).await;
        let trouble = code(&desk.at_door(old.clone()).sign_in(KEIRI, &password).await);
        assert_eq!(trouble, if is_same { "S-106" } else { "S-109" }, "{person}");
        let fetched = fetch(&desk, KEIRI, &password, &confirmation).await;
        assert_eq!(fetched.status, StatusCode::OK, "{person}: {}", fetched.body);
        keiri = desk.at_door(certificate(&fetched));
        assert_eq!(keiri.sign_in(KEIRI, &password).await.location(), "/home", "{person}");
        assert_eq!(choose(&mut keiri).await.location(), "/security?done=first", "{person}");
        assert_eq!(keiri.get("/home").await.status, StatusCode::OK, "{person}");
        let now = super::user_now(&desk.world, KEIRI).await;
        assert_eq!(now == user, is_same, "{person}");
        user = now;
    }
    assert_eq!(desk.count("SELECT count(*) FROM certificate").await, 4, "what was stays on record");
    assert!(desk.at_door(old).sign_in(KEIRI, PASSWORD).await.location().is_empty());
}

/// Neither the master nor whoever has the access from that master: not by a payment, nor by a transfer, nor by the
/// approval of somebody else's. A colleague goes on, and a day later all of them do.
///
/// Proves SEC-05.
async fn whoever_cools_off_pays_transfers_and_approves_nothing(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (world, bank) = (&desk.world, &desk.world.bank);
    let account = AccountId::new(2_001);
    add_account(bank, desk.contract, AccountId::new(2_002), AccountKind::Current, "0000012").await;
    put(&bank.ledger, account, 1_000_000).await;
    for sql in [
        "INSERT INTO user_right (app_user, business, account)
             SELECT id, 'transfer', 2002 FROM app_user WHERE contract = $1",
        "INSERT INTO user_approver (app_user, business, step)
             SELECT id, 'transfer', 'final' FROM app_user WHERE contract = $1 AND role = 'master'",
    ] {
        execute!(bank.database, sql, desk.contract.uuid()).unwrap();
    }
    desk.signed_in(MASTER).await;
    world.clock.advance_seconds(3_600);
    let revoked = "UPDATE certificate SET ended_us = $1, ended_why = 'bank', ended_by = 'staff:1'";
    execute!(bank.database, revoked, world.clock.now().micros()).unwrap();
    let (_, mut master) = desk.signed_in(MASTER).await;
    let (password, confirmation) = add(&desk, &mut master, "nitta-keiri", "").await;
    let mut nitta = desk.at_door(certificate(&fetch(&desk, "nitta-keiri", &password, &confirmation).await));
    assert_eq!(nitta.sign_in("nitta-keiri", &password).await.location(), "/home");
    choose(&mut nitta).await;
    let (_, mut keiri) = desk.signed_in(KEIRI).await;
    let from_600 = r#"{"flows":{"transfer":{"kind":"bands","bands":[{"from":0,"approvals":0},
        {"from":600,"approvals":1}]}}}"#;
    let policy =
        "INSERT INTO approval_policy (contract, version, at_us, policy, actor) VALUES ($1, 1, 1, $2, 'x')";
    execute!(bank.database, policy, desk.contract.uuid(), from_600).unwrap();
    let entry = own(&mut keiri, "700", "2026-11-27").await;
    let asked = ask(&mut keiri, &entry, "ask").await;
    let left = async || {
        let balances = bank.ledger.balances(&[account]).await.unwrap();
        balances[0].balance.get() - balances[0].held.get()
    };

    for (today, moves) in [("2026-11-24", false), ("2026-11-25", true)] {
        for (browser, secret, id) in [(&mut master, PASSWORD, "B1"), (&mut nitta, OWN_CONFIRMATION, "B2")] {
            let entry = Entry::answered(world, browser, "00200", &[bill(id, 1_000)]).await;
            entry.choose(browser, id, 2_001).await;
            let review = entry.review(browser).await;
            let secrets = [("confirmation_password", secret), ("repeat", "yes")];
            let paid = entry.press(browser, &review, &secrets).await;
            goes(&paid, moves);
        }
        let entry = own(&mut master, "100", today).await;
        let review = entry.review(&mut master).await;
        goes(&entry.press(&mut master, &review, &[CONFIRMED]).await, moves);
        goes(&approve(&mut master, &asked).await, moves);
        if moves {
            assert_eq!(left().await, 1_000_000 - 10 - 2 * 1_000 - 100);
            continue;
        }
        assert_eq!(left().await, 1_000_000, "nothing has moved");
        assert!(own(&mut keiri, "10", today).await.confirm(&mut keiri).await.status.is_redirection());
        assert_eq!(left().await, 1_000_000 - 10, "a colleague goes on");
        world.clock.advance_seconds(86_400);
        for (browser, login_id, password) in
            [(&mut master, MASTER, PASSWORD), (&mut nitta, "nitta-keiri", OWN)]
        {
            assert_eq!(browser.sign_in(login_id, password).await.location(), "/home");
        }
    }
}

/// 振替 between the company's two accounts.
async fn own(browser: &mut Browser, amount: &str, day: &str) -> Transfer {
    let fields = [("account", "2001"), ("to", "2002"), ("amount", amount), ("day", day)];
    let begun = submit(browser, "/transfers/own", &fields).await;
    let (entry, _) = begun.location().rsplit_once('/').unwrap_or_else(|| panic!("{}", begun.body));
    Transfer(entry.to_owned())
}

/// Whether money goes where it was to go, or is kept back for the day.
fn goes(page: &Page, goes: bool) {
    assert_eq!(page.status.is_redirection(), goes, "{}", page.body);
    assert_eq!(code(page), if goes { "" } else { "P-504" }, "{}", page.body);
}
