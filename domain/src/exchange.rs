//! Foreign exchange: the bank's rates against the yen, and what an amount comes to at one of them. All of it is
//! decimal; nothing is rounded but the result, by a rule that is data.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::currency::{Currency, MINOR_UNITS_MAX, Money};
use crate::money::Yen;
use crate::time::Timestamp;

/// Which way: seen from the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The bank sells the currency and gets yen (TTS): a remittance abroad.
    Sell,
    /// The bank buys it (TTB): one that comes, or comes back.
    Buy,
}

/// The bank's rates of a currency, and when they hold (公表相場).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// The currency.
    pub currency: Currency,
    /// For how many units of it the yen are: 1, or 100 of a small one.
    pub units: u32,
    /// Yen that the bank takes for them.
    pub tts: Decimal,
    /// Yen that it gives for them.
    pub ttb: Decimal,
    /// From when they hold.
    pub from: Timestamp,
    /// Until when, itself excluded.
    pub until: Timestamp,
}

/// Why there is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The yen, yen of no units, a rate that is not positive, or a bank that sells below what it pays.
    #[error("these are no rates")]
    NoRates,
    /// The end is not behind the beginning.
    #[error("the rates hold at no time")]
    NoTime,
    /// The bank has no rates of the currency.
    #[error("the bank has no rates of this currency")]
    NotQuoted,
    /// The rates that there were hold no longer.
    #[error("the rates held until {0}")]
    Expired(Timestamp),
    /// Those that there will be do not hold yet.
    #[error("the rates hold from {0}")]
    NotYet(Timestamp),
}

impl Quote {
    /// Refuses what are no rates.
    pub fn checked(self) -> Result<Self, QuoteError> {
        let is_right = self.currency != Currency::JPY
            && self.units > 0
            && self.ttb > Decimal::ZERO
            && self.ttb <= self.tts;
        match (is_right, self.from < self.until) {
            (false, _) => Err(QuoteError::NoRates),
            (true, false) => Err(QuoteError::NoTime),
            (true, true) => Ok(self),
        }
    }

    /// The rate of one side.
    pub const fn rate(&self, side: Side) -> Rate {
        let yen = match side {
            Side::Sell => self.tts,
            Side::Buy => self.ttb,
        };
        Rate { currency: self.currency, units: self.units, yen }
    }
}

/// The quote of a currency that holds now: of several the one that began last.
pub fn quote_at(quotes: &[Quote], currency: Currency, now: Timestamp) -> Result<&Quote, QuoteError> {
    let of_it = || quotes.iter().filter(|quote| quote.currency == currency);
    let holds = of_it().filter(|quote| quote.from <= now && now < quote.until).max_by_key(|quote| quote.from);
    holds.ok_or_else(|| {
        let expired = of_it().map(|quote| quote.until).filter(|until| *until <= now).max();
        let to_come = of_it().map(|quote| quote.from).filter(|from| *from > now).min();
        match (to_come, expired) {
            (_, Some(until)) => QuoteError::Expired(until),
            (Some(from), None) => QuoteError::NotYet(from),
            (None, None) => QuoteError::NotQuoted,
        }
    })
}

/// A price of a currency in yen: of a quote, or of a contract (為替予約).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The currency.
    pub currency: Currency,
    /// For how many units of it the yen are.
    pub units: u32,
    /// Yen for them.
    pub yen: Decimal,
}

/// How a result is rounded to whole minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// 切捨て.
    Down,
    /// 四捨五入.
    HalfUp,
    /// 切上げ.
    Up,
}

/// The rule by which amounts are converted. Banks say 円未満切捨て of themselves (unverified), so it is data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversionRule {
    /// Of yen that a foreign amount comes to.
    pub yen: Rounding,
    /// Of a foreign amount that yen come to. With anything but down, more would be sent than the yen pay for.
    pub foreign: Rounding,
}

/// Why an amount is not converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    /// The rate is of another currency.
    #[error("the rate is of another currency")]
    OtherCurrency,
    /// The result has more digits than an amount.
    #[error("the result does not fit")]
    TooLarge,
    /// The result is nothing.
    #[error("the result is nothing")]
    Nothing,
}

impl Rate {
    /// The yen that a foreign amount comes to.
    pub fn yen_of(&self, amount: Money, rule: ConversionRule) -> Result<Yen, ConversionError> {
        if amount.currency != self.currency {
            return Err(ConversionError::OtherCurrency);
        }
        let yen = amount.decimal().checked_mul(self.yen).and_then(|yen| yen.checked_div(self.units.into()));
        rounded(yen, 0, rule.yen).map(Yen::new)
    }

    /// The foreign amount that yen come to.
    pub fn foreign_of(&self, yen: Yen, rule: ConversionRule) -> Result<Money, ConversionError> {
        let amount = Decimal::from(yen.get()).checked_mul(self.units.into());
        let amount = amount.and_then(|amount| amount.checked_div(self.yen));
        rounded(amount, self.currency.digits(), rule.foreign).map(|units| Money::new(self.currency, units))
    }
}

/// Whole minor units of so many digits behind the point.
fn rounded(amount: Option<Decimal>, digits: u8, rounding: Rounding) -> Result<i64, ConversionError> {
    let strategy = match rounding {
        Rounding::Down => RoundingStrategy::ToZero,
        Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        Rounding::Up => RoundingStrategy::AwayFromZero,
    };
    let scale = Decimal::from(10_i64.pow(digits.into()));
    let units = amount.and_then(|amount| amount.checked_mul(scale)).ok_or(ConversionError::TooLarge)?;
    let units =
        i64::try_from(units.round_dp_with_strategy(0, strategy)).map_err(|_| ConversionError::TooLarge)?;
    match units {
        0 => Err(ConversionError::Nothing),
        units if units.abs() > MINOR_UNITS_MAX => Err(ConversionError::TooLarge),
        units => Ok(units),
    }
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
