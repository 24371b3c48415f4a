//! Everything that can stop the administration of users, each with its own words and code.

use edge::Errors;

use crate::approvals;
use crate::contracts::StoreError;
use crate::help::Code;
use crate::payeasy::views::Trouble;
use crate::registration::{self, told};
use crate::sign_in::PasswordError;
use crate::tokens::authorise;

/// Why nothing was registered or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// What was typed cannot be what it should be.
    Input(Errors),
    /// The person may not do this, or not to this user.
    NotPermitted,
    /// Somebody has the login ID.
    LoginIdTaken,
    /// The contract has as many users as it may.
    TooMany(i64),
    /// The user is not as the page showed.
    Changed,
    /// The one-time password authorises nothing.
    Code(authorise::Problem),
    /// A stop, a taken key or an unclear outcome, whose code tells it.
    Told(Code),
    /// Nobody else could confirm the change (SEC-21).
    TooFewAdministrators,
    /// Our own failure.
    Unavailable,
}

impl From<approvals::Problem> for Problem {
    fn from(problem: approvals::Problem) -> Self {
        match problem {
            approvals::Problem::Users(problem) => problem,
            approvals::Problem::Code(problem) => Self::Code(problem),
            approvals::Problem::TooFewAdministrators => Self::TooFewAdministrators,
            approvals::Problem::Unavailable => Self::Unavailable,
            _ => Self::Changed,
        }
    }
}

impl Problem {
    /// The stable code, which has a help page.
    pub const fn code(&self) -> Code {
        match self {
            Self::Input(_) => Code::Input,
            Self::NotPermitted => Code::NotPermitted,
            Self::LoginIdTaken => Code::LoginIdTaken,
            Self::TooMany(_) => Code::TooManyUsers,
            Self::Changed => Code::UserChanged,
            Self::Code(problem) => problem.code(),
            Self::Told(code) => *code,
            Self::TooFewAdministrators => Code::AdministratorsTooFew,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// What the page tells.
    pub fn trouble(&self) -> Trouble {
        let errors = match self {
            Self::Input(errors) => errors.clone(),
            Self::Code(problem) => Errors::one(problem.field().unwrap_or_default(), problem.words()),
            Self::LoginIdTaken => Errors::one("login_id", self.code().entry().happened),
            Self::TooMany(users_max) => Errors::general(format!(
                "{}ご契約の利用者は、マスターユーザを含めて{}名までです。",
                self.code().entry().happened,
                users_max
            )),
            Self::Told(code) => told(*code),
            Self::NotPermitted | Self::Changed | Self::TooFewAdministrators | Self::Unavailable => {
                Errors::general(self.code().entry().happened)
            }
        };
        Trouble::of(self.code(), errors).of_registration()
    }

    /// A failure of ours, which is in the log.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on users failed");
        Self::Unavailable
    }
}

registration::problem!(Problem; StoreError, sqlx::Error, PasswordError);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Money;

    #[test]
    fn every_problem_says_what_happened_and_that_nothing_was_debited() {
        for problem in [
            Problem::Input(Errors::one("name", "利用者名を入力してください。")),
            Problem::NotPermitted,
            Problem::LoginIdTaken,
            Problem::TooMany(99),
            Problem::Changed,
            Problem::Code(authorise::Problem::Used),
            Problem::Told(Code::ContractStopped),
            Problem::TooFewAdministrators,
            Problem::Unavailable,
        ] {
            assert_eq!(problem.code().entry().money, Money::Untouched, "{problem:?}");
            assert!(!problem.trouble().errors.is_empty(), "{problem:?}");
        }
        assert!(Problem::TooMany(99).trouble().errors.of("").unwrap().contains("99名まで"));
    }
}
