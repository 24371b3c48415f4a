//! The error summary at the top of a page: what happened, whether money moved, what to do.

use edge::Errors;

use super::problem::Problem;
use crate::help::{Code, Money};
use crate::links::PaymentLink;

/// The error summary at the top of a page.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// The stable code.
    pub code: Code,
    /// What is wrong, each with the control it leads to.
    pub errors: Errors,
    /// The address of the payment that is in the way, where the user may see it.
    pub other: Option<String>,
    /// What the page is about.
    pub stake: Stake,
    /// What to do, where the code's own remedy says too much or too little.
    pub remedy: Option<&'static str>,
}

/// What a page is about, and so what it says of what has not happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake {
    /// Money that has not moved yet.
    Money,
    /// Something that may have moved money before.
    Made,
    /// What is registered or set: there was nothing to debit.
    Registration,
    /// A setting, which is as it was.
    Setting,
}

impl Stake {
    /// What is said of money on such a page.
    pub const fn of(self, money: Money) -> Money {
        match self {
            Self::Money => money,
            Self::Made => money.of_made(),
            Self::Registration => money.of_registration(),
            Self::Setting => money.of_setting(),
        }
    }
}

impl Trouble {
    /// Fields that cannot be read.
    pub const fn input(errors: Errors) -> Self {
        Self::of(Code::Input, errors)
    }

    /// What a code tells of something that has moved nothing yet.
    pub const fn of(code: Code, errors: Errors) -> Self {
        Self { code, errors, other: None, stake: Stake::Money, remedy: None }
    }

    /// The same of something that may have moved money before.
    #[must_use]
    pub fn of_made(self) -> Self {
        Self { stake: Stake::Made, ..self }
    }

    /// The same of what is registered or set.
    #[must_use]
    pub fn of_registration(self) -> Self {
        Self { stake: Stake::Registration, ..self }
    }

    /// The same of a setting.
    #[must_use]
    pub fn of_setting(self) -> Self {
        Self { stake: Stake::Setting, ..self }
    }

    /// What has to come about before this person can authorise what costs a one-time password, where that is more than
    /// typing anew.
    const fn without_token(&self) -> Option<&'static str> {
        match self.code {
            Code::OneTimePasswordLocked => Some("停止が解除されたら"),
            Code::NoToken | Code::TokenExpired | Code::TokenEnded => Some("トークンの利用開始登録が済んだら"),
            _ => None,
        }
    }

    /// The same of whatever costs the confirmation password.
    const fn without_password(&self) -> Option<&'static str> {
        match self.code {
            Code::ConfirmationPasswordLocked => Some("停止が解除されたら"),
            _ => None,
        }
    }

    pub(crate) fn heading(&self) -> &'static str {
        match self.code {
            Code::Input => "入力を確かめてください",
            code => code.entry().title,
        }
    }

    pub(crate) fn money(&self) -> &'static str {
        self.stake.of(self.code.entry().money).words()
    }

    pub(crate) fn remedy(&self) -> &'static str {
        self.remedy.unwrap_or(self.code.entry().remedy)
    }
}

/// What has to come about before somebody who was told this can authorise anything on its page, which asks for nothing
/// that does not help.
pub(crate) fn locked_out(found: &Option<Trouble>) -> Option<&'static str> {
    without_password(found).or_else(|| without_token(found))
}

/// The same, where nothing can be authorised without the confirmation password.
pub(crate) fn without_password(found: &Option<Trouble>) -> Option<&'static str> {
    found.as_ref().and_then(Trouble::without_password)
}

/// The same, where only some of it costs a one-time password.
pub(crate) fn without_token(found: &Option<Trouble>) -> Option<&'static str> {
    found.as_ref().and_then(Trouble::without_token)
}

impl From<&Problem> for Trouble {
    fn from(problem: &Problem) -> Self {
        let other = match problem {
            Problem::BillBusy { seen } | Problem::PaidHere { seen } => {
                seen.map(|id| PaymentLink(id).to_string())
            }
            _ => None,
        };
        let errors = Errors::one(problem.field().unwrap_or_default(), problem.words());
        Self { other, ..Self::of(problem.code(), errors) }
    }
}
