//! The engine of transfers (資金移動): days, fees and limits, orders and their execution, and the interbank network.
//!
//! [`dates`], [`fee`] and [`limit`] say what is possible. A page asks [`Transfers::possible`] for days,
//! [`Transfers::fee`] for the fee and [`Transfers::limit_use`] for what is left of the limits, and hands what was
//! finally authorised to [`Transfers::place`]. [`Transfers::find`] and [`Transfers::list`] show orders,
//! [`Transfers::cancel`] takes a reservation back, [`Transfers::recall`] asks for a transfer to come back, and
//! [`Transfers::answer_recall`] is what a payee says to another bank that asks for one. Who may do what is the caller's
//! part. The engine itself goes on in [`Transfers::run`]. docs/adr/0015 says why it is built so.

pub mod alarm;
pub mod audit;
pub mod charge;
pub mod chart;
pub mod dates;
pub mod due;
pub mod fee;
pub mod limit;
mod month;
pub mod network;
pub mod order;
mod place;
pub mod points;
mod rows;
mod standing;
mod step;
#[cfg(test)]
mod step_tests;
mod store;
pub mod terms;

use std::sync::Arc;
use std::time::Duration;

use collectors::client::Channel;
use database::{Database, execute};
use domain::{BankCode, Date, Timestamp};
use edge::Shutdown;
use ledger::{Ledger, Refused};
use network::day::Question;

pub use charge::{Charge, ChargeKind};
pub use dates::{DateProblem, Handling, Method, Occasion, Possible};
pub use fee::Relation;
pub use limit::{Holders, LimitLayer, LimitUse, Limits};
pub use month::{Month, NoMonth};
pub use network::DecodeError;
pub use network::consent::{Consent, ConsentError, ConsentQuery, ConsentState, NewConsent, list as consents};
pub use network::day::{Day, DayError};
pub use network::debit::{BatchDebit, Debit, DebitAnswered, DebitBody, DebitState};
pub use network::holder::Holder;
pub use network::incoming::sent_by;
pub use network::recall::{Recall, RecallError, RecallState};
pub use network::recalls::{RecallQuery, Recalled};
pub use order::{Facts, Order, Reason, State};
pub use place::{CancelError, NewOrder, PlaceError};
pub use rows::{BatchOrder, HandedBack};
pub use standing::{By, Contracts, Standing};
pub use store::{OrderQuery, ReservedOf};
pub use terms::{SetTerm, SharedTerms, Terms};

/// What a deployment sets. Seconds are elapsed time.
#[derive(Clone, Debug)]
pub struct Settings {
    /// 金融機関コード of this bank.
    pub own_bank: BankCode,
    /// The lease of a claim; longer than the channel waits for an answer.
    pub lease_s: i64,
    /// Between two deliveries of the same message.
    pub resend_interval_s: i64,
    /// Between two looks at what is open, due or waits at the network.
    pub poll_interval_ms: u64,
}

impl Settings {
    /// With the waits of production.
    pub const fn new(own_bank: BankCode) -> Self {
        Self { own_bank, lease_s: 60, resend_interval_s: 30, poll_interval_ms: 1_000 }
    }
}

/// The engine over one database. Cheap to clone.
#[derive(Clone)]
pub struct Transfers(Arc<Inner>);

struct Inner {
    settings: Settings,
    ledger: Ledger,
    channel: Option<Channel>,
    asked: network::day::Asked,
    terms: SharedTerms,
}

/// The engine's own data failed it. Nothing can be said to a customer but to look again later.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The ledger refused for a reason of its own.
    #[error("the ledger refused: {0}")]
    Ledger(#[from] ledger::Refused),
    /// A stored value is none.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
}

/// From when on the network passes transfers on: when reservations are first tried.
fn opening(day: Date) -> Timestamp {
    let first = Terms::embedded().hours(day).tries(false).into_iter().next();
    Timestamp::from_jst(day, first.unwrap_or_default())
}

impl From<domain::words::UnlistedWord> for StoreError {
    fn from(word: domain::words::UnlistedWord) -> Self {
        Self::Corrupt(word.to_string())
    }
}

impl StoreError {
    /// Whether everything else would fail in the same way: the database is gone, or the ledger takes nothing.
    const fn is_everybodys(&self) -> bool {
        matches!(self, Self::Database(_) | Self::Ledger(Refused::Overloaded | Refused::Stopped))
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Self> {
        serde_json::from_str(text).map_err(|error| Self::Corrupt(error.to_string()))
    }

    pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Self> {
        serde_json::to_string(value).map_err(|error| Self::Corrupt(error.to_string()))
    }
}

impl Transfers {
    /// Opens the engine's accounts, and frees what an earlier process of this data folder had claimed. Without a
    /// channel nothing reaches the network, and orders to other banks wait.
    pub async fn open(
        settings: Settings,
        ledger: Ledger,
        channel: Option<Channel>,
    ) -> Result<Self, StoreError> {
        for account in chart::accounts() {
            ledger.open_account(&account).await?;
        }
        // on SQLite one process serves the data, so every lease of an earlier one is free
        if ledger.database().is_sqlite() {
            let sql = "UPDATE outbox SET lease_until_us = 0 WHERE destination = $1";
            execute!(ledger.database(), sql, step::DESTINATION)?;
        }
        Ok(Self::reader(settings, ledger, channel))
    }

    /// An engine that changes nothing by opening: for commands that read beside a serving process.
    pub fn reader(settings: Settings, ledger: Ledger, channel: Option<Channel>) -> Self {
        Self(Arc::new(Inner {
            settings,
            ledger,
            channel,
            asked: network::day::Asked::default(),
            terms: SharedTerms::default(),
        }))
    }

    /// Cut-offs and fees, which whoever sets them hands over.
    pub fn terms(&self) -> &SharedTerms {
        &self.0.terms
    }

    /// Tries reservations, delivers open work, collects what waits at the network and settles its days, until the stop
    /// is asked for. What keeps reservations back is asked of the contracts.
    pub async fn run(self, contracts: impl Contracts, stop: Shutdown) {
        // what a batch has handed over takes its time, and holds up nothing else
        tokio::join!(self.go_on(stop.clone(), || self.look(&contracts)), self.go_on(stop, || self.send()));
    }

    async fn go_on<F: Future<Output = ()>>(&self, mut stop: Shutdown, step: impl Fn() -> F) {
        let pause = Duration::from_millis(self.0.settings.poll_interval_ms);
        while !stop.is_requested() {
            step().await;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.requested() => {}
            }
        }
    }

    async fn send(&self) {
        if let Err(error) = self.send_open_work().await {
            tracing::error!(%error, "open work cannot be looked after");
        }
    }

    /// One look at everything that is open but messages.
    async fn look(&self, contracts: &impl Contracts) {
        if let Err(error) = self.due(contracts).await {
            tracing::error!(%error, "reservations cannot be tried");
        }
        if let Err(error) = self.refuse_unanswered().await {
            tracing::error!(%error, "recalls that nobody has answered cannot be refused");
        }
        if self.0.channel.is_some() {
            if let Err(error) = self.collect().await {
                tracing::warn!(%error, "what waits at the network cannot be collected");
            }
            let today = self.now().date();
            if self.now() >= opening(today)
                && self.0.asked.may_ask(today, Question::Pending)
                && let Err(error) = self.ask_about_pending().await
            {
                tracing::warn!(%error, "what waited for the network's opening cannot be asked about");
            }
            if let Err(error) = self.settle_days().await {
                tracing::warn!(%error, "a day cannot be settled with the network");
            }
        }
    }

    /// The ledger underneath.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// 金融機関コード of this bank.
    pub fn own_bank(&self) -> &BankCode {
        &self.0.settings.own_bank
    }

    fn channel(&self) -> Option<&Channel> {
        self.0.channel.as_ref()
    }

    fn database(&self) -> &Database {
        self.0.ledger.database()
    }

    fn now(&self) -> Timestamp {
        self.0.ledger.clock().now()
    }
}
