//! 再送確認: make sure that this clearing, or this cancellation, is recorded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::DecodeError;
use super::message::{Message, decode};
use super::reader::Fields;
use super::writer::ElementSink;

/// Every repeat of a clearing or cancellation. Goes under the original's own processing date and serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResendConfirmation {
    /// The bytes of the original message, verbatim.
    pub original: Vec<u8>,
}

impl ResendConfirmation {
    /// The message inside, which must be a clearing or a cancellation.
    pub fn original_message(&self) -> Result<Message, DecodeError> {
        let message = decode(&self.original)?;
        let rule = "it is a clearing or a cancellation";
        if message.body.is_recorded() {
            Ok(message)
        } else {
            Err(DecodeError::Rule { element: "Original", rule })
        }
    }

    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Original", &STANDARD.encode(&self.original));
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let original = fields.required("Original", "base64 of a message", |text| {
            STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
        })?;
        fields.end()?;
        Ok(Self { original })
    }
}
