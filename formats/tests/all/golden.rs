//! The files byte for byte. `UPDATE_EXAMPLES=1` writes them anew.

use std::path::Path;

use formats::iso20022::camt::Message;

use crate::sample;

pub fn assert_golden(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::write(&path, bytes).unwrap();
    }
    let kept = std::fs::read(&path).unwrap();
    assert!(kept == bytes, "{name} is another file:\n{}", String::from_utf8_lossy(bytes));
}

#[test]
fn files_stay_as_they_are_byte_for_byte() {
    assert_golden("statement.03", &sample::statement_file(&sample::lines()));
    assert_golden("incoming.01", &sample::incoming_file(&sample::transfers()));
    assert_golden("camt.052.xml", &sample::message(Message::Report));
    assert_golden("camt.054.xml", &sample::message(Message::Notification));
}
