//! One exchange: both messages, laid out and checked by this side's own reader.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use edge::{Failure, Frame};

use super::views::{MessageRow, Page, frame};
use crate::journal::{self, Side};
use crate::message::{self, FieldError, Request, UnreadableError};
use crate::mocks::Mocks;
use crate::xml::{self, Element};

/// A message as the page shows it.
struct Shown {
    /// Its heading.
    title: &'static str,
    /// Names the section.
    id: &'static str,
    /// Where its bytes are, where they are kept by themselves.
    raw: Option<String>,
    /// Why it is no message of the schema; empty where it is one.
    wrong: String,
    /// Laid out; as it is where it cannot be read.
    text: String,
}

impl Shown {
    fn of(title: &'static str, id: &'static str, raw: Option<String>, bytes: &[u8]) -> Self {
        let wrong = message::check(bytes).err().map(|error| words(&error)).unwrap_or_default();
        Self { title, id, raw, wrong, text: laid_out(bytes) }
    }
}

/// Why a message is none.
fn words(error: &UnreadableError) -> String {
    match error {
        UnreadableError::Envelope(FieldError(field)) => {
            format!("{field} がないか、順序か値が正しくありません。")
        }
        UnreadableError::Xml(error) => format!("XML として読めません({error})。"),
    }
}

/// The document with one element a line; bytes that are none as text.
fn laid_out(bytes: &[u8]) -> String {
    let Ok(root) = xml::read(bytes) else { return String::from_utf8_lossy(bytes).into_owned() };
    let mut out = String::new();
    lay_out(&mut out, &root, 0);
    out
}

fn lay_out(out: &mut String, element: &Element, depth: usize) {
    let (indent, name) = ("  ".repeat(depth), &element.name);
    if element.children.is_empty() {
        let text = quick_xml::escape::escape(element.text.as_str());
        out.push_str(&format!("{indent}<{name}>{text}</{name}>\n"));
        return;
    }
    out.push_str(&format!("{indent}<{name}>\n"));
    for child in &element.children {
        lay_out(out, child, depth + 1);
    }
    out.push_str(&format!("{indent}</{name}>\n"));
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    frame: Frame,
    number: String,
    name: String,
    row: MessageRow,
    messages: Vec<Shown>,
}

pub async fn show(
    State(mocks): State<Mocks>,
    Path((number, id)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let institution = &mocks.collector(&number).ok_or(Failure::NotFound)?.institution;
    let store = mocks.store();
    let row = journal::list(store, &institution.number, Some(id.saturating_add(1)), 1).await?;
    let row = row.into_iter().find(|row| row.id == id).ok_or(Failure::NotFound)?;
    let raw = |side: &str| Some(format!("/control/{number}/messages/{id}.xml?side={side}"));
    let mut messages = Vec::new();
    if let Some(bytes) = journal::xml(store, &institution.number, id, Side::Request).await? {
        messages.push(Shown::of("要求", "request", raw("request"), &bytes));
        if let Some(Ok(Request::ResendConfirmation(original))) = message::read(&bytes).ok().map(|r| r.body) {
            messages.push(Shown::of("再送確認が運んだ電文", "original", None, &original));
        }
    }
    if let Some(bytes) = journal::xml(store, &institution.number, id, Side::Answer).await? {
        messages.push(Shown::of("応答", "answer", raw("answer"), &bytes));
    }
    let page = MessagePage {
        frame: frame(Page::Collectors),
        number: number.clone(),
        name: institution.name.clone(),
        row: MessageRow::of(row),
        messages,
    };
    Ok(Html(page.render()?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_laid_out_and_other_bytes_are_left() {
        let text = "<Message xmlns=\"urn:mpn:v1\"><A><B>1 &lt; 2</B><C/></A></Message>";
        let wanted = "<Message>\n  <A>\n    <B>1 &lt; 2</B>\n    <C></C>\n  </A>\n</Message>\n";
        assert_eq!(laid_out(text.as_bytes()), wanted);
        assert_eq!(laid_out(b"<<<OK"), "<<<OK");
    }
}
