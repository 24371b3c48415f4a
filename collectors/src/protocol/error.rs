//! Why bytes are no message of the protocol.

/// Names the element and what is wrong with it; carries no content, so it may be logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More than [`MESSAGE_BYTES_MAX`](super::MESSAGE_BYTES_MAX).
    #[error("the message has {0} bytes")]
    TooLarge(usize),
    /// No well-formed XML, or XML of a kind the reader refuses (a DOCTYPE, too deep).
    #[error("the message is not acceptable XML: {0}")]
    Xml(String),
    /// The outermost element is not `Message` of the namespace.
    #[error("the root is not Message of {namespace}", namespace = super::NAMESPACE)]
    Root,
    /// An element is missing where the schema has it.
    #[error("{parent} lacks {element}")]
    Missing {
        /// The element that should contain it.
        parent: &'static str,
        /// The element that is missing.
        element: &'static str,
    },
    /// An element that the schema does not have there: unknown, repeated, out of order or of another namespace.
    #[error("{parent} has an unexpected element {element:?}")]
    Unexpected {
        /// The containing element.
        parent: &'static str,
        /// The name as found, cut to 40 characters.
        element: String,
    },
    /// An element carries attributes; the schema has none.
    #[error("{element} has an attribute")]
    Attribute {
        /// The element's name, cut to 40 characters.
        element: String,
    },
    /// Text beside elements.
    #[error("{element} has text between its elements")]
    StrayText {
        /// The element.
        element: &'static str,
    },
    /// The content does not fit the element's type: width, characters, range or list of values.
    #[error("{element} is not {expected}")]
    Value {
        /// The element.
        element: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
    /// Each element is fine but they contradict each other.
    #[error("{element}: {rule}")]
    Rule {
        /// The element.
        element: &'static str,
        /// The rule that is broken.
        rule: &'static str,
    },
}
