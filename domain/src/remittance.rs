//! What a foreign remittance costs: its principal at a rate, the bank's fees, and who bears which.

use rust_decimal::Decimal;

use crate::currency::{Currency, Money};
use crate::exchange::{ConversionError, ConversionRule, Rate, Rounding};
use crate::money::Yen;
use crate::time::Date;
use crate::words;

words! {
    /// Who bears the charges of the banks: the codes of ISO 20022.
    ChargeBearer {
        /// The payer all (OUR).
        Debtor = "DEBT", "依頼人負担";
        /// Each those of their own bank (SHA).
        Shared = "SHAR", "各自負担";
        /// The payee all (BEN): they are deducted from what is sent.
        Creditor = "CRED", "受取人負担";
    }
}

impl ChargeBearer {
    /// The code of MT messages.
    pub const fn mt(self) -> &'static str {
        match self {
            Self::Debtor => "OUR",
            Self::Shared => "SHA",
            Self::Creditor => "BEN",
        }
    }
}

/// The bank's fees of a foreign remittance from a day on. What banks charge differs, so all of it is data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTable {
    /// From which day.
    pub since: Date,
    /// 送金手数料.
    pub wire: Yen,
    /// 海外銀行手数料 that the payer bears beforehand with OUR.
    pub correspondent: Yen,
    /// リフティングチャージ (円為替取扱手数料), where no currency is exchanged: a part of the amount, `0.0005`.
    pub lifting_part: Decimal,
    /// At least so much of it.
    pub lifting_least: Yen,
}

/// The table of a day: the last that has begun.
pub fn fees_on(tables: &[FeeTable], day: Date) -> Option<&FeeTable> {
    tables.iter().filter(|table| table.since <= day).max_by_key(|table| table.since)
}

/// What the payer says is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// So much of the currency.
    Amount(Money),
    /// As much of the currency of the rate as so many yen pay for, without fees (円貨相当額).
    Spend(Yen),
}

/// From what the principal is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    /// From yen, at a rate of the currency that is sent.
    Yen(Rate),
    /// From an account in the currency that is sent. The rate says what a foreign amount is in yen, of which the
    /// lifting charge is a part; yen need none.
    Same(Option<Rate>),
}

/// The bank's fees of one remittance, in yen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// 送金手数料.
    pub wire: Yen,
    /// リフティングチャージ.
    pub lifting: Yen,
    /// 海外銀行手数料.
    pub correspondent: Yen,
}

impl Fees {
    /// All of them.
    pub fn total(&self) -> Yen {
        [self.wire, self.lifting, self.correspondent].into_iter().sum()
    }
}

/// What a remittance costs, as it is shown before it is confirmed and kept with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// What is to be sent, before anything is deducted.
    pub instructed: Money,
    /// What the bank deducts of it for its fees; with BEN alone.
    pub deducted: Option<Money>,
    /// What leaves.
    pub sent: Money,
    /// What the payer's account is debited with for the principal: yen, or the currency that is sent.
    pub principal: Money,
    /// The fees, in yen.
    pub fees: Fees,
    /// What the payer pays of them beside the principal; nothing with BEN.
    pub fees_debited: Yen,
}

/// Why it has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// The rate does not fit the amount.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// No rate of a currency that needs one, or yen that would be exchanged for yen.
    #[error("a foreign currency has a rate, the yen none")]
    Rate,
    /// The amount is not positive.
    #[error("the amount is not positive")]
    NotPositive,
    /// The fees to be deducted leave nothing to be sent.
    #[error("the fees are more than the amount")]
    FeesExceedAmount,
}

/// Computes it.
pub fn cost(
    instruction: Instruction,
    funding: Funding,
    bearer: ChargeBearer,
    table: &FeeTable,
    rule: ConversionRule,
) -> Result<Cost, CostError> {
    let instructed = match (instruction, funding) {
        (Instruction::Amount(amount), _) => amount,
        (Instruction::Spend(yen), Funding::Yen(rate)) => rate.foreign_of(yen, rule)?,
        // from an account in the same currency nothing is exchanged
        (Instruction::Spend(yen), Funding::Same(None)) => Money::yen(yen),
        (Instruction::Spend(_), Funding::Same(Some(_))) => return Err(CostError::Rate),
    };
    if instructed.minor_units <= 0 {
        return Err(CostError::NotPositive);
    }
    let rate = match funding {
        Funding::Yen(rate) => Some(rate),
        Funding::Same(rate) => rate,
    };
    if rate.is_none() != (instructed.currency == Currency::JPY) {
        return Err(CostError::Rate);
    }
    let in_yen = match &rate {
        Some(rate) => rate.yen_of(instructed, rule)?,
        None => Yen::new(instructed.minor_units),
    };
    let is_exchanged = matches!(funding, Funding::Yen(_));
    let fees = Fees {
        wire: table.wire,
        lifting: if is_exchanged { Yen::ZERO } else { table.lifting(in_yen)? },
        correspondent: if bearer == ChargeBearer::Debtor { table.correspondent } else { Yen::ZERO },
    };
    let principal = if is_exchanged { Money::yen(in_yen) } else { instructed };
    if bearer != ChargeBearer::Creditor {
        let (sent, fees_debited) = (instructed, fees.total());
        return Ok(Cost { instructed, deducted: None, sent, principal, fees, fees_debited });
    }
    // the payee's fees are the bank's whole ones: what is deducted pays for them in full
    let up = ConversionRule { foreign: Rounding::Up, ..rule };
    let deducted = match &rate {
        Some(rate) if fees.total() > Yen::ZERO => rate.foreign_of(fees.total(), up)?,
        _ => Money::new(instructed.currency, fees.total().get()),
    };
    let sent = instructed.checked_sub(deducted).filter(|sent| sent.minor_units > 0);
    let sent = sent.ok_or(CostError::FeesExceedAmount)?;
    let deducted = Some(deducted);
    Ok(Cost { instructed, deducted, sent, principal, fees, fees_debited: Yen::ZERO })
}

impl FeeTable {
    /// The lifting charge of an amount, whole yen, the rest cut off.
    fn lifting(&self, amount: Yen) -> Result<Yen, CostError> {
        let part = Decimal::from(amount.get()).checked_mul(self.lifting_part);
        let part = part.and_then(|part| i64::try_from(part.trunc()).ok()).ok_or(ConversionError::TooLarge)?;
        Ok(Yen::new(part).max(self.lifting_least))
    }
}

/// A report that a remittance calls for, from an amount and a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Which.
    pub report: Report,
    /// From which day the amount holds.
    pub since: Date,
    /// Above so many yen it is due.
    pub above: Yen,
}

words! {
    /// A report to the authorities.
    Report {
        /// 国外送金等調書, by the bank to the tax office.
        TaxOffice = "tax-office", "国外送金等調書";
        /// 支払又は支払の受領に関する報告書, by the payer through the bank.
        PaymentReport = "payment-report", "支払又は支払の受領に関する報告書";
    }
}

/// The thresholds: 内国税の適正な課税の確保を図るための国外送金等に係る調書の提出等に関する法律 has 1,000,000 yen since April 2009;
/// the 30,000,000 yen of the other are unverified.
pub const THRESHOLDS: &[(Report, (i32, u32, u32), i64)] =
    &[(Report::TaxOffice, (2009, 4, 1), 1_000_000), (Report::PaymentReport, (1998, 4, 1), 30_000_000)];

/// [`THRESHOLDS`] as they are handed on.
pub fn thresholds() -> Vec<Threshold> {
    let threshold = |(report, (year, month, day), above): &(Report, (i32, u32, u32), i64)| {
        let since = Date::from_ymd_opt(*year, *month, *day)?;
        Some(Threshold { report: *report, since, above: Yen::new(*above) })
    };
    THRESHOLDS.iter().filter_map(threshold).collect()
}

/// The reports that an amount in yen calls for on a day: of each the last threshold that has begun decides.
pub fn reports_due(thresholds: &[Threshold], amount: Yen, day: Date) -> Vec<Report> {
    let is_due = |report: &Report| {
        let begun = thresholds.iter().filter(|one| one.report == *report && one.since <= day);
        begun.max_by_key(|one| one.since).is_some_and(|one| amount > one.above)
    };
    Report::ALL.iter().copied().filter(is_due).collect()
}

#[cfg(test)]
#[path = "remittance_tests.rs"]
mod tests;
