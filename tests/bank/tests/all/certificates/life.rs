//! Renewal, notices, the master's acts, the bank's revocation.

use database::execute;
use database::testing::TestDatabase;
use http::StatusCode;
use internet_banking::certificates::held::held;
use internet_banking::certificates::issue::Occasion;
use internet_banking::certificates::{EndWhy, KeySource, end_of_user, revoke};
use internet_banking::contracts::{Rights, Role};
use internet_banking::tokens::Seed;
use ledger::{Commit, Refused};

use super::{Desk, KEIRI, MASTER, NEW, YEAR_S, certificate, code, mark};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{LOGIN_ID, PASSWORD, Page, add_user};

const DAY_S: i64 = 86_400;

database::on_both!(
    from_thirty_days_before_the_end_it_is_renewed_on_line,
    each_notice_is_one_mail_a_certificate_and_day,
    of_an_ended_contract_nobody_is_told,
    the_own_certificate_is_shown_with_its_owner_and_its_end,
    the_master_permits_another_certificate_and_revokes,
    another_certificate_waits_for_the_second_administrator,
    nobody_but_the_master_acts_on_others_certificates,
    what_the_bank_revokes_ends_at_once_and_another_may_be_fetched,
    what_the_bank_revokes_takes_the_renewed_one_with_it,
    whoever_has_no_token_renews_by_the_confirmation_password,
    what_an_issue_rests_on_is_held_to_its_commit,
    a_revocation_beside_an_issue_leaves_no_certificate,
    a_contract_that_signs_in_by_password_has_no_certificates_to_revoke_or_permit,
);

impl Desk {
    async fn renew(&self, browser: &mut crate::support::Browser, login_id: &str) -> Page {
        let code = self.code(login_id).await;
        let token = browser.get("/security/certificate").await.token();
        let form = [("csrf", token.as_str()), ("one_time_password", &code), ("way", "file")];
        browser.post("/security/certificate", &form).await
    }

    pub async fn act(&self, browser: &mut crate::support::Browser, act: &str, code: &str) -> Page {
        let path = format!("/admin/certificates/{}", self.keiri);
        let token = browser.get(&path).await.token();
        browser.post(&format!("{path}/{act}"), &[("csrf", &token), ("one_time_password", code)]).await
    }
}

/// Proves R40, R42.
async fn from_thirty_days_before_the_end_it_is_renewed_on_line(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (old, mut browser) = desk.signed_in(KEIRI).await;
    let page = desk.renew(&mut browser, KEIRI).await;
    assert_eq!((page.status, code(&page).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "S-115"));
    desk.world.clock.advance_seconds(YEAR_S - 30 * DAY_S);
    assert_eq!(browser.sign_in(KEIRI, PASSWORD).await.location(), "/home");
    assert_eq!(browser.get("/home").await.fields("due"), ["更新の時期"]);
    let token = browser.get("/security/certificate").await.token();
    let page = browser.post("/security/certificate", &[("csrf", &token), ("way", "file")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "without a one-time password");
    let page = desk.renew(&mut browser, KEIRI).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let lost = certificate(&page);
    let new = certificate(&desk.renew(&mut browser, KEIRI).await);
    assert_eq!(
        browser.get("/home").await.status,
        StatusCode::OK,
        "the old one is good until the new one signs in"
    );
    assert_eq!(desk.at_door(old.clone()).sign_in(KEIRI, PASSWORD).await.location(), "/home");
    assert_eq!(desk.at_door(new.clone()).sign_in(KEIRI, PASSWORD).await.location(), "/home");
    assert_eq!(code(&desk.at_door(old).sign_in(KEIRI, PASSWORD).await), "S-108");
    assert_eq!(code(&desk.at_door(lost).sign_in(KEIRI, PASSWORD).await), "S-107");
    assert_eq!(desk.count("SELECT count(*) FROM certificate WHERE ended_us IS NULL").await, 1);
    desk.world.clock.advance_seconds(31 * DAY_S);
    assert_eq!(desk.at_door(new).sign_in(KEIRI, PASSWORD).await.location(), "/home", "for another year");
}

/// Proves R40.
async fn each_notice_is_one_mail_a_certificate_and_day(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut browser) = desk.signed_in(KEIRI).await;
    desk.fetched(MASTER).await;
    let sql = "SELECT count(*) FROM mail WHERE id LIKE 'certificate-expires-%'";
    let mut days_left = 365;
    for (days, mails) in [(31, 0), (30, 1), (29, 1), (14, 2), (7, 3), (1, 4)] {
        desk.world.clock.advance_seconds((days_left - days) * DAY_S);
        days_left = days;
        let (here, there) = (desk.notices(), desk.notices());
        let (one, other) = tokio::join!(here.tell_due(), there.tell_due());
        one.unwrap();
        other.unwrap();
        desk.notices().tell_due().await.unwrap();
        assert_eq!(desk.count(sql).await, mails, "{days} days before the end");
    }
    let sql = "SELECT count(*) FROM mail WHERE id LIKE 'certificate-expires-%' AND address = 'shomei-keiri@example.jp'
        AND subject LIKE '%有効期限%'";
    assert_eq!(desk.count(sql).await, 4, "to its user alone, and to nobody who has not signed in with it");
    browser.sign_in(KEIRI, PASSWORD).await;
    let new = certificate(&desk.renew(&mut browser, KEIRI).await);
    desk.at_door(new).sign_in(KEIRI, PASSWORD).await;
    assert_eq!(desk.notices().tell_due().await.unwrap(), 0, "the successor is in use");
}

/// Proves R41.
async fn the_own_certificate_is_shown_with_its_owner_and_its_end(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut browser) = desk.signed_in(KEIRI).await;
    let page = browser.get("/security/certificate").await;
    assert_eq!(mark(&page, "state"), "in-use");
    assert_eq!(page.fields("serial")[0].len(), 32);
    assert_eq!(page.fields("expires"), ["2027年11月24日(水) 10:01"]);
    assert_eq!(page.fields("renewable_from"), ["2027年10月25日(月) 00:00"]);
    for words in [KEIRI, "佐藤花子", "見本銀行"] {
        assert!(page.body.contains(words), "{words}");
    }
    let page = desk.world.signed_in().await.get("/security/certificate").await;
    assert!(page.body.contains("ID・パスワード方式のため"), "{}", page.body);
}

/// Proves R46, SEC-27.
async fn the_master_permits_another_certificate_and_revokes(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut master) = desk.signed_in(MASTER).await;
    let (old, mut keiri) = desk.signed_in(KEIRI).await;
    let page = master.get("/admin/certificates").await;
    assert_eq!(page.fields("count"), ["2"]);
    assert_eq!(page.fields("state"), ["利用中", "利用中", "未取得"]);
    let page = desk.act(&mut master, "revoke", "").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "without a one-time password");
    assert_eq!(keiri.get("/home").await.status, StatusCode::OK);

    let one_time = desk.code(MASTER).await;
    assert_eq!(desk.act(&mut master, "revoke", &one_time).await.status, StatusCode::SEE_OTHER);
    assert_eq!(keiri.get("/home").await.location(), "/sign-in", "at once");
    assert_eq!(code(&desk.at_door(old).sign_in(KEIRI, PASSWORD).await), "S-106");
    assert_eq!(code(&desk.ask(KEIRI, &[]).await), "S-111", "not without a permit");
    let page = desk.act(&mut master, "permit", &one_time).await;
    assert_eq!(code(&page), "T-103", "{}", page.body);

    let one_time = desk.code(MASTER).await;
    assert_eq!(desk.act(&mut master, "permit", &one_time).await.status, StatusCode::SEE_OTHER);
    let (_, mut keiri) = desk.signed_in(KEIRI).await;
    let one_time = desk.code(MASTER).await;
    desk.act(&mut master, "permit", &one_time).await;
    assert_eq!(keiri.get("/home").await.location(), "/sign-in", "a permit revokes what there is");
    desk.signed_in(KEIRI).await;
    assert_eq!(code(&desk.ask(KEIRI, &[]).await), "S-110", "a permit is for one");
    let sql =
        "SELECT count(*) FROM mail WHERE id LIKE 'certificate-permit%' OR id LIKE 'certificate-revoke%'";
    assert_eq!(desk.count(sql).await, 6, "three acts, the user and the master");
}

/// To end one is nobody's to confirm; another one is, where the contract gives anything to approvers.
///
/// Proves SEC-21.
async fn another_certificate_waits_for_the_second_administrator(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (bank, admin) = (&desk.world.bank, "shomei-admin");
    let id = add_user(bank, desk.contract, admin, Role::Admin, Rights::none()).await;
    bank.tokens.register("T-shomei-admin", Some(desk.contract), &Seed::generate()).await.unwrap();
    for (sql, text) in [
        ("UPDATE app_user SET token_serial = $2 WHERE id = $1", "T-shomei-admin"),
        ("INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)", "approvals"),
    ] {
        execute!(bank.database, sql, id.uuid(), text).unwrap();
    }
    let sql =
        "INSERT INTO approval_policy (contract, version, at_us, policy, actor) VALUES ($1, 1, 1, $2, 'test')";
    execute!(bank.database, sql, desk.contract.uuid(), crate::approvals::SINGLE).unwrap();
    let (_, mut master) = desk.signed_in(MASTER).await;
    let (_, mut keiri) = desk.signed_in(KEIRI).await;
    let now = desk.code(admin).await;
    let mut second = desk.at_door(certificate(&desk.ask(admin, &[("one_time_password", &now)]).await));
    assert_eq!(second.sign_in(admin, PASSWORD).await.location(), "/home");
    let one_time = desk.code(MASTER).await;
    let asked = desk.act(&mut master, "permit", &one_time).await;
    let path = asked.location().to_owned();
    assert!(path.starts_with("/approvals/"), "{}", asked.body);
    assert_eq!(keiri.get("/home").await.status, StatusCode::OK, "nothing has ended yet");
    let shown = second.get(&path).await;
    let (csrf, digest, now) = (shown.token(), shown.value("digest"), desk.code(admin).await);
    let form = [
        ("csrf", csrf.as_str()),
        ("digest", &digest),
        ("action", "approve"),
        ("one_time_password", &now),
        crate::approvals::CONFIRMED,
    ];
    let confirmed = second.post(&path, &form).await;
    assert_eq!(confirmed.location(), path, "{}", confirmed.body);
    assert_eq!(keiri.get("/home").await.location(), "/sign-in");
    desk.signed_in(KEIRI).await;
    let one_time = desk.code(MASTER).await;
    let revoked = desk.act(&mut master, "revoke", &one_time).await;
    assert!(revoked.location().starts_with("/admin/certificates/"), "at once: {}", revoked.body);
}

async fn nobody_but_the_master_acts_on_others_certificates(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut keiri) = desk.signed_in(KEIRI).await;
    assert_eq!(keiri.get("/admin/certificates").await.status, StatusCode::FORBIDDEN);
    let path = format!("/admin/certificates/{}", desk.keiri);
    assert_eq!(keiri.get(&path).await.status, StatusCode::FORBIDDEN);
    let token = keiri.get("/home").await.token();
    let page = keiri.post(&format!("{path}/permit"), &[("csrf", &token)]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let (_, mut master) = desk.signed_in(MASTER).await;
    let own = super::user(&desk.world, MASTER).await;
    assert_eq!(
        master.get(&format!("/admin/certificates/{own}")).await.status,
        StatusCode::FORBIDDEN,
        "on paper"
    );
    let shown = master.get(&path).await;
    assert!(!shown.body.contains("one_time_password"), "Enter does nothing here: {}", shown.body);
    for (act, words) in [("permit", "再発行を許可する</button>"), ("revoke", "失効させる</button>")]
    {
        assert!(shown.body.contains(&format!("href=\"{path}/{act}\"")), "{act}: {}", shown.body);
        let asked = master.get(&format!("{path}/{act}")).await;
        assert!(asked.body.contains(words), "{act}: {}", asked.body);
        let other =
            if act == "permit" { "失効させる</button>" } else { "再発行を許可する</button>" };
        assert!(!asked.body.contains(other), "one act a page: {}", asked.body);
        assert_eq!(keiri.get(&format!("{path}/{act}")).await.status, StatusCode::FORBIDDEN);
    }
    let stranger = super::user(&desk.world, LOGIN_ID).await;
    assert_eq!(master.get(&format!("/admin/certificates/{stranger}")).await.status, StatusCode::NOT_FOUND);
}

/// Proves R47, SEC-27.
async fn what_the_bank_revokes_ends_at_once_and_another_may_be_fetched(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (old, mut master) = desk.signed_in(MASTER).await;
    assert_eq!(code(&desk.ask(MASTER, &[]).await), "S-110", "only after the revocation");
    let certificates = &desk.world.bank.certificates;
    let user = super::user(&desk.world, MASTER).await;
    let id = certificates.of_user(user).await.unwrap()[0].id;
    let revoke = async |contract| {
        let changes = revoke::by_bank(contract, user, id, "staff:1", desk.world.clock.now());
        desk.world.bank.ledger.commit(Commit { changes, ..Commit::default() }).await
    };
    assert_eq!(revoke(desk.world.contract).await, Err(Refused::Stale), "another contract's");
    revoke(desk.contract).await.unwrap();
    assert_eq!(revoke(desk.contract).await, Err(Refused::Stale), "once");
    assert_eq!(master.get("/home").await.location(), "/sign-in");
    assert_eq!(code(&desk.at_door(old).sign_in(MASTER, PASSWORD).await), "S-106");
    desk.signed_in(MASTER).await;
}

async fn what_the_bank_revokes_takes_the_renewed_one_with_it(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (old, mut keiri) = desk.signed_in(KEIRI).await;
    desk.world.clock.advance_seconds(YEAR_S - 30 * DAY_S);
    keiri.sign_in(KEIRI, PASSWORD).await;
    let new = certificate(&desk.renew(&mut keiri, KEIRI).await);
    let own = desk.world.bank.certificates.of_user(desk.keiri).await.unwrap();
    let now = desk.world.clock.now();
    // the paper names the one that is in use
    let changes = revoke::by_bank(desk.contract, desk.keiri, own[1].id, "staff:1", now);
    desk.world.bank.ledger.commit(Commit { changes, ..Commit::default() }).await.unwrap();
    assert_eq!(keiri.get("/home").await.location(), "/sign-in");
    for one in [old, new] {
        assert_eq!(code(&desk.at_door(one).sign_in(KEIRI, PASSWORD).await), "S-106");
    }
    assert_eq!(desk.count("SELECT count(*) FROM certificate WHERE ended_why = 'bank'").await, 2);
    desk.signed_in(KEIRI).await;
}

async fn whoever_has_no_token_renews_by_the_confirmation_password(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut browser) = desk.signed_in(NEW).await;
    desk.world.clock.advance_seconds(YEAR_S - 30 * DAY_S);
    browser.sign_in(NEW, PASSWORD).await;
    let page = browser.get("/security/certificate").await;
    assert!(!page.body.contains("name=\"one_time_password\""), "{}", page.body);
    let token = page.token();
    for (typed, expected) in [("", "P-100"), ("wrong", "P-401")] {
        let form = [("csrf", token.as_str()), ("confirmation_password", typed), ("way", "file")];
        let page = browser.post("/security/certificate", &form).await;
        assert_eq!((page.status, code(&page).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, expected));
    }
    assert_eq!(desk.count("SELECT count(*) FROM certificate").await, 1);
    let form = [("csrf", token.as_str()), ("confirmation_password", PASSWORD), ("way", "file")];
    let page = browser.post("/security/certificate", &form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(desk.at_door(certificate(&page)).sign_in(NEW, PASSWORD).await.location(), "/home");
}

async fn what_an_issue_rests_on_is_held_to_its_commit(test: TestDatabase) {
    let desk = Desk::new(test).await;
    desk.fetched(KEIRI).await;
    let bank = &desk.world.bank;
    let user = bank.contracts.signed_in(desk.keiri).await.unwrap().unwrap();
    let own = bank.certificates.of_user(desk.keiri).await.unwrap();
    let commit = async || {
        let changes = held(&user, &own, desk.world.clock.now());
        bank.ledger.commit(Commit { changes, ..Commit::default() }).await.map(drop)
    };
    for (change, back) in [
        ("UPDATE contract SET sign_in = 'password'", "UPDATE contract SET sign_in = 'certificate'"),
        ("UPDATE contract SET state = 'ended'", "UPDATE contract SET state = 'active'"),
        ("UPDATE app_user SET disabled_us = 1", "UPDATE app_user SET disabled_us = NULL"),
        ("UPDATE app_user SET reset_us = 1", "UPDATE app_user SET reset_us = NULL"),
        (
            "UPDATE app_user SET token_serial = 'T-9' WHERE login_id = 'shomei-keiri'",
            "UPDATE app_user SET token_serial = 'T-shomei-keiri' WHERE login_id = 'shomei-keiri'",
        ),
        (
            "UPDATE certificate SET confirmed_us = 1, used_us = 1",
            "UPDATE certificate SET confirmed_us = NULL, used_us = NULL",
        ),
        (
            "UPDATE certificate SET ended_us = 1, ended_why = 'master', ended_by = 'somebody'",
            "UPDATE certificate SET ended_us = NULL, ended_why = NULL, ended_by = NULL",
        ),
    ] {
        execute!(bank.database, change).unwrap();
        assert_eq!(commit().await, Err(Refused::Stale), "{change}");
        execute!(bank.database, back).unwrap();
    }
    assert_eq!(commit().await, Ok(()));
    assert_eq!(commit().await, Err(Refused::Stale), "the one that waited has ended");
}

/// Whichever comes first: what was issued is revoked, or what is revoked keeps another from being issued.
async fn a_revocation_beside_an_issue_leaves_no_certificate(test: TestDatabase) {
    let desk = Desk::new(test).await;
    desk.fetched(KEIRI).await;
    let bank = &desk.world.bank;
    let user = bank.contracts.signed_in(desk.keiri).await.unwrap().unwrap();
    let changes = end_of_user(desk.keiri, EndWhy::Master, "test", desk.world.clock.now());
    let (issued, revoked) = tokio::join!(
        bank.certificates.issue(&user, &KeySource::Bank, Occasion::Fetch, None),
        bank.ledger.commit(Commit { changes, ..Commit::default() }),
    );
    revoked.unwrap();
    let live = desk.count("SELECT count(*) FROM certificate WHERE ended_us IS NULL").await;
    assert_eq!(live, 0, "{issued:?}");
}

async fn a_contract_that_signs_in_by_password_has_no_certificates_to_revoke_or_permit(test: TestDatabase) {
    let desk = Desk::new(test).await;
    let (_, mut master) = desk.signed_in(MASTER).await;
    assert!(master.get("/admin").await.body.contains("/admin/certificates"));
    add(&desk.world, "master1", Role::Master, "T-0009", 9).await;
    let mut other = desk.world.browser();
    other.sign_in("master1", PASSWORD).await;
    assert!(!other.get("/admin").await.body.contains("/admin/certificates"));
    let path = format!("/admin/certificates/{}", desk.world.hanako);
    let token = other.get(&path).await.token();
    let one_time = fresh(&desk.world, "T-0009").await;
    let form = [("csrf", token.as_str()), ("one_time_password", one_time.as_str())];
    let page = other.post(&format!("{path}/permit"), &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
    assert_eq!(desk.count("SELECT count(*) FROM certificate_permit").await, 0);
}

/// Proves R40.
async fn of_an_ended_contract_nobody_is_told(test: TestDatabase) {
    let desk = Desk::new(test).await;
    desk.signed_in(KEIRI).await;
    desk.world.clock.advance_seconds(335 * DAY_S);
    let sql = "UPDATE contract SET state = 'ended' WHERE id = $1";
    execute!(desk.world.bank.database, sql, desk.contract.uuid()).unwrap();
    desk.notices().tell_due().await.unwrap();
    let sql = "SELECT count(*) FROM mail WHERE id LIKE 'certificate-expires-%'";
    assert_eq!(desk.count(sql).await, 0);
    let sql = "UPDATE contract SET state = 'active' WHERE id = $1";
    execute!(desk.world.bank.database, sql, desk.contract.uuid()).unwrap();
    desk.notices().tell_due().await.unwrap();
    let sql = "SELECT count(*) FROM mail WHERE id LIKE 'certificate-expires-%'";
    assert_eq!(desk.count(sql).await, 1, "of another it would have been due");
}
