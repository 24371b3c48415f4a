//! Records out of bytes as they come: with CRLF behind each, with LF or CR alone, or with nothing. No more is held than
//! the record that is under way.

use super::BULK_RECORD_BYTES as WIDTH;

/// Bytes of a record that are held: what is longer is counted and not kept.
const HELD_MAX: usize = 4 * WIDTH;

/// How records are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// Nothing.
    None,
    /// CRLF.
    CrLf,
    /// LF.
    Lf,
    /// CR.
    Cr,
}

/// A record, or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'b> {
    /// Its bytes, at most [`HELD_MAX`] of them.
    pub bytes: &'b [u8],
    /// How many it has.
    pub length: usize,
}

/// Cuts bytes into records.
#[derive(Clone, Debug, Default)]
pub(super) struct Framing {
    separator: Option<Separator>,
    held: Vec<u8>,
    /// Bytes of the record under way that were not held.
    dropped: usize,
    /// The last byte of it, held or not.
    last: u8,
}

impl Framing {
    /// How records are separated, once that is known.
    pub fn separator(&self) -> Option<Separator> {
        self.separator
    }

    /// Takes bytes and gives the records that they complete, until it is told to stop.
    pub fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(Piece<'_>) -> bool) -> bool {
        if self.separator.is_none() {
            // one more than a record and its CRLF, so that a CR at the very end is told from CRLF
            let missing = (WIDTH + 3).saturating_sub(self.held.len()).min(bytes.len());
            let (taken, rest) = bytes.split_at(missing);
            self.held.extend_from_slice(taken);
            bytes = rest;
            if self.held.len() < WIDTH + 3 {
                return true;
            }
            return self.begin(each) && self.cut(bytes, each);
        }
        self.cut(bytes, each)
    }

    /// Gives what is left at the end of a file.
    pub fn end(&mut self, each: &mut dyn FnMut(Piece<'_>) -> bool) {
        if self.separator.is_none() && !self.begin(each) {
            return;
        }
        let held = std::mem::take(&mut self.held);
        let is_whole = self.dropped == 0;
        let rest = held.strip_suffix(b"\x1a").filter(|_| is_whole).unwrap_or(&held);
        // a line end behind the last of records that have none between them
        let rest = match self.separator {
            Some(Separator::None) if rest.len() <= 2 && rest.iter().all(|b| matches!(b, b'\r' | b'\n')) => {
                &[]
            }
            Some(Separator::CrLf) if is_whole => rest.strip_suffix(b"\r").unwrap_or(rest),
            _ => rest,
        };
        if !rest.is_empty() {
            each(Piece { bytes: rest, length: rest.len() + self.dropped });
        }
    }

    /// Finds how records are separated, and cuts what is held.
    fn begin(&mut self, each: &mut dyn FnMut(Piece<'_>) -> bool) -> bool {
        let head = self.held.get(..WIDTH + 2).unwrap_or(&self.held);
        let at = head.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        self.separator = Some(match at.map(|at| (self.held[at], self.held.get(at + 1))) {
            None => Separator::None,
            Some((b'\r', Some(b'\n'))) => Separator::CrLf,
            Some((b'\r', _)) => Separator::Cr,
            Some(_) => Separator::Lf,
        });
        let held = std::mem::take(&mut self.held);
        self.cut(&held, each)
    }

    fn cut(&mut self, bytes: &[u8], each: &mut dyn FnMut(Piece<'_>) -> bool) -> bool {
        match self.separator {
            Some(Separator::CrLf) => self.lines(bytes, b'\n', each),
            Some(Separator::Lf) => self.lines(bytes, b'\n', each),
            Some(Separator::Cr) => self.lines(bytes, b'\r', each),
            Some(Separator::None) | None => self.widths(bytes, each),
        }
    }

    /// Records of one width, nothing between them.
    fn widths(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(Piece<'_>) -> bool) -> bool {
        if !self.held.is_empty() {
            let (taken, rest) = bytes.split_at((WIDTH - self.held.len()).min(bytes.len()));
            self.held.extend_from_slice(taken);
            bytes = rest;
            if self.held.len() < WIDTH {
                return true;
            }
            let goes_on = each(Piece { bytes: &self.held, length: WIDTH });
            self.held.clear();
            if !goes_on {
                return false;
            }
        }
        let mut records = bytes.chunks_exact(WIDTH);
        for record in records.by_ref() {
            if !each(Piece { bytes: record, length: WIDTH }) {
                return false;
            }
        }
        self.held.extend_from_slice(records.remainder());
        true
    }

    /// Lines.
    fn lines(&mut self, mut bytes: &[u8], end: u8, each: &mut dyn FnMut(Piece<'_>) -> bool) -> bool {
        let has_cr = self.separator == Some(Separator::CrLf);
        let without_cr =
            |line: &[u8]| if has_cr && line.ends_with(b"\r") { line.len() - 1 } else { line.len() };
        loop {
            // the width is right nearly always
            let usual = if has_cr { WIDTH + 1 } else { WIDTH };
            let is_usual = self.held.is_empty()
                && self.dropped == 0
                && bytes.get(usual) == Some(&end)
                && !bytes[..usual].contains(&end);
            let at = if is_usual { Some(usual) } else { bytes.iter().position(|byte| *byte == end) };
            let Some(at) = at else {
                self.hold(bytes);
                return true;
            };
            let (line, rest) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
            bytes = rest;
            let goes_on = if self.held.is_empty() && self.dropped == 0 {
                let length = without_cr(line);
                each(Piece { bytes: &line[..length.min(HELD_MAX)], length })
            } else {
                self.hold(line);
                let cr = usize::from(has_cr && self.last == b'\r');
                let length = self.held.len() + self.dropped - cr;
                let goes_on = each(Piece { bytes: &self.held[..length.min(self.held.len())], length });
                self.held.clear();
                self.dropped = 0;
                goes_on
            };
            if !goes_on {
                return false;
            }
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        let (kept, dropped) = bytes.split_at((HELD_MAX - self.held.len()).min(bytes.len()));
        self.held.extend_from_slice(kept);
        self.dropped += dropped.len();
        self.last = bytes.last().copied().unwrap_or(self.last);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(bytes: &[u8], chunk: usize) -> (Vec<(Vec<u8>, usize)>, Option<Separator>) {
        let mut framing = Framing::default();
        let mut pieces = Vec::new();
        let mut each = |piece: Piece<'_>| {
            pieces.push((piece.bytes.to_vec(), piece.length));
            true
        };
        for part in bytes.chunks(chunk) {
            assert!(framing.push(part, &mut each));
            assert!(framing.held.capacity() <= 2 * HELD_MAX);
        }
        framing.end(&mut each);
        (pieces, framing.separator)
    }

    fn record(byte: u8) -> Vec<u8> {
        vec![byte; WIDTH]
    }

    #[test]
    fn records_are_found_whatever_separates_them() {
        let records = [record(b'1'), record(b'2'), record(b'9')];
        for (between, separator) in
            [("", Separator::None), ("\r\n", Separator::CrLf), ("\n", Separator::Lf), ("\r", Separator::Cr)]
        {
            for last in [between, ""] {
                for eof in ["", "\x1a"] {
                    let joined = records.join(between.as_bytes());
                    let bytes = [&joined, last.as_bytes(), eof.as_bytes()].concat();
                    for chunk in [1, 7, 119, 120, 121, 122, 123, 10_000] {
                        let (pieces, found) = cut(&bytes, chunk);
                        assert_eq!(found, Some(separator), "{between:?} {chunk}");
                        let expected: Vec<_> = records.iter().map(|record| (record.clone(), WIDTH)).collect();
                        assert_eq!(pieces, expected, "{between:?} {last:?} {eof:?} {chunk}");
                    }
                }
            }
        }
        let with_end = [records.concat().as_slice(), b"\r\n\x1a"].concat();
        assert_eq!(cut(&with_end, 50).0.len(), 3, "a line end behind the last record alone");
    }

    #[test]
    fn a_line_of_another_length_is_told_and_the_next_is_found() {
        let bytes = [&record(b'1')[..119], b"\r\n", &record(b'2'), b"\r\n", &record(b'3'), b"x\r\n"].concat();
        let lengths: Vec<usize> = cut(&bytes, 33).0.iter().map(|(_, length)| *length).collect();
        assert_eq!(lengths, [119, 120, 121]);
        let huge = [record(b'1').as_slice(), b"\n", &vec![b'2'; 10_000], b"\n", &record(b'9')].concat();
        let found: Vec<(usize, usize)> =
            cut(&huge, 64).0.iter().map(|(held, length)| (held.len(), *length)).collect();
        assert_eq!(found, [(120, 120), (HELD_MAX, 10_000), (120, 120)]);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it_and_chunks_do_not_matter(
            bytes in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(0x1a), any::<u8>()], 0..900),
            chunk in 1_usize..300,
        ) {
            prop_assert_eq!(cut(&bytes, chunk), cut(&bytes, 10_000));
        }
    }
}
