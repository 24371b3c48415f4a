//! 取引状況: every business's items and where they stand, on one page, the newest first. A business joins by a variant
//! of [`source::Source`] and an `activity.rs` of its own folder, which says how its records appear; this folder merges
//! them, whatever they are.

mod item;
mod page;
#[cfg(test)]
mod samples;
mod search;
mod source;

pub(crate) use item::{Group, Item, states};
pub use page::routes;
pub(crate) use page::standing;
pub(crate) use search::Search;
