//! What the answer to a clearing or a resend confirmation means for the payment.

use domain::ResponseCode;

use crate::directory::Kind;
use crate::protocol::{CancellationAnswer, ClearingAnswer, Reference};

/// The one class that an answer belongs to. It speaks for the delivery it answers, not for earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerClass {
    /// The collector recorded the clearing, now or before.
    Accepted {
        /// 仮消込: why the collector could not match it.
        provisional: Option<ResponseCode>,
        /// The collector's own number.
        reference: Option<Reference>,
    },
    /// A national collector refused, and keeps to it under this key.
    RejectedForGood(ResponseCode),
    /// This delivery was not applied and may be repeated later.
    NotApplied(ResponseCode),
    /// It does not say what was done. Raises an alarm.
    Unknown(UnknownAnswer),
}

/// Why an answer says nothing about the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownAnswer {
    /// Only a national collector may refuse on line; a private or local one records every clearing.
    #[error("a collector that may not refuse answered {0}")]
    RefusedWithoutRight(ResponseCode),
    /// The key was used for another body: one of the two records is wrong.
    #[error("the collector holds another body under the same key")]
    KeyReused,
    /// The collector's program failed, before or after it recorded.
    #[error("the collector's program failed ({0})")]
    CollectorFailed(ResponseCode),
    /// The clearing was cancelled under another key.
    #[error("the clearing was cancelled before, under another key")]
    CancelledBefore,
    /// The code is listed but belongs to other requests.
    #[error("{0} is no answer to this request")]
    CodeDoesNotFit(ResponseCode),
}

/// Every answer maps to exactly one class; what is not listed here is unknown.
pub fn classify(kind: Kind, answer: &ClearingAnswer) -> AnswerClass {
    let code = match answer {
        ClearingAnswer::Normal { provisional, reference } => {
            return AnswerClass::Accepted { provisional: *provisional, reference: reference.clone() };
        }
        ClearingAnswer::Refused { code, .. } => *code,
    };
    match (kind, code) {
        // not open: it looked at nothing
        (_, ResponseCode::NotOpen) => AnswerClass::NotApplied(code),
        (_, ResponseCode::KeyReused) => AnswerClass::Unknown(UnknownAnswer::KeyReused),
        (_, ResponseCode::CollectorError | ResponseCode::Malformed) => {
            AnswerClass::Unknown(UnknownAnswer::CollectorFailed(code))
        }
        (
            _,
            ResponseCode::Normal | ResponseCode::CancellationNotFromCounter | ResponseCode::CounterDateWrong,
        ) => AnswerClass::Unknown(UnknownAnswer::CodeDoesNotFit(code)),
        (
            Kind::National,
            ResponseCode::BankNotContracted
            | ResponseCode::CustomerNumberWrong
            | ResponseCode::ConfirmationNumberWrong
            | ResponseCode::ChannelNotAccepted
            | ResponseCode::PaymentCategoryWrong
            | ResponseCode::BillNotObtained
            | ResponseCode::AlreadyPaid
            | ResponseCode::Expired
            | ResponseCode::AmountDiffers
            | ResponseCode::NotYetPayable
            | ResponseCode::NumberStopped,
        ) => AnswerClass::RejectedForGood(code),
        (Kind::Local | Kind::Private, _) => AnswerClass::Unknown(UnknownAnswer::RefusedWithoutRight(code)),
    }
}

/// The same for the answer to a cancellation, of which every kind of collector may refuse one.
pub fn classify_cancellation(answer: &CancellationAnswer) -> AnswerClass {
    match answer.code {
        ResponseCode::Normal => {
            AnswerClass::Accepted { provisional: None, reference: answer.reference.clone() }
        }
        ResponseCode::NotOpen => AnswerClass::NotApplied(answer.code),
        ResponseCode::CancellationNotFromCounter | ResponseCode::BillNotObtained | ResponseCode::Expired => {
            AnswerClass::RejectedForGood(answer.code)
        }
        // an earlier cancellation was carried out there, whatever is thought of it here: for people
        ResponseCode::AlreadyPaid => AnswerClass::Unknown(UnknownAnswer::CancelledBefore),
        ResponseCode::KeyReused => AnswerClass::Unknown(UnknownAnswer::KeyReused),
        ResponseCode::CollectorError | ResponseCode::Malformed => {
            AnswerClass::Unknown(UnknownAnswer::CollectorFailed(answer.code))
        }
        ResponseCode::BankNotContracted
        | ResponseCode::CustomerNumberWrong
        | ResponseCode::ConfirmationNumberWrong
        | ResponseCode::ChannelNotAccepted
        | ResponseCode::PaymentCategoryWrong
        | ResponseCode::CounterDateWrong
        | ResponseCode::AmountDiffers
        | ResponseCode::NotYetPayable
        | ResponseCode::NumberStopped => AnswerClass::Unknown(UnknownAnswer::CodeDoesNotFit(answer.code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: ResponseCode) -> ClearingAnswer {
        ClearingAnswer::Refused { code, reference: None }
    }

    /// Walks the whole table, so that a new code must be placed in it on purpose.
    #[test]
    fn every_code_has_its_class_for_every_kind() {
        let mut table = Vec::new();
        for kind in [Kind::National, Kind::Local, Kind::Private] {
            for code in ResponseCode::ALL {
                let class = match classify(kind, &refused(*code)) {
                    AnswerClass::Accepted { .. } => "accepted",
                    AnswerClass::RejectedForGood(_) => "rejected",
                    AnswerClass::NotApplied(_) => "not applied",
                    AnswerClass::Unknown(_) => "unknown",
                };
                if class != "unknown" {
                    table.push(format!("{kind:?} {code} {class}"));
                }
            }
        }
        assert_eq!(
            table,
            [
                "National A001 not applied",
                "National A002 rejected",
                "National A003 rejected",
                "National A004 rejected",
                "National A010 rejected",
                "National A013 rejected",
                "National A101 rejected",
                "National B201 rejected",
                "National B202 rejected",
                "National B203 rejected",
                "National B204 rejected",
                "National B205 rejected",
                "Local A001 not applied",
                "Private A001 not applied",
            ]
        );
    }

    #[test]
    fn every_code_has_its_class_for_a_cancellation() {
        let class = |code: &ResponseCode| {
            let answer = CancellationAnswer { code: *code, reference: None };
            let class = match classify_cancellation(&answer) {
                AnswerClass::Accepted { .. } => "accepted",
                AnswerClass::RejectedForGood(_) => "rejected",
                AnswerClass::NotApplied(_) => "not applied",
                AnswerClass::Unknown(_) => return None,
            };
            Some(format!("{code} {class}"))
        };
        let table: Vec<_> = ResponseCode::ALL.iter().filter_map(class).collect();
        let expected =
            ["0000 accepted", "A001 not applied", "A101 rejected", "A301 rejected", "B202 rejected"];
        assert_eq!(table, expected);
    }

    #[test]
    fn a_provisional_acceptance_is_an_acceptance() {
        let answer = ClearingAnswer::Normal {
            provisional: Some(ResponseCode::CustomerNumberWrong),
            reference: Some("R1".parse().unwrap()),
        };
        for kind in [Kind::National, Kind::Local, Kind::Private] {
            let AnswerClass::Accepted { provisional, reference } = classify(kind, &answer) else {
                panic!("{kind:?} not accepted");
            };
            assert_eq!(provisional, Some(ResponseCode::CustomerNumberWrong));
            assert_eq!(reference.map(String::from), Some("R1".to_owned()));
        }
    }

    #[test]
    fn a_refusal_by_a_private_collector_never_releases_the_money() {
        let class = classify(Kind::Private, &refused(ResponseCode::AlreadyPaid));
        assert_eq!(
            class,
            AnswerClass::Unknown(UnknownAnswer::RefusedWithoutRight(ResponseCode::AlreadyPaid))
        );
    }

    #[test]
    fn another_body_under_the_same_key_is_unknown_even_at_a_national_collector() {
        let class = classify(Kind::National, &refused(ResponseCode::KeyReused));
        assert_eq!(class, AnswerClass::Unknown(UnknownAnswer::KeyReused));
    }
}
