//! The hub: inquiry, payment, clearing, resend, and the REST API
