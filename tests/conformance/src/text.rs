//! What the kit says, in both of its languages.

use serde::{Deserialize, Serialize};

/// The languages of the reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl std::str::FromStr for Language {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "ja" => Ok(Self::Ja),
            _ => Err("the languages are en and ja"),
        }
    }
}

/// One text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Text {
    /// English and Japanese of the same sentence.
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    /// The text in one of the languages.
    pub fn say(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ja => &self.ja,
        }
    }
}

/// Why a run could not begin or go on: one sentence, and never about the collector's conformance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.en)]
pub struct Trouble(pub Text);

impl Trouble {
    /// English and Japanese of the same sentence.
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self(Text::new(en, ja))
    }
}
