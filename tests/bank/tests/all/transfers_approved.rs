//! A transfer that others approve: it moves money once, on the day and within the limits of the last approval.

use console::delivery::DeliverySettings;
use database::testing::{TestDatabase, sqlite};
use database::{execute, read};
use domain::{Timestamp, Yen};
use http::StatusCode;
use internet_banking::approvals::{follow_cut_offs, look};
use internet_banking::contracts::{Business, Rights, Role, Step};
use internet_banking::settings::transfer_terms;
use internet_banking::transfers::TransferFeed;
use transfers::{OrderQuery, Relation, SetTerm, Terms};

use crate::approvals::{CONFIRMED, approve, policy, press, signed_in, state};
use crate::console::settings::set;
use crate::console::support::Office;
use crate::support::{Browser, World, add_user};
use crate::transfer_entry::{MIZUHO, Transfer, send};
use crate::users::code;

database::on_both!(
    a_transfer_under_ordered_double_approval_moves_money_by_the_second_of_two_and_once,
    orders_and_approvals_end_at_the_cut_off_that_two_people_have_set,
    an_approval_after_the_cut_off_moves_nothing,
    what_is_only_reserved_is_not_called_done_and_approvers_are_told_that_it_was_taken_back,
    how_many_approve_follows_from_the_amount_to_the_yen,
    what_came_back_is_put_right_and_asked_for_again_as_the_same_request,
    what_is_ordered_carries_the_names_that_were_approved,
    approvers_are_reminded_in_time_before_the_cut_off,
    of_many_at_once_each_is_told_as_what_it_is,
);

const ORDERED: &str = r#"{"flows":{"transfer":{"kind":"double","ordered":true}}}"#;
pub const SINGLE: &str = r#"{"flows":{"transfer":{"kind":"single"}}}"#;
const BANDS: &str = r#"{"flows":{"transfer":{"kind":"bands","bands":[{"from":0,"approvals":0},
    {"from":100000,"approvals":1},{"from":1000000,"approvals":2}]}}}"#;
const TODAY: &str = "2026-11-24";

/// An approver of transfers from all accounts, signed in.
pub async fn approver(world: &World, login_id: &str, step: Step) -> Browser {
    let rights = Rights::all(&world.accounts).approving(Business::Transfer, step);
    add_user(&world.bank, world.contract, login_id, Role::General, rights).await;
    signed_in(world, login_id).await
}

async fn balance(world: &World) -> i64 {
    world.bank.ledger.balances(&world.accounts[..1]).await.unwrap()[0].balance.get()
}

/// Presses a button of the review; the address of the request.
pub async fn ask(browser: &mut Browser, entry: &Transfer, action: &str) -> String {
    let review = entry.review(browser).await;
    let (csrf, order) = (review.token(), review.value("order"));
    let form = [("csrf", csrf.as_str()), ("order", &order), ("action", action), CONFIRMED];
    let page = browser.post(&entry.page("review"), &form).await;
    assert!(page.location().starts_with("/approvals/"), "{} {}", page.status, page.body);
    page.location().to_owned()
}

/// Proves SEC-16, SEC-20.
async fn a_transfer_under_ordered_double_approval_moves_money_by_the_second_of_two_and_once(
    test: TestDatabase,
) {
    let world = World::new(test).await;
    policy(&world, ORDERED).await;
    let mut hanako = world.signed_in().await;
    let mut first = approver(&world, "ichiro01", Step::First).await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let entry = Transfer::own(&mut hanako, "1000000", TODAY).await.ok().unwrap();
    let review = entry.review(&mut hanako).await;
    assert!(!review.body.contains("円の振替をする"), "{}", review.body);
    assert_eq!(code(&entry.press(&mut hanako, &review, &[CONFIRMED]).await), "A-101");
    let path = ask(&mut hanako, &entry, "ask").await;
    let back = hanako.get(&entry.page("review")).await.location().to_owned();
    assert_eq!(back, format!("{path}?from=entry"));
    assert!(hanako.get(&back).await.body.contains("この入力は、"));
    // the approver sees what was asked, word for word
    let shown = first.get(&path).await;
    for words in ["本店営業部", "当座 0098765", "1,000,000 円", "2026年11月24日(火)"] {
        assert!(shown.body.contains(words), "{words} in {}", shown.body);
    }
    assert_eq!(code(&approve(&mut last, &path).await), "A-108");
    assert_eq!(approve(&mut first, &path).await.location(), path);
    assert_eq!(balance(&world).await, 48_210_953, "one of two");
    assert_eq!(approve(&mut last, &path).await.location(), path);
    assert_eq!(state(&mut hanako, &path).await, "完了");
    assert_eq!(balance(&world).await, 47_210_953);
    let done = hanako.get(&path).await;
    let order = done.body.split("/transfers/orders/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(hanako.get(&format!("/transfers/orders/{order}")).await.fields("state"), ["完了"]);
    assert_eq!(code(&approve(&mut last, &path).await), "A-104", "once");
    assert_eq!(balance(&world).await, 47_210_953);
}

/// A reservation is said to be one: by the request before its last approval and after it, and when its author takes it
/// back alone, which the approvers are told by mail.
async fn what_is_only_reserved_is_not_called_done_and_approvers_are_told_that_it_was_taken_back(
    test: TestDatabase,
) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let today = Transfer::own(&mut hanako, "1", TODAY).await.ok().unwrap();
    let today = ask(&mut hanako, &today, "ask").await;
    assert!(last.get(&today).await.body.contains("すぐに引き落として実行します"));
    let entry = Transfer::own(&mut hanako, "1000", "2026-11-25").await.ok().unwrap();
    let path = ask(&mut hanako, &entry, "ask").await;
    let waits = hanako.get(&path).await;
    assert!(waits.body.contains("口座のお金はまだ動いていません。"), "{}", waits.body);
    assert!(waits.fields("approvers").concat().contains("jiro01"), "{}", waits.body);
    let shown = last.get(&path).await;
    assert!(shown.body.contains("指定日の予約になります"), "{}", shown.body);
    assert!(!shown.body.contains("すぐに引き落として実行します"), "{}", shown.body);
    assert_eq!(approve(&mut last, &path).await.location(), path);
    assert_eq!(balance(&world).await, 48_210_953);
    let done = hanako.get(&path).await;
    assert_eq!(done.fields("state"), ["承認済み・予約中"]);
    assert!(hanako.get("/approvals").await.fields("state").contains(&"承認済み・予約中".to_owned()));
    let order = done.body.split("/transfers/orders/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let cancel = format!("/transfers/orders/{order}/cancel");
    send(&mut hanako, &cancel, &[CONFIRMED]).await;
    assert_eq!(last.get(&path).await.fields("state"), ["取消済み"]);
    assert!(hanako.get("/approvals").await.fields("state").contains(&"取消済み".to_owned()));
    // opened again, it leads to what says so
    assert_eq!(hanako.get(&cancel).await.location(), format!("/transfers/orders/{order}"));
    let feed = TransferFeed::new(world.bank.transfers.clone(), world.bank.contracts.clone());
    while feed.step().await.unwrap() {}
    let told: i64 = read!(world.bank.database, |c| {
        sqlx::query_scalar(
            "SELECT CAST(count(*) AS BIGINT) FROM mail WHERE address = 'jiro01@example.jp'
             AND subject LIKE '%予約を取り消しました%'",
        )
        .fetch_one(c)
        .await
    })
    .unwrap();
    assert_eq!(told, 1);
}

/// What has become impossible meanwhile comes back to its author, who asks again for what is possible.
#[tokio::test]
async fn what_funds_no_longer_allow_comes_back_and_what_is_sent_back_is_asked_for_again() {
    let world = World::new(sqlite().await).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let one = Transfer::own(&mut hanako, "40000000", TODAY).await.ok().unwrap();
    let two = Transfer::own(&mut hanako, "40000000", TODAY).await.ok().unwrap();
    let (one, two) = (ask(&mut hanako, &one, "ask").await, ask(&mut hanako, &two, "ask").await);
    approve(&mut last, &one).await;
    approve(&mut last, &two).await;
    assert_eq!(balance(&world).await, 8_210_953, "one of them");
    let page = hanako.get(&two).await;
    assert_eq!(state(&mut hanako, &two).await, "差戻し");
    assert!(page.body.contains("支払可能額"), "{}", page.body);

    let kept = Transfer::own(&mut hanako, "5", TODAY).await.ok().unwrap();
    let kept = ask(&mut hanako, &kept, "keep").await;
    let shown = hanako.get(&kept).await;
    assert_eq!(press(&mut hanako, &kept, &shown, "ask").await.location(), kept);
    let shown = last.get(&kept).await;
    press(&mut last, &kept, &shown, "return").await;
    let shown = hanako.get(&kept).await;
    assert_eq!(press(&mut hanako, &kept, &shown, "ask").await.location(), kept);
    approve(&mut last, &kept).await;
    assert_eq!(balance(&world).await, 8_210_948);
}

/// Both names are part of what is approved: a payee who is filed under another one or with another account by then is
/// not paid, and what is ordered carries the names that the approver saw.
///
/// Proves SEC-16.
async fn what_is_ordered_carries_the_names_that_were_approved(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let sql = "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name,
         registered_us) VALUES ($2, $1, '0002', '0001', '001', 'ordinary', '7654321', 'カ)アオバ', 1)";
    execute!(world.bank.database, sql, world.contract.uuid(), uuid::Uuid::from_u128(2)).unwrap();
    let filed = async |name: &str, number: &str| {
        let sql = "UPDATE contract_payee SET name = $2, account_number = $3 WHERE contract = $1";
        execute!(world.bank.database, sql, world.contract.uuid(), name, number).unwrap();
    };
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let entry = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0002")]).await.ok().unwrap();
    let fields = [("account", "1001"), ("amount", "1000"), ("day", TODAY), ("payer_name", "ベツノナマエ")];
    send(&mut hanako, &entry.page("details"), &fields).await;
    let path = ask(&mut hanako, &entry, "ask").await;
    for (name, number) in [("カ)ベツメイ", "7654321"), ("カ)アオバ", "7654322")] {
        filed(name, number).await;
        approve(&mut last, &path).await;
        let page = hanako.get(&path).await;
        assert_eq!(state(&mut hanako, &path).await, "差戻し", "{name} {number}");
        assert_eq!(balance(&world).await, 48_210_953);
        // as it was asked for it is possible again
        filed("カ)アオバ", "7654321").await;
        assert_eq!(press(&mut hanako, &path, &page, "ask").await.location(), path);
    }
    let shown = last.get(&path).await;
    let (payee, payer) = ("ｶ)ｱｵﾊﾞ", "ﾍﾞﾂﾉﾅﾏｴ");
    assert!(shown.body.contains(payee) && shown.body.contains(payer), "{}", shown.body);
    approve(&mut last, &path).await;
    assert_eq!(state(&mut hanako, &path).await, "完了");
    let query = OrderQuery::newest(world.contract, world.accounts.to_vec(), 10);
    let orders = world.bank.transfers.list(&query).await.unwrap();
    let facts: Vec<_> = orders.iter().map(|order| &order.facts).collect();
    let ordered: Vec<_> = facts
        .iter()
        .map(|of| (of.payee_name.as_str(), of.payer_name.as_str(), of.to.number.as_str(), of.amount.get()))
        .collect();
    assert_eq!(ordered, [(payee, payer, "7654321", 1_000)]);
}

/// The fee is part of what is approved: another one comes back to the author with words, who asks again for that one.
///
/// Proves R84.
#[tokio::test]
async fn what_would_cost_another_fee_than_was_approved_comes_back_and_is_asked_for_again() {
    let world = World::new(sqlite().await).await;
    policy(&world, SINGLE).await;
    let sql = "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name,
         registered_us) VALUES ($2, $1, '0002', '0001', '001', 'ordinary', '7654321', 'カ)アオバ', 1)";
    execute!(world.bank.database, sql, world.contract.uuid(), uuid::Uuid::from_u128(2)).unwrap();
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let entry = Transfer::to(&mut hanako, &[("action", "number"), ("payee", "0002")]).await.ok().unwrap();
    entry.details(&mut hanako, "1000", TODAY).await;
    let path = ask(&mut hanako, &entry, "ask").await;
    let dearer = SetTerm::Fee(Relation::OtherBank, [Yen::new(400), Yen::new(600)]);
    world.bank.transfers.terms().replace(Terms::embedded().with(&[(TODAY.parse().unwrap(), dearer)]));
    approve(&mut last, &path).await;
    let page = hanako.get(&path).await;
    assert_eq!(state(&mut hanako, &path).await, "差戻し");
    assert!(page.body.contains("いまの手数料は 400 円です。"), "{}", page.body);
    assert_eq!(balance(&world).await, 48_210_953);
    assert_eq!(press(&mut hanako, &path, &page, "ask").await.location(), path);
    assert!(last.get(&path).await.body.contains("400 円"));
    approve(&mut last, &path).await;
    assert_eq!(state(&mut hanako, &path).await, "完了");
}

/// Nobody below 100,000 yen, one from there on, two from 1,000,000 on.
///
/// Proves R119.
async fn how_many_approve_follows_from_the_amount_to_the_yen(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, BANDS).await;
    let mut hanako = world.signed_in().await;
    let mut one = approver(&world, "ichiro01", Step::Final).await;
    let mut two = approver(&world, "jiro01", Step::Final).await;
    let mut left = 48_210_953;
    for (amount, approvals) in [(99_999, 0), (100_000, 1), (999_999, 1), (1_000_000, 2)] {
        let entry = Transfer::own(&mut hanako, &amount.to_string(), TODAY).await.ok().unwrap();
        let placed = entry.confirm(&mut hanako).await;
        if approvals > 0 {
            assert_eq!((code(&placed).as_str(), balance(&world).await), ("A-101", left), "{amount}");
            let need = entry.review(&mut hanako).await.fields("need");
            assert_eq!(need, [format!("{approvals}名の承認")], "{amount}");
            let path = ask(&mut hanako, &entry, "ask").await;
            for (given, approver) in [&mut one, &mut two].into_iter().take(approvals).enumerate() {
                assert_eq!(
                    (state(&mut hanako, &path).await.as_str(), balance(&world).await),
                    ("承認待ち", left)
                );
                assert_eq!(approve(approver, &path).await.location(), path, "{amount} {given}");
            }
            assert_eq!(state(&mut hanako, &path).await, "完了", "{amount}");
        } else {
            crate::transfer_entry::order_of(&placed);
        }
        left -= amount;
        assert_eq!(balance(&world).await, left, "{amount}");
    }
}

/// The moment of the last approval counts, to the second: a same-day transfer waits until its cut-off, a typed payee
/// until the eve.
///
/// Proves R85, R86.
async fn an_approval_after_the_cut_off_moves_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let mut asked = Vec::new();
    for _ in 0..2 {
        let entry = Transfer::own(&mut hanako, "3", TODAY).await.ok().unwrap();
        asked.push(ask(&mut hanako, &entry, "ask").await);
    }
    let entry = Transfer::to(&mut hanako, MIZUHO).await.ok().unwrap();
    entry.details(&mut hanako, "3", "2026-11-25").await;
    let typed = ask(&mut hanako, &entry, "ask").await;
    let page = last.get(&typed).await;
    assert!(
        page.body.contains("11月25日(水) 00:00") && page.body.contains("one_time_password"),
        "{}",
        page.body
    );
    assert_eq!(
        code(&approve(&mut last, &typed).await),
        "T-104",
        "a typed payee costs the approver a code (R52)"
    );
    for (path, at, taken) in
        [(&asked[0], "2026-11-24T15:59:59", true), (&asked[1], "2026-11-24T16:00:00", false)]
    {
        set_clock(&world, at);
        let mut last = signed_in(&world, "jiro01").await;
        let page = approve(&mut last, path).await;
        assert_eq!(page.status.is_redirection(), taken, "{at} {}", page.body);
        assert_eq!(balance(&world).await, 48_210_950, "{at}");
    }
    set_clock(&world, "2026-11-25T00:00:00");
    let mut last = signed_in(&world, "jiro01").await;
    assert_eq!(approve(&mut last, &typed).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// What was sent back with a reason goes through an entry of its own and stays one request; who sent the page as it was
/// before approves nothing.
///
/// Proves SEC-16.
async fn what_came_back_is_put_right_and_asked_for_again_as_the_same_request(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let entry = Transfer::own(&mut hanako, "500", TODAY).await.ok().unwrap();
    let path = ask(&mut hanako, &entry, "ask").await;
    let as_it_was = last.get(&path).await;
    press(&mut last, &path, &as_it_was, "return").await;
    let back = hanako.get(&path).await;
    assert!(back.body.contains("金額を確かめてください") && back.body.contains("70日間"), "{}", back.body);
    // nobody else puts it right
    assert_eq!(press(&mut last, &path, &as_it_was, "edit").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let details = press(&mut hanako, &path, &back, "edit").await.location().to_owned();
    assert!(details.starts_with("/transfers/new/"), "{details}");
    let form = hanako.get(&details).await;
    assert!(form.body.contains("value=\"500\""), "{}", form.body);
    let fields = [("account", "1001"), ("to", "1002"), ("amount", "600"), ("day", TODAY)];
    let sent = crate::transfer_entry::send(&mut hanako, &details, &fields).await;
    assert!(sent.location().ends_with("/review"), "{}", sent.body);
    let entry = Transfer(details.strip_suffix("/details").unwrap().to_owned());
    assert_eq!(ask(&mut hanako, &entry, "ask").await, path, "the same request");
    let back = hanako.get(&entry.page("review")).await.location().to_owned();
    assert_eq!(back, format!("{path}?from=entry"));
    assert!(hanako.get(&back).await.body.contains("この入力は、"));
    let old = press(&mut last, &path, &as_it_was, "approve").await;
    assert_eq!(code(&old), "A-104");
    assert_eq!(balance(&world).await, 48_210_953);
    assert!(last.get(&path).await.body.contains("600 円"));
    assert_eq!(approve(&mut last, &path).await.location(), path);
    assert_eq!(balance(&world).await, 48_210_353);
    // whoever comes too late is not told that nothing was debited
    let late = press(&mut last, &path, &as_it_was, "approve").await;
    assert!(late.body.contains("この手続きでは何も引き落とされていません。"), "{}", late.body);
    assert!(!late.body.contains("まだ何も引き落とされていません。"), "{}", late.body);
}

async fn reminders(world: &World) -> i64 {
    look(&world.bank).await.unwrap();
    read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM mail WHERE id LIKE 'approval-remind-%'").fetch_one(c).await
    })
    .unwrap()
}

/// On the eve, and an hour before the cut-off; of what was asked for on the day itself, the hour before.
async fn approvers_are_reminded_in_time_before_the_cut_off(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    approver(&world, "jiro01", Step::Final).await;
    let today = Transfer::own(&mut hanako, "3", TODAY).await.ok().unwrap();
    ask(&mut hanako, &today, "ask").await;
    let tomorrow = Transfer::own(&mut hanako, "4", "2026-11-25").await.ok().unwrap();
    ask(&mut hanako, &tomorrow, "ask").await;
    for (at, count) in [
        ("2026-11-24T14:59:59", 0),
        // the cut-off within the bank is 16:00
        ("2026-11-24T15:00:00", 1),
        ("2026-11-24T15:59:59", 1),
        ("2026-11-24T16:00:00", 2),
        ("2026-11-25T14:59:59", 2),
        ("2026-11-25T15:00:00", 3),
        ("2026-11-25T15:59:00", 3),
    ] {
        set_clock(&world, at);
        assert_eq!((reminders(&world).await, reminders(&world).await), (count, count), "{at}");
    }
}

/// One approved, one that changed meanwhile: nobody is told that nothing was debited.
async fn of_many_at_once_each_is_told_as_what_it_is(test: TestDatabase) {
    let world = World::new(test).await;
    policy(&world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    let mut last = approver(&world, "jiro01", Step::Final).await;
    let mut asked = Vec::new();
    for yen in ["3", "4", "5"] {
        let entry = Transfer::own(&mut hanako, yen, TODAY).await.ok().unwrap();
        asked.push(ask(&mut hanako, &entry, "ask").await);
    }
    let list = last.get("/approvals").await;
    let csrf = list.token();
    let picks: Vec<_> = asked
        .iter()
        .map(|path| path.replace("/approvals/", "pick-"))
        .map(|pick| (list.value(&pick), pick))
        .collect();
    // more than fifty are none that can be looked over
    let strangers: Vec<_> = (0..51).map(|n| format!("pick-{}", uuid::Uuid::from_u128(n))).collect();
    for (many, is_told) in [(50, false), (51, true)] {
        let mut form = vec![("csrf", csrf.as_str()), CONFIRMED];
        form.extend(strangers.iter().take(many).map(|pick| (pick.as_str(), "x")));
        let told = last.post("/approvals", &form).await;
        assert_eq!(told.body.contains("50件までで選んでください"), is_told, "{many}: {}", told.body);
    }
    let shown = hanako.get(&asked[2]).await;
    press(&mut hanako, &asked[2], &shown, "withdraw").await;
    let mut form = vec![("csrf", csrf.as_str()), CONFIRMED];
    form.extend(picks.iter().map(|(digest, pick)| (pick.as_str(), digest.as_str())));
    let told = last.post("/approvals", &form).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    for words in ["2件を承認しました。", "1件は承認していません。", "承認していない理由"]
    {
        assert!(told.body.contains(words), "{words} in {}", told.body);
    }
    assert!(!told.body.contains("引き落とされていません"), "{}", told.body);
    assert_eq!(balance(&world).await, 48_210_953 - 7);
}

/// Proves R85.
async fn orders_and_approvals_end_at_the_cut_off_that_two_people_have_set(test: TestDatabase) {
    let office = Office::of(World::new(test).await, DeliverySettings::default()).await;
    let world = &office.world;
    policy(world, SINGLE).await;
    let mut hanako = world.signed_in().await;
    approver(world, "jiro01", Step::Final).await;
    let ask_three = async |hanako: &mut Browser| {
        let entry = Transfer::own(hanako, "3", TODAY).await.ok().unwrap();
        ask(hanako, &entry, "ask").await
    };
    let (early, late) = (ask_three(&mut hanako).await, ask_three(&mut hanako).await);
    assert_eq!(hanako.get(&early).await.fields("until"), ["11月24日(火) 16:00"]);
    let new_cut_off = async |value: &str| {
        set(&office, "transfer-own-bank-until", value, TODAY).await;
        let terms = transfer_terms(&world.bank.database).await.unwrap();
        world.bank.transfers.terms().replace(terms);
        assert!(follow_cut_offs(&world.bank).await.unwrap());
    };
    new_cut_off("15:45").await;
    let asked_after = ask_three(&mut hanako).await;
    for path in [&early, &late, &asked_after] {
        assert_eq!(hanako.get(path).await.fields("until"), ["11月24日(火) 15:45"]);
    }
    set_clock(world, "2026-11-24T15:44:59");
    let (mut hanako, mut last) = (world.signed_in().await, signed_in(world, "jiro01").await);
    assert_eq!(approve(&mut last, &early).await.location(), early);
    assert_eq!(state(&mut hanako, &early).await, "完了");
    assert!(Transfer::own(&mut hanako, "3", TODAY).await.is_ok());
    set_clock(world, "2026-11-24T15:45:00");
    assert_eq!(code(&approve(&mut last, &late).await), "A-104");
    assert!(Transfer::own(&mut hanako, "3", TODAY).await.is_err(), "over since this second");
    assert_eq!(balance(world).await, 48_210_950, "one of three");
    look(&world.bank).await.unwrap();
    assert_eq!(state(&mut hanako, &late).await, "期限切れ");
    // the day is longer from now on: what is asked for now waits until then, and is taken until its last second
    new_cut_off("17:00").await;
    let again = ask_three(&mut hanako).await;
    set_clock(world, "2026-11-24T16:59:59");
    let (mut hanako, mut last) = (world.signed_in().await, signed_in(world, "jiro01").await);
    assert_eq!(hanako.get(&again).await.fields("until"), ["11月24日(火) 17:00"]);
    assert_eq!(approve(&mut last, &again).await.location(), again);
    assert_eq!(balance(world).await, 48_210_947);
    set_clock(world, "2026-11-24T17:00:00");
    assert!(Transfer::own(&mut hanako, "3", TODAY).await.is_err());
}

fn set_clock(world: &World, at: &str) {
    let at = Timestamp::parse_rfc3339(&format!("{at}+09:00")).unwrap();
    world.clock.advance_seconds(at.seconds_since(world.clock.now()));
}
