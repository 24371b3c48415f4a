//! Who tries next, and when: claims and pauses by the database server's clock.

use std::collections::HashMap;

use database::{Database, dialect, execute, on, read};
use domain::{AlarmId, Timestamp};
use gateway::{Alarm, AlarmChannel};
use internet_banking::retry::{self, CLAIM_US, TRIES_MAX};
use uuid::Uuid;

/// Rows of failures read for a page.
const ROWS_MAX: i64 = 2_000;

/// What has not been delivered yet, as pages ask for it.
#[derive(Clone, Debug, Default)]
pub struct Undelivered {
    targets: Vec<AlarmChannel>,
    tries: HashMap<(AlarmId, &'static str), i64>,
}

/// How far an alarm has come on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The other side has it.
    Delivered(Timestamp),
    /// No try was made yet, or the first one is under way.
    Waiting,
    /// It will be tried again.
    Retrying {
        /// Tries so far.
        tries: i64,
    },
    /// It was tried too often.
    GivenUp {
        /// Tries so far.
        tries: i64,
    },
    /// The configuration names no target.
    NoTarget,
}

impl Undelivered {
    /// How far an alarm has come on a channel.
    pub fn progress(&self, alarm: &Alarm, channel: AlarmChannel) -> Progress {
        if let Some(at) = alarm.delivered_at(channel) {
            return Progress::Delivered(at);
        }
        match self.tries.get(&(alarm.id, channel.as_str())) {
            _ if !self.targets.contains(&channel) => Progress::NoTarget,
            Some(tries) if *tries >= TRIES_MAX => Progress::GivenUp { tries: *tries },
            Some(tries) if *tries > 0 => Progress::Retrying { tries: *tries },
            _ => Progress::Waiting,
        }
    }
}

/// The table of tries. Cheap to clone.
#[derive(Clone)]
pub(super) struct Store {
    database: Database,
}

impl Store {
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn undelivered(&self, targets: Vec<AlarmChannel>) -> Result<Undelivered, sqlx::Error> {
        // a claimed first try has no failure yet
        let rows: Vec<(Uuid, String, i64)> = read!(self.database, |c| {
            sqlx::query_as("SELECT alarm, channel, tries FROM alarm_delivery WHERE error <> '' LIMIT $1")
                .bind(ROWS_MAX)
                .fetch_all(c)
                .await
        })?;
        let tries = rows.into_iter().filter_map(|(alarm, channel, tries)| {
            let channel = AlarmChannel::ALL.iter().find(|one| one.as_str() == channel)?;
            Some(((AlarmId::from_uuid(alarm), channel.as_str()), tries))
        });
        Ok(Undelivered { targets, tries: tries.collect() })
    }

    /// The alarms that the channel has not taken and that may be tried now, the oldest first. What was given up is
    /// passed over here, so that however much of it there is, it keeps nothing waiting.
    pub async fn due(&self, channel: AlarmChannel, limit: i64) -> Result<Vec<AlarmId>, sqlx::Error> {
        let sql = format!(
            "SELECT a.id FROM alarm a LEFT JOIN alarm_delivery d ON d.alarm = a.id AND d.channel = $1
             WHERE a.{} IS NULL AND (d.alarm IS NULL OR (d.next_us <= $2 AND d.tries < $3)) ORDER BY a.id LIMIT $4",
            channel.column()
        );
        let mut tx = self.database.snapshot().await?;
        let now = dialect::server_now_us(&mut tx).await?;
        let due: Vec<Uuid> = on!(&mut tx, |c| {
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .bind(channel.as_str())
                .bind(now)
                .bind(TRIES_MAX)
                .bind(limit)
                .fetch_all(c)
                .await
        })?;
        tx.rollback().await?;
        Ok(due.into_iter().map(AlarmId::from_uuid).collect())
    }

    /// Takes the next try of an alarm, if nobody else has it, and answers its number.
    pub async fn claim(&self, alarm: AlarmId, channel: AlarmChannel) -> Result<Option<i64>, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let now = dialect::server_now_us(&mut tx).await?;
        let tries: Option<i64> = on!(&mut tx, |c| {
            sqlx::query_scalar(
                "INSERT INTO alarm_delivery (alarm, channel, tries, next_us, error) VALUES ($1, $2, 1, $3, '')
                 ON CONFLICT (alarm, channel) DO UPDATE SET tries = alarm_delivery.tries + 1, next_us = $3
                 WHERE alarm_delivery.next_us <= $4 AND alarm_delivery.tries < $5 RETURNING tries",
            )
            .bind(alarm.uuid())
            .bind(channel.as_str())
            .bind(now.saturating_add(CLAIM_US))
            .bind(now)
            .bind(TRIES_MAX)
            .fetch_optional(c)
            .await
        })?;
        tx.commit().await?;
        Ok(tries)
    }

    /// The other side has it: nothing is left to be remembered.
    pub async fn succeeded(&self, alarm: AlarmId, channel: AlarmChannel) -> Result<(), sqlx::Error> {
        execute!(
            self.database,
            "DELETE FROM alarm_delivery WHERE alarm = $1 AND channel = $2",
            alarm.uuid(),
            channel.as_str(),
        )
        .map(drop)
    }

    /// The try failed; the next one comes after a pause.
    pub async fn failed(
        &self,
        alarm: AlarmId,
        channel: AlarmChannel,
        tries: i64,
        error: &str,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let next = retry::next_us(&mut tx, tries).await?;
        let error = retry::shortened(error);
        execute!(
            &mut tx,
            "UPDATE alarm_delivery SET next_us = $1, error = $2
             WHERE alarm = $3 AND channel = $4 AND tries = $5",
            next,
            error,
            alarm.uuid(),
            channel.as_str(),
            tries,
        )?;
        tx.commit().await
    }
}
