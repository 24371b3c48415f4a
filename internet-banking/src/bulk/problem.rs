//! Everything that can stop bulk data, each with its own words and code.

use domain::Timestamp;
use edge::Errors;

use crate::frame;
use crate::help::Code;
use crate::payeasy::views::Trouble;

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The person may not do this, or the plan does not have it.
    NotPermitted,
    /// Outside the hours of the business (R110).
    Closed {
        /// When it opens, where it does.
        opens: Option<Timestamp>,
    },
    /// Our own failure.
    Unavailable,
}

impl Problem {
    /// The stable code, which has a help page.
    pub const fn code(&self) -> Code {
        match self {
            Self::NotPermitted => Code::NotPermitted,
            Self::Closed { .. } => Code::BulkClosed,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// What happened, with the particulars of this case.
    pub fn words(&self) -> String {
        let happened = self.code().entry().happened;
        match self {
            Self::Closed { opens: Some(opens) } => {
                format!("{happened}{}から、またご利用になれます。", frame::day_and_time(*opens))
            }
            Self::NotPermitted | Self::Closed { opens: None } | Self::Unavailable => happened.to_owned(),
        }
    }

    /// What the page tells.
    pub fn trouble(&self) -> Trouble {
        Trouble::of(self.code(), Errors::general(self.words()))
    }

    /// A failure of ours, which is in the log.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on bulk data failed");
        Self::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Money;

    #[test]
    fn every_problem_says_what_happened_and_that_nothing_was_debited() {
        let opens = Some(Timestamp::default());
        for problem in [
            Problem::NotPermitted,
            Problem::Closed { opens },
            Problem::Closed { opens: None },
            Problem::Unavailable,
        ] {
            assert_eq!(problem.code().entry().money, Money::Untouched, "{problem:?}");
            assert!(!problem.trouble().errors.is_empty(), "{problem:?}");
        }
        assert!(Problem::Closed { opens }.words().contains("から、またご利用になれます"));
    }
}
