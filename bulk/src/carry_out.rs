//! Rows have their turn: in commits of at most 256, each with an event that names the last one.

use std::collections::{BTreeMap, BTreeSet};

use database::{Value, insert};
use domain::{AccountId, AccountRef, OrderId, Yen};
use formats::zengin::{DebitResult, local_tax};
use ledger::{Commit, Refused, TransferResult};
use transfers::alarm::Alarm;
use transfers::{BatchDebit, BatchOrder, Reason as OrderReason, chart, sent_by};

use crate::batch::{Batch, Body, Event, Position};
use crate::kind::Line;
use crate::points::Persist;
use crate::step::{self, Became, Path, SYSTEM};
use crate::store::{Outcome, StoredRow};
use crate::{Bulk, Kind, Mandate, StoreError, tax};

/// Rows of one commit, so that payments' batches come between.
const CHUNK_ROWS: i64 = 256;

/// A row whose turn has come, and what it is.
pub(crate) struct Turn {
    pub number: i64,
    pub amount: Yen,
    pub name: String,
    pub act: Act,
}

/// What is done with a row.
pub(crate) enum Act {
    /// The account of this bank is credited.
    Credit(AccountId),
    /// An order to another bank is placed: the commit that does it.
    Order(OrderId, Box<Commit>),
    /// It cannot be carried out, and goes back to the payer.
    Fail(String),
    /// A tax is paid into its municipality's account.
    Pay(AccountId, Box<local_tax::Line>),
    /// An account of this bank is debited for who collects.
    Collect(AccountId),
    /// An account at another bank is asked for: the commit that does it.
    Ask(OrderId, Box<Commit>),
    /// It is not debited: 振替結果コード.
    Leave(String),
}

/// The commit of a chunk, and which row each of its transfers is of, and whether it goes back to the payer: refused
/// ones are told by their place.
struct Chunk {
    commit: Commit,
    rows: Vec<(i64, bool)>,
}

/// Rows whose turn is next, and what each of them is where that does not depend on the rows before.
struct Coming {
    rows: Vec<StoredRow>,
    turns: Option<Vec<Turn>>,
}

impl Bulk {
    /// Gives rows their turn until none is left. Answers how many steps were taken.
    pub(crate) async fn carry_out(&self, batch: &Batch, mut position: Position) -> Result<usize, StoreError> {
        let mut steps = 0;
        let mut coming = self.coming(batch, &position, position.until).await?;
        loop {
            let Some(last) = coming.rows.last().map(|row| row.number) else {
                let commit = step::handed(batch, position, self.now())?;
                return Ok(steps + self.move_on(Persist::Hand, commit).await?);
            };
            // the next are read, and their messages written, while these are committed
            let (posted, following) =
                tokio::join!(self.post(batch, &position, coming, last), self.coming(batch, &position, last));
            let Some(next) = posted? else {
                // another process was faster, and goes on
                return Ok(steps);
            };
            position = next;
            coming = following?;
            steps += 1;
        }
    }

    /// The rows after one of them. What is debited depends on what the rows before have left.
    async fn coming(&self, batch: &Batch, position: &Position, after: i64) -> Result<Coming, StoreError> {
        let rows = self.stored_rows(batch.id, after, CHUNK_ROWS).await?;
        let turns = match batch.heading.kind {
            Kind::Transfers | Kind::Salaries | Kind::Bonuses => {
                Some(self.turns(batch, position, &rows, &BTreeMap::new()).await?)
            }
            Kind::Debits | Kind::NetworkDebits | Kind::LocalTax => None,
        };
        Ok(Coming { rows, turns })
    }

    /// One chunk: where one of its rows is refused, that row has failed, and the others are tried again.
    async fn post(
        &self,
        batch: &Batch,
        position: &Position,
        Coming { rows, mut turns }: Coming,
        last: i64,
    ) -> Result<Option<Position>, StoreError> {
        let mut refused: BTreeMap<i64, String> = BTreeMap::new();
        let mut back_to = batch.heading.account;
        // each time around one more row is refused, or the payer's account was found closed
        for _ in 0..=rows.len() + 1 {
            let turns = match (turns.take(), batch.heading.kind) {
                (Some(turns), _) => turns,
                (None, Kind::Debits | Kind::NetworkDebits) => self.debits(batch, &rows, &refused).await?,
                (None, Kind::LocalTax) => self.taxes(batch, &rows).await?,
                (None, Kind::Transfers | Kind::Salaries | Kind::Bonuses) => {
                    self.turns(batch, position, &rows, &refused).await?
                }
            };
            let (chunk, next) = chunk(batch, position, turns, last, back_to, self.now())?;
            match self.persist(Persist::Post, chunk.commit).await {
                Ok(_) => return Ok(Some(next)),
                Err(Refused::Stale | Refused::Guarded { .. } | Refused::Taken(_)) => return Ok(None),
                Err(Refused::Transfer { index, result }) => {
                    use TransferResult::{CreditAccountClosed, CreditAccountNotFound};
                    match (result, chunk.rows.get(index)) {
                        (CreditAccountClosed | CreditAccountNotFound, Some((_, true))) => {
                            back_to = chart::SUSPENSE;
                        }
                        (CreditAccountClosed | CreditAccountNotFound, Some((row, false))) => {
                            refused.insert(*row, OrderReason::PayeeClosed.to_string());
                        }
                        (result, Some((row, _))) if batch.heading.kind.collects() => {
                            refused.insert(*row, uncollected(result)?);
                        }
                        _ => return Err(Refused::Transfer { index, result }.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Corrupt(format!("rows up to {last} are refused again and again")))
    }

    /// What each row of a chunk of transfers is.
    async fn turns(
        &self,
        batch: &Batch,
        position: &Position,
        rows: &[StoredRow],
        refused: &BTreeMap<i64, String>,
    ) -> Result<Vec<Turn>, StoreError> {
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let place = usize::try_from(row.number).unwrap_or(usize::MAX);
            let line = Line::read(batch.heading.kind, place, &row.record()?, None);
            // what was approved could be read; whether its bank is still there the network tells
            read.push(line.ok());
        }
        let own: Vec<AccountRef> = read
            .iter()
            .flatten()
            .filter_map(Line::account)
            .filter(|account| account.bank == *self.transfers().own_bank())
            .collect();
        let accounts = self.own_accounts(&own).await?;
        let approver = position.approver.unwrap_or(batch.author);
        let mut turns = Vec::with_capacity(rows.len());
        for (row, line) in rows.iter().zip(read) {
            let amount = Yen::new(row.amount);
            let fail = |reason: OrderReason| Act::Fail(reason.to_string());
            let to = line.as_ref().and_then(Line::account);
            let name = line.as_ref().map(Line::name).unwrap_or_default();
            let act = match (refused.get(&row.number), to) {
                (Some(code), _) => Act::Fail(code.clone()),
                (None, None) => fail(OrderReason::PayeeClosed),
                (None, Some(to)) if to.bank == *self.transfers().own_bank() => match accounts.get(&to) {
                    Some(account) => Act::Credit(*account),
                    None => fail(OrderReason::PayeeClosed),
                },
                (None, Some(to)) => {
                    let id = OrderId::generate();
                    let order = BatchOrder {
                        id,
                        batch: batch.id,
                        contract: batch.contract,
                        user: approver,
                        fund: batch.fund,
                        from: batch.heading.from.clone(),
                        payer_name: batch.heading.name.clone(),
                        to,
                        payee_name: name.clone(),
                        amount,
                        day: batch.heading.day,
                    };
                    match self.transfers().hand_on(order)? {
                        Ok(commit) => Act::Order(id, Box::new(commit)),
                        Err(_) => fail(OrderReason::Refused),
                    }
                }
            };
            turns.push(Turn { number: row.number, amount, name, act });
        }
        Ok(turns)
    }

    /// What each row of a chunk of taxes is.
    async fn taxes(&self, batch: &Batch, rows: &[StoredRow]) -> Result<Vec<Turn>, StoreError> {
        let mut turns = Vec::with_capacity(rows.len());
        let mut opened = BTreeSet::new();
        for row in rows {
            let place = usize::try_from(row.number).unwrap_or(usize::MAX);
            let act = match Line::read(batch.heading.kind, place, &row.record()?, None) {
                Ok(Line::Tax(line)) => {
                    let municipality = tax::Municipality::of(&line);
                    let clearing = municipality.clearing()?;
                    let id = clearing.id;
                    if opened.insert(municipality) {
                        self.ledger().open_account(&clearing).await?;
                    }
                    Act::Pay(id, Box::new(line))
                }
                _ => Act::Fail(OrderReason::Refused.to_string()),
            };
            let (amount, name) = (Yen::new(row.amount), String::new());
            turns.push(Turn { number: row.number, amount, name, act });
        }
        Ok(turns)
    }

    /// What each row of a chunk of debits is. Of two rows on one account the first takes what there is.
    async fn debits(
        &self,
        batch: &Batch,
        rows: &[StoredRow],
        refused: &BTreeMap<i64, String>,
    ) -> Result<Vec<Turn>, StoreError> {
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let place = usize::try_from(row.number).unwrap_or(usize::MAX);
            read.push(Line::read(batch.heading.kind, place, &row.record()?, None).ok());
        }
        let named: Vec<_> = read.iter().flatten().filter_map(Line::account).collect();
        let own = self.transfers().own_bank();
        let named: Vec<_> = named.into_iter().filter(|account| account.bank == *own).collect();
        let accounts = self.own_accounts(&named).await?;
        let debtors: Vec<AccountId> = accounts.values().copied().collect();
        let mandates = self.standing_mandates(batch.contract, &debtors).await?;
        let balances = self.ledger().balances(&debtors).await?;
        let mut left: BTreeMap<_, _> =
            balances.into_iter().map(|found| (found.account, found.available.get())).collect();
        let mut turns = Vec::with_capacity(rows.len());
        for (row, line) in rows.iter().zip(read) {
            let account = line.as_ref().and_then(Line::account);
            let abroad = account.as_ref().filter(|account| account.bank != *own);
            let debtor = account.as_ref().and_then(|account| accounts.get(account)).copied();
            let act = match (refused.get(&row.number), debtor) {
                (Some(code), _) => Act::Leave(code.clone()),
                (None, None) if abroad.is_some() => self.asked(batch, row.amount, line.as_ref())?,
                (None, None) => Act::Leave(code_of(DebitResult::NoAccount)),
                (None, Some(debtor)) => {
                    let left = left.entry(debtor).or_default();
                    match Mandate::permits(mandates.get(&debtor), batch.heading.day) {
                        Err(result) => Act::Leave(code_of(result)),
                        Ok(()) if *left < row.amount => Act::Leave(code_of(DebitResult::Funds)),
                        Ok(()) => {
                            *left -= row.amount;
                            Act::Collect(debtor)
                        }
                    }
                }
            };
            let name = line.as_ref().map(Line::name).unwrap_or_default();
            turns.push(Turn { number: row.number, amount: Yen::new(row.amount), name, act });
        }
        Ok(turns)
    }

    /// A debit at another bank, whose bank knows the mandate.
    fn asked(&self, batch: &Batch, amount: i64, line: Option<&Line>) -> Result<Act, StoreError> {
        let Some((Line::Debit(line), debtor)) = line.and_then(|line| Some((line, line.account()?))) else {
            return Ok(Act::Leave(code_of(DebitResult::NoAccount)));
        };
        let id = OrderId::generate();
        let debit = BatchDebit {
            id,
            batch: batch.id,
            contract: batch.contract,
            fund: batch.fund,
            creditor: batch.heading.from.clone(),
            creditor_name: batch.heading.name.clone(),
            debtor,
            debtor_name: line.name.to_string(),
            customer: line.customer.to_string().trim().to_owned(),
            amount: Yen::new(amount),
            day: batch.heading.day,
        };
        Ok(match self.transfers().ask_debit(&debit)? {
            Ok(commit) => Act::Ask(id, Box::new(commit)),
            Err(_) => Act::Leave(code_of(DebitResult::Other)),
        })
    }

    /// The open accounts of our own register that numbers name.
    pub(crate) async fn own_accounts(
        &self,
        named: &[AccountRef],
    ) -> Result<BTreeMap<AccountRef, AccountId>, StoreError> {
        let numbers: Vec<Value> = named.iter().map(|account| account.number.as_str().into()).collect();
        let select = "SELECT c.branch, c.kind, c.number, c.account FROM core_account c
             JOIN account a ON a.id = c.account WHERE a.closed_us IS NULL AND c.number IN";
        let mut tx = self.database().snapshot().await?;
        let found: Vec<(String, String, String, i64)> =
            insert::select_in(&mut tx, select, &numbers, "").await?;
        tx.rollback().await?;
        let found: BTreeMap<_, _> = found
            .into_iter()
            .map(|(branch, kind, number, account)| ((branch, kind, number), AccountId::new(account)))
            .collect();
        let key = |account: &AccountRef| {
            let (kind, number) = (account.kind.as_str().to_owned(), account.number.as_str().to_owned());
            (account.branch.as_str().to_owned(), kind, number)
        };
        Ok(named.iter().filter_map(|account| Some((account.clone(), *found.get(&key(account))?))).collect())
    }
}

/// 振替結果コード of a debit that the ledger refused.
fn uncollected(result: TransferResult) -> Result<String, StoreError> {
    let code = match result {
        TransferResult::ExceedsAvailable => DebitResult::Funds,
        TransferResult::DebitAccountClosed | TransferResult::DebitAccountNotFound => DebitResult::NoAccount,
        result => return Err(Refused::Transfer { index: 0, result }.into()),
    };
    Ok(code_of(code))
}

pub(crate) fn code_of(result: DebitResult) -> String {
    char::from(result.code().0).to_string()
}

/// The commit of a chunk. Pure.
fn chunk(
    batch: &Batch,
    position: &Position,
    turns: Vec<Turn>,
    last: i64,
    back_to: AccountId,
    now: domain::Timestamp,
) -> Result<(Chunk, Position), StoreError> {
    let mut path = Path::from(batch, position.clone(), now);
    let mut rows = Vec::with_capacity(turns.len());
    let count = i64::try_from(turns.len()).unwrap_or(i64::MAX);
    let (mut amount, mut failed) = (0_i64, 0_i64);
    let name = &batch.heading.name;
    for turn in turns {
        // of every transfer of the commit, in their order
        if !matches!(turn.act, Act::Leave(_) | Act::Ask(..)) {
            rows.push((turn.number, matches!(turn.act, Act::Fail(_))));
            amount = amount.saturating_add(turn.amount.get());
        }
        let mut became = Became { step: 1, outcome: Outcome::Done, code: None, moved: None, placed: None };
        match turn.act {
            Act::Pay(to, line) => {
                let moved = path.transfer(batch.fund, to, turn.amount, format!("地方税 {name}"));
                let row = tax::notice(batch, turn.number, &line, moved, now.date());
                path.commit.rows.push(row);
                became.moved = Some(moved);
            }
            Act::Collect(from) => {
                let memo = format!("口座振替 {name}");
                became.moved = Some(path.transfer(from, batch.fund, turn.amount, memo));
            }
            Act::Leave(code) => (became.outcome, became.code) = (Outcome::Failed, Some(code)),
            Act::Credit(to) => {
                let memo = format!("振込 {name} → {}", turn.name);
                let moved = path.transfer(batch.fund, to, turn.amount, memo);
                path.commit.rows.push(sent_by(name, &batch.heading.from).row(moved));
                became.moved = Some(moved);
            }
            Act::Order(order, commit) | Act::Ask(order, commit) => {
                let Commit { events, guards, transfers, outbox, rows, .. } = *commit;
                path.commit.events.extend(events);
                path.commit.guards.extend(guards);
                path.commit.transfers.extend(transfers);
                path.commit.outbox.extend(outbox);
                path.commit.rows.extend(rows);
                (became.outcome, became.placed) = (Outcome::Handed, Some(order));
            }
            Act::Fail(code) => {
                failed += 1;
                let moved =
                    path.transfer(batch.fund, back_to, turn.amount, format!("振込不能 {}", turn.name));
                (became.outcome, became.code, became.moved) = (Outcome::Failed, Some(code), Some(moved));
            }
        }
        path.outcome(turn.number, became);
    }
    let (rows_of, sum) = (Some(count), Some(Yen::new(amount)));
    path.event(Event::Posted, Body { until: Some(last), rows: rows_of, amount: sum, ..Body::default() })?;
    if failed > 0 && back_to == chart::SUSPENSE {
        let detail = format!("{failed} rows could not be carried out, and the payer's account is closed");
        path.commit.rows_if_free.push(Alarm::ReturnHeld.row(&batch.id.to_string(), &detail, now));
    }
    path.audit(SYSTEM, "bulk.post", format!("rows up to {last}, {count} rows, {amount} yen"));
    Ok((Chunk { commit: path.commit, rows }, path.position))
}
