//! 窓口収納: cash for a bill, once, and its way back.

use std::time::Duration;

use console::staff::StaffRole;
use database::execute;
use database::testing::{TestDatabase, sqlite};
use domain::payment::{Cancellation, State};
use domain::{PaymentId, Yen};
use gateway::{Guard, Operator, Payment, chart};
use http::StatusCode;
use serde_json::json;

use super::support::{CHECKER, MAKER, Member, Office};
use crate::payeasy_entry::{Entry, bill, order};
use crate::support::{Browser, Page};

const OTHER_MAKER: Member = Member { login_id: "unyo-02", token_serial: "S-0002", role: StaffRole::Maker };
/// Paid from its own site only.
const LINK_ONLY: &str = "99015";
const REASON: &str = "払込人が金額の誤りを申し出";

/// A private bill of 58,000 yen with a fee of 110 yen.
const SLIP: Slip = Slip {
    collector: "99022",
    customer: "9022-0000 0000-0002 4680",
    confirmation: "７７８８９９",
    category: "",
    amount: "",
};
/// A national tax, 215,000 yen.
const TAX: Slip = Slip {
    collector: "00200",
    customer: "2013000987654321",
    confirmation: "135790",
    category: "7000004567",
    amount: "",
};

/// What the teller reads.
#[derive(Clone, Copy, Debug)]
struct Slip {
    collector: &'static str,
    customer: &'static str,
    confirmation: &'static str,
    category: &'static str,
    amount: &'static str,
}

database::on_both!(
    a_teller_collects_once_and_prints_a_receipt,
    a_slip_that_cannot_be_paid_says_what_becomes_of_the_cash,
    what_was_reviewed_is_collected_or_nothing,
    a_checker_collects_nothing_and_nobody_sees_anothers_entry,
    cash_of_an_unknown_outcome_is_kept_until_two_people_know,
    a_cancellation_gives_the_cash_back_when_it_is_confirmed,
    a_cancellation_without_an_answer_is_decided_by_two_people,
    an_approved_cancellation_is_asked_for_once_though_the_process_dies,
);

async fn begin(browser: &mut Browser, collector: &str) -> Page {
    let csrf = browser.get("/counter").await.token();
    browser.post("/counter", &[("csrf", &csrf), ("collector", collector)]).await
}

async fn type_numbers(browser: &mut Browser, page: &str, slip: Slip) -> Page {
    let csrf = browser.get(page).await.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("customer_number", slip.customer),
        ("confirmation_number", slip.confirmation),
        ("payment_category", slip.category),
        ("amount", slip.amount),
    ];
    browser.post(page, &form).await
}

/// From the collector to the list of bills; its address.
async fn bills(browser: &mut Browser, slip: Slip) -> String {
    let begun = begin(browser, slip.collector).await;
    let numbers = begun.location().to_owned();
    assert!(numbers.ends_with("/numbers"), "{}", begun.body);
    let answered = type_numbers(browser, &numbers, slip).await;
    assert!(answered.location().ends_with("/bills"), "{}", answered.body);
    answered.location().to_owned()
}

async fn choose(browser: &mut Browser, bills: &str) -> Page {
    let page = browser.get(bills).await;
    let (_, bill) = page.body.split_once("name=\"bill\" id=\"bill\" value=\"").expect("a bill");
    let form = [("csrf", page.token()), ("bill", bill.split('"').next().unwrap().to_owned())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(bills, &form).await
}

/// From the collector to the last look; its address and the page.
async fn review(browser: &mut Browser, slip: Slip) -> (String, Page) {
    let bills = bills(browser, slip).await;
    let path = choose(browser, &bills).await.location().to_owned();
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (path, page)
}

/// Presses the button of a review page.
async fn press(browser: &mut Browser, path: &str, page: &Page) -> Page {
    let (csrf, order) = (page.token(), order(page));
    browser.post(path, &[("csrf", &csrf), ("order", &order), ("action", "collect")]).await
}

/// The whole job; the payment.
async fn collect(browser: &mut Browser, slip: Slip) -> PaymentId {
    let (path, page) = review(browser, slip).await;
    let done = press(browser, &path, &page).await;
    assert!(done.location().starts_with("/counter/receipts/"), "{}", done.body);
    id_of(done.location())
}

/// A payment of 58,000 yen with a fee of 110 yen.
pub async fn paid(office: &Office) -> Payment {
    let mut browser = office.signed_in(MAKER).await;
    let id = collect(&mut browser, SLIP).await;
    assert_eq!(browser.get(&format!("/payments/{id}")).await.fields("entry_kind"), ["窓口"]);
    look(office, id).await
}

fn id_of(path: &str) -> PaymentId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

async fn receipt(browser: &mut Browser, id: PaymentId) -> Page {
    browser.get(&format!("/counter/receipts/{id}")).await
}

/// The counter's cash, credits less debits.
async fn cash(office: &Office) -> Yen {
    office.world.bank.ledger.internal_balance(chart::COUNTER_CASH).await.unwrap()
}

async fn look(office: &Office, id: PaymentId) -> Payment {
    office.console.gateway.payment_for_operator(id).await.unwrap().unwrap()
}

/// The code of a page that stopped, which says what becomes of the cash.
#[track_caller]
fn code(page: &Page) -> String {
    assert!(page.status.is_client_error() || page.status.is_server_error(), "{} {}", page.status, page.body);
    assert!(page.body.contains("<title>エラー: "), "{}", page.body);
    page.fields("error_code")[0].clone()
}

#[track_caller]
fn stopped(page: &Page) -> String {
    assert!(page.body.contains("この受付では収納していません。"), "{}", page.body);
    code(page)
}

async fn propose_cancellation(browser: &mut Browser, id: PaymentId) -> Page {
    let csrf = browser.get(&format!("/payments/{id}")).await.token();
    browser.post(&format!("/payments/{id}/cancel"), &[("csrf", &csrf), ("reason", REASON)]).await
}

async fn decide(browser: &mut Browser, id: PaymentId, word: &str) -> Page {
    let page = browser.get(&format!("/payments/{id}")).await;
    let (csrf, deliveries) = (page.token(), page.value("deliveries"));
    let reason = "収納機関に電話で確認";
    let form = [("csrf", csrf.as_str()), ("word", word), ("reason", reason), ("deliveries", &deliveries)];
    browser.post(&format!("/payments/{id}/propose"), &form).await
}

/// Approves, and answers the request's page afterwards.
async fn approve(browser: &mut Browser, request: &str) -> Page {
    let csrf = browser.get(request).await.token();
    let done = browser.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(done.location(), request, "{}", done.body);
    browser.get(request).await
}

/// As if so much time had passed since the last delivery.
async fn let_time_pass(office: &Office) {
    execute!(office.console.database, "UPDATE outbox SET claimed_us = 0, lease_until_us = 0").unwrap();
}

/// Nobody who paid cash has an account here.
#[track_caller]
fn assert_cash(page: &Page) {
    let (_, main) = page.body.split_once("<main").unwrap();
    assert!(!main.contains("お客さまの口座") && !main.contains("引き落と"), "{main}");
}

async fn a_teller_collects_once_and_prints_a_receipt(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let mut teller = office.signed_in(MAKER).await;
    assert!(teller.get("/counter").await.body.contains("本日の窓口収納はまだありません。"));
    let bills = bills(&mut teller, SLIP).await;
    let page = teller.get(&bills).await;
    assert_eq!(page.fields("amount"), ["58,000"]);
    assert!(page.body.contains("手数料 110 円"), "{}", page.body);
    let without = teller.post(&bills, &[("csrf", &page.token())]).await;
    assert!(without.body.contains("払い込む請求を選んでください。"));
    let path = choose(&mut teller, &bills).await.location().to_owned();
    let page = teller.get(&path).await;
    let shown = ["cash", "amount", "fee", "total"].map(|field| page.fields(field).remove(0));
    assert_eq!(shown, ["58,110", "58,000", "110", "58,110"]);
    assert_cash(&page);
    let again = teller.get(&path).await;
    assert_eq!(order(&again), order(&page), "the same payment, however often it is shown");
    assert_eq!(cash(&office).await, Yen::ZERO, "nothing is collected before the button");

    let done = press(&mut teller, &path, &page).await;
    let id = id_of(done.location());
    assert_eq!(id.to_string(), order(&page));
    let second = press(&mut teller, &path, &page).await;
    assert_eq!(second.location(), done.location(), "a second click");
    assert_eq!(teller.get(&path).await.location(), done.location(), "and the way back");
    assert_eq!(cash(&office).await, Yen::new(-58_110), "amount and fee, once");
    assert_eq!(network.clearings("99022").await.len(), 1);

    let receipt = receipt(&mut teller, id).await;
    let payment = look(&office, id).await;
    assert!(receipt.body.contains("<title>払込金受領証 | "), "{}", receipt.body);
    assert!(receipt.body.contains("data-field=\"state\" data-state=\"accepted\""));
    let facts = ["receipt_number", "amount", "fee", "cash"].map(|field| receipt.fields(field).remove(0));
    assert_eq!(facts, [payment.facts.receipt_number.as_str(), "58,000", "110", "58,110"]);
    for words in ["9022 0000 0000 0002 4680", "見本銀行 ・ 決済業務課 unyo-01(unyo-01)", "印刷する", "10:01"]
    {
        assert!(receipt.body.contains(words), "{words} in {}", receipt.body);
    }
    assert_cash(&receipt);
    let detail = teller.get(&format!("/payments/{id}")).await;
    for words in
        ["窓口現金", "窓口で現金を受け取り、金額を確保", "窓口の現金を収納に充て", "取消しを起票する"]
    {
        assert!(detail.body.contains(words), "{words} in {}", detail.body);
    }
    assert_cash(&detail);
    let list = teller.get("/counter").await.body;
    assert!(list.contains(&payment.facts.receipt_number) && list.contains("58,110"), "{list}");

    let actor = format!("staff:{}", office.maker);
    let acts: Vec<_> = office.audit().await.into_iter().map(|(by, action, _)| (by, action)).collect();
    for action in ["counter.inquire", "payeasy.pay", "console.payment_view", "console.counter_view"] {
        assert!(acts.contains(&(actor.clone(), action.to_owned())), "{action} in {acts:?}");
    }
}

async fn a_slip_that_cannot_be_paid_says_what_becomes_of_the_cash(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let mut teller = office.signed_in(MAKER).await;
    for (collector, expected) in
        [("", "S-410"), ("99022x", "S-410"), ("99999", "S-411"), (LINK_ONLY, "S-412")]
    {
        let page = begin(&mut teller, collector).await;
        assert_eq!(stopped(&page), expected);
        assert!(page.body.contains("href=\"#collector\""), "{}", page.body);
    }
    let near = begin(&mut teller, "00201").await;
    assert!(near.body.contains("番号の近い収納機関: 00200 国税庁"), "{}", near.body);
    let numbers = begin(&mut teller, SLIP.collector).await.location().to_owned();
    let page = type_numbers(&mut teller, &numbers, Slip { customer: "12", confirmation: "", ..SLIP }).await;
    assert_eq!(stopped(&page), "S-410");
    assert!(page.body.contains("確認番号を入力してください。"), "{}", page.body);
    let wrong = type_numbers(&mut teller, &numbers, Slip { confirmation: "000000", ..SLIP }).await;
    assert_eq!(stopped(&wrong), "S-416");
    assert!(wrong.body.contains("9022-0000 0000-0002 4680") && !wrong.body.contains("value=\"000000\""));
    for (fault, expected) in [
        (json!({"mode": "closed", "on": "inquiry", "times": 1}), "S-415"),
        (json!({"mode": "lose", "on": "inquiry", "times": 1}), "S-423"),
    ] {
        network.fault(SLIP.collector, fault).await;
        let page = type_numbers(&mut teller, &numbers, SLIP).await;
        assert_eq!(stopped(&page), expected);
        assert_cash(&page);
    }
    collect(&mut teller, SLIP).await;
    assert_eq!(stopped(&type_numbers(&mut teller, &numbers, SLIP).await), "S-419", "paid by now");
    assert_eq!(cash(&office).await, Yen::new(-58_110));
}

async fn what_was_reviewed_is_collected_or_nothing(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let mut teller = office.signed_in(MAKER).await;
    // the amount, or the bill, is no longer what the inquiry found
    for change in ["UPDATE payeasy_draft SET amount = 57000", "UPDATE payeasy_draft SET bill = 'gone'"] {
        let (path, page) = review(&mut teller, SLIP).await;
        execute!(office.console.database, change).unwrap();
        assert_eq!(stopped(&press(&mut teller, &path, &page).await), "S-426", "{change}");
    }
    // a page shown before the choice was made anew
    let (path, page) = review(&mut teller, SLIP).await;
    execute!(office.console.database, "UPDATE payeasy_draft SET payment = $1", PaymentId::generate().uuid())
        .unwrap();
    let outdated = press(&mut teller, &path, &page).await;
    assert_eq!((stopped(&outdated).as_str(), outdated.status), ("S-428", StatusCode::UNPROCESSABLE_ENTITY));
    // what it shows now may be collected
    let (first, second) = (outdated, review(&mut teller, SLIP).await);
    let done = press(&mut teller, &path, &first).await;
    assert!(done.location().starts_with("/counter/receipts/"), "{}", done.body);
    let busy = press(&mut teller, &second.0, &second.1).await;
    assert_eq!(busy.location(), format!("{}?before=true", done.location()), "another entry of the same bill");
    let before = teller.get(busy.location()).await.body;
    assert!(
        before.contains("今回の操作では収納していません。") && before.contains("払込金受領証"),
        "{before}"
    );
    assert_eq!(cash(&office).await, Yen::new(-58_110), "collected once");

    // too old: the inquiry, then the entry
    let (path, page) = review(&mut teller, TAX).await;
    office.world.clock.advance_seconds(14 * 60);
    assert_eq!(teller.get(&path).await.status, StatusCode::OK);
    office.world.clock.advance_seconds(60);
    let late = press(&mut teller, &path, &page).await;
    assert_eq!((stopped(&late).as_str(), late.status), ("S-425", StatusCode::GONE));
    office.world.clock.advance_seconds(14 * 60);
    assert_eq!(teller.get("/counter").await.status, StatusCode::OK);
    office.world.clock.advance_seconds(60);
    assert_eq!(stopped(&teller.get(&path.replace("review", "numbers")).await), "S-425");
    assert_eq!(cash(&office).await, Yen::new(-58_110));
}

async fn a_checker_collects_nothing_and_nobody_sees_anothers_entry(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    super::support::add(&office.console, OTHER_MAKER, 3).await;
    let mut teller = office.signed_in(MAKER).await;
    let (mut checker, mut other) = (office.signed_in(CHECKER).await, office.signed_in(OTHER_MAKER).await);
    let (path, page) = review(&mut teller, SLIP).await;
    let reviewed = order(&page);

    let start = checker.get("/counter").await;
    assert!(
        start.body.contains("窓口収納は起票者の職員が行います。")
            && !start.body.contains("name=\"collector\"")
    );
    let csrf = start.token();
    let forced = checker.post("/counter", &[("csrf", &csrf), ("collector", "99022")]).await;
    assert_eq!((forced.status, code(&forced).as_str()), (StatusCode::FORBIDDEN, "S-101"));
    for step in ["numbers", "bills", "review"] {
        let path = path.replace("review", step);
        assert_eq!(code(&checker.get(&path).await), "S-101", "{step}");
        let form = [("csrf", csrf.as_str()), ("order", reviewed.as_str()), ("bill", "x")];
        assert_eq!(code(&checker.post(&path, &form).await), "S-101", "{step}");
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND, "{step} of another teller");
    }
    let csrf = other.get("/counter").await.token();
    let form = [("csrf", csrf.as_str()), ("order", reviewed.as_str())];
    assert_eq!(other.post(&path, &form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(cash(&office).await, Yen::ZERO);
    assert!(network.clearings("99022").await.is_empty());

    // an inquiry of a customer is none of the counter's, nor is its payment
    let mut payer = office.world.signed_in().await;
    let entry = Entry::answered(&office.world, &mut payer, "00200", &[bill("B1", 123_000)]).await;
    entry.pay(&mut payer, "B1", 1_001).await;
    execute!(
        office.console.database,
        "UPDATE payeasy_draft SET inquiry = (SELECT id FROM inquiry WHERE collector = '00200')
         WHERE collector = '99022'"
    )
    .unwrap();
    for step in ["bills", "review"] {
        let page = teller.get(&path.replace("review", step)).await;
        assert_eq!(stopped(&page), "S-425", "{step}");
        assert!(!page.body.contains("株式会社見本商事"), "{}", page.body);
    }
    let page = teller.get(&path.replace("review", "numbers")).await;
    assert!(!page.body.contains("2013"), "{}", page.body);
    let theirs: uuid::Uuid = database::read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT id FROM payment").fetch_one(c).await.unwrap()
    });
    assert_eq!(teller.get(&format!("/counter/receipts/{theirs}")).await.status, StatusCode::NOT_FOUND);
    assert!(!teller.get("/counter").await.body.contains("123,000"));
}

async fn cash_of_an_unknown_outcome_is_kept_until_two_people_know(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    network.fault(SLIP.collector, json!({"mode": "lose", "on": "clearing"})).await;
    let id = collect(&mut maker, SLIP).await;
    assert_eq!(look(&office, id).await.state, State::Unknown);
    let paper = receipt(&mut maker, id).await;
    assert_eq!(paper.fields("error_code"), ["S-431"]);
    for words in [
        "<title>払込金預り証 | ",
        "現金は預かったままにし、払込人に返さないでください。",
        "重ねて払い込まないでください。",
    ] {
        assert!(paper.body.contains(words), "{words} in {}", paper.body);
    }
    assert_cash(&paper);
    let list = maker.get("/unknown").await.body;
    assert!(list.contains(&format!("/payments/{id}")) && list.contains("窓口 ・ "), "{list}");
    let detail = maker.get(&format!("/payments/{id}")).await;
    assert!(detail.body.contains("収納せず、預かっている現金を払込人に返します。"), "{}", detail.body);
    assert_cash(&detail);

    let_time_pass(&office).await;
    let request = decide(&mut maker, id, "not_cleared").await.location().to_owned();
    let detail = maker.get(&format!("/payments/{id}")).await.body;
    assert!(
        detail.contains("承認待ちの起票</a>があります。") && !detail.contains("起票する</button>"),
        "{detail}"
    );
    let page = checker.get(&request).await;
    assert!(page.body.contains("預かっている現金を払込人に返す扱いにします。"), "{}", page.body);
    assert_cash(&page);
    let done = approve(&mut checker, &request).await;
    let outcome = &done.fields("outcome")[0];
    assert!(outcome.ends_with(
        "払込は「受付不可」になりました。収納していません。預かった現金は払込人に返してください。"
    ));
    assert_eq!((look(&office, id).await.state, cash(&office).await), (State::Rejected, Yen::ZERO));
    let paper = receipt(&mut maker, id).await;
    assert!(paper.body.contains("<title>払込不成立のお知らせ | ") && paper.body.contains("お返しする現金"));
    assert_cash(&maker.get(&format!("/payments/{id}")).await);
}

async fn a_cancellation_gives_the_cash_back_when_it_is_confirmed(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let id = collect(&mut maker, SLIP).await;
    let page = format!("/payments/{id}");
    assert!(!checker.get(&page).await.body.contains("取消しを起票する</button>"));
    let csrf = checker.get(&page).await.token();
    let forced = checker.post(&format!("{page}/cancel"), &[("csrf", &csrf), ("reason", REASON)]).await;
    assert_eq!(code(&forced), "S-101", "a checker proposes nothing");
    let request = propose_cancellation(&mut maker, id).await.location().to_owned();
    let waiting = maker.get(&page).await.body;
    assert!(waiting.contains("承認されて取消しが成立するまで、現金を返さないでください。"), "{waiting}");
    let csrf = maker.get(&request).await.token();
    assert_eq!(code(&maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await), "S-201");
    assert_eq!(cash(&office).await, Yen::new(-58_110), "nothing goes back before it is approved");

    // the collector refuses: the payment stays
    network
        .fault(SLIP.collector, json!({"mode": "refuse", "code": "B202", "on": "cancellation", "times": 1}))
        .await;
    let refused = approve(&mut checker, &request).await;
    assert!(refused.body.contains("実行できません"), "{}", refused.body);
    assert!(refused.fields("outcome")[0].ends_with("払込は収納済みのままです。現金は返さないでください。"));
    let payment = look(&office, id).await;
    assert_eq!((payment.state, payment.cancellation), (State::Accepted, Some(Cancellation::Refused)));
    assert_eq!(cash(&office).await, Yen::new(-58_110));
    let paper = receipt(&mut maker, id).await;
    assert_eq!(paper.fields("cancellation"), ["取消し不成立"]);
    assert!(paper.body.contains("<title>払込金受領証 | "), "{}", paper.body);

    // asked once more, it confirms
    office.world.clock.advance_seconds(1);
    let request = propose_cancellation(&mut maker, id).await.location().to_owned();
    let done = approve(&mut checker, &request).await;
    assert!(done.fields("outcome")[0].ends_with("取消しが成立しました。現金を払込人に返してください。"));
    assert_eq!((look(&office, id).await.state, cash(&office).await), (State::Cancelled, Yen::ZERO));
    let paper = receipt(&mut maker, id).await;
    assert!(paper.body.contains("<title>払込取消しのお知らせ | ") && paper.body.contains("お返しする現金"));
    assert_cash(&maker.get(&page).await);
    assert_eq!(code(&propose_cancellation_of(&mut maker, id).await), "S-402", "once");
    let again = collect(&mut maker, SLIP).await;
    assert_ne!(again, id, "the bill is free again");
    assert_eq!(cash(&office).await, Yen::new(-58_110));
}

/// The form that a page no longer has.
async fn propose_cancellation_of(browser: &mut Browser, id: PaymentId) -> Page {
    let csrf = browser.get("/counter").await.token();
    browser.post(&format!("/payments/{id}/cancel"), &[("csrf", &csrf), ("reason", REASON)]).await
}

async fn a_cancellation_without_an_answer_is_decided_by_two_people(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let id = collect(&mut maker, SLIP).await;
    network.fault(SLIP.collector, json!({"mode": "drop", "on": "cancellation"})).await;
    let request = propose_cancellation(&mut maker, id).await.location().to_owned();
    let asked = approve(&mut checker, &request).await;
    assert!(asked.fields("outcome")[0].contains("成立するまで現金を返さないでください。"), "{}", asked.body);
    let paper = receipt(&mut maker, id).await;
    assert_eq!(paper.fields("cancellation"), ["取消しの結果不明"]);
    assert!(paper.body.contains("成立と分かるまで、現金を払込人に返さないでください。"), "{}", paper.body);
    let list = maker.get("/unknown").await.body;
    assert!(list.contains("結果不明の取消し") && list.contains(&format!("/payments/{id}")), "{list}");
    assert_eq!(cash(&office).await, Yen::new(-58_110));
    let request = decide(&mut maker, id, "cancelled").await.location().to_owned();
    approve(&mut checker, &request).await;
    let payment = look(&office, id).await;
    assert_eq!((payment.state, payment.cancellation), (State::Cancelled, Some(Cancellation::Confirmed)));
    assert_eq!(cash(&office).await, Yen::ZERO);
}

async fn an_approved_cancellation_is_asked_for_once_though_the_process_dies(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let mut maker = office.signed_in(MAKER).await;
    let id = collect(&mut maker, SLIP).await;
    let request = propose_cancellation(&mut maker, id).await.location().to_owned();
    office.approved(&request).await;
    // the collector refused it, and the process died before it recorded what came of it
    network.fault(SLIP.collector, json!({"mode": "refuse", "code": "B202", "on": "cancellation"})).await;
    let once = Guard::request_act(request.rsplit('/').next().unwrap().parse().unwrap());
    let by = Operator::staff(office.checker);
    office.console.gateway.cancel_once(id, &by, Some(&once)).await.unwrap();
    assert_eq!(look(&office, id).await.cancellation, Some(Cancellation::Refused));
    network.fault(SLIP.collector, json!({})).await;
    assert_eq!(office.console.requests.take_over(Duration::ZERO).await.unwrap(), 1);
    let page = maker.get(&request).await;
    assert!(page.body.contains("実行できません"), "{}", page.body);
    assert!(page.fields("outcome")[0].ends_with("払込は収納済みのままです。現金は返さないでください。"));
    assert_eq!(look(&office, id).await.state, State::Accepted, "the collector was not asked again");
    let late = office.console.gateway.cancel_once(id, &by, Some(&once)).await;
    assert!(late.is_err() && look(&office, id).await.cancellation == Some(Cancellation::Refused));
}

#[tokio::test]
async fn the_next_day_nothing_is_cancelled() {
    let (office, network) = Office::connected(sqlite().await).await;
    let mut maker = office.signed_in(MAKER).await;
    let id = collect(&mut maker, SLIP).await;
    office.world.clock.advance_seconds(24 * 3_600);
    let mut maker = office.signed_in(MAKER).await;
    let page = maker.get(&format!("/payments/{id}")).await;
    assert!(!page.body.contains("取消しを起票する"), "{}", page.body);
    assert!(!receipt(&mut maker, id).await.body.contains("経過と取消し"));
    assert_eq!(code(&propose_cancellation_of(&mut maker, id).await), "S-404");
    assert_eq!(look(&office, id).await.cancellation, None);
    assert!(maker.get("/counter").await.body.contains("本日の窓口収納はまだありません。"));
    assert_eq!(network.clearings("99022").await.len(), 1);
}

#[tokio::test]
async fn two_clicks_at_once_are_one_payment() {
    let (office, network) = Office::connected(sqlite().await).await;
    let mut teller = office.signed_in(MAKER).await;
    network.fault(SLIP.collector, json!({"mode": "none", "delay_ms": 300, "on": "clearing"})).await;
    let (path, page) = review(&mut teller, SLIP).await;
    let mut tab = office.browser();
    tab.cookies.clone_from(&teller.cookies);
    let (first, second) = tokio::join!(press(&mut teller, &path, &page), press(&mut tab, &path, &page));
    assert_eq!(first.location(), second.location());
    let paper = receipt(&mut tab, id_of(second.location())).await;
    assert!(paper.body.contains("data-state=\"accepted\""), "{}", paper.body);
    assert_eq!(cash(&office).await, Yen::new(-58_110));
    assert_eq!(network.clearings("99022").await.len(), 1);
}
