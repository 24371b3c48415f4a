//! The states of a Pay-easy payment, what happens to it, and which transitions are allowed
//! (docs/ARCHITECTURE.md, "A payment").

use crate::words;

words! {
    /// Where a payment is. These eleven words are the API's.
    State {
        /// The collector answered; the payer has not confirmed.
        Inquired = "inquired";
        /// The amount is held; nothing has been sent.
        Held = "held";
        /// A delivery is claimed; bytes may have left.
        Sending = "sending";
        /// The collector accepted; the debit is posted.
        Accepted = "accepted";
        /// A national collector refused; the hold is void.
        Rejected = "rejected";
        /// Nobody knows yet whether the collector cleared; the hold stands (払込結果を確認中).
        Unknown = "unknown";
        /// The money went on to the collector.
        Settled = "settled";
        /// The inquiry ran out.
        Expired = "expired";
        /// The hold was released and nothing was ever sent.
        Voided = "voided";
        /// A counter payment undone by a confirmed cancellation.
        Cancelled = "cancelled";
        /// Paid back (返金): the collector's books lack it, and never will have it.
        Refunded = "refunded";
    }
}

words! {
    /// What happened to a payment. The last event decides the state.
    Event {
        /// The payer confirmed and the amount was held.
        Held = "held";
        /// A sender claimed the delivery; from here on bytes may have left.
        Claimed = "claimed";
        /// The collector accepted, at once or by a repeat.
        Accepted = "accepted";
        /// A national collector refused for good.
        Rejected = "rejected";
        /// Proof that no delivery was applied: the payment waits again.
        NotApplied = "not_applied";
        /// No answer, or none that says what was done.
        OutcomeUnknown = "outcome_unknown";
        /// The hold was released before anything was sent.
        Voided = "voided";
        /// An acceptance came after the payment had ended without one: an incident, and no posting.
        LateAcceptance = "late_acceptance";
        /// A rejection came after the payment had been accepted: an incident, and no posting.
        LateRejection = "late_rejection";
        /// The settlement window closed.
        Settled = "settled";
        /// The collector confirmed a cancellation of a counter payment.
        Cancelled = "cancelled";
        /// A teller asked the collector to take a counter payment back.
        CancellationRequested = "cancellation_requested";
        /// A sender claimed a delivery of the cancellation.
        CancellationClaimed = "cancellation_claimed";
        /// Proof that no delivery of the cancellation was applied: it waits again.
        CancellationNotApplied = "cancellation_not_applied";
        /// No answer to the cancellation, or none that says what was done.
        CancellationUnknown = "cancellation_unknown";
        /// The collector did not take the payment back, and never will under this key.
        CancellationRefused = "cancellation_refused";
        /// The cancellation was given up before anything was sent.
        CancellationWithdrawn = "cancellation_withdrawn";
        /// An answer contradicts how a cancellation ended: an incident, and no posting.
        LateCancellation = "late_cancellation";
        /// Two people paid an accepted payment back that the collector's books lack.
        Refunded = "refunded";
    }
}

words! {
    /// Where the newest cancellation of a payment is.
    Cancellation {
        /// It waits: nothing was applied.
        Requested = "requested";
        /// A delivery is claimed; bytes may have left.
        Sending = "sending";
        /// Nobody knows yet whether the collector took the payment back.
        Unknown = "unknown";
        /// It did; the payer has the money back.
        Confirmed = "confirmed";
        /// It did not; the payment stays accepted.
        Refused = "refused";
        /// Nothing was ever sent; the payment stays accepted.
        Withdrawn = "withdrawn";
    }
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
            (Self::Rejected | Self::Voided | Self::Refunded, Event::LateAcceptance)
            | (Self::Accepted | Self::Settled | Self::Cancelled | Self::Refunded, Event::LateRejection) => {
                self
            }
            (Self::Accepted, Event::Settled) => Self::Settled,
            (Self::Accepted, Event::Cancelled) => Self::Cancelled,
            (Self::Accepted, Event::Refunded) => Self::Refunded,
            // until it is confirmed a cancellation changes nothing
            (
                Self::Accepted,
                Event::CancellationRequested
                | Event::CancellationClaimed
                | Event::CancellationNotApplied
                | Event::CancellationUnknown
                | Event::CancellationRefused
                | Event::CancellationWithdrawn,
            )
            | (Self::Accepted | Self::Settled | Self::Cancelled | Self::Refunded, Event::LateCancellation) => {
                self
            }
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

impl Event {
    /// Whether it speaks of a cancellation.
    pub const fn is_of_cancellation(self) -> bool {
        matches!(
            self,
            Self::Cancelled
                | Self::CancellationRequested
                | Self::CancellationClaimed
                | Self::CancellationNotApplied
                | Self::CancellationUnknown
                | Self::CancellationRefused
                | Self::CancellationWithdrawn
                | Self::LateCancellation
        )
    }
}

impl Cancellation {
    /// Where the newest cancellation is after `event`; before the first one there is none. `None` where the table
    /// does not allow it. A payment has one at a time.
    pub const fn after(newest: Option<Self>, event: Event) -> Option<Self> {
        Some(match (newest, event) {
            (None | Some(Self::Refused | Self::Withdrawn), Event::CancellationRequested) => Self::Requested,
            (Some(Self::Requested), Event::CancellationClaimed) => Self::Sending,
            // a repeat leaves the outcome unknown until it is answered
            (Some(Self::Unknown), Event::CancellationClaimed) => Self::Unknown,
            (Some(Self::Sending), Event::CancellationNotApplied) => Self::Requested,
            (Some(Self::Requested | Self::Sending | Self::Unknown), Event::CancellationUnknown) => {
                Self::Unknown
            }
            (Some(Self::Sending | Self::Unknown), Event::Cancelled) => Self::Confirmed,
            (Some(Self::Sending | Self::Unknown), Event::CancellationRefused) => Self::Refused,
            (Some(Self::Requested), Event::CancellationWithdrawn) => Self::Withdrawn,
            (Some(newest), Event::LateCancellation) => newest,
            _ => return None,
        })
    }

    /// Whether its outcome is to come: the payment is not settled meanwhile.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Sending | Self::Unknown)
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
                "accepted --cancellation_requested--> accepted",
                "accepted --cancellation_claimed--> accepted",
                "accepted --cancellation_not_applied--> accepted",
                "accepted --cancellation_unknown--> accepted",
                "accepted --cancellation_refused--> accepted",
                "accepted --cancellation_withdrawn--> accepted",
                "accepted --late_cancellation--> accepted",
                "accepted --refunded--> refunded",
                "rejected --late_acceptance--> rejected",
                "unknown --claimed--> unknown",
                "unknown --accepted--> accepted",
                "unknown --rejected--> rejected",
                "unknown --outcome_unknown--> unknown",
                "settled --late_rejection--> settled",
                "settled --late_cancellation--> settled",
                "voided --late_acceptance--> voided",
                "cancelled --late_rejection--> cancelled",
                "cancelled --late_cancellation--> cancelled",
                "refunded --late_acceptance--> refunded",
                "refunded --late_rejection--> refunded",
                "refunded --late_cancellation--> refunded",
            ]
        );
    }

    #[test]
    fn nothing_that_may_have_been_sent_can_be_voided() {
        for state in [State::Sending, State::Unknown, State::Accepted] {
            assert_eq!(state.after(Event::Voided), None, "{state}");
        }
    }
    /// The same of a cancellation: whatever is no event of one has no place in it.
    #[test]
    fn only_the_listed_transitions_of_a_cancellation_are_allowed() {
        let mut allowed = Vec::new();
        for newest in std::iter::once(None).chain(Cancellation::ALL.iter().copied().map(Some)) {
            for event in Event::ALL {
                let Some(next) = Cancellation::after(newest, *event) else { continue };
                assert!(event.is_of_cancellation(), "{event}");
                let newest = newest.map_or("none", Cancellation::as_str);
                allowed.push(format!("{newest} --{event}--> {next}"));
            }
        }
        assert_eq!(
            allowed,
            [
                "none --cancellation_requested--> requested",
                "requested --cancellation_claimed--> sending",
                "requested --cancellation_unknown--> unknown",
                "requested --cancellation_withdrawn--> withdrawn",
                "requested --late_cancellation--> requested",
                "sending --cancelled--> confirmed",
                "sending --cancellation_not_applied--> requested",
                "sending --cancellation_unknown--> unknown",
                "sending --cancellation_refused--> refused",
                "sending --late_cancellation--> sending",
                "unknown --cancelled--> confirmed",
                "unknown --cancellation_claimed--> unknown",
                "unknown --cancellation_unknown--> unknown",
                "unknown --cancellation_refused--> refused",
                "unknown --late_cancellation--> unknown",
                "confirmed --late_cancellation--> confirmed",
                "refused --cancellation_requested--> requested",
                "refused --late_cancellation--> refused",
                "withdrawn --cancellation_requested--> requested",
                "withdrawn --late_cancellation--> withdrawn",
            ]
        );
    }

    #[test]
    fn nothing_is_settled_cancelled_or_paid_back_twice() {
        for state in [State::Settled, State::Cancelled, State::Refunded] {
            for event in [Event::Settled, Event::Cancelled, Event::Refunded] {
                assert_eq!(state.after(event), None, "{state} {event}");
            }
        }
    }
}
