//! A payment that others approve: what is asked for, and what is done with it once it is approved. The bill is asked
//! for anew at the last approval, and the hub's own operation holds and pays it, under the request's guard.

use domain::{
    AccountId, ApprovalId, Bill, CollectorNumber, ContractId, CustomerNumber, InquiryId, PaymentCategory,
    PaymentId, Timestamp,
};
use gateway::{Guard, GuardKind, InquiryError, InquiryRequest, PayError, Payer, PaymentOrder};
use ledger::GuardKey;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::draft::Draft;
use super::operation::{self, Consent, unavailable};
use super::problem::Problem;
use super::{limits, repeats};
use crate::Bank;
use crate::approvals::{self, Asking, Ending, Held, Matter, Need, Policies, Request};
use crate::contracts::Business;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::tokens::Operation;

/// A payment as it is asked for, approved and carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedPayment {
    /// The collector.
    pub collector: CollectorNumber,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 納付区分.
    pub category: Option<PaymentCategory>,
    /// The bill as it was found.
    pub bill: Bill,
    /// The account to debit.
    pub account: AccountId,
    /// The payment that it becomes.
    pub payment: PaymentId,
    /// Whether the author means to pay under the same numbers again.
    pub repeats: bool,
    /// The request of the contract's own systems that it answers.
    pub request: Option<PaymentId>,
}

/// What the policy demands of an entry, and the policy's next version, which must not be there yet when it is paid.
pub async fn need(bank: &Bank, by: &SignedIn, draft: &Draft) -> Result<(Need, GuardKey), Problem> {
    let (Some(inquiry), Some(choice)) = (draft.inquiry, draft.choice.as_ref()) else {
        return Err(Problem::ReviewOutdated);
    };
    let held = Policies::of(&bank.database, by.contract.id).held(bank.clock.now()).await;
    let Held { policy, next, .. } = held.map_err(|error| unavailable(&error))?;
    let found = bank.gateway.inquiry(by.contract.id, inquiry).await.map_err(|error| unavailable(&error))?;
    let total = found.as_ref().and_then(|found| found.bill(&choice.bill)).and_then(Bill::total);
    Ok((policy.need(Business::PayEasy, total.unwrap_or(choice.amount)), next))
}

/// Whether its approval costs a one-time password.
pub fn demands_code(bank: &Bank, asked: &AskedPayment) -> bool {
    let collector = bank.gateway.collectors().get(&asked.collector);
    collector.is_none_or(|collector| Operation::payment_to(collector).demands_one())
}

/// Asks for the approval of an entry, or keeps it to be asked for later. It is about the payment, so what its author
/// sends again is one request; a colleague who has the same payment before them (払込依頼) asks for it apart.
pub async fn ask(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    consent: Consent,
    confirmation_password: Option<&SecretString>,
) -> Result<ApprovalId, approvals::Problem> {
    let (Some(inquiry), Some(choice)) = (draft.inquiry, draft.choice.as_ref()) else {
        return Err(Problem::ReviewOutdated.into());
    };
    let about = choice.payment.to_string();
    if let Some(open) = approvals::about(&bank.database, by.contract.id, by.user.id, &about).await? {
        return Ok(open);
    }
    policy::require_account(by, Business::PayEasy, choice.account).map_err(|_| Problem::NotPermitted)?;
    operation::require_not_stopped(bank, by).await?;
    let (need, _) = need(bank, by, draft).await?;
    let found = bank.gateway.inquiry(by.contract.id, inquiry).await.map_err(|error| unavailable(&error))?;
    let found = found.filter(|found| found.is_valid_at(bank.clock.now())).ok_or(Problem::InquiryExpired)?;
    let bill = found.bill(&choice.bill).ok_or(Problem::BillUnavailable)?;
    if bill.amount != choice.amount {
        return Err(Problem::AmountChanged.into());
    }
    let Ok(collector) = operation::collector(&bank.gateway, &draft.collector) else {
        return Err(Problem::ApprovalNotLinked.into());
    };
    if found.link.as_ref() == Some(&bill.id) {
        return Err(Problem::ApprovalNotLinked.into());
    }
    if !consent.repeats {
        operation::not_paid_before(bank, by, collector, inquiry).await?;
    }
    let asking = Asking {
        about,
        until: last_moment(bank, by.contract.id, bill, draft.request).await?,
        matter: Matter::Payeasy(AskedPayment {
            collector: draft.collector.clone(),
            customer_number: found.request.customer_number.clone(),
            category: found.request.category.clone(),
            bill: bill.clone(),
            account: choice.account,
            payment: choice.payment,
            repeats: consent.repeats,
            request: draft.request,
        }),
        secret: Some(SecretString::from(found.request.confirmation_number.as_str().to_owned())),
        need: if need.is_none() { Need::ONE } else { need },
    };
    match confirmation_password {
        Some(typed) => {
            operation::confirm(bank, by, typed).await?;
            approvals::ask(bank, by, asking, None, None).await
        }
        None => approvals::keep(bank, by, asking, None).await,
    }
}

/// What asking again came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It waits for approvers.
    Asked,
    /// The bill is another by now: the request has it, and its author looks at it before asking.
    Changed,
}

/// Asks again for what came back, was taken back or was only kept; the collector is asked first whether the bill is as
/// it was.
pub async fn ask_again(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    asked: &AskedPayment,
    confirmation_password: &SecretString,
) -> Result<Again, approvals::Problem> {
    policy::require_account(by, Business::PayEasy, asked.account).map_err(|_| Problem::NotPermitted)?;
    operation::require_not_stopped(bank, by).await?;
    operation::confirm(bank, by, confirmation_password).await?;
    let bill = find_bill(bank, request, asked).await?.1;
    let Held { policy, .. } = Policies::of(&bank.database, by.contract.id).held(bank.clock.now()).await?;
    let need = policy.need(Business::PayEasy, bill.total().unwrap_or(bill.amount));
    // the id of a payment that was refused stays refused; the contract's own systems follow theirs
    let payment = if asked.request.is_some() { asked.payment } else { PaymentId::generate() };
    let is_same = same(&bill, &asked.bill);
    let asking = Asking {
        about: request.about.clone(),
        until: last_moment(bank, by.contract.id, &bill, asked.request).await?,
        matter: Matter::Payeasy(AskedPayment { bill, payment, ..asked.clone() }),
        secret: request.secret.clone(),
        need: if need.is_none() { Need::ONE } else { need },
    };
    if is_same {
        approvals::ask(bank, by, asking, Some(request), None).await?;
        return Ok(Again::Asked);
    }
    approvals::keep(bank, by, asking, Some(request)).await?;
    Ok(Again::Changed)
}

/// Until when it can be paid: the end of the last day for clearing, and that of the 払込依頼 that it answers, which must
/// still be open.
async fn last_moment(
    bank: &Bank,
    contract: ContractId,
    bill: &Bill,
    request: Option<PaymentId>,
) -> Result<Option<Timestamp>, Problem> {
    let Some(request) = request else { return Ok(last_clearing(bill)) };
    let ends = operation::open_request(bank, contract, request).await?.expires_at;
    Ok(Some(last_clearing(bill).map_or(ends, |last| last.min(ends))))
}

/// The end of the last day for clearing.
fn last_clearing(bill: &Bill) -> Option<Timestamp> {
    let next = bill.clear_by?.succ_opt()?;
    Some(Timestamp::from_jst(next, domain::time::TimeOfDay::MIN))
}

/// Whether a bill asks for what was approved.
fn same(found: &Bill, approved: &Bill) -> bool {
    (&found.id, found.amount, found.fee) == (&approved.id, approved.amount, approved.fee)
}

fn payer(request: &Request) -> Payer {
    Payer { contract: request.contract, user: request.author.user }
}

async fn find_bill(
    bank: &Bank,
    request: &Request,
    asked: &AskedPayment,
) -> Result<(InquiryId, Bill), Problem> {
    if let Some(id) = asked.request {
        operation::open_request(bank, request.contract, id).await?;
    }
    let collector = operation::collector(&bank.gateway, &asked.collector)?;
    let secret = approvals::exposed(request.secret.as_ref()).parse();
    let confirmation_number = secret.map_err(|error| unavailable(&error))?;
    let typed = collector.payer_types_amount(asked.category.as_ref()).then_some(asked.bill.amount);
    let inquiry = InquiryRequest {
        collector: asked.collector.clone(),
        customer_number: asked.customer_number.clone(),
        confirmation_number,
        category: asked.category.clone(),
        amount: typed,
    };
    let found = bank.gateway.inquire(payer(request), inquiry).await;
    let now = bank.clock.now();
    let found = found.map_err(|error| match error {
        InquiryError::Store(_) => unavailable(&error),
        _ => operation::inquiry_problem(&error, collector, now),
    })?;
    let bill = found.bill(&asked.bill.id).cloned().ok_or(Problem::BillUnavailable)?;
    Ok((found.id, bill))
}

/// Whether the next try may find it otherwise by itself: nothing is said about the bill. An emergency stop is no pause:
/// what it has met is not paid when it is lifted, unless people ask for it again (SEC-43).
const fn passes(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::CollectorClosed { .. }
            | Problem::CollectorSuspended { .. }
            | Problem::PayeasyClosed { .. }
            | Problem::CollectorBusy
            | Problem::NoAnswer
            | Problem::Unavailable
            | Problem::PaymentUnclear
    )
}

/// Asks the collector whether the bill is still what was asked for. What passes by itself is an error, and the request
/// stays as it is; what does not is an answer.
pub async fn inquire(
    bank: &Bank,
    request: &Request,
    asked: &AskedPayment,
) -> Result<Result<InquiryId, Problem>, Problem> {
    match find_bill(bank, request, asked).await {
        Ok((inquiry, bill)) if same(&bill, &asked.bill) => Ok(Ok(inquiry)),
        Ok(_) => Ok(Err(Problem::AmountChanged)),
        // nothing is approved yet, so nothing is sent back either
        Err(problem) if passes(&problem) || problem == Problem::ServiceStopped => Err(problem),
        Err(problem) => Ok(Err(problem)),
    }
}

/// Pays what was approved, once: whoever comes twice finds the payment. What cannot be paid is said, and what is not
/// known is tried again until the request's time is over.
pub async fn carry_out(
    bank: &Bank,
    request: &Request,
    asked: &AskedPayment,
    prepared: Option<InquiryId>,
) -> Ending {
    match bank.gateway.payment(request.contract, asked.payment).await {
        Ok(Some(payment)) => return Ending::Done(payment.facts.receipt_number),
        Ok(None) => {}
        Err(_) => return Ending::Unclear,
    }
    match try_once(bank, request, asked, prepared).await {
        Ok(receipt_number) => Ending::Done(receipt_number),
        // a failure of ours says nothing about the request
        Err(approvals::Problem::Unavailable) => Ending::Unclear,
        Err(approvals::Problem::Payeasy(problem))
            if passes(&problem) && !approvals::is_over(bank, request) =>
        {
            Ending::Unclear
        }
        Err(problem) => Ending::Refused(problem.words()),
    }
}

async fn try_once(
    bank: &Bank,
    request: &Request,
    asked: &AskedPayment,
    prepared: Option<InquiryId>,
) -> Result<String, approvals::Problem> {
    let barred_by = approvals::still_may(bank, request).await?;
    operation::not_stopped(bank, request.author.user).await?;
    if let Some(id) = asked.request {
        operation::open_request(bank, request.contract, id).await?;
    }
    let inquiry = match prepared {
        Some(inquiry) => inquiry,
        None => inquire(bank, request, asked).await??,
    };
    let collector = operation::collector(&bank.gateway, &asked.collector)?;
    if !asked.repeats && !repeats::paid_by(bank, request.contract, collector, inquiry).await?.is_empty() {
        return Err(Problem::RepeatUnconfirmed.into());
    }
    let mut guards = vec![Guard::approval_act(request.id, request.round)];
    guards.extend(asked.request.map(Guard::request));
    let order = PaymentOrder {
        payment: asked.payment,
        payer: payer(request),
        inquiry,
        bill: asked.bill.id.clone(),
        amount: asked.bill.amount,
        account: asked.account,
        guards,
        barred_by,
    };
    match limits::pay(bank, order, collector).await {
        Ok(payment) => {
            tracing::info!(payment = %payment.facts.id, request = %request.id, "an approved payment was made");
            Ok(payment.facts.receipt_number)
        }
        Err(error) => Err(refused(bank, request, &error).into()),
    }
}

fn refused(bank: &Bank, request: &Request, error: &PayError) -> Problem {
    tracing::info!(request = %request.id, %error, "an approved payment was not made");
    match *error {
        PayError::InsufficientFunds { available } => Problem::InsufficientFunds { available },
        PayError::AccountClosed => Problem::AccountClosed,
        PayError::BillBusy { .. } => Problem::BillBusy { seen: None },
        PayError::OverDailyLimit(over) => {
            let until = bank.clock.now().date().succ_opt().unwrap_or_default();
            Problem::OverDailyLimit { over, until }
        }
        PayError::BillNotInInquiry => Problem::BillUnavailable,
        PayError::AmountChanged => Problem::AmountChanged,
        PayError::ClearByPassed => Problem::ClearByPassed,
        PayError::GuardTaken(GuardKind::Request) => Problem::RequestOver,
        PayError::Closed => Problem::CollectorClosed { hours: None },
        PayError::Suspended(ref of) => operation::suspended(of),
        PayError::CollectorBusy => Problem::CollectorBusy,
        PayError::Stopped => Problem::ServiceStopped,
        // somebody else is at it, or our own database failed: the next look tells
        PayError::InquiryExpired
        | PayError::GuardTaken(_)
        | PayError::DifferentOrder
        | PayError::Overloaded
        | PayError::NotWritten(_)
        | PayError::Store(_) => Problem::PaymentUnclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bill() -> Bill {
        Bill {
            id: "B1".parse().unwrap(),
            payer: "株式会社見本商事".to_owned(),
            contents: "法人税".to_owned(),
            amount: domain::Yen::new(12_300),
            fee: domain::Yen::new(110),
            late_charge: domain::Yen::ZERO,
            due: None,
            clear_by: None,
        }
    }

    #[test]
    fn a_bill_is_the_approved_one_only_with_its_amount_and_fee() {
        let other = |change: fn(&mut Bill)| {
            let mut other = bill();
            change(&mut other);
            same(&other, &bill())
        };
        assert!(other(|bill| bill.contents = "別の名".to_owned()), "words may differ");
        assert!(!other(|bill| bill.amount = domain::Yen::new(12_301)));
        assert!(!other(|bill| bill.fee = domain::Yen::ZERO));
        assert!(!other(|bill| bill.id = "B2".parse().unwrap()));
    }

    #[test]
    fn what_is_asked_for_ends_with_the_last_day_for_clearing() {
        assert_eq!(last_clearing(&bill()), None);
        let clear_by = domain::Date::from_ymd_opt(2026, 11, 30);
        let last = last_clearing(&Bill { clear_by, ..bill() }).unwrap();
        assert_eq!(last, Timestamp::parse_rfc3339("2026-12-01T00:00:00+09:00").unwrap());
    }
}
