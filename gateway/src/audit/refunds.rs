//! Every refund against its payment, the break that two people ended by it, and the transfers that gave the money back.

use std::collections::HashSet;

use database::{Tx, on};
use domain::Yen;
use ledger::audit::Finding;
use sqlx::FromRow;
use uuid::Uuid;

use crate::payment::history::Body;
use crate::reconciliation::BreakFacts;
use crate::service::{ServiceDay, ServiceState};
use crate::{StoreError, chart};

#[derive(FromRow)]
struct RefundRow {
    payment: Uuid,
    break_id: Uuid,
    at_us: i64,
    actor: String,
    checked_by: String,
    fee_reversal: Option<Uuid>,
    collector: String,
    account: i64,
    amount: i64,
    fee: i64,
    resolved_us: i64,
    resolved_by: String,
    resolution_checked_by: Option<String>,
    facts: String,
    event: Option<String>,
    day: Option<String>,
    kind: Option<i64>,
    debit: Option<i64>,
    credit: Option<i64>,
    returned: Option<i64>,
    fee_kind: Option<i64>,
    fee_debit: Option<i64>,
    fee_credit: Option<i64>,
    fee_returned: Option<i64>,
}

const ROWS: &str = "
    SELECT f.payment, f.break_id, f.at_us, f.actor, f.checked_by, f.fee_reversal,
           p.collector, p.account, p.amount, p.fee, b.at_us AS resolved_us,
           b.actor AS resolved_by, b.checked_by AS resolution_checked_by, k.facts,
           (SELECT v.body FROM event v WHERE v.entity = f.payment AND v.kind = 'refunded' LIMIT 1) AS event,
           (SELECT v.body FROM service_day d JOIN event v ON v.entity = d.id
            WHERE d.collector = k.collector AND d.date = k.date ORDER BY v.seq DESC LIMIT 1) AS day,
           r.kind, r.debit, r.credit, r.amount AS returned,
           e.kind AS fee_kind, e.debit AS fee_debit, e.credit AS fee_credit, e.amount AS fee_returned
    FROM refund f JOIN payment p ON p.id = f.payment JOIN break_resolution b ON b.break_id = f.break_id
    JOIN reconciliation_break k ON k.id = f.break_id
    LEFT JOIN transfer r ON r.id = f.reversal
    LEFT JOIN transfer e ON e.id = f.fee_reversal
    ORDER BY f.payment";

/// `payments` are those that are refunded, by their events.
pub(super) async fn check(tx: &mut Tx, mut payments: HashSet<Uuid>) -> Result<Vec<Finding>, StoreError> {
    let rows: Vec<RefundRow> = on!(tx, |c| sqlx::query_as(ROWS).fetch_all(c).await)?;
    let mut findings = Vec::new();
    for row in &rows {
        if !payments.remove(&row.payment) {
            findings
                .push(fault(row.payment, "it was paid back, and its events say nothing of it".to_owned()));
        }
        findings.extend(row.faults());
    }
    let without = |id| fault(id, "it is refunded, and nothing says how".to_owned());
    findings.extend(payments.into_iter().map(without));
    Ok(findings)
}

fn fault(payment: Uuid, detail: String) -> Finding {
    Finding { check: "payment-refund", subject: payment.to_string(), detail }
}

impl RefundRow {
    fn faults(&self) -> Vec<Finding> {
        let mut faults = Vec::new();
        let resolution = (self.resolved_us, &self.resolved_by, self.resolution_checked_by.as_ref());
        if resolution != (self.at_us, &self.actor, Some(&self.checked_by)) {
            faults.push(fault(self.payment, "others have ended the break than have paid it back".to_owned()));
        }
        if !self.is_of_its_break() {
            let detail = format!("break {} gives no reason to pay it back", self.break_id);
            faults.push(fault(self.payment, detail));
        }
        let Ok(collector) = self.collector.parse() else { return faults };
        let moved = (self.kind, self.debit, self.credit, self.returned);
        let back = (Some(0), Some(chart::clearing(&collector).get()), Some(self.account), Some(self.amount));
        let fee_moved = (self.fee_kind, self.fee_debit, self.fee_credit, self.fee_returned);
        let fee_back = match self.fee_reversal {
            None if self.fee == 0 => (None, None, None, None),
            _ => (Some(0), Some(chart::fee(&collector).get()), Some(self.account), Some(self.fee)),
        };
        if (moved, fee_moved) != (back, fee_back) {
            let detail = format!("{:?} and a fee of {:?} went back", self.returned, self.fee_returned);
            faults.push(fault(self.payment, detail));
        }
        faults
    }

    /// Whether the collector's books lacked all of this payment, on a day that is closed, and its event says so.
    fn is_of_its_break(&self) -> bool {
        let facts: Option<BreakFacts> = serde_json::from_str(&self.facts).ok();
        let lacking = facts.is_some_and(|facts| {
            let payment = facts.hub.as_ref().map(|hub| hub.payment.uuid());
            payment == Some(self.payment) && facts.lacks() && facts.there() == Yen::ZERO
        });
        let event: Option<Body> = self.event.as_deref().and_then(|body| serde_json::from_str(body).ok());
        let named = event.and_then(|event| event.found).map(|found| found.uuid());
        let day: Option<ServiceDay> = self.day.as_deref().and_then(|body| serde_json::from_str(body).ok());
        let closed = day.is_some_and(|day| day.state == ServiceState::Closed);
        lacking && named == Some(self.break_id) && closed
    }
}
