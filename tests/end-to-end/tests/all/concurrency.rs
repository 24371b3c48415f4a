//! Two hundred payments at once against an account that can afford 120 of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::harness::{Answer, Bill, Clerk, Demo, Options, clerk::Money, company};

const USERS: usize = 50;
const BILLS_PER_USER: usize = 4;
const AMOUNT: i64 = 100_000;
const OPENING: i64 = 12_000_000;
const AFFORDABLE: usize = 120;

async fn two_hundred_at_once(options: Options) {
    let demo = Demo::start_with(options).await;
    let mut bills = Vec::new();
    for collector in ["04100", "00200"] {
        let wanted = json!({ "count": USERS * BILLS_PER_USER / 2, "amount": AMOUNT });
        bills.extend(demo.mocks().bills(collector, wanted).await);
    }
    let reviews = review_all(&demo, &bills).await;
    assert_eq!(reviews.len(), USERS * BILLS_PER_USER);
    assert_eq!(reviews[0].0.money().await, Money { balance: OPENING, available: OPENING });

    let together = Arc::new(Barrier::new(reviews.len()));
    let mut confirmations = JoinSet::new();
    for (clerk, bill, review) in reviews {
        let together = Arc::clone(&together);
        confirmations.spawn(async move {
            together.wait().await;
            let answer = clerk.pay(&review).await;
            (bill, answer, clerk)
        });
    }
    let answers = confirmations.join_all().await;

    let mut paid = Vec::new();
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let mut clerk = None;
    for (bill, answer, by) in answers {
        let end = match answer.page.state() {
            state if !state.is_empty() => state,
            _ => answer.page.fields("error_code").pop().unwrap_or_else(|| answer.page.text()),
        };
        if end == "accepted" {
            paid.push(bill);
        } else {
            assert!(answer.page.text().contains("まだ何も引き落とされていません"), "{}", answer.page.text());
            assert!(demo.mocks().clearings(&bill).await.is_empty(), "{} was cleared", bill.bill_id);
        }
        *ends.entry(end).or_default() += 1;
        clerk = Some(by);
    }
    let refused = USERS * BILLS_PER_USER - AFFORDABLE;
    let expected = BTreeMap::from([("accepted".to_owned(), AFFORDABLE), ("P-304".to_owned(), refused)]);
    assert_eq!(ends, expected);
    for bill in &paid {
        demo.mocks().assert_cleared_once(bill).await;
    }
    assert_eq!(clerk.unwrap().money().await, Money { balance: 0, available: 0 });
    demo.assert_sound().await;
}

/// Signs everybody in and brings every payment to its last button.
async fn review_all(demo: &Demo, bills: &[Bill]) -> Vec<(Arc<Clerk>, Bill, Answer)> {
    let mut users = JoinSet::new();
    for (user, own) in bills.chunks(BILLS_PER_USER).enumerate() {
        let own = own.to_vec();
        let signed_in = Clerk::sign_in(demo, company::GOJUNIN, user).await;
        users.spawn(async move {
            let clerk = Arc::new(signed_in);
            let mut reviews = Vec::new();
            for bill in own {
                // the same session from a connection of its own
                let clerk = Arc::new(clerk.elsewhere());
                let review = clerk.reviewed(&bill).await;
                reviews.push((clerk, bill, review));
            }
            reviews
        });
    }
    users.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_pays_what_it_can_and_not_a_yen_more_on_sqlite() {
    two_hundred_at_once(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_pays_what_it_can_and_not_a_yen_more_on_postgres() {
    let server = database::testing::postgres().await;
    two_hundred_at_once(Options { database_url: Some(server.url.clone()), ..Options::default() }).await;
}
