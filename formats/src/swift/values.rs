//! Amounts, days and banks as MT messages write them.

use chrono::{Datelike, NaiveDate};
use domain::{Bic, Currency, Date, Money};

use super::lines::wrapped;

/// Characters of a line of a name or an address.
pub const PARTY_CHARS_MAX: usize = 35;

/// `USD1234,50`: a comma always, and the currency's digits behind it.
pub fn written(money: Money) -> String {
    let plain = money.plain().replace('.', ",");
    let comma = if plain.contains(',') { "" } else { "," };
    format!("{}{plain}{comma}", money.currency)
}

/// Reads it; nothing where it is none, or has more digits behind the comma than its currency.
pub fn read(text: &str) -> Option<Money> {
    let currency: Currency = text.get(..3)?.parse().ok()?;
    let digits = text.get(3..)?;
    let is_one = digits.matches(',').count() == 1 && !digits.starts_with(',') && !digits.contains(['.', ' ']);
    is_one.then(|| Money::parse_typed(currency, &digits.replace(',', ".")).ok()).flatten()
}

/// `261130`.
pub fn day(date: Date) -> String {
    format!("{:02}{:02}{:02}", date.year().rem_euclid(100), date.month(), date.day())
}

/// Reads it: 80 to 99 are years of the last century.
pub fn read_day(text: &str) -> Option<Date> {
    let number = |from: usize| text.get(from..from + 2)?.parse::<u32>().ok();
    let is_one = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year = i32::try_from(number(0)?).ok()?;
    let year = if year >= 80 { 1900 + year } else { 2000 + year };
    is_one.then(|| NaiveDate::from_ymd_opt(year, number(2)?, number(4)?)).flatten()
}

/// A bank in a field with an option: A by its BIC, D by its name and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bank {
    /// By its BIC.
    Bic(Bic),
    /// By its name and address, four lines of 35 at most.
    Named(String),
}

impl Bank {
    /// The option's letter, and what stands behind it.
    pub fn option(&self) -> (char, String) {
        match self {
            Self::Bic(bic) => ('A', bic.to_string()),
            Self::Named(name) => ('D', wrapped(name, PARTY_CHARS_MAX)),
        }
    }

    /// From that. An account before it, which this bank does not write, is passed over.
    pub fn read(letter: char, value: &str) -> Option<Self> {
        let value = match value.split_once('\n') {
            Some((account, rest)) if account.starts_with('/') => rest,
            _ => value,
        };
        match letter {
            'A' => value.parse().ok().map(Self::Bic),
            _ => Some(Self::Named(value.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_a_comma_always() {
        let of = |code: &str, units| Money::new(code.parse().unwrap(), units);
        for (money, text) in
            [(of("USD", 123_450), "USD1234,50"), (of("JPY", 1_234), "JPY1234,"), (of("KWD", 1), "KWD0,001")]
        {
            assert_eq!(written(money), text);
            assert_eq!(read(text), Some(money));
        }
        assert_eq!(read("USD1234,5"), Some(of("USD", 123_450)));
        for wrong in
            ["USD1234.50", "USD1234", "USD1,234", "JPY1,5", "USD,5", "XXX1,", "USD", "USD1,2,3", "あUSD"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_have_six_digits() {
        let date: Date = "2027-01-31".parse().unwrap();
        assert_eq!(day(date), "270131");
        assert_eq!(read_day("270131"), Some(date));
        assert_eq!(read_day("991231"), Some("1999-12-31".parse().unwrap()));
        for wrong in ["270231", "27013", "27013a", "+70131", "2701311"] {
            assert_eq!(read_day(wrong), None, "{wrong}");
        }
    }
}
