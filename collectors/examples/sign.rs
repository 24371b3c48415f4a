//! Prints a signed request and its signed answer as JSON, for a verifier that shares no code with this one.
//!
//! `cargo run -p collectors --example sign | python3 tests/oracles/signature.py`

#![allow(clippy::print_stdout, reason = "an example talks to its user")]

use collectors::protocol::CONTENT_TYPE;
use collectors::signature::{
    RequestParts, ResponseParts, SignedHeaders, SigningKey, sign_request, sign_response,
};
use domain::clock::machine_now;

const QUESTION: &str = "<question>照会</question>";
const ANSWER: &str = "<answer>0000</answer>";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hub = SigningKey::from_seed("hub-1", &domain::random::bytes())?;
    let collector = SigningKey::from_seed("00200-1", &domain::random::bytes())?;
    let request = RequestParts {
        method: "POST",
        path: "/00200/mpn",
        content_type: CONTENT_TYPE,
        body: QUESTION.as_bytes(),
    };
    let response = ResponseParts { status: 200, body: ANSWER.as_bytes(), request_body: QUESTION.as_bytes() };
    let now = machine_now();
    println!("{{");
    println!("\"content_type\": \"{CONTENT_TYPE}\",");
    println!("\"request\": {},", side(&hub, QUESTION, &sign_request(&hub, &request, now)));
    println!("\"response\": {}", side(&collector, ANSWER, &sign_response(&collector, &response, now)));
    println!("}}");
    Ok(())
}

/// None of the texts but the headers needs an escape, and theirs is the quotation mark.
fn side(key: &SigningKey, body: &str, signed: &SignedHeaders) -> String {
    let public = key.verifying_key();
    let hex: String = public.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let headers: Vec<String> = signed
        .pairs()
        .into_iter()
        .map(|(name, value)| format!("\"{name}\": \"{}\"", value.replace('"', "\\\"")))
        .collect();
    let (id, headers) = (key.id(), headers.join(", "));
    let identity = format!("\"key_id\": \"{id}\", \"public_key\": \"{hex}\"");
    format!("{{{identity}, \"body\": \"{body}\", \"headers\": {{{headers}}}}}")
}
