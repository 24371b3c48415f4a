//! What a contract's own systems ask for over the hub's API, and what its users do with it.

use axum::Router;
use axum::body::Body;
use database::testing::TestDatabase;
use database::{execute, read};
use domain::{AccountId, ApiKeyId, ContractId, InquiryId, PaymentId, UserId};
use gateway::Operator;
use gateway::api::key::{Holder, Scope, Token};
use http::StatusCode;
use http_body_util::BodyExt as _;
use internet_banking::api_keys::{KeyOrder, KeyOrderError};
use internet_banking::contracts::{Business, Rights, Role, Step};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::approvals;
use crate::approved::left;
use crate::payeasy_entry::{bill, code, held, order};
use crate::support::{Browser, PASSWORD, World, add_user};

database::on_both!(
    a_request_is_seen_reviewed_and_paid_once,
    a_request_is_declined_and_cannot_be_paid_any_more,
    a_request_concerns_those_who_may_use_its_account,
    what_one_user_has_asked_approval_for_blocks_no_other,
    what_is_told_to_have_expired_is_not_paid_by_an_approval,
);

const TAX: &str = "00200";
const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);

/// A system of the company with a key.
struct System {
    router: Router,
    key: ApiKeyId,
    token: Token,
}

impl System {
    async fn new(world: &World) -> Self {
        let (key, token) = world.bank.issue_api_key(&key_order(world), &Operator::system()).await.unwrap();
        let router = gateway::api::router(world.bank.gateway.clone(), gateway::api::Config::default());
        Self { router, key, token }
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .header("idempotency-key", "invoice-1")
            .header("authorization", format!("Bearer {}", self.token.expose()));
        let request = request.body(Body::from(body.to_string())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// Asks for the payment of a bill that an inquiry has found.
    async fn ask(&self, world: &World, yen: i64) -> PaymentId {
        let inquiry = inquiry(world, UserId::from_uuid(self.key.uuid()), yen).await;
        let body = json!({
            "inquiry_id": inquiry, "bill_id": "B1", "amount": yen,
            "account": { "branch": "100", "type": "ordinary", "number": "1234567" },
        });
        let (status, payment) = self.call("POST", "/v1/payments", &body).await;
        assert_eq!((status, &payment["state"]), (202, &json!("inquired")), "{payment}");
        let url = payment["authorisation"]["url"].as_str().unwrap();
        assert_eq!(url, format!("/payeasy/requests/{}", payment["id"].as_str().unwrap()));
        payment["id"].as_str().unwrap().parse().unwrap()
    }

    async fn state(&self, id: PaymentId) -> String {
        let (status, payment) = self.call("GET", &format!("/v1/payments/{id}"), &Value::Null).await;
        assert_eq!(status, 200);
        payment["state"].as_str().unwrap().to_owned()
    }
}

fn key_order(world: &World) -> KeyOrder {
    KeyOrder {
        contract: world.contract,
        accounts: vec![world.accounts[0]],
        name: "会計システム".to_owned(),
        scopes: vec![Scope::Pay, Scope::Read],
    }
}

/// Keeps an answered inquiry as the hub does, for a hub that reaches no collector.
async fn inquiry(world: &World, user: UserId, yen: i64) -> InquiryId {
    let id = InquiryId::generate();
    execute!(
        world.bank.database,
        "INSERT INTO inquiry (id, contract, user_id, collector, customer_number, confirmation_number, category,
                              bills, generations, answered_us)
         VALUES ($1, $2, $3, $4, '2013000123456789', '123456', '7000001234', $5, '{}', $6)",
        id.uuid(),
        world.contract.uuid(),
        user.uuid(),
        TAX,
        serde_json::to_string(&[bill("B1", yen)]).unwrap(),
        world.clock.now().micros(),
    )
    .unwrap();
    id
}

/// Keeps the entry that begins when the collector has answered anew, and gives the address of its last step.
async fn entry(world: &World, request: PaymentId, yen: i64) -> String {
    entry_of(world, world.hanako, request, yen).await
}

/// The same of a colleague.
async fn entry_of(world: &World, user: UserId, request: PaymentId, yen: i64) -> String {
    let inquiry = inquiry(world, user, yen).await;
    let draft = domain::random::opaque_id();
    execute!(
        world.bank.database,
        "INSERT INTO payeasy_draft (id, contract, app_user, collector, inquiry, bill, account, amount, payment,
                                    request, expires_us)
         VALUES ($1, $2, $3, $4, $5, 'B1', $6, $7, $8, $8, $9)",
        draft.as_str(),
        world.contract.uuid(),
        user.uuid(),
        TAX,
        inquiry.uuid(),
        world.accounts[0].get(),
        yen,
        request.uuid(),
        world.clock.now().plus_seconds(1_800).micros(),
    )
    .unwrap();
    format!("/payeasy/new/{draft}")
}

async fn press(browser: &mut Browser, entry: &str) -> crate::support::Page {
    let review = browser.get(&format!("{entry}/review")).await;
    let (csrf, order) = (review.token(), order(&review));
    let form = [("csrf", csrf.as_str()), ("order", order.as_str()), ("action", "pay"), CONFIRMED];
    browser.post(&format!("{entry}/review"), &form).await
}

async fn a_request_is_seen_reviewed_and_paid_once(test: TestDatabase) {
    let world = World::new(test).await;
    let system = System::new(&world).await;
    let mut browser = world.signed_in().await;
    let id = system.ask(&world, 123_000).await;
    assert_eq!(held(&world).await, 0, "nothing moves by asking");
    let path = format!("/payeasy/requests/{id}");
    for page in ["/home", "/payeasy/requests"] {
        let page = browser.get(page).await;
        assert!(page.body.contains("外部システムからの払込依頼") && page.body.contains(&path));
        assert!(page.body.contains("123,000"), "{}", page.body);
    }
    let page = browser.get(&path).await;
    assert_eq!((page.status, page.fields("amount")), (StatusCode::OK, vec!["123,000".to_owned()]));
    for words in ["国税庁", "会計システム", "本店営業部 普通 1234567", "2026年11月25日(水) 6:00"]
    {
        assert!(page.body.contains(words), "{words}");
    }
    // this hub reaches no collector, so the collector is not asked anew and nothing begins
    let (csrf, open) = (page.token(), "open");
    let page = browser.post(&path, &[("csrf", &csrf), ("action", open)]).await;
    assert_eq!(code(&page), "P-207");

    let entry = entry(&world, id, 123_000).await;
    for step in ["numbers", "bills"] {
        let page = browser.get(&format!("{entry}/{step}")).await;
        assert_eq!(page.location(), format!("{entry}/review"), "nothing of it can be changed");
    }
    let review = browser.get(&format!("{entry}/review")).await;
    assert!(!review.body.contains("変更</a>") && review.body.contains(&path));
    assert_eq!(order(&review), id.to_string(), "the payment is the one that was asked for");
    // a wrong password refuses this try and not the request
    let (csrf, form_order) = (review.token(), order(&review));
    let wrong = [("csrf", csrf.as_str()), ("order", &form_order), ("confirmation_password", "x")];
    assert_eq!(code(&browser.post(&format!("{entry}/review"), &wrong).await), "P-401");
    for _ in 0..2 {
        assert_eq!(press_again(&mut browser, &entry, &form_order).await, format!("{entry}/result"));
    }
    assert_eq!(held(&world).await, 123_000);
    assert_ne!(system.state(id).await, "inquired");
    assert_eq!(browser.get(&path).await.location(), format!("/payeasy/payments/{id}"));
    assert!(!browser.get("/home").await.body.contains(&path));
    // a second entry of the same request leads to the same payment
    let second = self::entry(&world, id, 123_000).await;
    assert_eq!(browser.get(&format!("{second}/review")).await.location(), format!("{second}/result"));
    assert_eq!(held(&world).await, 123_000);
}

/// Sends the form of a review page that was shown before.
async fn press_again(browser: &mut Browser, entry: &str, order: &str) -> String {
    let csrf = browser.get("/payeasy/new").await.token();
    let form = [("csrf", csrf.as_str()), ("order", order), ("action", "pay"), CONFIRMED];
    browser.post(&format!("{entry}/review"), &form).await.location().to_owned()
}

async fn a_request_is_declined_and_cannot_be_paid_any_more(test: TestDatabase) {
    let world = World::new(test).await;
    let system = System::new(&world).await;
    let mut browser = world.signed_in().await;
    let id = system.ask(&world, 500).await;
    let path = format!("/payeasy/requests/{id}");
    let entry = entry(&world, id, 500).await;
    let csrf = browser.get(&path).await.token();
    let page = browser.post(&path, &[("csrf", &csrf), ("action", "decline")]).await;
    assert_eq!(page.location(), path);
    let page = browser.get(&path).await;
    assert!(page.body.contains("終了しています") && !page.body.contains("value=\"open\""));
    assert_eq!(system.state(id).await, "expired");
    let page = press(&mut browser, &entry).await;
    assert_eq!(code(&page), "P-308");
    assert_eq!(held(&world).await, 0);
    // again changes nothing, and neither does opening
    for action in ["decline", "open"] {
        let csrf = browser.get("/payeasy/new").await.token();
        let page = browser.post(&path, &[("csrf", &csrf), ("action", action)]).await;
        assert!(page.location() == path || code(&page) == "P-308");
    }
    assert!(browser.get("/payeasy/requests").await.body.contains("確認を待っている払込依頼はありません"));
}

async fn a_request_concerns_those_who_may_use_its_account(test: TestDatabase) {
    let world = World::new(test).await;
    let system = System::new(&world).await;
    let id = system.ask(&world, 500).await;
    let path = format!("/payeasy/requests/{id}");
    let other_account = Rights::none().with(Business::PayEasy, &world.accounts[1..]);
    add_user(&world.bank, world.contract, "other-account", Role::General, other_account).await;
    let looker = Rights::none().with(Business::Inquiry, &world.accounts);
    add_user(&world.bank, world.contract, "looker", Role::General, looker).await;
    for (login_id, status) in [("other-account", 404), ("looker", 403)] {
        let mut browser = world.browser();
        browser.sign_in(login_id, PASSWORD).await;
        let home = browser.get("/home").await;
        assert!(!home.body.contains(&path), "{login_id}");
        let page = browser.get(&path).await;
        assert_eq!(page.status.as_u16(), status, "{login_id}");
        let csrf = home.token();
        let page = browser.post(&path, &[("csrf", &csrf), ("action", "decline")]).await;
        assert_eq!(page.status.as_u16(), status, "{login_id}");
    }
    assert_eq!(system.state(id).await, "inquired");
    let mut browser = world.signed_in().await;
    for unknown in ["/payeasy/requests/x", &format!("/payeasy/requests/{}", PaymentId::generate())] {
        assert_eq!(browser.get(unknown).await.status, StatusCode::NOT_FOUND);
    }
}

/// Presses a button of the last step that asks for approval or keeps it.
async fn leave(browser: &mut Browser, entry: &str, action: &str) -> crate::support::Page {
    let path = format!("{entry}/review");
    let review = browser.get(&path).await;
    let (csrf, order) = (review.token(), order(&review));
    let form = [("csrf", csrf.as_str()), ("order", order.as_str()), ("action", action), CONFIRMED];
    browser.post(&path, &form).await
}

/// The request for approval is its author's: a colleague opens the same 払込依頼 and asks for it as well, and its author
/// does so again after deleting it.
async fn what_one_user_has_asked_approval_for_blocks_no_other(test: TestDatabase) {
    let world = World::new(test).await;
    let system = System::new(&world).await;
    approvals::policy(&world, approvals::SINGLE).await;
    drop(approvals::approver(&world, "ichiro01", &[Step::Final]).await);
    let taro =
        add_user(&world.bank, world.contract, "taro01", Role::General, Rights::all(&world.accounts)).await;
    let id = system.ask(&world, 500).await;
    let mut hanako = world.signed_in().await;
    let own = entry(&world, id, 500).await;
    let kept = leave(&mut hanako, &own, "keep").await.location().to_owned();
    assert!(kept.starts_with("/approvals/"), "{kept}");
    assert_eq!(hanako.get(&format!("{own}/review")).await.location(), kept, "its author is led to it");
    let mut browser = world.browser();
    browser.sign_in("taro01", PASSWORD).await;
    let other = entry_of(&world, taro, id, 500).await;
    assert_eq!(browser.get(&format!("{other}/review")).await.status, StatusCode::OK);
    let asked = leave(&mut browser, &other, "ask").await;
    assert!(asked.location().starts_with("/approvals/"), "{} {}", asked.status, asked.body);
    assert_ne!(asked.location(), kept);
    let csrf = hanako.get(&kept).await.token();
    hanako.post(&kept, &[("csrf", &csrf), ("action", "delete")]).await;
    assert_eq!(hanako.get(&format!("{own}/review")).await.status, StatusCode::OK, "it can be had again");
    let again = leave(&mut hanako, &own, "ask").await.location().to_owned();
    assert!(again.starts_with("/approvals/") && again != kept, "{again}");
}

/// The request for approval ends with the 払込依頼, and what was approved in time is not paid after it.
async fn what_is_told_to_have_expired_is_not_paid_by_an_approval(test: TestDatabase) {
    let world = World::new(test).await;
    let system = System::new(&world).await;
    approvals::policy(&world, approvals::SINGLE).await;
    drop(approvals::approver(&world, "ichiro01", &[Step::Final]).await);
    let id = system.ask(&world, 500).await;
    let mut hanako = world.signed_in().await;
    let own = entry(&world, id, 500).await;
    let asked = leave(&mut hanako, &own, "ask").await;
    assert!(asked.location().starts_with("/approvals/"), "{} {}", asked.status, asked.body);
    let expires = world.bank.gateway.payment_request(world.contract, id).await.unwrap().unwrap().expires_at;
    let (until, state) = request_for_approval(&world).await;
    assert_eq!((until, state.as_str()), (expires.micros(), "asked"));
    left(&world, &["ichiro01"]).await;
    world.clock.advance_seconds(expires.seconds_since(world.clock.now()));
    internet_banking::approvals::look(&world.bank).await.unwrap();
    assert_eq!(request_for_approval(&world).await.1, "returned", "it waits for no collector any more");
    world.clock.advance_seconds(300);
    assert_eq!((system.state(id).await.as_str(), held(&world).await), ("expired", 0));
}

async fn request_for_approval(world: &World) -> (i64, String) {
    let sql = "SELECT until_us, state FROM approval_request";
    read!(world.bank.database, |c| sqlx::query_as(sql).fetch_one(c).await).unwrap()
}

#[tokio::test]
async fn a_key_has_accounts_of_its_contract_alone_and_debits_for_a_sandbox_only() {
    let world = World::new(database::testing::sqlite().await).await;
    let by = Operator::system();
    let order = key_order(&world);
    world.bank.issue_api_key(&order, &by).await.unwrap();
    world.bank.contracts.mark_sandbox(world.contract).await.unwrap();
    world.bank.issue_api_key(&order, &by).await.unwrap();
    let keys = world.bank.gateway.api_keys().await.unwrap();
    let may_debit: Vec<_> = keys
        .iter()
        .map(|key| match &key.holder {
            Holder::Contract { may_debit, contract, .. } => (*may_debit, *contract),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(may_debit, [(true, world.contract), (false, world.contract)], "the newest first");
    let foreign = KeyOrder { accounts: vec![AccountId::new(9_999)], ..order.clone() };
    let refused = world.bank.issue_api_key(&foreign, &by).await;
    assert!(matches!(refused, Err(KeyOrderError::ForeignAccount(_))));
    let nobody = KeyOrder { contract: ContractId::generate(), ..order };
    let refused = world.bank.issue_api_key(&nobody, &by).await;
    assert!(matches!(refused, Err(KeyOrderError::UnknownContract)));
}
