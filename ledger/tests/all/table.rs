//! The table language in which `apply` is tested, one line a step:
//!
//! ```text
//! account A bounded balance 1000 overdraft 0     also: internal, held 5, USD, closed
//! T1 A C 100 pending => Ok                       id, debit, credit, amount, kind, result
//! T2 A C 100 post T1 => Ok                       also: void T1, posted
//! chain                                          what is indented is one chain
//!   T3 A C 1 posted => ChainFailed
//!   T4 A C 0 posted => AmountNotPositive
//! close A
//! balance A 900 held 0
//! ```

use std::collections::BTreeSet;

use domain::{AccountId, TransferId};
use ledger::apply::{State, apply};
use ledger::{Account, Kind, Transfer, TransferResult};

/// Runs a table and answers the words of the results that it saw.
pub fn run(table: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut state = State::default();
    let mut chain: Vec<(&str, &str)> = Vec::new();
    let lines: Vec<&str> = table.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    let mut in_chain = false;
    for line in lines.iter().map(|line| &line[margin..]).chain(["end"]) {
        let indented = line.starts_with(' ');
        if in_chain && !indented {
            step(&mut state, &std::mem::take(&mut chain), &mut seen);
            in_chain = false;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[0] {
            "account" => {
                let account = account(&words[1..]);
                state.accounts.insert(account.id, account);
            }
            "close" => state.accounts.get_mut(&account_id(words[1])).expect(line).closed = true,
            "balance" => {
                let account = &state.accounts[&account_id(words[1])];
                assert_eq!((account.balance, account.held), (number(words[2]), number(words[4])), "{line}");
            }
            "chain" => in_chain = true,
            "end" => {}
            _ => {
                let transfer = line.split_once(" => ").expect("a transfer and its result");
                if in_chain {
                    chain.push(transfer);
                } else {
                    step(&mut state, &[transfer], &mut seen);
                }
            }
        }
    }
    seen
}

fn step(state: &mut State, chain: &[(&str, &str)], seen: &mut BTreeSet<String>) {
    let transfers: Vec<Transfer> = chain.iter().map(|(text, _)| transfer(text)).collect();
    let before = state.accounts.clone();
    let results = match apply(state, &transfers) {
        Ok(after) => {
            assert_eq!(after.len(), chain.len());
            vec![TransferResult::Ok; chain.len()]
        }
        Err(results) => {
            assert_eq!(state.accounts, before, "a chain that failed changed an account: {chain:?}");
            results
        }
    };
    let results: Vec<String> = results.iter().map(ToString::to_string).collect();
    let expected: Vec<&str> = chain.iter().map(|(_, result)| result.trim()).collect();
    assert_eq!(results, expected, "{chain:?}");
    seen.extend(results);
}

fn transfer(text: &str) -> Transfer {
    let words: Vec<&str> = text.split_whitespace().collect();
    let kind = match &words[4..] {
        ["posted"] => Kind::Posted,
        ["pending"] => Kind::Pending,
        ["post", hold] => Kind::PostPending(transfer_id(hold)),
        ["void", hold] => Kind::VoidPending(transfer_id(hold)),
        other => panic!("{other:?} is no kind in {text:?}"),
    };
    let (debit, credit) = (account_id(words[1]), account_id(words[2]));
    Transfer { id: transfer_id(words[0]), debit, credit, amount: number(words[3]), kind, memo: String::new() }
}

fn account(words: &[&str]) -> Account {
    let mut account = Account {
        id: account_id(words[0]),
        currency: "JPY".to_owned(),
        bounded: false,
        overdraft: 0,
        balance: 0,
        held: 0,
        closed: false,
    };
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        let mut value = || number(rest.next().expect("a number"));
        match *word {
            "bounded" => account.bounded = true,
            "internal" => account.bounded = false,
            "closed" => account.closed = true,
            "USD" => account.currency = "USD".to_owned(),
            "balance" => account.balance = value(),
            "held" => account.held = value(),
            "overdraft" => account.overdraft = value(),
            other => panic!("{other:?} says nothing of an account"),
        }
    }
    account
}

fn account_id(word: &str) -> AccountId {
    AccountId::new(word.bytes().fold(0, |id, byte| id * 256 + i64::from(byte)))
}

fn transfer_id(word: &str) -> TransferId {
    TransferId::from_uuid(uuid::Uuid::from_u128(word.bytes().fold(0, |id, byte| id * 256 + u128::from(byte))))
}

/// A number, or `max` for the largest; `max-5` for five less.
fn number(word: &str) -> i64 {
    match word.strip_prefix("max") {
        Some("") => i64::MAX,
        Some(less) => i64::MAX + less.parse::<i64>().expect("a number"),
        None => word.parse().expect("a number"),
    }
}
