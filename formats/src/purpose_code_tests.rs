use proptest::prelude::*;

use super::*;

fn day(year: i32, month: u32, day: u32) -> Date {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// 2026-11-24.
fn today() -> Date {
    day(2026, 11, 24)
}

fn words(typed: &str) -> String {
    PurposeCodes::embedded().read(typed, today()).unwrap().words()
}

/// Everything that cannot be.
fn faults(typed: &str) -> Vec<PurposeError> {
    PurposeCodes::embedded().read(typed, today()).unwrap_err()
}

/// The one thing that cannot be.
fn wrong(typed: &str) -> PurposeError {
    let mut faults = faults(typed);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

#[test]
fn a_code_from_a_slip_is_explained() {
    // these two stand in print
    assert_eq!(words("03044190401"), "法人税 確定申告 平成19年4月1日に始まる課税期間分");
    assert_eq!(words("03044250401"), "法人税 確定申告 平成25年4月1日に始まる課税期間分");
    assert_eq!(words("3204505"), "申告所得税及復興特別所得税 確定申告 令和5年分");
    assert_eq!(words("300-3-5-010501"), "消費税及地方消費税 中間申告 令和元年5月1日に始まる課税期間分");
    assert_eq!(words("3201508"), "申告所得税及復興特別所得税 予定納税1期分 令和8年分");
}

#[test]
fn a_code_is_made_up_of_its_parts() {
    let codes = PurposeCodes::embedded();
    let build = |tax, kind, era, year, first| {
        let code = codes.build(Parts { tax, kind, era, year, first }, today());
        code.map(|code| code.category().as_str().to_owned())
    };
    assert_eq!(build("030", "4", "4", 19, Some((4, 1))).unwrap(), "03044190401");
    assert_eq!(build("030", "4", "4", 31, Some((4, 30))).unwrap(), "03044310430");
    assert_eq!(build("030", "4", "5", 1, Some((5, 1))).unwrap(), "03045010501");
    assert_eq!(build("320", "4", "5", 5, None).unwrap(), "3204505");
    assert_eq!(build("030", "4", "4", 31, Some((5, 1))).unwrap_err(), faults("03044310501"));
}

#[test]
fn the_periods_of_a_tax_are_told() {
    let codes = PurposeCodes::embedded();
    let told = |tax: &str| {
        let tax = codes.tax(tax).unwrap();
        [tax.first_period(), tax.last_period()].map(|period| period.map(|period| codes.period_words(period)))
    };
    assert_eq!(told("320"), [Some("平成25年分".to_owned()), None]);
    assert_eq!(told("020"), [None, Some("平成24年分".to_owned())]);
    assert_eq!(told("340"), [Some("平成26年10月1日に始まる課税期間分".to_owned()), None]);
    assert_eq!(told("030"), [None, None]);
    assert_eq!(codes.period_words(Period::Year(2019)), "令和元年分");
}

#[test]
fn the_part_that_cannot_be_is_named() {
    let year = |era: &str, year: &str| PurposeError::Year { era: era.to_owned(), year: year.to_owned() };
    assert_eq!(wrong(""), PurposeError::Number(NumberError::Empty));
    assert!(matches!(wrong("320450"), PurposeError::Number(NumberError::Length { .. })));
    assert_eq!(wrong("99945010501"), PurposeError::Tax("999".to_owned()));
    assert_eq!(wrong("0304505"), PurposeError::Length { tax: "法人税".to_owned(), digits: 11, found: 7 });
    assert!(matches!(wrong("32045050401"), PurposeError::Length { digits: 7, found: 11, .. }));
    // an income tax has no interim return, a corporation tax no advance payment
    assert!(matches!(wrong("3203505"), PurposeError::Return { code, .. } if code == "3"));
    assert!(matches!(wrong("03015050401"), PurposeError::Return { code, .. } if code == "1"));
    assert_eq!(wrong("03049050401"), PurposeError::Era("9".to_owned()));
    assert_eq!(wrong("03045000401"), year("令和", "00"));
    assert_eq!(wrong("03044320401"), year("平成", "32"));
    assert_eq!(wrong("03043650101"), year("昭和", "65"));
    assert_eq!(wrong("03045051301"), PurposeError::Month("13".to_owned()));
    assert_eq!(wrong("03045050001"), PurposeError::Month("00".to_owned()));
    assert_eq!(wrong("03045050230"), PurposeError::Day { month: "02".to_owned(), day: "30".to_owned() });
    let not_in = |era: &str, date| PurposeError::NotInEra { era: era.to_owned(), date };
    assert_eq!(wrong("03044310501"), not_in("平成", day(2019, 5, 1)));
    assert_eq!(wrong("03045010430"), not_in("令和", day(2019, 4, 30)));
    assert_eq!(wrong("03045081125"), PurposeError::NotBegun(day(2026, 11, 25)));
    assert_eq!(words("03045081124"), "法人税 確定申告 令和8年11月24日に始まる課税期間分");
    assert_eq!(wrong("3204509"), PurposeError::NotBegun(day(2027, 1, 1)));
    let not_raised = |tax: &str, begins| PurposeError::NotRaised { tax: tax.to_owned(), begins };
    assert_eq!(wrong("3204424"), not_raised("申告所得税及復興特別所得税", day(2012, 1, 1)));
    assert_eq!(wrong("0204425"), not_raised("申告所得税", day(2013, 1, 1)));
    assert_eq!(wrong("34044260930"), not_raised("地方法人税", day(2014, 9, 30)));
    assert_eq!(words("34044261001"), "地方法人税 確定申告 平成26年10月1日に始まる課税期間分");
    assert_eq!(wrong("33044260401"), not_raised("復興特別法人税", day(2014, 4, 1)));
    assert_eq!(words("33044260331"), "復興特別法人税 確定申告 平成26年3月31日に始まる課税期間分");
    assert_eq!(words("0204424"), "申告所得税 確定申告 平成24年分");
}

#[test]
fn everything_that_cannot_be_is_named_at_once() {
    let year = |era: &str, year: &str| PurposeError::Year { era: era.to_owned(), year: year.to_owned() };
    let kind = |tax: Option<&str>, code: &str| PurposeError::Return {
        tax: tax.map(str::to_owned),
        code: code.to_owned(),
    };
    let month = |digits: &str| PurposeError::Month(digits.to_owned());
    assert_eq!(
        faults("99999081301"),
        [
            PurposeError::Tax("999".to_owned()),
            kind(None, "9"),
            PurposeError::Era("9".to_owned()),
            month("13")
        ]
    );
    assert_eq!(faults("03015001301"), [kind(Some("法人税"), "1"), year("令和", "00"), month("13")]);
    let (tax, first) =
        ("法人税".to_owned(), PurposeError::Day { month: "02".to_owned(), day: "31".to_owned() });
    assert_eq!(faults("03045000231"), [year("令和", "00"), first]);
    assert_eq!(
        faults("0301900"),
        [
            PurposeError::Length { tax, digits: 11, found: 7 },
            kind(Some("法人税"), "1"),
            PurposeError::Era("9".to_owned()),
        ]
    );
    let begins = day(2027, 1, 1);
    assert_eq!(
        faults("0204509"),
        [PurposeError::NotBegun(begins), PurposeError::NotRaised { tax: "申告所得税".to_owned(), begins },]
    );
}

#[test]
fn the_tables_agree_with_themselves() {
    let codes = PurposeCodes::embedded();
    for tax in codes.taxes() {
        assert_eq!(tax.code.len(), 3);
        assert_eq!(
            codes.returns(tax).count(),
            tax.returns.len(),
            "{}: each of its returns is in the table",
            tax.name
        );
    }
    for pair in codes.eras().windows(2) {
        assert_eq!(pair[0].last.and_then(|last| last.succ_opt()), Some(pair[1].first));
    }
    assert_eq!(codes.eras().last().and_then(|era| era.last), None);
}

proptest! {
    /// What its parts make up can be read, and says the same.
    #[test]
    fn reading_and_making_up_agree(
        tax in 0_usize..6, kind in 1_u8..=9, era in 3_u8..=5, year in 0_u32..=70,
        month in 0_u32..=13, day in 0_u32..=32,
    ) {
        let codes = PurposeCodes::embedded();
        let tax = &codes.taxes()[tax];
        let (kind, era) = (kind.to_string(), era.to_string());
        let first = (tax.period == PeriodKind::BusinessYear).then_some((month, day));
        let parts = Parts { tax: &tax.code, kind: &kind, era: &era, year, first };
        match codes.build(parts, today()) {
            Ok(code) => {
                if let Period::BusinessYear(begins) = code.period {
                    prop_assert_eq!((begins.month(), begins.day()), (month, day));
                }
                prop_assert_eq!(code.category().as_str().len(), tax.period.digits());
                let again = codes.read(code.category().as_str(), today());
                prop_assert_eq!(again, Ok(code));
            }
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }

    #[test]
    fn nothing_panics(text in "\\PC{0,40}", digits in "[0-9]{7}|[0-9]{11}") {
        let codes = PurposeCodes::embedded();
        let _ = codes.read(&text, today());
        let _ = codes.read(&digits, today());
    }
}
