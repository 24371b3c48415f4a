//! Everything that there is, and the one loop that makes it happen.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use bytes::Bytes;
use collectors::{Directory, NotSent, Outcome as Exchanged, Silence, protocol};
use domain::{AccountId, CollectorNumber, Date, Timestamp};
use gateway::operations::Word;
use gateway::payment::Facts;
use gateway::payment::sending::Conclusion;
use gateway::{PaymentOrder, chart};
use ledger::{Commit, Committed, NewAccount, Refused};

use crate::cases::Case;
use crate::collector::Collector;
use crate::hub::{Batch, Delivery, Node, Purpose, Recording, count};
use crate::network::{ANSWER_WAIT_US, Break, Flight, Reply, Way, Weather, spoil};
use crate::payers::{Contract, Intent};
use crate::random::Random;
use crate::report::{Report, Stats, Violation};
use crate::settings::{Mistake, Settings};
use crate::store::{Store, payment_number};
use crate::trace::{Digest, NOTHING};

/// 2026-11-24 00:00 in Japan, a Tuesday: where every run begins.
const BEGINS: &str = "2026-11-24T00:00:00+09:00";
/// Days that a run may take to end what is open, after the last payer has gone.
const QUIET_DAYS_MAX: i64 = 12;

/// A request's signature counts for so long at the collector.
const SIGNATURE_VALID_US: i64 = 300_000_000;

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
        bytes: Bytes,
    },
    /// The collector has worked on it.
    Treats {
        flight: u64,
        collector: usize,
        life: u32,
        bytes: Bytes,
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
    },
}

/// How often things go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// A process ends at one in so many places.
    pub crash_at_a_place: u64,
    /// In a thousand transactions.
    pub lost_commit: u64,
}

pub(crate) struct World {
    pub settings: Settings,
    pub random: Random,
    /// Elapsed time, which is also the machine's and the database server's.
    pub now_us: i64,
    queue: crate::queue::Queue<Happening>,
    pub hub: gateway::Settings,
    pub store: Store,
    pub nodes: Vec<Node>,
    /// One process on an embedded database, not several on a server.
    pub embedded: bool,
    pub collectors: Vec<Collector>,
    pub places: HashMap<CollectorNumber, usize>,
    pub ways: Vec<Way>,
    pub weather: Weather,
    pub rates: Rates,
    pub flights: BTreeMap<u64, Flight>,
    flown: u64,
    pub contracts: Vec<Contract>,
    pub intents: BTreeMap<u64, Intent>,
    pub made_intents: u64,
    pub made_inquiries: u64,
    pub made_payments: u64,
    pub held_payments: u64,
    pub cases: BTreeMap<u64, Case>,
    /// The payment under each resend key, for as long as the payment is kept.
    pub keys: HashMap<String, u64>,
    /// The last day that was planned.
    pub day: Date,
    pub days: u64,
    /// Nobody pays any more, and nothing goes wrong.
    pub quiet: bool,
    pub quiet_days: i64,
    pub made_slips: u64,
    /// What each collector has cleared in all.
    pub cleared: Vec<i64>,
    /// Amounts and fees that were accepted for each collector and are not settled.
    pub accepted: Vec<(i64, i64)>,
    /// Which payment cleared which bill: collector, slip, bill.
    pub cleared_bills: HashMap<(usize, String, String), u64>,
    pub stats: Stats,
    pub digest: Digest,
    pub violation: Option<Box<Violation>>,
}

impl World {
    pub fn new(settings: Settings) -> Self {
        let parsed =
            (|| Some((Timestamp::parse_rfc3339(BEGINS)?, "MPN9999".parse().ok()?, "9999".parse().ok()?)))();
        let (begins, centre, bank) = parsed.unwrap_or_else(|| unreachable!("constants"));
        let mut random = Random::new(settings.seed);
        let rows = Directory::embedded();
        let rows = rows.all().iter().filter(|row| row.methods.online && row.available).cloned();
        let collectors: Vec<_> = rows.map(|row| Collector::new(row, settings.mistake)).collect();
        let mut store = Store::default();
        let hub = gateway::Settings::new(centre, bank);
        for row in &collectors {
            for account in chart::of_collector(&row.row, &hub.bank) {
                store.memory.open_account(&account);
            }
        }
        for account in chart::of_bank() {
            store.memory.open_account(&account);
        }
        store.memory.open_account(&NewAccount::internal(crate::payers::CASH, "現金"));
        let contracts = crate::payers::contracts(&mut random);
        for account in contracts.iter().flat_map(|contract| &contract.accounts) {
            store.memory.open_account(&NewAccount::deposit(*account, "預金"));
        }
        let by_number = collectors.iter().enumerate().map(|(i, c)| (c.row.number.clone(), i)).collect();
        let places = collectors.len();
        Self {
            random,
            now_us: begins.micros(),
            queue: crate::queue::Queue::new(),
            hub,
            store,
            nodes: (0..2).map(|_| Node::new(places)).collect(),
            embedded: false,
            ways: vec![Way::default(); places],
            collectors,
            places: by_number,
            weather: Weather::STORM,
            rates: Rates { crash_at_a_place: 150, lost_commit: 3 },
            flights: BTreeMap::new(),
            flown: 0,
            contracts,
            intents: BTreeMap::new(),
            made_intents: 0,
            made_inquiries: 0,
            made_payments: 0,
            held_payments: 0,
            cases: BTreeMap::new(),
            keys: HashMap::new(),
            day: begins.date().pred_opt().unwrap_or(Date::MIN),
            days: 0,
            quiet: false,
            quiet_days: 0,
            made_slips: 0,
            cleared: vec![0; places],
            accepted: vec![(0, 0); places],
            cleared_bills: HashMap::new(),
            stats: Stats::default(),
            digest: Digest::default(),
            violation: None,
            settings,
        }
    }

    /// Runs to the end, or to the first violation.
    pub fn run(mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, Box<Violation>> {
        for node in 0..self.nodes.len() {
            self.start_node(node);
        }
        self.plan(0, Happening::Day);
        while self.violation.is_none() && !self.is_over() {
            let Some((at_us, happening)) = self.queue.next() else { break };
            self.now_us = at_us;
            let day = matches!(happening, Happening::Day);
            self.happens(happening);
            if day {
                progress(self.held_payments, self.days);
            }
        }
        if self.violation.is_none() {
            self.check_at_the_end();
        }
        match self.violation.take() {
            Some(violation) => Err(violation),
            None => Ok(Report::of(&self)),
        }
    }

    fn is_over(&self) -> bool {
        let open = self.store.memory.open_work().next().is_some();
        self.quiet && self.quiet_days > 1 && (!open || self.quiet_days > QUIET_DAYS_MAX)
    }

    pub fn plan(&mut self, pause_us: i64, happening: Happening) {
        self.queue.plan(self.now_us.saturating_add(pause_us.max(0)), happening);
    }

    /// Whether a fault strikes that strikes this often in a thousand.
    pub fn faults(&mut self, per_mille: u64) -> bool {
        !self.quiet && self.random.per_mille(per_mille)
    }

    pub fn makes(&self, mistake: Mistake) -> bool {
        self.settings.mistake == Some(mistake)
    }

    /// Something happened to a payment.
    pub fn note(&mut self, payment: u64, what: &'static str, numbers: [i64; 2]) {
        let case = self.cases.entry(payment).or_default();
        case.touched_us = self.now_us;
        self.digest.note(&mut case.notes, self.now_us, what, numbers);
    }

    /// Something happened to nobody in particular.
    pub fn happened(&mut self, what: &'static str, numbers: [i64; 2]) {
        self.digest.event(self.now_us, what, numbers);
    }

    /// A process that runs, if any.
    pub fn some_node(&mut self) -> Option<usize> {
        let up: Vec<usize> = (0..self.nodes.len()).filter(|node| self.nodes[*node].up).collect();
        (!up.is_empty()).then(|| *self.random.pick(&up))
    }

    fn happens(&mut self, happening: Happening) {
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
            Happening::Arrives { flight, collector, sent_us, bytes } => {
                self.arrives(flight, collector, sent_us, bytes);
            }
            Happening::Treats { flight, collector, life, bytes } => {
                self.treats(flight, collector, life, &bytes);
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
            Happening::StaffDecides { payment, word } => self.staff_decides(payment, word),
        }
    }

    fn starts(&mut self, node: usize) {
        // an embedded database is served by one process
        if self.embedded && node > 0 {
            return;
        }
        self.start_node(node);
    }

    fn collector_ends(&mut self, collector: usize) {
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

/// The exchanges.
impl World {
    /// Sends a request and waits for what comes back.
    pub fn exchange(&mut self, node: usize, collector: usize, bytes: &Bytes, purpose: Purpose) {
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
        let Ok(request) = protocol::decode(bytes) else {
            return self.not_sent(node, purpose, NotSent::NoRequest);
        };
        if let Purpose::Delivery(delivery) = &purpose {
            self.check_sent(node, delivery, &request, bytes);
        }
        self.flown += 1;
        let flight = self.flown;
        let life = self.nodes[node].life;
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
            self.plan(
                pause_us,
                Happening::Arrives { flight, collector, sent_us: now_us, bytes: bytes.clone() },
            );
        }
    }

    fn arrives(&mut self, flight: u64, collector: usize, sent_us: i64, bytes: Bytes) {
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
        self.plan(pause_us, Happening::Treats { flight, collector, life, bytes });
    }

    fn treats(&mut self, flight: u64, collector: usize, life: u32, bytes: &Bytes) {
        if self.collectors[collector].life != life || !self.collectors[collector].up {
            self.stats.count("request lost by a collector that restarted");
            return;
        }
        if self.faults(self.weather.spoiled / 8) {
            self.stats.count("status 500 before anything was done");
            return self.send_back(flight, collector, Reply::Silence(Silence::Status(500)));
        }
        let business = self.store.business(self.now_us);
        let treated = self.collectors[collector].treat(bytes, business, self.now_us);
        let Some((message, recorded)) = treated else { return };
        if let Some(recorded) = recorded {
            self.recorded_by(collector, &recorded);
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

    fn replies(&mut self, flight: u64, reply: Reply) {
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

/// Money that moves beside payments.
impl World {
    /// Commits at once, for what no process of the hub does.
    pub fn commit_at_once(&mut self, commit: Commit) {
        let moment = ledger::memory::Moment { now: self.store.business(self.now_us), server_us: self.now_us };
        let mut writer = ledger::memory::Writer::new(uuid::Uuid::nil());
        let outcomes = self.store.memory.batch(&mut writer, &[commit], moment);
        if let Some(Err(refused)) = outcomes.into_iter().next() {
            self.fail("a plain commit is refused", 0, refused.to_string());
        }
    }

    pub fn held(&mut self, facts: &Rc<Facts>) {
        let number = payment_number(facts.id.uuid());
        self.held_payments += 1;
        self.stats.count("payment held");
        self.store.facts.insert(number, Rc::clone(facts));
        if let Some(other) = self.keys.insert(facts.message_key.clone(), number) {
            self.fail("two payments under one key", number, format!("the other is {other}"));
        }
    }

    pub fn balance(&self, account: AccountId) -> i64 {
        self.store.memory.account(account).map_or(0, ledger::Account::available)
    }
}
