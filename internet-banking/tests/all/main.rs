//! The bank through its router, on both databases.

mod home;
mod security;
mod sign_in;
mod support;
