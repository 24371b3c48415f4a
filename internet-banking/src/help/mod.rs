//! The help pages: what an error's code means. They say nothing about anybody and need no sign-in.

pub mod codes;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use edge::{Failure, Frame};

pub use codes::{Code, Entry, Money};

use crate::Bank;

/// `/help/{code}`.
pub fn routes() -> Router<Bank> {
    Router::new().route("/help/{code}", get(show))
}

#[derive(Template)]
#[template(path = "help/entry.html")]
struct EntryPage {
    frame: Frame,
    code: Code,
    entry: Entry,
}

async fn show(Path(code): Path<String>) -> Result<Html<String>, Failure> {
    let code: Code = code.parse().map_err(|_| Failure::NotFound)?;
    Ok(Html(page(code).render()?))
}

fn page(code: Code) -> EntryPage {
    let frame = Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() };
    EntryPage { frame, code, entry: code.entry() }
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
    async fn a_code_that_does_not_exist_is_not_found() {
        assert!(matches!(show(Path("P-999".to_owned())).await, Err(Failure::NotFound)));
    }
}
