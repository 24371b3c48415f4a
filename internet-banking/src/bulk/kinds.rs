//! The engine's kinds of batches: the business of the contract that each is, and its rows as cells that people type.

use bulk::{Fault, Kind};
use domain::Date;
use domain::Yen;
use formats::Findings;
use formats::csv::{Cells, CsvKind as _, Heading, read_line, typed_line, write_heading, write_line};
use formats::zengin::{Debits, Kind as _, LocalTax, Payroll, Record, Rules, Tolerance, Transfers, transfer};
use formats::zengin::{Number, Unfit};

use crate::contracts::Business;

/// Findings of one row that are kept.
const FINDINGS_MAX: usize = 8;

/// Does the same for whatever records a kind has.
macro_rules! with_records {
    ($kind:expr, $records:ident => $do:expr) => {
        match $kind {
            Kind::Transfers => {
                let $records = &Transfers;
                $do
            }
            Kind::Salaries => {
                let $records = &Payroll::Salaries;
                $do
            }
            Kind::Bonuses => {
                let $records = &Payroll::Bonuses;
                $do
            }
            Kind::Debits | Kind::NetworkDebits => {
                let $records = &Debits::Request;
                $do
            }
            Kind::LocalTax => {
                let $records = LocalTax::embedded();
                $do
            }
        }
    };
}

/// The business that a right is given for.
pub const fn business(kind: Kind) -> Business {
    match kind {
        Kind::Transfers => Business::BulkTransfer,
        Kind::Salaries | Kind::Bonuses => Business::Salary,
        Kind::Debits | Kind::NetworkDebits => Business::DirectDebit,
        Kind::LocalTax => Business::LocalTax,
    }
}

/// The kinds of a business.
pub fn of_business(business: Business) -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(move |kind| self::business(*kind) == business)
}

/// As what the rows of a batch can be made again: as the same, and what came too late as wages as 総合振込.
pub fn again(kind: Kind) -> impl Iterator<Item = Kind> {
    let as_transfer = matches!(kind, Kind::Salaries | Kind::Bonuses).then_some(Kind::Transfers);
    [Some(kind), as_transfer].into_iter().flatten()
}

/// The kinds whose rows can be made again as this one.
pub fn sources(kind: Kind) -> Vec<Kind> {
    Kind::ALL.iter().copied().filter(|source| again(*source).any(|one| one == kind)).collect()
}

/// What the header of a file says it is.
pub fn of_code(code: [u8; 2]) -> Option<Kind> {
    match &code {
        b"21" => Some(Kind::Transfers),
        b"11" | b"71" => Some(Kind::Salaries),
        b"12" | b"72" => Some(Kind::Bonuses),
        b"91" => Some(Kind::Debits),
        b"99" => Some(Kind::LocalTax),
        _ => None,
    }
}

/// The headings of a row's cells.
pub fn headings(kind: Kind) -> &'static [Heading] {
    with_records!(kind, records => records.headings())
}

/// A row as cells, one a heading.
pub fn cells(kind: Kind, record: &Record) -> Vec<String> {
    with_records!(kind, records => records.write_cells(&records.line(record)))
}

/// Typed cells, one a heading, as a record; or what is wrong with them.
pub fn typed(kind: Kind, cells: &[String], today: Date) -> Result<Record, Findings> {
    with_records!(kind, records => {
        typed_line(records, &rules(today), cells).map(|line| records.line_bytes(&line))
    })
}

/// A line of a CSV file as a record; or what is wrong with it.
pub fn read(kind: Kind, cells: &Cells<'_>, today: Date) -> Result<Record, Vec<Fault>> {
    let read = with_records!(kind, records => {
        read_line(records, &rules(today), cells).map(|line| records.line_bytes(&line))
    });
    read.map_err(|findings| Fault::all(&findings))
}

/// The first line of a CSV file.
pub fn csv_heading(kind: Kind) -> String {
    with_records!(kind, records => write_heading(records))
}

/// A row as a line of one.
pub fn csv_line(kind: Kind, record: &Record) -> String {
    with_records!(kind, records => write_line(records, &records.line(record)))
}

/// The record of a transfer with another amount: what is owed in place of what is sent.
pub fn with_amount(record: &Record, amount: Yen) -> Result<Record, Unfit> {
    let mut line = transfer::Line::read(record);
    line.amount = Number::of(u64::try_from(amount.get()).unwrap_or_default())?;
    Ok(line.write())
}

/// Whether banks and branches exist the engine looks up itself.
fn rules(today: Date) -> Rules<'static> {
    Rules {
        today,
        tolerance: Tolerance::default(),
        directory: None,
        lines_max: usize::MAX,
        findings_max: FINDINGS_MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_of_a_business_that_is_done_in_bulk() {
        for kind in Kind::ALL {
            assert!(Business::BULK.contains(&business(*kind)), "{kind}");
            assert_eq!(business(*kind).records(), Some(kind.counted()), "{kind}");
            assert!(of_business(business(*kind)).any(|one| one == *kind));
        }
        assert_eq!(of_code(*b"21"), Some(Kind::Transfers));
        assert_eq!(of_code(*b"71"), Some(Kind::Salaries));
        assert_eq!(of_code(*b"01"), None, "入出金 is nothing that is asked for");
    }

    #[test]
    fn what_is_typed_is_a_record_and_the_record_is_what_was_typed() {
        let today = "2026-11-24".parse().unwrap();
        let typed_as =
            ["0125", "", "100", "", "普通", "0000001", "ｶ)ﾐﾎﾝ", "1000", "", "", ""].map(str::to_owned);
        let record = typed(Kind::Transfers, &typed_as, today).unwrap();
        let mut shown = cells(Kind::Transfers, &record);
        assert_eq!(shown.len(), headings(Kind::Transfers).len());
        assert_eq!((shown.remove(7), shown.remove(6)), ("1000".to_owned(), "ｶ)ﾐﾎﾝ".to_owned()));
        let more = with_amount(&record, Yen::new(2_500)).unwrap();
        assert_eq!(cells(Kind::Transfers, &more)[7], "2500");
        let mut wrong = typed_as.clone();
        wrong[7] = "=1".to_owned();
        let findings = typed(Kind::Transfers, &wrong, today).unwrap_err();
        assert_eq!(findings.kept()[0].fault.code(), "formula");
        for kind in Kind::ALL {
            assert_eq!(cells(*kind, &[b' '; 120]).len(), headings(*kind).len(), "{kind}");
        }
    }
}
