//! The certificate that a client shows in the TLS handshake. Here it is verified that the client has its key and that
//! it is a certificate at all; who issued it, until when it is good and whether it was revoked is for the operation
//! that wants to know, so that whoever brings a bad one gets a page and not a broken connection.
//!
//! No header speaks of a certificate: whoever sends a request writes those (SEC-03).

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

/// Bytes of a certificate; a larger one is taken for none.
const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

/// The certificate of the client (DER), whose key it has shown to have. Put on every request by the listener.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate(Option<Arc<[u8]>>);

impl ClientCertificate {
    /// The client has shown none.
    pub const fn none() -> Self {
        Self(None)
    }

    /// For whoever stands in for the listener.
    pub fn of(der: &[u8]) -> Self {
        Self(Some(der.into()))
    }

    /// The first of a chain is the client's own.
    pub(crate) fn of_chain(chain: &[CertificateDer<'_>]) -> Self {
        let own = chain.first().filter(|own| own.len() <= CERTIFICATE_BYTES_MAX);
        own.map_or_else(Self::none, |own| Self::of(own))
    }

    /// The certificate, where there is one.
    pub fn der(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.der().map(<[u8]>::len);
        f.debug_struct("ClientCertificate").field("bytes", &bytes).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for ClientCertificate {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self::none()))
    }
}

/// Asks for a certificate, takes whatever is one, and verifies that the client has its key.
#[derive(Debug)]
pub(crate) struct Possession {
    authorities: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Possession {
    /// `authorities` are the names (DER) that browsers choose certificates by.
    pub fn new(authorities: Vec<Vec<u8>>) -> Self {
        Self {
            authorities: authorities.into_iter().map(DistinguishedName::from).collect(),
            algorithms: ring::default_provider().signature_verification_algorithms,
        }
    }
}

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.authorities
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        ParsedCertificate::try_from(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
