//! The embedded list against the rules.

use super::super::{Directory, PayerFees, Receiver, SettlementTerms};
use super::*;

fn row<'a>(directory: &'a Directory, number: &str) -> &'a Collector {
    directory.get(&number.parse().unwrap()).unwrap_or_else(|| panic!("{number}"))
}

fn names(directory: &Directory, kind: Kind) -> Vec<&str> {
    let listed = directory.all().iter().filter(|row| !row.test_row && row.number.as_str() != "13800");
    listed.filter(|row| row.kind == kind).map(|row| row.name.as_str()).collect()
}

/// R99, R101, R102: names and order of the bank's list.
#[test]
fn the_twenty_seven_of_the_list_are_there_by_name() {
    let directory = Directory::embedded();
    assert_eq!(
        names(&directory, Kind::National),
        ["財務省会計センター", "財務省関税局", "国税庁", "総務省", "厚生労働省", "社会保険庁"]
    );
    assert_eq!(names(&directory, Kind::Local), ["宮城県", "仙台市"]);
    assert_eq!(
        names(&directory, Kind::Private),
        [
            "(株)ネットラスト",
            "トランスファーネット(株)",
            "地銀ネットワークサービス(株)(CNS)",
            "全国健康保険協会",
            "明治安田生命保険(相)",
            "住友生命保険(相)",
            "オリックス・クレジット(株)",
            "(株)日経BP",
            "オッズ・パーク(株)",
            "(株)NTTデータ・キュビット",
            "三菱UFJニコス(株)",
            "みずほファクター(株)",
            "(独)高齢・障害者雇用支援機構",
            "(株)ペイジェント",
            "(株)デジタルガレージ",
            "(株)CoolPat",
            "(株)ディノス",
            "三菱UFJファクター(株)",
            "SMBCファイナンスサービス(株)",
        ]
    );
    assert_eq!(directory.all().len(), 27 + 1 + 1);
    assert_eq!(row(&directory, "13800").name, "地方税共同機構");
    assert_eq!(directory.all().iter().filter(|row| row.test_row).count(), 1);
}

/// R99, R101: what can be paid, at the rows with the longest lists.
#[test]
fn charges_are_word_for_word() {
    let directory = Directory::embedded();
    assert_eq!(
        row(&directory, "00200").charges.join("、"),
        "源泉所得税、申告所得税、法人税、相続税、贈与税、消費税及び地方消費税、酒税、たばこ税及びたばこ特別税、\
         自動車重量税、印紙税、登録免許税等"
    );
    assert_eq!(
        row(&directory, "04100").charges.join("、"),
        "固定資産税・都市計画税、固定資産税(償却資産)、軽自動車税、個人市県民税(普通徴収)、市県民税(特徴退職分)、\
         法人市民税、事業所税、市たばこ税、鉱産税、入湯税等"
    );
}

/// R100.
#[test]
fn the_tax_agency_tells_of_the_prior_notification() {
    let directory = Directory::embedded();
    let notice = row(&directory, "00200").notice.clone().unwrap();
    assert!(notice.contains("税務署") && notice.contains("届出") && notice.contains("e-Tax"), "{notice}");
}

/// R103.
#[test]
fn orix_credit_is_reached_by_link_only() {
    let directory = Directory::embedded();
    let link_only: Vec<_> = directory.all().iter().filter(|row| !row.methods.online).collect();
    assert_eq!(link_only.len(), 1);
    assert_eq!(link_only[0].name, "オリックス・クレジット(株)");
    assert!(link_only[0].methods.link);
}

#[test]
fn the_working_rows_are_these() {
    let directory = Directory::embedded();
    let working: Vec<_> = directory.all().iter().filter(|r| r.available).map(|r| r.number.as_str()).collect();
    assert_eq!(working, ["00200", "00500", "04000", "04100", "99022", "99090"]);
}

/// C23: no institution of the list lets the payer type the amount.
#[test]
fn only_the_test_row_takes_a_typed_amount() {
    let directory = Directory::embedded();
    for row in directory.all() {
        assert_eq!(row.payer_types_amount, row.test_row, "{}", row.number);
    }
}

#[test]
fn the_tax_agency_takes_sixteen_six_and_ten_digits() {
    let directory = Directory::embedded();
    let numbers = &row(&directory, "00200").numbers;
    assert!(numbers.customer_number("2013-0001-2345-6789").is_ok());
    assert!(numbers.customer_number("201300012345678").is_err());
    assert!(numbers.confirmation_number("123456").is_ok());
    assert!(numbers.confirmation_number("12345").is_err());
    let category = numbers.category.as_ref().unwrap();
    assert!(category.category("7000001234").is_ok());
    assert!(category.category("700000123").is_err());
    assert_eq!(row(&directory, "00200").code, "00200000");
}

#[test]
fn a_renamed_institution_shows_both_names() {
    let directory = Directory::embedded();
    assert_eq!(row(&directory, "00500").shown_name(), "社会保険庁(現 厚生労働省年金局)");
    assert_eq!(row(&directory, "00200").shown_name(), "国税庁");
}

/// Taxes and treasury money by the receivers that the law names; private collectors within the network's standard.
#[test]
fn every_kind_has_its_terms_and_the_demo_bank_is_designated_twice() {
    let directory = Directory::embedded();
    for row in directory.all() {
        let SettlementTerms { receiver, lag_business_days, .. } = &row.settlement;
        match row.kind {
            Kind::National => assert_eq!((receiver, *lag_business_days), (&Receiver::BankOfJapan, 1)),
            Kind::Local => assert!(matches!(receiver, Receiver::DesignatedInstitution(_))),
            Kind::Private => {
                assert_eq!(receiver, &Receiver::Collector);
                assert!((2..=3).contains(lag_business_days), "{}", row.number);
            }
        }
    }
    let own = Receiver::DesignatedInstitution(Some("9999".parse().unwrap()));
    let designated = directory.all().iter().filter(|row| row.settlement.receiver == own);
    assert_eq!(designated.map(|row| row.name.as_str()).collect::<Vec<_>>(), ["宮城県", "仙台市"]);
    assert_eq!(row(&directory, "13800").settlement.receiver, Receiver::DesignatedInstitution(None));
}

#[test]
fn a_rows_own_terms_go_before_its_kinds() {
    let own =
        "contact = \"例\"\nsettlement = { lag_business_days = 2, payer_fees = \"kept\", assumed = false }";
    let directory = Directory::parse(&good(&PRIVATE.replace("contact = \"例\"", own))).unwrap();
    let terms = &row(&directory, "99001").settlement;
    let expected = SettlementTerms {
        receiver: Receiver::Collector,
        lag_business_days: 2,
        payer_fees: PayerFees::Kept,
        assumed: false,
    };
    assert_eq!(*terms, expected);
}

const TERMS: &str = r#"
[settlement]
national = { receiver = "bank_of_japan", lag_business_days = 1, payer_fees = "with_amount", assumed = true }
local = { receiver = "designated_institution", lag_business_days = 2, payer_fees = "with_amount", assumed = true }
private = { receiver = "collector", lag_business_days = 3, payer_fees = "with_amount", assumed = true }
"#;

const PRIVATE: &str = r#"
[[collector]]
number = "99001"
number_is = "fictional"
kind = "private"
name = "例"
methods = ["online"]
charges = ["例"]
contact = "例"
one_time_password = true
customer_number = { label = "お客様番号", digits_min = 1, digits_max = 20 }
confirmation_number = { label = "確認番号", digits_min = 4, digits_max = 6 }
"#;

fn good(rows: &str) -> String {
    format!("{TERMS}{rows}")
}

#[test]
fn an_error_names_row_and_field() {
    assert!(Directory::parse(&good(PRIVATE)).is_ok());
    for (from, to, field) in [
        ("\"99001\"", "\"9900\"", "number"),
        ("\"99001\"", "\"00001\"", "number_is"),
        ("name = \"例\"", "name = \" \"", "name"),
        ("[\"online\"]", "[]", "methods"),
        ("charges = [\"例\"]", "charges = []", "charges"),
        ("contact = \"例\"", "contact = \"\"", "contact"),
        ("one_time_password = true", "", "one_time_password"),
        ("digits_max = 20", "digits_max = 21", "customer_number"),
        ("digits_min = 4", "digits_min = 3", "confirmation_number"),
        ("contact", "settlement = { lag_business_days = 0 }\ncontact", "settlement"),
        ("contact", "settlement = { lag_business_days = 11 }\ncontact", "settlement"),
        ("contact", "settlement = { designated_bank = \"9999\" }\ncontact", "settlement"),
        ("\"collector\"", "\"bank_of_japan\"", "settlement"),
    ] {
        let error = Directory::parse(&good(PRIVATE).replace(from, to)).unwrap_err().to_string();
        assert!(error.starts_with("row 1 (") && error.contains(&format!(", {field}: ")), "{error}");
    }
    let twice = Directory::parse(&good(&format!("{PRIVATE}{PRIVATE}"))).unwrap_err().to_string();
    assert_eq!(twice, "row 2 (99001), number: another row has it");
}

#[test]
fn an_unknown_field_is_refused_and_named() {
    let error = Directory::parse(&good(&PRIVATE.replace("contact", "contakt"))).unwrap_err().to_string();
    assert!(error.contains("contakt"), "{error}");
}

/// e-Tax: business days from half past eight; closed at the turn of the year.
#[test]
fn the_tax_agency_keeps_hours_and_the_others_are_always_open() {
    let directory = Directory::embedded();
    let open = |number: &str, at: &str| {
        row(&directory, number).hours.is_open(domain::Timestamp::parse_rfc3339(at).unwrap())
    };
    assert!(!open("00200", "2026-11-24T08:29:59+09:00"));
    assert!(open("00200", "2026-11-24T08:30:00+09:00"));
    assert!(open("00200", "2026-11-24T23:59:59+09:00"));
    assert!(!open("00200", "2026-11-23T10:00:00+09:00"), "a holiday");
    assert!(!open("00200", "2026-12-29T10:00:00+09:00"));
    assert!(open("99022", "2026-01-01T03:00:00+09:00"));
}
