//! Makes a comparison and keeps it.

use std::collections::HashMap;

use collectors::Collector;
use collectors::protocol::{Counters, Line};
use domain::{CollectorNumber, Date, ReconciliationId};
use ledger::Commit;
use tokio::time::Instant;

use super::breaks::turn;
use super::compare::{BreakClass, HubItem, compare};
use super::store::resolution_row;
use super::{Reconciliation, Resolution, Summary};
use crate::service::day::{Change, ServiceDay};
use crate::service::{ServiceError, ServiceState, Unanswered};
use crate::{AlarmKind, Gateway, NewAlarm, Operator, StoreError};

/// How often a comparison is begun anew because the day or the collector's counters moved on.
pub(super) const TRIES_MAX: u32 = 5;
/// New breaks that one comparison keeps; the others are counted.
const BREAKS_KEPT_MAX: usize = 1_000;

/// What both sides said of a day.
pub(super) struct Heard {
    pub items: Vec<HubItem>,
    pub lines: Vec<Line>,
    pub counters: Option<Counters>,
    pub at: Instant,
}

/// A comparison that was kept, for whoever acts on it.
pub(super) struct Compared {
    pub made: Reconciliation,
    /// The day as the comparison left it.
    pub day: ServiceDay,
    /// Since when the collector's books may say something else.
    pub heard_at: Instant,
}

impl Gateway {
    /// 精査 of a day: compares, keeps what was found, and ends what is not found any more.
    pub async fn reconcile(
        &self,
        collector: &CollectorNumber,
        date: Date,
        operator: &Operator,
    ) -> Result<Reconciliation, ServiceError> {
        Ok(self.compare_day(collector, date, operator).await?.made)
    }

    /// The same, with what the comparison is worth.
    pub(super) async fn compare_day(
        &self,
        collector: &CollectorNumber,
        date: Date,
        operator: &Operator,
    ) -> Result<Compared, ServiceError> {
        let row = self.connected(collector)?;
        for _ in 0..TRIES_MAX {
            // read before everything else: whatever changes the day from here on makes the commit stale
            let day = self.day(row, date).await?;
            let heard = match self.hear(row, date).await {
                Ok(heard) => heard,
                Err(error) => return Err(self.failed(day, "reconcile", error.into(), operator).await),
            };
            if heard.counters.is_none() && day.state == ServiceState::Closed {
                continue;
            }
            if let Some((made, day)) = self.keep_comparison(&day, &heard, operator).await? {
                return Ok(Compared { made, day, heard_at: heard.at });
            }
        }
        Err(ServiceError::MovedOn)
    }

    /// The collector's word between two looks at the hub's own payments.
    async fn hear(&self, row: &Collector, date: Date) -> Result<Heard, Unanswered> {
        let before = self.hub_items(&row.number, date).await?;
        let counted_before = self.ask_counter(row, date).await?;
        let lines = self.ask_lines(row, date).await?;
        // from before the question on: nobody knows when the answer was made
        let at = Instant::now();
        let counted = self.ask_counter(row, date).await?;
        let items = moved(&before, self.hub_items(&row.number, date).await?);
        Ok(Heard { items, lines, counters: (counted == counted_before).then_some(counted), at })
    }

    pub(super) async fn keep_comparison(
        &self,
        day: &ServiceDay,
        heard: &Heard,
        operator: &Operator,
    ) -> Result<Option<(Reconciliation, ServiceDay)>, StoreError> {
        let comparison = compare(&heard.items, &heard.lines, heard.counters);
        let number = day.reconciliation.as_ref().map_or(0, |r| r.number).saturating_add(1);
        let mut summary = Summary::of(number, day.state == ServiceState::Closed, &comparison);
        let known = self.known_breaks(&day.collector, day.date).await?;
        let turn = turn(&known, &comparison.differences, BREAKS_KEPT_MAX);
        (summary.open_breaks, summary.not_kept) = (count(turn.open), count(turn.not_kept));
        let now = self.now();
        let made = Reconciliation {
            id: ReconciliationId::generate(),
            collector: day.collector.clone(),
            date: day.date,
            at: now,
            by: operator.clone(),
            summary,
        };
        let mut commit = Commit::default();
        commit.rows.push(made.row()?);
        for found in &turn.new {
            commit.rows.push(made.break_row(found)?);
        }
        let note = format!("comparison {number} did not find it as it was");
        let gone = Resolution {
            at: now,
            by: operator.clone(),
            checked_by: None,
            note,
            vanished: true,
            refunded: false,
        };
        commit.rows.extend(turn.vanished.iter().map(|id| resolution_row(*id, &gone)));
        if turn.new.iter().any(|found| found.class != BreakClass::CarriedForward) {
            commit.rows_if_free.push(alarm(&made).row(now));
        }
        let change = Change::Reconciled(made.summary.clone());
        let Some(next) = self.take_step(day, &change, operator, commit).await? else { return Ok(None) };
        let (breaks, text) = (made.summary.open_breaks, made.summary.text());
        if breaks > 0 {
            tracing::error!(day = %day.name(), breaks, "{text}");
        } else {
            tracing::info!(day = %day.name(), "{text}");
        }
        Ok(Some((made, next)))
    }
}

/// The later look, with what changed since the earlier one marked.
pub fn moved(before: &[HubItem], after: Vec<HubItem>) -> Vec<HubItem> {
    let stood = |item: &HubItem| (item.state, item.cancelling);
    let before: HashMap<_, _> = before.iter().map(|item| (item.serial, stood(item))).collect();
    after
        .into_iter()
        .map(|item| HubItem { moved: before.get(&item.serial) != Some(&stood(&item)), ..item })
        .collect()
}

fn alarm(made: &Reconciliation) -> NewAlarm {
    NewAlarm {
        kind: AlarmKind::ReconciliationBreaks,
        subject: format!("{}/{}", made.collector, made.date),
        collector: Some(made.collector.clone()),
        detail: made.summary.text(),
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
