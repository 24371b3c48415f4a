//! The operations behind the pages: makers ask for a payer's bills and take the cash.

use domain::PaymentId;
use gateway::directory::Collector;
use gateway::operations::CounterOrder;
use gateway::{Inquiry, PayError, Payer, Payment};
use internet_banking::payeasy::draft::Draft;
use internet_banking::payeasy::operation::as_printed;
use internet_banking::payeasy::rules::Numbers;

use super::problem::{Refusal, inquiry_refusal, pay_problem, refusal};
use crate::Console;
use crate::help::ConsoleCode;
use crate::problem::Problem;
use crate::staff::{Staff, StaffRole, operator, require};

/// Whoever may collect at the counter.
pub fn admit(by: &Staff) -> Result<(), Problem> {
    require(by, StaffRole::Maker)
}

/// 照会: asks the collector for the bills of the numbers. The audit log says who asked.
pub async fn inquire(
    console: &Console,
    by: &Staff,
    collector: &Collector,
    numbers: Numbers,
) -> Result<Inquiry, Refusal> {
    admit(by)?;
    let printed = numbers.printed;
    let asked = console.gateway.counter_inquiry(numbers.request(collector), &operator(by)).await;
    let inquiry = asked.map_err(|error| inquiry_refusal(&error, collector, console.clock.now()))?;
    as_printed(&inquiry, printed).map_err(|problem| refusal(&problem))?;
    Ok(inquiry)
}

/// 収納: pays what the draft says with the cash that was handed over. A payment that exists already is answered as it
/// is: a second click, a page sent again or a second tab changes nothing. Where another payment at the counter has the
/// bill already, it is that one.
pub async fn collect(console: &Console, by: &Staff, draft: &Draft) -> Result<Payment, Problem> {
    admit(by)?;
    let (Some(inquiry), Some(choice)) = (draft.inquiry, draft.choice.as_ref()) else {
        return Err(ConsoleCode::ReviewOutdated.into());
    };
    let order =
        CounterOrder { payment: choice.payment, inquiry, bill: choice.bill.clone(), amount: choice.amount };
    let error = match console.gateway.counter_payment(order, &operator(by)).await {
        Ok(paid) => return Ok(paid),
        Err(error) => error,
    };
    if let PayError::BillBusy { other } = error
        && let Some(paid) = existing(console, other).await?
    {
        tracing::info!(payment = %choice.payment, %other, "the bill has a payment at the counter already");
        return Ok(paid);
    }
    Err(pay_problem(choice.payment, &error))
}

/// A counter payment. Where that cannot be read, nobody may be told that nothing was collected.
pub async fn existing(console: &Console, id: PaymentId) -> Result<Option<Payment>, Problem> {
    let found = console.gateway.payment(Payer::at_counter().contract, id).await;
    found.map_err(|error| unclear(id, &error))
}

/// What only a look at the payment can tell.
pub fn unclear(id: PaymentId, error: &dyn std::error::Error) -> Problem {
    tracing::error!(payment = %id, %error, "a payment at the counter cannot be read");
    ConsoleCode::CashUnclear.into()
}
