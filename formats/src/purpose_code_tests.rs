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

fn wrong(typed: &str) -> PurposeError {
    PurposeCodes::embedded().read(typed, today()).unwrap_err()
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
    let build = |tax, kind, period| {
        codes.build(tax, kind, period, today()).map(|code| code.category().as_str().to_owned())
    };
    assert_eq!(build("030", "4", Period::BusinessYear(day(2007, 4, 1))).unwrap(), "03044190401");
    assert_eq!(build("030", "4", Period::BusinessYear(day(2019, 4, 30))).unwrap(), "03044310430");
    assert_eq!(build("030", "4", Period::BusinessYear(day(2019, 5, 1))).unwrap(), "03045010501");
    assert_eq!(build("320", "4", Period::Year(2023)).unwrap(), "3204505");
    assert_eq!(build("320", "4", Period::Year(2019)).unwrap(), "3204501", "of the later era");
    assert_eq!(
        build("320", "4", Period::Year(1900)),
        Err(PurposeError::Year { era: "西暦".to_owned(), year: "1900".to_owned() })
    );
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
    assert!(matches!(wrong("3204424"), PurposeError::NotRaised { year: 2012, .. }));
    assert!(matches!(wrong("0204425"), PurposeError::NotRaised { year: 2013, .. }));
    assert_eq!(words("0204424"), "申告所得税 確定申告 平成24年分");
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
    /// What can be read is what its parts make up.
    #[test]
    fn reading_and_making_up_agree(tax in 0_usize..4, kind in 1_u8..=8, offset in 0_u32..36_500) {
        let codes = PurposeCodes::embedded();
        let tax = &codes.taxes()[tax];
        let first = day(1926, 12, 25) + chrono::Days::new(offset.into());
        let period = match tax.period {
            PeriodKind::Year => Period::Year(first.year()),
            PeriodKind::BusinessYear => Period::BusinessYear(first),
        };
        if let Ok(code) = codes.build(&tax.code, &kind.to_string(), period, today()) {
            prop_assert_eq!(code.period, period);
            let again = codes.read(code.category().as_str(), today());
            prop_assert_eq!(again, Ok(code));
        }
    }

    #[test]
    fn nothing_panics(text in "\\PC{0,40}", digits in "[0-9]{7}|[0-9]{11}") {
        let codes = PurposeCodes::embedded();
        let _ = codes.read(&text, today());
        let _ = codes.read(&digits, today());
    }
}
