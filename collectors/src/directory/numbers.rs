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

impl DigitsRule {
    /// The form on the slip, where its groups are known: `0000-0000-0000-0000`.
    pub fn form(&self) -> Option<String> {
        let groups: Vec<_> = self.groups.iter().map(|digits| "0".repeat(*digits)).collect();
        (groups.len() > 1).then(|| groups.join("-"))
    }
}

impl CategoryRule {
    /// Reads what a person typed as this collector's 納付区分.
    pub fn category(&self, typed: &str) -> Result<PaymentCategory, NumberError> {
        domain::numbers::digits_typed(typed, self.digits_min, self.digits_max)?.parse()
    }

    /// The charge that a code stands for, as far as the row knows.
    pub fn charge(&self, code: &PaymentCategory) -> Option<&str> {
        self.codes.iter().find(|known| known.code == code.as_str()).map(|known| known.charge.as_str())
    }
}
