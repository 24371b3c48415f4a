//! `mpn check`, which needs no data folder.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::files;

fn check(words: &[&str]) -> (i32, String) {
    let ended: Output = Command::new(files::mpn()).arg("check").args(words).output().unwrap();
    let text = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    (ended.status.code().unwrap(), text.into_owned())
}

/// A file that a test of the formats keeps.
fn kept(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../formats/tests/golden").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_file_is_checked_and_the_exit_code_says_how_it_ended() {
    let file = kept("transfers.21");
    let day = ["--today", "2026-11-24"];
    let (code, text) = check(&[&file, day[0], day[1], "--plan", "web"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("合計: 10,001,080,000円") && text.contains("誤りはありません"), "{text}");
    let (code, text) = check(&[&file, day[0], day[1], "--kind", "salaries", "--json"]);
    assert_eq!(code, 1);
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["findings"][0]["code"], "other-business");
    assert_eq!(check(&[&kept("none"), day[0], day[1]]).0, 2);
    assert_eq!(check(&[&file, "--kind", "letters"]).0, 2);
}
