//! What becomes of batches, through the pages: wages paid after two approvals, a direct debit to its result file.

use ::bulk::NewMandate;
use database::execute;
use database::testing::TestDatabase;
use domain::{AccountKind, AccountRef, MandateId, Timestamp};
use http::StatusCode;
use internet_banking::contracts::Role;

use crate::approvals::{policy, press, signed_in, state};
use crate::approved::by_code;
use crate::bulk::{TOKEN, ask, made, subjects, world};
use crate::repeats_and_limits::add;
use crate::support::{LOGIN_ID, World};
use crate::users::code;

database::on_both!(
    wages_of_a_csv_file_are_paid_after_two_approvals_and_late_ones_are_made_again_as_transfers,
    a_direct_debit_comes_to_its_result_file_and_the_failed_rows_to_a_new_draft,
);

/// Lets somebody do a business with the first account, and approve it.
async fn allow(world: &World, business: &str, login_id: &str, step: &str) {
    for sql in [
        "INSERT INTO user_right (app_user, business, account) SELECT id, $1, 1001 FROM app_user
         WHERE login_id = $2 AND $3 <> '' ON CONFLICT DO NOTHING",
        "INSERT INTO user_approver (app_user, business, step) SELECT id, $1, $3 FROM app_user
         WHERE login_id = $2 AND $3 <> 'none' ON CONFLICT DO NOTHING",
    ] {
        execute!(world.bank.database, sql, business, login_id, step).unwrap();
    }
}

/// Goes to a moment, and has the engine do what is to be done then.
async fn go_to(world: &World, moment: &str) {
    let moment = Timestamp::parse_rfc3339(&format!("{moment}+09:00")).unwrap();
    world.clock.advance_seconds(moment.seconds_since(world.clock.now()));
    while world.bank.bulk.look(&world.bank.contracts).await.unwrap() > 0 {}
}

/// Proves R56, R109, R119, R120.
async fn wages_of_a_csv_file_are_paid_after_two_approvals_and_late_ones_are_made_again_as_transfers(
    test: TestDatabase,
) {
    let (world, mut hanako, mut jiro) = world(test).await;
    policy(&world, r#"{"flows":{"salary":{"kind":"double","ordered":false}}}"#).await;
    add(&world, "saburo01", Role::General, "T-0043", 43).await;
    allow(&world, "salary", "saburo01", "first").await;
    let mut saburo = signed_in(&world, "saburo01").await;
    let text = "銀行番号,店番,科目,口座番号,受取人名,金額,社員番号\n9999,100,当座,98765,アオバ ハナ,250000,0000000001\n";
    let wages = [("way", "csv"), ("kind", "salaries"), ("day", "2026-11-26"), ("title", "")];
    let batch = made(&mut hanako, &wages, text).await.location().to_owned();
    assert!(batch.starts_with("/bulk/"));
    let late = made(&mut hanako, &wages, text).await.location().to_owned();
    let request = ask(&mut hanako, &batch).await;
    assert_eq!(by_code(&world, &mut saburo, &request, "T-0043").await.location(), request);
    assert_eq!(hanako.get(&batch).await.fields("state")[0], "承認待ち", "one of two is not enough");
    let shown = jiro.get(&request).await;
    let without = press(&mut jiro, &request, &shown, "approve").await;
    assert_eq!(code(&without), "T-100", "wages cost a one-time password: {}", without.body);
    assert_eq!(by_code(&world, &mut jiro, &request, TOKEN).await.location(), request);
    assert_eq!(state(&mut hanako, &request).await, "承認済み・実行待ち");
    ask(&mut hanako, &late).await;

    // the eve of payday: the total is debited, and whatever nobody has approved is void
    go_to(&world, "2026-11-25T12:00:00").await;
    let mut hanako = signed_in(&world, LOGIN_ID).await;
    assert_eq!(hanako.get(&batch).await.fields("state")[0], "処理中");
    let void = hanako.get(&late).await;
    assert_eq!(void.fields("state")[0], "期限切れ");
    assert!(void.body.contains("同じ明細を総合振込として作り直す"), "{}", void.body);
    let from = late.rsplit('/').next().unwrap();
    let again = [("way", "again"), ("from_batch", from), ("day", "2026-11-27")];
    let transfers = made(&mut hanako, &again, "").await.location().to_owned();
    let shown = hanako.get(&transfers).await;
    assert_eq!((shown.fields("row_amount"), shown.fields("faulty")), (vec!["250,000".to_owned()], vec![]));

    go_to(&world, "2026-11-26T08:30:00").await;
    let mut hanako = signed_in(&world, LOGIN_ID).await;
    let paid = hanako.get(&batch).await;
    assert_eq!(paid.fields("state")[0], "完了", "{}", paid.body);
    assert_eq!(paid.fields("result_rows"), ["0", "1", "0", "0"]);
    let told = subjects(&world).await;
    for title in
        ["給与振込の承認が完了しました", "の合計金額を引き落としました", "給与振込の処理が完了しました"]
    {
        assert!(told.iter().any(|subject| subject.ends_with(title)), "{title} in {told:?}");
    }
}

/// Proves R57, R109.
async fn a_direct_debit_comes_to_its_result_file_and_the_failed_rows_to_a_new_draft(test: TestDatabase) {
    let (world, mut hanako, mut jiro) = world(test).await;
    allow(&world, "direct_debit", LOGIN_ID, "none").await;
    allow(&world, "direct_debit", "jiro01", "final").await;
    let account = AccountRef {
        bank: "9999".parse().unwrap(),
        branch: "100".parse().unwrap(),
        kind: AccountKind::Current,
        number: "0098765".parse().unwrap(),
    };
    let mandate = NewMandate {
        id: MandateId::generate(),
        contract: world.contract,
        account,
        customer: String::new(),
        from: "2026-11-01".parse().unwrap(),
        document: String::new(),
        actor: "test".to_owned(),
        guards: Vec::new(),
    };
    world.bank.bulk.register_mandate(mandate).await.unwrap();
    let text = "銀行番号,店番,科目,口座番号,預金者名,金額,顧客番号\n9999,100,当座,98765,アオバ,1000,1\n9999,100,普通,7777777,ナシ,2000,2\n";
    let debits = [("way", "csv"), ("kind", "debits"), ("day", "2026-12-02"), ("originator", "1234567890")];
    let batch = made(&mut hanako, &debits, text).await.location().to_owned();
    assert!(batch.starts_with("/bulk/"));
    assert_eq!(hanako.get(&format!("{batch}/result")).await.status, StatusCode::NOT_FOUND);
    let request = ask(&mut hanako, &batch).await;
    let shown = jiro.get(&request).await;
    assert_eq!(press(&mut jiro, &request, &shown, "approve").await.location(), request, "no code (R57)");
    go_to(&world, "2026-12-02T15:00:00").await;
    let mut hanako = signed_in(&world, LOGIN_ID).await;
    let done = hanako.get(&batch).await;
    assert_eq!(done.fields("state")[0], "完了", "{}", done.body);
    assert_eq!(done.fields("result_rows"), ["0", "1", "0", "1"]);
    let file = hanako.get(&format!("{batch}/result")).await;
    let records: Vec<_> = file.body.lines().map(str::trim_end).collect();
    assert_eq!(records.len(), 5, "{}", file.body);
    assert!(records[0].starts_with("191"), "{}", records[0]);
    assert!(
        records[3].starts_with("8000002000000003000000001000000001000000001000000002000"),
        "{}",
        records[3]
    );
    assert_eq!(hanako.get("/home").await.fields("batch"), ["不能"]);
    let from = batch.rsplit('/').next().unwrap();
    let again = [
        ("way", "failed"),
        ("kind", "debits"),
        ("from_batch", from),
        ("day", "2026-12-09"),
        ("originator", "1234567890"),
    ];
    let copy = made(&mut hanako, &again, "").await.location().to_owned();
    assert_eq!(hanako.get(&copy).await.fields("row_amount"), ["2,000"]);
    let home = hanako.get("/home").await;
    assert_eq!(home.fields("batch"), ["作成中"], "what is made again is not named twice: {}", home.body);
}
