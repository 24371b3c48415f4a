//! What the bank agreed on with a collector about hand-offs: keys, and the addresses that payers return to.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use collectors::link::LinkKey;
use domain::{CollectorNumber, Timestamp};
use http::Uri;

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

/// Why an address cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a return address is https (http on this machine), has a host, no user and no fragment, and ends in a slash"
)]
pub struct ReturnUrlError;

/// A registered address: whatever is below it is the collector's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnUrl(Parts);

/// What is compared of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    scheme: String,
    authority: String,
    path: String,
}

impl ReturnUrl {
    /// Whether an address lies below this one: the same scheme and authority to the letter, and a path that no browser
    /// or server reads as another place.
    pub fn covers(&self, address: &str) -> bool {
        Parts::of(address).is_some_and(|asked| {
            asked.scheme == self.0.scheme
                && asked.authority == self.0.authority
                && asked.path.starts_with(&self.0.path)
        })
    }
}

impl FromStr for ReturnUrl {
    type Err = ReturnUrlError;
    fn from_str(text: &str) -> Result<Self, ReturnUrlError> {
        let parts = Parts::of(text).filter(|parts| parts.path.ends_with('/') && !text.contains('?'));
        parts.map(Self).ok_or(ReturnUrlError)
    }
}

impl fmt::Display for ReturnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.0.scheme, self.0.authority, self.0.path)
    }
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'#' | b'"' | b'<' | b'>' | b'`');
        if !text.bytes().all(is_plain) {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        let on_this_machine = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
        if authority.as_str().contains('@')
            || authority.host().is_empty()
            || !(scheme == "https" || scheme == "http" && on_this_machine)
        {
            return None;
        }
        let path = uri.path();
        let lower = path.to_ascii_lowercase();
        let hides = ["%2e", "%2f", "%5c", "%25", "//", ";"].iter().any(|hidden| lower.contains(hidden));
        let climbs = path.split('/').any(|segment| segment == "." || segment == "..");
        if hides || climbs {
            return None;
        }
        Some(Self {
            scheme: scheme.to_owned(),
            authority: authority.as_str().to_owned(),
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(text: &str) -> ReturnUrl {
        text.parse().unwrap()
    }

    /// Proves SEC-39.
    #[test]
    fn payers_return_below_a_registered_address_and_nowhere_else() {
        let shop = registered("https://shop.example/pay/");
        for own in [
            "https://shop.example/pay/",
            "https://shop.example/pay/orders/1?done=1",
            "https://shop.example/pay/..hidden",
        ] {
            assert!(shop.covers(own), "{own}");
        }
        for foreign in [
            "https://shop.example/pay",
            "https://shop.example/other/",
            "https://shop.example/pay/../other/",
            "https://shop.example/pay/./x",
            "https://shop.example/pay/%2e%2e/other/",
            "https://shop.example/pay/%252e%252e/",
            "https://shop.example/pay/..%2fother",
            "https://shop.example/pay/..%5Cother",
            "https://shop.example/pay//evil.example/",
            "https://shop.example/pay/..;/other/",
            "https://shop.example/pay/\\evil.example",
            "https://shop.example/pay/#x",
            "https://shop.example.evil.example/pay/",
            "https://shop.example@evil.example/pay/",
            "https://user@shop.example/pay/",
            "https://shop.example:8443/pay/",
            "https://SHOP.example/pay/",
            "http://shop.example/pay/",
            "//shop.example/pay/",
            "/pay/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https:///pay/",
            "https://evil.example/?https://shop.example/pay/",
            "",
        ] {
            assert!(!shop.covers(foreign), "{foreign}");
        }
    }

    #[test]
    fn an_address_is_registered_whole_and_over_tls() {
        for wrong in [
            "https://shop.example/pay",
            "https://shop.example/pay/?x=1",
            "http://shop.example/",
            "https://shop.example/a/../",
            "shop.example/",
            "https://u@shop.example/",
        ] {
            assert_eq!(wrong.parse::<ReturnUrl>(), Err(ReturnUrlError), "{wrong}");
        }
        let here = registered("http://127.0.0.1:8090/");
        assert!(here.covers("http://127.0.0.1:8090/sites/99022/bills/x"));
        assert!(!here.covers("http://127.0.0.1:80900/"));
        assert_eq!(here.to_string(), "http://127.0.0.1:8090/");
    }
}
