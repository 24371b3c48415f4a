use axum::body::Body;
use http::{HeaderValue, StatusCode};

use super::hub::{Hub, TAX, new_key};

const GOOD: &str = "keyid=\"hub-1\";alg=\"ed25519\";tag=\"mpn-v1\"";

#[tokio::test]
async fn a_request_that_the_hub_did_not_sign_is_not_believed_and_does_nothing() {
    let hub = Hub::start().await;
    let clearing = TAX.clearing(1);
    let good = || hub.signed("00200", clearing.as_bytes());
    let now = domain::clock::machine_now().seconds();

    let mut tampered = good();
    *tampered.body_mut() = Body::from(clearing.replace("1284500", "1"));
    let mut other_path = good();
    *other_path.uri_mut() = "/00500/mpn".parse().unwrap();
    let mut other_type = good();
    other_type.headers_mut().insert("content-type", HeaderValue::from_static("text/xml"));
    let mut doubled = good();
    let signature = doubled.headers()["signature"].clone();
    doubled.headers_mut().append("signature", signature);
    let mut forged = good();
    let foreign = Hub { key: new_key(), ..Hub::start().await };
    let theirs = foreign.signed("00200", clearing.as_bytes()).headers()["signature"].clone();
    forged.headers_mut().insert("signature", theirs);
    let wrong_type = hub.raw(other_type).await.status();
    assert_eq!(wrong_type, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mut cases = vec![tampered, other_path, doubled, forged];
    for name in ["signature", "signature-input", "content-digest"] {
        let mut without = good();
        without.headers_mut().remove(name);
        cases.push(without);
    }
    for attributes in [
        format!("created={};{GOOD}", now - 302),
        format!("created={};{GOOD}", now + 302),
        GOOD.to_owned(),
        format!("created={now};{GOOD};expires=9"),
        format!("created={now};created={now};{GOOD}"),
        format!("created={now};{}", GOOD.replace("hub-1", "hub-2")),
        format!("created={now};{}", GOOD.replace("mpn-v1", "mpn-v2")),
        format!("created={now};{}", GOOD.replace("ed25519", "rsa-pss-sha512")),
    ] {
        cases.push(hub.signed_with("00200", clearing.as_bytes(), &attributes));
    }
    for (index, case) in cases.into_iter().enumerate() {
        let response = hub.raw(case).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "case {index}");
        assert!(!response.headers().contains_key("signature"), "case {index}");
    }
    assert!(hub.clearings("00200").await.is_empty());
    assert_eq!(hub.raw(good()).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_signature_within_five_minutes_is_believed() {
    let hub = Hub::start().await;
    let now = domain::clock::machine_now().seconds();
    for created in [now - 295, now + 295] {
        let attributes = format!("created={created};{GOOD}");
        let request = hub.signed_with("00200", TAX.inquiry(1).as_bytes(), &attributes);
        assert_eq!(hub.raw(request).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_signature_must_cover_all_that_the_protocol_names() {
    let hub = Hub::start().await;
    let body = TAX.inquiry(1);
    let now = domain::clock::machine_now().seconds();
    let parameters = format!("(\"@method\" \"@path\" \"content-type\");created={now};{GOOD}");
    let base = format!(
        "\"@method\": POST\n\"@path\": /00200/mpn\n\"content-type\": application/xml; charset=utf-8\n\
         \"@signature-params\": {parameters}"
    );
    let mut request = hub.signed("00200", body.as_bytes());
    let signature = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        hub.key.sign(base.as_bytes()).as_ref(),
    );
    let set = request.headers_mut();
    set.insert("signature-input", format!("mpn={parameters}").parse().unwrap());
    set.insert("signature", format!("mpn=:{signature}:").parse().unwrap());
    assert_eq!(hub.raw(request).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused_unread() {
    let hub = Hub::start().await;
    let large = vec![b' '; 256 * 1024 + 1];
    let response = hub.raw(hub.signed("00200", &large)).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(hub.raw(hub.signed("99999", b"")).await.status(), StatusCode::NOT_FOUND);
}

/// The exchange that the protocol's page prints, byte for byte: signatures made by other code than ours.
#[test]
fn the_published_exchange_verifies_and_is_signed_alike() {
    use crate::signature::{SignedRequest, sign_answer, verify};
    const REQUEST: &str = include_str!("../../../docs/protocol/examples/inquiry.http");
    const ANSWER: &str = include_str!("../../../docs/protocol/examples/inquiry-answer.http");

    fn parts(text: &str) -> (http::HeaderMap, &[u8]) {
        let (head, body) = text.split_once("\n\n").unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase().parse::<http::HeaderName>().unwrap(), value.parse().unwrap())
        };
        let headers: http::HeaderMap<HeaderValue> = head.lines().skip(1).map(pair).collect();
        let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
        (headers, &body.as_bytes()[..length])
    }

    let seed = |byte: u8| ring::signature::Ed25519KeyPair::from_seed_unchecked(&[byte; 32]).unwrap();
    let now = domain::Timestamp::from_micros(1_795_482_000_000_000);
    let (headers, body) = parts(REQUEST);
    let request = SignedRequest { method: "POST", path: "/00200/mpn", headers: &headers, body };
    let hub_key = crate::HubKeys::fixed("hub-1", crate::keys::public(&seed(1)));
    let digest = verify(&request, &hub_key, now).unwrap();
    for (seconds, is_believed) in [(-301, false), (-300, true), (300, true), (301, false)] {
        assert_eq!(verify(&request, &hub_key, now.plus_seconds(seconds)).is_ok(), is_believed, "{seconds}");
    }

    let (published, body) = parts(ANSWER);
    let mut signed = http::HeaderMap::new();
    sign_answer(&seed(2), "00200-1", 200, body, &digest, now, &mut signed);
    for name in ["content-digest", "signature-input", "signature"] {
        assert_eq!(signed[name], published[name], "{name}");
    }
}
