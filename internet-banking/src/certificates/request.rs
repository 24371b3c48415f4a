//! A user's own signing request (CSR, PKCS#10): the key stays where it was made, and the request proves that it is
//! there.

use rcgen::SubjectPublicKeyInfo;
use rustls::pki_types::CertificateSigningRequestDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;

/// Characters of a request: ample for the largest key that is taken.
pub const REQUEST_CHARS_MAX: usize = 16 * 1024;
/// Bits of an RSA key, at least and at most.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is no PEM of a PKCS#10 request.
    #[error("no signing request in PEM")]
    Unreadable,
    /// Its signature is not that of its key: whoever made it need not have the key.
    #[error("the request is not signed by its own key")]
    Unproven,
    /// The key is of another kind, or too short.
    #[error("the key is neither P-256 nor RSA of 2,048 bits or more")]
    Key,
}

/// The public key of a request, which proves that its maker has the private one. What else it says, the name and the
/// extensions that it wishes for, the bank decides itself.
pub fn read(pem: &str) -> Result<SubjectPublicKeyInfo, RequestError> {
    if pem.len() > REQUEST_CHARS_MAX {
        return Err(RequestError::Unreadable);
    }
    let der = CertificateSigningRequestDer::from_pem_slice(pem.trim().as_bytes())
        .map_err(|_| RequestError::Unreadable)?;
    let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|_| RequestError::Unreadable)?;
    if !rest.is_empty() {
        return Err(RequestError::Unreadable);
    }
    let key = &request.certification_request_info.subject_pki;
    let is_p256 = key.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY
        && key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok()) == Some(OID_EC_P256);
    let is_taken = match key.parsed().map_err(|_| RequestError::Unreadable)? {
        PublicKey::RSA(rsa) => RSA_BITS.contains(&rsa.key_size()),
        PublicKey::EC(_) => is_p256,
        _ => false,
    };
    if !is_taken {
        return Err(RequestError::Key);
    }
    request.verify_signature().map_err(|_| RequestError::Unproven)?;
    SubjectPublicKeyInfo::from_der(key.raw).map_err(|_| RequestError::Key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData as _};

    fn request(key: &KeyPair) -> String {
        CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
    }

    #[test]
    fn a_request_gives_its_key() {
        let key = KeyPair::generate().unwrap();
        let pem = request(&key);
        let read_key = read(&format!("\n {pem}\n\n")).unwrap();
        assert_eq!(read_key.subject_public_key_info(), key.subject_public_key_info());
    }

    #[test]
    fn a_request_that_its_key_has_not_signed_is_refused() {
        let pem = request(&KeyPair::generate().unwrap());
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let mut der = BASE64_STANDARD.decode(base64).unwrap();
        let last = der.len() - 1;
        der[last] ^= 1;
        let spoiled = format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
            BASE64_STANDARD.encode(der)
        );
        assert_eq!(read(&spoiled), Err(RequestError::Unproven));
    }

    #[test]
    fn other_keys_and_other_texts_are_refused() {
        for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            assert_eq!(read(&request(&key)), Err(RequestError::Key), "{algorithm:?}");
        }
        let certificate = rcgen::generate_simple_self_signed(vec!["a".to_owned()]).unwrap().cert.pem();
        let long = "A".repeat(REQUEST_CHARS_MAX + 1);
        for text in [
            "",
            "hello",
            &certificate,
            &long,
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
        ] {
            assert_eq!(read(text), Err(RequestError::Unreadable), "{text}");
        }
    }
}
