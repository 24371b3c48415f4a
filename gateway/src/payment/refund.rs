//! 返金 of an accepted payment that its collector's books lack: the payer gets back all that was debited. Pure, as the
//! other steps are.

use domain::payment::Event;
use domain::{BreakId, PaymentId, Timestamp, TransferId};

use super::history::{Body, Position};
use super::step::{Effect, Path, Step, reversals};
use super::{Facts, StoreError};
use crate::Operator;

/// What is fixed when a payment is paid back: its row. Of a payment there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The payment.
    pub payment: PaymentId,
    /// The break that two people ended so.
    pub found: BreakId,
    /// When.
    pub at: Timestamp,
    /// Who asked for it.
    pub maker: Operator,
    /// Who has checked it.
    pub checker: Operator,
    /// The transfer that gives the amount back.
    pub reversal: TransferId,
    /// The transfer that gives the fee back, where there was one.
    pub fee_reversal: Option<TransferId>,
}

/// The amount and the fee go back the way they came, the payment is owed no more, and its bill may be paid anew. Only
/// an accepted payment without an open cancellation allows the event, so a payment is settled, cancelled or paid back.
pub fn refund(
    facts: &Facts,
    position: Position,
    refund: &Refund,
    bill_may_be_paid_again: bool,
) -> Result<Step, StoreError> {
    let mut path = Path::from(facts, position, refund.at);
    let body = Body {
        by: Some(refund.maker.name.clone()),
        checked_by: Some(refund.checker.name.clone()),
        found: Some(refund.found),
        ..Body::default()
    };
    path.event(Event::Refunded, body, None)?;
    path.commit.transfers = reversals(facts, refund.reversal, refund.fee_reversal, "返金");
    if !bill_may_be_paid_again {
        path.commit.release.push(facts.bill_guard.clone());
    }
    let (amount, fee) = (facts.amount.get(), facts.fee.get());
    let detail = format!("{amount} yen and a fee of {fee} yen, checked by {}", refund.checker);
    path.audit_as(&refund.maker, "payeasy.refund", &detail);
    Ok(path.end(Effect::Rest))
}
