//! What a person may do with a payment, or a cancellation, whose outcome is unknown: have it asked for again, or decide
//! it by the collector's word. Pure.

use domain::Timestamp;
use domain::payment::{Event, State};
use ledger::{EntityId, GuardKey, Kind, OutboxChange};

use super::cancellation::{self, Cancellation};
use super::history::{Body, Deliveries, Position, Word};
use super::step::{Effect, Path, Step, endings};
use super::{Facts, StoreError, sending};
use crate::{Operator, Settings};

/// From the last claim on, until nothing of it can be under way: a delivery may begin while the claim's lease runs, 60
/// seconds; it waits 5 for a place at the collector; it is signed then, and its signature counts for 300 there; and the
/// answer is waited for 30.
pub const NOT_CLEARED_WAIT_S: i64 = 60 + 5 + 300 + 30;
/// Characters of a decision's reason.
pub const REASON_CHARS_MAX: usize = 200;

/// The open work of a payment at one moment, by the database server's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The key of the message.
    pub key: String,
    /// The fence of the newest claim.
    pub fence: i64,
    /// The deliveries so far.
    pub delivery: i64,
    /// Seconds for which the lease or the pause still runs; 0 when it is over.
    pub left_s: i64,
    /// Seconds since the newest claim.
    pub since_claim_s: i64,
}

/// Two people and why. Who they are and what they may is checked before; that they are two, here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FourEyes {
    /// Who asks for it.
    pub maker: Operator,
    /// Who has checked it.
    pub checker: Operator,
    /// Why, in words: 1 to 200 characters.
    pub reason: String,
}

/// Why an operation is not allowed as things stand. Nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The outcome is known.
    #[error("the payment is {0}, not unknown")]
    NotUnknown(State),
    /// A delivery is under way; its answer or its lease's end comes within this time.
    #[error("a delivery is under way for another {wait_s} s at most")]
    Delivering {
        /// Seconds.
        wait_s: i64,
    },
    /// The last delivery is too fresh.
    #[error("possible in {wait_s} s")]
    TooSoon {
        /// Seconds.
        wait_s: i64,
    },
    /// It was delivered once more since the collector was asked, and may have been applied since.
    #[error("the collector has to be asked again: there was a delivery since")]
    AskedAgain,
    /// One person cannot be both.
    #[error("maker and checker are the same person")]
    SamePerson,
    /// The reason is empty, too long, or has control characters.
    #[error("the reason has 1 to {REASON_CHARS_MAX} characters")]
    BadReason,
    /// Only a payment at the counter can be cancelled.
    #[error("the payment was not made at the counter")]
    NotFromCounter,
    /// Only an accepted payment can be cancelled.
    #[error("the payment is {0}, not accepted")]
    NotAccepted(State),
    /// One cancellation is on its way already.
    #[error("a cancellation of the payment is open")]
    CancellationOpen,
    /// Only on its receipt date can a payment be cancelled.
    #[error("the day of the payment is over")]
    DayOver,
    /// The collector has closed the day, or takes no requests at this hour.
    #[error("the collector is closed")]
    CollectorClosed,
}

impl NotNow {
    /// The stable code of the API and the pages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUnknown(_) => "not_unknown",
            Self::Delivering { .. } => "delivering",
            Self::TooSoon { .. } => "too_soon",
            Self::AskedAgain => "asked_again",
            Self::SamePerson => "same_person",
            Self::BadReason => "bad_reason",
            Self::NotFromCounter => "not_from_counter",
            Self::NotAccepted(_) => "not_accepted",
            Self::CancellationOpen => "cancellation_open",
            Self::DayOver => "day_over",
            Self::CollectorClosed => "collector_closed",
        }
    }
}

impl FourEyes {
    /// Two people, and a reason that can be shown.
    pub fn check(&self) -> Result<(), NotNow> {
        if self.maker == self.checker {
            return Err(NotNow::SamePerson);
        }
        let fits = !self.reason.trim().is_empty()
            && self.reason.chars().count() <= REASON_CHARS_MAX
            && !self.reason.chars().any(char::is_control);
        if fits { Ok(()) } else { Err(NotNow::BadReason) }
    }
}

/// What is unknown: the payment, or its newest cancellation. Their deliveries are claimed by different events.
fn deliveries<'p>(position: &'p Position, work: &Work, facts: &Facts) -> Result<&'p Deliveries, NotNow> {
    if work.key == facts.message_key {
        return match position.state {
            State::Unknown => Ok(&position.deliveries),
            other => Err(NotNow::NotUnknown(other)),
        };
    }
    match &position.cancelling {
        Some(newest) if newest.key == work.key && newest.state == domain::payment::Cancellation::Unknown => {
            Ok(&newest.deliveries)
        }
        _ => Err(NotNow::NotUnknown(position.state)),
    }
}

/// Whether the newest delivery may still be under way.
fn check_delivering(deliveries: &Deliveries, work: &Work) -> Result<(), NotNow> {
    if deliveries.is_delivering() && work.left_s > 0 {
        return Err(NotNow::Delivering { wait_s: work.left_s });
    }
    Ok(())
}

/// Whether a person may have an unknown payment or cancellation asked for again. The pause is the one of
/// [`super::sending::manual_pause_left_s`].
pub fn may_resend(
    settings: &Settings,
    facts: &Facts,
    position: &Position,
    work: &Work,
) -> Result<(), NotNow> {
    let deliveries = deliveries(position, work, facts)?;
    check_delivering(deliveries, work)?;
    if deliveries.is_delivering() {
        // its sender has died: there is no pause to keep
        return Ok(());
    }
    match sending::manual_pause_left_s(settings, work.delivery, work.left_s) {
        0 => Ok(()),
        wait_s => Err(NotNow::TooSoon { wait_s }),
    }
}

/// A person has an unknown payment or cancellation asked for again, whatever the hour: always as a resend
/// confirmation.
pub fn resend(
    facts: &Facts,
    position: Position,
    work: &Work,
    lease_s: i64,
    operator: &Operator,
    now: Timestamp,
) -> Result<Step, StoreError> {
    let mut path = Path::from(facts, position, now);
    let delivery = work.delivery + 1;
    let body = Body { delivery: Some(delivery), by: Some(operator.name.clone()), ..Body::default() };
    let is_clearing = work.key == facts.message_key;
    path.event(if is_clearing { Event::Claimed } else { Event::CancellationClaimed }, body, None)?;
    path.commit.outbox.push(OutboxChange::Seize { key: work.key.clone(), fence: work.fence, lease_s });
    let what = if is_clearing { "payment" } else { "cancellation" };
    path.audit_as(operator, "payeasy.resend", &format!("delivery {delivery} of the {what}"));
    Ok(path.end(Effect::Deliver { delivery, repeat: true }))
}

/// Whether the collector's word may decide what is unknown. That nothing was applied says nothing about a delivery
/// after `deliveries_then`, those that there were when the collector was asked.
pub fn may_decide(
    facts: &Facts,
    position: &Position,
    work: &Work,
    word: Word,
    deliveries_then: i64,
) -> Result<(), NotNow> {
    let is_clearing = work.key == facts.message_key;
    let fits = is_clearing == matches!(word, Word::Cleared | Word::NotCleared);
    if !fits {
        return Err(NotNow::NotUnknown(position.state));
    }
    let deliveries = deliveries(position, work, facts)?;
    if matches!(word, Word::NotCleared | Word::NotCancelled) {
        if work.delivery != deliveries_then {
            return Err(NotNow::AskedAgain);
        }
        check_delivering(deliveries, work)?;
        let wait_s = NOT_CLEARED_WAIT_S.saturating_sub(work.since_claim_s);
        if wait_s > 0 {
            return Err(NotNow::TooSoon { wait_s });
        }
    }
    Ok(())
}

/// What the collector's word ends.
#[derive(Clone, Debug)]
pub struct Decision<'d> {
    /// The word.
    pub word: Word,
    /// Who brings it, and why.
    pub eyes: &'d FourEyes,
    /// The cancellation, where the word is about one.
    pub cancellation: Option<&'d Cancellation>,
    /// Taken by an acceptance, where the bill may be paid again.
    pub accepted_guard: Option<GuardKey>,
}

/// The collector's word, brought by two people, ends what is unknown. The open work ends in the same commit, so that
/// whatever delivery is still under way can record nothing after it.
pub fn decide(
    facts: &Facts,
    position: Position,
    work: &Work,
    decision: Decision<'_>,
    now: Timestamp,
) -> Result<Step, StoreError> {
    let Decision { word, eyes, cancellation, accepted_guard } = decision;
    let mut path = Path::from(facts, position, now);
    let mut body = Body {
        word: Some(word),
        by: Some(eyes.maker.name.clone()),
        checked_by: Some(eyes.checker.name.clone()),
        reason: Some(eyes.reason.trim().to_owned()),
        ..Body::default()
    };
    match (word, cancellation) {
        (Word::Cleared, _) => {
            path.event(Event::Accepted, body, None)?;
            path.commit.transfers = endings(facts, Kind::PostPending);
            path.commit.guards.extend(accepted_guard.map(|key| (key, EntityId::from(facts.id))));
        }
        (Word::NotCleared, _) => {
            path.event(Event::Rejected, body, None)?;
            path.commit.transfers = endings(facts, Kind::VoidPending);
            path.commit.release.push(facts.bill_guard.clone());
        }
        (Word::Cancelled, Some(cancellation)) => {
            cancellation::confirmed(&mut path, facts, cancellation, body, None, accepted_guard.is_some())?;
        }
        (Word::NotCancelled, Some(cancellation)) => {
            body.key = Some(cancellation.key.clone());
            path.event(Event::CancellationRefused, body, None)?;
        }
        (Word::Cancelled | Word::NotCancelled, None) => {
            return Err(StoreError::Corrupt(format!("{} has no cancellation", facts.id)));
        }
    }
    path.finish(&work.key, work.fence);
    let detail = format!("{}, checked by {}: {}", word.as_str(), eyes.checker, eyes.reason.trim());
    path.audit_as(&eyes.maker, "payeasy.decide", &detail);
    Ok(path.end(Effect::Rest))
}
