//! Children in the order a schema prescribes.

use super::{Element, XmlError};

/// Reads the children of an element one after the other. What is not asked for is refused by [`Sequence::end`],
/// so a reader written with it accepts what its schema accepts and nothing else.
#[derive(Debug)]
pub struct Sequence<'a> {
    parent: &'a Element,
    rest: &'a [Element],
}

impl<'a> Sequence<'a> {
    pub(super) fn new(parent: &'a Element) -> Self {
        Self { parent, rest: parent.children() }
    }

    /// The next child, which must be called `name`.
    pub fn one(&mut self, name: &str) -> Result<&'a Element, XmlError> {
        self.maybe(name).ok_or_else(|| XmlError::Missing { path: format!("{}/{name}", self.parent.path()) })
    }

    /// The next child if it is called `name`.
    pub fn maybe(&mut self, name: &str) -> Option<&'a Element> {
        let (first, rest) = self.rest.split_first()?;
        if first.name() != name || first.namespace() != self.parent.namespace() {
            return None;
        }
        self.rest = rest;
        Some(first)
    }

    /// The next children called `name`, at most `max`.
    pub fn many(&mut self, name: &str, max: usize) -> Result<Vec<&'a Element>, XmlError> {
        let mut found = Vec::new();
        while let Some(element) = self.maybe(name) {
            if found.len() == max {
                return Err(XmlError::Repeated { path: element.path(), max });
            }
            found.push(element);
        }
        Ok(found)
    }

    /// The next child whatever it is called: a schema's choice. It is in the parent's namespace.
    pub fn any(&mut self) -> Result<&'a Element, XmlError> {
        let missing = || XmlError::Missing { path: format!("{}/*", self.parent.path()) };
        let (first, rest) = self.rest.split_first().ok_or_else(missing)?;
        if first.namespace() != self.parent.namespace() {
            return Err(XmlError::Unexpected { path: first.path() });
        }
        self.rest = rest;
        Ok(first)
    }

    /// Refuses a child that was not read.
    pub fn end(self) -> Result<(), XmlError> {
        match self.rest.first() {
            None => Ok(()),
            Some(extra) => Err(XmlError::Unexpected { path: extra.path() }),
        }
    }
}
