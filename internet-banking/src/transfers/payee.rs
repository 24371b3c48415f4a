//! Whom a transfer goes to: own accounts, payees filed on paper or registered by users, those of the last orders.

use domain::{AccountRef, ContractId};
use formats::kana::{Class, ZenginText};
use formats::legal_forms;
use transfers::{Holder, Method, Order};

use super::draft::{Payee, Way};
use super::problem::Problem;
use crate::Bank;
use crate::contracts::{Business, DepositAccount};
use crate::payees::{self, Checked, Likeness, List, Payees, Source, name_check};
use crate::sign_in::SignedIn;

/// An account of ours as transfers name it.
pub fn account_ref(bank: &Bank, account: &DepositAccount) -> Option<AccountRef> {
    Some(AccountRef {
        bank: bank.transfers.own_bank().clone(),
        branch: account.branch.parse().ok()?,
        kind: account.kind.into(),
        number: account.number.parse().ok()?,
    })
}

/// The holder of an account of ours in kana; empty where the name cannot be written, and its user types it.
pub fn holder(account: &DepositAccount) -> String {
    let name = legal_forms::abbreviated(&account.name);
    ZenginText::typed(&name, Class::Party).map(|text| text.to_string()).unwrap_or_default()
}

/// 振替 to an own account.
pub fn own(bank: &Bank, account: &DepositAccount) -> Option<Payee> {
    // what cannot be written of the name is left out: the money goes nowhere else
    let name = ZenginText::abridged(&legal_forms::abbreviated(&account.name), Class::Party).to_string();
    Some(Payee { way: Way::Own(account.account), account: account_ref(bank, account)?, name })
}

/// The accounts from which a user may transfer, the main one first.
pub async fn debited(bank: &Bank, by: &SignedIn) -> Result<Vec<DepositAccount>, Problem> {
    let found = bank.contracts.accounts_for(&by.user, Business::Transfer).await;
    found.map_err(|error| Problem::unavailable(&error))
}

/// A registered payee as an entry keeps it.
pub fn registered(payee: &payees::Payee) -> Payee {
    let way = match &payee.source {
        Source::Filed { number } => Way::Filed(number.clone()),
        Source::Screen => Way::Registered(payee.id),
    };
    Payee { way, account: payee.account.clone(), name: payee.holder.clone() }
}

/// Whether the payee of an entry is registered still as it was looked at.
pub async fn is_current(bank: &Bank, contract: ContractId, payee: &Payee) -> Result<bool, Problem> {
    let payees = Payees::of(&bank.database, contract, List::Transfers);
    let found = match &payee.way {
        Way::Filed(number) => payees.filed(number).await,
        Way::Registered(id) => payees.find(*id).await,
        Way::Own(_) | Way::Typed => return Ok(true),
    };
    let found = found.map_err(|error| Problem::unavailable(&error))?;
    Ok(found.is_some_and(|found| registered(&found) == *payee))
}

/// The registered payee of an account and name; the account as it is typed where there is none.
pub async fn named(bank: &Bank, by: &SignedIn, account: &AccountRef, holder: &str) -> Result<Payee, Problem> {
    let all = Payees::of(&bank.database, by.contract.id, List::Transfers).all().await;
    let all = all.map_err(|error| Problem::unavailable(&error))?;
    let found = all.iter().find(|one| one.account == *account && one.holder == holder);
    Ok(match found {
        Some(found) => registered(found),
        None => Payee { way: Way::Typed, account: account.clone(), name: holder.to_owned() },
    })
}

/// Who holds the account of a payee that is typed (R89). It is asked once of an entry, for every question counts, and
/// again only where nobody could be asked. Whatever comes of it, the transfer goes on with the typed name (R93).
pub async fn checked(bank: &Bank, by: &SignedIn, payee: &Payee, seen: Option<&Checked>) -> Option<Checked> {
    if payee.way != Way::Typed {
        return None;
    }
    if let Some(seen) = seen.filter(|seen| seen.was_asked()) {
        return Some(seen.clone());
    }
    Some(name_check::check(bank, by, List::Transfers, &payee.entered()).await.unwrap_or(Checked::NotKnown))
}

/// The payee of an order, to be paid again.
pub async fn of_order(bank: &Bank, by: &SignedIn, order: &Order) -> Result<Payee, Problem> {
    let facts = &order.facts;
    if facts.method != Method::OwnAccount {
        return named(bank, by, &facts.to, &facts.payee_name).await;
    }
    let accounts = bank.contracts.accounts(by.contract.id).await;
    let accounts = accounts.map_err(|error| Problem::unavailable(&error))?;
    let found = accounts.iter().find(|one| Some(one.account) == facts.payee_account);
    found.and_then(|account| own(bank, account)).ok_or(Problem::PayeeGone)
}

/// Whether the account is known to be somebody else's than was typed: as it was answered, and of this bank's own
/// accounts as the bank itself has it, whatever keeps the check back.
pub async fn name_differs(bank: &Bank, payee: &Payee, seen: Option<&Checked>) -> Result<bool, Problem> {
    if let Some(Checked::Named { likeness, .. }) = seen {
        return Ok(*likeness == Likeness::Different);
    }
    if payee.way.method() != Method::Typed || payee.account.bank != *bank.transfers.own_bank() {
        return Ok(false);
    }
    let holder = bank.transfers.holder(&payee.account).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(
        matches!(holder, Holder::Named(name) if name_check::likeness(&payee.name, &name) == Likeness::Different),
    )
}
