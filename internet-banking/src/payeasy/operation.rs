//! The operations behind the pages: right, account, passwords and one-time password are checked here,
//! whatever the form left out (SEC-14, SEC-35).

use domain::{Bill, CollectorNumber, ContractId, InquiryId, PaymentId, ResponseCode, Timestamp, UserId, Yen};
use gateway::directory::{Collector, Suspension};
use gateway::{
    Gateway, Guard, GuardKind, Inquiry, InquiryError, InquiryRequest, PayError, Payer, Payment, PaymentOrder,
    PaymentRequest,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::approval;
use super::draft::{Choice, Draft};
use super::limits;
use super::linked;
use super::problem::Problem;
use super::repeats;
use super::rules::{Numbers, none_as_printed};
use super::store::Drafts;
use super::wrong_numbers::{Admission, Judgement, Stopped, Tally};
use crate::Bank;
use crate::confirmation;
use crate::contracts::Business;
use crate::hours::{self, Service, Standing};
use crate::mail::{Notice, To};
use crate::policy;
use crate::registration::Registration;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};

/// Most collectors that are suggested for a number that is none.
const NEAR_MAX: usize = 3;

/// The secrets of the review page.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Secrets {
    /// 確認用パスワード.
    #[serde(deserialize_with = "secret_field")]
    pub confirmation_password: SecretString,
    /// ワンタイムパスワード; needed where the table of operations says so, whether the form has it or not.
    #[serde(deserialize_with = "secret_field")]
    pub one_time_password: SecretString,
}

/// What the payer has ticked on the review page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Pays although the contract has paid under the same numbers before.
    pub repeats: bool,
}

/// The collector of a number, if it can be paid by typing numbers.
pub fn collector<'a>(gateway: &'a Gateway, number: &CollectorNumber) -> Result<&'a Collector, Problem> {
    let found = gateway.collectors().get(number).ok_or_else(|| unknown(gateway, number))?;
    if !found.methods.online {
        return Err(Problem::LinkOnly { name: found.shown_name() });
    }
    if !found.available {
        return Err(Problem::NotYetWorking { name: found.shown_name() });
    }
    Ok(found)
}

/// A number that is none, with the collectors that may have been meant.
fn unknown(gateway: &Gateway, number: &CollectorNumber) -> Problem {
    let near = gateway.collectors().nearest(number, NEAR_MAX).into_iter();
    Problem::UnknownCollector { near: near.map(|row| (row.number.clone(), row.shown_name())).collect() }
}

/// Asks the collector for the bills of the numbers. Nothing is debited, and nothing is asked twice.
pub async fn inquire(
    bank: &Bank,
    by: &SignedIn,
    collector: &Collector,
    numbers: Numbers,
) -> Result<Inquiry, Problem> {
    policy::require(by, Business::PayEasy).map_err(|_| Problem::NotPermitted)?;
    let counters = &bank.wrong_numbers;
    let counted = counters.admit(by.contract.id, by.user.id, bank.clock.now()).await;
    match counted.map_err(|error| unavailable(&error))? {
        Admission::Counted => {}
        Admission::OthersUnderWay => return Err(Problem::AnswersPending),
        Admission::Stopped(stopped) => return Err(Problem::Stopped(stopped)),
    }
    let printed = numbers.printed;
    let request = numbers.request(collector);
    let asked = bank.gateway.inquire(payer(by), request.clone()).await;
    let now = bank.clock.now();
    // an answer is not shown before it is judged: else the next try would be free
    let judged = counters.judge(by.user.id, Judgement::of(&asked), now).await;
    let tally = judged.map_err(|error| unavailable(&error))?;
    let inquiry = asked.map_err(|error| {
        let problem = match (inquiry_problem(&error, collector, now), tally) {
            (_, Some(Tally::Stopped(stopped))) => {
                tell_of_stop(bank, by, stopped);
                Problem::Stopped(stopped)
            }
            (Problem::Refused(answer), Some(Tally::Left(left))) if left <= counters.limits().told_from => {
                Problem::WrongNumber { answer, left }
            }
            (problem, _) => problem,
        };
        let code = problem.code();
        tracing::info!(collector = %collector.number, %code, "an inquiry found no bill to pay");
        problem
    });
    match inquiry {
        Ok(inquiry) => as_printed(&inquiry, printed).map(|()| inquiry),
        Err(Problem::Refused(ResponseCode::AlreadyPaid)) => Err(paid(bank, by, collector, &request).await),
        Err(problem) => Err(problem),
    }
}

/// C23: an amount that the payer read from the slip stops the entry where no bill of the answer has it.
pub fn as_printed(inquiry: &Inquiry, printed: Option<Yen>) -> Result<(), Problem> {
    match printed {
        Some(printed) if none_as_printed(&inquiry.bills, printed) => {
            Err(Problem::NotAsPrinted { billed: inquiry.bills.iter().map(|bill| bill.amount).collect() })
        }
        _ => Ok(()),
    }
}

/// C23 again, of the bill that the payer chose among several.
pub fn chosen_as_printed(draft: &Draft, bill: &Bill) -> Result<(), Problem> {
    match draft.printed {
        Some(printed) if none_as_printed(std::slice::from_ref(bill), printed) => {
            Err(Problem::ChosenNotAsPrinted { printed, billed: bill.amount })
        }
        _ => Ok(()),
    }
}

/// Paid, and where: the newest payment of the contract under the same numbers that is paid or being paid.
async fn paid(bank: &Bank, by: &SignedIn, collector: &Collector, request: &InquiryRequest) -> Problem {
    match repeats::earlier(bank, by, collector, request).await {
        Ok(earlier) => match earlier.first() {
            Some(own) => {
                let visible = by.user.rights.may_use(Business::PayEasy, own.facts.account);
                Problem::PaidHere { seen: visible.then_some(own.facts.id) }
            }
            None => Problem::Refused(ResponseCode::AlreadyPaid),
        },
        // what the collector said is not hidden by a failure of ours
        Err(_) => Problem::Refused(ResponseCode::AlreadyPaid),
    }
}

/// Wrong numbers stop a user here, and the hours of the service everybody, whatever page is open.
pub async fn require_not_stopped(bank: &Bank, by: &SignedIn) -> Result<(), Problem> {
    not_stopped(bank, by.user.id).await
}

/// The same of somebody who is not there. Outside of the hours of the service nobody pays.
pub(super) async fn not_stopped(bank: &Bank, user: UserId) -> Result<(), Problem> {
    let hours = hours::now_of(bank).await.map_err(|error| unavailable(&error))?;
    if let Standing::Closed { opens } = hours.standing(Service::PayEasy, bank.clock.now()) {
        return Err(Problem::PayeasyClosed { opens });
    }
    let stopped = bank.wrong_numbers.stopped(user, bank.clock.now()).await;
    match stopped.map_err(|error| unavailable(&error))? {
        Some(stopped) => Err(Problem::Stopped(stopped)),
        None => Ok(()),
    }
}

/// Leaves a record that a user was stopped, and tells the user and the administrators. The stop itself is in the
/// counters.
fn tell_of_stop(bank: &Bank, by: &SignedIn, stopped: Stopped) {
    let (detail, end) = match stopped {
        Stopped::Until(day) => (
            format!("wrong numbers, until {day}"),
            format!("{}から、また払込ができます", domain::time::year_month_day(day)),
        ),
        Stopped::UntilLifted => (
            "wrong numbers, until the branch lifts it".to_owned(),
            "お取引店の窓口でのお手続きが必要です".to_owned(),
        ),
    };
    tracing::warn!(user = %by.user.id, %detail, "Pay-easy is stopped for a user");
    let (bank, user, contract) = (bank.clone(), by.user.clone(), by.contract.clone());
    tokio::spawn(async move {
        let now = bank.clock.now();
        let to = match bank.contracts.recipients(contract.id, To::UserAndAdministrators(user.id)).await {
            Ok(to) => to,
            Err(error) => return tracing::error!(%error, "a stop is not in the audit log"),
        };
        let notice = Notice {
            event: format!("payeasy-stop-{}-{}", user.id, now.micros()),
            title: "番号の誤りが続いたため、税金・各種料金の払込を停止しました".to_owned(),
            lines: vec![("利用者", format!("{}({})", user.name, user.login_id)), ("再開", end)],
            advice: Notice::NOT_YOURS,
        };
        let what = Registration {
            action: "payeasy.stop",
            subject: user.id.to_string(),
            detail,
            mail: Some((notice, to)),
            ..Registration::default()
        };
        if let Err(error) = bank.ledger.commit(what.commit(&user.id.to_string(), &contract, now)).await {
            tracing::error!(%error, "a stop is not in the audit log");
        }
    });
}

/// Closed by its hours, or by the end of its processing day within them.
fn closed(collector: &Collector, now: Timestamp) -> Problem {
    let by_hours = !collector.hours.is_open(now);
    Problem::CollectorClosed { hours: by_hours.then(|| collector.hours.text(now.date())) }
}

pub(super) fn suspended(of: &Suspension) -> Problem {
    Problem::CollectorSuspended { until: of.until, cause: of.cause.clone() }
}

/// Why there are no bills, in the words of those who type the numbers.
pub fn inquiry_problem(error: &InquiryError, collector: &Collector, now: Timestamp) -> Problem {
    match *error {
        InquiryError::UnknownCollector => Problem::UnknownCollector { near: Vec::new() },
        InquiryError::LinkOnly => Problem::LinkOnly { name: collector.shown_name() },
        InquiryError::NotConnected => Problem::NotYetWorking { name: collector.shown_name() },
        // the numbers were read against the same row, so this is a fault of ours and not the payer's
        InquiryError::CategoryNeeded
        | InquiryError::CategoryNotUsed
        | InquiryError::AmountNeeded
        | InquiryError::AmountNotTyped => unavailable(error),
        InquiryError::Closed => closed(collector, now),
        InquiryError::Suspended(ref of) => suspended(of),
        InquiryError::Refused(ResponseCode::Malformed) => unavailable(error),
        // a collector without 納付区分 has none that could be wrong
        InquiryError::Refused(ResponseCode::PaymentCategoryWrong) if collector.numbers.category.is_none() => {
            Problem::Refused(ResponseCode::CustomerNumberWrong)
        }
        InquiryError::Refused(answer) => Problem::Refused(answer),
        InquiryError::Stopped => Problem::ServiceStopped,
        InquiryError::CollectorBusy => Problem::CollectorBusy,
        InquiryError::NoAnswer(_) => Problem::NoAnswer,
        InquiryError::Store(_) => unavailable(error),
    }
}

/// Pays what the draft says. A payment that exists already is answered as it is: a double click, a page sent
/// again or a second tab changes nothing and needs no new one-time password.
pub async fn pay(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    consent: Consent,
    secrets: &Secrets,
) -> Result<Payment, Problem> {
    policy::require(by, Business::PayEasy).map_err(|_| Problem::NotPermitted)?;
    let (Some(inquiry), Some(choice)) = (draft.inquiry, draft.choice.as_ref()) else {
        return Err(Problem::ReviewOutdated);
    };
    if let Some(paid) = existing(bank, by, choice.payment).await? {
        return bank.gateway.answered(paid).await.map_err(|error| unclear(choice.payment, &error));
    }
    policy::require_account(by, Business::PayEasy, choice.account).map_err(|_| Problem::NotPermitted)?;
    if let Some(until) = by.cooling_off {
        return Err(Problem::CoolingOff { until });
    }
    require_not_stopped(bank, by).await?;
    let (need, next_policy) = approval::need(bank, by, draft).await?;
    if !need.is_none() {
        return Err(Problem::ApprovalNeeded);
    }
    let collector = match draft.linked() {
        Some(_) => linked::payable(bank, by, &draft.collector)?,
        None => collector(&bank.gateway, &draft.collector)?,
    };
    let request = requested(bank, by, draft).await?;
    if !consent.repeats {
        not_paid_before(bank, by, collector, inquiry).await?;
    }
    confirm(bank, by, &secrets.confirmation_password).await?;
    let mut guards: Vec<_> = request.into_iter().collect();
    let demanded = Operation::payment_to(collector);
    guards.extend(authorise::operation(bank, by, demanded, &secrets.one_time_password).await?);
    let order = PaymentOrder {
        payment: choice.payment,
        payer: payer(by),
        inquiry,
        bill: choice.bill.clone(),
        amount: choice.amount,
        account: choice.account,
        guards,
        barred_by: by.barred_by().into_iter().chain([next_policy]).collect(),
    };
    match limits::pay(bank, order, collector).await {
        Ok(payment) => {
            tracing::info!(payment = %payment.facts.id, state = %payment.state, "a payment was confirmed");
            Ok(payment)
        }
        // a colleague has authorised the same request meanwhile
        Err(PayError::DifferentOrder) if draft.request.is_some() => {
            let paid = existing(bank, by, choice.payment).await?.ok_or(Problem::PaymentUnclear)?;
            bank.gateway.answered(paid).await.map_err(|error| unclear(choice.payment, &error))
        }
        Err(error) => {
            let problem = pay_problem(bank, by, draft, choice, error).await;
            tracing::info!(payment = %choice.payment, code = %problem.code(), "a payment was refused");
            if problem != Problem::PaymentUnclear {
                // the refused id stays refused; should the payer put it right, that is a payment of its own
                let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id);
                drafts.renew(&draft.id, choice.payment).await.map_err(|error| unavailable(&error))?;
            }
            Err(problem)
        }
    }
}

/// Under the same numbers nothing is paid a second time unawares.
pub(super) async fn not_paid_before(
    bank: &Bank,
    by: &SignedIn,
    collector: &Collector,
    inquiry: InquiryId,
) -> Result<(), Problem> {
    let asked = bank.gateway.inquiry(by.contract.id, inquiry).await.map_err(|error| unavailable(&error))?;
    let Some(asked) = asked else { return Err(Problem::InquiryExpired) };
    match repeats::earlier(bank, by, collector, &asked.request).await?.is_empty() {
        true => Ok(()),
        false => Err(Problem::RepeatUnconfirmed),
    }
}

/// What an entry that authorises a request takes in the commit of the money: nobody declines it any more.
pub(super) async fn requested(bank: &Bank, by: &SignedIn, draft: &Draft) -> Result<Option<Guard>, Problem> {
    let Some(id) = draft.request else { return Ok(None) };
    open_request(bank, by.contract.id, id).await?;
    Ok(Some(Guard::request(id)))
}

/// A request of the contract's own systems that may be authorised now. What the API has told to have expired is paid by
/// nobody.
pub(super) async fn open_request(
    bank: &Bank,
    contract: ContractId,
    id: PaymentId,
) -> Result<PaymentRequest, Problem> {
    let found = bank.gateway.payment_request(contract, id).await.map_err(|error| unavailable(&error))?;
    let open = found.filter(|request| request.may_be_authorised_at(bank.clock.now()));
    open.ok_or(Problem::RequestOver)
}

/// The payment that the draft led to, if there is one. Where that cannot be read, nobody may be told that
/// nothing was debited.
pub async fn existing(bank: &Bank, by: &SignedIn, id: PaymentId) -> Result<Option<Payment>, Problem> {
    bank.gateway.payment(by.contract.id, id).await.map_err(|error| unclear(id, &error))
}

fn unclear(id: PaymentId, error: &dyn std::error::Error) -> Problem {
    tracing::error!(payment = %id, %error, "a payment cannot be read");
    Problem::PaymentUnclear
}

/// Judges the confirmation password.
pub(crate) async fn confirm(bank: &Bank, by: &SignedIn, typed: &SecretString) -> Result<(), Problem> {
    if typed.expose_secret().is_empty() {
        return Err(Problem::Missing { field: "confirmation_password" });
    }
    match confirmation::verify(bank, by, typed).await {
        Ok(confirmation::Verdict::Right) => Ok(()),
        Ok(confirmation::Verdict::Wrong { left }) => Err(Problem::ConfirmationPasswordWrong { left }),
        Ok(confirmation::Verdict::Locked) => Err(Problem::ConfirmationPasswordLocked),
        Err(error) => Err(unavailable(&error)),
    }
}

async fn pay_problem(bank: &Bank, by: &SignedIn, draft: &Draft, choice: &Choice, error: PayError) -> Problem {
    match error {
        PayError::InquiryExpired => Problem::InquiryExpired,
        PayError::BillNotInInquiry => Problem::BillUnavailable,
        PayError::AmountChanged => Problem::AmountChanged,
        PayError::InsufficientFunds { available } => Problem::InsufficientFunds { available },
        PayError::AccountClosed => Problem::AccountClosed,
        PayError::BillBusy { other } => busy(bank, by, other).await,
        PayError::OverDailyLimit(over) => {
            let tomorrow = bank.clock.now().date().succ_opt().unwrap_or_default();
            Problem::OverDailyLimit { over, until: tomorrow }
        }
        PayError::GuardTaken(GuardKind::Request) => Problem::RequestOver,
        PayError::GuardTaken(GuardKind::Policy | GuardKind::Access) => Problem::ReviewOutdated,
        PayError::GuardTaken(_) => authorise::Problem::Used.into(),
        PayError::ClearByPassed => Problem::ClearByPassed,
        PayError::Closed => match bank.gateway.collectors().get(&draft.collector) {
            Some(collector) => closed(collector, bank.clock.now()),
            None => Problem::UnknownCollector { near: Vec::new() },
        },
        PayError::Suspended(of) => suspended(&of),
        PayError::Stopped => Problem::ServiceStopped,
        PayError::CollectorBusy => Problem::CollectorBusy,
        PayError::Overloaded => Problem::Unavailable,
        PayError::NotWritten(reason) => {
            tracing::error!(payment = %choice.payment, %reason, "the database takes no payment");
            Problem::Unavailable
        }
        PayError::DifferentOrder => {
            tracing::error!(payment = %choice.payment, "the id of a payment came with another content");
            Problem::ReviewOutdated
        }
        PayError::Store(error) => {
            tracing::error!(payment = %choice.payment, %error, "whether a payment was made is not known");
            Problem::PaymentUnclear
        }
    }
}

/// A payment is in the way. Another contract's is not for this user to know.
pub(super) async fn busy(bank: &Bank, by: &SignedIn, other: PaymentId) -> Problem {
    let seen = existing(bank, by, other).await.ok().flatten();
    let seen = seen.filter(|p| by.user.rights.may_use(Business::PayEasy, p.facts.account));
    Problem::BillBusy { seen: seen.map(|p| p.facts.id) }
}

pub(super) const fn payer(by: &SignedIn) -> Payer {
    Payer { contract: by.contract.id, user: by.user.id }
}

pub(super) fn unavailable(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "an operation of Pay-easy failed");
    Problem::Unavailable
}
