//! The engine's own accounts in the ledger.
//!
//! ```text
//! a payer's deposit ──sent──► OUTGOING ──day's end, or at once from 100,000,000 yen──► BANK_OF_JAPAN
//! BANK_OF_JAPAN ──day's end──► INCOMING ──credited──► a payee's deposit, or back to the payer
//! LIMIT_GRANTED ──level──► a day's limit ──order──► LIMIT_USED        (no money: currency LIM)
//! ```

use domain::{AccountId, Yen};
use ledger::NewAccount;

/// 他行為替 (仕向): what the network has taken and not settled.
pub const OUTGOING: AccountId = AccountId::new(1_000_910_001);
/// 他行為替 (被仕向): what was credited for the network and is not settled.
pub const INCOMING: AccountId = AccountId::new(1_000_910_002);
/// The bank's current account at the Bank of Japan, as far as transfers settle over it.
pub const BANK_OF_JAPAN: AccountId = AccountId::new(1_000_910_003);
/// 別段預金: what came back for an account that is closed.
pub const SUSPENSE: AccountId = AccountId::new(1_000_910_004);
/// Whence the levels of limits come.
pub const LIMIT_GRANTED: AccountId = AccountId::new(1_000_910_011);
/// Where used limits go.
pub const LIMIT_USED: AccountId = AccountId::new(1_000_910_012);

/// ISO 4217: no currency. `apply` refuses to mix it with money.
pub const NO_CURRENCY: &str = "LIM";

/// Every one of them.
pub fn accounts() -> [NewAccount; 6] {
    let limit =
        |id, name: &str| NewAccount { currency: NO_CURRENCY.to_owned(), ..NewAccount::internal(id, name) };
    [
        NewAccount::internal(OUTGOING, "他行為替 仕向"),
        NewAccount::internal(INCOMING, "他行為替 被仕向"),
        NewAccount::internal(BANK_OF_JAPAN, "日本銀行 当座預金(為替決済)"),
        NewAccount::internal(SUSPENSE, "別段預金(振込返却)"),
        limit(LIMIT_GRANTED, "限度額 設定"),
        limit(LIMIT_USED, "限度額 使用"),
    ]
}

/// The account of a limit: bounded, and empty until its level is granted.
pub(crate) fn limit(id: AccountId, name: String) -> NewAccount {
    NewAccount { id, name, currency: NO_CURRENCY.to_owned(), bounded: true, overdraft: Yen::ZERO }
}
