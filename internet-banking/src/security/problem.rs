//! Everything that can stop a change of one's own.

use edge::Errors;

use crate::contracts::StoreError;
use crate::help::Code;
use crate::passwords::Weak;
use crate::payeasy::views::Trouble;
use crate::registration::{self, told};
use crate::sign_in::PasswordError;
use crate::tokens::authorise;

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A field is empty or cannot be what it should be.
    Input(Errors),
    /// The new password cannot be chosen.
    Weak {
        /// The control that asked for it.
        field: &'static str,
        /// Why not.
        why: Weak,
    },
    /// The password in use was typed wrongly.
    CurrentWrong {
        /// The control that asked for it.
        field: &'static str,
    },
    /// It was typed wrongly too often, for a while.
    CurrentPaused,
    /// The same, until somebody unlocks it.
    CurrentLocked,
    /// The confirmation password was typed wrongly.
    ConfirmationWrong {
        /// Tries left before the lock.
        left: i64,
    },
    /// The confirmation password is locked.
    ConfirmationLocked,
    /// The one-time password authorises nothing.
    Code(authorise::Problem),
    /// It has been changed meanwhile.
    Changed,
    /// A stop, a taken key or an unclear outcome, whose code tells it.
    Told(Code),
    /// Our own failure.
    Unavailable,
}

impl Problem {
    /// The stable code, which has a help page.
    pub const fn code(&self) -> Code {
        match self {
            Self::Input(_) => Code::Input,
            Self::Weak { .. } => Code::PasswordWeak,
            Self::CurrentWrong { .. } => Code::CurrentPasswordWrong,
            Self::CurrentPaused => Code::CurrentPasswordPaused,
            Self::CurrentLocked => Code::CurrentPasswordLocked,
            Self::ConfirmationWrong { .. } => Code::ConfirmationPasswordWrong,
            Self::ConfirmationLocked => Code::ConfirmationPasswordLocked,
            Self::Code(problem) => problem.code(),
            Self::Changed => Code::UserChanged,
            Self::Told(code) => *code,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// What the page tells.
    pub fn trouble(&self) -> Trouble {
        let happened = self.code().entry().happened;
        let errors = match self {
            Self::Input(errors) => errors.clone(),
            Self::Weak { field, why } => Errors::one(field, why.words()),
            Self::CurrentWrong { field } => Errors::one(field, happened),
            Self::ConfirmationWrong { left } => {
                let words = format!("{happened}あと{left}回誤ると、ご利用を停止します。");
                Errors::one("confirmation_password", words)
            }
            Self::Code(problem) => Errors::one(problem.field().unwrap_or_default(), problem.words()),
            Self::Told(code) => told(*code),
            Self::CurrentPaused
            | Self::CurrentLocked
            | Self::ConfirmationLocked
            | Self::Changed
            | Self::Unavailable => Errors::general(happened),
        };
        Trouble::of(self.code(), errors).of_registration()
    }

    /// A failure of ours, which is in the log.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a change of a user's own failed");
        Self::Unavailable
    }
}

registration::problem!(Problem; StoreError, sqlx::Error, PasswordError);
