//! The search: by one number, or by day, collector and state.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::payment::State as PaymentState;
use domain::{Date, PaymentId, Timestamp};
use edge::{Errors, Frame};
use gateway::Payment;
use gateway::operations::PaymentQuery;
use internet_banking::answer::{Answer, again, failed, shown};
use serde::Deserialize;

use super::views::PaymentRow;
use super::words::state_tag;
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, PaymentsLink, StaffPaymentLink};
use crate::page::note;
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;
use crate::words::{Choice, collectors, day};

/// Payments a page.
const PAGE_PAYMENTS: u32 = 50;
/// Days before today that are searched where no first day is asked for.
const DAYS_BACK: u64 = 6;
/// Days of one search at most.
const DAYS_MAX: i64 = 93;
/// Characters of a typed number at most.
const NUMBER_CHARS_MAX: usize = 64;

/// What the address asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    number: String,
    from: String,
    until: String,
    collector: String,
    state: String,
    provisional: String,
    older: String,
}

#[derive(Template)]
#[template(path = "payments/search.html")]
pub(crate) struct SearchPage {
    pub frame: Frame,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub number: String,
    pub from: String,
    pub until: String,
    pub collectors: Vec<Choice>,
    pub states: Vec<Choice>,
    pub provisional: Vec<Choice>,
    pub rows: Vec<PaymentRow>,
    pub older: Option<String>,
}

/// `GET /payments`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let today = console.clock.now().date();
    let usual = (today.checked_sub_days(chrono::Days::new(DAYS_BACK)).unwrap_or(today), today);
    let (from, until, errors) = days_or(&filter.from, &filter.until, usual, DAYS_MAX);
    let is_wrong = !errors.is_empty();
    let number: String = filter.number.trim().chars().take(NUMBER_CHARS_MAX).collect();
    let mut page = SearchPage {
        frame: Frame { has_errors: is_wrong, ..frame::page(&by, Area::Payments) },
        trouble: is_wrong.then(|| Trouble::input(errors.clone())),
        errors,
        from: if is_wrong { filter.from.clone() } else { from.to_string() },
        until: if is_wrong { filter.until.clone() } else { until.to_string() },
        collectors: collectors(&console.gateway, &filter.collector),
        states: states(&filter.state),
        provisional: vec![
            Choice::new("", "すべて", &filter.provisional),
            Choice::new("only", "仮消込だけ", &filter.provisional),
        ],
        number,
        rows: Vec::new(),
        older: None,
    };
    if is_wrong {
        return again(&page);
    }
    if !page.number.is_empty() {
        return by_number(&console, &by, page).await;
    }
    let query = PaymentQuery {
        from,
        to: until,
        collector: filter.collector.parse().ok(),
        state: filter.state.parse().ok(),
        provisional_only: filter.provisional == "only",
        counter_only: false,
        before: place(&filter.older),
        limit: PAGE_PAYMENTS + 1,
    };
    note(&console, &by, "console.payment_search", format!("{from}/{until}"), &filter.collector).await?;
    let mut payments = console.gateway.payments_for_operator(&query).await.map_err(failed)?;
    let page_len = usize::try_from(PAGE_PAYMENTS).unwrap_or(usize::MAX);
    let more = payments.len() > page_len;
    payments.truncate(page_len);
    page.older = payments.last().filter(|_| more).map(|last| {
        let place = (last.facts.held_at, last.facts.id);
        let state = query.state.map_or("", PaymentState::as_str);
        let provisional = query.provisional_only;
        PaymentsLink { days: (from, until), collector: query.collector.as_ref(), state, provisional, place }
            .to_string()
    });
    page.rows = rows(&console, &payments);
    shown(&page)
}

/// One number finds one payment, and leads to it.
async fn by_number(console: &Console, by: &StaffSignedIn, mut page: SearchPage) -> Answer {
    note(console, by, "console.payment_search", String::new(), &page.number).await?;
    let found = console.gateway.search_payments(&page.number).await.map_err(failed)?;
    if let [only] = found.as_slice() {
        return Ok(Redirect::to(&StaffPaymentLink(only.facts.id).to_string()).into_response());
    }
    page.rows = rows(console, &found);
    shown(&page)
}

fn rows(console: &Console, payments: &[Payment]) -> Vec<PaymentRow> {
    payments.iter().map(|payment| PaymentRow::of(console, payment)).collect()
}

fn states(asked: &str) -> Vec<Choice> {
    let known = [
        PaymentState::Held,
        PaymentState::Sending,
        PaymentState::Unknown,
        PaymentState::Accepted,
        PaymentState::Settled,
        PaymentState::Rejected,
        PaymentState::Voided,
        PaymentState::Cancelled,
        PaymentState::Refunded,
    ];
    let mut choices = vec![Choice::new("", "すべて", asked)];
    choices.extend(known.iter().map(|state| Choice::new(state.as_str(), state_tag(*state).word, asked)));
    choices
}

/// The days asked for, today where none is, and what is wrong with them.
pub(crate) fn days(from: &str, until: &str, today: Date, days_max: i64) -> (Date, Date, Errors) {
    days_or(from, until, (today, today), days_max)
}

/// The days asked for, the usual first and last one where none is, and what is wrong with them.
pub(crate) fn days_or(from: &str, until: &str, usual: (Date, Date), days_max: i64) -> (Date, Date, Errors) {
    let mut errors = Errors::none();
    let mut read = |field: &'static str, text: &str, usual: Date| match (text.trim(), day(text)) {
        ("", _) => usual,
        (_, Some(day)) => day,
        (_, None) => {
            errors.add(field, "日付は 2026-11-24 のように入力してください。");
            usual
        }
    };
    let until = read("until", until, usual.1);
    // a first day by default is never after the last day that was asked for
    let from = read("from", from, usual.0.min(until));
    if errors.is_empty() {
        if from > until {
            errors.add("from", "開始日が終了日より後になっています。");
        } else if until.signed_duration_since(from).num_days() >= days_max {
            errors.add("from", format!("一度に検索できるのは {days_max} 日分までです。"));
        }
    }
    (from, until, errors)
}

/// Where the page before ended.
fn place(text: &str) -> Option<(Timestamp, PaymentId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: &str, until: &str) -> (String, String, usize) {
        let today = Date::from_ymd_opt(2026, 11, 24).unwrap();
        let (from, until, errors) = days(from, until, today, DAYS_MAX);
        (from.to_string(), until.to_string(), errors.iter().count())
    }

    #[test]
    fn a_search_is_bounded_in_days_and_begins_with_today() {
        let of = |from: &str, until: &str, errors| (from.to_owned(), until.to_owned(), errors);
        assert_eq!(asked("", ""), of("2026-11-24", "2026-11-24", 0));
        assert_eq!(asked("2026-11-01", " 2026-11-30 "), of("2026-11-01", "2026-11-30", 0));
        assert_eq!(asked("2026-11-01", "2026-10-31").2, 1);
        assert_eq!(asked("2026-01-01", "2026-04-03").2, 0, "93 days");
        assert_eq!(asked("2026-01-01", "2026-04-04").2, 1, "94 days");
        assert_eq!(asked("24.11.2026", "yesterday").2, 2);
    }
}
