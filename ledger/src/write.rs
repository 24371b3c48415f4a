//! One batch of commits as one transaction. The order of locks is the same everywhere: events, bars, guards,
//! outbox, accounts, other tables, each sorted by key.

mod outbox;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use database::dialect::{self, Sequence};
use database::{Row, Table, Tx, Value, insert};
use domain::{AccountId, Timestamp, TransferId};
use uuid::Uuid;

use crate::account::Account;
use crate::apply::{After, Ending, Known, State, apply};
use crate::audit::hash::{EventRow, JournalRow};
use crate::audit::{Chain, Content};
use crate::commit::{Commit, Committed, GuardKey, Refused};
use crate::transfer::{Kind, Transfer, TransferResult};
use outbox::Outbox;

static EVENT: Table =
    Table { name: "event", columns: &["entity", "seq", "position", "kind", "at_us", "body", "message"] };
static GUARD: Table = Table { name: "guard", columns: &["key", "entity", "at_us"] };
static TRANSFER: Table = Table {
    name: "transfer",
    columns: &[
        "position",
        "id",
        "debit",
        "credit",
        "amount",
        "kind",
        "pending",
        "debit_after",
        "credit_after",
        "at_us",
        "memo",
    ],
};
static FAILED: Table = Table { name: "failed_transfer", columns: &["id", "result", "at_us"] };
static ACCOUNT: Table = Table { name: "account", columns: &[] };

/// What each commit of the batch came to.
pub type Outcomes = Vec<Result<Committed, Refused>>;

/// The first and last position of the events of a batch, those of refused commits among them.
pub type EventSpan = Option<(i64, i64)>;

/// Writes the batch inside `tx`, without committing. The audit chain is advanced; the caller keeps its old value
/// until the transaction is durable.
pub async fn batch(
    tx: &mut Tx,
    commits: &[Commit],
    now: Timestamp,
    chain: &mut Chain,
) -> Result<(Outcomes, EventSpan), sqlx::Error> {
    let mut outcomes: Outcomes = vec![Ok(Committed::default()); commits.len()];
    let taken = take_events(tx, commits, &mut outcomes).await?;
    take_guards(tx, commits, now, &mut outcomes).await?;
    change(tx, commits, &mut outcomes).await?;
    let mut outbox = Outbox::lock(tx, commits).await?;
    let mut state = load(tx, commits).await?;
    let mut written = Written::default();
    for (index, outcome) in outcomes.iter_mut().enumerate().filter(|(_, outcome)| outcome.is_ok()) {
        *outcome = decide(index, &commits[index], &mut state, &mut outbox, &mut written, now);
    }
    undo_lost(tx, commits, &taken.rows, &outcomes).await?;
    let won = || commits.iter().zip(&outcomes).filter(|(_, o)| o.is_ok()).map(|(c, _)| c);
    let journal = written.transfers(tx, commits.len(), now).await?;
    accounts(tx, &state, &written).await?;
    outbox.write(tx, now).await?;
    release(tx, won()).await?;
    let wrote = journal.iter().zip(&taken.rows).map(|(journal, events)| Content::of(journal, events));
    let won_and_wrote = commits.iter().zip(&outcomes).zip(wrote);
    let won_and_wrote = won_and_wrote.filter(|((_, o), _)| o.is_ok()).map(|((c, _), wrote)| (c, wrote));
    audit(tx, won_and_wrote, now, chain).await?;
    rows(tx, won()).await?;
    Ok((outcomes, taken.span))
}

/// The events of a batch that went in.
struct Taken {
    /// By commit.
    rows: Vec<Vec<EventRow>>,
    span: EventSpan,
}

/// Appends every event whose sequence number is free; a commit that lost one is stale.
async fn take_events(tx: &mut Tx, commits: &[Commit], outcomes: &mut Outcomes) -> Result<Taken, sqlx::Error> {
    let mut order: Vec<_> =
        commits.iter().enumerate().flat_map(|(index, c)| c.events.iter().map(move |e| (index, e))).collect();
    order.sort_by_key(|(_, event)| (event.entity, event.seq));
    let positions = dialect::draw(tx, Sequence::Event, order.len()).await?;
    let rows: Vec<Vec<Value>> = order
        .iter()
        .zip(&positions)
        .map(|((_, event), position)| {
            vec![
                event.entity.0.into(),
                event.seq.into(),
                (*position).into(),
                event.kind.into(),
                event.at.micros().into(),
                event.body.clone().into(),
                Value::Bytes(event.message.clone()),
            ]
        })
        .collect();
    let tag = "CAST(position AS TEXT)";
    let taken = insert::free(tx, &EVENT, rows.iter().map(Vec::as_slice), tag).await?;
    let taken: HashSet<i64> = taken.iter().filter_map(|p| p.parse().ok()).collect();
    let mut rows = vec![Vec::new(); commits.len()];
    let span = positions.iter().min().copied().zip(positions.iter().max().copied());
    for ((index, event), position) in order.into_iter().zip(positions) {
        if taken.contains(&position) {
            rows[index].push(EventRow {
                position,
                entity: event.entity.0,
                seq: event.seq,
                kind: event.kind.to_owned(),
                at: event.at,
                body: event.body.clone(),
                message: event.message.clone(),
            });
        } else {
            outcomes[index] = Err(Refused::Stale);
        }
    }
    Ok(Taken { rows, span })
}

async fn take_guards(
    tx: &mut Tx,
    commits: &[Commit],
    now: Timestamp,
    outcomes: &mut Outcomes,
) -> Result<(), sqlx::Error> {
    let mut order: Vec<_> = commits
        .iter()
        .enumerate()
        .filter(|(index, _)| outcomes[*index].is_ok())
        .flat_map(|(index, c)| c.guards.iter().map(move |g| (index, g)))
        .collect();
    order.sort_by_key(|(_, (key, _))| key.clone());
    let asked = bars(commits.iter().flat_map(|commit| &commit.barred_by));
    dialect::lock_bars(tx, &asked, &bars(order.iter().map(|(_, (key, _))| key))).await?;
    let rows: Vec<Vec<Value>> = order
        .iter()
        .map(|(_, (key, entity))| vec![key.0.clone().into(), entity.0.into(), now.micros().into()])
        .collect();
    let taken = insert::free(tx, &GUARD, rows.iter().map(Vec::as_slice), "key").await?;
    let taken: HashSet<String> = taken.into_iter().collect();
    let mut own: HashMap<usize, Vec<Value>> = HashMap::new();
    let mut lost = Vec::new();
    for (index, (key, _)) in &order {
        if taken.contains(&key.0) {
            own.entry(*index).or_default().push(key.0.clone().into());
        } else {
            lost.push((*index, key.0.clone()));
        }
    }
    let keys: Vec<Value> = lost.iter().map(|(_, key)| key.clone().into()).collect();
    let holders: HashMap<String, Uuid> =
        insert::select_in(tx, "SELECT key, entity FROM guard WHERE key IN", &keys, "")
            .await?
            .into_iter()
            .collect();
    for (index, key) in lost {
        let holder = holders.get(&key).copied().unwrap_or_default();
        outcomes[index] = Err(Refused::Guarded { key, holder });
        // what the same commit did take is given back at once
        insert::delete_in(tx, &GUARD, "key", &own.remove(&index).unwrap_or_default()).await?;
    }
    if asked.is_empty() {
        return Ok(());
    }
    let asked: Vec<Value> = asked.into_iter().map(Value::from).collect();
    let found: BTreeMap<String, Uuid> =
        insert::select_in(tx, "SELECT key, entity FROM guard WHERE key IN", &asked, "")
            .await?
            .into_iter()
            .collect();
    for (index, commit) in commits.iter().enumerate().filter(|_| !found.is_empty()) {
        let bar = commit.barred_by.iter().filter_map(|key| found.get_key_value(&key.0)).max();
        if let (Ok(_), Some((key, holder))) = (&outcomes[index], bar) {
            outcomes[index] = Err(Refused::Guarded { key: key.clone(), holder: *holder });
            insert::delete_in(tx, &GUARD, "key", &own.remove(&index).unwrap_or_default()).await?;
        }
    }
    Ok(())
}

/// The bars among guards, each once, in the order in which everybody locks them.
fn bars<'k>(keys: impl Iterator<Item = &'k GuardKey>) -> Vec<&'k str> {
    let bars: BTreeSet<_> = keys.filter(|key| key.is_bar()).map(|key| key.0.as_str()).collect();
    bars.into_iter().collect()
}

/// Changes rows of other crates' tables. What decides about money and open work comes later and could still refuse the
/// commit, so the two do not meet in one.
async fn change(tx: &mut Tx, commits: &[Commit], outcomes: &mut Outcomes) -> Result<(), sqlx::Error> {
    for (commit, outcome) in commits.iter().zip(outcomes) {
        if outcome.is_err() || commit.changes.is_empty() {
            continue;
        }
        if !commit.transfers.is_empty() || !commit.outbox.is_empty() {
            *outcome = Err(Refused::Mixed);
        } else if !insert::change(tx, &commit.changes).await? {
            *outcome = Err(Refused::Stale);
            // its guards are given back at once, as those of a commit that lost one are
            let guards: Vec<Value> = commit.guards.iter().map(|(key, _)| key.0.clone().into()).collect();
            insert::delete_in(tx, &GUARD, "key", &guards).await?;
        }
    }
    Ok(())
}

/// Everything `apply` may look at, read after the bounded accounts are locked.
async fn load(tx: &mut Tx, commits: &[Commit]) -> Result<State, sqlx::Error> {
    let transfers = || commits.iter().flat_map(|c| &c.transfers);
    let mut accounts: Vec<_> = transfers().flat_map(|t| [t.debit, t.credit]).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let accounts: Vec<Value> = accounts.iter().map(|a| a.get().into()).collect();
    let select = |bounded: &str| {
        format!(
            "SELECT id, currency, overdraft, balance, held, closed_us FROM account WHERE bounded = {bounded} AND id IN"
        )
    };
    let locked = format!(" ORDER BY id{}", dialect::lock(tx.is_sqlite()));
    let mut state = State::default();
    for (bounded, suffix) in [(true, locked.as_str()), (false, "")] {
        let select = select(if bounded { "1" } else { "0" });
        let found: Vec<(i64, String, i64, i64, i64, Option<i64>)> =
            insert::select_in(tx, &select, &accounts, suffix).await?;
        for (id, currency, overdraft, balance, held, closed) in found {
            let id = AccountId::new(id);
            let closed = closed.is_some();
            state.accounts.insert(id, Account { id, currency, bounded, overdraft, balance, held, closed });
        }
    }
    let holds: Vec<Value> = transfers().filter_map(|t| t.kind.pending()).map(|h| h.uuid().into()).collect();
    let mut ids: Vec<Value> = transfers().map(|t| t.id.uuid().into()).collect();
    let failed: Vec<(Uuid,)> =
        insert::select_in(tx, "SELECT id FROM failed_transfer WHERE id IN", &ids, "").await?;
    state.transfers.extend(failed.into_iter().map(|(id,)| (TransferId::from_uuid(id), Known::Failed)));
    ids.extend(holds.iter().cloned());
    for transfer in known(tx, &ids).await? {
        state.transfers.insert(transfer.id, Known::Applied { transfer, ending: None });
    }
    let endings: Vec<(Uuid, i64)> =
        insert::select_in(tx, "SELECT pending, kind FROM transfer WHERE pending IN", &holds, "").await?;
    for (hold, kind) in endings {
        if let Some(Known::Applied { ending, .. }) = state.transfers.get_mut(&TransferId::from_uuid(hold)) {
            *ending = Some(if kind == 2 { Ending::Posted } else { Ending::Voided });
        }
    }
    Ok(state)
}

async fn known(tx: &mut Tx, ids: &[Value]) -> Result<Vec<Transfer>, sqlx::Error> {
    type Found = (Uuid, i64, i64, i64, i64, Option<Uuid>);
    let select = "SELECT id, debit, credit, amount, kind, pending FROM transfer WHERE id IN";
    let found: Vec<Found> = insert::select_in(tx, select, ids, "").await?;
    found
        .into_iter()
        .map(|(id, debit, credit, amount, kind, pending)| {
            let kind = Kind::from_columns(kind, pending.map(TransferId::from_uuid))
                .ok_or_else(|| sqlx::Error::Protocol(format!("the journal row {id} has no kind")))?;
            let (debit, credit) = (AccountId::new(debit), AccountId::new(credit));
            Ok(Transfer { id: TransferId::from_uuid(id), debit, credit, amount, kind, memo: String::new() })
        })
        .collect()
}

/// Decides one commit: its outbox claims, then its transfers.
fn decide(
    index: usize,
    commit: &Commit,
    state: &mut State,
    outbox: &mut Outbox,
    written: &mut Written,
    now: Timestamp,
) -> Result<Committed, Refused> {
    outbox.check(commit)?;
    match apply(state, &commit.transfers) {
        Ok(after) => {
            let applied = commit.transfers.iter().zip(after);
            written.applied.extend(applied.map(|(transfer, after)| (index, transfer.clone(), after)));
        }
        Err(results) => {
            let failed = results.iter().position(|r| *r != TransferResult::ChainFailed).unwrap_or_default();
            let result = results[failed];
            if result.is_recorded_failure() {
                let id = commit.transfers[failed].id;
                written.failed.push(vec![id.uuid().into(), result.to_string().into(), now.micros().into()]);
            }
            return Err(Refused::Transfer { index: failed, result });
        }
    }
    Ok(Committed { fences: outbox.take(commit) })
}

/// Takes back the events and guards of commits that lost after they were inserted.
async fn undo_lost(
    tx: &mut Tx,
    commits: &[Commit],
    taken: &[Vec<EventRow>],
    outcomes: &Outcomes,
) -> Result<(), sqlx::Error> {
    let mut events = Vec::new();
    let mut guards = Vec::new();
    for ((commit, outcome), taken) in commits.iter().zip(outcomes).zip(taken) {
        let Err(refused) = outcome else { continue };
        events.extend(taken.iter().map(|event| Value::from(event.position)));
        // a stale commit never took its guards, and a guarded one has given them back
        if !matches!(refused, Refused::Stale | Refused::Guarded { .. }) {
            guards.extend(commit.guards.iter().map(|(key, _)| Value::from(key.0.clone())));
        }
    }
    insert::delete_in(tx, &EVENT, "position", &events).await?;
    insert::delete_in(tx, &GUARD, "key", &guards).await
}

#[derive(Default)]
struct Written {
    /// Each with the index of its commit.
    applied: Vec<(usize, Transfer, After)>,
    failed: Vec<Vec<Value>>,
}

impl Written {
    /// Writes the journal and answers its new rows by commit.
    async fn transfers(
        &self,
        tx: &mut Tx,
        commits: usize,
        now: Timestamp,
    ) -> Result<Vec<Vec<JournalRow>>, sqlx::Error> {
        let positions = dialect::draw(tx, Sequence::Transfer, self.applied.len()).await?;
        let rows: Vec<Vec<Value>> = self
            .applied
            .iter()
            .zip(&positions)
            .map(|((_, transfer, after), position)| {
                vec![
                    (*position).into(),
                    transfer.id.uuid().into(),
                    transfer.debit.get().into(),
                    transfer.credit.get().into(),
                    transfer.amount.into(),
                    transfer.kind.code().into(),
                    Value::Uuid(transfer.kind.pending().map(TransferId::uuid)),
                    Value::Int(after.debit),
                    Value::Int(after.credit),
                    now.micros().into(),
                    transfer.memo.clone().into(),
                ]
            })
            .collect();
        insert::all(tx, &TRANSFER, rows.iter().map(Vec::as_slice)).await?;
        insert::free(tx, &FAILED, self.failed.iter().map(Vec::as_slice), "result").await?;
        let mut journal = vec![Vec::new(); commits];
        for ((index, transfer, _), position) in self.applied.iter().zip(positions) {
            journal[*index].push(JournalRow { position, transfer: transfer.clone(), at: now });
        }
        Ok(journal)
    }
}

/// Writes the new balance of every bounded account that an applied transfer touched.
async fn accounts(tx: &mut Tx, state: &State, written: &Written) -> Result<(), sqlx::Error> {
    let touched: BTreeMap<AccountId, &Account> = written
        .applied
        .iter()
        .flat_map(|(_, transfer, _)| [transfer.debit, transfer.credit])
        .filter_map(|id| state.accounts.get(&id).filter(|a| a.bounded).map(|a| (id, a)))
        .collect();
    let rows: Vec<Vec<Value>> = touched
        .values()
        .map(|account| vec![account.id.get().into(), account.balance.into(), account.held.into()])
        .collect();
    insert::set(tx, &ACCOUNT, "id", &["balance", "held"], &rows).await
}

async fn release<'c>(tx: &mut Tx, won: impl Iterator<Item = &'c Commit>) -> Result<(), sqlx::Error> {
    let mut keys: Vec<_> = won.flat_map(|c| &c.release).map(|key| &key.0).collect();
    keys.sort_unstable();
    let keys: Vec<Value> = keys.into_iter().map(|key| key.as_str().into()).collect();
    insert::delete_in(tx, &GUARD, "key", &keys).await
}

async fn audit<'c>(
    tx: &mut Tx,
    won: impl Iterator<Item = (&'c Commit, Content)>,
    now: Timestamp,
    chain: &mut Chain,
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = won
        .flat_map(|(commit, wrote)| chain.append(&commit.audit, &wrote, || subject(commit), now))
        .collect();
    insert::all(tx, &crate::audit::chain::TABLE, rows.iter().map(Vec::as_slice)).await
}

/// What a commit that says nothing of itself was about.
fn subject(commit: &Commit) -> String {
    let entity = commit.events.first().map(|event| event.entity.0);
    let moved = commit.transfers.first().map(|transfer| transfer.id.uuid());
    entity.or(moved).map(|id| id.to_string()).unwrap_or_default()
}

async fn rows<'c>(tx: &mut Tx, won: impl Iterator<Item = &'c Commit>) -> Result<(), sqlx::Error> {
    let (mut all, mut if_free) = (BTreeMap::new(), BTreeMap::new());
    for commit in won {
        by_table(&mut all, &commit.rows);
        by_table(&mut if_free, &commit.rows_if_free);
    }
    for rows in all.values() {
        insert::all(tx, rows[0].table, rows.iter().map(|r| r.values.as_slice())).await?;
    }
    for rows in if_free.values() {
        let values = rows.iter().map(|r| r.values.as_slice());
        insert::free(tx, rows[0].table, values, "CAST(1 AS TEXT)").await?;
    }
    Ok(())
}

fn by_table<'c>(tables: &mut BTreeMap<&'c str, Vec<&'c Row>>, rows: &'c [Row]) {
    for row in rows {
        tables.entry(row.table.name).or_default().push(row);
    }
}
