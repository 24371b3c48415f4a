//! What is wrong with a file from outside: where, what was found, what is allowed and how it is mended, in words that
//! whoever made the file understands.

mod fault;
mod words;

use std::fmt;

pub use fault::Fault;

/// Characters of what was found that are shown.
const FOUND_CHARS_MAX: usize = 40;

/// What is counted in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Records, or payments of an XML.
    #[default]
    Record,
    /// Lines of a text.
    Line,
    /// Lines of the field that is named.
    LineOfField,
}

/// Where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The record or line, from 1; nothing where the whole file is meant.
    pub record: Option<usize>,
    /// What is counted.
    pub unit: Unit,
    /// What record it is: ヘッダー・レコード.
    pub kind: Option<&'static str>,
    /// The field, by the wording of its standard, or the element of an XML.
    pub field: Option<String>,
    /// First and last column of the field, from 1.
    pub columns: Option<(usize, usize)>,
    /// The column of the very character, from 1, where it is one.
    pub column: Option<usize>,
}

impl Place {
    /// The whole file.
    pub const FILE: Self =
        Self { record: None, unit: Unit::Record, kind: None, field: None, columns: None, column: None };

    /// A record.
    pub fn record(record: usize, kind: Option<&'static str>) -> Self {
        Self { record: Some(record), kind, ..Self::FILE }
    }

    /// A line.
    pub fn line(line: usize) -> Self {
        Self { record: Some(line), unit: Unit::Line, ..Self::FILE }
    }
}

/// `3件目(データ・レコード)の受取人名(51〜80文字目)、55文字目`, `45A 商品の2行目、5文字目`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Unit::LineOfField, Some(field)) = (self.unit, &self.field) {
            f.write_str(field)?;
            if let Some(line) = self.record {
                write!(f, "の{line}行目")?;
            }
            return self.column.map_or(Ok(()), |column| write!(f, "、{column}文字目"));
        }
        match self.record {
            None if self.field.is_none() => return f.write_str("ファイル全体"),
            None => {}
            Some(record) => match self.unit {
                Unit::Record => write!(f, "{record}件目")?,
                Unit::Line | Unit::LineOfField => write!(f, "{record}行目")?,
            },
        }
        if let Some(kind) = self.kind {
            write!(f, "({kind})")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{}{field}", if self.record.is_some() { "の" } else { "" })?;
        }
        match self.columns {
            Some((first, last)) if first == last => write!(f, "({first}文字目)"),
            Some((first, last)) => write!(f, "({first}〜{last}文字目)"),
            None => Ok(()),
        }?;
        match self.column {
            Some(column) if self.columns.is_none_or(|(first, last)| first != last) => {
                write!(f, "、{column}文字目")
            }
            _ => Ok(()),
        }
    }
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What was found there, as it is shown; empty where there is nothing to show.
    pub found: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Finding {
    /// One of the whole file.
    pub fn of_file(fault: Fault) -> Self {
        Self { place: Place::FILE, found: String::new(), fault }
    }

    /// With what was found, shortened.
    #[must_use]
    pub fn found(mut self, found: &str) -> Self {
        self.found = shown(found);
        self
    }
}

/// The place, what was found, and what is wrong.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.found.is_empty() {
            write!(f, "「{}」 ", self.found)?;
        }
        f.write_str(&self.fault.what())
    }
}

/// A text as it is shown: shortened, and no control character in it.
pub fn shown(text: &str) -> String {
    let mut chars = text.chars();
    let mut shown: String =
        chars.by_ref().take(FOUND_CHARS_MAX).map(|c| if c.is_control() { '�' } else { c }).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// What is wrong with a file: the first ones, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    count: usize,
    kept_max: usize,
}

impl Findings {
    /// None yet; so many are kept at most.
    pub const fn keeping(kept_max: usize) -> Self {
        Self { kept: Vec::new(), count: 0, kept_max }
    }

    /// One more.
    pub fn add(&mut self, finding: Finding) {
        self.count += 1;
        if self.kept.len() < self.kept_max {
            self.kept.push(finding);
        }
    }

    /// Those that were kept, in the order of the file.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_place_and_fault_in_a_sentence() {
        let place = Place {
            field: Some("受取人名".to_owned()),
            columns: Some((51, 80)),
            column: Some(55),
            ..Place::record(3, Some("データ・レコード"))
        };
        let finding = Finding { place, found: String::new(), fault: Fault::SmallKana }.found("ｼｬ");
        assert_eq!(
            finding.to_string(),
            "3件目(データ・レコード)の受取人名(51〜80文字目)、55文字目: 「ｼｬ」 小さいカナは使えません"
        );
        assert_eq!(Finding::of_file(Fault::Empty).to_string(), "ファイル全体: 中身がありません");
    }

    #[test]
    fn what_is_shown_is_short_and_has_no_control_characters() {
        assert_eq!(shown("a\u{1b}[2J"), "a�[2J");
        assert_eq!(shown(&"ｱ".repeat(41)).chars().count(), 41);
        assert_eq!(shown(&"ｱ".repeat(40)), "ｱ".repeat(40));
    }

    #[test]
    fn the_first_findings_are_kept_and_all_are_counted() {
        let mut findings = Findings::keeping(2);
        assert!(findings.is_empty());
        for _ in 0..3 {
            findings.add(Finding::of_file(Fault::Empty));
        }
        assert_eq!((findings.kept().len(), findings.count()), (2, 3));
    }
}
