//! Everything that can stop the registration of payees, each with its own words and code.

use edge::Errors;

use super::bounds::Bounds;
use crate::contracts::StoreError;
use crate::help::Code;
use crate::payeasy::views::Trouble;
use crate::registration::{self, told};
use crate::tokens::authorise;

/// Why nothing was registered or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// What was typed cannot be what it should be.
    Input(Errors),
    /// The person may not do this.
    NotPermitted,
    /// The contract has this account registered under a name.
    There(String),
    /// The contract has as many payees as it may.
    TooMany,
    /// The payee, or the whole list, is not as the page showed.
    Changed,
    /// The one-time password authorises nothing.
    Code(authorise::Problem),
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
            Self::NotPermitted => Code::NotPermitted,
            Self::There(_) => Code::PayeeThere,
            Self::TooMany => Code::PayeesTooMany,
            Self::Changed => Code::PayeeChanged,
            Self::Code(problem) => problem.code(),
            Self::Told(code) => *code,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// What the page tells.
    pub fn trouble(&self) -> Trouble {
        let happened = self.code().entry().happened;
        let errors = match self {
            Self::Input(errors) => errors.clone(),
            Self::Code(problem) => Errors::one(problem.field().unwrap_or_default(), problem.words()),
            Self::There(name) => {
                Errors::one("number", format!("この口座は「{name}」として、すでに登録されています。"))
            }
            Self::TooMany => Errors::general(format!(
                "{happened}振込先は、ご契約で{}件まで登録できます。",
                Bounds::embedded().payees_max
            )),
            Self::Told(code) => told(*code),
            Self::NotPermitted | Self::Changed | Self::Unavailable => Errors::general(happened),
        };
        Trouble::of(self.code(), errors).of_registration()
    }

    /// A failure of ours, which is in the log.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on payees failed");
        Self::Unavailable
    }
}

registration::problem!(Problem; StoreError, sqlx::Error);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Money;

    #[test]
    fn every_problem_says_what_happened_and_that_nothing_was_debited() {
        for problem in [
            Problem::Input(Errors::one("holder", "受取人名を、カナで入力してください。")),
            Problem::NotPermitted,
            Problem::There("七十七商店".to_owned()),
            Problem::TooMany,
            Problem::Changed,
            Problem::Code(authorise::Problem::Used),
            Problem::Told(Code::ContractStopped),
            Problem::Unavailable,
        ] {
            assert_eq!(problem.code().entry().money, Money::Untouched, "{problem:?}");
            assert!(!problem.trouble().errors.is_empty(), "{problem:?}");
        }
    }
}
