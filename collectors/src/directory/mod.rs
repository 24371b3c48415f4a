//! The collecting institutions (収納機関) as data: `data/collectors.toml`, read and checked once.

mod row;
mod terms;

use std::collections::HashMap;

use domain::hours::Hours;
use domain::{CollectorNumber, ConfirmationNumber, CustomerNumber, NumberError, PaymentCategory};

pub use row::DirectoryError;
pub use terms::{PayerFees, Receiver, SettlementTerms};

/// 収納の種類: decides who may refuse a clearing and how the key is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 国庫金収納: answers a clearing after its own check and may refuse it.
    National,
    /// 地公体収納: records every clearing, if need be provisionally.
    Local,
    /// 一般収納: as local.
    Private,
}

impl Kind {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Local => "local",
            Self::Private => "private",
        }
    }

    /// The word of the pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::National => "国",
            Self::Local => "地方公共団体",
            Self::Private => "民間",
        }
    }
}

/// Where a collector's five digits come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberSource {
    /// Printed in public pages.
    Public,
    /// Follows from a public rule, seen nowhere in print.
    Inferred,
    /// Ours, from the block 99001 to 99099.
    Fictional,
}

/// How a payer may come to a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Methods {
    /// オンライン方式: the payer types the numbers.
    pub online: bool,
    /// 情報リンク方式: the collector's site hands the bill over.
    pub link: bool,
}

/// One number that the payer types.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitsRule {
    /// As the slip calls it.
    pub label: String,
    /// Fewest digits.
    pub digits_min: usize,
    /// Most digits.
    pub digits_max: usize,
}

/// 納付区分, where the collector uses one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryRule {
    /// As the slip calls it.
    pub label: String,
    /// Fewest digits.
    pub digits_min: usize,
    /// Most digits.
    pub digits_max: usize,
    /// An example for the hint of the form.
    pub example: String,
}

/// What the payer types from the slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRules {
    /// 納付番号 or お客様番号.
    pub customer: DigitsRule,
    /// 確認番号.
    pub confirmation: DigitsRule,
    /// 納付区分.
    pub category: Option<CategoryRule>,
}

impl NumberRules {
    /// Reads what a person typed as this collector's 納付番号 or お客様番号.
    pub fn customer_number(&self, typed: &str) -> Result<CustomerNumber, NumberError> {
        let DigitsRule { digits_min, digits_max, .. } = self.customer;
        domain::numbers::digits_typed(typed, digits_min, digits_max)?.parse()
    }

    /// Reads what a person typed as this collector's 確認番号.
    pub fn confirmation_number(&self, typed: &str) -> Result<ConfirmationNumber, NumberError> {
        let DigitsRule { digits_min, digits_max, .. } = self.confirmation;
        domain::numbers::digits_typed(typed, digits_min, digits_max)?.parse()
    }
}

impl CategoryRule {
    /// Reads what a person typed as this collector's 納付区分.
    pub fn category(&self, typed: &str) -> Result<PaymentCategory, NumberError> {
        domain::numbers::digits_typed(typed, self.digits_min, self.digits_max)?.parse()
    }
}

/// One collecting institution.
#[derive(Clone, Debug)]
pub struct Collector {
    /// 収納機関番号, as slips print it.
    pub number: CollectorNumber,
    /// 収納機関コード, the eight digits of messages.
    pub code: String,
    /// Where the number comes from.
    pub number_source: NumberSource,
    /// Its kind.
    pub kind: Kind,
    /// The name on the bank's list, word for word.
    pub name: String,
    /// The present name, where the institution has been renamed since.
    pub name_today: Option<String>,
    /// How a payer may come to a bill.
    pub methods: Methods,
    /// What can be paid, word for word.
    pub charges: Vec<String>,
    /// A remark for us, not for payers.
    pub note: Option<String>,
    /// What every payer must be told before paying (国税: prior notification).
    pub notice: Option<String>,
    /// The numbers to type.
    pub numbers: NumberRules,
    /// Whether the payer types the amount too; elsewhere the collector's amount governs.
    pub payer_types_amount: bool,
    /// Whether a payment needs a one-time password: private collectors.
    pub one_time_password: bool,
    /// Whether there is a working endpoint.
    pub available: bool,
    /// When it answers.
    pub hours: Hours,
    /// Who gets the money, and when.
    pub settlement: SettlementTerms,
    /// Whom the payer asks about the bill.
    pub contact: String,
    /// Not on the bank's list; exists for tests and demonstrations.
    pub test_row: bool,
}

impl Collector {
    /// The name to show: the listed one and, where it differs, today's behind it.
    pub fn shown_name(&self) -> String {
        match &self.name_today {
            Some(today) => format!("{}(現 {today})", self.name),
            None => self.name.clone(),
        }
    }
}

/// All institutions, in the order of the list.
#[derive(Clone, Debug)]
pub struct Directory {
    rows: Vec<Collector>,
    by_number: HashMap<CollectorNumber, usize>,
}

impl Directory {
    /// The list that is part of the program.
    pub fn embedded() -> Self {
        Self::parse(include_str!("../../data/collectors.toml"))
            .unwrap_or_else(|error| panic!("data/collectors.toml, which a test reads: {error}"))
    }

    /// Reads a list; an error names the row and the field.
    pub fn parse(text: &str) -> Result<Self, DirectoryError> {
        let rows = row::read(text)?;
        let by_number = rows.iter().enumerate().map(|(index, row)| (row.number.clone(), index)).collect();
        Ok(Self { rows, by_number })
    }

    /// The institution with this number.
    pub fn get(&self, number: &CollectorNumber) -> Option<&Collector> {
        self.by_number.get(number).and_then(|index| self.rows.get(*index))
    }

    /// All, test rows included, in the order of the list.
    pub fn all(&self) -> &[Collector] {
        &self.rows
    }
}
