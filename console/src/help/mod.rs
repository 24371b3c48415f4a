//! What the console's error codes mean.

mod codes;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use edge::Frame;
use internet_banking::answer::{Answer, Stop, shown};
use internet_banking::help::Entry;

pub use codes::{ConsoleCode, ConsoleMoney};

use super::links::{ConsoleHelpLink, ConsoleLink};
use super::{Console, frame};

/// The list of codes and the page of each. They say nothing about anybody and need no sign-in.
pub(super) fn routes() -> Router<Console> {
    Router::new().route(ConsoleLink::Help.path(), get(index)).route(ConsoleHelpLink::ROUTE, get(show))
}

#[derive(Template)]
#[template(path = "help/index.html")]
pub(super) struct IndexPage {
    pub(super) frame: Frame,
    pub(super) codes: &'static [ConsoleCode],
}

async fn index() -> Answer {
    shown(&IndexPage { frame: help_frame(), codes: ConsoleCode::ALL })
}

#[derive(Template)]
#[template(path = "help/entry.html")]
pub(super) struct EntryPage {
    pub(super) frame: Frame,
    pub(super) code: ConsoleCode,
    pub(super) entry: Entry<ConsoleMoney>,
}

async fn show(Path(code): Path<String>) -> Answer {
    let code: ConsoleCode = code.parse().map_err(|_| Stop::not_found())?;
    shown(&EntryPage { frame: help_frame(), code, entry: code.entry() })
}

fn help_frame() -> Frame {
    Frame { home: ConsoleLink::Home.path(), ..frame::public() }
}
