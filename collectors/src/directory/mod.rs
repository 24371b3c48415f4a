//! The collecting institutions (収納機関) as data: `data/collectors.toml`, read and checked once.

mod charge;
mod check;
mod numbers;
mod paying;
mod row;
mod search;
mod set;
mod terms;

use std::collections::HashMap;

use domain::hours::Hours;
use domain::{CollectorNumber, Date, PaymentCategory};

pub use charge::{AfterDue, Charge, Span, Validity};
pub use numbers::{CategoryCode, CategoryError, CategoryRule, DigitsRule, NumberRules, SecondSecret};
pub use paying::{AmountEntry, DuplicateKey, FeeStep, FeeTable};
pub use row::DirectoryError;
pub use search::folded;
pub use set::{CAUSE_CHARS_MAX, SetPart, SetTerm, Suspension};
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

/// One collecting institution, as it is on a day.
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
    /// Whether it is one of the bank's list.
    pub on_list: bool,
    /// The name on the bank's list, word for word.
    pub name: String,
    /// The present name, where the institution has been renamed since.
    pub name_today: Option<String>,
    /// The name in katakana, without the form of the company: to find and to sort by.
    pub kana: String,
    /// The same of the present name.
    pub kana_today: Option<String>,
    /// How a payer may come to a bill.
    pub methods: Methods,
    /// What can be paid.
    pub charges: Vec<Charge>,
    /// How long numbers of its slips are valid.
    pub validity: Vec<Validity>,
    /// A remark for us, not for payers.
    pub note: Option<String>,
    /// What every payer must be told before paying (国税: prior notification).
    pub notice: Option<String>,
    /// The numbers to type.
    pub numbers: NumberRules,
    /// Where the amount comes from.
    pub amount: AmountEntry,
    /// The fee that a payer may have to bear.
    pub fee: FeeTable,
    /// What makes a second payment look like a mistake.
    pub duplicate_key: DuplicateKey,
    /// Whether one customer number may have several bills, of which the payer chooses.
    pub several_bills: bool,
    /// 収納代行: several merchants are behind the one number.
    pub agency: bool,
    /// Whether a payment needs a one-time password: private collectors.
    pub one_time_password: bool,
    /// Whether there is a working endpoint.
    pub available: bool,
    /// When it answers.
    pub hours: Hours,
    /// 取扱休止 and its end, each from a day on: `None` where payments are taken again.
    pub suspensions: Vec<(Date, Option<Suspension>)>,
    /// Who gets the money, and when.
    pub settlement: SettlementTerms,
    /// Whom the payer asks about the bill.
    pub contact: String,
    /// Exists for tests and demonstrations.
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

    /// Whether an inquiry with this 納付区分 names the amount (C23); elsewhere the collector's amount governs. What the
    /// payer types may be paid again and again.
    pub fn payer_types_amount(&self, category: Option<&PaymentCategory>) -> bool {
        match self.amount {
            AmountEntry::Typed => true,
            AmountEntry::TypedWithPurpose => category.is_some_and(|c| self.numbers.is_purpose(c)),
            AmountEntry::Billed | AmountEntry::ChosenOnSite => false,
        }
    }

    /// 取扱休止 of a day, where there is one.
    pub fn suspended_on(&self, day: Date) -> Option<&Suspension> {
        let (_, set) = self.suspensions.iter().rev().find(|(from, _)| *from <= day)?;
        set.as_ref().filter(|suspension| suspension.until.is_none_or(|until| day <= until))
    }

    /// What can be paid, as the list says it.
    pub fn charge_names(&self) -> Vec<&str> {
        self.charges.iter().map(|charge| charge.name.as_str()).collect()
    }
}

/// One institution over time.
#[derive(Clone, Debug)]
struct Row {
    first: Collector,
    /// The institution from each day of change on, in order.
    changed: Vec<(Date, Collector)>,
}

/// All institutions, in the order of the list.
///
/// What a change of a row may touch (names, charges, numbers, fee, notice, contact) is read from [`Directory::on`]
/// a day. What none touches (number, code, kind, methods, availability, settlement), and the hours and suspensions,
/// which carry days of their own, [`Directory::get`] and [`Directory::all`] give without one. What two people of the
/// bank set of a row comes in through [`Directory::with`] alone.
#[derive(Clone, Debug)]
pub struct Directory {
    rows: Vec<Collector>,
    changed: HashMap<CollectorNumber, Vec<(Date, Collector)>>,
    by_number: HashMap<CollectorNumber, usize>,
}

/// The institutions as they are on a day.
#[derive(Clone, Copy, Debug)]
pub struct OnDay<'a> {
    directory: &'a Directory,
    date: Date,
}

impl Directory {
    /// The list that is part of the program, as it is written.
    pub const TEXT: &str = include_str!("../../data/collectors.toml");

    /// The list that is part of the program.
    pub fn embedded() -> Self {
        Self::parse(Self::TEXT)
            .unwrap_or_else(|error| panic!("data/collectors.toml, which a test reads: {error}"))
    }

    /// Reads a list; an error names the row and the field.
    pub fn parse(text: &str) -> Result<Self, DirectoryError> {
        let mut directory = Self { rows: Vec::new(), changed: HashMap::new(), by_number: HashMap::new() };
        for Row { first, changed } in row::read(text)? {
            directory.by_number.insert(first.number.clone(), directory.rows.len());
            directory.changed.insert(first.number.clone(), changed);
            directory.rows.push(first);
        }
        Ok(directory)
    }

    /// These with what the bank has set of them, in the order in which it was set.
    pub fn with(&self, set: &[SetTerm]) -> Self {
        let mut directory = self.clone();
        for row in &mut directory.rows {
            let mut terms: Vec<_> = set.iter().filter(|term| term.collector == row.number).collect();
            if terms.is_empty() {
                continue;
            }
            terms.sort_by_key(|term| term.from);
            let changed = self.changed.get(&row.number).map(Vec::as_slice).unwrap_or_default();
            let (first, changed) = set::applied(row, changed, &terms);
            directory.changed.insert(first.number.clone(), changed);
            *row = first;
        }
        directory
    }

    /// The institutions on a day.
    pub const fn on(&self, date: Date) -> OnDay<'_> {
        OnDay { directory: self, date }
    }

    /// What never changes of the institution with this number.
    pub fn get(&self, number: &CollectorNumber) -> Option<&Collector> {
        self.by_number.get(number).and_then(|index| self.rows.get(*index))
    }

    /// What never changes of all, test rows included, in the order of the list.
    pub fn all(&self) -> &[Collector] {
        &self.rows
    }
}

impl<'a> OnDay<'a> {
    /// The institution with this number.
    pub fn get(self, number: &CollectorNumber) -> Option<&'a Collector> {
        self.directory.get(number).map(|row| self.version(row))
    }

    /// All, test rows included, in the order of the list.
    pub fn all(self) -> impl Iterator<Item = &'a Collector> {
        self.directory.rows.iter().map(move |row| self.version(row))
    }

    fn version(self, row: &'a Collector) -> &'a Collector {
        let changed = self.directory.changed.get(&row.number).map(Vec::as_slice).unwrap_or_default();
        changed.iter().rev().find(|(from, _)| *from <= self.date).map_or(row, |(_, version)| version)
    }
}
