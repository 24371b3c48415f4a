//! Keys at rest: AES-256-GCM under a key of the deployment's secret, bound to the row that they are in.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::sync::Arc;
use zeroize::Zeroizing;

use super::KeyKind;
use crate::secrets::{Purpose, Secret};

/// Seals and opens what is secret of keys. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<LessSafeKey>);

/// A sealed key does not open: another deployment's, another row's, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed key does not open under this deployment's secret")]
pub struct VaultError;

impl Vault {
    /// Under the deployment's secret.
    pub fn new(secret: &Secret) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &*secret.key(Purpose::Keys));
        let key = key.unwrap_or_else(|_| unreachable!("a purpose's key has 32 bytes"));
        Self(Arc::new(LessSafeKey::new(key)))
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn seal(
        &self,
        (kind, owner, number): (KeyKind, &str, i64),
        key: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_LEN] = domain::random::bytes();
        let mut hidden = key.to_vec();
        let sealed = self.0.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            bound_to(kind, owner, number),
            &mut hidden,
        );
        sealed.map_err(|_| VaultError)?;
        Ok([nonce.as_slice(), &hidden].concat())
    }

    /// The key again.
    pub(super) fn open(
        &self,
        (kind, owner, number): (KeyKind, &str, i64),
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, hidden) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError)?;
        let mut hidden = Zeroizing::new(hidden.to_vec());
        let opened = self.0.open_in_place(nonce, bound_to(kind, owner, number), hidden.as_mut_slice());
        Ok(Zeroizing::new(opened.map_err(|_| VaultError)?.to_vec()))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(redacted)")
    }
}

fn bound_to(kind: KeyKind, owner: &str, number: i64) -> Aad<Vec<u8>> {
    Aad::from(format!("{}|{owner}|{number}", kind.code()).into_bytes())
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
