//! The messages of each institution, byte for byte: its first sample bill asked about and cleared, by a clock that
//! stands. Where nothing is asked about, its site hands the bill over, and it is cleared.
//!
//! `UPDATE_EXAMPLES=1 cargo test -p gateway rows` writes them anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use collectors::Directory;
use domain::payment::State;
use gateway::{InquiryRequest, PaymentOrder};
use mocks::SeedBill;

use super::{Row, TESTED};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/rows/golden");
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol/mpn-v1.xsd");

/// Stands for the name that a site draws for its hand-off.
const NONCE: &str = "AAAAbbbbCCCC-_09";

/// The messages of a row, in their order.
fn names(online: bool) -> &'static [&'static str] {
    if online { &["inquiry", "clearing"] } else { &["clearing"] }
}

/// Pays the first bill of the row that can be paid, and compares all messages.
pub async fn exchange(row: &Row) {
    let number = row.collector.number.as_str();
    let bill = mocks::sample_bills().into_iter().find(|b| b.collector == number && b.scenario == "normal");
    let bill = bill.unwrap();
    assert_eq!(row.messages().await, [] as [i64; 0], "the first exchanges have the first serials");
    let online = row.collector.methods.online;
    let drawn = if online {
        typed(row, &bill).await;
        None
    } else {
        Some(row.pays_linked(&row.bill(&bill.bill_id).await).await)
    };
    let ids = row.messages().await;
    assert_eq!(ids.len(), names(online).len(), "no message beside these");
    for (id, name) in ids.into_iter().zip(names(online)) {
        let mut request = row.world.network.xml(number, id, "request").await;
        // a file ends with a line break, as the mocks' messages do; the hub's do not
        request.push(b'\n');
        let answer = row.world.network.xml(number, id, "answer").await;
        for (side, message) in [("", request), ("-answer", answer)] {
            let message = String::from_utf8(message).unwrap();
            let message = drawn.as_ref().map_or(message.clone(), |drawn| message.replace(drawn, NONCE));
            compare(number, &format!("{name}{side}"), &message);
        }
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

fn file(number: &str, name: &str) -> PathBuf {
    Path::new(FOLDER).join(number).join(format!("{name}.xml"))
}

fn compare(number: &str, name: &str, now: &str) {
    let file = file(number, name);
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, now).unwrap();
    }
    let golden = std::fs::read(&file).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(&golden), now, "{}", file.display());
}

/// Every golden message, of every row and of no other.
fn files() -> Vec<PathBuf> {
    let directory = Directory::embedded();
    let each = |number: &&str| {
        let row = directory.get(&number.parse().unwrap()).unwrap();
        let both = |name: &&str| [file(number, name), file(number, &format!("{name}-answer"))];
        names(row.methods.online).iter().flat_map(both).collect::<Vec<_>>()
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
    let folders: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|folder| folder.unwrap().path()).collect();
    assert_eq!(folders.len(), TESTED.len(), "a folder for each row, and no other");
    let kept: usize = folders.iter().map(|folder| std::fs::read_dir(folder).unwrap().count()).sum();
    assert_eq!(kept, files().len(), "no message besides those that are compared");
}
