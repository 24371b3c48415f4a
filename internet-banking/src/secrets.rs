//! The deployment's one secret, and the keys drawn from it for one purpose each.

use std::fmt;

use ring::hkdf;
use secrecy::SecretString;
use serde::Deserialize as _;
use zeroize::Zeroizing;

/// Bytes of the secret and of every key.
pub const KEY_BYTES: usize = 32;

/// The secret of a deployment: 32 random bytes from its configuration, the same in every process and never in
/// the database. Whoever has the database alone can neither test passwords nor open token seeds.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; KEY_BYTES]>);

/// What a key is for. Two purposes never share a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Form tokens.
    Csrf,
    /// Signatures of alarm callbacks, in the demo.
    AlarmCallback,
    /// Form tokens of the staff console.
    ConsoleCsrf,
    /// Hashes of the console's login IDs and addresses that failed to sign in.
    ConsoleThrottle,
    /// The secrets in the token devices of the demo, which their maker draws.
    DemoTokens,
    /// Sealed keys of the bank.
    Keys,
    /// The mark by which a database knows its deployment.
    Deployment,
    /// The pepper of passwords.
    Pepper,
    /// Hashes of accounts and addresses whose 初期設定番号 was wrong.
    SetUp,
    /// Hashes of login IDs and addresses that failed to sign in.
    Throttle,
    /// Sealed seeds of one-time-password tokens.
    Tokens,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Csrf => b"bank form tokens",
            Self::AlarmCallback => b"alarm callbacks",
            Self::ConsoleCsrf => b"console form tokens",
            Self::ConsoleThrottle => b"console sign-in throttle",
            Self::DemoTokens => b"demo token devices",
            Self::Deployment => b"deployment mark",
            Self::Keys => b"bank keys",
            Self::Pepper => b"bank password pepper",
            Self::SetUp => b"bank set-up throttle",
            Self::Throttle => b"bank sign-in throttle",
            Self::Tokens => b"bank token seeds",
        }
    }
}

impl Secret {
    /// From the configuration.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new one, for a new deployment.
    pub fn generate() -> Self {
        Self::new(domain::random::bytes())
    }

    /// The bytes, to be kept in the configuration.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The key for a purpose (HKDF-SHA-256).
    pub fn key(&self, purpose: Purpose) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let info = [purpose.label()];
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"mpn")
            .extract(&*self.0)
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|drawn| drawn.fill(&mut *key))
            .unwrap_or_else(|_| unreachable!("HKDF-SHA-256 gives 32 bytes"));
        key
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// A form's field that holds a secret: `#[serde(deserialize_with = "secret_field")]`.
pub fn secret_field<'de, D: serde::Deserializer<'de>>(form: D) -> Result<SecretString, D::Error> {
    String::deserialize(form).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_and_every_deployment_has_its_own_key() {
        let secret = Secret::new([1; KEY_BYTES]);
        assert_eq!(secret.key(Purpose::Csrf), secret.key(Purpose::Csrf));
        assert_ne!(secret.key(Purpose::Csrf), secret.key(Purpose::Pepper));
        assert_ne!(secret.key(Purpose::Throttle), secret.key(Purpose::Tokens));
        assert_ne!(secret.key(Purpose::Csrf), Secret::new([2; KEY_BYTES]).key(Purpose::Csrf));
        assert!(!format!("{secret:?}").contains('1'));
    }
}
