//! What is to be done with a batch at a moment. Pure.

use domain::time::TimeOfDay;
use domain::{Date, Timestamp};

use crate::Terms;
use crate::batch::{Batch, Position, State};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Todo {
    /// Its time has not come, or nothing is left to do.
    Wait,
    /// Nobody approved it before its cut-off.
    Void,
    /// It is debited, or its debits begin, for the time of this number; whether another follows.
    Try {
        /// The number of the time, from 0.
        slot: usize,
        /// Whether it is the last.
        last: bool,
    },
    /// Its day is over, and it was not debited.
    GiveUp,
    /// Its rows have their turn.
    Post,
    /// All rows have had it: it is done as soon as its account is empty.
    Close,
}

/// What is to be done with a batch.
pub fn todo(terms: &Terms, batch: &Batch, position: &Position, now: Timestamp) -> Todo {
    let (kind, day) = (batch.heading.kind, batch.heading.day);
    match position.state {
        Some(State::Requested) if now >= batch.approved_before(terms) => Todo::Void,
        Some(State::Approved) if now.date() > day => Todo::GiveUp,
        Some(State::Approved) => {
            let funded = terms.funded_on(kind, day, batch.is_within());
            attempt(terms.tries(kind, day), funded, position.slot, now)
        }
        Some(State::Running) if now >= terms.carried_out_from(kind, day) => Todo::Post,
        Some(State::Handed) => Todo::Close,
        _ => Todo::Wait,
    }
}

fn attempt(tries: &[TimeOfDay], on: Date, tried: Option<usize>, now: Timestamp) -> Todo {
    // a process that was not there tries once for all the times that have passed
    match tries.iter().rposition(|time| now >= Timestamp::from_jst(on, *time)) {
        Some(slot) if tried.is_none_or(|tried| tried < slot) => {
            Todo::Try { slot, last: slot + 1 == tries.len() }
        }
        _ => Todo::Wait,
    }
}
