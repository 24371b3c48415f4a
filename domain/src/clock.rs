//! The one place that reads the machine's clock.
//!
//! *Business time* governs dates, hours, limits, tokens and sessions; it runs on from where it is set. *Machine
//! time* is for TLS and the `created` of signatures only. Elapsed time (timeouts, spacing) is `tokio::time`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::SystemTime;

use crate::time::Timestamp;

/// Business time, shared by everything in the process: the machine's time plus an offset.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Hand>);

#[derive(Debug, Default)]
struct Hand {
    /// Microseconds to add to the machine's time; the whole reading when frozen.
    offset_us: AtomicI64,
    frozen: AtomicBool,
}

/// The machine's own time, truncated to microseconds.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn machine_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

impl Clock {
    /// Business time that runs with an offset, in microseconds, from the machine's.
    pub fn with_offset_us(offset_us: i64) -> Self {
        let clock = Self::default();
        clock.set_offset_us(offset_us);
        clock
    }

    /// A clock that stands still, for tests and the simulation.
    pub fn frozen(at: Timestamp) -> Self {
        let clock = Self::default();
        clock.0.frozen.store(true, Ordering::SeqCst);
        clock.0.offset_us.store(at.micros(), Ordering::SeqCst);
        clock
    }

    /// Business time.
    pub fn now(&self) -> Timestamp {
        let offset = self.0.offset_us.load(Ordering::SeqCst);
        if self.0.frozen.load(Ordering::SeqCst) {
            return Timestamp::from_micros(offset);
        }
        Timestamp::from_micros(machine_now().micros().saturating_add(offset))
    }

    /// The offset in microseconds that makes business time read `now` at this moment.
    pub fn offset_us_for(now: Timestamp) -> i64 {
        now.micros().saturating_sub(machine_now().micros())
    }

    /// Changes the offset; every holder of this clock sees it at once.
    pub fn set_offset_us(&self, offset_us: i64) {
        self.0.offset_us.store(offset_us, Ordering::SeqCst);
    }

    /// Moves a frozen clock.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.offset_us.fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
    }
}
