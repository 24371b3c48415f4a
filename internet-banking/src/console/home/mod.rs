//! 状況: what is open, what waits, what is wrong.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use edge::{Failure, Frame, render};

use super::Console;
use super::frame::{self, Area};
use super::links::ConsoleLink;
use super::sign_in::Watching;

/// Between two looks of a page that asks for itself.
const WATCH_S: u32 = 15;

/// The page of this folder.
pub fn routes() -> Router<Console> {
    Router::new().route(ConsoleLink::Home.path(), get(show))
}

#[derive(Template)]
#[template(path = "console/home/home.html")]
struct Page {
    frame: Frame,
    now: String,
    watching: bool,
}

async fn show(
    State(console): State<Console>,
    Watching { by, on }: Watching,
) -> Result<Html<String>, Failure> {
    let now = console.clock.now();
    let mut frame = frame::page(&by, Area::Home);
    if on {
        frame.refresh = Some(format!("{WATCH_S}; url={}&again=1", ConsoleLink::HomeWatching));
    }
    if by.session.ended_other {
        frame.notice = Some(
            "同じ職員IDでの前のログインを終了しました。心当たりがない場合は、すぐにシステム管理者へ連絡してください。"
                .to_owned(),
        );
        console.sign_ins.sessions().told(by.session.key).await?;
    }
    render(&Page { frame, now: crate::frame::day_and_time(now), watching: on })
}
