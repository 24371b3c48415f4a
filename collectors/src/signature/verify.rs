//! Verifying.

use domain::Timestamp;
use http::HeaderMap;

use super::{
    CREATED_WINDOW_S, Params, REQUEST_COMPONENTS, RESPONSE_COMPONENTS, RequestParts, ResponseParts,
    SignatureError, SignedHeaders, VerifyingKey, content_digest, request_base, response_base,
};

/// Verifies a request against the keys of its sender; `now` is the machine's time. Gives the headers to keep.
pub fn verify_request(
    keys: &[VerifyingKey],
    parts: &RequestParts<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<SignedHeaders, SignatureError> {
    verify(keys, parts.body, headers, now, REQUEST_COMPONENTS, |digest, params| {
        request_base(parts, digest, params)
    })
}

/// Verifies a response against the keys of its sender; `now` is the machine's time. Gives the headers to
/// keep.
pub fn verify_response(
    keys: &[VerifyingKey],
    parts: &ResponseParts<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<SignedHeaders, SignatureError> {
    verify(keys, parts.body, headers, now, RESPONSE_COMPONENTS, |digest, params| {
        response_base(parts.status, digest, &content_digest(parts.request_body), params)
    })
}

/// Who signed a message, and when by the signer's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key.
    pub key_id: String,
    /// The machine's time at the signer, to the second.
    pub created: Timestamp,
}

/// Verifies a request from its kept headers, however long ago it was signed.
pub fn verify_kept_request(
    keys: &[VerifyingKey],
    parts: &RequestParts<'_>,
    headers: &SignedHeaders,
) -> Result<Signer, SignatureError> {
    signer(keys, parts.body, headers, REQUEST_COMPONENTS, |digest, params| {
        request_base(parts, digest, params)
    })
}

/// Verifies a response from its kept headers, however long ago it was signed.
pub fn verify_kept_response(
    keys: &[VerifyingKey],
    parts: &ResponseParts<'_>,
    headers: &SignedHeaders,
) -> Result<Signer, SignatureError> {
    signer(keys, parts.body, headers, RESPONSE_COMPONENTS, |digest, params| {
        response_base(parts.status, digest, &content_digest(parts.request_body), params)
    })
}

fn verify(
    keys: &[VerifyingKey],
    body: &[u8],
    headers: &HeaderMap,
    now: Timestamp,
    components: &str,
    base: impl FnOnce(&str, &str) -> String,
) -> Result<SignedHeaders, SignatureError> {
    let headers = SignedHeaders::read(headers)?;
    let signer = signer(keys, body, &headers, components, base)?;
    // after the signature, so that the age in the error is the signer's word
    let age_s = now.seconds().saturating_sub(signer.created.seconds());
    if age_s.abs() > CREATED_WINDOW_S { Err(SignatureError::Stale(age_s)) } else { Ok(headers) }
}

fn signer(
    keys: &[VerifyingKey],
    body: &[u8],
    headers: &SignedHeaders,
    components: &str,
    base: impl FnOnce(&str, &str) -> String,
) -> Result<Signer, SignatureError> {
    if headers.content_digest != content_digest(body) {
        return Err(SignatureError::Digest);
    }
    let (params, member) = Params::read(&headers.signature_input, components)?;
    let key = keys.iter().find(|key| key.id() == params.key_id).ok_or(SignatureError::UnknownKey)?;
    let signature = headers.signature_bytes()?;
    if !key.verifies(base(&headers.content_digest, member).as_bytes(), &signature) {
        return Err(SignatureError::Wrong);
    }
    Ok(Signer { key_id: params.key_id, created: Timestamp::from_micros(0).plus_seconds(params.created_s) })
}
