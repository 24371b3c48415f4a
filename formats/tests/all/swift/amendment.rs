//! Amendments: their messages, and the credit that comes of them.

use domain::{Currency, Money};
use formats::swift::credit::*;
use formats::swift::{self, Kind, Message};

use super::sample::{amendment, credit, day, fin, receiver, sender};
use super::tags;
use crate::golden::assert_golden;

fn messages(amendment: &Amendment) -> Vec<Message> {
    amendment.messages(&sender(), &receiver()).unwrap()
}

#[test]
fn an_amendment_stays_as_it_is_and_another_reader_finds_what_it_says() {
    let sent = messages(&amendment());
    assert_golden("amendment.707", fin(&sent).as_bytes());
    let (kind, fields) = tags::read(&sent[0].to_fin());
    assert_eq!(kind, "707");
    for (tag, lines) in [
        ("21", vec!["EX-77"]),
        ("26E", vec!["1"]),
        ("30", vec!["261210"]),
        ("22A", vec!["ISSU"]),
        ("31D", vec!["270331GERMANY"]),
        ("32B", vec!["EUR25000,00"]),
        ("45B", vec!["/ADD/1 FURTHER SET"]),
        ("46B", vec!["/DELETE/+ PACKING LIST IN 3 COPIES", "/ADD/+ PACKING LIST IN 5 COPIES,", "SIGNED"]),
        ("71N", vec!["APPL"]),
        ("33B", vec![]),
    ] {
        assert_eq!(tags::lines(&fields, tag), lines, "{tag}");
    }
}

#[test]
fn an_amendment_reads_back_as_it_was_written() {
    let long = vec!["+ A FURTHER DOCUMENT OF A NAME THAT FILLS THE LINE TO ITS END......"; 180].join("\n");
    let other = Amendment {
        is_cancellation: false,
        amendment_charges: Some((ChargesPayer::Other, "HALF EACH".to_owned())),
        changes: Changes {
            decrease: Some(Money::new(Currency::EUR, 1)),
            available: Some((
                formats::swift::values::Bank::Named("ANY BANK".to_owned()),
                Availability::DeferredPayment,
            )),
            terms: Terms::Deferred("90 DAYS AFTER SIGHT".to_owned()),
            documents: vec![Change::ReplaceAll(swift::lines::wrapped(&long, TEXT_CHARS_MAX))],
            ..Changes::default()
        },
        ..Amendment::of(&credit(), 2, day("2026-12-11"))
    };
    let cancellation = Amendment { is_cancellation: true, ..Amendment::of(&credit(), 3, day("2026-12-12")) };
    for amendment in [amendment(), other.clone(), cancellation] {
        let sent = messages(&amendment);
        sent.iter().for_each(|message| drop(tags::read(&message.to_fin())));
        let read = swift::read(fin(&sent).as_bytes()).unwrap();
        let back = Amendment::read(&read).unwrap();
        assert_eq!(messages(&back), sent);
        assert_eq!(back.changes.terms, amendment.changes.terms);
        assert_eq!((back.is_cancellation, back.sequence), (amendment.is_cancellation, amendment.sequence));
    }
    let kinds: Vec<Kind> = messages(&other).iter().map(Message::kind).collect();
    assert_eq!(kinds[0], Kind::Amendment);
    assert_eq!(kinds[1..], [Kind::AmendmentContinued; 3]);
}

#[test]
fn the_credit_after_an_amendment_has_its_changes_and_keeps_its_rules() {
    let after = amendment().applied(&credit()).unwrap();
    assert_eq!(after.amount, Money::new(Currency::EUR, 15_000_000));
    assert_eq!((after.expiry, &after.shipment), (day("2027-03-31"), &Shipment::Latest(day("2027-02-28"))));
    assert!(after.goods.ends_with("\n1 FURTHER SET"));
    assert!(!after.documents.contains("IN 3 COPIES\n+ PACKING") && after.documents.ends_with("SIGNED"));
    assert_eq!(after.applicant, credit().applicant);

    let euro = |minor| Some(Money::new(Currency::EUR, minor));
    for (changes, breaches) in [
        (Changes::default(), vec![Breach::NothingChanged]),
        (
            Changes { increase: euro(1), decrease: euro(1), ..Changes::default() },
            vec![Breach::IncreaseAndDecrease],
        ),
        (Changes { increase: euro(0), ..Changes::default() }, vec![Breach::ZeroAmount]),
        (
            Changes { increase: Some(Money::new(Currency::USD, 1)), ..Changes::default() },
            vec![Breach::OtherCurrency],
        ),
        (Changes { decrease: euro(12_500_001), ..Changes::default() }, vec![Breach::DecreaseBelowZero]),
        (
            Changes { expiry: Some((day("2027-01-30"), "GERMANY".to_owned())), ..Changes::default() },
            vec![Breach::ShipmentAfterExpiry],
        ),
        (
            Changes { confirmation: Some(Confirmation::Confirm), ..Changes::default() },
            vec![Breach::ConfirmingBankMissing],
        ),
    ] {
        let amendment = Amendment { changes, ..amendment() };
        assert_eq!(amendment.applied(&credit()), Err(breaches));
    }
    let both = Amendment { is_cancellation: true, ..amendment() };
    assert_eq!(both.breaches(), [Breach::CancelledAndChanged]);
    assert!(both.messages(&sender(), &receiver()).is_err());
}
