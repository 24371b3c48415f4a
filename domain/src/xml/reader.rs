//! From bytes to the tree.

use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesStart, Event};

use super::markup::{self, Fault};
use super::{Attribute, Element, Limits, NAMESPACE_BYTES_MAX, XmlError};

/// Namespaces that no document may declare otherwise.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// Reads a whole document.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Element, XmlError> {
    if bytes.len() > limits.bytes_max {
        return Err(XmlError::TooLarge { bytes: bytes.len(), max: limits.bytes_max });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = markup::forbidden(text) {
        return Err(XmlError::Malformed { what: "a character that XML forbids", at });
    }
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.enable_all_checks(true);
    config.expand_empty_elements = true;

    let mut builder = Builder::new(limits);
    let mut first = true;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| tokenizer_error(&error, at))?;
        let step = match event {
            Event::Eof => return builder.finish(at),
            Event::Decl(found) if first => markup::declaration(found.get(3..).unwrap_or_default()),
            Event::Decl(_) => Err(Fault::Malformed("a declaration that is not at the start")),
            Event::DocType(_) => Err(Fault::Forbidden("a DOCTYPE")),
            Event::PI(_) => Err(Fault::Forbidden("a processing instruction")),
            Event::Comment(_) => Ok(()),
            Event::Start(start) => builder.open(&start),
            // the reader answers the end of an empty element itself
            Event::Empty(start) => builder.open(&start).and_then(|()| builder.close()),
            Event::End(_) => builder.close(),
            Event::Text(text) if text.contains("]]>") => Err(Fault::Malformed("]]> in a text")),
            Event::Text(text) => builder.text(&text.xml10_content(), false),
            Event::CData(text) => builder.text(&text.xml10_content(), true),
            Event::GeneralRef(name) => {
                markup::reference(&name).and_then(|c| builder.text(c.encode_utf8(&mut [0; 4]), true))
            }
        };
        step.map_err(|fault| fault_at(fault, at))?;
        first = false;
    }
}

fn fault_at(fault: Fault, at: usize) -> XmlError {
    match fault {
        Fault::Malformed(what) => XmlError::Malformed { what, at },
        Fault::Forbidden(what) => XmlError::Forbidden { what, at },
        Fault::TooMany(what, max) => XmlError::TooMany { what, max, at },
        Fault::OtherEncoding => XmlError::NotUtf8,
    }
}

/// The tokenizer's own texts quote the document; ours do not.
fn tokenizer_error(error: &Error, at: usize) -> XmlError {
    let what = match error {
        Error::Syntax(_) => "a piece of markup has no end",
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. }) => "an end tag of another element",
        Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end tag without a start",
        Error::IllFormed(IllFormedError::DoubleHyphenInComment) => "-- in a comment",
        Error::IllFormed(IllFormedError::UnclosedReference) => "an & that begins no reference",
        _ => "the markup",
    };
    XmlError::Malformed { what, at }
}

/// The elements that are open, the root first.
struct Builder {
    limits: Limits,
    open: Vec<Open>,
    /// Prefix (empty for the default) and namespace, innermost last.
    bindings: Vec<(String, Arc<str>)>,
    elements: usize,
    root: Option<Element>,
}

struct Open {
    element: Element,
    /// The path of this element with a trailing slash, made when the first child needs it.
    below: Option<Arc<str>>,
    /// Bindings in force outside of it.
    bindings_before: usize,
}

impl Builder {
    fn new(limits: Limits) -> Self {
        let bindings = vec![("xml".to_owned(), Arc::from(XML_NAMESPACE))];
        Self { limits, open: Vec::new(), bindings, elements: 0, root: None }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Fault::Malformed("a second root"));
        }
        if self.open.len() == self.limits.depth_max {
            return Err(Fault::TooMany("elements inside one another", self.limits.depth_max));
        }
        if self.elements == self.limits.elements_max {
            return Err(Fault::TooMany("elements", self.limits.elements_max));
        }
        self.elements += 1;
        let bindings_before = self.bindings.len();
        let tag = start.name();
        let (prefix, local) = markup::split_name(tag.as_ref())?;
        let mut plain = Vec::new();
        for (name, value) in markup::attributes(start.attributes_raw())? {
            match markup::split_name(name)? {
                (None, "xmlns") => self.bind("", value)?,
                (Some("xmlns"), bound) => self.bind(bound, value)?,
                (prefix, local) => plain.push((prefix, local, value)),
            }
        }
        let mut attributes: Vec<Attribute> = Vec::with_capacity(plain.len());
        for (prefix, local, value) in plain {
            // the default namespace is not that of attributes
            let namespace = prefix.map(|p| self.resolve(p)).transpose()?.flatten();
            if attributes.iter().any(|a| a.name == local && a.namespace == namespace) {
                return Err(Fault::Malformed("an attribute given twice"));
            }
            attributes.push(Attribute { name: local.to_owned(), namespace, value });
        }
        let element = Element {
            name: local.to_owned(),
            namespace: self.resolve(prefix.unwrap_or_default())?,
            attributes,
            text: String::new(),
            children: Vec::new(),
            above: self.open.last_mut().map(Open::below).unwrap_or_default(),
        };
        self.open.push(Open { element, below: None, bindings_before });
        Ok(())
    }

    fn bind(&mut self, prefix: &str, namespace: String) -> Result<(), Fault> {
        if namespace.len() > NAMESPACE_BYTES_MAX {
            return Err(Fault::TooMany("bytes in a namespace", NAMESPACE_BYTES_MAX));
        }
        if matches!(prefix, "xml" | "xmlns") || (namespace.is_empty() && !prefix.is_empty()) {
            return Err(Fault::Malformed("a namespace that cannot be declared"));
        }
        self.bindings.push((prefix.to_owned(), namespace.into()));
        Ok(())
    }

    fn resolve(&self, prefix: &str) -> Result<Option<Arc<str>>, Fault> {
        // most names have no prefix, and it costs to compare texts of no length
        let named =
            |bound: &str| bound.is_empty() == prefix.is_empty() && (prefix.is_empty() || bound == prefix);
        match self.bindings.iter().rev().find(|(bound, _)| named(bound)) {
            Some((_, namespace)) if namespace.is_empty() => Ok(None),
            Some((_, namespace)) => Ok(Some(Arc::clone(namespace))),
            None if prefix.is_empty() => Ok(None),
            None => Err(Fault::Malformed("a prefix without a namespace")),
        }
    }

    fn text(&mut self, text: &str, written_on_purpose: bool) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(open) => {
                open.element.text.push_str(text);
                Ok(())
            }
            None if !written_on_purpose && text.chars().all(markup::is_space) => Ok(()),
            None => Err(Fault::Malformed("text outside of the root")),
        }
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(Open { mut element, bindings_before, .. }) = self.open.pop() else {
            return Err(Fault::Malformed("an end tag without a start"));
        };
        self.bindings.truncate(bindings_before);
        if !element.children.is_empty() {
            if !element.text.chars().all(markup::is_space) {
                return Err(Fault::Forbidden("text mixed with elements"));
            }
            element.text = String::new();
        }
        match self.open.last_mut() {
            Some(parent) => parent.element.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn finish(self, at: usize) -> Result<Element, XmlError> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            None if self.open.is_empty() => Err(XmlError::Malformed { what: "there is no element", at }),
            _ => Err(XmlError::Malformed { what: "the document ends inside an element", at }),
        }
    }
}

impl Open {
    fn below(&mut self) -> Arc<str> {
        let made = self.below.get_or_insert_with(|| format!("{}/", self.element.path()).into());
        Arc::clone(made)
    }
}
