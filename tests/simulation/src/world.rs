//! Everything that there is, and the one loop that makes it happen.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use collectors::Directory;
use domain::{AccountId, CollectorNumber, Date, Timestamp};
use gateway::chart;
use gateway::payment::Facts;
use gateway::service::ServiceDay;
use ledger::{Commit, NewAccount};

use crate::breaks::Wrong;
use crate::cases::Case;
use crate::checks::Paid;
use crate::collector::Collector;
use crate::happening::Happening;
use crate::hub::{Keeping, Node};
use crate::network::{Flight, Way, Weather};
use crate::payers::{Contract, Intent};
use crate::random::Random;
use crate::report::{Report, Stats, Violation};
use crate::settings::{Mistake, Settings};
use crate::store::{FoundBreak, Store, payment_number};
use crate::trace::{Digest, Notes, Recent};

/// 2026-11-24 00:00 in Japan, a Tuesday: where every run begins.
const BEGINS: &str = "2026-11-24T00:00:00+09:00";
/// Days that a run may take to end what is open, after the last payer has gone.
const QUIET_DAYS_MAX: i64 = 30;

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
    pub keeping: Vec<Keeping>,
    pub flights: BTreeMap<u64, Flight>,
    pub flown: u64,
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
    /// Amounts and fees that were accepted for each collector and not taken back.
    pub accepted: Vec<(i64, i64)>,
    /// What went over and was paid of it.
    pub paid: Vec<Paid>,
    /// What each account outside of the hub was paid.
    pub paid_to: BTreeMap<AccountId, i64>,
    /// Which payment cleared which bill: collector, slip, bill.
    pub cleared_bills: HashMap<(usize, String, String), u64>,
    /// What collectors have booked wrongly, by collector and date.
    pub wrong: BTreeMap<(usize, Date), Vec<Wrong>>,
    pub stats: Stats,
    pub digest: Digest,
    pub recent: Recent,
    /// What happened to each day of a collector, and to the window of that date.
    pub chronicle: BTreeMap<(usize, Date), Notes>,
    /// The day of a collector that is being checked.
    pub about: Option<(usize, Date)>,
    pub violation: Option<Box<Violation>>,
}

/// The collectors of the world: each kind, with and without 納付区分, hours and a typed amount. More of them would
/// spread the same payments thinner and meet nothing else.
const PLAYED: [&str; 6] = ["00200", "00500", "04000", "04100", "99022", "99090"];

impl World {
    pub fn new(settings: Settings) -> Self {
        let parsed =
            (|| Some((Timestamp::parse_rfc3339(BEGINS)?, "MPN9999".parse().ok()?, "9999".parse().ok()?)))();
        let (begins, centre, bank) = parsed.unwrap_or_else(|| unreachable!("constants"));
        let mut random = Random::new(settings.seed);
        let rows = Directory::embedded();
        let rows = rows.all().iter().filter(|row| PLAYED.contains(&row.number.as_str())).cloned();
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
            keeping: vec![Keeping::default(); places],
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
            paid: vec![Paid::default(); places],
            paid_to: BTreeMap::new(),
            cleared_bills: HashMap::new(),
            wrong: BTreeMap::new(),
            stats: Stats::default(),
            digest: Digest::default(),
            recent: Recent::default(),
            chronicle: BTreeMap::new(),
            about: None,
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
        if !self.quiet || self.quiet_days < 2 {
            return false;
        }
        let waits = |day: &ServiceDay| day.unfinished && day.date < self.day;
        let open = self.is_settling()
            || self.store.memory.open_work().next().is_some()
            || self.store.breaks.values().flatten().any(FoundBreak::holds)
            || self.store.days.values().any(waits);
        !open || self.quiet_days > QUIET_DAYS_MAX
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
        self.recent.add(payment, self.now_us, what, numbers);
    }

    /// Something happened to a day of a collector, or to the window of that date.
    pub fn note_date(&mut self, collector: usize, date: Date, what: &'static str, numbers: [i64; 2]) {
        let notes = self.chronicle.entry((collector, date)).or_default();
        self.digest.note(notes, self.now_us, what, numbers);
    }

    /// Something happened to nobody in particular.
    pub fn happened(&mut self, what: &'static str, numbers: [i64; 2]) {
        self.digest.event(self.now_us, what, numbers);
        self.recent.add(0, self.now_us, what, numbers);
    }

    /// A process that runs, if any.
    pub fn some_node(&mut self) -> Option<usize> {
        let up: Vec<usize> = (0..self.nodes.len()).filter(|node| self.nodes[*node].up).collect();
        (!up.is_empty()).then(|| *self.random.pick(&up))
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
        let day = (self.places[&facts.collector], facts.receipt_date);
        self.store.receipts.insert(day);
        self.store.of_day.entry(day).or_default().insert(number);
        self.store.facts.insert(number, Rc::clone(facts));
        if let Some(other) = self.keys.insert(facts.message_key.clone(), number) {
            self.fail("two payments under one key", number, format!("the other is {other}"));
        }
    }

    pub fn balance(&self, account: AccountId) -> i64 {
        self.store.memory.account(account).map_or(0, ledger::Account::available)
    }
}
