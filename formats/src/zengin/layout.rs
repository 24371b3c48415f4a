//! Layouts of 120-byte records: the fields of a record in their order, each by the wording and width of its standard.

use super::class::{
    self, ANY, BRANCH, DIGIT, DIGIT_OR_SPACE, EDI, NOT_MARK, NOT_SPACE, PARTY, SPACE, ZERO_OR_SPACE,
};
use super::{BULK_RECORD_BYTES, Record};
use crate::finding::Findings;
use crate::kana::Class;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// N: digits, right, with zeros before them.
    Digits,
    /// N that may be left out: digits, or spaces throughout.
    DigitsOrBlank,
    /// One of these bytes.
    OneOf(&'static [u8]),
    /// C: a text of the class, left, with spaces behind it. Where it may be left out it may also have spaces in it.
    Text {
        /// Which characters.
        class: Class,
        /// Whether it must be there.
        is_required: bool,
    },
    /// ダミー: spaces.
    Blank,
    /// A field that one business leaves blank and another fills with zeros.
    BlankOrZero,
    /// What no public page explains: any characters, kept as they are.
    Kept,
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its wording.
    pub name: &'static str,
    /// Where it begins, from 0.
    pub at: usize,
    /// Its bytes.
    pub width: usize,
    /// What it holds.
    pub holds: Holds,
}

impl Field {
    /// First and last column, from 1.
    pub const fn columns(&self) -> (usize, usize) {
        (self.at + 1, self.at + self.width)
    }

    /// Its bytes in a record.
    pub fn of<'r>(&self, record: &'r Record) -> &'r [u8] {
        record.get(self.at..self.at + self.width).unwrap_or_default()
    }

    /// The bits that its bytes must have: the first, and the others.
    const fn masks(&self) -> (u16, u16) {
        match self.holds {
            Holds::Digits => (DIGIT, DIGIT),
            Holds::DigitsOrBlank => (DIGIT_OR_SPACE, DIGIT_OR_SPACE),
            Holds::OneOf(_) | Holds::Kept => (ANY, ANY),
            Holds::Text { class, is_required } => {
                let bit = match class {
                    Class::Branch => BRANCH,
                    Class::Party => PARTY,
                    Class::Edi => EDI,
                };
                (bit | NOT_MARK | if is_required { NOT_SPACE } else { 0 }, bit)
            }
            Holds::Blank => (SPACE, SPACE),
            Holds::BlankOrZero => (ZERO_OR_SPACE, ZERO_OR_SPACE),
        }
    }
}

/// The fields of a record, and what is asked of each byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What record it is: データ・レコード.
    pub name: &'static str,
    /// Its fields, in their order and without gaps.
    pub fields: &'static [Field],
    masks: [u16; BULK_RECORD_BYTES],
    /// All bits where a text is.
    texts: [u8; BULK_RECORD_BYTES],
    /// Which fields single bytes do not settle, and how many.
    picked: [u8; BULK_RECORD_BYTES],
    picked_count: usize,
}

impl Layout {
    /// One of fields that fill a record; a test looks at every one.
    pub const fn new(name: &'static str, fields: &'static [Field]) -> Self {
        let mut masks = [0; BULK_RECORD_BYTES];
        let mut texts = [0; BULK_RECORD_BYTES];
        let mut picked = [0; BULK_RECORD_BYTES];
        let mut picked_count = 0;
        let mut index = 0;
        let mut end = 0;
        while index < fields.len() {
            let field = &fields[index];
            assert!(field.at == end, "a gap between fields");
            let (first, others) = field.masks();
            let mut at = 0;
            while at < field.width {
                masks[field.at + at] = if at == 0 { first } else { others };
                texts[field.at + at] = if matches!(field.holds, Holds::Text { .. }) { u8::MAX } else { 0 };
                at += 1;
            }
            if matches!(field.holds, Holds::OneOf(_) | Holds::DigitsOrBlank | Holds::BlankOrZero) {
                #[allow(clippy::cast_possible_truncation, reason = "fields are at most as many as bytes")]
                let as_byte = index as u8;
                picked[picked_count] = as_byte;
                picked_count += 1;
            }
            end += field.width;
            index += 1;
        }
        assert!(end == BULK_RECORD_BYTES, "fields do not fill the record");
        Self { name, fields, masks, texts, picked, picked_count }
    }

    /// The same with ｦ let pass in names.
    #[must_use]
    pub fn with_wo(mut self) -> Self {
        for mask in &mut self.masks {
            if *mask & PARTY != 0 {
                *mask = (*mask & !PARTY) | class::PARTY_WITH_WO;
            }
        }
        self
    }

    /// Whether every field holds what it may. What is wrong is found by [`explain`](super::explain::explain) where this
    /// is false.
    pub fn is_met(&self, record: &Record) -> bool {
        let mut picked = self.picked.iter().take(self.picked_count);
        class::is_met(record, &self.masks, &self.texts)
            && picked.all(|index| match self.fields.get(usize::from(*index)) {
                Some(Field { at, holds: Holds::OneOf(allowed), .. }) => allowed.contains(&record[*at]),
                Some(field) => is_even(field.of(record)),
                None => false,
            })
    }

    /// Everything that a record does not keep, as its readers tell it.
    pub fn findings(&self, number: usize, record: &Record, kept_max: usize) -> Findings {
        let mut findings = Findings::keeping(kept_max);
        super::explain::explain(number, record, self, &mut findings);
        findings
    }

    /// Whether ｦ passes in names.
    pub(super) fn lets_wo_pass(&self) -> bool {
        self.masks.iter().any(|mask| mask & class::PARTY_WITH_WO != 0)
    }
}

/// Spaces throughout, or none.
fn is_even(bytes: &[u8]) -> bool {
    let spaces = bytes.iter().filter(|byte| **byte == b' ').count();
    spaces == 0 || spaces == bytes.len()
}

/// Declares a record: each field by its wording, its width within its type, and what it is. The record is a value that
/// is read from bytes without an allocation and written back byte for byte.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident, $layout:literal {
        $($field:ident: $wording:literal $value:ty $(= $allowed:literal)?,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $(#[doc = concat!($wording, ".")] pub $field: $value,)*
        }

        impl $name {
            const FIELDS: &'static [$crate::zengin::layout::Field] = &$crate::zengin::layout::placed([
                $($crate::zengin::layout::Field {
                    name: $wording,
                    at: 0,
                    width: <$value as $crate::zengin::value::Value>::WIDTH,
                    holds: $crate::zengin::layout::record!(@holds $value $(= $allowed)?),
                },)*
            ]);

            /// Its fields.
            pub const LAYOUT: $crate::zengin::layout::Layout =
                $crate::zengin::layout::Layout::new($layout, Self::FIELDS);

            /// From bytes that keep the layout.
            #[allow(unused_assignments, reason = "the last field's end is nobody's beginning")]
            pub fn read(record: &$crate::zengin::Record) -> Self {
                let mut at = 0;
                $(
                    let $field = <$value as $crate::zengin::value::Value>::read(record, at);
                    at += <$value as $crate::zengin::value::Value>::WIDTH;
                )*
                Self { $($field,)* }
            }

            /// The same bytes.
            #[allow(unused_assignments, reason = "the last field's end is nobody's beginning")]
            pub fn write(&self) -> $crate::zengin::Record {
                let mut record = [b' '; $crate::zengin::BULK_RECORD_BYTES];
                let mut at = 0;
                $(
                    $crate::zengin::value::Value::write(&self.$field, &mut record, at);
                    at += <$value as $crate::zengin::value::Value>::WIDTH;
                )*
                record
            }
        }
    };
    (@holds $value:ty) => { <$value as $crate::zengin::value::Value>::HOLDS };
    (@holds $value:ty = $allowed:literal) => { $crate::zengin::layout::Holds::OneOf($allowed) };
}
pub(super) use record;

/// The fields with their places, one behind the other.
pub(super) const fn placed<const N: usize>(mut fields: [Field; N]) -> [Field; N] {
    let mut index = 0;
    let mut end = 0;
    while index < N {
        fields[index].at = end;
        end += fields[index].width;
        index += 1;
    }
    fields
}
