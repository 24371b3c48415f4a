//! 承認: what a contract's users ask for and others approve, for every business. A request is frozen when it is asked
//! for: what approvers see, approve and have carried out is one record under one digest (SEC-16). What a business does
//! with an approved request is in its own folder, behind [`Matter`].

pub(crate) mod activity;
mod bounds;
mod carry_out;
mod cut_offs;
mod links;
mod operation;
mod pages;
mod people;
mod policy;
mod problem;
mod recheck;
mod request;
#[cfg(test)]
mod samples;
mod settings;
mod state;
mod store;
mod ties;

pub use carry_out::{is_over, look, run};
pub use cut_offs::follow as follow_cut_offs;
pub use links::ApprovalLink;
pub use operation::{Asking, Outcome, Secrets, approve, ask, delete, exposed, keep, send_back, withdraw};
pub use pages::routes;
pub use pages::words::need as need_words;
pub use people::{Approver, able};
pub use policy::{Approved, Band, Fault, Flow, Hand, Need, Policy, Refusal, Standing, may_have_none};
pub use problem::Problem;
pub use recheck::still_may;
pub use request::{Ending, Matter, Request, digest_of};
pub use settings::{Held, Policies, check, registration, set};
pub use settings::{permit_one, single_administrator_until};
pub use state::{Event, State};
pub use store::{about, about_of_anyone, approvers_of, find, waiting_for};
pub use ties::{AccessGiven, Ties};
