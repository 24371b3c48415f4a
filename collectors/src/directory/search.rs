//! Finding an institution: by its names, their reading, its number or what it collects, as people type them; and
//! the institutions whose numbers are near a wrong one.

use domain::CollectorNumber;
use domain::numbers::fold_width;

use super::{Collector, OnDay};

/// Characters of a search that are read.
const QUERY_CHARS_MAX: usize = 100;

/// Edits between a number and one that may have been meant.
const EDITS_MAX: usize = 2;

/// The half-width katakana from U+FF66 on, in their full-width form.
const KATAKANA: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// The form of a company, which nobody needs to type.
const FORMS: [&str; 7] = ["株式会社", "相互会社", "独立行政法人", "(株)", "(相)", "(独)", "\u{3231}"];

impl<'a> OnDay<'a> {
    /// The institutions that have every word of the search, in the order of the list; test rows never. Without a
    /// word, all.
    pub fn search(self, query: &str) -> Vec<&'a Collector> {
        let query: String = query.chars().take(QUERY_CHARS_MAX).collect();
        let words: Vec<_> = query.split_whitespace().map(folded).filter(|word| !word.is_empty()).collect();
        let has = |row: &&Collector| {
            let texts = texts(row);
            words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
        };
        self.all().filter(|row| !row.test_row).filter(has).collect()
    }

    /// At most so many institutions whose number may have been meant, the nearest first; test rows never.
    pub fn nearest(self, number: &CollectorNumber, count_max: usize) -> Vec<&'a Collector> {
        let real = self.all().filter(|row| !row.test_row);
        let mut near: Vec<_> = real
            .map(|row| (edits(number.as_str(), row.number.as_str()), row))
            .filter(|(edits, _)| *edits <= EDITS_MAX)
            .collect();
        // among equals, those that begin alike; the sort keeps the order of the list
        near.sort_by_key(|(edits, row)| (*edits, usize::MAX - alike(number.as_str(), row.number.as_str())));
        let best = near.first().map_or(0, |(edits, _)| *edits);
        near.into_iter().filter(|(edits, _)| *edits == best).take(count_max).map(|(_, row)| row).collect()
    }
}

/// What a search looks through.
fn texts(row: &Collector) -> Vec<String> {
    let names = [Some(&row.name), row.name_today.as_ref(), Some(&row.kana), row.kana_today.as_ref()];
    let names = names.into_iter().flatten().map(String::as_str);
    let codes = row.numbers.category.iter().flat_map(|category| &category.codes);
    let charges = row.charge_names().into_iter().chain(codes.map(|code| code.charge.as_str()));
    let number = row.number.as_str().to_owned();
    names.chain(charges).map(folded).chain([number]).collect()
}

/// A text as it is compared: full-width katakana, half-width lower-case letters and digits, without signs, spaces
/// and the form of a company.
pub fn folded(text: &str) -> String {
    let mut wide = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{ff9e}' => mark(&mut wide, 1),
            '\u{ff9f}' => mark(&mut wide, 2),
            _ => wide.push(kana(fold_width(c).to_ascii_lowercase())),
        }
    }
    for form in FORMS {
        wide = wide.replace(form, "");
    }
    wide.retain(|c| !c.is_whitespace() && (c.is_alphanumeric() || c == 'ー'));
    wide
}

/// Hiragana and half-width katakana in full-width katakana.
fn kana(c: char) -> char {
    let code = u32::from(c);
    match c {
        'ぁ'..='ゖ' => char::from_u32(code + 0x60).unwrap_or(c),
        '\u{ff66}'..='\u{ff9d}' => {
            let place = usize::try_from(code - 0xff66).unwrap_or(usize::MAX);
            KATAKANA.chars().nth(place).unwrap_or(c)
        }
        _ => c,
    }
}

/// A half-width 濁点 or 半濁点 joins the letter before it: ハ, バ, パ follow one another.
fn mark(text: &mut String, places: u32) {
    let Some(last) = text.pop() else { return };
    let joined = match last {
        'ウ' if places == 1 => Some('ヴ'),
        _ => char::from_u32(u32::from(last) + places),
    };
    text.push(joined.unwrap_or(last));
}

/// Digits that must be put in, taken out, changed or swapped with their neighbour.
fn edits(typed: &str, meant: &str) -> usize {
    let (a, b) = (typed.as_bytes(), meant.as_bytes());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Digits at the beginning that are the same.
fn alike(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use domain::Date;

    use super::*;
    use crate::Directory;

    fn found(query: &str) -> Vec<String> {
        let directory = Directory::embedded();
        let day: Date = "2026-11-24".parse().unwrap();
        directory.on(day).search(query).iter().map(|row| row.number.to_string()).collect()
    }

    fn near(number: &str) -> Vec<String> {
        let directory = Directory::embedded();
        let day: Date = "2026-11-24".parse().unwrap();
        let near = directory.on(day).nearest(&number.parse().unwrap(), 3);
        near.iter().map(|row| row.number.to_string()).collect()
    }

    #[test]
    fn names_are_found_however_they_are_typed() {
        for query in ["こくぜい", "コクゼイ", "ｺｸｾﾞｲ", "国税庁", "００２００", "00200"]
        {
            assert_eq!(found(query), ["00200"], "{query}");
        }
        for query in ["ｎｔｔ", "NTTデータ", "えぬてぃてぃ", "ｴﾇﾃｨﾃｨ", "株式会社NTTデータ・キュビット"]
        {
            assert_eq!(found(query), ["99018"], "{query}");
        }
        assert_eq!(found("(株)CoolPat"), ["99024"]);
        assert_eq!(found("coolpat"), ["99024"]);
        assert_eq!(found("くーるぱっと"), ["99024"]);
        assert_eq!(found("ﾍﾟｲｼﾞｪﾝﾄ"), ["99022"]);
        assert_eq!(found("(株)ディノス"), found("ディノス"));
    }

    #[test]
    fn the_name_of_the_list_and_todays_are_both_found() {
        for query in ["社会保険庁", "年金局", "しゃかいほけん", "ねんきんきょく"] {
            assert_eq!(found(query), ["00500"], "{query}");
        }
        assert_eq!(found("求職者"), ["48001"]);
        assert_eq!(found("税関"), ["00120"]);
    }

    #[test]
    fn charges_are_found_and_every_word_must_be_there() {
        assert_eq!(found("固定資産税"), ["04100"]);
        assert_eq!(found("e-JIBAI"), ["99010"]);
        assert_eq!(found("自動車税"), ["04000", "04100"]);
        assert_eq!(found("自動車税 仙台"), ["04100"]);
        assert_eq!(found("　自動車税　ミヤギ"), ["04000"]);
        assert!(found("自動車税 国税庁").is_empty());
        assert!(found("ミホン").is_empty());
    }

    #[test]
    fn without_a_word_all_are_found_but_the_test_rows() {
        let all = Directory::embedded().all().iter().filter(|row| !row.test_row).count();
        assert_eq!((found("").len(), found(" ・(株) ").len()), (all, all));
        assert!(found("試験用").is_empty() && found("99090").is_empty());
        assert!(found(&"あ".repeat(100_000)).is_empty());
    }

    #[test]
    fn a_wrong_number_leads_to_those_that_may_have_been_meant() {
        assert_eq!(near("00201"), ["00200"]);
        assert_eq!(near("02000"), ["00200", "04000"], "two digits swapped, or one changed");
        assert_eq!(near("40001"), ["49001", "48001"]);
        assert_eq!(near("99021"), ["99020", "99022", "99023"], "what begins alike comes first");
        assert!(near("77777").is_empty());
        assert!(!near("99090").contains(&"99090".to_owned()));
    }

    #[test]
    fn edits_count_what_a_finger_does() {
        for (typed, meant, count) in [
            ("00200", "00200", 0),
            ("00210", "00200", 1),
            ("02000", "00200", 1),
            ("12345", "54321", 4),
            ("", "00200", 5),
        ] {
            assert_eq!(edits(typed, meant), count, "{typed} {meant}");
        }
    }
}
