//! The help pages: what an error's code means. They say nothing about anybody and need no sign-in.

mod bulk;
pub mod codes;
mod money;
mod table;
mod transfers;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use edge::{Failure, Frame, render};

pub use codes::Code;
pub use money::Money;
pub use table::codes as code_table;
pub use table::{Entry, UnlistedHelp};

use crate::Bank;
use crate::links::{HelpLink, Link};

/// The list of codes and the page of each.
pub fn routes() -> Router<Bank> {
    Router::new().route(Link::Help.path(), get(index)).route(HelpLink::ROUTE, get(show))
}

#[derive(Template)]
#[template(path = "help/index.html")]
struct IndexPage {
    frame: Frame,
    codes: &'static [Code],
}

async fn index() -> Result<Html<String>, Failure> {
    render(&IndexPage { frame: frame(), codes: Code::ALL })
}

#[derive(Template)]
#[template(path = "help/entry.html")]
struct EntryPage {
    frame: Frame,
    code: Code,
    entry: Entry<Money>,
}

async fn show(Path(code): Path<String>) -> Result<Html<String>, Failure> {
    let code: Code = code.parse().map_err(|_| Failure::NotFound)?;
    render(&page(code))
}

fn page(code: Code) -> EntryPage {
    EntryPage { frame: frame(), code, entry: code.entry() }
}

fn frame() -> Frame {
    Frame { home: Link::Home.path(), ..crate::frame::public() }
}

/// Every page.
#[cfg(test)]
pub(crate) fn samples() -> Vec<String> {
    let index = IndexPage { frame: frame(), codes: Code::ALL }.render();
    let pages = Code::ALL.iter().map(|code| page(*code).render());
    pages.chain([index]).map(Result::unwrap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_says_what_happened_and_whether_money_moved() {
        for code in Code::ALL {
            let html = page(*code).render().unwrap();
            let entry = code.entry();
            for words in [entry.title, entry.happened, entry.money.words(), entry.remedy, code.as_str()] {
                assert!(html.contains(words), "{code}: {words}");
            }
        }
    }

    #[tokio::test]
    async fn the_index_leads_to_every_code() {
        let Html(html) = index().await.unwrap();
        assert!(Code::ALL.iter().all(|code| html.contains(&format!("href=\"/help/{code}\""))));
    }

    #[tokio::test]
    async fn a_code_that_does_not_exist_is_not_found() {
        assert!(matches!(show(Path("P-999".to_owned())).await, Err(Failure::NotFound)));
    }
}
