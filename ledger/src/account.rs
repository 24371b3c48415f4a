//! Accounts: a customer's deposit, which is bounded and keeps its balance, or one of the bank's own, which is a sum.

use database::execute;
use domain::{AccountId, Yen};

use crate::Ledger;

/// What `apply` knows of an account. The balance of a deposit is what the bank owes: credits less debits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// ISO 4217.
    pub currency: String,
    /// Whether the balance is kept and may not fall below the overdraft.
    pub bounded: bool,
    /// How far below zero a bounded account may go; zero or more.
    pub overdraft: i64,
    /// Credits less debits, posted; zero where not bounded.
    pub balance: i64,
    /// The sum of open holds on the debit side; zero where not bounded.
    pub held: i64,
    /// No transfer but the end of a hold may touch it.
    pub closed: bool,
}

impl Account {
    /// 支払可能額: what may still be debited or held.
    pub fn available(&self) -> i64 {
        self.balance.saturating_sub(self.held).saturating_add(self.overdraft)
    }
}

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id, chosen by the caller; the same again changes nothing.
    pub id: AccountId,
    /// Its name for people.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// Whether the balance is kept and checked.
    pub bounded: bool,
    /// How far below zero it may go, in minor units.
    pub overdraft: Yen,
}

impl NewAccount {
    /// A customer's yen deposit, without overdraft.
    pub fn deposit(id: AccountId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), currency: "JPY".to_owned(), bounded: true, overdraft: Yen::ZERO }
    }

    /// One of the bank's own yen accounts, without a bound.
    pub fn internal(id: AccountId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), currency: "JPY".to_owned(), bounded: false, overdraft: Yen::ZERO }
    }
}

impl Ledger {
    /// Opens an account where it is missing.
    pub async fn open_account(&self, account: &NewAccount) -> Result<(), sqlx::Error> {
        execute!(
            self.database,
            "INSERT INTO account (id, name, currency, bounded, overdraft) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO NOTHING",
            account.id.get(),
            &account.name,
            &account.currency,
            i64::from(account.bounded),
            account.overdraft.get(),
        )?;
        Ok(())
    }

    /// Closes an account, unless holds are open on it or it is not bounded: then nothing happens and the answer is no.
    pub async fn close_account(&self, id: AccountId) -> Result<bool, sqlx::Error> {
        let closed = execute!(
            self.database,
            "UPDATE account SET closed_us = $1 WHERE id = $2 AND bounded = 1 AND held = 0 AND closed_us IS NULL",
            self.clock.now().micros(),
            id.get(),
        )?;
        Ok(closed == 1)
    }
}
