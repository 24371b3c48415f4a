//! The search in the audit log.

use std::collections::HashSet;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use chrono::NaiveTime;
use domain::{Timestamp, UserId};
use edge::{Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::audit_words::ACTIONS;
use ledger::{TrailQuery, TrailRecord};
use serde::Deserialize;

use super::shown::rows;
use super::subjects::subjects_of;
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, TrailLink};
use crate::page::note;
use crate::payments::search::days;
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;
use crate::staff::actor;
use crate::words::{Choice, Names};

/// Records a page.
const PAGE_RECORDS: u32 = 50;
/// Days of one search at most.
const DAYS_MAX: i64 = 93;
/// Characters of a typed subject at most.
const SUBJECT_CHARS_MAX: usize = 100;

/// The page of this folder.
pub fn routes() -> Router<Console> {
    Router::new().route(ConsoleLink::Trail.path(), get(show))
}

/// What the address asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    from: String,
    until: String,
    actor: String,
    action: String,
    subject: String,
    older: String,
}

/// A record as the page shows it.
pub(crate) struct TrailRow {
    pub at: String,
    pub actor: String,
    pub action: String,
    pub code: String,
    pub subject: String,
    /// Where the subject leads, if anywhere.
    pub link: Option<String>,
    pub detail: String,
}

#[derive(Template)]
#[template(path = "audit/audit.html")]
pub(crate) struct TrailPage {
    pub frame: Frame,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub from: String,
    pub until: String,
    pub subject: String,
    pub actors: Vec<Choice>,
    pub actions: Vec<Choice>,
    pub rows: Vec<TrailRow>,
    pub older: Option<String>,
}

async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let today = console.clock.now().date();
    let (from, until, errors) = days(&filter.from, &filter.until, today, DAYS_MAX);
    let staff = console.staff.everybody().await.map_err(failed)?;
    let mut names = Names::of(&staff);
    let trouble = (!errors.is_empty()).then(|| Trouble::input(errors.clone()));
    let is_wrong = trouble.is_some();
    let mut page = TrailPage {
        frame: Frame { has_errors: is_wrong, ..frame::page(&by, Area::Trail) },
        trouble,
        errors,
        from: if is_wrong { filter.from.clone() } else { from.to_string() },
        until: if is_wrong { filter.until.clone() } else { until.to_string() },
        subject: filter.subject.chars().take(SUBJECT_CHARS_MAX).collect(),
        actors: actors(&staff, &filter.actor),
        actions: actions(&filter.action),
        rows: Vec::new(),
        older: None,
    };
    if is_wrong {
        return again(&page);
    }
    let asked = format!("actor={} action={} subject={}", filter.actor, filter.action, filter.subject);
    note(&console, &by, "console.audit_search", format!("{from}/{until}"), &asked).await?;
    let query = TrailQuery {
        from: Timestamp::from_jst(from, NaiveTime::MIN),
        until: Timestamp::from_jst(until.succ_opt().unwrap_or(until), NaiveTime::MIN),
        contract: None,
        actor: filter.actor.clone(),
        action: filter.action.clone(),
        among: Vec::new(),
        except: Vec::new(),
        subjects: subjects_of(&console, page.subject.trim(), (from, until)).await?,
        before: filter.older.parse().ok(),
        limit: PAGE_RECORDS + 1,
    };
    let ledger = console.gateway.ledger();
    let mut records = ledger.trail(&query).await.map_err(failed)?;
    let page_len = usize::try_from(PAGE_RECORDS).unwrap_or(usize::MAX);
    let more = records.len() > page_len;
    records.truncate(page_len);
    add_users(&console, &records, &mut names).await?;
    page.older = records.last().filter(|_| more).map(|last| {
        let (TrailQuery { actor, action, .. }, subject) = (&query, page.subject.trim());
        TrailLink { days: (from, until), actor, action, subject, place: last.place }.to_string()
    });
    page.rows = rows(&console, &names, records).await?;
    shown(&page)
}

/// Names of the customers' users among those who act.
async fn add_users(console: &Console, records: &[TrailRecord], names: &mut Names) -> Result<(), Stop> {
    let actors: HashSet<&str> = records.iter().map(|record| record.actor.as_str()).collect();
    for actor in actors {
        let Ok(user) = actor.parse::<UserId>() else { continue };
        if let Some(user) = console.contracts.signed_in(user).await.map_err(failed)? {
            names.add(actor.to_owned(), format!("{}(利用者 {})", user.name, user.login_id));
        }
    }
    Ok(())
}

fn actors(staff: &[crate::staff::Staff], asked: &str) -> Vec<Choice> {
    let mut choices = vec![
        Choice::new("", "すべて", asked),
        Choice::new("system", "システム", asked),
        Choice::new("staff:unknown", "職員(ID不明)", asked),
    ];
    choices
        .extend(staff.iter().map(|s| Choice::new(actor(s.id), format!("{}({})", s.name, s.login_id), asked)));
    if !asked.is_empty() && !choices.iter().any(|choice| choice.chosen) {
        choices.push(Choice::new(asked, asked, asked));
    }
    choices
}

fn actions(asked: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "すべて", asked)];
    choices.extend(ACTIONS.iter().map(|(action, label)| Choice::new(*action, *label, asked)));
    if !asked.is_empty() && !choices.iter().any(|choice| choice.chosen) {
        choices.push(Choice::new(asked, asked, asked));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::TrailPlace;

    #[test]
    fn the_link_to_older_records_carries_the_search_and_the_place() {
        let writer = domain::StaffId::generate().uuid();
        let place = TrailPlace { at: Timestamp::from_micros(7), writer, number: 3 };
        let day = domain::Date::from_ymd_opt(2026, 11, 24).unwrap();
        let link = TrailLink { days: (day, day), actor: "a:b&c", action: "", subject: "", place }.to_string();
        assert!(link.contains("actor=a%3Ab%26c&"), "{link}");
        assert_eq!(link.split("older=").nth(1).unwrap().parse(), Ok(place));
    }
}
