//! The hub that the kit plays: its keys and serials, one exchange at a time, and what an answer is worth.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use collectors::protocol::{self, Body, Header, Message};
use collectors::signature::{
    CREATED_WINDOW_S, ResponseParts, SignatureError, SigningKey, VerifyingKey, verify_response,
};
use domain::clock::machine_now;
use domain::{CentreCode, Date, ResendKey, ResponseCode, Serial, Timestamp};
use http::Uri;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::case::Spoil;
use crate::clause::Clause;
use crate::declaration::Declaration;
use crate::sign;
use crate::text::{Text, Trouble};
use crate::wire::{NoAnswer, Post, Reply, Wire};

/// The day in Japan begins with this serial; the hub itself counts from 1.
const SERIAL_FIRST: u32 = 10_000_000;
/// Milliseconds of a day; each begins with a serial of its own.
const DAY_MS: u32 = 86_400_000;

/// One message and what came back.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// The message's element.
    pub what: &'static str,
    /// Its key.
    pub key: String,
    /// Milliseconds since the case began.
    pub begun_ms: u64,
    /// Milliseconds until the answer was whole, or was given up.
    pub took_ms: u64,
    /// What its signature is over, line by line.
    pub signed: String,
    /// The content that was sent.
    pub request: Vec<u8>,
    /// The content that came back.
    pub answer: Vec<u8>,
    /// What it is worth.
    pub got: Got,
}

/// What came back, as far as it can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "it is mostly the large one, and one at a time")]
pub enum Got {
    /// A signed answer to this request.
    Answer(Message),
    /// Another status than 200.
    Status(u16),
    /// A page of the collector's site.
    Page,
    /// 200 with another content type.
    ContentType(String),
    /// 200 without a signature that verifies.
    NotSigned(Text),
    /// Signed, but no message of the schema.
    NotReadable(String),
    /// A message, but not the answer to this request.
    NotTheAnswer(&'static str),
    /// No answer.
    Nothing(NoAnswer),
    /// The kit has cut the connection.
    Cut,
}

impl Got {
    /// The code, of an answer.
    pub fn code(&self) -> Option<ResponseCode> {
        match self {
            Self::Answer(message) => message.body.code(),
            _ => None,
        }
    }

    /// In a few words.
    pub fn say(&self) -> Text {
        match self {
            Self::Answer(message) => {
                let code = message.body.code().map_or("", ResponseCode::as_str);
                let provisional = match &message.body {
                    Body::ClearingAnswer(protocol::ClearingAnswer::Normal {
                        provisional: Some(why), ..
                    }) => {
                        format!(" ({})", why.as_str())
                    }
                    _ => String::new(),
                };
                Text::new(format!("code {code}{provisional}"), format!("応答コード {code}{provisional}"))
            }
            Self::Status(status) => {
                Text::new(format!("HTTP status {status}"), format!("HTTP ステータス {status}"))
            }
            Self::Page => Text::new("a page", "ページ"),
            Self::ContentType(kind) => Text::new(
                format!("the content type {kind:?}, where exactly {:?} is due", protocol::CONTENT_TYPE),
                format!("Content-Type が {kind:?}(正しくは {:?} と一字一句同じ)", protocol::CONTENT_TYPE),
            ),
            Self::NotSigned(why) => Text::new(
                format!("an answer whose signature does not verify: {}", why.en),
                format!("署名を検証できない応答({})", why.ja),
            ),
            Self::NotReadable(error) => Text::new(
                format!("a signed answer that is not of the schema: {error}"),
                format!("スキーマに合わない応答({error})"),
            ),
            Self::NotTheAnswer(why) => Text::new(
                format!("a message that does not answer this one: {why}"),
                format!("要求に対応しない応答({why})"),
            ),
            Self::Nothing(reason) => reason.say(),
            Self::Cut => Text::new("nothing: the kit cut the connection", "(キットが接続を切断)"),
        }
    }

    /// The clause that is broken where an answer was due and this came.
    pub const fn clause(&self, otherwise: Clause) -> Clause {
        match self {
            Self::Answer(_) | Self::Page | Self::Cut => otherwise,
            Self::Status(401) | Self::NotSigned(_) => Clause::Signatures,
            Self::Status(_) | Self::ContentType(_) | Self::Nothing(_) => Clause::Http,
            Self::NotReadable(_) => Clause::Messages,
            Self::NotTheAnswer(_) => Clause::Header,
        }
    }
}

/// The hub that the kit plays. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    declaration: Declaration,
    wire: Wire,
    key: SigningKey,
    path: String,
    receiver: CentreCode,
    today: Mutex<Date>,
    begun: Instant,
    first: u32,
    serial: AtomicU32,
}

/// A message to be sent, as it will be and as it was before anything was spoiled.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What it was made of.
    pub message: Message,
    /// The content.
    pub bytes: Vec<u8>,
    /// Whether the content was changed by hand, so that its body may be unreadable.
    pub edited: bool,
}

impl Hub {
    /// A hub that signs with the declaration's key.
    pub fn of(declaration: &Declaration) -> Result<Self, Trouble> {
        let base = declaration.endpoint.path().trim_end_matches('/');
        let path = format!("{base}/{}/mpn", declaration.collector);
        let receiver = format!("C{}", declaration.collector);
        let receiver = receiver.parse().map_err(|_| Trouble::new("no centre", "センタコードがありません"))?;
        let now = machine_now();
        let midnight = Timestamp::from_jst(now.date(), chrono::NaiveTime::MIN);
        let ms = u32::try_from((now.micros() - midnight.micros()) / 1_000).unwrap_or_default();
        let first = SERIAL_FIRST + ms.min(DAY_MS - 1);
        Ok(Self(Arc::new(Inner {
            wire: Wire::to(declaration)?,
            key: signing_key(declaration)?,
            path,
            receiver,
            today: Mutex::new(declaration.today.unwrap_or_else(|| now.date())),
            begun: Instant::now(),
            first,
            serial: AtomicU32::new(first),
            declaration: declaration.clone(),
        })))
    }

    /// What the collector says of itself.
    pub fn declaration(&self) -> &Declaration {
        &self.0.declaration
    }

    /// The collector's business day.
    pub fn today(&self) -> Date {
        *self.0.today.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The collector's clock has come to this day.
    pub fn set_today(&self, day: Date) {
        *self.0.today.lock().unwrap_or_else(PoisonError::into_inner) = day;
    }

    /// The kit's key.
    pub fn key(&self) -> &SigningKey {
        &self.0.key
    }

    /// A new key of a processing date.
    pub fn next_key(&self, date: Date) -> ResendKey {
        let serial = self.0.serial.fetch_add(1, Ordering::Relaxed) % 99_999_999 + 1;
        let serial = Serial::new(serial).unwrap_or_else(|_| unreachable!("1 to 99,999,999"));
        ResendKey { centre: self.0.declaration.hub_centre.clone(), date, serial }
    }

    /// Waits until a run that begins now has no serial that this one had.
    pub async fn outlast_serials(&self) {
        let used = self.0.serial.load(Ordering::Relaxed).saturating_sub(self.0.first);
        sleep_until(self.0.begun + Duration::from_millis(u64::from(used) + 1)).await;
    }

    /// The header of a request under a key.
    pub fn header(&self, key: &ResendKey) -> Header {
        // to the second, as a message carries it
        let now = Timestamp::from_jst(self.today(), machine_now().time());
        let sent_at = Timestamp::from_micros(now.seconds() * 1_000_000);
        Header::request(key, self.0.receiver.clone(), sent_at)
    }

    /// Sends a letter under a new signature, and says what the answer is worth.
    pub async fn exchange(&self, letter: &Letter, spoil: Option<Spoil>, since: Instant) -> Exchanged {
        let begun = Instant::now();
        let post = sign::post(&self.0.key, &self.0.path, &letter.bytes, spoil, machine_now());
        let reply = self.0.wire.exchange(&post).await;
        let answer = reply.as_ref().map(|reply| reply.body.to_vec()).unwrap_or_default();
        let got = match reply {
            Ok(reply) => self.worth(letter, &post.body, &reply),
            Err(reason) => Got::Nothing(reason),
        };
        self.exchanged(letter, &post, answer, got, (since, begun))
    }

    /// Asks for a page of the collector's site, as the payer's browser does.
    pub async fn fetch(&self, address: &Uri, since: Instant) -> Exchanged {
        let begun = Instant::now();
        let declaration = &self.0.declaration;
        let trust = declaration.link.as_ref().map_or(&declaration.trust, |link| &link.trust);
        let target = address.path_and_query().map_or("/", |target| target.as_str());
        let accept = ("Accept".to_owned(), "text/html".to_owned());
        let post =
            Post { method: "GET", target: target.to_owned(), headers: vec![accept], body: Bytes::new() };
        let (got, answer) = match Wire::of(address, trust, declaration.patience) {
            Err(trouble) => (Got::NotSigned(trouble.0), Vec::new()),
            Ok(wire) => match wire.exchange(&post).await {
                Ok(reply) if reply.status == 200 => (Got::Page, reply.body.to_vec()),
                Ok(reply) => (Got::Status(reply.status), reply.body.to_vec()),
                Err(reason) => (Got::Nothing(reason), Vec::new()),
            },
        };
        let ms = |of: Duration| u64::try_from(of.as_millis()).unwrap_or(u64::MAX);
        Exchanged {
            what: "GET",
            key: target.to_owned(),
            begun_ms: ms(begun.duration_since(since)),
            took_ms: ms(begun.elapsed()),
            signed: String::new(),
            request: Vec::new(),
            answer,
            got,
        }
    }

    /// A connection to the endpoint on which nothing is sent.
    pub async fn hold(&self) -> Option<TcpStream> {
        self.0.wire.hold().await
    }

    /// Sends a letter and cuts the connection.
    pub async fn send_and_cut(&self, letter: &Letter, after_ms: u64, since: Instant) -> Exchanged {
        let begun = Instant::now();
        let post = sign::post(&self.0.key, &self.0.path, &letter.bytes, None, machine_now());
        let sent = self.0.wire.send_and_cut(&post, Duration::from_millis(after_ms)).await;
        let got = sent.map_or_else(Got::Nothing, |()| Got::Cut);
        self.exchanged(letter, &post, Vec::new(), got, (since, begun))
    }

    fn exchanged(
        &self,
        letter: &Letter,
        post: &Post,
        answer: Vec<u8>,
        got: Got,
        (since, begun): (Instant, Instant),
    ) -> Exchanged {
        let ms = |of: Duration| u64::try_from(of.as_millis()).unwrap_or(u64::MAX);
        Exchanged {
            what: letter.message.body.name(),
            key: letter.message.header.key().to_string(),
            begun_ms: ms(begun.duration_since(since)),
            took_ms: ms(begun.elapsed()),
            signed: sign::request_base(post),
            request: post.body.to_vec(),
            answer,
            got,
        }
    }

    fn worth(&self, letter: &Letter, request: &[u8], reply: &Reply) -> Got {
        if reply.status != 200 {
            return Got::Status(reply.status);
        }
        let parts = ResponseParts { status: reply.status, body: &reply.body, request_body: request };
        if let Err(error) = verify_response(&self.0.declaration.keys, &parts, &reply.headers, machine_now()) {
            return Got::NotSigned(self.unbelieved(&error, request, reply));
        }
        let kind = reply.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind != Some(protocol::CONTENT_TYPE) {
            return Got::ContentType(kind.unwrap_or_default().to_owned());
        }
        let message = match protocol::decode(&reply.body) {
            Ok(message) => message,
            Err(error) => return Got::NotReadable(error.to_string()),
        };
        if !message.header.answers(&letter.message.header) {
            return Got::NotTheAnswer("sender and receiver are not swapped, or date and serial not repeated");
        }
        // where the body cannot be read, a ClearingAnswer says so
        let unread = letter.edited && matches!(message.body, Body::ClearingAnswer(_));
        if !unread && !is_of_kind(&message.body, &letter.message.body) {
            return Got::NotTheAnswer("it is of another kind");
        }
        Got::Answer(message)
    }
}

impl Hub {
    /// Why an answer's signature is not believed, with what its author needs in order to find the mistake.
    fn unbelieved(&self, error: &SignatureError, request: &[u8], reply: &Reply) -> Text {
        match error {
            SignatureError::Stale(age_s) => clock_apart(*age_s),
            SignatureError::Wrong => {
                let input = reply.headers.get("signature-input").and_then(|value| value.to_str().ok());
                let base = sign::answer_base(reply.status, &reply.body, request, input.unwrap_or_default());
                let keys = self.0.declaration.keys.iter();
                let keys: Vec<String> =
                    keys.map(|key| format!("{} = {}", key.id(), sign::hexadecimal(key))).collect();
                let keys = keys.join(", ");
                Text::new(
                    format!("the signature is wrong; declared: {keys}; it must be over\n{base}"),
                    format!(
                        "署名が正しくありません。宣言された鍵は {keys}。署名の対象は次のとおりです。\n{base}"
                    ),
                )
            }
            SignatureError::UnknownKey => {
                let input = reply.headers.get("signature-input").and_then(|value| value.to_str().ok());
                unknown_key(input.unwrap_or_default(), &self.0.declaration.keys)
            }
            other => Text::new(other.to_string(), other.to_string()),
        }
    }
}

/// The answer names a key that is none of the declared: which, and which there are.
fn unknown_key(signature_input: &str, declared: &[VerifyingKey]) -> Text {
    let named = signature_input.split_once("keyid=\"").and_then(|(_, rest)| rest.split('"').next());
    let named = named.unwrap_or_default();
    let declared = declared.iter().map(VerifyingKey::id).collect::<Vec<_>>().join(", ");
    Text::new(
        format!("it names the key {named:?}, and the declaration's collector_keys has {declared}"),
        format!(
            "署名の鍵 ID は {named:?} ですが、宣言ファイルの collector_keys には {declared} しかありません"
        ),
    )
}

/// In whole seconds, so far from now that no clock is as wrong.
const NO_CLOCK_S: u64 = 10_000_000_000;

/// `created` is out of the window: on which side, and whose clock that makes wrong.
fn clock_apart(age_s: i64) -> Text {
    let (apart, most) = (age_s.unsigned_abs(), CREATED_WINDOW_S);
    if apart > NO_CLOCK_S {
        return Text::new(
            format!("created is {apart} seconds away: it is in whole seconds since 1970, not milliseconds"),
            format!("created が {apart} 秒ずれています。ミリ秒ではなく、1970 年からの秒で指定してください"),
        );
    }
    if age_s > 0 {
        Text::new(
            format!("created is {apart} seconds ago, and {most} may be: the collector's clock is late"),
            format!("created が {apart} 秒前です(許容は {most} 秒)。収納機関の時計が遅れています"),
        )
    } else {
        Text::new(
            format!(
                "created is {apart} seconds in the future, and {most} may be: the collector's clock is fast"
            ),
            format!("created が {apart} 秒先です(許容は {most} 秒)。収納機関の時計が進んでいます"),
        )
    }
}

/// Whether the answer is of the request's kind; what carries no clearing and no cancellation gets a ClearingAnswer.
fn is_of_kind(answer: &Body, request: &Body) -> bool {
    match request {
        Body::ResendConfirmation(repeat) if repeat.original_message().is_err() => {
            matches!(answer, Body::ClearingAnswer(_))
        }
        _ => answer.answers(request),
    }
}

/// The key that the kit signs requests and reports with.
pub fn signing_key(declaration: &Declaration) -> Result<SigningKey, Trouble> {
    let file = &declaration.hub_key.file;
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|error| {
        Trouble::new(
            format!("the kit's signing key {shown} cannot be read: {error}"),
            format!("署名鍵 {shown} を読めません。{error}"),
        )
    })?;
    let id = &declaration.hub_key.id;
    let key = match std::str::from_utf8(&bytes) {
        Ok(pem) if pem.contains("-----BEGIN") => SigningKey::from_pkcs8_pem(id, pem),
        _ => SigningKey::from_pkcs8_der(id, &bytes),
    };
    key.map_err(|error| {
        Trouble::new(
            format!("the kit's signing key {shown} cannot be used: {error}"),
            format!("署名鍵 {shown} を使用できません。Ed25519 の PKCS#8 ではありません。"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_not_declared_is_named_beside_those_that_are() {
        let keys = [1, 2].map(|at| VerifyingKey::new(&format!("99022-{at}"), &[at; 32]).unwrap());
        let said = unknown_key("mpn=(\"@status\");created=1;keyid=\"99022-7\";alg=\"ed25519\"", &keys);
        for (text, part) in [(&said.en, "\"99022-7\", and the declaration"), (&said.ja, "\"99022-7\" ですが")]
        {
            assert!(text.contains(part) && text.contains("99022-1, 99022-2"), "{text}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_said_to_be_late_or_fast() {
        assert!(clock_apart(600).en.contains("600 seconds ago") && clock_apart(600).en.ends_with("is late"));
        assert!(clock_apart(-600).en.contains("in the future") && clock_apart(-600).en.ends_with("is fast"));
        assert!(clock_apart(-1_793_943_855_222).en.contains("milliseconds"));
    }
}
