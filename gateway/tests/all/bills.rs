//! A bill is paid once, whoever pays it; one whose amount the payer types once for every inquiry.

use database::on_both;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{AccountId, ContractId, ResponseCode, UserId, Yen};
use gateway::{InquiryError, PayError, Payer, PaymentOrder};
use serde_json::json;

use crate::support::{PURPOSE, SHOP, Slip, TAX, TYPED, World};

on_both!(
    a_bill_is_paid_once,
    a_bill_that_is_being_paid_is_busy,
    a_refused_bill_can_be_paid_again,
    a_private_collector_records_what_it_cannot_match,
    a_typed_amount_is_paid_once_an_inquiry,
    a_typed_amount_is_busy_while_its_outcome_is_unknown,
    a_purpose_code_is_paid_once_an_inquiry,
    a_purpose_code_is_busy_while_its_outcome_is_unknown,
    the_digits_of_a_category_say_who_names_the_amount,
);

fn busy(refused: &PayError) -> Option<domain::PaymentId> {
    match refused {
        PayError::BillBusy { other } => Some(*other),
        _ => None,
    }
}

/// An order of another company for the same bill, from an inquiry of its own.
async fn strangers_order(world: &World, slip: Slip) -> PaymentOrder {
    let stranger = Payer { contract: ContractId::generate(), user: UserId::generate() };
    let account = AccountId::new(3_000);
    world.open_account(account, 1_000_000).await;
    PaymentOrder { account, ..world.order(&world.ask(stranger, slip).await.unwrap()) }
}

async fn a_bill_is_paid_once(test: TestDatabase) {
    let world = World::new(test).await;
    let strangers = strangers_order(&world, SHOP).await;
    let (first, second) = (world.inquire(SHOP).await, world.inquire(SHOP).await);
    let paid = world.hub.gateway.pay(world.order(&first)).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    for order in [world.order(&first), world.order(&second), strangers] {
        let refused = world.hub.gateway.pay(order).await.unwrap_err();
        assert_eq!(busy(&refused), Some(paid.facts.id), "{refused}");
    }
    assert_eq!(world.network.clearings().await.len(), 1);
    assert_eq!(world.balance_of(AccountId::new(3_000)).await.held, Yen::ZERO);
    world.assert_clean().await;
}

async fn a_bill_that_is_being_paid_is_busy(test: TestDatabase) {
    let world = World::new(test).await;
    let strangers = strangers_order(&world, TAX).await;
    world.network.fault("00200", json!({"mode": "lose", "on": "clearing"})).await;
    let unknown = world.pay(TAX).await.unwrap();
    assert_eq!(unknown.state, State::Unknown);
    let refused = world.hub.gateway.pay(strangers.clone()).await.unwrap_err();
    assert_eq!(busy(&refused), Some(unknown.facts.id), "{refused}");
    world.network.fault("00200", json!({})).await;
    world.reaches(unknown.facts.id, State::Accepted).await;
    assert!(matches!(world.hub.gateway.pay(strangers).await, Err(PayError::BillBusy { .. })));
    world.assert_clean().await;
}

async fn a_refused_bill_can_be_paid_again(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("00200", json!({"mode": "refuse", "code": "B203", "times": 1})).await;
    let strangers = strangers_order(&world, TAX).await;
    let inquiry = world.inquire(TAX).await;
    let refused = world.hub.gateway.pay(world.order(&inquiry)).await.unwrap();
    assert_eq!((refused.state, refused.code), (State::Rejected, Some(ResponseCode::AmountDiffers)));
    let balance = world.balance().await;
    assert_eq!((balance.available.get(), balance.held.get()), (1_000_000, 0));
    world.assert_clean().await;
    // by the same inquiry, and by another company: whoever is first
    let paid = world.hub.gateway.pay(world.order(&inquiry)).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    let late = world.hub.gateway.pay(strangers).await.unwrap_err();
    assert_eq!(busy(&late), Some(paid.facts.id));
    assert_eq!(world.payment(refused.facts.id).await, refused);
    world.assert_clean().await;
}

async fn a_private_collector_records_what_it_cannot_match(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("99022", json!({"mode": "refuse", "code": "B201", "times": 1})).await;
    let paid = world.pay(SHOP).await.unwrap();
    assert_eq!((paid.state, paid.provisional), (State::Accepted, Some(ResponseCode::AlreadyPaid)));
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 12_800));
    world.assert_clean().await;
}

async fn a_typed_amount_is_paid_once_an_inquiry(test: TestDatabase) {
    paid_once_an_inquiry(test, TYPED).await;
}

/// Proves R104.
async fn a_purpose_code_is_paid_once_an_inquiry(test: TestDatabase) {
    paid_once_an_inquiry(test, PURPOSE).await;
}

async fn paid_once_an_inquiry(test: TestDatabase, slip: Slip) {
    let world = World::new(test).await;
    let (first, second) = (world.inquire(slip).await, world.inquire(slip).await);
    let paid = world.hub.gateway.pay(world.order(&first)).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    // both were answered before that payment was accepted
    for inquiry in [&first, &second] {
        let refused = world.hub.gateway.pay(world.order(inquiry)).await.unwrap_err();
        assert_eq!(busy(&refused), Some(paid.facts.id), "{refused}");
    }
    for already in 1..=3 {
        let again = world.pay(slip).await.unwrap();
        assert_eq!(again.state, State::Accepted);
        assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 3_000 * (already + 1)));
    }
    assert_eq!(world.network.clearings().await.len(), 4);
    world.assert_clean().await;
}

async fn a_typed_amount_is_busy_while_its_outcome_is_unknown(test: TestDatabase) {
    busy_while_its_outcome_is_unknown(test, TYPED).await;
}

async fn a_purpose_code_is_busy_while_its_outcome_is_unknown(test: TestDatabase) {
    busy_while_its_outcome_is_unknown(test, PURPOSE).await;
}

async fn busy_while_its_outcome_is_unknown(test: TestDatabase, slip: Slip) {
    let world = World::new(test).await;
    world.network.fault(slip.collector, json!({"mode": "lose", "on": "clearing"})).await;
    let unknown = world.pay(slip).await.unwrap();
    assert_eq!(unknown.state, State::Unknown);
    let meanwhile = world.inquire(slip).await;
    let refused = world.hub.gateway.pay(world.order(&meanwhile)).await.unwrap_err();
    assert_eq!(busy(&refused), Some(unknown.facts.id));
    world.network.fault(slip.collector, json!({})).await;
    world.reaches(unknown.facts.id, State::Accepted).await;
    // that inquiry was answered before the acceptance
    assert!(matches!(world.hub.gateway.pay(world.order(&meanwhile)).await, Err(PayError::BillBusy { .. })));
    assert_eq!(world.pay(slip).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

/// Proves R104. Registered bill and 納付目的コード of one taxpayer live side by side, and what cannot be is not sent.
async fn the_digits_of_a_category_say_who_names_the_amount(test: TestDatabase) {
    let world = World::new(test).await;
    let ask = async |category: &'static str, amount: Option<i64>| {
        let slip = Slip { category: Some(category), amount, ..PURPOSE };
        world.ask(world.payer, slip).await
    };
    for (category, amount) in [
        ("03045080401", None),
        ("3204507", None),
        ("03045080401", Some(0)),
        ("3204507", Some(100_000_000_000)),
    ] {
        assert!(matches!(ask(category, amount).await, Err(InquiryError::AmountNeeded)), "{category}");
    }
    let registered = TAX.category.unwrap();
    assert!(matches!(ask(registered, Some(1)).await, Err(InquiryError::AmountNotTyped)));
    for width in ["7", "030450804", "030450804011", "0304508040112233"] {
        let refused = ask(width, Some(1)).await;
        assert!(matches!(refused, Err(InquiryError::CategoryNotUsed)), "{width}");
    }
    let messages = async || world.network.control("GET", "/control/00200/messages", String::new()).await;
    assert_eq!(messages().await["messages"], json!([]), "nothing left the hub");
    for impossible in ["03045081301", "99945080401", "3205507", "3203507"] {
        let answer = ask(impossible, Some(1)).await.map(|inquiry| inquiry.bills);
        let is_wrong =
            |code: &InquiryError| matches!(code, InquiryError::Refused(ResponseCode::PaymentCategoryWrong));
        assert_eq!(answer.as_ref().err().is_some_and(is_wrong), impossible != "3205507", "{impossible}");
    }
    // the taxpayer's registered bill is another
    let inquiry = world.inquire(PURPOSE).await;
    let [bill] = inquiry.bills.as_slice() else { panic!("one bill") };
    assert_eq!((bill.amount, bill.fee), (Yen::new(3_000), Yen::ZERO));
    assert_eq!(
        (bill.payer.as_str(), bill.contents.as_str()),
        ("佐藤 花子", "法人税 確定申告 令和8年4月1日に始まる課税期間分")
    );
    for slip in [PURPOSE, TAX] {
        assert_eq!(world.pay(slip).await.unwrap().state, State::Accepted);
    }
    let cleared = world.network.clearings().await;
    let shown: Vec<_> = cleared.iter().map(|c| (&c["payment_category"], &c["amount"])).collect();
    assert_eq!(shown, [(&json!("03045080401"), &json!(3_000)), (&json!(registered), &json!(215_000))]);
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 218_000));
    world.assert_clean().await;
}
