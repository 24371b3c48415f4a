//! The answer to 資金決済通知.

use domain::ResponseCode;

use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;

/// Whether the collector took note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementAdviceAnswer {
    /// 0000, or why not.
    pub code: ResponseCode,
}

impl SettlementAdviceAnswer {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Code", self.code.as_str());
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let answer = Self { code: fields.parsed("Code", "a listed response code")? };
        fields.end()?;
        Ok(answer)
    }
}
