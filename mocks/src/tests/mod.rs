//! The collectors' rules, exercised through the routers as the hub and a tester see them.

mod clearing;
mod control;
mod faults;
mod hub;
mod inquiry;
mod pages;
mod signing;
mod transport;
