//! The guide in English and Japanese says the same, and of the kit what is so.

use std::collections::BTreeSet;

use conformance::{Cases, Phase};
use mocks::Mistake;

const ENGLISH: &str = include_str!("../../../../docs/collector-integration.md");
const JAPANESE: &str = include_str!("../../../../docs/collector-integration.ja.md");

/// What of a page does not depend on its language.
#[derive(Debug, Default, PartialEq, Eq)]
struct Bones {
    /// The levels of the headings, in order.
    headings: Vec<usize>,
    /// The lines of the examples, without comments.
    examples: Vec<String>,
    /// The columns of each row of the tables, and the first one where it is code or a number.
    rows: Vec<(usize, String)>,
    /// Every span of code.
    codes: BTreeSet<String>,
    /// Where links lead to, but for the other language.
    links: BTreeSet<String>,
}

impl Bones {
    fn of(page: &str) -> Self {
        let mut bones = Self::default();
        let mut is_example = false;
        for line in page.lines() {
            if line.starts_with("```") {
                is_example = !is_example;
                bones.examples.push(line.to_owned());
            } else if is_example {
                let text = line.split_once('#').map_or(line, |(before, _)| before);
                bones.examples.push(text.trim_end().to_owned());
            } else if line.starts_with('#') {
                bones.headings.push(line.chars().take_while(|c| *c == '#').count());
            } else {
                if let Some(row) = line.strip_prefix('|') {
                    let first = row.split('|').next().unwrap().trim();
                    let is_same = first.starts_with('`') || first.starts_with(|c: char| c.is_ascii_digit());
                    let first = if is_same { first.to_owned() } else { String::new() };
                    bones.rows.push((row.matches('|').count(), first));
                }
                bones.codes.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
                let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
                bones.links.extend(links.filter(|to| !to.starts_with("collector-")).map(str::to_owned));
            }
        }
        bones
    }
}

#[test]
fn the_guide_is_the_same_in_both_languages() {
    let (english, japanese) = (Bones::of(ENGLISH), Bones::of(JAPANESE));
    assert_eq!(english.headings, japanese.headings);
    assert_eq!(english.examples, japanese.examples);
    assert_eq!(english.rows, japanese.rows);
    assert_eq!(english.codes, japanese.codes);
    assert_eq!(english.links, japanese.links);
    assert!(english.rows.len() > 20 && english.codes.len() > 20, "something was compared");
}

#[test]
fn the_guide_counts_cases_and_mistakes() {
    let (cases, mistakes, phases) = (Cases::embedded().cases, Mistake::ALL.len(), Phase::ALL.len());
    for phase in Phase::ALL {
        let count = cases.iter().filter(|(of, _)| of == phase).count();
        let row = format!("| `{}` | {count} |", phase.as_str());
        assert!(ENGLISH.contains(&row) && JAPANESE.contains(&row), "{row}");
    }
    let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let cases = cases.len();
    for said in
        [format!("{cases} cases in {} phases", words[phases - 1]), format!("{mistakes} mock collectors")]
    {
        assert!(ENGLISH.contains(&said), "{said}");
    }
    for said in [format!("{phases} つのフェーズに {cases} ケース"), format!("{mistakes} の模擬収納機関")]
    {
        assert!(JAPANESE.contains(&said), "{said}");
    }
    assert!(cases >= 120 && mistakes >= 30, "as many as a certification needs");
}
