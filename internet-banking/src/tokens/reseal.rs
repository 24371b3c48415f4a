//! Tokens' secrets go over from one key to the next.

use database::{execute, read};
use domain::Timestamp;

use super::seal::KeyId;
use super::store::{TokenError, Tokens};

/// Seeds that are sealed anew in one look.
pub(super) const RESEALED_AT_ONCE: i64 = 100;

/// What sealing seeds anew came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Seeds that are under the key in force now.
    pub sealed: u64,
    /// Seeds that do not open, and stay as they are.
    pub closed: u64,
}

impl Tokens {
    /// Seals every seed under the key in force. It may be broken off and begun again; codes are judged meanwhile.
    pub async fn reseal(&self, now: Timestamp) -> Result<Resealed, TokenError> {
        let mut sealed = 0;
        loop {
            let step = self.reseal_some(now).await?;
            if step.sealed == 0 {
                return Ok(Resealed { sealed, closed: step.closed });
            }
            sealed += step.sealed;
        }
    }

    /// One step of it, a hundred at most; none where none is left but those that do not open, which keep no other from
    /// it.
    pub async fn reseal_some(&self, now: Timestamp) -> Result<Resealed, TokenError> {
        let key = self.key_in_force(now).await?;
        let (mut step, mut after) = (Resealed::default(), String::new());
        while step.sealed == 0 {
            let others: Vec<(String, Vec<u8>, i64)> = read!(self.database, |c| {
                sqlx::query_as(
                    "SELECT serial, seed, key_id FROM token WHERE key_id <> $1 AND serial > $2
                     ORDER BY serial LIMIT $3",
                )
                .bind(key.get())
                .bind(&after)
                .bind(RESEALED_AT_ONCE)
                .fetch_all(c)
                .await
            })?;
            let Some((last, ..)) = others.last() else { break };
            after.clone_from(last);
            self.reseal_these(key, others, &mut step).await?;
        }
        Ok(step)
    }

    async fn reseal_these(
        &self,
        key: KeyId,
        others: Vec<(String, Vec<u8>, i64)>,
        step: &mut Resealed,
    ) -> Result<(), TokenError> {
        for (serial, sealed, old) in others {
            let seed = match self.key.open(KeyId::new(old), &serial, &sealed) {
                Ok(seed) => seed,
                Err(error) => {
                    tracing::error!(%serial, key = old, %error, "the secret of a token does not open");
                    step.closed += 1;
                    continue;
                }
            };
            let sealed = self.key.seal(key, &serial, &seed)?;
            // one that another process has sealed meanwhile is as good
            execute!(
                self.database,
                "UPDATE token SET seed = $1, key_id = $2 WHERE serial = $3 AND key_id = $4",
                sealed,
                key.get(),
                serial,
                old,
            )?;
            step.sealed += 1;
        }
        Ok(())
    }
}
