//! The cells of a line by their headings, and what a business reads from them.

use domain::{AccountNumber, BankCode, BranchCode, Yen};

use super::{bare, is_formula};
use crate::finding::{Fault, Finding, Findings, Place};
use crate::kana::{Class, ZenginText};
use crate::zengin::{Code, Kind, Number};

/// A heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its word.
    pub name: &'static str,
    /// Whether a file must have it.
    pub is_needed: bool,
    /// The field of the record that it fills, by the wording of the standard.
    pub field: &'static str,
}

/// A business whose lines may also come as CSV.
pub trait CsvKind: Kind {
    /// Its headings, in the order in which they are written.
    fn headings(&self) -> &'static [Heading];
    /// A line of cells; what is wrong is told to the cells.
    fn read_cells(&self, cells: &mut Cells<'_>) -> Option<Self::Line>;
    /// The cells of a line, one a heading.
    fn write_cells(&self, line: &Self::Line) -> Vec<String>;
}

/// A line's cells.
#[derive(Debug)]
pub struct Cells<'c> {
    /// The line, from 1.
    pub line: usize,
    pub(super) headings: &'static [Heading],
    /// Where each heading stands.
    pub(super) places: &'c [Option<usize>],
    pub(super) cells: &'c [String],
    pub(super) findings: &'c mut Findings,
}

impl Cells<'_> {
    /// A cell as it was typed; empty where the file has no such heading.
    pub fn typed(&self, heading: &str) -> &str {
        bare(self.whole(heading))
    }

    /// The same with the apostrophe that may be before it.
    fn whole(&self, heading: &str) -> &str {
        let index = self.headings.iter().position(|one| one.name == heading);
        let place = index.and_then(|index| self.places.get(index).copied().flatten());
        place.and_then(|place| self.cells.get(place)).map_or("", |cell| cell.trim())
    }

    /// Whether a cell would be calculated: one with an apostrophe before it is not.
    fn is_formula(&self, heading: &str) -> bool {
        is_formula(self.whole(heading))
    }

    /// Every cell as it was typed, one a heading.
    pub fn all_typed(&self) -> Vec<String> {
        self.headings.iter().map(|heading| self.typed(heading.name).to_owned()).collect()
    }

    /// How many things are wrong so far.
    pub const fn wrong_count(&self) -> usize {
        self.findings.count()
    }

    /// A text for people, in any script, of so many characters at most; empty where it was left out.
    pub fn words(&mut self, heading: &str, most: usize) -> Option<String> {
        let cell: String =
            self.typed(heading).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let fault = match cell.chars().count() {
            _ if self.is_formula(heading) => Fault::Formula,
            count if count > most => Fault::TooLong { most },
            _ => return Some(cell.trim().to_owned()),
        };
        self.wrong(heading, fault);
        None
    }

    /// Tells that a cell is wrong.
    pub fn wrong(&mut self, heading: &str, fault: Fault) {
        let place = Place { field: Some(heading.to_owned()), ..Place::line(self.line) };
        let finding = Finding { place, found: String::new(), fault }.found(self.typed(heading));
        self.findings.add(finding);
    }

    /// A cell that says something and is no formula.
    fn needed(&mut self, heading: &str) -> Option<String> {
        let cell = self.typed(heading).to_owned();
        let fault = match cell.as_str() {
            "" => Fault::Missing,
            _ if self.is_formula(heading) => Fault::Formula,
            _ => return Some(cell),
        };
        self.wrong(heading, fault);
        None
    }

    /// A number of fixed width; spreadsheets take the zeros in front away.
    pub fn code(&mut self, heading: &str, width: usize) -> Option<String> {
        let cell = self.needed(heading)?;
        match domain::numbers::digits_typed(&cell, 1, width) {
            Ok(digits) => Some(format!("{digits:0>width$}")),
            Err(domain::NumberError::NotDigit(_) | domain::NumberError::Empty) => {
                self.wrong(heading, Fault::NotDigits);
                None
            }
            Err(domain::NumberError::Length { max, .. }) => {
                self.wrong(heading, Fault::TooLong { most: max });
                None
            }
        }
    }

    /// 銀行番号.
    pub fn bank(&mut self) -> Option<BankCode> {
        self.code("銀行番号", BankCode::DIGITS_MAX)?.parse().ok()
    }

    /// 店番.
    pub fn branch(&mut self) -> Option<BranchCode> {
        self.code("店番", BranchCode::DIGITS_MAX)?.parse().ok()
    }

    /// 口座番号.
    pub fn number(&mut self) -> Option<AccountNumber> {
        self.code("口座番号", AccountNumber::DIGITS_MAX)?.parse().ok()
    }

    /// 科目, one of these: word and code.
    pub fn account_kind(&mut self, kinds: &[(&str, u8)]) -> Option<Code> {
        let cell = self.needed("科目")?;
        let bare = cell.strip_suffix("預金").unwrap_or(&cell);
        let folded: String = bare.chars().map(domain::numbers::fold_width).collect();
        let is = |(word, code): &&(&str, u8)| *word == folded || folded.as_bytes() == [*code];
        if let Some((_, code)) = kinds.iter().find(is) {
            return Some(Code(*code));
        }
        let words: Vec<&str> = kinds.iter().map(|(word, _)| *word).collect();
        self.wrong("科目", Fault::NotOneOf(words.join("・")));
        None
    }

    /// A text in any script that can be written in the class, of so many bytes at most.
    pub fn text(&mut self, heading: &str, class: Class, most: usize, is_needed: bool) -> Option<ZenginText> {
        let cell = if is_needed { self.needed(heading)? } else { self.typed(heading).to_owned() };
        if self.is_formula(heading) {
            self.wrong(heading, Fault::Formula);
            return None;
        }
        let fault = match ZenginText::typed(&cell, class) {
            Ok(text) if text.bytes() <= most => return Some(text),
            Ok(_) => Fault::TooLong { most },
            Err(unwritable) => Fault::unwritable(&unwritable, class),
        };
        self.wrong(heading, fault);
        None
    }

    /// An amount or a count of so many digits; with separators and 円 as people type them.
    pub fn amount<const N: usize>(&mut self, heading: &str, is_needed: bool) -> Option<Number<N>> {
        if !is_needed && self.typed(heading).is_empty() {
            return Some(Number::default());
        }
        let cell = self.needed(heading)?;
        let amount = Yen::parse_typed(&cell).ok().and_then(|yen| u64::try_from(yen.get()).ok());
        match amount.map(Number::of) {
            Some(Ok(number)) => return Some(number),
            Some(Err(_)) => self.wrong(heading, Fault::TooLong { most: N }),
            None => self.wrong(heading, Fault::NotDigits),
        }
        None
    }
}
