//! What the sender decides, apart from the sending: which bytes go, what an exchange came to, and when the next one
//! may be.

use collectors::answer::UnknownAnswer;
use collectors::protocol::{self, Body, Message, ResendConfirmation};
use collectors::{
    AnswerClass, Collector, Kind, Outcome, SentRequest, Silence, classify, classify_cancellation,
};
use domain::Timestamp;
use ledger::GuardKey;

use super::step::{Evidence, Report, SendWindow};
use super::{Facts, StoreError};
use crate::Settings;
use crate::alarm::AlarmKind;
use crate::guard::BillSubject;
use crate::inquiry::guarded;

/// Pause before a first delivery of which no byte left is tried again.
const NOT_SENT_PAUSE_S: i64 = 5;
/// The longest pause between two deliveries, in resend intervals: a long outage must not fill the event log.
const PAUSE_INTERVALS_MAX: i64 = 4;
/// Deliveries after which the pause grows by one interval.
const PAUSE_GROWS_AFTER_DELIVERIES: i64 = 10;

/// What is known after one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// What the delivery came to.
    pub report: Report,
    /// The request that left, and the answer, where one counts.
    pub evidence: Evidence,
    /// For people to look into, where the answer says nothing about the payment.
    pub alarm: Option<Concern>,
}

/// Why an answer says nothing about the payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// The alarm that it is.
    pub kind: AlarmKind,
    /// In words.
    pub reason: String,
}

impl Conclusion {
    /// No byte was written.
    pub fn not_sent(reason: &impl ToString) -> Self {
        let report = Report::NotApplied { sent: false, code: None, reason: reason.to_string() };
        Self { report, evidence: Evidence::default(), alarm: None }
    }

    /// With what is kept of the request.
    pub fn keeping(mut self, request: Option<SentRequest>) -> Self {
        self.evidence.request = request;
        self
    }

    fn unknown(alarm: Option<AlarmKind>, reason: &impl ToString, evidence: Evidence) -> Self {
        let reason = reason.to_string();
        let alarm = alarm.map(|kind| Concern { kind, reason: reason.clone() });
        Self { report: Report::Unknown { reason }, evidence, alarm }
    }

    /// What an exchange about a clearing came to, with a collector of this kind. Whatever is not listed is unknown.
    pub fn of(kind: Option<Kind>, outcome: Outcome) -> Self {
        Self::read(outcome, |body| match (kind, body) {
            (Some(kind), Body::ClearingAnswer(answer)) => Some(classify(kind, answer)),
            _ => None,
        })
    }

    /// The same about a cancellation.
    pub fn of_cancellation(outcome: Outcome) -> Self {
        Self::read(outcome, |body| match body {
            Body::CancellationAnswer(answer) => Some(classify_cancellation(answer)),
            _ => None,
        })
    }

    fn read(outcome: Outcome, class: impl FnOnce(&Body) -> Option<AnswerClass>) -> Self {
        let answer = match outcome {
            Outcome::NotSent(reason) => return Self::not_sent(&reason),
            Outcome::Silent(reason) => {
                // what is not heard is asked for again; an answer that cannot be trusted is somebody's fault
                let heard = !matches!(reason, Silence::Timeout | Silence::ConnectionLost);
                let alarm = heard.then_some(AlarmKind::AnswerUnreadable);
                return Self::unknown(alarm, &reason, Evidence::default());
            }
            Outcome::Answered(answer) => answer,
        };
        let evidence = Evidence {
            message: Some(answer.bytes.to_vec()),
            signature: Some(answer.signature),
            request: None,
        };
        let Some(class) = class(&answer.message.body) else {
            let reason = format!("the answer is a {}", answer.message.body.name());
            return Self::unknown(Some(AlarmKind::AnswerMeaningless), &reason, evidence);
        };
        let report = match class {
            AnswerClass::Accepted { provisional, reference } => Report::Accepted { provisional, reference },
            AnswerClass::RejectedForGood(code) => Report::Rejected(code),
            AnswerClass::NotApplied(code) => {
                Report::NotApplied { sent: true, code: Some(code), reason: "not applied".to_owned() }
            }
            AnswerClass::Unknown(reason) => {
                let kind = match reason {
                    UnknownAnswer::KeyReused => AlarmKind::KeyReused,
                    _ => AlarmKind::AnswerMeaningless,
                };
                return Self::unknown(Some(kind), &reason, evidence);
            }
        };
        Self { report, evidence, alarm: None }
    }
}

/// The bytes to send: the message as it was encoded once, or the resend confirmation that carries them, which is the
/// same bytes every time.
pub fn message(payload: Vec<u8>, repeat: bool) -> Result<Vec<u8>, StoreError> {
    if !repeat {
        return Ok(payload);
    }
    let original = protocol::decode(&payload).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let body = Body::ResendConfirmation(ResendConfirmation { original: payload });
    Ok(protocol::encode(&Message { header: original.header, body }))
}

/// Whether the delivery may begin at this moment: midnight may have passed since its claim.
pub fn may_begin(facts: &Facts, window: SendWindow, repeat: bool, now: Timestamp) -> bool {
    repeat || !window.is_over(facts, now)
}

/// Seconds to the next delivery, where one is needed.
pub fn pause_s(settings: &Settings, report: &Report, delivery: i64, repeat: bool) -> i64 {
    let interval_s = i64::try_from(settings.resend_interval_s).unwrap_or(i64::MAX);
    match report {
        Report::NotApplied { sent: false, .. } if !repeat => interval_s.min(NOT_SENT_PAUSE_S),
        _ => interval_s.saturating_mul(pause_intervals(delivery)),
    }
}

/// Seconds until a person may have an unanswered message repeated, while the pause after its last delivery runs for
/// another `left_s`: one interval after that delivery came to nothing, however long the pause has grown.
pub fn manual_pause_left_s(settings: &Settings, delivery: i64, left_s: i64) -> i64 {
    let interval_s = i64::try_from(settings.resend_interval_s).unwrap_or(i64::MAX);
    let grown_s = interval_s.saturating_mul(pause_intervals(delivery) - 1);
    left_s.saturating_sub(grown_s).max(0)
}

/// How many resend intervals to pause after this delivery.
fn pause_intervals(delivery: i64) -> i64 {
    (delivery / PAUSE_GROWS_AFTER_DELIVERIES).clamp(1, PAUSE_INTERVALS_MAX)
}

/// Taken by the acceptance where the bill may be paid again.
pub fn accepted_guard(collector: Option<&Collector>, facts: &Facts) -> Option<GuardKey> {
    let is_handed = facts.link.as_ref() == Some(&facts.bill.id);
    let repeatable = is_handed || collector.is_some_and(|c| c.payer_types_amount(facts.category.as_ref()));
    let generation = facts.bill_guard.0.rsplit('|').next()?.parse().ok()?;
    let subject = BillSubject {
        collector: &facts.collector,
        customer_number: &facts.customer_number,
        category: facts.category.as_ref(),
    };
    let bill = guarded(facts.link.as_ref(), &facts.bill.id, &facts.customer_number);
    repeatable.then(|| subject.accepted(&bill, generation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_four_intervals() {
        let pauses = [1, 19, 20, 29, 30, 40, 5_000, i64::MAX].map(pause_intervals);
        assert_eq!(pauses, [1, 1, 2, 2, 3, 4, 4, 4]);
    }

    #[test]
    fn a_person_waits_one_interval_however_long_the_pause_is() {
        let settings = Settings::new("MPN9999".parse().unwrap(), "9999".parse().unwrap());
        // 30 s of pause after the first deliveries, 120 s after forty
        for (delivery, pause_left_s, wait_s) in
            [(1, 30, 30), (1, 1, 1), (1, 0, 0), (40, 120, 30), (40, 91, 1), (40, 90, 0), (40, 0, 0)]
        {
            let wait = manual_pause_left_s(&settings, delivery, pause_left_s);
            assert_eq!(wait, wait_s, "{delivery} {pause_left_s}");
        }
    }

    #[test]
    fn silence_is_asked_about_again_and_what_cannot_be_trusted_is_told() {
        let told = |silence| Conclusion::of(Some(Kind::National), Outcome::Silent(silence)).alarm;
        assert_eq!(told(Silence::Timeout), None);
        assert_eq!(told(Silence::ConnectionLost), None);
        for silence in [Silence::Status(500), Silence::OtherRequest] {
            assert_eq!(told(silence).map(|c| c.kind), Some(AlarmKind::AnswerUnreadable));
        }
    }

    #[test]
    fn only_what_was_not_written_counts_as_not_sent() {
        let sent = |outcome| match Conclusion::of(Some(Kind::National), outcome).report {
            Report::NotApplied { sent, .. } => Some(sent),
            _ => None,
        };
        assert_eq!(sent(Outcome::NotSent(collectors::NotSent::NoConnection)), Some(false));
        assert_eq!(sent(Outcome::Silent(Silence::ConnectionLost)), None);
    }
}
