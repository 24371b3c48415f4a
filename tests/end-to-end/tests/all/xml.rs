//! Every message between hub and collectors is valid under the published schema, whatever a test did.

use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::harness::{Clerk, Demo, company, files};

/// Arguments of one xmllint at most.
const FILES_MAX: usize = 500;

/// Validates every message that the demo's collectors have kept, and gives the names of their bodies.
pub async fn assert_messages_valid(demo: &Demo) -> Vec<String> {
    let mut messages = demo.mocks().messages().await;
    let originals: Vec<_> = messages.iter().filter_map(|message| original(message)).collect();
    messages.extend(originals);
    let folder = tempfile::tempdir().unwrap();
    let schema = files::root().join("docs/protocol/mpn-v1.xsd");
    let write = |(number, message): (usize, &Vec<u8>)| {
        let file = folder.path().join(format!("{number}.xml"));
        std::fs::write(&file, message).unwrap();
        file
    };
    let written: Vec<_> = messages.iter().enumerate().map(write).collect();
    for part in written.chunks(FILES_MAX) {
        let output =
            Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(&schema).args(part).output();
        let output = output.expect("xmllint runs; ./test.sh installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    messages.iter().map(|message| body_name(message)).collect()
}

/// The clearing inside of a 再送確認.
fn original(message: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(message);
    let (_, rest) = text.split_once("<Original>")?;
    let (encoded, _) = rest.split_once("</Original>")?;
    Some(BASE64_STANDARD.decode(encoded).unwrap())
}

fn body_name(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let (_, body) = text.split_once("</Header>").unwrap();
    let name = body.trim_start().trim_start_matches('<');
    name.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The bank's own way of every kind of message: answered and refused, sent once and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_message_is_valid() {
    let mut demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let mocks = demo.mocks();
    for (collector, wanted) in [
        ("00200", json!({ "late_charge": 1_200, "amount": 21_200 })),
        ("00500", json!({})),
        ("04000", json!({ "payer": "〇〇&<商店>\"'", "contents": "自動車税 & <種別割>" })),
    ] {
        let bill = mocks.bill(collector, wanted).await;
        clerk.pay_whole(&bill).await;
    }
    let mut wrong = mocks.bill("00200", json!({})).await;
    wrong.confirmation_number = "000001".to_owned();
    clerk.inquire(&wrong).await;
    let typed = mocks.bill("99090", json!({ "amount": 1_500 })).await;
    let review = clerk.reviewed(&typed).await;
    let result = clerk.pay_with_code(&review, &demo.token(&clerk.token_serial)).await;
    assert_eq!(result.page.state(), "accepted", "{}", result.page.text());

    // business refuses, and provisionally
    mocks.fault("00200", json!({ "mode": "refuse", "times": 1 })).await;
    let refused = mocks.bill("00200", json!({})).await;
    let review = clerk.reviewed(&refused).await;
    assert_eq!(clerk.pay(&review).await.page.state(), "rejected");
    mocks.fault("04100", json!({ "mode": "refuse", "times": 1 })).await;
    let provisional = mocks.bill("04100", json!({})).await;
    clerk.pay_whole(&provisional).await;

    // a repeat: the answer is lost and the process with it, so that it need not wait for the interval
    mocks.fault_once("04100", "drop", "clearing").await;
    let repeated = mocks.bill("04100", json!({})).await;
    let review = clerk.reviewed(&repeated).await;
    assert_eq!(clerk.pay(&review).await.page.state(), "unknown");
    let payment = clerk.payments().await.remove(0);
    demo.restart().await;
    clerk.until_accepted(&payment, Duration::from_secs(20)).await;

    demo.assert_sound().await;
    let names = assert_messages_valid(&demo).await;
    for name in ["Inquiry", "InquiryAnswer", "Clearing", "ClearingAnswer", "ResendConfirmation"] {
        assert!(names.iter().any(|found| found == name), "no {name} among {names:?}");
    }
}
