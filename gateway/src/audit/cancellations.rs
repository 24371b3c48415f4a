//! Every cancellation against its payment, its open work and the transfers that gave the money back.

use std::collections::HashMap;

use collectors::protocol::Channel;
use database::{Tx, on};
use domain::payment::State;
use ledger::audit::Finding;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{StoreError, chart};

#[derive(FromRow)]
struct CancellationRow {
    key: String,
    payment: Uuid,
    fee_reversal: Option<Uuid>,
    channel: Option<String>,
    collector: Option<String>,
    account: Option<i64>,
    amount: Option<i64>,
    fee: Option<i64>,
    open: Option<Uuid>,
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
    SELECT c.key, c.payment, c.fee_reversal, p.channel, p.collector, p.account, p.amount, p.fee, o.entity AS open,
           r.kind, r.debit, r.credit, r.amount AS returned,
           f.kind AS fee_kind, f.debit AS fee_debit, f.credit AS fee_credit, f.amount AS fee_returned
    FROM cancellation c
    LEFT JOIN payment p ON p.id = c.payment
    LEFT JOIN outbox o ON o.key = c.key AND o.entity = c.payment
    LEFT JOIN transfer r ON r.id = c.reversal
    LEFT JOIN transfer f ON f.id = c.fee_reversal
    ORDER BY c.payment, c.key";

/// What the cancellations of one payment came to.
#[derive(Default)]
struct Sums {
    returned: usize,
    open: usize,
}

/// `payments` are those that are cancelled or have an open cancellation, by their events.
pub(super) async fn check(tx: &mut Tx, payments: HashMap<Uuid, State>) -> Result<Vec<Finding>, StoreError> {
    let rows: Vec<CancellationRow> = on!(tx, |c| sqlx::query_as(ROWS).fetch_all(c).await)?;
    let mut findings = Vec::new();
    let mut sums: HashMap<Uuid, Sums> = HashMap::new();
    for row in &rows {
        let sum = sums.entry(row.payment).or_default();
        sum.returned += usize::from(row.returned.is_some());
        sum.open += usize::from(row.open.is_some());
        findings.extend(row.faults());
    }
    let mut ids: Vec<_> = sums.keys().chain(payments.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let state = payments.get(&id);
        let expected = match state {
            Some(State::Cancelled) => (1, 0),
            Some(_) => (0, 1),
            None => (0, 0),
        };
        let found = sums.get(&id).map_or((0, 0), |sum| (sum.returned, sum.open));
        if found != expected {
            let detail = format!("{} cancellations gave its money back and {} are open", found.0, found.1);
            findings.push(Finding { check: "payment-cancellation", subject: id.to_string(), detail });
        }
    }
    Ok(findings)
}

impl CancellationRow {
    fn faults(&self) -> Vec<Finding> {
        let fault = |check, detail| Finding { check, subject: self.key.clone(), detail };
        let (Some(channel), Some(collector), Some(account)) = (&self.channel, &self.collector, self.account)
        else {
            return vec![fault("cancellation-payment", format!("there is no payment {}", self.payment))];
        };
        let mut faults = Vec::new();
        if channel != Channel::Counter.as_str() {
            faults.push(fault("cancellation-payment", format!("payment {} is of {channel}", self.payment)));
        }
        let Ok(collector) = collector.parse() else { return faults };
        if self.returned.is_some() || self.fee_returned.is_some() {
            let clearing = (Some(0), Some(chart::clearing(&collector).get()), Some(account), self.amount);
            let right = (self.kind, self.debit, self.credit, self.returned) == clearing;
            let fee_found = (self.fee_kind, self.fee_debit, self.fee_credit, self.fee_returned);
            let fee_right = match self.fee_reversal {
                None => self.fee == Some(0) && fee_found == (None, None, None, None),
                Some(_) => {
                    fee_found == (Some(0), Some(chart::fee(&collector).get()), Some(account), self.fee)
                }
            };
            if !(right && fee_right) {
                let detail = format!("{:?} and a fee of {:?} went back", self.returned, self.fee_returned);
                faults.push(fault("cancellation-reversal", detail));
            }
        }
        faults
    }
}
