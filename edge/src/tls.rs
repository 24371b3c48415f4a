//! TLS server settings from PEM: TLS 1.2 and 1.3, ring, forward-secret suites only (SEC-01).

use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::server::danger::ClientCertVerifier;

use crate::client_certificate::Possession;

pub use rustls::ServerConfig;

/// Why no TLS settings could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The chain is not PEM, or holds no certificate.
    #[error("the certificate chain cannot be read")]
    Chain,
    /// The key is not PEM, or of no known kind.
    #[error("the private key cannot be read")]
    Key,
    /// Key and certificate do not belong together, or rustls refuses one of them.
    #[error("key and certificate cannot be used: {0}")]
    Refused(#[from] rustls::Error),
}

/// The settings of a listener, which may become others while it listens: each connection begins with those of its
/// moment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TlsSettings(Arc<RwLock<Arc<ServerConfig>>>);

impl TlsSettings {
    /// These from now on.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    pub(crate) fn now(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Arc<ServerConfig>> for TlsSettings {
    fn from(config: Arc<ServerConfig>) -> Self {
        Self(Arc::new(RwLock::new(config)))
    }
}

/// Settings of a server with this certificate chain (own certificate first) and private key, both PEM. Only
/// HTTP/1.1 is offered.
pub fn server_config(chain_pem: &str, key_pem: &str) -> Result<Arc<ServerConfig>, TlsError> {
    config(chain_pem, key_pem, Arc::new(NoClientAuth))
}

/// The same for a server that asks each client for a certificate and serves those without one too. `authorities` are
/// the names (DER) of those who issue them: browsers offer their users no others. Handlers get what was shown as
/// [`crate::ClientCertificate`].
pub fn server_config_asking(
    chain_pem: &str,
    key_pem: &str,
    authorities: Vec<Vec<u8>>,
) -> Result<Arc<ServerConfig>, TlsError> {
    config(chain_pem, key_pem, Arc::new(Possession::new(authorities)))
}

fn config(
    chain_pem: &str,
    key_pem: &str,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(chain_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsError::Chain)?;
    if chain.is_empty() {
        return Err(TlsError::Chain);
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| TlsError::Key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_and_its_key_are_taken_and_others_refused() {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (chain, key) = (own.cert.pem(), own.signing_key.serialize_pem());
        assert!(server_config(&chain, &key).is_ok());

        let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let foreign = other.signing_key.serialize_pem();
        assert!(matches!(server_config(&chain, &foreign), Err(TlsError::Refused(_))));
        assert!(matches!(server_config("", &key), Err(TlsError::Chain)));
        assert!(matches!(server_config(&chain, "no key"), Err(TlsError::Key)));
    }
}
