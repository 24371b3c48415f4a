//! Settlement on both databases: payments are held and accepted by the hub's own steps, without a collector.

mod alarms;
mod crash;
mod properties;
mod queries;
mod windows;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use collectors::client::{Limits, Trust};
use collectors::protocol::{
    self, BillKey, Body, Channel, Clearing, ClearingAnswer, EntryKind, Header, Message,
};
use collectors::signature::SigningKey;
use collectors::{Client, Directory};
use database::testing::TestDatabase;
use domain::{
    AccountId, Bill, Clock, CollectorNumber, ContractId, Date, InquiryId, PaymentId, ResendKey, Serial,
    Timestamp, TransferId, UserId, Yen,
};
use ledger::{Commit, EntityId, GuardKey, Kind, Ledger, NewAccount, Transfer};

use super::{Looks, Settlement, WindowError};
use crate::inquiry::centre;
use crate::payment::history::Position;
use crate::payment::step::{self, Confirmation, Delivered, Evidence, Report};
use crate::payment::{Facts, store};
use crate::reconciliation::Summary;
use crate::service::day::Change;
use crate::service::{BothCounters, Counters, ServiceDay, ServiceState};
use crate::{Gateway, Operator, Settings};

const CASH: AccountId = AccountId::new(900);
const PAYER: AccountId = AccountId::new(1_001);
const DATA: &str = include_str!("../../../../collectors/data/collectors.toml");

/// A hub without a worker and without connections, whose clock stands still, and a payer with money.
pub(crate) struct World {
    test: TestDatabase,
    clock: Clock,
    pub(crate) gateway: Gateway,
    serial: AtomicU32,
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn number(text: &str) -> CollectorNumber {
    text.parse().unwrap()
}

fn staff() -> Operator {
    Operator::staff("7")
}

async fn hub(database: database::Database, clock: &Clock, directory: Directory) -> Gateway {
    let key = SigningKey::from_seed("hub-1", &[1; 32]).unwrap();
    let client = Client::new(key, HashMap::new(), &Trust::PlainHttp, &Limits::default()).unwrap();
    let settings = Settings::new("MPN9999".parse().unwrap(), "9999".parse().unwrap());
    let ledger = Ledger::start(database, clock.clone());
    Gateway::open(settings, ledger, directory, client).await.unwrap()
}

/// What the hub sends of a payment.
fn clearing(facts: &Facts) -> Message {
    let serial = facts.message_key.rsplit('/').next().unwrap().parse().unwrap();
    let key = ResendKey { centre: "MPN9999".parse().unwrap(), date: facts.receipt_date, serial };
    let clearing = Clearing {
        bill: BillKey {
            collector: facts.collector.clone(),
            customer_number: facts.customer_number.clone(),
            confirmation_number: "123456".parse().unwrap(),
            category: None,
        },
        bill_id: facts.bill.id.clone(),
        amount: facts.amount,
        fee: facts.fee,
        bank: "9999".parse().unwrap(),
        channel: facts.channel,
        entry_kind: EntryKind::Typed,
        receipt_date: facts.receipt_date,
        clear_by: None,
    };
    let header = Header::request(&key, centre(&facts.collector), facts.held_at);
    Message { header, body: Body::Clearing(clearing) }
}

/// The answer that makes a report, where one does.
fn answer(facts: &Facts, report: &Report) -> Evidence {
    let answer = match report {
        Report::Accepted { provisional, reference } => {
            ClearingAnswer::Normal { provisional: *provisional, reference: reference.clone() }
        }
        Report::Rejected(code) => ClearingAnswer::Refused { code: *code, reference: None },
        _ => return Evidence::default(),
    };
    let header = clearing(facts).header.answer(facts.held_at);
    let message = protocol::encode(&Message { header, body: Body::ClearingAnswer(answer) });
    Evidence { message: Some(message), signature: Some("mpn=::".to_owned()), request: None }
}

impl World {
    /// On Friday, 20 November 2026, at 10:00.
    pub(crate) async fn new(test: TestDatabase) -> Self {
        Self::with(test, Directory::embedded()).await
    }

    async fn with(test: TestDatabase, directory: Directory) -> Self {
        let clock = Clock::frozen(Timestamp::parse_rfc3339("2026-11-20T10:00:00+09:00").unwrap());
        let gateway = hub(test.database.clone(), &clock, directory).await;
        let ledger = gateway.ledger();
        ledger.open_account(&NewAccount::internal(CASH, "現金")).await.unwrap();
        ledger.open_account(&NewAccount::deposit(PAYER, "株式会社見本商事")).await.unwrap();
        let id = TransferId::generate();
        let memo = "入金".to_owned();
        let paid_in = Transfer { id, debit: CASH, credit: PAYER, amount: 1 << 50, kind: Kind::Posted, memo };
        ledger.commit(Commit { transfers: vec![paid_in], ..Commit::default() }).await.unwrap();
        Self { test, clock, gateway, serial: AtomicU32::new(1) }
    }

    /// Sets the clock.
    pub(crate) fn at(&self, text: &str) {
        self.clock.set_offset_us(Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap().micros());
    }

    fn today(&self) -> Date {
        self.clock.now().date()
    }

    fn facts(&self, collector: &str, amount: i64, fee: i64) -> Facts {
        let serial = Serial::new(self.serial.fetch_add(1, Ordering::SeqCst)).unwrap();
        let key = ResendKey { centre: "MPN9999".parse().unwrap(), date: self.today(), serial };
        let id = PaymentId::generate();
        let (amount, fee) = (Yen::new(amount), Yen::new(fee));
        Facts {
            id,
            contract: ContractId::generate(),
            user: UserId::generate(),
            account: PAYER,
            channel: Channel::InternetBanking,
            collector: number(collector),
            customer_number: "2013000123456789".parse().unwrap(),
            category: None,
            bill: Bill {
                id: "B1".parse().unwrap(),
                payer: "太郎".to_owned(),
                contents: "税".to_owned(),
                amount,
                fee,
                late_charge: Yen::ZERO,
                due: None,
                clear_by: None,
            },
            amount,
            fee,
            inquiry: InquiryId::generate(),
            link: None,
            hold: TransferId::generate(),
            fee_hold: (fee > Yen::ZERO).then(TransferId::generate),
            bill_guard: GuardKey(format!("bill|{id}")),
            message_key: key.to_string(),
            receipt_number: format!("{}-{serial}", key.date.format("%Y%m%d")),
            receipt_date: key.date,
            memo: "ペイジー".to_owned(),
            held_at: self.clock.now(),
        }
    }

    /// Holds the money of a payment today; the fence of its first delivery comes with it.
    async fn hold(&self, collector: &str, amount: i64, fee: i64) -> (Facts, i64) {
        let facts = self.facts(collector, amount, fee);
        let confirmation = Confirmation {
            guards: vec![facts.bill_guard.clone()],
            payload: protocol::encode(&clearing(&facts)),
            row: store::row(&facts).unwrap(),
            lease_s: 60,
            actor: staff(),
        };
        let step = step::confirm(&facts, confirmation, self.clock.now()).unwrap();
        let committed = self.gateway.ledger().commit(step.commit).await.unwrap();
        (facts, committed.fences[0])
    }

    async fn reports(&self, facts: &Facts, fence: i64, report: &Report) {
        let events = self.gateway.ledger().events(EntityId::from(facts.id)).await.unwrap();
        let delivered = Delivered {
            fence,
            delivery: 1,
            report,
            evidence: answer(facts, report),
            pause_s: 0,
            accepted_guard: None,
            concern: None,
        };
        let position = Position::of(&events).unwrap();
        let step = step::delivered(facts, position, delivered, self.clock.now()).unwrap().unwrap();
        self.gateway.ledger().commit(step.commit).await.unwrap();
    }

    async fn accept(&self, (facts, fence): &(Facts, i64)) {
        let reference = Some("R-1".parse().unwrap());
        self.reports(facts, *fence, &Report::Accepted { provisional: None, reference }).await;
    }

    /// A payment that is accepted today.
    pub(crate) async fn pay(&self, collector: &str, amount: i64, fee: i64) -> Facts {
        let held = self.hold(collector, amount, fee).await;
        self.accept(&held).await;
        held.0
    }

    /// The collector's day is open, closed, or compared with that many open breaks: by its own steps.
    pub(crate) async fn day_is(&self, collector: &str, date: &str, state: &str, breaks: u32) {
        let new = ServiceDay::new(number(collector), day(date));
        let known = self.gateway.service_day(&new.collector, new.date).await.unwrap();
        let mut current = known.unwrap_or(new);
        let counters = Counters::default();
        let both = BothCounters { at: self.clock.now(), hub: counters, collector: counters };
        let summary = Summary { after_close: true, open_breaks: breaks, ..Summary::default() };
        let steps = [
            (Change::Began, current.seq == 0),
            (Change::Opened, state == "open"),
            (Change::Closing { carry_forward: true }, state != "open" && !current.closing),
            (Change::Closed(both), state != "open" && current.state != ServiceState::Closed),
            (Change::Reconciled(summary), state == "reconciled"),
        ];
        for (change, _) in steps.iter().filter(|(_, wanted)| *wanted) {
            let taken = self.gateway.take_step(&current, change, &staff(), Commit::default()).await;
            current = taken.unwrap().unwrap();
        }
    }

    /// The collector's day, which is closed, was compared with this result.
    async fn compared(&self, collector: &str, date: &str, summary: Summary) {
        let found = self.gateway.service_day(&number(collector), day(date)).await.unwrap().unwrap();
        let change = Change::Reconciled(Summary { after_close: true, ..summary });
        let taken = self.gateway.take_step(&found, &change, &staff(), Commit::default()).await;
        taken.unwrap().unwrap();
    }

    /// The collector's days are closed and compared, and nothing is open.
    async fn days_are_done(&self, collector: &str, dates: &[&str]) {
        for date in dates {
            self.day_is(collector, date, "reconciled", 0).await;
        }
    }

    /// One look of the schedule.
    async fn settle(&self) {
        self.gateway.settle(&mut Looks::default()).await;
    }

    async fn close(&self, window: &str, collector: &str) -> Result<Settlement, WindowError> {
        let collector = number(collector);
        let outcomes = self.gateway.close_window(day(window), Some(&collector), &staff()).await.unwrap();
        let [outcome] = <[_; 1]>::try_from(outcomes).unwrap();
        assert_eq!(outcome.collector, collector);
        outcome.outcome
    }

    async fn settlement(&self, window: &str, collector: &str) -> Option<Settlement> {
        let id = super::state::id(&number(collector), day(window));
        self.gateway.settlement(id).await.unwrap()
    }

    async fn balance(&self, account: AccountId) -> i64 {
        self.gateway.ledger().internal_balance(account).await.unwrap().get()
    }

    async fn findings(&self) -> Vec<&'static str> {
        let (mut found, _) = self.gateway.audit().await.unwrap();
        found.extend(self.gateway.ledger().audit().await.unwrap());
        let mut checks: Vec<_> = found.into_iter().map(|finding| finding.check).collect();
        checks.sort_unstable();
        checks.dedup();
        checks
    }

    pub(crate) async fn assert_clean(&self) {
        assert_eq!(self.findings().await, [] as [&str; 0]);
    }
}
