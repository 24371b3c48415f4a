//! A reader of its own: it splits a message at its line breaks and knows by heart how long a line of each tag may be.

/// The fields of a message, each a tag and its lines.
pub type Tags = Vec<(String, Vec<String>)>;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Lines and characters a line at most; the second line of 41 and of the parties is longer or shorter than the first.
fn size(tag: &str) -> (usize, usize) {
    match tag {
        "20" | "21" | "23" => (1, 16),
        "45A" | "46A" | "47A" | "49G" | "49H" | "45B" | "46B" | "47B" | "49M" | "49N" => (100, 65),
        "44A" | "44B" | "44E" | "44F" => (1, 140),
        "44D" => (6, 65),
        "78" => (12, 65),
        "71D" | "72Z" | "72" => (6, 35),
        "71N" => (7, 35),
        "77B" | "42C" => (3, 35),
        "50" | "39C" | "42M" | "42P" | "70" => (4, 35),
        "59" | "41D" | "42D" | "51D" | "53D" | "57D" | "58D" | "50F" | "59F" => (5, 35),
        "41A" => (2, 14),
        "40E" => (1, 66),
        "48" => (1, 39),
        "31D" => (1, 35),
        "40A" => (1, 24),
        "32A" => (1, 24),
        "32B" | "33B" | "71F" => (1, 18),
        _ => (1, 35),
    }
}

fn signs(tag: &str) -> &'static str {
    match size(tag) {
        (100, _) | (1, 140) => "/-?:().,'+ =!\"%&*;<>{@#_",
        _ if matches!(tag, "71D" | "72Z" | "71N") => "/-?:().,'+ =!\"%&*;<>{@#_",
        _ => "/-?:().,'+ ",
    }
}

/// Reads a message and holds every line against what this file knows. Panics where one is illegal.
pub fn read(fin: &str) -> (String, Tags) {
    assert!(fin.is_ascii() && fin.len() <= 10_000, "{} characters", fin.len());
    let (headers, text) = fin.split_once("{4:\r\n").unwrap();
    let text = text.strip_suffix("\r\n-}").unwrap();
    let kind = headers.split("{2:I").nth(1).unwrap()[..3].to_owned();
    let mut tags: Tags = Vec::new();
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "a lone part of CRLF");
        match line.strip_prefix(':') {
            Some(rest) => {
                let (tag, value) = rest.split_once(':').unwrap();
                tags.push((tag.to_owned(), vec![value.to_owned()]));
            }
            None => tags.last_mut().unwrap().1.push(line.to_owned()),
        }
    }
    for (tag, lines) in &tags {
        let (lines_max, chars_max) = size(tag);
        assert!(lines.len() <= lines_max, "{tag} has {} lines", lines.len());
        for line in lines {
            assert!(line.len() <= chars_max, "{tag}: {line}");
            assert!(!line.trim().is_empty() && !line.starts_with([':', '-']), "{tag}: {line:?}");
            let fits = |c: char| LETTERS.contains(c) || signs(tag).contains(c);
            assert!(line.chars().all(fits), "{tag}: {line}");
        }
    }
    let mut names: Vec<&str> = tags.iter().map(|(tag, _)| tag.as_str()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a tag stands twice");
    (kind, tags)
}

/// The lines of a tag.
pub fn lines<'a>(tags: &'a Tags, tag: &str) -> Vec<&'a str> {
    let found = tags.iter().find(|(found, _)| found == tag);
    found.map(|(_, lines)| lines.iter().map(String::as_str).collect()).unwrap_or_default()
}
