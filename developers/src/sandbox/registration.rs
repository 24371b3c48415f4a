//! A collector of one's own in the place of a mock: where it listens, and the key that its answers are signed with.

use collectors::link::{ReturnUrl, ReturnUrlError};
use collectors::signature::VerifyingKey;
use domain::CollectorNumber;
use http::Uri;
use serde::{Deserialize, Serialize};

/// Characters of an endpoint at most.
const ENDPOINT_CHARS_MAX: usize = 200;
/// Bytes of an authority's certificates at most.
const ROOT_CA_BYTES_MAX: usize = 32 * 1024;
/// The block of numbers that collectors of one's own may take.
const OWN_BLOCK: &str = "99";

/// Which endpoints may be registered, so that the hub asks nobody else in somebody's name.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// Hosts besides this machine, as they are written in the endpoint.
    pub hosts: Vec<String>,
    /// The demo's own ports on this machine, where no collector of anybody's own listens.
    pub own_ports: Vec<u16>,
}

/// What somebody types.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Scheme, host and port.
    pub endpoint: String,
    /// The key's id.
    pub key_id: String,
    /// Its 32 bytes, hexadecimal or base64.
    pub public_key: String,
    /// The authority of the endpoint's certificate, PEM; nothing with http.
    pub root_ca: String,
    /// Where its site takes payers back, with a slash at the end; nothing where it hands no bills over.
    pub return_url: String,
}

/// A registration, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The row whose mock it replaces.
    pub collector: CollectorNumber,
    /// Scheme, host and port; `/{number}/mpn` is appended.
    pub endpoint: Uri,
    /// Signs its answers.
    pub key: VerifyingKey,
    /// The authority of its certificate, PEM, with https.
    pub root_ca: Option<String>,
    /// Where payers may be led back to (情報リンク), besides the mock's own site.
    pub return_url: Option<ReturnUrl>,
}

/// One thing to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it, and what is right.
    pub message: String,
}

impl Registration {
    /// What was typed, or everything that is wrong with it.
    pub fn read(collector: &CollectorNumber, wanted: &Wanted, allowed: &Allowed) -> Result<Self, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let mut note = |field: &'static str, message: String| wrong.push(Wrong { field, message });
        if !collector.as_str().starts_with(OWN_BLOCK) {
            note(
                "collector",
                format!("{collector} is a real institution's number; take one that begins with 99"),
            );
        }
        let endpoint = endpoint(wanted.endpoint.trim(), allowed);
        let endpoint = endpoint.map_err(|message| note("endpoint", message)).ok();
        let root_ca = Some(wanted.root_ca.trim()).filter(|text| !text.is_empty());
        let is_tls = endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme_str() == Some("https"));
        match root_ca {
            None if is_tls => {
                note("root_ca", "with https give the authority of your certificate in PEM".to_owned());
            }
            Some(_) if endpoint.is_some() && !is_tls => {
                note("root_ca", "http has no certificate; leave the authority out".to_owned());
            }
            Some(pem) if pem.len() > ROOT_CA_BYTES_MAX => note("root_ca", "at most 32,768 bytes".to_owned()),
            Some(pem) if is_tls && super::wire::tls(pem).is_none() => {
                note("root_ca", "this is no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned());
            }
            _ => {}
        }
        let return_url = Some(wanted.return_url.trim()).filter(|text| !text.is_empty());
        let return_url = return_url.map(|text| return_address(text, allowed)).transpose();
        let return_url = return_url.map_err(|message| note("return_url", message)).ok().flatten();
        let bytes = key_bytes(wanted.public_key.trim());
        let key = bytes.and_then(|bytes| VerifyingKey::new(wanted.key_id.trim(), &bytes).ok());
        if bytes.is_none() {
            let message = "an Ed25519 public key has 32 bytes: 64 hexadecimal digits, or base64".to_owned();
            note("public_key", message);
        } else if key.is_none() {
            note("key_id", "a key id is 1 to 64 letters, digits, hyphens, dots and underscores".to_owned());
        }
        match (endpoint, key) {
            (Some(endpoint), Some(key)) if wrong.is_empty() => {
                let (collector, root_ca) = (collector.clone(), root_ca.map(str::to_owned));
                Ok(Self { collector, endpoint, key, root_ca, return_url })
            }
            _ => Err(wrong),
        }
    }

    /// Where its messages go.
    pub fn url(&self) -> String {
        format!("{}/{}/mpn", self.endpoint.to_string().trim_end_matches('/'), self.collector)
    }

    /// As it is kept in the data folder.
    pub fn kept(&self) -> Kept {
        Kept {
            collector: self.collector.to_string(),
            endpoint: self.endpoint.to_string(),
            key_id: self.key.id().to_owned(),
            public_key: self.key.bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
            root_ca: self.root_ca.clone().unwrap_or_default(),
            return_url: self.return_url.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// A registration as a file has it, and as the API tells it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// 収納機関番号.
    pub collector: String,
    /// Scheme, host and port.
    pub endpoint: String,
    /// The key's id.
    pub key_id: String,
    /// Its 32 bytes, hexadecimal.
    pub public_key: String,
    /// PEM, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub root_ca: String,
    /// Where payers may be led back to, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub return_url: String,
}

impl Kept {
    /// What was typed once.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            endpoint: self.endpoint.clone(),
            key_id: self.key_id.clone(),
            public_key: self.public_key.clone(),
            root_ca: self.root_ca.clone(),
            return_url: self.return_url.clone(),
        }
    }
}

fn endpoint(text: &str, allowed: &Allowed) -> Result<Uri, String> {
    let form = || "write scheme, host and port, such as http://127.0.0.1:9443".to_owned();
    if text.is_empty() || text.len() > ENDPOINT_CHARS_MAX {
        return Err(form());
    }
    let uri: Uri = text.parse().map_err(|_| form())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(form()) };
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !authority.as_str().contains('@');
    if !bare || !matches!(scheme, "http" | "https") {
        return Err("write scheme, host and port alone: the hub appends /{number}/mpn to it".to_owned());
    }
    let port = uri.port_u16().ok_or_else(form)?;
    allow(&uri, port, allowed)?;
    Ok(uri)
}

/// The address of a site that payers are led back to.
fn return_address(text: &str, allowed: &Allowed) -> Result<ReturnUrl, String> {
    let address: ReturnUrl = text.parse().map_err(|error: ReturnUrlError| error.to_string())?;
    let uri: Uri = text.parse().map_err(|_| ReturnUrlError.to_string())?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    allow(&uri, port, allowed)?;
    Ok(address)
}

/// Whether something of a collector may be there.
fn allow(uri: &Uri, port: u16, allowed: &Allowed) -> Result<(), String> {
    let host = uri.host().unwrap_or_default();
    // names are not asked for here, and an address of this machine is written in one of three ways
    let is_here = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    if !is_here && !allowed.hosts.iter().any(|known| known == host) {
        return Err(format!(
            "{host} is not this machine; start the demo with --sandbox-host {host} to allow it"
        ));
    }
    if uri.scheme_str() == Some("http") && !is_here {
        return Err("http is for this machine alone; use https".to_owned());
    }
    if is_here && allowed.own_ports.contains(&port) {
        return Err(format!("port {port} is the demo's own; your collector listens on another"));
    }
    Ok(())
}

fn key_bytes(text: &str) -> Option<[u8; 32]> {
    if text.len() == 64 && text.is_ascii() {
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        return Some(bytes);
    }
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let plain = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    STANDARD_NO_PAD.decode(plain).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";

    fn read(endpoint: &str) -> Result<Registration, Vec<Wrong>> {
        read_with(endpoint, "")
    }

    fn read_with(endpoint: &str, return_url: &str) -> Result<Registration, Vec<Wrong>> {
        let wanted = Wanted {
            endpoint: endpoint.to_owned(),
            key_id: "99022-7".to_owned(),
            public_key: KEY.to_owned(),
            root_ca: String::new(),
            return_url: return_url.to_owned(),
        };
        let allowed = Allowed { hosts: vec!["collector.example".to_owned()], own_ports: vec![8081, 8091] };
        Registration::read(&"99022".parse().unwrap(), &wanted, &allowed)
    }

    #[test]
    fn only_this_machine_and_allowed_hosts_are_asked() {
        for good in ["http://127.0.0.1:9443", "http://localhost:9443/", "http://[::1]:9443"] {
            assert!(read(good).is_ok(), "{good}");
        }
        assert_eq!(read("http://127.0.0.1:9443/").unwrap().url(), "http://127.0.0.1:9443/99022/mpn");
        for (bad, why) in [
            ("", "write scheme"),
            ("127.0.0.1:9443", "write scheme"),
            ("http://127.0.0.1", "write scheme"),
            ("ftp://127.0.0.1:9443", "alone"),
            ("http://127.0.0.1:9443/x", "alone"),
            ("http://127.0.0.1:9443?x=1", "alone"),
            ("http://u@127.0.0.1:9443", "alone"),
            ("http://127.0.0.1.evil.example:9443", "not this machine"),
            ("http://169.254.169.254:80", "not this machine"),
            ("http://10.0.0.1:9443", "not this machine"),
            ("http://0.0.0.0:9443", "not this machine"),
            ("http://127.1:9443", "not this machine"),
            ("http://collector.example:9443", "this machine alone"),
            ("http://127.0.0.1:8091", "the demo's own"),
        ] {
            let wrong = read(bad).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].field == "endpoint", "{bad}: {wrong:?}");
            assert!(wrong[0].message.contains(why), "{bad}: {}", wrong[0].message);
        }
        let wrong = read("https://collector.example:9443").unwrap_err();
        assert_eq!(wrong[0].field, "root_ca");
    }

    /// Where the bank sends its payers' browsers is bound as tightly as where the hub sends its messages.
    #[test]
    fn payers_are_led_back_to_this_machine_and_allowed_hosts_alone() {
        for good in ["http://127.0.0.1:9444/pay/", "http://localhost:9444/", "https://collector.example/pay/"]
        {
            let read = read_with("http://127.0.0.1:9443", good).unwrap();
            assert_eq!(read.kept().return_url, good);
        }
        for (bad, why) in [
            ("http://127.0.0.1:9444/pay", "ends in a slash"),
            ("http://u@127.0.0.1:9444/", "no user"),
            ("javascript:alert(1)", "return address"),
            ("https://evil.example/", "not this machine"),
            ("http://collector.example/", "return address"),
            ("http://127.0.0.1:8081/", "the demo's own"),
        ] {
            let wrong = read_with("http://127.0.0.1:9443", bad).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].field == "return_url", "{bad}: {wrong:?}");
            assert!(wrong[0].message.contains(why), "{bad}: {}", wrong[0].message);
        }
    }

    #[test]
    fn a_key_is_typed_as_hexadecimal_or_as_base64() {
        let base64 = "gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=";
        assert_eq!(key_bytes(KEY), key_bytes(base64));
        assert_eq!(key_bytes(KEY), key_bytes(&base64.replace('+', "-").replace('/', "_").replace('=', "")));
        for bad in ["", "81", "zz", &KEY[2..], &format!("{KEY}00"), &"é".repeat(32)] {
            assert_eq!(key_bytes(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_real_institution_is_nobodys_sandbox() {
        let wanted = Wanted {
            endpoint: "http://127.0.0.1:9443".to_owned(),
            key_id: "k 1".to_owned(),
            public_key: KEY.to_owned(),
            root_ca: "x".to_owned(),
            return_url: String::new(),
        };
        let wrong = Registration::read(&"00200".parse().unwrap(), &wanted, &Allowed::default()).unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|wrong| wrong.field).collect();
        assert_eq!(fields, ["collector", "root_ca", "key_id"]);
    }

    #[test]
    fn what_is_kept_reads_back() {
        let made = read_with("http://127.0.0.1:9443", "http://127.0.0.1:9444/pay/").unwrap();
        let text = serde_json::to_string(&made.kept()).unwrap();
        let kept: Kept = serde_json::from_str(&text).unwrap();
        let again = Registration::read(&made.collector, &kept.wanted(), &Allowed::default());
        assert_eq!(again.unwrap(), made);
    }
}
