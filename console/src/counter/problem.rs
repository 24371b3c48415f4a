//! What stops a payment at the counter, in words for the teller: what happened, what becomes of the cash, what the
//! payer is told.

use domain::{PaymentId, Timestamp};
use gateway::directory::Collector;
use gateway::{InquiryError, PayError};
use internet_banking::help::Code;
use internet_banking::payeasy::operation;
use internet_banking::payeasy::problem::{
    Problem as SlipProblem, billed_words, near_words, suspension_words,
};

use super::operation::unclear;
use crate::help::ConsoleCode;
use crate::problem::{Problem, Trouble};

/// A problem, with the control that is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it is.
    pub problem: Problem,
    /// The control; empty where none is.
    pub field: &'static str,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, field: "" }
    }
}

impl From<&Refusal> for Trouble {
    fn from(refusal: &Refusal) -> Self {
        Self::of(&refusal.problem, refusal.field)
    }
}

/// Why there are no bills to choose from.
pub fn inquiry_refusal(error: &InquiryError, collector: &Collector, now: Timestamp) -> Refusal {
    let refusal = refusal(&operation::inquiry_problem(error, collector, now));
    tracing::info!(collector = %collector.number, code = %refusal.problem.code, "an inquiry found no bill to collect");
    refusal
}

/// What stops the reading of a slip, as the teller has to know it.
pub fn refusal(problem: &SlipProblem) -> Refusal {
    let code = console_code(problem.code());
    let detail = match problem {
        SlipProblem::UnknownCollector { near } if !near.is_empty() => {
            format!("{}{}", code.entry().happened, near_words(near))
        }
        SlipProblem::LinkOnly { name } | SlipProblem::NotYetWorking { name } => {
            format!("{name}: {}", code.entry().happened)
        }
        SlipProblem::CollectorClosed { hours: Some(hours) } => {
            format!("{}(取扱時間 {hours})", code.entry().happened)
        }
        SlipProblem::CollectorSuspended { until, cause } => {
            format!("{}{}", code.entry().happened, suspension_words(*until, cause))
        }
        SlipProblem::NotAsPrinted { billed } => {
            let (happened, billed) = (code.entry().happened, billed_words(billed));
            format!("{happened}{billed}請求金額で収納するときは、金額の欄を空にして進みます。")
        }
        SlipProblem::ChosenNotAsPrinted { printed, billed } => {
            format!("選ばれた請求は {billed} 円で、入力された払込書の金額 {printed} 円と違います。")
        }
        SlipProblem::CollectorClosed { hours: None } => "収納機関の本日の受付は終了しました。".to_owned(),
        _ => String::new(),
    };
    Refusal { problem: Problem::new(code, detail), field: problem.field().unwrap_or_default() }
}

/// The teller's code for the payer's.
const fn console_code(code: Code) -> ConsoleCode {
    match code {
        Code::UnknownCollector => ConsoleCode::UnknownCollector,
        Code::LinkOnly | Code::NotYetWorking => ConsoleCode::NotTakenHere,
        Code::BankNotContracted => ConsoleCode::NotContracted,
        Code::ChannelNotAccepted => ConsoleCode::NotAtCounter,
        Code::CollectorClosed => ConsoleCode::CounterClosed,
        Code::CollectorSuspended => ConsoleCode::CounterSuspended,
        Code::NumbersWrong => ConsoleCode::NumbersWrong,
        Code::CategoryWrong => ConsoleCode::CategoryWrong,
        Code::BillNotObtained => ConsoleCode::BillNotObtained,
        Code::AlreadyPaid => ConsoleCode::AlreadyPaid,
        Code::Expired => ConsoleCode::SlipExpired,
        Code::NotYetPayable => ConsoleCode::NotYetPayable,
        Code::NumberStopped => ConsoleCode::NumberStopped,
        Code::AmountDiffers => ConsoleCode::AmountDiffers,
        Code::CollectorBusy | Code::NoAnswer => ConsoleCode::NoAnswer,
        Code::CollectorFailed => ConsoleCode::CollectorFailed,
        // nothing else stops an inquiry
        _ => ConsoleCode::CounterUnavailable,
    }
}

/// Why nothing was collected; or that this is not known.
pub fn pay_problem(id: PaymentId, error: &PayError) -> Problem {
    let code = match error {
        PayError::InquiryExpired => ConsoleCode::EntryExpired,
        PayError::BillNotInInquiry | PayError::AmountChanged => ConsoleCode::BillChanged,
        PayError::BillBusy { .. } => ConsoleCode::BillBusy,
        PayError::ClearByPassed => ConsoleCode::SlipExpired,
        PayError::Closed => ConsoleCode::CounterClosed,
        PayError::Suspended(_) => ConsoleCode::CounterSuspended,
        PayError::CollectorBusy => ConsoleCode::NoAnswer,
        PayError::DifferentOrder => ConsoleCode::ReviewOutdated,
        // the counter's cash has no bound and is never closed, and nothing is spent with it
        PayError::InsufficientFunds { .. }
        | PayError::AccountClosed
        | PayError::GuardTaken(_)
        | PayError::OverDailyLimit(_)
        | PayError::Stopped
        | PayError::Overloaded
        | PayError::NotWritten(_) => {
            tracing::error!(payment = %id, %error, "a payment at the counter was not taken");
            ConsoleCode::CounterUnavailable
        }
        PayError::Store(_) => return unclear(id, error),
    };
    tracing::info!(payment = %id, %code, "a payment at the counter was refused");
    code.into()
}

/// Whether the teller may try again on the same page.
pub const fn may_try_again(code: ConsoleCode) -> bool {
    matches!(code, ConsoleCode::ReviewOutdated | ConsoleCode::NoAnswer | ConsoleCode::CounterUnavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::ConsoleMoney;
    use domain::{ResponseCode, Yen};
    use gateway::StoreError;

    #[test]
    fn no_refusal_of_an_inquiry_lets_a_teller_keep_cash() {
        let mut problems: Vec<_> = ResponseCode::ALL.iter().copied().map(SlipProblem::Refused).collect();
        problems.extend([
            SlipProblem::UnknownCollector { near: Vec::new() },
            SlipProblem::LinkOnly { name: "見本".to_owned() },
            SlipProblem::NotYetWorking { name: "見本".to_owned() },
            SlipProblem::CollectorClosed { hours: None },
            SlipProblem::CollectorSuspended { until: None, cause: "-".to_owned() },
            SlipProblem::NotAsPrinted { billed: vec![Yen::new(300)] },
            SlipProblem::ChosenNotAsPrinted { printed: Yen::new(1), billed: Yen::new(2) },
            SlipProblem::CollectorBusy,
            SlipProblem::NoAnswer,
            SlipProblem::Unavailable,
        ]);
        for problem in problems {
            let refusal = refusal(&problem);
            assert_eq!(refusal.problem.code.entry().money, ConsoleMoney::NotCollected, "{problem:?}");
            assert!(!refusal.problem.words().contains("口座"), "{problem:?}");
        }
    }

    #[test]
    fn cash_is_kept_only_where_it_may_have_been_collected() {
        let id = PaymentId::generate();
        let unclear = PayError::Store(StoreError::Corrupt("x".to_owned()));
        assert_eq!(pay_problem(id, &unclear).code.entry().money, ConsoleMoney::CashKept);
        for refused in [
            PayError::InquiryExpired,
            PayError::BillNotInInquiry,
            PayError::AmountChanged,
            PayError::InsufficientFunds { available: Yen::ZERO },
            PayError::AccountClosed,
            PayError::BillBusy { other: id },
            PayError::ClearByPassed,
            PayError::Closed,
            PayError::CollectorBusy,
            PayError::DifferentOrder,
            PayError::Overloaded,
            PayError::NotWritten("full".to_owned()),
        ] {
            let code = pay_problem(id, &refused).code;
            assert_eq!(code.entry().money, ConsoleMoney::NotCollected, "{refused}");
        }
    }
}
