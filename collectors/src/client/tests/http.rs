//! Codec and transport against a server that answers as told.

use mockito::{Matcher, Mock, Server, ServerGuard};

use super::*;
use crate::protocol::{ClearingAnswer, Header};
use crate::signature::{RequestParts, SignatureError, verify_kept_request, verify_request};

/// The collector's reply with `body`, signed; the caller changes what it wants to be wrong.
fn reply(server: &mut ServerGuard, body: &[u8]) -> Mock {
    reply_as(server, CONTENT_TYPE, body)
}

fn reply_as(server: &mut ServerGuard, content_type: &str, body: &[u8]) -> Mock {
    let mock = server.mock("POST", "/00200/mpn").with_header("content-type", content_type).with_body(body);
    signed(body).pairs().into_iter().fold(mock, |mock, (name, value)| mock.with_header(name.as_str(), value))
}

async fn clearing_answered_with(body: &[u8]) -> Outcome {
    let mut server = Server::new_async().await;
    reply(&mut server, body).create_async().await;
    send(&client(&server.url()), &samples::clearing()).await
}

#[tokio::test]
async fn a_signed_answer_is_an_answer_with_its_evidence() {
    let body = encode(&samples::cleared());
    let answer = answered(clearing_answered_with(&body).await);
    assert_eq!(answer.message, samples::cleared());
    assert_eq!(&answer.bytes[..], body);
    assert_eq!(answer.signature.lines().count(), 3);
    assert!(answer.signature.starts_with("Content-Digest: sha-256=:"));
}

#[tokio::test]
async fn the_request_is_signed_as_the_protocol_says() {
    let mut server = Server::new_async().await;
    let mock = reply(&mut server, &encode(&samples::cleared()))
        .match_header("content-type", CONTENT_TYPE)
        .match_header("signature-input", Matcher::Regex("tag=\"mpn-v1\"$".to_owned()))
        .match_request(|request| {
            let body = request.body().unwrap();
            let parts =
                RequestParts { method: "POST", path: request.path(), content_type: CONTENT_TYPE, body };
            let headers = request.headers();
            verify_request(&[key("hub-1", 1).verifying_key()], &parts, headers, machine_now()).is_ok()
                && *body == encode(&samples::clearing())
        })
        .create_async()
        .await;
    answered(send(&client(&server.url()), &samples::clearing()).await);
    mock.assert_async().await;
}

#[tokio::test]
async fn what_left_is_kept_whether_or_not_it_was_answered() {
    let mut server = Server::new_async().await;
    let request = encode(&samples::clearing());
    let client = client(&server.url());
    for status in [200, 500] {
        reply(&mut server, &encode(&samples::cleared())).with_status(status).create_async().await;
        let (outcome, sent) = client.exchange_keeping(&tax(), request.clone().into()).await;
        assert_eq!(matches!(outcome, Outcome::Answered(_)), status == 200, "{outcome:?}");
        let sent = sent.unwrap();
        let parts =
            RequestParts { method: "POST", path: &sent.path, content_type: CONTENT_TYPE, body: &request };
        let keys = client.keys().all();
        let signer = verify_kept_request(&keys, &parts, &sent.signature.parse().unwrap()).unwrap();
        assert_eq!(signer.key_id, "hub-1");
    }
    let nobody = client_with("http://127.0.0.1:9", &Trust::PlainHttp, &limits());
    let (_, sent) = nobody.exchange_keeping(&tax(), request.into()).await;
    assert_eq!(sent, None, "nothing left");
}

#[tokio::test]
async fn a_path_before_the_number_is_kept_and_signed() {
    let mut server = Server::new_async().await;
    let mock = server
        .mock("POST", "/bench/00200/mpn")
        .match_request(|request| {
            let body = request.body().unwrap();
            let parts =
                RequestParts { method: "POST", path: "/bench/00200/mpn", content_type: CONTENT_TYPE, body };
            verify_request(&[key("hub-1", 1).verifying_key()], &parts, request.headers(), machine_now())
                .is_ok()
        })
        .create_async()
        .await;
    send(&client(&format!("{}/bench/", server.url())), &samples::clearing()).await;
    mock.assert_async().await;
}

#[tokio::test]
async fn a_status_other_than_200_is_silence_even_when_signed() {
    for status in [201, 302, 404, 500, 503] {
        let mut server = Server::new_async().await;
        let body = encode(&samples::cleared());
        reply(&mut server, &body).with_status(status).create_async().await;
        let outcome = send(&client(&server.url()), &samples::clearing()).await;
        assert_eq!(silence(outcome), Silence::Status(u16::try_from(status).unwrap()));
    }
}

#[tokio::test]
async fn an_unsigned_answer_is_silence() {
    let mut server = Server::new_async().await;
    let mock = server.mock("POST", "/00200/mpn").with_header("content-type", CONTENT_TYPE);
    mock.with_body(encode(&samples::cleared())).create_async().await;
    let outcome = send(&client(&server.url()), &samples::clearing()).await;
    assert_eq!(silence(outcome), Silence::Signature(SignatureError::NotOne("Content-Digest")));
}

#[tokio::test]
async fn a_tampered_answer_is_silence() {
    let mut server = Server::new_async().await;
    let refused = encode(&samples::clearing_refused());
    reply(&mut server, &encode(&samples::cleared())).with_body(refused).create_async().await;
    let outcome = send(&client(&server.url()), &samples::clearing()).await;
    assert_eq!(silence(outcome), Silence::Signature(SignatureError::Digest));
}

/// The answer to the clearing, replayed to its repeat: the signature covers the request's digest.
#[tokio::test]
async fn an_answer_replayed_to_another_request_is_silence() {
    let mut server = Server::new_async().await;
    reply(&mut server, &encode(&samples::cleared())).create_async().await;
    let outcome = send(&client(&server.url()), &samples::resend_confirmation()).await;
    assert_eq!(silence(outcome), Silence::Signature(SignatureError::Wrong));
}

#[tokio::test]
async fn signed_garbage_is_silence() {
    let cleared = String::from_utf8(encode(&samples::cleared())).unwrap();
    for body in [
        "garbage".to_owned(),
        String::new(),
        cleared.replacen("?>", "?><!DOCTYPE Message>", 1),
        cleared.replacen("UTF-8", "Shift_JIS", 1),
        cleared.replace(">0000<", ">Z999<"),
        cleared[..cleared.len() / 2].to_owned(),
    ] {
        let found = silence(clearing_answered_with(body.as_bytes()).await);
        assert!(matches!(found, Silence::Garbage(_)), "{found:?}: {body}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_silence() {
    let found = silence(clearing_answered_with(b"<Message>\x96\xd8</Message>").await);
    assert!(matches!(found, Silence::Garbage(_)), "{found:?}");
}

#[tokio::test]
async fn another_content_type_or_charset_is_silence() {
    for content_type in ["text/html; charset=utf-8", "application/xml", "application/xml; charset=shift_jis"]
    {
        let mut server = Server::new_async().await;
        reply_as(&mut server, content_type, &encode(&samples::cleared())).create_async().await;
        let outcome = send(&client(&server.url()), &samples::clearing()).await;
        assert_eq!(silence(outcome), Silence::ContentType, "{content_type}");
    }
    for content_type in ["Application/XML;charset=UTF-8", "application/xml; charset=\"utf-8\""] {
        let mut server = Server::new_async().await;
        reply_as(&mut server, content_type, &encode(&samples::cleared())).create_async().await;
        answered(send(&client(&server.url()), &samples::clearing()).await);
    }
}

#[tokio::test]
async fn a_compressed_answer_is_silence() {
    let mut server = Server::new_async().await;
    let mock = reply(&mut server, &encode(&samples::cleared()));
    mock.with_header("content-encoding", "gzip").create_async().await;
    assert_eq!(silence(send(&client(&server.url()), &samples::clearing()).await), Silence::ContentType);
}

#[tokio::test]
async fn an_announced_size_over_the_bound_is_silence() {
    let body = vec![b' '; protocol::MESSAGE_BYTES_MAX + 1];
    assert_eq!(silence(clearing_answered_with(&body).await), Silence::TooLarge);
}

#[tokio::test]
async fn a_signed_answer_to_another_request_is_silence() {
    let cleared = samples::cleared();
    let serial = domain::Serial::new(99).unwrap();
    for header in [
        Header { serial, ..cleared.header.clone() },
        Header { sender: "C00500".parse().unwrap(), ..cleared.header.clone() },
        Header { receiver: "MPN0001".parse().unwrap(), ..cleared.header.clone() },
        Header { processing_date: "2026-11-25".parse().unwrap(), ..cleared.header.clone() },
        samples::clearing().header,
    ] {
        let other = Message { header, body: cleared.body.clone() };
        assert_eq!(silence(clearing_answered_with(&encode(&other)).await), Silence::OtherRequest);
    }
}

#[tokio::test]
async fn a_signed_message_of_another_kind_is_silence() {
    let Body::InquiryAnswer(bills) = samples::one_bill().body else { panic!() };
    let other = samples::answer_to(&samples::clearing(), Body::InquiryAnswer(bills));
    let found = silence(clearing_answered_with(&encode(&other)).await);
    assert_eq!(found, Silence::OtherBody("InquiryAnswer"));
}

#[tokio::test]
async fn a_signed_refusal_is_an_answer() {
    let answer = answered(clearing_answered_with(&encode(&samples::clearing_refused())).await);
    let Body::ClearingAnswer(answer) = answer.message.body else { panic!() };
    assert_eq!(answer, ClearingAnswer::Refused { code: domain::ResponseCode::AlreadyPaid, reference: None });
}

#[tokio::test]
async fn over_the_rate_nothing_is_sent() {
    let mut server = Server::new_async().await;
    let mock = reply(&mut server, &encode(&samples::cleared())).expect(1).create_async().await;
    let limits = Limits { per_second_max: std::num::NonZeroU32::MIN, ..limits() };
    let client = client_with(&server.url(), &Trust::PlainHttp, &limits);
    answered(send(&client, &samples::clearing()).await);
    assert_eq!(not_sent(send(&client, &samples::clearing()).await), NotSent::RateLimited);
    mock.assert_async().await;
}
