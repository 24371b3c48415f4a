//! A window is closed and its net payment paid, by hand and under four eyes, and the pages show where the money is.

use collectors::protocol::{Counters, Tally};
use database::on_both;
use database::testing::TestDatabase;
use domain::{CollectorNumber, Date, Yen};
use gateway::decisions::{Change, day_commit};
use gateway::reconciliation::Summary;
use gateway::service::BothCounters;
use gateway::{FourEyes, Operator, ServiceDay, Word, settlement};
use ledger::Commit;

use super::support::{CHECKER, MAKER, Office};
use super::unknown::{code, press, unknown};
use crate::support::{Browser, Page};

on_both!(a_window_is_closed_and_paid_under_four_eyes_and_the_accounts_are_empty);

const REASON: &str = "自動で締まらないため";

fn tax() -> CollectorNumber {
    "00200".parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// An accepted payment of 123,000 yen.
async fn accepted(office: &Office) {
    let payment = unknown(office).await;
    let eyes = FourEyes {
        maker: Operator::staff(office.maker),
        checker: Operator::staff(office.checker),
        reason: "電話で確認".to_owned(),
    };
    office.console.gateway.decide(payment, Word::Cleared, 1, &eyes).await.unwrap();
}

/// The collector's day is closed and compared, as its own steps do it.
async fn day_is_done(office: &Office, date: &str) {
    let now = office.console.clock.now();
    let cleared = Tally { count: 1, amount: Yen::new(123_000) };
    let counters = Counters { cleared, ..Counters::default() };
    let both = BothCounters { at: now, hub: counters, collector: counters };
    let mut of_day = ServiceDay::new(tax(), day(date));
    for change in [
        Change::Began,
        Change::Closing { carry_forward: false },
        Change::Closed(both),
        Change::Reconciled(Summary { after_close: true, ..Summary::default() }),
    ] {
        let next = of_day.after(&change, now).unwrap();
        let commit =
            day_commit(&of_day, &next, &change, &Operator::system(), now, Commit::default()).unwrap();
        office.console.gateway.ledger().commit(commit).await.unwrap();
        of_day = next;
    }
}

async fn propose(browser: &mut Browser, window: &str, act: &str, reason: &str) -> Page {
    let csrf = browser.get(window).await.token();
    browser.post(&format!("{window}/{act}"), &[("csrf", &csrf), ("reason", reason)]).await
}

async fn a_window_is_closed_and_paid_under_four_eyes_and_the_accounts_are_empty(test: TestDatabase) {
    let office = Office::new(test).await;
    accepted(&office).await;
    let mut maker = office.signed_in(MAKER).await;
    let window = format!("/settlement/{}", settlement::id(&tax(), day("2026-11-24")));
    let list = maker.get("/settlement").await.body;
    for words in [
        "11月24日(火)の決済分",
        "領収日 11月21日(土)から11月24日(火)",
        "日本銀行(国庫金)",
        "11月25日(水)",
        "受付中",
        "123,000",
        &format!("href=\"{window}\""),
    ] {
        assert!(list.contains(words), "{words} in {list}");
    }
    assert!(maker.get("/settlement?collector=04000").await.body.contains("決済するものはありません"));
    assert!(maker.get("/settlement?from=2026-01-01&until=2026-11-24").await.body.contains("62 日分まで"));
    let left = maker.get("/settlement/accounts").await.body;
    assert!(left.contains("締めていない払込 1件(123,000 円)があります。"), "{left}");
    let open = maker.get(&window).await.body;
    assert!(open.contains("11月24日(火)の取扱いが終わっていません。") && !open.contains("起票する</button>"));
    let early = propose(&mut maker, &window, "close", REASON).await;
    assert_eq!(code(&early), "S-702");

    office.world.clock.advance_seconds(14 * 3_600 + 600);
    day_is_done(&office, "2026-11-24").await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    assert!(!checker.get(&window).await.body.contains("起票する</button>"), "a checker proposes nothing");
    assert_eq!(code(&propose(&mut checker, &window, "close", REASON).await), "S-101");
    let without = propose(&mut maker, &window, "close", " ").await;
    assert!(without.body.contains("理由を入力してください。"), "{}", without.body);
    let request = propose(&mut maker, &window, "close", REASON).await.location().to_owned();
    let again = propose(&mut maker, &window, "close", REASON).await;
    assert_eq!(code(&again), "S-204");
    assert!(again.body.contains(&format!(">{REASON}</textarea>")), "what was typed stays");
    let seen = checker.get(&request).await.body;
    for words in ["資金決済の締め", "対象の資金決済", "国税庁", "123,000 円", "20261124-00200", &window]
    {
        assert!(seen.contains(words), "{words} in {seen}");
    }
    assert_eq!(press(&mut checker, &request, "approve", "").await.location(), request);
    let done = checker.get(&request).await.body;
    let words = "締めました。払込 1件、支払額 123,000 円、支払日 2026年11月25日(水)です。";
    assert!(done.contains("実行済み") && done.contains(words), "{done}");
    assert_eq!(code(&propose(&mut maker, &window, "close", REASON).await), "S-701");
    let left = maker.get("/settlement/accounts").await.body;
    assert!(left.contains("支払日を待っている支払 123,000 円があります。"), "{left}");

    let request = propose(&mut maker, &window, "pay", REASON).await.location().to_owned();
    assert_eq!(press(&mut checker, &request, "approve", "").await.location(), request);
    assert!(checker.get(&request).await.body.contains("123,000 円を支払いました。"));
    assert_eq!(code(&propose(&mut maker, &window, "pay", REASON).await), "S-703");
    let paid = maker.get(&window).await;
    assert_eq!(
        (paid.fields("payable"), paid.fields("count")),
        (vec!["123,000".to_owned()], vec!["1".to_owned()])
    );
    for words in [
        "支払済み",
        "通知の応答待ち",
        "国税庁 収納金",
        "国税庁 資金決済",
        "日本銀行 当座預金",
        "決済済み",
        "法人税 確定申告",
    ] {
        assert!(paid.body.contains(words), "{words} in {}", paid.body);
    }
    assert!(maker.get("/settlement/accounts").await.body.contains("残高はありません"));
    let (findings, _) = office.console.gateway.audit().await.unwrap();
    assert_eq!(findings, []);
    let acts: Vec<_> = office.audit().await.into_iter().map(|(actor, action, _)| (actor, action)).collect();
    let by = |id: domain::StaffId, action: &str| (format!("staff:{id}"), action.to_owned());
    for act in [
        by(office.maker, "console.settlement_view"),
        by(office.maker, "request.propose"),
        by(office.checker, "request.approve"),
        by(office.checker, "settlement.closed"),
        by(office.checker, "settlement.pay"),
    ] {
        assert!(acts.contains(&act), "{act:?} in {acts:?}");
    }
    for nothing in ["/settlement/nonsense", &format!("/settlement/{}", domain::SettlementId::generate())] {
        assert_eq!(maker.get(nothing).await.status, http::StatusCode::NOT_FOUND, "{nothing}");
    }
}
