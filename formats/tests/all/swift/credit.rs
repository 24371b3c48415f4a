//! Credits: their messages, what they say, and the rules between their terms.

use formats::Findings;
use formats::swift::credit::*;
use formats::swift::values::Bank;
use formats::swift::{self, Kind, Message};

use super::sample::{bic, credit, day, fin, long_credit, receiver, sender};
use super::tags;
use crate::golden::assert_golden;

fn messages(credit: &Credit) -> Vec<Message> {
    credit.messages(&sender(), &receiver()).unwrap_or_else(|findings| panic!("{:?}", told(&findings)))
}

fn told(findings: &Findings) -> Vec<String> {
    findings.kept().iter().map(ToString::to_string).collect()
}

#[test]
fn messages_of_a_credit_stay_as_they_are_byte_for_byte() {
    assert_golden("credit.700", fin(&messages(&credit())).as_bytes());
    assert_golden("credit-long.700", fin(&messages(&long_credit())).as_bytes());
}

#[test]
fn another_reader_finds_what_the_credit_says() {
    let (kind, fields) = tags::read(&messages(&credit())[0].to_fin());
    assert_eq!(kind, "700");
    let order: Vec<&str> = fields.iter().map(|(tag, _)| tag.as_str()).collect();
    assert_eq!(
        order,
        [
            "27", "40A", "20", "31C", "40E", "31D", "50", "59", "32B", "39A", "41D", "42C", "42A", "43P",
            "43T", "44E", "44F", "44C", "45A", "46A", "47A", "71D", "48", "49", "53A", "78",
        ]
    );
    for (tag, lines) in [
        ("27", vec!["1/1"]),
        ("31D", vec!["270228GERMANY"]),
        ("50", vec!["MIHON SHOJI CO., LTD.", "1-2-3 CHUO, AOBA-KU, SENDAI, MIYAGI", "980-0000 JAPAN"]),
        ("32B", vec!["EUR125000,00"]),
        ("39A", vec!["5/5"]),
        ("41D", vec!["ANY BANK IN GERMANY", "BY NEGOTIATION"]),
        ("42A", vec!["MIHNJPJT"]),
        ("44C", vec!["270131"]),
        ("48", vec!["21"]),
        ("49", vec!["WITHOUT"]),
    ] {
        assert_eq!(tags::lines(&fields, tag), lines, "{tag}");
    }
}

#[test]
fn a_long_credit_goes_on_in_further_messages_and_comes_together_again() {
    let credit = long_credit();
    let messages = messages(&credit);
    let kinds: Vec<Kind> = messages.iter().map(Message::kind).collect();
    assert_eq!(kinds, [Kind::Issue, Kind::IssueContinued]);
    let mut goods = Vec::new();
    for (position, message) in messages.iter().enumerate() {
        let (_, fields) = tags::read(&message.to_fin());
        assert_eq!(tags::lines(&fields, "27"), [format!("{}/2", position + 1)]);
        assert_eq!(tags::lines(&fields, "20"), ["LC2026-000123"]);
        goods.extend(tags::lines(&fields, "45A").into_iter().map(str::to_owned));
    }
    assert_eq!(goods.join("\n"), credit.goods);
    assert_eq!(
        Credit::read(&messages).unwrap(),
        Credit { applicant: wrapped_applicant(), ..as_sent(&credit) }
    );
}

fn wrapped_applicant() -> String {
    "MIHON SHOJI CO., LTD.\n1-2-3 CHUO, AOBA-KU, SENDAI, MIYAGI\n980-0000 JAPAN".to_owned()
}

/// With the lines of its texts as a message has them.
fn as_sent(credit: &Credit) -> Credit {
    let text = |text: &str| swift::lines::wrapped(text, TEXT_CHARS_MAX);
    Credit {
        applicant: swift::lines::wrapped(&credit.applicant, 35),
        goods: text(&credit.goods),
        documents: text(&credit.documents),
        charges: swift::lines::wrapped(&credit.charges, 35),
        ..credit.clone()
    }
}

#[test]
fn a_credit_reads_back_as_it_was_written() {
    let read = swift::read(fin(&messages(&credit())).as_bytes()).unwrap();
    assert_eq!(read, messages(&credit()));
    let back = Credit::read(&read).unwrap();
    assert_eq!(back, as_sent(&credit()));
    assert_eq!(messages(&back), messages(&credit()));
}

#[test]
fn a_credit_with_everything_reads_back() {
    let everything = Credit {
        form: Form::Transferable,
        pre_advice: "PREADV/261120".to_owned(),
        rules: Rules { book: RuleBook::Other, others: "LOCAL RULES OF 2020".to_owned() },
        applicant_bank: Some(Bank::Named("MIHON BANK\nIZUMI BRANCH".to_owned())),
        beneficiary_account: String::new(),
        tolerance: Some(Tolerance { plus: 10, minus: 0 }),
        additional_amounts: "FREIGHT UP TO EUR 5000".to_owned(),
        available_with: Bank::Bic(bic("EXMPDEFF")),
        available_by: Availability::MixedPayment,
        terms: Terms::Mixed("50 PERCENT AT SIGHT\n50 PERCENT 90 DAYS AFTER SHIPMENT".to_owned()),
        route: Route {
            receipt: "FRANKFURT".to_owned(),
            loading: "HAMBURG; OR BREMEN".to_owned(),
            discharge: "SENDAI".to_owned(),
            destination: "YAMAGATA @ WAREHOUSE #3".to_owned(),
        },
        shipment: Shipment::Period("WITHIN JANUARY 2027".to_owned()),
        beneficiary_conditions: "DISCOUNT OF 2% MAY BE DEDUCTED".to_owned(),
        bank_conditions: "NONE".to_owned(),
        presentation: Some(Presentation { days: 10, since: "FROM DATE OF INVOICE".to_owned() }),
        confirmation: Confirmation::MayAdd,
        confirming_bank: Some(Bank::Bic(bic("EXMPDEFFXXX"))),
        advise_through: Some(Bank::Named("OTHER BANK, BERLIN".to_owned())),
        to_bank: "/PHONBEN/".to_owned(),
        ..credit()
    };
    let sent = messages(&everything);
    tags::read(&sent[0].to_fin());
    assert_eq!(Credit::read(&sent).unwrap(), as_sent(&everything));
}

/// Every rule between the terms, at both sides where it has two.
#[test]
fn rules_between_the_terms_are_told() {
    let drafts = || Terms::Drafts { at: "AT SIGHT".to_owned(), drawee: Bank::Bic(bic("MIHNJPJT")) };
    let words = |text: &str| text.to_owned();
    type Change = Box<dyn Fn(&mut Credit)>;
    let changed: Vec<(Change, &[Breach])> = vec![
        (Box::new(|_| {}), &[]),
        (Box::new(|c| c.amount.minor_units = 0), &[Breach::ZeroAmount]),
        (
            Box::new(|c| {
                c.expiry = day("2026-11-26");
                c.shipment = Shipment::None;
            }),
            &[Breach::ExpiryBeforeIssue],
        ),
        (
            Box::new(|c| {
                c.expiry = day("2026-11-27");
                c.shipment = Shipment::None;
            }),
            &[],
        ),
        (Box::new(|c| c.shipment = Shipment::Latest(day("2027-03-01"))), &[Breach::ShipmentAfterExpiry]),
        (Box::new(|c| c.shipment = Shipment::Latest(day("2027-02-08"))), &[Breach::PresentationPastExpiry]),
        (Box::new(|c| c.shipment = Shipment::Latest(day("2027-02-07"))), &[]),
        (
            Box::new(|c| {
                c.shipment = Shipment::Latest(day("2027-02-28"));
                c.presentation = None;
            }),
            &[],
        ),
        (Box::new(move |c| c.goods = words("ABOUT 100 METRIC TONS OF SCRAP")), &[Breach::AboutWithTolerance]),
        (
            Box::new(move |c| c.additional_amounts = words("FREIGHT, approx. EUR 500")),
            &[Breach::AboutWithTolerance],
        ),
        (Box::new(move |c| c.goods = words("ROUNDABOUTS FOR PLAYGROUNDS")), &[]),
        (
            Box::new(move |c| {
                c.goods = words("ABOUT 100 METRIC TONS OF SCRAP");
                c.tolerance = Some(Tolerance { plus: 10, minus: 10 });
            }),
            &[],
        ),
        (
            Box::new(move |c| {
                c.goods = words("ABOUT 100 METRIC TONS OF SCRAP");
                c.tolerance = None;
            }),
            &[],
        ),
        (Box::new(|c| c.confirmation = Confirmation::Confirm), &[Breach::ConfirmingBankMissing]),
        (Box::new(|c| c.confirmation = Confirmation::MayAdd), &[Breach::ConfirmingBankMissing]),
        (
            Box::new(|c| {
                c.available_by = Availability::Acceptance;
                c.terms = Terms::None;
            }),
            &[Breach::AcceptanceWithoutDrafts],
        ),
        (
            Box::new(|c| {
                c.available_by = Availability::DeferredPayment;
                c.terms = Terms::None;
            }),
            &[Breach::DeferredWithoutDetails],
        ),
        (
            Box::new(|c| {
                c.available_by = Availability::MixedPayment;
                c.terms = Terms::None;
            }),
            &[Breach::MixedWithoutDetails],
        ),
        (
            Box::new(move |c| {
                c.available_by = Availability::DeferredPayment;
                c.terms = drafts();
            }),
            &[Breach::TermsOfOtherAvailability],
        ),
        (Box::new(move |c| c.terms = Terms::Deferred(words("90 DAYS AFTER SIGHT"))), &[]),
        (Box::new(|c| c.rules.book = RuleBook::Other), &[Breach::RulesWithoutWords]),
        (Box::new(move |c| c.rules.others = words("MORE")), &[Breach::WordsWithoutOther]),
    ];
    for (number, (change, breaches)) in changed.iter().enumerate() {
        let mut credit = credit();
        change(&mut credit);
        assert_eq!(credit.breaches(), *breaches, "{number}");
        let messages = credit.messages(&sender(), &receiver());
        assert_eq!(messages.is_ok(), breaches.is_empty(), "{number}");
    }
}

#[test]
fn drafts_exclude_other_terms_and_two_times_of_shipment_each_other() {
    let drawee = || Some(Bank::Bic(bic("MIHNJPJT")));
    for (drafts, drawee, mixed, deferred, breach) in [
        ("AT SIGHT", None, "", "", Breach::DraftsWithoutDrawee),
        ("", drawee(), "", "", Breach::DraweeWithoutDrafts),
        ("AT SIGHT", drawee(), "HALF", "", Breach::PaymentTermsTogether),
        ("AT SIGHT", drawee(), "", "90 DAYS", Breach::PaymentTermsTogether),
        ("", drawee(), "", "90 DAYS", Breach::PaymentTermsTogether),
        ("", None, "HALF", "90 DAYS", Breach::PaymentTermsTogether),
    ] {
        assert_eq!(Terms::of(drafts, drawee, mixed, deferred), Err(breach));
    }
    assert_eq!(Terms::of("", None, "", ""), Ok(Terms::None));
    assert_eq!(Terms::of("", None, "", "90 DAYS"), Ok(Terms::Deferred("90 DAYS".to_owned())));
    let latest = Some(day("2027-01-31"));
    assert_eq!(Shipment::of(latest, "IN JANUARY"), Err(Breach::ShipmentTwice));
    assert_eq!(Shipment::of(latest, ""), Ok(Shipment::Latest(day("2027-01-31"))));
    assert_eq!(Shipment::of(None, ""), Ok(Shipment::None));
}

#[test]
fn more_than_eight_messages_are_none() {
    let lines = vec!["X".repeat(65); 1_100].join("\n");
    let findings = Credit { goods: lines.clone(), ..credit() }.messages(&sender(), &receiver()).unwrap_err();
    assert!(
        told(&findings)[0].starts_with("27 電文の順番: 電文が8通に収まりません"),
        "{:?}",
        told(&findings)
    );
    let enormous = lines.repeat(100);
    assert!(Credit { goods: enormous, ..credit() }.messages(&sender(), &receiver()).is_err());
}
