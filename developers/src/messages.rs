//! The messages of the protocol, each laid out and checked as it is shown.

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use collectors::protocol;
use edge::{Failure, Frame};

use crate::site;
use crate::xml;

/// Where all of them are shown.
const PATH: &str = "/protocol/messages";

/// A published message, or a whole exchange.
struct Example {
    /// Its file in `docs/protocol/examples`.
    file: &'static str,
    text: &'static str,
}

macro_rules! examples {
    ($($file:literal,)*) => {
        &[$(Example {
            file: $file, text: include_str!(concat!("../../docs/protocol/examples/", $file)),
        }),*]
    };
}

const EXAMPLES: &[Example] = examples! {
    "inquiry.xml", "inquiry-typed-amount.xml", "inquiry-answer.xml", "inquiry-answer-several-bills.xml",
    "inquiry-answer-refused.xml", "inquiry-answer-stopped.xml", "clearing.xml", "clearing-answer.xml",
    "clearing-answer-provisional.xml", "clearing-answer-refused.xml", "resend-confirmation.xml", "cancellation.xml",
    "cancellation-answer.xml", "cancellation-answer-refused.xml", "resend-confirmation-cancellation.xml",
    "open.xml", "pre-close.xml", "service-answer.xml", "service-answer-refused.xml", "close.xml", "counter.xml",
    "counter-answer.xml", "counter-answer-refused.xml", "lines.xml", "lines-answer.xml", "settlement-advice.xml",
    "settlement-advice-answer.xml", "inquiry.http", "inquiry-answer.http",
};

/// An example as the page shows it.
struct Shown {
    anchor: String,
    file: &'static str,
    /// The element that it is, `Clearing`; of an exchange nothing.
    element: &'static str,
    /// From whom to whom.
    direction: &'static str,
    text: String,
}

static SHOWN: LazyLock<Vec<Shown>> = LazyLock::new(|| EXAMPLES.iter().map(shown).collect());

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    frame: Frame,
    shown: &'static [Shown],
}

/// The page, and the bytes of each.
pub fn routes() -> Router {
    let page = || async { site::page(&MessagesPage { frame: site::frame(PATH), shown: &SHOWN }) };
    Router::new().route(PATH, get(page)).route("/protocol/examples/{file}", get(bytes))
}

async fn bytes(
    axum::extract::Path(file): axum::extract::Path<String>,
) -> Result<axum::response::Response, Failure> {
    let example = EXAMPLES.iter().find(|example| example.file == file).ok_or(Failure::NotFound)?;
    let kind = if file.ends_with(".xml") { protocol::CONTENT_TYPE } else { "text/plain; charset=utf-8" };
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, kind)], example.text).into_response())
}

/// Where the site shows the example of a file.
pub fn address_of(file: &str) -> Option<String> {
    let example = EXAMPLES.iter().find(|example| example.file == file)?;
    Some(format!("{PATH}#{}", anchor(example.file)))
}

fn anchor(file: &str) -> String {
    // an exchange has a name of its own beside the message of the same name
    file.strip_suffix(".xml").map_or_else(|| file.replace('.', "-"), str::to_owned)
}

fn shown(example: &Example) -> Shown {
    let message = protocol::decode(example.text.trim_end().as_bytes()).ok();
    let (element, direction) = match &message {
        Some(message) if message.body.is_request() => (message.body.name(), "hub to collector"),
        Some(message) => (message.body.name(), "collector to hub"),
        None => ("", "an exchange with its headers"),
    };
    let text = match &message {
        Some(_) => xml::laid_out(example.text.as_bytes()),
        None => example.text.to_owned(),
    };
    Shown { anchor: anchor(example.file), file: example.file, element, direction, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_message_is_shown_and_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol/examples");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(EXAMPLES.iter().any(|example| example.file == name), "{name} is not shown");
        }
        for shown in SHOWN.iter() {
            assert_eq!(shown.file.ends_with(".xml"), !shown.element.is_empty(), "{}", shown.file);
        }
    }
}
