//! What the readers of messages share: texts of elements, and findings at them.

use domain::xml::{Element, XmlError};

use crate::finding::{Fault, Finding, Place};

/// A finding is large, and what is right is the rule.
pub(super) type Read<T> = Result<T, Box<Finding>>;

pub(super) fn text(found: &Element) -> Read<&str> {
    found.text().map_err(refused)
}

/// A text of so many characters at most, none of them a control character.
pub(super) fn plain(found: &Element, most: usize) -> Read<String> {
    match text(found)? {
        "" => Err(element(found, Fault::Missing)),
        written if written.chars().count() > most => {
            Err(element_with(found, Fault::LineTooLong { most }, written))
        }
        written if written.chars().any(char::is_control) => {
            Err(element_with(found, Fault::NoCharacter, written))
        }
        written => Ok(written.to_owned()),
    }
}

/// The text as a value of its type.
pub(super) fn parsed<T: std::str::FromStr>(found: &Element, what: &'static str) -> Read<T> {
    let written = text(found)?;
    written.parse().map_err(|_| element_with(found, Fault::Value(what), written))
}

/// The element below others, each of which is there once.
pub(super) fn below<'a>(from: &'a Element, path: &[&str]) -> Read<&'a Element> {
    path.iter().try_fold(from, |element, name| element.child(name).map_err(refused))
}

/// The same where any of them may be missing.
pub(super) fn maybe_below<'a>(from: &'a Element, path: &[&str]) -> Read<Option<&'a Element>> {
    let mut found = Some(from);
    for name in path {
        let Some(element) = found else { return Ok(None) };
        found = element.optional(name).map_err(refused)?;
    }
    Ok(found)
}

pub(super) fn element(found: &Element, fault: Fault) -> Box<Finding> {
    let place = Place { field: Some(found.path()), ..Place::FILE };
    Box::new(Finding { place, found: String::new(), fault })
}

/// With what was found.
pub(super) fn element_with(found: &Element, fault: Fault, what: &str) -> Box<Finding> {
    Box::new(element(found, fault).found(what))
}

/// The reader's own words.
pub(super) fn refused(error: XmlError) -> Box<Finding> {
    let at = |path: String, fault| Finding {
        place: Place { field: Some(path), ..Place::FILE },
        found: String::new(),
        fault,
    };
    Box::new(match error {
        XmlError::TooLarge { max, .. } => Finding::of_file(Fault::TooLarge { most: max }),
        XmlError::Missing { path } => at(path, Fault::NoElement),
        XmlError::Unexpected { path } | XmlError::Repeated { path, .. } => at(path, Fault::ExtraElement),
        XmlError::Value { path, .. } => at(path, Fault::Value("決められた形の値")),
        other => Finding::of_file(Fault::NotXml(other.to_string())),
    })
}
