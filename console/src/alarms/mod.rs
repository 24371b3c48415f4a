//! 警報: what a person has to look at, and whether it got out of the house.

pub(super) mod pages;
mod subject;
mod words;

pub use pages::routes;
pub use subject::AlarmSubject;
pub use words::alarm_words;
