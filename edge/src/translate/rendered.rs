//! A translated text: runs in English, and runs that stayed Japanese.

use super::is_japanese;

/// What became of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rendered {
    runs: Vec<Run>,
}

/// A part in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The words.
    pub text: String,
    /// Whether they stayed as they were.
    pub is_japanese: bool,
}

impl Rendered {
    /// Words in English.
    pub fn english(text: &str) -> Self {
        let mut rendered = Self::default();
        rendered.push(text, false);
        rendered
    }

    /// Words that nobody knows, or that have nothing to be translated.
    pub fn kept(text: &str) -> Self {
        let mut rendered = Self::default();
        rendered.push(text, text.contains(is_japanese));
        rendered
    }

    /// More words in English.
    pub fn push_english(&mut self, text: &str) {
        self.push(text, false);
    }

    /// Another translation behind this one.
    pub fn append(&mut self, other: &Self) {
        for run in &other.runs {
            self.push(&run.text, run.is_japanese);
        }
    }

    /// The runs, in order; no two of a language are neighbours.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Characters that stayed Japanese.
    pub fn left(&self) -> usize {
        let kept = self.runs.iter().filter(|run| run.is_japanese);
        kept.map(|run| run.text.chars().filter(|c| is_japanese(*c)).count()).sum()
    }

    fn push(&mut self, text: &str, is_japanese: bool) {
        if text.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if last.is_japanese == is_japanese => last.text.push_str(text),
            _ => self.runs.push(Run { text: text.to_owned(), is_japanese }),
        }
    }
}
