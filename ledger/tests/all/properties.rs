//! What holds of `apply` whatever is thrown at it.

use std::collections::HashMap;

use domain::{AccountId, TransferId};
use ledger::apply::{After, Ending, Known, State, apply};
use ledger::{Account, Kind, Transfer, TransferResult};
use proptest::collection::vec;
use proptest::prelude::*;

/// Accounts 1 to 4 are bounded (4 in dollars), 5 and 6 internal (6 in dollars); 7 does not exist.
fn accounts(bounds: &[(i64, i64)]) -> State {
    let account = |id: i64, bounded, currency: &str, (balance, overdraft): (i64, i64)| {
        let id = AccountId::new(id);
        Account { id, currency: currency.to_owned(), bounded, overdraft, balance, held: 0, closed: false }
    };
    let list = [
        account(1, true, "JPY", bounds[0]),
        account(2, true, "JPY", bounds[1]),
        account(3, true, "JPY", bounds[2]),
        account(4, true, "USD", bounds[3]),
        account(5, false, "JPY", (0, 0)),
        account(6, false, "USD", (0, 0)),
    ];
    State { accounts: list.into_iter().map(|a| (a.id, a)).collect(), transfers: HashMap::new() }
}

fn transfer() -> impl Strategy<Value = Transfer> {
    // few ids, accounts and amounts, so that they meet
    let id = || (1..40_u128).prop_map(|id| TransferId::from_uuid(uuid::Uuid::from_u128(id)));
    let account = || prop_oneof![20 => 1..=3_i64, 2 => Just(4), 10 => Just(5), 3 => 6..=7_i64];
    let kind = prop_oneof![
        3 => Just(Kind::Posted),
        4 => Just(Kind::Pending),
        3 => id().prop_map(Kind::PostPending),
        3 => id().prop_map(Kind::VoidPending),
    ];
    (id(), account(), account(), prop_oneof![1 => Just(0_i64), 30 => 1..=30_i64], kind).prop_map(
        |(id, debit, credit, amount, kind)| Transfer {
            id,
            debit: AccountId::new(debit),
            credit: AccountId::new(credit),
            amount,
            kind,
            memo: String::new(),
        },
    )
}

/// Makes most ends of holds fit their hold, so that they do not all fail.
fn fit(state: &State, chain: &mut [Transfer]) {
    for at in 0..chain.len() {
        let Some(hold) = chain[at].kind.pending() else { continue };
        let known = match state.transfers.get(&hold) {
            Some(Known::Applied { transfer, .. }) => Some(transfer.clone()),
            _ => chain[..at].iter().find(|t| t.id == hold).cloned(),
        };
        if let Some(known) = known
            && chain[at].amount % 5 != 0
        {
            (chain[at].debit, chain[at].credit, chain[at].amount) = (known.debit, known.credit, known.amount);
        }
    }
}

fn chains() -> impl Strategy<Value = Vec<Vec<Transfer>>> {
    vec(prop_oneof![3 => vec(transfer(), 1..=1), 2 => vec(transfer(), 2..=5)], 1..60)
}

fn bounds() -> impl Strategy<Value = Vec<(i64, i64)>> {
    vec((0..200_i64, 0..50_i64), 4)
}

fn applied(state: &State) -> impl Iterator<Item = (&Transfer, Option<Ending>)> {
    state.transfers.values().filter_map(|known| match known {
        Known::Applied { transfer, ending } => Some((transfer, *ending)),
        Known::Failed => None,
    })
}

fn moves(transfer: &Transfer) -> bool {
    matches!(transfer.kind, Kind::Posted | Kind::PostPending(_))
}

/// The books against the journal: recomputed from the applied transfers alone.
fn assert_books(start: &State, state: &State) {
    for account in state.accounts.values().filter(|a| a.bounded) {
        let opening = start.accounts[&account.id].balance;
        let moved: i64 = applied(state)
            .filter(|(t, _)| moves(t))
            .map(|(t, _)| match account.id {
                id if id == t.credit => t.amount,
                id if id == t.debit => -t.amount,
                _ => 0,
            })
            .sum();
        assert_eq!(account.balance, opening + moved, "{account:?}");
        let open: i64 = applied(state)
            .filter(|(t, ending)| t.kind == Kind::Pending && t.debit == account.id && ending.is_none())
            .map(|(t, _)| t.amount)
            .sum();
        assert_eq!(account.held, open, "{account:?}");
        assert!(account.available() >= 0, "{account:?}");
    }
    for (transfer, _) in applied(state) {
        let currency = |id| &state.accounts[&id].currency;
        assert_eq!(currency(transfer.debit), currency(transfer.credit), "each currency sums to zero alone");
        if let Some(hold) = transfer.kind.pending() {
            let ends = applied(state).filter(|(t, _)| t.kind.pending() == Some(hold)).count();
            assert_eq!(ends, 1, "a hold ends once");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_agree_with_the_journal_after_every_chain(bounds in bounds(), chains in chains()) {
        let start = accounts(&bounds);
        let mut state = start.clone();
        for mut chain in chains {
            fit(&state, &mut chain);
            let before = state.clone();
            match apply(&mut state, &chain) {
                Ok(after) => assert_after(&before, &state, &chain, &after),
                Err(results) => assert_failed(before, &state, &chain, &results),
            }
            assert_books(&start, &state);
        }
    }

    #[test]
    fn a_replay_changes_nothing(bounds in bounds(), chains in chains()) {
        let mut state = accounts(&bounds);
        let mut first = Vec::new();
        for mut chain in chains {
            fit(&state, &mut chain);
            let applied = apply(&mut state, &chain).is_ok();
            first.push((chain, applied));
        }
        let before = state.clone();
        for (chain, _) in first.iter().filter(|(_, applied)| *applied) {
            let results = apply(&mut state, chain).unwrap_err();
            prop_assert_eq!(results[0], TransferResult::Exists);
        }
        prop_assert_eq!(before, state);
    }

    #[test]
    fn a_chain_that_applies_does_what_its_transfers_do_one_by_one(bounds in bounds(), chains in chains()) {
        let mut state = accounts(&bounds);
        for mut chain in chains {
            fit(&state, &mut chain);
            let mut single = state.clone();
            let one_by_one: Result<Vec<After>, ()> = chain
                .iter()
                .map(|t| apply(&mut single, std::slice::from_ref(t)).map(|after| after[0]).map_err(drop))
                .collect();
            match apply(&mut state, &chain) {
                Ok(after) => {
                    prop_assert_eq!(Ok(after), one_by_one);
                    prop_assert_eq!(&state, &single);
                }
                Err(_) => prop_assert!(one_by_one.is_err()),
            }
        }
    }
}

fn assert_after(before: &State, state: &State, chain: &[Transfer], after: &[After]) {
    assert_eq!(after.len(), chain.len());
    let mut running: HashMap<AccountId, i64> = HashMap::new();
    for (transfer, after) in chain.iter().zip(after) {
        for (id, side, signed) in [
            (transfer.debit, after.debit, -transfer.amount),
            (transfer.credit, after.credit, transfer.amount),
        ] {
            let account = &before.accounts[&id];
            assert_eq!(side.is_some(), account.bounded && moves(transfer), "{transfer:?}");
            if let Some(side) = side {
                let balance = running.entry(id).or_insert(account.balance);
                *balance += signed;
                assert_eq!(side, *balance, "{transfer:?}");
            }
        }
    }
    for (id, balance) in running {
        assert_eq!(state.accounts[&id].balance, balance);
    }
}

fn assert_failed(mut before: State, state: &State, chain: &[Transfer], results: &[TransferResult]) {
    assert_eq!(results.len(), chain.len());
    let failed: Vec<_> = (0..chain.len()).filter(|i| results[*i] != TransferResult::ChainFailed).collect();
    assert_eq!(failed.len(), 1, "one transfer failed the chain: {results:?}");
    let failed = failed[0];
    assert_ne!(results[failed], TransferResult::Ok);
    if results[failed].is_recorded_failure() {
        before.transfers.insert(chain[failed].id, Known::Failed);
    }
    assert_eq!(&before, state, "nothing but the failed id may change");
}
