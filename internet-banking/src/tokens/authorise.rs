//! The one-time password of an operation: judged against the token of whoever asks, and spent in the operation's own
//! commit.

use gateway::Guard;
use secrecy::{ExposeSecret as _, SecretString};

use super::store::{TokenError, Verdict};
use super::token::Standing;
use super::{Operation, lock};
use crate::Bank;
use crate::help::Code;
use crate::sign_in::SignedIn;

/// The control that asks for it, on every page.
pub const FIELD: &str = "one_time_password";

/// Why a one-time password authorises nothing. Nothing was done in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It was left out. It counts as no guess.
    Missing,
    /// It is wrong.
    Wrong {
        /// Tries left before the lock.
        left: i64,
    },
    /// The token is locked.
    Locked,
    /// It was used before, by whoever shares the token.
    Used,
    /// The user has no token.
    NoToken,
    /// The date printed on it has passed.
    Expired,
    /// It was revoked or reported lost.
    Ended,
    /// Our own failure.
    Unavailable,
}

impl Problem {
    /// The stable code, which has a help page.
    pub const fn code(self) -> Code {
        match self {
            Self::Missing => Code::OneTimePasswordMissing,
            Self::Wrong { .. } => Code::OneTimePasswordWrong,
            Self::Locked => Code::OneTimePasswordLocked,
            Self::Used => Code::OneTimePasswordUsed,
            Self::NoToken => Code::NoToken,
            Self::Expired => Code::TokenExpired,
            Self::Ended => Code::TokenEnded,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// What happened, with the particulars of this case.
    pub fn words(self) -> String {
        let happened = self.code().entry().happened;
        match self {
            Self::Wrong { left } => format!("{happened}あと{left}回誤ると、ご利用を停止します。"),
            _ => happened.to_owned(),
        }
    }

    /// The field that the error summary leads to, where one is to blame.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::Wrong { .. } | Self::Used => Some(FIELD),
            Self::Locked | Self::NoToken | Self::Expired | Self::Ended | Self::Unavailable => None,
        }
    }
}

/// What an operation takes into its commit: the guard that spends the typed code, where it demands one, and nothing
/// where not.
pub async fn operation(
    bank: &Bank,
    by: &SignedIn,
    operation: Operation,
    typed: &SecretString,
) -> Result<Option<Guard>, Problem> {
    match operation.demands_one() {
        true => one_time_password(bank, by, typed).await.map(Some),
        false => Ok(None),
    }
}

/// The guard that spends the typed code in the operation's own commit: where that meets the guard taken, the code is
/// [`Problem::Used`].
pub async fn one_time_password(bank: &Bank, by: &SignedIn, typed: &SecretString) -> Result<Guard, Problem> {
    let serial = by.user.token_serial.as_deref().ok_or(Problem::NoToken)?;
    if typed.expose_secret().trim().is_empty() {
        return Err(Problem::Missing);
    }
    match lock::judged(bank, &by.user, serial, typed).await {
        Ok(Verdict::Verified { step }) => Ok(Guard::one_time_password(serial, step.signed())),
        Ok(Verdict::Wrong { left }) => Err(Problem::Wrong { left }),
        Ok(Verdict::JustLocked | Verdict::Locked) => Err(Problem::Locked),
        Ok(Verdict::Unusable(Standing::Expired)) => Err(Problem::Expired),
        Ok(Verdict::Unusable(Standing::Unused)) | Err(TokenError::Unknown(_)) => Err(Problem::NoToken),
        Ok(Verdict::Unusable(_)) => Err(Problem::Ended),
        Err(error) => {
            tracing::error!(%error, "a one-time password could not be judged");
            Err(Problem::Unavailable)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Money;

    #[test]
    fn every_problem_says_that_nothing_was_debited_and_what_is_left() {
        use Problem::{Ended, Expired, Locked, Missing, NoToken, Unavailable, Used, Wrong};
        let all = [Missing, Wrong { left: 3 }, Locked, Used, NoToken, Expired, Ended, Unavailable];
        for problem in all {
            assert_eq!(problem.code().entry().money, Money::Untouched, "{problem:?}");
            assert!(problem.words().ends_with('。'), "{problem:?}");
        }
        assert!(Wrong { left: 3 }.words().contains("あと3回"));
    }
}
