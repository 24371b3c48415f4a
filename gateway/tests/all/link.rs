//! 情報リンク方式: what a collector's site hands over is taken once, paid once, and by nobody but whom it belongs to.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use collectors::link::{LinkKey, jwe};
use collectors::protocol::{Body, EntryKind};
use database::testing::TestDatabase;
use database::{on_both, read};
use domain::payment::State;
use domain::{ContractId, UserId, Yen};
use gateway::api::key::{Holder, Scope};
use gateway::link::{
    Arrival, BrokenRule, LinkChoice, LinkForm, LinkPeer, LinkPeers, LinkedError, NotTaken, Standing,
};
use gateway::{Gateway, InquiryError, Payer, Settings};
use serde_json::{Value, json};

use crate::api::support::{Bench, Caller};
use crate::support::{World, decoded, limits, settings};

on_both!(
    a_hand_off_is_paid_once_and_the_collector_is_told_that_it_was_linked,
    a_bill_that_only_the_hand_off_has_is_paid_for_the_chosen_amount,
    an_answer_that_says_another_amount_stops,
    of_several_bills_each_is_paid_once,
    what_no_collector_made_for_here_and_now_is_not_taken,
    the_same_hand_off_is_taken_once_however_often_it_comes,
    it_belongs_to_the_first_browser_and_the_first_person,
    keys_rotate_with_an_overlap,
    a_lost_answer_in_the_middle_of_a_linked_payment_ends_paid_once,
    another_hand_off_of_a_bill_waits_for_the_outcome_of_the_first,
    a_hand_off_is_deleted_after_a_day_and_its_nonce_is_not_forgotten,
    the_collector_learns_over_the_api_what_became_of_its_hand_off_and_nobody_else_does,
);

/// The collector by both methods, and the one by link alone.
pub const SHOP: &str = "99022";
pub const LOANS: &str = "99015";
pub const NONCE: &str = "AAAAbbbbCCCC-_09";

/// The key of this id: the same in every process of the tests.
pub fn key(id: &str) -> LinkKey {
    LinkKey::from_jwk(&jwk(id, &[]).to_string()).unwrap()
}

fn jwk(id: &str, times: &[(&str, i64)]) -> Value {
    let mut bytes = [7; 32];
    bytes.iter_mut().zip(id.bytes()).for_each(|(byte, of_id)| *byte = of_id);
    let mut jwk = json!({ "kty": "oct", "kid": id, "k": URL_SAFE_NO_PAD.encode(bytes) });
    for (name, second) in times {
        jwk[*name] = json!(second);
    }
    jwk
}

/// What was agreed on with the collectors.
pub fn peers() -> LinkPeers {
    let peer = |number: &str, keys: Vec<LinkKey>| {
        let return_urls = vec!["https://shop.example/pay/".parse().unwrap()];
        (number.parse().unwrap(), LinkPeer { keys, return_urls })
    };
    // 2026-11-24T10:00:00+09:00 and an hour later
    let (now, later) = (1_795_482_000, 1_795_485_600);
    let of = |id: &str, times: &[(&str, i64)]| LinkKey::from_jwk(&jwk(id, times).to_string()).unwrap();
    LinkPeers::from(HashMap::from([
        peer(SHOP, vec![key("99022-1")]),
        peer(
            LOANS,
            vec![
                of("99015-0", &[("exp", now)]),
                of("99015-1", &[("exp", later)]),
                of("99015-2", &[("nbf", now)]),
                of("99015-3", &[("nbf", later)]),
            ],
        ),
    ]))
}

/// 12,800 yen at the shop, as its slip says.
pub fn shop_bill(nonce: &str) -> Value {
    json!({
        "v": 1, "skno": SHOP, "cno": "90220000000000012345", "kno": "112233", "amount": 12_800,
        "payer": "株式会社見本商事", "contents": "モバイルオークション 落札代金", "nonce": nonce,
        "issued_at": "2026-11-24T09:59:00+09:00", "return_url": "https://shop.example/pay/orders/1",
    })
}

fn loan(nonce: &str) -> Value {
    json!({
        "v": 1, "skno": LOANS, "cno": "1508000099990001", "kno": "4021", "amount_min": 10_000,
        "amount_max": 50_000, "payer": "佐藤 花子", "contents": "カードローンの返済", "nonce": nonce,
        "issued_at": "2026-11-24T09:59:00+09:00", "return_url": "https://shop.example/pay/",
    })
}

fn with(mut contents: Value, changes: &[(&str, Value)]) -> Value {
    for (field, value) in changes {
        contents[*field] = value.clone();
    }
    contents
}

/// The form as the collector's site makes it.
pub fn form(pattern: &str, contents: &Value, key: &LinkKey) -> LinkForm {
    LinkForm {
        skno: contents["skno"].as_str().unwrap().to_owned(),
        bptn: pattern.to_owned(),
        bill: jwe::seal(key, contents.to_string().as_bytes()).unwrap(),
    }
}

fn of_shop(contents: &Value) -> LinkForm {
    form("01", contents, &key("99022-1"))
}

async fn world(test: TestDatabase) -> World {
    World::with(test, Settings { links: peers(), ..settings() }, &limits()).await
}

async fn arrived(gateway: &Gateway, form: &LinkForm) -> Arrival {
    let id = gateway.take_hand_off(form).await.unwrap();
    gateway.hand_off(&id).await.unwrap().unwrap()
}

/// Taken by the world's payer.
async fn claimed(world: &World, form: &LinkForm) -> Arrival {
    let gateway = &world.hub.gateway;
    let arrival = arrived(gateway, form).await;
    gateway.claim_hand_off(&arrival.id, world.payer).await.unwrap().unwrap()
}

/// Proves R105.
async fn a_hand_off_is_paid_once_and_the_collector_is_told_that_it_was_linked(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let arrival = claimed(&world, &of_shop(&shop_bill(NONCE))).await;
    let choice = LinkChoice::default();
    let inquiry = gateway.inquire_linked(world.payer, &arrival, choice).await.unwrap();
    assert_eq!(inquiry.bills[0].id.as_str(), "PAY-0001", "the collector's own bill, by its answer");
    let order = world.order(&inquiry);
    // beside it the same bill is typed
    let typed = world.order(&world.inquire(crate::support::SHOP).await);
    let payment = gateway.pay(order.clone()).await.unwrap();
    assert_eq!(payment.state, State::Accepted);
    assert_eq!(payment.facts.link.as_ref().map(|id| id.as_str()), Some(NONCE));
    let clearing = decoded(&world.network.last_request(SHOP).await);
    let Body::Clearing(clearing) = clearing.body else { panic!("{clearing:?}") };
    assert_eq!(clearing.entry_kind, EntryKind::Linked);
    assert_eq!(world.network.clearings().await[0]["entry_kind"], "linked");
    // neither by the hand-off nor by the numbers a second time
    assert!(matches!(gateway.pay(typed).await, Err(gateway::PayError::BillBusy { .. })));
    let again = gateway.inquire_linked(world.payer, &arrival, choice).await;
    assert!(matches!(again, Err(LinkedError::Paid(_) | LinkedError::Inquiry(InquiryError::Refused(_)))));
    let known = gateway.payments_of_hand_off(&SHOP.parse().unwrap(), NONCE).await.unwrap();
    assert_eq!(known, [payment]);
    world.assert_clean().await;
}

async fn a_bill_that_only_the_hand_off_has_is_paid_for_the_chosen_amount(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let arrival = claimed(&world, &form("03", &loan(NONCE), &key("99015-1"))).await;
    for amount in [None, Some(Yen::new(9_999)), Some(Yen::new(50_001)), Some(Yen::ZERO)] {
        let refused = gateway.inquire_linked(world.payer, &arrival, LinkChoice { place: 0, amount }).await;
        assert!(matches!(refused, Err(LinkedError::NotChosen)), "{amount:?}");
    }
    let choice = LinkChoice { place: 0, amount: Some(Yen::new(25_000)) };
    let inquiry = gateway.inquire_linked(world.payer, &arrival, choice).await.unwrap();
    // two pages, two entries, two amounts
    let second = LinkChoice { place: 0, amount: Some(Yen::new(30_000)) };
    let second = gateway.inquire_linked(world.payer, &arrival, second).await.unwrap();
    let payment = gateway.pay(world.order(&inquiry)).await.unwrap();
    assert_eq!((payment.state, payment.facts.amount), (State::Accepted, Yen::new(25_000)));
    assert_eq!(payment.facts.bill.id.as_str(), NONCE);
    let busy = gateway.pay(world.order(&second)).await;
    assert!(matches!(busy, Err(gateway::PayError::BillBusy { .. })));
    let paid = gateway.inquire_linked(world.payer, &arrival, choice).await;
    assert!(matches!(paid, Err(LinkedError::Paid(id)) if id == payment.facts.id));
    assert_eq!(world.balance().await.balance, Yen::new(975_000));
    world.assert_clean().await;
}

async fn an_answer_that_says_another_amount_stops(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    for (nonce, changes) in
        [("AAAAbbbbCCCC-_10", [("amount", json!(12_799))]), ("AAAAbbbbCCCC-_11", [("fee", json!(110))])]
    {
        let arrival = claimed(&world, &of_shop(&with(shop_bill(nonce), &changes))).await;
        let stopped = gateway.inquire_linked(world.payer, &arrival, LinkChoice::default()).await;
        assert!(matches!(stopped, Err(LinkedError::Differs)), "{changes:?}");
    }
    let wrong = with(shop_bill("AAAAbbbbCCCC-_12"), &[("kno", json!("112234"))]);
    let arrival = claimed(&world, &of_shop(&wrong)).await;
    let refused = gateway.inquire_linked(world.payer, &arrival, LinkChoice::default()).await;
    assert!(matches!(refused, Err(LinkedError::Inquiry(InquiryError::Refused(_)))));
    let past = with(shop_bill("AAAAbbbbCCCC-_13"), &[("clear_until", json!("20261123"))]);
    let arrival = claimed(&world, &of_shop(&past)).await;
    let refused = gateway.inquire_linked(world.payer, &arrival, LinkChoice::default()).await;
    assert!(matches!(refused, Err(LinkedError::ClearByPassed)));
}

async fn of_several_bills_each_is_paid_once(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let bill =
        |cno: &str, amount: i64| json!({"cno": cno, "kno": "112233", "amount": amount, "contents": "11月分"});
    let several = json!({
        "v": 1, "skno": SHOP, "payer": "株式会社見本商事", "nonce": NONCE,
        "issued_at": "2026-11-24T09:59:00+09:00", "return_url": "https://shop.example/pay/",
        "bills": [bill("90220000000000012345", 12_800), bill("90220000000000099999", 500)],
    });
    let arrival = claimed(&world, &form("02", &several, &key("99022-1"))).await;
    assert!(arrival.has_several());
    for (place, bill) in [(0, "PAY-0001"), (1, "AAAAbbbbCCCC-_09-02")] {
        let choice = LinkChoice { place, amount: None };
        let inquiry = gateway.inquire_linked(world.payer, &arrival, choice).await.unwrap();
        assert_eq!(inquiry.bills[0].id.as_str(), bill, "what the collector does not know is in the hand-off");
        assert_eq!(gateway.pay(world.order(&inquiry)).await.unwrap().state, State::Accepted);
        assert!(gateway.inquire_linked(world.payer, &arrival, choice).await.is_err());
    }
    let none = LinkChoice { place: 2, amount: None };
    let none = gateway.inquire_linked(world.payer, &arrival, none).await;
    assert!(matches!(none, Err(LinkedError::NotChosen)));
    let known = gateway.payments_of_hand_off(&SHOP.parse().unwrap(), NONCE).await.unwrap();
    assert_eq!(known.len(), 2);
    world.assert_clean().await;
}

/// Proves SEC-39.
async fn what_no_collector_made_for_here_and_now_is_not_taken(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let right = of_shop(&shop_bill(NONCE));
    let shop = |changes: &[(&str, Value)]| of_shop(&with(shop_bill(NONCE), changes));
    let mut tampered = right.clone();
    tampered.bill.replace_range(200..201, if &tampered.bill[200..201] == "A" { "B" } else { "A" });
    let cut = LinkForm { bill: right.bill[..right.bill.len() - 1].to_owned(), ..right.clone() };
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","enc":"A256GCM","kid":"99022-1"}"#);
    let other_algorithm =
        LinkForm { bill: format!("{header}.{}", right.bill.split_once('.').unwrap().1), ..right.clone() };
    let cases = [
        ("tampered", tampered),
        ("cut", cut),
        ("another algorithm", other_algorithm),
        ("too large", LinkForm { bill: "A".repeat(8 * 1024 + 1), ..right.clone() }),
        ("nothing", LinkForm::default()),
        ("an unknown collector", LinkForm { skno: "12345".to_owned(), ..right.clone() }),
        ("no number", LinkForm { skno: "9902２".to_owned(), ..right.clone() }),
        ("another pattern", LinkForm { bptn: "03".to_owned(), ..right.clone() }),
        ("no pattern", LinkForm { bptn: "1".to_owned(), ..right.clone() }),
        ("another collector's key", form("01", &shop_bill(NONCE), &key("99015-1"))),
        (
            "another collector's bill",
            LinkForm { skno: SHOP.to_owned(), ..form("03", &loan(NONCE), &key("99022-1")) },
        ),
        ("an unknown key", form("01", &shop_bill(NONCE), &key("99022-9"))),
        (
            "without an agreement",
            form("01", &with(shop_bill(NONCE), &[("skno", json!("00100"))]), &key("99022-1")),
        ),
        (
            "without the method",
            form("01", &with(shop_bill(NONCE), &[("skno", json!("99090"))]), &key("99022-1")),
        ),
        ("31 minutes old", shop(&[("issued_at", json!("2026-11-24T09:29:59+09:00"))])),
        ("in the future", shop(&[("issued_at", json!("2026-11-24T10:01:01+09:00"))])),
        ("back to elsewhere", shop(&[("return_url", json!("https://evil.example/pay/"))])),
        ("amount zero", shop(&[("amount", json!(0))])),
        ("a sign", shop(&[("amount", json!(-12_800))])),
        ("a text", shop(&[("amount", json!("12800"))])),
        ("mojibake", shop(&[("payer", json!("\u{fffd}\u{fffd}商事"))])),
        ("the numbers of nobody", form("03", &with(loan(NONCE), &[("cno", json!("9"))]), &key("99015-1"))),
        ("a category where there is none", shop(&[("kubun", json!("010"))])),
    ];
    for (what, form) in cases {
        let taken = gateway.take_hand_off(&form).await;
        assert!(taken.is_err(), "{what}");
        assert!(!matches!(taken, Err(NotTaken::Store(_))), "{what}");
    }
    let chosen = with(loan(NONCE), &[("skno", json!(SHOP)), ("cno", json!("90220000000000012345"))]);
    let chosen = with(chosen, &[("kno", json!("112233"))]);
    let taken = gateway.take_hand_off(&form("03", &chosen, &key("99022-1"))).await;
    assert!(matches!(taken, Err(NotTaken::Broken(BrokenRule::AmountChosen))), "{taken:?}");
    let kept: i64 = read!(world.test.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM link_handoff").fetch_one(c).await.unwrap()
    });
    assert_eq!(kept, 0);
    for (nonce, issued_at) in
        [(NONCE, "2026-11-24T09:30:00+09:00"), ("AAAAbbbbCCCC-_10", "2026-11-24T10:01:00+09:00")]
    {
        let edge = with(shop_bill(nonce), &[("issued_at", json!(issued_at))]);
        assert!(gateway.take_hand_off(&of_shop(&edge)).await.is_ok(), "{issued_at}");
    }
}

async fn the_same_hand_off_is_taken_once_however_often_it_comes(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let shop = of_shop(&shop_bill(NONCE));
    let (a, b, c) = tokio::join!(
        gateway.take_hand_off(&shop),
        gateway.take_hand_off(&shop),
        gateway.take_hand_off(&shop)
    );
    let first = a.unwrap();
    assert_eq!((b.unwrap(), c.unwrap()), (first.clone(), first.clone()));
    // sealed anew, and when it is too old to be taken
    world.clock.advance_seconds(3_600);
    assert_eq!(gateway.take_hand_off(&of_shop(&shop_bill(NONCE))).await.unwrap(), first);
    let other = gateway.hand_off_of(&LOANS.parse().unwrap(), NONCE).await.unwrap();
    assert_eq!(other, None, "a nonce is its collector's own");
    world.assert_clean().await;
}

/// Proves SEC-39.
async fn it_belongs_to_the_first_browser_and_the_first_person(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let id = gateway.take_hand_off(&of_shop(&shop_bill(NONCE))).await.unwrap();
    let bound = gateway.bind_hand_off(&id, b"first").await.unwrap().unwrap();
    assert_eq!(bound.browser.as_deref(), Some(&b"first"[..]));
    let again = gateway.bind_hand_off(&id, b"second").await.unwrap().unwrap();
    assert_eq!(again.browser.as_deref(), Some(&b"first"[..]));
    let now = world.clock.now();
    assert_eq!(bound.standing(None, now.plus_seconds(29 * 60)), Standing::Open);
    assert_eq!(bound.standing(None, now.plus_seconds(29 * 60 + 1)), Standing::Expired);
    // the half hour runs until the sign-in, and what was signed in before counts as now
    let signed_in = Some(now.plus_seconds(29 * 60));
    assert_eq!(bound.standing(signed_in, now.plus_seconds(50 * 60)), Standing::Open);
    assert_eq!(bound.standing(signed_in, now.plus_seconds(59 * 60)), Standing::Expired);
    let before = Some(now.plus_seconds(-1));
    assert_eq!(bound.standing(before, now.plus_seconds(29 * 60 + 1)), Standing::Expired);
    let stranger = Payer { contract: ContractId::generate(), user: UserId::generate() };
    let claimed = gateway.claim_hand_off(&id, world.payer).await.unwrap().unwrap();
    assert_eq!(claimed.claim.map(|(payer, _)| payer), Some(world.payer));
    let other = gateway.claim_hand_off(&id, stranger).await.unwrap().unwrap();
    assert_eq!(other.claim.map(|(payer, _)| payer), Some(world.payer));
    assert_eq!(gateway.bind_hand_off("0".repeat(26).as_str(), b"first").await.unwrap(), None);
}

async fn keys_rotate_with_an_overlap(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let take = async |nonce: &str, kid: &str| {
        let now = world.clock.now().rfc3339();
        let contents = with(loan(nonce), &[("issued_at", json!(now))]);
        gateway.take_hand_off(&form("03", &contents, &key(kid))).await.is_ok()
    };
    let mut taken = Vec::new();
    for (nonce, kid) in [
        ("AAAAbbbbCCCC-_10", "99015-0"),
        ("AAAAbbbbCCCC-_11", "99015-1"),
        ("AAAAbbbbCCCC-_12", "99015-2"),
        ("AAAAbbbbCCCC-_13", "99015-3"),
    ] {
        taken.push(take(nonce, kid).await);
    }
    assert_eq!(taken, [false, true, true, false]);
    world.clock.advance_seconds(3_600);
    let mut taken = Vec::new();
    for (nonce, kid) in
        [("AAAAbbbbCCCC-_20", "99015-1"), ("AAAAbbbbCCCC-_21", "99015-2"), ("AAAAbbbbCCCC-_22", "99015-3")]
    {
        taken.push(take(nonce, kid).await);
    }
    assert_eq!(taken, [false, true, true]);
}

async fn a_lost_answer_in_the_middle_of_a_linked_payment_ends_paid_once(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    world.network.fault(SHOP, json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let arrival = claimed(&world, &of_shop(&shop_bill(NONCE))).await;
    let inquiry = gateway.inquire_linked(world.payer, &arrival, LinkChoice::default()).await.unwrap();
    let id = gateway.pay(world.order(&inquiry)).await.unwrap().facts.id;
    let again = gateway.inquire_linked(world.payer, &arrival, LinkChoice::default()).await;
    assert!(again.is_err(), "while its outcome is not known, and when it is");
    let payment = world.reaches(id, State::Accepted).await;
    let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str()), (2, "Clearing"));
    assert_eq!(world.network.clearings().await.len(), 1);
    assert_eq!(world.balance().await.balance, Yen::new(987_200));
    world.assert_clean().await;
}

/// A payer who sees 確認中 goes back to the site and comes with the same debt again.
async fn another_hand_off_of_a_bill_waits_for_the_outcome_of_the_first(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    world.network.fault(LOANS, json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let choice = LinkChoice { place: 0, amount: Some(Yen::new(25_000)) };
    let begun = async |nonce: &str| {
        let arrival = claimed(&world, &form("03", &loan(nonce), &key("99015-1"))).await;
        gateway.inquire_linked(world.payer, &arrival, choice).await.unwrap()
    };
    let first = begun(NONCE).await;
    let second = begun("AAAAbbbbCCCC-_30").await;
    let id = gateway.pay(world.order(&first)).await.unwrap().facts.id;
    let busy = gateway.pay(world.order(&second)).await;
    assert!(matches!(busy, Err(gateway::PayError::BillBusy { other }) if other == id), "{busy:?}");
    world.reaches(id, State::Accepted).await;
    // one that was asked about before the first was accepted stays refused; a later one is a payment of its own
    let busy = gateway.pay(world.order(&second)).await;
    assert!(matches!(busy, Err(gateway::PayError::BillBusy { .. })), "{busy:?}");
    let third = begun("AAAAbbbbCCCC-_31").await;
    assert!(third.was_accepted_before(&third.bills[0].id), "the page warns");
    assert_eq!(gateway.pay(world.order(&third)).await.unwrap().state, State::Accepted);
    assert_eq!(world.network.clearings().await.len(), 2);
    assert_eq!(world.balance().await.balance, Yen::new(950_000));
    world.assert_clean().await;
}

async fn a_hand_off_is_deleted_after_a_day_and_its_nonce_is_not_forgotten(test: TestDatabase) {
    let world = world(test).await;
    let gateway = &world.hub.gateway;
    let id = gateway.take_hand_off(&of_shop(&shop_bill(NONCE))).await.unwrap();
    world.clock.advance_seconds(24 * 60 * 60);
    assert_eq!(gateway.delete_old_hand_offs().await.unwrap(), 0);
    world.clock.advance_seconds(1);
    assert_eq!(gateway.delete_old_hand_offs().await.unwrap(), 1);
    assert_eq!(gateway.hand_off(&id).await.unwrap(), None);
    assert!(gateway.has_arrived(&SHOP.parse().unwrap(), NONCE).await.unwrap());
    let now = with(shop_bill(NONCE), &[("issued_at", json!(world.clock.now().rfc3339()))]);
    assert!(gateway.take_hand_off(&of_shop(&now)).await.is_err(), "made anew under a nonce of long ago");
}

async fn the_collector_learns_over_the_api_what_became_of_its_hand_off_and_nobody_else_does(
    test: TestDatabase,
) {
    let bench = Bench::of(world(test).await);
    let world = &bench.world;
    let gateway = &world.hub.gateway;
    let (_, shop) = bench.issue(Holder::Collector(SHOP.parse().unwrap()), &[Scope::Read]).await;
    let (_, loans) = bench.issue(Holder::Collector(LOANS.parse().unwrap()), &[Scope::Read]).await;
    let state = async |caller: &Caller, nonce: &str| {
        let reply = caller.get(&format!("/v1/link/{nonce}")).await;
        assert_eq!(reply.status, 200);
        reply.body
    };
    for nonce in [NONCE, "AAAA", "0000000000000000"] {
        assert_eq!(state(&shop, nonce).await["state"], "not_received");
    }
    let arrival = claimed(world, &of_shop(&shop_bill(NONCE))).await;
    assert_eq!(state(&shop, NONCE).await, json!({"nonce": NONCE, "state": "waiting", "payments": []}));
    assert_eq!(state(&loans, NONCE).await["state"], "not_received", "another collector's");
    world.network.fault(SHOP, json!({"mode": "drop", "on": "clearing"})).await;
    let inquiry = gateway.inquire_linked(world.payer, &arrival, LinkChoice::default()).await.unwrap();
    let id = gateway.pay(world.order(&inquiry)).await.unwrap().facts.id;
    assert_eq!(state(&shop, NONCE).await["state"], "paying");
    world.network.control("DELETE", &format!("/control/{SHOP}/faults"), String::new()).await;
    world.reaches(id, State::Accepted).await;
    let paid = state(&shop, NONCE).await;
    assert_eq!((&paid["state"], &paid["payments"][0]["id"]), (&json!("paid"), &json!(id)));
    assert_eq!(paid["payments"][0]["entry_kind"], "linked");
    assert_eq!(paid["payments"][0]["account"], Value::Null, "the payer's account is not its matter");
    let idle = "AAAAbbbbCCCC-_10";
    gateway.take_hand_off(&of_shop(&shop_bill(idle))).await.unwrap();
    world.clock.advance_seconds(24 * 60 * 60 + 1);
    assert_eq!(state(&shop, idle).await["state"], "expired");
    gateway.delete_old_hand_offs().await.unwrap();
    assert_eq!(state(&shop, idle).await["state"], "expired", "that it came is kept");
    for stranger in [bench.integrator().await, bench.operator().await] {
        stranger.get(&format!("/v1/link/{NONCE}")).await.refused(403, "not_permitted");
    }
}
