//! What a slip says beside its numbers: the amount, the day, the charge for being late, and who paid it already.

use database::testing::{TestDatabase, sqlite};
use domain::Yen;
use http::StatusCode;
use internet_banking::contracts::{Rights, Role};

use crate::payeasy_entry::{Entry, bill, code};
use crate::support::{Browser, PASSWORD, Page, World, add_user};

database::on_both!(
    an_amount_that_is_not_the_collectors_stops_with_the_collectors_amount,
    a_bill_that_the_contract_has_paid_itself_leads_to_that_payment,
);

const RADIO: &str = "00300";

async fn ask(
    browser: &mut Browser,
    entry: &Entry,
    (customer, confirmation): (&str, &str),
    amount: &str,
) -> Page {
    let csrf = browser.get(&entry.page("numbers")).await.token();
    let form = [
        ("csrf", csrf.as_str()),
        ("customer_number", customer),
        ("confirmation_number", confirmation),
        ("amount", amount),
    ];
    browser.post(&entry.page("numbers"), &form).await
}

/// C23: the amount of the slip may be typed; a difference stops, and the collector's amount governs.
///
/// Proves R104.
async fn an_amount_that_is_not_the_collectors_stops_with_the_collectors_amount(test: TestDatabase) {
    let (world, _network) = World::connected(test).await;
    let mut browser = world.signed_in().await;
    let overdue = ("30026050001122334", "8842");
    let entry = Entry::begin(&mut browser, RADIO).await;
    let page = ask(&mut browser, &entry, overdue, "18,421").await;
    assert_eq!((page.status, code(&page)), (StatusCode::UNPROCESSABLE_ENTITY, "P-209".to_owned()));
    assert!(page.body.contains("収納機関の請求金額は 18,420 円です。"), "{}", page.body);
    let page = ask(&mut browser, &entry, overdue, "18,420ドル").await;
    assert_eq!(code(&page), "P-100");
    // as billed; as printed before the charge for being late came to it; left out
    for amount in ["18,420", "１８０００", ""] {
        let page = ask(&mut browser, &entry, overdue, amount).await;
        assert_eq!(page.location(), entry.page("bills"), "{amount}");
    }
    let bills = browser.get(&entry.page("bills")).await;
    assert_eq!(bills.fields("amount"), ["18,420"]);
}

#[tokio::test]
async fn of_several_bills_the_chosen_one_has_the_slips_amount() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry =
        Entry::answered(&world, &mut browser, "00500", &[bill("B1", 10_000), bill("B2", 20_000)]).await;
    database::execute!(world.bank.database, "UPDATE payeasy_draft SET printed = 10000").unwrap();
    let page = entry.choose(&mut browser, "B2", 1_002).await;
    assert_eq!((page.status, code(&page)), (StatusCode::UNPROCESSABLE_ENTITY, "P-209".to_owned()));
    assert!(page.body.contains("選ばれた請求は 20,000 円で"), "{}", page.body);
    assert_eq!(browser.get(&entry.page("review")).await.location(), entry.page("bills"), "nothing is chosen");
    assert_eq!(entry.choose(&mut browser, "B1", 1_002).await.location(), entry.page("review"));
}

/// The payment of a colleague is told of, and shown only to those who may use its account.
async fn a_bill_that_the_contract_has_paid_itself_leads_to_that_payment(test: TestDatabase) {
    let (world, _network) = World::connected(test).await;
    let mut hanako = world.signed_in().await;
    let numbers = ("30026110004567890", "7315");
    let entry = Entry::begin(&mut hanako, RADIO).await;
    ask(&mut hanako, &entry, numbers, "").await;
    assert_eq!(entry.pay(&mut hanako, "RAD-0001", 1_002).await.location(), entry.page("result"));
    let again = Entry::begin(&mut hanako, RADIO).await;
    let page = ask(&mut hanako, &again, numbers, "").await;
    assert_eq!(code(&page), "P-203");
    assert!(page.body.contains("ご契約の払込履歴にあります"), "{}", page.body);
    let (_, link) = page.body.split_once("<a href=\"/payeasy/payments/").expect("a link to the payment");
    let payment = hanako.get(&format!("/payeasy/payments/{}", link.split('"').next().unwrap())).await;
    assert!(payment.body.contains("電波利用料"), "{}", payment.body);

    add_user(&world.bank, world.contract, "taro01", Role::General, Rights::all(&world.accounts[..1])).await;
    let mut taro = world.browser();
    taro.sign_in("taro01", PASSWORD).await;
    let entry = Entry::begin(&mut taro, RADIO).await;
    let page = ask(&mut taro, &entry, numbers, "").await;
    assert!(page.body.contains("ご契約の払込履歴にあります"), "{}", page.body);
    assert!(!page.body.contains("/payeasy/payments/"), "not from an account of his");
    // paid by another way
    let entry = Entry::begin(&mut taro, RADIO).await;
    let page = ask(&mut taro, &entry, ("30026060002233445", "1199"), "").await;
    assert_eq!(code(&page), "P-203");
    assert!(!page.body.contains("ご契約の払込履歴にあります"), "{}", page.body);
}

#[tokio::test]
async fn a_late_bill_says_so_with_the_charge_by_its_own_name() {
    let (world, _network) = World::connected(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, "00120").await;
    ask(&mut browser, &entry, ("1102611230000889", "903345"), "").await;
    let bills = browser.get(&entry.page("bills")).await;
    entry.choose(&mut browser, "CUS-0003", 1_002).await;
    let review = entry.review(&mut browser).await;
    for page in [&bills, &review] {
        assert!(page.body.contains("うち延滞税 1,300 円"), "{}", page.body);
        assert_eq!(page.fields("overdue"), ["納期限経過"]);
    }
}

#[tokio::test]
async fn the_large_figure_is_what_leaves_the_account() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let with_fee = domain::Bill { fee: Yen::new(110), ..bill("P1", 700) };
    let entry = Entry::answered(&world, &mut browser, "99022", &[with_fee]).await;
    entry.choose(&mut browser, "P1", 1_002).await;
    let review = entry.review(&mut browser).await;
    let figures = ["total", "amount", "fee"].map(|name| review.fields(name));
    assert_eq!(figures, [vec!["810"], vec!["700"], vec!["110"]]);
    assert!(review.body.contains("引き落とし金額(手数料を含む)"), "{}", review.body);
    assert!(review.body.contains("<dt>お支払い期限</dt>"), "a private collector's word: {}", review.body);
}

#[tokio::test]
async fn an_el_number_keeps_its_names_to_the_end() {
    let (world, _network) = World::connected(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, "13800").await;
    let numbers = browser.get(&entry.page("numbers")).await;
    assert!(numbers.body.contains("href=\"/payeasy/el\""), "the way to the form of its own");
    let csrf = browser.get("/payeasy/el").await.token();
    let wrong = browser.post("/payeasy/el", &[("csrf", &csrf), ("body", "0410"), ("amount", "x")]).await;
    assert_eq!(code(&wrong), "P-100");
    for words in [
        "共通納税機関コードは 5 けたです。",
        "案件特定キーを入力してください。",
        "確認番号を入力してください。",
        "税目・料金番号を入力してください。",
        "金額は数字で入力してください。",
    ] {
        assert!(wrong.body.contains(words), "{words} in {}", wrong.body);
    }
    let mut form = vec![
        ("csrf", csrf.as_str()),
        ("body", "04100"),
        ("key", "00000209900000000001"),
        ("confirmation_number", "123456"),
        ("item", "001"),
        ("amount", "12,000"),
    ];
    let differs = browser.post("/payeasy/el", &form).await;
    assert_eq!(code(&differs), "P-209");
    form.pop();
    let found = browser.post("/payeasy/el", &form).await;
    let entry = Entry(found.location().strip_suffix("/bills").expect("the bills").to_owned());
    entry.choose(&mut browser, "ELT-0001", 1_002).await;
    let review = entry.review(&mut browser).await;
    for name in ["共通納税機関コード", "案件特定キー", "税目・料金番号"] {
        assert!(review.body.contains(&format!("<dt>{name}</dt>")), "{name} in {}", review.body);
    }
    assert!(!review.body.contains("<dt>納付区分</dt>"), "{}", review.body);
}
