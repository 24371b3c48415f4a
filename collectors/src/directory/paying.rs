//! How an amount comes about, what fee a payer may bear, and what makes two payments alike.

use domain::Yen;
use serde::Deserialize;

/// Most steps of a fee.
const FEE_STEPS_MAX: usize = 10;

/// Where the amount comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountEntry {
    /// The collector's bill.
    #[default]
    Billed,
    /// The bill; but the payer types it who gives a 納付目的コード instead of a registered 納付区分 (入力方式).
    TypedWithPurpose,
    /// The payer chooses it on the collector's site, within bounds that the hand-off names.
    ChosenOnSite,
    /// The payer types it.
    Typed,
}

/// 払込手数料 that a payer may have to bear; the bill says what it is. Without steps there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTable {
    /// In the order of the amounts.
    pub steps: Vec<FeeStep>,
    /// No public page says so.
    #[serde(default)]
    pub assumed: bool,
}

/// The fee from an amount on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeStep {
    /// The first amount that it applies to.
    pub from: Yen,
    /// The fee.
    pub fee: Yen,
}

/// What of two payments is the same when the second may be a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateKey {
    /// 収納機関番号 and 納付番号 or お客様番号.
    CustomerNumber,
    /// These and 納付区分.
    WithCategory,
}

impl FeeTable {
    /// The fee of an amount, where a payer bears one.
    pub fn fee(&self, amount: Yen) -> Option<Yen> {
        self.steps.iter().rev().find(|step| step.from <= amount).map(|step| step.fee)
    }

    /// `110 円、30,000 円以上は 330 円`; nothing where payers bear none.
    pub fn words(&self) -> String {
        let step = |(place, step): (usize, &FeeStep)| match place {
            0 => format!("{} 円", step.fee),
            _ => format!("{} 円以上は {} 円", step.from, step.fee),
        };
        let steps: Vec<_> = self.steps.iter().enumerate().map(step).collect();
        if steps.is_empty() { "かかりません。".to_owned() } else { steps.join("、") }
    }

    /// The rule that it breaks, if it does.
    pub(super) fn broken(&self) -> Option<&'static str> {
        let in_order = self.steps.is_sorted_by(|a, b| a.from < b.from);
        let positive = self.steps.iter().all(|step| step.from > Yen::ZERO && step.fee > Yen::ZERO);
        if self.steps.len() > FEE_STEPS_MAX || !in_order {
            Some("the steps are ten at most, in the order of their amounts")
        } else if !positive {
            Some("amounts and fees are more than nothing")
        } else {
            None
        }
    }
}
