//! Answers as the faults spoil them, and bodies that end badly.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use edge::Connection;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

use crate::faults::{Hit, Mode};
use crate::keys::Signing;
use crate::mocks::Collector;
use crate::signature;

/// The content type of every message.
pub const XML: &str = "application/xml; charset=utf-8";

/// Size of the answer of [`Mode::Huge`].
const HUGE_BYTES: usize = 50 * 1024 * 1024;

const HUGE_PART: &[u8] = &[b' '; 64 * 1024];

/// Time for the first half to leave before the connection ends.
const HALF_PAUSE: Duration = Duration::from_millis(50);

/// The HTTP answer with this message, spoiled as commanded. Without a connection, which only tests lack, a reset
/// is an end like any other and nothing is sent twice.
pub fn respond(
    collector: &Collector,
    message: Vec<u8>,
    request_digest: &str,
    fault: &Hit,
    connection: Option<&Connection>,
) -> Response {
    let key = &collector.keys.in_use();
    match fault.mode {
        Mode::None
        | Mode::Refuse
        | Mode::Late
        | Mode::Hold
        | Mode::Closed
        | Mode::Deny
        | Mode::ShortLines => signed(key, message, request_digest, XML),
        Mode::Drop | Mode::Lose => no_answer(),
        Mode::ResetBefore | Mode::ResetAfter => {
            connection.inspect(|connection| connection.reset());
            no_answer()
        }
        Mode::Twice => {
            connection.inspect(|connection| connection.answer_twice());
            signed(key, message, request_digest, XML)
        }
        Mode::Drip => {
            let mut whole = signed(key, message.clone(), request_digest, XML);
            *whole.body_mut() = Body::new(Dripping::of(message, fault.drip_ms));
            whole
        }
        Mode::Truncate => {
            let mut whole = signed(key, message.clone(), request_digest, XML);
            *whole.body_mut() = Body::from(message[..message.len() / 2].to_vec());
            whole
        }
        Mode::Error500 | Mode::Error500After => plain(StatusCode::INTERNAL_SERVER_ERROR),
        Mode::Garbage => {
            let garbage = b"\x00\xff<<<OK>>> 0000 \x1b[0m".to_vec();
            signed(key, garbage, request_digest, XML)
        }
        Mode::Charset => {
            let text = String::from_utf8_lossy(&message).replace("UTF-8", "UTF-16");
            let mark = std::iter::once(0xfeff);
            let wide = mark.chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
            signed(key, wide, request_digest, "application/xml; charset=utf-16")
        }
        Mode::Doctype => {
            let text = String::from_utf8_lossy(&message).replacen(
                "<Message ",
                "<!DOCTYPE Message [<!ENTITY code \"0000\">]>\n<Message ",
                1,
            );
            signed(key, text.into_bytes(), request_digest, XML)
        }
        Mode::Empty => signed(key, Vec::new(), request_digest, XML),
        Mode::Unsigned => xml(message, XML),
        Mode::WrongKey => match foreign_key() {
            Some(pair) => signed(&Signing { id: key.id.clone(), pair }, message, request_digest, XML),
            None => plain(StatusCode::INTERNAL_SERVER_ERROR),
        },
        Mode::Half => {
            let mut whole = signed(key, message.clone(), request_digest, XML);
            let half = Bytes::from(message).split_to(whole_half(&whole));
            *whole.body_mut() = Body::new(Broken::after(half));
            whole
        }
        Mode::Huge => {
            let mut huge = xml(Vec::new(), XML);
            *huge.body_mut() = Body::new(Endless { left_bytes: HUGE_BYTES });
            huge
        }
    }
}

fn whole_half(answer: &Response) -> usize {
    let length = HttpBody::size_hint(answer.body()).exact().unwrap_or(0) / 2;
    usize::try_from(length).unwrap_or(0)
}

/// An unsigned answer without a body: it says nothing that may be believed.
pub fn plain(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// The connection ends before a byte of the answer: the body fails before the head has been flushed.
pub fn no_answer() -> Response {
    let mut answer = Response::new(Body::new(Broken { first: None, pause: None, length: 1 }));
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn xml(body: Vec<u8>, content_type: &'static str) -> Response {
    let mut answer = Response::new(Body::from(body));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn signed(key: &Signing, body: Vec<u8>, request_digest: &str, content_type: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    let now = domain::clock::machine_now();
    signature::sign_answer(&key.pair, &key.id, 200, &body, request_digest, now, &mut headers);
    let mut answer = xml(body, content_type);
    answer.headers_mut().extend(headers);
    answer
}

/// A key that nobody knows.
pub fn foreign_key() -> Option<Ed25519KeyPair> {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?;
    Ed25519KeyPair::from_pkcs8(made.as_ref()).ok()
}

/// A body that announces more than it gives and then fails.
struct Broken {
    first: Option<Bytes>,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
    length: u64,
}

impl Broken {
    fn after(half: Bytes) -> Self {
        let length = u64::try_from(half.len()).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(1);
        Self { first: Some(half), pause: Some(Box::pin(tokio::time::sleep(HALF_PAUSE))), length }
    }
}

/// The end that a fault commands.
#[derive(Debug, thiserror::Error)]
#[error("the connection is ended on command")]
struct EndedOnCommand;

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = EndedOnCommand;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EndedOnCommand>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match self.pause.as_mut().map(|pause| pause.as_mut().poll(context)) {
            Some(Poll::Pending) => Poll::Pending,
            _ => Poll::Ready(Some(Err(EndedOnCommand))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// A body of which each byte takes its time.
struct Dripping {
    left: Bytes,
    each: Duration,
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl Dripping {
    fn of(message: Vec<u8>, each_ms: u32) -> Self {
        let each = Duration::from_millis(u64::from(each_ms));
        Self { left: message.into(), each, pause: Box::pin(tokio::time::sleep(each)) }
    }
}

impl HttpBody for Dripping {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.pause.as_mut().poll(context));
        let next = self.pause.deadline() + self.each;
        self.pause.as_mut().reset(next);
        let byte = self.left.split_to(1);
        Poll::Ready(Some(Ok(Frame::data(byte))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.left.len()).unwrap_or(u64::MAX))
    }
}

/// White space without an announced length.
struct Endless {
    left_bytes: usize,
}

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left_bytes == 0 {
            return Poll::Ready(None);
        }
        let part = HUGE_PART.len().min(self.left_bytes);
        self.left_bytes -= part;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&HUGE_PART[..part])))))
    }
}
