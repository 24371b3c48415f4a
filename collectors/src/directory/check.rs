//! The rules that a row must keep.

use std::collections::HashSet;

use domain::hours::Hours;
use domain::{CollectorNumber, ConfirmationNumber, CustomerNumber, PaymentCategory};

use super::row::{Broken, Method, Row};
use super::terms::Defaults;
use super::{
    AmountEntry, CategoryRule, Charge, Collector, DigitsRule, DuplicateKey, Kind, Methods, NumberRules,
    NumberSource, SecondSecret,
};

/// Digits of a 税目・料金番号.
const CHARGE_CODE_DIGITS: usize = 3;
/// Digits of 共通納税機関コード.
const MUNICIPALITY_DIGITS: usize = 5;

/// A row that keeps them all.
pub(super) fn check(row: Row, defaults: &Defaults) -> Result<Collector, Broken> {
    let number: CollectorNumber = row.number.parse().map_err(|_| ("number", "it has five digits"))?;
    let fictional = (99_001..=99_099).contains(&row.number.parse::<u32>().unwrap_or_default());
    if fictional != (row.number_is == NumberSource::Fictional) {
        return Err(("number_is", "fictional numbers are 99001 to 99099, and no others"));
    }
    if row.on_list && row.test_row {
        return Err(("on_list", "a test row is not on the bank's list"));
    }
    names(&row)?;
    charges(&row)?;
    let methods =
        Methods { online: row.methods.contains(&Method::Online), link: row.methods.contains(&Method::Link) };
    if !methods.online && !methods.link {
        return Err(("methods", "there is one at least"));
    }
    // banking rule: a one-time password except for taxes and treasury money
    if row.one_time_password != (row.kind == Kind::Private) {
        return Err(("one_time_password", "private collectors need it, national and local ones do not"));
    }
    if row.agency && row.kind != Kind::Private {
        return Err(("agency", "only a private collector collects for others"));
    }
    amount(&row, methods)?;
    if let Some(rule) = row.fee.broken() {
        return Err(("fee", rule));
    }
    numbers(&row)?;
    purpose_digits(&row)?;
    let duplicate_key = duplicate_key(&row)?;
    let settlement = defaults.terms(row.kind, row.settlement).map_err(|rule| ("settlement", rule))?;
    Ok(Collector {
        code: number.code(),
        number,
        number_source: row.number_is,
        kind: row.kind,
        on_list: row.on_list,
        name: row.name,
        name_today: row.name_today,
        kana: row.kana,
        kana_today: row.kana_today,
        methods,
        charges: row.charges,
        validity: row.validity,
        note: row.note,
        notice: row.notice,
        numbers: NumberRules {
            customer: row.customer_number,
            confirmation: row.confirmation_number,
            second_secret: row.second_secret,
            category: row.payment_category,
            purpose_digits: row.purpose_digits,
        },
        amount: row.amount,
        fee: row.fee,
        duplicate_key,
        several_bills: row.several_bills,
        agency: row.agency,
        one_time_password: row.one_time_password,
        available: row.available,
        hours: row.hours.unwrap_or_else(Hours::always),
        suspensions: Vec::new(),
        settlement,
        contact: row.contact,
        test_row: row.test_row,
    })
}

fn names(row: &Row) -> Result<(), Broken> {
    if row.name.trim().is_empty() {
        return Err(("name", "it is not empty"));
    }
    if row.name_today.as_ref().is_some_and(|today| today.trim().is_empty() || *today == row.name) {
        return Err(("name_today", "it is not empty, and not the listed name"));
    }
    if !is_kana(&row.kana) {
        return Err(("kana", "it is full-width katakana without spaces"));
    }
    if row.kana_today.as_deref().is_some_and(|kana| !is_kana(kana)) {
        return Err(("kana_today", "it is full-width katakana without spaces"));
    }
    if row.kana_today.is_some() != row.name_today.is_some() {
        return Err(("kana_today", "it is there when name_today is"));
    }
    if row.contact.trim().is_empty() {
        return Err(("contact", "it is not empty"));
    }
    Ok(())
}

fn is_kana(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, 'ァ'..='ヴ' | 'ー'))
}

fn charges(row: &Row) -> Result<(), Broken> {
    if row.charges.is_empty() || row.charges.iter().any(|charge| charge.name.trim().is_empty()) {
        return Err(("charges", "there is one at least, and none is empty"));
    }
    let mut seen = HashSet::new();
    if !row.charges.iter().all(|charge| seen.insert(charge.name.as_str())) {
        return Err(("charges", "each is named once"));
    }
    if let Some(rule) = row.charges.iter().find_map(|charge| charge.after_due.broken()) {
        return Err(("charges", rule));
    }
    for validity in &row.validity {
        if validity.of.trim().is_empty() || validity.since.trim().is_empty() {
            return Err(("validity", "it names the number and what its time begins with"));
        }
        if let Some(rule) = validity.span.broken() {
            return Err(("validity", rule));
        }
    }
    Ok(())
}

fn amount(row: &Row, methods: Methods) -> Result<(), Broken> {
    match row.amount {
        AmountEntry::Billed => Ok(()),
        AmountEntry::Typed | AmountEntry::TypedWithPurpose if !methods.online => {
            Err(("amount", "it is typed only where the payer types at all"))
        }
        AmountEntry::TypedWithPurpose if row.kind != Kind::National || row.payment_category.is_none() => {
            Err(("amount", "a 納付目的コード stands in the place of a national collector's 納付区分"))
        }
        AmountEntry::ChosenOnSite if !methods.link => {
            Err(("amount", "it is chosen on the collector's site only where a link leads from there"))
        }
        AmountEntry::Typed | AmountEntry::TypedWithPurpose | AmountEntry::ChosenOnSite => Ok(()),
    }
}

fn numbers(row: &Row) -> Result<(), Broken> {
    digits(
        "customer_number",
        &row.customer_number,
        (CustomerNumber::DIGITS_MIN, CustomerNumber::DIGITS_MAX),
    )?;
    digits(
        "confirmation_number",
        &row.confirmation_number,
        (ConfirmationNumber::DIGITS_MIN, ConfirmationNumber::DIGITS_MAX),
    )?;
    let calls_it_password = row.confirmation_number.label.contains("パスワード");
    if calls_it_password != (row.second_secret == SecondSecret::DisplayPassword) {
        return Err(("second_secret", "the label of confirmation_number says which it is"));
    }
    match (&row.payment_category, row.kind) {
        (None, Kind::Local) => return Err(("payment_category", "a local collector uses one")),
        (Some(_), Kind::Private) => return Err(("payment_category", "a private collector uses none")),
        (Some(rule), kind) => {
            category(rule, kind, &row.charges).map_err(|rule| ("payment_category", rule))?;
        }
        (None, _) => {}
    }
    Ok(())
}

/// A number of digits tells which of the two a payer gave, and with it who decides the amount.
fn purpose_digits(row: &Row) -> Result<(), Broken> {
    let widths = &row.purpose_digits;
    let of_category =
        |digits: &usize| row.payment_category.as_ref().is_some_and(|rule| rule.may_have(*digits));
    if (row.amount == AmountEntry::TypedWithPurpose) == widths.is_empty() {
        Err(("purpose_digits", "a 納付目的コード has digits where it can be given, and only there"))
    } else if !widths.is_sorted_by(|a, b| a < b)
        || !widths
            .iter()
            .all(|digits| (PaymentCategory::DIGITS_MIN..=PaymentCategory::DIGITS_MAX).contains(digits))
    {
        Err(("purpose_digits", "they are in order and inside the network's width"))
    } else if widths.iter().any(of_category) {
        Err(("purpose_digits", "they are never as many as 納付区分 has"))
    } else {
        Ok(())
    }
}

/// The range lies inside the network's width, and groups make up the longest number.
fn digits(field: &'static str, rule: &DigitsRule, width: (usize, usize)) -> Result<(), Broken> {
    if rule.label.trim().is_empty() {
        return Err((field, "it has a label"));
    }
    if !in_width(rule.digits_min, rule.digits_max, width) {
        return Err((field, "digits_min to digits_max is a range inside the network's width"));
    }
    let whole = rule.groups.iter().sum::<usize>() == rule.digits_max && !rule.groups.contains(&0);
    if rule.groups.is_empty() || whole { Ok(()) } else { Err((field, "the groups make up digits_max")) }
}

const fn in_width(min: usize, max: usize, width: (usize, usize)) -> bool {
    width.0 <= min && min <= max && max <= width.1
}

fn category(rule: &CategoryRule, kind: Kind, charges: &[Charge]) -> Result<(), &'static str> {
    let width = (PaymentCategory::DIGITS_MIN, PaymentCategory::DIGITS_MAX);
    if !in_width(rule.digits_min, rule.digits_max, width) {
        return Err("digits_min to digits_max is a range inside the network's width");
    }
    rule.category(&rule.example).map_err(|_| "the example fits the digits")?;
    let most = if rule.municipality { CHARGE_CODE_DIGITS + MUNICIPALITY_DIGITS } else { CHARGE_CODE_DIGITS };
    if kind == Kind::Local && (rule.digits_min, rule.digits_max) != (CHARGE_CODE_DIGITS, most) {
        return Err("a local collector's has three digits, and five more where a municipality follows");
    }
    if rule.codes.is_empty() {
        return Ok(());
    }
    let mut seen = HashSet::new();
    if !rule.codes.iter().all(|code| are_digits(&code.code, CHARGE_CODE_DIGITS) && seen.insert(&code.code)) {
        return Err("a code has three digits and stands for one charge");
    }
    let listed: HashSet<_> = charges.iter().map(|charge| plain(&charge.name)).collect();
    let coded: HashSet<_> = rule.codes.iter().map(|code| code.charge.as_str()).collect();
    if listed != coded {
        return Err("the codes stand for the charges of the row, all of them and no others");
    }
    Ok(())
}

/// A charge without the 等 that ends a list.
fn plain(charge: &str) -> &str {
    charge.strip_suffix('等').unwrap_or(charge)
}

fn are_digits(code: &str, count: usize) -> bool {
    code.len() == count && code.chars().all(|c| c.is_ascii_digit())
}

fn duplicate_key(row: &Row) -> Result<DuplicateKey, Broken> {
    let key = row.duplicate_key.unwrap_or(match row.kind {
        Kind::Local => DuplicateKey::WithCategory,
        Kind::National | Kind::Private => DuplicateKey::CustomerNumber,
    });
    match key {
        DuplicateKey::WithCategory if row.payment_category.is_none() => {
            Err(("duplicate_key", "it names 納付区分 only where there is one"))
        }
        DuplicateKey::CustomerNumber if row.kind == Kind::Local => {
            Err(("duplicate_key", "a local collector's has 納付区分 in it"))
        }
        DuplicateKey::WithCategory | DuplicateKey::CustomerNumber => Ok(key),
    }
}
