//! 緊急利用停止 by the customer (SEC-43): before sign-in with login ID and password, and after it. It stops the whole
//! contract; what was accepted goes on, and the bank lifts it on paper.

mod operation;
mod pages;
pub mod under_way;

pub(crate) use operation::against_sign_in;
pub use operation::{contract_stop, end_all_sessions, put_in_place};
pub use pages::routes;
pub(crate) use pages::{code, phone, stopped};
