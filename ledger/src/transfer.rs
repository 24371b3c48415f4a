//! The whole vocabulary of money movement: a transfer, its kinds, and every result in the order of the checks.

use std::fmt;

use domain::{AccountId, TransferId};

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Moves the amount at once.
    Posted,
    /// Holds the amount on the debit side (a hold) without moving it.
    Pending,
    /// Moves what the named hold holds, and ends it.
    PostPending(TransferId),
    /// Releases what the named hold holds, and ends it.
    VoidPending(TransferId),
}

impl Kind {
    /// The number of the journal's `kind` column.
    pub const fn code(self) -> i64 {
        match self {
            Self::Posted => 0,
            Self::Pending => 1,
            Self::PostPending(_) => 2,
            Self::VoidPending(_) => 3,
        }
    }

    /// The hold that this ends.
    pub const fn pending(self) -> Option<TransferId> {
        match self {
            Self::Posted | Self::Pending => None,
            Self::PostPending(hold) | Self::VoidPending(hold) => Some(hold),
        }
    }

    /// From the journal's columns; `None` when they make no kind.
    pub const fn from_columns(code: i64, pending: Option<TransferId>) -> Option<Self> {
        match (code, pending) {
            (0, None) => Some(Self::Posted),
            (1, None) => Some(Self::Pending),
            (2, Some(hold)) => Some(Self::PostPending(hold)),
            (3, Some(hold)) => Some(Self::VoidPending(hold)),
            _ => None,
        }
    }
}

/// One row of the journal: `amount` minor units from `debit` to `credit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Made by the caller. The same id again is the same transfer.
    pub id: TransferId,
    /// The account that gives.
    pub debit: AccountId,
    /// The account that gets.
    pub credit: AccountId,
    /// Minor units of both accounts' currency, more than zero. The end of a hold moves the whole hold.
    pub amount: i64,
    /// What it does.
    pub kind: Kind,
    /// 摘要: the text of the statement line.
    pub memo: String,
}

/// A field in which a transfer differs from the one recorded under its id or from its hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The kind, or the hold that it names.
    Kind,
    /// The debited account.
    Debit,
    /// The credited account.
    Credit,
    /// The amount.
    Amount,
}

/// What became of a transfer. Ordered by the precedence of the checks: the first that fails is the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferResult {
    /// It is applied.
    Ok,
    /// It was fine, but another of its chain was not, so none is applied.
    ChainFailed,
    /// The same transfer is applied already.
    Exists,
    /// Another transfer is applied under this id.
    ExistsWithDifferent(Field),
    /// A transfer failed under this id before, and stays failed.
    IdFailedBefore,
    /// The amount is zero or less.
    AmountNotPositive,
    /// Debit and credit are one account.
    AccountsEqual,
    /// There is no such debit account.
    DebitAccountNotFound,
    /// There is no such credit account.
    CreditAccountNotFound,
    /// The accounts have different currencies.
    CurrenciesDiffer,
    /// There is no such hold.
    PendingNotFound,
    /// The named transfer is no hold.
    PendingIsNoHold,
    /// The hold has other accounts or another amount.
    PendingDiffers(Field),
    /// The hold was posted before.
    PendingPosted,
    /// The hold was voided before.
    PendingVoided,
    /// The debit account is closed.
    DebitAccountClosed,
    /// The credit account is closed.
    CreditAccountClosed,
    /// A balance would not fit 64 bits.
    Overflow,
    /// The debit account has less available than the amount.
    ExceedsAvailable,
}

impl TransferResult {
    /// Whether the failure is kept under the id. Results that say something of the id itself are not.
    pub const fn is_recorded_failure(self) -> bool {
        !matches!(
            self,
            Self::Ok | Self::ChainFailed | Self::Exists | Self::ExistsWithDifferent(_) | Self::IdFailedBefore
        )
    }
}

impl fmt::Display for TransferResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
