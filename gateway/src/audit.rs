//! The hub's audit: every payment against its holds, its guard and its open work, and against the collectors'
//! records.

mod cancellations;
mod history;
mod open_work;
mod refunds;
mod resolved;

use std::collections::{HashMap, HashSet};

use collectors::protocol::Channel;
use database::{Tx, on};
use domain::Yen;
use domain::payment::{Cancellation, State};
use ledger::audit::Finding;
use sqlx::FromRow;
use uuid::Uuid;

use crate::payment::history::Body;
use crate::proof::KeySet;
use crate::settlement::audit::PaymentSums;
use crate::{Gateway, StoreError, chart, settlement};

pub use open_work::OpenWork;
pub use resolved::ResolvedBreak;

/// Payments read at once.
const PAGE_PAYMENTS: i64 = 1_000;

/// A clearing in a collector's own records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorRecord {
    /// The collector.
    pub collector: String,
    /// The resend key: `MPN9999/2026-11-24/00000001`.
    pub key: String,
    /// What was paid, without the fee.
    pub amount: i64,
    /// Whether it counts as cleared: a recorded refusal does not, nor what was cancelled since.
    pub cleared: bool,
}

/// What one look at the hub saw of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    collector: String,
    state: State,
    amount: i64,
    /// Whether a cancellation is open.
    is_cancelling: bool,
}

/// A payment on which a collector's record and the hub differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was found; its subject is the resend key.
    pub finding: Finding,
    /// The collector.
    pub collector: String,
    /// Where it stands here, and the amount.
    pub here: Option<(State, i64)>,
    /// The amount that the collector has cleared.
    pub there: Option<i64>,
}

/// All payments of one look, by resend key.
pub type Look = HashMap<String, Seen>;

#[derive(FromRow)]
struct AuditRow {
    id: Uuid,
    held_us: i64,
    account: i64,
    channel: String,
    collector: String,
    category: Option<String>,
    amount: i64,
    fee: i64,
    fee_hold: Option<Uuid>,
    message_key: String,
    event_body: Option<String>,
    held: Option<i64>,
    ended: Option<i64>,
    fee_held: Option<i64>,
    fee_ended: Option<i64>,
    guard_of: Option<Uuid>,
    outbox_of: Option<Uuid>,
    owed_of: Option<Uuid>,
    settled_in: Option<Uuid>,
    settled_part: Option<i64>,
}

const ROWS: &str = "
    SELECT p.id, p.held_us, p.account, p.channel, p.collector, p.category, p.amount, p.fee, p.fee_hold, p.message_key,
           e.body AS event_body, h.amount AS held, he.kind AS ended, f.amount AS fee_held, fe.kind AS fee_ended,
           g.entity AS guard_of, o.entity AS outbox_of, w.entity AS owed_of,
           s.settlement AS settled_in, s.part AS settled_part
    FROM payment p
    LEFT JOIN event e ON e.entity = p.id AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = p.id)
    LEFT JOIN transfer h ON h.id = p.hold AND h.kind = 1
    LEFT JOIN transfer he ON he.pending = p.hold
    LEFT JOIN transfer f ON f.id = p.fee_hold AND f.kind = 1
    LEFT JOIN transfer fe ON fe.pending = p.fee_hold
    LEFT JOIN guard g ON g.key = p.bill_guard
    LEFT JOIN outbox o ON o.key = p.message_key
    LEFT JOIN guard w ON w.key = 'owed|' || p.collector || '|' || p.receipt_date || '|' || p.message_key
    LEFT JOIN settled_payment s ON s.payment = p.id
    WHERE p.held_us > $1 OR (p.held_us = $1 AND p.id > $2)
    ORDER BY p.held_us, p.id LIMIT $3";

impl Gateway {
    /// Checks every payment in one snapshot while payments go on, and answers what the snapshot saw of them.
    pub async fn audit(&self) -> Result<(Vec<Finding>, Look), StoreError> {
        self.audit_with(None).await
    }

    /// The same, and that both sides have signed every message that is kept of a payment: with their public keys.
    pub async fn audit_with(&self, keys: Option<&KeySet>) -> Result<(Vec<Finding>, Look), StoreError> {
        let against = history::Against { directory: self.directory(), hub: &self.0.settings.centre, keys };
        let mut tx = self.database().snapshot().await?;
        let mut findings = Vec::new();
        let mut look = Look::new();
        let mut sums = PaymentSums::default();
        let (mut cancelling, mut refunded) = (HashMap::new(), HashSet::new());
        let mut after = (i64::MIN, Uuid::nil());
        loop {
            let rows: Vec<AuditRow> = on!(tx, |c| {
                sqlx::query_as(ROWS).bind(after.0).bind(after.1).bind(PAGE_PAYMENTS).fetch_all(c).await
            })?;
            let Some(last) = rows.last() else { break };
            after = (last.held_us, last.id);
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            findings.extend(history::check(&mut tx, against, &ids).await?);
            for row in rows {
                let body = row.body();
                findings.extend(row.faults(body.as_ref(), self.may_be_paid_again(&row)));
                let Some((state, is_cancelling)) = body.and_then(|b| Some((b.state?, is_cancelling(&b))))
                else {
                    continue;
                };
                if state == State::Cancelled || is_cancelling {
                    cancelling.insert(row.id, state);
                }
                if state == State::Refunded {
                    refunded.insert(row.id);
                }
                row.count(state, &mut sums);
                let (collector, amount) = (row.collector, row.amount);
                look.insert(row.message_key, Seen { collector, state, amount, is_cancelling });
            }
        }
        let collectors = self.directory().all().iter().map(|row| &row.number);
        findings.extend(settlement::audit::findings(&mut tx, collectors, &sums).await?);
        findings.extend(cancellations::check(&mut tx, cancelling).await?);
        findings.extend(refunds::check(&mut tx, refunded).await?);
        findings.extend(strays(&mut tx).await?);
        findings.extend(crate::service::audit::faults(&mut tx).await?);
        tx.rollback().await?;
        Ok((findings, look))
    }

    /// Whether the payer typed the amount, so that what was paid may be paid again.
    fn may_be_paid_again(&self, row: &AuditRow) -> bool {
        let category = row.category.as_deref().and_then(|category| category.parse().ok());
        let collector = row.collector.parse().ok().and_then(|number| self.directory().get(&number));
        collector.is_some_and(|c| c.payer_types_amount(category.as_ref()))
    }
}

/// Open work and payment events that belong to no payment.
async fn strays(tx: &mut Tx) -> Result<Vec<Finding>, StoreError> {
    let outbox: Vec<String> = on!(tx, |c| {
        sqlx::query_scalar(
            "SELECT o.key FROM outbox o LEFT JOIN payment p ON p.id = o.entity
             LEFT JOIN cancellation c ON c.key = o.key AND c.payment = o.entity
             WHERE o.destination <> 'interbank'
             AND (p.id IS NULL OR (p.message_key <> o.key AND c.key IS NULL))",
        )
        .fetch_all(c)
        .await
    })?;
    let events: Vec<Uuid> = on!(tx, |c| {
        sqlx::query_scalar(
            "SELECT DISTINCT e.entity FROM event e LEFT JOIN payment p ON p.id = e.entity
             WHERE p.id IS NULL AND e.kind = 'held'",
        )
        .fetch_all(c)
        .await
    })?;
    let stray = |check, subject| Finding { check, subject, detail: "it belongs to no payment".to_owned() };
    Ok(outbox
        .into_iter()
        .map(|key| stray("outbox-payment", key))
        .chain(events.into_iter().map(|id| stray("event-payment", id.to_string())))
        .collect())
}

impl AuditRow {
    fn body(&self) -> Option<Body> {
        serde_json::from_str(self.event_body.as_deref()?).ok()
    }

    fn faults(&self, body: Option<&Body>, may_be_paid_again: bool) -> Vec<Finding> {
        let Some((state, body)) = body.and_then(|b| Some((b.state?, b))) else {
            return vec![self.fault("payment-events", "it has no readable event".to_owned())];
        };
        let mut faults = Vec::new();
        let holds = [
            ("amount", Some(self.amount), self.held, self.ended),
            ("fee", self.fee_hold.map(|_| self.fee), self.fee_held, self.fee_ended),
        ];
        for (what, expected, held, ended) in holds {
            if held != expected {
                let detail = format!("the {what} is {}, held is {}", yen(expected), yen(held));
                faults.push(self.fault("payment-hold", detail));
            }
            let right = match state {
                _ if expected.is_none() => ended.is_none(),
                State::Held | State::Sending | State::Unknown => ended.is_none(),
                State::Accepted | State::Settled | State::Cancelled | State::Refunded => ended == Some(2),
                State::Rejected | State::Voided => ended == Some(3),
                State::Inquired | State::Expired => false,
            };
            if !right {
                let detail = format!("it is {state} and the hold of its {what} ended as {ended:?}");
                faults.push(self.fault("payment-ending", detail));
            }
        }
        if self.fee > 0 && self.fee_hold.is_none() {
            faults.push(self.fault("payment-hold", "the fee has no hold".to_owned()));
        }
        if (self.outbox_of == Some(self.id)) != state.is_open() {
            let detail = format!("it is {state} and its open work belongs to {:?}", self.outbox_of);
            faults.push(self.fault("payment-outbox", detail));
        }
        let guards = matches!(self.guard_of, Some(holder) if holder == self.id);
        let is_free = match state {
            State::Rejected | State::Voided => true,
            State::Cancelled | State::Refunded => !may_be_paid_again,
            _ => false,
        };
        if guards == is_free {
            let detail = format!("it is {state} and its bill's guard belongs to {:?}", self.guard_of);
            faults.push(self.fault("payment-guard", detail));
        }
        if (self.owed_of == Some(self.id)) != (state == State::Accepted && !is_cancelling(body)) {
            let detail = format!("it is {state} and what is owed belongs to {:?}", self.owed_of);
            faults.push(self.fault("payment-owed", detail));
        }
        let from_cash = self.account == chart::COUNTER_CASH.get();
        if from_cash != (self.channel == Channel::Counter.as_str()) {
            let detail = format!("its channel is {} and account {} is debited", self.channel, self.account);
            faults.push(self.fault("payment-channel", detail));
        }
        if self.settled_in.is_some() != (state == State::Settled) {
            let detail = format!("it is {state} and was settled in {:?}", self.settled_in);
            faults.push(self.fault("payment-settled", detail));
        }
        faults
    }

    /// Adds the payment to what is owed, or to what its part has settled.
    fn count(&self, state: State, sums: &mut PaymentSums) {
        let fee = self.fee_hold.map_or(0, |_| self.fee);
        if state == State::Accepted {
            PaymentSums::add(sums.owed.entry(self.collector.clone()).or_default(), self.amount, fee);
        }
        if let (Some(settlement), Some(part)) = (self.settled_in, self.settled_part) {
            PaymentSums::add(sums.settled.entry((settlement, part)).or_default(), self.amount, fee);
        }
    }

    fn fault(&self, check: &'static str, detail: String) -> Finding {
        Finding { check, subject: self.id.to_string(), detail }
    }
}

/// Whether a cancellation of the payment is open after this event.
fn is_cancelling(body: &Body) -> bool {
    body.cancellation.is_some_and(Cancellation::is_open)
}

/// Compares the collectors' records, read between two looks, with both looks: what was accepted before must
/// be cleared there, and what is cleared there must be on its way or accepted after. A cancellation may come between.
pub fn compare(before: &Look, records: &[CollectorRecord], after: &Look) -> Vec<Difference> {
    let mut differences = Vec::new();
    let cleared: HashMap<&str, &CollectorRecord> =
        records.iter().filter(|r| r.cleared).map(|r| (r.key.as_str(), r)).collect();
    for (key, seen) in before.iter().filter(|(_, seen)| seen.state.is_paid()) {
        let may_be_taken_back = after
            .get(key)
            .is_some_and(|s| s.is_cancelling || matches!(s.state, State::Cancelled | State::Refunded));
        let detail = match cleared.get(key.as_str()) {
            None if may_be_taken_back => continue,
            None => format!("accepted here, and collector {} has not cleared it", seen.collector),
            Some(record) if record.amount != seen.amount || record.collector != seen.collector => {
                let (here, there) = (Yen::new(seen.amount), Yen::new(record.amount));
                format!("{here} yen here and {there} yen at collector {}", record.collector)
            }
            Some(_) => continue,
        };
        differences.push(Difference {
            finding: Finding { check: "collector-missing", subject: key.clone(), detail },
            collector: seen.collector.clone(),
            here: Some((seen.state, seen.amount)),
            there: cleared.get(key.as_str()).map(|record| record.amount),
        });
    }
    for (key, record) in cleared {
        let found = after.get(key);
        let was_cancelled = before.get(key).is_some_and(|seen| seen.state == State::Cancelled);
        let known = found.is_some_and(|seen| {
            let fits = match seen.state {
                State::Sending | State::Unknown => true,
                State::Cancelled => !was_cancelled,
                state => state.is_paid(),
            };
            seen.amount == record.amount && fits
        });
        if !known {
            let here = found.map_or_else(|| "unknown here".to_owned(), |seen| format!("{} here", seen.state));
            let (collector, amount) = (record.collector.clone(), Yen::new(record.amount));
            let detail = format!("cleared by collector {collector} for {amount} yen, {here}");
            differences.push(Difference {
                finding: Finding { check: "hub-missing", subject: key.to_owned(), detail },
                collector,
                here: found.map(|seen| (seen.state, seen.amount)),
                there: Some(record.amount),
            });
        }
    }
    let order = |one: &Difference| (one.finding.check, one.finding.subject.clone());
    differences.sort_by_key(order);
    differences
}

/// An amount for people.
fn yen(amount: Option<i64>) -> String {
    amount.map_or_else(|| "nothing".to_owned(), |amount| format!("{} yen", Yen::new(amount)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(state: State) -> Look {
        seen(state, false)
    }

    fn seen(state: State, is_cancelling: bool) -> Look {
        let seen = Seen { collector: "00200".to_owned(), state, amount: 100, is_cancelling };
        Look::from([("K".to_owned(), seen)])
    }

    fn record(amount: i64, cleared: bool) -> Vec<CollectorRecord> {
        vec![CollectorRecord { collector: "00200".to_owned(), key: "K".to_owned(), amount, cleared }]
    }

    fn checks(before: &Look, records: &[CollectorRecord], after: &Look) -> Vec<&'static str> {
        compare(before, records, after).iter().map(|difference| difference.finding.check).collect()
    }

    #[test]
    fn what_both_know_is_no_finding() {
        let accepted = look(State::Accepted);
        assert!(checks(&accepted, &record(100, true), &accepted).is_empty());
        assert!(checks(&look(State::Sending), &record(100, true), &look(State::Unknown)).is_empty());
        assert!(checks(&look(State::Held), &[], &look(State::Held)).is_empty());
        assert!(checks(&look(State::Rejected), &record(100, false), &look(State::Rejected)).is_empty());
    }

    #[test]
    fn a_payment_that_only_one_side_knows_is_found() {
        let accepted = look(State::Accepted);
        assert_eq!(checks(&accepted, &[], &accepted), ["collector-missing"]);
        assert_eq!(checks(&accepted, &record(100, false), &accepted), ["collector-missing"]);
        assert_eq!(checks(&Look::new(), &record(100, true), &Look::new()), ["hub-missing"]);
        assert_eq!(checks(&look(State::Voided), &record(100, true), &look(State::Voided)), ["hub-missing"]);
    }

    #[test]
    fn a_cancellation_may_come_between_the_looks() {
        let (accepted, cancelled) = (look(State::Accepted), look(State::Cancelled));
        let cancelling = seen(State::Accepted, true);
        for (before, cleared, after, found) in [
            (&accepted, true, &cancelling, None),
            (&accepted, false, &cancelling, None),
            (&cancelling, false, &cancelling, None),
            (&cancelling, true, &cancelled, None),
            (&cancelling, false, &cancelled, None),
            (&cancelled, false, &cancelled, None),
            (&cancelled, true, &cancelled, Some("hub-missing")),
            (&cancelling, false, &accepted, Some("collector-missing")),
        ] {
            assert_eq!(
                checks(before, &record(100, cleared), after),
                Vec::from_iter(found),
                "{before:?} {cleared}"
            );
        }
    }

    #[test]
    fn another_amount_is_found_on_both_sides() {
        let accepted = look(State::Accepted);
        let found = compare(&accepted, &record(1_234_567, true), &accepted);
        let told = |difference: &Difference| (difference.finding.check, difference.finding.detail.clone());
        assert_eq!(
            found.iter().map(told).collect::<Vec<_>>(),
            [
                ("collector-missing", "100 yen here and 1,234,567 yen at collector 00200".to_owned()),
                ("hub-missing", "cleared by collector 00200 for 1,234,567 yen, accepted here".to_owned()),
            ]
        );
        assert_eq!((found[0].here, found[0].there), (Some((State::Accepted, 100)), Some(1_234_567)));
    }
}
