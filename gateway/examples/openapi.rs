//! Prints the OpenAPI document: `cargo run -p gateway --example openapi > docs/api/openapi.json` renews the committed
//! one.

#![allow(clippy::print_stdout, reason = "an example prints its result")]

fn main() {
    print!("{}", gateway::api::document_json());
}
