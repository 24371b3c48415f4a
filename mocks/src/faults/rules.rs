//! The rules of a collector, in the order in which they are asked.

use domain::CollectorNumber;
use serde::Serialize;
use sqlx::{Executor, Sqlite, SqliteConnection};

use super::chaos::{self, Chaos};
use super::draw::{draw, is_among, next};
use super::{Asked, Fault, FaultError, Hit};
use crate::message::Kind;
use crate::store::{Store, StoreError};

/// Most rules of a collector.
pub const RULES_MAX: usize = 100;

/// A rule that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Names it to whoever removes it.
    pub id: i64,
    /// What it does, `times` being how often still.
    #[serde(flatten)]
    pub fault: Fault,
    /// Requests that it has met.
    pub seen: u32,
    /// Requests that went wrong by it.
    pub hits: u32,
}

impl Rule {
    /// What is drawn for the request that is met now.
    fn drawn(&self, collector: &CollectorNumber) -> u64 {
        let stream = format!("{collector} {} {}", self.fault.mode.as_str(), self.fault.applies_to().as_str());
        draw(self.fault.seed, &stream, u64::from(self.seen))
    }

    /// Counts a request that is met; says what happens to it, unless the rule lets it pass.
    fn count(&mut self, collector: &CollectorNumber) -> Option<Hit> {
        let drawn = self.drawn(collector);
        let passes = self.seen < self.fault.skip
            || self.fault.per_mille.is_some_and(|per_mille| !is_among(drawn, per_mille));
        self.seen = self.seen.saturating_add(1);
        if passes {
            return None;
        }
        self.hits = self.hits.saturating_add(1);
        self.fault.times = self.fault.times.map(|times| times.saturating_sub(1));
        Some(self.fault.hit(next(drawn)))
    }

    fn is_used_up(&self) -> bool {
        self.fault.times == Some(0)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    rule: String,
    seen: i64,
    hits: i64,
}

impl TryFrom<Row> for Rule {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let count = |count: i64| u32::try_from(count).map_err(|_| StoreError::Value("count"));
        Ok(Self {
            id: row.id,
            fault: serde_json::from_str(&row.rule).map_err(|_| StoreError::Value("fault"))?,
            seen: count(row.seen)?,
            hits: count(row.hits)?,
        })
    }
}

fn written(fault: &Fault) -> Result<String, StoreError> {
    serde_json::to_string(fault).map_err(|_| StoreError::Value("fault"))
}

/// The rules that are set.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
) -> Result<Vec<Rule>, StoreError> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT id, rule, seen, hits FROM faults WHERE collector = $1 ORDER BY id")
            .bind(collector.as_str())
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(Rule::try_from).collect()
}

/// Puts a rule behind the others.
pub async fn add(
    store: &Store,
    collector: &CollectorNumber,
    fault: &Fault,
) -> Result<Result<i64, FaultError>, StoreError> {
    let mut write = store.write().await?;
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM faults WHERE collector = $1")
        .bind(collector.as_str())
        .fetch_one(&mut *write)
        .await?;
    if usize::try_from(count).is_ok_and(|count| count >= RULES_MAX) {
        return Ok(Err(FaultError::TooMany));
    }
    let id = insert(&mut write, collector, fault).await?;
    write.commit().await?;
    Ok(Ok(id))
}

async fn insert(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    fault: &Fault,
) -> Result<i64, StoreError> {
    let (id,): (i64,) =
        sqlx::query_as("INSERT INTO faults (collector, rule, seen, hits) VALUES ($1, $2, 0, 0) RETURNING id")
            .bind(collector.as_str())
            .bind(written(fault)?)
            .fetch_one(connection)
            .await?;
    Ok(id)
}

/// Sets these rules and no others; those that do nothing are left out.
pub async fn replace(store: &Store, collector: &CollectorNumber, faults: &[Fault]) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    sqlx::query("DELETE FROM faults WHERE collector = $1")
        .bind(collector.as_str())
        .execute(&mut *write)
        .await?;
    for fault in faults.iter().filter(|fault| !fault.is_none()) {
        insert(&mut write, collector, fault).await?;
    }
    write.commit().await?;
    Ok(())
}

/// Removes a rule; `false` where the collector has none of that id.
pub async fn remove(store: &Store, collector: &CollectorNumber, id: i64) -> Result<bool, StoreError> {
    let mut write = store.write().await?;
    let done = sqlx::query("DELETE FROM faults WHERE collector = $1 AND id = $2")
        .bind(collector.as_str())
        .bind(id)
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(done.rows_affected() == 1)
}

async fn keep(connection: &mut SqliteConnection, rule: &Rule) -> Result<(), StoreError> {
    if rule.is_used_up() {
        sqlx::query("DELETE FROM faults WHERE id = $1").bind(rule.id).execute(connection).await?;
        return Ok(());
    }
    sqlx::query("UPDATE faults SET rule = $2, seen = $3, hits = $4 WHERE id = $1")
        .bind(rule.id)
        .bind(written(&rule.fault)?)
        .bind(i64::from(rule.seen))
        .bind(i64::from(rule.hits))
        .execute(connection)
        .await?;
    Ok(())
}

/// What happens to a request: by the first rule that does not let it pass, else by its special number, else by chaos.
pub async fn take(
    store: &Store,
    collector: &CollectorNumber,
    kind: Kind,
    asked: &Asked<'_>,
    special: Option<Hit>,
) -> Result<Hit, StoreError> {
    // most requests meet nothing, and are not to wait for the one writer
    let is_met = list(store.reader(), collector).await?.iter().any(|rule| rule.fault.meets(asked));
    let chaos = chaos::get(store.reader()).await?;
    let is_in_chaos = chaos.as_ref().is_some_and(|chaos| chaos.meets(asked));
    if !is_met && !is_in_chaos {
        return Ok(special.unwrap_or_default());
    }
    let mut write = store.write().await?;
    let hit = match strike(&mut write, collector, asked).await?.or(special) {
        Some(hit) => hit,
        None => in_chaos(&mut write, collector, kind, chaos.filter(|_| is_in_chaos)).await?,
    };
    write.commit().await?;
    Ok(hit)
}

async fn strike(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    asked: &Asked<'_>,
) -> Result<Option<Hit>, StoreError> {
    let rules = list(&mut *connection, collector).await?;
    for mut rule in rules.into_iter().filter(|rule| rule.fault.meets(asked)) {
        let hit = rule.count(collector);
        keep(connection, &rule).await?;
        if hit.is_some() {
            return Ok(hit);
        }
    }
    Ok(None)
}

async fn in_chaos(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    kind: Kind,
    chaos: Option<Chaos>,
) -> Result<Hit, StoreError> {
    let Some(chaos) = chaos else { return Ok(Hit::default()) };
    let turn = chaos::next_turn(connection, collector, kind).await?;
    Ok(chaos.hit(collector, kind, turn))
}

#[cfg(test)]
mod tests {
    use super::super::{Delay, Mode};
    use super::*;

    fn rule(fault: Fault) -> Rule {
        Rule { id: 1, fault, seen: 0, hits: 0 }
    }

    fn struck(rule: &mut Rule, requests: usize) -> Vec<bool> {
        let collector = "00200".parse().unwrap();
        (0..requests).map(|_| !rule.is_used_up() && rule.count(&collector).is_some()).collect()
    }

    #[test]
    fn some_are_skipped_and_some_are_struck() {
        let mut rule = rule(Fault { mode: Mode::Drop, skip: 2, times: Some(2), ..Fault::default() });
        assert_eq!(struck(&mut rule, 6), [false, false, true, true, false, false]);
        assert_eq!((rule.seen, rule.hits), (4, 2));
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let fault = Fault { mode: Mode::Drop, per_mille: Some(300), seed: 42, ..Fault::default() };
        let first = struck(&mut rule(fault.clone()), 200);
        assert_eq!(struck(&mut rule(fault.clone()), 200), first);
        assert_ne!(struck(&mut rule(Fault { seed: 43, ..fault }), 200), first);
        let hits = first.iter().filter(|hit| **hit).count();
        assert!((40..=80).contains(&hits), "{hits}");
    }

    #[test]
    fn chance_and_count_together_strike_so_often_and_no_more() {
        let fault = Fault { mode: Mode::Drop, per_mille: Some(500), times: Some(3), ..Fault::default() };
        let hits = struck(&mut rule(fault), 200).into_iter().filter(|hit| *hit).count();
        assert_eq!(hits, 3);
    }

    #[test]
    fn delays_of_a_seed_are_the_same_again() {
        let fault =
            Fault { delay: Some(Delay::Uniform { from_ms: 0, to_ms: 999 }), seed: 9, ..Fault::default() };
        let collector = "00200".parse().unwrap();
        let delays = |mut rule: Rule| -> Vec<u32> {
            (0..50).map(|_| rule.count(&collector).unwrap().delay_ms).collect()
        };
        let first = delays(rule(fault.clone()));
        assert_eq!(delays(rule(fault)), first);
        assert!(first.iter().any(|ms| *ms < 500) && first.iter().any(|ms| *ms >= 500));
    }
}
