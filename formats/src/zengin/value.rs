//! Values of fields: arrays of bytes that are copied in and out of a record as they stand.

use std::fmt;

use super::Record;
use super::layout::Holds;
use crate::kana::{Class, ZenginText};

/// A value that does not fit its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} does not fit into {width} bytes")]
pub struct Unfit {
    /// The field's bytes.
    pub width: usize,
    /// The value.
    pub value: String,
}

/// A value of a field.
pub trait Value: Copy + Default {
    /// Its bytes.
    const WIDTH: usize;
    /// What it holds.
    const HOLDS: Holds;
    /// From its place in a record.
    fn read(record: &Record, at: usize) -> Self;
    /// Into its place.
    fn write(&self, record: &mut Record, at: usize);
}

fn copied<const N: usize>(record: &Record, at: usize) -> [u8; N] {
    record.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([b' '; N])
}

fn put(record: &mut Record, at: usize, bytes: &[u8]) {
    if let Some(place) = record.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Half-width characters of bytes; what is no character is shown as `?`.
pub(super) fn characters(bytes: &[u8]) -> String {
    let char = |byte: &u8| match byte {
        0x20..=0x7e => char::from(*byte),
        0xa1..=0xdf => char::from_u32(u32::from(*byte) - 0xa1 + 0xff61).unwrap_or('?'),
        _ => '?',
    };
    bytes.iter().map(char).collect()
}

macro_rules! bytes_value {
    ($(#[$doc:meta])* $name:ident, $blank:literal, $holds:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name<const N: usize>([u8; N]);

        impl<const N: usize> Default for $name<N> {
            fn default() -> Self {
                Self([$blank; N])
            }
        }

        impl<const N: usize> Value for $name<N> {
            const WIDTH: usize = N;
            const HOLDS: Holds = $holds;
            fn read(record: &Record, at: usize) -> Self {
                Self(copied(record, at))
            }
            fn write(&self, record: &mut Record, at: usize) {
                put(record, at, &self.0);
            }
        }

        impl<const N: usize> $name<N> {
            /// As it stands in the record.
            pub const fn bytes(&self) -> &[u8; N] {
                &self.0
            }

            /// Whether it is left out.
            pub fn is_blank(&self) -> bool {
                self.0.iter().all(|byte| *byte == b' ')
            }
        }

        impl<const N: usize> fmt::Display for $name<N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(characters(&self.0).trim_end())
            }
        }

        impl<const N: usize> fmt::Debug for $name<N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", characters(&self.0))
            }
        }
    };
}

macro_rules! digits_value {
    ($name:ident) => {
        impl<const N: usize> $name<N> {
            /// Digits, right, zeros before them.
            pub fn of(digits: &str) -> Result<Self, Unfit> {
                let bytes = digits.as_bytes();
                let unfit = || Unfit { width: N, value: digits.to_owned() };
                let room = N.checked_sub(bytes.len()).ok_or_else(unfit)?;
                if !bytes.iter().all(u8::is_ascii_digit) {
                    return Err(unfit());
                }
                let mut filled = [b'0'; N];
                filled.get_mut(room..).ok_or_else(unfit)?.copy_from_slice(bytes);
                Ok(Self(filled))
            }

            /// The digits; empty where they are left out.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or_default().trim_end()
            }
        }
    };
}

bytes_value!(
    /// N.
    Digits, b'0', Holds::Digits
);
digits_value!(Digits);
bytes_value!(
    /// N that may be left out.
    Optional, b' ', Holds::DigitsOrBlank
);
digits_value!(Optional);
bytes_value!(
    /// ダミー.
    Blank, b' ', Holds::Blank
);
bytes_value!(
    /// Spaces or zeros, kept as they are.
    Filler, b' ', Holds::BlankOrZero
);
bytes_value!(
    /// Any characters, kept as they are.
    Kept, b' ', Holds::Kept
);
bytes_value!(
    /// 店舗名, which may be left out.
    Label, b' ', Holds::Text { class: Class::Branch, is_required: false }
);
bytes_value!(
    /// 口座名等.
    Name, b' ', Holds::Text { class: Class::Party, is_required: true }
);
bytes_value!(
    /// EDI情報 and what a customer numbers as it likes; may be left out.
    Free, b' ', Holds::Text { class: Class::Edi, is_required: false }
);

macro_rules! text_value {
    ($name:ident, $class:expr) => {
        impl<const N: usize> $name<N> {
            /// A text, left, spaces behind it. One with a character of another class does not fit.
            pub fn of(text: &ZenginText) -> Result<Self, Unfit> {
                let bytes = text.to_bytes();
                let unfit = || Unfit { width: N, value: text.to_string() };
                if !text.as_str().chars().all(|c| $class.allows(c)) {
                    return Err(unfit());
                }
                let mut filled = [b' '; N];
                filled.get_mut(..bytes.len()).ok_or_else(unfit)?.copy_from_slice(&bytes);
                Ok(Self(filled))
            }

            /// Bytes as they stand in a record, spaces put behind them.
            pub fn of_bytes(bytes: &[u8]) -> Result<Self, Unfit> {
                let unfit = || Unfit { width: N, value: characters(bytes) };
                let mut filled = [b' '; N];
                filled.get_mut(..bytes.len()).ok_or_else(unfit)?.copy_from_slice(bytes);
                Ok(Self(filled))
            }

            /// The text.
            pub fn text(&self) -> ZenginText {
                ZenginText::from_bytes(&self.0).unwrap_or_default()
            }
        }
    };
}
text_value!(Label, Class::Branch);
text_value!(Name, Class::Party);
text_value!(Free, Class::Edi);

/// A number: a count or an amount of yen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number<const N: usize>(u64);

impl<const N: usize> Number<N> {
    /// One that fits.
    pub fn of(number: u64) -> Result<Self, Unfit> {
        let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
        if digits <= N { Ok(Self(number)) } else { Err(Unfit { width: N, value: number.to_string() }) }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl<const N: usize> Value for Number<N> {
    const WIDTH: usize = N;
    const HOLDS: Holds = Holds::Digits;

    fn read(record: &Record, at: usize) -> Self {
        let digits: [u8; N] = copied(record, at);
        Self(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit & 0x0f)))
    }

    fn write(&self, record: &mut Record, at: usize) {
        put(record, at, format!("{:0N$}", self.0).as_bytes());
    }
}

impl<const N: usize> fmt::Display for Number<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One byte of a list that the field's declaration has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u8);

/// Left out.
impl Default for Code {
    fn default() -> Self {
        Self(b' ')
    }
}

impl Value for Code {
    const WIDTH: usize = 1;
    const HOLDS: Holds = Holds::Kept;
    fn read(record: &Record, at: usize) -> Self {
        Self(record.get(at).copied().unwrap_or(b' '))
    }
    fn write(&self, record: &mut Record, at: usize) {
        put(record, at, &[self.0]);
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&characters(&[self.0]))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", characters(&[self.0]))
    }
}

/// データ区分.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Is<const BYTE: u8>;

impl<const BYTE: u8> Value for Is<BYTE> {
    const WIDTH: usize = 1;
    const HOLDS: Holds = Holds::OneOf(&[BYTE]);
    fn read(_: &Record, _: usize) -> Self {
        Self
    }
    fn write(&self, record: &mut Record, at: usize) {
        put(record, at, &[BYTE]);
    }
}
