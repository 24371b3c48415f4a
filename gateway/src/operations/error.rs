//! Why an operation did nothing.

use ledger::Refused;

use crate::StoreError;
use crate::payment::manual::NotNow;

/// Why an operation was not carried out. Nothing was sent and no money moved in any of these cases, but for
/// [`Store`](Self::Store), after which the payment has to be looked at again.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is no such payment.
    #[error("there is no such payment")]
    NotFound,
    /// Not as things stand.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// An answer or another operator came first: look again.
    #[error("the payment has moved on meanwhile")]
    Moved,
    /// Too much is waiting.
    #[error("too much is waiting")]
    Overloaded,
    /// Our own data failed us.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperationError {
    /// The stable code of the API and the pages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotNow(reason) => reason.code(),
            Self::Moved => "moved_on",
            Self::Overloaded => "overloaded",
            Self::Store(_) => "internal",
        }
    }
}

impl From<sqlx::Error> for OperationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<Refused> for OperationError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale | Refused::Fenced(_) => Self::Moved,
            Refused::Overloaded => Self::Overloaded,
            other => Self::Store(other.into()),
        }
    }
}
