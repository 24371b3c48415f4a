//! The steps of a payment on a small model of the ledger: what is promised is checked after every step.

mod cancellation;
mod properties;
mod record;
mod sending;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use collectors::SentRequest;
use collectors::protocol::Channel;
use domain::payment::State;
use domain::{
    AccountId, Bill, BreakId, ContractId, Date, InquiryId, PaymentId, ResponseCode, Timestamp, TransferId,
    UserId, Yen,
};
use ledger::{Commit, Event, GuardKey, Kind, OutboxChange};

use super::cancellation::{self as steps, Cancellation};
use super::history::{Position, Word};
use super::manual::{self, Decision, FourEyes, NotNow, Work};
use super::refund::{self, Refund};
use super::step::{self, Claim, Confirmation, Delivered, Effect, Evidence, Report, SendWindow};
use super::{Facts, StoreError, store};
use crate::Operator;

const HELD_WAIT_S: i64 = 120;

/// The open work of the payment, or of its cancellation.
struct Row {
    key: String,
    fence: i64,
    delivery: i64,
    leased: bool,
    claimed_at: Timestamp,
}

/// A delivery that was claimed.
#[derive(Clone, Copy, Debug)]
struct Claimed {
    fence: i64,
    delivery: i64,
    repeat: bool,
    /// Which of the cancellations, where it is not the clearing.
    of: Option<usize>,
}

/// One payment in a ledger that knows nothing else.
struct Walk {
    facts: Facts,
    now: Timestamp,
    collector_is_open: bool,
    events: Vec<Event>,
    row: Option<Row>,
    holds: BTreeSet<TransferId>,
    endings: BTreeMap<TransferId, Kind>,
    guards: BTreeSet<GuardKey>,
    claims: Vec<Claimed>,
    cancellations: Vec<Cancellation>,
    /// Transfers that gave money back.
    returned: BTreeSet<TransferId>,
    /// Every transfer, once.
    transfers: BTreeSet<TransferId>,
    /// Events and audit records as they were written, one a line.
    written: Vec<String>,
    /// What the world knows and the hub may only guess.
    bytes_left: bool,
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("2026-11-{text}+09:00")).unwrap()
}

fn facts(held_at: Timestamp, clear_by: Option<Date>) -> Facts {
    Facts {
        id: PaymentId::generate(),
        contract: ContractId::generate(),
        user: UserId::generate(),
        account: AccountId::new(1),
        channel: Channel::InternetBanking,
        collector: "00200".parse().unwrap(),
        customer_number: "2013000123456789".parse().unwrap(),
        category: None,
        bill: Bill {
            id: "B1".parse().unwrap(),
            payer: "太郎".to_owned(),
            contents: "税".to_owned(),
            amount: Yen::new(1_000),
            fee: Yen::new(110),
            late_charge: Yen::ZERO,
            due: None,
            clear_by,
        },
        amount: Yen::new(1_000),
        fee: Yen::new(110),
        inquiry: InquiryId::generate(),
        link: None,
        hold: TransferId::generate(),
        fee_hold: Some(TransferId::generate()),
        bill_guard: GuardKey("bill|B1".to_owned()),
        message_key: "MPN9999/2026-11-24/00000001".to_owned(),
        receipt_number: "20261124-00000001".to_owned(),
        receipt_date: held_at.date(),
        memo: "ペイジー".to_owned(),
        held_at,
    }
}

fn accepted() -> Report {
    Report::Accepted { provisional: None, reference: None }
}

fn rejected() -> Report {
    Report::Rejected(ResponseCode::AmountDiffers)
}

/// A001: bytes left, and the collector looked at nothing.
fn not_open() -> Report {
    Report::NotApplied { sent: true, code: Some(ResponseCode::NotOpen), reason: String::new() }
}

fn unsent() -> Report {
    Report::NotApplied { sent: false, code: None, reason: String::new() }
}

fn silent() -> Report {
    Report::Unknown { reason: String::new() }
}

fn eyes() -> FourEyes {
    let (maker, checker) = (Operator::staff(1), Operator::staff(2));
    FourEyes { maker, checker, reason: "照会済み".to_owned() }
}

impl Walk {
    /// The payer has confirmed.
    fn begin(held_at: Timestamp, clear_by: Option<Date>) -> Self {
        Self::of(facts(held_at, clear_by))
    }

    /// A teller has confirmed for the payer.
    fn at_counter(held_at: Timestamp) -> Self {
        Self::of(Facts { channel: Channel::Counter, ..facts(held_at, None) })
    }

    fn of(facts: Facts) -> Self {
        let held_at = facts.held_at;
        let confirmation = Confirmation {
            guards: vec![facts.bill_guard.clone(), GuardKey("otp|1|2".to_owned())],
            payload: b"clearing".to_vec(),
            row: store::row(&facts).unwrap(),
            lease_s: 60,
            actor: Operator::staff(7),
        };
        let step = step::confirm(&facts, confirmation, held_at).unwrap();
        let mut walk = Self {
            facts,
            now: held_at,
            collector_is_open: true,
            events: Vec::new(),
            row: None,
            holds: BTreeSet::new(),
            endings: BTreeMap::new(),
            guards: BTreeSet::new(),
            claims: Vec::new(),
            cancellations: Vec::new(),
            returned: BTreeSet::new(),
            transfers: BTreeSet::new(),
            written: Vec::new(),
            bytes_left: false,
        };
        assert_eq!(step.effect, Effect::Deliver { delivery: 1, repeat: false });
        let kept: Vec<_> = step.commit.events.iter().map(|e| e.message.as_deref()).collect();
        assert_eq!(kept, [None, Some(&b"clearing"[..])], "what is sent is kept with the claim");
        walk.commit(step.commit).unwrap();
        walk.claims.push(Claimed { fence: walk.fence(), delivery: 1, repeat: false, of: None });
        walk.check();
        walk
    }

    fn position(&self) -> Position {
        Position::of(&self.events).unwrap()
    }

    fn state(&self) -> State {
        self.position().state
    }

    fn fence(&self) -> i64 {
        self.row.as_ref().unwrap().fence
    }

    fn window(&self) -> SendWindow {
        SendWindow { held_wait_s: HELD_WAIT_S, collector_is_open: self.collector_is_open }
    }

    /// The lease runs out: the sender died, or hears nothing.
    fn lose_lease(&mut self) {
        if let Some(row) = &mut self.row {
            row.leased = false;
        }
    }

    /// What the sender's look at open work does: `clearing`, `resend`, the new state, `none` or `leased`.
    fn sweep(&mut self) -> String {
        let Some(row) = &self.row else { return "none".to_owned() };
        if row.leased {
            return "leased".to_owned();
        }
        let claim = Claim { fence: row.fence, delivery: row.delivery, lease_s: 60, window: self.window() };
        let of = self.cancelling();
        let step = match of.map(|of| &self.cancellations[of]) {
            None => step::resume(&self.facts, self.position(), claim, self.now),
            Some(cancellation) => steps::resume(&self.facts, self.position(), cancellation, claim, self.now),
        };
        let Some(step) = step.unwrap() else { return "none".to_owned() };
        self.commit(step.commit).unwrap();
        assert_eq!(self.state(), step.state);
        self.check();
        let Effect::Deliver { delivery, repeat } = step.effect else { return self.stands(of) };
        self.claims.push(Claimed { fence: self.fence(), delivery, repeat, of });
        match (repeat, of) {
            (true, _) => "resend".to_owned(),
            (false, None) => "clearing".to_owned(),
            (false, Some(_)) => "cancellation".to_owned(),
        }
    }

    /// The cancellation that the open work is of.
    fn cancelling(&self) -> Option<usize> {
        let key = &self.row.as_ref()?.key;
        self.cancellations.iter().position(|cancellation| cancellation.key == *key)
    }

    /// The state of what a claim is of.
    fn stands(&self, of: Option<usize>) -> String {
        match (of, self.position().cancellation()) {
            (Some(_), Some(cancellation)) => cancellation.to_string(),
            _ => self.state().to_string(),
        }
    }

    /// A teller has the payment cancelled: `cancellation`, or why not.
    fn cancel(&mut self) -> String {
        let position = self.position();
        if let Err(refused) = steps::may_request(&self.facts, &position, self.collector_is_open, self.now) {
            return refused.code().to_owned();
        }
        let serial = domain::Serial::new(u32::try_from(self.cancellations.len()).unwrap() + 2).unwrap();
        let centre = "MPN9999".parse().unwrap();
        let key = domain::ResendKey { centre, date: self.now.date(), serial };
        let cancellation = Cancellation::new(&self.facts, &key, &Operator::staff(7), self.now);
        let row = store::cancellation_row(&cancellation);
        let payload = b"cancellation".to_vec();
        let step = steps::request(&self.facts, position, &cancellation, payload, row, 60).unwrap();
        self.cancellations.push(cancellation);
        self.commit(step.commit).unwrap();
        self.check();
        assert_eq!(step.effect, Effect::Deliver { delivery: 1, repeat: false });
        let of = self.cancelling();
        self.claims.push(Claimed { fence: self.fence(), delivery: 1, repeat: false, of });
        "cancellation".to_owned()
    }

    fn work(&self) -> Option<Work> {
        let row = self.row.as_ref()?;
        Some(Work {
            key: row.key.clone(),
            fence: row.fence,
            delivery: row.delivery,
            left_s: if row.leased { 60 } else { 0 },
            since_claim_s: self.now.seconds_since(row.claimed_at),
        })
    }

    /// An operator has it asked for again: `resend`, or why not.
    fn manual(&mut self) -> String {
        let Some(work) = self.work() else { return "over".to_owned() };
        let settings = crate::Settings {
            resend_interval_s: 0,
            ..crate::Settings::new("MPN9999".parse().unwrap(), "9999".parse().unwrap())
        };
        if let Err(refused) = manual::may_resend(&settings, &self.facts, &self.position(), &work) {
            return refused.code().to_owned();
        }
        let operator = Operator::staff(1);
        let step = manual::resend(&self.facts, self.position(), &work, 60, &operator, self.now).unwrap();
        self.commit(step.commit).unwrap();
        self.check();
        let Effect::Deliver { delivery, repeat } = step.effect else { panic!("no delivery") };
        assert!(repeat, "a person never sends a first clearing");
        self.claims.push(Claimed { fence: self.fence(), delivery, repeat, of: self.cancelling() });
        "resend".to_owned()
    }

    /// Two people bring the collector's word: the new state, or why not.
    fn decide(&mut self, word: Word) -> String {
        let Some(work) = self.work() else { return "over".to_owned() };
        if let Err(refused) = manual::may_decide(&self.facts, &self.position(), &work, word, work.delivery) {
            return refused.code().to_owned();
        }
        let of = self.cancelling();
        let decision = Decision {
            word,
            eyes: &eyes(),
            cancellation: of.map(|of| &self.cancellations[of]),
            accepted_guard: None,
        };
        let step = manual::decide(&self.facts, self.position(), &work, decision, self.now).unwrap();
        self.commit(step.commit).unwrap();
        self.check();
        self.stands(of)
    }

    /// Two people pay it back, because the collector's books lack it: the new state, or `impossible`.
    fn refund(&mut self) -> String {
        let FourEyes { maker, checker, .. } = eyes();
        let refund = Refund {
            payment: self.facts.id,
            found: BreakId::from_uuid(uuid::Uuid::from_u128(7)),
            at: self.now,
            maker,
            checker,
            reversal: TransferId::generate(),
            fee_reversal: self.facts.fee_hold.map(|_| TransferId::generate()),
        };
        match refund::refund(&self.facts, self.position(), &refund, false) {
            Ok(step) => {
                assert_eq!(step.effect, Effect::Rest);
                self.commit(step.commit).unwrap();
                self.check();
                self.state().to_string()
            }
            Err(_) => "impossible".to_owned(),
        }
    }

    /// A sender records what became of its claim: the new state, `fenced`, `nothing`, `late` or `alarm`.
    fn report(&mut self, claim: Claimed, report: &Report) -> String {
        self.bytes_left |= claim.of.is_none() && *report != unsent();
        let before = self.position();
        let delivered = Delivered {
            fence: claim.fence,
            delivery: claim.delivery,
            report,
            evidence: Evidence {
                request: Some(SentRequest { path: "/mpn".to_owned(), signature: "ours".to_owned() }),
                message: Some(vec![1]),
                signature: Some("theirs".to_owned()),
            },
            pause_s: 30,
            accepted_guard: None,
            concern: None,
        };
        let step = match claim.of.map(|of| &self.cancellations[of]) {
            None => step::delivered(&self.facts, before, delivered, self.now),
            Some(c) => steps::delivered(&self.facts, before, c, delivered, self.now),
        };
        let step = match step {
            Ok(Some(step)) => step,
            Ok(None) => return "nothing".to_owned(),
            Err(StoreError::Corrupt(_)) => return "alarm".to_owned(),
            Err(error) => panic!("{error}"),
        };
        let is_incident = step.is_incident();
        if let Err(refused) = self.commit(step.commit) {
            return refused.to_owned();
        }
        self.check();
        if is_incident { "late".to_owned() } else { self.stands(claim.of) }
    }

    /// All or nothing, as the group commit does it.
    fn commit(&mut self, commit: Commit) -> Result<(), &'static str> {
        for change in &commit.outbox {
            let own = match change {
                OutboxChange::Put { .. } => self.row.is_none(),
                OutboxChange::Claim { fence, .. } => {
                    self.row.as_ref().is_some_and(|r| r.fence == *fence && !r.leased)
                }
                OutboxChange::Seize { fence, .. }
                | OutboxChange::Release { fence, .. }
                | OutboxChange::Finish { fence, .. } => self.row.as_ref().is_some_and(|r| r.fence == *fence),
            };
            if !own {
                return Err("fenced");
            }
        }
        for event in commit.events {
            self.written.push(record::event(&event));
            assert_eq!(event.seq, i64::try_from(self.events.len()).unwrap() + 1, "in order");
            self.events.push(Event {
                entity: event.entity,
                seq: event.seq,
                kind: event.kind.to_owned(),
                at: event.at,
                body: event.body,
            });
        }
        for (key, _) in commit.guards {
            assert!(self.guards.insert(key), "a guard is taken once");
        }
        for key in &commit.release {
            assert!(self.guards.remove(key), "what is given back was taken");
        }
        self.written.extend(commit.audit.iter().map(record::audit));
        for transfer in commit.transfers {
            assert!(self.transfers.insert(transfer.id), "a transfer has an id of its own");
            match transfer.kind {
                Kind::Pending => assert!(self.holds.insert(transfer.id)),
                Kind::PostPending(hold) | Kind::VoidPending(hold) => {
                    assert!(self.holds.contains(&hold));
                    assert_eq!(self.endings.insert(hold, transfer.kind), None, "a hold ends once");
                }
                Kind::Posted => {
                    assert_eq!(transfer.credit, self.facts.account, "money only goes back without a hold");
                    assert!(self.returned.insert(transfer.id));
                }
            }
        }
        for change in commit.outbox {
            let fence = self.events.len();
            let fence = i64::try_from(fence).unwrap();
            match (change, &mut self.row) {
                (OutboxChange::Put { entry, lease_s }, row) => {
                    let (key, leased) = (entry.key, lease_s.is_some());
                    *row = Some(Row { key, fence, delivery: 1, leased, claimed_at: self.now });
                }
                (OutboxChange::Claim { .. } | OutboxChange::Seize { .. }, Some(row)) => {
                    row.fence = fence;
                    row.delivery += 1;
                    (row.leased, row.claimed_at) = (true, self.now);
                }
                (OutboxChange::Release { .. }, Some(row)) => row.leased = false,
                (OutboxChange::Finish { .. }, row) => *row = None,
                (_, None) => panic!("no open work"),
            }
        }
        Ok(())
    }

    /// What is true between any two steps.
    fn check(&self) {
        let state = self.state();
        let cancelling = self.position().cancellation().is_some_and(domain::payment::Cancellation::is_open);
        assert_eq!(
            self.row.is_some(),
            state.is_open() || cancelling,
            "{state}: open work exactly while open"
        );
        assert_eq!(self.holds.len(), 2);
        for hold in &self.holds {
            let right = match self.endings.get(hold) {
                None => state.is_open(),
                Some(Kind::PostPending(_)) => {
                    matches!(state, State::Accepted | State::Cancelled | State::Refunded)
                }
                Some(Kind::VoidPending(_)) => matches!(state, State::Rejected | State::Voided),
                Some(_) => false,
            };
            assert!(right, "{state}: {:?}", self.endings);
        }
        let went_back = matches!(state, State::Cancelled | State::Refunded);
        let returned = if went_back { 2 } else { 0 };
        assert_eq!(self.returned.len(), returned, "{state}: amount and fee go back once");
        let owed = self.guards.iter().any(|key| key.0.starts_with("owed|"));
        assert_eq!(owed, state == State::Accepted && !cancelling, "{state}: owed to the collector");
        let guarded = self.guards.contains(&self.facts.bill_guard);
        let is_free = went_back || matches!(state, State::Rejected | State::Voided);
        assert_eq!(guarded, !is_free, "{state}: the bill's guard");
        assert!(state != State::Voided || !self.bytes_left, "voided after bytes had left");
    }
}

#[test]
fn four_eyes_are_two_people_and_a_reason() {
    let with = |checker: u32, reason: &str| {
        FourEyes { checker: Operator::staff(checker), reason: reason.to_owned(), ..eyes() }.check()
    };
    assert_eq!(with(2, "電話で確認"), Ok(()));
    assert_eq!(with(1, "電話で確認"), Err(NotNow::SamePerson));
    for bad in ["", " \u{3000}", "a\nb", "\u{7f}", &"あ".repeat(201)] {
        assert_eq!(with(2, bad), Err(NotNow::BadReason), "{bad:?}");
    }
    assert_eq!(with(2, &"あ".repeat(200)), Ok(()));
}

#[test]
fn an_answer_that_says_nothing_raises_its_alarm_in_its_own_commit() {
    let walk = Walk::begin(time("24T10:00:00"), None);
    let concern = super::sending::Concern {
        kind: crate::AlarmKind::KeyReused,
        reason: "the collector holds another body".to_owned(),
    };
    let delivered = |report| Delivered {
        fence: walk.fence(),
        delivery: 1,
        report,
        evidence: Evidence::default(),
        pause_s: 30,
        accepted_guard: None,
        concern: Some(&concern),
    };
    let report = silent();
    let step = step::delivered(&walk.facts, walk.position(), delivered(&report), walk.now).unwrap().unwrap();
    let alarms =
        |step: &step::Step| step.commit.rows_if_free.iter().map(|r| r.table.name).collect::<Vec<_>>();
    assert_eq!((step.state, alarms(&step)), (State::Unknown, vec!["alarm"]));
    // also when somebody has decided the payment meanwhile
    let mut over = walk.position();
    over.state = State::Accepted;
    let step = step::delivered(&walk.facts, over, delivered(&report), walk.now).unwrap().unwrap();
    assert!(step.commit.events.is_empty() && step.commit.transfers.is_empty());
    assert_eq!((step.state, alarms(&step)), (State::Accepted, vec!["alarm"]));
}
