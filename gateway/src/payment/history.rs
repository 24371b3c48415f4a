//! A payment's events, read back into where it stands.

use std::collections::BTreeMap;

use collectors::SentRequest;
use domain::payment::{Cancellation, Event, State};
use domain::{BreakId, ResponseCode, Timestamp};
use ledger::audit::hash::EventRow;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// The facts of an event, as its JSON body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// The state after the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Of the hold: the digest of the payment's facts ([`Facts::digest`](super::Facts::digest)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<String>,
    /// The delivery it speaks of, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<i64>,
    /// Whether any byte of that delivery left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<bool>,
    /// The collector's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// 仮消込の理由.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisional: Option<String>,
    /// The collector's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What went wrong, in words for an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of the net payment that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<String>,
    /// The path and transport signature of the request, where it may have left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<SentRequest>,
    /// The transport signature of the answer, whose bytes are the event's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Who asked for it, where a person did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The second person, who checked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_by: Option<String>,
    /// What the collector said off line, where that decided the payment or its cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<Word>,
    /// Where the newest cancellation is after the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
    /// The resend key of the cancellation that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The break by which the collector's books lack the payment.
    #[serde(rename = "break", skip_serializing_if = "Option::is_none")]
    pub found: Option<BreakId>,
}

/// What a collector says off line of a payment, or a cancellation, whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It has cleared the bill, or will.
    Cleared,
    /// It has not, and never will under this key.
    NotCleared,
    /// It has taken the clearing back, or will.
    Cancelled,
    /// It has not, and never will under this key.
    NotCancelled,
}

impl Word {
    /// The word of the events and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::NotCleared => "not_cleared",
            Self::Cancelled => "cancelled",
            Self::NotCancelled => "not_cancelled",
        }
    }
}

impl Body {
    /// The collector's code, where it is a listed one.
    pub fn response_code(&self) -> Option<ResponseCode> {
        self.code.as_deref().and_then(|c| c.parse().ok())
    }
}

/// What became of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Claimed; bytes may have left, and nothing else is recorded.
    Open,
    /// Known not to have been applied.
    NotApplied {
        /// Whether any byte left.
        sent: bool,
    },
    /// Nobody knows.
    Unknown,
}

/// What is known of every delivery of one message, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries(BTreeMap<i64, Fate>);

impl Deliveries {
    fn note(&mut self, delivery: Option<i64>, fate: Fate) {
        if let Some(delivery) = delivery {
            self.0.insert(delivery, fate);
        }
    }

    /// Whether the newest was claimed and nothing is recorded of it yet.
    pub fn is_delivering(&self) -> bool {
        self.0.last_key_value().is_some_and(|(_, fate)| *fate == Fate::Open)
    }

    /// Whether any byte of any of them may have left.
    pub fn bytes_may_have_left(&self) -> bool {
        self.0.values().any(|fate| *fate != Fate::NotApplied { sent: false })
    }

    /// Whether every one but `except` is known not to have been applied.
    pub fn others_not_applied(&self, except: i64) -> bool {
        let mut others = self.0.iter().filter(|(delivery, _)| **delivery != except);
        others.all(|(_, fate)| matches!(fate, Fate::NotApplied { .. }))
    }
}

/// Where the newest cancellation of a payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelling {
    /// Its state.
    pub state: Cancellation,
    /// Its resend key.
    pub key: String,
    /// Its deliveries.
    pub deliveries: Deliveries,
}

/// Where a payment stands: the state, and what is known of every delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The state.
    pub state: State,
    /// The number of the last event.
    pub seq: i64,
    /// When it was held.
    pub held_at: Timestamp,
    /// The deliveries of the clearing.
    pub deliveries: Deliveries,
    /// When the newest of them was claimed.
    pub claimed_at: Option<Timestamp>,
    /// The newest cancellation, where one was requested.
    pub cancelling: Option<Cancelling>,
}

impl Position {
    /// Before the first event.
    pub fn start(now: Timestamp) -> Self {
        Self {
            state: State::Inquired,
            seq: 0,
            held_at: now,
            deliveries: Deliveries::default(),
            claimed_at: None,
            cancelling: None,
        }
    }

    /// Folds events, oldest first.
    pub fn of(events: &[ledger::Event]) -> Result<Self, StoreError> {
        let mut position = Self::start(events.first().map(|e| e.at).unwrap_or_default());
        position.follow(events)?;
        Ok(position)
    }

    /// Folds the events that come next.
    pub fn follow(&mut self, events: &[ledger::Event]) -> Result<(), StoreError> {
        for event in events {
            let kind: Event = StoreError::parse(&event.kind)?;
            let body: Body = StoreError::json(&event.body)?;
            self.advance(kind, &body)?;
            self.claimed_at = if kind == Event::Claimed { Some(event.at) } else { self.claimed_at };
        }
        Ok(())
    }

    /// The same of events as the audit log has them.
    pub fn of_rows(events: &[EventRow]) -> Result<Self, StoreError> {
        let mut position = Self::start(events.first().map(|e| e.at).unwrap_or_default());
        for event in events {
            let kind: Event = StoreError::parse(&event.kind)?;
            position.advance(kind, &StoreError::json(&event.body)?)?;
            position.claimed_at = if kind == Event::Claimed { Some(event.at) } else { position.claimed_at };
        }
        Ok(position)
    }

    /// Where the newest cancellation is.
    pub fn cancellation(&self) -> Option<Cancellation> {
        self.cancelling.as_ref().map(|c| c.state)
    }

    /// What an event says that its deliveries deny: money is released, and a cancellation given up, only where no byte
    /// has ever left. The table of states does not see that.
    pub fn denies(&self, event: Event) -> Option<&'static str> {
        let cancelling = self.cancelling.as_ref();
        let (left, what) = match event {
            Event::Voided => (
                self.deliveries.bytes_may_have_left(),
                "the hold is released although the clearing may have left",
            ),
            Event::CancellationWithdrawn => (
                cancelling.is_some_and(|newest| newest.deliveries.bytes_may_have_left()),
                "the cancellation is given up although it may have left",
            ),
            _ => return None,
        };
        left.then_some(what)
    }

    /// Moves on by one event.
    pub fn advance(&mut self, event: Event, body: &Body) -> Result<(), StoreError> {
        let impossible =
            |before: &dyn std::fmt::Display| StoreError::Corrupt(format!("{event} after {before}"));
        let after = self.state.after(event).ok_or_else(|| impossible(&self.state))?;
        if event.is_of_cancellation() {
            self.advance_cancellation(event, body)?;
        } else if matches!(event, Event::Settled | Event::Refunded)
            && self.cancellation().is_some_and(Cancellation::is_open)
        {
            return Err(impossible(&"an open cancellation"));
        }
        self.state = after;
        self.seq += 1;
        match event {
            Event::Claimed => self.deliveries.note(body.delivery, Fate::Open),
            Event::NotApplied => {
                self.deliveries.note(body.delivery, Fate::NotApplied { sent: body.sent.unwrap_or(true) });
            }
            Event::OutcomeUnknown => self.deliveries.note(body.delivery, Fate::Unknown),
            _ => {}
        }
        Ok(())
    }

    fn advance_cancellation(&mut self, event: Event, body: &Body) -> Result<(), StoreError> {
        let before = self.cancellation();
        let state = Cancellation::after(before, event).ok_or_else(|| {
            let before = before.map_or("no cancellation", Cancellation::as_str);
            StoreError::Corrupt(format!("{event} after {before}"))
        })?;
        if event == Event::CancellationRequested {
            let key = body.key.clone().unwrap_or_default();
            self.cancelling = Some(Cancelling { state, key, deliveries: Deliveries::default() });
        }
        let Some(cancelling) = &mut self.cancelling else { return Ok(()) };
        cancelling.state = state;
        let fate = match event {
            Event::CancellationClaimed => Fate::Open,
            Event::CancellationNotApplied => Fate::NotApplied { sent: body.sent.unwrap_or(true) },
            Event::CancellationUnknown => Fate::Unknown,
            _ => return Ok(()),
        };
        cancelling.deliveries.note(body.delivery, fate);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[(Event, Option<i64>, Option<bool>)]) -> Position {
        let mut position = Position::start(Timestamp::default());
        for (event, delivery, sent) in events {
            let body = Body { delivery: *delivery, sent: *sent, ..Body::default() };
            position.advance(*event, &body).unwrap();
        }
        position
    }

    #[test]
    fn nothing_that_may_have_left_is_released_or_given_up() {
        let held = (Event::Held, None, None);
        let claimed = |delivery| (Event::Claimed, Some(delivery), None);
        let not_applied = |delivery, sent| (Event::NotApplied, Some(delivery), sent);
        let not_sent = [held, claimed(1), not_applied(1, Some(false))];
        assert_eq!(after(&[held]).denies(Event::Voided), None);
        assert_eq!(after(&not_sent).denies(Event::Voided), None);
        for sent in [Some(true), None] {
            let left =
                after(&[held, claimed(1), not_applied(1, sent), claimed(2), not_applied(2, Some(false))]);
            assert!(left.denies(Event::Voided).is_some(), "{sent:?}");
            assert_eq!(left.denies(Event::Claimed), None);
        }

        let accepted = [held, claimed(1), (Event::Accepted, Some(1), None)];
        let requested = (Event::CancellationRequested, None, None);
        let asked = (Event::CancellationClaimed, Some(1), None);
        let withdrawn = Event::CancellationWithdrawn;
        let with = |more: &[_]| after(&[&accepted, more].concat());
        assert_eq!(with(&[requested]).denies(withdrawn), None, "of the cancellation alone");
        assert!(with(&[requested, asked]).denies(withdrawn).is_some());
        let came_back = |sent| (Event::CancellationNotApplied, Some(1), Some(sent));
        assert_eq!(with(&[requested, asked, came_back(false)]).denies(withdrawn), None);
        assert!(with(&[requested, asked, came_back(true)]).denies(withdrawn).is_some());
    }
}
