//! The texts of `docs/` that the site shows, and the files beside them.

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::routing::get;
use edge::Frame;

use crate::markdown::{self, Rendered};
use crate::site;

/// A text of `docs/`.
struct Document {
    /// Its file below `docs/`.
    file: &'static str,
    /// Where the site has it.
    path: &'static str,
    /// Its language.
    lang: &'static str,
    text: &'static str,
}

macro_rules! documents {
    ($($file:literal => $path:literal, $lang:literal;)*) => {
        &[$(Document {
            file: $file, path: $path, lang: $lang, text: include_str!(concat!("../../docs/", $file)),
        }),*]
    };
}

const DOCUMENTS: &[Document] = documents! {
    "collector-integration.md" => "/guide", "en";
    "collector-integration.ja.md" => "/guide/ja", "ja";
    "guides/api.md" => "/guide/api", "en";
    "guides/information-link.md" => "/guide/information-link", "en";
    "guides/sandbox.md" => "/guide/sandbox", "en";
    "guides/proof.md" => "/guide/proof", "en";
    "examples/python/README.md" => "/guide/python", "en";
    "examples/rust/README.md" => "/guide/rust", "en";
    "protocol/README.md" => "/protocol", "en";
    "protocol/interbank.md" => "/protocol/interbank", "en";
    "mocks.md" => "/test-numbers/mocks", "en";
    "collectors.md" => "/test-numbers/collectors", "en";
    "glossary.md" => "/glossary", "en";
    "changelog.md" => "/changelog", "en";
};

/// A file that is handed out as it is.
struct File {
    file: &'static str,
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($file:literal => $path:literal, $kind:literal;)*) => {
        &[$(File {
            file: $file, path: $path, kind: $kind, text: include_str!(concat!("../../docs/", $file)),
        }),*]
    };
}

const FILES: &[File] = files! {
    "protocol/mpn-v1.xsd" => "/protocol/mpn-v1.xsd", "application/xml; charset=utf-8";
    "examples/python/collector.py" => "/guide/python/collector.py", "text/plain; charset=utf-8";
    "examples/python/site.py" => "/guide/python/site.py", "text/plain; charset=utf-8";
    "examples/rust/collector.rs" => "/guide/rust/collector.rs", "text/plain; charset=utf-8";
    "examples/rust/books.rs" => "/guide/rust/books.rs", "text/plain; charset=utf-8";
    "guides/examples/information-link/go/handoff.go" =>
        "/guide/information-link/handoff.go", "text/plain; charset=utf-8";
    "guides/examples/information-link/node/handoff.mjs" =>
        "/guide/information-link/handoff.mjs", "text/plain; charset=utf-8";
    "guides/examples/information-link/node/package.json" =>
        "/guide/information-link/package.json", "text/plain; charset=utf-8";
    "guides/examples/information-link/python/handoff.py" =>
        "/guide/information-link/handoff.py", "text/plain; charset=utf-8";
    "guides/examples/information-link/python/requirements.txt" =>
        "/guide/information-link/requirements.txt", "text/plain; charset=utf-8";
};

/// What the site has of `docs/` in another form.
const ELSEWHERE: &[(&str, &str)] = &[("api/openapi.json", "/v1/openapi.json")];

static RENDERED: LazyLock<Vec<(&'static Document, Rendered)>> = LazyLock::new(|| {
    let render = |document: &'static Document| {
        let resolve = |link: &str| resolve(document.file, link);
        (document, markdown::render(document.text, &resolve))
    };
    DOCUMENTS.iter().map(render).collect()
});

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    frame: Frame,
    rendered: &'static Rendered,
}

/// A page for each text, and the files.
pub fn routes() -> Router {
    let mut router = Router::new();
    for (document, rendered) in RENDERED.iter() {
        let show = move || async move {
            let frame = Frame { lang: document.lang, ..site::frame(document.path) };
            site::page(&DocumentPage { frame, rendered })
        };
        router = router.route(document.path, get(show));
    }
    for file in FILES {
        let show = move || async move { ([(header::CONTENT_TYPE, file.kind)], file.text).into_response() };
        router = router.route(file.path, get(show));
    }
    router
}

/// Where a link of the text `from` leads on this site; none where the site has nothing of it.
fn resolve(from: &str, link: &str) -> Option<String> {
    if link.starts_with('#') {
        return Some(link.to_owned());
    }
    if link.starts_with("https://") || link.starts_with("http://") {
        // an address of the demo on a machine, or a specification elsewhere
        return Some(link.to_owned());
    }
    let (path, anchor) = link.split_once('#').map_or((link, ""), |(path, anchor)| (path, anchor));
    let file = joined(from, path)?;
    let known = |(name, at): (&str, &'static str)| (name == file).then_some(at);
    let place = DOCUMENTS
        .iter()
        .map(|document| (document.file, document.path))
        .chain(FILES.iter().map(|file| (file.file, file.path)))
        .chain(ELSEWHERE.iter().copied())
        .find_map(known)
        .map(str::to_owned)
        .or_else(|| file.strip_prefix("protocol/examples/").and_then(crate::messages::address_of))?;
    Some(if anchor.is_empty() { place } else { format!("{place}#{anchor}") })
}

/// The file below `docs/` that a path names in the text `from`; none where that is outside of `docs/`.
fn joined(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_between_texts_become_addresses() {
        for (from, link, to) in [
            ("collector-integration.md", "protocol/README.md", Some("/protocol")),
            ("guides/proof.md", "../protocol/README.md#codes", Some("/protocol#codes")),
            ("examples/python/README.md", "collector.py", Some("/guide/python/collector.py")),
            ("protocol/README.md", "examples/clearing.xml", Some("/protocol/messages#clearing")),
            ("guides/api.md", "../api/openapi.json", Some("/v1/openapi.json")),
            ("guides/proof.md", "../../tests/oracles/proof.py", None),
            ("glossary.md", "#bank", Some("#bank")),
        ] {
            assert_eq!(resolve(from, link).as_deref(), to, "{link}");
        }
    }

    #[test]
    fn every_text_has_one_title_and_is_in_one_place() {
        let paths: std::collections::BTreeSet<_> = DOCUMENTS.iter().map(|document| document.path).collect();
        assert_eq!(paths.len(), DOCUMENTS.len());
        assert!(RENDERED.iter().all(|(_, rendered)| !rendered.title.is_empty()));
    }
}
