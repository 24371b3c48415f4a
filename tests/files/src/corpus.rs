//! Files to begin with, and how they are changed.

use std::path::Path;

/// Bytes of an input at most.
const BYTES_MAX: usize = 8_000;

/// Pieces that a parser looks for.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\x1a",
    b"\xef\xbb\xbf",
    b"\"",
    b"\"\"",
    b",",
    b"=1",
    b"'",
    b"0000",
    b"9999999999",
    b"        ",
    b"1210",
    b"1910",
    b"2",
    b"8",
    b"9",
    b"\xde",
    b"\xdf",
    b"\xb6\xde",
    b"\xa6",
    b"\xaf",
    b"\xe3\x82\xa2",
    b"\x83\x41",
    b"<!DOCTYPE a>",
    b"<![CDATA[",
    b"]]>",
    b"&#x0;",
    b"&amp;",
    b"<!--",
    b"-->",
    b"</",
    b"/>",
    b"<a>",
    b"xmlns=\"\"",
    b"\r\n-}",
    b"\r\n:",
    b"{4:\r\n",
    b"{3:{121:",
    b"/ADD/",
];

/// The golden files of a target, which the tests write.
pub fn beginnings(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../formats/tests/golden");
    let is_for = |name: &str| match target {
        "records" => [".21", ".11", ".12", ".91", ".99"].iter().any(|end| name.ends_with(end)),
        "cells" => name.ends_with(".csv"),
        "message" => name.starts_with("pain.001"),
        "statements" => name.ends_with(".03") || name.ends_with(".01"),
        "swift" => [".700", ".707", ".103"].iter().any(|end| name.ends_with(end)),
        "statuses" => name.starts_with("pacs.002") || name.starts_with("pacs.004"),
        _ => false,
    };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("golden files")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && path.file_name().is_some_and(|name| is_for(&name.to_string_lossy())))
        .collect();
    files.sort();
    files.into_iter().map(|path| std::fs::read(path).expect("a golden file")).collect()
}

/// Changes inputs; the same seed, the same changes.
pub struct Mutator(u64);

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Bytes of the parts in which an input is given.
    pub fn part(&mut self) -> usize {
        [1, 7, 64, 119, 120, 121, 122, 123, 4_096][self.below(9)]
    }

    /// One of those that are kept, changed in one to five places.
    pub fn changed(&mut self, kept: &[Vec<u8>]) -> Vec<u8> {
        let index = self.below(kept.len());
        let mut input = kept[index].clone();
        for _ in 0..=self.below(5) {
            self.change(&mut input, kept);
        }
        input.truncate(BYTES_MAX);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, kept: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let most = [2, 8, 130, 1_000][self.below(4)];
        let end = (at + 1 + self.below(most)).min(input.len());
        match self.below(10) {
            0 => input.insert(at, self.next() as u8),
            1 if at < input.len() => input[at] = self.next() as u8,
            2 if at < input.len() => input[at] ^= 1 << self.below(8),
            3 if at < end => drop(input.drain(at..end)),
            4 if at < end => {
                let piece = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            5 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(at..at, piece.iter().copied());
            }
            6 if at < end => {
                let piece = PIECES[self.below(PIECES.len())];
                let end = (at + piece.len()).min(input.len());
                input[at..end].copy_from_slice(&piece[..end - at]);
            }
            7 => {
                // the end of another one
                let other = &kept[self.below(kept.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            8 => {
                // every line end another
                let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\r", b""];
                let to = ends[self.below(4)];
                let lines: Vec<Vec<u8>> = input
                    .split(|byte| *byte == b'\n')
                    .map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec())
                    .collect();
                *input = lines.join(to);
            }
            _ => {
                // a digit for a digit, so that sums stay sums
                if let Some(byte) = input.get_mut(at).filter(|byte| byte.is_ascii_digit()) {
                    *byte = b'0' + (self.next() % 10) as u8;
                }
            }
        }
    }
}
