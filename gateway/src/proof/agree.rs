//! Whether the messages of a payment say what its facts and its events say.

use collectors::answer::classify_cancellation;
use collectors::protocol::{Body as Says, Message, decode};
use collectors::{AnswerClass, Kind, classify};
use domain::payment::Event;

use crate::inquiry::centre;
use crate::payment::Facts;
use crate::payment::history::{Body, Word};

/// The messages of one payment, as its events bring them: the clearing, cancellations, and the answers to both.
pub struct Conversation<'f> {
    facts: &'f Facts,
    collector: Kind,
    clearing: Option<Message>,
    /// By their keys.
    cancellations: Vec<(String, Message)>,
    /// The key of the newest cancellation.
    requested: Option<String>,
}

/// What an answer of either kind says.
struct Answer {
    class: AnswerClass,
    code: String,
}

impl<'f> Conversation<'f> {
    /// Before the first event of a payment to a collector of this kind.
    pub fn new(facts: &'f Facts, collector: Kind) -> Self {
        Self { facts, collector, clearing: None, cancellations: Vec::new(), requested: None }
    }

    /// The clearing, once it was said.
    pub fn clearing(&self) -> Option<&Message> {
        self.clearing.as_ref()
    }

    /// Goes on by an event and the message that it keeps: a request of ours, or the answer that made it happen.
    pub fn event(&mut self, event: Event, body: &Body, message: Option<&[u8]>) -> Result<(), String> {
        if event == Event::CancellationRequested {
            self.requested.clone_from(&body.key);
        }
        let Some(bytes) = message else { return without_answer(event, body) };
        match event {
            Event::Claimed if self.clearing.is_none() => {
                self.clearing = Some(clearing(self.facts, bytes)?);
                Ok(())
            }
            Event::CancellationClaimed => {
                let key = self.requested.clone().ok_or("no cancellation was requested")?;
                let message = self.cancellation(&key, bytes)?;
                self.cancellations.push((key, message));
                Ok(())
            }
            _ => self.answer(event, body, bytes),
        }
    }

    /// A cancellation of this payment under this key.
    fn cancellation(&self, key: &str, bytes: &[u8]) -> Result<Message, String> {
        let message = decode(bytes).map_err(|error| format!("the cancellation cannot be read: {error}"))?;
        let clearing = self.clearing.as_ref().ok_or("a cancellation before the clearing")?;
        let (Says::Cancellation(says), Says::Clearing(of)) = (&message.body, &clearing.body) else {
            return Err(format!("the cancellation is a {}", message.body.name()));
        };
        let same = message.header.key().to_string() == key
            && message.header.sender == clearing.header.sender
            && message.header.receiver == clearing.header.receiver
            && (says.clearing_date, says.clearing_serial)
                == (clearing.header.processing_date, clearing.header.serial)
            && (&says.bill, &says.bill_id, says.amount) == (&of.bill, &of.bill_id, of.amount);
        if same { Ok(message) } else { Err("the cancellation is not of this clearing".to_owned()) }
    }

    /// The request that an answer in this event belongs to.
    fn asked(&self, event: Event, body: &Body) -> Option<&Message> {
        if !event.is_of_cancellation() {
            return self.clearing.as_ref();
        }
        let key = body.key.as_ref().or(self.requested.as_ref())?;
        self.cancellations.iter().find(|(known, _)| known == key).map(|(_, message)| message)
    }

    fn answer(&self, event: Event, body: &Body, bytes: &[u8]) -> Result<(), String> {
        let message = decode(bytes).map_err(|error| format!("the answer cannot be read: {error}"))?;
        let asked = self.asked(event, body).ok_or("an answer to nothing that was asked")?;
        if !message.header.answers(&asked.header) || !message.body.answers(&asked.body) {
            return Err("the answer belongs to another request".to_owned());
        }
        let answer = match &message.body {
            Says::ClearingAnswer(says) => {
                Answer { class: classify(self.collector, says), code: says.code().to_string() }
            }
            Says::CancellationAnswer(says) => {
                Answer { class: classify_cancellation(says), code: says.code.to_string() }
            }
            other => return Err(format!("it was answered by a {}", other.name())),
        };
        if answer.makes(event, body) {
            Ok(())
        } else {
            Err(format!("the answer {} does not make the event {event}", answer.code))
        }
    }
}

impl Answer {
    /// Whether the event, with what it says, is what follows.
    fn makes(&self, event: Event, body: &Body) -> bool {
        let code_is_kept = body.code.as_ref() == Some(&self.code);
        let said = |provisional: Option<String>, reference: Option<&str>| {
            code_is_kept && body.provisional == provisional && body.reference.as_deref() == reference
        };
        match (event, &self.class) {
            (Event::Accepted, AnswerClass::Accepted { provisional, reference }) => {
                said(provisional.map(|code| code.to_string()), reference.as_ref().map(|r| r.as_str()))
            }
            // of an incident the provisional code is not kept
            (
                Event::LateAcceptance | Event::Cancelled | Event::LateCancellation,
                AnswerClass::Accepted { reference, .. },
            ) => said(None, reference.as_ref().map(|r| r.as_str())),
            (
                Event::Rejected | Event::LateRejection | Event::CancellationRefused | Event::LateCancellation,
                AnswerClass::RejectedForGood(_),
            )
            | (
                Event::NotApplied
                | Event::OutcomeUnknown
                | Event::CancellationNotApplied
                | Event::CancellationUnknown,
                AnswerClass::NotApplied(_),
            ) => code_is_kept,
            (Event::OutcomeUnknown | Event::CancellationUnknown, AnswerClass::Unknown(_)) => {
                body.code.is_none()
            }
            _ => false,
        }
    }
}

/// The clearing that a payment's first claim keeps, if it is of these facts.
fn clearing(facts: &Facts, bytes: &[u8]) -> Result<Message, String> {
    let message = decode(bytes).map_err(|error| format!("the clearing cannot be read: {error}"))?;
    let Says::Clearing(says) = &message.body else {
        return Err(format!("the clearing is a {}", message.body.name()));
    };
    let header = &message.header;
    let compared = [
        ("key", header.key().to_string() == facts.message_key),
        ("receiver", header.receiver == centre(&facts.collector)),
        ("collector", says.bill.collector == facts.collector),
        ("customer number", says.bill.customer_number == facts.customer_number),
        ("payment category", says.bill.category == facts.category),
        ("bill", says.bill_id == facts.bill.id),
        ("amount", says.amount == facts.amount && says.amount == facts.bill.amount),
        ("fee", says.fee == facts.fee && says.fee == facts.bill.fee),
        ("channel", says.channel == facts.channel),
        ("receipt date", says.receipt_date == facts.receipt_date),
        ("last day of clearing", says.clear_by == facts.bill.clear_by),
    ];
    match compared.into_iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(format!("the clearing has another {what} than the payment")),
        None => Ok(message),
    }
}

/// Whether an event may have come about without an answer: what decides about money needs one, or the collector's word
/// off line with two people who vouch for it.
fn without_answer(event: Event, body: &Body) -> Result<(), String> {
    let two_people = matches!((&body.by, &body.checked_by), (Some(by), Some(checked)) if by != checked);
    let word = body.word.filter(|_| two_people);
    let fits = match event {
        Event::Accepted => word == Some(Word::Cleared),
        Event::Rejected => word == Some(Word::NotCleared),
        Event::Cancelled => word == Some(Word::Cancelled),
        Event::CancellationRefused => word == Some(Word::NotCancelled),
        // no message is exchanged: the comparison found the collector's books without it
        Event::Refunded => two_people && body.found.is_some(),
        Event::LateAcceptance | Event::LateRejection | Event::LateCancellation => false,
        Event::NotApplied | Event::CancellationNotApplied => body.sent == Some(false),
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("nothing that the collector said makes the event {event}")) }
}
