//! 収納機関: what is set of each today, and what will be.

use askama::Template;
use axum::extract::State;
use domain::time::year_month_day;
use domain::{CollectorNumber, Date};
use edge::Frame;
use gateway::directory::{Collector, SetPart};
use internet_banking::answer::{Answer, failed, shown};
use internet_banking::settings::Setting;

use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, SettingLink};
use crate::sign_in::StaffSignedIn;
use crate::words::Tag;

/// A collector in the list.
pub(crate) struct CollectorRow {
    pub number: CollectorNumber,
    pub name: String,
    pub kind: &'static str,
    pub tag: Tag,
    /// Each part: its page, what it is called, and how it is today.
    pub parts: Vec<(SettingLink, &'static str, String)>,
    /// What changes later, the nearest first.
    pub coming: Vec<String>,
}

#[derive(Template)]
#[template(path = "settings/collectors.html")]
pub(crate) struct CollectorsPage {
    pub frame: Frame,
    pub rows: Vec<CollectorRow>,
}

/// `GET /collectors`
pub async fn list(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    let today = console.clock.now().date();
    let directory = console.gateway.refresh_directory().await.map_err(failed)?;
    let mut rows = Vec::with_capacity(directory.all().len());
    for collector in directory.on(today).all() {
        rows.push(row(&console, collector, today).await.map_err(failed)?);
    }
    shown(&CollectorsPage { frame: frame::page(&by, Area::Settings), rows })
}

async fn row(console: &Console, collector: &Collector, today: Date) -> Result<CollectorRow, sqlx::Error> {
    let (mut parts, mut coming) = (Vec::new(), Vec::new());
    for part in SetPart::ALL {
        let setting = Setting::of_collector(&collector.number, *part);
        let now = match part {
            SetPart::Suspension => collector
                .suspended_on(today)
                .map_or_else(|| "取り扱う".to_owned(), |of| format!("{}({})", of.until_words(), of.cause)),
            SetPart::Hours => collector.hours.text(today),
            SetPart::Fee => collector.fee.words(),
        };
        parts.push((SettingLink::of(&setting), part.label(), now));
        let mut seen = None;
        for dated in setting.history(&console.database).await? {
            // the latest day first, and of one day the word that holds
            if dated.from <= today || seen == Some(dated.from) {
                continue;
            }
            seen = Some(dated.from);
            let words = format!(
                "{}から {}: {}",
                year_month_day(dated.from),
                part.label(),
                setting.shown(&dated.value)
            );
            coming.push((dated.from, words));
        }
    }
    coming.sort_by_key(|(from, _)| *from);
    Ok(CollectorRow {
        number: collector.number.clone(),
        name: collector.shown_name(),
        kind: collector.kind.label(),
        tag: tag(collector, today),
        parts,
        coming: coming.into_iter().map(|(_, words)| words).collect(),
    })
}

/// What the collector does today, whatever the hour.
fn tag(collector: &Collector, today: Date) -> Tag {
    match (collector.available, collector.suspended_on(today)) {
        (false, _) => Tag::info("準備中"),
        (true, Some(_)) => Tag::bad("休止"),
        (true, None) if collector.hours.windows(today).is_empty() => Tag::info("本日休み"),
        (true, None) => Tag::ok("取扱中"),
    }
}
