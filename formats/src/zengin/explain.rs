//! What is wrong with a record, field by field: for records that do not keep their layout, and for what rules find.

use super::Record;
use super::class::is_lone_mark;
use super::layout::{Field, Holds, Layout};
use super::value::characters;
use crate::finding::{Fault, Finding, Findings, Place};
use crate::kana::Class;

/// Kana that are written large.
const SMALL: std::ops::RangeInclusive<u8> = 0xa7..=0xaf;
const LONG_VOWEL: u8 = 0xb0;
const WO: u8 = 0xa6;

/// Where rules put what they find in a record.
#[derive(Debug)]
pub struct Wrong<'f> {
    number: usize,
    record: &'f Record,
    layout: &'f Layout,
    findings: &'f mut Findings,
}

impl<'f> Wrong<'f> {
    /// Of a record at a place, counted from 1.
    pub(crate) fn new(
        number: usize,
        record: &'f Record,
        layout: &'f Layout,
        findings: &'f mut Findings,
    ) -> Self {
        Self { number, record, layout, findings }
    }

    /// A field that is wrong.
    pub fn field(&mut self, name: &str, fault: Fault) {
        let field = self.layout.fields.iter().find(|field| field.name == name);
        self.findings.add(match field {
            Some(field) => finding(self.number, self.record, self.layout, field, None, fault),
            None => Finding {
                place: Place::record(self.number, Some(self.layout.name)),
                found: String::new(),
                fault,
            },
        });
    }

    /// A count of the trailer.
    pub fn count(&mut self, name: &str, found: u64, counted: u64) {
        if found != counted {
            self.field(name, Fault::Count { counted });
        }
    }

    /// An amount of the trailer.
    pub fn total(&mut self, name: &str, found: u64, counted: u64) {
        if found != counted {
            self.field(name, Fault::Total { counted });
        }
    }
}

/// Everything that does not keep the layout: one finding a field.
pub(super) fn explain(number: usize, record: &Record, layout: &Layout, findings: &mut Findings) {
    for field in layout.fields {
        if let Some((at, fault)) = wrong(field, field.of(record), layout.lets_wo_pass()) {
            findings.add(finding(number, record, layout, field, at, fault));
        }
    }
}

fn finding(
    number: usize,
    record: &Record,
    layout: &Layout,
    field: &Field,
    at: Option<usize>,
    fault: Fault,
) -> Finding {
    let bytes = field.of(record);
    let place = Place {
        field: Some(field.name.to_owned()),
        columns: Some(field.columns()),
        column: at.map(|at| field.at + at + 1),
        ..Place::record(number, Some(layout.name))
    };
    let text = if fault == Fault::FullWidth { full_width(bytes) } else { characters(bytes) };
    Finding { place, found: String::new(), fault }.found(text.trim_end())
}

/// What stands there as a person who typed it sees it.
fn full_width(bytes: &[u8]) -> String {
    encoding_rs::SHIFT_JIS.decode_without_bom_handling(bytes).0.into_owned()
}

/// What is wrong with a field, and at which of its bytes.
fn wrong(field: &Field, bytes: &[u8], lets_wo_pass: bool) -> Option<(Option<usize>, Fault)> {
    let first = |is_right: fn(&u8) -> bool| bytes.iter().position(|byte| !is_right(byte));
    let printed = |byte: &u8| matches!(byte, 0x20..=0x7e | 0xa1..=0xdf);
    let is_blank = bytes.iter().all(|byte| *byte == b' ');
    if let Some(at) = first(printed) {
        return Some((Some(at), if is_control(bytes[at]) { Fault::NoCharacter } else { Fault::FullWidth }));
    }
    match field.holds {
        Holds::Kept => None,
        Holds::Digits if is_blank => Some((None, Fault::Missing)),
        Holds::Digits => first(u8::is_ascii_digit).map(|at| (Some(at), Fault::NotDigits)),
        Holds::DigitsOrBlank if is_blank => None,
        Holds::DigitsOrBlank => first(u8::is_ascii_digit).map(|at| (Some(at), Fault::NotDigitsOrBlank)),
        Holds::OneOf(allowed) => {
            let is_wrong = !bytes.first().is_some_and(|byte| allowed.contains(byte));
            is_wrong.then(|| (None, if is_blank { Fault::Missing } else { one_of(allowed) }))
        }
        Holds::Blank => first(|byte| *byte == b' ').map(|at| (Some(at), Fault::NotBlank)),
        Holds::BlankOrZero => {
            let is_zero = bytes.iter().all(|byte| *byte == b'0');
            let at = first(|byte| matches!(byte, b' ' | b'0'));
            (!is_blank && !is_zero).then_some((at, Fault::NotBlankOrZero))
        }
        Holds::Text { is_required: false, .. } if is_blank => None,
        Holds::Text { is_required: true, .. } if is_blank => Some((None, Fault::Missing)),
        Holds::Text { is_required: true, .. } if bytes.first() == Some(&b' ') => Some((None, Fault::NotLeft)),
        Holds::Text { class, .. } => text(bytes, class, lets_wo_pass && class == Class::Party),
    }
}

const fn is_control(byte: u8) -> bool {
    matches!(byte, 0x00..=0x1f | 0x7f | 0x80 | 0xa0 | 0xfd..=0xff)
}

fn one_of(allowed: &[u8]) -> Fault {
    let words = allowed.iter().map(|byte| match byte {
        b' ' => "空白".to_owned(),
        byte => char::from(*byte).to_string(),
    });
    Fault::NotOneOf(words.collect::<Vec<_>>().join("・"))
}

fn text(bytes: &[u8], class: Class, lets_wo_pass: bool) -> Option<(Option<usize>, Fault)> {
    let mut before = None;
    for (at, byte) in bytes.iter().enumerate() {
        let c = characters(&[*byte]).chars().next().unwrap_or(' ');
        let is_allowed = class.allows(c) || *byte == b' ' || (lets_wo_pass && *byte == WO);
        let fault = match byte {
            byte if is_lone_mark(before, *byte) => Some(Fault::LoneMark),
            _ if is_allowed => None,
            byte if SMALL.contains(byte) => Some(Fault::SmallKana),
            &LONG_VOWEL => Some(Fault::LongVowel),
            &WO => Some(Fault::Wo),
            b'a'..=b'z' => Some(Fault::LowerCase),
            _ => Some(Fault::Sign { allowed: class.signs(), instead: crate::kana::instead_of(c) }),
        };
        if let Some(fault) = fault {
            return Some((Some(at), fault));
        }
        before = Some(*byte);
    }
    None
}
