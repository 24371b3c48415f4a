//! What every page keeps (SEC-30 to SEC-32, SEC-44).

use http::{Method, StatusCode, header};

use crate::support::{LOGIN_ID, PASSWORD, World};

#[tokio::test]
async fn every_page_carries_the_security_headers_and_is_not_stored() {
    let world = World::new(database::testing::sqlite().await).await;
    let mut browser = world.signed_in().await;
    let mut stranger = world.browser();
    for path in ["/", "/home", "/sign-in", "/missing", "/payeasy/new", "/payeasy/history", "/sign-out"] {
        for page in [browser.get(path).await, stranger.get(path).await] {
            for (name, value) in edge::headers::ALWAYS {
                assert_eq!(page.headers[&name], value, "{name} of {path}");
            }
            assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn pages_carry_no_inline_style_or_script_and_nothing_from_elsewhere() {
    let world = World::new(database::testing::sqlite().await).await;
    let mut browser = world.signed_in().await;
    let mut pages = vec![browser.get("/home").await.body, world.browser().get("/sign-in").await.body];
    pages.push(world.browser().sign_in(LOGIN_ID, "wrong").await.body);
    for body in pages {
        for never in ["style=", "<style", "onclick=", "onsubmit=", "javascript:", "//"] {
            assert!(!body.contains(never), "{never}");
        }
        assert_eq!(body.matches("<script").count(), body.matches("<script src=\"/assets/").count());
    }
}

/// Proves SEC-30.
#[tokio::test]
async fn a_sign_in_without_its_token_or_from_another_site_is_refused() {
    let world = World::new(database::testing::sqlite().await).await;
    let mut browser = world.browser();
    let token = browser.get("/sign-in").await.token();
    let form = format!("login_id={LOGIN_ID}&password={PASSWORD}");
    let page = browser.send(Method::POST, "/sign-in", &[], &form).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let form = format!("{form}&csrf={token}");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let page = browser.send(Method::POST, "/sign-in", &[(name, value)], &form).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(page.body.contains("この画面は使えなくなりました"));
    }
    let page = browser.send(Method::POST, "/sign-in", &[("sec-fetch-site", "same-origin")], &form).await;
    assert_eq!(page.location(), "/home");
}

#[tokio::test]
async fn without_the_database_nobody_gets_in_and_no_detail_gets_out() {
    let world = World::new(database::testing::sqlite().await).await;
    let mut browser = world.signed_in().await;
    let token = world.browser().get("/sign-in").await.token();
    world.lose_database().await;
    let mut stranger = world.browser();
    let fresh = stranger.get("/sign-in").await.token();
    assert_ne!(fresh, token);
    let form = [("csrf", fresh.as_str()), ("login_id", LOGIN_ID), ("password", PASSWORD)];
    for page in
        [browser.get("/home").await, browser.get("/sign-in").await, stranger.post("/sign-in", &form).await]
    {
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(page.body.contains("ただいま画面を表示できません"));
        assert!(page.body.contains(page.headers["x-correlation-id"].to_str().unwrap()));
        for detail in ["sqlx", "pool", "Pool", "database", "closed", "SELECT"] {
            assert!(!page.body.contains(detail), "{detail}");
        }
    }
    assert!(!stranger.cookies.contains_key("bank"));
}
