//! The collectors' signing keys: Ed25519, PKCS#8, one file each, made on the first start.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

/// Why a collector has no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("the key file {file} could not be read or written: {source}")]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no Ed25519 key.
    #[error("the file {file} holds no Ed25519 key in PKCS#8; remove it and a new key is made")]
    Content {
        /// Which file.
        file: PathBuf,
    },
    /// The process stops.
    #[error("no key could be read: the process is being stopped")]
    Interrupted,
    /// The system gives no random bytes.
    #[error("no key could be made: the system gives no random bytes")]
    Random,
}

/// The key in `file`; made there, readable by its owner only, when there is none.
pub fn load_or_make(file: &Path) -> Result<Ed25519KeyPair, KeyError> {
    let failed = |source| KeyError::File { file: file.to_owned(), source };
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
            write_new(file, made.as_ref()).map_err(failed)?;
            made.as_ref().to_vec()
        }
        Err(error) => return Err(failed(error)),
    };
    Ed25519KeyPair::from_pkcs8(&bytes).map_err(|_| KeyError::Content { file: file.to_owned() })
}

/// Written aside and renamed, so that a start that is interrupted leaves no half key.
fn write_new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = file.with_extension("new");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&aside)?;
    opened.write_all(bytes)?;
    opened.sync_all()?;
    fs::rename(&aside, file)
}

/// The key that a collector signs with, and the next one, of which the hub is told before anything is signed with it.
pub struct CollectorKeys {
    folder: PathBuf,
    number: String,
    in_use: RwLock<Arc<Signing>>,
}

/// A key and what messages call it.
pub struct Signing {
    /// `00200-1`.
    pub id: String,
    /// The key.
    pub pair: Ed25519KeyPair,
}

impl CollectorKeys {
    /// The newest one in use that the folder has; the first is made.
    pub fn open(folder: &Path, number: &str) -> Result<Self, KeyError> {
        let mut place = 1_u32;
        while folder.join(format!("{number}-{}.pk8", place.saturating_add(1))).exists() {
            place = place.saturating_add(1);
        }
        let id = format!("{number}-{place}");
        let pair = load_or_make(&folder.join(format!("{id}.pk8")))?;
        let in_use = RwLock::new(Arc::new(Signing { id, pair }));
        Ok(Self { folder: folder.to_owned(), number: number.to_owned(), in_use })
    }

    /// The one that signs.
    pub fn in_use(&self) -> Arc<Signing> {
        Arc::clone(&self.in_use.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next one, which is made where there is none: its id and its public half.
    pub fn next(&self) -> Result<(String, [u8; 32]), KeyError> {
        let id = self.next_id();
        let pair = load_or_make(&self.folder.join(format!("{id}.next")))?;
        Ok((id, public(&pair)))
    }

    /// Signs with the next one from now on, where there is one.
    pub fn use_next(&self) -> Result<bool, KeyError> {
        let id = self.next_id();
        let (next, used) = (self.folder.join(format!("{id}.next")), self.folder.join(format!("{id}.pk8")));
        match fs::rename(&next, &used) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(KeyError::File { file: next, source }),
        }
        let pair = load_or_make(&used)?;
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Signing { id, pair });
        Ok(true)
    }

    fn next_id(&self) -> String {
        let in_use = self.in_use();
        let place: u32 = in_use.id.rsplit('-').next().and_then(|place| place.parse().ok()).unwrap_or(1);
        format!("{}-{}", self.number, place.saturating_add(1))
    }
}

/// The public half.
pub fn public(key: &Ed25519KeyPair) -> [u8; 32] {
    let mut bytes = [0; 32];
    // an Ed25519 public key has 32 bytes
    bytes.copy_from_slice(key.public_key().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("00200-1.pk8");
        let first = public(&load_or_make(&file).unwrap());
        assert_eq!(public(&load_or_make(&file).unwrap()), first);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_next_key_is_told_before_it_signs_and_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let keys = CollectorKeys::open(folder.path(), "00200").unwrap();
        assert!(!keys.use_next().unwrap(), "there is none");
        let (id, next) = keys.next().unwrap();
        assert_eq!((id.as_str(), keys.next().unwrap().1), ("00200-2", next), "made once");
        assert_eq!(CollectorKeys::open(folder.path(), "00200").unwrap().in_use().id, "00200-1");
        assert!(keys.use_next().unwrap());
        for keys in [keys, CollectorKeys::open(folder.path(), "00200").unwrap()] {
            assert_eq!((keys.in_use().id.as_str(), public(&keys.in_use().pair)), ("00200-2", next));
        }
    }

    #[test]
    fn a_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("00200-1.pk8");
        fs::write(&file, b"no key").unwrap();
        assert!(load_or_make(&file).unwrap_err().to_string().contains("00200-1.pk8"));
    }
}
