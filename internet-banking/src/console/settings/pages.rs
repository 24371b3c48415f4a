//! The settings, and one of them with its history and the proposal of another value.

use askama::Template;
use axum::extract::{Path, State};
use domain::Date;
use domain::time::year_month_day;
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;

use super::proposal::SettingChange;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::console::Console;
use crate::console::frame::{self, Area};
use crate::console::links::{ConsoleLink, SettingLink};
use crate::console::problem::Trouble;
use crate::console::requests::pages::{self, RequestRow};
use crate::console::requests::{Proposal, add_reason, propose as propose_request};
use crate::console::sign_in::StaffSignedIn;
use crate::console::staff::StaffRole;
use crate::console::words::{Names, day, stamp};
use crate::settings::{SETTINGS, Setting};

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    value: String,
    from: String,
    reason: String,
}

/// A setting in the list.
pub(in crate::console) struct SettingRow {
    pub link: SettingLink,
    pub label: &'static str,
    pub value: String,
}

/// A value in the history.
pub(in crate::console) struct ValueRow {
    pub from: String,
    pub value: String,
    pub at: String,
    pub by: String,
}

#[derive(Template)]
#[template(path = "console/settings/list.html")]
pub(in crate::console) struct SettingsPage {
    pub frame: Frame,
    pub rows: Vec<SettingRow>,
}

#[derive(Template)]
#[template(path = "console/settings/setting.html")]
pub(in crate::console) struct SettingPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub setting: &'static Setting,
    pub now: String,
    pub embedded: String,
    pub history: Vec<ValueRow>,
    pub value: String,
    pub from: String,
    pub reason: String,
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
        rows.push(SettingRow { link: SettingLink(setting), label: setting.label, value });
    }
    shown(&SettingsPage { frame: frame::page(&by, Area::Settings), rows })
}

/// `GET /settings/{name}`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(name): Path<String>) -> Answer {
    let setting = Setting::of(&name).ok_or_else(Stop::not_found)?;
    shown(&page(&console, &by, setting, None, Typed::default()).await?)
}

/// `POST /settings/{name}`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(name): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let setting = Setting::of(&name).ok_or_else(Stop::not_found)?;
    let today = console.clock.now().date();
    let (value, from) = (setting.read(&typed.value), day(&typed.from).filter(|from| *from >= today));
    let (Ok(after), Some(from)) = (&value, from) else {
        let mut errors = wrong(value.err(), from);
        add_reason(&mut errors, &typed.reason);
        return again(&page(&console, &by, setting, Some(Trouble::input(errors)), typed).await?);
    };
    let before = setting.on(&console.database, from).await.map_err(failed)?;
    if before == *after {
        let mut errors = Errors::one("value", "その日に効く値と同じです。違う値を入力してください。");
        add_reason(&mut errors, &typed.reason);
        return again(&page(&console, &by, setting, Some(Trouble::input(errors)), typed).await?);
    }
    let change = SettingChange { name: setting.name.to_owned(), from, before, after: after.clone() };
    let back = (Area::Settings, SettingLink(setting).to_string());
    let reason = typed.reason.clone();
    propose_request(&console, &by, Proposal::Setting(change), &reason, back, async |trouble| {
        page(&console, &by, setting, Some(trouble), typed).await
    })
    .await
}

fn wrong(value: Option<&'static str>, from: Option<Date>) -> Errors {
    let mut errors = Errors::none();
    value.into_iter().for_each(|message| errors.add("value", message));
    if from.is_none() {
        errors.add("from", "開始日を、きょうから後の日で入力してください(例: 2026-12-01)。");
    }
    errors
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    setting: &'static Setting,
    trouble: Option<Trouble>,
    typed: Typed,
) -> Result<SettingPage, Stop> {
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let today = console.clock.now().date();
    let now = setting.on(&console.database, today).await.map_err(failed)?;
    let history = setting.history(&console.database).await.map_err(failed)?;
    let row = |dated: crate::settings::Dated| ValueRow {
        from: year_month_day(dated.from),
        value: setting.shown(&dated.value),
        at: stamp(dated.at),
        by: names.name(&dated.actor),
    };
    Ok(SettingPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Settings) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        setting,
        now: setting.shown(&now),
        embedded: setting.shown(&setting.embedded()),
        history: history.into_iter().map(row).collect(),
        value: typed.value,
        from: typed.from,
        reason: typed.reason,
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::about(console, &names, SettingChange::subject_of(setting.name)).await?,
    })
}
