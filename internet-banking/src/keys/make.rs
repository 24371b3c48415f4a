//! A new key.

use domain::Timestamp;
use gateway::link::LinkKey;
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Ledger, Refused};
use uuid::Uuid;

use super::vault::{Vault, VaultError};
use super::{KeyKind, all, id, messages, row};
use crate::certificates::authority::{AuthorityError, NewAuthority};

/// Why a key cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// It cannot be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No authority can be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// No link key can be made.
    #[error("no link key can be made: {0}")]
    Link(#[from] gateway::link::LinkKeyError),
    /// No signing key can be made.
    #[error(transparent)]
    Signing(#[from] gateway::signing::KeyError),
    /// The keys cannot be read.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The ledger could not take it.
    #[error("it could not be committed: {0}")]
    Refused(#[from] Refused),
}

/// What everybody may know of it, and what is secret, sealed.
pub fn make(
    vault: &Vault,
    (kind, owner, number): (KeyKind, &str, i64),
    now: Timestamp,
) -> Result<(String, Option<Vec<u8>>), MakeError> {
    let place = (kind, owner, number);
    Ok(match kind {
        // drawn from the deployment's secret by its number
        KeyKind::Seed => (String::new(), None),
        KeyKind::Link => {
            let jwk = LinkKey::generate(&id(owner, number))?;
            (String::new(), Some(vault.seal(place, jwk.as_bytes())?))
        }
        KeyKind::Authority => {
            let generation = u32::try_from(number).unwrap_or(u32::MAX);
            let made = NewAuthority::generate(generation, now)?;
            (made.certificate_pem, Some(vault.seal(place, made.key_pem.as_bytes())?))
        }
        KeyKind::Message => {
            let (public, secret) = messages::generate(number)?;
            (public, Some(vault.seal(place, &secret)?))
        }
    })
}

/// What keeps a key from being made twice.
pub fn made_once(kind: KeyKind, owner: &str, number: i64) -> GuardKey {
    GuardKey(format!("bank-key|{}|{}", kind.code(), id(owner, number)))
}

/// Another authority, which issues from today on: for a bank that has none, or whose newest ends before long. Another
/// process that is at it at the same time makes the same one.
pub async fn another_authority(ledger: &Ledger, vault: &Vault, actor: &str) -> Result<i64, MakeError> {
    let (kind, now) = (KeyKind::Authority, ledger.clock().now());
    let keys = all(ledger.database()).await?;
    let newest = keys.iter().filter(|key| key.is_beside(kind, "")).map(|key| key.number).max();
    let number = newest.unwrap_or_default().saturating_add(1);
    let made = make(vault, (kind, "", number), now)?;
    let commit = Commit {
        guards: vec![(made_once(kind, "", number), EntityId(Uuid::nil()))],
        rows: vec![row((kind, "", number), made, Some(now.date()), now)],
        audit: vec![AuditRecord {
            contract: None,
            actor: actor.to_owned(),
            action: "key.make",
            subject: format!("{}/{number}", kind.code()),
            detail: format!("from {}", now.date()),
        }],
        ..Commit::default()
    };
    match ledger.commit(commit).await {
        Ok(_) | Err(Refused::Guarded { .. }) => Ok(number),
        Err(refused) => Err(refused.into()),
    }
}
