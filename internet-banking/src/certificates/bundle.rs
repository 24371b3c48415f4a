//! PKCS#12: the key, its certificate and the authority's in one file under a pass phrase, as browsers and systems
//! import them. It exists in the answer that delivers it and nowhere else (SEC-06).

use std::fmt;

use domain::random;
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};
use rcgen::KeyPair;
use zeroize::Zeroizing;

use super::authority::Signed;

/// Rounds that make a guessed pass phrase slow; it has 80 random bits beside.
const ITERATIONS: u32 = 20_000;
/// Characters of a pass phrase, five bits each, in groups of four.
const PASS_PHRASE_CHARS: usize = 16;

/// The file could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the file with the certificate could not be made: {0}")]
pub struct BundleError(String);

/// The file and its pass phrase.
pub struct Bundle {
    /// The file.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What the user types when importing it.
    pub pass_phrase: Zeroizing<String>,
}

/// Neither reaches a log line.
impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bundle(redacted)")
    }
}

impl Bundle {
    /// Packs a key with its certificate. Slow on purpose: not for the async threads.
    pub fn pack(label: &str, key: &KeyPair, signed: &Signed) -> Result<Self, BundleError> {
        let pass_phrase = pass_phrase();
        let key_der = Zeroizing::new(key.serialize_der());
        let made = (|| {
            let key = PrivateKey::from_der(&key_der)?;
            let chain = [Certificate::from_der(&signed.der)?, Certificate::from_der(&signed.authority_der)?];
            let mut store = KeyStore::new();
            let entry = PrivateKeyChain::new(signed.serial.as_slice(), key, chain);
            store.add_entry(label, KeyStoreEntry::PrivateKeyChain(entry));
            store
                .writer(&pass_phrase)
                .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
                .encryption_iterations(ITERATIONS)
                .mac_algorithm(MacAlgorithm::HmacSha256)
                .mac_iterations(ITERATIONS)
                .write()
        })();
        let bytes = made.map_err(|error: p12_keystore::error::Error| BundleError(error.to_string()))?;
        Ok(Self { bytes: Zeroizing::new(bytes), pass_phrase })
    }
}

/// `k3vq-8x0m-tt2c-9hwy`.
fn pass_phrase() -> Zeroizing<String> {
    let drawn = Zeroizing::new(random::opaque_id());
    let groups: Vec<&str> = [0, 4, 8, 12].iter().filter_map(|at| drawn.get(*at..at + 4)).collect();
    debug_assert_eq!(groups.len() * 4, PASS_PHRASE_CHARS);
    Zeroizing::new(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::authority::tests::{authority, now, subject};
    use crate::certificates::authority::{Authorities, years_after};
    use p12_keystore::Pkcs12ImportPolicy;

    #[test]
    fn the_file_opens_under_its_pass_phrase_alone() {
        let authorities = Authorities::new(vec![authority("1")]);
        let key = KeyPair::generate().unwrap();
        let signed = authorities.sign(&subject(), &key, now(), years_after(now(), 1)).unwrap();
        let bundle = Bundle::pack("見本銀行 hanako01", &key, &signed).unwrap();
        let strict = Pkcs12ImportPolicy::Strict;
        let opened = KeyStore::from_pkcs12(&bundle.bytes, &bundle.pass_phrase, strict).unwrap();
        let (_, chain) = opened.private_key_chain().unwrap();
        assert_eq!(chain.key().as_der(), key.serialized_der());
        assert_eq!(chain.certs().len(), 2);
        assert_eq!(chain.certs()[0].as_der(), signed.der);
        assert!(KeyStore::from_pkcs12(&bundle.bytes, "aaaa-aaaa-aaaa-aaaa", strict).is_err());
        let inside = key.serialized_der();
        assert!(!bundle.bytes.windows(16).any(|part| inside.windows(16).any(|own| own == part)));
    }

    #[test]
    fn no_two_pass_phrases_are_alike_and_none_is_printed() {
        let (a, b) = (pass_phrase(), pass_phrase());
        assert_ne!(a, b);
        assert_eq!(a.len(), PASS_PHRASE_CHARS + 3);
        let bundle = Bundle { bytes: Zeroizing::new(vec![1]), pass_phrase: a };
        assert_eq!(format!("{bundle:?}"), "Bundle(redacted)");
    }
}
