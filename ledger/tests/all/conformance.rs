//! The model in memory against the databases: the same commits get the same answers and leave the same state.

use std::collections::{BTreeMap, HashMap};
use std::future::ready;
use std::pin::Pin;

use database::testing::TestDatabase;
use database::{Database, read};
use domain::{AccountId, TransferId};
use ledger::apply::{Ending, Known};
use ledger::memory::{Memory, Moment, Writer, part};
use ledger::{
    Commit, Committed, EntityId, GuardKey, Kind, Ledger, NewAccount, OutboxChange, Refused, Transfer,
};
use uuid::Uuid;

use crate::support::{self, CASH, CLEARING, assert_clean, event, guard, put, record, transfer};

database::on_both!(one_after_the_other, many_at_once);

const DEPOSITS: u64 = 6;
const DOLLARS: AccountId = AccountId::new(90);
const SERVER_US: i64 = 1_000_000;

async fn one_after_the_other(test: TestDatabase) {
    let mut pair = Pair::start(&test.database).await;
    let mut draws = Draws(1);
    for step in 0..900 {
        if draws.one_in(40) {
            pair.close(draws.account()).await;
        }
        let commit = draws.commit(&pair.model, None);
        pair.commit(vec![commit], step).await;
    }
    pair.compare(&test.database).await;
    pair.assert_seen(&["Ok", "Stale", "Guarded", "Fenced", "Transfer", "Database"]);
}

/// Commits that arrive together share transactions. Each has a deposit of its own, so that their order cannot matter
/// where they share nothing else.
async fn many_at_once(test: TestDatabase) {
    let mut pair = Pair::start(&test.database).await;
    let mut draws = Draws(2);
    for step in 0..120 {
        let count = 2 + draws.below(DEPOSITS - 1);
        let commits = (1..=count).map(|n| draws.commit(&pair.model, Some(deposit(n)))).collect();
        pair.commit(commits, step).await;
    }
    pair.compare(&test.database).await;
    pair.assert_seen(&["Ok", "Stale", "Guarded", "Fenced", "Transfer", "Database"]);
}

fn deposit(number: u64) -> AccountId {
    AccountId::new(i64::try_from(number).unwrap())
}

/// A ledger on a database and its model, kept in step.
struct Pair {
    ledger: Ledger,
    model: Memory,
    writer: Writer,
    /// The database's fence for each of the model's.
    fences: HashMap<i64, i64>,
    seen: BTreeMap<String, u32>,
}

impl Pair {
    async fn start(database: &Database) -> Self {
        let ledger = support::start(database).await;
        let mut model = Memory::default();
        let mut accounts: Vec<_> = (1..=DEPOSITS).map(|n| NewAccount::deposit(deposit(n), "預金")).collect();
        accounts.extend([CLEARING, CASH].map(|id| NewAccount::internal(id, "内部")));
        accounts.push(NewAccount { currency: "USD".to_owned(), ..NewAccount::internal(DOLLARS, "外貨") });
        for account in &accounts {
            ledger.open_account(account).await.unwrap();
            model.open_account(account);
        }
        // the first commit shows who the database's writer is
        let opening: Vec<_> = (1..=DEPOSITS).map(|n| support::posted(CASH, deposit(n), 3_000)).collect();
        let commit = Commit { audit: vec![record("opening")], ..support::moving(opening) };
        ledger.commit(commit.clone()).await.unwrap();
        let sql = "SELECT writer FROM audit";
        let id: Uuid = read!(database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
        let mut writer = Writer::new(id);
        let moment = Moment { now: ledger.clock().now(), server_us: SERVER_US };
        assert_eq!(model.batch(&mut writer, &[commit], moment), [Ok(Committed::default())]);
        Self { ledger, model, writer, fences: HashMap::new(), seen: BTreeMap::new() }
    }

    async fn close(&mut self, account: AccountId) {
        let closed = self.ledger.close_account(account).await.unwrap();
        assert_eq!(self.model.close_account(account), closed);
    }

    /// Hands the commits to both in this order and compares what each came to.
    async fn commit(&mut self, commits: Vec<Commit>, step: usize) {
        let real = self.commit_to_database(&commits).await;
        let mut modelled: Vec<Option<Result<Committed, Refused>>> = vec![None; commits.len()];
        let mut waiting: Vec<(usize, Commit)> = commits.iter().cloned().enumerate().collect();
        while !waiting.is_empty() {
            let (now, later) = part(waiting, |(_, commit)| commit);
            waiting = later.into();
            let (indices, batch): (Vec<_>, Vec<_>) = now.into_iter().unzip();
            let moment = Moment { now: self.ledger.clock().now(), server_us: SERVER_US };
            let outcomes = self.model.batch(&mut self.writer, &batch, moment);
            indices.into_iter().zip(outcomes).for_each(|(i, outcome)| modelled[i] = Some(outcome));
        }
        for ((commit, real), modelled) in commits.iter().zip(real).zip(modelled) {
            self.same(step, commit, &real, &modelled.unwrap());
        }
    }

    fn same(
        &mut self,
        step: usize,
        commit: &Commit,
        real: &Result<Committed, Refused>,
        modelled: &Result<Committed, Refused>,
    ) {
        let name = match (real, modelled) {
            (Ok(real), Ok(modelled)) => {
                assert_eq!(real.fences.len(), modelled.fences.len(), "step {step}: {commit:?}");
                self.fences.extend(modelled.fences.iter().copied().zip(real.fences.iter().copied()));
                "Ok"
            }
            (Err(Refused::Database(_)), Err(Refused::Database(_))) => "Database",
            (Err(real), Err(modelled)) => {
                assert_eq!(real, modelled, "step {step}: {commit:?}");
                match real {
                    Refused::Stale => "Stale",
                    Refused::Guarded { .. } => "Guarded",
                    Refused::Fenced(_) => "Fenced",
                    Refused::Transfer { .. } => "Transfer",
                    other => panic!("step {step}: {other}"),
                }
            }
            _ => panic!("step {step}: {real:?} of the database, {modelled:?} of the model: {commit:?}"),
        };
        *self.seen.entry(name.to_owned()).or_default() += 1;
    }

    /// Submits all before the first is answered.
    async fn commit_to_database(&self, commits: &[Commit]) -> Vec<Result<Committed, Refused>> {
        type Waiting<'l> = Pin<Box<dyn Future<Output = Result<Committed, Refused>> + 'l>>;
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        for commit in commits {
            let mut commit = commit.clone();
            for change in &mut commit.outbox {
                match change {
                    OutboxChange::Put { .. } => {}
                    OutboxChange::Claim { fence, .. }
                    | OutboxChange::Seize { fence, .. }
                    | OutboxChange::Release { fence, .. }
                    | OutboxChange::Finish { fence, .. } => {
                        *fence = if *fence == 0 { 0 } else { self.fences.get(fence).copied().unwrap_or(-1) };
                    }
                }
            }
            let mut answer: Waiting<'_> = Box::pin(self.ledger.commit(commit));
            // the first look at it hands the commit over
            tokio::select! {
                biased;
                done = &mut answer => answer = Box::pin(ready(done)),
                () = ready(()) => {}
            }
            waiting.push(answer);
        }
        let mut outcomes = Vec::new();
        for answer in waiting {
            outcomes.push(answer.await);
        }
        outcomes
    }

    fn assert_seen(&self, outcomes: &[&str]) {
        for outcome in outcomes {
            assert!(self.seen.get(*outcome).is_some_and(|n| *n >= 3), "{outcome}: {:?}", self.seen);
        }
    }

    /// All that is stored.
    async fn compare(&self, database: &Database) {
        assert_clean(&self.ledger).await;
        self.compare_accounts().await;
        self.compare_transfers(database).await;
        self.compare_events(database).await;
        self.compare_guards(database).await;
        self.compare_outbox(database).await;
        let sql = "SELECT max(audit_number) FROM batch";
        let records: i64 = read!(database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
        assert_eq!(records, self.writer.records());
    }

    async fn compare_accounts(&self) {
        for (id, sum) in self.model.sums() {
            let account = self.model.account(id).unwrap();
            if account.bounded {
                let (balance, available, held) = support::balance(&self.ledger, id).await;
                assert_eq!(
                    (balance, available, held),
                    (account.balance, account.available(), account.held),
                    "{id}"
                );
                assert_eq!(balance, sum, "{id}");
            } else {
                assert_eq!(self.ledger.internal_balance(id).await.unwrap().get(), sum, "{id}");
            }
        }
        assert_eq!(self.model.sums().map(|(_, sum)| sum).sum::<i64>(), 0);
    }

    async fn compare_transfers(&self, database: &Database) {
        type Found = (Uuid, i64, i64, i64, i64, Option<Uuid>);
        let sql = "SELECT id, debit, credit, amount, kind, pending FROM transfer";
        let applied: Vec<Found> = read!(database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        for (id, debit, credit, amount, kind, pending) in &applied {
            let Some(Known::Applied { transfer, ending }) = self.model.transfer(TransferId::from_uuid(*id))
            else {
                panic!("{id} is not in the model")
            };
            let modelled = (transfer.debit.get(), transfer.credit.get(), transfer.amount);
            assert_eq!(modelled, (*debit, *credit, *amount));
            assert_eq!(transfer.kind.code(), *kind);
            assert_eq!(transfer.kind.pending().map(TransferId::uuid), *pending);
            let ended = applied.iter().find(|row| row.5 == Some(*id)).map(|row| row.4);
            let modelled = ending.map(|e| if e == Ending::Posted { 2 } else { 3 });
            assert_eq!(ended, modelled, "{id}");
        }
        let sql = "SELECT id FROM failed_transfer";
        let failed: Vec<Uuid> = read!(database, |c| sqlx::query_scalar(sql).fetch_all(c).await).unwrap();
        for id in &failed {
            assert_eq!(self.model.transfer(TransferId::from_uuid(*id)), Some(&Known::Failed));
        }
        assert_eq!(self.model.transfers().count(), applied.len() + failed.len());
    }

    async fn compare_events(&self, database: &Database) {
        type Found = (Uuid, i64, String, i64, String, Option<Vec<u8>>);
        let sql = "SELECT entity, seq, kind, at_us, body, message FROM event ORDER BY entity, seq";
        let rows: Vec<Found> = read!(database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        let mut counts: BTreeMap<EntityId, usize> = BTreeMap::new();
        for (entity, seq, kind, at, body, message) in &rows {
            let entity = EntityId(*entity);
            let index = counts.entry(entity).or_default();
            let event = &self.model.events(entity)[*index];
            assert_eq!((event.seq, &event.kind, event.at.micros(), &event.body), (*seq, kind, *at, body));
            assert_eq!(&self.model.messages(entity)[*index], message);
            *index += 1;
        }
        assert!(counts.iter().all(|(entity, count)| self.model.events(*entity).len() == *count));
        assert_eq!(self.model.entities().count(), counts.len());
    }

    async fn compare_guards(&self, database: &Database) {
        let sql = "SELECT key, entity FROM guard";
        let mut rows: Vec<(String, Uuid)> =
            read!(database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        rows.sort_unstable();
        let modelled: Vec<_> =
            self.model.guards("").map(|(key, holder)| (key.to_owned(), holder.0)).collect();
        assert_eq!(rows, modelled);
    }

    async fn compare_outbox(&self, database: &Database) {
        type Found = (String, String, Uuid, Vec<u8>, i64, i64, i64);
        let sql = "SELECT key, destination, entity, payload, fence, delivery, lease_until_us FROM outbox";
        let mut rows: Vec<Found> = read!(database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        rows.sort_unstable();
        let mut tx = database.snapshot().await.unwrap();
        let now_us = database::dialect::server_now_us(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(key, to, entity, payload, fence, delivery, until)| {
                (key, to, entity, payload, fence, delivery, until > now_us)
            })
            .collect();
        let fence = |of: i64| if of == 0 { 0 } else { self.fences[&of] };
        let modelled: Vec<_> = self
            .model
            .open_work()
            .map(|(key, w)| {
                let (to, payload) = (w.destination.clone(), w.payload.clone());
                let leased = w.lease_until_us > SERVER_US;
                (key.to_owned(), to, w.entity.0, payload, fence(w.fence), w.delivery, leased)
            })
            .collect();
        assert_eq!(rows, modelled);
    }
}

/// Commits that mostly make sense and are wrong in every way now and then. The same numbers every time.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    fn number(&mut self, below: u64) -> i64 {
        i64::try_from(self.below(below)).unwrap()
    }

    fn pick<T>(&mut self, from: &[T]) -> Option<usize> {
        let len = u64::try_from(from.len()).unwrap();
        (len > 0).then(|| usize::try_from(self.below(len)).unwrap())
    }

    fn account(&mut self) -> AccountId {
        deposit(1 + self.below(DEPOSITS))
    }

    fn guard(&mut self) -> GuardKey {
        guard(format!("bill|{}", self.below(60)))
    }

    fn entity(&mut self) -> EntityId {
        EntityId(Uuid::from_u128(1 + u128::from(self.below(60))))
    }

    fn lease_s(&mut self) -> i64 {
        if self.one_in(3) { 3_600 } else { 0 }
    }

    fn commit(&mut self, model: &Memory, account: Option<AccountId>) -> Commit {
        let work: Vec<(String, EntityId, i64)> =
            model.open_work().map(|(key, w)| (key.to_owned(), w.entity, w.fence)).collect();
        let chosen = self.pick(&work).filter(|_| !self.one_in(3));
        let entity = chosen.map_or_else(|| self.entity(), |i| work[i].1);
        let mut commit = Commit::default();
        self.events(model, entity, &mut commit);
        match chosen {
            Some(index) => self.progress(&work[index], &mut commit),
            // work belongs to something that has a history
            None if !commit.events.is_empty() => {
                let lease_s = (!self.one_in(4)).then(|| self.lease_s());
                // now and then under the key of another's work, or beside the entity's own
                let key = if self.one_in(8) { self.entity() } else { entity };
                commit.outbox.push(put(&key.0.to_string(), entity, lease_s));
            }
            None => {}
        }
        for _ in 0..self.below(3) {
            let key = self.guard();
            if commit.guards.iter().all(|(taken, _)| *taken != key) {
                commit.guards.push((key, entity));
            }
        }
        let held: Vec<&str> = model.guards("").map(|(key, _)| key).collect();
        match self.pick(&held) {
            Some(index) if self.one_in(3) => commit.release.push(guard(held[index])),
            _ if self.one_in(30) => {
                let key = self.guard();
                commit.release.push(key);
            }
            _ => {}
        }
        let account = account.unwrap_or_else(|| self.account());
        for _ in 0..self.below(3) {
            let transfer = self.transfer(model, account, &commit.transfers);
            commit.transfers.push(transfer);
        }
        if !self.one_in(3) {
            commit.audit.push(record(entity.0.to_string()));
        }
        commit
    }

    fn events(&mut self, model: &Memory, entity: EntityId, commit: &mut Commit) {
        let last = model.events(entity).last().map_or(0, |e| e.seq);
        let late = if self.one_in(10) { 1 + self.number(2) } else { 0 };
        let first = (last + 1 - late).max(1);
        let count = self.number(3);
        commit.events = (first..first + count).map(|seq| event(entity, seq)).collect();
        if count > 0 && self.one_in(30) {
            commit.events.push(event(entity, first));
        }
    }

    fn progress(&mut self, (key, entity, fence): &(String, EntityId, i64), commit: &mut Commit) {
        let fence = if self.one_in(8) { fence - 1 } else { *fence };
        let key = key.clone();
        commit.outbox.push(match self.below(6) {
            0 | 1 => OutboxChange::Claim { key, fence, lease_s: self.lease_s() },
            2 => OutboxChange::Seize { key, fence, lease_s: self.lease_s() },
            3 => OutboxChange::Release { key, fence, pause_s: self.lease_s() },
            _ => OutboxChange::Finish { key: key.clone(), fence },
        });
        let ended = matches!(commit.outbox[0], OutboxChange::Finish { .. });
        if ended && self.one_in(3) {
            commit.outbox.push(put(&entity.0.to_string(), *entity, Some(0)));
        }
    }

    fn transfer(&mut self, model: &Memory, account: AccountId, before: &[Transfer]) -> Transfer {
        let known = |transfer: &Transfer| transfer.debit == account && transfer.kind == Kind::Pending;
        let mut holds: Vec<Transfer> = model
            .transfers()
            .filter_map(|(_, known)| match known {
                Known::Applied { transfer, .. } => Some(transfer),
                Known::Failed => None,
            })
            .filter(|t| known(t))
            .cloned()
            .collect();
        // whatever order the model keeps them in
        holds.sort_unstable_by_key(|t| t.id);
        let open: Vec<_> = holds
            .iter()
            .filter(|t| matches!(model.transfer(t.id), Some(Known::Applied { ending: None, .. })))
            .cloned()
            .collect();
        let credit = if self.one_in(3) { CASH } else { CLEARING };
        match self.below(12) {
            0..=3 => transfer(account, CLEARING, 1 + self.number(400), Kind::Pending),
            4..=6 if !open.is_empty() => {
                let hold = &open[self.pick(&open).unwrap()];
                support::end(hold, if self.one_in(3) { Kind::VoidPending } else { Kind::PostPending })
            }
            7 if !holds.is_empty() => {
                // ended before, or with another amount, or repeated under the same id
                let hold = &holds[self.pick(&holds).unwrap()];
                match self.below(3) {
                    0 => hold.clone(),
                    1 => Transfer { amount: hold.amount + 1, ..support::end(hold, Kind::PostPending) },
                    _ => support::end(hold, Kind::VoidPending),
                }
            }
            8 => transfer(CASH, account, 1 + self.number(500), Kind::Posted),
            9 => match self.below(5) {
                0 => transfer(account, credit, 0, Kind::Posted),
                1 => transfer(account, account, 1, Kind::Posted),
                2 => transfer(AccountId::new(77), account, 1, Kind::Posted),
                3 => transfer(account, DOLLARS, 1, Kind::Posted),
                _ => transfer(account, credit, i64::MAX, Kind::Pending),
            },
            10 if !before.is_empty() => before[0].clone(),
            _ => transfer(account, credit, 1 + self.number(300), Kind::Posted),
        }
    }
}
