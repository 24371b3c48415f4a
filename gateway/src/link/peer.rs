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

    /// A collector's payers may be led back below these addresses from now on; the keys stay. Nothing is agreed on with
    /// others by this.
    pub fn replace_return_urls(&self, collector: &CollectorNumber, return_urls: Vec<ReturnUrl>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = all.get_mut(collector) {
            *peer = Arc::new(LinkPeer { keys: peer.keys.clone(), return_urls });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_keys_change_apart_and_for_agreed_collectors_alone() {
        let number = |text: &str| text.parse::<CollectorNumber>().unwrap();
        let jwk = LinkKey::generate("99022-1").unwrap();
        let key = LinkKey::from_jwk(&jwk).unwrap();
        let site = "http://127.0.0.1:8090/sites/99022/";
        let peer = LinkPeer { keys: vec![key], return_urls: vec![site.parse().unwrap()] };
        let peers = LinkPeers::from(HashMap::from([(number("99022"), peer)]));
        let seen = peers.clone();
        let own = "http://127.0.0.1:9444/pay/";
        peers.replace_return_urls(&number("99022"), vec![own.parse().unwrap()]);
        peers.replace_return_urls(&number("99023"), vec![own.parse().unwrap()]);
        let peer = seen.get(&number("99022")).unwrap();
        assert!(peer.may_return_to("http://127.0.0.1:9444/pay/order/1") && !peer.may_return_to(site));
        assert_eq!(peer.keys.len(), 1, "the keys stay");
        assert!(seen.get(&number("99023")).is_none());
        peers.replace_keys(&number("99022"), Vec::new());
        assert!(seen.get(&number("99022")).unwrap().may_return_to(own), "the addresses stay");
    }
}
