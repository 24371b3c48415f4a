//! What each byte of JIS X 0201 may be, as bits, so that a record is looked through in one pass without a branch.

use super::Record;

/// A digit.
pub(super) const DIGIT: u16 = 1;
/// A space.
pub(super) const SPACE: u16 = 1 << 1;
/// Of 店舗名, and the spaces behind it.
pub(super) const BRANCH: u16 = 1 << 2;
/// Of 口座名等.
pub(super) const PARTY: u16 = 1 << 3;
/// Of 口座名等 where ｦ is let pass.
pub(super) const PARTY_WITH_WO: u16 = 1 << 4;
/// Of EDI情報.
pub(super) const EDI: u16 = 1 << 5;
/// Any character that is printed.
pub(super) const ANY: u16 = 1 << 6;
/// No 濁点 and no 半濁点: what a text may begin with.
pub(super) const NOT_MARK: u16 = 1 << 7;
/// No space.
pub(super) const NOT_SPACE: u16 = 1 << 8;
/// A digit or a space.
pub(super) const DIGIT_OR_SPACE: u16 = 1 << 9;
/// A zero or a space.
pub(super) const ZERO_OR_SPACE: u16 = 1 << 10;
/// Kana behind which 濁点 may stand.
const VOICED: u16 = 1 << 11;
/// Kana behind which 半濁点 may stand.
const HALF_VOICED: u16 = 1 << 12;
/// How far the bits of a mark are from those of the kana that it stands behind.
const FROM_MARK: u32 = 2;

/// The bits of every byte.
pub(super) static BITS: [u16; 256] = every();

const fn every() -> [u16; 256] {
    let mut all = [0; 256];
    let mut byte = 0_u8;
    loop {
        all[byte as usize] = bits(byte);
        if byte == u8::MAX {
            return all;
        }
        byte += 1;
    }
}

const fn bits(byte: u8) -> u16 {
    let names = BRANCH | PARTY | PARTY_WITH_WO | EDI;
    let classes = match byte {
        b'0' => names | DIGIT | DIGIT_OR_SPACE | ZERO_OR_SPACE,
        b'1'..=b'9' => names | DIGIT | DIGIT_OR_SPACE,
        b' ' => names | SPACE | DIGIT_OR_SPACE | ZERO_OR_SPACE,
        b'A'..=b'Z' | b'-' => names,
        b'(' | b')' | b'.' => PARTY | PARTY_WITH_WO | EDI,
        b'/' | b'\\' | 0xa2 | 0xa3 => EDI,
        0xa6 => PARTY_WITH_WO | EDI,
        // ｳ
        0xb3 => names | VOICED,
        // ｶ to ﾄ
        0xb6..=0xc4 => names | VOICED,
        0xca..=0xce => names | VOICED | HALF_VOICED,
        0xde => names | (VOICED << FROM_MARK),
        0xdf => names | (HALF_VOICED << FROM_MARK),
        0xb1..=0xdd => names,
        _ => 0,
    };
    let is_printed = matches!(byte, 0x20..=0x7e | 0xa1..=0xdf);
    let is_mark = matches!(byte, 0xde | 0xdf);
    classes
        | if is_printed { ANY } else { 0 }
        | if is_mark { 0 } else { NOT_MARK }
        | if byte == b' ' { 0 } else { NOT_SPACE }
}

/// Whether each byte has the bits of its place, and each mark stands behind a kana that takes it.
pub(super) fn is_met(record: &Record, masks: &[u16; super::BULK_RECORD_BYTES]) -> bool {
    let (mut missing, mut before) = (0, 0);
    for (byte, mask) in record.iter().zip(masks) {
        let bits = BITS[usize::from(*byte)];
        missing |= mask & !bits;
        // what no public page explains may hold any characters in any order
        let lone_mark = (bits >> FROM_MARK) & !before & (VOICED | HALF_VOICED);
        missing |= if *mask == ANY { 0 } else { lone_mark };
        before = bits;
    }
    missing == 0
}

/// Whether a byte is a mark that cannot stand behind the other.
pub(super) fn is_lone_mark(before: Option<u8>, byte: u8) -> bool {
    let before = before.map_or(0, |before| BITS[usize::from(before)]);
    (BITS[usize::from(byte)] >> FROM_MARK) & !before & (VOICED | HALF_VOICED) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kana::{Class, ZenginText};

    #[test]
    fn the_bits_of_a_byte_are_what_the_classes_of_fields_say() {
        for byte in 0..=u8::MAX {
            let bits = BITS[usize::from(byte)];
            // what is read alone loses its spaces, so a letter stands in front
            let text = ZenginText::from_bytes(&[b'A', byte]).filter(|text| text.bytes() == 2);
            let c = text.as_ref().and_then(|text| text.as_str().chars().nth(1));
            for (class, bit) in [(Class::Branch, BRANCH), (Class::Party, PARTY), (Class::Edi, EDI)] {
                let is_allowed = byte == b' ' || c.is_some_and(|c| class.allows(c));
                assert_eq!(bits & bit != 0, is_allowed, "{byte:#x} {class:?}");
            }
            assert_eq!(bits & DIGIT != 0, byte.is_ascii_digit());
        }
    }

    #[test]
    fn marks_stand_where_typed_ones_may() {
        for kana in 0xb1..=0xdd_u8 {
            for (mark, typed) in [(0xde_u8, '゛'), (0xdf, '゜')] {
                let text = ZenginText::from_bytes(&[kana]).unwrap();
                let is_writable = ZenginText::typed(&format!("{text}{typed}"), Class::Party).is_ok();
                assert_eq!(!is_lone_mark(Some(kana), mark), is_writable, "{kana:#x} {mark:#x}");
            }
        }
        assert!(is_lone_mark(None, 0xde) && is_lone_mark(Some(b' '), 0xdf) && !is_lone_mark(None, b'A'));
    }
}
