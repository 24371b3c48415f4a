//! What the pages say about certificates.

use std::borrow::Cow;

use edge::Errors;
use ledger::Refused;

use super::issue::IssueError;
use super::judge::{CertificateTrouble, NoIssue, Standing};
use super::request::RequestError;
use super::revoke::MasterError;
use crate::help::Code;
use crate::registration::RegistrationError;
use crate::stops;

impl CertificateTrouble {
    /// Its code, whose help page explains it.
    pub const fn code(self) -> Code {
        match self {
            Self::Missing => Code::CertificateMissing,
            Self::NotImported => Code::CertificateNotImported,
            Self::NoneYet => Code::CertificateNoneYet,
            Self::Foreign => Code::CertificateForeign,
            Self::Expired => Code::CertificateExpired,
            Self::Revoked => Code::CertificateRevoked,
            Self::Redone => Code::CertificateRedone,
            Self::Replaced => Code::CertificateReplaced,
            Self::SomebodyElses => Code::CertificateOfAnother,
        }
    }

    /// The word that pages and the audit log mark it with.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotImported => "not-imported",
            Self::NoneYet => "none-yet",
            Self::Foreign => "foreign",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Redone => "redone",
            Self::Replaced => "replaced",
            Self::SomebodyElses => "somebody-elses",
        }
    }
}

/// Icon, word and colour of a certificate's standing, and its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingTag {
    /// The word.
    pub word: &'static str,
    /// The icon before it.
    pub icon: &'static str,
    /// The style sheet's class.
    pub class: &'static str,
    /// What the page is marked with.
    pub state: &'static str,
}

/// How a standing is shown; none is that no certificate was issued.
pub const fn standing_tag(standing: Option<Standing>) -> StandingTag {
    let (word, icon, class, state) = match standing {
        None => ("未取得", "−", "info", "none"),
        Some(Standing::Waiting) => ("利用開始前", "●", "wait", "waiting"),
        Some(Standing::InUse) => ("利用中", "✓", "ok", "in-use"),
        Some(Standing::Expired) => ("期限切れ", "!", "bad", "expired"),
        Some(Standing::Ended(why)) => (why.label(), "!", "bad", "ended"),
    };
    StandingTag { word, icon, class, state }
}

/// What is wrong, as a form shows it again.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// The error's code.
    pub code: Code,
    /// Which controls, and what.
    pub errors: Errors,
}

impl Wrong {
    /// A code's own words, at no control.
    pub fn of(code: Code) -> Self {
        let entry = code.entry();
        Self { code, errors: Errors::one("", format!("{}{}", entry.happened, entry.remedy)) }
    }

    /// Words at a control.
    pub fn at(code: Code, field: &'static str, words: impl Into<Cow<'static, str>>) -> Self {
        Self { code, errors: Errors::one(field, words) }
    }
}

impl From<&IssueError> for Wrong {
    fn from(error: &IssueError) -> Self {
        match error {
            IssueError::NotByCertificate => Self::of(Code::CertificateNotForContract),
            IssueError::No(NoIssue::HasOne) => Self::of(Code::CertificateHasOne),
            IssueError::No(NoIssue::NotPermitted | NoIssue::NothingToRenew) => {
                Self::of(Code::CertificateNotPermitted)
            }
            IssueError::No(NoIssue::TooEarly(_)) => Self::of(Code::CertificateTooEarly),
            IssueError::LimitReached { max } => Self::at(
                Code::CertificateLimit,
                "",
                format!(
                    "ご契約の電子証明書が、上限の{max}枚に達しています。{}",
                    Code::CertificateLimit.entry().remedy
                ),
            ),
            IssueError::Request(error) => {
                let words = match error {
                    RequestError::Unreadable => {
                        "PEM 形式の署名要求(PKCS#10)を、BEGIN と END の行を含めて貼り付けてください。"
                    }
                    RequestError::Unproven => {
                        "署名要求の署名が、その鍵のものではありません。作り直してください。"
                    }
                    RequestError::Key => "鍵は P-256 または RSA 2048 ビット以上で作り直してください。",
                };
                Self::at(Code::CertificateRequestBad, "request", words)
            }
            IssueError::KeyUsedBefore => Self::at(
                Code::CertificateRequestBad,
                "request",
                "この鍵は、ほかの電子証明書に使われています。新しい鍵で作り直してください。",
            ),
            IssueError::CodeUsed => Self::at(
                Code::OneTimePasswordUsed,
                "one_time_password",
                "このワンタイムパスワードは、すでに使われました。次の数字に変わってから入力してください。",
            ),
            IssueError::Stopped(scope) => Self::of(stops::code(*scope)),
            IssueError::Unclear => Self::of(Code::CertificateUnclear),
            IssueError::Changed | IssueError::Unavailable(_) => Self::of(Code::CertificateUnavailable),
        }
    }
}

impl From<&MasterError> for Wrong {
    fn from(error: &MasterError) -> Self {
        match error {
            MasterError::NotPermitted => Self::of(Code::NotPermitted),
            MasterError::NotByCertificate => Self::of(Code::CertificateNotForContract),
            MasterError::NothingToRevoke => {
                Self::at(Code::CertificateUnavailable, "", "この利用者に、失効させる電子証明書はありません。")
            }
            MasterError::Approval(problem) => Self::at(problem.code(), "", problem.words()),
            MasterError::Registration(RegistrationError::CodeUsed) => Self::at(
                Code::OneTimePasswordUsed,
                "one_time_password",
                "このワンタイムパスワードは、すでに使われました。次の数字に変わってから入力してください。",
            ),
            MasterError::Registration(RegistrationError::Stopped(scope)) => Self::of(stops::code(*scope)),
            MasterError::Registration(
                RegistrationError::Unclear | RegistrationError::Unavailable(Refused::Database(_)),
            ) => Self::of(Code::CertificateUnclear),
            MasterError::Registration(
                RegistrationError::Changed | RegistrationError::Taken(_) | RegistrationError::Unavailable(_),
            )
            | MasterError::Store(_) => Self::of(Code::CertificateUnavailable),
        }
    }
}
