//! What a form of a setting sends, and the value that it makes.

use domain::Date;
use domain::hours::DatedHours;
use edge::Errors;
use gateway::directory::SetPart;
use internet_banking::settings::Setting;
use serde::Deserialize;

use crate::words::{Choice, day, folded};

/// 休止する.
const REST: &str = "rest";
/// 取り扱う.
const OPEN: &str = "open";
/// In the place of windows, days or an end: there are none.
const NONE: &str = "none";

/// What was typed. A setting of everybody has one field, and parts of a collector have fields of their own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub value: String,
    pub state: String,
    pub until: String,
    pub cause: String,
    pub weekdays: String,
    pub saturdays: String,
    pub holidays: String,
    pub closed: String,
    pub from: String,
    pub document: String,
    pub reason: String,
}

impl Typed {
    /// The hours as they are now, so that only what changes is typed.
    pub fn of_hours(hours: &DatedHours) -> Self {
        fn words<T: ToString>(each: &[T]) -> String {
            each.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
        }
        Self {
            weekdays: words(&hours.weekdays),
            saturdays: words(&hours.saturdays),
            holidays: words(&hours.holidays),
            closed: words(&hours.closed),
            ..Self::default()
        }
    }

    /// The value as it is kept; an error is what is wrong with which field.
    pub fn value(&self, setting: &Setting) -> Result<String, Errors> {
        match setting.collector().map(|(_, part)| part) {
            Some(SetPart::Suspension) => self.suspension(setting),
            Some(SetPart::Hours) => self.hours(setting),
            Some(SetPart::Fee) | None => {
                setting.read(&folded(&self.value)).map_err(|message| Errors::one("value", message))
            }
        }
    }

    fn suspension(&self, setting: &Setting) -> Result<String, Errors> {
        let mut errors = Errors::none();
        match self.state.as_str() {
            OPEN => return Ok(setting.embedded()),
            REST => {}
            _ => errors.add("state", "休止するか取り扱うかを選んでください。"),
        }
        let until = self.until.trim();
        if !until.is_empty() && day(until).is_none() {
            errors.add(
                "until",
                "休止の最後の日を入力してください(例: 2026-12-03)。決まっていないときは空にします。",
            );
        }
        let until = if until.is_empty() { NONE.to_owned() } else { folded(until) };
        let value = setting.read(&format!("{until} {}", self.cause)).ok();
        if value.is_none() && errors.of("until").is_none() {
            errors.add("cause", "お客さまに伝える理由を、60文字までで入力してください。");
        }
        value.filter(|_| errors.is_empty()).ok_or(errors)
    }

    fn hours(&self, setting: &Setting) -> Result<String, Errors> {
        if self.value == "row" {
            return Ok(setting.embedded());
        }
        let plain = |typed: &str| {
            let typed: String = folded(typed)
                .split(|c: char| c.is_whitespace() || "、,".contains(c))
                .filter(|one| !one.is_empty())
                .collect::<Vec<_>>()
                .join(",");
            if typed.is_empty() { NONE.to_owned() } else { typed.replace(['〜', '~'], "-") }
        };
        let [weekdays, saturdays, holidays] =
            [&self.weekdays, &self.saturdays, &self.holidays].map(|typed| plain(typed));
        let closed = plain(&self.closed);
        let read = |weekdays: &str, saturdays: &str, holidays: &str, closed: &str| {
            setting.read(&format!(
                "weekdays={weekdays} saturdays={saturdays} holidays={holidays} closed={closed}"
            ))
        };
        let mut errors = Errors::none();
        let whole = "00:00-24:00";
        for (field, windows) in [("weekdays", &weekdays), ("saturdays", &saturdays), ("holidays", &holidays)]
        {
            if read(windows, whole, whole, NONE).is_err() {
                errors.add(field, "時刻を 08:30-24:00 のように、時刻の順に4つまで入力してください。取り扱わないときは空にします。");
            }
        }
        if read(whole, whole, whole, &closed).is_err() {
            errors.add("closed", "毎年の休止日を 12-31..01-03 のように、10個まで入力してください。");
        }
        let value = read(&weekdays, &saturdays, &holidays, &closed);
        if value.is_err() && errors.is_empty() {
            errors.add(
                "weekdays",
                "取り扱う時間が1つもありません。まったく取り扱わないときは、取扱休止で起票します。",
            );
        }
        value.ok().filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// Whether the value makes sense from this day on.
    pub fn fits(&self, setting: &Setting, from: Date) -> Result<(), &'static str> {
        let rests = matches!(setting.collector(), Some((_, SetPart::Suspension))) && self.state == REST;
        match day(&self.until) {
            Some(until) if rests && until < from => {
                Err("休止の最後の日を、開始日から後の日で入力してください。")
            }
            _ => Ok(()),
        }
    }

    /// The field that the value begins with.
    pub fn first_field(&self, setting: &Setting) -> &'static str {
        match setting.collector().map(|(_, part)| part) {
            Some(SetPart::Suspension) => "state",
            Some(SetPart::Hours) => "weekdays",
            Some(SetPart::Fee) | None => "value",
        }
    }

    /// 取扱休止 and its end, as choices.
    pub fn states(&self) -> Vec<Choice> {
        vec![
            Choice::new(REST, "休止する", &self.state),
            Choice::new(OPEN, "取り扱う(休止をやめる)", &self.state),
        ]
    }
}
