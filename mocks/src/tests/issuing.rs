//! What each institution's site issues: numbers, amounts, days, late charges, and what becomes of an overdue bill.

use domain::ResponseCode;

use super::hub::{Hub, at};
use super::sites::{Slip, act, get};

/// The answer to an inquiry with a bill's numbers: the bills, or why there is none.
async fn answered(hub: &Hub, number: &str, slip: &Slip) -> (String, Vec<i64>) {
    let answer = slip.inquire(hub, number).await;
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let amounts = text.split("<Amount>").skip(1).map(|rest| rest.split('<').next().unwrap().parse().unwrap());
    (answer.code(), amounts.collect())
}

async fn code(hub: &Hub, number: &str, slip: &Slip) -> String {
    answered(hub, number, slip).await.0
}

fn refused(code: ResponseCode) -> String {
    code.as_str().to_owned()
}

fn set(hub: &Hub, day: &str) {
    hub.clock.set_offset_us(at(&format!("{day}T10:00:00+09:00")).micros());
}

/// Proves R99.
#[tokio::test]
async fn a_return_gets_a_category_that_is_valid_for_two_months() {
    let hub = Hub::start().await;
    let slip = act(&hub, "00200", "return", &[("amount", "684,250")]).await;
    assert_eq!((slip.customer.as_str(), slip.confirmation.as_str()), ("2013000123456789", "246810"));
    assert!(slip.category.len() == 10 && slip.category.starts_with("7026"), "{}", slip.category);
    assert_eq!(slip.amount(), 684_200, "cut to hundreds");
    assert!(slip.text.contains("令和8年11月30日(月)") && slip.text.contains("令和9年1月24日(日)"));
    // the taxpayer's number stays, the category tells one return from another
    let second = act(&hub, "00200", "return", &[]).await;
    assert_eq!((&second.customer, second.category == slip.category), (&slip.customer, false));
    assert_eq!(answered(&hub, "00200", &slip).await.1, [684_200]);
    // a Friday: the last day is a Sunday, on which e-Tax is closed
    set(&hub, "2027-01-22");
    assert_eq!(code(&hub, "00200", &slip).await, "0000");
    set(&hub, "2027-01-25");
    assert_eq!(code(&hub, "00200", &slip).await, refused(ResponseCode::Expired));
    assert_eq!(Slip::open(&hub, &slip.path).await.state(), "expired");
}

/// Proves R99.
#[tokio::test]
async fn an_application_has_its_fee_and_is_refused_after_its_day() {
    let hub = Hub::start().await;
    let slip = act(&hub, "00100", "application", &[("kind", "1")]).await;
    assert_eq!((slip.amount(), slip.customer.len(), slip.category.as_str()), (90_000, 16, ""));
    set(&hub, "2026-12-09");
    assert_eq!(code(&hub, "00100", &slip).await, refused(ResponseCode::Expired));
}

/// Proves R99.
#[tokio::test]
async fn an_amended_customs_declaration_is_paid_with_its_late_charge() {
    let hub = Hub::start().await;
    let slip = act(&hub, "00120", "amended", &[("month", "2026-07"), ("amount", "374,000")]).await;
    // 370,000 yen from 31 July: 61 days at 2.8 %, 55 days at 9.1 %: 6,804
    assert_eq!(slip.amount(), 374_000 + 6_800);
    assert!(slip.text.contains("うち延滞税 6,800円"), "{}", slip.text);
    assert!(slip.text.contains("本日お支払いになる場合の金額"), "{}", slip.text);
    let found = slip.inquire(&hub, "00120").await;
    assert_eq!(found.field("Amount").unwrap(), "380800");
    assert_eq!(found.field("LateCharge").unwrap(), "6800");
    assert_eq!(found.field("ClearBy").unwrap(), "2026-11-24", "the amount is today's");
    assert_eq!(slip.pay(&hub, "00120", 7, &found).await, "0000");
    // what was paid stays as it was on that day
    set(&hub, "2027-03-01");
    assert_eq!(Slip::open(&hub, &slip.path).await.amount(), 380_800);
}

/// Proves R99.
#[tokio::test]
async fn a_radio_fee_grows_after_its_day_and_stays_payable() {
    let hub = Hub::start().await;
    let slip = act(&hub, "00300", "fee", &[("kind", "1"), ("count", "10")]).await;
    assert_eq!(slip.amount(), 29_700);
    assert!(slip.text.contains("納期限を過ぎると、延滞金が加わります。"));
    set(&hub, "2027-01-04");
    assert_eq!(answered(&hub, "00300", &slip).await.1, [29_700], "due on the first business day of the year");
    set(&hub, "2027-02-03");
    // 30 days at 14.5 %: 353.9
    assert_eq!(answered(&hub, "00300", &slip).await.1, [30_053]);
    set(&hub, "2028-01-04");
    assert_eq!(answered(&hub, "00300", &slip).await.1, [29_700 + 4_306]);
    let shown = Slip::open(&hub, &slip.path).await;
    assert_eq!((shown.amount(), shown.state()), (34_006, "payable"));
}

/// Proves R99.
#[tokio::test]
async fn labour_insurance_is_issued_in_three_instalments_with_numbers_of_their_own() {
    let hub = Hub::start().await;
    let slip = act(&hub, "00400", "instalments", &[("wages", "36,104,100")]).await;
    let mut found = Vec::new();
    for path in slip.others() {
        let one = Slip::open(&hub, &path).await;
        assert_eq!(code(&hub, "00400", &one).await, "0000", "overdue ones stay payable");
        found.push((one.amount(), one.customer.clone()));
    }
    let sum: i64 = found.iter().map(|(amount, _)| amount).sum();
    assert_eq!((found.len(), sum), (3, 36_104_100 * 155 / 10_000));
    assert!(found[0].0 >= found[1].0 && found[1].0 == found[2].0, "the first takes the rest: {found:?}");
    assert!(found[0].1 != found[1].1 && found[1].1 != found[2].1, "{found:?}");
    assert!(slip.text.contains("令和8年7月10日") && slip.text.contains("令和9年2月1日"), "{}", slip.text);
}

/// Proves R99.
#[tokio::test]
async fn only_the_national_pension_has_its_two_years() {
    let hub = Hub::start().await;
    // October 2024 was due on 2 December 2024
    let within = act(&hub, "00500", "kokumin", &[("month", "2024-10")]).await;
    assert_eq!((within.state(), within.amount()), ("payable", 17_920));
    let over = act(&hub, "00500", "kokumin", &[("month", "2024-09")]).await;
    assert_eq!(over.state(), "expired");
    assert_eq!(code(&hub, "00500", &over).await, refused(ResponseCode::Expired));
    set(&hub, "2026-12-02");
    assert_eq!(code(&hub, "00500", &within).await, "0000");
    set(&hub, "2026-12-03");
    assert_eq!(code(&hub, "00500", &within).await, refused(ResponseCode::Expired));
    for service in ["kosei", "senin"] {
        let slip = act(&hub, "00500", service, &[("month", "2026-11")]).await;
        assert!(slip.text.contains("令和9年1月4日(月)"), "the end of the next month: {}", slip.text);
        set(&hub, "2029-12-03");
        assert_eq!(code(&hub, "00500", &slip).await, "0000");
        set(&hub, "2026-12-03");
    }
}

#[tokio::test]
async fn several_months_share_a_number_and_are_chosen_at_the_bank() {
    let hub = Hub::start().await;
    let slip = act(&hub, "00500", "unpaid", &[]).await;
    assert_eq!(slip.others().len(), 3);
    assert_eq!(answered(&hub, "00500", &slip).await.1, [17_920; 3]);
    let found = slip.inquire(&hub, "00500").await;
    assert_eq!(slip.pay(&hub, "00500", 3, &found).await, "0000");
    assert_eq!(answered(&hub, "00500", &slip).await.1, [17_920; 2]);
}

/// Proves R101.
#[tokio::test]
async fn every_listed_local_tax_is_issued_with_its_three_digits() {
    let hub = Hub::start().await;
    for number in ["04000", "04100"] {
        let one = hub.mocks.collector(number).unwrap();
        let row = &one.institution;
        for charge in &row.charges {
            let service = one.site.services.iter().find(|it| it.charge.as_ref() == Some(&charge.name));
            let service = service.unwrap_or_else(|| panic!("{number} {}", charge.name));
            let slip = act(&hub, number, &service.id, &[]).await;
            let code = row.codes.iter().find(|code| code.code == slip.category);
            let code = code.unwrap_or_else(|| panic!("{number} {}: {}", service.id, slip.category));
            assert_eq!(code.charge, charge.name.trim_end_matches('等'));
        }
    }
}

#[tokio::test]
async fn an_assessed_tax_ends_on_its_day_and_a_declared_one_grows() {
    let hub = Hub::start().await;
    let hard = act(&hub, "04100", "keiji", &[]).await;
    let graceful = act(&hub, "04100", "hojin", &[("period", "2026-09"), ("amount", "212,600")]).await;
    assert!(hard.text.contains("納期限を過ぎると、この番号ではお支払いになれません。"));
    set(&hub, "2027-02-28");
    assert_eq!(code(&hub, "04100", &hard).await, refused(ResponseCode::Expired));
    // 212,000 yen from 30 November: 30 days at 2.8 %, 60 days at 9.1 %: 3,659
    assert_eq!(answered(&hub, "04100", &graceful).await.1, [212_600 + 3_600]);
}

#[tokio::test]
async fn the_number_of_an_el_number_ends_after_a_day() {
    let hub = Hub::start().await;
    let slip = act(&hub, "13800", "el", &[("city", "2"), ("tax", "1")]).await;
    assert_eq!((slip.category.as_str(), slip.customer.len()), ("00204207", 20));
    assert!(slip.text.contains("軽自動車税(種別割) 令和8年度 名取市"));
    set(&hub, "2026-11-25");
    assert_eq!(code(&hub, "13800", &slip).await, "0000");
    set(&hub, "2026-11-26");
    assert_eq!(code(&hub, "13800", &slip).await, refused(ResponseCode::Expired));
    let common = act(&hub, "13800", "common", &[]).await;
    assert_eq!((common.customer.as_str(), common.category.len()), ("24010800012345", 3));
}

/// Proves R102.
#[tokio::test]
async fn nineteen_private_sites_issue_what_their_rows_collect() {
    let hub = Hub::start().await;
    let private = |one: &&crate::mocks::Collector| {
        one.institution.kind == crate::institutions::Kind::Private
            && one.institution.number.as_str() != "99090"
    };
    let sites: Vec<_> = hub.mocks.collectors().iter().filter(private).collect();
    assert_eq!(sites.len(), 19);
    for one in sites {
        for charge in &one.institution.charges {
            let mut services = one.site.services.iter();
            let is_issued = services.any(|service| service.charge.as_ref() == Some(&charge.name));
            assert!(is_issued, "{} {}", one.institution.number, charge.name);
        }
    }
}

/// Proves R103.
#[tokio::test]
async fn a_collector_by_link_alone_shows_no_number_anywhere() {
    let hub = Hub::start().await;
    let slip = act(&hub, "99015", "repay", &[("amount", "45,000")]).await;
    let (_, json) = hub.json("GET", "/control/99015/bills", "").await;
    let made = &json["bills"][0];
    assert_eq!(made["amount"], 45_000);
    let customer = made["customer_number"].as_str().unwrap();
    let grouped: domain::CustomerNumber = customer.parse().unwrap();
    let path = slip.path.split('?').next().unwrap();
    for page in [path.to_owned(), format!("{path}/banks"), format!("{path}/banks/9999")] {
        let text = get(&hub, &page).await.text;
        assert!(!text.contains(customer) && !text.contains(&grouped.grouped()), "{page}");
        assert!(!text.contains("収納機関番号"), "{page}");
    }
    assert_eq!(get(&hub, "/sites/99015/lookup").await.status, http::StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_fee_is_the_rows_and_stands_on_the_bill() {
    let hub = Hub::start().await;
    for (service, fields, amount, fee) in [
        ("lease", [("item", "0")].as_slice(), 44_000, 220),
        ("lease", &[("item", "1")], 3_300, 110),
        ("cleaning", &[("work", "0"), ("count", "2")], 39_600, 220),
    ] {
        let slip = act(&hub, "99020", service, fields).await;
        assert_eq!(slip.amount(), amount + fee, "what the payer pays");
        let found = slip.inquire(&hub, "99020").await;
        assert_eq!(
            (found.field("Amount").unwrap(), found.field("Fee").unwrap()),
            (amount.to_string(), fee.to_string())
        );
    }
}

#[tokio::test]
async fn a_bill_appears_twenty_seconds_after_it_was_made() {
    let hub = Hub::start().await;
    let slip = act(&hub, "99023", "exam", &[]).await;
    assert_eq!(slip.state(), "appearing");
    assert!(!slip.text.contains("インターネットバンキングで支払う"), "{}", slip.text);
    assert_eq!(code(&hub, "99023", &slip).await, refused(ResponseCode::BillNotObtained));
    hub.clock.set_offset_us(at("2026-11-24T10:00:19+09:00").micros());
    assert_eq!(code(&hub, "99023", &slip).await, refused(ResponseCode::BillNotObtained));
    hub.clock.set_offset_us(at("2026-11-24T10:00:20+09:00").micros());
    assert_eq!(code(&hub, "99023", &slip).await, "0000");
    assert_eq!(Slip::open(&hub, &slip.path).await.state(), "payable");
}

#[tokio::test]
async fn betting_funds_are_for_the_day_and_an_insurance_ends_with_its_day() {
    let hub = Hub::start().await;
    let bet = act(&hub, "99017", "funds", &[]).await;
    let premium = act(&hub, "49001", "monthly", &[("month", "2026-12"), ("wage", "2"), ("age", "1")]).await;
    assert_eq!((premium.amount(), premium.text.contains("2026年12月10日(木)")), (37_120, true));
    set(&hub, "2026-11-25");
    assert_eq!(code(&hub, "99017", &bet).await, refused(ResponseCode::Expired));
    set(&hub, "2026-12-10");
    assert_eq!(code(&hub, "49001", &premium).await, "0000");
    set(&hub, "2026-12-11");
    assert_eq!(code(&hub, "49001", &premium).await, refused(ResponseCode::Expired));
}

#[tokio::test]
async fn a_life_premium_is_paid_until_the_end_of_the_next_month() {
    let hub = Hub::start().await;
    let slip = act(&hub, "99013", "premium", &[("month", "2026-10")]).await;
    assert_eq!(slip.others().len(), 2, "two contracts under one number");
    set(&hub, "2026-11-30");
    assert_eq!(answered(&hub, "99013", &slip).await.1, [86_400, 312_500]);
    set(&hub, "2026-12-01");
    assert_eq!(code(&hub, "99013", &slip).await, refused(ResponseCode::Expired));
}

#[tokio::test]
async fn agencies_have_several_shops_behind_one_number() {
    let hub = Hub::start().await;
    for number in ["99011", "99018", "99019", "99020", "99023", "99024", "99026", "99027"] {
        let site = &hub.mocks.collector(number).unwrap().site;
        let mut shops: Vec<_> = site.services.iter().map(|service| service.group.as_str()).collect();
        shops.dedup();
        assert!(shops.len() >= 2 && shops.iter().all(|shop| !shop.is_empty()), "{number}: {shops:?}");
        let home = get(&hub, &format!("/sites/{number}")).await.text;
        assert!(
            shops.iter().all(|shop| home.contains(&format!("<h2 class=\"shop\">{shop}</h2>"))),
            "{number}"
        );
    }
}
