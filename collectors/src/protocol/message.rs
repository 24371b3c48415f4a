//! A whole message, its bytes and back.

use domain::{BankCode, Date, ResendKey, xml};

use super::NAMESPACE;
use super::cancellation::Cancellation;
use super::cancellation_answer::CancellationAnswer;
use super::clearing::Clearing;
use super::clearing_answer::ClearingAnswer;
use super::close::Close;
use super::counter::Counter;
use super::counter_answer::CounterAnswer;
use super::error::DecodeError;
use super::header::Header;
use super::inquiry::Inquiry;
use super::inquiry_answer::InquiryAnswer;
use super::lines::Lines;
use super::lines_answer::LinesAnswer;
use super::reader::Fields;
use super::received::Received;
use super::resend_confirmation::ResendConfirmation;
use super::service::Service;
use super::service_answer::ServiceAnswer;
use super::settlement_advice::SettlementAdvice;
use super::settlement_advice_answer::SettlementAdviceAnswer;
use super::writer::ElementSink;
use crate::directory::Kind;

/// One message of either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who, to whom, under which key.
    pub header: Header,
    /// What.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// 照会.
    Inquiry(Inquiry),
    /// 照会応答.
    InquiryAnswer(InquiryAnswer),
    /// 消込.
    Clearing(Clearing),
    /// 再送確認.
    ResendConfirmation(ResendConfirmation),
    /// 消込応答.
    ClearingAnswer(ClearingAnswer),
    /// 取消.
    Cancellation(Cancellation),
    /// 取消応答.
    CancellationAnswer(CancellationAnswer),
    /// 開局.
    Open(Service),
    /// 予備閉局.
    PreClose(Service),
    /// To 開局 and 予備閉局.
    ServiceAnswer(ServiceAnswer),
    /// 閉局.
    Close(Close),
    /// 収納カウンタ照会.
    Counter(Counter),
    /// To 閉局 and 収納カウンタ照会.
    CounterAnswer(CounterAnswer),
    /// 消込明細照会.
    Lines(Lines),
    /// To 消込明細照会.
    LinesAnswer(LinesAnswer),
    /// 資金決済通知.
    SettlementAdvice(SettlementAdvice),
    /// To 資金決済通知.
    SettlementAdviceAnswer(SettlementAdviceAnswer),
}

/// What a request about a whole day names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AboutDay<'a> {
    /// The collector's service kind.
    pub kind: Kind,
    /// The bank.
    pub bank: &'a BankCode,
    /// The day: of Open and PreClose the header's processing date, of the others the one that is counted.
    pub day: Date,
}

impl Message {
    /// What this says of a whole day, if it is 開局, 予備閉局, 閉局, 収納カウンタ照会 or 消込明細照会.
    pub fn about_day(&self) -> Option<AboutDay<'_>> {
        let (kind, bank, day) = match &self.body {
            Body::Open(of) | Body::PreClose(of) => (of.kind, &of.bank, self.header.processing_date),
            Body::Close(of) => (of.kind, &of.bank, of.counted_date),
            Body::Counter(of) => (of.kind, &of.bank, of.counted_date),
            Body::Lines(of) => (of.kind, &of.bank, of.counted_date),
            _ => return None,
        };
        Some(AboutDay { kind, bank, day })
    }

    /// The key of the clearing that this takes back, if it is a cancellation.
    pub fn cancels(&self) -> Option<ResendKey> {
        let Body::Cancellation(of) = &self.body else { return None };
        let centre = self.header.sender.clone();
        Some(ResendKey { centre, date: of.clearing_date, serial: of.clearing_serial })
    }
}

impl Body {
    /// Whether a collector records it under its key, once and with its answer: a clearing or a cancellation.
    pub const fn is_recorded(&self) -> bool {
        matches!(self, Self::Clearing(_) | Self::Cancellation(_))
    }

    /// The element's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Inquiry(_) => "Inquiry",
            Self::InquiryAnswer(_) => "InquiryAnswer",
            Self::Clearing(_) => "Clearing",
            Self::ResendConfirmation(_) => "ResendConfirmation",
            Self::ClearingAnswer(_) => "ClearingAnswer",
            Self::Cancellation(_) => "Cancellation",
            Self::CancellationAnswer(_) => "CancellationAnswer",
            Self::Open(_) => "Open",
            Self::PreClose(_) => "PreClose",
            Self::ServiceAnswer(_) => "ServiceAnswer",
            Self::Close(_) => "Close",
            Self::Counter(_) => "Counter",
            Self::CounterAnswer(_) => "CounterAnswer",
            Self::Lines(_) => "Lines",
            Self::LinesAnswer(_) => "LinesAnswer",
            Self::SettlementAdvice(_) => "SettlementAdvice",
            Self::SettlementAdviceAnswer(_) => "SettlementAdviceAnswer",
        }
    }

    /// Whether the hub says it.
    pub const fn is_request(&self) -> bool {
        match self {
            Self::Inquiry(_)
            | Self::Clearing(_)
            | Self::ResendConfirmation(_)
            | Self::Cancellation(_)
            | Self::Open(_)
            | Self::PreClose(_)
            | Self::Close(_)
            | Self::Counter(_)
            | Self::Lines(_)
            | Self::SettlementAdvice(_) => true,
            Self::InquiryAnswer(_)
            | Self::ClearingAnswer(_)
            | Self::CancellationAnswer(_)
            | Self::ServiceAnswer(_)
            | Self::CounterAnswer(_)
            | Self::LinesAnswer(_)
            | Self::SettlementAdviceAnswer(_) => false,
        }
    }

    /// Whether this is the kind of answer that `request` has. A resend confirmation has that of its original.
    pub fn answers(&self, request: &Self) -> bool {
        match request {
            Self::Inquiry(_) => matches!(self, Self::InquiryAnswer(_)),
            Self::Clearing(_) => matches!(self, Self::ClearingAnswer(_)),
            Self::Cancellation(_) => matches!(self, Self::CancellationAnswer(_)),
            Self::ResendConfirmation(repeat) => {
                repeat.original_message().is_ok_and(|original| self.answers(&original.body))
            }
            Self::Open(_) | Self::PreClose(_) => matches!(self, Self::ServiceAnswer(_)),
            Self::Close(_) | Self::Counter(_) => matches!(self, Self::CounterAnswer(_)),
            Self::Lines(_) => matches!(self, Self::LinesAnswer(_)),
            Self::SettlementAdvice(_) => matches!(self, Self::SettlementAdviceAnswer(_)),
            _ => false,
        }
    }

    /// The response code, of an answer.
    pub const fn code(&self) -> Option<domain::ResponseCode> {
        match self {
            Self::InquiryAnswer(InquiryAnswer::Bills(_)) => Some(domain::ResponseCode::Normal),
            Self::InquiryAnswer(InquiryAnswer::Refused(code)) => Some(*code),
            Self::ClearingAnswer(answer) => Some(answer.code()),
            Self::CancellationAnswer(answer) => Some(answer.code),
            Self::ServiceAnswer(answer) => Some(answer.code),
            Self::CounterAnswer(answer) => Some(answer.code()),
            Self::LinesAnswer(answer) => Some(answer.code()),
            Self::SettlementAdviceAnswer(answer) => Some(answer.code),
            _ => None,
        }
    }
}

/// The bytes of a message: UTF-8 with a declaration. The same message gives the same bytes.
///
/// Amounts and texts must be inside the schema's bounds, as everything is that was decoded from a message.
pub fn encode(message: &Message) -> Vec<u8> {
    let mut sink = ElementSink::document("Message", NAMESPACE);
    message.header.write(&mut sink);
    sink.within(message.body.name(), |sink| match &message.body {
        Body::Inquiry(body) => body.write(sink),
        Body::InquiryAnswer(body) => body.write(sink),
        Body::Clearing(body) => body.write(sink),
        Body::ResendConfirmation(body) => body.write(sink),
        Body::ClearingAnswer(body) => body.write(sink),
        Body::Cancellation(body) => body.write(sink),
        Body::CancellationAnswer(body) => body.write(sink),
        Body::Open(body) | Body::PreClose(body) => body.write(sink),
        Body::ServiceAnswer(body) => body.write(sink),
        Body::Close(body) => body.write(sink),
        Body::Counter(body) => body.write(sink),
        Body::CounterAnswer(body) => body.write(sink),
        Body::Lines(body) => body.write(sink),
        Body::LinesAnswer(body) => body.write(sink),
        Body::SettlementAdvice(body) => body.write(sink),
        Body::SettlementAdviceAnswer(body) => body.write(sink),
    });
    sink.finish("Message")
}

/// Reads the bytes of a message, strictly.
pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
    let Received { header, body, .. } = Received::read(bytes)?;
    Ok(Message { header, body: body? })
}

/// The body that an element is.
pub(super) fn read_body(element: &xml::Element) -> Result<Body, DecodeError> {
    let inner = Fields::of(element)?;
    Ok(match element.name() {
        "Inquiry" => Body::Inquiry(Inquiry::read(inner)?),
        "InquiryAnswer" => Body::InquiryAnswer(InquiryAnswer::read(inner)?),
        "Clearing" => Body::Clearing(Clearing::read(inner)?),
        "ResendConfirmation" => Body::ResendConfirmation(ResendConfirmation::read(inner)?),
        "ClearingAnswer" => Body::ClearingAnswer(ClearingAnswer::read(inner)?),
        "Cancellation" => Body::Cancellation(Cancellation::read(inner)?),
        "CancellationAnswer" => Body::CancellationAnswer(CancellationAnswer::read(inner)?),
        "Open" => Body::Open(Service::read(inner)?),
        "PreClose" => Body::PreClose(Service::read(inner)?),
        "ServiceAnswer" => Body::ServiceAnswer(ServiceAnswer::read(inner)?),
        "Close" => Body::Close(Close::read(inner)?),
        "Counter" => Body::Counter(Counter::read(inner)?),
        "CounterAnswer" => Body::CounterAnswer(CounterAnswer::read(inner)?),
        "Lines" => Body::Lines(Lines::read(inner)?),
        "LinesAnswer" => Body::LinesAnswer(LinesAnswer::read(inner)?),
        "SettlementAdvice" => Body::SettlementAdvice(SettlementAdvice::read(inner)?),
        "SettlementAdviceAnswer" => Body::SettlementAdviceAnswer(SettlementAdviceAnswer::read(inner)?),
        _ => return Err(xml::XmlError::Unexpected { path: element.path() }.into()),
    })
}
