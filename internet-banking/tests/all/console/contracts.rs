//! 契約: the daily limit of one contract, changed by two.

use database::testing::TestDatabase;
use domain::Yen;
use http::StatusCode;
use internet_banking::contracts::Role;

use super::support::{CHECKER, MAKER, Office};
use crate::payeasy_entry::{Entry, bill};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, put};

database::on_both!(
    a_contracts_limit_is_changed_by_two_and_holds_at_once,
    a_limit_that_changed_meanwhile_is_not_changed_again,
);

const REASON: &str = "11/25 本店営業部で書面を受領、代表者様と確認";

async fn propose(browser: &mut Browser, page: &str, limit: &str, reason: &str) -> Page {
    let shown = browser.get(page).await;
    let (csrf, before) = (shown.token(), shown.value("before"));
    let form = [("csrf", csrf.as_str()), ("before", &before), ("limit", limit), ("reason", reason)];
    browser.post(&format!("{page}/limit"), &form).await
}

async fn approve(browser: &mut Browser, request: &str) -> Page {
    let csrf = browser.get(request).await.token();
    browser.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    browser.get(request).await
}

/// The customer reads the new limit as soon as the second person has approved it, and not before.
async fn a_contracts_limit_is_changed_by_two_and_holds_at_once(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let mut maker = office.signed_in(MAKER).await;
    let found = maker.get("/users?text=hanako01").await.body;
    let contract = format!("/contracts/{}", office.world.contract);
    assert!(found.contains(&contract), "found by its users: {found}");
    for (limit, words) in [
        ("", "変更後の限度額を入力してください。"),
        ("-1", "限度額は数字で入力してください。"),
        ("10,000,000", "いまの限度額と同じです。"),
    ] {
        let page = propose(&mut maker, &contract, limit, REASON).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{limit}");
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    assert_eq!(propose(&mut maker, &contract, "500", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let proposed = propose(&mut maker, &contract, "20,000,000", REASON).await;
    let request = proposed.location().to_owned();
    assert!(request.starts_with("/requests/"), "{}", proposed.body);
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");

    add(&office.world, "jiro01", Role::General, "T-0009", 9).await;
    let mut payer = office.world.browser();
    payer.sign_in("jiro01", PASSWORD).await;
    let pay = async |payer: &mut Browser, id: &str, amount: i64| {
        let entry = Entry::answered(&office.world, payer, "99022", &[bill(id, amount)]).await;
        entry.choose(payer, id, 1_001).await;
        let (code, review) = (fresh(&office.world, "T-0009").await, entry.review(payer).await);
        let secrets = [("confirmation_password", PASSWORD), ("one_time_password", &code), ("repeat", "yes")];
        entry.press(payer, &review, &secrets).await
    };
    put(&office.world.bank.ledger, office.world.accounts[0], 30_000_000).await;
    let before = pay(&mut payer, "P1", 10_000_001).await;
    assert_eq!(before.fields("error_code"), ["P-309"], "{}", before.body);
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["10,000,000"]);
    let mut checker = office.signed_in(CHECKER).await;
    let done = approve(&mut checker, &request).await;
    assert!(done.body.contains("10,000,000 円から 20,000,000 円に変更しました。"), "{}", done.body);
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["20,000,000"]);
    assert_eq!(checker.get(&contract).await.fields("limit"), ["20,000,000"]);
    let paid = pay(&mut payer, "P2", 10_000_001).await;
    assert!(paid.location().ends_with("/result"), "it holds at once: {}", paid.body);
    let trail = office.audit().await;
    assert!(trail.iter().any(|(_, action, _)| action == "payeasy.contract_limit"), "{trail:?}");
}

async fn a_limit_that_changed_meanwhile_is_not_changed_again(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let contract = format!("/contracts/{}", office.world.contract);
    let mut maker = office.signed_in(MAKER).await;
    let stale = maker.get(&contract).await;
    let first = propose(&mut maker, &contract, "0", REASON).await.location().to_owned();
    let second = propose(&mut maker, &contract, "5", REASON).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "one request of a contract is open");
    let mut checker = office.signed_in(CHECKER).await;
    approve(&mut checker, &first).await;
    let form = [("csrf", stale.token()), ("before", stale.value("before")), ("limit", "7".to_owned())];
    let mut form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    form.push(("reason", REASON));
    let late = maker.post(&format!("{contract}/limit"), &form).await;
    assert_eq!((late.status, late.fields("error_code")), (StatusCode::CONFLICT, vec!["S-307".to_owned()]));
    assert_eq!(office.console.limits.of_contract(office.world.contract).await.unwrap(), Yen::ZERO);
    // nobody else's
    let other = format!("/contracts/{}", domain::ContractId::generate());
    assert_eq!(maker.get(&other).await.status, StatusCode::NOT_FOUND);
    let csrf = maker.get(&contract).await.token();
    let form = [("csrf", csrf.as_str()), ("before", "10000000"), ("limit", "7"), ("reason", REASON)];
    assert_eq!(maker.post(&format!("{other}/limit"), &form).await.status, StatusCode::CONFLICT);
}
