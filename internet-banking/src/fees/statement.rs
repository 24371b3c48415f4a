//! What a contract's months came to, and how far each is.

use database::{Database, read};
use domain::{ContractId, Date, Yen, calendar};

use super::Month;

/// Months that are shown: this one, and two years.
const SHOWN_MAX: i64 = 25;

/// How far a month is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthState {
    /// The month is not over.
    Running,
    /// It will be debited on this day.
    Waiting(Date),
    /// Funds were short on the last day of these, and the other is the next try.
    Short(Date, Date),
    /// It was debited on this day.
    Debited(Date),
}

/// A month of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthRow {
    /// Which.
    pub month: Month,
    /// What its charges come to.
    pub amount: Yen,
    /// How many they are.
    pub charges: i64,
    /// How far it is.
    pub state: MonthState,
}

impl MonthRow {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self.state {
            MonthState::Running => "running",
            MonthState::Waiting(_) => "waiting",
            MonthState::Short(..) => "short",
            MonthState::Debited(_) => "debited",
        }
    }

    /// The word on a page.
    pub const fn word(&self) -> &'static str {
        match self.state {
            MonthState::Running => "集計中",
            MonthState::Waiting(_) => "引落待ち",
            MonthState::Short(..) => "残高不足",
            MonthState::Debited(_) => "引落済み",
        }
    }

    /// The class of the word's tag.
    pub const fn class(&self) -> &'static str {
        match self.state {
            MonthState::Running => "info",
            MonthState::Waiting(_) => "wait",
            MonthState::Short(..) => "bad",
            MonthState::Debited(_) => "ok",
        }
    }

    /// Its sign.
    pub const fn icon(&self) -> &'static str {
        match self.state {
            MonthState::Running => "–",
            MonthState::Waiting(_) => "…",
            MonthState::Short(..) => "!",
            MonthState::Debited(_) => "✓",
        }
    }

    /// When, in words.
    pub fn when(&self) -> String {
        use domain::time::year_month_day as words;
        match self.state {
            MonthState::Running => format!("{}に引き落とす予定です", words(self.month.due())),
            MonthState::Waiting(due) => format!("{}に引き落とします", words(due)),
            MonthState::Short(tried, next) => {
                format!("{}に引き落とせませんでした。{}にもう一度引き落とします", words(tried), words(next))
            }
            MonthState::Debited(day) => format!("{}に引き落としました", words(day)),
        }
    }
}

/// The months of a contract that have charges, the newest first.
pub async fn months(
    database: &Database,
    contract: ContractId,
    today: Date,
) -> Result<Vec<MonthRow>, sqlx::Error> {
    type Stored = (String, i64, i64, Option<String>, Option<String>);
    let rows: Vec<Stored> = read!(database, |c| {
        sqlx::query_as(
            "SELECT m.month, m.amount, m.charges, d.day,
                (SELECT max(t.day) FROM fee_try t WHERE t.contract = $1 AND t.month = m.month)
             FROM (
                 SELECT substr(day, 1, 7) AS month, CAST(sum(amount) AS BIGINT) AS amount, count(*) AS charges
                 FROM charge WHERE contract = $1 GROUP BY substr(day, 1, 7)
             ) m LEFT JOIN fee_debit d ON d.contract = $1 AND d.month = m.month
             ORDER BY m.month DESC LIMIT $2",
        )
        .bind(contract.uuid())
        .bind(SHOWN_MAX)
        .fetch_all(c)
        .await
    })?;
    rows.into_iter()
        .map(|(month, amount, charges, debited, tried)| {
            let month: Month = month.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            let state = match (day(debited)?, day(tried)?) {
                (Some(debited), _) => MonthState::Debited(debited),
                (None, Some(tried)) => {
                    // the day of a missed try is over
                    let next = calendar::next_business_day(tried).max(calendar::business_day_from(today));
                    MonthState::Short(tried, next)
                }
                (None, None) if today < month.next().first() => MonthState::Running,
                (None, None) => MonthState::Waiting(month.due().max(calendar::business_day_from(today))),
            };
            Ok(MonthRow { month, amount: Yen::new(amount), charges, state })
        })
        .collect()
}

fn day(text: Option<String>) -> Result<Option<Date>, sqlx::Error> {
    text.map(|text| text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))).transpose()
}
