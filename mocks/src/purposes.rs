//! 納付目的コード (入力方式): the payer registers nothing, and says by a code what is paid and by an amount how much. The
//! agency knows the taxpayer by the numbers of the bills that it has; the code itself it reads here, by a reader of the
//! mocks' own.

use std::sync::LazyLock;

use chrono::Datelike as _;
use domain::{Bill, ConfirmationNumber, Date, PaymentCategory, ResponseCode, Yen};
use serde::Deserialize;

use crate::bills::StoredBill;

const TEXT: &str = include_str!("../../formats/data/purpose-codes.toml");

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    toml::from_str(TEXT).unwrap_or_else(|error| panic!("purpose-codes.toml, which a test reads: {error}"))
});

// keys that the mocks do not use are ignored, so that the data can grow
#[derive(Deserialize)]
struct Tables {
    tax: Vec<Tax>,
    #[serde(rename = "return")]
    returns: Vec<Named>,
    era: Vec<Era>,
}

#[derive(Deserialize)]
struct Tax {
    code: String,
    name: String,
    period: String,
    returns: Vec<String>,
    from: Option<Date>,
    until: Option<Date>,
}

#[derive(Deserialize)]
struct Named {
    code: String,
    name: String,
}

#[derive(Deserialize)]
struct Era {
    code: String,
    name: String,
    first: Date,
    last: Option<Date>,
}

/// What an inquiry with a code is answered with, or why it is not. The same taxpayer may pay the same again.
pub fn bill(
    of_customer: &[StoredBill],
    confirmation: &ConfirmationNumber,
    code: &PaymentCategory,
    today: Date,
    amount: Yen,
) -> Result<Bill, ResponseCode> {
    if of_customer.is_empty() {
        return Err(ResponseCode::CustomerNumberWrong);
    }
    let own = of_customer.iter().find(|bill| bill.confirmation_number == *confirmation);
    let own = own.ok_or(ResponseCode::ConfirmationNumberWrong)?;
    if of_customer.iter().any(|bill| bill.scenario == "stopped") {
        return Err(ResponseCode::NumberStopped);
    }
    let contents = contents(code.as_str(), today).ok_or(ResponseCode::PaymentCategoryWrong)?;
    Ok(Bill {
        id: format!("P{code}").parse().map_err(|_| ResponseCode::CollectorError)?,
        payer: own.bill.payer.clone(),
        contents,
        amount,
        fee: Yen::ZERO,
        late_charge: Yen::ZERO,
        due: None,
        clear_by: None,
    })
}

/// What a code says in words; `None` where it says nothing that can be.
fn contents(digits: &str, today: Date) -> Option<String> {
    let tax = TABLES.tax.iter().find(|tax| digits.starts_with(&tax.code))?;
    let rest = digits.get(tax.code.len()..)?;
    let (kind, rest) = rest.split_at_checked(1)?;
    let kind = TABLES.returns.iter().find(|one| one.code == kind && tax.returns.contains(&one.code))?;
    let (era, rest) = rest.split_at_checked(1)?;
    let era = TABLES.era.iter().find(|one| one.code == era)?;
    let (year, day) = rest.split_at_checked(2)?;
    let number: i32 = year.parse().ok().filter(|year| *year > 0)?;
    let calendar = era.first.year() + number - 1;
    let year = if number == 1 { "元".to_owned() } else { number.to_string() };
    let (begins, period) = match (tax.period.as_str(), day.len()) {
        ("year", 0) if era.last.is_none_or(|last| calendar <= last.year()) => {
            (Date::from_ymd_opt(calendar, 1, 1)?, format!("{}{year}年分", era.name))
        }
        ("business_year", 4) => {
            let (month, day) = (day.get(..2)?.parse().ok()?, day.get(2..)?.parse().ok()?);
            let first = Date::from_ymd_opt(calendar, month, day)?;
            if first < era.first || era.last.is_some_and(|last| first > last) {
                return None;
            }
            (first, format!("{}{year}年{month}月{day}日に始まる課税期間分", era.name))
        }
        _ => return None,
    };
    let is_raised =
        tax.from.is_none_or(|from| from <= begins) && tax.until.is_none_or(|until| begins <= until);
    (is_raised && begins <= today).then(|| format!("{} {} {period}", tax.name, kind.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(digits: &str) -> Option<String> {
        contents(digits, "2026-11-24".parse().unwrap())
    }

    #[test]
    fn a_code_is_put_into_words() {
        assert_eq!(said("03045080401").unwrap(), "法人税 確定申告 令和8年4月1日に始まる課税期間分");
        assert_eq!(
            said("30035010501").unwrap(),
            "消費税及地方消費税 中間申告 令和元年5月1日に始まる課税期間分"
        );
        assert_eq!(said("3204507").unwrap(), "申告所得税及復興特別所得税 確定申告 令和7年分");
    }

    #[test]
    fn what_cannot_be_says_nothing() {
        for digits in [
            "",
            "030",
            "0304",
            "99945080401",
            "03015080401",
            "03049080401",
            "03045000401",
            "03045081301",
            "03045080230",
            "03045010430",
            "03044310501",
            "03045081125",
            "0304508",
            "320450704",
            "3203507",
            "3204424",
            "3204532",
            "3204509",
            "0204507",
        ] {
            assert_eq!(said(digits), None, "{digits}");
        }
    }
}
