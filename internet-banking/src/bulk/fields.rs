//! The controls of a batch's heading, for the pages that have them.

use bulk::Kind;
use domain::deduction::Method;

use super::heading::{TypedHeading, word};
use super::words;
use crate::Bank;
use crate::contracts::DepositAccount;

/// A choice of a list.
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The controls, for `bulk/parts.html`.
pub struct HeadingFields {
    /// What was typed.
    pub typed: TypedHeading,
    /// What the account is for.
    pub account_label: &'static str,
    /// The accounts.
    pub accounts: Vec<Choice>,
    /// What the day is called.
    pub day_label: &'static str,
    /// Which days there are.
    pub day_hint: String,
    /// Whether it is a tax, which has a month.
    pub is_tax: bool,
    /// Whether payees may bear the fee.
    pub has_deduction: bool,
    /// By what that is counted.
    pub methods: Vec<Choice>,
}

impl HeadingFields {
    /// Of a kind, with these accounts.
    pub fn of(bank: &Bank, kind: Kind, accounts: &[DepositAccount], typed: TypedHeading) -> Self {
        let possible = bank.bulk.terms().possible(kind, false, bank.clock.now());
        Self {
            account_label: if kind.collects() { "入金口座" } else { "引落口座" },
            accounts: accounts
                .iter()
                .map(|one| Choice {
                    value: one.account.to_string(),
                    label: one.to_string(),
                    chosen: one.account.to_string() == typed.account,
                })
                .collect(),
            day_label: kind.day_name(),
            day_hint: format!(
                "{}から{}までの銀行営業日。その前に承認の期限があります。",
                words::day(possible.first),
                words::day(possible.last)
            ),
            is_tax: kind == Kind::LocalTax,
            has_deduction: kind == Kind::Transfers,
            methods: Method::ALL
                .iter()
                .map(|method| Choice {
                    value: word(*method).to_owned(),
                    label: method.label().to_owned(),
                    chosen: word(*method) == typed.deduction,
                })
                .collect(),
            typed,
        }
    }

    /// Whether something is typed that the page folds away.
    pub fn has_details(&self) -> bool {
        [&self.typed.minimum, &self.typed.boundary, &self.typed.below, &self.typed.from]
            .iter()
            .any(|typed| !typed.is_empty() && *typed != "0")
    }
}
