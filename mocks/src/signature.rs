//! HTTP Message Signatures (RFC 9421) with Ed25519, as a collector needs them: a request verified, a response
//! signed. The mocks' own code, shared with nobody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::digest;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};

use crate::hub_keys::HubKeys;

/// The label of the signature in both headers.
const LABEL: &str = "mpn";

/// The tag that keeps a signature from being taken for another protocol's.
const TAG: &str = "mpn-v1";

/// How far `created` may be from the machine's clock, both ways.
pub const CREATED_WINDOW_S: i64 = 300;

/// What a request's signature covers, in this order and form.
const REQUEST_COMPONENTS: &str = "\"@method\" \"@path\" \"content-type\" \"content-digest\"";

static SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
static SIGNATURE: HeaderName = HeaderName::from_static("signature");
static CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// Why a request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing, doubled or not text.
    #[error("the header {0} is missing or given twice")]
    Header(&'static str),
    /// The signature's parameters are not the protocol's.
    #[error("the signature's {0} is missing or not the protocol's")]
    Parameter(&'static str),
    /// The hub does not sign with this key, or no more.
    #[error("the key is none that the hub signs with")]
    UnknownKey,
    /// Signed too long ago, or in the future.
    #[error("the signature was made more than {CREATED_WINDOW_S} seconds away from now")]
    Created,
    /// The body is not what the digest says.
    #[error("the body does not match its content-digest")]
    Digest,
    /// The signature does not verify.
    #[error("the signature is wrong")]
    Wrong,
}

/// A request as it came over the wire, as far as signatures care.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The path of the target.
    pub path: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

/// Verifies a request of the hub; on success gives its `Content-Digest`, which the answer's signature covers.
pub fn verify(
    request: &SignedRequest<'_>,
    hub_keys: &HubKeys,
    now: Timestamp,
) -> Result<String, SignatureError> {
    let content_type = single(request.headers, &http::header::CONTENT_TYPE, "content-type")?;
    let content_digest = single(request.headers, &CONTENT_DIGEST, "content-digest")?;
    let input = single(request.headers, &SIGNATURE_INPUT, "signature-input")?;
    let signature = single(request.headers, &SIGNATURE, "signature")?;

    let parameters = input.strip_prefix("mpn=").ok_or(SignatureError::Parameter("label"))?;
    let (components, attributes) = split_parameters(parameters)?;
    if components != REQUEST_COMPONENTS {
        return Err(SignatureError::Parameter("components"));
    }
    let base = format!(
        "\"@method\": {}\n\"@path\": {}\n\"content-type\": {content_type}\n\
         \"content-digest\": {content_digest}\n\"@signature-params\": {parameters}",
        request.method, request.path,
    );

    let (created, key_id) = check_attributes(attributes)?;
    let key = hub_keys.find(key_id).ok_or(SignatureError::UnknownKey)?;
    if now.seconds().abs_diff(created) > CREATED_WINDOW_S.unsigned_abs() {
        return Err(SignatureError::Created);
    }
    let bytes = signature
        .strip_prefix("mpn=:")
        .and_then(|rest| rest.strip_suffix(':'))
        .and_then(|text| BASE64.decode(text).ok())
        .ok_or(SignatureError::Header("signature"))?;
    UnparsedPublicKey::new(&ED25519, key)
        .verify(base.as_bytes(), &bytes)
        .map_err(|_| SignatureError::Wrong)?;
    if content_digest != digest_header(request.body) {
        return Err(SignatureError::Digest);
    }
    Ok(content_digest.to_owned())
}

fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    shown: &'static str,
) -> Result<&'a str, SignatureError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map(str::trim).map_err(|_| SignatureError::Header(shown)),
        _ => Err(SignatureError::Header(shown)),
    }
}

/// `("a" "b");x=1` into the components and what follows them.
fn split_parameters(text: &str) -> Result<(&str, &str), SignatureError> {
    let inner = text.strip_prefix('(').ok_or(SignatureError::Parameter("components"))?;
    inner.split_once(')').ok_or(SignatureError::Parameter("components"))
}

/// Checks `alg` and `tag` and gives `created` in seconds and `keyid`; a parameter of any other name is refused.
fn check_attributes(text: &str) -> Result<(i64, &str), SignatureError> {
    let (mut created, mut key_id, mut algorithm, mut tag) = (None, None, None, None);
    for attribute in text.split(';').skip(1) {
        let (name, value) = attribute.split_once('=').ok_or(SignatureError::Parameter("parameter list"))?;
        let place = match name {
            "created" => &mut created,
            "keyid" => &mut key_id,
            "alg" => &mut algorithm,
            "tag" => &mut tag,
            _ => return Err(SignatureError::Parameter("parameter list")),
        };
        if place.replace(value).is_some() {
            return Err(SignatureError::Parameter("parameter list"));
        }
    }
    let is = |found: Option<&str>, wanted: &str| found.is_some_and(|text| text == format!("\"{wanted}\""));
    if !is(algorithm, "ed25519") {
        return Err(SignatureError::Parameter("alg"));
    }
    if !is(tag, TAG) {
        return Err(SignatureError::Parameter("tag"));
    }
    let key_id = key_id.and_then(|text: &str| text.strip_prefix('"')?.strip_suffix('"'));
    let created = created.and_then(|text| text.parse().ok()).ok_or(SignatureError::Parameter("created"))?;
    Ok((created, key_id.ok_or(SignatureError::Parameter("keyid"))?))
}

/// `sha-256=:…:` of a body.
pub fn digest_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(digest::digest(&digest::SHA256, body)))
}

/// SHA-256 of a body, to compare a repeat with the first send.
pub fn sha256(body: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, body).as_ref().to_vec()
}

/// Puts `Content-Digest`, `Signature-Input` and `Signature` into the headers of an answer.
pub fn sign_answer(
    key: &Ed25519KeyPair,
    key_id: &str,
    status: u16,
    body: &[u8],
    request_digest: &str,
    now: Timestamp,
    headers: &mut HeaderMap,
) {
    let digest = digest_header(body);
    let parameters = format!(
        "(\"@status\" \"content-digest\" \"content-digest\";req);created={};keyid=\"{key_id}\";\
         alg=\"ed25519\";tag=\"{TAG}\"",
        now.seconds(),
    );
    let base = format!(
        "\"@status\": {status}\n\"content-digest\": {digest}\n\"content-digest\";req: {request_digest}\n\
         \"@signature-params\": {parameters}"
    );
    let signature = BASE64.encode(key.sign(base.as_bytes()));
    let values = [
        (&CONTENT_DIGEST, digest),
        (&SIGNATURE_INPUT, format!("{LABEL}={parameters}")),
        (&SIGNATURE, format!("{LABEL}=:{signature}:")),
    ];
    for (name, value) in values {
        // made of ASCII only: digits, base64 and our own words
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name.clone(), value);
        }
    }
}
