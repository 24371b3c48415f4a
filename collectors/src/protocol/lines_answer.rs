//! One page of the clearings that a collector has on record for a day.

use domain::{ResponseCode, Serial, Yen};

use super::LINES_MAX;
use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;

/// What the collector has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinesAnswer {
    /// Code 0000.
    Page {
        /// [`LINES_MAX`] at most. That they rise is the collector's promise, which nothing here takes for granted.
        lines: Vec<Line>,
        /// Whether another page follows; then this one is not empty.
        more: bool,
    },
    /// Any other code, and no line.
    Refused(ResponseCode),
}

/// One clearing on record, of the sender's bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The serial of its key.
    pub serial: Serial,
    /// What the collector did with it.
    pub status: LineStatus,
    /// Without the fee.
    pub amount: Yen,
}

/// What became of a clearing at the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineStatus {
    /// Matched to a bill.
    Cleared,
    /// 仮消込.
    Provisional,
    /// Refused for good.
    Refused,
    /// Cleared, if need be provisionally, and cancelled since.
    Cancelled,
}

impl LineStatus {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Cleared, Self::Provisional, Self::Refused, Self::Cancelled];

    /// The word of the message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Provisional => "provisional",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }
}

impl LinesAnswer {
    /// The page of these lines, which are all of a day behind the serial that was asked for, in any order. The next one
    /// is asked for by the last serial of this: whatever stands under one serial is on one page.
    pub fn page(mut lines: Vec<Line>) -> Self {
        lines.sort_by_key(|line| line.serial);
        let next = lines.get(LINES_MAX).map(|line| line.serial);
        lines.truncate(LINES_MAX);
        lines.truncate(lines.partition_point(|line| next.is_none_or(|next| line.serial < next)));
        Self::Page { lines, more: next.is_some() }
    }

    /// The code of the message.
    pub const fn code(&self) -> ResponseCode {
        match self {
            Self::Page { .. } => ResponseCode::Normal,
            Self::Refused(code) => *code,
        }
    }

    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Code", self.code().as_str());
        let Self::Page { lines, more } = self else { return };
        for line in lines {
            sink.within("Line", |sink| {
                sink.text("Serial", &line.serial.to_string());
                sink.text("Status", line.status.as_str());
                sink.amount("Amount", line.amount);
            });
        }
        sink.text("More", if *more { "yes" } else { "no" });
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let code: ResponseCode = fields.parsed("Code", "a listed response code")?;
        let elements = fields.elements("Line", LINES_MAX)?;
        let lines: Vec<Line> =
            elements.into_iter().map(|element| read_line(Fields::of(element)?)).collect::<Result<_, _>>()?;
        let more = fields.optional("More", "yes or no", |text| match text {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })?;
        fields.end()?;
        match (code, more) {
            // what asks for the page behind it names its last line
            (ResponseCode::Normal, Some(true)) if lines.is_empty() => {
                Err(DecodeError::Rule { element: "More", rule: "no page follows an empty one" })
            }
            (ResponseCode::Normal, Some(more)) => Ok(Self::Page { lines, more }),
            (ResponseCode::Normal, None) => Err(DecodeError::Rule {
                element: "More",
                rule: "it is missing, and with 0000 it is yes or no",
            }),
            (_, Some(_)) => Err(DecodeError::Rule { element: "More", rule: "a refusal carries no page" }),
            (_, None) if !lines.is_empty() => {
                Err(DecodeError::Rule { element: "Line", rule: "a refusal carries none" })
            }
            (code, None) => Ok(Self::Refused(code)),
        }
    }
}

fn read_line(mut fields: Fields<'_>) -> Result<Line, DecodeError> {
    let line = Line {
        serial: fields.parsed("Serial", "8 digits, not all zero")?,
        status: fields.required("Status", "a listed status", |text| {
            LineStatus::ALL.into_iter().find(|status| status.as_str() == text)
        })?,
        amount: fields.amount("Amount", Yen::new(1))?,
    };
    fields.end()?;
    Ok(line)
}
