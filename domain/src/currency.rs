//! Currencies by their code of ISO 4217, and amounts of them in whole minor units.

use std::fmt;
use std::sync::LazyLock;

use rust_decimal::Decimal;

use crate::money::Yen;
use crate::{numbers, table};

/// Every currency, in the order of the codes.
static CURRENCIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../data/currencies.csv"));
    rows.map(|[code, digits, label]| Entry {
        code: table::code(code).unwrap_or_else(|| panic!("no currency: {code}")),
        digits: digits.parse().unwrap_or_else(|_| panic!("no count of digits: {digits}")),
        label,
    })
    .collect()
});

struct Entry {
    code: [u8; 3],
    digits: u8,
    label: &'static str,
}

/// A currency: three letters of ISO 4217. Units of account, metals and funds are none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// No currency has this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no currency has this code")]
pub struct CurrencyError;

impl Currency {
    /// Yen.
    pub const JPY: Self = Self(*b"JPY");
    /// US dollar.
    pub const USD: Self = Self(*b"USD");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Every one, in the order of the codes.
    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.iter().map(|entry| Self(entry.code))
    }

    /// Reads a code as a person types it.
    pub fn parse_typed(text: &str) -> Result<Self, CurrencyError> {
        table::code_typed(text).and_then(Self::known).ok_or(CurrencyError)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its Japanese name.
    pub fn label(self) -> &'static str {
        self.entry().map_or("", |entry| entry.label)
    }

    /// Digits behind the point of an amount: 2 of the dollar, none of the yen.
    pub fn digits(self) -> u8 {
        self.entry().map_or(0, |entry| entry.digits)
    }

    fn known(code: [u8; 3]) -> Option<Self> {
        Some(Self(code)).filter(|currency| currency.entry().is_some())
    }

    fn entry(self) -> Option<&'static Entry> {
        let at = CURRENCIES.binary_search_by_key(&self.0, |entry| entry.code).ok()?;
        CURRENCIES.get(at)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({self})")
    }
}

/// Strict: three capital letters, for data and messages.
impl std::str::FromStr for Currency {
    type Err = CurrencyError;
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        table::code(text).and_then(Self::known).ok_or(CurrencyError)
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;
    fn try_from(text: String) -> Result<Self, CurrencyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

/// The most minor units of an amount: the 14 digits that SWIFT's 15d has beside its comma.
pub const MINOR_UNITS_MAX: i64 = 99_999_999_999_999;

/// An amount of a currency in whole minor units (cents; yen have none, so yen). Amounts of two currencies are never
/// added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The currency.
    pub currency: Currency,
    /// Minor units. Never negative where it is a payment.
    pub minor_units: i64,
}

/// Why a text is not an amount of a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Nothing but separators was found.
    #[error("the amount is empty")]
    Empty,
    /// A character that is neither a digit nor a separator.
    #[error("{0:?} is not a digit")]
    NotDigit(char),
    /// Digits behind the point that the currency does not have.
    #[error("the currency has {most} digits behind the point")]
    Decimals {
        /// How many it has.
        most: u8,
    },
    /// More than [`MINOR_UNITS_MAX`].
    #[error("the amount has more than 14 digits")]
    TooLarge,
}

impl Money {
    /// So many minor units.
    pub const fn new(currency: Currency, minor_units: i64) -> Self {
        Self { currency, minor_units }
    }

    /// Yen.
    pub const fn yen(yen: Yen) -> Self {
        Self::new(Currency::JPY, yen.get())
    }

    /// The sum; nothing where the currencies differ or it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = self.minor_units.checked_add(other.minor_units)?;
        (self.currency == other.currency).then_some(Self::new(self.currency, sum))
    }

    /// The difference, likewise.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self::new(other.currency, other.minor_units.checked_neg()?))
    }

    /// The amount as a number.
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.minor_units, self.currency.digits().into())
    }

    /// Digits with a point where the currency has minor units and no separators, as XML has them: `1234.50`, `1234`.
    pub fn plain(self) -> String {
        self.decimal().to_string()
    }

    /// Reads an amount as a person types it: full-width digits and separators of thousands are accepted, and fewer
    /// digits behind the point than the currency has; a sign is not, nor a comma in the place of the point.
    pub fn parse_typed(currency: Currency, text: &str) -> Result<Self, MoneyError> {
        let most = currency.digits();
        let (mut units, mut seen, mut decimals) = (0_i64, false, None::<u8>);
        // of the whole part: digits behind the last separator, and whether there is one
        let (mut group, mut separated) = (0_usize, false);
        for found in text.trim().chars() {
            match numbers::fold_width(found) {
                ' ' | '\u{3000}' if decimals.is_none() => {}
                ',' | '、'
                    if decimals.is_none() && (group == 3 || (!separated && (1..3).contains(&group))) =>
                {
                    (group, separated) = (0, true);
                }
                '.' if decimals.is_none() && (!separated || group == 3) => decimals = Some(0),
                c => {
                    let digit = c.to_digit(10).ok_or(MoneyError::NotDigit(found))?;
                    match decimals {
                        Some(count) => decimals = Some(count.saturating_add(1)),
                        None => group = group.saturating_add(1),
                    }
                    if decimals > Some(most) {
                        return Err(MoneyError::Decimals { most });
                    }
                    units = shifted(units, digit.into())?;
                    seen = true;
                }
            }
        }
        if separated && group != 3 {
            return Err(MoneyError::NotDigit(','));
        }
        for _ in decimals.unwrap_or(0)..most {
            units = shifted(units, 0)?;
        }
        if seen { Ok(Self::new(currency, units)) } else { Err(MoneyError::Empty) }
    }
}

fn shifted(units: i64, digit: i64) -> Result<i64, MoneyError> {
    let sum = units.checked_mul(10).and_then(|units| units.checked_add(digit));
    sum.filter(|units| *units <= MINOR_UNITS_MAX).ok_or(MoneyError::TooLarge)
}

/// With thousands separators: `USD 1,234.50`, `JPY −1,234`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.digits());
        let all = format!("{:0>1$}", self.minor_units.unsigned_abs(), digits + 1);
        let (whole, decimals) = all.split_at(all.len() - digits);
        let whole = Yen::new(whole.parse().unwrap_or_default());
        let sign = if self.minor_units < 0 { "−" } else { "" };
        let point = if digits > 0 { "." } else { "" };
        f.pad(&format!("{} {sign}{whole}{point}{decimals}", self.currency))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn the_list_is_whole_and_in_order() {
        let all: Vec<Currency> = Currency::all().collect();
        assert_eq!(all.len(), 156);
        assert!(all.is_sorted());
        for one in all {
            assert_eq!(one.as_str().parse(), Ok(one));
            assert!(matches!(one.digits(), 0 | 2 | 3) && !one.label().is_empty(), "{one}");
        }
        assert_eq!(["JPY", "USD", "KWD", "KRW"].map(|code| currency(code).digits()), [0, 2, 3, 0]);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(Currency::parse_typed(" ｕsd"), Ok(Currency::USD));
        for wrong in ["", "US", "XAU", "XTS", "DEM", "ドル"] {
            assert_eq!(Currency::parse_typed(wrong), Err(CurrencyError), "{wrong}");
        }
    }

    #[test]
    fn amounts_are_shown_and_written_with_the_digits_of_their_currency() {
        for (code, units, shown, plain) in [
            ("USD", 123_450, "USD 1,234.50", "1234.50"),
            ("USD", 5, "USD 0.05", "0.05"),
            ("USD", -123_456_789, "USD −1,234,567.89", "-1234567.89"),
            ("JPY", 1_234, "JPY 1,234", "1234"),
            ("KWD", 1_234_567, "KWD 1,234.567", "1234.567"),
            ("EUR", 0, "EUR 0.00", "0.00"),
        ] {
            let money = Money::new(currency(code), units);
            assert_eq!((money.to_string().as_str(), money.plain().as_str()), (shown, plain));
        }
    }

    #[test]
    fn typed_amounts_are_read_as_people_write_them() {
        for (code, text, units) in [
            ("USD", "1,234.5", 123_450),
            ("USD", "１２３４．５６", 123_456),
            ("USD", "1234.", 123_400),
            ("USD", ".05", 5),
            ("JPY", "1,234", 1_234),
            ("KWD", "0.001", 1),
            ("USD", "999,999,999,999.99", MINOR_UNITS_MAX),
        ] {
            assert_eq!(
                Money::parse_typed(currency(code), text),
                Ok(Money::new(currency(code), units)),
                "{text}"
            );
        }
        for (code, text, error) in [
            ("USD", "", MoneyError::Empty),
            ("USD", ".", MoneyError::Empty),
            ("USD", "1.234", MoneyError::Decimals { most: 2 }),
            ("JPY", "1.5", MoneyError::Decimals { most: 0 }),
            ("USD", "-1", MoneyError::NotDigit('-')),
            ("USD", "1.2.3", MoneyError::NotDigit('.')),
            ("USD", "1.2,3", MoneyError::NotDigit(',')),
            ("USD", "1234,50", MoneyError::NotDigit(',')),
            ("USD", "1234,567", MoneyError::NotDigit(',')),
            ("USD", "1,5", MoneyError::NotDigit(',')),
            ("USD", "1,23.4", MoneyError::NotDigit('.')),
            ("USD", ",5", MoneyError::NotDigit(',')),
            ("USD", "1,000,000,000,000", MoneyError::TooLarge),
        ] {
            assert_eq!(Money::parse_typed(currency(code), text), Err(error), "{text}");
        }
    }

    #[test]
    fn two_currencies_are_not_added() {
        let (dollar, euro) = (Money::new(Currency::USD, 1), Money::new(Currency::EUR, 1));
        assert_eq!(dollar.checked_add(euro), None);
        assert_eq!(dollar.checked_add(dollar), Some(Money::new(Currency::USD, 2)));
        assert_eq!(dollar.checked_sub(dollar), Some(Money::new(Currency::USD, 0)));
        assert_eq!(Money::new(Currency::USD, i64::MAX).checked_add(dollar), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(units in 0..=MINOR_UNITS_MAX, which in 0_usize..156) {
            let money = Money::new(Currency::all().nth(which).unwrap(), units);
            prop_assert_eq!(Money::parse_typed(money.currency, &money.plain()), Ok(money));
        }
    }
}
