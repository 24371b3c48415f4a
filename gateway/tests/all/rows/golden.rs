//! The messages of each institution, byte for byte: its first sample bill asked about and cleared, by a clock that
//! stands.
//!
//! `UPDATE_EXAMPLES=1 cargo test -p gateway rows` writes them anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use collectors::Outcome;
use collectors::protocol::{
    self, BillKey, Body, Channel, Clearing, ClearingAnswer, EntryKind, Header, Inquiry, InquiryAnswer,
    Message,
};
use domain::ResendKey;
use domain::payment::State;
use gateway::{InquiryRequest, PaymentOrder};
use mocks::SeedBill;

use super::{Row, TESTED, limits};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/rows/golden");
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol/mpn-v1.xsd");

/// Asks about the first bill of the row that can be paid, pays it, and compares all four messages.
pub async fn exchange(row: &Row) {
    let number = row.collector.number.as_str();
    let bill = mocks::sample_bills().into_iter().find(|b| b.collector == number && b.scenario == "normal");
    let bill = bill.unwrap();
    assert_eq!(row.messages().await, [] as [i64; 0], "the first exchanges have the first serials");
    if row.collector.methods.online {
        typed(row, &bill).await;
    } else {
        linked(row, &bill).await;
    }
    let ids = row.messages().await;
    for (id, name) in ids.into_iter().zip(["inquiry", "clearing"]) {
        let mut request = row.world.network.xml(number, id, "request").await;
        // a file ends with a line break, as the mocks' messages do; the hub's do not
        request.push(b'\n');
        let answer = row.world.network.xml(number, id, "answer").await;
        compare(number, name, &request);
        compare(number, &format!("{name}-answer"), &answer);
    }
}

/// The hub itself asks and pays.
async fn typed(row: &Row, bill: &SeedBill) {
    let request = InquiryRequest {
        collector: row.collector.number.clone(),
        customer_number: bill.customer_number.parse().unwrap(),
        confirmation_number: bill.confirmation_number.parse().unwrap(),
        category: bill.payment_category.as_ref().map(|digits| digits.parse().unwrap()),
        amount: None,
    };
    let inquiry = row.inquire(request).await.unwrap();
    let found = inquiry.bills.iter().find(|found| found.id.as_str() == bill.bill_id).unwrap();
    let order = PaymentOrder { bill: found.id.clone(), amount: found.amount, ..row.world.order(&inquiry) };
    assert_eq!(row.pay(order).await.state, State::Accepted);
}

/// What the hub sends where the numbers come from the collector's own site.
async fn linked(row: &Row, bill: &SeedBill) {
    let client = row.world.network.client(&limits());
    let now = row.world.clock.now();
    let send = async |serial: u32, body: Body| {
        let key = ResendKey {
            centre: "MPN9999".parse().unwrap(),
            date: now.date(),
            serial: domain::Serial::new(serial).unwrap(),
        };
        let receiver = format!("C{}", row.collector.number).parse().unwrap();
        let message = Message { header: Header::request(&key, receiver, now), body };
        match client.exchange(&row.collector.number, Bytes::from(protocol::encode(&message))).await {
            Outcome::Answered(answer) => answer.message.body,
            other => panic!("{other:?}"),
        }
    };
    let key = BillKey {
        collector: row.collector.number.clone(),
        customer_number: bill.customer_number.parse().unwrap(),
        confirmation_number: bill.confirmation_number.parse().unwrap(),
        category: bill.payment_category.as_ref().map(|digits| digits.parse().unwrap()),
    };
    let bank: protocol::BankCode = "9999".parse().unwrap();
    let channel = Channel::InternetBanking;
    let asked = Inquiry { bill: key.clone(), bank: bank.clone(), channel, amount: None };
    let answer = send(1, Body::Inquiry(asked)).await;
    let Body::InquiryAnswer(InquiryAnswer::Bills(bills)) = answer else { panic!("{answer:?}") };
    let found = bills.iter().find(|found| found.id.as_str() == bill.bill_id).unwrap();
    let clearing = Clearing {
        bill: key,
        bill_id: found.id.clone(),
        amount: found.amount,
        fee: found.fee,
        bank,
        channel,
        entry_kind: EntryKind::Linked,
        receipt_date: now.date(),
        clear_by: found.clear_by,
    };
    let answer = send(2, Body::Clearing(clearing)).await;
    assert!(
        matches!(answer, Body::ClearingAnswer(ClearingAnswer::Normal { provisional: None, .. })),
        "{answer:?}"
    );
}

fn file(number: &str, name: &str) -> PathBuf {
    Path::new(FOLDER).join(number).join(format!("{name}.xml"))
}

fn compare(number: &str, name: &str, message: &[u8]) {
    let file = file(number, name);
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, message).unwrap();
    }
    let golden = std::fs::read(&file).unwrap_or_default();
    let (golden, now) = (String::from_utf8_lossy(&golden), String::from_utf8_lossy(message));
    assert_eq!(golden, now, "{}", file.display());
}

/// Every golden message, of every row and of no other.
fn files() -> Vec<PathBuf> {
    let each = |number: &&str| {
        let names = ["inquiry", "inquiry-answer", "clearing", "clearing-answer"];
        names.map(|name| file(number, name))
    };
    TESTED.iter().flat_map(each).collect()
}

#[test]
fn golden_messages_are_valid_under_the_schema() {
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        return;
    }
    let output =
        Command::new("xmllint").args(["--noout", "--nonet", "--schema", SCHEMA]).args(files()).output();
    let output = output.expect("xmllint runs; ./test.sh installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folders = std::fs::read_dir(FOLDER).unwrap().count();
    assert_eq!(folders, TESTED.len(), "a folder for each row, and no other");
}
