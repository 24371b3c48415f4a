//! What is to be done with a day, and when. Pure.

use domain::time::TimeOfDay;
use domain::{Date, Hours, Timestamp};

use super::day::{ServiceDay, ServiceState};

/// What the schedule does with a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// 開局.
    Open,
    /// 予備閉局.
    PreClose,
    /// 閉局.
    Close,
    /// 精査.
    Reconcile,
}

/// The instants of one day, from the collector's hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The beginning of the hours; none on a day without any.
    pub opens_at: Option<Timestamp>,
    /// Some time before their end; none where they go on in the next day.
    pub pre_closes_at: Option<Timestamp>,
    /// The end of the hours, or of the day.
    pub closes_at: Timestamp,
}

impl Plan {
    /// The plan of `date`.
    pub fn of(hours: &Hours, date: Date, pre_close_s: i64) -> Self {
        let midnight = Timestamp::from_jst(date, TimeOfDay::MIN);
        let windows = hours.windows(date);
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
            let closes_at = midnight.plus_seconds(24 * 3600);
            return Self { opens_at: None, pre_closes_at: None, closes_at };
        };
        let opens_at = midnight.plus_seconds(first.start_s().into());
        let closes_at = midnight.plus_seconds(last.end_s().into());
        let ends = !hours.is_open(closes_at);
        let pre_closes_at = ends.then(|| closes_at.plus_seconds(-pre_close_s).max(opens_at));
        Self { opens_at: Some(opens_at), pre_closes_at, closes_at }
    }
}

/// What is due at `now`, if anything. `open_items` are the payments and cancellations of the day that have no known
/// outcome.
pub fn due(day: &ServiceDay, plan: &Plan, open_items: u32, now: Timestamp) -> Option<Act> {
    if day.state == ServiceState::Closed {
        return match &day.reconciliation {
            None => Some(Act::Reconcile),
            // compared before it was closed, or with what has been settled or paid back since
            Some(summary) if !summary.after_close || summary.is_outdated(open_items) => Some(Act::Reconcile),
            Some(_) => day.compared_again_on.is_some_and(|date| date <= now.date()).then_some(Act::Reconcile),
        };
    }
    let today = now.date() == day.date;
    let reached = |at: Option<Timestamp>| today && at.is_some_and(|at| at <= now);
    if day.closing || now >= plan.closes_at {
        return Some(Act::Close);
    }
    if reached(plan.pre_closes_at) {
        return (day.state < ServiceState::PreClosed).then_some(Act::PreClose);
    }
    (reached(plan.opens_at) && day.state == ServiceState::Waiting).then_some(Act::Open)
}

#[cfg(test)]
mod tests {
    use collectors::Directory;
    use domain::hours::DatedHours;

    use super::super::day::Change;
    use super::super::day::tests::{CLOSING, at, closed, day_after, reconciled};
    use super::*;
    use crate::reconciliation::Summary;

    fn hours(number: &str) -> Hours {
        Directory::embedded().get(&number.parse().unwrap()).unwrap().hours.clone()
    }

    fn plan(number: &str, date: &str) -> Plan {
        Plan::of(&hours(number), date.parse().unwrap(), 300)
    }

    #[test]
    fn the_tax_agency_is_pre_closed_five_minutes_before_midnight_and_not_opened_on_a_sunday() {
        let tuesday = plan("00200", "2026-11-24");
        assert_eq!(tuesday.opens_at, Some(at("2026-11-24T08:30:00")));
        assert_eq!(tuesday.pre_closes_at, Some(at("2026-11-24T23:55:00")));
        assert_eq!(tuesday.closes_at, at("2026-11-25T00:00:00"));
        for closed in ["2026-11-22", "2026-11-23", "2026-12-31"] {
            let plan = plan("00200", closed);
            assert_eq!((plan.opens_at, plan.pre_closes_at), (None, None), "{closed}");
            assert_eq!(plan.closes_at.time(), TimeOfDay::MIN);
        }
    }

    #[test]
    fn who_is_open_day_and_night_is_never_pre_closed() {
        let plan = plan("00500", "2026-11-24");
        assert_eq!(plan.opens_at, Some(at("2026-11-24T00:00:00")));
        assert_eq!(plan.pre_closes_at, None);
        assert_eq!(plan.closes_at, at("2026-11-25T00:00:00"));
    }

    #[test]
    fn short_hours_are_never_pre_closed_before_they_begin() {
        let windows = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let version = DatedHours {
            from: "2000-01-01".parse().unwrap(),
            weekdays: windows(&["09:00-09:03", "13:00-15:00"]),
            saturdays: windows(&["09:00-09:03"]),
            holidays: Vec::new(),
            closed: Vec::new(),
        };
        let hours = Hours::try_from(vec![version]).unwrap();
        let tuesday = Plan::of(&hours, "2026-11-24".parse().unwrap(), 300);
        assert_eq!(tuesday.pre_closes_at, Some(at("2026-11-24T14:55:00")));
        let saturday = Plan::of(&hours, "2026-11-28".parse().unwrap(), 300);
        assert_eq!(saturday.pre_closes_at, saturday.opens_at);
        assert_eq!(saturday.closes_at, at("2026-11-28T09:03:00"));
    }

    fn due_at(changes: &[Change], time: &str) -> Option<Act> {
        due(&day_after(changes), &plan("00200", "2026-11-24"), 0, at(time))
    }

    #[test]
    fn a_day_is_opened_pre_closed_and_closed_in_its_time() {
        let open = &[Change::Opened][..];
        let pre_closed = &[Change::Opened, Change::PreClosed][..];
        for (changes, time, act) in [
            (&[][..], "2026-11-24T08:29:59", None),
            (&[], "2026-11-24T08:30:00", Some(Act::Open)),
            (&[], "2026-11-24T23:54:59", Some(Act::Open)),
            (&[], "2026-11-24T23:55:00", Some(Act::PreClose)),
            (&[], "2026-11-25T00:00:00", Some(Act::Close)),
            (open, "2026-11-24T10:00:00", None),
            (open, "2026-11-24T23:55:00", Some(Act::PreClose)),
            (pre_closed, "2026-11-24T10:00:00", None),
            (pre_closed, "2026-11-24T23:59:59", None),
            (pre_closed, "2026-11-25T00:00:00", Some(Act::Close)),
            (open, "2026-12-24T12:00:00", Some(Act::Close)),
            (&[Change::Opened, CLOSING], "2026-11-24T15:00:00", Some(Act::Close)),
        ] {
            assert_eq!(due_at(changes, time), act, "{changes:?} at {time}");
        }
    }

    #[test]
    fn a_closed_day_is_compared_until_nothing_is_carried_any_more() {
        let plan = plan("00200", "2026-11-24");
        let now = at("2026-11-25T09:00:00");
        let of = |last: Option<Change>, open_items| {
            let mut changes = vec![Change::Opened, CLOSING, closed()];
            changes.extend(last);
            due(&day_after(&changes), &plan, open_items, now)
        };
        let after_close =
            |unsettled| Change::Reconciled(Summary { unsettled, after_close: true, ..Summary::default() });
        assert_eq!(of(None, 0), Some(Act::Reconcile));
        assert_eq!(of(Some(reconciled(0)), 0), Some(Act::Reconcile), "compared before the close");
        assert_eq!(of(Some(after_close(0)), 0), None);
        assert_eq!(of(Some(after_close(2)), 2), None, "nothing has changed");
        assert_eq!(of(Some(after_close(2)), 1), Some(Act::Reconcile));
    }

    #[test]
    fn a_refund_has_the_day_compared_at_once_and_on_its_date() {
        let plan = plan("00200", "2026-11-24");
        let after_close =
            Change::Reconciled(Summary { after_close: true, open_breaks: 1, ..Summary::default() });
        let paid_back = Change::PaidBack { again_on: "2026-11-27".parse().unwrap() };
        let mut changes = vec![CLOSING, closed(), after_close.clone(), paid_back];
        let due = |changes: &[Change], time| due(&day_after(changes), &plan, 0, at(time));
        assert_eq!(due(&changes, "2026-11-25T10:00:00"), Some(Act::Reconcile));
        changes.push(after_close);
        assert_eq!(due(&changes, "2026-11-26T23:59:59"), None);
        assert_eq!(due(&changes, "2026-11-27T00:00:00"), Some(Act::Reconcile));
    }
}
