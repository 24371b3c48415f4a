//! The settings, and one of them with its history and the proposal of another value.

use askama::Template;
use axum::extract::{Path, State};
use domain::time::year_month_day;
use edge::{CsrfForm, Errors, Frame};
use gateway::directory::SetPart;
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::settings::{SETTINGS, Setting};

use super::proposal::SettingChange;
use super::typed::Typed;
use crate::Console;
use crate::contracts::procedure::document;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, SettingLink};
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{Proposal, add_reason, propose as propose_request};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Choice, Names, collector_name, day, stamp};

/// A setting in the list.
pub(crate) struct SettingRow {
    pub link: SettingLink,
    pub label: String,
    pub value: String,
}

/// A value in the history.
pub(crate) struct ValueRow {
    pub from: String,
    pub value: String,
    pub at: String,
    pub by: String,
}

#[derive(Template)]
#[template(path = "settings/list.html")]
pub(crate) struct SettingsPage {
    pub frame: Frame,
    pub rows: Vec<SettingRow>,
}

#[derive(Template)]
#[template(path = "settings/setting.html")]
pub(crate) struct SettingPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub link: SettingLink,
    /// Where the list is that it stands in.
    pub list: ConsoleLink,
    pub label: String,
    pub hint: &'static str,
    /// What of a collector it is, which has fields of its own.
    pub part: Option<SetPart>,
    /// Whether payments are to rest, as the form has it.
    pub states: Vec<Choice>,
    pub now: String,
    pub embedded: String,
    pub history: Vec<ValueRow>,
    pub typed: Typed,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
}

/// `GET /settings`
pub async fn list(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    let today = console.clock.now().date();
    let mut rows = Vec::with_capacity(SETTINGS.len());
    for setting in SETTINGS {
        let kept = setting.on(&console.database, today).await.map_err(failed)?;
        let value = setting.shown(&kept);
        rows.push(SettingRow { link: SettingLink::of(setting), label: setting.label.to_string(), value });
    }
    shown(&SettingsPage { frame: frame::page(&by, Area::Settings), rows })
}

/// `GET /settings/{name}`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(name): Path<String>) -> Answer {
    let setting = Setting::of(&name).ok_or_else(Stop::not_found)?;
    shown(&page(&console, &by, &setting, None, Typed::default()).await?)
}

/// `POST /settings/{name}`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(name): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let setting = Setting::of(&name).ok_or_else(Stop::not_found)?;
    propose_value(&console, &by, &setting, typed).await
}

/// `GET /collectors/{collector}/{part}`
pub async fn show_of_collector(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(of): Path<(String, String)>,
) -> Answer {
    let setting = of_collector(&console, &of)?;
    let today = console.clock.now().date();
    let of = setting.collector().and_then(|(number, _)| console.gateway.directory().get(&number));
    let typed = of.and_then(|row| row.hours.version(today)).map(Typed::of_hours).unwrap_or_default();
    shown(&page(&console, &by, &setting, None, typed).await?)
}

/// `POST /collectors/{collector}/{part}`
pub async fn propose_of_collector(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(of): Path<(String, String)>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let setting = of_collector(&console, &of)?;
    propose_value(&console, &by, &setting, typed).await
}

fn of_collector(console: &Console, (number, part): &(String, String)) -> Result<Setting, Stop> {
    let number = number.parse().map_err(|_| Stop::not_found())?;
    let part = SetPart::from_code(part).ok_or_else(Stop::not_found)?;
    console.gateway.directory().get(&number).ok_or_else(Stop::not_found)?;
    Ok(Setting::of_collector(&number, part))
}

/// Everything that is wrong is told at once, and what was typed stays.
async fn propose_value(console: &Console, by: &StaffSignedIn, setting: &Setting, typed: Typed) -> Answer {
    let today = console.clock.now().date();
    let mut errors = Errors::none();
    let value = typed.value(setting).map_err(|wrong| errors = wrong).ok();
    let from = day(&typed.from).filter(|from| *from >= today);
    let document = document(&typed.document).map_err(|message| errors.add("document", message)).ok();
    if from.is_none() {
        errors.add("from", "開始日を、本日以降の日で入力してください(例: 2026-12-01)。");
    }
    let mut before = String::new();
    if let (Some(after), Some(from)) = (&value, from) {
        before = setting.on(&console.database, from).await.map_err(failed)?;
        if before == *after {
            errors.add(typed.first_field(setting), "その日に効く値と同じです。違う値を入力してください。");
        } else if let Err(message) = typed.fits(setting, from) {
            errors.add("until", message);
        }
    }
    let (Some(after), Some(from), Some(document), true) = (value, from, document, errors.is_empty()) else {
        add_reason(&mut errors, &typed.reason);
        return again(&page(console, by, setting, Some(Trouble::input(errors)), typed).await?);
    };
    let change = SettingChange { name: setting.name.to_string(), from, before, after, document };
    let back = (Area::Settings, SettingLink::of(setting).to_string());
    let reason = typed.reason.clone();
    propose_request(console, by, Proposal::Setting(change), &reason, back, async |trouble| {
        page(console, by, setting, Some(trouble), typed).await
    })
    .await
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    setting: &Setting,
    trouble: Option<Trouble>,
    typed: Typed,
) -> Result<SettingPage, Stop> {
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let today = console.clock.now().date();
    let now = setting.on(&console.database, today).await.map_err(failed)?;
    let history = setting.history(&console.database).await.map_err(failed)?;
    let row = |dated: internet_banking::settings::Dated| ValueRow {
        from: year_month_day(dated.from),
        value: setting.shown(&dated.value),
        at: stamp(dated.at),
        by: names.name(&dated.actor),
    };
    let part = setting.collector().map(|(_, part)| part);
    let label = match setting.collector() {
        Some((number, part)) => {
            format!("{}({number})の{}", collector_name(&console.gateway, &number), part.label())
        }
        None => setting.label.to_string(),
    };
    Ok(SettingPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Settings) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        link: SettingLink::of(setting),
        list: if part.is_some() { ConsoleLink::Collectors } else { ConsoleLink::Settings },
        label,
        hint: setting.hint,
        part,
        states: typed.states(),
        now: setting.shown(&now),
        embedded: setting.shown(&setting.embedded()),
        history: history.into_iter().map(row).collect(),
        typed,
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::about(console, &names, SettingChange::subject_of(&setting.name)).await?,
    })
}
