//! Length, leftovers, and what belongs to one machine only.

use super::{File, assert_none, files};

const LINES_MAX: usize = 600;
const LINE_CHARS_MAX: usize = 120;
/// A template's line holds a call with its Japanese texts, where a line break would become white space on the page.
const TEMPLATE_LINE_CHARS_MAX: usize = 200;

/// Files with lines that people read in an editor; prose in Markdown breaks where it likes.
const WRAPPED: &[&str] = &["rs", "html", "css", "sql", "sh"];

/// Files in which a leftover can stand.
const WRITTEN: &[&str] =
    &["rs", "html", "css", "js", "mjs", "py", "go", "sql", "sh", "toml", "md", "xsd", "xml", "yml"];

#[test]
fn a_file_is_one_concept_and_fits_its_length() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|f| f.has_extension(&["rs"])) {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            findings.push(format!("{} has {lines} lines", file.path));
        }
    }
    assert_none(&findings, &format!("at most {LINES_MAX} lines"));
}

#[test]
fn lines_are_short() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|f| f.has_extension(WRAPPED)) {
        let most = if file.has_extension(&["html"]) { TEMPLATE_LINE_CHARS_MAX } else { LINE_CHARS_MAX };
        for (number, line) in file.text.lines().enumerate() {
            let chars = line.chars().count();
            if chars > most {
                findings.push(format!("{}:{} has {chars} characters", file.path, number + 1));
            }
        }
    }
    assert_none(&findings, &format!("at most {LINE_CHARS_MAX} characters a line"));
}

#[test]
fn files_end_with_one_line_break_and_lines_without_space() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|f| f.has_extension(WRITTEN)) {
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            findings.push(format!("{} does not end with one line break", file.path));
        }
        for (number, line) in file.text.split('\n').enumerate() {
            if line.ends_with([' ', '\t', '\r']) {
                findings.push(format!("{}:{} ends with white space", file.path, number + 1));
            }
        }
    }
    assert_none(&findings, "clean ends");
}

/// Put together here, so that this file is not found by its own search.
fn leftovers() -> Vec<String> {
    let halves = [
        ("todo", "!"),
        ("unimplemented", "!"),
        ("dbg", "!("),
        ("FIX", "ME"),
        ("TO", "DO"),
        ("XX", "X"),
        ("#[ign", "ore"),
    ];
    halves.iter().map(|(a, b)| format!("{a}{b}")).collect()
}

/// Whether `needle` stands in `line` as a word of its own.
fn contains_word(line: &str, needle: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(needle).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + needle.len()..]);
        let whole_start = !needle.starts_with(is_word) || !before.ends_with(is_word);
        let whole_end = !needle.ends_with(is_word) || !after.starts_with(is_word);
        whole_start && whole_end
    })
}

fn search(file: &File, needles: &[String], findings: &mut Vec<String>) {
    for (number, line) in file.text.lines().enumerate() {
        for needle in needles.iter().filter(|needle| contains_word(line, needle)) {
            findings.push(format!("{}:{} {needle}", file.path, number + 1));
        }
    }
}

#[test]
fn nothing_is_left_to_be_done() {
    let needles = leftovers();
    let mut findings = Vec::new();
    for file in files().iter().filter(|f| f.has_extension(WRITTEN)) {
        search(file, &needles, &mut findings);
    }
    assert_none(&findings, "leftover markers");
}

#[test]
fn nothing_names_one_machine_or_a_registry() {
    let halves = [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/op", "t/"),
        ("static.crat", "es.io"),
        ("index.crat", "es.io"),
        ("registry.npm", "js.org"),
        ("pypi.o", "rg"),
        ("files.python", "hosted.org"),
    ];
    let needles: Vec<String> = halves.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let mut findings = Vec::new();
    for file in files() {
        for (number, line) in file.text.lines().enumerate() {
            for needle in needles.iter().filter(|needle| line.contains(needle.as_str())) {
                // a folder of that name further down a path is fine, the root's is not
                let starts_a_path = !needle.starts_with('/')
                    || line.match_indices(needle.as_str()).any(|(at, _)| {
                        !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "_-.}".contains(c))
                    });
                if starts_a_path {
                    findings.push(format!("{}:{} {needle}", file.path, number + 1));
                }
            }
        }
    }
    assert_none(&findings, "paths of a machine and hosts of registries");
}

#[test]
fn words_are_found_whole() {
    let marker = leftovers().remove(4);
    assert!(contains_word(&format!("// {marker}: later"), &marker));
    assert!(!contains_word(&format!("{marker}S"), &marker));
    let call = leftovers().remove(2);
    assert!(contains_word(&format!("let x = {call}x);"), &call));
    assert!(!contains_word(&format!("my{call}x);"), &call));
}
