//! 入力方式: a taxpayer who has registered nothing makes up the 納付目的コード and types the amount.

use database::testing::{TestDatabase, sqlite};
use http::StatusCode;

use crate::payeasy_entry::{Entry, code};
use crate::support::{Browser, Page, World};

database::on_both!(a_tax_that_was_not_registered_is_paid_by_choices_and_again);

const TAX: &str = "00200";
const CUSTOMER: &str = "2013-0001-2345-6789";
const CONFIRMATION: &str = "246810";
const WORDS: &str = "法人税 確定申告 令和8年4月1日に始まる課税期間分";

async fn send(browser: &mut Browser, entry: &Entry, page: &str, form: &[(&str, &str)]) -> Page {
    let csrf = browser.get(&entry.page(page)).await.token();
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(form);
    browser.post(&entry.page(page), &all).await
}

async fn make_up(browser: &mut Browser, entry: &Entry) {
    let page = send(browser, entry, "purpose", &[("action", "tax"), ("tax", "030")]).await;
    assert_eq!(page.location(), entry.page("period"));
    let first = [("kind", "4"), ("era", "5"), ("year", "8"), ("month", "4"), ("day", "1")];
    let page = send(browser, entry, "period", &first).await;
    assert_eq!(page.location(), entry.page("amount"), "{}", page.body);
}

async fn ask(browser: &mut Browser, entry: &Entry, confirmation: &str, amount: &str) -> Page {
    let shown = browser.get(&entry.page("amount")).await.value("purpose_code");
    ask_of(browser, entry, &shown, confirmation, amount).await
}

/// The same from a page that showed this code.
async fn ask_of(browser: &mut Browser, entry: &Entry, code: &str, confirmation: &str, amount: &str) -> Page {
    let form = [
        ("purpose_code", code),
        ("customer_number", CUSTOMER),
        ("confirmation_number", confirmation),
        ("amount", amount),
    ];
    send(browser, entry, "amount", &form).await
}

/// The page that pays the newest payment again.
async fn result_link(browser: &mut Browser) -> String {
    let history = browser.get("/payeasy/history").await;
    let (_, rest) = history.body.split_once("href=\"/payeasy/payments/").expect("a payment");
    format!("/payeasy/payments/{}/again", rest.split('"').next().unwrap())
}

/// Proves R104.
async fn a_tax_that_was_not_registered_is_paid_by_choices_and_again(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, TAX).await;
    let numbers = browser.get(&entry.page("numbers")).await;
    assert!(numbers.body.contains(&entry.page("purpose")), "the other method is offered: {}", numbers.body);
    let choice = browser.get(&entry.page("purpose")).await;
    for words in ["源泉所得税、相続税", "登録免許税等", "届出が必要です", "地方法人税"]
    {
        assert!(choice.body.contains(words), "{words}: {}", choice.body);
    }
    make_up(&mut browser, &entry).await;
    let amount = browser.get(&entry.page("amount")).await;
    assert_eq!([amount.fields("purpose"), amount.fields("purpose_code")], [[WORDS], ["0304 5080 401"]]);
    // an amount that was meant for another tax is not asked about
    let outdated = ask_of(&mut browser, &entry, "0304 5070 401", CONFIRMATION, "3000").await;
    assert_eq!(code(&outdated), "P-503");
    // wrong numbers count as everywhere, and the amount is needed
    let page = ask(&mut browser, &entry, "111111", "3000").await;
    assert_eq!(code(&page), "P-201");
    let page = ask(&mut browser, &entry, "12", "").await;
    assert_eq!(code(&page), "P-100");
    assert!(
        page.body.contains("金額を入力してください。") && page.body.contains("いま 2 けた"),
        "{}",
        page.body
    );
    for paid in 1..=2 {
        let entry = match paid {
            1 => Entry(entry.0.clone()),
            _ => Entry::begin(&mut browser, TAX).await,
        };
        make_up(&mut browser, &entry).await;
        let page = ask(&mut browser, &entry, CONFIRMATION, "12,300円").await;
        assert_eq!(page.location(), entry.page("bills"), "{}", page.body);
        let bills = browser.get(&entry.page("bills")).await;
        assert_eq!(bills.fields("amount"), ["12,300"]);
        assert!(bills.body.contains(WORDS) && bills.body.contains(&entry.page("amount")), "{}", bills.body);
        entry.choose(&mut browser, "P03045080401", 1_002).await;
        let review = entry.review(&mut browser).await;
        for words in [WORDS, "納付目的コード", "0304 5080 401", "12,300 円を払い込む", &entry.page("amount")]
        {
            assert!(review.body.contains(words), "{words}: {}", review.body);
        }
        assert_eq!(review.body.contains("重ねて払い込みます"), paid == 2, "the second is asked about");
        assert_eq!(entry.pay(&mut browser, "P03045080401", 1_002).await.location(), entry.page("result"));
        let result = browser.get(&entry.page("result")).await;
        assert!(result.body.contains("data-state=\"accepted\"") && result.body.contains(WORDS));
    }
    // again: the choices are filled in, and the period may be changed
    let link = result_link(&mut browser).await;
    let page = browser.get(&link).await;
    assert!(page.body.contains("課税期間、確認番号、金額"), "{}", page.body);
    let csrf = page.token();
    let begun = browser.post(&link, &[("csrf", &csrf), ("action", "pay")]).await;
    let again = Entry(begun.location().strip_suffix("/period").expect("the period's page").to_owned());
    assert!(browser.get(&again.page("period")).await.body.contains("name=\"year\" value=\"8\""));
    let amount = browser.get(&again.page("amount")).await;
    assert_eq!(amount.fields("purpose"), [WORDS]);
    assert!(amount.body.contains("value=\"2013 0001 2345 6789\""), "{}", amount.body);
    let booked = network.clearings(TAX).await;
    let amounts: Vec<_> = booked.iter().map(|one| one["amount"].as_i64().unwrap()).collect();
    assert_eq!(amounts, [12_300, 12_300]);
}

#[tokio::test]
async fn a_printed_code_is_explained_wherever_it_is_typed_and_its_wrong_parts_are_named_at_once() {
    let (world, _network) = World::connected(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, TAX).await;
    for page in ["period", "amount"] {
        assert_eq!(browser.get(&entry.page(page)).await.location(), entry.page("purpose"));
    }
    let wrong = [
        "税目番号「999」(1〜3けた目)の税は、入力方式では払い込めません。",
        "元号「9」(5けた目)はありません。",
        "13 月(8〜9けた目)はありません。",
    ];
    let page = send(&mut browser, &entry, "purpose", &[("action", "code"), ("code", "9994-9081-301")]).await;
    assert_eq!((page.status, code(&page)), (StatusCode::UNPROCESSABLE_ENTITY, "P-100".to_owned()));
    assert!(wrong.iter().all(|words| page.body.contains(words)), "{}", page.body);
    let page = send(&mut browser, &entry, "purpose", &[("action", "tax")]).await;
    assert!(page.body.contains("税目を選んでください。"), "{}", page.body);
    let page = send(&mut browser, &entry, "purpose", &[("action", "code"), ("code", "0304 5080 401")]).await;
    assert_eq!(page.location(), entry.page("amount"));
    assert_eq!(browser.get(&entry.page("amount")).await.fields("purpose"), [WORDS]);
    // its choices, to be changed
    let period = browser.get(&entry.page("period")).await;
    for typed in ["name=\"year\" value=\"8\"", "name=\"month\" value=\"4\"", "value=\"4\" checked"] {
        assert!(period.body.contains(typed), "{typed}: {}", period.body);
    }
    let page = send(&mut browser, &entry, "period", &[("era", "5"), ("year", "0"), ("month", "13")]).await;
    for words in ["申告区分を選んでください。", "日を入力してください。"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    // where 納付区分 belongs, it is known by its digits
    let entry = Entry::begin(&mut browser, TAX).await;
    let form = |category| [("customer_number", "1"), ("payment_category", category)];
    let page = send(&mut browser, &entry, "numbers", &form("99949081301")).await;
    assert!(wrong.iter().all(|words| page.body.contains(words)), "{}", page.body);
    assert!(page.body.contains("納付番号は 16 けたです。"), "with the rest: {}", page.body);
    let page = send(&mut browser, &entry, "numbers", &form("3204507")).await;
    assert_eq!(page.location(), entry.page("amount"));
    let words = "申告所得税及復興特別所得税 確定申告 令和7年分";
    assert_eq!(browser.get(&entry.page("amount")).await.fields("purpose"), [words]);
}

#[tokio::test]
async fn the_entry_method_is_the_tax_agencys_alone() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let entry = Entry::begin(&mut browser, "04100").await;
    assert!(!browser.get(&entry.page("numbers")).await.body.contains("入力方式"));
    for page in ["purpose", "period", "amount"] {
        assert_eq!(browser.get(&entry.page(page)).await.location(), entry.page("numbers"));
    }
}
