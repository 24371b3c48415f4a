//! 消込応答: to a clearing and to a resend confirmation.

use domain::ResponseCode;

use super::error::DecodeError;
use super::fields::Reference;
use super::reader::Fields;
use super::writer::ElementSink;

/// What the collector did with the clearing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClearingAnswer {
    /// Code 0000: it is recorded.
    Normal {
        /// 仮消込: recorded, but the collector could not match it to a bill; why. Never 0000.
        provisional: Option<ResponseCode>,
        /// The collector's own number of the clearing.
        reference: Option<Reference>,
    },
    /// Any other code.
    Refused {
        /// Why. Never 0000.
        code: ResponseCode,
        /// The collector's own number of the record.
        reference: Option<Reference>,
    },
}

impl ClearingAnswer {
    /// The code of the message.
    pub const fn code(&self) -> ResponseCode {
        match self {
            Self::Normal { .. } => ResponseCode::Normal,
            Self::Refused { code, .. } => *code,
        }
    }

    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Code", self.code().as_str());
        let reference = match self {
            Self::Normal { provisional, reference } => {
                if let Some(provisional) = provisional {
                    sink.text("ProvisionalCode", provisional.as_str());
                }
                reference
            }
            Self::Refused { reference, .. } => reference,
        };
        if let Some(reference) = reference {
            sink.text("Reference", reference.as_str());
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let code: ResponseCode = fields.parsed("Code", "a listed response code")?;
        let provisional: Option<ResponseCode> =
            fields.optional("ProvisionalCode", "a listed response code", |text| text.parse().ok())?;
        let reference =
            fields.optional("Reference", "1 to 30 visible ASCII characters", |text| text.parse().ok())?;
        fields.end()?;
        match (code, provisional) {
            (_, Some(ResponseCode::Normal)) => {
                Err(DecodeError::Rule { element: "ProvisionalCode", rule: "0000 is no reason" })
            }
            (ResponseCode::Normal, provisional) => Ok(Self::Normal { provisional, reference }),
            (code, None) => Ok(Self::Refused { code, reference }),
            (_, Some(_)) => Err(DecodeError::Rule {
                element: "ProvisionalCode",
                rule: "only an acceptance is provisional",
            }),
        }
    }
}
