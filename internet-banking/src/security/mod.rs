//! 利用者情報: what everybody sees and changes of themselves — mail address, both passwords, sign-ins, the session.

mod operation;
mod pages;
mod problem;
#[cfg(test)]
mod samples;
pub(crate) mod store;

pub use pages::routes;
