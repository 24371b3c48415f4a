//! The comparison itself: three lists of one day in, what matches and what does not out. Pure.
//!
//! The hub's payments carry what the ledger has of each; the collector's lines and counters are its own word. Every
//! serial of either side ends in exactly one class, and the differences add up to what the sums differ by.

use std::collections::BTreeMap;

use collectors::protocol::{Counters, Line, LineStatus, Tally};
use domain::payment::State;
use domain::{PaymentId, Serial, Yen};
use serde::{Deserialize, Serialize};

/// What one serial, or the whole day, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakClass {
    /// The collector has it, the hub never sent it.
    MissingHere,
    /// The payer was debited, the collector has nothing.
    MissingThere,
    /// Both have it, for different amounts; or a side's sums differ from its own items.
    AmountDiffers,
    /// The collector has the same key, or the same bill, twice.
    Duplicate,
    /// The sides say different things of it, or the ledger is not what the payment says.
    Conflicting,
    /// No outcome is known yet: carried to a later day.
    CarriedForward,
}

impl BreakClass {
    /// Every one, in order.
    pub const ALL: [Self; 6] = [
        Self::MissingHere,
        Self::MissingThere,
        Self::AmountDiffers,
        Self::Duplicate,
        Self::Conflicting,
        Self::CarriedForward,
    ];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::AmountDiffers => "amount_differs",
            Self::Duplicate => "duplicate",
            Self::Conflicting => "conflicting",
            Self::CarriedForward => "carried_forward",
        }
    }
}

/// What the ledger has of a payment's amount, fees apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posting {
    /// The hold.
    pub held: Option<Yen>,
    /// What went from the hold to the collector's clearing account.
    pub posted: Option<Yen>,
    /// Whether the hold was given back.
    pub voided: bool,
    /// What went back to the payer by a cancellation or a refund.
    pub returned: Yen,
}

impl Posting {
    /// What the collector's clearing account has of the payment.
    pub fn net(&self) -> Yen {
        self.posted.unwrap_or(Yen::ZERO).checked_sub(self.returned).unwrap_or(Yen::ZERO)
    }

    /// Whether this is what a payment of `amount` in `state` must have.
    fn fits(&self, state: State, amount: Yen) -> bool {
        let expected = match state {
            State::Held | State::Sending | State::Unknown => (None, false, Yen::ZERO),
            State::Accepted | State::Settled => (Some(amount), false, Yen::ZERO),
            State::Cancelled | State::Refunded => (Some(amount), false, amount),
            State::Rejected | State::Voided => (None, true, Yen::ZERO),
            State::Inquired | State::Expired => return false,
        };
        self.held == Some(amount) && (self.posted, self.voided, self.returned) == expected
    }
}

/// A payment of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubItem {
    /// The payment.
    pub payment: PaymentId,
    /// The serial of its key.
    pub serial: Serial,
    /// Where it stands.
    pub state: State,
    /// Without the fee.
    pub amount: Yen,
    /// Whether the collector accepted it provisionally.
    pub provisional: bool,
    /// Names the bill: equal for two payments of one bill that may be paid once.
    pub bill: String,
    /// What the ledger has of it.
    pub posting: Posting,
    /// Whether it is accepted, with a cancellation that has no known outcome.
    pub cancelling: bool,
    /// Whether it changed while the collector was asked: then the collector's answer may be older or newer.
    pub moved: bool,
}

impl HubItem {
    /// As it was counted at the close of its day: a payment is paid back after that only.
    pub(crate) fn before_refund(mut self) -> Self {
        if self.state == State::Refunded {
            self.state = State::Accepted;
        }
        self
    }

    /// Whether it, or its cancellation, has no known outcome.
    const fn is_open(&self) -> bool {
        self.state.is_open() || self.cancelling
    }
}

/// The hub's side of a break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFacts {
    /// The payment.
    pub payment: PaymentId,
    /// Where it stood.
    pub state: State,
    /// Without the fee.
    pub amount: Yen,
    /// What the collector's clearing account had of it.
    pub ledger: Yen,
}

/// The collector's side of a break: one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectorFacts {
    /// `cleared`, `provisional`, `refused` or `cancelled`.
    pub status: String,
    /// Without the fee.
    pub amount: Yen,
}

/// Both sides of a break, as they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakFacts {
    /// The hub's payment, where there is one.
    pub hub: Option<HubFacts>,
    /// The collector's lines under the key.
    pub collector: Vec<CollectorFacts>,
    /// What to do.
    pub advice: Advice,
    /// The collector's two sums, where the break is about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sums: Option<SumFacts>,
}

/// What a collector counts, and what its lines come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumFacts {
    /// Its counters.
    pub counters: Counters,
    /// Of its lines.
    pub lines: LineTotals,
}

impl BreakFacts {
    /// What the collector has under the key, less what is refused or taken back.
    pub fn there(&self) -> Yen {
        let has_money = |line: &&CollectorFacts| {
            [LineStatus::Cleared, LineStatus::Provisional].iter().any(|status| status.as_str() == line.status)
        };
        self.collector.iter().filter(has_money).map(|line| line.amount).sum()
    }

    /// Whether the collector's books lack the payment, or a part of it, although it was accepted here.
    pub fn lacks(&self) -> bool {
        self.hub.as_ref().is_some_and(|hub| hub.state.is_paid() && self.there() < hub.amount)
    }
}

/// What a person does about a break. The pages say it in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// The payer was debited: the collector has to record the clearing.
    RecordThere,
    /// The payer was not debited, or has the money back: the collector has to take its clearing back.
    UndoThere,
    /// One of the collector's two records has to be taken back.
    UndoDuplicate,
    /// The payment was cancelled here: the collector has to cancel it too.
    CancelThere,
    /// The amounts have to be made the same; the payment's own is what the payer confirmed.
    CorrectAmount,
    /// The ledger is not what the payment says: stop, and look into the hub itself.
    CheckLedger,
    /// The collector's counters are not the sum of its lines: it has to explain them.
    CheckCounters,
    /// Nothing yet: the outcome is being asked for.
    #[default]
    AwaitOutcome,
}

impl Advice {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::RecordThere,
        Self::UndoThere,
        Self::UndoDuplicate,
        Self::CancelThere,
        Self::CorrectAmount,
        Self::CheckLedger,
        Self::CheckCounters,
        Self::AwaitOutcome,
    ];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecordThere => "record_there",
            Self::UndoThere => "undo_there",
            Self::UndoDuplicate => "undo_duplicate",
            Self::CancelThere => "cancel_there",
            Self::CorrectAmount => "correct_amount",
            Self::CheckLedger => "check_ledger",
            Self::CheckCounters => "check_counters",
            Self::AwaitOutcome => "await_outcome",
        }
    }
}

/// What a break is about: a serial, or the collector's counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The counters of the day.
    Counters,
    /// One key.
    Serial(Serial),
}

/// `counters`, or the eight digits.
impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Counters => f.pad("counters"),
            Self::Serial(serial) => serial.fmt(f),
        }
    }
}

/// Something that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its class.
    pub class: BreakClass,
    /// What it is about.
    pub subject: Subject,
    /// Both sides.
    pub facts: BreakFacts,
    /// Yen at the collector less yen here.
    pub difference: Yen,
}

/// The collector's lines, by what became of the clearings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTotals {
    /// Matched to a bill.
    pub cleared: Tally,
    /// 仮消込.
    pub provisional: Tally,
    /// Refused for good: no money.
    pub refused: Tally,
    /// Cancelled since: no money any more.
    pub cancelled: Tally,
}

/// The four sums of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Of the hub's payments.
    pub hub: Counters,
    /// What the clearing account has of them.
    pub ledger: Yen,
    /// The collector's counters; none where they changed while it was asked.
    pub collector: Option<Counters>,
    /// Of the collector's lines.
    pub lines: LineTotals,
}

impl Totals {
    /// Whether the collector's counters are the sum of its lines. Where they are not, one of the two is wrong, and a
    /// line that is not there says nothing.
    pub fn lines_are_counted(&self) -> bool {
        self.collector.is_some_and(|counters| self.lines.add_up_to(&counters))
    }
}

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Serials on which both sides and the ledger agree.
    pub matched: u32,
    /// Payments that have no known outcome yet, or came to one meanwhile, whatever their class.
    pub unsettled: u32,
    /// The others, the counters first and then by serial.
    pub differences: Vec<Difference>,
    /// The sums.
    pub totals: Totals,
}

/// Adds one record to a tally.
pub fn count(tally: &mut Tally, amount: Yen) {
    tally.count = tally.count.saturating_add(1);
    tally.amount = Yen::new(tally.amount.get().saturating_add(amount.get()));
}

/// What a day's counters leave: cleared and provisional less cancelled.
pub fn net(counters: &Counters) -> Yen {
    [counters.cleared.amount, counters.provisional.amount, Yen::new(-counters.cancelled.amount.get())]
        .into_iter()
        .sum()
}

/// The hub's own counters of its payments. What was paid back is in no side's books.
pub fn hub_counters<'i>(items: impl IntoIterator<Item = &'i HubItem>) -> Counters {
    let mut counters = Counters::default();
    for item in items {
        if !matches!(item.state, State::Accepted | State::Settled | State::Cancelled) {
            continue;
        }
        let cleared = if item.provisional { &mut counters.provisional } else { &mut counters.cleared };
        count(cleared, item.amount);
        if item.state == State::Cancelled {
            count(&mut counters.cancelled, item.amount);
        }
    }
    counters
}

impl LineTotals {
    fn of(lines: &[Line]) -> Self {
        let mut totals = Self::default();
        for line in lines {
            let tally = match line.status {
                LineStatus::Cleared => &mut totals.cleared,
                LineStatus::Provisional => &mut totals.provisional,
                LineStatus::Refused => &mut totals.refused,
                LineStatus::Cancelled => &mut totals.cancelled,
            };
            count(tally, line.amount);
        }
        totals
    }

    /// What is cleared there and not taken back.
    pub fn net(&self) -> Yen {
        [self.cleared.amount, self.provisional.amount].into_iter().sum()
    }

    /// Whether these lines can be what the counters count. A cancelled line was cleared or provisional before.
    fn add_up_to(&self, counters: &Counters) -> bool {
        let plus = |a: Tally, b: Tally| {
            (u64::from(a.count) + u64::from(b.count), [a.amount, b.amount].into_iter().sum::<Yen>())
        };
        let (count, amount) = plus(self.cleared, self.provisional);
        let all = (
            count + u64::from(self.cancelled.count),
            [amount, self.cancelled.amount].into_iter().sum::<Yen>(),
        );
        let has =
            |counter: Tally, lines: Tally| counter.count >= lines.count && counter.amount >= lines.amount;
        plus(counters.cleared, counters.provisional) == all
            && counters.cancelled == self.cancelled
            && has(counters.cleared, self.cleared)
            && has(counters.provisional, self.provisional)
    }
}

/// Compares a day. `counters` are the collector's, where they stood still while the lines were read.
pub fn compare(hub: &[HubItem], lines: &[Line], counters: Option<Counters>) -> Comparison {
    let mut sides: BTreeMap<Serial, (Option<&HubItem>, Vec<&Line>)> = BTreeMap::new();
    for item in hub {
        sides.entry(item.serial).or_default().0 = Some(item);
    }
    for line in lines {
        sides.entry(line.serial).or_default().1.push(line);
    }
    let twice = cleared_twice(&sides);
    let totals = Totals {
        hub: hub_counters(hub),
        ledger: hub.iter().map(|item| item.posting.net()).sum(),
        collector: counters,
        lines: LineTotals::of(lines),
    };
    let mut comparison = Comparison { totals, ..Comparison::default() };
    comparison.differences.extend(counters.and_then(|counters| counted_wrong(&totals.lines, &counters)));
    for (serial, (item, lines)) in &sides {
        let class = classify(*item, lines, twice.contains(serial));
        let waits = class.is_some_and(|(class, _)| class == BreakClass::CarriedForward);
        if waits || item.is_some_and(HubItem::is_open) {
            comparison.unsettled = comparison.unsettled.saturating_add(1);
        }
        match class {
            None => comparison.matched = comparison.matched.saturating_add(1),
            Some((class, advice)) => comparison.differences.push(Difference {
                class,
                subject: Subject::Serial(*serial),
                difference: difference(*item, lines),
                facts: facts(*item, lines, advice),
            }),
        }
    }
    comparison
}

/// Serials whose bill the collector has cleared under another serial too, but for the one that the hub counts as paid.
fn cleared_twice(sides: &BTreeMap<Serial, (Option<&HubItem>, Vec<&Line>)>) -> Vec<Serial> {
    let mut by_bill: BTreeMap<&str, Vec<&HubItem>> = BTreeMap::new();
    for (item, lines) in sides.values() {
        if let Some(item) = item.filter(|_| lines.iter().any(|line| has_money(line))) {
            by_bill.entry(item.bill.as_str()).or_default().push(item);
        }
    }
    let mut twice = Vec::new();
    for items in by_bill.values().filter(|items| items.len() > 1) {
        let right = items.iter().find(|item| item.state.is_paid()).or(items.first());
        let right = right.map(|item| item.serial);
        twice.extend(items.iter().map(|item| item.serial).filter(|serial| Some(*serial) != right));
    }
    twice
}

fn has_money(line: &Line) -> bool {
    matches!(line.status, LineStatus::Cleared | LineStatus::Provisional)
}

/// The one class of a serial; `None` where everything agrees.
fn classify(item: Option<&HubItem>, lines: &[&Line], bill_twice: bool) -> Option<(BreakClass, Advice)> {
    let class = class_of(item, lines, bill_twice)?;
    let moved = item.is_some_and(|item| item.moved);
    Some(if moved { (BreakClass::CarriedForward, Advice::AwaitOutcome) } else { class })
}

fn class_of(item: Option<&HubItem>, lines: &[&Line], bill_twice: bool) -> Option<(BreakClass, Advice)> {
    if lines.len() > 1 {
        return Some((BreakClass::Duplicate, Advice::UndoDuplicate));
    }
    let Some(item) = item else { return Some((BreakClass::MissingHere, Advice::UndoThere)) };
    if !item.posting.fits(item.state, item.amount) {
        return Some((BreakClass::Conflicting, Advice::CheckLedger));
    }
    if item.is_open() {
        return Some((BreakClass::CarriedForward, Advice::AwaitOutcome));
    }
    if bill_twice {
        return Some((BreakClass::Duplicate, Advice::UndoDuplicate));
    }
    let line = lines.first();
    let amount = |agrees: bool| (!agrees).then_some((BreakClass::AmountDiffers, Advice::CorrectAmount));
    match (item.state, line.map(|line| line.status)) {
        (State::Accepted | State::Settled, Some(LineStatus::Cleared | LineStatus::Provisional))
        | (State::Cancelled, Some(LineStatus::Cancelled)) => {
            amount(line.is_some_and(|line| line.amount == item.amount))
        }
        (State::Accepted | State::Settled | State::Cancelled, None) => {
            Some((BreakClass::MissingThere, Advice::RecordThere))
        }
        (State::Accepted | State::Settled, Some(LineStatus::Refused | LineStatus::Cancelled))
        | (State::Cancelled, Some(LineStatus::Refused)) => {
            Some((BreakClass::Conflicting, Advice::RecordThere))
        }
        (State::Cancelled, Some(LineStatus::Cleared | LineStatus::Provisional)) => {
            Some((BreakClass::Conflicting, Advice::CancelThere))
        }
        // nothing was ever debited, and nothing is cleared
        (State::Rejected, None | Some(LineStatus::Refused)) | (State::Voided, None) => None,
        // paid back, and nothing is cleared any more
        (State::Refunded, None | Some(LineStatus::Refused | LineStatus::Cancelled)) => None,
        (_, _) => Some((BreakClass::Conflicting, Advice::UndoThere)),
    }
}

fn difference(item: Option<&HubItem>, lines: &[&Line]) -> Yen {
    let there: Yen = lines.iter().filter(|line| has_money(line)).map(|line| line.amount).sum();
    let here = item.filter(|item| item.state.is_paid()).map_or(Yen::ZERO, |item| item.amount);
    there.checked_sub(here).unwrap_or(Yen::ZERO)
}

fn facts(item: Option<&HubItem>, lines: &[&Line], advice: Advice) -> BreakFacts {
    let hub = item.map(|item| HubFacts {
        payment: item.payment,
        // a settlement between two comparisons makes no other break of it
        state: if item.state == State::Settled { State::Accepted } else { item.state },
        amount: item.amount,
        ledger: item.posting.net(),
    });
    let collector = lines
        .iter()
        .map(|line| CollectorFacts { status: line.status.as_str().to_owned(), amount: line.amount })
        .collect();
    BreakFacts { hub, collector, advice, sums: None }
}

/// The collector's counters against its own lines.
fn counted_wrong(lines: &LineTotals, counters: &Counters) -> Option<Difference> {
    if lines.add_up_to(counters) {
        return None;
    }
    let sums = Some(SumFacts { counters: *counters, lines: *lines });
    let facts = BreakFacts { advice: Advice::CheckCounters, sums, ..BreakFacts::default() };
    // the items' differences speak of the lines; this one of the counters against them
    let difference = net(counters).checked_sub(lines.net()).unwrap_or(Yen::ZERO);
    Some(Difference { class: BreakClass::AmountDiffers, subject: Subject::Counters, facts, difference })
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
