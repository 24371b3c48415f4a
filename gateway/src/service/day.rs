//! Where one processing day of one collector stands, and the steps it may take. Pure.
//!
//! A day is an entity of the ledger's event log: each step is one commit that appends one event, and the event's body
//! is the whole day after it. Two processes that take a step at the same time see the same number, and one of them is
//! told that the day has moved on.

use collectors::protocol::Counters;
use domain::{CollectorNumber, Date, Timestamp};
use ledger::EntityId;
use serde::{Deserialize, Serialize};

use crate::reconciliation::Summary;

/// Where a day stands. A day only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// The collector has not been told anything, or has not answered.
    Waiting,
    /// 開局.
    Open,
    /// 予備閉局: no new inquiry; what was inquired about may still be paid.
    PreClosed,
    /// 閉局: counted, and nothing new.
    Closed,
}

impl ServiceState {
    /// Every one, in order.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Open, Self::PreClosed, Self::Closed];

    /// The word of the API and the event log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::PreClosed => "pre_closed",
            Self::Closed => "closed",
        }
    }
}

impl std::fmt::Display for ServiceState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What went wrong last, until a step succeeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when it is this.
    pub at: Timestamp,
    /// What was tried: `open`, `pre_close`, `close`, `counters`, `reconcile`.
    pub tried: String,
    /// Why it did not succeed, in words for an operator.
    pub reason: String,
}

/// Both sides' counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BothCounters {
    /// When the answer came.
    pub at: Timestamp,
    /// The hub's own, just before it asked.
    pub hub: Counters,
    /// The collector's.
    pub collector: Counters,
}

/// One processing day of one collector, which has one service kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDay {
    /// The collector.
    pub collector: CollectorNumber,
    /// 仕向処理年月日.
    pub date: Date,
    /// The events so far; the next one's number is one more.
    #[serde(skip)]
    pub(crate) seq: i64,
    /// Where it stands.
    pub state: ServiceState,
    /// The close has begun: nothing new is taken, though the collector may not have answered yet.
    pub closing: bool,
    /// It was closed, or is to be, although some of its payments have no known outcome.
    pub carried_forward: bool,
    /// When the collector said that it is open.
    pub opened_at: Option<Timestamp>,
    /// Who had it opened, as the audit log names them.
    pub opened_by: Option<String>,
    /// When the collector said that it is pre-closed.
    pub pre_closed_at: Option<Timestamp>,
    /// Who had it pre-closed.
    pub pre_closed_by: Option<String>,
    /// When the collector said that it is closed.
    pub closed_at: Option<Timestamp>,
    /// Who had it closed.
    pub closed_by: Option<String>,
    /// The counters that the close exchanged.
    pub close_counters: Option<BothCounters>,
    /// The counters of the latest [`ask_counters`](crate::Gateway::ask_counters).
    pub asked_counters: Option<BothCounters>,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// The latest 精査.
    pub reconciliation: Option<Summary>,
    /// A payment of it was paid back: on this date it is compared once more, since what the collector books late is
    /// found by a comparison alone.
    pub compared_again_on: Option<Date>,
    /// Whether the schedule still has to look after it.
    pub unfinished: bool,
}

/// What happened to a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The day is here.
    Began,
    /// The collector answered Open.
    Opened,
    /// The collector answered `PreClose`.
    PreClosed,
    /// From here on nothing new is taken.
    Closing {
        /// Although payments have no known outcome.
        carry_forward: bool,
    },
    /// The collector answered Close.
    Closed(BothCounters),
    /// The collector answered Counter.
    Counted(BothCounters),
    /// A step did not succeed.
    Troubled {
        /// The step.
        tried: &'static str,
        /// In words.
        reason: String,
    },
    /// 精査 was made.
    Reconciled(Summary),
    /// Two people resolved a break of the latest 精査.
    BreakResolved,
    /// 返金: they did so by paying its payment back.
    PaidBack {
        /// When the day is compared once more, besides the comparison that is due at once.
        again_on: Date,
    },
}

impl Change {
    /// The kind's word in the event log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Began => "service_began",
            Self::Opened => "service_opened",
            Self::PreClosed => "service_pre_closed",
            Self::Closing { .. } => "service_closing",
            Self::Closed(_) => "service_closed",
            Self::Counted(_) => "service_counted",
            Self::Troubled { .. } => "service_troubled",
            Self::Reconciled(_) => "service_reconciled",
            Self::BreakResolved => "service_break_resolved",
            Self::PaidBack { .. } => "service_paid_back",
        }
    }
}

/// What payers may do at a collector, as far as its day decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Everything; the collector's hours decide.
    Open,
    /// Pay what was inquired about before.
    PaymentsOnly,
    /// Nothing.
    Shut,
}

impl ServiceDay {
    /// A day before its first event.
    pub fn new(collector: CollectorNumber, date: Date) -> Self {
        Self {
            collector,
            date,
            seq: 0,
            state: ServiceState::Waiting,
            closing: false,
            carried_forward: false,
            opened_at: None,
            opened_by: None,
            pre_closed_at: None,
            pre_closed_by: None,
            closed_at: None,
            closed_by: None,
            close_counters: None,
            asked_counters: None,
            trouble: None,
            reconciliation: None,
            compared_again_on: None,
            unfinished: true,
        }
    }

    /// The ledger's entity of this day.
    pub fn entity(&self) -> EntityId {
        entity(&self.collector, self.date)
    }

    /// A name for people and logs: `00200/2026-11-24`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.collector, self.date)
    }

    /// Breaks of the latest 精査 that have not ended.
    pub fn open_breaks(&self) -> u32 {
        self.reconciliation.as_ref().map_or(0, |summary| summary.open_breaks)
    }

    /// With the name of whoever took the step to it.
    pub fn taken_by(mut self, change: &Change, by: &str) -> Self {
        let name = match change {
            Change::Opened => &mut self.opened_by,
            Change::PreClosed => &mut self.pre_closed_by,
            Change::Closed(_) => &mut self.closed_by,
            _ => return self,
        };
        *name = Some(by.to_owned());
        self
    }

    /// What payers may do. A day that is waiting refuses nobody: the collector itself answers then.
    pub fn gate(&self) -> Gate {
        match self.state {
            ServiceState::Closed => Gate::Shut,
            _ if self.closing => Gate::Shut,
            ServiceState::PreClosed => Gate::PaymentsOnly,
            ServiceState::Waiting | ServiceState::Open => Gate::Open,
        }
    }

    /// The day after `change`, or `None` where it does not allow it.
    pub fn after(&self, change: &Change, now: Timestamp) -> Option<Self> {
        use ServiceState::{Closed, Open, PreClosed, Waiting};
        let mut next = Self { seq: self.seq + 1, ..self.clone() };
        match (change, self.state) {
            (Change::Began, Waiting) if self.seq == 0 => return Some(next),
            _ if self.seq == 0 => return None,
            (Change::Opened, Waiting) if !self.closing => {
                next.state = Open;
                next.opened_at = Some(now);
            }
            (Change::PreClosed, Waiting | Open) if !self.closing => {
                next.state = PreClosed;
                next.pre_closed_at = Some(now);
            }
            (Change::Closing { carry_forward }, Waiting | Open | PreClosed) => {
                next.closing = true;
                next.carried_forward |= *carry_forward;
            }
            (Change::Closed(counters), Waiting | Open | PreClosed) if self.closing => {
                next.state = Closed;
                next.closed_at = Some(now);
                next.close_counters = Some(*counters);
            }
            (Change::Counted(counters), _) => {
                next.asked_counters = Some(*counters);
                return Some(next);
            }
            (Change::Troubled { tried, reason }, _) => {
                next.trouble = Some(Trouble { at: now, tried: (*tried).to_owned(), reason: reason.clone() });
                return Some(next);
            }
            (Change::Reconciled(summary), _) => {
                next.compared_again_on = self.compared_again_on.filter(|date| *date > now.date());
                let again = next.compared_again_on.is_some();
                next.unfinished = self.state != Closed || summary.unsettled > 0 || again;
                next.reconciliation = Some(summary.clone());
            }
            (Change::BreakResolved, _) => {
                next.end_break()?;
                return Some(next);
            }
            (Change::PaidBack { again_on }, Closed) => {
                next.end_break()?.paid_back_since = true;
                next.compared_again_on = self.compared_again_on.max(Some(*again_on));
                next.unfinished = true;
                return Some(next);
            }
            _ => return None,
        }
        next.trouble = None;
        Some(next)
    }

    /// One open break less. `None` where none is open.
    fn end_break(&mut self) -> Option<&mut Summary> {
        let summary = self.reconciliation.as_mut()?;
        summary.open_breaks = summary.open_breaks.checked_sub(1)?;
        Some(summary)
    }

    /// Whether `change` would only say again what is known.
    pub fn says_already(&self, change: &Change) -> bool {
        match change {
            Change::Troubled { tried, reason } => {
                self.trouble.as_ref().is_some_and(|t| t.tried == *tried && t.reason == *reason)
            }
            Change::Closing { carry_forward } => self.closing && (self.carried_forward || !carry_forward),
            Change::Opened => self.state >= ServiceState::Open,
            Change::PreClosed => self.state >= ServiceState::PreClosed,
            Change::Closed(_) => self.state == ServiceState::Closed,
            Change::Began => self.seq > 0,
            Change::Counted(_) | Change::Reconciled(_) | Change::BreakResolved | Change::PaidBack { .. } => {
                false
            }
        }
    }
}

/// The ledger's entity of a day: always the same for the same collector and date. It is a UUID of version 8, so no
/// generated id is one of these.
pub(crate) fn entity(collector: &CollectorNumber, date: Date) -> EntityId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(b"SVC1");
    for (place, digit) in bytes[9..14].iter_mut().zip(collector.as_str().bytes()) {
        *place = digit;
    }
    let day = date.to_epoch_days();
    bytes[4..6].copy_from_slice(&day.to_be_bytes()[..2]);
    bytes[14..].copy_from_slice(&day.to_be_bytes()[2..]);
    EntityId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
    }

    /// A day of the tax agency after the changes, each of which it must allow.
    pub(crate) fn day_after(changes: &[Change]) -> ServiceDay {
        let new = ServiceDay::new("00200".parse().unwrap(), "2026-11-24".parse().unwrap());
        let now = at("2026-11-24T10:00:00");
        std::iter::once(&Change::Began).chain(changes).fold(new, |day, change| {
            day.after(change, now).unwrap_or_else(|| panic!("{change:?} after {day:?}"))
        })
    }

    pub(crate) const CLOSING: Change = Change::Closing { carry_forward: false };

    pub(crate) fn closed() -> Change {
        let counters = Counters::default();
        Change::Closed(BothCounters { at: Timestamp::default(), hub: counters, collector: counters })
    }

    pub(crate) fn reconciled(unsettled: u32) -> Change {
        Change::Reconciled(Summary { unsettled, open_breaks: 1, ..Summary::default() })
    }

    /// Walks the table, so that a new change must be placed in it on purpose.
    #[test]
    fn a_day_only_goes_forward() {
        let days = [
            ("waiting", day_after(&[])),
            ("open", day_after(&[Change::Opened])),
            ("pre_closed", day_after(&[Change::Opened, Change::PreClosed])),
            ("closing", day_after(&[Change::Opened, CLOSING])),
            ("closed", day_after(&[Change::Opened, CLOSING, closed()])),
        ];
        let trouble = || Change::Troubled { tried: "open", reason: "no answer".to_owned() };
        let changes = [Change::Began, Change::Opened, Change::PreClosed, CLOSING, closed(), trouble()];
        let mut allowed = Vec::new();
        for (name, day) in &days {
            for change in &changes {
                if let Some(next) = day.after(change, at("2026-11-24T11:00:00")) {
                    assert_eq!(next.seq, day.seq + 1);
                    let closing = if next.closing { " closing" } else { "" };
                    allowed.push(format!("{name} --{}--> {}{closing}", change.kind(), next.state));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                "waiting --service_opened--> open",
                "waiting --service_pre_closed--> pre_closed",
                "waiting --service_closing--> waiting closing",
                "waiting --service_troubled--> waiting",
                "open --service_pre_closed--> pre_closed",
                "open --service_closing--> open closing",
                "open --service_troubled--> open",
                "pre_closed --service_closing--> pre_closed closing",
                "pre_closed --service_troubled--> pre_closed",
                "closing --service_closing--> open closing",
                "closing --service_closed--> closed closing",
                "closing --service_troubled--> open closing",
                "closed --service_troubled--> closed closing",
            ]
        );
    }

    #[test]
    fn payers_are_refused_from_the_pre_close_and_the_close_on() {
        let gates = [
            (day_after(&[]), Gate::Open),
            (day_after(&[Change::Opened]), Gate::Open),
            (day_after(&[Change::Opened, Change::PreClosed]), Gate::PaymentsOnly),
            (day_after(&[Change::Opened, CLOSING]), Gate::Shut),
            (day_after(&[CLOSING, closed()]), Gate::Shut),
        ];
        for (day, gate) in gates {
            assert_eq!(day.gate(), gate, "{day:?}");
        }
    }

    #[test]
    fn what_was_carried_forward_stays_so_and_a_step_ends_the_trouble() {
        let trouble = Change::Troubled { tried: "close", reason: "2 payments are open".to_owned() };
        let day = day_after(&[trouble.clone(), Change::Closing { carry_forward: true }, CLOSING]);
        assert!(day.carried_forward && day.trouble.is_none());
        assert!(day_after(std::slice::from_ref(&trouble)).says_already(&trouble));
        let other = Change::Troubled { tried: "close", reason: "no answer".to_owned() };
        assert!(!day_after(&[trouble]).says_already(&other));
    }

    #[test]
    fn a_day_is_finished_when_it_was_compared_and_nothing_is_carried() {
        let closed = || vec![CLOSING, closed()];
        let with = |mut changes: Vec<Change>, last| {
            changes.push(last);
            day_after(&changes).unfinished
        };
        assert!(!with(closed(), reconciled(0)));
        assert!(with(closed(), reconciled(2)));
        assert!(with(Vec::new(), reconciled(0)), "compared while it was open");
        let day = day_after(&[CLOSING, self::closed(), reconciled(0), Change::BreakResolved]);
        assert_eq!(day.reconciliation.as_ref().map(|r| r.open_breaks), Some(0));
        assert_eq!(day.after(&Change::BreakResolved, Timestamp::default()), None, "none is open");
    }

    #[test]
    fn a_day_of_which_a_payment_was_paid_back_is_compared_at_once_and_once_more() {
        let paid_back = Change::PaidBack { again_on: "2026-11-27".parse().unwrap() };
        let now = at("2026-11-25T10:00:00");
        let open = day_after(&[reconciled(0)]);
        assert_eq!(open.after(&paid_back, now), None, "nothing is paid back before the close");
        let compared = day_after(&[CLOSING, closed(), reconciled(0)]);
        let day = compared.after(&paid_back, now).unwrap();
        let is_outdated = |day: &ServiceDay| day.reconciliation.as_ref().unwrap().is_outdated(0);
        assert!(day.unfinished && is_outdated(&day) && day.open_breaks() == 0);
        assert_eq!(day.after(&paid_back, now), None, "none is open");
        let again = day.after(&reconciled(0), now).unwrap();
        assert!(again.unfinished && !is_outdated(&again), "once more, on the date");
        let last = again.after(&reconciled(0), at("2026-11-27T00:00:00")).unwrap();
        assert!(!last.unfinished && last.compared_again_on.is_none());
    }

    #[test]
    fn each_day_is_an_entity_of_its_own() {
        let mut entities = Vec::new();
        for number in ["00200", "00201", "99090"] {
            for date in ["1969-12-31", "2026-11-24", "2026-11-25", "2206-01-01"] {
                entities.push(entity(&number.parse().unwrap(), date.parse().unwrap()).0);
            }
        }
        let all = entities.len();
        entities.sort_unstable();
        entities.dedup();
        assert_eq!(entities.len(), all);
        assert!(entities.iter().all(|id| id.get_version_num() == 8));
    }

    #[test]
    fn the_body_of_an_event_is_the_whole_day() {
        let day = day_after(&[Change::Opened, CLOSING, closed(), reconciled(1)]);
        let body = serde_json::to_string(&day).unwrap();
        let read: ServiceDay = serde_json::from_str(&body).unwrap();
        assert_eq!(ServiceDay { seq: day.seq, ..read }, day);
    }
}
