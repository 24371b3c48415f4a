//! The mocks' special numbers, typed by a payer: what their list says of the bank is what the bank shows.

use database::testing::sqlite;
use serde_json::Value;

use crate::payeasy_entry::{Entry, code};
use crate::support::{Browser, Page, World};

/// A special number as the mocks list it.
struct Special {
    outcome: String,
    customer: String,
    confirmation: String,
    category: Option<String>,
    /// What the list says of the bank.
    bank: String,
}

impl From<&Value> for Special {
    fn from(shown: &Value) -> Self {
        let text = |field: &str| shown[field].as_str().map(str::to_owned);
        Self {
            outcome: text("outcome").unwrap(),
            customer: text("customer_number").unwrap(),
            confirmation: text("confirmation_number").unwrap(),
            category: text("payment_category"),
            bank: text("bank").unwrap(),
        }
    }
}

impl Special {
    /// The bill that the collector makes for it first.
    fn bill(&self) -> String {
        format!("T{}-1", &self.customer[self.customer.len() - 4..])
    }

    /// The code of the page that refuses it, where the list has one.
    fn refusal(&self) -> Option<&str> {
        let (_, rest) = self.bank.split_once("(P-").filter(|_| self.outcome != "payable")?;
        rest.get(..3)
    }
}

async fn asked(browser: &mut Browser, entry: &Entry, special: &Special) -> Page {
    let csrf = browser.get(&entry.page("numbers")).await.token();
    let mut form = vec![
        ("csrf", csrf.as_str()),
        ("customer_number", special.customer.as_str()),
        ("confirmation_number", special.confirmation.as_str()),
    ];
    form.extend(special.category.as_deref().map(|digits| ("payment_category", digits)));
    browser.post(&entry.page("numbers"), &form).await
}

#[tokio::test]
async fn the_bank_shows_what_the_list_of_special_numbers_says() {
    let (world, network) = World::connected(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let (mut refused, mut paid) = (0, 0);
    for collector in ["00500", "04000", "99017"] {
        let path = format!("/control/{collector}/special-numbers");
        let shown = network.control("GET", &path, String::new()).await;
        for special in shown["special_numbers"].as_array().unwrap().iter().map(Special::from) {
            // these two are waited for; the hub's own tests do
            if matches!(special.outcome.as_str(), "timeout" | "slow") {
                continue;
            }
            // the bank keeps a user's latest entries
            world.clock.advance_seconds(1);
            let entry = Entry::begin(&mut browser, collector).await;
            let page = asked(&mut browser, &entry, &special).await;
            if let Some(digits) = special.refusal() {
                assert_eq!(code(&page), format!("P-{digits}"), "{collector} {}", special.outcome);
                refused += 1;
                continue;
            }
            assert_eq!(page.location(), entry.page("bills"), "{collector} {}", special.outcome);
            let state = match special.outcome.as_str() {
                "payable" | "surcharge" | "provisional" => "払込完了",
                "refused" => "受付不可",
                _ => continue,
            };
            // a private collector asks for a one-time password, which this user's contract need not have
            if collector == "99017" {
                continue;
            }
            let pressed = entry.pay(&mut browser, &special.bill(), 1_002).await;
            let result = browser.get(pressed.location()).await;
            assert!(result.body.contains(state), "{collector} {}: {}", special.outcome, result.body);
            paid += 1;
        }
    }
    assert_eq!((refused, paid), (18, 6));
}
