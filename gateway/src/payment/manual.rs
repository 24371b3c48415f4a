//! What a person may do with a payment whose outcome is unknown: have it asked for again, or decide it by the
//! collector's word. Pure.

use domain::Timestamp;
use domain::payment::{Event, State};
use ledger::{EntityId, GuardKey, Kind, OutboxChange};

use super::history::{Body, Position, Word};
use super::step::{Effect, Path, Step, endings};
use super::{Facts, StoreError};
use crate::Operator;

/// From the last delivery on, until "not cleared" may be decided: its signature counts for 300 seconds at the
/// collector, and the answer is waited for 30.
pub const NOT_CLEARED_WAIT_S: i64 = 330;
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
    /// One person cannot be both.
    #[error("maker and checker are the same person")]
    SamePerson,
    /// The reason is empty, too long, or has control characters.
    #[error("the reason has 1 to {REASON_CHARS_MAX} characters")]
    BadReason,
}

impl NotNow {
    /// The stable code of the API and the pages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUnknown(_) => "not_unknown",
            Self::Delivering { .. } => "delivering",
            Self::TooSoon { .. } => "too_soon",
            Self::SamePerson => "same_person",
            Self::BadReason => "bad_reason",
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

/// Whether the newest delivery may still be under way.
fn is_delivering(position: &Position, work: &Work) -> Result<(), NotNow> {
    if position.is_delivering() && work.left_s > 0 {
        return Err(NotNow::Delivering { wait_s: work.left_s });
    }
    Ok(())
}

/// Whether a person may have an unknown payment asked for again. `pause_left_s` is what is left of the pause for a
/// person ([`super::sending::manual_pause_left_s`]).
pub fn may_resend(position: &Position, work: &Work, pause_left_s: i64) -> Result<(), NotNow> {
    if position.state != State::Unknown {
        return Err(NotNow::NotUnknown(position.state));
    }
    is_delivering(position, work)?;
    if pause_left_s > 0 {
        return Err(NotNow::TooSoon { wait_s: pause_left_s });
    }
    Ok(())
}

/// A person has an unknown payment asked for again, whatever the hour: always as a resend confirmation.
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
    path.event(Event::Claimed, body, None)?;
    path.commit.outbox.push(OutboxChange::Seize { key: work.key.clone(), fence: work.fence, lease_s });
    path.audit_as(operator, "payeasy.resend", &format!("delivery {delivery}"));
    Ok(path.end(Effect::Deliver { delivery, repeat: true }))
}

/// Whether the collector's word may decide the payment.
pub fn may_decide(position: &Position, work: &Work, word: Word) -> Result<(), NotNow> {
    if position.state != State::Unknown {
        return Err(NotNow::NotUnknown(position.state));
    }
    if word == Word::NotCleared {
        is_delivering(position, work)?;
        let wait_s = NOT_CLEARED_WAIT_S.saturating_sub(work.since_claim_s);
        if wait_s > 0 {
            return Err(NotNow::TooSoon { wait_s });
        }
    }
    Ok(())
}

/// The collector's word, brought by two people, ends an unknown payment. The open work ends in the same commit, so
/// that whatever delivery is still under way can record nothing after it.
pub fn decide(
    facts: &Facts,
    position: Position,
    work: &Work,
    word: Word,
    eyes: &FourEyes,
    accepted_guard: Option<GuardKey>,
    now: Timestamp,
) -> Result<Step, StoreError> {
    let mut path = Path::from(facts, position, now);
    let body = Body {
        word: Some(word),
        by: Some(eyes.maker.name.clone()),
        checked_by: Some(eyes.checker.name.clone()),
        reason: Some(eyes.reason.trim().to_owned()),
        ..Body::default()
    };
    match word {
        Word::Cleared => {
            path.event(Event::Accepted, body, None)?;
            path.commit.transfers = endings(facts, Kind::PostPending);
            path.commit.guards.extend(accepted_guard.map(|key| (key, EntityId::from(facts.id))));
        }
        Word::NotCleared => {
            path.event(Event::Rejected, body, None)?;
            path.commit.transfers = endings(facts, Kind::VoidPending);
            path.commit.release.push(facts.bill_guard.clone());
        }
    }
    path.finish(facts, work.fence);
    let detail = format!("{}, checked by {}: {}", word.as_str(), eyes.checker, eyes.reason.trim());
    path.audit_as(&eyes.maker, "payeasy.decide", &detail);
    Ok(path.end(Effect::Rest))
}
