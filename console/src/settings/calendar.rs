//! 暦: the days of the year to come on which something is closed.

use askama::Template;
use axum::extract::State;
use domain::time::year_month_day;
use domain::{Date, calendar};
use edge::Frame;
use internet_banking::answer::{Answer, failed, shown};
use internet_banking::hours::{CLOSED, read_spans};
use internet_banking::settings::{
    CLOSED_DAYS, Dated, FOREIGN_HOURS, OTHER_BANKS_UNTIL, OWN_BANK_UNTIL, PAYEASY_HOURS, SERVICE_HOURS,
    SPECIAL_DAY, bulk_hours,
};

use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, SettingLink};
use crate::sign_in::StaffSignedIn;

/// How far ahead days are listed.
const DAYS: usize = 366;

/// A day, and what is closed on it.
pub(crate) struct DayRow {
    pub day: String,
    /// Why the bank does no business.
    pub holiday: String,
    /// Why customers cannot sign in.
    pub closed: &'static str,
}

#[derive(Template)]
#[template(path = "settings/calendar.html")]
pub(crate) struct CalendarPage {
    pub frame: Frame,
    pub rows: Vec<DayRow>,
    pub special: SettingLink,
    pub closed: SettingLink,
    pub hours: SettingLink,
    /// Cut-offs and hours of single services: each with its value of today.
    pub cut_offs: Vec<(SettingLink, String, String)>,
}

/// `GET /calendar`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    let today = console.clock.now().date();
    let closed = CLOSED_DAYS.history(&console.database).await.map_err(failed)?;
    let special = SPECIAL_DAY.history(&console.database).await.map_err(failed)?;
    let mut cut_offs = Vec::new();
    let bulk = formats::Business::ALL.iter().map(|business| bulk_hours(*business));
    let others = [&OWN_BANK_UNTIL, &OTHER_BANKS_UNTIL, &PAYEASY_HOURS, &FOREIGN_HOURS];
    for setting in others.into_iter().chain(bulk) {
        let kept = setting.on(&console.database, today).await.map_err(failed)?;
        cut_offs.push((SettingLink::of(setting), setting.label.to_string(), setting.shown(&kept)));
    }
    let rows = today.iter_days().take(DAYS).filter_map(|day| row(day, &closed, &special));
    shown(&CalendarPage {
        frame: frame::page(&by, Area::Settings),
        rows: rows.collect(),
        special: SettingLink::of(&SPECIAL_DAY),
        closed: SettingLink::of(&CLOSED_DAYS),
        hours: SettingLink::of(&SERVICE_HOURS),
        cut_offs,
    })
}

/// Saturdays and Sundays are no news.
fn row(day: Date, closed: &[Dated], special: &[Dated]) -> Option<DayRow> {
    let embedded = CLOSED_DAYS.embedded();
    let kept = closed.iter().find(|dated| dated.from <= day).map_or(&embedded, |dated| &dated.value);
    let spans = read_spans(kept).unwrap_or_default();
    let is_special =
        special.iter().find(|dated| dated.from == day).is_some_and(|dated| dated.value == CLOSED);
    let closed = match (is_special, spans.iter().any(|span| span.contains(day))) {
        (true, _) => "臨時の休止日",
        (false, true) => "毎年の休止日",
        (false, false) => "",
    };
    let holiday = calendar::holiday(day).map(|holiday| holiday.name.to_owned()).unwrap_or_default();
    let is_new = !closed.is_empty() || !holiday.is_empty();
    is_new.then(|| DayRow { day: year_month_day(day), holiday, closed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn holidays_closed_days_and_special_days_are_listed() {
        let special = |from: &str, value: &str| Dated {
            from: from.parse().unwrap(),
            at: Timestamp::default(),
            value: value.to_owned(),
            actor: "a".to_owned(),
        };
        let special = [special("2026-12-05", CLOSED), special("2026-12-06", "ordinary")];
        let on = |day: &str| row(day.parse().unwrap(), &[], &special).map(|row| (row.holiday, row.closed));
        assert_eq!(on("2026-12-05"), Some((String::new(), "臨時の休止日")));
        assert_eq!(on("2026-12-06"), None);
        assert_eq!(on("2026-12-31").map(|(_, closed)| closed), Some("毎年の休止日"));
        let (holiday, closed) = on("2026-11-23").unwrap();
        assert!(!holiday.is_empty() && closed.is_empty());
        assert_eq!(on("2026-11-24"), None);
    }
}
