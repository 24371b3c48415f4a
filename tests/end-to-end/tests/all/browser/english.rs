//! The bank in English, by the switch in its bar.

use super::Desk;
use crate::harness::Bill;

impl Desk {
    async fn language(&self) -> String {
        self.window.find("html").await.attr("lang").await.unwrap().unwrap_or_default()
    }

    /// What is shown, which is English.
    async fn english(&self) -> String {
        assert_eq!(self.language().await, "en", "{}", self.window.path().await);
        self.window.text().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_switches_to_english_pays_and_switches_back() {
    let mut desk = Desk::open(true).await;
    let user = desk.user();
    desk.window.goto(&desk.bank("/sign-in")).await;
    assert_eq!(desk.language().await, "ja");
    desk.window.follow("header a[hreflang=en]").await;
    assert!(desk.english().await.contains("We never ask for your password"));
    desk.look("70-english-sign-in").await;
    desk.window.fill("login_id", user["login_id"].as_str().unwrap()).await;
    desk.window.fill("password", user["password"].as_str().unwrap()).await;
    desk.window.press().await;
    let home = desk.english().await;
    assert!(home.contains("Available balance (yen)") && home.contains("48,210,953"), "{home}");
    desk.look("71-english-home").await;
    desk.window.goto(&desk.bank("/payeasy/new")).await;
    desk.look("72-english-start").await;
    let bills = desk.demo.json["bills"].as_array().unwrap().clone();
    let bill = Bill::read(bills.iter().find(|bill| bill["bill_id"] == "NTA-0001").unwrap());
    desk.review(&bill).await;
    let review = desk.english().await;
    assert!(review.contains("Pay 1,284,500 yen") && review.contains("National Tax Agency"), "{review}");
    desk.look("73-english-review").await;
    desk.window.fill("confirmation_password", "wrong").await;
    desk.window.press().await;
    desk.assert_summary("The confirmation password is wrong.").await;
    desk.look("74-english-review-error").await;
    desk.confirm().await;
    assert_eq!(desk.state().await, "accepted", "{}", desk.window.text().await);
    assert!(desk.english().await.contains("The payment has been made."));
    desk.look("75-english-result").await;
    for (path, name) in [
        ("/payeasy/history", "76-english-history"),
        ("/payeasy/collectors", "77-english-collectors"),
        ("/payeasy/collectors/00200", "78-english-collector"),
        ("/help/P-601", "79-english-help"),
    ] {
        desk.window.goto(&desk.bank(path)).await;
        desk.english().await;
        desk.look(name).await;
    }
    desk.window.follow("header a[hreflang=ja]").await;
    assert_eq!((desk.language().await.as_str(), desk.window.path().await.as_str()), ("ja", "/help/P-601"));
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
