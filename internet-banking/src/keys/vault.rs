//! Keys at rest: AES-256-GCM under a key of the deployment's secret, bound to the row that they are in.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::sync::Arc;
use zeroize::Zeroizing;

use super::KeyKind;
use crate::secrets::{Purpose, Secret};
use crate::tokens::SealingKey;

/// Seals and opens what is secret of keys. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    key: Arc<LessSafeKey>,
    seeds: SealingKey,
}

/// A sealed key does not open: another deployment's, another row's, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed key does not open under this deployment's secret")]
pub struct VaultError;

impl Vault {
    /// Under the deployment's secret.
    pub fn new(secret: &Secret) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &*secret.key(Purpose::Keys));
        let key = key.unwrap_or_else(|_| unreachable!("a purpose's key has 32 bytes"));
        let seeds = SealingKey::new(&secret.key(Purpose::Tokens));
        let seeds = seeds.unwrap_or_else(|_| unreachable!("keys are drawn from any 32 bytes"));
        Self { key: Arc::new(LessSafeKey::new(key)), seeds }
    }

    /// What the secrets of tokens are sealed under.
    pub const fn seeds(&self) -> &SealingKey {
        &self.seeds
    }

    /// A key: nonce, ciphertext and tag.
    pub(super) fn seal(&self, place: (KeyKind, &str, i64), key: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.seal_as(&name(place), key)
    }

    /// Whatever is called so among everything that is sealed here.
    pub(crate) fn seal_as(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_LEN] = domain::random::bytes();
        let mut hidden = key.to_vec();
        let sealed = self.key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name.as_bytes()),
            &mut hidden,
        );
        sealed.map_err(|_| VaultError)?;
        Ok([nonce.as_slice(), &hidden].concat())
    }

    /// The key again.
    pub(super) fn open(
        &self,
        place: (KeyKind, &str, i64),
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open_as(&name(place), sealed)
    }

    /// What was sealed under a name, again.
    pub(crate) fn open_as(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, hidden) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError)?;
        let mut hidden = Zeroizing::new(hidden.to_vec());
        let opened = self.key.open_in_place(nonce, Aad::from(name.as_bytes()), hidden.as_mut_slice());
        Ok(Zeroizing::new(opened.map_err(|_| VaultError)?.to_vec()))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(redacted)")
    }
}

fn name((kind, owner, number): (KeyKind, &str, i64)) -> String {
    format!("{}|{owner}|{number}", kind.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_only_in_its_row_and_under_its_deployments_secret() {
        let vault = Vault::new(&Secret::new([1; 32]));
        let place = (KeyKind::Link, "99022", 1);
        let sealed = vault.seal(place, b"a key").unwrap();
        assert_eq!(**vault.open(place, &sealed).unwrap(), *b"a key");
        for other in
            [(KeyKind::Authority, "99022", 1), (KeyKind::Link, "99021", 1), (KeyKind::Link, "99022", 2)]
        {
            assert_eq!(vault.open(other, &sealed), Err(VaultError), "{other:?}");
        }
        assert_eq!(Vault::new(&Secret::new([2; 32])).open(place, &sealed), Err(VaultError));
        assert_eq!(vault.open(place, &sealed[..9]), Err(VaultError));
        assert_ne!(vault.seal(place, b"a key").unwrap(), sealed);
    }
}
