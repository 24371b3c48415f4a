//! What a process does with open work: look at it, claim it, deliver it, record what came of it.

use std::rc::Rc;

use bytes::Bytes;
use collectors::{Answer, NotSent, Outcome as Exchanged, protocol};
use domain::payment::State;
use gateway::payment::cancellation::{self, Cancellation};
use gateway::payment::history::{Deliveries, Position};
use gateway::payment::sending::{self, Conclusion};
use gateway::payment::step::{self, Claim, Delivered, Effect, Evidence, Report, SendWindow, Step};
use gateway::payment::{Facts, StoreError};
use ledger::Refused;

use super::committing::{Kept, Outcome};
use super::{Purpose, Submitted, Then, count};
use crate::happening::Happening;
use crate::network::Reply;
use crate::settings::Mistake;
use crate::store::payment_number;
use crate::world::World;

/// Rows of one destination that one look goes through, and the deliveries that a process has under way for it.
const SWEEP_ROWS_MAX: usize = 256;
const LANE_DELIVERIES_MAX: usize = 16;
/// Tries to record an answer.
const RECORD_TRIES_MAX: i64 = 20;
/// After it the mistaken hub releases what is unknown.
const MISTAKEN_VOID_S: i64 = 600;

/// A claimed delivery.
pub(crate) struct Delivery {
    pub facts: Rc<Facts>,
    pub fence: i64,
    pub delivery: i64,
    pub repeat: bool,
    /// Whether it takes one of the places that a look gives.
    pub lane: bool,
    /// The message is this, not the clearing.
    pub cancellation: Option<Rc<Cancellation>>,
}

impl Delivery {
    /// The resend key of the message.
    pub fn key(&self) -> &str {
        self.cancellation.as_ref().map_or(&self.facts.message_key, |cancellation| &cancellation.key)
    }
}

/// A claim on its way to the database.
pub(crate) struct Taken {
    pub facts: Rc<Facts>,
    pub effect: Effect,
    /// Whether it takes one of the places that a look gives.
    pub lane: bool,
    pub cancellation: Option<Rc<Cancellation>>,
}

/// A conclusion on its way to the database.
pub(crate) struct Recording {
    delivery: Rc<Delivery>,
    conclusion: Rc<Conclusion>,
    tries: i64,
    state: State,
}

fn number(facts: &Facts) -> u64 {
    payment_number(facts.id.uuid())
}

/// The looks at open work.
impl World {
    /// Plans a look, at the next tick from that instant on.
    pub fn look_at(&mut self, node: usize, at_us: i64) {
        let tick_us = i64::try_from(self.hub.poll_interval_ms).unwrap_or(i64::MAX) * 1_000;
        let from_us = at_us.max(self.now_us);
        let at_us = from_us.saturating_add(tick_us - 1) / tick_us * tick_us;
        let process = &mut self.nodes[node];
        if process.up && at_us < process.looks_at_us {
            process.looks_at_us = at_us;
            let life = process.life;
            let pause_us = at_us - self.now_us;
            self.plan(pause_us, Happening::Looks { node, life, at_us });
        }
    }

    pub fn look(&mut self, node: usize, life: u32, at_us: i64) {
        if !self.lives(node, life) || self.nodes[node].looks_at_us != at_us {
            return;
        }
        self.nodes[node].looks_at_us = i64::MAX;
        if self.now_us < self.store.down_until_us {
            return self.look_at(node, self.store.down_until_us);
        }
        let mut due: Vec<Vec<(String, u64, i64, i64)>> = vec![Vec::new(); self.collectors.len()];
        let mut next_us = i64::MAX;
        for (key, work) in self.store.memory.open_work() {
            let process = &self.nodes[node];
            if process.parked.get(key) == Some(&work.fence) {
                continue;
            }
            let not_before = process.not_before.get(key).copied().unwrap_or(i64::MIN);
            let free_us = work.lease_until_us.max(not_before);
            if free_us > self.now_us {
                next_us = next_us.min(free_us);
                continue;
            }
            let number = payment_number(work.entity.0);
            let Some(facts) = self.store.facts.get(&number) else { continue };
            let place = self.place_of(facts);
            if due[place].len() < SWEEP_ROWS_MAX && key > process.looked_until[place].as_str() {
                due[place].push((key.to_owned(), number, work.fence, work.delivery));
            }
        }
        self.look_at_all(node, due);
        if self.lives(node, life) && next_us < i64::MAX {
            self.look_at(node, next_us);
        }
    }

    fn look_at_all(&mut self, node: usize, due: Vec<Vec<(String, u64, i64, i64)>>) {
        for (place, rows) in due.into_iter().enumerate() {
            let all = rows.len() < SWEEP_ROWS_MAX;
            let some = !rows.is_empty();
            let mut full = false;
            for (key, payment, fence, delivery) in rows {
                if self.nodes[node].lanes[place] >= LANE_DELIVERIES_MAX {
                    full = true;
                    break;
                }
                if !self.nodes[node].up {
                    return;
                }
                self.take_up(node, place, key.clone(), payment, fence, delivery);
                self.nodes[node].looked_until[place] = key;
            }
            // a full lane looks on when a place is free
            if !full {
                if all {
                    self.nodes[node].looked_until[place].clear();
                }
                if some {
                    self.look_at(node, self.now_us + 1);
                }
            }
        }
    }

    fn take_up(&mut self, node: usize, place: usize, key: String, payment: u64, fence: i64, delivery: i64) {
        let wait_us = i64::try_from(self.hub.resend_interval_s).unwrap_or(i64::MAX) * 1_000_000;
        let until_us = self.now_us + wait_us;
        self.nodes[node].not_before.insert(key.clone(), until_us);
        self.look_at(node, until_us);
        let Some((facts, position)) = self.load(payment) else { return };
        let claim =
            Claim { fence, delivery, lease_s: self.hub.lease_s, window: self.send_window(node, &facts) };
        let cancellation = self.store.cancellations.get(&key).cloned();
        let step = match &cancellation {
            None => self.resume(node, &facts, position, claim),
            Some(c) => cancellation::resume(&facts, position, c, claim, self.node_now(node)),
        };
        match step {
            Ok(Some(step)) => {
                self.nodes[node].lanes[place] += 1;
                let taken = Taken { facts, effect: step.effect, lane: true, cancellation };
                self.submit(
                    node,
                    Submitted { commit: step.commit, kept: Kept::Nothing, then: Then::Taken(taken) },
                );
            }
            Ok(None) => {
                self.nodes[node].parked.insert(key, fence);
            }
            Err(error) => self.fail("open work cannot be taken up", payment, error.to_string()),
        }
    }

    fn resume(
        &mut self,
        node: usize,
        facts: &Facts,
        position: Position,
        claim: Claim,
    ) -> Result<Option<Step>, StoreError> {
        let now = self.node_now(node);
        let waited = now.seconds_since(facts.held_at) > MISTAKEN_VOID_S;
        if self.makes(Mistake::VoidsOnATimer) && position.state == State::Unknown && waited {
            let Claim { fence, delivery, .. } = claim;
            let report = &Report::Rejected(domain::ResponseCode::Expired);
            let evidence = Evidence::default();
            let (pause_s, accepted_guard, concern) = (0, None, None);
            let delivered = Delivered { fence, delivery, report, evidence, pause_s, accepted_guard, concern };
            return step::delivered(facts, position, delivered, now);
        }
        step::resume(facts, position, claim, now)
    }

    /// A claim was answered.
    pub fn take_answered(&mut self, node: usize, taken: Taken, outcome: &Outcome) {
        let Taken { facts, effect, lane, cancellation } = taken;
        let place = self.place_of(&facts);
        if let (Ok(committed), Effect::Deliver { delivery, repeat }) = (outcome, effect)
            && let Some(fence) = committed.fences.first()
        {
            return self.begin(node, Delivery { facts, fence: *fence, delivery, repeat, lane, cancellation });
        }
        if lane {
            self.leave_lane(node, place);
        }
    }

    fn leave_lane(&mut self, node: usize, place: usize) {
        let lanes = &mut self.nodes[node].lanes[place];
        *lanes = lanes.saturating_sub(1);
        self.look_at(node, self.now_us + 1);
    }

    /// The facts of a payment and where it stands.
    pub fn load(&self, payment: u64) -> Option<(Rc<Facts>, Position)> {
        let facts = self.store.facts.get(&payment)?;
        let position = self.store.positions.get(&facts.id.into())?;
        Some((Rc::clone(facts), position.clone()))
    }

    fn send_window(&self, node: usize, facts: &Facts) -> SendWindow {
        SendWindow {
            held_wait_s: self.hub.held_wait_s,
            collector_is_open: self.takes_payments(node, self.place_of(facts), facts.receipt_date),
            // nobody pulls the emergency stop here
        }
    }
}

/// Deliveries.
impl World {
    /// Sends under a claim.
    pub fn begin(&mut self, node: usize, delivery: Delivery) {
        let pause_us = self.stops_us(1_000);
        let life = self.nodes[node].life;
        let over_us = self.now_us + self.hub.lease_s * 1_000_000;
        self.plan(pause_us, Happening::Begins { node, life, delivery: Rc::new(delivery), over_us });
    }

    /// What a process takes for a step: now and then it is stopped for a while, and goes on as if nothing had been.
    fn stops_us(&mut self, usual_us: i64) -> i64 {
        let often = if self.makes(Mistake::SendsTooLate) { 10 } else { 300 };
        let stopped = !self.quiet && self.random.one_in(often);
        if stopped {
            self.stats.count("process stopped for a while");
        }
        self.random.between(0, if stopped { 130_000_000 } else { usual_us })
    }

    pub fn attempt(&mut self, node: usize, delivery: &Rc<Delivery>, over_us: i64) {
        if !self.survives(node, "crash before a delivery") {
            return;
        }
        let facts = &delivery.facts;
        let payload = self.store.memory.work(delivery.key()).map(|work| work.payload.clone());
        let message = match payload.map(|payload| sending::message(payload, delivery.repeat)) {
            Some(Ok(message)) => message,
            // the work is gone: another has ended it
            _ => return self.conclude(node, delivery, Conclusion::not_sent(&"no rows")),
        };
        let message = self.mistaken_message(node, delivery, message);
        let window = self.send_window(node, facts);
        let careless = self.makes(Mistake::SendsTooLate);
        let (repeat, now) = (delivery.repeat, self.node_now(node));
        let may_begin = match &delivery.cancellation {
            None => sending::may_begin(facts, window, repeat, now),
            Some(c) => cancellation::may_begin(facts, c, window, repeat, now),
        };
        if !careless && !may_begin {
            return self.conclude(node, delivery, Conclusion::not_sent(&"the time to send it is over"));
        }
        if over_us <= self.now_us && !careless {
            self.stats.count("lease over before its delivery began");
            return self.conclude(node, delivery, Conclusion::not_sent(&"the lease is over"));
        }
        let place = self.place_of(facts);
        let purpose = Purpose::Delivery(Rc::clone(delivery));
        self.exchange_bytes(node, place, Bytes::from(message), purpose);
    }

    fn mistaken_message(&mut self, node: usize, delivery: &Delivery, message: Vec<u8>) -> Vec<u8> {
        let clearing = delivery.cancellation.is_none();
        let Some(mistake) = self.settings.mistake.filter(|_| delivery.repeat && clearing) else {
            return message;
        };
        let original = match protocol::decode(&message).map(|m| m.body) {
            Ok(protocol::Body::ResendConfirmation(repeat)) => protocol::decode(&repeat.original),
            _ => return message,
        };
        let Ok(mut original) = original else { return message };
        match mistake {
            Mistake::RepeatsUnderANewKey => {
                let key = self.next_key(node);
                (original.header.processing_date, original.header.serial) = (key.date, key.serial);
                protocol::encode(&original)
            }
            Mistake::RepeatsWithOtherBytes => {
                original.header.sent_at = self.node_now(node);
                let bytes = protocol::encode(&original);
                sending::message(bytes, true).unwrap_or(message)
            }
            _ => message,
        }
    }

    /// The exchange of a delivery came to something.
    pub fn delivered(&mut self, node: usize, delivery: &Rc<Delivery>, outcome: Exchanged) {
        let kind = self.collectors[self.place_of(&delivery.facts)].row.kind;
        let conclusion = match &delivery.cancellation {
            None => Conclusion::of(Some(kind), outcome),
            Some(_) => Conclusion::of_cancellation(outcome),
        };
        if conclusion.alarm.is_some() {
            self.stats.count("alarm of an answer that says nothing");
        }
        if self.survives(node, "crash between an answer and its record") {
            let (life, pause_us) = (self.nodes[node].life, self.stops_us(0));
            let delivery = Rc::clone(delivery);
            let conclusion = Box::new(conclusion);
            self.plan(pause_us, Happening::Concludes { node, life, delivery, conclusion });
        }
    }

    pub fn conclude(&mut self, node: usize, delivery: &Rc<Delivery>, mut conclusion: Conclusion) {
        if self.makes(Mistake::TakesSilenceForARefusal)
            && delivery.cancellation.is_none()
            && matches!(conclusion.report, Report::Unknown { .. })
        {
            conclusion.report = Report::Rejected(domain::ResponseCode::AlreadyPaid);
        }
        let what = match &conclusion.report {
            Report::Accepted { .. } => "hears: accepted, delivery",
            Report::Rejected(_) => "hears: refused, delivery",
            Report::NotApplied { sent: true, .. } => "hears: not applied, delivery",
            Report::NotApplied { sent: false, .. } => "sent nothing, delivery",
            Report::Unknown { .. } => "hears nothing that counts, delivery",
        };
        self.note(number(&delivery.facts), what, [delivery.delivery, count(node)]);
        let recording = Recording {
            delivery: Rc::clone(delivery),
            conclusion: Rc::new(conclusion),
            tries: 1,
            state: State::Held,
        };
        self.record(node, recording);
    }

    /// Commits a conclusion.
    pub fn record(&mut self, node: usize, mut recording: Recording) {
        let delivery = Rc::clone(&recording.delivery);
        let facts = &delivery.facts;
        let payment = number(facts);
        let Some((_, mut position)) = self.load(payment) else {
            return self.recorded(node, &delivery);
        };
        let conclusion = Conclusion::clone(&recording.conclusion);
        if self.makes(Mistake::TrustsNotApplied)
            && matches!(conclusion.report, Report::NotApplied { .. })
            && position.state == State::Unknown
        {
            position.state = State::Sending;
            position.deliveries = Deliveries::default();
        }
        let too_late = self.makes(Mistake::PostsAfterARefusal)
            && position.state == State::Rejected
            && matches!(conclusion.report, Report::Accepted { .. });
        if too_late {
            position.state = State::Sending;
        }
        let row = &self.collectors[self.place_of(facts)].row;
        // what was sent before its commit learns its fence late
        let fence = match self.store.memory.work(delivery.key()) {
            Some(work) if delivery.fence == 0 => work.fence,
            _ => delivery.fence,
        };
        let delivered = Delivered {
            fence,
            delivery: delivery.delivery,
            report: &conclusion.report,
            evidence: conclusion.evidence,
            pause_s: sending::pause_s(&self.hub, &conclusion.report, delivery.delivery, delivery.repeat),
            accepted_guard: sending::accepted_guard(Some(row), facts),
            concern: conclusion.alarm.as_ref(),
        };
        let now = self.node_now(node);
        let step = match &delivery.cancellation {
            None => step::delivered(facts, position, delivered, now),
            Some(c) => cancellation::delivered(facts, position, c, delivered, now),
        };
        match step {
            Ok(Some(step)) => {
                recording.state = step.state;
                let mut commit = step.commit;
                if too_late || self.makes(Mistake::PostsBesideTheHold) {
                    commit.transfers.iter_mut().for_each(|t| t.kind = ledger::Kind::Posted);
                }
                if too_late {
                    commit.outbox.clear();
                }
                if self.makes(Mistake::FreesTheGuardTooEarly) && recording.state == State::Unknown {
                    let held = self.store.memory.guard(&facts.bill_guard.0) == Some(facts.id.into());
                    commit.release.extend(held.then(|| facts.bill_guard.clone()));
                }
                let then = Then::Recorded(recording);
                self.submit(node, Submitted { commit, kept: Kept::Nothing, then });
            }
            Ok(None) => self.recorded(node, &delivery),
            Err(error) => {
                self.fail("an answer does not fit the payment's state", payment, error.to_string());
                self.recorded(node, &delivery);
            }
        }
    }

    /// The record of a conclusion was answered.
    pub fn record_answered(&mut self, node: usize, mut recording: Recording, outcome: &Outcome) {
        match outcome {
            Ok(_) | Err(Refused::Fenced(_)) => {
                let delivery = Rc::clone(&recording.delivery);
                self.recorded(node, &delivery);
            }
            Err(_) if recording.tries < RECORD_TRIES_MAX => {
                let pause_us = recording.tries * 50_000;
                recording.tries += 1;
                let life = self.nodes[node].life;
                self.plan(pause_us, Happening::Records { node, life, recording: Box::new(recording) });
            }
            Err(_) => {
                self.stats.count("answer given up after 20 tries to record it");
                let delivery = Rc::clone(&recording.delivery);
                self.recorded(node, &delivery);
            }
        }
    }

    /// The staff's decision was answered.
    pub fn decision_answered(&mut self, payment: u64, outcome: &Outcome) {
        if outcome.is_err() {
            self.plan(60_000_000, Happening::StaffActs { payment, tries: u32::MAX });
        }
    }

    /// The lease that the record left decides from here on.
    fn recorded(&mut self, node: usize, delivery: &Delivery) {
        let key = delivery.key();
        self.nodes[node].not_before.remove(key);
        if let Some(until_us) = self.store.memory.work(key).map(|work| work.lease_until_us) {
            self.look_at(node, until_us);
        }
        if delivery.lane {
            let place = self.place_of(&delivery.facts);
            self.leave_lane(node, place);
        }
    }

    /// What came back, as the client makes it known.
    pub fn read_reply(&mut self, request: &protocol::Message, reply: Reply) -> Exchanged {
        match reply {
            Reply::Silence(silence) => Exchanged::Silent(silence),
            Reply::Answer(bytes) => match Answer::read(request, bytes, String::new()) {
                Ok(answer) => Exchanged::Answered(answer),
                Err(silence) => Exchanged::Silent(silence),
            },
        }
    }

    /// Nothing was written.
    pub fn not_sent(&mut self, node: usize, purpose: Purpose, reason: NotSent) {
        let life = self.nodes[node].life;
        let pause_us = match reason {
            NotSent::NoConnection => self.random.between(1_000, 5_000_000),
            NotSent::Busy => 5_000_000,
            _ => 0,
        };
        self.plan(pause_us, Happening::Unsent { node, life, purpose, reason });
    }

    /// An exchange came to something.
    pub fn exchanged(&mut self, node: usize, purpose: Purpose, outcome: Exchanged) {
        match purpose {
            Purpose::Inquiry(intent, generations) => self.inquired(node, intent, generations, outcome),
            Purpose::Delivery(delivery) => self.delivered(node, &delivery, outcome),
            Purpose::Day(errand) => self.errand_exchanged(node, &errand, outcome),
            Purpose::Advice(collector, window) => self.advice_exchanged(node, collector, window, outcome),
        }
    }
}
