//! The resend key of a message: 仕向センタコード + 仕向処理年月日 + 仕向処理通番.

use std::fmt;
use std::str::FromStr;

use crate::time::Date;

/// センタコード: up to ten upper-case letters and digits that name a centre (a bank's hub or a collector).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CentreCode(String);

/// A text is no centre code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a centre code is one to ten upper-case letters and digits")]
pub struct CentreCodeError;

impl CentreCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CentreCode {
    type Err = CentreCodeError;
    fn from_str(text: &str) -> Result<Self, CentreCodeError> {
        let fits = (1..=10).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(CentreCodeError) }
    }
}

impl TryFrom<String> for CentreCode {
    type Error = CentreCodeError;
    fn try_from(text: String) -> Result<Self, CentreCodeError> {
        text.parse()
    }
}

impl From<CentreCode> for String {
    fn from(code: CentreCode) -> String {
        code.0
    }
}

impl fmt::Display for CentreCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// 仕向処理通番: eight digits, never reused for a centre and processing date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Serial(u32);

/// A number does not fit eight digits, or is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a serial is 1 to 99999999")]
pub struct SerialError;

impl Serial {
    /// The largest serial of a day.
    pub const MAX: u32 = 99_999_999;
    /// The first of a day.
    pub const FIRST: Self = Self(1);
    /// The last of a day.
    pub const LAST: Self = Self(Self::MAX);

    /// `number`, which must be 1 to 99,999,999.
    pub const fn new(number: u32) -> Result<Self, SerialError> {
        if number == 0 || number > Self::MAX { Err(SerialError) } else { Ok(Self(number)) }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Eight digits.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

impl FromStr for Serial {
    type Err = SerialError;
    fn from_str(text: &str) -> Result<Self, SerialError> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SerialError);
        }
        text.parse().map_err(|_| SerialError).and_then(Self::new)
    }
}

/// Names one request of the hub for ever; a repeat of it carries the same key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ResendKey {
    /// 仕向センタコード: the sender.
    pub centre: CentreCode,
    /// 仕向処理年月日: the processing date.
    pub date: Date,
    /// 仕向処理通番.
    pub serial: Serial,
}

/// `MPN9999/2026-11-24/00000001`.
impl fmt::Display for ResendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.centre, self.date, self.serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_serials_hold_at_their_boundaries() {
        assert!("ABCDEFGHI0".parse::<CentreCode>().is_ok());
        for bad in ["", "ABCDEFGHI01", "abc", "A B"] {
            assert!(bad.parse::<CentreCode>().is_err(), "{bad}");
        }
        assert!(Serial::new(0).is_err());
        assert!(Serial::new(99_999_999).is_ok());
        assert!(Serial::new(100_000_000).is_err());
        assert_eq!("00000042".parse::<Serial>().unwrap().get(), 42);
        assert!("42".parse::<Serial>().is_err());
    }
}
