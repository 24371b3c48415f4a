//! The clerk's copy of a remittance.

use domain::remittance::ChargeBearer;
use domain::{Currency, Money};
use formats::swift;
use formats::swift::mt103::{Customer, CustomerTransfer};

use super::sample::{receiver, sender, transfer};
use super::tags;
use crate::golden::assert_golden;

#[test]
fn a_copy_stays_as_it_is_and_another_reader_finds_what_it_says() {
    let copy = transfer().message(&sender(), &receiver()).unwrap();
    assert_golden("remittance.103", copy.to_fin().as_bytes());
    let (kind, fields) = tags::read(&copy.to_fin());
    assert_eq!(kind, "103");
    for (tag, lines) in [
        ("20", vec!["FT2026112700001"]),
        ("32A", vec!["261201USD12345,50"]),
        (
            "50F",
            vec!["/1007654321", "1/MIHON SHOJI CO., LTD.", "2/1-2-3 CHUO, AOBA-KU", "3/JP/980-0000 SENDAI"],
        ),
        ("57A", vec!["EXMPDEFFXXX"]),
        (
            "59F",
            vec![
                "/DE89370400440532013000",
                "1/BEISPIEL MASCHINEN GMBH",
                "2/MUSTERSTRASSE 1",
                "3/DE/60311 FRANKFURT",
            ],
        ),
        ("71A", vec!["SHA"]),
    ] {
        assert_eq!(tags::lines(&fields, tag), lines, "{tag}");
    }
    assert_eq!(swift::read(copy.to_fin().as_bytes()).unwrap(), [copy]);
}

#[test]
fn a_long_name_takes_two_lines_and_the_town_keeps_its_own() {
    let transfer = transfer();
    let beneficiary = Customer {
        name: "BEISPIEL INTERNATIONALE MASCHINENBAU GESELLSCHAFT MIT BESCHRAENKTER HAFTUNG".to_owned(),
        street: "HALLE 7, TOR 3, INDUSTRIEGEBIET WEST, MUSTERSTRASSE 100 BIS 120".to_owned(),
        ..transfer.beneficiary.clone()
    };
    let deducted = Some(Money::new(Currency::USD, 2_000));
    let long = CustomerTransfer { beneficiary, charge_bearer: ChargeBearer::Creditor, deducted, ..transfer };
    let (_, fields) = tags::read(&long.message(&sender(), &receiver()).unwrap().to_fin());
    let lines = tags::lines(&fields, "59F");
    assert_eq!(lines.len(), 5);
    assert!(lines[1].starts_with("1/") && lines[2].starts_with("1/") && lines[3].starts_with("2/"));
    assert_eq!(lines[4], "3/DE/60311 FRANKFURT");
    assert_eq!(tags::lines(&fields, "71F"), ["USD20,00"]);
}

#[test]
fn what_a_copy_cannot_carry_is_told() {
    let beneficiary = Customer { town: "MÜNCHEN".to_owned(), ..transfer().beneficiary };
    let wrong = CustomerTransfer { beneficiary, ..transfer() }.message(&sender(), &receiver()).unwrap_err();
    assert_eq!(
        wrong.kept()[0].to_string(),
        "59F 受取人の4行目、7文字目: 「Ü」 SWIFTの電文で送れない文字です"
    );
    assert_eq!(wrong.kept()[0].fault.remedy(), "「U」に直してください");
}
