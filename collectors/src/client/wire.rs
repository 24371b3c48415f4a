//! The wire log: target `wire`. It names what went where and never carries what a payer typed.

use domain::CollectorNumber;
use tokio::time::Instant;

use super::outcome::Outcome;
use crate::protocol::Message;

/// One exchange, from its beginning.
pub(super) struct Exchange<'a> {
    collector: &'a CollectorNumber,
    key: String,
    request: &'static str,
    request_bytes: usize,
    began: Instant,
}

impl<'a> Exchange<'a> {
    pub(super) fn begin(collector: &'a CollectorNumber, request: &Message, request_bytes: usize) -> Self {
        Self {
            collector,
            key: request.header.key().to_string(),
            request: request.body.name(),
            request_bytes,
            began: Instant::now(),
        }
    }

    pub(super) fn end(self, outcome: &Outcome) {
        let Self { collector, key, request, request_bytes, began } = self;
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let method = "POST";
        let path = format!("/{collector}/mpn");
        match outcome {
            Outcome::Answered(answer) => {
                let code = answer.message.body.code().map(|code| code.as_str());
                let answer_bytes = answer.bytes.len();
                let answer = answer.message.body.name();
                tracing::info!(
                    target: "wire", method, path, key, request, request_bytes, answer, code, answer_bytes,
                    elapsed_ms, "answered"
                );
            }
            Outcome::Silent(silence) => {
                let (reason, detail) = (silence.as_str(), silence.to_string());
                tracing::warn!(
                    target: "wire", method, path, key, request, request_bytes, reason, detail, elapsed_ms,
                    "silent"
                );
            }
            Outcome::NotSent(cause) => {
                let (reason, detail) = (cause.as_str(), cause.to_string());
                tracing::warn!(
                    target: "wire", method, path, key, request, request_bytes, reason, detail, elapsed_ms,
                    "not sent"
                );
            }
        }
    }
}
