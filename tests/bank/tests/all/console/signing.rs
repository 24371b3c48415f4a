//! The keys that the hub signs with change while payments go on, in every process, and old signatures stay good.

use collectors::signature::SigningKey;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{PaymentId, Yen};
use gateway::proof::verify;
use gateway::{Gateway, InquiryRequest, Payer, Payment, PaymentOrder};
use internet_banking::Bank;
use internet_banking::keys::{self, Accepted, Keys, Vault};
use internet_banking::secrets::Secret;
use serde_json::json;

use super::keys::act;
use super::support::{CHECKER, MAKER, Office, approve, propose, proposed};
use crate::network::Network;
use crate::support::SECRET;

database::on_both!(
    messages_are_signed_by_the_next_key_in_the_middle_of_payments_and_none_is_refused,
    a_collector_signs_with_its_next_key_and_no_payment_notices,
    a_test_bench_takes_a_collectors_key_in_once,
);

const COLLECTOR: &str = "00500";
/// What stands before the 32 bytes of an Ed25519 key in PKCS#8.
const PKCS8: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];

/// What a running process does at each look.
async fn look(keys: &Keys, network: &Network) {
    keys.refresh().await.unwrap();
    network.tell(&keys.told());
    keys.sign_with_the_current();
}

/// Pays a new bill.
async fn pay(office: &Office, network: &Network, hub: &Gateway, number: u32) -> Result<Payment, String> {
    let customer = format!("{:016}", 5_550_000_000_000_000_u64 + u64::from(number));
    let bill = json!({ "customer_number": customer, "confirmation_number": "777777", "amount": 900 });
    network.control("POST", &format!("/control/{COLLECTOR}/bills"), bill.to_string()).await;
    let payer = Payer { contract: office.world.contract, user: office.world.hanako };
    let request = InquiryRequest {
        collector: COLLECTOR.parse().unwrap(),
        customer_number: customer.parse().unwrap(),
        confirmation_number: "777777".parse().unwrap(),
        category: None,
        amount: None,
    };
    let inquiry = hub.inquire(payer, request).await.map_err(|error| error.to_string())?;
    let order = PaymentOrder {
        payment: PaymentId::generate(),
        payer,
        inquiry: inquiry.id,
        bill: inquiry.bills[0].id.clone(),
        amount: Yen::new(900),
        account: office.world.accounts[0],
        guards: Vec::new(),
        barred_by: Vec::new(),
    };
    hub.pay(order).await.map_err(|error| error.to_string())
}

async fn messages_are_signed_by_the_next_key_in_the_middle_of_payments_and_none_is_refused(
    test: TestDatabase,
) {
    let (office, network) = Office::connected(test).await;
    let (bank, secret) = (office.world.bank.clone(), Secret::new(SECRET));
    let first = [PKCS8.as_slice(), &[1; 32]].concat();
    let vault = Vault::new(&secret);
    let now = office.world.clock.now();
    keys::provide_signing_key(&bank.database, &vault, Some(&first), now).await.unwrap();
    let hub = &bank.gateway;
    let running = Keys::new(&bank, &secret);
    look(&running, &network).await;
    let old = pay(&office, &network, hub, 0).await.unwrap();
    hub.seal().await.unwrap();
    // one that never hears of another key, and one that looks as every process does
    let stale = office.world.other_gateway(network.peers()).await;
    let beside = office.world.other_gateway(network.peers()).await;
    let other = Bank::new(beside.ledger().clone(), beside.clone(), &secret).unwrap();
    let other_keys = Keys::new(&other, &secret);

    // some at the same time, before and after each step
    let pays = async |first: u32| {
        let pays = [0, 1, 2].map(|n| pay(&office, &network, hub, first + n));
        let [one, two, three] = pays;
        for paid in <[_; 3]>::from(tokio::join!(one, two, three)) {
            assert_eq!(paid.map(|paid| paid.state), Ok(State::Accepted), "from {first} on");
        }
    };
    act(&office, "make/message//2", "").await;
    look(&running, &network).await;
    assert_eq!(hub.signing_keys().in_use().id(), "hub-1", "its day is not set");
    Box::pin(pays(10)).await;
    act(&office, "use/message//2", "2026-11-24").await;
    Box::pin(pays(20)).await;
    look(&running, &network).await;
    assert_eq!(hub.signing_keys().in_use().id(), "hub-2");
    Box::pin(pays(30)).await;
    let mut maker = office.signed_in(MAKER).await;
    let early = propose(&mut maker, "/keys", &[("what", "retire/message//1"), ("from", "")]).await;
    assert!(early.body.contains("S-329"), "messages may be under way: {}", early.body);
    let both = pay(&office, &network, &stale, 9_000).await;
    assert_eq!(both.map(|paid| paid.state), Ok(State::Accepted), "both are accepted");
    office.world.clock.advance_seconds(300);
    act(&office, "retire/message//1", "").await;
    look(&running, &network).await;
    Box::pin(pays(40)).await;

    let refused = pay(&office, &network, &stale, 9_001).await;
    assert!(refused.is_err(), "a message by a retired key is not believed: {refused:?}");
    look(&other_keys, &network).await;
    let paid = pay(&office, &network, &beside, 9_002).await;
    assert_eq!(paid.map(|paid| paid.state), Ok(State::Accepted), "the other process has taken it over");

    hub.seal().await.unwrap();
    let known = hub.public_keys();
    let (mut found, _) = hub.audit_with(Some(&known)).await.unwrap();
    found.extend(hub.audit_seals(&known).await.unwrap());
    assert!(found.is_empty(), "what either has signed is verified: {found:?}");
    let proof = hub.proof(old.facts.id).await.unwrap().unwrap();
    assert_eq!(proof.signature.key_id, "hub-2");
    assert!(verify(&proof, Some(&known)).is_sound(), "signed by one, its messages by the other");
    let begun = keys::signing_keys(&bank.database, &vault, office.world.clock.now()).await.unwrap();
    assert_eq!((begun.in_use().id(), begun.all().len()), ("hub-2", 2), "so does a process that begins");
}

/// The next key as the collector's people tell it, the name and the public half.
async fn told(network: &Network) -> (String, String) {
    let told = network.control("POST", &format!("/control/{COLLECTOR}/key"), String::new()).await;
    (told["kid"].as_str().unwrap().to_owned(), told["x"].as_str().unwrap().to_owned())
}

async fn a_collector_signs_with_its_next_key_and_no_payment_notices(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (bank, secret) = (office.world.bank.clone(), Secret::new(SECRET));
    let hub = &bank.gateway;
    keys::adopt_collectors(&bank.database, hub, office.world.clock.now()).await.unwrap();
    let running = Keys::new(&bank, &secret);
    running.refresh().await.unwrap();
    let stale = office.world.other_gateway(network.peers()).await;
    let pays = async |number: u32| {
        let paid = pay(&office, &network, hub, number).await;
        assert_eq!(paid.map(|paid| paid.state), Ok(State::Accepted), "{number}");
    };
    pays(0).await;

    let (kid, x) = told(&network).await;
    let what = format!("register/message/{COLLECTOR}/2");
    let mut maker = office.signed_in(MAKER).await;
    let first = hub.public_keys().keys.into_iter().find(|key| key.kid == "00500-1").unwrap();
    for (kid, x) in
        [("", x.as_str()), (kid.as_str(), "short"), (kid.as_str(), first.x.as_str()), ("00500-1", x.as_str())]
    {
        let typed = [("what", what.as_str()), ("from", ""), ("kid", kid), ("x", x)];
        let wrong = propose(&mut maker, "/keys", &typed).await;
        assert_eq!(wrong.status, http::StatusCode::UNPROCESSABLE_ENTITY, "{kid} {x}");
    }
    let typed = [("what", what.as_str()), ("from", ""), ("kid", kid.as_str()), ("x", x.as_str())];
    let request = proposed(&mut maker, "/keys", &typed).await;
    let mut checker = office.signed_in(CHECKER).await;
    let shown = checker.get(&request).await.body;
    assert!(shown.contains(&x) && shown.contains("一文字ずつ"), "what is approved is what was told: {shown}");
    approve(&mut checker, &request).await;
    running.refresh().await.unwrap();
    pays(1).await;
    assert!(!maker.get("/keys").await.body.contains("retire/message/00500/1"), "it is in use");

    network.control("PUT", &format!("/control/{COLLECTOR}/key"), String::new()).await;
    pays(2).await;
    let unheard = pay(&office, &network, &stale, 9_000).await;
    assert!(unheard.is_err(), "whoever was not told of the key believes no answer: {unheard:?}");
    act(&office, &format!("use/message/{COLLECTOR}/2"), "2026-11-24").await;
    let mut maker = office.signed_in(MAKER).await;
    let retire = format!("retire/message/{COLLECTOR}/1");
    let early = propose(&mut maker, "/keys", &[("what", retire.as_str()), ("from", "")]).await;
    assert!(early.body.contains("S-329"), "answers may be under way: {}", early.body);
    office.world.clock.advance_seconds(300);
    act(&office, &retire, "").await;
    running.refresh().await.unwrap();
    pays(3).await;

    let accepted =
        hub.collectors_keys().find(|(number, _)| number.as_str() == COLLECTOR).unwrap().1.accepted();
    assert_eq!(accepted.iter().map(|key| key.id()).collect::<Vec<_>>(), ["00500-2"]);
    hub.seal().await.unwrap();
    let (found, _) = hub.audit_with(Some(&hub.public_keys())).await.unwrap();
    assert!(found.is_empty(), "what either has signed is verified: {found:?}");
    let again = Keys::new(&Bank::new(stale.ledger().clone(), stale.clone(), &secret).unwrap(), &secret);
    again.refresh().await.unwrap();
    let paid = pay(&office, &network, &stale, 9_001).await;
    assert_eq!(paid.map(|paid| paid.state), Ok(State::Accepted), "another process takes it from the table");
}

/// A key that a sandbox is told counts beside the collector's own, once, and its id is nobody else's after that.
async fn a_test_bench_takes_a_collectors_key_in_once(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let bank = office.world.bank.clone();
    let (hub, number) = (&bank.gateway, COLLECTOR.parse().unwrap());
    keys::adopt_collectors(&bank.database, hub, office.world.clock.now()).await.unwrap();
    let running = Keys::new(&bank, &Secret::new(SECRET));
    let key = |id: &str, seed: u8| SigningKey::from_seed(id, &[seed; 32]).unwrap().verifying_key();
    let told = async |key| {
        let now = office.world.clock.now();
        keys::accept_collectors_key(&bank.database, &number, &key, now).await.unwrap()
    };
    let believed = || {
        let of = hub.collectors_keys().find(|(of, _)| **of == number).unwrap().1.accepted();
        of.iter().map(|key| key.id().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(key("00500-7", 7)).await, Accepted::New);
    running.refresh().await.unwrap();
    assert_eq!(believed(), ["00500-1", "00500-7"], "its own counts on");
    assert_eq!(told(key("00500-7", 7)).await, Accepted::Known);
    assert_eq!(told(key("00500-7", 8)).await, Accepted::IdTaken);
    assert_eq!(told(key("00500-1", 8)).await, Accepted::IdTaken, "the first is the collector's own");
    assert_eq!(told(key("00500-8", 8)).await, Accepted::New);
    running.refresh().await.unwrap();
    assert_eq!(believed(), ["00500-1", "00500-7", "00500-8"]);
}
