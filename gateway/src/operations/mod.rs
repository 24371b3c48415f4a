//! What the bank's staff and systems do with the hub, and who does it.

mod counter;
mod error;
mod reads;
mod unknown;

pub use crate::payment::history::Word;
pub use crate::payment::manual::{FourEyes, NotNow, REASON_CHARS_MAX};
pub use counter::{CounterOrder, OpenCancellation};
pub use error::OperationError;
pub use reads::{PaymentEvent, PaymentQuery, UnknownPayment};
pub use unknown::Resends;

/// Who acts, as the audit log names it. Whether that person may is decided before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operator {
    /// `staff:{id}`, `api:{key id}` or `system`.
    pub name: String,
}

impl Operator {
    /// A member of the bank's staff, by id.
    pub fn staff(id: impl std::fmt::Display) -> Self {
        Self { name: format!("staff:{id}") }
    }

    /// The holder of an API key, by the key's id.
    pub fn api(key: impl std::fmt::Display) -> Self {
        Self { name: format!("api:{key}") }
    }

    /// The hub by itself: a timer, or an answer that came.
    pub fn system() -> Self {
        Self { name: "system".to_owned() }
    }
}

impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_named_by_what_they_are() {
        let names = [Operator::staff(7), Operator::api("k1"), Operator::system()].map(|o| o.to_string());
        assert_eq!(names, ["staff:7", "api:k1", "system"]);
    }
}
