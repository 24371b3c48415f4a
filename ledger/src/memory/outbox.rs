//! Open work of the model: whose it is, and what becomes of it.

use std::collections::{BTreeMap, HashMap};

use crate::commit::{Commit, EntityId, OutboxChange, OutboxEntry, Refused};

/// Open work as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The queue that it waits in.
    pub destination: String,
    /// What it belongs to.
    pub entity: EntityId,
    /// What is sent.
    pub payload: Vec<u8>,
    /// The last claim; zero before the first.
    pub fence: i64,
    /// How often it was claimed.
    pub delivery: i64,
    /// When it was claimed last, by the server's clock; zero before the first claim.
    pub claimed_us: i64,
    /// Until when nobody takes it, by the server's clock.
    pub lease_until_us: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    pub rows: BTreeMap<String, Work>,
    /// The key of each entity's open work.
    keys: HashMap<EntityId, String>,
    last_fence: i64,
}

/// The fences of one batch, handed out in order to those who win.
pub(super) type Fences = std::ops::RangeInclusive<i64>;

/// The changes of one commit in the order in which they are written: ends, new work, claims, releases.
pub(super) struct Changes<'c> {
    server_us: i64,
    finishes: Vec<&'c str>,
    puts: Vec<(&'c OutboxEntry, Option<i64>)>,
    claims: Vec<(&'c str, i64)>,
    releases: Vec<(&'c str, i64)>,
    /// For each fence to hand out: whether it is a put's.
    handed: Vec<bool>,
}

fn lease(server_us: i64, seconds: i64) -> i64 {
    server_us.saturating_add(seconds.saturating_mul(1_000_000))
}

fn claims(change: &OutboxChange) -> bool {
    matches!(
        change,
        OutboxChange::Claim { .. } | OutboxChange::Seize { .. } | OutboxChange::Put { lease_s: Some(_), .. }
    )
}

impl<'c> Changes<'c> {
    pub fn of(commit: &'c Commit, server_us: i64) -> Self {
        let mut changes = Self {
            server_us,
            finishes: Vec::new(),
            puts: Vec::new(),
            claims: Vec::new(),
            releases: Vec::new(),
            handed: Vec::new(),
        };
        for change in &commit.outbox {
            if claims(change) {
                changes.handed.push(matches!(change, OutboxChange::Put { .. }));
            }
            match change {
                OutboxChange::Put { entry, lease_s } => {
                    changes.puts.push((entry, lease_s.map(|s| lease(server_us, s))));
                }
                OutboxChange::Claim { key, lease_s, .. } | OutboxChange::Seize { key, lease_s, .. } => {
                    changes.claims.push((key, lease(server_us, *lease_s)));
                }
                OutboxChange::Release { key, pause_s, .. } => {
                    changes.releases.push((key, lease(server_us, *pause_s)));
                }
                OutboxChange::Finish { key, .. } => changes.finishes.push(key),
            }
        }
        changes
    }
}

impl Outbox {
    /// A fence for each claim of the batch, those that will be refused included.
    pub fn draw(&mut self, commits: &[Commit]) -> Fences {
        let count = commits.iter().flat_map(|c| &c.outbox).filter(|c| claims(c)).count();
        let first = self.last_fence + 1;
        self.last_fence += i64::try_from(count).unwrap_or(i64::MAX);
        first..=self.last_fence
    }

    /// Refuses a commit that names a row which is not its own to change.
    pub fn check(&self, commit: &Commit, server_us: i64) -> Result<(), Refused> {
        for change in &commit.outbox {
            let (key, fence, claiming) = match change {
                OutboxChange::Put { .. } => continue,
                OutboxChange::Claim { key, fence, .. } => (key, fence, true),
                OutboxChange::Seize { key, fence, .. }
                | OutboxChange::Release { key, fence, .. }
                | OutboxChange::Finish { key, fence } => (key, fence, false),
            };
            let own = self
                .rows
                .get(key)
                .is_some_and(|work| work.fence == *fence && (!claiming || work.lease_until_us <= server_us));
            if !own {
                return Err(Refused::Fenced(key.clone()));
            }
        }
        Ok(())
    }

    /// Whether the database would break off: new work under a key, or of an entity, that has open work, or a change of
    /// work that ends here.
    pub fn breaks(&self, changes: &Changes<'_>) -> bool {
        let ends = |key: &str| changes.finishes.contains(&key);
        let open = |key: &str| self.rows.contains_key(key) && !ends(key);
        let new = |key: &str| changes.puts.iter().any(|(entry, _)| entry.key == key);
        let busy = |entity: EntityId| self.keys.get(&entity).is_some_and(|key| !ends(key));
        let twice = |index: usize, entry: &OutboxEntry| {
            changes.puts[..index].iter().any(|(e, _)| e.key == entry.key || e.entity == entry.entity)
        };
        let puts = changes.puts.iter().enumerate();
        let broken_put = puts.into_iter().any(|(i, (e, _))| open(&e.key) || busy(e.entity) || twice(i, e));
        let mut others = changes.claims.iter().chain(&changes.releases);
        broken_put || others.any(|(key, _)| ends(key) && !new(key))
    }

    /// Writes the changes and answers the fences that were handed out.
    pub fn write(&mut self, changes: Changes<'_>, fences: &mut Fences) -> Vec<i64> {
        let handed: Vec<i64> = fences.take(changes.handed.len()).collect();
        let of =
            |put: bool| handed.iter().zip(&changes.handed).filter(move |(_, p)| **p == put).map(|(f, _)| *f);
        let (mut put_fences, mut claim_fences) = (of(true), of(false));
        for key in changes.finishes {
            if let Some(work) = self.rows.remove(key) {
                self.keys.remove(&work.entity);
            }
        }
        for (entry, until) in changes.puts {
            let claimed = until.and_then(|until| Some((put_fences.next()?, 1, until)));
            let claimed_us = if claimed.is_some() { changes.server_us } else { 0 };
            let (fence, delivery, lease_until_us) = claimed.unwrap_or_default();
            let work = Work {
                destination: entry.destination.clone(),
                entity: entry.entity,
                payload: entry.payload.clone(),
                fence,
                delivery,
                claimed_us,
                lease_until_us,
            };
            self.keys.insert(entry.entity, entry.key.clone());
            self.rows.insert(entry.key.clone(), work);
        }
        for (key, until) in changes.claims {
            if let (Some(work), Some(fence)) = (self.rows.get_mut(key), claim_fences.next()) {
                (work.fence, work.claimed_us, work.lease_until_us) = (fence, changes.server_us, until);
                work.delivery += 1;
            }
        }
        for (key, until) in changes.releases {
            if let Some(work) = self.rows.get_mut(key) {
                work.lease_until_us = until;
            }
        }
        handed
    }
}
