//! What a running process does with the keys: it takes over what changed, and brings tokens' secrets under the key in
//! force, some at a time. A process that is killed leaves nothing half done; the next one goes on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::CollectorNumber;
use edge::Shutdown;
use gateway::Gateway;
use gateway::link::{LinkKey, LinkPeers};
use gateway::signing::{SigningKeys, VerifyingKey};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Ledger, Refused};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::vault::Vault;
use super::{BankKey, KeyKind, KeyStanding, messages, store};
use crate::Bank;
use crate::certificates::authority::{Authorities, Authority};
use crate::secrets::Secret;
use crate::tokens::{KeyId, Resealed, TokenError, Tokens};

/// Between two looks at the table.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The keys of a process. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    ledger: Ledger,
    vault: Vault,
    tokens: Tokens,
    authorities: Authorities,
    links: LinkPeers,
    signing: SigningKeys,
    gateway: Gateway,
    seen: Arc<Mutex<Vec<BankKey>>>,
}

impl Keys {
    /// Those that a bank works with.
    pub fn new(bank: &Bank, secret: &Secret) -> Self {
        Self {
            ledger: bank.ledger.clone(),
            vault: Vault::new(secret),
            tokens: bank.tokens.clone(),
            authorities: bank.certificates.authorities().clone(),
            links: bank.gateway.link_peers().clone(),
            signing: bank.gateway.signing_keys().clone(),
            gateway: bank.gateway.clone(),
            seen: Arc::default(),
        }
    }

    /// Takes over what has changed since the last look, and says whether anything has. What does not open is left out,
    /// with an error in the log. Which key signs changes [afterwards](Self::sign_with_the_current), when others were
    /// told.
    pub async fn refresh(&self) -> Result<bool, sqlx::Error> {
        let keys = store::all(self.ledger.database()).await?;
        if *self.seen() == keys {
            return Ok(false);
        }
        self.take_authorities(&keys);
        for collector in self.links.collectors() {
            self.take_links(&keys, &collector);
        }
        for (collector, in_use) in self.gateway.collectors_keys() {
            if let Some((accepted, all)) = messages::of_collector(&keys, collector) {
                in_use.replace(accepted, all);
            }
        }
        let own = messages::verifying_keys(keys.iter());
        // a deployment whose hub has its key from elsewhere has no row of one
        if !own.is_empty() {
            self.signing.know(own);
        }
        *self.seen() = keys;
        Ok(true)
    }

    /// What is made from now on is signed with the key whose day has come.
    pub fn sign_with_the_current(&self) {
        let keys = self.seen().clone();
        let current = messages::current(&keys, self.ledger.clock().now());
        let Some(current) = current.filter(|key| messages::key_id(key.number) != self.signing.in_use().id())
        else {
            return;
        };
        match messages::open(&self.vault, current) {
            Ok(key) => self.signing.sign_with(key),
            Err(error) => tracing::error!(key = ?current, %error, "the hub goes on with the key before"),
        }
    }

    /// The hub's public keys that count: what its counterparties are told.
    pub fn told(&self) -> Vec<VerifyingKey> {
        messages::verifying_keys(self.seen().iter().filter(|key| key.retired_at.is_none()))
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Vec<BankKey>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_authorities(&self, keys: &[BankKey]) {
        let own: Vec<_> = keys.iter().filter(|key| key.kind == KeyKind::Authority).collect();
        let read = |key: &&BankKey| {
            let pem = self.secret_of(key)?;
            let read = Authority::read(&key.id(), &key.public, std::str::from_utf8(&pem).ok()?);
            let read = read
                .inspect_err(|error| tracing::error!(key = %key.id(), %error, "an authority is left out"));
            Some(read.ok()?.issuing_from(key.from))
        };
        // one that never had a row was told of otherwise
        if !own.is_empty() {
            self.authorities
                .replace(own.iter().filter(|key| key.retired_at.is_none()).filter_map(read).collect());
        }
    }

    fn take_links(&self, keys: &[BankKey], collector: &CollectorNumber) {
        let own: Vec<_> =
            keys.iter().filter(|key| key.is_beside(KeyKind::Link, collector.as_str())).collect();
        if !own.is_empty() {
            let accepted = own.iter().filter(|key| key.retired_at.is_none());
            let read =
                |key: &&BankKey| LinkKey::from_jwk(std::str::from_utf8(&self.secret_of(key)?).ok()?).ok();
            self.links.replace_keys(collector, accepted.filter_map(read).collect());
        }
    }

    fn secret_of(&self, key: &BankKey) -> Option<Zeroizing<Vec<u8>>> {
        let opened = self.vault.open((key.kind, &key.owner, key.number), key.sealed.as_deref()?);
        opened.inspect_err(|error| tracing::error!(?key, %error, "a key is left out")).ok()
    }

    /// Every link key that is or was in use and is accepted, as id and JWK: what is handed to collectors' sites.
    pub fn handed_links(&self) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let (keys, today) = (self.seen().clone(), self.ledger.clock().now().date());
        let in_use = |key: &&BankKey| {
            key.kind == KeyKind::Link
                && matches!(key.standing(&keys, today), KeyStanding::Current | KeyStanding::Accepted)
        };
        keys.iter().filter(in_use).filter_map(|key| Some((key.id(), self.secret_of(key)?))).collect()
    }

    /// Encrypts some secrets of tokens under the key in force, and answers that key once all are under it.
    pub async fn reseal_some(&self) -> Result<Option<KeyId>, TokenError> {
        let (key, step) = self.reseal_step().await?;
        Ok((step.sealed == 0).then_some(key))
    }

    async fn reseal_step(&self) -> Result<(KeyId, Resealed), TokenError> {
        let now = self.ledger.clock().now();
        let key = self.tokens.key_in_force(now).await?;
        Ok((key, self.tokens.reseal_some(now).await?))
    }

    /// Looks again and again, until the process stops. `told` hears of it at first, and whenever a key or the day has
    /// changed.
    pub async fn run(self, mut shutdown: Shutdown, told: impl Fn(&Self) + Send) {
        let (mut resealed, mut day) = (None, None);
        while !shutdown.is_requested() {
            let today = Some(self.ledger.clock().now().date());
            match self.refresh().await {
                Ok(changed) if changed || day != today => {
                    told(&self);
                    day = today;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the keys cannot be looked at"),
            }
            self.sign_with_the_current();
            match self.reseal(resealed).await {
                Ok(key) => resealed = key.or(resealed),
                Err(error) => {
                    tracing::error!(%error, "secrets of tokens cannot be encrypted under the key in force");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// A step, unless all were found under the key in force before. Says the key under which all are.
    async fn reseal(&self, resealed: Option<KeyId>) -> Result<Option<KeyId>, TokenError> {
        if resealed == Some(self.tokens.key_in_force(self.ledger.clock().now()).await?) {
            return Ok(resealed);
        }
        let (key, step) = self.reseal_step().await?;
        if step.sealed > 0 {
            return Ok(None);
        }
        if key > KeyId::FIRST {
            self.record(key, step.closed).await;
        }
        Ok(Some(key))
    }

    /// One record says that all are under the key, whichever process has done it.
    async fn record(&self, key: KeyId, closed: u64) {
        let record = AuditRecord {
            contract: None,
            actor: "system".to_owned(),
            action: "token.reseal",
            subject: key.get().to_string(),
            detail: match closed {
                0 => "every secret is sealed under it".to_owned(),
                _ => format!("every secret is sealed under it but {closed} that do not open"),
            },
        };
        let once = GuardKey(format!("token-resealed|{}", key.get()));
        let guards = vec![(once, EntityId(Uuid::nil()))];
        match self.ledger.commit(Commit { guards, audit: vec![record], ..Commit::default() }).await {
            Ok(_) | Err(Refused::Guarded { .. }) => {}
            Err(refused) => tracing::error!(%refused, "what was sealed anew is not in the audit log"),
        }
    }
}
