//! Pure vocabulary and rules of the payment network and the bank: no tokio, no SQL, no HTTP.

pub mod account;
pub mod bank_holidays;
pub mod bic;
pub mod bill;
pub mod calendar;
pub mod clock;
pub mod corporate_number;
pub mod country;
pub mod currency;
pub mod deduction;
pub mod exchange;
pub mod hours;
pub mod iban;
pub mod id;
pub mod key;
pub mod money;
pub mod numbers;
pub mod payment;
pub mod random;
pub mod remittance;
pub mod response;
mod table;
pub mod time;
pub mod uetr;
pub mod words;
pub mod xml;
pub mod yucho;

pub use account::{AccountKind, AccountRef};
pub use bic::Bic;
pub use bill::{Bill, BillId};
pub use clock::Clock;
pub use corporate_number::CorporateNumber;
pub use country::Country;
pub use currency::{Currency, Money};
pub use hours::Hours;
pub use iban::Iban;
pub use id::{
    AccountId, AlarmId, ApiKeyId, ApprovalId, BatchId, BreakId, CertificateId, ContractId, FavouriteId,
    HoldId, InquiryId, MandateId, MessageId, OrderId, PayeeId, PaymentId, PermitId, RecallId,
    ReconciliationId, SettlementId, StaffId, StaffRequestId, TemplateId, TransferId, UserId,
};
pub use key::{CentreCode, ResendKey, Serial};
pub use money::Yen;
pub use numbers::{
    AccountNumber, BankCode, BranchCode, CollectorNumber, ConfirmationNumber, CustomerNumber, NumberError,
    PaymentCategory,
};
pub use response::ResponseCode;
pub use time::{Date, Timestamp};
pub use uetr::Uetr;
