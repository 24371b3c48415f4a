//! The crate as a site sees it: requests in, responses out.

mod listening;
mod sites;
