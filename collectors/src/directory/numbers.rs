//! The numbers of a slip, as each institution prints them.

use domain::{ConfirmationNumber, CustomerNumber, NumberError, PaymentCategory};
use serde::Deserialize;

/// One number that the payer types.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitsRule {
    /// As the slip calls it.
    pub label: String,
    /// Fewest digits.
    pub digits_min: usize,
    /// Most digits.
    pub digits_max: usize,
    /// The digits of each group that the slip prints, from the left; empty where nothing is known of groups.
    #[serde(default)]
    pub groups: Vec<usize>,
    /// No public page gives the width.
    #[serde(default)]
    pub assumed: bool,
}

/// 納付区分, where the collector uses one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
    /// 税目・料金番号 may be followed by 共通納税機関コード: whose tax it is.
    #[serde(default)]
    pub municipality: bool,
    /// 税目・料金番号: what each three-digit code stands for. Only to be told: the collector says what is right.
    #[serde(default)]
    pub codes: Vec<CategoryCode>,
}

/// A 税目・料金番号.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryCode {
    /// Three digits.
    pub code: String,
    /// The charge, as the row lists it (a final 等 left out).
    pub charge: String,
    /// No public page gives the code.
    #[serde(default)]
    pub assumed: bool,
}

/// What the number is that the payer types to show that the bill is theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondSecret {
    /// 確認番号.
    #[default]
    ConfirmationNumber,
    /// 払込情報表示パスワード, which some collectors have in its place.
    DisplayPassword,
}

/// What the payer types from the slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRules {
    /// 納付番号 or お客様番号.
    pub customer: DigitsRule,
    /// 確認番号, or what the collector has in its place.
    pub confirmation: DigitsRule,
    /// Which of the two.
    pub second_secret: SecondSecret,
    /// 納付区分.
    pub category: Option<CategoryRule>,
    /// The digits of a 納付目的コード, which a payer may give in the place of 納付区分 and then types the amount
    /// (入力方式); never as many as 納付区分 has. The codes are `formats::purpose_code`.
    pub purpose_digits: Vec<usize>,
}

/// Why a text cannot be a collector's 納付区分.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CategoryError {
    /// The collector uses none.
    #[error("the collector uses none")]
    NotUsed,
    /// Not digits, or too few or too many.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// Neither 納付区分 nor 納付目的コード has so many digits.
    #[error("{found} digits were found where {} are allowed", one_of(.widths))]
    Width {
        /// The digits that there may be.
        widths: Vec<usize>,
        /// Digits found.
        found: usize,
    },
}

/// `7, 10 or 11`.
fn one_of(widths: &[usize]) -> String {
    let words: Vec<_> = widths.iter().map(usize::to_string).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
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

    /// Reads what a person typed as this collector's 納付区分, or as a 納付目的コード where it may stand in its place.
    pub fn payment_category(&self, typed: &str) -> Result<PaymentCategory, CategoryError> {
        let rule = self.category.as_ref().ok_or(CategoryError::NotUsed)?;
        if self.purpose_digits.is_empty() {
            return Ok(rule.category(typed)?);
        }
        let category = PaymentCategory::parse_typed(typed)?;
        if self.takes(&category) {
            return Ok(category);
        }
        let mut widths: Vec<_> = (rule.digits_min..=rule.digits_max).collect();
        widths.extend(&self.purpose_digits);
        widths.sort_unstable();
        Err(CategoryError::Width { widths, found: category.as_str().len() })
    }

    /// Whether a 納付区分 of so many digits may be sent to the collector.
    pub fn takes(&self, category: &PaymentCategory) -> bool {
        let digits = category.as_str().len();
        self.category.as_ref().is_some_and(|rule| rule.may_have(digits)) || self.is_purpose(category)
    }

    /// Whether it is a 納付目的コード: its digits say so.
    pub fn is_purpose(&self, category: &PaymentCategory) -> bool {
        self.purpose_digits.contains(&category.as_str().len())
    }
}

impl DigitsRule {
    /// The form on the slip, where its groups are known: `0000-0000-0000-0000`.
    pub fn form(&self) -> Option<String> {
        let groups: Vec<_> = self.groups.iter().map(|digits| "0".repeat(*digits)).collect();
        (groups.len() > 1).then(|| groups.join("-"))
    }
}

impl CategoryRule {
    /// Reads what a person typed as this collector's 納付区分.
    pub(super) fn category(&self, typed: &str) -> Result<PaymentCategory, NumberError> {
        domain::numbers::digits_typed(typed, self.digits_min, self.digits_max)?.parse()
    }

    /// Whether a 納付区分 may have so many digits.
    pub(super) fn may_have(&self, digits: usize) -> bool {
        (self.digits_min..=self.digits_max).contains(&digits)
    }

    /// The charge that a code stands for, as far as the row knows.
    pub fn charge(&self, code: &PaymentCategory) -> Option<&str> {
        self.codes.iter().find(|known| known.code == code.as_str()).map(|known| known.charge.as_str())
    }
}
