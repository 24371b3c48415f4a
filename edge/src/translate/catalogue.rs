//! The catalogue: what every text of the pages is in English.
//!
//! Its file has the Japanese text on a line and the English below it, indented. Several Japanese lines share the
//! English that follows; several indented lines are one text. `{}` in the Japanese stands for any value and `{#}` for a
//! number; the English names them `{1}`, `{2}` in the order of the Japanese, and `{1:bill|bills}` is a word that
//! follows the number. Lines that begin with `#` are comments.

use std::collections::HashMap;

use super::days;
use super::is_japanese;
use super::rendered::Rendered;

/// Bytes of a text that is looked at beyond an exact match; longer ones are no text of ours.
const TEXT_BYTES_MAX: usize = 4 * 1024;
/// Values within values.
const DEPTH_MAX: u32 = 8;
/// What stands between texts of their own, and what does so in English.
const SEPARATORS: [(&str, &str); 2] = [(" | ", " | "), (" ・ ", " · ")];
/// What joins the items of a list, where no pattern knows it better.
const JOINTS: [(&str, &str); 3] = [("、", ", "), (" ", " "), ("・", ", ")];

/// Texts and patterns. Made once.
#[derive(Debug, Default)]
pub struct Catalogue {
    exact: HashMap<String, String>,
    /// Those with most literal text first.
    patterns: Vec<Pattern>,
    /// Places of the patterns that begin with a character.
    begun: HashMap<char, Vec<usize>>,
    /// Places of those that begin with a value.
    open: Vec<usize>,
}

/// The catalogue's file is wrong in a line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct CatalogueError {
    line: usize,
    what: &'static str,
}

#[derive(Debug)]
struct Pattern {
    /// One more than the slots; the first and the last may be empty.
    literals: Vec<String>,
    slots: Vec<Slot>,
    english: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Any,
    Number,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Value(usize),
    /// A word that follows the number.
    Counted(usize, String, String),
}

impl Catalogue {
    /// Reads the file.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        let mut keys: Vec<String> = Vec::new();
        let mut english = String::new();
        for (line, written) in (1..).zip(text.lines()) {
            let wrong = |what| CatalogueError { line, what };
            let is_comment = written.starts_with('#') || written.trim().is_empty();
            if is_comment {
                continue;
            }
            if written.starts_with(' ') {
                if keys.is_empty() {
                    return Err(wrong("English without Japanese"));
                }
                if !english.is_empty() {
                    english.push(' ');
                }
                english.push_str(written.trim());
                continue;
            }
            if !english.is_empty() {
                catalogue.add(&keys, &english).map_err(wrong)?;
                (keys, english) = (Vec::new(), String::new());
            }
            keys.push(collapsed(written));
        }
        let end = |what| CatalogueError { line: text.lines().count(), what };
        if english.is_empty() && !keys.is_empty() {
            return Err(end("Japanese without English"));
        }
        catalogue.add(&keys, &english).map_err(end)?;
        catalogue.sort();
        Ok(catalogue)
    }

    /// Every English text, for tests of its words.
    pub fn english(&self) -> impl Iterator<Item = &str> {
        let words = self.patterns.iter().flat_map(|pattern| &pattern.english).filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Value(_) | Part::Counted(..) => None,
        });
        self.exact.values().map(String::as_str).chain(words)
    }

    fn add(&mut self, keys: &[String], english: &str) -> Result<(), &'static str> {
        for key in keys {
            if !key.contains('{') {
                let twice = self.exact.insert(key.clone(), english.to_owned()).is_some();
                if twice {
                    return Err("the Japanese above is there twice");
                }
                continue;
            }
            let pattern =
                Pattern::parse(key, english).ok_or("the places above are not those of the Japanese")?;
            let is_same =
                |other: &Pattern| other.literals == pattern.literals && other.slots == pattern.slots;
            if self.patterns.iter().any(is_same) {
                return Err("the Japanese above is there twice");
            }
            self.patterns.push(pattern);
        }
        Ok(())
    }

    fn sort(&mut self) {
        self.patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.weight()));
        for (place, pattern) in self.patterns.iter().enumerate() {
            match pattern.literals.first().and_then(|literal| literal.chars().next()) {
                Some(first) => self.begun.entry(first).or_default().push(place),
                None => self.open.push(place),
            }
        }
    }

    /// A text in English, as far as it is known. `fuel` is how many texts may still be looked up.
    pub(super) fn translate(&self, text: &str, fuel: &mut usize) -> Rendered {
        self.text(&collapsed(text), fuel, 0)
    }

    fn text(&self, text: &str, fuel: &mut usize, depth: u32) -> Rendered {
        if !text.contains(is_japanese) {
            return Rendered::english(text);
        }
        if let Some(english) = self.exact.get(text) {
            return Rendered::english(english);
        }
        if let Some(day) = days::english(text) {
            return Rendered::english(&day);
        }
        let mut best = Rendered::kept(text);
        if depth == DEPTH_MAX || text.len() > TEXT_BYTES_MAX || *fuel == 0 {
            return best;
        }
        *fuel -= 1;
        for separator in SEPARATORS {
            self.split(text, separator, &mut best, fuel, depth);
        }
        if let Some((sentence, rest)) = first_sentence(text) {
            let mut both = self.text(sentence, fuel, depth + 1);
            both.push_english(" ");
            both.append(&self.text(rest, fuel, depth + 1));
            take_better(&mut best, both);
        }
        for pattern in self.patterns_for(text) {
            if best.left() == 0 {
                return best;
            }
            let Some(values) = pattern.values(text) else { continue };
            take_better(&mut best, pattern.filled(&values, |value| self.text(value, fuel, depth + 1)));
        }
        for joint in JOINTS {
            self.split(text, joint, &mut best, fuel, depth);
        }
        best
    }

    /// The text's parts one by one, where that is better.
    fn split(&self, text: &str, at: (&str, &str), best: &mut Rendered, fuel: &mut usize, depth: u32) {
        let (joint, in_english) = at;
        if best.left() == 0 || !text.contains(joint) {
            return;
        }
        let mut all = Rendered::default();
        for (place, part) in text.split(joint).enumerate() {
            if place > 0 {
                all.push_english(in_english);
            }
            all.append(&self.text(part, fuel, depth + 1));
        }
        take_better(best, all);
    }

    /// Those that may fit, with most literal text first.
    fn patterns_for(&self, text: &str) -> impl Iterator<Item = &Pattern> {
        let begun = text.chars().next().and_then(|first| self.begun.get(&first));
        let (mut begun, mut open) = (begun.map_or(&[][..], Vec::as_slice), self.open.as_slice());
        std::iter::from_fn(move || {
            let next = match (begun.first(), open.first()) {
                (Some(a), Some(b)) if a < b => &mut begun,
                (Some(_), None) => &mut begun,
                _ => &mut open,
            };
            let (first, rest) = next.split_first()?;
            *next = rest;
            self.patterns.get(*first)
        })
    }
}

impl Pattern {
    fn parse(japanese: &str, english: &str) -> Option<Self> {
        let (mut literals, mut slots) = (Vec::new(), Vec::new());
        let mut rest = japanese;
        while let Some((literal, behind)) = rest.split_once('{') {
            let (slot, behind) = behind.split_once('}')?;
            slots.push(match slot {
                "" => Slot::Any,
                "#" => Slot::Number,
                _ => return None,
            });
            literals.push(literal.to_owned());
            rest = behind;
        }
        literals.push(rest.to_owned());
        // where one value ends and the next begins must be seen
        if literals.iter().skip(1).rev().skip(1).any(String::is_empty) {
            return None;
        }
        Some(Self { english: parts(english, slots.len())?, literals, slots })
    }

    /// Bytes of literal text; a number says more than any value.
    fn weight(&self) -> usize {
        let numbers = self.slots.iter().filter(|slot| **slot == Slot::Number).count();
        self.literals.iter().map(String::len).sum::<usize>() + numbers
    }

    /// What stands in the places of a text that fits.
    fn values<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let (first, literals) = self.literals.split_first()?;
        let (last, between) = literals.split_last()?;
        let mut rest = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut values = Vec::with_capacity(self.slots.len());
        for literal in between {
            // a value has at least a character
            let skipped = rest.chars().next()?.len_utf8();
            let at = skipped + rest.get(skipped..)?.find(literal.as_str())?;
            values.push(rest.get(..at)?);
            rest = rest.get(at + literal.len()..)?;
        }
        values.push(rest);
        let fits = |((value, slot), before): ((&&str, &Slot), &String)| match slot {
            Slot::Any => !(value.trim().is_empty() || before.ends_with('(') && days::is_weekday(value)),
            Slot::Number => {
                !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b"+-,.".contains(&b))
            }
        };
        values.iter().zip(&self.slots).zip(&self.literals).all(fits).then_some(values)
    }

    fn filled(&self, values: &[&str], mut translated: impl FnMut(&str) -> Rendered) -> Rendered {
        let mut rendered = Rendered::default();
        for part in &self.english {
            match part {
                Part::Text(text) => rendered.push_english(text),
                Part::Value(place) => {
                    rendered.append(
                        &values.get(*place).map_or_else(Rendered::default, |value| translated(value.trim())),
                    );
                }
                Part::Counted(place, one, many) => {
                    rendered.push_english(if values.get(*place) == Some(&"1") { one } else { many });
                }
            }
        }
        rendered
    }
}

/// The English of a pattern with so many places.
fn parts(english: &str, places: usize) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = english;
    while let Some((text, behind)) = rest.split_once('{') {
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        let (slot, behind) = behind.split_once('}')?;
        let (place, words) = slot.split_once(':').map_or((slot, None), |(place, words)| (place, Some(words)));
        let place = place.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < places)?;
        parts.push(match words {
            None => Part::Value(place),
            Some(words) => {
                let (one, many) = words.split_once('|')?;
                Part::Counted(place, one.to_owned(), many.to_owned())
            }
        });
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Some(parts)
}

fn take_better(best: &mut Rendered, other: Rendered) {
    if other.left() < best.left() {
        *best = other;
    }
}

/// A sentence and what follows it.
fn first_sentence(text: &str) -> Option<(&str, &str)> {
    let end = text.find('。')? + '。'.len_utf8();
    text.split_at_checked(end).filter(|(_, rest)| !rest.is_empty())
}

/// White space as a browser shows it.
fn collapsed(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# a comment
払込履歴
    Payment history
{#} 円
{#}円
    {1} yen
{}({})
    {1} ({2})
あと{#}回誤ると、停止します。
    {1} more wrong {1:try stops|tries stop} it.
番号が違います。
    The number
    is wrong.
{}の{}を変更
    Change the {2} of {1}
確認番号
    confirmation number
普通
    Ordinary
月
    Month
";

    fn english(text: &str) -> String {
        let rendered = Catalogue::parse(FILE).unwrap().translate(text, &mut 1_000);
        rendered.runs().iter().map(|run| run.text.as_str()).collect()
    }

    #[test]
    fn texts_patterns_and_what_they_hold_are_translated() {
        for (japanese, expected) in [
            ("払込履歴", "Payment history"),
            ("  払込履歴\n ", "Payment history"),
            ("1,234 円", "1,234 yen"),
            (
                "番号が違います。あと1回誤ると、停止します。",
                "The number is wrong. 1 more wrong try stops it.",
            ),
            (
                "番号が違います。あと2回誤ると、停止します。",
                "The number is wrong. 2 more wrong tries stop it.",
            ),
            ("山田の確認番号を変更", "Change the confirmation number of 山田"),
            ("払込履歴、確認番号", "Payment history, confirmation number"),
            ("確認番号(11月24日(火))", "confirmation number (24 Nov (Tue))"),
            ("大阪支店 普通 1234567", "大阪支店 Ordinary 1234567"),
            ("山田 ・ 普通", "山田 · Ordinary"),
            ("山田 ・ 期限 11月30日(月)", "山田 · 期限 30 Nov (Mon)"),
            ("山田 11月30日(月)", "山田 30 Nov (Mon)"),
            ("知らない言葉", "知らない言葉"),
            ("plain", "plain"),
        ] {
            assert_eq!(english(japanese), expected, "{japanese}");
        }
    }

    #[test]
    fn what_stayed_japanese_is_known() {
        let catalogue = Catalogue::parse(FILE).unwrap();
        let rendered = catalogue.translate("山田の確認番号を変更", &mut 100);
        let kept: Vec<_> =
            rendered.runs().iter().filter(|run| run.is_japanese).map(|run| run.text.as_str()).collect();
        assert_eq!((kept, rendered.left()), (vec!["山田"], 2));
        assert_eq!(
            catalogue.translate("山田の確認番号を変更", &mut 0).left(),
            10,
            "without fuel nothing is tried"
        );
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line) in [
            ("    English", 1),
            ("払込", 1),
            ("払込\n    a\n払込\n    b\n", 4),
            ("{}円\n    {2} yen\n", 2),
            ("{}{}円\n    {1}{2} yen\n", 2),
            ("{}円\n    {1} yen\n{}円\n    {1} yen\n", 4),
            ("{x}円\n    yen\n", 2),
        ] {
            assert_eq!(Catalogue::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
