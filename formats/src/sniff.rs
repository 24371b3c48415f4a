//! What a file is, seen from its first bytes: what it is read as, or why it is not.

use crate::finding::Fault;

/// Bytes from the beginning that tell.
pub const SNIFF_BYTES: usize = 512;

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Records of a fixed width: its 種別コード.
    Zengin([u8; 2]),
    /// Elements.
    Xml,
    /// A text with separated cells.
    Csv,
    /// Messages of SWIFT's FIN: the first block of the first.
    Fin,
}

/// What begins a file of another kind.
const BEGINNINGS: &[(&[u8], Fault)] = &[
    (b"\xd0\xcf\x11\xe0", Fault::Workbook),
    (b"\x1f\x8b", Fault::Foreign("gzip形式の圧縮ファイル")),
    (b"7z\xbc\xaf", Fault::Foreign("7z形式の圧縮ファイル")),
    (b"Rar!", Fault::Foreign("RAR形式の圧縮ファイル")),
    (b"%PDF", Fault::Foreign("PDFのファイル")),
    (b"\x89PNG", Fault::Foreign("画像のファイル")),
    (b"\xff\xd8\xff", Fault::Foreign("画像のファイル")),
    (b"MZ", Fault::Foreign("プログラムのファイル")),
    (b"\xff\xfe", Fault::Utf16),
    (b"\xfe\xff", Fault::Utf16),
];

/// What begins a member of a workbook's archive.
const WORKBOOK_MEMBERS: &[&[u8]] = &[b"[Content_Types].xml", b"xl/", b"_rels/", b"docProps/"];

/// Looks at the first bytes of a file: [`SNIFF_BYTES`] of it, or all where it is shorter.
pub fn sniff(bytes: &[u8]) -> Result<Looks, Fault> {
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        let name = bytes.get(30..).unwrap_or_default();
        let is_workbook = WORKBOOK_MEMBERS.iter().any(|member| name.starts_with(member));
        return Err(if is_workbook { Fault::Workbook } else { Fault::Zip });
    }
    if let Some((_, fault)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Err(fault.clone());
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf");
    let has_mark = text.is_some();
    let text = text.unwrap_or(bytes);
    if text.trim_ascii_start().starts_with(b"<") {
        return Ok(Looks::Xml);
    }
    if text.trim_ascii_start().starts_with(b"{1:") {
        return Ok(Looks::Fin);
    }
    match text {
        // a header: 1, its kind, and no separator where the originator's code stands
        [b'1', first @ b'0'..=b'9', second @ b'0'..=b'9', rest @ ..]
            if rest.len() >= 11 && rest.iter().take(11).all(|b| b.is_ascii_alphanumeric() || *b == b' ') =>
        {
            if has_mark {
                Err(Fault::Utf8Mark)
            } else {
                Ok(Looks::Zengin([*first, *second]))
            }
        }
        [0xf1, 0xf0..=0xf9, 0xf0..=0xf9, ..] => Err(Fault::Ebcdic),
        _ if first_line(text).contains(&b',') => Ok(Looks::Csv),
        _ => Err(Fault::Unknown),
    }
}

fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default()
}

/// Whether bytes have a character of UTF-8 that JIS X 0201 has no bytes for.
pub(crate) fn has_utf8(bytes: &[u8]) -> bool {
    let follows = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, 0x80..=0xbf));
    (0..bytes.len()).any(|at| {
        matches!(bytes[at], 0xe2..=0xe9 | 0xef) && follows(bytes.get(at + 1)) && follows(bytes.get(at + 2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_first_bytes() {
        let zip = |member: &str| [b"PK\x03\x04".as_slice(), &[0; 26], member.as_bytes()].concat();
        for (bytes, looks) in [
            (b"12101234567890".to_vec(), Ok(Looks::Zengin(*b"21"))),
            (b"1910000000000 ".to_vec(), Ok(Looks::Zengin(*b"91"))),
            (b"<?xml version=\"1.0\"?>".to_vec(), Ok(Looks::Xml)),
            (b"\xef\xbb\xbf\n<Document/>".to_vec(), Ok(Looks::Xml)),
            (b"{1:F01MIHNJPJTAXXX0000000000}".to_vec(), Ok(Looks::Fin)),
            ("銀行番号,店番".as_bytes().to_vec(), Ok(Looks::Csv)),
            ("\u{feff}\"銀行番号\",\"店番\"\r\n".as_bytes().to_vec(), Ok(Looks::Csv)),
            (Vec::new(), Err(Fault::Empty)),
            (zip("payroll.txt"), Err(Fault::Zip)),
            (zip("[Content_Types].xml"), Err(Fault::Workbook)),
            (zip("xl/workbook.xml"), Err(Fault::Workbook)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1".to_vec(), Err(Fault::Workbook)),
            (b"%PDF-1.7".to_vec(), Err(Fault::Foreign("PDFのファイル"))),
            (b"\xff\xfe1\x002\x00".to_vec(), Err(Fault::Utf16)),
            (b"\xef\xbb\xbf1210123456789012".to_vec(), Err(Fault::Utf8Mark)),
            (b"\xf1\xf2\xf1\xf0".to_vec(), Err(Fault::Ebcdic)),
            (b"hello".to_vec(), Err(Fault::Unknown)),
            (b"12".to_vec(), Err(Fault::Unknown)),
        ] {
            assert_eq!(sniff(&bytes), looks, "{bytes:?}");
        }
    }

    #[test]
    fn utf8_is_told_from_single_bytes() {
        for text in ["ｱ", "ア", "〜", "令和"] {
            assert!(has_utf8(text.as_bytes()), "{text}");
        }
        let every: Vec<u8> = (0x20..=0x7e).chain(0xa1..=0xdf).chain((0xa1..=0xdf).rev()).collect();
        assert!(!has_utf8(&every));
    }
}
