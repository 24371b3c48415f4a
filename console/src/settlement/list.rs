//! The windows by date, each with what its collectors are paid.

use askama::Template;
use axum::extract::{Query, State};
use domain::{CollectorNumber, Date, Yen, time};
use edge::{Errors, Frame};
use gateway::settlement::{SettlementWindow, WindowQuery, window};
use internet_banking::answer::{Answer, again, failed, shown};
use serde::Deserialize;

use super::words::{advice_tag, hindrances, receipt_dates, receiver_words, window_tag};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, SettlementLink};
use crate::payments::search::days_or;
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;
use crate::words::{Choice, Tag, collector_name, collectors};

/// Days of one look at most; the hub goes through no more.
const DAYS_MAX: i64 = 62;
/// Days before today that are shown where none is asked for: longer than any lag to the pay date.
const DAYS_BACK: u64 = 14;

/// What the address asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    from: String,
    until: String,
    collector: String,
}

/// The windows of one date.
pub(crate) struct WindowDay {
    /// `11月24日(火)`.
    pub date: String,
    /// The receipt dates that settle in it.
    pub receipt_dates: String,
    pub rows: Vec<WindowRow>,
    pub count: u32,
    pub payable: Yen,
}

/// One collector's window.
pub(crate) struct WindowRow {
    pub link: SettlementLink,
    pub collector: String,
    pub receiver: &'static str,
    pub count: u32,
    pub amount: Yen,
    pub fee: Yen,
    pub payable: Yen,
    pub pay_date: String,
    pub tag: Tag,
    /// What keeps it open.
    pub hindrances: Vec<String>,
    pub advice: Option<Tag>,
}

#[derive(Template)]
#[template(path = "settlement/list.html")]
pub(crate) struct SettlementPage {
    pub frame: Frame,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub from: String,
    pub until: String,
    pub collectors: Vec<Choice>,
    pub days: Vec<WindowDay>,
}

/// `GET /settlement`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let today = console.clock.now().date();
    let usual = (today.checked_sub_days(chrono::Days::new(DAYS_BACK)).unwrap_or(today), window::of(today));
    let (from, until, errors) = days_or(&filter.from, &filter.until, usual, DAYS_MAX);
    let is_wrong = !errors.is_empty();
    let mut page = SettlementPage {
        frame: Frame { has_errors: is_wrong, ..frame::page(&by, Area::Settlement) },
        trouble: is_wrong.then(|| Trouble::input(errors.clone())),
        errors,
        from: if is_wrong { filter.from.clone() } else { from.to_string() },
        until: if is_wrong { filter.until.clone() } else { until.to_string() },
        collectors: collectors(&console.gateway, &filter.collector),
        days: Vec::new(),
    };
    if is_wrong {
        return again(&page);
    }
    let collector: Option<CollectorNumber> = filter.collector.parse().ok();
    let query = WindowQuery { from, until, collector };
    let windows = console.gateway.settlement_windows(&query).await.map_err(failed)?;
    page.days = by_date(&console, &windows, today);
    shown(&page)
}

/// The newest date first.
fn by_date(console: &Console, windows: &[SettlementWindow], today: Date) -> Vec<WindowDay> {
    let of_dates = windows.chunk_by(|a, b| a.date == b.date);
    let mut days: Vec<WindowDay> = of_dates.map(|windows| of_date(console, windows, today)).collect();
    days.reverse();
    days
}

fn of_date(console: &Console, windows: &[SettlementWindow], today: Date) -> WindowDay {
    let date = windows.first().map_or(today, |window| window.date);
    let payable = windows.iter().map(|window| window.terms.payable());
    WindowDay {
        date: time::month_day(date),
        receipt_dates: receipt_dates(date),
        count: windows.iter().fold(0, |count, window| count.saturating_add(window.sums.count)),
        payable: payable.fold(Yen::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum)),
        rows: windows.iter().map(|window| row(console, window, today)).collect(),
    }
}

fn row(console: &Console, window: &SettlementWindow, today: Date) -> WindowRow {
    WindowRow {
        link: SettlementLink(window.id()),
        collector: collector_name(&console.gateway, &window.collector),
        receiver: receiver_words(&window.terms),
        count: window.sums.count,
        amount: window.sums.amount,
        fee: window.sums.fee,
        payable: window.terms.payable(),
        pay_date: time::month_day(window.pay_date),
        tag: window_tag(window, today),
        hindrances: hindrances(window),
        advice: advice_tag(window.terms.advice),
    }
}
