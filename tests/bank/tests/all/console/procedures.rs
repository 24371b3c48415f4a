//! What the bank does for a contract on paper (R8): each by two people, with its paper, and told to the company.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::UserId;
use http::StatusCode;
use internet_banking::api_keys::KeyOrder;
use internet_banking::certificates::authority::{Authorities, Authority, NewAuthority};
use internet_banking::certificates::issue::Occasion;
use internet_banking::certificates::{Doors, EndWhy, KeySource};
use internet_banking::contracts::{AccountKind, Plan, Rights, Role, SignInMethod};
use internet_banking::payees::counters::NameChecks;

use super::contracts::{application, register};
use super::support::{CHECKER, MAKER, Office, done, propose, proposed};
use crate::support::{Browser, PASSWORD, add_user};

database::on_both!(
    the_papers_of_a_contract_change_it_by_two_people_and_a_mail,
    a_payee_is_filed_under_its_number_and_ends,
    a_locked_name_check_is_unlocked_by_two,
    a_reset_of_the_master_ends_the_passwords_and_the_sessions,
    locks_are_lifted_on_paper,
    an_ended_contract_lets_nobody_in_and_gives_its_accounts_back,
    a_certificate_is_revoked_on_paper_and_ends_with_the_method,
    a_plan_and_a_limit_that_are_approved_together_never_break_the_most,
    the_end_of_a_contract_ends_its_certificates_and_api_keys,
);

/// The office with a master of the world's contract.
async fn with_master(test: TestDatabase) -> (Office, UserId) {
    let office = Office::new(test).await;
    let rights = Rights::all(&office.world.accounts);
    let master = add_user(&office.world.bank, office.world.contract, "master01", Role::Master, rights).await;
    (office, master)
}

fn page(office: &Office, procedure: &str) -> String {
    format!("/contracts/{}/procedures/{procedure}", office.world.contract)
}

/// Addresses and titles of the mails, in order.
async fn mails(office: &Office) -> Vec<(String, String)> {
    read!(office.console.database, |c| {
        sqlx::query_as("SELECT address, subject FROM mail ORDER BY at_us, id").fetch_all(c).await.unwrap()
    })
}

/// Proves R8, R22, R27, R28, R96, SEC-46.
async fn the_papers_of_a_contract_change_it_by_two_people_and_a_mail(test: TestDatabase) {
    let (office, _) = with_master(test).await;
    let contracts = &office.world.bank.contracts;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let same_day = maker.get(&page(&office, "same-day")).await;
    assert_eq!(same_day.fields("error_code"), ["S-321"], "with certificates only");
    let mut act = async |procedure: &str, value: &str| {
        done(&mut maker, &mut checker, &page(&office, procedure), &[("value", value)]).await
    };
    act("sign-in", "certificate").await;
    act("same-day", "on").await;
    act("plan", "mini").await;
    act("address", "仙台市泉区1-1").await;
    act("phrase", "梅に鶯").await;
    act("master-mail", "new@example.jp").await;
    act("transfer-limit", "1,000,000,000").await;
    let contract = contracts.contract(office.world.contract).await.unwrap().unwrap();
    let papers = contracts.papers(office.world.contract).await.unwrap().unwrap();
    assert_eq!((contract.sign_in, contract.plan), (SignInMethod::Certificate, Plan::Mini));
    assert_eq!((papers.same_day, papers.address.as_str()), (true, "仙台市泉区1-1"));
    assert_eq!(papers.transfer_limit.unwrap().get(), 1_000_000_000);
    assert_eq!(contract.mail_phrase, "梅に鶯");
    let over = propose(&mut maker, &page(&office, "transfer-limit"), &[("value", "1,000,000,001")]).await;
    assert_eq!(over.status, StatusCode::UNPROCESSABLE_ENTITY, "R96: {}", over.body);
    done(&mut maker, &mut checker, &page(&office, "sign-in"), &[("value", "password")]).await;
    let mails = mails(&office).await;
    let titles: Vec<_> = mails.iter().map(|(_, title)| title.as_str()).collect();
    assert_eq!(mails.len(), 9, "one each, and of the address to the old and the new: {titles:?}");
    let told = |address: &str| mails.iter().filter(|(to, _)| to == address).count();
    assert_eq!((told("master01@example.jp"), told("new@example.jp")), (6, 3), "{mails:?}");
}

/// R81, as far as the register goes.
///
/// Proves R8.
async fn a_payee_is_filed_under_its_number_and_ends(test: TestDatabase) {
    let (office, _) = with_master(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let payee = |number: &'static str| {
        [
            ("number", number),
            ("bank", "0001"),
            ("branch", "123"),
            ("kind", "ordinary"),
            ("account_number", "98765"),
            ("name", "カ)ミホンシヨウジ"),
        ]
    };
    let filing = page(&office, "payee");
    let mut wrong = payee("0001");
    wrong[5].1 = "見本商事";
    let refused = propose(&mut maker, &filing, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "not in kana");
    // two at a time, as papers come in
    let (one, two) = (
        proposed(&mut maker, &filing, &payee("0001")).await,
        proposed(&mut maker, &filing, &payee("0002")).await,
    );
    for request in [one, two] {
        super::support::approve(&mut checker, &request).await;
    }
    let contracts = &office.world.bank.contracts;
    let filed = contracts.filed_payees(office.world.contract).await.unwrap();
    assert_eq!(filed.iter().map(|payee| payee.number.as_str()).collect::<Vec<_>>(), ["0001", "0002"]);
    assert_eq!((filed[0].account_number.as_str(), filed[0].kind), ("0098765", AccountKind::Ordinary));
    let again = propose(&mut maker, &filing, &payee("0001")).await;
    assert_eq!(again.fields("error_code"), ["S-307"], "the number is taken");
    done(&mut maker, &mut checker, &page(&office, "payee-end"), &[("value", "0001")]).await;
    done(&mut maker, &mut checker, &filing, &payee("0001")).await;
    assert_eq!(contracts.filed_payees(office.world.contract).await.unwrap().len(), 2);
}

/// Proves R8, R95.
async fn a_locked_name_check_is_unlocked_by_two(test: TestDatabase) {
    let (office, _) = with_master(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let world = &office.world;
    for subject in [world.contract.uuid(), world.hanako.uuid()] {
        execute!(
            world.bank.database,
            "INSERT INTO name_check (subject, contract, missing, shown, judging, counted_us, locked_us)
             VALUES ($1, $2, 5, 0, 0, 1, 7)",
            subject,
            world.contract.uuid(),
        )
        .unwrap();
    }
    let unlocking = page(&office, "unlock-name-check");
    let form = maker.get(&unlocking).await.body;
    assert!(form.contains("契約全体") && form.contains("hanako01"), "{form}");
    let hanako = world.hanako.uuid().to_string();
    done(&mut maker, &mut checker, &unlocking, &[("value", &hanako)]).await;
    let locks = NameChecks::locks(&world.bank.database, world.contract).await.unwrap();
    assert_eq!(locks.iter().map(|lock| lock.subject).collect::<Vec<_>>(), [world.contract.uuid()]);
}

/// Proves R15.
async fn a_reset_of_the_master_ends_the_passwords_and_the_sessions(test: TestDatabase) {
    let (office, master) = with_master(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let mut customer = office.world.browser();
    assert_eq!(customer.sign_in("master01", PASSWORD).await.location(), "/home");
    done(&mut maker, &mut checker, &page(&office, "reset-master"), &[]).await;
    assert!(customer.get("/home").await.location().starts_with("/sign-in"), "the session is over");
    let refused = office.world.browser().sign_in("master01", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let hanako = office.world.browser().sign_in("hanako01", PASSWORD).await;
    assert_eq!(hanako.location(), "/home", "the others go on");
    let found = office.world.bank.contracts.master(office.world.contract).await.unwrap().unwrap();
    assert!(found.id == master && found.reset_at.is_some());
    let shown = maker.get(&format!("/contracts/{}", office.world.contract)).await;
    assert!(shown.body.contains("パスワード初期化"), "{}", shown.body);
    for procedure in ["reset-master", "notice"] {
        let twice = maker.get(&page(&office, procedure)).await;
        assert_eq!(twice.fields("error_code"), ["S-321"], "{procedure}: one approval, one number");
    }
    let notice = format!("/contracts/{}/notice", office.world.contract);
    let printed = maker.post(&notice, &[("csrf", &shown.token())]).await;
    assert_eq!(printed.fields("set_up_number").len(), 1, "{}", printed.body);
    done(&mut maker, &mut checker, &page(&office, "notice"), &[]).await;
}

/// Proves R96.
async fn a_plan_and_a_limit_that_are_approved_together_never_break_the_most(test: TestDatabase) {
    let (office, _) = with_master(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let limit = proposed(&mut maker, &page(&office, "transfer-limit"), &[("value", "9,999,999,999")]).await;
    let plan = proposed(&mut maker, &page(&office, "plan"), &[("value", "mini")]).await;
    let csrf = checker.get(&limit).await.token();
    let mut second = checker.clone();
    let form = [("csrf", csrf.as_str())];
    let (limit_path, plan_path) = (format!("{limit}/approve"), format!("{plan}/approve"));
    tokio::join!(checker.post(&limit_path, &form), second.post(&plan_path, &form));
    let mut made = 0;
    for request in [&limit, &plan] {
        made += i32::from(checker.get(request).await.body.contains("実行済み"));
    }
    assert_eq!(made, 1, "one of the two");
}

/// What a contract leaves behind when it ends: nothing signs in, and nothing is told that it should.
async fn the_end_of_a_contract_ends_its_certificates_and_api_keys(test: TestDatabase) {
    let (mut office, _) = with_master(test).await;
    let made = NewAuthority::generate(1, office.world.clock.now()).unwrap();
    let authority = Authority::read("1", &made.certificate_pem, &made.key_pem).unwrap();
    let authorities = Authorities::new(vec![authority]);
    office.world.bank = office.world.bank.clone().with_certificates(authorities, Doors::default());
    let bank = &office.world.bank;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    done(&mut maker, &mut checker, &page(&office, "sign-in"), &[("value", "certificate")]).await;
    let hanako = bank.contracts.signed_in(office.world.hanako).await.unwrap().unwrap();
    let issued = bank.certificates.issue(&hanako, &KeySource::Bank, Occasion::Fetch, None).await.unwrap();
    let order = KeyOrder {
        contract: office.world.contract,
        accounts: office.world.accounts.to_vec(),
        name: "会計システム".to_owned(),
        scopes: vec![gateway::api::key::Scope::Read],
    };
    bank.issue_api_key(&order, &gateway::Operator::system()).await.unwrap();
    done(&mut maker, &mut checker, &page(&office, "end"), &[]).await;
    let ended = bank.certificates.find(issued.certificate.id).await.unwrap().unwrap().ended.unwrap();
    assert_eq!(ended.why, EndWhy::Bank);
    let keys = bank.gateway.api_keys().await.unwrap();
    assert!(keys.len() == 1 && keys[0].revoked_at.is_some(), "{keys:?}");
}

/// SEC-10, the bank's side.
///
/// Proves R8, SEC-10.
async fn locks_are_lifted_on_paper(test: TestDatabase) {
    let (office, _) = with_master(test).await;
    let mut maker = office.signed_in(MAKER).await;
    let unlocking = page(&office, "unlock-sign-in");
    let nothing = propose(&mut maker, &unlocking, &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "it is not locked");
    for procedure in ["unlock-sign-in", "unlock-confirmation", "revoke-certificate", "payee-end"] {
        let shown = maker.get(&page(&office, procedure)).await;
        assert_eq!(shown.fields("nothing").len(), 1, "{procedure} has nothing to be about");
        assert!(!shown.body.contains("name=\"document\""), "{procedure}: no form");
    }
    for _ in 0..3 {
        for _ in 0..5 {
            office.world.browser().sign_in("master01", "chigau-chigau-chigau").await;
        }
        office.world.clock.advance_seconds(31 * 60);
    }
    let locked = office.world.browser().sign_in("master01", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "{}", locked.body);
    maker = office.signed_in(MAKER).await;
    let mut checker = office.signed_in(CHECKER).await;
    done(&mut maker, &mut checker, &unlocking, &[]).await;
    assert_eq!(office.world.browser().sign_in("master01", PASSWORD).await.location(), "/home");

    let sql = "INSERT INTO confirmation_failure (app_user, failures, locked_us) VALUES ($1, 5, 7)";
    execute!(office.console.database, sql, office.world.hanako.uuid()).unwrap();
    let hanako = office.world.hanako.to_string();
    let unlocking = page(&office, "unlock-confirmation");
    let foreign = UserId::generate().to_string();
    let refused = propose(&mut maker, &unlocking, &[("value", &foreign)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody of another contract");
    done(&mut maker, &mut checker, &unlocking, &[("value", &hanako)]).await;
    let left: i64 = read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM confirmation_failure").fetch_one(c).await.unwrap()
    });
    assert_eq!(left, 0);
}

/// Proves R28, R47, SEC-46.
async fn a_certificate_is_revoked_on_paper_and_ends_with_the_method(test: TestDatabase) {
    let (mut office, _) = with_master(test).await;
    let made = NewAuthority::generate(1, office.world.clock.now()).unwrap();
    let authority = Authority::read("1", &made.certificate_pem, &made.key_pem).unwrap();
    let authorities = Authorities::new(vec![authority]);
    office.world.bank = office.world.bank.clone().with_certificates(authorities, Doors::default());
    let bank = &office.world.bank;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    done(&mut maker, &mut checker, &page(&office, "sign-in"), &[("value", "certificate")]).await;
    let hanako = bank.contracts.signed_in(office.world.hanako).await.unwrap().unwrap();
    let issue = async || {
        bank.certificates.issue(&hanako, &KeySource::Bank, Occasion::Fetch, None).await.unwrap().certificate
    };
    let revoking = page(&office, "revoke-certificate");
    let first = issue().await;
    let shown = maker.get(&revoking).await;
    assert!(shown.body.contains(&first.serial), "{}", shown.body);
    let foreign = UserId::generate().to_string();
    let refused = propose(&mut maker, &revoking, &[("value", &foreign)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    done(&mut maker, &mut checker, &revoking, &[("value", &first.id.to_string())]).await;
    let ended = bank.certificates.find(first.id).await.unwrap().unwrap().ended.unwrap();
    assert_eq!(ended.why, EndWhy::Bank);
    let told = mails(&office).await;
    let told: Vec<_> = told.iter().filter(|(_, title)| title.contains("電子証明書の失効")).collect();
    assert_eq!(told.len(), 2, "the user and the master: {told:?}");

    let second = issue().await;
    done(&mut maker, &mut checker, &page(&office, "sign-in"), &[("value", "password")]).await;
    let ended = bank.certificates.find(second.id).await.unwrap().unwrap().ended.unwrap();
    assert_eq!(ended.why, EndWhy::Method);
}

/// Proves R6, R7.
async fn an_ended_contract_lets_nobody_in_and_gives_its_accounts_back(test: TestDatabase) {
    let (office, _) = with_master(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let mut customer: Browser = office.world.signed_in().await;
    done(&mut maker, &mut checker, &page(&office, "end"), &[]).await;
    assert!(customer.get("/home").await.location().starts_with("/sign-in"));
    let refused = office.world.browser().sign_in("hanako01", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let shown = maker.get(&format!("/contracts/{}", office.world.contract)).await.body;
    assert!(shown.contains("解約") && shown.contains("この契約でできる手続きはありません。"), "{shown}");
    // the accounts are free for another contract, and nobody of the old one has rights on them there
    register(&office, 2_001, "100", AccountKind::Ordinary, "7654321").await;
    let typed = application("株式会社後継", "7654321", "100 普通 1234567");
    done(&mut maker, &mut checker, "/contracts/new", &typed).await;
    let old = office.world.bank.contracts.accounts(office.world.contract).await.unwrap();
    assert_eq!(old.len(), 1, "one of the two is another contract's now");
    let rights = office.world.bank.contracts.signed_in(office.world.hanako).await.unwrap().unwrap().rights;
    assert!(!rights.may_use(internet_banking::contracts::Business::PayEasy, office.world.accounts[0]));
    let again = propose(&mut maker, "/contracts/new", &application("株式会社三", "1234567", "")).await;
    assert!(again.body.contains("FB契約") || again.body.contains("当行の別の契約"), "{}", again.body);
}
