//! Everything that can stop a payment, each with its own words and code.

use domain::{CollectorNumber, Date, PaymentId, ResponseCode, Timestamp, Yen, time};
use gateway::{LimitOf, OverLimit};

use super::wrong_numbers::Stopped;
use crate::frame;
use crate::help::Code;
use crate::registration::RegistrationError;
use crate::tokens::authorise;

/// Why the payer cannot go on. Money never moved, but for the one case that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No collector has the number.
    UnknownCollector {
        /// Those with a number near it, as they are shown.
        near: Vec<(CollectorNumber, String)>,
    },
    /// The collector is paid from its own site only (R103).
    LinkOnly {
        /// Its name.
        name: String,
    },
    /// The collector has no working endpoint yet.
    NotYetWorking {
        /// Its name.
        name: String,
    },
    /// The collector is closed.
    CollectorClosed {
        /// When it is open, as a text; none where its day ended within its hours.
        hours: Option<String>,
    },
    /// It is outside of the hours of 税金・各種料金.
    PayeasyClosed {
        /// The first instant at which it is not.
        opens: Option<Timestamp>,
    },
    /// The bank takes nothing for the collector for a while (取扱休止).
    CollectorSuspended {
        /// The last day, where it is known.
        until: Option<Date>,
        /// What payers are told of the reason.
        cause: String,
    },
    /// What the collector answered to the inquiry.
    Refused(ResponseCode),
    /// It answered that the bill is paid, and the contract has paid under the same numbers.
    PaidHere {
        /// That payment, where the user may see it.
        seen: Option<PaymentId>,
    },
    /// The answer's amount is not the slip's.
    NotAsPrinted {
        /// What each bill of the answer is about.
        billed: Vec<Yen>,
    },
    /// The chosen bill's amount is not the slip's, though another's is.
    ChosenNotAsPrinted {
        /// What was typed.
        printed: Yen,
        /// What the chosen one is about.
        billed: Yen,
    },
    /// The same about a wrong number, where few more stop the user.
    WrongNumber {
        /// The answer.
        answer: ResponseCode,
        /// Wrong ones in a row that are left.
        left: i64,
    },
    /// Wrong numbers have stopped Pay-easy for the user.
    Stopped(Stopped),
    /// As many inquiries of the user are under way as may still be wrong.
    AnswersPending,
    /// The collector is slow or silent, and no more work is taken for it.
    CollectorBusy,
    /// The bank has stopped Pay-easy, or the contract (緊急停止).
    ServiceStopped,
    /// Nobody answered the inquiry.
    NoAnswer,
    /// The inquiry is older than 15 minutes.
    InquiryExpired,
    /// The bill's amount is not the reviewed one.
    AmountChanged,
    /// The bill is not among those of the inquiry.
    BillUnavailable,
    /// Too little money.
    InsufficientFunds {
        /// 支払可能額.
        available: Yen,
    },
    /// The account cannot pay.
    AccountClosed,
    /// The bill is being paid or was paid by another payment.
    BillBusy {
        /// That payment, where the user may see it.
        seen: Option<PaymentId>,
    },
    /// It would pass what may be paid to private collectors in a day.
    OverDailyLimit {
        /// The limit and what is used of it.
        over: OverLimit,
        /// When the next day begins.
        until: Date,
    },
    /// The contract has paid under the same numbers, and the payer has not said that it is meant.
    RepeatUnconfirmed,
    /// The last day for clearing has passed.
    ClearByPassed,
    /// The request was turned down or has waited too long.
    RequestOver,
    /// The contract's policy gives it to approvers.
    ApprovalNeeded,
    /// Nobody waits for approvers with a bill that only a hand-off has.
    ApprovalNotLinked,
    /// Too few others can approve it.
    ApproversTooFew,
    /// The hand-off is another's.
    LinkRefused,
    /// The hand-off was left for too long.
    LinkExpired,
    /// The collector's answer differs from its hand-off.
    LinkDiffers,
    /// The contract's plan has no 情報リンク方式.
    LinkNotInPlan {
        /// The plan's name.
        plan: &'static str,
    },
    /// A secret that the operation needs was left out. It counts as no guess.
    Missing {
        /// The control that asks for it.
        field: &'static str,
    },
    /// The confirmation password is wrong.
    ConfirmationPasswordWrong {
        /// Tries left before the lock.
        left: i64,
    },
    /// The confirmation password is locked.
    ConfirmationPasswordLocked,
    /// The one-time password authorises nothing.
    OneTimePassword(authorise::Problem),
    /// The user may not pay, or not from this account.
    NotPermitted,
    /// The page that was sent is not the one last reviewed.
    ReviewOutdated,
    /// The payer's certificate has taken the place of a lost one, and waits until then (SEC-05).
    CoolingOff {
        /// From then on it pays.
        until: Timestamp,
    },
    /// A stop or an unclear outcome of a registration, whose code tells it.
    Told(Code),
    /// Our own failure; nothing was done.
    Unavailable,
    /// Our own failure at the moment of the payment: it may have been made.
    PaymentUnclear,
}

impl From<authorise::Problem> for Problem {
    fn from(problem: authorise::Problem) -> Self {
        match problem {
            authorise::Problem::Unavailable => Self::Unavailable,
            problem => Self::OneTimePassword(problem),
        }
    }
}

impl From<RegistrationError> for Problem {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::CodeUsed => Self::OneTimePassword(authorise::Problem::Used),
            RegistrationError::Stopped(_) | RegistrationError::Unclear => Self::Told(error.code()),
            RegistrationError::Changed | RegistrationError::Taken(_) | RegistrationError::Unavailable(_) => {
                tracing::error!(%error, "a registration of Pay-easy failed");
                Self::Unavailable
            }
        }
    }
}

/// What an answer's bills are about, in sentences.
pub fn billed_words(billed: &[Yen]) -> String {
    match billed {
        [only] => format!("収納機関の請求金額は {only} 円です。"),
        several => {
            let each: Vec<_> =
                several.iter().take(BILLED_NAMED_MAX).map(|amount| format!("{amount} 円")).collect();
            let more = if several.len() > BILLED_NAMED_MAX { " など" } else { "" };
            format!("請求は {}件({}{more})で、1件ずつ払い込みます。", several.len(), each.join("、"))
        }
    }
}

/// Bills whose amounts are named at most.
const BILLED_NAMED_MAX: usize = 5;

/// How to go on where the answer's amount is the right one.
const PAYING_WHAT_IS_BILLED: &str = "請求金額で払い込むときは、金額の欄を空にして進んでください。";

/// How long payments to a collector rest and why, in sentences.
pub fn suspension_words(until: Option<Date>, cause: &str) -> String {
    let until = until.map_or_else(
        || "再開の日は決まっていません。".to_owned(),
        |day| format!("{}まで休止します。", time::year_month_day(day)),
    );
    format!("{until}理由: {cause}。")
}

/// The collectors that may have been meant, in a sentence.
pub fn near_words(near: &[(CollectorNumber, String)]) -> String {
    let each: Vec<_> = near.iter().map(|(number, name)| format!("{number} {name}")).collect();
    format!("番号の近い収納機関: {}", each.join("、"))
}

impl Problem {
    /// The stable code, which has a help page.
    pub const fn code(&self) -> Code {
        match self {
            Self::UnknownCollector { .. } => Code::UnknownCollector,
            Self::LinkOnly { .. } => Code::LinkOnly,
            Self::NotYetWorking { .. } => Code::NotYetWorking,
            Self::CollectorClosed { .. } => Code::CollectorClosed,
            Self::PayeasyClosed { .. } => Code::PayeasyClosed,
            Self::CollectorSuspended { .. } => Code::CollectorSuspended,
            Self::Refused(answer) | Self::WrongNumber { answer, .. } => refused(*answer),
            Self::PaidHere { .. } => Code::AlreadyPaid,
            Self::NotAsPrinted { .. } | Self::ChosenNotAsPrinted { .. } => Code::AmountDiffers,
            Self::Stopped(Stopped::Until(_)) => Code::StoppedForToday,
            Self::Stopped(Stopped::UntilLifted) => Code::StoppedUntilLifted,
            Self::AnswersPending => Code::AnswersPending,
            Self::CollectorBusy => Code::CollectorBusy,
            Self::ServiceStopped => Code::ServiceStopped,
            Self::NoAnswer => Code::NoAnswer,
            Self::InquiryExpired => Code::InquiryExpired,
            Self::AmountChanged => Code::AmountChanged,
            Self::BillUnavailable => Code::BillUnavailable,
            Self::InsufficientFunds { .. } => Code::InsufficientFunds,
            Self::AccountClosed => Code::AccountClosed,
            Self::BillBusy { .. } => Code::BillBusy,
            Self::OverDailyLimit { .. } => Code::OverDailyLimit,
            Self::RepeatUnconfirmed => Code::RepeatUnconfirmed,
            Self::ClearByPassed => Code::ClearByPassed,
            Self::RequestOver => Code::RequestOver,
            Self::ApprovalNeeded => Code::ApprovalNeeded,
            Self::ApprovalNotLinked => Code::ApprovalNotLinked,
            Self::ApproversTooFew => Code::ApproversTooFew,
            Self::LinkRefused => Code::LinkRefused,
            Self::LinkExpired => Code::LinkExpired,
            Self::LinkDiffers => Code::LinkDiffers,
            Self::LinkNotInPlan { .. } => Code::LinkNotInPlan,
            Self::Missing { .. } => Code::Input,
            Self::ConfirmationPasswordWrong { .. } => Code::ConfirmationPasswordWrong,
            Self::ConfirmationPasswordLocked => Code::ConfirmationPasswordLocked,
            Self::OneTimePassword(problem) => problem.code(),
            Self::NotPermitted => Code::NotPermitted,
            Self::ReviewOutdated => Code::ReviewOutdated,
            Self::CoolingOff { .. } => Code::CoolingOff,
            Self::Told(code) => *code,
            Self::Unavailable => Code::Unavailable,
            Self::PaymentUnclear => Code::PaymentUnclear,
        }
    }

    /// What happened, with the particulars of this case.
    pub fn words(&self) -> String {
        let happened = self.code().entry().happened;
        match self {
            Self::UnknownCollector { near } if !near.is_empty() => {
                format!("{happened}{}", near_words(near))
            }
            Self::LinkOnly { name } | Self::NotYetWorking { name } => {
                format!("{name}: {happened}")
            }
            Self::LinkNotInPlan { plan } => format!("{happened}(プラン: {plan})"),
            Self::CollectorClosed { hours: Some(hours) } => format!("{happened}(取扱時間 {hours})"),
            Self::CollectorClosed { hours: None } => {
                format!("{happened}収納機関の本日の受付は終了しました。")
            }
            Self::PayeasyClosed { opens: Some(opens) } => {
                format!("{happened}{}から、またご利用になれます。", frame::day_and_time(*opens))
            }
            Self::CollectorSuspended { until, cause } => {
                format!("{happened}{}", suspension_words(*until, cause))
            }
            Self::PaidHere { .. } => {
                format!(
                    "{happened}同じ番号への払込が、ご契約の払込履歴にあります(この請求の払込とは限りません)。"
                )
            }
            Self::NotAsPrinted { billed } => {
                format!("{happened}{}{PAYING_WHAT_IS_BILLED}", billed_words(billed))
            }
            Self::ChosenNotAsPrinted { printed, billed } => format!(
                "選ばれた請求は {billed} 円で、入力された払込書の金額 {printed} 円と違います。\
                 払込書の請求を選ぶか、番号の入力へ戻って金額の欄を空にしてください。"
            ),
            Self::WrongNumber { left, .. } => {
                format!("{happened}あと{left}回続けて誤ると、本日の払込を停止します。")
            }
            Self::Stopped(Stopped::Until(day)) => {
                format!("{happened}{} 0:00 から、またご利用になれます。", time::year_month_day(*day))
            }
            Self::OverDailyLimit { over, until } => {
                let whose = match over.of {
                    LimitOf::Contract => "ご契約",
                    LimitOf::User => "ご利用の方",
                };
                let (limit, used) = (over.limit, over.used);
                // with nothing used, this payment alone is more than the limit, on any day
                if used == Yen::ZERO {
                    return format!(
                        "{happened}この払込は、{whose}の1日の限度額 {limit} 円を1件で超えています。"
                    );
                }
                format!(
                    "{happened}{whose}の限度額 {limit} 円のうち、本日の払込(手続き中を含む)は {used} 円、残りは {} 円です。{} 0:00 から、また限度額まで払い込めます。",
                    over.remaining(),
                    time::year_month_day(*until)
                )
            }
            Self::InsufficientFunds { available } => {
                format!("支払可能額が足りません。支払可能額は {available} 円です。")
            }
            Self::OneTimePassword(problem) => problem.words(),
            Self::CoolingOff { until } => {
                format!("{happened}{} から払い込めます。", frame::day_and_time(*until))
            }
            Self::Missing { .. } => "確認用パスワードを入力してください。".to_owned(),
            Self::ConfirmationPasswordWrong { left } => {
                format!("{happened}あと{left}回誤ると、ご利用を停止します。")
            }
            _ => happened.to_owned(),
        }
    }

    /// Whether the payer must begin anew: nothing on the review page can put it right.
    pub const fn ends_the_entry(&self) -> bool {
        matches!(
            self,
            Self::UnknownCollector { .. }
                | Self::LinkOnly { .. }
                | Self::NotYetWorking { .. }
                | Self::CollectorClosed { .. }
                | Self::CollectorSuspended { .. }
                | Self::PayeasyClosed { .. }
                | Self::InquiryExpired
                | Self::AmountChanged
                | Self::BillUnavailable
                | Self::BillBusy { .. }
                | Self::Stopped(_)
                | Self::OverDailyLimit { .. }
                | Self::ClearByPassed
                | Self::RequestOver
                | Self::ApprovalNotLinked
                | Self::LinkRefused
                | Self::LinkExpired
                | Self::LinkDiffers
                | Self::LinkNotInPlan { .. }
                | Self::NotPermitted
                | Self::CoolingOff { .. }
                | Self::PaymentUnclear
        )
    }

    /// The field that the error summary leads to, where one is to blame.
    pub const fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownCollector { .. } | Self::LinkOnly { .. } | Self::NotYetWorking { .. } => "collector",
            Self::Refused(answer) | Self::WrongNumber { answer, .. } => match refused(*answer) {
                Code::NumbersWrong => "customer_number",
                Code::CategoryWrong => "payment_category",
                Code::AmountDiffers => "amount",
                _ => return None,
            },
            Self::InsufficientFunds { .. } | Self::AccountClosed => "account",
            Self::NotAsPrinted { .. } => "amount",
            Self::ChosenNotAsPrinted { .. } => "bill",
            Self::Missing { field } => field,
            Self::RepeatUnconfirmed => "repeat",
            Self::ConfirmationPasswordWrong { .. } => "confirmation_password",
            Self::OneTimePassword(problem) => return problem.field(),
            _ => return None,
        })
    }
}

/// What a collector's refusal of an inquiry means to the payer. 納付番号 and 確認番号 share one code, so that
/// nobody learns which of the two was right.
const fn refused(answer: ResponseCode) -> Code {
    match answer {
        ResponseCode::NotOpen => Code::CollectorClosed,
        ResponseCode::BankNotContracted => Code::BankNotContracted,
        ResponseCode::CustomerNumberWrong | ResponseCode::ConfirmationNumberWrong => Code::NumbersWrong,
        ResponseCode::ChannelNotAccepted => Code::ChannelNotAccepted,
        ResponseCode::PaymentCategoryWrong => Code::CategoryWrong,
        ResponseCode::BillNotObtained => Code::BillNotObtained,
        ResponseCode::AlreadyPaid => Code::AlreadyPaid,
        ResponseCode::Expired => Code::Expired,
        ResponseCode::AmountDiffers => Code::AmountDiffers,
        ResponseCode::NotYetPayable => Code::NotYetPayable,
        ResponseCode::NumberStopped => Code::NumberStopped,
        // the collector could not read our message: nothing that the payer typed is to blame
        ResponseCode::Malformed => Code::Unavailable,
        ResponseCode::Normal
        | ResponseCode::CancellationNotFromCounter
        | ResponseCode::CounterDateWrong
        | ResponseCode::KeyReused
        | ResponseCode::CollectorError => Code::CollectorFailed,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::help::Money;

    fn over(of: LimitOf) -> OverLimit {
        OverLimit { of, limit: Yen::new(10_000_000), used: Yen::new(9_876_543) }
    }

    /// Every kind of problem.
    pub(crate) fn samples() -> Vec<Problem> {
        let mut samples: Vec<_> = ResponseCode::ALL.iter().copied().map(Problem::Refused).collect();
        samples.extend([
            Problem::UnknownCollector { near: Vec::new() },
            Problem::LinkOnly { name: "オリックス・クレジット(株)".to_owned() },
            Problem::NotYetWorking { name: "住友生命保険(相)".to_owned() },
            Problem::CollectorClosed { hours: Some("8:00–21:00".to_owned()) },
            Problem::CollectorClosed { hours: None },
            Problem::CollectorSuspended { until: Some(Date::default()), cause: "-".to_owned() },
            Problem::CollectorSuspended { until: None, cause: "-".to_owned() },
            Problem::PayeasyClosed { opens: Some(Timestamp::default()) },
            Problem::PayeasyClosed { opens: None },
            Problem::WrongNumber { answer: ResponseCode::ConfirmationNumberWrong, left: 2 },
            Problem::PaidHere { seen: None },
            Problem::NotAsPrinted { billed: vec![Yen::new(12_300)] },
            Problem::NotAsPrinted { billed: vec![Yen::new(1), Yen::new(2)] },
            Problem::ChosenNotAsPrinted { printed: Yen::new(1), billed: Yen::new(2) },
            Problem::Stopped(Stopped::Until(domain::Date::default())),
            Problem::Stopped(Stopped::UntilLifted),
            Problem::AnswersPending,
            Problem::CollectorBusy,
            Problem::ServiceStopped,
            Problem::NoAnswer,
            Problem::InquiryExpired,
            Problem::AmountChanged,
            Problem::BillUnavailable,
            Problem::InsufficientFunds { available: Yen::new(12_300) },
            Problem::AccountClosed,
            Problem::BillBusy { seen: None },
            Problem::OverDailyLimit { over: over(LimitOf::Contract), until: Date::default() },
            Problem::OverDailyLimit { over: over(LimitOf::User), until: Date::default() },
            Problem::RepeatUnconfirmed,
            Problem::ClearByPassed,
            Problem::RequestOver,
            Problem::LinkRefused,
            Problem::LinkExpired,
            Problem::LinkDiffers,
            Problem::LinkNotInPlan { plan: "ミニ" },
            Problem::Missing { field: "confirmation_password" },
            Problem::ConfirmationPasswordWrong { left: 2 },
            Problem::ConfirmationPasswordLocked,
            Problem::OneTimePassword(authorise::Problem::Wrong { left: 4 }),
            Problem::OneTimePassword(authorise::Problem::Missing),
            Problem::NotPermitted,
            Problem::ReviewOutdated,
            Problem::CoolingOff { until: Timestamp::from_micros(0) },
            Problem::Told(Code::RegistrationUnclear),
            Problem::Unavailable,
        ]);
        samples
    }

    #[test]
    fn every_problem_says_that_nothing_was_debited() {
        for problem in samples() {
            // another payment of the same bill may have taken the money
            let other = matches!(problem.code(), Code::BillBusy | Code::AlreadyPaid);
            let money = if other { Money::UntouchedByThis } else { Money::Untouched };
            assert_eq!(problem.code().entry().money, money, "{problem:?}");
            assert!(!problem.words().is_empty());
        }
    }

    #[test]
    fn a_wrong_customer_number_and_a_wrong_confirmation_number_read_the_same() {
        let customer = Problem::Refused(ResponseCode::CustomerNumberWrong);
        let confirmation = Problem::Refused(ResponseCode::ConfirmationNumberWrong);
        assert_eq!(
            (customer.code(), customer.words(), customer.field()),
            (confirmation.code(), confirmation.words(), confirmation.field())
        );
        let last_tries = |answer| Problem::WrongNumber { answer, left: 2 }.words();
        assert_eq!(
            last_tries(ResponseCode::CustomerNumberWrong),
            last_tries(ResponseCode::ConfirmationNumberWrong)
        );
    }

    #[test]
    fn a_message_of_ours_that_the_collector_cannot_read_is_not_the_payers_mistake() {
        let malformed = Problem::Refused(ResponseCode::Malformed);
        assert_eq!((malformed.code(), malformed.field()), (Code::Unavailable, None));
    }

    #[test]
    fn what_the_payer_needs_to_know_is_in_the_words() {
        let until = Date::from_ymd_opt(2026, 11, 25).unwrap();
        let limit = Problem::OverDailyLimit { over: over(LimitOf::User), until }.words();
        for words in
            ["ご利用の方の限度額 10,000,000 円", "9,876,543 円", "残りは 123,457 円", "11月25日(水) 0:00"]
        {
            assert!(limit.contains(words), "{words} in {limit}");
        }
        let funds = Problem::InsufficientFunds { available: Yen::new(1_234_567) }.words();
        assert!(funds.contains("1,234,567 円"), "{funds}");
        let wrong = Problem::OneTimePassword(authorise::Problem::Wrong { left: 3 });
        assert_eq!(
            (wrong.words(), wrong.field()),
            (authorise::Problem::Wrong { left: 3 }.words(), Some("one_time_password"))
        );
        assert!(
            Problem::CollectorClosed { hours: Some("8:00–21:00".to_owned()) }.words().contains("8:00–21:00")
        );
    }

    /// The bank's own words for each refusal that a payer can meet: none shares another's.
    #[test]
    fn paid_expired_closed_and_not_contracted_each_have_their_own_words() {
        let words: std::collections::BTreeSet<_> = [
            ResponseCode::AlreadyPaid,
            ResponseCode::Expired,
            ResponseCode::NotYetPayable,
            ResponseCode::NotOpen,
            ResponseCode::BankNotContracted,
            ResponseCode::ChannelNotAccepted,
            ResponseCode::CustomerNumberWrong,
            ResponseCode::PaymentCategoryWrong,
            ResponseCode::BillNotObtained,
            ResponseCode::AmountDiffers,
            ResponseCode::NumberStopped,
        ]
        .map(|answer| Problem::Refused(answer).words())
        .into();
        assert_eq!(words.len(), 11);
    }
}
