//! A row as it is written, with the days from which parts of it are different.

use std::collections::HashSet;

use domain::Date;
use domain::hours::Hours;

use super::check::check;
use super::terms::{Defaults, Own};
use super::{
    AmountEntry, CategoryRule, Charge, DigitsRule, DuplicateKey, FeeTable, Kind, NumberSource, SecondSecret,
    Validity,
};

/// Why a list of institutions cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// The text is no list; the reader's own message names line and field.
    #[error("the list cannot be read: {0}")]
    Text(String),
    /// A row breaks a rule.
    #[error("row {row} ({number}), {field}: {rule}")]
    Row {
        /// Counted from 1.
        row: usize,
        /// The number as written.
        number: String,
        /// The field; of a change, with the day from which it applies.
        field: String,
        /// The rule it breaks.
        rule: &'static str,
    },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    settlement: Defaults,
    collector: Vec<Row>,
}

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub number: String,
    pub number_is: NumberSource,
    pub kind: Kind,
    #[serde(default = "listed")]
    pub on_list: bool,
    pub name: String,
    pub name_today: Option<String>,
    pub kana: String,
    pub kana_today: Option<String>,
    pub methods: Vec<Method>,
    pub charges: Vec<Charge>,
    #[serde(default)]
    pub validity: Vec<Validity>,
    pub note: Option<String>,
    pub notice: Option<String>,
    #[serde(default)]
    pub amount: AmountEntry,
    #[serde(default)]
    pub fee: FeeTable,
    pub duplicate_key: Option<DuplicateKey>,
    #[serde(default)]
    pub several_bills: bool,
    #[serde(default)]
    pub agency: bool,
    #[serde(default)]
    pub one_time_password: bool,
    #[serde(default)]
    pub available: bool,
    #[serde(default)]
    pub test_row: bool,
    pub hours: Option<Hours>,
    #[serde(default)]
    pub settlement: Own,
    pub contact: String,
    pub customer_number: DigitsRule,
    pub confirmation_number: DigitsRule,
    #[serde(default)]
    pub second_secret: SecondSecret,
    pub payment_category: Option<CategoryRule>,
    // what no change touches: a payment's way must not depend on the day on which it is looked at
    #[serde(default)]
    pub purpose_digits: Vec<usize>,
    #[serde(default)]
    changes: Vec<Change>,
}

/// What is different from a day on; what is not named stays.
#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    from: Date,
    name_today: Option<String>,
    kana_today: Option<String>,
    charges: Option<Vec<Charge>>,
    validity: Option<Vec<Validity>>,
    notice: Option<String>,
    fee: Option<FeeTable>,
    contact: Option<String>,
    customer_number: Option<DigitsRule>,
    confirmation_number: Option<DigitsRule>,
    payment_category: Option<CategoryRule>,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    Online,
    Link,
}

const fn listed() -> bool {
    true
}

/// The field and the rule that it breaks.
pub(super) type Broken = (&'static str, &'static str);

/// Reads and checks the whole list.
pub(super) fn read(text: &str) -> Result<Vec<super::Row>, DirectoryError> {
    let file: File = toml::from_str(text).map_err(|error| DirectoryError::Text(error.to_string()))?;
    let mut numbers = HashSet::new();
    let mut rows = Vec::with_capacity(file.collector.len());
    for (index, row) in file.collector.into_iter().enumerate() {
        let number = row.number.clone();
        let fail =
            |field: String, rule| DirectoryError::Row { row: index + 1, number: number.clone(), field, rule };
        let versions = versions(row, &file.settlement).map_err(|(field, rule)| fail(field, rule))?;
        if !numbers.insert(versions.first.number.clone()) {
            return Err(fail("number".to_owned(), "another row has it"));
        }
        rows.push(versions);
    }
    Ok(rows)
}

/// The row and each of its changes on top of those before, every one of them checked as a whole.
fn versions(mut row: Row, defaults: &Defaults) -> Result<super::Row, (String, &'static str)> {
    let changes = std::mem::take(&mut row.changes);
    let first = check(row.clone(), defaults).map_err(|(field, rule)| (field.to_owned(), rule))?;
    if !changes.is_sorted_by(|a, b| a.from < b.from) {
        return Err(("changes".to_owned(), "they are in the order of their days"));
    }
    let mut changed = Vec::with_capacity(changes.len());
    for change in changes {
        let from = change.from;
        row = change.over(row);
        let version =
            check(row.clone(), defaults).map_err(|(field, rule)| (format!("{field} from {from}"), rule))?;
        changed.push((from, version));
    }
    Ok(super::Row { first, changed })
}

impl Change {
    fn over(self, row: Row) -> Row {
        Row {
            name_today: self.name_today.or(row.name_today),
            kana_today: self.kana_today.or(row.kana_today),
            charges: self.charges.unwrap_or(row.charges),
            validity: self.validity.unwrap_or(row.validity),
            notice: self.notice.or(row.notice),
            fee: self.fee.unwrap_or(row.fee),
            contact: self.contact.unwrap_or(row.contact),
            customer_number: self.customer_number.unwrap_or(row.customer_number),
            confirmation_number: self.confirmation_number.unwrap_or(row.confirmation_number),
            payment_category: self.payment_category.or(row.payment_category),
            ..row
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
