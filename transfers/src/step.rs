//! The steps of an order: pure functions from where it stands and what happened to one commit.

use domain::{AccountId, Timestamp, TransferId};
use ledger::{AuditRecord, Commit, GuardKey, Kind, NewEvent, OutboxChange, OutboxEntry, Transfer};

use crate::alarm::Alarm;
use crate::network::incoming::sent_by;
use crate::order::{Body, Event, Facts, Position, Reason, State};
use crate::{By, Charge, ChargeKind, Handling, Relation, StoreError, chart, store};

/// The queue of messages to the network.
pub(crate) const DESTINATION: &str = "interbank";
/// Deliveries after which people are told that an outcome is unknown.
pub(crate) const UNCLEAR_AFTER_DELIVERIES: i64 = 10;
/// Who acts where no person does.
pub(crate) const SYSTEM: &str = "system";

/// A commit in the making: every event moves the position on, so that an impossible one cannot be written.
pub(crate) struct Path<'f> {
    facts: &'f Facts,
    pub(crate) position: Position,
    now: Timestamp,
    pub(crate) commit: Commit,
}

impl<'f> Path<'f> {
    pub(crate) fn from(facts: &'f Facts, position: Position, now: Timestamp) -> Self {
        Self { facts, position, now, commit: Commit::default() }
    }

    /// Appends an event. What is reserved, and what the network has taken and not settled, are ranges of guards.
    pub(crate) fn event(
        &mut self,
        event: Event,
        mut body: Body,
        message: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let before = self.position.state;
        self.position.advance(event, &body)?;
        let after = self.position.state;
        body.state = after;
        // the last event tells why the order stands where it does
        (body.reason, body.code) = (self.position.reason, self.position.code.clone());
        for (state, guard) in
            [(State::Reserved, reserved_guard(self.facts)), (State::Sent, due_guard(self.facts))]
        {
            match (before == Some(state), after == Some(state)) {
                (false, true) => self.commit.guards.push((guard, self.facts.entity())),
                // what this very commit takes is not given back, it is not taken
                (true, false) => match self.commit.guards.iter().position(|(taken, _)| *taken == guard) {
                    Some(at) => drop(self.commit.guards.remove(at)),
                    None => self.commit.release.push(guard),
                },
                _ => {}
            }
        }
        // whoever has the batch gives the money back, and releases it
        if before != after
            && matches!(after, Some(State::Rejected | State::Failed | State::Returned))
            && let Some(guard) = back_guard(self.facts)
        {
            self.commit.guards.push((guard, self.facts.entity()));
        }
        self.commit.events.push(NewEvent {
            entity: self.facts.entity(),
            seq: self.position.seq,
            kind: event.as_str(),
            at: self.now,
            body: StoreError::to_json(&body)?,
            message,
        });
        Ok(())
    }

    pub(crate) fn audit(&mut self, actor: &str, action: &'static str, detail: String) {
        self.commit.audit.push(AuditRecord {
            contract: Some(self.facts.contract),
            actor: actor.to_owned(),
            action,
            subject: self.facts.id.to_string(),
            detail,
        });
    }

    /// Moves the order's amount, and answers the transfer for the event that tells of it.
    pub(crate) fn transfer(
        &mut self,
        debit: AccountId,
        credit: AccountId,
        kind: Kind,
        memo: &str,
    ) -> TransferId {
        let id = TransferId::generate();
        let (amount, memo) = (self.facts.amount.get(), memo.to_owned());
        self.commit.transfers.push(Transfer { id, debit, credit, amount, kind, memo });
        id
    }

    /// Ends the hold of the order's money.
    fn end_hold(&mut self, end: fn(TransferId) -> Kind) -> Result<TransferId, StoreError> {
        let hold = self.position.hold;
        let hold = hold.ok_or_else(|| StoreError::Corrupt(format!("{} has no hold", self.facts.id)))?;
        Ok(self.transfer(self.facts.account, chart::OUTGOING, end(hold), &memo(self.facts)))
    }

    fn finish(&mut self, fence: i64) {
        self.commit.outbox.push(OutboxChange::Finish { key: self.facts.message_id(), fence });
    }

    /// Settled with the network: out of what is due to it.
    fn settle(&mut self) -> Result<(), StoreError> {
        let transfer = self.transfer(chart::OUTGOING, chart::BANK_OF_JAPAN, Kind::Posted, "為替決済");
        self.event(Event::Settled, Body { transfer: Some(transfer), ..Body::default() }, None)
    }

    /// For people to look into; goes with the commit, where none of the kind was raised.
    fn alarm(&mut self, alarm: Alarm, detail: &str) {
        self.commit.rows_if_free.push(alarm.row(&self.facts.id.to_string(), detail, self.now));
    }

    /// 振込手数料 of its day, which is debited with those of the month. One an order, whatever becomes of it later.
    pub(crate) fn charge(&mut self) {
        let charge = Charge {
            id: self.facts.id.uuid(),
            contract: self.facts.contract,
            kind: ChargeKind::Transfer,
            amount: self.facts.fee,
            day: self.facts.day,
            detail: format!("振込手数料 {}", self.facts.payee_name),
            reference: format!("transfer:{}", self.facts.id),
        };
        self.commit.rows.extend(charge.row(self.now));
    }
}

/// Taken while an order is reserved; its prefix finds those of a day in order.
pub(crate) fn reserved_guard(facts: &Facts) -> GuardKey {
    GuardKey(format!("reserved|{}|{}", facts.day, facts.id))
}

/// Taken while the network has an order that is not settled.
pub(crate) fn due_guard(facts: &Facts) -> GuardKey {
    GuardKey(format!("interbank-due|{}|{}", facts.day, facts.id))
}

/// What the keys of [`back_guard`] begin with.
pub(crate) const BACK: &str = "bulk-back|";

/// Taken when an order of a batch has failed or come back: its money is in the batch's account again.
fn back_guard(facts: &Facts) -> Option<GuardKey> {
    facts.batch.map(|batch| GuardKey(format!("{BACK}{batch}|{}", facts.id)))
}

/// What goes along with a new order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placing {
    /// Taken in the same commit: a one-time password's step, an approval.
    pub guards: Vec<GuardKey>,
    /// Bars that nobody may have taken.
    pub barred_by: Vec<GuardKey>,
    /// Who ordered it, for the audit log.
    pub actor: String,
    /// The message to the network, for an order of the day to another bank.
    pub payload: Vec<u8>,
    /// Seconds of the first lease.
    pub lease_s: i64,
}

/// A row of a batch to another bank: its money is held, and its message waits to be claimed.
pub(crate) fn hand_on(facts: &Facts, payload: Vec<u8>) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, Position::default(), facts.placed_at);
    let hold = path.transfer(facts.account, chart::OUTGOING, Kind::Pending, &memo(facts));
    let held = Body { transfer: Some(hold), ..Body::default() };
    path.event(Event::Held, held, Some(payload.clone()))?;
    path.commit.outbox.push(OutboxChange::Put { entry: entry(facts, payload), lease_s: None });
    path.commit.rows.push(store::row(facts)?);
    Ok(path.commit)
}

fn entry(facts: &Facts, payload: Vec<u8>) -> OutboxEntry {
    OutboxEntry {
        key: facts.message_id(),
        destination: DESTINATION.to_owned(),
        entity: facts.entity(),
        payload,
    }
}

/// A new order: counted to its limits, and reserved, or carried out in the same commit.
pub(crate) fn place(facts: &Facts, placing: Placing) -> Result<Commit, StoreError> {
    let now = facts.placed_at;
    let mut path = Path::from(facts, Position::default(), now);
    path.commit.transfers = facts.holders().takes(&facts.layers, now.date(), facts.amount);
    let Placing { guards, barred_by, actor, payload, lease_s } = placing;
    path.commit.barred_by = barred_by;
    match facts.handling {
        Handling::Reserved => path.event(Event::Reserved, Body::default(), None)?,
        Handling::SameDay => carry_out(&mut path, None, payload, lease_s)?,
    }
    path.commit.guards.extend(guards.into_iter().map(|guard| (guard, facts.entity())));
    path.commit.rows.push(store::row(facts)?);
    let detail = format!("{} yen to {} on {}", facts.amount.get(), facts.to.bank, facts.day);
    path.audit(&actor, "transfer.place", detail);
    Ok(path.commit)
}

/// The money of an order, in whole: debited and credited within the bank, or held with the message claimed.
fn carry_out(
    path: &mut Path<'_>,
    slot: Option<usize>,
    payload: Vec<u8>,
    lease_s: i64,
) -> Result<(), StoreError> {
    let facts = path.facts;
    let with = |transfer| Body { slot, transfer: Some(transfer), ..Body::default() };
    match facts.payee_account {
        Some(payee) => {
            let moved = path.transfer(facts.account, payee, Kind::Posted, &memo(facts));
            path.event(Event::Executed, with(moved), None)?;
            if facts.relation != Relation::OwnAccount {
                path.commit.rows.push(sent_by(&facts.payer_name, &facts.from).row(moved));
            }
            path.charge();
        }
        None => {
            let hold = path.transfer(facts.account, chart::OUTGOING, Kind::Pending, &memo(facts));
            path.event(Event::Held, with(hold), None)?;
            let claimed = Body { delivery: Some(1), ..Body::default() };
            path.event(Event::Claimed, claimed, Some(payload.clone()))?;
            path.commit
                .outbox
                .push(OutboxChange::Put { entry: entry(facts, payload), lease_s: Some(lease_s) });
        }
    }
    Ok(())
}

/// 摘要, on the lines of both sides where both are ours.
fn memo(facts: &Facts) -> String {
    match facts.relation {
        Relation::OwnAccount => "振替".to_owned(),
        _ => format!("振込 {} → {}", facts.payer_name, facts.payee_name),
    }
}

/// A try of a reservation at one of the times of its day.
pub(crate) fn execute(
    facts: &Facts,
    position: Position,
    slot: usize,
    payload: Vec<u8>,
    lease_s: i64,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    carry_out(&mut path, Some(slot), payload, lease_s)?;
    path.audit(SYSTEM, "transfer.execute", format!("{} yen, try {}", facts.amount.get(), slot + 1));
    Ok(path.commit)
}

/// Funds were short at one of the times, or a stop was there, and another time follows.
pub(crate) fn tried(
    facts: &Facts,
    position: Position,
    slot: usize,
    reason: Reason,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    let body = Body { slot: Some(slot), reason: Some(reason), ..Body::default() };
    path.event(Event::Tried, body, None)?;
    Ok(path.commit)
}

/// A reservation is given up: its last try was short or stopped, an account or the contract is gone, or its day is
/// over.
pub(crate) fn fail(
    facts: &Facts,
    position: Position,
    slot: Option<usize>,
    reason: Reason,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    path.event(Event::Failed, Body { slot, reason: Some(reason), ..Body::default() }, None)?;
    path.audit(SYSTEM, "transfer.fail", reason.to_string());
    Ok(path.commit)
}

/// A reservation is taken back, by the customer or the bank. On the day of the order its amount goes back to the
/// limits.
pub(crate) fn cancel(
    facts: &Facts,
    position: Position,
    by: &By,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    path.event(Event::Cancelled, Body::default(), None)?;
    let day = facts.placed_at.date();
    if now.date() == day {
        path.commit.transfers = facts.holders().gives_back(&facts.layers, day, facts.amount);
    }
    path.commit.guards.extend(by.guards.iter().map(|guard| (guard.clone(), facts.entity())));
    path.commit.barred_by.clone_from(&by.barred_by);
    path.audit(&by.actor, "transfer.cancel", format!("{} yen on {}", facts.amount.get(), facts.day));
    Ok(path.commit)
}

/// Open work whose lease has run out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub fence: i64,
    /// The deliveries so far.
    pub delivery: i64,
    pub lease_s: i64,
}

/// Open work that is taken up again.
#[derive(Debug)]
pub(crate) struct Resumed {
    pub commit: Commit,
    /// The number of the delivery; none where it is given up.
    pub delivery: Option<i64>,
    /// Where the order stands as soon as it is committed.
    pub position: Position,
}

/// Open work was found: it is claimed for another delivery, of the same bytes, or given up where no byte has left and
/// its day is over.
pub(crate) fn resume(
    facts: &Facts,
    position: Position,
    claim: Claim,
    now: Timestamp,
) -> Result<Option<Resumed>, StoreError> {
    let mut path = Path::from(facts, position, now);
    if path.position.state == Some(State::Sending) {
        let detail = Some("the sender ended before it recorded an answer".to_owned());
        let body = Body { delivery: Some(claim.delivery), detail, ..Body::default() };
        path.event(Event::OutcomeUnknown, body, None)?;
    }
    match path.position.state {
        Some(State::Held) if now.date() > facts.day && !path.position.bytes_may_have_left() => {
            let void = path.end_hold(Kind::VoidPending)?;
            let body = Body { transfer: Some(void), reason: Some(Reason::DayOver), ..Body::default() };
            path.event(Event::Failed, body, None)?;
            path.finish(claim.fence);
            path.audit(SYSTEM, "transfer.fail", "nothing was sent on its day".to_owned());
            Ok(Some(Resumed { commit: path.commit, delivery: None, position: path.position }))
        }
        Some(State::Held | State::Unknown) => {
            let delivery = claim.delivery + 1;
            path.event(Event::Claimed, Body { delivery: Some(delivery), ..Body::default() }, None)?;
            path.commit.outbox.push(OutboxChange::Claim {
                key: facts.message_id(),
                fence: claim.fence,
                lease_s: claim.lease_s,
            });
            Ok(Some(Resumed { commit: path.commit, delivery: Some(delivery), position: path.position }))
        }
        _ => Ok(None),
    }
}

/// What one delivery came to, as far as it can be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The network has it, now or before.
    Sent {
        /// Whether it is settled already: from 100,000,000 yen on.
        settled: bool,
    },
    /// The network refused it for good.
    Rejected(String),
    /// No byte left.
    NotSent(String),
    /// Nobody knows.
    Unknown(String),
}

/// What is kept of an answer with the event that it caused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub message: Option<Vec<u8>>,
    pub signature: Option<String>,
}

/// A claimed delivery came to something. `None` where the order is over and this adds nothing to it.
pub(crate) fn delivered(
    facts: &Facts,
    position: Position,
    (fence, delivery, pause_s): (i64, i64, i64),
    report: &Report,
    evidence: Evidence,
    now: Timestamp,
) -> Result<Option<Commit>, StoreError> {
    let mut path = Path::from(facts, position, now);
    let Evidence { message, signature } = evidence;
    let mut body = Body { delivery: Some(delivery), signature, ..Body::default() };
    let state = path.position.state;
    if !state.is_some_and(State::is_open) {
        let contradicts = match report {
            Report::Sent { .. } => matches!(state, Some(State::Rejected | State::Failed)),
            Report::Rejected(_) => matches!(state, Some(State::Sent | State::Settled | State::Returned)),
            Report::NotSent(_) | Report::Unknown(_) => false,
        };
        if !contradicts {
            return Ok(None);
        }
        body.detail = Some(format!("{report:?}"));
        path.alarm(Alarm::Contradicted, &format!("{report:?}"));
        path.event(Event::Contradicted, body, message)?;
        path.audit(SYSTEM, "transfer.incident", format!("{report:?}"));
        return Ok(Some(path.commit));
    }
    match report {
        Report::Sent { settled } => {
            body.transfer = Some(path.end_hold(Kind::PostPending)?);
            path.event(Event::Sent, body, message)?;
            path.charge();
            path.finish(fence);
            if *settled {
                path.settle()?;
            }
            path.audit(SYSTEM, "transfer.sent", "the network has it".to_owned());
        }
        Report::Rejected(code) => {
            body.transfer = Some(path.end_hold(Kind::VoidPending)?);
            body.reason = Some(Reason::Refused);
            body.code = Some(code.clone());
            path.event(Event::Rejected, body, message)?;
            path.finish(fence);
            path.audit(SYSTEM, "transfer.rejected", code.clone());
        }
        Report::NotSent(reason) | Report::Unknown(reason) => {
            let sent = !matches!(report, Report::NotSent(_));
            body.detail = Some(reason.clone());
            body.sent = Some(sent);
            let back = !sent && state == Some(State::Sending) && path.position.others_not_applied(delivery);
            path.event(if back { Event::NotApplied } else { Event::OutcomeUnknown }, body, message)?;
            // also where this delivery did not leave: an earlier one may have
            if path.position.state == Some(State::Unknown) && delivery >= UNCLEAR_AFTER_DELIVERIES {
                path.alarm(Alarm::Unclear, reason);
            }
            path.commit.outbox.push(OutboxChange::Release { key: facts.message_id(), fence, pause_s });
        }
    }
    Ok(Some(path.commit))
}

/// The money of a transfer that was sent comes back, to the payer or, where that account is closed, to 別段預金.
pub(crate) fn returned(
    facts: &Facts,
    position: Position,
    back: &crate::network::PaymentReturn,
    message_id: &str,
    to: AccountId,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    // what was not settled yet is not owed to the other bank any more; what was comes over with the day's net
    if to == chart::SUSPENSE {
        path.alarm(Alarm::ReturnHeld, &held_back(facts));
    }
    let from = if path.position.state == Some(State::Sent) { chart::OUTGOING } else { chart::INCOMING };
    let recalled = back.code == RECALLED;
    let (reason, word) =
        if recalled { (Reason::Recalled, "組戻し") } else { (Reason::NotCredited, "振込返却") };
    let transfer = path.transfer(from, to, Kind::Posted, &format!("{word} {}", facts.payee_name));
    let body = Body {
        transfer: Some(transfer),
        reason: Some(reason),
        code: Some(back.code.clone()),
        message_id: Some(message_id.to_owned()),
        ..Body::default()
    };
    path.event(Event::Returned, body, None)?;
    path.audit(SYSTEM, "transfer.returned", back.code.clone());
    Ok(path.commit)
}

/// The payee of a transfer within the bank has consented to its recall; this moves the money back.
pub(crate) fn returned_within(
    facts: &Facts,
    position: Position,
    transfer: Transfer,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    if transfer.credit == chart::SUSPENSE {
        path.alarm(Alarm::ReturnHeld, &held_back(facts));
    }
    let body = Body {
        transfer: Some(transfer.id),
        reason: Some(Reason::Recalled),
        code: Some(RECALLED.to_owned()),
        ..Body::default()
    };
    path.commit.transfers.push(transfer);
    path.event(Event::Returned, body, None)?;
    path.audit(SYSTEM, "transfer.returned", RECALLED.to_owned());
    Ok(path.commit)
}

fn held_back(facts: &Facts) -> String {
    format!("{} yen came back, and the payer's account is closed", facts.amount)
}

/// The customer asks for a transfer to come back: the order takes note, so that it cannot have come back meanwhile.
pub(crate) fn recall_asked(
    facts: &Facts,
    position: Position,
    recall: domain::RecallId,
    now: Timestamp,
) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    path.event(Event::RecallAsked, Body { detail: Some(recall.to_string()), ..Body::default() }, None)?;
    Ok(path.commit)
}

/// The code of a return that a recall has brought about.
pub(crate) const RECALLED: &str = "FOCR";

/// The day is over at the network, and its books have the transfer.
pub(crate) fn settled(facts: &Facts, position: Position, now: Timestamp) -> Result<Commit, StoreError> {
    let mut path = Path::from(facts, position, now);
    path.settle()?;
    Ok(path.commit)
}
