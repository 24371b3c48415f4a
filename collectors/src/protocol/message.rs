//! A whole message, its bytes and back.

use domain::xml;

use super::NAMESPACE;
use super::clearing::Clearing;
use super::clearing_answer::ClearingAnswer;
use super::error::DecodeError;
use super::header::Header;
use super::inquiry::Inquiry;
use super::inquiry_answer::InquiryAnswer;
use super::reader::Fields;
use super::resend_confirmation::ResendConfirmation;
use super::writer::ElementSink;

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
}

impl Body {
    /// The element's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Inquiry(_) => "Inquiry",
            Self::InquiryAnswer(_) => "InquiryAnswer",
            Self::Clearing(_) => "Clearing",
            Self::ResendConfirmation(_) => "ResendConfirmation",
            Self::ClearingAnswer(_) => "ClearingAnswer",
        }
    }

    /// Whether the hub says it.
    pub const fn is_request(&self) -> bool {
        matches!(self, Self::Inquiry(_) | Self::Clearing(_) | Self::ResendConfirmation(_))
    }

    /// Whether this is the kind of answer that `request` has.
    pub const fn answers(&self, request: &Self) -> bool {
        matches!(
            (request, self),
            (Self::Inquiry(_), Self::InquiryAnswer(_))
                | (Self::Clearing(_) | Self::ResendConfirmation(_), Self::ClearingAnswer(_))
        )
    }

    /// The response code, of an answer.
    pub const fn code(&self) -> Option<domain::ResponseCode> {
        match self {
            Self::InquiryAnswer(InquiryAnswer::Bills(_)) => Some(domain::ResponseCode::Normal),
            Self::InquiryAnswer(InquiryAnswer::Refused(code)) => Some(*code),
            Self::ClearingAnswer(answer) => Some(answer.code()),
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
    });
    sink.finish("Message")
}

/// Reads the bytes of a message, strictly.
pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
    let root = xml::read(bytes, xml::Limits::MESSAGE)?;
    root.require("Message", NAMESPACE)?;
    let mut fields = Fields::of(&root)?;
    let header = Header::read(fields.element("Header")?)?;
    let element = fields.any()?;
    fields.end()?;
    let inner = Fields::of(element)?;
    let body = match element.name() {
        "Inquiry" => Body::Inquiry(Inquiry::read(inner)?),
        "InquiryAnswer" => Body::InquiryAnswer(InquiryAnswer::read(inner)?),
        "Clearing" => Body::Clearing(Clearing::read(inner)?),
        "ResendConfirmation" => Body::ResendConfirmation(ResendConfirmation::read(inner)?),
        "ClearingAnswer" => Body::ClearingAnswer(ClearingAnswer::read(inner)?),
        _ => return Err(xml::XmlError::Unexpected { path: element.path() }.into()),
    };
    Ok(Message { header, body })
}
