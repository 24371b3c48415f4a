//! 開局, 予備閉局 and 閉局: what a collector was told about a day, and what that lets it do.

use domain::{CollectorNumber, Date, ResponseCode, Timestamp, Yen};
use serde::{Deserialize, Serialize};
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::counters;
use crate::institutions::Institution;
use crate::message::{Counters, Tally};
use crate::mocks::Mocks;
use crate::store::{self, StoreError};

/// Days in one listing.
const DAYS_LISTED_MAX: i64 = 400;

/// What a collector was told about a day. A day only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// 開局.
    Open,
    /// 予備閉局: what was inquired about may still be cleared.
    PreClosed,
    /// 閉局.
    Closed,
}

impl Told {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::PreClosed => "pre_closed",
            Self::Closed => "closed",
        }
    }
}

impl std::str::FromStr for Told {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Open, Self::PreClosed, Self::Closed].into_iter().find(|one| one.as_str() == text).ok_or(())
    }
}

/// A state that a tester has commanded, whatever the hub says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forced {
    /// Open at any hour.
    Open,
    /// As outside of its hours.
    Closed,
}

/// Where a collector stands with a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Everything is answered.
    Open,
    /// No inquiry.
    PreClosed,
    /// Counted: no inquiry, nothing new.
    Closed,
    /// Told nothing, and outside of its hours.
    OutOfHours,
}

impl State {
    /// Told counts before the hours, and a command before both.
    pub const fn of(told: Option<Told>, forced: Option<Forced>, in_hours: bool) -> Self {
        match (forced, told) {
            (Some(Forced::Open), _) | (None, Some(Told::Open)) => Self::Open,
            (Some(Forced::Closed), _) => Self::OutOfHours,
            (None, Some(Told::PreClosed)) => Self::PreClosed,
            (None, Some(Told::Closed)) => Self::Closed,
            (None, None) => {
                if in_hours {
                    Self::Open
                } else {
                    Self::OutOfHours
                }
            }
        }
    }

    /// Whether an inquiry is answered.
    pub fn inquires(self) -> bool {
        self == Self::Open
    }

    /// Whether a clearing that is not on record is decided.
    pub const fn clears(self) -> bool {
        matches!(self, Self::Open | Self::PreClosed)
    }
}

/// What a day that stands at `current` comes to when the hub wants `wanted`, or why it does not.
fn moved(current: Option<Told>, forced: Option<Forced>, wanted: Told) -> Result<Told, ResponseCode> {
    match wanted {
        Told::Open if forced == Some(Forced::Closed) || current > Some(Told::Open) => {
            Err(ResponseCode::NotOpen)
        }
        _ => Ok(current.map_or(wanted, |current| current.max(wanted))),
    }
}

async fn stored<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    day: Date,
) -> Result<(Option<Told>, Option<Forced>), StoreError> {
    let (told, forced): (Option<String>, Option<String>) = sqlx::query_as(
        "SELECT (SELECT state FROM service_days WHERE collector = $1 AND day = $2), \
         (SELECT state FROM forced_services WHERE collector = $1)",
    )
    .bind(collector.as_str())
    .bind(day.to_string())
    .fetch_one(connection)
    .await?;
    let told = told.map(|text| store::parsed(&text, "service state")).transpose()?;
    let forced = match forced.as_deref() {
        None => None,
        Some("open") => Some(Forced::Open),
        Some("closed") => Some(Forced::Closed),
        Some(_) => return Err(StoreError::Value("forced state")),
    };
    Ok((told, forced))
}

/// Where the collector stands with a day at this moment.
pub async fn of_day<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    institution: &Institution,
    day: Date,
    now: Timestamp,
) -> Result<State, StoreError> {
    let (told, forced) = stored(connection, &institution.number, day).await?;
    Ok(State::of(told, forced, institution.is_open(now)))
}

/// Takes a day on to `wanted`, in the caller's transaction; gives the code of the answer.
pub async fn tell(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    day: Date,
    wanted: Told,
    now: Timestamp,
) -> Result<ResponseCode, StoreError> {
    let (current, forced) = stored(&mut *connection, collector, day).await?;
    let next = match moved(current, forced, wanted) {
        Ok(next) => next,
        Err(code) => return Ok(code),
    };
    let reached = |state: Told| (wanted == state).then(|| now.micros());
    sqlx::query(
        "INSERT INTO service_days (collector, day, state, opened_at, pre_closed_at, closed_at) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (collector, day) DO UPDATE SET state = excluded.state, \
         opened_at = COALESCE(opened_at, excluded.opened_at), \
         pre_closed_at = COALESCE(pre_closed_at, excluded.pre_closed_at), \
         closed_at = COALESCE(closed_at, excluded.closed_at)",
    )
    .bind(collector.as_str())
    .bind(day.to_string())
    .bind(next.as_str())
    .bind(reached(Told::Open))
    .bind(reached(Told::PreClosed))
    .bind(reached(Told::Closed))
    .execute(connection)
    .await?;
    Ok(ResponseCode::Normal)
}

/// Keeps the counters that the hub's latest Close of the day carried.
pub async fn keep_hub_counters(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    day: Date,
    counters: &Counters,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE service_days SET hub_cleared_count = $3, hub_cleared_amount = $4, \
         hub_provisional_count = $5, hub_provisional_amount = $6, hub_cancelled_count = $7, \
         hub_cancelled_amount = $8 WHERE collector = $1 AND day = $2",
    )
    .bind(collector.as_str())
    .bind(day.to_string())
    .bind(counters.cleared.count)
    .bind(counters.cleared.amount.get())
    .bind(counters.provisional.count)
    .bind(counters.provisional.amount.get())
    .bind(counters.cancelled.count)
    .bind(counters.cancelled.amount.get())
    .execute(connection)
    .await?;
    Ok(())
}

/// Commands a state, or lets the hub and the hours decide again.
pub async fn force(
    mocks: &Mocks,
    collector: &CollectorNumber,
    forced: Option<Forced>,
) -> Result<(), StoreError> {
    let mut write = mocks.store().write().await?;
    sqlx::query("DELETE FROM forced_services WHERE collector = $1")
        .bind(collector.as_str())
        .execute(&mut *write)
        .await?;
    if let Some(forced) = forced {
        let word = match forced {
            Forced::Open => "open",
            Forced::Closed => "closed",
        };
        sqlx::query("INSERT INTO forced_services (collector, state) VALUES ($1, $2)")
            .bind(collector.as_str())
            .bind(word)
            .execute(&mut *write)
            .await?;
    }
    write.commit().await?;
    Ok(())
}

/// A collector's standing as the controls show it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    state: State,
    forced: Option<Forced>,
    days: Vec<ShownDay>,
}

/// A day that the collector was told something about.
#[derive(Clone, Debug, Serialize)]
struct ShownDay {
    day: String,
    state: String,
    opened_at: Option<String>,
    pre_closed_at: Option<String>,
    closed_at: Option<String>,
    /// What the hub's latest Close said.
    hub_counters: Option<ShownCounters>,
    /// What the collector counts now.
    counters: ShownCounters,
}

/// Counters as the controls show them.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ShownCounters {
    cleared: ShownTally,
    provisional: ShownTally,
    cancelled: ShownTally,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct ShownTally {
    count: i64,
    amount: i64,
}

impl From<Counters> for ShownCounters {
    fn from(counters: Counters) -> Self {
        let tally = |of: Tally| ShownTally { count: of.count, amount: of.amount.get() };
        Self {
            cleared: tally(counters.cleared),
            provisional: tally(counters.provisional),
            cancelled: tally(counters.cancelled),
        }
    }
}

#[derive(sqlx::FromRow)]
struct DayRow {
    day: String,
    state: String,
    opened_at: Option<i64>,
    pre_closed_at: Option<i64>,
    closed_at: Option<i64>,
    hub_cleared_count: Option<i64>,
    hub_cleared_amount: Option<i64>,
    hub_provisional_count: Option<i64>,
    hub_provisional_amount: Option<i64>,
    hub_cancelled_count: Option<i64>,
    hub_cancelled_amount: Option<i64>,
}

impl DayRow {
    fn hub_counters(&self) -> Option<Counters> {
        let tally = |count: Option<i64>, amount: Option<i64>| {
            Some(Tally { count: count?, amount: Yen::new(amount?) })
        };
        Some(Counters {
            cleared: tally(self.hub_cleared_count, self.hub_cleared_amount)?,
            provisional: tally(self.hub_provisional_count, self.hub_provisional_amount)?,
            cancelled: tally(self.hub_cancelled_count, self.hub_cancelled_amount)?,
        })
    }
}

/// The collector's standing today and the latest days that it was told something about, newest first.
pub async fn show(mocks: &Mocks, institution: &Institution) -> Result<Shown, StoreError> {
    let (reader, number) = (mocks.store().reader(), &institution.number);
    let now = mocks.config().clock.now();
    let (told, forced) = stored(reader, number, now.date()).await?;
    let rows: Vec<DayRow> =
        sqlx::query_as("SELECT * FROM service_days WHERE collector = $1 ORDER BY day DESC LIMIT $2")
            .bind(number.as_str())
            .bind(DAYS_LISTED_MAX)
            .fetch_all(reader)
            .await?;
    let mut days = Vec::with_capacity(rows.len());
    for row in rows {
        let at = |micros: Option<i64>| micros.map(|micros| Timestamp::from_micros(micros).rfc3339());
        let day = store::date(&row.day)?;
        let counters = counters::count(reader, number, &mocks.config().hub_centre, day).await?;
        days.push(ShownDay {
            hub_counters: row.hub_counters().map(ShownCounters::from),
            counters: counters.into(),
            opened_at: at(row.opened_at),
            pre_closed_at: at(row.pre_closed_at),
            closed_at: at(row.closed_at),
            day: row.day,
            state: row.state,
        });
    }
    let state = State::of(told, forced, institution.is_open(now));
    Ok(Shown { state, forced, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_counts_before_the_hours_and_a_command_before_both() {
        for in_hours in [true, false] {
            for (told, state) in [
                (Told::Open, State::Open),
                (Told::PreClosed, State::PreClosed),
                (Told::Closed, State::Closed),
            ] {
                assert_eq!(State::of(Some(told), None, in_hours), state);
                assert_eq!(State::of(Some(told), Some(Forced::Open), in_hours), State::Open);
                assert_eq!(State::of(Some(told), Some(Forced::Closed), in_hours), State::OutOfHours);
            }
        }
        assert_eq!(State::of(None, None, true), State::Open);
        assert_eq!(State::of(None, None, false), State::OutOfHours);
    }

    #[test]
    fn a_day_only_goes_forward() {
        use Told::{Closed, Open, PreClosed};
        for (current, wanted, comes_to) in [
            (None, Open, Ok(Open)),
            (None, PreClosed, Ok(PreClosed)),
            (None, Closed, Ok(Closed)),
            (Some(Open), Open, Ok(Open)),
            (Some(Open), PreClosed, Ok(PreClosed)),
            (Some(Open), Closed, Ok(Closed)),
            (Some(PreClosed), Open, Err(ResponseCode::NotOpen)),
            (Some(PreClosed), PreClosed, Ok(PreClosed)),
            (Some(PreClosed), Closed, Ok(Closed)),
            (Some(Closed), Open, Err(ResponseCode::NotOpen)),
            (Some(Closed), PreClosed, Ok(Closed)),
            (Some(Closed), Closed, Ok(Closed)),
        ] {
            assert_eq!(moved(current, None, wanted), comes_to, "{current:?} {wanted:?}");
        }
        assert_eq!(moved(None, Some(Forced::Closed), Open), Err(ResponseCode::NotOpen));
    }
}
