//! 法人番号: the thirteen digits of a corporation.

use std::fmt;

use crate::numbers::{NumberError, digits_typed};

/// Digits of a number.
const DIGITS: usize = 13;

/// A 法人番号: a check digit, and twelve digits behind it (法人番号の指定等に関する省令, article 2).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CorporateNumber(String);

/// Why a text is no 法人番号.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorporateNumberError {
    /// It has not thirteen digits.
    #[error(transparent)]
    Digits(#[from] NumberError),
    /// The first digit is not that of the others.
    #[error("the check digit does not fit")]
    CheckDigit,
}

impl CorporateNumber {
    /// Reads a number as a person types it, a leading T of a qualified invoice issuer's number included.
    pub fn parse_typed(text: &str) -> Result<Self, CorporateNumberError> {
        let text = text.trim().trim_start_matches(['T', 'Ｔ', 't', 'ｔ']);
        let digits = digits_typed(text, DIGITS, DIGITS)?;
        let (first, rest) = digits.split_at(1);
        if first.parse() == Ok(check_digit(rest)) {
            Ok(Self(digits))
        } else {
            Err(CorporateNumberError::CheckDigit)
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Nine less the remainder by nine of the digits' sum, each second one from the right taken twice.
fn check_digit(digits: &str) -> u32 {
    let weighed = digits.chars().rev().filter_map(|c| c.to_digit(10)).zip([1, 2].into_iter().cycle());
    9 - weighed.map(|(digit, weight)| digit * weight).sum::<u32>() % 9
}

impl fmt::Display for CorporateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CorporateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CorporateNumber({self})")
    }
}

impl TryFrom<String> for CorporateNumber {
    type Error = CorporateNumberError;
    fn try_from(text: String) -> Result<Self, CorporateNumberError> {
        Self::parse_typed(&text)
    }
}

impl From<CorporateNumber> for String {
    fn from(number: CorporateNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 2+2+0+18+8+14+6+10+4+6+2+2 = 74, which leaves 2 by nine, so 7.
    #[test]
    fn the_first_digit_is_that_of_the_others() {
        for text in ["7123456789012", "T7123456789012", "７１２３-４５６７-８９０１２"] {
            assert_eq!(CorporateNumber::parse_typed(text).unwrap().as_str(), "7123456789012", "{text}");
        }
        for wrong in ["8123456789012", "7123456789021", "7213456789012"] {
            assert_eq!(CorporateNumber::parse_typed(wrong), Err(CorporateNumberError::CheckDigit), "{wrong}");
        }
        let short = NumberError::Length { min: 13, max: 13, found: 12 };
        assert_eq!(CorporateNumber::parse_typed("712345678901"), Err(CorporateNumberError::Digits(short)));
    }
}
