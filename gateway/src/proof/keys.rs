//! The public keys of the hub and its collectors, as a JSON Web Key Set (RFC 7517, RFC 8037) in which every key names
//! its owner too: a collector's key must not pass for the hub's. `GET /v1/keys` answers the same form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use collectors::signature::{PeerKeys, SigningKeys, VerifyingKey};
use domain::{CentreCode, CollectorNumber};
use serde::{Deserialize, Serialize};

use crate::{Gateway, inquiry};

/// Keys in one set at most.
const KEYS_MAX: usize = 10_000;

/// Public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<PublicKey>,
}

/// An Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The key's id.
    pub kid: String,
    /// The key in base64url.
    pub x: String,
    /// センタコード of the side that signs with it.
    pub owner: CentreCode,
}

/// A text is no set of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// No JSON, or without keys.
    #[error("it is no JSON Web Key Set: {0}")]
    Form(String),
    /// A key that is none of ours.
    #[error("key {0:?} is no Ed25519 public key with kid, x and owner")]
    Key(String),
}

impl PublicKey {
    /// A key of a centre.
    pub fn of(owner: &CentreCode, key: &VerifyingKey) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            kid: key.id().to_owned(),
            x: URL_SAFE_NO_PAD.encode(key.bytes()),
            owner: owner.clone(),
        }
    }

    /// What verifies, unless this is no Ed25519 key.
    pub fn verifying_key(&self) -> Option<VerifyingKey> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.x).ok()?;
        let fits = self.kty == "OKP" && self.crv == "Ed25519";
        VerifyingKey::new(&self.kid, &bytes).ok().filter(|_| fits)
    }
}

impl KeySet {
    /// Reads a set; members that we do not know are passed over.
    pub fn read(text: &str) -> Result<Self, KeySetError> {
        let document: serde_json::Value =
            serde_json::from_str(text).map_err(|error| KeySetError::Form(error.to_string()))?;
        let listed = document["keys"].as_array().filter(|keys| keys.len() <= KEYS_MAX);
        let listed = listed.ok_or_else(|| KeySetError::Form("it has no list of keys".to_owned()))?;
        let read = |entry: &serde_json::Value| {
            let member = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let refused = || KeySetError::Key(member("kid"));
            let key = PublicKey {
                kty: member("kty"),
                crv: member("crv"),
                kid: member("kid"),
                x: member("x"),
                owner: member("owner").parse().map_err(|_| refused())?,
            };
            if key.verifying_key().is_some() { Ok(key) } else { Err(refused()) }
        };
        Ok(Self { keys: listed.iter().map(read).collect::<Result<_, _>>()? })
    }

    /// The keys that a centre signs with.
    pub fn of(&self, owner: &CentreCode) -> Vec<VerifyingKey> {
        self.keys.iter().filter(|key| key.owner == *owner).filter_map(PublicKey::verifying_key).collect()
    }

    /// This set and what an earlier one has besides, so that what was signed before a change of keys still verifies.
    pub fn with_earlier(mut self, earlier: Self) -> Self {
        for key in earlier.keys {
            if !self.keys.iter().any(|known| (&known.owner, &known.kid) == (&key.owner, &key.kid)) {
                self.keys.push(key);
            }
        }
        self
    }
}

impl Gateway {
    /// The hub's keys, of which one signs.
    pub fn signing_keys(&self) -> &SigningKeys {
        self.0.client.keys()
    }

    /// The collectors that the hub reaches, each with the keys that its answers may be signed with.
    pub fn collectors_keys(&self) -> impl Iterator<Item = (&CollectorNumber, &PeerKeys)> {
        self.0.client.peers()
    }

    /// Every public key of the hub, whatever has become of it, and those of the collectors that it reaches likewise.
    pub fn public_keys(&self) -> KeySet {
        let of_hub = |key| PublicKey::of(&self.0.settings.centre, &key);
        let hub: Vec<_> = self.0.client.keys().all().into_iter().map(of_hub).collect();
        let mut peers: Vec<PublicKey> = self
            .0
            .client
            .peers()
            .flat_map(|(number, keys)| {
                let owner = inquiry::centre(number);
                keys.all().into_iter().map(move |key| PublicKey::of(&owner, &key)).collect::<Vec<_>>()
            })
            .collect();
        peers.sort_by(|a, b| (&a.owner, &a.kid).cmp(&(&b.owner, &b.kid)));
        KeySet { keys: hub.into_iter().chain(peers).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: &str, id: &str, byte: u8) -> PublicKey {
        PublicKey::of(&owner.parse().unwrap(), &VerifyingKey::new(id, &[byte; 32]).unwrap())
    }

    #[test]
    fn a_set_is_read_back_and_knows_whose_a_key_is() {
        let set = KeySet { keys: vec![key("MPN9999", "hub-1", 1), key("C00200", "00200-1", 2)] };
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(KeySet::read(&text).unwrap(), set);
        assert_eq!(KeySet::read(&text.replace("\"kty\"", "\"use\":\"sig\",\"kty\"")).unwrap(), set);
        let of = |owner: &str| {
            set.of(&owner.parse().unwrap()).iter().map(|k| k.id().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            (of("MPN9999"), of("C00200"), of("C00500")),
            (vec!["hub-1".into()], vec!["00200-1".into()], vec![])
        );
    }

    #[test]
    fn what_is_no_key_is_refused_by_name() {
        for (change, to) in [("OKP", "EC"), ("Ed25519", "X25519"), ("MPN9999", "mpn"), ("AQEB", "AQE")] {
            let text = serde_json::to_string(&KeySet { keys: vec![key("MPN9999", "hub-1", 1)] }).unwrap();
            let refused = KeySet::read(&text.replace(change, to));
            assert_eq!(refused, Err(KeySetError::Key("hub-1".to_owned())), "{change}");
        }
        for text in ["", "[]", "{}", "{\"keys\": 1}"] {
            assert!(matches!(KeySet::read(text), Err(KeySetError::Form(_))), "{text}");
        }
    }

    #[test]
    fn earlier_keys_stay_and_newer_ones_win() {
        let now = KeySet { keys: vec![key("MPN9999", "hub-2", 3)] };
        let earlier = KeySet { keys: vec![key("MPN9999", "hub-1", 1), key("MPN9999", "hub-2", 9)] };
        let kept = now.clone().with_earlier(earlier);
        assert_eq!(kept.keys, [now.keys[0].clone(), key("MPN9999", "hub-1", 1)]);
    }
}
