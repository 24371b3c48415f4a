//! The hub's own accounts in the ledger.
//!
//! ```text
//! a payer's deposit ──accepted──► clearing ──window closes──► settlement ──pay date──► the beneficiary
//!                   └───────────► fee ────────────────────┘ (or ► fee income, where the bank keeps it)
//! ```

use collectors::Collector;
use collectors::directory::Receiver;
use collectors::protocol::BankCode;
use domain::{AccountId, CollectorNumber};
use ledger::NewAccount;

const CLEARING_BASE: i64 = 1_000_000_000;
const FEE_BASE: i64 = 1_000_100_000;
const SETTLEMENT_BASE: i64 = 1_000_200_000;
const PUBLIC_MONEY_BASE: i64 = 1_000_300_000;

/// Every account that a collector has of its own is from the first of these on and before the second.
pub const OF_COLLECTORS: (AccountId, AccountId) =
    (AccountId::new(CLEARING_BASE), AccountId::new(PUBLIC_MONEY_BASE + 100_000));

/// The bank's current account at the Bank of Japan: what is credited here has left for the government's deposit.
pub const BANK_OF_JAPAN: AccountId = AccountId::new(1_000_900_001);
/// What is due to other banks over the interbank network.
pub const INTERBANK: AccountId = AccountId::new(1_000_900_002);
/// Payers' fees that the bank keeps.
pub const FEE_INCOME: AccountId = AccountId::new(1_000_900_003);
/// 現金: what payers hand over at the counter, until their payment is accepted or they have it back.
pub const COUNTER_CASH: AccountId = AccountId::new(1_000_900_004);

/// The account that owes a collector what payers have paid, until its settlement window closes.
pub fn clearing(collector: &CollectorNumber) -> AccountId {
    AccountId::new(CLEARING_BASE + number(collector))
}

/// The account of the fees that a collector lets payers bear, until the window closes.
pub fn fee(collector: &CollectorNumber) -> AccountId {
    AccountId::new(FEE_BASE + number(collector))
}

/// What closed windows owe a collector, until it is paid.
pub fn settlement(collector: &CollectorNumber) -> AccountId {
    AccountId::new(SETTLEMENT_BASE + number(collector))
}

/// 公金預金: the money of a local government whose designated institution is this bank.
pub fn public_money(collector: &CollectorNumber) -> AccountId {
    AccountId::new(PUBLIC_MONEY_BASE + number(collector))
}

/// The account that a net payment to this collector is credited to, at a bank of this code.
pub fn beneficiary(collector: &Collector, own_bank: &BankCode) -> AccountId {
    match &collector.settlement.receiver {
        Receiver::BankOfJapan => BANK_OF_JAPAN,
        Receiver::DesignatedInstitution(Some(bank)) if bank == own_bank => public_money(&collector.number),
        Receiver::DesignatedInstitution(_) | Receiver::Collector => INTERBANK,
    }
}

/// The bank's own accounts beside those of its collectors.
pub fn of_bank() -> [NewAccount; 4] {
    [
        NewAccount::internal(BANK_OF_JAPAN, "日本銀行 当座預金"),
        NewAccount::internal(INTERBANK, "他行為替 未決済"),
        NewAccount::internal(FEE_INCOME, "受入払込手数料"),
        NewAccount::internal(COUNTER_CASH, "窓口現金"),
    ]
}

/// The accounts of one collector.
pub fn of_collector(collector: &Collector, own_bank: &BankCode) -> Vec<NewAccount> {
    let Collector { number, name, .. } = collector;
    let mut accounts = vec![
        NewAccount::internal(clearing(number), format!("{name} 収納金")),
        NewAccount::internal(fee(number), format!("{name} 払込手数料")),
        NewAccount::internal(settlement(number), format!("{name} 資金決済")),
    ];
    if beneficiary(collector, own_bank) == public_money(number) {
        accounts.push(NewAccount::internal(public_money(number), format!("{name} 公金預金")));
    }
    accounts
}

fn number(collector: &CollectorNumber) -> i64 {
    // five digits by type
    collector.as_str().parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use collectors::Directory;

    use super::*;

    #[test]
    fn no_two_accounts_share_an_id() {
        let own = "9999".parse().unwrap();
        let directory = Directory::embedded();
        let of_collectors = directory.all().iter().flat_map(|row| of_collector(row, &own));
        let all: Vec<_> = of_collectors.chain(of_bank()).map(|account| account.id).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all.len(), directory.all().len() * 3 + 2 + 4);
        let of_collectors = all.iter().filter(|id| (OF_COLLECTORS.0..OF_COLLECTORS.1).contains(*id));
        assert_eq!(of_collectors.count(), directory.all().len() * 3 + 2);
    }

    #[test]
    fn each_kind_is_paid_where_its_money_belongs() {
        let directory = Directory::embedded();
        let paid = |number: &str, bank: &str| {
            let row = directory.get(&number.parse().unwrap()).unwrap();
            beneficiary(row, &bank.parse().unwrap())
        };
        assert_eq!(paid("00200", "9999"), BANK_OF_JAPAN);
        assert_eq!(paid("04100", "9999"), public_money(&"04100".parse().unwrap()));
        assert_eq!(paid("04100", "0125"), INTERBANK, "another bank keeps that city's money");
        assert_eq!(paid("13800", "9999"), INTERBANK);
        assert_eq!(paid("99022", "9999"), INTERBANK);
    }
}
