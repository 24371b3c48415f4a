//! The staff console through its router.

mod sign_in;
mod support;
