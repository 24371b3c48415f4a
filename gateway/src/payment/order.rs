//! From a confirmed order to the commit that holds the money: the checks, the facts, the clearing. Pure.

use collectors::Collector;
use collectors::protocol::{self, Body, Channel, Clearing, Header, Message};
use domain::{Bill, ResendKey, Timestamp, TransferId, Yen};

use super::step::{self, Confirmation, Step};
use super::{Facts, StoreError, store};
use crate::inquiry::{Inquiry, bill_key, centre, subject};
use crate::pay::{PayError, PaymentOrder};
use crate::{Operator, Settings, chart, guard};

/// The bill to pay, unless something forbids to hold money for it now.
pub fn check<'i>(
    order: &PaymentOrder,
    inquiry: &'i Inquiry,
    collector_is_open: bool,
    now: Timestamp,
) -> Result<&'i Bill, PayError> {
    if inquiry.payer != order.payer || !inquiry.is_valid_at(now) {
        return Err(PayError::InquiryExpired);
    }
    // cash pays at the counter, and nowhere else
    if (order.payer.channel() == Channel::Counter) != (order.account == chart::COUNTER_CASH) {
        return Err(PayError::AccountClosed);
    }
    let bill = inquiry.bill(&order.bill).ok_or(PayError::BillNotInInquiry)?;
    if bill.amount != order.amount {
        return Err(PayError::AmountChanged);
    }
    if bill.clear_by.is_some_and(|last| now.date() > last) {
        return Err(PayError::ClearByPassed);
    }
    if collector_is_open { Ok(bill) } else { Err(PayError::Closed) }
}

/// Whether a payment was made by this very order.
pub fn made(facts: &Facts, order: &PaymentOrder) -> bool {
    facts.inquiry == order.inquiry
        && facts.bill.id == order.bill
        && facts.amount == order.amount
        && facts.account == order.account
        && facts.user == order.payer.user
}

/// What is fixed at the hold. The key's date is the day of `now`.
pub fn facts(
    order: &PaymentOrder,
    inquiry: &Inquiry,
    bill: &Bill,
    collector: &Collector,
    key: &ResendKey,
    now: Timestamp,
) -> Facts {
    let request = &inquiry.request;
    Facts {
        id: order.payment,
        contract: order.payer.contract,
        user: order.payer.user,
        account: order.account,
        channel: order.payer.channel(),
        collector: request.collector.clone(),
        customer_number: request.customer_number.clone(),
        category: request.category.clone(),
        bill: bill.clone(),
        amount: bill.amount,
        fee: bill.fee,
        inquiry: inquiry.id,
        link: inquiry.link.clone(),
        hold: TransferId::generate(),
        fee_hold: (bill.fee > Yen::ZERO).then(TransferId::generate),
        bill_guard: subject(request).open(&inquiry.guarded(bill), inquiry.generation(bill)),
        receipt_number: format!("{}-{}", key.date.format("%Y%m%d"), key.serial),
        receipt_date: key.date,
        message_key: key.to_string(),
        memo: format!("ペイジー {}", collector.name),
        held_at: now,
    }
}

/// The hold, with the clearing that every delivery will carry.
pub fn confirmation(
    settings: &Settings,
    facts: &Facts,
    inquiry: &Inquiry,
    guards: &[guard::Guard],
    actor: Operator,
) -> Result<Step, PayError> {
    let clearing = Message {
        header: Header::request(&key_of(facts)?, centre(&facts.collector), facts.held_at),
        body: Body::Clearing(Clearing {
            bill: bill_key(&inquiry.request),
            bill_id: facts.bill.id.clone(),
            amount: facts.amount,
            fee: facts.fee,
            bank: settings.bank.clone(),
            channel: facts.channel,
            entry_kind: facts.entry_kind(),
            receipt_date: facts.receipt_date,
            clear_by: facts.bill.clear_by,
        }),
    };
    let mut taken = vec![facts.bill_guard.clone()];
    taken.extend(guards.iter().map(|guard| guard.0.clone()));
    let confirmation = Confirmation {
        guards: taken,
        payload: protocol::encode(&clearing),
        row: store::row(facts)?,
        lease_s: settings.lease_s,
        actor,
    };
    Ok(step::confirm(facts, confirmation, facts.held_at)?)
}

/// The resend key, back from its text.
fn key_of(facts: &Facts) -> Result<ResendKey, StoreError> {
    let parts: Vec<_> = facts.message_key.split('/').collect();
    match parts.as_slice() {
        [centre, date, serial] => Ok(ResendKey {
            centre: StoreError::parse(centre)?,
            date: StoreError::parse(date)?,
            serial: StoreError::parse(serial)?,
        }),
        _ => Err(StoreError::Corrupt(facts.message_key.clone())),
    }
}
