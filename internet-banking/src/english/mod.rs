//! The bank's pages in English: the way in with set-up and the first certificate, the emergency stop, home, Pay-easy
//! and the help pages.

use std::sync::LazyLock;

use edge::Languages;
use edge::translate::Catalogue;

use crate::links::Link;

/// What every text of these pages is in English.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let catalogue = Catalogue::parse(include_str!("../../data/english.txt"));
    // tests read the same file; without it there are pages in Japanese, which are better than none
    catalogue.unwrap_or_else(|error| {
        tracing::error!(%error, "the English catalogue cannot be read");
        Catalogue::default()
    })
});

/// The pages that have both languages. The hub's own addresses, the mails and what administrators do are Japanese.
pub(crate) fn languages() -> Languages {
    Languages { catalogue: &CATALOGUE, covers }
}

fn covers(path: &str) -> bool {
    const PARTS: [&str; 9] = [
        Link::SignIn.path(),
        Link::SignOut.path(),
        Link::SetUp.path(),
        Link::CertificateFetch.path(),
        Link::CertificateCheck.path(),
        Link::SecurityFirst.path(),
        Link::EmergencyStop.path(),
        Link::Home.path(),
        Link::Help.path(),
    ];
    let is_in =
        |part: &str| path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    PARTS.into_iter().any(is_in) || path.starts_with("/payeasy/")
}

#[cfg(test)]
mod complete;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_can_be_read() {
        assert!(LazyLock::force(&CATALOGUE).english().count() > 0);
    }

    #[test]
    fn the_pages_of_these_areas_are_covered_and_no_others() {
        for path in
            ["/sign-in", "/sign-out", "/home", "/payeasy/new", "/payeasy/link/x", "/help", "/help/P-101"]
        {
            assert!(covers(path), "{path}");
        }
        for path in ["/", "//evil", "/admin", "/security", "/sign-inx", "//payeasy/new", "/assets/look.css"] {
            assert!(!covers(path), "{path}");
        }
    }
}
