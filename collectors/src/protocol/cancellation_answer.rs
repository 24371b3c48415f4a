//! 取消応答: to a cancellation and to a resend confirmation that carries one.

use domain::ResponseCode;

use super::error::DecodeError;
use super::fields::Reference;
use super::reader::Fields;
use super::writer::ElementSink;

/// What the collector did with the cancellation: with code 0000 the bill is unpaid again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancellationAnswer {
    /// 0000, or why not.
    pub code: ResponseCode,
    /// The collector's own number of the cancellation.
    pub reference: Option<Reference>,
}

impl CancellationAnswer {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Code", self.code.as_str());
        if let Some(reference) = &self.reference {
            sink.text("Reference", reference.as_str());
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let answer = Self {
            code: fields.parsed("Code", "a listed response code")?,
            reference: fields
                .optional("Reference", "1 to 30 visible ASCII characters", |text| text.parse().ok())?,
        };
        fields.end()?;
        Ok(answer)
    }
}
