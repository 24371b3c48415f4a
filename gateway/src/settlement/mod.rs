//! 資金決済: what was accepted goes on to the collector, once, as one net payment a settlement window.

pub mod window;
