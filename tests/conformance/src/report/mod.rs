//! The report as files: HTML for people in both languages, JUnit XML for CI, JSON for programs, and a signature of the
//! kit's key over the JSON, which has the digests of the others.

mod html;
mod json;
mod junit;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::signature::{SigningKey, VerifyingKey, content_digest};
use serde::{Deserialize, Serialize};

use crate::case::Cases;
use crate::run::Outcome;
use crate::text::{Language, Trouble};

/// What the signed text begins with, so that the signature is of nothing else.
const PURPOSE: &[u8] = b"mpn conformance report 1\n";
/// The files whose digests the JSON has.
const COVERED: [&str; 3] = ["report.en.html", "report.ja.html", "junit.xml"];
const JSON: &str = "report.json";
const SIGNATURE: &str = "report.sig.json";

/// Who signed a report.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    key_id: String,
    algorithm: String,
    /// Base64, over the purpose and the bytes of `report.json`.
    signature: String,
}

/// Writes every file of a report into a folder, which is made where there is none.
pub fn write(
    folder: &Path,
    outcome: &Outcome,
    cases: &Cases,
    key: &SigningKey,
) -> Result<Vec<PathBuf>, Trouble> {
    let texts = [
        html::page(outcome, cases, Language::En),
        html::page(outcome, cases, Language::Ja),
        junit::suites(outcome),
    ];
    let files =
        COVERED.iter().zip(&texts).map(|(name, text)| ((*name).to_owned(), content_digest(text.as_bytes())));
    let json = json::document(outcome, cases, files.collect()).map_err(|error| failed(folder, &error))?;
    let signature = key.sign(&[PURPOSE, json.as_bytes()].concat());
    let signature = Signature {
        key_id: key.id().to_owned(),
        algorithm: "ed25519".to_owned(),
        signature: STANDARD.encode(signature),
    };
    let signature = serde_json::to_string_pretty(&signature).map_err(|error| failed(folder, &error))? + "\n";
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let all = COVERED.iter().zip(&texts).map(|(name, text)| (*name, text));
    let mut written = Vec::new();
    for (name, text) in all.chain([(JSON, &json), (SIGNATURE, &signature)]) {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(|error| failed(&file, &error))?;
        written.push(file);
    }
    Ok(written)
}

/// Whether a report is as the holder of `key` has signed it, with all its files.
pub fn verify(folder: &Path, key: &VerifyingKey) -> Result<(), Trouble> {
    let read = |name: &str| {
        let file = folder.join(name);
        std::fs::read(&file).map_err(|error| failed(&file, &error))
    };
    let wrong = |name: &str| {
        Trouble::new(format!("{name} is not what was signed"), format!("{name} は署名されたものと違います。"))
    };
    let signature: Signature = serde_json::from_slice(&read(SIGNATURE)?).map_err(|_| wrong(SIGNATURE))?;
    let json = read(JSON)?;
    let bytes = STANDARD.decode(&signature.signature).map_err(|_| wrong(SIGNATURE))?;
    if signature.key_id != key.id() || !key.verifies(&[PURPOSE, &json].concat(), &bytes) {
        return Err(wrong(JSON));
    }
    let document: serde_json::Value = serde_json::from_slice(&json).map_err(|_| wrong(JSON))?;
    for name in COVERED {
        if document["files"][name].as_str() != Some(content_digest(&read(name)?).as_str()) {
            return Err(wrong(name));
        }
    }
    Ok(())
}

fn failed(file: &Path, error: &dyn std::fmt::Display) -> Trouble {
    let file = file.display();
    Trouble::new(format!("{file}: {error}"), format!("{file}: {error}"))
}

/// Text that means nothing to XML or HTML; what XML cannot carry at all becomes a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Seconds with three places.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_collector_cannot_become_markup() {
        assert_eq!(
            escaped("<b a=\"1\">'&\u{0}\u{1b}"),
            "&lt;b a=&quot;1&quot;&gt;&#39;&amp;\u{fffd}\u{fffd}"
        );
        assert_eq!(seconds(61_005), "61.005");
    }
}
