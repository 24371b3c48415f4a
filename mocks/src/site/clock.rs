//! The page that moves business time. Whoever runs the mocks does it, for every process of the bank.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::time::TimeOfDay;
use domain::{Timestamp, calendar};
use edge::{CsrfForm, Errors, Failure, Frame, PreSession};
use http::StatusCode;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::views::{Page, frame};
use crate::mocks::{ClockMove, Mocks};

/// Where the page is, once time has moved.
const MOVED: &str = "/clock?moved=1";
/// How far it goes at once: a slip of the finger in the year could not be taken back.
const AHEAD_S_MAX: i64 = 3 * 366 * 24 * 60 * 60;
/// The hour of a day that is one button away.
const HOUR: u32 = 10;

/// A step that is one button away.
struct Step {
    label: &'static str,
    to: String,
}

#[derive(Template)]
#[template(path = "clock.html")]
struct ClockPage {
    frame: Frame,
    csrf: String,
    now: String,
    typed: String,
    example: String,
    steps: Vec<Step>,
    errors: Errors,
}

/// What was typed, or the button that was pressed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ClockForm {
    to: String,
}

/// Whether the page was led to by a move.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Told {
    moved: String,
}

/// `GET /clock`
pub async fn show(
    State(mocks): State<Mocks>,
    Query(told): Query<Told>,
    csrf: PreSession,
) -> Result<Response, Failure> {
    let mut page = page(&mocks, &csrf, String::new(), Errors::none());
    page.frame.notice = (told.moved == "1").then(|| "業務日時を進めました。".to_owned());
    Ok(csrf.attach(Html(page.render()?)))
}

/// `POST /clock`: forward only; what is dated would come again.
pub async fn set(
    State(mocks): State<Mocks>,
    csrf: PreSession,
    CsrfForm(form): CsrfForm<ClockForm>,
) -> Result<Response, Failure> {
    let now = mocks.config().clock.now();
    let wrong = match read(&form.to) {
        None => "日時は 2026-11-27 10:00 のように入れてください。",
        Some(to) if to < now => "業務日時は戻せません。いまより後の日時を入れてください。",
        Some(to) if to.seconds_since(now) > AHEAD_S_MAX => {
            "一度に進められるのは3年までです。年を確かめてください。"
        }
        Some(to) if moved(&mocks, to).await => return Ok(Redirect::to(MOVED).into_response()),
        Some(_) => "業務日時を進められませんでした。デモのログをご覧ください。",
    };
    let page = page(&mocks, &csrf, form.to, Errors::one("to", wrong));
    Ok(csrf.attach((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?))))
}

/// Asks for the move and waits until it is done, or has failed.
async fn moved(mocks: &Mocks, to: Timestamp) -> bool {
    let (done, answer) = oneshot::channel();
    let Some(moves) = &mocks.config().clock_moves else { return false };
    moves.send(ClockMove { to, done }).await.is_ok() && answer.await.unwrap_or(false)
}

/// An instant as a person types it, with seconds or a zone or without.
fn read(typed: &str) -> Option<Timestamp> {
    let typed = typed.trim().replace([' ', '\u{3000}'], "T").replace('\u{ff1a}', ":");
    let seconds = format!("{typed}:00+09:00");
    let ways = [typed.clone(), format!("{typed}+09:00"), seconds];
    ways.iter().find_map(|way| Timestamp::parse_rfc3339(way))
}

fn page(mocks: &Mocks, csrf: &PreSession, typed: String, errors: Errors) -> ClockPage {
    let now = mocks.config().clock.now();
    let after = |minutes: i64| now.plus_seconds(minutes * 60);
    let ten = TimeOfDay::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
    let at_ten = |day| Timestamp::from_jst(day, ten);
    let today = now.date();
    let in_days = |days: i64| at_ten(after(days * 24 * 60).date());
    let step = |(label, to): (&'static str, Timestamp)| Step { label, to: to.rfc3339() };
    let steps = [
        ("1分後", after(1)),
        ("16分後", after(16)),
        ("1時間後", after(60)),
        ("あすの10:00", in_days(1)),
        ("翌営業日の10:00", at_ten(calendar::next_business_day(today))),
        ("30日後の10:00", in_days(30)),
        ("1年後の10:00", in_days(365)),
    ];
    let mut frame = frame(Page::Clock);
    frame.has_errors = !errors.is_empty();
    ClockPage {
        frame,
        csrf: csrf.token().to_owned(),
        now: now.jst().format("%Y-%m-%d %H:%M:%S").to_string(),
        typed,
        example: at_ten(calendar::next_business_day(today)).jst().format("例 %Y-%m-%d %H:%M").to_string(),
        steps: steps.map(step).into(),
        errors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_as_people_and_programs_write_it() {
        let ten = Timestamp::parse_rfc3339("2026-11-27T10:00:00+09:00").unwrap();
        for typed in [
            "2026-11-27 10:00",
            "2026-11-27T10:00",
            " 2026-11-27 10:00:00 ",
            "2026-11-27 10:00",
            "2026-11-27T01:00:00Z",
        ] {
            assert_eq!(read(typed), Some(ten), "{typed}");
        }
        for typed in ["", "10:00", "2026-11-27", "2026-13-01 10:00", "2026-11-27 25:00", "あす"] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }
}
