//! The only code that decides about money: a pure function over the touched accounts and the named transfers.

use std::collections::HashMap;

use domain::{AccountId, TransferId};

use crate::account::Account;
use crate::transfer::{Field, Kind, Transfer, TransferResult};

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its amount moved.
    Posted,
    /// Its amount was released.
    Voided,
}

/// What is known of a transfer id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Applied; a hold carries how it ended.
    Applied {
        /// The transfer.
        transfer: Transfer,
        /// For a hold: how it ended, if it did.
        ending: Option<Ending>,
    },
    /// Failed, for good.
    Failed,
}

/// The touched accounts and the earlier transfers that are named: everything `apply` may look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The accounts that the transfers and their holds name.
    pub accounts: HashMap<AccountId, Account>,
    /// What is known of the transfers' ids and of the holds they name.
    pub transfers: HashMap<TransferId, Known>,
}

/// The balance after a transfer, for each side that is bounded and whose balance it changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// Of the debit account.
    pub debit: Option<i64>,
    /// Of the credit account.
    pub credit: Option<i64>,
}

/// Applies a chain of transfers, all or none. `Ok` carries the balances after each; `Err` a result a transfer, of
/// which at least one is neither `Ok` nor `ChainFailed`. A failed chain leaves the state's accounts as they were.
pub fn apply(state: &mut State, chain: &[Transfer]) -> Result<Vec<After>, Vec<TransferResult>> {
    let mut undo: HashMap<AccountId, Account> = HashMap::new();
    let mut forget: Vec<TransferId> = Vec::new();
    let mut reopen: Vec<TransferId> = Vec::new();
    let mut after = Vec::with_capacity(chain.len());
    for (index, transfer) in chain.iter().enumerate() {
        for id in [transfer.debit, transfer.credit] {
            if let Some(account) = state.accounts.get(&id) {
                undo.entry(id).or_insert_with(|| account.clone());
            }
        }
        match one(state, transfer) {
            Ok(balances) => {
                forget.push(transfer.id);
                reopen.extend(transfer.kind.pending());
                after.push(balances);
            }
            Err(failure) => {
                state.accounts.extend(undo);
                for hold in reopen {
                    if let Some(Known::Applied { ending, .. }) = state.transfers.get_mut(&hold) {
                        *ending = None;
                    }
                }
                for id in forget {
                    state.transfers.remove(&id);
                }
                if failure.is_recorded_failure() {
                    state.transfers.insert(transfer.id, Known::Failed);
                }
                let mut results = vec![TransferResult::ChainFailed; chain.len()];
                results[index] = failure;
                return Err(results);
            }
        }
    }
    Ok(after)
}

fn one(state: &mut State, transfer: &Transfer) -> Result<After, TransferResult> {
    match state.transfers.get(&transfer.id) {
        None => {}
        Some(Known::Failed) => return Err(TransferResult::IdFailedBefore),
        Some(Known::Applied { transfer: recorded, .. }) => {
            return Err(match difference(recorded, transfer) {
                Some(field) => TransferResult::ExistsWithDifferent(field),
                None => TransferResult::Exists,
            });
        }
    }
    if transfer.amount <= 0 {
        return Err(TransferResult::AmountNotPositive);
    }
    if transfer.debit == transfer.credit {
        return Err(TransferResult::AccountsEqual);
    }
    let debit = state.accounts.get(&transfer.debit).ok_or(TransferResult::DebitAccountNotFound)?;
    let credit = state.accounts.get(&transfer.credit).ok_or(TransferResult::CreditAccountNotFound)?;
    if debit.currency != credit.currency {
        return Err(TransferResult::CurrenciesDiffer);
    }
    let ends_hold = match transfer.kind.pending() {
        Some(hold) => {
            check_hold(state.transfers.get(&hold), transfer)?;
            true
        }
        None => false,
    };
    // the end of an open hold is never refused for an account's condition or bound
    if !ends_hold {
        if debit.closed {
            return Err(TransferResult::DebitAccountClosed);
        }
        if credit.closed {
            return Err(TransferResult::CreditAccountClosed);
        }
    }
    let (debit, credit, after) = moved(debit, credit, transfer)?;
    state.accounts.insert(debit.id, debit);
    state.accounts.insert(credit.id, credit);
    let ending = match transfer.kind {
        Kind::PostPending(hold) => Some((hold, Ending::Posted)),
        Kind::VoidPending(hold) => Some((hold, Ending::Voided)),
        Kind::Posted | Kind::Pending => None,
    };
    if let Some((hold, how)) = ending
        && let Some(Known::Applied { ending, .. }) = state.transfers.get_mut(&hold)
    {
        *ending = Some(how);
    }
    state.transfers.insert(transfer.id, Known::Applied { transfer: transfer.clone(), ending: None });
    Ok(after)
}

/// The two accounts as the transfer leaves them.
fn moved(
    debit: &Account,
    credit: &Account,
    transfer: &Transfer,
) -> Result<(Account, Account, After), TransferResult> {
    let amount = transfer.amount;
    let (mut debit, mut credit) = (debit.clone(), credit.clone());
    let (holds, moves) = match transfer.kind {
        Kind::Posted => (0, amount),
        Kind::Pending => (amount, 0),
        Kind::PostPending(_) => (-amount, amount),
        Kind::VoidPending(_) => (-amount, 0),
    };
    let mut after = After::default();
    let available = debit.available();
    if debit.bounded {
        debit.held = debit.held.checked_add(holds).ok_or(TransferResult::Overflow)?;
        debit.balance = debit.balance.checked_sub(moves).ok_or(TransferResult::Overflow)?;
        after.debit = (moves != 0).then_some(debit.balance);
    }
    if credit.bounded && moves != 0 {
        credit.balance = credit.balance.checked_add(moves).ok_or(TransferResult::Overflow)?;
        after.credit = Some(credit.balance);
    }
    if debit.bounded && transfer.kind.pending().is_none() && amount > available {
        return Err(TransferResult::ExceedsAvailable);
    }
    Ok((debit, credit, after))
}

fn check_hold(hold: Option<&Known>, transfer: &Transfer) -> Result<(), TransferResult> {
    let Some(Known::Applied { transfer: hold, ending }) = hold else {
        return Err(TransferResult::PendingNotFound);
    };
    if hold.kind != Kind::Pending {
        return Err(TransferResult::PendingIsNoHold);
    }
    let as_hold = Transfer { kind: Kind::Pending, ..transfer.clone() };
    if let Some(field) = difference(hold, &as_hold) {
        return Err(TransferResult::PendingDiffers(field));
    }
    match ending {
        None => Ok(()),
        Some(Ending::Posted) => Err(TransferResult::PendingPosted),
        Some(Ending::Voided) => Err(TransferResult::PendingVoided),
    }
}

/// The first field in which two transfers differ; ids and texts do not count.
fn difference(a: &Transfer, b: &Transfer) -> Option<Field> {
    if a.kind != b.kind {
        Some(Field::Kind)
    } else if a.debit != b.debit {
        Some(Field::Debit)
    } else if a.credit != b.credit {
        Some(Field::Credit)
    } else if a.amount != b.amount {
        Some(Field::Amount)
    } else {
        None
    }
}
