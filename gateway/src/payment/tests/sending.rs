//! What the sender decides: which bytes go and when, and what an answer came to.

use collectors::protocol::{
    self, BillKey, Body as Says, CancellationAnswer, Channel, Clearing, ClearingAnswer, EntryKind, Header,
    Message, ResendConfirmation,
};
use collectors::{Answer, Directory, Kind, Outcome};
use domain::{ResendKey, ResponseCode, Serial, Timestamp};
use ledger::GuardKey;

use super::super::cancellation::{self, Cancellation};
use super::super::history::{Body, Deliveries, Position, Word};
use super::super::manual::{self, NotNow, Work};
use super::super::sending::{self, Conclusion};
use super::super::step::{Report, SendWindow};
use super::{Facts, facts, not_open, rejected, silent, time, unsent};
use crate::alarm::AlarmKind;
use crate::inquiry::centre;
use crate::{Operator, Settings};

const TEN: &str = "24T10:00:00";

fn key(serial: u32) -> ResendKey {
    let serial = Serial::new(serial).unwrap();
    ResendKey { centre: "MPN9999".parse().unwrap(), date: time(TEN).date(), serial }
}

fn settings() -> Settings {
    Settings::new("MPN9999".parse().unwrap(), "9999".parse().unwrap())
}

fn clearing(facts: &Facts) -> Message {
    let bill = BillKey {
        collector: facts.collector.clone(),
        customer_number: facts.customer_number.clone(),
        confirmation_number: "123456".parse().unwrap(),
        category: None,
    };
    let clearing = Clearing {
        bill,
        bill_id: facts.bill.id.clone(),
        amount: facts.amount,
        fee: facts.fee,
        bank: "9999".parse().unwrap(),
        channel: Channel::Counter,
        entry_kind: EntryKind::Typed,
        receipt_date: facts.receipt_date,
        clear_by: None,
    };
    Message {
        header: Header::request(&key(1), centre(&facts.collector), facts.held_at),
        body: Says::Clearing(clearing),
    }
}

fn answered(body: Says) -> Outcome {
    let facts = facts(time(TEN), None);
    let message = Message { header: clearing(&facts).header.answer(facts.held_at), body };
    let bytes = protocol::encode(&message).into();
    Outcome::Answered(Answer { message, bytes, signature: "theirs".to_owned() })
}

#[test]
fn the_first_delivery_is_the_message_and_a_repeat_carries_it_whole() {
    let message = clearing(&facts(time(TEN), None));
    let bytes = protocol::encode(&message);
    assert_eq!(sending::message(bytes.clone(), false).unwrap(), bytes);
    let repeat = sending::message(bytes.clone(), true).unwrap();
    let read = protocol::decode(&repeat).unwrap();
    assert_eq!(read.header, message.header, "under the same key");
    assert_eq!(read.body, Says::ResendConfirmation(ResendConfirmation { original: bytes.clone() }));
    assert_eq!(sending::message(bytes, true).unwrap(), repeat, "the same bytes every time");
    assert!(sending::message(b"nothing of ours".to_vec(), true).is_err());
}

#[test]
fn a_cancellation_names_its_clearing() {
    let facts = facts(time(TEN), None);
    let message = clearing(&facts);
    let now = time("24T10:05:00");
    let bytes = cancellation::message(&facts, &protocol::encode(&message), &key(2), now).unwrap();
    let read = protocol::decode(&bytes).unwrap();
    assert_eq!(read.header, Header::request(&key(2), centre(&facts.collector), now));
    let Says::Clearing(clearing) = message.body else { panic!("no clearing") };
    let expected = protocol::Cancellation {
        bill: clearing.bill,
        bill_id: clearing.bill_id,
        amount: clearing.amount,
        bank: clearing.bank,
        channel: clearing.channel,
        clearing_date: time(TEN).date(),
        clearing_serial: Serial::new(1).unwrap(),
    };
    assert_eq!(read.body, Says::Cancellation(expected));
    assert!(cancellation::message(&facts, &bytes, &key(3), now).is_err(), "of a cancellation there is none");
}

#[test]
fn a_first_delivery_begins_inside_its_window_and_a_repeat_at_any_time() {
    let facts = facts(time(TEN), None);
    let cancellation = Cancellation::new(&facts, &key(2), &Operator::staff(7), time(TEN));
    let begins = |collector_is_open: bool, repeat: bool, now: Timestamp| {
        let window = SendWindow { held_wait_s: 120, collector_is_open };
        let clearing = sending::may_begin(&facts, window, repeat, now);
        let cancelling = cancellation::may_begin(&facts, &cancellation, window, repeat, now);
        assert_eq!(clearing, cancelling);
        clearing
    };
    assert!(begins(true, false, time("24T10:01:59")));
    assert!(!begins(true, false, time("24T10:02:00")));
    assert!(!begins(false, false, time(TEN)));
    for now in [TEN, "24T10:02:00", "25T00:30:00"] {
        assert!(begins(false, true, time(now)) && begins(true, true, time(now)));
    }
}

#[test]
fn what_never_left_is_tried_again_soon_and_everything_else_after_an_interval() {
    let settings = settings();
    assert_eq!(settings.resend_interval_s, 30);
    let pause = |report: &Report, delivery, repeat| sending::pause_s(&settings, report, delivery, repeat);
    assert_eq!(pause(&unsent(), 1, false), 5);
    assert_eq!(pause(&unsent(), 40, false), 5);
    assert_eq!(pause(&unsent(), 1, true), 30, "a repeat that did not leave keeps the interval");
    for report in [silent(), not_open()] {
        for (delivery, repeat, seconds) in [(1, false, 30), (1, true, 30), (20, true, 60), (40, true, 120)] {
            assert_eq!(pause(&report, delivery, repeat), seconds);
        }
    }
    let often = Settings { resend_interval_s: 2, ..settings.clone() };
    assert_eq!(sending::pause_s(&often, &unsent(), 1, false), 2, "never longer than the interval");
}

#[test]
fn an_answer_is_what_its_class_says_and_its_bytes_are_kept() {
    let normal = || Says::ClearingAnswer(ClearingAnswer::Normal { provisional: None, reference: None });
    let refused = |code| Says::ClearingAnswer(ClearingAnswer::Refused { code, reference: None });
    let cancelled = |code| Says::CancellationAnswer(CancellationAnswer { code, reference: None });
    let of = |body| Conclusion::of(Some(Kind::National), answered(body));
    let of_cancellation = |body| Conclusion::of_cancellation(answered(body));
    let accepted = of(normal());
    assert_eq!((accepted.report, accepted.alarm), (super::accepted(), None));
    assert_eq!(accepted.evidence.signature.as_deref(), Some("theirs"));
    assert!(accepted.evidence.message.is_some());
    assert_eq!(of(refused(ResponseCode::AmountDiffers)).report, rejected());
    assert_eq!(of_cancellation(cancelled(ResponseCode::Normal)).report, super::accepted());
    let is_unknown = |conclusion: Conclusion, kind: AlarmKind| {
        assert!(matches!(conclusion.report, Report::Unknown { .. }), "{conclusion:?}");
        assert_eq!(conclusion.alarm.map(|concern| concern.kind), Some(kind));
    };
    is_unknown(of(refused(ResponseCode::KeyReused)), AlarmKind::KeyReused);
    is_unknown(of(refused(ResponseCode::CollectorError)), AlarmKind::AnswerMeaningless);
    is_unknown(of_cancellation(cancelled(ResponseCode::KeyReused)), AlarmKind::KeyReused);
    // an answer to another message, or from a collector that the directory has lost
    is_unknown(of(cancelled(ResponseCode::Normal)), AlarmKind::AnswerMeaningless);
    is_unknown(of_cancellation(normal()), AlarmKind::AnswerMeaningless);
    is_unknown(Conclusion::of(None, answered(normal())), AlarmKind::AnswerMeaningless);
}

#[test]
fn an_acceptance_is_counted_where_the_bill_may_be_paid_again() {
    let of = |category: Option<&str>| Facts {
        bill_guard: GuardKey("bill|any|B1|3".to_owned()),
        category: category.map(|digits| digits.parse().unwrap()),
        ..facts(time(TEN), None)
    };
    let directory = Directory::embedded();
    let row = |number: &str| directory.all().iter().find(|c| c.number.as_str() == number);
    assert_eq!(sending::accepted_guard(row("00100"), &of(None)), None);
    assert_eq!(sending::accepted_guard(None, &of(None)), None);
    let guard = sending::accepted_guard(row("99090"), &of(None)).unwrap();
    assert_eq!(guard.0, "paid|00200|2013000123456789||B1|3");
    // a registered bill is paid once, what a 納付目的コード names again and again
    assert_eq!(sending::accepted_guard(row("00200"), &of(Some("7000001234"))), None);
    let guard = sending::accepted_guard(row("00200"), &of(Some("03045080401"))).unwrap();
    assert_eq!(guard.0, "paid|00200|2013000123456789|03045080401|B1|3");
}

#[test]
fn a_person_waits_for_the_pause_or_for_the_delivery_that_is_under_way() {
    let facts = facts(time(TEN), None);
    let at = |words: &[(&str, Option<i64>)]| {
        let mut position = Position::start(time(TEN));
        for (kind, delivery) in words {
            position
                .advance(kind.parse().unwrap(), &Body { delivery: *delivery, ..Body::default() })
                .unwrap();
        }
        position
    };
    let unknown = at(&[("held", None), ("claimed", Some(1)), ("outcome_unknown", Some(1))]);
    let under_way =
        at(&[("held", None), ("claimed", Some(1)), ("outcome_unknown", Some(1)), ("claimed", Some(2))]);
    let work =
        |left_s| Work { key: facts.message_key.clone(), fence: 1, delivery: 2, left_s, since_claim_s: 400 };
    let may = |position: &Position, left_s| manual::may_resend(&settings(), &facts, position, &work(left_s));
    assert_eq!(may(&unknown, 20), Err(NotNow::TooSoon { wait_s: 20 }));
    assert_eq!(may(&unknown, 0), Ok(()));
    assert_eq!(may(&under_way, 20), Err(NotNow::Delivering { wait_s: 20 }));
    assert_eq!(may(&under_way, 0), Ok(()), "its sender has died");
    assert!(!unknown.deliveries.is_delivering() && under_way.deliveries.is_delivering());
    // the same of a cancellation
    let mut cancelling = at(&[("held", None), ("claimed", Some(1)), ("accepted", Some(1))]);
    for (kind, delivery) in [
        ("cancellation_requested", None),
        ("cancellation_claimed", Some(1)),
        ("cancellation_unknown", Some(1)),
    ] {
        let key = Some("MPN9999/2026-11-24/00000002".to_owned());
        cancelling.advance(kind.parse().unwrap(), &Body { delivery, key, ..Body::default() }).unwrap();
    }
    let work = Work { key: "MPN9999/2026-11-24/00000002".to_owned(), ..work(20) };
    let may = manual::may_resend(&settings(), &facts, &cancelling, &work);
    assert_eq!(may, Err(NotNow::TooSoon { wait_s: 20 }));
    assert!(!Deliveries::default().is_delivering());
}

#[test]
fn the_word_that_nothing_was_applied_ends_with_the_next_delivery() {
    let facts = facts(time(TEN), None);
    let mut position = Position::start(time(TEN));
    for (kind, delivery) in [("held", None), ("claimed", Some(1)), ("outcome_unknown", Some(1))] {
        position.advance(kind.parse().unwrap(), &Body { delivery, ..Body::default() }).unwrap();
    }
    let work = |delivery| {
        let key = facts.message_key.clone();
        Work { key, fence: 1, delivery, left_s: 0, since_claim_s: 400 }
    };
    let may = |word, delivery| manual::may_decide(&facts, &position, &work(delivery), word, 2);
    assert_eq!(may(Word::NotCleared, 2), Ok(()));
    assert_eq!(may(Word::NotCleared, 3), Err(NotNow::AskedAgain));
    assert_eq!(may(Word::Cleared, 3), Ok(()), "what is cleared stays so");
}

#[test]
fn one_delivery_that_was_not_applied_says_nothing_about_another() {
    let mut position = Position::start(time(TEN));
    let mut next = |kind: &str, body: Body| {
        position.advance(kind.parse().unwrap(), &body).unwrap();
        [1, 2].map(|except| position.deliveries.others_not_applied(except))
    };
    let delivery = |delivery| Body { delivery: Some(delivery), ..Body::default() };
    next("held", Body::default());
    assert_eq!(next("claimed", delivery(1)), [true, false]);
    assert_eq!(next("not_applied", delivery(1)), [true, true]);
    assert_eq!(next("claimed", delivery(2)), [false, true], "the second may be applied yet");
    assert_eq!(next("outcome_unknown", delivery(2)), [false, true]);
}

#[test]
fn words_and_codes_of_events_are_those_of_the_interface() {
    for (word, text) in [
        (Word::Cleared, "cleared"),
        (Word::NotCleared, "not_cleared"),
        (Word::Cancelled, "cancelled"),
        (Word::NotCancelled, "not_cancelled"),
    ] {
        assert_eq!(word.as_str(), text);
        assert_eq!(serde_json::to_value(word).unwrap(), text);
    }
    let code = |code: Option<&str>| Body { code: code.map(str::to_owned), ..Body::default() }.response_code();
    assert_eq!(code(Some("B901")), Some(ResponseCode::KeyReused));
    assert_eq!((code(Some("Z999")), code(None)), (None, None));
}
