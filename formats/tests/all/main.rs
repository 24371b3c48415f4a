//! Files as others read them: golden files, the crate `zengin-fmt`, a table of offsets, and the schemas of ISO 20022.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod golden;
mod offsets;
mod sample;
mod schemas;
mod zengin;
