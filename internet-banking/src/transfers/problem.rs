//! Everything that can stop a transfer, each with its own words, code and field.

use domain::{Timestamp, Yen, time};
use edge::Errors;
use gateway::StopScope;
use transfers::{ConsentState, DateProblem, LimitLayer, LimitUse, State};

use super::words;

use crate::frame;
use crate::help::Code;
use crate::payeasy::Problem as PayeasyProblem;
use crate::payeasy::views::Trouble;
use crate::payeasy::words::clock_time;
use crate::stops;
use crate::tokens::authorise;

/// Why a transfer was not taken, or an order not changed. Money never moved, but for the one case that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The user may not transfer, or not from this account.
    NotPermitted,
    /// The user's certificate has taken the place of a lost one, and waits until then (SEC-05).
    CoolingOff {
        /// From then on it pays.
        until: Timestamp,
    },
    /// An emergency stop.
    Stopped(StopScope),
    /// The contract's policy gives it to approvers.
    ApprovalNeeded,
    /// It cannot be made on the day.
    Day(DateProblem),
    /// The fee is another than the one that was shown.
    FeeChanged {
        /// What it is now.
        fee: Yen,
    },
    /// It would pass a limit.
    Limit {
        /// How much was to be moved.
        amount: Yen,
        /// Which.
        layer: LimitLayer,
        /// What is left of it, where it is one of a day.
        left: Option<LimitUse>,
    },
    /// Too little money.
    Shortage {
        /// 支払可能額.
        available: Yen,
        /// How much more is needed.
        lacking: Yen,
    },
    /// There is no such account at this bank.
    NoSuchAccount,
    /// Debit and credit are one account.
    SameAccount,
    /// One of the accounts is closed.
    AccountClosed,
    /// The payee of this number is not filed, or another one by now.
    PayeeGone,
    /// The page that was sent is not the one last reviewed.
    ReviewOutdated,
    /// The confirmation password authorises nothing.
    Confirmation(PayeasyProblem),
    /// The one-time password authorises nothing.
    Code(authorise::Problem),
    /// The account's holder has another name than was typed, and nobody has confirmed that.
    NameUnconfirmed,
    /// The order cannot be taken back any more.
    TooLate(State),
    /// Nobody else has the money of the order.
    NotSent,
    /// The recall of another bank was answered otherwise, or its deadline has passed.
    RecallOver(ConsentState),
    /// Our own failure before anything was done.
    Unavailable,
    /// Whether it was taken is not known.
    Unclear,
}

impl Problem {
    /// A failure of ours, which is in the log.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on transfers failed");
        Self::Unavailable
    }

    /// The stable code, which has a help page.
    pub const fn code(&self) -> Code {
        match self {
            Self::NotPermitted => Code::NotPermitted,
            Self::CoolingOff { .. } => Code::CoolingOff,
            Self::Stopped(scope) => stops::code(*scope),
            Self::ApprovalNeeded => Code::ApprovalNeeded,
            Self::Day(DateProblem::CutOff(_)) => Code::TransferCutOff,
            Self::Day(DateProblem::TypedSameDay) => Code::TransferTypedSameDay,
            Self::Day(_) => Code::TransferDay,
            Self::FeeChanged { .. } => Code::TransferFeeChanged,
            Self::Limit { .. } => Code::TransferLimit,
            Self::Shortage { .. } => Code::TransferShortage,
            Self::NoSuchAccount => Code::PayeeAccountNone,
            Self::SameAccount => Code::TransferSameAccount,
            Self::AccountClosed => Code::TransferAccountClosed,
            Self::PayeeGone => Code::PayeeGone,
            Self::ReviewOutdated => Code::TransferChanged,
            Self::Confirmation(problem) => problem.code(),
            Self::Code(problem) => problem.code(),
            Self::NameUnconfirmed => Code::TransferNameUnconfirmed,
            Self::TooLate(_) => Code::TransferTooLate,
            Self::NotSent => Code::RecallNotPossible,
            Self::RecallOver(_) => Code::RecallAnswered,
            Self::Unavailable => Code::Unavailable,
            Self::Unclear => Code::TransferUnclear,
        }
    }

    /// What happened, with the particulars of this case.
    pub fn words(&self) -> String {
        let happened = self.code().entry().happened;
        match self {
            Self::CoolingOff { until } => {
                format!("{happened}{}からお手続きいただけます。", frame::day_and_time(*until))
            }
            Self::Day(DateProblem::Past) => "指定日が過ぎています。".to_owned(),
            Self::Day(DateProblem::NotBusinessDay) => "指定日は銀行の休業日です。".to_owned(),
            Self::Day(DateProblem::TooFar(last)) => {
                format!("指定できるのは、{}までです。", time::month_day(*last))
            }
            Self::Day(DateProblem::CutOff(at)) => {
                format!("本日扱いの受付は{}で終了しました。", clock_time(*at))
            }
            Self::FeeChanged { fee } => format!("{happened}いまの手数料は {fee} 円です。"),
            Self::Limit { layer: LimitLayer::PerItem, left: Some(left), .. } => {
                format!("1件の限度額 {} 円を超えています。{}", left.level, whom(LimitLayer::PerItem))
            }
            Self::Limit { layer, left: Some(left), .. } => format!(
                "{}を超えます。限度額は {} 円、本日すでに {} 円をお使いのため、あと {} 円までです。{}",
                layer.label(),
                left.level,
                left.used,
                left.left(),
                whom(*layer)
            ),
            Self::Limit { layer, left: None, .. } => format!("{}を超えます。{}", layer.label(), whom(*layer)),
            Self::Shortage { available, lacking } => {
                format!("{happened}支払可能額は {available} 円で、{lacking} 円足りません。")
            }
            Self::Confirmation(problem) => problem.words(),
            Self::Code(problem) => problem.words(),
            Self::RecallOver(state) => {
                format!("{happened}いまの状態は「{}」です。", words::consent(*state).word)
            }
            Self::TooLate(state) => format!("{happened}いまの状態は「{}」です。", state.label()),
            _ => happened.to_owned(),
        }
    }

    /// The field that the error summary leads to, where one is to blame.
    pub const fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::Day(_) => "day",
            Self::Limit { .. } => "amount",
            Self::Shortage { .. } | Self::AccountClosed => "account",
            Self::SameAccount => "to",
            Self::NoSuchAccount => "number",
            Self::PayeeGone => "payee",
            Self::NameUnconfirmed => "name_differs",
            Self::Confirmation(problem) => return problem.field(),
            Self::Code(problem) => return problem.field(),
            _ => return None,
        })
    }

    /// Whether account, amount or day put it right.
    pub const fn is_of_details(&self) -> bool {
        matches!(
            self,
            Self::Day(_)
                | Self::Limit { .. }
                | Self::Shortage { .. }
                | Self::AccountClosed
                | Self::SameAccount
        )
    }

    /// What the page tells.
    pub fn trouble(&self) -> Trouble {
        let errors = Errors::one(self.field().unwrap_or_default(), self.words());
        let remedy = match self {
            Self::Limit { layer: LimitLayer::PerItem, .. } => {
                Some("金額を、1件の限度額までに減らしてください。")
            }
            // no other day helps what is more than a whole day's
            Self::Limit { amount, left: Some(left), .. } if *amount > left.level => Some(
                "金額が1日の限度額そのものを超えているため、別の日でもお手続きになれません。金額を減らすか、限度額の引き上げをお申し込みください。",
            ),
            Self::Limit { left: Some(left), .. } if left.left() == Yen::ZERO => Some(
                "本日の限度額を使い切りました。別の日にお手続きください。1日の限度額は、指定日にかかわらず、お手続きした日の合計で数えます。",
            ),
            Self::Limit { .. } => Some(
                "金額を、残っている額までに減らすか、別の日にお手続きください。1日の限度額は、指定日にかかわらず、お手続きした日の合計で数えます。",
            ),
            _ => None,
        };
        Trouble { remedy, ..Trouble::of(self.code(), errors) }
    }
}

/// Who raises a limit.
const fn whom(layer: LimitLayer) -> &'static str {
    match layer {
        LimitLayer::Contract => "引き上げは、書面でお取引店へお申し込みください。",
        LimitLayer::PerItem | LimitLayer::Account | LimitLayer::User => {
            "引き上げは、マスターユーザ、または限度額を任された管理者ユーザにご依頼ください。"
        }
    }
}

impl From<authorise::Problem> for Problem {
    fn from(problem: authorise::Problem) -> Self {
        Self::Code(problem)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::help::Money;

    /// One of each.
    pub fn samples() -> Vec<Problem> {
        let at = Timestamp::parse_rfc3339("2026-11-24T16:00:00+09:00").unwrap();
        let left =
            LimitUse { layer: LimitLayer::Contract, level: Yen::new(10_000_000), used: Yen::new(9_999_999) };
        let mut all: Vec<_> = [
            DateProblem::Past,
            DateProblem::NotBusinessDay,
            DateProblem::CutOff(at),
            DateProblem::TypedSameDay,
            DateProblem::TooFar(at.date()),
        ]
        .map(Problem::Day)
        .into();
        all.extend([
            Problem::NotPermitted,
            Problem::CoolingOff { until: at },
            Problem::Stopped(StopScope::Service),
            Problem::ApprovalNeeded,
            Problem::Limit { amount: Yen::new(2), layer: LimitLayer::Contract, left: Some(left) },
            Problem::Limit { amount: Yen::new(2), layer: LimitLayer::PerItem, left: None },
            Problem::Shortage { available: Yen::new(5), lacking: Yen::new(1) },
            Problem::NoSuchAccount,
            Problem::SameAccount,
            Problem::AccountClosed,
            Problem::PayeeGone,
            Problem::ReviewOutdated,
            Problem::Confirmation(PayeasyProblem::ConfirmationPasswordWrong { left: 2 }),
            Problem::Code(authorise::Problem::Wrong { left: 3 }),
            Problem::TooLate(State::Settled),
            Problem::NotSent,
            Problem::NameUnconfirmed,
            Problem::RecallOver(ConsentState::Answered),
            Problem::FeeChanged { fee: Yen::new(550) },
            Problem::Unavailable,
        ]);
        all
    }

    #[test]
    fn every_problem_says_that_nothing_was_debited() {
        for problem in samples() {
            let money = problem.code().entry().money;
            let kept = matches!(problem, Problem::TooLate(_) | Problem::NotSent | Problem::RecallOver(_));
            assert_eq!(money == Money::Untouched, !kept, "{problem:?}");
            assert!(problem.words().ends_with('。'), "{problem:?}");
            assert!(!problem.trouble().errors.is_empty());
        }
        assert_eq!(Problem::Unclear.code().entry().money, Money::TransferUnclear);
    }

    #[test]
    fn a_limit_tells_what_is_left_of_it() {
        let item = Problem::Limit { amount: Yen::new(2), layer: LimitLayer::PerItem, left: None }.trouble();
        assert_eq!(item.remedy(), "金額を、1件の限度額までに減らしてください。", "another day does not help");
        let problem = &samples()[9];
        assert!(problem.trouble().remedy().contains("別の日に"));
        let of = |amount, used| {
            let left = LimitUse { layer: LimitLayer::User, level: Yen::new(1_000), used: Yen::new(used) };
            let (amount, layer) = (Yen::new(amount), left.layer);
            Problem::Limit { amount, layer, left: Some(left) }.trouble().remedy().to_owned()
        };
        assert!(of(1_001, 0).contains("別の日でもお手続きになれません"), "more than a whole day's");
        assert!(of(1_000, 1).starts_with("金額を、残っている額までに"), "another day takes it");
        assert!(of(1, 1_000).starts_with("本日の限度額を使い切りました"));
        let words = problem.words();
        for part in ["ご契約の1日の限度額", "10,000,000 円", "9,999,999 円", "あと 1 円"] {
            assert!(words.contains(part), "{words}");
        }
    }
}
