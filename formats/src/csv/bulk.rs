//! Lines of a business as CSV: read as bytes come, each judged by the rules of the record that it becomes.

use super::cells::{Cells, CsvKind, Heading};
use super::{LineError, Splitter, bare, quoted};
use crate::finding::{Fault, Finding, Findings, Place};
use crate::zengin::{Flow, Kind, Rules, Sum, Wrong};

/// Cells of a line that are looked at.
const CELLS_MAX: usize = 64;

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
    splitter: Splitter,
    state: State<'r, K>,
}

#[derive(Debug)]
struct State<'r, K: CsvKind> {
    kind: K,
    rules: Rules<'r>,
    /// Where each heading stands; nothing before the first line.
    places: Option<Vec<Option<usize>>>,
    /// Cells that a line may have.
    cells_max: usize,
    is_utf8: bool,
    lines: usize,
    sums: K::Sums,
    is_over: bool,
    findings: Findings,
}

/// What takes the lines: each with its number, as it was typed and as it was read, so that a page can show both.
/// The file may still prove wrong behind them.
pub type CsvSink<'s, K> = &'s mut dyn FnMut(usize, &Cells<'_>, &<K as Kind>::Line);

impl<'r, K: CsvKind> CsvReader<'r, K> {
    /// One for a business.
    pub fn new(kind: K, rules: Rules<'r>) -> Self {
        let state = State {
            kind,
            rules,
            places: None,
            cells_max: 0,
            is_utf8: true,
            lines: 0,
            sums: K::Sums::default(),
            is_over: false,
            findings: Findings::keeping(rules.findings_max),
        };
        Self { splitter: Splitter::new(), state }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8], sink: CsvSink<'_, K>) -> Flow {
        let state = &mut self.state;
        if state.is_over {
            return Flow::Stop;
        }
        match self.splitter.push(bytes, &mut |line, cells| state.line(line, cells, sink)) {
            Ok(true) => Flow::GoOn,
            Ok(false) => Flow::Stop,
            Err(error) => state.refuse(error),
        }
    }

    /// The end of the file.
    pub fn end(mut self, sink: CsvSink<'_, K>) -> CsvReport<K> {
        let state = &mut self.state;
        if !state.is_over
            && let Err(error) = self.splitter.end(&mut |line, cells| state.line(line, cells, sink))
        {
            let _ = state.refuse(error);
        }
        if !state.is_over && state.lines == 0 {
            let fault = if state.places.is_none() { Fault::Empty } else { Fault::NoLines };
            state.findings.add(Finding::of_file(fault));
        }
        let state = self.state;
        CsvReport { total: state.kind.total(&state.sums), sums: state.sums, findings: state.findings }
    }
}

impl<K: CsvKind> State<'_, K> {
    fn refuse(&mut self, error: LineError) -> Flow {
        let (line, fault) = match error {
            LineError::OpenQuote(line) => (line, Fault::OpenQuote),
            LineError::TooLong(line) => (line, Fault::TooLong { most: super::LINE_BYTES_MAX }),
        };
        self.stop(Place::line(line), fault);
        Flow::Stop
    }

    fn stop(&mut self, place: Place, fault: Fault) -> bool {
        self.findings.add(Finding { place, found: String::new(), fault });
        self.is_over = true;
        false
    }

    fn line(&mut self, line: usize, cells: &[Vec<u8>], sink: CsvSink<'_, K>) -> bool {
        if self.places.is_none() {
            return self.first(cells);
        }
        if cells.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
            return true;
        }
        self.lines += 1;
        if self.lines > self.rules.lines_max {
            return self.stop(Place::line(line), Fault::TooMany { most: self.rules.lines_max });
        }
        let Some(cells) = decoded(cells, self.is_utf8) else {
            return self.stop(Place::line(line), Fault::Encoding);
        };
        if cells.iter().skip(self.cells_max).any(|cell| !cell.is_empty()) {
            let fault = Fault::TooManyCells { most: self.cells_max };
            self.findings.add(Finding { place: Place::line(line), found: String::new(), fault });
            return true;
        }
        let before = self.findings.count();
        let headings = self.kind.headings();
        let places = self.places.as_deref().unwrap_or_default();
        let mut cells = Cells { line, headings, places, cells: &cells, findings: &mut self.findings };
        let Some(found) = self.kind.read_cells(&mut cells) else { return true };
        for fault in broken(&self.kind, &self.rules, headings, &found) {
            cells.wrong(fault.0, fault.1);
        }
        self.kind.add(&mut self.sums, &found);
        if cells.findings.count() == before {
            sink(line, &cells, &found);
        }
        true
    }

    /// The headings.
    fn first(&mut self, cells: &[Vec<u8>]) -> bool {
        let mark = b"\xef\xbb\xbf".as_slice();
        let mut cells = cells.to_vec();
        if let Some(first) = cells.first_mut()
            && let Some(rest) = first.strip_prefix(mark)
        {
            // what follows the mark may be quoted, which the splitter could not know
            let rest = rest.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(rest);
            *first = rest.to_vec();
        }
        self.is_utf8 = cells.iter().all(|cell| std::str::from_utf8(cell).is_ok());
        let Some(found) = decoded(&cells, self.is_utf8) else {
            return self.stop(Place::FILE, Fault::Encoding);
        };
        if found.len() > CELLS_MAX {
            return self.stop(Place::line(1), Fault::TooManyCells { most: CELLS_MAX });
        }
        let headings = self.kind.headings();
        let mut places = vec![None; headings.len()];
        for (place, heading) in found.iter().enumerate().map(|(place, heading)| (place, bare(heading))) {
            let known = headings.iter().position(|known| known.name == heading);
            let fault = match known.and_then(|index| places.get_mut(index)) {
                None if heading.is_empty() => continue,
                None => Fault::UnknownHeading { known: words(headings, |_| true) },
                Some(Some(_)) => Fault::HeadingTwice,
                Some(free) => {
                    *free = Some(place);
                    continue;
                }
            };
            self.findings.add(Finding { place: Place::line(1), found: String::new(), fault }.found(heading));
            self.is_over = true;
        }
        for (heading, place) in headings.iter().zip(&places) {
            if heading.is_needed && place.is_none() {
                let fault = Fault::NoHeading { needed: words(headings, |heading| heading.is_needed) };
                let finding = Finding { place: Place::line(1), found: String::new(), fault };
                self.findings.add(finding.found(heading.name));
                self.is_over = true;
            }
        }
        self.cells_max = found.len();
        self.places = Some(places);
        !self.is_over
    }
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

fn words(headings: &[Heading], which: fn(&Heading) -> bool) -> String {
    headings
        .iter()
        .filter(|heading| which(heading))
        .map(|heading| heading.name)
        .collect::<Vec<_>>()
        .join("・")
}

/// UTF-8, or what spreadsheets on Windows write in Japan.
fn decoded(cells: &[Vec<u8>], is_utf8: bool) -> Option<Vec<String>> {
    let text = |cell: &Vec<u8>| match is_utf8 {
        true => std::str::from_utf8(cell).ok().map(str::to_owned),
        false => encoding_rs::SHIFT_JIS
            .decode_without_bom_handling_and_without_replacement(cell)
            .map(|text| text.into_owned()),
    };
    cells.iter().map(text).collect()
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
