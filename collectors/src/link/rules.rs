//! What the bank holds against a hand-off that reads, apart from what it has seen already and whom it agreed with.

use domain::Timestamp;

use super::{HandOff, Handed, Pattern};
use crate::directory::{AmountEntry, Collector};

/// Seconds after which a hand-off is too old: sign-in must follow within 30 minutes, as e-Gov has it.
pub const AGE_S_MAX: i64 = 30 * 60;
/// Seconds that a site's clock may be ahead.
pub const AHEAD_S_MAX: i64 = 60;

/// A rule that a hand-off breaks. For the log, and for whoever tries out an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenRule {
    /// Older than [`AGE_S_MAX`].
    #[error("issued_at is more than 30 minutes ago")]
    Old,
    /// More than [`AHEAD_S_MAX`] from now.
    #[error("issued_at is more than 60 seconds in the future")]
    Ahead,
    /// The collector does not offer the method, or has no connection.
    #[error("the collector does not offer the information link")]
    NotOffered,
    /// A number is none of the collector's.
    #[error("{0} is none of the collector's")]
    Numbers(&'static str),
    /// The collector's payers choose no amount.
    #[error("the collector's payers choose no amount, so pattern 03 is not taken")]
    AmountChosen,
}

impl HandOff {
    /// Every rule that it breaks at an instant, under the rules of its collector.
    pub fn broken_rules(&self, collector: &Collector, at: Timestamp) -> Vec<BrokenRule> {
        let age_s = at.seconds_since(self.issued_at);
        let numbers = self.bills.iter().find_map(|handed| wrong_number(handed, collector));
        let category = self.bills.first().and_then(|handed| handed.category.as_ref());
        let chooses = collector.amount == AmountEntry::ChosenOnSite || collector.payer_types_amount(category);
        let broken = [
            (!collector.methods.link || !collector.available).then_some(BrokenRule::NotOffered),
            (age_s > AGE_S_MAX).then_some(BrokenRule::Old),
            (age_s < -AHEAD_S_MAX).then_some(BrokenRule::Ahead),
            numbers.map(BrokenRule::Numbers),
            (self.pattern == Pattern::Chosen && !chooses).then_some(BrokenRule::AmountChosen),
        ];
        broken.into_iter().flatten().collect()
    }
}

/// The field whose digits are not those of the collector's numbers.
fn wrong_number(handed: &Handed, collector: &Collector) -> Option<&'static str> {
    let rules = &collector.numbers;
    let fits = |text: &str, min: usize, max: usize| (min..=max).contains(&text.len());
    if !fits(handed.customer_number.as_str(), rules.customer.digits_min, rules.customer.digits_max) {
        return Some("cno");
    }
    let confirmation = &rules.confirmation;
    if !fits(handed.confirmation_number.as_str(), confirmation.digits_min, confirmation.digits_max) {
        return Some("kno");
    }
    let category = match &handed.category {
        Some(category) => rules.takes(category),
        None => rules.category.is_none(),
    };
    (!category).then_some("kubun")
}
