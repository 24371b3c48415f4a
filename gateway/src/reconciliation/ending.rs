//! How two people may end a break. Pure.
//!
//! What the collector's books lack is not settled by a word: either the books show it at last, or the payer has the
//! money back. Every other break ends by a note, since nothing goes to the collector that its books do not have.

use domain::payment::State;
use serde::{Deserialize, Serialize};

use super::compare::{Advice, BreakClass, BreakFacts};
use crate::payment::manual::NOT_CLEARED_WAIT_S;
use crate::service::{ServiceDay, ServiceState};

/// How two people end a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// They say what was done about it. No money moves.
    Noted,
    /// The collector has recorded it after all: a new comparison must show it.
    Recorded,
    /// 返金: the collector does not have it and will not. A new comparison must show that too, and the payer gets the
    /// money back.
    Refunded,
}

impl Ending {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Noted, Self::Recorded, Self::Refunded];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noted => "noted",
            Self::Recorded => "recorded",
            Self::Refunded => "refunded",
        }
    }
}

/// Where the payment of a break stands now. What the break says of it is of the moment when it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// Whether a cancellation of it has no known outcome.
    pub cancelling: bool,
    /// Seconds since its clearing was claimed last: until some have passed, it may still arrive.
    pub since_claim_s: i64,
}

/// Where the day of a break stands, and what its latest comparison is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayStanding {
    /// Its state.
    pub state: ServiceState,
    /// Whether the collector's counters are the sum of its lines.
    pub lines_are_counted: bool,
}

impl From<&ServiceDay> for DayStanding {
    fn from(day: &ServiceDay) -> Self {
        let latest = day.reconciliation.as_ref();
        Self {
            state: day.state,
            lines_are_counted: latest.is_some_and(|latest| latest.totals.lines_are_counted()),
        }
    }
}

/// Why a break cannot be ended so, as things stand. Nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// The payment has no known outcome: it has to be resolved itself, and the break ends with it.
    #[error("the payment's own outcome has to be resolved first")]
    OutcomeUnknown,
    /// The payment would be settled, and the collector's books lack it.
    #[error("the collector's books lack the payment: a note does not end the break")]
    Lacking,
    /// The collector has all of it, or nothing was accepted here.
    #[error("the collector's books do not lack an accepted payment")]
    NotLacking,
    /// The window is closed: the money is the collector's, who has to return it.
    #[error("the payment was settled: the collector has the money and has to return it")]
    Settled,
    /// Before its close the collector may record it still.
    #[error("the day is not closed")]
    DayOpen,
    /// The collector has a part of the amount under the key: it has to correct that, or take it back first.
    #[error("the collector has another amount under the key and has to correct it or take it back")]
    AmountThere,
    /// The ledger is not what the payment says: nothing more may be posted before that is understood.
    #[error("the ledger is not what the payment says")]
    CheckLedger,
    /// The account that was debited is closed: the money has nowhere to go back to.
    #[error("the account that was debited is closed")]
    AccountClosed,
    /// The collector's counters are not the sum of its lines: they may count the payment that the lines lack. A break
    /// of its own says so; whatever two people note on that one, only a comparison in which both agree lifts this.
    #[error("the collector's counters are not the sum of its lines")]
    CountersDiffer,
    /// A message of the payment may be under way, and be recorded after the collector was asked.
    #[error("a message may still be under way for {wait_s} s")]
    UnderWay {
        /// Seconds.
        wait_s: i64,
    },
}

impl Hindrance {
    /// A stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Lacking => "lacking",
            Self::NotLacking => "not_lacking",
            Self::Settled => "settled",
            Self::DayOpen => "day_open",
            Self::AmountThere => "amount_there",
            Self::CheckLedger => "check_ledger",
            Self::AccountClosed => "account_closed",
            Self::CountersDiffer => "counters_differ",
            Self::UnderWay { .. } => "under_way",
        }
    }
}

/// Whether two people may end a break so, as far as the break, its payment and its day say. `payment` is none where the
/// break is about no payment of the hub.
pub fn may_end(
    class: BreakClass,
    facts: &BreakFacts,
    ending: Ending,
    payment: Option<Standing>,
    day: DayStanding,
) -> Result<(), Hindrance> {
    let waits = payment.is_some_and(|payment| payment.state.is_open() || payment.cancelling);
    if class == BreakClass::CarriedForward || waits {
        return Err(Hindrance::OutcomeUnknown);
    }
    let state = payment.map(|payment| payment.state);
    let lacks = facts.lacks();
    let wait_s = payment.map_or(0, |payment| NOT_CLEARED_WAIT_S.saturating_sub(payment.since_claim_s));
    match ending {
        Ending::Noted if lacks && state == Some(State::Accepted) => Err(Hindrance::Lacking),
        Ending::Noted => Ok(()),
        Ending::Recorded | Ending::Refunded if !lacks => Err(Hindrance::NotLacking),
        Ending::Recorded => Ok(()),
        Ending::Refunded if state == Some(State::Settled) => Err(Hindrance::Settled),
        Ending::Refunded if state != Some(State::Accepted) => Err(Hindrance::NotLacking),
        Ending::Refunded if facts.advice == Advice::CheckLedger => Err(Hindrance::CheckLedger),
        Ending::Refunded if facts.there() > domain::Yen::ZERO => Err(Hindrance::AmountThere),
        Ending::Refunded if day.state != ServiceState::Closed => Err(Hindrance::DayOpen),
        Ending::Refunded if !day.lines_are_counted => Err(Hindrance::CountersDiffer),
        Ending::Refunded if wait_s > 0 => Err(Hindrance::UnderWay { wait_s }),
        Ending::Refunded => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use domain::{PaymentId, Yen};

    use super::super::compare::{CollectorFacts, HubFacts};
    use super::*;

    const AMOUNT: i64 = 1_000;

    fn facts(state: Option<State>, lines: &[(&str, i64)], advice: Advice) -> BreakFacts {
        let hub = state.map(|state| HubFacts {
            payment: PaymentId::generate(),
            state,
            amount: Yen::new(AMOUNT),
            ledger: Yen::new(AMOUNT),
        });
        let line = |(status, amount): &(&str, i64)| CollectorFacts {
            status: (*status).to_owned(),
            amount: Yen::new(*amount),
        };
        BreakFacts { hub, collector: lines.iter().map(line).collect(), advice, sums: None }
    }

    /// A payment of which nothing is under way any more.
    fn standing(state: State) -> Standing {
        Standing { state, cancelling: false, since_claim_s: NOT_CLEARED_WAIT_S }
    }

    /// A day whose lines are all counted.
    fn day(state: ServiceState) -> DayStanding {
        DayStanding { state, lines_are_counted: true }
    }

    /// What becomes of each ending, noted, recorded and refunded, on a closed day.
    fn endings(class: BreakClass, facts: &BreakFacts, state: Option<State>) -> [&'static str; 3] {
        let payment = state.map(standing);
        Ending::ALL.map(|ending| {
            let may = may_end(class, facts, ending, payment, day(ServiceState::Closed));
            may.map_or_else(Hindrance::code, |()| "may")
        })
    }

    #[test]
    fn what_the_collector_lacks_is_never_settled_by_a_note() {
        use BreakClass::{AmountDiffers, Conflicting, Duplicate, MissingThere};
        let accepted = Some(State::Accepted);
        let missing = ["lacking", "may", "may"];
        for (class, lines, expected) in [
            (MissingThere, &[][..], missing),
            (Conflicting, &[("refused", AMOUNT)], missing),
            (Conflicting, &[("cancelled", AMOUNT)], missing),
            (Duplicate, &[("refused", AMOUNT), ("cancelled", AMOUNT)], missing),
            (AmountDiffers, &[("cleared", AMOUNT - 1)], ["lacking", "may", "amount_there"]),
            (AmountDiffers, &[("provisional", AMOUNT + 1)], ["may", "not_lacking", "not_lacking"]),
            (Duplicate, &[("cleared", AMOUNT), ("cleared", AMOUNT)], ["may", "not_lacking", "not_lacking"]),
        ] {
            let facts = facts(accepted, lines, Advice::RecordThere);
            assert_eq!(endings(class, &facts, accepted), expected, "{class:?} {lines:?}");
        }
        let spoiled = facts(accepted, &[], Advice::CheckLedger);
        assert_eq!(endings(Conflicting, &spoiled, accepted), ["lacking", "may", "check_ledger"]);
    }

    #[test]
    fn what_settles_nothing_ends_by_a_note() {
        let stray = facts(None, &[("cleared", AMOUNT)], Advice::UndoThere);
        let noted = ["may", "not_lacking", "not_lacking"];
        assert_eq!(endings(BreakClass::MissingHere, &stray, None), noted);
        for state in [State::Rejected, State::Voided, State::Cancelled, State::Refunded] {
            let facts = facts(Some(state), &[], Advice::UndoThere);
            assert_eq!(endings(BreakClass::Conflicting, &facts, Some(state)), noted, "{state}");
        }
    }

    #[test]
    fn what_is_settled_is_at_the_collector_and_what_is_open_waits() {
        let missing = facts(Some(State::Accepted), &[], Advice::RecordThere);
        let of = |state| endings(BreakClass::MissingThere, &missing, Some(state));
        assert_eq!(of(State::Settled), ["may", "may", "settled"]);
        assert_eq!(of(State::Cancelled), ["may", "may", "not_lacking"], "cancelled since it was found");
        for state in [State::Held, State::Sending, State::Unknown] {
            assert_eq!(of(state), ["outcome_unknown"; 3], "{state}");
        }
        let carried = endings(BreakClass::CarriedForward, &missing, Some(State::Accepted));
        assert_eq!(carried, ["outcome_unknown"; 3]);
        let cancelling = Some(Standing { cancelling: true, ..standing(State::Accepted) });
        for ending in Ending::ALL {
            let closed = day(ServiceState::Closed);
            let may = may_end(BreakClass::MissingThere, &missing, ending, cancelling, closed);
            assert_eq!(may, Err(Hindrance::OutcomeUnknown), "{ending:?}");
        }
    }

    #[test]
    fn each_ending_has_its_word() {
        assert_eq!(Ending::ALL.map(Ending::as_str), ["noted", "recorded", "refunded"]);
    }

    #[test]
    fn nothing_is_paid_back_before_the_day_is_closed() {
        let missing = facts(Some(State::Accepted), &[], Advice::RecordThere);
        let accepted = Some(standing(State::Accepted));
        for state in ServiceState::ALL {
            let may = may_end(BreakClass::MissingThere, &missing, Ending::Refunded, accepted, day(state));
            let expected = if state == ServiceState::Closed { Ok(()) } else { Err(Hindrance::DayOpen) };
            assert_eq!(may, expected, "{state}");
            let looked = may_end(BreakClass::MissingThere, &missing, Ending::Recorded, accepted, day(state));
            assert_eq!(looked, Ok(()), "{state}");
        }
    }

    #[test]
    fn nothing_is_paid_back_while_the_books_contradict_themselves_or_a_message_is_under_way() {
        let missing = facts(Some(State::Accepted), &[], Advice::RecordThere);
        let closed = day(ServiceState::Closed);
        let may = |ending, since_claim_s, day| {
            let payment = Some(Standing { since_claim_s, ..standing(State::Accepted) });
            may_end(BreakClass::MissingThere, &missing, ending, payment, day)
        };
        let uncounted = DayStanding { lines_are_counted: false, ..closed };
        assert_eq!(may(Ending::Refunded, NOT_CLEARED_WAIT_S, uncounted), Err(Hindrance::CountersDiffer));
        for (since_claim_s, wait_s) in [(0, NOT_CLEARED_WAIT_S), (NOT_CLEARED_WAIT_S - 1, 1)] {
            let refused = may(Ending::Refunded, since_claim_s, closed);
            assert_eq!(refused, Err(Hindrance::UnderWay { wait_s }));
        }
        assert_eq!(may(Ending::Refunded, NOT_CLEARED_WAIT_S, closed), Ok(()));
        assert_eq!(may(Ending::Recorded, 0, uncounted), Ok(()));
    }
}
