//! The lists of alarms and of the audit log.

use database::testing::{TestDatabase, sqlite};
use domain::{CollectorNumber, PaymentId};
use gateway::{AlarmKind, FourEyes, NewAlarm, Operator, Word};
use http::StatusCode;

use super::days::{self, propose};
use super::support::{CHECKER, MAKER, Office};
use super::unknown::{press, propose_word, unknown};
use crate::support::Browser;

database::on_both!(
    an_alarm_is_listed_until_somebody_takes_notice_and_then_under_all,
    lists_are_cut_into_pages,
    the_audit_log_is_searched_by_day_person_action_and_subject,
    log_and_alarms_speak_of_receipt_numbers_and_names,
    a_request_is_found_by_what_it_concerns,
);

async fn raise(office: &Office, kind: AlarmKind, subject: &str) {
    let collector: CollectorNumber = "00200".parse().unwrap();
    let alarm = NewAlarm {
        kind,
        subject: subject.to_owned(),
        collector: Some(collector),
        detail: "<9001>".to_owned(),
    };
    assert!(office.console.gateway.raise(&alarm).await.unwrap());
}

async fn an_alarm_is_listed_until_somebody_takes_notice_and_then_under_all(test: TestDatabase) {
    let office = Office::new(test).await;
    let payment = PaymentId::generate();
    raise(&office, AlarmKind::AnswerMeaningless, &payment.to_string()).await;
    let mut browser = office.signed_in(CHECKER).await;
    let page = browser.get("/alarms").await;
    for words in ["応答コードの意味が不明", "国税庁", "&#60;9001&#62;", "送信先なし"] {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    assert!(page.body.contains(&format!("href=\"/payments/{payment}\"")));
    assert!(browser.get("/alarms?collector=04000").await.body.contains("該当する警報はありません"));
    let action = page.body.split("action=\"/alarms/").nth(1).unwrap().split('"').next().unwrap();
    let form = [("csrf", page.token())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let pressed = browser.post(&format!("/alarms/{action}"), &form).await;
    assert_eq!(pressed.location(), "/alarms?done=acknowledged");
    let after = browser.get(pressed.location()).await.body;
    assert!(after.contains("警報を確認済みにしました") && after.contains("該当する警報はありません"));
    let all = browser.get("/alarms?state=all").await.body;
    assert!(all.contains("確認済み") && all.contains("決済業務課 unyo-11(unyo-11)"), "{all}");
    assert_eq!(browser.post("/alarms/nonsense/acknowledge", &form).await.status, StatusCode::NOT_FOUND);
}

async fn lists_are_cut_into_pages(test: TestDatabase) {
    let office = Office::new(test).await;
    for number in 0..52 {
        raise(&office, AlarmKind::CircuitOpen, &format!("subject-{number}-")).await;
        office.world.clock.advance_seconds(1);
    }
    let mut browser = office.signed_in(MAKER).await;
    let first = browser.get("/alarms").await.body;
    assert_eq!(first.matches("確認済みにする</button>").count(), 50);
    assert!(first.contains("subject-51-") && !first.contains("subject-1-"));
    let second = browser.get(&next(&first)).await.body;
    assert_eq!(second.matches("確認済みにする</button>").count(), 2);
    assert!(second.contains("subject-1-") && !second.contains("rel=\"next\""));

    for _ in 0..52 {
        browser.get("/audit").await;
        office.world.clock.advance_seconds(1);
    }
    let first = browser.get("/audit").await.body;
    let second = browser.get(&next(&first)).await.body;
    assert!(second.contains("職員のログイン") && !second.contains("rel=\"next\""), "{second}");
}

/// The address behind the link to the next page.
fn next(page: &str) -> String {
    let link = page.split("rel=\"next\" href=\"").nth(1).expect("a next page").split('"').next().unwrap();
    link.replace("&#38;", "&").replace("&amp;", "&")
}

async fn the_audit_log_is_searched_by_day_person_action_and_subject(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut maker = office.signed_in(MAKER).await;
    let mut checker = office.signed_in(CHECKER).await;
    let rows = |page: &str| page.matches("<td data-h=\"日時\"").count();
    let all = maker.get("/audit").await.body;
    assert_eq!(rows(&all), 3, "two sign-ins and this search: {all}");
    let of = format!("/audit?actor=staff:{}&action=console.sign_in", office.checker);
    let found = maker.get(&of).await.body;
    assert_eq!(rows(&found), 1);
    assert!(found.contains("<td data-h=\"操作した人\">決済業務課 unyo-11(unyo-11)</td>"));
    assert!(checker.get("/audit?from=2026-11-25").await.body.contains("開始日が終了日より後"));
    assert_eq!(rows(&checker.get("/audit?from=2026-11-23&until=2026-11-23").await.body), 0);
    let none = checker.get("/audit?subject=%22%3E%3Cscript%3E").await;
    assert_eq!(rows(&none.body), 0);
    assert!(!none.body.contains("\"><script>"), "{}", none.body);
    let searches = office.audit().await.into_iter().filter(|(_, action, _)| action == "console.audit_search");
    assert_eq!(searches.count(), 4, "a refused search searched nothing");
}

async fn log_and_alarms_speak_of_receipt_numbers_and_names(test: TestDatabase) {
    let office = Office::new(test).await;
    let payment = unknown(&office).await;
    let facts = office.console.gateway.payment_for_operator(payment).await.unwrap().unwrap().facts;
    let number = format!(">受付番号 {}</a>", facts.receipt_number);
    for (kind, subject, detail) in [
        (AlarmKind::LateAcceptance, payment.to_string(), "accepted after it was voided here"),
        (
            AlarmKind::SettlementLate,
            "20261120-00200".to_owned(),
            "due on 2026-11-24, and the window cannot be \
         closed: 2026-11-20 is not closed; 2026-11-20 has 2 open breaks",
        ),
        (AlarmKind::DayNotClosed, "00200/2026-11-23".to_owned(), "the collector answered A001"),
    ] {
        let collector = Some("00200".parse().unwrap());
        let alarm = NewAlarm { kind, subject, collector, detail: detail.to_owned() };
        assert!(office.console.gateway.raise(&alarm).await.unwrap());
    }
    let mut maker = office.signed_in(MAKER).await;
    let alarms = maker.get("/alarms").await.body;
    for words in [
        &number,
        "当方で「不成立」になった後に、消込の応答が届きました。",
        ">2026年11月20日(金)の決済分</a>",
        "支払日は2026年11月24日(火)です。締められない理由: 2026年11月20日(金)を閉局していない、\
         2026年11月20日(金)の照合に解消していない不一致が2件ある",
        ">2026年11月23日(月)の処理日</a>",
        "収納機関の応答は A001 収納機関が開局していない です。",
    ] {
        assert!(alarms.contains(words), "{words} in {alarms}");
    }
    assert!(!alarms.contains("due on") && !alarms.contains("here<"), "{alarms}");

    maker.get(&format!("/payments/{payment}")).await;
    let eyes = FourEyes {
        maker: Operator::staff(office.maker),
        checker: Operator::staff(office.checker),
        reason: "電話で確認".to_owned(),
    };
    office.console.gateway.decide(payment, Word::Cleared, 1, &eyes).await.unwrap();
    let log = maker.get(&format!("/audit?subject={}", facts.receipt_number)).await.body;
    for words in [
        &number,
        "払込の表示",
        "123000 円、国税庁",
        "消込あり、承認 決済業務課 unyo-11(unyo-11): 電話で確認",
        "経理 佐藤花子(利用者 hanako01)",
    ] {
        assert!(log.contains(words), "{words} in {log}");
    }
    let of_search = maker.get("/audit?action=console.audit_search").await.body;
    assert!(of_search.contains(&format!("対象: {}", facts.receipt_number)), "{of_search}");
    assert!(of_search.contains("2026年11月24日(火)"));
}

async fn a_request_is_found_by_what_it_concerns(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let facts = days::unknown(&office, &network, days::TAX).await.facts;
    let word = propose_word(&mut maker, facts.id, "cleared").await.location().to_owned();
    let day = propose(&mut maker, &[("act", "pre_close")]).await.location().to_owned();
    for request in [&word, &day] {
        press(&mut checker, request, "approve", "").await;
    }
    let about_payment = format!("の起票): 受付番号 {}</a>", facts.receipt_number);
    let shop = office.console.gateway.directory().get(&days::number(days::SHOP)).unwrap().shown_name();
    let about_day = format!("の起票): {shop} 2026年11月24日(火)の処理日</a>");
    let search = async |browser: &mut Browser, subject: &str| {
        browser.get(&format!("/audit?subject={}", subject.replace('/', "%2F"))).await.body
    };
    for (subject, is_of_payment) in [
        (facts.receipt_number.as_str(), true),
        (facts.message_key.as_str(), true),
        (&facts.id.to_string(), true),
        ("99022/2026-11-24", false),
        ("99022", false),
    ] {
        let found = search(&mut maker, subject).await;
        let (of, not_of) = if is_of_payment { (&word, &day) } else { (&day, &word) };
        // 起票, 承認, 実行
        for action in ["request.propose", "request.approve", "request.done"] {
            assert!(found.contains(&format!(">{action}<")), "{action} by {subject} in {found}");
        }
        assert!(found.contains(&format!("href=\"{of}\"")) && !found.contains(not_of.as_str()), "{subject}");
        let about = if is_of_payment { &about_payment } else { &about_day };
        assert!(found.contains(about.as_str()), "{about} by {subject} in {found}");
    }
    let elsewhere = search(&mut maker, "00500").await;
    assert!(elsewhere.contains("該当する記録はありません"), "{elsewhere}");
}

#[tokio::test]
async fn codes_are_explained_without_sign_in() {
    let office = Office::new(sqlite().await).await;
    let mut stranger = office.browser();
    let index = stranger.get("/help").await;
    assert!(index.body.contains("href=\"/help/S-202\""));
    assert!(stranger.get("/help/S-202").await.body.contains("処理済みの起票"));
    assert_eq!(stranger.get("/help/S-000").await.status, StatusCode::NOT_FOUND);
    for path in ["/alarms", "/audit"] {
        assert_eq!(stranger.get(path).await.location(), "/sign-in", "{path}");
    }
}
