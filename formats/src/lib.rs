//! Codecs of what others print and write: pure functions from text to types and back, one file a format.

pub mod banks;
pub mod check;
pub mod counts;
pub mod csv;
pub mod el_qr;
pub mod finding;
pub mod iso20022;
pub mod kana;
pub mod legal_forms;
pub mod picture;
pub mod purpose_code;
pub mod sniff;
pub mod swift;
pub mod zengin;

pub use banks::{Bank, Banks, Branch, Directory};
pub use counts::{Business, Counts, Route};
pub use el_qr::{ElNumber, ElQr, ElQrError};
pub use finding::{Fault, Finding, Findings, Place, Unit};
pub use purpose_code::{PurposeCode, PurposeCodes, PurposeError};
