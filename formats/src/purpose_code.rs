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
    /// What its 課税期間 is.
    pub period: PeriodKind,
    /// The kinds of return that it knows.
    returns: Vec<String>,
    #[serde(default)]
    years: Years,
    /// Whether the code was found in print.
    #[serde(default)]
    pub assumed: bool,
}

/// The calendar years that a tax is raised for, both inclusive.
#[derive(Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Years {
    from: Option<i32>,
    until: Option<i32>,
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
    #[error("{tax} has no return {code}")]
    Return {
        /// The tax's name.
        tax: String,
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
    /// The tax was not raised in this year.
    #[error("{tax} was not raised for {year}")]
    NotRaised {
        /// The tax's name.
        tax: String,
        /// The calendar year.
        year: i32,
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

    /// Makes up the code; the year of two eras is of the later one.
    pub fn build(
        &self,
        tax: &str,
        kind: &str,
        period: Period,
        today: Date,
    ) -> Result<PurposeCode<'_>, PurposeError> {
        let last_day = match period {
            Period::Year(year) => NaiveDate::from_ymd_opt(year, 12, 31),
            Period::BusinessYear(first) => Some(first),
        };
        let found = last_day.and_then(|day| Some((day, self.eras.iter().find(|era| era.contains(day))?)));
        let Some((day, era)) = found else {
            let year = last_day.map_or_else(String::new, |day| day.year().to_string());
            return Err(PurposeError::Year { era: "西暦".to_owned(), year });
        };
        let year = day.year() - era.first.year() + 1;
        let rest = match period {
            Period::Year(_) => String::new(),
            Period::BusinessYear(first) => first.format("%m%d").to_string(),
        };
        self.read(&format!("{tax}{kind}{}{year:02}{rest}", era.code), today)
    }

    /// Reads a code as a person types it from a slip; an error names the first part that cannot be.
    pub fn read(&self, typed: &str, today: Date) -> Result<PurposeCode<'_>, PurposeError> {
        let (least, most) = (PeriodKind::Year.digits(), PeriodKind::BusinessYear.digits());
        let digits = domain::numbers::digits_typed(typed, least, most)?;
        let (tax, rest) = digits.split_at(3);
        let tax =
            self.taxes.iter().find(|t| t.code == tax).ok_or_else(|| PurposeError::Tax(tax.to_owned()))?;
        let name = || tax.name.clone();
        if digits.len() != tax.period.digits() {
            return Err(PurposeError::Length {
                tax: name(),
                digits: tax.period.digits(),
                found: digits.len(),
            });
        }
        let (kind, rest) = rest.split_at(1);
        let kind = self
            .returns(tax)
            .find(|k| k.code == kind)
            .ok_or_else(|| PurposeError::Return { tax: name(), code: kind.to_owned() })?;
        let (era, rest) = rest.split_at(1);
        let era =
            self.eras.iter().find(|e| e.code == era).ok_or_else(|| PurposeError::Era(era.to_owned()))?;
        let (year, day) = rest.split_at(2);
        let year = era.year(year)?;
        let period = match tax.period {
            PeriodKind::Year => Period::Year(year),
            PeriodKind::BusinessYear => Period::BusinessYear(era.day(year, day)?),
        };
        let begins = period.begins();
        if begins > today {
            return Err(PurposeError::NotBegun(begins));
        }
        let raised = tax.years.from.is_none_or(|from| from <= begins.year())
            && tax.years.until.is_none_or(|until| begins.year() <= until);
        if !raised {
            return Err(PurposeError::NotRaised { tax: name(), year: begins.year() });
        }
        Ok(PurposeCode { category: digits.parse()?, tax, kind, era, period })
    }
}

impl Era {
    fn contains(&self, day: Date) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }

    /// The calendar year of two digits.
    fn year(&self, digits: &str) -> Result<i32, PurposeError> {
        let wrong = || PurposeError::Year { era: self.name.clone(), year: digits.to_owned() };
        let year: i32 = digits.parse().map_err(|_| wrong())?;
        let calendar = self.first.year() + year - 1;
        let last = self.last.map_or(i32::MAX, |last| last.year());
        if year >= 1 && calendar <= last { Ok(calendar) } else { Err(wrong()) }
    }

    /// The day of four digits in a calendar year.
    fn day(&self, year: i32, digits: &str) -> Result<Date, PurposeError> {
        let (month, day) = digits.split_at(2);
        let number = |text: &str| text.parse::<u32>().unwrap_or_default();
        if !(1..=12).contains(&number(month)) {
            return Err(PurposeError::Month(month.to_owned()));
        }
        let date = NaiveDate::from_ymd_opt(year, number(month), number(day))
            .ok_or_else(|| PurposeError::Day { month: month.to_owned(), day: day.to_owned() })?;
        if self.contains(date) {
            Ok(date)
        } else {
            Err(PurposeError::NotInEra { era: self.name.clone(), date })
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
}

impl PurposeCode<'_> {
    /// The digits, as 納付区分.
    pub const fn category(&self) -> &PaymentCategory {
        &self.category
    }

    /// What the code says: `法人税 確定申告 令和5年4月1日に始まる課税期間分`.
    pub fn words(&self) -> String {
        let period = match self.period {
            Period::Year(year) => format!("{}分", self.era.shown(year)),
            Period::BusinessYear(first) => {
                let year = self.era.shown(first.year());
                format!("{year}{}月{}日に始まる課税期間分", first.month(), first.day())
            }
        };
        format!("{} {} {period}", self.tax.name, self.kind.name)
    }
}

#[cfg(test)]
#[path = "purpose_code_tests.rs"]
mod tests;
