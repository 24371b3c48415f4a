//! What a person at the browser does to transfer.

use http::StatusCode;

use crate::support::{Browser, PASSWORD, Page};

/// An entry that was begun: the start of its pages' addresses.
#[derive(Clone)]
pub struct Transfer(pub String);

/// A payee at another bank, as one types it.
pub const MIZUHO: &[(&str, &str)] = &[
    ("action", "typed"),
    ("bank", "0001"),
    ("branch", "001"),
    ("kind", "ordinary"),
    ("number", "7654321"),
    ("holder", "カ)アオバ"),
];

impl Transfer {
    /// 振替 from the first account to the second.
    pub async fn own(browser: &mut Browser, amount: &str, day: &str) -> Result<Self, Box<Page>> {
        let fields = [("account", "1001"), ("to", "1002"), ("amount", amount), ("day", day)];
        let page = send(browser, "/transfers/own", &fields).await;
        Self::begun(page)
    }

    /// An entry whose payee is chosen by these fields.
    pub async fn to(browser: &mut Browser, payee: &[(&str, &str)]) -> Result<Self, Box<Page>> {
        Self::begun(send(browser, "/transfers/new", payee).await)
    }

    fn begun(page: Page) -> Result<Self, Box<Page>> {
        match page.location().rsplit_once('/') {
            Some((entry, _)) if entry.starts_with("/transfers/new/") => Ok(Self(entry.to_owned())),
            _ => Err(Box::new(page)),
        }
    }

    /// The address of a page.
    pub fn page(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }

    /// Account, amount and day.
    pub async fn details(&self, browser: &mut Browser, amount: &str, day: &str) -> Page {
        let fields =
            [("account", "1001"), ("amount", amount), ("day", day), ("payer_name", "カ)ミホンショウジ")];
        send(browser, &self.page("details"), &fields).await
    }

    /// The review page as it is now.
    pub async fn review(&self, browser: &mut Browser) -> Page {
        let page = browser.get(&self.page("review")).await;
        assert_eq!(page.status, StatusCode::OK, "{} {}", page.location(), page.body);
        page
    }

    /// Presses the button of a review page.
    pub async fn press(&self, browser: &mut Browser, review: &Page, secrets: &[(&str, &str)]) -> Page {
        let (csrf, order) = (review.token(), review.value("order"));
        let mut form = vec![("csrf", csrf.as_str()), ("order", order.as_str()), ("action", "place")];
        form.extend_from_slice(secrets);
        browser.post(&self.page("review"), &form).await
    }

    /// Reviews and confirms with the right confirmation password.
    pub async fn confirm(&self, browser: &mut Browser) -> Page {
        let review = self.review(browser).await;
        self.press(browser, &review, &[("confirmation_password", PASSWORD)]).await
    }
}

/// Sends a form of a page, with the page's token.
pub async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let csrf = browser.get(path).await.token();
    let mut form = vec![("csrf", csrf.as_str())];
    form.extend_from_slice(fields);
    browser.post(path, &form).await
}

/// The address of the order that a page leads to.
pub fn order_of(page: &Page) -> String {
    let path = page.location().strip_suffix("?done=placed");
    path.unwrap_or_else(|| panic!("{} {}", page.status, page.body)).to_owned()
}
