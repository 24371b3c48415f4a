//! Chaos: chance over all collectors at once, from one seed.

use std::collections::BTreeMap;

use domain::CollectorNumber;
use serde::{Deserialize, Serialize};
use sqlx::{Executor, Sqlite, SqliteConnection};

use super::draw::{draw, next};
use super::{AppliesTo, Asked, Delay, FaultError, Hit, Mode};
use crate::message::Kind;
use crate::store::{Store, StoreError};

/// What goes wrong how often. The fate of the n-th request of a kind at a collector depends on the seed and
/// nothing else, so that the same seed gives the same schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    /// What everything is drawn from.
    #[serde(default)]
    pub seed: u64,
    /// Of a thousand requests so many go wrong in this way; nothing here switches chaos off.
    #[serde(default)]
    pub per_mille: BTreeMap<Mode, u32>,
    /// Which requests are met; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<AppliesTo>,
    /// The delay of each request that goes wrong, `none` among the ways.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
}

impl Chaos {
    /// Whether it can be set.
    pub fn check(&self) -> Result<(), FaultError> {
        if !self.delay.is_none_or(Delay::is_bounded) {
            return Err(FaultError::Delay);
        }
        let total = self.per_mille.values().try_fold(0_u32, |sum, part| sum.checked_add(*part));
        if total.is_some_and(|total| total <= 1_000) { Ok(()) } else { Err(FaultError::PerMille) }
    }

    /// Whether nothing goes wrong.
    pub fn is_none(&self) -> bool {
        self.per_mille.values().all(|part| *part == 0)
    }

    pub(super) fn meets(&self, asked: &Asked<'_>) -> bool {
        self.on.unwrap_or_default().meets(asked)
    }

    /// What happens to the request that is the turn `turn` of its kind at its collector.
    pub(super) fn hit(&self, collector: &CollectorNumber, kind: Kind, turn: u64) -> Hit {
        let drawn = draw(self.seed, &format!("{collector} {}", kind.as_str()), turn);
        let mut left = drawn % 1_000;
        for (mode, part) in &self.per_mille {
            let part = u64::from(*part);
            if left < part {
                let delay_ms = self.delay.map_or(0, |delay| delay.drawn(next(drawn)));
                return Hit::new(*mode, delay_ms, None, None);
            }
            left -= part;
        }
        Hit::default()
    }
}

/// The chaos that is on.
pub async fn get<'c>(connection: impl Executor<'c, Database = Sqlite>) -> Result<Option<Chaos>, StoreError> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT settings FROM chaos").fetch_optional(connection).await?;
    row.map(|(text,)| serde_json::from_str(&text).map_err(|_| StoreError::Value("chaos"))).transpose()
}

/// Switches chaos on from its first turn, or off where nothing goes wrong.
pub async fn set(store: &Store, chaos: &Chaos) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    sqlx::query("DELETE FROM chaos").execute(&mut *write).await?;
    sqlx::query("DELETE FROM chaos_turns").execute(&mut *write).await?;
    if !chaos.is_none() {
        let text = serde_json::to_string(chaos).map_err(|_| StoreError::Value("chaos"))?;
        sqlx::query("INSERT INTO chaos (id, settings) VALUES (1, $1)")
            .bind(text)
            .execute(&mut *write)
            .await?;
    }
    write.commit().await?;
    Ok(())
}

/// The turn of a request among those of its kind and collector, the first being 0.
pub(super) async fn next_turn(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    kind: Kind,
) -> Result<u64, StoreError> {
    let (turns,): (i64,) = sqlx::query_as(
        "INSERT INTO chaos_turns (collector, kind, turns) VALUES ($1, $2, 1) \
         ON CONFLICT (collector, kind) DO UPDATE SET turns = turns + 1 RETURNING turns",
    )
    .bind(collector.as_str())
    .bind(kind.as_str())
    .fetch_one(connection)
    .await?;
    u64::try_from(turns - 1).map_err(|_| StoreError::Value("turn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chaos(seed: u64) -> Chaos {
        let per_mille = BTreeMap::from([(Mode::Drop, 200), (Mode::Garbage, 100), (Mode::None, 100)]);
        let delay = Some(Delay::Uniform { from_ms: 1, to_ms: 9 });
        Chaos { seed, per_mille, on: None, delay }
    }

    fn schedule(chaos: &Chaos, collector: &str, kind: Kind) -> Vec<Hit> {
        let collector = collector.parse().unwrap();
        (0..1_000).map(|turn| chaos.hit(&collector, kind, turn)).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_schedule_and_each_collector_and_kind_its_own() {
        let first = schedule(&chaos(1), "00200", Kind::Clearing);
        assert_eq!(schedule(&chaos(1), "00200", Kind::Clearing), first);
        assert_ne!(schedule(&chaos(2), "00200", Kind::Clearing), first);
        assert_ne!(schedule(&chaos(1), "04100", Kind::Clearing), first);
        assert_ne!(schedule(&chaos(1), "00200", Kind::Inquiry), first);
    }

    #[test]
    fn every_way_gets_its_part() {
        let hits = schedule(&chaos(3), "00200", Kind::Clearing);
        let count = |mode: Mode| hits.iter().filter(|hit| hit.mode == mode && hit.delay_ms > 0).count();
        assert!((160..=240).contains(&count(Mode::Drop)), "{}", count(Mode::Drop));
        assert!((70..=130).contains(&count(Mode::Garbage)), "{}", count(Mode::Garbage));
        assert!((70..=130).contains(&count(Mode::None)), "{}", count(Mode::None));
    }

    #[test]
    fn the_parts_come_to_a_whole_at_most() {
        let of = |parts: [(Mode, u32); 2]| Chaos { per_mille: BTreeMap::from(parts), ..Chaos::default() };
        assert!(of([(Mode::Drop, 500), (Mode::Lose, 500)]).check().is_ok());
        assert_eq!(of([(Mode::Drop, 500), (Mode::Lose, 501)]).check(), Err(FaultError::PerMille));
        assert_eq!(of([(Mode::Drop, u32::MAX), (Mode::Lose, 1)]).check(), Err(FaultError::PerMille));
    }
}
