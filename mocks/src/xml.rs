//! The mocks' own XML reader: a small tree of elements, with a cap on bytes, depth and count, and no DOCTYPE.
//!
//! It shares no code with the hub's reader, so that a mistake in one cannot hide behind the same mistake in
//! the other.

use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

/// The namespace of every element of a message.
pub const NAMESPACE: &str = "urn:mpn:v1";

/// Largest message that is read.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// Deepest nesting: Message, its body, a bill, a field.
const DEPTH_MAX: usize = 8;

/// Most elements of one message: fifty bills of eight fields, and room.
const ELEMENTS_MAX: usize = 1_000;

/// Why bytes are not a readable document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// More than [`MESSAGE_BYTES_MAX`].
    #[error("the document is larger than {MESSAGE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not UTF-8, or declared to be something else.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// A document type declaration.
    #[error("the document has a DOCTYPE")]
    Doctype,
    /// A construct that no message contains.
    #[error("the document contains {0}, which no message does")]
    Unexpected(&'static str),
    /// Nested too deeply or too many elements.
    #[error("the document is nested too deeply or has too many elements")]
    TooComplex,
    /// Not well-formed.
    #[error("the document is not well-formed: {0}")]
    NotWellFormed(String),
}

/// An element: either children or text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name.
    pub name: String,
    /// The text, empty where there are children.
    pub text: String,
    /// The elements inside, in order.
    pub children: Vec<Element>,
}

/// Reads one document whose elements are all in [`NAMESPACE`].
pub fn read(bytes: &[u8]) -> Result<Element, XmlError> {
    read_in(bytes, NAMESPACE)
}

/// Reads one document whose elements are all in a namespace.
pub fn read_in(bytes: &[u8], expected: &str) -> Result<Element, XmlError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(XmlError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotUtf8)?;
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    let mut elements = 0;
    loop {
        let (namespace, event) =
            reader.read_resolved_event().map_err(|error| XmlError::NotWellFormed(error.to_string()))?;
        match event {
            Event::Start(start) | Event::Empty(start) if root.is_some() && open.is_empty() => {
                return Err(XmlError::NotWellFormed(format!(
                    "{} follows the root",
                    start.local_name().as_ref()
                )));
            }
            Event::Start(ref start) | Event::Empty(ref start) => {
                elements += 1;
                if open.len() >= DEPTH_MAX || elements > ELEMENTS_MAX {
                    return Err(XmlError::TooComplex);
                }
                if namespace != ResolveResult::Bound(Namespace(expected)) {
                    return Err(XmlError::Unexpected("an element of another namespace"));
                }
                refuse_attributes(start)?;
                let element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
                if matches!(event, Event::Empty(_)) {
                    close(element, &mut open, &mut root)?;
                } else {
                    open.push(element);
                }
            }
            Event::End(_) => {
                let element =
                    open.pop().ok_or_else(|| XmlError::NotWellFormed("a stray end tag".to_owned()))?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(found) => add_text(&found.xml10_content(), &mut open)?,
            Event::GeneralRef(found) => {
                let character = match found.resolve_char_ref() {
                    Ok(Some(character)) => character,
                    Ok(None) => predefined(&found)?,
                    Err(error) => return Err(XmlError::NotWellFormed(error.to_string())),
                };
                add_text(character.encode_utf8(&mut [0; 4]), &mut open)?;
            }
            Event::Decl(found) => {
                let declared = found.encoding().transpose();
                let encoding = declared.map_err(|error| XmlError::NotWellFormed(error.to_string()))?;
                if encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
                    return Err(XmlError::NotUtf8);
                }
            }
            Event::Comment(_) => {}
            Event::CData(_) => return Err(XmlError::Unexpected("a CDATA section")),
            Event::PI(_) => return Err(XmlError::Unexpected("a processing instruction")),
            Event::DocType(_) => return Err(XmlError::Doctype),
            Event::Eof => break,
        }
    }
    if open.is_empty() {
        root.ok_or_else(|| XmlError::NotWellFormed("no element".to_owned()))
    } else {
        Err(XmlError::NotWellFormed("the document ends inside an element".to_owned()))
    }
}

/// Only namespace declarations may stand in a tag: no field of a message is an attribute.
fn refuse_attributes(start: &quick_xml::events::BytesStart<'_>) -> Result<(), XmlError> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| XmlError::NotWellFormed(error.to_string()))?;
        if attribute.key.as_namespace_binding().is_none() {
            return Err(XmlError::Unexpected("an attribute"));
        }
    }
    Ok(())
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), XmlError> {
    let mut element = element;
    if !element.children.is_empty() {
        if !element.text.chars().all(is_xml_space) {
            return Err(XmlError::Unexpected("text between elements"));
        }
        element.text.clear();
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
    Ok(())
}

fn add_text(text: &str, open: &mut [Element]) -> Result<(), XmlError> {
    if !text.chars().all(is_xml_char) {
        return Err(XmlError::NotWellFormed("a character that XML forbids".to_owned()));
    }
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.chars().all(is_xml_space) => {}
        None => return Err(XmlError::NotWellFormed("text outside the root".to_owned())),
    }
    Ok(())
}

fn predefined(name: &str) -> Result<char, XmlError> {
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(XmlError::Unexpected("an entity of its own")),
    }
}

fn is_xml_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: &str) -> Vec<u8> {
        format!("<Message xmlns=\"urn:mpn:v1\">{inner}</Message>").into_bytes()
    }

    #[test]
    fn a_document_becomes_a_tree() {
        let root = read(&wrapped("\n <A>x &amp; &#x3042;</A><!-- note --><B><C/></B>\n")).unwrap();
        assert_eq!(root.name, "Message");
        assert_eq!(root.text, "");
        assert_eq!(root.children[0].text, "x & あ");
        assert_eq!(root.children[1].children[0].name, "C");
    }

    #[test]
    fn a_prefix_for_the_namespace_is_as_good_as_a_default() {
        let root = read(b"<m:Message xmlns:m=\"urn:mpn:v1\"><m:A>1</m:A></m:Message>").unwrap();
        assert_eq!(root.children[0].name, "A");
    }

    #[test]
    fn what_no_message_contains_is_refused() {
        let doctype = b"<!DOCTYPE Message [<!ENTITY a \"b\">]><Message xmlns=\"urn:mpn:v1\"/>";
        assert_eq!(read(doctype), Err(XmlError::Doctype));
        for (inner, what) in [
            ("<![CDATA[x]]>", "a CDATA section"),
            ("<?php ?>", "a processing instruction"),
            ("<A>&a;</A>", "an entity of its own"),
            ("<A b=\"1\"/>", "an attribute"),
            ("x<A/>", "text between elements"),
            ("<A xmlns=\"urn:other\"/>", "an element of another namespace"),
        ] {
            assert_eq!(read(&wrapped(inner)), Err(XmlError::Unexpected(what)), "{inner}");
        }
    }

    #[test]
    fn broken_documents_are_refused() {
        for text in [
            "",
            "   ",
            "<Message xmlns=\"urn:mpn:v1\">",
            "<Message xmlns=\"urn:mpn:v1\"></Other>",
            "<Message xmlns=\"urn:mpn:v1\"/>x",
            "<Message xmlns=\"urn:mpn:v1\"/><Message xmlns=\"urn:mpn:v1\"/>",
            "<Message xmlns=\"urn:mpn:v1\">&#1;</Message>",
        ] {
            assert!(
                matches!(read(text.as_bytes()), Err(XmlError::NotWellFormed(_))),
                "{text}: {:?}",
                read(text.as_bytes())
            );
        }
    }

    #[test]
    fn another_character_set_is_refused() {
        assert_eq!(read(&[0xff, 0xfe, b'<', 0]), Err(XmlError::NotUtf8));
        let declared = b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><Message xmlns=\"urn:mpn:v1\"/>";
        assert_eq!(read(declared), Err(XmlError::NotUtf8));
    }

    #[test]
    fn the_caps_hold() {
        let mut large = wrapped("");
        large.resize(MESSAGE_BYTES_MAX, b' ');
        assert!(read(&large).is_ok());
        large.push(b' ');
        assert_eq!(read(&large), Err(XmlError::TooLarge));
        let deep = |levels: usize| wrapped(&format!("{}{}", "<A>".repeat(levels), "</A>".repeat(levels)));
        assert!(read(&deep(DEPTH_MAX - 1)).is_ok());
        assert_eq!(read(&deep(DEPTH_MAX)), Err(XmlError::TooComplex));
        assert!(read(&wrapped(&"<A/>".repeat(ELEMENTS_MAX - 1))).is_ok());
        assert_eq!(read(&wrapped(&"<A/>".repeat(ELEMENTS_MAX))), Err(XmlError::TooComplex));
    }
}
