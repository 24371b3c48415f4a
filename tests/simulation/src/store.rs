//! The one database that all processes of the hub share: the ledger's model, and the tables of the hub beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use bytes::Bytes;
use domain::{BreakId, Date, InquiryId, PaymentId, Timestamp, TransferId};
use gateway::Inquiry;
use gateway::decisions::breaks::Known;
use gateway::payment::Facts;
use gateway::payment::cancellation::Cancellation;
use gateway::payment::history::Position;
use gateway::payment::refund::Refund;
use gateway::reconciliation::BreakClass;
use gateway::service::ServiceDay;
use gateway::settlement::Settlement;
use ledger::memory::Memory;
use ledger::{EntityId, OutboxChange};
use uuid::Uuid;

/// Serials that a process reserves at once.
pub(crate) const BLOCK_SERIALS: u32 = 1_000;

#[derive(Default)]
pub(crate) struct Store {
    pub memory: Memory,
    /// The payment table.
    pub facts: BTreeMap<u64, Rc<Facts>>,
    /// The payments of each collector's days, by its place and the date.
    pub of_day: BTreeMap<(usize, Date), BTreeSet<u64>>,
    /// Each payment's events, folded; at its end they are folded anew and compared.
    pub positions: HashMap<EntityId, Position>,
    pub inquiries: BTreeMap<u64, Rc<Inquiry>>,
    serials: BTreeMap<Date, u32>,
    /// Business time, less the machine's.
    pub offset_us: i64,
    /// The cancellation table, by key.
    pub cancellations: BTreeMap<String, Rc<Cancellation>>,
    /// Every collector's days, by its place and the date.
    pub days: BTreeMap<(usize, Date), ServiceDay>,
    /// The breaks of every day: the open ones, and those that people resolved.
    pub breaks: BTreeMap<(usize, Date), Vec<FoundBreak>>,
    /// When the collector was asked for what the latest comparison of each day says.
    pub asked_us: BTreeMap<(usize, Date), i64>,
    /// The refund table, by payment.
    pub refunds: BTreeMap<u64, Refund>,
    /// The dates on which a collector got payments, whatever has become of them.
    pub receipts: BTreeSet<(usize, Date)>,
    /// Every collector's settlements, by its place and the window; beside each its advice and its transfers.
    pub settlements: BTreeMap<(usize, Date), Settlement>,
    pub advices: BTreeMap<(usize, Date), Bytes>,
    pub settlement_transfers: BTreeMap<(usize, Date), Vec<TransferId>>,
    /// Unreachable until then.
    pub down_until_us: i64,
    /// The claim of each piece of open work as its commits were answered: kept apart from the ledger, to check it.
    pub fences: HashMap<String, i64>,
}

/// A row of the breaks.
#[derive(Clone, Debug)]
pub(crate) struct FoundBreak {
    pub known: Known,
    /// The payment that it is about.
    pub payment: Option<u64>,
}

impl FoundBreak {
    /// Whether it holds what it is about until people resolve it or a comparison ends it.
    pub fn holds(&self) -> bool {
        !self.known.resolved && self.known.class != BreakClass::CarriedForward
    }
}

/// What a step of a day does to the breaks.
#[derive(Clone, Debug, Default)]
pub(crate) struct BreakRows {
    pub new: Vec<FoundBreak>,
    /// Not found any more.
    pub vanished: Vec<BreakId>,
    pub resolved: Option<BreakId>,
    /// What pays the payment back.
    pub refund: Option<Refund>,
    /// When the collector's word was asked for.
    pub asked_us: Option<i64>,
}

/// The id of a payment in this world.
pub(crate) fn payment_id(number: u64) -> PaymentId {
    PaymentId::from_uuid(Uuid::from_u128(number.into()))
}

/// The number of a payment in this world.
pub(crate) fn payment_number(uuid: Uuid) -> u64 {
    u64::try_from(uuid.as_u128()).unwrap_or(u64::MAX)
}

/// Days are entities too; their ids fill all bits.
pub(crate) fn is_payment(entity: EntityId) -> bool {
    u64::try_from(entity.0.as_u128()).is_ok()
}

pub(crate) fn inquiry_id(number: u64) -> InquiryId {
    InquiryId::from_uuid(Uuid::from_u128(number.into()))
}

impl Store {
    /// The first serial of a new block of a day.
    pub fn reserve_serials(&mut self, date: Date) -> u32 {
        let next = self.serials.entry(date).or_insert(1);
        let first = *next;
        *next += BLOCK_SERIALS;
        first
    }

    pub fn inquiry(&self, id: InquiryId) -> Option<&Rc<Inquiry>> {
        self.inquiries.get(&payment_number(id.uuid()))
    }

    /// Business time as the database's processes agree on it.
    pub fn business(&self, now_us: i64) -> Timestamp {
        Timestamp::from_micros(now_us + self.offset_us)
    }

    /// The breaks of a day that are open.
    pub fn open_breaks(&self, place: (usize, Date)) -> impl Iterator<Item = &FoundBreak> {
        self.breaks.get(&place).into_iter().flatten().filter(|found| !found.known.resolved)
    }

    /// Whether a break of a payment is open.
    pub fn is_broken(&self, place: (usize, Date), payment: u64) -> bool {
        self.open_breaks(place).any(|found| found.payment == Some(payment) && found.holds())
    }

    /// Writes what a step of a day does to its breaks.
    pub fn keep_breaks(&mut self, place: (usize, Date), rows: &BreakRows) {
        if let Some(asked_us) = rows.asked_us {
            self.asked_us.insert(place, asked_us);
        }
        if rows.new.is_empty() && rows.vanished.is_empty() && rows.resolved.is_none() {
            return;
        }
        let kept = self.breaks.entry(place).or_default();
        kept.retain(|found| !rows.vanished.contains(&found.known.id));
        for found in kept.iter_mut() {
            found.known.resolved |= rows.resolved == Some(found.known.id);
        }
        kept.extend(rows.new.iter().cloned());
    }

    /// Drops what is kept for a time only.
    pub fn forget_before(&mut self, date: Date, before: Timestamp) {
        self.inquiries.retain(|_, inquiry| inquiry.answered_at >= before);
        self.serials.retain(|day, _| *day >= date);
    }
}

/// The outbox key that a change names.
pub(crate) fn key_of(change: &OutboxChange) -> &str {
    match change {
        OutboxChange::Put { entry, .. } => &entry.key,
        OutboxChange::Claim { key, .. }
        | OutboxChange::Seize { key, .. }
        | OutboxChange::Release { key, .. }
        | OutboxChange::Finish { key, .. } => key,
    }
}
