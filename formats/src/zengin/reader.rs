//! Reads a file of bulk data as its bytes come: record by record, never the whole, and everything that is wrong in
//! it.

use super::explain::{Wrong, explain};
use super::framing::{Framing, Piece, Separator};
use super::kind::{Kind, Rules, Sum};
use super::layout::Layout;
use super::{BULK_RECORD_BYTES, Record};
use crate::finding::{Fault, Finding, Findings, Place};
use crate::sniff::{Looks, has_utf8, sniff};

/// What a 種別コード is called. Some mean another business in another convention, so what a file is read as is chosen, and
/// this only names what was found in its place.
pub fn business(code: [u8; 2]) -> Option<&'static str> {
    Some(match &code {
        b"01" => "振込入金通知",
        b"03" => "入出金取引明細",
        b"11" | b"71" => "給与振込",
        b"12" | b"72" => "賞与振込",
        b"21" => "総合振込",
        b"41" => "株式配当金",
        b"91" => "口座振替",
        b"98" => "振込口座照会",
        b"99" => "地方税納付",
        _ => return None,
    })
}

/// Whether more bytes are of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// They are.
    GoOn,
    /// The file is refused whatever follows: the rest need not be received.
    Stop,
}

/// What a file has.
#[derive(Clone, Debug)]
pub struct Report<K: Kind> {
    /// Its header, where that keeps its layout.
    pub header: Option<K::Header>,
    /// What its lines sum up to.
    pub sums: K::Sums,
    /// Its lines and their amount.
    pub total: Sum,
    /// Its records.
    pub records: usize,
    /// What separates them.
    pub separator: Option<Separator>,
    /// What is wrong. The file may be taken in where this is empty, and nothing of it otherwise.
    pub findings: Findings,
    /// Data records that were found broken and not taken yet, where they are [kept](Reader::keeping_broken).
    pub broken: Vec<(usize, Record)>,
}

/// What record may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Header,
    Lines,
    End,
    Nothing,
}

/// A file being read.
#[derive(Debug)]
pub struct Reader<'r, K: Kind> {
    framing: Framing,
    state: State<'r, K>,
}

#[derive(Debug)]
struct State<'r, K: Kind> {
    kind: K,
    rules: Rules<'r>,
    layouts: [Layout; 4],
    next: Next,
    records: usize,
    header: Option<K::Header>,
    sums: K::Sums,
    lines: usize,
    /// A line could not be read, so that amounts of the trailer prove nothing.
    has_broken_lines: bool,
    /// Data records of which something is wrong, where they are kept to be mended.
    broken: Option<Vec<(usize, Record)>>,
    is_over: bool,
    findings: Findings,
}

/// What takes the lines, each with the number of its record. Lines come as they are read; the file may still prove
/// wrong behind them.
pub type Sink<'s, K> = &'s mut dyn FnMut(usize, &<K as Kind>::Line);

impl<'r, K: Kind> Reader<'r, K> {
    /// One for a business.
    pub fn new(kind: K, rules: Rules<'r>) -> Self {
        let layouts = kind.layouts().clone();
        let layouts = if rules.tolerance.wo_in_names { layouts.map(Layout::with_wo) } else { layouts };
        let state = State {
            kind,
            rules,
            layouts,
            next: Next::Header,
            records: 0,
            header: None,
            sums: K::Sums::default(),
            lines: 0,
            has_broken_lines: false,
            broken: None,
            is_over: false,
            findings: Findings::keeping(rules.findings_max),
        };
        Self { framing: Framing::default(), state }
    }

    /// Keeps data records of which something is wrong, for [`take_broken`](Self::take_broken): somebody mends them.
    #[must_use]
    pub fn keeping_broken(mut self) -> Self {
        self.state.broken = Some(Vec::new());
        self
    }

    /// The data records that were found broken since this was last asked, each with its number. The sink gets none of
    /// them.
    pub fn take_broken(&mut self) -> Vec<(usize, Record)> {
        self.state.broken.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes the next bytes of the file, as many or as few as there are.
    pub fn push(&mut self, bytes: &[u8], sink: Sink<'_, K>) -> Flow {
        let state = &mut self.state;
        if state.is_over {
            return Flow::Stop;
        }
        // how records are separated is found before the first is given
        let goes_on = self.framing.push(bytes, &mut |piece| state.piece(piece, sink));
        if goes_on { Flow::GoOn } else { Flow::Stop }
    }

    /// The end of the file.
    pub fn end(self, sink: Sink<'_, K>) -> Report<K> {
        self.end_with_kind(sink).0
    }

    /// The end of the file, and the business back.
    pub fn end_with_kind(mut self, sink: Sink<'_, K>) -> (Report<K>, K) {
        let state = &mut self.state;
        if !state.is_over {
            self.framing.end(&mut |piece| state.piece(piece, sink));
            state.end(self.framing.separator());
        }
        let state = self.state;
        let report = Report {
            header: state.header,
            total: state.kind.total(&state.sums),
            sums: state.sums,
            records: state.records,
            separator: self.framing.separator(),
            findings: state.findings,
            broken: state.broken.unwrap_or_default(),
        };
        (report, state.kind)
    }
}

impl<K: Kind> State<'_, K> {
    /// Takes a record; false where no further one is of use.
    fn piece(&mut self, piece: Piece<'_>, sink: Sink<'_, K>) -> bool {
        self.records += 1;
        if self.records == 1
            && let Err(fault) = self.first(piece.bytes)
        {
            return self.stop(Finding::of_file(fault));
        }
        let goes_on = match <&Record>::try_from(piece.bytes) {
            Ok(record) if piece.length == BULK_RECORD_BYTES => self.record(record, true, sink),
            _ => self.odd(piece, sink),
        };
        goes_on && !self.is_over
    }

    /// A record of another length.
    fn odd(&mut self, piece: Piece<'_>, sink: Sink<'_, K>) -> bool {
        if has_utf8(piece.bytes) {
            return self.stop(Finding::of_file(Fault::Utf8));
        }
        if self.next == Next::Nothing {
            return self.stop(self.misplaced(Fault::AfterEnd));
        }
        let mut record = [b' '; BULK_RECORD_BYTES];
        for (place, byte) in record.iter_mut().zip(piece.bytes) {
            *place = *byte;
        }
        let layout = self.layout(record[0]);
        let is_cut = piece.length < BULK_RECORD_BYTES
            && layout.is_some_and(|layout| layout.is_met(&record))
            && piece.bytes.last() != Some(&b' ');
        let is_let_pass = is_cut && self.rules.tolerance.cut_spaces;
        if !is_let_pass {
            let fault = Fault::Length { bytes: piece.length, expected: BULK_RECORD_BYTES, is_cut };
            self.findings.add(self.misplaced(fault));
        }
        self.record(&record, is_let_pass, sink)
    }

    /// Takes a record of the right length, or what stands in its place and says nothing but its kind.
    fn record(&mut self, record: &Record, is_whole: bool, sink: Sink<'_, K>) -> bool {
        match (record[0], self.next) {
            (_, Next::Nothing) => self.stop(self.misplaced(Fault::AfterEnd)),
            (b'2', Next::Lines) => self.line(record, is_whole, sink),
            (b'1', Next::Header) => {
                self.next = Next::Lines;
                !is_whole || self.read_header(record)
            }
            (b'1', _) => self.stop(self.misplaced(Fault::SecondHeader)),
            (b'8', Next::Lines) => {
                self.next = Next::End;
                if is_whole {
                    self.read_trailer(record);
                }
                true
            }
            (b'9', Next::End) => {
                self.next = Next::Nothing;
                if is_whole {
                    self.keeps(3, record);
                }
                true
            }
            (b'9', Next::Lines) => self.stop(self.misplaced(Fault::NoTrailer)),
            (b'2' | b'8' | b'9', Next::Header) => self.stop(self.misplaced(Fault::NoHeader)),
            (b'2' | b'8', Next::End) => self.stop(self.misplaced(Fault::Misplaced)),
            (byte, _) if has_utf8(record) && byte > 0x7f => self.stop(Finding::of_file(Fault::Utf8)),
            _ => self.stop(self.misplaced(Fault::Shifted)),
        }
    }

    /// What the first record says of the file.
    fn first(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        match sniff(bytes) {
            Ok(Looks::Zengin(_)) => Ok(()),
            Ok(Looks::Xml) => Err(Fault::Xml),
            // the records tell more exactly
            _ if matches!(bytes.first(), Some(b'1' | b'2' | b'8' | b'9')) => Ok(()),
            Ok(Looks::Csv | Looks::Fin) => Err(Fault::Unknown),
            Err(fault) => Err(fault),
        }
    }

    fn read_header(&mut self, record: &Record) -> bool {
        let code = [record[1], record[2]];
        if !self.kind.codes().iter().any(|own| own.as_bytes() == code) {
            let fault = Fault::OtherBusiness { expected: self.kind.name(), found: business(code) };
            let mut wrong = Wrong::new(self.records, record, &self.layouts[0], &mut self.findings);
            wrong.field("種別コード", fault);
            self.is_over = true;
            return false;
        }
        if self.keeps(0, record) {
            let header = self.kind.header(record);
            let mut wrong = Wrong::new(self.records, record, &self.layouts[0], &mut self.findings);
            match record[3] {
                b'0' => {}
                b'1' => wrong.field("コード区分", Fault::CodeDivision),
                _ => wrong.field("コード区分", Fault::NotOneOf("0".to_owned())),
            }
            self.kind.header_rules(&header, &self.rules, &mut wrong);
            self.header = Some(header);
        }
        !self.is_over
    }

    fn line(&mut self, record: &Record, is_whole: bool, sink: Sink<'_, K>) -> bool {
        self.lines += 1;
        if self.lines > self.rules.lines_max {
            return self.stop(self.misplaced(Fault::TooMany { most: self.rules.lines_max }));
        }
        if !is_whole {
            self.has_broken_lines = true;
            return true;
        }
        if !self.layouts[1].is_met(record) {
            self.has_broken_lines = true;
            if let Some(bytes) = next_begins_in(record) {
                let fault = Fault::Length { bytes, expected: BULK_RECORD_BYTES, is_cut: false };
                return self.stop(self.misplaced(fault));
            }
            let goes_on = self.keeps(1, record) || !self.is_over;
            self.keep_broken(record);
            return goes_on;
        }
        let line = self.kind.line(record);
        let before = self.findings.count();
        let mut wrong = Wrong::new(self.records, record, &self.layouts[1], &mut self.findings);
        self.kind.line_rules(&line, &self.rules, &mut wrong);
        self.kind.add(&mut self.sums, &line);
        if self.findings.count() == before {
            sink(self.records, &line);
        } else {
            self.keep_broken(record);
        }
        true
    }

    fn read_trailer(&mut self, record: &Record) {
        if self.lines == 0 {
            self.findings.add(Finding::of_file(Fault::NoLines));
        }
        if self.keeps(2, record) && !self.has_broken_lines {
            let mut wrong = Wrong::new(self.records, record, &self.layouts[2], &mut self.findings);
            self.kind.trailer_rules(record, &self.sums, &mut wrong);
        }
    }

    /// Whether a record keeps its layout; what it does not keep is found.
    fn keep_broken(&mut self, record: &Record) {
        if let Some(broken) = &mut self.broken {
            broken.push((self.records, *record));
        }
    }

    fn keeps(&mut self, layout: usize, record: &Record) -> bool {
        let layout = &self.layouts[layout];
        if layout.is_met(record) {
            return true;
        }
        if has_utf8(record) {
            self.stop(Finding::of_file(Fault::Utf8));
        } else {
            explain(self.records, record, layout, &mut self.findings);
        }
        false
    }

    fn end(&mut self, separator: Option<Separator>) {
        let missing = match self.next {
            _ if self.is_over => return,
            Next::Header if self.records == 0 => Some(Fault::Empty),
            Next::Header => Some(Fault::NoHeader),
            Next::Lines => Some(Fault::NoTrailer),
            Next::End => Some(Fault::NoEnd),
            Next::Nothing => None,
        };
        if let Some(fault) = missing {
            self.findings.add(Finding::of_file(fault));
        }
        let single = match separator {
            Some(Separator::Lf) => Some("LF"),
            Some(Separator::Cr) => Some("CR"),
            _ => None,
        };
        if let Some(single) = single.filter(|_| !self.rules.tolerance.single_line_ends) {
            self.findings.add(Finding::of_file(Fault::LineEnds(single)));
        }
    }

    fn stop(&mut self, finding: Finding) -> bool {
        self.findings.add(finding);
        self.is_over = true;
        false
    }

    /// A finding of the whole record.
    fn misplaced(&self, fault: Fault) -> Finding {
        Finding { place: Place::record(self.records, None), found: String::new(), fault }
    }

    fn layout(&self, kind: u8) -> Option<&Layout> {
        let index = b"1289".iter().position(|known| *known == kind)?;
        self.layouts.get(index)
    }
}

/// How long a record is in whose end the next one begins: that happens where records have no separator and this one
/// is too short. The next begins with its 2 and a bank's number, or an 8 and a count, where there should be spaces.
fn next_begins_in(record: &Record) -> Option<usize> {
    (113..BULK_RECORD_BYTES).find(|at| {
        let (before, from) = record.split_at(*at);
        matches!(from, [b'2' | b'8', digits @ ..] if digits.iter().all(u8::is_ascii_digit))
            && before.ends_with(b" ")
    })
}
