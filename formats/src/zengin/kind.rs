//! What a business is to the reader and the writer of its files, and the rules that several of them share.

use std::fmt::Debug;

use chrono::NaiveDate;
use domain::{Date, calendar};

use super::Record;
use super::explain::Wrong;
use super::layout::Layout;
use crate::banks::Directory;
use crate::finding::Fault;

/// A business whose data come in groups of header (1), data (2), trailer (8) and end (9), 120 bytes each.
pub trait Kind: Debug {
    /// Its header.
    type Header: Copy + Debug;
    /// Its data record.
    type Line: Copy + Debug;
    /// What its trailer sums up.
    type Sums: Copy + Debug + Default;

    /// 総合振込.
    fn name(&self) -> &'static str;
    /// Its 種別コード.
    fn codes(&self) -> &'static [&'static str];
    /// The layouts of header, data, trailer and end.
    fn layouts(&self) -> &[Layout; 4];
    /// From a record that keeps its layout.
    fn header(&self, record: &Record) -> Self::Header;
    /// The same bytes.
    fn header_bytes(&self, header: &Self::Header) -> Record;
    /// What a header says to whoever looks at the file.
    fn headline(&self, header: &Self::Header, today: Date) -> Headline;
    /// What holds for a header beyond its layout.
    fn header_rules(&self, header: &Self::Header, rules: &Rules<'_>, wrong: &mut Wrong<'_>);
    /// From a record that keeps its layout.
    fn line(&self, record: &Record) -> Self::Line;
    /// The same bytes.
    fn line_bytes(&self, line: &Self::Line) -> Record;
    /// What holds for a line beyond its layout.
    fn line_rules(&self, line: &Self::Line, rules: &Rules<'_>, wrong: &mut Wrong<'_>);
    /// Adds a line.
    fn add(&self, sums: &mut Self::Sums, line: &Self::Line);
    /// The lines and their amount.
    fn total(&self, sums: &Self::Sums) -> Sum;
    /// The trailer of sums; nothing where one does not fit.
    fn trailer_bytes(&self, sums: &Self::Sums) -> Option<Record>;
    /// Whether a trailer that keeps its layout has these sums.
    fn trailer_rules(&self, record: &Record, sums: &Self::Sums, wrong: &mut Wrong<'_>);
}

/// What a header says to whoever looks at the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// 委託者コード.
    pub originator: String,
    /// 委託者名, half-width.
    pub name: String,
    /// What the day is called: 振込指定日.
    pub day_name: &'static str,
    /// The day, seen from today; nothing where there is no such day.
    pub day: Option<Date>,
}

/// A count and an amount of yen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// How much.
    pub amount: u64,
}

impl Sum {
    /// One more. An amount has ten digits, so that no number of lines that a disk holds makes it overflow.
    pub fn add(&mut self, amount: u64) {
        self.count += 1;
        self.amount = self.amount.saturating_add(amount);
    }
}

/// What is let pass though the standard does not have it. A bank names what it lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerance {
    /// LF or CR alone between records.
    pub single_line_ends: bool,
    /// Records that lack the spaces at their end.
    pub cut_spaces: bool,
    /// ｦ in names: a revision of the standard would allow it, and banks still refuse it.
    pub wo_in_names: bool,
    /// Lines of 0 yen.
    pub zero_amounts: bool,
}

/// When the day of a header is, seen from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// Today or later, on a business day.
    Ahead,
    /// Today or earlier.
    Behind,
}

/// Days for which a day without a year is taken for one that is over, and not for one of the next year.
const JUST_OVER_DAYS: i64 = 92;

/// By what a file is judged.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'r> {
    /// The day from which the two-digit years and the days without a year are seen.
    pub today: Date,
    /// What is let pass.
    pub tolerance: Tolerance,
    /// Which banks and branches there are; nothing is looked up without it.
    pub directory: Option<&'r Directory>,
    /// Lines at most (R113, R114, R116).
    pub lines_max: usize,
    /// Findings that are kept; all are counted.
    pub findings_max: usize,
}

impl Rules<'_> {
    /// The day of a header: four digits, month and day.
    pub fn day(&self, digits: &str, field: &'static str, dated: Dated, wrong: &mut Wrong<'_>) {
        let last = day_without_year(digits, self.today, Dated::Behind);
        match day_without_year(digits, self.today, dated) {
            None => wrong.field(field, Fault::NoSuchDay),
            // nobody sends a file a year ahead: it was made for a day that is just over
            Some(_)
                if dated == Dated::Ahead
                    && let Some(last) = last.filter(|last| *last < self.today)
                    && (self.today - last).num_days() <= JUST_OVER_DAYS =>
            {
                wrong.field(
                    field,
                    Fault::DayIsOver { day: last, next: calendar::next_business_day(self.today) },
                );
            }
            Some(day) if dated == Dated::Ahead && !calendar::is_business_day(day) => {
                wrong.field(field, Fault::NoBusinessDay { next: calendar::next_business_day(day) });
            }
            Some(_) => {}
        }
    }
}

/// The day that month and day mean: the next such day from today on, or the last until today.
pub fn day_without_year(digits: &str, today: Date, dated: Dated) -> Option<Date> {
    use chrono::Datelike as _;
    let part = |at: std::ops::Range<usize>| digits.get(at)?.parse::<u32>().ok();
    let (month, day) = (part(0..2)?, part(2..4)?);
    // 29 February may be years away
    (0..=8).find_map(|years| {
        let year = today.year() + if dated == Dated::Ahead { years } else { -years };
        let found = NaiveDate::from_ymd_opt(year, month, day)?;
        let is_there = if dated == Dated::Ahead { found >= today } else { found <= today };
        is_there.then_some(found)
    })
}

/// Whether bank and branch exist.
pub(super) fn account_rules(
    bank: &[u8; 4],
    branch: &[u8; 3],
    [bank_field, branch_field]: [&'static str; 2],
    rules: &Rules<'_>,
    wrong: &mut Wrong<'_>,
) {
    let Some(directory) = rules.directory else { return };
    match directory.has(bank, branch) {
        (true, true) => {}
        (false, _) => wrong.field(bank_field, Fault::NoSuchBank),
        (true, false) => {
            let bank = directory.name(bank).unwrap_or_default();
            wrong.field(branch_field, Fault::NoSuchBranch { bank });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_a_year_is_the_next_or_the_last_one() {
        let today: Date = "2026-11-24".parse().unwrap();
        let day = |digits, dated| day_without_year(digits, today, dated).map(|day| day.to_string());
        assert_eq!(day("1124", Dated::Ahead).unwrap(), "2026-11-24");
        assert_eq!(day("1123", Dated::Ahead).unwrap(), "2027-11-23");
        assert_eq!(day("0104", Dated::Ahead).unwrap(), "2027-01-04");
        assert_eq!(day("0229", Dated::Ahead).unwrap(), "2028-02-29");
        assert_eq!(day("1124", Dated::Behind).unwrap(), "2026-11-24");
        assert_eq!(day("1125", Dated::Behind).unwrap(), "2025-11-25");
        for none in ["0230", "1301", "0000", "", "112"] {
            assert_eq!(day(none, Dated::Ahead), None, "{none}");
        }
    }
}
