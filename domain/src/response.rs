//! The response codes of collectors (payeasy.md 1.12): those of the public manuals, and ours with B.

use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal),* $(,)?) => {
        /// What a collector answers to a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ResponseCode {
            $($(#[$doc])* $name,)*
        }

        impl ResponseCode {
            /// Every code, in the order of the manual.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The four characters of the message.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

codes! {
    /// Normal.
    Normal = "0000",
    /// Centre or collector not open, or its business process not running.
    NotOpen = "A001",
    /// The bank is not contracted, or the contract's period is over.
    BankNotContracted = "A002",
    /// 納付番号 or お客様番号 is wrong.
    CustomerNumberWrong = "A003",
    /// 確認番号 is wrong.
    ConfirmationNumberWrong = "A004",
    /// The bill cannot be paid through this channel.
    ChannelNotAccepted = "A010",
    /// 納付区分 or 税目・料金番号 is wrong.
    PaymentCategoryWrong = "A013",
    /// The bill's information could not be obtained.
    BillNotObtained = "A101",
    /// A cancellation from a channel other than the counter.
    CancellationNotFromCounter = "A301",
    /// The counter's date is wrong.
    CounterDateWrong = "A601",
    /// Our own: the bill is paid already.
    AlreadyPaid = "B201",
    /// Our own: the bill can no longer be paid.
    Expired = "B202",
    /// Our own: the amount is not what is owed.
    AmountDiffers = "B203",
    /// Our own: the bill cannot be paid yet.
    NotYetPayable = "B204",
    /// Our own: the collector has stopped answering for the customer number, after wrong numbers.
    NumberStopped = "B205",
    /// Our own: the same key came with another body.
    KeyReused = "B901",
    /// The collector's program failed, or several bills matched.
    CollectorError = "9001",
    /// The request was malformed.
    Malformed = "9003",
}

/// A code that is not in the table; whatever it meant, the outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a response code")]
pub struct UnlistedCode(pub String);

impl FromStr for ResponseCode {
    type Err = UnlistedCode;
    fn from_str(text: &str) -> Result<Self, UnlistedCode> {
        Self::ALL.iter().copied().find(|c| c.as_str() == text).ok_or_else(|| UnlistedCode(text.to_owned()))
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_round_trips() {
        for code in ResponseCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert!("Z999".parse::<ResponseCode>().is_err());
    }
}
