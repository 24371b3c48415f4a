//! Lines of a business as CSV: each judged by the rules of the record that it becomes.

use super::cells::{Cells, CsvKind, Heading};
use super::quoted;
use super::sheet::Sheet;
use crate::finding::{Fault, Findings};
use crate::zengin::{Flow, Kind, Rules, Sum, Wrong};

/// What a file has.
#[derive(Clone, Debug)]
pub struct CsvReport<K: Kind> {
    /// What its lines sum up to.
    pub sums: K::Sums,
    /// Its lines and their amount.
    pub total: Sum,
    /// What is wrong. The file may be taken in where this is empty, and nothing of it otherwise.
    pub findings: Findings,
}

/// A CSV file being read.
#[derive(Debug)]
pub struct CsvReader<'r, K: CsvKind> {
    sheet: Sheet,
    lines: Lines<'r, K>,
}

/// What its lines are read by, and what they sum up to.
#[derive(Debug)]
struct Lines<'r, K: CsvKind> {
    kind: K,
    rules: Rules<'r>,
    sums: K::Sums,
}

/// What takes the lines: each with its number, as it was typed and as it was read, so that a page can show both.
/// The file may still prove wrong behind them.
pub type CsvSink<'s, K> = &'s mut dyn FnMut(usize, &Cells<'_>, &<K as Kind>::Line);

impl<'r, K: CsvKind> CsvReader<'r, K> {
    /// One for a business.
    pub fn new(kind: K, rules: Rules<'r>) -> Self {
        let sheet = Sheet::new(kind.headings(), rules.lines_max, rules.findings_max);
        Self { sheet, lines: Lines { kind, rules, sums: K::Sums::default() } }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8], sink: CsvSink<'_, K>) -> Flow {
        let lines = &mut self.lines;
        self.sheet.push(bytes, &mut |cells| lines.take(cells, sink))
    }

    /// The end of the file.
    pub fn end(self, sink: CsvSink<'_, K>) -> CsvReport<K> {
        let mut lines = self.lines;
        let findings = self.sheet.end(&mut |cells| lines.take(cells, sink));
        CsvReport { total: lines.kind.total(&lines.sums), sums: lines.sums, findings }
    }
}

impl<K: CsvKind> Lines<'_, K> {
    fn take(&mut self, cells: &mut Cells<'_>, sink: CsvSink<'_, K>) {
        let before = cells.findings.count();
        let Some(found) = self.kind.read_cells(cells) else { return };
        for fault in broken(&self.kind, &self.rules, self.kind.headings(), &found) {
            cells.wrong(fault.0, fault.1);
        }
        self.kind.add(&mut self.sums, &found);
        if cells.findings.count() == before {
            sink(cells.line, cells, &found);
        }
    }
}

/// One line by itself, or everything that is wrong with it: for whoever takes broken lines in too.
pub fn read_line<K: CsvKind>(kind: &K, rules: &Rules<'_>, cells: &Cells<'_>) -> Result<K::Line, Findings> {
    let mut findings = Findings::keeping(rules.findings_max);
    let Cells { line, headings, places, cells, .. } = *cells;
    let mut own = Cells { line, headings, places, cells, findings: &mut findings };
    let found = kind.read_cells(&mut own);
    for (heading, fault) in found.iter().flat_map(|found| broken(kind, rules, kind.headings(), found)) {
        own.wrong(heading, fault);
    }
    found.filter(|_| findings.is_empty()).ok_or(findings)
}

/// The same of cells that a person types into a form, one a heading.
pub fn typed_line<K: CsvKind>(kind: &K, rules: &Rules<'_>, typed: &[String]) -> Result<K::Line, Findings> {
    let places: Vec<_> = (0..kind.headings().len()).map(Some).collect();
    let mut nothing = Findings::keeping(0);
    let cells =
        Cells { line: 1, headings: kind.headings(), places: &places, cells: typed, findings: &mut nothing };
    read_line(kind, rules, &cells)
}

/// Faults that the record's own rules find, by heading.
fn broken<K: CsvKind>(
    kind: &K,
    rules: &Rules<'_>,
    headings: &'static [Heading],
    line: &K::Line,
) -> Vec<(&'static str, Fault)> {
    let record = kind.line_bytes(line);
    let layout = &kind.layouts()[1];
    let mut findings = layout.findings(1, &record, rules.findings_max);
    kind.line_rules(line, rules, &mut Wrong::new(1, &record, layout, &mut findings));
    let heading = |field: &Option<String>| {
        let found = headings.iter().find(|heading| Some(heading.field) == field.as_deref());
        found.map_or("行", |heading| heading.name)
    };
    findings.kept().iter().map(|finding| (heading(&finding.place.field), finding.fault.clone())).collect()
}

/// The first line of a file, with the mark of UTF-8 before it.
pub fn write_heading<K: CsvKind>(kind: &K) -> String {
    let cells: Vec<String> = kind.headings().iter().map(|heading| quoted(heading.name)).collect();
    format!("\u{feff}{}\r\n", cells.join(","))
}

/// A line of a file.
pub fn write_line<K: CsvKind>(kind: &K, line: &K::Line) -> String {
    let cells: Vec<String> = kind.write_cells(line).iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}
