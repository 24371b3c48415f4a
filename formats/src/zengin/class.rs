//! What each byte of JIS X 0201 may be, as bits, so that a record is looked through without a branch.

use super::{BULK_RECORD_BYTES, Record};

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
/// 濁点 and 半濁点.
const MARKS: [u8; 2] = [0xde, 0xdf];

/// The bits that every byte has not.
static LACKS: [u16; 256] = every();

const fn every() -> [u16; 256] {
    let mut all = [0; 256];
    let mut byte = 0_u8;
    loop {
        all[byte as usize] = !bits(byte);
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
        0xb1..=0xdf => names,
        _ => 0,
    };
    let is_printed = matches!(byte, 0x20..=0x7e | 0xa1..=0xdf);
    let is_mark = matches!(byte, 0xde | 0xdf);
    classes
        | if is_printed { ANY } else { 0 }
        | if is_mark { 0 } else { NOT_MARK }
        | if byte == b' ' { 0 } else { NOT_SPACE }
}

/// Whether each byte has the bits of its place, and each mark of a text stands behind a kana that takes it. `texts` has
/// all bits where a text is and none elsewhere.
pub(super) fn is_met(
    record: &Record,
    masks: &[u16; BULK_RECORD_BYTES],
    texts: &[u8; BULK_RECORD_BYTES],
) -> bool {
    let mut missing = 0;
    for (byte, mask) in record.iter().zip(masks) {
        missing |= mask & LACKS[usize::from(*byte)];
    }
    let mut lone = 0;
    for ((before, byte), text) in record.iter().zip(&record[1..]).zip(&texts[1..]) {
        lone |= u8::from(is_lone(*before, *byte)) & text;
    }
    missing == 0 && lone == 0
}

/// Whether a byte is a mark that cannot stand behind the other.
pub(super) fn is_lone_mark(before: Option<u8>, byte: u8) -> bool {
    is_lone(before.unwrap_or(b' '), byte)
}

/// 濁点 stands behind ｳ and the rows of ｶ, ｻ, ﾀ and ﾊ, 半濁点 behind that of ﾊ. No branch, so that many are seen at once.
const fn is_lone(before: u8, byte: u8) -> bool {
    let row_of_ha = before.wrapping_sub(0xca) <= 0xce - 0xca;
    let voiced = (before == 0xb3) | (before.wrapping_sub(0xb6) <= 0xc4 - 0xb6) | row_of_ha;
    ((byte == MARKS[0]) & !voiced) | ((byte == MARKS[1]) & !row_of_ha)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kana::{Class, ZenginText};

    #[test]
    fn the_bits_of_a_byte_are_what_the_classes_of_fields_say() {
        for byte in 0..=u8::MAX {
            let bits = !LACKS[usize::from(byte)];
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
