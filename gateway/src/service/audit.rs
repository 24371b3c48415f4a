//! The audit of the days: what a close counted is what the payments say.

use collectors::protocol::{Counters, Tally};
use database::{Tx, on};
use ledger::audit::Finding;
use sqlx::FromRow;

use super::ServiceState;
use super::day::ServiceDay;
use crate::StoreError;
use crate::reconciliation::{HubItem, hub_counters, items};

/// Days read at once.
const PAGE_DAYS: i64 = 500;

#[derive(FromRow)]
struct Row {
    collector: String,
    date: String,
    body: Option<String>,
    looked_after: Option<String>,
}

const ROWS: &str = "
    SELECT d.collector, d.date, g.key AS looked_after,
           (SELECT e.body FROM event e WHERE e.entity = d.id ORDER BY e.seq DESC LIMIT 1) AS body
    FROM service_day d LEFT JOIN guard g ON g.key = 'service|' || d.collector || '|' || d.date AND g.entity = d.id
    WHERE d.date > $1 OR (d.date = $1 AND d.collector > $2) ORDER BY d.date, d.collector LIMIT $3";

/// Checks every day in the caller's snapshot.
pub(crate) async fn faults(tx: &mut Tx) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let mut after = (String::new(), String::new());
    loop {
        let rows: Vec<Row> = on!(tx, |c| {
            sqlx::query_as(ROWS).bind(&after.0).bind(&after.1).bind(PAGE_DAYS).fetch_all(c).await
        })?;
        let Some(last) = rows.last() else { return Ok(findings) };
        after = (last.date.clone(), last.collector.clone());
        for row in rows {
            let Some(day) = row.body.as_deref().and_then(|b| serde_json::from_str::<ServiceDay>(b).ok())
            else {
                findings.push(Finding {
                    check: "service-day-events",
                    subject: format!("{}/{}", row.collector, row.date),
                    detail: "it has no readable event".to_owned(),
                });
                continue;
            };
            if day.unfinished != row.looked_after.is_some() {
                let detail =
                    format!("unfinished is {}, looked after is {:?}", day.unfinished, row.looked_after);
                findings.push(fault(&day, "service-day-unfinished", detail));
            }
            findings.extend(counted_wrong(tx, &day).await?);
        }
    }
}

/// The counters of a close against the payments. What was carried forward may have come in since, and nothing else but
/// what was paid back.
async fn counted_wrong(tx: &mut Tx, day: &ServiceDay) -> Result<Option<Finding>, StoreError> {
    let Some(closed) = day.close_counters.filter(|_| day.state == ServiceState::Closed) else {
        return Ok(None);
    };
    let now = match items(tx, &day.collector, day.date).await {
        Ok(items) => {
            let at_close: Vec<_> = items.into_iter().map(HubItem::before_refund).collect();
            hub_counters(&at_close)
        }
        Err(StoreError::Corrupt(detail)) => return Ok(Some(fault(day, "service-day-counters", detail))),
        Err(error) => return Err(error),
    };
    let right = if day.carried_forward { has_grown(&closed.hub, &now) } else { closed.hub == now };
    let detail =
        || format!("the close counted {}, the payments make {}", counted(&closed.hub), counted(&now));
    Ok((!right).then(|| fault(day, "service-day-counters", detail())))
}

/// Counters for people.
fn counted(counters: &Counters) -> String {
    let tally = |name: &str, tally: Tally| format!("{} {name} of {} yen", tally.count, tally.amount);
    let Counters { cleared, provisional, cancelled } = *counters;
    [tally("cleared", cleared), tally("provisional", provisional), tally("cancelled", cancelled)].join(", ")
}

fn has_grown(before: &Counters, now: &Counters) -> bool {
    let tally = |before: Tally, now: Tally| before.count <= now.count && before.amount <= now.amount;
    tally(before.cleared, now.cleared)
        && tally(before.provisional, now.provisional)
        && tally(before.cancelled, now.cancelled)
}

fn fault(day: &ServiceDay, check: &'static str, detail: String) -> Finding {
    Finding { check, subject: day.name(), detail }
}
