//! Takes an element's children one by one in the order of the schema.

use std::str::FromStr;

use domain::money::AMOUNT_MAX;
use domain::{Date, Timestamp, Yen};

use super::element::Element;
use super::error::DecodeError;
use super::{MESSAGE_BYTES_MAX, NAMESPACE};

/// Characters of a foreign element name that an error repeats.
const NAME_CHARS_MAX: usize = 40;

/// Reads the bytes as XML.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, DecodeError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(DecodeError::TooLarge(bytes.len()));
    }
    super::element::parse(bytes)
}

/// The children of the root element, which must be `name`.
pub(super) fn root<'a>(element: &'a Element, name: &'static str) -> Result<Fields<'a>, DecodeError> {
    if element.name != name || element.namespace.as_deref() != Some(NAMESPACE) {
        return Err(DecodeError::Root);
    }
    Fields::of(element, name)
}

/// The children of one element that have not been taken yet.
pub(super) struct Fields<'a> {
    parent: &'static str,
    rest: std::slice::Iter<'a, Element>,
}

impl<'a> Fields<'a> {
    fn of(element: &'a Element, parent: &'static str) -> Result<Self, DecodeError> {
        if !element.text.chars().all(is_xml_space) {
            return Err(DecodeError::StrayText { element: parent });
        }
        Ok(Self { parent, rest: element.children.iter() })
    }

    /// Takes the next child if it is `name`.
    fn take(&mut self, name: &'static str) -> Option<&'a Element> {
        let next = self.rest.as_slice().first()?;
        if next.name != name || next.namespace.as_deref() != Some(NAMESPACE) {
            return None;
        }
        self.rest.next()
    }

    /// What stands where `element` should: something else, or nothing.
    fn absent(&self, element: &'static str) -> DecodeError {
        match self.rest.as_slice().first() {
            Some(other) => DecodeError::Unexpected { parent: self.parent, element: cut(&other.name) },
            None => DecodeError::Missing { parent: self.parent, element },
        }
    }

    /// The children of the next child, if it is `name`.
    pub(super) fn optional_element(&mut self, name: &'static str) -> Result<Option<Fields<'a>>, DecodeError> {
        self.take(name).map(|element| Fields::of(element, name)).transpose()
    }

    /// The children of the next child, which must be `name`.
    pub(super) fn element(&mut self, name: &'static str) -> Result<Fields<'a>, DecodeError> {
        self.optional_element(name)?.ok_or_else(|| self.absent(name))
    }

    /// The text of the next child if it is `name`; `read` says whether it fits.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, DecodeError> {
        let Some(element) = self.take(name) else { return Ok(None) };
        if let Some(child) = element.children.first() {
            return Err(DecodeError::Unexpected { parent: name, element: cut(&child.name) });
        }
        read(&element.text).map(Some).ok_or(DecodeError::Value { element: name, expected })
    }

    /// The text of the next child, which must be `name`; `read` says whether it fits.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, DecodeError> {
        self.optional(name, expected, read)?.ok_or_else(|| self.absent(name))
    }

    /// A required value that its type reads.
    pub(super) fn parsed<T: FromStr>(
        &mut self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<T, DecodeError> {
        self.required(name, expected, |text| text.parse().ok())
    }

    /// A required amount, `least` or more.
    pub(super) fn amount(&mut self, name: &'static str, least: Yen) -> Result<Yen, DecodeError> {
        self.required(name, "an amount of yen", |text| amount(text).filter(|a| *a >= least))
    }

    /// An optional amount, 1 yen or more.
    pub(super) fn optional_amount(&mut self, name: &'static str) -> Result<Option<Yen>, DecodeError> {
        self.optional(name, "an amount of yen", |text| amount(text).filter(|a| *a > Yen::ZERO))
    }

    /// A required day.
    pub(super) fn date(&mut self, name: &'static str) -> Result<Date, DecodeError> {
        self.required(name, "a date", date)
    }

    /// An optional day.
    pub(super) fn optional_date(&mut self, name: &'static str) -> Result<Option<Date>, DecodeError> {
        self.optional(name, "a date", date)
    }

    /// A required instant with its offset from UTC.
    pub(super) fn instant(&mut self, name: &'static str) -> Result<Timestamp, DecodeError> {
        self.required(name, "a date and time with an offset", |text| {
            // the grammar of XML: a capital T between, Z or an offset behind
            let fits = text.len() <= 40 && text.as_bytes().get(10) == Some(&b'T') && !text.contains('z');
            fits.then(|| Timestamp::parse_rfc3339(text)).flatten()
        })
    }

    /// Nothing may be left.
    pub(super) fn end(mut self) -> Result<(), DecodeError> {
        match self.rest.next() {
            Some(left) => Err(DecodeError::Unexpected { parent: self.parent, element: cut(&left.name) }),
            None => Ok(()),
        }
    }
}

/// Canonical digits: no sign, no leading zero, at most 11.
fn amount(text: &str) -> Option<Yen> {
    let canonical = !text.is_empty()
        && text.len() <= 11
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    let amount = canonical.then(|| text.parse().ok()).flatten().map(Yen::new)?;
    (amount <= AMOUNT_MAX).then_some(amount)
}

/// `2026-11-24` and nothing looser.
fn date(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (date.format("%Y-%m-%d").to_string() == text).then_some(date)
}

const fn is_xml_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn cut(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}
