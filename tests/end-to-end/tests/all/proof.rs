//! The proof of a payment: written by one command, verified by another without the data, and by other people's code.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::api::Caller;
use crate::harness::{Clerk, Demo, company, files};

/// `mpn verify`, which needs no data folder.
fn verify(proof: &Path, keys: Option<&Path>) -> (i32, String) {
    let mut command = Command::new(files::mpn());
    command.arg("verify").arg(proof);
    if let Some(keys) = keys {
        command.arg("--keys").arg(keys);
    }
    said(&command.output().unwrap())
}

fn said(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text.into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_proved_without_the_data() {
    let mut demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 0).await;
    let bill = demo.mocks().bill("04100", serde_json::json!({})).await;
    demo.mocks().fault_once("04100", "drop", "clearing").await;
    let review = clerk.reviewed(&bill).await;
    let result = clerk.pay(&review).await;
    assert_eq!(result.page.state(), "unknown", "{}", result.page.text());

    // the outcome is not known, and that is what is proved
    let number = result.page.field("receipt_number");
    let file = demo.data().join("proof.json");
    let out = file.to_str().unwrap().to_owned();
    let keys = demo.data().join("keys/public.json");
    let written = said(&demo.command(&["proof", &number, "--out", &out]));
    assert_eq!(written, (0, String::new()));
    let (code, text) = verify(&file, Some(&keys));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("not known yet: whether the collector has cleared the bill"), "{text}");

    // another process asks again; the proof then has what both deliveries came to
    demo.restart().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 0).await;
    let path = clerk.payments().await.remove(0);
    clerk.until_accepted(&path, std::time::Duration::from_secs(20)).await;
    let written = said(&demo.command(&["proof", &number, "--out", &out]));
    assert_eq!(written, (0, String::new()));
    let (code, text) = verify(&file, Some(&keys));
    assert_eq!(code, 0, "{text}");
    for part in ["delivery 1: Clearing signed by hub-1", "delivery 2: ResendConfirmation", "sealed by hub-1"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.ends_with("accepted, proved\n"), "{text}");
    others_agree(&file, &keys);
    demo.assert_sound().await;

    // the API hands out the same, to whoever may see the payment, and the keys to verify it with
    let operator = Caller::of(&demo, "operator");
    let id = operator.events().await[0]["payment_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/payments/{id}/proof");
    let (fetched, named) = (demo.data().join("fetched.json"), demo.data().join("named.json"));
    for (path, file) in [(path.as_str(), &fetched), ("/v1/keys", &named)] {
        let (status, text) = operator.text(path).await;
        assert_eq!(status, 200, "{text}");
        std::fs::write(file, text).unwrap();
    }
    let (code, text) = verify(&fetched, Some(&named));
    assert!(code == 0 && text.ends_with("accepted, proved\n"), "{text}");
    others_agree(&fetched, &named);
    for (key, status) in [("company", 200), ("integrator", 404), ("collector", 403)] {
        assert_eq!(Caller::of(&demo, key).get(&path).await.0, status, "{key}");
    }
    demo.assert_sound().await;

    // without keys it is said what is missing; changed or unknown it is refused
    let (code, text) = verify(&file, None);
    assert!(code == 0 && text.starts_with("note") && text.contains("--keys"), "{text}");
    let proof = std::fs::read_to_string(&file).unwrap();
    let amount = format!("\"amount\": {}", bill.amount);
    assert!(proof.contains(&amount), "{proof}");
    std::fs::write(&file, proof.replace(&amount, "\"amount\": 1")).unwrap();
    let (code, text) = verify(&file, Some(&keys));
    assert!(code == 1 && text.contains("WRONG") && text.ends_with("not proved\n"), "{text}");
    assert_eq!(verify(&keys, None).0, 1, "something else");
    assert_eq!(verify(&demo.data().join("nothing"), None).0, 2);
    assert_eq!(said(&demo.command(&["proof", "20261124-99999999"])).0, 2);
}

/// Messages, signatures and the audit log's chain, with http-message-signatures and cryptography of Python.
fn others_agree(proof: &Path, keys: &Path) {
    let python = files::target().join("oracles/venv/bin/python");
    assert!(python.exists(), "{} is missing: ./test.sh installs it", python.display());
    let script = files::root().join("tests/oracles/proof.py");
    let (code, text) =
        said(&Command::new(python).arg("-I").arg(script).arg(proof).arg(keys).output().unwrap());
    assert_eq!(code, 0, "{text}");
}
