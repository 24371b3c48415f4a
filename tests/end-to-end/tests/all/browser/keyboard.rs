//! The software keyboard: offered at every secret, worked without a mouse too, and never needed.

use super::Desk;

/// The key of the keyboard's Enter for a browser.
const ENTER: &str = "\u{e007}";

impl Desk {
    /// Opens the page's first software keyboard without a mouse.
    async fn open_keys(&self) {
        let toggle = self.window.find(".keys-open").await;
        toggle.send_keys(ENTER).await.unwrap();
        assert_eq!(toggle.attr("aria-expanded").await.unwrap().as_deref(), Some("true"));
    }

    /// Presses the key with this sign.
    async fn key(&self, sign: char) {
        let found = format!(
            "const key = [...document.querySelectorAll('.keys:not([hidden]) button')]
                 .find((key) => key.textContent === '{sign}');
             if (key) key.click();
             return Boolean(key);"
        );
        assert_eq!(self.window.script(&found).await, true, "no key {sign}");
    }
}

/// Proves R11.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_typed_on_the_keyboard_of_the_page_or_on_the_real_one() {
    let mut desk = Desk::open(true).await;
    let user = desk.user();
    let (login_id, password) = (user["login_id"].as_str().unwrap(), user["password"].as_str().unwrap());
    for on_the_page in [true, false] {
        desk.window.goto(&desk.bank("/sign-in")).await;
        desk.window.fill("login_id", login_id).await;
        if on_the_page {
            desk.open_keys().await;
            desk.look("80-software-keyboard").await;
            for sign in password.chars() {
                desk.key(sign).await;
            }
        } else {
            desk.window.fill("password", password).await;
        }
        desk.window.press().await;
        assert_eq!(desk.window.path().await, "/home", "{}", desk.window.text().await);
        let count = "const secrets = 'input[type=password], input[autocomplete=one-time-code]';
                     return [secrets, '.keys-open'].map(found => document.querySelectorAll(found).length);";
        desk.window.goto(&desk.bank("/security/password")).await;
        let counts = desk.window.script(count).await;
        assert_eq!(counts[0], counts[1], "each secret has one");
        assert_ne!(counts[0], 0);
        desk.window.follow("header button[value=sign-out]").await;
    }
    desk.window.close().await;
}
