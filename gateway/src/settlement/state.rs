//! Where the settlement of one window of one collector stands, and what may happen to it. Pure.
//!
//! A settlement is an entity of the ledger's event log: each step is one commit that appends one event, and the event's
//! body is the whole settlement after it. Of two processes that take a step at the same time one is told that the
//! settlement has moved on, so nothing is moved twice.

use collectors::Collector;
use collectors::directory::{PayerFees, Receiver};
use collectors::protocol::{BankCode, Reference};
use domain::{AccountId, CollectorNumber, Date, SettlementId, Timestamp, TransferId, Yen};
use ledger::EntityId;
use serde::{Deserialize, Serialize};

use super::window;
use crate::{StoreError, chart};

/// Where a settlement stands. It only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettlementState {
    /// The window closes: its payments go over part by part.
    Closing,
    /// The window is closed and had no payment.
    Empty,
    /// The window is closed; the net payment is due on its pay date.
    Due,
    /// The net payment is posted.
    Paid,
}

impl SettlementState {
    /// Every one, in order.
    pub const ALL: [Self; 4] = [Self::Closing, Self::Empty, Self::Due, Self::Paid];

    /// The word of the API and the event log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closing => "closing",
            Self::Empty => "empty",
            Self::Due => "due",
            Self::Paid => "paid",
        }
    }
}

impl std::fmt::Display for SettlementState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// 資金決済通知: whether the collector knows of the net payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceState {
    /// There is nothing to tell, or not yet.
    None,
    /// It is sent until it is answered.
    Open,
    /// The collector took note.
    Answered,
    /// The collector holds another content under the number: for people.
    Conflict,
}

impl AdviceState {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Conflict => "conflict",
        }
    }
}

/// How many payments, and their sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sums {
    /// Payments.
    pub count: u32,
    /// Their amounts.
    pub amount: Yen,
    /// Their fees.
    pub fee: Yen,
}

impl Sums {
    /// Both together; `None` where that does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            count: self.count.checked_add(other.count)?,
            amount: self.amount.checked_add(other.amount)?,
            fee: self.fee.checked_add(other.fee)?,
        })
    }
}

/// The settlement of one window of one collector, and the net payment that it makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The collector.
    pub collector: CollectorNumber,
    /// The business day whose window it is.
    pub window: Date,
    /// The events so far; the next one's number is one more.
    #[serde(skip)]
    pub(crate) seq: i64,
    /// Who receives the money, as the terms were when the close began.
    pub receiver: Receiver,
    /// The account that the net payment is credited to.
    pub account: AccountId,
    /// Business days from the window to the pay date.
    pub lag_business_days: u8,
    /// Where the payers' fees go.
    pub payer_fees: PayerFees,
    /// Where it stands.
    pub state: SettlementState,
    /// The parts in which the payments went over.
    pub parts: i64,
    /// The payments that went over.
    pub sums: Sums,
    /// When the close began.
    pub began_at: Timestamp,
    /// When the window was closed.
    pub closed_at: Option<Timestamp>,
    /// When the net payment is due, where there is one.
    pub pay_date: Option<Date>,
    /// The transfer that pays it, or will.
    pub transfer: Option<TransferId>,
    /// When it was posted.
    pub paid_at: Option<Timestamp>,
    /// Whether the collector knows.
    pub advice: AdviceState,
}

/// What happened to a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The close begins.
    Began,
    /// Some payments went over.
    Part(Sums),
    /// Nothing is left. The transfer is the one that will pay.
    Closed(TransferId),
    /// The collector took note.
    Advised,
    /// The collector holds another content.
    Contradicted,
    /// The net payment is posted.
    Paid,
}

impl Change {
    /// The kind's word in the event log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Began => "settlement_began",
            Self::Part(_) => "settlement_part",
            Self::Closed(_) => "settlement_closed",
            Self::Advised => "settlement_advised",
            Self::Contradicted => "settlement_contradicted",
            Self::Paid => "settlement_paid",
        }
    }
}

impl Settlement {
    /// Before its first event, with the collector's terms of today.
    pub fn new(collector: &Collector, window: Date, own_bank: &BankCode) -> Self {
        let terms = &collector.settlement;
        Self {
            collector: collector.number.clone(),
            window,
            seq: 0,
            receiver: terms.receiver.clone(),
            account: chart::beneficiary(collector, own_bank),
            lag_business_days: terms.lag_business_days,
            payer_fees: terms.payer_fees,
            state: SettlementState::Closing,
            parts: 0,
            sums: Sums::default(),
            began_at: Timestamp::default(),
            closed_at: None,
            pay_date: None,
            transfer: None,
            paid_at: None,
            advice: AdviceState::None,
        }
    }

    /// Its id: always the same for the same collector and window.
    pub fn id(&self) -> SettlementId {
        id(&self.collector, self.window)
    }

    /// The settlement in the event log.
    pub fn entity(&self) -> EntityId {
        EntityId(self.id().uuid())
    }

    /// The bank's number of the net payment, which the collector is told: `20261124-00200`.
    pub fn number(&self) -> String {
        number(&self.collector, self.window)
    }

    pub(crate) fn reference(&self) -> Result<Reference, StoreError> {
        StoreError::parse(&self.number())
    }

    /// What the net payment is for: the amounts, and the fees where they go along.
    pub fn payable(&self) -> Yen {
        self.payable_of(self.sums)
    }

    /// Whether it may be posted on this day.
    pub fn is_payable_on(&self, today: Date) -> bool {
        self.state == SettlementState::Due && self.pay_date.is_some_and(|due| due <= today)
    }

    pub(crate) fn payable_of(&self, sums: Sums) -> Yen {
        match self.payer_fees {
            // both fit together: `after` has looked
            PayerFees::WithAmount => sums.amount.checked_add(sums.fee).unwrap_or(sums.amount),
            PayerFees::Kept => sums.amount,
        }
    }

    /// The settlement after `change`, or `None` where it does not allow it or a sum does not fit.
    pub(crate) fn after(&self, change: &Change, now: Timestamp) -> Option<Self> {
        use SettlementState::{Closing, Due, Empty, Paid};
        let mut next = Self { seq: self.seq + 1, ..self.clone() };
        match (change, self.state) {
            (Change::Began, Closing) if self.seq == 0 => next.began_at = now,
            _ if self.seq == 0 => return None,
            (Change::Part(sums), Closing) if sums.count > 0 => {
                next.parts += 1;
                next.sums = self.sums.plus(*sums)?;
                next.sums.amount.checked_add(next.sums.fee)?;
            }
            (Change::Closed(_), Closing) if self.sums.count == 0 => {
                next.state = Empty;
                next.closed_at = Some(now);
            }
            (Change::Closed(transfer), Closing) => {
                next.state = Due;
                next.closed_at = Some(now);
                next.pay_date = Some(window::pay_date(self.window, self.lag_business_days, now.date()));
                next.transfer = Some(*transfer);
                next.advice = AdviceState::Open;
            }
            (Change::Advised, Due | Paid) if self.advice == AdviceState::Open => {
                next.advice = AdviceState::Answered;
            }
            (Change::Contradicted, Due | Paid) if self.advice == AdviceState::Open => {
                next.advice = AdviceState::Conflict;
            }
            (Change::Paid, Due) if self.is_payable_on(now.date()) => {
                next.state = Paid;
                next.paid_at = Some(now);
            }
            _ => return None,
        }
        Some(next)
    }
}

/// The id of a collector's window: a UUID of version 8, so no generated id is one of these.
pub fn id(collector: &CollectorNumber, window: Date) -> SettlementId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(b"STL1");
    for (place, digit) in bytes[9..14].iter_mut().zip(collector.as_str().bytes()) {
        *place = digit;
    }
    let day = window.to_epoch_days().to_be_bytes();
    bytes[4..6].copy_from_slice(&day[..2]);
    bytes[14..].copy_from_slice(&day[2..]);
    SettlementId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The bank's number of the net payment of a collector's window: `20261124-00200`.
pub fn number(collector: &CollectorNumber, window: Date) -> String {
    format!("{}-{collector}", window.format("%Y%m%d"))
}

/// The collector and the window of such a number; `None` of any other text.
pub fn of_number(text: &str) -> Option<(CollectorNumber, Date)> {
    let (date, collector) = text.split_once('-')?;
    let (window, collector) = (Date::parse_from_str(date, "%Y%m%d").ok()?, collector.parse().ok()?);
    (number(&collector, window) == text).then_some((collector, window))
}

/// The collector and the window of such an id; `None` of any other.
pub fn named(id: SettlementId) -> Option<(CollectorNumber, Date)> {
    let bytes = id.uuid().into_bytes();
    let number: CollectorNumber = std::str::from_utf8(&bytes[9..14]).ok()?.parse().ok()?;
    let day = i32::from_be_bytes([bytes[4], bytes[5], bytes[14], bytes[15]]);
    let window = Date::from_epoch_days(day)?;
    (self::id(&number, window) == id).then_some((number, window))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use collectors::Directory;

    use super::*;

    pub(crate) fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
    }

    pub(crate) fn sums(count: u32, amount: i64, fee: i64) -> Sums {
        Sums { count, amount: Yen::new(amount), fee: Yen::new(fee) }
    }

    /// The settlement of a window of 24 November after the changes, each of which it must allow.
    pub(crate) fn after(collector: &str, changes: &[Change]) -> Settlement {
        let directory = Directory::embedded();
        let row = directory.get(&collector.parse().unwrap()).unwrap();
        let new = Settlement::new(row, "2026-11-24".parse().unwrap(), &"9999".parse().unwrap());
        let now = at("2026-11-30T10:00:00");
        std::iter::once(&Change::Began).chain(changes).fold(new, |settlement, change| {
            settlement.after(change, now).unwrap_or_else(|| panic!("{change:?} after {settlement:?}"))
        })
    }

    fn closed() -> Change {
        Change::Closed(TransferId::generate())
    }

    /// Walks the table, so that a new change must be placed in it on purpose.
    #[test]
    fn a_settlement_only_goes_forward() {
        let part = || Change::Part(sums(1, 100, 0));
        let settlements = [
            ("closing", after("00200", &[])),
            ("closing with payments", after("00200", &[part()])),
            ("empty", after("00200", &[closed()])),
            ("due", after("00200", &[part(), closed()])),
            ("due, answered", after("00200", &[part(), closed(), Change::Advised])),
            ("paid", after("00200", &[part(), closed(), Change::Paid])),
            ("paid, conflict", after("00200", &[part(), closed(), Change::Contradicted, Change::Paid])),
        ];
        let changes = [Change::Began, part(), closed(), Change::Advised, Change::Contradicted, Change::Paid];
        let mut allowed = Vec::new();
        for (name, settlement) in &settlements {
            for change in &changes {
                if let Some(next) = settlement.after(change, at("2026-12-01T10:00:00")) {
                    assert_eq!(next.seq, settlement.seq + 1);
                    let advice = next.advice.as_str();
                    allowed.push(format!("{name} --{}--> {} {advice}", change.kind(), next.state));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                "closing --settlement_part--> closing none",
                "closing --settlement_closed--> empty none",
                "closing with payments --settlement_part--> closing none",
                "closing with payments --settlement_closed--> due open",
                "due --settlement_advised--> due answered",
                "due --settlement_contradicted--> due conflict",
                "due --settlement_paid--> paid open",
                "due, answered --settlement_paid--> paid answered",
                "paid --settlement_advised--> paid answered",
                "paid --settlement_contradicted--> paid conflict",
            ]
        );
    }

    #[test]
    fn nothing_is_paid_before_its_day_and_no_part_is_empty() {
        let settlement = after("99022", &[Change::Part(sums(2, 70_800, 110))]);
        assert_eq!(settlement.after(&Change::Part(sums(0, 0, 0)), at("2026-11-25T00:10:00")), None);
        let due = settlement.after(&closed(), at("2026-11-25T00:10:00")).unwrap();
        assert_eq!(due.pay_date, "2026-11-27".parse().ok());
        assert_eq!(due.after(&Change::Paid, at("2026-11-26T23:59:59")), None);
        assert!(due.after(&Change::Paid, at("2026-11-27T00:00:00")).is_some());
    }

    #[test]
    fn a_sum_that_does_not_fit_is_no_settlement() {
        let full = after("00200", &[Change::Part(sums(1, i64::MAX - 10, 0))]);
        assert_eq!(full.after(&Change::Part(sums(1, 11, 0)), at("2026-11-30T10:00:00")), None);
        assert_eq!(full.after(&Change::Part(sums(1, 5, 6)), at("2026-11-30T10:00:00")), None);
        assert!(full.after(&Change::Part(sums(1, 5, 5)), at("2026-11-30T10:00:00")).is_some());
    }

    #[test]
    fn fees_go_along_or_stay() {
        let mut settlement = after("99022", &[Change::Part(sums(2, 70_800, 110))]);
        assert_eq!(settlement.payable(), Yen::new(70_910));
        settlement.payer_fees = PayerFees::Kept;
        assert_eq!(settlement.payable(), Yen::new(70_800));
    }

    #[test]
    fn a_settlement_is_named_by_its_window_and_collector() {
        let settlement = after("00200", &[]);
        assert_eq!(settlement.number(), "20261124-00200");
        assert_eq!(of_number("20261124-00200"), Some((settlement.collector.clone(), settlement.window)));
        assert_eq!(
            [of_number("20261124-200"), of_number("2026112-00200"), of_number("x")],
            [None, None, None]
        );
        assert!(settlement.reference().is_ok());
        let mut ids = BTreeSet::new();
        for collector in ["00200", "00500", "99022"] {
            for date in ["1999-12-30", "2026-11-24", "2026-11-25", "2100-01-04"] {
                let id = id(&collector.parse().unwrap(), date.parse().unwrap());
                assert_eq!(id.uuid().get_version_num(), 8);
                assert_eq!(named(id), Some((collector.parse().unwrap(), date.parse().unwrap())));
                ids.insert(id.uuid());
            }
        }
        assert_eq!(ids.len(), 12);
        assert_eq!(named(SettlementId::generate()), None);
        assert_eq!(named(SettlementId::from_uuid(uuid::Uuid::nil())), None);
        let mut written: Settlement =
            serde_json::from_str(&serde_json::to_string(&settlement).unwrap()).unwrap();
        written.seq = settlement.seq;
        assert_eq!(written, settlement);
    }
}
