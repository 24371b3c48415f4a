//! What a declaration says of the information link (情報リンク): where the collector's site hands bills over, and what
//! the bank has agreed on with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use collectors::link::{LinkKey, Pattern, ReturnUrl};
use domain::Timestamp;
use http::Uri;
use serde::Deserialize;

use super::{Trust, not_a, read_text, trust, wrong};
use crate::text::Trouble;

/// The places of a page's address that the kit fills in.
const PATTERN: &str = "{pattern}";
const NUMBERS: &str = "{customer_number}";

/// Where the site hands over, and what was agreed on.
#[derive(Clone, Debug)]
pub struct Link {
    page: String,
    /// How the site's server is believed.
    pub trust: Trust,
    /// The shared keys; the kit plays the bank and has them too.
    pub keys: std::sync::Arc<Vec<LinkKey>>,
    /// Where payers may be led back to.
    pub return_urls: Vec<ReturnUrl>,
    /// Where the form has to lead, if that is to be tested.
    pub entry: Option<String>,
    /// The 支払パターン that the site uses.
    pub patterns: BTreeSet<&'static str>,
    /// Clearings may name a bill by its hand-off.
    pub by_nonce: bool,
    /// What the collector's clock reads, where it stands still; the machine's time otherwise.
    pub clock: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenLink {
    page: String,
    root_ca: Option<PathBuf>,
    keys: Vec<PathBuf>,
    return_urls: Vec<String>,
    entry: Option<String>,
    #[serde(default = "one_bill")]
    patterns: Vec<String>,
    #[serde(default)]
    by_nonce: bool,
    clock: Option<String>,
}

fn one_bill() -> Vec<String> {
    vec![Pattern::One.as_str().to_owned()]
}

impl Link {
    /// The page that hands over the bills of these numbers.
    pub fn page(&self, pattern: &str, customer_numbers: &[&str]) -> Uri {
        let text = self.page.replace(PATTERN, pattern).replace(NUMBERS, &customer_numbers.join(","));
        // the declaration was checked with a number, and digits and commas are all that changes
        text.parse().unwrap_or_default()
    }
}

impl WrittenLink {
    pub(super) fn checked(self, folder: &Path, root_ca: Option<&Path>) -> Result<Link, Trouble> {
        let address = ("an address with {customer_number} in it", "{customer_number} を含むアドレス");
        let uri = self.page.replace(PATTERN, "01").replace(NUMBERS, "1,2").parse::<Uri>().ok();
        let uri = uri.filter(|uri| uri.host().is_some() && self.page.contains(NUMBERS));
        let uri = uri.ok_or_else(|| not_a("link.page", &self.page, address))?;
        let own = self.root_ca.as_ref().map(|file| folder.join(file));
        let is_tls = uri.scheme_str() == Some("https");
        let trust = trust(&uri, own.as_deref().or(root_ca.filter(|_| is_tls)))?;
        let mut keys = Vec::new();
        for file in &self.keys {
            let text = read_text(&folder.join(file))?;
            let file = file.display();
            keys.push(LinkKey::from_jwk(&text).map_err(|error| {
                wrong(
                    format!("link.keys {file}: {error}"),
                    format!("link.keys の {file} が鍵ではありません。"),
                )
            })?);
        }
        if keys.is_empty() {
            return Err(wrong(
                "link.keys is empty, so no hand-off could be opened",
                "link.keys が空です。これでは引き継ぎの内容を復号できません。",
            ));
        }
        let below = ("an https address that ends in a slash", "スラッシュで終わる https のアドレス");
        let return_urls = self
            .return_urls
            .iter()
            .map(|text| text.parse::<ReturnUrl>().map_err(|_| not_a("link.return_urls", text, below)));
        let patterns = self.patterns.iter().map(|word| {
            let pattern = Pattern::of_word(word).map(Pattern::as_str);
            pattern.ok_or_else(|| not_a("link.patterns", word, ("01, 02 or 03", "01・02・03")))
        });
        let time = ("a time such as 2026-11-24T10:00:00+09:00", "2026-11-24T10:00:00+09:00 の形の時刻");
        let clock = self
            .clock
            .as_deref()
            .map(|text| Timestamp::parse_rfc3339(text).ok_or_else(|| not_a("link.clock", text, time)));
        Ok(Link {
            trust,
            keys: std::sync::Arc::new(keys),
            return_urls: return_urls.collect::<Result<_, _>>()?,
            patterns: patterns.collect::<Result<_, _>>()?,
            clock: clock.transpose()?,
            page: self.page,
            entry: self.entry,
            by_nonce: self.by_nonce,
        })
    }
}
