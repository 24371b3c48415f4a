//! Pages in a second language: a catalogue of their words, laid over the finished page.
//!
//! A page is written once, in Japanese. Whoever asked for English gets the same page with its texts looked up in a
//! [`Catalogue`]; tags, values, addresses and whatever a form sends stay byte for byte, and a text that the catalogue
//! does not have stays as it is.

mod catalogue;
mod days;
mod page;
mod rendered;

pub use catalogue::{Catalogue, CatalogueError};
pub use page::page;

/// A character of Japanese writing: kana, kanji, their punctuation and the wide forms.
pub fn is_japanese(c: char) -> bool {
    matches!(
        c,
        '\u{2e80}'..='\u{2fdf}'
            | '\u{3000}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3220}'..='\u{33ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff01}'..='\u{ff9f}'
    )
}
