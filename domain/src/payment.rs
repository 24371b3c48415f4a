//! The states of a Pay-easy payment, what happens to it, and which transitions are allowed
//! (docs/ARCHITECTURE.md, "A payment").

use std::fmt;
use std::str::FromStr;

macro_rules! words {
    ($(#[$outer:meta])* $enum:ident, $($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $enum {
            $($(#[$doc])* $name,)*
        }

        impl $enum {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word of the API, the event log and the pages' data attributes.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $enum {
            type Err = UnlistedWord;
            fn from_str(text: &str) -> Result<Self, UnlistedWord> {
                Self::ALL.iter().copied().find(|w| w.as_str() == text).ok_or(UnlistedWord)
            }
        }
    };
}

/// A word that names no state or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such word")]
pub struct UnlistedWord;

words! {
    /// Where a payment is. These ten words are the API's.
    State,
    /// The collector answered; the payer has not confirmed.
    Inquired = "inquired",
    /// The amount is held; nothing has been sent.
    Held = "held",
    /// A delivery is claimed; bytes may have left.
    Sending = "sending",
    /// The collector accepted; the debit is posted.
    Accepted = "accepted",
    /// A national collector refused; the hold is void.
    Rejected = "rejected",
    /// Nobody knows yet whether the collector cleared; the hold stands (払込結果を確認中).
    Unknown = "unknown",
    /// The money went on to the collector.
    Settled = "settled",
    /// The inquiry ran out.
    Expired = "expired",
    /// The hold was released and nothing was ever sent.
    Voided = "voided",
    /// A counter payment undone by a confirmed cancellation.
    Cancelled = "cancelled",
}

words! {
    /// What happened to a payment. The last event decides the state.
    Event,
    /// The payer confirmed and the amount was held.
    Held = "held",
    /// A sender claimed the delivery; from here on bytes may have left.
    Claimed = "claimed",
    /// The collector accepted, at once or by a repeat.
    Accepted = "accepted",
    /// A national collector refused for good.
    Rejected = "rejected",
    /// Proof that no delivery was applied: the payment waits again.
    NotApplied = "not_applied",
    /// No answer, or none that says what was done.
    OutcomeUnknown = "outcome_unknown",
    /// The hold was released before anything was sent.
    Voided = "voided",
    /// An acceptance came after the payment had ended without one: an incident, and no posting.
    LateAcceptance = "late_acceptance",
    /// A rejection came after the payment had been accepted: an incident, and no posting.
    LateRejection = "late_rejection",
    /// The settlement window closed.
    Settled = "settled",
    /// The collector confirmed a cancellation of a counter payment.
    Cancelled = "cancelled",
}

impl State {
    /// The state after `event`, or `None` where the table does not allow it.
    pub const fn after(self, event: Event) -> Option<Self> {
        Some(match (self, event) {
            (Self::Inquired, Event::Held) => Self::Held,
            (Self::Held, Event::Claimed) => Self::Sending,
            // a repeat leaves the outcome unknown until it is answered
            (Self::Unknown, Event::Claimed) => Self::Unknown,
            (Self::Sending | Self::Unknown, Event::Accepted) => Self::Accepted,
            (Self::Sending | Self::Unknown, Event::Rejected) => Self::Rejected,
            (Self::Sending, Event::NotApplied) => Self::Held,
            (Self::Held, Event::Voided) => Self::Voided,
            (Self::Held | Self::Sending | Self::Unknown, Event::OutcomeUnknown) => Self::Unknown,
            // incidents move nothing
            (Self::Rejected | Self::Voided, Event::LateAcceptance)
            | (Self::Accepted | Self::Settled | Self::Cancelled, Event::LateRejection) => self,
            (Self::Accepted, Event::Settled) => Self::Settled,
            (Self::Accepted, Event::Cancelled) => Self::Cancelled,
            _ => return None,
        })
    }

    /// Whether money is held and the bill may not be paid a second time.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Sending | Self::Unknown)
    }

    /// Whether the payer's money went to the collector.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Accepted | Self::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks the whole table, so that a new word must be placed in it on purpose.
    #[test]
    fn only_the_listed_transitions_are_allowed() {
        let mut allowed = Vec::new();
        for state in State::ALL {
            for event in Event::ALL {
                if let Some(next) = state.after(*event) {
                    allowed.push(format!("{state} --{event}--> {next}"));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                "inquired --held--> held",
                "held --claimed--> sending",
                "held --outcome_unknown--> unknown",
                "held --voided--> voided",
                "sending --accepted--> accepted",
                "sending --rejected--> rejected",
                "sending --not_applied--> held",
                "sending --outcome_unknown--> unknown",
                "accepted --late_rejection--> accepted",
                "accepted --settled--> settled",
                "accepted --cancelled--> cancelled",
                "rejected --late_acceptance--> rejected",
                "unknown --claimed--> unknown",
                "unknown --accepted--> accepted",
                "unknown --rejected--> rejected",
                "unknown --outcome_unknown--> unknown",
                "settled --late_rejection--> settled",
                "voided --late_acceptance--> voided",
                "cancelled --late_rejection--> cancelled",
            ]
        );
    }

    #[test]
    fn nothing_that_may_have_been_sent_can_be_voided() {
        for state in [State::Sending, State::Unknown, State::Accepted] {
            assert_eq!(state.after(Event::Voided), None, "{state}");
        }
    }
}
