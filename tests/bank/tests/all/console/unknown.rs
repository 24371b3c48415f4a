//! An unknown payment: seen, asked for again, decided under four eyes.

use std::time::Duration;

use console::staff::StaffRole;
use database::testing::{TestDatabase, drop_triggers, sqlite};
use database::{execute, on, read};
use domain::payment::State;
use domain::{PaymentId, StaffRequestId};
use gateway::{AlarmKind, AlarmQuery, FourEyes, Guard, Operator, Word};
use http::StatusCode;

use super::support::{CHECKER, MAKER, Member, Office};
use crate::payeasy_entry::{Entry, bill, held};
use crate::support::{Browser, Page};

const TAX: &str = "00200";
const REASON: &str = "国税庁 収納課 田中様に電話で確認";
const OTHER_CHECKER: Member =
    Member { login_id: "unyo-12", token_serial: "S-0012", role: StaffRole::Checker };

database::on_both!(
    what_one_proposes_another_approves_and_the_money_follows,
    not_cleared_waits_until_nothing_can_be_under_way,
    a_request_is_sent_back_withdrawn_or_expires_and_may_be_made_again,
    of_two_who_approve_at_once_one_does,
    what_was_approved_is_carried_out_once_though_the_process_dies,
    a_result_that_stays_unclear_is_told_and_ends_when_it_is_known,
);

/// A payment of 123,000 yen whose outcome nobody knows.
pub async fn unknown(office: &Office) -> PaymentId {
    let mut payer = office.world.signed_in().await;
    let entry = Entry::answered(&office.world, &mut payer, TAX, &[bill("B1", 123_000)]).await;
    entry.pay(&mut payer, "B1", 1_001).await;
    let id: uuid::Uuid = read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT id FROM payment ORDER BY held_us DESC").fetch_one(c).await.unwrap()
    });
    // as if a delivery had been claimed and lost
    let now = office.console.clock.now().micros();
    for (kind, state) in [("claimed", "sending"), ("outcome_unknown", "unknown")] {
        let body = format!("{{\"state\":\"{state}\",\"delivery\":2,\"reason\":\"no answer in time\"}}");
        on!(office.console.database, |c| sqlx::query(
            "INSERT INTO event (entity, seq, position, kind, at_us, body)
             SELECT $1, max(seq) + 1, (SELECT max(position) FROM event) + 1000, $2, $3, $4 FROM event
             WHERE entity = $1"
        )
        .bind(id)
        .bind(kind)
        .bind(now)
        .bind(body)
        .execute(c)
        .await
        .unwrap()
        .rows_affected());
    }
    PaymentId::from_uuid(id)
}

/// As if so much time had passed since the last delivery.
async fn let_time_pass(office: &Office) {
    execute!(office.console.database, "UPDATE outbox SET claimed_us = 0, lease_until_us = 0").unwrap();
}

async fn propose(browser: &mut Browser, payment: PaymentId, word: &str, reason: &str) -> Page {
    let page = browser.get(&format!("/payments/{payment}")).await;
    let csrf = page.token();
    let deliveries = page.value("deliveries");
    let form =
        [("csrf", csrf.as_str()), ("word", word), ("reason", reason), ("deliveries", deliveries.as_str())];
    browser.post(&format!("/payments/{payment}/propose"), &form).await
}

/// Proposes the collector's word, for a good reason.
pub async fn propose_word(browser: &mut Browser, payment: PaymentId, word: &str) -> Page {
    propose(browser, payment, word, REASON).await
}

pub async fn press(browser: &mut Browser, request: &str, button: &str, note: &str) -> Page {
    let csrf = browser.get(request).await.token();
    browser.post(&format!("{request}/{button}"), &[("csrf", &csrf), ("note", note)]).await
}

#[track_caller]
pub fn code(page: &Page) -> String {
    assert!(page.body.contains("<title>エラー: "), "{} {}", page.status, page.body);
    page.fields("error_code")[0].clone()
}

async fn state(office: &Office, payment: PaymentId) -> State {
    office.console.gateway.payment_for_operator(payment).await.unwrap().unwrap().state
}

async fn what_one_proposes_another_approves_and_the_money_follows(test: TestDatabase) {
    let office = Office::new(test).await;
    let payment = unknown(&office).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let home = maker.get("/home").await;
    assert_eq!(
        (home.fields("unknown"), home.fields("requests")),
        (vec!["1件".to_owned()], vec!["0件".to_owned()])
    );
    assert!(home.body.contains("国税庁") && home.body.contains("接続なし"), "{}", home.body);
    let list = maker.get("/unknown").await.body;
    assert!(list.contains("結果不明の払込 1件 ・ 確保中の合計 123,000 円"), "{list}");
    assert!(list.contains("時間内に応答がない") && list.contains(&format!("/payments/{payment}")));
    let page = maker.get(&format!("/payments/{payment}")).await;
    for words in ["引き落としても解除してもいません", "結果不明(2回目)", "株式会社見本商事", "起票する"]
    {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    assert_eq!(page.fields("entry_kind"), ["画面入力"]);
    assert!(!checker.get(&format!("/payments/{payment}")).await.body.contains("起票する</button>"));

    let none = propose(&mut maker, payment, "", REASON).await;
    assert!(none.body.contains("収納機関の回答を選んでください。") && none.body.contains(REASON));
    let none = propose(&mut maker, payment, "cleared", " \n ").await;
    assert!(none.body.contains("理由を入力してください。"));
    let long = propose(&mut maker, payment, "cleared", &"あ".repeat(201)).await;
    assert!(long.body.contains("いま201文字入力されています。"));
    let early = propose(&mut maker, payment, "not_cleared", REASON).await;
    assert_eq!(code(&early), "S-303", "the last delivery is a moment ago");
    assert!(early.body.contains(&format!(">{REASON}</textarea>")), "what was typed stays: {}", early.body);
    let made = propose(&mut maker, payment, "cleared", REASON).await;
    let request = made.location().to_owned();
    assert!(request.starts_with("/requests/"), "{}", made.body);
    assert_eq!(code(&propose(&mut maker, payment, "cleared", REASON).await), "S-204");

    let own = maker.get(&request).await;
    assert!(own.body.contains("起票した本人は承認できません") && !own.body.contains("承認して実行する"));
    let forced = maker.post(&format!("{request}/approve"), &[("csrf", &own.token())]).await;
    assert_eq!((forced.status, code(&forced).as_str()), (StatusCode::FORBIDDEN, "S-201"));
    assert_eq!(held(&office.world).await, 123_000, "nothing has moved yet");

    let seen = checker.get(&request).await.body;
    for words in ["承認待ち", REASON, "収納済みにします。取り消せません。", "承認して実行する"]
    {
        assert!(seen.contains(words), "{words} in {seen}");
    }
    assert!(checker.get("/requests").await.body.contains(&request));
    let approved = press(&mut checker, &request, "approve", "").await;
    assert_eq!(approved.location(), request, "{}", approved.body);
    assert_eq!(state(&office, payment).await, State::Accepted);
    assert_eq!(held(&office.world).await, 0);
    let done = checker.get(&request).await.body;
    assert!(done.contains("実行済み") && done.contains("払込は「収納済み」になりました。"), "{done}");
    let detail = checker.get(&format!("/payments/{payment}")).await.body;
    for words in
        ["収納機関の回答により収納済みに確定", "起票 決済業務課 unyo-01(unyo-01)、承認 決済業務課 unyo-11"]
    {
        assert!(detail.contains(words), "{words} in {detail}");
    }
    assert_eq!(code(&press(&mut checker, &request, "approve", "").await), "S-202");
    assert!(checker.get("/requests").await.body.contains("該当する起票はありません"));
    assert!(checker.get("/requests?state=all").await.body.contains(&request));
    assert_eq!(code(&propose(&mut maker, payment, "cleared", REASON).await), "S-301");

    let staff = |id: domain::StaffId| format!("staff:{id}");
    let acts: Vec<_> = office.audit().await.into_iter().map(|(actor, action, _)| (actor, action)).collect();
    for (actor, action) in [
        (staff(office.maker), "request.propose"),
        (staff(office.checker), "request.approve"),
        (staff(office.maker), "payeasy.decide"),
        ("system".to_owned(), "request.done"),
        (staff(office.checker), "console.payment_view"),
        (staff(office.checker), "console.request_view"),
    ] {
        assert!(acts.contains(&(actor.clone(), action.to_owned())), "{actor} {action} in {acts:?}");
    }
    // the database itself knows that two decide
    let request: StaffRequestId = request.rsplit('/').next().unwrap().parse().unwrap();
    let forged = on!(office.console.database, |c| sqlx::query(
        "INSERT INTO staff_decision (request, verdict, maker, staff, note, decided_us)
         VALUES ($1, 'approved', $2, $2, '', 0)"
    )
    .bind(request.uuid())
    .bind(office.maker.uuid())
    .execute(c)
    .await
    .map(drop));
    assert!(forged.is_err());
}

async fn not_cleared_waits_until_nothing_can_be_under_way(test: TestDatabase) {
    let office = Office::new(test).await;
    let payment = unknown(&office).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let early = propose(&mut maker, payment, "not_cleared", REASON).await;
    assert_eq!(code(&early), "S-303");
    assert!(early.body.contains("あと6分お待ちください(実際の経過時間です)。"), "{}", early.body);
    let_time_pass(&office).await;
    let made = propose(&mut maker, payment, "not_cleared", REASON).await;
    let request = made.location().to_owned();
    assert_eq!(press(&mut checker, &request, "approve", "").await.location(), request);
    assert_eq!(state(&office, payment).await, State::Rejected);
    assert_eq!(held(&office.world).await, 0);
    let balances = office.world.bank.ledger.balances(&office.world.accounts[..1]).await.unwrap();
    assert_eq!(balances[0].balance.get(), 48_210_953, "all of it is the customer's again");
}

async fn a_request_is_sent_back_withdrawn_or_expires_and_may_be_made_again(test: TestDatabase) {
    let office = Office::new(test).await;
    let payment = unknown(&office).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let first = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    let without = press(&mut checker, &first, "send-back", "").await;
    assert!(without.body.contains("理由を入力してください。"));
    assert_eq!(press(&mut checker, &first, "send-back", "書面の写しを添えて").await.location(), first);
    let seen = maker.get(&first).await.body;
    assert!(seen.contains("差戻し") && seen.contains("書面の写しを添えて"), "{seen}");
    assert_eq!(code(&press(&mut checker, &first, "approve", "").await), "S-202");

    let second = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    assert_ne!(second, first);
    assert_eq!(code(&press(&mut checker, &second, "withdraw", "").await), "S-205");
    assert_eq!(press(&mut maker, &second, "withdraw", "").await.location(), second);
    assert!(maker.get(&second).await.body.contains("取下げ"));

    let third = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    office.world.clock.advance_seconds(14 * 3_600);
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    assert!(checker.get(&third).await.body.contains("期限切れ"));
    assert_eq!(code(&press(&mut checker, &third, "approve", "").await), "S-203");
    let fourth = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    assert!(fourth.starts_with("/requests/"));
    assert_eq!(state(&office, payment).await, State::Unknown, "nothing was approved");
}

async fn of_two_who_approve_at_once_one_does(test: TestDatabase) {
    let office = Office::new(test).await;
    super::support::add(&office.console, OTHER_CHECKER, 3).await;
    let payment = unknown(&office).await;
    let mut maker = office.signed_in(MAKER).await;
    let (mut one, mut two) = (office.signed_in(CHECKER).await, office.signed_in(OTHER_CHECKER).await);
    let request = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    let (first, second) =
        tokio::join!(press(&mut one, &request, "approve", ""), press(&mut two, &request, "approve", ""));
    let mut answers = [first.status, second.status];
    answers.sort_unstable();
    assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert_eq!(state(&office, payment).await, State::Accepted);
    let decisions = office.audit().await.into_iter().filter(|(_, action, _)| action == "request.approve");
    assert_eq!(decisions.count(), 1);
}

async fn a_result_that_stays_unclear_is_told_and_ends_when_it_is_known(test: TestDatabase) {
    let office = Office::new(test).await;
    let payment = unknown(&office).await;
    let mut maker = office.signed_in(MAKER).await;
    let request = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    office.approved(&request).await;
    office.world.clock.advance_seconds(1);
    let kept = |from: &str, to: &str| format!("UPDATE event SET body = replace(body, '{from}', '{to}')");
    drop_triggers(&office.console.database).await;
    execute!(office.console.database, sqlx::AssertSqlSafe(kept("{", "<"))).unwrap();
    let told = async || {
        let query = AlarmQuery { open_only: true, limit: 9, ..AlarmQuery::default() };
        let open = office.console.gateway.alarms(&query).await.unwrap();
        open.into_iter().map(|alarm| (alarm.kind, alarm.subject)).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        office.console.requests.take_over(Duration::ZERO).await.unwrap();
        assert_eq!(told().await, [], "it may be known in a moment");
    }
    let id = request.rsplit('/').next().unwrap().to_owned();
    for _ in 0..3 {
        office.console.requests.take_over(Duration::ZERO).await.unwrap();
        assert_eq!(told().await, [(AlarmKind::RequestUnclear, id.clone())]);
    }
    assert!(maker.get("/alarms").await.body.contains("承認した操作の結果が不明"));
    execute!(office.console.database, sqlx::AssertSqlSafe(kept("<", "{"))).unwrap();
    office.console.requests.take_over(Duration::ZERO).await.unwrap();
    assert_eq!(state(&office, payment).await, State::Accepted);
    assert_eq!(told().await, [], "the cause is over");
    assert!(maker.get("/alarms?state=all").await.body.contains("解消"));
}

async fn what_was_approved_is_carried_out_once_though_the_process_dies(test: TestDatabase) {
    let office = Office::new(test).await;
    let payment = unknown(&office).await;
    let mut maker = office.signed_in(MAKER).await;
    let request = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    // the process died after the approval was written, and after the hub's commit, which it did not see
    office.approved(&request).await;
    let eyes = FourEyes {
        maker: Operator::staff(office.maker),
        checker: Operator::staff(office.checker),
        reason: REASON.to_owned(),
    };
    let once = Guard::request_act(request.rsplit('/').next().unwrap().parse().unwrap());
    let hub = &office.console.gateway;
    hub.decide_once(payment, Word::Cleared, 1, &eyes, Some(&once)).await.unwrap();
    assert!(maker.get(&request).await.body.contains("実行中"));
    // the business clock says nothing of how long another process has been at it
    office.world.clock.advance_seconds(61);
    office.console.requests.take_over(Duration::from_secs(60)).await.unwrap();
    assert!(maker.get(&request).await.body.contains("実行中"), "another process may be at it");
    for _ in 0..2 {
        office.console.requests.take_over(Duration::ZERO).await.unwrap();
    }
    let page = maker.get(&request).await.body;
    assert!(page.contains("実行済み") && page.contains("払込は「収納済み」になりました。"), "{page}");
    let results = office.audit().await.into_iter().filter(|(_, action, _)| action == "request.done");
    assert_eq!(results.count(), 1);
}

#[tokio::test]
async fn a_no_that_was_told_before_the_last_delivery_is_never_approved() {
    let office = Office::new(sqlite().await).await;
    let payment = unknown(&office).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let deliver = async || {
        let sql = "UPDATE outbox SET delivery = delivery + 1";
        execute!(office.console.database, sql).unwrap();
    };
    let_time_pass(&office).await;
    let request = propose(&mut maker, payment, "not_cleared", REASON).await.location().to_owned();
    deliver().await;
    let refused = press(&mut checker, &request, "approve", "").await;
    assert_eq!(code(&refused), "S-305");
    assert_eq!(state(&office, payment).await, State::Unknown);
    // approved in the moment before the delivery, and carried out after it
    office.approved(&request).await;
    office.world.clock.advance_seconds(1);
    office.console.requests.take_over(Duration::ZERO).await.unwrap();
    let page = maker.get(&request).await.body;
    assert!(page.contains("もう一度送信されています"), "{page}");
    assert_eq!(state(&office, payment).await, State::Unknown);
    // a process that stood still since the approval comes too late, whatever the hub would say by now
    let_time_pass(&office).await;
    let eyes = FourEyes {
        maker: Operator::staff(office.maker),
        checker: Operator::staff(office.checker),
        reason: REASON.to_owned(),
    };
    let once = Guard::request_act(request.rsplit('/').next().unwrap().parse().unwrap());
    let hub = &office.console.gateway;
    let deliveries = hub.unknown_payment(payment).await.unwrap().unwrap().deliveries;
    assert!(hub.decide_once(payment, Word::NotCleared, deliveries, &eyes, Some(&once)).await.is_err());
    assert_eq!(state(&office, payment).await, State::Unknown);
    // the collector was asked while the form was open
    let path = format!("/payments/{payment}");
    let form = maker.get(&path).await;
    deliver().await;
    let (csrf, deliveries) = (form.token(), form.value("deliveries"));
    let old =
        [("csrf", csrf.as_str()), ("deliveries", &deliveries), ("word", "not_cleared"), ("reason", REASON)];
    let refused = maker.post(&format!("{path}/propose"), &old).await;
    assert_eq!(code(&refused), "S-305");
    assert!(!refused.body.contains(" checked") && refused.value("deliveries") != deliveries);
    // a yes stays one
    let request = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    deliver().await;
    press(&mut checker, &request, "approve", "").await;
    assert_eq!(state(&office, payment).await, State::Accepted);
}

#[tokio::test]
async fn an_answer_that_comes_before_the_approval_wins() {
    let office = Office::new(sqlite().await).await;
    let payment = unknown(&office).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let request = propose(&mut maker, payment, "cleared", REASON).await.location().to_owned();
    let eyes = FourEyes {
        maker: Operator::api("other"),
        checker: Operator::api("another"),
        reason: "elsewhere".to_owned(),
    };
    let_time_pass(&office).await;
    let open = office.console.gateway.unknown_payment(payment).await.unwrap().unwrap();
    office.console.gateway.decide(payment, Word::NotCleared, open.deliveries, &eyes).await.unwrap();
    let refused = press(&mut checker, &request, "approve", "").await;
    assert_eq!(code(&refused), "S-301");
    assert!(refused.body.contains("いまの状態: 受付不可"));
    assert!(checker.get(&request).await.body.contains("承認待ち"), "it may still be withdrawn");
}

#[tokio::test]
async fn resending_is_for_one_or_all_and_is_told() {
    let office = Office::new(sqlite().await).await;
    let payment = unknown(&office).await;
    let mut checker = office.signed_in(CHECKER).await;
    let page = format!("/payments/{payment}");
    let_time_pass(&office).await;
    let csrf = checker.get(&page).await.token();
    let resent = checker.post(&format!("{page}/resend"), &[("csrf", &csrf)]).await;
    assert_eq!(resent.location(), format!("{page}?done=resent"), "{}", resent.body);
    let after = checker.get(resent.location()).await.body;
    assert!(after.contains("再送しました。") && after.contains("手動で再送"), "{after}");
    let soon = checker.post(&format!("{page}/resend"), &[("csrf", &csrf)]).await;
    assert!(["S-302", "S-303"].contains(&code(&soon).as_str()), "{}", soon.body);
    let csrf = checker.get("/unknown").await.token();
    let all = checker.post("/unknown/resend", &[("csrf", &csrf), ("collector", "04000")]).await;
    assert_eq!(all.location(), "/unknown?collector=04000&begun=0&soon=0");
    let all = checker.post("/unknown/resend", &[("csrf", &csrf), ("collector", "")]).await;
    assert_eq!(all.location(), "/unknown?collector=&begun=0&soon=1");
    let told = checker.get(all.location()).await.body;
    assert!(told.contains("0件の再送を始めました。") && told.contains("1件は除きました。"), "{told}");
}

#[tokio::test]
async fn payments_are_found_by_number_day_collector_and_state() {
    let office = Office::new(sqlite().await).await;
    let payment = unknown(&office).await;
    let mut maker = office.signed_in(MAKER).await;
    let found = office.console.gateway.payment_for_operator(payment).await.unwrap().unwrap().facts;
    let page = format!("/payments/{payment}");
    for number in [&found.receipt_number, &found.message_key, &payment.to_string()] {
        let path = format!("/payments?number={}", number.replace('/', "%2F"));
        assert_eq!(maker.get(&path).await.location(), page, "{number}");
    }
    let listed = async |browser: &mut Browser, query: &str| {
        browser.get(&format!("/payments?{query}")).await.body.contains(&page)
    };
    for (query, is_there) in [
        ("", true),
        ("state=unknown", true),
        ("state=accepted", false),
        ("collector=00200&state=unknown", true),
        ("collector=04000", false),
        ("provisional=only", false),
        ("from=2026-11-23&until=2026-11-23", false),
        ("number=nothing", false),
    ] {
        assert_eq!(listed(&mut maker, query).await, is_there, "{query}");
    }
    assert!(maker.get("/payments?from=x").await.body.contains("2026-11-24 のように"));
    let missing = format!("/payments/{}", PaymentId::generate());
    for path in [missing.as_str(), "/payments/nonsense", "/requests/nonsense"] {
        assert_eq!(maker.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let searches =
        office.audit().await.into_iter().filter(|(_, action, _)| action == "console.payment_search");
    assert_eq!(searches.count(), 11);
}
