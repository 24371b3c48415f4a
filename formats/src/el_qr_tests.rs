use proptest::prelude::*;

use super::*;

/// Made by hand from the published layout; its checksum agrees with Python's `binascii.crc_hqx(…, 0xffff)`.
const VECTOR: &str = "000201010212279600051380001830000000000000000000123002138000999000000000000209900000000001\
                      123456004100000000000054110000001230062262026202601202607312026083180850000000000000000000\
                      000000000000000000000000000000000000000000000000000000000000000000630533243";

fn read(text: &str) -> Result<ElQr, ElQrError> {
    ElQr::parse(text)
}

/// The vector with other digits from a place on, and the checksum mended.
fn with(at: usize, digits: &str) -> String {
    let mut text = VECTOR.to_owned();
    text.replace_range(at..at + digits.len(), digits);
    let covered = &text[..DIGITS - 5];
    format!("{covered}{:05}", checksum(covered))
}

#[test]
fn the_published_layout_is_read() {
    assert_eq!(VECTOR.len(), DIGITS);
    let code = read(VECTOR).unwrap();
    assert_eq!(code.number.body(), "04100");
    assert_eq!(code.number.key().as_str(), "00000209900000000001");
    assert_eq!(code.number.confirmation().as_str(), "123456");
    assert_eq!(code.number.item(), "999");
    assert_eq!(code.number.category().as_str(), "99904100");
    assert_eq!(code.amount, Yen::new(12_300));
    assert_eq!(
        (code.tax_office.as_str(), code.assessed_in, code.taxed_in, code.instalment),
        ("000", 2026, 2026, 1)
    );
    assert_eq!(code.due, NaiveDate::from_ymd_opt(2026, 7, 31).unwrap());
    assert_eq!(code.payable_until, NaiveDate::from_ymd_opt(2026, 8, 31).unwrap());
    assert_eq!(code.text(), VECTOR);
    assert_eq!(read(&format!(" {VECTOR}\n")).unwrap(), code, "readers leave a line's end");
}

#[test]
fn the_checksum_is_the_one_whose_check_value_is_29b1() {
    assert_eq!(checksum("123456789"), 0x29b1);
}

#[test]
fn another_code_is_not_called_damaged() {
    // a shop's JPQR, an address, a slip of another payee, nothing
    for text in [
        "00020101021126580018jp.or.paymentsjapan",
        "https://example.com/",
        "",
        &VECTOR.replacen("13800", "13801", 1),
    ] {
        assert_eq!(read(text), Err(ElQrError::NotElQr), "{text}");
    }
}

#[test]
fn one_that_was_cut_says_so() {
    assert_eq!(read(&VECTOR[..254]), Err(ElQrError::Length(254)));
    assert_eq!(read(&format!("{VECTOR}0")), Err(ElQrError::Length(256)));
    // not a byte of a character is cut
    let wide = format!("{HEAD}{}", "円".repeat(230));
    assert_eq!(wide.chars().count(), DIGITS);
    assert!(matches!(read(&wide), Err(ElQrError::Checksum { .. } | ElQrError::Layout("63"))));
}

#[test]
fn a_wrong_checksum_says_both() {
    let wrong = format!("{}33244", &VECTOR[..250]);
    assert_eq!(read(&wrong), Err(ElQrError::Checksum { printed: "33244".to_owned(), computed: 33_243 }));
}

#[test]
fn fields_out_of_place_are_refused_though_the_checksum_agrees() {
    assert_eq!(read(&with(112, "55")), Err(ElQrError::Layout("54")));
    assert_eq!(read(&with(29 - 4, "0184")), Err(ElQrError::Layout("27")));
    assert_eq!(read(&with(116, "0000001230x")), Err(ElQrError::Layout("54")));
}

#[test]
fn values_that_cannot_be_name_their_field() {
    // the two amounts differ
    assert_eq!(read(&with(116, "00000012301")), Err(ElQrError::Value("金額")));
    // the slip's line names another payee
    assert_eq!(read(&with(54, "04100")), Err(ElQrError::Value("機関ID")));
    // 2026-02-30, and a thirteenth month
    assert_eq!(read(&with(141, "20260230")), Err(ElQrError::Value("納期限")));
    assert_eq!(read(&with(149, "20261331")), Err(ElQrError::Value("支払期限")));
}

#[test]
fn typed_numbers_have_their_lengths() {
    let key = "0000-0209-9000-0000-0001";
    let number = ElNumber::typed("04100", key, "123456", "999").unwrap();
    assert_eq!(number, read(VECTOR).unwrap().number);
    let parts = |body, key, confirmation, item| -> Vec<Part> {
        let wrong = ElNumber::typed(body, key, confirmation, item).unwrap_err();
        wrong.into_iter().map(|(part, _)| part).collect()
    };
    assert_eq!(parts("0410", key, "123456", "999"), [Part::Body]);
    assert_eq!(parts("04100", "1", "123456", "999"), [Part::Key]);
    assert_eq!(parts("04100", key, "12345", "999"), [Part::Confirmation]);
    assert_eq!(parts("04100", key, "123456", "99"), [Part::Item]);
    assert_eq!(parts("", "1", "x", "9"), [Part::Body, Part::Key, Part::Confirmation, Part::Item]);
    assert_eq!(ElNumber::of_category(&number.category()), Some(("999", "04100")));
    assert_eq!(ElNumber::of_category(&"999".parse().unwrap()), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        body in "[0-9]{5}", key in "[0-9]{20}", confirmation in "[0-9]{6}", item in "[0-9]{3}", office in "[0-9]{3}",
        amount in 1_i64..=99_999_999_999, years in (0_u16..=9999, 0_u16..=9999), instalment in 0_u8..=99,
        days in (0_u16..20_000, 0_u16..20_000),
    ) {
        let day = |offset: u16| NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Days::new(offset.into());
        let code = ElQr {
            number: ElNumber::typed(&body, &key, &confirmation, &item).unwrap(),
            amount: Yen::new(amount),
            tax_office: office,
            assessed_in: years.0,
            taxed_in: years.1,
            instalment,
            due: day(days.0),
            payable_until: day(days.1),
        };
        prop_assert_eq!(ElQr::parse(&code.text()), Ok(code));
    }

    /// One wrong digit never passes.
    #[test]
    fn one_wrong_digit_is_found(at in 0_usize..DIGITS, digit in 0_u8..10) {
        let mut bytes = VECTOR.as_bytes().to_vec();
        let wrong = b'0' + digit;
        prop_assume!(bytes[at] != wrong);
        bytes[at] = wrong;
        prop_assert!(ElQr::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
    }

    #[test]
    fn nothing_panics(text in "\\PC{0,300}") {
        let _ = ElQr::parse(&text);
        let _ = ElQr::parse(&format!("{HEAD}{text}"));
    }
}
