//! The ways to a commit that moves money, a day or a settlement, or answers a person, and to a collector: each has a
//! name, and a place before and after it where a test may end the process at once, as a power cut would. The tests
//! walk [`names`], so that a new one cannot be forgotten.
//!
//! What reaches the database without a place here: an alarm that is raised by itself, or that ended, the lease of who
//! looks after the days, leases and serials, the seals of the audit log, what is kept for a time only, and the commits
//! of the bank and its console. Each may be lost or repeated without any other being wrong.

use bytes::Bytes;
use collectors::client::Place;
use collectors::{Outcome, SentRequest};
use domain::CollectorNumber;
use ledger::{Commit, Committed, Refused};
use tokio::time::Instant;

use crate::Gateway;

macro_rules! points {
    ($(#[$outer:meta])* $enum:ident, $before:literal, $after:literal,
     $($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$doc])* $name,)*
        }

        impl $enum {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name of the place before it.
            pub const fn before(self) -> &'static str {
                match self { $(Self::$name => concat!($before, $word)),* }
            }

            /// The name of the place after it.
            pub const fn after(self) -> &'static str {
                match self { $(Self::$name => concat!($after, $word)),* }
            }
        }
    };
}

points! {
    /// What becomes durable.
    Persist, "before_persist_", "after_persist_",
    /// An answered inquiry.
    Inquiry = "inquiry",
    /// A hand-off of a collector's site arrived.
    HandOff = "hand_off",
    /// A teller is about to ask for a payer's bills.
    CounterInquiry = "counter_inquiry",
    /// The payer's money is held and the first delivery claimed.
    Hold = "hold",
    /// Open work is claimed again, released or given up.
    Claim = "claim",
    /// What a delivery came to, with the money.
    Answer = "answer",
    /// A cancellation is requested and its first delivery claimed.
    Cancellation = "cancellation",
    /// An open cancellation is claimed again or given up.
    CancellationClaim = "cancellation_claim",
    /// What a delivery of a cancellation came to, with the money.
    CancellationAnswer = "cancellation_answer",
    /// An operator has an unanswered message repeated.
    ManualClaim = "manual_claim",
    /// The collector's word ends an unknown payment.
    Decision = "decision",
    /// A step of a processing day.
    Service = "service",
    /// A comparison with what it found.
    Reconciliation = "reconciliation",
    /// Somebody says what was done about a break.
    BreakResolution = "break_resolution",
    /// A payment that the collector's books lack is paid back.
    Refund = "refund",
    /// A settlement window begins to close.
    SettlementBegin = "settlement_begin",
    /// Some payments go over to the settlement account.
    SettlementPart = "settlement_part",
    /// A settlement window is closed, and its net payment due.
    SettlementClose = "settlement_close",
    /// A net payment is posted.
    SettlementPayment = "settlement_payment",
    /// A collector has answered an advice.
    SettlementAdvice = "settlement_advice",
    /// Somebody takes notice of an alarm.
    Acknowledgement = "acknowledgement",
    /// An Idempotency-Key gets the id of its payment or inquiry.
    Wish = "wish",
    /// An API call is refused for good.
    Refusal = "refusal",
    /// A payment is asked for that a person authorises.
    Request = "request",
    /// A person turns such a request down.
    Decline = "decline",
    /// An API key is made or revoked.
    ApiKey = "api_key",
    /// A payment's proof is handed out over the API.
    Proof = "proof",
}

points! {
    /// What goes to a collector and comes back.
    Exchange, "before_send_", "after_receive_",
    /// 照会.
    Inquiry = "inquiry",
    /// 消込.
    Clearing = "clearing",
    /// 取消.
    Cancellation = "cancellation",
    /// 再送確認.
    ResendConfirmation = "resend_confirmation",
    /// 開局.
    Open = "open",
    /// 予備閉局.
    PreClose = "pre_close",
    /// 閉局.
    Close = "close",
    /// 収納カウンタ照会.
    Counter = "counter",
    /// 消込明細照会.
    Lines = "lines",
    /// 資金決済通知.
    SettlementAdvice = "settlement_advice",
}

/// The names of all places, for the tests that end the process at each.
pub fn names() -> Vec<&'static str> {
    let persists = Persist::ALL.iter().flat_map(|p| [p.before(), p.after()]);
    let exchanges = Exchange::ALL.iter().flat_map(|e| [e.before(), e.after()]);
    persists.chain(exchanges).collect()
}

/// Ends the process where `FAILPOINTS=name=return` arms the place. Compiled in by the feature `crash-points` only.
#[allow(unused_variables, reason = "without the feature there is nothing to arm")]
pub(crate) fn reach(name: &'static str) {
    fail::fail_point!(name, |_| std::process::abort());
}

impl Gateway {
    /// Commits through the ledger.
    pub(crate) async fn persist(&self, what: Persist, commit: Commit) -> Result<Committed, Refused> {
        reach(what.before());
        let committed = self.0.ledger.commit(commit).await;
        reach(what.after());
        committed
    }

    /// Sends a request once and waits for its answer.
    pub(crate) async fn exchange(
        &self,
        what: Exchange,
        collector: &CollectorNumber,
        message: Bytes,
    ) -> Outcome {
        self.exchange_keeping(what, collector, message).await.0
    }

    /// The same, with what is to be kept of the request where any byte of it may have left.
    pub(crate) async fn exchange_keeping(
        &self,
        what: Exchange,
        collector: &CollectorNumber,
        message: Bytes,
    ) -> (Outcome, Option<SentRequest>) {
        self.reached(what, collector, self.0.client.exchange_keeping(collector, message)).await
    }

    /// The same from a place that the request has already.
    pub(crate) async fn exchange_at(
        &self,
        what: Exchange,
        collector: &CollectorNumber,
        place: Place,
        message: Bytes,
    ) -> Outcome {
        self.reached(what, collector, place.exchange_keeping(message)).await.0
    }

    async fn reached(
        &self,
        what: Exchange,
        collector: &CollectorNumber,
        exchange: impl Future<Output = (Outcome, Option<SentRequest>)>,
    ) -> (Outcome, Option<SentRequest>) {
        reach(what.before());
        let began = Instant::now();
        let exchanged = exchange.await;
        if matches!(exchanged.0, Outcome::Answered(_)) {
            self.0.gauges.answered(collector, began.elapsed(), self.now());
        }
        reach(what.after());
        exchanged
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_places_share_a_name() {
        let mut names = super::names();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
