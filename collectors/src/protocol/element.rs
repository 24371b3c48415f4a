//! The tree that the reader walks.
use super::error::DecodeError;

/// An element.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

pub(super) fn parse(_bytes: &[u8]) -> Result<Element, DecodeError> {
    Err(DecodeError::Xml("no reader yet".to_owned()))
}
