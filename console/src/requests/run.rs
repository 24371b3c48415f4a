//! Who carries out an approved request: one process at a time, on however many it is seen.
//!
//! A run is a guard with a number, and the highest number of a request is the process that is at it. The approval takes
//! the first. Whoever is at it takes the next one before its lease is over; whoever sees the same number for a whole
//! lease takes the next one too, and then the process of the number before is dead or stands still. The record of the
//! result takes the next one again: so of a run, its successor and its result, the database lets one through. No number
//! is ever free again: whoever stood still meanwhile finds the next one taken. No clock is compared with another: a
//! lease is elapsed time at the process that looks on.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use database::{Database, read};
use domain::StaffRequestId;
use ledger::GuardKey;
use tokio::time::Instant;

use super::store::RequestsError;

/// How long a run lasts, and when it is prolonged.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Seen for so long without a successor, a run is another's to take.
    pub lasts: Duration,
    /// Whoever is at it takes the next number after so long.
    pub renewed_after: Duration,
}

impl Default for Lease {
    fn default() -> Self {
        Self { lasts: Duration::from_secs(60), renewed_after: Duration::from_secs(15) }
    }
}

/// One run of a request, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub request: StaffRequestId,
    pub number: u32,
}

impl Run {
    /// The one that the approval takes.
    pub const fn first(request: StaffRequestId) -> Self {
        Self { request, number: 1 }
    }

    /// The one after it: whoever takes it ends this one.
    pub const fn next(self) -> Self {
        Self { request: self.request, number: self.number.saturating_add(1) }
    }

    /// Numbers of one width, so that keys are in their order.
    pub fn guard(self) -> GuardKey {
        GuardKey(format!("request-run|{}|{:010}", self.request, self.number))
    }

    /// The newest of a request; the one of number 0, where no process has been at it.
    pub async fn newest(database: &Database, request: StaffRequestId) -> Result<Self, RequestsError> {
        let (after, before) = (format!("request-run|{request}|"), format!("request-run|{request}}}"));
        let key: Option<String> = read!(database, |c| {
            sqlx::query_scalar("SELECT max(key) FROM guard WHERE key > $1 AND key < $2")
                .bind(&after)
                .bind(before)
                .fetch_one(c)
                .await
        })?;
        let Some(key) = key else { return Ok(Self { request, number: 0 }) };
        let number = key.strip_prefix(&after).and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| RequestsError::Corrupt(key.clone()))?;
        Ok(Self { request, number })
    }
}

/// What is to be done about the newest run of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is this process's own, and nothing is being done under it.
    GoOn,
    /// Its process has not been heard of for a lease.
    TakeOver,
    /// Somebody may be at it.
    Wait,
}

/// What this process has seen of runs.
#[derive(Default)]
pub(super) struct Runs(Mutex<HashMap<StaffRequestId, Seen>>);

struct Seen {
    number: u32,
    since: Instant,
    is_own: bool,
    is_busy: bool,
}

/// A run that this process is at, until this is dropped.
pub(super) struct AtWork<'r> {
    runs: &'r Runs,
    pub run: Run,
}

impl Runs {
    /// What to do about the newest run, where one lasts so long.
    pub fn turn(&self, newest: Run, lasts: Duration) -> Turn {
        let mut all = self.lock();
        let new = || Seen { number: newest.number, since: Instant::now(), is_own: false, is_busy: false };
        let seen = all.entry(newest.request).or_insert_with(new);
        if seen.is_busy {
            return Turn::Wait;
        }
        if seen.number != newest.number {
            *seen = new();
        }
        match seen.is_own {
            true => Turn::GoOn,
            false if seen.since.elapsed() >= lasts => Turn::TakeOver,
            false => Turn::Wait,
        }
    }

    /// This process is at it from here on; `None` where it is already.
    pub fn begin(&self, run: Run) -> Option<AtWork<'_>> {
        let mut all = self.lock();
        if all.get(&run.request).is_some_and(|seen| seen.is_busy) {
            return None;
        }
        all.insert(
            run.request,
            Seen { number: run.number, since: Instant::now(), is_own: true, is_busy: true },
        );
        Some(AtWork { runs: self, run })
    }

    /// Forgets all that are not among these.
    pub fn keep(&self, requests: &[StaffRequestId]) {
        self.lock().retain(|id, seen| seen.is_busy || requests.contains(id));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StaffRequestId, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if let Some(seen) = self.runs.lock().get_mut(&self.run.request) {
            seen.number = self.run.number;
            seen.is_busy = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_carried_out_once_at_a_time_in_a_process() {
        let runs = Runs::default();
        let (one, other) = (Run::first(StaffRequestId::generate()), Run::first(StaffRequestId::generate()));
        let first = runs.begin(one);
        assert!(first.is_some() && runs.begin(one).is_none());
        assert_eq!(runs.turn(one, Duration::ZERO), Turn::Wait);
        assert!(runs.begin(other).is_some(), "another is another");
        drop(first);
        assert_eq!(runs.turn(one, Duration::MAX), Turn::GoOn, "it is its own, and tried again at once");
        assert!(runs.begin(one).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn one_of_another_process_is_taken_after_a_whole_lease_without_a_successor() {
        let (runs, lasts) = (Runs::default(), Duration::from_secs(60));
        let mut run = Run::first(StaffRequestId::generate());
        for _ in 0..3 {
            assert_eq!(runs.turn(run, lasts), Turn::Wait, "it is seen for the first time");
            tokio::time::advance(Duration::from_secs(59)).await;
            assert_eq!(runs.turn(run, lasts), Turn::Wait);
            run = run.next();
        }
        assert_eq!(runs.turn(run, lasts), Turn::Wait);
        tokio::time::advance(lasts).await;
        assert_eq!(runs.turn(run, lasts), Turn::TakeOver);
        // another was faster
        assert_eq!(runs.turn(run.next(), lasts), Turn::Wait);
        runs.keep(&[]);
        assert!(runs.lock().is_empty(), "what has ended is forgotten");
    }

    #[test]
    fn keys_are_in_the_order_of_their_numbers() {
        let request = StaffRequestId::generate();
        let of = |number| Run { request, number }.guard();
        assert!(of(2) < of(10) && of(999) < of(1_000));
    }
}
