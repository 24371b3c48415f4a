//! Signing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;

use super::{
    LABEL, Params, REQUEST_COMPONENTS, RESPONSE_COMPONENTS, RequestParts, ResponseParts, SignedHeaders,
    SigningKey, content_digest, request_base, response_base,
};

/// Signs a request; `now` is the machine's time.
pub fn sign_request(key: &SigningKey, parts: &RequestParts<'_>, now: Timestamp) -> SignedHeaders {
    let digest = content_digest(parts.body);
    let params = params(key, REQUEST_COMPONENTS, now);
    let base = request_base(parts, &digest, &params);
    signed(key, digest, &params, &base)
}

/// Signs a response; `now` is the machine's time.
pub fn sign_response(key: &SigningKey, parts: &ResponseParts<'_>, now: Timestamp) -> SignedHeaders {
    let digest = content_digest(parts.body);
    let params = params(key, RESPONSE_COMPONENTS, now);
    let base = response_base(parts.status, &digest, &content_digest(parts.request_body), &params);
    signed(key, digest, &params, &base)
}

fn params(key: &SigningKey, components: &str, now: Timestamp) -> String {
    Params { created_s: now.seconds(), key_id: key.id().to_owned() }.write(components)
}

fn signed(key: &SigningKey, digest: String, params: &str, base: &str) -> SignedHeaders {
    SignedHeaders {
        content_digest: digest,
        signature_input: format!("{LABEL}={params}"),
        signature: format!("{LABEL}=:{}:", STANDARD.encode(key.sign(base.as_bytes()))),
    }
}
