//! 結果不明: payments whose outcome nobody knows, and what staff do about them.

pub(super) mod pages;

pub use pages::routes;
