//! The embedded list against the rules.

use domain::{Date, NumberError, Yen};

use super::super::{
    AfterDue, AmountEntry, CategoryError, Collector, Directory, DuplicateKey, Kind, PayerFees, Receiver,
    SecondSecret, SettlementTerms, Span,
};

fn row<'a>(directory: &'a Directory, number: &str) -> &'a Collector {
    row_on(directory, number, "2026-11-24")
}

fn row_on<'a>(directory: &'a Directory, number: &str, day: &str) -> &'a Collector {
    let found = directory.on(self::day(day)).get(&number.parse().unwrap());
    found.unwrap_or_else(|| panic!("{number}"))
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn names(directory: &Directory, kind: Kind) -> Vec<&str> {
    let listed = directory.all().iter().filter(|row| row.on_list);
    listed.filter(|row| row.kind == kind).map(|row| row.name.as_str()).collect()
}

/// Names and order of the bank's list.
///
/// Proves R99, R101, R102.
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
    assert_eq!(directory.all().iter().filter(|row| row.on_list).count(), 27);
    assert!(!row(&directory, "13800").on_list && row(&directory, "13800").name == "地方税共同機構");
    assert_eq!(directory.all().iter().filter(|row| row.test_row).count(), 2);
}

/// What can be paid, at the rows with the longest lists.
///
/// Proves R99, R101.
#[test]
fn charges_are_word_for_word() {
    let directory = Directory::embedded();
    assert_eq!(
        row(&directory, "00200").charge_names().join("、"),
        "源泉所得税、申告所得税、法人税、相続税、贈与税、消費税及び地方消費税、酒税、たばこ税及びたばこ特別税、\
         自動車重量税、印紙税、登録免許税等"
    );
    assert_eq!(
        row(&directory, "04100").charge_names().join("、"),
        "固定資産税・都市計画税、固定資産税(償却資産)、軽自動車税、個人市県民税(普通徴収)、市県民税(特徴退職分)、\
         法人市民税、事業所税、市たばこ税、鉱産税、入湯税等"
    );
}

/// Proves R100.
#[test]
fn the_tax_agency_tells_of_the_prior_notification() {
    let directory = Directory::embedded();
    let notice = row(&directory, "00200").notice.clone().unwrap();
    assert!(notice.contains("税務署") && notice.contains("届出") && notice.contains("e-Tax"), "{notice}");
}

/// Proves R103.
#[test]
fn orix_credit_is_reached_by_link_only() {
    let directory = Directory::embedded();
    let link_only: Vec<_> = directory.all().iter().filter(|row| !row.methods.online).collect();
    assert_eq!(link_only.len(), 1);
    assert_eq!(link_only[0].name, "オリックス・クレジット(株)");
    assert!(link_only[0].methods.link);
}

#[test]
fn all_but_the_row_that_shows_it_are_connected() {
    let directory = Directory::embedded();
    let not_yet: Vec<_> =
        directory.all().iter().filter(|r| !r.available).map(|r| r.number.as_str()).collect();
    assert_eq!(not_yet, ["99091"]);
}

/// C23: the amount is the bill's, but with a 納付目的コード and where the collector's site has it chosen.
#[test]
fn only_the_test_row_takes_a_typed_amount_with_every_inquiry() {
    let directory = Directory::embedded();
    for row in directory.all() {
        let expected = match row.number.as_str() {
            "00200" => AmountEntry::TypedWithPurpose,
            "99015" => AmountEntry::ChosenOnSite,
            "99090" => AmountEntry::Typed,
            _ => AmountEntry::Billed,
        };
        assert_eq!(row.amount, expected, "{}", row.number);
        assert_eq!(row.payer_types_amount(None), row.amount == AmountEntry::Typed, "{}", row.number);
    }
}

/// Proves R104. C23: at the tax agency the digits of 納付区分 say whether the amount is registered or typed.
#[test]
fn a_purpose_code_in_the_place_of_a_category_brings_a_typed_amount() {
    let directory = Directory::embedded();
    let tax = row(&directory, "00200");
    let read = |typed: &str| tax.numbers.payment_category(typed);
    for (typed, is_typed) in [("7000001234", false), ("0304-5080-401", true), ("３２０４５０８", true)]
    {
        let category = read(typed).unwrap();
        assert_eq!(tax.payer_types_amount(Some(&category)), is_typed, "{typed}");
        assert!(tax.numbers.takes(&category));
    }
    for digits in [1, 6, 8, 9, 12, 16] {
        let told = read(&"7".repeat(digits)).unwrap_err().to_string();
        assert_eq!(told, format!("{digits} digits were found where 7, 10 or 11 are allowed"));
        assert!(!tax.numbers.takes(&"7".repeat(digits).parse().unwrap()));
    }
    assert_eq!(read("").unwrap_err(), CategoryError::Number(NumberError::Empty));
    let city = row(&directory, "04100");
    assert_eq!(
        city.numbers.payment_category("0304508").unwrap_err().to_string(),
        "7 digits were found where 3 to 3 are allowed"
    );
    assert!(!city.payer_types_amount(Some(&"010".parse().unwrap())));
    let shop = row(&directory, "99022");
    assert_eq!(shop.numbers.payment_category("1").unwrap_err(), CategoryError::NotUsed);
}

/// What public pages say of single charges, and what is said of the rest as assumed.
#[test]
fn each_charge_says_what_becomes_of_it_after_the_due_date() {
    let directory = Directory::embedded();
    let of = |number: &str, place: usize| &row(&directory, number).charges[place];
    let pension = of("00500", 0);
    assert_eq!((pension.name.as_str(), pension.assumed), ("国民年金保険料", false));
    assert_eq!(pension.after_due, AfterDue::PayableFor(Span::Years(2)));
    assert_eq!(pension.after_due.words(), "納期限から2年を過ぎるまで払い込めます。");
    assert_eq!(of("00500", 1).after_due, AfterDue::LateChargeApart("延滞金".to_owned()));
    assert_eq!(
        of("00300", 0).after_due.words(),
        "納期限を過ぎても払い込めます。延滞金は収納機関が計算し、あわせて払い込みます。"
    );
    assert_eq!(
        of("49001", 0).after_due.words(),
        "納期限を過ぎると払い込めません。任意継続被保険者の資格を失います。"
    );
    assert!(!of("49001", 0).assumed && of("04000", 0).assumed);
    assert_eq!(of("04000", 0).after_due, AfterDue::Refused);
    assert_eq!(of("99011", 0).after_due, AfterDue::AsBilled);
}

#[test]
fn the_last_day_of_payment_follows_the_calendar() {
    let due = day("2026-08-31");
    for (rule, last) in [
        (AfterDue::Refused, Some("2026-08-31")),
        (AfterDue::RightLost("資格を失います。".to_owned()), Some("2026-08-31")),
        (AfterDue::PayableFor(Span::Days(1)), Some("2026-09-01")),
        (AfterDue::PayableFor(Span::Months(1)), Some("2026-09-30")),
        (AfterDue::PayableFor(Span::Months(18)), Some("2028-02-29")),
        (AfterDue::PayableFor(Span::Years(2)), Some("2028-08-31")),
        (AfterDue::WithLateCharge("延滞金".to_owned()), None),
        (AfterDue::LateChargeApart("延滞金".to_owned()), None),
        (AfterDue::AsBilled, None),
    ] {
        assert_eq!(rule.last_day(due), last.map(day), "{rule:?}");
    }
    assert_eq!(Span::Years(120).after(Date::MAX), None);
}

#[test]
fn numbers_of_slips_say_how_long_they_are_valid() {
    let directory = Directory::embedded();
    let said = |number: &str| row(&directory, number).validity.iter().map(|v| v.words()).collect::<Vec<_>>();
    assert_eq!(said("00200"), ["納付区分番号は、メッセージボックスに届いた日から2か月有効です。"]);
    assert_eq!(said("13800"), ["eL番号から発行した納付番号は、発行からおよそ1日有効です。"]);
    assert!(said("04100").is_empty());
}

/// Every listed tax of the two local governments has its code, by which the payer is told what a code means.
#[test]
fn local_governments_have_a_code_for_each_tax() {
    let directory = Directory::embedded();
    for (number, count) in [("04000", 5), ("04100", 10)] {
        let category = row(&directory, number).numbers.category.as_ref().unwrap();
        assert_eq!(category.codes.len(), count, "{number}");
        assert!(category.codes.iter().all(|code| code.assumed), "no public page gives one");
    }
    let city = row(&directory, "04100").numbers.category.as_ref().unwrap();
    assert_eq!(city.charge(&"080".parse().unwrap()), Some("入湯税"));
    assert_eq!(city.charge(&"999".parse().unwrap()), None);
}

/// 国税庁's slips differ by 納付区分; elsewhere the kind decides.
#[test]
fn what_makes_two_payments_alike_is_the_kinds_but_for_the_tax_agency() {
    let directory = Directory::embedded();
    for row in directory.all() {
        let by_category = row.kind == Kind::Local || row.number.as_str() == "00200";
        let expected = if by_category { DuplicateKey::WithCategory } else { DuplicateKey::CustomerNumber };
        assert_eq!(row.duplicate_key, expected, "{}", row.number);
    }
}

#[test]
fn the_second_secret_is_a_password_where_the_row_says_so() {
    let directory = Directory::embedded();
    for row in directory.all() {
        let password = row.numbers.second_secret == SecondSecret::DisplayPassword;
        assert_eq!(password, row.number.as_str() == "99011", "{}", row.number);
    }
    assert_eq!(row(&directory, "99011").numbers.confirmation.label, "払込情報表示パスワード");
}

#[test]
fn fees_are_by_step_and_most_have_none() {
    let directory = Directory::embedded();
    let fee = |number: &str, amount: i64| row(&directory, number).fee.fee(Yen::new(amount));
    assert_eq!(fee("99020", 29_999), Some(Yen::new(110)));
    assert_eq!(fee("99020", 30_000), Some(Yen::new(220)));
    assert_eq!(fee("00200", 1_000_000), None);
    for row in directory.all().iter().filter(|row| row.kind != Kind::Private) {
        assert!(row.fee.steps.is_empty(), "{}", row.number);
    }
}

#[test]
fn a_form_shows_the_groups_of_the_slip() {
    let directory = Directory::embedded();
    let form = |number: &str| row(&directory, number).numbers.customer.form();
    assert_eq!(form("00200").as_deref(), Some("0000-0000-0000-0000"));
    assert_eq!(form("99014").as_deref(), Some("0000-0000-0000"));
    assert_eq!(form("00120"), None);
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
fn a_renamed_institution_shows_both_names_from_the_day_of_the_change() {
    let directory = Directory::embedded();
    assert_eq!(row(&directory, "00500").shown_name(), "社会保険庁(現 厚生労働省年金局)");
    assert_eq!(row_on(&directory, "00500", "2010-01-01").name_today.as_deref(), Some("厚生労働省年金局"));
    assert_eq!(row_on(&directory, "00500", "2009-12-31").shown_name(), "社会保険庁");
    assert_eq!(
        row(&directory, "48001").shown_name(),
        "(独)高齢・障害者雇用支援機構(現 (独)高齢・障害・求職者雇用支援機構)"
    );
    assert_eq!(row(&directory, "00200").shown_name(), "国税庁");
    let today = directory.on(day("2026-11-24")).all().map(|row| &row.number);
    assert!(
        today.eq(directory.all().iter().map(|row| &row.number)),
        "the same institutions in the same order"
    );
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
kana = "レイ"
methods = ["online"]
charges = [{ name = "例", after_due = "refused" }]
contact = "例"
one_time_password = true
customer_number = { label = "お客様番号", digits_min = 1, digits_max = 20 }
confirmation_number = { label = "確認番号", digits_min = 4, digits_max = 6 }
"#;

const LOCAL: &str = r#"
[[collector]]
number = "04999"
number_is = "inferred"
kind = "local"
name = "例"
kana = "レイ"
methods = ["online", "link"]
charges = [{ name = "住民税", after_due = "refused" }, { name = "入湯税等", after_due = "refused" }]
contact = "例"
customer_number = { label = "納付番号", digits_min = 1, digits_max = 20, groups = [4, 4, 4, 4, 4] }
confirmation_number = { label = "確認番号", digits_min = 4, digits_max = 6 }
[collector.payment_category]
label = "納付区分"
digits_min = 3
digits_max = 3
example = "001"
codes = [{ code = "001", charge = "住民税" }, { code = "002", charge = "入湯税" }]
"#;

fn good(rows: &str) -> String {
    format!("{TERMS}{rows}")
}

/// The field that the error of a row names, once the text is changed so.
fn broken(row: &str, from: &str, to: &str) -> String {
    assert!(row.contains(from), "{from}");
    let error = Directory::parse(&good(&row.replace(from, to))).unwrap_err().to_string();
    let told = error.strip_prefix("row 1 (").and_then(|told| told.split_once("), ")).map(|(_, told)| told);
    told.unwrap_or_else(|| panic!("{error}")).split(": ").next().unwrap().to_owned()
}

/// 納付目的コード: a national collector's, in a width of its own.
#[test]
fn the_widths_of_purpose_codes_are_checked() {
    let text = LOCAL
        .replace("kind = \"local\"", "kind = \"national\"")
        .replace("contact =", "amount = \"typed_with_purpose\"\npurpose_digits = [7, 11]\ncontact =");
    Directory::parse(&good(&text)).unwrap();
    for (from, to) in [
        ("purpose_digits = [7, 11]\n", ""),
        ("[7, 11]", "[]"),
        ("[7, 11]", "[11, 7]"),
        ("[7, 11]", "[0, 7]"),
        ("[7, 11]", "[7, 17]"),
        ("[7, 11]", "[3, 7]"),
        ("\"typed_with_purpose\"", "\"typed\""),
    ] {
        assert_eq!(broken(&text, from, to), "purpose_digits", "{from} -> {to}");
    }
}

#[test]
fn an_error_names_row_and_field() {
    for row in [PRIVATE, LOCAL] {
        Directory::parse(&good(row)).unwrap();
    }
    let number = "customer_number = { label = \"お客様番号\"";
    for (from, to, field) in [
        ("\"99001\"", "\"9900\"", "number"),
        ("\"99001\"", "\"00001\"", "number_is"),
        ("name = \"例\"\nkana", "name = \" \"\nkana", "name"),
        ("kana = \"レイ\"", "kana = \"れい\"", "kana"),
        ("kana = \"レイ\"", "kana = \"ﾚｲ\"", "kana"),
        ("kana = \"レイ\"", "kana = \"\"", "kana"),
        ("kana = \"レイ\"", "kana = \"レイ\"\nkana_today = \"レイ\"", "kana_today"),
        ("kana = \"レイ\"", "kana = \"レイ\"\nname_today = \"今\"\nkana_today = \"今\"", "kana_today"),
        ("kana = \"レイ\"", "kana = \"レイ\"\nname_today = \"今\"", "kana_today"),
        ("kana = \"レイ\"", "kana = \"レイ\"\nname_today = \"例\"\nkana_today = \"レイ\"", "name_today"),
        ("[\"online\"]", "[]", "methods"),
        ("charges = [{ name = \"例\", after_due = \"refused\" }]", "charges = []", "charges"),
        ("{ name = \"例\", after", "{ name = \"\", after", "charges"),
        ("\"refused\" }", "\"refused\" }, { name = \"例\", after_due = \"refused\" }", "charges"),
        ("\"refused\"", "{ payable_for = { years = 0 } }", "charges"),
        ("\"refused\"", "{ payable_for = { months = 121 } }", "charges"),
        ("\"refused\"", "{ with_late_charge = \"\" }", "charges"),
        ("\"refused\"", "{ late_charge_apart = \" \" }", "charges"),
        ("\"refused\"", "{ right_lost = \"資格を失う\" }", "charges"),
        (
            "contact =",
            "validity = [{ of = \"\", since = \"発行\", span = { days = 1 } }]\ncontact =",
            "validity",
        ),
        (
            "contact =",
            "validity = [{ of = \"番\", since = \"発行\", span = { days = 0 } }]\ncontact =",
            "validity",
        ),
        ("contact = \"例\"", "contact = \"\"", "contact"),
        ("one_time_password = true", "", "one_time_password"),
        ("contact =", "test_row = true\ncontact =", "on_list"),
        ("contact =", "amount = \"chosen_on_site\"\ncontact =", "amount"),
        ("contact =", "amount = \"typed_with_purpose\"\ncontact =", "amount"),
        ("[\"online\"]", "[\"link\"]\namount = \"typed\"", "amount"),
        ("contact =", "fee = { steps = [{ from = 0, fee = 110 }] }\ncontact =", "fee"),
        ("contact =", "fee = { steps = [{ from = 1, fee = 0 }] }\ncontact =", "fee"),
        ("contact =", "fee = { steps = [{ from = 2, fee = 1 }, { from = 2, fee = 1 }] }\ncontact =", "fee"),
        ("contact =", "duplicate_key = \"with_category\"\ncontact =", "duplicate_key"),
        (number, "customer_number = { label = \" \"", "customer_number"),
        ("digits_max = 20", "digits_max = 21", "customer_number"),
        ("digits_max = 20", "digits_max = 20, groups = [4, 4]", "customer_number"),
        ("digits_max = 20", "digits_max = 20, groups = [20, 0]", "customer_number"),
        ("digits_min = 4", "digits_min = 3", "confirmation_number"),
        ("contact =", "second_secret = \"display_password\"\ncontact =", "second_secret"),
        ("\"確認番号\"", "\"払込情報表示パスワード\"", "second_secret"),
        ("contact =", "settlement = { lag_business_days = 0 }\ncontact =", "settlement"),
        ("contact =", "settlement = { lag_business_days = 11 }\ncontact =", "settlement"),
        ("contact =", "settlement = { designated_bank = \"9999\" }\ncontact =", "settlement"),
    ] {
        assert_eq!(broken(PRIVATE, from, to), field, "{from} -> {to}");
    }
    let error = Directory::parse(&good(PRIVATE).replace("\"collector\"", "\"bank_of_japan\"")).unwrap_err();
    assert!(error.to_string().starts_with("row 1 (99001), settlement: "), "{error}");
    let twice = Directory::parse(&good(&format!("{PRIVATE}{PRIVATE}"))).unwrap_err().to_string();
    assert_eq!(twice, "row 2 (99001), number: another row has it");
}

#[test]
fn categories_and_their_codes_are_checked() {
    let category = |row: &str| row.split("[collector.payment_category]").next().unwrap().to_owned();
    let told = Directory::parse(&good(&category(LOCAL))).unwrap_err().to_string();
    assert_eq!(told, "row 1 (04999), payment_category: a local collector uses one");
    for (from, to, field) in [
        ("digits_max = 3\n", "digits_max = 4\n", "payment_category"),
        ("digits_min = 3\n", "digits_min = 0\n", "payment_category"),
        ("example = \"001\"", "example = \"0001\"", "payment_category"),
        ("code = \"002\"", "code = \"02\"", "payment_category"),
        ("code = \"002\"", "code = \"001\"", "payment_category"),
        ("charge = \"入湯税\"", "charge = \"鉱産税\"", "payment_category"),
        (", { code = \"002\", charge = \"入湯税\" }", "", "payment_category"),
        ("kind = \"local\"", "kind = \"private\"\none_time_password = true", "payment_category"),
        ("contact =", "duplicate_key = \"customer_number\"\ncontact =", "duplicate_key"),
        ("contact =", "amount = \"typed_with_purpose\"\ncontact =", "amount"),
        ("contact =", "agency = true\ncontact =", "agency"),
        ("contact =", "one_time_password = true\ncontact =", "one_time_password"),
    ] {
        assert_eq!(broken(LOCAL, from, to), field, "{from} -> {to}");
    }
}

/// What a change does not name stays; what it breaks is told with its day; what no change may touch is refused.
#[test]
fn changes_apply_from_their_days() {
    let changes = r#"
[[collector.changes]]
from = "2027-04-01"
name_today = "改め"
kana_today = "アラタメ"
fee = { steps = [{ from = 1, fee = 55 }] }
[[collector.changes]]
from = "2028-04-01"
charges = [{ name = "例", after_due = "as_billed" }]
customer_number = { label = "お客様番号", digits_min = 11, digits_max = 11 }
"#;
    let text = format!("{PRIVATE}{changes}");
    let directory = Directory::parse(&good(&text)).unwrap();
    let on = |day: &str| {
        let row = row_on(&directory, "99001", day);
        (row.shown_name(), row.fee.fee(Yen::new(1)), row.numbers.customer.digits_min)
    };
    assert_eq!(on("2027-03-31"), ("例".to_owned(), None, 1));
    assert_eq!(on("2027-04-01"), ("例(現 改め)".to_owned(), Some(Yen::new(55)), 1));
    assert_eq!(on("2028-04-01"), ("例(現 改め)".to_owned(), Some(Yen::new(55)), 11));
    assert_eq!(row_on(&directory, "99001", "2028-04-01").charges[0].after_due, AfterDue::AsBilled);
    assert_eq!(directory.get(&"99001".parse().unwrap()).unwrap().shown_name(), "例");
    assert_eq!(broken(&text, "2028-04-01", "2027-04-01"), "changes");
    assert_eq!(broken(&text, "fee = 55", "fee = 0"), "fee from 2027-04-01");
    assert_eq!(broken(&text, "digits_max = 11", "digits_max = 10"), "customer_number from 2028-04-01");
    let error = Directory::parse(&good(&text.replace("fee =", "kind ="))).unwrap_err().to_string();
    assert!(error.contains("kind"), "{error}");
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
