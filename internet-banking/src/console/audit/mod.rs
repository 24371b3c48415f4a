//! 監査ログ: who did what, when. Looking is written down too.

pub(super) mod pages;
mod shown;
mod subjects;
pub(crate) mod words;

pub use pages::routes;
