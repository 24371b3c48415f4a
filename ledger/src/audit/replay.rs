//! The ledger made anew: every row of the journal goes through [`apply`], in order, onto accounts that begin empty.
//! What comes out must be what is stored. In memory are the accounts and the open holds, and a page of the journal.

use std::collections::HashMap;

use database::{Tx, on};
use domain::{AccountId, TransferId, Yen};
use uuid::Uuid;

use super::log::Vouched;
use super::{FINDINGS_MAX, Finding};
use crate::account::Account;
use crate::apply::{State, apply};
use crate::transfer::{Kind, Transfer, TransferResult};

/// Rows of the journal that are in memory at once.
const PAGE_ROWS_MAX: i64 = 10_000;

#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    id: Uuid,
    debit: i64,
    credit: i64,
    amount: i64,
    kind: i64,
    pending: Option<Uuid>,
    debit_after: Option<i64>,
    credit_after: Option<i64>,
}

struct Replay {
    state: State,
    /// What is stored of each account.
    stored: Vec<Account>,
    /// How far the balances that the journal records stand from those that follow from it: one wrong row is one
    /// finding, not one for every row after it.
    drift: HashMap<AccountId, i64>,
    findings: Vec<Finding>,
}

/// Replays the whole journal and compares. Rows that no record of the log vouches for are found too.
pub(super) async fn check(tx: &mut Tx, vouched: &Vouched) -> Result<Vec<Finding>, sqlx::Error> {
    let stored = accounts(tx).await?;
    let empty = stored.iter().map(|a| (a.id, Account { balance: 0, held: 0, closed: false, ..a.clone() }));
    let state = State { accounts: empty.collect(), ..State::default() };
    let mut replay = Replay { state, stored, drift: HashMap::new(), findings: Vec::new() };
    let mut after = i64::MIN;
    loop {
        let page: Vec<Row> = on!(tx, |c| {
            sqlx::query_as(
                "SELECT position, id, debit, credit, amount, kind, pending, debit_after, credit_after
                 FROM transfer WHERE position > $1 ORDER BY position LIMIT $2",
            )
            .bind(after)
            .bind(PAGE_ROWS_MAX)
            .fetch_all(c)
            .await
        })?;
        let Some(last) = page.last() else { break };
        after = last.position;
        for row in page {
            if !vouched.transfers.contains(row.position) {
                let detail = format!("no record of the log vouches for position {}", row.position);
                replay.found("journal-unvouched", &row.id, detail);
            }
            replay.row(&row);
        }
    }
    replay.compare();
    Ok(replay.findings)
}

async fn accounts(tx: &mut Tx) -> Result<Vec<Account>, sqlx::Error> {
    type Found = (i64, String, i64, i64, i64, i64);
    let found: Vec<Found> = on!(tx, |c| {
        sqlx::query_as("SELECT id, currency, bounded, overdraft, balance, held FROM account ORDER BY id")
            .fetch_all(c)
            .await
    })?;
    let account = |(id, currency, bounded, overdraft, balance, held)| Account {
        id: AccountId::new(id),
        currency,
        bounded: bounded == 1,
        overdraft,
        balance,
        held,
        // an account that is closed now was open when its rows were written
        closed: false,
    };
    Ok(found.into_iter().map(account).collect())
}

impl Replay {
    fn found(&mut self, check: &'static str, subject: &dyn ToString, detail: String) {
        if self.findings.len() < usize::try_from(FINDINGS_MAX).unwrap_or(usize::MAX) {
            self.findings.push(Finding { check, subject: subject.to_string(), detail });
        }
    }

    fn row(&mut self, row: &Row) {
        let Some(kind) = Kind::from_columns(row.kind, row.pending.map(TransferId::from_uuid)) else {
            return self.found("journal", &row.id, "it has no kind".to_owned());
        };
        let transfer = Transfer {
            id: TransferId::from_uuid(row.id),
            debit: AccountId::new(row.debit),
            credit: AccountId::new(row.credit),
            amount: row.amount,
            kind,
            memo: String::new(),
        };
        let applied = apply(&mut self.state, std::slice::from_ref(&transfer));
        let ended = applied.is_ok().then(|| transfer.kind.pending()).flatten();
        // open holds stay; of everything else the journal's own keys make sure that it is there once
        if kind != Kind::Pending || applied.is_err() {
            self.state.transfers.remove(&transfer.id);
        }
        if let Some(hold) = ended {
            self.state.transfers.remove(&hold);
        }
        match applied {
            Ok(after) => {
                let sides = [
                    (transfer.debit, after[0].debit, row.debit_after),
                    (transfer.credit, after[0].credit, row.credit_after),
                ];
                for (account, follows, recorded) in sides {
                    self.balance_after(row, account, follows, recorded);
                }
            }
            Err(results) => {
                let result = results[0];
                let detail = format!("position {}: the rules refuse it: {result}", row.position);
                self.found(check_of(result), &row.id, detail);
            }
        }
    }

    fn balance_after(&mut self, row: &Row, account: AccountId, follows: Option<i64>, recorded: Option<i64>) {
        match (follows, recorded) {
            (None, None) => {}
            (Some(follows), Some(recorded)) => {
                let drift = recorded.saturating_sub(follows);
                let before = self.drift.insert(account, drift).unwrap_or_default();
                if drift != before {
                    let detail = format!(
                        "at position {} {} is recorded, {} follows from the line before",
                        row.position,
                        units(recorded),
                        units(follows.saturating_add(before))
                    );
                    self.found("balance-after", &account, detail);
                }
            }
            _ => {
                let detail = "a balance after is missing, or recorded where none is kept".to_owned();
                self.found("balance-recorded", &row.id, detail);
            }
        }
    }

    fn compare(&mut self) {
        for stored in std::mem::take(&mut self.stored).into_iter().filter(|account| account.bounded) {
            let id = stored.id;
            let Some(made) = self.state.accounts.get(&id) else { continue };
            let (balance, held) = (made.balance, made.held);
            if stored.balance != balance {
                let detail = format!(
                    "the balance is {}, the journal makes it {}",
                    units(stored.balance),
                    units(balance)
                );
                self.found("balance", &id, detail);
            }
            if stored.held != held {
                let detail =
                    format!("held is {}, the open holds make it {}", units(stored.held), units(held));
                self.found("held", &id, detail);
            }
            if stored.available() < 0 {
                let Account { balance, held, overdraft, .. } = stored;
                let [balance, held, overdraft] = [balance, held, overdraft].map(units);
                let detail = format!("balance {balance}, held {held}, overdraft {overdraft}");
                self.found("available", &id, detail);
            }
        }
    }
}

/// Minor units for people, in groups of three digits.
fn units(amount: i64) -> String {
    Yen::new(amount).to_string()
}

/// The check that a refusal belongs to.
fn check_of(refusal: TransferResult) -> &'static str {
    match refusal {
        TransferResult::DebitAccountNotFound
        | TransferResult::CreditAccountNotFound
        | TransferResult::AccountsEqual
        | TransferResult::CurrenciesDiffer => "accounts",
        TransferResult::PendingNotFound
        | TransferResult::PendingIsNoHold
        | TransferResult::PendingDiffers(_)
        | TransferResult::PendingPosted
        | TransferResult::PendingVoided => "hold-end",
        _ => "journal",
    }
}
