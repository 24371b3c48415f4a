//! The numbers a payer types from a slip. A value of one of these types can be one; hyphens, spaces and
//! full-width digits that people type are accepted and dropped. Widths: the network's public field widths.

use std::fmt;

/// Why a text cannot be the number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing but separators was found.
    #[error("the number is empty")]
    Empty,
    /// A character that is neither a digit nor a separator.
    #[error("{0:?} is not a digit")]
    NotDigit(char),
    /// The count of digits is outside the allowed range (both inclusive).
    #[error("{found} digits were found where {min} to {max} are allowed")]
    Length {
        /// Fewest digits allowed.
        min: usize,
        /// Most digits allowed.
        max: usize,
        /// Digits found.
        found: usize,
    },
}

/// Characters read from one input at most; the longest number has 20 digits in groups.
const TYPED_CHARS_MAX: usize = 200;

/// Full-width ASCII (U+FF01–U+FF5E) folded to its half-width twin; everything else unchanged.
pub fn fold_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff70}' | '\u{ff65}' | '・'
        )
}

/// The digits of a typed number, separators dropped.
pub fn digits_typed(text: &str, min: usize, max: usize) -> Result<String, NumberError> {
    let mut digits = String::new();
    for found in text.chars().take(TYPED_CHARS_MAX) {
        match fold_width(found) {
            c if c.is_ascii_digit() => digits.push(c),
            c if is_separator(c) => {}
            _ => return Err(NumberError::NotDigit(found)),
        }
    }
    match digits.len() {
        0 => Err(NumberError::Empty),
        found if found < min || found > max => Err(NumberError::Length { min, max, found }),
        _ => Ok(digits),
    }
}

macro_rules! typed_number {
    ($(#[$doc:meta])* $name:ident, $min:literal ..= $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Fewest digits.
            pub const DIGITS_MIN: usize = $min;
            /// Most digits.
            pub const DIGITS_MAX: usize = $max;

            /// Reads the number as a person types it.
            pub fn parse_typed(text: &str) -> Result<Self, NumberError> {
                digits_typed(text, $min, $max).map(Self)
            }

            /// The bare digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The digits in groups of four from the left, as slips print them.
            pub fn grouped(&self) -> String {
                let mut shown = String::with_capacity(self.0.len() + self.0.len() / 4);
                for (position, digit) in self.0.chars().enumerate() {
                    if position > 0 && position.is_multiple_of(4) {
                        shown.push(' ');
                    }
                    shown.push(digit);
                }
                shown
            }
        }

        /// Strict: bare ASCII digits of the allowed width, for data and messages.
        impl std::str::FromStr for $name {
            type Err = NumberError;
            fn from_str(text: &str) -> Result<Self, NumberError> {
                match text.chars().find(|c| !c.is_ascii_digit()) {
                    Some(c) => Err(NumberError::NotDigit(c)),
                    None => digits_typed(text, $min, $max).map(Self),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NumberError;
            fn try_from(text: String) -> Result<Self, NumberError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> String {
                number.0
            }
        }
    };
}

macro_rules! shown {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

typed_number!(
    /// 収納機関番号: the five digits that name a collecting institution.
    CollectorNumber, 5..=5
);
shown!(CollectorNumber);

impl CollectorNumber {
    /// 収納機関コード: the eight digits of messages, the number and a three-digit suffix (national tax: 00200000).
    pub fn code(&self) -> String {
        format!("{}000", self.0)
    }
}

typed_number!(
    /// 納付番号 (public) or お客様番号 (private): up to 20 digits that name the payer at the collector.
    CustomerNumber, 1..=20
);
shown!(CustomerNumber);

typed_number!(
    /// 確認番号: the slip's second secret, four to six digits. Never shown or logged whole.
    ConfirmationNumber, 4..=6
);

/// The digits never reach a log line.
impl fmt::Debug for ConfirmationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationNumber(redacted)")
    }
}

typed_number!(
    /// 納付区分: up to 16 digits that name the charge (three at local governments; ten, or seven to eleven, at the
    /// National Tax Agency).
    PaymentCategory, 1..=16
);
shown!(PaymentCategory);

typed_number!(
    /// 金融機関コード: the four digits of a bank.
    BankCode, 4..=4
);
shown!(BankCode);

typed_number!(
    /// 店番: the three digits of a branch.
    BranchCode, 3..=3
);
shown!(BranchCode);

typed_number!(
    /// 口座番号: seven digits, zeros in front where it has fewer.
    AccountNumber, 7..=7
);
shown!(AccountNumber);

impl AccountNumber {
    /// The number as a person types it; zeros are put in front of a shorter one.
    pub fn parse_short(text: &str) -> Result<Self, NumberError> {
        digits_typed(text, 1, 7).map(|digits| Self(format!("{digits:0>7}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_spaces_and_full_width_digits_are_dropped() {
        for text in [
            "2013000123456789",
            "2013-0001-2345-6789",
            "２０１３　０００１　２３４５　６７８９",
            "2013−0001ー2345‐6789",
        ] {
            let number = CustomerNumber::parse_typed(text).unwrap();
            assert_eq!(number.as_str(), "2013000123456789", "{text}");
        }
    }

    #[test]
    fn widths_hold_at_their_boundaries() {
        assert!(CollectorNumber::parse_typed("0020").is_err());
        assert!(CollectorNumber::parse_typed("00200").is_ok());
        assert!(CollectorNumber::parse_typed("002000").is_err());
        assert!(CustomerNumber::parse_typed(&"1".repeat(20)).is_ok());
        assert_eq!(
            CustomerNumber::parse_typed(&"1".repeat(21)),
            Err(NumberError::Length { min: 1, max: 20, found: 21 })
        );
        assert!(ConfirmationNumber::parse_typed("123").is_err());
        assert!(ConfirmationNumber::parse_typed("1234").is_ok());
        assert!(ConfirmationNumber::parse_typed("123456").is_ok());
        assert!(ConfirmationNumber::parse_typed("1234567").is_err());
        assert!(PaymentCategory::parse_typed(&"7".repeat(16)).is_ok());
        assert!(PaymentCategory::parse_typed(&"7".repeat(17)).is_err());
        for (text, fits) in [("125", false), ("0125", true), ("01250", false)] {
            assert_eq!(BankCode::parse_typed(text).is_ok(), fits, "{text}");
        }
        for (text, fits) in [("10", false), ("100", true), ("1000", false)] {
            assert_eq!(BranchCode::parse_typed(text).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn a_short_account_number_is_filled_up_with_zeros() {
        for (typed, number) in [("1", "0000001"), ("１２３-４５６", "0123456"), ("1234567", "1234567")]
        {
            assert_eq!(AccountNumber::parse_short(typed).unwrap().as_str(), number);
        }
        let long = Err(NumberError::Length { min: 1, max: 7, found: 8 });
        assert_eq!(AccountNumber::parse_short("12345678"), long);
        assert_eq!(AccountNumber::parse_short(" "), Err(NumberError::Empty));
        assert!(AccountNumber::parse_typed("123456").is_err(), "whole elsewhere");
    }

    #[test]
    fn letters_are_refused_and_named() {
        assert_eq!(CollectorNumber::parse_typed("0020O"), Err(NumberError::NotDigit('O')));
        assert_eq!(CustomerNumber::parse_typed(" - "), Err(NumberError::Empty));
    }

    #[test]
    fn data_is_read_strictly() {
        assert!("00200".parse::<CollectorNumber>().is_ok());
        assert!("00-200".parse::<CollectorNumber>().is_err());
        assert!("００２００".parse::<CollectorNumber>().is_err());
    }

    #[test]
    fn a_confirmation_number_is_never_printed() {
        let secret = ConfirmationNumber::parse_typed("987654").unwrap();
        assert!(!format!("{secret:?}").contains("98"));
    }

    #[test]
    fn numbers_are_grouped_as_slips_print_them() {
        assert_eq!(CustomerNumber::parse_typed("2013000123456789").unwrap().grouped(), "2013 0001 2345 6789");
        assert_eq!(PaymentCategory::parse_typed("7000001234").unwrap().grouped(), "7000 0012 34");
    }
}
