//! Everything that can stop bulk data, each with its own words and code.

use bulk::{ActError, DayProblem, EditError, State};
use domain::{Timestamp, time};
use edge::Errors;
use formats::Findings;
use gateway::{StopScope, stopped_by};

use crate::frame;
use crate::help::Code;
use crate::payeasy::Problem as PayeasyProblem;
use crate::payeasy::views::Trouble;
use crate::registration::told;
use crate::stops;
use crate::tokens::authorise;

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// What was typed cannot be what it should be.
    Input(Errors),
    /// The person may not do this, or the plan does not have it.
    NotPermitted,
    /// The contract has no such batch, or it has no such row.
    NotThere,
    /// Outside the hours of the business (R110).
    Closed {
        /// When it opens, where it does.
        opens: Option<Timestamp>,
    },
    /// An emergency stop.
    Stopped(StopScope),
    /// It is not as the page showed any more.
    Changed,
    /// It stands where it cannot be changed or asked for.
    NotPossible(State),
    /// It would have more rows than one transmission may have.
    TooMany(usize),
    /// It has no rows.
    Empty,
    /// So many rows are to be mended.
    Faulty(i64),
    /// It cannot be of its day.
    Day(DayProblem),
    /// What is wrong with a file as a whole: nothing of it was taken in.
    File(Findings),
    /// The same file was sent before.
    SameFile {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
        /// Where what was made of it stands.
        state: State,
    },
    /// The one-time password authorises nothing.
    Code(authorise::Problem),
    /// The confirmation password is wrong.
    Confirmation(PayeasyProblem),
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
            Self::Closed { .. } => Code::BulkClosed,
            Self::Stopped(scope) => stops::code(*scope),
            Self::Changed | Self::NotThere => Code::BulkChanged,
            Self::NotPossible(_) => Code::BulkNotPossible,
            Self::TooMany(_) => Code::BulkTooMany,
            Self::Empty | Self::Faulty(_) => Code::BulkRows,
            Self::Day(_) => Code::BulkDay,
            Self::File(_) => Code::BulkFile,
            Self::SameFile { .. } => Code::BulkSameFile,
            Self::Code(problem) => problem.code(),
            Self::Confirmation(problem) => problem.code(),
            Self::Told(code) => *code,
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
            Self::NotPossible(state) => format!("{happened}いまの状態は「{}」です。", state.label()),
            Self::TooMany(most) => format!("{happened}1回に{most}件までです。"),
            Self::Empty => format!("{happened}明細が1件もありません。"),
            Self::Faulty(count) => format!("{happened}誤りのある明細が{count}件あります。"),
            Self::Day(problem) => format!("{happened}{}", day_words(*problem)),
            Self::File(findings) => format!("{happened}誤りが{}か所あります。", findings.count()),
            Self::SameFile { at, by, state } => format!(
                "{happened}{}に{by}さんが送信し、いまは「{}」です。",
                frame::day_and_time(*at),
                state.label()
            ),
            Self::Code(problem) => problem.words(),
            Self::Confirmation(problem) => problem.words(),
            _ => happened.to_owned(),
        }
    }

    /// What the page tells.
    pub fn trouble(&self) -> Trouble {
        let errors = match self {
            Self::Input(errors) => errors.clone(),
            Self::Told(code) => told(*code),
            Self::Confirmation(problem) => Errors::one(problem.field().unwrap_or_default(), problem.words()),
            Self::Code(problem) => Errors::one(problem.field().unwrap_or_default(), problem.words()),
            Self::File(_) => Errors::one("file", self.words()),
            Self::SameFile { .. } => Errors::one("again", self.words()),
            Self::Day(_) => Errors::one("day", self.words()),
            _ => Errors::general(self.words()),
        };
        Trouble::of(self.code(), errors)
    }

    /// A failure of ours, which is in the log.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on bulk data failed");
        Self::Unavailable
    }
}

fn day_words(problem: DayProblem) -> String {
    match problem {
        DayProblem::NotBusinessDay => "銀行の休業日です。".to_owned(),
        DayProblem::CutOff(before) => {
            format!("この日の承認の期限({})を過ぎています。", frame::day_and_time(before))
        }
        DayProblem::TooFar(last) => format!("指定できるのは{}までです。", time::month_day(last)),
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound => Self::NotThere,
            EditError::Stale => Self::Changed,
            EditError::NotEditable(state) => Self::NotPossible(state),
            EditError::TooMany { most: 0 } => Self::NotPermitted,
            EditError::TooMany { most } => Self::TooMany(most),
            EditError::TooLarge => {
                Self::Input(Errors::general("金額の合計が大きすぎます。データを分けてください。"))
            }
            EditError::OtherBusiness | EditError::Store(_) => Self::unavailable(&error),
        }
    }
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::NotFound => Self::NotThere,
            ActError::Stale | ActError::Digest => Self::Changed,
            ActError::NotPossible(state) => Self::NotPossible(state),
            ActError::Empty => Self::Empty,
            ActError::Faulty(count) => Self::Faulty(count),
            ActError::TooMany(most) => Self::TooMany(most),
            ActError::Day(problem) => Self::Day(problem),
            ActError::Guarded(ref key) => stopped_by(key).map_or(Self::Changed, Self::Stopped),
            ActError::Limit(_) | ActError::Store(_) => Self::unavailable(&error),
        }
    }
}

crate::registration::problem!(
    Problem;
    bulk::StoreError,
    crate::contracts::StoreError,
    gateway::StoreError,
    sqlx::Error,
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::csv_rows::whole;
    use crate::help::Money;
    use formats::finding::Fault;

    #[test]
    fn every_problem_says_what_happened_and_that_nothing_was_debited() {
        let (opens, last) = (Some(Timestamp::default()), "2026-12-01".parse().unwrap());
        for problem in [
            Problem::Input(Errors::one("day", "指定日を選んでください。")),
            Problem::NotPermitted,
            Problem::NotThere,
            Problem::Closed { opens },
            Problem::Closed { opens: None },
            Problem::Stopped(StopScope::Contract),
            Problem::Changed,
            Problem::NotPossible(State::Approved),
            Problem::TooMany(200),
            Problem::Empty,
            Problem::Faulty(2),
            Problem::Day(DayProblem::NotBusinessDay),
            Problem::Day(DayProblem::CutOff(Timestamp::default())),
            Problem::Day(DayProblem::TooFar(last)),
            Problem::File(whole(Fault::Zip)),
            Problem::SameFile { at: Timestamp::default(), by: "佐藤".to_owned(), state: State::Done },
            Problem::Code(authorise::Problem::Used),
            Problem::Told(Code::ContractStopped),
            Problem::Unavailable,
        ] {
            assert_eq!(problem.code().entry().money, Money::Untouched, "{problem:?}");
            assert!(!problem.trouble().errors.is_empty(), "{problem:?}");
        }
        assert!(Problem::Closed { opens }.words().contains("から、またご利用になれます"));
        assert!(Problem::TooMany(200).words().contains("200件まで"));
    }
}
