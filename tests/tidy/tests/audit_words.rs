//! Every action of the audit log has a Japanese label.

use std::collections::BTreeMap;

use super::{File, assert_none, files};

/// Where the labels are.
const LABELS: &str = "internet-banking/src/audit_words.rs";
/// Whose sources write records.
const WRITERS: &[&str] = &[
    "gateway/src/",
    "internet-banking/src/",
    "console/src/",
    "ledger/src/",
    "transfers/src/",
    "bulk/src/",
    "src/",
];
/// Whose words of this form name operations in a data file, and no records.
const OPERATIONS: &[&str] = &["internet-banking/src/tokens/demands.rs"];
/// What stands behind the dot where a text of this form is the name of a file or a host and no action.
const FILES: &[&str] =
    &["css", "example", "html", "js", "json", "lock", "pem", "rs", "sqlite", "toml", "xml"];

/// Texts of a source that have the form of an action: `settlement.close`.
fn actions(source: &str) -> impl Iterator<Item = &str> {
    let product = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    product.split('"').filter(|text| is_action(text))
}

fn is_action(text: &str) -> bool {
    let lower = |part: &str, also: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || also.contains(c))
    };
    // an area is a word; what is shorter is the alias of a table
    text.split_once('.').is_some_and(|(area, act)| {
        area.len() > 3 && lower(area, "-") && lower(act, "_-") && !FILES.contains(&act)
    })
}

/// The actions that have a label, and the label.
fn labels(source: &str) -> BTreeMap<&str, &str> {
    let texts: Vec<&str> = source.split('"').collect();
    let pairs = texts.windows(3).filter(|three| three[1] == ", ");
    pairs
        .filter(|three| is_action(three[0]) || three[0] == "commit")
        .map(|three| (three[0], three[2]))
        .collect()
}

fn writes(file: &File) -> bool {
    let is_test =
        file.path.contains("/tests/") || file.name().ends_with("tests.rs") || file.name() == "samples.rs";
    WRITERS.iter().any(|folder| file.path.starts_with(folder))
        && file.has_extension(&["rs"])
        && !is_test
        && file.path != LABELS
        && !OPERATIONS.contains(&file.path.as_str())
}

#[test]
fn every_audit_action_has_a_label() {
    let files = files();
    let known = labels(&files.iter().find(|file| file.path == LABELS).unwrap().text);
    assert!(known.len() > 40, "the labels were not read");
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| writes(file)) {
        for action in actions(&file.text).filter(|action| !known.contains_key(action)) {
            findings.push(format!("{}: {action} has no label in {LABELS}", file.path));
        }
    }
    assert_none(&findings, "an action of the audit log without words for the staff");
    for (action, label) in &known {
        let of_nobody = *action != "commit"
            && !files
                .iter()
                .filter(|file| writes(file))
                .any(|file| actions(&file.text).any(|a| a == *action));
        if of_nobody {
            findings.push(format!("{action} is written nowhere"));
        }
        if label.is_ascii() {
            findings.push(format!("{action} is called {label}"));
        }
    }
    assert_none(&findings, "labels of the audit log");
}

#[test]
fn actions_are_recognised() {
    let source = "note(\"console.sign_in\", \"a b.c\"); let file = \"bank.html\"; (\"service.pre-close\", 7)";
    assert_eq!(actions(source).collect::<Vec<_>>(), ["console.sign_in", "service.pre-close"]);
    let words = "(\"console.sign_in\", \"職員のログイン\"),\n(\"commit\", \"記録\")";
    assert_eq!(labels(words).len(), 2);
    assert_eq!(labels(words)["console.sign_in"], "職員のログイン");
}
