//! 会計情報: balances, statements and incoming transfers, as pages, as files and to print (R78 to R80b).
//!
//! Whether somebody may see an account is decided in [`access`], before anything of it is read.

mod access;
mod chart;
mod files;
pub mod links;
mod page;
mod pages;
#[cfg(test)]
mod samples;
mod search;
mod stream;
mod written;

pub use pages::routes;
