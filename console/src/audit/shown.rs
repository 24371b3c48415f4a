//! A record of the audit log in the staff's words: names and numbers in place of ids, and where the subject leads.

use std::collections::HashMap;

use domain::{AlarmId, CollectorNumber, ContractId, Date, PaymentId, StaffRequestId, UserId, time};
use gateway::settlement;
use internet_banking::answer::{Stop, failed};
use internet_banking::audit_words::action_label;
use internet_banking::keys::KeyKind;
use internet_banking::settings::Setting;
use ledger::TrailRecord;

use super::pages::TrailRow;
use crate::Console;
use crate::alarms::alarm_words;
use crate::links::{
    ConsoleLink, ContractLink, DayLink, RequestLink, SettingLink, SettlementLink, StaffPaymentLink, UserLink,
};
use crate::requests::Proposal;
use crate::told::Teller;
use crate::users::store as users;
use crate::words::{Names, collector_name, stamp};

/// A subject in words, and its page.
#[derive(Clone, Debug, Default)]
struct Subject {
    text: String,
    link: Option<String>,
}

impl Subject {
    fn of(text: String, link: &impl ToString) -> Self {
        Self { text, link: Some(link.to_string()) }
    }
}

/// The records of a page, each subject looked up once.
pub(super) async fn rows(
    console: &Console,
    names: &Names,
    records: Vec<TrailRecord>,
) -> Result<Vec<TrailRow>, Stop> {
    let teller = Teller { gateway: &console.gateway, names };
    let mut known: HashMap<String, Subject> = HashMap::new();
    let mut rows = Vec::new();
    for record in records {
        let subject = match known.get(&record.subject) {
            Some(subject) => subject.clone(),
            None => {
                let found = subject(console, &record).await?;
                known.insert(record.subject.clone(), found.clone());
                found
            }
        };
        rows.push(TrailRow {
            at: stamp(record.place.at),
            actor: names.name(&record.actor),
            action: action_label(&record.action).to_owned(),
            detail: detail(&teller, &record),
            code: record.action,
            subject: subject.text,
            link: subject.link,
        });
    }
    Ok(rows)
}

async fn subject(console: &Console, record: &TrailRecord) -> Result<Subject, Stop> {
    let text = record.subject.as_str();
    let area = record.action.split('.').next().unwrap_or_default();
    let found = match (area, record.action.as_str()) {
        (_, "payeasy.stop" | "payeasy.stop_lifted" | "payeasy.limit" | "console.user_view") => {
            user(console, text).await?
        }
        (
            _,
            "payeasy.contract_limit"
            | "console.contract_view"
            | "console.token_view"
            | "console.mandate_view",
        ) => contract(console, text).await?,
        ("user" | "session", _) => user(console, text).await?,
        ("payeasy", _) | (_, "console.payment_view") => payment(console, text).await?,
        ("request", _) | (_, "console.request_view") => request(console, text).await?,
        ("alarm", _) => alarm(console, text).await?,
        ("settlement", _) | (_, "console.settlement_view") => window(console, text),
        ("service" | "reconciliation", _) => day(console, text),
        ("key", _) => key(text),
        ("setting", _) => setting(text),
        ("counter", _) => {
            let number = text.parse::<CollectorNumber>().ok();
            number.map(|number| Subject { text: collector_name(&console.gateway, &number), link: None })
        }
        _ => None,
    };
    Ok(found.unwrap_or_else(|| Subject { text: plain(text), link: None }))
}

async fn payment(console: &Console, text: &str) -> Result<Option<Subject>, Stop> {
    let Ok(id) = text.parse::<PaymentId>() else { return Ok(None) };
    let found = console.gateway.payment_for_operator(id).await.map_err(failed)?;
    Ok(found.map(|payment| {
        Subject::of(format!("受付番号 {}", payment.facts.receipt_number), &StaffPaymentLink(id))
    }))
}

async fn user(console: &Console, text: &str) -> Result<Option<Subject>, Stop> {
    let Ok(id) = text.parse::<UserId>() else { return Ok(None) };
    let found = users::find(&console.database, id).await.map_err(failed)?;
    Ok(found.map(|user| Subject::of(format!("{} {}", user.contract_name, user.login_id), &UserLink(id))))
}

async fn contract(console: &Console, text: &str) -> Result<Option<Subject>, Stop> {
    let Ok(id) = text.parse::<ContractId>() else { return Ok(None) };
    let found = console.contracts.contract(id).await.map_err(failed)?;
    Ok(found.map(|contract| Subject::of(contract.name, &ContractLink(id))))
}

async fn request(console: &Console, text: &str) -> Result<Option<Subject>, Stop> {
    let Ok(id) = text.parse::<StaffRequestId>() else { return Ok(None) };
    let found = console.requests.find(id).await.map_err(failed)?;
    let Some(request) = found else { return Ok(None) };
    let (title, about) = (request.proposal.title(), about(console, &request.proposal).await?);
    let separated = if about.is_empty() { "" } else { ": " };
    let text = format!("{title}({}の起票){separated}{about}", stamp(request.made_at));
    Ok(Some(Subject::of(text, &RequestLink(id))))
}

/// What a request concerns: a payment by its number, a day or a window with its collector, a user.
async fn about(console: &Console, proposal: &Proposal) -> Result<String, Stop> {
    let subject = proposal.subject();
    let found = match proposal {
        Proposal::Decide { .. } | Proposal::Cancel { .. } => payment(console, &subject).await?,
        Proposal::Day(_) => day(console, &subject),
        Proposal::LiftStop(of) => user(console, &of.user.to_string()).await?,
        Proposal::Contract(of) => contract(console, &of.contract.to_string()).await?,
        Proposal::Token(of) => contract(console, &of.contract.to_string()).await?,
        Proposal::Mandate(of) => contract(console, &of.contract.to_string()).await?,
        Proposal::Key(of) => Some(Subject::of(of.about(), &ConsoleLink::Keys)),
        Proposal::Setting(of) => setting(&of.name),
        Proposal::Delivery(of) => Some(Subject::of(format!("納品 {}", of.number), &ConsoleLink::TokenStock)),
        Proposal::Staff(of) => Some(Subject::of(format!("職員 {}", of.about()), &ConsoleLink::Staff)),
        Proposal::LiftEmergency(_) => None,
        Proposal::CloseWindow { .. } | Proposal::PayNet { .. } => window(console, &subject),
        Proposal::ResolveBreak(of) => {
            let found = console.gateway.break_of(of.found).await.map_err(failed)?;
            found.and_then(|found| day(console, &format!("{}/{}", found.collector, found.date)))
        }
    };
    Ok(found.map(|subject| subject.text).unwrap_or_default())
}

async fn alarm(console: &Console, text: &str) -> Result<Option<Subject>, Stop> {
    let Ok(id) = text.parse::<AlarmId>() else { return Ok(None) };
    let found = console.gateway.alarm(id).await.map_err(failed)?;
    let text =
        found.map(|alarm| format!("{}({}の警報)", alarm_words(alarm.kind).title, stamp(alarm.raised_at)));
    Ok(text.map(|text| Subject { text, link: None }))
}

fn window(console: &Console, text: &str) -> Option<Subject> {
    let (collector, date) = settlement::of_number(text)?;
    let name = collector_name(&console.gateway, &collector);
    let text = format!("{name} {}の決済分", time::year_month_day(date));
    Some(Subject::of(text, &SettlementLink(settlement::id(&collector, date))))
}

fn day(console: &Console, text: &str) -> Option<Subject> {
    let (collector, date) = text.split_once('/')?;
    let (collector, date) = (collector.parse::<CollectorNumber>().ok()?, date.parse::<Date>().ok()?);
    let name = collector_name(&console.gateway, &collector);
    let text = format!("{name} {}の処理日", time::year_month_day(date));
    Some(Subject::of(text, &DayLink { collector: &collector, date }))
}

/// `link/99022-2`: the kind and the key.
fn key(text: &str) -> Option<Subject> {
    let (kind, id) = text.split_once('/')?;
    let kind = KeyKind::from_code(kind)?;
    let id = id.parse().map_or_else(|_| id.to_owned(), |number| kind.shown_id("", number));
    Some(Subject::of(format!("{} {id}", kind.label()), &ConsoleLink::Keys))
}

fn setting(name: &str) -> Option<Subject> {
    Setting::of(name).map(|setting| Subject::of(setting.label.to_string(), &SettingLink::of(&setting)))
}

/// Days of a search as people write them; anything else as it is.
fn plain(text: &str) -> String {
    let days = text
        .split_once('/')
        .and_then(|(from, until)| Some((from.parse::<Date>().ok()?, until.parse::<Date>().ok()?)));
    match days {
        Some((from, until)) if from == until => time::year_month_day(from),
        Some((from, until)) => format!("{}から{}", time::year_month_day(from), time::year_month_day(until)),
        None => text.to_owned(),
    }
}

fn detail(teller: &Teller<'_>, record: &TrailRecord) -> String {
    match record.action.as_str() {
        // the proposal itself is the subject
        action if action.starts_with("request.") => {
            record.detail.split_once("}: ").map_or("", |(_, reason)| reason).to_owned()
        }
        "console.audit_search" => asked(teller, &record.detail),
        _ => teller.told(&record.detail),
    }
}

/// What somebody searched for.
fn asked(teller: &Teller<'_>, detail: &str) -> String {
    let Some((actor, rest)) = detail.strip_prefix("actor=").and_then(|d| d.split_once(" action=")) else {
        return detail.to_owned();
    };
    let (action, subject) = rest.split_once(" subject=").unwrap_or((rest, ""));
    let parts = [
        ("操作した人", if actor.is_empty() { String::new() } else { teller.names.name(actor) }),
        ("操作", action_label(action).to_owned()),
        ("対象", subject.to_owned()),
    ];
    let said = parts.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(label, value)| format!("{label}: {value}")).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_search_are_written_as_people_write_them() {
        assert_eq!(plain("2026-11-24/2026-11-24"), "2026年11月24日(火)");
        assert_eq!(plain("2026-11-20/2026-11-24"), "2026年11月20日(金)から2026年11月24日(火)");
        assert_eq!(plain("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn a_key_is_told_by_its_kind_and_what_messages_call_it() {
        let told = |text| key(text).map(|subject| subject.text);
        assert_eq!(told("message/2").as_deref(), Some("電文の署名鍵 hub-2"));
        assert_eq!(told("link/99022-2").as_deref(), Some("情報リンクの鍵 99022-2"));
        assert_eq!(told("other/2"), None);
    }
}
