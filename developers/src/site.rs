//! The frame of every page, and how a page is made.

use askama::Template;
use axum::response::Html;
use edge::{Failure, Frame, NavItem};

/// Name in the bar.
const NAME: &str = "mpn developers";

/// The main navigation: words and address.
const NAV: [(&str, &str); 10] = [
    ("Start", "/"),
    ("Guide", "/guide"),
    ("API reference", "/reference"),
    ("Protocol", "/protocol"),
    ("Messages", "/protocol/messages"),
    ("Test numbers", "/test-numbers"),
    ("Sandbox", "/guide/sandbox"),
    ("Codes", "/help"),
    ("Keys", "/keys"),
    ("Changelog", "/changelog"),
];

/// The frame of the page at `path`, in English. What it belongs to is the longest entry above it.
pub fn frame(path: &str) -> Frame {
    let is_above = |href: &str| path == href || (href != "/" && path.starts_with(&format!("{href}/")));
    let current =
        NAV.iter().map(|(_, href)| *href).filter(|href| is_above(href)).max_by_key(|href| href.len());
    let nav = NAV
        .iter()
        .map(|(label, href)| NavItem { label, href: (*href).to_owned(), current: current == Some(href) })
        .collect();
    Frame { site: NAME, home: "/", home_words: "To the start page", lang: "en", nav, ..Frame::default() }
}

/// The page of a template.
pub fn page(template: &impl Template) -> Result<Html<String>, Failure> {
    edge::render(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_the_nearest_entry_above_it() {
        let current = |path: &str| {
            let frame = frame(path);
            let found: Vec<_> = frame.nav.iter().filter(|item| item.current).map(|item| item.label).collect();
            found.join(" ")
        };
        for (path, label) in [
            ("/", "Start"),
            ("/protocol", "Protocol"),
            ("/protocol/messages", "Messages"),
            ("/protocol/interbank", "Protocol"),
            ("/reference/create_payment", "API reference"),
            ("/guidebook", ""),
        ] {
            assert_eq!(current(path), label, "{path}");
        }
    }
}
