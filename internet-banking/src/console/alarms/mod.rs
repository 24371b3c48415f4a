//! 警報: what a person has to look at, and whether it got out of the house.

pub(super) mod pages;
mod words;

pub use pages::routes;
pub use words::alarm_words;
