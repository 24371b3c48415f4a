//! Seals the audit log: the heads of all chains, recorded together and signed with the hub's key.

use std::time::Duration;

use edge::Shutdown;
use ledger::audit::{Finding, Seal, Unsealed};
use tokio::time::Instant;

use super::{KeptSeal, KeySet};
use crate::{Gateway, StoreError};

/// Between two heads records of this process at most, where anything was logged.
const SEAL_INTERVAL: Duration = Duration::from_secs(60);
/// Between two looks whether as much was logged as one heads record may cover.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Records of this process that one heads record covers, about: a proof carries a digest of each.
const RECORDS_MAX: i64 = 1_000;
/// How long a record may stay unsealed, in business time: many times what a hub that runs takes.
pub(super) const UNSEALED_MAX_S: i64 = 600;

impl Gateway {
    /// Records the heads of all chains now, sealed, and answers the record's number; `None` where nothing was logged
    /// since the last one. [`run`](Self::run) does it every minute.
    pub async fn seal(&self) -> Result<Option<i64>, StoreError> {
        let key = self.0.client.keys().in_use();
        let mut kept = None;
        let sealed = self.0.ledger.record_heads(|heads| {
            let signature = key.sign(heads.text().as_bytes()).to_vec();
            let seal = Seal { key_id: key.id().to_owned(), signature };
            kept = Some(KeptSeal::of(heads, &seal));
            seal
        });
        let number = sealed.await?;
        if let (Some(_), Some(kept)) = (number, kept) {
            tracing::debug!(seal = %kept, "the audit log is sealed");
            self.keep_seal(kept).await;
        }
        Ok(number)
    }

    /// The same where the next one may as well do it.
    pub(crate) async fn seal_if_possible(&self) {
        if let Err(error) = self.seal().await {
            tracing::error!(%error, "the audit log could not be sealed");
        }
    }

    /// Seals what an earlier process left unsealed, goes on until the stop is asked for, and seals once more then.
    pub(crate) async fn keep_sealed(&self, mut stop: Shutdown) {
        self.seal_if_possible().await;
        let (mut sealed_at, mut sealed) = (Instant::now(), 0);
        while !stop.is_requested() {
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = stop.requested() => {}
            }
            let logged = self.0.ledger.records_logged();
            if sealed_at.elapsed() < SEAL_INTERVAL && logged < sealed + RECORDS_MAX && !stop.is_requested() {
                continue;
            }
            self.seal_if_possible().await;
            (sealed_at, sealed) = (Instant::now(), logged);
        }
    }

    /// Checks the seals of all heads records with the hub's public keys.
    pub async fn audit_seals(&self, keys: &KeySet) -> Result<Vec<Finding>, StoreError> {
        let keys = keys.of(&self.0.settings.centre);
        let mut findings = Vec::new();
        let each = self.0.ledger.each_heads(|sealed| {
            let signed = keys
                .iter()
                .find(|key| key.id() == sealed.seal.key_id)
                .is_some_and(|key| key.verifies(sealed.heads.text().as_bytes(), &sealed.seal.signature));
            if !signed {
                findings.push(Finding {
                    check: "heads-seal",
                    subject: sealed.heads.number.to_string(),
                    detail: format!("it is not signed by the hub's key {:?}", sealed.seal.key_id),
                });
            }
        });
        each.await?;
        Ok(findings)
    }

    /// Chains whose end nobody has sealed for a long time: no hub runs that could, or it cannot, or a heads record is
    /// gone.
    pub async fn audit_unsealed(&self) -> Result<Vec<Finding>, StoreError> {
        let latest = self.now().plus_seconds(-UNSEALED_MAX_S);
        let unsealed = self.0.ledger.unsealed().await?;
        let found = |unsealed: Unsealed| Finding {
            check: "audit-unsealed",
            subject: unsealed.writer.to_string(),
            detail: format!(
                "no heads record names what was logged from {} on, up to record {}",
                unsealed.since, unsealed.number
            ),
        };
        Ok(unsealed.into_iter().filter(|unsealed| unsealed.since < latest).map(found).collect())
    }
}
