//! What people and the API see of settlement: windows with what keeps them open, net payments, and the payments of one.

use std::collections::BTreeMap;

use collectors::Collector;
use database::read;
use domain::{CollectorNumber, Date, PaymentId, SettlementId, Yen};
use sqlx::QueryBuilder;

use super::days::Obstacle;
use super::state::{self, AdviceState, Settlement, SettlementState, Sums};
use super::store::{self, SettlementRow};
use super::window;
use crate::{Gateway, Payment, StoreError};

/// Days that one look at windows goes through at most.
const WINDOW_DAYS_MAX: usize = 62;
/// Net payments, and payments of one, that a page has at most.
const PAGE_MAX: u32 = 500;

/// Which windows to show.
#[derive(Clone, Debug)]
pub struct WindowQuery {
    /// The first window.
    pub from: Date,
    /// The last one, at most 62 days later.
    pub until: Date,
    /// Only of this collector.
    pub collector: Option<CollectorNumber>,
}

/// Where a window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowState {
    /// What is accepted now may still settle in it.
    Open,
    /// Its payments are going over.
    Closing,
    /// It is closed.
    Closed,
}

impl WindowState {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }
}

/// A window of one collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementWindow {
    /// The collector.
    pub collector: CollectorNumber,
    /// The business day.
    pub date: Date,
    /// Where it stands.
    pub state: WindowState,
    /// Why it is not closed yet: an earlier window, then what is in its own way.
    pub earlier_open: Option<Date>,
    /// What is in its own way; nothing where it is about to be closed.
    pub obstacles: Vec<Obstacle>,
    /// What has gone over, or would now.
    pub sums: Sums,
    /// The settlement, from the begin of the close on.
    pub settlement: Option<Settlement>,
    /// The same, or the one that would begin now: who is paid, and how much.
    pub terms: Settlement,
    /// When the net payment is due, or would be if the window were closed on its own day or now.
    pub pay_date: Date,
}

/// Which net payments to show, newest first.
#[derive(Clone, Debug, Default)]
pub struct NetPaymentQuery {
    /// Only of this collector.
    pub collector: Option<CollectorNumber>,
    /// Only those that are paid, or only those that are not.
    pub paid: Option<bool>,
    /// Only those whose advice is here.
    pub advice: Option<AdviceState>,
    /// Due on or after this day.
    pub due_from: Option<Date>,
    /// Due on or before this day.
    pub due_until: Option<Date>,
    /// Older than this one, the last of the page before: its pay date and number.
    pub before: Option<(Date, String)>,
    /// At most this many, and never more than 500.
    pub limit: u32,
}

/// Some of the payments of a net payment.
#[derive(Clone, Debug, Default)]
pub struct SettledPage {
    /// In the order of their ids.
    pub payments: Vec<Payment>,
    /// Whether more follow behind the last one.
    pub more: bool,
}

impl Gateway {
    /// Windows, by date and then in the order of the directory: those in which anything is or was.
    pub async fn settlement_windows(&self, query: &WindowQuery) -> Result<Vec<SettlementWindow>, StoreError> {
        let wanted = |row: &&Collector| query.collector.as_ref().is_none_or(|number| *number == row.number);
        let mut windows = Vec::new();
        for row in self.directory().all().iter().filter(wanted) {
            windows.extend(self.windows_of(row, query).await?);
        }
        windows.sort_by_key(|window| window.date);
        Ok(windows)
    }

    /// One window, where anything is or was in it.
    pub async fn settlement_window(&self, id: SettlementId) -> Result<Option<SettlementWindow>, StoreError> {
        let Some((collector, date)) = state::named(id) else { return Ok(None) };
        let query = WindowQuery { from: date, until: date, collector: Some(collector) };
        Ok(self.settlement_windows(&query).await?.pop())
    }

    async fn windows_of(
        &self,
        row: &Collector,
        query: &WindowQuery,
    ) -> Result<Vec<SettlementWindow>, StoreError> {
        let dates: Vec<Date> = (query.from.iter_days().take(WINDOW_DAYS_MAX))
            .take_while(|date| *date <= query.until)
            .filter(|date| window::is_window(*date))
            .collect();
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(Vec::new()) };
        let mut windows = Vec::new();
        for settlement in self.settlements_of(row, *first, *last).await? {
            let obstacles = match settlement.state {
                SettlementState::Closing => self.obstacles_of_owed(&row.number, settlement.window).await?,
                _ => Vec::new(),
            };
            windows.push(SettlementWindow::of(settlement, obstacles));
        }
        let closed_through = self.latest_settlement(&row.number).await?.map(|settlement| settlement.window);
        let Some(next) = self.next_window(&row.number, closed_through).await? else { return Ok(windows) };
        let mut sums = self.owed_sums(row, closed_through, *last).await?;
        let touched = self.touched_windows(row, next, *last).await?;
        for date in touched.into_iter().filter(|date| date >= first) {
            let new = Settlement::new(row, date, &self.0.settings.bank);
            let sums = sums.remove(&date).unwrap_or_default();
            windows.push(SettlementWindow {
                collector: row.number.clone(),
                date,
                state: WindowState::Open,
                earlier_open: (date > next).then_some(next),
                obstacles: self.obstacles(&row.number, date, closed_through).await?,
                sums,
                settlement: None,
                pay_date: window::pay_date(date, new.lag_business_days, self.now().date().max(date)),
                terms: Settlement { sums, ..new },
            });
        }
        Ok(windows)
    }

    async fn settlements_of(
        &self,
        row: &Collector,
        first: Date,
        last: Date,
    ) -> Result<Vec<Settlement>, StoreError> {
        let sql = format!(
            "SELECT e.seq, e.body FROM settlement s {}
             WHERE s.collector = $1 AND s.window_date >= $2 AND s.window_date <= $3 ORDER BY s.window_date",
            store::last("s.id")
        );
        let rows: Vec<SettlementRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(row.number.as_str())
                .bind(first.to_string())
                .bind(last.to_string())
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(Settlement::try_from).collect()
    }

    /// What is owed to a collector for receipt dates up to `last`, by the window in which it would settle.
    async fn owed_sums(
        &self,
        row: &Collector,
        closed_through: Option<Date>,
        last: Date,
    ) -> Result<BTreeMap<Date, Sums>, StoreError> {
        type OfDate = (String, i64, i64, i64);
        let of_dates: Vec<OfDate> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT p.receipt_date, count(*), CAST(sum(p.amount) AS BIGINT),
                     CAST(sum(CASE WHEN p.fee_hold IS NULL THEN 0 ELSE p.fee END) AS BIGINT)
                 FROM guard g CROSS JOIN payment p WHERE p.id = g.entity AND g.key > $1 AND g.key < $2
                 GROUP BY p.receipt_date",
            )
            .bind(store::owed_prefix(&row.number))
            .bind(store::owed_end(&row.number, last))
            .fetch_all(c)
            .await
        })?;
        let mut windows: BTreeMap<Date, Sums> = BTreeMap::new();
        for (date, count, amount, fee) in of_dates {
            let date = window::settles_in(StoreError::parse(&date)?, closed_through);
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let more = Sums { count, amount: Yen::new(amount), fee: Yen::new(fee) };
            let sums = windows.entry(date).or_default();
            *sums = sums.plus(more).ok_or_else(|| StoreError::Corrupt("the sums do not fit".to_owned()))?;
        }
        Ok(windows)
    }

    /// The windows from `next` on, up to `last`, in which anything happened or is to settle.
    async fn touched_windows(
        &self,
        row: &Collector,
        next: Date,
        last: Date,
    ) -> Result<Vec<Date>, StoreError> {
        let mut windows = Vec::new();
        let mut window = Some(next);
        while let Some(date) = window.filter(|date| *date <= last) {
            windows.push(date);
            window = self.first_date_after(&row.number, Some(date)).await?.map(window::of);
        }
        Ok(windows)
    }

    /// Net payments, newest first.
    pub async fn net_payments(&self, query: &NetPaymentQuery) -> Result<Vec<Settlement>, StoreError> {
        let rows: Vec<SettlementRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(format!(
                "SELECT e.seq, e.body FROM net_payment n JOIN settlement s ON s.id = n.settlement {}
                 LEFT JOIN transfer t ON t.id = n.transfer
                 LEFT JOIN guard g ON g.key = 'advice|' || n.number WHERE 1 = 1",
                store::last("n.settlement")
            ));
            if let Some(collector) = &query.collector {
                sql.push(" AND s.collector = ").push_bind(collector.as_str());
            }
            match query.paid {
                Some(true) => drop(sql.push(" AND t.id IS NOT NULL")),
                Some(false) => drop(sql.push(" AND t.id IS NULL")),
                None => {}
            }
            match query.advice {
                Some(AdviceState::Open) => drop(sql.push(" AND g.key IS NOT NULL")),
                Some(advice) => {
                    sql.push(" AND e.body LIKE ").push_bind(format!("%\"advice\":\"{}\"%", advice.as_str()));
                }
                None => {}
            }
            if let Some(from) = query.due_from {
                sql.push(" AND n.pay_date >= ").push_bind(from.to_string());
            }
            if let Some(until) = query.due_until {
                sql.push(" AND n.pay_date <= ").push_bind(until.to_string());
            }
            if let Some((date, number)) = &query.before {
                sql.push(" AND (n.pay_date < ").push_bind(date.to_string());
                sql.push(" OR (n.pay_date = ").push_bind(date.to_string());
                sql.push(" AND n.number < ").push_bind(number.as_str()).push("))");
            }
            sql.push(" ORDER BY n.pay_date DESC, n.number DESC LIMIT ");
            sql.push_bind(i64::from(query.limit.clamp(1, PAGE_MAX)));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Settlement::try_from).collect()
    }

    /// The payments of a net payment behind `after`.
    pub async fn settled_payments(
        &self,
        settlement: SettlementId,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<SettledPage, StoreError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let mut payments = self.payments_settled_by(settlement, after, limit + 1).await?;
        let more = payments.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            payments.pop();
        }
        Ok(SettledPage { payments, more })
    }
}

impl SettlementWindow {
    /// Its id, which its settlement has too.
    pub fn id(&self) -> SettlementId {
        self.terms.id()
    }

    fn of(settlement: Settlement, obstacles: Vec<Obstacle>) -> Self {
        let planned = window::pay_date(settlement.window, settlement.lag_business_days, settlement.window);
        Self {
            collector: settlement.collector.clone(),
            date: settlement.window,
            state: match settlement.state {
                SettlementState::Closing => WindowState::Closing,
                _ => WindowState::Closed,
            },
            earlier_open: None,
            obstacles,
            sums: settlement.sums,
            pay_date: settlement.pay_date.unwrap_or(planned),
            terms: settlement.clone(),
            settlement: Some(settlement),
        }
    }
}
