//! What a payment leaves in writing: the whole body of every event, and who did it. A proof, the audit and the pages
//! read it years later, so that every field is held to its text here.

use ledger::{AuditRecord, NewEvent};

use super::table::run_in;
use super::{Walk, time};

/// `kind {body} +n bytes`; the digest of the facts, which have ids in them, is left out.
pub(super) fn event(event: &NewEvent) -> String {
    let mut body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
    if let Some(facts) = body.get_mut("facts") {
        assert_eq!(facts.as_str().unwrap().len(), 64, "SHA-256");
        *facts = "digest".into();
    }
    let message = event.message.as_ref().map_or(String::new(), |m| format!(" +{} bytes", m.len()));
    format!("{} {body}{message}", event.kind)
}

pub(super) fn audit(record: &AuditRecord) -> String {
    assert!(record.contract.is_some());
    format!("audit {} {} {}", record.actor, record.action, record.detail)
}

/// Every section of the golden file: a heading, and what its script writes after the hold or the acceptance.
fn written(heading: &str) -> Vec<String> {
    let (what, script) = heading.split_once(": ").unwrap_or((heading, ""));
    let (mut walk, before) = match what {
        "payment" => (Walk::begin(time("24T10:00:00"), None), ""),
        "counter payment" => (Walk::at_counter(time("24T10:00:00")), ""),
        "cancellation" => (Walk::at_counter(time("24T10:00:00")), "accepted"),
        other => panic!("{other}"),
    };
    run_in(&mut walk, before);
    let known = if script.is_empty() { 0 } else { walk.written.len() };
    run_in(&mut walk, script);
    walk.written.split_off(known)
}

#[test]
fn every_way_that_a_payment_goes_is_written_down_whole() {
    let golden = include_str!("record.txt");
    let headings = golden.lines().filter_map(|line| line.strip_prefix("# "));
    let mut now = String::new();
    for heading in headings {
        now += &format!("# {heading}\n{}\n\n", written(heading).join("\n"));
    }
    let first = golden.lines().zip(now.lines()).find(|(golden, now)| golden != now);
    assert_eq!(golden, now, "{first:#?}");
}
