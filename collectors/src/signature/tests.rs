//! Signing and verifying against each other and against the published examples.

use std::path::Path;

use domain::Timestamp;
use http::{HeaderMap, HeaderValue};

use super::*;
use crate::protocol::{CONTENT_TYPE, encode, samples};

fn key(id: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(id, &[seed; 32]).unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-24T01:00:00Z").unwrap()
}

fn headers(signed: &SignedHeaders) -> HeaderMap {
    signed.pairs().into_iter().map(|(name, value)| (name, HeaderValue::from_str(value).unwrap())).collect()
}

fn request(body: &[u8]) -> RequestParts<'_> {
    RequestParts { method: "POST", path: "/00200/mpn", content_type: CONTENT_TYPE, body }
}

const ANSWER: ResponseParts<'static> =
    ResponseParts { status: 200, body: b"answer", request_body: b"question" };

fn signed_answer() -> HeaderMap {
    headers(&sign_response(&key("00200-1", 2), &ANSWER, now()))
}

fn verify_answer(headers: &HeaderMap) -> Result<SignedHeaders, SignatureError> {
    verify_response(&[key("00200-1", 2).verifying_key()], &ANSWER, headers, now())
}

fn changed(name: &'static str, change: impl FnOnce(&str) -> String) -> HeaderMap {
    let mut headers = signed_answer();
    let value = change(headers[name].to_str().unwrap());
    headers.insert(name, HeaderValue::from_str(&value).unwrap());
    headers
}

#[test]
fn a_signed_request_and_its_answer_verify() {
    let signed = headers(&sign_request(&key("hub-1", 1), &request(b"question"), now()));
    let keys = [key("other", 9).verifying_key(), key("hub-1", 1).verifying_key()];
    assert!(verify_request(&keys, &request(b"question"), &signed, now()).is_ok());
    assert!(verify_answer(&signed_answer()).is_ok());
}

#[test]
fn what_is_kept_of_a_signature_verifies_years_later() {
    let keys = [key("hub-1", 1).verifying_key(), key("00200-1", 2).verifying_key()];
    let kept = sign_request(&key("hub-1", 1), &request(b"question"), now()).to_string();
    let headers: SignedHeaders = kept.parse().unwrap();
    assert_eq!(headers.to_string(), kept);
    let signer = verify_kept_request(&keys, &request(b"question"), &headers).unwrap();
    assert_eq!(signer, Signer { key_id: "hub-1".to_owned(), created: now() });
    let wrong = verify_kept_request(&keys, &request(b"another"), &headers);
    assert_eq!(wrong, Err(SignatureError::Digest));

    let headers = sign_response(&key("00200-1", 2), &ANSWER, now());
    assert_eq!(verify_kept_response(&keys, &ANSWER, &headers).unwrap().key_id, "00200-1");
    let of_another = ResponseParts { request_body: b"another", ..ANSWER };
    assert_eq!(verify_kept_response(&keys, &of_another, &headers), Err(SignatureError::Wrong));
    for broken in ["", "Content-Digest: x", &format!("{kept}\n"), &kept.replace("Signature: ", "Signature:")]
    {
        assert!(broken.parse::<SignedHeaders>().is_err(), "{broken}");
    }
}

#[test]
fn every_covered_part_of_a_request_counts() {
    let signed = headers(&sign_request(&key("hub-1", 1), &request(b"question"), now()));
    let keys = [key("hub-1", 1).verifying_key()];
    let verify = |parts: &RequestParts<'_>| verify_request(&keys, parts, &signed, now()).unwrap_err();
    let whole = request(b"question");
    assert_eq!(verify(&RequestParts { method: "PUT", ..whole }), SignatureError::Wrong);
    assert_eq!(verify(&RequestParts { path: "/00500/mpn", ..whole }), SignatureError::Wrong);
    assert_eq!(verify(&RequestParts { content_type: "text/xml", ..whole }), SignatureError::Wrong);
    assert_eq!(verify(&RequestParts { body: b"Question", ..whole }), SignatureError::Digest);
}

#[test]
fn every_covered_part_of_an_answer_counts() {
    let keys = [key("00200-1", 2).verifying_key()];
    let signed = signed_answer();
    let verify = |parts: &ResponseParts<'_>| verify_response(&keys, parts, &signed, now()).unwrap_err();
    assert_eq!(verify(&ResponseParts { body: b"tampered", ..ANSWER }), SignatureError::Digest);
    assert_eq!(verify(&ResponseParts { status: 201, ..ANSWER }), SignatureError::Wrong);
    // the same answer under another request
    assert_eq!(verify(&ResponseParts { request_body: b"another", ..ANSWER }), SignatureError::Wrong);
}

#[test]
fn a_digest_repaired_after_tampering_does_not_help() {
    let keys = [key("00200-1", 2).verifying_key()];
    let tampered = ResponseParts { body: b"tampered", ..ANSWER };
    let headers = changed("content-digest", |_| content_digest(tampered.body));
    assert_eq!(verify_response(&keys, &tampered, &headers, now()), Err(SignatureError::Wrong));
}

#[test]
fn another_key_under_the_same_id_and_an_unknown_id_are_refused() {
    let forged = headers(&sign_response(&key("00200-1", 3), &ANSWER, now()));
    assert_eq!(verify_answer(&forged), Err(SignatureError::Wrong));
    let unknown = headers(&sign_response(&key("00200-2", 2), &ANSWER, now()));
    assert_eq!(verify_answer(&unknown), Err(SignatureError::UnknownKey));
}

#[test]
fn created_may_differ_by_five_minutes_in_both_directions() {
    let keys = [key("00200-1", 2).verifying_key()];
    let signed = signed_answer();
    let at = |seconds| verify_response(&keys, &ANSWER, &signed, now().plus_seconds(seconds));
    assert!(at(300).is_ok());
    assert!(at(-300).is_ok());
    assert_eq!(at(301), Err(SignatureError::Stale(301)));
    assert_eq!(at(-301), Err(SignatureError::Stale(-301)));
}

#[test]
fn parameters_may_come_in_any_order() {
    let components = RESPONSE_COMPONENTS;
    let header = format!("mpn={components};tag=\"mpn-v1\";keyid=\"k\";alg=\"ed25519\";created=1");
    let (params, member) = Params::read(&header, components).unwrap();
    assert_eq!(params, Params { created_s: 1, key_id: "k".to_owned() });
    assert_eq!(member, &header["mpn=".len()..]);
}

#[test]
fn other_forms_of_the_input_are_refused() {
    let form = Err(SignatureError::Form("Signature-Input"));
    let purpose = Err(SignatureError::OtherPurpose);
    for (from, to, expected) in [
        ("mpn=", "sig1=", &form),
        ("mpn=", "other=();created=1, mpn=", &form),
        ("\"@status\" ", "", &form),
        ("(\"@status\"", "( \"@status\"", &form),
        (";req", "", &form),
        (";req)", ";req \"date\")", &form),
        (";created=", ";expires=9999999999;created=", &form),
        (";created=", ";created=1;created=", &form),
        (";created=", "; created=", &form),
        (";created=", ";created=+", &form),
        (";keyid=", ";nonce=", &form),
        (";alg=\"ed25519\"", "", &form),
        (";alg=\"ed25519\"", ";alg=\"hmac-sha256\"", &purpose),
        (";tag=\"mpn-v1\"", ";tag=\"mpn-v2\"", &purpose),
        (";tag=\"mpn-v1\"", ";tag=mpn-v1", &purpose),
    ] {
        let headers = changed("signature-input", |value| {
            assert!(value.contains(from), "{from}");
            value.replacen(from, to, 1)
        });
        assert_eq!(&verify_answer(&headers), expected, "{from} {to}");
    }
}

#[test]
fn other_forms_of_signature_and_digest_are_refused() {
    for (from, to) in [("mpn=", "mpn2="), ("mpn=:", "mpn="), ("mpn=:", "mpn=:!")] {
        let headers = changed("signature", |value| value.replacen(from, to, 1));
        assert_eq!(verify_answer(&headers), Err(SignatureError::Form("Signature")), "{to}");
    }
    let two_digests = changed("content-digest", |value| format!("{value}, sha-512=:AA==:"));
    assert_eq!(verify_answer(&two_digests), Err(SignatureError::Digest));
}

#[test]
fn each_header_is_there_exactly_once() {
    for (name, shown) in [
        ("content-digest", "Content-Digest"),
        ("signature-input", "Signature-Input"),
        ("signature", "Signature"),
    ] {
        let mut without = signed_answer();
        without.remove(name);
        assert_eq!(verify_answer(&without), Err(SignatureError::NotOne(shown)));
        let mut twice = signed_answer();
        twice.append(name, twice[name].clone());
        assert_eq!(verify_answer(&twice), Err(SignatureError::NotOne(shown)));
    }
}

#[test]
fn keys_come_from_pkcs8_and_never_show_themselves() {
    // RFC 8410 section 10.3
    let pem = "-----BEGIN PRIVATE KEY-----\n\
               MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
               -----END PRIVATE KEY-----\n";
    let key = SigningKey::from_pkcs8_pem("hub-1", pem).unwrap();
    assert_eq!(&key.verifying_key().bytes()[..4], [0x19, 0xbf, 0x44, 0x09]);
    assert_eq!(format!("{key:?}"), "SigningKey { id: \"hub-1\", .. }");
    assert_eq!(SigningKey::from_pkcs8_pem("hub-1", "nothing").unwrap_err(), KeyError::Private);
    assert_eq!(SigningKey::from_seed("a\"b", &[0; 32]).unwrap_err(), KeyError::Id);
    assert_eq!(VerifyingKey::new("a", &[0; 31]).unwrap_err(), KeyError::Public);
}

/// The published pair of a signed request and its signed answer, with the keys that the protocol's page
/// gives.
#[test]
fn the_published_exchange_is_signed_as_published() {
    let (hub, collector) = (key("hub-1", 1), key("00200-1", 2));
    let (question, answer) = (encode(&samples::tax_inquiry()), encode(&samples::one_bill()));
    let signed_request = sign_request(&hub, &request(&question), now());
    let parts = ResponseParts { status: 200, body: &answer, request_body: &question };
    let signed_response = sign_response(&collector, &parts, now());
    let write = |first: &str, host: &str, signed: &SignedHeaders, body: &[u8]| {
        let length = body.len();
        let body = std::str::from_utf8(body).unwrap();
        format!("{first}\n{host}Content-Type: {CONTENT_TYPE}\nContent-Length: {length}\n{signed}\n\n{body}\n")
    };
    let host = "Host: collector.example\n";
    for (name, text) in [
        ("inquiry.http", write("POST /00200/mpn HTTP/1.1", host, &signed_request, &question)),
        ("inquiry-answer.http", write("HTTP/1.1 200 OK", "", &signed_response, &answer)),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol/examples").join(name);
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{name}");
    }
}

/// The bytes are those that `openssl pkey -pubout` writes of the private key of 32 bytes `02`.
#[test]
fn a_public_key_is_read_from_pem() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=\n\
               -----END PUBLIC KEY-----\n";
    assert_eq!(VerifyingKey::from_spki_pem("00200-1", pem), Ok(key("00200-1", 2).verifying_key()));
    // a key of another kind, a private one, none
    let other = pem.replace("K2VwAyEA", "K2VuAyEA");
    let private = pem.replace("PUBLIC", "PRIVATE");
    for wrong in [&other, &private, ""] {
        assert_eq!(VerifyingKey::from_spki_pem("00200-1", wrong), Err(KeyError::Spki), "{wrong}");
    }
}
