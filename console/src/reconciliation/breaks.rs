//! 不一致一覧: the open breaks, or all, by class, collector and day.

use askama::Template;
use axum::extract::{Query, State};
use domain::{BreakId, CollectorNumber, Timestamp, Yen};
use edge::{Errors, Frame};
use gateway::reconciliation::{Break, BreakClass, Resolution};
use gateway::{BreakQuery, Gateway};
use internet_banking::answer::{Answer, again, failed, shown};
use serde::Deserialize;

use super::words::{class_label, class_tag, subject_words};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{BreakLink, BreaksLink, ConsoleLink};
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;
use crate::words::{Choice, Tag, collector_name, collectors, day, stamp};

/// Breaks a page.
const PAGE_BREAKS: u32 = 50;

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    state: String,
    class: String,
    collector: String,
    date: String,
    older: String,
}

/// A break in a list.
pub(crate) struct BreakRow {
    pub link: BreakLink,
    pub found_at: String,
    pub class: Tag,
    pub collector: String,
    pub date: String,
    pub subject: String,
    /// Yen at the collector less yen here.
    pub difference: Yen,
    pub end: Option<Tag>,
}

impl BreakRow {
    /// A row.
    pub fn of(gateway: &Gateway, found: &Break) -> Self {
        Self {
            link: BreakLink(found.id),
            found_at: stamp(found.found_at),
            class: class_tag(found.class),
            collector: collector_name(gateway, &found.collector),
            date: domain::time::month_day(found.date),
            subject: subject_words(found),
            difference: found.difference,
            end: found.resolution.as_ref().map(end_tag),
        }
    }
}

/// How a break ended.
pub(crate) const fn end_tag(resolution: &Resolution) -> Tag {
    match resolution {
        Resolution { vanished: true, .. } => Tag::info("後の照合で消滅"),
        Resolution { refunded: true, .. } => Tag::ok("返金して解消"),
        _ => Tag::ok("解消済み"),
    }
}

#[derive(Template)]
#[template(path = "reconciliation/breaks.html")]
pub(crate) struct BreaksPage {
    pub frame: Frame,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub states: Vec<Choice>,
    pub classes: Vec<Choice>,
    pub collectors: Vec<Choice>,
    pub date: String,
    pub rows: Vec<BreakRow>,
    pub older: Option<String>,
}

/// `GET /reconciliation/breaks`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let all = filter.state == "all";
    let class = BreakClass::ALL.into_iter().find(|class| class.as_str() == filter.class);
    let collector: Option<CollectorNumber> = filter.collector.parse().ok();
    let (typed, date) = (filter.date.trim(), day(&filter.date));
    let is_wrong = !typed.is_empty() && date.is_none();
    let errors = match is_wrong {
        true => Errors::one("date", "処理日を 2026-11-24 のように入力してください。"),
        false => Errors::none(),
    };
    let mut page = BreaksPage {
        frame: Frame { has_errors: is_wrong, ..frame::page(&by, Area::Reconciliation) },
        trouble: is_wrong.then(|| Trouble::input(errors.clone())),
        errors,
        states: states(all),
        classes: classes(&filter.class),
        collectors: collectors(&console.gateway, &filter.collector),
        date: typed.to_owned(),
        rows: Vec::new(),
        older: None,
    };
    if is_wrong {
        return again(&page);
    }
    let query = BreakQuery {
        open_only: !all,
        class,
        collector: collector.clone(),
        date,
        before: place(&filter.older),
        limit: PAGE_BREAKS + 1,
    };
    let mut found = console.gateway.breaks(&query).await.map_err(failed)?;
    let most = usize::try_from(PAGE_BREAKS).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    page.older = found.last().filter(|_| more).map(|last| {
        let class = class.map_or("", BreakClass::as_str);
        let place = Some((last.found_at, last.id));
        BreaksLink { all, class, collector: collector.as_ref(), date, place }.to_string()
    });
    page.rows = found.iter().map(|found| BreakRow::of(&console.gateway, found)).collect();
    shown(&page)
}

fn states(all: bool) -> Vec<Choice> {
    let asked = if all { "all" } else { "open" };
    vec![Choice::new("open", "未解消", asked), Choice::new("all", "すべて", asked)]
}

fn classes(asked: &str) -> Vec<Choice> {
    let each = BreakClass::ALL.into_iter();
    std::iter::once(Choice::new("", "すべて", asked))
        .chain(each.map(|class| Choice::new(class.as_str(), class_label(class), asked)))
        .collect()
}

/// Where the page before ended.
fn place(text: &str) -> Option<(Timestamp, BreakId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}
