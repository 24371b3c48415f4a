//! The commits of a settlement. Pure: from where it stands and what is to happen to one commit.

use domain::payment::{Cancellation, Event, State};
use domain::{Date, PaymentId, Timestamp, TransferId, Yen};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Kind, NewEvent, Transfer};

use super::state::{Change, Settlement, SettlementState, Sums};
use super::store;
use crate::directory::PayerFees;
use crate::payment::history::Body;
use crate::{Operator, StoreError, chart};

/// An accepted payment that is owed to its collector.
#[derive(Clone, Debug)]
pub struct Owed {
    /// Its guard.
    pub key: GuardKey,
    /// The payment.
    pub payment: PaymentId,
    /// The day on which its money was held.
    pub receipt_date: Date,
    /// Without the fee.
    pub amount: Yen,
    /// What was debited beside it.
    pub fee: Yen,
    /// The number of its last event.
    pub seq: i64,
    /// What that event says.
    pub body: Body,
}

impl Owed {
    /// Whether it may go over: a cancellation without a known outcome keeps it out.
    pub fn may_settle(&self) -> bool {
        self.body.state == Some(State::Accepted) && !self.body.cancellation.is_some_and(Cancellation::is_open)
    }
}

/// A settlement after a step, and the commit that makes it so.
#[derive(Clone, Debug)]
pub struct Step {
    /// After the step.
    pub settlement: Settlement,
    /// What makes it so.
    pub commit: Commit,
}

/// The close begins.
pub fn begin(new: &Settlement, operator: &Operator, now: Timestamp) -> Result<Step, StoreError> {
    let mut step = advance(new, &Change::Began, now, None)?;
    step.commit.rows.push(store::row(&step.settlement));
    step.audit(operator, "settlement.close", "the window closes".to_owned());
    Ok(step)
}

/// These payments go over together, each once: their money, their events, and that they are not owed any more.
pub fn part(before: &Settlement, payments: &[Owed], now: Timestamp) -> Result<Step, StoreError> {
    let sums =
        sum(payments).ok_or_else(|| StoreError::Corrupt("the amounts of a part do not fit".to_owned()))?;
    let mut step = advance(before, &Change::Part(sums), now, None)?;
    let Step { settlement, commit } = &mut step;
    for owed in payments {
        commit.events.push(settled(settlement, owed, now)?);
        commit.release.push(owed.key.clone());
        commit.rows.push(store::payment_row(settlement, owed.payment));
    }
    let memo = format!("資金決済 {}", settlement.number());
    let mut moved = |debit, credit, amount: Yen, memo| {
        (amount > Yen::ZERO).then(|| {
            let id = TransferId::generate();
            let amount = amount.get();
            commit.transfers.push(Transfer { id, debit, credit, amount, kind: Kind::Posted, memo });
            id
        })
    };
    let collector = &settlement.collector;
    let receives = chart::settlement(collector);
    let receives_fee = match settlement.payer_fees {
        PayerFees::WithAmount => receives,
        PayerFees::Kept => chart::FEE_INCOME,
    };
    let fee_memo = format!("{memo} 手数料");
    let transfer = moved(chart::clearing(collector), receives, sums.amount, memo)
        .ok_or_else(|| StoreError::Corrupt("a part without an amount".to_owned()))?;
    let fee_transfer = moved(chart::fee(collector), receives_fee, sums.fee, fee_memo);
    commit.rows.push(store::part_row(settlement, sums, transfer, fee_transfer));
    Ok(step)
}

/// Nothing is left: the window is closed. `advice` makes the message, where there is a net payment.
pub fn close(
    before: &Settlement,
    operator: &Operator,
    now: Timestamp,
    advice: impl FnOnce(&Settlement) -> Result<Vec<u8>, StoreError>,
) -> Result<Step, StoreError> {
    let mut step = advance(before, &Change::Closed(TransferId::generate()), now, None)?;
    let Step { settlement, commit } = &mut step;
    let Sums { count, amount, fee } = settlement.sums;
    if let (SettlementState::Due, Some(pay_date)) = (settlement.state, settlement.pay_date) {
        commit.guards.push((store::due(settlement, pay_date), settlement.entity()));
        commit.guards.push((store::unadvised(settlement), settlement.entity()));
        let advice = advice(settlement)?;
        commit.rows.push(store::net_payment_row(settlement, advice)?);
        step.audit(
            operator,
            "settlement.closed",
            format!("{count} payments, {amount} yen and {fee} yen of fees, due on {pay_date}"),
        );
    } else {
        step.audit(operator, "settlement.closed", "no payment".to_owned());
    }
    Ok(step)
}

/// The pay date has come: the net payment is posted.
pub fn pay(before: &Settlement, operator: &Operator, now: Timestamp) -> Result<Step, StoreError> {
    let mut step = advance(before, &Change::Paid, now, None)?;
    let Step { settlement, commit } = &mut step;
    let (Some(id), Some(pay_date)) = (settlement.transfer, settlement.pay_date) else {
        return Err(StoreError::Corrupt(format!("{} is due without a transfer", settlement.number())));
    };
    commit.transfers.push(Transfer {
        id,
        debit: chart::settlement(&settlement.collector),
        credit: settlement.account,
        amount: settlement.payable().get(),
        kind: Kind::Posted,
        memo: format!("資金決済 {}", settlement.number()),
    });
    commit.release.push(store::due(settlement, pay_date));
    let detail = format!("{} yen to account {}", settlement.payable(), settlement.account);
    step.audit(operator, "settlement.pay", detail);
    Ok(step)
}

/// The collector answered the advice. `message` is its answer.
pub fn advised(
    before: &Settlement,
    change: &Change,
    message: Vec<u8>,
    now: Timestamp,
) -> Result<Step, StoreError> {
    let mut step = advance(before, change, now, Some(message))?;
    step.commit.release.push(store::unadvised(&step.settlement));
    let detail = step.settlement.advice.as_str().to_owned();
    step.audit(&Operator::system(), "settlement.advised", detail);
    Ok(step)
}

fn advance(
    before: &Settlement,
    change: &Change,
    now: Timestamp,
    message: Option<Vec<u8>>,
) -> Result<Step, StoreError> {
    let settlement = before.after(change, now).ok_or_else(|| {
        StoreError::Corrupt(format!("{} after {} of {}", change.kind(), before.state, before.number()))
    })?;
    let event = NewEvent {
        entity: settlement.entity(),
        seq: settlement.seq,
        kind: change.kind(),
        at: now,
        body: StoreError::to_json(&settlement)?,
        message,
    };
    Ok(Step { settlement, commit: Commit { events: vec![event], ..Commit::default() } })
}

fn settled(settlement: &Settlement, owed: &Owed, now: Timestamp) -> Result<NewEvent, StoreError> {
    let state = State::Accepted.after(Event::Settled).filter(|_| owed.may_settle());
    let Some(state) = state else {
        return Err(StoreError::Corrupt(format!("{} is not to be settled", owed.payment)));
    };
    let body = Body {
        state: Some(state),
        cancellation: owed.body.cancellation,
        settlement: Some(settlement.number()),
        ..Body::default()
    };
    Ok(NewEvent {
        entity: EntityId::from(owed.payment),
        seq: owed.seq + 1,
        kind: Event::Settled.as_str(),
        at: now,
        body: StoreError::to_json(&body)?,
        message: None,
    })
}

/// The sums of these payments, or `None` where they do not fit.
fn sum(payments: &[Owed]) -> Option<Sums> {
    payments.iter().try_fold(Sums::default(), |sums, owed| {
        sums.plus(Sums { count: 1, amount: owed.amount, fee: owed.fee })
    })
}

impl Step {
    fn audit(&mut self, operator: &Operator, action: &'static str, detail: String) {
        self.commit.audit.push(AuditRecord {
            contract: None,
            actor: operator.name.clone(),
            action,
            subject: self.settlement.number(),
            detail,
        });
    }
}
