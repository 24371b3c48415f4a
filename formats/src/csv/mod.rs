//! CSV of spreadsheets: UTF-8 with or without its mark, or Shift_JIS; quoted or not; with CRLF, LF or CR. Read as
//! bytes come, no more than a line held; written so that no cell is a formula (SEC-37).

mod bulk;
mod cells;
mod kinds;
mod sheet;

pub use bulk::{CsvReader, CsvReport, read_line, typed_line, write_heading, write_line};
pub use cells::{Cells, CsvKind, Heading};
pub use sheet::{Sheet, SheetSink};

/// Bytes of a line that are held: one that is longer is refused.
const LINE_BYTES_MAX: usize = 8 * 1_024;
/// What makes a spreadsheet take a cell for a formula.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A cell as it is written: quoted. One that begins like a formula gets an apostrophe in front.
pub fn quoted(text: &str) -> String {
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// A cell as it is read: without spaces around it, and without the apostrophe that keeps it from being a formula.
pub fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(cell)
}

/// Whether a cell would be calculated: it begins like a formula and is no number.
fn is_formula(cell: &str) -> bool {
    let mut chars = cell.chars();
    match chars.next() {
        Some('-' | '－') => !chars.all(|c| domain::numbers::fold_width(c).is_ascii_digit()),
        Some(first) => FORMULA.contains(&first),
        None => false,
    }
}

/// Why bytes are no lines of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineError {
    /// A quotation mark that begins on a line is not closed.
    OpenQuote(usize),
    /// A line is longer than is held.
    TooLong(usize),
}

/// Cuts bytes into lines of cells. Shift_JIS has no quotation mark, comma or line end as the second byte of a
/// character, so that this needs to know nothing of characters.
#[derive(Clone, Debug)]
struct Splitter {
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
    /// Bytes held of the line under way.
    held: usize,
    /// The line under way, from 1, and the one where it began.
    line: usize,
    began: usize,
    /// Where the quotation mark is that is open.
    quoted_at: Option<usize>,
    /// A quotation mark within quotes: the next byte tells whether it closes them.
    is_closing: bool,
    /// A CR whose LF may follow.
    was_cr: bool,
}

impl Splitter {
    const fn new() -> Self {
        Self {
            cells: Vec::new(),
            cell: Vec::new(),
            held: 0,
            line: 1,
            began: 1,
            quoted_at: None,
            is_closing: false,
            was_cr: false,
        }
    }

    /// Takes bytes and gives the lines that they complete, with their numbers, until it is told to stop.
    fn push(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(usize, &[Vec<u8>]) -> bool,
    ) -> Result<bool, LineError> {
        for byte in bytes {
            if !self.byte(*byte, each)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives the last line where no line end is behind it.
    fn end(&mut self, each: &mut dyn FnMut(usize, &[Vec<u8>]) -> bool) -> Result<(), LineError> {
        if let Some(at) = self.quoted_at.filter(|_| !self.is_closing) {
            return Err(LineError::OpenQuote(at));
        }
        if self.held > 0 {
            self.give(each);
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8, each: &mut dyn FnMut(usize, &[Vec<u8>]) -> bool) -> Result<bool, LineError> {
        let was_cr = std::mem::take(&mut self.was_cr);
        if byte == b'\n' && was_cr {
            if self.quoted_at.is_some() {
                return self.keep(byte);
            }
            return Ok(true);
        }
        if std::mem::take(&mut self.is_closing) {
            if byte == b'"' {
                return self.keep(byte);
            }
            self.quoted_at = None;
        }
        match byte {
            b'"' if self.quoted_at.is_some() => self.is_closing = true,
            b'"' if self.cell.is_empty() => self.quoted_at = Some(self.line),
            b',' if self.quoted_at.is_none() => self.cells.push(std::mem::take(&mut self.cell)),
            b'\r' | b'\n' => {
                self.was_cr = byte == b'\r';
                self.line += 1;
                if self.quoted_at.is_some() {
                    return self.keep(byte);
                }
                return Ok(self.give(each));
            }
            other => return self.keep(other),
        }
        self.count()
    }

    fn keep(&mut self, byte: u8) -> Result<bool, LineError> {
        self.cell.push(byte);
        self.count()
    }

    fn count(&mut self) -> Result<bool, LineError> {
        self.held += 1;
        if self.held > LINE_BYTES_MAX {
            return Err(match self.quoted_at {
                Some(at) if at < self.line => LineError::OpenQuote(at),
                _ => LineError::TooLong(self.began),
            });
        }
        Ok(true)
    }

    fn give(&mut self, each: &mut dyn FnMut(usize, &[Vec<u8>]) -> bool) -> bool {
        self.cells.push(std::mem::take(&mut self.cell));
        let goes_on = each(self.began, &self.cells);
        self.cells.clear();
        self.held = 0;
        self.began = self.line;
        goes_on
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Lines = Vec<(usize, Vec<String>)>;

    fn cut(bytes: &[u8], part: usize) -> Result<Lines, LineError> {
        let mut lines = Vec::new();
        let mut splitter = Splitter::new();
        let mut each = |line: usize, cells: &[Vec<u8>]| {
            lines.push((line, cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()));
            true
        };
        for bytes in bytes.chunks(part) {
            splitter.push(bytes, &mut each)?;
        }
        splitter.end(&mut each)?;
        Ok(lines)
    }

    #[test]
    fn lines_have_cells_whatever_ends_them() {
        for end in ["\r\n", "\n", "\r"] {
            let text = ["a,\"b,\"\"c\"\"\"", "", "\"1\r\n2\",3"].join(end);
            for part in [1, 2, 3, 100] {
                let lines = cut(text.as_bytes(), part).unwrap();
                let cells = |line: usize| lines[line].1.iter().map(String::as_str).collect::<Vec<_>>();
                assert_eq!(lines.iter().map(|line| line.0).collect::<Vec<_>>(), [1, 2, 3], "{end:?}");
                assert_eq!((cells(0), cells(1)), (vec!["a", "b,\"c\""], vec![""]));
                assert_eq!(cells(2), ["1\r\n2", "3"]);
            }
        }
        assert_eq!(cut(b"a,b", 1).unwrap()[0].1, ["a", "b"]);
        assert_eq!(cut(b"a,b\r\n", 1).unwrap().len(), 1);
        assert_eq!(cut(b"\"a\"", 1).unwrap()[0].1, ["a"]);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        assert_eq!(cut(b"a\n\"b,c\nd", 2), Err(LineError::OpenQuote(2)));
        let long = vec![b'a'; LINE_BYTES_MAX + 1];
        assert_eq!(cut(&long, 1_000), Err(LineError::TooLong(1)));
        assert!(cut(&long[1..], 1_000).is_ok());
        let open = [b"\"".as_slice(), b"line\n".repeat(10_000).as_slice()].concat();
        assert_eq!(cut(&open, 1_000), Err(LineError::OpenQuote(1)));
    }

    /// Proves SEC-37.
    #[test]
    fn no_cell_is_a_formula_and_each_is_read_as_it_was_written() {
        assert_eq!(quoted("佐藤,\"花子\""), "\"佐藤,\"\"花子\"\"\"");
        for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert_eq!(quoted(formula), format!("\"'{formula}\""));
            assert_eq!(bare(&format!("'{formula}")), formula);
            assert_eq!(is_formula(formula), formula != "-1", "{formula}");
        }
        assert_eq!(bare(" 'O'Hara "), "'O'Hara");
        assert!(is_formula("-1+2") && !is_formula("－１") && !is_formula("1-2") && !is_formula(""));
    }

    proptest! {
        #[test]
        fn cells_read_back(cells in prop::collection::vec("[^\u{0}]{0,12}", 1..6), part in 1_usize..9) {
            let line = cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
            let lines = cut(line.as_bytes(), part).unwrap();
            prop_assert_eq!(lines.len(), 1);
            for (found, cell) in lines[0].1.iter().zip(&cells) {
                prop_assert_eq!(found.strip_prefix('\'').filter(|f| f == cell).unwrap_or(found), cell);
            }
        }

        #[test]
        fn no_bytes_break_it_and_parts_do_not_matter(bytes in prop::collection::vec(prop_oneof![
            Just(b'"'), Just(b','), Just(b'\r'), Just(b'\n'), any::<u8>()
        ], 0..200), part in 1_usize..50) {
            prop_assert_eq!(cut(&bytes, part), cut(&bytes, 1_000));
        }
    }
}
