//! The hardened XML reader: every document from outside passes here. It returns a small owned tree or an error;
//! it resolves nothing, fetches nothing and keeps every cost within [`Limits`].
//!
//! Refused besides what is not well-formed: DOCTYPE, processing instructions, entities other than the five of
//! XML, encodings other than UTF-8, XML 1.1, and text mixed with elements, which no format of ours has.

mod markup;
mod reader;
mod sequence;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

pub use reader::read;
pub use sequence::Sequence;

/// How much a document may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes_max: usize,
    /// Elements inside one another; the root is at depth one.
    pub depth_max: usize,
    /// Elements of the whole document.
    pub elements_max: usize,
}

impl Limits {
    /// A message of the payment network: 256 KiB both ways.
    pub const MESSAGE: Self = Self { bytes_max: 256 * 1024, depth_max: 16, elements_max: 2_500 };
}

/// Attributes of one element.
pub const ATTRIBUTES_MAX: usize = 16;
/// Bytes of a name, prefix included.
pub const NAME_BYTES_MAX: usize = 64;
/// Bytes of a namespace.
pub const NAMESPACE_BYTES_MAX: usize = 256;

/// Why a document was refused. The texts name places and rules; of the content they show one character at most.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// More bytes than allowed.
    #[error("the document has {bytes} bytes where {max} are allowed")]
    TooLarge {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A limit other than that of bytes was passed.
    #[error("byte {at}: more than {max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
        /// Offset of the place.
        at: usize,
    },
    /// Bytes that are not UTF-8, or another encoding was declared.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// Legal XML that we never read.
    #[error("byte {at}: {what} is not accepted")]
    Forbidden {
        /// What was found.
        what: &'static str,
        /// Offset of the place.
        at: usize,
    },
    /// No well-formed XML.
    #[error("byte {at}: not well-formed: {what}")]
    Malformed {
        /// The rule that was broken.
        what: &'static str,
        /// Offset of the place.
        at: usize,
    },
    /// An element that must be there is not, or not at this place.
    #[error("{path} is missing")]
    Missing {
        /// The element, from the root: `Message/Header/Serial`.
        path: String,
    },
    /// An element occurs more often than it may.
    #[error("{path} occurs more than {max} times")]
    Repeated {
        /// The element, from the root.
        path: String,
        /// How often it may occur.
        max: usize,
    },
    /// An element, attribute or namespace that does not belong there.
    #[error("{path} does not belong there")]
    Unexpected {
        /// The element, from the root.
        path: String,
    },
    /// The text of an element is not a value of its type.
    #[error("{path}: {reason}")]
    Value {
        /// The element, from the root.
        path: String,
        /// What the type says.
        reason: String,
    },
}

/// An attribute; declarations of namespaces are not among them.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name without a prefix.
    pub name: String,
    /// The namespace of its prefix; `None` without one.
    pub namespace: Option<Arc<str>>,
    /// Its value, references resolved.
    pub value: String,
}

/// An element with all it contains.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    name: String,
    namespace: Option<Arc<str>>,
    attributes: Vec<Attribute>,
    text: String,
    children: Vec<Element>,
    /// The path of the parent with a trailing slash, shared by its children; empty at the root.
    above: Arc<str>,
}

impl Element {
    /// The name without its prefix.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace it is in.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Its attributes in the order of the document.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The elements directly inside, in the order of the document.
    pub fn children(&self) -> &[Element] {
        &self.children
    }

    /// Where it is: names from the root, `Message/Header/Serial`.
    pub fn path(&self) -> String {
        format!("{}{}", self.above, self.name)
    }

    /// Refuses an element of another name or namespace; for roots.
    pub fn require(&self, name: &str, namespace: &str) -> Result<(), XmlError> {
        if self.name == name && self.namespace() == Some(namespace) {
            Ok(())
        } else {
            Err(XmlError::Unexpected { path: self.path() })
        }
    }

    /// Refuses any attribute; for formats that have none.
    pub fn no_attributes(&self) -> Result<(), XmlError> {
        match self.attributes.first() {
            None => Ok(()),
            Some(found) => Err(XmlError::Unexpected { path: format!("{}/@{}", self.path(), found.name) }),
        }
    }

    /// The value of the attribute `name` without a namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|a| a.namespace.is_none() && a.name == name);
        found.map(|a| a.value.as_str())
    }

    /// Every child called `name` in this element's own namespace.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name && child.namespace == self.namespace)
    }

    /// The child called `name`, if there is one; two are refused.
    pub fn optional(&self, name: &str) -> Result<Option<&Element>, XmlError> {
        let mut found = self.all(name);
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            (_, Some(second)) => Err(XmlError::Repeated { path: second.path(), max: 1 }),
        }
    }

    /// The one child called `name`.
    pub fn child(&self, name: &str) -> Result<&Element, XmlError> {
        self.optional(name)?.ok_or_else(|| XmlError::Missing { path: format!("{}/{name}", self.path()) })
    }

    /// The children to be read one after the other, as a schema's sequence lists them.
    pub fn sequence(&self) -> Sequence<'_> {
        Sequence::new(self)
    }

    /// The text as it stands, white space included; an element with children has none.
    pub fn text(&self) -> Result<&str, XmlError> {
        match self.children.first() {
            None => Ok(&self.text),
            Some(child) => Err(XmlError::Unexpected { path: child.path() }),
        }
    }

    /// The text as a value of `T`.
    pub fn parse<T>(&self) -> Result<T, XmlError>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.text()?.parse().map_err(|error: T::Err| self.wrong(&error))
    }

    /// An error about this element's value.
    pub fn wrong(&self, reason: &dyn fmt::Display) -> XmlError {
        XmlError::Value { path: self.path(), reason: reason.to_string() }
    }
}

/// Shows no content: confirmation numbers pass through here and must not reach a log.
impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} with {} children>", self.path(), self.children.len())
    }
}

/// Shows no value.
impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.name)
    }
}

#[cfg(test)]
mod tests;
