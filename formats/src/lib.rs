//! Codecs of what others print and write: pure functions from text to types and back, one file a format.

pub mod banks;
pub mod el_qr;
pub mod picture;
pub mod purpose_code;

pub use banks::{Bank, Banks, Branch};
pub use el_qr::{ElNumber, ElQr, ElQrError};
pub use purpose_code::{PurposeCode, PurposeCodes, PurposeError};
