//! One record: its fields in their order when it is written, and by their width when it is read.

use chrono::{Datelike as _, NaiveDate};
use domain::{Date, Yen};

use super::RECORD_BYTES;
use crate::finding::{Fault, Finding, Place};
use crate::kana::ZenginText;

/// A value that does not fit its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} does not fit into {width} bytes of {field}")]
pub struct WriteError {
    /// The field's name.
    pub field: &'static str,
    /// Its width.
    pub width: usize,
    /// The value.
    pub value: String,
}

/// Why bytes are no file of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A record is longer or shorter than 200 bytes.
    #[error("record {record} has {bytes} bytes and not 200")]
    Length {
        /// Counted from 1.
        record: usize,
        /// Its bytes.
        bytes: usize,
    },
    /// Another kind of record than one that belongs here.
    #[error("record {record} is not the one that belongs there")]
    Order {
        /// Counted from 1.
        record: usize,
    },
    /// A field that holds what it cannot.
    #[error("record {record}: {field} cannot be read")]
    Field {
        /// Counted from 1.
        record: usize,
        /// The field's name.
        field: &'static str,
    },
    /// Counts or sums that are not those of the records.
    #[error("record {record}: {field} is not that of the records")]
    Sum {
        /// Counted from 1.
        record: usize,
        /// The field's name.
        field: &'static str,
    },
}

/// The same in words for whoever made the file.
impl From<ReadError> for Finding {
    fn from(error: ReadError) -> Self {
        let (record, field, fault) = match error {
            ReadError::Length { record, bytes } => {
                (record, None, Fault::Length { bytes, expected: RECORD_BYTES, is_cut: false })
            }
            ReadError::Order { record } => (record, None, Fault::Misplaced),
            ReadError::Field { record, field } => (record, Some(field), Fault::Value("この項目の値")),
            ReadError::Sum { record, field } => {
                (record, Some(field), Fault::Value("データ・レコードの件数と合計"))
            }
        };
        let place = Place { field: field.map(str::to_owned), ..Place::record(record, None) };
        Self { place, found: String::new(), fault }
    }
}

/// A record being written.
pub(super) struct Writing {
    bytes: Vec<u8>,
    wrong: Option<WriteError>,
}

impl Writing {
    /// One of a kind: 1, 2, 8 or 9.
    pub fn new(kind: u8) -> Self {
        Self { bytes: vec![b'0' + kind], wrong: None }
    }

    fn put(mut self, field: &'static str, width: usize, bytes: &[u8], filler: u8, right: bool) -> Self {
        let room = width.checked_sub(bytes.len());
        if room.is_none() {
            let value = String::from_utf8_lossy(bytes).into_owned();
            self.wrong.get_or_insert(WriteError { field, width, value });
        }
        let fill = std::iter::repeat_n(filler, room.unwrap_or_default());
        let bytes = bytes.iter().copied().take(width);
        if right {
            self.bytes.extend(fill.chain(bytes));
        } else {
            self.bytes.extend(bytes.chain(fill));
        }
        self
    }

    /// Digits, right.
    pub fn digits(self, field: &'static str, width: usize, digits: &str) -> Self {
        self.put(field, width, digits.as_bytes(), b'0', true)
    }

    /// A count, right.
    pub fn count(self, field: &'static str, width: usize, count: u64) -> Self {
        self.digits(field, width, &count.to_string())
    }

    /// An amount without its sign, right.
    pub fn yen(self, field: &'static str, width: usize, yen: Yen) -> Self {
        self.count(field, width, yen.get().unsigned_abs())
    }

    /// 貸越区分: 1 or, below zero, 2.
    pub fn sign(self, yen: Yen) -> Self {
        self.count("貸越区分", 1, if yen < Yen::ZERO { 2 } else { 1 })
    }

    /// A day in the era's years.
    pub fn day(self, field: &'static str, day: Date) -> Self {
        self.digits(field, 6, &era_day(day))
    }

    /// A text, left, cut where it is longer.
    pub fn text(self, width: usize, text: &ZenginText) -> Self {
        self.put("", width, &text.cut(width).to_bytes(), b' ', false)
    }

    /// Nothing: spaces.
    pub fn spaces(self, width: usize) -> Self {
        self.put("", width, b"", b' ', false)
    }

    /// The record with what is left of it in spaces, and its line end.
    pub fn end(self) -> Result<Vec<u8>, WriteError> {
        let left = RECORD_BYTES.saturating_sub(self.bytes.len());
        let record = self.spaces(left);
        if let Some(wrong) = record.wrong {
            return Err(wrong);
        }
        let mut bytes = record.bytes;
        bytes.extend(b"\r\n");
        Ok(bytes)
    }
}

/// `081124` of 2026-11-24: the era in force on the day.
pub(super) fn era_day(day: Date) -> String {
    let is_reiwa = Date::from_ymd_opt(2019, 5, 1).is_some_and(|first| day >= first);
    let year = day.year() - if is_reiwa { 2018 } else { 1988 };
    format!("{:02}{:02}{:02}", year.rem_euclid(100), day.month(), day.day())
}

/// The day that two digits of an era's year mean, seen from a day: 令和, where that is not yet to come, else 平成.
pub(super) fn day_of_era(digits: &str, today: Date) -> Option<Date> {
    let number = |at: std::ops::Range<usize>| digits.get(at)?.parse::<i32>().ok();
    let (year, month, day) = (number(0..2)?, number(2..4)?, number(4..6)?);
    let of = |begin: i32| {
        let found =
            NaiveDate::from_ymd_opt(begin.checked_add(year)?, month.try_into().ok()?, day.try_into().ok()?)?;
        (era_day(found) == digits).then_some(found)
    };
    of(2018).filter(|found| *found <= today).or_else(|| of(1988))
}

/// A record being read.
pub(super) struct Reading<'b> {
    record: usize,
    rest: &'b [u8],
    today: Date,
}

impl<'b> Reading<'b> {
    /// The record at a place, counted from 1, if it is of the kind.
    pub fn new(record: usize, bytes: &'b [u8], kind: u8, today: Date) -> Result<Self, ReadError> {
        match bytes.split_first() {
            Some((first, rest)) if *first == b'0' + kind => Ok(Self { record, rest, today }),
            _ => Err(ReadError::Order { record }),
        }
    }

    fn take(&mut self, width: usize) -> &'b [u8] {
        let (taken, rest) = self.rest.split_at_checked(width).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// An error of this record.
    pub fn wrong(&self, field: &'static str) -> ReadError {
        ReadError::Field { record: self.record, field }
    }

    /// A sum or count must be that of the records.
    pub fn must(&self, field: &'static str, holds: bool) -> Result<(), ReadError> {
        if holds { Ok(()) } else { Err(ReadError::Sum { record: self.record, field }) }
    }

    /// Digits; spaces count as zeros, as optional fields are left out.
    pub fn digits(&mut self, field: &'static str, width: usize) -> Result<String, ReadError> {
        let bytes = self.take(width);
        if bytes.iter().all(|byte| *byte == b' ') {
            return Ok("0".repeat(width));
        }
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(self.wrong(field));
        }
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// A count.
    pub fn count(&mut self, field: &'static str, width: usize) -> Result<u64, ReadError> {
        let digits = self.digits(field, width)?;
        digits.parse().map_err(|_| self.wrong(field))
    }

    /// An amount.
    pub fn yen(&mut self, field: &'static str, width: usize) -> Result<Yen, ReadError> {
        let count = self.count(field, width)?;
        i64::try_from(count).map(Yen::new).map_err(|_| self.wrong(field))
    }

    /// 貸越区分 and an amount behind it.
    pub fn signed(&mut self, field: &'static str, width: usize, between: usize) -> Result<Yen, ReadError> {
        let sign = self.count("貸越区分", 1)?;
        self.skip(between);
        let amount = self.yen(field, width)?;
        match sign {
            0 | 1 => Ok(amount),
            2 => Ok(Yen::new(-amount.get())),
            _ => Err(self.wrong("貸越区分")),
        }
    }

    /// A day.
    pub fn day(&mut self, field: &'static str) -> Result<Date, ReadError> {
        let digits = self.digits(field, 6)?;
        day_of_era(&digits, self.today).ok_or_else(|| self.wrong(field))
    }

    /// A text.
    pub fn text(&mut self, field: &'static str, width: usize) -> Result<ZenginText, ReadError> {
        let bytes = self.take(width);
        ZenginText::from_bytes(bytes).ok_or_else(|| self.wrong(field))
    }

    /// What says nothing here.
    pub fn skip(&mut self, width: usize) {
        let _ = self.take(width);
    }
}

/// The records of a file: with CRLF behind each or with nothing, and with an end-of-file mark or not.
pub(super) fn split(bytes: &[u8]) -> Result<Vec<&[u8]>, ReadError> {
    let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
    let has_ends = bytes.get(RECORD_BYTES..RECORD_BYTES + 2) == Some(b"\r\n");
    let step = if has_ends { RECORD_BYTES + 2 } else { RECORD_BYTES };
    let mut records = Vec::with_capacity(bytes.len() / RECORD_BYTES);
    for (index, part) in bytes.chunks(step).enumerate() {
        let record = if has_ends { part.strip_suffix(b"\r\n").unwrap_or(part) } else { part };
        if record.len() != RECORD_BYTES || record.contains(&b'\n') {
            return Err(ReadError::Length { record: index + 1, bytes: record.len() });
        }
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_of_the_era_in_force_and_read_back_seen_from_today() {
        let today = day("2026-11-24");
        for (date, digits) in [
            ("2026-11-24", "081124"),
            ("2019-05-01", "010501"),
            ("2019-04-30", "310430"),
            ("2027-01-01", "090101"),
        ] {
            assert_eq!(era_day(day(date)), digits);
        }
        assert_eq!(day_of_era("081124", today), Some(today));
        assert_eq!(day_of_era("081125", today), Some(day("1996-11-25")), "not yet in 令和");
        assert_eq!(day_of_era("310430", today), Some(day("2019-04-30")));
        assert_eq!(day_of_era("310501", today), None, "平成 had ended");
        assert_eq!(day_of_era("080230", today), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_no_number_is_cut() {
        let wrong = Writing::new(2).count("金額", 3, 1_000).end().unwrap_err();
        assert_eq!((wrong.field, wrong.width, wrong.value.as_str()), ("金額", 3, "1000"));
    }

    #[test]
    fn records_come_with_line_ends_or_without() {
        let record = vec![b'9'; RECORD_BYTES];
        let with = [record.as_slice(), b"\r\n"].concat();
        for bytes in [record.clone(), with.clone(), [with.as_slice(), b"\x1a"].concat()] {
            assert_eq!(split(&bytes), Ok(vec![record.as_slice()]));
        }
        let two = [with.as_slice(), with.as_slice()].concat();
        assert_eq!(split(&two).unwrap().len(), 2);
        let short = &record[..199];
        assert_eq!(split(short), Err(ReadError::Length { record: 1, bytes: 199 }));
        let stripped = [with.as_slice(), b"2 short\r\n"].concat();
        assert_eq!(split(&stripped), Err(ReadError::Length { record: 2, bytes: 7 }));
    }
}
