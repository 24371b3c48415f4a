//! What two people have resolved of what a comparison with the collectors found.

use domain::{CollectorNumber, Date};
use ledger::audit::Finding;

use super::Difference;
use crate::reconciliation::{Break, BreakFacts, Resolution};
use crate::{Gateway, StoreError};

/// A difference that is a break which two people have resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedBreak {
    /// What the comparison found.
    pub finding: Finding,
    /// Who resolved it, when and why.
    pub resolution: Resolution,
}

/// The statuses of a collector's line that count as cleared.
const CLEARED: [&str; 2] = ["cleared", "provisional"];

impl Gateway {
    /// Parts differences into what is still to be looked into, and what two people have resolved: the newest break
    /// about the same, as long as both sides are as they were found then.
    pub async fn part_resolved(
        &self,
        differences: Vec<Difference>,
    ) -> Result<(Vec<Finding>, Vec<ResolvedBreak>), StoreError> {
        let (mut findings, mut resolved) = (Vec::new(), Vec::new());
        for difference in differences {
            let found = match difference.place() {
                Some((collector, date, serial)) => self.newest_break(&collector, date, serial).await?,
                None => None,
            };
            match found.and_then(|found| resolution_of(found, &difference)) {
                Some(resolution) => resolved.push(ResolvedBreak { finding: difference.finding, resolution }),
                None => findings.push(difference.finding),
            }
        }
        Ok((findings, resolved))
    }
}

impl Difference {
    /// The collector, the day and the serial, as breaks name them.
    fn place(&self) -> Option<(CollectorNumber, Date, &str)> {
        let mut parts = self.finding.subject.split('/').skip(1);
        let (date, serial) = (parts.next()?.parse().ok()?, parts.next()?);
        Some((self.collector.parse().ok()?, date, serial))
    }
}

fn resolution_of(found: Break, difference: &Difference) -> Option<Resolution> {
    let resolution = found.resolution.filter(|resolution| resolution.checked_by.is_some())?;
    is_same(&found.facts, difference).then_some(resolution)
}

/// Whether both sides are as they were when the break was found, as far as it decides: paid here or not, cleared there
/// or not, and the amounts.
fn is_same(facts: &BreakFacts, now: &Difference) -> bool {
    let then = facts.hub.as_ref().map(|hub| (hub.state.is_paid(), hub.amount.get()));
    let here = now.here.map(|(state, amount)| (state.is_paid(), amount));
    let mut cleared = facts.collector.iter().filter(|line| CLEARED.contains(&line.status.as_str()));
    let there = match now.there {
        None => cleared.next().is_none(),
        Some(amount) => cleared.any(|line| line.amount.get() == amount),
    };
    then == here && there
}

#[cfg(test)]
mod tests {
    use domain::payment::State;
    use domain::{BreakId, PaymentId, ReconciliationId, Timestamp, Yen};

    use super::*;
    use crate::Operator;
    use crate::reconciliation::{BreakClass, CollectorFacts, HubFacts};

    fn difference(here: Option<(State, i64)>, there: Option<i64>) -> Difference {
        let subject = "MPN9999/2026-11-24/00000005".to_owned();
        let finding = Finding { check: "hub-missing", subject, detail: String::new() };
        Difference { finding, collector: "99022".to_owned(), here, there }
    }

    fn found(hub: Option<(State, i64)>, lines: &[(&str, i64)], checker: Option<&str>) -> Break {
        let hub = hub.map(|(state, amount)| HubFacts {
            payment: PaymentId::generate(),
            state,
            amount: Yen::new(amount),
            ledger: Yen::ZERO,
        });
        let line = |(status, amount): &(&str, i64)| CollectorFacts {
            status: (*status).to_owned(),
            amount: Yen::new(*amount),
        };
        let resolution = Resolution {
            at: Timestamp::default(),
            by: Operator::staff(1),
            checked_by: checker.map(Operator::staff),
            note: "電話で確認".to_owned(),
            vanished: checker.is_none(),
            refunded: false,
        };
        Break {
            id: BreakId::generate(),
            found_by: ReconciliationId::generate(),
            collector: "99022".parse().unwrap(),
            date: "2026-11-24".parse().unwrap(),
            class: BreakClass::MissingHere,
            subject: "00000005".to_owned(),
            difference: Yen::ZERO,
            facts: BreakFacts { hub, collector: lines.iter().map(line).collect(), ..BreakFacts::default() },
            found_at: Timestamp::default(),
            resolution: Some(resolution),
        }
    }

    #[test]
    fn a_difference_is_resolved_while_both_sides_are_as_they_were() {
        let (paid, settled, refused) = (State::Accepted, State::Settled, State::Rejected);
        for (hub, lines, here, there, is_resolved) in [
            (None, &[("cleared", 500)][..], None, Some(500), true),
            (None, &[("cleared", 500)], None, Some(501), false),
            (Some((refused, 500)), &[("provisional", 500)], Some((refused, 500)), Some(500), true),
            (Some((refused, 500)), &[("cleared", 500)], Some((paid, 500)), Some(500), false),
            (Some((paid, 500)), &[], Some((settled, 500)), None, true),
            (Some((paid, 500)), &[("refused", 500)], Some((paid, 500)), None, true),
            (Some((paid, 500)), &[("cleared", 400)], Some((paid, 500)), None, false),
        ] {
            let now = difference(here, there);
            let resolution = resolution_of(found(hub, lines, Some("2")), &now);
            assert_eq!(resolution.is_some(), is_resolved, "{hub:?} {lines:?} {now:?}");
        }
    }

    #[test]
    fn what_is_open_or_ended_by_itself_is_not_resolved_by_anybody() {
        let now = difference(None, Some(500));
        assert_eq!(resolution_of(found(None, &[("cleared", 500)], None), &now), None);
        let open = Break { resolution: None, ..found(None, &[("cleared", 500)], Some("2")) };
        assert_eq!(resolution_of(open, &now), None);
    }

    #[test]
    fn a_key_names_the_day_and_the_serial() {
        let now = difference(None, None);
        let (collector, date, serial) = now.place().unwrap();
        let place = (collector.as_str(), date.to_string(), serial);
        assert_eq!(place, ("99022", "2026-11-24".to_owned(), "00000005"));
    }
}
