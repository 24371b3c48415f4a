//! 資金決済の条件: who receives what was collected, when, and who keeps the payers' fees.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::protocol::BankCode;

/// Business days from the settlement window to the payment, at most.
const LAG_BUSINESS_DAYS_MAX: u8 = 10;

/// Who receives the money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// 国庫金: the Bank of Japan, which credits the government's deposit.
    BankOfJapan,
    /// 公金: the local government's 指定金融機関. `None`: another bank, which its contract names.
    DesignatedInstitution(Option<BankCode>),
    /// 一般: the collector's own account.
    Collector,
}

/// Where the fee goes that a payer bears on top of the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayerFees {
    /// To the collector, who set it, in one payment with the amounts.
    WithAmount,
    /// The bank keeps it.
    Kept,
}

/// The terms of one collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementTerms {
    /// Who receives the money.
    pub receiver: Receiver,
    /// Business days from the settlement window's day to the day on which it is paid.
    pub lag_business_days: u8,
    /// Where payers' fees go.
    pub payer_fees: PayerFees,
    /// No public page says so: to be replaced by the contract's terms.
    pub assumed: bool,
}

impl Receiver {
    /// The word of the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::BankOfJapan => "bank_of_japan",
            Self::DesignatedInstitution(_) => "designated_institution",
            Self::Collector => "collector",
        }
    }
}

impl PayerFees {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WithAmount => "with_amount",
            Self::Kept => "kept",
        }
    }
}

/// What holds for each kind.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Defaults {
    national: KindTerms,
    local: KindTerms,
    private: KindTerms,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReceiverWord {
    BankOfJapan,
    DesignatedInstitution,
    Collector,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindTerms {
    receiver: ReceiverWord,
    lag_business_days: u8,
    payer_fees: PayerFees,
    assumed: bool,
}

/// What a row says of its own.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Own {
    lag_business_days: Option<u8>,
    payer_fees: Option<PayerFees>,
    designated_bank: Option<BankCode>,
    assumed: Option<bool>,
}

impl Defaults {
    /// The terms of a row of this kind; an error is the rule it breaks.
    pub(super) fn terms(&self, kind: Kind, own: Own) -> Result<SettlementTerms, &'static str> {
        let (default, right) = match kind {
            Kind::National => (&self.national, ReceiverWord::BankOfJapan),
            Kind::Local => (&self.local, ReceiverWord::DesignatedInstitution),
            Kind::Private => (&self.private, ReceiverWord::Collector),
        };
        if default.receiver != right {
            return Err(
                "treasury money goes to the Bank of Japan, a local government's to its designated institution",
            );
        }
        let receiver = match (default.receiver, own.designated_bank) {
            (ReceiverWord::DesignatedInstitution, bank) => Receiver::DesignatedInstitution(bank),
            (_, Some(_)) => return Err("only a local collector has a designated bank"),
            (ReceiverWord::BankOfJapan, None) => Receiver::BankOfJapan,
            (ReceiverWord::Collector, None) => Receiver::Collector,
        };
        let lag_business_days = own.lag_business_days.unwrap_or(default.lag_business_days);
        if !(1..=LAG_BUSINESS_DAYS_MAX).contains(&lag_business_days) {
            return Err("the lag is one to ten business days");
        }
        Ok(SettlementTerms {
            receiver,
            lag_business_days,
            payer_fees: own.payer_fees.unwrap_or(default.payer_fees),
            assumed: own.assumed.unwrap_or(default.assumed),
        })
    }
}
