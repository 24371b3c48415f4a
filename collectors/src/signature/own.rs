//! The keys of one's own side, of which the one in use changes while messages go out.

use std::sync::{Arc, PoisonError, RwLock};

use super::{SigningKey, VerifyingKey};

/// The key that signs, and every public key of this side. Cheap to clone: all clones see what one of them is told.
#[derive(Clone, Debug)]
pub struct SigningKeys(Arc<RwLock<Known>>);

#[derive(Debug)]
struct Known {
    in_use: Arc<SigningKey>,
    all: Vec<VerifyingKey>,
}

impl SigningKeys {
    /// The key that signs what is made now.
    pub fn in_use(&self) -> Arc<SigningKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).in_use)
    }

    /// Every public key that something is, was or will be signed with.
    pub fn all(&self) -> Vec<VerifyingKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).all.clone()
    }

    /// Every public key is among these from now on; the one that signs stays.
    pub fn know(&self, all: Vec<VerifyingKey>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).all = all;
    }

    /// What is made from now on is signed with this key.
    pub fn sign_with(&self, key: SigningKey) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !known.all.iter().any(|public| public.id() == key.id()) {
            known.all.push(key.verifying_key());
        }
        known.in_use = Arc::new(key);
    }
}

impl From<SigningKey> for SigningKeys {
    fn from(key: SigningKey) -> Self {
        let all = vec![key.verifying_key()];
        Self(Arc::new(RwLock::new(Known { in_use: Arc::new(key), all })))
    }
}

/// The keys that the other side's answers may be signed with, which change while messages go out: two while it changes
/// them. Cheap to clone: all clones see what one of them is told.
#[derive(Clone, Debug)]
pub struct PeerKeys(Arc<RwLock<OfPeer>>);

#[derive(Debug)]
struct OfPeer {
    accepted: Arc<[VerifyingKey]>,
    all: Vec<VerifyingKey>,
}

impl PeerKeys {
    /// Those that an answer may be signed with now.
    pub fn accepted(&self) -> Arc<[VerifyingKey]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).accepted)
    }

    /// Every key that an answer is, was or will be signed with.
    pub fn all(&self) -> Vec<VerifyingKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).all.clone()
    }

    /// These are accepted from now on; of all others what was signed stays good.
    pub fn replace(&self, accepted: Vec<VerifyingKey>, all: Vec<VerifyingKey>) {
        let of = OfPeer { accepted: accepted.into(), all };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = of;
    }
}

impl From<Vec<VerifyingKey>> for PeerKeys {
    fn from(keys: Vec<VerifyingKey>) -> Self {
        Self(Arc::new(RwLock::new(OfPeer { accepted: keys.clone().into(), all: keys })))
    }
}
