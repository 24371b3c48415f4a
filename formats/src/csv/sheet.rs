//! Lines of cells under headings, read as bytes come: what every CSV file has, whatever its lines are about.

use super::cells::{Cells, Heading};
use super::{LineError, Splitter, bare};
use crate::finding::{Fault, Finding, Findings, Place};
use crate::zengin::Flow;

/// Cells of a line that are looked at.
const CELLS_MAX: usize = 64;

/// A CSV file being read.
#[derive(Debug)]
pub struct Sheet {
    splitter: Splitter,
    state: State,
}

#[derive(Debug)]
struct State {
    headings: &'static [Heading],
    lines_max: usize,
    /// Where each heading stands; nothing before the first line.
    places: Option<Vec<Option<usize>>>,
    /// Cells that a line may have.
    cells_max: usize,
    is_utf8: bool,
    lines: usize,
    is_over: bool,
    findings: Findings,
}

/// What takes the lines. The file may still prove wrong behind them.
pub type SheetSink<'s> = &'s mut dyn FnMut(&mut Cells<'_>);

impl Sheet {
    /// One with these headings, of so many lines at most, that keeps so many findings.
    pub fn new(headings: &'static [Heading], lines_max: usize, findings_max: usize) -> Self {
        let state = State {
            headings,
            lines_max,
            places: None,
            cells_max: 0,
            is_utf8: true,
            lines: 0,
            is_over: false,
            findings: Findings::keeping(findings_max),
        };
        Self { splitter: Splitter::new(), state }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8], sink: SheetSink<'_>) -> Flow {
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

    /// The end of the file: what is wrong with it. It may be taken in where there is nothing, and nothing of it
    /// otherwise.
    pub fn end(mut self, sink: SheetSink<'_>) -> Findings {
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
        self.state.findings
    }
}

impl State {
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

    fn line(&mut self, line: usize, cells: &[Vec<u8>], sink: SheetSink<'_>) -> bool {
        let Some(places) = self.places.as_deref() else { return self.first(cells) };
        if cells.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
            return true;
        }
        self.lines += 1;
        if self.lines > self.lines_max {
            return self.stop(Place::line(line), Fault::TooMany { most: self.lines_max });
        }
        let Some(cells) = decoded(cells, self.is_utf8) else {
            return self.stop(Place::line(line), Fault::Encoding);
        };
        if cells.iter().skip(self.cells_max).any(|cell| !cell.is_empty()) {
            let fault = Fault::TooManyCells { most: self.cells_max };
            self.findings.add(Finding { place: Place::line(line), found: String::new(), fault });
            return true;
        }
        let headings = self.headings;
        sink(&mut Cells { line, headings, places, cells: &cells, findings: &mut self.findings });
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
        let headings = self.headings;
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
