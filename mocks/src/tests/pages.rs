use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use super::hub::{CITY, Hub, TAX};

pub struct Page {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub text: String,
}

pub async fn get(hub: &Hub, path: &str) -> Page {
    fetch(hub, Request::get(path).body(Body::empty()).unwrap()).await
}

pub async fn fetch(hub: &Hub, request: Request<Body>) -> Page {
    let response = hub.site.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    Page { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// Fills in a form of the page and sends it as a browser without scripts does.
async fn submit(hub: &Hub, number: &str, action: &str, fields: &str, site: &str) -> Page {
    let form = format!("/{number}");
    let path = if number.is_empty() { format!("/{action}") } else { format!("/{number}/{action}") };
    send(hub, if action == "clock" { "/clock" } else { &form }, &path, fields, site).await
}

/// The same of a form on any page.
pub async fn send(hub: &Hub, form: &str, path: &str, fields: &str, site: &str) -> Page {
    let page = get(hub, form).await;
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let token = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", site)
        .body(Body::from(format!("csrf={token}&{fields}")))
        .unwrap();
    fetch(hub, request).await
}

#[tokio::test]
async fn the_list_names_every_collector_and_carries_the_headers() {
    let hub = Hub::start().await;
    let page = get(&hub, "/").await;
    for word in ["国税庁", "厚生労働省年金局", "宮城県", "仙台市", "ペイジェント", "99090"]
    {
        assert!(page.text.contains(word), "{word}");
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"));
    assert!(!page.text.contains("style=\"") && !page.text.contains("<style"));
    assert_eq!(get(&hub, "/12345").await.status, StatusCode::NOT_FOUND);
    let json = get(&hub, "/control/clearings").await;
    assert!(json.headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn a_collectors_page_shows_bills_messages_and_the_fault() {
    let hub = Hub::start().await;
    hub.send("04100", &CITY.clearing(1)).await;
    hub.send("04100", &CITY.clearing(2)).await;
    hub.fault("04100", r#"{"delay_ms":1500,"mode":"drop","times":3}"#).await;
    let text = get(&hub, "/04100").await.text;
    for word in [
        "固定資産税・都市計画税 令和8年度 第3期",
        "支払済",
        "消込 2 回",
        "仮消込 B201",
        "2026-11-24 00000002",
        "処理してから応答を捨てる、遅延 1500 ミリ秒、あと 3 回",
        "納付区分(税目・料金番号)",
    ] {
        assert!(text.contains(word), "{word}");
    }
}

#[tokio::test]
async fn the_form_makes_a_bill_and_leads_back_to_the_page() {
    let hub = Hub::start().await;
    let fields = "customer_number=2013-0001-2345-6789&confirmation_number=246810&payment_category=7000008888&\
                  payer=&contents=&amount=1%2C234&fee=&due=&scenario=normal&action=create";
    let page = submit(&hub, "00200", "bills", fields, "same-origin").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(page.headers[header::LOCATION], "/00200?created=1#bills");
    let slip = super::hub::Slip { category: "7000008888", ..TAX };
    assert_eq!(hub.send("00200", &slip.inquiry(1)).await.field("Amount").unwrap(), "1234");
}

#[tokio::test]
async fn a_wrong_field_is_named_and_what_was_typed_is_kept() {
    let hub = Hub::start().await;
    let fields = "customer_number=12&amount=abc&due=tomorrow&scenario=normal";
    let page = submit(&hub, "00200", "bills", fields, "same-origin").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("金額は数字で入れてください。") && page.text.contains("value=\"tomorrow\""));
    assert!(page.text.contains("<title>エラー: "));
}

#[tokio::test]
async fn the_switches_set_the_fault() {
    let hub = Hub::start().await;
    let page =
        submit(&hub, "00200", "fault", "mode=drop&on=clearing&delay_ms=250&times=2", "same-origin").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let (_, fault) = hub.json("GET", "/control/00200/fault", "").await;
    assert_eq!(fault, serde_json::json!({"delay_ms":250,"mode":"drop","on":"clearing","times":2}));
    let page = submit(&hub, "00200", "fault", "mode=none&on=any&delay_ms=x&times=0", "same-origin").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn rules_are_added_in_all_their_detail_listed_and_removed() {
    let hub = Hub::start().await;
    let fields = "mode=refuse&on=first_clearing&only_number=9909-0000&delay_kind=uniform&delay_ms=10&\
                  delay_max_ms=2%2C000&skip=1&times=5&per_mille=250&seed=42&code=B202&drip_ms=";
    let page = submit(&hub, "00200", "fault", fields, "same-origin").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    submit(&hub, "00200", "fault", "mode=drip&drip_ms=3", "same-origin").await;
    let exponential = "delay_kind=exponential&delay_ms=200";
    assert_eq!(
        submit(&hub, "00200", "fault", exponential, "same-origin").await.status,
        StatusCode::SEE_OTHER
    );
    let (_, json) = hub.json("GET", "/control/00200/faults", "").await;
    let rules = json["faults"].as_array().unwrap();
    let id = rules[0]["id"].clone();
    assert_eq!(
        rules[0],
        serde_json::json!({
            "id": id, "mode": "refuse", "on": "first_clearing", "customer_number": "99090000", "delay_ms": 0,
            "delay": {"kind": "uniform", "from_ms": 10, "to_ms": 2_000}, "skip": 1, "times": 5,
            "per_mille": 250, "seed": 42, "code": "B202", "seen": 0, "hits": 0
        })
    );
    let text = get(&hub, "/00200").await.text;
    for words in [
        "業務で拒否する、遅延 10〜2000 ミリ秒、応答コード B202、消込の初回だけ、番号 9909 0000 だけ、\
         はじめの 1 件は正常、1,000 件に 250 件(種 42)、あと 5 回",
        "応答を 1 バイトずつ送る、1 バイト 3 ミリ秒",
        "遅延 平均 200 ミリ秒(指数分布、600000 ミリ秒まで)",
        "0 件のうち障害 0 件",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(get(&hub, "/").await.text.contains("ほか 2 件"));
    let page = submit(&hub, "00200", &format!("fault/{id}/remove"), "action=remove", "same-origin").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let (_, json) = hub.json("GET", "/control/00200/faults", "").await;
    assert_eq!(json["faults"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_fault_that_was_typed_wrongly_is_named_and_kept() {
    let hub = Hub::start().await;
    for (fields, message) in [
        ("mode=none", "障害か遅延を選んでください。"),
        ("mode=drop&delay_ms=600001", "遅延は 0 から 600,000 ミリ秒までの数字です。"),
        ("mode=drop&delay_kind=uniform&delay_ms=9&delay_max_ms=8", "最小より長くしてください。"),
        ("mode=drop&skip=x", "正常のままにする件数は"),
        ("mode=drop&per_mille=1001", "割合は 1 から 1,000 までの数字(千分率)です。"),
        ("mode=drop&only_number=abc", "番号は 20 けたまでの数字です。"),
        ("mode=refuse&code=0000", "0000 以外のものを入れてください。"),
        ("mode=drip&drip_ms=1001", "1 バイトの間隔は"),
    ] {
        let page = submit(&hub, "00200", "fault", &format!("{fields}&seed=77"), "same-origin").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(page.text.contains(message) && page.text.contains("value=\"77\""), "{fields}");
    }
    let (_, json) = hub.json("GET", "/control/00200/faults", "").await;
    assert_eq!(json["faults"], serde_json::json!([]));
}

#[tokio::test]
async fn business_time_is_moved_on_a_page_and_never_back() {
    let hub = Hub::start().await;
    let shown = async || get(&hub, "/clock").await.text;
    assert!(shown().await.contains("<strong data-field=\"now\">2026-11-24 10:00:00</strong>"));
    let page = submit(&hub, "", "clock", "to=2026-11-24+10%3A16", "same-origin").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(page.headers[header::LOCATION], "/clock?moved=1");
    assert!(shown().await.contains("<strong data-field=\"now\">2026-11-24 10:16:00</strong>"));
    for (typed, words) in [
        ("2026-11-24+10%3A15", "業務日時は戻せません"),
        ("2126-11-24+10%3A15", "3年までです"),
        ("%E3%81%82%E3%81%99", "のように入れて"),
    ] {
        let page = submit(&hub, "", "clock", &format!("to={typed}"), "same-origin").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains(words), "{}", page.text);
    }
    let page = submit(&hub, "", "clock", "to=2026-11-25+10%3A00", "cross-site").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(shown().await.contains("10:16:00</strong>"));
}

#[tokio::test]
async fn chaos_is_shown_on_the_list_and_can_be_stopped_there() {
    let hub = Hub::start().await;
    let settings = r#"{"seed":9,"per_mille":{"drop":50,"late":5},"on":"clearing"}"#;
    hub.json("PUT", "/control/chaos", settings).await;
    let text = get(&hub, "/").await.text;
    assert!(
        text.contains("種 9、消込(再送確認を含む)だけ、処理してから応答を捨てる 1,000 件に 50 件"),
        "{text}"
    );
    let page = submit(&hub, "", "chaos/end", "action=end", "same-origin").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(!get(&hub, "/").await.text.contains("種 9"));
}

#[tokio::test]
async fn a_form_of_another_site_or_without_its_token_is_refused() {
    let hub = Hub::start().await;
    let page = submit(&hub, "00200", "fault", "mode=drop&on=any&delay_ms=0&times=", "cross-site").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let request = Request::post("/00200/fault")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("csrf=x&mode=drop&on=any&delay_ms=0&times="))
        .unwrap();
    assert_eq!(fetch(&hub, request).await.status, StatusCode::FORBIDDEN);
    let (_, fault) = hub.json("GET", "/control/00200/fault", "").await;
    assert_eq!(fault["mode"], "none");
}

#[tokio::test]
async fn an_exchange_is_laid_out_and_checked() {
    let hub = Hub::start().await;
    hub.send("04100", &CITY.clearing(1)).await;
    hub.send("04100", &CITY.resend(1, &CITY.clearing(1))).await;
    let broken = TAX.inquiry(2).replace("<Bank>9999</Bank>", "<Bank>99</Bank>");
    assert_eq!(hub.send("00200", &broken).await.code(), "9003");
    let list = get(&hub, "/04100").await.text;
    assert!(list.contains("href=\"/04100/messages/2\""), "{list}");
    let resent = get(&hub, "/04100/messages/2").await;
    assert_eq!(resent.status, StatusCode::OK);
    for words in [
        "<h1>再送確認</h1>",
        "2026-11-24 00000001",
        "再送確認が運んだ電文",
        "&#60;Message&#62;\n  &#60;Header&#62;\n    &#60;Version&#62;1&#60;/Version&#62;",
        "/control/04100/messages/2.xml?side=answer",
    ] {
        assert!(resent.text.contains(words), "{words}: {}", resent.text);
    }
    assert_eq!(resent.text.matches("電文の形式どおりです").count(), 3);
    let wrong = get(&hub, "/00200/messages/3").await.text;
    assert!(
        wrong.contains("電文の形式に合いません</span> Bank がないか、順序か値が正しくありません。"),
        "{wrong}"
    );
    assert_eq!(wrong.matches("電文の形式どおりです").count(), 1);
    // of another collector, and of none
    for path in ["/04100/messages/3", "/04100/messages/99", "/12345/messages/1"] {
        assert_eq!(get(&hub, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn special_numbers_are_shown_and_a_way_to_move_the_clock() {
    let hub = Hub::start().await;
    let text = get(&hub, "/00200").await.text;
    for words in [
        "試験用の番号",
        "0000 0000 0000 1100",
        "納付区分(納付区分番号)は\n7000001234",
        "支払済のため払い込めません(P-203)。",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("0000 0000 0000 3200"), "no provisional clearing at a national collector");
    assert!(get(&hub, "/99015").await.text.contains("番号を入力した払込を受け付けません(P-102)"));
    let list = get(&hub, "/").await.text;
    assert!(list.contains("<a href=\"/clock\">"), "{list}");
}

/// The page that stands in for the devices shows what they show, now and next.
#[tokio::test]
async fn the_token_devices_show_this_minutes_code_and_the_next_one() {
    let hub = Hub::start().await;
    let page = get(&hub, "/tokens").await;
    assert_eq!(page.status, StatusCode::OK);
    let field = |name: &str| {
        let mark = format!("data-field=\"{name}\">");
        page.text.split(&mark).nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    let device = &hub.mocks.config().tokens[0];
    let now = hub.mocks.config().clock.now().seconds();
    // the clock may have gone on to the next minute meanwhile
    let shown = [now - 60, now].map(|at| (device.code_at(at), device.code_at(at + 60)));
    assert!(shown.contains(&(field("code"), field("next"))), "{}", page.text);
    assert!((1..=60).contains(&field("left").parse::<i64>().unwrap()));
    assert!(page.text.contains("9000000001") && page.text.contains("鈴木&#60;一郎&#62;"), "{}", page.text);
    assert!(
        !page.text.contains("http-equiv") && get(&hub, "/tokens?watch=on").await.text.contains("http-equiv")
    );
}
