//! The hub's processes. What they decide is the real hub's code; what they do is done here, a step at a time, so that
//! a process may end between any two.

mod cancelling;
mod committing;
mod days;
mod paying;
mod sending;
mod settling;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use domain::{Date, ResendKey, Serial, Timestamp};
use gateway::decisions::Gate;
use gateway::payment::Facts;
use gateway::service::ServiceDay;
use ledger::memory::Writer;
use uuid::Uuid;

use crate::happening::Happening;
use crate::network::Circuit;
use crate::settings::Mistake;
use crate::store::BLOCK_SERIALS;
use crate::world::World;

pub(crate) use committing::{Batch, Kept, Submitted, Then};
pub(crate) use days::{Errand, Keeping};
pub(crate) use paying::Shown;
pub(crate) use sending::{Delivery, Recording, Taken};
pub(crate) use settling::Closing;

/// Business time of a process follows another's setting of the clock after this long at most.
const KEEPS_IN_STEP_US: i64 = 1_000_000;

/// Why an exchange was begun.
#[derive(Clone)]
pub(crate) enum Purpose {
    /// For a payer.
    Inquiry(u64, BTreeMap<String, i64>),
    /// Under a claim.
    Delivery(Rc<Delivery>),
    /// For a step of a day.
    Day(Rc<Errand>),
    /// To tell a collector what it is paid for a window.
    Advice(usize, Date),
}

struct Block {
    date: Date,
    next: u32,
    end: u32,
}

/// A process of the hub. All of it is lost when it ends.
pub(crate) struct Node {
    /// Counts its starts.
    pub life: u32,
    pub up: bool,
    /// Business time, less the machine's, as this process knows it.
    pub offset_us: i64,
    writer: Writer,
    waiting: VecDeque<Submitted>,
    committing: bool,
    serials: Option<Block>,
    /// Not before when this process looks at a key again.
    not_before: BTreeMap<String, i64>,
    /// Work that waits for an operator, by its fence: to look at it again would come to the same.
    parked: BTreeMap<String, i64>,
    lanes: Vec<usize>,
    looked_until: Vec<String>,
    pub circuits: Vec<Circuit>,
    advices: settling::Advices,
    /// When it looks at open work next.
    looks_at_us: i64,
}

impl Node {
    pub fn new(collectors: usize) -> Self {
        Self {
            life: 0,
            up: false,
            offset_us: 0,
            writer: Writer::new(Uuid::nil()),
            waiting: VecDeque::new(),
            committing: false,
            serials: None,
            not_before: BTreeMap::new(),
            parked: BTreeMap::new(),
            lanes: vec![0; collectors],
            looked_until: vec![String::new(); collectors],
            circuits: vec![Circuit::default(); collectors],
            advices: settling::Advices::new(),
            looks_at_us: i64::MAX,
        }
    }
}

/// A number in a note.
pub(crate) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl World {
    /// Whether that life of the process still goes on.
    pub fn lives(&self, node: usize, life: u32) -> bool {
        self.nodes[node].up && self.nodes[node].life == life
    }

    /// Business time as the process knows it.
    pub fn node_now(&self, node: usize) -> Timestamp {
        Timestamp::from_micros(self.now_us + self.nodes[node].offset_us)
    }

    pub fn start_node(&mut self, node: usize) {
        let alone = self.nodes.iter().all(|other| !other.up);
        let life = self.nodes[node].life + 1;
        let mut fresh = Node::new(self.collectors.len());
        (fresh.life, fresh.up) = (life, true);
        fresh.offset_us = self.store.offset_us;
        fresh.writer =
            Writer::new(Uuid::from_u128(u128::from(count(node).unsigned_abs()) << 64 | u128::from(life)));
        self.nodes[node] = fresh;
        self.happened("a process starts", [count(node), i64::from(life)]);
        // the embedded database belongs to one process, so nobody else can hold a lease
        if alone && self.embedded {
            self.store.memory.free_leases();
        }
        if self.makes(Mistake::ForgetsOpenWork) {
            let open = self.store.memory.open_work().map(|(key, work)| (key.to_owned(), work.fence));
            self.nodes[node].parked = open.collect();
        }
        self.look_at(node, self.now_us);
        for collector in 0..self.collectors.len() {
            self.plan(1_000_000, Happening::KeepsDays { collector });
            self.plan(5_000_000, Happening::Settles { collector });
        }
    }

    /// Power fails, or somebody kills it.
    pub fn crash_node(&mut self, node: usize, place: &'static str) {
        self.nodes[node].up = false;
        self.stats.count(place);
        self.happened("a process ends", [count(node), i64::from(self.nodes[node].life)]);
        let life = self.nodes[node].life;
        let gone = |f: &crate::network::Flight| f.node == node && f.life == life;
        self.flights.retain(|_, flight| !gone(flight));
        if !self.nodes[node].waiting.is_empty() {
            self.stats.count("crash with commits waiting");
        }
        let pause_us = self.random.between(300_000, 60_000_000);
        self.plan(pause_us, Happening::Starts { node });
    }

    /// Whether the process gets past this place.
    fn survives(&mut self, node: usize, place: &'static str) -> bool {
        if self.quiet || !self.random.one_in(self.rates.crash_at_a_place) {
            return true;
        }
        self.crash_node(node, place);
        false
    }

    /// A key that was never used.
    fn next_key(&mut self, node: usize) -> ResendKey {
        let date = self.node_now(node).date();
        let block = &mut self.nodes[node].serials;
        if !block.as_ref().is_some_and(|b| b.date == date && b.next < b.end) {
            let first = self.store.reserve_serials(date);
            *block = Some(Block { date, next: first, end: first + BLOCK_SERIALS });
        }
        let next = block.as_mut().map_or(0, |block| {
            block.next += 1;
            block.next - 1
        });
        let serial = Serial::new(next).unwrap_or_else(|error| panic!("serial {next} of {date}: {error}"));
        ResendKey { centre: self.hub.centre.clone(), date, serial }
    }

    /// Another process set the clock.
    pub fn keep_in_step(&mut self, node: usize) {
        self.nodes[node].offset_us = self.store.offset_us;
    }

    /// Somebody sets business time through one process.
    pub fn set_clock(&mut self, node: usize, step_us: i64) {
        self.store.offset_us += step_us;
        self.nodes[node].offset_us = self.store.offset_us;
        self.happened("the clock is set", [count(node), step_us]);
        for other in 0..self.nodes.len() {
            let pause_us = self.random.between(0, KEEPS_IN_STEP_US);
            self.plan(pause_us, Happening::KeepsInStep { node: other });
        }
    }

    /// The collector's place in the list.
    fn place_of(&self, facts: &Facts) -> usize {
        self.places.get(&facts.collector).copied().unwrap_or_default()
    }

    /// Whether the collector is within its hours, as the process sees it.
    fn in_hours(&self, node: usize, collector: usize) -> bool {
        self.collectors[collector].row.hours.is_open(self.node_now(node))
    }

    fn gate(&self, collector: usize, date: Date) -> Gate {
        self.store.days.get(&(collector, date)).map_or(Gate::Open, ServiceDay::gate)
    }

    fn takes_inquiries(&self, node: usize, collector: usize) -> bool {
        let today = self.node_now(node).date();
        self.in_hours(node, collector) && self.gate(collector, today) == Gate::Open
    }

    fn takes_payments(&self, node: usize, collector: usize, date: Date) -> bool {
        self.in_hours(node, collector) && self.gate(collector, date) != Gate::Shut
    }
}
