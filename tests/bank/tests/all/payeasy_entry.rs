//! What a person at the browser does to pay a bill, and what the collector's answer would leave behind.

use database::execute;
use domain::{Bill, InquiryId, Yen};
use http::StatusCode;

use crate::support::{Browser, PASSWORD, Page, World};

/// A bill of the amount, payable until the end of the month.
pub fn bill(id: &str, amount: i64) -> Bill {
    Bill {
        id: id.parse().unwrap(),
        payer: "株式会社見本商事".to_owned(),
        contents: "法人税 確定申告".to_owned(),
        amount: Yen::new(amount),
        fee: Yen::ZERO,
        late_charge: Yen::ZERO,
        due: domain::Date::from_ymd_opt(2026, 11, 30),
        clear_by: None,
    }
}

/// An entry that was begun: the start of its pages' addresses.
pub struct Entry(pub String);

impl Entry {
    /// Begins one at the collector.
    pub async fn begin(browser: &mut Browser, collector: &str) -> Self {
        let csrf = browser.get("/payeasy/new").await.token();
        let page = browser.post("/payeasy/new", &[("csrf", &csrf), ("collector", collector)]).await;
        let location = page.location().strip_suffix("/numbers").expect("the numbers' page");
        Self(location.to_owned())
    }

    /// Begins one and lets its inquiry be answered by these bills.
    pub async fn answered(world: &World, browser: &mut Browser, collector: &str, bills: &[Bill]) -> Self {
        let entry = Self::begin(browser, collector).await;
        entry.answer(world, collector, bills).await;
        entry
    }

    /// Keeps an answered inquiry as the hub does, for a hub that reaches no collector.
    pub async fn answer(&self, world: &World, collector: &str, bills: &[Bill]) {
        let (id, draft) = (InquiryId::generate(), self.0.rsplit('/').next().unwrap());
        execute!(
            world.bank.database,
            "INSERT INTO inquiry (id, contract, user_id, collector, customer_number, confirmation_number, \
             bills, generations, answered_us) \
             SELECT $1, contract, app_user, $2, '2013000123456789', '123456', $3, '{}', $4
                 FROM payeasy_draft WHERE id = $5",
            id.uuid(),
            collector,
            serde_json::to_string(bills).unwrap(),
            world.clock.now().micros(),
            draft,
        )
        .unwrap();
        execute!(
            world.bank.database,
            "UPDATE payeasy_draft SET inquiry = $1 WHERE id = $2",
            id.uuid(),
            draft
        )
        .unwrap();
    }

    /// The address of a page.
    pub fn page(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }

    /// Chooses a bill and an account.
    pub async fn choose(&self, browser: &mut Browser, bill: &str, account: i64) -> Page {
        let csrf = browser.get(&self.page("bills")).await.token();
        let account = account.to_string();
        browser.post(&self.page("bills"), &[("csrf", &csrf), ("bill", bill), ("account", &account)]).await
    }

    /// The review page as it is now.
    pub async fn review(&self, browser: &mut Browser) -> Page {
        let page = browser.get(&self.page("review")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.location());
        page
    }

    /// Presses the button of a review page.
    pub async fn press(&self, browser: &mut Browser, review: &Page, secrets: &[(&str, &str)]) -> Page {
        let (csrf, order) = (review.token(), order(review));
        let mut form = vec![("csrf", csrf.as_str()), ("order", order.as_str()), ("action", "pay")];
        form.extend_from_slice(secrets);
        browser.post(&self.page("review"), &form).await
    }

    /// Chooses, reviews and pays with the right confirmation password.
    pub async fn pay(&self, browser: &mut Browser, bill: &str, account: i64) -> Page {
        assert_eq!(self.choose(browser, bill, account).await.location(), self.page("review"));
        let review = self.review(browser).await;
        // where the same numbers were paid before
        self.press(browser, &review, &[("confirmation_password", PASSWORD), ("repeat", "yes")]).await
    }
}

/// The payment that a review page authorises.
pub fn order(review: &Page) -> String {
    let (_, rest) = review.body.split_once("name=\"order\" value=\"").expect("an order");
    rest.split('"').next().unwrap().to_owned()
}

/// The code that a page shows, with the sentence that nothing was debited.
pub fn code(page: &Page) -> String {
    assert!(page.status.is_client_error(), "{}", page.status);
    let untouched = [
        "まだ何も引き落とされていません。",
        "この手続きでは何も引き落とされていません。",
        "この手続きでは、まだ何も登録・変更していません。",
    ];
    assert!(untouched.iter().any(|words| page.body.contains(words)), "{}", page.body);
    assert!(page.body.contains("<title>エラー: "), "the title says so first");
    let codes = page.fields("error_code");
    assert_eq!(codes.len(), 1, "{codes:?}");
    codes[0].clone()
}

/// What is held on the first account.
pub async fn held(world: &World) -> i64 {
    world.bank.ledger.balances(&world.accounts[..1]).await.unwrap()[0].held.get()
}
