//! The steps of a payment: pure functions from where it stands and what happened to one commit and what to do
//! next. The table is in docs/ARCHITECTURE.md, "A payment".

use collectors::SentRequest;
use collectors::protocol::{Channel, Reference};
use database::Row;
use domain::payment::{Event, State};
use domain::time::TimeOfDay;
use domain::{Date, ResponseCode, Timestamp, TransferId};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Kind, NewEvent, OutboxChange, OutboxEntry, Transfer};

use super::history::{Body, Position};
use super::sending::Concern;
use super::{Facts, StoreError};
use crate::alarm::{AlarmKind, NewAlarm};
use crate::{Operator, chart, guard};

/// 00:30:01 of the day after the processing date: from here on nothing is resent without an operator.
const AUTOMATIC_RESEND_S: i64 = 24 * 3600 + 30 * 60 + 1;

/// What one delivery came to, as far as it can be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The collector recorded the clearing, now or before.
    Accepted {
        /// 仮消込の理由.
        provisional: Option<ResponseCode>,
        /// The collector's own number.
        reference: Option<Reference>,
    },
    /// A national collector refused for good.
    Rejected(ResponseCode),
    /// This delivery was not applied.
    NotApplied {
        /// Whether any byte left.
        sent: bool,
        /// The collector's code, if it answered.
        code: Option<ResponseCode>,
        /// In words.
        reason: String,
    },
    /// Nobody knows.
    Unknown {
        /// In words.
        reason: String,
    },
}

/// What is kept of a delivery with the event that it caused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The request's path and transport signature, where it may have left. Its bytes follow from the clearing.
    pub request: Option<SentRequest>,
    /// The answer as received.
    pub message: Option<Vec<u8>>,
    /// The answer's transport signature.
    pub signature: Option<String>,
}

/// What to do after the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Deliver under the fence that the commit hands out.
    Deliver {
        /// The delivery's number.
        delivery: i64,
        /// A repeat goes as a resend confirmation.
        repeat: bool,
    },
    /// Look again later.
    Wait,
    /// Done; no delivery follows.
    Rest,
}

/// One commit and what follows it.
#[derive(Clone, Debug)]
pub struct Step {
    /// What to write.
    pub commit: Commit,
    /// What to do then.
    pub effect: Effect,
    /// The state after it.
    pub state: State,
}

impl Step {
    /// Whether an answer contradicts how the payment or its cancellation ended.
    pub fn is_incident(&self) -> bool {
        let incidents = [Event::LateAcceptance, Event::LateRejection, Event::LateCancellation];
        self.commit.events.iter().any(|event| incidents.iter().any(|i| i.as_str() == event.kind))
    }
}

/// What a confirmation adds to the facts.
pub struct Confirmation {
    /// Taken in the same commit: the bill, and a one-time password's step.
    pub guards: Vec<GuardKey>,
    /// What the sender sends: the encoded clearing.
    pub payload: Vec<u8>,
    /// The payment's row.
    pub row: Row,
    /// Seconds of the first lease.
    pub lease_s: i64,
    /// Who confirmed it, for the audit log.
    pub actor: Operator,
}

/// The payer confirmed: hold the money and claim the first delivery in the same commit.
pub fn confirm(facts: &Facts, confirmation: Confirmation, now: Timestamp) -> Result<Step, StoreError> {
    let mut path = Path::from(facts, Position::start(now), now);
    // at the counter a member of the staff confirms for the payer
    let by = (facts.channel == Channel::Counter).then(|| confirmation.actor.name.clone());
    path.event(Event::Held, Body { facts: Some(facts.digest()?), by, ..Body::default() }, None)?;
    // the outbox row ends with the payment; here the message that goes out stays. Its transport signature is made
    // anew at each sending and is kept with what the sending came to
    let sent = Some(confirmation.payload.clone());
    path.event(Event::Claimed, Body { delivery: Some(1), ..Body::default() }, sent)?;
    let entity = EntityId::from(facts.id);
    path.commit.guards = confirmation.guards.into_iter().map(|key| (key, entity)).collect();
    path.commit.transfers = holds(facts);
    path.commit.rows.push(confirmation.row);
    path.commit.outbox.push(OutboxChange::Put {
        entry: OutboxEntry {
            key: facts.message_key.clone(),
            destination: facts.collector.to_string(),
            entity,
            payload: confirmation.payload,
        },
        lease_s: Some(confirmation.lease_s),
    });
    let detail = format!("{} yen to {}", facts.amount.get(), facts.collector);
    path.audit_as(&confirmation.actor, "payeasy.pay", &detail);
    Ok(path.end(Effect::Deliver { delivery: 1, repeat: false }))
}

/// An outbox row whose lease has run out.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The fence that the row shows.
    pub fence: i64,
    /// The deliveries so far.
    pub delivery: i64,
    /// Seconds of the next lease.
    pub lease_s: i64,
    /// Bounds a payment that waits to be sent.
    pub window: SendWindow,
}

/// How long the first delivery may wait.
#[derive(Clone, Copy, Debug)]
pub struct SendWindow {
    /// Seconds of business time from the hold.
    pub held_wait_s: i64,
    /// Whether the collector takes requests now.
    pub collector_is_open: bool,
}

impl SendWindow {
    /// Whether no first clearing may leave any more.
    pub fn is_over(self, facts: &Facts, now: Timestamp) -> bool {
        let waited = now.seconds_since(facts.held_at) >= self.held_wait_s;
        let too_late = facts.bill.clear_by.is_some_and(|last| now.date() > last);
        let other_day = now.date() > facts.receipt_date;
        waited || too_late || other_day || !self.collector_is_open
    }
}

/// Open work was found: send it again, release the hold, or leave it to an operator. `None` when nothing is
/// to do.
pub fn resume(
    facts: &Facts,
    position: Position,
    claim: Claim,
    now: Timestamp,
) -> Result<Option<Step>, StoreError> {
    let mut path = Path::from(facts, position, now);
    if path.position.state == State::Sending {
        // the process that sent it ended, or lost its lease: what it heard is not recorded
        let body = Body {
            delivery: Some(claim.delivery),
            reason: Some("the sender ended before it recorded an answer".to_owned()),
            ..Body::default()
        };
        path.event(Event::OutcomeUnknown, body, None)?;
    }
    match path.position.state {
        State::Held if claim.window.is_over(facts, now) => {
            if path.position.deliveries.bytes_may_have_left() {
                let reason = Some("the time to send it is over, and bytes had left".to_owned());
                path.event(Event::OutcomeUnknown, Body { reason, ..Body::default() }, None)?;
                return Ok(Some(path.end(Effect::Wait)));
            }
            path.event(Event::Voided, Body::default(), None)?;
            path.commit.transfers = endings(facts, Kind::VoidPending);
            path.finish(&facts.message_key, claim.fence);
            path.commit.release.push(facts.bill_guard.clone());
            path.audit("payeasy.void", "nothing was sent in time");
            Ok(Some(path.end(Effect::Rest)))
        }
        State::Held | State::Unknown => {
            if path.position.state == State::Unknown && now >= automatic_resend_ends(facts.receipt_date) {
                return Ok((!path.commit.events.is_empty()).then(|| path.end(Effect::Wait)));
            }
            let repeat = path.position.deliveries.bytes_may_have_left();
            let delivery = claim.delivery + 1;
            path.event(Event::Claimed, Body { delivery: Some(delivery), ..Body::default() }, None)?;
            path.commit.outbox.push(OutboxChange::Claim {
                key: facts.message_key.clone(),
                fence: claim.fence,
                lease_s: claim.lease_s,
            });
            Ok(Some(path.end(Effect::Deliver { delivery, repeat })))
        }
        _ => Ok(None),
    }
}

/// A delivery and what it came to.
#[derive(Clone, Debug)]
pub struct Delivered<'r> {
    /// The claim it was sent under.
    pub fence: i64,
    /// Its number.
    pub delivery: i64,
    /// What it came to.
    pub report: &'r Report,
    /// The answer, where there was one.
    pub evidence: Evidence,
    /// Seconds to the next delivery, where this one leaves the payment open.
    pub pause_s: i64,
    /// Taken by an acceptance, where the bill may be paid again.
    pub accepted_guard: Option<GuardKey>,
    /// For people to look into, where the answer says nothing about the payment.
    pub concern: Option<&'r Concern>,
}

/// A claimed delivery came to something. `None` where the payment is over and this adds nothing to it.
pub fn delivered(
    facts: &Facts,
    position: Position,
    delivered: Delivered<'_>,
    now: Timestamp,
) -> Result<Option<Step>, StoreError> {
    if !position.state.is_open() {
        return late(facts, position, delivered, now);
    }
    let Delivered { fence, delivery, report, evidence, pause_s, accepted_guard, concern } = delivered;
    let mut path = Path::from(facts, position, now);
    if let Some(concern) = concern {
        path.alarm(concern.kind, &concern.reason);
    }
    let Evidence { request, message, signature } = evidence;
    let mut body = Body { delivery: Some(delivery), request, signature, ..Body::default() };
    match report {
        Report::Accepted { provisional, reference } => {
            body.code = Some(ResponseCode::Normal.to_string());
            body.provisional = provisional.map(|c| c.to_string());
            body.reference = reference.as_ref().map(|r| r.as_str().to_owned());
            path.event(Event::Accepted, body, message)?;
            path.commit.transfers = endings(facts, Kind::PostPending);
            path.commit.guards.extend(accepted_guard.map(|key| (key, EntityId::from(facts.id))));
            path.finish(&facts.message_key, fence);
            path.audit("payeasy.accepted", "the collector recorded the clearing");
            Ok(Some(path.end(Effect::Rest)))
        }
        Report::Rejected(code) => {
            body.code = Some(code.to_string());
            path.event(Event::Rejected, body, message)?;
            path.commit.transfers = endings(facts, Kind::VoidPending);
            path.commit.release.push(facts.bill_guard.clone());
            path.finish(&facts.message_key, fence);
            path.audit("payeasy.rejected", code.as_str());
            Ok(Some(path.end(Effect::Rest)))
        }
        Report::NotApplied { sent, code, reason } => {
            body.code = code.map(|c| c.to_string());
            body.reason = Some(reason.clone());
            body.sent = Some(*sent);
            // it speaks for this delivery only: an earlier one may have been applied
            let back = path.position.state == State::Sending
                && path.position.deliveries.others_not_applied(delivery);
            path.event(if back { Event::NotApplied } else { Event::OutcomeUnknown }, body, message)?;
            path.release(&facts.message_key, fence, pause_s);
            Ok(Some(path.end(Effect::Wait)))
        }
        Report::Unknown { reason } => {
            body.reason = Some(reason.clone());
            path.event(Event::OutcomeUnknown, body, message)?;
            path.release(&facts.message_key, fence, pause_s);
            Ok(Some(path.end(Effect::Wait)))
        }
    }
}

/// An answer to an earlier delivery of a payment that another sender, or a person, has brought to its end.
fn late(
    facts: &Facts,
    position: Position,
    delivered: Delivered<'_>,
    now: Timestamp,
) -> Result<Option<Step>, StoreError> {
    let state = position.state;
    let mut path = Path::from(facts, position, now);
    let mut body = Body {
        delivery: Some(delivered.delivery),
        request: delivered.evidence.request,
        signature: delivered.evidence.signature,
        ..Body::default()
    };
    let (event, kind, reason) = match (state, delivered.report) {
        (State::Accepted | State::Settled | State::Cancelled, Report::Accepted { .. })
        | (State::Rejected | State::Voided, Report::Rejected(_))
        | (_, Report::NotApplied { .. } | Report::Unknown { .. }) => {
            let Some(concern) = delivered.concern else { return Ok(None) };
            path.alarm(concern.kind, &concern.reason);
            return Ok(Some(path.end(Effect::Rest)));
        }
        // the collector contradicts itself, or what was decided here: an incident for people, and no money moves
        (State::Rejected | State::Voided | State::Refunded, Report::Accepted { reference, .. }) => {
            body.code = Some(ResponseCode::Normal.to_string());
            body.reference = reference.as_ref().map(|r| r.as_str().to_owned());
            (Event::LateAcceptance, AlarmKind::LateAcceptance, format!("accepted after it was {state} here"))
        }
        (State::Accepted | State::Settled | State::Cancelled | State::Refunded, Report::Rejected(code)) => {
            body.code = Some(code.to_string());
            (Event::LateRejection, AlarmKind::LateRejection, format!("{code} after it was {state} here"))
        }
        (_, report) => {
            return Err(StoreError::Corrupt(format!("{report:?} to a payment that is {state}")));
        }
    };
    body.reason = Some(reason.clone());
    path.event(event, body, delivered.evidence.message)?;
    path.alarm(kind, &reason);
    path.audit("payeasy.incident", &reason);
    Ok(Some(path.end(Effect::Rest)))
}

/// The instant from which nothing is resent automatically.
pub fn automatic_resend_ends(processing_date: Date) -> Timestamp {
    Timestamp::from_jst(processing_date, TimeOfDay::MIN).plus_seconds(AUTOMATIC_RESEND_S)
}

pub(super) fn holds(facts: &Facts) -> Vec<Transfer> {
    let mut holds = vec![Transfer {
        id: facts.hold,
        debit: facts.account,
        credit: chart::clearing(&facts.collector),
        amount: facts.amount.get(),
        kind: Kind::Pending,
        memo: facts.memo.clone(),
    }];
    holds.extend(facts.fee_hold.map(|id| Transfer {
        id,
        debit: facts.account,
        credit: chart::fee(&facts.collector),
        amount: facts.fee.get(),
        kind: Kind::Pending,
        memo: format!("{} 手数料", facts.memo),
    }));
    holds
}

pub(super) fn endings(facts: &Facts, ending: fn(TransferId) -> Kind) -> Vec<Transfer> {
    holds(facts)
        .into_iter()
        .map(|hold| Transfer { id: TransferId::generate(), kind: ending(hold.id), ..hold })
        .collect()
}

/// The opposite of what the acceptance posted: amount and fee go back whence they came.
pub(super) fn reversals(
    facts: &Facts,
    amount: TransferId,
    fee: Option<TransferId>,
    word: &str,
) -> Vec<Transfer> {
    let ids = std::iter::once(amount).chain(fee);
    holds(facts)
        .into_iter()
        .zip(ids)
        .map(|(hold, id)| Transfer {
            id,
            debit: hold.credit,
            credit: hold.debit,
            amount: hold.amount,
            kind: Kind::Posted,
            memo: format!("{} {word}", hold.memo),
        })
        .collect()
}

/// A commit in the making: every event moves the position on, so that an impossible one cannot be written.
pub(super) struct Path<'f> {
    facts: &'f Facts,
    pub(super) position: Position,
    now: Timestamp,
    pub(super) commit: Commit,
}

impl<'f> Path<'f> {
    pub(super) fn from(facts: &'f Facts, position: Position, now: Timestamp) -> Self {
        Self { facts, position, now, commit: Commit::default() }
    }

    pub(super) fn event(
        &mut self,
        event: Event,
        mut body: Body,
        message: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        self.position.advance(event, &body)?;
        body.state = Some(self.position.state);
        body.cancellation = self.position.cancellation();
        match event {
            // nothing is owed while a cancellation is open, so that nothing is settled
            Event::Accepted | Event::CancellationRefused | Event::CancellationWithdrawn => {
                self.commit.guards.push((self.owed(), EntityId::from(self.facts.id)));
            }
            Event::CancellationRequested | Event::Refunded => self.commit.release.push(self.owed()),
            _ => {}
        }
        self.commit.events.push(NewEvent {
            entity: EntityId::from(self.facts.id),
            seq: self.position.seq,
            kind: event.as_str(),
            at: self.now,
            body: StoreError::to_json(&body)?,
            message,
        });
        Ok(())
    }

    fn owed(&self) -> GuardKey {
        guard::owed(&self.facts.collector, self.facts.receipt_date, &self.facts.message_key)
    }

    pub(super) fn finish(&mut self, key: &str, fence: i64) {
        self.commit.outbox.push(OutboxChange::Finish { key: key.to_owned(), fence });
    }

    pub(super) fn release(&mut self, key: &str, fence: i64, pause_s: i64) {
        self.commit.outbox.push(OutboxChange::Release { key: key.to_owned(), fence, pause_s });
    }

    pub(super) fn audit(&mut self, action: &'static str, detail: &str) {
        self.audit_as(&Operator::system(), action, detail);
    }

    pub(super) fn audit_as(&mut self, actor: &Operator, action: &'static str, detail: &str) {
        self.commit.audit.push(AuditRecord {
            contract: Some(self.facts.contract),
            actor: actor.name.clone(),
            action,
            subject: self.facts.id.to_string(),
            detail: detail.to_owned(),
        });
    }

    /// An alarm about the payment; goes with the commit, where none of the kind was raised.
    pub(super) fn alarm(&mut self, kind: AlarmKind, detail: &str) {
        let subject = self.facts.id.to_string();
        self.alarm_of_message(kind, &subject, detail);
    }

    /// The same about one of its messages.
    pub(super) fn alarm_of_message(&mut self, kind: AlarmKind, subject: &str, detail: &str) {
        let alarm = NewAlarm {
            kind,
            subject: subject.to_owned(),
            collector: Some(self.facts.collector.clone()),
            detail: detail.to_owned(),
        };
        self.commit.rows_if_free.push(alarm.row(self.now));
    }

    pub(super) fn end(self, effect: Effect) -> Step {
        Step { state: self.position.state, commit: self.commit, effect }
    }
}
