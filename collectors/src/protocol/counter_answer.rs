//! The collector's counters: to a close and to a counter.

use domain::ResponseCode;

use super::counters::Counters;
use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;

/// What the collector counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CounterAnswer {
    /// Code 0000.
    Counted(Counters),
    /// Any other code, and no counters.
    Refused(ResponseCode),
}

impl CounterAnswer {
    /// The code of the message.
    pub const fn code(&self) -> ResponseCode {
        match self {
            Self::Counted(_) => ResponseCode::Normal,
            Self::Refused(code) => *code,
        }
    }

    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Code", self.code().as_str());
        if let Self::Counted(counters) = self {
            sink.within("Counters", |sink| counters.write(sink));
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let code: ResponseCode = fields.parsed("Code", "a listed response code")?;
        let counters = fields.maybe("Counters")?.map(Counters::read).transpose()?;
        fields.end()?;
        match (code, counters) {
            (ResponseCode::Normal, Some(counters)) => Ok(Self::Counted(counters)),
            (ResponseCode::Normal, None) => {
                Err(DecodeError::Rule { element: "Counters", rule: "0000 comes with them" })
            }
            (code, None) => Ok(Self::Refused(code)),
            (_, Some(_)) => Err(DecodeError::Rule { element: "Counters", rule: "a refusal carries none" }),
        }
    }
}
