//! 監査ログ: who did what, when. Looking is written down too.

pub(super) mod pages;
mod shown;
mod subjects;

pub use pages::routes;
