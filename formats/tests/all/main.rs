//! Files as others read them: golden files, the crate `zengin-fmt`, a table of offsets, and the schemas of ISO 20022.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod bulk;
mod check;
mod csv;
mod golden;
mod offsets;
mod pacs;
mod pain;
mod sample;
mod schemas;
mod swift;
mod xsd;
mod zengin;
