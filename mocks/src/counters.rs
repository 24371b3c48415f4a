//! 収納カウンタ and 消込明細: what the collector's books say about one processing date.

use domain::{CentreCode, CollectorNumber, Date, Serial, Yen};
use sqlx::{Executor, Sqlite};

use crate::message::{Counters, Line, LinesPage, Tally};
use crate::store::StoreError;

/// Lines on one page.
const LINES_MAX: usize = 500;

/// Rows read for one page: each has at least one line, and one more row says whether another page follows.
const ROWS_READ: i64 = 501;

/// Counts the records under keys of one sender and processing date.
pub async fn count<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    sender: &CentreCode,
    day: Date,
) -> Result<Counters, StoreError> {
    let row: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "WITH booked AS (SELECT provisional_code IS NULL AS matched, booked_times AS times, \
         booked_times * booked_amount AS amount FROM clearings \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND code = '0000'), \
         undone AS (SELECT amount FROM cancellations \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND code = '0000') \
         SELECT (SELECT COALESCE(SUM(times), 0) FROM booked WHERE matched), \
         (SELECT COALESCE(SUM(amount), 0) FROM booked WHERE matched), \
         (SELECT COALESCE(SUM(times), 0) FROM booked WHERE NOT matched), \
         (SELECT COALESCE(SUM(amount), 0) FROM booked WHERE NOT matched), \
         (SELECT COUNT(*) FROM undone), (SELECT COALESCE(SUM(amount), 0) FROM undone)",
    )
    .bind(collector.as_str())
    .bind(sender.as_str())
    .bind(day.to_string())
    .fetch_one(connection)
    .await?;
    let tally = |count: i64, amount: i64| Tally { count, amount: Yen::new(amount) };
    Ok(Counters {
        cleared: tally(row.0, row.1),
        provisional: tally(row.2, row.3),
        cancelled: tally(row.4, row.5),
    })
}

#[derive(sqlx::FromRow)]
struct Row {
    serial: i64,
    code: String,
    is_provisional: bool,
    is_cancelled: bool,
    booked_amount: i64,
    booked_times: i64,
}

impl Row {
    fn status(&self) -> &'static str {
        match (self.code.as_str(), self.is_cancelled, self.is_provisional) {
            ("0000", true, _) => "cancelled",
            ("0000", false, true) => "provisional",
            ("0000", false, false) => "cleared",
            _ => "refused",
        }
    }
}

/// The page after a serial. All lines of one serial stand on one page, so that none is lost between two.
pub async fn page<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    sender: &CentreCode,
    day: Date,
    after: Option<Serial>,
) -> Result<LinesPage, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT serial, code, provisional_code IS NOT NULL AS is_provisional, EXISTS (SELECT 1 FROM \
         cancellations AS x WHERE x.collector = c.collector AND x.sender = c.sender AND \
         x.clearing_date = c.processing_date AND x.clearing_serial = c.serial AND x.code = '0000') \
         AS is_cancelled, booked_amount, booked_times FROM clearings AS c \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial > $4 AND booked_times > 0 \
         ORDER BY serial LIMIT $5",
    )
    .bind(collector.as_str())
    .bind(sender.as_str())
    .bind(day.to_string())
    .bind(after.map_or(0, |serial| i64::from(serial.get())))
    .bind(ROWS_READ)
    .fetch_all(connection)
    .await?;
    let mut found = LinesPage::default();
    for row in rows {
        let number = u32::try_from(row.serial).map_err(|_| StoreError::Value("serial"))?;
        let line = Line {
            serial: Serial::new(number).map_err(|_| StoreError::Value("serial"))?,
            status: row.status(),
            amount: Yen::new(row.booked_amount),
        };
        let times = usize::try_from(row.booked_times).map_err(|_| StoreError::Value("number of bookings"))?;
        if found.lines.len() + times > LINES_MAX {
            found.more = true;
            break;
        }
        found.lines.extend(std::iter::repeat_n(line, times));
    }
    Ok(found)
}
