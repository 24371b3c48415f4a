//! HTTP Message Signatures (RFC 9421) as the protocol uses them: Ed25519, tag `mpn-v1`, one signature
//! labelled
//! `mpn`, fixed covered components. Whatever differs from that is refused, however valid it may be elsewhere.

mod header;
mod key;
mod own;
mod sign;
mod verify;

pub use header::{SignatureError, SignedHeaders, content_digest};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use own::{PeerKeys, SigningKeys};
pub use sign::{sign_request, sign_response};
pub use verify::{Signer, verify_kept_request, verify_kept_response, verify_request, verify_response};

use header::Params;

/// Seconds that `created` may differ from the machine's time, in both directions.
pub const CREATED_WINDOW_S: i64 = 300;
/// The label of the one signature.
const LABEL: &str = "mpn";
/// The application's tag.
const TAG: &str = "mpn-v1";
/// The algorithm's name in the registry.
const ALGORITHM: &str = "ed25519";

/// What a request's signature covers of the request.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The absolute path, without query.
    pub path: &'a str,
    /// The value of the header.
    pub content_type: &'a str,
    /// The content, which the digest covers.
    pub body: &'a [u8],
}

/// What a response's signature covers of the response and its request.
#[derive(Clone, Copy, Debug)]
pub struct ResponseParts<'a> {
    /// The status code.
    pub status: u16,
    /// The content, which the digest covers.
    pub body: &'a [u8],
    /// The request's own content, so that an answer to another request does not pass.
    pub request_body: &'a [u8],
}

const REQUEST_COMPONENTS: &str = r#"("@method" "@path" "content-type" "content-digest")"#;
const RESPONSE_COMPONENTS: &str = r#"("@status" "content-digest" "content-digest";req)"#;

/// RFC 9421 section 2.5; `params` is the member of Signature-Input as it is sent.
fn request_base(parts: &RequestParts<'_>, digest: &str, params: &str) -> String {
    let RequestParts { method, path, content_type, .. } = parts;
    format!(
        "\"@method\": {method}\n\"@path\": {path}\n\"content-type\": {content_type}\n\
         \"content-digest\": {digest}\n\"@signature-params\": {params}"
    )
}

fn response_base(status: u16, digest: &str, request_digest: &str, params: &str) -> String {
    format!(
        "\"@status\": {status}\n\"content-digest\": {digest}\n\"content-digest\";req: {request_digest}\n\
         \"@signature-params\": {params}"
    )
}

#[cfg(test)]
mod tests;
