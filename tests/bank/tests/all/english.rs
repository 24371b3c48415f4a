//! The bank in English: from sign-in to a payment's result and back to Japanese.

use database::testing::{TestDatabase, sqlite};
use edge::CookieKind;
use edge::translate::is_japanese;
use http::StatusCode;

use crate::payeasy_entry::{Entry, bill, code, held};
use crate::support::{Browser, LOGIN_ID, PASSWORD, Page, World};

const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);

/// Names, and the link to the other language.
const DATA: [&str; 3] = ["株式会社見本商事", "経理 佐藤花子", "日本語"];

/// The page is in English, but for names and what forms send.
pub fn assert_english(page: &Page) {
    assert!(page.body.contains("<html lang=\"en\">"), "{}", page.body);
    let shown = page.body.split(" value=\"").enumerate().map(|(place, part)| match place {
        0 => part,
        _ => part.split_once('"').map_or("", |(_, rest)| rest),
    });
    for text in shown.collect::<String>().split(['<', '>', '"']) {
        let rest = DATA.iter().fold(text.to_owned(), |text, data| text.replace(data, ""));
        assert!(!rest.contains(is_japanese), "{text}");
    }
}

async fn read(browser: &mut Browser, path: &str) -> Page {
    let page = browser.get(path).await;
    assert_english(&page);
    page
}

async fn world() -> (World, Browser) {
    let world = World::new(sqlite().await).await;
    let mut browser = world.browser();
    let switched = browser.get("/sign-in?lang=en").await;
    assert_eq!((switched.status, switched.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    (world, browser)
}

database::on_both!(a_bill_is_paid_in_english);

async fn a_bill_is_paid_in_english(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    browser.get("/sign-in?lang=en").await;
    assert!(read(&mut browser, "/sign-in").await.body.contains("Login password"));
    assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    let home = read(&mut browser, "/home").await;
    for words in ["Good morning", "48,210,953", "Available balance (yen)", "First sign-in", "(User)"] {
        assert!(home.body.contains(words), "{words} in {}", home.body);
    }
    read(&mut browser, "/payeasy/new").await;
    let entry = Entry::answered(&world, &mut browser, "00200", &[bill("B1", 123_000)]).await;
    read(&mut browser, &entry.page("numbers")).await;
    let bills = read(&mut browser, &entry.page("bills")).await;
    assert!(bills.body.contains("Due date 30 Nov 2026 (Mon)"), "{}", bills.body);
    assert!(bills.body.contains("Corporation tax Final return"), "{}", bills.body);
    assert_eq!(entry.choose(&mut browser, "B1", 1_001).await.location(), entry.page("review"));
    let review = read(&mut browser, &entry.page("review")).await;
    for words in ["Pay 123,000 yen", "National Tax Agency", "A payment cannot be cancelled."] {
        assert!(review.body.contains(words), "{words} in {}", review.body);
    }
    let wrong = entry.press(&mut browser, &review, &[("confirmation_password", "wrong")]).await;
    assert_english(&wrong);
    assert!(
        wrong.body.contains("<title>Error: ") && wrong.body.contains("4 more wrong attempts will lock it.")
    );
    assert!(!wrong.body.contains("hreflang"), "a link would lose what was typed");
    let review = read(&mut browser, &entry.page("review")).await;
    entry.press(&mut browser, &review, &[CONFIRMED]).await;
    assert_eq!(held(&world).await, 123_000);
    let result = read(&mut browser, &entry.page("result")).await;
    assert!(result.body.contains("Please do not pay again."), "{}", result.body);
    let state = result.body.contains("data-state=\"held\"");
    assert!(state, "what programs read is the same");
    for path in
        ["/payeasy/history", "/payeasy/limits", "/payeasy/favourites", "/payeasy/requests", "/payeasy/el"]
    {
        read(&mut browser, path).await;
    }
    let japanese = browser.get("/payeasy/history?state=checking&lang=ja").await;
    assert_eq!(japanese.location(), "/payeasy/history?state=checking");
    let history = browser.get(japanese.location()).await;
    assert!(history.body.contains("<html lang=\"ja\">") && history.body.contains("払込履歴"));
    assert!(history.body.contains("href=\"?state=checking&#38;lang=en\""), "{}", history.body);
    assert!(!history.body.contains("Payment history"));
}

#[tokio::test]
async fn refusals_errors_and_help_are_in_english() {
    let (_world, mut browser) = world().await;
    let refused = browser.sign_in(LOGIN_ID, "wrong").await;
    assert_english(&refused);
    assert!(refused.body.contains("The login ID or the login password is wrong."), "{}", refused.body);
    browser.sign_in(LOGIN_ID, PASSWORD).await;
    let stale = browser.post("/payeasy/new", &[("csrf", "x"), ("collector", "00200")]).await;
    assert_english(&stale);
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    let missing = browser.get("/payeasy/collectors/00000").await;
    assert_english(&missing);
    assert!(missing.body.contains("Page not found"), "{}", missing.body);
    let csrf = browser.get("/payeasy/new").await.token();
    let unknown = browser.post("/payeasy/new", &[("csrf", &csrf), ("collector", "00209")]).await;
    assert_english(&unknown);
    assert!(unknown.body.contains("Nothing has been debited yet."), "{}", unknown.body);
    for path in ["/help", "/help/P-306", "/payeasy/collectors", "/payeasy/collectors/00200"] {
        read(&mut browser, path).await;
    }
    browser.sign_out().await;
    assert!(read(&mut browser, "/sign-in?ended=signed-out").await.body.contains("You have signed out."));
}

/// What stands before the sign-in, with what is wrong there: somebody who cannot sign in reads it too.
#[tokio::test]
async fn set_up_certificates_and_the_emergency_stop_are_in_english() {
    let (_world, mut browser) = world().await;
    for path in ["/set-up", "/certificate/fetch", "/certificate/check", "/emergency-stop"] {
        read(&mut browser, path).await;
    }
    for path in ["/set-up", "/certificate/fetch", "/emergency-stop"] {
        let csrf = browser.get(path).await.token();
        let empty = browser.post(path, &[("csrf", &csrf)]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_english(&empty);
        let form = [
            ("csrf", csrf.as_str()),
            ("login_id", LOGIN_ID),
            ("password", "wrong"),
            ("one_time_password", "000000"),
            ("branch", "001"),
            ("kind", "ordinary"),
            ("number", "1234567"),
            ("set_up_number", "000000000000"),
        ];
        let wrong = browser.post(path, &form).await;
        assert!(
            wrong.body.contains("Repeated failures suspend") || path == "/emergency-stop",
            "{}",
            wrong.body
        );
        assert_english(&wrong);
    }
}

/// Whoever comes from a collector's site, and whoever is behind TLS.
#[tokio::test]
async fn the_switch_keeps_the_rest_of_the_address_and_leads_nowhere_else() {
    let (world, _) = world().await;
    let mut browser = world.browser_with(CookieKind::tls("bank"));
    let switched = browser.get("/sign-in?link=abc&lang=en").await;
    assert_eq!(switched.location(), "/sign-in?link=abc");
    assert_eq!(browser.cookies.get("__Host-bank-lang").map(String::as_str), Some("en"));
    assert_english(&browser.get("/sign-in?link=abc").await);
    for path in
        ["//evil.example?lang=en", "//evil.example/home?lang=en", "/?lang=en", "/assets/look.css?lang=en"]
    {
        let page = browser.get(path).await;
        assert!(["", "/home"].contains(&page.location()), "{path}: {}", page.location());
    }
    assert_eq!(browser.get("/home?lang=xx").await.location(), "/sign-in", "an unknown language is ignored");
}

#[tokio::test]
async fn a_code_of_an_error_is_the_same_in_both_languages() {
    let (world, mut browser) = world().await;
    browser.sign_in(LOGIN_ID, PASSWORD).await;
    let unknown = async |browser: &mut Browser| {
        let csrf = browser.get("/payeasy/new").await.token();
        browser.post("/payeasy/new", &[("csrf", &csrf), ("collector", "00209")]).await
    };
    let english = unknown(&mut browser).await.fields("error_code");
    let mut other = world.signed_in().await;
    assert_eq!(english, [code(&unknown(&mut other).await)]);
}
