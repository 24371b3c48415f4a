//! What stands in the way of registering, revoking, unlocking or reporting a token.

use super::authorise;
use super::rules::Refusal;
use super::token::Standing;
use crate::approvals;
use crate::help::Code;
use crate::registration;

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The one-time password of the person's own token.
    Code(authorise::Problem),
    /// 確認用パスワード was left out.
    ConfirmationMissing,
    /// It is wrong.
    ConfirmationWrong {
        /// Tries left before the lock.
        left: i64,
    },
    /// It is locked.
    ConfirmationLocked,
    /// No token of the contract that could be registered has the serial.
    NotRegistrable,
    /// The person has registered it already.
    RegisteredAlready,
    /// The two codes are not two that follow each other.
    CodesWrong {
        /// Tries left before the lock.
        left: i64,
    },
    /// Both codes are the same.
    SameCode,
    /// The rule says no.
    Refused(Refusal),
    /// It has changed meanwhile.
    Changed,
    /// Nobody else could confirm it (SEC-21).
    TooFewAdministrators,
    /// A stop, a taken key or an unclear outcome, whose code tells it.
    Told(Code),
    /// Our own failure.
    Unavailable,
}

impl Problem {
    /// Our own failure, of which the log has more.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on a token failed");
        Self::Unavailable
    }

    /// The stable code, which has a help page.
    pub const fn code(&self) -> Code {
        match self {
            Self::Code(problem) => problem.code(),
            Self::ConfirmationMissing => Code::Input,
            Self::ConfirmationWrong { .. } => Code::ConfirmationPasswordWrong,
            Self::ConfirmationLocked => Code::ConfirmationPasswordLocked,
            Self::NotRegistrable => Code::TokenNotRegistrable,
            Self::RegisteredAlready => Code::TokenRegisteredAlready,
            Self::CodesWrong { .. } | Self::SameCode => Code::ConsecutiveCodesWrong,
            Self::Refused(Refusal::NotAdministrator) => Code::NotPermitted,
            Self::Refused(Refusal::OwnToken(_) | Refusal::OwnSerial) => Code::TokenPaperOnly,
            Self::Refused(Refusal::NotThatState) | Self::Changed => Code::TokenChanged,
            Self::TooFewAdministrators => Code::AdministratorsTooFew,
            Self::Told(code) => *code,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// What happened, with the particulars of this case.
    pub fn words(&self) -> String {
        let happened = self.code().entry().happened;
        match self {
            Self::Code(problem) => problem.words(),
            Self::ConfirmationMissing => "確認用パスワードを入力してください。".to_owned(),
            Self::ConfirmationWrong { left } | Self::CodesWrong { left } => {
                format!("{happened}あと{left}回誤ると、ご利用を停止します。")
            }
            Self::SameCode => {
                "1つ目と2つ目に同じ数字が入力されています。表示が変わるのを待って(最長60秒)、次の数字を2つ目に入力してください。"
                    .to_owned()
            }
            Self::Refused(refusal) => refused_words(*refusal, happened),
            Self::Told(code) => format!("{happened}{}", code.entry().remedy),
            _ => happened.to_owned(),
        }
    }

    /// The field that the error summary leads to, where one is to blame.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Code(problem) => problem.field(),
            Self::ConfirmationMissing | Self::ConfirmationWrong { .. } => Some("confirmation_password"),
            Self::NotRegistrable | Self::RegisteredAlready => Some("serial"),
            Self::CodesWrong { .. } => Some("first_code"),
            Self::SameCode => Some("second_code"),
            _ => None,
        }
    }
}

fn refused_words(refusal: Refusal, happened: &'static str) -> String {
    let why = match refusal {
        Refusal::NotAdministrator | Refusal::NotThatState => return happened.to_owned(),
        Refusal::OwnSerial => "ご自身が登録しているトークンのため、",
        Refusal::OwnToken(None) => "ご自身のトークンが登録されていないため、",
        Refusal::OwnToken(Some(standing)) => match standing {
            Standing::Expired => "ご自身のトークンが有効期限切れのため、",
            Standing::Locked => "ご自身のトークンが利用停止になっているため、",
            Standing::Revoked => "ご自身のトークンが失効しているため、",
            Standing::Lost => "ご自身のトークンに紛失・盗難の届けが出ているため、",
            Standing::Unused | Standing::Valid => "ご自身のトークンが利用できないため、",
        },
    };
    format!("{why}画面では手続きできません。")
}

impl From<approvals::Problem> for Problem {
    fn from(problem: approvals::Problem) -> Self {
        match problem {
            approvals::Problem::Code(problem) => Self::Code(problem),
            approvals::Problem::TooFewAdministrators => Self::TooFewAdministrators,
            approvals::Problem::Unavailable => Self::Unavailable,
            other => Self::Told(other.code()),
        }
    }
}

registration::problem!(Problem;);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Money;

    /// Where a paper is needed the words say so, and why.
    #[test]
    fn every_problem_says_that_no_money_moved_and_what_needs_a_paper_says_so() {
        let refusals = [
            Refusal::NotAdministrator,
            Refusal::OwnSerial,
            Refusal::OwnToken(None),
            Refusal::OwnToken(Some(Standing::Expired)),
            Refusal::OwnToken(Some(Standing::Lost)),
            Refusal::OwnToken(Some(Standing::Locked)),
            Refusal::OwnToken(Some(Standing::Revoked)),
            Refusal::NotThatState,
        ];
        let problems = [
            Problem::Code(authorise::Problem::Used),
            Problem::ConfirmationMissing,
            Problem::ConfirmationWrong { left: 1 },
            Problem::ConfirmationLocked,
            Problem::NotRegistrable,
            Problem::RegisteredAlready,
            Problem::CodesWrong { left: 2 },
            Problem::SameCode,
            Problem::Changed,
            Problem::TooFewAdministrators,
            Problem::Unavailable,
        ];
        for problem in refusals.map(Problem::Refused).into_iter().chain(problems) {
            let entry = problem.code().entry();
            assert_eq!(entry.money, Money::Untouched, "{problem:?}");
            assert!(problem.words().ends_with('。'), "{problem:?}");
            if matches!(problem, Problem::Refused(Refusal::OwnSerial | Refusal::OwnToken(_))) {
                assert!(entry.remedy.contains("書面"), "{problem:?}");
                assert!(problem.words().contains("画面では手続きできません"), "{problem:?}");
            }
        }
        let words: std::collections::BTreeSet<_> =
            refusals.map(|refusal| Problem::Refused(refusal).words()).into();
        assert_eq!(words.len(), refusals.len(), "each reason has its own words");
    }
}
