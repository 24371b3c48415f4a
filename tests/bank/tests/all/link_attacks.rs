//! 情報リンク方式: what is never let through, and that nobody learns why.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::testing::TestDatabase;
use database::{on_both, read};
use http::{Method, StatusCode};
use internet_banking::contracts::{Rights, Role};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};

use crate::link::{LOANS, NONCE, SHOP, begin, enter, hand_over, key, sealed, shop_bill, sign_in_from, world};
use crate::support::{PASSWORD, Page, add_user};

on_both!(
    no_answer_tells_which_check_failed,
    what_a_forger_seals_or_writes_is_refused_like_anything_else,
    a_hand_off_is_its_browsers_and_its_persons_alone,
);

/// Every kind of bad input gets the same page, that of a hand-off which is not there.
///
/// Proves SEC-39.
async fn no_answer_tells_which_check_failed(test: TestDatabase) {
    let (world, _network) = world(test).await;
    let mut browser = world.browser();
    let right = sealed(&shop_bill(NONCE), &key(SHOP));
    let changed = |field: &str, value: Value| {
        let mut contents = shop_bill(NONCE);
        contents[field] = value;
        sealed(&contents, &key(SHOP))
    };
    let mut tampered = right.clone();
    tampered.replace_range(200..201, if &tampered[200..201] == "A" { "B" } else { "A" });
    let cases = [
        ("tampered", SHOP, tampered),
        ("cut", SHOP, right[..right.len() / 2].to_owned()),
        ("too large", SHOP, "A".repeat(8 * 1024 + 1)),
        ("far too large", SHOP, "A".repeat(64 * 1024)),
        ("empty", SHOP, String::new()),
        ("a second field of the name", SHOP, format!("{right}&bill={right}")),
        ("another collector's key", SHOP, sealed(&shop_bill(NONCE), &key(LOANS))),
        ("an unknown key", SHOP, sealed(&shop_bill(NONCE), &key("99023"))),
        ("another collector's number", LOANS, right.clone()),
        ("a collector that is none", "12345", right.clone()),
        ("a collector without the method", "99090", right.clone()),
        ("no number", "9902", right.clone()),
        ("31 minutes old", SHOP, changed("issued_at", json!("2026-11-24T09:29:00+09:00"))),
        ("in the future", SHOP, changed("issued_at", json!("2026-11-24T10:02:00+09:00"))),
        ("an address off the list", SHOP, changed("return_url", json!("https://evil.example/"))),
        ("an amount of nothing", SHOP, changed("amount", json!(0))),
        ("an amount with a sign", SHOP, changed("amount", json!(-12_800))),
        ("mojibake", SHOP, changed("contents", json!("\u{fffd}\u{fffd}"))),
    ];
    let missing = browser.get(&format!("/payeasy/link/{}", "0".repeat(26))).await;
    assert_eq!(missing.status, StatusCode::FORBIDDEN);
    assert_eq!(missing.fields("error_code"), ["P-701"]);
    assert!(missing.body.contains("まだ何も引き落とされていません。"));
    for (what, skno, bill) in cases {
        let entered = enter(&mut browser, skno, "01", &bill).await;
        let page = browser.get(entered.location()).await;
        assert_eq!((page.status, &page.body), (missing.status, &missing.body), "{what}");
        assert!(page.headers.get("set-cookie").is_none(), "{what}");
    }
    // used by another browser: the same page again, and the owner still has its own
    let mut owner = world.browser();
    let page = hand_over(&mut owner, "01", &shop_bill(NONCE)).await;
    assert_eq!(owner.get(&page).await.status, StatusCode::OK);
    let replayed = enter(&mut browser, SHOP, "01", &right).await;
    let refused = browser.get(replayed.location()).await;
    assert_eq!((refused.status, &refused.body), (missing.status, &missing.body));
    let again = enter(&mut owner, SHOP, "01", &right).await;
    assert_eq!(again.location(), page, "a form sent again leads to what it brought");
    assert_eq!(owner.get(&page).await.status, StatusCode::OK);
    for broken in ["abc", "entry/x", &"é".repeat(13), &"A".repeat(26)] {
        let path: String = broken.bytes().map(|b| format!("%{b:02x}")).collect();
        let page = browser.get(&format!("/payeasy/link/{path}")).await;
        assert_eq!((page.status, &page.body), (missing.status, &missing.body), "{broken}");
    }
    let kept: i64 = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM link_handoff").fetch_one(c).await.unwrap()
    });
    assert_eq!(kept, 1);
    // this form may come from another site, and no other
    let foreign = [("sec-fetch-site", "cross-site")];
    for path in ["/sign-in", &page, "/payeasy/link/entry/", "/payeasy/new"] {
        let refused = browser.send(Method::POST, path, &foreign, "skno=1").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
}

/// What is sealed under the right key, so that nothing but the one check refuses it.
fn sealed_with(header: &Value, contents: &[u8]) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(format!("{SHOP}{}", "A".repeat(38))).unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).unwrap());
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let mut hidden = contents.to_vec();
    let (nonce, aad) = (Nonce::assume_unique_for_key([7; 12]), Aad::from(header.as_bytes()));
    let tag = key.seal_in_place_separate_tag(nonce, aad, &mut hidden).unwrap();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{header}..{}.{}.{}", encode(&[7; 12]), encode(&hidden), encode(tag.as_ref()))
}

/// Proves SEC-39.
async fn what_a_forger_seals_or_writes_is_refused_like_anything_else(test: TestDatabase) {
    let (world, _network) = world(test).await;
    let mut browser = world.browser();
    let right = json!({"alg": "dir", "enc": "A256GCM", "kid": "99022-1"});
    let bill = shop_bill(NONCE).to_string();
    let header = |changes: Value| {
        let mut header = right.clone();
        header.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        sealed_with(&header, bill.as_bytes())
    };
    let says = |field: &str, value: Value| {
        let mut contents = shop_bill(NONCE);
        contents[field] = value;
        sealed_with(&right, contents.to_string().as_bytes())
    };
    let bytes = |contents: &[u8]| sealed_with(&right, contents);
    let with_key = sealed_with(&right, bill.as_bytes()).replacen("..", ".AAAA.", 1);
    let mut cases = vec![
        ("alg none", header(json!({"alg": "none"}))),
        ("alg RSA-OAEP-256", header(json!({"alg": "RSA-OAEP-256"}))),
        ("alg A256GCMKW", header(json!({"alg": "A256GCMKW"}))),
        ("enc A128GCM", header(json!({"enc": "A128GCM"}))),
        ("enc A256CBC-HS512", header(json!({"enc": "A256CBC-HS512"}))),
        ("compressed", header(json!({"zip": "DEF"}))),
        ("an extension", header(json!({"crit": ["exp"], "exp": 4_102_444_800_i64}))),
        ("no kid", header(json!({"kid": null}))),
        ("kid of a file", header(json!({"kid": "../99022-1"}))),
        ("kid of another collector", header(json!({"kid": "99015-1"}))),
        ("a header of more than 512 bytes", header(json!({"cty": "a".repeat(500)}))),
        ("an encrypted key beside it", with_key),
        ("a signed token", "eyJhbGciOiJub25lIn0.e30.".to_owned()),
        ("not UTF-8", bytes(b"{\"v\":1,\"payer\":\"\xff\xfe\"}")),
        (
            "Shift_JIS",
            bytes(&[bill.split("株式").next().unwrap().as_bytes(), b"\x8f\xa4\x8e\x96\"}"].concat()),
        ),
        ("half a character", bytes(bill.replace("株式会社見本商事", "\\ud800").as_bytes())),
        ("a member twice", bytes(bill.replacen("\"v\":1", "\"v\":1,\"v\":1", 1).as_bytes())),
        ("a member that is none", says("admin", json!(true))),
        ("a text that turns round", says("contents", json!("代金\u{202e}円"))),
        ("a line break", says("payer", json!("商事\n"))),
    ];
    for amount in [json!(12_800.5), json!("12800"), json!("+12800"), json!(100_000_000_000_i64), json!(null)]
    {
        cases.push(("an amount that is none", says("amount", amount)));
    }
    for address in [
        "https://shop.example.evil.example/pay/",
        "https://evil.example/?https://shop.example/pay/",
        "https://shop.example@evil.example/pay/",
        "https://shop.example:444/pay/",
        "http://shop.example/pay/",
        "https://shop.example/pay/../admin",
        "https://shop.example/pay/%2e%2e/admin",
        "https://shop.example/payout",
        "//evil.example/pay/",
        "javascript:alert(1)",
    ] {
        cases.push((address, says("return_url", json!(address))));
    }
    let missing = browser.get(&format!("/payeasy/link/{}", "0".repeat(26))).await;
    for words in [
        "確かめられませんでした",
        "まだ何も引き落とされていません。",
        "サイトに戻り",
        "href=\"/payeasy/new\"",
    ] {
        assert!(missing.body.contains(words), "{words}: what happened, the money, the way on");
    }
    let headers = |page: &Page| {
        let mut headers = page.headers.clone();
        headers.remove("date");
        headers
    };
    for (what, bill) in cases {
        let entered = enter(&mut browser, SHOP, "01", &bill).await;
        assert!(entered.body.is_empty(), "{what}");
        let page = browser.get(entered.location()).await;
        assert_eq!((page.status, &page.body), (missing.status, &missing.body), "{what}");
        assert_eq!(headers(&page), headers(&missing), "{what}");
    }
    let kept: i64 = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM link_handoff").fetch_one(c).await.unwrap()
    });
    assert_eq!(kept, 0);
    // what is right is taken, by the same two requests
    let entered = enter(&mut browser, SHOP, "01", &sealed_with(&right, bill.as_bytes())).await;
    assert_eq!(browser.get(entered.location()).await.fields("amount"), ["12,800"]);
}

/// Login CSRF, session fixation, open redirect, and what somebody else left behind.
///
/// Proves SEC-39.
async fn a_hand_off_is_its_browsers_and_its_persons_alone(test: TestDatabase) {
    let (world, _network) = world(test).await;
    add_user(&world.bank, world.contract, "other01", Role::General, Rights::all(&world.accounts)).await;
    let mut browser = world.browser();
    let page = hand_over(&mut browser, "01", &shop_bill(NONCE)).await;
    browser.get(&page).await;
    let cookie = browser.cookies.get("bank-link").cloned().expect("the browser's own");
    // another browser has the address: neither its page nor its sign-in leads there
    let mut stranger = world.browser();
    assert_eq!(stranger.get(&page).await.status, StatusCode::FORBIDDEN);
    let id = page.rsplit('/').next().unwrap();
    let sign_in = stranger.get(&format!("/sign-in?link={id}")).await;
    assert_eq!(sign_in.value("link"), "");
    let (token, home) = (sign_in.token(), "/home");
    for elsewhere in
        [id, "https://evil.example/", "//evil.example", "/payeasy/link/x", "../home", "%0d%0aX: y"]
    {
        let mut visitor = world.browser();
        visitor.cookies = stranger.cookies.clone();
        let fields =
            [("csrf", token.as_str()), ("login_id", "other01"), ("password", PASSWORD), ("link", elsewhere)];
        assert_eq!(visitor.post("/sign-in", &fields).await.location(), home, "{elsewhere}");
    }
    // a sign-in that another site sends signs nobody in, with a hand-off or without
    let foreign = [("sec-fetch-site", "cross-site")];
    let body = format!("login_id=other01&password={PASSWORD}&link={id}");
    let forged = browser.send(Method::POST, "/sign-in", &foreign, &body).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    // the session's cookie is new with the sign-in, whatever came before
    browser.cookies.insert("bank".to_owned(), "A".repeat(43));
    browser.get("/sign-in").await;
    let back = sign_in_from(&mut browser, &page, "linker01").await;
    assert_eq!(back.location(), page);
    assert_ne!(browser.cookies["bank"], "A".repeat(43));
    // without a token nothing is begun
    assert_eq!(browser.post(&page, &[("action", "begin")]).await.status, StatusCode::FORBIDDEN);
    begin(&mut browser, &page, &[]).await;
    // taken by one person, it is no other's, whose browser it ever was
    browser.sign_out().await;
    assert!(!browser.cookies.contains_key("bank-link"), "what was left is nobody's");
    browser.cookies.insert("bank-link".to_owned(), cookie);
    browser.sign_in("other01", PASSWORD).await;
    let refused = browser.get(&page).await;
    assert_eq!(
        (refused.status, refused.fields("error_code")),
        (StatusCode::FORBIDDEN, vec!["P-701".to_owned()])
    );
    let token = browser.get("/home").await.token();
    assert_eq!(browser.post(&page, &[("csrf", &token)]).await.status, StatusCode::FORBIDDEN);
    // and the person gets it on in another browser
    let mut elsewhere = world.browser();
    elsewhere.sign_in("linker01", PASSWORD).await;
    assert_eq!(elsewhere.get(&page).await.status, StatusCode::OK);
}
