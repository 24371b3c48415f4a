//! Which window of a collector closes next, and what keeps it open.

use database::read;
use domain::{CollectorNumber, Date};

use super::{store, window};
use crate::reconciliation::Summary;
use crate::service::{ServiceDay, ServiceState};
use crate::{Gateway, StoreError};

/// Late payments whose dates one look considers.
const LATE_MAX: i64 = 1_000;

/// Why a window cannot be closed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// A day of the window is still to come, or goes on.
    NotOver(Date),
    /// The collector has not closed a processing date.
    NotClosed(Date),
    /// A processing date has not been compared since its close.
    NotReconciled(Date),
    /// The comparison of a processing date found differences that nobody has resolved.
    Breaks {
        /// The processing date.
        date: Date,
        /// How many.
        count: u32,
    },
}

impl Obstacle {
    /// A stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOver(_) => "not_over",
            Self::NotClosed(_) => "not_closed",
            Self::NotReconciled(_) => "not_reconciled",
            Self::Breaks { .. } => "breaks",
        }
    }

    /// The processing date.
    pub const fn date(&self) -> Date {
        match self {
            Self::NotOver(date) | Self::NotClosed(date) | Self::NotReconciled(date) => *date,
            Self::Breaks { date, .. } => *date,
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOver(date) => write!(f, "{date} is not over"),
            Self::NotClosed(date) => write!(f, "{date} is not closed"),
            Self::NotReconciled(date) => write!(f, "{date} is not reconciled"),
            Self::Breaks { date, count } => write!(f, "{date} has {count} open breaks"),
        }
    }
}

/// The window that closes next: the earliest that is not closed and has something in it. `first` is the first
/// processing date after the closed windows on which anything happened; `late` says that something is owed from
/// before.
pub fn next(closed_through: Option<Date>, first: Option<Date>, late: bool) -> Option<Date> {
    let own = first.map(window::of);
    let of_late = closed_through.filter(|_| late).map(window::after);
    own.into_iter().chain(of_late).min()
}

/// The breaks that keep a window open. What is carried forward keeps none: it is not owed, and settles when it is.
fn breaks(summary: &Summary) -> u32 {
    match summary.not_kept {
        0 => summary.open_breaks.saturating_sub(summary.carried_forward),
        more => summary.open_breaks.saturating_add(more),
    }
}

/// Whether the last comparison of a day left payments without a known outcome, whatever their class.
fn has_unsettled(day: &ServiceDay) -> bool {
    day.reconciliation.as_ref().is_some_and(|summary| summary.unsettled > 0)
}

/// Why a processing date keeps its window open. `has_payments` counts where the day never began, `open_items` where its
/// comparison left something without a known outcome.
pub fn obstacle(
    date: Date,
    day: Option<&ServiceDay>,
    has_payments: bool,
    open_items: u32,
    today: Date,
) -> Option<Obstacle> {
    let Some(day) = day else {
        let over = date < today;
        return if over {
            has_payments.then_some(Obstacle::NotClosed(date))
        } else {
            Some(Obstacle::NotOver(date))
        };
    };
    if day.state != ServiceState::Closed {
        return Some(Obstacle::NotClosed(date));
    }
    let Some(summary) = day.reconciliation.as_ref().filter(|summary| summary.after_close) else {
        return Some(Obstacle::NotReconciled(date));
    };
    // what was open at the close is compared again when it has an outcome, also where two people resolved its break
    if summary.is_outdated(open_items) {
        return Some(Obstacle::NotReconciled(date));
    }
    let count = breaks(summary);
    (count > 0).then_some(Obstacle::Breaks { date, count })
}

impl Gateway {
    /// The window of a collector that closes next, if anything is in one. `closed_through`: the latest closed one.
    pub(super) async fn next_window(
        &self,
        collector: &CollectorNumber,
        closed_through: Option<Date>,
    ) -> Result<Option<Date>, StoreError> {
        let first = self.first_date_after(collector, closed_through).await?;
        let late = match closed_through {
            Some(closed) => {
                !self.owed(collector, closed, &store::owed_prefix(collector), 1).await?.is_empty()
            }
            None => false,
        };
        Ok(next(closed_through, first, late))
    }

    /// The first processing date after `date` on which anything happened at a collector.
    pub(super) async fn first_date_after(
        &self,
        collector: &CollectorNumber,
        date: Option<Date>,
    ) -> Result<Option<Date>, StoreError> {
        let first: Option<String> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT min(date) FROM (
                     SELECT min(date) AS date FROM service_day WHERE collector = $1 AND date > $2
                     UNION ALL
                     SELECT min(receipt_date) FROM payment WHERE collector = $1 AND receipt_date > $2
                 ) AS first",
            )
            .bind(collector.as_str())
            .bind(date.map(|date| date.to_string()).unwrap_or_default())
            .fetch_one(c)
            .await
        })?;
        first.as_deref().map(StoreError::parse).transpose()
    }

    /// What keeps a collector's window open; nothing where it can be closed. The dates of what was accepted late count
    /// too.
    pub(super) async fn obstacles(
        &self,
        collector: &CollectorNumber,
        window: Date,
        closed_through: Option<Date>,
    ) -> Result<Vec<Obstacle>, StoreError> {
        let mut dates = match closed_through {
            Some(closed) => self.owed_dates(collector, closed).await?,
            None => Vec::new(),
        };
        dates.extend(window::receipt_dates(window));
        self.obstacles_of(collector, dates).await
    }

    /// What keeps a close from going on that has begun: a processing date of what is owed still, which was changed
    /// since by an outcome that came late.
    pub(super) async fn obstacles_of_owed(
        &self,
        collector: &CollectorNumber,
        window: Date,
    ) -> Result<Vec<Obstacle>, StoreError> {
        let dates = self.owed_dates(collector, window).await?;
        self.obstacles_of(collector, dates).await
    }

    /// What keeps payments of these receipt dates from going over.
    pub(super) async fn obstacles_of(
        &self,
        collector: &CollectorNumber,
        dates: impl IntoIterator<Item = Date>,
    ) -> Result<Vec<Obstacle>, StoreError> {
        let mut obstacles = Vec::new();
        for date in dates {
            obstacles.extend(self.obstacle(collector, date).await?);
        }
        Ok(obstacles)
    }

    /// The receipt dates up to `last` of which something is owed.
    async fn owed_dates(&self, collector: &CollectorNumber, last: Date) -> Result<Vec<Date>, StoreError> {
        let prefix = store::owed_prefix(collector);
        let keys: Vec<String> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT key FROM guard WHERE key > $1 AND key < $2 ORDER BY key LIMIT $3")
                .bind(&prefix)
                .bind(store::owed_end(collector, last))
                .bind(LATE_MAX)
                .fetch_all(c)
                .await
        })?;
        let date =
            |key: &String| key.strip_prefix(&prefix).and_then(|rest| rest.split('|').next()?.parse().ok());
        let mut dates: Vec<Date> = keys.iter().filter_map(date).collect();
        dates.dedup();
        Ok(dates)
    }

    async fn obstacle(
        &self,
        collector: &CollectorNumber,
        date: Date,
    ) -> Result<Option<Obstacle>, StoreError> {
        let day = self.service_day(collector, date).await?;
        let has_payments = day.is_none() && self.has_payments(collector, date).await?;
        let open_items = match &day {
            Some(day) if has_unsettled(day) => self.open_items(collector, date).await?.1,
            _ => 0,
        };
        Ok(obstacle(date, day.as_ref(), has_payments, open_items, self.now().date()))
    }

    async fn has_payments(&self, collector: &CollectorNumber, date: Date) -> Result<bool, StoreError> {
        let found: Option<i64> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT CAST(1 AS BIGINT) FROM payment WHERE collector = $1 AND receipt_date = $2 LIMIT 1",
            )
            .bind(collector.as_str())
            .bind(date.to_string())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_forward_is_no_break_here() {
        let of = |open_breaks, carried_forward, not_kept| {
            breaks(&Summary { open_breaks, carried_forward, not_kept, ..Summary::default() })
        };
        assert_eq!([of(0, 0, 0), of(3, 0, 0), of(2, 2, 0), of(3, 2, 0)], [0, 3, 0, 1]);
        assert_eq!(of(1_000, 2_000, 3_000), 4_000, "what was not kept cannot be told apart");
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_window_is_the_earliest_with_anything_in_it() {
        let closed = Some(day("2026-11-20"));
        assert_eq!(next(None, None, false), None);
        assert_eq!(next(None, Some(day("2026-11-21")), false), Some(day("2026-11-24")));
        assert_eq!(next(closed, None, false), None);
        assert_eq!(next(closed, Some(day("2026-11-21")), false), Some(day("2026-11-24")));
        assert_eq!(next(closed, Some(day("2026-11-30")), false), Some(day("2026-11-30")));
        assert_eq!(next(closed, Some(day("2026-11-30")), true), Some(day("2026-11-24")));
        assert_eq!(next(closed, None, true), Some(day("2026-11-24")));
    }
}
