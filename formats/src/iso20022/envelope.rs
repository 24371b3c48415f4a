//! The envelope of a message between banks: its header (head.001.001.02) and its document.

use std::io;

use domain::xml::{self, Element, Limits};
use domain::{Bic, Timestamp};

use super::elements::{Elements, namespace};
use super::reading::{Read, below, element_with, parsed, plain, refused, text};
use crate::finding::Fault;

/// The header.
pub const HEADER: &str = "head.001.001.02";
/// What a message between banks may cost.
pub const LIMITS: Limits = Limits { bytes_max: 1_000_000, depth_max: 24, elements_max: 10_000 };
/// Characters of what names a message or a payment.
pub(super) const ID_CHARS_MAX: usize = 35;
/// The root around header and document, as samples of CBPR+ have it (unverified).
const ENVELOPE: &str = "urn:swift:xsd:envelope";
/// The service that CBPR+'s messages of 2019 belong to (unverified).
const SERVICE: &str = "swift.cbprplus.02";

/// Who sends what to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Names the message, 35 characters at most.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Who sends it.
    pub from: Bic,
    /// Who gets it.
    pub to: Bic,
}

/// Begins a message, `pacs.008.001.08`, with its document open. [`end`] closes it.
pub(super) fn begin(message: &str, header: &Header) -> io::Result<Elements> {
    let mut xml = Elements::begin("Envelope", ENVELOPE)?;
    xml.open_in("AppHdr", &namespace(HEADER))?;
    for (side, bic) in [("Fr", &header.from), ("To", &header.to)] {
        xml.open(&[side])?;
        xml.bic("FIId", bic)?;
        xml.close(&[side])?;
    }
    xml.text("BizMsgIdr", &header.id)?;
    xml.text("MsgDefIdr", message)?;
    xml.text("BizSvc", SERVICE)?;
    xml.text("CreDt", &header.created.rfc3339())?;
    xml.close(&["AppHdr"])?;
    xml.open_in("Document", &namespace(message))?;
    Ok(xml)
}

/// The rest.
pub(super) fn end(mut xml: Elements) -> io::Result<Vec<u8>> {
    xml.close(&["Document", "Envelope"])?;
    Ok(xml.end())
}

/// A message that was read: its header, and its document.
pub(super) struct Opened {
    root: Element,
    /// Its header.
    pub header: Header,
}

impl Opened {
    /// The one element of the document.
    pub fn body(&self, name: &str) -> Read<&Element> {
        let document = in_other_namespace(&self.root, "Document")?;
        document.child(name).map_err(refused)
    }
}

/// Reads the envelope of a message, which header and document must both name.
pub(super) fn open(bytes: &[u8], message: &'static str) -> Read<Opened> {
    let root = xml::read(bytes, LIMITS).map_err(refused)?;
    root.require("Envelope", ENVELOPE).map_err(refused)?;
    let head = in_other_namespace(&root, "AppHdr")?;
    head.require("AppHdr", &namespace(HEADER)).map_err(refused)?;
    in_other_namespace(&root, "Document")?.require("Document", &namespace(message)).map_err(refused)?;
    let named = below(head, &["MsgDefIdr"])?;
    if text(named)? != message {
        return Err(element_with(named, Fault::NotOneOf(message.to_owned()), text(named)?));
    }
    let bic = |side| parsed(below(head, &[side, "FIId", "FinInstnId", "BICFI"])?, "BIC");
    let header = Header {
        id: plain(below(head, &["BizMsgIdr"])?, ID_CHARS_MAX)?,
        created: instant(below(head, &["CreDt"])?)?,
        from: bic("Fr")?,
        to: bic("To")?,
    };
    Ok(Opened { root, header })
}

/// An instant with its offset.
pub(super) fn instant(found: &Element) -> Read<Timestamp> {
    let written = text(found)?;
    let at = Timestamp::parse_rfc3339(written);
    at.ok_or_else(|| element_with(found, Fault::Value("UTCとの差の付いた日時"), written))
}

/// The child of the envelope: each is in a namespace of its own.
fn in_other_namespace<'a>(root: &'a Element, name: &str) -> Read<&'a Element> {
    let mut found = root.children().iter().filter(|child| child.name() == name);
    match (found.next(), found.next()) {
        (Some(child), None) => Ok(child),
        (None, _) => Err(refused(xml::XmlError::Missing { path: format!("Envelope/{name}") })),
        (Some(_), Some(second)) => Err(refused(xml::XmlError::Repeated { path: second.path(), max: 1 })),
    }
}
