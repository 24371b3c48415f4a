//! 資金決済: what was accepted goes on to the collector, once, as one net payment a settlement window.
//!
//! The window of a receipt date is that day, or the next business day ([`window`]). It closes for a collector when
//! all processing dates in it are closed and compared without open breaks, and all windows before it are closed. What
//! is owed then, whatever its receipt date, goes from the clearing account to the settlement account; so a payment
//! that is accepted late settles in the next window that closes, or in one that is closing once its day is compared
//! again. On the pay date the sum goes on to the beneficiary.
//!
//! ```text
//! closing ──part──► closing ──closed──► due ──pay date──► paid
//!                           └─────────► empty
//! ```
//!
//! The schedule ([`Gateway::run`]) does all of it. For pages and the API: [`Gateway::settlement_windows`],
//! [`Gateway::net_payments`], [`Gateway::settlement`], [`Gateway::settled_payments`], [`Gateway::settlement_postings`]
//! and [`Gateway::clearing_accounts`] show; [`Gateway::close_window`], [`Gateway::pay_due`] and
//! [`Gateway::pay_settlement`] act, under the name of an [`Operator`], and may be repeated.

mod accounts;
mod advice;
pub(crate) mod audit;
mod close;
mod days;
mod pay;
mod query;
mod state;
mod step;
mod store;
#[cfg(test)]
pub(crate) mod tests;
pub mod window;

use std::collections::HashSet;
use std::time::Duration;

use collectors::Collector;
use edge::Shutdown;

use crate::alarm::{AlarmKind, NewAlarm};
use crate::{Gateway, Operator};

pub use accounts::{ClearingAccounts, SettlementPosting};
pub(crate) use advice::Tries;
pub use close::{WindowError, WindowOutcome};
pub use days::Obstacle;
pub use query::{NetPaymentQuery, SettledPage, SettlementWindow, WindowQuery, WindowState};
pub use state::{AdviceState, Settlement, SettlementState, Sums, id, named, number, of_number};

/// What is decided without looking anything up, for [`crate::decisions`].
pub mod rules {
    pub use super::advice::{conclude, message};
    pub use super::days::{next, obstacle};
    pub use super::state::Change;
    pub use super::step::{Owed, Step, advised, begin, close, part, pay};
    pub use super::store::{due, owed_end, owed_prefix, unadvised};
}

/// Looks at the open work for each look at settlement.
const POLLS: u32 = 10;
/// The least pause between two looks: each asks several questions about every collector.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// Looks of which one is at collectors that are not connected too: they have days no more.
const LOOKS_AT_ALL: u32 = 10;
/// Windows of one collector that one look closes; the next look goes on.
const WINDOWS_MAX: usize = 32;

/// What the looks of one process know.
#[derive(Default)]
struct Looks {
    count: u32,
    /// The windows that were told to be late.
    late: HashSet<String>,
}

impl Gateway {
    /// Closes windows, pays and tells the collectors until the stop is asked for.
    pub(crate) async fn settle_until(&self, mut stop: Shutdown) {
        let polls = Duration::from_millis(self.0.settings.poll_interval_ms).saturating_mul(POLLS);
        let pause = polls.max(PAUSE_MIN);
        let mut looks = Looks::default();
        while self.0.settings.keeps_days && !stop.is_requested() {
            tokio::select! {
                () = async { self.settle(&mut looks).await; tokio::time::sleep(pause).await } => {}
                // whatever is broken off goes on after the next start
                () = stop.requested() => {}
            }
        }
    }

    /// One look. The trouble of one collector keeps no other waiting.
    async fn settle(&self, looks: &mut Looks) {
        let at_all = looks.count.is_multiple_of(LOOKS_AT_ALL);
        looks.count = looks.count.wrapping_add(1);
        for row in self.directory().all().iter().filter(|row| at_all || row.available) {
            if let Err(error) = self.settle_collector(row, &mut looks.late).await {
                tracing::error!(collector = %row.number, %error, "a window cannot be closed");
            }
        }
        if let Err(error) = self.pay_due(&Operator::system()).await {
            tracing::error!(%error, "what is due cannot be paid");
        }
        if let Err(error) = self.advise().await {
            tracing::error!(%error, "the collectors cannot be told what will be paid");
        }
    }

    /// Closes the windows of one collector that can be closed, the earliest first.
    async fn settle_collector(&self, row: &Collector, late: &mut HashSet<String>) -> Result<(), WindowError> {
        let system = Operator::system();
        for _ in 0..WINDOWS_MAX {
            let latest = self.latest_settlement(&row.number).await?;
            let closed_through = latest.as_ref().map(|settlement| settlement.window);
            let (window, closed) =
                if let Some(closing) = latest.filter(|s| s.state == SettlementState::Closing) {
                    (closing.window, self.finish(row, closing, &system).await)
                } else if let Some(next) = self.next_window(&row.number, closed_through).await? {
                    (next, self.close_one(row, next, &system).await)
                } else {
                    return Ok(());
                };
            let Err(error) = closed else { continue };
            let new = Settlement::new(row, window, &self.0.settings.bank);
            self.alarm_of_late(&new, &error, late).await;
            return match error {
                // it is waited for, or another process closes it
                WindowError::NotReady(_) | WindowError::MovedOn => Ok(()),
                error => Err(error),
            };
        }
        Ok(())
    }

    /// A window that is not closed on its pay date is for people, once, whatever keeps it open.
    async fn alarm_of_late(&self, new: &Settlement, error: &WindowError, late: &mut HashSet<String>) {
        let pay_date = window::pay_date(new.window, new.lag_business_days, new.window);
        if self.now().date() < pay_date || late.contains(&new.number()) {
            return;
        }
        let alarm = NewAlarm {
            kind: AlarmKind::SettlementLate,
            subject: new.number(),
            collector: Some(new.collector.clone()),
            detail: format!("due on {pay_date}, and the window cannot be closed: {error}"),
        };
        match self.raise(&alarm).await {
            Ok(_) => {
                late.insert(new.number());
            }
            // told with the next look
            Err(error) => {
                tracing::error!(settlement = %new.number(), %error, "an alarm could not be raised");
            }
        }
    }
}
