//! 開局・閉局 by hand: under four eyes, with what is open named, and the counters asked for.

use std::time::Duration;

use database::testing::{TestDatabase, sqlite};
use domain::payment::State;
use domain::{CollectorNumber, Date, PaymentId};
use gateway::service::{ServiceDay, ServiceState};
use gateway::{InquiryRequest, Operator, Payer, Payment, PaymentOrder};
use http::StatusCode;
use serde_json::json;

use super::support::{CHECKER, MAKER, Office};
use crate::network::Network;
use crate::support::{Browser, Page};

database::on_both!(
    a_day_is_opened_pre_closed_and_closed_by_two,
    a_close_is_blocked_by_an_unknown_outcome_and_carries_it_when_told_to,
    an_approved_close_that_cannot_be_done_says_why_and_what_to_do,
    an_approved_step_of_a_day_is_never_taken_on_the_next,
    a_lost_answer_is_told_as_one_that_may_have_arrived,
    open_breaks_are_confirmed_by_whoever_closes_by_hand,
    counters_are_asked_for_by_one_person_and_differences_are_marked,
);

/// What is printed on a slip.
#[derive(Clone, Copy, Debug)]
pub struct Slip {
    pub collector: &'static str,
    customer: &'static str,
    confirmation: &'static str,
    category: Option<&'static str>,
}

/// A private bill, 12,800 yen.
pub const SHOP: Slip =
    Slip { collector: "99022", customer: "90220000000000012345", confirmation: "112233", category: None };
/// A private bill of 58,000 yen with a fee of 110 yen.
pub const WITH_FEE: Slip =
    Slip { collector: "99022", customer: "90220000000000024680", confirmation: "778899", category: None };
/// A private bill, 4,980 yen.
pub const SMALL: Slip =
    Slip { collector: "99022", customer: "90220000000000067890", confirmation: "445566", category: None };
/// A national pension premium, 486,312 yen.
pub const PENSION: Slip =
    Slip { collector: "00500", customer: "9876543210987654", confirmation: "730165", category: None };
/// A national tax, 215,000 yen.
pub const TAX: Slip = Slip {
    collector: "00200",
    customer: "2013000987654321",
    confirmation: "135790",
    category: Some("7000004567"),
};

const DAY: &str = "/days/99022/2026-11-24";
const REASON: &str = "収納機関の保守のため、早く閉局するよう依頼があった";

pub fn number(slip: Slip) -> CollectorNumber {
    slip.collector.parse().unwrap()
}

pub fn today() -> Date {
    "2026-11-24".parse().unwrap()
}

/// Pays a bill from the company's account.
pub async fn pay(office: &Office, slip: Slip) -> Payment {
    let (world, hub) = (&office.world, &office.console.gateway);
    let payer = Payer { contract: world.contract, user: world.hanako };
    let request = InquiryRequest {
        collector: number(slip),
        customer_number: slip.customer.parse().unwrap(),
        confirmation_number: slip.confirmation.parse().unwrap(),
        category: slip.category.map(|category| category.parse().unwrap()),
        amount: None,
    };
    let inquiry = hub.inquire(payer, request).await.unwrap();
    let order = PaymentOrder {
        payment: PaymentId::generate(),
        payer,
        inquiry: inquiry.id,
        bill: inquiry.bills[0].id.clone(),
        amount: inquiry.bills[0].amount,
        account: world.accounts[0],
        guards: Vec::new(),
        barred_by: Vec::new(),
    };
    hub.pay(order).await.unwrap()
}

/// A payment whose answer is lost.
pub async fn unknown(office: &Office, network: &Network, slip: Slip) -> Payment {
    network.fault(slip.collector, json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let paid = pay(office, slip).await;
    assert_eq!(paid.state, State::Unknown);
    paid
}

/// Books what the hub never sent.
pub async fn invent(network: &Network, collector: &str, amount: i64) {
    let path = format!("/control/{collector}/clearings");
    network.control("POST", &path, json!({ "amount": amount }).to_string()).await;
}

pub async fn press(browser: &mut Browser, request: &str, button: &str) -> Page {
    let csrf = browser.get(request).await.token();
    browser.post(&format!("{request}/{button}"), &[("csrf", &csrf), ("note", "理由")]).await
}

#[track_caller]
pub fn code(page: &Page) -> String {
    assert!(page.body.contains("<title>エラー: "), "{} {}", page.status, page.body);
    page.fields("error_code")[0].clone()
}

/// The form of a day's page as it is shown, with what a person chooses.
pub async fn propose(browser: &mut Browser, chosen: &[(&str, &str)]) -> Page {
    let page = browser.get(DAY).await;
    let hidden = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        page.body.split(&mark).nth(1).unwrap_or("0").split('"').next().unwrap().to_owned()
    };
    let (csrf, items, amount, breaks) = (page.token(), hidden("items"), hidden("amount"), hidden("breaks"));
    let mut form = vec![("csrf", csrf.as_str()), ("items", &items), ("amount", &amount), ("breaks", &breaks)];
    form.extend(chosen);
    if !chosen.iter().any(|(name, _)| *name == "reason") {
        form.push(("reason", REASON));
    }
    browser.post(&format!("{DAY}/propose"), &form).await
}

async fn day(office: &Office) -> Option<ServiceDay> {
    office.console.gateway.service_day(&number(SHOP), today()).await.unwrap()
}

pub async fn state(office: &Office) -> ServiceState {
    day(office).await.map_or(ServiceState::Waiting, |day| day.state)
}

async fn a_day_is_opened_pre_closed_and_closed_by_two(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let list = maker.get("/days").await.body;
    for words in ["<h1>開局・閉局</h1>", "開局待ち", "未照会", "予備閉局 23:55", "閉局 24:00"]
    {
        assert!(list.contains(words), "{words} in {list}");
    }
    assert!(list.contains(&format!("href=\"{DAY}\"")));
    assert!(!checker.get(DAY).await.body.contains("起票する</button>"));
    let none = propose(&mut maker, &[]).await;
    assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.body.contains("操作を選んでください。"));
    let long = "あ".repeat(201);
    let none = propose(&mut maker, &[("act", "open"), ("reason", &long)]).await;
    assert!(none.body.contains("いま201文字入力されています。"), "{}", none.body);

    for (act, title, wanted) in [
        ("open", "開局", ServiceState::Open),
        ("pre_close", "予備閉局", ServiceState::PreClosed),
        ("close", "閉局", ServiceState::Closed),
    ] {
        let before = state(&office).await;
        if act == "pre_close" {
            assert_eq!(pay(&office, SHOP).await.state, State::Accepted);
        }
        let made = propose(&mut maker, &[("act", act)]).await;
        let request = made.location().to_owned();
        assert!(request.starts_with("/requests/"), "{}", made.body);
        assert_eq!(code(&propose(&mut maker, &[("act", act)]).await), "S-204", "one is open");
        let own = maker.get(&request).await;
        assert!(own.body.contains("起票した本人は承認できません"));
        let forced = maker.post(&format!("{request}/approve"), &[("csrf", &own.token())]).await;
        assert_eq!((forced.status, code(&forced).as_str()), (StatusCode::FORBIDDEN, "S-201"));
        assert_eq!(state(&office).await, before, "nobody but the maker has agreed");
        let seen = checker.get(&request).await.body;
        for words in [title, "対象の処理日", "2026年11月24日(火)", REASON, "取り消"] {
            assert!(seen.contains(words), "{words} in {seen}");
        }
        assert_eq!(press(&mut checker, &request, "approve").await.location(), request);
        assert_eq!(state(&office).await, wanted);
        assert!(checker.get(&request).await.body.contains("実行済み"));
        let again = propose(&mut maker, &[("act", act)]).await;
        assert_eq!((again.status, code(&again).as_str()), (StatusCode::CONFLICT, "S-501"));
    }
    let closed = day(&office).await.unwrap();
    let by = Some(format!("staff:{}", office.checker));
    assert_eq!([&closed.opened_by, &closed.pre_closed_by, &closed.closed_by], [&by; 3]);
    let page = maker.get(DAY).await.body;
    for words in ["閉局時の交換", "12,800", "一致", "決済業務課 unyo-11(unyo-11)", "実行済み"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!page.contains("起票する</button>"), "nothing is left to propose");
    let list = maker.get("/days?date=2026-11-24").await.body;
    assert!(list.contains("1件 差引 12,800円"), "{list}");
    let acts: Vec<_> = office.audit().await.into_iter().map(|(actor, action, _)| (actor, action)).collect();
    for action in ["service.open", "service.pre-close", "service.closing", "service.close", "request.approve"]
    {
        let act = (format!("staff:{}", office.checker), action.to_owned());
        assert!(acts.contains(&act), "{action} in {acts:?}");
    }
}

async fn a_close_is_blocked_by_an_unknown_outcome_and_carries_it_when_told_to(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let open = unknown(&office, &network, SHOP).await.facts;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let page = maker.get(DAY).await;
    assert_eq!(
        (page.fields("open_items"), page.fields("open_amount")),
        (vec!["1".into()], vec!["12,800".into()])
    );
    assert!(page.body.contains(&open.message_key) && page.body.contains(&format!("/payments/{}", open.id)));
    assert!(maker.get("/days").await.body.contains("1件 12,800円"));

    let unsaid = propose(&mut maker, &[("act", "close")]).await;
    assert!(unsaid.body.contains("すべての結果が決まってから起票してください。"), "{}", unsaid.body);
    assert!(!unsaid.body.contains("value=\"no\""), "there is no choice that can never be made");

    // a form that shows something else than there is
    let csrf = maker.get(DAY).await.token();
    let stale =
        [("csrf", csrf.as_str()), ("act", "close"), ("items", "2"), ("amount", "70800"), ("reason", REASON)];
    let stale = maker.post(&format!("{DAY}/propose"), &stale).await;
    assert!(stale.body.contains("件数が変わりました。いまの内容を確かめて"), "{}", stale.body);

    let carrying = [("act", "close"), ("carry", "yes")];
    let first = propose(&mut maker, &carrying).await.location().to_owned();
    let seen = checker.get(&first).await.body;
    for words in
        ["閉局(結果の分からない払込を繰越)", "1件 12,800円、未解消の不一致 0件", "結果が決まった後の資金決済"]
    {
        assert!(seen.contains(words), "{words} in {seen}");
    }
    // what nobody has seen is not carried
    unknown(&office, &network, WITH_FEE).await;
    let refused = press(&mut checker, &first, "approve").await;
    assert_eq!(code(&refused), "S-503");
    assert!(refused.body.contains("いまは結果の分からない払込・取消し 2件 70,800円"), "{}", refused.body);
    assert_ne!(state(&office).await, ServiceState::Closed);
    press(&mut maker, &first, "withdraw").await;

    let second = propose(&mut maker, &carrying).await.location().to_owned();
    assert_eq!(press(&mut checker, &second, "approve").await.location(), second);
    let closed = day(&office).await.unwrap();
    assert!(closed.state == ServiceState::Closed && closed.carried_forward);
    let page = checker.get(&second).await.body;
    assert!(page.contains("閉局しました。収納カウンタが収納機関と一致していません。"), "{page}");
    assert!(maker.get(DAY).await.body.contains("繰越あり"));
}

async fn an_approved_close_that_cannot_be_done_says_why_and_what_to_do(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let request = propose(&mut maker, &[("act", "close")]).await.location().to_owned();
    unknown(&office, &network, SHOP).await;
    let early = press(&mut checker, &request, "approve").await;
    assert_eq!(code(&early), "S-502", "said before anything is written");
    // the outcome became unknown between the approval and the close
    office.approved(&request).await;
    office.world.clock.advance_seconds(61);
    office.console.requests.take_over(Duration::ZERO).await.unwrap();
    let page = maker.get(&request).await.body;
    for words in ["実行できません", "1件残っているため、閉局できません。", "結果不明の画面から再送するか"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
    let stays = day(&office).await.unwrap();
    assert!(!stays.closing && stays.state == ServiceState::Waiting, "{stays:?}");
    let page = maker.get(DAY).await.body;
    assert!(page.contains("閉局ができませんでした。結果の分からない払込・取消しが1件あります。"), "{page}");
}

async fn an_approved_step_of_a_day_is_never_taken_on_the_next(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let mut maker = office.signed_in(MAKER).await;
    let request = propose(&mut maker, &[("act", "pre_close")]).await.location().to_owned();
    office.approved(&request).await;
    office.world.clock.advance_seconds(24 * 3600);
    office.console.requests.take_over(Duration::ZERO).await.unwrap();
    let id = request.rsplit('/').next().unwrap().parse().unwrap();
    let outcome = office.console.requests.find(id).await.unwrap().unwrap().outcome.unwrap();
    assert!(!outcome.done, "{outcome:?}");
    assert!(outcome.detail.contains("2026年11月24日(火)は処理日の当日ではないため"), "{outcome:?}");
    for date in ["2026-11-24", "2026-11-25"] {
        let day = office.console.gateway.service_day(&number(SHOP), date.parse().unwrap()).await.unwrap();
        assert!(day.is_none_or(|day| day.state == ServiceState::Waiting), "{date}");
    }
}

async fn a_lost_answer_is_told_as_one_that_may_have_arrived(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    network.fault("99022", json!({"mode": "lose", "on": "pre_close", "times": 1})).await;
    let request = propose(&mut maker, &[("act", "pre_close")]).await.location().to_owned();
    press(&mut checker, &request, "approve").await;
    let page = maker.get(&request).await.body;
    for words in ["実行できません", "収納機関に届いた可能性があります。自動では繰り返しません。"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
}

async fn open_breaks_are_confirmed_by_whoever_closes_by_hand(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let compare = async || {
        let staff = Operator::staff(office.checker);
        office.console.gateway.reconcile(&number(SHOP), today(), &staff).await.unwrap().summary
    };
    invent(&network, "99022", 500).await;
    assert_eq!(compare().await.open_breaks, 1);
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    assert_eq!(maker.get(DAY).await.fields("open_breaks"), ["1"]);
    let unsaid = propose(&mut maker, &[("act", "close")]).await;
    assert!(
        unsaid.body.contains("未解消の不一致を残して閉局することを確かめてください。"),
        "{}",
        unsaid.body
    );
    let confirmed = [("act", "close"), ("confirm_breaks", "yes")];
    let first = propose(&mut maker, &confirmed).await.location().to_owned();
    invent(&network, "99022", 600).await;
    assert_eq!(compare().await.open_breaks, 2);
    let refused = press(&mut checker, &first, "approve").await;
    assert_eq!(code(&refused), "S-503");
    assert!(refused.body.contains("未解消の不一致 2件です。"), "{}", refused.body);
    press(&mut maker, &first, "withdraw").await;
    let second = propose(&mut maker, &confirmed).await.location().to_owned();
    assert_eq!(press(&mut checker, &second, "approve").await.location(), second);
    assert_eq!(state(&office).await, ServiceState::Closed);
}

async fn counters_are_asked_for_by_one_person_and_differences_are_marked(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    pay(&office, SHOP).await;
    let mut checker = office.signed_in(CHECKER).await;
    let ask = async |browser: &mut Browser| {
        let csrf = browser.get(DAY).await.token();
        browser.post(&format!("{DAY}/counters"), &[("csrf", &csrf)]).await
    };
    let asked = ask(&mut checker).await;
    assert_eq!(asked.location(), format!("{DAY}?done=counted"), "{}", asked.body);
    let page = checker.get(asked.location()).await.body;
    assert!(page.contains("収納カウンタを問い合わせました。") && page.contains("直近の照会"));
    assert!(page.contains(">一致<") && !page.contains(">相違<"), "{page}");
    invent(&network, "99022", 500).await;
    assert_eq!(ask(&mut checker).await.status, StatusCode::SEE_OTHER);
    let page = checker.get(DAY).await.body;
    assert!(page.contains(">相違<") && page.contains("13,300"), "{page}");
    assert!(checker.get("/days").await.body.contains("2件 差引 13,300円"));
    let by =
        (format!("staff:{}", office.checker), "service.counters".to_owned(), "99022/2026-11-24".to_owned());
    assert_eq!(office.audit().await.into_iter().filter(|record| *record == by).count(), 2);
    network.fault("99022", json!({"mode": "lose", "on": "counter", "times": 1})).await;
    let silent = ask(&mut checker).await;
    assert_eq!((silent.status, code(&silent).as_str()), (StatusCode::CONFLICT, "S-506"));
    assert!(checker.get(DAY).await.body.contains("収納カウンタの照会ができませんでした。"));
}

#[tokio::test]
async fn other_days_and_what_is_none() {
    let office = Office::new(sqlite().await).await;
    let mut stranger = office.browser();
    assert_eq!(stranger.get("/days").await.location(), "/sign-in");
    let mut maker = office.signed_in(MAKER).await;
    let wrong = maker.get("/days?date=%22%3E%3Cscript%3E").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!wrong.body.contains("\"><script>"));
    for list in ["/days", "/reconciliation"] {
        let other = maker.get(&format!("{list}?date=2026-11-23")).await;
        assert_eq!(other.status, StatusCode::OK);
        assert!(!other.body.contains("href=\"/days/"), "no link to a day that is not there: {}", other.body);
        assert!(maker.get(list).await.body.contains(&format!("href=\"{DAY}\"")), "{list}");
    }
    for path in
        ["/days/99022/2026-11-23", "/days/00999/2026-11-24", "/days/99022/x", "/days/99091/2026-11-24"]
    {
        assert_eq!(maker.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // nothing but today is opened
    let csrf = maker.get(DAY).await.token();
    let form = [("csrf", csrf.as_str()), ("act", "open"), ("reason", REASON)];
    let early = maker.post("/days/99022/2026-11-25/propose", &form).await;
    assert_eq!(code(&early), "S-102");
}
