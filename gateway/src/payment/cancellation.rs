//! 取消 of a counter payment: the steps from its request to its end. Pure, as those of a payment are.
//!
//! A cancellation is a second message about an accepted payment, with a key and open work of its own; its events are
//! the payment's, so that the payment cannot be settled or cancelled a second time while it is open.

use collectors::protocol::{self, Channel, Header, Message};
use database::Row;
use domain::payment::{Event, State};
use domain::{PaymentId, ResendKey, ResponseCode, Timestamp, TransferId};
use ledger::{EntityId, OutboxChange, OutboxEntry};

use super::history::{Body, Cancelling, Position};
use super::manual::NotNow;
use super::step::{
    Claim, Delivered, Effect, Evidence, Path, Report, SendWindow, Step, automatic_resend_ends, reversals,
};
use super::{Facts, StoreError};
use crate::Operator;
use crate::alarm::AlarmKind;
use crate::inquiry::centre;

/// What is fixed when a cancellation is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// The resend key, as text: names the outbox row too.
    pub key: String,
    /// The payment that it takes back.
    pub payment: PaymentId,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// Who requested it.
    pub requested_by: Operator,
    /// The transfer that gives the amount back.
    pub reversal: TransferId,
    /// The transfer that gives the fee back, where there was one.
    pub fee_reversal: Option<TransferId>,
}

impl Cancellation {
    /// A new one under a key of today.
    pub fn new(facts: &Facts, key: &ResendKey, operator: &Operator, now: Timestamp) -> Self {
        Self {
            key: key.to_string(),
            payment: facts.id,
            requested_at: now,
            requested_by: operator.clone(),
            reversal: TransferId::generate(),
            fee_reversal: facts.fee_hold.map(|_| TransferId::generate()),
        }
    }
}

/// Whether a teller may have the payment cancelled now.
pub fn may_request(
    facts: &Facts,
    position: &Position,
    collector_is_open: bool,
    now: Timestamp,
) -> Result<(), NotNow> {
    if facts.channel != Channel::Counter {
        return Err(NotNow::NotFromCounter);
    }
    if position.state != State::Accepted {
        return Err(NotNow::NotAccepted(position.state));
    }
    if position.cancellation().is_some_and(domain::payment::Cancellation::is_open) {
        return Err(NotNow::CancellationOpen);
    }
    if now.date() != facts.receipt_date {
        return Err(NotNow::DayOver);
    }
    if collector_is_open { Ok(()) } else { Err(NotNow::CollectorClosed) }
}

/// The bytes that every delivery carries, made from those of the clearing.
pub fn message(
    facts: &Facts,
    clearing: &[u8],
    key: &ResendKey,
    now: Timestamp,
) -> Result<Vec<u8>, StoreError> {
    let sent = protocol::decode(clearing).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let protocol::Body::Clearing(clearing) = sent.body else {
        return Err(StoreError::Corrupt(format!("the clearing of {} is a {}", facts.id, sent.body.name())));
    };
    Ok(protocol::encode(&Message {
        header: Header::request(key, centre(&facts.collector), now),
        body: protocol::Body::Cancellation(protocol::Cancellation {
            bill: clearing.bill,
            bill_id: clearing.bill_id,
            amount: clearing.amount,
            bank: clearing.bank,
            channel: clearing.channel,
            clearing_date: sent.header.processing_date,
            clearing_serial: sent.header.serial,
        }),
    }))
}

/// A teller asked for it: the open work and the claim of its first delivery in one commit.
pub fn request(
    facts: &Facts,
    position: Position,
    cancellation: &Cancellation,
    payload: Vec<u8>,
    row: Row,
    lease_s: i64,
) -> Result<Step, StoreError> {
    let operator = &cancellation.requested_by;
    let mut path = Path::from(facts, position, cancellation.requested_at);
    let by = Some(operator.name.clone());
    let key = Some(cancellation.key.clone());
    path.event(Event::CancellationRequested, Body { by, key, ..Body::default() }, None)?;
    let body = Body { delivery: Some(1), ..Body::default() };
    path.event(Event::CancellationClaimed, body, Some(payload.clone()))?;
    path.commit.rows.push(row);
    path.commit.outbox.push(OutboxChange::Put {
        entry: OutboxEntry {
            key: cancellation.key.clone(),
            destination: facts.collector.to_string(),
            entity: EntityId::from(facts.id),
            payload,
        },
        lease_s: Some(lease_s),
    });
    path.audit_as(
        operator,
        "payeasy.cancel",
        &format!("{} yen of {}", facts.amount.get(), facts.message_key),
    );
    Ok(path.end(Effect::Deliver { delivery: 1, repeat: false }))
}

/// Whether no first delivery may leave any more: a cancellation is of its own day, and waits no longer than a payment.
fn is_over(window: SendWindow, facts: &Facts, cancellation: &Cancellation, now: Timestamp) -> bool {
    let waited = now.seconds_since(cancellation.requested_at) >= window.held_wait_s;
    waited || now.date() != facts.receipt_date || !window.collector_is_open
}

/// Whether the delivery may begin at this moment.
pub fn may_begin(
    facts: &Facts,
    cancellation: &Cancellation,
    window: SendWindow,
    repeat: bool,
    now: Timestamp,
) -> bool {
    repeat || !is_over(window, facts, cancellation, now)
}

/// The payment's newest cancellation, if it is this one.
fn newest<'p>(position: &'p Position, cancellation: &Cancellation) -> Option<&'p Cancelling> {
    position.cancelling.as_ref().filter(|newest| newest.key == cancellation.key)
}

/// Open work was found: send it again, give it up, or leave it to an operator. `None` when nothing is to do.
pub fn resume(
    facts: &Facts,
    position: Position,
    cancellation: &Cancellation,
    claim: Claim,
    now: Timestamp,
) -> Result<Option<Step>, StoreError> {
    use domain::payment::Cancellation as State;
    let state = |path: &Path<'_>| newest(&path.position, cancellation).map(|newest| newest.state);
    let mut path = Path::from(facts, position, now);
    if state(&path) == Some(State::Sending) {
        let reason = Some("the sender ended before it recorded an answer".to_owned());
        let body = Body { delivery: Some(claim.delivery), reason, ..Body::default() };
        path.event(Event::CancellationUnknown, body, None)?;
    }
    let bytes_left = newest(&path.position, cancellation).is_some_and(|n| n.deliveries.bytes_may_have_left());
    match state(&path) {
        Some(State::Requested) if is_over(claim.window, facts, cancellation, now) => {
            if bytes_left {
                let reason = Some("the time to send it is over, and bytes had left".to_owned());
                path.event(Event::CancellationUnknown, Body { reason, ..Body::default() }, None)?;
                return Ok(Some(path.end(Effect::Wait)));
            }
            let key = Some(cancellation.key.clone());
            path.event(Event::CancellationWithdrawn, Body { key, ..Body::default() }, None)?;
            path.finish(&cancellation.key, claim.fence);
            path.alarm_of_message(
                AlarmKind::CancellationWithdrawn,
                &cancellation.key,
                &format!("nothing was sent in time: payment {} stays accepted", facts.id),
            );
            path.audit("payeasy.cancel-withdrawn", "nothing was sent in time");
            Ok(Some(path.end(Effect::Rest)))
        }
        Some(state @ (State::Requested | State::Unknown)) => {
            if state == State::Unknown && now >= automatic_resend_ends(facts.receipt_date) {
                return Ok((!path.commit.events.is_empty()).then(|| path.end(Effect::Wait)));
            }
            let delivery = claim.delivery + 1;
            let body = Body { delivery: Some(delivery), ..Body::default() };
            path.event(Event::CancellationClaimed, body, None)?;
            path.commit.outbox.push(OutboxChange::Claim {
                key: cancellation.key.clone(),
                fence: claim.fence,
                lease_s: claim.lease_s,
            });
            Ok(Some(path.end(Effect::Deliver { delivery, repeat: bytes_left })))
        }
        _ => Ok(None),
    }
}

/// A claimed delivery came to something. `None` where the cancellation is over and this adds nothing to it.
/// [`Delivered::accepted_guard`] says here whether the bill's guard stays: it does where the bill may be paid again,
/// since a later inquiry takes the next one.
pub fn delivered(
    facts: &Facts,
    position: Position,
    cancellation: &Cancellation,
    delivered: Delivered<'_>,
    now: Timestamp,
) -> Result<Option<Step>, StoreError> {
    let newest = newest(&position, cancellation).cloned();
    let Some(newest) = newest.filter(|newest| newest.state.is_open()) else {
        return late(facts, position, cancellation, delivered, now);
    };
    let Delivered { fence, delivery, report, evidence, pause_s, accepted_guard, concern } = delivered;
    let Evidence { request, message, signature } = evidence;
    let mut path = Path::from(facts, position, now);
    if let Some(concern) = concern {
        path.alarm(concern.kind, &concern.reason);
    }
    let mut body = Body { delivery: Some(delivery), request, signature, ..Body::default() };
    match report {
        Report::Accepted { reference, .. } => {
            body.code = Some(ResponseCode::Normal.to_string());
            body.reference = reference.as_ref().map(|r| r.as_str().to_owned());
            confirmed(&mut path, facts, cancellation, body, message, accepted_guard.is_some())?;
            path.finish(&cancellation.key, fence);
            path.audit("payeasy.cancelled", "the collector took the clearing back");
            Ok(Some(path.end(Effect::Rest)))
        }
        Report::Rejected(code) => {
            body.code = Some(code.to_string());
            body.key = Some(cancellation.key.clone());
            path.event(Event::CancellationRefused, body, message)?;
            path.finish(&cancellation.key, fence);
            path.alarm_of_message(
                AlarmKind::CancellationRefused,
                &cancellation.key,
                &format!("{code}: payment {} stays accepted", facts.id),
            );
            path.audit("payeasy.cancel-refused", code.as_str());
            Ok(Some(path.end(Effect::Rest)))
        }
        Report::NotApplied { sent, code, reason } => {
            body.code = code.map(|c| c.to_string());
            body.reason = Some(reason.clone());
            body.sent = Some(*sent);
            // it speaks for this delivery only: an earlier one may have been applied
            let back = newest.state == domain::payment::Cancellation::Sending
                && newest.deliveries.others_not_applied(delivery);
            let event = if back { Event::CancellationNotApplied } else { Event::CancellationUnknown };
            path.event(event, body, message)?;
            path.release(&cancellation.key, fence, pause_s);
            Ok(Some(path.end(Effect::Wait)))
        }
        Report::Unknown { reason } => {
            body.reason = Some(reason.clone());
            path.event(Event::CancellationUnknown, body, message)?;
            path.release(&cancellation.key, fence, pause_s);
            Ok(Some(path.end(Effect::Wait)))
        }
    }
}

/// The payment is cancelled: the money goes back the way it came, in the same commit.
pub(super) fn confirmed(
    path: &mut Path<'_>,
    facts: &Facts,
    cancellation: &Cancellation,
    mut body: Body,
    message: Option<Vec<u8>>,
    bill_may_be_paid_again: bool,
) -> Result<(), StoreError> {
    body.key = Some(cancellation.key.clone());
    path.event(Event::Cancelled, body, message)?;
    path.commit.transfers = reversals(facts, cancellation.reversal, cancellation.fee_reversal, "取消");
    if !bill_may_be_paid_again {
        path.commit.release.push(facts.bill_guard.clone());
    }
    Ok(())
}

/// An answer to a cancellation that is over, or that a newer one has followed.
fn late(
    facts: &Facts,
    position: Position,
    cancellation: &Cancellation,
    delivered: Delivered<'_>,
    now: Timestamp,
) -> Result<Option<Step>, StoreError> {
    let was_confirmed = newest(&position, cancellation)
        .is_some_and(|newest| newest.state == domain::payment::Cancellation::Confirmed);
    let mut path = Path::from(facts, position, now);
    let mut body = Body {
        delivery: Some(delivered.delivery),
        key: Some(cancellation.key.clone()),
        request: delivered.evidence.request,
        signature: delivered.evidence.signature,
        ..Body::default()
    };
    let reason = match (was_confirmed, delivered.report) {
        (true, Report::Accepted { .. })
        | (false, Report::Rejected(_))
        | (_, Report::NotApplied { .. } | Report::Unknown { .. }) => {
            let Some(concern) = delivered.concern else { return Ok(None) };
            path.alarm(concern.kind, &concern.reason);
            return Ok(Some(path.end(Effect::Rest)));
        }
        (false, Report::Accepted { reference, .. }) => {
            body.code = Some(ResponseCode::Normal.to_string());
            body.reference = reference.as_ref().map(|r| r.as_str().to_owned());
            "the collector took the clearing back after the cancellation was over here".to_owned()
        }
        (true, Report::Rejected(code)) => {
            body.code = Some(code.to_string());
            format!("{code} to a cancellation that was confirmed here")
        }
    };
    body.reason = Some(reason.clone());
    path.event(Event::LateCancellation, body, delivered.evidence.message)?;
    path.alarm(AlarmKind::LateCancellation, &reason);
    path.audit("payeasy.incident", &reason);
    Ok(Some(path.end(Effect::Rest)))
}
