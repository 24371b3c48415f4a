//! The report's files, of a run in which something is wrong.

use std::path::Path;
use std::process::Command;

use conformance::{Cases, Choice, Outcome, Phase, report, run, signing_key};
use mocks::Mistake;

use crate::collector::{Collector, NATIONAL};

/// One that passes, one that fails, one that is not for this collector.
const IDS: [&str; 3] = ["clearing-normal", "clearing-key-reused", "clearing-provisional-again"];

async fn written(folder: &Path) -> (Outcome, conformance::Declaration) {
    let collector = Collector::start_mistaken(NATIONAL, Mistake::OverlooksReusedKeys).await;
    let choice = Choice { cases: IDS.map(str::to_owned).into(), ..Choice::default() };
    let cases = Cases::embedded();
    let outcome = run(&collector.declaration, &cases, &choice, &mut |_| {}).await.unwrap();
    let key = signing_key(&collector.declaration).unwrap();
    assert_eq!(report::write(folder, &outcome, &cases, &key).unwrap().len(), 5);
    report::verify(folder, &key.verifying_key()).unwrap();
    let declaration = collector.declaration.clone();
    let tampered = std::fs::read_to_string(folder.join("junit.xml"))
        .unwrap()
        .replace("failures=\"1\"", "failures=\"0\"");
    let whole = std::fs::read(folder.join("junit.xml")).unwrap();
    std::fs::write(folder.join("junit.xml"), tampered).unwrap();
    let wrong = report::verify(folder, &key.verifying_key()).unwrap_err();
    assert_eq!(wrong.0.en, "junit.xml is not what was signed");
    std::fs::write(folder.join("junit.xml"), whole).unwrap();
    let json = std::fs::read_to_string(folder.join("report.json")).unwrap();
    std::fs::write(folder.join("report.json"), json.replace("\"conforms\": false", "\"conforms\": true"))
        .unwrap();
    let wrong = report::verify(folder, &key.verifying_key()).unwrap_err();
    assert_eq!(wrong.0.en, "report.json is not what was signed");
    std::fs::write(folder.join("report.json"), json).unwrap();
    collector.stop().await;
    (outcome, declaration)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_signed_and_says_of_a_failure_what_why_and_how() {
    let folder = tempfile::tempdir().unwrap();
    let (outcome, _) = written(folder.path()).await;
    assert_eq!(outcome.failures().count(), 1);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();

    let junit = Command::new("xmllint").arg("--noout").arg(folder.path().join("junit.xml")).status().unwrap();
    assert!(junit.success(), "another reader takes junit.xml for XML");
    let junit = read("junit.xml");
    for part in [
        "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"",
        "<testcase name=\"clearing-key-reused\"",
        "<failure type=\"What a collector must record\"",
        "\n&gt; ",
    ] {
        assert!(junit.contains(part), "{part} is not in {junit}");
    }

    for (name, parts) in [
        (
            "report.en.html",
            [
                "1 passed, 1 failed, 1 not for it, ",
                "not chosen (connection ",
                "Why it matters to money",
                "Here:",
            ],
        ),
        ("report.ja.html", ["合格 1、不合格 1、対象外 1", "未選択 ", "資金への影響", "ここが不適合:"]),
    ] {
        let html = read(name);
        for part in parts {
            assert!(html.contains(part), "{part} is not in {name}");
        }
        for absent in ["<script", "src=", "href=\"http", "@import", "url("] {
            assert!(!html.contains(absent), "{absent} is in {name}");
        }
    }

    let json: serde_json::Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(json["conforms"], false);
    assert_eq!(json["not_chosen"], Cases::embedded().cases.len() - IDS.len());
    let of_phases = json["not_chosen_of"].as_object().unwrap();
    assert_eq!(of_phases.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), json["not_chosen"]);
    assert_eq!(of_phases.len(), Phase::ALL.len(), "{of_phases:?}");
    let failed = json["cases"].as_array().unwrap().iter().find(|case| case["verdict"] == "failed").unwrap();
    assert_eq!(failed["id"], "clearing-key-reused");
    assert_eq!(failed["finding"]["clause"], "Record");
    assert!(failed["exchanges"].as_array().unwrap().len() >= 3, "{failed}");
    let place = usize::try_from(failed["finding"]["exchange"].as_u64().unwrap()).unwrap();
    let (shows, said) = (&failed["exchanges"][place]["result"]["en"], &failed["finding"]["what"]["en"]);
    assert_eq!(shows, "code 0000", "the exchange that is marked is the one that is wrong");
    assert_eq!(said, "B901 was due, and there came code 0000");
}
