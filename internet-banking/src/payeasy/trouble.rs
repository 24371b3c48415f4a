//! The error summary at the top of a page: what happened, whether money moved, what to do.

use edge::Errors;

use super::problem::Problem;
use crate::help::Code;
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
    /// Whether it is about something that may have moved money before.
    pub of_made: bool,
}

impl Trouble {
    /// Fields that cannot be read.
    pub const fn input(errors: Errors) -> Self {
        Self::of(Code::Input, errors)
    }

    /// What a code tells of something that has moved nothing yet.
    pub const fn of(code: Code, errors: Errors) -> Self {
        Self { code, errors, other: None, of_made: false }
    }

    /// The same of something that may have moved money before.
    #[must_use]
    pub fn of_made(self) -> Self {
        Self { of_made: true, ..self }
    }

    pub(crate) fn heading(&self) -> &'static str {
        match self.code {
            Code::Input => "入力を確かめてください",
            code => code.entry().title,
        }
    }

    pub(crate) fn money(&self) -> &'static str {
        let money = self.code.entry().money;
        if self.of_made { money.of_made().words() } else { money.words() }
    }

    pub(crate) fn remedy(&self) -> &'static str {
        self.code.entry().remedy
    }
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
