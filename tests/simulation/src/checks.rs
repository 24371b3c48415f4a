//! What must hold: after every commit, at every message, at every record of a collector, at the end of every day.

use std::collections::BTreeMap;

use bytes::Bytes;
use collectors::protocol::{Body, Message};
use domain::AccountId;
use domain::payment::State;
use gateway::chart;
use gateway::payment::Facts;
use gateway::payment::history::Position;
use ledger::apply::{Ending, Known};
use ledger::{Commit, Committed, EntityId, OutboxChange, Refused, TransferResult};

use crate::collector::Recorded;
use crate::hub::Delivery;
use crate::report::Violation;
use crate::settings::Mistake;
use crate::store::{key_of, payment_id, payment_number};
use crate::trace::Digest;
use crate::world::{Happening, World};

/// Elapsed time in which every payment comes to its end, with people's help.
const OPEN_S_MAX: i64 = 5 * 24 * 3_600;

impl World {
    /// Ends the run. The first violation is told.
    pub fn fail(&mut self, rule: &'static str, payment: u64, detail: String) {
        if self.violation.is_some() || self.settings.mistake.is_some_and(|m| m.silences().contains(&rule)) {
            return;
        }
        let mut story = self.cases.get(&payment).map(|case| case.notes.lines()).unwrap_or_default();
        if let Some(facts) = self.store.facts.get(&payment) {
            story.insert(0, told(facts));
        }
        self.violation = Some(Box::new(Violation {
            rule,
            detail,
            payment: (payment > 0).then_some(payment),
            story,
            seed: self.settings.seed,
            payments: self.settings.payments,
            held: self.held_payments,
            days: self.days,
            mistake: self.settings.mistake,
        }));
    }

    fn expect(
        &mut self,
        holds: bool,
        rule: &'static str,
        payment: u64,
        detail: impl FnOnce(&Self) -> String,
    ) {
        if !holds {
            let detail = detail(self);
            self.fail(rule, payment, detail);
        }
    }
}

fn told(facts: &Facts) -> String {
    format!(
        "{} yen and {} yen fee, bill {} of {} at {}, key {}",
        facts.amount, facts.fee, facts.bill.id, facts.customer_number, facts.collector, facts.message_key
    )
}

fn digest(bytes: &[u8]) -> u64 {
    let mut digest = Digest::default();
    for chunk in bytes.chunks(8) {
        let mut number = [0; 8];
        number[..chunk.len()].copy_from_slice(chunk);
        digest.event(0, "", [i64::from_le_bytes(number), 0]);
    }
    digest.value()
}

/// Messages.
impl World {
    /// A message of a delivery leaves.
    pub fn check_sent(&mut self, node: usize, delivery: &Delivery, request: &Message, bytes: &Bytes) {
        let facts = &delivery.facts;
        let payment = payment_number(facts.id.uuid());
        let what = if delivery.repeat { "is sent again, delivery" } else { "is sent, delivery" };
        self.note(payment, what, [delivery.delivery, delivery.fence]);
        let now_us = self.now_us;
        let digest = digest(bytes);
        let case = self.cases.entry(payment).or_default();
        case.bytes_left = true;
        case.last_sent_us = now_us;
        let (seen, repeats) = match &request.body {
            Body::Clearing(_) => (case.first.replace(digest), false),
            _ => (case.repeat.replace(digest), true),
        };
        self.expect(repeats || seen.is_none(), "a clearing is sent once", payment, |_| String::new());
        self.expect(
            seen.is_none_or(|seen| seen == digest),
            "every repeat is the same bytes",
            payment,
            |_| String::new(),
        );
        let now = self.node_now(node);
        let late = now.date() > facts.receipt_date
            || facts.bill.clear_by.is_some_and(|last| now.date() > last)
            || now.seconds_since(facts.held_at) >= self.hub.held_wait_s;
        self.expect(repeats || !late, "a first clearing leaves in time or never", payment, |_| now.rfc3339());
        let key = request.header.key().to_string();
        self.expect(key == facts.message_key, "a repeat keeps its key", payment, |_| key.clone());
        let durable = self.store.facts.contains_key(&payment);
        self.expect(durable, "nothing is sent before it is durable", payment, |_| String::new());
    }

    /// A collector decided a clearing.
    pub fn recorded_by(&mut self, collector: usize, recorded: &Recorded) {
        let Some(payment) = self.keys.get(&recorded.key).copied() else {
            return self.fail("every record belongs to a payment", 0, recorded.key.clone());
        };
        let what = if recorded.cleared { "the collector clears" } else { "the collector refuses" };
        self.note(payment, what, [recorded.amount, self.now_us - self.cases[&payment].last_sent_us]);
        let Some((facts, position)) = self.load(payment) else {
            return self.fail("every record belongs to a payment", payment, recorded.key.clone());
        };
        let right = facts.amount.get() == recorded.amount
            && facts.bill.id.as_str() == recorded.bill
            && facts.collector == self.collectors[collector].row.number;
        self.expect(right, "a record has the payment's amount and bill", payment, |_| {
            format!("{recorded:?}")
        });
        self.expect(position.state.is_open(), "nothing is recorded of what is over", payment, |_| {
            format!("the payment is {}", position.state)
        });
        let earlier = self.cases[&payment].recorded.first().cloned();
        self.expect(earlier.is_none(), "a collector decides once under a key", payment, |_| {
            format!("{earlier:?}, then {recorded:?}")
        });
        if let Some(case) = self.cases.get_mut(&payment) {
            case.recorded.push(recorded.clone());
        }
        if !recorded.cleared {
            self.stats.count("clearing refused by a national collector");
            return;
        }
        self.cleared[collector] += recorded.amount;
        if !self.collectors[collector].row.payer_types_amount {
            let bill = (collector, recorded.slip.clone(), recorded.bill.clone());
            if let Some(other) = self.cleared_bills.insert(bill, payment) {
                self.fail("no bill is paid twice", payment, format!("payment {other} has paid it"));
            }
        }
    }
}

/// Commits.
impl World {
    /// The claims of a commit against what earlier commits were answered.
    pub fn check_fences(&mut self, commit: &Commit, committed: &Committed) {
        let mut handed = committed.fences.iter().copied();
        for change in &commit.outbox {
            let key = key_of(change).to_owned();
            let payment = self.keys.get(&key).copied().unwrap_or_default();
            let known = self.store.fences.get(&key).copied();
            let named = match change {
                OutboxChange::Put { .. } => None,
                OutboxChange::Claim { fence, .. }
                | OutboxChange::Seize { fence, .. }
                | OutboxChange::Release { fence, .. }
                | OutboxChange::Finish { fence, .. } => Some(*fence),
            };
            let stale = named.is_some() && named != known;
            self.expect(!stale, "only the holder of a claim changes its work", payment, |_| {
                format!("{named:?} was named where {known:?} holds")
            });
            let new = match change {
                OutboxChange::Put { lease_s: Some(_), .. }
                | OutboxChange::Claim { .. }
                | OutboxChange::Seize { .. } => handed.next(),
                OutboxChange::Put { .. } => Some(0),
                OutboxChange::Release { .. } => known,
                OutboxChange::Finish { .. } => None,
            };
            if let (OutboxChange::Claim { .. } | OutboxChange::Seize { .. }, Some(new)) = (change, new) {
                self.expect(known < Some(new), "a fence is larger than every earlier one", payment, |_| {
                    format!("{new} after {known:?}")
                });
            }
            match new {
                Some(new) => self.store.fences.insert(key, new),
                None => self.store.fences.remove(&key),
            };
        }
    }

    /// A refusal says what is so.
    pub fn check_refusal(&mut self, commit: &Commit, refused: &Refused) {
        match refused {
            Refused::Guarded { key, holder } if key.starts_with("bill|") => {
                let holder = payment_number(*holder);
                let state = self.load(holder).map(|(_, position)| position.state);
                let holds = state.is_some_and(|state| state.is_open() || state.is_paid());
                self.expect(holds, "a bill's guard is held by a payment of it", holder, |_| {
                    format!("{state:?}")
                });
            }
            Refused::Transfer { index, result } => {
                let transfer = &commit.transfers[*index];
                if let Some(event) = commit.events.first() {
                    let payment = payment_number(event.entity.0);
                    self.cases.entry(payment).or_default().transfers.push(transfer.id);
                }
                if *result == TransferResult::ExceedsAvailable {
                    let wanted: i64 = commit.transfers.iter().map(|t| t.amount).sum();
                    let available = self.balance(transfer.debit);
                    self.expect(wanted > available, "funds that suffice are not refused", 0, |_| {
                        format!("{wanted} of {available}")
                    });
                }
            }
            _ => {}
        }
    }

    /// Money, guard, open work and the outside agree about a payment.
    pub fn check_payment(&mut self, payment: u64) {
        let Some(facts) = self.store.facts.get(&payment).cloned() else {
            return self.fail("every event belongs to a payment", payment, String::new());
        };
        let entity = EntityId::from(facts.id);
        let events = self.store.memory.events(entity);
        let position = self.store.positions.entry(entity).or_insert_with(|| Position::start(facts.held_at));
        let seen = usize::try_from(position.seq).unwrap_or(usize::MAX);
        let before = position.state;
        if let Err(error) = position.follow(events.get(seen..).unwrap_or_default()) {
            return self.fail("events follow one another", payment, error.to_string());
        }
        let state = position.state;
        if state != before {
            self.note(payment, state_note(state), [crate::trace::NOTHING, crate::trace::NOTHING]);
            self.changed(payment, &facts, before, state);
        }
        let has_work = self.store.memory.work(&facts.message_key).is_some();
        self.expect(
            has_work == state.is_open(),
            "there is open work exactly while a payment is open",
            payment,
            |_| format!("the payment is {state}"),
        );
        for hold in std::iter::once(facts.hold).chain(facts.fee_hold) {
            let ending = match self.store.memory.transfer(hold) {
                Some(Known::Applied { ending, .. }) => Some(*ending),
                _ => None,
            };
            let right = match state {
                _ if state.is_open() => ending == Some(None),
                State::Accepted | State::Settled | State::Cancelled => ending == Some(Some(Ending::Posted)),
                _ => ending == Some(Some(Ending::Voided)),
            };
            self.expect(right, "the hold ends as the payment does", payment, |_| {
                format!("the payment is {state}, the hold {ending:?}")
            });
        }
        let holder = self.store.memory.guard(&facts.bill_guard.0);
        let freed = matches!(state, State::Rejected | State::Voided | State::Cancelled);
        self.expect(
            (holder == Some(entity)) != freed,
            "the bill is guarded while it may be paid",
            payment,
            |_| format!("the payment is {state}, the guard is of {holder:?}"),
        );
        self.check_outside(payment, state);
    }

    /// What the hub concluded against what happened.
    fn check_outside(&mut self, payment: u64, state: State) {
        let Some(case) = self.cases.get(&payment) else { return };
        let cleared = case.recorded.iter().filter(|r| r.cleared).count();
        let refused = case.recorded.len() - cleared;
        let (rule, right) = match state {
            State::Accepted | State::Settled => {
                ("what is accepted was cleared once", (cleared, refused) == (1, 0))
            }
            State::Rejected => {
                ("what is rejected was refused", cleared == 0 && (refused == 1 || case.decided))
            }
            State::Voided => ("what may have been sent is not voided", !case.bytes_left && cleared == 0),
            _ => return,
        };
        self.expect(right, rule, payment, |_| format!("cleared {cleared} times, refused {refused} times"));
    }

    /// Keeps the totals, and when a payment ended.
    fn changed(&mut self, payment: u64, facts: &Facts, before: State, state: State) {
        if !state.is_open() && before.is_open() {
            let now_us = self.now_us;
            self.cases.entry(payment).or_default().ended_us = Some(now_us);
            self.stats.count(state_note(state));
        }
        if state == State::Unknown && self.makes(Mistake::DecidesTooEarly) {
            let word = self.word_of_the_collector(payment);
            self.plan(5_000_000, Happening::StaffDecides { payment, word });
        }
        if state == State::Accepted {
            let place = self.places.get(&facts.collector).copied().unwrap_or_default();
            self.accepted[place].0 += facts.amount.get();
            self.accepted[place].1 += facts.fee.get();
        }
    }
}

pub(crate) const fn state_note(state: State) -> &'static str {
    match state {
        State::Inquired => "is inquired",
        State::Held => "is held",
        State::Sending => "is being sent",
        State::Accepted => "is accepted",
        State::Rejected => "is rejected",
        State::Unknown => "is unknown",
        State::Settled => "is settled",
        State::Expired => "is expired",
        State::Voided => "is voided",
        State::Cancelled => "is cancelled",
    }
}

/// The books.
impl World {
    /// To the yen: every account, every open payment, every collector.
    pub fn check_books(&mut self) {
        let total: i64 = self.store.memory.sums().map(|(_, sum)| sum).sum();
        self.expect(total == 0, "no yen is created or lost", 0, |_| format!("{total} yen"));
        let mut held: BTreeMap<AccountId, i64> = BTreeMap::new();
        let mut open = vec![0; self.collectors.len()];
        for (_, work) in self.store.memory.open_work() {
            let number = payment_number(work.entity.0);
            let Some(facts) = self.store.facts.get(&number) else { continue };
            *held.entry(facts.account).or_default() += facts.amount.get() + facts.fee.get();
            open[self.places[&facts.collector]] += facts.amount.get();
        }
        self.check_age();
        let mut findings = Vec::new();
        for (id, sum) in self.store.memory.sums() {
            let Some(account) = self.store.memory.account(id).filter(|a| a.bounded) else { continue };
            let open = held.get(&id).copied().unwrap_or_default();
            if account.balance != sum || account.held != open || account.available() < 0 {
                findings.push(format!("{account:?}: the journal makes {sum}, open payments hold {open}"));
            }
        }
        if let Some(finding) = findings.into_iter().next() {
            self.fail("balances and holds are those of the journal", 0, finding);
        }
        for (place, open) in open.into_iter().enumerate() {
            let number = self.collectors[place].row.number.clone();
            let owed =
                |account| self.store.memory.sums().find(|(id, _)| *id == account).map_or(0, |(_, s)| s);
            let (clearing, fee) = (owed(chart::clearing(&number)), owed(chart::fee(&number)));
            let (accepted, cleared) = (self.accepted[place], self.cleared[place]);
            self.expect((clearing, fee) == accepted, "what is owed is what was accepted", 0, |_| {
                format!("{number}: {clearing} and {fee} owed, {accepted:?} accepted")
            });
            let within = accepted.0 <= cleared && cleared <= accepted.0 + open;
            self.expect(within, "accepted is cleared, and cleared is accepted or open", 0, |_| {
                format!("{number}: {} accepted, {cleared} cleared, {open} open", accepted.0)
            });
        }
    }

    /// Nothing stays open for days: there is a person for it.
    fn check_age(&mut self) {
        let before = self.store.business(self.now_us).plus_seconds(-OPEN_S_MAX);
        let facts = self
            .store
            .memory
            .open_work()
            .filter_map(|(_, w)| self.store.facts.get(&payment_number(w.entity.0)));
        let old = facts.min_by_key(|facts| facts.held_at).filter(|facts| facts.held_at < before);
        if let Some(payment) = old.map(|facts| payment_number(facts.id.uuid())) {
            self.fail("everything comes to an end", payment, "it is open for days".to_owned());
        }
    }

    /// Lets go of what is over and whose bill nobody can pay any more.
    pub fn retire(&mut self) {
        let over = |world: &Self, payment: &u64| {
            let Some(facts) = world.store.facts.get(payment) else { return true };
            let slips = &world.collectors[world.places[&facts.collector]].slips;
            world.cases[payment].ended_us.is_some_and(|at| world.now_us - at > 2 * 3_600_000_000)
                && !slips.contains_key(facts.customer_number.as_str())
        };
        let quiet_us = self.now_us - 24 * 3_600_000_000;
        let old =
            self.cases.iter().filter(|(_, case)| case.touched_us < quiet_us).map(|(payment, _)| *payment);
        let old: Vec<u64> = old.filter(|payment| over(self, payment)).collect();
        for payment in old {
            self.check_ended(payment);
            self.forget(payment);
        }
    }

    /// The whole history once more, before it is let go.
    fn check_ended(&mut self, payment: u64) {
        let Some(facts) = self.store.facts.get(&payment) else { return };
        let entity = EntityId::from(facts.id);
        let anew = Position::of(self.store.memory.events(entity));
        let kept = self.store.positions.get(&entity);
        let same = anew.is_ok_and(|mut anew| {
            anew.held_at = facts.held_at;
            kept == Some(&anew)
        });
        self.expect(same, "a history reads the same again", payment, |_| String::new());
        self.check_payment(payment);
        let Some(facts) = self.store.facts.get(&payment) else { return };
        let collector = &self.collectors[self.places[&facts.collector]];
        let record = collector.records.get(&facts.message_key);
        let kept = record.map(|record| (record.amount, record.cleared));
        let told = self.cases[&payment].recorded.first().map(|r| (r.amount, r.cleared));
        self.expect(kept == told, "a collector keeps its record", payment, |_| {
            format!("{told:?}, now {kept:?}")
        });
    }

    fn forget(&mut self, payment: u64) {
        let Some(case) = self.cases.remove(&payment) else { return };
        let entity = EntityId::from(payment_id(payment));
        self.store.positions.remove(&entity);
        let Some(facts) = self.store.facts.remove(&payment) else {
            return self.store.memory.forget(entity, &case.transfers, &[]);
        };
        let place = self.places[&facts.collector];
        self.keys.remove(&facts.message_key);
        self.collectors[place].records.remove(&facts.message_key);
        let slip = facts.customer_number.as_str().to_owned();
        self.cleared_bills.remove(&(place, slip, facts.bill.id.as_str().to_owned()));
        let guards: Vec<&str> = case.guards.iter().map(String::as_str).collect();
        self.store.memory.forget(entity, &case.transfers, &guards);
    }

    /// Nothing is left over.
    pub fn check_at_the_end(&mut self) {
        self.check_books();
        let open: Vec<u64> =
            self.store.memory.open_work().map(|(_, work)| payment_number(work.entity.0)).collect();
        if let Some(payment) = open.first() {
            self.fail("everything comes to an end", *payment, format!("{} payments are open", open.len()));
        }
        let kept: Vec<u64> = self.store.facts.keys().copied().collect();
        for payment in kept {
            self.check_ended(payment);
        }
        for place in 0..self.collectors.len() {
            let (accepted, cleared) = (self.accepted[place].0, self.cleared[place]);
            self.expect(accepted == cleared, "collectors have what payers paid", 0, |world| {
                format!("{}: {accepted} accepted, {cleared} cleared", world.collectors[place].row.number)
            });
        }
    }
}
