//! 地方税納付 (個人住民税 特別徴収), kind 99: what a company withheld, one line a municipality.
//!
//! No standard has this layout and banks differ, so it is data (`formats/data/local-tax.toml`), and the bytes of a
//! record that no field of ours explains are kept as they are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate};
use domain::{Date, calendar};
use serde::Deserialize;

use super::explain::Wrong;
use super::kind::{Headline, Kind, Rules, Sum};
use super::layout::{Field, Holds, Layout};
use super::record::day_of_era;
use super::value::characters;
use super::{BULK_RECORD_BYTES, End, Record, Unfit};
use crate::finding::Fault;
use crate::kana::{Class, ZenginText};

/// The layout that is part of the program; a test reads it.
static EMBEDDED: LazyLock<LocalTax> = LazyLock::new(|| {
    let text = include_str!("../../data/local-tax.toml");
    LocalTax::parse(text).unwrap_or_else(|error| panic!("data/local-tax.toml, which a test reads: {error}"))
});

/// Items that each record must have.
const ITEMS: [&[&str]; 3] = [
    &["due", "month", "agent"],
    &[
        "municipality",
        "designation",
        "salary_count",
        "salary_amount",
        "retirement_count",
        "retirement_amount",
        "total_count",
        "total_amount",
    ],
    &[
        "salary_count",
        "salary_amount",
        "retirement_count",
        "retirement_amount",
        "total_count",
        "total_amount",
    ],
];
const RECORDS: [&str; 3] = ["ヘッダー・レコード", "データ・レコード", "トレーラー・レコード"];
/// Digits of an item that are a number of 64 bits whatever they are.
const DIGITS_MAX: usize = 19;

/// 地方税納付 in the layout of a bank.
#[derive(Clone, Debug)]
pub struct LocalTax {
    layouts: [Layout; 4],
    items: [BTreeMap<&'static str, Field>; 3],
}

/// Why a text is no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// It is not of the form.
    #[error("the layout cannot be read: {0}")]
    Form(String),
    /// A record's fields are not 120 bytes.
    #[error("{record}: its fields have {bytes} bytes and not {BULK_RECORD_BYTES}")]
    Width {
        /// The record.
        record: &'static str,
        /// What they have.
        bytes: usize,
    },
    /// A field holds what no field can.
    #[error("{field}: {reason}")]
    Field {
        /// The field.
        field: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// An item that is read is in no field.
    #[error("{record}: no field is {item}")]
    Item {
        /// The record.
        record: &'static str,
        /// The item.
        item: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "name")]
    _name: String,
    header: Vec<FieldText>,
    data: Vec<FieldText>,
    trailer: Vec<FieldText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldText {
    name: String,
    width: usize,
    holds: Option<String>,
    one_of: Option<String>,
    item: Option<String>,
}

impl FieldText {
    fn field(&self, at: usize) -> Result<Field, LayoutError> {
        let wrong = |reason| LayoutError::Field { field: self.name.clone(), reason };
        let text = |class, is_required| Holds::Text { class, is_required };
        let holds = match (self.holds.as_deref(), &self.one_of) {
            (None, Some(allowed)) if self.width == 1 && allowed.is_ascii() => {
                Holds::OneOf(allowed.clone().leak().as_bytes())
            }
            (None, _) => return Err(wrong("one_of is for one byte of ASCII")),
            (Some("digits"), None) => Holds::Digits,
            (Some("digits-or-blank"), None) => Holds::DigitsOrBlank,
            (Some("party"), None) => text(Class::Party, true),
            (Some("party-or-blank"), None) => text(Class::Party, false),
            (Some("free"), None) => text(Class::Edi, true),
            (Some("free-or-blank"), None) => text(Class::Edi, false),
            (Some("blank"), None) => Holds::Blank,
            (Some("kept"), None) => Holds::Kept,
            (Some(_), _) => return Err(wrong("holds is none of those that are known")),
        };
        Ok(Field { name: self.name.clone().leak(), at, width: self.width, holds })
    }
}

impl LocalTax {
    /// The layout that is part of the program.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads a layout. Its names stay for the life of the program: a process reads few.
    pub fn parse(text: &str) -> Result<Self, LayoutError> {
        let text: Text = toml::from_str(text).map_err(|error| LayoutError::Form(error.to_string()))?;
        let mut items = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
        let mut layouts = vec![End::LAYOUT; 4];
        for (index, fields) in [text.header, text.data, text.trailer].iter().enumerate() {
            let record = RECORDS[index];
            let (mut placed, mut at) = (Vec::with_capacity(fields.len()), 0_usize);
            for text in fields {
                let field = text.field(at)?;
                let wrong = |reason| LayoutError::Field { field: text.name.clone(), reason };
                if let Some(item) = &text.item {
                    let is_number = matches!(field.holds, Holds::Digits | Holds::DigitsOrBlank);
                    if is_number && field.width > DIGITS_MAX {
                        return Err(wrong("an item has 19 digits at most"));
                    }
                    let item: &'static str = item.clone().leak();
                    if items[index].insert(item, field).is_some() {
                        return Err(wrong("its item is there twice"));
                    }
                }
                at = at.saturating_add(field.width);
                placed.push(field);
            }
            if at != BULK_RECORD_BYTES || placed.iter().any(|field| field.width == 0) {
                return Err(LayoutError::Width { record, bytes: at });
            }
            if let Some(item) = ITEMS[index].iter().find(|item| !items[index].contains_key(**item)) {
                return Err(LayoutError::Item { record, item });
            }
            layouts[index] = Layout::new(record, placed.leak());
        }
        let layouts = layouts.try_into().map_err(|_| LayoutError::Form("four records".to_owned()))?;
        Ok(Self { layouts, items })
    }

    /// The bytes of an item.
    fn item<'r>(&self, record_kind: usize, item: &str, record: &'r Record) -> &'r [u8] {
        self.items[record_kind].get(item).map_or(&[], |field| field.of(record))
    }

    fn number(&self, record_kind: usize, item: &str, record: &Record) -> u64 {
        let digits = self.item(record_kind, item, record).iter().filter(|byte| byte.is_ascii_digit());
        digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    fn sum(&self, record_kind: usize, part: &str, record: &Record) -> Sum {
        Sum {
            count: self.number(record_kind, &format!("{part}_count"), record),
            amount: self.number(record_kind, &format!("{part}_amount"), record),
        }
    }

    fn name_of(&self, record_kind: usize, item: &str) -> &'static str {
        self.items[record_kind].get(item).map_or("", |field| field.name)
    }

    /// Puts a value into its field: digits right with zeros, a text left with spaces.
    fn put(&self, record_kind: usize, item: &str, value: &[u8], record: &mut Record) -> Result<(), Unfit> {
        let Some(field) = self.items[record_kind].get(item) else { return Ok(()) };
        let place = record.get_mut(field.at..field.at + field.width).unwrap_or_default();
        let room = place.len().checked_sub(value.len());
        let room = room.ok_or_else(|| Unfit { width: field.width, value: characters(value) })?;
        if matches!(field.holds, Holds::Digits | Holds::DigitsOrBlank) {
            let (zeros, digits) = place.split_at_mut(room);
            zeros.fill(b'0');
            digits.copy_from_slice(value);
        } else {
            let (text, spaces) = place.split_at_mut(value.len());
            text.copy_from_slice(value);
            spaces.fill(b' ');
        }
        Ok(())
    }

    /// A line of these parts; what the layout has beyond them is left blank.
    pub fn new_line(&self, parts: &Parts) -> Result<Line, Unfit> {
        let mut record = self.blank(1);
        self.put(1, "municipality", parts.municipality.as_bytes(), &mut record)?;
        self.put(1, "municipality_name", &parts.municipality_name.to_bytes(), &mut record)?;
        self.put(1, "designation", &parts.designation.to_bytes(), &mut record)?;
        let total = Sum {
            count: parts.salary.count + parts.retirement.count,
            amount: parts.salary.amount + parts.retirement.amount,
        };
        self.put_sums(1, [parts.salary, parts.retirement, total], &mut record)?;
        Ok(self.line(&record))
    }

    /// 市区町村名 of a line.
    pub fn municipality_name(&self, line: &Line) -> String {
        characters(self.item(1, "municipality_name", &line.record)).trim_end().to_owned()
    }

    /// A header of these parts.
    pub fn new_header(&self, parts: &HeaderParts) -> Result<Header, Unfit> {
        let mut record = self.blank(0);
        if let Some(place) = record.get_mut(1..4) {
            place.copy_from_slice(b"990");
        }
        self.put(0, "originator", parts.originator.as_bytes(), &mut record)?;
        self.put(0, "branch", parts.branch.as_bytes(), &mut record)?;
        self.put(0, "due", super::record::era_day(parts.due).as_bytes(), &mut record)?;
        let month = super::record::era_day(parts.month);
        self.put(0, "month", month.get(..4).unwrap_or_default().as_bytes(), &mut record)?;
        self.put(0, "agent", &parts.agent.to_bytes(), &mut record)?;
        self.put(0, "address", &parts.address.to_bytes(), &mut record)?;
        Ok(self.header(&record))
    }

    fn put_sums(&self, record_kind: usize, sums: [Sum; 3], record: &mut Record) -> Result<(), Unfit> {
        for (part, sum) in ["salary", "retirement", "total"].into_iter().zip(sums) {
            let (count, amount) = (sum.count.to_string(), sum.amount.to_string());
            self.put(record_kind, &format!("{part}_count"), count.as_bytes(), record)?;
            self.put(record_kind, &format!("{part}_amount"), amount.as_bytes(), record)?;
        }
        Ok(())
    }

    /// A record in which nothing is said.
    fn blank(&self, record_kind: usize) -> Record {
        let mut record = [b' '; BULK_RECORD_BYTES];
        for field in self.layouts[record_kind].fields {
            let filler = match field.holds {
                Holds::OneOf(allowed) => allowed.first().copied().unwrap_or(b' '),
                Holds::Digits => b'0',
                _ => b' ',
            };
            if let Some(place) = record.get_mut(field.at..field.at + field.width) {
                place.fill(filler);
            }
        }
        record
    }
}

/// What a header says.
#[derive(Clone, Debug)]
pub struct HeaderParts {
    /// 委託者コード, up to ten digits.
    pub originator: String,
    /// 取引支店番号, three digits.
    pub branch: String,
    /// 納付期限.
    pub due: Date,
    /// A day of 納付月分.
    pub month: Date,
    /// 特別徴収義務者名.
    pub agent: ZenginText,
    /// 特別徴収義務者の所在地.
    pub address: ZenginText,
}

/// What a line says.
#[derive(Clone, Debug)]
pub struct Parts {
    /// 市区町村コード, six digits.
    pub municipality: String,
    /// 市区町村名.
    pub municipality_name: ZenginText,
    /// 指定番号.
    pub designation: ZenginText,
    /// 給与税額.
    pub salary: Sum,
    /// 退職税額.
    pub retirement: Sum,
}

/// ヘッダー・レコード.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    record: Record,
    due: [u8; 6],
    month: [u8; 4],
}

impl Header {
    /// 納付期限, seen from a day.
    pub fn due(&self, today: Date) -> Option<Date> {
        // it may still be to come
        let latest = today.checked_add_days(chrono::Days::new(730)).unwrap_or(today);
        day_of_era(std::str::from_utf8(&self.due).ok()?, latest)
    }

    /// The first day of 納付月分.
    pub fn month(&self, today: Date) -> Option<Date> {
        let latest = today.checked_add_days(chrono::Days::new(730)).unwrap_or(today);
        day_of_era(&format!("{}01", std::str::from_utf8(&self.month).ok()?), latest)
    }
}

/// データ・レコード.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// As it stands, with the bytes that nobody explains.
    pub record: Record,
    /// 市区町村コード.
    pub municipality: [u8; 6],
    /// 指定番号, its spaces behind it.
    pub designation: [u8; 15],
    /// 給与税額.
    pub salary: Sum,
    /// 退職税額.
    pub retirement: Sum,
    /// 合計税額.
    pub total: Sum,
}

/// What a trailer sums up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Municipalities.
    pub lines: u64,
    /// 給与税額合計.
    pub salary: Sum,
    /// 退職税額合計.
    pub retirement: Sum,
    /// 合計税額.
    pub total: Sum,
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [b' '; N];
    for (place, byte) in array.iter_mut().zip(bytes) {
        *place = *byte;
    }
    array
}

fn plus(sum: Sum, other: Sum) -> Sum {
    Sum { count: sum.count.saturating_add(other.count), amount: sum.amount.saturating_add(other.amount) }
}

/// The last digit of a 市区町村コード, of its first five.
pub fn check_digit(digits: [u8; 5]) -> char {
    let sum: u32 =
        digits.iter().zip([6, 5, 4, 3, 2]).map(|(digit, weight)| u32::from(digit & 0x0f) * weight).sum();
    char::from_digit((11 - sum % 11) % 10, 10).unwrap_or('0')
}

/// 納付期限: the tenth of the month after, or the next business day.
pub fn due_day(month: Date) -> Option<Date> {
    let (year, next) =
        if month.month() == 12 { (month.year() + 1, 1) } else { (month.year(), month.month() + 1) };
    NaiveDate::from_ymd_opt(year, next, 10).map(calendar::business_day_from)
}

impl Kind for LocalTax {
    type Header = Header;
    type Line = Line;
    type Sums = Sums;

    fn name(&self) -> &'static str {
        "地方税納付"
    }

    fn codes(&self) -> &'static [&'static str] {
        &["99"]
    }

    fn layouts(&self) -> &[Layout; 4] {
        &self.layouts
    }

    fn header(&self, record: &Record) -> Header {
        let item = |name| self.item(0, name, record);
        Header { record: *record, due: array(item("due")), month: array(item("month")) }
    }

    fn header_bytes(&self, header: &Header) -> Record {
        header.record
    }

    fn headline(&self, header: &Header, today: Date) -> Headline {
        let text = |item| characters(self.item(0, item, &header.record)).trim_end().to_owned();
        Headline {
            originator: text("originator"),
            name: text("agent"),
            day_name: self.name_of(0, "due"),
            day: header.due(today),
        }
    }

    fn header_rules(&self, header: &Header, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
        let (due, month) = (header.due(rules.today), header.month(rules.today));
        match due {
            None => wrong.field(self.name_of(0, "due"), Fault::NoSuchDay),
            Some(day) if !calendar::is_business_day(day) => {
                let next = calendar::next_business_day(day);
                wrong.field(self.name_of(0, "due"), Fault::NoBusinessDay { next });
            }
            Some(_) => {}
        }
        match (due, month) {
            (_, None) => wrong.field(self.name_of(0, "month"), Fault::NoSuchDay),
            (Some(due), Some(month))
                if due_day(month).map(|day| (day.year(), day.month())) != Some((due.year(), due.month())) =>
            {
                wrong.field(self.name_of(0, "month"), Fault::Value("納付期限の前の月"));
            }
            _ => {}
        }
    }

    fn line(&self, record: &Record) -> Line {
        let item = |name| self.item(1, name, record);
        Line {
            record: *record,
            municipality: array(item("municipality")),
            designation: array(item("designation")),
            salary: self.sum(1, "salary", record),
            retirement: self.sum(1, "retirement", record),
            total: self.sum(1, "total", record),
        }
    }

    fn line_bytes(&self, line: &Line) -> Record {
        line.record
    }

    fn line_rules(&self, line: &Line, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
        let [first @ .., last] = line.municipality;
        let expected = check_digit(first);
        if char::from(last) != expected {
            wrong.field(self.name_of(1, "municipality"), Fault::CheckDigit { expected });
        }
        let sum = plus(line.salary, line.retirement);
        if sum.count != line.total.count {
            wrong.field(self.name_of(1, "total_count"), Fault::LineSum { expected: sum.count });
        }
        if sum.amount != line.total.amount {
            wrong.field(self.name_of(1, "total_amount"), Fault::LineSum { expected: sum.amount });
        }
        super::transfer::amount_rule(line.total.amount, self.name_of(1, "total_amount"), rules, wrong);
    }

    fn add(&self, sums: &mut Sums, line: &Line) {
        sums.lines += 1;
        sums.salary = plus(sums.salary, line.salary);
        sums.retirement = plus(sums.retirement, line.retirement);
        sums.total = plus(sums.total, line.total);
    }

    fn total(&self, sums: &Sums) -> Sum {
        Sum { count: sums.lines, amount: sums.total.amount }
    }

    fn trailer_bytes(&self, sums: &Sums) -> Option<Record> {
        let mut record = self.blank(2);
        self.put_sums(2, [sums.salary, sums.retirement, sums.total], &mut record).ok()?;
        Some(record)
    }

    fn trailer_rules(&self, record: &Record, sums: &Sums, wrong: &mut Wrong<'_>) {
        for (part, sum) in [("salary", sums.salary), ("retirement", sums.retirement), ("total", sums.total)] {
            let found = self.sum(2, part, record);
            wrong.count(self.name_of(2, &format!("{part}_count")), found.count, sum.count);
            wrong.total(self.name_of(2, &format!("{part}_amount")), found.amount, sum.amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_of_a_municipality_follows_from_the_others() {
        for (code, digit) in [(b"04100", '9'), (b"04202", '1'), (b"01100", '2'), (b"27100", '4')] {
            assert_eq!(check_digit(*code), digit);
        }
    }

    #[test]
    fn the_due_day_is_the_tenth_of_the_next_month_or_the_next_business_day() {
        for (month, due) in
            [("2026-11-01", "2026-12-10"), ("2026-12-31", "2027-01-12"), ("2026-09-15", "2026-10-13")]
        {
            assert_eq!(due_day(month.parse().unwrap()).unwrap().to_string(), due);
        }
    }

    #[test]
    fn the_layout_that_is_part_of_the_program_fills_every_record() {
        for layout in &LocalTax::embedded().layouts {
            let end = layout.fields.iter().fold(0, |at, field| {
                assert_eq!(field.at, at, "{}", field.name);
                at + field.width
            });
            assert_eq!(end, BULK_RECORD_BYTES);
        }
    }

    #[test]
    fn what_is_no_layout_says_why() {
        let text = include_str!("../../data/local-tax.toml");
        let of = |from: &str, to: &str| LocalTax::parse(&text.replacen(from, to, 1)).unwrap_err().to_string();
        assert_eq!(
            of("width = 40, holds = \"party\"", "width = 41, holds = \"party\""),
            "ヘッダー・レコード: its fields have 121 bytes and not 120"
        );
        assert_eq!(of("item = \"due\"", "item = \"do\""), "ヘッダー・レコード: no field is due");
        assert_eq!(of("item = \"branch\"", "item = \"due\""), "納付期限: its item is there twice");
        assert_eq!(of("\"digits\"", "\"numbers\""), "種別コード: holds is none of those that are known");
        assert_eq!(of("one_of = \"1\"", "one_of = \"あ\""), "データ区分: one_of is for one byte of ASCII");
        assert!(of("name = ", "names = ").starts_with("the layout cannot be read"));
    }
}
