//! A transfer to an account that is typed, from the look at its holder to a template of it and the same once more.

use super::Desk;

impl Desk {
    /// Types an account at another bank, where the mock network knows its holder.
    async fn type_account(&self, number: &str, holder: &str) {
        self.window.goto(&self.bank("/transfers/new")).await;
        for (name, text) in [("bank", "0001"), ("branch", "001"), ("number", number), ("holder", holder)] {
            self.window.fill(name, text).await;
        }
        self.window.choose("main [name=kind] option[value=ordinary]").await;
        self.window.press_value("typed").await;
    }
}

/// Proves R82, R89, R92, SEC-41.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_is_seen_before_the_transfer_and_a_template_begins_the_same_once_more() {
    let mut desk = Desk::open(true).await;
    desk.looks = false;
    desk.sign_in().await;
    desk.looks = true;
    // this one's bank names nobody
    desk.type_account("7777777", "カ)アオバ").await;
    assert_eq!(desk.window.texts("[data-field=checked]").await, ["確認できません"]);
    desk.type_account("1230001", "カ)アオバ").await;
    assert_eq!(desk.window.texts("[data-field=checked]").await, ["名義が違います"]);
    assert_eq!(desk.window.texts("[data-field=found]").await, ["ﾔ*** ﾀ**"]);
    desk.look("98-transfer-holder-masked").await;
    desk.window.fill("amount", "5000").await;
    desk.window.press_value("review").await;
    assert_eq!(desk.window.texts("[data-field=found]").await, ["ﾔ*** ﾀ**"]);
    desk.look("98-transfer-review").await;

    desk.window.follow("main button[name=entry]").await;
    assert!(desk.window.text().await.contains("ひな形に登録しました"), "{}", desk.window.text().await);
    desk.look("99-template").await;
    desk.window.follow("main a[href='/transfers/templates']").await;
    desk.look("99-templates").await;
    desk.window.press_value("use").await;
    let amount = desk.window.find("main [name=amount]").await.prop("value").await.unwrap();
    assert_eq!(amount.as_deref(), Some("5000"));
    desk.window.press_value("review").await;
    desk.window.choose("main [name=name_differs]").await;
    let user = desk.user();
    let password = user["confirmation_password"].as_str().unwrap();
    desk.window.fill("confirmation_password", password).await;
    let code = desk.demo.token(user["token_serial"].as_str().unwrap());
    desk.window.fill("one_time_password", &code).await;
    desk.window.press_value("place").await;
    assert_eq!(desk.window.texts("[data-field=state]").await, ["予約中"], "{}", desk.window.text().await);
    desk.look("99-template-order").await;
    // what was filed on paper needs no code
    desk.window.goto(&desk.bank("/transfers/new")).await;
    desk.window.fill("payee", "0001").await;
    desk.window.press_value("number").await;
    desk.window.fill("amount", "700").await;
    desk.window.press_value("review").await;
    desk.window.fill("confirmation_password", password).await;
    assert!(!desk.window.has("main [name=one_time_password]").await);
    desk.window.press_value("place").await;
    assert_eq!(desk.window.texts("[data-field=state]").await, ["完了"], "{}", desk.window.text().await);
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
