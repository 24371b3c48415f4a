//! Alarms on their way out of the house: by mail, and by a callback over HTTP.
//!
//! Each alarm is delivered at least once on each channel that has a target. A try is claimed in the database before it
//! is made, so that two processes do not make the same one; one that died leaves its claim to run out. A channel never
//! waits for the other.

mod mail;
mod settings;
mod store;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use database::Database;
use domain::AlarmId;
use edge::Shutdown;
use gateway::{Alarm, AlarmChannel, Gateway, StoreError};

use super::alarms::{AlarmSubject, alarm_words};
use super::told::Teller;
use super::words::{Names, collector_name};

pub use settings::{DeliverySettings, MailSettings, SettingsError, WebhookSettings};
pub use store::{Progress, Undelivered};
pub use webhook::SIGNATURE_HEADER;

use mail::Mailer;
use store::Store;
use webhook::Caller;

/// Between two looks for alarms that are due.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Alarms that one look takes at most.
const BATCH_ALARMS: i64 = 16;
/// How long one try may take. Its claim lasts longer.
const TRY_WAIT_MAX: Duration = Duration::from_secs(30);

/// Why a try did not succeed, in words for the page and the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TryError(String);

/// What leaves the house: facts about an alarm, without customers' data.
struct Notice<'a> {
    alarm: &'a Alarm,
    /// Name and number.
    collector: Option<String>,
    subject: AlarmSubject,
    /// The facts in the staff's words.
    facts: String,
}

/// The deliveries of a database. Cheap to clone.
#[derive(Clone)]
pub struct Delivery(Arc<Inner>);

struct Inner {
    gateway: Gateway,
    store: Store,
    mailer: Option<Mailer>,
    caller: Option<Caller>,
}

impl Delivery {
    /// With the targets of the configuration. Nothing is sent before [`run`](Self::run).
    pub fn new(
        database: Database,
        gateway: Gateway,
        settings: DeliverySettings,
    ) -> Result<Self, SettingsError> {
        Ok(Self(Arc::new(Inner {
            gateway,
            store: Store::new(database),
            mailer: settings.mail.as_ref().map(Mailer::new).transpose()?,
            caller: settings.webhook.map(Caller::new).transpose()?,
        })))
    }

    /// What has not been delivered, and how far it has come.
    pub async fn undelivered(&self) -> Result<Undelivered, sqlx::Error> {
        self.0.store.undelivered(self.targets()).await
    }

    /// Sends what is due until the process stops.
    pub async fn run(self, shutdown: Shutdown) {
        let channels = AlarmChannel::ALL.iter().filter(|channel| self.0.has_target(**channel));
        let mut tasks = tokio::task::JoinSet::new();
        for channel in channels {
            tasks.spawn(self.clone().run_channel(*channel, shutdown.clone()));
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn run_channel(self, channel: AlarmChannel, mut shutdown: Shutdown) {
        while !shutdown.is_requested() {
            if let Err(error) = self.deliver_due(channel).await {
                tracing::warn!(channel = channel.as_str(), %error, "alarms cannot be looked for");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// Makes the tries of one channel that are due, and says how many succeeded.
    pub async fn deliver_due(&self, channel: AlarmChannel) -> Result<usize, StoreError> {
        let hub = &self.0.gateway;
        let mut delivered = 0;
        for id in self.0.store.due(channel, BATCH_ALARMS).await? {
            let Some(tries) = self.0.store.claim(id, channel).await? else { continue };
            // another process may have delivered it, and forgotten its claim, since this one looked
            let found = hub.alarm(id).await?;
            let Some(alarm) = found.filter(|alarm| alarm.delivered_at(channel).is_none()) else {
                self.0.store.succeeded(id, channel).await?;
                continue;
            };
            match self.0.attempt(channel, &alarm).await {
                Ok(()) => {
                    hub.alarm_delivered(alarm.id, channel).await?;
                    self.0.store.succeeded(alarm.id, channel).await?;
                    delivered += 1;
                }
                Err(error) => {
                    let (id, channel_name) = (alarm.id, channel.as_str());
                    tracing::warn!(alarm = %id, channel = channel_name, tries, %error, "an alarm was not delivered");
                    self.0.store.failed(alarm.id, channel, tries, &error.to_string()).await?;
                }
            }
        }
        Ok(delivered)
    }

    fn targets(&self) -> Vec<AlarmChannel> {
        AlarmChannel::ALL.iter().copied().filter(|channel| self.0.has_target(*channel)).collect()
    }
}

impl Inner {
    const fn has_target(&self, channel: AlarmChannel) -> bool {
        match channel {
            AlarmChannel::Mail => self.mailer.is_some(),
            AlarmChannel::Webhook => self.caller.is_some(),
        }
    }

    async fn attempt(&self, channel: AlarmChannel, alarm: &Alarm) -> Result<(), TryError> {
        let name = |number| format!("{}({number})", collector_name(&self.gateway, number));
        let collector = alarm.collector.as_ref().map(name);
        let subject = AlarmSubject::of(&self.gateway, alarm).await;
        let subject = subject.map_err(|error| TryError(error.to_string()))?;
        let facts = Teller { gateway: &self.gateway, names: &Names::default() }.told(&alarm.detail);
        let notice = Notice { alarm, collector, subject, facts };
        let attempt = async {
            match (channel, &self.mailer, &self.caller) {
                (AlarmChannel::Mail, Some(mailer), _) => mailer.send(&notice).await,
                (AlarmChannel::Webhook, _, Some(caller)) => caller.call(&notice).await,
                (AlarmChannel::Mail | AlarmChannel::Webhook, ..) => {
                    Err(TryError("the channel has no target".to_owned()))
                }
            }
        };
        let too_long = |_| TryError(format!("no answer within {} s", TRY_WAIT_MAX.as_secs()));
        tokio::time::timeout(TRY_WAIT_MAX, attempt).await.map_err(too_long)?
    }
}

impl Notice<'_> {
    const fn id(&self) -> AlarmId {
        self.alarm.id
    }

    const fn title(&self) -> &'static str {
        alarm_words(self.alarm.kind).title
    }

    const fn remedy(&self) -> &'static str {
        alarm_words(self.alarm.kind).remedy
    }
}
