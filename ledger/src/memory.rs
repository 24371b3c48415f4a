//! The group commit over a model of the database, in memory: for simulations, which need millions of commits and a
//! database that fails on command.
//!
//! Decisions are those of the real one: the same refusals in the same precedence, [`apply`] for the money, the same
//! fences and leases, the same count of audit records. A test runs the same commits against this model and both
//! databases and compares every answer and all that is stored. Rows of other crates' tables are not kept; their owner
//! keeps what the answer says was committed.
//!
//! A process that dies loses its [`Writer`] and whatever it had not handed to [`Memory::batch`]; the memory stays. A
//! COMMIT whose answer is lost is a batch whose outcomes nobody is told before [`Memory::was_committed`] was asked.

mod outbox;

use std::collections::{BTreeMap, HashMap};

use domain::{AccountId, Timestamp, TransferId};
use uuid::Uuid;

use crate::account::{Account, NewAccount};
use crate::apply::{Known, State, apply};
use crate::audit::Chain;
use crate::commit::{Commit, Committed, EntityId, NewEvent, Refused};
use crate::read::Event;
use crate::transfer::{Kind, Transfer, TransferResult};
use outbox::Changes;

pub use crate::commit::part;
pub use outbox::Work;

/// What the model leaves out of what a database says when it breaks off a commit.
const BROKEN_OFF: &str = "a constraint was violated";

/// When a batch is written.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Business time.
    pub now: Timestamp,
    /// The database server's clock, which decides about leases.
    pub server_us: i64,
}

/// One process's group commit.
#[derive(Clone, Debug)]
pub struct Writer {
    id: Uuid,
    number: i64,
    records: i64,
}

impl Writer {
    /// The writer of a process that has just started.
    pub fn new(id: Uuid) -> Self {
        Self { id, number: 0, records: 0 }
    }

    /// How many records its part of the audit log has. What they hash is the database's: positions and salts.
    pub fn records(&self) -> i64 {
        self.records
    }
}

/// What happened to one entity, the events and, beside each, its message.
#[derive(Clone, Debug, Default)]
struct History {
    events: Vec<Event>,
    messages: Vec<Option<Vec<u8>>>,
}

/// The model of one database.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    state: State,
    /// What the journal makes of every account, bounded or not: credits less debits.
    sums: BTreeMap<AccountId, i64>,
    histories: HashMap<EntityId, History>,
    guards: BTreeMap<String, EntityId>,
    outbox: outbox::Outbox,
    /// The last batch of each writer.
    batches: HashMap<Uuid, i64>,
}

impl Memory {
    /// Opens an account where it is missing.
    pub fn open_account(&mut self, account: &NewAccount) {
        self.sums.entry(account.id).or_default();
        self.state.accounts.entry(account.id).or_insert_with(|| Account {
            id: account.id,
            currency: account.currency.clone(),
            bounded: account.bounded,
            overdraft: account.overdraft.get(),
            balance: 0,
            held: 0,
            closed: false,
        });
    }

    /// Closes an account, unless holds are open on it or it is not bounded.
    pub fn close_account(&mut self, id: AccountId) -> bool {
        match self.state.accounts.get_mut(&id) {
            Some(account) if account.bounded && account.held == 0 && !account.closed => {
                account.closed = true;
                true
            }
            _ => false,
        }
    }

    /// One transaction: what each commit came to. The commits are a [`part`] of what waits, so that no two touch the
    /// same entity, guard or outbox row.
    pub fn batch(
        &mut self,
        writer: &mut Writer,
        commits: &[Commit],
        moment: Moment,
    ) -> Vec<Result<Committed, Refused>> {
        let mut fences = self.outbox.draw(commits);
        let outcomes = commits.iter().map(|commit| self.one(writer, commit, &mut fences, moment)).collect();
        writer.number += 1;
        self.batches.insert(writer.id, writer.number);
        outcomes
    }

    /// Whether this batch of a writer was committed, as its batch row tells when the answer to COMMIT was lost.
    pub fn was_committed(&self, writer: Uuid, number: i64) -> bool {
        self.batches.get(&writer).is_some_and(|last| number <= *last)
    }

    fn one(
        &mut self,
        writer: &mut Writer,
        commit: &Commit,
        fences: &mut outbox::Fences,
        moment: Moment,
    ) -> Result<Committed, Refused> {
        self.check_events(&commit.events)?;
        self.check_guards(commit)?;
        self.check_bars(commit)?;
        self.outbox.check(commit, moment.server_us)?;
        let changes = Changes::of(commit, moment.server_us);
        if (self.outbox.breaks(&changes) || self.releases_what_is_free(commit))
            && apply(&mut self.state.clone(), &commit.transfers).is_ok()
        {
            return Err(Refused::Database(BROKEN_OFF.to_owned()));
        }
        if let Err(results) = apply(&mut self.state, &commit.transfers) {
            let index = results.iter().position(|r| *r != TransferResult::ChainFailed).unwrap_or_default();
            return Err(Refused::Transfer { index, result: results[index] });
        }
        for transfer in &commit.transfers {
            self.add_up(transfer);
        }
        for event in &commit.events {
            self.append(event);
        }
        for (key, entity) in &commit.guards {
            self.guards.insert(key.0.clone(), *entity);
        }
        for key in &commit.release {
            self.guards.remove(&key.0);
        }
        writer.records += Chain::records_of(commit);
        Ok(Committed { fences: self.outbox.write(changes, fences) })
    }

    fn check_events(&self, events: &[NewEvent]) -> Result<(), Refused> {
        for (index, event) in events.iter().enumerate() {
            let same = |entity: EntityId, seq: i64| entity == event.entity && seq == event.seq;
            let stored = self.events(event.entity).iter().any(|e| same(e.entity, e.seq));
            if stored || events[..index].iter().any(|e| same(e.entity, e.seq)) {
                return Err(Refused::Stale);
            }
        }
        Ok(())
    }

    /// Of several that are taken, the last by key is named.
    fn check_guards(&self, commit: &Commit) -> Result<(), Refused> {
        let taken = commit.guards.iter().filter_map(|(key, _)| self.guards.get_key_value(&key.0));
        match taken.max_by_key(|(key, _)| *key) {
            Some((key, holder)) => Err(Refused::Guarded { key: key.clone(), holder: holder.0 }),
            None => Ok(()),
        }
    }

    fn check_bars(&self, commit: &Commit) -> Result<(), Refused> {
        let bars = commit.barred_by.iter().filter(|key| key.is_bar());
        match bars.filter_map(|key| self.guards.get_key_value(&key.0)).max_by_key(|(key, _)| *key) {
            Some((key, holder)) => Err(Refused::Guarded { key: key.clone(), holder: holder.0 }),
            None => Ok(()),
        }
    }

    /// Whether a guard is given back that nobody holds.
    fn releases_what_is_free(&self, commit: &Commit) -> bool {
        commit.release.iter().enumerate().any(|(index, key)| {
            let taken = self.guards.contains_key(&key.0) || commit.guards.iter().any(|(own, _)| own == key);
            !taken || commit.release[..index].contains(key)
        })
    }

    fn add_up(&mut self, transfer: &Transfer) {
        if matches!(transfer.kind, Kind::Posted | Kind::PostPending(_)) {
            *self.sums.entry(transfer.debit).or_default() -= transfer.amount;
            *self.sums.entry(transfer.credit).or_default() += transfer.amount;
        }
    }

    fn append(&mut self, event: &NewEvent) {
        let history = self.histories.entry(event.entity).or_default();
        let at = history.events.partition_point(|e| e.seq < event.seq);
        history.messages.insert(at, event.message.clone());
        history.events.insert(
            at,
            Event {
                entity: event.entity,
                seq: event.seq,
                kind: event.kind.to_owned(),
                at: event.at,
                body: event.body.clone(),
            },
        );
    }
}

/// What can be read, all of it as of now.
impl Memory {
    /// An account as `apply` sees it.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.state.accounts.get(&id)
    }

    /// Every account, and what the journal makes of it: credits less debits. By id.
    pub fn sums(&self) -> impl Iterator<Item = (AccountId, i64)> {
        self.sums.iter().map(|(id, sum)| (*id, *sum))
    }

    /// What is known of a transfer's id.
    pub fn transfer(&self, id: TransferId) -> Option<&Known> {
        self.state.transfers.get(&id)
    }

    /// Every transfer's id and what is known of it, in no order.
    pub fn transfers(&self) -> impl Iterator<Item = (TransferId, &Known)> {
        self.state.transfers.iter().map(|(id, known)| (*id, known))
    }

    /// Every entity with a history, in no order.
    pub fn entities(&self) -> impl Iterator<Item = EntityId> {
        self.histories.keys().copied()
    }

    /// Everything that happened to an entity, oldest first.
    pub fn events(&self, entity: EntityId) -> &[Event] {
        self.histories.get(&entity).map(|h| h.events.as_slice()).unwrap_or_default()
    }

    /// The messages of an entity's events, one for each event.
    pub fn messages(&self, entity: EntityId) -> &[Option<Vec<u8>>] {
        self.histories.get(&entity).map(|h| h.messages.as_slice()).unwrap_or_default()
    }

    /// Who holds a guard.
    pub fn guard(&self, key: &str) -> Option<EntityId> {
        self.guards.get(key).copied()
    }

    /// The guards whose keys begin with a prefix, by key.
    pub fn guards<'m>(&'m self, prefix: &'m str) -> impl Iterator<Item = (&'m str, EntityId)> {
        let from =
            self.guards.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.take_while(move |(key, _)| key.starts_with(prefix)).map(|(key, entity)| (key.as_str(), *entity))
    }

    /// One piece of open work.
    pub fn work(&self, key: &str) -> Option<&Work> {
        self.outbox.rows.get(key)
    }

    /// All open work, by key.
    pub fn open_work(&self) -> impl Iterator<Item = (&str, &Work)> {
        self.outbox.rows.iter().map(|(key, work)| (key.as_str(), work))
    }
}

/// What is done to the database beside commits.
impl Memory {
    /// Ends every lease, as a process does that knows to be the only one.
    pub fn free_leases(&mut self) {
        self.outbox.rows.values_mut().for_each(|work| work.lease_until_us = 0);
    }

    /// Drops the history of what is over, so that a long run needs no more memory than a short one. The sums stay.
    pub fn forget(&mut self, entity: EntityId, transfers: &[TransferId], guards: &[&str]) {
        self.histories.remove(&entity);
        for id in transfers {
            self.state.transfers.remove(id);
        }
        for key in guards {
            self.guards.remove(*key);
        }
    }
}
