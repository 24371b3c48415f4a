//! Licence expressions (SPDX): may a dependency under one be shipped with ours?

/// Licences that ask for no more than their notice; MPL-2.0 asks for changes to its own files only.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether the expression can be met by accepted licences alone. What cannot be read is not accepted.
pub(super) fn is_accepted(expression: &str) -> bool {
    // crates of long ago write a slash for OR
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    any_of(&mut words) == Some(true) && words.is_empty()
}

/// `a OR b`; the words stand in reverse, the next one last.
fn any_of(words: &mut Vec<&str>) -> Option<bool> {
    let mut met = all_of(words)?;
    while words.last() == Some(&"OR") {
        words.pop();
        // both sides are read, whatever the first one says
        met = all_of(words)? || met;
    }
    Some(met)
}

/// `a AND b`, which binds closer.
fn all_of(words: &mut Vec<&str>) -> Option<bool> {
    let mut met = one(words)?;
    while words.last() == Some(&"AND") {
        words.pop();
        met = one(words)? && met;
    }
    Some(met)
}

fn one(words: &mut Vec<&str>) -> Option<bool> {
    match words.pop()? {
        "(" => {
            let met = any_of(words)?;
            (words.pop()? == ")").then_some(met)
        }
        "OR" | "AND" | "WITH" | ")" => None,
        licence => {
            if words.last() == Some(&"WITH") {
                words.pop();
                // an exception only permits more
                words.pop()?;
            }
            Some(ACCEPTED.contains(&licence))
        }
    }
}

#[test]
fn expressions_are_read_as_spdx_says() {
    for good in [
        "MIT",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "(MIT OR GPL-3.0-only) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_accepted(good), "{good}");
    }
    for bad in
        ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT", "MIT MIT", "MIT OR", "AGPL-3.0 OR GPL-2.0"]
    {
        assert!(!is_accepted(bad), "{bad}");
    }
}
