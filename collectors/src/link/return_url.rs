//! Where payers go back to: the addresses that a collector registers with the bank.

use std::fmt;
use std::str::FromStr;

use http::Uri;

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
