//! データ伝送 through the pages: batches made, mended, asked for and approved.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::Timestamp;
use formats::iso20022::pain001;
use formats::zengin::{Code, Digits, Name, Number, Rules, Tolerance, Transfers, Writer, transfer};
use http::StatusCode;
use internet_banking::bulk::BatchFeed;
use internet_banking::contracts::{Business, Rights, Role};

use crate::approvals::{CONFIRMED, press, signed_in, state};
use crate::approved::by_code;
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, LOGIN_ID, Page, World, add_user};
use crate::users::{code, submit};

database::on_both!(
    a_csv_file_is_mended_in_place_asked_for_and_approved_with_a_one_time_password,
    rows_come_from_payees_and_from_last_time_and_fees_are_borne_by_payees,
    an_outside_file_costs_a_one_time_password_and_the_same_one_again_is_told,
    a_file_debits_only_accounts_that_files_may_be_sent_for,
    a_tax_of_retirement_income_is_entered_on_screen,
    a_message_with_edi_is_taken_whole_and_answered,
    a_batch_is_taken_back_or_sent_back_before_its_approval_and_is_not_cancelled_after_it,
);

const HEAD: &str = "銀行番号,店番,科目,口座番号,受取人名,金額\n";
const DAY: &str = "2026-11-25";
pub const TOKEN: &str = "T-0042";

/// The month in any width and with any sign, a municipality by its code with its check digit, and each value told as
/// what is to be typed.
///
/// Proves R57.
async fn a_tax_of_retirement_income_is_entered_on_screen(test: TestDatabase) {
    let (world, mut hanako, _) = world(test).await;
    let approver = "INSERT INTO user_approver (app_user, business, step)
                    SELECT id, 'local_tax', 'final' FROM app_user WHERE login_id = 'jiro01'";
    execute!(world.bank.database, approver).unwrap();
    let tax = |month| [("kind", "local_tax"), ("day", "2026-12-10"), ("way", "screen"), ("month", month)];
    let wrong = made(&mut hanako, &tax("2026-13"), "").await;
    assert!(wrong.body.contains("納付月分を、2026-11 のように入力してください。"), "{}", wrong.body);
    let batch = made(&mut hanako, &tax("２０２６年１１月"), "").await.location().to_owned();
    assert!(hanako.get(&batch).await.body.contains("2026年11月分"));
    let row = format!("{batch}/rows/new");
    let put = async |hanako: &mut Browser, cells: [&str; 7]| {
        let seen = hanako.get(&row).await.value("seen");
        let names = ["cell-0", "cell-1", "cell-2", "cell-3", "cell-4", "cell-5", "cell-6"];
        let mut form: Vec<_> = names.into_iter().zip(cells).collect();
        form.push(("seen", &seen));
        submit(hanako, &row, &form).await
    };
    let empty = put(&mut hanako, [""; 7]).await;
    for words in ["市区町村コード: 入っていません。値を入れてください。", "指定番号: 入っていません。"]
    {
        assert!(empty.body.contains(words), "{words} in {}", empty.body);
    }
    let check = put(&mut hanako, ["041008", "", "123", "0", "0", "1", "50,000"]).await;
    assert!(check.body.contains("検査数字(最後の1けた)が合いません"), "{}", check.body);
    for (count, amount, words) in [
        ("0", "50,000", "金額があれば1件以上、なければ0件に直してください"),
        ("1", "0", "金額があれば1件以上、なければ0件に直してください"),
        ("0", "0", "給与金額: 金額が0円です"),
    ] {
        let told = put(&mut hanako, ["041009", "", "123", "0", "0", count, amount]).await;
        assert!(told.body.contains(words), "{count} {amount}: {}", told.body);
    }
    let taken = put(&mut hanako, ["041009", "仙台市", "123", "0", "0", "1", "50,000"]).await;
    assert_eq!(taken.location(), batch, "{}", taken.body);
    let taken = put(&mut hanako, ["041009", "", "124", "2", "31,800", "1", "5,000"]).await;
    assert_eq!(taken.location(), batch, "{}", taken.body);
    let shown = hanako.get(&batch).await;
    assert_eq!(shown.fields("row_amount"), ["50,000", "36,800"], "{}", shown.body);
    assert_eq!(shown.fields("amount"), ["86,800"]);
    // it is asked for without a one-time password
    let review = hanako.get(&format!("{batch}/review")).await;
    assert!(!review.body.contains("one_time_password"), "{}", review.body);
    ask(&mut hanako, &batch).await;
}

/// A world with a user who makes everything in bulk and one who approves it with a token.
pub async fn world(test: TestDatabase) -> (World, Browser, Browser) {
    let world = World::new(test).await;
    add(&world, "jiro01", Role::General, TOKEN, 42).await;
    for (business, user) in ["bulk_transfer", "salary", "file_transfer"]
        .iter()
        .flat_map(|business| [LOGIN_ID, "jiro01"].map(|user| (*business, user)))
    {
        execute!(
            world.bank.database,
            "INSERT INTO user_right (app_user, business, account) SELECT id, $1, 1001 FROM app_user
             WHERE login_id = $2 ON CONFLICT DO NOTHING",
            business,
            user,
        )
        .unwrap();
    }
    for business in ["bulk_transfer", "salary"] {
        execute!(
            world.bank.database,
            "INSERT INTO user_approver (app_user, business, step) SELECT id, $1, 'final' FROM app_user
             WHERE login_id = 'jiro01'",
            business,
        )
        .unwrap();
    }
    let (hanako, jiro) = (world.signed_in().await, signed_in(&world, "jiro01").await);
    (world, hanako, jiro)
}

/// Sends a form with a file.
pub async fn upload(
    browser: &mut Browser,
    path: &str,
    form: &[(&str, &str)],
    file: impl AsRef<[u8]>,
) -> Page {
    let csrf = browser.get(path).await.token();
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body = part("csrf", &csrf);
    body += &form.iter().map(|(name, value)| part(name, value)).collect::<String>();
    let file = file.as_ref();
    let mut body = body.into_bytes();
    if !file.is_empty() {
        body.extend(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    browser.send_as("multipart/form-data; boundary=b", path, body).await
}

pub async fn made(browser: &mut Browser, more: &[(&str, &str)], file: &str) -> Page {
    let form = [("kind", "transfers"), ("account", "1001"), ("day", DAY), ("title", "11月分")];
    let kept = form.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    let all: Vec<_> = kept.chain(more).copied().collect();
    upload(browser, "/bulk/new", &all, file).await
}

/// Asks for approval and answers the address of the request.
pub async fn ask(browser: &mut Browser, batch: &str) -> String {
    let path = format!("{batch}/review");
    let seen = browser.get(&path).await.value("seen");
    let asked = submit(browser, &path, &[("seen", &seen), CONFIRMED]).await;
    assert!(asked.location().starts_with("/approvals/"), "{} {}", asked.status, asked.body);
    asked.location().to_owned()
}

/// What is wrong with single lines is mended on screen, everything in sight; what was asked for cannot be changed,
/// and its last approval costs a one-time password.
///
/// Proves R56, R109, R119, R121, SEC-16, SEC-37.
async fn a_csv_file_is_mended_in_place_asked_for_and_approved_with_a_one_time_password(test: TestDatabase) {
    let (world, mut hanako, mut jiro) = world(test).await;
    let text = format!("{HEAD}125,100,普通,1,ミホン,30000\n0125,100,普通,2,=山田,20000\n");
    let zipped = made(&mut hanako, &[("way", "csv")], "PK\u{3}\u{4}rest").await;
    assert_eq!((code(&zipped).as_str(), zipped.fields("what").len()), ("D-107", 1), "{}", zipped.body);
    let page = made(&mut hanako, &[("way", "csv")], &text).await;
    let batch = page.location().to_owned();
    assert!(batch.starts_with("/bulk/"), "{} {}", page.status, page.body);
    let shown = hanako.get(&batch).await;
    assert_eq!((shown.fields("rows"), shown.fields("faulty")), (vec!["2".to_owned()], vec!["1".to_owned()]));
    assert_eq!(shown.fields("fault"), ["受取人名"], "{}", shown.body);
    let early = hanako.get(&format!("{batch}/review")).await;
    assert_eq!(code(&early), "D-105", "{}", early.body);
    assert!(hanako.get(&format!("{batch}/csv?only=faulty")).await.body.contains("'=山田"), "no formula");

    let row = format!("{batch}/rows/2");
    let form = hanako.get(&row).await;
    assert_eq!(form.value("cell-6"), "=山田", "what was typed is there to be mended");
    let seen = form.value("seen");
    let cells = [
        ("seen", seen.as_str()),
        ("cell-0", "0125"),
        ("cell-2", "100"),
        ("cell-4", "普通"),
        ("cell-5", "2"),
        ("cell-6", "ヤマダ"),
        ("cell-7", "20,000円"),
    ];
    let mended = submit(&mut hanako, &row, &cells).await;
    assert_eq!(mended.location(), batch, "{}", mended.body);
    let stale = submit(&mut hanako, &row, &cells).await;
    assert_eq!(code(&stale), "D-102", "the version that was seen is over");
    let shown = hanako.get(&batch).await;
    assert_eq!((shown.fields("amount"), shown.fields("faulty")), (vec!["50,000".to_owned()], vec![]));
    assert_eq!(shown.fields("row_amount"), ["30,000", "20,000"]);

    let request = ask(&mut hanako, &batch).await;
    let shown = jiro.get(&request).await;
    for words in ["総合振込 2件", "50,000 円", "本店営業部"] {
        assert!(shown.body.contains(words), "{words} in {}", shown.body);
    }
    assert_eq!(hanako.get(&batch).await.fields("state")[0], "承認待ち");
    let late = submit(&mut hanako, &row, &cells).await;
    assert!(["D-102", "D-103"].contains(&code(&late).as_str()), "{}", late.body);
    let without = press(&mut jiro, &request, &shown, "approve").await;
    assert_eq!(code(&without), "T-100", "{}", without.body);
    assert_eq!(by_code(&world, &mut jiro, &request, TOKEN).await.location(), request);
    assert_eq!(state(&mut hanako, &request).await, "承認済み・実行待ち", "its day is still to come");
    let shown = hanako.get(&batch).await;
    assert_eq!(shown.fields("state")[0], "承認済み", "{}", shown.body);
    let told = subjects(&world).await;
    assert!(told.iter().any(|subject| subject.ends_with("総合振込の承認が完了しました")), "{told:?}");
    assert!(!shown.body.contains("value=\"withdraw\"") && !shown.body.contains("value=\"discard\""));
    // the history of whoever did it says which batch it was
    let own = hanako.get("/security/history?kind=bulk&amount=50,000").await;
    assert!(!own.fields("about").is_empty(), "{}", own.body);
    assert!(
        own.fields("about").iter().all(|about| about.contains("2件 50,000 円 本店営業部")),
        "{}",
        own.body
    );
    let listed = hanako.get("/bulk").await;
    assert_eq!((listed.fields("title").len(), listed.fields("state")), (1, vec!["承認済み".to_owned()]));
}

/// Proves R109, R122, R123.
async fn rows_come_from_payees_and_from_last_time_and_fees_are_borne_by_payees(test: TestDatabase) {
    let (world, mut hanako, _) = world(test).await;
    for (number, name) in [("0000001", "ア"), ("0000002", "イ")] {
        execute!(
            world.bank.database,
            "INSERT INTO payee (id, contract, list, bank, branch, kind, number, holder, name, party_group, first_code,
                 second_code, version, created_us, changed_us)
             VALUES ($1, $2, 'transfers', '0125', '100', 'ordinary', $3, 'ｱ', $4, '仕入先', '', '', 1, 1, 1)",
            domain::PayeeId::generate().uuid(),
            world.contract.uuid(),
            number,
            name,
        )
        .unwrap();
    }
    let deducted = [("way", "screen"), ("deduction", "plain")];
    let batch = made(&mut hanako, &deducted, "").await.location().to_owned();
    let path = format!("{batch}/payees");
    let form = hanako.get(&path).await;
    assert_eq!(form.fields("name"), ["ア", "イ"], "{}", form.body);
    let amount = form.body.split("name=\"amount-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let field = format!("amount-{amount}");
    let seen = form.value("seen");
    let none = submit(&mut hanako, &path, &[("seen", &seen)]).await;
    assert_eq!(code(&none), "P-100", "{}", none.body);
    let wrong = submit(&mut hanako, &path, &[("seen", &seen), (&field, "-1")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let added = submit(&mut hanako, &path, &[("seen", &seen), (&field, "100,000")]).await;
    assert_eq!(added.location(), batch, "{}", added.body);
    let shown = hanako.get(&batch).await;
    let (sent, borne) = (shown.fields("row_amount").remove(0), shown.fields("deducted").remove(0));
    let yen = |text: &str| text.replace(',', "").parse::<i64>().unwrap();
    assert!(yen(&borne) > 0 && yen(&sent) + yen(&borne) == 100_000, "{sent} {borne}");

    let from = batch.rsplit('/').next().unwrap().to_owned();
    let again =
        [("way", "again"), ("from_batch", from.as_str()), ("day", "2026-11-26"), ("deduction", "plain")];
    let copy = made(&mut hanako, &again, "").await.location().to_owned();
    let shown = hanako.get(&copy).await;
    assert_eq!(shown.fields("row_amount"), [sent], "{}", shown.body);
    let (seen, number) = (shown.value("seen"), shown.fields("number").remove(0));
    let removed = submit(
        &mut hanako,
        &copy,
        &[("seen", &seen), ("action", "remove"), (&format!("row-{number}"), "on")],
    )
    .await;
    assert_eq!(removed.location(), copy, "{}", removed.body);
    assert_eq!(hanako.get(&copy).await.fields("rows"), ["0"]);
    let seen = hanako.get(&copy).await.value("seen");
    let gone = submit(&mut hanako, &copy, &[("seen", &seen), ("action", "discard")]).await;
    assert_eq!(gone.location(), "/bulk");

    let closed = made(&mut hanako, &[("day", "2026-11-28")], "").await;
    assert_eq!(code(&closed), "D-106", "a Saturday: {}", closed.body);
    let nobody = Rights::none().with(Business::Transfer, &world.accounts);
    add_user(&world.bank, world.contract, "saburo01", Role::General, nobody).await;
    let mut saburo = signed_in(&world, "saburo01").await;
    assert_eq!(saburo.get(&batch).await.status, StatusCode::FORBIDDEN);
}

fn header() -> transfer::Header {
    transfer::Header {
        kind: Digits::of("21").unwrap(),
        originator: Digits::of("1").unwrap(),
        originator_name: Name::of_bytes(b"MIHON").unwrap(),
        day: Digits::of("1125").unwrap(),
        bank: Digits::of("9999").unwrap(),
        branch: Digits::of("100").unwrap(),
        account_kind: Code(b'1'),
        number: Digits::of("1234567").unwrap(),
        ..transfer::Header::default()
    }
}

fn line() -> transfer::Line {
    transfer::Line {
        bank: Digits::of("0125").unwrap(),
        branch: Digits::of("100").unwrap(),
        account_kind: Code(b'1'),
        number: Digits::of("7654321").unwrap(),
        name: Name::of_bytes(b"AOBA").unwrap(),
        amount: Number::of(1_000).unwrap(),
        newness: Code(b'1'),
        ..transfer::Line::default()
    }
}

/// The same as two payments of pain.001, one of them with lines of EDI.
fn message() -> String {
    let payment = |number: &str, edi: &[&str]| pain001::Payment {
        end_to_end: number.to_owned(),
        line: line(),
        to_bank: ":       :0000".to_owned(),
        edi: edi.iter().map(|line| (*line).to_owned()).collect(),
    };
    let message = pain001::Message {
        id: "MSG-1".to_owned(),
        created: "2026-11-24T10:00:00".to_owned(),
        batch: "BATCH-1".to_owned(),
        day: "2026-11-25".parse().unwrap(),
        header: header(),
        payments: vec![payment("E2E-1", &["Content-Type: text/xml", "PFNaRURJPg=="]), payment("E2E-2", &[])],
    };
    String::from_utf8(pain001::write(&message).unwrap()).unwrap()
}

/// A file of so many transfers of 1,000 yen.
pub fn file(count: usize) -> String {
    let (header, line) = (header(), line());
    let rules = Rules {
        today: "2026-11-24".parse().unwrap(),
        tolerance: Tolerance::default(),
        directory: None,
        lines_max: count,
        findings_max: 5,
    };
    let (mut writer, mut bytes) = Writer::begin(Transfers, rules, &header).unwrap();
    for _ in 0..count {
        bytes.extend(writer.line(&line).unwrap());
    }
    bytes.extend(writer.end().unwrap());
    String::from_utf8(bytes).unwrap()
}

/// Proves R56, R116, R117.
async fn an_outside_file_costs_a_one_time_password_and_the_same_one_again_is_told(test: TestDatabase) {
    let (world, _, mut jiro) = world(test).await;
    add_user(&world.bank, world.contract, "master1", Role::Master, Rights::none()).await;
    let right = file(3);
    let without = upload(&mut jiro, "/bulk/file", &[], &right).await;
    assert_eq!(code(&without), "T-100", "{}", without.body);
    for (text, fault) in [
        (right.replacen("8000003000000003000", "8000003000000003001", 1), "データの金額の合計と合いません"),
        (right.replacen("      \r\n", "     \r\n", 1), "バイト"),
        ("<?xml version=\"1.0\"?><a/>".to_owned(), "決められた値ではありません"),
        (message().replacen("<CtrlSum>2000<", "<CtrlSum>2001<", 1), "データの金額の合計と合いません"),
    ] {
        let otp = fresh(&world, TOKEN).await;
        let refused = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], &text).await;
        assert_eq!(code(&refused), "D-107", "{}", refused.body);
        assert!(refused.fields("what").concat().contains(fault), "{fault}: {:?}", refused.fields("what"));
    }
    assert_eq!(batches(&world).await, 0, "nothing was taken in");
    let otp = fresh(&world, TOKEN).await;
    let sent = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], &right).await;
    let shown = jiro.get(sent.location()).await;
    assert_eq!(shown.fields("rows"), ["3"], "{} {}", sent.body, shown.body);
    let told = subjects(&world).await;
    assert!(told.iter().any(|subject| subject.ends_with("外部ファイルを受け付けました")), "{told:?}");
    let otp = fresh(&world, TOKEN).await;
    let twice = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], &right).await;
    assert_eq!(code(&twice), "D-108", "{}", twice.body);
    assert!(twice.body.contains("経理 jiro01さんが送信し"), "{}", twice.body);
    let knowing = [("one_time_password", otp.as_str()), ("again", "on")];
    let again = upload(&mut jiro, "/bulk/file", &knowing, &right).await;
    assert!(again.location().starts_with("/bulk/"), "{}", again.body);
    assert_eq!(batches(&world).await, 2);
}

/// 一般ファイル伝送 is given account by account, and the file says which account it debits.
///
/// Proves R116.
async fn a_file_debits_only_accounts_that_files_may_be_sent_for(test: TestDatabase) {
    let (world, _, mut jiro) = world(test).await;
    let other = "DELETE FROM user_right WHERE business = 'file_transfer' AND account = 1001";
    execute!(world.bank.database, other).unwrap();
    let otp = fresh(&world, TOKEN).await;
    let refused = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], &file(3)).await;
    assert!(refused.location().is_empty(), "{}", refused.location());
    assert_eq!(batches(&world).await, 0, "{}", refused.body);
}

/// pain.001 becomes a batch whose EDI stays byte for byte, also where a row is mended, and pain.002 answers it.
///
/// Proves R116, R117.
async fn a_message_with_edi_is_taken_whole_and_answered(test: TestDatabase) {
    let (world, _, mut jiro) = world(test).await;
    let otp = fresh(&world, TOKEN).await;
    let sent = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], &message()).await;
    let batch = sent.location().to_owned();
    assert!(batch.starts_with("/bulk/"), "{}", sent.body);
    let shown = jiro.get(&batch).await;
    assert_eq!(shown.fields("rows"), ["2"], "{}", shown.body);
    let edit = format!("{batch}/rows/1");
    let row = jiro.get(&edit).await;
    let seen = row.value("seen");
    let typed = [
        ("seen", seen.as_str()),
        ("cell-0", "0125"),
        ("cell-2", "100"),
        ("cell-4", "普通"),
        ("cell-5", "7654321"),
        ("cell-6", "アオバ"),
        ("cell-7", "1500"),
    ];
    let saved = submit(&mut jiro, &edit, &typed).await;
    assert!(saved.location().starts_with(&batch), "{} {}", saved.status, saved.body);
    let sql = "SELECT attached FROM bulk_row ORDER BY number LIMIT 1";
    let kept: Vec<u8> = read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    let kept = String::from_utf8(kept).unwrap();
    assert!(kept.contains("Content-Type: text/xml") && kept.contains("PFNaRURJPg=="), "{kept}");
    let answer = jiro.get(&format!("{batch}/result")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(
        answer.body.contains("<OrgnlEndToEndId>E2E-2</OrgnlEndToEndId>")
            && answer.body.contains("<TxSts>ACCP</TxSts>"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("<OrgnlMsgId>MSG-1</OrgnlMsgId>"), "{}", answer.body);
}

pub async fn batches(world: &World) -> i64 {
    let sql = "SELECT count(*) FROM bulk_batch WHERE version > 0";
    read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
}

/// Proves R119, R120, R121.
async fn a_batch_is_taken_back_or_sent_back_before_its_approval_and_is_not_cancelled_after_it(
    test: TestDatabase,
) {
    let (world, mut hanako, mut jiro) = world(test).await;
    let text = format!("{HEAD}125,100,普通,1,ミホン,30000\n");
    let batch = made(&mut hanako, &[("way", "csv")], &text).await.location().to_owned();
    let request = ask(&mut hanako, &batch).await;
    let taken = submit(&mut hanako, &batch, &[("action", "withdraw")]).await;
    assert_eq!(taken.location(), batch, "{}", taken.body);
    assert_eq!(hanako.get(&batch).await.fields("state")[0], "引戻し");
    assert_eq!(ask(&mut hanako, &batch).await, request, "the same request, once more");
    let shown = jiro.get(&request).await;
    assert_eq!(press(&mut jiro, &request, &shown, "return").await.location(), request);
    let back = hanako.get(&batch).await;
    assert_eq!(back.fields("state")[0], "差戻し");
    assert!(back.body.contains("金額を確かめてください"), "{}", back.body);
    ask(&mut hanako, &batch).await;
    // the cut-off of the day: noon of the business day before
    let noon = Timestamp::parse_rfc3339("2026-11-24T12:00:00+09:00").unwrap();
    world.clock.advance_seconds(noon.seconds_since(world.clock.now()));
    let (mut hanako, mut jiro) = (world.signed_in().await, signed_in(&world, "jiro01").await);
    let late = jiro.get(&request).await;
    assert!(!late.body.contains("value=\"approve\""), "{}", late.body);
    world.bank.bulk.look(&world.bank.contracts).await.unwrap();
    assert_eq!(hanako.get(&batch).await.fields("state")[0], "期限切れ");
    let home = hanako.get("/home").await;
    assert_eq!(home.fields("batch"), ["期限切れ"], "{}", home.body);
    assert!(hanako.get("/activity").await.body.contains("期限切れ"));
    assert!(subjects(&world).await.iter().any(|subject| subject.ends_with("総合振込は期限切れになりました")));
}

/// The mails about batches, written once however often the feed is begun anew.
pub async fn subjects(world: &World) -> Vec<String> {
    let feed = BatchFeed::new(world.bank.bulk.clone(), world.bank.contracts.clone());
    while feed.step().await.unwrap() {}
    let sql = "SELECT subject FROM mail ORDER BY at_us, id";
    let read = async || read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_all(c).await).unwrap();
    let subjects: Vec<String> = read().await;
    execute!(world.bank.database, "UPDATE mail_position SET position = 0 WHERE feed = 'bulk'").unwrap();
    while feed.step().await.unwrap() {}
    let again: Vec<String> = read().await;
    assert_eq!(again, subjects);
    subjects
}

/// A batch of the world's contract with a row.
pub async fn anybodys(world: &World) -> domain::BatchId {
    let heading = bulk::Heading {
        kind: bulk::Kind::Transfers,
        route: bulk::Route::Type2,
        account: world.accounts[0],
        from: domain::AccountRef {
            bank: "9999".parse().unwrap(),
            branch: "100".parse().unwrap(),
            kind: domain::AccountKind::Ordinary,
            number: "1234567".parse().unwrap(),
        },
        originator: String::new(),
        name: "ﾐﾎﾝ".to_owned(),
        day: DAY.parse().unwrap(),
        month: None,
        deduction: None,
        title: String::new(),
        file: None,
    };
    let mut upload = world.bank.bulk.begin(world.contract, world.hanako, heading).await.unwrap();
    upload.add([bulk::NewRow::of([b' '; 120])]).await.unwrap();
    upload.finish(world.contract, "test").await.unwrap().id
}
