//! Why bytes are no message of the protocol.

use domain::xml::XmlError;

/// Names the element and what is wrong with it; of the content it shows one character at most, so it may be
/// logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not acceptable as XML, or not of the schema's form.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Each element is of its form but a rule between them is broken.
    #[error("{element}: {rule}")]
    Rule {
        /// The element.
        element: &'static str,
        /// The rule that is broken.
        rule: &'static str,
    },
}
