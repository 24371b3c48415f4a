//! A row as it is written, and the rules it must keep.

use std::collections::HashSet;

use domain::hours::Hours;
use domain::{CollectorNumber, ConfirmationNumber, CustomerNumber, PaymentCategory};

use super::terms::{Defaults, Own};
use super::{CategoryRule, Collector, DigitsRule, Kind, Methods, NumberRules, NumberSource};

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
        /// The field.
        field: &'static str,
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

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: String,
    number_is: NumberSource,
    kind: Kind,
    name: String,
    name_today: Option<String>,
    methods: Vec<Method>,
    charges: Vec<String>,
    note: Option<String>,
    notice: Option<String>,
    #[serde(default)]
    payer_types_amount: bool,
    #[serde(default)]
    one_time_password: bool,
    #[serde(default)]
    available: bool,
    #[serde(default)]
    test_row: bool,
    hours: Option<Hours>,
    #[serde(default)]
    settlement: Own,
    contact: String,
    customer_number: DigitsRule,
    confirmation_number: DigitsRule,
    payment_category: Option<CategoryRule>,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    Online,
    Link,
}

/// Reads and checks the whole list.
pub(super) fn read(text: &str) -> Result<Vec<Collector>, DirectoryError> {
    let file: File = toml::from_str(text).map_err(|error| DirectoryError::Text(error.to_string()))?;
    let mut numbers = HashSet::new();
    let mut rows = Vec::with_capacity(file.collector.len());
    for (index, row) in file.collector.into_iter().enumerate() {
        let number = row.number.clone();
        let fail =
            |(field, rule)| DirectoryError::Row { row: index + 1, number: number.clone(), field, rule };
        let collector = check(row, &file.settlement).map_err(fail)?;
        if !numbers.insert(collector.number.clone()) {
            return Err(fail(("number", "another row has it")));
        }
        rows.push(collector);
    }
    Ok(rows)
}

type Broken = (&'static str, &'static str);

fn check(row: Row, defaults: &Defaults) -> Result<Collector, Broken> {
    let number: CollectorNumber = row.number.parse().map_err(|_| ("number", "it has five digits"))?;
    let fictional = (99_001..=99_099).contains(&row.number.parse::<u32>().unwrap_or_default());
    if fictional != (row.number_is == NumberSource::Fictional) {
        return Err(("number_is", "fictional numbers are 99001 to 99099, and no others"));
    }
    if row.name.trim().is_empty() {
        return Err(("name", "it is not empty"));
    }
    if row.charges.is_empty() || row.charges.iter().any(|charge| charge.trim().is_empty()) {
        return Err(("charges", "there is one at least, and none is empty"));
    }
    if row.contact.trim().is_empty() {
        return Err(("contact", "it is not empty"));
    }
    let methods =
        Methods { online: row.methods.contains(&Method::Online), link: row.methods.contains(&Method::Link) };
    if !methods.online && !methods.link {
        return Err(("methods", "there is one at least"));
    }
    // banking rule: a one-time password except for taxes and treasury money
    if row.one_time_password != (row.kind == Kind::Private) {
        return Err(("one_time_password", "private collectors need it, national and local ones do not"));
    }
    if row.payer_types_amount && !methods.online {
        return Err(("payer_types_amount", "only where the payer types at all"));
    }
    digits(
        "customer_number",
        row.customer_number.digits_min,
        row.customer_number.digits_max,
        (CustomerNumber::DIGITS_MIN, CustomerNumber::DIGITS_MAX),
    )?;
    digits(
        "confirmation_number",
        row.confirmation_number.digits_min,
        row.confirmation_number.digits_max,
        (ConfirmationNumber::DIGITS_MIN, ConfirmationNumber::DIGITS_MAX),
    )?;
    match (&row.payment_category, row.kind) {
        (None, Kind::Local) => return Err(("payment_category", "a local collector uses one")),
        (Some(_), Kind::Private) => return Err(("payment_category", "a private collector uses none")),
        (Some(rule), _) => {
            digits(
                "payment_category",
                rule.digits_min,
                rule.digits_max,
                (PaymentCategory::DIGITS_MIN, PaymentCategory::DIGITS_MAX),
            )?;
            rule.category(&rule.example).map_err(|_| ("payment_category", "the example fits the digits"))?;
        }
        (None, _) => {}
    }
    let settlement = defaults.terms(row.kind, row.settlement).map_err(|rule| ("settlement", rule))?;
    Ok(Collector {
        code: number.code(),
        number,
        number_source: row.number_is,
        kind: row.kind,
        name: row.name,
        name_today: row.name_today,
        methods,
        charges: row.charges,
        note: row.note,
        notice: row.notice,
        numbers: NumberRules {
            customer: row.customer_number,
            confirmation: row.confirmation_number,
            category: row.payment_category,
        },
        payer_types_amount: row.payer_types_amount,
        one_time_password: row.one_time_password,
        available: row.available,
        hours: row.hours.unwrap_or_else(Hours::always),
        settlement,
        contact: row.contact,
        test_row: row.test_row,
    })
}

/// The range lies inside the network's width.
fn digits(field: &'static str, min: usize, max: usize, width: (usize, usize)) -> Result<(), Broken> {
    if width.0 <= min && min <= max && max <= width.1 {
        Ok(())
    } else {
        Err((field, "digits_min to digits_max is a range inside the network's width"))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
