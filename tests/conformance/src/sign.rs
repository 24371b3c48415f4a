//! Requests as the hub signs them, and as nobody should.

use bytes::Bytes;
use collectors::protocol::{CONTENT_TYPE, MESSAGE_BYTES_MAX};
use collectors::signature::{SigningKey, VerifyingKey, content_digest};
use domain::Timestamp;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::case::Spoil;
use crate::wire::Post;

const COMPONENTS: &str = "(\"@method\" \"@path\" \"content-type\" \"content-digest\")";
/// More than the protocol's window of 300, and with it the seconds that pass until the collector looks.
const OUT_OF_WINDOW_S: i64 = 330;
const IN_WINDOW_S: i64 = 290;

/// A request with `body`, signed by `key`, with at most one thing wrong. `now` is the machine's time.
pub fn post(key: &SigningKey, path: &str, body: &[u8], spoil: Option<Spoil>, now: Timestamp) -> Post {
    let mut body = body.to_vec();
    match spoil {
        Some(Spoil::TooLarge) => body.resize(MESSAGE_BYTES_MAX + 1, b' '),
        Some(Spoil::Garbage) => body = b"\x00 this is no XML".to_vec(),
        _ => {}
    }
    let method = if spoil == Some(Spoil::Method) { "PUT" } else { "POST" };
    let content_type =
        if spoil == Some(Spoil::ContentType) { "text/xml; charset=utf-8" } else { CONTENT_TYPE };
    let signed_path = if spoil == Some(Spoil::OtherPath) { "/00000/mpn" } else { path };
    let digest = content_digest(&body);
    let created = match spoil {
        Some(Spoil::Stale) => now.seconds() - OUT_OF_WINDOW_S,
        Some(Spoil::Future) => now.seconds() + OUT_OF_WINDOW_S,
        Some(Spoil::AlmostStale) => now.seconds() - IN_WINDOW_S,
        _ => now.seconds(),
    };
    let key_id = if spoil == Some(Spoil::UnknownKeyId) { "hub-nobody" } else { key.id() };
    let tag = if spoil == Some(Spoil::OtherTag) { "mpn-v2" } else { "mpn-v1" };
    let extra = if spoil == Some(Spoil::ExtraParameter) { ";nonce=\"1\"" } else { "" };
    let covered = match spoil {
        Some(Spoil::DigestNotCovered) => "(\"@method\" \"@path\" \"content-type\")",
        _ => COMPONENTS,
    };
    let (created, key_id) = (format!(";created={created}"), format!(";keyid=\"{key_id}\""));
    let (alg, tag) = (";alg=\"ed25519\"", format!(";tag=\"{tag}\""));
    let params = match spoil {
        Some(Spoil::ParameterOrder) => format!("{covered}{tag}{alg}{key_id}{created}"),
        _ => format!("{covered}{created}{key_id}{alg}{tag}{extra}"),
    };
    let digest_line = match spoil {
        Some(Spoil::DigestNotCovered) => String::new(),
        _ => format!("\"content-digest\": {digest}\n"),
    };
    let base = format!(
        "\"@method\": {method}\n\"@path\": {signed_path}\n\"content-type\": {content_type}\n{digest_line}\
         \"@signature-params\": {params}"
    );
    let mut signature = match stranger(spoil) {
        Some(stranger) => stranger.sign(base.as_bytes()),
        None => key.sign(base.as_bytes()),
    };
    if spoil == Some(Spoil::SignatureBit) {
        signature[10] ^= 1;
    }
    if matches!(spoil, Some(Spoil::Body | Spoil::BodyAndDigest)) {
        // white space behind the document: the same message to a reader, other bytes to a digest
        body.push(b'\n');
    }
    let digest = if spoil == Some(Spoil::BodyAndDigest) { content_digest(&body) } else { digest };
    let header = |name: &str, value: String| (name.to_owned(), value);
    let mut headers = vec![header("Content-Type", content_type.to_owned())];
    if spoil == Some(Spoil::ContentEncoding) {
        headers.push(header("Content-Encoding", "gzip".to_owned()));
    }
    if spoil != Some(Spoil::Unsigned) {
        let signature = format!("mpn=:{}:", STANDARD.encode(signature));
        headers.push(header("Content-Digest", digest));
        headers.push(header("Signature-Input", format!("mpn={params}")));
        headers.push(header("Signature", signature.clone()));
        if spoil == Some(Spoil::TwoSignatures) {
            headers.push(header("Signature", signature));
        }
    }
    let query = if spoil == Some(Spoil::Query) { "?again=1" } else { "" };
    Post { method, target: format!("{path}{query}"), headers, body: Bytes::from(body) }
}

/// The signature base of a request as it was sent, line by line.
pub fn request_base(post: &Post) -> String {
    let header = |name: &str| {
        let found = post.headers.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let (kind, digest) = (header("Content-Type"), header("Content-Digest"));
    let params = header("Signature-Input").trim_start_matches("mpn=");
    format!(
        "\"@method\": {}\n\"@path\": {}\n\"content-type\": {kind}\n\"content-digest\": {digest}\n\
         \"@signature-params\": {params}",
        post.method, post.target
    )
}

/// The signature base of an answer: its digest and that of its request, and the parameters that came with it.
pub fn answer_base(status: u16, answer: &[u8], request: &[u8], signature_input: &str) -> String {
    let (digest, request_digest) = (content_digest(answer), content_digest(request));
    let params = signature_input.trim_start_matches("mpn=");
    format!(
        "\"@status\": {status}\n\"content-digest\": {digest}\n\"content-digest\";req: {request_digest}\n\
         \"@signature-params\": {params}"
    )
}

/// The 32 bytes of a public key in hexadecimal, as declarations have them.
pub fn hexadecimal(key: &VerifyingKey) -> String {
    key.bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key of somebody else, where the signature is to be theirs.
fn stranger(spoil: Option<Spoil>) -> Option<SigningKey> {
    (spoil == Some(Spoil::OtherKey)).then(|| SigningKey::from_seed("stranger", &[0x5a; 32]).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use collectors::signature::{RequestParts, ResponseParts, sign_request, sign_response, verify_response};

    use super::*;

    #[test]
    fn an_unspoiled_request_is_signed_as_the_hub_signs() {
        let key = SigningKey::from_seed("hub-1", &[1; 32]).unwrap();
        let now = domain::clock::machine_now();
        let post = post(&key, "/00200/mpn", b"question", None, now);
        let parts = RequestParts {
            method: "POST",
            path: "/00200/mpn",
            content_type: CONTENT_TYPE,
            body: b"question",
        };
        let signed = sign_request(&key, &parts, now);
        let headers: Vec<&str> = post.headers.iter().skip(1).map(|(_, value)| value.as_str()).collect();
        assert_eq!(headers, [&signed.content_digest, &signed.signature_input, &signed.signature]);
        let signature = STANDARD.decode(signed.signature.trim_start_matches("mpn=:").trim_end_matches(':'));
        assert!(key.verifying_key().verifies(request_base(&post).as_bytes(), &signature.unwrap()));
    }

    /// What the kit prints for a signature that is wrong is what a right one is over.
    #[test]
    fn the_base_of_an_answer_is_what_its_signature_is_over() {
        let key = SigningKey::from_seed("00200-1", &[2; 32]).unwrap();
        let now = domain::clock::machine_now();
        let parts = ResponseParts { status: 200, body: b"answer", request_body: b"question" };
        let signed = sign_response(&key, &parts, now);
        let base = answer_base(200, b"answer", b"question", &signed.signature_input);
        let signature = STANDARD.decode(signed.signature.trim_start_matches("mpn=:").trim_end_matches(':'));
        assert!(key.verifying_key().verifies(base.as_bytes(), &signature.unwrap()));
        let headers = signed.pairs().into_iter().map(|(name, value)| (name, value.parse().unwrap()));
        assert!(verify_response(&[key.verifying_key()], &parts, &headers.collect(), now).is_ok());
        assert_eq!(hexadecimal(&key.verifying_key()).get(..8), Some("8139770e"));
    }
}
