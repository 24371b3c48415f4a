//! What can be proved of a payment to those who do not trust the hub's database: the audit log's heads sealed with the
//! hub's key, and one payment's bundle that anybody verifies with public keys.

pub mod agree;
pub mod bundle;
pub(crate) mod exchanges;
pub mod kept_seal;
pub mod keys;
mod make;
mod seal;
pub(crate) mod signed;
pub mod verify;

pub use bundle::{ProofBundle, ReadError};
pub use kept_seal::{KeptSeal, KeptSeals};
pub use keys::{KeySet, PublicKey};
pub use verify::{Line, Mark, Report, verify};
