//! 照合: what was compared, every class of break with its own instruction, and a break resolved by two.

use std::time::Duration;

use database::testing::{TestDatabase, sqlite};
use domain::Yen;
use domain::payment::State;
use gateway::reconciliation::{Break, BreakClass, Ending};
use gateway::{BreakQuery, CloseOptions, FourEyes, Guard, Operator, Payment};
use http::StatusCode;
use serde_json::json;

use super::days::{PENSION, SHOP, SMALL, TAX, WITH_FEE, code, invent, pay, press, today, unknown};
use super::support::{CHECKER, MAKER, Office};
use crate::network::Network;
use crate::support::{Browser, Page};

database::on_both!(
    every_class_of_break_is_shown_with_its_own_instruction,
    a_break_is_resolved_by_two_and_gone_from_the_open_list,
    a_list_of_breaks_is_cut_into_pages_at_the_boundary,
    what_the_collector_lacks_is_paid_back_by_two_and_the_customer_sees_it,
    a_counter_payment_that_is_paid_back_is_handed_over_in_cash,
    what_the_collector_records_after_all_stays,
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
    propose_ending(browser, page, "noted", note).await
}

pub async fn propose_ending(browser: &mut Browser, page: &str, ending: &str, note: &str) -> Page {
    let csrf = browser.get(page).await.token();
    let form = [("csrf", csrf.as_str()), ("ending", ending), ("reason", note)];
    browser.post(&format!("{page}/propose"), &form).await
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
    let form = [("csrf", csrf.as_str()), ("ending", "noted"), ("reason", NOTE)];
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

/// The page of the only open break, of a payment that the collector has lost, on a day that is closed or not.
pub async fn lost(office: &Office, network: &Network, payment: &Payment, closed: bool) -> String {
    network.control("DELETE", &path_of(payment), String::new()).await;
    // nothing of it is under way any more
    office.world.clock.advance_seconds(395);
    if closed {
        let (hub, shop) = (&office.console.gateway, "99022".parse().unwrap());
        let by = Operator::staff("7");
        hub.close_service(&shop, today(), CloseOptions::default(), &by).await.unwrap();
    }
    compared(&mut office.signed_in(MAKER).await, "99022").await;
    format!("{BREAKS}/{}", found(office).await[0].id)
}

async fn what_the_collector_lacks_is_paid_back_by_two_and_the_customer_sees_it(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let paid = pay(&office, WITH_FEE).await;
    let account = office.world.accounts[0];
    let balance = async || office.world.bank.ledger.balances(&[account]).await.unwrap()[0].balance;
    let debited = balance().await;
    let path = lost(&office, &network, &paid, false).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let early = maker.get(&path).await.body;
    assert!(early.contains("返金はできません。処理日を閉局する前は"), "{early}");
    assert!(!early.contains("value=\"refunded\"") && !early.contains("value=\"noted\""), "{early}");
    assert_eq!(code(&propose_ending(&mut maker, &path, "refunded", NOTE).await), "S-606");
    let (hub, by) = (&office.console.gateway, Operator::staff("7"));
    let shop = "99022".parse().unwrap();
    let options = CloseOptions { open_breaks: 1, ..CloseOptions::default() };
    hub.close_service(&shop, today(), options, &by).await.unwrap();

    let page = maker.get(&path).await;
    assert_eq!(
        page.fields("refund"),
        [
            "返金額 58,110円(金額 58,000円、手数料 110円)、返金先 株式会社見本商事 ・ 経理 佐藤花子 本店営業部 普通 1234567"
        ]
    );
    assert!(page.body.contains("この払込は資金決済に入りません") && page.body.contains("収納機関が記録した"));
    assert_eq!(code(&propose(&mut maker, &path, NOTE).await), "S-603", "no note lets it be settled");
    let none = maker.post(&format!("{path}/propose"), &[("csrf", &page.token()), ("reason", NOTE)]).await;
    assert!(none.body.contains("どう終わらせるかを選んでください。"), "{}", none.body);
    let request = propose_ending(&mut maker, &path, "refunded", NOTE).await.location().to_owned();
    assert_eq!(code(&press(&mut maker, &request, "approve").await), "S-201");
    let seen = checker.get(&request).await.body;
    for words in [
        "収納機関に記録のない払込の返金",
        "58,110円(金額 58,000円、手数料 110円)",
        "株式会社見本商事 ・ 経理 佐藤花子 本店営業部 普通 1234567",
        "収納機関には支払われません。取り消せません。",
        NOTE,
    ] {
        assert!(seen.contains(words), "{words} in {seen}");
    }
    assert_eq!(balance().await, debited, "nobody but the maker has agreed");
    assert_eq!(press(&mut checker, &request, "approve").await.location(), request);
    let done = checker.get(&request).await.body;
    assert!(done.contains("58,110円(金額 58,000円、手数料 110円)を返金しました。"), "{done}");
    assert_eq!(balance().await, debited.checked_add(Yen::new(58_110)).unwrap());
    assert!(maker.get(&path).await.body.contains("返金して解消"));
    let detail = maker.get(&format!("/payments/{}", paid.facts.id)).await.body;
    for words in ["返金済み", "収納機関に記録がないため、お客さまの口座へ返金", "unyo-01", "unyo-11"]
    {
        assert!(detail.contains(words), "{words} in {detail}");
    }
    let trail = checker.get("/audit?action=payeasy.refund").await.body;
    assert!(trail.contains("金額 58000 円と手数料 110 円を返金、承認"), "{trail}");

    let mut customer = office.world.signed_in().await;
    let home = customer.get("/home").await;
    assert_eq!(home.fields("refund"), ["返金しました"], "told where everybody begins: {}", home.body);
    assert!(home.body.contains("<span class=\"num\">58,110 円</span>"), "with the fee: {}", home.body);
    let only = customer.get("/payeasy/history?state=refunded").await.body;
    assert!(only.contains("に口座へ返金"), "{only}");
    let history = customer.get("/payeasy/history").await.body;
    assert!(history.contains("返金済み") && history.contains("に口座へ返金"), "{history}");
    let shown = customer.get(&format!("/payeasy/payments/{}", paid.facts.id)).await;
    assert!(shown.fields("returned_at")[0].starts_with("2026年11月24日(火) 10:"), "{}", shown.body);
    for words in ["収納機関に払込の記録がないことを確かめたため", "この払込は済んでいません。", "P-604"]
    {
        assert!(shown.body.contains(words), "{words} in {}", shown.body);
    }
    // the next day the bill is paid under the same numbers: nobody is sent to pay it a third time
    office.world.clock.advance_seconds(24 * 3_600);
    pay(&office, WITH_FEE).await;
    let mut customer = office.world.signed_in().await;
    let home = customer.get("/home").await;
    assert!(home.fields("refund").is_empty(), "{}", home.body);
}

async fn a_counter_payment_that_is_paid_back_is_handed_over_in_cash(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let paid = super::counter::paid(&office).await;
    let path = lost(&office, &network, &paid, true).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    assert!(maker.get(&path).await.body.contains("返金先 窓口現金(承認の後に、現金を払込人に返す)"));
    let request = propose_ending(&mut maker, &path, "refunded", NOTE).await.location().to_owned();
    // the process dies between the hub's commit and the record of its result
    office.approved(&request).await;
    let eyes = FourEyes {
        maker: Operator::staff(office.maker),
        checker: Operator::staff(office.checker),
        reason: NOTE.to_owned(),
    };
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let once = Guard::request_act(request.rsplit('/').next().unwrap().parse().unwrap());
    let gateway = &office.console.gateway;
    gateway.resolve_break_once(id, Ending::Refunded, &eyes, Some(&once)).await.unwrap();
    office.console.requests.take_over(Duration::ZERO).await.unwrap();
    let done = checker.get(&request).await.body;
    assert!(done.contains("手数料とともに現金を払込人に返してください。"), "{done}");
    let paper = maker.get(&format!("/counter/receipts/{}", paid.facts.id)).await;
    assert_eq!(paper.fields("cash"), ["58,110"]);
    for words in ["返金のお知らせ", "お返しする現金", "渡してある受領証を回収して"]
    {
        assert!(paper.body.contains(words), "{words} in {}", paper.body);
    }
}

async fn what_the_collector_records_after_all_stays(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let paid = pay(&office, SHOP).await;
    let path = lost(&office, &network, &paid, true).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let request = propose_ending(&mut maker, &path, "recorded", NOTE).await.location().to_owned();
    press(&mut checker, &request, "approve").await;
    let word = checker.get(&request).await.body;
    assert!(word.contains("照合し直しましたが、収納機関の記録はまだ払込に足りません。"), "{word}");
    assert_eq!(found(&office).await.len(), 1);

    let serial: u32 = paid.facts.message_key.rsplit('/').next().unwrap().parse().unwrap();
    let booked = json!({"amount": 12_800, "serial": serial}).to_string();
    network.control("POST", "/control/99022/clearings", booked).await;
    let refund = propose_ending(&mut maker, &path, "refunded", NOTE).await.location().to_owned();
    press(&mut checker, &refund, "approve").await;
    let kept = checker.get(&refund).await.body;
    assert!(
        kept.contains("収納機関の記録にこの払込がありました。不一致は終わり、返金は行っていません。"),
        "{kept}"
    );
    let payment = office.console.gateway.payment_for_operator(paid.facts.id).await.unwrap().unwrap();
    assert_eq!((payment.state, found(&office).await.len()), (State::Accepted, 0));
    assert!(maker.get(&path).await.body.contains("後の照合で消滅"));
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
