//! Messages: what a request says, and how an answer is written.

use std::collections::HashMap;

use collectors::protocol::decode;
use domain::Timestamp;
use domain::xml::{self, Element, Limits};

/// The elements of a request with their texts.
pub type Values = HashMap<String, String>;
/// Sender, processing date and serial.
pub type Key = (String, String, String);

/// The machine's time; with a system of your own it is the business day's.
pub fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or_default())
}

/// Days are kept as text: 2026-11-24 sorts as it should.
pub fn today() -> String {
    now().date().to_string()
}

/// A request: its name, and its values, which are none where they are not of the schema.
pub struct Message {
    pub header: Values,
    pub key: Key,
    pub name: String,
    pub body: Option<Values>,
}

fn values(element: &Element) -> Values {
    let value = |inner: &Element| Some((inner.name().to_owned(), inner.text().ok()?.to_owned()));
    element.children().iter().filter_map(value).collect()
}

/// Reads a message; nothing where not even the header can be read.
pub fn read(content: &[u8]) -> Option<Message> {
    let root = xml::read(content, Limits::MESSAGE).ok()?;
    let (header, body) = (root.children().first()?, root.children().get(1));
    let (head, _) = std::str::from_utf8(content).ok()?.split_once("</Header>")?;
    let other = "</Header><Open><Bank>0000</Bank><ServiceKind>local</ServiceKind></Open></Message>";
    decode(format!("{head}{other}").as_bytes()).ok()?;
    let header = values(header);
    let key = (header["Sender"].clone(), header["ProcessingDate"].clone(), header["Serial"].clone());
    let is_right = decode(content).is_ok_and(|message| message.body.is_request());
    let name = body.map(|body| body.name().to_owned()).unwrap_or_default();
    Some(Message { header, key, name, body: body.filter(|_| is_right).map(values) })
}

/// The answer to a request of that name: a code, and what follows it.
pub fn write(to: &Message, name: &str, code: &str, rest: &str) -> Vec<u8> {
    let answer = match name {
        "Open" | "PreClose" => "Service",
        "Close" | "Counter" => "Counter",
        "Inquiry" | "Cancellation" | "Lines" | "SettlementAdvice" => name,
        _ => "Clearing",
    };
    let of = |name: &str| &to.header[name];
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Message xmlns=\"urn:mpn:v1\"><Header><Version>1</Version>\
         <Sender>{}</Sender><Receiver>{}</Receiver><ProcessingDate>{}</ProcessingDate><Serial>{}</Serial>\
         <SentAt>{}</SentAt></Header><{answer}Answer><Code>{code}</Code>{rest}</{answer}Answer></Message>",
        of("Receiver"),
        of("Sender"),
        of("ProcessingDate"),
        of("Serial"),
        now().rfc3339()
    )
    .into_bytes()
}
