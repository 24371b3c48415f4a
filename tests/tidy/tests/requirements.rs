//! docs/requirements.md: each rule with the tests that prove it, as their doc comments say (`/// Proves R104.`).
//!
//! `UPDATE_EXAMPLES=1 cargo test -p tidy requirements` writes it anew. A further rule is a line of
//! `requirements.txt`.

use std::collections::BTreeMap;

use super::{File, assert_none, files, root};

/// The rules: headings, and lines of an id and its words.
const RULES: &str = include_str!("requirements.txt");

/// The committed document.
const COMMITTED: &str = "docs/requirements.md";

const HEAD: &str = "\
# Requirements

What each rule says, and the tests that prove it. Written from the tests' doc comments (`/// Proves R104.`) and held
against them: `UPDATE_EXAMPLES=1 cargo test -p tidy requirements` renews it. A further rule is a line of
`tests/tidy/tests/requirements.txt`. `cargo test --workspace --features crash-points NAME` runs one test.
";

/// A test that says what it proves.
#[derive(Debug, PartialEq, Eq)]
struct Proof<'a> {
    rules: Vec<&'a str>,
    test: &'a str,
    /// Whether it is one: by its attribute, or named by a macro that makes tests.
    is_test: bool,
}

/// `R104`, `R80b`, `SEC-40`.
fn is_rule(id: &str) -> bool {
    let digits = id.strip_prefix("SEC-").or_else(|| id.strip_prefix('R')).unwrap_or_default();
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_alphanumeric())
}

/// The rules that a line of a doc comment names.
fn rules(line: &str) -> Option<Vec<&str>> {
    let list = line.trim().strip_prefix("/// Proves ")?.strip_suffix('.')?;
    let ids: Vec<_> = list.split(", ").collect();
    ids.iter().all(|id| is_rule(id)).then_some(ids)
}

/// The name that a line declares: a function, or a test of a macro's list (`row_00100 = "00100",`).
fn declared(line: &str) -> Option<(&str, bool)> {
    let line = line.trim();
    let function = line.strip_prefix("pub ").unwrap_or(line);
    let function = function.strip_prefix("async ").unwrap_or(function).strip_prefix("fn ");
    match function {
        Some(rest) => rest.split(['(', '<']).next().map(|name| (name, false)),
        None => line.split_once(" = ").map(|(name, _)| (name, true)),
    }
}

/// The names that `on_both!` makes tests of.
fn on_both(source: &str) -> Vec<&str> {
    let lists = source.split("on_both!(").skip(1).filter_map(|rest| rest.split(')').next());
    lists.flat_map(|list| list.split(',')).map(str::trim).collect()
}

fn proofs(source: &str) -> Vec<Proof<'_>> {
    let both = on_both(source);
    let lines: Vec<_> = source.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(rules) = rules(line) else { continue };
        let is_before = |line: &&&str| line.trim().starts_with("///") || line.trim().starts_with("#[");
        let between: Vec<_> = lines[at..].iter().take_while(is_before).collect();
        let has_attribute = between.iter().any(|l| l.contains("#[test]") || l.contains("#[tokio::test"));
        let (test, in_list) =
            lines.get(at + between.len()).and_then(|line| declared(line)).unwrap_or_default();
        let is_test = !test.is_empty() && (has_attribute || in_list || both.contains(&test));
        found.push(Proof { rules, test, is_test });
    }
    found
}

/// The lines of the rules: `Err` with a heading, `Ok` with an id and its words.
fn listed() -> impl Iterator<Item = Result<(&'static str, &'static str), &'static str>> {
    RULES.lines().filter(|line| !line.is_empty()).map(|line| match line.strip_prefix("# ") {
        Some(heading) => Err(heading),
        None => Ok(line.split_once(' ').unwrap_or((line, ""))),
    })
}

/// The tests that prove each rule, in the order of the files.
fn proven(files: &[File]) -> (BTreeMap<&str, Vec<&str>>, Vec<String>) {
    let known: Vec<_> = listed().filter_map(Result::ok).map(|(id, _)| id).collect();
    let (mut tests, mut findings) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
    for file in files.iter().filter(|file| file.has_extension(&["rs"])) {
        for proof in proofs(&file.text) {
            if !proof.is_test {
                findings.push(format!("{}: {} is no test and proves nothing", file.path, proof.test));
            }
            for rule in proof.rules {
                if !known.contains(&rule) {
                    findings
                        .push(format!("{}: {} proves {rule}, which is not listed", file.path, proof.test));
                }
                tests.entry(rule).or_default().push(proof.test);
            }
        }
    }
    (tests, findings)
}

fn document(tests: &BTreeMap<&str, Vec<&str>>) -> String {
    let mut out = HEAD.to_owned();
    for line in listed() {
        match line {
            Err(heading) => {
                out += &format!("\n## {heading}\n\n| rule | what it says | tests |\n|---|---|---|\n");
            }
            Ok((id, words)) => {
                let tests = tests.get(id).map(Vec::as_slice).unwrap_or_default();
                let tests: Vec<_> = tests.iter().map(|test| format!("`{test}`")).collect();
                out += &format!("| {id} | {words} | {} |\n", tests.join(", "));
            }
        }
    }
    out
}

#[test]
fn every_requirement_names_the_tests_that_prove_it() {
    let files = files();
    let (tests, mut findings) = proven(&files);
    for (id, words) in listed().filter_map(Result::ok) {
        if !tests.contains_key(id) {
            findings.push(format!("{id} is proven by no test"));
        }
        if !is_rule(id) || words.is_empty() {
            findings.push(format!("{id} is no rule with words"));
        }
    }
    assert_none(&findings, "requirements");
    let (file, now) = (root().join(COMMITTED), document(&tests));
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let first = committed.lines().zip(now.lines()).find(|(committed, now)| committed != now);
    assert!(
        committed == now,
        "{COMMITTED} is not what the tests say; UPDATE_EXAMPLES=1 renews it: {first:#?}"
    );
}

#[test]
fn proofs_are_found_above_tests_alone() {
    let comment = |rules: &str| format!("/// A rule.\n///\n/// {}ves {rules}.\n", "Pro");
    let source = format!(
        "on_both!(\n    b,\n);\n{}#[test]\nfn a() {{}}\n{}async fn b(test: X) {{}}\n{}fn c() {{}}\n{}    d = \"1\",\n",
        comment("R1"),
        comment("R2, SEC-3"),
        comment("R80b"),
        comment("R4"),
    );
    let found: Vec<_> = proofs(&source).into_iter().map(|p| (p.rules, p.test, p.is_test)).collect();
    assert_eq!(
        found,
        [
            (vec!["R1"], "a", true),
            (vec!["R2", "SEC-3"], "b", true),
            (vec!["R80b"], "c", false),
            (vec!["R4"], "d", true),
        ]
    );
    assert_eq!(rules("/// Proves a payment that nothing is wrong with."), None);
}
