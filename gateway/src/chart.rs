//! The hub's own accounts in the ledger.

use collectors::Collector;
use domain::{AccountId, CollectorNumber};
use ledger::NewAccount;

const CLEARING_BASE: i64 = 1_000_000_000;
const FEE_BASE: i64 = 1_000_100_000;

/// The account that owes a collector what payers have paid, until it is settled.
pub fn clearing(collector: &CollectorNumber) -> AccountId {
    AccountId::new(CLEARING_BASE + number(collector))
}

/// The account of the fees that a collector lets payers bear.
pub fn fee(collector: &CollectorNumber) -> AccountId {
    AccountId::new(FEE_BASE + number(collector))
}

pub(crate) fn of_collector(collector: &Collector) -> [NewAccount; 2] {
    [
        NewAccount::internal(clearing(&collector.number), format!("{} 収納金", collector.name)),
        NewAccount::internal(fee(&collector.number), format!("{} 払込手数料", collector.name)),
    ]
}

fn number(collector: &CollectorNumber) -> i64 {
    // five digits by type
    collector.as_str().parse().unwrap_or_default()
}
