//! Whether every message of a payment was signed by the side that said it, however long ago.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::signature::{
    RequestParts, ResponseParts, VerifyingKey, verify_kept_request, verify_kept_response,
};
use domain::payment::Event;
use ledger::audit::hash::EventRow;

use super::bundle::Exchange;

/// The keys that a payment's two sides sign with.
pub(crate) struct Sides {
    /// The hub's.
    pub(crate) hub: Vec<VerifyingKey>,
    /// The collector's.
    pub(crate) collector: Vec<VerifyingKey>,
}

impl Sides {
    /// Who signed an exchange, and when; or what is wrong with it.
    pub(crate) fn verify(&self, exchange: &Exchange) -> Result<String, String> {
        let decoded = |text: &str| STANDARD.decode(text).map_err(|_| "a message is not base 64".to_owned());
        let Exchange { delivery, message, request, response, .. } = exchange;
        let body = decoded(&request.body)?;
        let parts = RequestParts {
            method: &request.method,
            path: &request.path,
            content_type: request.headers.content_type.as_deref().unwrap_or_default(),
            body: &body,
        };
        let sent = verify_kept_request(&self.hub, &parts, &request.headers.signed())
            .map_err(|error| format!("the request is not the hub's: {error}"))?;
        let mut text = format!(
            "delivery {delivery}: {message} signed by {} at {} (wall time)",
            sent.key_id, sent.created
        );
        match response {
            None => text.push_str(", without a signed answer"),
            Some(response) => {
                let answer = decoded(&response.body)?;
                let parts = ResponseParts { status: response.status, body: &answer, request_body: &body };
                let came = verify_kept_response(&self.collector, &parts, &response.headers.signed())
                    .map_err(|error| format!("the answer is not the collector's: {error}"))?;
                text.push_str(&format!(", answered under {} at {} (wall time)", came.key_id, came.created));
            }
        }
        Ok(text)
    }
}

/// The events that keep an answer of which no signature is kept.
pub(crate) fn unsigned<'e>(
    events: &'e [EventRow],
    exchanges: &'e [Exchange],
) -> impl Iterator<Item = i64> + 'e {
    let keeps_answer = |row: &&EventRow| {
        let is_request = matches!(row.kind.parse(), Ok(Event::Claimed | Event::CancellationClaimed));
        row.message.is_some() && !is_request
    };
    let is_signed = |seq: i64| exchanges.iter().any(|e| e.event == seq && e.response.is_some());
    events.iter().filter(keeps_answer).map(|row| row.seq).filter(move |seq| !is_signed(*seq))
}
