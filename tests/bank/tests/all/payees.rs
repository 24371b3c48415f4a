//! 振込先の管理 through the pages: registering, changing, deleting, files.

use database::read;
use database::testing::TestDatabase;
use http::{Method, StatusCode};
use internet_banking::contracts::{Plan, Rights, Role, SignInMethod};
use internet_banking::payees::{List, PayeeQuery, Payees};

use crate::repeats_and_limits::fresh;
use crate::support::{Browser, PASSWORD, Page, World, add_user};
use crate::transfer_entry::{Transfer, order_of};
use crate::users::{MASTER, MASTER_TOKEN, code, mails, submit, with_master};

database::on_both!(
    a_payee_is_registered_changed_and_deleted_each_with_a_one_time_password,
    nothing_is_registered_without_a_one_time_password_and_no_account_twice,
    a_payee_that_somebody_else_changed_is_not_changed_by_what_was_seen_before,
    a_file_is_looked_over_and_registered_as_a_whole_with_a_one_time_password,
    payees_filed_on_paper_are_found_by_number_and_not_changed_on_screen,
    who_earns_wages_is_a_list_of_its_own_for_those_who_pay_them,
    an_order_stays_as_it_was_taken_and_an_entry_is_refused_when_its_payee_changes,
    the_holder_is_shown_and_compared_and_what_locks_the_check_locks_nothing_else,
);

pub const FORM: &[(&str, &str)] = &[
    ("bank", "七十七"),
    ("branch", "ほんてん"),
    ("kind", "ordinary"),
    ("number", "１２３"),
    ("holder", "カ）みほんショウジ"),
    ("name", "見本商事(本社)"),
    ("group", "仕入先"),
];

pub fn with<'a>(form: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = form.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more).copied().collect()
}

/// A world with a master who may transfer, and is signed in.
pub async fn master(test: TestDatabase) -> (World, Browser) {
    let (world, master) = with_master(test).await;
    database::execute!(
        world.bank.database,
        "INSERT INTO user_right (app_user, business, account) SELECT id, 'transfer', 1001 FROM app_user
         WHERE login_id = $1 ON CONFLICT DO NOTHING",
        MASTER,
    )
    .unwrap();
    (world, master)
}

pub async fn add(world: &World, browser: &mut Browser, more: &[(&str, &str)]) -> Page {
    let otp = fresh(world, MASTER_TOKEN).await;
    let form = with(&with(FORM, more), &[("action", "register"), ("one_time_password", &otp)]);
    submit(browser, "/payees/new", &form).await
}

async fn all(world: &World) -> Vec<(String, String, String)> {
    let all = Payees::of(&world.bank.database, world.contract, List::Transfers).all().await.unwrap();
    all.into_iter().map(|one| (one.account.to_string(), one.holder, one.name)).collect()
}

pub async fn first_link(browser: &mut Browser) -> String {
    let page = browser.get("/payees").await.body;
    let (_, rest) = page.split_once("<tbody>").expect("a table");
    rest.split_once("href=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

async fn audited(world: &World, action: &str) -> i64 {
    read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = $1").bind(action).fetch_one(c).await
    })
    .unwrap()
}

/// What is typed in any script is shown as it is sent; each step is one commit with its record and mails.
///
/// Proves R19, R55.
async fn a_payee_is_registered_changed_and_deleted_each_with_a_one_time_password(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    let sql = "UPDATE app_user SET email = 'master@example.jp' WHERE login_id = 'master1'";
    database::execute!(world.bank.database, sql).unwrap();
    let review = submit(&mut master, "/payees/new", &with(FORM, &[("action", "check")])).await;
    assert_eq!(review.status, StatusCode::OK, "{}", review.body);
    assert_eq!(review.fields("holder"), ["ｶ)ﾐﾎﾝｼﾖｳｼﾞ"]);
    assert_eq!(
        (review.fields("bank"), review.fields("branch")),
        (vec!["七十七銀行".to_owned()], vec!["本店営業部".to_owned()])
    );
    assert_eq!(all(&world).await, [], "a look registers nothing");
    let added = add(&world, &mut master, &[]).await;
    assert_eq!(added.location(), "/payees?done=added", "{}", added.body);
    let account = "0125-100 普通 0000123".to_owned();
    let (holder, name) = ("ｶ)ﾐﾎﾝｼﾖｳｼﾞ".to_owned(), "見本商事(本社)".to_owned());
    assert_eq!(all(&world).await, [(account, holder, name)]);

    let link = first_link(&mut master).await;
    let seen = master.get(&link).await.value("seen");
    let otp = fresh(&world, MASTER_TOKEN).await;
    let change = [("action", "register"), ("seen", &seen), ("number", "9"), ("one_time_password", &otp)];
    let changed = submit(&mut master, &link, &with(FORM, &change)).await;
    assert_eq!(changed.location(), "/payees?done=changed", "{}", changed.body);
    assert_eq!(all(&world).await[0].0, "0125-100 普通 0000009");

    let seen = master.get(&format!("{link}/delete")).await.value("seen");
    let otp = fresh(&world, MASTER_TOKEN).await;
    let end = [("seen", seen.as_str()), ("one_time_password", &otp)];
    let deleted = submit(&mut master, &format!("{link}/delete"), &end).await;
    assert_eq!(deleted.location(), "/payees?done=deleted", "{}", deleted.body);
    assert_eq!(all(&world).await, []);
    for action in ["payee.add", "payee.change", "payee.delete"] {
        assert_eq!(audited(&world, action).await, 1, "{action}");
    }
    let told: Vec<String> = mails(&world).await.into_iter().map(|(_, subject)| subject).collect();
    for words in ["登録しました", "変更しました", "削除しました"] {
        assert!(told.iter().any(|subject| subject.contains(words)), "{words}: {told:?}");
    }
}

/// Proves R52, R55, SEC-14.
async fn nothing_is_registered_without_a_one_time_password_and_no_account_twice(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    for typed in ["", "000000"] {
        let form = with(FORM, &[("action", "register"), ("one_time_password", typed)]);
        let refused = submit(&mut master, "/payees/new", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(code(&refused).starts_with("T-"), "{}", refused.body);
    }
    assert_eq!(all(&world).await, []);
    let wrong = add(&world, &mut master, &[("holder", "見本商事"), ("branch", "998")]).await;
    assert_eq!(code(&wrong), "P-100");
    assert!(
        wrong.body.contains("「見」「本」「商」「事」は使えません")
            && wrong.body.contains("value=\"七十七\"")
    );
    add(&world, &mut master, &[]).await;
    let twice = add(&world, &mut master, &[]).await;
    assert_eq!(code(&twice), "B-101", "{}", twice.body);
    // another contract has the account for itself, and sees nothing of this one's
    let bank = &world.bank;
    let other = bank.contracts.add_contract("見本物産", Plan::Mini, SignInMethod::Password).await.unwrap();
    add_user(bank, other, "bussan01", Role::General, Rights::none()).await;
    assert_eq!(Payees::of(&bank.database, other, List::Transfers).all().await.unwrap(), []);
    let mut nobody = world.browser();
    assert_eq!(nobody.sign_in("bussan01", PASSWORD).await.location(), "/home");
    assert_eq!(nobody.get("/payees").await.status, StatusCode::FORBIDDEN);
}

async fn a_payee_that_somebody_else_changed_is_not_changed_by_what_was_seen_before(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    add(&world, &mut master, &[]).await;
    let link = first_link(&mut master).await;
    let seen = master.get(&link).await.value("seen");
    for (name, expected) in [("先の名前", StatusCode::SEE_OTHER), ("後の名前", StatusCode::CONFLICT)]
    {
        let otp = fresh(&world, MASTER_TOKEN).await;
        let change = [("action", "register"), ("seen", &seen), ("name", name), ("one_time_password", &otp)];
        let page = submit(&mut master, &link, &with(FORM, &change)).await;
        assert_eq!(page.status, expected, "{}", page.body);
    }
    assert_eq!(all(&world).await[0].2, "先の名前");
}

pub async fn upload(browser: &mut Browser, mode: &str, text: &str) -> Page {
    upload_to(browser, "/payees/import", mode, text).await
}

async fn upload_to(browser: &mut Browser, path: &str, mode: &str, text: &str) -> Page {
    let csrf = browser.get(path).await.token();
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p.csv\"\r\n\r\n{text}\r\n--b--\r\n"
    );
    let body = [part("csrf", &csrf), part("mode", mode), file].concat();
    browser.send_as("multipart/form-data; boundary=b", path, &body).await
}

/// Proves R52, R55, SEC-37.
async fn a_file_is_looked_over_and_registered_as_a_whole_with_a_one_time_password(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    add(&world, &mut master, &[("name", "=HYPERLINK(1)")]).await;
    add(&world, &mut master, &[("number", "7"), ("name", "消える先")]).await;
    let saved = master.get("/payees/csv").await.body;
    assert!(saved.contains("\"'=HYPERLINK(1)\""), "{saved}");
    let same = upload(&mut master, "replace", &saved).await;
    let same = master.get(same.location()).await;
    assert_eq!(same.fields("same"), ["2"], "what was saved changes nothing: {}", same.body);

    let head = "登録名,銀行番号,店番,科目,口座番号,受取人名\n";
    let wrong = upload(&mut master, "add", &format!("{head}ア,0125,998,普通,12345678,見本\n")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.fields("wrong_count"), ["3"], "{}", wrong.body);

    let text = format!("{head}新しい先,125,100,普通,8,ミホン\n変わった先,0125,100,普通,123,ミホン\n");
    let page = upload(&mut master, "replace", &text).await;
    let path = page.location().to_owned();
    let plan = master.get(&path).await;
    let counts = ["added", "changed", "removed", "same"].map(|name| plan.fields(name).remove(0));
    assert_eq!(counts, ["1", "1", "1", "0"], "{}", plan.body);
    let digest = plan.value("digest");
    let without = submit(&mut master, &path, &[("digest", &digest)]).await;
    assert!(code(&without).starts_with("T-"), "{}", without.body);
    assert_eq!(all(&world).await.len(), 2, "nothing without a one-time password");
    let otp = fresh(&world, MASTER_TOKEN).await;
    let other = submit(&mut master, &path, &[("digest", "other"), ("one_time_password", &otp)]).await;
    assert_eq!(code(&other), "B-103", "what was not shown is not done");
    let done = submit(&mut master, &path, &[("digest", &digest), ("one_time_password", &otp)]).await;
    assert_eq!(done.location(), "/payees?done=imported", "{}", done.body);
    let names: Vec<String> = all(&world).await.into_iter().map(|(_, _, name)| name).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"新しい先".to_owned()) && names.contains(&"変わった先".to_owned()), "{names:?}");
    assert_eq!(master.get(&path).await.status, StatusCode::NOT_FOUND, "a file is registered once");
    assert_eq!((audited(&world, "payee.import").await, audited(&world, "payee.download").await), (1, 1));
}

/// Its file has employees' numbers, and what is wrong in one is told with its place and how it is mended. The same
/// account may be in both lists, and neither shows what is in the other.
///
/// Proves R55, R56, SEC-35, SEC-37.
async fn who_earns_wages_is_a_list_of_its_own_for_those_who_pay_them(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    add(&world, &mut master, &[("first_code", "12")]).await;
    assert_eq!(master.get("/payees").await.fields("first_code"), ["0000000012"]);
    let sql = "DELETE FROM user_right WHERE business = 'salary'";
    database::execute!(world.bank.database, sql).unwrap();
    assert_eq!(master.get("/employees").await.status, StatusCode::FORBIDDEN, "who transfers pays no wages");
    database::execute!(
        world.bank.database,
        "INSERT INTO user_right (app_user, business, account) SELECT id, 'salary', 1001 FROM app_user
         WHERE login_id = $1",
        MASTER,
    )
    .unwrap();
    let mut master = world.browser();
    assert_eq!(master.sign_in(MASTER, PASSWORD).await.location(), "/home");
    let empty = master.get("/employees").await;
    assert_eq!(empty.fields("name"), [""; 0], "{}", empty.body);

    let head = "登録名,グループ,銀行番号,店番,科目,口座番号,受取人名,社員番号,所属コード\n";
    let text =
        format!("{head}佐藤,本社,125,100,普通,123,サトウ ハナコ,A001,10\n=1+1,,0125,100,貯蓄,8,スズキ,,\n");
    let wrong = upload_to(&mut master, "/employees/import", "add", &text).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.fields("place"), ["3行目の登録名", "3行目の科目"], "{}", wrong.body);
    assert!(wrong.body.contains("先頭の記号を取り除いてください"), "{}", wrong.body);

    let text = text.replace("=1+1", "鈴木").replace("貯蓄", "普通");
    let path = upload_to(&mut master, "/employees/import", "add", &text).await.location().to_owned();
    assert!(path.starts_with("/employees/import/"), "{path}");
    let plan = master.get(&path).await;
    let digest = plan.value("digest");
    let without = submit(&mut master, &path, &[("digest", &digest)]).await;
    assert_eq!(code(&without), "T-100", "{}", without.body);
    let elsewhere = master.get(&path.replace("/employees/", "/payees/")).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "a file is of one list");
    let otp = fresh(&world, MASTER_TOKEN).await;
    let done = submit(&mut master, &path, &[("digest", &digest), ("one_time_password", &otp)]).await;
    assert_eq!(done.location(), "/employees?done=imported", "{}", done.body);
    let shown = master.get("/employees").await;
    assert_eq!(shown.fields("name"), ["佐藤", "鈴木"], "{}", shown.body);
    assert_eq!(shown.fields("first_code"), ["A001"]);
    assert_eq!(all(&world).await.len(), 1, "the other list is as it was");
    let saved = master.get("/employees/csv").await.body;
    assert!(saved.contains("\"A001\",\"10\""), "{saved}");
    let one = shown.body.split_once("href=\"/employees/0").expect("a payee").1.split('"').next().unwrap();
    let as_transfer = master.get(&format!("/payees/0{one}")).await;
    assert_eq!(as_transfer.status, StatusCode::NOT_FOUND, "it is in the other list");
}

/// Proves R81.
async fn payees_filed_on_paper_are_found_by_number_and_not_changed_on_screen(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    database::execute!(
        world.bank.database,
        "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name, registered_us)
         VALUES ($1, $2, '0777', '9999', '201', 'current', '0000042', 'カ)ミホン', 1)",
        domain::PayeeId::generate().uuid(),
        world.contract.uuid(),
    )
    .unwrap();
    add(&world, &mut master, &[]).await;
    let payees = Payees::of(&world.bank.database, world.contract, List::Transfers);
    let filed = payees.filed("0777").await.unwrap().unwrap();
    assert_eq!((filed.holder.as_str(), filed.number()), ("ｶ)ﾐﾎﾝ", Some("0777")));
    assert_eq!(filed.method(), transfers::Method::Filed);
    assert_eq!(payees.filed("0002").await.unwrap(), None);
    let found = async |text: &str| {
        let query = PayeeQuery { text: text.to_owned(), ..PayeeQuery::default() };
        payees.list(&query).await.unwrap().0.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["カ)ミホン", "見本商事(本社)"], "paper first");
    for text in ["0777", "見本銀行", "いずみ", "0000042"] {
        assert_eq!(found(text).await, ["カ)ミホン"], "{text}");
    }
    assert_eq!(found("ﾐﾎﾝｼｮｳｼﾞ").await, ["見本商事(本社)"]);

    let link = format!("/payees/{}", filed.id);
    let page = master.get(&link).await;
    assert_eq!(page.fields("number"), ["0777"], "{}", page.body);
    assert!(page.body.contains("書面でお申し出ください"));
    let csrf = master.get("/payees/new").await.token();
    for path in [link.clone(), format!("{link}/delete")] {
        let sent = master.send(Method::POST, &path, &[], &format!("csrf={csrf}&seen=0")).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{path}");
    }
}

pub async fn look(browser: &mut Browser, more: &[(&str, &str)]) -> Page {
    let own = [("bank", "9999"), ("branch", "100"), ("action", "look")];
    submit(browser, "/payees/new", &with(&with(FORM, &own), more)).await
}

/// An outage counts for nothing, accounts that are not there do, and the typed name is registered all the same.
///
/// Proves R89, R90, R92, R93, R94, SEC-41.
async fn the_holder_is_shown_and_compared_and_what_locks_the_check_locks_nothing_else(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    let same = look(&mut master, &[("number", "1234567")]).await;
    assert_eq!(
        (same.fields("checked"), same.fields("found")),
        (vec!["名義が一致".to_owned()], vec!["ｶ)ﾐﾎﾝｼﾖｳｼﾞ".to_owned()])
    );
    let other = look(&mut master, &[("number", "1234567"), ("holder", "サトウ ハナコ")]).await;
    assert_eq!(other.fields("checked"), ["名義が違います"]);
    assert_eq!(other.fields("found"), ["ｶ*********"], "no name is given away");
    // a wrong one-time password costs no second question
    for (page, holder, word) in
        [(&same, "カ）みほんショウジ", "名義が一致"), (&other, "サトウ ハナコ", "名義が違います")]
    {
        let kept = page.value("checked").replace("&#34;", "\"");
        assert!(!kept.contains("ﾎ") || word == "名義が一致", "{kept}");
        let own = [("bank", "9999"), ("branch", "100"), ("number", "1234567"), ("holder", holder)];
        let again = [("action", "register"), ("one_time_password", "000000"), ("checked", kept.as_str())];
        let wrong = submit(&mut master, "/payees/new", &with(&with(FORM, &own), &again)).await;
        assert_eq!(wrong.fields("error_code"), ["T-101"], "{}", wrong.body);
        assert_eq!(
            (wrong.fields("checked"), wrong.fields("found")),
            (vec![word.to_owned()], page.fields("found"))
        );
    }
    let away = look(&mut master, &[("bank", "七十七")]).await;
    assert_eq!(away.fields("checked"), ["確認できません"], "there is no way to other banks");
    for left in (1..=4).rev() {
        let missing = look(&mut master, &[]).await;
        assert_eq!(missing.fields("checked"), ["口座なし"]);
        assert!(missing.body.contains(&format!("あと{left}回")), "{}", missing.body);
    }
    look(&mut master, &[("bank", "七十七")]).await;
    assert_eq!(look(&mut master, &[]).await.fields("checked"), ["口座なし"], "the fifth");
    for number in ["123", "1234567"] {
        assert_eq!(look(&mut master, &[("number", number)]).await.fields("checked"), ["確認機能の停止中"]);
    }
    let added = add(&world, &mut master, &[]).await;
    assert_eq!(added.location(), "/payees?done=added", "{}", added.body);
    assert_eq!(audited(&world, "payee.check_lock").await, 1);
}

/// A reservation goes where it was taken to, whatever becomes of the payee; what was only looked over is looked over
/// again.
///
/// Proves R52.
async fn an_order_stays_as_it_was_taken_and_an_entry_is_refused_when_its_payee_changes(test: TestDatabase) {
    let (world, mut master) = master(test).await;
    add(&world, &mut master, &[]).await;
    let link = first_link(&mut master).await;
    let pick = link.rsplit('/').next().unwrap().to_owned();
    let registered = [("action", "registered"), ("pick", pick.as_str())];
    let (placed, open) = (
        Transfer::to(&mut master, &registered).await.ok().unwrap(),
        Transfer::to(&mut master, &registered).await.ok().unwrap(),
    );
    for entry in [&placed, &open] {
        entry.details(&mut master, "5000", "2026-11-25").await;
    }
    let review = placed.review(&mut master).await;
    let stale = open.review(&mut master).await;
    let without = placed.press(&mut master, &review, &[("confirmation_password", PASSWORD)]).await;
    assert_eq!(code(&without), "T-100", "what users register themselves is paid as what they type");
    let otp = fresh(&world, MASTER_TOKEN).await;
    let secrets = [("confirmation_password", PASSWORD), ("one_time_password", &otp)];
    let order = order_of(&placed.press(&mut master, &review, &secrets).await);

    let seen = master.get(&link).await.value("seen");
    let otp = fresh(&world, MASTER_TOKEN).await;
    let change = [("action", "register"), ("seen", &seen), ("number", "9"), ("one_time_password", &otp)];
    let changed = submit(&mut master, &link, &with(FORM, &change)).await;
    assert_eq!(changed.location(), "/payees?done=changed", "{}", changed.body);
    let otp = fresh(&world, MASTER_TOKEN).await;
    let secrets = [("confirmation_password", PASSWORD), ("one_time_password", &otp)];
    assert_eq!(code(&open.press(&mut master, &stale, &secrets).await), "F-109", "another account by now");

    let seen = master.get(&format!("{link}/delete")).await;
    assert!(seen.body.contains("予約した振込は変わりません"), "{}", seen.body);
    let otp = fresh(&world, MASTER_TOKEN).await;
    let end = [("seen", seen.value("seen")), ("one_time_password", otp)];
    let end = end.each_ref().map(|(name, value)| (*name, value.as_str()));
    let deleted = submit(&mut master, &format!("{link}/delete"), &end).await;
    assert_eq!(deleted.location(), "/payees?done=deleted", "{}", deleted.body);
    let page = master.get(&order).await;
    assert_eq!(
        (page.fields("state"), page.fields("payee_account")),
        (vec!["予約中".to_owned()], vec!["普通 0000123".to_owned()])
    );
    assert_eq!(
        Transfer::to(&mut master, &registered).await.err().unwrap().status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
