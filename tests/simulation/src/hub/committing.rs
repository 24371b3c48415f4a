//! The group commit of each process: one transaction at a time, of what has gathered, with every way in which its
//! answer can fail to come.

use std::rc::Rc;

use bytes::Bytes;
use domain::Date;
use gateway::payment::Facts;
use gateway::payment::cancellation::Cancellation;
use gateway::service::ServiceDay;
use gateway::settlement::Settlement;
use ledger::memory::{Moment, Writer, part};
use ledger::{Commit, Committed, EntityId, OutboxChange, Refused};

use super::days::Taking;
use super::paying::Held;
use super::sending::{Recording, Taken};
use super::settling::Settling;
use crate::happening::Happening;
use crate::settings::Mistake;
use crate::store::{BreakRows, is_payment, key_of, payment_number};
use crate::trace::NOTHING;
use crate::world::World;

/// What a commit's answer is waited for with.
pub(crate) enum Then {
    Held(Held),
    Taken(Taken),
    Recorded(Recording),
    /// The staff's decision on a payment.
    Decided {
        payment: u64,
    },
    Day(Box<Taking>),
    Settles(Box<Settling>),
    Nothing,
}

/// The row of another table that goes with a commit.
pub(crate) enum Kept {
    Payment(Rc<Facts>),
    Cancellation(Rc<Cancellation>),
    /// With the payments that a comparison found accepted on both sides, and what becomes of the day's breaks.
    Day {
        collector: usize,
        day: Box<ServiceDay>,
        compared: Vec<u64>,
        breaks: Box<BreakRows>,
    },
    /// With the message of the advice, where a window is closed.
    Settlement {
        collector: usize,
        settlement: Box<Settlement>,
        advice: Option<Bytes>,
    },
    Nothing,
}

pub(crate) struct Submitted {
    pub commit: Commit,
    pub kept: Kept,
    pub then: Then,
}

/// One transaction on its way to the database.
pub(crate) struct Batch {
    pub node: usize,
    pub life: u32,
    writer: Writer,
    submitted: Vec<Submitted>,
    tries: u32,
}

pub(crate) type Outcome = Result<Committed, Refused>;

impl World {
    pub fn submit(&mut self, node: usize, submitted: Submitted) {
        self.nodes[node].waiting.push_back(submitted);
        if !self.nodes[node].committing {
            self.next_batch(node);
        }
    }

    fn next_batch(&mut self, node: usize) {
        let waiting = std::mem::take(&mut self.nodes[node].waiting);
        if waiting.is_empty() {
            return;
        }
        let (submitted, later) = part(waiting, |submitted: &Submitted| &submitted.commit);
        let process = &mut self.nodes[node];
        process.waiting = later;
        process.committing = true;
        let (life, writer) = (process.life, process.writer.clone());
        let latency_us = if self.random.one_in(400) { 2_000_000 } else { 8_000 };
        let pause_us = self.random.between(500, latency_us);
        let batch = Batch { node, life, writer, submitted, tries: 0 };
        self.plan(pause_us, Happening::Reaches { batch: Box::new(batch) });
    }

    /// COMMIT reaches the database.
    pub fn reaches(&mut self, mut batch: Box<Batch>) {
        let lives = self.lives(batch.node, batch.life);
        if !lives && self.random.one_in(2) {
            self.stats.count("a dead process's transaction is rolled back");
            return;
        }
        if self.now_us < self.store.down_until_us {
            self.stats.count("commit refused by an absent database");
            let refused = || Err(Refused::Database("unreachable".to_owned()));
            let outcomes = batch.submitted.iter().map(|_| refused()).collect();
            self.plan(100_000, Happening::Answered { batch, outcomes, committed: false });
            return;
        }
        if self.faults(self.rates.lost_commit) && batch.tries == 0 {
            self.stats.count("lost answer to a COMMIT that did not take place");
            batch.tries += 1;
            let pause_us = self.random.between(200_000, 5_000_000);
            self.plan(pause_us, Happening::Reaches { batch });
            return;
        }
        let outcomes = self.transact(&mut batch);
        if !lives {
            self.stats.count("a dead process's transaction is committed");
            return;
        }
        let mut pause_us = self.random.between(200, 3_000);
        if self.faults(self.rates.lost_commit) {
            self.stats.count("lost answer to a COMMIT that took place");
            pause_us = self.random.between(200_000, 8_000_000);
        }
        self.plan(pause_us, Happening::Answered { batch, outcomes, committed: true });
    }

    fn transact(&mut self, batch: &mut Batch) -> Vec<Outcome> {
        let moment = Moment { now: self.node_now(batch.node), server_us: self.now_us };
        let mut commits: Vec<Commit> =
            batch.submitted.iter_mut().map(|s| std::mem::take(&mut s.commit)).collect();
        let asked = self.makes(Mistake::IgnoresFences).then(|| commits.clone());
        for commit in &mut commits {
            self.make_mistakes(commit);
        }
        let outcomes = self.store.memory.batch(&mut batch.writer, &commits, moment);
        let asked = asked.as_ref().unwrap_or(&commits);
        for ((submitted, commit), outcome) in batch.submitted.iter().zip(asked).zip(&outcomes) {
            match outcome {
                Ok(committed) => self.committed(submitted, commit, committed),
                Err(refused) => self.refused(commit, refused),
            }
        }
        outcomes
    }

    /// What a ledger with a mistake would not look at.
    fn make_mistakes(&mut self, commit: &mut Commit) {
        match self.settings.mistake {
            Some(Mistake::IgnoresFences) => {
                for change in &mut commit.outbox {
                    let current = self.store.memory.work(key_of(change)).map(|work| work.fence);
                    match change {
                        OutboxChange::Claim { fence, .. }
                        | OutboxChange::Seize { fence, .. }
                        | OutboxChange::Release { fence, .. }
                        | OutboxChange::Finish { fence, .. } => *fence = current.unwrap_or(*fence),
                        OutboxChange::Put { .. } => {}
                    }
                }
            }
            Some(Mistake::LeavesTheGuardOut) => {
                commit.guards.retain(|(key, _)| !key.0.starts_with("bill|"));
                commit.release.retain(|key| !key.0.starts_with("bill|"));
            }
            Some(Mistake::FreesTheGuardTooEarly) => {
                commit.release.retain(|key| self.store.memory.guard(&key.0).is_some());
            }
            Some(Mistake::PaysTwice) => Self::move_twice(commit, "settlement_paid"),
            Some(Mistake::RefundsTwice) => Self::move_twice(commit, "refunded"),
            Some(Mistake::OwesWhatIsPaidBack) if commit.events.iter().any(|e| e.kind == "refunded") => {
                commit.release.retain(|key| !key.0.starts_with("owed|"));
            }
            _ => {}
        }
    }

    fn committed(&mut self, submitted: &Submitted, commit: &Commit, committed: &Committed) {
        match &submitted.kept {
            Kept::Payment(facts) => self.held(facts),
            Kept::Cancellation(cancellation) => {
                let payment = payment_number(cancellation.payment.uuid());
                self.keys.insert(cancellation.key.clone(), payment);
                self.cases.entry(payment).or_default().cancellations.push(cancellation.key.clone());
                self.store.cancellations.insert(cancellation.key.clone(), Rc::clone(cancellation));
            }
            Kept::Day { collector, day, compared, breaks } => {
                return self.day_moved(commit, (*collector, day.date), day, compared, breaks);
            }
            Kept::Settlement { collector, settlement, advice } => {
                self.about = Some((*collector, settlement.window));
                let sums = [i64::from(settlement.sums.count), settlement.payable().get()];
                let what = commit.events.first().map_or("", |event| event.kind);
                self.note_date(*collector, settlement.window, what, sums);
                self.check_settlement(*collector, settlement, commit);
                self.about = None;
                let place = (*collector, settlement.window);
                self.store.settlements.insert(place, Settlement::clone(settlement));
                if let Some(advice) = advice {
                    self.store.advices.insert(place, advice.clone());
                }
                return self.went_over(commit);
            }
            Kept::Nothing => {}
        }
        self.check_fences(commit, committed);
        if let Some(event) = commit.events.first() {
            self.keep_with_payment(commit, payment_number(event.entity.0));
        }
        let mut entities: Vec<EntityId> = commit.events.iter().map(|e| e.entity).collect();
        entities.extend(commit.outbox.iter().filter_map(|change| match change {
            OutboxChange::Put { entry, .. } => Some(entry.entity),
            other => self.store.memory.work(key_of(other)).map(|work| work.entity),
        }));
        entities.sort_unstable();
        entities.dedup();
        for entity in entities {
            self.check_payment(payment_number(entity.0));
        }
        for change in &commit.outbox {
            let key = key_of(change);
            let Some(until_us) = self.store.memory.work(key).map(|work| work.lease_until_us) else {
                continue;
            };
            for node in 0..self.nodes.len() {
                self.nodes[node].parked.remove(key);
                self.look_at(node, until_us);
            }
        }
    }

    /// What is let go of with the payment.
    fn keep_with_payment(&mut self, commit: &Commit, payment: u64) {
        let case = self.cases.entry(payment).or_default();
        case.transfers.extend(commit.transfers.iter().map(|transfer| transfer.id));
        case.guards.extend(commit.guards.iter().map(|(key, _)| key.0.clone()));
        case.guards.retain(|key| commit.release.iter().all(|free| free.0 != *key));
    }

    fn day_moved(
        &mut self,
        commit: &Commit,
        place: (usize, Date),
        day: &ServiceDay,
        compared: &[u64],
        breaks: &BreakRows,
    ) {
        self.about = Some(place);
        let what = commit.events.iter().find(|event| !is_payment(event.entity));
        self.note_date(place.0, place.1, what.map_or("", |event| event.kind), [NOTHING, NOTHING]);
        self.check_day(place.0, day);
        if let Some(id) = breaks.resolved {
            self.resolved(place, id, breaks.refund.as_ref());
        }
        self.store.keep_breaks(place, breaks);
        self.check_breaks(place, day);
        self.about = None;
        for payment in commit.events.iter().map(|event| event.entity).filter(|entity| is_payment(*entity)) {
            self.keep_with_payment(commit, payment_number(payment.0));
            self.check_payment(payment_number(payment.0));
        }
        self.broken(place, breaks);
        self.compared(compared);
        self.store.days.insert(place, day.clone());
    }

    /// The payments of a part.
    fn went_over(&mut self, commit: &Commit) {
        let payments = commit.events.iter().filter(|event| is_payment(event.entity));
        for payment in payments.map(|event| payment_number(event.entity.0)) {
            let case = self.cases.entry(payment).or_default();
            case.guards.retain(|key| commit.release.iter().all(|free| free.0 != *key));
            self.check_payment(payment);
        }
    }

    fn refused(&mut self, commit: &Commit, refused: &Refused) {
        let what = match refused {
            Refused::Stale => "commit refused as stale",
            Refused::Guarded { .. } => "commit refused for a guard",
            Refused::Fenced(_) => "commit refused for a fence",
            Refused::Transfer { .. } => "commit refused for the money",
            _ => "commit refused by the database",
        };
        self.stats.count(what);
        if let Some(event) = commit.events.first()
            && is_payment(event.entity)
        {
            self.note(payment_number(event.entity.0), what, [NOTHING, NOTHING]);
        }
        self.check_refusal(commit, refused);
    }

    /// The process hears what its transaction came to.
    pub fn answered(&mut self, batch: Batch, outcomes: Vec<Outcome>, committed: bool) {
        let Batch { node, life, writer, submitted, .. } = batch;
        if !self.lives(node, life) {
            self.stats.count("crash between a commit and its answer");
            return;
        }
        if committed {
            self.nodes[node].writer = writer;
        }
        self.nodes[node].committing = false;
        for (Submitted { then, .. }, outcome) in submitted.into_iter().zip(outcomes) {
            if !self.lives(node, life) || !self.survives(node, "crash between a commit and its effect") {
                return;
            }
            match then {
                Then::Held(held) => self.hold_answered(node, held, outcome),
                Then::Taken(taken) => self.take_answered(node, taken, &outcome),
                Then::Recorded(recording) => self.record_answered(node, recording, &outcome),
                Then::Decided { payment } => self.decision_answered(payment, &outcome),
                Then::Day(taking) => self.step_answered(node, *taking, &outcome),
                Then::Settles(settling) => self.settling_answered(node, *settling, &outcome),
                Then::Nothing => {}
            }
        }
        if self.lives(node, life) && !self.nodes[node].committing {
            self.next_batch(node);
        }
    }
}
