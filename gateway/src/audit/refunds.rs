//! Every refund against its payment, the break that two people ended by it, and the transfers that gave the money back.

use std::collections::HashSet;

use database::{Tx, on};
use ledger::audit::Finding;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{StoreError, chart};

#[derive(FromRow)]
struct RefundRow {
    payment: Uuid,
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
    SELECT f.payment, f.at_us, f.actor, f.checked_by, f.fee_reversal, p.collector, p.account, p.amount, p.fee,
           b.at_us AS resolved_us, b.actor AS resolved_by, b.checked_by AS resolution_checked_by,
           r.kind, r.debit, r.credit, r.amount AS returned,
           e.kind AS fee_kind, e.debit AS fee_debit, e.credit AS fee_credit, e.amount AS fee_returned
    FROM refund f JOIN payment p ON p.id = f.payment JOIN break_resolution b ON b.break_id = f.break_id
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
}
