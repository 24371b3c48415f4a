//! 納付目的コード: what a payer of the National Tax Agency's entry method (入力方式) makes up in the place of a number from
//! a notice: 税目番号 (3), 申告区分コード (1), 元号コード (1) and the period (2 or 6). The tables are data
//! (`data/purpose-codes.toml`), some of them assumed.

use chrono::{Datelike as _, NaiveDate};
use domain::time::Date;
use domain::{NumberError, PaymentCategory};

/// The tables.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeCodes {
    #[serde(rename = "tax")]
    taxes: Vec<Tax>,
    #[serde(rename = "return")]
    returns: Vec<Return>,
    #[serde(rename = "era")]
    eras: Vec<Era>,
}

/// 税目.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// 税目番号, three digits.
    pub code: String,
    /// As the agency writes it.
    pub name: String,
    /// The charge of the agency's row in the directory that it belongs to.
    pub charge: String,
    /// What its 課税期間 is.
    pub period: PeriodKind,
    /// The kinds of return that it knows.
    returns: Vec<String>,
    /// The first day on which a period can begin that it is raised for.
    from: Option<Date>,
    /// The last one.
    until: Option<Date>,
    /// Whether the code was found in print.
    #[serde(default)]
    pub assumed: bool,
}

/// 申告区分.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// 申告区分コード, one digit.
    pub code: String,
    /// As the agency writes it.
    pub name: String,
    /// Whether the code was found in print.
    #[serde(default)]
    pub assumed: bool,
}

/// 元号.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Era {
    /// 元号コード, one digit.
    pub code: String,
    /// 平成, 令和.
    pub name: String,
    first: Date,
    last: Option<Date>,
    /// Whether the code was found in print.
    #[serde(default)]
    pub assumed: bool,
}

/// What a tax's 課税期間 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// The calendar year of the return: two digits.
    Year,
    /// The first day of the business year: six digits.
    BusinessYear,
}

impl PeriodKind {
    const ALL: [Self; 2] = [Self::Year, Self::BusinessYear];

    fn beginning(self, day: Date) -> Period {
        match self {
            Self::Year => Period::Year(day.year()),
            Self::BusinessYear => Period::BusinessYear(day),
        }
    }

    /// Digits of a whole code.
    pub const fn digits(self) -> usize {
        match self {
            Self::Year => 7,
            Self::BusinessYear => 11,
        }
    }
}

/// A 課税期間.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A calendar year.
    Year(i32),
    /// The business year that begins on this day.
    BusinessYear(Date),
}

/// What a code is made up of, as a payer chooses and types it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'p> {
    /// 税目番号.
    pub tax: &'p str,
    /// 申告区分コード.
    pub kind: &'p str,
    /// 元号コード.
    pub era: &'p str,
    /// The year of the era, 99 at most.
    pub year: u32,
    /// Month and day on which the business year begins, each 99 at most.
    pub first: Option<(u32, u32)>,
}

/// A code that can be.
#[derive(Debug, PartialEq, Eq)]
pub struct PurposeCode<'c> {
    category: PaymentCategory,
    /// 税目.
    pub tax: &'c Tax,
    /// 申告区分.
    pub kind: &'c Return,
    /// 元号.
    pub era: &'c Era,
    /// 課税期間.
    pub period: Period,
}

/// Which part of a code cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurposeError {
    /// Not digits, or none.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// No tax has this 税目番号 (the first three digits).
    #[error("no tax has the number {0}")]
    Tax(String),
    /// Of this tax a code is longer or shorter.
    #[error("a code of {tax} has {digits} digits, {found} were found")]
    Length {
        /// The tax's name.
        tax: String,
        /// Digits that its codes have.
        digits: usize,
        /// Digits found.
        found: usize,
    },
    /// The tax knows no such 申告区分 (the fourth digit).
    #[error("{} has no return {code}", tax.as_deref().unwrap_or("no tax"))]
    Return {
        /// The tax's name, where the code has one.
        tax: Option<String>,
        /// The digit.
        code: String,
    },
    /// No era has this code (the fifth digit).
    #[error("no era has the code {0}")]
    Era(String),
    /// The era had no such year.
    #[error("{era} had no year {year}")]
    Year {
        /// The era's name.
        era: String,
        /// The year in it, as two digits say.
        year: String,
    },
    /// No such month.
    #[error("there is no month {0}")]
    Month(String),
    /// The month has no such day.
    #[error("month {month} has no day {day}")]
    Day {
        /// The month's two digits.
        month: String,
        /// The day's.
        day: String,
    },
    /// The day is of another era.
    #[error("{date} is not in {era}")]
    NotInEra {
        /// The era's name.
        era: String,
        /// The day.
        date: Date,
    },
    /// The period has not begun yet.
    #[error("the period begins on {0}, which has not come")]
    NotBegun(Date),
    /// The tax was not raised for a period that begins on this day.
    #[error("{tax} was not raised for a period from {begins} on")]
    NotRaised {
        /// The tax's name.
        tax: String,
        /// The first day.
        begins: Date,
    },
}

impl PurposeCodes {
    /// The tables that are part of the program.
    pub fn embedded() -> Self {
        toml::from_str(include_str!("../data/purpose-codes.toml"))
            .unwrap_or_else(|error| panic!("data/purpose-codes.toml, which a test reads: {error}"))
    }

    /// All taxes, in the order of a choice.
    pub fn taxes(&self) -> &[Tax] {
        &self.taxes
    }

    /// All eras, the oldest first.
    pub fn eras(&self) -> &[Era] {
        &self.eras
    }

    /// The kinds of return of one tax, in the order of a choice.
    pub fn returns<'c>(&'c self, tax: &'c Tax) -> impl Iterator<Item = &'c Return> {
        self.returns.iter().filter(|kind| tax.returns.contains(&kind.code))
    }

    /// The tax with this 税目番号.
    pub fn tax(&self, code: &str) -> Option<&Tax> {
        self.taxes.iter().find(|tax| tax.code == code)
    }

    /// A period in words; the year of two eras is of the later one.
    pub fn period_words(&self, period: Period) -> String {
        let last = match period {
            Period::Year(year) => NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX),
            Period::BusinessYear(first) => first,
        };
        let era = self.eras.iter().rev().find(|era| era.first <= last);
        era.map(|era| era.words(period)).unwrap_or_default()
    }

    /// Makes up the code, or tells every part that cannot be.
    pub fn build(&self, parts: Parts<'_>, today: Date) -> Result<PurposeCode<'_>, Vec<PurposeError>> {
        let Parts { tax, kind, era, year, first } = parts;
        let first = first.map_or_else(String::new, |(month, day)| format!("{month:02}{day:02}"));
        self.read(&format!("{tax}{kind}{era}{year:02}{first}"), today)
    }

    /// Reads a code as a person types it from a slip, or tells every part that cannot be, in the order of the parts.
    pub fn read(&self, typed: &str, today: Date) -> Result<PurposeCode<'_>, Vec<PurposeError>> {
        let (least, most) = (PeriodKind::Year.digits(), PeriodKind::BusinessYear.digits());
        let digits = domain::numbers::digits_typed(typed, least, most).map_err(|error| vec![error.into()])?;
        let mut faults = Faults(Vec::new());
        let (tax, rest) = digits.split_at(3);
        let tax = faults.keep(self.tax(tax).ok_or_else(|| PurposeError::Tax(tax.to_owned())));
        let (kind, rest) = rest.split_at(1);
        let (era, rest) = rest.split_at(1);
        let (year, day) = rest.split_at(2);
        // where no tax says what its period is, the length does
        let mut period = PeriodKind::ALL.into_iter().find(|kind| kind.digits() == digits.len());
        if let Some(tax) = tax.filter(|tax| Some(tax.period) != period) {
            let (tax, digits, found) = (tax.name.clone(), tax.period.digits(), digits.len());
            faults.0.push(PurposeError::Length { tax, digits, found });
            period = None;
        }
        let kind = faults.keep(self.kind(tax, kind));
        let era = self.eras.iter().find(|e| e.code == era).ok_or_else(|| PurposeError::Era(era.to_owned()));
        let era = faults.keep(era);
        let year = era.and_then(|era| faults.keep(era.year(year)));
        let period = match period {
            None => None,
            Some(PeriodKind::Year) => year.map(Period::Year),
            Some(PeriodKind::BusinessYear) => {
                let first = faults.keep(first_day(year.unwrap_or(LEAP_YEAR), day));
                let known = era.filter(|_| year.is_some()).zip(first);
                known.and_then(|(era, first)| faults.keep(era.of(first))).map(Period::BusinessYear)
            }
        };
        if let Some(period) = period {
            faults.keep(period.has_begun(today));
            if let Some(tax) = tax {
                faults.keep(tax.is_raised(period));
            }
        }
        match (digits.parse(), tax, kind, era, period) {
            (Ok(category), Some(tax), Some(kind), Some(era), Some(period)) if faults.0.is_empty() => {
                Ok(PurposeCode { category, tax, kind, era, period })
            }
            (Err(error), ..) if faults.0.is_empty() => Err(vec![error.into()]),
            _ => Err(faults.0),
        }
    }

    fn kind(&self, tax: Option<&Tax>, code: &str) -> Result<&Return, PurposeError> {
        let known =
            |kind: &&Return| kind.code == code && tax.is_none_or(|tax| tax.returns.contains(&kind.code));
        let wrong = || PurposeError::Return { tax: tax.map(|tax| tax.name.clone()), code: code.to_owned() };
        self.returns.iter().find(known).ok_or_else(wrong)
    }
}

/// What is wrong so far.
struct Faults(Vec<PurposeError>);

impl Faults {
    fn keep<T>(&mut self, read: Result<T, PurposeError>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault)).ok()
    }
}

/// Stands for a year that is not known, so that no day is refused that some year has.
const LEAP_YEAR: i32 = 2000;

/// The day of four digits in a calendar year.
fn first_day(year: i32, digits: &str) -> Result<Date, PurposeError> {
    let (month, day) = digits.split_at(2);
    let number = |text: &str| text.parse::<u32>().unwrap_or_default();
    if !(1..=12).contains(&number(month)) {
        return Err(PurposeError::Month(month.to_owned()));
    }
    NaiveDate::from_ymd_opt(year, number(month), number(day))
        .ok_or_else(|| PurposeError::Day { month: month.to_owned(), day: day.to_owned() })
}

impl Tax {
    /// The first period that it is raised for, where there was a time before.
    pub fn first_period(&self) -> Option<Period> {
        self.from.map(|from| self.period.beginning(from))
    }

    /// The last one, where there is.
    pub fn last_period(&self) -> Option<Period> {
        self.until.map(|until| self.period.beginning(until))
    }

    fn is_raised(&self, period: Period) -> Result<(), PurposeError> {
        let begins = period.begins();
        let is_raised =
            self.from.is_none_or(|from| from <= begins) && self.until.is_none_or(|until| begins <= until);
        if is_raised { Ok(()) } else { Err(PurposeError::NotRaised { tax: self.name.clone(), begins }) }
    }
}

impl Era {
    /// The calendar year of two digits.
    fn year(&self, digits: &str) -> Result<i32, PurposeError> {
        let wrong = || PurposeError::Year { era: self.name.clone(), year: digits.to_owned() };
        let year: i32 = digits.parse().map_err(|_| wrong())?;
        let calendar = self.first.year() + year - 1;
        let last = self.last.map_or(i32::MAX, |last| last.year());
        if year >= 1 && calendar <= last { Ok(calendar) } else { Err(wrong()) }
    }

    fn of(&self, date: Date) -> Result<Date, PurposeError> {
        if self.first <= date && self.last.is_none_or(|last| date <= last) {
            Ok(date)
        } else {
            Err(PurposeError::NotInEra { era: self.name.clone(), date })
        }
    }

    fn words(&self, period: Period) -> String {
        match period {
            Period::Year(year) => format!("{}分", self.shown(year)),
            Period::BusinessYear(first) => {
                let year = self.shown(first.year());
                format!("{year}{}月{}日に始まる課税期間分", first.month(), first.day())
            }
        }
    }

    /// `令和5年`, `令和元年`.
    fn shown(&self, year: i32) -> String {
        match year - self.first.year() + 1 {
            1 => format!("{}元年", self.name),
            year => format!("{}{year}年", self.name),
        }
    }
}

impl Period {
    fn begins(self) -> Date {
        match self {
            Self::Year(year) => NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX),
            Self::BusinessYear(first) => first,
        }
    }

    fn has_begun(self, today: Date) -> Result<(), PurposeError> {
        let begins = self.begins();
        if begins <= today { Ok(()) } else { Err(PurposeError::NotBegun(begins)) }
    }
}

impl PurposeCode<'_> {
    /// The digits, as 納付区分.
    pub const fn category(&self) -> &PaymentCategory {
        &self.category
    }

    /// The period alone: `令和5年4月1日に始まる課税期間分`, `令和5年分`.
    pub fn period_words(&self) -> String {
        self.era.words(self.period)
    }

    /// What the code says: `法人税 確定申告 令和5年4月1日に始まる課税期間分`.
    pub fn words(&self) -> String {
        format!("{} {} {}", self.tax.name, self.kind.name, self.period_words())
    }
}

#[cfg(test)]
#[path = "purpose_code_tests.rs"]
mod tests;
