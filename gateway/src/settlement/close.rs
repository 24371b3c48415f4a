//! Closes a window: its payments go over part by part, each part in one commit, and a last commit makes the net
//! payment.
//!
//! A process that ends between two commits leaves a settlement that is closing; any process goes on with it. What went
//! over is not owed any more, and a part is numbered, so that nothing goes over twice.
//!
//! What settles belongs to days that are closed and compared, also where it became owed after the close had begun: each
//! part looks at the days of its payments again. An outcome that came late makes its day wait for another comparison,
//! and the close with it.

use std::collections::BTreeSet;

use collectors::Collector;
use domain::{CollectorNumber, Date};
use ledger::Refused;

use super::days::Obstacle;
use super::state::{Settlement, SettlementState};
use super::step::{self, Owed, Step};
use super::{advice, store, window};
use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

/// Payments of one commit: small enough that no payer waits for it.
const PART_PAYMENTS_MAX: usize = 128;
/// How often a part is read again because one of its payments moved on.
const PART_TRIES_MAX: u32 = 8;

/// Why a window was not closed. What has gone over stays so, and the close may be repeated.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No collector has this number.
    #[error("no collector has this number")]
    UnknownCollector,
    /// Banks do no business on this day, so no window bears its date.
    #[error("{0} is no business day and has no window")]
    NotAWindow(Date),
    /// A later window is closed, and nothing was in this one.
    #[error("the windows up to {0} are closed")]
    Passed(Date),
    /// An earlier window has to be closed first.
    #[error("the window of {0} has to be closed first")]
    EarlierOpen(Date),
    /// It is too early, or too early to go on.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NotReady(Vec<Obstacle>),
    /// Another process closes it at the same time.
    #[error("the window is being closed by another process")]
    MovedOn,
    /// Our own data failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WindowError {
    /// A stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownCollector => "unknown_collector",
            Self::NotAWindow(_) => "not_a_window",
            Self::Passed(_) => "passed",
            Self::EarlierOpen(_) => "earlier_open",
            Self::NotReady(_) => "not_ready",
            Self::MovedOn => "moved_on",
            Self::Store(_) => "internal",
        }
    }
}

/// What closing a window came to for one collector.
#[derive(Debug)]
pub struct WindowOutcome {
    /// The collector.
    pub collector: CollectorNumber,
    /// The settlement, closed now or before, or why not.
    pub outcome: Result<Settlement, WindowError>,
}

impl Gateway {
    /// Closes the window of a business day: of one collector, or of every collector that has anything in it. What
    /// is closed already is answered as it is.
    pub async fn close_window(
        &self,
        window: Date,
        collector: Option<&CollectorNumber>,
        operator: &Operator,
    ) -> Result<Vec<WindowOutcome>, StoreError> {
        let mut outcomes = Vec::new();
        if let Some(collector) = collector {
            let outcome = match self.directory().get(collector) {
                Some(row) => self.close_one(row, window, operator).await,
                None => Err(WindowError::UnknownCollector),
            };
            outcomes.push(WindowOutcome { collector: collector.clone(), outcome });
            return Ok(outcomes);
        }
        for row in self.directory().all() {
            let latest = self.latest_settlement(&row.number).await?;
            let next = self.next_window(&row.number, latest.as_ref().map(|s| s.window)).await?;
            let concerns =
                latest.is_some_and(|s| s.window >= window) || next.is_some_and(|next| next <= window);
            if concerns {
                let outcome = self.close_one(row, window, operator).await;
                outcomes.push(WindowOutcome { collector: row.number.clone(), outcome });
            }
        }
        Ok(outcomes)
    }

    /// Closes one collector's window where nothing is in its way.
    pub(super) async fn close_one(
        &self,
        row: &Collector,
        window: Date,
        operator: &Operator,
    ) -> Result<Settlement, WindowError> {
        if !window::is_window(window) {
            return Err(WindowError::NotAWindow(window));
        }
        let latest = self.latest_settlement(&row.number).await?;
        let closed_through = latest.as_ref().map(|settlement| settlement.window);
        match latest {
            Some(latest) if latest.window == window => return self.finish(row, latest, operator).await,
            Some(latest) if latest.window > window => {
                let closed = self.settlement(super::state::id(&row.number, window)).await?;
                return closed.ok_or(WindowError::Passed(latest.window));
            }
            Some(latest) if latest.state == SettlementState::Closing => {
                return Err(WindowError::EarlierOpen(latest.window));
            }
            _ => {}
        }
        match self.next_window(&row.number, closed_through).await? {
            Some(next) if next < window => return Err(WindowError::EarlierOpen(next)),
            _ => {}
        }
        let obstacles = self.obstacles(&row.number, window, closed_through).await?;
        if !obstacles.is_empty() {
            return Err(WindowError::NotReady(obstacles));
        }
        let new = Settlement::new(row, window, &self.0.settings.bank);
        let step = step::begin(&new, operator, self.now())?;
        let begun = self.step(Persist::SettlementBegin, step).await?.ok_or(WindowError::MovedOn)?;
        self.finish(row, begun, operator).await
    }

    /// Goes on with a close that has begun, until the window is closed.
    #[tracing::instrument(level = "error", skip_all, fields(settlement = %settlement.number()))]
    pub(super) async fn finish(
        &self,
        row: &Collector,
        mut settlement: Settlement,
        operator: &Operator,
    ) -> Result<Settlement, WindowError> {
        if settlement.state != SettlementState::Closing {
            return Ok(settlement);
        }
        let mut after = store::owed_prefix(&row.number);
        let mut tries = 0;
        loop {
            let owed = self.owed(&row.number, settlement.window, &after, PART_PAYMENTS_MAX).await?;
            let Some(last) = owed.last().map(|owed| owed.key.0.clone()) else { break };
            let part: Vec<Owed> = owed.into_iter().filter(Owed::may_settle).collect();
            if part.is_empty() {
                after = last;
                continue;
            }
            // after they were read as owed: a comparison that counts the outcome of each of them
            let dates: BTreeSet<Date> = part.iter().map(|owed| owed.receipt_date).collect();
            let obstacles = self.obstacles_of(&row.number, dates).await?;
            if !obstacles.is_empty() {
                return Err(WindowError::NotReady(obstacles));
            }
            let step = step::part(&settlement, &part, self.now())?;
            if let Some(next) = self.step(Persist::SettlementPart, step).await? {
                (settlement, after, tries) = (next, last, 0);
                continue;
            }
            // a payment has moved on, and the part is read again; or the settlement, and another process is at it
            let now = self.settlement(settlement.id()).await?;
            tries += 1;
            if now.is_none_or(|now| now != settlement) || tries == PART_TRIES_MAX {
                return Err(WindowError::MovedOn);
            }
        }
        let now = self.now();
        let key = match settlement.sums.count {
            0 => None,
            _ => Some(self.0.serials.next(self.database(), now.date()).await?),
        };
        let step = step::close(&settlement, operator, now, |due| {
            let key = key.ok_or_else(|| StoreError::Corrupt("an advice without a key".to_owned()))?;
            advice::message(&self.0.settings.bank, due, &key, now)
        })?;
        let closed = self.step(Persist::SettlementClose, step).await?.ok_or(WindowError::MovedOn)?;
        tracing::info!(
            payments = closed.sums.count,
            amount = closed.sums.amount.get(),
            "the window is closed"
        );
        Ok(closed)
    }

    /// Commits a step. `None` where the settlement, or a payment of the part, has moved on.
    pub(super) async fn step(&self, what: Persist, step: Step) -> Result<Option<Settlement>, StoreError> {
        match self.persist(what, step.commit).await {
            Ok(_) => Ok(Some(step.settlement)),
            Err(Refused::Stale) => Ok(None),
            Err(refused) => Err(refused.into()),
        }
    }
}
