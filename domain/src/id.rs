//! Typed ids. All but account numbers are UUID version 7: they grow with time, so clustered keys stay in order.

use std::fmt;

use uuid::Uuid;

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, larger than every one this process made before.
            #[allow(clippy::disallowed_methods, reason = "the one place that makes ids")]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// From the database or a message.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// For the database or a message.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

typed_id! {
    /// A Pay-easy payment, from its inquiry on.
    PaymentId,
    /// An inquiry and the bills it found.
    InquiryId,
    /// A transfer or a hold in the ledger, made by the caller.
    TransferId,
    /// A contract of the bank with a company or sole proprietor.
    ContractId,
    /// A user, whatever login ID the person has at the moment (C16).
    UserId,
    /// A member of the bank's staff, whatever login ID the person has at the moment.
    StaffId,
    /// What one member of staff proposed and another decides.
    StaffRequestId,
    /// One delivery of a message.
    MessageId,
    /// Numbers that a contract pays again and again.
    FavouriteId,
    /// ひな形: a transfer that a contract makes again and again.
    TemplateId,
    /// A key of the REST API.
    ApiKeyId,
    /// Something that a person has to look at.
    AlarmId,
    /// A comparison of one processing day of one collector.
    ReconciliationId,
    /// What such a comparison found to differ.
    BreakId,
    /// A client certificate (電子証明書).
    CertificateId,
    /// What a user asks others of the contract to approve.
    ApprovalId,
    /// A maker's file of tokens, from its receipt into stock.
    TokenDeliveryId,
    /// A permit to have another one issued.
    PermitId,
    /// The settlement of one window of one collector, and the net payment that it makes.
    SettlementId,
    /// An order to transfer money (振込, 振替), from its acceptance on.
    OrderId,
    /// A recall (組戻し) of a transfer that was sent.
    RecallId,
    /// Somebody whom a contract pays.
    PayeeId,
    /// Bulk data of one business, day and account, from the draft on.
    BatchId,
    /// 預金口座振替依頼書: what lets a contract debit an account.
    MandateId,
}

/// A hold is a pending transfer.
pub type HoldId = TransferId;

/// An account of the ledger: a customer's deposit or one of the bank's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AccountId(i64);

impl AccountId {
    /// From the database or the chart of accounts.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// For the database.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
