//! All that can happen, and who is told.

use std::rc::Rc;

use collectors::{NotSent, Outcome as Exchanged};
use domain::{BreakId, Date};
use gateway::PaymentOrder;
use gateway::operations::Word;
use gateway::payment::sending::Conclusion;
use ledger::{Committed, Refused};

use crate::hub::{Batch, Closing, Delivery, Purpose, Recording, count};
use crate::network::{Break, Reply, Request};
use crate::settings::Mistake;
use crate::trace::NOTHING;
use crate::world::World;

/// What happens next.
pub(crate) enum Happening {
    /// A day begins for the planners.
    Day,
    Inquires {
        intent: u64,
    },
    Confirms {
        order: Rc<PaymentOrder>,
        clicks: u32,
    },
    Reaches {
        batch: Box<Batch>,
    },
    Answered {
        batch: Box<Batch>,
        outcomes: Vec<Result<Committed, Refused>>,
        committed: bool,
    },
    Looks {
        node: usize,
        life: u32,
        at_us: i64,
    },
    Begins {
        node: usize,
        life: u32,
        delivery: Rc<Delivery>,
        over_us: i64,
    },
    Concludes {
        node: usize,
        life: u32,
        delivery: Rc<Delivery>,
        conclusion: Box<Conclusion>,
    },
    Unsent {
        node: usize,
        life: u32,
        purpose: Purpose,
        reason: NotSent,
    },
    Records {
        node: usize,
        life: u32,
        recording: Box<Recording>,
    },
    /// A request reaches its collector.
    Arrives {
        flight: u64,
        collector: usize,
        sent_us: i64,
        request: Request,
    },
    /// The collector has worked on it.
    Treats {
        flight: u64,
        collector: usize,
        life: u32,
        request: Request,
    },
    Replies {
        flight: u64,
        reply: Reply,
    },
    Starts {
        node: usize,
    },
    Ends {
        node: usize,
    },
    KeepsInStep {
        node: usize,
    },
    SetsTheClock {
        step_us: i64,
    },
    CollectorEnds {
        collector: usize,
    },
    CollectorStarts {
        collector: usize,
    },
    Breaks {
        collector: usize,
        how: Break,
        for_us: i64,
    },
    Stalls {
        collector: usize,
        for_us: i64,
    },
    DatabaseGone {
        for_us: i64,
    },
    /// The staff of the bank comes to work.
    StaffLooks,
    StaffActs {
        payment: u64,
        tries: u32,
    },
    StaffDecides {
        payment: u64,
        word: Word,
        /// The deliveries when the collector was asked.
        deliveries: i64,
    },
    /// The staff closes days whose payments have no outcome.
    StaffCloses,
    /// A teller has a counter payment taken back.
    Cancels {
        payment: u64,
    },
    /// Somebody looks after a break that a comparison found.
    StaffResolves {
        collector: usize,
        date: Date,
        found: BreakId,
    },
    /// Two people pay a payment back, after a comparison that was asked for then.
    StaffRefunds {
        collector: usize,
        date: Date,
        found: BreakId,
        asked_us: i64,
    },
    /// A collector puts its books right.
    Mends {
        collector: usize,
        date: Date,
        payment: u64,
    },
    /// Somebody compares a day of a collector by hand.
    StaffCompares {
        collector: usize,
    },
    /// Somebody looks after a collector's days.
    KeepsDays {
        collector: usize,
    },
    /// Somebody looks at what a collector is owed.
    Settles {
        collector: usize,
    },
    /// A process goes on with the close of a window.
    ClosesOn {
        node: usize,
        life: u32,
        closing: Box<Closing>,
    },
    /// A process tells a collector once more what it is paid for a window.
    Advises {
        node: usize,
        life: u32,
        collector: usize,
        window: Date,
    },
}

impl World {
    pub fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Day => self.new_day(),
            Happening::Inquires { intent } => match self.some_node() {
                Some(node) => self.inquire(node, intent),
                None => self.inquiry_failed(intent),
            },
            Happening::Confirms { order, clicks } => self.clicks(&order, clicks),
            Happening::Reaches { batch } => self.reaches(batch),
            Happening::Answered { batch, outcomes, committed } => self.answered(*batch, outcomes, committed),
            Happening::Looks { node, life, at_us } => self.look(node, life, at_us),
            Happening::Begins { node, life, delivery, over_us } if self.lives(node, life) => {
                self.attempt(node, &delivery, over_us);
            }
            Happening::Unsent { node, life, purpose, reason } if self.lives(node, life) => {
                self.exchanged(node, purpose, Exchanged::NotSent(reason));
            }
            Happening::Records { node, life, recording } if self.lives(node, life) => {
                self.record(node, *recording);
            }
            Happening::Concludes { node, life, delivery, conclusion } if self.lives(node, life) => {
                self.conclude(node, &delivery, *conclusion);
            }
            Happening::Concludes { .. } => {}
            Happening::Begins { .. } | Happening::Unsent { .. } | Happening::Records { .. } => {}
            Happening::Arrives { flight, collector, sent_us, request } => {
                self.arrives(flight, collector, sent_us, request);
            }
            Happening::Treats { flight, collector, life, request } => {
                self.treats(flight, collector, life, &request);
            }
            Happening::Replies { flight, reply } => self.replies(flight, reply),
            Happening::Starts { node } if !self.nodes[node].up => self.starts(node),
            Happening::Ends { node } if self.nodes[node].up => {
                self.crash_node(node, "crash at any moment");
            }
            Happening::Starts { .. } | Happening::Ends { .. } => {}
            Happening::KeepsInStep { node } => self.keep_in_step(node),
            Happening::SetsTheClock { step_us } => {
                if let Some(node) = self.some_node() {
                    self.set_clock(node, step_us);
                    self.stats.count(if step_us < 0 { "clock set back" } else { "clock set forward" });
                }
            }
            Happening::CollectorEnds { collector } => self.collector_ends(collector),
            Happening::CollectorStarts { collector } => self.collectors[collector].up = true,
            Happening::Breaks { collector, how, for_us } => {
                self.ways[collector].broken = Some((how, self.now_us + for_us));
                self.stats.count(match how {
                    Break::Refuses => "partition that refuses connections",
                    Break::Swallows => "partition that swallows requests",
                    Break::Mutes => "partition that swallows answers",
                });
                self.happened("a way breaks", [count(collector), for_us]);
            }
            Happening::Stalls { collector, for_us } => {
                self.collectors[collector].stalled_until_us = self.now_us + for_us;
                self.stats.count("collector that says it is not open");
            }
            Happening::DatabaseGone { for_us } => {
                self.store.down_until_us = self.now_us + for_us;
                self.stats.count("database unreachable");
            }
            Happening::StaffLooks => self.staff_looks(),
            Happening::StaffActs { payment, tries } => self.staff_acts(payment, tries),
            Happening::StaffDecides { payment, word, deliveries } => {
                self.staff_decides(payment, word, deliveries);
            }
            Happening::StaffCloses => self.staff_closes(),
            Happening::StaffResolves { collector, date, found } => {
                self.staff_resolves(collector, date, found);
            }
            Happening::StaffRefunds { collector, date, found, asked_us } => {
                self.staff_refunds(collector, date, found, asked_us);
            }
            Happening::Mends { collector, date, payment } => self.mend((collector, date), payment),
            Happening::StaffCompares { collector } => self.staff_compares(collector),
            Happening::Cancels { payment } => self.cancel(payment),
            Happening::KeepsDays { collector } => self.keep_days(collector),
            Happening::Settles { collector } => self.settle(collector),
            Happening::ClosesOn { node, life, closing } if self.lives(node, life) => {
                self.go_on(node, *closing);
            }
            Happening::ClosesOn { .. } => {}
            Happening::Advises { node, life, collector, window } => {
                self.advise(node, life, collector, window);
            }
        }
    }

    fn starts(&mut self, node: usize) {
        // an embedded database is served by one process
        if self.embedded && node > 0 {
            return;
        }
        self.start_node(node);
    }

    pub fn collector_ends(&mut self, collector: usize) {
        let forgets = self.makes(Mistake::CollectorForgets);
        let one = &mut self.collectors[collector];
        one.up = false;
        one.life += 1;
        if forgets {
            one.records.pop_last();
        }
        self.stats.count("collector restarted");
        self.happened("a collector ends", [count(collector), NOTHING]);
        let pause_us = self.random.between(500_000, 90_000_000);
        self.plan(pause_us, Happening::CollectorStarts { collector });
    }
}
