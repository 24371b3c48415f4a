//! What the frame around every page shows. Templates extend `frame.html` and have a field `frame: Frame`.

use crate::assets;
use crate::language::{self, Switch};

/// The frame of one page.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Name of the site in the bar: `見本銀行 法人ネット`.
    pub site: &'static str,
    /// Where the name leads; empty for nowhere.
    pub home: &'static str,
    /// What a link to it says; empty for ホームへ.
    pub home_words: &'static str,
    /// `ja` or `en`; empty counts as `ja`.
    pub lang: &'static str,
    /// A word beside the name that says whose site this is, `職員用`; empty where it needs none.
    pub mark: &'static str,
    /// The style sheet's class of the whole page, so that two sites are not taken for each other; empty for the bank's.
    pub theme: &'static str,
    /// Seconds and address of the page that follows by itself, where the person asked for it: `15; url=/?watch=on`.
    pub refresh: Option<String>,
    /// Main navigation.
    pub nav: Vec<NavItem>,
    /// Who is signed in.
    pub who: Option<Who>,
    /// Told once at the top of the page, such as that another session was ended.
    pub notice: Option<String>,
    /// Links in the footer.
    pub footer: Vec<NavItem>,
    /// The footer's words.
    pub footer_text: &'static str,
    /// Set when the form on the page has something to correct: it prefixes the title.
    pub has_errors: bool,
    /// When the session ends by itself, and how it goes on; none where there is no session.
    pub idle: Option<Idle>,
}

/// The end of a session that is not used. A page with scripts warns before it; one without says when it will be.
#[derive(Clone, Debug)]
pub struct Idle {
    /// Seconds after which the person is warned.
    pub warn_s: i64,
    /// Seconds after which the session ends.
    pub end_s: i64,
    /// Takes the word that the person goes on (POST).
    pub extend: String,
    /// Token of that.
    pub csrf: String,
}

impl Idle {
    /// The minutes after which the session ends.
    pub const fn end_min(&self) -> i64 {
        self.end_s / 60
    }
}

/// A link of the navigation or the footer.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Words of the link.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
    /// Whether the page belongs to it.
    pub current: bool,
}

/// Who is signed in, as the bar shows it.
#[derive(Clone, Debug)]
pub struct Who {
    /// Name of the contract.
    pub contract: String,
    /// Name of the person.
    pub user: String,
    /// Role of the person: `一般`.
    pub role: &'static str,
    /// `前回 11月20日(金) 16:42 ID・パスワード`, or that this is the first time.
    pub last_sign_in: String,
    /// Where the button posts to.
    pub sign_out: String,
    /// Token of that form.
    pub csrf: String,
}

impl Frame {
    /// Address of the style sheet.
    pub fn css(&self) -> &'static str {
        assets::css_href()
    }

    /// Address of the script.
    pub fn js(&self) -> &'static str {
        assets::js_href()
    }

    /// The other language, where the page being answered has one.
    pub fn switch(&self) -> Option<Switch> {
        language::offered()
    }

    /// Language of the page.
    pub fn language(&self) -> &'static str {
        if self.lang.is_empty() { "ja" } else { self.lang }
    }
}

/// The page of a template. A template that cannot be written is an internal failure.
pub fn render(template: &impl askama::Template) -> Result<axum::response::Html<String>, crate::Failure> {
    Ok(axum::response::Html(template.render()?))
}
