//! 緊急停止: by the customer, and by the bank.

use database::execute;
use database::testing::TestDatabase;
use domain::{AccountKind, AccountRef, OrderId, Yen};
use gateway::StopScope;
use http::StatusCode;
use internet_banking::contracts::{Rights, Role};
use internet_banking::registration::{Registration, RegistrationError, register};
use ledger::{Commit, EntityId, GuardKey};
use transfers::{Limits, Method, NewOrder};

use super::support::{CHECKER, DOCUMENT, MAKER, Office, REASON, approve};
use crate::approved::{lift as take_away, stop as put};
use crate::locks::person;
use crate::payeasy_entry::{Entry, bill};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, World, add_user};
use crate::transfer_entry::{Transfer, order_of};

database::on_both!(
    a_customer_stops_the_contract_before_sign_in_and_two_of_the_bank_lift_it,
    a_customer_who_is_signed_in_stops_the_contract,
    where_more_is_under_way_than_is_shown_it_is_said,
    a_service_that_is_stopped_takes_no_payment_and_the_rest_goes_on,
    the_bank_stops_a_contract_or_a_plan_by_one_person,
    a_stop_that_is_older_than_many_others_is_seen_and_lifted,
    a_stop_that_meets_a_lift_is_in_place_when_it_is_told,
    what_was_judged_before_a_stop_registers_nothing_after_it,
);

pub async fn stop(browser: &mut Browser, login_id: &str, password: &str) -> Page {
    let csrf = browser.get("/emergency-stop").await.token();
    let form = [("csrf", csrf.as_str()), ("login_id", login_id), ("password", password)];
    browser.post("/emergency-stop", &form).await
}

/// The address of the form that lifts the first stop of the list.
async fn lifting(browser: &mut Browser) -> String {
    let page = browser.get("/stops").await.body;
    let (_, rest) = page.split_once("action=\"/stops/").expect("something is stopped");
    format!("/stops/{}", rest.split('"').next().unwrap())
}

/// Lifts the first stop of the list by two people.
pub async fn lift(maker: &mut Browser, checker: &mut Browser) {
    let page = lifting(maker).await;
    let csrf = maker.get("/stops").await.token();
    let form = [("csrf", csrf.as_str()), ("document", DOCUMENT), ("reason", REASON)];
    let request = maker.post(&page, &form).await.location().to_owned();
    assert!(request.starts_with("/requests/"), "{request}");
    let done = approve(checker, &request).await;
    assert!(done.body.contains("緊急停止を解除しました。"), "{}", done.body);
}

/// Proves SEC-43.
async fn a_customer_stops_the_contract_before_sign_in_and_two_of_the_bank_lift_it(test: TestDatabase) {
    let office = Office::new(test).await;
    let rights = Rights::all(&office.world.accounts);
    add_user(&office.world.bank, office.world.contract, "master01", Role::Master, rights).await;
    let mut at_work = office.world.browser();
    at_work.sign_in("master01", PASSWORD).await;
    let mut stranger = office.world.browser();
    let refused = stop(&mut stranger, "hanako01", "chigau-chigau-chigau").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("まだ停止していません。"), "{}", refused.body);
    assert_eq!(at_work.get("/home").await.status, StatusCode::OK);
    let stopped = stop(&mut stranger, "hanako01", PASSWORD).await;
    let told = stranger.get(stopped.location()).await;
    let number = told.fields("number");
    assert_eq!((number.len(), told.fields("since")), (1, vec!["2026年11月24日(火) 10:00".to_owned()]));
    assert!(number[0].starts_with("261124-") && !told.body.contains("佐藤"), "{}", told.body);
    assert!(told.body.contains("停止の前に受け付けたお取引は、そのまま進みます。"), "{}", told.body);
    assert!(!told.body.contains("動いていません"), "nobody is comforted who must telephone");
    let nobodys = stranger.get(&format!("/emergency-stop/done?stop={}", uuid::Uuid::nil())).await;
    assert_eq!((nobodys.status, nobodys.fields("number")), (StatusCode::OK, Vec::new()));
    assert!(stranger.get("/home").await.location().starts_with("/sign-in"), "nobody is signed in by it");
    assert!(at_work.get("/home").await.location().starts_with("/sign-in"), "everybody's session is over");
    at_work.sign_in("master01", PASSWORD).await;
    let met = at_work.get("/home").await;
    assert_eq!((met.status, met.fields("error_code")), (StatusCode::FORBIDDEN, vec!["C-101".to_owned()]));
    assert!(met.body.contains("お取引店へお電話ください"), "whom to call: {}", met.body);
    assert_eq!(met.fields("number"), number);
    // once more changes nothing, and is told under the number that the bank has
    assert_eq!(stop(&mut stranger, "hanako01", PASSWORD).await.location(), stopped.location());
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let listed = maker.get("/stops").await.body;
    assert!(
        listed.contains("株式会社見本商事") && listed.contains("お客さま 経理 佐藤花子(hanako01)"),
        "{listed}"
    );
    assert!(listed.contains(&number[0]), "the number that the customer reads out: {listed}");
    let page = lifting(&mut maker).await;
    let csrf = maker.get("/stops").await.token();
    let unpapered = maker.post(&page, &[("csrf", &csrf), ("reason", REASON)]).await;
    assert_eq!(unpapered.status, StatusCode::UNPROCESSABLE_ENTITY, "it takes a paper");
    let csrf = checker.get("/stops").await.token();
    let form = [("csrf", csrf.as_str()), ("document", "1"), ("reason", REASON)];
    let alone = checker.post(&page, &form).await;
    assert_eq!(alone.status, StatusCode::FORBIDDEN);
    lift(&mut maker, &mut checker).await;
    assert_eq!(at_work.get("/home").await.status, StatusCode::OK);
    assert_eq!(office.world.browser().sign_in("hanako01", PASSWORD).await.location(), "/home");
    let trail = office.audit().await;
    for action in ["contract.stop", "contract.stop_lifted"] {
        assert_eq!(trail.iter().filter(|(_, a, _)| a == action).count(), 1, "{action}");
    }
}

/// Proves SEC-43.
async fn a_customer_who_is_signed_in_stops_the_contract(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut customer = office.world.signed_in().await;
    assert!(customer.get("/home").await.body.contains("/emergency-stop/now"));
    let reserved = Transfer::own(&mut customer, "4321", "2026-11-26").await.ok().unwrap();
    let order = order_of(&reserved.confirm(&mut customer).await);
    let asked = customer.get("/emergency-stop/now").await;
    assert_eq!(asked.fields("taken"), ["予約中"]);
    assert!(asked.body.contains(&order) && asked.body.contains("4,321 円"), "{}", asked.body);
    let csrf = asked.token();
    let unsure = customer.post("/emergency-stop/now", &[("csrf", &csrf)]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY, "a slip of the hand stops nobody");
    assert!(office.console.gateway.open_stops().await.unwrap().is_empty());
    let stopped = customer.post("/emergency-stop/now", &[("csrf", &csrf), ("sure", "yes")]).await;
    let number = customer.get(stopped.location()).await.fields("number");
    let mut maker = office.signed_in(MAKER).await;
    let listed = maker.get("/stops").await;
    assert_eq!(listed.fields("number"), number);
    assert_eq!(listed.fields("taken"), ["予約中 1件、手続き中 0件"]);
    let contract = maker.get(&format!("/contracts/{}", office.world.contract)).await;
    assert_eq!(contract.fields("under_way"), ["予約中"]);
    for words in ["261124-", "指定日 11月26日(木)", "4,321", number[0].as_str()] {
        assert!(contract.body.contains(words), "{words}: {}", contract.body);
    }
    customer.sign_in("hanako01", PASSWORD).await;
    let met = customer.get("/payeasy/history").await;
    assert_eq!(met.fields("error_code"), ["C-101"]);
    assert_eq!(
        (met.fields("by"), met.fields("since")),
        (vec!["お客さま".to_owned()], vec!["2026年11月24日(火) 10:00".to_owned()])
    );
    assert!(!met.body.contains("引き落とされていません"), "nothing was going on: {}", met.body);
    let out = customer.post("/sign-out", &[("csrf", &met.token())]).await;
    assert_eq!(out.location(), "/sign-in?ended=signed-out", "{}", out.body);
    customer.sign_in("hanako01", PASSWORD).await;
    assert_eq!(customer.get("/emergency-stop").await.location(), "/emergency-stop/now");
    let nobody = office.world.browser().get("/emergency-stop/now").await;
    assert!(nobody.location().starts_with("/sign-in"));
}

/// So many reservations of the contract, handed to the engine at once.
async fn reserve(world: &World, many: usize) {
    let of = |kind, number: &str| AccountRef {
        bank: "9999".parse().unwrap(),
        branch: "100".parse().unwrap(),
        kind,
        number: number.parse().unwrap(),
    };
    let most = Yen::new(1_000_000_000);
    for _ in 0..many {
        let new = NewOrder {
            id: OrderId::generate(),
            contract: world.contract,
            user: world.hanako,
            account: world.accounts[0],
            from: of(AccountKind::Ordinary, "1234567"),
            payer_name: "ｶ)ﾐﾎﾝｼﾖｳｼﾞ".to_owned(),
            to: of(AccountKind::Current, "0098765"),
            payee_name: "ｶ)ﾐﾎﾝｼﾖｳｼﾞ".to_owned(),
            method: Method::OwnAccount,
            own_accounts: world.accounts.to_vec(),
            amount: Yen::new(1),
            fee: Yen::ZERO,
            day: "2026-11-26".parse().unwrap(),
            same_day_typed: false,
            limits: Limits { bank_max: most, contract: most, account: None, user: None, per_item: None },
            guards: Vec::new(),
            barred_by: Vec::new(),
            authorised_at: None,
            actor: "test".to_owned(),
        };
        world.bank.transfers.place(new).await.unwrap();
    }
}

/// On both sides of what the customer's page shows, and of what staff see.
async fn where_more_is_under_way_than_is_shown_it_is_said(test: TestDatabase) {
    let office = Office::new(test).await;
    let world = &office.world;
    let mut customer = world.signed_in().await;
    for (many, is_more) in [(50, false), (1, true)] {
        reserve(world, many).await;
        let page = customer.get("/emergency-stop/now").await;
        assert_eq!((page.fields("taken").len(), page.fields("has_more").len()), (50, usize::from(is_more)));
    }
    let csrf = customer.get("/emergency-stop/now").await.token();
    customer.post("/emergency-stop/now", &[("csrf", &csrf), ("sure", "yes")]).await;
    let mut maker = office.signed_in(MAKER).await;
    for (many, count, is_more) in [(49, "100件", false), (1, "100件以上", true)] {
        reserve(world, many).await;
        assert_eq!(maker.get("/stops").await.fields("taken"), [format!("予約中 {count}、手続き中 0件")]);
        let contract = maker.get(&format!("/contracts/{}", world.contract)).await;
        let shown = (contract.fields("under_way").len(), contract.fields("has_more").len());
        assert_eq!(shown, (100, usize::from(is_more)), "{count}");
    }
}

/// Proves SEC-43.
async fn a_service_that_is_stopped_takes_no_payment_and_the_rest_goes_on(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    add(&office.world, "jiro01", Role::General, "T-0009", 9).await;
    let mut payer = office.world.browser();
    payer.sign_in("jiro01", PASSWORD).await;
    let entry = Entry::answered(&office.world, &mut payer, "99022", &[bill("P1", 1_000)]).await;
    entry.choose(&mut payer, "P1", 1_001).await;
    let (code, review) = (fresh(&office.world, "T-0009").await, entry.review(&mut payer).await);
    let mut checker = office.signed_in(CHECKER).await;
    let csrf = checker.get("/stops").await.token();
    let nothing = checker.post("/stops", &[("csrf", &csrf), ("what", ""), ("reason", REASON)]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let unsure = [("csrf", csrf.as_str()), ("what", "service/payeasy"), ("reason", REASON)];
    let asked = checker.post("/stops", &unsure).await;
    assert_eq!(
        (asked.fields("contracts"), asked.fields("people")),
        (vec!["1".to_owned()], vec!["2".to_owned()])
    );
    assert!(asked.body.contains("税金・各種料金(全契約)"), "one click stops nobody: {}", asked.body);
    assert!(office.console.gateway.open_stops().await.unwrap().is_empty());
    let form = [("csrf", csrf.as_str()), ("what", "service/payeasy"), ("reason", REASON), ("sure", "yes")];
    assert_eq!(checker.post("/stops", &form).await.location(), "/stops", "one person is enough");
    let secrets = [("confirmation_password", PASSWORD), ("one_time_password", &code), ("repeat", "yes")];
    let met = entry.press(&mut payer, &review, &secrets).await;
    assert_eq!(met.fields("error_code"), ["C-102"], "at once, whatever page was open: {}", met.body);
    assert!(met.body.contains("まだ何も引き落とされていません。"), "{}", met.body);
    assert_eq!(payer.get("/home").await.status, StatusCode::OK, "the rest goes on");
    let mut maker = office.signed_in(MAKER).await;
    lift(&mut maker, &mut checker).await;
    let code = fresh(&office.world, "T-0009").await;
    let review = entry.review(&mut payer).await;
    let secrets = [("confirmation_password", PASSWORD), ("one_time_password", &code), ("repeat", "yes")];
    let paid = entry.press(&mut payer, &review, &secrets).await;
    assert!(paid.location().ends_with("/result"), "{}", paid.body);
}

/// Proves SEC-43.
async fn the_bank_stops_a_contract_or_a_plan_by_one_person(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut customer = office.world.signed_in().await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let contract = format!("/contracts/{}", office.world.contract);
    let csrf = maker.get(&contract).await.token();
    let unreasoned = maker.post(&format!("{contract}/stop"), &[("csrf", &csrf)]).await;
    assert_eq!(unreasoned.fields("error_code"), ["S-100"]);
    let form = [("csrf", csrf.as_str()), ("reason", "不審な操作の連絡")];
    assert_eq!(maker.post(&format!("{contract}/stop"), &form).await.location(), contract);
    assert_eq!(maker.get(&contract).await.fields("stopped"), ["緊急停止中"]);
    assert!(customer.get("/home").await.location().starts_with("/sign-in"));
    lift(&mut maker, &mut checker).await;
    customer.sign_in("hanako01", PASSWORD).await;
    assert_eq!(customer.get("/home").await.status, StatusCode::OK);
    for (what, met) in [("plan/mini", StatusCode::OK), ("plan/type2", StatusCode::FORBIDDEN)] {
        let csrf = maker.get("/stops").await.token();
        maker.post("/stops", &[("csrf", &csrf), ("what", what), ("reason", REASON), ("sure", "yes")]).await;
        let mut customer = office.world.browser();
        customer.sign_in("hanako01", PASSWORD).await;
        assert_eq!(customer.get("/home").await.status, met, "{what}");
    }
    let foreign = format!("/contracts/{}/stop", domain::ContractId::generate());
    assert_eq!(maker.post(&foreign, &[("csrf", &csrf), ("reason", "x")]).await.status, StatusCode::NOT_FOUND);
}

/// Proves SEC-43.
async fn a_stop_that_is_older_than_many_others_is_seen_and_lifted(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let contract = format!("/contracts/{}", office.world.contract);
    let csrf = maker.get(&contract).await.token();
    let form = [("csrf", csrf.as_str()), ("reason", REASON)];
    maker.post(&format!("{contract}/stop"), &form).await;
    let later = office.world.clock.now().plus_seconds(1).micros();
    for _ in 0..501 {
        let id = domain::StaffRequestId::generate().uuid();
        let sql = "INSERT INTO emergency_stop (id, scope, subject, reason, actor, at_us)
            VALUES ($1, 'plan', $2, 'x', 'staff:x', $3)";
        execute!(office.console.database, sql, id, id.to_string(), later).unwrap();
    }
    let shown = maker.get(&contract).await;
    assert_eq!(shown.fields("stopped"), ["緊急停止中"]);
    let (_, rest) = shown.body.split_once("action=\"/stops/").expect("it can be lifted here");
    let lifting = format!("/stops/{}", rest.split('"').next().unwrap());
    let csrf = shown.token();
    let form = [("csrf", csrf.as_str()), ("document", DOCUMENT), ("reason", REASON)];
    let request = maker.post(&lifting, &form).await.location().to_owned();
    let done = approve(&mut checker, &request).await;
    assert!(done.body.contains("緊急停止を解除しました。"), "{}", done.body);
    assert!(maker.get(&contract).await.fields("stopped").is_empty());
    let mut customer = office.world.browser();
    customer.sign_in("hanako01", PASSWORD).await;
    assert_eq!(customer.get("/home").await.status, StatusCode::OK, "it is lifted indeed");
}

/// A session that is loaded already, and a commit that comes after the stop, of the contract or of all sign-ins.
///
/// Proves SEC-43.
async fn what_was_judged_before_a_stop_registers_nothing_after_it(test: TestDatabase) {
    let office = Office::new(test).await;
    let bank = &office.world.bank;
    let by = person(&office.world, office.world.hanako).await;
    let change = || Registration { action: "session.sign_out", ..Registration::default() };
    register(bank, &by, None, change()).await.unwrap();
    let contract = office.world.contract.to_string();
    for (scope, subject) in [(StopScope::Contract, contract.as_str()), (StopScope::Service, "sign-in")] {
        let stop = put(&office.world, scope, subject).await;
        let refused = register(bank, &by, None, change()).await;
        assert!(matches!(refused, Err(RegistrationError::Stopped(of)) if of == scope), "{refused:?}");
        take_away(&office.world, &stop).await;
        register(bank, &by, None, change()).await.unwrap();
    }
}

/// The stop before it is lifted at the same moment: its guard still stands when the next one is committed.
///
/// Proves SEC-43.
async fn a_stop_that_meets_a_lift_is_in_place_when_it_is_told(test: TestDatabase) {
    let office = Office::new(test).await;
    let ledger = office.world.bank.ledger.clone();
    let contract = office.world.contract.to_string();
    let mut checker = office.signed_in(CHECKER).await;
    let mut customer = office.world.browser();
    for (scope, subject) in [(StopScope::Contract, contract.as_str()), (StopScope::Plan, "mini")] {
        let key = GuardKey(format!("stop|{}|{subject}", scope.code()));
        let guards = vec![(key.clone(), EntityId(uuid::Uuid::nil()))];
        ledger.commit(Commit { guards, ..Commit::default() }).await.unwrap();
        let lifting = async {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            ledger.commit(Commit { release: vec![key], ..Commit::default() }).await.unwrap();
        };
        let stopping = async {
            if scope == StopScope::Contract {
                let told = stop(&mut customer, "hanako01", PASSWORD).await;
                assert!(told.location().starts_with("/emergency-stop/done?stop="), "{}", told.body);
            } else {
                let csrf = checker.get("/stops").await.token();
                let form =
                    [("csrf", csrf.as_str()), ("what", "plan/mini"), ("reason", REASON), ("sure", "yes")];
                assert_eq!(checker.post("/stops", &form).await.location(), "/stops");
            }
        };
        tokio::join!(lifting, stopping);
        let open = office.console.gateway.open_stops().await.unwrap();
        assert!(open.iter().any(|one| one.scope == scope && one.subject == subject), "{subject}");
    }
}
