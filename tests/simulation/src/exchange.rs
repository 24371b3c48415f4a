//! The exchanges between the hub's processes and the collectors, with all that can go wrong on the way.

use std::rc::Rc;

use bytes::Bytes;
use collectors::{NotSent, Outcome as Exchanged, Silence, protocol};

use crate::collector::Now;
use crate::happening::Happening;
use crate::hub::Purpose;
use crate::network::{ANSWER_WAIT_US, Break, Flight, Reply, Request, spoil};
use crate::world::World;

/// A request's signature counts for so long at the collector.
const SIGNATURE_VALID_US: i64 = 300_000_000;

impl World {
    /// Sends a request and waits for what comes back.
    pub fn exchange(&mut self, node: usize, collector: usize, request: Request, purpose: Purpose) {
        let now_us = self.now_us;
        let Some(probe) = self.nodes[node].circuits[collector].enter(now_us) else {
            self.stats.count("request stopped by an open circuit");
            return self.not_sent(node, purpose, NotSent::CircuitOpen);
        };
        let broken = self.ways[collector].broken_at(now_us);
        let unreachable = broken == Some(Break::Refuses) || !self.collectors[collector].up;
        if unreachable || self.faults(self.weather.unsent) {
            self.stats.count("request that could not be sent");
            self.nodes[node].circuits[collector].report(false, probe, now_us);
            return self.not_sent(node, purpose, NotSent::NoConnection);
        }
        let Request { message, bytes } = request;
        if let Purpose::Delivery(delivery) = &purpose {
            self.check_sent(node, delivery, &message, &bytes);
        }
        self.flown += 1;
        let flight = self.flown;
        let life = self.nodes[node].life;
        let request = Rc::clone(&message);
        self.flights.insert(flight, Flight { node, life, collector, request, probe, purpose });
        let silence = Reply::Silence(Silence::Timeout);
        self.plan(ANSWER_WAIT_US, Happening::Replies { flight, reply: silence });
        if broken == Some(Break::Swallows) {
            self.stats.count("request lost in a partition");
            return;
        }
        if self.faults(self.weather.lost) {
            self.stats.count("request lost");
            if self.random.one_in(3) {
                let pause_us = self.random.between(1_000, ANSWER_WAIT_US);
                let reply = Reply::Silence(Silence::ConnectionLost);
                self.plan(pause_us, Happening::Replies { flight, reply });
            }
            return;
        }
        let copies = if self.faults(self.weather.copied) { 2 } else { 1 };
        for copy in 0..copies {
            if copy > 0 {
                self.stats.count("request duplicated");
            }
            let pause_us = self.weather.latency_us(&mut self.random);
            let request = Request { message: Rc::clone(&message), bytes: bytes.clone() };
            self.plan(pause_us, Happening::Arrives { flight, collector, sent_us: now_us, request });
        }
    }

    /// Sends what is at hand as bytes only.
    pub fn exchange_bytes(&mut self, node: usize, collector: usize, bytes: Bytes, purpose: Purpose) {
        match Request::read(bytes) {
            Some(request) => self.exchange(node, collector, request, purpose),
            None => self.not_sent(node, purpose, NotSent::NoRequest),
        }
    }

    pub fn arrives(&mut self, flight: u64, collector: usize, sent_us: i64, request: Request) {
        if !self.collectors[collector].up {
            self.stats.count("request lost at a collector that is down");
            return;
        }
        if self.now_us - sent_us > SIGNATURE_VALID_US {
            self.stats.count("request with a signature that is too old");
            return self.send_back(flight, collector, Reply::Silence(Silence::Status(401)));
        }
        let life = self.collectors[collector].life;
        let slow = self.faults(20);
        let pause_us = self.random.between(500, if slow { 28_000_000 } else { 60_000 });
        self.plan(pause_us, Happening::Treats { flight, collector, life, request });
    }

    pub fn treats(&mut self, flight: u64, collector: usize, life: u32, request: &Request) {
        if self.collectors[collector].life != life || !self.collectors[collector].up {
            self.stats.count("request lost by a collector that restarted");
            return;
        }
        if self.faults(self.weather.spoiled / 8) {
            self.stats.count("status 500 before anything was done");
            return self.send_back(flight, collector, Reply::Silence(Silence::Status(500)));
        }
        let business = self.store.business(self.now_us);
        let now = Now { business, us: self.now_us };
        let treated = self.collectors[collector].treat(request, now);
        let Some((message, recorded)) = treated else { return };
        if let Some(recorded) = recorded {
            self.recorded_by(collector, &recorded);
            self.perhaps_books_wrongly(collector, &recorded);
        }
        if self.faults(1) {
            self.stats.count("collector restarted between its record and its answer");
            return self.collector_ends(collector);
        }
        let message = self.odd_answer(message);
        let reply = Bytes::from(protocol::encode(&message));
        if self.faults(self.weather.spoiled) {
            self.stats.count("answer spoiled");
            let spoiled = spoil(&reply, &mut self.random);
            return self.send_back(flight, collector, spoiled);
        }
        self.send_back(flight, collector, Reply::Answer(reply));
    }

    /// Now and then a collector's program fails after it recorded, and says so.
    fn odd_answer(&mut self, mut message: protocol::Message) -> protocol::Message {
        if let protocol::Body::ClearingAnswer(answer) = &mut message.body
            && self.faults(4)
        {
            use domain::ResponseCode::{CollectorError, CounterDateWrong, Malformed};
            let code = *self.random.pick(&[CollectorError, CounterDateWrong, Malformed]);
            *answer = protocol::ClearingAnswer::Refused { code, reference: None };
            self.stats.count("signed answer that says nothing");
        }
        message
    }

    fn send_back(&mut self, flight: u64, collector: usize, reply: Reply) {
        if matches!(self.ways[collector].broken_at(self.now_us), Some(Break::Mutes | Break::Swallows)) {
            self.stats.count("answer lost in a partition");
            return;
        }
        if self.faults(self.weather.lost) {
            self.stats.count("answer lost");
            return;
        }
        let pause_us = self.weather.latency_us(&mut self.random);
        self.plan(pause_us, Happening::Replies { flight, reply });
    }

    pub fn replies(&mut self, flight: u64, reply: Reply) {
        let timeout = matches!(reply, Reply::Silence(Silence::Timeout));
        let Some(Flight { node, life, collector, request, probe, purpose }) = self.flights.remove(&flight)
        else {
            if !timeout {
                self.stats.count("answer that came late, twice or to a dead process");
            }
            return;
        };
        if !self.lives(node, life) {
            return;
        }
        let outcome = self.read_reply(&request, reply);
        let answered = matches!(outcome, Exchanged::Answered(_));
        self.nodes[node].circuits[collector].report(answered, probe, self.now_us);
        self.exchanged(node, purpose, outcome);
    }
}
