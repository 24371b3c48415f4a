//! What the bank agreed on with a collector about hand-offs: keys, and the addresses that payers return to.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use collectors::link::{LinkKey, ReturnUrl};
use domain::{CollectorNumber, Timestamp};

/// The agreement with one collector.
#[derive(Debug, Default)]
pub struct LinkPeer {
    /// The shared keys. An old one and its successor overlap.
    pub keys: Vec<LinkKey>,
    /// Where payers may be led back to.
    pub return_urls: Vec<ReturnUrl>,
}

/// The agreements, by collector. Cheap to clone: all clones see what one of them is [told](Self::replace_keys).
#[derive(Clone, Debug, Default)]
pub struct LinkPeers(Arc<RwLock<Agreements>>);

type Agreements = HashMap<CollectorNumber, Arc<LinkPeer>>;

impl LinkPeers {
    /// The agreement with a collector.
    pub fn get(&self, collector: &CollectorNumber) -> Option<Arc<LinkPeer>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(collector).cloned()
    }

    /// The collectors that something was agreed on with.
    pub fn collectors(&self) -> Vec<CollectorNumber> {
        let mut all: Vec<_> = self.0.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        all.sort();
        all
    }

    /// A collector's keys are these from now on; the addresses stay. Nothing is agreed on with others by this.
    pub fn replace_keys(&self, collector: &CollectorNumber, keys: Vec<LinkKey>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = all.get_mut(collector) {
            *peer = Arc::new(LinkPeer { keys, return_urls: peer.return_urls.clone() });
        }
    }
}

impl From<HashMap<CollectorNumber, LinkPeer>> for LinkPeers {
    fn from(peers: HashMap<CollectorNumber, LinkPeer>) -> Self {
        let peers = peers.into_iter().map(|(collector, peer)| (collector, Arc::new(peer)));
        Self(Arc::new(RwLock::new(peers.collect())))
    }
}

impl LinkPeer {
    /// The key of this id that may be used at an instant.
    pub fn key(&self, id: &str, at: Timestamp) -> Option<&LinkKey> {
        self.keys.iter().find(|key| key.id() == id && key.is_valid(at))
    }

    /// Whether payers may be led to this address.
    pub fn may_return_to(&self, address: &str) -> bool {
        self.return_urls.iter().any(|registered| registered.covers(address))
    }
}
