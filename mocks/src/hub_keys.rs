//! The hub's public keys, as its counterparties are told of them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// A key: its id, and the 32 bytes.
type HubKey = (String, [u8; 32]);

/// Every key that counts at the moment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HubKeys(Arc<Told>);

#[derive(Debug)]
enum Told {
    /// Once and for all.
    Fixed(Vec<HubKey>),
    /// By a list that the hub writes anew whenever one comes or goes, and that is read when it has changed.
    Listed { file: PathBuf, read: Mutex<Option<(Version, Vec<HubKey>)>> },
}

/// What tells one writing of a file from another.
type Version = (u64, i64, i64, u64);

/// A JSON Web Key Set (RFC 7517, RFC 8037).
#[derive(Deserialize)]
struct List {
    keys: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    kty: String,
    crv: String,
    kid: String,
    x: String,
}

impl HubKeys {
    /// One key, which never changes.
    pub fn fixed(id: &str, key: [u8; 32]) -> Self {
        Self(Arc::new(Told::Fixed(vec![(id.to_owned(), key)])))
    }

    /// Those of a list that the hub keeps up to date.
    pub fn listed(file: PathBuf) -> Self {
        Self(Arc::new(Told::Listed { file, read: Mutex::default() }))
    }

    /// The key of this id, where it counts.
    pub(crate) fn find(&self, id: &str) -> Option<[u8; 32]> {
        let among = |keys: &[HubKey]| keys.iter().find(|(of, _)| of == id).map(|(_, key)| *key);
        match &*self.0 {
            Told::Fixed(keys) => among(keys),
            Told::Listed { file, read } => {
                let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                renew(file, &mut read);
                read.as_ref().and_then(|(_, keys)| among(keys))
            }
        }
    }
}

/// Reads the list where it is another; one that cannot be read leaves what was known.
fn renew(file: &Path, read: &mut Option<(Version, Vec<HubKey>)>) {
    let found = fs::metadata(file).map(|found| (found.ino(), found.mtime(), found.mtime_nsec(), found.len()));
    if found.as_ref().is_ok_and(|found| read.as_ref().is_some_and(|(known, _)| known == found)) {
        return;
    }
    let keys = fs::read_to_string(file).map_err(|error| error.to_string()).and_then(|text| keys_in(&text));
    match (found, keys) {
        (Ok(version), Ok(keys)) => *read = Some((version, keys)),
        (_, Err(error)) => tracing::warn!(file = %file.display(), error, "the hub's keys cannot be read"),
        (Err(error), _) => tracing::warn!(file = %file.display(), %error, "the hub's keys cannot be read"),
    }
}

fn keys_in(text: &str) -> Result<Vec<HubKey>, String> {
    let list: List = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let read = |key: Listed| {
        let bytes = URL_SAFE_NO_PAD.decode(&key.x).ok().and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.filter(|_| key.kty == "OKP" && key.crv == "Ed25519");
        bytes.map(|bytes| (key.kid.clone(), bytes)).ok_or_else(|| format!("{} is no Ed25519 key", key.kid))
    };
    list.keys.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(keys: &[(&str, u8)]) -> String {
        let key = |(id, byte): &(&str, u8)| {
            let x = URL_SAFE_NO_PAD.encode([*byte; 32]);
            format!(
                "{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"{id}\",\"x\":\"{x}\",\"owner\":\"MPN9999\"}}"
            )
        };
        format!("{{\"keys\":[{}]}}", keys.iter().map(key).collect::<Vec<_>>().join(","))
    }

    #[test]
    fn a_list_is_read_again_when_it_has_changed_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hub.json");
        let keys = HubKeys::listed(file.clone());
        assert_eq!(keys.find("hub-1"), None, "nothing was told yet");
        let tell = |text: &str| {
            fs::write(folder.path().join("new"), text).unwrap();
            fs::rename(folder.path().join("new"), &file).unwrap();
        };
        tell(&list(&[("hub-1", 1), ("hub-2", 2)]));
        assert_eq!((keys.find("hub-1"), keys.find("hub-2")), (Some([1; 32]), Some([2; 32])));
        tell(&list(&[("hub-2", 2)]));
        assert_eq!((keys.find("hub-1"), keys.find("hub-2")), (None, Some([2; 32])));
        for broken in ["", "{}", &list(&[("hub-3", 3)]).replace("OKP", "EC")] {
            tell(broken);
            assert_eq!((keys.find("hub-2"), keys.find("hub-3")), (Some([2; 32]), None), "{broken}");
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(keys.find("hub-2"), Some([2; 32]));
    }
}
