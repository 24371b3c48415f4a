//! A collector that answers garbage, another charset, 50 MB, a DOCTYPE, half a body, or nothing.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Bill, Clerk, Demo, Mocks, clerk::Money, company};

/// What goes wrong at each collector, and whether it has done its work before.
type Modes = [(&'static str, &'static [(&'static str, bool)]); 4];

const SPOILED: Modes = [
    ("00200", &[("garbage", true), ("charset", true), ("error500", false)]),
    ("00500", &[("huge", true), ("doctype", true), ("empty", true)]),
    ("04000", &[("half", true), ("drop", true), ("lose", false)]),
    ("04100", &[("unsigned", true), ("wrong_key", true)]),
];

const CUT_OFF: Modes = [
    ("00200", &[("reset_after", true)]),
    ("00500", &[("truncate", true)]),
    ("04000", &[("reset_before", false)]),
    ("04100", &[("error500_after", true)]),
];

/// The interval of the repeats and some time for them.
const ACCEPTED_WAIT: Duration = Duration::from_secs(60);

const AMOUNT: i64 = 1_001;

/// A payment whose outcome is not known.
struct Open {
    mode: &'static str,
    worked: bool,
    bill: Bill,
    path: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outcome_is_in_doubt_and_then_known_exactly_once() {
    in_doubt_and_then_known(SPOILED, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outcome_is_as_much_in_doubt_after_a_reset_a_cut_answer_or_an_error_that_came_too_late() {
    in_doubt_and_then_known(CUT_OFF, 2).await;
}

/// `untrusted` answers came and could not be believed; the others never came.
async fn in_doubt_and_then_known(modes: Modes, untrusted: usize) {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let mocks = demo.mocks();
    let before = clerk.money().await;
    let ways = modes.map(|(collector, modes)| one_collector(&clerk, &mocks, collector, modes));
    let [a, b, c, d] = ways;
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    let open: Vec<Open> = [a, b, c, d].into_iter().flatten().collect();
    let count = i64::try_from(open.len()).unwrap();
    assert_eq!(open.len(), modes.iter().map(|(_, modes)| modes.len()).sum::<usize>());
    // held, and neither gone nor free
    let held = Money { balance: before.balance, available: before.available - count * AMOUNT };
    assert_eq!(clerk.money().await, held);
    for payment in &open {
        let cleared = mocks.clearings(&payment.bill).await.len();
        assert_eq!(cleared, usize::from(payment.worked), "{}", payment.mode);
    }
    demo.assert_sound().await;
    // nobody can pay such a bill a second time meanwhile
    let again = clerk.inquire(&open[0].bill).await;
    if again.path.ends_with("/bills") {
        let review = clerk.review(&again, &open[0].bill).await;
        let refused = clerk.pay(&review).await;
        assert_eq!(refused.page.field("error_code"), "P-306", "{}", refused.page.text());
    } else {
        assert_eq!(again.page.field("error_code"), "P-203", "{}", again.page.text());
    }

    for payment in &open {
        clerk.until_accepted(&payment.path, ACCEPTED_WAIT).await;
        let deliveries = mocks.assert_cleared_once(&payment.bill).await;
        assert_eq!(deliveries, if payment.worked { 2 } else { 1 }, "{}", payment.mode);
    }
    let left = before.balance - count * AMOUNT;
    assert_eq!(clerk.money().await, Money { balance: left, available: left });
    // people are told of every answer that came and could not be trusted, and not of what never came
    assert_eq!(demo.log().matches("answer_unreadable").count(), untrusted, "{}", demo.log());
    demo.assert_sound().await;
}

async fn one_collector(
    clerk: &Clerk,
    mocks: &Mocks,
    collector: &'static str,
    modes: &'static [(&'static str, bool)],
) -> Vec<Open> {
    let mut open = Vec::new();
    for (mode, worked) in modes {
        let bill = mocks.bill(collector, json!({ "amount": AMOUNT })).await;
        inquiry_without_answer(clerk, mocks, &bill, mode).await;
        let review = clerk.reviewed(&bill).await;
        mocks.fault_once(collector, mode, "clearing").await;
        let result = clerk.pay(&review).await;
        assert_eq!(result.page.state(), "unknown", "{mode}: {}", result.page.text());
        assert_eq!(result.page.field("state"), "払込結果を確認中", "{mode}");
        assert!(
            result.page.text().contains("もう一度払い込まないでください"),
            "{mode}: {}",
            result.page.text()
        );
        let links = result.page.links();
        assert!(!links.iter().any(|link| link.ends_with("/print")), "{mode}: a page to print");
        let path = result.path.clone();
        open.push(Open { mode, worked: *worked, bill, path });
    }
    open
}

async fn inquiry_without_answer(clerk: &Clerk, mocks: &Mocks, bill: &Bill, mode: &str) {
    mocks.fault_once(&bill.collector, mode, "inquiry").await;
    let answer = clerk.inquire(bill).await;
    assert!(answer.path.ends_with("/numbers"), "{mode}: {}", answer.path);
    assert_eq!(answer.page.field("error_code"), "P-207", "{mode}: {}", answer.page.text());
    let words = answer.page.summary();
    assert!(words.contains("回答がありませんでした"), "{mode}: {words}");
    assert!(words.contains("まだ何も引き落とされていません"), "{mode}: {words}");
    // what was typed is kept, the secret is not
    let form = answer.page.form();
    assert_eq!(form.value("customer_number").replace(' ', ""), bill.customer_number, "{mode}");
    assert_eq!(form.value("confirmation_number"), "", "{mode}");
}

/// Sent twice, a byte at a time, or behind another one's: a right answer is one, and a stray copy answers nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_answer_that_comes_oddly_is_taken_once() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let mocks = demo.mocks();
    let before = clerk.money().await;
    let mut paid = 0;
    for mode in ["twice", "drip", "hold"] {
        for on in ["inquiry", "clearing"] {
            let bill = mocks.bill("04100", json!({ "amount": AMOUNT })).await;
            mocks.fault("04100", json!({ "mode": mode, "on": on, "times": 1, "drip_ms": 3 })).await;
            let review = clerk.reviewed(&bill).await;
            let result = clerk.pay(&review).await;
            let path = result.path.clone();
            // an answer that waits to be overtaken may come when the page no longer does
            clerk.until_accepted(&path, ACCEPTED_WAIT).await;
            assert_eq!(mocks.assert_cleared_once(&bill).await, 1, "{mode} {on}");
            paid += AMOUNT;
        }
    }
    let left = before.balance - paid;
    assert_eq!(clerk.money().await, Money { balance: left, available: left });
    demo.assert_sound().await;
}

/// The page does not wait for ever; the payment does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_collector_keeps_the_payer_waiting_no_longer_than_announced() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let mocks = demo.mocks();
    let bill = mocks.bill("04100", json!({ "amount": AMOUNT })).await;
    let review = clerk.reviewed(&bill).await;
    mocks.fault("04100", json!({ "delay_ms": 15_000, "on": "clearing", "times": 1 })).await;
    let began = tokio::time::Instant::now();
    let result = clerk.pay(&review).await;
    assert!(began.elapsed() < Duration::from_secs(14), "the page came after {:?}", began.elapsed());
    assert_eq!(result.page.field("state"), "払込結果を確認中");
    // the answer that comes after the page is taken as it is: no repeat is needed
    clerk.until_accepted(&result.path, Duration::from_secs(10)).await;
    assert_eq!(mocks.assert_cleared_once(&bill).await, 1);
    demo.assert_sound().await;
}

/// From half past midnight on nobody but people can find out what became of it: they are told, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_is_given_when_resending_is_over() {
    const ALARM: &str = "resending_over";
    let mut demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let mocks = demo.mocks();
    let bill = mocks.bill("04100", json!({ "amount": AMOUNT })).await;
    let review = clerk.reviewed(&bill).await;
    mocks.fault("04100", json!({ "mode": "lose", "on": "clearing" })).await;
    assert_eq!(clerk.pay(&review).await.page.state(), "unknown");
    demo.set_clock("2026-11-25T00:30:01+09:00").await;
    assert!(!demo.log().contains(ALARM), "{}", demo.log());
    // a new process looks at open work at once
    demo.restart().await;
    let began = tokio::time::Instant::now();
    while !demo.log().contains(ALARM) {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", demo.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(demo.log().matches(ALARM).count(), 1, "{}", demo.log());
    demo.assert_sound().await;
}
