//! Amounts of money in integer minor units.

use std::fmt;
use std::iter::Sum;

/// An amount of yen. Never negative where it is a payment; balances and net movements may be.
/// Arithmetic is checked: an overflow is a bug of ours or an attack, never a wrapped balance.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Yen(i64);

/// The largest amount that fits the 11 digits of a payment slip's OCR line (payment network width).
pub const AMOUNT_MAX: Yen = Yen(99_999_999_999);

/// Why a text is not an amount of yen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing but separators was found.
    #[error("the amount is empty")]
    Empty,
    /// A character that is neither a digit nor a separator.
    #[error("{0:?} is not a digit")]
    NotDigit(char),
    /// More than [`AMOUNT_MAX`].
    #[error("the amount has more than 11 digits")]
    TooLarge,
}

impl Yen {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// `amount` yen.
    pub const fn new(amount: i64) -> Self {
        Self(amount)
    }

    /// The number of yen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` when it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` when it does not fit.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Reads an amount as a person types it: full-width digits, thousands separators, `¥` and `円` are
    /// accepted; anything else, a sign included, is refused.
    pub fn parse_typed(text: &str) -> Result<Self, AmountError> {
        let mut amount: i64 = 0;
        let mut seen = false;
        for found in text.trim().chars() {
            let c = crate::numbers::fold_width(found);
            match c {
                ',' | '、' | '¥' | '￥' | '\\' | '円' | ' ' | '\u{3000}' => {}
                '0'..='9' => {
                    let digit = i64::from(c.to_digit(10).ok_or(AmountError::NotDigit(found))?);
                    amount = amount
                        .checked_mul(10)
                        .and_then(|a| a.checked_add(digit))
                        .filter(|a| *a <= AMOUNT_MAX.0)
                        .ok_or(AmountError::TooLarge)?;
                    seen = true;
                }
                _ => return Err(AmountError::NotDigit(found)),
            }
        }
        if seen { Ok(Self(amount)) } else { Err(AmountError::Empty) }
    }
}

/// With thousands separators and without a unit: `1,234,567`, `−308,000`.
impl fmt::Display for Yen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 3);
        if self.0 < 0 {
            grouped.push('−');
        }
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad(&grouped)
    }
}

impl Sum for Yen {
    /// Panics on overflow, as every release build of ours does on any integer overflow.
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|a| a.0).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_three() {
        let shown = [0, 999, 1_000, 123_000, 48_210_953, -308_000].map(|a| Yen::new(a).to_string());
        assert_eq!(shown, ["0", "999", "1,000", "123,000", "48,210,953", "−308,000"]);
    }

    #[test]
    fn typed_amounts_are_read_as_people_write_them() {
        for text in ["12300", "12,300", "１２，３００円", "¥12,300", " 12 300 "] {
            assert_eq!(Yen::parse_typed(text), Ok(Yen::new(12_300)), "{text}");
        }
    }

    #[test]
    fn eleven_digits_are_an_amount_and_twelve_are_not() {
        assert_eq!(Yen::parse_typed("99999999999"), Ok(AMOUNT_MAX));
        assert_eq!(Yen::parse_typed("100000000000"), Err(AmountError::TooLarge));
        assert_eq!(Yen::parse_typed("9".repeat(400).as_str()), Err(AmountError::TooLarge));
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        assert_eq!(Yen::parse_typed("-5"), Err(AmountError::NotDigit('-')));
        assert_eq!(Yen::parse_typed("1.5"), Err(AmountError::NotDigit('.')));
        assert_eq!(Yen::parse_typed(" 円 "), Err(AmountError::Empty));
    }
}
