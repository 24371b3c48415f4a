//! Everything that is tested from outside, in one binary; one module per subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod tidy;
