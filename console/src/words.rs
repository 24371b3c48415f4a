//! Words that more than one page of the console uses.

use std::collections::HashMap;

use chrono::{Datelike as _, Timelike as _};
use domain::time::year_month_day;
use domain::{CollectorNumber, Date, Timestamp};
use gateway::Gateway;

use super::staff::{Staff, actor};

/// How a state is shown: word, icon and colour together, never one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The word.
    pub word: &'static str,
    /// The icon before the word.
    pub icon: &'static str,
    /// The style sheet's class of the colour.
    pub class: &'static str,
}

impl Tag {
    /// As it should be.
    pub const fn ok(word: &'static str) -> Self {
        Self { word, icon: "✓", class: "ok" }
    }

    /// Something is awaited.
    pub const fn wait(word: &'static str) -> Self {
        Self { word, icon: "●", class: "wait" }
    }

    /// Something is wrong.
    pub const fn bad(word: &'static str) -> Self {
        Self { word, icon: "!", class: "bad" }
    }

    /// Neither.
    pub const fn info(word: &'static str) -> Self {
        Self { word, icon: "−", class: "info" }
    }
}

/// One choice of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the address says.
    pub value: String,
    /// What the page says.
    pub label: String,
    /// Whether it is the one.
    pub chosen: bool,
}

impl Choice {
    /// One, chosen where the address says its value.
    pub fn new(value: impl Into<String>, label: impl Into<String>, asked: &str) -> Self {
        let value = value.into();
        Self { chosen: value == asked, value, label: label.into() }
    }
}

/// `11月24日 10:05:07`: rows of a table, where the year is clear and seconds matter.
pub fn stamp(at: Timestamp) -> String {
    let (date, time) = (at.date(), at.time());
    format!("{}月{}日 {:02}:{:02}:{:02}", date.month(), date.day(), time.hour(), time.minute(), time.second())
}

/// `2026年11月24日(火) 10:05:07`: a single instant, which may be of any year.
pub fn full_stamp(at: Timestamp) -> String {
    let time = at.time();
    let day = year_month_day(at.date());
    format!("{day} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// A time span as people say it: `40秒`, `12分`, `3時間5分`.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..60 => format!("{seconds}秒"),
        60..3600 => format!("{}分", seconds / 60),
        _ => format!("{}時間{}分", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A day of this millennium in an address or a form: `2026-11-24`. Anything else is none.
pub fn day(text: &str) -> Option<Date> {
    folded(text).trim().parse().ok().filter(|day: &Date| (2000..3000).contains(&day.year()))
}

/// With digits and signs in half width: whoever types may have the input method on.
pub fn folded(text: &str) -> String {
    text.chars().map(domain::numbers::fold_width).collect()
}

/// `国税庁`, or the number where the directory has none.
pub fn collector_name(gateway: &Gateway, number: &CollectorNumber) -> String {
    gateway.collectors().get(number).map_or_else(|| number.to_string(), |found| found.shown_name())
}

/// The collectors as choices of a filter, by number.
pub fn collectors(gateway: &Gateway, asked: &str) -> Vec<Choice> {
    let each = gateway.collectors().all().filter(|c| c.available);
    let all = std::iter::once(Choice::new("", "すべて", asked));
    all.chain(each.map(|c| Choice::new(c.number.as_str(), format!("{} {}", c.number, c.shown_name()), asked)))
        .collect()
}

/// The names of those who act, as the audit log writes them.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// With the staff's names.
    pub fn of(staff: &[Staff]) -> Self {
        Self(staff.iter().map(|s| (actor(s.id), format!("{}({})", s.name, s.login_id))).collect())
    }

    /// Adds somebody.
    pub fn add(&mut self, actor: String, name: String) {
        self.0.insert(actor, name);
    }

    /// Whoever that is, in words.
    pub fn name(&self, actor: &str) -> String {
        if let Some(name) = self.0.get(actor) {
            return name.clone();
        }
        match actor.split_once(':') {
            None if actor == "system" => "システム".to_owned(),
            Some(("api", key)) => format!("APIキー {key}"),
            Some(("staff", "command-line")) => "コマンド(システム管理者)".to_owned(),
            Some(("staff", "unknown")) => "職員(ID不明)".to_owned(),
            _ => actor.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_stamps_read_as_people_say_them() {
        assert_eq!(
            [span(-3), span(59), span(60), span(3_599), span(11_100)],
            ["0秒", "59秒", "1分", "59分", "3時間5分"]
        );
        let at = Timestamp::parse_rfc3339("2026-11-04T09:05:07+09:00").unwrap();
        assert_eq!(stamp(at), "11月4日 09:05:07");
    }

    #[test]
    fn whoever_acts_has_a_name() {
        let mut names = Names::default();
        names.add("u1".to_owned(), "経理 佐藤花子".to_owned());
        for (actor, name) in [
            ("u1", "経理 佐藤花子"),
            ("system", "システム"),
            ("api:k1", "APIキー k1"),
            ("staff:unknown", "職員(ID不明)"),
            ("staff:command-line", "コマンド(システム管理者)"),
            ("0190-…", "0190-…"),
        ] {
            assert_eq!(names.name(actor), name);
        }
    }
}
