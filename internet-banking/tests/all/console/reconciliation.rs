//! 照合: what was compared, every class of break with its own instruction, and a break resolved by two.

use database::testing::{TestDatabase, sqlite};
use domain::payment::State;
use gateway::reconciliation::{Break, BreakClass};
use gateway::{BreakQuery, Payment};
use http::StatusCode;
use serde_json::json;

use super::days::{PENSION, SHOP, SMALL, TAX, WITH_FEE, code, invent, pay, press, unknown};
use super::support::{CHECKER, MAKER, Office};
use crate::network::Network;
use crate::support::{Browser, Page};

database::on_both!(
    every_class_of_break_is_shown_with_its_own_instruction,
    a_break_is_resolved_by_two_and_gone_from_the_open_list,
    a_list_of_breaks_is_cut_into_pages_at_the_boundary,
);

const NOTE: &str = "収納機関 田中様が11/24 15:00 に取消しを記録";
const BREAKS: &str = "/reconciliation/breaks";

/// The path of a payment's clearing in the mocks' controls.
fn path_of(payment: &Payment) -> String {
    let key = payment.facts.message_key.split_once('/').unwrap().1;
    format!("/control/{}/clearings/{key}", payment.facts.collector)
}

async fn compare(browser: &mut Browser, collector: &str) -> Page {
    let csrf = browser.get("/reconciliation").await.token();
    let form = [("csrf", csrf.as_str()), ("collector", collector), ("date", "2026-11-24")];
    browser.post("/reconciliation/compare", &form).await
}

async fn compared(browser: &mut Browser, collector: &str) {
    let made = compare(browser, collector).await;
    assert_eq!(
        made.location(),
        format!("/reconciliation?date=2026-11-24&compared={collector}"),
        "{}",
        made.body
    );
}

async fn found(office: &Office) -> Vec<Break> {
    let query = BreakQuery { open_only: true, limit: 100, ..BreakQuery::default() };
    office.console.gateway.breaks(&query).await.unwrap()
}

async fn propose(browser: &mut Browser, page: &str, note: &str) -> Page {
    let csrf = browser.get(page).await.token();
    browser.post(&format!("{page}/propose"), &[("csrf", &csrf), ("reason", note)]).await
}

/// One break of every class at three collectors.
async fn spoil(office: &Office, network: &Network) {
    invent(network, "99022", 777).await;
    let lost = pay(office, SHOP).await;
    network.control("DELETE", &path_of(&lost), String::new()).await;
    let other = pay(office, WITH_FEE).await;
    network.control("PATCH", &path_of(&other), json!({"amount": 58_001}).to_string()).await;
    unknown(office, network, SMALL).await;
    let twice = pay(office, PENSION).await;
    network.control("PATCH", &path_of(&twice), json!({"times": 2}).to_string()).await;
    // a refusal here that the collector cleared all the same
    network.fault("00200", json!({"mode": "refuse", "times": 1})).await;
    let rejected = pay(office, TAX).await;
    assert_eq!(rejected.state, State::Rejected);
    network.control("DELETE", &path_of(&rejected), String::new()).await;
    let serial: u32 = rejected.facts.message_key.rsplit('/').next().unwrap().parse().unwrap();
    let cleared = json!({"amount": 215_000, "serial": serial}).to_string();
    network.control("POST", "/control/00200/clearings", cleared).await;
}

async fn every_class_of_break_is_shown_with_its_own_instruction(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    spoil(&office, &network).await;
    let mut checker = office.signed_in(CHECKER).await;
    assert!(checker.get("/reconciliation").await.body.contains("未照合"));
    for collector in ["99022", "00500", "00200"] {
        compared(&mut checker, collector).await;
    }
    let page = checker.get("/reconciliation?date=2026-11-24&compared=99022").await.body;
    for words in [
        "照合し直しました。",
        "不一致",
        "当行になし 1件",
        "収納機関になし 1件",
        "金額相違 1件",
        "結果待ち 1件",
        "二重 1件",
        "食い違い 1件",
        "2件 70,800円",
        "3件 63,758円",
        "決済業務課 unyo-11(unyo-11)",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let found = found(&office).await;
    assert_eq!(found.len(), 6);
    let list = checker.get(BREAKS).await.body;
    for (class, word, difference, instruction) in [
        (
            BreakClass::MissingHere,
            "当行になし",
            "777",
            "当行が払込人から受け取っていない消込なので取り消すよう依頼する。",
        ),
        (BreakClass::MissingThere, "収納機関になし", "−12,800", "消込を記録するよう依頼する。"),
        (BreakClass::AmountDiffers, "金額相違", "1", "記録の金額を訂正するよう依頼する。"),
        (BreakClass::Duplicate, "二重", "486,312", "二重の一件を取り消すよう依頼する。"),
        (
            BreakClass::Conflicting,
            "食い違い",
            "215,000",
            "当行が払込人から受け取っていない消込なので取り消すよう依頼する。",
        ),
        (BreakClass::CarriedForward, "結果待ち", "4,980", "その回答(消込あり・消込なし)を起票する。"),
    ] {
        let one = found.iter().find(|one| one.class == class).unwrap();
        let path = format!("{BREAKS}/{}", one.id);
        assert!(list.contains(&format!("href=\"{path}\"")), "{class:?}");
        let page = checker.get(&path).await;
        assert_eq!(page.fields("difference"), [difference], "{class:?}");
        assert!(page.body.contains(word) && page.body.contains(instruction), "{class:?} {}", page.body);
        let payment = one.facts.hub.as_ref().map(|hub| format!("href=\"/payments/{}\"", hub.payment));
        assert!(payment.is_none_or(|link| page.body.contains(&link)), "{class:?}");
        let filtered = checker.get(&format!("{BREAKS}?class={}", class.as_str())).await.body;
        assert_eq!(filtered.matches("<td data-h=\"種類\"").count(), 1, "{class:?}");
    }
    let of_collector = checker.get(&format!("{BREAKS}?collector=99022")).await.body;
    assert_eq!(of_collector.matches("<td data-h=\"種類\"").count(), 4);
    let other_day = checker.get(&format!("{BREAKS}?date=2026-11-23")).await.body;
    assert!(other_day.contains("該当する不一致はありません。"));
    assert_eq!(checker.get(&format!("{BREAKS}?date=x")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = office.audit().await.into_iter().filter(|(actor, action, _)| {
        *actor == format!("staff:{}", office.checker) && action == "service.reconcile"
    });
    assert_eq!(asked.count(), 3);
    network.fault("99022", json!({"mode": "lose", "on": "lines", "times": 1})).await;
    assert_eq!(code(&compare(&mut checker, "99022").await), "S-506");
}

async fn a_break_is_resolved_by_two_and_gone_from_the_open_list(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    spoil(&office, &network).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    compared(&mut maker, "99022").await;
    let all = found(&office).await;
    let of =
        |class| all.iter().find(|one| one.class == class).map(|one| format!("{BREAKS}/{}", one.id)).unwrap();
    let path = of(BreakClass::MissingHere);
    assert!(!checker.get(&path).await.body.contains("解消を起票する</button>"));
    let empty = propose(&mut maker, &path, " ").await;
    assert!(empty.body.contains("理由を入力してください。"), "{}", empty.body);
    let request = propose(&mut maker, &path, NOTE).await.location().to_owned();
    assert!(request.starts_with("/requests/"));
    assert_eq!(code(&propose(&mut maker, &path, NOTE).await), "S-204");
    let own = press(&mut maker, &request, "approve").await;
    assert_eq!((own.status, code(&own).as_str()), (StatusCode::FORBIDDEN, "S-201"));
    assert_eq!(found(&office).await.len(), all.len(), "nobody but the maker has agreed");
    let seen = checker.get(&request).await.body;
    for words in ["照合の不一致の解消", "対象の不一致", "当行になし", "777円", NOTE, "お金は動きません。"]
    {
        assert!(seen.contains(words), "{words} in {seen}");
    }
    assert_eq!(press(&mut checker, &request, "approve").await.location(), request);
    assert!(checker.get(&request).await.body.contains("不一致を解消済みにしました。"));

    let open = maker.get(BREAKS).await.body;
    assert!(!open.contains(&path) && open.contains(&of(BreakClass::AmountDiffers)));
    let ended = maker.get(&format!("{BREAKS}?state=all")).await.body;
    assert!(ended.contains(&path) && ended.contains("解消済み"));
    let page = maker.get(&path).await.body;
    for words in [NOTE, "起票 決済業務課 unyo-01(unyo-01)、承認 決済業務課 unyo-11(unyo-11)"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!page.contains("解消を起票する</button>"));
    let id = path.rsplit('/').next().unwrap().to_owned();
    let resolved = (format!("staff:{}", office.maker), "reconciliation.resolve".to_owned(), id);
    assert!(office.audit().await.contains(&resolved));
    let trail = checker.get("/audit?action=reconciliation.resolve").await.body;
    assert!(trail.contains(&format!("checked by staff:{}: {NOTE}", office.checker)), "{trail}");

    let csrf = maker.get(&of(BreakClass::AmountDiffers)).await.token();
    let form = [("csrf", csrf.as_str()), ("reason", NOTE)];
    let again = maker.post(&format!("{path}/propose"), &form).await;
    assert_eq!((again.status, code(&again).as_str()), (StatusCode::CONFLICT, "S-601"));
    let waits = maker.post(&format!("{}/propose", of(BreakClass::CarriedForward)), &form).await;
    assert_eq!((waits.status, code(&waits).as_str()), (StatusCode::CONFLICT, "S-602"));
    // one that a comparison ends before the approval is not resolved a second time
    let gone = of(BreakClass::AmountDiffers);
    let request = propose(&mut maker, &gone, NOTE).await.location().to_owned();
    let serial = all.iter().find(|one| one.class == BreakClass::AmountDiffers).unwrap().subject.clone();
    let corrected = format!("/control/99022/clearings/2026-11-24/{serial}");
    network.control("PATCH", &corrected, json!({"amount": 58_000}).to_string()).await;
    compared(&mut checker, "99022").await;
    assert_eq!(code(&press(&mut checker, &request, "approve").await), "S-601");
    assert!(maker.get(&gone).await.body.contains("後の照合で消滅"));
}

async fn a_list_of_breaks_is_cut_into_pages_at_the_boundary(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let mut checker = office.signed_in(CHECKER).await;
    for _ in 0..50 {
        invent(&network, "99022", 1).await;
    }
    compared(&mut checker, "99022").await;
    let rows = |page: &str| page.matches("<td data-h=\"種類\"").count();
    let page = checker.get(BREAKS).await.body;
    assert_eq!((rows(&page), page.contains("rel=\"next\"")), (50, false));
    office.world.clock.advance_seconds(1);
    invent(&network, "99022", 2).await;
    compared(&mut checker, "99022").await;
    let filter = format!("{BREAKS}?class=missing_here&collector=99022&date=2026-11-24");
    let first = checker.get(&filter).await.body;
    assert_eq!(rows(&first), 50);
    let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = next.replace("&#38;", "&").replace("&amp;", "&");
    assert!(next.contains("class=missing_here&collector=99022&date=2026-11-24"), "{next}");
    let second = checker.get(&next).await.body;
    assert_eq!((rows(&second), second.contains("rel=\"next\"")), (1, false));
}

#[tokio::test]
async fn strangers_and_nonsense_see_nothing() {
    let office = Office::new(sqlite().await).await;
    let mut stranger = office.browser();
    for path in ["/reconciliation", BREAKS] {
        assert_eq!(stranger.get(path).await.location(), "/sign-in", "{path}");
    }
    let mut maker = office.signed_in(MAKER).await;
    assert_eq!(maker.get(&format!("{BREAKS}/nonsense")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(maker.get("/reconciliation?date=nonsense").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(compare(&mut maker, "nonsense").await.status, StatusCode::NOT_FOUND);
    assert_eq!(code(&compare(&mut maker, "00999").await), "S-102");
}
