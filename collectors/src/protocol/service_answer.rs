//! The answer to 開局 and 予備閉局.

use domain::ResponseCode;

use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;

/// Whether it is so now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAnswer {
    /// 0000, or why not.
    pub code: ResponseCode,
}

impl ServiceAnswer {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Code", self.code.as_str());
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let answer = Self { code: fields.parsed("Code", "a listed response code")? };
        fields.end()?;
        Ok(answer)
    }
}
