//! The conformance kit: plays the hub against a collector's endpoint, and says which clause of
//! `docs/protocol/README.md` it breaks, what that means for money, and how to mend it.
//!
//! Cases are data: one file a phase in `cases/`, read by [`case`]. A declaration ([`declaration`]) says what there
//! is to be tested. [`run()`] plays case after case ([`scene`]); an answer is first believed or not ([`hub`]) and then
//! compared with what must come back ([`judge`]). The kit knows collectors by their declaration and endpoint alone.

pub mod case;
pub mod clause;
pub mod declaration;
mod draws;
pub mod hub;
pub mod judge;
mod letters;
pub mod link;
pub mod load;
mod pool;
pub mod report;
mod restart;
mod run;
pub mod scene;
mod sign;
pub mod storm;
pub mod terminal;
pub mod text;
mod wire;

pub use case::{Cases, Phase};
pub use clause::Clause;
pub use declaration::{Declaration, Instead};
pub use draws::Draws;
pub use hub::signing_key;
pub use run::{Choice, Done, Outcome, Verdict, run};
pub use text::{Language, Text, Trouble};
