//! The collectors' rules, exercised through the routers as the hub and a tester see them.

mod at_once;
mod books;
mod cancelling;
mod clearing;
mod control;
mod days;
mod faults;
mod hub;
mod inquiry;
mod interbank;
mod issuing;
mod linking;
mod pages;
mod rules;
mod signing;
mod sinks;
mod sites;
mod special;
mod transport;
