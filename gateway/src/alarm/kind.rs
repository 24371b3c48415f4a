//! Every kind of alarm. The words are stable: they are kept in the database and sent outside.

use std::fmt;
use std::str::FromStr;

use crate::StoreError;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $about:ident;)*) => {
        /// What an alarm is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AlarmKind {
            $($(#[$doc])* $name,)*
        }

        impl AlarmKind {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What its subject names.
            pub const fn about(self) -> About {
                match self { $(Self::$name => About::$about),* }
            }
        }
    };
}

/// What the subject of an alarm names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A payment's id. The alarm is raised once for it, also after somebody acknowledged it.
    Payment,
    /// A collector's number. Acknowledged, it is raised again by the next occurrence.
    Collector,
    /// The key of a message. Raised once, as for a payment.
    Message,
    /// A collector's day: `00200/2026-11-24`. Raised again as for a collector.
    Day,
    /// The number of a net payment: `20261124-00200`. Raised once, as for a payment.
    Settlement,
    /// The id of a request that two people decided. Raised once, as for a payment.
    Request,
    /// The id of a transfer order. Raised once, as for a payment.
    Transfer,
    /// The id of a batch of bulk data. Raised once, as for a payment.
    Batch,
    /// The number of a message that waits at the interbank network. Raised once, as for a payment.
    InterbankMessage,
    /// A day at the interbank network. Raised again as for a collector.
    InterbankDay,
    /// A contract and the month of its fees: `…/2026-11`. Raised once, as for a payment.
    Fees,
    /// The ID of a member of the bank's staff. Raised again as for a collector.
    Staff,
    /// A contract and the serial of a token: `…/9000000901`. Raised once, as for a payment.
    Token,
}

/// How the cause of an alarm comes to its end, where that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It has happened: only people close it.
    Happened,
    /// It lasts until the payment, or its cancellation, has an outcome.
    OpenPayment,
    /// It lasts while the message is open work.
    OpenMessage,
    /// It lasts until the collector answers something.
    NoAnswer,
    /// It lasts until the day is closed and compared.
    DayOpen,
    /// It lasts while the latest comparison of the day has open breaks.
    OpenBreaks,
    /// It lasts until the window is closed.
    WindowOpen,
    /// It lasts until what came of the request is recorded.
    OpenRequest,
    /// It lasts while the order has open work.
    OpenTransfer,
    /// It lasts until every row of the batch is final.
    OpenBatch,
    /// It lasts until the day is settled with the network.
    InterbankDayOpen,
    /// It lasts until the month's fees are debited.
    FeesOwed,
}

kinds! {
    /// An answer came that cannot be trusted or read: another status, no valid signature, no valid message.
    AnswerUnreadable = "answer_unreadable", Payment;
    /// A signed answer came whose code says nothing about the payment.
    AnswerMeaningless = "answer_meaningless", Payment;
    /// The collector holds another body under the payment's key.
    KeyReused = "key_reused", Payment;
    /// The collector accepted what was over here: it was refused, given up, or decided not to be cleared.
    LateAcceptance = "late_acceptance", Payment;
    /// The collector refused what was accepted here.
    LateRejection = "late_rejection", Payment;
    /// The outcome is unknown, and nothing is resent without an operator any more.
    ResendingOver = "resending_over", Payment;
    /// The collector refused to take a counter payment back: it stays accepted.
    CancellationRefused = "cancellation_refused", Message;
    /// A cancellation was given up before anything was sent: the payment stays accepted.
    CancellationWithdrawn = "cancellation_withdrawn", Message;
    /// The outcome of a cancellation is unknown, and nothing is resent without an operator any more.
    CancellationResendingOver = "cancellation_resending_over", Message;
    /// An answer contradicts how a cancellation ended here.
    LateCancellation = "late_cancellation", Payment;
    /// Open work that cannot be taken up or sent: our own data failed.
    WorkStuck = "work_stuck", Message;
    /// Nothing reaches the collector, for minutes.
    CircuitOpen = "circuit_open", Collector;
    /// A processing day could not be closed or compared half an hour after its end.
    DayNotClosed = "day_not_closed", Day;
    /// A comparison found breaks that are new.
    ReconciliationBreaks = "reconciliation_breaks", Day;
    /// A settlement window is not closed on the day on which it should be paid.
    SettlementLate = "settlement_late", Settlement;
    /// The collector holds another content under the number of a net payment.
    AdviceContradicted = "advice_contradicted", Settlement;
    /// Whether what two people decided was carried out is not known after many tries.
    RequestUnclear = "request_unclear", Request;
    /// The outcome of a transfer has been unknown for several deliveries.
    TransferUnclear = "transfer_unclear", Transfer;
    /// An answer of the interbank network, or a return, contradicts how a transfer ended.
    TransferContradicted = "transfer_contradicted", Transfer;
    /// What came back of a transfer waits in 別段預金: the payer's account is closed.
    TransferReturnHeld = "transfer_return_held", Transfer;
    /// A reservation of a transfer cannot be carried out: our own data failed.
    TransferStuck = "transfer_stuck", Transfer;
    /// A message came from the interbank network that cannot be read or belongs to nothing here.
    InterbankMessage = "interbank_message", InterbankMessage;
    /// A day differs from the interbank network's books, or is open long after its end.
    InterbankDay = "interbank_day", InterbankDay;
    /// Other banks have not told in time what came of debits of a batch.
    DebitUnanswered = "debit_unanswered", Batch;
    /// The fees of a contract's month could not be debited.
    FeesUnpaid = "fees_unpaid", Fees;
    /// Wrong passwords or one-time passwords have locked a member of staff out.
    StaffLocked = "staff_locked", Staff;
    /// A token takes the place of one that expires and is not sent: the contract has no address.
    TokenUnaddressed = "token_unaddressed", Token;
}

impl AlarmKind {
    /// Whether it is raised once for a subject, however long the cause lasts. Others are armed again when somebody has
    /// taken notice, or when the cause was over.
    pub const fn is_raised_once(self) -> bool {
        !matches!(self.about(), About::Collector | About::Day | About::InterbankDay | About::Staff)
    }

    /// How its cause comes to its end.
    pub const fn cause(self) -> Cause {
        match self {
            Self::AnswerUnreadable | Self::AnswerMeaningless | Self::KeyReused | Self::ResendingOver => {
                Cause::OpenPayment
            }
            Self::CancellationResendingOver | Self::WorkStuck => Cause::OpenMessage,
            Self::CircuitOpen => Cause::NoAnswer,
            Self::DayNotClosed => Cause::DayOpen,
            Self::ReconciliationBreaks => Cause::OpenBreaks,
            Self::SettlementLate => Cause::WindowOpen,
            Self::RequestUnclear => Cause::OpenRequest,
            Self::TransferUnclear => Cause::OpenTransfer,
            Self::InterbankDay => Cause::InterbankDayOpen,
            Self::DebitUnanswered => Cause::OpenBatch,
            Self::FeesUnpaid => Cause::FeesOwed,
            Self::LateAcceptance
            | Self::LateRejection
            | Self::LateCancellation
            | Self::CancellationRefused
            | Self::CancellationWithdrawn
            | Self::AdviceContradicted
            | Self::TransferContradicted
            | Self::TransferReturnHeld
            | Self::TransferStuck
            | Self::InterbankMessage
            | Self::StaffLocked
            | Self::TokenUnaddressed => Cause::Happened,
        }
    }
}

impl fmt::Display for AlarmKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for AlarmKind {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| StoreError::Corrupt(format!("{text} is no kind of alarm")))
    }
}
