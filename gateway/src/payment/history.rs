//! A payment's events, read back into where it stands.

use std::collections::BTreeMap;

use collectors::SentRequest;
use domain::payment::{Event, State};
use domain::{ResponseCode, Timestamp};
use serde::{Deserialize, Serialize};

use super::StoreError;

/// The facts of an event, as its JSON body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// The state after the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
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
    /// What the collector said off line, where that decided the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<Word>,
}

/// What a collector says off line of a payment whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It has cleared the bill, or will.
    Cleared,
    /// It has not, and never will under this key.
    NotCleared,
}

impl Word {
    /// The word of the events and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::NotCleared => "not_cleared",
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

/// Where a payment stands: the state, and what is known of every delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The state.
    pub state: State,
    /// The number of the last event.
    pub seq: i64,
    /// When it was held.
    pub held_at: Timestamp,
    /// The deliveries, by number.
    pub deliveries: BTreeMap<i64, Fate>,
}

impl Position {
    /// Before the first event.
    pub fn start(now: Timestamp) -> Self {
        Self { state: State::Inquired, seq: 0, held_at: now, deliveries: BTreeMap::new() }
    }

    /// Folds events, oldest first.
    pub fn of(events: &[ledger::Event]) -> Result<Self, StoreError> {
        let mut position = Self::start(events.first().map(|e| e.at).unwrap_or_default());
        for event in events {
            let kind: Event = StoreError::parse(&event.kind)?;
            let body: Body = StoreError::json(&event.body)?;
            position.advance(kind, &body)?;
        }
        Ok(position)
    }

    /// Moves on by one event.
    pub fn advance(&mut self, event: Event, body: &Body) -> Result<(), StoreError> {
        self.state = self
            .state
            .after(event)
            .ok_or_else(|| StoreError::Corrupt(format!("{event} after {}", self.state)))?;
        self.seq += 1;
        let fate = match event {
            Event::Claimed => Fate::Open,
            Event::NotApplied => Fate::NotApplied { sent: body.sent.unwrap_or(true) },
            Event::OutcomeUnknown => Fate::Unknown,
            _ => return Ok(()),
        };
        if let Some(delivery) = body.delivery {
            self.deliveries.insert(delivery, fate);
        }
        Ok(())
    }

    /// Whether the newest delivery was claimed and nothing is recorded of it yet.
    pub fn is_delivering(&self) -> bool {
        self.deliveries.last_key_value().is_some_and(|(_, fate)| *fate == Fate::Open)
    }

    /// Whether any byte of any delivery may have left.
    pub fn bytes_may_have_left(&self) -> bool {
        self.deliveries.values().any(|fate| *fate != Fate::NotApplied { sent: false })
    }

    /// Whether every delivery but `except` is known not to have been applied.
    pub fn others_not_applied(&self, except: i64) -> bool {
        self.deliveries
            .iter()
            .filter(|(delivery, _)| **delivery != except)
            .all(|(_, fate)| matches!(fate, Fate::NotApplied { .. }))
    }
}
