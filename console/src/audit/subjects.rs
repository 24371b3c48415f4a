//! What the log has as subjects of what somebody has typed: a payment, a day, a window or a collector, and the
//! requests, breaks and alarms about them.

use domain::{CollectorNumber, Date, PaymentId};
use gateway::{AlarmQuery, BreakQuery, Payment, settlement};
use internet_banking::answer::{Stop, failed};

use crate::Console;

/// Breaks and alarms that are looked up at most.
const FOUND_MAX: u32 = 500;

/// The subjects, each of which a record may have; none where nothing was typed. Of a collector those of these days.
pub(super) async fn subjects_of(
    console: &Console,
    typed: &str,
    (from, until): (Date, Date),
) -> Result<Vec<String>, Stop> {
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let mut subjects = vec![typed.to_owned()];
    let found = console.gateway.search_payments(typed).await.map_err(failed)?;
    if let [only] = found.as_slice() {
        subjects.extend(of_payment(console, only).await?);
    } else if let Some((collector, date)) = day(typed) {
        subjects.push(settlement::number(&collector, date));
        subjects.extend(breaks(console, &collector, Some(date), None).await?);
    } else if let Ok(collector) = typed.parse::<CollectorNumber>() {
        for date in from.iter_days().take_while(|date| *date <= until) {
            subjects.push(format!("{collector}/{date}"));
            subjects.push(settlement::number(&collector, date));
        }
        subjects.extend(breaks(console, &collector, None, None).await?);
    }
    subjects.extend(alarms(console, typed, &subjects).await?);
    subjects.extend(console.requests.about(&subjects).await.map_err(failed)?);
    Ok(subjects)
}

/// `00200/2026-11-24`.
fn day(text: &str) -> Option<(CollectorNumber, Date)> {
    let (collector, date) = text.split_once('/')?;
    Some((collector.parse().ok()?, date.parse().ok()?))
}

async fn of_payment(console: &Console, payment: &Payment) -> Result<Vec<String>, Stop> {
    let facts = &payment.facts;
    let mut subjects = vec![facts.id.to_string(), facts.message_key.clone()];
    let serial = facts.message_key.rsplit('/').next();
    subjects.extend(breaks(console, &facts.collector, Some(facts.receipt_date), serial).await?);
    Ok(subjects)
}

/// The breaks of a collector: of a day, about a serial, or all of the newest.
async fn breaks(
    console: &Console,
    collector: &CollectorNumber,
    date: Option<Date>,
    serial: Option<&str>,
) -> Result<Vec<String>, Stop> {
    let collector = Some(collector.clone());
    let query = BreakQuery { collector, date, limit: FOUND_MAX, ..BreakQuery::default() };
    let found = console.gateway.breaks(&query).await.map_err(failed)?;
    let wanted = found.into_iter().filter(|found| serial.is_none_or(|serial| found.subject == serial));
    Ok(wanted.map(|found| found.id.to_string()).collect())
}

/// The alarms about a collector, or about one of the few subjects of anything else.
async fn alarms(console: &Console, typed: &str, subjects: &[String]) -> Result<Vec<String>, Stop> {
    let all = AlarmQuery { limit: FOUND_MAX, ..AlarmQuery::default() };
    let queries = match typed.parse::<CollectorNumber>() {
        Ok(collector) => vec![AlarmQuery { collector: Some(collector), ..all }],
        Err(_) => {
            // a payment has its id, its key and its number, a day its name and its window's
            let named = subjects.iter().filter(|subject| subject.parse::<PaymentId>().is_err());
            let ids = subjects.iter().filter(|subject| subject.parse::<PaymentId>().is_ok()).take(1);
            let of = |subject: &String| AlarmQuery { subject: Some(subject.clone()), ..all.clone() };
            named.chain(ids).map(of).collect()
        }
    };
    let mut found = Vec::new();
    for query in queries {
        found.extend(console.gateway.alarms(&query).await.map_err(failed)?);
    }
    Ok(found.into_iter().map(|alarm| alarm.id.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_collector_and_a_date() {
        let read = |text| day(text).map(|(collector, date)| format!("{collector} {date}"));
        assert_eq!(read("00200/2026-11-24"), Some("00200 2026-11-24".to_owned()));
        assert_eq!([read("00200"), read("2026-11-20/2026-11-24"), read("00200/x")], [None, None, None]);
    }
}
