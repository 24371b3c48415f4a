//! Open work in a batch: whose it is, and what becomes of it.

use std::collections::HashMap;

use database::dialect::{self, Sequence};
use database::{Table, Tx, Value, insert};
use domain::Timestamp;

use crate::commit::{Commit, OutboxChange, Refused};

static OUTBOX: Table = Table {
    name: "outbox",
    columns: &[
        "key",
        "destination",
        "entity",
        "payload",
        "fence",
        "delivery",
        "claimed_us",
        "lease_until_us",
        "created_us",
    ],
};

/// The outbox rows that the batch names, and what becomes of them.
pub(super) struct Outbox {
    rows: HashMap<String, Open>,
    /// Fences to hand out, one for each put-with-lease and claim of the batch.
    fences: std::vec::IntoIter<i64>,
    server_now_us: i64,
    inserts: Vec<Vec<Value>>,
    /// Work that is claimed, with its new fence, delivery and lease.
    claims: Vec<Vec<Value>>,
    /// The work given back, and until when nobody takes it.
    releases: Vec<Vec<Value>>,
    finishes: Vec<Value>,
}

#[derive(Clone, Copy)]
struct Open {
    fence: i64,
    delivery: i64,
    lease_until_us: i64,
}

impl Outbox {
    pub(super) async fn lock(tx: &mut Tx, commits: &[Commit]) -> Result<Self, sqlx::Error> {
        let changes = || commits.iter().flat_map(|c| &c.outbox);
        let mut keys: Vec<&str> = changes()
            .filter_map(|change| match change {
                OutboxChange::Put { .. } => None,
                OutboxChange::Claim { key, .. }
                | OutboxChange::Seize { key, .. }
                | OutboxChange::Release { key, .. }
                | OutboxChange::Finish { key, .. } => Some(key.as_str()),
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let keys: Vec<Value> = keys.into_iter().map(Value::from).collect();
        let suffix = format!(" ORDER BY key{}", dialect::lock(tx.is_sqlite()));
        let select = "SELECT key, fence, delivery, lease_until_us FROM outbox WHERE key IN";
        let found: Vec<(String, i64, i64, i64)> = insert::select_in(tx, select, &keys, &suffix).await?;
        let rows = found
            .into_iter()
            .map(|(key, fence, delivery, lease_until_us)| (key, Open { fence, delivery, lease_until_us }))
            .collect();
        let claims = changes()
            .filter(|c| {
                matches!(
                    c,
                    OutboxChange::Claim { .. }
                        | OutboxChange::Seize { .. }
                        | OutboxChange::Put { lease_s: Some(_), .. }
                )
            })
            .count();
        let fences = dialect::draw(tx, Sequence::Fence, claims).await?.into_iter();
        let server_now_us = if changes().next().is_some() { dialect::server_now_us(tx).await? } else { 0 };
        Ok(Self {
            rows,
            fences,
            server_now_us,
            inserts: Vec::new(),
            claims: Vec::new(),
            releases: Vec::new(),
            finishes: Vec::new(),
        })
    }

    /// Refuses a commit that names a row which is not its own to change.
    pub(super) fn check(&self, commit: &Commit) -> Result<(), Refused> {
        for change in &commit.outbox {
            let (key, fence, claiming) = match change {
                OutboxChange::Put { .. } => continue,
                OutboxChange::Claim { key, fence, .. } => (key, fence, true),
                OutboxChange::Seize { key, fence, .. }
                | OutboxChange::Release { key, fence, .. }
                | OutboxChange::Finish { key, fence } => (key, fence, false),
            };
            let own = self.rows.get(key).is_some_and(|open| {
                open.fence == *fence && (!claiming || open.lease_until_us <= self.server_now_us)
            });
            if !own {
                return Err(Refused::Fenced(key.clone()));
            }
        }
        Ok(())
    }

    /// Records the changes of a commit that won, and hands out its fences.
    pub(super) fn take(&mut self, commit: &Commit) -> Vec<i64> {
        let mut handed = Vec::new();
        for change in &commit.outbox {
            match change {
                OutboxChange::Put { entry, lease_s } => {
                    let (fence, delivery, claimed_us, lease_until_us) = match lease_s {
                        Some(lease_s) => {
                            let fence = self.fences.next().unwrap_or_default();
                            handed.push(fence);
                            (fence, 1, self.server_now_us, self.lease(*lease_s))
                        }
                        None => (0, 0, 0, 0),
                    };
                    self.inserts.push(vec![
                        entry.key.clone().into(),
                        entry.destination.clone().into(),
                        entry.entity.0.into(),
                        entry.payload.clone().into(),
                        fence.into(),
                        delivery.into(),
                        claimed_us.into(),
                        lease_until_us.into(),
                    ]);
                }
                OutboxChange::Claim { key, lease_s, .. } | OutboxChange::Seize { key, lease_s, .. } => {
                    let fence = self.fences.next().unwrap_or_default();
                    handed.push(fence);
                    let lease_until_us = self.lease(*lease_s);
                    if let Some(open) = self.rows.get_mut(key) {
                        *open = Open { fence, delivery: open.delivery + 1, lease_until_us };
                        self.claims.push(vec![
                            key.clone().into(),
                            fence.into(),
                            open.delivery.into(),
                            self.server_now_us.into(),
                            lease_until_us.into(),
                        ]);
                    }
                }
                OutboxChange::Release { key, pause_s, .. } => {
                    let until_us = self.lease(*pause_s);
                    self.releases.push(vec![key.clone().into(), until_us.into()]);
                }
                OutboxChange::Finish { key, .. } => {
                    self.rows.remove(key);
                    self.finishes.push(key.clone().into());
                }
            }
        }
        handed
    }

    fn lease(&self, seconds: i64) -> i64 {
        self.server_now_us.saturating_add(seconds.saturating_mul(1_000_000))
    }

    pub(super) async fn write(mut self, tx: &mut Tx, now: Timestamp) -> Result<(), sqlx::Error> {
        for row in &mut self.inserts {
            row.push(now.micros().into());
        }
        // work that ends goes first: the same commit may put new work for the entity
        insert::delete_in(tx, &OUTBOX, "key", &self.finishes).await?;
        insert::all(tx, &OUTBOX, self.inserts.iter().map(Vec::as_slice)).await?;
        let claimed = ["fence", "delivery", "claimed_us", "lease_until_us"];
        insert::set(tx, &OUTBOX, "key", &claimed, &self.claims).await?;
        insert::set(tx, &OUTBOX, "key", &["lease_until_us"], &self.releases).await
    }
}
