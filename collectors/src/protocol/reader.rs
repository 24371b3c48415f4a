//! Takes an element's children one by one in the order of the schema.

use std::str::FromStr;

use domain::money::AMOUNT_MAX;
use domain::xml::{Element, Sequence, XmlError};
use domain::{Date, Timestamp, Yen};

use super::error::DecodeError;

/// Characters of a date and time at most: microseconds and an offset fit.
const INSTANT_CHARS_MAX: usize = 40;

/// The children of one element that have not been taken yet.
pub(super) struct Fields<'a>(Sequence<'a>);

impl<'a> Fields<'a> {
    /// The children of `element`; text beside them the reader has refused already.
    pub(super) fn of(element: &'a Element) -> Result<Self, DecodeError> {
        element.no_attributes()?;
        if element.children().is_empty() {
            // an element of this kind without any child may have had text
            element.text()?.chars().all(|c| c.is_ascii_whitespace()).then_some(()).ok_or_else(|| {
                XmlError::Value { path: element.path(), reason: "it contains elements, not text".to_owned() }
            })?;
        }
        Ok(Self(element.sequence()))
    }

    /// The next child, whatever it is: the schema's choice.
    pub(super) fn any(&mut self) -> Result<&'a Element, DecodeError> {
        Ok(self.0.any()?)
    }

    /// The children of the next child, which must be `name`.
    pub(super) fn element(&mut self, name: &'static str) -> Result<Fields<'a>, DecodeError> {
        Self::of(self.0.one(name)?)
    }

    /// The next children called `name`, at most `max`.
    pub(super) fn elements(
        &mut self,
        name: &'static str,
        max: usize,
    ) -> Result<Vec<&'a Element>, DecodeError> {
        Ok(self.0.many(name, max)?)
    }

    /// The children of the next child if it is `name`.
    pub(super) fn maybe(&mut self, name: &'static str) -> Result<Option<Fields<'a>>, DecodeError> {
        self.0.maybe(name).map(Self::of).transpose()
    }

    /// The text of the next child, which must be `name`; `read` says whether it fits.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, DecodeError> {
        value(self.0.one(name)?, expected, read)
    }

    /// The text of the next child if it is `name`; `read` says whether it fits.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, DecodeError> {
        self.0.maybe(name).map(|element| value(element, expected, read)).transpose()
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

    /// A required sum of amounts.
    pub(super) fn total(&mut self, name: &'static str) -> Result<Yen, DecodeError> {
        self.required(name, "a sum of at most 16 digits", |text| digits(text, 16)?.parse().ok().map(Yen::new))
    }

    /// A required number of records.
    pub(super) fn count(&mut self, name: &'static str) -> Result<u32, DecodeError> {
        self.required(name, "a number of at most 8 digits", |text| digits(text, 8)?.parse().ok())
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
            // the grammar of XML is narrower than RFC 3339's: a capital T between, a capital Z or an offset
            // behind
            let fits = text.len() <= INSTANT_CHARS_MAX
                && text.as_bytes().get(10) == Some(&b'T')
                && !text.contains('z');
            fits.then(|| Timestamp::parse_rfc3339(text)).flatten()
        })
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), DecodeError> {
        Ok(self.0.end()?)
    }
}

fn value<T>(
    element: &Element,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, DecodeError> {
    element.no_attributes()?;
    let read = read(element.text()?);
    read.ok_or_else(|| XmlError::Value { path: element.path(), reason: format!("not {expected}") }.into())
}

fn amount(text: &str) -> Option<Yen> {
    let amount = digits(text, 11)?.parse().ok().map(Yen::new)?;
    (amount <= AMOUNT_MAX).then_some(amount)
}

/// Canonical digits: no sign, no leading zero, at most `max`.
fn digits(text: &str, max: usize) -> Option<&str> {
    let canonical = text.len() <= max
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    canonical.then_some(text)
}

/// `2026-11-24` and nothing looser.
fn date(text: &str) -> Option<Date> {
    let (year, month, day) = (text.get(..4)?, text.get(5..7)?, text.get(8..)?);
    let separated = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?;
    let whole = Date::from_ymd_opt(i32::try_from(number(year)?).ok()?, number(month)?, number(day)?);
    whole.filter(|_| separated)
}
