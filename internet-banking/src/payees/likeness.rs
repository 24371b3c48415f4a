//! Whether a name that was typed is the account holder's (R89): both as they are sent, compared by what people mistake.

use formats::kana::{Class, ZenginText};
use formats::legal_forms::{Kind, LEGAL_FORMS};
use serde::{Deserialize, Serialize};

/// How two names stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The same, spaces and dots aside.
    Same,
    /// Another legal form, marks left out, or a letter or two.
    Similar,
    /// Another name.
    Different,
}

/// Names shorter than this differ by no letter.
const SHORT: usize = 4;
/// From this length on two letters may differ.
const LONG: usize = 9;

/// Compares what was typed with what the payee's bank says.
pub fn compare(typed: &str, found: &str) -> Likeness {
    let (typed, found) = (bare(typed), bare(found));
    if typed == found {
        return Likeness::Same;
    }
    let (typed, found) = (core(&typed), core(&found));
    let (typed, found): (Vec<char>, Vec<char>) = (typed.chars().collect(), found.chars().collect());
    let most = match typed.len().min(found.len()) {
        0..SHORT => 0,
        SHORT..LONG => 1,
        _ => 2,
    };
    if distance(&typed, &found) <= most { Likeness::Similar } else { Likeness::Different }
}

/// Without what banks write differently: spaces and dots.
fn bare(name: &str) -> String {
    let name = ZenginText::abridged(name, Class::Party);
    name.as_str().chars().filter(|c| !matches!(c, ' ' | '.')).collect()
}

/// Without the legal form, marks, and hyphens, which are long vowels too.
fn core(bare: &str) -> String {
    let mut name = bare.to_owned();
    for form in LEGAL_FORMS.iter().filter(|form| form.kind == Kind::Company) {
        let kana = ZenginText::abridged(form.kana, Class::Party);
        let (before, after) = (format!("{kana})"), format!("({kana}"));
        if let Some(rest) = name.strip_prefix(&before) {
            name = rest.to_owned();
            break;
        }
        if let Some((rest, more)) = name.split_once(&after) {
            name = format!("{rest}{}", more.trim_start_matches(')'));
            break;
        }
    }
    name.chars().filter(|c| !matches!(c, 'ﾞ' | 'ﾟ' | '(' | ')' | '-')).collect()
}

/// How many letters are to be put in, left out or changed.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut above_left = row.first().copied().unwrap_or_default();
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        let mut before = i + 1;
        for (right, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let changed = above_left + usize::from(left != right);
            above_left = *cell;
            before = changed.min(before + 1).min(*cell + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Proves R89.
    #[test]
    fn names_are_the_same_similar_or_different() {
        for (typed, found, expected) in [
            ("ｶ)ﾐﾎﾝｼﾖｳｼﾞ", "カ)ミホンショウジ", Likeness::Same),
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞﾀﾛｳ", Likeness::Same),
            // another bank returns what is written without its long vowel
            ("ｻﾂﾎﾟﾛﾋﾞ-ﾙ", "ｻﾂﾎﾟﾛﾋﾞﾙ", Likeness::Similar),
            ("ﾎ-ﾙ", "ﾎﾙ", Likeness::Similar),
            ("ﾔﾏﾀﾞ.ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", Likeness::Same),
            ("ﾐﾎﾝｼﾖｳｼﾞ(ｶ", "ｶ)ﾐﾎﾝｼﾖｳｼﾞ", Likeness::Similar),
            ("ﾐﾎﾝｼﾖｳｼﾞ", "ｶ)ﾐﾎﾝｼﾖｳｼﾞ", Likeness::Similar),
            ("ﾔﾏﾀ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", Likeness::Similar),
            ("ﾔﾏﾀﾞ ｼﾞﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", Likeness::Similar),
            ("ｱｲ", "ｱｳ", Likeness::Different),
            ("ｻﾄｳ ﾊﾅｺ", "ﾔﾏﾀﾞ ﾀﾛｳ", Likeness::Different),
            ("ｶ)ﾐﾎﾝ", "ﾕ)ﾍﾞﾂﾉﾅﾏｴ", Likeness::Different),
        ] {
            assert_eq!(compare(typed, found), expected, "{typed} {found}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_like_itself_and_likeness_has_no_order(a in "[ｱ-ﾝﾞﾟ() .-]{0,20}", b in "[ｱ-ﾝﾞﾟ() .-]{0,20}") {
            prop_assert_eq!(compare(&a, &a), Likeness::Same);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a));
        }
    }
}
