//! What may be taken once, and its keys in the ledger's guard table.

use database::read;
use domain::{
    ApprovalId, BillId, CollectorNumber, ContractId, CustomerNumber, Date, PaymentCategory, PaymentId,
    StaffRequestId,
};
use ledger::GuardKey;

use crate::{Gateway, StoreError};

/// Something that a payment takes in the same commit as the money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard(pub(crate) GuardKey);

/// Which guard was taken already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardKind {
    /// The one-time password of this step of this token was used.
    OneTimePassword,
    /// The bill is being paid, or was.
    Bill,
    /// What an API call wished for was made or refused.
    Wish,
    /// A request for a payment was authorised or declined.
    Request,
    /// Another payment of the contract was held against the same sum.
    DailyLimit,
    /// The payer is stopped (緊急停止).
    Stop,
    /// The contract has another approval policy than the one that was looked at.
    Policy,
    /// The contract has other limits than those that were looked at.
    Limits,
    /// Somebody of the contract may do something else than when it was looked at.
    Access,
    /// Another.
    Other,
}

impl Guard {
    /// A one-time password: each step of a token's serial is used once, whoever shares the token (C17).
    pub fn one_time_password(serial: &str, step: i64) -> Self {
        Self(GuardKey(format!("otp|{serial}|{step}")))
    }

    /// What came of a request that two people decided: it is recorded once.
    pub fn request_result(request: StaffRequestId) -> Self {
        Self(GuardKey(format!("request-result|{request}")))
    }

    /// The hub's part of a request that two people decided: done once, or recorded as not done, and never both.
    pub fn request_act(request: StaffRequestId) -> Self {
        Self(GuardKey(format!("request-act|{request}")))
    }

    /// What was approved in a round of a request: done once, or recorded as not done, and never both.
    pub fn approval_act(request: ApprovalId, round: i64) -> Self {
        Self(GuardKey(format!("approval-act|{request}|{round}")))
    }

    /// For a commit of the caller's own.
    pub fn key(&self) -> GuardKey {
        self.0.clone()
    }

    /// The number of a payment among those of its contract's day that count towards a limit.
    pub(crate) fn daily_limit(contract: ContractId, day: Date, number: usize) -> Self {
        Self(GuardKey(format!("{}{number}", Self::daily_limit_prefix(contract, day))))
    }

    /// What every [`daily_limit`](Self::daily_limit) guard of a contract's day begins with.
    pub(crate) fn daily_limit_prefix(contract: ContractId, day: Date) -> String {
        format!("daily-limit|{contract}|{day}|")
    }

    /// A wish of the API: it is made or refused, and never both.
    pub(crate) fn wish(payment: PaymentId) -> Self {
        Self(GuardKey(format!("wish|{payment}")))
    }

    /// A request for a payment: a person authorises it or declines, and never both.
    pub fn request(payment: PaymentId) -> Self {
        Self(GuardKey(format!("request|{payment}")))
    }

    pub(crate) fn kind_of(key: &str) -> GuardKind {
        match key.split('|').next() {
            Some("otp") => GuardKind::OneTimePassword,
            Some("bill") => GuardKind::Bill,
            Some("wish") => GuardKind::Wish,
            Some("request") => GuardKind::Request,
            Some("daily-limit") => GuardKind::DailyLimit,
            Some("stop") => GuardKind::Stop,
            Some("approval-policy") => GuardKind::Policy,
            Some("limits") => GuardKind::Limits,
            Some("access") => GuardKind::Access,
            _ => GuardKind::Other,
        }
    }
}

impl Gateway {
    /// The keys of all guards that begin so.
    pub(crate) async fn guards_with(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let end = format!("{prefix}\u{10ffff}");
        let mut keys: Vec<String> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT key FROM guard WHERE key > $1 AND key < $2")
                .bind(prefix)
                .bind(&end)
                .fetch_all(c)
                .await
        })?;
        // the range is the database's idea of order; the prefix decides
        keys.retain(|key| key.starts_with(prefix));
        Ok(keys)
    }

    /// Whether somebody has taken it.
    pub async fn is_taken(&self, guard: &Guard) -> Result<bool, StoreError> {
        let (sql, key) = ("SELECT count(*) FROM guard WHERE key = $1", guard.key().0);
        let count: i64 = read!(self.database(), |c| sqlx::query_scalar(sql).bind(key).fetch_one(c).await)?;
        Ok(count > 0)
    }
}

/// Taken by the acceptance of a payment and given back by its settlement, cancellation or refund: the payments that are
/// owed to a collector are found by it, in the order of their receipt dates, and one that is not owed cannot be
/// settled.
pub(crate) fn owed(collector: &CollectorNumber, receipt_date: Date, message_key: &str) -> GuardKey {
    GuardKey(format!("owed|{collector}|{receipt_date}|{message_key}"))
}

/// What makes a bill the same bill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BillSubject<'a> {
    pub collector: &'a CollectorNumber,
    pub customer_number: &'a CustomerNumber,
    pub category: Option<&'a PaymentCategory>,
}

impl BillSubject<'_> {
    /// Held while a payment of the bill is open and after it was accepted. `generation` counts the
    /// acceptances that came before the inquiry; it is zero where a bill is paid once.
    pub fn open(self, bill: &BillId, generation: i64) -> GuardKey {
        GuardKey(format!("bill|{}|{bill}|{generation}", self.key()))
    }

    /// Taken by the acceptance of a bill that may be paid again.
    pub fn accepted(self, bill: &BillId, generation: i64) -> GuardKey {
        GuardKey(format!("{}{bill}|{generation}", self.accepted_prefix()))
    }

    /// What every [`accepted`](Self::accepted) guard of this payer's bills begins with.
    pub fn accepted_prefix(self) -> String {
        format!("paid|{}|", self.key())
    }

    fn key(self) -> String {
        let category = self.category.map_or("", PaymentCategory::as_str);
        format!("{}|{}|{category}", self.collector, self.customer_number)
    }
}
