//! Pages hold nothing that the content security policy would block, and nothing from elsewhere (SEC-31).

use super::{assert_none, files};

/// The start tags of a page, each from `<` to `>`.
fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.match_indices('<').map(|(at, _)| {
        let rest = &page[at..];
        &rest[..rest.find('>').unwrap_or(rest.len())]
    })
}

/// Whether a tag has an attribute whose name passes `test`.
fn has_attribute(tag: &str, test: impl Fn(&str) -> bool) -> bool {
    tag.split_whitespace().skip(1).any(|word| word.split_once('=').is_some_and(|(name, _)| test(name)))
}

fn fault(tag: &str) -> Option<&'static str> {
    let lower = tag.to_ascii_lowercase();
    let loads = ["src=\"http", "src=\"//", "action=\"http:", "<link rel=\"stylesheet\" href=\"http"];
    if has_attribute(&lower, |name| name == "style") || lower.starts_with("<style") {
        Some("an inline style")
    } else if lower.starts_with("<script") && !has_attribute(&lower, |name| name == "src") {
        Some("an inline script")
    } else if has_attribute(&lower, |name| name.starts_with("on")) {
        Some("an event handler")
    } else if lower.contains("javascript:") {
        Some("a script as an address")
    } else if loads.iter().any(|load| lower.contains(load)) {
        Some("something from another origin")
    } else {
        None
    }
}

#[test]
fn pages_have_no_inline_style_or_script_and_load_nothing_from_elsewhere() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|f| f.has_extension(&["html", "svg"])) {
        for (tag, what) in tags(&file.text).filter_map(|tag| fault(tag).map(|what| (tag, what))) {
            findings.push(format!("{}: {what} in {tag}>", file.path));
        }
    }
    assert_none(&findings, "templates");
}

#[test]
fn nothing_is_marked_safe_without_escaping() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|f| f.has_extension(&["html"])) {
        for (number, line) in file.text.lines().enumerate() {
            if line.replace(' ', "").contains("|safe") {
                findings.push(format!("{}:{}", file.path, number + 1));
            }
        }
    }
    assert_none(&findings, "values in pages are always escaped");
}

/// Words that a bank's page says in one way only.
#[test]
fn a_page_says_one_thing_by_one_word() {
    let mut findings = Vec::new();
    let folders = ["internet-banking/", "console/", "edge/templates/"];
    let pages = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
    for file in files().iter().filter(|f| pages(&f.path) && f.has_extension(&["html", "rs", "txt"])) {
        for (other, ours) in [("き\u{3087}う", "本日"), ("\u{4eca}日", "本日")] {
            for (number, line) in file.text.lines().enumerate() {
                if line.contains(other) {
                    findings.push(format!("{}:{}: {other}, where others say {ours}", file.path, number + 1));
                }
            }
        }
    }
    assert_none(&findings, "words of pages");
}

#[test]
fn faults_are_recognised() {
    for (page, what) in [
        ("<p style=\"x\">", "an inline style"),
        ("<style>", "an inline style"),
        ("<script>", "an inline script"),
        ("<button type=button onclick=\"x\">", "an event handler"),
        ("<a href=\"javascript:x\">", "a script as an address"),
        ("<img src=\"https://e.example/x\">", "something from another origin"),
    ] {
        assert_eq!(tags(page).find_map(fault), Some(what), "{page}");
    }
    let good =
        "<p class=\"style=\"><script src=\"/static/a.js\" defer></script> style=1 <a href=\"/x\">a</a>";
    assert_eq!(tags(good).find_map(fault), None);
}
