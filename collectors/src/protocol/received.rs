//! A message as its receiver finds it: with a header it can be answered, whatever stands behind that.

use domain::ResponseCode;
use domain::xml;

use super::NAMESPACE;
use super::cancellation_answer::CancellationAnswer;
use super::clearing_answer::ClearingAnswer;
use super::counter_answer::CounterAnswer;
use super::error::DecodeError;
use super::header::Header;
use super::inquiry_answer::InquiryAnswer;
use super::lines_answer::LinesAnswer;
use super::message::{Body, Message, read_body};
use super::reader::Fields;
use super::service_answer::ServiceAnswer;
use super::settlement_advice_answer::SettlementAdviceAnswer;

/// A message whose header could be read; its body perhaps not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The header.
    pub header: Header,
    /// The name of the element behind the header, known or not; empty where there is none.
    pub name: String,
    /// The body, or what is wrong with it.
    pub body: Result<Body, DecodeError>,
}

/// What is to be decided, and the bytes that are recorded with it and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The message, or the one that a resend confirmation carries.
    pub message: Message,
    /// As it came.
    pub bytes: Vec<u8>,
    /// Whether a resend confirmation carried it.
    pub is_resent: bool,
}

impl Received {
    /// Reads the header strictly, and the body if it can be. An error is one of the document or the header: nothing can
    /// be said in reply that would be an answer.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let root = xml::read(bytes, xml::Limits::MESSAGE)?;
        root.require("Message", NAMESPACE)?;
        let mut fields = Fields::of(&root)?;
        let header = Header::read(fields.element("Header")?)?;
        let element = fields.any();
        let name = element.as_ref().map_or_else(|_| String::new(), |element| element.name().to_owned());
        let body = element.and_then(|element| fields.end().map(|()| element)).and_then(read_body);
        Ok(Self { header, name, body })
    }

    /// What is to be decided of a message that came as `bytes`, where it is sound: a request, and of a resend
    /// confirmation the clearing or cancellation inside, which must have its key. `None` is answered with 9003.
    pub fn request(&self, bytes: &[u8]) -> Option<Request> {
        let body = self.body.as_ref().ok().filter(|body| body.is_request())?;
        let Body::ResendConfirmation(resent) = body else {
            let message = Message { header: self.header.clone(), body: body.clone() };
            return Some(Request { message, bytes: bytes.to_vec(), is_resent: false });
        };
        let message = resent.original_message().ok()?;
        let is_same = message.header.key() == self.header.key();
        is_same.then(|| Request { message, bytes: resent.original.clone(), is_resent: true })
    }

    /// The answer that is a code and nothing more, of the kind that fits the request: a ClearingAnswer where the body
    /// is none. The code is not 0000, but for those whose answer never has more: Open, PreClose and SettlementAdvice.
    pub fn only(&self, code: ResponseCode) -> Body {
        let original = match &self.body {
            Ok(Body::ResendConfirmation(resent)) => Self::read(&resent.original).ok(),
            _ => None,
        };
        let carried = original.filter(|original| original.name == "Cancellation");
        match carried.as_ref().map_or(self.name.as_str(), |carried| &carried.name) {
            "Inquiry" => Body::InquiryAnswer(InquiryAnswer::Refused(code)),
            "Cancellation" => Body::CancellationAnswer(CancellationAnswer { code, reference: None }),
            "Open" | "PreClose" => Body::ServiceAnswer(ServiceAnswer { code }),
            "Close" | "Counter" => Body::CounterAnswer(CounterAnswer::Refused(code)),
            "Lines" => Body::LinesAnswer(LinesAnswer::Refused(code)),
            "SettlementAdvice" => Body::SettlementAdviceAnswer(SettlementAdviceAnswer { code }),
            _ => Body::ClearingAnswer(ClearingAnswer::Refused { code, reference: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::{ResendConfirmation, encode};
    use super::*;

    fn received(message: &Message) -> Received {
        Received::read(&encode(message)).unwrap()
    }

    /// Whatever the request, the refusal is one that the hub takes for its answer.
    #[test]
    fn each_request_has_its_answer_that_is_only_a_code() {
        let mut requests = 0;
        for message in samples::all().into_iter().map(|(_, message)| message) {
            let found = received(&message);
            assert_eq!((found.name.as_str(), found.body.as_ref()), (message.body.name(), Ok(&message.body)));
            if message.body.is_request() {
                let answer = found.only(ResponseCode::Malformed);
                assert!(answer.answers(&message.body), "{} gets {}", found.name, answer.name());
                assert_eq!(answer.code(), Some(ResponseCode::Malformed));
                requests += 1;
            }
        }
        assert!(requests >= 10, "{requests}");
    }

    #[test]
    fn a_body_that_is_none_leaves_the_header_and_the_kind_of_answer() {
        let (_, message) = samples::all().into_iter().find(|(_, m)| m.body.name() == "Cancellation").unwrap();
        let text = String::from_utf8(encode(&message)).unwrap();
        let head = text.split_once("</Header>").unwrap().0;
        for (rest, name, answer) in [
            ("<Cancellation><Amount>1</Amount></Cancellation>", "Cancellation", "CancellationAnswer"),
            ("<Open/><Open/>", "Open", "ServiceAnswer"),
            ("<Payment/>", "Payment", "ClearingAnswer"),
            ("", "", "ClearingAnswer"),
        ] {
            let content = format!("{head}</Header>{rest}</Message>");
            let found = Received::read(content.as_bytes()).unwrap();
            assert_eq!((&found.header, found.name.as_str()), (&message.header, name));
            assert!(found.body.is_err() && found.request(content.as_bytes()).is_none(), "{rest}");
            assert_eq!(found.only(ResponseCode::Malformed).name(), answer);
        }
        for wrong in [text.replace("<Version>1", "<Version>2"), text.replace("urn:mpn:v1", "urn:mpn:v2")] {
            assert!(Received::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_resend_confirmation_is_about_the_message_inside_which_has_its_key() {
        for (_, original) in samples::all() {
            let bytes = encode(&original);
            let body = Body::ResendConfirmation(ResendConfirmation { original: bytes.clone() });
            let mut repeat = Message { header: original.header.clone(), body };
            let is_carried = matches!(original.body, Body::Clearing(_) | Body::Cancellation(_));
            let content = encode(&repeat);
            let request = received(&repeat).request(&content);
            let expected = Request { message: original.clone(), bytes, is_resent: true };
            assert_eq!(request, is_carried.then_some(expected), "{}", original.body.name());
            let answer = received(&repeat).only(ResponseCode::Malformed);
            let is_cancellation = matches!(original.body, Body::Cancellation(_));
            assert_eq!(answer.name() == "CancellationAnswer", is_cancellation);
            repeat.header.serial = domain::Serial::new(99_999_999).unwrap();
            assert_eq!(received(&repeat).request(&encode(&repeat)), None, "another key");
        }
    }
}
