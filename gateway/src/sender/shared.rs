//! What the deliveries of one process know of each other. It starts anew with the process; what has to
//! outlive it is in the outbox.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Deliveries that the worker has under way for one destination.
const LANE_DELIVERIES_MAX: usize = 16;

/// What the deliveries of a process share.
#[derive(Default)]
pub(crate) struct Shared {
    /// Not before when this process looks at a key again, whatever the last look came to; the pause between
    /// two deliveries is the lease's, for all processes. Elapsed time, so it starts anew with the process.
    not_before: Mutex<HashMap<String, Instant>>,
    /// The keys that are not resent any more and of which this process has told, so that it does not look for the
    /// alarm each time: no more than the payments that people have to decide.
    told: Mutex<HashSet<String>>,
    lanes: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// One place a destination, for whoever has all that is unknown there asked for again.
    turns: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// The last key of each destination's last look, where more follows: work that has to wait must not hide
    /// the work behind it.
    looked_until: Mutex<HashMap<String, String>>,
    looks: AtomicU64,
}

impl Shared {
    pub(super) fn count_look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    /// Looks at all open work so far.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    pub(super) fn must_wait(&self, key: &str) -> bool {
        self.not_before().get(key).is_some_and(|until| Instant::now() < *until)
    }

    pub(super) fn wait(&self, key: &str, pause: Duration) {
        self.not_before().insert(key.to_owned(), Instant::now() + pause);
    }

    pub(super) fn forget(&self, key: &str) {
        self.not_before().remove(key);
    }

    /// Whether this process has told that the key is not resent any more.
    pub(super) fn has_told(&self, key: &str) -> bool {
        self.told().contains(key)
    }

    pub(super) fn tell(&self, key: &str) {
        self.told().insert(key.to_owned());
    }

    fn told(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the pauses that are over, so that the map holds no more than what is open.
    pub(super) fn forget_the_past(&self) {
        let now = Instant::now();
        self.not_before().retain(|_, until| now < *until);
    }

    pub(super) fn looked_until(&self, destination: &str) -> String {
        self.cursors().get(destination).cloned().unwrap_or_default()
    }

    pub(super) fn look_on_from(&self, destination: &str, key: String) {
        self.cursors().insert(destination.to_owned(), key);
    }

    pub(super) fn look_from_the_start(&self, destination: &str) {
        self.cursors().remove(destination);
    }

    fn cursors(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.looked_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn not_before(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.not_before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The places of a destination, for whatever is delivered on somebody's behalf.
    pub(crate) fn lane(&self, destination: &str) -> Arc<Semaphore> {
        places(&self.lanes, destination, LANE_DELIVERIES_MAX)
    }

    /// The turn to have all that is unknown at a destination asked for again; none while another has it.
    pub(crate) fn turn(&self, destination: &str) -> Option<OwnedSemaphorePermit> {
        places(&self.turns, destination, 1).try_acquire_owned().ok()
    }
}

fn places(of: &Mutex<HashMap<String, Arc<Semaphore>>>, destination: &str, count: usize) -> Arc<Semaphore> {
    let mut all = of.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(all.entry(destination.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(count))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_the_turn_of_a_destination_at_a_time() {
        let shared = Shared::default();
        let turn = shared.turn("00200");
        assert!(turn.is_some() && shared.turn("00200").is_none() && shared.turn("00500").is_some());
        drop(turn);
        assert!(shared.turn("00200").is_some());
    }

    #[test]
    fn a_pause_that_is_over_is_forgotten() {
        let shared = Shared::default();
        shared.wait("over", Duration::ZERO);
        shared.wait("waits", Duration::from_secs(60));
        assert!(!shared.must_wait("over") && shared.must_wait("waits"));
        shared.forget_the_past();
        assert_eq!(shared.not_before().keys().collect::<Vec<_>>(), ["waits"]);
        shared.forget("waits");
        assert!(!shared.must_wait("waits"));
    }
}
