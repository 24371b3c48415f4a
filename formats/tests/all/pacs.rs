//! Remittances from bank to bank, and what is said of them.

use domain::remittance::ChargeBearer;
use domain::xml::{Limits, read as read_xml};
use domain::{Bic, Currency, Money, Timestamp, Uetr};
use formats::Fault;
use formats::iso20022::envelope::{HEADER, Header};
use formats::iso20022::pacs008::{Account, Address, Agent, Breach, CreditTransfer, Party, Reporting};
use formats::iso20022::{pacs002, pacs004, pacs008};
use formats::swift::mt103::CustomerTransfer;
use proptest::prelude::*;

use crate::golden::assert_golden;
use crate::xsd::validated;

fn bic(text: &str) -> Bic {
    text.parse().unwrap()
}

fn header(id: &str, from: &str, to: &str) -> Header {
    let created = Timestamp::parse_rfc3339("2026-11-27T10:00:00+09:00").unwrap();
    Header { id: id.to_owned(), created, from: bic(from), to: bic(to) }
}

fn address(street: &str, post_code: &str, town: &str, country: &str) -> Address {
    Address {
        street: street.to_owned(),
        post_code: post_code.to_owned(),
        ..Address::of(town, country.parse().unwrap())
    }
}

/// Shared charges, one currency, structured addresses.
fn transfer() -> CreditTransfer {
    CreditTransfer {
        header: header("FT2026112700001", "MIHNJPJTXXX", "CORRUS33XXX"),
        instruction: "FT26112700001".to_owned(),
        end_to_end: "PO-4711".to_owned(),
        uetr: Uetr::of_random(*b"0123456789abcdef"),
        settled: Money::new(Currency::USD, 1_234_550),
        settlement_day: "2026-12-01".parse().unwrap(),
        instructed: Money::new(Currency::USD, 1_234_550),
        rate: None,
        charge_bearer: ChargeBearer::Shared,
        charges: Vec::new(),
        debtor: Party {
            name: "MIHON SHOJI CO., LTD.".to_owned(),
            address: Address {
                building: "1-2-3".to_owned(),
                subdivision: "MIYAGI".to_owned(),
                ..address("CHUO, AOBA-KU", "980-0000", "SENDAI", "JP")
            },
            tax_number: "1234567890123".to_owned(),
            account: Account::Other("1007654321".to_owned()),
        },
        debtor_agent: bic("MIHNJPJTXXX"),
        intermediary: Some(Agent::Bic(bic("INTRUS33"))),
        creditor_agent: Agent::Bic(bic("EXMPDEFFXXX")),
        creditor: Party {
            name: "BEISPIEL & SOHN GMBH".to_owned(),
            address: address("MUSTERSTRASSE 1", "60311", "FRANKFURT AM MAIN", "DE"),
            tax_number: String::new(),
            account: Account::Iban("DE89370400440532013000".parse().unwrap()),
        },
        purpose: "GDDS".to_owned(),
        reporting: vec![Reporting {
            country: "JP".parse().unwrap(),
            code: "110".to_owned(),
            information: vec!["IMPORT OF MILLING MACHINES".to_owned()],
        }],
        remittance: "INVOICE 4711 OF 2026-10-01".to_owned(),
    }
}

/// Charges of the payee, two currencies, a hybrid address and a bank without a BIC.
fn hybrid() -> CreditTransfer {
    let lines = vec!["HALL 7, GATE 3".to_owned(), "INDUSTRIAL PARK WEST".to_owned()];
    CreditTransfer {
        header: header("FT2026112700002", "MIHNJPJTXXX", "CORRUS33XXX"),
        settled: Money::new(Currency::USD, 98_000),
        instructed: Money::new(Currency::JPY, 150_000),
        rate: Some("0.00666667".parse().unwrap()),
        charge_bearer: ChargeBearer::Creditor,
        charges: vec![(Money::new(Currency::USD, 2_000), bic("MIHNJPJTXXX"))],
        intermediary: None,
        creditor_agent: Agent::Named {
            name: "EXAMPLE SAVINGS BANK".to_owned(),
            address: Address::of("SPRINGFIELD", "US".parse().unwrap()),
            clearing: Some(("USABA".to_owned(), "000000013".to_owned())),
        },
        creditor: Party {
            name: "EXAMPLE TOOLS INC".to_owned(),
            address: Address { lines, ..Address::of("SPRINGFIELD", "US".parse().unwrap()) },
            tax_number: String::new(),
            account: Account::Other("000123456789".to_owned()),
        },
        purpose: String::new(),
        reporting: Vec::new(),
        ..transfer()
    }
}

fn report() -> pacs002::Report {
    pacs002::Report {
        header: header("ST-1", "CORRUS33XXX", "MIHNJPJTXXX"),
        original: "FT2026112700001".to_owned(),
        instruction: "FT26112700001".to_owned(),
        end_to_end: "PO-4711".to_owned(),
        uetr: transfer().uetr,
        status: pacs002::Status::Credited,
        reason: None,
        charges: vec![(Money::new(Currency::USD, 1_500), bic("INTRUS33"))],
        credited: Some("2026-12-01".parse().unwrap()),
    }
}

fn returned() -> pacs004::Return {
    pacs004::Return {
        header: header("RT-1", "CORRUS33XXX", "MIHNJPJTXXX"),
        id: "RT-1-1".to_owned(),
        original: "FT2026112700001".to_owned(),
        instruction: "FT26112700001".to_owned(),
        end_to_end: "PO-4711".to_owned(),
        uetr: transfer().uetr,
        settled: Money::new(Currency::USD, 1_234_550),
        returned: Money::new(Currency::USD, 1_232_050),
        day: "2026-12-03".parse().unwrap(),
        charges: vec![(Money::new(Currency::USD, 2_500), bic("EXMPDEFF"))],
        agents: (bic("EXMPDEFF"), bic("MIHNJPJTXXX")),
        reason: pacs002::Reason { code: "AC01".to_owned(), words: "INCORRECT ACCOUNT NUMBER".to_owned() },
    }
}

/// The header and the document, each as a file of its own.
fn parts(message: &str, bytes: &[u8]) -> [(String, String); 2] {
    let text = str::from_utf8(bytes).unwrap();
    let part = |name: &str| {
        let from = text.find(&format!("<{name} ")).unwrap();
        let end = format!("</{name}>");
        text[from..text.find(&end).unwrap() + end.len()].to_owned()
    };
    [(HEADER.to_owned(), part("AppHdr")), (message.to_owned(), part("Document"))]
}

#[test]
fn messages_between_banks_stay_as_they_are_and_keep_their_schemas() {
    let rejected = pacs002::Report {
        status: pacs002::Status::Rejected,
        reason: Some(pacs002::Reason { code: "AC04".to_owned(), words: "CLOSED".to_owned() }),
        charges: Vec::new(),
        credited: None,
        ..report()
    };
    for (name, message, bytes) in [
        ("pacs.008.xml", pacs008::MESSAGE, pacs008::write(&transfer()).unwrap()),
        ("pacs.008-hybrid.xml", pacs008::MESSAGE, pacs008::write(&hybrid()).unwrap()),
        ("pacs.002.xml", pacs002::MESSAGE, pacs002::write(&report()).unwrap()),
        ("pacs.002-rejected.xml", pacs002::MESSAGE, pacs002::write(&rejected).unwrap()),
        ("pacs.004.xml", pacs004::MESSAGE, pacs004::write(&returned()).unwrap()),
    ] {
        assert_golden(name, &bytes);
        parts(message, &bytes).iter().for_each(|(message, part)| validated(message, part.as_bytes()));
    }
}

#[test]
fn statuses_and_returns_read_back_as_they_were_written() {
    for status in pacs002::Status::ALL {
        for reason in [None, Some(pacs002::Reason { code: "G002".to_owned(), words: String::new() })] {
            let report = pacs002::Report { status: *status, reason, ..report() };
            assert_eq!(pacs002::read(&pacs002::write(&report).unwrap()), Ok(report));
        }
    }
    assert_eq!(pacs004::read(&pacs004::write(&returned()).unwrap()), Ok(returned()));
    // words of more than a line are cut where the line ends, and joined by a space
    let words = "X".repeat(150);
    let long = pacs002::Report { reason: Some(pacs002::Reason { code: String::new(), words }), ..report() };
    let read = pacs002::read(&pacs002::write(&long).unwrap()).unwrap();
    assert_eq!(read.reason.unwrap().words, format!("{} {}", "X".repeat(105), "X".repeat(45)));
}

#[test]
fn what_another_bank_adds_is_passed_over_and_what_it_leaves_out_is_told() {
    let text = String::from_utf8(pacs002::write(&report()).unwrap()).unwrap();
    let added = text.replace("<TxSts>", "<OrgnlTxId>X</OrgnlTxId><TxSts>");
    assert_eq!(pacs002::read(added.as_bytes()), Ok(report()));
    let proprietary =
        text.replace("<ChrgsInf>", "<StsRsnInf><Rsn><Prtry>OWN</Prtry></Rsn></StsRsnInf><ChrgsInf>");
    let reason = pacs002::Reason { code: "OWN".to_owned(), words: String::new() };
    assert_eq!(
        pacs002::read(proprietary.as_bytes()),
        Ok(pacs002::Report { reason: Some(reason), ..report() })
    );
    for (from, to, what) in [
        (
            "<OrgnlUETR>",
            "<OrgnlUETR>x",
            "Document/FIToFIPmtStsRpt/TxInfAndSts/OrgnlUETR: 「x30313233-3435-4637-b839-616263646566」 決められた値ではありません",
        ),
        (
            "<OrgnlMsgId>FT",
            "<OrgnlMsgId>F\nT",
            "OrgnlGrpInf/OrgnlMsgId: 「F�T2026112700001」 文字ではないデータがあります",
        ),
        (
            "<OrgnlInstrId>",
            "<OrgnlInstrId>123456789012345678901234567890",
            "TxInfAndSts/OrgnlInstrId: 「123456789012345678901234567890FT26112700…」 1行が35文字を超えています",
        ),
        ("ACCC", "ACSC", "TxInfAndSts/TxSts: 「ACSC」 決められた値ではありません"),
        ("Ccy=\"USD\"", "Ccy=\"XTS\"", "ChrgsInf/Amt: 「15.00」 決められた値ではありません"),
        (">15.00<", ">-15.00<", "ChrgsInf/Amt: 「-15.00」 決められた値ではありません"),
        ("<MsgDefIdr>pacs.002.001.10", "<MsgDefIdr>pacs.008.001.08", "AppHdr/MsgDefIdr: 「pacs.008.001.08」"),
        ("pacs.002.001.10\">", "pacs.002.001.12\">", "Envelope/Document: ここに来るはずのない要素です"),
        ("+09:00</CreDt>", "</CreDt>", "AppHdr/CreDt: 「2026-11-27T10:00:00」 決められた値ではありません"),
        ("<Fr>", "<Fr/><Fr>", "AppHdr/Fr: ここに来るはずのない要素です"),
        ("<Envelope", "<!DOCTYPE a><Envelope", "ファイル全体: XMLとして読み取れません"),
    ] {
        assert!(text.contains(from), "{from}");
        let findings = pacs002::read(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        let told = findings.kept()[0].to_string();
        assert!(told.contains(what), "{told}");
    }
}

#[track_caller]
fn wrong(change: impl FnOnce(&mut CreditTransfer)) -> Vec<(String, Fault)> {
    let mut transfer = transfer();
    change(&mut transfer);
    let findings = pacs008::write(&transfer).unwrap_err();
    findings.kept().iter().map(|one| (one.place.to_string(), one.fault.clone())).collect()
}

#[test]
fn rules_of_a_remittance_are_told_at_their_element() {
    let breach = |place: &str, breach| vec![(place.to_owned(), Fault::TransferBreach(breach))];
    let dollars = |minor| Money::new(Currency::USD, minor);
    let charge = |minor| vec![(dollars(minor), bic("MIHNJPJT"))];
    assert_eq!(
        wrong(|t| t.creditor.address.town = " ".to_owned()),
        [("Cdtr/PstlAdr/TwnNm".to_owned(), Fault::Missing)]
    );
    let line = |text: &str| vec![text.to_owned()];
    assert_eq!(
        wrong(|t| t.creditor.address.lines = line("HALLE 7, Frankfurt am Main")),
        breach("Cdtr/PstlAdr/AdrLine", Breach::AddressLineRepeats)
    );
    assert_eq!(
        wrong(|t| t.creditor.address.lines = line("NEAR GERMANY SQUARE")),
        breach("Cdtr/PstlAdr/AdrLine", Breach::AddressLineRepeats)
    );
    assert_eq!(
        wrong(|t| t.debtor.address.lines = vec!["A".to_owned(); 3]),
        breach("Dbtr/PstlAdr/AdrLine", Breach::TooManyAddressLines)
    );
    assert_eq!(wrong(|t| t.rate = Some(1.into())), breach("XchgRate", Breach::RateNotNeeded));
    assert_eq!(
        wrong(|t| t.instructed = Money::new(Currency::JPY, 1)),
        breach("XchgRate", Breach::RateMissing)
    );
    assert_eq!(
        wrong(|t| {
            t.settled = dollars(0);
            t.instructed = dollars(0);
        }),
        breach("IntrBkSttlmAmt", Breach::ZeroAmount)
    );
    assert_eq!(
        wrong(|t| t.charge_bearer = ChargeBearer::Creditor),
        breach("ChrgsInf", Breach::ChargesMissing)
    );
    assert_eq!(
        wrong(|t| {
            t.charge_bearer = ChargeBearer::Debtor;
            t.charges = charge(100);
        }),
        breach("ChrgsInf", Breach::ChargesDeducted)
    );
    assert_eq!(wrong(|t| t.charges = charge(100)), breach("ChrgsInf", Breach::ChargesDoNotSum));
    let mut deducted = transfer();
    deducted.charge_bearer = ChargeBearer::Creditor;
    deducted.charges = charge(2_000);
    deducted.settled = dollars(1_232_550);
    assert!(pacs008::write(&deducted).is_ok());
}

#[test]
fn characters_and_lengths_are_told_at_their_element() {
    for (change, place, code, remedy) in [
        (
            Box::new(|t: &mut CreditTransfer| t.creditor.name = "MÜLLER".to_owned())
                as Box<dyn FnOnce(&mut CreditTransfer)>,
            "Cdtr/Nm、2文字目",
            "not-carried",
            "「U」に直してください",
        ),
        (
            Box::new(|t| t.instruction = "REF_1".to_owned()),
            "InstrId、4文字目",
            "not-carried",
            "「-」に直してください",
        ),
        (
            Box::new(|t| t.instruction = "12345678901234567".to_owned()),
            "InstrId、17文字目",
            "line-too-long",
            "語の切れ目で改行するか、短くしてください",
        ),
        (
            Box::new(|t| t.end_to_end = "A//B".to_owned()),
            "EndToEndId",
            "value",
            "先頭と末尾が「/」でなく、「//」のない文字列に直してください",
        ),
        (
            Box::new(|t| t.remittance = "X".repeat(141)),
            "RmtInf/Ustrd、141文字目",
            "line-too-long",
            "語の切れ目で改行するか、短くしてください",
        ),
        (
            Box::new(|t| t.debtor.account = Account::Other(String::new())),
            "Dbtr/Acct/Id/Othr/Id",
            "missing",
            "値を入れてください",
        ),
        (
            Box::new(|t| {
                t.creditor_agent = Agent::Named {
                    name: String::new(),
                    address: Address::of("BERLIN", "DE".parse().unwrap()),
                    clearing: None,
                };
            }),
            "CdtrAgt/FinInstnId/Nm",
            "missing",
            "値を入れてください",
        ),
    ] {
        let (found, fault) = wrong(change).remove(0);
        assert_eq!((found.as_str(), fault.code(), fault.remedy().as_str()), (place, code, remedy));
    }
}

/// The clerk's copy of what leaves, whatever the address's form and the bank's name.
#[test]
fn every_remittance_has_a_copy_in_the_characters_of_mt103() {
    let copy = |transfer: &CreditTransfer| {
        let copy =
            CustomerTransfer::from(transfer).message(&bic("MIHNJPJTXXX"), &bic("CORRUS33XXX")).unwrap();
        (
            copy.uetr(),
            ["20", "32A", "33B", "36", "50F", "57D", "59F", "71A", "71F", "77B"]
                .map(|tag| copy.value(tag).unwrap_or_default().to_owned()),
        )
    };
    let (uetr, fields) = copy(&transfer());
    assert_eq!(uetr, Some(transfer().uetr));
    assert_eq!(
        fields,
        [
            "FT26112700001",
            "261201USD12345,50",
            "USD12345,50",
            "",
            "/1007654321\n1/MIHON SHOJI CO., LTD.\n2/CHUO, AOBA-KU 1-2-3 MIYAGI\n3/JP/980-0000 SENDAI",
            "",
            "/DE89370400440532013000\n1/BEISPIEL AND SOHN GMBH\n2/MUSTERSTRASSE 1\n3/DE/60311 FRANKFURT AM MAIN",
            "SHA",
            "",
            "/JP/110 IMPORT OF MILLING MACHINES",
        ]
    );
    let (_, fields) = copy(&hybrid());
    assert_eq!(
        fields[1..],
        [
            "261201USD980,00",
            "JPY150000,",
            "0,00666667",
            "/1007654321\n1/MIHON SHOJI CO., LTD.\n2/CHUO, AOBA-KU 1-2-3 MIYAGI\n3/JP/980-0000 SENDAI",
            "EXAMPLE SAVINGS BANK\nUSABA 000000013\nSPRINGFIELD, United States",
            "/000123456789\n1/EXAMPLE TOOLS INC\n2/HALL 7, GATE 3, INDUSTRIAL PARK\n2/WEST\n3/US/SPRINGFIELD",
            "BEN",
            "USD20,00",
            "",
        ]
    );
}

proptest! {
    /// What is written is XML that says the same, whatever was typed; or it is told.
    #[test]
    fn texts_come_out_as_they_went_in(
        name in "[ -~é]{1,30}", street in "[ -~]{0,20}", remittance in "[ -~]{0,150}", town in "[A-Z ]{0,40}",
    ) {
        let mut transfer = transfer();
        transfer.creditor.name = name.clone();
        transfer.creditor.address.street = street;
        transfer.creditor.address.town = town.clone();
        transfer.remittance = remittance;
        match pacs008::write(&transfer) {
            Err(findings) => prop_assert!(!findings.is_empty()),
            Ok(bytes) => {
                let root = read_xml(&bytes, Limits::MESSAGE).unwrap();
                let creditor = root.children()[1].children()[0].children()[1].child("Cdtr").unwrap();
                prop_assert_eq!(creditor.child("Nm").unwrap().text().unwrap(), name);
                let address = creditor.child("PstlAdr").unwrap();
                prop_assert_eq!(address.child("TwnNm").unwrap().text().unwrap(), town);
                prop_assert_eq!(address.child("Ctry").unwrap().text().unwrap(), "DE");
            }
        }
    }
}
