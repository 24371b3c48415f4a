//! `/v1/payments`: paying a bill that an inquiry found, and following and proving the payment.

pub mod create;
pub mod proof;
pub mod show;

use domain::PaymentId;

/// Where the bank shows a payment that waits for a person; `{payment}` is its id.
pub const REQUESTS_PATH: &str = "/payeasy/requests/{payment}";

pub(super) fn request_path(id: PaymentId) -> String {
    REQUESTS_PATH.replace("{payment}", &id.to_string())
}
