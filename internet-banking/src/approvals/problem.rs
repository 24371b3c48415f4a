//! What stands in the way of asking, approving or sending back.

use edge::Errors;

use super::policy::Refusal;
use crate::bulk::problem::Problem as BulkProblem;
use crate::contracts::StoreError;
use crate::help::Code;
use crate::payeasy::problem::Problem as PayeasyProblem;
use crate::payeasy::views::Trouble;
use crate::registration;
use crate::tokens::authorise;
use crate::transfers::Problem as TransferProblem;
use crate::users::problem::Problem as UsersProblem;

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such request, for this person.
    NotThere,
    /// It has changed meanwhile, or is decided.
    Changed,
    /// The policy says no.
    Refused(Refusal),
    /// Too few others can approve it.
    TooFewApprovers,
    /// Nobody else could confirm what administrators change.
    TooFewAdministrators,
    /// Who made the request may not do it any more.
    AuthorMayNot,
    /// It has fewer approvals than the policy demands by now.
    NotEnough,
    /// It makes a password, which a list cannot show.
    OneByOne,
    /// A reason was left out, or is too long.
    Reason,
    /// The policy cannot be one.
    Policy(String),
    /// What is asked for cannot be done now.
    Payeasy(PayeasyProblem),
    /// The same of a transfer.
    Transfer(TransferProblem),
    /// The same of a batch.
    Bulk(BulkProblem),
    /// The same of a change of users.
    Users(UsersProblem),
    /// The one-time password authorises nothing.
    Code(authorise::Problem),
    /// The person may not do this.
    NotPermitted,
    /// A stop, a taken key or an unclear outcome, whose code tells it.
    Told(Code),
    /// Our own failure.
    Unavailable,
}

impl Problem {
    /// A failure of ours, which is in the log.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on approvals failed");
        Self::Unavailable
    }

    /// The stable code, which has a help page.
    pub const fn code(&self) -> Code {
        match self {
            Self::NotThere | Self::Changed | Self::NotEnough => Code::ApprovalChanged,
            Self::Refused(Refusal::NotApprover) | Self::NotPermitted => Code::NotPermitted,
            Self::Refused(Refusal::Own) => Code::ApprovalOwn,
            Self::Refused(Refusal::Already) => Code::ApprovalGiven,
            Self::Refused(Refusal::SameToken) => Code::ApprovalSameToken,
            Self::Refused(Refusal::NoToken) => Code::ApprovalNoToken,
            Self::Refused(Refusal::Tied) => Code::ApprovalTied,
            Self::Refused(Refusal::OtherStep) => Code::ApprovalOtherStep,
            Self::TooFewApprovers => Code::ApproversTooFew,
            Self::TooFewAdministrators => Code::AdministratorsTooFew,
            Self::AuthorMayNot => Code::ApprovalAuthorMayNot,
            Self::OneByOne => Code::ApprovalOneByOne,
            Self::Reason | Self::Policy(_) => Code::Input,
            Self::Payeasy(problem) => problem.code(),
            Self::Transfer(problem) => problem.code(),
            Self::Bulk(problem) => problem.code(),
            Self::Users(problem) => problem.code(),
            Self::Code(problem) => problem.code(),
            Self::Told(code) => *code,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// What happened, with the particulars of this case.
    pub fn words(&self) -> String {
        match self {
            Self::Reason => "差戻しの理由を、200文字までで入力してください。".to_owned(),
            Self::Policy(words) => words.clone(),
            Self::NotEnough => {
                "承認のあとに承認者や承認の設定が変わり、必要な承認が足りなくなりました。".to_owned()
            }
            Self::Payeasy(problem) => problem.words(),
            Self::Transfer(problem) => problem.words(),
            Self::Bulk(problem) => problem.words(),
            Self::Code(problem) => problem.words(),
            Self::Told(code) => format!("{}{}", code.entry().happened, code.entry().remedy),
            _ => self.code().entry().happened.to_owned(),
        }
    }

    /// The field that the error summary leads to, where one is to blame.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Reason => Some("reason"),
            Self::Payeasy(problem) => problem.field(),
            // of what is asked for nothing can be put right on the page of a request
            Self::Transfer(TransferProblem::Confirmation(problem)) => problem.field(),
            Self::Code(problem) => problem.field(),
            _ => None,
        }
    }

    /// What the page tells.
    pub fn trouble(&self) -> Trouble {
        let errors = match self {
            Self::Users(problem) => return problem.trouble(),
            Self::Bulk(problem) => return problem.trouble(),
            _ => Errors::one(self.field().unwrap_or_default(), self.words()),
        };
        Trouble::of(self.code(), errors)
    }
}

impl From<PayeasyProblem> for Problem {
    fn from(problem: PayeasyProblem) -> Self {
        Self::Payeasy(problem)
    }
}

impl From<TransferProblem> for Problem {
    fn from(problem: TransferProblem) -> Self {
        Self::Transfer(problem)
    }
}

impl From<BulkProblem> for Problem {
    fn from(problem: BulkProblem) -> Self {
        match problem {
            BulkProblem::NotPermitted => Self::NotPermitted,
            problem => Self::Bulk(problem),
        }
    }
}

impl From<UsersProblem> for Problem {
    fn from(problem: UsersProblem) -> Self {
        Self::Users(problem)
    }
}

registration::problem!(Problem; StoreError, sqlx::Error);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Money;

    #[test]
    fn every_problem_says_that_nothing_was_debited() {
        for problem in [
            Problem::NotThere,
            Problem::Changed,
            Problem::Refused(Refusal::NotApprover),
            Problem::Refused(Refusal::Own),
            Problem::Refused(Refusal::Already),
            Problem::Refused(Refusal::SameToken),
            Problem::Refused(Refusal::NoToken),
            Problem::Refused(Refusal::Tied),
            Problem::Refused(Refusal::OtherStep),
            Problem::TooFewApprovers,
            Problem::TooFewAdministrators,
            Problem::AuthorMayNot,
            Problem::NotEnough,
            Problem::OneByOne,
            Problem::Reason,
            Problem::Policy("金額の順に入力してください。".to_owned()),
            Problem::Code(authorise::Problem::Used),
            Problem::NotPermitted,
            Problem::Told(Code::ContractStopped),
            Problem::Unavailable,
        ] {
            // of what others may have approved nobody says that nothing was debited
            let seen = matches!(problem, Problem::NotThere | Problem::Changed | Problem::NotEnough);
            let by_others = seen || matches!(problem, Problem::Refused(Refusal::Already));
            let expected = if by_others { Money::UntouchedByThis } else { Money::Untouched };
            assert_eq!(problem.code().entry().money, expected, "{problem:?}");
            assert!(problem.words().ends_with('。'), "{problem:?}");
            assert!(!problem.trouble().errors.is_empty());
        }
    }
}
