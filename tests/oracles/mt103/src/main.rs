//! Reads an MT103 as the crate swift-mt-message does, and compares what it says with the remittance that it is of.

use serde_json::{Value, json};
use swift_mt_message::SwiftParser;
use swift_mt_message::messages::MT103;

fn main() {
    let path = std::env::args().nth(1).expect("the file of an MT103");
    let fin = std::fs::read_to_string(path).expect("a message");
    let message = SwiftParser::parse::<MT103>(&fin).expect("a message that another reads");
    let judged = message.validate();
    assert!(judged.is_valid, "{:?}", judged.errors);
    let read = serde_json::to_value(&message).expect("its fields");
    let said: [(&str, Value); 13] = [
        ("/basic_header/sender_bic", json!("MIHNJPJT")),
        ("/application_header/receiver_bic", json!("EXMPDEFF")),
        ("/user_header/unique_end_to_end_reference", json!("30313233-3435-4637-b839-616263646566")),
        ("/fields/20/reference", json!("FT2026112700001")),
        ("/fields/32A/value_date", json!("2026-12-01")),
        ("/fields/32A/currency", json!("USD")),
        ("/fields/32A/amount", json!(12_345.5)),
        ("/fields/50F/party_identifier", json!("/1007654321")),
        (
            "/fields/50F/name_and_address",
            json!(["MIHON SHOJI CO., LTD.", "1-2-3 CHUO, AOBA-KU", "JP/980-0000 SENDAI"]),
        ),
        ("/fields/57A/bic", json!("EXMPDEFFXXX")),
        ("/fields/59F/party_identifier", json!("DE89370400440532013000")),
        ("/fields/70/narrative", json!(["INVOICE 4711 OF 2026-10-01"])),
        ("/fields/71A/code", json!("SHA")),
    ];
    for (place, value) in said {
        assert_eq!(read.pointer(place), Some(&value), "{place}");
    }
    println!("another implementation reads the copy alike");
}
