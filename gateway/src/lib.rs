//! The hub: inquiry, hold, clearing, answer, posting, and the repeat of what was not answered.
//!
//! A payment's way is decided by [`payment::step`], pure functions that turn what happened into one commit.
//! The rest acts: [`inquire`](Gateway::inquire) asks, [`pay`](Gateway::pay) holds, the sender delivers.

pub mod alarm;
pub mod api;
pub mod audit;
pub mod chart;
mod cleaning;
mod daily_limit;
pub mod feed;
mod guard;
mod inquiry;
mod institutions;
pub mod link;
pub mod operations;
mod paid_before;
mod pay;
pub mod payment;
pub mod points;
pub mod proof;
pub mod reconciliation;
pub mod request;
mod sender;
mod serials;
pub mod service;
pub mod settlement;
mod stops;
mod turns;

use std::sync::Arc;

use collectors::{Client, Directory};
use domain::CentreCode;
use ledger::Ledger;

pub use alarm::{Alarm, AlarmChannel, AlarmKind, AlarmQuery, NewAlarm};
pub use daily_limit::{DailyLimit, DayUse, LimitOf, OverLimit};
pub use feed::View;
pub use guard::{Guard, GuardKind};
pub use inquiry::{INQUIRY_VALID_S, Inquiry, InquiryError, InquiryRequest, Payer};
pub use institutions::{set_part, setting_name};
pub use operations::{FourEyes, OperationError, Operator, Word};
pub use paid_before::RepeatKey;
pub use pay::{PayError, PaymentOrder};
pub use payment::store::{HistoryPage, HistoryQuery};
pub use payment::{Payment, StoreError};
pub use reconciliation::{Break, BreakError, BreakQuery, Reconciliation};
pub use request::{Decline, PaymentRequest};
pub use service::{Carry, CloseOptions, CollectorStatus, ServiceDay, ServiceError, ServiceState};
pub use stops::{Service, Stop, StopScope, stopped_by, stops_against};

/// What the hub decides without looking anything up, beside [`payment`]: for those who run the same decisions on a
/// world of their own.
pub mod decisions {
    pub use crate::inquiry::{accepted_prefix, check, generations, message, read};
    pub use crate::payment::store::cancellation_row;
    pub use crate::reconciliation::{breaks, hub_counters, moved};
    pub use crate::service::day::{Change, Gate};
    pub use crate::service::schedule::{Act, Plan, due};
    pub use crate::service::store::commit as day_commit;
    pub use crate::settlement::rules as settling;
}

/// The keys that the hub signs with.
pub mod signing {
    pub use collectors::signature::{
        CREATED_WINDOW_S, KeyError, PeerKeys, SigningKey, SigningKeys, VerifyingKey,
    };
}

/// The collecting institutions, as the bank may see them.
pub mod directory {
    pub use collectors::directory::*;
}

/// What a deployment sets. Seconds are elapsed time unless a doc says otherwise.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The hub's own centre.
    pub centre: CentreCode,
    /// 金融機関コード of the bank.
    pub bank: collectors::protocol::BankCode,
    /// How long `pay` waits for the answer before it hands out the payment as it is.
    pub pay_wait_s: u64,
    /// How long a payment that could not be sent may wait before its hold is released (business time).
    pub held_wait_s: i64,
    /// Between two deliveries of the same message.
    pub resend_interval_s: u64,
    /// Between two looks at the open work.
    pub poll_interval_ms: u64,
    /// Whether the hub opens, closes and compares the collectors' days, and settles, by itself.
    pub keeps_days: bool,
    /// How long before the end of a collector's hours its inquiries end (business time).
    pub pre_close_s: i64,
    /// The lease of a claim, and of the process that looks after the days; longer than the client waits for an answer.
    pub lease_s: i64,
    /// How long nothing may reach a collector before people are told.
    pub circuit_alarm_s: u64,
    /// Open payments of one collector; while there are as many, no further one is taken. Those that are confirmed at
    /// the same moment may go a little beyond.
    pub open_payments_max: i64,
    /// Where each seal of the audit log is kept outside the database too, one a line.
    pub seals_file: Option<std::path::PathBuf>,
    /// What was agreed on with collectors about 情報リンク方式.
    pub links: link::LinkPeers,
}

impl Settings {
    /// The demo bank's settings, with the waits of production.
    pub fn new(centre: CentreCode, bank: collectors::protocol::BankCode) -> Self {
        Self {
            centre,
            bank,
            pay_wait_s: 12,
            held_wait_s: 120,
            resend_interval_s: 30,
            poll_interval_ms: 500,
            keeps_days: true,
            pre_close_s: 300,
            lease_s: 60,
            circuit_alarm_s: 120,
            open_payments_max: 1_000,
            seals_file: None,
            links: link::LinkPeers::default(),
        }
    }
}

/// The hub over one database. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    settings: Settings,
    ledger: Ledger,
    directory: institutions::Institutions,
    client: Client,
    serials: serials::Serials,
    sender: sender::Shared,
    keeper: service::Keeper,
    gauges: service::Gauges,
    advices: settlement::Tries,
    paying: turns::Turns,
}

impl Gateway {
    /// Opens the hub's accounts and frees what an earlier process of this data folder had claimed. Sending
    /// begins with [`run`](Self::run).
    pub async fn open(
        settings: Settings,
        ledger: Ledger,
        directory: Directory,
        client: Client,
    ) -> Result<Self, StoreError> {
        let of_collectors = directory.all().iter().flat_map(|row| chart::of_collector(row, &settings.bank));
        for account in of_collectors.chain(chart::of_bank()) {
            ledger.open_account(&account).await?;
        }
        sender::free_leases(&ledger).await?;
        Self::free_keeper(&ledger).await?;
        Ok(Self::reader(settings, ledger, directory, client))
    }

    /// A hub that changes nothing by opening: for commands that read beside a serving process.
    pub fn reader(settings: Settings, ledger: Ledger, directory: Directory, client: Client) -> Self {
        let serials = serials::Serials::new(settings.centre.clone());
        Self(Arc::new(Inner {
            settings,
            ledger,
            directory: institutions::Institutions::new(directory),
            client,
            serials,
            sender: sender::Shared::default(),
            keeper: service::Keeper::default(),
            gauges: service::Gauges::default(),
            advices: settlement::Tries::default(),
            paying: turns::Turns::default(),
        }))
    }

    /// The institutions, with what was set of them a second ago.
    pub fn directory(&self) -> &Directory {
        self.0.directory.latest()
    }

    /// The institutions as they are today.
    pub fn collectors(&self) -> collectors::directory::OnDay<'_> {
        self.directory().on(self.now().date())
    }

    /// 金融機関コード of the bank.
    pub fn own_bank(&self) -> &collectors::protocol::BankCode {
        &self.0.settings.bank
    }

    /// The ledger underneath.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Sets business time for every process of the database; answers by how many seconds it went back, where it did.
    pub async fn set_time(&self, now: domain::Timestamp) -> Result<i64, sqlx::Error> {
        let went_back_s = self.now().seconds_since(now);
        database::clock::set(self.database(), self.0.ledger.clock(), now).await?;
        if went_back_s > 0 {
            tracing::warn!(%now, went_back_s, "business time was set back: what is dated in it comes again");
        } else {
            tracing::info!(%now, "business time was set");
        }
        // what was logged before is not to look as if nobody had sealed it for as long as the clock jumped
        self.seal_if_possible().await;
        Ok(went_back_s)
    }

    /// Arms the crash points that the environment names.
    #[cfg(feature = "crash-points")]
    pub fn arm_crash_points() {
        // kept for the life of the process
        std::mem::forget(fail::FailScenario::setup());
    }

    fn database(&self) -> &database::Database {
        self.0.ledger.database()
    }

    fn now(&self) -> domain::Timestamp {
        self.0.ledger.clock().now()
    }
}
