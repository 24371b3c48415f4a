//! What a person types about a transfer, read into what it means, each mistake at its field.

use domain::money::{AMOUNT_MAX, AmountError};
use domain::{Date, Yen};
use edge::Errors;
use formats::kana::{Class, ZenginText};
use formats::legal_forms;

use crate::payees::typed::{no_name, unwritable_words};

/// Bytes of 依頼人名 in a record.
pub const PAYER_BYTES_MAX: usize = 48;

/// 依頼人名 as it is sent, its legal form abbreviated; what cannot be written is named with what to write instead.
pub fn payer_name(typed: &str, errors: &mut Errors) -> Option<String> {
    let (text, words) = match ZenginText::typed(&legal_forms::abbreviated(typed), Class::Party) {
        Ok(text) if text.is_empty() => (None, "依頼人名を、カナで入力してください。".to_owned()),
        Ok(text) if text.bytes() > PAYER_BYTES_MAX => {
            let is = text.bytes();
            (
                None,
                format!(
                    "依頼人名は、濁点・半濁点を1文字と数えて{PAYER_BYTES_MAX}文字までです(いまは{is}文字)。"
                ),
            )
        }
        Ok(text) => match no_name(&text) {
            Some(words) => (None, words.to_owned()),
            None => (Some(text.to_string()), String::new()),
        },
        Err(unwritable) => (None, unwritable_words(&unwritable)),
    };
    if text.is_none() {
        errors.add("payer_name", words);
    }
    text
}

/// An amount, or what is wrong with it.
pub fn amount(typed: &str, errors: &mut Errors) -> Option<Yen> {
    match Yen::parse_typed(typed) {
        Ok(amount) if amount > Yen::ZERO => Some(amount),
        Ok(_) => {
            errors.add("amount", "金額は1円以上で入力してください。");
            None
        }
        Err(wrong) => {
            errors.add("amount", amount_words(&wrong));
            None
        }
    }
}

fn amount_words(wrong: &AmountError) -> String {
    match wrong {
        AmountError::Empty => "金額を、円の単位まで数字で入力してください。".to_owned(),
        AmountError::NotDigit(found) => {
            format!("金額に「{found}」は使えません。円の単位まで数字で入力してください。")
        }
        AmountError::TooLarge => {
            format!("金額は {AMOUNT_MAX} 円までです。桁数をお確かめください。")
        }
    }
}

/// A day, or what is wrong with it.
pub fn day(typed: &str, errors: &mut Errors) -> Option<Date> {
    let found = typed.trim().parse().ok();
    if found.is_none() {
        errors.add("day", "指定日を選んでください。");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payers_name_is_written_or_its_characters_are_named() {
        let read = |typed: &str| {
            let mut errors = Errors::none();
            let name = payer_name(typed, &mut errors);
            name.ok_or_else(|| errors.of("payer_name").unwrap_or_default().to_owned())
        };
        assert_eq!(read("株式会社ミホン").as_deref(), Ok("ｶ)ﾐﾎﾝ"));
        assert_eq!(read(&"ガ".repeat(24)), Ok("ｶﾞ".repeat(24)));
        for (typed, words) in [
            ("ガ".repeat(24) + "ア", "いまは49文字"),
            ("見本".to_owned(), "「見」「本」は使えません"),
            ("ミホン・ア".to_owned(), "「・」は使えません。代わりに「.」"),
            (" ".to_owned(), "カナで入力"),
            ("ミホンショウジ（".to_owned(), "略語になりません"),
            ("株式会社".to_owned(), "略語だけでは名前になりません"),
        ] {
            assert!(read(&typed).unwrap_err().contains(words), "{typed}: {:?}", read(&typed));
        }
    }

    #[test]
    fn amounts_and_days_are_read() {
        let mut errors = Errors::none();
        assert_eq!(amount("1,000円", &mut errors), Some(Yen::new(1_000)));
        assert_eq!(day("2026-11-24", &mut errors).map(|day| day.to_string()).as_deref(), Some("2026-11-24"));
        assert!(errors.is_empty());
        assert!(amount("0", &mut errors).is_none() && amount("1.5", &mut errors).is_none());
        assert!(day("11/24", &mut errors).is_none());
        assert_eq!(errors.iter().count(), 3);
    }

    #[test]
    fn an_amount_that_is_none_is_told_why() {
        let told = |typed: &str| {
            let mut errors = Errors::none();
            assert_eq!(amount(typed, &mut errors), None);
            errors.of("amount").unwrap_or_default().to_owned()
        };
        assert!(amount("99,999,999,999", &mut Errors::none()).is_some());
        assert!(told("100,000,000,000").contains("99,999,999,999 円まで"));
        assert!(told("1.5").contains("「.」は使えません"));
        assert!(told("").contains("数字で入力"));
        assert!(told("0").contains("1円以上"));
    }
}
